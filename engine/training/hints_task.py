"""The light tokenizer's decoder learns to listen: told what is drawn, it draws what the codes leave open as that sound has it.

Codes, decoder and generator stay: told nothing, the decoder draws what it always drew. What is added for the embedding of a caption, or of
the sound itself, is trained by how far the pictures are from the true ones, to the eye (as in the finishing) and to the audio tower of the
prompt encoder, whose layers see textures.

Meanwhile the decoder learns along and is dropped in the end. Where it was held, what is added had to make up for what these distances want
of any decoder, and said little of the single sounds (measured in LOG.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.layers import Hint
from engine.models.prompt import ContrastivePromptEncoder
from engine.models.tokenizer import ConvTokenizer
from engine.training.decoder_task import codes_of, distances, extended
from engine.training.loop import LoopConfig, Trainer, averaged_copy
from engine.training.tokenizer_task import DB_PER_UNIT
from engine.training.told_task import Told, ToldTask, ToldTraining


@dataclass(frozen=True)
class HintsTraining(ToldTraining):
    """Recipe of the stage; ``listens`` False leaves it out. What is added learns ``hint_rate`` times as fast as the decoder."""

    loop: LoopConfig = LoopConfig(steps=1200, batch_size=8, warmup_steps=50, ema_decay=0.998, validate_every=200)
    listens: bool = True
    hint_rate: float = 3.0


def hint_names(tokenizer: ConvTokenizer) -> list[str]:
    """Names of the weights in its decoder that listen."""
    heard = {index for index, layer in enumerate(tokenizer.decoder) if isinstance(layer, Hint)}
    return [name for name in tokenizer.decoder.state_dict() if int(name.partition(".")[0]) in heard]


class HintsTask(ToldTask):
    """Task role: codes of crops and what is said of them in, pictures out."""

    name = "hints"
    recipe: HintsTraining

    def __init__(
        self, recipe: HintsTraining, tokenizer: ConvTokenizer, prompt: ContrastivePromptEncoder, train: Told, validation: Told
    ) -> None:
        super().__init__(recipe, prompt, train, validation)
        listening = extended(tokenizer, hint_dim=prompt.config.dim)
        self.network: nn.Module = listening.requires_grad_(False).to(memory_format=torch.channels_last)
        self.network.decoder.requires_grad_(True)
        self.averaged = averaged_copy(self.network)

    def optimizers(self) -> list[tuple[nn.Module, list[torch.optim.Optimizer]]]:
        """The decoder's alone."""
        decoder, rate, added = self.network.decoder, self.recipe.learning_rate, set(hint_names(self.network))
        drawing = [p for name, p in decoder.named_parameters() if name not in added]
        listening = [p for name, p in decoder.named_parameters() if name in added]
        groups = [{"params": drawing}, {"params": listening, "lr": self.recipe.hint_rate * rate}]
        return [(decoder, [torch.optim.AdamW(groups, rate, betas=(0.9, 0.99), weight_decay=1e-4)])]

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
