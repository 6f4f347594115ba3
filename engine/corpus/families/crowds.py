"""Crowds of people: talk, applause, cheers."""

from __future__ import annotations

import numpy as np
from scipy.signal import oaconvolve

from engine.corpus.dsp import (
    babble,
    coloured,
    count,
    decay,
    fade,
    formants,
    glottal,
    hump,
    impulses,
    log_uniform,
    lowpass,
    place,
    poisson,
    resonator,
    rms,
    sine,
    slow,
    unit,
    white,
)
from engine.corpus.recipe import Audio, Between, Kind, Range, Recipe, Record

_PEOPLE = {"mixed": ((95, 130), (130, 180), (185, 250)), "men": ((90, 115), (105, 130), (120, 150)),
           "women": ((165, 195), (185, 220), (210, 250)), "children": ((250, 290), (280, 320), (310, 370))}  # fmt: skip


def walla(rng: np.random.Generator, samples: int, voices: int, people: str = "mixed", lively: bool = False) -> Audio:
    """Many people talking at once, from three loops of speech at nine speeds; unit RMS."""
    seconds = samples / 22050
    variants = []
    for low, high in _PEOPLE[people]:
        hz = float(rng.uniform(low, high)) * (1.19 if lively else 1.0)
        scale = 0.9 + 0.0022 * hz if people != "mixed" else 0.85 + 0.0019 * hz
        loop = fade(babble(rng, count(2.3), hz, scale, float(rng.uniform(3.8, 5.2)), 0.9 if lively else 0.3), 0.1, 0.1)
        for factor in rng.uniform(0.86, 1.17, 3):
            variants.append(np.interp(np.arange(0, loop.size - 1, factor), np.arange(loop.size), loop).astype(np.float32))
    turns = int(np.ceil(voices * (seconds + 2.3) / 2.3))
    times = rng.uniform(-2.6, seconds - 0.1, turns)
    levels = np.exp(rng.uniform(np.log(0.2), 0, voices))[np.arange(turns) % voices]
    which = rng.integers(len(variants), size=turns)
    # Voices that began before the clip: laid on a longer line whose start is cut away.
    line = place(samples + count(2.6), times + 2.6, variants, levels, which)[count(2.6) :]
    return rms(lowpass(line, 4500 * rng.uniform(0.75, 1.2)))


def _crowd(r: Record) -> Audio:
    out = walla(r.stream("voice"), r.samples, round(float(r["voices"])), str(r["people"]), r["mood"] == "lively")
    return out + 0.03 * coloured(r.stream("timbre"), r.samples, -5)


CROWD = Recipe(
    id="crowd",
    number=229,
    wave=1,
    code="CRWDWalla",
    nouns=("crowd", "crowd chatter", "crowd murmur", "people talking", "crowd noise", "walla", "background chatter", "hubbub"),
    clauses=(
        "{a} crowd of people is talking",
        "{a} crowd chatters {adv}",
        "many people talk at once",
        "{a} crowd murmurs in the background",
    ),
    tags=(
        "people chatting", "babble of voices", "crowded room", "party chatter", "group of people talking", "murmuring crowd",
        "crowd ambience", "many voices", "lobby chatter", "chatter", "murmur of voices", "conversations", "gathering of people",
        "cocktail party",
    ),
    onomatopoeia=("rhubarb rhubarb",),
    render=_crowd,
    texture=True,
    attributes=(
        Range("voices", 6, 60, "voices", log=True, axis="size", moves="modulation_depth", sign=-1),
        Kind(
            "people",
            {
                "mixed": (),
                "men": ("crowd of men", "men talking", "male crowd"),
                "women": ("crowd of women", "women talking", "female crowd"),
                "children": ("crowd of children", "children talking", "chattering kids"),
            },
            "noun",
            (4, 1, 1, 1),
        ),
        Kind("mood", {"calm": ("calm", "relaxed"), "lively": ("lively", "excited", "animated")}),
    ),
    tests=(Between("active_share", 0.95, 1), Between("modulation_depth", 0.1, 0.3, {"voices_q": 0.95}), Between("centroid_hz", 380, 1000)),
)  # fmt: skip


