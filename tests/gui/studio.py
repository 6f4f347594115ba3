"""A whole studio on the toy pack: the real window, the real threads, a sound output that is turned by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from engine.jobs import Assess
from engine.session.document import Document, TakeEntry
from engine.session.project import ProjectWriter
from engine.session.recovery import Recovery
from gui.output import DeviceInfo
from gui.player import Player
from gui.settings import Settings
from gui.studio import Studio

RATE_HZ = 48000
LIMIT_MS = 30_000
NO_KEY = Qt.KeyboardModifier.NoModifier


class SilentStream:
    """A stream that takes sound only when the test says so."""

    latency = 0.0

    def __init__(self, callback: Callable[..., None]) -> None:
        self.callback, self.active = callback, True

    def stop(self) -> None:
        self.active = False

    def close(self) -> None:
        self.active = False

    def pump(self, frames: int) -> np.ndarray:
        out = np.full((frames, 2), np.nan, np.float32)
        self.callback(out, frames, None, type("Status", (), {"output_underflow": False}))
        assert np.isfinite(out).all()
        return out


class SilentOutput:
    """One device."""

    problem = ""

    def __init__(self) -> None:
        self.streams: list[SilentStream] = []

    def devices(self) -> list[DeviceInfo]:
        return [DeviceInfo("Built-in", 2, RATE_HZ, True)]

    def format(self, name: str | None) -> tuple[int, int]:
        return RATE_HZ, 2

    def open(self, name: str | None, form: tuple[int, int], callback: Callable[..., None]) -> SilentStream:
        self.streams.append(SilentStream(callback))
        return self.streams[-1]

    def release(self, stream: SilentStream) -> threading.Thread:
        thread = threading.Thread(target=stream.close)
        thread.start()
        return thread

    def refresh(self) -> None:
        """Nothing can change."""


class Bench:
    """A studio and the hands on it."""

    def __init__(self, qtbot, packs: Path, folder: Path, recovery: bool = False) -> None:
        self.qtbot, self.folder = qtbot, folder
        self.settings = Settings(folder / "settings.ini")
        self.settings.set("files.drag_folder", str(folder / "dragged"))
        self.settings.set("listening.auto_play", False)
        (folder / "dragged").mkdir(exist_ok=True)
        self.output = SilentOutput()
        writer = ProjectWriter("Melbrush")
        keeper = Recovery(folder / "recovery", writer) if recovery else None
        self.studio = Studio(QApplication.instance(), self.settings, packs, keeper, writer, Player(self.output))
        self.window, self.session, self.controller = self.studio.window, self.studio.session, self.studio.controller
        self.player, self.listening, self.projects = self.studio.player, self.studio.listening, self.studio.projects
        self.closed = False
        self.errors: list[tuple[str, str]] = []
        for source in (self.controller, self.projects, self.listening):
            source.failed.connect(lambda sentence, detail: self.errors.append((sentence, detail)))

    def show(self) -> Bench:
        """Shows the window, without a pack yet."""
        with self.qtbot.waitActive(self.window, timeout=LIMIT_MS):
            self.window.show()
            self.window.activateWindow()
        return self

    def open(self) -> Bench:
        """Shows the window and waits for the pack."""
        self.show()
        self.studio.start()
        self.until(lambda: self.controller.pack is not None)
        return self

    def close(self) -> None:
        """Ends threads; the window goes without a question. A second time nothing happens."""
        if self.closed:
            return
        self.closed = True
        self.studio.shut_down()
        self.window.hide()
        self.window.deleteLater()
        self.studio.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    # What is there

    @property
    def document(self) -> Document:
        return self.session.document

    @property
    def takes(self) -> tuple[TakeEntry, ...]:
        return self.document.takes

    @property
    def prompt(self) -> QWidget:
        return self.window.prompt_bar._field

    @property
    def canvas(self) -> QWidget:
        return self.window.canvas.picture

    @property
    def status(self) -> str:
        return self.window.status_line.text()

    # What the user does

    def until(self, condition: Callable[[], object], limit_ms: int = LIMIT_MS) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=limit_ms)

    def keys(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NO_KEY, widget: QWidget | None = None) -> None:
        """A key into ``widget``, which gets the focus first; without one to whatever has the focus."""
        if widget is not None:
            widget.setFocus()
        self.qtbot.keyClick(QApplication.focusWidget() or self.window, key, modifiers)

    def type_prompt(self, text: str) -> None:
        self.window.prompt_bar.focus_prompt()
        self.qtbot.keyClicks(self.prompt, text)

    def click(self, button: QPushButton) -> None:
        assert button.isEnabled() and button.isVisible()
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def button(self, name: str, parent: QWidget | None = None) -> QPushButton:
        """The visible button of that accessible name."""
        found = [button for button in (parent or self.window).findChildren(QPushButton) if button.accessibleName() == name]
        assert len(found) == 1, f"{len(found)} buttons are called {name!r}"
        return found[0]

    def generate(self, prompt: str = "rain", **fields: object) -> TakeEntry:
        """A take of ``prompt``, made with the keyboard; ``fields`` of the document are set before."""
        if fields:
            self.session.change("prepare", **fields)
        before = len(self.takes)
        self.type_prompt(prompt)
        self.keys(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier, self.prompt)
        self.until(lambda: len(self.takes) > before and self.controller.run is None)
        return self.takes[-1]

    def card(self, entry: TakeEntry) -> tuple[QWidget, QPoint]:
        """Viewport and centre of a take's card in the strip."""
        panel = self.window.takes_panel.list
        index = panel.model().index_of(entry.id)
        assert index.isValid()
        panel.scrollTo(index)
        return panel.viewport(), panel.visualRect(index).center()

    def click_take(self, entry: TakeEntry) -> None:
        viewport, place = self.card(entry)
        self.qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)

    def select(self, start_s: float, end_s: float, low_hz: float, high_hz: float) -> None:
        """Drags a selection on the picture."""
        start, end = self.window.canvas.point_of(start_s, high_hz), self.window.canvas.point_of(end_s, low_hz)
        target, origin = self.canvas.viewport(), self.window.canvas.picture_rect.topLeft()
        self.qtbot.mousePress(target, Qt.MouseButton.LeftButton, pos=(start - origin).toPoint())
        for part in (0.25, 0.5, 0.75, 1.0):
            self.qtbot.mouseMove(target, (start + (end - start) * part - origin).toPoint())
        self.qtbot.mouseRelease(target, Qt.MouseButton.LeftButton, pos=(end - origin).toPoint())

    def drop(self, *paths: Path, target: QWidget | None = None, shift: bool = False) -> QDropEvent | None:
        """Drops files as another program would; with Shift the system proposes to move them. None if they are not welcome."""
        target, place = target or self.window, QPointF(24, 24)
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
        modifiers = Qt.KeyboardModifier.ShiftModifier if shift else NO_KEY
        rest = (actions, mime, Qt.MouseButton.LeftButton, modifiers)
        enter, move = QDragEnterEvent(place.toPoint(), *rest), QDragMoveEvent(place.toPoint(), *rest)
        for event in (enter, move):
            event.setDropAction(Qt.DropAction.MoveAction if shift else Qt.DropAction.CopyAction)
            QApplication.sendEvent(target, event)
        if not (enter.isAccepted() and move.isAccepted()):
            return None
        event = QDropEvent(place, *rest)
        event.setDropAction(Qt.DropAction.MoveAction if shift else Qt.DropAction.CopyAction)
        QApplication.sendEvent(target, event)
        return event

    def pump(self, seconds: float) -> np.ndarray:
        """Lets the device take sound, block by block; returns what was heard, float32 [frames, 2]."""
        blocks = []
        for _ in range(max(1, round(seconds * 100))):
            self.until(lambda: self.output.streams and self.output.streams[-1].active)
            blocks.append(self.output.streams[-1].pump(RATE_HZ // 100))
            QApplication.processEvents()
        return np.concatenate(blocks)

    def answer(self, name: str, text: str) -> None:
        """Presses the button ``text`` of the open question whose object name is ``name``."""

        def question() -> QWidget | None:
            return next((box for box in QApplication.topLevelWidgets() if box.objectName() == name and box.isVisible()), None)

        self.until(question)
        box = question()
        buttons = [button for button in box.findChildren(QPushButton) if button.text().replace("&", "") == text]
        assert len(buttons) == 1, [button.text() for button in box.findChildren(QPushButton)]
        self.qtbot.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
        # Without a window manager nobody gives the window its focus back.
        self.window.activateWindow()
        QApplication.processEvents()

    def settle(self) -> None:
        """Waits until both workers have done what was asked of them so far, and the window has seen it."""
        seen = set()
        for name, worker, job in (("engine", self.studio.engine, Assess("rain")), ("files", self.studio.files, None)):
            worker.event.connect(lambda ticket, event, name=name: seen.add((name, ticket, type(event).__name__)))
            ticket = worker.submit(job)
            ends = {(name, ticket, "Finished"), (name, ticket, "Failed")}
            self.until(lambda ends=ends: seen & ends)

    def no_errors(self) -> None:
        assert self.errors == []
