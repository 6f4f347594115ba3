"""The program as it is started: crashes, ends, unexpected errors, and what it must not load."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.session.document import Document
from engine.session.history import History
from engine.session.recovery import Recovery

ROOT = Path(__file__).parents[2]
LIMIT_S = 120


@pytest.fixture
def environment(tmp_path):
    """Everything that the program keeps lies in the test's folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "PYTEST"))}
    own = {"HOME": str(tmp_path), "OMP_NUM_THREADS": "1", "QT_QPA_PLATFORM": "offscreen"}
    places = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("DATA", "CONFIG", "CACHE", "STATE")}
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    return {**kept, **places, **own, "XDG_RUNTIME_DIR": str(runtime)}


@pytest.fixture
def start(environment, packs):
    """Starts a studio with tasks in a process of its own."""
    started = []

    def start(*tasks):
        command = [sys.executable, "-m", "tests.gui.killed_studio", str(packs), *tasks]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def finished(process, silent=True, limit_s=LIMIT_S):
    """Lines that a process told; it must have ended well and, if ``silent``, complained about nothing."""
    out, err = process.communicate(timeout=limit_s)
    assert process.returncode == 0, err
    complaints = [line for line in err.splitlines() if line and "propagateSizeHints" not in line]
    assert complaints == [] or not silent
    return out.splitlines()


def kill_after(process, word):
    line = process.stdout.readline()
    assert line.strip() == word, (line, process.stderr.read() if not line else "")
    process.send_signal(signal.SIGKILL)
    process.communicate()


def recovery_folder(tmp_path):
    return tmp_path / "data" / "Melbrush" / "Melbrush" / "recovery"


def test_a_killed_project_comes_back_with_takes_and_undo(start, tmp_path):
    kill_after(start("make_take_and_wait"), "saved")
    offered, told, ended, *second_start = finished(start("answer_recovery=Recover", "answer_recovery=Recover"))
    assert offered == "offered"
    assert told == "takes 1 steps 3 dirty True path None"
    assert ended.startswith("ended answer_recovery 0")
    assert second_start[0].startswith("takes 0")


@pytest.mark.slow
def test_refusing_leaves_the_saved_file_as_it_was_and_is_asked_once(start, tmp_path):
    project = tmp_path / "mine.melbrush"
    kill_after(start(f"save_make_take_and_wait={project}"), "saved")
    before = project.read_bytes()
    lines = finished(start("answer_recovery=Discard the copy", "answer_recovery=Recover"))
    assert lines[0] == "offered" and lines[1].startswith("takes 0")
    assert lines.count("offered") == 1
    assert project.read_bytes() == before
    assert list(recovery_folder(tmp_path).glob("*.melbrush")) == []


def test_damaged_copies_are_set_aside_and_those_of_running_programs_left_alone(start, tmp_path):
    folder = recovery_folder(tmp_path)
    running = Recovery(folder)
    running.autosave(History(Document(prompt="rain")), None)
    (live,) = folder.glob("*.melbrush")
    damaged = folder / "20260101-000000-00000000.melbrush"
    damaged.write_bytes(live.read_bytes()[:100])
    lines = finished(start("answer_recovery=Recover", "answer_recovery=Recover"))
    assert lines.count("offered") == 1 and sum(line.startswith("takes 0") for line in lines) == 2
    assert (folder / "set-aside" / damaged.name).is_file() and live.is_file()
    running.close()


def test_it_starts_fails_and_ends_in_every_state(start, tmp_path):
    """The window is painted before torch is loaded; ends during a job are good ends; unexpected errors are logged and survived."""
    lines = finished(start("check_first_paint", "quit_while_loading", "quit_while_drawing", "fail_everywhere"), silent=False)
    assert lines[0] == "painted False"
    assert "answers" in lines
    ends = [line.split()[1:3] for line in lines if line.startswith("ended")]
    assert ends == [["check_first_paint", "0"], ["quit_while_loading", "0"], ["quit_while_drawing", "0"], ["fail_everywhere", "0"]]
    (log,) = tmp_path.rglob("melbrush.log")
    text = log.read_text(encoding="utf-8")
    for place, count in (("in a slot", 2), ("in paintEvent", 1), ("in mousePressEvent", 1)):
        assert text.count(f"RuntimeError: {place}\n") == count, text


def test_no_module_of_the_window_imports_torch(environment):
    code = "import sys, gui.app, gui.studio, gui.worker; sys.exit('torch' in sys.modules or 'engine.pipeline' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, timeout=LIMIT_S).returncode == 0


def test_what_unpacks_itself_keeps_new_packs_among_the_users_data(environment, tmp_path):
    code = """
import sys
import gui.app, gui.studio

class Told:
    def __init__(self, app, settings, packs, *rest):
        sys.exit(f"packs: {packs}")

sys.frozen = True
gui.studio.Studio = Told
gui.app.run_studio([])
"""
    process = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, timeout=LIMIT_S, capture_output=True, text=True)
    assert process.stderr.strip() == f"packs: {tmp_path / 'data' / 'Melbrush' / 'Melbrush' / 'models'}"


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_twenty_starts_and_ends_in_one_process(start):
    tasks = ["quit_idle", "quit_while_drawing", "quit_while_loading", "quit_while_drawing"] * 5
    lines = finished(start(*tasks), limit_s=450)
    assert [line.split()[1:3] for line in lines] == [[task, "0"] for task in tasks]
