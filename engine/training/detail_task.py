"""Training of the detail part: a second codebook on what a finished tokenizer leaves over, its decoder, and its small generator."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.drawing import draw_detail
from engine.models.detail import DetailConfig, ResidualDetail, leftover
from engine.models.tokenizer import ConvTokenizer
from engine.sampling.masks import training_mask
from engine.training.loop import LoopConfig, Trainer, averaged_copy, mean_of
from engine.training.pictures import PatchDiscriminator, reconstruction_loss
from engine.training.shards import ShardSet
from engine.training.tokenizer_task import DB_PER_UNIT, TokenizerTask
from engine.types import HIDDEN


@dataclass(frozen=True)
class DetailTraining:
    """Recipe of the detail part.

    The sizes of the decoder are the tokenizer's, whatever ``model`` says. The second codebook follows the data until ``settle_from`` of the
    run; ``adversary_from`` is the share after which the discriminator joins.
    """

    loop: LoopConfig = LoopConfig(steps=2600, batch_size=16)
    model: DetailConfig = field(default_factory=DetailConfig)
    learning_rate: float = 4e-4
    crop_frames: int = 256
    settle_from: float = 0.3
    adversary_from: float = 0.3
    adversary_weight: float = 0.02
    validation_clips: int = 48


class DetailTask(TokenizerTask):
    """Task role: crops of mel pictures in, detail part out; the tokenizer stays as it is."""

    name = "detail"

    def __init__(self, recipe: DetailTraining, train: ShardSet, validation: ShardSet, tokenizer: ConvTokenizer) -> None:
        torch.manual_seed(recipe.loop.seed)
        self.recipe, self.config = recipe, recipe.loop
        self.train, self.validation = train, validation
        self.tokenizer = tokenizer.eval().requires_grad_(False)
        self.network: nn.Module = build_detail(recipe.model, tokenizer)
        self.averaged = averaged_copy(self.network)
        self.discriminator = PatchDiscriminator()

    def batch(self, rng: np.random.Generator, size: int, step: int) -> dict[str, Tensor]:
        """Crops as for the tokenizer, and the second codes that the generator has to guess."""
        crops = super().batch(rng, size, step)
        rows, cols = self.network.config.rows, self.recipe.crop_frames // 16
        hidden = np.stack([training_mask(rng, rows, cols, structured_share=0.0, arccosine_share=1.0) for _ in range(size)])
        return {**crops, "hidden": torch.from_numpy(hidden)}

    def update(self, trainer: Trainer, batch: dict[str, Tensor]) -> dict[str, float]:
        """One step of codebook, decoder and generator and, later in the run, of the discriminator."""
        mel, hidden = batch["mel"], batch["hidden"]
        progress = trainer.step / self.config.steps
        self.network.quantizer.settled = progress >= self.recipe.settle_from
        with torch.no_grad():
            first = self.tokenizer.to(mel.device).encode(mel)
            codes, residual = leftover(self.tokenizer, mel, first)
        prediction, second, logits = trainer.modules[0](codes, residual, first, hidden)
        prediction, target = prediction.float(), second[hidden]
        guessing = F.cross_entropy(logits.float(), target)
        loss = reconstruction_loss(prediction, mel) + guessing
        logs = {"l1_db": DB_PER_UNIT * F.l1_loss(prediction, mel).item(), "guessing": guessing.item()}
        adversarial = progress >= self.recipe.adversary_from
        if adversarial:
            loss = loss - self.recipe.adversary_weight * trainer.modules[1](prediction).float().mean()
        trainer.descend(0, loss)
        if adversarial:
            logs["adversary"] = self._teach_adversary(trainer, mel, prediction.detach())
        return {**logs, "right": (logits.argmax(dim=-1) == target).float().mean().item()}

    def validate(self) -> dict[str, float]:
        """Log-mel L1 in dB on held-out clips: by the first codes alone, by both, and by first codes and second ones that were drawn."""
        self.train.refresh()
        self.validation.refresh()
        device = next(self.averaged.parameters()).device
        self.tokenizer.to(device)
        clips = range(min(self.recipe.validation_clips, len(self.validation)))
        rows = [self._errors(torch.from_numpy(self.validation.mel(clip))[None, None].to(device), clip) for clip in clips]
        return {**mean_of(rows), "clips": len(self.train)}

    def _errors(self, mel: Tensor, seed: int) -> dict[str, float]:
        detail, tokenizer, c = self.averaged, self.tokenizer, self.averaged.config
        first = tokenizer.encode(mel)
        second = detail.encode(tokenizer, mel, first)
        drawn = draw_detail(partial(detail.logits, first), torch.full_like(first[0], HIDDEN), seed, c.steps, c.token_temperature)
        pictures = {
            "val_first_db": tokenizer.decode(first),
            "val_l1_db": detail.decode(tokenizer, first, second),
            "val_drawn_db": detail.decode(tokenizer, first, drawn[None]),
        }
        return {name: DB_PER_UNIT * F.l1_loss(picture.clamp(-1, 1), mel).item() for name, picture in pictures.items()}


def build_detail(config: DetailConfig, tokenizer: ConvTokenizer) -> ResidualDetail:
    """An untrained detail part of a tokenizer: its decoder begins as the tokenizer's own."""
    detail = ResidualDetail(replace(config, **asdict(tokenizer.config)))
    detail.decoder.load_state_dict(tokenizer.decoder.state_dict())
    return detail
