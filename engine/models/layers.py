"""Small pieces that several networks share."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ResidualBlock2d(nn.Module):
    """x + conv(silu(norm(conv(silu(norm(x)))))): (B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, channels: int, groups: int = 8) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm2 = nn.GroupNorm(groups, channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(hidden)))


class RowEmbedding(nn.Module):
    """Adds a learned vector per frequency row: a pattern means something else high up than low down. (B, C, rows, W)."""

    def __init__(self, channels: int, rows: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(0.02 * torch.randn(channels, rows, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight


class Hint(nn.Module):
    """Adds what a prompt says of the sound: (B, C, H, W) and its unit vector (B, D) or vectors (B, D, rows, cols) -> (B, C, H, W).

    It begins with zeros, so that a decoder stays what it is until it has learned to listen. Without a prompt nothing is added.
    """

    def __init__(self, channels: int, dim: int) -> None:
        super().__init__()
        self.say = nn.Conv2d(dim, channels, 1, bias=False)
        nn.init.zeros_(self.say.weight)

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        if condition is None:
            return x
        places = condition[..., None, None] if condition.ndim == 2 else condition
        # The components of a unit vector are small; as large as other activations they are learned from sooner.
        said = self.say(places * places.shape[1] ** 0.5)
        return x + (said if condition.ndim == 2 else F.interpolate(said, x.shape[-2:], mode="nearest")).to(x.dtype)


class Grain(nn.Module):
    """Adds learned mixtures of Gaussian noise maps: (B, C, H, W) -> (B, C, H, W).

    The noise is drawn anew while training. Otherwise it depends on the place alone, so that the same codes always give the same picture and
    the beginning of a picture does not depend on its length.
    """

    SEED = 1

    def __init__(self, channels: int, maps: int) -> None:
        super().__init__()
        self.maps = maps
        self.mix = nn.Conv2d(maps, channels, 1, bias=False)
        # Little at first: the weights hardly shrink while the layers that follow learn to do without.
        nn.init.normal_(self.mix.weight, std=0.05)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        if self.training:
            noise = torch.randn(x.shape[0], self.maps, height, width, device=x.device)
        else:
            # Whole sixteens: the library draws the last sixteen numbers of any other count in another way.
            columns = width + -width % 16
            noise = torch.randn(columns, self.maps, height, generator=torch.Generator().manual_seed(self.SEED))
            noise = noise[:width].permute(1, 2, 0)[None].to(x.device)
        return x + self.mix(noise.to(x.dtype))
