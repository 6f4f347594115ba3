"""Checkpoints without pickling: tensors as safetensors, everything else as JSON, replaced atomically."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

_TENSOR = "__tensor__"


def _split(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """Moves the tensors of a nested state into ``tensors`` and leaves their names behind."""
    if isinstance(value, Tensor):
        # The number keeps names apart: "a/b" can be one key or two.
        name = f"{len(tensors)}{path}"
        tensors[name] = value.detach().cpu().contiguous().clone()
        return {_TENSOR: name}
    if isinstance(value, dict):
        return {"__dict__": [[key, _split(item, f"{path}/{key}", tensors)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return [_split(item, f"{path}/{index}", tensors) for index, item in enumerate(value)]
    return value


def _join(value: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, dict):
        if _TENSOR in value:
            return tensors[value[_TENSOR]]
        return {key: _join(item, tensors) for key, item in value["__dict__"]}
    if isinstance(value, list):
        return [_join(item, tensors) for item in value]
    return value


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Writes a nested state (tensors, numbers, strings) so that a kill at any moment leaves the old or the new one."""
    tensors: dict[str, Tensor] = {}
    skeleton = _split(state, "", tensors)
    path.parent.mkdir(parents=True, exist_ok=True)
    building = path.with_suffix(".part")
    save_file(tensors, building, metadata={"state": json.dumps(skeleton)})
    with open(building, "rb") as file:
        os.fsync(file.fileno())
    os.replace(building, path)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Reads what ``save_checkpoint`` wrote."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        skeleton = json.loads(file.metadata()["state"])
    return _join(skeleton, load_file(path))
