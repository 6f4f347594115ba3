"""HiFi-GAN's generator (Kong, Kim, Bae 2020, arXiv 2010.05646) as a vocoder; parameters are named as in the public checkpoints."""

from __future__ import annotations

import math
from dataclasses import dataclass
from math import prod

import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.public.settings_file import Settings

_SLOPE = 0.1
_LAST_SLOPE = 0.01
_LOG_PER_DB = math.log(10) / 20
_LOG_FLOOR = math.log(1e-5)


@dataclass(frozen=True)
class HifiGanConfig:
    """The mel picture that the network was trained on, and its sizes; the defaults are version 1's."""

    sample_rate: int = 22050
    hop_samples: int = 256
    window_samples: int = 1024
    bands: int = 80
    f_min_hz: float = 0.0
    f_max_hz: float = 8000.0
    channels: int = 512
    rates: tuple[int, ...] = (8, 8, 2, 2)
    kernels: tuple[int, ...] = (16, 16, 4, 4)
    block_type: str = "1"
    block_kernels: tuple[int, ...] = (3, 7, 11)
    block_dilations: tuple[tuple[int, ...], ...] = ((1, 3, 5), (1, 3, 5), (1, 3, 5))

    def __post_init__(self) -> None:
        object.__setattr__(self, "block_dilations", tuple(tuple(group) for group in self.block_dilations))
        check_upsampling(self)


def check_upsampling(config: HifiGanConfig) -> None:
    """Raises ValueError for sizes that do not make exactly one hop of samples from each frame."""
    c = config
    if c.block_type not in ("1", "2"):
        raise ValueError(f"there is no residual block of type {c.block_type!r}")
    if len(c.rates) != len(c.kernels) or len(c.block_kernels) != len(c.block_dilations) or not c.rates or not c.block_kernels:
        raise ValueError("its lists of rates, kernels and dilations do not fit each other")
    if any(k < u for u, k in zip(c.rates, c.kernels, strict=True)) or any(k % 2 == 0 for k in c.block_kernels):
        raise ValueError("its kernels do not fit its rates")
    if prod(c.rates) != c.hop_samples:
        raise ValueError(f"its rates make {prod(c.rates)} samples of a frame, not {c.hop_samples}")
    if not c.channels >> len(c.rates):
        raise ValueError(f"{c.channels} channels cannot be halved {len(c.rates)} times")


def upsampling_settings(settings: Settings) -> dict[str, object]:
    """What HiFi-GAN's, BigVGAN's and BigVSAN's ``config.json`` have in common, under our names. Raises EngineError("pack")."""
    s = settings
    if s.whole("n_fft") != s.whole("win_size"):
        raise s.refusal("has a window of another length than its transform, which is not supported")
    rate = s.whole("sampling_rate")
    block_type = s.one_of("resblock", "1", "2")
    rates, block_kernels = s.wholes("upsample_rates"), s.wholes("resblock_kernel_sizes")
    # The originals pair these lists with longer ones, and read three or two dilations of a longer group.
    groups = s.lists("resblock_dilation_sizes")[: len(block_kernels)]
    return {
        "sample_rate": rate,
        "hop_samples": s.whole("hop_size"),
        "window_samples": s.whole("win_size"),
        "bands": s.whole("num_mels"),
        "f_min_hz": s.number("fmin"),
        "f_max_hz": rate / 2 if s.values.get("fmax", 0) is None else s.number("fmax"),
        "channels": s.whole("upsample_initial_channel"),
        "rates": rates,
        "kernels": s.wholes("upsample_kernel_sizes")[: len(rates)],
        "block_type": block_type,
        "block_kernels": block_kernels,
        "block_dilations": tuple(group[: 3 if block_type == "1" else 2] for group in groups),
    }


def hifigan_config(settings: Settings) -> HifiGanConfig:
    """Config of a public ``config.json``. Raises EngineError("pack") or ValueError."""
    return HifiGanConfig(**upsampling_settings(settings))


def natural_log_mel(log_mel_db: Tensor, floor: float = _LOG_FLOOR) -> Tensor:
    """dB of amplitude -> natural logarithm of amplitude, which these vocoders were trained on; never below ``floor``."""
    return (log_mel_db * _LOG_PER_DB).clamp_min(floor)


def same_conv(channels: int, kernel: int, dilation: int) -> nn.Conv1d:
    """A convolution that keeps the length."""
    return nn.Conv1d(channels, channels, kernel, dilation=dilation, padding=(kernel - 1) * dilation // 2)


class ResBlock1(nn.Module):
    """Pairs of a dilated and a plain convolution, each pair with a shortcut: (B, C, L) -> (B, C, L)."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(same_conv(channels, kernel, dilation) for dilation in dilations)
        self.convs2 = nn.ModuleList(same_conv(channels, kernel, 1) for _ in dilations)

    def forward(self, x: Tensor) -> Tensor:
        for dilated, plain in zip(self.convs1, self.convs2, strict=True):
            x = x + plain(F.leaky_relu(dilated(F.leaky_relu(x, _SLOPE)), _SLOPE))
        return x


class ResBlock2(nn.Module):
    """Dilated convolutions, each with a shortcut: (B, C, L) -> (B, C, L)."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs = nn.ModuleList(same_conv(channels, kernel, dilation) for dilation in dilations)

    def forward(self, x: Tensor) -> Tensor:
        for dilated in self.convs:
            x = x + dilated(F.leaky_relu(x, _SLOPE))
        return x


class HifiGan(nn.Module):
    """Vocoder role: transposed convolutions, each followed by the mean of residual blocks with several kernels."""

    def __init__(self, config: HifiGanConfig = HifiGanConfig()) -> None:
        super().__init__()
        self.config = c = config
        self.conv_pre = nn.Conv1d(c.bands, c.channels, 7, padding=3)
        widths = [c.channels >> index for index in range(len(c.rates) + 1)]
        self.ups = nn.ModuleList(
            nn.ConvTranspose1d(widths[i], widths[i + 1], k, u, padding=(k - u) // 2)
            for i, (u, k) in enumerate(zip(c.rates, c.kernels, strict=True))
        )
        block = ResBlock1 if c.block_type == "1" else ResBlock2
        sizes = list(zip(c.block_kernels, c.block_dilations, strict=True))
        self.resblocks = nn.ModuleList(block(width, kernel, dilations) for width in widths[1:] for kernel, dilations in sizes)
        self.conv_post = nn.Conv1d(widths[-1], 1, 7, padding=3)

    def forward(self, log_mel: Tensor) -> Tensor:
        """Natural-log mel (B, bands, frames) -> samples (B, 1, frames * hop)."""
        x = self.conv_pre(log_mel)
        for index, up in enumerate(self.ups):
            x = self.mean_of_blocks(up(F.leaky_relu(x, _SLOPE)), index)
        return self.conv_post(F.leaky_relu(x, _LAST_SLOPE)).tanh()

    def mean_of_blocks(self, x: Tensor, stage: int) -> Tensor:
        """The residual blocks of one stage, side by side: (B, C, L) -> (B, C, L)."""
        count = len(self.config.block_kernels)
        return sum(block(x) for block in self.resblocks[stage * count : (stage + 1) * count]) / count

    def synthesise(self, log_mel_db: Tensor) -> Tensor:
        """Samples in -1..1, exactly ``hop_samples`` per frame."""
        return self(natural_log_mel(log_mel_db))[:, 0, : log_mel_db.shape[-1] * self.config.hop_samples]
