"""The category list, what a prompt is filed under, and names that survive being read back."""

from pathlib import PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.corpus import registry
from engine.export.names import safe_name
from engine.export.naming import file_name, ucs_name
from engine.export.settings import ExportSettings
from engine.export.ucs import LONGEST_FX_NAME, UcsName, _stored, block_text, build_name, categories, parse_name, propose_category
from engine.types import EngineError
from tests.export.makers import make_entry

BLOCK = st.text(max_size=30).map(block_text)
FULL = BLOCK.filter(bool)


def test_the_whole_list_is_there():
    found = categories()
    assert len(found) == 753
    assert len({category.category for category in found.values()}) == 82
    assert len({(category.category, category.sub_category) for category in found.values()}) == 753
    assert all(cat_id.isalnum() and cat_id.isascii() and len(cat_id) <= 11 for cat_id in found)
    assert len({cat_id.casefold() for cat_id in found}) == 753


@pytest.mark.parametrize(
    ("cat_id", "category", "sub_category"),
    [("RAINMetl", "RAIN", "METAL"), ("AIRBlow", "AIR", "BLOW"), ("WOODTonl", "WOOD", "TONAL"), ("AMBRest", "AMBIENCE", "RESTAURANT & BAR")],
)
def test_some_of_them(cat_id, category, sub_category):
    assert (categories()[cat_id].category, categories()[cat_id].sub_category) == (category, sub_category)


def test_every_known_word_leads_to_a_category():
    assert set(_stored()["words"].values()) <= set(categories())


def test_the_names_of_our_sound_classes_are_known():
    for recipe in registry.recipes().values():
        assert recipe.code in categories()
        assert all(_stored()["words"][noun] in categories() for noun in recipe.nouns)


@pytest.mark.parametrize(
    ("prompt", "cat_id"),
    [
        ("rain on a tin roof", "RAINMetl"),
        ("Heavy rain on leaves", "RAINVege"),
        ("metal door slam", "DOORMetl"),
        ("a dog barking far away", "ANMLDog"),
        ("8-bit jump", "GAMEVideo"),
        ("BIRDS", "BIRDSong"),
        ("violins", "MUSCStr"),
        ("", "DSGNMisc"),
        ("qwertz", "DSGNMisc"),
        ("雨", "DSGNMisc"),
    ],
)
def test_proposals(prompt, cat_id):
    assert propose_category(prompt).id == cat_id


@given(st.text(max_size=60))
def test_any_prompt_gets_a_category(prompt):
    assert propose_category(prompt).id in categories()


@pytest.mark.parametrize("cat_id", list(categories()))
def test_every_id_survives_a_name(cat_id):
    name = UcsName(cat_id, "Tin Roof Heavy", "TN", "NONE", "user", "vendor", "seed 42")
    stem = build_name(name)
    assert stem == f"{cat_id}-user_vendor-Tin Roof Heavy_TN_NONE_seed 42"
    assert parse_name(stem) == name
    assert safe_name(stem, ".wav") == f"{stem}.wav"
    assert not PureWindowsPath(f"{stem}.wav").is_reserved()


@given(st.sampled_from(list(categories())), FULL, FULL, FULL, BLOCK, BLOCK, BLOCK)
def test_round_trip(cat_id, fx, creator, source, user, vendor, data):
    name = UcsName(cat_id, fx, creator, source, user, vendor, data)
    assert parse_name(build_name(name)) == name


@given(st.text(alphabet=st.characters() | st.sampled_from("_-"), max_size=60))
def test_any_text_is_read_or_refused(stem):
    try:
        name = parse_name(stem)
    except EngineError as error:
        assert error.kind == "value"
    else:
        assert build_name(name) == stem


@pytest.mark.parametrize(
    "stem",
    ["", "RAIN", "RAIN_Fx_TN", "rain_Fx_TN_NONE", "NOPE_Fx_TN_NONE", "RAIN_A-B-C_TN_NONE", "RAIN__TN_NONE", "RAIN_a_b_c_d_e"],
)
def test_other_names_are_not_ucs(stem):
    with pytest.raises(EngineError):
        parse_name(stem)


@given(st.text(max_size=300), st.integers(min_value=1))
def test_a_block_is_clean_and_short(text, longest):
    block = block_text(text, longest)
    assert "_" not in block
    assert "-" not in block
    assert len(block) <= longest
    assert block == block_text(block, max(1, len(block)))


def test_the_name_of_a_take():
    settings = ExportSettings(ucs=True, creator_id="TN")
    assert file_name(make_entry(prompt="tin roof heavy"), settings) == "DSGNMisc_Tin Roof Heavy_TN_NONE_seed 42.wav"
    assert file_name(make_entry(prompt="rain on a tin roof"), settings) == "RAINMetl_Rain On A Tin Roof_TN_NONE_seed 42.wav"
    assert file_name(make_entry(), ExportSettings(ucs=True, category="WIND")).startswith("WIND_")


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=200))
def test_every_take_has_a_ucs_name(prompt, title, creator):
    entry, settings = make_entry(prompt=prompt, name=title), ExportSettings(ucs=True, creator_id=creator)
    name = ucs_name(entry, settings)
    assert len(name.fx_name) <= LONGEST_FX_NAME
    assert parse_name(file_name(entry, settings).removesuffix(".wav")) == name
