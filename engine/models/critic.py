"""The token critic: a small network that looks at a whole grid and says which cells look wrong (arXiv 2209.04439).

The generator judges a code by what it knew when it drew it; the critic judges it among everything that was drawn beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from engine.models.transformer import GeneratorConfig, MaskedTransformer


@dataclass(frozen=True)
class CriticConfig(GeneratorConfig):
    """Sizes of the critic, named like the generator's; to judge takes less than to draw."""

    blocks: int = 4
    width: int = 128
    heads: int = 4
    hidden: int = 512
    condition_dim: int = 256
    positions: Literal["learned", "rotary"] = "rotary"


class TokenCritic(MaskedTransformer):
    """Critic role: the body of the generator with one number for each cell instead of one for each code."""

    def __init__(self, config: CriticConfig = CriticConfig()) -> None:
        super().__init__(config)
        self.head = nn.Linear(config.width, 1)
        nn.init.trunc_normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def trust(self, ids: Tensor, condition: Tensor | None) -> Tensor:
        """Whole ids (B, rows, cols) and one condition (1, D) for all, or none -> log-odds (B, rows, cols) that each code is right."""
        return self.logits(ids, condition)[..., 0]
