"""Packs: a folder with ``pack.json`` and safetensors files; read with every doubt, written atomically.

The table of architectures at the top is the only place that turns a name in a file into code.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import Tensor, nn

from engine.geometry import Geometry
from engine.models.critic import CriticConfig, TokenCritic
from engine.models.detail import ConvDetail, DetailConfig
from engine.models.prompt import ContrastivePromptEncoder, PromptConfig
from engine.models.public.bigvgan import BigVgan, BigVganConfig
from engine.models.public.hifigan import HifiGan, HifiGanConfig
from engine.models.public.melgan import MelGan, MelGanConfig
from engine.models.public.vocos import Vocos, VocosConfig
from engine.models.specvqgan import SpecVqganConfig, SpecVqganTokenizer
from engine.models.tokenizer import ConvTokenizer, ConvTokenizerConfig
from engine.models.transformer import GeneratorConfig, MaskedTransformer
from engine.models.vocoder import FourierVocoder, VocoderConfig
from engine.types import EngineError, SamplingSettings

FORMAT = 1
ROLES = ("tokenizer", "generator", "prompt", "vocoder")
# What a pack may have besides; without it the program does what it does with any pack.
EXTRA_ROLES = ("detail", "critic")
_JSON_CAP_BYTES = 16 * 2**20
_PART_CAP_BYTES = 8 * 2**30
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Architecture:
    """A known network: which role it plays, its config dataclass and how it is built."""

    role: str
    config: type
    build: Callable[[Any], nn.Module]


ARCHITECTURES: dict[str, Architecture] = {
    "conv-vq": Architecture("tokenizer", ConvTokenizerConfig, ConvTokenizer),
    "specvqgan": Architecture("tokenizer", SpecVqganConfig, SpecVqganTokenizer),
    "masked-vit": Architecture("generator", GeneratorConfig, MaskedTransformer),
    "contrastive": Architecture("prompt", PromptConfig, ContrastivePromptEncoder),
    "fourier": Architecture("vocoder", VocoderConfig, FourierVocoder),
    "hifigan": Architecture("vocoder", HifiGanConfig, HifiGan),
    "bigvgan": Architecture("vocoder", BigVganConfig, BigVgan),
    "melgan": Architecture("vocoder", MelGanConfig, MelGan),
    "vocos": Architecture("vocoder", VocosConfig, Vocos),
    "conv-detail": Architecture("detail", DetailConfig, ConvDetail),
    "token-critic": Architecture("critic", CriticConfig, TokenCritic),
}


@dataclass(frozen=True)
class Part:
    """One network of a pack: architecture name, its config, the file with its weights and the file's SHA-256."""

    arch: str
    config: dict[str, Any]
    file: str
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The content of ``pack.json``."""

    id: str
    name: str
    geometry: Geometry
    parts: dict[str, Part]
    sampling: SamplingSettings
    classes: tuple[str, ...] = ()
    knowledge: dict[str, str] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Short hash over all parts: what a recipe stores to name the pack that made a sound."""
        text = "".join(self.parts[role].sha256 for role in (*ROLES, *EXTRA_ROLES) if role in self.parts)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class Pack:
    """A loaded pack: manifest, its networks in evaluation mode, and what the prompt encoder was taught."""

    manifest: Manifest
    tokenizer: nn.Module
    generator: nn.Module
    prompt: nn.Module
    vocoder: nn.Module
    knowledge: dict[str, Any]
    detail: nn.Module | None = None
    critic: nn.Module | None = None


def read_manifest(folder: Path) -> Manifest:
    """Reads and checks ``pack.json`` without touching the weights. Raises EngineError("pack")."""
    try:
        data = _json_of(folder / "pack.json")
        if data.get("format") != FORMAT:
            raise EngineError("pack", f"The pack {folder.name} has format {data.get('format')!r}; this version reads format {FORMAT}.")
        return Manifest(
            id=str(data["id"]),
            name=str(data["name"]),
            geometry=_dataclass(Geometry, data["geometry"]),
            parts={role: _part(data["parts"][role], folder) for role in (*ROLES, *_extras(data["parts"]))},
            sampling=_dataclass(SamplingSettings, data["sampling"]),
            classes=tuple(str(name) for name in data.get("classes", ())),
            knowledge={key: str(data["knowledge"][key]) for key in ("file", "sha256")} if data.get("knowledge") else {},
            provenance=dict(data.get("provenance", {})),
        )
    except EngineError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise EngineError("pack", f"The pack {folder.name} has a damaged pack.json ({type(error).__name__}: {error}).") from error


