"""The light tokenizer: a convolutional autoencoder around a normalised codebook.

A mel picture of 80 bands becomes rows of 16x16 cells, one code each: two strided patch convolutions (4x4 twice) down, pixel shuffles up.
Only convolutions, so any number of frames that is a multiple of 16 works.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.layers import Grain, Hint, ResidualBlock2d, RowEmbedding
from engine.models.quantizer import CosineQuantizer


@dataclass(frozen=True)
class ConvTokenizerConfig:
    """Sizes of the light tokenizer; ``fine`` works on 4x4 patches, ``coarse`` on 16x16 cells.

    With ``grain`` above 0 the decoder gets that many maps of noise at each of its three resolutions: it then draws what the codes leave
    open instead of averaging it to grey. With ``hint_dim`` it can be told what it draws: the embedding of a prompt, of so many dimensions,
    is added at its two coarser resolutions. 270 bits a second leave open whether a burst barks or is bowed.
    """

    bands: int = 80
    fine_channels: int = 64
    coarse_channels: int = 256
    full_channels: int = 16
    fine_blocks: int = 2
    coarse_blocks: int = 3
    code_count: int = 1024
    code_dim: int = 16
    grain: int = 0
    hint_dim: int = 0


class Decoder(nn.Sequential):
    """Layers of which some may be told what is drawn: codes (B, D, rows, cols) -> mel (B, 1, bands, 16 cols)."""

    def forward(self, codes: Tensor, condition: Tensor | None = None) -> Tensor:
        for layer in self:
            codes = layer(codes, condition) if isinstance(layer, Hint) else layer(codes)
        return codes


class ConvTokenizer(nn.Module):
    """Tokenizer role: 80 x 848 mel values in -1..1 <-> 5 x 53 codes."""

    def __init__(self, config: ConvTokenizerConfig = ConvTokenizerConfig()) -> None:
        super().__init__()
        self.config = config
        c = config
        self.encoder = nn.Sequential(
            nn.Conv2d(1, c.fine_channels, 8, stride=4, padding=2),
            RowEmbedding(c.fine_channels, c.bands // 4),
            *(ResidualBlock2d(c.fine_channels) for _ in range(c.fine_blocks)),
            nn.Conv2d(c.fine_channels, c.coarse_channels, 4, stride=4),
            RowEmbedding(c.coarse_channels, c.bands // 16),
            *(ResidualBlock2d(c.coarse_channels) for _ in range(c.coarse_blocks)),
            nn.GroupNorm(8, c.coarse_channels),
            nn.SiLU(),
            nn.Conv2d(c.coarse_channels, c.code_dim, 1),
        )
        self.quantizer = CosineQuantizer(c.code_count, c.code_dim)
        self.decoder = Decoder(
            nn.Conv2d(c.code_dim, c.coarse_channels, 3, padding=1),
            RowEmbedding(c.coarse_channels, c.bands // 16),
            *(Hint(c.coarse_channels, c.hint_dim) for _ in range(c.hint_dim > 0)),
            *(Grain(c.coarse_channels, c.grain) for _ in range(c.grain > 0)),
            *(ResidualBlock2d(c.coarse_channels) for _ in range(c.coarse_blocks)),
            nn.Conv2d(c.coarse_channels, 16 * c.fine_channels, 1),
            nn.PixelShuffle(4),
            RowEmbedding(c.fine_channels, c.bands // 4),
            *(Hint(c.fine_channels, c.hint_dim) for _ in range(c.hint_dim > 0)),
            *(Grain(c.fine_channels, c.grain) for _ in range(c.grain > 0)),
            *(ResidualBlock2d(c.fine_channels) for _ in range(c.fine_blocks)),
            nn.Conv2d(c.fine_channels, 16 * c.full_channels, 1),
            nn.PixelShuffle(4),
            *(Grain(c.full_channels, c.grain) for _ in range(c.grain > 0)),
            ResidualBlock2d(c.full_channels),
            nn.Conv2d(c.full_channels, 1, 3, padding=1),
        )

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """mel (B, 1, bands, frames) -> reconstruction, ids (B, rows, cols), commitment loss."""
        z = self.encoder(mel).permute(0, 2, 3, 1)
        shape = z.shape
        codes, ids, commitment = self.quantizer(z.reshape(-1, shape[-1]))
        codes = codes.reshape(shape).permute(0, 3, 1, 2).to(mel.dtype)
        return self.decoder(codes), ids.reshape(shape[:-1]), commitment

    def vectors(self, mel: Tensor) -> Tensor:
        """mel (B, 1, bands, frames) -> what is quantised (B, rows, cols, D); frames are padded with the last one to whole cells."""
        return self.encoder(whole_cells(mel)).permute(0, 2, 3, 1)

    def encode(self, mel: Tensor) -> Tensor:
        """mel (B, 1, bands, frames) -> ids (B, rows, cols); frames are padded as for ``vectors``."""
        return self.quantizer.nearest(self.vectors(mel))

    def decode(self, ids: Tensor, condition: Tensor | None = None) -> Tensor:
        """ids (B, rows, cols) -> mel (B, 1, bands, 16 cols); ``condition`` as in the role."""
        codes = self.quantizer.lookup(ids).permute(0, 3, 1, 2).contiguous()
        return self.decoder(codes, condition)


def whole_cells(mel: Tensor) -> Tensor:
    """The picture (B, 1, bands, frames), its last frame repeated up to a whole number of cells."""
    missing = -mel.shape[-1] % 16
    return F.pad(mel, (0, missing, 0, 0), mode="replicate") if missing else mel
