"""The proof that every sound class does what its captions say; all of it with ``-m slow``, most of the first wave always."""

from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

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


def faults(test: str, recipe_id: str) -> list[str]:
    """What a test of this module finds in a class."""
    recipe = recipes()[recipe_id]
    match test:
        case "test_clips_are_clean":
            return list(hygiene(recipe, seeds=2))
        case "test_the_first_wave_keeps_its_promises":
            return [*contract(recipe, seeds=5), *own_tests(recipe, seeds=6)]
        case "test_every_class_keeps_its_promises":
            return [*contract(recipe), *own_tests(recipe)]
    raise ValueError(test)


@pytest.fixture(scope="module")
def searches(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[list[str]]]]:
    """What each test that will run finds; all processor cores look for it at once, because it takes minutes."""
    tests = [item for item in request.session.items if item.path == request.path]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield {test.nodeid: pool.submit(faults, test.originalname, test.callspec.params["recipe"].id) for test in tests}
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def search(request: pytest.FixtureRequest, searches: dict[str, Future[list[str]]]) -> Future[list[str]]:
    """The search of the test."""
    return searches[request.node.nodeid]


@pytest.mark.parametrize("recipe", EVERY, ids=name)
def test_clips_are_clean(recipe: Recipe, search: Future[list[str]]) -> None:
    assert search.result() == []


@pytest.mark.parametrize("recipe", FIRST_WAVE, ids=name)
def test_the_first_wave_keeps_its_promises(recipe: Recipe, search: Future[list[str]]) -> None:
    assert search.result() == []


@pytest.mark.slow
@pytest.mark.parametrize("recipe", EVERY, ids=name)
def test_every_class_keeps_its_promises(recipe: Recipe, search: Future[list[str]]) -> None:
    assert search.result() == []
