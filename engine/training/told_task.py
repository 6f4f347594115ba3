"""What the trainings of decoders that listen have in common: crops and what is said of them in, distances to the eye and to the ear.

The distances to the ear are those between what layers of the prompt encoder's audio tower make of pictures (a perceptual loss, Johnson et
al. 2016, with our own network instead of one for photographs).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.prompt import AudioTower, ContrastivePromptEncoder
from engine.training.encode import TokenSet
from engine.training.loop import LoopConfig
from engine.training.shards import ShardSet
from engine.training.tokenizer_task import random_crop
from engine.types import EngineError

# The true pictures that say how much each channel of the audio tower varies.
_MEASURED_CLIPS = 64


@dataclass(frozen=True)
class ToldTraining:
    """What their recipes have in common.

    ``text_share`` of the clips are told by a caption, ``drop_share`` not at all, the others by their sound; ``heard_weight`` is that of the
    distances to the ear.
    """

    loop: LoopConfig
    learning_rate: float = 4e-4
    text_share: float = 0.55
    drop_share: float = 0.2
    heard_weight: float = 0.25
    crop_frames: int = 256
    validation_clips: int = 32


@dataclass(frozen=True)
class Told:
    """The clips of a split, and what can be said of each."""

    clips: ShardSet
    words: TokenSet

    def __post_init__(self) -> None:
        if len(self.clips) != len(self.words):
            raise EngineError("path", "Not all clips are encoded; do the stage tokens first.")


class Ear(nn.Module):
    """What three layers of an audio tower make of pictures: (B, 1, bands, frames) -> three tensors (B, C, H, W), frames in 64s."""

    TAPS = (2, 4, 7)

    def __init__(self, tower: AudioTower) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, mel: Tensor) -> list[Tensor]:
        x, seen = self.tower.grouped(mel), []
        for index, layer in enumerate(self.tower.body):
            x = layer(x)
            if index in self.TAPS:
                seen.append(x)
        return seen


class ToldTask:
    """Batches and distances; a task of its own adds what is trained, ``network`` and ``averaged``."""

    averaged: nn.Module

    def __init__(self, recipe: ToldTraining, prompt: ContrastivePromptEncoder, train: Told, validation: Told) -> None:
        torch.manual_seed(recipe.loop.seed)
        self.recipe, self.config = recipe, recipe.loop
        self.train, self.validation = train, validation
        self.ear = Ear(prompt.audio).eval().requires_grad_(False)
        self.spreads = self._spreads()

    def batch(self, rng: np.random.Generator, size: int, step: int) -> dict[str, Tensor]:
        """Random crops (B, 1, bands, crop_frames) and what is said of them (B, D), zeros where nothing is."""
        told, r = self.train, self.recipe
        chosen = rng.integers(len(told.clips), size=size)
        mel = np.stack([random_crop(told.clips, rng, int(clip), r.crop_frames) for clip in chosen])
        captions, kind = rng.integers(told.words.texts.shape[1], size=size), rng.random(size)[:, None]
        said = np.where(kind < r.text_share, told.words.texts[chosen, captions], told.words.sounds[chosen])
        said = np.where(kind < 1 - r.drop_share, said, 0.0).astype(np.float32)
        return {"mel": torch.from_numpy(mel)[:, None], "condition": F.normalize(torch.from_numpy(said), dim=-1)}

    def _held_out(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Pictures (1, 1, bands, frames) of validation and a caption (1, D) of each."""
        told, device = self.validation, next(self.averaged.parameters()).device
        for clip in range(min(self.recipe.validation_clips, len(told.clips))):
            mel = torch.from_numpy(told.clips.mel(clip))[None, None].to(device)
            caption = torch.from_numpy(told.words.texts[clip, :1].astype(np.float32)).to(device)
            yield mel, F.normalize(caption, dim=-1)

    def _heard(self, drawn: Tensor, mel: Tensor) -> Tensor:
        """Distances of what the ear makes of both, place by place and over the whole time, each channel in its own spread."""
        ear = self.ear.to(mel.device)
        whole = mel.shape[-1] // 64 * 64
        total = drawn.new_zeros(())
        for a, b, spread in zip(ear(drawn[..., :whole]), ear(mel[..., :whole]), self.spreads, strict=True):
            gap = ((a - b) / spread.to(a.device)).float()
            # The root has no slope at 0.
            total = total + torch.sqrt(gap.square().mean(dim=1) + 1e-4).mean()
            total = total + torch.sqrt(gap.mean(dim=-1).square().mean(dim=(1, 2)) + 1e-4).mean()
        return total

    @torch.no_grad()
    def _spreads(self) -> list[Tensor]:
        """Standard deviation of each channel of the ear's layers over true crops, (1, C, 1, 1) each."""
        rng, told = np.random.default_rng(1), self.train
        crops = [
            random_crop(told.clips, rng, int(clip), self.recipe.crop_frames) for clip in rng.integers(len(told.clips), size=_MEASURED_CLIPS)
        ]
        seen = self.ear(torch.from_numpy(np.stack(crops))[:, None])
        return [layer.std(dim=(0, 2, 3)).clamp_min(1e-3)[None, :, None, None] for layer in seen]