def claps(rng: np.random.Generator, timbre: np.random.Generator, samples: int, people: int, rate: float, together: bool = False) -> Audio:
    """Every clapper has a rhythm, a level and hands of their own."""
    number = int(samples / 22050 * rate * 1.35) + 2
    period = (1 / rate) * (np.ones((people, 1)) if together else rng.uniform(0.8, 1.25, (people, 1)))
    steps = period * (1 + (0.03 if together else 0.07) * rng.standard_normal((people, number)))
    first = rng.normal(0.3, 0.025, (people, 1)) if together else rng.uniform(0, 1, (people, 1)) * period
    times = first + (np.arange(number) / rate + steps if together else np.cumsum(steps, axis=1)) - period
    levels = np.exp(rng.uniform(np.log(0.2), 0, (people, 1))) * rng.uniform(0.75, 1, (people, number))
    hands = np.arange(people)[:, None] % 5 * np.ones(number, int)
    body = timbre.uniform(0.8, 1.3)
    out = np.zeros(samples, np.float32)
    for hand in range(min(5, people)):
        n = count(0.02)
        clap = resonator(white(timbre, n), float(log_uniform(timbre, 700, 2200)) * body, 1.3) + 0.12 * white(timbre, n)
        mine = hands == hand
        out += oaconvolve(impulses(samples, times[mine], levels[mine]), clap * decay(0.0003, 0.004, n))[:samples]
    return out


def _applause(r: Record) -> Audio:
    timing, timbre, together = r.stream("timing"), r.stream("timbre"), r["manner"] == "rhythmic"
    rate = {"polite": 2.9, "enthusiastic": 4.6, "rhythmic": 2.1}[str(r["manner"])] * timbre.uniform(0.92, 1.08)
    return lowpass(claps(timing, timbre, r.samples, max(2, round(float(r["people"]))), rate, together), 7000)


APPLAUSE = Recipe(
    id="applause",
    number=230,
    wave=1,
    code="CRWDApls",
    nouns=("applause", "clapping", "audience clapping", "clapping audience", "crowd applause", "hand clapping", "round of applause"),
    clauses=(
        "{a} audience claps {adv}",
        "{a} audience applauds",
        "people are clapping their hands",
        "{adj} applause breaks out",
    ),
    tags=(
        "ovation", "standing ovation", "audience", "hand claps", "people clapping", "concert applause", "theatre applause",
        "clapping hands", "crowd clapping", "bravo", "handclaps",
    ),
    onomatopoeia=("clap clap clap", "clap clap"),
    render=_applause,
    texture=True,
    plural=True,
    attributes=(
        Range("people", 3, 200, "people", log=True, axis="size", moves="modulation_depth", sign=-1),
        Kind(
            "manner",
            {
                "polite": ("polite", "gentle"),
                "enthusiastic": ("enthusiastic", "excited"),
                "rhythmic": ("rhythmic", "slow rhythmic", "synchronised"),
            },
            weights=(3, 3, 1),
        ),
    ),
    tests=(
        Between("centroid_hz", 1500, 2700),
        Between("modulation_depth", 0.1, 0.5, {"people_q": 0.95, "manner": "enthusiastic"}),
        Between("active_share", 0.95, 1, {"people_q": 0.9}),
    ),
)  # fmt: skip


def _shout(hz: float, rng: np.random.Generator) -> Audio:
    """One person's "woo" or "yeah", held for a second or two."""
    n = count(rng.uniform(0.9, 2.0))
    u = np.linspace(0, 1, n)
    pitch = hz * np.interp(u, (0, 0.15, 0.7, 1), (0.75, 1.05, 1.0, 0.8)) * (1 + 0.01 * slow(rng, n, 8))
    ends = (350, 900) if rng.random() < 0.4 else (450, 1700)
    vowel = (np.interp(u, (0, 0.3), (ends[0], 760)), np.interp(u, (0, 0.3), (ends[1], 1200)), 2600)
    voice = formants(glottal(rng, pitch, n, 0.5, 0.03, -16), vowel, (1, 0.8, 0.4), 1.1, q=5)
    return unit(voice * np.minimum(1, u / 0.1) * np.minimum(1, (1 - u) / 0.3))


