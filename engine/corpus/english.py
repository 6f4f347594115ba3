"""The little English that captions need: articles, plurals, what can be counted, tidy spacing."""

from __future__ import annotations

import re
from typing import Literal

Actor = Literal["person", "thing", "sound"]
Countability = Literal["count", "mass", "plural"]


def word_set(words: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(words.split())


# Where the head of a noun phrase ends: "rumble of thunder", "footsteps on gravel".
_POSTPOSED = word_set(
    "of on onto in with from at into over under through by against for to and or behind inside outside across near down up off being as "
    "around while between before after"
)
_AFTER_VERB = word_set("a an the its his her their shut open closed outdoors outside past overhead away off hard loudly back along")
_MASS = word_set(
    """rain rainfall drizzle thunder lightning wind hail snow sleet water traffic fire noise static music applause laughter weather ambience
    ambiance air steam gas smoke surf foam lava mud sand gravel ice glass metal wood plastic paper cardboard cloth fabric leather rubber
    concrete machinery feedback distortion silence birdsong chatter babble speech gunfire artillery electricity current interference
    percussion equipment rubble debris foliage vegetation grass champagne soda oil slime goo blood velcro hiss crackle fizz sizzle magic
    laundry wildlife nature war combat chaos seawater rainwater livestock poultry footwork glitter popcorn bacon food meat soup tea coffee
    beer wine milk juice code sonar techno mayhem turbulence airflow ventilation conditioning suction exhaust friction movement hubbub
    banter gossip talk foley rustle clatter cutlery crockery furniture jewelry jewellery change money flatulence hysteria celebration
    panic tinnitus weaponry construction demolition gibberish silverware tableware sorcery dust walla brass liquid syrup stardust reverb
    sub-bass dubstep jazz swordplay"""
)
_PLURALS = word_set("people children men women geese mice feet teeth cattle police oxen folk wolves crickets")
_SINGULAR_S = word_set("bus gas lens chess tennis bass brass glass moss grass pass press virus circus chorus octopus cactus hiss whoops")
_ING_NOUNS = word_set("ring string wing swing ping ding king spring bring thing building sting sling zing boing bling ceiling wedding")
# Those who can do something: "a dog barking", but "keyboard typing".
_AGENTS = word_set(
    """dog cat cow horse pig sheep goat lion tiger bear wolf owl bird crow raven duck goose hen rooster chicken turkey pigeon seagull gull
    eagle hawk parrot woodpecker cuckoo frog toad snake cricket cicada bee fly mosquito wasp elephant monkey ape donkey bull calf lamb
    puppy kitten mouse rat dolphin whale seal monster dragon zombie alien robot ghost creature man woman child kid baby boy girl person
    guy lady infant car truck bus train tram motorcycle motorbike helicopter plane airplane aeroplane jet boat ship rocket engine motor
    drill saw machine fan clock bell phone telephone alarm siren kettle door gate drawer window lid whistle horn ball fountain tap faucet
    toilet stream river brook fire crowd hammer drum guitar piano violin flute tree zipper chair floorboard dryer blender chainsaw mower
    tire tyre camera printer lorry tractor spaceship ufo laser gun rifle pistol cannon bomb firework bottle coin key chain balloon heart
    spring synthesizer synth insect vehicle audience sheep person's faucet hinge loo flock newborn bumblebee drone airliner carpenter
    detector arm servo watch stopwatch wristwatch blade sword chopper stallion mare foal rook"""
)
# Things of a material that has no plural.
_VESSELS = word_set("wine drinking champagne beer whisky pint shot looking magnifying hour")
_PEOPLE = word_set(
    "man woman child kid baby boy girl person guy lady infant newborn carpenter people men women children kids audience crowd"
)
_SOUNDING = word_set("horn whistle bell siren alarm phone telephone drum guitar piano violin flute spring fire")
# Vowel letters that sound like consonants, and the other way round.
_A_SOUNDS = ("uni", "ui ", "ui-", "use", "usu", "ufo", "uku", "eu", "one", "once", "ouija", "ubi", "uti", "u-")
_AN_SOUNDS = ("hour", "honest", "honor", "honour", "heir", "8", "11", "18", "fm", "sfx", "mp3", "lp", "lfo", "x-ray", "fx", "rpg", "sms")
_UN_WORDS = ("unin", "unim", "unid")
_KEEP_EACH = re.compile(r"\s+([,.;:)])")
_ECHO = re.compile(r"\b(sound|sounds|effect|noise|ambience|loop) (?:sound effect|sound|ambience|loop)\b")
_SPACES = re.compile(r"\s{2,}")


def article(words: str) -> str:
    """ "a" or "an" before these words, by sound."""
    start = words.lstrip("( ").lower()
    if start.startswith(_AN_SOUNDS):
        return "an"
    if start.startswith(_A_SOUNDS) and not start.startswith(_UN_WORDS):
        return "a"
    return "an" if start[:1] in "aeiou" else "a"


def head(noun: str) -> int:
    """Index of the head word of a noun phrase, which may be a verb in -ing: "dog *barking* at night", "*rumble* of thunder"."""
    words = noun.lower().split()
    for index, word in enumerate(words[1:], 1):
        joined = word in ("and", "or") and gerund(words[index - 1]) and index + 2 < len(words)
        if not joined and (word in _POSTPOSED or (word in _AFTER_VERB and gerund(words[index - 1]))):
            return index - 1
    return len(words) - 1


def gerund(word: str) -> bool:
    """Whether a word is a verb in -ing rather than a thing that ends so."""
    return len(word) > 4 and word.endswith("ing") and word not in _ING_NOUNS


def is_plural(word: str) -> bool:
    """Whether a noun is plural by its look."""
    if word in _PLURALS:
        return True
    return len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) and word not in _SINGULAR_S