def load_pack(folder: Path, device: str = "cpu") -> Pack:
    """Reads, verifies and builds a pack. Raises EngineError("pack") with what is wrong in one sentence; nothing is ever unpickled."""
    manifest = read_manifest(folder)
    networks = {role: _load_part(folder, part, role).to(device) for role, part in manifest.parts.items()}
    _check_fit(manifest, networks)
    knowledge: dict[str, Any] = {}
    if manifest.knowledge:
        knowledge = _parse_json(_verified_bytes(folder, manifest.knowledge["file"], manifest.knowledge["sha256"], _JSON_CAP_BYTES), folder)
    return Pack(manifest, **networks, knowledge=knowledge)


def verify_pack(folder: Path) -> Manifest:
    """Checks every file of a pack against its hash and architecture; raises like ``load_pack``."""
    return load_pack(folder).manifest


def write_pack(
    folder: Path, manifest_fields: dict[str, Any], networks: dict[str, tuple[str, Any, dict[str, Tensor]]], knowledge: dict
) -> Manifest:
    """Writes a pack beside its final place and renames it there.

    ``networks``: role -> (architecture name, config dataclass, weights); float weights are stored as bfloat16, codebooks as float32.
    """
    building = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    parts = {}
    for role, (arch, config, weights) in networks.items():
        name = f"{role}.safetensors"
        save_file({key: _stored(key, value) for key, value in weights.items()}, building / name)
        parts[role] = {"arch": arch, "config": asdict(config), "file": name, "sha256": _sha256(building / name)}
    (building / "knowledge.json").write_text(json.dumps(knowledge, sort_keys=True), encoding="utf-8")
    data = {
        "format": FORMAT,
        **manifest_fields,
        "parts": parts,
        "knowledge": {"file": "knowledge.json", "sha256": _sha256(building / "knowledge.json")},
    }
    (building / "pack.json").write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    verify_pack(building)
    _install(building, folder)
    return read_manifest(folder)


