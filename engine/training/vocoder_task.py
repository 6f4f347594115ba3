"""Training of the light vocoder: spectral losses first, then small discriminators; in the last part also on decoded mels."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.geometry import Geometry
from engine.models.roles import Tokenizer
from engine.models.vocoder import FourierVocoder, VocoderConfig
from engine.signal.mel import denormalise
from engine.training.loop import LoopConfig, Trainer, averaged_copy, mean_of
from engine.training.shards import ShardSet
from engine.training.spectral import (
    DifferentiableMel,
    Discriminators,
    adversarial_loss,
    discriminator_loss,
    feature_loss,
    spectral_loss,
)


@dataclass(frozen=True)
class VocoderTraining:
    """Recipe of the vocoder; shares say when discriminators and decoded mels join."""

    loop: LoopConfig = LoopConfig(steps=2600, batch_size=16, gradient_clip=10.0, validate_every=500)
    model: VocoderConfig = field(default_factory=VocoderConfig)
    learning_rate: float = 1e-3
    crop_frames: int = 40
    adversary_from: float = 0.7
    decoded_from: float = 0.8
    decoded_share: float = 0.5
    mel_weight: float = 0.06
    adversary_weight: float = 0.3
    feature_weight: float = 2.0
    validation_clips: int = 24


class VocoderTask:
    """Task role: crops of sound and their mels."""

    name = "vocoder"

    def __init__(self, recipe: VocoderTraining, train: ShardSet, validation: ShardSet, tokenizer: Tokenizer | None = None) -> None:
        torch.manual_seed(recipe.loop.seed)
        self.recipe, self.config = recipe, recipe.loop
        self.train, self.validation = train, validation
        self.tokenizer = tokenizer
        self.geometry = Geometry()
        self.network: nn.Module = FourierVocoder(recipe.model)
        self.averaged = averaged_copy(self.network)
        self.discriminators = Discriminators()
        self.mel = DifferentiableMel(self.geometry)

    def optimizers(self) -> list[tuple[nn.Module, list[torch.optim.Optimizer]]]:
        """The vocoder's and the discriminators'."""
        rate = self.recipe.learning_rate
        return [
            (self.network, [torch.optim.AdamW(self.network.parameters(), rate, betas=(0.8, 0.99), weight_decay=1e-3)]),
            (self.discriminators, [torch.optim.AdamW(self.discriminators.parameters(), 0.5 * rate, betas=(0.8, 0.99))]),
        ]

    def batch(self, rng: np.random.Generator, size: int, step: int) -> dict[str, Tensor]:
        """Crops of sound (B, n) that are not silent, with where they came from."""
        hop, crops, places = self.geometry.hop_samples, [], []
        for clip in rng.integers(len(self.train), size=size):
            for _ in range(4):
                start = int(rng.integers(0, 848 - self.recipe.crop_frames + 1))
                crop = self.train.audio(int(clip), start * hop, self.recipe.crop_frames * hop)
                if np.abs(crop).max() > 0.003:
                    break
            crops.append(crop)
            places.append((int(clip), start))
        return {"samples": torch.from_numpy(np.stack(crops)), "place": torch.tensor(places)}

    def update(self, trainer: Trainer, batch: dict[str, Tensor]) -> dict[str, float]:
        """One step of the vocoder and, late in the run, of the discriminators."""
        self.mel.to(batch["samples"].device)
        target = batch["samples"]
        true_mel = self.mel(target)
        prediction = trainer.modules[0](self._input(true_mel, batch["place"], trainer.step))
        mel_l1 = F.l1_loss(self.mel(prediction), true_mel)
        loss = spectral_loss(prediction, target) + self.recipe.mel_weight * mel_l1
        logs = {"mel_db": mel_l1.item(), "spectral": loss.item()}
        adversarial = trainer.step >= self.recipe.adversary_from * self.config.steps
        if adversarial:
            self.discriminators.requires_grad_(False)
            fake, real = trainer.modules[1](prediction), trainer.modules[1](target)
            loss = loss + self.recipe.adversary_weight * adversarial_loss(fake) + self.recipe.feature_weight * feature_loss(real, fake)
            self.discriminators.requires_grad_(True)
        trainer.descend(0, loss)
        if adversarial:
            judged = discriminator_loss(trainer.modules[1](target), trainer.modules[1](prediction.detach()))
            trainer.descend(1, judged)
            logs["adversary"] = judged.item()
        return logs

    @torch.no_grad()
    def _input(self, true_mel: Tensor, place: Tensor, step: int) -> Tensor:
        """The mel that the vocoder sees: the true one or, late in the run and for a part of the batch, one that went through the codes."""
        if self.tokenizer is None or step < self.recipe.decoded_from * self.config.steps:
            return true_mel
        mixed = true_mel.clone()
        for i in range(int(true_mel.shape[0] * self.recipe.decoded_share)):
            clip, start = (int(v) for v in place[i])
            first = max(0, (start // 16 - 2) * 16)
            stop = min(848, first + 16 * (self.recipe.crop_frames // 16 + 5))
            window = torch.from_numpy(self.train.mel(clip, first, stop - first))[None, None].to(true_mel.device)
            decoded = self.tokenizer.decode(self.tokenizer.encode(window))[0, 0].float().cpu().numpy()
            cut = denormalise(decoded)[:, start - first : start - first + self.recipe.crop_frames]
            mixed[i] = torch.from_numpy(cut).to(true_mel)
        return mixed

    def validate(self) -> dict[str, float]:
        """Log-mel L1 in dB of held-out clips through the vocoder, over frames that are not silent."""
        self.train.refresh()
        rows = []
        device = next(self.averaged.parameters()).device
        self.mel.to(device)
        for clip in range(min(self.recipe.validation_clips, len(self.validation))):
            mel = self.mel(torch.from_numpy(self.validation.audio(clip))[None].to(device))
            again = self.mel(self.averaged(mel).clamp(-1, 1))
            heard = mel > -80
            rows.append({"val_mel_db": (again - mel).abs()[heard].mean().item() if heard.any() else 0.0})
        return mean_of(rows)
