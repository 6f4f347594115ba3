"""Export settings come back from any JSON, with one sentence about what was odd."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.export.settings import LIMITS, SUBTYPES, ExportSettings, check_settings, settings_from_json
from engine.types import EngineError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = [field.name for field in dataclasses.fields(ExportSettings)]


def test_defaults_are_wav_of_24_bits_at_48_khz():
    settings = ExportSettings()
    assert (settings.format, settings.subtype, settings.sample_rate, settings.loudness) == ("wav", "pcm24", 48000, "off")


def test_round_trip():
    settings = ExportSettings(
        "flac", "pcm16", 44100, False, "lufs", -2.0, -18.0, 5.0, 6.0, True, "{name}", True, "RAIN", "ANN", "Ann Öther"
    )
    assert settings_from_json(json.loads(json.dumps(settings.to_json()))) == (settings, "")


def test_missing_keys_are_no_news():
    assert settings_from_json({"sample_rate": 96000}) == (ExportSettings(sample_rate=96000), "")


@pytest.mark.parametrize(
    ("stored", "named"),
    [
        ({"colour": 3}, "colour"),
        ({"format": "aiff"}, "format"),
        ({"sample_rate": 12345}, "sample_rate"),
        ({"sample_rate": True}, "sample_rate"),
        ({"dither": "yes"}, "dither"),
        ({"lufs": float("nan")}, "lufs"),
        ({"peak_db": 3}, "peak_db"),
        ({"name_template": 7}, "name_template"),
        ({"format": "mp3", "subtype": "pcm24"}, "subtype"),
    ],
)
def test_odd_values_give_one_sentence(stored, named):
    settings, sentence = settings_from_json(stored)
    check_settings(settings)
    assert sentence.endswith(f": {named}.")
    assert sentence.count(".") == 1


@pytest.mark.parametrize("stored", [None, [], "wav", 3])
def test_no_settings_at_all(stored):
    assert settings_from_json(stored) == (ExportSettings(), "The export settings could not be read, so the defaults are used.")


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), JSON, max_size=8))
def test_anything_can_be_read(stored):
    settings, _ = settings_from_json(stored)
    assert settings.subtype in SUBTYPES[settings.format]
    assert settings_from_json(settings.to_json()) == (settings, "")


def test_impossible_settings_get_the_sentence():
    with pytest.raises(EngineError, match="cannot hold pcm24"):
        check_settings(ExportSettings(format="mp3"))
    with pytest.raises(EngineError, match="1 to 2 channels"):
        check_settings(ExportSettings(format="mp3", subtype="mp3"), channels=3)
    for name, (least, most) in LIMITS.items():
        with pytest.raises(EngineError, match=name):
            check_settings(ExportSettings(**{name: most + 1}))
        check_settings(ExportSettings(**{name: least}))
