"""A pack of the real architectures at toy size with random weights: what tests run the whole path with."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import torch

from engine.geometry import Geometry
from engine.models.pack import Manifest, write_pack
from engine.models.prompt import ContrastivePromptEncoder, PromptConfig
from engine.models.tokenizer import ConvTokenizer, ConvTokenizerConfig
from engine.models.transformer import GeneratorConfig, MaskedTransformer
from engine.models.vocoder import FourierVocoder, VocoderConfig
from engine.types import SamplingSettings

TOKENIZER = ConvTokenizerConfig(fine_channels=8, coarse_channels=16, full_channels=8, fine_blocks=1, coarse_blocks=1)
KNOWLEDGE = {"words": ["rain", "heavy", "dog", "bark"], "concepts": {"rain": ["rain", "rainfall"], "dog_bark": ["dog bark"]}}


def write_tiny_pack(folder: Path, seed: int = 0, hint_dim: int = 0) -> Manifest:
    """Writes the toy pack into ``folder``; with ``hint_dim`` 16 its decoder listens, and loudly."""
    torch.manual_seed(seed)
    configs = {
        "tokenizer": ("conv-vq", replace(TOKENIZER, hint_dim=hint_dim)),
        "generator": ("masked-vit", GeneratorConfig(blocks=1, width=32, heads=2, hidden=64, condition_dim=16, positions="rotary")),
        "prompt": (
            "contrastive",
            PromptConfig(dim=16, buckets=512, word_dim=8, text_width=16, text_blocks=1, text_heads=2, audio_channels=(8, 8, 8)),
        ),
        "vocoder": ("fourier", VocoderConfig(width=16, hidden=32, blocks=1)),
    }
    builders = {"tokenizer": ConvTokenizer, "generator": MaskedTransformer, "prompt": ContrastivePromptEncoder, "vocoder": FourierVocoder}
    networks = {role: (arch, config, builders[role](config).state_dict()) for role, (arch, config) in configs.items()}
    for name, value in networks["tokenizer"][2].items():
        if name.endswith(".say.weight"):
            value.normal_()
    fields = {
        "id": "tiny",
        "name": "Tiny pack for tests",
        "geometry": asdict(Geometry()),
        "sampling": asdict(SamplingSettings(steps=4)),
        "classes": ["dog_bark", "rain"],
        "provenance": {"commit": "none"},
    }
    return write_pack(folder, fields, networks, KNOWLEDGE)
