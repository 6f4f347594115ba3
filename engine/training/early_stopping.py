"""Stops the generator when its sounds no longer come nearer to held-out ones, measured by a Frechet distance of embeddings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.models.roles import PromptEncoder, Tokenizer
from engine.sampling.masked import unmask
from engine.training.encode import TokenSet
from engine.training.generator_task import GeneratorTask, GeneratorTraining
from engine.types import HIDDEN, SamplingSettings

FEWEST_CLIPS = 8


def frechet_distance(first: NDArray, second: NDArray) -> float:
    """Squared Frechet distance of the Gaussians fitted to two sets of vectors, [n, D] and [m, D], n and m at least 2.

    The trace of the root of the product of both covariances is the sum of the singular values of the product of both centred sets, which
    needs no root of a matrix and stays exact when there are fewer vectors than dimensions.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    a, b = ((x - x.mean(axis=0)) / np.sqrt(len(x) - 1) for x in (first, second))
    shift = first.mean(axis=0) - second.mean(axis=0)
    overlap = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    return float(max(0.0, shift @ shift + (a**2).sum() + (b**2).sum() - 2 * overlap))


@dataclass(frozen=True)
class Watch:
    """How the distance is measured: ``clips`` takes, drawn with ``settings`` for the sounds of held-out clips."""

    clips: int = 48
    settings: SamplingSettings = SamplingSettings(steps=8, guidance=2.0, guidance_start=1.0)
    batch: int = 16


class WatchedGeneratorTask(GeneratorTask):
    """Task role: the generator, whose validations also draw takes and tell their Frechet distance to the held-out clips."""

    def __init__(
        self,
        recipe: GeneratorTraining,
        train: TokenSet,
        validation: TokenSet,
        tokenizer: Tokenizer,
        prompt: PromptEncoder,
        watch: Watch = Watch(),
    ) -> None:
        super().__init__(recipe, train, validation)
        self.tokenizer, self.prompt, self.watch = tokenizer, prompt, watch

    def validate(self) -> dict[str, float]:
        """The figures of the generator, and "frechet"."""
        return {**super().validate(), "frechet": self.distance()}

    def distance(self) -> float:
        """Frechet distance between the embeddings of takes and those of held-out clips; the same takes every time but for the weights."""
        count = min(self.watch.clips, len(self.validation))
        drawn = [self._embedded(range(i, min(count, i + self.watch.batch))) for i in range(0, count, self.watch.batch)]
        return frechet_distance(np.concatenate(drawn), self.validation.sounds.astype(np.float32))

    @torch.no_grad()
    def _embedded(self, clips: range) -> NDArray[np.float32]:
        """What the audio tower hears (n, D) in takes for the sounds of some held-out clips."""
        device = next(self.averaged.parameters()).device
        condition = torch.from_numpy(self.validation.sounds[clips.start : clips.stop].astype(np.float32)).to(device)
        _, rows, cols = self.validation.tokens.shape
        start = torch.full((len(clips), rows, cols), HIDDEN, device=device)
        steps = list(unmask(_Logits(self.averaged, condition), start, list(clips), self.watch.settings))
        parts = next(self.tokenizer.parameters()).device if isinstance(self.tokenizer, nn.Module) else torch.device("cpu")
        mel = self.tokenizer.decode(steps[-1].ids.to(parts).long()).clamp(-1, 1)
        return self.prompt.embed_mel(mel.float()).float().cpu().numpy()


@dataclass(frozen=True, eq=False)
class _Logits:
    """The sampler's view of the weights in training."""

    generator: nn.Module
    condition: Tensor

    def __call__(self, ids: Tensor, conditional: bool) -> Tensor:
        return self.generator.logits(ids, self.condition if conditional else None)
