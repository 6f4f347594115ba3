"""A recipe's words, compiled once: every noun, tag, cry and clause with the conditions under which it is true."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from engine.corpus import english, vocabulary
from engine.corpus.english import word_set
from engine.corpus.recipe import Count, Kind, Range, Recipe, Record
from engine.corpus.registry import recipes

_WORD = re.compile(r"[a-z0-9'&-]+")
_SLOT = re.compile(r"(\{a\}|\{adj\}|\{adv\})")
_LEADING = word_set("on in into onto of with from at through under over against a an the that")
# Options that name the ordinary case, not a thing that could occur in a noun.
_PLAIN_OPTIONS = word_set("plain normal none no yes real middle neutral other default adult mixed one two open")
_EVENT_HEADS = word_set(
    """bark meow moo neigh oink hoot caw quack chirp roar growl howl croak cry shot gunshot blast explosion hit knock slap punch kick step
    footstep footfall clap thunderclap slam bang thud thump clink clang clank ting ping pop honk toot ring strike stroke impact beep bleep
    blip click creak squeak splash plop drop crash smash whoosh swoosh swish zap chime ding dong toll crack snap cough sneeze laugh scream
    burp hiccup snore sigh gasp kiss whistle hum thunk tick boom explosion detonation notification jump rimshot drip squelch crunch rattle
    jingle hoofbeat heartbeat knell tweet peep"""
)
_SIZE_IS_WEIGHT = frozenset(
    ("doors", "foley", "impacts", "machines", "tools", "vehicles", "vehicles_road", "vehicles_rail_air", "mechanisms")
)


@dataclass(frozen=True)
class Need:
    """One condition on a record: a quantile span, or options, or a span of counts."""

    attribute: str
    low: float = 0.0
    high: float = 1.0
    reverse: bool = False
    options: frozenset[str] | None = None
    counts: bool = False

    def holds(self, record: Record) -> bool:
        """Whether the record meets it."""
        if self.options is not None:
            return record.values[self.attribute] in self.options
        if self.counts:
            return self.low <= float(record.values[self.attribute]) <= self.high
        quantile = record.quantiles[self.attribute]
        return self.low <= (1 - quantile if self.reverse else quantile) <= self.high


@dataclass(frozen=True)
class Text:
    """Words with their conditions; ``plural`` is the noun in the plural where it names single events."""

    words: str
    needs: tuple[Need, ...]
    tokens: frozenset[str]
    countability: english.Countability = "mass"
    plural: str | None = None
    postposed: bool = False
    actor: english.Actor = "sound"

    def true(self, record: Record) -> bool:
        """Whether the record allows these words."""
        return all(need.holds(record) for need in self.needs)


@dataclass(frozen=True)
class Clause:
    """A sentence cut at its slots; ``pieces`` alternate between literal text and slot names."""

    text: Text
    pieces: tuple[str, ...]
    slots: frozenset[str]
    bare: bool
    progressive: bool


@dataclass(frozen=True)
class Scale:
    """A spoken continuous attribute: its axis and the words of each zone that this class may carry."""

    name: str
    reverse: bool
    rank: int
    axis: vocabulary.Axis
    zones: Mapping[str, tuple[str, ...]]
    adverbs: Mapping[str, tuple[str, ...]]
    reserved: Mapping[str, tuple[str, ...]]
    number_unit: str = ""


@dataclass(frozen=True)
class Lexicon:
    """All words of one class."""

    recipe: Recipe
    nouns: tuple[Text, ...]
    tags: tuple[Text, ...]
    cries: tuple[Text, ...]
    clauses: tuple[Clause, ...]
    scales: tuple[Scale, ...]
    kinds: tuple[Kind, ...]
    count: Count | None
    noun_options: Mapping[tuple[str, str], tuple[Text, ...]]


@cache
def lexicon(class_id: str) -> Lexicon:
    """Compiled words of a registered class."""
    return compile_lexicon(recipes()[class_id])


def compile_lexicon(recipe: Recipe) -> Lexicon:
    """Words of a recipe with their conditions."""
    verbs = {word for clause in recipe.clauses for word in _WORD.findall(clause.lower())}
    kinds = tuple(_trained_kind(attribute) for attribute in recipe.attributes if isinstance(attribute, Kind))
    count = next((attribute for attribute in recipe.attributes if isinstance(attribute, Count) and attribute.spoken), None)

    def text(words: str) -> Text:
        return _text(words, recipe, kinds, count, verbs)

    options = {
        (kind.name, option): tuple(text(words) for words in phrases)
        for kind in kinds
        if kind.slot == "noun"
        for option, phrases in kind.options.items()
    }
    return Lexicon(
        recipe=recipe,
        nouns=tuple(map(text, _trained(recipe.nouns) or recipe.nouns)),
        tags=tuple(map(text, _trained(recipe.tags))),
        cries=tuple(map(text, _trained(recipe.onomatopoeia))),
        clauses=tuple(
            _clause(words, replace(text(_SLOT.sub(" ", words)), actor=_actor_clause(words))) for words in _trained(recipe.clauses)
        ),
        scales=tuple(_scale(a, recipe) for a in recipe.attributes if isinstance(a, Range) and axis_of(a) is not None),
        kinds=kinds,
        count=count,
        noun_options=options,
    )


def axis_of(attribute: Range) -> vocabulary.Axis | None:
    """The axis whose words an attribute takes, by its own name or an alias."""
    if attribute.axis is None:
        return None
    return vocabulary.AXES.get(vocabulary.ALIASES.get(attribute.axis, attribute.axis))


def allowed(word: str, recipe: Recipe, attribute: str, axis: str) -> bool:
    """Whether this class can carry the word at all."""
    if axis == "size" and word in vocabulary.WEIGHT_WORDS and attribute != "weight" and recipe.family not in _SIZE_IS_WEIGHT:
        return False
    pieces = vocabulary.ONLY_FOR.get(word)
    return pieces is None or any(piece in recipe.id or piece in recipe.family for piece in pieces)


def tokens(words: str) -> frozenset[str]:
    """Single words of a text in lower case, the parts of hyphenated words as well."""
    found = _WORD.findall(words.lower())
    return frozenset(found) | {part for word in found if "-" in word for part in word.split("-")}


def _trained(texts: Iterable[str]) -> tuple[str, ...]:
    """Without texts that would give a reserved word away."""
    return tuple(text for text in texts if not tokens(text) & vocabulary.RESERVED)


def _trained_kind(kind: Kind) -> Kind:
    return replace(kind, options={option: _trained(words) for option, words in kind.options.items()})


def _text(words: str, recipe: Recipe, kinds: tuple[Kind, ...], count: Count | None, verbs: set[str]) -> Text:
    lower = words.lower()
    needs = [*_axis_needs(lower, recipe), *_kind_needs(lower, kinds)]
    split = lower.split()
    at = english.head(lower)
    last = split[at]
    countability = english.countability(lower)
    plural = None
    if countability == "plural":
        singular = last[:-1]
        plural = words if singular in _EVENT_HEADS else None
    elif countability == "count" and not english.gerund(last):
        many = english.plural(last)
        if (many in verbs and not english.is_agent(last)) or last in _EVENT_HEADS:
            plural = " ".join([*words.split()[:at], english.plural(words.split()[at]), *words.split()[at + 1 :]])
    if count is not None:
        least = _repeats(split) if len(split) > 1 and len(set(split)) < len(split) else 1
        if countability == "plural" and plural:
            least = max(least, 2)
        if least > 1:
            needs.append(Need(count.name, low=least, high=10**6, counts=True))
    return Text(words, tuple(needs), tokens(lower), countability, plural, at < len(split) - 1, english.names_actor(split, at))


def _repeats(words: list[str]) -> int:
    return max(words.count(word) for word in words)


def _axis_needs(lower: str, recipe: Recipe) -> Iterable[Need]:
    claims = lower
    for name in vocabulary.NAMES:
        claims = claims.replace(name, "")
    said = tokens(claims)
    own = _own_words(recipe)
    for attribute in recipe.attributes:
        if not isinstance(attribute, Range) or (axis := axis_of(attribute)) is None:
            continue
        low, high = 0.0, 1.0
        for word in said:
            span = vocabulary.IMPLIED.get(word)
            if span is not None and span[0] == axis.name and word not in own:
                low, high = max(low, span[1]), min(high, span[2])
            elif word in axis.all_low:
                high = min(high, vocabulary.LOW)
            elif word in axis.all_high:
                low = max(low, vocabulary.HIGH)
        if low > 0 or high < 1:
            yield Need(attribute.name, low, high, attribute.reverse)


@cache
def _recurring(texts: tuple[str, ...]) -> frozenset[str]:
    counted = [word for text in texts for word in tokens(text)]
    return frozenset(word for word in set(counted) if counted.count(word) >= 3)


def _own_words(recipe: Recipe) -> frozenset[str]:
    """Words that belong to the class as such ("pouring" for pouring water) and so claim nothing about one clip."""
    return _recurring(recipe.nouns + recipe.tags) | tokens(recipe.id.replace("_", " "))


def _kind_needs(lower: str, kinds: tuple[Kind, ...]) -> Iterable[Need]:
    padded = f" {' '.join(_WORD.findall(lower))} "
    for kind in kinds:
        cores = {option: [f" {core} " for core in _cores(option, phrases)] for option, phrases in kind.options.items()}
        hits = {core for phrases in cores.values() for core in phrases if core in padded}
        if hits:
            # "train" is also true of a "freight train": what contains the words does not contradict them.
            fits = frozenset(option for option, phrases in cores.items() if any(hit in core for core in phrases for hit in hits))
            yield Need(kind.name, options=fits)


def _cores(option: str, phrases: tuple[str, ...]) -> list[str]:
    cores = [_core(phrase) for phrase in phrases]
    return cores if option in _PLAIN_OPTIONS else [*cores, option.replace("_", " ")]


def _core(phrase: str) -> str:
    """A phrase without its leading prepositions and articles."""
    words = _WORD.findall(phrase.lower())
    while len(words) > 1 and words[0] in _LEADING:
        words = words[1:]
    return " ".join(words)


def _actor_clause(words: str) -> english.Actor:
    """Whom the slot for adjectives describes ("{a} car brakes")."""
    after = re.split(r"\{a\}|\{adj\}", words.lower())[-1].split()
    return english.names_actor(after, 0) if after else "sound"


def _clause(words: str, text: Text) -> Clause:
    pieces = tuple(piece for piece in _SLOT.split(words) if piece)
    bare = False
    for slot, after in pairwise(pieces):
        if slot == "{a}":
            following = after.split()
            # "{a} rain falls" must not become "a rain falls"; "{a} rain shower" may.
            verb = len(following) > 1 and (following[1].endswith("s") or following[1] in ("is", "are"))
            bare = bool(following) and verb and (english.is_mass(following[0]) or english.is_plural(following[0]))
    progressive = bool(text.tokens & {"is", "are", "it"})
    return Clause(text, pieces, frozenset(piece for piece in pieces if piece.startswith("{")), bare, progressive)


def _number_unit(attribute: Range, recipe: Recipe) -> str:
    """The unit in which people give this quantity as a number: beats per minute always, hertz for bare tones."""
    if attribute.unit.lower() == "bpm":
        return "bpm"
    return "Hz" if attribute.unit == "Hz" and set(recipe.id.split("_")) & {"tone", "sine", "oscillator"} else ""


def _scale(attribute: Range, recipe: Recipe) -> Scale:
    axis = axis_of(attribute)
    assert axis is not None

    def fit(words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(word for word in words if allowed(word, recipe, attribute.name, axis.name))

    return Scale(
        name=attribute.name,
        reverse=attribute.reverse,
        rank=vocabulary.AXIS_RANK[axis.name],
        axis=axis,
        zones={
            "lowest": fit(axis.lowest), "low": fit(axis.low), "middle": fit(axis.middle), "high": fit(axis.high),
            "highest": fit(axis.highest),
        },
        adverbs={"low": axis.low_adverbs, "middle": axis.middle_adverbs, "high": axis.high_adverbs},
        reserved={"low": fit(axis.reserved_low), "high": fit(axis.reserved_high)},
        number_unit=_number_unit(attribute, recipe),
    )  # fmt: skip
