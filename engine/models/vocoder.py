"""The light vocoder: ConvNeXt blocks at frame rate and an inverse short-time Fourier transform (Vocos, arXiv 2306.00814)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class VocoderConfig:
    """Sizes of the vocoder and the frames that it makes."""

    bands: int = 80
    width: int = 256
    hidden: int = 768
    blocks: int = 8
    window_samples: int = 1024
    hop_samples: int = 256


class ConvNextBlock(nn.Module):
    """Depth-wise convolution over 7 frames and a two-layer perceptron: (B, C, L) -> (B, C, L)."""

    def __init__(self, config: VocoderConfig) -> None:
        super().__init__()
        self.mix = nn.Conv1d(config.width, config.width, 7, padding=3, groups=config.width)
        self.norm = nn.LayerNorm(config.width)
        self.widen = nn.Linear(config.width, config.hidden)
        self.narrow = nn.Linear(config.hidden, config.width)
        self.scale = nn.Parameter(torch.full((config.width,), 1.0 / config.blocks))

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.norm(self.mix(x).transpose(1, 2))
        return x + (self.scale * self.narrow(F.gelu(self.widen(hidden)))).transpose(1, 2)


class FourierVocoder(nn.Module):
    """Vocoder role: log-mel in dB to samples, exactly ``hop_samples`` per frame."""

    window: Tensor

    def __init__(self, config: VocoderConfig = VocoderConfig()) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Conv1d(config.bands, config.width, 7, padding=3)
        self.norm_in = nn.LayerNorm(config.width)
        self.blocks = nn.ModuleList(ConvNextBlock(config) for _ in range(config.blocks))
        self.norm_out = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, config.window_samples + 2)
        self.register_buffer("window", torch.hann_window(config.window_samples), persistent=False)
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Conv1d):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)

    def forward(self, log_mel_db: Tensor) -> Tensor:
        """(B, bands, frames) dB of amplitude -> (B, frames * hop) samples."""
        x = self.embed((log_mel_db + 30.0) / 50.0)
        x = self.norm_in(x.transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        x = self.head(self.norm_out(x.transpose(1, 2))).transpose(1, 2).float()
        magnitude, phase = x.chunk(2, dim=1)
        magnitude = torch.exp(magnitude.clamp(max=6.5))
        return self._overlap_add(torch.polar(magnitude, phase))

    def synthesise(self, log_mel_db: Tensor) -> Tensor:
        """Samples in -1..1; frames at true silence stay silent."""
        samples = self(log_mel_db).clamp(-1, 1)
        silent = (log_mel_db.amax(dim=1) <= -99.0).repeat_interleave(self.config.hop_samples, dim=1)
        return torch.where(silent, torch.zeros_like(samples), samples)

    def _overlap_add(self, spectrum: Tensor) -> Tensor:
        """Spectra (B, bins, frames) of frames that are hop samples apart and not centred -> samples; undoes the framing of the mel."""
        c = self.config
        frames = torch.fft.irfft(spectrum, c.window_samples, dim=1) * self.window[:, None]
        length = (spectrum.shape[-1] - 1) * c.hop_samples + c.window_samples
        added = _folded(frames, length, c)
        weight = _folded((self.window**2)[None, :, None].expand(1, -1, spectrum.shape[-1]), length, c)
        trim = (c.window_samples - c.hop_samples) // 2
        return (added / weight.clamp_min(1e-6))[:, trim : length - trim]


def _folded(frames: Tensor, length: int, config: VocoderConfig) -> Tensor:
    """Sum of overlapping frames (B, window, L) -> (B, length)."""
    size, step = (1, config.window_samples), (1, config.hop_samples)
    return F.fold(frames.contiguous(), (1, length), size, stride=step)[:, 0, 0]
