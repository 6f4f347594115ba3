"""Packs with the parts that not every pack has, made of ones without."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch

from engine.models.critic import CriticConfig, TokenCritic
from engine.models.pack import ROLES, Manifest, load_pack, write_pack
from engine.training.detail_task import build_detail
from tests.training.synthetic import DETAIL

CRITIC = CriticConfig(blocks=1, width=16, heads=2, hidden=32, condition_dim=16)


def add_parts(folder: Path, target: Path, *roles: str) -> Manifest:
    """Writes the pack of ``folder`` once more, with untrained parts besides, "detail" or "critic"."""
    pack = load_pack(folder)
    torch.manual_seed(0)
    extras = {
        "detail": lambda: ("conv-detail", build_detail(DETAIL, pack.tokenizer)),
        "critic": lambda: ("token-critic", TokenCritic(CRITIC)),
    }
    networks = {role: (pack.manifest.parts[role].arch, getattr(pack, role)) for role in ROLES}
    networks |= {role: extras[role]() for role in roles}
    fields = {
        "id": target.name,
        "name": pack.manifest.name,
        "geometry": asdict(pack.manifest.geometry),
        "sampling": asdict(pack.manifest.sampling),
        "classes": list(pack.manifest.classes),
        "provenance": pack.manifest.provenance,
    }
    stored = {role: (arch, network.config, network.state_dict()) for role, (arch, network) in networks.items()}
    return write_pack(target, fields, stored, pack.knowledge)
