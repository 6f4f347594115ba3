"""The light prompt encoder: words and sounds in one space, learned contrastively (CLAP's idea at small size).

Words are sums of hashed character n-grams, so that a word never seen, or mistyped, still has a vector near its relatives.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.layers import ResidualBlock2d, RowEmbedding

_WORD = re.compile(r"[a-z]+|[0-9]+")


@dataclass(frozen=True)
class PromptConfig:
    """Sizes of both towers."""

    dim: int = 256
    buckets: int = 32768
    word_dim: int = 128
    text_width: int = 256
    text_blocks: int = 2
    text_heads: int = 4
    max_words: int = 48
    audio_channels: tuple[int, int, int] = (32, 64, 160)
    bands: int = 80


def words_of(prompt: str) -> list[str]:
    """Lower-case words and numbers of a prompt; camel case (RAINMetl) and separators split, everything else is dropped."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z]{3})(?=[A-Z][a-z])", " ", prompt)
    return _WORD.findall(spaced.lower())


@lru_cache(maxsize=65536)
def hashed_pieces(word: str, buckets: int) -> tuple[int, ...]:
    """Buckets of a word: the word itself twice (two hash functions) and its character 3-, 4- and 5-grams."""
    marked = f"<{word}>"
    pieces = [marked + "#1", marked + "#2"]
    pieces += [marked[i : i + n] for n in (3, 4, 5) for i in range(len(marked) - n + 1)]
    return tuple(crc32(piece.encode()) % buckets for piece in pieces)


class TextTower(nn.Module):
    """Prompts -> (B, dim), not yet normalised."""

    def __init__(self, config: PromptConfig) -> None:
        super().__init__()
        self.config = config
        self.pieces = nn.EmbeddingBag(config.buckets, config.word_dim, mode="mean")
        nn.init.normal_(self.pieces.weight, std=0.3)
        self.widen = nn.Linear(config.word_dim, config.text_width)
        self.position = nn.Parameter(0.02 * torch.randn(config.max_words + 1, config.text_width))
        self.pool_token = nn.Parameter(0.02 * torch.randn(config.text_width))
        layer = nn.TransformerEncoderLayer(
            config.text_width, config.text_heads, 2 * config.text_width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(layer, config.text_blocks, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(config.text_width)
        self.out = nn.Linear(2 * config.text_width, config.dim)

    def forward(self, prompts: Sequence[str]) -> Tensor:
        words, empty = self._words(prompts)
        x = torch.cat([self.pool_token.expand(len(prompts), 1, -1), self.widen(words)], dim=1)
        x = x + self.position[: x.shape[1]]
        padding = torch.cat([torch.zeros(len(prompts), 1, dtype=torch.bool, device=empty.device), empty], dim=1)
        x = self.norm(self.blocks(x, src_key_padding_mask=padding))
        kept = (~padding).to(x.dtype)[..., None]
        mean = (x * kept).sum(dim=1) / kept.sum(dim=1)
        return self.out(torch.cat([x[:, 0], mean], dim=-1))

    def _words(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Word vectors (B, W, word_dim) and where there is none, bool (B, W)."""
        device = self.pieces.weight.device
        split = [words_of(prompt)[: self.config.max_words] for prompt in prompts]
        width = max(1, max(len(words) for words in split))
        flat = [hashed_pieces(word, self.config.buckets) for words in split for word in words]
        vectors = torch.zeros(len(split), width, self.config.word_dim, device=device)
        empty = torch.ones(len(split), width, dtype=torch.bool, device=device)
        if not flat:
            return vectors, empty
        offsets = torch.tensor([0, *(len(pieces) for pieces in flat[:-1])], device=device).cumsum(0)
        bag = self.pieces(torch.tensor([piece for pieces in flat for piece in pieces], device=device), offsets)
        rows = torch.tensor([i for i, words in enumerate(split) for _ in words], device=device)
        cols = torch.tensor([j for words in split for j in range(len(words))], device=device)
        vectors = vectors.to(bag.dtype).index_put((rows, cols), bag)
        return vectors, empty.index_put((rows, cols), torch.tensor(False, device=device))


class AudioTower(nn.Module):
    """Mel pictures (B, 1, bands, frames) in -1..1 -> (B, dim), not yet normalised; any number of frames."""

    def __init__(self, config: PromptConfig) -> None:
        super().__init__()
        a, b, c = config.audio_channels
        self.body = nn.Sequential(
            nn.Conv2d(3, a, 4, stride=4),
            RowEmbedding(a, config.bands // 4),
            ResidualBlock2d(a),
            nn.Conv2d(a, b, 2, stride=2),
            ResidualBlock2d(b),
            nn.Conv2d(b, c, 2, stride=2),
            RowEmbedding(c, config.bands // 16),
            ResidualBlock2d(c),
            nn.GroupNorm(8, c),
            nn.SiLU(),
        )
        rows = config.bands // 16
        self.out = nn.Sequential(nn.Linear(2 * c * rows, 512), nn.GELU(), nn.Linear(512, config.dim))

    def forward(self, mel: Tensor) -> Tensor:
        missing = max(-mel.shape[-1] % 64, 0)
        x = self.body(self.grouped(F.pad(mel, (0, missing), value=-1.0))).flatten(1, 2)
        return self.out(torch.cat([x.mean(dim=-1), x.amax(dim=-1)], dim=-1))

    @staticmethod
    def grouped(mel: Tensor) -> Tensor:
        """(B, 1, bands, 4 n) -> (B, 3, bands, n): of four frames (46 ms) mean, peak and spread keep what a cell of sound is like."""
        grouped = mel.unflatten(-1, (-1, 4))
        # A spread of 0 has no slope that could be learned from.
        spread = (grouped.var(dim=-1) + 1e-10).sqrt()
        return torch.cat([grouped.mean(dim=-1), grouped.amax(dim=-1), spread], dim=1)


class ContrastivePromptEncoder(nn.Module):
    """PromptEncoder role: a text tower and an audio tower into one space of unit vectors."""

    def __init__(self, config: PromptConfig = PromptConfig()) -> None:
        super().__init__()
        self.config = config
        self.text = TextTower(config)
        self.audio = AudioTower(config)
        self.log_scale = nn.Parameter(torch.tensor(2.66))

    def embed_text(self, prompts: Sequence[str]) -> Tensor:
        """Prompts -> unit vectors (B, dim)."""
        return F.normalize(self.text(prompts).float(), dim=-1)

    def embed_mel(self, mel: Tensor) -> Tensor:
        """Mel pictures in -1..1 -> unit vectors (B, dim)."""
        return F.normalize(self.audio(mel).float(), dim=-1)

    def forward(self, prompts: Sequence[str], mel: Tensor) -> tuple[Tensor, Tensor]:
        """Both embeddings of a batch of pairs."""
        return self.embed_text(prompts), self.embed_mel(mel)
