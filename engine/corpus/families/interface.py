"""Interface sounds: clicks, notifications, errors, swipes, glitches."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    bandpass,
    count,
    decay,
    fade,
    fm,
    glide,
    hump,
    log_uniform,
    lowpass,
    modes,
    phase,
    place,
    rms,
    saw,
    sine,
    spaced,
    square,
    triangle,
    unit,
    varying_resonator,
    white,
)
from engine.corpus.recipe import Ascending, Audio, Between, Count, Follows, Kind, Range, Recipe, Record

_MAJOR = np.array([0, 4, 7, 12, 16, 19])
_PENTATONIC = np.array([0, 2, 4, 7, 9, 12, 14, 16, 19, 21, 24])


def _tick(r: Record, hz: float, rng: np.random.Generator) -> Audio:
    n, t60 = count(0.25), 1.1 * float(r["length"])
    body = modes((hz, 2.3 * hz * rng.uniform(0.96, 1.04)), (t60, 0.6 * t60), (1, rng.uniform(0.25, 0.5)), n)
    return body * decay(0.0003, 9, n)


def _blip(r: Record, hz: float, rng: np.random.Generator) -> Audio:
    n = count(0.3)
    step = rng.choice((1.0, 1.0, 1.26, 1.5))
    curve = np.where(np.arange(n) < count(0.35 * float(r["length"])), hz / np.sqrt(step), hz * np.sqrt(step))
    tone = sine(curve, n) if rng.random() < 0.6 else triangle(curve, n)
    return tone * decay(0.002, 0.22 * float(r["length"]), n)


def _click(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    hz, number, hard = float(r["pitch"]), int(r["number"]), r.q("hardness")
    body = (_blip if r["kind"] == "blip" else _tick)(r, hz, timbre)
    n = body.size
    knock = bandpass(white(timbre, n), 0.6 * hz, 1.8 * hz) * decay(0.0003, 0.0014, n)
    sound = unit(unit(body) + (0.02 + 1.1 * hard**1.5) * unit(knock))
    times = spaced(timing, number, timing.choice((0.14, 0.2, 0.32, 0.7)), r.seconds, 0.1)
    return place(r.samples, times, [sound], [*timing.uniform(0.75, 0.92, number - 1), 1.0])


CLICK = Recipe(
    id="ui_click",
    number=195,
    wave=1,
    code="UIClick",
    nouns=("ui click", "button click", "interface click", "menu click", "interface blip", "digital button sound", "app tap sound"),
    clauses=(
        "{a} button click sounds in a user interface",
        "{a} menu blip is heard {adv}",
        "{a} interface click marks a selection",
        "someone taps {a} on-screen button",
    ),
    tags=(
        "click", "blip", "interface", "menu select", "tap", "hover", "ui", "user interface", "button press", "menu blip", "select sound",
        "cursor move", "button tap", "touch screen tap", "app click",
    ),
    onomatopoeia=("click", "tick", "blip"),
    render=_click,
    attributes=(
        Range("pitch", 900, 3500, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Range("hardness", 0, 1, axis="hardness", moves="flatness_db"),
        Range("length", 0.01, 0.08, "s", log=True),
        Kind("kind", {"click": ("ui click", "button click", "menu click"), "blip": ("ui blip", "interface blip", "menu blip")}, "noun"),
        Count("number", 1, 3),
    ),
    tests=(
        Follows("onset_count", "number", 0.1, given={"number": 3}),
        Between("active_share", 0.001, 0.04),
        Between("t60_s", 0.005, 0.12),
    ),
)


def _note(instrument: str, hz: float, t60: float, rng: np.random.Generator) -> Audio:
    n = count(1.1 * t60 + 0.02)
    d = t60 / 6.9
    match instrument:
        case "bell":
            return fm(hz, 3.5, 1.4 * decay(0.001, 0.5 * d, n), n) * decay(0.002, d, n)
        case "marimba":
            return modes((hz, 3.99 * hz, 10.65 * hz), (t60, 0.3 * t60, 0.1 * t60), (1, 0.45, 0.15), n) * decay(0.001, 9, n)
        case "glass":
            return modes((hz, 2.32 * hz, 4.25 * hz), (t60, 0.7 * t60, 0.4 * t60), (1, 0.4, 0.2), n) * decay(0.004, 9, n)
        case _:
            return lowpass(square(hz, n, rng.uniform(0.3, 0.5)), 2.5 * hz) * decay(0.005, d, n)


def _notification(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    t60, root = float(r["ringing"]), float(r["pitch"])
    steps = int({"one": 1, "two": 2, "three": 3, "four": 4}[str(r["notes"])])
    first = timing.integers(0, 3)
    chord = _MAJOR[first : first + steps]
    scale = root * 2.0 ** ((chord - chord[steps // 2]) / 12)
    gap = float(timing.uniform(0.06, 0.14))
    notes = [_note(str(r["instrument"]), float(hz), t60, timbre) for hz in scale]
    length = gap * (steps - 1) + notes[-1].size / 22050
    chime = place(count(length), gap * np.arange(steps), notes, [*np.full(steps - 1, 0.55), 1.0])
    number = int(r["number"])
    times = spaced(timing, number, length + timing.uniform(0.1, 1.0), r.seconds, length)
    return place(r.samples, times, [unit(fade(chime, 0.001, 0.02))])


NOTIFICATION = Recipe(
    id="notification",
    number=196,
    wave=2,
    code="UIAlert",
    nouns=(
        "notification sound", "success chime", "message notification", "notification ding", "positive chime", "pop-up chime",
        "app alert",
    ),
    clauses=(
        "{a} notification chimes {adv}",
        "{a} notification pops up",
        "{a} success chime plays on a device",
        "an app plays {a} message tone",
    ),
    tags=(
        "notification", "message", "ding", "success", "correct", "positive chime", "pop-up", "achievement", "correct answer",
        "message alert", "new message", "task complete", "confirmation sound", "email notification", "push notification", "right answer",
    ),
    onomatopoeia=("ding", "ding ding"),
    render=_notification,
    attributes=(
        Range("pitch", 450, 1500, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Range("ringing", 0.25, 1.6, "s", log=True, axis="damping", moves="t60_s"),
        Kind("instrument", {"bell": ("bell-like",), "marimba": ("marimba-like", "wooden"), "glass": ("glassy",), "synth": ("synthetic",)}),
        Kind("notes", {"one": ("single-note",), "two": ("two-note",), "three": ("three-note",), "four": ("four-note",)}),
        Count("number", 1, 2),
    ),
    tests=(Ascending("length_s", "notes", ("one", "three")), Between("harmonicity", 0.5, 1)),
)


def _error_note(r: Record, hz: float, seconds: float, style: str) -> Audio:
    n = count(seconds)
    match style:
        case "buzz":
            wave = lowpass(saw(hz, n) + saw(1.059 * hz, n, 2.0), 9 * hz)
        case "harsh":
            wave = lowpass(square(hz, n, 0.4), 8 * hz)
        case _:
            wave = triangle(hz, n)
    return fade(wave, 0.004, 0.02) * decay(0.004, 1.2 * seconds, n)


def _error(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    hz, style = float(r["pitch"]), str(r["style"])
    step = float(timing.uniform(0.09, 0.15))
    if style == "buzz":
        pair = timing.random() < 0.6
        plan = [(0.0, 1.0, step), (1.35 * step, 1.0, 2.4 * step)] if pair else [(0.0, 1.0, 0.35)]
    else:
        down = 2 ** (-float(timbre.integers(3, 8)) / 12)
        plan = [(0.0, 1 / np.sqrt(down), step), (1.1 * step, np.sqrt(down), 2.2 * step)]
        if timing.random() < 0.35:
            plan = [(0.0, 1 / down, step), (1.1 * step, 1.0, step), (2.2 * step, down, 2.4 * step)]
    length = plan[-1][0] + plan[-1][2]
    notes = [_error_note(r, hz * ratio, seconds, style) for _, ratio, seconds in plan]
    sound = unit(place(count(length + 0.01), [at for at, _, _ in plan], notes))
    number = int(r["number"])
    times = spaced(timing, number, length + timing.uniform(0.15, 0.7), r.seconds, length)
    return place(r.samples, times, [sound])


ERROR = Recipe(
    id="error_sound",
    number=197,
    wave=2,
    code="UIAlert",
    nouns=("error sound", "error beep", "wrong answer sound", "negative beep", "access denied sound", "error tone", "failure beep"),
    clauses=(
        "{a} error sound plays {adv}",
        "a computer gives {a} error beep",
        "{a} error tone denies the input",
        "{a} error beep rejects the input",
    ),
    tags=(
        "error", "wrong", "negative", "denied", "fail sound", "error beep", "invalid", "access denied", "error message", "incorrect",
        "declined", "rejected", "not allowed", "failure tone", "wrong input",
    ),
    render=_error,
    attributes=(
        Range("pitch", 140, 520, "Hz", log=True, axis="pitch", moves="centroid_hz"),
        Kind("style", {"soft": ("mellow", "gentle"), "harsh": ("harsh", "electronic"), "buzz": ("buzzing", "buzzy")}),
        Count("number", 1, 3),
    ),
    tests=(
        Ascending("centroid_hz", "style", ("soft", "harsh")),
        Between("centroid_hz", 150, 900),
        Between("length_s", 0.15, 0.6, {"number": 1}),
    ),
)


def _stroke(r: Record, rng: np.random.Generator) -> Audio:
    length, kind = float(r["length"]), str(r["kind"])
    if kind == "scroll":
        n = count(3 * length + 0.12)
        tick = modes((2400, 4100), (0.012, 0.008), (1, 0.5), 400) * decay(0.0003, 9, 400)
        times = np.cumsum(np.full(int((n / 22050 - 0.03) * 18), 1 / 18)) - 1 / 18
        return place(n, times, [tick], np.linspace(0.7, 1, times.size))
    n = count(length * 1.15)
    ends = (400.0, 4000.0) if kind == "open" else (4000.0, 400.0)
    shape = np.maximum(hump(n, 0.65 if kind == "open" else 0.35), 1e-4) ** 0.6
    air = rms(varying_resonator(white(rng, n), glide(*ends, n), 2.2) * shape)
    tone = sine(glide(0.45 * ends[0], 0.3 * ends[1], n) if kind == "open" else glide(0.3 * ends[0], 0.45 * ends[1], n), n) * shape
    return unit(fade(air + 0.55 * rms(tone), 0.004, 0.01))


def _swipe(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    sound = _stroke(r, timbre)
    length = sound.size / 22050
    times = spaced(timing, int(r["number"]), length + timing.uniform(0.2, 0.8), r.seconds, length)
    return place(r.samples, times, [sound])


SWIPE = Recipe(
    id="ui_swipe",
    number=198,
    wave=2,
    code="UIMvmt",
    nouns=("interface swipe", "menu slide sound", "screen swipe", "page slide sound", "interface scrolling", "ui movement sound"),
    clauses=(
        "{a} interface swipe moves across the screen",
        "a menu slides with {a} interface sound",
        "{adj} scrolling runs through a list",
        "{a} screen swipe is heard {adv}",
    ),
    tags=(
        "swipe", "slide", "menu open", "menu close", "transition ui", "scroll", "page slide", "swipe left", "swipe right", "app transition",
        "touchscreen swipe", "menu transition", "ui movement", "panel slide",
    ),
    render=_swipe,
    attributes=(
        Range("length", 0.08, 0.4, "s", log=True, axis="length", moves="t60_s"),
        Kind(
            "kind",
            {
                "open": ("menu open sound", "opening swipe", "rising ui swipe", "menu open", "interface swipe", "screen swipe"),
                "close": ("menu close sound", "closing swipe", "falling ui swipe", "menu close", "interface swipe", "screen swipe"),
                "scroll": ("scrolling ticks", "ui scroll sound", "scroll wheel ticks", "scrolling"),
            },
            "noun",
            weights=(2, 2, 1),
        ),
        Count("number", 1, 3),
    ),
    tests=(
        Between("pitch_slope", 0.5, 1, {"kind": "open", "number": 1}),
        Between("pitch_slope", -1, -0.5, {"kind": "close", "number": 1}),
    ),
)


def _roughened(rng: np.random.Generator, tone: Audio, harsh: float) -> Audio:
    return (1 - harsh) * tone + harsh * np.sign(tone) * (0.7 + 0.25 * white(rng, tone.size))


def _crushed(rng: np.random.Generator, n: int, harsh: float) -> Audio:
    """One slice of broken digital sound: a held tone, a buzz or held noise."""
    hz, hold = float(log_uniform(rng, 150, 2500)), int(rng.integers(2, 12))
    match rng.integers(3):
        case 0:
            wave = square(hz, n, rng.uniform(0.15, 0.5))
        case 1:
            wave = np.round(3 * np.sin(phase(hz * rng.choice((1, 1, 0.5, 2)), n))) / 3
        case _:
            wave = 0.8 * np.repeat(white(rng, n // hold + 1), hold)[:n]
    wave = (1 - harsh) * sine(hz, n) + harsh * wave * (0.6 + 0.4 * white(rng, n))
    return fade(wave, 0.0008, 0.0008)


def _stutter(r: Record, rng: np.random.Generator, harsh: float) -> Audio:
    out = []
    while sum(part.size for part in out) < count(0.35):
        part = _crushed(rng, count(rng.uniform(0.012, 0.08)), harsh)
        gap = np.zeros(count(rng.choice((0.0, 0.004, 0.02))), np.float32)
        out += [part, gap] * int(rng.integers(2, 7))
    return np.concatenate(out)[: count(rng.uniform(0.35, 0.6))]


def _data(r: Record, rng: np.random.Generator, harsh: float) -> Audio:
    step = count(1 / rng.uniform(16, 34))
    root = float(log_uniform(rng, 700, 1100))
    curve = np.repeat(root * 2 ** (_PENTATONIC[rng.integers(0, _PENTATONIC.size, 12)] / 12), step)
    gate = np.tile(np.minimum(1, np.minimum(np.arange(step), np.arange(step)[::-1]) / 40) * (np.arange(step) < 0.75 * step), 12)
    return _roughened(rng, sine(curve, curve.size), harsh) * gate


def _scan(r: Record, rng: np.random.Generator, harsh: float) -> Audio:
    n = count(rng.uniform(0.35, 0.65))
    low, high = sorted(log_uniform(rng, 300, 4500, 2))
    curve = glide(low, 1.8 * high, n) if rng.random() < 0.6 else glide(1.8 * high, low, n)
    steps = np.repeat(curve[:: count(0.02)], count(0.02))[:n]
    return fade(_roughened(rng, sine(steps, n), harsh), 0.005, 0.02)


def _glitch(r: Record) -> Audio:
    timing, timbre = r.stream("timing"), r.stream("timbre")
    harsh, density = r.q("harshness"), float(r["density"])
    make = {"glitch": _stutter, "data": _data, "scan": _scan}[str(r["kind"])]
    slices = [fade(rms(make(r, timbre, harsh)), 0.001, 0.004) for _ in range(6)]
    times, order, now = [], [], float(timing.uniform(0.05, 0.25))
    while now < r.seconds - 0.05:
        index = int(timing.integers(6))
        times.append(now)
        order.append(index)
        length = slices[index].size / 22050
        now += length / density * timing.uniform(0.85, 1.15)
    sound = place(r.samples, times, slices, timing.uniform(0.8, 1, len(times)), np.asarray(order))
    return bandpass(sound, 80, 7500)


GLITCH = Recipe(
    id="digital_glitch",
    number=199,
    wave=2,
    code="UIGlitch",
    nouns=(
        "digital glitch", "computer glitch", "glitch effect", "digital computer noise", "electronic glitch", "data chatter",
        "digital machine noise",
    ),
    clauses=(
        "{a} digital glitch stutters {adv}",
        "a computer processes data with {a} digital chatter",
        "{a} glitch breaks up the signal",
        "{a} scanner sweeps {adv}",
        "a computer makes {adj} digital noise",
    ),
    tags=(
        "glitch", "digital glitch", "data", "computer processing", "stutter", "hacking", "scanning", "data stream", "corrupted file",
        "digital artifact", "computer calculating", "hacker sounds", "bit crushed", "malfunction", "data transfer", "glitchy",
    ),
    render=_glitch,
    attributes=(
        Range("density", 0.22, 0.95, log=True, axis="density", moves="active_share"),
        Range("harshness", 0, 1, axis="roughness", moves="flatness_db"),
        Kind(
            "kind",
            {
                "glitch": ("digital glitch", "stuttering glitch", "stutter", "bit crushed glitch"),
                "data": ("computer data processing sound", "digital data chatter", "data beeps", "computer processing", "hacking"),
                "scan": ("digital scanning sound", "scanner sweeps", "scanning beeps", "scanning", "scanner"),
            },
            "noun",
        ),
    ),
    tests=(Between("active_share", 0.7, 1, {"density_q": 1.0}), Between("onsets_per_s", 1, 9)),
)

RECIPES = (CLICK, NOTIFICATION, ERROR, SWIPE, GLITCH)
