"""The prompt bar: what the sound should be, and the button that makes it."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QSize, Qt, Signal
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from engine.session.document import Document
from engine.types import SamplingSettings
from gui.examples import EXAMPLES, ChipRow
from gui.icons import icon
from gui.prompt_details import PromptDetails
from gui.prompt_field import PromptField
from gui.run_status import RunStatus
from gui.shortcuts import pass_focus
from gui.theme import SPACE, Theme

MOST_SUGGESTIONS = 3


class ReportRow(QWidget):
    """How well the pack knows the prompt: a sentence, and sounds it does know to click on."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = QLabel(self)
        self._sentence.setProperty("role", "muted")
        self._sentence.setMinimumWidth(1)
        self._chips = ChipRow(self)
        self._chips.chosen.connect(self.chosen)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(self._sentence)
        row.addWidget(self._chips, 1)

    def show_text(self, sentence: str, suggestions: tuple[str, ...] = ()) -> None:
        """Shows a sentence; suggestions that it names itself are shown as chips only, not twice."""
        named = suggestions and sentence.find(suggestions[0])
        shown = sentence[:named].rstrip() if suggestions and named > 0 else sentence
        self._sentence.setText(shown)
        self._sentence.setToolTip(sentence)
        self._chips.set_texts(suggestions, self.tr("Use the prompt “%1”"))


class ActionButton(QPushButton):
    """As high as one line of the field beside it, and wide enough not to change with its text."""

    def __init__(self, field: PromptField) -> None:
        super().__init__()
        self._field = field
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """At least sixteen units wide."""
        return QSize(max(16 * SPACE, super().sizeHint().width()), self._field.line_height)


