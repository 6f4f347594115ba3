"""Finishing of the light tokenizer's decoder: it learns to draw what the codes leave open instead of averaging it to grey.

The codes are trained already and stay what they are. The decoder is given noise (``Grain``) and learns by the energy score, a proper
scoring rule of samples (Gneiting and Raftery 2007): two pictures drawn from the same codes shall both be near to the true one and as far
from each other as the truth varies. Nothing is learned against an adversary, so nothing can get out of balance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.layers import Grain
from engine.models.tokenizer import ConvTokenizer
from engine.training.loop import LoopConfig, Trainer, averaged_copy
from engine.training.shards import ShardSet
from engine.training.tokenizer_task import DB_PER_UNIT, random_crops

# Neighbourhoods (bands, frames) that are compared as wholes: cells, spectra of an instant, courses of a band.
PATCHES = ((1, 1), (4, 4), (16, 16), (80, 4), (4, 64))
AVERAGES = (2, 4, 8)


@dataclass(frozen=True)
class DecoderTraining:
    """Recipe of the finishing.

    ``grain`` is the number of noise maps at each resolution, 0 leaves the stage out. ``grain_share`` of the noise goes into the pack: with
    all of it single pictures stray further from what the codes say than a small decoder can afford (measured in LOG.md).
    """

    loop: LoopConfig = LoopConfig(steps=2000, batch_size=8, warmup_steps=50, ema_decay=0.998, validate_every=250)
    grain: int = 8
    grain_share: float = 0.6
    learning_rate: float = 6e-4
    crop_frames: int = 256
    validation_clips: int = 32


class DecoderTask:
    """Task role: codes of crops in, two pictures out."""

    name = "decoder"

    def __init__(self, recipe: DecoderTraining, tokenizer: ConvTokenizer, train: ShardSet, validation: ShardSet) -> None:
        torch.manual_seed(recipe.loop.seed)
        self.recipe, self.config = recipe, recipe.loop
        self.train, self.validation = train, validation
        self.network: nn.Module = with_grain(tokenizer, recipe.grain).requires_grad_(False).to(memory_format=torch.channels_last)
        self.network.decoder.requires_grad_(True)
        self.averaged = averaged_copy(self.network)

    def optimizers(self) -> list[tuple[nn.Module, list[torch.optim.Optimizer]]]:
        """The decoder's alone."""
        decoder = self.network.decoder
        return [(decoder, [torch.optim.AdamW(decoder.parameters(), self.recipe.learning_rate, betas=(0.9, 0.99), weight_decay=1e-4)])]

    def batch(self, rng: np.random.Generator, size: int, step: int) -> dict[str, Tensor]:
        """Random crops (B, 1, bands, crop_frames) of clips that are not silent there."""
        return {"mel": random_crops(self.train, rng, size, self.recipe.crop_frames)}

    def update(self, trainer: Trainer, batch: dict[str, Tensor]) -> dict[str, float]:
        """One step of the decoder."""
        mel = batch["mel"]
        codes = codes_of(self.network, mel)
        first, second = trainer.modules[0](torch.cat([codes, codes])).float().chunk(2)
        loss = energy_score(first, second, mel).sum()
        trainer.descend(0, loss)
        return {"score": loss.item()}

    def validate(self) -> dict[str, float]:
        """Energy score and log-mel L1 in dB on held-out clips; L1 is lowest for grey pictures, so it may rise."""
        torch.manual_seed(0)
        scores, distances = [], []
        device = next(self.averaged.parameters()).device
        self.averaged.decoder.train()
        for clip in range(min(self.recipe.validation_clips, len(self.validation))):
            mel = torch.from_numpy(self.validation.mel(clip))[None, None].to(device)
            codes = codes_of(self.network, mel).float()
            first, second = self.averaged.decoder(torch.cat([codes, codes])).float().chunk(2)
            scores.append(energy_score(first, second, mel).sum().item())
            distances.append(DB_PER_UNIT * F.l1_loss(first, mel).item())
        self.averaged.decoder.eval()
        return {"val_score": float(np.mean(scores)), "val_l1_db": float(np.mean(distances))} if scores else {}


@torch.no_grad()
def codes_of(tokenizer: nn.Module, mel: Tensor) -> Tensor:
    """What the decoder of a tokenizer is given for pictures (B, 1, bands, frames): (B, D, rows, cols)."""
    codes = tokenizer.quantizer.lookup(tokenizer.encode(mel.contiguous(memory_format=torch.channels_last)))
    return codes.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def with_grain(tokenizer: ConvTokenizer, maps: int) -> ConvTokenizer:
    """The same tokenizer with noise in its decoder; one that has it already is copied."""
    return extended(tokenizer, grain=tokenizer.config.grain or maps)


def extended(tokenizer: ConvTokenizer, **sizes: int) -> ConvTokenizer:
    """A copy whose decoder has layers besides (``grain``, ``hint_dim``), which are new where the tokenizer has none of their kind."""
    longer = ConvTokenizer(replace(tokenizer.config, **sizes))
    kept = {type(layer) for layer in tokenizer.decoder}
    places = [index for index, layer in enumerate(longer.decoder) if type(layer) in kept]
    state = {_moved(name, places): value for name, value in tokenizer.state_dict().items()}
    longer.load_state_dict({**longer.state_dict(), **state})
    return longer


def calmed(tokenizer: ConvTokenizer, share: float) -> ConvTokenizer:
    """The tokenizer itself, with that share of its noise."""
    with torch.no_grad():
        for layer in tokenizer.decoder:
            if isinstance(layer, Grain):
                layer.mix.weight.mul_(share)
    return tokenizer


def _moved(name: str, places: list[int]) -> str:
    """Name of a weight after layers were put between the decoder's."""
    part, _, rest = name.partition(".")
    if part != "decoder":
        return name
    index, _, weight = rest.partition(".")
    return f"decoder.{places[int(index)]}.{weight}"


def energy_score(first: Tensor, second: Tensor, truth: Tensor) -> Tensor:
    """Energy score of two draws (B, 1, bands, frames), one value for each way of looking at pictures; the smaller the better."""
    return 0.5 * (distances(first, truth) + distances(second, truth)) - 0.5 * distances(first, second)


def distances(a: Tensor, b: Tensor) -> Tensor:
    """Mean Euclidean distances (n,) of neighbourhoods, of averages and of differences in time and frequency."""
    gap = a - b
    found = [_mean_norm(gap, patch) for patch in PATCHES]
    found += [_mean_norm(F.avg_pool2d(gap, factor), (2, 2)) for factor in AVERAGES]
    found += [_mean_norm(torch.diff(gap, dim=axis), (4, 4)) for axis in (-1, -2)]
    return torch.stack(found)


def _mean_norm(gap: Tensor, patch: tuple[int, int]) -> Tensor:
    # The root has no slope at 0, where two draws agree.
    return torch.sqrt(F.avg_pool2d(gap.square(), patch) + 1e-6).mean()
