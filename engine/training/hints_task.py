"""The light tokenizer's decoder learns to listen: told what is drawn, it draws what the codes leave open as that sound has it.

Codes, decoder and generator stay: told nothing, the decoder draws what it always drew. What is added for the embedding of a caption, or of
the sound itself, is trained by how far the pictures are from the true ones, to the eye (as in the finishing) and to the audio tower of the
prompt encoder, whose layers see textures (a perceptual loss, Johnson et al. 2016, with our own network instead of one for photographs).

Meanwhile the decoder learns along and is dropped in the end. Where it was held, what is added had to make up for what these distances want
of any decoder, and said little of the single sounds (measured in LOG.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.layers import Hint
from engine.models.prompt import AudioTower, ContrastivePromptEncoder
from engine.models.tokenizer import ConvTokenizer
from engine.training.decoder_task import codes_of, distances, extended
from engine.training.encode import TokenSet
from engine.training.loop import LoopConfig, Trainer, averaged_copy
from engine.training.shards import ShardSet
from engine.training.tokenizer_task import DB_PER_UNIT, random_crop
from engine.types import EngineError

# The true pictures that say how much each channel of the audio tower varies.
_MEASURED_CLIPS = 64


@dataclass(frozen=True)
class HintsTraining:
    """Recipe of the stage; ``listens`` False leaves it out.

    ``text_share`` of the clips are told by a caption, ``drop_share`` not at all, the others by their sound. What is added learns
    ``hint_rate`` times as fast as the decoder; ``heard_weight`` is that of the distances to the ear.
    """

    loop: LoopConfig = LoopConfig(steps=1200, batch_size=8, warmup_steps=50, ema_decay=0.998, validate_every=200)
    listens: bool = True
    learning_rate: float = 4e-4
    hint_rate: float = 3.0
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


def hint_names(tokenizer: ConvTokenizer) -> list[str]:
    """Names of the weights in its decoder that listen."""
    heard = {index for index, layer in enumerate(tokenizer.decoder) if isinstance(layer, Hint)}
    return [name for name in tokenizer.decoder.state_dict() if int(name.partition(".")[0]) in heard]


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


class HintsTask:
    """Task role: codes of crops and what is said of them in, pictures out."""

    name = "hints"

    def __init__(
        self, recipe: HintsTraining, tokenizer: ConvTokenizer, prompt: ContrastivePromptEncoder, train: Told, validation: Told
    ) -> None:
        torch.manual_seed(recipe.loop.seed)
        self.recipe, self.config = recipe, recipe.loop
        self.train, self.validation = train, validation
        listening = extended(tokenizer, hint_dim=prompt.config.dim)
        self.network: nn.Module = listening.requires_grad_(False).to(memory_format=torch.channels_last)
        self.network.decoder.requires_grad_(True)
        self.averaged = averaged_copy(self.network)
        self.ear = Ear(prompt.audio).eval().requires_grad_(False)
        self.spreads = self._spreads()

    def optimizers(self) -> list[tuple[nn.Module, list[torch.optim.Optimizer]]]:
        """The decoder's alone."""
        decoder, rate, added = self.network.decoder, self.recipe.learning_rate, set(hint_names(self.network))
        drawing = [p for name, p in decoder.named_parameters() if name not in added]
        listening = [p for name, p in decoder.named_parameters() if name in added]
        groups = [{"params": drawing}, {"params": listening, "lr": self.recipe.hint_rate * rate}]
        return [(decoder, [torch.optim.AdamW(groups, rate, betas=(0.9, 0.99), weight_decay=1e-4)])]

    def batch(self, rng: np.random.Generator, size: int, step: int) -> dict[str, Tensor]:
        """Random crops (B, 1, bands, crop_frames) and what is said of them (B, D), zeros where nothing is."""
        told, r = self.train, self.recipe
        chosen = rng.integers(len(told.clips), size=size)
        mel = np.stack([random_crop(told.clips, rng, int(clip), r.crop_frames) for clip in chosen])
        captions, kind = rng.integers(told.words.texts.shape[1], size=size), rng.random(size)[:, None]
        said = np.where(kind < r.text_share, told.words.texts[chosen, captions], told.words.sounds[chosen])
        said = np.where(kind < 1 - r.drop_share, said, 0.0).astype(np.float32)
        return {"mel": torch.from_numpy(mel)[:, None], "condition": F.normalize(torch.from_numpy(said), dim=-1)}

    def update(self, trainer: Trainer, batch: dict[str, Tensor]) -> dict[str, float]:
        """One step."""
        mel = batch["mel"]
        drawn = trainer.modules[0](codes_of(self.network, mel), batch["condition"]).float()
        seen, heard = distances(drawn, mel).sum(), self._heard(drawn, mel)
        trainer.descend(0, seen + self.recipe.heard_weight * heard)
        return {"distance": seen.item(), "heard": heard.item()}

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Distances and log-mel L1 in dB on held-out clips, told by a caption, and the same where nothing is said."""
        rows = []
        for mel, caption in self._held_out():
            pictures = [self.averaged.decoder(codes_of(self.network, mel), said).float() for said in (caption, None)]
            rows.append([(distances(picture, mel).sum().item(), DB_PER_UNIT * F.l1_loss(picture, mel).item()) for picture in pictures])
        if not rows:
            return {}
        (distance, l1_db), (silent, silent_db) = np.mean(rows, axis=0)
        return {"val_distance": distance, "val_l1_db": l1_db, "val_untold": silent, "val_untold_db": silent_db}

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