class PromptBar(QWidget):
    """Prompt, action, report and details.

    ``edited`` carries the name of a field of ``Document`` and its new value, ``settings_edited`` one of ``SamplingSettings``. ``typed``
    comes 200 ms after the last key.
    """

    edited = Signal(str, object)
    settings_edited = Signal(str, object)
    typed = Signal(str)
    run_requested = Signal()
    cancel_requested = Signal()
    reference_dropped = Signal(str)
    reference_cleared = Signal()
    suggestion_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action, self._enabled, self._why = self.tr("Generate"), True, ""
        self._sentence = ""
        self._nearest: tuple[str, ...] = ()
        self._examples_wanted = False
        self._running = self._stopping = False
        self._clicked = QElapsedTimer()
        self._field = PromptField(self)
        self._button = ActionButton(self._field)
        self._status = RunStatus(self, with_cancel=False)
        self._report = ReportRow(self)
        self._examples = self._make_examples()
        self._details = PromptDetails(self)
        self._arrange()
        self._connect()
        self._refresh()

    @property
    def more_open(self) -> bool:
        """True if the panel with further settings is open."""
        return self._details.more_open

    def set_more_open(self, is_open: bool) -> None:
        """Opens or closes the panel with further settings."""
        self._details.set_more_open(is_open)

    def show_document(self, document: Document) -> None:
        """Shows prompt, history and details; tells nobody. A report on another prompt goes."""
        if document.prompt != self._field.text():
            self._field.show_text(document.prompt)
            self.show_report("", (), (), 0.0)
        self._field.set_history(document.prompt_history)
        self._details.show_document(document)
        self._refresh()

    def set_history(self, prompts: tuple[str, ...]) -> None:
        """Older prompts, the latest last."""
        self._field.set_history(prompts)

    def set_defaults(self, settings: SamplingSettings) -> None:
        """The sampling settings that the pack asks for."""
        self._details.set_defaults(settings)

    def set_action(self, text: str, enabled: bool, why: str) -> None:
        """What the button does now ("Generate", "Fill"); ``why`` tells what it does, or what is missing if it is not ``enabled``."""
        self._action, self._enabled, self._why = text, enabled, why
        self._refresh()

    def set_theme(self, theme: Theme) -> None:
        """Colours of what is not styled by the style sheet."""
        self._field.set_theme(theme)

    def focus_prompt(self) -> None:
        """Puts the cursor into the prompt, all of it selected."""
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._field.selectAll()

    def browse(self, way: int) -> None:
        """Brings back an older (-1) or a newer (1) prompt."""
        self._field.browse(way)

    def commit_edits(self) -> None:
        """Takes over numbers that are still being typed; to be called before a run that the bar did not ask for itself."""
        self._details.commit()

    def show_report(self, sentence: str, unknown_words: tuple[str, ...], nearest: tuple[str, ...], score: float) -> None:
        """How well the pack knows the prompt, ``score`` 0..1; an empty sentence takes the report away."""
        self._sentence, self._nearest = sentence, tuple(nearest[:MOST_SUGGESTIONS])
        self._field.show_unknown(unknown_words)
        told = self.tr("%1 Match %2 %.").replace("%1", sentence).replace("%2", str(round(100 * score)))
        self._field.setAccessibleDescription(told if sentence else "")
        self._refresh()

    def show_examples(self, wanted: bool) -> None:
        """Offers prompts to begin with while there is none."""
        self._examples_wanted = wanted
        self._refresh()

    def show_progress(self, step: int, total: int, take_index: int, count: int, left_s: float | None) -> None:
        """A run is on its way: see ``RunStatus.show_progress``; the button cancels it."""
        self._running = True
        self._status.show_progress(step, total, take_index, count, left_s)
        if self._stopping:
            self._status.show_stopping()
        self._refresh()

    def show_idle(self) -> None:
        """Nothing runs; the button does again what it says."""
        self._running = self._stopping = False
        self._status.show_idle()
        self._refresh()

    def _refresh(self) -> None:
        self._refresh_button()
        prompt = self._field.text().strip()
        blocked = self._why if not self._enabled else ""
        if self._running:
            self._pages.setCurrentWidget(self._status)
        elif self._examples_wanted and not prompt:
            self._pages.setCurrentWidget(self._examples)
        else:
            self._report.show_text(blocked or self._sentence, () if blocked else self._nearest)
            self._pages.setCurrentWidget(self._report)

    def _refresh_button(self) -> None:
        button = self._button
        text = self.tr("Stopping") if self._stopping else self.tr("Cancel") if self._running else self._action
        button.setText(text)
        button.setIcon(icon("cancel") if self._running else icon("generate", "on_accent" if self._enabled else "muted"))
        if button.hasFocus() and self._stopping:
            pass_focus(self._field)
        button.setEnabled(not self._stopping if self._running else self._enabled)
        button.setAccessibleName(text)
        button.setAccessibleDescription("" if self._running else self._why)
        cancel = self.tr("Stop after this step and keep what is there (Shift+X)")
        button.setToolTip(cancel if self._running else self.tr("%1 (Ctrl+Enter)").replace("%1", self._why or self._action))
        role = "secondary" if self._running else "primary"
        if button.property("role") != role:
            button.setProperty("role", role)
            button.style().unpolish(button)
            button.style().polish(button)

    def _press(self) -> None:
        if not self._running:
            self._clicked.start()
            self._request_run()
        elif not self._stopping and not self._double_clicked():
            self._stopping = True
            self._status.show_stopping()
            self._refresh()
            self.cancel_requested.emit()

    def _double_clicked(self) -> bool:
        """The second half of a double click on Generate must not stop what the first one began."""
        return self._clicked.isValid() and self._clicked.elapsed() < QApplication.doubleClickInterval()

    def _request_run(self) -> None:
        if self._enabled and not self._running:
            self.commit_edits()
            self.run_requested.emit()

    def _edit_prompt(self, text: str) -> None:
        if not text.strip():
            self.show_report("", (), (), 0.0)
        self._refresh()
        self.edited.emit("prompt", text)

    def _make_examples(self) -> ChipRow:
        row = ChipRow(self)
        row.setAccessibleName(self.tr("Examples"))
        row.set_texts(EXAMPLES, self.tr("Use the prompt “%1”"))
        row.chosen.connect(self._use_example)
        return row

    def _use_example(self, text: str) -> None:
        self._field.enter_text(text)
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _use_suggestion(self, text: str) -> None:
        # The chip goes away with the report, so the focus must not stay on it.
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.suggestion_chosen.emit(text)

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addWidget(self._field, 1)
        top.addWidget(self._button, 0, Qt.AlignmentFlag.AlignTop)
        # One place of one height for report, progress and examples: nothing below it jumps.
        middle = QFrame(self)
        middle.setFixedHeight(4 * SPACE)
        self._pages = QStackedLayout(middle)
        for page in (self._report, self._status, self._examples):
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(top)
        column.addWidget(middle)
        column.addSpacing(SPACE // 2)
        column.addWidget(self._details)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def _connect(self) -> None:
        self._button.clicked.connect(self._press)
        self._field.run_requested.connect(self._request_run)
        self._field.edited.connect(self._edit_prompt)
        self._field.typed.connect(self.typed)
        self._report.chosen.connect(self._use_suggestion)
        self._details.edited.connect(self.edited)
        self._details.settings_edited.connect(self.settings_edited)
        self._details.reference_dropped.connect(self.reference_dropped)
        self._details.reference_cleared.connect(self.reference_cleared)
