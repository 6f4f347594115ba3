"""Everything that made a take, to read and to copy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QLocale, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from engine.session.document import TakeEntry
from gui.icons import icon
from gui.take_model import has_recipe, kind_text, seconds_text
from gui.theme import SPACE, Theme, current_theme

BAR_HEIGHT = 6
SMALL_BUTTON = 3 * SPACE


class MatchBar(QWidget):
    """How well prompt and sound match, 0..1, as a bar."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = 0.0
        self._theme: Theme = current_theme()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def value(self) -> float:
        """What the bar shows, 0..1."""
        return self._value

    def set_value(self, value: float) -> None:
        """Shows ``value``; beyond 0..1 it is clipped."""
        self._value = min(1.0, max(0.0, value))
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours from ``theme``."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """A thin line."""
        return QSize(80, BAR_HEIGHT + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """An outlined groove and the filled part of it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = (self.height() - BAR_HEIGHT) / 2
        groove = QRectF(0.5, top, self.width() - 1.0, BAR_HEIGHT)
        painter.setPen(QColor(self._theme.outline))
        painter.setBrush(QColor(self._theme.raised))
        painter.drawRoundedRect(groove, BAR_HEIGHT / 2, BAR_HEIGHT / 2)
        if self._value > 0:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.accent))
            painter.drawRoundedRect(
                QRectF(0.5, top, max(BAR_HEIGHT, groove.width() * self._value), BAR_HEIGHT), BAR_HEIGHT / 2, BAR_HEIGHT / 2
            )
        painter.end()


@dataclass(frozen=True)
class _Row:
    caption: QLabel
    value: QLabel
    copy: QPushButton


