"""Machines of the house: ventilating, vacuuming, blending, drying, grinding, stitching, photographing."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    bandpass,
    coloured,
    count,
    decay,
    fade,
    harmonics,
    highpass,
    jittered,
    log_uniform,
    place,
    poisson,
    resonator,
    resonators,
    ring,
    rms,
    sine,
    slow,
    spaced,
    spread,
    thump,
    unit,
    varying_resonator,
    white,
)
from engine.corpus.recipe import Ascending, Audio, Between, Count, Kind, Range, Recipe, Record


def _fan(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n, size, rattle, kind = r.samples, r.q("size"), r.q("rattle"), str(r["kind"])
    speed = 1 + 0.01 * slow(timing, n, 0.5)
    if timing.random() < 0.25:
        speed = speed * spread(1 - (1 - np.clip(np.arange(0, r.seconds, 0.01) / min(2.0, 0.4 * r.seconds), 0, 1)) ** 2, n)
    blades = (120 if kind == "computer" else 15 + 45 * (1 - size)) * timbre.uniform(0.8, 1.25)
    depth = {"fan": timbre.uniform(0.3, 0.6), "conditioner": 0.06, "computer": 0.1}[kind]
    air = rms(bandpass(coloured(timbre, n, -2.5 - 2.5 * size), 90, 5200 * 0.16**size)) * (1 + depth * sine(blades * speed, n))
    hum_hz = float(timbre.choice((100.0, 120.0)))
    hum = harmonics(hum_hz, (1, 0.4, 0.25, 0.12), n)
    whistle = harmonics(np.maximum(blades * speed * (4 if kind == "computer" else 2), 10), (1, 0.5, 0.2), n)
    out = air + {"fan": 0.22, "conditioner": 0.4, "computer": 0.12}[kind] * hum + (0.3 if kind == "computer" else 0.1) * whistle
    ticks = jittered(timing, 1 / timbre.uniform(3, 7), 0.03, r.seconds, 0.08)
    tick = ring(timbre, np.array([900, 1700, 2600, 3300]) * timbre.uniform(0.7, 1.2) * 0.6**size, 0.035, (1, 0.8, 0.6, 0.4), 1500)
    loose = place(n, ticks, [tick, 0.5 * tick], timing.uniform(0.5, 1, ticks.size))
    return highpass((out + 9 * rattle**1.5 * loose) * np.minimum(1, speed) ** 2, 50)


FAN = Recipe(
    id="fan",
    number=134,
    wave=2,
    code="MACHFan",
    nouns=("fan", "ventilation fan", "fan blowing air", "air vent", "ventilator", "electric fan", "ventilation"),
    clauses=("{a} fan blows {adv}", "{a} fan is running {adv}", "{a} ventilation fan runs {adv}", "air blows steadily from {a} fan"),
    tags=(
        "ventilation",
        "hvac",
        "air conditioning",
        "air vent",
        "blowing air",
        "fan noise",
        "extractor fan",
        "ceiling fan",
        "cooling fan",
        "room ventilation",
    ),
    onomatopoeia=("whoooosh",),
    render=_fan,
    texture=True,
    attributes=(
        Range("size", 0, 1, axis="size", moves="centroid_hz", sign=-1),
        Range("rattle", 0, 1, axis="age", moves="crest_db", sign=1),
        Kind(
            "kind",
            {
                "fan": ("electric fan", "desk fan", "table fan", "ceiling fan"),
                "conditioner": ("air conditioner", "air conditioning unit", "hvac unit", "ventilation shaft"),
                "computer": ("computer fan", "server fan", "PC cooling fan"),
            },
            slot="noun",
        ),
    ),
    tests=(Between("active_share", 0.95, 1), Between("modulation_depth", 0.02, 0.6)),
)


def _vacuum(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n, use, pitch = r.samples, str(r["use"]), float(r["pitch"])
    t = np.arange(0, r.seconds, 0.01)
    speed = np.ones(t.size)
    edge = min(float(timing.uniform(0.4, 0.9)), 0.2 * r.seconds)
    if use == "on":
        speed = 1 - np.exp(-np.maximum(t - 0.15, 0) / (0.35 * edge))
    elif use == "off":
        speed = np.exp(-np.maximum(t - (0.93 * r.seconds - 3 * edge), 0) / edge)
    speed = spread(speed, n)
    scale = pitch / 270
    stroke = np.sin(2 * np.pi * np.cumsum(spread(timing.uniform(0.6, 1.2) * (1 + 0.15 * timing.standard_normal(40)), n)) / 22050)
    stroke = stroke if use == "strokes" else 0.12 * slow(timing, n, 0.7)
    f = np.maximum(pitch * speed * (1 + 0.02 * stroke), 15)
    motor = harmonics(f, timbre.uniform(0.5, 1, 12) / np.arange(1, 13) ** 0.8, n)
    noise = white(timbre, n)
    air = rms(bandpass(noise, 250, 4200 * scale))
    nozzle = varying_resonator(noise, timbre.uniform(700, 1000) * scale * (1 + 0.25 * stroke), 3.5)
    out = 0.75 * rms(motor) + 0.7 * air + 0.7 * rms(nozzle) * (1 + 0.35 * stroke)
    return fade(highpass(out * speed**1.5, 60), 0.01, 0.05)


VACUUM = Recipe(
    id="vacuum_cleaner",
    number=135,
    wave=2,
    code="MACHAppl",
    nouns=("vacuum cleaner", "vacuum", "hoover", "vacuuming", "running vacuum cleaner", "carpet vacuum"),
    clauses=(
        "{a} vacuum cleaner runs {adv}",
        "someone vacuums the floor with {a} vacuum cleaner",
        "{a} vacuum cleaner roars {adv}",
        "{a} hoover is running",
    ),
    tags=(
        "cleaning",
        "suction",
        "hoovering",
        "vacuuming the carpet",
        "housework",
        "household vacuum",
        "vacuum cleaner motor",
        "cleaning the house",
        "shop vac",
    ),
    onomatopoeia=("vrooom",),
    render=_vacuum,
    texture=True,
    attributes=(
        Range("pitch", 170, 420, "Hz", log=True, axis="pitch", moves="centroid_hz", sign=1),
        Kind(
            "use",
            {
                "steady": (),
                "strokes": ("moving back and forth", "pushed over the carpet"),
                "on": ("being switched on",),
                "off": ("being switched off", "shutting down"),
            },
            slot="after",
            weights=(2, 2, 1, 1),
        ),
    ),
    tests=(Between("centroid_hz", 700, 2200), Between("modulation_depth", 0.03, 0.5, {"use": "steady"})),
)


def _blender_speed(rng: np.random.Generator, seconds: float, kind: str) -> np.ndarray:
    """Speed 0..1 at 100 points a second: a dryer runs on (in two steps), a blender or grinder is pressed several times."""
    t = np.arange(0, seconds, 0.01)
    if kind == "dryer":
        step = np.where(t > seconds * rng.uniform(0.3, 0.7), 1.0, rng.choice((0.75, 1.0)))
        return step * (1 - np.exp(-t / 0.25))
    wanted, now = np.zeros(t.size), 0.05
    while now < seconds - 0.3:
        length = float(log_uniform(rng, 0.7, 3.5))
        wanted[(t >= now) & (t < now + length)] = rng.choice((0.75, 0.87, 1.0))
        now += length + float(rng.uniform(0.25, 0.7))
    smooth = np.exp(-np.arange(0, 0.6, 0.01) / 0.1)
    return np.convolve(wanted, smooth / smooth.sum())[: t.size]


def _blender(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n, kind, scale = r.samples, str(r["kind"]), float(r["pitch"]) / 275
    speed = spread(_blender_speed(timing, r.seconds, kind), n)
    f = np.maximum(float(r["pitch"]) * speed * (1 + 0.015 * slow(timing, n, 4)), 15)
    motor = rms(harmonics(f, timbre.uniform(0.5, 1, 14) / np.arange(1, 15) ** 0.75, n)) * (1 + 0.25 * sine(f / 4, n))
    noise = white(timbre, n)
    wind = rms(bandpass(noise, 600 * scale, 3300 * scale))
    if kind == "dryer":
        out = 0.55 * motor + 0.9 * wind + 0.4 * rms(resonator(noise, 1200 * scale, 2.5))
    else:
        ticks = poisson(timing, 60 if kind == "blender" else 140, r.seconds)
        bits = [ring(timbre, log_uniform(timbre, 1100, 3600, 3) * scale, 0.03, (1, 0.7, 0.5), 700) for _ in range(6)]
        chew = place(n, ticks, bits, timing.random(ticks.size) ** 2)
        out = motor + 0.6 * wind + (3.0 if kind == "blender" else 2.2) * chew * np.minimum(1, speed * 1.3)
        if kind == "grinder":
            out = out + 0.5 * rms(resonators(noise, [900 * scale, 2300 * scale], 4)) * (1 + 0.5 * slow(timing, n, 25))
    return fade(highpass(out * speed**1.5, 70), 0.01, 0.05)


BLENDER = Recipe(
    id="blender_dryer",
    number=137,
    wave=2,
    code="MACHAppl",
    nouns=("kitchen appliance motor", "household appliance motor", "electric kitchen machine", "high-speed household appliance"),
    clauses=("{a} household appliance runs {adv}", "someone switches on {a} household appliance", "{a} electric appliance motor screams"),
    tags=("household appliance", "appliance", "electric appliance", "small appliance motor", "appliance running"),
    onomatopoeia=("vrrrrr",),
    render=_blender,
    attributes=(
        Range("pitch", 170, 440, "Hz", log=True, axis="pitch", moves="centroid_hz", sign=1),
        Kind(
            "kind",
            {
                "blender": ("blender", "kitchen blender", "mixer", "food processor", "juicer", "blender crushing ice"),
                "dryer": ("hair dryer", "blow dryer", "hairdryer"),
                "grinder": ("coffee grinder", "electric coffee mill", "grinder for coffee beans"),
            },
            slot="noun",
        ),
    ),
    tests=(Between("active_share", 0.6, 1), Between("centroid_hz", 700, 3600), Ascending("modulation_depth", "kind", ("dryer", "blender"))),
)


def _sewing(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n, rate, scale = r.samples, float(r["rate"]), timbre.uniform(0.75, 1.3)
    points = np.arange(0, r.seconds, 0.01)
    speed, now = np.zeros(points.size), float(timing.uniform(0.05, 0.25))
    while now < r.seconds - 0.3:
        length = float(log_uniform(timing, 1.2, 3.5))
        pull = np.clip((points - now) / 0.15, 0, 1) * np.clip((now + length - points) / 0.2, 0, 1)
        speed = np.maximum(speed, pull * timing.uniform(0.93, 1.0))
        now += length + float(timing.uniform(0.3, 0.8))
    speed = spread(speed, n)
    cycles = np.cumsum(rate * speed * (1 + 0.02 * slow(timing, n, 3))) / 22050
    stitches = np.flatnonzero(np.diff(np.floor(cycles)) > 0) / 22050
    down = ring(timbre, np.array([700, 1150, 1700, 2500]) * scale, 0.045, (1, 0.9, 0.7, 0.5), 1500)
    up = ring(timbre, np.array([950, 1500, 2300, 3100]) * scale, 0.03, (1, 0.8, 0.6, 0.4), 1500)
    knock = thump(timbre, 160 * scale, 0.05, 0.5)
    blow = 0.7 * np.pad(knock, (0, max(0, 1500 - knock.size)))[:1500] + down + 0.2 * unit(white(timbre, 1500) * decay(0.0002, 0.002, 1500))
    gains = timing.uniform(0.85, 1, stitches.size)
    clatter = place(n, stitches, [blow], gains) + 0.45 * place(n, stitches + 0.42 / rate, [up], gains)
    f = np.maximum(rate * speed * 24, 15)
    whine = rms(harmonics(f, (1, 0.6, 0.5, 0.35, 0.3, 0.2, 0.2, 0.1), n)) * speed
    return highpass(clatter + 0.07 * whine + 0.02 * rms(bandpass(white(timbre, n), 600, 4000)) * speed, 60)


SEWING = Recipe(
    id="sewing_machine",
    number=142,
    wave=2,
    code="MACHAppl",
    nouns=("sewing machine", "stitching sewing machine", "electric sewing machine", "sewing machine stitching", "tailor's sewing machine"),
    clauses=(
        "{a} sewing machine stitches {adv}",
        "someone sews with {a} sewing machine",
        "{a} sewing machine rattles {adv}",
        "a tailor works at {a} sewing machine",
    ),
    tags=(
        "stitching",
        "sewing",
        "tailor",
        "needle machine",
        "embroidery",
        "seamstress",
        "sewing fabric",
        "embroidery machine",
        "stitching cloth",
    ),
    onomatopoeia=("tuk-tuk-tuk-tuk",),
    render=_sewing,
    attributes=(Range("rate", 5.5, 14, "stitches/s", log=True, axis="rate", moves="onsets_per_s", sign=1),),
    tests=(Between("active_share", 0.6, 1), Between("centroid_hz", 500, 2400)),
)


def _shutter(r: Record, timbre: np.random.Generator) -> Audio:
    """Mirror up, first curtain, second curtain, mirror down; then the motor winds the film."""
    n, bright = count(1.0), 0.62 * 2.0 ** r.q("brightness")
    gap = timbre.uniform(0.045, 0.11)
    out = np.zeros(n, np.float32)
    for time, gain in ((0.0, 0.8), (gap, 1.0)):
        hz = np.array([1900, 2700, 3600, 4700]) * bright * timbre.uniform(0.95, 1.05, 4)
        click = ring(timbre, hz, 0.014, (1, 0.9, 0.7, 0.5), 900) + 0.6 * unit(
            bandpass(white(timbre, 900), 1200 * bright, 5500) * decay(0.0002, 0.004, 900)
        )
        start = count(time)
        out[start : start + 900] += gain * click
    knock = 0.35 * thump(timbre, 250, 0.04, 0.5)
    out[: knock.size] += knock[:n]
    if r["kind"] == "film":
        start, long = count(gap + 0.07), count(0.42)
        f = spread([400, 680, 720, 730, 700, 450], long) * bright
        wind = harmonics(f, (1, 0.6, 0.5, 0.4, 0.3, 0.2), long) * (1 + 0.4 * sine(31, long)) + 0.4 * rms(
            bandpass(white(timbre, long), 1500, 5000)
        )
        out[start : start + long] += 0.13 * unit(fade(wind, 0.03, 0.03))
        out[start + long : start + long + 900] += 0.5 * click
    return unit(out)


def _camera(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    kind, number = str(r["kind"]), int(r["number"])
    shot = _shutter(r, timbre)
    if kind == "burst":
        times = spaced(timing, number + 3, 1 / timing.uniform(4, 8), r.seconds, 0.3, 0.01)
        return highpass(place(r.samples, times, [shot[: count(0.25)]]), 80)
    times = spaced(timing, number, float(log_uniform(timing, 0.8, 2.2)), r.seconds, 0.75)
    out = place(r.samples, times, [shot], timing.uniform(0.85, 1, number))
    if kind == "flash":
        # The flash charges again: a thin whistle that climbs out of hearing.
        start = float(times[-1]) + 0.15
        n = max(count(0.3), min(count(2.2), r.samples - count(start) - 200))
        whistle = sine(2000 * (7200 / 2000) ** np.linspace(0, 1, n) ** 0.6, n) * np.linspace(1, 0.3, n)
        pop = unit(bandpass(white(timbre, 1500), 500, 4500) * decay(0.0004, 0.008, 1500))
        out += place(r.samples, [start], [0.05 * fade(whistle, 0.03, 0.1)]) + place(r.samples, times + 0.05, [0.6 * pop])
    return highpass(out, 80)


CAMERA = Recipe(
    id="camera",
    number=146,
    wave=2,
    code="COMCam",
    nouns=("camera shutter", "camera click", "photo camera", "camera taking a picture", "shutter click", "camera snapshot"),
    clauses=("{a} camera clicks {adv}", "{a} camera takes a picture", "someone takes a photo with {a} camera", "{a} camera shutter snaps"),
    tags=("camera", "shutter", "photo", "snapshot", "taking a photo", "photograph", "SLR", "photographer", "picture taken", "DSLR"),
    onomatopoeia=("click", "ka-chick"),
    render=_camera,
    attributes=(
        Range("brightness", 0, 1, axis="brightness", moves="centroid_hz", sign=1),
        Count("number", 1, 4, spoken=False),
        Kind(
            "kind",
            {
                "plain": (),
                "film": ("with film winding on", "with a motor winding the film"),
                "flash": ("with flash", "with the flash recharging"),
                "burst": ("in burst mode", "in rapid bursts, paparazzi style"),
            },
            slot="after",
            weights=(3, 2, 1.5, 1.5),
        ),
    ),
    tests=(Between("active_share", 0.01, 0.35), Between("high_share", 0.2, 0.98), Ascending("onset_count", "kind", ("plain", "burst"))),
)

RECIPES = (FAN, VACUUM, BLENDER, SEWING, CAMERA)
