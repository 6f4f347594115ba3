"""``packs get``: says what it would fetch, asks, fetches, and goes on where it stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli import main
from tests.fake_hub import COMMIT, FakeHub, Mood
from tests.tiny import write_tiny_pack

pytestmark = pytest.mark.usefixtures("this_computer_only")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "tiny"
    write_tiny_pack(folder)
    return folder


@pytest.fixture
def hub(tiny) -> Iterator[FakeHub]:
    made = FakeHub()
    made.serve(tiny)
    yield made
    made.close()


@pytest.fixture
def packs(tmp_path) -> Path:
    folder = tmp_path / "packs"
    folder.mkdir()
    return folder


def get(hub: FakeHub, packs: Path, *options: str, answer: str | None = None) -> Result:
    command = ["packs", "get", hub.repo, "--hub", hub.url, "--packs", str(packs), *options]
    return CliRunner().invoke(main, command, input=answer)


def test_it_says_what_it_would_fetch_and_asks(hub, packs):
    result = get(hub, packs, answer="n\n")
    assert result.exit_code == 1
    megabytes = f"{sum(map(len, hub.files.values())) / 1e6:.1f}"
    assert f"6 files, {megabytes} MB, from 127.0.0.1/someone/sounds ({COMMIT[:12]}) into {packs / 'tiny'}" in result.stdout
    assert "tokenizer.safetensors" in result.stdout and "Fetch this now? [y/N]" in result.stdout
    assert [path for path, _ in hub.asked] == ["list", "pack.json"]
    assert list(packs.iterdir()) == []


def test_nobody_who_could_agree_is_a_no(hub, packs):
    assert get(hub, packs, answer="").exit_code == 1
    assert list(packs.iterdir()) == []


def test_it_installs_a_pack(hub, packs):
    result = get(hub, packs, "--yes", "--id", "mine")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "mine  Tiny pack for tests"
    assert "vocoder.safetensors" in result.stderr
    assert sorted(path.name for path in packs.iterdir()) == ["mine"]
    again = get(hub, packs, "--yes", "--id", "mine")
    assert (again.exit_code, again.stderr.splitlines()[-1][:32]) == (2, "melbrush: A pack called mine is ")


def test_an_error_is_one_sentence(hub, packs):
    hub.mood("list", Mood(status=404))
    result = get(hub, packs, "--yes")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == "melbrush: 127.0.0.1 has no repository someone/sounds, or it is not public."


def test_only_https(packs):
    result = CliRunner().invoke(main, ["packs", "get", "a/b", "--hub", "http://example.com", "--packs", str(packs), "--yes"])
    assert result.exit_code == 2
    assert "Only https addresses are fetched" in result.stderr


def test_single_files(hub, packs, tmp_path):
    hub.files["weights/model.bin"] = bytes(range(256))
    result = get(hub, packs, "--file", "weights/model.bin", "-o", str(tmp_path), "--yes")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "model.bin").read_bytes() == bytes(range(256))
    assert "No checksum is known for model.bin; only its length was checked." in result.stderr
    assert list(packs.iterdir()) == []


@pytest.mark.parametrize(
    ("digest", "words"),
    [("0" * 64, "arrived damaged"), ("xyz", "is no SHA-256"), (hashlib.sha256(b"data").hexdigest().upper(), "")],
)
def test_a_checksum_of_ones_own(hub, packs, tmp_path, digest, words):
    hub.files["model.bin"] = b"data"
    result = get(hub, packs, "--file", "model.bin", "--sha256", digest, "-o", str(tmp_path), "--yes")
    assert result.exit_code == (2 if words else 0)
    assert words in result.stderr and "No checksum" not in result.stderr
    assert (tmp_path / "model.bin").exists() == (not words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--file", "nothing.bin"), "has no file 'nothing.bin'"),
        (("--file", "pack.json", "--sha256", "0" * 64, "--sha256", "0" * 64), "one --sha256 for each --file"),
        (("--sha256", "0" * 64), "--sha256 goes with --file"),
        (("--file", "vocoder.safetensors", "--sha256", "0" * 64), "has another checksum than the one that was given"),
        (("--file", "pack.json", "-o", "/nowhere"), "does not exist"),
    ],
)
def test_what_cannot_be_meant(hub, packs, options, words):
    result = get(hub, packs, *options, "--yes")
    assert result.exit_code == 2
    assert words in result.stderr


def test_files_are_not_overwritten(hub, packs, tmp_path):
    (tmp_path / "pack.json").write_text("mine")
    result = get(hub, packs, "--file", "pack.json", "-o", str(tmp_path), "--yes")
    assert result.exit_code == 2 and "is there already" in result.stderr
    assert (tmp_path / "pack.json").read_text() == "mine"
