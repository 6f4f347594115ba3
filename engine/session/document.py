"""The document that the user edits: one frozen value; everything that can be undone is in it, and nothing else."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

from engine.masks import Mask
from engine.types import GenerationRequest, Region, SamplingSettings, Take

TakeKind = Literal["generated", "imported", "branched", "kept", "filled", "varied", "repaired", "extended", "restored", "looped"]


@dataclass(frozen=True, eq=False)
class TakeEntry:
    """A take in the strip: the result with what the user says about it.

    ``kind`` tells how it came about, ``parent`` names the take it was made from, ``source_path`` the file an imported sound was read from.
    """

    take: Take
    name: str
    kind: TakeKind = "generated"
    starred: bool = False
    parent: str | None = None
    source_path: str | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


@dataclass(frozen=True, eq=False)
class PaintedRegion:
    """A painted place with what shall come there: its own prompt (empty: the document's) and the share of its cells to draw again."""

    mask: Mask
    prompt: str = ""
    strength: float = 1.0
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])


@dataclass(frozen=True, eq=False)
class Document:
    """Prompt bar, takes, selection and paint.

    ``seed_locked`` False means that a new seed is drawn for every run; ``seed`` is always the one that was used last. ``current`` is the
    take on the canvas, ``compared`` the one that A/B switches to. ``reference`` is the path of the sound that joins the prompt.
    ``active_region`` is the one that tools paint into.
    """

    prompt: str = ""
    negative: str = ""
    reference: str | None = None
    blend: float = 0.5
    seed: int = 1
    seed_locked: bool = False
    duration_s: float = 10.0
    settings: SamplingSettings = field(default_factory=SamplingSettings)
    count: int = 1
    pack_id: str = "embedded"
    takes: tuple[TakeEntry, ...] = ()
    current: str | None = None
    compared: str | None = None
    selection: Region | None = None
    prompt_history: tuple[str, ...] = ()
    regions: tuple[PaintedRegion, ...] = ()
    active_region: str | None = None

    def entry(self, take_id: str | None) -> TakeEntry | None:
        """The take of that id, or None."""
        return next((entry for entry in self.takes if entry.id == take_id), None)

    @property
    def current_entry(self) -> TakeEntry | None:
        """The take on the canvas."""
        return self.entry(self.current)

    @property
    def compared_entry(self) -> TakeEntry | None:
        """The take that A/B switches to."""
        return self.entry(self.compared)

    def region(self, region_id: str | None) -> PaintedRegion | None:
        """The painted region of that id, or None."""
        return next((region for region in self.regions if region.id == region_id), None)

    @cached_property
    def mask(self) -> Mask | None:
        """All paint on the take on the canvas; None if nothing is painted or no take is there."""
        entry = self.current_entry
        painted = [region.mask for region in self.regions if not region.mask.is_empty]
        if entry is None or not painted:
            return None
        bands, frames = entry.take.spectrogram.log_mel.shape
        whole = Mask.empty(bands, frames)
        for mask in painted:
            whole = whole.united(mask.fitted(frames))
        return None if whole.is_empty else whole

    def with_region(self, region: PaintedRegion) -> Document:
        """The document with the region in the place of the one with the same id, or as a new, active one."""
        if self.region(region.id) is None:
            return replace(self, regions=(*self.regions, region), active_region=region.id)
        return replace(self, regions=tuple(region if old.id == region.id else old for old in self.regions))

    def without_region(self, region_id: str) -> Document:
        """The document without a region; the one before it becomes active if it was."""
        left = tuple(region for region in self.regions if region.id != region_id)
        active = self.active_region
        if active == region_id:
            active = left[-1].id if left else None
        return replace(self, regions=left, active_region=active)

    def request(self) -> GenerationRequest:
        """What Generate would run now."""
        return GenerationRequest(
            prompt=self.prompt,
            negative=self.negative,
            reference=self.reference,
            blend=self.blend,
            duration_s=self.duration_s,
            settings=self.settings,
            seed=self.seed,
            count=self.count,
            pack_id=self.pack_id,
        )

    def with_take(self, entry: TakeEntry, show: bool = True) -> Document:
        """The document with one more take, which is put on the canvas."""
        return replace(self, takes=(*self.takes, entry), current=entry.id if show else self.current)

    def with_entry(self, entry: TakeEntry) -> Document:
        """The document with the entry in the place of the one with the same id."""
        return replace(self, takes=tuple(entry if old.id == entry.id else old for old in self.takes))

    def without_take(self, take_id: str) -> Document:
        """The document without a take; its neighbour comes onto the canvas if it was there."""
        index = next((i for i, entry in enumerate(self.takes) if entry.id == take_id), None)
        if index is None:
            return self
        left = self.takes[:index] + self.takes[index + 1 :]
        current = self.current
        if current == take_id:
            current = left[min(index, len(left) - 1)].id if left else None
        compared = None if self.compared == take_id else self.compared
        return replace(self, takes=left, current=current, compared=compared)

    def with_prompt_remembered(self, most: int = 100) -> Document:
        """The document whose prompt history ends with the present prompt."""
        prompt = self.prompt.strip()
        if not prompt:
            return self
        kept = [old for old in self.prompt_history if old != prompt]
        return replace(self, prompt_history=(*kept, prompt)[-most:])
