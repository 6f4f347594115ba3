"""A second codebook for the light tokenizer, and the small generator that fills it: detail that one code per cell cannot hold.

The second codes have an encoder of their own, which learns to say what a decoder that knows the first ones still lacks. (What the first
encoder leaves over says nothing: its vectors were drawn to their codes while it learned.) Which second code fits where is a matter of the
neighbourhood and of the prompt, so their generator looks at few columns to either side, as MAGNeT does for all codebooks but the first
(arXiv 2401.04577 section 3.3). It knows places only relative to each other: grids of any length are filled at once, in time and memory
that grow with the length alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.layers import Hint
from engine.models.quantizer import CosineQuantizer
from engine.models.tokenizer import ConvTokenizer, ConvTokenizerConfig, whole_cells
from engine.types import HIDDEN


@dataclass(frozen=True)
class DetailConfig(ConvTokenizerConfig):
    """Sizes of encoder and decoder, named like the tokenizer's, of the second codebook, and of the generator that fills it.

    The generator's attention reaches ``reach_cols`` columns to either side in each of its blocks; second codes are drawn in ``steps``
    iterations with ``token_temperature``.
    """

    detail_codes: int = 512
    width: int = 192
    blocks: int = 4
    heads: int = 6
    hidden: int = 768
    reach_cols: int = 2
    steps: int = 4
    token_temperature: float = 0.5

    def __post_init__(self) -> None:
        if not (isinstance(self.steps, int) and 1 <= self.steps <= 64 and 0 <= self.token_temperature <= 10):
            raise ValueError("steps must lie between 1 and 64 and token_temperature between 0 and 10")

    @property
    def rows(self) -> int:
        """Rows of the grid."""
        return self.bands // 16


class LocalAttention(nn.Module):
    """Self-attention of every cell with all rows of the columns at most ``reach_cols`` away: (B, cols, rows, D) -> (B, cols, rows, D)."""

    def __init__(self, config: DetailConfig) -> None:
        super().__init__()
        if config.width % config.heads:
            raise ValueError(f"{config.heads} heads do not divide the width {config.width}")
        self.heads, self.reach = config.heads, config.reach_cols
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.out = nn.Linear(config.width, config.width)
        self.nearness = nn.Parameter(torch.zeros(config.heads, config.rows, (2 * config.reach_cols + 1) * config.rows))

    def forward(self, x: Tensor) -> Tensor:
        batch, cols, rows, width = x.shape
        query, key, value = self.qkv(x).chunk(3, dim=-1)
        query = query.view(batch, cols, rows, self.heads, -1).transpose(2, 3)
        inside = self._around(x.new_ones(1, cols, rows, self.heads))[..., 0] > 0
        bias = self.nearness.to(x.dtype).masked_fill(~inside[0, :, :, None], -torch.inf)
        mixed = F.scaled_dot_product_attention(query, self._around(key), self._around(value), attn_mask=bias)
        return self.out(mixed.transpose(2, 3).reshape(batch, cols, rows, width))

    def _around(self, x: Tensor) -> Tensor:
        """What each column sees: (B, cols, rows, D) -> (B, cols, heads, seen cells, D / heads), zeros beyond the ends."""
        windows = F.pad(x, (0, 0, 0, 0, self.reach, self.reach)).unfold(1, 2 * self.reach + 1, 1)
        seen = windows.permute(0, 1, 4, 2, 3).flatten(2, 3)
        return seen.unflatten(-1, (self.heads, -1)).transpose(2, 3)


class LocalBlock(nn.Module):
    """Pre-norm transformer block with local attention: (B, cols, rows, D) -> (B, cols, rows, D)."""

    def __init__(self, config: DetailConfig) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(config.width)
        self.attention = LocalAttention(config)
        self.norm2 = nn.LayerNorm(config.width)
        self.widen = nn.Linear(config.width, config.hidden)
        self.narrow = nn.Linear(config.hidden, config.width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.narrow(F.gelu(self.widen(self.norm2(x)), approximate="tanh"))


class DetailGenerator(nn.Module):
    """First codes, and second codes with -1 where hidden, both (B, rows, cols), to logits of the second codes (B, rows, cols, codes).

    With ``hint_dim`` it listens to the prompt as the decoder does.
    """

    def __init__(self, config: DetailConfig) -> None:
        super().__init__()
        self.first = nn.Embedding(config.code_count, config.width)
        self.second = nn.Embedding(config.detail_codes, config.width)
        self.mask_token = nn.Parameter(0.02 * torch.randn(config.width))
        self.row_position = nn.Parameter(0.02 * torch.randn(config.rows, config.width))
        self.hint = Hint(config.width, config.hint_dim) if config.hint_dim else None
        self.blocks = nn.ModuleList(LocalBlock(config) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, config.detail_codes)
        for table in (self.first, self.second):
            nn.init.trunc_normal_(table.weight, std=0.02)

    def forward(self, first: Tensor, second: Tensor, condition: Tensor | None = None) -> Tensor:
        filled = torch.where((second == HIDDEN)[..., None], self.mask_token, self.second(second.clamp_min(0)))
        x = self.first(first) + filled
        if self.hint is not None:
            x = self.hint(x.permute(0, 3, 1, 2), condition).permute(0, 2, 3, 1)
        x = x.transpose(1, 2) + self.row_position
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)).transpose(1, 2)


class ConvDetail(nn.Module):
    """Detail role: second codes of a picture, what they look like with the first ones, and which of them are likely where."""

    def __init__(self, config: DetailConfig = DetailConfig()) -> None:
        super().__init__()
        self.config = config
        self.encoder = ConvTokenizer(config).encoder
        self.quantizer = CosineQuantizer(config.detail_codes, config.code_dim)
        self.decoder = ConvTokenizer(replace(config, code_dim=2 * config.code_dim)).decoder
        self.generator = DetailGenerator(config)

    def forward(self, mel: Tensor, codes: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Training: picture (B, 1, bands, 16 cols) and commitment loss of a picture and its first codes (B, rows, cols, D)."""
        z = self.encoder(mel).permute(0, 2, 3, 1)
        second, _, commitment = self.quantizer(z.reshape(-1, z.shape[-1]))
        return self._picture(codes, second.reshape(z.shape), condition), commitment

    def encode(self, mel: Tensor) -> Tensor:
        """Second ids (B, rows, cols) of a picture (B, 1, bands, frames); frames are padded as for the first ones."""
        return self.quantizer.nearest(self.encoder(whole_cells(mel)).permute(0, 2, 3, 1))

    def decode(self, tokenizer: ConvTokenizer, first: Tensor, second: Tensor, condition: Tensor | None = None) -> Tensor:
        """First and second ids (B, rows, cols) -> mel (B, 1, bands, 16 cols)."""
        return self._picture(tokenizer.quantizer.lookup(first), self.quantizer.lookup(second), condition)

    def logits(self, first: Tensor, second: Tensor, condition: Tensor | None = None) -> Tensor:
        """First ids and second ids with -1 where hidden, both (B, rows, cols) -> (B, rows, cols, codes)."""
        return self.generator(first, second, condition).float()

    def _picture(self, codes: Tensor, second: Tensor, condition: Tensor | None) -> Tensor:
        return self.decoder(torch.cat([codes, second], dim=-1).permute(0, 3, 1, 2).contiguous(), condition)
