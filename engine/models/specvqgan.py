"""The paper's tokenizer: SpecVQGAN's convolutional autoencoder with attention (arXiv 2110.08791).

Parameter names and shapes are those of the public codebooks, so that their weights load without renaming.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class SpecVqganConfig:
    """Sizes; the defaults are the VGGSound codebook's (72,137,089 parameters)."""

    channels: int = 128
    multipliers: tuple[int, ...] = (1, 1, 2, 2, 4)
    residual_blocks: int = 2
    z_channels: int = 256
    code_count: int = 1024
    code_dim: int = 256
    resolution: int = 848
    attention_at: tuple[int, ...] = (53,)
    resampling_convs: bool = True

    @property
    def cell(self) -> int:
        """Bands and frames that one code stands for."""
        return 2 ** (len(self.multipliers) - 1)

    def attends(self, level: int, decoder: bool = False) -> bool:
        """Whether a level has attention: its width is one of ``attention_at``, where a decoder counts up from the narrowest one."""
        narrowest = self.resolution // self.cell
        width = narrowest * self.cell >> level if decoder else self.resolution >> level
        return width in self.attention_at


class ResnetBlock(nn.Module):
    """norm, swish, conv, norm, swish, conv, plus a shortcut: (B, in, H, W) -> (B, out, H, W)."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.norm1 = _norm(channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.norm2 = _norm(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1)
        if channels_in != channels_out:
            self.nin_shortcut = nn.Conv2d(channels_in, channels_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.conv2(F.silu(self.norm2(self.conv1(F.silu(self.norm1(x))))))
        return hidden + (self.nin_shortcut(x) if hasattr(self, "nin_shortcut") else x)


class AttnBlock(nn.Module):
    """Single-head attention over all positions of the picture."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = _norm(channels)
        self.q = nn.Conv2d(channels, channels, 1)
        self.k = nn.Conv2d(channels, channels, 1)
        self.v = nn.Conv2d(channels, channels, 1)
        self.proj_out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.norm(x)
        q, k, v = (layer(hidden).flatten(2).transpose(1, 2)[:, None] for layer in (self.q, self.k, self.v))
        mixed = F.scaled_dot_product_attention(q, k, v)[:, 0].transpose(1, 2).reshape(x.shape)
        return x + self.proj_out(mixed)


class _Level(nn.Module):
    """Residual blocks of one resolution, with attention after each where asked; forward is the caller's."""

    def __init__(self, channels_in: int, channels_out: int, blocks: int, attention: bool) -> None:
        super().__init__()
        self.block = nn.ModuleList(ResnetBlock(channels_in if i == 0 else channels_out, channels_out) for i in range(blocks))
        self.attn = nn.ModuleList(AttnBlock(channels_out) for _ in range(blocks if attention else 0))

    def forward(self, x: Tensor) -> Tensor:
        for index, block in enumerate(self.block):
            x = block(x)
            if len(self.attn):
                x = self.attn[index](x)
        return x


class _Resampler(nn.Module):
    """Half (stride 2) or twice the size (stride 1), with a convolution or without."""

    def __init__(self, channels: int, stride: int, conv: bool) -> None:
        super().__init__()
        self.stride = stride
        if conv:
            self.conv = nn.Conv2d(channels, channels, 3, stride=stride, padding=0 if stride == 2 else 1)

    def forward(self, x: Tensor) -> Tensor:
        conv = getattr(self, "conv", None)
        if self.stride == 2:
            return F.avg_pool2d(x, 2) if conv is None else conv(F.pad(x, (0, 1, 0, 1)))
        wide = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return wide if conv is None else conv(wide)


