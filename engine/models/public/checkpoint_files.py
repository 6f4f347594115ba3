"""Public files of weights as named tensors: read apart from the program, weight norm folded, compared with a network name by name."""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from engine.models.public.unpickling import serve
from engine.types import EngineError

_CAP_BYTES = 8 * 2**30
_START_S = 60.0
_SLOWEST_BYTES_PER_S = 10e6
_HEADER_CAP_BYTES = 100 * 10**6
# (magnitude, direction) as older and newer versions of torch name them.
_WEIGHT_NORMS = (("weight_g", "weight_v"), ("parametrizations.weight.original0", "parametrizations.weight.original1"))

_WRAPPERS = ("module.", "_orig_mod.", "generator.")
# Where trainers keep the weights of a network.
NESTED = ("generator", "state_dict", "model")


def read_checkpoint(path: Path, under: Sequence[str] = ()) -> dict[str, Tensor]:
    """Tensors of a .safetensors, .pt, .pth, .bin or .ckpt file, of the dictionary ``under`` one of these keys, or several, if there is one.

    Raises EngineError("pack") with one sentence; nothing in the file is ever executed.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise EngineError("pack", f"{path} cannot be read ({error.strerror or error}).") from error
    if size > _CAP_BYTES:
        raise EngineError("pack", f"{path.name} is too large.")
    if start[:4] == b"PK\x03\x04" or start[:1] == b"\x80":
        return _read_pickled(path, size, under)
    if len(start) == 8 and int.from_bytes(start, "little") <= _HEADER_CAP_BYTES:
        return _read_safetensors(path, path.name)
    raise EngineError("pack", f"{path.name} is no file of weights.")


def _read_pickled(path: Path, size: int, under: Sequence[str]) -> dict[str, Tensor]:
    with tempfile.TemporaryDirectory(prefix="melbrush-") as folder:
        converted = Path(folder) / "weights.safetensors"
        problem = _converted_in_child(path, converted, under, _START_S + size / _SLOWEST_BYTES_PER_S)
        if problem:
            raise EngineError("pack", f"{path.name} {problem}.")
        return _read_safetensors(converted, path.name)


def _converted_in_child(source: Path, target: Path, under: Sequence[str], limit_s: float) -> str:
    """Converts in a fresh process; returns what is wrong, or an empty text."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=serve, args=(theirs, str(source.absolute()), str(target), tuple(under)), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(limit_s):
            return "takes too long to read"
        return ours.recv_bytes(4096).decode("utf-8", "replace")
    except (EOFError, OSError):
        return "is damaged in a way that stops its reader"
    finally:
        ours.close()
        process.kill()
        process.join()


def _read_safetensors(path: Path, name: str) -> dict[str, Tensor]:
    try:
        return load(path.read_bytes())
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, MemoryError, OverflowError) as error:
        raise EngineError("pack", f"{name} is damaged or no file of weights: {error}.") from error


def unwrapped(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights without what training on several devices, compiling and trainers write before the name of every one of them."""
    plain = dict(weights)
    for prefix in _WRAPPERS * 2:
        if plain and all(name.startswith(prefix) for name in plain):
            plain = {name.removeprefix(prefix): value for name, value in plain.items()}
    return plain


def folded(weights: Mapping[str, Tensor], where: str) -> dict[str, Tensor]:
    """Weights without weight norm: direction / length of direction * magnitude, in either way of naming the two.

    Norms are taken over all axes but the first, also for transposed convolutions. Raises EngineError("pack") if one of a pair is missing.
    """
    plain = dict(weights)
    for magnitude, direction in _WEIGHT_NORMS:
        for name in [key for key in weights if key.endswith(f".{direction}")]:
            layer = name.removesuffix(direction)
            if f"{layer}weight" in plain or layer + magnitude not in plain:
                raise EngineError("pack", f"{where} describes the weights of {layer[:-1]!r} twice or only in part.")
            g, v = plain.pop(layer + magnitude).float(), plain.pop(name).float()
            if v.dim() < 2 or g.shape != (v.shape[0], *[1] * (v.dim() - 1)):
                raise EngineError("pack", f"{where}: {layer + magnitude!r} has the shape {tuple(g.shape)}, not one for {tuple(v.shape)}.")
            plain[f"{layer}weight"] = v * (g / v.flatten(1).norm(dim=1).view(g.shape))
    return plain


def without(weights: Mapping[str, Tensor], prefixes: Iterable[str]) -> dict[str, Tensor]:
    """All weights but those whose names begin with one of ``prefixes``."""
    return {name: value for name, value in weights.items() if not name.startswith(tuple(prefixes))}


def check_weights(network: nn.Module, weights: Mapping[str, Tensor], where: str) -> None:
    """Exact names and shapes, floats for floats, finite numbers. Raises EngineError("pack") for the first that is not."""
    expected = network.state_dict()
    for name in sorted(expected.keys() ^ weights.keys()):
        problem = f"lacks {name!r}" if name in expected else f"holds {name[:120]!r}, which this network does not have"
        raise EngineError("pack", f"{where} {problem}.")
    for name, value in weights.items():
        if value.shape != expected[name].shape:
            raise EngineError("pack", f"{where}: {name!r} has the shape {tuple(value.shape)}, not {tuple(expected[name].shape)}.")
        if value.is_floating_point() != expected[name].is_floating_point():
            raise EngineError("pack", f"{where}: {name!r} is stored as {value.dtype}.")
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise EngineError("pack", f"{where}: {name!r} holds numbers that are not finite.")


def exact(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights as packs keep what they have imported: float32, contiguous, each with its own memory."""
    return {name: (value.float() if value.is_floating_point() else value).contiguous().clone() for name, value in weights.items()}
