"""Installed packs: what is told about them, copying one in, deleting one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.installed_packs import check_file_name, copy, delete, info_of, list_packs, read_contents
from engine.jobs import CopyPack, DeletePack, ListPacks, PackInstalled
from engine.types import EngineError
from tests.pack_folders import hidden, list_of
from tests.tiny import write_tiny_pack


def test_what_is_told_about_installed_packs(tiny, packs):
    write_tiny_pack(packs / "tiny")
    (packs / "broken").mkdir()
    (packs / "broken" / "pack.json").write_text("{", encoding="utf-8")
    (packs / "empty").mkdir()
    (packs / ".hidden").mkdir()
    (packs / ".hidden" / "pack.json").write_text("{", encoding="utf-8")
    broken, tiny_info = next(list_packs(ListPacks(packs))).packs
    assert (broken.id, broken.removable) == ("broken", True) and "damaged" in broken.problem
    assert (tiny_info.name, tiny_info.classes, tiny_info.sample_rate) == ("Tiny pack for tests", ("dog_bark", "rain"), 22050)
    assert tiny_info.problem == "" and tiny_info.source == "none"
    assert tiny_info.size_bytes == sum(path.stat().st_size for path in (packs / "tiny").iterdir())
    (packs / "tiny" / "vocoder.safetensors").unlink()
    assert info_of(packs / "tiny").problem == "The pack lacks its file vocoder.safetensors."


def test_the_hash_is_the_one_that_recipes_store(tiny):
    from engine.models.pack import read_manifest

    assert info_of(tiny).hash == read_manifest(tiny).hash


def test_odd_provenance_harms_nothing(tiny, packs):
    write_tiny_pack(packs / "tiny")
    data = json.loads((packs / "tiny" / "pack.json").read_text())
    for odd in (
        None,
        [],
        "x",
        {"steps": [1], "hours_of_audio": "many", "source": 3},
        {"steps": {"a": True, "b": 5}, "hours_of_audio": 1e400},
    ):
        (packs / "tiny" / "pack.json").write_text(json.dumps({**data, "provenance": odd, "classes": odd, "geometry": odd}))
        info = info_of(packs / "tiny")
        assert info.problem == "" and info.classes == () and info.hours_of_audio == 0.0
    assert info.steps == (("b", 5),)


def test_a_folder_is_copied_in_and_checked(tiny, packs):
    events = list(copy(CopyPack(tiny, packs)))
    assert events[-1] == PackInstalled("tiny", "Tiny pack for tests")
    assert list_of(packs) == ["tiny"] and hidden(packs) == []
    assert {path.name: path.read_bytes() for path in tiny.iterdir()} == {
        path.name: path.read_bytes() for path in (packs / "tiny").iterdir()
    }
    with pytest.raises(EngineError, match="installed already"):
        list(copy(CopyPack(tiny, packs)))


def test_a_damaged_folder_is_not_copied_in(packs, tmp_path):
    source = tmp_path / "source"
    write_tiny_pack(source)
    weights = bytearray((source / "prompt.safetensors").read_bytes())
    weights[-1] ^= 1
    (source / "prompt.safetensors").write_bytes(weights)
    with pytest.raises(EngineError, match=r"prompt\.safetensors in .* is damaged"):
        list(copy(CopyPack(source, packs)))
    (source / "prompt.safetensors").unlink()
    with pytest.raises(EngineError, match=r"lacks the file prompt\.safetensors"):
        list(copy(CopyPack(source, packs)))
    with pytest.raises(EngineError, match="There is no pack in"):
        list(copy(CopyPack(tmp_path, packs)))
    assert list(packs.iterdir()) == []


def test_a_pack_is_deleted_but_not_the_one_of_the_program(packs):
    write_tiny_pack(packs / "tiny")
    write_tiny_pack(packs / "embedded")
    list(delete(DeletePack(packs, "tiny")))
    assert sorted(path.name for path in packs.iterdir()) == ["embedded"]
    for name in ("embedded", "tiny", "..", "../packs/embedded", ""):
        with pytest.raises(EngineError):
            list(delete(DeletePack(packs, name)))
    assert list_of(packs) == ["embedded"]


def test_a_link_is_removed_and_not_what_it_leads_to(packs, tmp_path):
    write_tiny_pack(tmp_path / "mine")
    (packs / "linked").symlink_to(tmp_path / "mine")
    list(delete(DeletePack(packs, "linked")))
    assert list_of(packs) == [] and (tmp_path / "mine" / "pack.json").exists()


@pytest.mark.parametrize("name", ["../a", "a/b", "a\\b", ".a", "", "con.json", "NUL", "a.", "a" * 101, "C:a", "a\n", "ä", "a\0"])
def test_names_that_leave_the_folder_or_the_system_are_refused(name):
    with pytest.raises(EngineError):
        check_file_name(name)


@given(st.text(max_size=40))
def test_a_name_that_is_accepted_stays_in_its_folder(name):
    try:
        check_file_name(name)
    except EngineError:
        return
    assert (Path("/packs/one") / name).resolve().parent == Path("/packs/one").resolve()


ANY_JSON = st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@settings(max_examples=50)
@given(st.binary(max_size=200) | ANY_JSON | st.dictionaries(st.sampled_from(["id", "name", "parts", "knowledge"]), ANY_JSON))
def test_what_is_no_manifest_is_refused(content):
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(EngineError):
        read_contents(raw, "anything")