def is_agent(word: str) -> bool:
    """Whether a noun names one who makes sounds rather than the sound."""
    return word in _AGENTS


def names_actor(words: list[str], at: int) -> Actor:
    """Whom or what a noun phrase stands for: a short sound does not make a short dog, nor fast talking a fast woman."""
    doer = words[at - 1] if at > 0 and gerund(words[at]) else words[at]
    if doer in _PEOPLE:
        return "person"
    return "thing" if doer in _AGENTS - _SOUNDING or doer is not words[at] else "sound"


def is_mass(word: str) -> bool:
    """Whether a noun takes no article because it cannot be counted."""
    return word in _MASS


def countability(noun: str) -> Countability:
    """How a noun phrase without article behaves: "a dog", "rain", "footsteps"."""
    words = noun.lower().replace(",", "").split()
    at = head(noun)
    last = words[at]
    if words[0] in ("a", "an", "the", "someone", "something", "somebody", "my", "your", "two", "several"):
        return "mass"
    if gerund(last):
        if at and words[at - 1] in _AGENTS:
            return "count"
        return "plural" if at and is_plural(words[at - 1]) else "mass"
    if is_mass(last):
        return "count" if last == "glass" and at and words[at - 1] in _VESSELS else "mass"
    return "plural" if is_plural(last) else "count"


def plural(word: str) -> str:
    """Regular plural, which is also the third person of the verb."""
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return word[:-1] + "ies"
    return word + "s"


def tidy(text: str) -> str:
    """Single spaces, none before punctuation, no empty pairs, no "sound sound"."""
    text = _ECHO.sub(r"\1", text)
    text = _KEEP_EACH.sub(r"\1", _SPACES.sub(" ", text)).replace("()", "").replace(",,", ",").replace(",.", ".").replace("..", ".")
    return text.strip(" ,;:-")


def opens_with_participle(words: list[str]) -> bool:
    """Whether a phrase begins like "slamming door", where a material may follow the first word; not "slamming shut"."""
    return len(words) > 1 and gerund(words[0]) and words[1] not in _POSTPOSED and words[1] not in _AFTER_VERB


def sentences(text: str) -> str:
    """Capitals at the start and after each full stop."""
    parts = text.split(". ")
    return ". ".join(part[:1].upper() + part[1:] for part in parts)
