"""What a crash leaves behind is offered once, and nothing else is touched (T4, T5)."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.session.document import Document
from engine.session.history import History
from engine.session.project import ProjectWriter, load_project, save_project
from engine.session.recovery import Recovery
from engine.types import EngineError
from tests.session.examples import assert_same_history, busy_history, leftovers

ROOT = Path(__file__).parent.parent.parent
PROGRAM = """
import os, signal, sys
from pathlib import Path
from engine.session.recovery import Recovery
from tests.session.examples import busy_history
recovery = Recovery(Path(sys.argv[1]))
recovery.autosave(busy_history(), Path(sys.argv[2]) if sys.argv[2] else None)
if sys.argv[3] == "crash":
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
print("ready", flush=True)
sys.stdin.readline()
recovery.close()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "recovery"


def program(folder: Path, path: Path | None, then: str) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM, str(folder), str(path or ""), then]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT)


def crashed(folder: Path, path: Path | None = None, history: History | None = None) -> None:
    """What a program that died leaves behind; its lock ends with it."""
    recovery = Recovery(folder)
    recovery.autosave(history or busy_history(), path)
    for lock in recovery._claimed.values():
        lock.release(remove=False)


def names(folder: Path) -> set[str]:
    return {path.suffix for path in folder.iterdir() if path.is_file()}


def copies(folder: Path) -> list[Path]:
    return list(folder.glob("*.melbrush"))


def test_a_killed_program_is_offered_once_with_takes_and_undo(folder: Path) -> None:
    """T4: never saved."""
    child = program(folder, None, "crash")
    assert child.wait(60) in (-signal.SIGKILL, 1)
    child.communicate()
    recovery = Recovery(folder)
    (found,) = recovery.found()
    assert (found.original, found.name) == (None, None)
    assert recovery.found() == []
    history = recovery.take(found)
    assert_same_history(history, busy_history())
    assert history.can_undo
    recovery.close()
    assert Recovery(folder).found() == []


def test_a_running_program_is_not_offered(folder: Path, tmp_path: Path) -> None:
    """T5: the second program is told, and offers nothing while the first one runs."""
    child = program(folder, tmp_path / "a.melbrush", "stay")
    assert child.stdout.readline() == "ready\n"
    second = Recovery(folder)
    assert second.another_is_running()
    assert second.found() == []
    child.communicate("\n", timeout=60)
    assert not second.another_is_running()
    assert second.found() == []
    assert copies(folder) == []


def test_a_program_that_dies_while_another_runs_is_offered_by_it(folder: Path, tmp_path: Path) -> None:
    child = program(folder, tmp_path / "a.melbrush", "stay")
    assert child.stdout.readline() == "ready\n"
    second = Recovery(folder)
    assert second.found() == []
    child.kill()
    child.communicate(timeout=60)
    assert [found.original for found in second.found()] == [tmp_path / "a.melbrush"]


def test_two_programs_do_not_offer_the_same_copy(folder: Path) -> None:
    crashed(folder)
    first, second = Recovery(folder), Recovery(folder)
    assert first.another_is_running() and second.another_is_running()
    assert len(first.found()) == 1
    assert second.found() == []


def test_refusing_leaves_the_saved_project_as_it_was(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.melbrush"
    save_project(path, History(Document(prompt="saved")), "test")
    before, changed = path.read_bytes(), path.stat().st_mtime_ns
    crashed(folder, path)
    recovery = Recovery(folder)
    (found,) = recovery.found()
    assert (found.original, found.name) == (path, "a.melbrush")
    recovery.refuse(found)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, changed)
    assert names(folder) == {".lock"}
    recovery.close()
    assert list(folder.iterdir()) == []
    assert Recovery(folder).found() == []


def test_refusing_one_of_two_keeps_the_other(folder: Path, tmp_path: Path) -> None:
    crashed(folder, tmp_path / "a.melbrush")
    crashed(folder, tmp_path / "b.melbrush")
    recovery = Recovery(folder)
    found = {copy.name: copy for copy in recovery.found()}
    recovery.refuse(found["a.melbrush"])
    recovery.close()
    assert [copy.name for copy in Recovery(folder).found()] == ["b.melbrush"]


def test_what_was_not_answered_is_offered_at_the_next_start(folder: Path) -> None:
    crashed(folder)
    for _ in range(3):
        recovery = Recovery(folder)
        assert not recovery.another_is_running()
        assert len(recovery.found()) == 1
        recovery.close()


def test_a_taken_copy_lives_until_the_project_is_saved(folder: Path, tmp_path: Path) -> None:
    crashed(folder, tmp_path / "a.melbrush")
    recovery = Recovery(folder)
    history = recovery.take(recovery.found()[0])
    assert len(copies(folder)) == 1
    history.push("More", Document(prompt="more"))
    recovery.autosave(history, tmp_path / "a.melbrush")
    (copy,) = copies(folder)
    assert load_project(copy).document.prompt == "more"
    recovery.clear()
    assert names(folder) == {".lock"}


def test_a_crash_after_taking_is_offered_again_and_once(folder: Path, tmp_path: Path) -> None:
    crashed(folder, tmp_path / "a.melbrush")
    recovery = Recovery(folder)
    recovery.take(recovery.found()[0])
    for lock in recovery._claimed.values():
        lock.release(remove=False)
    assert [copy.name for copy in Recovery(folder).found()] == ["a.melbrush"]


