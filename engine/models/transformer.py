"""The masked generator: a bidirectional Vision Transformer that guesses hidden codes from known ones and a prompt.

The prompt embedding is one more token in front of the sequence, and every hidden cell is filled with the same projection of it (the
conditional mask of SpecMaskGIT section 3.3); without a prompt both become the learned mask token.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.types import HIDDEN


@dataclass(frozen=True)
class GeneratorConfig:
    """Sizes of the generator; the defaults are the paper's (about 170 M parameters with ``condition_dim`` 512).

    ``positions`` "learned" adds one vector per row and per column; "rotary" also turns half of every attention head by the column, so that
    a model that saw short crops knows distances on long grids.
    """

    blocks: int = 24
    width: int = 768
    heads: int = 8
    hidden: int = 3072
    rows: int = 5
    cols: int = 53
    code_count: int = 1024
    condition_dim: int = 512
    positions: Literal["learned", "rotary"] = "learned"
    dropout: float = 0.0


EMBEDDED_SMALL = GeneratorConfig(blocks=8, width=256, heads=4, hidden=1024, condition_dim=256, positions="rotary")
EMBEDDED_LARGE = GeneratorConfig(blocks=12, width=384, heads=6, hidden=1536, condition_dim=256, positions="rotary")
PAPER = GeneratorConfig()


class Attention(nn.Module):
    """Multi-head self-attention; ``turn`` holds the cosines and sines of rotary columns or is None."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        if config.width % config.heads:
            raise ValueError(f"{config.heads} heads do not divide the width {config.width}")
        self.heads = config.heads
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.out = nn.Linear(config.width, config.width)

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor] | None) -> Tensor:
        batch, length, width = x.shape
        q, k, v = self.qkv(x).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        if turn is not None:
            q, k = _turned(q, turn), _turned(k, turn)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    """Pre-norm transformer block: (B, L, D) -> (B, L, D)."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(config.width)
        self.attention = Attention(config)
        self.norm2 = nn.LayerNorm(config.width)
        self.widen = nn.Linear(config.width, config.hidden)
        self.narrow = nn.Linear(config.hidden, config.width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor] | None) -> Tensor:
        x = x + self.dropout(self.attention(self.norm1(x), turn))
        return x + self.dropout(self.narrow(F.gelu(self.widen(self.norm2(x)), approximate="tanh")))


class MaskedTransformer(nn.Module):
    """Generator role: ids (B, rows, cols) with -1 where hidden, and a prompt embedding, to logits over the codes."""

    def __init__(self, config: GeneratorConfig = PAPER) -> None:
        super().__init__()
        self.config = config
        c = config
        self.codes = nn.Embedding(c.code_count, c.width)
        self.mask_token = nn.Parameter(0.02 * torch.randn(c.width))
        self.condition = nn.Linear(c.condition_dim, c.width)
        self.prompt_position = nn.Parameter(0.02 * torch.randn(c.width))
        self.row_position = nn.Parameter(0.02 * torch.randn(c.rows, 1, c.width))
        self.col_position = nn.Parameter(0.02 * torch.randn(1, c.cols, c.width))
        self.blocks = nn.ModuleList(Block(c) for _ in range(c.blocks))
        self.norm = nn.LayerNorm(c.width)
        self.head = nn.Linear(c.width, c.code_count)
        self.apply(_initialise)

    def forward(
        self,
        ids: Tensor,
        condition: Tensor,
        has_condition: Tensor,
        first_col: Tensor | int = 0,
        wanted: Tensor | None = None,
        conditional_mask: bool = True,
    ) -> Tensor:
        """Logits of all cells (B, rows, cols, codes), or of the ``wanted`` ones only (N, codes).

        ids (B, rows, cols); condition (B, condition_dim); has_condition bool (B,); first_col: column of the whole grid at which each crop
        begins, (B,) or one number; wanted: bool (B, rows, cols).
        """
        hidden = self.features(ids, condition, has_condition, first_col, conditional_mask)
        if wanted is not None:
            hidden = hidden[wanted]
        return self.head(hidden)

    def features(
        self, ids: Tensor, condition: Tensor, has_condition: Tensor, first_col: Tensor | int = 0, conditional_mask: bool = True
    ) -> Tensor:
        """Last hidden state of the cells, (B, rows, cols, width); without ``conditional_mask`` hidden cells hold the mask token."""
        batch, rows, cols = ids.shape
        prompt = torch.where(has_condition[:, None], self.condition(condition), self.mask_token.to(condition.dtype))
        known = self.codes(ids.clamp_min(0))
        filling = prompt[:, None, None, :] if conditional_mask else self.mask_token
        x = torch.where((ids == HIDDEN)[..., None], filling.to(known.dtype), known)
        x = x + self.row_position + self._columns(first_col, cols, batch, ids.device)
        x = torch.cat([(prompt + self.prompt_position)[:, None].to(x.dtype), x.reshape(batch, rows * cols, -1)], dim=1)
        turn = self._turn(rows, cols, x) if self.config.positions == "rotary" else None
        for block in self.blocks:
            x = block(x, turn)
        return self.norm(x[:, 1:]).view(batch, rows, cols, -1)

    def logits(self, ids: Tensor, condition: Tensor | None, conditional_mask: bool = True) -> Tensor:
        """Logits (B, rows, cols, codes) with one condition for all or none; for ``conditional_mask`` see ``features``."""
        batch = ids.shape[0]
        has_condition = torch.full((batch,), condition is not None, device=ids.device)
        if condition is None:
            condition = torch.zeros(batch, self.config.condition_dim, device=ids.device, dtype=self.mask_token.dtype)
        return self(ids, condition.to(self.mask_token.dtype), has_condition, conditional_mask=conditional_mask).float()

    def _columns(self, first_col: Tensor | int, cols: int, batch: int, device: torch.device) -> Tensor:
        start = torch.as_tensor(first_col, device=device).expand(batch)
        index = (start[:, None] + torch.arange(cols, device=device)).clamp(0, self.config.cols - 1)
        return self.col_position[0][index][:, None]

    def _turn(self, rows: int, cols: int, x: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines (1 + rows * cols, quarter of a head) of the columns; the prompt is not turned."""
        quarter = self.config.width // self.config.heads // 4
        speed = 1.0 / (64.0 ** (torch.arange(quarter, device=x.device) / quarter))
        col = torch.arange(cols, device=x.device).repeat(rows)
        angle = torch.cat([torch.zeros(1, quarter, device=x.device), col[:, None] * speed[None]])
        return angle.cos().to(x.dtype), angle.sin().to(x.dtype)


def _turned(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Rotates the first half of each head (B, heads, L, D); the second half compares content alone."""
    cos, sin = (part.to(x.dtype) for part in turn)
    quarter = cos.shape[-1]
    a, b, rest = x[..., :quarter], x[..., quarter : 2 * quarter], x[..., 2 * quarter :]
    return torch.cat([a * cos - b * sin, a * sin + b * cos, rest], dim=-1)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.trunc_normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
