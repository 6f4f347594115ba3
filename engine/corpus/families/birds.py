"""Birds that sing: songbirds and their chorus."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import bandpass, count, log_uniform, lowpass, place, rms, sine, slow, white
from engine.corpus.recipe import Audio, Between, Follows, Kind, Range, Recipe, Record


def _syllable(rng: np.random.Generator, hz: float, song: str) -> Audio:
    """One note: a pure tone along a curve of pitch that is typical of the song."""
    length = {"whistle": (0.16, 0.42), "trill": (0.05, 0.11), "chatter": (0.035, 0.09), "warble": (0.07, 0.2)}[song]
    n = count(log_uniform(rng, *length))
    u = np.linspace(0, 1, n)
    base = hz * log_uniform(rng, 0.8, 1.25)
    match song:
        case "whistle":
            curve = 1 + rng.uniform(-0.12, 0.12) * (u - 0.5) + 0.04 * np.sin(np.pi * u)
        case "trill":
            curve = 1 + rng.choice((-1, 1)) * rng.uniform(0.2, 0.4) * (u - 0.5)
        case "chatter":
            curve = np.where(u < rng.uniform(0.3, 0.6), 1.0, rng.choice((0.78, 1.25))) * (1 - rng.uniform(0.1, 0.4) * (u - 0.5))
        case _:
            curve = (
                1 + 0.2 * np.sin(np.pi * u * rng.uniform(0.7, 1.6)) - 0.1 + 0.1 * np.sin(2 * np.pi * rng.uniform(18, 38) * u * n / 22050)
            )
    pitch = np.clip(base * curve, 900, 7300)
    tone = sine(pitch, n) + rng.uniform(0, 0.06) * sine(np.minimum(2 * pitch, 9500), n)
    return (tone * np.sin(np.pi * u) ** 0.7 * rng.uniform(0.7, 1)).astype(np.float32)


def song_phrase(rng: np.random.Generator, hz: float, song: str) -> Audio:
    """A phrase of 2-4 different syllables, each repeated as the song wants it, with a faint early echo."""
    notes, times, now = [], [], 0.0
    for _ in range(int(rng.integers(2, 5)) if song != "trill" else int(rng.integers(1, 3))):
        syllable = _syllable(rng, hz, song)
        gap = {"whistle": 0.09, "trill": 0.012, "chatter": 0.05, "warble": 0.035}[song] * rng.uniform(0.7, 1.5)
        repeats = {"whistle": (1, 3), "trill": (6, 14), "chatter": (1, 5), "warble": (1, 4)}[song]
        for _ in range(int(rng.integers(*repeats))):
            notes.append(syllable)
            times.append(now)
            now += syllable.size / 22050 + gap
    phrase = place(count(now + 0.05), times, notes)
    return place(phrase.size, (0.0, 0.036), [phrase], (1.0, 0.12))


def sing(timing: np.random.Generator, voice: np.random.Generator, samples: int, hz: float, song: str, pause_s: float) -> Audio:
    """One bird for the whole time: two or three phrases of its own, in turn, with pauses."""
    phrases = [song_phrase(voice, hz, song) for _ in range(3)]
    times, which, now = [], [], float(timing.uniform(0.05, 0.3))
    while now < samples / 22050 and len(times) < 400:
        times.append(now)
        which.append(int(timing.integers(3)))
        now += phrases[which[-1]].size / 22050 + pause_s * timing.uniform(0.8, 1.3)
    return place(samples, times, phrases, timing.uniform(0.8, 1, len(times)), np.asarray(which))


def _songbird(r: Record) -> Audio:
    return sing(r.stream("timing"), r.stream("voice"), r.samples, float(r["pitch"]), str(r["song"]), float(r["pause"]))


SONGBIRD = Recipe(
    id="songbird",
    number=40,
    wave=1,
    code="BIRDSong",
    nouns=("songbird", "bird", "singing bird", "chirping bird", "small bird", "garden bird"),
    clauses=("{a} bird sings {adv}", "{a} songbird is singing", "{a} bird chirps {adv} in a tree", "{a} little bird tweets"),
    tags=(
        "birdsong",
        "bird song",
        "bird chirping",
        "bird chirp",
        "tweet",
        "tweeting",
        "robin",
        "sparrow",
        "warbler",
        "canary",
        "blackbird",
        "finch",
        "nightingale",
    ),
    onomatopoeia=("tweet tweet", "chirp chirp", "cheep"),
    render=_songbird,
    attributes=(
        Range("pitch", 2000, 5500, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Range("pause", 0.25, 2.2, "s", log=True, axis="density", reverse=True, moves="active_share", sign=-1),
        Kind("song", {"whistle": ("whistling",), "trill": ("trilling",), "chatter": ("chattering",), "warble": ("warbling", "melodious")}),
    ),
    tests=(Follows("centroid_hz", "pitch", 0.25), Between("flatness_db", -80, -20), Between("high_share", 0.5, 1)),
)


def _chorus(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    number = round(3 + 9 * r.q("number"))
    out = np.zeros(r.samples, np.float32)
    for k in range(number):
        song = str(voice.choice(("whistle", "trill", "chatter", "warble")))
        bird = sing(timing, voice, r.samples, float(log_uniform(voice, 1900, 5600)), song, float(log_uniform(timing, 0.5, 1.8)))
        far = k / number
        level = 1.0 if k == 0 else float(log_uniform(voice, 0.15, 0.9))
        out += level * (lowpass(bird, 8000 - 4500 * far) if k % 2 else bird)
    leaves = rms(bandpass(white(voice, r.samples), 500, 4000)) * (1 + 0.25 * slow(timing, r.samples, 0.6))
    return out + float(log_uniform(voice, 0.01, 0.03)) * leaves


CHORUS = Recipe(
    id="dawn_chorus",
    number=41,
    wave=2,
    code="AMBBird",
    nouns=("birds singing", "many birds singing", "forest birds", "morning birds", "songbirds in chorus", "birds in a dawn chorus"),
    clauses=(
        "{adj} birds sing in the trees {adv}",
        "many birds are singing {adv}",
        "{adj} birds greet the morning with their song",
        "{adj} forest birds chirp and whistle",
    ),
    tags=(
        "dawn chorus",
        "chorus of birds",
        "birds",
        "many birds",
        "birds chirping",
        "bird ambience",
        "birds in the forest",
        "spring morning",
        "birds in the park",
        "aviary",
    ),
    render=_chorus,
    texture=True,
    plural=True,
    attributes=(Range("number", 0, 1, axis="density", moves="modulation_depth", sign=-1),),
    tests=(Between("active_share", 0.8, 1), Between("high_share", 0.75, 1)),
)

RECIPES = (SONGBIRD, CHORUS)
