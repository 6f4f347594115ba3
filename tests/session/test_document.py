"""Documents are values: what changes makes another one, and JSON gives back an equal one."""

import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.geometry import Geometry
from engine.session.archive import DamagedError, json_bytes, json_value
from engine.session.codec import decoded, decoded_document, encoded, encoded_document
from engine.session.document import Document, TakeEntry
from engine.types import GenerationRequest, Region, SamplingSettings
from tests.session.examples import assert_same_document, generated, plain

TAKE = generated(0, 0.1, 1)
# Surrogates on their own occur in file names that are no UTF-8.
TEXTS = st.text(st.characters(exclude_categories=()), max_size=30)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
SETTINGS = st.builds(
    SamplingSettings,
    steps=st.integers(),
    guidance=NUMBERS,
    temperature=NUMBERS,
    order=st.sampled_from(["confidence", "halton"]),
    schedule=TEXTS,
    guidance_start=NUMBERS,
    token_temperature=NUMBERS,
)
REGIONS = st.builds(Region, NUMBERS, NUMBERS, NUMBERS, NUMBERS | st.just(math.inf))
ANYTHING = st.none() | st.booleans() | st.integers() | NUMBERS | TEXTS
DOCUMENTS = st.builds(
    Document,
    prompt=TEXTS,
    negative=TEXTS,
    reference=st.none() | TEXTS,
    blend=NUMBERS,
    seed=st.integers(),
    seed_locked=st.booleans(),
    duration_s=NUMBERS,
    settings=SETTINGS,
    count=st.integers(),
    pack_id=TEXTS,
    current=st.none() | TEXTS,
    compared=st.none() | TEXTS,
    selection=st.none() | REGIONS,
    prompt_history=st.lists(TEXTS, max_size=4).map(tuple),
)


def through_json(value: Any) -> Any:
    return json_value(json_bytes(value))


def with_takes(*names: str, **fields: Any) -> Document:
    return Document(takes=tuple(TakeEntry(TAKE, name.upper(), id=name) for name in names), **fields)


@given(DOCUMENTS)
def test_documents_come_back(document: Document) -> None:
    numbers = list(range(len(document.prompt_history)))
    values = through_json(encoded_document(document, [], numbers))
    assert_same_document(decoded_document(values, [], document.prompt_history), document)


@given(st.builds(GenerationRequest, TEXTS, TEXTS, st.none() | TEXTS, NUMBERS, NUMBERS, SETTINGS, st.integers(), st.integers(), TEXTS))
def test_requests_come_back(request: GenerationRequest) -> None:
    assert decoded(GenerationRequest, through_json(encoded(request))) == request


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | NUMBERS | TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner))
)
def test_json_of_another_kind_is_refused_or_a_document(values: Any) -> None:
    for hostile in (values, {field.name: values for field in dataclasses.fields(Document)}):
        try:
            document = decoded_document(hostile, [], [])
        except DamagedError:
            continue
        assert isinstance(document, Document)


def test_an_open_end_of_a_region_is_null() -> None:
    values = encoded(Region(0.0, 1.0))
    assert json.loads(json_bytes(values))["high_hz"] is None
    assert decoded(Region, values).whole_band


def test_numbers_that_are_none_come_back_as_defaults() -> None:
    document = Document(blend=math.nan, duration_s=math.inf, selection=Region(math.nan, 1.0))
    found = decoded_document(through_json(encoded_document(document, [], [])), [], [])
    assert plain(found) == plain(Document())


def test_geometries_come_back() -> None:
    geometry = Geometry(16000, 160, 400, 64, 50.0, 8000.0, 8, 4, 99, 512)
    assert decoded(Geometry, through_json(encoded(geometry))) == geometry


@pytest.mark.parametrize("values", [{"start_s": 1.0}, {"start_s": None, "end_s": 1.0}, {"start_s": True, "end_s": 1.0}, [], None, 3])
def test_regions_without_ends_are_refused(values: Any) -> None:
    with pytest.raises(DamagedError):
        decoded(Region, values)


def test_a_new_take_comes_onto_the_canvas_or_not() -> None:
    entry = TakeEntry(TAKE, "C", id="c")
    document = with_takes("a", "b", current="a")
    assert document.with_take(entry).current_entry is entry
    assert document.with_take(entry, show=False).current == "a"
    assert [each.id for each in document.takes] == ["a", "b"]


@pytest.mark.parametrize(
    ("current", "deleted", "expected"),
    [("a", "a", "b"), ("b", "b", "c"), ("c", "c", "b"), ("a", "c", "a"), (None, "a", None), ("a", "x", "a")],
)
def test_the_neighbour_of_a_deleted_take_comes_onto_the_canvas(current: str | None, deleted: str, expected: str | None) -> None:
    document = with_takes("a", "b", "c", current=current).without_take(deleted)
    assert document.current == expected
    assert document.entry(deleted) is None


def test_deleting_the_last_take_empties_the_canvas() -> None:
    document = with_takes("a", current="a", compared="a").without_take("a")
    assert (document.takes, document.current_entry, document.compared_entry) == ((), None, None)


def test_an_entry_takes_the_place_of_the_one_of_its_id() -> None:
    document = with_takes("a", "b")
    renamed = dataclasses.replace(document.takes[0], name="Rain")
    assert [entry.name for entry in document.with_entry(renamed).takes] == ["Rain", "B"]
    assert [entry.name for entry in document.takes] == ["A", "B"]


def test_ids_are_unlike() -> None:
    assert len({TakeEntry(TAKE, "x").id for _ in range(100)}) == 100


def test_prompts_are_remembered_once_and_the_latest_last() -> None:
    document = Document()
    for prompt in ("rain", " wind ", "  ", "rain"):
        document = dataclasses.replace(document, prompt=prompt).with_prompt_remembered(most=2)
    assert document.prompt_history == ("wind", "rain")


def test_the_request_says_what_the_prompt_bar_says() -> None:
    document = Document("rain", "wind", "a.wav", 0.25, 7, True, 3.0, SamplingSettings(steps=8), 4, "other")
    assert document.request() == GenerationRequest("rain", "wind", "a.wav", 0.25, 3.0, SamplingSettings(steps=8), 7, 4, "other")
