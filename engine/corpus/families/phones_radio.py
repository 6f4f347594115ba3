"""Telephones, mobile phones and radio noise."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    bandpass,
    capped_sizes,
    count,
    decay,
    fade,
    fm,
    glide,
    highpass,
    hump,
    log_uniform,
    lowpass,
    modes,
    place,
    poisson,
    resonators,
    rms,
    saw,
    sine,
    slow,
    unit,
    white,
)
from engine.corpus.families.alarms import bell_ring, grouped, tone
from engine.corpus.recipe import SAMPLE_RATE, Ascending, Audio, Between, Kind, Range, Recipe, Record


def _trill(rng: np.random.Generator, hz: float, seconds: float) -> Audio:
    rate, ratio = float(rng.uniform(16, 24)), float(rng.choice([1.2, 1.25, 1.33]))
    first, second = tone(hz, 0.5 / rate, True, 0.003), tone(hz * ratio, 0.5 / rate, True, 0.003)
    return place(count(seconds), np.arange(0, seconds - 0.4 / rate, 0.5 / rate), [first, second])


def _telephone(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    double = r["cadence"] == "double"
    on, gap, pause = (
        (0.4, 0.2, float(timing.uniform(1.4, 2))) if double else (float(timing.uniform(1, 2)), 0, float(timing.uniform(1.5, 3.2)))
    )
    match r["kind"]:
        case "bell":
            ring = bell_ring(timbre, float(timbre.uniform(850, 1400)), on, float(timing.uniform(20, 26)))
        case "trill":
            ring = _trill(timbre, float(timbre.uniform(700, 1250)), on)
        case _:
            pair = (440, 480) if timbre.random() < 0.6 else (400, 450)
            ring = fade(bandpass(tone(pair[0], on, False) + tone(pair[1], on, False), 250, 3400), 0.01, 0.01)
    times = grouped(
        r.seconds, float(timing.uniform(0.05, 0.4)), on + gap if double else on + pause, 2 if double else 1, pause if double else 0
    )
    return unit(place(r.samples, times, [unit(ring)]))


TELEPHONE = Recipe(
    id="telephone",
    number=188,
    wave=1,
    code="COMTelph",
    nouns=("telephone ringing", "phone ringing", "telephone", "ringing telephone", "landline phone", "telephone ring"),
    clauses=("{a} telephone rings {adv}", "{a} phone is ringing", "somewhere {a} telephone rings"),
    tags=(
        "old phone",
        "ring ring",
        "landline",
        "phone call",
        "incoming call",
        "desk phone",
        "house phone",
        "office phone",
        "phone ring",
        "telephone call",
    ),
    onomatopoeia=("ring ring", "brring brring"),
    render=_telephone,
    attributes=(
        Kind(
            "kind",
            {
                "bell": ("old rotary phone", "old-fashioned telephone bell", "vintage telephone", "old telephone ringing"),
                "trill": ("electronic telephone", "office phone ringing", "warbling landline phone"),
                "ringback": ("ringback tone", "ringing tone heard in the handset", "phone ringing at the other end of the line"),
            },
            slot="noun",
            weights=(2, 1, 1),
        ),
        Kind("cadence", {"single": (), "double": ("with double rings", "in double rings")}, slot="after", weights=(3, 1)),
    ),
    tests=(
        Between("f0_hz", 30, 520, {"kind": "ringback"}),
        Between("centroid_hz", 1000, 3200, {"kind": "bell"}),
        Between("modulation_hz", 15, 40, {"kind": "bell", "cadence": "single"}),
    ),
)

_SCALE = np.array([0, 2, 4, 7, 9, 12, 14, 16])


def _melody(timing: np.random.Generator, timbre: np.random.Generator) -> Audio:
    """One phrase of a ringtone: square, bell-like or marimba notes of a pentatonic scale."""
    rate, number = float(timing.uniform(6, 9)), int(timing.integers(5, 9))
    hz = float(timbre.uniform(550, 950)) * 2 ** (_SCALE[timing.integers(0, 8, number)] / 12)
    voice, n = str(timbre.choice(["square", "fm", "marimba"])), count(1.6 / rate + 0.1)
    if voice == "square":
        notes = [tone(f, 0.85 / rate, True) for f in hz]
    elif voice == "fm":
        notes = [fm(f, 1.4, 2.5 * decay(0.001, 0.08, n), n) * decay(0.002, 0.12, n) for f in hz]
    else:
        notes = [modes((f, 3.99 * f), (0.35, 0.1), (1, 0.4), n) for f in hz]
    return unit(place(count((number + 1.6) / rate), np.arange(number) / rate, [fade(x, 0.001, 0.01) for x in notes]))


def _vibration(timing: np.random.Generator, timbre: np.random.Generator) -> tuple[Audio, float]:
    """Vibration motor on a table: low buzz with rattle; also the time from one to the next."""
    long = 1.0 if timing.random() < 0.5 else 0.45
    n = count(long)
    hz = float(timbre.uniform(140, 180)) * (1 + 0.015 * slow(timbre, n, 8)) * np.minimum(1, 0.8 + np.arange(n) / 1500)
    buzz = lowpass(saw(hz, n), 700)
    contact = np.maximum(sine(hz / 2, n) + 0.3 * slow(timbre, n, 30), 0.2)
    rattle = resonators(white(timbre, n) * contact**3, list(timbre.uniform(400, 2200, 3)), 4)
    out = rms(buzz) + float(timbre.uniform(0.25, 0.7)) * rms(rattle)
    return fade(unit(out), 0.03, 0.06), (long + 0.25 if long < 0.6 else float(timing.uniform(2.0, 3.0)))


def _mobile(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    start = float(timing.uniform(0.05, 0.35))
    if r["kind"] == "ringtone":
        phrase = _melody(timing, timbre)
        times = np.arange(start, r.seconds - 0.2, phrase.size / SAMPLE_RATE + float(timing.uniform(0.0, 0.7)))
        return highpass(place(r.samples, times, [phrase]), 150)
    if r["kind"] == "vibrate":
        buzz, period = _vibration(timing, timbre)
        times = grouped(r.seconds - 0.2, start, period, 2 if period < 1 else 1, 1.6 if period < 1 else 0)
        return highpass(place(r.samples, times, [buzz]), 90)
    n, hz = count(1.0), float(timbre.uniform(900, 1700))
    steps = np.array([1, float(timbre.choice([1.25, 1.335, 1.5, 0.75]))])[: int(timing.integers(1, 3))]
    notes = [(fm(hz * x, 2.0, 1.2 * decay(0.001, 0.05, n), n) + 0.5 * sine(hz * x, n)) * decay(0.002, 0.14, n) for x in steps]
    return place(r.samples, start + np.arange(len(notes)) * float(timing.uniform(0.09, 0.16)), notes)


MOBILE = Recipe(
    id="mobile_phone",
    number=189,
    wave=2,
    code="COMCell",
    nouns=("mobile phone", "cell phone", "smartphone", "cellphone"),
    clauses=(
        "{a} mobile phone goes off",
        "{a} cell phone alerts its owner",
        "{a} smartphone goes off in a pocket",
        "{a} cell phone is heard",
    ),
    tags=("cellphone sound", "mobile", "phone alert", "handphone", "smartphone sound"),
    render=_mobile,
    attributes=(
        Kind(
            "kind",
            {
                "ringtone": ("cell phone ringtone", "mobile phone ringtone", "ringtone melody", "ringtone", "smartphone ringtone"),
                "vibrate": ("vibrating phone", "phone vibrating on a table", "cell phone vibration", "phone vibration", "buzzing phone"),
                "message": ("text message alert", "phone notification sound", "message notification ping", "incoming text message"),
            },
            slot="noun",
            weights=(3, 3, 2),
        ),
    ),
    tests=(
        Between("centroid_hz", 130, 900, {"kind": "vibrate"}),
        Between("centroid_hz", 600, 3500, {"kind": "ringtone"}),
        Between("active_share", 0.02, 0.2, {"kind": "message"}),
    ),
)


def _static(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    n, top = r.samples, 1500 * 4.7 ** r.q("brightness")
    noise = rms(bandpass(white(timbre, n), 150 + 350 * r.q("brightness"), top, 4)) * (1 + 0.12 * slow(timing, n, 4))
    crackle = 60.0 if r["kind"] == "crackle" else 5.0
    times = poisson(timing, crackle, r.seconds, np.exp(0.9 * slow(timing, n, 3)))
    snap = lowpass(unit(white(timbre, 130) * decay(0.0002, 0.0012, 130)), top)
    snaps = place(n, times, [snap], capped_sizes(timing, times.size, 2.0, 5.0))
    if r["kind"] == "crackle":
        return highpass(0.25 * noise * np.clip(0.5 + slow(timing, n, 2), 0.15, 2) + 1.6 * snaps, 60)
    if r["kind"] == "squelch":
        return highpass(_squelched(timing, timbre, noise), 200)
    if r["kind"] == "tuning":
        tones, cover = _stations(timing, timbre, n)
        return highpass(noise * (1 - 0.85 * cover) + lowpass(tones, top), 60)
    return highpass(noise + 0.8 * snaps, 60)


def _squelched(timing: np.random.Generator, timbre: np.random.Generator, noise: Audio) -> Audio:
    """Bursts of noise of a two-way radio: each opens and closes with a click, some begin with a short beep."""
    n, now, gate, marks = noise.size, float(timing.uniform(0.05, 0.2)), np.zeros(noise.size, np.float32), []
    while now < n / SAMPLE_RATE:
        long = float(timing.uniform(0.15, 1.1))
        gate[count(now) : count(now + long)] = 1
        marks += [now, now + long]
        now += long + float(log_uniform(timing, 0.2, 1.3))
    click = bandpass(white(timbre, 500) * decay(0.0003, 0.003, 500), 600, 4000)
    beep = tone(float(timbre.uniform(1100, 2100)), 0.09, False)
    out = noise * gate + place(n, marks, [2.5 * unit(click)])
    return out + (place(n, marks[1::2], [1.2 * beep]) if timbre.random() < 0.5 else 0)


def _stations(timing: np.random.Generator, timbre: np.random.Generator, n: int) -> tuple[Audio, Audio]:
    """What a receiver plays while someone turns the dial (whistles, snatches of music), and how far it covers the noise."""
    out, cover, now = np.zeros(n, np.float32), np.zeros(n, np.float32), float(timing.uniform(0.1, 0.5))
    while now < n / SAMPLE_RATE:
        long = float(timing.uniform(0.35, 1.1))
        m = count(long)
        dome = hump(m)
        if timing.random() < 0.6:
            low, high = np.sort(log_uniform(timbre, 300, 3200, 2))
            ends = (high, low) if timing.random() < 0.5 else (low, high)
            sound = 1.1 * sine(glide(*ends, m), m)
        else:
            hz = np.repeat(220 * 2 ** (_SCALE[timing.integers(0, 8, 8)] / 12), m // 8 + 1)[:m]
            sound = 1.8 * bandpass(saw(hz, m) + 0.5 * saw(1.5 * hz, m), 400, 2600)
        out += place(n, [now], [sound * dome])
        cover = np.maximum(cover, place(n, [now], [dome]))
        now += long + float(timing.uniform(0.1, 1.0))
    return out, cover


RADIO_STATIC = Recipe(
    id="radio_static",
    number=193,
    wave=2,
    code="COMStatic",
    nouns=("radio static", "static noise", "radio interference", "static", "radio noise"),
    clauses=("{adj} static comes from a radio", "{adj} radio static hisses {adv}", "there is {adj} interference on the radio"),
    tags=(
        "interference",
        "walkie talkie",
        "radio hiss",
        "no signal",
        "dead channel",
        "lost signal",
        "static interference",
        "bad reception",
        "untuned radio",
    ),
    onomatopoeia=("kssshhh",),
    render=_static,
    texture=True,
    plural=True,
    attributes=(
        Kind(
            "kind",
            {
                "steady": ("radio static", "TV static", "white noise TV static", "television static"),
                "crackle": ("crackling radio static", "crackling radio interference", "crackly static"),
                "tuning": ("radio tuning noise", "tuning of an old radio", "radio dial tuning"),
                "squelch": ("walkie-talkie squelch", "two-way radio squelch", "police radio static bursts"),
            },
            slot="noun",
        ),
        Range("brightness", 0, 1, axis="brightness", moves="centroid_hz"),
    ),
    tests=(
        Between("flatness_db", -12, 0, {"kind": "steady", "brightness_q": 0.9}),
        Ascending("modulation_depth", "kind", ("steady", "squelch")),
    ),
)

RECIPES = (TELEPHONE, MOBILE, RADIO_STATIC)
