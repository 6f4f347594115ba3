"""The frozen values that cross every border of the program: numpy only, never changed in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.geometry import Geometry

HIDDEN = -1
MAX_STEPS = 256
"""Iterations in which a grid may be drawn at most."""
MAX_CANDIDATES = 16
"""Results of which the one that suits the prompt best may be chosen at most."""
MAX_DURATION_S = 600.0
"""Seconds that a sound may last at most."""

ErrorKind = Literal["prompt", "audio", "pack", "path", "value", "device", "numeric", "memory", "text", "project"]
OrderName = Literal["confidence", "span", "halton", "critic"]
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
    model says; below 1: the likelier ones more often); ``guidance`` is reached linearly from ``guidance_start``; of several
    ``candidates`` the one that suits the prompt best is kept; after every iteration the share ``remask`` of the cells that were drawn
    may be hidden again (0: what is fixed stays). ``grounding`` is the share of the nearest sounds that the pack was taught in what the
    model is told of a prompt (0: the words alone).
    """

    steps: int = 16
    guidance: float = 3.0
    temperature: float = 1.5
    order: OrderName = "confidence"
    schedule: str = "cosine"
    guidance_start: float = 0.0
    token_temperature: float = 1.0
    candidates: int = 1
    remask: float = 0.0
    grounding: float = 0.0

    def with_given(self, options: Mapping[str, Any]) -> SamplingSettings:
        """The settings with those of ``options`` that are named like a setting and are not None."""
        return replace(self, **{f.name: options[f.name] for f in fields(self) if options.get(f.name) is not None})

    def without_critic(self) -> SamplingSettings:
        """The settings for a pack without a critic: an order that needs one becomes that by confidence."""
        return replace(self, order="confidence") if self.order == "critic" else self


@dataclass(frozen=True)
class GenerationRequest:
    """The whole truth about a run: can be stored, compared and replayed.

    ``reference`` is a path of a sound that joins the prompt with weight ``blend`` (0 text only, 1 sound only). ``pack_hash`` tells versions
    of the pack ``pack_id`` apart; it is empty where nobody noted it.
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
    pack_hash: str = ""


@dataclass(frozen=True, eq=False)
class StepHistory:
    """What every iteration left behind, all [steps, rows, cols]: ``guess`` int32 (whole), ``fixed`` bool, ``confidence`` float32 0..1."""

    guess: NDArray[np.int32]
    fixed: NDArray[np.bool_]
    confidence: NDArray[np.float32]

    @property
    def steps(self) -> int:
        """Number of iterations."""
        return len(self.guess)

    def grid_after(self, step: int) -> TokenGrid:
        """Cells fixed after iteration ``step`` (1-based), the others hidden."""
        return TokenGrid(np.where(self.fixed[step - 1], self.guess[step - 1], HIDDEN).astype(np.int32))


@dataclass(frozen=True, eq=False)
class Take:
    """A result and the request that made it; imported sounds have no ``history``.

    ``prompt_match`` is the prompt encoder's cosine between the prompt and the result, for ranking variations; ``loudness_lufs`` the
    integrated loudness, for comparing takes at the same level.
    """

    request: GenerationRequest
    seed: int
    grid: TokenGrid
    spectrogram: Spectrogram
    clip: Clip
    history: StepHistory | None = None
    prompt_match: float | None = None
    loudness_lufs: float | None = None


@dataclass(frozen=True, eq=False)
class StepUpdate:
    """One iteration is done: cells fixed so far, their confidence 0..1, the whole guess and, if asked for, its mel to look at."""

    take_index: int
    step: int
    total: int
    grid: TokenGrid
    confidence: NDArray[np.float32]
    preview: Spectrogram | None
    guess: TokenGrid


@dataclass(frozen=True, eq=False)
class TakeReady:
    """One of several takes is done; the others go on."""

    take_index: int
    take: Take


@dataclass(frozen=True)
class Region:
    """A span of time in seconds and of frequency in Hz; what is selected or painted as a rectangle."""

    start_s: float
    end_s: float
    low_hz: float = 0.0
    high_hz: float = float("inf")

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    @property
    def whole_band(self) -> bool:
        """True if no frequency is excluded."""
        return self.low_hz <= 0.0 and self.high_hz == float("inf")


@dataclass(frozen=True)
class Timing:
    """Wall seconds of one named part of a run."""

    part: str
    seconds: float


@dataclass(frozen=True)
class Loading:
    """A pack is being read: what comes now, and how much is done."""

    what: str
    done: int
    total: int


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
