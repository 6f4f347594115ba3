"""BigVGAN, both versions (Lee et al. 2022, arXiv 2206.04658), and BigVSAN's generator (Shibuya et al. 2023, arXiv 2309.02836) as a vocoder.

Parameter names are those of the public checkpoints, with weight norm folded; the filters of the anti-aliased activations are stored too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.public.hifigan import HifiGanConfig, natural_log_mel, same_conv, upsampling_settings
from engine.models.public.settings_file import Settings

_TAPS = 12
_CUTOFF = 0.25
_HALF_WIDTH = 0.3
_EPSILON = 1e-9


@dataclass(frozen=True)
class BigVganConfig(HifiGanConfig):
    """As HiFi-GAN's, with the periodic activation and the last layers; the defaults are bigvgan_v2_22khz_80band_256x."""

    f_max_hz: float = 11025.0
    channels: int = 1536
    rates: tuple[int, ...] = (4, 4, 2, 2, 2, 2)
    kernels: tuple[int, ...] = (8, 8, 4, 4, 4, 4)
    activation: str = "snakebeta"
    log_scale: bool = True
    tanh: bool = False
    final_bias: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.activation not in ("snake", "snakebeta"):
            raise ValueError(f"there is no activation {self.activation!r}")


def bigvgan_config(settings: Settings) -> BigVganConfig:
    """Config of a public ``config.json``; version 1 names neither tanh nor bias of the end and has both. Raises EngineError("pack")."""
    given = settings.values
    return BigVganConfig(
        **upsampling_settings(settings),
        activation=settings.one_of("activation", "snake", "snakebeta"),
        log_scale=settings.flag("snake_logscale"),
        tanh=settings.flag("use_tanh_at_final") if "use_tanh_at_final" in given else True,
        final_bias=settings.flag("use_bias_at_final") if "use_bias_at_final" in given else True,
    )


