"""Training of the detail part's generator: which second codes are likely where, by the first ones, the neighbours and the prompt."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.models.detail import ConvDetail, DetailConfig, DetailGenerator
from engine.sampling.masks import training_mask
from engine.training.encode import TokenSet
from engine.training.loop import LoopConfig, Trainer, averaged_copy
from engine.training.shards import Shard
from engine.types import HIDDEN, EngineError


@dataclass(frozen=True)
class DetailGeneratorTraining:
    """Recipe of the detail part's generator.

    ``text_share`` of the clips are told by a caption, ``drop_share`` not at all, the others by their sound.
    """

    loop: LoopConfig = LoopConfig(steps=3000, batch_size=24, warmup_steps=150, ema_decay=0.998)
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.03
    text_share: float = 0.55
    drop_share: float = 0.15
    validation_clips: int = 128


def encode_second(shard: Path, folder: Path, detail: ConvDetail, batch: int = 16) -> Path:
    """Writes the second codes of a shard's clips, int16 [n, rows, cols], as ``<shard>.npy``."""
    target = folder / f"{shard.name}.npy"
    if target.exists():
        return target
    pictures = Shard(shard).mel
    with torch.inference_mode():
        starts = range(0, len(pictures), batch)
        mels = (torch.from_numpy(np.asarray(pictures[start : start + batch], np.float32))[:, None] for start in starts)
        codes = np.concatenate([detail.encode(mel).to(torch.int16).numpy() for mel in mels])
    folder.mkdir(parents=True, exist_ok=True)
    building = target.with_suffix(f".{os.getpid()}.part")
    with open(building, "wb") as file:
        np.save(file, codes)
    os.replace(building, target)
    return target


def second_codes(first: TokenSet, folder: Path) -> NDArray[np.int16]:
    """The second codes [n, rows, cols] of the clips of a split. Raises EngineError("path") if they were not written down."""
    parts = []
    for path in sorted(first.encoded.glob("shard-*.npz")):
        second = folder / f"{path.stem}.npy"
        if not second.exists():
            raise EngineError("path", f"There are no second codes {second}; do the stage detail_generator again.")
        keep = [row["split"] == first.split for row in Shard(first.shards / path.stem).rows]
        parts.append(np.load(second, allow_pickle=False)[keep])
    return np.concatenate(parts)


@dataclass(frozen=True, eq=False)
class BothCodes:
    """First and second codes of a split, and what is said of its clips."""

    first: TokenSet
    second: NDArray[np.int16]

    def grids(self, clips: NDArray[np.int64]) -> dict[str, Tensor]:
        """First and second ids (n, rows, cols) of clips."""
        pairs = {"first": self.first.tokens[clips], "second": self.second[clips]}
        return {name: torch.from_numpy(ids.astype(np.int64)) for name, ids in pairs.items()}


class DetailGeneratorTask:
    """Task role: cross entropy of the hidden second codes."""

    name = "detail_generator"

    def __init__(self, recipe: DetailGeneratorTraining, config: DetailConfig, train: BothCodes, validation: BothCodes) -> None:
        torch.manual_seed(recipe.loop.seed)
        self.recipe, self.config = recipe, recipe.loop
        self.train, self.validation = train, validation
        self.network: nn.Module = DetailGenerator(config)
        self.averaged = averaged_copy(self.network)

    def optimizers(self) -> list[tuple[nn.Module, list[torch.optim.Optimizer]]]:
        """AdamW for everything."""
        r = self.recipe
        return [
            (self.network, [torch.optim.AdamW(self.network.parameters(), r.learning_rate, betas=(0.9, 0.96), weight_decay=r.weight_decay)])
        ]

    def batch(self, rng: np.random.Generator, size: int, step: int) -> dict[str, Tensor]:
        """Whole grids with their hidden cells, and what is said of them (B, D), zeros where nothing is."""
        words, r = self.train.first, self.recipe
        clips = rng.integers(len(words), size=size)
        captions, kind = rng.integers(words.texts.shape[1], size=size), rng.random(size)[:, None]
        said = np.where(kind < r.text_share, words.texts[clips, captions], words.sounds[clips])
        grids = self.train.grids(clips)
        return {
            **grids,
            "hidden": _hidden(rng, grids["second"]),
            "condition": unit(np.where(kind < 1 - r.drop_share, said, 0.0)),
        }

    def update(self, trainer: Trainer, batch: dict[str, Tensor]) -> dict[str, float]:
        """One step."""
        loss, right = guessing_loss(trainer.modules[0], batch)
        trainer.descend(0, loss)
        return {"loss": loss.item(), "right": right.item()}

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Loss on held-out clips at fixed masks, told by a caption and told nothing; nothing without such clips."""
        words, device = self.validation.first, next(self.averaged.parameters()).device
        clips = np.arange(min(self.recipe.validation_clips, len(words)))
        if not len(clips):
            return {}
        grids = self.validation.grids(clips)
        whole = {**grids, "hidden": _hidden(np.random.default_rng(1), grids["second"])}
        figures = {}
        for name, said in (("val_text", words.texts[clips, 0]), ("val_none", np.zeros_like(words.sounds[clips]))):
            batch = {key: value.to(device) for key, value in {**whole, "condition": unit(said)}.items()}
            parts = [{key: value[i : i + 16] for key, value in batch.items()} for i in range(0, len(clips), 16)]
            figures[name] = float(np.mean([guessing_loss(self.averaged, part)[0].item() for part in parts]))
        return figures


def guessing_loss(network: nn.Module, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Cross entropy over the hidden cells, and the share guessed right."""
    hidden, second = batch["hidden"], batch["second"]
    logits = network(batch["first"], second.masked_fill(hidden, HIDDEN), batch["condition"])[hidden].float()
    return F.cross_entropy(logits, second[hidden]), (logits.argmax(dim=-1) == second[hidden]).float().mean()


def unit(said: NDArray) -> Tensor:
    """Unit vectors (n, D) of embeddings; zeros stay zeros."""
    return F.normalize(torch.from_numpy(said.astype(np.float32)), dim=-1)


def _hidden(rng: np.random.Generator, grids: Tensor) -> Tensor:
    masks = [training_mask(rng, *grids.shape[1:], structured_share=0.0, arccosine_share=1.0) for _ in grids]
    return torch.from_numpy(np.stack(masks))
