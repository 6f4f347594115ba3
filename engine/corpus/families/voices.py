"""Voices and bodies of people, without words."""

from __future__ import annotations

import numpy as np

from engine.corpus.dsp import (
    babble,
    bandpass,
    bubbles,
    count,
    drive,
    formants,
    glottal,
    highpass,
    hump,
    jittered,
    lowpass,
    place,
    rms,
    sine,
    slow,
    unit,
    vibrato,
    white,
)
from engine.corpus.recipe import Audio, Between, Count, Follows, Kind, Range, Recipe, Record

_SPEAKERS = {"man": ((88, 135), 1.0), "woman": ((165, 235), 1.17), "child": ((265, 350), 1.38)}


def _talk(r: Record) -> Audio:
    timbre = r.stream("timbre")
    (low, high), scale = _SPEAKERS[str(r["speaker"])]
    hz = timbre.uniform(low, high) * (1.15 if r["temper"] == "excited" else 1.0)
    liveliness = {"calm": 0.0, "neutral": 0.3, "excited": 1.0}[str(r["temper"])]
    return babble(r.stream("voice"), r.samples, hz, scale * timbre.uniform(0.94, 1.06), float(r["rate"]), liveliness)


VOICE = Recipe(
    id="talking",
    number=72,
    wave=1,
    code="VOXMale",
    nouns=("voice", "person talking", "unintelligible voice", "gibberish", "mumbling voice", "talking", "murmuring voice"),
    clauses=(
        "someone is talking {adv}",
        "{a} voice is speaking {adv}",
        "someone talks gibberish {adv}",
        "{a} voice mumbles something unintelligible",
    ),
    tags=(
        "speech", "speaking", "talking person", "mumbling", "murmur", "gibberish speech", "unintelligible speech", "conversation voice",
        "nonsense talk", "simlish", "voice over", "monologue", "chatting person", "speech babble",
    ),
    onomatopoeia=("blah blah blah", "bla bla"),
    render=_talk,
    attributes=(
        Kind(
            "speaker",
            {
                "man": ("man talking", "man speaking", "male voice", "man's voice", "talking man", "man mumbling"),
                "woman": ("woman talking", "woman speaking", "female voice", "woman's voice", "talking woman"),
                "child": ("child talking", "child speaking", "child's voice", "kid talking", "talking kid"),
            },
            slot="noun",
        ),
        Range("rate", 2.6, 6.2, "syllables/s", log=True, axis="rate", moves="onsets_per_s", sign=1),
        Kind("temper", {"calm": ("calm", "relaxed"), "neutral": (), "excited": ("excited", "lively")}, weights=(1, 2, 1)),
    ),
    tests=(Follows("modulation_hz", "rate", 0.6),),
)  # fmt: skip


_LAUGHERS = {"man": (150, 1.0), "woman": (260, 1.17), "child": (370, 1.38), "group": (210, 1.1)}
_SYLLABLES = ((770, 1250, 2500), (560, 1750, 2550), (600, 950, 2500))


def _laugh_phrase(hz: float, scale: float, rate: float, vowel: tuple[float, ...], rng: np.random.Generator) -> Audio:
    """Ha-ha-ha: one breath of falling bursts, each begun by an h, closed by an inhalation."""
    bursts = int(rng.integers(5, 11))
    n = count(bursts / rate + 0.45)
    t = np.arange(n) / 22050
    cycle = t * rate
    inside, index = cycle % 1.0, np.minimum(cycle.astype(int), bursts - 1)
    sounding = cycle < bursts
    level = np.sin(np.pi * np.clip((inside - 0.3) / 0.65, 0, 1)) ** 0.8 * 0.95**index * sounding
    height = 1.18 - 0.3 * index / bursts + 0.06 * rng.standard_normal(bursts)[index]
    pitch = hz * height * (1.12 - 0.25 * inside)
    voice = formants(glottal(rng, pitch, n, 0.6, 0.015, -20) * level, vowel, (1, 0.7, 0.35), scale)
    breath = np.sin(np.pi * np.clip(inside / 0.45, 0, 1)) * 0.95**index * sounding
    gasp = np.interp(cycle, (bursts + 0.1, bursts + 0.2 + 0.1 * rate, bursts + 0.4 * rate), (0, 1.2, 0), left=0, right=0)
    air = bandpass(white(rng, n), 900 * scale, 3500)
    return unit(voice + float(voice.std()) * (0.5 * breath + 0.3 * gasp) * air)


