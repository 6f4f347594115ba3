"""Errors in slots, painting, mouse events and threads: the program answers, the log has them."""

import faulthandler
import subprocess
import sys
import threading
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from gui import crash_log
from gui.crash_log import FAULT_NAME, LOG_NAME, install_exception_hooks, last_crash

ROOT = Path(__file__).parent.parent.parent


class Fragile(QWidget):
    """Raises wherever Qt calls Python."""

    def __init__(self) -> None:
        super().__init__()
        self.painting_fails = False
        self.clicks = 0
        self.broken, self.sound = QPushButton("Broken"), QPushButton("Sound")
        column = QVBoxLayout(self)
        column.addWidget(self.broken)
        column.addWidget(self.sound)
        column.addSpacing(40)
        self.broken.clicked.connect(self.fail)
        self.sound.clicked.connect(self.count)

    @Slot()
    def fail(self) -> None:
        raise RuntimeError("slot failed")

    @Slot()
    def count(self) -> None:
        self.clicks += 1

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.painting_fails:
            self.painting_fails = False
            raise RuntimeError("painting failed")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        raise RuntimeError("mouse failed")


@pytest.fixture
def reports() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def hooks(qtbot, tmp_path: Path, reports: list[tuple[str, str]]):
    was_on = faulthandler.is_enabled()
    hooks = install_exception_hooks(lambda sentence, detail: reports.append((sentence, detail)), tmp_path)
    yield hooks
    hooks.remove()
    if was_on:
        faulthandler.enable(sys.__stderr__)


@pytest.fixture
def fragile(qtbot) -> Fragile:
    widget = Fragile()
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def provoke(qtbot, fragile: Fragile, where: str) -> None:
    if where == "slot":
        qtbot.mouseClick(fragile.broken, Qt.MouseButton.LeftButton)
    elif where == "mouse":
        # Posted, because an error inside of an event that Python itself sends comes back to the sender.
        spot, button = QPointF(2, 2), Qt.MouseButton.LeftButton
        event = QMouseEvent(QEvent.Type.MouseButtonPress, spot, spot, button, button, Qt.KeyboardModifier.NoModifier)
        QCoreApplication.postEvent(fragile, event)
    elif where == "painting":
        fragile.painting_fails = True
        fragile.update()
    else:
        thread = threading.Thread(target=lambda: fragile.fail())
        thread.start()
        thread.join()


# pytest-qt watches sys.excepthook itself; here the program's own hook is under test.
@pytest.mark.qt_no_exception_capture
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    ("where", "text"), [("slot", "slot failed"), ("mouse", "mouse failed"), ("painting", "painting failed"), ("thread", "slot failed")]
)
def test_the_program_answers_and_the_log_has_it(qtbot, tmp_path: Path, hooks, reports, fragile: Fragile, where: str, text: str):
    provoke(qtbot, fragile, where)
    qtbot.waitUntil(lambda: len(reports) == 1)
    sentence, detail = reports[0]
    assert text in detail
    assert "Traceback" in detail
    assert "\n" not in sentence
    assert text in (tmp_path / LOG_NAME).read_text(encoding="utf-8")
    qtbot.mouseClick(fragile.sound, Qt.MouseButton.LeftButton)
    assert fragile.clicks == 1


@pytest.mark.qt_no_exception_capture
def test_reports_come_in_the_windows_thread(qtbot, tmp_path: Path, fragile: Fragile):
    threads: list[int] = []
    hooks = install_exception_hooks(lambda *_: threads.append(threading.get_ident()), tmp_path)
    threading.excepthook(threading.ExceptHookArgs((ValueError, ValueError("x"), None, None)))
    worker = threading.Thread(target=lambda: sys.excepthook(ValueError, ValueError("y"), None))
    worker.start()
    worker.join()
    qtbot.waitUntil(lambda: len(threads) == 2)
    hooks.remove()
    assert set(threads) == {threading.get_ident()}


@pytest.mark.qt_no_exception_capture
def test_a_report_that_fails_does_not_go_round(qtbot, tmp_path: Path):
    calls: list[int] = []

    def report(sentence: str, detail: str) -> None:
        calls.append(1)
        raise RuntimeError("the message failed too")

    hooks = install_exception_hooks(report, tmp_path)
    sys.excepthook(ValueError, ValueError("first"), None)
    qtbot.waitUntil(lambda: bool(calls))
    qtbot.wait(50)
    hooks.remove()
    assert calls == [1]
    assert "the message failed too" in (tmp_path / LOG_NAME).read_text(encoding="utf-8")


def test_hooks_are_put_back(qapp, tmp_path: Path):
    before = (sys.excepthook, threading.excepthook)
    hooks = install_exception_hooks(lambda *_: None, tmp_path)
    assert (sys.excepthook, threading.excepthook) != before
    hooks.remove()
    hooks.remove()
    assert (sys.excepthook, threading.excepthook) == before


def test_a_folder_that_cannot_be_written_to_costs_only_the_log(qtbot, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    reports: list[str] = []
    hooks = install_exception_hooks(lambda sentence, detail: reports.append(detail), tmp_path / "file")
    sys.excepthook(ValueError, ValueError("still told"), None)
    qtbot.waitUntil(lambda: bool(reports))
    hooks.remove()


def test_the_log_does_not_grow_for_ever(qapp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crash_log, "LOG_BYTES", 4096)
    hooks = install_exception_hooks(lambda *_: None, tmp_path)
    for number in range(200):
        sys.excepthook(ValueError, ValueError(f"{number} " + "x" * 500), None)
    hooks.remove()
    files = list(tmp_path.glob(f"{LOG_NAME}*"))
    assert len(files) == 4
    assert sum(file.stat().st_size for file in files) <= 4 * 4096


def test_a_crash_of_the_process_is_found_at_the_next_start(tmp_path: Path):
    code = f"""
import os, signal, sys
sys.stderr = None
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from gui.crash_log import install_exception_hooks
app = QCoreApplication([])
hooks = install_exception_hooks(lambda *_: None, Path({str(tmp_path)!r}))
os.kill(os.getpid(), signal.SIGSEGV)
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120)
    assert process.returncode != 0
    assert "Segmentation fault" in last_crash(tmp_path)
    assert "most recent call first" in last_crash(tmp_path)


def test_no_crash_leaves_nothing(qapp, tmp_path: Path):
    assert last_crash(tmp_path) == ""
    install_exception_hooks(lambda *_: None, tmp_path).remove()
    assert (tmp_path / FAULT_NAME).exists()
    assert last_crash(tmp_path) == ""


def test_signals_do_not_leak_references_to_true(qapp):
    class Sender(QObject):
        switched = Signal(bool)

    heard: list[bool] = []
    sender = Sender()
    sender.switched.connect(lambda on: heard.append(on) or heard.clear())
    sender.switched.emit(True)
    before = sys.getrefcount(True)
    for _ in range(200):
        sender.switched.emit(True)
    assert abs(sys.getrefcount(True) - before) < 20


def test_qt_is_inside_the_pin():
    pin = next(line for line in (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines() if "PySide6-Essentials" in line)
    wanted = SpecifierSet(pin.split("PySide6-Essentials")[1].rstrip('", '))
    assert version("PySide6-Essentials") in wanted
