"""Games: the eight-bit effects of early consoles."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import bandpass, count, decay, fade, glide, highpass, place, spaced, square, thump, unit, vibrato
from engine.corpus.recipe import Ascending, Audio, Between, Count, Follows, Kind, Range, Recipe, Record

_MAJOR = np.array([0, 4, 7, 12, 16, 19, 24, 28, 31, 36])
_SCALE = np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16])


def _coarse(x: Audio, levels: int = 15) -> Audio:
    """Few amplitude steps, as the sound chips had them."""
    return np.round(unit(x) * levels).astype(np.float32) / levels


def _coin(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    hz, leap = float(r["pitch"]), 2 ** (int(r["leap"]) / 12)
    first = count(timbre.uniform(0.05, 0.09))
    n = first + count(0.75)
    curve = np.where(np.arange(n) < first, hz, hz * leap)
    ring = np.where(np.arange(n) < first, 0.9, decay(0, float(r["length"]) / 6.9, n - first)[np.maximum(np.arange(n) - first, 0)])
    coin = bandpass(_coarse(square(curve, n, timbre.choice((0.25, 0.5))) * ring, 31), 150, 7500)
    number = int(r["number"])
    times = spaced(timing, number, timing.choice((0.3, 0.45, 0.8)), r.seconds, 0.8)
    return place(r.samples, times, [fade(coin, 0.001, 0.05)], [*timing.uniform(0.8, 0.93, number - 1), 1.0])


COIN = Recipe(
    id="game_coin",
    number=211,
    wave=2,
    code="GAMEVideo",
    nouns=("8-bit coin", "video game coin", "coin pickup", "retro coin sound", "game item pickup", "arcade coin collect"),
    clauses=(
        "{a} video game coin is collected {adv}",
        "the player picks up {a} 8-bit coin",
        "{a} retro game coin rings",
        "a game character collects {a} item",
    ),
    tags=(
        "coin", "pickup", "collect", "8-bit coin", "retro coin", "item get", "video game coin", "coin collect", "pick up item",
        "gem pickup", "collectible", "8 bit pickup", "platformer coin", "ring collect",
    ),
    onomatopoeia=("bling", "ba-ding"),
    render=_coin,
    attributes=(
        Range("pitch", 600, 1500, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Range("length", 0.2, 1.0, "s", log=True, axis="length", moves="t60_s"),
        Range("leap", 3, 7.99),
        Count("number", 1, 4),
    ),
    tests=(Between("centroid_hz", 1000, 3200), Follows("onset_count", "number", 0.1, given={"number": 3})),
)


def _jump(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n, low = count(float(r["length"])), float(r["pitch"])
    curve = glide(low, low * timbre.uniform(2.6, 3.4), n, timbre.uniform(0.8, 1.3))
    wave = square(curve, n, timbre.choice((0.15, 0.25, 0.5)))
    sound = highpass(_coarse(fade(wave * np.linspace(1, 0.5, n), 0.002, 0.25 * float(r["length"]))), 200)
    number = int(r["number"])
    times = spaced(timing, number, float(r["length"]) + timing.uniform(0.2, 0.9), r.seconds, float(r["length"]) + 0.05)
    return place(r.samples, times, [fade(sound, 0.001, 0.01)], [*timing.uniform(0.8, 0.93, number - 1), 1.0])


JUMP = Recipe(
    id="game_jump",
    number=212,
    wave=2,
    code="GAMEVideo",
    nouns=("8-bit jump", "video game jump", "retro jump sound", "platformer jump", "arcade jump"),
    clauses=(
        "{a} video game character jumps {adv}",
        "{a} 8-bit jump is heard",
        "a platformer hero makes {a} retro jump",
    ),
    tags=(
        "jump", "8-bit jump", "hop", "platformer jump", "retro jump", "bounce up", "8 bit jump", "game jump", "double jump", "player jump",
        "chiptune jump", "leap in a video game",
    ),
    onomatopoeia=("boing",),
    render=_jump,
    attributes=(
        Range("pitch", 180, 560, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Range("length", 0.13, 0.42, "s", log=True, axis="length", moves="t60_s"),
        Count("number", 1, 4),
    ),
    tests=(
        Between("pitch_slope", 0.3, 1, {"number": 1}),
        Follows("onset_count", "number", 0.1, given={"number": 3}),
        Follows("length_s", "length", 0.25, factor=0.9, given={"number": 1}),
    ),
)


def _held_noise(rng: np.random.Generator, samples: int, rate_hz: np.ndarray) -> Audio:
    """Noise whose value is held: the noise channel of a sound chip, its rate following a curve."""
    index = np.cumsum(rate_hz / 22050).astype(int)
    return rng.choice(np.array([-1.0, -0.4, 0.4, 1.0], np.float32), int(index[-1]) + 1)[index]


def _hit(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    size = r.q("size")
    big = r["kind"] == "explosion"
    seconds = (0.55 + 0.7 * size) if big else (0.12 + 0.13 * size)
    n = count(seconds)
    top = 9000 * 0.14**size
    rate = glide(top, top * (0.2 if big else 0.3), n)
    noise = _held_noise(timbre, n, rate)
    if not big and timbre.random() < 0.6:
        noise = 0.5 * noise + 0.8 * square(glide(0.2 * top, 0.035 * top, n), n, 0.4)
    punch = 1 + 0.6 * (np.arange(n) < 0.15 * n)
    sound = _coarse(noise * decay(0.001, (0.3 if big else 0.4) * seconds, n) * punch)
    if timbre.random() < 0.4 and big:
        sound = sound * np.where((np.arange(n) * timbre.uniform(7, 12) / 22050) % 1 < 0.75, 1, 0.25)
    sound = highpass(fade(sound, 0.001, 0.15 * seconds), 70)
    if big:
        sound = sound + 0.4 * place(n, (0,), [thump(timbre, 90, 0.35, 0.0)]) * size
    number = int(r["number"])
    times = spaced(timing, number, seconds * timing.uniform(1.1, 1.3) + timing.uniform(0.1, 0.6), r.seconds, seconds)
    return place(r.samples, times, [unit(fade(sound, 0.001, 0.01))], timing.uniform(0.85, 1, number))


HIT = Recipe(
    id="game_hit",
    number=213,
    wave=2,
    code="GAMEVideo",
    nouns=("8-bit hit", "8-bit explosion", "video game damage", "retro game explosion", "arcade explosion", "8-bit noise burst"),
    clauses=(
        "{a} 8-bit hit crunches {adv}",
        "an enemy takes {a} hit in a retro game",
        "a pixel ship bursts in {a} 8-bit explosion",
        "the player takes damage with {a} 8-bit noise burst",
    ),
    tags=(
        "hurt", "damage", "8-bit explosion", "retro explosion", "enemy death", "game over hit", "8 bit hit", "video game explosion",
        "player hurt", "take damage", "enemy hit", "pixel explosion", "chiptune noise hit",
    ),
    render=_hit,
    attributes=(
        Range("size", 0, 1, axis="size", moves="centroid_hz", sign=-1),
        Kind(
            "kind",
            {
                "hit": ("8-bit hit", "video game hit", "retro hurt sound", "8-bit damage sound"),
                "explosion": ("8-bit explosion", "video game explosion", "retro game explosion"),
            },
            "noun",
        ),
        Count("number", 1, 4),
    ),
    tests=(Ascending("t60_s", "kind", ("hit", "explosion")), Follows("onset_count", "number", 0.35, given={"number": 2, "kind": "hit"})),
)


def _power_up(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    hz, rate, number = float(r["pitch"]), float(r["rate"]), int(r["notes"])
    step = count(1 / rate)
    duty = timbre.choice((0.25, 0.5))
    if r["kind"] == "slide":
        repeats = number
        one = square(glide(0.8 * hz, 3.0 * hz, step), step, duty) * np.linspace(1, 0.15, step)
        sound = np.concatenate([fade(one, 0.002, 0.012) * (0.8 + 0.2 * k / repeats) for k in range(repeats)])
    else:
        table = _MAJOR if r["kind"] == "arpeggio" else _SCALE
        base = 1.0 if r["kind"] == "arpeggio" else 1.25
        short = [square(base * hz * 2 ** (table[k] / 12), step, duty) * decay(0.001, 0.45 / rate, step) for k in range(number - 1)]
        last_n = step + count(3.0 / rate)
        last_hz = vibrato(base * hz * 2 ** (table[number - 1] / 12), last_n, 6, 0.015)
        last = square(last_hz, last_n, duty) * decay(0.001, 1.4 / rate, last_n)
        sound = np.concatenate([*[fade(x, 0.001, 0.012) for x in short], fade(last, 0.001, 0.05)])
    sound = fade(bandpass(_coarse(sound), 120, 7500), 0.001, 0.01)
    return place(r.samples, (min(timing.uniform(0.05, 0.4), 0.05 * r.seconds),), [sound])


POWER_UP = Recipe(
    id="game_power_up",
    number=214,
    wave=2,
    code="GAMEVideo",
    nouns=("8-bit power-up", "level-up jingle", "video game power-up", "retro power-up", "8-bit win jingle", "extra life sound"),
    clauses=(
        "{a} video game power-up plays {adv}",
        "the player levels up with {a} 8-bit jingle",
        "{a} retro power-up rises",
        "the hero gets {a} bonus in a video game",
    ),
    tags=(
        "level up", "1-up", "bonus", "win jingle", "victory", "achievement game", "8-bit power up", "game power up", "level complete",
        "8 bit victory", "upgrade", "retro level up", "stage clear", "video game bonus", "8-bit arpeggio",
    ),
    render=_power_up,
    attributes=(
        Range("pitch", 230, 720, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Range("rate", 6, 18, "/s", log=True, axis="rate", moves="active_share", sign=-1),
        Kind(
            "kind",
            {
                "arpeggio": ("8-bit arpeggio", "power-up arpeggio"),
                "scale": ("rising 8-bit jingle", "8-bit scale run"),
                "slide": ("sliding power-up", "8-bit power-up slide"),
            },
            "noun",
        ),
        Count("notes", 5, 8, spoken=False),
    ),
    tests=(Between("pitch_slope", 0.1, 1, {"kind": "arpeggio"}), Between("length_s", 0.25, 2.0)),
)

RECIPES = (COIN, JUMP, HIT, POWER_UP)
