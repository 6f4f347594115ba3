"""Training of the masked generator on precomputed tokens and prompt embeddings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.transformer import EMBEDDED_SMALL, GeneratorConfig, MaskedTransformer
from engine.sampling.masks import training_mask
from engine.training.encode import TokenSet
from engine.training.loop import LoopConfig, Trainer, averaged_copy
from engine.types import HIDDEN


@dataclass(frozen=True)
class GeneratorTraining:
    """Recipe of the generator.

    Short grids first: ``crop_cols`` columns until ``full_from`` of the run, whole grids (in smaller batches) afterwards. ``muon`` trains
    the matrices of the blocks with orthogonalised momentum, which needs about half the steps of AdamW.
    """

    loop: LoopConfig = LoopConfig(steps=4900, batch_size=32, warmup_steps=300, ema_decay=0.999)
    model: GeneratorConfig = EMBEDDED_SMALL
    learning_rate: float = 1.5e-3
    muon: bool = True
    weight_decay: float = 0.045
    betas: tuple[float, float] = (0.9, 0.96)
    crop_cols: int = 16
    full_from: float = 0.68
    text_share: float = 0.5
    drop_condition: float = 0.1
    structured_share: float = 0.2
    arccosine_share: float = 0.5
    span_share: float = 0.0
    label_smoothing: float = 0.0
    validation_clips: int = 128


PAPER_TRAINING = GeneratorTraining(
    loop=LoopConfig(steps=500_000, batch_size=112, warmup_steps=16_000, ema_decay=0.9999),
    model=GeneratorConfig(),
    learning_rate=1e-3 / 112,
    muon=False,
    crop_cols=53,
    full_from=0.0,
    text_share=0.0,
    structured_share=0.0,
    arccosine_share=0.0,
    label_smoothing=0.1,
)


class GeneratorTask:
    """Task role: cross entropy of the hidden cells."""

    name = "generator"

    def __init__(self, recipe: GeneratorTraining, train: TokenSet, validation: TokenSet) -> None:
        torch.manual_seed(recipe.loop.seed)
        self.recipe, self.config = recipe, recipe.loop
        self.train, self.validation = train, validation
        self.network: nn.Module = MaskedTransformer(recipe.model)
        self.averaged = averaged_copy(self.network)

    def optimizers(self) -> list[tuple[nn.Module, list[torch.optim.Optimizer]]]:
        """AdamW for everything, or Muon for the matrices of the blocks and AdamW for the rest."""
        r = self.recipe
        matrices = [p for name, p in self.network.named_parameters() if r.muon and name.startswith("blocks.") and p.ndim == 2]
        chosen = {id(p) for p in matrices}
        rest = [p for p in self.network.parameters() if id(p) not in chosen]
        optimizers: list[torch.optim.Optimizer] = [torch.optim.AdamW(rest, r.learning_rate, betas=r.betas, weight_decay=r.weight_decay)]
        if matrices:
            optimizers.append(torch.optim.Muon(matrices, r.learning_rate, weight_decay=r.weight_decay, adjust_lr_fn="match_rms_adamw"))
        return [(self.network, optimizers)]

    def batch(self, rng: np.random.Generator, size: int, step: int) -> dict[str, Tensor]:
        """Crops of token grids with their hidden cells and conditions."""
        r = self.recipe
        whole = step >= r.full_from * self.config.steps
        cols = r.model.cols if whole else r.crop_cols
        size = max(1, round(size * r.crop_cols / cols))
        clips = rng.integers(len(self.train), size=size)
        starts = np.array([_crop_start(rng, self.train.tokens.shape[-1], cols) for _ in clips])
        ids = np.stack([self.train.tokens[clip, :, start : start + cols] for clip, start in zip(clips, starts, strict=True)])
        masks = np.stack([training_mask(rng, *ids.shape[1:], r.structured_share, r.arccosine_share, r.span_share) for _ in clips])
        by_text = rng.random(size) < r.text_share
        captions = rng.integers(self.train.texts.shape[1], size=size)
        condition = np.where(by_text[:, None], self.train.texts[clips, captions], self.train.sounds[clips])
        return {
            "ids": torch.from_numpy(ids.astype(np.int64)),
            "hidden": torch.from_numpy(masks),
            "condition": torch.from_numpy(condition.astype(np.float32)),
            "has_condition": torch.from_numpy(rng.random(size) >= r.drop_condition),
            "first_col": torch.from_numpy(starts),
        }

    def update(self, trainer: Trainer, batch: dict[str, Tensor]) -> dict[str, float]:
        """One step."""
        loss, right = masked_loss(trainer.modules[0], batch, self.recipe.label_smoothing)
        norm = trainer.descend(0, loss)
        return {"loss": loss.item(), "right": right.item(), "gradient": norm}

    def validate(self) -> dict[str, float]:
        """Loss on held-out clips at fixed masks, with text conditions, sound conditions and none."""
        self.train.refresh()
        count = min(self.recipe.validation_clips, len(self.validation))
        rng = np.random.default_rng(1)
        device = next(self.averaged.parameters()).device
        ids = torch.from_numpy(self.validation.tokens[:count].astype(np.int64)).to(device)
        hidden = torch.from_numpy(np.stack([training_mask(rng, *ids.shape[1:], 0.0) for _ in range(count)])).to(device)
        figures = {}
        for name, condition in (("text", self.validation.texts[:count, 2]), ("sound", self.validation.sounds[:count]), ("none", None)):
            given = np.zeros((count, self.recipe.model.condition_dim)) if condition is None else condition
            whole = {
                "ids": ids,
                "hidden": hidden,
                "condition": torch.from_numpy(np.asarray(given, np.float32)).to(device),
                "has_condition": torch.full((count,), condition is not None, device=device),
                "first_col": torch.zeros(count, dtype=torch.long, device=device),
            }
            losses = [
                masked_loss(self.averaged, {key: value[i : i + 16] for key, value in whole.items()})[0].item() for i in range(0, count, 16)
            ]
            figures[f"val_{name}"] = float(np.mean(losses))
        return {**figures, "clips": len(self.train)}


def masked_loss(network: nn.Module, batch: dict[str, Tensor], label_smoothing: float = 0.0) -> tuple[Tensor, Tensor]:
    """Cross entropy over the hidden cells only (SpecMaskGIT equation 1), and the share guessed right."""
    hidden = batch["hidden"]
    seen = batch["ids"].masked_fill(hidden, HIDDEN)
    logits = network(seen, batch["condition"], batch["has_condition"], batch["first_col"], hidden).float()
    target = batch["ids"][hidden]
    return F.cross_entropy(logits, target, label_smoothing=label_smoothing), (logits.argmax(dim=-1) == target).float().mean()


def _crop_start(rng: np.random.Generator, total: int, cols: int) -> int:
    """First column of a crop: the clip's beginning in two cases of five, because events stand there, else anywhere."""
    return 0 if total <= cols or rng.random() < 0.4 else int(rng.integers(0, total - cols + 1))
