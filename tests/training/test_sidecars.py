"""Captions beside sounds: every usual way to write them is understood, everything else is no caption."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.training import sidecars


@pytest.mark.parametrize(
    ("stem", "group", "expected"),
    [
        ("Metal_Hit-03", "doors", ("doors metal hit", "metal hit", "doors")),
        ("DogBark2", "", ("dog bark",)),
        ("rain_01", "rain", ("rain",)),
        ("DSC_0012", "", ()),
        ("untitled take 3", "", ()),
        ("0a94ff21bc", "", ()),
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "birds", ("birds",)),
        ("Türglocke", "", ("türglocke",)),
        ("001", "", ()),
    ],
)
def test_names(stem: str, group: str, expected: tuple[str, ...]) -> None:
    assert sidecars.of_name(stem, group) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("rain", ("rain",)),
        (["rain", "rain", 3, "soft  rain\n"], ("rain", "soft rain")),
        ({"caption": "rain", "tags": ["wet"]}, ("rain",)),
        ({"Caption_1": "a", "caption_2": "b", "caption_1_x": "c"}, ("a", "b")),
        ({"tags": ["wet", "loud"], "title": "Storm"}, ("Storm", "wet", "loud")),
        ({"fs": 44100}, ()),
        (12, ()),
        (None, ()),
    ],
)
def test_values(value: object, expected: tuple[str, ...]) -> None:
    assert sidecars.of_value(value) == expected


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("metadata.csv", "file_name,caption_1,caption_2\nsub/a.wav,heavy rain,a downpour\n"),
        ("list.csv", "Filename;Text\nsub\\a.wav;heavy rain\n;x\n"),
        ("list.tsv", "path\tdescription\n./sub/a.wav\theavy rain\n"),
        ("plain.csv", "sub/a.wav,heavy rain\nb.wav,other\n"),
        ("metadata.jsonl", '{"file_name": "sub/a.wav", "text": "heavy rain"}\n\n{"file_name": "b.wav"}\n'),
        ("all.json", '{"sub/a.wav": "heavy rain", "b": {"caption": "other"}}'),
        ("rows.json", '[{"fname": "a.wav", "title": "heavy rain"}, 3, {"fname": 4}]'),
    ],
)
def test_tables(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    rows = sidecars.of_tables(tmp_path, [name])
    assert next(rows[key] for key in sidecars.table_keys("sub/a.wav") if key in rows)[0] == "heavy rain"


def test_beside(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffheavy rain\r\n\r\na downpour\r\n".encode())
    (tmp_path / "b.json").write_text(json.dumps({"captions": ["one", "two"]}))
    (tmp_path / "c.txt").write_bytes(b"caf\xe9 noise")
    (tmp_path / "d.txt").write_bytes(b"x" * 100_000)
    found = [sidecars.beside(tmp_path / f"{name}.wav") for name in "abcde"]
    assert found == [("heavy rain", "a downpour"), ("one", "two"), ("café noise",), (), ()]


@given(raw=st.binary(max_size=300))
def test_any_bytes_are_captions_or_none(raw: bytes) -> None:
    for captions in (sidecars.of_text(raw), sidecars.of_json(raw)):
        assert len(captions) <= sidecars.MOST_CAPTIONS
        assert all(caption.isprintable() and caption == caption.strip() and len(caption) <= 400 for caption in captions)


@given(text=st.text(max_size=200), suffix=st.sampled_from([".csv", ".tsv", ".json", ".jsonl"]))
def test_any_table_is_read_or_left(tmp_path_factory: pytest.TempPathFactory, text: str, suffix: str) -> None:
    folder = tmp_path_factory.mktemp("t")
    (folder / f"t{suffix}").write_text(text, encoding="utf-8", errors="replace")
    assert isinstance(sidecars.of_tables(folder, [f"t{suffix}"]), dict)
