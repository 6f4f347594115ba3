"""Weapons: guns and their handling, swords."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    bandpass,
    count,
    decay,
    drive,
    fade,
    highpass,
    hump,
    log_uniform,
    lowpass,
    modes,
    place,
    rms,
    slow,
    unit,
    varying_resonator,
    white,
)
from engine.corpus.recipe import SAMPLE_RATE, Audio, Between, Count, Follows, Kind, Range, Recipe, Record


def _shot(rng: np.random.Generator, kind: str, brightness: float, tail_s: float, seconds: float) -> Audio:
    """One report: pressure wave, burst, low body and a tail of reflections; ``brightness`` 0 muffled .. 1 sharp."""
    n = count(seconds)
    t = np.arange(n) / SAMPLE_RATE
    positive, burst_s, low, body = {
        "pistol": (0.0008, 0.015, 1.2, 0.2),
        "rifle": (0.0012, 0.022, 1.0, 0.3),
        "shotgun": (0.0022, 0.045, 0.75, 0.45),
    }[kind]
    wave = (1 - t / positive) * np.exp(-t / positive)
    burst = drive(white(rng, n) * decay(0.0003, burst_s * rng.uniform(0.8, 1.25), n), 2)
    thump = modes(np.array([75, 120, 180]) * low * rng.uniform(0.9, 1.2, 3), 6.9 / rng.uniform(22, 36, 3), (1, 1, 0.8), n)
    out = wave + 1.1 * burst + body * thump
    if kind == "rifle":
        crack = np.clip(1 - t / 0.0006, -1, 1) * (t < 0.0012)
        out = out + 1.2 * crack
    tail = rms(bandpass(white(rng, n), 120, 2500) * decay(0.03, tail_s, n))
    out = unit(out) + 0.035 * tail
    return fade(highpass(lowpass(out, 600 * 16**brightness), 45), 0.0005, min(0.4, 0.3 * seconds))


def _gunshot(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    number, start = int(r["number"]), float(timing.uniform(0.05, 0.4))
    tail = float(timbre.uniform(0.2, 0.5)) * (1.3 if r["kind"] == "rifle" else 1)
    gap = min(float(log_uniform(timing, 0.3, 1.5)), (r.seconds - start - 0.6) / number)
    times = start + np.concatenate([[0.0], np.cumsum(np.full(number - 1, max(gap, 0.16)) * timing.uniform(0.9, 1.1, number - 1))])
    shot = _shot(timbre, str(r["kind"]), r.q("brightness"), tail, min(3.2, r.seconds))
    return place(r.samples, times, [shot], timing.uniform(0.88, 1, number))


GUNSHOT = Recipe(
    id="gunshot",
    number=218,
    wave=1,
    code="GUNPis",
    nouns=("gunshot", "gun shot", "shot from a gun", "gun firing", "gun being fired"),
    clauses=("{a} gun fires {adv}", "someone fires {a} gun {adv}", "{a} gun goes off", "{a} gun is shot"),
    tags=("gun", "shot", "shooting", "bang", "firearm", "gunfire", "gun blast", "fired gun", "handgun"),
    onomatopoeia=("bang", "pow"),
    render=_gunshot,
    attributes=(
        Range("brightness", 0, 1, axis="brightness", moves="centroid_hz"),
        Count("number", 1, 5),
        Kind(
            "kind",
            {
                "pistol": ("pistol shot", "handgun shot", "revolver shot"),
                "rifle": ("rifle shot", "hunting rifle shot", "sniper shot"),
                "shotgun": ("shotgun blast", "shotgun shot"),
            },
            slot="noun",
        ),
    ),
    tests=(
        Follows("onset_count", "number", 0.01),
        Between("modulation_depth", 1.5, 7),
        Between("centroid_hz", 2000, 6000, {"brightness_q": 0.95}),
    ),
)


def _machine_gun(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    rate, now, times = float(r["rate"]), float(timing.uniform(0.05, 0.3)), []
    while now < r.seconds - 0.3:
        rounds = int(timing.integers(5, 25)) if r["fire"] == "bursts" else int(rate * r.seconds) + 1
        times += list(now + np.arange(rounds) / rate * timing.normal(1, 0.004))
        now += rounds / rate + float(timing.uniform(0.35, 1.1))
    moments = np.asarray(times)
    moments = moments[moments < r.seconds - 0.15] + timing.normal(0, 0.015 / rate, int((moments < r.seconds - 0.15).sum()))
    kind = str(timbre.choice(["rifle", "pistol"]))
    shots = [_shot(timbre, kind, r.q("brightness"), float(timbre.uniform(0.1, 0.22)), 0.9) for _ in range(3)]
    bolt = unit(bandpass(white(timbre, 700) * decay(0.0005, 0.004, 700), 1500, 4500)) * 0.12
    fire = place(r.samples, moments, shots, timing.uniform(0.85, 1, moments.size), timing.integers(0, 3, moments.size))
    return fire + place(r.samples, moments + 0.45 / rate, [bolt * r.q("brightness")])


MACHINE_GUN = Recipe(
    id="machine_gun",
    number=219,
    wave=2,
    code="GUNAuto",
    nouns=("machine gun", "machine gun fire", "automatic gunfire", "automatic weapon", "burst of machine gun fire", "submachine gun"),
    clauses=(
        "{a} machine gun fires {adv}",
        "{a} automatic weapon is fired",
        "{a} machine gun rattles {adv}",
        "{a} automatic rifle fires {adv}",
    ),
    tags=(
        "automatic",
        "gunfire",
        "assault rifle",
        "burst fire",
        "full auto",
        "automatic rifle",
        "battlefield gunfire",
        "rapid gunfire",
    ),
    onomatopoeia=("ratatat", "rat-a-tat-tat", "brrrt"),
    render=_machine_gun,
    attributes=(
        Range("rate", 7.5, 17, "/s", log=True, axis="rate", moves="modulation_hz"),
        Range("brightness", 0, 1, axis="brightness", moves="centroid_hz"),
        Kind(
            "fire", {"bursts": ("in bursts", "in short bursts"), "sustained": ("in sustained fire", "firing without pause")}, slot="after"
        ),
    ),
    tests=(Follows("modulation_hz", "rate", 0.08), Between("active_share", 0.5, 1)),
)


def _clack(rng: np.random.Generator, low: float, high: float, long: float, gain: float = 1.0) -> Audio:
    """A metal part striking another: short modes, a click and some body."""
    n = count(0.18)
    ring = modes(np.sort(rng.uniform(low, high, 6)), long * rng.uniform(0.6, 1.5, 6), rng.uniform(0.4, 1, 6), n, rng)
    click = bandpass(white(rng, n), 0.6 * low, 2 * high) * decay(0.0004, 0.004, n)
    body = modes((0.16 * low, 0.3 * low), (0.06, 0.05), (1, 0.7), n, rng)
    return gain * unit(unit(ring) + 0.9 * unit(click) + 0.35 * unit(body))


def _scrape(rng: np.random.Generator, low: float, high: float, seconds: float, gain: float = 0.25) -> Audio:
    n = count(seconds)
    grit = 1 + 0.5 * slow(rng, n, 90)
    return gain * unit(bandpass(white(rng, n) * grit, 0.8 * low, 1.6 * high) * hump(n, 0.65))


def _handling(rng: np.random.Generator, kind: str, low: float, high: float) -> list[tuple[float, Audio]]:
    """The parts of one action and when each of them sounds, in seconds."""
    light = [_clack(rng, low, high, 0.03) for _ in range(2)]
    firm, dull = _clack(rng, 0.7 * low, 0.9 * high, 0.05), _clack(rng, 0.45 * low, 0.8 * high, 0.04)
    slide = [_scrape(rng, low, high, 0.1) for _ in range(2)]
    match kind:
        case "cock":
            return [(0.0, 0.6 * light[0]), (0.01, slide[0]), (0.13, 0.8 * light[1]), (0.28, slide[1]), (0.36, firm)]
        case "pump":
            return [(0.0, 2 * slide[0]), (0.08, 0.9 * dull), (0.19, 2 * slide[1]), (0.27, firm), (0.285, 0.4 * light[0])]
        case "bolt":
            return [
                (0.0, 0.6 * light[0]),
                (0.1, 1.6 * slide[0]),
                (0.2, 0.8 * light[1]),
                (0.48, 1.6 * slide[1]),
                (0.57, dull),
                (0.72, 0.8 * firm),
            ]
        case _:
            out, into = _scrape(rng, low, high, 0.16), _scrape(rng, low, high, 0.12)
            return [
                (0.0, 0.5 * light[0]), (0.03, out), (0.55, into), (0.66, 1.2 * dull), (1.1, slide[0]), (1.2, 0.7 * light[1]), (1.34, firm),
            ]  # fmt: skip


def _gun_handling(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    scale, number = float(r["pitch"]), int(r["number"])
    parts = _handling(timbre, str(r["kind"]), 1500 * scale, 3700 * scale)
    start, tempo = float(timing.uniform(0.05, 0.35)), float(timing.uniform(0.85, 1.35))
    long = parts[-1][0] + 0.35
    tempo = min(tempo, (r.seconds - start) / (long * number))
    step = min(long * tempo + float(timing.uniform(0.15, 0.7)), (r.seconds - start) / number)
    one = place(count(long * tempo + 0.2), [t * tempo * timing.uniform(0.94, 1.06) for t, _ in parts], [p for _, p in parts])
    return highpass(place(r.samples, start + step * np.arange(number), [one]), 90)


GUN_HANDLING = Recipe(
    id="gun_handling",
    number=221,
    wave=2,
    code="GUNMech",
    nouns=("gun being cocked", "gun reload", "gun cock", "loading a gun", "gun handling", "gun mechanism"),
    clauses=(
        "someone cocks or loads {a} gun",
        "{a} gun is made ready to fire",
        "{a} gun clicks and clacks as it is handled",
        "{a} gun is readied",
    ),
    tags=(
        "reload",
        "cocking",
        "load gun",
        "magazine",
        "safety click",
        "chambering a round",
        "weapon handling",
        "gun click",
        "locked and loaded",
        "rack the slide",
    ),
    onomatopoeia=("click-clack", "chk-chk", "ch-chk"),
    render=_gun_handling,
    attributes=(
        Kind(
            "kind",
            {
                "cock": ("pistol being cocked", "pistol slide being racked", "gun cock", "handgun cocking"),
                "reload": ("pistol reload", "gun being reloaded", "magazine change", "gun reload"),
                "pump": ("pump shotgun being pumped", "shotgun pump", "shotgun cocking"),
                "bolt": ("bolt-action rifle being cycled", "rifle bolt", "rifle being cocked"),
            },
            slot="noun",
        ),
        Count("number", 1, 3, spoken=False),
        Range("pitch", 0.6, 1.5, log=True, axis="brightness", moves="centroid_hz"),
    ),
    tests=(Between("active_share", 0.04, 0.5), Between("centroid_hz", 1200, 4500), Between("t60_s", 0.01, 2.5)),
)


_BLADE = np.array([1, 1.62, 2.41, 2.77, 3.56, 4.21, 5.4, 6.3])


def _blade_ring(rng: np.random.Generator, hz: float, t60_s: float, n: int) -> Audio:
    """Modes of a blade as doublets that beat; high modes die sooner."""
    ratios = _BLADE * rng.uniform(0.96, 1.04, 8)
    split = 1 + 0.003 * rng.uniform(0.3, 1, 8)
    f = hz * np.concatenate([ratios, ratios * split])
    loudness = np.tile(ratios**-0.45 * rng.uniform(0.5, 1, 8), 2)
    return unit(modes(f, np.tile(t60_s * ratios**-0.6, 2), loudness, n, rng))


def _sword(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    number, start, ring_s = int(r["number"]), float(timing.uniform(0.05, 0.3)), float(r["ring"])
    hz, n = float(r["pitch"]), count(min(1.1 * ring_s + 0.2, r.seconds))
    step = min(float(log_uniform(timing, 0.3, 1.4)), (r.seconds - start - 0.4) / number)
    if r["kind"] == "draw":
        step = min(step + 0.9, (r.seconds - start - 0.4) / number)
        long = min(float(timing.uniform(0.35, 0.65)), 0.8 * step)
        m = count(long)
        u = np.linspace(0, 1, m)
        rasp = varying_resonator(white(timbre, m) * (1 + 0.4 * slow(timbre, m, 120)), hz * (2 + 2.2 * u**1.5), 2.5)
        tones = _blade_ring(timbre, hz, ring_s, n)
        sheath = place(
            n + m, [0, 0.93 * long], [fade(0.7 * unit(rasp) * (0.25 + 0.75 * u**1.3), 0.03, 0.02), 0.8 * tones * decay(0.004, 9, n)]
        )
        return highpass(place(r.samples, start + step * np.arange(number), [sheath]), 200)
    hits = []
    for _ in range(3):
        strike = unit(highpass(white(timbre, 700), 2000) * decay(0.0003, 0.003, 700))
        slide = 0.25 * unit(highpass(white(timbre, count(0.12)), 2500) * hump(count(0.12), 0.8))
        other = _blade_ring(timbre, hz * timbre.uniform(1.1, 1.35), ring_s, n)
        hits.append(unit(place(n + 2700, [0.0, 0.1, 0.1, 0.1], [slide, 0.8 * strike, _blade_ring(timbre, hz, ring_s, n), 0.6 * other])))
    times = start + np.concatenate([[0.0], np.cumsum(step * timing.uniform(0.8, 1.15, number - 1))])
    return highpass(place(r.samples, times, hits, timing.uniform(0.8, 1, number)), 200)


SWORD = Recipe(
    id="sword",
    number=225,
    wave=2,
    code="WEAPSwrd",
    nouns=("sword", "metal sword", "sword blade", "steel sword"),
    clauses=("{a} sword rings {adv}", "{a} sword blade rings out", "the steel of {a} sword sings", "{a} sword is wielded"),
    tags=("blade", "katana", "sword fighting", "steel blade", "knight's sword", "fencing", "medieval weapon", "sabre"),
    onomatopoeia=("clang", "shing", "schwing"),
    render=_sword,
    attributes=(
        Kind(
            "kind",
            {
                "clash": ("sword clash", "clashing swords", "sword fight", "swords clanging together"),
                "draw": ("sword being drawn", "sword unsheathing", "sword drawn from its scabbard"),
            },
            slot="noun",
            weights=(3, 2),
        ),
        Count("number", 1, 3),
        Range("ring", 0.5, 3.2, "s", log=True, axis="damping", moves="t60_s"),
        Range("pitch", 900, 2200, "Hz", log=True, axis="size", reverse=True, moves="centroid_hz"),
    ),
    tests=(Between("high_share", 0.5, 1), Follows("onset_count", "number", 0.01, given={"kind": "clash", "ring_q": 0.3})),
)

RECIPES = (GUNSHOT, MACHINE_GUN, GUN_HANDLING, SWORD)