def _laugh(r: Record) -> Audio:
    timing, timbre, voice = r.stream("timing"), r.stream("timbre"), r.stream("voice")
    base, scale = _LAUGHERS[str(r["speaker"])]
    evil = r["manner"] == "evil"
    out = np.zeros(r.samples, np.float32)
    people = int(timing.integers(4, 7)) if r["speaker"] == "group" else 1
    for person in range(people):
        hz = base * timbre.uniform(0.85, 1.15) * (timbre.uniform(0.65, 1.5) if people > 1 else 1) * (0.72 if evil else 1)
        hz *= 1.25 if r["manner"] == "giggling" else 1.0
        size = scale * timbre.uniform(0.92, 1.08) * (0.85 if evil else 1)
        vowel = _SYLLABLES[2 if evil else int(timbre.integers(0, 2)) if r["manner"] == "giggling" else 0]
        phrases = [_laugh_phrase(hz, size, float(r["rate"]) * timbre.uniform(0.96, 1.04), vowel, voice) for _ in range(2)]
        gain = 1.0 if person == 0 else timbre.uniform(0.4, 0.9)
        now, times = timing.uniform(0.05, 0.3 if person == 0 else 1.5), []
        while now < r.seconds - 0.8 or not times:
            times.append(now)
            now += phrases[(len(times) - 1) % 2].size / 22050 + timing.uniform(0.1, 0.8)
        out += gain * place(r.samples, times, phrases)
    return out


LAUGH = Recipe(
    id="laughter",
    number=74,
    wave=2,
    code="VOXLaff",
    nouns=("laughter", "laughing", "person laughing", "laugh", "laughing voice"),
    clauses=("someone laughs {adv}", "someone is laughing {adv}", "{adj} laughter can be heard", "somebody bursts out laughing"),
    tags=(
        "giggle", "chuckle", "laughing person", "giggling", "chuckling", "hysterical laughter", "funny laugh", "cackle", "laugh out loud",
        "amused", "lol", "snicker", "laughs",
    ),
    onomatopoeia=("ha ha ha", "hahaha", "hehe"),
    render=_laugh,
    plural=True,
    attributes=(
        Kind(
            "speaker",
            {
                "man": ("man laughing", "male laughter", "man's laugh", "laughing man"),
                "woman": ("woman laughing", "female laughter", "woman's laugh", "laughing woman"),
                "child": ("child laughing", "child's laughter", "laughing kid", "kid giggling"),
                "group": ("group of people laughing", "people laughing", "audience laughter", "crowd laughing", "friends laughing"),
            },
            slot="noun",
        ),
        Range("rate", 3.3, 6.6, "bursts/s", log=True, axis="rate", moves="modulation_hz", sign=1),
        Kind("manner", {"plain": (), "giggling": ("giggling", "silly"), "evil": ("evil", "villainous", "sinister")}, weights=(3, 1, 1)),
    ),
    tests=(Follows("modulation_hz", "rate", 0.15, given={"speaker": "man"}),),
)  # fmt: skip


def _wail(hz: float, scale: float, distress: float, seconds: float, rng: np.random.Generator) -> Audio:
    """One cry of a baby and the breath that follows it."""
    n = count(seconds)
    u = np.linspace(0, 1, n)
    pitch = hz * (0.8 + 0.35 * np.sin(np.pi * u**0.6)) * rng.uniform(0.97, 1.03)
    pitch = vibrato(pitch, n, rng.uniform(5, 8), 0.018)
    source = glottal(rng, pitch, n, 0.5, 0.01 + 0.05 * distress, -20 + 8 * distress)
    source = source * (1 - 0.5 * distress * (0.5 + 0.5 * sine(hz / rng.uniform(4, 6), n)))
    voice = formants(source, (1150, 1850, 3600), (1, 0.8, 0.5), scale, q=6)
    level = np.minimum(1, u / 0.12) * np.minimum(1, (1 - u) / 0.2)
    breath = bandpass(white(rng, count(0.18)), 700, 3500) * hump(count(0.18), 0.6)
    return np.concatenate([unit(highpass(drive(unit(voice), 1.5), 200) * level), np.zeros(count(0.04), np.float32), 0.12 * unit(breath)])


def _baby(r: Record) -> Audio:
    timing, timbre, voice = r.stream("timing"), r.stream("timbre"), r.stream("voice")
    distress, scale = r.q("distress"), float(timbre.uniform(0.88, 1.12))
    wails = [
        _wail(float(r["pitch"]), scale, distress, timing.uniform(0.55, 0.8) * (1 + 0.6 * distress), voice)
        for _ in range(4)
    ]
    now, times, k = timing.uniform(0.05, 0.2), [], 0
    while now < r.seconds - 0.3:
        times.append(now)
        now += wails[k % 4].size / 22050 + (0.95 - 0.85 * distress) * timing.uniform(0.8, 1.25)
        k += 1
    return place(r.samples, times, wails, timing.uniform(0.75, 1, len(times)))


