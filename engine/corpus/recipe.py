"""What a sound class is: attributes with priors and words, a render function, and its own tests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 22050
CLIP_SAMPLES = 848 * 256
STREAMS = ("attributes", "timing", "timbre", "voice", "space", "colour", "level", "caption", "mix")

Audio = NDArray[np.float32]


@dataclass(frozen=True)
class Range:
    """A continuous attribute with a U-shaped prior over ``low..high``.

    ``axis`` names the vocabulary axis whose words may be said of it (None: never said); ``reverse`` says that the axis's high words
    belong to low values. ``moves`` and ``sign`` are the contract: which measure follows the value, and in which direction.
    """

    name: str
    low: float
    high: float
    unit: str = ""
    log: bool = False
    axis: str | None = None
    reverse: bool = False
    moves: str | None = None
    sign: int = 1

    def value(self, quantile: float) -> float:
        """Value at a quantile 0..1."""
        if self.log:
            return float(self.low * (self.high / self.low) ** quantile)
        return float(self.low + (self.high - self.low) * quantile)


@dataclass(frozen=True)
class Kind:
    """A discrete attribute: option -> words; the words of the drawn option may be said.

    ``slot`` tells the caption grammar where they stand: "adjective" (a *wooden* door), "noun" (replaces the class noun) or "after"
    (footsteps *on gravel*).
    """

    name: str
    options: Mapping[str, tuple[str, ...]]
    slot: str = "adjective"
    weights: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Count:
    """How many events: an integer, said exactly up to five ("twice", "three times")."""

    name: str
    low: int
    high: int
    spoken: bool = True


Attribute = Range | Kind | Count


@dataclass(frozen=True)
class Record:
    """Everything that was drawn for one sound before rendering: the truth behind captions and tests."""

    class_id: str
    seed: int
    samples: int
    values: Mapping[str, float | str | int]
    quantiles: Mapping[str, float]
    salt: str = ""

    def __getitem__(self, name: str) -> float | str | int:
        return self.values[name]

    def q(self, name: str) -> float:
        """Quantile 0..1 of a continuous attribute inside its class."""
        return self.quantiles[name]

    @property
    def seconds(self) -> float:
        """Length to be rendered."""
        return self.samples / SAMPLE_RATE

    def stream(self, name: str) -> np.random.Generator:
        """Fresh generator of one named stream; the same name gives the same numbers again."""
        if name not in STREAMS:
            raise KeyError(name)
        text = f"{self.class_id}/{self.seed}/{self.salt}/{name}"
        return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little"))


@dataclass(frozen=True)
class Follows:
    """Own test: ``measure`` equals ``factor`` x the attribute, within a relative tolerance, in four of five clips."""

    measure: str
    attribute: str
    within: float
    factor: float = 1.0
    given: Mapping[str, float | str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Between:
    """Own test: the median of ``measure`` over seeds lies in ``low..high``."""

    measure: str
    low: float
    high: float
    given: Mapping[str, float | str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Ascending:
    """Own test: the median of ``measure`` ascends strictly along the options of a Kind."""

    measure: str
    attribute: str
    options: tuple[str, ...]


OwnTest = Follows | Between | Ascending


@dataclass(frozen=True)
class Recipe:
    """One sound class: what people call it, what can be said of it, how it is made, how it is tested.

    ``nouns`` are noun phrases without article ("dog bark", "barking dog"); ``clauses`` are sentences in which ``{a}`` stands for article
    plus adjectives, ``{adj}`` for adjectives alone and ``{adv}`` for an optional adverb; ``tags`` are further words that users type.
    ``texture`` sounds fill the time evenly, the others are events. ``sub_bass`` relaxes the band tests for kicks and the like.
    """

    id: str
    number: int
    wave: int
    code: str
    nouns: tuple[str, ...]
    clauses: tuple[str, ...]
    render: Callable[[Record], Audio]
    attributes: tuple[Attribute, ...] = ()
    tags: tuple[str, ...] = ()
    onomatopoeia: tuple[str, ...] = ()
    tests: tuple[OwnTest, ...] = ()
    texture: bool = False
    sub_bass: bool = False
    plural: bool = False
    version: int = 1
    family: str = ""

    def attribute(self, name: str) -> Attribute:
        """The attribute of that name."""
        return next(a for a in self.attributes if a.name == name)

    def draw(self, seed: int, samples: int = CLIP_SAMPLES, salt: str = "", **fixed: float | str | int) -> Record:
        """Record for a seed; ``fixed`` overrides values (or, for a Range, ``name_q`` its quantile)."""
        empty = Record(self.id, seed, samples, {}, {}, salt)
        rng = empty.stream("attributes")
        values: dict[str, float | str | int] = {}
        quantiles: dict[str, float] = {}
        for attribute in self.attributes:
            match attribute:
                case Range():
                    quantile = fixed.get(f"{attribute.name}_q", _u_shaped(rng))
                    quantiles[attribute.name] = float(quantile)
                    values[attribute.name] = attribute.value(float(quantile))
                case Kind():
                    names = list(attribute.options)
                    weights = np.asarray(attribute.weights or np.ones(len(names)), float)
                    values[attribute.name] = names[int(rng.choice(len(names), p=weights / weights.sum()))]
                case Count():
                    values[attribute.name] = int(rng.integers(attribute.low, attribute.high + 1))
            if attribute.name in fixed:
                values[attribute.name] = fixed[attribute.name]
        return replace(empty, values=values, quantiles=quantiles)

    def sound(self, record: Record) -> Audio:
        """Rendered samples, float32 [record.samples], DC-free, with 5 ms fades at both ends."""
        samples = np.asarray(self.render(record), dtype=np.float32)
        if samples.shape != (record.samples,):
            raise ValueError(f"{self.id}: rendered {samples.shape}, asked for {record.samples}")
        samples = samples - samples.mean(dtype=np.float64).astype(np.float32)
        ramp = np.linspace(0, 1, min(110, record.samples // 2), dtype=np.float32)
        samples[: ramp.size] *= ramp
        samples[-ramp.size :] *= ramp[::-1]
        return samples


def _u_shaped(rng: np.random.Generator) -> float:
    """Quantile with 40 % of the mass in each outer third, so that the *words* are balanced."""
    third = rng.choice(3, p=(0.4, 0.2, 0.4))
    return float((third + rng.random()) / 3)
