"""The program as it is started: crashes, ends, unexpected errors, and what it must not load."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT_S = 120


@pytest.fixture
def environment(tmp_path):
    """Everything that the program keeps lies in the test's folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "PYTEST"))}
    places = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("DATA", "CONFIG", "CACHE", "STATE")}
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    return {**kept, **places, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(runtime), "OMP_NUM_THREADS": "1", "QT_QPA_PLATFORM": "offscreen"}


@pytest.fixture
def start(environment, packs):
    """Starts a studio with tasks in a process of its own."""
    started = []

    def start(*tasks):
        command = [sys.executable, "-m", "tests.gui.killed_studio", str(packs), *tasks]
        # The studio looks for its packs in "models" beside its code.
        models = packs.parent / "models"
        if not models.exists():
            models.symlink_to(packs, target_is_directory=True)
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def finished(process):
    """Lines that a process told; it must have ended well and complained about nothing."""
    out, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, err
    complaints = [line for line in err.splitlines() if line and "propagateSizeHints" not in line]
    assert complaints == []
    return out.splitlines()


def kill_after(process, word):
    line = process.stdout.readline()
    assert line.strip() == word, (line, process.stderr.read() if not line else "")
    process.send_signal(signal.SIGKILL)
    process.communicate()


def data_folder(tmp_path):
    return tmp_path / "data" / "Melbrush" / "Melbrush"


def test_a_killed_project_comes_back_with_takes_and_undo(start, tmp_path):
    kill_after(start("make_take_and_wait"), "saved")
    offered, told, ended = finished(start("answer_recovery=Recover"))
    assert offered == "offered"
    assert told == "takes 1 steps 3 dirty True path None"
    assert ended.startswith("ended answer_recovery 0")
    assert [line.split()[:2] for line in finished(start("answer_recovery=Recover"))] == [["takes", "0"], ["ended", "answer_recovery"]]


def test_refusing_leaves_the_saved_file_as_it_was_and_is_asked_once(start, tmp_path):
    project = tmp_path / "mine.melbrush"
    kill_after(start(f"save_make_take_and_wait={project}"), "saved")
    before = project.read_bytes()
    lines = finished(start("answer_recovery=Discard the copy", "answer_recovery=Recover"))
    assert lines[0] == "offered" and lines[1].startswith("takes 0")
    assert lines.count("offered") == 1
    assert project.read_bytes() == before
    assert list((data_folder(tmp_path) / "recovery").glob("*.melbrush")) == []


def test_a_damaged_copy_is_set_aside_and_not_offered_again(start, tmp_path):
    kill_after(start("make_take_and_wait"), "saved")
    (copy,) = (data_folder(tmp_path) / "recovery").glob("*.melbrush")
    copy.write_bytes(copy.read_bytes()[:100])
    lines = finished(start("answer_recovery=Recover", "answer_recovery=Recover"))
    assert lines.count("offered") == 1 and sum(line.startswith("takes 0") for line in lines) == 2
    assert (data_folder(tmp_path) / "recovery" / "set-aside" / copy.name).is_file()


def test_the_copy_of_a_running_program_is_not_offered(start, tmp_path):
    first = start("make_take_and_wait")
    assert first.stdout.readline().strip() == "saved"
    assert not any(line == "offered" for line in finished(start("answer_recovery=Recover")))
    assert first.poll() is None
    kill_after_end = first
    kill_after_end.kill()


def test_unexpected_errors_are_logged_and_the_program_goes_on(start, tmp_path):
    lines = finished(start("fail_everywhere"))
    assert lines[0] == "answers"
    (log,) = tmp_path.rglob("melbrush.log")
    text = log.read_text(encoding="utf-8")
    for place in ("in a slot", "in paintEvent", "in mousePressEvent"):
        assert f"RuntimeError: {place}" in text
    assert text.count("RuntimeError: in a slot") == 2, "the slot's and the thread's"


def test_the_window_is_painted_before_torch_is_loaded(start):
    assert finished(start("check_first_paint"))[0] == "painted False"


@pytest.mark.parametrize("module", ["gui.app", "gui.studio", "gui.worker"])
def test_no_module_of_the_window_imports_torch(module, environment):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules or 'engine.pipeline' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, timeout=LIMIT_S).returncode == 0


@pytest.mark.parametrize("task", ["quit_while_loading", "quit_while_drawing"])
def test_it_ends_well_while_it_works(start, task):
    (ended,) = finished(start(task))
    assert ended.startswith(f"ended {task} 0")


@pytest.mark.slow
def test_twenty_starts_and_ends_in_one_process(start):
    tasks = ["quit_idle", "quit_while_drawing", "quit_while_loading", "quit_while_drawing"] * 5
    lines = finished(start(*tasks))
    assert [line.split()[1:3] for line in lines] == [[task, "0"] for task in tasks]
