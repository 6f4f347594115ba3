"""Shards of random pictures and sounds, and networks of toy size: training without rendering anything."""

import json
from pathlib import Path

import numpy as np

from engine.geometry import Geometry
from engine.models.detail import DetailConfig
from engine.models.prompt import PromptConfig
from engine.models.tokenizer import ConvTokenizerConfig
from engine.models.transformer import GeneratorConfig
from engine.models.vocoder import VocoderConfig

TOKENIZER = ConvTokenizerConfig(fine_channels=8, coarse_channels=16, full_channels=8, fine_blocks=1, coarse_blocks=1)
PROMPT = PromptConfig(dim=16, buckets=512, word_dim=8, text_width=16, text_blocks=1, text_heads=2, audio_channels=(8, 8, 8))
VOCODER = VocoderConfig(width=16, hidden=32, blocks=1)
DETAIL = DetailConfig(detail_codes=32, width=16, blocks=1, heads=2, hidden=32, reach_cols=2, steps=3)
GENERATOR = GeneratorConfig(blocks=2, width=32, heads=2, hidden=64, condition_dim=16, positions="rotary")
CLASSES = ("rain", "dog_bark")
CAPTIONS_PER_CLIP = 4


def write_shard(folder: Path, index: int, clips: int = 8) -> Path:
    """A shard whose clips all differ: every fourth one is for validation, every third one holds two sounds."""
    shard = folder / f"shard-{index:05d}"
    shard.mkdir(parents=True)
    rng = np.random.default_rng(index)
    geometry = Geometry()
    loudness = np.repeat(rng.random((clips, 53)), geometry.samples // 53, axis=1)
    np.save(shard / "audio.npy", (8000 * loudness * rng.standard_normal((clips, geometry.samples)).clip(-3, 3)).astype(np.int16))
    coarse = rng.uniform(-1, 1, (clips, 10, 106)).repeat(8, axis=1).repeat(8, axis=2)
    np.save(shard / "mel.npy", (0.8 * coarse + 0.1 * rng.uniform(-1, 1, coarse.shape)).astype(np.float16))
    rows = [row(index * clips + position) for position in range(clips)]
    (shard / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return shard


def row(seed: int) -> dict:
    """Description of a clip."""
    name = CLASSES[seed % 2]
    classes = [name] if seed % 3 else list(CLASSES)
    captions = [f"{name.replace('_', ' ')} number {seed} variant {i}" for i in range(CAPTIONS_PER_CLIP)]
    return {"seed": seed, "split": "train" if seed % 4 else "validation", "classes": classes, "captions": captions, "manifest": {}}
