"""A studio in a process of its own, as people start it: for tests that kill it or quit it.

``python -m tests.gui.killed_studio PACKS TASK ...``; the environment says where settings and recovery copies are.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest_socket
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from gui.settings import Settings

pytest_socket.disable_socket(allow_unix_socket=True)

_LEFT = (Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)


def tell(*words: object) -> None:
    """One line for the test that waits for it."""
    print(*words, flush=True)


def when(condition: Callable[[], object], action: Callable[[], object]) -> None:
    """Does ``action`` as soon as ``condition`` holds."""
    timer = QTimer(QApplication.instance(), interval=10)

    def look() -> None:
        if condition():
            timer.stop()
            action()

    timer.timeout.connect(look)
    timer.start()


def make_take_and_wait(studio) -> None:
    """A take, its autosave, and then nothing more."""
    folder = studio.recovery.folder

    def draw() -> None:
        studio.session.change("Edit", prompt="rain", duration_s=1.0)
        studio.controller.generate()

    when(lambda: studio.controller.pack, draw)
    when(lambda: studio.session.document.takes and list(folder.glob("*.melbrush")), lambda: tell("saved"))


def save_make_take_and_wait(studio, path: str) -> None:
    """A saved project with one take, then a second take that is only autosaved."""
    studio.session.path = Path(path)

    def draw(prompt: str) -> None:
        studio.session.change("Edit", prompt=prompt, duration_s=1.0)
        studio.controller.generate()

    def count() -> int:
        return len(studio.session.document.takes)

    when(lambda: studio.controller.pack, lambda: draw("rain"))
    when(lambda: count() == 1 and studio.controller.run is None, studio.projects.save)
    when(lambda: count() == 1 and not studio.session.dirty, lambda: draw("wind"))
    when(lambda: count() == 2 and not studio.files.busy and list(studio.recovery.folder.glob("*.melbrush")), lambda: tell("saved"))


def answer_recovery(studio, button: str) -> None:
    """Presses a button of the offer, tells what is there then, and ends."""

    def offer() -> QWidget | None:
        return next((box for box in QApplication.topLevelWidgets() if box.objectName() == "RecoveryQuestion" and box.isVisible()), None)

    def press() -> None:
        tell("offered")
        next(b for b in offer().findChildren(QPushButton) if b.text().replace("&", "") == button).click()

    when(offer, press)
    when(lambda: studio.controller.pack, lambda: QTimer.singleShot(50, report))

    def report() -> None:
        history = studio.session.history
        tell("takes", len(history.document.takes), "steps", len(history.labels), "dirty", studio.session.dirty, "path", studio.session.path)
        end(studio)


def end(studio) -> None:
    """Ends as after Discard."""
    QTimer.singleShot(0, studio.projects._leave)


def quit_idle(studio) -> None:
    """Ends as soon as the pack is there."""
    when(lambda: studio.controller.pack, lambda: end(studio))


def quit_while_loading(studio) -> None:
    """Ends while the pack is being loaded."""
    end(studio)


def quit_while_drawing(studio) -> None:
    """Ends in the middle of a run."""

    def draw() -> None:
        studio.session.change("Edit", prompt="rain", duration_s=10.0)
        studio.controller.generate()

    when(lambda: studio.controller.pack, draw)
    when(lambda: studio.controller.run and studio.controller.run.latest, lambda: end(studio))


class Faulty(QWidget):
    """Raises in its paintEvent and its mouse event, once each."""

    raised = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        if not Faulty.raised & 1:
            Faulty.raised |= 1
            raise RuntimeError("in paintEvent")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        raise RuntimeError("in mousePressEvent")


class FaultySlot(QObject):
    """Raises in a slot."""

    def act(self) -> None:
        raise RuntimeError("in a slot")


def fail_everywhere(studio) -> None:
    """Raises in a slot, in paintEvent, in a mouse event and in a thread; then shows that it still answers."""

    def fail() -> None:
        studio.faulty, studio.slot = Faulty(studio.window), FaultySlot(studio)
        studio.faulty.resize(40, 40)
        studio.faulty.show()
        # Posted, as the system does it: what is sent comes back to the sender as its own error.
        QApplication.postEvent(studio.faulty, QMouseEvent(QEvent.Type.MouseButtonPress, QPointF(4, 4), QPointF(4, 4), *_LEFT))
        QTimer.singleShot(0, studio.slot.act)
        threading.Thread(target=studio.slot.act, name="a thread").start()
        QTimer.singleShot(300, draw)

    def draw() -> None:
        studio.faulty.hide()
        studio.session.change("Edit", prompt="rain", duration_s=1.0)
        studio.controller.generate()

    when(lambda: studio.controller.pack, fail)
    when(lambda: studio.session.document.takes, lambda: (tell("answers"), end(studio)))


def check_first_paint(studio) -> None:
    """Tells whether torch was there when the window had been painted."""

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event) -> bool:
            if event.type() == event.Type.Paint:
                tell("painted", "torch" in sys.modules)
                watched.removeEventFilter(self)
                end(studio)
            return False

    studio.watch = Watch()
    studio.window.installEventFilter(studio.watch)


def main(packs: str, *tasks: str) -> int:
    """Runs the studio with one task after the other, each one ``name`` or ``name=argument``; returns the last exit code."""
    import gui.app
    from gui import studio as studio_module

    code, opened = 0, []
    for task in tasks:
        name, _, argument = task.partition("=")

        class Told(studio_module.Studio):
            def __init__(self, app: QApplication, settings: Settings, _: Path, *rest: object, name: str = name) -> None:
                super().__init__(app, settings, Path(packs), *rest)
                opened.append(self)
                if name == check_first_paint.__name__:
                    # The program starts its work after the first paint; who wants to see that paint has to be there before.
                    check_first_paint(self)

            def start(self, name: str = name, argument: str = argument) -> None:
                if name != check_first_paint.__name__:
                    globals()[name](self, *([argument] if argument else []))
                super().start()

        wanted, studio_module.Studio = studio_module.Studio, Told
        started = time.monotonic()
        code = gui.app.run_studio([]) or code
        studio_module.Studio = wanted
        # In a program that goes on, a closed window would still hear of new themes.
        for part in (opened[-1].window, opened.pop()):
            part.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        tell("ended", name, code, round(time.monotonic() - started, 2))
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
