"""Machines that stand and run: humming, whirring, moving, stamping."""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft
from scipy.signal import oaconvolve

from engine.corpus.dsp import (
    bandpass,
    coloured,
    count,
    decay,
    drive,
    fade,
    harmonics,
    highpass,
    jittered,
    log_uniform,
    lowpass,
    place,
    resonators,
    ring,
    rms,
    sine,
    slow,
    spread,
    unit,
    white,
)
from engine.corpus.recipe import Audio, Between, Count, Follows, Kind, Range, Recipe, Record


def _hum(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    buzz, mains = r.q("buzz"), float(r["mains"])
    # Sixteen cycles as one block, repeated: the tone of the mains does not waver.
    block = round(16 * 22050 / mains)
    spectrum = np.zeros(block // 2 + 1, complex)
    k = np.arange(1, 15 + int(30 * buzz))
    spectrum[16 * k] = timbre.uniform(0.25, 1, k.size) / k ** (1.6 - 1.25 * buzz) * np.exp(2j * np.pi * timbre.random(k.size))
    tone = irfft(spectrum, block)
    if r["kind"] == "transformer":
        spectrum[16 : spectrum.size : 32] *= 0.25
        tone = irfft(spectrum, block)
    tone = rms(tone)
    tone = rms(drive(np.tile(tone, 3), 0.3 + 2.2 * buzz)[block : 2 * block])
    tone = np.tile(tone, r.samples // block + 1)[: r.samples] * (1 + 0.04 * slow(timing, r.samples, 1.0))
    noise = rms(bandpass(white(timbre, r.samples), 150, timbre.uniform(1500, 4000)))
    return tone + float(r["noise"]) * noise * (1 + 0.1 * slow(timing, r.samples, 2.0))


HUM = Recipe(
    id="machine_hum",
    number=131,
    wave=1,
    code="ELECBuzz",
    nouns=(
        "machine hum",
        "electrical hum",
        "mains hum",
        "humming machine",
        "transformer hum",
        "electric hum",
        "drone of a machine",
        "ground hum",
    ),
    clauses=("{a} machine hums {adv}", "{a} transformer hums", "{a} electrical hum drones on", "{a} machine is humming {adv}"),
    tags=(
        "hum",
        "buzz",
        "humming",
        "electrical buzz",
        "transformer",
        "power hum",
        "electric buzzing",
        "amp hum",
        "power line hum",
        "drone",
        "mains buzz",
        "fluorescent light buzz",
        "electricity",
        "cable hum",
        "ground loop",
    ),
    onomatopoeia=("mmmm", "bzzz"),
    render=_hum,
    texture=True,
    attributes=(
        Range("buzz", 0, 1, axis="roughness", moves="centroid_hz", sign=1),
        Range("noise", 0.03, 0.45, log=True, axis="tonality", reverse=True, moves="flatness_db", sign=1),
        Kind("mains", {"50": ("50 Hz", "low"), "60": ("60 Hz", "low"), "100": ("100 Hz",), "120": ("120 Hz",)}),
        Kind("kind", {"plain": (), "transformer": ()}),
    ),
    tests=(
        Between("modulation_depth", 0, 0.1),
        Follows("f0_hz", "mains", 0.02, given={"mains": "60", "kind": "plain", "buzz_q": 0.9}),
        Between("active_share", 1, 1),
    ),
)


def _runs(rng: np.random.Generator, seconds: float, way: str) -> np.ndarray:
    """Speed 0..1 of a motor at 100 points a second: running on, switched on, or several short runs."""
    t = np.arange(0, seconds, 0.01)
    match way:
        case "steady":
            return np.ones(t.size)
        case "start":
            rise = min(float(rng.uniform(0.8, 1.8)), 0.5 * seconds)
            return 1 - (1 - np.clip((t - 0.1) / rise, 0, 1)) ** 3
    speed, now = np.zeros(t.size), 0.1
    while now < seconds - 0.4:
        hold = float(log_uniform(rng, 0.5, 2.2))
        up = 1 - (1 - np.clip((t - now) / 0.35, 0, 1)) ** 3
        down = np.clip((now + 0.35 + hold + 0.6 - t) / 0.6, 0, 1)
        speed = np.maximum(speed, np.where(t >= now, up * down, 0))
        now += hold + 0.95 + float(rng.uniform(0.15, 0.8))
    return speed


def _motor(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n, wear = r.samples, r.q("wear")
    speed = spread(_runs(timing, r.seconds, str(r["run"])), n)
    turns = float(r["speed"]) * speed * (1 + 0.01 * slow(timing, n, 2.0))
    angle = 2 * np.pi * np.cumsum(turns) / 22050
    whine_order = int(timbre.integers(6, 11))
    whine = harmonics(np.maximum(turns * whine_order, 15), timbre.uniform(0.4, 1, 8) / np.arange(1, 9) ** 1.1, n)
    stator = 1 / (1 + (2 * np.cos(angle * 2)) ** 2) - 0.45
    brush = rms(bandpass(white(timbre, n), 1200, 5000)) * (0.4 + 0.6 * (np.cos(angle) > 0.3))
    mix = rms(whine) * (1 + (0.1 + 0.3 * wear) * np.cos(angle)) + 0.6 * stator + (0.04 + 0.7 * wear) * brush
    scale = (float(r["speed"]) / 63) ** 0.5
    casing = resonators(mix, [hz * scale for hz in timbre.uniform((300, 600, 950), (500, 900, 1300))], 5, [1, 0.7, 0.5])
    return highpass(rms(casing + 0.35 * mix) * speed**1.3, 60)


ELECTRIC_MOTOR = Recipe(
    id="electric_motor",
    number=132,
    wave=2,
    code="MOTRElec",
    nouns=("electric motor", "whirring motor", "small electric motor", "whirring electric motor", "motor whir", "motor whirring"),
    clauses=(
        "{a} electric motor whirs {adv}",
        "{a} small motor runs {adv}",
        "{a} electric motor is running {adv}",
        "{a} motor hums and whirs",
    ),
    tags=(
        "motor",
        "whirring",
        "whir",
        "toy motor",
        "small motor",
        "DC motor",
        "gear motor",
        "motorised toy",
        "motor running",
        "electric engine",
    ),
    onomatopoeia=("whirrr",),
    render=_motor,
    texture=True,
    attributes=(
        Range("speed", 22, 180, "turns/s", log=True, axis="rate", moves="centroid_hz", sign=1),
        Range("wear", 0, 1, axis="age", moves="flatness_db", sign=1),
        Kind(
            "run",
            {"steady": (), "start": ("starting up", "being switched on"), "stop_start": ("starting and stopping", "running on and off")},
            slot="after",
            weights=(2, 1, 1),
        ),
    ),
    tests=(Between("active_share", 0.9, 1, {"run": "steady"}), Between("centroid_hz", 250, 2200)),
)


def _servo_move(r: Record, timing: np.random.Generator, timbre: np.random.Generator, seconds: float) -> Audio:
    """One movement: the gear whines up, holds and comes to rest with a click."""
    n, big = count(seconds), r["build"] == "big"
    u = np.linspace(0, 1, n)
    ramp = 0.06 / max(seconds, 0.13)
    speed = np.minimum(1, np.minimum(u, 1 - u) / ramp)
    slide = float(timing.choice((0.82, 0.92, 1.1, 1.25)))
    f = float(r["pitch"]) * (0.55 if big else 1) * (0.45 + 0.55 * speed) * slide**u * timing.uniform(0.9, 1.12)
    tone = harmonics(f, np.array([1, 0.35, 0.6, 0.3, 0.3, 0.2, 0.35, 0.12, 0.1, 0.1]), n) + 0.35 * sine(np.minimum(f * 5.5, 7000), n)
    gear = rms(bandpass(white(timbre, n), 2 * float(f.mean()), 6 * float(f.mean())))
    out = rms(lowpass(tone, 5000)) * (1 + 0.25 * sine(f / 9, n)) + (0.35 if big else 0.12) * gear
    out = fade(out * (0.3 + 0.7 * speed), 0.008, 0.015) * 0.3
    click = ring(timbre, np.array([700, 1500, 2600]) * (0.35 if big else 1), 0.12 if big else 0.03, (1, 0.8, 0.5), 2600)
    tail = np.concatenate([out, np.zeros(2600, np.float32)])
    tail[:2600] += 0.25 * click
    tail[n : n + 2600] += (0.9 if big else 0.35) * click
    return tail


def _servo(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    number = int(r["moves"])
    lengths = log_uniform(timing, 0.15, 0.8, number) * (1.3 if r["build"] == "big" else 1)
    gaps = log_uniform(timing, 0.14, 0.6, number)
    squeeze = min(1.0, (r.seconds - 0.4) / float((lengths + gaps).sum()))
    starts = timing.uniform(0.05, 0.2) + squeeze * np.concatenate([[0.0], np.cumsum(lengths + gaps)[:-1]])
    moves = [_servo_move(r, timing, timbre, max(0.05, squeeze * length)) for length in lengths]
    return highpass(place(r.samples, starts, moves), 60)


SERVO = Recipe(
    id="servo",
    number=133,
    wave=2,
    code="MOTRSrvo",
    nouns=("servo motor", "servo", "servo movement", "robot movement", "robot servo", "mechanical actuator"),
    clauses=("{a} robot moves with servo whines", "{a} servo motor moves {adv}", "{a} robotic joint turns {adv}", "{a} servo whirs {adv}"),
    tags=(
        "robot moving",
        "robot",
        "robotic",
        "mechanical movement",
        "actuator",
        "stepper motor",
        "robot joint",
        "servo whine",
        "android moving",
        "mechatronic",
        "motorised joint",
    ),
    onomatopoeia=("zip zip", "bzzt bzzt"),
    render=_servo,
    attributes=(
        Range("pitch", 280, 1250, "Hz", log=True, axis="pitch", moves="centroid_hz", sign=1),
        Count("moves", 1, 7),
        Kind(
            "build",
            {
                "servo": (),
                "arm": ("robotic arm", "robot arm moving", "robot arm servo"),
                "big": ("giant robot moving", "huge robot joint", "heavy industrial robot"),
            },
            slot="noun",
            weights=(2, 2, 1),
        ),
    ),
    tests=(Between("active_share", 0.05, 0.7), Between("centroid_hz", 500, 3500)),
)


def _factory_part(r: Record, timbre: np.random.Generator, dull: bool) -> Audio:
    """What one machine does in every cycle: a stamp of metal, or a dull press with a hiss of air after it."""
    scale = (1.7 - 1.25 * r.q("weight")) * timbre.uniform(0.85, 1.15)
    n = count(0.9)
    if dull:
        hz = np.array([85, 130, 210, 340, 520]) * scale
        hit = ring(timbre, hz, 0.28, (1, 0.9, 0.6, 0.4, 0.3), n) + 0.5 * unit(
            lowpass(white(timbre, n), 1400 * scale) * decay(0.001, 0.03, n)
        )
        if timbre.random() < 0.6:
            lag = count(timbre.uniform(0.12, 0.25))
            hiss = bandpass(white(timbre, n - lag), 1600 * scale**0.5, 5000 * scale**0.5)
            hit[lag:] += 0.3 * unit(hiss * decay(0.02, 0.09, n - lag))
    else:
        hz = 240 * scale * np.concatenate([[1], timbre.uniform(1.3, 11, 13)])
        hit = ring(timbre, hz, 0.55 * (hz[0] / hz) ** 0.4, (hz / hz[0]) ** -0.5, n)
        hit = hit * decay(0.0005, 5, n) + 0.3 * unit(bandpass(white(timbre, n), 1000, 5000) * decay(0.0003, 0.006, n))
    return unit(fade(hit, 0.0001, 0.05))


def _factory(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n, rate, light = r.samples, float(r["rate"]), 1 - r.q("weight")
    out = np.zeros(n, np.float32)
    for k, (ratio, gain) in enumerate(((1.0, 1.0), (float(timing.choice((0.5, 1.0, 2.0))), 0.55), (0.25, 0.5))):
        times = jittered(timing, 1 / (rate * ratio), 0.01, r.seconds, 0.06 + timing.uniform(0.2, 0.8) * (k > 0) / rate)
        out += gain * place(n, times, [_factory_part(r, timbre, k != 1)], timing.uniform(0.85, 1, times.size))
    room = white(timbre, count(0.9)) * decay(0.004, 0.16, count(0.9))
    out += 0.018 * oaconvolve(lowpass(out, 3500), room)[:n].astype(np.float32)
    motor_hz = timbre.uniform(60, 95) * (1 + 0.7 * light)
    drone = rms(harmonics(motor_hz, timbre.uniform(0.3, 1, 14) / np.arange(1, 15) ** 0.8, n)) * (1 + 0.1 * slow(timing, n, 3))
    air = rms(bandpass(coloured(timbre, n, -3), 150, 1500 + 2500 * light))
    return highpass(out + 0.035 * drone + 0.03 * air, 50)


FACTORY = Recipe(
    id="factory",
    number=140,
    wave=2,
    code="MACHInd",
    nouns=(
        "factory machine",
        "industrial machine",
        "factory machinery",
        "assembly line machine",
        "machine press",
        "stamping machine",
        "industrial press",
    ),
    clauses=(
        "{a} industrial machine pounds {adv}",
        "{a} factory machine stamps {adv}",
        "{a} machine press works in a factory",
        "{a} assembly line machine runs",
    ),
    tags=(
        "factory",
        "industrial",
        "machinery",
        "assembly line",
        "factory hall",
        "conveyor",
        "manufacturing",
        "industrial ambience",
        "press",
        "production line",
        "steampunk machine",
        "workshop machines",
    ),
    onomatopoeia=("ka-chunk ka-chunk",),
    render=_factory,
    texture=True,
    attributes=(
        Range("rate", 0.7, 2.5, "cycles/s", log=True, axis="rate", moves="onsets_per_s", sign=1),
        Range("weight", 0, 1, axis="size", moves="centroid_hz", sign=-1),
    ),
    tests=(Between("active_share", 0.95, 1), Between("onsets_per_s", 0.5, 6)),
)

RECIPES = (HUM, ELECTRIC_MOTOR, SERVO, FACTORY)