BABY = Recipe(
    id="baby_cry",
    number=75,
    wave=2,
    code="VOXBaby",
    nouns=("baby crying", "crying baby", "baby cry", "crying infant", "infant crying", "newborn crying"),
    clauses=("{a} baby cries {adv}", "{a} baby is crying", "somewhere {a} baby wails", "{a} newborn cries for its mother"),
    tags=("wailing baby", "newborn", "infant", "crying newborn", "baby", "toddler crying", "upset baby", "hungry baby"),
    onomatopoeia=("waah", "waah waah"),
    render=_baby,
    attributes=(
        Range("pitch", 300, 640, "Hz", log=True, axis="pitch", moves="f0_hz", sign=1),
        Range("distress", 0, 1, axis="intensity", moves="active_share", sign=1),
    ),
    tests=(Follows("f0_hz", "pitch", 0.2, given={"distress_q": 0.1}), Between("centroid_hz", 900, 1900)),
)


def _scream(r: Record) -> Audio:
    timing, timbre, voice = r.stream("timing"), r.stream("timbre"), r.stream("voice")
    n = count(min(float(r["length"]), 0.85 * r.seconds))
    u = np.linspace(0, 1, n)
    rough, shout = r.q("roughness"), r["call"] == "shout"
    bend = np.interp(u, (0, 0.1, 0.75, 1), (0.75, 1.0, 1.05, 0.82) if shout else (0.7, 1.05, 1.0, 0.85))
    pitch = float(r["pitch"]) * (0.5 if shout else 1.0) * bend * (1 + 0.012 * slow(voice, n, 6))
    source = glottal(voice, pitch, n, 0.5, 0.01 + 0.09 * rough**1.5, -26 + 20 * rough)
    scale = 1.1 * timbre.uniform(0.9, 1.12) * (0.9 if shout else 1.0) * (float(r["pitch"]) / 650) ** 0.5
    vowel = (np.interp(u, (0, 1), (620, 760)), 1350, 2600) if shout else (1000, 1500, 3000)
    out = formants(source, vowel, (1, 0.8, 0.5), scale, q=4.5)
    out = out * (1 - 0.6 * rough * (0.5 + 0.5 * sine(timbre.uniform(45, 95), n)))
    out = highpass(drive(1.5 * unit(out), 1 + 1.5 * rough), 60) * np.minimum(1, u * n / 700) * np.minimum(1, (1 - u) / 0.15)
    return place(r.samples, [timing.uniform(0.05, min(0.5, 0.1 * r.seconds))], [unit(out)])


SCREAM = Recipe(
    id="scream",
    number=77,
    wave=2,
    code="VOXScrm",
    nouns=("scream", "screaming", "person screaming", "shriek", "scream of terror", "horror scream"),
    clauses=("someone screams {adv}", "a terrified person lets out {a} scream", "{a} scream rings out", "{a} shriek is heard"),
    tags=(
        "yell", "terrified scream", "screaming person", "shrieking", "terror", "woman screaming", "yelling",
        "screech of fear", "cry of horror", "scared scream", "bloodcurdling scream", "horror movie scream", "shouting person",
    ),
    onomatopoeia=("aaah", "aaargh", "eeek"),
    render=_scream,
    attributes=(
        Range("pitch", 360, 1150, "Hz", log=True, axis="pitch", moves="centroid_hz", sign=1),
        Range("length", 0.4, 2.6, "s", log=True, axis="length", moves="length_s", sign=1),
        Range("roughness", 0, 1, axis="roughness", moves="flatness_db", sign=1),
        Kind("call", {"scream": (), "shout": ("shout", "yell", "shouting voice", "man shouting")}, "noun", (4, 1)),
    ),
    tests=(Between("centroid_hz", 900, 2300), Between("high_share", 0, 0.4)),
)  # fmt: skip


def _cough_once(r: Record, scale: float, rng: np.random.Generator) -> Audio:
    """Explosion of air, a hoarse middle, a short voiced end."""
    n = count(rng.uniform(0.3, 0.42))
    t = np.arange(n) / 22050
    air = white(rng, n) * (np.exp(-t / 0.04) + 0.4 * np.exp(-(((t - 0.12) / 0.06) ** 2)))
    pitch = 190 * scale * np.interp(t, (0.1, 0.3), (1.25, 0.8)) * rng.uniform(0.93, 1.07)
    tone = glottal(rng, pitch, n, 0.5, 0.05, -12) * np.interp(t, (0.03, 0.13, 0.2, 0.34), (0, 0.4, 0.35, 0))
    out = formants(air + tone, (650, 1350, 2600, 3800), (1, 0.9, 0.8, 0.5), scale, q=3) + 0.1 * highpass(air, 1500)
    out = unit(out * np.minimum(1, (n - np.arange(n)) / 900))
    if r["quality"] == "wet":
        slime = bubbles(rng, n, rng.uniform(0.03, 0.28, 26), (2, 6), 0.15)
        out = out * (1 - 0.4 * (sine(rng.uniform(24, 34), n) > 0)) + 0.8 * unit(slime)
    return unit(out)


