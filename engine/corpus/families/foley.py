"""Footsteps and small sounds made by hands and bodies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dsp import (
    bandpass,
    bubbles,
    capped_sizes,
    count,
    decay,
    fade,
    grain_noise,
    highpass,
    hump,
    jittered,
    log_uniform,
    lowpass,
    modes,
    place,
    poisson,
    resonator,
    resonators,
    slow,
    train,
    unit,
    varying_resonator,
    white,
)
from engine.corpus.recipe import Ascending, Audio, Between, Count, Follows, Kind, Range, Recipe, Record

_HARD_FLOORS = {
    "wood": ((110, 190, 330, 620), 0.115),
    "concrete": ((300, 900, 1700, 2900), 0.05),
    "metal": ((230, 610, 1130, 1870, 2900), 0.45),
}
_SHOES = {"plain": (0.5, 4000), "heels": (1.1, 6000), "boots": (0.5, 2500)}


def _ground(r: Record, floor: str, rng: np.random.Generator) -> Audio:
    """What the floor itself sounds like under one foot."""
    body = float(r.stream("timbre").uniform(0.8, 1.25))
    if floor in _HARD_FLOORS:
        hz, t60 = _HARD_FLOORS[floor]
        detuned = np.asarray(hz) * body * rng.uniform(0.97, 1.03, len(hz))
        click_gain, click_hz = _SHOES[str(r["shoe"])]
        amplitudes = np.arange(1, len(hz) + 1) ** (-0.7 if floor == "metal" else 0.0)
        out = modes(detuned, t60 * rng.uniform(0.8, 1.2, len(hz)), amplitudes, count(1.1 * t60), rng)
        n = count(0.012)
        out[:n] += 1.6 * click_gain * lowpass(highpass(white(rng, n), 800), click_hz * body) * decay(0.0005, 0.002, n)
        return out
    seconds = {"gravel": 0.16, "leaves": 0.22, "snow": 0.25, "mud": 0.22, "carpet": 0.08}[floor] * rng.uniform(0.9, 1.1)
    n = count(seconds)
    if floor == "carpet":
        return 0.5 * lowpass(white(rng, n), 420 * body) * decay(0.008, 0.02, n)
    if floor == "leaves":
        grains = white(rng, n) * (rng.random(n) < 0.12)
        return 1.2 * bandpass(grains, 1900 * body, 6500, 4) * hump(n, 0.35) + 0.25 * bandpass(white(rng, n), 2500, 6500) * hump(n, 0.3)
    if floor == "mud":
        sweep = 320 * body + 1100 * np.linspace(0, 1, n) ** 1.5
        suck = varying_resonator(white(rng, n), sweep, 4.0) * (hump(n, 0.2) + 0.6 * hump(n, 0.6))
        return 1.6 * suck + 0.7 * bubbles(rng, n, rng.uniform(0.03, 0.8, 14) * seconds, (2, 7), 0.2)
    share, low, high, q = (0.012, 1700, 3600, 1.5) if floor == "gravel" else (0.05, 550, 1000, 2.8)
    stones = white(rng, n) * (rng.random(n) < share)
    force = hump(n, 0.2) + 0.6 * hump(n, 0.75)
    return 2.5 * resonators(stones * force, list(rng.uniform(low, high, 4) * body), q)


def _footfall(r: Record, rng: np.random.Generator) -> Audio:
    """Heel, then toe; a runner lands on the whole foot."""
    floor, running = str(r["floor"]), r["gait"] == "running"
    heel = _ground(r, floor, rng)
    out = np.zeros(heel.size + count(0.3), np.float32)
    out[: heel.size] = heel
    soft = floor in ("leaves", "snow", "gravel", "mud")
    thud_n = count(0.12)
    weight = {"plain": 0.5, "heels": 0.2, "boots": 0.9}[str(r["shoe"])] * (1.5 if running else 1.0)
    weight *= 0.4 if soft or floor == "concrete" else 0.8
    out[:thud_n] += weight * np.sin(2 * np.pi * 92 * np.arange(thud_n) / 22050) * decay(0.004, 0.02, thud_n)
    if not soft and not running:
        toe = count(rng.uniform(0.08, 0.11))
        # The sole rolls onto the floor: softer and duller than the heel, so that a step stays one event.
        out[toe : toe + heel.size] += 0.14 * lowpass(heel * np.minimum(1, np.arange(heel.size) / 700), 1500)
    return unit(fade(highpass(out, 45), 0.0))


def _footsteps(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    quantile = r.q("pace")
    rate = 1.8 + 1.7 * quantile if r["gait"] == "running" else 0.95 + 1.65 * quantile
    times = jittered(timing, 1 / rate, 0.03, r.seconds, float(timing.uniform(0.05, 0.25)))
    steps = [_footfall(r, voice) for _ in range(4)]
    gains = timing.uniform(0.8, 1, times.size) * np.where(np.arange(times.size) % 2, 0.9, 1.0)
    return place(r.samples, times, steps, gains)


FOOTSTEPS = Recipe(
    id="footsteps",
    number=87,
    wave=1,
    code="FEETHmn",
    nouns=("footsteps", "foot steps", "steps", "footfalls", "person's footsteps", "walking feet"),
    clauses=(
        "someone walks {adv}",
        "{adj} footsteps can be heard",
        "{adj} footsteps go by",
        "a person is walking {adv}",
        "someone takes {adj} steps",
    ),
    tags=(
        "walking", "someone walking", "person walking", "footstep", "foley steps", "walk cycle", "stepping", "strolling", "pacing",
        "stairs", "shoes on floor", "marching person",
    ),
    onomatopoeia=("tap tap tap", "step step"),
    render=_footsteps,
    plural=True,
    attributes=(
        Range("pace", 0, 1, axis="rate", moves="onsets_per_s", sign=1),
        Kind("gait", {"walking": (), "running": ("running", "jogging")}, weights=(3, 1)),
        Kind(
            "floor",
            {
                "wood": ("on wood", "on a wooden floor", "on floorboards", "on parquet"),
                "concrete": ("on concrete", "on pavement", "on asphalt", "on stone", "on tiles"),
                "metal": ("on metal", "on a metal grate", "on metal stairs", "on a steel walkway"),
                "gravel": ("on gravel", "on a gravel path", "on pebbles"),
                "leaves": ("in dry leaves", "in grass", "through leaves", "on grass"),
                "snow": ("in snow", "on snow", "through deep snow"),
                "mud": ("in mud", "through mud", "on wet ground"),
                "carpet": ("on carpet", "on a rug", "on a soft carpet"),
            },
            slot="after",
        ),
        Kind(
            "shoe",
            {
                "plain": (),
                "heels": ("high heels", "high heel footsteps", "stiletto steps"),
                "boots": ("boots", "heavy boots", "boot steps"),
            },
            "noun",
            (3, 1, 1),
        ),
    ),
    tests=(
        Ascending("centroid_hz", "floor", ("wood", "metal", "snow", "concrete", "gravel", "leaves")),
        Ascending("onsets_per_s", "gait", ("walking", "running")),
    ),
)  # fmt: skip


def _crackles(rng: np.random.Generator, times: NDArray, samples: int, brightness: float) -> Audio:
    """Creases of paper that snap: short ticks of 1-4 ms, small ones many, large ones few."""
    kernels = []
    for _ in range(8):
        n = count(0.012)
        tick = white(rng, n) * decay(0.0002, rng.uniform(0.0006, 0.002), n)
        kernels.append(unit(resonator(tick, float(log_uniform(rng, 1900, 4200)) * brightness, 1.5)))
    return train(samples, times, kernels, capped_sizes(rng, times.size, 2.0, 6.0), rng)


def _page_turn(rng: np.random.Generator, brightness: float) -> Audio:
    n = count(rng.uniform(0.38, 0.65))
    u = np.linspace(0, 1, n)
    swish = varying_resonator(white(rng, n), (1300 + 2600 * np.sin(np.pi * u**0.8)) * brightness, 0.8) * (hump(n, 0.6) + 0.15)
    flap_at = count(0.8 * n / 22050)
    flap = grain_noise(rng, 0.09, 0.018, 350 * brightness, 3500 * brightness, 0.003)
    out = np.concatenate([0.8 * unit(swish * np.minimum(1, (1 - u) / 0.1)), np.zeros(flap.size, np.float32)])
    out[flap_at : flap_at + flap.size] += 0.6 * flap
    out += 0.45 * _crackles(rng, rng.uniform(0.02, 0.95, 45) * n / 22050, out.size, brightness)
    return unit(out)


def _paper(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    brightness = float(r["brightness"])
    if r["action"] == "page":
        turns = [_page_turn(timbre, brightness) for _ in range(3)]
        times = jittered(timing, timing.uniform(0.9, 2.2), 0.15, r.seconds, timing.uniform(0.05, 0.3))
        return place(r.samples, times, turns, timing.uniform(0.7, 1, times.size))
    crumple = r["action"] == "crumple"
    force = np.clip(slow(timing, r.samples, 3.5 if crumple else 2.2) + (0.7 if crumple else 0.6), 0.05, None) ** (2 if crumple else 1.5)
    force[: count(0.5)] = np.maximum(force[: count(0.5)], 0.8)
    times = poisson(timing, timing.uniform(170, 320) if crumple else timing.uniform(60, 130), r.seconds, force)
    rub = highpass(white(timbre, r.samples), 1500 * brightness) * lowpass(force, 12) * (0.01 if crumple else 0.04)
    return lowpass(_crackles(timbre, times, r.samples, brightness) + rub, 8500)


PAPER = Recipe(
    id="paper",
    number=89,
    wave=2,
    code="PAPRHndl",
    nouns=("paper rustling", "rustling paper", "sheet of paper", "paper handling", "paper"),
    clauses=("someone handles {a} sheet of paper", "{adj} paper rustles {adv}", "{a} piece of paper is handled"),
    tags=(
        "newspaper", "book pages", "paper sound", "wrapping paper", "paper sheets", "documents", "reading a newspaper", "shuffling papers",
        "letter unfolding",
    ),
    onomatopoeia=("rustle", "crinkle crinkle"),
    render=_paper,
    plural=True,
    attributes=(
        Range("brightness", 0.6, 1.55, log=True, axis="brightness", moves="centroid_hz", sign=1),
        Kind(
            "action",
            {
                "rustle": (),
                "crumple": ("crumpling paper", "paper being crumpled", "paper crumple", "crinkling paper", "scrunching paper"),
                "page": ("page turn", "turning pages", "flipping pages", "pages being turned", "page flips"),
            },
            slot="noun",
        ),
    ),
    tests=(Between("high_share", 0.5, 1), Between("active_share", 0.3, 1)),
)  # fmt: skip


def _key(rng: np.random.Generator, hardness: float, body: float, low: float) -> Audio:
    """A key goes down with a clack and comes back with a smaller click."""
    n = count(0.09)
    hz = np.array([420, 950, 1800, 3300, 5200]) * body * low * rng.uniform(0.93, 1.07, 5)
    tilt = np.array([1, 0.8, 0.7, 0.6, 0.5]) ** (3 - 3 * hardness)
    down = modes(hz, 6.9 / rng.uniform(110, 420, 5), tilt * rng.uniform(0.5, 1, 5), n, rng)
    click = highpass(white(rng, n), 1500) * decay(0.0003, 0.002, n) * (0.05 + 1.3 * hardness**1.5)
    down = down + lowpass(click, 3000 + 4500 * hardness)
    out = np.zeros(n + count(0.12), np.float32)
    out[:n] = down
    back = count(rng.uniform(0.06, 0.1))
    out[back : back + n] += 0.22 * down
    return unit(out)


def _typing(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    body, hardness = float(timbre.uniform(0.8, 1.2)), r.q("hardness")
    n = int(r.seconds * float(r["rate"]) * 2) + 8
    steps = timing.gamma(5.0, 0.2, n) / float(r["rate"])
    if r["device"] == "mouse":
        # A click is press and release; the pairs are double clicks.
        steps = np.where(timing.random(n) < 0.4, 0.16, 1.4 * steps)
        keys = [_key(timbre, 0.35 + 0.65 * hardness, 1.9 * body, 1.0) for _ in range(2)]
    else:
        steps = steps + (timing.random(n) < 0.05) * timing.uniform(0.3, 0.8, n)
        keys = [_key(timbre, hardness, body, 0.65 if k == 0 else 1.0) for k in range(12)]
    times = timing.uniform(0.05, 0.25) + np.cumsum(steps) - steps[0]
    times = times[times < r.seconds]
    return place(r.samples, times, keys, timing.uniform(0.6, 1, times.size), timing.integers(len(keys), size=times.size))


TYPING = Recipe(
    id="typing",
    number=94,
    wave=2,
    code="CMPTKey",
    nouns=("typing", "keyboard typing", "computer keyboard", "typing on a keyboard", "keyboard clicks", "keystrokes"),
    clauses=("someone types {adv}", "someone is typing on {a} keyboard", "{a} keyboard clatters {adv}", "fingers type on {a} keyboard"),
    tags=(
        "typing on computer", "keys clicking", "keyboard", "laptop keyboard", "key presses", "coding", "hacker typing", "office typing",
        "programmer typing", "chat typing",
    ),
    onomatopoeia=("clickety clack", "clack clack"),
    render=_typing,
    plural=True,
    attributes=(
        Range("rate", 1.8, 8, "keys/s", log=True, axis="rate", moves="onsets_per_s", sign=1),
        Range("hardness", 0, 1, axis="hardness", moves="centroid_hz", sign=1),
        Kind("device", {"keyboard": (), "mouse": ("mouse clicks", "mouse clicking", "computer mouse clicks")}, "noun", (6, 1)),
    ),
    tests=(Between("active_share", 0.1, 0.9), Follows("onsets_per_s", "rate", 0.45, given={"device": "keyboard", "rate_q": 0.4})),
)  # fmt: skip


def _blow(r: Record, rng: np.random.Generator) -> Audio:
    weight, slap = r.q("weight"), r["kind"] == "slap"
    n = count(0.35)
    pitch = 1.9 * 0.28**weight * (1.1 if slap else 1.0) * rng.uniform(0.95, 1.05)
    smack = bandpass(white(rng, n), (800 if slap else 550) * pitch, (4200 if slap else 3300) * pitch)
    smack = unit(smack * decay(0.0006, 0.012 if slap else 0.018 + 0.012 * weight, n))
    n_thud = np.arange(n) / 22050
    thud = np.sin(2 * np.pi * 105 * pitch * (n_thud + 0.012 * (1 - np.exp(-n_thud / 0.015)))) * decay(0.001, 0.035 + 0.03 * weight, n)
    snap = highpass(white(rng, n), 2000 * pitch) * decay(0.0002, 0.0015, n)
    gain = 0.15 * weight if slap else 0.3 + 0.7 * weight
    # A crack of bone and cloth makes it the blow of a film.
    debris = bandpass(white(rng, n), 300, 1800 * pitch) * decay(0.012, 0.04, n) * (rng.random(n) < 0.15)
    return unit(smack + gain * thud + 0.15 * (1 - 0.6 * weight) * snap + 0.35 * debris)


def _punch(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    blows = [_blow(r, voice) for _ in range(3)]
    number = int(r["number"])
    swing = r["style"] == "swing"
    first = timing.uniform(0.3, 0.6) if swing else timing.uniform(0.05, 0.4)
    times = first + np.cumsum(np.concatenate([[0.0], timing.uniform(0.35, 0.9, number - 1)]))
    out = place(r.samples, times, blows, timing.uniform(0.8, 1, number))
    if swing:
        n = count(0.24)
        arc = varying_resonator(white(voice, n), 500 + 1300 * np.linspace(0, 1, n) ** 2, 1.2) * hump(n, 0.8)
        out += place(r.samples, times - 0.23, [0.3 * unit(arc)])
    return out


PUNCH = Recipe(
    id="punch",
    number=99,
    wave=2,
    code="FGHTImpt",
    nouns=("punch", "fist punch", "body punch", "punch impact", "body blow", "fist hit"),
    clauses=("{a} punch lands {adv}", "a fist lands {a} punch", "someone throws {a} punch", "{a} punch hits a body"),
    tags=(
        "fight", "kick", "smack", "fist", "beating", "boxing", "punching", "fighting", "fight scene", "martial arts hit", "movie punch",
        "uppercut", "brawl", "punched in the face",
    ),
    onomatopoeia=("pow", "biff", "whack"),
    render=_punch,
    attributes=(
        Range("weight", 0, 1, axis="intensity", moves="centroid_hz", sign=-1),
        Kind("kind", {"punch": (), "slap": ("slap", "face slap", "hand slap", "slap in the face")}, "noun", (3, 1)),
        Count("number", 1, 5),
        Kind("style", {"plain": (), "swing": ("with a swing before it", "after a quick swish")}, "after", (3, 1)),
    ),
    tests=(Follows("onset_count", "number", 0.1, given={"number": 3, "style": "plain"}), Between("active_share", 0.01, 0.35)),
)  # fmt: skip

_DISHES = {
    "plates": ((1100, 2800), (1, 1.57, 2.3, 3.1, 4.2), (0.12, 0.26)),
    "cutlery": ((2400, 4600), (1, 1.7, 2.76, 3.4), (0.2, 0.45)),
    "pans": ((280, 800), (1, 1.9, 3.2, 5.1, 6.23, 6.27, 9.92), (0.5, 1.1)),
}


def clink(ware: str, rng: np.random.Generator) -> Audio:
    """One hit on a plate, a fork or a pan."""
    (low, high), ratios, (short, long) = _DISHES[ware]
    t60 = float(rng.uniform(short, long))
    n = count(1.1 * t60)
    hz = float(log_uniform(rng, low, high)) * np.asarray(ratios) * rng.uniform(0.95, 1.05, len(ratios))
    body = modes(hz, t60 / np.sqrt(np.arange(1, len(ratios) + 1)), rng.uniform(0.4, 1, len(ratios)), n, rng)
    tick = bandpass(white(rng, n), 1500, 7000) * decay(0.0002, 0.0015, n)
    return unit(unit(body) + 0.4 * tick)


def _dishes(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    items = [clink(str(r["ware"]), voice) for _ in range(8)]
    rate = float(r["busy"])
    steps = np.maximum(0.12, timing.gamma(2.5, 0.4, int(r.seconds * rate * 3) + 6) / rate)
    times = timing.uniform(0.05, 0.3) + np.cumsum(steps) - steps[0]
    times = times[times < r.seconds]
    gains = np.minimum(capped_sizes(timing, times.size, 2.0, 2.5), 2.5) / 2.5 + 0.25
    out = place(r.samples, times, items, gains, timing.integers(8, size=times.size))
    # Things knock together twice.
    double = timing.random(times.size) < 0.35
    return out + place(r.samples, times[double] + 0.045, items[::-1], 0.4 * gains[double], timing.integers(8, size=int(double.sum())))


DISHES = Recipe(
    id="dishes",
    number=103,
    wave=2,
    code="FOODTware",
    nouns=("clattering dishes", "dishes clattering", "dishes", "clinking plates", "plates and dishes", "tableware"),
    clauses=("{adj} dishes clatter {adv}", "someone handles {adj} dishes", "{adj} dishes clink together"),
    tags=("washing up", "kitchen clatter", "crockery", "doing the dishes", "dishwashing", "setting the table", "clatter", "bowls"),
    onomatopoeia=("clink clank", "clatter"),
    render=_dishes,
    plural=True,
    attributes=(
        Range("busy", 0.7, 7, "hits/s", log=True, axis="density", moves="onsets_per_s", sign=1),
        Kind(
            "ware",
            {
                "plates": ("porcelain plates", "ceramic plates", "clinking plates", "plates clattering"),
                "cutlery": ("cutlery", "silverware", "forks and knives", "clinking cutlery", "spoons and forks"),
                "pans": ("pots and pans", "clanging pots and pans", "metal pans", "cooking pots"),
            },
            slot="noun",
        ),
    ),
    tests=(Ascending("centroid_hz", "ware", ("pans", "plates", "cutlery")),),
)  # fmt: skip

RECIPES = (FOOTSTEPS, PAPER, TYPING, PUNCH, DISHES)