def test_taking_a_second_copy_does_not_lose_the_first(folder: Path, tmp_path: Path) -> None:
    crashed(folder, tmp_path / "a.melbrush", History(Document(prompt="a")))
    crashed(folder, tmp_path / "b.melbrush", History(Document(prompt="b")))
    recovery = Recovery(folder)
    first, second = recovery.found()
    recovery.take(first)
    recovery.take(second)
    recovery.autosave(History(Document(prompt="later")), second.original)
    recovery.close()
    assert [copy.name for copy in Recovery(folder).found()] == [first.name]


@pytest.mark.parametrize("content", [b"", b"no zip", None], ids=["empty", "text", "cut"])
def test_a_corrupt_copy_is_set_aside_and_never_offered_again(folder: Path, tmp_path: Path, content: bytes | None) -> None:
    crashed(folder, tmp_path / "a.melbrush")
    (copy,) = copies(folder)
    content = copy.read_bytes()[:-100] if content is None else content
    copy.write_bytes(content)
    recovery = Recovery(folder)
    (found,) = recovery.found()
    with pytest.raises(EngineError, match="damaged") as raised:
        recovery.take(found)
    assert raised.value.kind == "project"
    aside = folder / "set-aside"
    assert (aside / copy.name).read_bytes() == content
    assert "damaged" in (aside / f"{copy.stem}.txt").read_text(encoding="utf-8")
    assert recovery.found() == []
    recovery.close()
    assert Recovery(folder).found() == []


def test_a_copy_that_killed_the_program_is_not_offered_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crashed(folder)

    def die(path: Path) -> History:
        raise KeyboardInterrupt

    recovery = Recovery(folder)
    (found,) = recovery.found()
    with monkeypatch.context() as context:
        context.setattr("engine.session.recovery.load_project", die)
        with pytest.raises(KeyboardInterrupt):
            recovery.take(found)
    for lock in recovery._claimed.values():
        lock.release(remove=False)
    assert Recovery(folder).found() == []
    assert len(copies(folder / "set-aside")) == 1


def test_a_copy_that_cannot_be_moved_is_not_offered_again(folder: Path) -> None:
    crashed(folder)
    copies(folder)[0].write_bytes(b"no zip")
    (folder / "set-aside").write_bytes(b"in the way")
    recovery = Recovery(folder)
    (found,) = recovery.found()
    with pytest.raises(EngineError, match="damaged"):
        recovery.take(found)
    with pytest.raises(EngineError) as raised:
        recovery.set_aside(found, "damaged")
    assert raised.value.kind == "path"
    recovery.close()
    for _ in range(2):
        recovery = Recovery(folder)
        assert recovery.found() == []
        recovery.close()


@pytest.mark.parametrize("note", [b"", b"[", b"{}", b"[]", b'{"path": 3}', b'{"path": NaN}', b"[" * 100_000], ids=range(7))
def test_a_damaged_note_does_not_keep_a_copy_from_being_offered(folder: Path, tmp_path: Path, note: bytes) -> None:
    crashed(folder, tmp_path / "a.melbrush")
    next(folder.glob("*.json")).write_bytes(note)
    recovery = Recovery(folder)
    (found,) = recovery.found()
    assert found.original is None
    assert_same_history(recovery.take(found), busy_history())


def test_autosaving_is_replacing(folder: Path, tmp_path: Path) -> None:
    recovery = Recovery(folder, ProjectWriter("test"))
    history = busy_history()
    for number in range(3):
        history.push("Seed", Document(seed=number))
        recovery.autosave(history, tmp_path / f"{number}.melbrush")
    (copy,) = copies(folder)
    assert load_project(copy).document.seed == 2
    assert not list(folder.glob("*.bak")) and leftovers(folder) == []
    assert names(folder) == {".lock", ".json", ".melbrush"}
    recovery.close()
    assert list(folder.iterdir()) == []


def test_an_autosave_that_fails_keeps_the_one_before(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recovery = Recovery(folder)
    recovery.autosave(busy_history(), None)
    (copy,) = copies(folder)
    before = copy.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EngineError, match="disk is full"):
        recovery.autosave(History(Document()), None)
    assert copy.read_bytes() == before
    assert leftovers(folder) == []


def test_a_crash_before_the_first_autosave_leaves_nothing_to_offer(folder: Path) -> None:
    recovery = Recovery(folder)
    (lock,) = recovery._claimed.values()
    lock.release(remove=False)
    following = Recovery(folder)
    assert following.found() == []
    assert len(list(folder.iterdir())) == 1


def test_half_written_copies_of_yesterday_are_removed(folder: Path) -> None:
    recovery = Recovery(folder)
    old, new = folder / ".0011223344556677.part", folder / ".8899aabbccddeeff.part"
    for file in (old, new):
        file.write_bytes(b"half")
    os.utime(old, (1_000_000, 1_000_000))
    recovery.found()
    assert not old.exists()
    assert new.exists()


def test_a_folder_that_cannot_be_used_gives_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EngineError) as raised:
        Recovery(tmp_path / "file" / "recovery")
    assert raised.value.kind == "path"
