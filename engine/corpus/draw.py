"""From a seed to a scene: classes, order, place, distance, colour and level are drawn here, and nothing is rendered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar, get_args

import numpy as np

from engine.corpus.companions import companions
from engine.corpus.held_out import held_out_distance, held_out_order, held_out_record, held_out_space, stream
from engine.corpus.recipe import CLIP_SAMPLES, SAMPLE_RATE, Count, Recipe, Record
from engine.corpus.registry import recipes
from engine.corpus.scene import Layer, Level, Motion, Scene, Scheme, Trend

CLIP_S = CLIP_SAMPLES / SAMPLE_RATE

_Option = TypeVar("_Option")

# Shares of section 1.7 of the recipe book among the scenes with more than one sound.
COMPOSITE_SHARES: dict[Scheme, float] = {"over": 20, "then": 10, "while": 8, "three_over": 2, "three_in_a_row": 2}
SPACE_SHARES: dict[str, float] = {
    "dry": 45, "booth": 2.5, "car": 2.5, "small_room": 10, "bathroom": 5, "large_room": 6, "hall": 8, "church": 4, "cave": 3.5,
    "tunnel": 2.5, "outdoors_near": 5, "outdoors_far": 6,
}  # fmt: skip
COLOURS = (
    "telephone", "radio", "walkie_talkie", "behind_wall", "under_water", "old_record", "megaphone", "lofi", "overdriven", "tape",
)  # fmt: skip
COLOUR_SHARE = 0.12
FLOOR_SHARE = 0.2
LEVEL_SHARES: dict[Level, float] = {"quiet": 12, "normal": 73, "loud": 15}
TREND_SHARES: dict[Trend | None, float] = {None: 70, "fade_in": 10, "starts": 5, "fade_out": 8, "stops": 7}
MOTION_SHARE = 0.2

_WAVE_WEIGHTS = {1: 3.0, 2: 1.5, 3: 1.0}
_LARGEST_FAMILY, _SMALLEST_FAMILY = 0.09, 0.015
_LIKELY_SHARE = 0.6
# Things that drive, fly or walk past while they sound (numbers of the recipe book).
_MOVING = frozenset((37, 39, 62, 87, 154, 157, 158, 161, 162, 164, 165, 166, 167, 168, 169, 171, 203, 206))
# Test signals and silence stand alone.
_SOLITARY = frozenset((263, 264, 265, 280))
# Loudness of the background against the foreground in dB, with its share: "over loud rain", "while it rains", "faint rain behind".
_BACKGROUNDS = ((0.0, 2.0, 25.0), (-9.0, -5.0, 45.0), (-20.0, -13.0, 30.0))
_DISTANCES: dict[str, Sequence[float]] = {
    "booth": (30, 70, 0, 0, 0),
    "car": (30, 70, 0, 0, 0),
    "small_room": (15, 60, 25, 0, 0),
    "bathroom": (15, 60, 25, 0, 0),
    "outdoors_near": (20, 50, 30, 0, 0),
    "outdoors_far": (0, 0, 20, 45, 35),
}
_ANY_DISTANCE = (12, 53, 15, 13, 7)


@dataclass(frozen=True)
class _Cast:
    """One sound on its way into a scene: class, samples to render, where it begins (s), level against the main sound (dB)."""

    recipe: Recipe
    salt: str
    start_s: float
    end_s: float
    level_db: float = 0.0


def draw_scene(seed: int, class_id: str | None = None, scheme: Scheme | None = None, single_share: float = 0.70,
               seen_only: bool = True) -> Scene:  # fmt: skip
    """Scene of a seed; class of the main sound and scheme may be given.

    ``single_share`` is the share of scenes with one sound, the other schemes keep their relative shares. ``seen_only`` leaves out the
    combinations that are held out of training. Raises KeyError for an unknown class.
    """
    main = recipes()[class_id] if class_id else _one_of(stream(seed, "draw/class"), list(recipes().values()))
    if scheme is None:
        scheme = "one" if main.number in _SOLITARY else _draw_scheme(seed, single_share)
    others = _draw_others(seed, main, scheme, seen_only)
    if others is None:
        scheme, others = "one", []
    trend = _draw_trend(seed, main, scheme)
    cast = _arrange(seed, scheme, [main, *others], trend)
    layers = tuple(_layer(seed, part, seen_only) for part in cast)
    motion = _draw_motion(seed, main, scheme, trend)
    space = _draw_space(seed, layers, motion, seen_only)
    distance = 1 if motion else _draw_distance(seed, layers, space, seen_only)
    return Scene(
        seed=seed,
        scheme=scheme,
        layers=layers,
        space=space,
        distance=distance,
        motion=motion,
        trend=trend,
        colour=_draw_colour(seed, distance),
        level=_draw_level(seed, distance),
        floor=bool(stream(seed, "draw/floor").random() < FLOOR_SHARE),
    )


def _pick(rng: np.random.Generator, shares: Mapping[_Option, float]) -> _Option:
    options = list(shares)
    weights = np.asarray([shares[option] for option in options], float)
    return options[int(rng.choice(len(options), p=weights / weights.sum()))]


@cache
def class_weights() -> dict[str, float]:
    """Share of each class: early waves weigh more, then no family stands above 9 % or below 1.5 % once there are a dozen of them."""
    table = recipes()
    weights = {name: _WAVE_WEIGHTS[recipe.wave] for name, recipe in table.items()}
    families = {recipe.family for recipe in table.values()}
    for _ in range(20 if len(families) >= 12 else 1):
        total = sum(weights.values())
        weights = {name: weight / total for name, weight in weights.items()}
        shares = {family: sum(weights[name] for name, r in table.items() if r.family == family) for family in families}
        bounded = {family: min(max(share, _SMALLEST_FAMILY), _LARGEST_FAMILY) / share for family, share in shares.items()}
        if len(families) >= 12:
            weights = {name: weight * bounded[table[name].family] for name, weight in weights.items()}
    return weights


def _one_of(rng: np.random.Generator, candidates: Sequence[Recipe]) -> Recipe:
    return recipes()[_pick(rng, {recipe.id: class_weights()[recipe.id] for recipe in candidates})]


def _draw_scheme(seed: int, single_share: float) -> Scheme:
    total = sum(COMPOSITE_SHARES.values())
    composites = {scheme: (1 - single_share) * share / total for scheme, share in COMPOSITE_SHARES.items()}
    return _pick(stream(seed, "draw/scheme"), {"one": single_share, **composites})


def _draw_others(seed: int, main: Recipe, scheme: Scheme, seen_only: bool) -> list[Recipe] | None:
    """Further classes of a scheme in the order of its layers; None where no class is left that may join."""
    second, third = stream(seed, "draw/second"), stream(seed, "draw/third")
    match scheme:
        case "one":
            return []
        case "over":
            other = _companion(third, main, [main], lambda r: r.texture)
            return [other] if other else None
        case "then":
            other = _companion(second, main, [main], lambda r: not (seen_only and held_out_order((main.id, r.id))))
            return [other] if other else None
        case "while":
            other = _companion(
                second, main, [main],
                lambda r: (r.family, r.texture) != (main.family, main.texture) and not (seen_only and held_out_order((main.id, r.id))),
            )  # fmt: skip
            return [other] if other else None
        case _:
            other = _companion(second, main, [main], lambda r: not (seen_only and held_out_order((main.id, r.id))))
            if other is None:
                return None
            in_a_row = scheme == "three_in_a_row"
            last = _companion(
                third, main, [main, other],
                (lambda r: not (seen_only and held_out_order((other.id, r.id)))) if in_a_row else (lambda r: r.texture),
            )  # fmt: skip
            return [other, last] if last else None


def _companion(rng: np.random.Generator, main: Recipe, taken: list[Recipe], fits: Callable[[Recipe], bool]) -> Recipe | None:
    """A further class: six times in ten one that is heard in the same place as the main one."""
    names = {recipe.id for recipe in taken}
    candidates = [r for r in recipes().values() if r.id not in names and r.number not in _SOLITARY and fits(r)]
    likely = [r for r in candidates if r.number in companions(main.number)]
    if likely and rng.random() < _LIKELY_SHARE:
        return _one_of(rng, likely)
    return _one_of(rng, candidates) if candidates else None


def _arrange(seed: int, scheme: Scheme, classes: list[Recipe], trend: Trend | None) -> list[_Cast]:
    """Times and levels of the sounds of a scheme."""
    rng, end = stream(seed, "draw/times"), CLIP_S
    match scheme:
        case "one":
            start, end = (rng.uniform(1.2, 4.5) if trend == "starts" else 0.0), (rng.uniform(4.0, 8.0) if trend == "stops" else CLIP_S)
            return [_Cast(classes[0], "", start, end)]
        case "over":
            return [_Cast(classes[0], "", 0.0, CLIP_S), _Cast(classes[1], "c", 0.0, CLIP_S, _background_db(rng))]
        case "while":
            first = _Cast(classes[0], "", 0.0, CLIP_S)
            return [first, _Cast(classes[1], "b", rng.uniform(0, 1.5), CLIP_S, rng.uniform(-3, 3))]
        case "three_over":
            row = _in_a_row(rng, classes[:2], (2.0, 4.6), (-0.2, 1.5))
            return [*row, _Cast(classes[2], "c", 0.0, CLIP_S, _background_db(rng))]
        case "then":
            return _in_a_row(rng, classes, (2.0, 4.6), (-0.2, 1.5))
        case _:
            return _in_a_row(rng, classes, (2.0, 2.9), (-0.1, 0.4))


def _background_db(rng: np.random.Generator) -> float:
    low, high, _ = _BACKGROUNDS[int(rng.choice(len(_BACKGROUNDS), p=np.array([share for *_, share in _BACKGROUNDS]) / 100))]
    return float(rng.uniform(low, high))


def _in_a_row(rng: np.random.Generator, classes: Sequence[Recipe], length_s: tuple[float, float],
              gap_s: tuple[float, float]) -> list[_Cast]:  # fmt: skip
    """Sounds one after the other, about equally loud; none shorter than two seconds, for which every recipe is tested."""
    cast, start = [], float(rng.uniform(0, 0.2))
    for recipe, salt in zip(classes, ("", "b", "c"), strict=False):
        end = min(start + rng.uniform(*length_s), CLIP_S)
        cast.append(_Cast(recipe, salt, start, end, rng.uniform(-3, 3) if cast else 0.0))
        start = end + rng.uniform(*gap_s)
    return cast


def _layer(seed: int, part: _Cast, seen_only: bool) -> Layer:
    start, end = round(part.start_s * SAMPLE_RATE), round(part.end_s * SAMPLE_RATE)
    return Layer(
        record=_record(seed, part, end - start, seen_only),
        start_s=start / SAMPLE_RATE,
        end_s=end / SAMPLE_RATE,
        snr_db=float(part.level_db),
    )


def _record(seed: int, part: _Cast, samples: int, seen_only: bool) -> Record:
    """The sound's own record: its salt names the role in the scene, so further layers never change it."""
    for attempt in range(8):
        salt = part.salt + "+" * attempt
        record = part.recipe.draw(seed, samples, salt)
        if samples < CLIP_SAMPLES:
            record = part.recipe.draw(seed, samples, salt, **_fewer(part.recipe, record))
        if not (seen_only and held_out_record(part.recipe, record)):
            break
    return record


