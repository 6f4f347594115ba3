"""Arrays and sounds as members of an archive, exactly, and back: what a member holds has to be what its manifest says."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.session.archive import LARGEST_RATIO, DamagedError, Member, member
from engine.signal.formats import format_is_possible

Specs = list[tuple[str, tuple[int, ...]]]
Stored = tuple[dict[str, Any], Member]

_DTYPES = frozenset({"<i2", "<i4", "<f2", "<f4", "|u1"})
_NPY_HEADER_BYTES = 4096
_FLAC_SCALE = 1 << 23
_FLAC_LARGEST_RATIO = LARGEST_RATIO // 2
_BLOCK_FRAMES = 1 << 16
_MOST_DIMENSIONS = 3
_LARGEST_SIZE = 1 << 31


def exactly(value: Any, kind: type) -> Any:
    """The value, which is of this type and no other. Raises DamagedError."""
    if type(value) is not kind:
        raise DamagedError(f"{kind.__name__} expected")
    return value


def store_arrays(folder: str, arrays: Sequence[NDArray], deflate: bool = False) -> Stored:
    """Arrays one after the other in one member, each as numpy.save writes it and numpy.load reads it; and the JSON that announces them."""
    parts: list[Any] = []
    arrays = [np.ascontiguousarray(array, array.dtype.newbyteorder("<")) for array in arrays]
    for array in arrays:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": array.dtype.newbyteorder("<").str, "fortran_order": False, "shape": array.shape}
        )
        parts += [header.getvalue(), array.reshape(-1).view(np.uint8).data]
    each = member(folder, "npy", tuple(parts), deflate)
    return _reference(each, arrays), each


def specs_of(values: Any) -> Specs:
    """The types and shapes that a manifest announces. Raises DamagedError or ValueError."""
    specs: Specs = []
    for dtype, shape in exactly(values, list):
        sizes = tuple(exactly(size, int) for size in exactly(shape, list))
        if dtype not in _DTYPES or len(sizes) > _MOST_DIMENSIONS or not all(0 <= size <= _LARGEST_SIZE for size in sizes):
            raise DamagedError("an array of a kind that is not ours")
        specs.append((dtype, sizes))
    return specs


def _reference(each: Member, arrays: Sequence[NDArray]) -> dict[str, Any]:
    return {"member": each.name, "arrays": [[array.dtype.newbyteorder("<").str, list(array.shape)] for array in arrays]}


def read_arrays(name: str, content: bytearray, announced: Specs, rate: int) -> list[NDArray]:
    """The arrays of a member, which have to be the announced ones. Raises DamagedError, ValueError, or what the FLAC decoder raises."""
    return _flac_array(content, announced, rate) if name.endswith(".flac") else _npy_arrays(content, announced)


def _npy_arrays(content: bytearray, specs: Specs) -> list[NDArray]:
    """Reads no value before a header has said what the manifest says."""
    arrays, offset = [], 0
    for dtype, shape in specs:
        file = io.BytesIO(content[offset : offset + _NPY_HEADER_BYTES])
        if np.lib.format.read_magic(file) != (1, 0):
            raise DamagedError("another version of npy")
        found, fortran, kind = np.lib.format.read_array_header_1_0(file)
        if fortran or found != shape or kind.str != dtype:
            raise DamagedError("an array that is not the announced one")
        offset += file.tell()
        count = math.prod(shape)
        if offset + count * kind.itemsize > len(content):
            raise DamagedError("an array that is cut off")
        arrays.append(np.frombuffer(content, kind, count, offset).reshape(shape))
        offset += count * kind.itemsize
    if offset != len(content):
        raise DamagedError("something stands behind the arrays")
    return arrays


def store_sound(samples: NDArray[np.float32], rate: int) -> Stored:
    """A sound [channels, n] as FLAC of 24 bits, or as float32 where FLAC would change a single bit of it."""
    return _flac(samples, rate) or store_arrays("audio", [samples])


def _flac(samples: NDArray[np.float32], rate: int) -> Stored | None:
    # Here and below, not above: the window shall be there before a library for sound files is.
    import soundfile

    integers = _as_integers(samples)
    if integers is None or format_is_possible("flac", rate, len(samples), "pcm24"):
        return None
    file = io.BytesIO()
    try:
        with soundfile.SoundFile(file, "w", rate, len(samples), format="FLAC", subtype="PCM_24") as encoder:
            for start in range(0, integers.shape[1], _BLOCK_FRAMES):
                encoder.write(np.ascontiguousarray(integers[:, start : start + _BLOCK_FRAMES].T) << 8)
        content = file.getvalue()
        each = member("audio", "flac", (content,))
        (again,) = _flac_array(bytearray(content), [("<f4", samples.shape)], rate)
    except (soundfile.SoundFileError, DamagedError, AssertionError, ValueError, RuntimeError):
        return None
    small = samples.nbytes <= _FLAC_LARGEST_RATIO * len(content)
    return (_reference(each, [samples]), each) if small and np.array_equal(again, samples) else None


def _as_integers(samples: NDArray[np.float32]) -> NDArray[np.int32] | None:
    """The samples in steps of 2^-23; None if one of them lies between two steps, beyond 24 bits, or is a negative zero."""
    # A look at the beginning spares the generated sounds the rest.
    for part in (samples[:, :_BLOCK_FRAMES], samples):
        scaled = part * np.float32(_FLAC_SCALE)
        if part.size == 0 or (scaled != np.rint(scaled)).any() or scaled.min() < -_FLAC_SCALE or scaled.max() >= _FLAC_SCALE:
            return None
    return None if (np.signbit(samples) & (samples == 0)).any() else scaled.astype(np.int32)


def _flac_array(content: bytearray, specs: Specs, rate: int) -> list[NDArray]:
    """The samples of a FLAC, whose header has to say what the manifest says before memory is asked for."""
    ((_, shape),) = specs
    if len(shape) != 2 or math.prod(shape) * 4 > LARGEST_RATIO * len(content) or content[:4] != b"fLaC":
        raise DamagedError("no FLAC of this length")
    import soundfile

    with soundfile.SoundFile(io.BytesIO(content)) as file:
        if (file.format, file.subtype, file.samplerate, file.channels, file.frames) != ("FLAC", "PCM_24", rate, *shape):
            raise DamagedError("a FLAC that is not the announced one")
        samples = np.empty((shape[1], shape[0]), np.float32)
        # In blocks: the library keeps its own buffer of what it is asked for.
        for start in range(0, shape[1], _BLOCK_FRAMES):
            block = samples[start : start + _BLOCK_FRAMES]
            if len(file.read(out=block)) != len(block):
                raise DamagedError("a FLAC that is cut off")
    return [np.ascontiguousarray(samples.T)]
