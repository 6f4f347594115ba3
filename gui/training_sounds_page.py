"""Second page of the training wizard: which files are used and which are not, counted while people watch."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QProgressBar, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from gui.messages import announce
from gui.theme import SPACE
from gui.training_parts import card, duration, say, text_label
from gui.training_runs import FEWEST_HELD_OUT


class SoundsPage(QWidget):
    """Shows what was found; asks nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.status, self.warning = text_label(), text_label("", "warning")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.values: dict[str, QLabel] = {}
        self.refused = QTreeWidget()
        self._lay_out()
        self.show_counting()

    def show_counting(self) -> None:
        """Nothing is known yet."""
        self.ready = False
        for value in self.values.values():
            value.setText("–")
        self._show_refused([])
        say(self.warning, "", "warning")
        self._say_busy(self.tr("Looking through the folder…"))

    def show_listed(self, files: int) -> None:
        """How many sound files there are."""
        self._say_busy(self.tr("{} sound files are there; reading them…").format(f"{files:,}"))

    def show_read(self, clips: int) -> None:
        """How many clips have been read so far."""
        self._say_busy(self.tr("{} clips are read so far…").format(f"{clips:,}"))

    def show_summary(self, facts: dict[str, Any], length: str) -> None:
        """All that was found, and whether training on it makes sense."""
        splits, refused = facts["splits"], facts["refused"]
        self.ready = bool(splits.get("train"))
        total = facts["files"] + len(refused)
        kinds = ", ".join(facts["classes"][:8]) + ("…" if len(facts["classes"]) > 8 else "")
        texts = {
            "files": self.tr("{} of {}").format(f"{facts['files']:,}", f"{total:,}"),
            "clips": self.tr("{}, {} of them held out for listening and measuring").format(
                f"{facts['clips']:,}", f"{splits.get('validation', 0):,}"
            ),
            "time": duration(facts["seconds"]),
            "captions": self.tr("for {} of {} files").format(f"{facts['captioned']:,}", f"{facts['files']:,}"),
            "kinds": kinds or "–",
            "aside": self.tr("{} that are no sounds").format(f"{facts['left_aside']:,}"),
        }
        for key, text in texts.items():
            self.values[key].setText(text)
        self._show_refused(refused)
        self.bar.setRange(0, 1)
        self.bar.setValue(1)
        say(self.status, self.tr("This is what will be used."), "value")
        say(self.warning, self._warning(facts, length), "warning" if self.ready else "danger")
        announce(self, self.warning.text() or self.status.text())

    def show_stopping(self) -> None:
        """It is given up, which may take a moment."""
        self._say_busy(self.tr("Stopping…"))

    def _warning(self, facts: dict[str, Any], length: str) -> str:
        if not self.ready:
            return self.tr("All of these sounds fell to the held-out ones, so there is nothing to learn from; add more sounds.")
        held_out = facts["splits"].get("validation", 0)
        sentences = []
        if facts["few"]:
            sentences.append(self.tr("These are few sounds: the pack will learn little beyond them."))
        if not facts["captioned"]:
            sentences.append(self.tr("There are no captions, so it keeps the words of the pack that comes with Melbrush."))
        if length == "best" and held_out < FEWEST_HELD_OUT:
            sentences.append(self.tr("Too few sounds are held out to notice when it stops getting better, so it trains for an evening."))
        return " ".join(sentences)

    def _show_refused(self, refused: list[list[str]]) -> None:
        self.refused.clear()
        for name, reason in refused:
            item = QTreeWidgetItem([name, reason])
            item.setToolTip(0, name)
            item.setToolTip(1, reason)
            self.refused.addTopLevelItem(item)
        self._none_refused.setVisible(not refused)
        self.refused.setVisible(bool(refused))

    def _say_busy(self, text: str) -> None:
        self.bar.setRange(0, 0)
        say(self.status, text, "value")

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2 * SPACE)
        whole.addWidget(self._used_card())
        whole.addWidget(self._refused_card(), 1)

    def _used_card(self) -> QFrame:
        frame, column = card(self.tr("What will be used"))
        column.addWidget(self.status)
        column.addWidget(self.bar)
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * SPACE)
        grid.setVerticalSpacing(SPACE)
        grid.setColumnStretch(1, 1)
        rows = (
            ("files", self.tr("Sound files")),
            ("clips", self.tr("Clips of up to 10 s")),
            ("time", self.tr("Sound")),
            ("captions", self.tr("Captions")),
            ("kinds", self.tr("Kinds")),
            ("aside", self.tr("Other files")),
        )
        for row, (key, text) in enumerate(rows):
            self.values[key] = text_label()
            self.values[key].setAccessibleName(text)
            grid.addWidget(text_label(text, "muted"), row, 0)
            grid.addWidget(self.values[key], row, 1)
        column.addLayout(grid)
        column.addWidget(self.warning)
        return frame

    def _refused_card(self) -> QFrame:
        frame, column = card(self.tr("Files that are not used"))
        self._none_refused = text_label(self.tr("None."), "muted")
        self.refused.setHeaderLabels([self.tr("File"), self.tr("Why not")])
        self.refused.setRootIsDecorated(False)
        self.refused.setColumnWidth(0, 40 * SPACE)
        self.refused.setTabKeyNavigation(False)
        self.refused.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.refused.setAccessibleName(self.tr("Files that are not used"))
        self.refused.setToolTip(self.tr("Sound files that cannot be used, and why"))
        self.refused.hide()
        column.addWidget(self._none_refused)
        column.addWidget(self.refused, 1)
        return frame
