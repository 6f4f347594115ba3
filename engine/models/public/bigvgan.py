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
# Of the transition from passing to stopping, for a change of rate by one.
_HALF_WIDTH = 0.6
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


def kaiser_sinc_filter(ratio: int = 2, taps: int = _TAPS) -> Tensor:
    """Low-pass for a change of rate by ``ratio``, (1, 1, taps), sum 1."""
    attenuation_db = 2.285 * (taps // 2 - 1) * math.pi * 4 * (_HALF_WIDTH / ratio) + 7.95
    cutoff = 0.5 / ratio
    times = np.arange(taps) - taps // 2 + (0.5 if taps % 2 == 0 else 0.0)
    kernel = np.kaiser(taps, _kaiser_beta(attenuation_db)) * np.sinc(2 * cutoff * times)
    return torch.tensor((kernel / kernel.sum()).tolist()).view(1, 1, -1)


def usual_taps(ratio: int) -> int:
    """How many taps the originals give to a change of rate by ``ratio`` where nothing else is asked for."""
    return 6 * ratio // 2 * 2


def _kaiser_beta(attenuation_db: float) -> float:
    """Kaiser's rule for the shape of his window."""
    if attenuation_db > 50:
        return 0.1102 * (attenuation_db - 8.7)
    return 0.5842 * (attenuation_db - 21) ** 0.4 + 0.07886 * (attenuation_db - 21) if attenuation_db >= 21 else 0.0


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
    """``ratio`` times the rate: (B, C, L) -> (B, C, ratio L)."""

    filter: Tensor

    def __init__(self, ratio: int = 2, taps: int | None = None) -> None:
        super().__init__()
        taps = usual_taps(ratio) if taps is None else taps
        if taps < ratio:
            raise ValueError(f"{taps} taps are too few for {ratio} times the rate")
        self.ratio = ratio
        self.register_buffer("filter", kaiser_sinc_filter(ratio, taps))

    def forward(self, x: Tensor) -> Tensor:
        channels, taps = x.shape[1], self.filter.shape[-1]
        margin = taps // self.ratio - 1
        padded = F.pad(x, (margin, margin), "replicate")
        wide = F.conv_transpose1d(padded, self.filter.expand(channels, -1, -1), stride=self.ratio, groups=channels)
        start = margin * self.ratio + (taps - self.ratio) // 2
        return self.ratio * wide[..., start : start + x.shape[-1] * self.ratio]


class LowPass(nn.Module):
    """A fraction of the rate: (B, C, L) -> (B, C, L / ratio), rounded up."""

    filter: Tensor

    def __init__(self, ratio: int = 2, taps: int | None = None) -> None:
        super().__init__()
        self.ratio = ratio
        self.register_buffer("filter", kaiser_sinc_filter(ratio, usual_taps(ratio) if taps is None else taps))

    def forward(self, x: Tensor) -> Tensor:
        channels, taps = x.shape[1], self.filter.shape[-1]
        padded = F.pad(x, ((taps - 1) // 2, taps // 2), "replicate")
        return F.conv1d(padded, self.filter.expand(channels, -1, -1), stride=self.ratio, groups=channels)


class _Downsampler(nn.Module):
    def __init__(self, ratio: int, taps: int) -> None:
        super().__init__()
        self.lowpass = LowPass(ratio, taps)

    def forward(self, x: Tensor) -> Tensor:
        return self.lowpass(x)


class AntiAliased(nn.Module):
    """An activation at a higher rate, so that the overtones that it makes do not fold back: (B, C, L) -> (B, C, L up / down)."""

    def __init__(self, activation: nn.Module, up_ratio: int = 2, down_ratio: int = 2, up_taps: int = _TAPS, down_taps: int = _TAPS) -> None:
        super().__init__()
        self.act = activation
        self.upsample = Upsampler(up_ratio, up_taps)
        self.downsample = _Downsampler(down_ratio, down_taps)

    def forward(self, x: Tensor) -> Tensor:
        return self.downsample(self.act(self.upsample(x)))


def _activation(channels: int, config: BigVganConfig) -> AntiAliased:
    return AntiAliased(Snake(channels, config.activation == "snakebeta", config.log_scale))


class AmpBlock1(nn.Module):
    """Pairs of a dilated and a plain convolution, each behind an activation: (B, C, L) -> (B, C, L)."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...], config: BigVganConfig) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(same_conv(channels, kernel, dilation) for dilation in dilations)
        self.convs2 = nn.ModuleList(same_conv(channels, kernel, 1) for _ in dilations)
        self.activations = nn.ModuleList(_activation(channels, config) for _ in range(2 * len(dilations)))

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
        self.activations = nn.ModuleList(_activation(channels, config) for _ in dilations)

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
        self.activation_post = _activation(widths[-1], c)
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
        """Samples in -1..1, exactly ``hop_samples`` per frame."""
        return self(natural_log_mel(log_mel_db))[:, 0, : log_mel_db.shape[-1] * self.config.hop_samples]
