"""Names that every platform takes, templates, and places that are free."""

import unicodedata
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.export.names import FIELDS, LONGEST_NAME, check_template, fill_template, safe_name, unique_path
from engine.export.naming import file_name, template_values
from engine.export.settings import ExportSettings
from engine.types import EngineError
from tests.export.makers import make_entry

FORBIDDEN = set('<>:"/\\|?*') | {chr(code) for code in range(32)}


@given(st.text(max_size=200), st.sampled_from(["", ".wav", ".flac"]))
@example("con", ".wav")
@example("COM1.tar", ".wav")
@example("lpt²", "")
@example("aux .b", ".wav")
@example(" . ..", ".wav")
@example("..\\..\\etc", ".wav")
@example("\ud800\u202egpj", ".wav")
@example("e\u0301", ".wav")
@example("雨" * 200, ".wav")
def test_every_text_becomes_a_safe_name(text, suffix):
    name = safe_name(text, suffix)
    assert name.endswith(suffix)
    assert 0 < len(name) <= LONGEST_NAME
    assert len(name.encode("utf-8")) <= 255
    assert not set(name) & FORBIDDEN
    assert name == name.strip() == name.rstrip(". ")
    assert name == unicodedata.normalize("NFC", name)
    assert not PureWindowsPath(name).is_reserved()
    assert PureWindowsPath(name).name == name == Path(name).name
    assert safe_name(Path(name).stem if suffix else name, suffix) == name


@pytest.mark.parametrize(("text", "name"), [("a/b", "a b.wav"), ("CON", "_CON.wav"), ("", "sound.wav"), ("tin\troof\n", "tin roof.wav")])
def test_examples(text, name):
    assert safe_name(text, ".wav") == name


def test_a_safe_name_can_be_made_on_this_disk(tmp_path):
    for text in ("雨" * 200, "x" * 300, "con", "\U0001f327" * 100):
        (tmp_path / safe_name(text, ".wav")).write_bytes(b"")


def test_every_field_has_a_value():
    assert set(template_values(make_entry(), ExportSettings(), 1)) == set(FIELDS)
    template = " ".join(f"{{{field}}}" for field in FIELDS)
    filled = fill_template(template, template_values(make_entry(prompt="Rain"), ExportSettings(), 7))
    assert filled == "Rain Take 1 42 07 2026-02-03 040506 Rain RAIN 48k 24 0.5s embedded"


@pytest.mark.parametrize(
    ("template", "part"),
    [
        ("{colour}", "a field that does not exist, {colour}"),
        ("{}", "a field that does not exist, {}"),
        ("{seed:>10}", "does not exist, {seed}"),
        ("{seed!r}", "does not exist, {seed}"),
        ("{seed.real}", "does not exist, {seed.real}"),
        ("{seed", "a brace without its partner"),
        ("seed}", "a brace without its partner"),
        ("", "an empty file name"),
        (" ../", "an empty file name"),
    ],
)
def test_templates_that_cannot_be_used_get_one_sentence(template, part):
    with pytest.raises(EngineError) as caught:
        fill_template(template, template_values(make_entry(), ExportSettings(), 1))
    assert caught.value.kind == "value"
    assert part in caught.value.message
    assert caught.value.message.endswith(".")


@given(st.text(max_size=40))
def test_any_template_is_filled_or_refused(template):
    try:
        check_template(template)
        name = file_name(make_entry(), ExportSettings(name_template=template))
    except EngineError as error:
        assert error.kind == "value"
    else:
        assert name == safe_name(Path(name).stem, ".wav")


def test_a_long_prompt_is_cut_at_a_word():
    name = file_name(make_entry(prompt="wind " * 50), ExportSettings())
    assert name == f"{' '.join(['wind'] * 12)} 42.wav"


def test_the_first_free_number(tmp_path):
    for name in ("Rain.wav", "rain 2.WAV"):
        (tmp_path / name).write_bytes(b"")
    assert unique_path(tmp_path, "RAIN.wav").name == "RAIN 3.wav"
    assert unique_path(tmp_path, "RAIN.wav", {"rain 3.wav"}).name == "RAIN 4.wav"
    assert unique_path(tmp_path, "wind.wav").name == "wind.wav"


def test_numbers_do_not_make_a_name_too_long(tmp_path):
    name = safe_name("x" * 300, ".wav")
    (tmp_path / name).write_bytes(b"")
    other = unique_path(tmp_path, name).name
    assert other != name
    assert len(other) == LONGEST_NAME
    assert other.endswith(" 2.wav")
