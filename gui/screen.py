"""Shows documents, runs and positions in the widgets; the only place that writes to them."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QObject

from engine.jobs import PackLoaded
from engine.session.document import Document, TakeEntry
from engine.session.session import Session
from engine.types import Spectrogram
from gui.controller import Controller
from gui.listening import Listening
from gui.main_window import MainWindow
from gui.messages import show_error
from gui.playback import Levels
from gui.player import Player
from gui.run_state import Run
from gui.settings import Settings
from gui.step_names import step_text

_FLOOR_DB = -90.0


class Screen(QObject):
    """What the window shows of the session, the run in progress and the sound."""

    def __init__(
        self, window: MainWindow, session: Session, controller: Controller, listening: Listening, player: Player, settings: Settings
    ) -> None:
        super().__init__(window)
        self.window, self.session, self.controller = window, session, controller
        self.listening, self.player, self.settings = listening, player, settings
        self.run_ids: tuple[str, ...] = ()
        self._shown: tuple[str | None, ...] = ()

    @property
    def last_ids(self) -> tuple[str, ...]:
        """The takes of the last run, for keys 1 to 4."""
        takes = self.session.document.takes
        run_ids = {entry.id for entry in takes}
        return tuple(take_id for take_id in self.run_ids if take_id in run_ids)

    def show_document(self, document: Document) -> None:
        window, history = self.window, self.session.history
        window.prompt_bar.show_document(document)
        window.prompt_bar.show_examples(not document.takes)
        window.takes_panel.show_takes(document.takes, document.current, document.compared)
        window.takes_panel.set_key_hints(self.last_ids)
        current = document.current_entry
        parent = document.entry(current.parent) if current else None
        window.take_details.show_entry(current, parent.name if parent else "")
        window.history_panel.show_history(tuple(step_text(version.label) for version in history.versions), history.index)
        window.canvas.show_selection(document.selection)
        window.set_title(self.session.path.stem if self.session.path else "", self.session.dirty and bool(document.takes))
        window.actions_by_id["edit.undo"].setEnabled(history.can_undo)
        window.actions_by_id["edit.redo"].setEnabled(history.can_redo)
        self.listening.show_document(document)
        self.show_entry(self.listening.entry)
        self.show_ab(document)
        self.show_loop()
        self.show_action()

    def show_again(self) -> None:
        """Draws the take anew, after something else was on the canvas."""
        self._shown = ()
        self.show_entry(self.listening.entry)

    def show_entry(self, entry: TakeEntry | None) -> None:
        """The take on the canvas, unless a run is being watched or nothing changed."""
        run = self.controller.run
        if run is not None and run.follows and run.latest is not None:
            return
        if self._shown in ((entry.id if entry else None,), ("step", entry.id if entry else None)):
            return
        self._shown = (entry.id if entry else None,)
        canvas = self.window.canvas
        take = entry.take if entry else None
        canvas.show_picture(take.spectrogram if take else None, take.clip.duration_s if take else 0.0, keep_view=True)
        canvas.show_waveform(take.clip.samples if take else None, take.clip.sample_rate if take else 1)
        self.window.steps_bar.show_history(take.history if take else None, self.why_no_steps(entry))
        self.show_final_cells(entry)
        self.show_position(self.player.position_s)

    def why_no_steps(self, entry: TakeEntry | None) -> str:
        if entry is None or self.controller.run is not None:
            return self.tr("The steps of a take appear here: go through them, listen to any, branch from one.")
        return ""

    def show_final_cells(self, entry: TakeEntry | None) -> None:
        history = entry.take.history if entry else None
        shown = self.settings.get("canvas.show_confidence") and history is not None
        geometry = entry.take.spectrogram.geometry if entry else None
        if shown:
            self.window.canvas.show_cells(~history.fixed[-1] & False, history.confidence[-1], geometry)
        elif geometry is not None:
            self.window.canvas.show_cells(None, None, geometry)

    def show_step(self, step: int, picture: Spectrogram | None) -> None:
        entry = self.session.document.current_entry
        if entry is None:
            return
        if step == 0:
            self._shown = ()
            self.show_entry(self.listening.entry)
            return
        history, canvas = entry.take.history, self.window.canvas
        self._shown = ("step", entry.id)
        if picture is not None:
            canvas.show_picture(picture, entry.take.clip.duration_s, keep_view=True)
        canvas.show_cells(~history.fixed[step - 1], history.confidence[step - 1], entry.take.spectrogram.geometry)
        if self.window.steps_bar.step != step:
            self.window.steps_bar.show_step(step)

    def show_ab(self, document: Document) -> None:
        a, b = document.current_entry, document.compared_entry
        both = a is not None and b is not None and a.id != b.id
        self.window.transport.show_ab(both, self.listening.side, a.name if a else "", b.name if b else "")

    def show_loop(self) -> None:
        listening, region = self.listening, self.session.document.selection
        self.window.transport.set_loop_state(listening.looping, listening.loop_span, region is not None)
        if listening.looping:
            self.window.canvas.set_loop(*(listening.loop_span or (0.0, listening.duration_s)))
        else:
            self.window.canvas.set_loop(None)

    def show_action(self) -> None:
        ready, painted = self.controller.pack is not None, self.session.document.mask is not None
        told = self.tr("Draws what is painted again; without paint a new sound") if painted else self.tr("Draws a new sound")
        text = self.tr("Fill") if painted else self.tr("Generate")
        self.window.prompt_bar.set_action(text, ready, told if ready else self.tr("The pack is still loading."))

    def show_position(self, position_s: float) -> None:
        position_s += self.listening.offset_s
        duration_s = max(self.listening.duration_s, position_s)
        self.window.canvas.set_playhead(position_s if duration_s > 0 else None)
        self.window.transport.show_state(self.player.playing, position_s, duration_s)

    def show_levels(self, levels: Levels) -> None:
        self.window.transport.show_levels(_decibels(levels.peak), _decibels(levels.rms))

    def show_heard(self, name: str) -> None:
        self.status("info", self.tr("Listening to: {}").format(name) if name else self.tr("Ready."))

    def status(self, kind: str, sentence: str) -> None:
        self.window.status_line.show_message(kind, sentence)

    def show_error(self, sentence: str, detail: str) -> None:
        self.status("error", sentence)
        if detail:
            show_error(self.window, sentence, detail)

    def loading_text(self, what: str, done: int, total: int) -> str:
        names = {"engine": self.tr("starting the engine"), "pack": self.tr("reading the pack"), "prompts": self.tr("learning its words")}
        return self.tr("Loading ({} of {}): {}…").format(done + 1, total, names.get(what, self.tr("trying it out")))

    def pack_ready(self, pack: PackLoaded) -> None:
        self.window.prompt_bar.set_defaults(pack.sampling)
        self.window.status_line.set_idle(self.tr("Ready. {} on {}.").format(pack.name, pack.device.upper()))
        self.show_action()

    def run_started(self, run: Run) -> None:
        self.run_ids = ()
        self.window.prompt_bar.show_progress(0, run.request.settings.steps, 0, run.request.count, None)
        self.window.takes_panel.set_pending(run.request.count)
        self.window.steps_bar.show_history(None, self.why_no_steps(None))
        self.window.status_line.set_idle(self.tr("Drawing “{}”, seed {}").format(run.request.prompt.strip(), run.request.seed))

    def stepped(self, run: Run) -> None:
        update = run.latest
        self.window.prompt_bar.show_progress(update.step, update.total, update.take_index, run.request.count, run.left_s)
        if not run.follows:
            return
        canvas = self.window.canvas
        self._shown = ("run",)
        if update.preview is not None:
            duration_s = run.request.duration_s
            if run.parent is not None:
                # An edit may make the sound longer.
                duration_s = update.preview.log_mel.shape[1] * update.preview.geometry.frame_s
            canvas.show_picture(update.preview, duration_s, keep_view=True)
            canvas.show_cells(update.grid.hidden, update.confidence, update.preview.geometry)
        if update.step == 1:
            canvas.show_waveform(None, 1)

    def take_ready(self) -> None:
        run = self.controller.run
        if run is not None:
            self.run_ids = tuple(run.take_ids)
            self.window.takes_panel.set_pending(run.request.count - len(run.take_ids))
            self.window.takes_panel.set_key_hints(self.run_ids)

    def run_ended(self, run: Run, how: str) -> None:
        window = self.window
        window.prompt_bar.show_idle()
        window.takes_panel.set_pending(0)
        pack = self.controller.pack
        window.status_line.set_idle(self.tr("Ready. {} on {}.").format(pack.name, pack.device.upper()) if pack else "")
        if how == "done" and run.report:
            self.status("info", run.report)
        if how == "stopped" and run.latest is not None:
            self.status("info", self.tr("Stopped at step {} of {}.").format(run.latest.step, run.latest.total))
        self._shown = ()
        self.show_entry(self.listening.entry)


def _decibels(values: np.ndarray) -> tuple[float, ...]:
    return tuple(max(_FLOOR_DB, 20 * math.log10(value)) if value > 0 else _FLOOR_DB for value in map(float, values))
