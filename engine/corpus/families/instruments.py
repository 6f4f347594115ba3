"""Struck and plucked instruments that play notes: guitar and its kin, piano, mallets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.corpus.dsp import (
    RATIOS,
    count,
    decay,
    fade,
    fm,
    highpass,
    log_uniform,
    lowpass,
    melody,
    place,
    pluck,
    resonators,
    ring,
    sine,
    transposed,
    unit,
    white,
)
from engine.corpus.recipe import SAMPLE_RATE, Audio, Between, Follows, Kind, Range, Recipe, Record

PROGRESSIONS: dict[str, tuple[tuple[int, ...], ...]] = {
    "major": ((0, 4, 7), (-5, -1, 2), (-3, 0, 4), (5, 9, 12)),
    "minor": ((0, 3, 7), (-4, 0, 3), (3, 7, 10), (-2, 2, 5)),
}


@dataclass(frozen=True)
class Note:
    """One event of a tune: when, how long until the next, which semitones above the root, how strong."""

    time_s: float
    seconds: float
    semitones: tuple[int, ...]
    gain: float


def tune(rng: np.random.Generator, seconds: float, notes_per_s: float, scale: str, gain_spread: float = 0.25) -> list[Note]:
    """A short motif of longer and shorter notes, repeated through the clip."""
    size = int(rng.integers(5, 9))
    pitches = melody(rng, size, scale)
    lengths = rng.choice([1.0, 1.0, 0.5, 2.0], size) / notes_per_s
    notes, now, index = [], float(rng.uniform(0.04, 0.25)), 0
    while now < seconds - 0.15:
        length = float(lengths[index % size])
        notes.append(Note(now, length, (int(pitches[index % size]),), float(rng.uniform(1 - gain_spread, 1))))
        now, index = now + length, index + 1
    return notes


def progression(rng: np.random.Generator, seconds: float, chords_per_s: float, mood: str) -> list[Note]:
    """Four chords, again and again."""
    step, start = 1 / chords_per_s, float(rng.uniform(0.04, 0.2))
    chords = PROGRESSIONS[mood]
    times = np.arange(start, max(start + 0.01, seconds - 0.3), step)
    return [Note(float(time), step, chords[i % 4], float(rng.uniform(0.85, 1))) for i, time in enumerate(times)]


def single(rng: np.random.Generator, seconds: float, semitones: tuple[int, ...]) -> list[Note]:
    """One note or one chord near the start."""
    start = float(min(rng.uniform(0.04, 0.5), 0.1 * seconds))
    return [Note(start, seconds - start, semitones, 1.0)]


def played(r: Record, notes: list[Note], voice: Callable[[float], Audio], root_hz: float, strum_s: float = 0.0) -> Audio:
    """Notes sounded by ``voice``, each pitch rendered once; chords are spread by ``strum_s`` a string."""
    pitches = sorted({semitone for note in notes for semitone in note.semitones})
    sounds = [voice(transposed(root_hz, semitone)) for semitone in pitches]
    times = [note.time_s + strum_s * i for note in notes for i in range(len(note.semitones))]
    gains = [note.gain for note in notes for _ in note.semitones]
    which = np.array([pitches.index(semitone) for note in notes for semitone in note.semitones])
    return place(r.samples, times, sounds, gains, which)


def _score(r: Record) -> list[Note]:
    timing, playing = r.stream("timing"), str(r["playing"])
    match playing:
        case "note":
            return single(timing, r.seconds, (0,))
        case "major":
            return single(timing, r.seconds, (0, 4, 7, 12))
        case "minor":
            return single(timing, r.seconds, (0, 3, 7, 12))
        case "chords":
            return progression(timing, r.seconds, float(log_uniform(timing, 0.6, 1.3)), str(timing.choice(["major", "minor"])))
        case "slow":
            return tune(timing, r.seconds, float(log_uniform(timing, 0.9, 1.6)), "minor")
        case _:
            return tune(timing, r.seconds, float(log_uniform(timing, 4, 6)), "major")


_PLAYING: dict[str, tuple[str, ...]] = {
    "note": ("playing a single note", "playing one note"),
    "major": ("playing a major chord",),
    "minor": ("playing a minor chord",),
    "chords": ("playing chords", "playing a chord progression"),
    "slow": ("playing a slow sad melody", "playing a slow melody", "playing slowly"),
    "fast": ("playing a fast happy melody", "playing a fast melody", "playing quickly"),
}

_STRINGS: dict[str, tuple[float, float, float, tuple[float, ...]]] = {
    # pitch factor, decay in s, pick brightness in harmonics, body resonances in Hz
    "guitar": (0.85, 2.2, 8, (105, 205, 400)),
    "harp": (1.0, 2.4, 6, (180, 420, 900)),
    "banjo": (1.1, 0.55, 11, (420, 750, 1300)),
    "ukulele": (1.15, 0.8, 8, (260, 430, 800)),
    "bass": (0.6, 2.0, 8, (90, 180, 340)),
}


def _plucked(r: Record) -> Audio:
    timbre, timing, kind = r.stream("timbre"), r.stream("timing"), str(r["kind"])
    factor, t60, pick, body = _STRINGS[kind]
    position, pick = timbre.uniform(0.1, 0.3), pick * timbre.uniform(0.8, 1.25)
    n = count(1.1 if r["playing"] in ("sweep", "fast") else min(1.8, max(0.6, t60)))

    def voice(hz: float) -> Audio:
        string = pluck(timbre, hz, n, min(9000.0, pick * hz), t60 * (200 / hz) ** 0.4, position)
        return fade(string, 0.001, 0.2) / max(float(np.sqrt(np.mean(string**2))), 1e-6)

    playing = str(r["playing"])
    if playing == "sweep":
        notes = _harp_runs(timing, r.seconds)
    elif playing == "strum":
        mood = str(timing.choice(["major", "minor"]))
        notes = [
            Note(n.time_s, n.seconds, tuple(sorted({*n.semitones, n.semitones[0] + 12})), n.gain)
            for n in progression(timing, r.seconds, float(log_uniform(timing, 0.8, 2.2)), mood)
        ]
    else:
        rate = float(log_uniform(timing, 0.9, 1.6)) if playing == "slow" else float(log_uniform(timing, 4, 6.5))
        scale = "minor" if playing == "slow" else "major"
        notes = single(timing, r.seconds, (0,)) if playing == "note" else tune(timing, r.seconds, rate, scale)
    dry = played(r, notes, voice, float(r["pitch"]) * factor, timing.uniform(0.015, 0.035))
    tuned = [hz * timbre.uniform(0.85, 1.2) for hz in body]
    return unit(highpass(0.6 * dry + resonators(dry, tuned, 3, (0.8, 0.7, 0.6)), 45))


def _harp_runs(rng: np.random.Generator, seconds: float) -> list[Note]:
    """Glissandi over a good octave, up or down, 15-25 notes a second."""
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 17, 19])
    notes: list[Note] = []
    now = float(rng.uniform(0.04, 0.2))
    while now < seconds - 0.3:
        step = 1 / rng.uniform(14, 22)
        run = scale if rng.random() < 0.65 else scale[::-1]
        notes += [Note(now + step * i, step, (int(p),), 0.7 + 0.3 * i / len(run)) for i, p in enumerate(run)]
        now += step * len(run) + float(log_uniform(rng, 0.5, 2))
    return notes


PLUCKED = Recipe(
    id="plucked_string",
    number=250,
    wave=2,
    code="MUSCPluck",
    nouns=("plucked string instrument", "plucked strings", "string instrument being plucked", "plucked string"),
    clauses=(
        "someone plucks {a} string instrument",
        "strings are plucked {adv}",
        "a musician plays {a} plucked instrument {adv}",
        "{a} plucked string rings out",
    ),
    tags=("string pluck", "plucking", "fingerpicking", "acoustic strings", "unplugged", "plucked notes", "fingerstyle", "picking strings"),
    onomatopoeia=("twang", "plink plonk"),
    render=_plucked,
    attributes=(
        Range("pitch", 85, 520, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Kind(
            "kind",
            {
                "guitar": ("acoustic guitar", "guitar", "classical guitar"),
                "harp": ("harp", "concert harp"),
                "banjo": ("banjo",),
                "ukulele": ("ukulele",),
                "bass": ("acoustic bass guitar", "upright bass", "plucked double bass"),
            },
            slot="noun",
            weights=(3, 1.5, 1, 1, 1),
        ),
        Kind(
            "playing",
            {
                "note": ("playing a single note", "plucked once"),
                "strum": ("strumming chords", "being strummed"),
                "sweep": ("playing a glissando", "playing sweeping runs"),
                "slow": ("playing a slow sad melody", "plucked slowly"),
                "fast": ("playing a fast happy melody", "picked quickly"),
            },
            slot="after",
            weights=(1, 1.3, 0.7, 1, 1),
        ),
    ),
    tests=(Between("flatness_db", -45, -12), Follows("f0_hz", "pitch", 0.08, factor=0.85, given={"playing": "note", "kind": "guitar"})),
)


def _piano_note(rng: np.random.Generator, hz: float, n: int, soft: float, detune_cents: float, inharmonic: float) -> Audio:
    k = np.arange(1, min(26, int(9000 / hz)) + 1)
    partial_hz = k * hz * np.sqrt(1 + inharmonic * k**2)
    amplitude = k ** -(0.9 + 0.9 * soft) * np.abs(np.sin(k * np.pi / 8) + 0.08)
    short, long = 1.1 * (260 / hz) ** 0.5 / k**0.5, 5 * (260 / hz) ** 0.5 / k**0.6
    spread = 2 ** (detune_cents / 1200)
    strings = ring(rng, [*partial_hz, *(partial_hz * spread)], [*short, *long], [*amplitude, *(0.45 * amplitude)], n)
    hammer = lowpass(white(rng, n), 2200 - 1500 * soft) * decay(0.0005, 0.008, n)
    return fade(strings + 0.5 * hammer / max(float(np.abs(hammer).max()), 1e-9) * (0.35 - 0.2 * soft), 0.001, 0.25 * n / SAMPLE_RATE)


def _electric_note(hz: float, n: int, soft: float) -> Audio:
    index = (0.25 + 0.9 * (1 - soft)) * decay(0.001, 0.35, n) + 0.12
    body = fm(hz, 1.0, index, n) * decay(0.002, 0.75, n)
    tine = sine(min(14 * hz, 6500), n) * decay(0.001, 0.05, n)
    return fade(body + (0.2 - 0.12 * soft) * tine, 0.001, 0.25 * n / SAMPLE_RATE)


def _piano(r: Record) -> Audio:
    timbre, kind = r.stream("timbre"), str(r["kind"])
    soft = timbre.uniform(0.6, 1) if r["touch"] == "soft" else timbre.uniform(0, 0.35)
    inharmonic = float(log_uniform(timbre, 1e-4, 8e-4))
    cents = {"grand": 0.7, "honky": 14.0}.get(kind, 1.0) * timbre.uniform(0.8, 1.2)

    notes = _score(r)
    # A lone note or chord rings out; in a tune the next ones soon cover it.
    longest = 6.0 if len(notes) == 1 else 2.6

    def voice(hz: float) -> Audio:
        n = count(float(np.clip(1.3 * longest * (260 / hz) ** 0.5, 0.7, longest)))
        return _electric_note(hz, n, soft) if kind == "electric" else _piano_note(timbre, hz, n, soft, cents, inharmonic)

    out = played(r, notes, voice, float(r["pitch"]), 0.004)
    if kind == "electric":
        rate = timbre.uniform(4, 6)
        out = out * (1 - timbre.uniform(0.15, 0.4) * (0.5 + 0.5 * sine(rate, r.samples)))
    return unit(highpass(out, 42))


PIANO = Recipe(
    id="piano",
    number=252,
    wave=2,
    code="MUSCKeyd",
    nouns=("piano", "piano music", "keyboard instrument", "piano keys"),
    clauses=("someone plays {a} piano {adv}", "{a} piano plays", "{a} piano is being played", "a pianist plays {a} piano"),
    tags=("keys", "pianist", "keyboard", "piano playing", "piano sound", "ivory keys", "struck piano strings"),
    onomatopoeia=("plink",),
    render=_piano,
    attributes=(
        Range("pitch", 75, 900, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Kind(
            "kind",
            {
                "grand": ("piano", "grand piano", "acoustic piano"),
                "honky": ("upright piano", "honky-tonk piano", "old upright piano"),
                "electric": ("electric piano", "e-piano", "Rhodes piano"),
            },
            slot="noun",
            weights=(3, 1, 1.5),
        ),
        Kind("touch", {"soft": ("soft", "gentle"), "hard": ("hard-hit", "bold")}),
        Kind("playing", _PLAYING, slot="after"),
    ),
    tests=(Between("harmonicity", 0.7, 1), Follows("f0_hz", "pitch", 0.08, given={"playing": "note", "kind": "electric"})),
)

_MALLETS: dict[str, tuple[float, tuple[float, ...], float, tuple[float, ...]]] = {
    # pitch factor, ratios, decay of the fundamental at 400 Hz in s, amplitudes
    "marimba": (0.8, RATIOS["marimba"], 0.55, (1, 0.25, 0.06)),
    "xylophone": (1.3, RATIOS["xylophone"], 0.22, (1, 0.5, 0.3)),
    "vibraphone": (1.0, RATIOS["vibraphone"], 3.5, (1, 0.2, 0.05)),
    "glockenspiel": (2.0, RATIOS["free_bar"][:3], 1.8, (1, 0.35, 0.2)),
    "kalimba": (0.9, (1, 2.02, 6.267), 0.9, (1, 0.12, 0.25)),
    "steel": (0.9, (1, 2.0, 3.0, 4.02, 5.9), 0.8, (1, 0.7, 0.4, 0.2, 0.1)),
}


def _mallets(r: Record) -> Audio:
    timbre, timing, kind = r.stream("timbre"), r.stream("timing"), str(r["kind"])
    factor, ratios, t60, gains = _MALLETS[kind]
    hard = timbre.uniform(1.0, 1.9) if r["mallet"] == "hard" else timbre.uniform(0.15, 0.45)
    detune = 1 + 0.012 * timbre.uniform(-1, 1, len(ratios)) * (np.arange(len(ratios)) > 0)

    def voice(hz: float) -> Audio:
        ring_s = t60 * (400 / hz) ** 0.5
        n = count(min(2.5, 1.1 * ring_s + 0.1))
        # Vibraphone, glockenspiel and kalimba strokes sound softer at first in the highs as the bar settles.
        decays = ring_s / np.asarray(ratios) ** (0.9 if kind != "steel" else 0.5)
        bar = ring(timbre, hz * np.asarray(ratios) * detune, decays, np.asarray(gains) * hard ** (np.arange(len(ratios)) > 0), n)
        tick = lowpass(white(timbre, n), 1200 + 2500 * hard) * decay(0.0005, 0.003, n)
        return fade(bar + 0.12 * hard * tick, 0.001 if kind != "steel" else 0.004, 0.05)

    notes = _mallet_score(r, timing)
    out = played(r, notes, voice, float(r["pitch"]) * factor)
    if kind == "vibraphone":
        out = out * (1 - 0.35 * (0.5 + 0.5 * sine(timbre.uniform(4, 7), r.samples)))
    return unit(highpass(out, 60))


def _mallet_score(r: Record, rng: np.random.Generator) -> list[Note]:
    playing = str(r["playing"])
    if playing == "note":
        return single(rng, r.seconds, (0,))
    if playing == "roll":
        times = np.arange(float(rng.uniform(0.04, 0.2)), r.seconds - 0.1, 1 / rng.uniform(11, 15))
        change = float(log_uniform(rng, 1.2, 3))
        pitches = melody(rng, int(r.seconds / change) + 2, "major")
        return [Note(float(t), 0.08, (int(pitches[int(t / change)]),), float(rng.uniform(0.6, 1))) for t in times]
    rate = float(log_uniform(rng, 1.0, 1.8)) if playing == "slow" else float(log_uniform(rng, 4, 6.5))
    return tune(rng, r.seconds, rate, "minor" if playing == "slow" else "major")


MALLETS = Recipe(
    id="mallet_percussion",
    number=254,
    wave=2,
    code="MUSCTnprc",
    nouns=("mallet instrument", "tuned percussion", "mallet percussion", "struck bars"),
    clauses=(
        "someone plays {a} mallet instrument {adv}",
        "a musician strikes tuned bars with mallets",
        "{a} mallet instrument is played",
        "tuned bars are struck {adv}",
    ),
    tags=("mallets", "tuned bars", "mallet melody", "percussive melody", "orff instrument", "struck bar", "mallet hits"),
    onomatopoeia=("bing bong",),
    render=_mallets,
    attributes=(
        Range("pitch", 170, 850, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Kind(
            "kind",
            {
                "marimba": ("marimba",),
                "xylophone": ("xylophone", "toy xylophone"),
                "vibraphone": ("vibraphone", "vibes"),
                "glockenspiel": ("glockenspiel", "orchestra bells"),
                "kalimba": ("kalimba", "thumb piano", "mbira"),
                "steel": ("steel drum", "steel pan", "steelpan"),
            },
            slot="noun",
        ),
        Kind("mallet", {"soft": ("softly struck", "mellow"), "hard": ("hard-struck", "sharply struck")}),
        Kind(
            "playing",
            {
                "note": ("playing a single note", "struck once"),
                "roll": ("playing a roll", "playing tremolo rolls"),
                "slow": ("playing a slow melody", "playing slowly"),
                "fast": ("playing a fast happy melody", "playing quickly"),
            },
            slot="after",
        ),
    ),
    tests=(
        Between("flatness_db", -70, -15),
        Follows("centroid_hz", "pitch", 0.25, factor=0.8, given={"playing": "note", "kind": "marimba", "mallet": "soft"}),
    ),
)

RECIPES = (PLUCKED, PIANO, MALLETS)
