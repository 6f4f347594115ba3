"""What people call the sounds besides the names that captions use: synonyms, nicknames, what happens when one hears them.

Captions are made from few names by a grammar, and a prompt encoder that has read nothing else knows no other words. These phrases teach it
which sound is meant. Nothing in them was taken from the prompts that the packs are measured by.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.corpus.registry import recipes

_FILE = Path(__file__).with_name("other_names.json")


@dataclass(frozen=True)
class Names:
    """Of one class: the names in its captions, and others."""

    nouns: tuple[str, ...]
    others: tuple[str, ...]


@cache
def names_of_classes() -> dict[str, Names]:
    """Class -> its names."""
    others = json.loads(_FILE.read_text(encoding="utf-8"))
    return {name: Names(tuple(recipe.nouns), tuple(others[name])) for name, recipe in recipes().items()}
