"""Puts the studio together: connects every widget's intent to controller, listening and files, and every change back to the widgets."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QSettings, QStandardPaths, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication

from engine.export.names import safe_name
from engine.jobs import PackLoaded
from engine.pack_places import find_pack
from engine.session.document import TakeEntry
from engine.session.session import Session
from engine.types import Region
from gui.commands import connect_commands
from gui.controller import Controller
from gui.drag_out import drag_folder
from gui.edits import Edits
from gui.listening import Listening
from gui.main_window import MainWindow
from gui.pack_runner import PackRunner
from gui.paint_desk import PaintDesk
from gui.player import Player
from gui.preferences import Preferences
from gui.project_files import ProjectFiles
from gui.run_state import Run
from gui.save_dialog import ask_path
from gui.screen import Screen
from gui.settings import Settings
from gui.shortcuts import FocusKeys, Shortcuts
from gui.studio_dialogs import StudioDialogs
from gui.worker import EngineRunner, Worker, file_runner

_ASSETS = Path(__file__).parents[1] / "assets"


class Studio(QObject):
    """One window with its document; ``packs`` is where new packs go, ``recovery`` keeps copies against crashes or is None.

    ``writer`` of projects is shared with ``recovery``, so that a take is encoded once.
    """

    def __init__(
        self, app: QApplication, settings: Settings, packs: Path, recovery: Any = None, writer: Any = None, player: Player | None = None
    ) -> None:
        super().__init__()
        self.app, self.settings, self.packs = app, settings, packs
        self.recovery = recovery
        self.session = Session()
        self.shortcuts = Shortcuts(settings)
        self.keys = FocusKeys(app)
        self.window = MainWindow(self.shortcuts)
        self.engine = Worker(partial(PackRunner, EngineRunner, packs), "engine", self)
        self.files = Worker(partial(file_runner, writer, recovery), "files", self)
        self.player = player or Player(parent=self)
        self.controller = Controller(self.session, self.engine, self.files, self)
        self.listening = Listening(self.player, self.files, self)
        self.projects = ProjectFiles(self.window, self.session, self.files, settings, recovery)
        self.screen = Screen(self.window, self.session, self.controller, self.listening, self.player, settings)
        self._zoomed: Region | None = None
        self.runs = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)) / "runs"
        self.dialogs = StudioDialogs(self)
        self.edits = Edits(self.session, self.controller, self)
        self.paint = PaintDesk(self.window, self.session, self.edits, self.listening, self.screen, settings)
        self.preferences = Preferences(app, settings, self.window, self.controller, self.listening, self.player, self.screen)
        self._connect_prompt()
        self._connect_canvas()
        self._connect_takes()
        self._connect_listening()
        self._connect_files()
        connect_commands(self)
        self._connect_engine()
        self.preferences.apply_all()
        settings.changed.connect(self._engine_setting_changed)
        self.window.tool_bar.show_keys(self.shortcuts.key_text)
        self.shortcuts.changed.connect(lambda _: self.window.tool_bar.show_keys(self.shortcuts.key_text))
        self.screen.show_document(self.session.document)

    # Start and end

    def start(self) -> None:
        """Begins to load the pack; the window is already there."""
        self.window.status_line.set_idle(self.tr("Loading the pack…"))
        self.load_pack()
        if self.recovery is not None and self.recovery.another_is_running():
            self.screen.status("info", self.tr("Melbrush is open in another window too; each keeps its own project."))
        self.projects.offer_recovery()
        self.window.transport.show_devices(self.player.devices(), self.player.device)

    def load_pack(self) -> None:
        """Opens the chosen pack; the one that ships with the program if it is gone."""
        found = find_pack(self.settings.get("generation.pack"), self.packs) or find_pack("embedded", self.packs)
        folder = found or self.packs / "embedded"
        self.controller.load_pack(folder, self.settings.get("generation.device"), int(self.settings.get("generation.threads")))

    def _engine_setting_changed(self, key: str, value: object) -> None:
        if key == "generation.pack":
            self.dialogs.show_pack_in_use(str(value))
        if key in ("generation.pack", "generation.device", "generation.threads") and self.controller.pack is not None:
            self.load_pack()

    def restore_layout(self, stored: QSettings) -> None:
        """Window and splitter as they were at the last end."""
        geometry, splitter = stored.value("window/geometry"), stored.value("window/splitter")
        if isinstance(geometry, QByteArray) and isinstance(splitter, QByteArray):
            self.window.restore_layout(geometry, splitter)

    def shut_down(self) -> None:
        """Ends sound and threads; nothing waits longer than a step."""
        self.player.close()
        self.engine.stop()
        self.files.stop()
        self.dialogs.shut_down()
        if self.recovery is not None:
            self.recovery.close()

    # Connections

    def _connect_prompt(self) -> None:
        bar, controller = self.window.prompt_bar, self.controller
        bar.edited.connect(controller.edit)
        bar.settings_edited.connect(controller.edit_setting)
        bar.typed.connect(controller.assess)
        bar.run_requested.connect(self.run)
        bar.cancel_requested.connect(controller.cancel)
        bar.reference_dropped.connect(controller.set_reference)
        bar.reference_cleared.connect(controller.clear_reference)
        bar.suggestion_chosen.connect(self._use_suggestion)

    def _connect_canvas(self) -> None:
        canvas, steps = self.window.canvas, self.window.steps_bar
        canvas.seeked.connect(self.listening.seek)
        canvas.selected.connect(lambda region: self.session.change(self.tr("Select"), "select", selection=region))
        canvas.levels_changed.connect(self._keep_levels)
        canvas.paths_dropped.connect(self.projects.open_paths)
        steps.scrubbed.connect(self.controller.scrub)
        steps.heard.connect(self.controller.hear_step)
        steps.branched.connect(self.branch)
        steps.left.connect(self.controller.leave_steps)
        self.controller.step_shown.connect(self.screen.show_step)

    def _connect_takes(self) -> None:
        panel, session = self.window.takes_panel, self.session
        panel.shown.connect(self.show_take)
        panel.compared.connect(lambda take_id: session.compare_with(take_id or None))
        panel.starred.connect(session.star_take)
        panel.renamed.connect(session.rename_take)
        panel.deleted.connect(session.delete_takes)
        panel.used.connect(self.controller.use)
        panel.export_requested.connect(self.export)
        panel.drag_requested.connect(lambda take_id: self._with_entry(take_id, partial(self.projects.drag, panel)))
        panel.reveal_requested.connect(lambda take_id: self._with_entry(take_id, self.projects.reveal))
        panel.path_copy_requested.connect(lambda take_id: self._with_entry(take_id, self.projects.copy_path))
        panel.picture_requested.connect(self._save_picture)
        panel.details_requested.connect(self._show_details)
        self.window.take_details.used.connect(self.controller.use)
        history = self.window.history_panel
        history.gone_to.connect(session.go_to)
        history.undo_requested.connect(session.undo)
        history.redo_requested.connect(session.redo)

    def _connect_listening(self) -> None:
        bar, player, listening = self.window.transport, self.player, self.listening
        bar.play_toggled.connect(listening.toggle)
        bar.stopped.connect(self.stop_playing)
        bar.loop_toggled.connect(lambda on: listening.set_looping(on))
        bar.loop_selection.connect(self.loop_selection)
        bar.selection_played.connect(lambda: listening.play_region(self.session.document.selection))
        bar.ab_toggled.connect(listening.toggle_side)
        bar.volume_changed.connect(lambda value: self.settings.set("listening.volume", float(value)))
        bar.muted.connect(self.preferences.mute)
        bar.device_chosen.connect(lambda name: self.settings.set("listening.device", name or ""))
        bar.devices_refreshed.connect(player.refresh_devices)
        player.position_changed.connect(self.screen.show_position)
        player.state_changed.connect(lambda playing: self.screen.show_position(player.position_s))
        player.finished.connect(listening.finished)
        player.levels_changed.connect(self.screen.show_levels)
        player.device_lost.connect(self._device_lost)
        player.devices_changed.connect(lambda devices: bar.show_devices(devices, player.device))
        listening.side_changed.connect(lambda _: self.screen.show_document(self.session.document))
        listening.loop_changed.connect(lambda *_: self.screen.show_loop())
        listening.heard_changed.connect(self.screen.show_heard)
        listening.failed.connect(self.screen.show_error)

    def _connect_files(self) -> None:
        self.projects.status.connect(self.screen.status)
        self.projects.failed.connect(self.screen.show_error)
        self.projects.sound_chosen.connect(self.controller.import_sound)
        self.projects.left.connect(self.controller.abandon)
        self.projects.closed.connect(self.window.close)
        self.window.close_requested.connect(self._close_requested)
        self.window.paths_dropped.connect(self.projects.open_paths)
        self.window.recent_chosen.connect(lambda path: self.projects.open(Path(path)))

    def _connect_engine(self) -> None:
        controller = self.controller
        controller.document_changed.connect(self.screen.show_document)
        controller.status.connect(self.screen.status)
        controller.failed.connect(self.screen.show_error)
        controller.loading.connect(lambda what, done, total: self.window.status_line.set_idle(self.screen.loading_text(what, done, total)))
        controller.pack_ready.connect(self._pack_ready)
        controller.assessed.connect(
            lambda found: self.window.prompt_bar.show_report(found.sentence, found.unknown_words, found.nearest, found.score)
        )
        controller.run_started.connect(self.screen.run_started)
        controller.stepped.connect(self.screen.stepped)
        controller.run_ended.connect(self._run_ended)
        controller.take_ready.connect(self._take_ready)
        controller.sound_made.connect(lambda clip, name: self.listening.play_aside(clip, name))

    # Intent that needs more than one call

    def run(self) -> None:
        """What the main button says: fills the paint if there is some, draws a new sound otherwise."""
        self.window.prompt_bar.commit_edits()
        if self.session.document.mask is not None:
            self.edits.run("fill")
        else:
            self.controller.generate()

    def generate(self) -> None:
        """Draws a new sound, whatever is painted."""
        self.window.prompt_bar.commit_edits()
        self.controller.generate()

    def branch(self, step: int) -> None:
        self.window.prompt_bar.commit_edits()
        if self.session.document.current is not None:
            self.controller.branch(self.session.document.current, step)

    def _use_suggestion(self, text: str) -> None:
        self.controller.edit("prompt", text)
        self.controller.assess(text)

    def show_take(self, take_id: str) -> None:
        if self.controller.run is not None:
            self.controller.run.follows = False
        self.controller.leave_steps()
        self.listening.set_side("A")
        self.session.show_take(take_id)

    def show_variation(self, number: int) -> None:
        ids = self.screen.last_ids
        if number <= len(ids):
            self.show_take(ids[number - 1])

    def toggle_zoom(self) -> None:
        """Everything, or the part that was shown before."""
        canvas, before = self.window.canvas, self._zoomed
        self._zoomed = canvas.view
        canvas.fit()
        if before is not None and canvas.view == self._zoomed:
            canvas.zoom_to(before)

    def select_all(self) -> None:
        entry = self.session.document.current_entry
        if entry is not None:
            self.session.change(self.tr("Select everything"), selection=Region(0.0, entry.take.clip.duration_s))

    def loop_selection(self) -> None:
        region = self.session.document.selection
        self.listening.set_looping(True, (region.start_s, region.end_s) if region else None)

    def stop_playing(self) -> None:
        self.player.stop()
        self.listening.seek(0.0)

    def export(self, ids: list[str]) -> None:
        document = self.session.document
        entries = tuple(entry for entry in document.takes if entry.id in ids) if ids else document.takes
        if not entries:
            self.screen.status("warning", self.tr("There is nothing to export yet."))
            return
        dialog = self.dialogs.export_dialog
        dialog.set_settings(self.projects.export_settings())
        if not dialog.folder_field.text():
            dialog.set_folder(drag_folder().parent)
        current = document.current if document.current in {entry.id for entry in entries} else entries[-1].id
        dialog.show_takes(entries, current, document.selection)
        dialog.open()

    def _with_entry(self, take_id: str, action: Any) -> None:
        entry = self.session.document.entry(take_id)
        if entry is not None:
            action(entry)

    def _bring(self, take_id: str) -> None:
        """Puts a take onto the canvas if it is not there."""
        if self.session.document.current != take_id or self.listening.side == "B":
            self.show_take(take_id)

    def _show_details(self, take_id: str) -> None:
        self._bring(take_id)
        self.window.side_tabs.setCurrentWidget(self.window.take_details.parentWidget())

    def _save_picture(self, take_id: str) -> None:
        entry = self.session.document.entry(take_id)
        if entry is None:
            return
        self._bring(take_id)
        start = Path.home() / safe_name(entry.name, ".png")
        path = ask_path(self.window, self.tr("Save the picture"), start, self.tr("Pictures (*.png)"), ".png")
        if path is not None and not self.window.canvas.grab().save(str(path)):
            self.screen.show_error(self.tr("The picture could not be written to {}.").format(path), "")

    def open_demo(self) -> None:
        """Opens the demo project as one that was never saved, so that nobody writes over it."""
        self.projects.open(_ASSETS / "demo.melbrush", as_new=True)

    def _device_lost(self, sentence: str) -> None:
        self.screen.status("warning", sentence)
        self.settings.reset("listening.device")
        self.window.transport.show_devices(self.player.devices(), self.player.device)

    def _keep_levels(self, floor_db: float, top_db: float) -> None:
        self.settings.set("canvas.floor_db", float(floor_db))
        self.settings.set("canvas.top_db", float(top_db))

    def _close_requested(self, event: QCloseEvent) -> None:
        if not self.projects.may_close:
            event.ignore()
            # Not from here: a window that is about to close does not close a second time.
            QTimer.singleShot(0, self.projects.close)

    # What the engine brings

    def _pack_ready(self, pack: PackLoaded) -> None:
        self.projects.pack_hash = pack.hash
        self.screen.pack_ready(pack)
        self.controller.assess(self.session.document.prompt)

    def _take_ready(self, entry: TakeEntry) -> None:
        self.screen.take_ready()
        self.projects.prepare_drag(entry)
        self.projects.autosave()
        run = self.controller.run
        first = run is None or len(run.take_ids) == 1
        if first and self.settings.get("listening.auto_play") and not self.player.playing and not self.player.problem:
            self.listening.play(0.0)

    def _run_ended(self, run: Run, how: str) -> None:
        self.screen.run_ended(run, how)
        if how == "stopped":
            self.controller.keep_partial()
