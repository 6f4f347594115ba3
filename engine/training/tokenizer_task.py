"""Training of the light tokenizer: reconstruction first, a small adversary against grey noise later."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.geometry import Geometry
from engine.models.specvqgan import SpecVqganConfig, SpecVqganTokenizer
from engine.models.tokenizer import ConvTokenizer, ConvTokenizerConfig
from engine.training.loop import LoopConfig, Trainer, averaged_copy, mean_of
from engine.training.pictures import PatchDiscriminator, reconstruction_loss
from engine.training.shards import ShardSet

DB_PER_UNIT = 50.0
CLIP_FRAMES = Geometry().frames
SILENT = -0.8


@dataclass(frozen=True)
class TokenizerTraining:
    """Recipe of the tokenizer.

    ``adversary_from`` is the share of the run after which the discriminator joins; ``structured_loss`` adds averages and differences of the
    picture to the plain L1 of the original.
    """

    loop: LoopConfig = LoopConfig(steps=2600, batch_size=16)
    model: ConvTokenizerConfig | SpecVqganConfig = field(default_factory=ConvTokenizerConfig)
    learning_rate: float = 8e-4
    crop_frames: int = 256
    commitment: float = 0.25
    structured_loss: bool = True
    adversary_from: float = 0.6
    adversary_weight: float = 0.02
    validation_clips: int = 48


# SpecVQGAN's VGGSound recipe: plain L1, adversary of weight 0.8 from step 30,001 on (configuration published with arXiv 2110.08791).
PAPER_TOKENIZER = TokenizerTraining(
    loop=LoopConfig(steps=1_500_000, batch_size=8, warmup_steps=1),
    model=SpecVqganConfig(),
    learning_rate=8 * 4.5e-6,
    crop_frames=848,
    commitment=1.0,
    structured_loss=False,
    adversary_from=30_001 / 1_500_000,
    adversary_weight=0.8,
)


def build_tokenizer(config: ConvTokenizerConfig | SpecVqganConfig) -> ConvTokenizer | SpecVqganTokenizer:
    """The network of a tokenizer config."""
    return ConvTokenizer(config) if isinstance(config, ConvTokenizerConfig) else SpecVqganTokenizer(config)


class TokenizerTask:
    """Task role: 80 x 256 crops of mel pictures in, tokenizer out."""

    name = "tokenizer"

    def __init__(self, recipe: TokenizerTraining, train: ShardSet, validation: ShardSet) -> None:
        torch.manual_seed(recipe.loop.seed)
        self.recipe, self.config = recipe, recipe.loop
        self.train, self.validation = train, validation
        self.network: nn.Module = build_tokenizer(recipe.model).to(memory_format=torch.channels_last)
        self.averaged = averaged_copy(self.network)
        self.discriminator = PatchDiscriminator()

    def optimizers(self) -> list[tuple[nn.Module, list[torch.optim.Optimizer]]]:
        """The tokenizer's and the discriminator's."""
        rate = self.recipe.learning_rate
        return [
            (self.network, [torch.optim.AdamW(self.network.parameters(), rate, betas=(0.9, 0.99), weight_decay=1e-4)]),
            (self.discriminator, [torch.optim.AdamW(self.discriminator.parameters(), 0.5 * rate, betas=(0.5, 0.9))]),
        ]

    def batch(self, rng: np.random.Generator, size: int, step: int) -> dict[str, Tensor]:
        """Random crops (B, 1, bands, crop_frames) of clips that are not silent there."""
        return {"mel": random_crops(self.train, rng, size, self.recipe.crop_frames)}

    def update(self, trainer: Trainer, batch: dict[str, Tensor]) -> dict[str, float]:
        """One step of the tokenizer and, late in the run, of the discriminator."""
        mel = batch["mel"].contiguous(memory_format=torch.channels_last)
        prediction, ids, commitment = trainer.modules[0](mel)
        prediction = prediction.float()
        fit = reconstruction_loss(prediction, mel) if self.recipe.structured_loss else F.l1_loss(prediction, mel)
        loss = fit + self.recipe.commitment * commitment
        logs = {"l1_db": DB_PER_UNIT * F.l1_loss(prediction, mel).item()}
        adversarial = trainer.step >= self.recipe.adversary_from * self.config.steps
        if adversarial:
            judgement = trainer.modules[1](prediction)
            loss = loss - self.recipe.adversary_weight * judgement.float().mean()
        trainer.descend(0, loss)
        if adversarial:
            logs["adversary"] = self._teach_adversary(trainer, mel, prediction.detach())
        return {**logs, "commitment": commitment.item(), "perplexity": perplexity(ids, self.recipe.model.code_count)}

    def _teach_adversary(self, trainer: Trainer, real: Tensor, fake: Tensor) -> float:
        discriminator = trainer.modules[1]
        loss = F.relu(1 - discriminator(real).float()).mean() + F.relu(1 + discriminator(fake).float()).mean()
        trainer.descend(1, loss)
        return loss.item()

    def validate(self) -> dict[str, float]:
        """Log-mel L1 in dB and code use on held-out clips; also looks for new shards."""
        self.train.refresh()
        self.validation.refresh()
        rows, used = [], []
        for clip in range(min(self.recipe.validation_clips, len(self.validation))):
            mel = torch.from_numpy(self.validation.mel(clip))[None, None].to(next(self.averaged.parameters()).device)
            ids = self.averaged.encode(mel)
            decoded = self.averaged.decode(ids).clamp(-1, 1)
            rows.append({"val_l1_db": DB_PER_UNIT * F.l1_loss(decoded, mel).item()})
            used.append(ids.flatten())
        if not used:
            return {}
        all_ids = torch.cat(used)
        return {
            **mean_of(rows),
            "val_codes": float(all_ids.unique().numel()),
            "val_perplexity": perplexity(all_ids, 1024),
            "clips": len(self.train),
        }


def random_crops(clips: ShardSet, rng: np.random.Generator, size: int, frames: int) -> Tensor:
    """Random crops (size, 1, bands, frames) of clips that are not silent there, if three tries find such a place."""
    crops = [random_crop(clips, rng, int(clip), frames) for clip in rng.integers(len(clips), size=size)]
    return torch.from_numpy(np.stack(crops))[:, None]


def random_crop(clips: ShardSet, rng: np.random.Generator, clip: int, frames: int) -> NDArray[np.float32]:
    """A random crop [bands, frames] of a clip that is not silent there, if three tries find such a place."""
    for _ in range(3):
        start = int(rng.integers(0, CLIP_FRAMES - frames + 1))
        crop = clips.mel(clip, start, frames)
        if crop.max() > SILENT:
            break
    return crop


def perplexity(ids: Tensor, code_count: int) -> float:
    """Effective number of codes in use."""
    share = torch.bincount(ids.flatten(), minlength=code_count).float()
    share = share / share.sum()
    return float(torch.exp(-(share * torch.log(share + 1e-10)).sum()))


def load_sets(folder: Path) -> tuple[ShardSet, ShardSet]:
    """Training and validation clips of a shard folder."""
    return ShardSet(folder, "train"), ShardSet(folder, "validation")
