"""All sound classes together: how many, what they are called, and that no two share a name."""

import re
from collections import Counter

import pytest

from engine.corpus.measures import MEASURES
from engine.corpus.recipe import Count, Kind, Range, Recipe
from engine.corpus.registry import recipes

EVERY = list(recipes().values())


def test_there_are_enough() -> None:
    assert len(EVERY) >= 150
    assert sum(recipe.wave == 1 for recipe in EVERY) == 40


def test_ids_and_numbers_are_unique() -> None:
    assert len({recipe.id for recipe in EVERY}) == len({recipe.number for recipe in EVERY}) == len(EVERY)
    assert [recipe.number for recipe in EVERY] == sorted(recipe.number for recipe in EVERY)
    assert list(recipes()) == [recipe.id for recipe in EVERY]


def test_first_nouns_are_unique() -> None:
    assert [noun for noun, count in Counter(recipe.nouns[0] for recipe in EVERY).items() if count > 1] == []


@pytest.mark.parametrize("recipe", EVERY, ids=lambda recipe: recipe.id)
def test_a_class_is_well_described(recipe: Recipe) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", recipe.id)
    assert re.fullmatch(r"[A-Za-z0-9]{1,11}", recipe.code)
    assert recipe.nouns and all(noun.strip() == noun and noun for noun in recipe.nouns)
    assert all("{a}" in clause or "{adj}" in clause or "{adv}" in clause or clause.strip() for clause in recipe.clauses)
    assert recipe.family and recipe.version >= 1 and recipe.wave in (1, 2, 3)
    assert recipe.tests


@pytest.mark.parametrize("recipe", EVERY, ids=lambda recipe: recipe.id)
def test_attributes_are_well_formed(recipe: Recipe) -> None:
    names = [attribute.name for attribute in recipe.attributes]
    assert len(set(names)) == len(names)
    for attribute in recipe.attributes:
        match attribute:
            case Range():
                assert attribute.low < attribute.high and (not attribute.log or attribute.low > 0)
                assert attribute.moves is None or attribute.moves in MEASURES
                assert attribute.sign in (-1, 1)
            case Kind():
                assert attribute.options and (attribute.weights is None or len(attribute.weights) == len(attribute.options))
                assert attribute.slot in ("adjective", "noun", "after")
            case Count():
                assert 0 <= attribute.low <= attribute.high
    for test in recipe.tests:
        assert test.measure in MEASURES
        assert getattr(test, "attribute", None) in (None, *names)


@pytest.mark.parametrize("recipe", EVERY, ids=lambda recipe: recipe.id)
def test_a_seed_is_a_record(recipe: Recipe) -> None:
    first, again = recipe.draw(5), recipe.draw(5)
    assert first == again
    assert set(first.values) == {attribute.name for attribute in recipe.attributes}
    assert all(0 <= quantile <= 1 for quantile in first.quantiles.values())
    np_free = (str, int, float)
    assert all(isinstance(value, np_free) for value in first.values.values())