def _whistles(rng: np.random.Generator, samples: int) -> Audio:
    seconds = samples / 22050
    calls = []
    for _ in range(3):
        n = count(rng.uniform(0.35, 0.8))
        hz = rng.uniform(1700, 2800) * np.interp(np.linspace(0, 1, n), (0, 0.35, 0.5, 1), (0.75, 1.25, 0.85, 1.15))
        calls.append(sine(hz, n) * hump(n) ** 0.4)
    times = np.append(poisson(rng, 0.6, seconds), min(1.0, 0.2 * seconds))
    return place(samples, times, calls, rng.uniform(0.4, 1, times.size))


def _cheering(r: Record) -> Audio:
    timing, timbre, voice = r.stream("timing"), r.stream("timbre"), r.stream("voice")
    size, people = r.q("people"), float(r["people"])
    low, high = (300, 560) if r["who"] == "children" else (190, 430)
    shouts = []
    for _ in range(5):
        shout = _shout(float(log_uniform(voice, low, high)), voice)
        shouts += [np.interp(np.arange(0, shout.size - 1, f), np.arange(shout.size), shout).astype(np.float32) for f in (0.88, 1.0, 1.13)]
    turns = max(4, int(people * (r.seconds + 1.5) / 3))
    times = timing.uniform(-1.3, r.seconds - 0.2, turns)
    line = place(r.samples + count(1.3), times + 1.3, shouts, timing.uniform(0.3, 1, turns), timing.integers(len(shouts), size=turns))
    noise = formants(white(voice, r.samples), (850, 1300, 2700), (1, 0.8, 0.6), timbre.uniform(0.9, 1.2), q=2.0)
    out = rms(line[count(1.3) :]) + 10 ** (-1.6 + 1.8 * size) * rms(noise) * (1 + 0.12 * slow(timing, r.samples, 1.5))
    if r["extra"] == "whistles":
        out += 0.9 * _whistles(timing, r.samples)
    if r["extra"] == "applause":
        out += 0.45 * rms(claps(timing, voice, r.samples, 60, 4.5))
    t = np.arange(r.samples) / 22050
    swell = 1 - (0.8 if r["shape"] == "outburst" else 0.15) * np.exp(-t / timing.uniform(0.25, 0.5))
    return lowpass(out * swell, 6500)


CHEER = Recipe(
    id="cheering",
    number=231,
    wave=2,
    code="CRWDCheer",
    nouns=("cheering crowd", "crowd cheering", "cheering", "cheering people", "crowd cheer", "audience cheering"),
    clauses=("{a} crowd cheers {adv}", "{a} crowd is cheering", "{a} crowd erupts in cheers", "{a} audience screams with joy"),
    tags=(
        "celebration", "goal", "hooray", "audience screaming", "yay", "crowd goes wild", "victory cheer", "fans cheering", "hurrah",
        "celebrating", "winning crowd", "concert crowd screaming", "excited crowd", "woohoo crowd",
    ),
    onomatopoeia=("hooray", "woohoo", "yay"),
    render=_cheering,
    texture=True,
    attributes=(
        Range("people", 8, 70, "people", log=True, axis="size", moves="flatness_db", sign=1),
        Kind("who", {"adults": (), "children": ("cheering children", "children cheering", "kids cheering")}, "noun", (4, 1)),
        Kind(
            "extra",
            {"none": (), "whistles": ("with whistles", "and whistling"), "applause": ("with applause", "and clapping")},
            "after",
            (2, 1, 1),
        ),
        Kind("shape", {"steady": (), "outburst": ("sudden",)}, weights=(2, 1)),
    ),
    tests=(Between("centroid_hz", 700, 2000), Between("active_share", 0.9, 1)),
)  # fmt: skip

RECIPES = (CROWD, APPLAUSE, CHEER)
