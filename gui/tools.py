"""What painting tools do: from positions of the pointer to weights of a mask; pure arithmetic without a widget.

Positions are (frame, band), both fractional, as in ``engine.mask_shapes``. While a stroke lasts its weights lie in one array of the whole
picture; every move changes a small box of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from engine.geometry import Geometry
from engine.mask_shapes import Point, harmonics_mask, lasso_mask, stroke_mask, wand_mask
from engine.masks import Mask, Weights

PaintTool = Literal["brush", "eraser", "rectangle", "lasso", "time_stripe", "band_stripe", "harmonics", "wand", "move"]
Mode = Literal["replace", "add", "subtract"]

PAINT_TOOLS: tuple[str, ...] = get_args(PaintTool)
ROUND_TOOLS = ("brush", "eraser", "harmonics")
"""Tools with a size and a soft edge."""

INSTANT_TOOLS = (*ROUND_TOOLS, "wand")
"""Tools that paint where they are pressed; the others need a drag, a click with them seeks."""

WIDTHS_S = (0.02, 10.0)
HEIGHTS_BANDS = (1.0, 80.0)
OVERTONES = (1, 40)
TOLERANCES_DB = (0.5, 60.0)
_SIZE_STEP = 1.25
_LONGEST_LIVE_LASSO = 1000


@dataclass(frozen=True)
class BrushShape:
    """An ellipse: its width in seconds, its height in mel bands, and its hardness from 0 (soft from the middle on) to 1 (sharp edge)."""

    width_s: float = 0.4
    height_bands: float = 8.0
    hardness: float = 0.6

    def scaled(self, steps: int) -> BrushShape:
        """So many steps larger, or smaller if negative; within the limits."""
        factor = _SIZE_STEP**steps
        return replace(
            self, width_s=_within(self.width_s * factor, WIDTHS_S), height_bands=_within(self.height_bands * factor, HEIGHTS_BANDS)
        )

    def radii(self, geometry: Geometry) -> tuple[float, float]:
        """Half the width in frames, half the height in bands."""
        return self.width_s / geometry.frame_s / 2, self.height_bands / 2


@dataclass(frozen=True)
class ToolOptions:
    """Settings of all tools; brush, eraser and harmonics brush remember a size each."""

    brush: BrushShape = field(default_factory=BrushShape)
    eraser: BrushShape = field(default_factory=lambda: BrushShape(0.6, 12.0, 1.0))
    harmonics: BrushShape = field(default_factory=lambda: BrushShape(0.1, 2.5, 0.8))
    overtones: int = 12
    tolerance_db: float = 12.0

    def shape(self, tool: str) -> BrushShape | None:
        """The ellipse of a tool, None for tools without."""
        return getattr(self, tool) if tool in ROUND_TOOLS else None

    def resized(self, tool: str, steps: int) -> ToolOptions:
        """The ellipse of a tool so many steps larger; nothing changes for tools without."""
        shape = self.shape(tool)
        return self if shape is None else replace(self, **{tool: shape.scaled(steps)})


def mode_for(tool: str, add: bool, subtract: bool) -> Mode:
    """What a stroke does to the paint that is there: ``add`` is Shift, ``subtract`` Alt or Ctrl when it begins."""
    if tool == "move":
        return "replace"
    if subtract or tool == "eraser":
        return "subtract"
    return "add" if add or tool in ROUND_TOOLS else "replace"


class Box(NamedTuple):
    """Whole frames and bands, each from the first to behind the last."""

    first: int
    last: int
    low: int
    high: int

    def joined(self, other: Box | None) -> Box:
        """The smallest box that holds both."""
        if other is None:
            return self
        firsts = min(self.first, other.first), max(self.last, other.last)
        return Box(*firsts, min(self.low, other.low), max(self.high, other.high))


class Patch(NamedTuple):
    """Weights [bands, frames] of a shape, and the frame and the band where they begin; inside the picture."""

    first: int
    low: int
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, mask: Mask) -> Patch:
        """The painted rows and columns of a mask."""
        rows = np.flatnonzero(mask.weights.any(axis=1))
        if rows.size == 0:
            return cls(0, 0, np.zeros((0, 0), np.float32))
        return cls(mask.first, int(rows[0]), mask.weights[rows[0] : rows[-1] + 1])

    @property
    def box(self) -> Box | None:
        """What it covers, None if nothing."""
        height, width = self.weights.shape
        return Box(self.first, self.first + width, self.low, self.low + height) if self.weights.size else None


class LivePaint:
    """A mask that is being painted: ``weights`` [bands, frames] of the whole picture, changed in place."""

    def __init__(self, start: Mask) -> None:
        self.start = start
        self._before = start.array()
        self.weights = self._before.copy()
        self._placed: Box | None = None
        self._replaced = start.is_empty

    @property
    def frames(self) -> int:
        """Frames of the picture."""
        return self.weights.shape[1]

    @property
    def first(self) -> int:
        """Paint may be anywhere."""
        return 0

    @property
    def last(self) -> int:
        """Frame behind the last one that may be painted."""
        return self.frames

    def window(self, first: int, last: int) -> Weights:
        """Weights [bands, last - first] of frames inside the picture."""
        return self.weights[:, first:last]

    def mask(self) -> Mask:
        """What is painted now; the mask from before if nothing changed."""
        changed = Mask.of(self.weights, self.frames)
        return self.start if changed.same_as(self.start) else changed

    def join(self, patch: Patch, mode: Mode) -> Box | None:
        """Adds to or takes from what is painted now, for good; returns what may have changed."""
        self._apply(patch, mode, self.weights)
        return patch.box

    def place(self, patch: Patch, mode: Mode) -> Box | None:
        """Shows a shape on the paint from before, in the place of the shape that was placed last; returns what may have changed."""
        touched = self._taken_back(mode)
        self._apply(patch, mode, self._before)
        self._placed = patch.box
        return touched if patch.box is None else patch.box.joined(touched)

    def _taken_back(self, mode: Mode) -> Box | None:
        if mode == "replace" and not self._replaced:
            self._replaced = True
            self._before[:] = 0
            self.weights[:] = 0
            return Box(self.start.first, self.start.last, 0, self.start.bands)
        box = self._placed
        if box is not None:
            part = slice(box.low, box.high), slice(box.first, box.last)
            self.weights[part] = self._before[part]
        return box

    def _apply(self, patch: Patch, mode: Mode, ground: NDArray[np.float32]) -> None:
        if patch.box is None:
            return
        part = slice(patch.low, patch.box.high), slice(patch.first, patch.box.last)
        if mode == "subtract":
            np.minimum(ground[part], 1 - patch.weights, out=self.weights[part])
        else:
            np.maximum(ground[part], patch.weights, out=self.weights[part])


@dataclass(frozen=True, eq=False)
class Ground:
    """The picture that is painted on, ``log_mel`` [bands, frames] in dB."""

    geometry: Geometry
    log_mel: NDArray[np.float32]

    @property
    def bands(self) -> int:
        """Height of the picture."""
        return self.log_mel.shape[0]

    @property
    def frames(self) -> int:
        """Length of the picture."""
        return self.log_mel.shape[1]

    def inside(self, frame: float, band: float) -> Point:
        """The nearest position in the picture."""
        return _within(frame, (0.0, float(self.frames))), _within(band, (0.0, float(self.bands)))


class Stroke:
    """One gesture on ``paint``; ``to`` follows the pointer and returns what may have changed."""

    def __init__(self, ground: Ground, paint: LivePaint, mode: Mode, options: ToolOptions) -> None:
        self.ground, self.paint, self.mode, self.options = ground, paint, mode, options
        self.points: list[Point] = []

    @property
    def contour(self) -> list[Point]:
        """An outline that is not closed yet; empty for most tools."""
        return []

    def to(self, frame: float, band: float) -> Box | None:
        """The pointer is here now."""
        raise NotImplementedError

    def finished(self) -> Mask:
        """The whole new mask; the very one from before if nothing changed."""
        return self.paint.mask()


class BrushStroke(Stroke):
    """A line of ellipses, each part of which is painted at once."""

    shape_name = "brush"

    def to(self, frame: float, band: float) -> Box | None:
        """Paints from the last position to this one."""
        shape = self.options.shape(self.shape_name)
        radii = shape.radii(self.ground.geometry)
        margin = radii[1] + 2
        point = (frame, _within(band, (-margin, self.ground.bands + margin)))
        line = [self.points[-1], point] if self.points else [point]
        self.points = [point]
        return self.paint.join(Patch.of(self._line(line, *radii, shape.hardness)), self.mode)

    def _line(self, line: list[Point], radius_frames: float, radius_bands: float, hardness: float) -> Mask:
        return stroke_mask(line, radius_frames, radius_bands, hardness, self.ground.bands, self.ground.frames)


class EraserStroke(BrushStroke):
    """The same with a size of its own."""

    shape_name = "eraser"


class HarmonicsStroke(BrushStroke):
    """A fundamental and its overtones."""

    shape_name = "harmonics"

    def _line(self, line: list[Point], radius_frames: float, radius_bands: float, hardness: float) -> Mask:
        inside = [(frame, self.ground.inside(frame, band)[1]) for frame, band in line]
        ground, count = self.ground, self.options.overtones + 1
        return harmonics_mask(inside, radius_frames, radius_bands, hardness, ground.geometry, ground.frames, count)


class BoxStroke(Stroke):
    """A rectangle between the first position and this one: what it touches counts whole."""

    whole_time = False
    whole_band = False

    def to(self, frame: float, band: float) -> Box | None:
        """Puts the other corner here."""
        point = self.ground.inside(frame, band)
        self.points = [self.points[0] if self.points else point, point]
        frames, bands = zip(*self.points, strict=True)
        first, last = (0, self.ground.frames) if self.whole_time else _span(frames, self.ground.frames)
        low, high = (0, self.ground.bands) if self.whole_band else _span(bands, self.ground.bands)
        return self.paint.place(Patch(first, low, np.ones((high - low, last - first), np.float32)), self.mode)


class TimeStripeStroke(BoxStroke):
    """A span of time in full height."""

    whole_band = True


class BandStripeStroke(BoxStroke):
    """A band of frequencies over the whole length."""

    whole_time = True


class LassoStroke(Stroke):
    """The inside of a free line; very long ones show their inside only when they are done."""

    @property
    def contour(self) -> list[Point]:
        """The line so far."""
        return self.points

    def to(self, frame: float, band: float) -> Box | None:
        """The line goes on to here."""
        margin = self.ground.bands
        self.points.append((_within(frame, (-1.0, self.ground.frames + 1.0)), _within(band, (-margin, 2.0 * margin))))
        frames = [point[0] for point in self.points]
        return self._place() if max(frames) - min(frames) <= _LONGEST_LIVE_LASSO else None

    def finished(self) -> Mask:
        """The line is closed."""
        self._place()
        return super().finished()

    def _place(self) -> Box | None:
        return self.paint.place(Patch.of(lasso_mask(self.points, self.ground.bands, self.ground.frames)), self.mode)


class WandStroke(Stroke):
    """What hangs together with the place under the pointer and is about as loud."""

    def to(self, frame: float, band: float) -> Box | None:
        """Grows from here."""
        ground = self.ground
        frame, band = ground.inside(frame, band)
        column, row = min(int(frame), ground.frames - 1), min(int(band), ground.bands - 1)
        return self.paint.place(Patch.of(wand_mask(ground.log_mel, column, row, self.options.tolerance_db)), self.mode)


class MoveStroke(Stroke):
    """The paint follows the pointer, in whole frames and bands."""

    def to(self, frame: float, band: float) -> Box | None:
        """Moves by the way from the first position to here."""
        self.points = [self.points[0] if self.points else (frame, band), (frame, band)]
        (x0, y0), (x1, y1) = self.points
        return self.paint.place(Patch.of(self.paint.start.moved(round(y1 - y0), round(x1 - x0))), "replace")


_STROKES: dict[str, type[Stroke]] = {
    "brush": BrushStroke,
    "eraser": EraserStroke,
    "rectangle": BoxStroke,
    "lasso": LassoStroke,
    "time_stripe": TimeStripeStroke,
    "band_stripe": BandStripeStroke,
    "harmonics": HarmonicsStroke,
    "wand": WandStroke,
    "move": MoveStroke,
}


def begin(tool: str, ground: Ground, start: Mask, mode: Mode, options: ToolOptions) -> Stroke:
    """A stroke of a tool on the paint that is there; KeyError for tools that do not paint."""
    return _STROKES[tool](ground, LivePaint(start.fitted(ground.frames)), mode, options)


def overtones_of(band: float, geometry: Geometry, count: int) -> list[float]:
    """Band positions of the overtones above a fundamental at ``band``, as far as the picture reaches."""
    fundamental = geometry.band_to_hz(_within(band, (0.0, float(geometry.bands))) - 0.5)
    frequencies = [number * fundamental for number in range(2, count + 2)]
    return [float(geometry.hz_to_position(hz)) for hz in frequencies if 0 < hz < geometry.f_max_hz]


def _within(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])


def _span(ends: tuple[float, ...], size: int) -> tuple[int, int]:
    """Whole places between two positions, at least one."""
    first = min(math.floor(min(ends)), size - 1)
    return first, max(first + 1, min(math.ceil(max(ends)), size))
