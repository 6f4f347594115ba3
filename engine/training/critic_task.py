"""Training of the token critic: to tell a clip's own codes from those that a finished generator drew in their place."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.critic import CriticConfig, TokenCritic
from engine.sampling.masks import training_mask
from engine.training.encode import TokenSet
from engine.training.generator_task import GeneratorTask, GeneratorTraining
from engine.training.loop import LoopConfig, Trainer, averaged_copy
from engine.types import HIDDEN


@dataclass(frozen=True)
class CriticTraining(GeneratorTraining):
    """Recipe of the critic: crops, masks and conditions as for the generator.

    The generator draws with ``guidance`` (1: one pass without any) and ``token_temperature``, best those that takes will be drawn with.
    """

    loop: LoopConfig = LoopConfig(steps=2000, batch_size=32, warmup_steps=200, ema_decay=0.999)
    model: CriticConfig = field(default_factory=CriticConfig)
    learning_rate: float = 1e-3
    guidance: float = 1.0
    token_temperature: float = 1.0


class CriticTask(GeneratorTask):
    """Task role: cross entropy of "is this the clip's own code?" over all cells (arXiv 2209.04439 section 3).

    A code that was drawn and is the clip's own by chance counts as right: nobody could tell.
    """

    name = "critic"
    recipe: CriticTraining

    def __init__(self, recipe: CriticTraining, train: TokenSet, validation: TokenSet, generator: nn.Module) -> None:
        super().__init__(recipe, train, validation)
        torch.manual_seed(recipe.loop.seed)
        self.generator = generator.eval().requires_grad_(False)
        self.network: nn.Module = TokenCritic(recipe.model)
        self.averaged = averaged_copy(self.network)

    def update(self, trainer: Trainer, batch: dict[str, Tensor]) -> dict[str, float]:
        """One step."""
        loss, told_apart = self.judged(trainer.modules[0], batch)
        norm = trainer.descend(0, loss)
        return {"loss": loss.item(), "told_apart": told_apart, "gradient": norm}

    def judged(self, critic: nn.Module, batch: dict[str, Tensor], dice: torch.Generator | None = None) -> tuple[Tensor, float]:
        """The loss, and how often a right code is trusted more than a wrong one (0.5: by chance)."""
        filled = self.filled(batch, dice)
        right = filled == batch["ids"]
        trust = critic(filled, batch["condition"], batch["has_condition"], batch["first_col"])[..., 0].float()
        return F.binary_cross_entropy_with_logits(trust, right.float()), told_apart(trust.detach(), right)

    @torch.no_grad()
    def filled(self, batch: dict[str, Tensor], dice: torch.Generator | None = None) -> Tensor:
        """Grids (B, rows, cols) whose hidden cells the generator has drawn, all at once."""
        hidden = batch["hidden"]
        seen = batch["ids"].masked_fill(hidden, HIDDEN)
        generator = self.generator.to(seen.device)
        logits = generator(seen, batch["condition"], batch["has_condition"], batch["first_col"], hidden).float()
        if self.recipe.guidance != 1.0:
            nothing = torch.zeros_like(batch["has_condition"])
            without = generator(seen, batch["condition"], nothing, batch["first_col"], hidden).float()
            logits = without + self.recipe.guidance * (logits - without)
        chances = torch.softmax(logits / max(self.recipe.token_temperature, 1e-3), dim=-1)
        out = batch["ids"].clone()
        out[hidden] = torch.multinomial(chances, 1, generator=dice)[:, 0]
        return out

    def validate(self) -> dict[str, float]:
        """Loss and share told apart on held-out clips at fixed masks and draws, with the clips' sounds as conditions."""
        self.train.refresh()
        count = min(self.recipe.validation_clips, len(self.validation))
        rng = np.random.default_rng(1)
        device = next(self.averaged.parameters()).device
        dice = torch.Generator(device).manual_seed(1)
        ids = torch.from_numpy(self.validation.tokens[:count].astype(np.int64))
        whole = {
            "ids": ids,
            "hidden": torch.from_numpy(np.stack([training_mask(rng, *ids.shape[1:], 0.0) for _ in range(count)])),
            "condition": torch.from_numpy(self.validation.sounds[:count].astype(np.float32)),
            "has_condition": torch.ones(count, dtype=torch.bool),
            "first_col": torch.zeros(count, dtype=torch.long),
        }
        parts = ({key: value[i : i + 16].to(device) for key, value in whole.items()} for i in range(0, count, 16))
        figures = [(loss.item(), share) for loss, share in (self.judged(self.averaged, part, dice) for part in parts)]
        loss, share = np.mean(figures, axis=0)
        return {"val_loss": float(loss), "val_told_apart": float(share), "clips": len(self.train)}


def told_apart(trust: Tensor, right: Tensor) -> float:
    """Share of pairs of a right and a wrong cell of which the right one is trusted more, both (...); 0.5 if one kind is missing.

    Pairs that are trusted alike count as half.
    """
    trust, right = trust.flatten().cpu(), right.flatten().cpu()
    good, bad = int(right.sum()), int((~right).sum())
    if good == 0 or bad == 0:
        return 0.5
    ordered = trust.sort().values
    below, up_to = (torch.searchsorted(ordered, trust, right=right_end).double() for right_end in (False, True))
    ranks = (below + up_to + 1) / 2
    return float((ranks[right].sum() - good * (good + 1) / 2) / (good * bad))
