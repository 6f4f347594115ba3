"""Insects: chirping crickets, buzzing bees and flies."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import bandpass, count, harmonics, highpass, hump, jittered, log_uniform, place, rms, sine, slow, white
from engine.corpus.recipe import Ascending, Audio, Between, Kind, Range, Recipe, Record


def _cricket(rng: np.random.Generator, hz: float, pulse_rate: float, pulses: int) -> Audio:
    """One chirp: a few pulses of a pure tone, each a little stronger than the one before."""
    period = 1 / pulse_rate
    pulse = sine(hz, count(0.62 * period)) * hump(count(0.62 * period), 0.45)
    gains = (np.arange(pulses) + 2) / (pulses + 1)
    return place(count(period * (pulses + 0.2)), np.arange(pulses) * period, [pulse], gains)


def _crickets(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    number = 1 + round(5 * r.q("number"))
    pause = float(log_uniform(timing, 0.18, 0.55))
    out = np.zeros(r.samples, np.float32)
    for k in range(number):
        pulse_rate, pulses = voice.uniform(25, 42), int(voice.integers(3, 6))
        chirp = _cricket(voice, float(r["pitch"]) * voice.uniform(0.94, 1.06), pulse_rate, pulses)
        period = (pulses / pulse_rate + pause * timing.uniform(0.8, 1.25)) / float(r["speed"])
        times = jittered(timing, max(period, 1.05 * chirp.size / 22050), 0.04, r.seconds, timing.uniform(0.05, 0.35))
        level = 1.0 if k == 0 else float(log_uniform(voice, 0.25, 0.9))
        out += level * place(r.samples, times, [chirp], timing.uniform(0.85, 1, times.size))
    night = rms(bandpass(white(voice, r.samples), 2500, 6500))
    return out + float(log_uniform(voice, 0.002, 0.012)) * night


CRICKETS = Recipe(
    id="crickets",
    number=35,
    wave=1,
    code="ANMLInsc",
    nouns=("crickets", "cricket chirping", "chirping crickets", "night crickets", "field crickets", "crickets at night"),
    clauses=("{adj} crickets chirp {adv}", "crickets are chirping {adv} in the grass", "{adj} crickets sing in a summer night"),
    tags=(
        "cricket",
        "chirping insects",
        "night insects",
        "summer night",
        "insects chirping",
        "cricket sounds",
        "grasshoppers",
        "insect chorus",
        "chirring",
    ),
    onomatopoeia=("chirp chirp", "cri cri"),
    render=_crickets,
    texture=True,
    plural=True,
    attributes=(
        Range("number", 0, 1, axis="density", moves="modulation_depth", sign=-1),
        Range("pitch", 3500, 5300, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Range("speed", 0.8, 1.3, log=True),
    ),
    tests=(Between("high_share", 0.95, 1), Between("centroid_hz", 3500, 5300), Between("flatness_db", -70, -14)),
)


_WINGS = {"fly": (165, 215), "bee": (215, 265), "bumblebee": (110, 150), "wasp": (265, 330)}


def _buzz(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    hovering = r["flight"] == "hovering"
    hz = voice.uniform(*_WINGS[str(r["insect"])])
    drift = slow(timing, r.samples, 0.8 if hovering else 0.5)
    near = 1 / (1 + np.exp(-(2.2 * drift - 0.3)))
    curve = hz * (1 + (0.02 if hovering else 0.05) * slow(timing, r.samples, 3.0) + (0.02 if hovering else 0.09) * (near - 0.5))
    k = np.arange(1, 23)
    body = np.exp(-(((np.log(k * hz) - np.log(voice.uniform(350, 900))) / 1.1) ** 2))
    wing = harmonics(curve, list(k**-0.7 * (0.25 + body) * voice.uniform(0.6, 1.3, k.size)), r.samples)
    wing = rms(wing) + 0.3 * (np.abs(rms(wing)) - 0.8)
    level = (0.75 + 0.25 * near) if hovering else (0.04 + near**1.6)
    rasp = 1 + np.float32(r["temper"] == "angry") * 0.35 * slow(voice, r.samples, 28.0)
    flutter = np.maximum(0.1, 1 + 0.2 * slow(voice, r.samples, 12.0)) * np.maximum(0.1, rasp)
    air = bandpass(white(voice, r.samples), 800, 5000) * np.maximum(0, rms(wing))
    return highpass((wing + 0.12 * air) * level * flutter, 100)


BUZZ = Recipe(
    id="bee_fly",
    number=37,
    wave=2,
    code="ANMLInsc",
    nouns=("buzzing insect", "insect buzzing", "flying insect", "bee or fly buzzing"),
    clauses=("{a} insect buzzes {adv}", "{a} insect is buzzing around", "an insect flies around with {a} buzz"),
    tags=("buzz", "buzzing", "insect wings", "buzzing wings", "insect flying", "pollinator", "bug buzzing"),
    onomatopoeia=("bzzz", "bzz bzz", "zzzz"),
    render=_buzz,
    texture=True,
    attributes=(
        Kind(
            "insect",
            {
                "fly": ("fly", "fly buzzing", "house fly", "buzzing fly", "bluebottle"),
                "bee": ("bee", "honey bee", "bee buzzing", "buzzing bee"),
                "bumblebee": ("bumblebee", "bumblebee buzzing", "buzzing bumblebee"),
                "wasp": ("wasp", "hornet", "wasp buzzing", "buzzing wasp"),
            },
            slot="noun",
        ),
        Kind("flight", {"hovering": ("hovering",), "circling": ("flying around", "flying past", "circling around")}, slot="after"),
        Kind("temper", {"calm": (), "angry": ("angry", "agitated")}, weights=(3, 1)),
    ),
    tests=(
        Ascending("modulation_depth", "flight", ("hovering", "circling")),
        Between("active_share", 0.85, 1),
        Between("centroid_hz", 400, 1800),
    ),
)

RECIPES = (CRICKETS, BUZZ)
