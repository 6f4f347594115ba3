"""The proof that every sound class does what its captions say; all of it with ``-m slow``, most of the first wave always."""

import pytest

from engine.corpus.checks import contract, hygiene, own_tests
from engine.corpus.recipe import Recipe
from engine.corpus.registry import recipes

EVERY = list(recipes().values())
# Their spread over seeds is too wide for the few seeds of the fast part.
WIDE = ("campfire", "door_slam", "door_creak")
FIRST_WAVE = [recipe for recipe in EVERY if recipe.wave == 1 and recipe.id not in WIDE]


def name(recipe: Recipe) -> str:
    return recipe.id


@pytest.mark.parametrize("recipe", EVERY, ids=name)
def test_clips_are_clean(recipe: Recipe) -> None:
    assert list(hygiene(recipe, seeds=2)) == []


@pytest.mark.parametrize("recipe", FIRST_WAVE, ids=name)
def test_the_first_wave_keeps_its_promises(recipe: Recipe) -> None:
    assert [*contract(recipe, seeds=5), *own_tests(recipe, seeds=6)] == []


@pytest.mark.slow
@pytest.mark.parametrize("recipe", EVERY, ids=name)
def test_every_class_keeps_its_promises(recipe: Recipe) -> None:
    assert [*contract(recipe), *own_tests(recipe)] == []
