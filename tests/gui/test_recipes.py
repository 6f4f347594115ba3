"""What a recipe brings back: what the engine would draw, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.pipeline import check_request
from engine.session.document import Document
from engine.types import MAX_CANDIDATES, MAX_DURATION_S, MAX_STEPS, EngineError, SamplingSettings
from gui.recipes import fields_of

DOCUMENT = Document(prompt="rain", duration_s=3.0, settings=SamplingSettings(steps=7, candidates=2))


def restored(**recipe: object) -> Document:
    return replace(DOCUMENT, **fields_of(recipe, DOCUMENT))


@pytest.mark.parametrize(
    ("name", "most", "step"), [("duration", MAX_DURATION_S, 0.1), ("steps", MAX_STEPS, 1), ("candidates", MAX_CANDIDATES, 1)]
)
def test_a_recipe_reaches_as_far_as_the_engine(name: str, most: float, step: float) -> None:
    check_request(restored(**{name: most}).request())
    assert restored(**{name: most}) != DOCUMENT
    assert fields_of({name: most + step}, DOCUMENT) == fields_of({}, DOCUMENT)
    settings = DOCUMENT.settings if name == "duration" else replace(DOCUMENT.settings, **{name: most + step})
    beyond = replace(DOCUMENT, settings=settings, duration_s=most + step if name == "duration" else 3.0)
    with pytest.raises(EngineError, match=f"not {most + step:g}"):
        check_request(beyond.request())


@pytest.mark.parametrize("value", ["9", True, None, 9.5, float("nan"), float("inf"), -1, 0, [9], {}, 10**400])
def test_what_is_no_number_of_steps_stays_as_it_is(value: object) -> None:
    assert fields_of({"steps": value}, DOCUMENT)["settings"] == DOCUMENT.settings
    assert restored(steps=9).settings.steps == 9


def test_an_order_that_nobody_knows_stays_as_it_is() -> None:
    assert restored(order="sideways").settings.order == DOCUMENT.settings.order
    assert restored(order="halton").settings.order == "halton"
