"""All sound classes, found by importing every module of the families package."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from functools import cache

from engine.corpus import families
from engine.corpus.recipe import Recipe


@cache
def recipes() -> dict[str, Recipe]:
    """Class id -> recipe, in the order of the recipe book; ids and numbers are unique."""
    found: list[Recipe] = []
    for module in pkgutil.iter_modules(families.__path__):
        family = importlib.import_module(f"{families.__name__}.{module.name}")
        found += [replace(recipe, family=module.name) for recipe in family.RECIPES]
    found.sort(key=lambda recipe: recipe.number)
    table = {recipe.id: recipe for recipe in found}
    if len(table) != len(found) or len({recipe.number for recipe in found}) != len(found):
        raise ValueError("two sound classes share an id or a number")
    return table
