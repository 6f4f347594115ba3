"""Alarms and warning signals: beeps, smoke alarms, alarm clocks, air-raid sirens, heart monitors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dsp import (
    bandpass,
    count,
    decay,
    drive,
    harmonics,
    highpass,
    jittered,
    lowpass,
    modes,
    place,
    resonator,
    rms,
    saw,
    sine,
    square,
    unit,
    white,
)
from engine.corpus.recipe import SAMPLE_RATE, Ascending, Audio, Between, Follows, Kind, Range, Recipe, Record


def tone(hz: float, seconds: float, harsh: bool, edge_s: float = 0.005) -> Audio:
    """One electronic beep: sine or band-limited square with soft edges."""
    n = count(seconds)
    wave = lowpass(square(hz, n), 7000) if harsh else sine(hz, n)
    ramp = np.minimum(1, np.minimum(np.arange(n), np.arange(n)[::-1]) / (edge_s * SAMPLE_RATE))
    return (wave * ramp).astype(np.float32)


def grouped(seconds: float, start: float, period: float, per_group: int, pause: float) -> NDArray[np.float64]:
    """Times of beeps every ``period`` in groups of ``per_group``, the groups separated by a further ``pause``."""
    index = np.arange(int(seconds / period) + 2)
    times = start + index * period + (index // per_group) * pause
    return times[times < seconds]


def _beep_alarm(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    period, hz = 1 / float(r["rate"]), float(r["pitch"])
    group, pause = {"even": (1, 0.0), "double": (2, 0.8), "triple": (3, 0.7)}[str(r["pattern"])]
    times = grouped(r.seconds, float(timing.uniform(0.05, 0.25)), period, group, pause * period)
    beep = tone(hz, period * float(timing.uniform(0.45, 0.6)), r["wave"] == "square")
    grains = [beep]
    if timbre.random() < 0.25:
        grains = [beep, tone(hz * float(timbre.choice([0.8, 1.25])), beep.size / SAMPLE_RATE, r["wave"] == "square")]
    return place(r.samples, times, grains if group == 1 else [beep])


BEEP_ALARM = Recipe(
    id="beep_alarm",
    number=183,
    wave=1,
    code="ALRMElec",
    nouns=("beeping alarm", "alarm beep", "electronic alarm", "warning beep", "alarm beeping", "beep alarm", "electronic warning tone"),
    clauses=("{a} alarm beeps {adv}", "{a} electronic alarm is beeping", "{a} warning tone beeps", "{a} alarm goes off, beeping"),
    tags=(
        "alarm",
        "beep",
        "beeping",
        "beep beep beep",
        "alert tone",
        "warning signal",
        "alarm sound",
        "alert",
        "warning alarm",
        "repeating beep",
    ),
    onomatopoeia=("beep beep beep", "beep beep", "bip bip"),
    render=_beep_alarm,
    texture=True,
    attributes=(
        Range("pitch", 600, 3300, "Hz", log=True, axis="pitch", moves="f0_hz"),
        Range("rate", 1, 7, "/s", log=True, axis="rate", moves="onsets_per_s"),
        Kind("pattern", {"even": (), "double": ("double",), "triple": ("triple",)}, weights=(2, 1, 1)),
        Kind("wave", {"sine": ("pure", "clean"), "square": ("harsh", "shrill electronic", "buzzing")}),
    ),
    tests=(Between("flatness_db", -90, -20), Between("active_share", 0.3, 0.8)),
)


def _smoke_alarm(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    start, tempo = float(timing.uniform(0.05, 0.3)), float(timing.uniform(0.95, 1.05))
    piezo = float(timbre.uniform(2850, 3350))
    hz, long = {"smoke": (piezo, 0.5), "horn": (timbre.uniform(440, 540), 0.5), "co": (piezo, 0.1), "battery": (piezo, 0.06)}[
        str(r["kind"])
    ]
    beep = tone(float(hz), long * tempo, r["kind"] == "horn")
    if r["kind"] == "horn":
        beep = unit(drive(beep, 1.2)) + 0.3 * tone(float(hz) * 1.012, long * tempo, True)
    else:
        beep = beep + float(timbre.uniform(0.03, 0.15)) * tone(2 * float(hz), long * tempo, False)
    match r["kind"]:
        case "co":
            times = grouped(r.seconds, start, 0.2 * tempo, 4, 5.0 * tempo)
        case "battery":
            times = np.arange(start, r.seconds, 4 * tempo)
        case _:
            times = grouped(r.seconds, start, 1.0 * tempo, 3, 1.0 * tempo)
    return place(r.samples, times, [beep])


SMOKE_ALARM = Recipe(
    id="smoke_alarm",
    number=184,
    wave=2,
    code="ALRMElec",
    nouns=("smoke alarm", "smoke detector", "smoke detector alarm", "fire alarm"),
    clauses=(
        "{a} smoke alarm goes off",
        "{a} smoke detector beeps {adv}",
        "{a} smoke alarm is sounding",
        "{a} smoke detector sounds its alarm",
    ),
    tags=("smoke", "fire detector", "smoke alarm beeping", "home fire alarm", "smoke detector beep", "temporal three alarm"),
    render=_smoke_alarm,
    attributes=(
        Kind(
            "kind",
            {
                "smoke": ("smoke alarm", "smoke detector alarm", "fire alarm", "piercing smoke alarm"),
                "horn": ("fire alarm horn", "building fire alarm", "low-frequency fire alarm"),
                "co": ("carbon monoxide alarm", "carbon monoxide detector", "CO alarm"),
                "battery": ("low battery chirp of a smoke detector", "low battery chirp", "smoke detector chirping"),
            },
            slot="noun",
            weights=(4, 2, 1.5, 1.5),
        ),
    ),
    tests=(
        Between("f0_hz", 2800, 3400, {"kind": "smoke"}),
        Between("active_share", 0.33, 0.55, {"kind": "smoke"}),
        Between("onset_count", 2, 3, {"kind": "battery"}),
        Ascending("active_share", "kind", ("battery", "co", "horn")),
    ),
)


def bell_ring(rng: np.random.Generator, hz: float, seconds: float, hammer_hz: float, other: float = 1.07) -> Audio:
    """A hammer rattling between two small bells; the bells ring on after it stops."""
    n = count(1.3)
    bells = []
    for base in (hz, hz * other):
        partials = base * np.array([1, 2, 2.9, 4.1, 5.6]) * rng.uniform(0.985, 1.015, 5)
        strike = highpass(white(rng, n), 1500) * decay(0.0003, 0.004, n)
        bells.append(unit(modes(partials, 6.9 / rng.uniform(9, 25, 5), (1, 0.8, 0.6, 0.35, 0.2), n, rng)) + 0.25 * unit(strike))
    times = np.arange(0, seconds, 1 / hammer_hz)
    return unit(place(count(seconds + 1.2), times, bells, rng.uniform(0.8, 1, times.size)))


def _alarm_clock(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    start, scale = float(timing.uniform(0.05, 0.4)), 0.72 * 1.95 ** r.q("pitch")
    stopped = r["ending"] == "stopped"
    end = start + max(0.6, (r.seconds - start) * float(timing.uniform(0.45, 0.8))) if stopped else r.seconds + 1
    if r["kind"] == "bell":
        ring = bell_ring(
            timbre, 1350 * scale * timbre.uniform(0.93, 1.07), end - start, float(timing.uniform(17, 21)), float(timbre.choice([1.2, 1.27]))
        )
        rattle = np.abs(lowpass(ring, 400))
        out = place(r.samples, [start], [unit(ring) + 0.12 * unit(bandpass(white(timbre, ring.size) * rattle, 600, 6000))])
    else:
        hz = 2350 * scale * timbre.uniform(0.95, 1.05)
        beep = lowpass(tone(hz, 0.09, True), 9000) + 0.3 * tone(2 * hz, 0.09, True)
        times = grouped(r.seconds, start, 0.18, 4, float(timing.uniform(0.38, 0.5)))
        out = place(r.samples, times[times < end - 0.1], [unit(beep)])
    if stopped:
        t = np.arange(r.samples) / SAMPLE_RATE
        slap = unit(bandpass(white(timbre, 2600) * decay(0.001, 0.012, 2600), 250, 3000))
        out = out * np.clip((end - t) / 0.02, 0, 1) + place(r.samples, [end], [0.8 * slap])
    return highpass(out, 60)


ALARM_CLOCK = Recipe(
    id="alarm_clock",
    number=185,
    wave=2,
    code="ALRMClok",
    nouns=("alarm clock", "ringing alarm clock", "alarm clock ringing", "wake-up alarm"),
    clauses=("{a} alarm clock goes off", "{a} alarm clock rings {adv}", "{a} alarm clock wakes someone up"),
    tags=("wake up", "morning alarm", "bedside alarm", "clock alarm", "wake-up call", "time to get up", "clock radio alarm"),
    onomatopoeia=("brrring", "drrring"),
    render=_alarm_clock,
    attributes=(
        Kind(
            "kind",
            {
                "bell": ("mechanical alarm clock", "twin-bell alarm clock", "old alarm clock bell", "wind-up alarm clock"),
                "digital": ("digital alarm clock", "digital alarm clock beeping", "electronic alarm clock"),
            },
            slot="noun",
        ),
        Range("pitch", 0, 1, axis="pitch", moves="centroid_hz"),
        Kind("ending", {"on": (), "stopped": ("being switched off", "that is switched off")}, slot="after", weights=(3, 1)),
    ),
    tests=(Ascending("active_share", "kind", ("digital", "bell")), Between("centroid_hz", 1800, 5000)),
)


def _air_raid(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n, scale = r.samples, 0.72 * 1.9 ** r.q("pitch")
    t = np.arange(n) / SAMPLE_RATE
    if r["kind"] == "klaxon":
        period, start = float(timing.uniform(1.7, 2.4)), float(timing.uniform(0.05, 0.3))
        u = (t - start) % period
        hz = scale * np.interp(u, (0, 0.25, 0.4, 0.75, 1.0, 1.3), (190, 250, 270, 430, 420, 280))
        level = np.interp(u, (0, 0.04, 0.3, 0.36, 0.42, 1.0, 1.3, 1.4), (0, 1, 1, 0.35, 1, 1, 0.4, 0)) * (t >= start)
        rattle = saw(hz, n) * (1 + 0.5 * sine(hz / 4, n))
        out = resonator(rattle, 1150 * scale, 3) + 0.6 * resonator(rattle, 2300 * scale, 4) + 0.15 * rattle
        return highpass(rms(out) * level, 80)
    rise, fall = float(timing.uniform(3.0, 5.0)), float(timing.uniform(3.0, 5.5))
    period = rise + fall
    u = (t + float(timing.uniform(0, 0.25)) * rise) % period
    kept, left = np.exp(-1 / 0.35), np.exp(-1 / 0.6)
    peak = (1 - kept) / (1 - left * kept)
    wind = np.where(u < rise, 1 - (1 - left * peak) * np.exp(-u / (0.35 * rise)), peak * np.exp(-(u - rise) / (0.6 * fall)))
    hz = scale * (220 + 270 * wind)
    amplitudes = np.array([1, 0.35, 0.6, 0.2, 0.4, 0.15, 0.2]) * timbre.uniform(0.7, 1.2, 7)
    wail = harmonics(hz, amplitudes, n) + (0.8 * harmonics(1.2 * hz, amplitudes, n) if timbre.random() < 0.6 else 0)
    wail = rms(wail) * (0.25 + 0.75 * wind)
    delay = count(float(timing.uniform(0.25, 0.5)))
    echo = lowpass(np.concatenate([np.zeros(delay, np.float32), wail])[:n], 1500)
    return highpass(wail + 0.35 * echo, 80)


AIR_RAID = Recipe(
    id="air_raid_siren",
    number=186,
    wave=2,
    code="ALRMSirn",
    nouns=("air raid siren", "civil defense siren", "tornado siren", "war siren", "old warning siren"),
    clauses=("{a} air raid siren winds up and down", "{a} civil defense siren howls {adv}", "{a} air raid siren is sounding"),
    tags=("air-raid siren", "warning siren", "hand-cranked siren", "disaster siren", "bomb siren", "world war siren", "tsunami siren"),
    render=_air_raid,
    texture=True,
    attributes=(
        Kind(
            "kind",
            {
                "siren": ("air raid siren", "civil defense siren", "tornado siren"),
                "klaxon": ("klaxon", "submarine dive alarm", "ah-oo-gah klaxon", "old klaxon horn"),
            },
            slot="noun",
            weights=(2, 1),
        ),
        Range("pitch", 0, 1, axis="pitch", moves="centroid_hz"),
    ),
    tests=(Ascending("modulation_depth", "kind", ("siren", "klaxon")), Between("centroid_hz", 400, 1800), Between("harmonicity", 0.4, 1)),
)


def _heart_monitor(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    hz, long = float(r["pitch"]), float(timbre.uniform(0.08, 0.12))
    start = float(timing.uniform(0.05, 0.35))
    beep = tone(hz, long, False) + 0.2 * tone(3 * hz, long, False)
    times = jittered(timing, 60 / float(r["rate"]), 0.008, r.seconds, start)
    if r["state"] == "flatline":
        times = times[times < max(0.6 * r.seconds, times[0] + 0.01)]
        flat = float(times[-1]) + 60 / float(r["rate"])
        rest = max(r.seconds - flat, 0.1)
        line = 0.7 * (tone(hz, rest, False) + 0.2 * tone(3 * hz, rest, False))
        return place(r.samples, [*times, flat], [*([beep] * times.size), line])
    out = place(r.samples, times, [beep])
    if timbre.random() < 0.2:
        t = np.arange(r.samples) / SAMPLE_RATE
        breath = np.clip(np.sin(2 * np.pi * (0.25 * t + timing.random())), 0, 1) ** 1.5
        out = out + 0.05 * bandpass(white(timbre, r.samples), 500, 3000) * breath
    return out


HEART_MONITOR = Recipe(
    id="heart_monitor",
    number=191,
    wave=2,
    code="BEEPMed",
    nouns=("heart monitor", "heart rate monitor", "hospital monitor", "medical monitor", "heart monitor beep", "ECG monitor"),
    clauses=("{a} heart monitor beeps {adv}", "{a} hospital monitor is beeping", "{a} heart rate monitor beeps with every heartbeat"),
    tags=(
        "hospital beep",
        "ecg",
        "ekg",
        "life support",
        "intensive care",
        "hospital machine",
        "patient monitor",
        "vital signs",
        "cardiac monitor",
        "pulse monitor",
    ),
    onomatopoeia=("beep ... beep ... beep",),
    render=_heart_monitor,
    texture=True,
    attributes=(
        Range("rate", 48, 150, "/min", log=True, axis="rate", moves="onsets_per_s"),
        Range("pitch", 440, 1050, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Kind(
            "state", {"beating": (), "flatline": ("that flatlines", "going flatline", "ending in a flatline")}, slot="after", weights=(5, 1)
        ),
    ),
    tests=(
        Follows("onsets_per_s", "rate", 0.15, 1 / 60, {"state": "beating"}),
        Follows("centroid_hz", "pitch", 0.15, 1.08),
        Between("active_share", 0.4, 0.7, {"state": "flatline"}),
    ),
)


RECIPES = (BEEP_ALARM, SMOKE_ALARM, ALARM_CLOCK, AIR_RAID, HEART_MONITOR)