class TakeDetails(QFrame):
    """Read-only facts about one take; ``used`` carries its id and prompt, seed or everything."""

    used = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("takeDetails")
        self.setProperty("role", "card")
        self.setAccessibleName(self.tr("Details of the take"))
        self._entry_id: str | None = None
        self._copied: dict[str, str] = {}
        self._rows: dict[str, _Row] = {}
        self._title = QLabel(self)
        self._nothing = QLabel(self.tr("Select a take to see how it was made."), self)
        self._bar = MatchBar(self)
        self._facts = QWidget(self)
        self._uses: dict[str, QPushButton] = {}
        self._build_rows()
        self._lay_out()
        self.show_entry(None)

    def show_entry(self, entry: TakeEntry | None, parent_name: str = "") -> None:
        """The facts of a take; ``parent_name`` is the name of the take it was made from, if it still exists."""
        self._entry_id = entry.id if entry is not None else None
        self._nothing.setVisible(entry is None)
        self._facts.setVisible(entry is not None)
        for button in self._uses.values():
            button.setVisible(entry is not None)
        self._title.setText(entry.name if entry is not None else self.tr("Details"))
        if entry is None:
            return
        for button in self._uses.values():
            button.setEnabled(has_recipe(entry))
        for key, (shown, copied) in self._values(entry, parent_name).items():
            self._set_row(key, shown, copied)
        match = entry.take.prompt_match
        self._bar.setVisible(match is not None)
        self._bar.set_value(match or 0.0)

    def set_theme(self, theme: Theme) -> None:
        """Takes the colour of the bar from ``theme``."""
        self._bar.set_theme(theme)

    def text_of(self, key: str) -> str:
        """What a row shows; empty if it is hidden."""
        row = self._rows[key]
        return row.value.text() if row.value.isVisibleTo(self) else ""

    @property
    def match_value(self) -> float:
        """What the bar of the prompt match shows, 0..1."""
        return self._bar.value

    def _values(self, entry: TakeEntry, parent_name: str) -> dict[str, tuple[str, str]]:
        """Key -> what is shown and what is copied; an empty text hides the row."""
        take, request = entry.take, entry.take.request
        settings, number = request.settings, QLocale()
        made = has_recipe(entry)

        def fact(text: str, copied: str | None = None, here: bool = True) -> tuple[str, str]:
            return (text, text if copied is None else copied) if here else ("", "")

        match = take.prompt_match
        guidance = number.toString(settings.guidance, "f", 1)
        return {
            "prompt": fact(request.prompt),
            "negative": fact(request.negative),
            "reference": fact(request.reference or ""),
            "match": fact("" if match is None else number.toString(match, "f", 2)),
            "seed": fact(str(take.seed), here=made),
            "steps": fact(str(settings.steps), here=made),
            "guidance": fact(guidance, here=made),
            "temperature": fact(number.toString(settings.temperature, "f", 1), here=made),
            "duration": fact(seconds_text(entry)),
            "pack": fact(request.pack_id, here=made),
            "kind": fact(kind_text(entry.kind)),
            "parent": fact(parent_name or (self.tr("A take that was deleted") if entry.parent else "")),
            "source": fact(entry.source_path or ""),
            "created": fact(created_text(entry.created), entry.created),
        }

    def _set_row(self, key: str, shown: str, copied: str) -> None:
        row = self._rows[key]
        row.value.setText(shown)
        self._copied[key] = copied
        for part in (row.caption, row.value, row.copy):
            part.setVisible(bool(shown))

    def _copy(self, key: str) -> None:
        QGuiApplication.clipboard().setText(self._copied.get(key, ""))

    def _captions(self) -> dict[str, str]:
        return {
            "prompt": self.tr("Prompt"),
            "negative": self.tr("Negative"),
            "reference": self.tr("Reference"),
            "match": self.tr("Prompt match"),
            "seed": self.tr("Seed"),
            "steps": self.tr("Steps"),
            "guidance": self.tr("Guidance"),
            "temperature": self.tr("Temperature"),
            "duration": self.tr("Duration"),
            "pack": self.tr("Model pack"),
            "kind": self.tr("Kind"),
            "parent": self.tr("Made from"),
            "source": self.tr("File"),
            "created": self.tr("Created"),
        }

    def _build_rows(self) -> None:
        for key, text in self._captions().items():
            caption, value, copy = QLabel(text, self._facts), QLabel(self._facts), QPushButton(self._facts)
            caption.setProperty("role", "muted")
            value.setProperty("role", "value")
            value.setTextFormat(Qt.TextFormat.PlainText)
            value.setWordWrap(True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setAccessibleName(text)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            copy.setProperty("role", "icon")
            copy.setObjectName(f"copy_{key}")
            copy.setIcon(icon("copy", "muted"))
            copy.setIconSize(QSize(14, 14))
            copy.setStyleSheet(f"min-width: {SMALL_BUTTON}px; min-height: {SMALL_BUTTON}px; padding: 0;")
            copy.setFixedSize(SMALL_BUTTON, SMALL_BUTTON)
            copy.setAccessibleName(self.tr("Copy: {0}").format(text))
            copy.setToolTip(self.tr("Copy: {0}").format(text))
            copy.clicked.connect(lambda _checked=False, key=key: self._copy(key))
            self._rows[key] = _Row(caption, value, copy)

    def _lay_out(self) -> None:
        self._title.setProperty("role", "title")
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setWordWrap(True)
        self._nothing.setProperty("role", "muted")
        self._nothing.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addWidget(self._title)
        column.addWidget(self._nothing)
        column.addWidget(self._facts)
        column.addStretch(1)
        column.addLayout(self._use_grid())
        self._lay_out_facts()

    def _lay_out_facts(self) -> None:
        grid = QGridLayout(self._facts)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        top = Qt.AlignmentFlag.AlignTop
        for number, (key, row) in enumerate(self._rows.items()):
            for label in (row.caption, row.value):
                label.setContentsMargins(0, SPACE // 2, 0, SPACE // 2)
            grid.addWidget(row.caption, number, 0, top)
            grid.addWidget(row.copy, number, 2, top)
            if key == "match":
                beside = QHBoxLayout()
                beside.setSpacing(SPACE)
                row.value.setWordWrap(False)
                row.value.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
                beside.addWidget(self._bar, 1)
                beside.addWidget(row.value)
                grid.addLayout(beside, number, 1)
            else:
                grid.addWidget(row.value, number, 1, top)

    def _use_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(SPACE)
        texts = {
            "prompt": (self.tr("Use prompt"), self.tr("Write this prompt into the prompt bar (P in the takes panel)")),
            "seed": (self.tr("Use seed"), self.tr("Take over this seed (S in the takes panel)")),
            "everything": (self.tr("Use everything"), self.tr("Take over prompt, seed and all settings (A in the takes panel)")),
        }
        for what, (text, tip) in texts.items():
            button = QPushButton(text, self)
            button.setObjectName(f"use_{what}")
            button.setAccessibleName(text)
            button.setToolTip(tip)
            button.clicked.connect(lambda _checked=False, what=what: self._use(what))
            self._uses[what] = button
        grid.addWidget(self._uses["prompt"], 0, 0)
        grid.addWidget(self._uses["seed"], 0, 1)
        grid.addWidget(self._uses["everything"], 1, 0, 1, 2)
        return grid

    def _use(self, what: str) -> None:
        if self._entry_id is not None:
            self.used.emit(self._entry_id, what)


def created_text(created: str) -> str:
    """An ISO 8601 moment as local date and time to read; as it is where it is none."""
    try:
        moment = datetime.fromisoformat(created).astimezone()
    except ValueError:
        return created
    return QLocale().toString(moment, QLocale.FormatType.ShortFormat)
