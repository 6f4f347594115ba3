"""Painting and what follows from it: regions of the document, mask actions, fill, vary, repair, extend, restore, loop."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject

from engine.jobs import Extend, Fill, MakeLoop, Restore
from engine.mask_shapes import region_mask, weak_mask
from engine.masks import Mask
from engine.session.document import Document, PaintedRegion, TakeEntry
from engine.session.session import Session
from engine.types import Region
from gui.controller import Controller

_GROWTH_BANDS, _GROWTH_FRAMES = 1, 3
_FEATHER_BANDS, _FEATHER_FRAMES = 1.0, 4.0


class Edits(QObject):
    """Turns strokes into regions and actions into edit runs; every method is one step of the history or one run."""

    def __init__(self, session: Session, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._controller = session, controller

    @property
    def _document(self) -> Document:
        return self._session.document

    @property
    def _entry(self) -> TakeEntry | None:
        return self._document.current_entry

    # Regions

    def paint(self, mask: Mask) -> None:
        """A stroke is done: the active region has this mask now; without one a new region begins."""
        region = self._document.region(self._document.active_region)
        if region is None and mask.is_empty:
            return
        changed = PaintedRegion(mask) if region is None else replace(region, mask=mask)
        self._put(self.tr("Paint"), changed)

    def add(self, region: Region) -> None:
        """A new region with exact bounds."""
        if self._entry is not None:
            self._put(self.tr("Add region"), PaintedRegion(self._rectangle(region)))

    def set_bounds(self, region_id: str, bounds: Region) -> None:
        """A region becomes a rectangle with exact bounds."""
        self._change(region_id, self.tr("Change bounds"), mask=self._rectangle(bounds))

    def set_prompt(self, region_id: str, prompt: str) -> None:
        """A region gets a prompt of its own."""
        self._change(region_id, self.tr("Prompt of region"), prompt=prompt)

    def set_strength(self, region_id: str, strength: float) -> None:
        """The share of a region's cells that is drawn again."""
        self._change(region_id, self.tr("Strength of region"), strength=strength)

    def activate(self, region_id: str) -> None:
        """Tools paint into this region from now on; not a step of its own."""
        if self._document.active_region != region_id:
            self._session.amend(active_region=region_id)

    def duplicate(self, region_id: str) -> None:
        """A second region with the same paint, prompt and strength."""
        region = self._document.region(region_id)
        if region is not None:
            self._put(self.tr("Duplicate region"), PaintedRegion(region.mask, region.prompt, region.strength))

    def remove(self, region_id: str) -> None:
        """A region goes away."""
        self._push(self.tr("Remove region"), self._document.without_region(region_id))

    def change_mask(self, action: str, values: dict[str, Any] | None = None) -> None:
        """Inverts, grows, shrinks, feathers, fills or clears the active region."""
        entry = self._entry
        if entry is None:
            return
        if action == "clear":
            self._push(self.tr("Clear paint"), replace(self._document, regions=(), active_region=None))
            return
        bands, frames = entry.take.spectrogram.log_mel.shape
        region = self._document.region(self._document.active_region)
        mask = Mask.empty(bands, frames) if region is None else region.mask.fitted(frames)
        values = values or {}
        growth = (int(values.get("bands", _GROWTH_BANDS)), int(values.get("frames", _GROWTH_FRAMES)))
        changed = {
            "invert": mask.inverted,
            "grow": lambda: mask.grown(*growth),
            "shrink": lambda: mask.shrunk(*growth),
            "feather": lambda: mask.feathered(values.get("bands", _FEATHER_BANDS), values.get("frames", _FEATHER_FRAMES)),
            "select all": lambda: Mask.empty(bands, frames).inverted(),
        }[action]()
        label = {
            "invert": self.tr("Invert paint"),
            "grow": self.tr("Grow paint"),
            "shrink": self.tr("Shrink paint"),
            "feather": self.tr("Feather paint"),
            "select all": self.tr("Paint everything"),
        }[action]
        self._put(label, PaintedRegion(changed) if region is None else replace(region, mask=changed))

    def put_mask(self, mask: Mask) -> None:
        """A mask that was read from a file becomes a region."""
        entry = self._entry
        if entry is not None:
            self._put(self.tr("Import mask"), PaintedRegion(mask.fitted(entry.take.spectrogram.log_mel.shape[1])))

    def selection_to_region(self) -> None:
        """What is selected becomes a painted region."""
        if self._document.selection is not None:
            self.add(self._document.selection)

    # Runs

    def possible(self) -> dict[str, str]:
        """Action -> why it cannot be done now; empty if it can."""
        entry, document = self._entry, self._document
        none = self.tr("There is no take on the canvas.") if entry is None else ""
        unpainted = none or ("" if document.mask is not None else self.tr("Nothing is painted."))
        drawn = none or ("" if entry and entry.take.history else self.tr("Only sounds that were drawn here have weak spots."))
        return {"fill": unpainted, "vary": none, "repair": drawn, "extend": none, "restore": none, "loop": none}

    def run(self, action: str, values: dict[str, Any] | None = None) -> None:
        """Starts an edit of the take on the canvas."""
        entry = self._entry
        if entry is None or self.possible().get(action):
            return
        values = values or {}
        {
            "fill": self._fill,
            "vary": self._vary,
            "repair": self._repair,
            "extend": self._extend,
            "restore": self._restore,
            "loop": self._loop,
        }[action](entry, values)

    def _fill(self, entry: TakeEntry, values: dict[str, Any]) -> None:
        frames = entry.take.spectrogram.log_mel.shape[1]
        prompts = tuple((r.mask.fitted(frames), r.prompt) for r in self._document.regions if r.prompt.strip() and not r.mask.is_empty)
        strengths = [region.strength for region in self._document.regions if not region.mask.is_empty]
        strength = min(strengths, default=1.0)
        job = {"mask": self._document.mask, "prompts": prompts, "strength": strength}
        self._controller.edit_take(entry, self.tr("Fill"), "filled", Fill, **job)

    def _vary(self, entry: TakeEntry, values: dict[str, Any]) -> None:
        bands, frames = entry.take.spectrogram.log_mel.shape
        mask = self._document.mask or Mask.empty(bands, frames).inverted()
        self._controller.edit_take(entry, self.tr("Vary"), "varied", Fill, mask=mask, strength=float(values.get("strength", 0.5)))

    def _repair(self, entry: TakeEntry, values: dict[str, Any]) -> None:
        mask = weak_mask(entry.take, float(values.get("share", 0.15)))
        self._controller.edit_take(entry, self.tr("Repair weak spots"), "repaired", Fill, mask=mask)

    def _extend(self, entry: TakeEntry, values: dict[str, Any]) -> None:
        spans = {"before_s": float(values.get("before_s", 0.0)), "after_s": float(values.get("after_s", 2.0))}
        self._controller.edit_take(entry, self.tr("Extend"), "extended", Extend, **spans)

    def _restore(self, entry: TakeEntry, values: dict[str, Any]) -> None:
        self._controller.edit_take(entry, self.tr("Restore highs"), "restored", Restore, cutoff_hz=values.get("cutoff_hz"))

    def _loop(self, entry: TakeEntry, values: dict[str, Any]) -> None:
        self._controller.edit_take(entry, self.tr("Seamless loop"), "looped", MakeLoop, joint_s=float(values.get("joint_s", 1.0)))

    # Helpers

    def _rectangle(self, bounds: Region) -> Mask:
        picture = self._entry.take.spectrogram
        return region_mask(bounds, picture.geometry, picture.log_mel.shape[1])

    def _change(self, region_id: str, label: str, **fields: Any) -> None:
        region = self._document.region(region_id)
        if region is not None:
            self._put(label, replace(region, **fields))

    def _put(self, label: str, region: PaintedRegion) -> None:
        self._push(label, self._document.with_region(region))

    def _push(self, label: str, document: Document) -> None:
        self._session.change(label, regions=document.regions, active_region=document.active_region)
