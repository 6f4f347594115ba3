"""One sound of a caption: which of its attributes are said this time, as a noun phrase, a clause or a tag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from engine.corpus import english, vocabulary
from engine.corpus.english import word_set
from engine.corpus.lexicon import Clause, Lexicon, Scale, Text, tokens
from engine.corpus.recipe import Record

_KIND_RANK = 50
_QUANTIFIERS = word_set("several many two three few")
_LENGTH_RANK, _RATE_RANK = vocabulary.AXIS_RANK["length"], vocabulary.AXIS_RANK["rate"]
_NOT_PREDICATE = frozenset(vocabulary.AXIS_RANK[name] for name in vocabulary.NOT_PREDICATE) | {_KIND_RANK}
_NUMBER_SHARE = 0.4
# These stand next to the noun, even after a participle: "slamming wooden door".
_MATERIALS = word_set(
    """wooden wood metal steel iron tin brass glass plastic stone concrete paper cardboard leather rubber ceramic porcelain bamboo copper
    car vehicle"""
)
_EXTREME_SHARE = 0.85
_MIDDLE_SHARE = 0.15


@dataclass(frozen=True)
class Said:
    """One attribute that this caption says; either word may be missing."""

    rank: int
    adjective: str = ""
    adverb: str = ""


@dataclass(frozen=True)
class Choice:
    """How much is said: chance of each attribute, how many at most, and whether reserved words are used."""

    chance: float
    most: int
    reserved: bool = False
    muted: frozenset[str] = frozenset()
    barred: frozenset[str] = frozenset()
    plain: bool = False


def pick(rng: np.random.Generator, options: Sequence) -> object:
    """One of the options; much cheaper than Generator.choice."""
    return options[int(rng.random() * len(options))]


@cache
def opposites() -> Mapping[str, frozenset[str]]:
    """Word -> words that contradict it in the same phrase."""
    table: dict[str, set[str]] = {}
    pairs = [(axis, axis) for axis in vocabulary.AXES.values()]
    pairs += [(vocabulary.AXES[a], vocabulary.AXES[b]) for a, b in vocabulary.KINDRED]
    pairs += [(b, a) for a, b in pairs if a is not b]
    for first, second in pairs:
        for low in first.all_low:
            table.setdefault(low, set()).update(second.all_high)
            for high in second.all_high:
                table.setdefault(high, set()).add(low)
    return {word: frozenset(words) for word, words in table.items()}


class Event:
    """A record on its way into a sentence; ``said`` is fixed at the start, so that every form tells the same."""

    def __init__(self, lexicon: Lexicon, record: Record, rng: np.random.Generator, choice: Choice) -> None:
        self.lexicon = lexicon
        self.record = record
        self.rng = rng
        self.choice = choice
        self.number = int(record.values[lexicon.count.name]) if lexicon.count else None
        self.words: set[str] = set()
        self.after = ""
        self.option: Text | None = None
        self.count_said = False
        self.plural_said = False
        self.kept: tuple[Said, ...] = ()
        self._count_item: str | None = None
        self.extra: list[tuple[str, str]] = []
        self.said = self._choose()

    # --- what is said -------------------------------------------------------------------------------------------------------------

    def _choose(self) -> list[Said]:
        rng, choice = self.rng, self.choice
        self._choose_noun()
        candidates: list[object] = [*self.lexicon.scales, *(kind for kind in self.lexicon.kinds if kind.slot != "noun")]
        if self.lexicon.count is not None:
            candidates.append(None)
        if choice.most < len(candidates):
            rng.shuffle(candidates)  # type: ignore[arg-type]
        said: list[Said] = []
        left = choice.most
        for candidate in candidates:
            if left <= 0:
                break
            if candidate is None:
                # A single event is worth saying, a dozen less so.
                self.count_said = rng.random() < choice.chance
                left -= self.count_said
            elif isinstance(candidate, Scale):
                found = self._scale(candidate)
                if found is not None:
                    said.append(found)
                    left -= 1
            elif rng.random() < choice.chance:
                words = [w for w in candidate.options[str(self.record.values[candidate.name])] if self._free(w)]
                if words:
                    word = str(pick(rng, words))
                    if candidate.slot == "after":
                        self.after = self.after or word
                    else:
                        said.append(Said(_KIND_RANK, adjective=word))
                    self.words |= {word} | tokens(word)
                    left -= 1
        return sorted(said, key=lambda one: one.rank)

    def _choose_noun(self) -> None:
        """Sometimes a kind of the sound takes the place of its name; always where no name of the class itself is true."""
        for kind in self.lexicon.kinds:
            if kind.slot != "noun":
                continue
            words = self.lexicon.noun_options[kind.name, str(self.record.values[kind.name])]
            words = tuple(text for text in words if text.true(self.record))
            if words and self.rng.random() < max(self.choice.chance, 0.6):
                self.option = pick(self.rng, words)  # type: ignore[assignment]
                return

    def _scale(self, scale: Scale) -> Said | None:
        rng, axis = self.rng, scale.axis
        if axis.name in self.choice.muted:
            return None
        quantile = self.record.quantiles[scale.name]
        quantile = 1 - quantile if scale.reverse else quantile
        outer = quantile < 0.1 or quantile > 0.9
        chance = max(self.choice.chance, _EXTREME_SHARE) if outer and self.choice.chance > 0 else self.choice.chance
        if rng.random() >= chance:
            return None
        if scale.number_unit and rng.random() < _NUMBER_SHARE:
            return _numbered(float(self.record.values[scale.name]), scale)
        zone = _zone(quantile)
        if zone is None or (zone == "middle" and rng.random() > _MIDDLE_SHARE):
            return None
        word = self._graded(scale, zone, quantile)
        adverbs = [w for w in scale.adverbs[zone] if self._free(w)]
        adverb = str(pick(rng, adverbs)) if adverbs else ""
        if not word and not adverb:
            return None
        self.words |= {word, adverb, *word.split()}
        return Said(scale.rank, word, adverb)

    def _graded(self, scale: Scale, zone: str, quantile: float) -> str:
        rng = self.rng
        if self.choice.reserved and zone in scale.reserved:
            reserved = [w for w in scale.reserved[zone] if self._free(w)]
            if reserved:
                return str(pick(rng, reserved))
        extreme = "lowest" if quantile < vocabulary.LOWEST else "highest" if quantile > vocabulary.HIGHEST else ""
        if extreme and scale.zones[extreme] and rng.random() < 0.45:
            words = [w for w in scale.zones[extreme] if self._free(w)]
            if words:
                return str(pick(rng, words))
        words = [w for w in scale.zones[zone] if self._free(w)]
        if not words:
            return ""
        word = str(pick(rng, words))
        if zone == "middle" or word in vocabulary.NOT_GRADED:
            return word
        edge = min(quantile, 1 - quantile)
        if edge < vocabulary.VERY and rng.random() < 0.35:
            return f"{pick(rng, vocabulary.INTENSIFIERS)} {word}"
        if vocabulary.LOW - vocabulary.SLIGHT < edge < vocabulary.LOW and rng.random() < 0.4:
            return f"{pick(rng, vocabulary.SOFTENERS)} {word}"
        return word

    def _free(self, word: str) -> bool:
        """Whether a word may join: not said, not contradicted by what is said, and true on every axis of the class that owns it."""
        if word in self.words or word in self.choice.barred or not self.words.isdisjoint(opposites().get(word, ())):
            return False
        for scale in self.lexicon.scales:
            quantile = self.record.quantiles[scale.name]
            quantile = 1 - quantile if scale.reverse else quantile
            if word in scale.axis.all_low and quantile > vocabulary.LOW:
                return False
            if word in scale.axis.all_high and quantile < vocabulary.HIGH:
                return False
        return True

    # --- nouns --------------------------------------------------------------------------------------------------------------------

    def text(self, tags: bool = False) -> Text:
        """A true name of the sound."""
        if self.option is not None:
            return self.option
        barred = self.choice.barred
        names = [text for text in self.lexicon.nouns if text.tokens.isdisjoint(barred) and text.true(self.record)]
        if tags:
            names += [text for text in self.lexicon.tags if text.tokens.isdisjoint(barred) and text.true(self.record)]
        if not names:
            names = [t for (name, option), words in self.lexicon.noun_options.items() if self.record.values[name] == option for t in words]
        if not names:
            names = list(self.lexicon.nouns)
        return pick(self.rng, names)  # type: ignore[return-value]

    def cry(self) -> str:
        """An onomatopoeia that is true, or nothing."""
        cries = [text.words for text in self.lexicon.cries if text.true(self.record)]
        return str(pick(self.rng, cries)) if cries else ""

    def noun(self, bare: bool = False, text: Text | None = None, adjectives: bool = True) -> str:
        """Noun phrase with article, adjectives and count; ``bare`` leaves article and count away."""
        text = text or self.text()
        before = self.adjectives(text) if adjectives else []
        before = [*(word for word, _ in self.extra), *before]
        words, counted, suffix = text.words, "", ""
        number = self.number
        if not bare and self.count_said and number is not None:
            words, counted, suffix = self._counted(text, number)
        elif not bare and number is not None and number > 1 and text.plural:
            words = text.plural
        self.plural_said = text.countability == "plural" or words is not text.words
        phrase = _join(before, words)
        if self.after and not text.postposed:
            phrase = f"{phrase} {self.after}"
        if counted:
            phrase = f"{counted} {phrase}"
        elif not bare and text.countability == "count" and words is text.words:
            phrase = f"{english.article(phrase)} {phrase}"
        return phrase + suffix

    def _counted(self, text: Text, number: int) -> tuple[str, str, str]:
        """Noun, numeral before it, and what follows it."""
        numerals, times = self._count_words(number)
        if number == 1 and text.countability == "count" and numerals:
            return text.words, str(pick(self.rng, numerals)), ""
        if number > 1 and text.plural and numerals:
            return text.plural, str(pick(self.rng, numerals)), ""
        if number > 1 and text.countability == "count" and not english.gerund(text.words.split()[english.head(text.words)]):
            return text.words, "", ""
        loose = text.countability == "count" and not text.words.endswith("ing")
        comma = "," if self.after or text.postposed or loose else ""
        return text.words, "", f"{comma} {pick(self.rng, times)}" if times else ""

    def _count_words(self, number: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        exact = number in vocabulary.COUNT_TIMES
        if not exact or self.rng.random() < 0.12:
            for low, high, numerals, times in vocabulary.COUNT_VAGUE:
                if low <= number <= high:
                    return numerals, times
        return vocabulary.COUNT_NUMERALS.get(number, ()), vocabulary.COUNT_TIMES.get(number, ())

    def _fits(self, one: Said, text: Text) -> bool:
        """Neither repeats nor contradicts the noun; a car or a dog is not "short" because its sound is."""
        if (one.rank == _LENGTH_RANK and text.actor != "sound") or (one.rank == _RATE_RANK and text.actor == "person"):
            return False
        last = one.adjective.split()[-1]
        if (last in _QUANTIFIERS and text.countability != "plural") or text.words.split(" ", 1)[0] in _QUANTIFIERS:
            return False
        return text.tokens.isdisjoint(tokens(one.adjective)) and text.tokens.isdisjoint(opposites().get(last, ()))

    # --- clauses ------------------------------------------------------------------------------------------------------------------

    def clause(self) -> str:
        """A sentence about the sound; attributes go where the clause has room for them."""
        barred = self.choice.barred
        clauses = [clause for clause in self.lexicon.clauses if clause.text.tokens.isdisjoint(barred) and clause.text.true(self.record)]
        if not clauses:
            return f"{self.noun()} can be heard"
        clause: Clause = pick(self.rng, clauses)  # type: ignore[assignment]
        if self.said and not clause.slots:
            clause = pick(self.rng, clauses)  # type: ignore[assignment]
        adverbs, adjectives = self._share_out(clause)
        times = ""
        if self.count_said and self.number is not None and not clause.progressive:
            options = self._count_words(self.number)[1]
            times = str(pick(self.rng, options)) if options else ""
        parts: list[str] = []
        for index, piece in enumerate(clause.pieces):
            if piece == "{adv}":
                parts.append(" ".join(filter(None, (times, adverbs))))
                times, adverbs = "", ""
            elif piece in ("{a}", "{adj}"):
                following = clause.pieces[index + 1] if index + 1 < len(clause.pieces) else ""
                words = _join(adjectives, "")
                adjectives = []
                if piece == "{a}" and not clause.bare:
                    words = f"{english.article(words or following)} {words}"
                parts.append(words)
            else:
                parts.append(piece)
        text = " ".join(" ".join(parts).split())
        if self.after and not _shares_preposition(clause.text, self.after):
            text = f"{text} {self.after}"
        if not {"{a}", "{adj}"} & clause.slots:
            times = " ".join(filter(None, (times, *(phrase for _, phrase in self.extra))))
        return f"{text} {times}".strip()

    def _share_out(self, clause: Clause) -> tuple[str, list[str]]:
        """Which attribute becomes the adverb and which become adjectives of this clause."""
        room = "{a}" in clause.slots or "{adj}" in clause.slots
        adverb, adjectives = "", [word for word, _ in self.extra] if room else []
        for one in self.said:
            if one in self.kept:
                continue
            if "{adv}" in clause.slots and one.adverb and not adverb and (not room or not one.adjective or self.rng.random() < 0.7):
                adverb = one.adverb
            elif room and one.adjective and self._fits(one, clause.text):
                adjectives.append(one.adjective)
        return adverb, adjectives

    def predicates(self) -> list[str]:
        """Adjectives for "it sounds ..."."""
        return [one.adjective for one in self.said if _predicative(one)]

    def keep(self, number: int) -> str:
        """Takes the last adjectives out of clause and noun and gives them back joined, for "it sounds ..."."""
        self.kept = tuple(one for one in self.said if _predicative(one))[-number:]
        return " and ".join(one.adjective for one in self.kept)

    def count_tag(self) -> str:
        """The count as an item of a list, if it is said."""
        if not self.count_said or self.number is None:
            return ""
        if self._count_item is None:
            options = vocabulary.COUNT_TAGS.get(self.number) or self._count_words(self.number)[1]
            self._count_item = str(pick(self.rng, options)) if options else ""
        return self._count_item

    def adjectives(self, text: Text | None = None) -> list[str]:
        """What is said as adjectives, in order."""
        return [one.adjective for one in self.said if one.adjective and one not in self.kept and (text is None or self._fits(one, text))]

    def joins(self, word: str) -> bool:
        """Whether an adjective of the scene goes together with what is said."""
        last = word.split()[-1]
        free = self.words.isdisjoint(tokens(word)) and self.words.isdisjoint(opposites().get(last, ()))
        if free:
            self.words |= {word, last}
        return free


def _predicative(one: Said) -> bool:
    return bool(one.adjective) and one.rank not in _NOT_PREDICATE


def _zone(quantile: float) -> str | None:
    if quantile < vocabulary.LOW:
        return "low"
    if quantile > vocabulary.HIGH:
        return "high"
    return "middle" if vocabulary.MIDDLE_LOW <= quantile <= vocabulary.MIDDLE_HIGH else None


def _numbered(value: float, scale: Scale) -> Said:
    """The quantity itself: "at 120 bpm", "440 Hz"."""
    exact = f"{value:.0f} {scale.number_unit}"
    return Said(scale.rank, exact, f"at {exact}")


def _join(adjectives: Sequence[str], noun: str) -> str:
    """Adjectives before a noun; a leading participle stays in front of a material ("slamming wooden door")."""
    words = noun.split()
    if english.opens_with_participle(words):
        inner = [one for one in adjectives if one.split()[-1] in _MATERIALS]
        if inner:
            return " ".join([*(one for one in adjectives if one not in inner), words[0], *inner, *words[1:]])
    return " ".join([*adjectives, *words])


def _shares_preposition(text: Text, after: str) -> bool:
    return after.split()[0] in text.tokens
