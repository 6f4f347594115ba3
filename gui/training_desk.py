"""Trainings between their wizard and the processes that do them."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QLockFile, QObject, QTimer, Signal, Slot

from engine.jobs import ReadSound, SoundRead
from engine.types import Clip, Failed
from gui.training_log import FIGURES, read_log
from gui.training_process import TrainingProcess
from gui.training_runs import Plan, RunInfo, RunShelf
from gui.training_wizard import FOLDER, RUN, SOUNDS, TrainingWizard
from gui.worker import Worker

if TYPE_CHECKING:
    from gui.studio import Studio

# Below the name whose records are written to the log file.
_log = logging.getLogger("melbrush.training")

_LOOK_MS = 1000


def connected_training(studio: Studio) -> tuple[TrainingWizard, TrainingDesk]:
    """The wizard of a studio and its desk: examples are heard through its player, packs come to its packs."""
    wizard = TrainingWizard(studio.window)
    desk = TrainingDesk(wizard, RunShelf(studio.runs, studio.packs), studio.files, studio)
    desk.example_ready.connect(studio.listening.play_aside)
    desk.pack_chosen.connect(lambda pack: studio.settings.set("generation.pack", pack))
    desk.pack_made.connect(lambda *_: studio.dialogs.refresh_packs())
    desk.pack_made.connect(lambda _, name: studio.screen.status("info", desk.tr("The pack “{}” is trained.").format(name)))
    return wizard, desk


class TrainingDesk(QObject):
    """Carries the wishes of a TrainingWizard to a process, and what that tells back; one training at a time.

    ``pack_made`` carries id and name of a new pack, ``pack_chosen`` the id of the one to use, ``example_ready`` a Clip and what it is. The
    files are read by ``files``, a worker of file jobs.
    """

    pack_made = Signal(str, str)
    pack_chosen = Signal(str)
    example_ready = Signal(object, str)

    def __init__(self, wizard: TrainingWizard, shelf: RunShelf, files: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wizard, self._shelf, self._files = wizard, shelf, files
        self.process, self.listener = TrainingProcess(self), TrainingProcess(self)
        self._run: RunInfo | None = None
        self._asked = ""
        self._number, self._ticket, self._heard = 0, 0, ""
        self._lock = QLockFile("")
        self._clock = QTimer(self, interval=_LOOK_MS)
        self._clock.timeout.connect(self._look)
        self._connect_wizard()
        self._connect_processes()

    @property
    def busy(self) -> bool:
        """True while something is counted or trained."""
        return self.process.running

    def unfinished(self) -> list[RunInfo]:
        """Trainings that can go on."""
        return self._shelf.unfinished()

    def close(self) -> None:
        """Lets a training save and end, without waiting for it; nobody else may change its folder until then."""
        self._clock.stop()
        self.listener.close(0.0)
        self.process.close(0.0)
        self.process.when_gone(self._lock.unlock)

    # What people want

    @Slot()
    def refresh(self) -> None:
        """Shows what is unfinished; a wizard that was closed during a training comes back to it."""
        if not self.process.running and self._wizard.page == FOLDER:
            self._wizard.folder.show_runs(self.unfinished())

    @Slot(object)
    def _plan(self, plan: Plan) -> None:
        try:
            run = self._shelf.add(plan)
        except OSError as error:
            self._wizard.folder.show_problem(self.tr("The training cannot be kept in {} ({}).").format(self._shelf.folder, error.strerror))
            return
        self._open(run)

    @Slot(object)
    def _resume(self, folder: Path) -> None:
        run = self._shelf.read(folder)
        if run is None:
            self.refresh()
            self._wizard.folder.show_problem(self.tr("This training is not there any more."))
            return
        self._open(run)

    def _open(self, run: RunInfo) -> None:
        """Goes on with a run where it is: first with its sounds, then with everything else."""
        self._run, self._number = run, 0
        drawing = self.listener.running
        self._wizard.run.show_example(self.tr("Making an example…") if drawing else "", drawing)
        if run.sounds_read:
            self._wizard.show_page(RUN)
            self._go_on()
        else:
            self._wizard.sounds.show_counting()
            self._wizard.show_page(SOUNDS)
            self._start(run.plan.stages)

    @Slot()
    def _go_on(self) -> None:
        """Trains from where the run was left."""
        if self._run is None or self.process.running:
            return
        if not self._run.cannot_be_watched or self._shorten():
            self._start(tuple(stage for stage in self._run.plan.stages if stage != "corpus"))

    @Slot()
    def _begin(self) -> None:
        """What was counted is agreed to."""
        if self._run is None or not self._wizard.sounds.ready:
            return
        self._wizard.show_page(RUN)
        if self._run.cannot_be_watched:
            # The process began with another plan.
            self._stop("begin")
        else:
            self.process.agree()
        self._show_starting()

    @Slot()
    def _discard(self) -> None:
        """Back to the first page: what was counted is of no use for another plan."""
        self._wizard.set_ready(False)
        if self.process.running:
            self._wizard.sounds.show_stopping()
            self._stop("discard")
        else:
            self._forget()

    @Slot()
    def _pause(self) -> None:
        self._stop("pause")
        self._wizard.run.show_status(self.tr("Saving…"))

    @Slot()
    def _finish(self) -> None:
        """Ends the training and makes the pack."""
        if self.process.running:
            self._stop("finish")
            self._wizard.run.show_status(self.tr("Saving…"))
        else:
            self._start(("pack",))

    @Slot()
    def _listen(self) -> None:
        run = self._run
        if run is None or self.listener.running:
            return
        command = [*self._shelf.command(run, ("example",), 1), f"--output={run.example}", f"--number={self._number}"]
        try:
            self.listener.start(command, run.folder)
        except OSError as error:
            self._wizard.run.show_example(self._not_started(error), role="danger")
            return
        self._number += 1
        self._wizard.run.show_example(self.tr("Making an example…"), drawing=True)

    @Slot(object)
    def _remove(self, folder: Path) -> None:
        lock = self._shelf.lock(folder)
        if lock is None:
            self._wizard.folder.show_problem(self._elsewhere())
        else:
            lock.unlock()
            self._shelf.remove(folder)
        self.refresh()

    @Slot()
    def _to_folder(self) -> None:
        """The first page, with this run among the unfinished ones."""
        self._run = None
        self._clock.stop()
        self._wizard.show_page(FOLDER)
        self.refresh()

    @Slot(str)
    def _use(self, pack_id: str) -> None:
        self.pack_chosen.emit(pack_id)
        if self._run is not None:
            self._wizard.show_pack(pack_id, self._run.plan.name, True)

    # The process

    def _start(self, stages: tuple[str, ...]) -> None:
        assert self._run is not None
        self._asked = ""
        command = self._shelf.command(self._run, stages, max(1, (os.cpu_count() or 2) - 1))
        lock = self._shelf.lock(self._run.folder)
        if lock is None:
            self._say(self._elsewhere())
            return
        try:
            self.process.start([*command, "--report"], self._run.folder)
        except OSError as error:
            lock.unlock()
            self._fail(self._not_started(error))
            return
        self._lock = lock
        self._show_starting()

    def _show_starting(self) -> None:
        self._clock.start()
        if self._wizard.page == RUN:
            self._look()
            self._wizard.run.show_status(self.tr("Starting…"))

    def _stop(self, why: str) -> None:
        # What has made its pack is about to end.
        if self._asked != "done":
            self._asked = why
            self.process.stop()

    @Slot(object)
    def _told(self, event: dict[str, Any]) -> None:
        sounds = self._wizard.sounds
        match event:
            case {"event": "pack"}:
                self._asked = "done"
            case _ if self._asked:
                # It is about to end: nothing of this is of use any more.
                pass
            case {"event": "listed", "files": files}:
                sounds.show_listed(files)
            case {"event": "read", "clips": clips}:
                sounds.show_read(clips)
            case {"event": "sounds"} if self._run is not None:
                sounds.show_summary(event, self._run.plan.length)
                self._wizard.set_ready(sounds.ready)
            case {"event": "stage", "name": stage} if self._wizard.page == RUN:
                self._look()
                measured = self.tr("Measuring how fast this computer is…")
                self._wizard.run.show_status(measured if stage in FIGURES else self.tr("This takes a moment…"))

    @Slot(int, str, str)
    def _ended(self, code: int, sentence: str, detail: str) -> None:
        asked, self._asked = self._asked, ""
        if code and asked not in ("done", "discard"):
            # What ends as it was asked to ends with 0.
            asked = ""
        self._clock.stop()
        self._lock.unlock()
        self._look()
        match asked:
            case "done":
                self._arrive()
            case "discard":
                self._forget()
            case "begin":
                self._go_on()
            case "finish":
                self._start(("pack",))
            case "pause":
                self._wizard.run.show_status(self.tr("Paused. Everything is saved; Resume goes on from here."))
            case _:
                if code > 0 and not sentence:
                    _log.error("A training failed: %s", detail)
                self._fail(sentence or self._unexplained(code))

    def _look(self) -> None:
        """What the run's folder tells by now."""
        if self._run is None or self._wizard.page != RUN:
            return
        self._run = self._shelf.read(self._run.folder) or self._run
        stage = self._run.stage
        self._wizard.run.show_run(self._run, self.process.running)
        if not self._asked:
            self._wizard.run.show_log(read_log(self._run.log(stage), stage) if stage in FIGURES else None)

    def _arrive(self) -> None:
        """The pack has everything; what was needed to make it goes."""
        assert self._run is not None
        plan = self._run.plan
        self._shelf.remove(self._run.folder)
        self._wizard.show_pack(plan.pack_id, plan.name, False)
        self.pack_made.emit(plan.pack_id, plan.name)

    def _forget(self) -> None:
        if self._run is not None:
            self._shelf.remove(self._run.folder)
        self._to_folder()

    def _fail(self, sentence: str) -> None:
        """Says what went wrong; a run that has nothing yet is not worth keeping."""
        if self._wizard.page != RUN and self._run is not None and not any(self._run.folder.glob("shards/shard-*")):
            self._shelf.remove(self._run.folder)
        self._say(sentence)

    def _say(self, sentence: str) -> None:
        """A problem, where people look."""
        if self._wizard.page == RUN:
            self._wizard.run.show_status(sentence, "danger")
            return
        self._to_folder()
        self._wizard.folder.show_problem(sentence)

    def _shorten(self) -> bool:
        """The run trains for an evening; False if that cannot be kept."""
        assert self._run is not None
        shortened = replace(self._run, plan=replace(self._run.plan, length="evening"))
        try:
            self._shelf.keep(shortened)
        except OSError as error:
            self._say(self.tr("The training cannot be kept in {} ({}).").format(self._run.folder, error.strerror))
            return False
        self._run = shortened
        return True

    def _elsewhere(self) -> str:
        return self.tr("This training goes on in another window of Melbrush.")

    def _unexplained(self, code: int) -> str:
        if code < 0:
            return self.tr("The training was ended from outside. What it had saved is kept; Resume goes on from there.")
        return self.tr("The training stopped because of a mistake in the program. What it had saved is kept.")

    def _not_started(self, error: OSError) -> str:
        return self.tr("The training could not be started ({}).").format(error.strerror or error)

    # Examples

    @Slot(object)
    def _example(self, event: dict[str, Any]) -> None:
        if event["event"] != "example":
            return
        if self._run is None or Path(event["path"]) != self._run.example:
            # People have turned to another training meanwhile.
            self._wizard.run.show_example("")
            return
        self._heard = self._sentence_of(event)
        self._ticket = self._files.submit(ReadSound(self._run.example), first=True)

    @Slot(int, str, str)
    def _listened(self, code: int, sentence: str, detail: str) -> None:
        if code:
            self._wizard.run.show_example(sentence or self.tr("The example could not be made."), role="danger")

    @Slot(int, object)
    def _file_event(self, ticket: int, event: Any) -> None:
        if ticket != self._ticket:
            return
        match event:
            case SoundRead(clip=Clip() as clip):
                self._wizard.run.show_example(self._heard)
                self.example_ready.emit(clip, self.tr("example"))
            case Failed(message=message):
                self._wizard.run.show_example(message, role="danger")

    def _sentence_of(self, event: dict[str, Any]) -> str:
        step, caption = f"{event['step']:,}", event["caption"]
        if event["part"] != "generator":
            return self.tr("A held-out sound, coded and played again after step {}.").format(step)
        if caption:
            return self.tr("“{}”, drawn after step {}.").format(caption, step)
        return self.tr("Drawn after step {} for one of the held-out sounds.").format(step)

    # Connections

    def _connect_wizard(self) -> None:
        wizard = self._wizard
        wizard.shown.connect(self.refresh)
        wizard.folder.next_asked.connect(self._plan)
        wizard.folder.resume_asked.connect(self._resume)
        wizard.folder.remove_asked.connect(self._remove)
        wizard.begin_asked.connect(self._begin)
        wizard.discard_asked.connect(self._discard)
        wizard.run.pause_asked.connect(self._pause)
        wizard.run.resume_asked.connect(self._go_on)
        wizard.run.finish_asked.connect(self._finish)
        wizard.run.listen_asked.connect(self._listen)
        wizard.run.leave_asked.connect(self._to_folder)
        wizard.use_asked.connect(self._use)
        wizard.again_asked.connect(self._to_folder)

    def _connect_processes(self) -> None:
        self.process.told.connect(self._told)
        self.process.ended.connect(self._ended)
        self.listener.told.connect(self._example)
        self.listener.ended.connect(self._listened)
        self._files.event.connect(self._file_event)