class _Middle(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block_1 = ResnetBlock(channels, channels)
        self.attn_1 = AttnBlock(channels)
        self.block_2 = ResnetBlock(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.block_2(self.attn_1(self.block_1(x)))


class Encoder(nn.Module):
    """(B, 1, bands, frames) -> (B, z_channels, bands / cell, frames / cell)."""

    def __init__(self, config: SpecVqganConfig) -> None:
        super().__init__()
        c = config
        widths = [c.channels * m for m in c.multipliers]
        last = len(widths) - 1
        self.conv_in = nn.Conv2d(1, c.channels, 3, padding=1)
        self.down = nn.ModuleList()
        for index, width in enumerate(widths):
            level = _Level(widths[index - 1] if index else c.channels, width, c.residual_blocks, c.attends(index))
            if index < last:
                level.downsample = _Resampler(width, 2, c.resampling_convs)
            self.down.append(level)
        self.mid = _Middle(widths[-1])
        self.norm_out = _norm(widths[-1])
        self.conv_out = nn.Conv2d(widths[-1], c.z_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        for level in self.down:
            x = level(x)
            if hasattr(level, "downsample"):
                x = level.downsample(x)
        return self.conv_out(F.silu(self.norm_out(self.mid(x))))


class Decoder(nn.Module):
    """(B, z_channels, rows, cols) -> (B, 1, cell rows, cell cols); no output activation."""

    def __init__(self, config: SpecVqganConfig) -> None:
        super().__init__()
        c = config
        widths = [c.channels * m for m in c.multipliers]
        last = len(widths) - 1
        self.conv_in = nn.Conv2d(c.z_channels, widths[-1], 3, padding=1)
        self.mid = _Middle(widths[-1])
        self.up = nn.ModuleList()
        for index, width in enumerate(widths):
            level = _Level(widths[min(index + 1, last)], width, c.residual_blocks + 1, c.attends(index, decoder=True))
            if index:
                level.upsample = _Resampler(width, 1, c.resampling_convs)
            self.up.append(level)
        self.norm_out = _norm(widths[0])
        self.conv_out = nn.Conv2d(widths[0], 1, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        x = self.mid(self.conv_in(z))
        for level in reversed(self.up):
            x = level(x)
            if hasattr(level, "upsample"):
                x = level.upsample(x)
        return self.conv_out(F.silu(self.norm_out(x)))


class VectorQuantizer(nn.Module):
    """Plain codebook: the nearest code by Euclidean distance."""

    def __init__(self, code_count: int, code_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(code_count, code_dim)
        nn.init.uniform_(self.embedding.weight, -1.0 / code_count, 1.0 / code_count)

    def nearest(self, z: Tensor) -> Tensor:
        """(..., D) -> ids (...)."""
        codes = self.embedding.weight
        distance = z.pow(2).sum(dim=-1, keepdim=True) + codes.pow(2).sum(dim=-1) - 2 * z @ codes.T
        return distance.argmin(dim=-1)


class SpecVqganTokenizer(nn.Module):
    """Tokenizer role with the public codebooks' layout; codes are ordered row by row, the lowest row first."""

    def __init__(self, config: SpecVqganConfig = SpecVqganConfig()) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.quantize = VectorQuantizer(config.code_count, config.code_dim)
        self.quant_conv = nn.Conv2d(config.z_channels, config.code_dim, 1)
        self.post_quant_conv = nn.Conv2d(config.code_dim, config.z_channels, 1)

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """mel (B, 1, bands, frames) -> reconstruction, ids (B, rows, cols), quantisation loss.

        The loss has the originals' order: weight 0.25 on the codebook term, 1 on the commitment.
        """
        z = self.quant_conv(self.encoder(mel)).permute(0, 2, 3, 1)
        ids = self.quantize.nearest(z)
        codes = self.quantize.embedding(ids)
        loss = (codes.detach() - z).pow(2).mean() + 0.25 * (codes - z.detach()).pow(2).mean()
        straight = z + (codes - z).detach()
        return self.decoder(self.post_quant_conv(straight.permute(0, 3, 1, 2).contiguous())), ids, loss

    def encode(self, mel: Tensor) -> Tensor:
        """mel (B, 1, bands, frames) -> ids (B, rows, cols); frames are padded with the last one to whole cells."""
        missing = -mel.shape[-1] % self.config.cell
        if missing:
            mel = F.pad(mel, (0, missing, 0, 0), mode="replicate")
        return self.quantize.nearest(self.quant_conv(self.encoder(mel)).permute(0, 2, 3, 1))

    def decode(self, ids: Tensor, condition: Tensor | None = None) -> Tensor:
        """ids (B, rows, cols) -> mel (B, 1, bands, cell cols); the published decoder cannot be told anything."""
        codes = self.quantize.embedding(ids).permute(0, 3, 1, 2).contiguous()
        return self.decoder(self.post_quant_conv(codes))


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(32, channels, eps=1e-6)
