"""Packs from the hub: names of repositories, what is offered, and packs that arrive whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.downloads import Patience
from engine.hub import download_pack, file_url, find_pack, parse_repo
from engine.installed_packs import free_id, info_of, verify
from engine.jobs import DownloadPack, DownloadProgress, FindPack, PackInstalled, VerifyPack
from engine.types import EngineError
from tests.fake_hub import COMMIT, FakeHub, Mood
from tests.pack_folders import hidden, list_of

pytestmark = pytest.mark.usefixtures("this_computer_only")

QUICK = Patience(timeout_s=2.0, attempts=3, pause_s=0.01)


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    made = FakeHub()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("text", "repo"),
    [
        ("someone/sounds", ("someone/sounds", "main")),
        (" https://huggingface.co/someone/sounds ", ("someone/sounds", "main")),
        ("https://huggingface.co/someone/sounds/tree/v2?x=1", ("someone/sounds", "v2")),
    ],
)
def test_repositories_are_written_in_two_ways(text, repo):
    assert parse_repo(text) == repo


@pytest.mark.parametrize("text", ["", "sounds", "a/b/c", "../b", "a/..", "a b/c", "https://example.com/a/b", "a/b?c", "a/b#c", "a/%2e%2e"])
def test_what_is_no_repository(text):
    with pytest.raises(EngineError, match="owner/name"):
        parse_repo(text)


@pytest.mark.parametrize("path", ["../a", "a/../../b", "a//b", "/a", "./a", ""])
def test_paths_stay_in_their_repository(path):
    with pytest.raises(EngineError):
        file_url("https://huggingface.co", "a/b", "main", path)


# Packs


def offer_of(hub: FakeHub, packs: Path, **job):
    return list(find_pack(FindPack(hub.repo, packs, **job), hub.url, QUICK))[-1].offer


def download(hub: FakeHub, packs: Path, offer=None) -> list:
    return list(download_pack(DownloadPack(offer or offer_of(hub, packs), packs), hub.url, QUICK))


def test_a_pack_is_found_without_being_fetched(hub, tiny, packs):
    hub.serve(tiny)
    hub.files["card.md"] = b"# Tiny"
    hub.files["pictures/big.png"] = bytes(10)
    offer = offer_of(hub, packs)
    assert (offer.host, offer.repo, offer.revision, offer.pack_id, offer.name) == (
        "127.0.0.1",
        hub.repo,
        COMMIT,
        "tiny",
        "Tiny pack for tests",
    )
    assert {file.name for file in offer.files} == {*(path.name for path in tiny.iterdir()), "card.md"}
    assert all(file.sha256 for file in offer.files if file.name != "card.md")
    assert offer.total_bytes == sum(path.stat().st_size for path in tiny.iterdir()) + 6
    assert [path for path, _ in hub.asked] == ["list", "pack.json"]
    assert list(packs.iterdir()) == []


def test_a_pack_arrives_whole_and_under_its_name(hub, tiny, packs):
    hub.serve(tiny)
    events = download(hub, packs)
    assert events[-1] == PackInstalled("tiny", "Tiny pack for tests")
    progress = [event for event in events if isinstance(event, DownloadProgress)]
    assert [event.done_bytes for event in progress] == sorted(event.done_bytes for event in progress)
    assert progress[-1].done_bytes == progress[-1].total_bytes and progress[-1].phase == "checking"
    assert sorted(path.name for path in packs.iterdir()) == ["tiny"]
    assert next(verify(VerifyPack(packs / "tiny"))).hash == info_of(packs / "tiny").hash


def test_an_interrupted_pack_is_nowhere_and_goes_on(hub, tiny, packs):
    hub.serve(tiny)
    hub.mood("tokenizer.safetensors", Mood(pause_s=0.05))
    offer = offer_of(hub, packs)
    steps = download_pack(DownloadPack(offer, packs), hub.url, QUICK)
    while next(steps).file != "tokenizer.safetensors":
        pass
    next(steps)
    steps.close()
    assert list_of(packs) == []
    again = offer_of(hub, packs)
    assert 0 < again.kept_bytes < again.total_bytes
    before = len(hub.asked)
    download(hub, packs, again)
    assert [path for path, _ in hub.asked[before:]].count("pack.json") == 0
    assert list_of(packs) == ["tiny"] and hidden(packs) == []


def test_a_damaged_file_keeps_the_pack_away(hub, tiny, packs):
    hub.serve(tiny)
    offer = offer_of(hub, packs)
    hub.mood("vocoder.safetensors", Mood(flip_byte=500))
    with pytest.raises(EngineError, match=r"vocoder\.safetensors arrived damaged"):
        download(hub, packs, offer)
    assert list_of(packs) == []
    download(hub, packs, offer)
    assert list_of(packs) == ["tiny"]


def test_a_pack_that_this_version_does_not_know_is_refused_before_its_weights_come(hub, tiny, packs):
    hub.serve(tiny)
    data = json.loads(hub.files["pack.json"])
    data["parts"]["vocoder"]["arch"] = "gramophone"
    hub.files["pack.json"] = json.dumps(data).encode()
    with pytest.raises(EngineError, match="gramophone"):
        download(hub, packs)
    assert {path for path, _ in hub.asked} == {"list", "pack.json"}
    assert list(packs.iterdir()) == []


def test_right_files_that_are_no_right_pack_are_not_installed(hub, tiny, packs):
    hub.serve(tiny)
    data = json.loads(hub.files["pack.json"])
    hub.files["vocoder.safetensors"] = b"not a safetensors file"
    data["parts"]["vocoder"]["sha256"] = hashlib.sha256(hub.files["vocoder.safetensors"]).hexdigest()
    hub.files["pack.json"] = json.dumps(data).encode()
    with pytest.raises(EngineError, match=r"vocoder\.safetensors of the pack tiny cannot be read"):
        download(hub, packs)
    assert list(packs.iterdir()) == []


def test_the_hub_and_the_pack_must_agree(hub, tiny, packs):
    hub.serve(tiny)
    hub.files["vocoder.safetensors"] += b"x"
    with pytest.raises(EngineError, match=r"is not the one that its pack\.json names"):
        offer_of(hub, packs)
    del hub.files["vocoder.safetensors"]
    with pytest.raises(EngineError, match=r"lacks the file vocoder\.safetensors"):
        offer_of(hub, packs)
    hub.files.clear()
    with pytest.raises(EngineError, match="holds no Melbrush pack"):
        offer_of(hub, packs)


@pytest.mark.parametrize("name", ["../../evil.safetensors", "/etc/evil", "sub/vocoder.safetensors", "con.safetensors"])
def test_a_pack_cannot_name_files_elsewhere(hub, tiny, packs, name):
    hub.serve(tiny)
    data = json.loads(hub.files["pack.json"])
    data["parts"]["vocoder"]["file"] = name
    hub.files["pack.json"] = json.dumps(data).encode()
    hub.files[name] = hub.files["vocoder.safetensors"]
    with pytest.raises(EngineError, match="is no name for a file of a pack"):
        offer_of(hub, packs)
    assert list(packs.parent.rglob("*")) == [packs]


@pytest.mark.parametrize(
    "listing", [b"", b"{}", b"[1]", b'[{"type":"file","path":"a","size":-1}]', b"[" * 100_000, b'[{"type":"file","path":"a","size":1e99}]']
)
def test_a_list_that_is_none(hub, packs, listing):
    hub.mood("list", Mood(body=listing, type="application/json"))
    with pytest.raises(EngineError, match=r"sent no list of files|holds no Melbrush pack"):
        offer_of(hub, packs)


def test_a_repository_that_is_not_there(hub, packs):
    hub.mood("list", Mood(status=401, headers=(("X-Error-Code", "RepoNotFound"),)))
    with pytest.raises(EngineError, match=r"^127\.0\.0\.1 has no repository someone/sounds, or it is not public\.$"):
        offer_of(hub, packs)


def test_a_name_is_given_once(hub, tiny, packs):
    hub.serve(tiny)
    download(hub, packs)
    assert offer_of(hub, packs).pack_id == "sounds"
    assert offer_of(hub, packs, pack_id="mine").pack_id == "mine"
    with pytest.raises(EngineError, match="tiny is installed already"):
        offer_of(hub, packs, pack_id="tiny")
    with pytest.raises(EngineError, match="cannot be called"):
        offer_of(hub, packs, pack_id="../x")
    with pytest.raises(EngineError, match="embedded is installed already"):
        free_id(packs, "embedded")
