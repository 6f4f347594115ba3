"""Files over the network, from a server that does everything that servers and networks do to people."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.downloads import Patience, fetch_bytes, fetch_file
from engine.hub import check_room, file_url, find_pack
from engine.jobs import FindPack, RemoteFile
from engine.network import check_address
from engine.types import EngineError
from tests.fake_hub import FakeHub, Mood

pytestmark = pytest.mark.usefixtures("this_computer_only")

DATA = hashlib.shake_256(b"melbrush").digest(300_000)
SHA = hashlib.sha256(DATA).hexdigest()
FILE = RemoteFile("weights.safetensors", len(DATA), SHA)
QUICK = Patience(timeout_s=2.0, attempts=3, pause_s=0.01)
PAGE = b"<!DOCTYPE html><html><body>Welcome to the hotel</body></html>"


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    made = FakeHub()
    made.files[FILE.path] = DATA
    yield made
    made.close()


def url_of(hub: FakeHub, path: str = FILE.path) -> str:
    return file_url(hub.url, hub.repo, "main", path)


def fetch(hub: FakeHub, folder: Path, file: RemoteFile = FILE, patience: Patience = QUICK) -> list:
    return list(fetch_file(url_of(hub, file.path), file, folder / file.name, patience))


def problem(hub: FakeHub, folder: Path, file: RemoteFile = FILE) -> str:
    with pytest.raises(EngineError) as caught:
        fetch(hub, folder, file)
    message = caught.value.message
    assert message.endswith((".", "?")) and "\n" not in message and len(message) < 240
    assert not (folder / file.name).exists()
    return message


def part(folder: Path) -> bytes:
    return (folder / f"{FILE.name}.part").read_bytes()


# One file


def test_a_file_arrives(hub, tmp_path):
    steps = fetch(hub, tmp_path)
    assert (tmp_path / FILE.name).read_bytes() == DATA
    assert [path.name for path in tmp_path.iterdir()] == [FILE.name]
    fetching = [step.done_bytes for step in steps if step.phase == "fetching"]
    assert fetching == sorted(fetching) and fetching[0] == 0 and fetching[-1] == len(DATA)


def test_nothing_is_asked_before_the_first_step(hub, tmp_path):
    fetch_file(url_of(hub), FILE, tmp_path / FILE.name)
    find_pack(FindPack(hub.repo, tmp_path), hub.url)
    assert hub.asked == []


def test_cut_connection_goes_on_by_itself(hub, tmp_path):
    hub.mood(FILE.path, Mood(cut_after=100_000), Mood(cut_after=100_000))
    fetch(hub, tmp_path)
    assert (tmp_path / FILE.name).read_bytes() == DATA
    assert hub.ranges(FILE.path) == ["", "bytes=100000-", "bytes=200000-"]
    assert hub.asked[1][1]["If-Range"].startswith('"')


def test_a_server_that_always_cuts_is_given_up_and_the_part_is_kept(hub, tmp_path):
    hub.mood(FILE.path, Mood(cut_after=100_000), *[Mood(cut_after=0)] * 9)
    assert "was cut after 100,000 of 300,000 bytes" in problem(hub, tmp_path)
    assert part(tmp_path) == DATA[:100_000]
    assert len(hub.asked) == 1 + QUICK.attempts
    hub.moods.clear()
    fetch(hub, tmp_path)
    assert (tmp_path / FILE.name).read_bytes() == DATA
    assert hub.ranges(FILE.path)[-1] == "bytes=100000-"


def test_giving_up_keeps_the_part_and_asking_again_goes_on(hub, tmp_path):
    hub.mood(FILE.path, Mood(pause_s=0.02))
    steps = fetch_file(url_of(hub), FILE, tmp_path / FILE.name, QUICK)
    while next(steps).done_bytes < 60_000:
        pass
    steps.close()
    kept = part(tmp_path)
    assert 60_000 <= len(kept) < len(DATA) and DATA.startswith(kept)
    fetch(hub, tmp_path)
    assert (tmp_path / FILE.name).read_bytes() == DATA
    assert hub.ranges(FILE.path) == ["", f"bytes={len(kept)}-"]


def test_a_server_that_does_nothing_can_be_given_up_at_once(hub, tmp_path):
    silent = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/a/b/resolve/main/{FILE.path}"
    begun = time.monotonic()
    steps = fetch_file(url, FILE, tmp_path / FILE.name, Patience(timeout_s=60))
    assert next(steps).phase == "connecting"
    steps.close()
    assert time.monotonic() - begun < 1.0
    silent.close()


def test_silence_is_told(tmp_path):
    silent = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/file"
    with pytest.raises(EngineError, match="does not answer"):
        list(fetch_file(url, FILE, tmp_path / FILE.name, Patience(timeout_s=0.1, attempts=2, pause_s=0.01)))
    silent.close()


def test_a_server_without_ranges_begins_anew(hub, tmp_path):
    hub.mood(FILE.path, Mood(cut_after=100_000), Mood(ranges=False))
    fetch(hub, tmp_path)
    assert (tmp_path / FILE.name).read_bytes() == DATA


def test_a_changed_file_begins_anew(hub, tmp_path):
    hub.mood(FILE.path, Mood(cut_after=100_000, etag='"old"', body=bytes(len(DATA))), *[Mood(status=503)] * 3)
    problem(hub, tmp_path)
    assert part(tmp_path) == bytes(100_000)
    fetch(hub, tmp_path)
    assert (tmp_path / FILE.name).read_bytes() == DATA


def test_an_old_beginning_without_etag_is_found_out_by_the_checksum(hub, tmp_path):
    (tmp_path / f"{FILE.name}.part").write_bytes(bytes(100_000))
    fetch(hub, tmp_path)
    assert (tmp_path / FILE.name).read_bytes() == DATA
    assert hub.ranges(FILE.path) == ["bytes=100000-", ""]


def test_without_checksum_and_etag_nothing_is_glued(hub, tmp_path):
    (tmp_path / f"{FILE.name}.part").write_bytes(bytes(100_000))
    fetch(hub, tmp_path, RemoteFile(FILE.path, FILE.size_bytes))
    assert (tmp_path / FILE.name).read_bytes() == DATA
    assert hub.ranges(FILE.path) == [""]


def test_a_file_that_is_there_is_checked_and_not_fetched(hub, tmp_path):
    (tmp_path / FILE.name).write_bytes(DATA)
    fetch(hub, tmp_path)
    assert hub.asked == []
    (tmp_path / FILE.name).write_bytes(bytes(len(DATA)))
    fetch(hub, tmp_path)
    assert (tmp_path / FILE.name).read_bytes() == DATA


def test_one_wrong_byte_is_found(hub, tmp_path):
    hub.mood(FILE.path, Mood(flip_byte=123_456))
    assert "damaged" in problem(hub, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mood", [Mood(says_length=299_999), Mood(surplus=b"x"), Mood(body=DATA[:-1])])
def test_another_length_is_refused_before_anything_is_written(hub, tmp_path, mood):
    hub.mood(FILE.path, mood)
    assert "were announced" in problem(hub, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_more_is_taken_than_was_announced(hub, tmp_path):
    hub.mood(FILE.path, Mood(no_length=True, surplus=bytes(1_000_000)))
    assert "sends more" in problem(hub, tmp_path)
    assert len(part(tmp_path)) <= len(DATA)


def test_another_piece_than_asked_for_is_refused(hub, tmp_path):
    hub.mood(FILE.path, Mood(cut_after=100_000), Mood(wrong_range=True))
    assert "another piece" in problem(hub, tmp_path)


@pytest.mark.parametrize("mood", [Mood(body=PAGE, type="text/html; charset=utf-8"), Mood(body=PAGE.ljust(len(DATA)), type="text/plain")])
def test_a_web_page_is_no_file(hub, tmp_path, mood):
    hub.mood(FILE.path, mood)
    assert "web page instead of weights.safetensors" in problem(hub, tmp_path)


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (404, (), "has no weights.safetensors"),
        (401, (("X-Error-Code", "RepoNotFound"),), "has no weights.safetensors"),
        (401, (("X-Error-Code", "GatedRepo"),), "only to people with an account"),
        (403, (), "only to people with an account"),
        (410, (), "refuses weights.safetensors (410)"),
        (416, (), "shorter than announced"),
    ],
)
def test_refusals_are_told_at_once(hub, tmp_path, status, headers, words):
    hub.mood(FILE.path, *[Mood(status=status, headers=headers)] * 9)
    assert words in problem(hub, tmp_path)
    assert len(hub.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_of_the_server_may_go_by(hub, tmp_path, status):
    hub.mood(FILE.path, Mood(status=status), Mood(status=status))
    assert "retrying" in {step.phase for step in fetch(hub, tmp_path)}
    assert (tmp_path / FILE.name).read_bytes() == DATA


def test_trouble_of_the_server_may_stay(hub, tmp_path):
    hub.mood(FILE.path, *[Mood(status=503)] * 9)
    assert "cannot answer at the moment (503)" in problem(hub, tmp_path)
    assert len(hub.asked) == QUICK.attempts


def test_offline(hub, tmp_path, monkeypatch):
    hub.close()
    assert "is this computer connected to the internet?" in problem(hub, tmp_path)

    def unknown(*_args, **_kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(EngineError, match=r"^hub\.invalid cannot be found; is this computer connected"):
        list(fetch_file("https://hub.invalid/file", FILE, tmp_path / FILE.name, QUICK))


def test_redirects_are_followed_as_far_as_is_sensible(hub, tmp_path):
    hub.files["stored"] = DATA
    hub.mood(FILE.path, Mood(goes_to="/else/stored"))
    fetch(hub, tmp_path)
    assert (tmp_path / FILE.name).read_bytes() == DATA
    assert hub.asked[-1][0] == "/else/stored"


@pytest.mark.parametrize(
    "address", ["http://example.com/a", "file:///etc/passwd", "ftp://example.com/a", "https://me:secret@example.com/a"]
)
def test_redirects_lead_nowhere_else(hub, tmp_path, address):
    hub.mood(FILE.path, Mood(goes_to=address))
    message = problem(hub, tmp_path)
    assert "https" in message or "from one address" in message or "302" in message


def test_redirects_end(hub, tmp_path):
    hub.mood(FILE.path, *[Mood(goes_to=f"{url_of(hub)}?{n}") for n in range(9)])
    assert "from one address to the next" in problem(hub, tmp_path)
    assert len(hub.asked) <= 6


@pytest.mark.parametrize(
    "address", ["http://huggingface.co/a", "http://127.0.0.1.evil.com/a", "file:///a", "https://", "https://a:b@c.d/", "x", "https://[/"]
)
def test_addresses_that_are_not_asked(address):
    with pytest.raises(EngineError):
        check_address(address, local=True)


def test_a_page_on_this_computer_is_asked_only_if_that_was_meant():
    with pytest.raises(EngineError):
        check_address("http://127.0.0.1/a")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk(hub, tmp_path):
    (tmp_path / f"{FILE.name}.part").symlink_to("/dev/full")
    with pytest.raises(EngineError, match="is full; make room and try again") as caught:
        fetch(hub, tmp_path)
    assert caught.value.kind == "path"


def test_a_folder_that_cannot_be_written(hub, tmp_path):
    (tmp_path / f"{FILE.name}.part").mkdir()
    with pytest.raises(EngineError, match="cannot be used"):
        fetch(hub, tmp_path)


def test_too_little_room_is_told_before(tmp_path):
    with pytest.raises(EngineError, match=r"too full: 1,000,000,000,000\.0 MB are needed"):
        check_room(tmp_path, 10**18)


def test_short_answers_are_capped(hub):
    hub.files["big"] = bytes(2000)
    with pytest.raises(EngineError, match="more for it than it can hold"):
        list(fetch_bytes(url_of(hub, "big"), "it", 1999, QUICK))


def test_no_thread_is_left(hub, tmp_path):
    fetch(hub, tmp_path)
    until = time.monotonic() + 5
    while any(thread.name == "download" for thread in threading.enumerate()) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(thread.name == "download" for thread in threading.enumerate())
