"""Turns what the user wants into jobs and document changes, and what the engine says into what the window shows."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from engine.jobs import Assess, Assessed, Encode, Generate, PackLoaded, ReadSound, Render, Report, SoundRead
from engine.session.document import Document, TakeEntry, TakeKind
from engine.session.session import Session
from engine.types import (
    Clip,
    Failed,
    Finished,
    GenerationRequest,
    Loading,
    SamplingSettings,
    StepUpdate,
    Take,
    TakeReady,
)
from gui.recipes import fields_of
from gui.run_state import Run, StepPictures
from gui.step_names import edit_text, use_text
from gui.take_model import kind_text
from gui.worker import Cancelled, LoadPack, Worker

SEED_LIMIT = 2**31
_OF_PROJECT = ("run", "reference then run", "keep", "scrub", "hear")


class Controller(QObject):
    """The intent of the user on one side, engine and files on the other; knows no widget.

    Every signal carries plain values. The document itself is announced by ``document_changed``.
    """

    document_changed = Signal(object)
    status = Signal(str, str)
    """(kind info | warning | error, one sentence)"""
    failed = Signal(str, str)
    """(one sentence, detail)"""
    loading = Signal(str, int, int)
    pack_ready = Signal(object)
    assessed = Signal(object)
    run_started = Signal(object)
    stepped = Signal(object)
    """The Run, after each iteration."""
    run_ended = Signal(object, str)
    """(Run, done | stopped | failed)"""
    take_ready = Signal(object)
    step_shown = Signal(int, object)
    """(iteration or 0, Spectrogram or None): the step timeline stands there."""
    sound_made = Signal(object, str)
    """(Clip, what it is): something to listen to that is no take."""

    def __init__(self, session: Session, engine: Worker, files: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session, self.engine, self.files = session, engine, files
        self.run: Run | None = None
        self.pack: PackLoaded | None = None
        self.live_preview = True
        self.stopped_run: Run | None = None
        self._pictures = StepPictures()
        self._references: dict[str, Clip] = {}
        self._expected: dict[tuple[str, int], Any] = {}
        self._assess_ticket = 0
        self.step = 0
        session.subscribe(self._document_changed)
        engine.event.connect(self._engine_event)
        files.event.connect(self._file_event)

    @property
    def document(self) -> Document:
        """The present document."""
        return self.session.document

    def load_pack(self, folder: Path, device: str, threads: int) -> None:
        """Opens a pack in the background."""
        self._ask(self.engine, LoadPack(folder, device, threads))

    # What the prompt bar wants

    def edit(self, name: str, value: object) -> None:
        """A field of the prompt bar has another value; typing and dragging in one field is one step."""
        # Rolling the dice changes the seed and its lock: one step.
        kind = "seed" if name.startswith("seed") else name
        self.session.change(edit_text(kind), ("edit", kind), **{name: value})

    def edit_setting(self, name: str, value: object) -> None:
        """A sampling setting has another value."""
        settings = replace(self.document.settings, **{name: value})
        self.session.change(edit_text(name), ("setting", name), settings=settings)

    def assess(self, prompt: str) -> None:
        """Asks how well the pack knows a prompt; only the newest question is answered."""
        if self.pack is None or not prompt.strip():
            return
        self.engine.cancel(self._assess_ticket)
        self._assess_ticket = self._ask(self.engine, Assess(prompt), first=True)

    def set_reference(self, path: str) -> None:
        """Reads the sound that shall join the prompt."""
        self._ask(self.files, ReadSound(Path(path)), ("reference", path))

    def clear_reference(self) -> None:
        """The prompt stands alone again."""
        self.session.change(self.tr("Remove reference sound"), reference=None)

    # Runs

    def generate(self, count: int | None = None) -> None:
        """Draws new takes from the prompt."""
        request = self._request(count=count or self.document.count)
        self._start(request, self.tr("Generate “{}”").format(_short(request.prompt)))

    def branch(self, take_id: str, step: int) -> None:
        """Goes on from an iteration of a take with the prompt, seed and settings of now, and with the pack that drew it."""
        entry = self.document.entry(take_id)
        if entry is None or entry.take.history is None or not 0 < step < entry.take.history.steps:
            return
        settings, made = replace(self.document.settings, steps=max(1, self.document.settings.steps - step)), entry.take.request
        prompt = self.document.prompt if self.document.prompt.strip() else made.prompt
        request = self._request(count=1, duration_s=made.duration_s, settings=settings)
        request = replace(request, prompt=prompt, pack_id=made.pack_id, pack_hash=made.pack_hash)
        label = self.tr("Branch from step {} of {}").format(step, entry.name)
        self._start(request, label, "branched", take_id, start=entry.take.history.grid_after(step))

    def edit_take(self, entry: TakeEntry, label: str, kind: TakeKind, job: Callable[..., Any], **fields: Any) -> None:
        """Draws parts of a take again with the prompt, seed and settings of now."""
        request = self._request(count=1, duration_s=entry.take.request.duration_s)
        label = self.tr("{} in {}").format(label, entry.name)
        self._start(request, label, kind, entry.id, partial(job, entry.take, request=request, previews=self.live_preview, **fields))

    def _request(self, **fields: Any) -> GenerationRequest:
        """What the document asks for now, of the pack that is loaded."""
        pack_hash = self.pack.hash if self.pack else ""
        return replace(self.document.request(), seed=self._seed(), pack_id=self._pack_id, pack_hash=pack_hash, **fields)

    @property
    def _pack_id(self) -> str:
        return self.pack.pack_id if self.pack else self.document.pack_id

    def _seed(self) -> int:
        return self.document.seed if self.document.seed_locked else secrets.randbelow(SEED_LIMIT)

    def _start(
        self, request: GenerationRequest, label: str, kind: TakeKind = "generated", parent: str | None = None, make: Any = None, **job: Any
    ) -> None:
        """Starts a run, after reading its reference sound if need be; ``make`` makes the job of an edit."""
        if self.run is not None:
            return
        if self.pack is None:
            self.status.emit("warning", self.tr("The pack is still loading; try again in a moment."))
            return
        if request.reference and request.reference not in self._references:
            self._ask(self.files, ReadSound(Path(request.reference)), ("reference then run", request, label, kind, parent, make, job))
            return
        if make is None and not request.prompt.strip() and not request.reference:
            self.status.emit("warning", self.tr("Type what you want to hear, or drop a sound onto the reference slot."))
            return
        self.session.remember_prompt()
        todo = make() if make is not None else Generate(request, self._reference_of(request), self.live_preview, **job)
        ticket = self._ask(self.engine, todo, ("run",), first=True)
        self.run, self.stopped_run = Run(ticket, request, label, kind, parent), None
        self.leave_steps()
        self.run_started.emit(self.run)

    def _reference_of(self, request: GenerationRequest) -> Clip | None:
        return self._references.get(request.reference) if request.reference else None

    def cancel(self) -> None:
        """Stops the run at its next step."""
        if self.run is not None:
            self.engine.cancel(self.run.ticket)

    def abandon(self) -> None:
        """Ends the run at once, and nothing of it is kept: the project that it belongs to is closed."""
        run, self.run, self.stopped_run = self.run, None, None
        self._expected = {key: purpose for key, purpose in self._expected.items() if purpose[0] not in _OF_PROJECT}
        if run is not None:
            self.engine.cancel(run.ticket)
            self.run_ended.emit(run, "stopped")

    def keep_partial(self) -> None:
        """Makes a take of what was there when the last run was stopped."""
        run = self.stopped_run
        if run is None or run.latest is None or run.parent is not None:
            return
        self.stopped_run = None
        seed = run.request.seed + run.latest.take_index
        self._ask(self.engine, Render(run.latest.guess, run.request, seed, self._reference_of(run.request)), ("keep", run), first=True)

    # The step timeline

    def scrub(self, step: int) -> None:
        """Shows an iteration of the take on the canvas; the last one is the take itself."""
        entry = self.document.current_entry
        if entry is None or entry.take.history is None:
            return
        self.step = min(max(1, step), entry.take.history.steps)
        picture = self._pictures.of(entry.id, self.step)
        self.step_shown.emit(self.step, picture)
        if picture is None:
            self._render_step(entry, self.step, "scrub")

    def hear_step(self, step: int) -> None:
        """Makes an iteration audible."""
        entry = self.document.current_entry
        if entry is not None and entry.take.history is not None:
            self.step = step
            self._render_step(entry, step, "hear")

    def leave_steps(self) -> None:
        """Back from the step timeline to the finished take."""
        if self.step:
            self.step = 0
            self.step_shown.emit(0, None)

    def _render_step(self, entry: TakeEntry, step: int, purpose: str) -> None:
        history, take = entry.take.history, entry.take
        grid = type(take.grid)(history.guess[step - 1])
        self._ask(
            self.engine, Render(grid, take.request, take.seed, self._reference_of(take.request)), (purpose, entry.id, step), first=True
        )

    # Imports

    def import_sound(self, path: Path) -> None:
        """Reads a sound and makes a take of it; a file that Melbrush wrote also brings its prompt and settings back."""
        self.status.emit("info", self.tr("Reading {}…").format(path.name))
        self._ask(self.files, ReadSound(path), ("import", path))

    # Takes

    def use(self, take_id: str, what: str) -> None:
        """Brings prompt, seed or everything of a take back into the prompt bar."""
        entry = self.document.entry(take_id)
        if entry is None:
            return
        request = entry.take.request
        fields: dict[str, Any] = {}
        if what in ("prompt", "everything", "remix"):
            fields |= {"prompt": request.prompt, "negative": request.negative}
        if what in ("seed", "everything"):
            fields |= {"seed": entry.take.seed, "seed_locked": True}
        if what in ("everything", "remix"):
            fields |= {"duration_s": request.duration_s, "settings": request.settings}
            fields |= {"reference": request.reference, "blend": request.blend}
        self.session.change(use_text(what, entry.name), **fields)

    # Answers

    def _ask(self, worker: Worker, job: Any, purpose: Any = ("job",), first: bool = False) -> int:
        ticket = worker.submit(job, first)
        self._expected["engine" if worker is self.engine else "files", ticket] = purpose
        return ticket

    @Slot(int, object)
    def _engine_event(self, ticket: int, event: object) -> None:
        purpose = self._expected.get(("engine", ticket), ("gone",))
        match event:
            case Loading() if purpose[0] == "job":
                self.loading.emit(event.what, event.done, event.total)
            case Loading():
                self.status.emit("info", self.tr("Opening the pack that drew this take…"))
            case PackLoaded():
                self._pack_loaded(event)
            case Assessed():
                self.assessed.emit(event)
            case StepUpdate() if self.run and self.run.ticket == ticket:
                self.run.step_done(event)
                self.stepped.emit(self.run)
            case Report() if self.run and self.run.ticket == ticket:
                self.run.report = event.sentence
            case TakeReady() if self.run and self.run.ticket == ticket:
                self._take_arrived(self.run, event.take)
            case Finished() | Failed() | Cancelled():
                self._expected.pop(("engine", ticket), None)
                self._engine_answer(purpose, event)

    def _engine_answer(self, purpose: Any, end: Finished | Failed | Cancelled) -> None:
        if purpose[0] == "run":
            self._end_run(end)
        elif isinstance(end, Failed):
            self.failed.emit(end.message, end.detail)
        elif isinstance(end, Finished):
            self._engine_finished(purpose, end.takes)

    def _engine_finished(self, purpose: Any, takes: tuple[Take, ...]) -> None:
        match purpose:
            case ("scrub" | "hear" as kind, take_id, step):
                if kind == "hear":
                    self.sound_made.emit(takes[0].clip, self.tr("step {}").format(step))
                if self.step == step and self.document.current == take_id:
                    self.step_shown.emit(step, takes[0].spectrogram)
            case ("keep", Run() as run):
                name = self.tr("{}, stopped at step {}").format(self._name(run), run.latest.step)
                self._add(TakeEntry(takes[0], name, "kept", parent=run.parent), self.tr("Keep stopped run"))
            case ("import", Path() as path):
                entry = TakeEntry(takes[0], path.stem, "imported", source_path=str(path))
                self._add(entry, self.tr("Import {}").format(path.name))

    def _pack_loaded(self, pack: PackLoaded) -> None:
        first = self.pack is None
        self.pack = pack
        if first and self.document.settings == SamplingSettings():
            # What nobody edited needs no saving.
            unsaved = self.session.dirty
            self.session.history.amend(replace(self.document, settings=pack.sampling, pack_id=pack.pack_id))
            if unsaved:
                self._document_changed(self.document)
            else:
                self.session.mark_saved(self.document)
        self.pack_ready.emit(pack)

    def _take_arrived(self, run: Run, take: Take) -> None:
        entry = TakeEntry(take, self._name(run), run.kind, parent=run.parent)
        self._pictures.remember(entry.id, run.pictures)
        run.take_ids.append(entry.id)
        # The step of the run is gone if it was undone and something else done since: then the take begins a new one.
        if run.step is None or not self.session.join_take(run.step, entry):
            self.session.add_take(run.label, entry, show=run.follows, seed=run.request.seed)
            run.step = self.session.history.step
        self.take_ready.emit(entry)

    def _add(self, entry: TakeEntry, label: str) -> None:
        self.session.add_take(label, entry)
        self.take_ready.emit(entry)

    def _end_run(self, end: Finished | Failed | Cancelled) -> None:
        run, self.run = self.run, None
        if run is None:
            return
        match end:
            case Finished():
                self.run_ended.emit(run, "done")
            case Cancelled():
                self.stopped_run = run if run.has_partial else None
                self.run_ended.emit(run, "stopped")
            case Failed():
                self.run_ended.emit(run, "failed")
                self.failed.emit(end.message, end.detail)

    @Slot(int, object)
    def _file_event(self, ticket: int, event: object) -> None:
        purpose = self._expected.get(("files", ticket))
        if purpose is None:
            return
        if isinstance(event, SoundRead):
            self._sound_read(purpose, event)
        if isinstance(event, Finished | Failed | Cancelled):
            self._expected.pop(("files", ticket), None)
        if isinstance(event, Failed):
            self.failed.emit(event.message, event.detail)

    def _sound_read(self, purpose: Any, read: SoundRead) -> None:
        if read.note:
            self.status.emit("warning", read.note)
        match purpose:
            case ("reference", str() as path):
                self._references[path] = read.clip
                self.session.change(self.tr("Reference sound {}").format(Path(path).name), reference=path)
            case ("reference then run", request, label, kind, parent, make, job):
                self._references[request.reference] = read.clip
                self._start(request, label, kind, parent, make, **job)
            case ("import", Path() as path):
                if read.recipe and read.recipe.get("command") != "import":
                    self._restore(read.recipe, path)
                self._ask(self.engine, Encode(read.clip, self._pack_id), ("import", path))

    def _restore(self, recipe: dict, path: Path) -> None:
        """Prompt, seed and settings of a file that Melbrush wrote."""
        fields = fields_of(recipe, self.document)
        self.session.change(self.tr("Restore settings of {}").format(path.name), seed_locked=True, **fields)
        self.status.emit("info", self.tr("Prompt, seed and settings of {} are back in the prompt bar.").format(path.name))

    def _name(self, run: Run) -> str:
        """A name that no take has yet: the prompt's, or that of the take it was made from."""
        parent = self.document.entry(run.parent)
        edited = parent is not None and run.kind != "branched"
        base = _short(run.request.prompt, 32) or self.tr("Sound")
        if edited:
            base = parent.name.split(" – ")[0] + " – " + kind_text(run.kind).lower()
        taken = {entry.name for entry in self.document.takes}
        number = 1
        while (name := base if number == 1 else f"{base} {number}") in taken:
            number += 1
        return name

    def _document_changed(self, document: Document) -> None:
        self.document_changed.emit(document)


def _short(text: str, most: int = 40) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
