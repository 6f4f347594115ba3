"""What a drag on the picture does: pure arithmetic on bounds in frames and bands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt

from gui.canvas_view import Bounds, CanvasView

Edge = Literal["start", "end", "low", "high"]
DRAG_PX = 4.0
_GRAB_PX = 5.0


@dataclass(frozen=True)
class SelectionDrag:
    """Edges of a selection that follow the pointer, the others stay; for a new selection two edges start at the same point."""

    bounds: Bounds
    edges: frozenset[Edge]
    time_only: bool = False

    @classmethod
    def new(cls, frame: float, band: float, time_only: bool) -> SelectionDrag:
        """A rectangle that begins here."""
        return cls(Bounds(frame, frame, band, band), frozenset(("end", "high")), time_only)

    def at(self, frame: float, band: float, view: CanvasView) -> Bounds:
        """Bounds with the pointer at a position; inside the picture, at least one frame and one band large."""
        frame, band = min(max(frame, 0.0), view.extent_frames), min(max(band, 0.0), float(view.geometry.bands))
        moved = {edge: frame if edge in ("start", "end") else band for edge in self.edges}
        start, end, low, high = self.bounds._replace(**moved)
        bands = float(view.geometry.bands)
        if self.time_only:
            low, high = 0.0, bands
        return Bounds(*_ordered(start, end, view.extent_frames), *_ordered(low, high, bands))


def moved_bounds(bounds: Bounds, frames: float, bands: float, view: CanvasView) -> Bounds:
    """The same size elsewhere, inside the picture."""
    frames = min(max(frames, -bounds.start), view.extent_frames - bounds.end)
    bands = min(max(bands, -bounds.low), view.geometry.bands - bounds.high)
    return Bounds(bounds.start + frames, bounds.end + frames, bounds.low + bands, bounds.high + bands)


def stretched_bounds(bounds: Bounds, frames: float, bands: float, view: CanvasView) -> Bounds:
    """End and high edge elsewhere, at least one frame and one band from the others."""
    end = min(max(bounds.end + frames, bounds.start + 1.0), view.extent_frames)
    high = min(max(bounds.high + bands, bounds.low + 1.0), float(view.geometry.bands))
    return bounds._replace(end=max(end, bounds.start), high=high)


def edges_at(point: QPointF, rect: QRectF | None, time_only: bool = False) -> frozenset[Edge]:
    """Edges of a selection in pixels that a press at ``point`` takes hold of; two at a corner, none elsewhere."""
    if rect is None or not rect.adjusted(-_GRAB_PX, -_GRAB_PX, _GRAB_PX, _GRAB_PX).contains(point):
        return frozenset()
    distances: list[tuple[Edge, Edge, float, float]] = [("start", "end", point.x() - rect.left(), rect.right() - point.x())]
    if not time_only:
        distances.append(("high", "low", point.y() - rect.top(), rect.bottom() - point.y()))
    edges: set[Edge] = set()
    for first, second, to_first, to_second in distances:
        nearer, distance = (first, to_first) if abs(to_first) <= abs(to_second) else (second, to_second)
        if abs(distance) <= _GRAB_PX:
            edges.add(nearer)
    return frozenset(edges)


def cursor_for(edges: frozenset[Edge]) -> Qt.CursorShape:
    """The cursor that shows which way these edges move."""
    horizontal, vertical = bool(edges & {"start", "end"}), bool(edges & {"low", "high"})
    if horizontal and vertical:
        rising = edges in ({"start", "low"}, {"end", "high"})
        return Qt.CursorShape.SizeBDiagCursor if rising else Qt.CursorShape.SizeFDiagCursor
    if horizontal:
        return Qt.CursorShape.SizeHorCursor
    return Qt.CursorShape.SizeVerCursor if vertical else Qt.CursorShape.CrossCursor


def _ordered(first: float, second: float, limit: float) -> tuple[float, float]:
    """Both in order and one unit apart, as far as there is room."""
    low, high = max(min(first, second), 0.0), min(max(first, second), limit)
    if high - low < 1.0:
        high = min(max(low + 1.0, 1.0), limit)
        low = max(0.0, min(low, high - 1.0))
    return low, high
