"""The Universal Category System 8.2.1: which category a prompt belongs to, and file names that sound libraries sort by.

The list of 753 CatIDs in 82 categories lies in ``ucs_categories.json``. It was taken from github.com/iluvcapra/ucs-community (``ucs.json``
at a61df23; CC0). The words beside it are ours: what people call the sound classes, and a few of the list's synonyms.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from engine.export.names import safe_text
from engine.types import EngineError

LONGEST_FX_NAME = 25
NO_SOURCE = "NONE"

_FALLBACK = "DSGNMisc"
_LONGEST_PHRASE = 6
_NOT_IN_A_BLOCK = re.compile(r"[_\-\s]+")
# Words that choose between the sub-categories of a category which has them.
_KINDS = {
    "METAL": "metal metallic tin steel iron aluminium aluminum",
    "WOOD": "wood wooden timber plank",
    "GLASS": "glass window pane",
    "PLASTIC": "plastic vinyl",
    "STONE": "stone",
    "CLOTH": "cloth fabric tent umbrella awning",
    "CONCRETE": "concrete pavement asphalt street sidewalk",
    "VEGETATION": "leaves foliage trees plants jungle",
    "WATER": "puddle pond lake",
    "BREAK": "break breaking crack cracking snap snapping shatter shattering smash smashing",
    "CRASH & DEBRIS": "crash crashing debris rubble",
    "FRICTION": "scrape scraping squeak squeaking grind grinding friction scratch scratching",
    "IMPACT": "hit impact drop dropping thud bang clank knock strike",
    "MOVEMENT": "rattle rattling drag dragging roll rolling shake shaking",
    "RIP": "rip ripping tear tearing",
    "TONAL": "ring ringing bowed resonant tonal",
}
_REFINABLE = frozenset(_KINDS) | {"GENERAL", "MISC"}
_SUB_OF_WORD = {word: sub for sub, words in _KINDS.items() for word in words.split()}


@dataclass(frozen=True)
class Category:
    """One line of the list: CatID, category and sub-category."""

    id: str
    category: str
    sub_category: str


@dataclass(frozen=True)
class UcsName:
    """The blocks of a UCS file name; no block but ``cat_id`` may be changed by reading it back, so none holds ``_`` or ``-``."""

    cat_id: str
    fx_name: str
    creator_id: str
    source_id: str = NO_SOURCE
    user_category: str = ""
    vendor_category: str = ""
    user_data: str = ""


@cache
def categories() -> dict[str, Category]:
    """Every category by its CatID, in the order of the list."""
    return {row[0]: Category(*row) for row in _stored()["categories"]}


@cache
def _stored() -> dict:
    return json.loads(files("engine.export").joinpath("ucs_categories.json").read_text(encoding="utf-8"))


@cache
def _sub_categories() -> dict[tuple[str, str], Category]:
    return {(category.category, category.sub_category): category for category in categories().values()}


def propose_category(prompt: str) -> Category:
    """The category that a prompt most likely belongs to: the longest known phrase decides, of equally long ones the first.

    A material or an action beside it refines the choice ("metal door"). DESIGNED MISC if nothing is known.
    """
    words = re.findall(r"[^\W_]+", prompt.casefold())
    found = _longest_phrase(words)
    if found is None:
        return categories()[_FALLBACK]
    start, length, cat_id = found
    category = categories()[cat_id]
    if category.sub_category not in _REFINABLE:
        return category
    for word in words[:start] + words[start + length :]:
        refined = _sub_categories().get((category.category, _SUB_OF_WORD.get(word, "")))
        if refined is not None:
            return refined
    return category


def _longest_phrase(words: list[str]) -> tuple[int, int, str] | None:
    """(start, length, CatID) of the best phrase, or None."""
    for length in range(min(_LONGEST_PHRASE, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            cat_id = _cat_id_of(words[start : start + length])
            if cat_id is not None:
                return start, length, cat_id
    return None


def _cat_id_of(words: list[str]) -> str | None:
    known = _phrases()
    *first, last = words
    for form in (last, last.removesuffix("s"), last.removesuffix("es"), last + "s", last.removesuffix("ing")):
        if form and (cat_id := known.get(" ".join([*first, form]))) is not None:
            return cat_id
    return None


@cache
def _phrases() -> dict[str, str]:
    """Known phrases with words parted as in a prompt, so that "8-bit" is found."""
    return {" ".join(re.findall(r"[^\W_]+", phrase.casefold())): cat_id for phrase, cat_id in _stored()["words"].items()}


def block_text(text: str, longest: int = 60) -> str:
    """A text as it may stand in a block of a name: no ``_``, no ``-``, nothing that a file name cannot hold, cut at a word."""
    cleaned = _NOT_IN_A_BLOCK.sub(" ", safe_text(text)).strip(" .")
    if len(cleaned) <= longest:
        return cleaned
    head = cleaned[: longest + 1]
    return (head[: head.rfind(" ")] if " " in head[1:] else cleaned[:longest]).strip(" .")


def build_name(name: UcsName) -> str:
    """The file name without its ending. Raises EngineError("value") for an unknown CatID or a block that is empty or not clean."""
    if name.cat_id not in categories():
        raise EngineError("value", f'There is no UCS category "{name.cat_id}".')
    blocks = (name.fx_name, name.creator_id, name.source_id, name.user_category, name.vendor_category, name.user_data)
    if not all(blocks[:3]) or any(block != block_text(block, len(block)) for block in blocks):
        raise EngineError("value", "A UCS name needs an effect name, a creator and a source, all without underscores and hyphens.")
    first = f"{name.cat_id}-{name.user_category}" if name.user_category else name.cat_id
    effect = f"{name.vendor_category}-{name.fx_name}" if name.vendor_category else name.fx_name
    return "_".join([first, effect, name.creator_id, name.source_id, *([name.user_data] if name.user_data else [])])


def parse_name(stem: str) -> UcsName:
    """The blocks of a file name without its ending. Raises EngineError("value") if it does not follow UCS."""
    blocks = stem.split("_")
    if len(blocks) not in (4, 5) or not all(blocks):
        raise EngineError("value", f'"{stem}" is not a UCS name: it needs four or five blocks between underscores.')
    cat_id, _, user_category = blocks[0].partition("-")
    vendor_category, hyphen, fx_name = blocks[1].partition("-")
    if not hyphen:
        vendor_category, fx_name = "", blocks[1]
    name = UcsName(cat_id, fx_name, blocks[2], blocks[3], user_category, vendor_category, blocks[4] if len(blocks) == 5 else "")
    build_name(name)
    return name
