"""Saving a project: what stays on the disk when it does not play along, and what a save costs."""

import dataclasses
import errno
import io
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.session import project
from engine.session.document import Document, TakeEntry
from engine.session.history import History
from engine.session.project import ProjectWriter, load_project, save_project, snapshot
from engine.types import EngineError, Spectrogram
from tests.session.examples import (
    GEOMETRY,
    busy_history,
    generated,
    leftovers,
    with_take,
)

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "Regen.melbrush"


def test_the_previous_file_is_kept(path: Path) -> None:
    save_project(path, History(Document(prompt="one")), "test")
    assert not path.with_name("Regen.melbrush.bak").exists()
    for number, name in enumerate(("two", "three", "four")):
        before = path.read_bytes()
        save_project(path, History(Document(prompt=name)), "test")
        assert path.with_name("Regen.melbrush.bak").read_bytes() == before, number
    assert load_project(path.with_name("Regen.melbrush.bak")).document.prompt == "three"
    assert leftovers(path.parent) == []


def test_the_previous_file_is_kept_where_a_file_cannot_have_two_names(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(*_: object) -> None:
        raise OSError(errno.EPERM, "not here")

    monkeypatch.setattr(os, "link", no_link)
    save_project(path, History(Document(prompt="one")), "test")
    before = path.read_bytes()
    save_project(path, History(Document(prompt="two")), "test")
    assert path.with_name("Regen.melbrush.bak").read_bytes() == before


def test_nothing_is_saved_if_the_previous_file_cannot_be_kept(path: Path) -> None:
    save_project(path, History(Document(prompt="one")), "test")
    before = path.read_bytes()
    (path.with_name("Regen.melbrush.bak") / "full").mkdir(parents=True)
    with pytest.raises(EngineError, match="previous version could not be kept") as raised:
        save_project(path, History(Document(prompt="two")), "test")
    assert raised.value.kind == "path"
    assert path.read_bytes() == before
    assert leftovers(path.parent) == []


def test_a_save_after_one_that_failed_late_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_project(path, History(Document(prompt="one")), "test")
    # As a save that was interrupted between keeping the old file and replacing it leaves them: one file of two names.
    os.link(path, path.with_name("Regen.melbrush.bak"))
    save_project(path, History(Document(prompt="two")), "test")
    assert load_project(path.with_name("Regen.melbrush.bak")).document.prompt == "one"
    assert leftovers(path.parent) == []


class FullDisk(io.BufferedWriter):
    """A file on a disk that is full after some bytes."""

    room = 30_000

    def write(self, data: bytes) -> int:
        FullDisk.room -= len(data)
        if FullDisk.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


@pytest.mark.parametrize("room", [0, 1000, 30_000, 200_000])
def test_a_full_disk_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    """T2 with a failing file."""
    save_project(path, History(Document(prompt="one")), "test")
    before = path.read_bytes()
    opened = Path.open

    def open_full(self: Path, mode: str = "r", *more: object, **options: object) -> object:
        return FullDisk(io.FileIO(self, "x")) if mode == "xb" else opened(self, mode, *more, **options)

    monkeypatch.setattr(FullDisk, "room", room)
    monkeypatch.setattr(Path, "open", open_full)
    with pytest.raises(EngineError, match="disk is full") as raised:
        save_project(path, busy_history(), "test")
    monkeypatch.undo()
    assert raised.value.kind == "path"
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == before


FULL_DISK = """
import sys
from pathlib import Path
from engine.session.project import save_project
from engine.session.history import History
from engine.session.document import Document
from engine.types import EngineError
from tests.session.examples import busy_history
path = Path(sys.argv[1]) / "a.melbrush"
save_project(path, History(Document(prompt="one")), "test")
before = path.read_bytes()
try:
    save_project(path, busy_history(), "test")
except EngineError as error:
    assert path.read_bytes() == before and [file.name for file in path.parent.iterdir()] == [path.name]
    print(error.kind, error.message)
"""


def test_a_disk_that_is_really_full_changes_nothing(tmp_path: Path) -> None:
    """T2 with 256 KB of memory as a disk, which only this child sees."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        pytest.skip("needs Linux")
    mount = f'mount -t tmpfs -o size=256k none "{tmp_path}" || exit 77; exec "{sys.executable}" -c "$0" "{tmp_path}"'
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", mount, FULL_DISK]
    process = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    if process.returncode == 77 or "unshare" in process.stderr:
        pytest.skip("mounting is not allowed here")
    assert process.stdout.startswith("path The disk is full"), process.stdout + process.stderr


@pytest.mark.parametrize(("refusals", "saved"), [(2, True), (1000, False)])
def test_a_file_that_another_program_holds_is_tried_again(path: Path, monkeypatch: pytest.MonkeyPatch, refusals: int, saved: bool) -> None:
    """T3."""
    save_project(path, History(Document(prompt="one")), "test")
    before, replace, left = path.read_bytes(), os.replace, [refusals]

    def held(source: object, target: object) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise PermissionError(errno.EACCES, "held")
        replace(source, target)

    monkeypatch.setattr(os, "replace", held)
    if saved:
        save_project(path, History(Document(prompt="two")), "test")
        assert load_project(path).document.prompt == "two"
    else:
        with pytest.raises(EngineError) as raised:
            save_project(path, History(Document(prompt="two")), "test")
        assert raised.value.kind == "path"
        assert path.read_bytes() == before
    assert leftovers(path.parent) == []


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_hundred_kills_leave_a_whole_file(path: Path) -> None:
    """T1: the file and its predecessor are whole each time, and many kills did hit a save."""
    command = [sys.executable, "-m", "tests.session.killed_saves", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.run(command, capture_output=True, text=True, timeout=200, cwd=ROOT, env=environment)
    assert process.returncode == 0, process.stderr
    assert int(process.stdout.split()[-1]) >= 10


def test_a_project_beyond_the_limits_loses_its_oldest_steps_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "MOST_MEMBERS", 7)
    history = History(Document())
    for number in range(6):
        entry = TakeEntry(generated(number, 0.1, 1), f"take {number}")
        history.push(f"Generate {number}", Document(prompt=str(number)).with_take(entry))
    save_project(path, history, "test")
    found = load_project(path)
    assert 1 <= len(found.labels) <= 2
    assert found.labels == history.labels[-len(found.labels) :]
    assert found.document.prompt == "5"


def test_a_project_whose_present_state_is_beyond_the_limits_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "MOST_MEMBERS", 3)
    with pytest.raises(EngineError, match="larger than a file can hold"):
        save_project(path, with_take(generated()), "test")
    assert list(path.parent.iterdir()) == []


def test_a_take_that_could_not_be_read_again_is_named(path: Path) -> None:
    take = generated()
    broken = dataclasses.replace(take, spectrogram=Spectrogram(take.spectrogram.log_mel[:7], GEOMETRY))
    with pytest.raises(EngineError, match='The take "one" is damaged') as raised:
        save_project(path, with_take(broken), "test")
    assert raised.value.kind == "project"
    assert list(path.parent.iterdir()) == []


def test_the_writer_encodes_each_take_once_and_forgets_what_is_gone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = []
    encode = project.encode_take
    monkeypatch.setattr(project, "encode_take", lambda take: encoded.append(take) or encode(take))
    writer, history = ProjectWriter("test"), busy_history()
    writer.save(path, history)
    first = path.read_bytes()
    writer.save(path, history)
    assert len(encoded) == 3
    assert path.read_bytes() == first
    writer.save(path, History(Document()))
    assert writer._encoded == {}


def test_a_snapshot_stays_as_it_was(path: Path) -> None:
    history = busy_history()
    taken = snapshot(history)
    history.push("More", Document(prompt="later"))
    assert taken.labels == busy_history().labels
    assert taken.document.prompt == "rain"


def test_fifty_takes_are_saved_in_three_seconds_and_again_in_one(path: Path) -> None:
    """Seconds of this process, whatever else the machine does meanwhile."""
    history = History(Document())
    for number in range(50):
        entry = TakeEntry(generated(number, 10.0, 16), f"take {number}")
        history.push("Generate", history.document.with_take(entry))
    writer = ProjectWriter("test")
    begun = time.process_time()
    writer.save(path, history)
    first = time.process_time()
    writer.save(path, history)
    assert first - begun < 3.0
    assert time.process_time() - first < 1.0
