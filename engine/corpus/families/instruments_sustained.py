"""Instruments whose notes last: organ, brass, bowed strings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from engine.corpus.dsp import (
    adsr,
    bandpass,
    count,
    decay,
    fade,
    highpass,
    log_uniform,
    lowpass,
    phase,
    pluck,
    resonators,
    sawteeth,
    slow,
    transposed,
    unit,
    wavetable,
    white,
)
from engine.corpus.families.instruments import Note, played, progression, single, tune
from engine.corpus.recipe import SAMPLE_RATE, Audio, Between, Follows, Kind, Range, Recipe, Record

_STOPS = np.array([1, 2, 3, 4, 6, 8, 10, 12, 16])


def _stop_table(levels: NDArray) -> NDArray:
    """Harmonics of half the note, after the levels of the nine stops (16', 8', 5 1/3', 4' ... 1')."""
    table = np.zeros(16 * 4)
    for stop, level in zip(_STOPS, levels, strict=True):
        # Each pipe or tone wheel has a few harmonics of its own.
        table[stop - 1] += level
        table[2 * stop - 1] += 0.25 * level
        table[3 * stop - 1] += 0.1 * level
    return table


def _organ_notes(r: Record) -> list[Note]:
    timing, playing, mood = r.stream("timing"), str(r["playing"]), str(r["mood"])
    if playing == "chord":
        return single(timing, r.seconds, (0, 4, 7, 12) if mood == "major" else (0, 3, 7, 12))
    if playing == "chords":
        return progression(timing, r.seconds, float(log_uniform(timing, 0.35, 0.8)), mood)
    return tune(timing, r.seconds, float(log_uniform(timing, 2, 4.5)), mood, 0.0)


def _organ(r: Record) -> Audio:
    timbre, kind, full = r.stream("timbre"), str(r["kind"]), r.q("brightness")
    levels = np.array([0.7, 1, 0.1, 0.5, 0.25, 0.3, 0.12, 0.15, 0.2]) * timbre.uniform(0.6, 1.4, 9)
    levels[3:] *= 0.06 * 60**full
    root = float(log_uniform(timbre, 110, 260)) * (0.7 if kind == "horror" else 1)
    rotor = timbre.choice([timbre.uniform(0.7, 1), timbre.uniform(5.5, 7)]) if kind == "electric" else 0.0
    attack, release = (0.004, 0.04) if kind == "electric" else (0.05, 0.3)
    out = np.zeros(r.samples, np.float32)
    for note in _organ_notes(r):
        start = count(note.time_s)
        n = min(r.samples - start, count(note.seconds + release))
        shape = adsr(n, attack, 0.1, 1.0, release)
        for semitone in note.semitones:
            hz = transposed(root, semitone)
            tuned = hz / 2 * 2 ** (timbre.uniform(-2, 2) / 1200)
            out[start : start + n] += shape * wavetable(_stop_table(levels), tuned, n, timbre.uniform(0, 6))
        if kind != "electric":
            chiff = count(min(0.06, 0.5 * n / SAMPLE_RATE))
            out[start : start + chiff] += 0.5 * bandpass(white(timbre, chiff), 600, 4000) * decay(0.01, 0.015, chiff)
    if rotor:
        turn = np.sin(phase(rotor, r.samples)).astype(np.float32)
        return unit(highpass(out * (1 + 0.3 * turn), 45))
    if kind == "horror":
        return unit(highpass(out * (1 + 0.25 * np.sin(phase(timbre.uniform(4.5, 6), r.samples))), 45))
    return unit(highpass(out + 0.01 * float(out.std()) * bandpass(white(timbre, r.samples), 200, 3000), 45))


ORGAN = Recipe(
    id="organ",
    number=253,
    wave=2,
    code="MUSCKeyd",
    nouns=("organ", "organ music", "musical organ", "keyboard organ"),
    clauses=("someone plays {a} organ {adv}", "{a} organ plays", "{a} organ sounds {adv}", "an organist plays {a} organ"),
    tags=("organist", "organ sound", "organ stops", "organ playing", "sustained organ", "hymn"),
    render=_organ,
    attributes=(
        Range("brightness", 0, 1, axis="brightness", moves="centroid_hz"),
        Kind(
            "kind",
            {
                "pipe": ("pipe organ", "church organ", "cathedral organ"),
                "electric": ("electric organ", "Hammond organ", "drawbar organ"),
                "horror": ("horror organ", "haunted house organ"),
            },
            slot="noun",
            weights=(2, 2, 1),
        ),
        Kind("mood", {"major": ("happy", "major-key"), "minor": ("sad", "minor-key", "solemn")}),
        Kind(
            "playing",
            {
                "chord": ("holding a chord", "playing a long chord"),
                "chords": ("playing chords", "playing a hymn"),
                "melody": ("playing a melody",),
            },
            slot="after",
        ),
    ),
    tests=(Between("flatness_db", -60, -15), Between("active_share", 0.85, 1)),
)


def _lines(r: Record, notes: list[Note], glide_s: float, attack_s: float, gap: float, swell: float) -> tuple[NDArray, NDArray]:
    """Semitone curve and level curve of a line whose notes follow one another; ``gap`` is the silent share of each note."""
    pitch = np.zeros(r.samples)
    level = np.zeros(r.samples)
    for note in notes:
        start = count(note.time_s)
        stop = min(r.samples, count(note.time_s + note.seconds))
        if stop - start < 64:
            continue
        pitch[start:] = note.semitones[0]
        n = min(stop - start, max(64, int((1 - gap) * (stop - start))))
        shape = adsr(n, min(attack_s, 0.3 * n / SAMPLE_RATE), 0.3, 0.8, min(0.12, 0.3 * n / SAMPLE_RATE))
        if swell > 0:
            shape = shape * (1 - swell + swell * np.sin(np.pi * np.linspace(0, 0.92, n) ** 1.3) ** 1.5)
        level[start : start + n] = note.gain * shape
    window = max(3, count(glide_s))
    return uniform_filter1d(pitch, window, mode="nearest"), level.astype(np.float32)


_HORNS: dict[str, tuple[float, tuple[float, float], float]] = {
    # pitch factor, resonances in Hz, cut-off factor
    "trumpet": (1.0, (1200, 2400), 1.0),
    "trombone": (0.55, (550, 1400), 0.8),
    "french horn": (0.6, (400, 900), 0.6),
    "tuba": (0.36, (250, 500), 0.6),
    "section": (0.65, (700, 1700), 0.9),
}
_FANFARES = (((0, 0.5), (0, 0.25), (0, 0.25), (4, 0.5), (7, 0.5), (12, 2)), ((0, 0.75), (0, 0.25), (7, 0.5), (4, 0.5), (12, 1.5)),
             ((-5, 0.5), (0, 0.5), (4, 0.5), (7, 1), (4, 0.5), (7, 2)))  # fmt: skip


def _horn_notes(r: Record) -> list[Note]:
    timing, playing = r.stream("timing"), str(r["playing"])
    if playing == "melody":
        return tune(timing, r.seconds, float(log_uniform(timing, 1.2, 2.5)), "major", 0.15)
    start = float(min(timing.uniform(0.04, 0.3), 0.08 * r.seconds))
    if playing == "stab":
        times = np.arange(start, max(start + 0.01, r.seconds - 0.4), float(log_uniform(timing, 1.2, 2.5)))
        return [Note(float(t), float(timing.uniform(0.22, 0.35)), (0,), 1.0) for t in times]
    if playing == "swell":
        length = min(r.seconds - start - 0.05, timing.uniform(3, 5))
        times = np.arange(start, max(start + 0.01, r.seconds - 1.2), length + 0.4)
        pitches = np.where(np.arange(times.size) == 0, 0, timing.choice([0, 5, 7], times.size))
        return [Note(float(t), min(length, r.seconds - float(t) - 0.02), (int(p),), 1.0) for t, p in zip(times, pitches, strict=True)]
    beat, notes, now = 60 / timing.uniform(95, 135), [], start
    pattern = _FANFARES[int(timing.integers(len(_FANFARES)))]
    while now < r.seconds - 0.3:
        for semitone, beats in pattern:
            if now < r.seconds - 0.1:
                notes.append(Note(now, beat * beats, (semitone,), 0.9 if beats < 0.5 else 1.0))
            now += beat * beats
    return notes


def _brass(r: Record) -> Audio:
    timbre, kind, playing, power = r.stream("timbre"), str(r["kind"]), str(r["playing"]), r.q("brightness")
    factor, body, dark = _HORNS[kind]
    pitch, level = _lines(r, _horn_notes(r), 0.03, 0.06, 0.12, 0.8 if playing == "swell" else 0.0)
    root = float(log_uniform(timbre, 260, 420)) * factor
    late = np.minimum(1, np.cumsum(level > 0.3) / SAMPLE_RATE)
    wobble = 0.12 * np.sin(phase(timbre.uniform(4.8, 5.8), r.samples)) * late
    # Every note starts a little flat and loud notes are brighter: the two marks of brass.
    hz = root * 2 ** ((pitch + wobble - 0.3 * (1 - np.minimum(1, level * 1.5))) / 12)
    voices = [(0, -6), (4, 5), (7, -3), (12, 6)] if kind == "section" else [(0, 0)]
    k = np.arange(1, 121)
    top = (330 + 400 * dark) * 14**power
    # Two spectra on the same phase, mixed by the level, stand for a filter that opens as the player blows harder.
    quiet, loud = (k**-0.7 / np.sqrt(1 + (k * root / cut) ** 4) for cut in (0.3 * top, top))
    tone = np.zeros(r.samples, np.float32)
    for semitones, cents in voices:
        curve, start = hz * 2 ** (semitones / 12 + cents / 1200), timbre.uniform(0, 6)
        tone += (1 - level) * wavetable(quiet, curve, r.samples, start) + level * wavetable(loud, curve, r.samples, start)
    tone = tone + 0.5 * 4**power * 0.4 * resonators(tone, [f * timbre.uniform(0.85, 1.15) for f in body], 3)
    if r["mute"] == "muted":
        tone = 0.25 * tone + resonators(tone, [timbre.uniform(1100, 1500), timbre.uniform(1900, 2500)], 2.5, (1.2, 1.0))
    return unit(highpass(tone * level, 45))


BRASS = Recipe(
    id="brass",
    number=257,
    wave=2,
    code="MUSCBrass",
    nouns=("brass instrument", "brass", "horn playing", "brass horn", "orchestral brass"),
    clauses=("someone plays {a} brass instrument {adv}", "{a} brass instrument sounds", "{adj} brass plays {adv}"),
    tags=("brass music", "horns", "brass player", "brassy", "brass line", "brass note", "wind brass", "marching band brass"),
    onomatopoeia=("ta-da", "toot toot"),
    render=_brass,
    attributes=(
        Range("brightness", 0, 1, axis="brightness", moves="high_share"),
        Kind(
            "kind",
            {
                "trumpet": ("trumpet",),
                "trombone": ("trombone",),
                "french horn": ("french horn",),
                "tuba": ("tuba",),
                "section": ("brass section", "horn section", "brass ensemble"),
            },
            slot="noun",
            weights=(2, 1, 1, 1, 2),
        ),
        Kind(
            "playing",
            {
                "stab": ("playing short stabs", "playing stabs"),
                "swell": ("playing a long swelling note", "swelling slowly"),
                "fanfare": ("playing a fanfare", "playing a triumphant fanfare"),
                "melody": ("playing a melody",),
            },
            slot="after",
        ),
        Kind("mute", {"open": (), "muted": ("muted",)}, weights=(3, 1)),
    ),
    tests=(Between("harmonicity", 0.6, 1), Between("centroid_hz", 300, 2500)),
)

_BOWED = {"violin": 1.0, "cello": 0.5, "section": 0.7}


def _string_notes(r: Record) -> list[Note]:
    timing, technique, mood = r.stream("timing"), str(r["technique"]), str(r["mood"])
    section = r["kind"] == "section"
    if technique in ("pizzicato", "staccato"):
        if section and technique == "staccato":
            step = 1 / float(log_uniform(timing, 3, 5))
            chords = progression(timing, r.seconds, 0.25 / step, mood)
            return [
                Note(c.time_s + step * k, step, c.semitones, float(timing.uniform(0.75, 1)))
                for c in chords for k in range(4) if c.time_s + step * k < r.seconds - 0.1
            ]  # fmt: skip
        return tune(timing, r.seconds, float(log_uniform(timing, 2.5, 4.5)), mood)
    rate = float(log_uniform(timing, 0.35, 0.7)) if section else float(log_uniform(timing, 0.8, 1.6))
    return progression(timing, r.seconds, rate, mood) if section else tune(timing, r.seconds, rate, mood)


def _strings(r: Record) -> Audio:
    timbre, technique, kind = r.stream("timbre"), str(r["technique"]), str(r["kind"])
    factor = _BOWED[kind]
    root, notes = float(r["pitch"]) * factor, _string_notes(r)
    body = np.array([280, 450, 700, 1100, 2800]) / factor**0.5 * timbre.uniform(0.88, 1.14, 5)
    if technique == "pizzicato":
        length = count(0.7)
        spread = 0.012 if kind == "section" else 0.0

        def voice(hz: float) -> Audio:
            return fade(pluck(timbre, hz, length, 2200 + 2 * hz, 0.35 * (300 / hz) ** 0.3, 0.15), 0.001, 0.1)

        dry = played(r, notes, voice, root, spread)
        return unit(highpass(0.3 * dry + resonators(dry, list(body[:4]), 3), 60))
    attack, gap = {"legato": (0.16, 0.0), "tremolo": (0.1, 0.0), "staccato": (0.015, 0.5)}[technique]
    vibrato = np.sin(phase(timbre.uniform(5, 6.5), r.samples)) * (0.25 if technique == "legato" else 0.1)
    table, out = sawteeth(), np.zeros(r.samples, np.float32)
    for part in range(3 if kind == "section" else 1):
        line = [Note(n.time_s, n.seconds, (n.semitones[part % len(n.semitones)],), n.gain) for n in notes]
        pitch, level = _lines(r, line, 0.05, attack, gap, 0.25 if technique == "legato" else 0.0)
        hz = root * 2 ** (((pitch + vibrato) / 12).astype(np.float32))
        for cents in (-8, 8) if kind == "section" else (0,):
            drifting = hz * (1 + cents / 1731 + 0.0023 * slow(timbre, r.samples, 3))
            out += level * wavetable(table, drifting, r.samples, timbre.uniform(0, 6))
    out = out + 0.04 * bandpass(white(timbre, r.samples), 1200, 6000) * np.abs(out)
    if technique == "tremolo":
        strokes = phase(timbre.uniform(9, 12) * (1 + 0.06 * slow(timbre, r.samples, 2)), r.samples)
        out = out * (0.25 + 0.75 * np.abs(np.sin(strokes / 2)) ** 1.5).astype(np.float32)
    out = lowpass(out, 5000 * (float(r["pitch"]) / 380) ** 0.5 * timbre.uniform(0.85, 1.18))
    return unit(highpass(0.35 * out + resonators(out, list(body), 2.5, (0.8, 0.8, 0.7, 0.6, 0.5)), 60))


STRINGS = Recipe(
    id="strings",
    number=258,
    wave=2,
    code="MUSCStr",
    nouns=("bowed strings", "orchestral strings", "classical strings", "strings", "symphonic strings"),
    clauses=("{adj} orchestral strings play {adv}", "{adj} strings play", "{adj} classical strings are bowed", "{adj} strings sound"),
    tags=("orchestra strings", "string orchestra", "orchestral", "bowing", "classical music", "chamber music", "symphonic", "orchestra"),
    render=_strings,
    plural=True,
    attributes=(
        Range("pitch", 180, 800, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Kind(
            "kind",
            {
                "violin": ("violin", "solo violin", "fiddle"),
                "cello": ("cello", "solo cello"),
                "section": ("string section", "string ensemble"),
            },
            slot="noun",
            weights=(1.2, 1, 2),
        ),
        Kind(
            "technique",
            {
                "legato": ("legato", "long bowed"),
                "tremolo": ("tremolo", "trembling"),
                "pizzicato": ("pizzicato", "plucked"),
                "staccato": ("staccato", "short bowed"),
            },
            weights=(1.6, 1, 1, 1),
        ),
        Kind("mood", {"major": ("happy", "romantic", "major-key"), "minor": ("sad", "melancholic", "minor-key")}),
    ),
    tests=(
        Between("flatness_db", -45, -8),
        Between("modulation_hz", 8, 13, {"technique": "tremolo", "kind": "section"}),
        Follows("f0_hz", "pitch", 1.0, given={"kind": "violin", "technique": "legato"}),
    ),
)

RECIPES = (ORGAN, BRASS, STRINGS)