def _cough(r: Record) -> Audio:
    timing, voice = r.stream("timing"), r.stream("voice")
    coughs = [_cough_once(r, float(r["pitch"]), voice) for _ in range(3)]
    number = int(r["number"])
    steps = np.where(timing.random(number) < 0.7, timing.uniform(0.45, 0.65, number), timing.uniform(0.8, 1.6, number))
    times = timing.uniform(0.05, 0.5) + np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    return place(r.samples, times, coughs, timing.uniform(0.7, 1, times.size))


COUGH = Recipe(
    id="cough",
    number=80,
    wave=2,
    code="HMNCough",
    nouns=("cough", "coughing", "person coughing", "coughing person", "sick person coughing", "cough sound"),
    clauses=("someone coughs {adv}", "a sick person is coughing", "somebody coughs {adv}", "{a} cough is heard"),
    tags=("throat clearing", "hacking cough", "sick", "coughs", "coughing fit", "clearing throat", "smoker's cough", "ill person"),
    onomatopoeia=("cough cough", "ahem"),
    render=_cough,
    attributes=(
        Range("pitch", 0.65, 1.6, log=True, axis="pitch", moves="centroid_hz", sign=1),
        Count("number", 1, 5),
        Kind("quality", {"dry": ("dry", "hacking"), "wet": ("wet", "phlegmy", "chesty")}),
    ),
    tests=(Follows("onset_count", "number", 0.1, given={"number": 3, "quality": "dry"}), Between("centroid_hz", 1100, 2400)),
)


def _snore(r: Record) -> Audio:
    timing, timbre, voice = r.stream("timing"), r.stream("timbre"), r.stream("voice")
    heavy, scale = r.q("intensity"), float(timbre.uniform(0.85, 1.2))
    period = 60 / float(r["rate"])
    length = min(timing.uniform(0.38, 0.48) * period, 1.8)
    n = count(length)
    shape = hump(n, 0.55) ** 0.35
    throats = []
    for _ in range(2):
        flap_hz = timbre.uniform(21, 34) * (1 + 0.1 * slow(voice, n, 4))
        x = (np.cumsum(flap_hz) / 22050) % 1.0
        pulse = np.exp(-5 * x) - 0.2
        source = pulse * (1 + 0.3 * slow(voice, n, 30)) + (0.15 + 0.5 * (1 - heavy)) * white(voice, n) * np.exp(-4 * x)
        rattle = formants(source, (280 + 80 * np.linspace(0, 1, n), 650, 1500), (1, 0.7, 0.5 - 0.3 * heavy), scale, q=2.5)
        rattle = lowpass(rattle, 3800 - 1700 * heavy)
        hiss = bandpass(white(voice, n), 900 * scale, 3200)
        throats.append(unit(rms(rattle) * shape + 0.3 * (1 - heavy) * hiss * shape))
    out_n = count(min(0.45 * period, 1.7))
    puff = unit(bandpass(white(voice, out_n), 400 * scale, 1900 * scale) * hump(out_n, 0.25)) * (0.1 + 0.3 * (1 - heavy))
    times = jittered(timing, period, 0.04, r.seconds, timing.uniform(0.05, 0.3))
    gains = timing.uniform(0.8, 1, times.size)
    return place(r.samples, times, throats, gains) + place(r.samples, times + 0.51 * period, [puff], gains)


SNORE = Recipe(
    id="snoring",
    number=82,
    wave=2,
    code="HMNSnor",
    nouns=("snoring", "snore", "snoring man", "person snoring", "sleeping person snoring", "snoring sleeper"),
    clauses=("someone snores {adv}", "a man is snoring {adv}", "{adj} snoring fills the bedroom", "somebody sleeps and snores {adv}"),
    tags=("sleeping man", "loud snore", "sleeping", "asleep", "sleep apnea", "snores", "deep sleep", "snorer", "grandpa snoring"),
    onomatopoeia=("zzz", "zzzz"),
    render=_snore,
    plural=True,
    attributes=(
        Range("intensity", 0, 1, axis="intensity", moves="centroid_hz", sign=-1),
        Range("rate", 11, 26, "breaths/min", log=True),
    ),
    tests=(Between("centroid_hz", 350, 1100), Between("active_share", 0.4, 1)),
)

RECIPES = (VOICE, LAUGH, BABY, SCREAM, COUGH, SNORE)
