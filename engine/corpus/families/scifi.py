"""Science fiction: laser shots, energy beams, energy swords and saucers, electric arcs."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    bandpass,
    count,
    decay,
    drive,
    fade,
    highpass,
    hump,
    jittered,
    lowpass,
    phase,
    place,
    points,
    poisson,
    resonator,
    rms,
    saw,
    sine,
    slow,
    spaced,
    thump,
    train,
    unit,
    varying_lowpass,
    varying_resonator,
    vibrato,
    white,
)
from engine.corpus.recipe import Ascending, Audio, Between, Count, Follows, Kind, Range, Recipe, Record


def _shot(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    length, start = float(r["length"]), float(r["pitch"])
    n = count(length)
    end = start * timbre.uniform(0.06, 0.1)
    u = np.linspace(0, 1, n)
    curve = end + (start - end) * np.exp(-u * timbre.uniform(3.5, 5.5))
    angle = phase(curve, n)
    index = {"toy": 0.0, "plain": 0.9, "heavy": 1.5}[str(r["weight"])]
    wave = np.sin(angle + index * np.sin(0.5 * angle))
    if r["weight"] == "heavy":
        wave = drive(wave, 2.0) + 0.35 * bandpass(white(timbre, n), 500, 4000) * decay(0.001, 0.15 * length, n)
    shot = unit(fade(wave * decay(0.001, 0.4 * length, n), 0.001, 0.1 * length))
    if r["weight"] == "heavy":
        shot = place(count(length + 0.25), (0, 0), [shot, thump(timbre, 85, 0.2)], (1, 0.3))
    number = int(r["number"])
    gap = length * timing.uniform(0.9, 1.2) + timing.choice((0.06, 0.15, 0.5))
    times = spaced(timing, number, gap, r.seconds, length + 0.1)
    return place(r.samples, times, [shot], [*timing.uniform(0.72, 0.9, number - 1), 1.0])


LASER = Recipe(
    id="laser_shot",
    number=200,
    wave=1,
    code="LASRGun",
    nouns=("laser shot", "laser gun", "laser blast", "blaster shot", "ray gun", "space gun", "zap gun", "sci-fi gun"),
    clauses=(
        "{a} laser gun fires {adv}",
        "{a} blaster is fired {adv}",
        "someone shoots {a} ray gun",
        "{a} laser shot rings out in a space battle",
    ),
    tags=(
        "laser", "blaster", "zap gun", "ray gun", "space gun", "laser fire", "laser pistol", "phaser", "sci-fi weapon", "space shooter",
        "shooting lasers", "alien gun", "laser pew", "space battle", "plasma gun",
    ),
    onomatopoeia=("pew", "pew pew", "pew pew pew"),
    render=_shot,
    attributes=(
        Range("pitch", 1800, 5000, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Range("length", 0.12, 0.5, "s", log=True, axis="length", moves="t60_s"),
        Kind(
            "weight", {"toy": ("toy", "thin"), "plain": (), "heavy": ("heavy", "powerful", "aggressive")}, weights=(1, 2, 1)
        ),
        Count("number", 1, 5),
    ),
    tests=(
        Follows("onset_count", "number", 0.1, given={"number": 3}),
        Between("pitch_slope", -1, -0.3, {"number": 1}),
        Between("centroid_hz", 1000, 2900),
    ),
)


def _beam(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n, hz = r.samples, float(r["pitch"])
    last = r.seconds * timing.uniform(0.86, 0.92)
    knots = {
        "steady": ((0.0, 1.0), (r.seconds, 1.0)),
        "on": ((0.0, 0.25), (0.4, 1.0), (r.seconds, 1.0)),
        "off": ((0.0, 1.0), (last, 1.0), (last + 0.08 * r.seconds, 0.1)),
    }
    power = points(n, *knots[str(r["state"])])
    curve = hz * power**1.2
    stack = saw(curve, n) + saw(1.005 * curve, n, 2.0) + 0.7 * saw(2.009 * curve, n, 4.0)
    bright = 9 if r["kind"] == "beam" else 6
    centre = bright * curve * np.exp(0.35 * slow(timbre, n, 0.6))
    tone = rms(varying_resonator(stack, centre, 1.8)) + 0.7 * rms(lowpass(stack, 2.5 * hz))
    tone = tone * (1 - 0.3 * (0.5 + 0.5 * sine(timbre.uniform(30, 55), n)))
    sound = tone + 0.1 * rms(bandpass(white(timbre, n), 2500, 6500))
    shaky = 1 - r.q("steadiness")
    flicker = np.clip(1 + shaky * (0.9 * slow(timing, n, 14) + 0.5 * sine(timing.uniform(8, 24), n)), 0.02, 2.4)
    return highpass(sound * flicker * power, 45)


BEAM = Recipe(
    id="energy_beam",
    number=201,
    wave=2,
    code="SCIEnrg",
    nouns=("energy beam", "force field", "laser beam", "energy shield", "forcefield hum", "sci-fi energy hum", "plasma hum", "energy buzz"),
    clauses=(
        "{a} energy beam hums {adv}",
        "{a} force field buzzes",
        "{a} laser beam burns without a break",
        "{a} energy hum fills the air",
        "{a} energy shield is active",
    ),
    tags=(
        "laser beam", "energy beam", "force field", "energy", "energy shield", "plasma", "forcefield hum", "energy field", "tractor beam",
        "death ray", "shield generator", "energy barrier", "beam weapon", "plasma field",
    ),
    onomatopoeia=("vwmmm",),
    render=_beam,
    texture=True,
    attributes=(
        Range("pitch", 80, 400, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Range("steadiness", 0, 1, axis="regularity", moves="modulation_depth", sign=-1),
        Kind(
            "kind",
            {
                "beam": ("laser beam", "energy beam", "plasma beam", "death ray"),
                "field": ("force field", "energy shield", "energy field", "forcefield hum"),
            },
            "noun",
        ),
        Kind("state", {"steady": (), "on": ("switching on",), "off": ("shutting off",)}, "after", weights=(3, 1, 1)),
    ),
    tests=(
        Between("modulation_depth", 0, 0.3, {"steadiness_q": 1.0, "state": "steady"}),
        Between("active_share", 0.85, 1),
    ),
)


def _swings(rng: np.random.Generator, r: Record) -> Audio:
    """How fast the sword moves: 0 at rest, 1 in the middle of a swing."""
    times = jittered(rng, rng.uniform(0.7, 1.5), 0.18, r.seconds, 0.35)
    return place(r.samples, times, [hump(count(s), 0.45) for s in rng.uniform(0.4, 0.65, 3)], rng.uniform(0.7, 1, times.size))


def _sword(r: Record, hz: float, clash: bool) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n = r.samples
    swing = np.minimum(_swings(timing, r), 1.2)
    drawn = points(n, (0.0, 0.0), (0.05, 0.0), (0.35, 1.0))
    curve = hz * (0.5 + 0.5 * drawn) * (1 + 0.16 * swing)
    hum = sum(saw(ratio * curve, n, start) for ratio, start in ((1, 0.0), (1.006, 2.0), (0.5, 4.0)))
    sound = rms(varying_lowpass(hum, 650 + 3000 * swing, 1.2)) * (0.35 + 0.9 * swing) * drawn
    sparks = bandpass(white(timbre, count(0.4)), 900, 7000) * decay(0.001, 0.06, count(0.4))
    sound = sound + place(n, (0.06,), [0.7 * unit(sparks)])
    if clash:
        times = 0.55 + jittered(timing, timing.uniform(0.7, 1.4), 0.25, max(r.seconds - 0.55, 0.5))
        crackle = sparks * (1 + 0.8 * np.sign(sine(2.3 * hz, sparks.size)))
        sound = sound + place(n, times, [2.6 * unit(crackle)], timing.uniform(0.7, 1, times.size))
    return sound


def _saucer(r: Record, hz: float) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n = r.samples
    drift = hz * np.exp(0.25 * slow(timing, n, 0.4))
    curve = vibrato(drift, n, timing.uniform(4, 9), timing.uniform(0.14, 0.25))
    return sine(curve, n) + 0.4 * sine(2.01 * curve, n) + 0.15 * saw(0.5 * curve, n) + 0.03 * white(timbre, n)


def _theremin(r: Record, hz: float) -> Audio:
    timing = r.stream("timing")
    notes = hz * 2 ** (timing.choice((-5, -2, 0, 1, 3, 7, 8), max(3, int(r.seconds * 1.3) + 2)) / 12)
    stretched = np.interp(np.arange(r.samples), np.linspace(0, r.samples, 400), np.repeat(notes, -(-400 // notes.size))[:400])
    glide_n = count(0.12)
    smooth = np.convolve(np.pad(stretched, glide_n, mode="edge")[::50], np.hanning(2 * glide_n // 50) * 50 / glide_n, "same")
    drift = np.interp(np.arange(r.samples) + glide_n, np.arange(smooth.size) * 50, smooth)
    curve = vibrato(drift, r.samples, 6.2, 0.035)
    swell = np.clip(0.75 + 0.25 * slow(timing, r.samples, 1.2), 0.15, 1.2)
    return (sine(curve, r.samples) + 0.3 * sine(2 * curve, r.samples) + 0.12 * sine(3 * curve, r.samples)) * swell


def _retro(r: Record) -> Audio:
    hz = float(r["pitch"])
    match r["kind"]:
        case "ufo":
            sound = _saucer(r, 280 * hz**1.6)
        case "theremin":
            sound = _theremin(r, 330 * hz)
        case kind:
            sound = _sword(r, 85 * hz**0.6, kind == "clash")
    return highpass(sound, 45)


RETRO = Recipe(
    id="energy_sword_ufo",
    number=206,
    wave=3,
    code="SCIRetro",
    nouns=("retro sci-fi sound", "energy sword", "flying saucer", "1950s sci-fi effect"),
    clauses=(
        "{a} retro science fiction effect sounds {adv}",
        "a scene from an old space film with {a} sci-fi effect",
        "{a} sci-fi effect hums and wobbles",
    ),
    tags=("50s sci-fi", "alien ship", "retro sci-fi", "old science fiction movie", "space opera", "sci-fi weapon hum"),
    render=_retro,
    attributes=(
        Range("pitch", 1, 2, log=True),
        Kind(
            "kind",
            {
                "swing": ("laser sword", "energy sword", "swinging energy sword", "humming laser sword"),
                "clash": ("laser sword fight", "energy sword fight", "laser sword clash"),
                "ufo": ("ufo", "flying saucer", "wobbling ufo", "alien ship"),
                "theremin": ("theremin", "eerie theremin"),
            },
            "noun",
        ),
    ),
    tests=(
        Between("centroid_hz", 200, 1000, {"kind": "ufo"}),
        Between("harmonicity", 0.8, 1, {"kind": "theremin"}),
        Ascending("high_share", "kind", ("theremin", "clash")),
    ),
)


def _windows(rng: np.random.Generator, samples: int, coverage: float, length_s: tuple[float, float]) -> tuple[Audio, Audio]:
    """Gate of the discharges and the position 0..1 inside each; the first begins at once."""
    gate, inside = np.zeros(samples, np.float32), np.zeros(samples, np.float32)
    start = count(rng.uniform(0.05, 0.2))
    while start < samples:
        n = count(rng.uniform(*length_s))
        stop = min(start + n, samples)
        ramp = np.linspace(0, 1, n, dtype=np.float32)
        inside[start:stop] = ramp[: stop - start]
        gate[start:stop] = np.minimum(1, np.minimum(ramp * n / 30, (1 - ramp) * n / 200))[: stop - start]
        start += round(n / coverage * rng.uniform(0.9, 1.1))
    return gate, inside


def _arc(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n, centre = r.samples, float(r["brightness"])
    length_s = {"zap": (0.08, 0.28), "arc": (0.9, 1.8), "taser": (0.5, 1.1)}[str(r["kind"])]
    gate, inside = _windows(timing, n, float(r["power"]), length_s)
    match r["kind"]:
        case "arc":
            rate = timbre.choice((50.0, 60.0)) * (1 + 1.6 * inside)
        case "taser":
            rate = np.full(n, timbre.uniform(15, 20))
        case _:
            rate = np.full(n, timbre.uniform(90, 200))
    cycle = (phase(rate, n) / (2 * np.pi)) % 1.0
    pulses = np.exp(-cycle * (14 if r["kind"] == "taser" else 5))
    noise = resonator(white(timbre, n), centre, 1.6) + 0.5 * resonator(white(timbre, n), 1.6 * centre, 3)
    buzz = resonator(saw(2 * rate if r["kind"] != "taser" else 6 * rate, n), 0.5 * centre, 0.8)
    restless = 1.0 if r["kind"] == "taser" else np.clip(0.75 + 0.45 * slow(timing, n, 25), 0.15, 1.6)
    snaps = train(n, poisson(timing, 35, r.seconds), [white(timbre, 350) * decay(0.0002, 0.003, 350)], 1.0, timing)
    sound = rms(noise * pulses) + 0.25 * rms(buzz) + (0.15 if r["kind"] == "taser" else 0.5) * rms(resonator(snaps, 1.2 * centre, 0.8))
    return bandpass(sound * restless * gate, 90, 7200)


ARC = Recipe(
    id="electric_arc",
    number=207,
    wave=2,
    code="ELECArc",
    nouns=("electric arc", "electric zap", "electrical discharge", "electric sparks", "high-voltage crackle", "electric shock"),
    clauses=(
        "{a} electric arc crackles {adv}",
        "electricity discharges with {a} zap",
        "{a} high-voltage spark buzzes and snaps",
        "{a} electric shock zaps something",
    ),
    tags=(
        "electricity", "zap", "electric shock", "spark", "arc", "tesla coil", "short circuit", "taser", "sparking", "electrocution",
        "high voltage", "stun gun", "lightning machine", "live wire", "electrical buzz", "sparking wires",
    ),
    onomatopoeia=("bzzt", "zzzap", "bzzzt"),
    render=_arc,
    attributes=(
        Range("power", 0.2, 0.97, log=True, axis="intensity", moves="active_share"),
        Range("brightness", 1500, 4500, "Hz", log=True, axis="brightness", moves="centroid_hz"),
        Kind(
            "kind",
            {
                "zap": ("electric zaps", "short electric zaps", "electric sparks"),
                "arc": ("electric arc", "tesla coil", "rising electric arc", "jacob's ladder"),
                "taser": ("taser", "stun gun", "rattling taser"),
            },
            "noun",
        ),
    ),
    tests=(Between("modulation_hz", 13, 22, {"kind": "taser", "power_q": 1.0}), Between("centroid_hz", 1500, 4500)),
)

RECIPES = (LASER, BEAM, RETRO, ARC)
