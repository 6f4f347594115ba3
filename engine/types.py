"""The frozen values that cross every border of the program: numpy only, never changed in place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.geometry import Geometry

HIDDEN = -1

ErrorKind = Literal["prompt", "audio", "pack", "path", "value", "device", "numeric", "memory", "text"]
OrderName = Literal["confidence", "halton"]
DeviceName = Literal["auto", "cpu", "cuda", "mps"]


class EngineError(Exception):
    """An error that a user can cause: ``kind`` for programs, one plain sentence for people."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(frozen=True, eq=False)
class Clip:
    """Sound: ``samples`` float32 [channels, n] in -1..1 and its rate in Hz."""

    samples: NDArray[np.float32]
    sample_rate: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.samples.shape[-1] / self.sample_rate

    def mono(self) -> NDArray[np.float32]:
        """Mean of the channels, float32 [n]."""
        return self.samples.mean(axis=0, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """``log_mel`` float32 [bands, frames] in dB of amplitude; band 0 is the lowest."""

    log_mel: NDArray[np.float32]
    geometry: Geometry


@dataclass(frozen=True, eq=False)
class TokenGrid:
    """``ids`` int32 [rows, cols]; ``HIDDEN`` where no code is fixed; row 0 is the lowest."""

    ids: NDArray[np.int32]

    @property
    def hidden(self) -> NDArray[np.bool_]:
        """True where the cell is still to be drawn."""
        return self.ids == HIDDEN


@dataclass(frozen=True)
class SamplingSettings:
    """How a grid is drawn; the defaults are the paper's (SpecMaskGIT section 3.4).

    ``temperature`` scales the Gumbel noise on the order of cells, ``token_temperature`` the spread of the codes that are drawn (1: as the
    model says; below 1: the likelier ones more often); ``guidance`` is reached linearly from ``guidance_start``.
    """

    steps: int = 16
    guidance: float = 3.0
    temperature: float = 1.5
    order: OrderName = "confidence"
    schedule: str = "cosine"
    guidance_start: float = 0.0
    token_temperature: float = 1.0


@dataclass(frozen=True)
class GenerationRequest:
    """The whole truth about a run: can be stored, compared and replayed.

    ``reference`` is a path of a sound that joins the prompt with weight ``blend`` (0 text only, 1 sound only).
    """

    prompt: str
    negative: str = ""
    reference: str | None = None
    blend: float = 0.5
    duration_s: float = 10.0
    settings: SamplingSettings = field(default_factory=SamplingSettings)
    seed: int = 0
    count: int = 1
    pack_id: str = "embedded"


@dataclass(frozen=True, eq=False)
class Take:
    """A result and the request that made it."""

    request: GenerationRequest
    seed: int
    grid: TokenGrid
    spectrogram: Spectrogram
    clip: Clip


@dataclass(frozen=True, eq=False)
class StepUpdate:
    """One iteration is done: cells fixed so far, their confidence 0..1 and, if asked for, a mel to look at."""

    take_index: int
    step: int
    total: int
    grid: TokenGrid
    confidence: NDArray[np.float32]
    preview: Spectrogram | None


@dataclass(frozen=True)
class Timing:
    """Wall seconds of one named part of a run."""

    part: str
    seconds: float


@dataclass(frozen=True, eq=False)
class Finished:
    """A job is done; ``takes`` in order, ``timings`` part by part."""

    takes: tuple[Take, ...]
    timings: tuple[Timing, ...]


@dataclass(frozen=True)
class Failed:
    """A job could not be done: one sentence for people, the detail for a bug report."""

    kind: ErrorKind
    message: str
    detail: str = ""
