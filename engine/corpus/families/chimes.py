"""Chimes: in the wind, at the door, in a box."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    RATIOS,
    bandpass,
    count,
    decay,
    fade,
    harmonics,
    highpass,
    log_uniform,
    lowpass,
    place,
    poisson,
    ring,
    sine,
    slow,
    spaced,
    square,
    unit,
    white,
)
from engine.corpus.recipe import Ascending, Audio, Between, Count, Follows, Kind, Range, Recipe, Record

_PENTATONIC = np.array([0, 2, 4, 7, 9, 12, 14, 16, 19])


def _chimes(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    base = float(r["pitch"])
    tubes = base * 2 ** (_PENTATONIC[: int(timbre.integers(5, 9))] / 12)
    grains = []
    for tube in tubes:
        match r["material"]:
            case "metal":
                hz, length = np.repeat(tube * np.array(RATIOS["free_bar"]), 2), timbre.uniform(1.2, 2.8)
                gains = np.repeat([1, 0.6, 0.3, 0.12, 0.05], 2)
            case "bamboo":
                hz, length = np.array([0.8, 1.0, 1.4, 1.8, 2.15]) * tube * timbre.uniform(0.9, 1.1, 5), 0.13
                gains = np.array([0.9, 0.5, 1, 0.6, 0.4])
            case _:
                hz, length = 1.5 * tube * np.array([1, 2.32, 3.1, 4.25]) * timbre.uniform(0.95, 1.05, 4), 0.45
                gains = np.array([1, 0.7, 0.5, 0.3])
        hz = hz * (1 + 0.0015 * timbre.uniform(-1, 1, hz.size))
        n = count(1.1 * length + 0.03)
        grain = ring(timbre, hz, length * (hz[0] / hz) ** 0.5, gains, n) * decay(0.0004, 1000, n)
        grains.append(unit(grain + 0.15 * unit(bandpass(white(timbre, n), 1500, 6000) * decay(0.0002, 0.002, n))))
    breeze = np.exp(0.8 * slow(timing, 400, 22050 * 0.35 * r.seconds / 400))
    times = np.concatenate([[timing.uniform(0.05, 0.3)], poisson(timing, float(r["breeze"]), r.seconds, breeze)])
    # The clapper swings through neighbours: the next tube is seldom far away.
    which = np.abs(np.cumsum(timing.integers(-2, 3, times.size)) + int(timing.integers(0, 8))) % len(grains)
    return place(r.samples, times, grains, log_uniform(timing, 0.3, 1, times.size), which)


WIND_CHIMES = Recipe(
    id="wind_chimes",
    number=178,
    wave=2,
    code="MUSCChim",
    nouns=("wind chimes", "wind chime", "garden chimes", "chimes in the breeze", "hanging chimes", "porch chimes"),
    clauses=(
        "{adj} wind chimes ring {adv}",
        "{adj} wind chimes tinkle in the breeze",
        "{adj} chimes sway in the wind",
        "{adj} garden chimes jingle {adv}",
    ),
    tags=(
        "chimes",
        "windchimes",
        "tubular chimes",
        "porch",
        "breeze chimes",
        "tinkling chimes",
        "chimes in the garden",
        "zen garden chimes",
    ),
    onomatopoeia=("tinkle tinkle",),
    render=_chimes,
    texture=True,
    plural=True,
    attributes=(
        Range("breeze", 0.6, 7, "hits/s", log=True, axis="density", moves="onset_count", sign=1),
        Range("pitch", 480, 1500, "Hz", log=True, axis="pitch", moves="centroid_hz", sign=1),
        Kind(
            "material",
            {"metal": ("metal", "tubular metal", "aluminium"), "bamboo": ("bamboo", "wooden"), "glass": ("glass", "crystal")},
            weights=(3, 1, 1),
        ),
    ),
    tests=(Ascending("active_share", "material", ("bamboo", "glass", "metal")),),
)


def _chime_bar(rng: np.random.Generator, hz: float, length: float) -> Audio:
    ratios = np.array([1, 2.756, 5.404]) * rng.uniform(0.99, 1.01, 3)
    n = count(1.1 * length + 0.05)
    bar = ring(rng, hz * ratios, length * ratios**-0.8, (1, 0.28, 0.12), n) * decay(0.001, 1000, n)
    return unit(bar + 0.2 * unit(bandpass(white(rng, n), 800, 4000) * decay(0.0003, 0.003, n)))


def _doorbell(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    tune, presses = float(r["pitch"]), int(r["presses"])
    times = spaced(timing, presses, float(timing.uniform(1.6, 2.6)), r.seconds, 1.0)
    step = min(0.7, 0.4 * float(np.diff(times).min() if presses > 1 else r.seconds - times[0]))
    match r["kind"]:
        case "chime":
            length, gap = timbre.uniform(1.0, 1.9), min(step, timing.uniform(0.45, 0.7))
            notes = [_chime_bar(timbre, 659 * tune * ratio, length) for ratio in (1.0, 0.794)]
            when = np.concatenate([[time, time + gap] for time in times])
            return place(r.samples, when, notes, np.tile([1, 0.9], presses))
        case "buzzer":
            n = count(min(timing.uniform(0.4, 1.1), 0.7 * step + 0.2))
            hz = timbre.uniform(100, 130) * tune
            buzz = lowpass(square(hz, n, 0.35) * (1 + 0.3 * sine(hz / 2, n)), 2600) + 0.15 * bandpass(white(timbre, n), 800, 3000)
            return place(r.samples, times, [highpass(fade(unit(buzz), 0.006, 0.02), 80)])
    scale = timbre.permutation([0, 4, 7, 12]) if timbre.random() < 0.5 else np.array([12, 7, 4, 0])
    gap, n = min(0.3 * step, timing.uniform(0.14, 0.24)), count(0.5)
    shape = decay(0.003, 0.13, n)
    notes = [(harmonics(523 * tune * 2 ** (s / 12), (1, 0, 0.3, 0, 0.12), n) * shape).astype(np.float32) for s in scale]
    when = np.concatenate([time + gap * np.arange(4) for time in times])
    return place(r.samples, when, [fade(note, 0.001, 0.05) for note in notes])


DOORBELL = Recipe(
    id="doorbell",
    number=179,
    wave=2,
    code="BELLDoor",
    nouns=("doorbell", "door bell", "door chime", "doorbell ringing", "house doorbell"),
    clauses=("{a} doorbell rings {adv}", "someone rings {a} doorbell", "{a} doorbell sounds", "{a} visitor presses the doorbell"),
    tags=(
        "ringing the doorbell",
        "someone at the door ringing",
        "front door bell",
        "intercom",
        "visitor",
        "apartment bell",
        "bell at the door",
        "delivery at the door",
    ),
    onomatopoeia=(),
    render=_doorbell,
    attributes=(
        Range("pitch", 0.7, 1.5, log=True),
        Count("presses", 1, 3),
        Kind(
            "kind",
            {
                "chime": ("ding-dong doorbell", "ding dong door chime", "two-tone door chime"),
                "buzzer": ("door buzzer", "buzzer at the door", "intercom buzzer", "doorbell buzzer"),
                "electronic": ("electronic doorbell", "electronic door chime", "wireless doorbell melody"),
            },
            slot="noun",
            weights=(3, 1, 1),
        ),
    ),
    tests=(
        Between("centroid_hz", 450, 1300, {"kind": "chime"}),
        Follows("f0_hz", "pitch", 0.2, 590.0, {"kind": "chime", "presses": 1}),
        Between("onset_count", 2, 2, {"kind": "chime", "presses": 1}),
    ),
)

_SCALES = {"sweet": (0, 2, 4, 7, 9, 12, 14, 16), "creepy": (0, 2, 3, 5, 7, 8, 11, 12)}


def _music_box(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    scale = _SCALES[str(r["mood"])]
    base = float(r["pitch"]) * (0.94 if r["mood"] == "creepy" else 1)
    times = [float(timing.uniform(0.05, 0.3))]
    while times[-1] < r.seconds:
        beats = float(timing.choice((1, 1, 1, 2)))
        slower = 1 + (1.1 * times[-1] / r.seconds if r["spring"] == "down" else 0)
        times.append(times[-1] + beats * slower / float(r["tempo"]) * timing.uniform(0.97, 1.03))
    times = np.asarray(times[:-1])
    walk = timing.choice((-2, -1, -1, 1, 1, 2), times.size).cumsum() + 4
    # A short tune that comes back, as the cylinder turns.
    walk = np.resize(walk[:8], times.size) if times.size > 8 else walk
    degree = len(scale) - 1 - np.abs(walk % (2 * len(scale) - 2) - len(scale) + 1)
    notes = []
    for step in scale:
        hz = base * 2 ** (step / 12)
        ratios = np.array([1, 2.001, 6.267, 3.01])
        n = count(1.7)
        tooth = ring(timbre, hz * ratios, (1.4, 0.7, 0.25, 0.4), (1, 0.22, 0.3, 0.08), n) * decay(0.0004, 1000, n)
        notes.append(unit(tooth + 0.18 * unit(bandpass(white(timbre, n), 2000, 6500) * decay(0.0002, 0.002, n))))
    out = place(r.samples, times, notes, timing.uniform(0.65, 1, times.size), degree)
    bass = np.arange(0, times.size, 4)
    return out + place(r.samples, times[bass], notes, np.full(bass.size, 0.5), np.full(bass.size, 0))


MUSIC_BOX = Recipe(
    id="music_box",
    number=182,
    wave=2,
    code="MUSCToy",
    nouns=("music box", "music box melody", "music box lullaby", "toy music box", "wind-up music box", "jewelry box melody"),
    clauses=(
        "{a} music box plays {adv}",
        "{a} music box plays a little tune",
        "{a} music box tinkles {adv}",
        "someone opens {a} music box",
    ),
    tags=(
        "lullaby",
        "toy music",
        "jewelry box",
        "musical box",
        "nursery melody",
        "ballerina box",
        "baby mobile music",
        "plinking melody",
        "wind-up toy melody",
    ),
    onomatopoeia=("plink plink",),
    render=_music_box,
    attributes=(
        Range("tempo", 1.7, 6.0, "notes/s", log=True, axis="rate", moves="onsets_per_s", sign=1),
        Range("pitch", 620, 1350, "Hz", log=True, axis="pitch", moves="centroid_hz", sign=1),
        Kind("mood", {"sweet": ("sweet", "cheerful", "happy"), "creepy": ("creepy", "eerie", "sad")}, weights=(3, 2)),
        Kind("spring", {"even": (), "down": ("winding down", "slowing down")}, slot="after", weights=(3, 1)),
    ),
    tests=(Between("active_share", 0.9, 1), Between("harmonicity", 0.5, 1)),
)


RECIPES = (WIND_CHIMES, DOORBELL, MUSIC_BOX)
