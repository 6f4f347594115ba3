"""Third page of the training wizard: what is done and what comes, the curve, held-out figures, time left, examples, pause and resume."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from gui.icons import icon
from gui.messages import announce
from gui.shortcuts import pass_focus
from gui.theme import SPACE
from gui.training_curve import TrainingCurve
from gui.training_log import TrainingLog
from gui.training_parts import button, card, duration, say, stage_name, text_label
from gui.training_runs import RunInfo

_LIST_WIDTH = 28 * SPACE
_BAR_STEPS = 1000


class StageList(QFrame):
    """The stages of a training: a tick at what is done, the one that runs in full colour."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setFixedWidth(_LIST_WIDTH)
        self.rows: dict[str, QLabel] = {}
        self._marks: dict[str, QLabel] = {}
        self._list = QWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE + SPACE // 2)
        column.addWidget(text_label(self.tr("Stages"), "section"))
        column.addWidget(self._list)
        column.addStretch(1)

    def show_stages(self, stages: tuple[str, ...], current: str) -> None:
        """All stages and the one that it is in; empty: none yet."""
        if tuple(self.rows) != stages:
            self._build(stages)
        place = stages.index(current) if current in stages else -1
        for number, stage in enumerate(stages):
            done = number < place
            say(self.rows[stage], stage_name(stage), "value" if number == place else "muted")
            picture = icon("check", "accent") if done else icon("play", "accent") if number == place else None
            size = 2 * SPACE
            self._marks[stage].setPixmap(picture.pixmap(size, size)) if picture else self._marks[stage].clear()
            state = self.tr("done") if done else self.tr("now") if number == place else self.tr("to come")
            self.rows[stage].setAccessibleName(self.tr("{}, {}").format(stage_name(stage), state))

    def _build(self, stages: tuple[str, ...]) -> None:
        fresh = QWidget()
        column = QVBoxLayout(fresh)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE + SPACE // 2)
        self.rows, self._marks = {}, {}
        for stage in stages:
            row, mark, text = QHBoxLayout(), QLabel(), text_label()
            row.setSpacing(SPACE)
            mark.setFixedSize(2 * SPACE, 2 * SPACE)
            row.addWidget(mark)
            row.addWidget(text, 1)
            column.addLayout(row)
            self.rows[stage], self._marks[stage] = text, mark
        self.layout().replaceWidget(self._list, fresh)
        self._list.hide()
        self._list.deleteLater()
        self._list = fresh