def _install(building: Path, folder: Path) -> None:
    """Moves finished files over those of an existing pack; its other files (card, pictures) stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(building.iterdir(), key=lambda p: p.name == "pack.json"):
        os.replace(path, folder / path.name)
    building.rmdir()


def _stored(name: str, value: Tensor) -> Tensor:
    # Codes are compared by small differences of angles; eight bits of mantissa would move indices.
    exact = "codebook" in name or not value.dtype.is_floating_point
    return value.detach().cpu().contiguous() if exact else value.detach().cpu().to(torch.bfloat16).contiguous()


def _json_of(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _JSON_CAP_BYTES:
            raise EngineError("pack", f"{path.name} of the pack {path.parent.name} is too large to be one.")
        raw = path.read_bytes()
    except OSError as error:
        raise EngineError("pack", f"There is no pack at {path.parent} (pack.json cannot be read).") from error
    return _parse_json(raw, path.parent)


def _parse_json(raw: bytes, folder: Path) -> dict[str, Any]:
    try:
        data = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise EngineError("pack", f"A JSON file of the pack {folder.name} is damaged: {error}.") from error
    if not isinstance(data, dict):
        raise EngineError("pack", f"A JSON file of the pack {folder.name} is damaged: it holds no object.")
    return data


def _dataclass(kind: type, values: dict[str, Any]) -> Any:
    known = {f.name: f for f in fields(kind)}
    unknown = set(values) - set(known)
    if unknown:
        raise ValueError(f"unknown setting {sorted(unknown)[0]!r}")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})


def _extras(parts: dict[str, Any]) -> list[str]:
    return [role for role in EXTRA_ROLES if role in parts]


def _part(values: dict[str, Any], folder: Path) -> Part:
    part = Part(str(values["arch"]), dict(values["config"]), str(values["file"]), str(values["sha256"]))
    if part.arch not in ARCHITECTURES:
        raise EngineError("pack", f"The pack {folder.name} asks for the architecture {part.arch!r}, which this version does not know.")
    return part


def _verified_bytes(folder: Path, name: str, sha256: str, cap_bytes: int) -> bytes:
    if not _FILE_NAME.fullmatch(name):
        raise EngineError("pack", f"The pack {folder.name} names a file outside its folder: {name!r}.")
    path = folder / name
    try:
        if path.stat().st_size > cap_bytes:
            raise EngineError("pack", f"{name} of the pack {folder.name} is too large.")
        raw = path.read_bytes()
    except OSError as error:
        raise EngineError("pack", f"The pack {folder.name} lacks its file {name}.") from error
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise EngineError("pack", f"{name} of the pack {folder.name} is damaged: its checksum is not the one in pack.json.")
    return raw


def _load_part(folder: Path, part: Part, role: str) -> nn.Module:
    architecture = ARCHITECTURES[part.arch]
    if architecture.role != role:
        raise EngineError("pack", f"The pack {folder.name} uses {part.arch!r} as its {role}, but it is a {architecture.role}.")
    raw = _verified_bytes(folder, part.file, part.sha256, _PART_CAP_BYTES)
    try:
        weights = load(raw)
        network = architecture.build(_dataclass(architecture.config, part.config))
    except (
        SafetensorError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        # What attention says to heads that do not divide its width.
        AssertionError,
        RuntimeError,
        MemoryError,
        OverflowError,
        ZeroDivisionError,
    ) as error:
        raise EngineError("pack", f"{part.file} of the pack {folder.name} cannot be read: {error}.") from error
    _check_weights(network, weights, part, folder)
    network.load_state_dict({name: value.float() if value.is_floating_point() else value for name, value in weights.items()})
    return network.eval().requires_grad_(False)


def _check_fit(manifest: Manifest, networks: dict[str, nn.Module]) -> None:
    """The parts must agree with the geometry and with each other."""
    g = manifest.geometry
    expected = {
        ("tokenizer", "bands"): g.bands,
        ("tokenizer", "code_count"): g.code_count,
        ("generator", "rows"): g.rows,
        ("generator", "cols"): g.cols,
        ("generator", "code_count"): g.code_count,
        ("generator", "condition_dim"): getattr(networks["prompt"].config, "dim", None),
        ("prompt", "bands"): g.bands,
        ("detail", "bands"): g.bands,
        ("detail", "code_count"): g.code_count,
        ("detail", "code_dim"): getattr(networks["tokenizer"].config, "code_dim", None),
        ("critic", "rows"): g.rows,
        ("critic", "cols"): g.cols,
        ("critic", "code_count"): g.code_count,
        ("critic", "condition_dim"): getattr(networks["prompt"].config, "dim", None),
    }
    for (role, name), value in expected.items():
        if role not in networks:
            continue
        found = getattr(networks[role].config, name, value)
        if found != value:
            raise EngineError("pack", f"The {role} of the pack {manifest.id} has {name} = {found}, the rest of the pack {value}.")
    told = getattr(networks["prompt"].config, "dim", None)
    for role in networks.keys() & {"tokenizer", "detail"}:
        hint_dim = getattr(networks[role].config, "hint_dim", 0)
        if hint_dim not in (0, told):
            raise EngineError("pack", f"The {role} of the pack {manifest.id} has hint_dim = {hint_dim}, the rest of the pack {told}.")
    if "detail" in networks and not isinstance(networks["tokenizer"], ConvTokenizer):
        raise EngineError("pack", f"The pack {manifest.id} has a detail part, which its tokenizer can do nothing with.")
    _check_mel(manifest, networks["vocoder"].config)


def _check_mel(manifest: Manifest, vocoder: Any) -> None:
    """A vocoder makes sense of one mel picture only; what its config does not name it takes as it comes."""
    g = manifest.geometry
    names = ("sample_rate", "hop_samples", "window_samples", "bands", "f_min_hz", "f_max_hz")
    expected = {**{name: getattr(g, name) for name in names}, "mel_scale": "slaney"}
    found = {name: getattr(vocoder, name, value) for name, value in expected.items()}
    other = ", ".join(f"{name} {found[name]} instead of {value}" for name, value in expected.items() if found[name] != value)
    if other:
        raise EngineError("pack", f"The vocoder of the pack {manifest.id} was made for another mel picture than its tokenizer: {other}.")


def _check_weights(network: nn.Module, weights: dict[str, Tensor], part: Part, folder: Path) -> None:
    """Exact names, exact shapes, known types, finite numbers."""
    where = f"{part.file} of the pack {folder.name}"
    expected = network.state_dict()
    for name in sorted(expected.keys() ^ weights.keys()):
        problem = "lacks" if name in expected else "has an unknown tensor"
        raise EngineError("pack", f"{where} {problem} {name!r}.")
    for name, value in weights.items():
        if value.shape != expected[name].shape:
            raise EngineError("pack", f"{where}: {name!r} has the shape {tuple(value.shape)}, not {tuple(expected[name].shape)}.")
        if value.dtype not in (torch.float32, torch.float16, torch.bfloat16) and value.dtype != expected[name].dtype:
            raise EngineError("pack", f"{where}: {name!r} is stored as {value.dtype}.")
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise EngineError("pack", f"{where}: {name!r} holds numbers that are not finite.")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