def _fewer(recipe: Recipe, record: Record) -> dict[str, int]:
    """Counts that fit into a part of a clip: what a caption counts must be heard to the end."""
    room = 1 + int((record.seconds - 0.7) / 0.9)
    counts = [a for a in recipe.attributes if isinstance(a, Count) and int(record[a.name]) > max(room, a.low)]
    return {a.name: a.low + int(record[a.name]) % (max(room, a.low) - a.low + 1) for a in counts}


def _draw_trend(seed: int, main: Recipe, scheme: Scheme) -> Trend | None:
    return _pick(stream(seed, "draw/trend"), TREND_SHARES) if scheme == "one" and main.texture else None


def _draw_motion(seed: int, main: Recipe, scheme: Scheme, trend: Trend | None) -> Motion | None:
    rng = stream(seed, "draw/motion")
    if main.number not in _MOVING or scheme not in ("one", "over") or trend or rng.random() >= MOTION_SHARE:
        return None
    return get_args(Motion)[int(rng.integers(3))]


def _draw_space(seed: int, layers: Sequence[Layer], motion: Motion | None, seen_only: bool) -> str:
    if motion:
        return "outdoors_near"
    table = recipes()
    return _pick(
        stream(seed, "draw/space"),
        {
            space: share
            for space, share in SPACE_SHARES.items()
            if not (seen_only and any(held_out_space(table[x.record.class_id], x.record, space) for x in layers))
        },
    )


def _draw_distance(seed: int, layers: Sequence[Layer], space: str, seen_only: bool) -> int:
    """Step 0 (very close) to 4 (very far); a dry sound has none, and rooms are only so large."""
    if space == "dry":
        return 1
    table = recipes()
    shares = {
        distance: share
        for distance, share in enumerate(_DISTANCES.get(space, _ANY_DISTANCE))
        if share and not (seen_only and any(held_out_distance(table[x.record.class_id], x.record, distance) for x in layers))
    }
    return _pick(stream(seed, "draw/distance"), shares) if shares else 1


def _draw_colour(seed: int, distance: int) -> str | None:
    rng = stream(seed, "draw/colour")
    # A far sound has lost what a narrow line would leave of it.
    if rng.random() >= COLOUR_SHARE or distance > 2:
        return None
    return COLOURS[int(rng.integers(len(COLOURS)))]


def _draw_level(seed: int, distance: int) -> Level:
    """Far sounds are quieter already: they carry no word of the level axis."""
    return _pick(stream(seed, "draw/level"), LEVEL_SHARES) if distance <= 2 else "normal"
