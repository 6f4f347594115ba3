"""Tools: drilling, sawing, hammering, and garden machines."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    bandpass,
    count,
    decay,
    drive,
    engine_pulses,
    fade,
    harmonics,
    highpass,
    hump,
    log_uniform,
    place,
    resonator,
    resonators,
    ring,
    rms,
    sine,
    slow,
    spread,
    unit,
    white,
)
from engine.corpus.recipe import Ascending, Audio, Between, Follows, Kind, Range, Recipe, Record

_DRILL_HZ = {"low": (135, 190), "middle": (210, 270), "high": (300, 430)}


def _burst(r: Record, hz: float, seconds: float, timing: np.random.Generator, timbre: np.random.Generator) -> Audio:
    """One pull of the trigger: the motor runs up, works under load and runs down."""
    n, tool, load = count(seconds), str(r["tool"]), r.q("load")
    t = np.arange(n) / 22050
    run = (1 - np.exp(-t / 0.08)) * np.minimum(1, 0.35 + 0.65 * (seconds - t) / 0.35)
    bite = np.clip((t - 0.3) / 0.3, 0, 1) * np.clip((seconds - 0.25 - t) / 0.2, 0, 1)
    f = hz * run * (1 - 0.1 * load * bite) * (1 + 0.012 * slow(timing, n, 6.0))
    level = np.minimum(1, run * 1.5)
    dentist = tool == "dentist"
    tone = harmonics(np.maximum(f, 20), 1 / np.arange(1, 4 if dentist else 23) ** (1.6 if dentist else 0.85), n)
    rattle = 1 + (0.15 + 0.35 * load) * np.sin(np.cumsum(f) * 2 * np.pi / 22050 / (40 if dentist else 6))
    noise = white(timbre, n)
    chew = rms(bandpass(noise, 1800, 6500)) + 0.8 * rms(resonator(noise, timbre.uniform(2200, 3800), 6))
    chew = chew * (1 + 0.3 * slow(timing, n, 30.0))
    out = rms(tone * rattle) + (0.07 + 0.75 * load * bite) * chew * rattle
    if tool == "hammer":
        blow = (np.arange(n) * timbre.uniform(30, 45) / 22050) % 1.0
        out = out * (0.25 + 2.2 * np.exp(-8 * blow)) + 0.9 * rms(resonator(noise, 420, 2)) * np.exp(-10 * blow) * bite
    return fade(out * level, 0.02, 0.08)


def _drill(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    hz = float(timbre.uniform(*_DRILL_HZ[str(r["pitch"])]))
    if r["tool"] == "dentist":
        hz *= 12
    now, times, bursts = float(timing.uniform(0.05, 0.3)), [], []
    while now < r.seconds - 0.8:
        length = min(float(log_uniform(timing, 1.0, 4.0)), r.seconds - now - 0.02)
        times.append(now)
        bursts.append(_burst(r, hz, length, timing, timbre))
        now += length + float(timing.uniform(0.2, 1.0))
    return place(r.samples, times, bursts)


DRILL = Recipe(
    id="power_drill",
    number=147,
    wave=1,
    code="TOOLPowr",
    nouns=("power drill", "electric drill", "drill", "drilling machine", "drilling sound", "drilling"),
    clauses=("{a} drill runs {adv}", "someone drills a hole with {a} drill", "{a} power drill whirs", "{a} drill bores into a wall"),
    tags=(
        "drilling a hole",
        "drill bit",
        "drilling",
        "handheld drill",
        "drill motor",
        "electric drilling",
        "boring a hole",
        "drill power tool",
    ),
    onomatopoeia=("vrrrr", "bzzzt"),
    render=_drill,
    attributes=(
        Range("load", 0, 1, axis="roughness", moves="high_share", sign=1),
        Kind("pitch", {"low": ("low-pitched", "deep"), "middle": (), "high": ("high-pitched",)}),
        Kind(
            "tool",
            {
                "drill": ("power drill", "electric drill", "cordless drill", "drilling into a wall", "electric screwdriver"),
                "hammer": ("hammer drill", "rotary hammer drill", "impact drill"),
                "dentist": ("dentist drill", "dental drill", "dentist's drill", "drill at the dentist"),
            },
            slot="noun",
            weights=(5, 1.5, 1),
        ),
    ),
    tests=(
        Between("f0_hz", 120, 195, {"tool": "drill", "pitch": "low", "load_q": 0.2}),
        Between("f0_hz", 195, 275, {"tool": "drill", "pitch": "middle", "load_q": 0.2}),
        Between("f0_hz", 285, 440, {"tool": "drill", "pitch": "high", "load_q": 0.2}),
        Between("active_share", 0.5, 0.97),
    ),
)

_SAW_VOICE = {"circular": (1.0, 18), "grinder": (1.35, 7), "table": (0.75, 24)}


def _saw_work(rng: np.random.Generator, seconds: float, idle: bool) -> tuple[np.ndarray, np.ndarray]:
    """Speed 0..1 and cutting force 0..1 at 100 points a second: run up, cut several times, run down."""
    t = np.arange(0, seconds, 0.01)
    stop = seconds - min(1.2, 0.2 * seconds)
    speed = (1 - np.exp(-t / 0.25)) * np.where(t > stop, np.exp(-(t - stop) / 0.45), 1)
    force, now = np.zeros(t.size), float(rng.uniform(0.4, 0.8))
    while now < stop - 0.5 and not idle:
        length = min(float(log_uniform(rng, 0.8, 3.0)), stop - 0.1 - now)
        force = np.maximum(force, np.clip((t - now) / 0.1, 0, 1) * np.clip((now + length - t) / 0.15, 0, 1))
        now += length + float(rng.uniform(0.25, 0.8))
    return speed, force


def _power_saw(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    factor, teeth = _SAW_VOICE[str(r["tool"])]
    metal, idle = r["work"] == "metal", r["work"] == "idle"
    speed, force = _saw_work(timing, r.seconds, idle)
    n, scale = r.samples, float(r["pitch"]) / 390
    f = spread(np.maximum(float(r["pitch"]) * factor**0.5 * speed * (1 - 0.15 * force), 15), n)
    speed, force = spread(speed, n), spread(force, n)
    whine = harmonics(f, 1 / np.arange(1, 11) ** 0.9, n) + 0.5 * sine(np.minimum(f * teeth * 0.5, 9000), n)
    noise = white(timbre, n)
    air = rms(bandpass(noise, 900 * scale, 4500 * scale))
    cut_hz = np.array([1.0, 1.7, 2.6]) * timbre.uniform(1300, 1800) * scale * (1.25 if metal else 1)
    cut = rms(resonators(noise, list(cut_hz), 9 if metal else 3)) * (1 + 0.6 * sine(timbre.uniform(20, 40), n))
    if metal:
        cut = cut + 0.5 * rms(harmonics(f * 3.03, (1, 0.6, 0.4), n))
    level = speed**1.5
    return fade(level * (rms(whine) + 0.4 * air) + 1.1 * force * (1 + 0.25 * slow(timing, n, 8)) * cut, 0.01, 0.1)


POWER_SAW = Recipe(
    id="power_saw",
    number=148,
    wave=2,
    code="TOOLPowr",
    nouns=("power saw", "electric saw", "circular saw", "saw blade spinning", "sawing machine", "motor saw in a workshop"),
    clauses=(
        "{a} power saw whines {adv}",
        "{a} saw blade spins up and screams",
        "someone works with {a} power saw",
        "{a} circular saw runs",
    ),
    tags=(
        "power saw",
        "motor saw",
        "workshop",
        "cutting machine",
        "saw blade",
        "sawing with a machine",
        "sander",
        "electric sander",
        "cutting disc",
    ),
    onomatopoeia=("wheeeen", "zzzzing"),
    render=_power_saw,
    attributes=(
        Range("pitch", 230, 640, "Hz", log=True, axis="pitch", moves="centroid_hz", sign=1),
        Kind(
            "tool",
            {
                "circular": ("circular saw", "electric circular saw"),
                "grinder": ("angle grinder", "grinder", "disc grinder"),
                "table": ("table saw", "bench saw", "sawmill saw"),
            },
            slot="noun",
        ),
        Kind(
            "work",
            {
                "idle": ("running freely", "spinning without load"),
                "wood": ("cutting wood", "sawing through wood"),
                "metal": ("cutting metal", "grinding metal"),
            },
            slot="after",
            weights=(1, 3, 3),
        ),
    ),
    tests=(Between("active_share", 0.9, 1), Between("high_share", 0.15, 0.8, {"work": "metal"})),
)


def _nail_blow(timbre: np.random.Generator, metal: bool, weight: float, hz: float) -> Audio:
    n = count(0.5)
    ratios = np.array([1, 1.31, 1.72, 2.17, 2.8])
    nail = ring(timbre, hz * ratios, (0.3 if metal else 0.09), (1, 0.8, 0.6, 0.4, 0.3), n) * decay(0.0003, 5, n)
    wood = np.array([150, 235, 330, 520]) * (1.5 - 0.8 * weight)
    thud = ring(timbre, wood, 0.1, (1, 0.8, 0.5, 0.3), n) * decay(0.0006, 5, n)
    click = unit(highpass(white(timbre, n), 1200) * decay(0.0002, 0.0015, n))
    return unit(
        (1.3 - 0.7 * weight if metal else 0.5) * nail
        + (0.6 if metal else 0.9) * (0.5 + 0.9 * weight) * thud
        + (0.6 - 0.35 * weight) * click
    )


def _hammering(r: Record) -> Audio:
    timing = r.stream("timing")
    metal, weight, period = r["target"] == "metal", r.q("weight"), 1 / float(r["rate"])
    times, steps, now, blow = [], [], float(timing.uniform(0.05, 0.4)), 0
    left = int(timing.integers(5, 10))
    while now < r.seconds - 0.15:
        times.append(now)
        steps.append(blow)
        blow, left = blow + 1, left - 1
        now += period * timing.uniform(0.93, 1.07)
        if left == 0:
            now, blow, left = now + timing.uniform(0.3, 0.7), 0, int(timing.integers(4, 9))
    base = r.stream("timbre").uniform(1900, 2600) * (1.35 - 0.65 * weight)
    # The nail grows shorter: every blow sounds a little higher.
    blows = [_nail_blow(r.stream("timbre"), metal, weight, base * 1.045**k) for k in range(max(steps) + 1)]
    return place(r.samples, times, blows, timing.uniform(0.75, 1, len(times)), np.asarray(steps))


HAMMERING = Recipe(
    id="hammering",
    number=150,
    wave=2,
    code="TOOLHand",
    nouns=("hammering", "hammer blows", "hammering a nail", "carpenter hammering", "hammer hitting a nail", "hammer strikes"),
    clauses=("someone hammers {adv}", "a carpenter hammers {adv}", "a worker is hammering {adv}", "someone drives in nails with a hammer"),
    tags=(
        "hammer",
        "nail",
        "hitting a nail",
        "nailing",
        "construction",
        "carpenter",
        "building site hammer",
        "banging with a hammer",
        "mallet",
        "roofing",
    ),
    onomatopoeia=("bang bang bang",),
    render=_hammering,
    plural=True,
    attributes=(
        Range("rate", 1.0, 3.2, "blows/s", log=True, axis="rate", moves="onsets_per_s", sign=1),
        Range("weight", 0, 1, axis="size", moves="centroid_hz", sign=-1),
        Kind(
            "target",
            {"wood": ("on wood", "into wood", "into a plank"), "metal": ("on metal", "on steel", "on an iron bar")},
            slot="after",
            weights=(3, 1),
        ),
    ),
    tests=(Follows("onsets_per_s", "rate", 0.3), Ascending("high_share", "target", ("wood", "metal"))),
)


def _throttle(rng: np.random.Generator, seconds: float, low: float, high: float) -> np.ndarray:
    """Firing rate in Hz at 100 points a second: idling, and pulls on the throttle."""
    t = np.arange(0, seconds, 0.01)
    wanted, now = np.full(t.size, low), float(rng.uniform(0.2, 0.7))
    while now < seconds:
        length = float(log_uniform(rng, 0.5, 3.0))
        wanted[(t >= now) & (t < now + length)] = high * rng.uniform(0.88, 1.05)
        now += length + float(log_uniform(rng, 0.3, 1.2))
    smooth = np.exp(-np.arange(0, 0.8, 0.01) / 0.13)
    return np.convolve(np.concatenate([np.full(80, low), wanted]), smooth / smooth.sum())[80 : 80 + t.size]


def _pull_starts(timing: np.random.Generator, timbre: np.random.Generator, seconds: float) -> tuple[Audio, float]:
    """Pulls on the cord, a whirring ratchet each, and the second at which the engine catches."""
    pulls, now, out = int(timing.integers(2, 4)), 0.1, np.zeros(count(seconds), np.float32)
    gap = min(0.9, 0.12 * seconds)
    n = count(min(0.5, 0.8 * gap))
    for _ in range(pulls):
        whirr = (np.cumsum(14 + 34 * hump(n, 0.6)) / 22050) % 1.0
        noise = rms(resonators(white(timbre, n), [480, 1300, 2300], 2)) * np.exp(-6 * whirr) * hump(n, 0.5)
        out[count(now) : count(now) + n] += 0.8 * noise[: out.size - count(now)]
        now += gap * timing.uniform(0.95, 1.15)
    return out, now - 0.4 * gap


def _garden(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    power, n, kind = r.q("power"), r.samples, str(r["machine"])
    match kind:
        case "chainsaw":
            firing = _throttle(timing, r.seconds, timbre.uniform(40, 52), timbre.uniform(95, 150))
        case "mower":
            firing = np.full(int(r.seconds * 100) + 1, timbre.uniform(23, 27)) * (
                1 + 0.02 * spread(slow(timing, 200, 100), int(r.seconds * 100) + 1)
            )
        case _:
            firing = _throttle(timing, r.seconds, timbre.uniform(70, 85), timbre.uniform(105, 135))
    start_s = 0.0
    cord: Audio | float = 0.0
    if r["start"] == "pull":
        cord, start_s = _pull_starts(timing, timbre, r.seconds)
        cord = np.resize(cord, n)
    rise = spread(np.clip((np.arange(firing.size) * 0.01 - start_s) / 0.35, 0, 1), n) if start_s else np.ones(n, np.float32)
    f = spread(firing, n) * (0.5 + 0.5 * rise)
    # Two decades of firing noise: the pulse shakes the body of the machine, brighter with power.
    engine = engine_pulses(timbre, f, 0.3 + 0.7 * power, 1 if kind != "mower" else 2, n)
    scale = 0.6 + 1.2 * power
    edge = resonators(engine, [420 * scale, 900 * scale, 1900 * scale], [1.5, 2, 2], [1, 0.9, 0.8 * scale])
    whirl = sine(f * (1 if kind != "mower" else 2), n)
    air = rms(bandpass(white(timbre, n), 500 * scale, 2600 * scale)) * (1 + 0.4 * whirl)
    share = {"chainsaw": 0.25, "mower": 0.45, "blower": 0.9}[kind] * (0.5 + 0.5 * np.clip(f / float(firing.max()), 0, 1))
    out = rise * (rms(drive(rms(edge), 0.8 + 1.5 * power)) * (0.6 + 0.4 * f / float(firing.max())) + share * air)
    return fade(out + cord, 0.01, 0.1)


GARDEN_ENGINE = Recipe(
    id="chainsaw_mower",
    number=151,
    wave=2,
    code="TOOLGrdn",
    nouns=(
        "two-stroke garden engine",
        "motorised garden tool",
        "petrol garden machine",
        "small two-stroke engine",
        "gas-powered yard tool",
    ),
    clauses=(
        "{a} two-stroke garden engine runs {adv}",
        "{a} garden machine with a petrol engine roars",
        "someone uses {a} petrol garden tool",
    ),
    tags=(
        "two stroke",
        "two-stroke engine",
        "garden machine",
        "gardening machine",
        "petrol engine tool",
        "yard work",
        "small petrol engine",
    ),
    onomatopoeia=("brrrm brrrm",),
    render=_garden,
    attributes=(
        Range("power", 0, 1, axis="intensity", moves="centroid_hz", sign=1),
        Kind(
            "machine",
            {
                "chainsaw": ("chainsaw", "chain saw", "revving chainsaw", "chainsaw cutting trees"),
                "mower": ("lawn mower", "lawnmower", "petrol lawn mower", "lawn mower cutting grass"),
                "blower": ("leaf blower", "brush cutter", "hedge trimmer", "weed whacker"),
            },
            slot="noun",
            weights=(2, 1.3, 1),
        ),
        Kind("start", {"running": (), "pull": ("being pull-started", "starting with a pull cord")}, slot="after", weights=(3, 1)),
    ),
    tests=(Between("active_share", 0.75, 1), Between("visible_share", 0.8, 1)),
)

RECIPES = (DRILL, POWER_SAW, HAMMERING, GARDEN_ENGINE)
