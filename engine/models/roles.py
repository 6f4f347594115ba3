"""The parts of a pack, as seen by the pipeline: any network that fits a role can be packed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class Tokenizer(Protocol):
    """Mel picture <-> grid of codes."""

    def encode(self, mel: Tensor) -> Tensor:
        """(B, 1, bands, frames) in -1..1 -> ids (B, rows, cols)."""

    def decode(self, ids: Tensor, condition: Tensor | None = None) -> Tensor:
        """ids (B, rows, cols) -> (B, 1, bands, frames) in about -1..1.

        ``condition``, unit vectors (B or 1, D), or one for each cell (B or 1, D, rows, cols), says what is drawn; a decoder may ignore it.
        """


@runtime_checkable
class Generator(Protocol):
    """Guesses hidden codes from known ones and a condition."""

    def logits(self, ids: Tensor, condition: Tensor | None) -> Tensor:
        """ids (B, rows, cols) with -1 where hidden, condition (B, D) or None -> (B, rows, cols, codes)."""


@runtime_checkable
class Vocoder(Protocol):
    """Mel picture -> waveform."""

    def synthesise(self, log_mel_db: Tensor) -> Tensor:
        """dB of amplitude (B, bands, frames) -> samples (B, frames * hop)."""


@runtime_checkable
class PromptEncoder(Protocol):
    """Words or a sound -> one unit vector of a common space."""

    def embed_text(self, prompts: Sequence[str]) -> Tensor:
        """Prompts -> (B, D), each of length one."""

    def embed_mel(self, mel: Tensor) -> Tensor:
        """(B, 1, bands, frames) in -1..1 -> (B, D), each of length one."""


@runtime_checkable
class Detail(Protocol):
    """A second code for each cell: what a picture has besides the first one, a tokenizer's. A pack may do without."""

    def encode(self, mel: Tensor) -> Tensor:
        """(B, 1, bands, frames) in -1..1 -> second ids (B, rows, cols)."""

    def logits(self, first: Tensor, second: Tensor, condition: Tensor | None = None) -> Tensor:
        """First ids and second ids with -1 where hidden, both (B, rows, cols) -> (B, rows, cols, second codes).

        ``condition`` as for a tokenizer.
        """

    def decode(self, tokenizer: Tokenizer, first: Tensor, second: Tensor, condition: Tensor | None = None) -> Tensor:
        """First and second ids (B, rows, cols) -> (B, 1, bands, frames) in about -1..1; ``condition`` as for a tokenizer."""


@runtime_checkable
class Critic(Protocol):
    """Judges whole grids cell by cell. A pack may do without."""

    def trust(self, ids: Tensor, condition: Tensor | None) -> Tensor:
        """ids (B, rows, cols), condition (1, D) or None -> log-odds (B, rows, cols) that each code is right."""
