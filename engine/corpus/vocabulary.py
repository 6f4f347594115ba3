"""The words of the corpus: which word may be said when a quantity lies where; section 4.4 of the recipe book as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.corpus.english import word_set

# A word of the low end needs a quantile below LOW, of the high end above HIGH; between them only the middle speaks. The gaps are silent.
LOWEST, LOW, MIDDLE_LOW, MIDDLE_HIGH, HIGH, HIGHEST = 0.12, 0.33, 0.40, 0.60, 0.67, 0.88
# Intensifiers live at the outer edges of the range; their weak relatives where a word has just become true.
VERY, SLIGHT = 0.08, 0.03
INTENSIFIERS = ("very", "very", "very", "really", "extremely", "super")
SOFTENERS = ("slightly", "somewhat")


@dataclass(frozen=True)
class Axis:
    """One scale of hearing: adjectives and adverbs of its ends, from ``lowest`` to ``highest``; ``reserved`` words are never trained."""

    name: str
    low: tuple[str, ...] = ()
    high: tuple[str, ...] = ()
    lowest: tuple[str, ...] = ()
    highest: tuple[str, ...] = ()
    middle: tuple[str, ...] = ()
    low_adverbs: tuple[str, ...] = ()
    high_adverbs: tuple[str, ...] = ()
    middle_adverbs: tuple[str, ...] = ()
    reserved_low: tuple[str, ...] = ()
    reserved_high: tuple[str, ...] = ()

    @property
    def all_low(self) -> frozenset[str]:
        """Every word that claims the low end."""
        return frozenset(self.low + self.lowest + self.low_adverbs + self.reserved_low)

    @property
    def all_high(self) -> frozenset[str]:
        """Every word that claims the high end."""
        return frozenset(self.high + self.highest + self.high_adverbs + self.reserved_high)


# In the order in which English puts adjectives: "a loud distant big slow old high-pitched ...".
_AXES = (
    Axis(
        "loudness",
        low=("quiet", "soft", "faint"),
        lowest=("barely audible", "very quiet"),
        high=("loud",),
        highest=("very loud", "deafening", "blaring"),
        low_adverbs=("quietly", "softly", "faintly"),
        high_adverbs=("loudly",),
        reserved_low=("hushed",),
        reserved_high=("thunderous",),
    ),
    Axis(
        "distance",
        low=("close", "near", "nearby"),
        high=("distant", "far-off", "faraway"),
        middle_adverbs=("at some distance",),
        low_adverbs=("nearby", "close by", "up close"),
        high_adverbs=("in the distance", "far away", "far off"),
        reserved_high=("remote",),
    ),
    Axis(
        "mood",
        low=("sad", "dark", "ominous", "eerie", "creepy", "tense", "scary"),
        middle=("calm", "dreamy", "mysterious"),
        high=("happy", "cheerful", "bright", "magical", "triumphant", "epic"),
    ),
    Axis("style", low=("retro", "vintage"), middle=("realistic", "natural"), high=("cinematic", "futuristic", "epic")),
    Axis(
        "size",
        low=("small", "little", "light"),
        lowest=("tiny", "very small"),
        middle=("medium-sized",),
        high=("large", "big", "heavy"),
        highest=("huge", "massive", "giant"),
        reserved_high=("hulking",),
    ),
    Axis(
        "length",
        low=("short", "brief", "quick"),
        lowest=("very short", "momentary"),
        high=("long", "sustained", "drawn-out", "prolonged"),
        highest=("endless", "very long", "lingering"),
        low_adverbs=("briefly",),
        reserved_low=("clipped",),
    ),
    Axis(
        "rate",
        low=("slow", "slow", "lazy"),
        middle=("medium-tempo",),
        high=("fast", "quick", "rapid", "brisk"),
        highest=("frantic", "rapid-fire", "hurried"),
        low_adverbs=("slowly", "slowly", "lazily"),
        middle_adverbs=("at a medium tempo",),
        high_adverbs=("quickly", "fast", "rapidly", "briskly"),
        reserved_low=("leisurely",),
        reserved_high=("hectic",),
    ),
    Axis(
        "density",
        low=("sparse", "occasional", "intermittent"),
        high=("dense", "busy", "thick"),
        low_adverbs=("occasionally", "now and then", "sparsely"),
        high_adverbs=("densely",),
        reserved_low=("scattered",),
        reserved_high=("teeming",),
    ),
    Axis(
        "regularity",
        low=("irregular", "random", "uneven", "erratic", "sporadic"),
        high=("steady", "regular", "rhythmic", "even"),
        highest=("mechanical",),
        low_adverbs=("irregularly", "randomly", "unevenly", "erratically"),
        high_adverbs=("steadily", "rhythmically", "regularly", "evenly"),
    ),
    Axis(
        "intensity",
        low=("gentle", "light", "soft", "weak", "faint", "drizzly"),
        middle=("moderate",),
        high=("heavy", "strong", "hard", "intense", "powerful"),
        highest=("violent", "furious", "very intense"),
        low_adverbs=("gently", "softly", "lightly"),
        middle_adverbs=("moderately",),
        high_adverbs=("hard", "heavily", "strongly", "intensely", "powerfully", "violently"),
        reserved_low=("delicate",),
        reserved_high=("torrential", "ferocious"),
    ),
    Axis("speed_trend", low=("accelerating",), high=("slowing",), low_adverbs=("speeding up",), high_adverbs=("slowing down",)),
    Axis(
        "pitch_trend",
        low=("rising", "ascending"),
        middle=("flat", "monotone"),
        high=("falling", "descending"),
        low_adverbs=("going up",),
        high_adverbs=("going down",),
    ),
    Axis(
        "motion",
        low=("approaching",),
        middle=("passing",),
        high=("receding",),
        low_adverbs=("coming closer",),
        high_adverbs=("moving away",),
    ),
    Axis(
        "temperament",
        low=("calm", "relaxed", "gentle", "sleepy"),
        high=("excited", "angry", "aggressive", "agitated"),
        low_adverbs=("calmly", "sleepily"),
        high_adverbs=("excitedly", "angrily", "aggressively"),
    ),
    Axis("age", low=("new", "modern"), high=("old", "rusty", "worn", "broken"), highest=("very old", "ancient")),
    Axis("thickness", low=("watery", "thin"), high=("thick", "gloopy", "viscous")),
    Axis("wet", low=("dry",), high=("wet", "squelchy", "soggy", "slimy")),
    Axis("hollow", low=("solid",), high=("hollow", "empty", "boxy")),
    Axis(
        "pitch",
        low=("low", "deep", "low-pitched", "bassy"),
        lowest=("very low", "very deep", "extremely low"),
        middle=("medium-pitched", "mid-range"),
        high=("high", "high-pitched", "high-pitched", "thin"),
        highest=("very high", "very high-pitched", "shrill", "piercing", "squeaky"),
        low_adverbs=("at a low pitch", "in a deep tone"),
        high_adverbs=("at a high pitch", "in a high tone"),
        reserved_low=("booming",),
    ),
    Axis(
        "brightness",
        low=("dark", "dull", "muffled", "warm", "mellow"),
        high=("bright", "sharp", "crisp", "harsh", "tinny"),
        reserved_low=("woolly",),
        reserved_high=("brittle",),
    ),
    Axis(
        "roughness",
        low=("smooth", "clean", "pure"),
        high=("rough", "raspy", "gritty", "hoarse", "growling", "distorted"),
        low_adverbs=("smoothly",),
        high_adverbs=("roughly", "harshly"),
        reserved_high=("gravelly",),
    ),
    Axis("tonality", low=("noisy", "airy", "breathy"), high=("tonal", "ringing", "whistling", "resonant", "metallic")),
    Axis(
        "hardness",
        low=("soft", "padded", "dull"),
        high=("hard", "sharp", "clicky", "snappy"),
        low_adverbs=("softly",),
        high_adverbs=("hard", "sharply"),
    ),
    Axis("damping", low=("dry", "dead", "damped", "muted"), high=("ringing", "resonant", "long-ringing", "sustained")),
)
AXES: Mapping[str, Axis] = {axis.name: axis for axis in _AXES}
AXIS_RANK: Mapping[str, int] = {axis.name: rank for rank, axis in enumerate(_AXES)}
ALIASES: Mapping[str, str] = {
    "force": "intensity",
    "strength": "intensity",
    "tempo": "rate",
    "speed": "rate",
    "duration": "length",
    "weight": "size",
    "hollowness": "hollow",
    "wetness": "wet",
    "condition": "age",
    "temper": "temperament",
    "level": "loudness",
}
RESERVED: frozenset[str] = frozenset(word for axis in _AXES for word in axis.reserved_low + axis.reserved_high)

# "Very" sounds wrong before these.
NOT_GRADED: frozenset[str] = word_set(
    """occasional intermittent endless drawn-out prolonged sustained random mechanical approaching receding passing rising falling ascending
    descending accelerating slowing new solid hollow empty muffled distorted tonal ringing whistling resonant metallic triumphant epic
    futuristic cinematic broken dead damped muted long-ringing padded distant far-off faraway nearby growling drizzly even pure rapid
    brisk intense powerful erratic irregular little"""
)
# Words that only some classes can carry: any of these pieces must occur in the class id or its family.
ONLY_FOR: Mapping[str, tuple[str, ...]] = {
    "drizzly": ("rain",),
    "hard": ("rain", "hail", "knock", "hit", "punch", "slap", "hammer", "drum", "kick", "snare", "piano", "mallet", "impact", "wood",
    "metal",
             "glass", "stone", "step", "wind", "slam", "break", "rock", "clap", "percussion"),
    "thin": ("voice", "insect", "bee", "alarm", "synth", "whistle", "siren", "interface", "water", "liquid", "slime", "mud", "pour",
    "string"),
    "thick": ("rain", "liquid", "slime", "mud", "pour", "bubble", "smoke", "synth", "static"),
    "rapid-fire": ("gun", "laser", "typing", "beep", "game", "click", "drum", "alarm", "camera", "percussion"),
    "hurried": ("footsteps", "talking", "typing", "hooves", "crowd", "clock", "knock", "voice"),
    "weak": ("wind", "voice", "water", "tap", "stream", "knock", "fire", "punch", "signal", "bee", "engine"),
    "pure": ("tone", "alarm", "synth", "instrument", "interface", "voice", "whistle", "sine", "beep", "horn", "siren", "scifi"),
    "clean": ("tone", "alarm", "synth", "instrument", "interface", "voice", "whistle", "sine", "beep", "horn", "guitar"),
    "torrential": ("rain", "storm", "stream", "waterfall", "river"),
    "ferocious": ("wind", "storm", "fire", "animal", "lion", "dog", "bear", "monster", "dragon", "blizzard"),
    "hulking": ("animal", "machine", "monster", "vehicle", "robot", "truck", "door"),
    "growling": ("animal", "engine", "monster", "lion", "dog", "motor", "synth", "dragon", "car", "vehicle", "bass"),
    "hoarse": ("animal", "voice", "bird", "crow", "cough", "scream", "speech", "human", "cow", "monster"),
    "raspy": ("animal", "voice", "bird", "crow", "cough", "scream", "speech", "human", "insect", "frog", "saw", "monster"),
    "rusty": ("door", "hinge", "gate", "metal", "machine", "engine", "chain", "lock", "creak", "mechanism", "vehicle", "bike", "swing"),
    "sleepy": ("animal", "bird", "voice", "human", "cat", "dog", "cow"),
    "distorted": ("synth", "alarm", "guitar", "drum", "interface", "scifi", "game", "radio", "siren", "tone", "robot", "glitch", "bass"),
    "breathy": ("voice", "human", "breath", "flute", "wind_inst", "whistle", "synth", "instrument", "sigh"),
}  # fmt: skip
# Size is a matter of weight only for what is lifted, trodden or slammed.
WEIGHT_WORDS: frozenset[str] = frozenset(("heavy", "light"))

# What a noun or verb says by itself about an axis: word -> (axis, lowest quantile, highest quantile).
IMPLIED: Mapping[str, tuple[str, float, float]] = {
    **dict.fromkeys(("drizzle", "drizzling", "drizzles", "sprinkle", "trickle", "trickling", "trickles", "light"), ("intensity", 0.0, LOW)),
    **dict.fromkeys(("breeze", "breezy", "lapping", "laps", "ripples", "whisper"), ("intensity", 0.0, MIDDLE_LOW)),
    **dict.fromkeys(("patters", "pattering", "pitter", "tap", "tapping", "taps", "shower"), ("intensity", 0.0, HIGH)),
    **dict.fromkeys(("pouring", "pours", "downpour", "torrent", "cloudburst", "gale", "gales", "hurricane"), ("intensity", HIGH, 1.0)),
    **dict.fromkeys(
        (
            "roar",
            "roars",
            "roaring",
            "crashing",
            "raging",
            "rushing",
            "banging",
            "pounding",
            "bang",
            "bangs",
            "pounds",
            "stormy",
            "blaze",
            "blazing",
            "bonfire",
            "slam",
            "slams",
            "slamming",
        ),
        ("intensity", MIDDLE_LOW, 1.0),
    ),
    **dict.fromkeys(("puppy", "kitten", "chick", "cub", "piglet", "lamb", "calf", "chihuahua", "yapping", "yaps"), ("size", 0.0, LOW)),
    **dict.fromkeys(("hound", "mastiff", "boulder"), ("size", MIDDLE_HIGH, 1.0)),
    **dict.fromkeys(("running", "runs", "racing", "sprinting", "trotting", "rushes"), ("rate", MIDDLE_LOW, 1.0)),
    **dict.fromkeys(("strolling", "strolls", "walking", "walks", "creeping"), ("rate", 0.0, HIGH)),
}
# Axes of things, not of sounds: "it sounds big" is odd English.
NOT_PREDICATE: frozenset[str] = frozenset(("size", "age", "distance", "thickness", "wet", "length", "motion"))
# Where an axis word is part of a name and claims nothing.
NAMES: tuple[str, ...] = (
    "light switch", "light bulb", "traffic light", "light saber", "lightsaber", "hard drive", "hard disk", "hard hat", "light aircraft",
    "heavy machinery", "heavy machine", "heavy metal", "small talk", "big ben", "deep space", "high five", "soft drink", "high hat",
    "running water", "water running", "engine running", "running engine", "dry leaves", "dry ice", "wet road", "old record", "dark ambient",
    "high heels", "low battery", "quick release", "hollow body", "short wave", "double click", "double bass", "single coil", "one shot",
    "shower head", "bathroom shower", "having a shower", "tap water", "water tap", "running tap", "tap running", "fire alarm",
)  # fmt: skip
# Axes that agree so closely in meaning that their opposite ends contradict each other in one phrase.
KINDRED: tuple[tuple[str, str], ...] = (("loudness", "intensity"), ("temperament", "intensity"), ("hardness", "intensity"))

COUNT_NUMERALS: Mapping[int, tuple[str, ...]] = {
    1: ("one", "a single"), 2: ("two", "2"), 3: ("three", "3"), 4: ("four", "4"), 5: ("five", "5"),
}  # fmt: skip
COUNT_TIMES: Mapping[int, tuple[str, ...]] = {
    1: ("once", "just once", "one time"),
    2: ("twice", "twice", "two times", "2 times"),
    3: ("three times", "three times", "3 times"),
    4: ("four times", "four times", "4 times"),
    5: ("five times", "five times", "5 times"),
}
COUNT_TAGS: Mapping[int, tuple[str, ...]] = {
    1: ("single", "once", "one-shot"), 2: ("twice", "x2", "double", "two times"), 3: ("three times", "x3", "3x"),
    4: ("four times", "x4", "4x"), 5: ("five times", "x5", "5x"),
}  # fmt: skip
# (least, most, numerals, times): said instead of the number, and alone above five.
COUNT_VAGUE: tuple[tuple[int, int, tuple[str, ...], tuple[str, ...]], ...] = (
    (3, 4, ("a few",), ("a few times",)),
    (4, 7, ("several",), ("several times", "repeatedly")),
    (8, 10**6, ("many", "lots of", "countless"), ("many times", "repeatedly", "again and again")),
)