def kaiser_sinc_filter() -> Tensor:
    """Low-pass of 12 taps for a change of rate by two, (1, 1, 12), sum 1."""
    attenuation_db = 2.285 * (_TAPS // 2 - 1) * math.pi * 4 * _HALF_WIDTH + 7.95
    # Kaiser's rule for more than 50 dB.
    beta = 0.1102 * (attenuation_db - 8.7)
    times = np.arange(_TAPS) - _TAPS / 2 + 0.5
    taps = 2 * _CUTOFF * np.kaiser(_TAPS, beta) * np.sinc(2 * _CUTOFF * times)
    return torch.tensor((taps / taps.sum()).tolist()).view(1, 1, -1)


class Snake(nn.Module):
    """x + sin²(alpha x) / beta per channel; beta is alpha unless it has its own: (B, C, L) -> (B, C, L)."""

    def __init__(self, channels: int, with_beta: bool, log_scale: bool) -> None:
        super().__init__()
        self.log_scale = log_scale
        self.alpha = nn.Parameter(torch.full((channels,), 0.0 if log_scale else 1.0))
        if with_beta:
            self.beta = nn.Parameter(self.alpha.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        alpha = self.alpha[:, None]
        beta = self.beta[:, None] if hasattr(self, "beta") else alpha
        if self.log_scale:
            alpha, beta = alpha.exp(), beta.exp()
        return x + torch.sin(alpha * x).square() / (beta + _EPSILON)


class Upsampler(nn.Module):
    """Twice the rate: (B, C, L) -> (B, C, 2 L)."""

    filter: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("filter", kaiser_sinc_filter())

    def forward(self, x: Tensor) -> Tensor:
        channels, margin = x.shape[1], _TAPS // 2 - 1
        wide = F.conv_transpose1d(F.pad(x, (margin, margin), "replicate"), self.filter.expand(channels, -1, -1), stride=2, groups=channels)
        crop = 2 * margin + (_TAPS - 2) // 2
        return 2 * wide[..., crop:-crop]


class LowPass(nn.Module):
    """Half the rate: (B, C, 2 L) -> (B, C, L)."""

    filter: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("filter", kaiser_sinc_filter())

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        padded = F.pad(x, (_TAPS // 2 - 1, _TAPS // 2), "replicate")
        return F.conv1d(padded, self.filter.expand(channels, -1, -1), stride=2, groups=channels)


class _Downsampler(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lowpass = LowPass()

    def forward(self, x: Tensor) -> Tensor:
        return self.lowpass(x)


class AntiAliased(nn.Module):
    """The activation at twice the rate, so that the overtones that it makes do not fold back: (B, C, L) -> (B, C, L)."""

    def __init__(self, channels: int, config: BigVganConfig) -> None:
        super().__init__()
        self.act = Snake(channels, config.activation == "snakebeta", config.log_scale)
        self.upsample = Upsampler()
        self.downsample = _Downsampler()

    def forward(self, x: Tensor) -> Tensor:
        return self.downsample(self.act(self.upsample(x)))


class AmpBlock1(nn.Module):
    """Pairs of a dilated and a plain convolution, each behind an activation: (B, C, L) -> (B, C, L)."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...], config: BigVganConfig) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(same_conv(channels, kernel, dilation) for dilation in dilations)
        self.convs2 = nn.ModuleList(same_conv(channels, kernel, 1) for _ in dilations)
        self.activations = nn.ModuleList(AntiAliased(channels, config) for _ in range(2 * len(dilations)))

    def forward(self, x: Tensor) -> Tensor:
        for index, (dilated, plain) in enumerate(zip(self.convs1, self.convs2, strict=True)):
            first, second = self.activations[2 * index], self.activations[2 * index + 1]
            x = x + plain(second(dilated(first(x))))
        return x


class AmpBlock2(nn.Module):
    """Dilated convolutions, each behind an activation: (B, C, L) -> (B, C, L)."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...], config: BigVganConfig) -> None:
        super().__init__()
        self.convs = nn.ModuleList(same_conv(channels, kernel, dilation) for dilation in dilations)
        self.activations = nn.ModuleList(AntiAliased(channels, config) for _ in dilations)

    def forward(self, x: Tensor) -> Tensor:
        for dilated, activation in zip(self.convs, self.activations, strict=True):
            x = x + dilated(activation(x))
        return x


class BigVgan(nn.Module):
    """Vocoder role: HiFi-GAN's plan with periodic, anti-aliased activations."""

    def __init__(self, config: BigVganConfig = BigVganConfig()) -> None:
        super().__init__()
        self.config = c = config
        self.conv_pre = nn.Conv1d(c.bands, c.channels, 7, padding=3)
        widths = [c.channels >> index for index in range(len(c.rates) + 1)]
        # The public names have one level more than HiFi-GAN's here.
        self.ups = nn.ModuleList(
            nn.ModuleList([nn.ConvTranspose1d(widths[i], widths[i + 1], k, u, padding=(k - u) // 2)])
            for i, (u, k) in enumerate(zip(c.rates, c.kernels, strict=True))
        )
        block = AmpBlock1 if c.block_type == "1" else AmpBlock2
        sizes = list(zip(c.block_kernels, c.block_dilations, strict=True))
        self.resblocks = nn.ModuleList(block(width, kernel, dilations, c) for width in widths[1:] for kernel, dilations in sizes)
        self.activation_post = AntiAliased(widths[-1], c)
        self.conv_post = nn.Conv1d(widths[-1], 1, 7, padding=3, bias=c.final_bias)

    def forward(self, log_mel: Tensor) -> Tensor:
        """Natural-log mel (B, bands, frames) -> samples (B, 1, frames * hop) in -1..1."""
        x = self.conv_pre(log_mel)
        for index, (up,) in enumerate(self.ups):
            x = self.mean_of_blocks(up(x), index)
        x = self.conv_post(self.activation_post(x))
        return x.tanh() if self.config.tanh else x.clamp(-1, 1)

    def mean_of_blocks(self, x: Tensor, stage: int) -> Tensor:
        """The residual blocks of one stage, side by side: (B, C, L) -> (B, C, L)."""
        count = len(self.config.block_kernels)
        return sum(block(x) for block in self.resblocks[stage * count : (stage + 1) * count]) / count

    def synthesise(self, log_mel_db: Tensor) -> Tensor:
        """Samples in -1..1."""
        return self(natural_log_mel(log_mel_db))[:, 0]
