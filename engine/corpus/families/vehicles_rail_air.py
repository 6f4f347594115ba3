"""Vehicles on rails and in the air: trains and their horns, helicopters, propeller planes, jets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dsp import (
    bandpass,
    coloured,
    count,
    decay,
    doppler_pass,
    drive,
    fade,
    harmonics,
    highpass,
    jittered,
    log_uniform,
    lowpass,
    modes,
    phase,
    place,
    resonator,
    resonators,
    rms,
    sine,
    slow,
    unit,
    varying_lowpass,
    white,
)
from engine.corpus.recipe import SAMPLE_RATE, Ascending, Audio, Between, Count, Follows, Kind, Range, Recipe, Record


def _clack(rng: np.random.Generator, scale: float) -> Audio:
    n = count(0.35)
    hz = np.array([160, 380, 820, 1650]) * scale * rng.uniform(0.95, 1.05, 4)
    body = unit(modes(hz, 6.9 / rng.uniform(30, 90, 4), (1, 0.9, 0.7, 0.5), n, rng))
    hit = unit(bandpass(white(rng, n), 300, 3500) * decay(0.001, 0.03, n))
    return unit(1.2 * body + hit)


def _train(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n, freight = r.samples, r["kind"] == "freight"
    scale = float(timbre.uniform(0.7, 0.95) if freight else timbre.uniform(1.0, 1.35))
    joints = jittered(timing, 1 / float(r["speed"]), 0.01, r.seconds, float(timing.uniform(0.05, 0.25)))
    gap = float(timing.uniform(0.11, 0.15))
    times = np.sort(np.concatenate([joints, joints + gap]))
    clacks = [_clack(timbre, scale) for _ in range(6)]
    gains = timing.uniform(0.75, 1.1, times.size) * np.tile([1, 0.8], joints.size)
    events = place(n, times, clacks, gains, timing.integers(0, 6, times.size))
    swing = 1 + 0.15 * slow(timing, n, 1.5)
    rumble = rms(bandpass(white(timbre, n), 60, timbre.uniform(220, 420))) * swing
    rush = rms(bandpass(white(timbre, n), 500, timbre.uniform(1800, 5500))) * swing
    share = float(timbre.uniform(0.25, 0.8))
    bed = rms((1 - share) * rumble + share * rush)
    out = events / max(float(np.abs(events).max()), 1e-9) + 0.045 * bed
    if r["wheels"] == "squeal":
        tones = sum(resonator(white(timbre, n), hz, 60) for hz in timbre.uniform(2000, 4500, 3))
        out = out + 0.05 * rms(tones) * np.clip(slow(timing, n, 0.8) + 0.5, 0, 2)
    if r["view"] == "inside":
        out = lowpass(out, 800, 4) + 0.4 * resonator(out, timbre.uniform(180, 320), 2)
    return highpass(out, 45)


TRAIN = Recipe(
    id="train",
    number=162,
    wave=1,
    code="TRNClak",
    nouns=("train", "train passing", "train on the tracks", "railway train", "clattering train", "rolling train", "train wheels on rails"),
    clauses=(
        "{a} train rolls along the tracks {adv}",
        "{a} train clatters over the rail joints",
        "{a} train passes on the railway",
        "the wheels of {a} train clack on the rails",
    ),
    tags=(
        "railway",
        "clickety clack",
        "train tracks",
        "subway car",
        "railroad",
        "rails",
        "train ride",
        "train wheels",
        "rail joints",
        "rolling stock",
        "train clattering",
        "railway carriage",
    ),
    onomatopoeia=("clickety clack", "clackety clack", "ta-dum ta-dum"),
    render=_train,
    texture=True,
    attributes=(
        Range("speed", 0.65, 2.1, "/s", log=True, axis="rate", moves="onsets_per_s"),
        Kind("kind", {"freight": ("freight train", "goods train", "cargo train"), "passenger": ("passenger train", "train")}, slot="noun"),
        Kind("view", {"outside": (), "inside": ("heard from inside", "from inside the carriage")}, slot="after", weights=(3, 1)),
        Kind("wheels", {"plain": (), "squeal": ("with squealing wheels", "with screeching wheels")}, slot="after", weights=(4, 1)),
    ),
    tests=(
        Between("active_share", 0.95, 1),
        Follows("onsets_per_s", "speed", 0.25, 2.0, {"view": "outside", "wheels": "plain"}),
    ),
)


def _helicopter(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n, rate = r.samples, float(r["rate"])
    u = phase(rate * (1 + 0.004 * slow(timing, n, 0.5)), n, float(timing.uniform(0, 6))) / (2 * np.pi)
    blades = int(timing.choice([2, 3, 4]))
    gains = (1 + 0.12 * timing.standard_normal(blades))[u.astype(int) % blades]
    u = u % 1
    width = float(timbre.uniform(0.028, 0.045)) * rate / 12
    slap = np.exp(-(((u - 0.2) / width) ** 2)) - 0.95 * np.exp(-(((u - 0.2 - 2 * width) / (1.15 * width)) ** 2))
    thump = rms(bandpass(slap * gains, 55, timbre.uniform(450, 900)))
    gate = np.exp(-(((u - 0.25) / 0.13) ** 2)) * gains + 0.06
    wash = rms(bandpass(white(timbre, n), timbre.uniform(130, 250), 900 * 3.5 ** r.q("brightness")) * gate)
    tail = (u * float(timbre.choice([4, 5]))) % 1
    buzz = rms(bandpass(np.exp(-5 * tail) * (0.3 + gate), 90, 1200))
    turbine = np.sin(phase(timbre.uniform(1500, 4500) * (1 + 0.004 * slow(timing, n, 1)), n))
    mix = thump + (0.25 + 0.9 * r.q("brightness")) * wash + 0.15 * buzz
    return highpass(mix * (1 + 0.12 * slow(timing, n, 0.3)) + (0.01 + 0.05 * timbre.random()) * turbine, 50)


HELICOPTER = Recipe(
    id="helicopter",
    number=166,
    wave=1,
    code="AEROHeli",
    nouns=("helicopter", "helicopter rotor", "hovering helicopter", "helicopter blades", "flying helicopter", "helicopter flying overhead"),
    clauses=(
        "{a} helicopter hovers {adv}",
        "{a} helicopter flies overhead",
        "the rotor of {a} helicopter chops the air",
        "{a} helicopter is flying",
    ),
    tags=(
        "chopper",
        "rotor",
        "helicopter flying over",
        "blades",
        "rotor blades",
        "copter",
        "whirlybird",
        "helo",
        "rotorcraft",
        "helicopter hovering",
    ),
    onomatopoeia=("chop chop chop", "whop whop whop", "thup thup thup"),
    render=_helicopter,
    texture=True,
    attributes=(
        Range("rate", 9.5, 24, "/s", log=True, axis="rate", moves="modulation_hz"),
        Range("brightness", 0, 1, axis="brightness", moves="centroid_hz"),
    ),
    tests=(Follows("modulation_hz", "rate", 0.06), Between("modulation_depth", 0.35, 1.2), Between("active_share", 0.98, 1)),
)


def _blast(rng: np.random.Generator, kind: str, scale: float, seconds: float) -> Audio:
    """One blast of an air horn (a chord of reeds) or of a steam whistle (breathy pipes)."""
    n = count(seconds)
    t = np.arange(n) / SAMPLE_RATE
    scoop = scale * 2 ** (-np.exp(-t / 0.05) * 0.7 / 12 - 0.4 / 12 * np.clip((t - seconds + 0.2) / 0.2, 0, 1))
    out = np.zeros(n, np.float32)
    if kind == "horn":
        notes = np.array([311, 370, 415, 494, 622]) * rng.uniform(0.992, 1.008, 5)
        for hz in rng.permutation(notes)[: int(rng.integers(3, 6))]:
            out += harmonics(hz * scoop, np.arange(1, 15) ** -0.75 * rng.uniform(0.5, 1, 14) * rng.choice([-1, 1], 14), n)
        out = rms(lowpass(out, 5000)) + 0.06 * rms(bandpass(white(rng, n), 800, 5000))
        return unit(out * np.minimum(1, t / 0.08) * np.clip((seconds - t) / 0.15, 0, 1))
    warble = scoop * (1 + 0.004 * np.sin(2 * np.pi * rng.uniform(5, 8) * t))
    for hz in 440 * np.array([1, 1.26, 1.5, 1.2])[rng.permutation(4)[:3]] * rng.uniform(0.985, 1.015, 3):
        out += harmonics(hz * warble, (1, 0.35, 0.25, 0.08), n)
        out += 2.5 * resonator(white(rng, n), hz * scale, 30) + 1.5 * resonator(white(rng, n), 2 * hz * scale, 30)
    hiss = bandpass(white(rng, n), 1800, 7000)
    return unit((rms(out) + 0.22 * rms(hiss)) * np.minimum(1, t / 0.12) * np.clip((seconds - t) / 0.25, 0, 1))


def _train_horn(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    number, start, gap = int(r["number"]), float(timing.uniform(0.05, 0.35)), float(timing.uniform(0.25, 0.5))
    lengths = float(r["length"]) * (np.array([1, 1, 0.45, 1.4]) if number == 4 else np.ones(number))
    room = r.seconds - start - 0.2 - gap * (number - 1)
    lengths = np.maximum(lengths * min(1.0, room / float(lengths.sum())), 0.15)
    body = {float(long): _blast(timbre, str(r["kind"]), float(r["pitch"]), float(long)) for long in np.unique(lengths)}
    times = start + np.concatenate([[0.0], np.cumsum(lengths[:-1] + gap)])
    return highpass(place(r.samples, times, [body[float(long)] for long in lengths]), 60)


TRAIN_HORN = Recipe(
    id="train_horn",
    number=163,
    wave=2,
    code="TRNHorn",
    nouns=("train horn", "locomotive horn", "train horn blast", "railway horn", "blast of a train horn"),
    clauses=("{a} train blows its horn {adv}", "{a} locomotive sounds its horn", "{a} train horn blares {adv}", "{a} train signals {adv}"),
    tags=("train signal", "train honking", "train blowing", "railroad horn", "train whistle blowing", "locomotive signal"),
    onomatopoeia=("choo choo", "toot toot"),
    render=_train_horn,
    attributes=(
        Kind(
            "kind",
            {
                "horn": ("train horn", "diesel locomotive horn", "locomotive air horn"),
                "whistle": ("steam train whistle", "steam whistle", "old train whistle", "steam locomotive whistle"),
            },
            slot="noun",
        ),
        Range("length", 0.25, 2.6, "s", axis="length", moves="active_share"),
        Range("pitch", 0.85, 1.2, log=True),
        Count("number", 1, 4),
    ),
    tests=(Follows("onset_count", "number", 0.01), Between("harmonicity", 0.5, 1), Between("centroid_hz", 400, 1900)),
)


def _propeller(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n = r.samples
    t = np.arange(n) / SAMPLE_RATE
    middle = min(r.seconds, 10) * float(timing.uniform(0.4, 0.6))
    hz = float(log_uniform(timbre, 150, 290) if r["kind"] == "drone" else log_uniform(timbre, 62, 112)) * (1 + 0.006 * slow(timing, n, 1))
    if r["flight"] == "dive":
        hz = hz * (1 + 0.65 * np.clip(t / (0.8 * r.seconds), 0, 1) ** 1.6)
    detunes = {"single": (1.0,), "twin": (1.0, 1 + float(timing.uniform(0.008, 0.02))), "drone": (1.0, 1.022, 0.97, 1.05)}[str(r["kind"])]
    pulses, gate = np.zeros(n, np.float32), np.full(n, 0.15, np.float32)
    for ratio in detunes:
        wobble = 1 + (0.02 if r["kind"] == "drone" else 0.002) * slow(timing, n, 3)
        u = (np.cumsum(hz * ratio * wobble) / SAMPLE_RATE % 1).astype(np.float32)
        blade = np.exp(-6 * u)
        pulses, gate = pulses + blade - 0.166, gate + blade
    bodies = timbre.uniform(0.8, 1.25, 4) * np.array([210, 430, 800, 1500]) * (2 if r["kind"] == "drone" else 1)
    tone = resonators(pulses, list(bodies), 2, (1, 0.9, 0.7, 0.5)) + 0.2 * lowpass(pulses, 2500)
    out = rms(tone) + float(timbre.uniform(0.12, 0.28)) * rms(bandpass(white(timbre, n) * gate, 350, 3500))
    if r["flight"] == "past":
        speed = float(timing.uniform(45, 70))
        moved = doppler_pass(out, speed, 3.2 * speed / 3, middle)
        near = 1 / np.sqrt(1 + (3 * (t - middle) / 3.2) ** 2)
        out = near * moved + (1 - near) * lowpass(moved, 1200)
    return highpass(out, 110 if r["kind"] == "drone" else 50)


PROPELLER = Recipe(
    id="propeller_plane",
    number=167,
    wave=2,
    code="AEROProp",
    nouns=("propeller plane", "propeller aircraft", "propeller", "propeller airplane", "spinning aircraft propeller"),
    clauses=(
        "{a} propeller plane flies {adv}",
        "{a} propeller drones {adv}",
        "{a} propeller aircraft is in the air",
        "{a} propeller buzzes",
    ),
    tags=("prop plane", "aeroplane with propeller", "old airplane", "plane engine droning", "cessna", "propeller engine"),
    render=_propeller,
    texture=True,
    attributes=(
        Kind(
            "kind",
            {
                "single": ("small propeller plane", "light aircraft", "single-engine airplane", "biplane", "small plane"),
                "twin": ("twin-engine propeller plane", "old twin-engine airplane"),
                "drone": ("quadcopter drone", "drone flying", "small drone", "quadcopter"),
            },
            slot="noun",
            weights=(3, 2, 2),
        ),
        Kind(
            "flight",
            {"steady": (), "past": ("flying past", "flying by"), "dive": ("going into a dive", "diving")},
            slot="after",
            weights=(3, 2, 1),
        ),
    ),
    tests=(
        Ascending("centroid_hz", "kind", ("single", "drone")),
        Between("modulation_depth", 0.02, 0.3, {"flight": "steady", "kind": "single"}),
        Between("active_share", 0.95, 1),
    ),
)


def _jet_level(timing: np.random.Generator, kind: str, seconds: float, samples: int) -> tuple[NDArray, NDArray]:
    """Level and nearness (-1 coming .. 1 going) of the jet along the clip."""
    t = np.arange(samples) / SAMPLE_RATE
    if kind == "cabin":
        return np.ones(samples), np.zeros(samples)
    middle = min(seconds, 10) * float(timing.uniform(0.35, 0.5))
    width = {"takeoff": 0.26, "pass": 0.17, "fighter": 0.07}[kind] * min(seconds, 10) * float(timing.uniform(0.8, 1.2))
    x = (t - middle) / width
    level = 1 / (1 + np.where(x < 0, x**2 * (0.6 if kind == "takeoff" else 2.0), 0.5 * x**2))
    return level, np.tanh(1.2 * x)


def _jet(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    kind = str(r["kind"])
    n = r.samples if kind == "cabin" else min(r.samples, count(13.0))
    level, side = _jet_level(timing, kind, n / SAMPLE_RATE, n)
    doppler = 1 - {"cabin": 0, "takeoff": 0.08, "pass": 0.16, "fighter": 0.28}[kind] * side
    if kind == "takeoff":
        doppler = doppler * (0.6 + 0.4 * (1 - (1 - np.linspace(0, 1, n)) ** 3))
    roar = coloured(timbre, n, -3.0)
    if kind == "cabin":
        air = rms(bandpass(roar, 80, timbre.uniform(500, 900))) + 0.12 * rms(bandpass(roar, 900, 4000))
        hum = sine(timbre.uniform(90, 130), n) + 0.5 * sine(timbre.uniform(180, 280), n)
        return highpass(air * (1 + 0.04 * slow(timing, n, 0.7)) + 0.2 * hum, 60)
    top = (900 + 6500 * level) * (1 - 0.45 * np.clip(side, 0, 1))
    roar = varying_lowpass(highpass(roar, 80), top)
    whine = np.zeros(n, np.float32)
    for hz, gain in zip((1240, 1860, 2790, 4200), (0.5, 1, 0.7, 0.3), strict=True):
        whine += gain * sine(hz * float(timbre.uniform(0.95, 1.05)) * doppler * (1 + 0.002 * slow(timing, n, 20)), n)
    whine = (
        (0.25 if kind == "fighter" else 0.5)
        * rms(whine)
        * np.sqrt(level)
        * np.clip(0.75 - 0.7 * side, 0, 1)
        * float(timbre.uniform(0.35, 0.8))
    )
    swell = 1 + 0.12 * slow(timing, n, 6)
    out = rms(roar) * level * swell * (0.7 + 0.3 * side) + whine
    if kind == "fighter":
        out = drive(2.2 * out, 1.5) + 0.5 * level**1.5 * rms(
            bandpass(np.maximum(slow(timing, n, 70) - 0.8, 0) * white(timbre, n), 200, 5000)
        )
    return place(r.samples, np.arange(0, r.seconds, 12.5), [fade(highpass(out, 55), 0.3, 0.6)])


JET = Recipe(
    id="jet_plane",
    number=168,
    wave=2,
    code="AEROJet",
    nouns=("jet plane", "jet engine", "jet aircraft", "jet airplane", "jetliner"),
    clauses=("{a} jet plane roars {adv}", "the engines of {a} jet roar", "{a} jet aircraft is heard", "{a} jet engine roars {adv}"),
    tags=("jet", "jet noise", "turbojet", "jet roar", "airliner", "aeroplane", "passenger jet"),
    render=_jet,
    texture=True,
    attributes=(
        Kind(
            "kind",
            {
                "takeoff": ("jet taking off", "airplane taking off", "plane taking off"),
                "pass": ("jet flying over", "airplane flying overhead", "airliner flying by"),
                "fighter": ("fighter jet flying past", "military jet flyby", "fighter jet"),
                "cabin": ("airplane cabin", "inside of a flying airplane", "jet cabin during flight"),
            },
            slot="noun",
            weights=(2, 2, 2, 1),
        ),
    ),
    tests=(
        Ascending("modulation_depth", "kind", ("cabin", "pass", "fighter")),
        Between("active_share", 0.9, 1, {"kind": "pass"}),
        Between("centroid_hz", 100, 700, {"kind": "cabin"}),
    ),
)

RECIPES = (TRAIN, TRAIN_HORN, HELICOPTER, PROPELLER, JET)
