"""Loss and small discriminator of mel pictures."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.layers import RowEmbedding


def reconstruction_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """L1 of the picture, of its 2x and 4x averages, and of its differences in time and frequency: keeps onsets and partials sharp."""
    loss = F.l1_loss(prediction, target)
    for factor in (2, 4):
        loss = loss + 0.5 * F.l1_loss(F.avg_pool2d(prediction, factor), F.avg_pool2d(target, factor))
    for axis in (-1, -2):
        loss = loss + 0.5 * F.l1_loss(torch.diff(prediction, dim=axis), torch.diff(target, dim=axis))
    return loss


class PatchDiscriminator(nn.Module):
    """Judges neighbourhoods of about 30 bands x 30 frames of a mel picture: (B, 1, bands, frames) -> (B, 1, H, W).

    Its second input channel is the picture without its local average, amplified: grain is small beside the shapes and would be overlooked.
    """

    def __init__(self, channels: int = 24, bands: int = 80) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(2, channels, 4, stride=2, padding=1),
            RowEmbedding(channels, bands // 2),
            nn.LeakyReLU(0.2),
            nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * channels, 4 * channels, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(4 * channels, 1, 3, padding=1),
        )

    def forward(self, mel: Tensor) -> Tensor:
        detail = 5.0 * (mel - F.avg_pool2d(mel, 5, stride=1, padding=2, count_include_pad=False))
        return self.layers(torch.cat([mel, detail], dim=1))
