"""From public checkpoints to packs: the files of one kind become a part of a pack that takes its other parts from an installed one."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from engine.models.folders import check_new_id
from engine.models.pack import ARCHITECTURES, EXTRA_ROLES, FORMAT, ROLES, Manifest, read_manifest, verify_pack
from engine.models.public.bigvgan import bigvgan_config
from engine.models.public.checkpoint_files import NESTED, check_weights, exact, folded, read_checkpoint, unwrapped, without
from engine.models.public.hifigan import hifigan_config
from engine.models.public.melgan import melgan_config
from engine.models.public.settings_file import Settings, read_settings
from engine.models.public.specvqgan_checkpoint import specvqgan_config, specvqgan_geometry, specvqgan_weights
from engine.models.public.vocos import vocos_config
from engine.types import EngineError

UNTRAINED = "The generator of this pack is new: reconstruct works, generate gives noise until a generator is trained on these codes."
_SETTINGS = {".json", ".yaml", ".yml"}
# Vocos keeps the transform of its feature extractor beside its weights, a pack has its own; the rest only training needs.
_VOCOS_UNUSED = ("feature_extractor.mel_spec.", "multiperioddisc.", "multiresddisc.", "melspec_loss.")


@dataclass(frozen=True)
class Kind:
    """A family of public checkpoints: the architecture it becomes, how its settings are read, and which weights are the network's."""

    arch: str
    config: Callable[[Settings], Any]
    weights: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]] = dict


KINDS: dict[str, Kind] = {
    "hifigan": Kind("hifigan", hifigan_config),
    "bigvgan": Kind("bigvgan", bigvgan_config),
    "bigvsan": Kind("bigvgan", bigvgan_config),
    "vocos": Kind("vocos", vocos_config, partial(without, prefixes=_VOCOS_UNUSED)),
    "melgan": Kind("melgan", melgan_config),
    "specvqgan": Kind("specvqgan", specvqgan_config, specvqgan_weights),
}


@dataclass(frozen=True, eq=False)
class Imported:
    """A network with public weights: what a pack stores of it, and the files it came from."""

    kind: str
    config: Any
    network: nn.Module
    settings: Settings
    files: tuple[Path, Path]

    @property
    def role(self) -> str:
        """Which part of a pack it can be."""
        return ARCHITECTURES[KINDS[self.kind].arch].role


def load_public(kind: str, weights_file: Path, settings_file: Path) -> Imported:
    """Reads one public checkpoint with its settings into a network in evaluation mode; weight norm is folded, numbers stay float32.

    Raises EngineError("pack") with one sentence for everything that is not exactly a network of this kind and these settings.
    """
    family = KINDS[kind]
    settings = Settings(read_settings(settings_file), settings_file.name)
    try:
        config = family.config(settings)
        with torch.device("meta"):
            network = ARCHITECTURES[family.arch].build(config)
    except (ValueError, TypeError, RuntimeError, MemoryError, OverflowError, ZeroDivisionError) as error:
        raise EngineError("pack", f"{settings_file.name} describes no network of the kind {kind}: {error}.") from error
    where = weights_file.name
    weights = folded(family.weights(unwrapped(read_checkpoint(weights_file, NESTED))), where)
    check_weights(network, weights, where)
    network.load_state_dict(exact(weights), assign=True)
    return Imported(kind, config, network.eval().requires_grad_(False), settings, (weights_file, settings_file))


def import_pack(kind: str, files: Sequence[Path], packs: Path, pack_id: str, name: str, base: Path) -> tuple[Manifest, str]:
    """Writes a pack into the folder ``packs`` and returns it with what is worth telling, or an empty text.

    ``files``: a file of weights and its settings; for specvqgan also those of its MelGAN, in the same order. ``base`` gives all else.
    Raises EngineError("value") for an id that no pack can have and EngineError("pack") for all else, also when the parts do not fit; then
    nothing is written.
    """
    folder = packs / check_new_id(pack_id)
    if folder.exists():
        raise EngineError("pack", f"There is already a pack called {pack_id!r}; choose another id.")
    pairs = _pairs(kind, files)
    origin = verify_pack(base)
    parts = [load_public(part_kind, *pair) for part_kind, pair in pairs]
    tokenizer = next((part for part in parts if part.role == "tokenizer"), None)
    geometry = specvqgan_geometry(tokenizer.settings, tokenizer.config) if tokenizer else origin.geometry
    networks = {part.role: (KINDS[part.kind].arch, part.config, part.network.state_dict()) for part in parts}
    if tokenizer:
        if "vocoder" not in networks and replace(origin.geometry, cols=geometry.cols, code_count=geometry.code_count) != geometry:
            raise EngineError("pack", f"The vocoder of {origin.id} was made for another mel picture; give SpecVQGAN's MelGAN too.")
        networks["generator"] = _new_generator(origin, geometry.rows, geometry.cols, geometry.code_count)
    data = {
        **_taken_over(origin, networks),
        "id": pack_id,
        "name": name,
        "geometry": asdict(geometry),
        "provenance": _provenance(parts, origin, bool(tokenizer)),
    }
    return _write(folder, data, networks, origin, base), UNTRAINED if tokenizer else ""


