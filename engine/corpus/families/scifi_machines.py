"""Science fiction: spaceships, robots, machines that power up and down, sonar."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    VOWELS,
    bandpass,
    brown,
    count,
    decay,
    doppler_pass,
    fade,
    formants,
    glide,
    glottal,
    hall,
    highpass,
    log_uniform,
    lowpass,
    place,
    rms,
    saw,
    sine,
    slow,
    square,
    thump,
    unit,
    varying_lowpass,
    vibrato,
    white,
)
from engine.corpus.recipe import Audio, Between, Kind, Range, Recipe, Record


def _drone(r: Record, curve: np.ndarray, top: float) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n, hz = r.samples, float(r["pitch"])
    stack = saw(curve, n) + 0.8 * saw(1.007 * curve, n, 2.0)
    whine = sine(vibrato(timbre.integers(8, 13) * curve, n, timbre.uniform(0.6, 4), 0.05), n)
    tone = rms(lowpass(stack, top * hz, 4)) + timbre.uniform(0.2, 0.4) * whine
    pulse = 1 + timbre.uniform(0.1, 0.5) * sine(float(log_uniform(timing, 0.3, 6)), n)
    air = rms(bandpass(white(timbre, n), 2.0 * hz, 8 * hz)) * (1 + 0.2 * slow(timing, n, 0.7))
    return tone * pulse + timbre.uniform(0.12, 0.35) * air


def _ship(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n, hz = r.samples, float(r["pitch"])
    u = np.linspace(0, 1, n)
    match r["kind"]:
        case "flyby":
            closest = min(timing.uniform(1.8, 4.0), 0.5 * r.seconds)
            curve = hz * np.exp(0.05 * slow(timing, n, 1))
            hiss = 0.5 * rms(bandpass(white(timbre, n), 6 * hz, 14 * hz))
            near = 1 / (1 + (((np.arange(n) / 22050) - closest) / 0.45) ** 2)
            sound = doppler_pass(_drone(r, 1.3 * curve, 9) + hiss * near, timing.uniform(70, 130), timing.uniform(25, 45), closest)
        case "takeoff":
            rise = u**1.6
            curve = hz * 2 ** (1.6 * rise)
            roar = rms(bandpass(white(timbre, n), 1.2 * hz, 9 * hz)) * (0.2 + rise)
            sound = (_drone(r, curve, 7) + 0.8 * roar) * (0.3 + 0.7 * rise) * np.minimum(1, (1 - u) * 12)
        case _:
            sound = _drone(r, np.full(n, hz), 6)
    return highpass(sound, 45, 4)


SHIP = Recipe(
    id="spaceship",
    number=203,
    wave=2,
    code="SCIShip",
    nouns=("spaceship engine", "spaceship hum", "starship engine", "spacecraft", "sci-fi ship engine", "spaceship"),
    clauses=(
        "{a} spaceship engine hums {adv}",
        "{a} starship drones through space",
        "the engine of {a} spacecraft throbs",
        "{a} spaceship flyby roars past",
        "{a} spaceship launch shakes the hangar",
        "{a} spaceship is running its engines",
    ),
    tags=(
        "spaceship", "starship", "engine hum sci-fi", "spacecraft", "ship interior", "space engine", "rocket ship sci-fi",
        "sci-fi ambience", "mothership", "warp engine", "space freighter", "interstellar ship", "spaceship drone",
    ),
    render=_ship,
    texture=True,
    attributes=(
        Range("pitch", 48, 180, "Hz", log=True, axis="size", reverse=True, moves="centroid_hz", sign=1),
        Kind(
            "kind",
            {
                "hum": ("spaceship engine hum", "starship interior hum", "spaceship interior", "ship interior", "starship bridge"),
                "flyby": ("spaceship flyby", "spaceship flying past", "spacecraft fly-by", "spaceship passing", "ufo flying"),
                "takeoff": ("spaceship take-off", "spaceship taking off", "starship lift-off", "spaceship launch"),
            },
            "noun",
            weights=(2, 1, 1),
        ),
    ),
    tests=(
        Between("modulation_depth", 0.6, 2.5, {"kind": "flyby"}),
        Between("active_share", 0.9, 1, {"kind": "hum"}),
        Between("pitch_slope", 0.4, 1, {"kind": "takeoff"}),
    ),
)


def _droid_note(rng: np.random.Generator, hz: float, seconds: float, mood: str) -> Audio:
    n = count(seconds)
    hz = hz * 2 ** rng.uniform(-0.55, 0.55)
    bend = {"happy": rng.uniform(1.15, 1.7), "sad": rng.uniform(0.55, 0.8), "angry": rng.uniform(0.8, 1.3)}[mood]
    curve = glide(hz / np.sqrt(bend), hz * np.sqrt(bend), n)
    form = rng.integers(3)
    if form == 1:
        curve = curve * np.where(sine(rng.uniform(12, 26), n) > 0, 1.12, 0.89)
    if mood == "angry":
        wave = lowpass(square(curve, n, 0.3), 3 * hz) * (0.6 + 0.4 * np.sign(sine(rng.uniform(40, 70), n)))
    elif form == 2:
        wave = np.sin(2 * np.pi * np.cumsum(curve) / 22050 + 1.2 * sine(rng.uniform(60, 200), n))
    else:
        wave = sine(curve, n) + 0.15 * sine(2 * curve, n)
    return unit(fade(wave, 0.006, 0.3 * seconds))


def _talk_syllable(rng: np.random.Generator, pitch: float, seconds: float, mood: str) -> Audio:
    n = count(seconds)
    size = (pitch / 1200) ** 0.9
    slope = {"happy": 1.12, "sad": 0.86, "angry": 1.0}[mood]
    hz = 130 * size**0.5 * glide(1.0, slope, n)
    source = glottal(rng, hz, n, 0.45, 0.0, -30)
    first, second = (VOWELS[v] for v in rng.choice(list("aeiou@"), 2))
    mixed = [np.linspace(a, b, 2).mean() for a, b in zip(first, second, strict=True)]
    voice = formants(source, mixed, (0.8, 1.0, 0.6), 1.15 * size)
    ring = square(float({"angry": 85, "happy": 60, "sad": 50}[mood]), n)
    wave = voice * (0.35 + 0.65 * ring) if mood != "angry" else voice * ring
    # A short metallic comb turns the voice into a loudspeaker in a box.
    delay = count(0.0043)
    wave[delay:] += 0.6 * wave[:-delay]
    return unit(fade(wave, 0.008, 0.25 * seconds))


def _robot(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    rate, mood = float(r["rate"]), str(r["mood"])
    make = _talk_syllable if r["kind"] == "talk" else _droid_note
    notes = [make(voice, float(r["pitch"]), float(timing.uniform(0.6, 0.85)) / rate, mood) for _ in range(14)]
    times, now = [], float(timing.uniform(0.05, 0.3))
    while now < r.seconds - 0.1:
        for _ in range(int(timing.integers(4, 10))):
            times.append(now)
            now += timing.uniform(0.9, 1.15) / rate
        now += timing.uniform(1.2, 2.6) / rate
    return place(r.samples, times, notes, timing.uniform(0.75, 1, len(times)), timing.integers(0, 14, len(times)))


ROBOT = Recipe(
    id="robot_voice",
    number=204,
    wave=2,
    code="ROBTVox",
    nouns=("robot voice", "droid", "robot chatter", "beeping robot", "chattering robot", "robot"),
    clauses=(
        "{a} robot talks {adv}",
        "{a} droid chatters",
        "{a} little droid beeps and chirps",
        "{a} robot answers with electronic sounds",
    ),
    tags=(
        "robot", "droid", "robot talking", "droid chatter", "android", "computer voice", "robotic voice", "cyborg", "astromech droid",
        "robot language", "machine talking", "robot speech", "droid beeps",
    ),
    onomatopoeia=("beep boop", "bleep bloop", "beep boop beep"),
    render=_robot,
    attributes=(
        Range("pitch", 600, 2400, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Range("rate", 2.6, 9, "/s", log=True, axis="rate", moves="onsets_per_s"),
        Kind(
            "kind",
            {
                "droid": ("droid", "beeping robot", "droid chatter"),
                "talk": ("talking robot", "robot talking", "robot voice", "robotic voice", "robot speech"),
            },
            "noun",
            weights=(3, 2),
        ),
        Kind("mood", {"happy": ("happy", "cheerful"), "sad": ("sad",), "angry": ("angry",)}),
    ),
    tests=(Between("active_share", 0.4, 1), Between("centroid_hz", 600, 2600)),
)


def _power(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    start = min(float(timing.uniform(0.05, 0.4)), 0.05 * r.seconds)
    seconds = min(float(r["length"]), 0.85 * r.seconds - start)
    n, base = count(seconds), float(r["pitch"])
    u = np.linspace(0, 1, n)
    if r["direction"] == "down":
        u = u[::-1]
    curve = base * 2 ** (2.6 * u**1.3)
    pair = saw(curve, n) + saw(1.008 * curve, n, 2.0) + 0.6 * saw(0.5 * curve, n, 4.0)
    tone = rms(varying_lowpass(pair, 3 * curve, 1.4))
    flutter = 1 - 0.5 * (0.5 + 0.5 * np.sin(2 * np.pi * np.cumsum(4 + 26 * u**1.5) / 22050))
    whine = 0.2 * rms(sine(4 * curve, n) * u)
    sound = fade((tone * flutter + whine) * (0.4 + 0.6 * u), 0.02, 0.015 if r["direction"] == "up" else 0.12 * seconds)
    out = place(r.samples, (start,), [unit(sound)])
    at = start + seconds
    if r["end"] == "boom":
        out += place(r.samples, (at,), [0.9 * fade(thump(timbre, 90, 0.8, 0.8), 0, 0.05)])
    elif r["end"] == "zap":
        m = count(0.35)
        zap = sine(glide(4500, 300, m, 0.5), m) + 0.6 * bandpass(white(timbre, m), 1500, 6000)
        out += place(r.samples, (at,), [0.9 * unit(zap * decay(0.001, 0.08, m))])
    return highpass(out, 42)


POWER = Recipe(
    id="power_up_down",
    number=205,
    wave=2,
    code="SCIMach",
    nouns=("sci-fi power up", "sci-fi power down", "machine power sweep", "sci-fi power sound", "reactor power sweep"),
    clauses=(
        "{a} sci-fi power sound sweeps {adv}",
        "a futuristic machine makes {a} power sweep",
        "{a} energy charge builds in a weapon",
        "{a} machine power sweep is heard",
    ),
    tags=("sci-fi machine", "reactor", "energy core", "generator sci-fi", "capacitor", "power sweep"),
    render=_power,
    attributes=(
        Range("length", 0.7, 6, "s", log=True, axis="length", moves="length_s"),
        Range("pitch", 55, 190, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Kind(
            "direction",
            {
                "up": ("power up", "machine powering up", "energy charging up", "charge up", "energy charge", "charging"),
                "down": ("power down", "machine powering down", "shut down", "energy discharge", "discharge"),
            },
            "noun",
        ),
        Kind("end", {"none": (), "boom": ("ending with a boom",), "zap": ("ending with a zap",)}, "after", weights=(2, 1, 1)),
    ),
    tests=(
        Between("pitch_slope", 0.6, 1, {"direction": "up", "end": "none"}),
        Between("pitch_slope", -1, -0.6, {"direction": "down", "end": "none"}),
    ),
)


def _sonar(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    hz = float(r["pitch"])
    n = count(timbre.uniform(0.15, 0.4))
    ping = fade(sine(glide(1.015 * hz, 0.985 * hz, n), n) + 0.12 * sine(2.0 * hz, n), 0.006, 0.05)
    m = count(1.9)
    echo = place(m, (0,), [ping])
    reply = place(m, (timing.uniform(0.6, 0.9),), [0.12 * lowpass(ping, 0.9 * hz)])
    sounding = hall(timbre, echo + reply, timbre.uniform(1.2, 2.2), 1.4 * hz, 0.35)
    sounding = unit(fade(sounding * np.exp(-np.arange(m) / 22050 / 0.5) + 0.2 * reply, 0.001, 0.4))
    times = np.arange(timing.uniform(0.05, 0.35), r.seconds - 0.2, 1 / float(r["rate"]))
    bed = rms(bandpass(brown(timbre, r.samples), 60, 450)) * (1 + 0.2 * slow(timing, r.samples, 0.5))
    return place(r.samples, times, [sounding]) + 0.012 * bed


SONAR = Recipe(
    id="sonar_ping",
    number=210,
    wave=2,
    code="BOATSub",
    nouns=("sonar ping", "submarine sonar", "sonar", "radar ping", "sonar pulse", "underwater sonar ping"),
    clauses=(
        "{a} sonar pings {adv}",
        "{a} submarine sonar echoes under water",
        "{a} sonar ping searches the deep",
        "a submarine sends {a} sonar ping",
    ),
    tags=(
        "sonar", "ping", "submarine", "radar", "scanner ping", "sonar echo", "submarine ping", "active sonar", "radar screen",
        "depth sounder",
    ),
    onomatopoeia=("ping",),
    render=_sonar,
    attributes=(
        Range("pitch", 600, 1800, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Range("rate", 0.24, 0.9, "/s", log=True, axis="rate", moves="modulation_depth", sign=-1),
    ),
    tests=(Between("centroid_hz", 550, 1900), Between("harmonicity", 0.7, 1)),
)

RECIPES = (SHIP, ROBOT, POWER, SONAR)
