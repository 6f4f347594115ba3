"""Decides what is heard: the take on the canvas, the one it is compared with, a region of it, or an iteration."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, Signal, Slot

from engine.jobs import Audition, CutSound, SoundRead
from engine.masks import Mask
from engine.session.document import Document, TakeEntry
from engine.types import Clip, Failed, Finished, Region
from gui.worker import Cancelled, Worker

_LEAD_S = 1.0


class Listener(Protocol):
    """What this file needs of the player."""

    @property
    def position_s(self) -> float: ...
    def set_clip(self, clip: Clip | None, gain_db: float = 0.0, keep_position: bool = True) -> None: ...
    def play(self, from_s: float | None = None) -> None: ...
    def stop(self) -> None: ...
    def toggle(self) -> None: ...
    def seek(self, position_s: float) -> None: ...
    def set_loop(self, start_s: float | None, end_s: float | None) -> None: ...


class Listening(QObject):
    """Sends clips to the player and translates its positions into positions of the take on the canvas."""

    heard_changed = Signal(str)
    """Name of what sounds now, or empty for the take on the canvas."""
    side_changed = Signal(str)
    """A: the take on the canvas, B: the one it is compared with."""
    loop_changed = Signal(bool, object)
    """(on, (start_s, end_s) or None for everything)"""
    failed = Signal(str, str)

    def __init__(self, player: Listener, files: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player, self._files = player, files
        self._document = Document()
        self._loaded: tuple[str | None, float] = (None, 0.0)
        self._aside: Clip | None = None
        self._resume_s = 0.0
        self._cut_ticket = 0
        self._cut_region: Region | None = None
        self.side = "A"
        self.looping = False
        self.loop_span: tuple[float, float] | None = None
        self.match_loudness = True
        self.offset_s = 0.0
        files.event.connect(self._file_event)

    @property
    def entry(self) -> TakeEntry | None:
        """The take that is heard: A or B."""
        compared = self._document.compared_entry
        return compared if self.side == "B" and compared is not None else self._document.current_entry

    @property
    def duration_s(self) -> float:
        """Seconds of the take that is heard."""
        return self.entry.take.clip.duration_s if self.entry else 0.0

    def show_document(self, document: Document) -> None:
        """Another document: loads the take's sound if it is another one."""
        self._document = document
        if self.side == "B" and document.compared_entry is None:
            self.set_side("A")
        self._load()

    def refresh(self) -> None:
        """Loads the sound again where a setting asks for another level."""
        self._load()

    def set_side(self, side: str) -> None:
        """Switches between the two takes at the same position."""
        if side == "B" and self._document.compared_entry is None:
            return
        if side != self.side:
            self.side = side
            self._load()
            self.side_changed.emit(side)

    def toggle_side(self) -> None:
        """The other one of A and B."""
        self.set_side("A" if self.side == "B" else "B")

    def toggle(self) -> None:
        """Plays or stops what is loaded."""
        self._player.toggle()

    def play(self, from_s: float | None = None) -> None:
        """Plays the take, from a position if one is given."""
        self._leave_aside()
        self._player.play(from_s)

    def seek(self, position_s: float) -> None:
        """Moves the playhead."""
        self._leave_aside()
        self._player.seek(min(max(0.0, position_s), self.duration_s))

    def play_region(self, region: Region | None) -> None:
        """Plays only the selected time and frequencies."""
        entry = self.entry
        if entry is None:
            return
        if region is None:
            self.play()
            return
        self._cut_region = region
        self._cut_ticket = self._files.submit(CutSound(entry.take.clip, region), first=True)

    def audition(self, what: str) -> None:
        """Plays the painted place: only what is painted (inside), all but it (outside), or everything (context)."""
        entry, mask = self.entry, self._document.mask
        if entry is None or mask is None:
            return
        geometry = entry.take.spectrogram.geometry
        bounds = mask.bounds(geometry)
        start_s = max(0.0, bounds.start_s - _LEAD_S)
        around = Region(start_s, min(entry.take.clip.duration_s, bounds.end_s + _LEAD_S))
        if what == "context":
            self.play_region(around)
            return
        rate = entry.take.clip.sample_rate
        # From a whole frame on, so that the paint stays where it was.
        first, last = int(start_s / geometry.frame_s), round(around.end_s / geometry.frame_s)
        samples = slice(round(first * geometry.frame_s * rate), round(last * geometry.frame_s * rate))
        part = Clip(entry.take.clip.samples[:, samples], rate)
        painted = Mask.of(mask.window(first, last))
        self._cut_region = around
        self._cut_ticket = self._files.submit(Audition(part, painted, geometry, what == "inside"), first=True)

    def play_aside(self, clip: Clip, name: str, offset_s: float = 0.0) -> None:
        """Plays something that is no take: an iteration, a region."""
        if self._aside is None:
            self._resume_s = self._player.position_s
        self._aside, self.offset_s = clip, offset_s
        self._loaded = (None, 0.0)
        self._player.set_loop(None, None)
        self._player.set_clip(clip, 0.0, keep_position=False)
        self._player.play(0.0)
        self.heard_changed.emit(name)

    def set_looping(self, on: bool, span: tuple[float, float] | None = None) -> None:
        """Loops everything or a span; off plays once."""
        self.looping = on
        self.loop_span = span if on else None
        self._apply_loop()
        self.loop_changed.emit(on, self.loop_span)

    def finished(self) -> None:
        """Playing came to its end: an aside goes away."""
        self._leave_aside()

    def _leave_aside(self) -> None:
        if self._aside is not None:
            self._aside, self.offset_s = None, 0.0
            self._load()
            self._player.seek(self._resume_s)
            self.heard_changed.emit("")

    def _load(self) -> None:
        if self._aside is not None:
            return
        entry = self.entry
        wanted = (entry.id, self._gain_db()) if entry else (None, 0.0)
        if wanted == self._loaded:
            return
        self._loaded = wanted
        self._player.set_clip(entry.take.clip if entry else None, wanted[1], keep_position=True)
        self._apply_loop()

    def _gain_db(self) -> float:
        """The louder one of A and B is turned down to the other, so that louder does not pass for better."""
        a, b = self._document.current_entry, self._document.compared_entry
        if not self.match_loudness or a is None or b is None:
            return 0.0
        levels = (a.take.loudness_lufs, b.take.loudness_lufs)
        if None in levels:
            return 0.0
        mine = levels[1] if self.side == "B" else levels[0]
        return min(0.0, min(levels) - mine)

    def _apply_loop(self) -> None:
        if not self.looping:
            self._player.set_loop(None, None)
            return
        start_s, end_s = self.loop_span or (0.0, self.duration_s)
        self._player.set_loop(start_s, min(end_s, self.duration_s))

    @Slot(int, object)
    def _file_event(self, ticket: int, event: object) -> None:
        if ticket != self._cut_ticket:
            return
        match event:
            case SoundRead():
                self.play_aside(event.clip, self.tr("selection"), self._cut_region.start_s)
            case Failed():
                self.failed.emit(event.message, event.detail)
            case Finished() | Cancelled():
                self._cut_ticket = 0
