"""Connects tools, regions and edits of the window with the document: everything that has to do with paint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from engine.geometry import Geometry
from engine.session.document import Document
from engine.session.session import Session
from engine.types import EngineError, Spectrogram
from gui.colour_maps import DIFFERENCE_MAP
from gui.edits import Edits
from gui.listening import Listening
from gui.main_window import MainWindow
from gui.save_dialog import ask_path
from gui.screen import Screen
from gui.settings import Settings

_DIFFERENCE_DB = 30.0


class PaintDesk(QObject):
    """Shows regions and paint, and sends what the user does with them to ``Edits`` and ``Listening``."""

    def __init__(
        self, window: MainWindow, session: Session, edits: Edits, listening: Listening, screen: Screen, settings: Settings
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._edits = window, session, edits
        self._listening, self._screen, self._settings = listening, screen, settings
        self._difference = False
        self._connect_tools()
        self._connect_regions()
        session.subscribe(self.show_document)
        self.show_document(session.document)

    def choose_tool(self, name: str) -> None:
        """Takes a tool into the hand."""
        self._window.tool_bar.show_tool(name)
        self._window.canvas.set_tool(name)

    def resize_brush(self, steps: int) -> None:
        """A larger or smaller brush."""
        self._window.tool_bar.resize_brush(steps)

    def flip_paint(self) -> None:
        """Shows or hides the paint."""
        self._show_paint(not self._window.canvas.picture.painting.shown)

    def show_document(self, document: Document) -> None:
        """Paint, regions and what can be done with them."""
        window, entry = self._window, document.current_entry
        picture = entry.take.spectrogram if entry else None
        frames = picture.log_mel.shape[1] if picture else 0
        painted = tuple((region.mask.fitted(frames), place) for place, region in enumerate(document.regions)) if frames else ()
        active = next((place for place, region in enumerate(document.regions) if region.id == document.active_region), None)
        window.canvas.show_mask(document.mask, painted, active)
        if picture is None:
            window.regions_panel.show_regions((), None, Geometry(), 0)
        else:
            window.regions_panel.show_regions(document.regions, document.active_region, picture.geometry, frames)
            window.tool_bar.options_row.set_geometry(picture.geometry)
        window.regions_panel.set_selection(document.selection)
        window.edit_panel.set_possible(self._edits.possible())
        if self._difference:
            self._show_difference(False)

    def _connect_tools(self) -> None:
        bar, canvas, panel = self._window.tool_bar, self._window.canvas, self._window.edit_panel
        bar.tool_chosen.connect(self.choose_tool)
        bar.options_changed.connect(canvas.set_tool_options)
        bar.mask_shown_toggled.connect(self._show_paint)
        canvas.painted.connect(self._edits.paint)
        canvas.mask_shown_changed.connect(bar.show_mask_shown)
        canvas.set_tool_options(bar.options)
        panel.action_requested.connect(self._edits.run)
        panel.mask_action.connect(self._mask_action)
        panel.audition_requested.connect(self._audition)

    def _connect_regions(self) -> None:
        panel, edits = self._window.regions_panel, self._edits
        panel.activated.connect(edits.activate)
        panel.bounds_edited.connect(edits.set_bounds)
        panel.prompt_edited.connect(edits.set_prompt)
        panel.strength_edited.connect(edits.set_strength)
        panel.added.connect(edits.add)
        panel.duplicated.connect(edits.duplicate)
        panel.removed.connect(edits.remove)

    def _show_paint(self, shown: bool) -> None:
        self._window.canvas.set_mask_shown(shown)
        self._window.tool_bar.show_mask_shown(shown)

    def _mask_action(self, name: str, values: dict[str, Any]) -> None:
        if name == "import":
            self._import_mask()
        elif name == "export":
            self._export_mask()
        else:
            self._edits.change_mask(name, values)

    def _import_mask(self) -> None:
        from engine.mask_files import read_mask

        entry = self._session.document.current_entry
        name, _ = QFileDialog.getOpenFileName(self._window, self.tr("Import a mask"), str(Path.home()), self.tr("Pictures (*.png)"))
        if not name or entry is None:
            return
        try:
            self._edits.put_mask(read_mask(Path(name), *entry.take.spectrogram.log_mel.shape))
        except EngineError as error:
            self._screen.show_error(error.message, "")

    def _export_mask(self) -> None:
        from engine.mask_files import write_mask

        mask = self._session.document.mask
        if mask is None:
            self._screen.status("warning", self.tr("Nothing is painted."))
            return
        start = Path.home() / "mask.png"
        path = ask_path(self._window, self.tr("Export the mask"), start, self.tr("Pictures (*.png)"), ".png")
        if path is None:
            return
        try:
            write_mask(path, mask)
        except EngineError as error:
            self._screen.show_error(error.message, "")

    def _audition(self, what: str) -> None:
        document = self._session.document
        parent = document.entry(document.current_entry.parent) if document.current_entry else None
        if what in ("inside", "outside", "context"):
            self._listening.audition(what)
        elif parent is None:
            self._window.edit_panel.set_difference_shown(False)
            self._screen.status("info", self.tr("There is no take before this one to compare with."))
        elif what == "difference":
            self._show_difference(not self._difference)
        else:
            self._session.compare_with(parent.id)
            self._listening.set_side("B" if what == "before" else "A")
            self._listening.audition("context")

    def _show_difference(self, shown: bool) -> None:
        """The picture of what an edit changed, in dB, or the take itself again."""
        canvas, entry = self._window.canvas, self._session.document.current_entry
        parent = self._session.document.entry(entry.parent) if entry else None
        self._difference = shown and parent is not None
        self._window.edit_panel.set_difference_shown(self._difference)
        if self._difference:
            frames = min(entry.take.spectrogram.log_mel.shape[1], parent.take.spectrogram.log_mel.shape[1])
            change = entry.take.spectrogram.log_mel[:, :frames] - parent.take.spectrogram.log_mel[:, :frames]
            canvas.set_colour_map(DIFFERENCE_MAP)
            canvas.set_levels(-_DIFFERENCE_DB, _DIFFERENCE_DB)
            canvas.show_picture(Spectrogram(change, entry.take.spectrogram.geometry), entry.take.clip.duration_s)
            return
        canvas.set_colour_map(self._settings.get("canvas.colour_map"))
        canvas.set_levels(self._settings.get("canvas.floor_db"), self._settings.get("canvas.top_db"))
        self._screen.show_again()
