"""Differentiable spectra and the small discriminators of vocoder training."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.geometry import Geometry
from engine.signal.mel import filterbank_of

RESOLUTIONS = ((512, 128), (1024, 256), (2048, 512))


def magnitude(samples: Tensor, window: int, hop: int) -> Tensor:
    """Magnitude spectrogram (B, bins, frames) of samples (B, n)."""
    spectrum = torch.stft(samples, window, hop, window=torch.hann_window(window, device=samples.device), return_complex=True)
    return torch.sqrt(spectrum.real**2 + spectrum.imag**2 + 1e-8)


def spectral_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """Log-magnitude L1 plus spectral convergence over three resolutions (Parallel WaveGAN)."""
    loss = prediction.new_zeros(())
    for window, hop in RESOLUTIONS:
        ours, theirs = magnitude(prediction, window, hop), magnitude(target, window, hop)
        loss = loss + F.l1_loss(torch.log(ours + 1e-4), torch.log(theirs + 1e-4))
        loss = loss + 0.5 * torch.linalg.norm(theirs - ours) / (torch.linalg.norm(theirs) + 1e-3)
    return loss / len(RESOLUTIONS)


class DifferentiableMel(nn.Module):
    """The log-mel of ``engine.signal.mel`` as a torch function: (B, n) -> dB (B, bands, frames)."""

    filters: Tensor
    window: Tensor

    def __init__(self, geometry: Geometry) -> None:
        super().__init__()
        self.geometry = geometry
        self.register_buffer("filters", torch.from_numpy(filterbank_of(geometry).copy()))
        self.register_buffer("window", torch.hann_window(geometry.window_samples))

    def forward(self, samples: Tensor) -> Tensor:
        g = self.geometry
        pad = (g.window_samples - g.hop_samples) // 2
        padded = F.pad(samples[:, None], (pad, pad), mode="reflect")[:, 0]
        spectrum = torch.stft(padded, g.window_samples, g.hop_samples, window=self.window, center=False, return_complex=True)
        mel = self.filters @ torch.sqrt(spectrum.real**2 + spectrum.imag**2 + 1e-9)
        return 20 * torch.log10(mel.clamp_min(1e-5))


class PeriodDiscriminator(nn.Module):
    """Looks at samples folded by one period (HiFi-GAN): (B, n) -> judgement and features."""

    def __init__(self, period: int, channels: int = 16) -> None:
        super().__init__()
        self.period = period
        sizes = [1, channels, 2 * channels, 4 * channels, 8 * channels]
        self.layers = nn.ModuleList(nn.Conv2d(a, b, (5, 1), (3, 1), (2, 0)) for a, b in pairwise(sizes))
        self.out = nn.Conv2d(sizes[-1], 1, (3, 1), padding=(1, 0))

    def forward(self, samples: Tensor) -> tuple[Tensor, list[Tensor]]:
        missing = -samples.shape[1] % self.period
        x = F.pad(samples[:, None], (0, missing), mode="reflect").unflatten(-1, (-1, self.period))
        features = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.1)
            features.append(x)
        return self.out(x), features


class ResolutionDiscriminator(nn.Module):
    """Looks at a log-magnitude spectrogram of one resolution: (B, n) -> judgement and features."""

    def __init__(self, window: int, hop: int, channels: int = 16) -> None:
        super().__init__()
        self.window_samples, self.hop = window, hop
        self.layers = nn.ModuleList(
            [nn.Conv2d(1, channels, (7, 5), (2, 1), (3, 2))]
            + [nn.Conv2d(channels, channels, (5, 3), (2, stride), (2, 1)) for stride in (1, 2, 2)]
            + [nn.Conv2d(channels, channels, 3, padding=1)]
        )
        self.out = nn.Conv2d(channels, 1, 3, padding=1)

    def forward(self, samples: Tensor) -> tuple[Tensor, list[Tensor]]:
        x = torch.log(magnitude(samples.float(), self.window_samples, self.hop) + 1e-3)[:, None]
        features = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.1)
            features.append(x)
        return self.out(x), features


class Discriminators(nn.Module):
    """Three resolutions and three periods, all small: noise must look like noise, pulses like pulses."""

    def __init__(self) -> None:
        super().__init__()
        self.members = nn.ModuleList(
            [ResolutionDiscriminator(window, hop) for window, hop in RESOLUTIONS] + [PeriodDiscriminator(period) for period in (2, 5, 11)]
        )

    def forward(self, samples: Tensor) -> list[tuple[Tensor, list[Tensor]]]:
        return [member(samples) for member in self.members]


def discriminator_loss(real: list[tuple[Tensor, list[Tensor]]], fake: list[tuple[Tensor, list[Tensor]]]) -> Tensor:
    """Hinge loss, mean over the members."""
    losses = [F.relu(1 - r.float()).mean() + F.relu(1 + f.float()).mean() for (r, _), (f, _) in zip(real, fake, strict=True)]
    return torch.stack(losses).mean()


def adversarial_loss(fake: list[tuple[Tensor, list[Tensor]]]) -> Tensor:
    """What the vocoder wants of the judgements."""
    return torch.stack([F.relu(1 - judgement.float()).mean() for judgement, _ in fake]).mean()


def feature_loss(real: list[tuple[Tensor, list[Tensor]]], fake: list[tuple[Tensor, list[Tensor]]]) -> Tensor:
    """L1 between the discriminators' inner pictures of true and made sound."""
    losses = [
        F.l1_loss(f.float(), r.float().detach()) for (_, rs), (_, fs) in zip(real, fake, strict=True) for r, f in zip(rs, fs, strict=True)
    ]
    return torch.stack(losses).mean()
