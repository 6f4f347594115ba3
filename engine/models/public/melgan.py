"""MelGAN's generator (Kumar et al. 2019, arXiv 1910.06711) with the layout of the one published with SpecVQGAN."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.public.settings_file import Settings

_SLOPE = 0.2
_RATES = (8, 8, 2, 2)
_FLOOR_DB = -80.0
_RANGE_DB = 100.0


@dataclass(frozen=True)
class MelGanConfig:
    """Sizes, and SpecVQGAN's mel picture, which that project's code fixes; the defaults are the public file's."""

    sample_rate: int = 22050
    hop_samples: int = 256
    window_samples: int = 1024
    bands: int = 80
    f_min_hz: float = 125.0
    f_max_hz: float = 7600.0
    channels: int = 32
    residual_layers: int = 3

    def __post_init__(self) -> None:
        if self.hop_samples != prod(_RATES):
            raise ValueError(f"this network makes {prod(_RATES)} samples of a frame, not {self.hop_samples}")
        if self.residual_layers > 6:
            raise ValueError(f"{self.residual_layers} residual layers would need more sound than there is")


def melgan_config(settings: Settings) -> MelGanConfig:
    """Config of ``args.yml`` (n_mel_channels) or of the generator's own arguments (input_size). Raises EngineError("pack")."""
    bands = "input_size" if "input_size" in settings.values else "n_mel_channels"
    return MelGanConfig(
        bands=settings.whole(bands), channels=settings.whole("ngf"), residual_layers=settings.whole("n_residual_layers", least=0)
    )


class _Mirror(nn.Module):
    """Reflects samples at both ends; shorter inputs repeat their last value."""

    def __init__(self, samples: int) -> None:
        super().__init__()
        self.samples = samples

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, (self.samples, self.samples), "reflect" if x.shape[-1] > self.samples else "replicate")


class ResidualLayer(nn.Module):
    """Dilated convolution over 3, convolution over 1, and a convolution over 1 as shortcut: (B, C, L) -> (B, C, L)."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.LeakyReLU(_SLOPE),
            _Mirror(dilation),
            nn.Conv1d(channels, channels, 3, dilation=dilation),
            nn.LeakyReLU(_SLOPE),
            nn.Conv1d(channels, channels, 1),
        )
        self.shortcut = nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x) + self.block(x)


class MelGan(nn.Module):
    """Vocoder role: transposed convolutions, each followed by residual layers one after the other."""

    def __init__(self, config: MelGanConfig = MelGanConfig()) -> None:
        super().__init__()
        self.config = c = config
        width = c.channels * 2 ** len(_RATES)
        layers: list[nn.Module] = [_Mirror(3), nn.Conv1d(c.bands, width, 7)]
        for rate in _RATES:
            layers += [nn.LeakyReLU(_SLOPE), nn.ConvTranspose1d(width, width // 2, 2 * rate, rate, padding=rate // 2)]
            width //= 2
            layers += [ResidualLayer(width, 3**index) for index in range(c.residual_layers)]
        layers += [nn.LeakyReLU(_SLOPE), _Mirror(3), nn.Conv1d(width, 1, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, mel: Tensor) -> Tensor:
        """Mel (B, bands, frames), 0 at -80 dB and 1 at 20 dB -> samples (B, 1, frames * 256)."""
        return self.model(mel)

    def synthesise(self, log_mel_db: Tensor) -> Tensor:
        """Samples in -1..1."""
        mel = ((log_mel_db - _FLOOR_DB) / _RANGE_DB).clamp(0, 1)
        # SpecVQGAN's frames lie around multiples of the hop, a pack's half a hop later: so does the sound.
        late = self(torch.cat([mel[..., :1], mel], dim=-1))[:, 0]
        half = self.config.hop_samples // 2
        return late[:, half : half + mel.shape[-1] * self.config.hop_samples]
