"""Weights out of PyTorch's pickled files, without torch and without building anything that such a file asks for.

The only file of the program that unpickles. It runs in a process of its own (see ``checkpoint_files``), knows storages, tensors and ordered
dictionaries, reads over a short list of harmless names that trainers leave behind, and refuses every other name before it means anything.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import struct
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from math import prod
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

Source = Callable[[str, int], bytes]

_ITEM_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
_STORAGES = {
    "DoubleStorage": "F64",
    "FloatStorage": "F32",
    "HalfStorage": "F16",
    "BFloat16Storage": "BF16",
    "LongStorage": "I64",
    "IntStorage": "I32",
    "ShortStorage": "I16",
    "CharStorage": "I8",
    "ByteStorage": "U8",
    "BoolStorage": "BOOL",
}
# What trainers store beside weights. Nothing of it is imported or called: each becomes the same empty object.
_BLANK_ROOTS = {
    *("argparse", "datetime", "enum", "lightning", "lightning_fabric", "numpy", "omegaconf", "pathlib", "pytorch_lightning", "typing"),
}
_BLANK_BUILTINS = {
    *("bool", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "long", "object", "set", "slice", "str", "tuple", "unicode")
}
_NUMBER_TYPES = {"float": (16, 32, 64), "bfloat": (16,), "int": (8, 16, 32, 64), "uint": (8, 16, 32, 64), "bool": ("",)}
_BLANK_NAMES = {
    ("_codecs", "encode"),
    ("collections", "Counter"),
    ("collections", "defaultdict"),
    ("collections", "deque"),
    ("copyreg", "_reconstructor"),
    ("copy_reg", "_reconstructor"),
    ("torch", "Size"),
    ("torch", "Tensor"),
    ("torch", "device"),
    ("types", "SimpleNamespace"),
    *(("torch", f"{kind}{bits}") for kind, sizes in _NUMBER_TYPES.items() for bits in sizes),
    *((module, name) for module in ("builtins", "__builtin__") for name in _BLANK_BUILTINS),
}
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_PICKLE_CAP_BYTES = 256 * 2**20
_MOST_MEMBERS = 100_000


class RefusedError(ValueError):
    """The sentence why a file is not read, without its name."""


class StoredStorage(NamedTuple):
    """Raw numbers somewhere in the file: kind as safetensors names it, key and count."""

    kind: str
    key: str
    count: int


class StoredTensor(NamedTuple):
    """A view of a storage, not yet checked."""

    storage: StoredStorage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Blank:
    """Takes the place of what is not needed; keeps nothing that it is given."""

    __slots__ = ()

    def __new__(cls, *args: object, **kwargs: object) -> _Blank:
        return object.__new__(cls)

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def append(self, value: object) -> None:
        """Forgets the value."""

    def extend(self, values: object) -> None:
        """Forgets the values."""


class _RebuildTensor:
    """Stands for ``torch._utils._rebuild_tensor_v2``; without attributes, so that a file cannot change it."""

    __slots__ = ()

    def __call__(self, storage: object, offset: object, shape: object, strides: object, *_: object) -> StoredTensor:
        match storage, offset, shape, strides:
            case StoredStorage(), int(), tuple(), tuple() if all(type(n) is int for n in (*shape, *strides)):
                return StoredTensor(storage, offset, shape, strides)
        raise RefusedError("holds a tensor that is not described properly")


class _RebuildParameter:
    """Stands for ``torch._utils._rebuild_parameter``."""

    __slots__ = ()

    def __call__(self, tensor: object, *_: object) -> object:
        return tensor


class _RebuildOfType:
    """Stands for ``torch._tensor._rebuild_from_type_v2``: a tensor that carries attributes, without them."""

    __slots__ = ()

    def __call__(self, rebuild: object, kind: object, description: object, *_: object) -> object:
        if isinstance(rebuild, _RebuildTensor | _RebuildParameter) and isinstance(description, tuple):
            return rebuild(*description)
        raise RefusedError("holds a tensor that is not described properly")


class _WeightsUnpickler(pickle.Unpickler):
    """Builds dictionaries, lists, numbers, texts and descriptions of tensors."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, encoding="latin1")
        self.storages: dict[str, StoredStorage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if module in ("torch", "torch.cuda") and name in _STORAGES:
            return _STORAGES[name]
        match module, name:
            case "torch._utils", "_rebuild_tensor_v2":
                return _RebuildTensor()
            case "torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state":
                return _RebuildParameter()
            case "torch._tensor", "_rebuild_from_type_v2":
                return _RebuildOfType()
            case "collections", "OrderedDict":
                return OrderedDict
        if module.split(".")[0] in _BLANK_ROOTS or (module, name) in _BLANK_NAMES:
            return _Blank
        raise RefusedError(f"asks for {f'{module}.{name}'[:80]!r}, which is no part of weights")

    def persistent_load(self, pid: Any) -> StoredStorage:
        match pid:
            case ("storage", str(kind), str(key), _, int(count), *view) if kind in _ITEM_BYTES and count >= 0 and view in ([], [None]):
                storage = StoredStorage(kind, key, count)
                if self.storages.setdefault(key, storage) != storage:
                    raise RefusedError("describes the same numbers in two ways")
                return storage
        raise RefusedError("stores numbers in a way that is not known")


def serve(connection: Connection, source: str, target: str, under: Sequence[str]) -> None:
    """The other process: converts one file and answers with an empty message, or with why it could not."""
    _protect(Path(source))
    try:
        convert(Path(source), Path(target), under)
        answer = ""
    except RefusedError as error:
        answer = str(error)
    except MemoryError:
        answer = "needs too much memory to be read"
    # A hostile pickle can raise anything; the sentence is the same.
    except Exception as error:
        answer = f"is damaged or no file of weights ({type(error).__name__})"
    connection.send_bytes(answer.encode("utf-8", "replace"))


def convert(source: Path, target: Path, under: Sequence[str]) -> None:
    """Writes the tensors of the dictionary ``under`` these keys, or else of the outermost one, as safetensors.

    Raises RefusedError for what is not weights; a damaged file raises anything.
    """
    with source.open("rb") as file:
        if file.read(4) == b"PK\x03\x04":
            with zipfile.ZipFile(file) as archive:
                root, storage_bytes = _read_zip(archive, source.stat().st_size)
                _write(_chosen(root, under), storage_bytes, target, source.stat().st_size)
        else:
            root, storage_bytes = _read_legacy(file)
            _write(_chosen(root, under), storage_bytes, target, source.stat().st_size)


def _read_zip(archive: zipfile.ZipFile, file_bytes: int) -> tuple[Any, Source]:
    """The object of a file of torch 1.6 or later, and where its numbers are."""
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS or any(m.compress_type != zipfile.ZIP_STORED or m.flag_bits & 1 for m in members):
        raise RefusedError("is packed in a way that weights are not")
    if sum(member.file_size for member in members) > file_bytes:
        raise RefusedError("claims to hold more than its size")
    sizes = {member.filename: member.file_size for member in members}
    pickles = [name for name in sizes if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(pickles) != 1 or len(sizes) != len(members):
        raise RefusedError("is no file of weights")
    if sizes[pickles[0]] > _PICKLE_CAP_BYTES:
        raise RefusedError("describes more than weights need")
    folder = pickles[0].removesuffix("data.pkl")
    if f"{folder}byteorder" in sizes and archive.read(f"{folder}byteorder") != b"little":
        raise RefusedError("was written on a computer with another order of bytes")
    with archive.open(pickles[0]) as stream:
        root = _WeightsUnpickler(stream).load()

    def storage_bytes(key: str, size: int) -> bytes:
        name = f"{folder}data/{key}"
        if sizes.get(name) != size:
            raise RefusedError("lacks numbers that it describes")
        return archive.read(name)

    return root, storage_bytes


def _read_legacy(file: BinaryIO) -> tuple[Any, Source]:
    """The object of a file of torch before 1.6: three headers, the object, the list of storages, their numbers."""
    file.seek(0)
    if _WeightsUnpickler(file).load() != _LEGACY_MAGIC or _WeightsUnpickler(file).load() != 1001:
        raise RefusedError("is no file of weights")
    if _WeightsUnpickler(file).load().get("little_endian") is not True:
        raise RefusedError("was written on a computer with another order of bytes")
    unpickler = _WeightsUnpickler(file)
    root = unpickler.load()
    places: dict[str, tuple[int, int]] = {}
    keys = _WeightsUnpickler(file).load()
    start = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(start)
    for key in keys:
        count = struct.unpack("<q", file.read(8))[0]
        size = count * _ITEM_BYTES[unpickler.storages[key].kind]
        places[key] = (file.tell(), size)
        if size < 0 or file.tell() + size > end:
            raise RefusedError("is cut off")
        file.seek(size, os.SEEK_CUR)

    def storage_bytes(key: str, size: int) -> bytes:
        position, found = places.get(key, (0, -1))
        if found != size:
            raise RefusedError("lacks numbers that it describes")
        file.seek(position)
        return file.read(size)

    return root, storage_bytes


def _chosen(root: object, under: Sequence[str]) -> Mapping[str, StoredTensor]:
    """The dictionary of tensors. Raises RefusedError for anything else."""
    if not isinstance(root, dict):
        raise RefusedError("holds no dictionary of tensors")
    chosen: object = root
    for _ in under:
        chosen = next((chosen[key] for key in under if isinstance(chosen.get(key), dict)), chosen)
    if not chosen:
        raise RefusedError("holds no dictionary of tensors")
    for key, value in chosen.items():
        if not isinstance(key, str) or not isinstance(value, StoredTensor):
            raise RefusedError(f"holds something else than tensors under {str(key)[:80]!r}")
    return chosen


def _write(tensors: Mapping[str, StoredTensor], storage_bytes: Source, target: Path, file_bytes: int) -> None:
    """Writes a safetensors file, one tensor in memory at a time."""
    header, position = {}, 0
    for name, tensor in tensors.items():
        _check_view(tensor)
        size = prod(tensor.shape) * _ITEM_BYTES[tensor.storage.kind]
        header[name] = {"dtype": tensor.storage.kind, "shape": list(tensor.shape), "data_offsets": [position, position + size]}
        position += size
    if position > 2 * file_bytes:
        raise RefusedError("claims to hold more than its size")
    text = json.dumps(header).encode("ascii")
    with target.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(_numbers(tensor, storage_bytes))


def _check_view(tensor: StoredTensor) -> None:
    storage, offset, shape, strides = tensor
    proper = len(shape) == len(strides) <= 8 and offset >= 0 and min((*shape, *strides), default=0) >= 0
    if not proper or prod(shape) > storage.count:
        raise RefusedError("holds a tensor that is larger than its numbers")
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if prod(shape) and last >= storage.count:
        raise RefusedError("holds a tensor that lies outside its numbers")


def _numbers(tensor: StoredTensor, storage_bytes: Source) -> bytes:
    storage, offset, shape, strides = tensor
    size = _ITEM_BYTES[storage.kind]
    values: NDArray[np.void] = np.frombuffer(storage_bytes(storage.key, storage.count * size), f"V{size}")
    if prod(shape) == 0:
        return b""
    view = np.lib.stride_tricks.as_strided(values[offset:], shape, [step * size for step in strides], writeable=False)
    return view.tobytes()


def _protect(source: Path) -> None:
    """Ctrl+C is for the program itself; memory and what may be written are limited where the system can do so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    if sys.platform == "win32":
        return
    import resource

    file_bytes = source.stat().st_size
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 * file_bytes + 2**25,) * 2)
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * os.sysconf("SC_PAGE_SIZE") + 3 * file_bytes + 2**29
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
