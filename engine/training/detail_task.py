"""Training of the detail part: a second codebook for what a decoder that knows the first codes still lacks, and its small generator.

First its encoder, its codes and its decoder learn together, by the distances and the hints of the stage "hints"; from ``settle_from`` on
the decoder learns alone. The generator of these codes is trained after that, by a task of its own.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.detail import ConvDetail, DetailConfig
from engine.models.prompt import ContrastivePromptEncoder
from engine.models.tokenizer import ConvTokenizer
from engine.training.decoder_task import distances
from engine.training.loop import LoopConfig, Trainer, averaged_copy
from engine.training.tokenizer_task import DB_PER_UNIT
from engine.training.told_task import Told, ToldTask, ToldTraining

# The share of unquantised batches at the start, so that the new encoder spreads its codes before it is bound to them.
_OPEN_SHARE = 0.05


@dataclass(frozen=True)
class DetailTraining(ToldTraining):
    """Recipe of codes and decoder.

    The sizes of encoder and decoder are the tokenizer's, whatever ``model`` says. From ``settle_from`` of the run on, encoder and codebook
    stay as they are.
    """

    loop: LoopConfig = LoopConfig(steps=2800, batch_size=10, warmup_steps=50, ema_decay=0.998, validate_every=200)
    model: DetailConfig = field(default_factory=DetailConfig)
    learning_rate: float = 5e-4
    settle_from: float = 0.5
    commitment: float = 0.25


class DetailTask(ToldTask):
    """Task role: crops of mel pictures and what is said of them in, the detail part out, its generator untrained."""

    name = "detail"
    recipe: DetailTraining

    def __init__(
        self, recipe: DetailTraining, tokenizer: ConvTokenizer, prompt: ContrastivePromptEncoder, train: Told, validation: Told
    ) -> None:
        super().__init__(recipe, prompt, train, validation)
        self.tokenizer = tokenizer.eval().requires_grad_(False)
        self.network: nn.Module = build_detail(recipe.model, tokenizer).to(memory_format=torch.channels_last)
        self.network.quantizer.open_calls = round(_OPEN_SHARE * recipe.loop.steps)
        self.network.generator.requires_grad_(False)
        self.averaged = averaged_copy(self.network)

    def optimizers(self) -> list[tuple[nn.Module, list[torch.optim.Optimizer]]]:
        """Of encoder and decoder."""
        groups = [{"params": list(part.parameters())} for part in (self.network.encoder, self.network.decoder)]
        return [(self.network, [torch.optim.AdamW(groups, self.recipe.learning_rate, betas=(0.9, 0.99), weight_decay=1e-4)])]

    def update(self, trainer: Trainer, batch: dict[str, Tensor]) -> dict[str, float]:
        """One step."""
        settled = trainer.step >= self.recipe.settle_from * self.config.steps
        self.network.quantizer.train(not settled)
        if settled:
            # Still in the graph, for several processes demand that every parameter takes part in every step.
            trainer.wrapped[0][0].param_groups[0]["lr"] = 0.0
        mel = batch["mel"].contiguous(memory_format=torch.channels_last)
        drawn, commitment = trainer.modules[0](mel, self._codes(mel), batch["condition"])
        seen, heard = distances(drawn.float(), mel).sum(), self._heard(drawn.float(), mel)
        trainer.descend(0, seen + self.recipe.heard_weight * heard + self.recipe.commitment * commitment)
        return {"distance": seen.item(), "heard": heard.item(), "commitment": commitment.item()}

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Distances and log-mel L1 in dB on held-out clips, told by a caption, by the first codes alone and by both; codes in use."""
        rows, used = [], []
        for mel, caption in self._held_out():
            first, second = self.tokenizer.encode(mel), self.averaged.encode(mel)
            pictures = [self.tokenizer.decode(first, caption), self.averaged.decode(self.tokenizer, first, second, caption)]
            errors = [(distances(picture.float(), mel).sum(), DB_PER_UNIT * F.l1_loss(picture, mel)) for picture in pictures]
            rows.append([[float(value) for value in pair] for pair in errors])
            used.append(second.flatten())
        if not rows:
            return {}
        (first_distance, first_db), (distance, l1_db) = np.mean(rows, axis=0)
        count = float(torch.cat(used).unique().numel())
        return {"val_distance": distance, "val_l1_db": l1_db, "val_first": first_distance, "val_first_db": first_db, "val_codes": count}

    @torch.no_grad()
    def _codes(self, mel: Tensor) -> Tensor:
        """First codes (B, rows, cols, D) of pictures."""
        tokenizer = self.tokenizer.to(mel.device)
        return tokenizer.quantizer.lookup(tokenizer.encode(mel))


def build_detail(config: DetailConfig, tokenizer: ConvTokenizer) -> ConvDetail:
    """An untrained detail part of a tokenizer: its encoder and decoder begin as the tokenizer's own, but for what is new in them."""
    detail = ConvDetail(replace(config, **asdict(tokenizer.config)))
    fresh = detail.decoder[0].weight
    known = {**tokenizer.decoder.state_dict()}
    known["0.weight"] = torch.cat([known["0.weight"], 0.3 * fresh[:, tokenizer.config.code_dim :].detach()], dim=1)
    detail.decoder.load_state_dict(known)
    last = f"{len(tokenizer.encoder) - 1}."
    kept = {name: value for name, value in tokenizer.encoder.state_dict().items() if not name.startswith(last)}
    detail.encoder.load_state_dict({**detail.encoder.state_dict(), **kept})
    return detail