def _pairs(kind: str, files: Sequence[Path]) -> list[tuple[str, tuple[Path, Path]]]:
    """Which file of weights belongs to which settings."""
    settings = [path for path in files if path.suffix.lower() in _SETTINGS]
    weights = [path for path in files if path.suffix.lower() not in _SETTINGS]
    kinds = [kind, "melgan"] if kind == "specvqgan" and len(weights) == 2 else [kind]
    if len(weights) != len(kinds) or len(settings) != len(kinds):
        also = ", and those of its MelGAN if wanted" if kind == "specvqgan" else ""
        raise EngineError("pack", f"{kind} needs one file of weights and one of settings (.json, .yaml or .yml){also}.")
    return list(zip(kinds, zip(weights, settings, strict=True), strict=True))


def _new_generator(origin: Manifest, rows: int, cols: int, code_count: int) -> tuple[str, Any, dict[str, Tensor]]:
    """A generator of the base's size for other codes, untrained: what the base's learned means nothing to them."""
    part = origin.parts["generator"]
    architecture = ARCHITECTURES[part.arch]
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in part.config.items()}
    config = replace(architecture.config(**values), rows=rows, cols=cols, code_count=code_count)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return part.arch, config, architecture.build(config).state_dict()


def _taken_over(origin: Manifest, networks: Mapping[str, tuple[str, Any, dict]]) -> dict[str, Any]:
    sampling = origin.sampling if "critic" in _fitting_extras(networks, origin) else origin.sampling.without_critic()
    return {"format": FORMAT, "sampling": asdict(sampling), "classes": list(origin.classes)}


def _provenance(parts: Sequence[Imported], origin: Manifest, new_generator: bool) -> dict[str, Any]:
    return {
        "imported": [{"kind": part.kind, "role": part.role, "files": {path.name: _sha256(path) for path in part.files}} for part in parts],
        "generator": "untrained" if new_generator else "of the base",
        "base": {"id": origin.id, "hash": origin.hash, "provenance": origin.provenance},
    }


def _write(folder: Path, data: dict[str, Any], networks: Mapping[str, tuple[str, Any, dict]], origin: Manifest, base: Path) -> Manifest:
    """Writes a pack beside its place, checks it as a whole and only then moves it there."""
    with _building(folder) as building:
        parts = {}
        for role in (*ROLES, *_fitting_extras(networks, origin)):
            target = building / f"{role}.safetensors"
            if role in networks:
                arch, config, weights = networks[role]
                save_file(exact(weights), target)
                parts[role] = {"arch": arch, "config": asdict(config)}
            else:
                shutil.copyfile(base / origin.parts[role].file, target)
                parts[role] = {"arch": origin.parts[role].arch, "config": origin.parts[role].config}
            parts[role] |= {"file": target.name, "sha256": _sha256(target)}
        data = {**data, "parts": parts}
        if origin.knowledge:
            shutil.copyfile(base / origin.knowledge["file"], building / "knowledge.json")
            data["knowledge"] = {"file": "knowledge.json", "sha256": _sha256(building / "knowledge.json")}
        (building / "pack.json").write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        verify_pack(building)
        building.rename(folder)
    return read_manifest(folder)


def _fitting_extras(networks: Mapping[str, tuple[str, Any, dict]], origin: Manifest) -> list[str]:
    """Parts of the base beside the usual ones that still mean something: they were trained with its codes and its prompts."""
    same = not {"tokenizer", "generator", "prompt"} & set(networks)
    return [role for role in EXTRA_ROLES if role in origin.parts and same]


@contextmanager
def _building(folder: Path) -> Iterator[Path]:
    """An empty folder beside the final one, gone afterwards whatever happens."""
    building = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        yield building
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
