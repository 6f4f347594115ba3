"""Files come under their names whole or not at all, and never in the place of another one, on every kind of file system."""

import errno
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import soundfile

from engine.export import publishing
from engine.export.export import export_takes
from engine.export.jobs import ExportTakes
from engine.export.publishing import publish, unpublished
from engine.export.settings import ExportSettings
from engine.types import EngineError
from tests.export.makers import make_entry

ROOT = Path(__file__).parents[2]
WAYS = {
    "links": publishing._ways(),
    "exclusive rename": publishing._ways()[1:],
    "neither": (),
}


@pytest.fixture(params=list(WAYS))
def file_system(request, monkeypatch):
    """What the file system of the folder can do."""

    def impossible(place, path):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(publishing, "_ways", lambda: (impossible, *WAYS[request.param]))
    return request.param


@pytest.fixture
def nothing_seen(monkeypatch):
    """Other files come after the folder was read: each name is thought to be free once."""
    monkeypatch.setattr("engine.export.names.used_names", lambda folder: set())


def published(folder, name="a.wav", content=b"sound"):
    with unpublished(folder, name) as place:
        place.write_bytes(content)
        return publish(place, folder, name)


def exported(folder):
    (result,) = export_takes(ExportTakes((make_entry(prompt="Same"),), folder, ExportSettings()))
    return result.path


def test_each_file_gets_a_name_of_its_own(tmp_path, file_system):
    paths = [published(tmp_path, content=content) for content in (b"one", b"two", b"three")]
    assert [path.name for path in paths] == ["a.wav", "a 2.wav", "a 3.wav"]
    assert [path.read_bytes() for path in paths] == [b"one", b"two", b"three"]
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_a_name_taken_in_the_last_moment_is_left_alone(tmp_path, file_system, nothing_seen):
    (tmp_path / "a.wav").write_bytes(b"precious")
    assert published(tmp_path).name == "a 2.wav"
    assert (tmp_path / "a.wav").read_bytes() == b"precious"
    assert len(list(tmp_path.iterdir())) == 2


def test_racing_for_one_name_each_gets_one(tmp_path, file_system, nothing_seen):
    racers = 8
    start = threading.Barrier(racers)

    def race(number):
        with unpublished(tmp_path, "a.wav") as place:
            place.write_bytes(bytes([number]) * 100_000)
            start.wait(60)
            return publish(place, tmp_path, "a.wav")

    with ThreadPoolExecutor(racers) as pool:
        paths = list(pool.map(race, range(racers)))
    assert len(set(paths)) == racers
    assert all(path.read_bytes() == bytes([number]) * 100_000 for number, path in enumerate(paths))
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_two_exports_race_for_one_name(tmp_path, monkeypatch, nothing_seen):
    start, publish_now = threading.Barrier(2), publish

    def together(place, folder, name):
        start.wait(60)
        return publish_now(place, folder, name)

    monkeypatch.setattr("engine.export.export.publish", together)
    with ThreadPoolExecutor(2) as pool:
        paths = list(pool.map(exported, [tmp_path, tmp_path]))
    assert sorted(path.name for path in paths) == ["Same 42 2.wav", "Same 42.wav"]
    assert paths[0].read_bytes() == paths[1].read_bytes() and soundfile.info(paths[0]).frames == 24000
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_nothing_is_seen_before_the_file_is_whole(tmp_path, monkeypatch):
    seen, move = [], publishing._move

    def watched(place, path):
        seen.append([path.name for path in tmp_path.iterdir() if not path.name.startswith(".")])
        assert soundfile.info(place).frames == 24000
        move(place, path)

    monkeypatch.setattr(publishing, "_move", watched)
    path = exported(tmp_path)
    assert seen == [[]] and list(tmp_path.iterdir()) == [path]


CRASH = """
import os, sys
from pathlib import Path
from engine.export import export
from tests.export.test_publishing import exported
export.publish = lambda place, folder, name: os._exit(7)
exported(Path(sys.argv[1]))
"""


def test_a_crash_leaves_nothing_under_the_name(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.run(
        [sys.executable, "-c", CRASH, str(tmp_path)], capture_output=True, text=True, timeout=120, env=environment, cwd=ROOT
    )
    assert child.returncode == 7, child.stderr
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".") and left.suffix == ".part"
    assert exported(tmp_path).name == "Same 42.wav"


def test_an_error_is_told_about_the_name_and_leaves_nothing(tmp_path):
    with pytest.raises(EngineError) as caught, unpublished(tmp_path, "a.wav") as place:
        place.write_bytes(b"half")
        raise EngineError("path", f'The disk is full: "{place}" was not written.')
    assert (caught.value.kind, caught.value.message) == ("path", f'The disk is full: "{tmp_path / "a.wav"}" was not written.')
    with pytest.raises(KeyboardInterrupt), unpublished(tmp_path, "a.wav") as place:
        place.write_bytes(b"half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fails_in_the_last_step_is_told(tmp_path, monkeypatch):
    def broken(place, path):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(publishing, "_ways", lambda: (broken,))
    with pytest.raises(EngineError, match=r"a\.wav\" could not be written \(Input/output error\)") as caught:
        published(tmp_path)
    assert caught.value.kind == "path" and list(tmp_path.iterdir()) == []


def test_a_name_that_was_taken_in_advance_is_given_back(tmp_path, monkeypatch):
    def broken(place, path):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(publishing, "_ways", tuple)
    monkeypatch.setattr(publishing.os, "replace", broken)
    with pytest.raises(EngineError, match="Input/output error"):
        published(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="asks the C library of Linux")
def test_a_function_that_the_library_does_not_have_is_no_way(tmp_path):
    with pytest.raises(OSError) as caught:
        publishing._called("rename_to_nowhere", tmp_path)
    assert caught.value.errno in publishing._NOT_POSSIBLE


def test_a_scanner_that_holds_the_file_lets_go(tmp_path, monkeypatch):
    rename, calls = Path.rename, []

    def busy(place, path):
        calls.append(path)
        if len(calls) < 3:
            raise PermissionError(errno.EACCES, "busy")
        return rename(place, path)

    monkeypatch.setattr(Path, "rename", busy)
    monkeypatch.setattr(publishing, "_ways", lambda: (publishing._rename,))
    assert published(tmp_path).read_bytes() == b"sound" and len(calls) == 3