class RunPage(QWidget):
    """Shows a training and asks to pause it, to go on, to make the pack now, to hear an example, and to go back to the others."""

    pause_asked = Signal()
    resume_asked = Signal()
    finish_asked = Signal()
    listen_asked = Signal()
    leave_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.status = text_label("", "title"), text_label()
        self.figures, self.example = text_label("", "muted"), text_label("", "muted")
        self.stages, self.curve, self.bar = StageList(), TrainingCurve(), QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.pause = button("pause", self.tr("Pause"), self.tr("Saves and stops; nothing is lost"))
        self.resume = button("play", self.tr("Resume"), self.tr("Goes on where it was left"), primary=True)
        self.listen = button("hear", self.tr("Listen"), self.tr("Makes an example with what was saved last, and plays it"))
        self.finish = button("check", self.tr("Make the pack now"), self.tr("Ends the training here and makes a pack of what there is"))
        self.leave = button("previous", self.tr("All trainings"), self.tr("Back to the first page; this training stays as it is"))
        self._run: RunInfo | None = None
        self._stage = ""
        self._running = self._drawing = False
        self._lay_out()
        self.pause.clicked.connect(self.pause_asked)
        self.resume.clicked.connect(self.resume_asked)
        self.listen.clicked.connect(self.listen_asked)
        self.finish.clicked.connect(self.finish_asked)
        self.leave.clicked.connect(self.leave_asked)

    def show_run(self, run: RunInfo, running: bool) -> None:
        """Which training it is, the stage it is in, and whether it goes on at this moment."""
        self._run, self._running = run, running
        self.title.setText(run.plan.name)
        self._stage = run.stage
        self.stages.show_stages(run.plan.stages, run.stage)
        self._refresh()

    def show_log(self, log: TrainingLog | None) -> None:
        """How far the part is that is trained now."""
        self.curve.show_log(log)
        say(self.figures, self._figures(log), "muted")
        if log is None:
            self.bar.setRange(0, 0 if self._running else 1)
            return
        self.bar.setRange(0, _BAR_STEPS)
        self.bar.setValue(round(_BAR_STEPS * log.step / max(1, log.of)))
        if self._running and self._stage == log.part:
            say(self.status, self._progress(log), "value")

    def show_status(self, sentence: str, role: str = "value") -> None:
        """What happens, or what went wrong."""
        say(self.status, sentence, role)
        announce(self, sentence, assertive=role == "danger")

    def show_example(self, sentence: str, drawing: bool = False, role: str = "muted") -> None:
        """What is heard, or that it is being made."""
        self._drawing = drawing
        say(self.example, sentence, role)
        # It keeps the buttons in their places.
        self.example.show()
        announce(self, sentence)
        self._refresh()

    def _refresh(self) -> None:
        buttons = (self.leave, self.listen, self.finish, self.pause, self.resume)
        focused = next((button for button in buttons if button.hasFocus()), None)
        run = self._run
        self.pause.setVisible(self._running)
        self.resume.setVisible(not self._running)
        self.leave.setEnabled(not self._running)
        self.finish.setEnabled(run is not None and run.can_draw and self._stage != "pack")
        self.listen.setEnabled(run is not None and not self._drawing)
        if focused is not None and not (focused.isEnabled() and focused.isVisibleTo(self)):
            pass_focus(self.pause if self._running else self.resume)

    def _progress(self, log: TrainingLog) -> str:
        done = self.tr("Step {} of {}").format(f"{log.step:,}", f"{log.of:,}")
        if not log.steps_per_s:
            return done
        speed = self.tr("{} steps a second on this computer").format(f"{log.steps_per_s:,.3g}")
        left = self.tr("about {} left in this stage").format(duration(60 * log.left_min or (log.of - log.step) / log.steps_per_s))
        return " · ".join((done, speed, left) if log.step < log.of else (done, speed))

    def _figures(self, log: TrainingLog | None) -> str:
        """The last figures on held-out sounds."""
        if log is None or not log.figures:
            return self.tr("Figures on held-out sounds come after the first eighth of the steps.") if log else ""
        texts = {
            "val_l1_db": self.tr("{} dB away from the picture"),
            "val_codes": self.tr("{} codes in use"),
            "recall_1": self.tr("{} of captions found at once"),
            "val_mel_db": self.tr("{} dB away from the sound"),
            "val_text": self.tr("loss {} by words"),
            "val_sound": self.tr("loss {} by sounds"),
            "frechet": self.tr("distance {} of whole takes"),
        }
        found = [text.format(f"{log.figures[key]:.3g}") for key, text in texts.items() if key in log.figures]
        return self.tr("Held-out sounds: {}.").format(", ".join(found)) if found else ""

    def _lay_out(self) -> None:
        frame, column = card(self.tr("How it goes"))
        column.addWidget(self.status)
        column.addWidget(self.bar)
        column.addWidget(self.curve, 1)
        column.addWidget(self.figures)
        middle, bottom = QHBoxLayout(), QHBoxLayout()
        middle.setSpacing(2 * SPACE)
        middle.addWidget(self.stages)
        middle.addWidget(frame, 1)
        bottom.setSpacing(SPACE)
        for part in (self.leave, self.listen):
            bottom.addWidget(part)
        bottom.addWidget(self.example, 1)
        for part in (self.finish, self.pause, self.resume):
            bottom.addWidget(part)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2 * SPACE)
        whole.addWidget(self.title)
        whole.addLayout(middle, 1)
        whole.addLayout(bottom)
