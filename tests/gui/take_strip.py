"""Takes for tests of the strip, the strip itself, and hands on it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from engine.geometry import Geometry
from engine.session.document import TakeEntry, TakeKind
from engine.types import Clip, GenerationRequest, Spectrogram, Take, TokenGrid
from gui.take_model import ENTRY_ROLE
from gui.takes_panel import TakesPanel

GEOMETRY = Geometry()

GRID = TokenGrid(np.zeros((5, 53), np.int32))

CLIP = Clip(np.zeros((1, 22050 * 3), np.float32), 22050)


def make(
    take_id: str, prompt: str = "rain", name: str = "", kind: TakeKind = "generated", starred: bool = False, seed: int = 5, **fields
) -> TakeEntry:
    log_mel = np.random.default_rng(seed).uniform(-80, 0, (80, 258)).astype(np.float32)
    take = Take(GenerationRequest(prompt, seed=seed), seed, GRID, Spectrogram(log_mel, GEOMETRY), CLIP)
    return TakeEntry(take, name or f"Take {take_id}", kind=kind, starred=starred, id=take_id, **fields)


ENTRIES = (
    make("a", "church bells", kind="imported", source_path="/sounds/bells.wav"),
    make("b", "siren passing", starred=True),
    make("c", "wet footsteps", name="Gravel"),
    make("d", "rain on tin", starred=True),
)


def ids_shown(panel: TakesPanel) -> list[str | None]:
    model = panel.list.model()
    entries = [model.index(row).data(ENTRY_ROLE) for row in range(model.rowCount())]
    return [entry.id if entry is not None else None for entry in entries]


def open_panel(qtbot: QtBot) -> TakesPanel:
    """The strip of ``ENTRIES`` with the focus in its list."""
    widget = TakesPanel()
    qtbot.addWidget(widget)
    widget.resize(280, 900)
    widget.show_takes(ENTRIES, "d", "b")
    widget.show()
    qtbot.waitExposed(widget)
    widget.activateWindow()
    widget.list.setFocus()
    return widget


def record(signal) -> list:
    got: list = []
    signal.connect(lambda *values: got.append(values if len(values) > 1 else values[0]))
    return got


def point(panel: TakesPanel, take_id: str, part: str = "picture") -> QPoint:
    layout = panel.list.card_layout(take_id)
    assert layout is not None
    return getattr(layout, part).center()


def click(panel: TakesPanel, take_id: str, part: str = "picture", modifier=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, modifier, point(panel, take_id, part))


def key(panel: TakesPanel, code: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(panel.list, code, modifier)


def editor_of(panel: TakesPanel) -> QLineEdit:
    editor = panel.list.findChild(QLineEdit, "takeNameEditor")
    assert editor is not None
    return editor


def choose(panel: TakesPanel, command: str) -> None:
    next(action for action in panel.build_menu().actions() if action.data() == command).trigger()
