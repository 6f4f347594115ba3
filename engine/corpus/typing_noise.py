"""How people really type: case, separators, lost articles, file names, chat, and slips of the finger; section 4.6 of the recipe book."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from engine.corpus import english
from engine.corpus.english import word_set

_NEIGHBOURS: Mapping[str, str] = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl", "p": "ol", "a": "qsz",
    "s": "adwx", "d": "sfec", "f": "dgrv", "g": "fhtb", "h": "gjyn", "j": "hkum", "k": "jlim", "l": "kop", "z": "asx", "x": "zcd",
    "c": "xvd",
    "v": "cbf", "b": "vng", "n": "bmh", "m": "njk",
}  # fmt: skip
MISSPELLINGS: Mapping[str, str] = {
    "thunderstorm": "thunderstrom", "thunder": "thuner", "footsteps": "footstpes", "explosion": "explotion", "across": "accross",
    "whistle": "whistel", "siren": "syren", "engine": "engin", "knocking": "knoking", "squeaky": "sqeaky", "background": "backround",
    "wooden": "woden", "beeping": "beepping", "heavy": "hevy", "quiet": "quite", "rhythmic": "rythmic", "screech": "screach",
    "wolf": "wolff",
    "scream": "screem", "applause": "aplause", "helicopter": "helicoptor", "motorcycle": "motorcyle", "church": "chruch",
    "distant": "distent",
    "muffled": "mufled", "piercing": "peircing", "slowly": "slowley", "telephone": "telefone", "swoosh": "swosh", "ambulance": "ambulence",
    "gravel": "gravle", "laughter": "laugther", "violent": "violant", "crackling": "crackeling", "dripping": "driping",
    "clapping": "claping",
    "slamming": "slaming", "running": "runing", "ticking": "tickking", "machine": "machin", "drill": "dril", "notification": "notifcation",
}  # fmt: skip
# Spellings that are both right; either may stand for the other.
SPELLINGS: Sequence[tuple[str, str]] = (
    ("tire", "tyre"), ("tires", "tyres"), ("color", "colour"), ("gray", "grey"), ("airplane", "aeroplane"), ("doorbell", "door bell"),
    ("hi-hat", "hihat"), ("hi-hat", "hi hat"), ("whoosh", "woosh"), ("whoosh", "swoosh"), ("birdsong", "bird song"), ("meow", "miaow"),
    ("walkie-talkie", "walkie talkie"), ("lo-fi", "lofi"), ("sci-fi", "scifi"), ("ambience", "ambiance"), ("handclap", "hand clap"),
)  # fmt: skip
_SWAPS: Mapping[str, tuple[str, ...]] = {
    one: tuple({b for a, b in SPELLINGS if a == one} | {a for a, b in SPELLINGS if b == one})
    for one in sorted({word for pair in SPELLINGS for word in pair if " " not in word})
}
_SECONDS = ("one second", "two seconds", "three seconds", "four seconds", "five seconds", "six seconds", "seven seconds", "eight seconds")
_CHAT = (
    "make a sound of {}", "make the sound of {}", "i need {}", "i need the sound of {}", "can you give me {}", "can you make {}?",
    "{} please",
    "generate {}", "give me {}", "please make {}", "i want {}", "create {}", "a sound like {}", "could you do {} please", "play {}",
    "i'm looking for {}",
)  # fmt: skip
_TAIL_NUMBERS = ("", "", "_{:02d}", "_{:02d}", "_take{}", "_final", "_v{}", "_edit")
_LONGEST_NAME = 9
_SMALL_WORDS = word_set("a an the some")
_STRETCH = frozenset(("long", "loud", "boom", "whoosh", "zoom", "vroom", "slow", "creak", "moo", "meow", "clang", "bong", "thud", "huge"))
_LETTERS = re.compile(r"[a-z]+")
_NOT_NAME = re.compile(r"[^a-z0-9-]+")


def finish(text: str, form: str, rng: np.random.Generator) -> str:
    """Case and final full stop in the shares of the recipe book."""
    text = english.tidy(_spelled(text, rng))
    stop = form != "tags" and rng.random() < 0.25
    text = text.rstrip(".")
    at = rng.random()
    if at < 0.60:
        text = text.lower()
    elif at < 0.94:
        text = english.sentences(text) if form in ("sentence", "rich") or rng.random() < 0.5 else text
    elif at < 0.99:
        text = " ".join(word[:1].upper() + word[1:] for word in text.split(" "))
    else:
        text = text.upper()
    return f"{text}." if stop and text[-1] not in ".!?" else text


def layer(text: str, form: str, rng: np.random.Generator) -> str:
    """One light layer of carelessness on an ordinary caption."""
    at = rng.random()
    if at < 0.5:
        return slip(text, rng)
    if at < 0.75:
        return without_small_words(text)
    if form == "tags":
        return other_separators(text, rng)
    return text.replace(",", "")


def user(text: str, form: str, code: str, rng: np.random.Generator) -> str:
    """A caption as an impatient person types it."""
    at = rng.random()
    plain = text.rstrip(".")
    short = len(plain.split()) <= _LONGEST_NAME and ". " not in plain
    if short and at < 0.26:
        return file_name(plain, rng)
    if short and at < 0.32:
        return f"{code}_{_title_first(without_small_words(plain))}"
    if 0.32 <= at < 0.52 and form in ("tags", "phrase"):
        asked = str(_pick(rng, _CHAT)).format(plain[:1].lower() + plain[1:])
        return slip(asked, rng, keep=_chat_words()) if rng.random() < 0.2 else asked
    changes: list[Callable[[str], str]] = [lambda words: slip(words, rng)]
    if rng.random() < 0.5:
        changes.insert(0, without_small_words)
    if form == "tags" and rng.random() < 0.6:
        changes.insert(0, lambda words: other_separators(words, rng))
    if rng.random() < 0.15:
        changes[-1] = lambda words: emphatic(words, rng)
    for change in changes:
        plain = change(plain)
    return english.tidy(plain.lower()) if rng.random() < 0.9 else english.tidy(plain)


def slip(text: str, rng: np.random.Generator, keep: frozenset[str] = frozenset()) -> str:
    """One or two wrong letters in one word, never in a digit; sometimes a common misspelling."""
    words = text.split(" ")
    known = [index for index, word in enumerate(words) if word.lower() in MISSPELLINGS]
    if known and rng.random() < 0.4:
        index = known[int(rng.random() * len(known))]
        return " ".join([*words[:index], MISSPELLINGS[words[index].lower()], *words[index + 1 :]])
    places = [index for index, word in enumerate(words) if len(word) >= 4 and word.isalpha() and word not in keep]
    if not places:
        return text
    index = places[int(rng.random() * len(places))]
    errors = 2 if len(words[index]) >= 8 and rng.random() < 0.15 else 1
    for _ in range(errors):
        words[index] = _wrong_letter(words[index], rng)
    return " ".join(words)


def without_small_words(text: str) -> str:
    """Without articles."""
    return " ".join(word for word in text.split(" ") if word.lower() not in _SMALL_WORDS) or text


def other_separators(text: str, rng: np.random.Generator) -> str:
    """Tags parted by something else than a comma; their order may change."""
    if ", " not in text or any(f" {word} " in f" {text} " for word in ("then", "after", "before", "first", "followed")):
        return text
    parts = text.split(", ")
    if rng.random() < 0.5:
        rng.shuffle(parts)
    return str(_pick(rng, (" ", ",", " / ", " + ", "; ", " - ", " | "))).join(parts)


def file_name(text: str, rng: np.random.Generator) -> str:
    """A caption as the name of a file: no articles, underscores or hyphens, sometimes a number."""
    joint = "_" if rng.random() < 0.8 else "-"
    words = _NOT_NAME.sub(" ", without_small_words(text).lower().replace("'", "")).split()
    tail = str(_pick(rng, _TAIL_NUMBERS)).format(1 + int(rng.random() * 24)).replace("_", joint)
    # Two digits at least: a bare "3" could be taken for a count.
    name = joint.join(words) + tail
    return f"{name}.wav" if rng.random() < 0.08 else name


def emphatic(text: str, rng: np.random.Generator) -> str:
    """ "very very", "looong", "boooom": only words that say how much."""
    words = text.split(" ")
    for index, word in enumerate(words):
        if word == "very":
            words[index] = "very very"
            return " ".join(words)
        if word in _STRETCH:
            middle = next(at for at, letter in enumerate(word) if letter in "aeiou")
            words[index] = word[:middle] + word[middle] * (2 + int(rng.random() * 3)) + word[middle + 1 :]
            return " ".join(words)
    return text


def seconds(number: int, form: str, rng: np.random.Generator) -> str:
    """A length as people write it."""
    if form in ("tags", "phrase") and rng.random() < 0.4:
        return str(_pick(rng, (f"{number}s", f"{number} sec", f"{number} seconds" if number > 1 else "1 second")))
    return _SECONDS[number - 1]


def _wrong_letter(word: str, rng: np.random.Generator) -> str:
    at = 1 + int(rng.random() * (len(word) - 1))
    kind = rng.random()
    letter = word[at].lower()
    if kind < 0.3:
        near = _NEIGHBOURS.get(letter, letter)
        return word[:at] + near[int(rng.random() * len(near))] + word[at + 1 :]
    if kind < 0.6 and at + 1 < len(word):
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind < 0.8:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at] + word[at:]


def _spelled(text: str, rng: np.random.Generator) -> str:
    """The other correct spelling of a word, now and then."""
    words = text.split(" ")
    for index, word in enumerate(words):
        others = _SWAPS.get(word)
        if others and rng.random() < 0.3:
            words[index] = others[int(rng.random() * len(others))]
    return " ".join(words)


def _title_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _chat_words() -> frozenset[str]:
    return frozenset(word for chat in _CHAT for word in _LETTERS.findall(chat))


def _pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    return options[int(rng.random() * len(options))]
