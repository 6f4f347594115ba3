"""What a sound file that Melbrush wrote tells about its making, as far as it can be used: a file may hold anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from engine.session.document import Document
from engine.types import MAX_CANDIDATES, MAX_DURATION_S, MAX_STEPS, OrderName, SamplingSettings

_FIELDS = {"prompt": "prompt", "negative": "negative", "seed": "seed", "duration_s": "duration", "blend": "blend"}
_SETTINGS = {name: name for name in SamplingSettings.__dataclass_fields__}
_RANGES = {
    "seed": (0, 2**53 - 1),
    "duration_s": (0.5, MAX_DURATION_S),
    "blend": (0.0, 1.0),
    "steps": (1, MAX_STEPS),
    "candidates": (1, MAX_CANDIDATES),
    "remask": (0.0, 1.0),
    "grounding": (0.0, 1.0),
}
_CHOICES = {"order": get_args(OrderName)}


def fields_of(recipe: dict[str, Any], document: Document) -> dict[str, Any]:
    """Prompt, seed, settings and the like for ``document``; what the recipe lacks stays as it is."""
    return {**_usable(recipe, _FIELDS, document), "settings": replace(document.settings, **_usable(recipe, _SETTINGS, document.settings))}


def _usable(recipe: dict[str, Any], names: dict[str, str], present: Any) -> dict[str, Any]:
    """Fields of ``present`` that a recipe holds under ``names``; types and ranges must be those of the field."""
    found = {}
    for field, name in names.items():
        value, wanted = recipe.get(name), type(getattr(present, field))
        low, high = _RANGES.get(field, (0, 100))
        number = wanted in (int, float) and type(value) in (int, wanted) and low <= value <= high
        if number or (wanted is str and isinstance(value, str) and value in _CHOICES.get(field, (value,))):
            found[field] = wanted(value)
    return found
