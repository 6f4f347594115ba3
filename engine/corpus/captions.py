"""From the record of a clip to what people would type: tags, phrase, sentence, rich, noise; section 4.2 of the recipe book."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from engine.corpus import english, scene_words, typing_noise
from engine.corpus.event import Choice, Event, pick
from engine.corpus.lexicon import lexicon, tokens
from engine.corpus.scene import Layer, Scene
from engine.corpus.scene_words import Words
from engine.corpus.templates import Template, group

Form = Literal["tags", "phrase", "sentence", "rich", "noise"]
FORMS: tuple[Form, ...] = ("tags", "phrase", "sentence", "rich", "noise")
FORM_SHARES: Mapping[str, float] = {"tags": 0.25, "phrase": 0.30, "sentence": 0.28, "rich": 0.09, "noise": 0.08}
MOST_WORDS = 60
_ONE_LAYER_OF_NOISE = 0.15
_CLIP_S = 9.845


@dataclass(frozen=True)
class _Manner:
    """What a form says: chance and number of attributes, and the chance of each thing around the sound."""

    attributes: float
    most: int
    most_each: int
    bare: float
    space: float
    colour: float
    far: float
    around: float


_MANNERS: Mapping[str, _Manner] = {
    "tags": _Manner(attributes=0.4, most=3, most_each=1, bare=0.5, space=0.6, colour=0.75, far=0.5, around=0.55),
    "phrase": _Manner(attributes=0.6, most=3, most_each=2, bare=0.2, space=0.7, colour=0.9, far=1.0, around=0.6),
    "sentence": _Manner(attributes=0.6, most=3, most_each=2, bare=0.08, space=0.7, colour=1.0, far=1.0, around=0.6),
    "rich": _Manner(attributes=0.95, most=6, most_each=3, bare=0.0, space=1.0, colour=1.0, far=1.0, around=0.95),
}


@dataclass(frozen=True)
class _Around:
    """What is said of everything but the sounds themselves; ``adjectives`` come with a phrase for where no adjective can stand."""

    phrases: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    adjectives: tuple[tuple[str, str], ...] = ()


def caption(scene: Scene, rng: np.random.Generator, form: str | None = None, held_out: bool = False) -> str:
    """A fresh caption of a scene; ``held_out`` uses the patterns and words that training never shows."""
    form = form or _draw_form(rng)
    inner = form
    if form == "noise":
        inner = ("tags", "phrase", "phrase", "sentence", "tags", "rich")[int(rng.random() * 6)]
    text = _compose(scene, rng, inner, held_out)
    for shorter in ("phrase", "phrase", "tags", "tags"):
        # Room for the words that chat may add.
        if len(text.split()) <= MOST_WORDS - 8:
            break
        inner = shorter
        text = _compose(scene, rng, inner, held_out)
    if form == "noise":
        code = lexicon(scene.layers[0].record.class_id).recipe.code
        return typing_noise.user(text, inner, code, rng)
    if rng.random() < _ONE_LAYER_OF_NOISE:
        text = typing_noise.layer(text, inner, rng)
    return typing_noise.finish(text, inner, rng)


def captions(scene: Scene) -> tuple[str, ...]:
    """The five fixed captions of a scene, one of each form; together they name every sound, the space and the colour."""
    text = f"{'+'.join(scene.class_ids)}/{scene.seed}//caption"
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little"))
    return tuple(caption(scene, rng, form) for form in FORMS)


def _draw_form(rng: np.random.Generator) -> str:
    at = rng.random()
    for form, share in FORM_SHARES.items():
        at -= share
        if at < 0:
            return form
    return "phrase"


def _compose(scene: Scene, rng: np.random.Generator, form: str, held_out: bool) -> str:
    manner = _MANNERS[form]
    single = len(scene.layers) == 1
    bare = single and rng.random() < manner.bare and (scene.distance < scene_words.FAR or form == "tags")
    around = _Around() if bare else _around(scene, rng, manner, held_out)
    muted = _muted(scene)
    chance = (0.3 if rng.random() < 0.4 else 0.0) if bare else manner.attributes
    most = 1 if bare else manner.most if single else manner.most_each
    events = [_event(layer, scene, rng, Choice(chance, most, held_out, muted, _barred(scene))) for layer in scene.layers]
    if scene.scheme in ("over", "three_over"):
        ambience = scene_words.AMBIENCE_ADJECTIVES[scene_words.ambience_step(scene.layers[-1].snr_db)]
        if ambience and rng.random() < 0.6:
            word = str(pick(rng, ambience))
            if events[-1].joins(word):
                events[-1].extra.append((word, ""))
    if form != "tags" and around.adjectives:
        joined = [pair for pair in around.adjectives if events[0].joins(pair[0])]
        events[0].extra += joined
        around = replace(around, phrases=(*around.phrases, *(phrase for word, phrase in around.adjectives if (word, phrase) not in joined)))
    template = _template(scene, form, held_out, rng, events, around, bare)
    return _fill(template, scene, rng, form, events, around)


def _event(layer: Layer, scene: Scene, rng: np.random.Generator, choice: Choice) -> Event:
    return Event(lexicon(layer.record.class_id), layer.record, rng, choice)


def _muted(scene: Scene) -> frozenset[str]:
    """Axes whose words the space, the distance or the recording would make false."""
    axes: set[str] = {"distance"} if scene.distance != 1 else set()
    if scene.distance >= scene_words.FAR or scene.colour in scene_words.MUFFLING:
        axes |= {"brightness", "hardness"}
    if scene.space in scene_words.REVERBERANT or scene.space == "outdoors_far":
        axes |= {"damping"}
    if scene.colour in ("overdriven", "lofi", "megaphone"):
        axes |= {"roughness"}
    return frozenset(axes)


def _barred(scene: Scene) -> frozenset[str]:
    """Single words that the scene contradicts."""
    words: set[str] = set()
    if scene.level == "loud":
        words |= {"soft", "faint", "softly", "faintly", "quiet", "weak"}
    if scene.level == "quiet" or scene.distance > 3:
        words |= {"loud", "deafening", "blaring"}
    if scene.distance >= scene_words.FAR:
        words |= {"close", "near", "nearby"}
    elif scene.distance == 0:
        words |= {"somewhere", "distant", "distance"}
    if scene.space in scene_words.INDOORS:
        words |= {"outside", "outdoors", "outdoor"}
    return frozenset(words)


def _around(scene: Scene, rng: np.random.Generator, manner: _Manner, held_out: bool) -> _Around:
    phrases: list[str] = []
    changes: list[str] = []
    tags: list[str] = []
    adjectives: list[tuple[str, str]] = []

    def say(words: Words, adjective_share: float, change: bool = False) -> None:
        tags.append(str(pick(rng, words.tags)))
        if words.adjectives and rng.random() < adjective_share:
            adjectives.append((str(pick(rng, words.adjectives)), str(pick(rng, words.phrases))))
        else:
            (changes if change else phrases).append(str(pick(rng, words.phrases)))

    if scene.level != "normal" and not (scene.level == "loud" and scene.distance > 3) and rng.random() < manner.around:
        words = scene_words.LEVELS[scene.level]
        if held_out and len(scene.layers) == 1:
            words = Words(words.phrases, (scene_words.RESERVED_LEVELS[scene.level],), (scene_words.RESERVED_LEVELS[scene.level],))
        say(words, 0.8 if len(scene.layers) == 1 else 0.0)
    if scene.distance in scene_words.DISTANCES and rng.random() < (manner.far if scene.distance >= scene_words.FAR else manner.around):
        words = scene_words.DISTANCES[scene.distance]
        if held_out and scene.distance == scene_words.FAR:
            words = Words(words.phrases, (scene_words.RESERVED_DISTANCE,), (scene_words.RESERVED_DISTANCE,))
        say(words, 0.4)
    if scene.space == "dry":
        # Together at most three captions in a hundred: what is absent is seldom said.
        if scene.distance <= 1 and scene.colour is None and rng.random() < 0.05:
            say(_dry_words(scene, rng), 0.3)
    elif rng.random() < manner.space:
        far = scene.space == "outdoors_far" and scene.distance >= scene_words.FAR and tags
        say(scene_words.OUTDOORS if far else scene_words.SPACES[scene.space], 0.15 if manner.space < 1 else 0.0)
    if scene.colour is not None and rng.random() < manner.colour:
        say(scene_words.COLOURS[scene.colour], 0.3)
    if scene.motion is not None and rng.random() < max(manner.around, 0.7):
        say(scene_words.MOTIONS[scene.motion], 0.25, change=True)
    if scene.trend is not None and rng.random() < max(manner.around, 0.65):
        say(scene_words.TRENDS[scene.trend], 0.0, change=True)
    return _Around(tuple(phrases), tuple(changes), tuple(tags), tuple(adjectives))


def _dry_words(scene: Scene, rng: np.random.Generator) -> Words:
    """Ways to say that there is no room around, or nothing else to be heard."""
    if len(scene.layers) == 1 and not scene.floor and rng.random() < 0.4:
        return scene_words.CLEAN
    axes = {scale.axis.name for layer in scene.layers for scale in lexicon(layer.record.class_id).scales}
    return scene_words.NO_REVERB if axes & {"wet", "damping"} else scene_words.DRY


def _template(
    scene: Scene, form: str, held_out: bool, rng: np.random.Generator, events: list[Event], around: _Around, bare: bool
) -> Template:
    patterns = group(form, scene.scheme)
    offers = _offers(scene, events, around)
    candidates = [
        template for template in (patterns.held_out if held_out else patterns.training) if not template.needs or template.needs in offers
    ]
    if bare and not held_out:
        candidates = [template for template in candidates if template.core and not template.needs] or candidates
    elif form == "tags" and "items" in offers and not held_out:
        candidates = [template for template in candidates if template.needs]
    at = rng.random() * sum(template.weight for template in candidates)
    for template in candidates:
        at -= template.weight
        if at < 0:
            return template
    return candidates[-1]


def _offers(scene: Scene, events: list[Event], around: _Around) -> frozenset[str]:
    """What the templates may ask for."""
    first, last = scene.layers[0], scene.layers[-1]
    found: set[str] = set()
    recipe = events[0].lexicon.recipe
    if scene.colour is not None:
        found.add("colour")
    if len(scene.layers) == 1:
        if around.tags or events[0].said or events[0].count_tag():
            found.add("items")
        if events[0].cry():
            found.add("cry")
        if events[0].predicates():
            found.add("predicate")
        if scene.distance == 0 and not any("close" in words for words in (*around.phrases, *(word for word, _ in around.adjectives))):
            found.add("close")
        if events[0].number == 1 and not recipe.texture:
            found.add("single")
        if recipe.texture and scene.trend is None and scene.motion is None and first.end_s > _CLIP_S - 0.5 and first.start_s < 0.2:
            found.add("loop")
        if recipe.texture and scene.trend in (None, "stops") and seconds_of(first) is not None:
            found.add("seconds")
        if not scene.floor and scene.colour is None:
            found.add("alone")
    else:
        gap = scene.layers[1].start_s - first.end_s
        if gap > -0.3:
            found.add("order")
        found.update({"pause"} if gap > 0.6 else {"overlap"} if gap < 0 and scene.scheme == "then" else ())
        if scene.scheme in ("over", "three_over") and scene_words.ambience_step(last.snr_db) == "middle":
            found.add("plainbg")
    return frozenset(found)


def seconds_of(layer: Layer) -> int | None:
    """Whole seconds that a sound lasts, if it is one to eight of them and starts at once."""
    length = layer.end_s - layer.start_s
    whole = round(length)
    return whole if 1 <= whole <= 8 and abs(length - whole) < 0.25 and layer.start_s < 0.6 else None


def _fill(template: Template, scene: Scene, rng: np.random.Generator, form: str, events: list[Event], around: _Around) -> str:
    text = template.text
    values: dict[str, str] = {}
    if "{predicate}" in text:
        values["predicate"] = events[0].keep(2)
    if form == "tags":
        _fill_tags(text, values, scene, rng, events, around)
    for index, event in enumerate(events):
        if f"{{np{index}}}" in text:
            values[f"np{index}"] = event.noun()
        if f"{{is{index}}}" in text:
            values[f"is{index}"] = "are" if event.plural_said else "is"
        if f"{{cl{index}}}" in text:
            values[f"cl{index}"] = event.clause()
        if form != "tags" and f"{{n{index}}}" in text:
            values[f"n{index}"] = event.noun(bare=True)
    tail = "".join(f" {phrase}" for phrase in around.phrases)
    # A change inside the sentence is closed by a comma: "a siren, getting quieter, while it rains".
    closed = "," if around.changes and re.search(r"\{c?tail\} ", text) else ""
    values["tail"] = tail + "".join((", " if tail or index else " ") + change for index, change in enumerate(around.changes)) + closed
    values["ctail"] = tail + "".join(f", {change}" for change in around.changes) + closed
    if "{cry0}" in text:
        values["cry0"] = events[0].cry()
    if "{bg}" in text:
        values["bg"] = str(pick(rng, scene_words.BACKGROUND[scene_words.ambience_step(scene.layers[-1].snr_db)]))
    if "{seconds}" in text:
        values["seconds"] = typing_noise.seconds(seconds_of(scene.layers[0]) or 1, form, rng)
    return english.tidy(text.format(**values))


def _fill_tags(text: str, values: dict[str, str], scene: Scene, rng: np.random.Generator, events: list[Event], around: _Around) -> None:
    more = list(around.tags)
    for index, event in enumerate(events):
        name = event.text(tags=True)
        in_front = name.countability != "mass" or " " in name.words or not event.adjectives()
        if len(events) == 1 and in_front and "{items}" in text and rng.random() < 0.5 and (more or event.count_tag()):
            values["n0"] = event.noun(bare=True, text=name)
        elif len(events) == 1 and "{items}" in text:
            values["n0"] = event.noun(bare=True, text=name, adjectives=False)
            more = [*event.adjectives(name), *more]
        else:
            values[f"n{index}"] = event.noun(bare=True, text=name, adjectives=in_front)
        if event.count_tag() and len(events) == 1:
            more.append(event.count_tag())
    if len(events) == 1:
        values["items"] = ", ".join(_unlike(more, values["n0"])[:3])
    else:
        values["more"] = "".join(f", {tag}" for tag in more[:2])


def _unlike(items: list[str], noun: str) -> list[str]:
    """Items that do not merely repeat the noun or each other."""
    said = set(tokens(noun))
    kept: list[str] = []
    for item in items:
        if not tokens(item) <= said:
            kept.append(item)
            said |= tokens(item)
    return kept
