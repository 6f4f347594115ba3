"""Engines of cars, motorcycles, trucks, buses and tractors: running, revving, starting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dsp import (
    bandpass,
    count,
    decay,
    drive,
    fade,
    highpass,
    lowpass,
    place,
    resonators,
    rms,
    saw,
    sine,
    slow,
    unit,
    white,
)
from engine.corpus.recipe import SAMPLE_RATE, Ascending, Audio, Between, Kind, Range, Recipe, Record

_EVEN = (0.0, 0.5, 1.0)
_V_TWIN = (0.0, 0.375, 1.0)


def _engine(rng: np.random.Generator, firing_hz: NDArray, load: NDArray | float, cylinders: int, body: float = 1.0,
            spacing: tuple[float, ...] = _EVEN, top: float = 0.15) -> Audio:  # fmt: skip
    """Combustion pulses through an exhaust whose resonances are scaled by ``body``, plus gated noise; unit RMS.

    ``spacing`` places the firings inside a pair (a V-twin fires unevenly); ``top`` is the share of the noise.
    """
    n = len(firing_hz)
    pairs = np.cumsum(firing_hz) / SAMPLE_RATE / 2
    whole = np.floor(pairs)
    cycles = 2 * whole + np.interp(pairs - whole, spacing, (0.0, 1.0, 2.0))
    index = cycles.astype(int)
    x = cycles - index
    gains = np.tile(1 + 0.18 * rng.standard_normal(cylinders), index[-1] // cylinders + 1)[: index[-1] + 1]
    gains = gains * (1 + 0.06 * rng.standard_normal(gains.size))
    pulse = (np.minimum(1, x * 12) * np.exp(-(5 + 4 * np.asarray(load)) * x) * gains[index]).astype(np.float32)
    noise = bandpass(white(rng, n), 350 * body, 4500) * (pulse * np.exp(-8 * x)).astype(np.float32)
    pulse -= pulse.mean()
    hz = np.array([95, 190, 310, 520, 900]) * body * rng.uniform(0.85, 1.15, 5)
    exhaust = resonators(pulse, list(np.maximum(hz, 75)), [2, 2.5, 3, 3, 3], [1, 0.9, 0.7, 0.5, 0.4]) + 0.15 * pulse
    exhaust = drive(rms(exhaust), 0.4 + 1.2 * float(np.mean(load)))
    return rms(rms(exhaust) + top * (0.5 + np.asarray(load, np.float32)) * rms(noise))


def _gears(rng: np.random.Generator, samples: int, first: float, top: float, seconds: tuple[float, float]) -> tuple[NDArray, NDArray]:
    """Speed curve of an engine driven up through its gears, and its load: it falls between the gears."""
    times, values, loads, now, low, span = [0.0], [first], [0.5], 0.0, first, float(rng.uniform(*seconds))
    while now < samples / SAMPLE_RATE:
        times += [now + 0.15, now + span, now + span + 0.2]
        values += [low, top, 0.62 * top]
        loads += [1.0, 1.0, 0.1]
        now, low, span = now + span + 0.2, 0.62 * top, span * float(rng.uniform(0.95, 1.25))
    t = np.arange(samples) / SAMPLE_RATE
    return np.interp(t, times, values), np.interp(t, times, loads)


def _revs(rng: np.random.Generator, samples: int, idle: float, peak: tuple[float, float]) -> tuple[NDArray, NDArray, NDArray]:
    """Speed of an engine revved again and again, its load, and the moments at which the throttle closes."""
    t = np.arange(samples) / SAMPLE_RATE
    speed, load, lifts, now = np.full(samples, idle), np.full(samples, 0.1), [], float(rng.uniform(0.1, 0.35))
    while now < t[-1]:
        push = float(rng.uniform(0.3, 0.8))
        since = np.clip(t - now, 0, None)
        rise = (1 - np.exp(-np.minimum(since, push) / 0.22)) * np.exp(-np.clip(since - push, 0, None) / 0.5)
        speed = np.maximum(speed, idle + (float(rng.uniform(*peak)) - idle) * rise)
        load = np.maximum(load, ((since > 0) & (since < push)).astype(float))
        lifts.append(now + push)
        now += push + float(rng.uniform(0.7, 2.2))
    return speed, load, np.asarray(lifts)


def _car_engine(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    cylinders, body = {"small": (4, 1.35), "middle": (int(timbre.choice([4, 6])), 1.0), "big": (8, 0.75)}[str(r["engine"])]
    idle, pops = float(timing.uniform(650, 1000)), np.zeros(r.samples, np.float32)
    if r["mode"] == "idle":
        rpm, load = idle * (1 + 0.02 * slow(timing, r.samples, 2)), np.full(r.samples, 0.08)
    elif r["mode"] == "rev":
        rpm, load, lifts = _revs(timing, r.samples, idle, (2600, 5200))
        after = (lifts[:, None] + timing.uniform(0.08, 0.4, (lifts.size, 3))).ravel()
        pop = unit(lowpass(white(timbre, 1400), 900) * np.exp(-np.arange(1400) / 330))
        pops = place(r.samples, after, [pop], timing.uniform(0, 1.6, after.size))
    else:
        rpm, load = _gears(timing, r.samples, idle + 200, float(timing.uniform(4200, 5600)), (1.6, 3.2))
    out = _engine(timbre, rpm * cylinders / 120, load, cylinders, body * timbre.uniform(0.9, 1.15), top=0.3)
    out = out * (0.45 + 0.55 * load + 0.35 * (rpm / 5000)).astype(np.float32) + pops
    q = r.q("brightness")
    open_air = rms(bandpass(white(timbre, r.samples) * out**2, 900, 7000))
    edge = lowpass(out, 350 * 20**q, 4) + (0.002 * 90**q) * float(out.std()) * open_air
    return highpass(edge, 45)


CAR_ENGINE = Recipe(
    id="car_engine",
    number=154,
    wave=1,
    code="VEHCar",
    nouns=("car engine", "engine", "car motor", "running car engine", "automobile engine"),
    clauses=(
        "{a} car engine runs {adv}",
        "{a} car engine is running",
        "the engine of {a} car can be heard",
        "{a} engine hums and growls under the hood",
    ),
    tags=("engine running", "motor", "vroom", "car", "automobile", "motor running", "engine noise", "car sound", "engine rumble"),
    onomatopoeia=("vroom", "vroom vroom", "brrm"),
    render=_car_engine,
    texture=True,
    attributes=(
        Kind("mode", {"idle": ("idling", "idle"), "rev": ("revving", "revved"), "accelerate": ("accelerating",)}),
        Kind("engine", {"small": (), "middle": (), "big": ("V8", "eight-cylinder")}),
        Range("brightness", 0, 1, axis="brightness", moves="flatness_db"),
    ),
    tests=(
        Ascending("centroid_hz", "mode", ("idle", "rev", "accelerate")),
        Between("active_share", 0.95, 1),
        Between("modulation_hz", 18, 40, {"mode": "idle", "engine": "small"}),
    ),
)


def _start_attempt(rng: np.random.Generator, seconds: float, slows: bool) -> Audio:
    """The starter motor turning an engine over: a whine that sags at every compression stroke."""
    n = count(seconds)
    t = np.arange(n) / SAMPLE_RATE
    rate = float(rng.uniform(7, 10)) * (1 - 0.55 * t / seconds if slows else np.minimum(1, 0.7 + 2 * t))
    stroke = np.exp(-4 * ((np.cumsum(rate) / SAMPLE_RATE) % 1))
    hz = float(rng.uniform(90, 140)) * (1 - 0.45 * t / seconds if slows else 1) * (1 - 0.18 * stroke)
    whine = drive(saw(2 * hz, n) + 0.7 * saw(hz, n), 1.5)
    grind = bandpass(white(rng, n), 500, 3800) * (0.3 + stroke)
    out = rms(lowpass(whine, 3200)) * (0.35 + 0.65 * stroke) + 0.5 * rms(grind) + 0.8 * rms(bandpass(stroke, 60, 300))
    return fade(out, 0.01, 0.05)


def _engine_start(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    now, fails = float(timing.uniform(0.15, 0.35)), r["outcome"] == "fails"
    key = [unit(bandpass(white(timbre, 900), 1200, 5000) * decay(0.0005, 0.004, 900))]
    out = place(r.samples, [now - 0.12], key, [1.5])
    long = min(float(timing.uniform(1.0, 2.8) if fails else timing.uniform(0.6, 2.4)), 0.45 * r.seconds)
    for _ in range(3 if fails else 0):
        out += place(r.samples, [now, now + long + 0.08], [_start_attempt(timbre, long, True), 2 * key[0]])
        now, long = now + long + float(timing.uniform(0.5, 1.3)), long * float(timing.uniform(0.75, 1.1))
    if fails:
        return highpass(out, 45)
    out += place(r.samples, [now], [_start_attempt(timbre, long, False)])
    t = np.arange(r.samples) / SAMPLE_RATE - now - long + 0.1
    idle = float(timing.uniform(750, 1000))
    burst = np.exp(-np.maximum(t - 0.45, 0) / float(timing.uniform(0.25, 0.6)))
    rpm = np.clip(t / 0.35, 0.1, 1) * (idle + float(timing.uniform(900, 1900)) * burst) * (1 + 0.02 * slow(timing, r.samples, 2))
    load = np.where(t > 0, 0.1 + 0.8 * burst, 0)
    motor = _engine(timbre, rpm / 30, load, 4, float(timbre.uniform(0.8, 1.5)), top=0.35)
    motor = lowpass(motor, timbre.uniform(1500, 6000)) * (np.clip(t / 0.15, 0, 1) * (0.5 + load)).astype(np.float32)
    return highpass(out + 1.6 * motor, 45)


ENGINE_START = Recipe(
    id="engine_start",
    number=155,
    wave=2,
    code="VEHCar",
    nouns=("car ignition", "engine start", "starter motor", "ignition of a car", "cranking engine", "car engine being started"),
    clauses=(
        "the key is turned and {a} starter motor cranks",
        "{a} starter motor cranks the engine {adv}",
        "someone turns the key of {a} car",
    ),
    tags=(
        "ignition",
        "turn key",
        "turning the key",
        "start the car",
        "engine cranking",
        "starting engine",
        "car start",
        "crank",
        "starter",
    ),
    render=_engine_start,
    attributes=(
        Kind(
            "outcome",
            {
                "starts": ("car starting", "engine starting up", "car starting up"),
                "fails": ("car failing to start", "car that won't start", "engine cranking without starting"),
            },
            slot="noun",
            weights=(2, 1),
        ),
    ),
    tests=(
        Between("active_share", 0.9, 1, {"outcome": "starts"}),
        Between("active_share", 0.4, 0.95, {"outcome": "fails"}),
        Between("modulation_hz", 3, 40, {"outcome": "fails"}),
    ),
)


def _motorcycle(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    idle, top, per_rpm, cylinders, body, spacing, hiss = {
        "chopper": (float(timing.uniform(780, 1000)), 3600, 1 / 60, 2, 1.0, _V_TWIN, 0.14),
        "sport": (float(timing.uniform(1500, 2200)), 11500, 1 / 30, 4, 1.7, _EVEN, 0.2),
        "dirt": (float(timing.uniform(1500, 2000)), 8000, 1 / 120, 1, 2.0, _EVEN, 0.2),
        "moped": (float(timing.uniform(1700, 2300)), 9000, 1 / 60, 1, 3.3, _EVEN, 0.15),
    }[str(r["kind"])]
    top *= float(timing.uniform(0.8, 1.05))
    if r["mode"] == "idle":
        rpm, load = idle * (1 + 0.03 * slow(timing, r.samples, 3)), np.full(r.samples, 0.25)
    elif r["mode"] == "rev":
        rpm, load, _ = _revs(timing, r.samples, idle, (0.55 * top, top))
        load = np.maximum(load, 0.25)
    else:
        rpm, load = _gears(timing, r.samples, 1.5 * idle, top, (1.2, 2.6))
    out = _engine(timbre, rpm * per_rpm, load, cylinders, body * timbre.uniform(0.85, 1.15), spacing, hiss)
    rasp = drive(out * (0.6 + load).astype(np.float32), 1.6)
    rasp = rasp + 0.5 * resonators(rasp, list(np.array([700, 1500, 2600]) * timbre.uniform(0.8, 1.2, 3)), 2)
    return highpass(lowpass(rasp, timbre.uniform(4000, 8000)) * (0.6 + 0.4 * rpm / top).astype(np.float32), 50)


MOTORCYCLE = Recipe(
    id="motorcycle",
    number=157,
    wave=2,
    code="VEHMoto",
    nouns=("motorcycle", "motorbike", "motorcycle engine", "motorbike engine"),
    clauses=(
        "{a} motorcycle runs {adv}",
        "{a} motorbike growls {adv}",
        "the engine of {a} motorcycle can be heard",
        "{a} motorcycle roars",
    ),
    tags=("bike engine", "biker", "motor bike", "motorcycle sound", "two-wheeler", "motorcycle exhaust"),
    onomatopoeia=("vroom", "braap", "brap brap"),
    render=_motorcycle,
    texture=True,
    attributes=(
        Kind(
            "kind",
            {
                "chopper": ("chopper motorcycle", "V-twin motorcycle", "cruiser motorbike", "chopper bike"),
                "sport": ("sport bike", "racing motorcycle", "superbike"),
                "dirt": ("dirt bike", "motocross bike", "off-road motorbike"),
                "moped": ("moped", "scooter", "motor scooter"),
            },
            slot="noun",
        ),
        Kind("mode", {"idle": ("idling",), "rev": ("revving",), "ride": ("accelerating",)}),
    ),
    tests=(
        Ascending("centroid_hz", "kind", ("chopper", "sport", "moped")),
        Between("modulation_hz", 5, 20, {"kind": "chopper", "mode": "idle"}),
        Between("active_share", 0.9, 1),
    ),
)


def _truck(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n = r.samples
    cylinders, body = (int(timbre.choice([2, 3])), 1.1) if r["kind"] == "tractor" else (6, 0.75 if r["kind"] == "truck" else 0.9)
    idle = float(timing.uniform(560, 750))
    if r["mode"] == "idle":
        rpm, load = idle * (1 + 0.015 * slow(timing, n, 2)), np.full(n, 0.3)
    else:
        rpm, load = _gears(timing, n, idle, float(timing.uniform(1900, 2400)), (2.0, 3.2))
    firing = rpm * cylinders / 120
    motor = _engine(timbre, firing, load, cylinders, body * timbre.uniform(0.85, 1.15), top=0.2)
    x = (np.cumsum(firing) / SAMPLE_RATE + 0.1) % 1
    knock = rms(bandpass(white(timbre, n) * (np.exp(-9 * x) * (1 - np.exp(-60 * x))).astype(np.float32), 900, 4500))
    turbo = sine(3600 * (0.7 + 0.6 * rpm / 2400) * timbre.uniform(0.85, 1.2), n) * np.clip(load - 0.2, 0, 1) * 0.06
    out = motor * (0.6 + 0.4 * load) + 0.01 * 95 ** r.q("knock") * knock + (turbo if r["kind"] != "tractor" else 0)
    if r["extra"] == "brake":
        m = count(0.9)
        hiss = unit(bandpass(white(timbre, m), 1500, 6000) * decay(0.01, 0.2, m) * np.clip((m - np.arange(m)) / 3000, 0, 1))
        moments = np.arange(float(timing.uniform(0.3, 0.9)), r.seconds - 0.3, float(timing.uniform(2.5, 4.5)))
        out = out + place(n, moments, [4.5 * hiss])
    elif r["extra"] == "reverse":
        gate = ((np.arange(n) / SAMPLE_RATE + float(timing.uniform(0, 0.3))) % 1.0) < 0.5
        beep = sine(timbre.uniform(1050, 1350), n) + 0.3 * sine(timbre.uniform(3150, 4050), n)
        out = out + 1.1 * beep * np.convolve(gate, np.ones(120) / 120, "same")
    return highpass(out, 52, 4)


TRUCK = Recipe(
    id="truck",
    number=158,
    wave=2,
    code="VEHTruck",
    nouns=("diesel truck", "truck engine", "heavy vehicle", "diesel engine of a heavy vehicle", "large diesel vehicle"),
    clauses=(
        "{a} diesel engine of a heavy vehicle rattles {adv}",
        "{a} heavy vehicle runs its diesel engine",
        "{a} big diesel engine clatters",
    ),
    tags=("heavy goods vehicle", "diesel engine", "diesel motor", "18-wheeler", "semi truck", "big rig", "diesel clatter"),
    render=_truck,
    texture=True,
    attributes=(
        Kind(
            "kind",
            {
                "truck": ("truck", "lorry", "diesel truck", "heavy truck"),
                "bus": ("bus", "city bus", "diesel bus"),
                "tractor": ("tractor", "farm tractor", "old tractor"),
            },
            slot="noun",
        ),
        Kind("mode", {"idle": ("idling",), "away": ("accelerating",)}),
        Kind(
            "extra",
            {
                "none": (),
                "brake": ("with hissing air brakes", "with a hiss of air brakes"),
                "reverse": ("with reversing beeps", "with a backup beeper"),
            },
            slot="after",
            weights=(2, 1, 1),
        ),
        Range("knock", 0, 1, axis="roughness", moves="flatness_db"),
    ),
    tests=(Between("low_share", 0.3, 1, {"extra": "none"}), Between("active_share", 0.97, 1)),
)

RECIPES = (CAR_ENGINE, ENGINE_START, MOTORCYCLE, TRUCK)
