"""Which part of the picture is visible: pure arithmetic between seconds, Hz, frames, mel bands and pixels, without a widget.

Coordinates are continuous: column ``i`` of the picture spans frames ``i..i+1``, band ``i`` spans bands ``i..i+1`` with its centre frequency
in the middle. A selection that touches the lowest or highest edge of the picture is open there (0 Hz, infinity).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from engine.geometry import Geometry, hz_to_mel
from engine.types import Region

EMPTY_DURATION_S = 10.0
MIN_FRAMES = 8.0
MIN_BANDS = 4.0


class Bounds(NamedTuple):
    """A rectangle of the picture, in frames and mel bands."""

    start: float
    end: float
    low: float
    high: float


@dataclass(frozen=True)
class CanvasView:
    """The visible rectangle, in frames and mel bands, of a picture that is ``extent_frames`` long; never leaves the picture."""

    geometry: Geometry
    extent_frames: float
    start: float
    end: float
    low: float
    high: float

    @classmethod
    def whole(cls, geometry: Geometry, duration_s: float) -> CanvasView:
        """All of a picture; 10 s where there is none."""
        seconds = duration_s if math.isfinite(duration_s) and duration_s > 0 else EMPTY_DURATION_S
        frames = seconds / geometry.frame_s
        return cls(geometry, frames, 0.0, frames, 0.0, float(geometry.bands))

    @property
    def span_frames(self) -> float:
        """Visible frames."""
        return self.end - self.start

    @property
    def span_bands(self) -> float:
        """Visible mel bands."""
        return self.high - self.low

    @property
    def duration_s(self) -> float:
        """Seconds of the whole picture."""
        return self.extent_frames * self.geometry.frame_s

    @property
    def is_whole(self) -> bool:
        """True if nothing lies outside."""
        return self.shows_all_time and self.span_bands >= self.geometry.bands

    @property
    def shows_all_time(self) -> bool:
        """True if the whole duration is visible."""
        return self.span_frames >= self.extent_frames

    @property
    def region(self) -> Region:
        """The visible part, its frequency always bounded by the picture."""
        return Region(self.seconds_of(self.start), self.seconds_of(self.end), self.hz_of(self.low), self.hz_of(self.high))

    def moved_to(self, start: float, end: float, low: float, high: float) -> CanvasView:
        """Another visible rectangle, kept inside the picture and no smaller than a few frames and bands."""
        start, end = _inside(start, end, self.extent_frames, MIN_FRAMES)
        low, high = _inside(low, high, float(self.geometry.bands), MIN_BANDS)
        return replace(self, start=start, end=end, low=low, high=high)

    def panned(self, frames: float, bands: float) -> CanvasView:
        """The same size elsewhere."""
        return self.moved_to(self.start + frames, self.end + frames, self.low + bands, self.high + bands)

    def scrolled(self, fraction_time: float, fraction_frequency: float) -> CanvasView:
        """Moved by fractions of what is visible; positive is later and higher."""
        return self.panned(fraction_time * self.span_frames, fraction_frequency * self.span_bands)

    def zoomed_time(self, factor: float, at_frame: float) -> CanvasView:
        """``factor`` above 1 shows less time; ``at_frame`` stays where it is."""
        start, end = _zoomed(self.start, self.end, factor, at_frame, self.extent_frames, MIN_FRAMES)
        return self.moved_to(start, end, self.low, self.high)

    def zoomed_frequency(self, factor: float, at_band: float) -> CanvasView:
        """``factor`` above 1 shows fewer bands; ``at_band`` stays where it is."""
        low, high = _zoomed(self.low, self.high, factor, at_band, float(self.geometry.bands), MIN_BANDS)
        return self.moved_to(self.start, self.end, low, high)

    def fitted(self) -> CanvasView:
        """Everything visible."""
        return replace(self, start=0.0, end=self.extent_frames, low=0.0, high=float(self.geometry.bands))

    def resized(self, geometry: Geometry, duration_s: float) -> CanvasView:
        """The same part of another picture, as far as it has one; what showed everything shows everything."""
        whole = CanvasView.whole(geometry, duration_s)
        if self.shows_all_time or self.start >= whole.extent_frames:
            return whole if geometry != self.geometry else whole.moved_to(0.0, whole.extent_frames, self.low, self.high)
        return whole.moved_to(self.start, self.end, self.low, self.high)

    def frame_of(self, seconds: float) -> float:
        """Frames of a time in seconds, not clipped."""
        return seconds / self.geometry.frame_s

    def seconds_of(self, frame: float) -> float:
        """Seconds of a frame position."""
        return frame * self.geometry.frame_s

    def band_of(self, hz: float) -> float:
        """Band position of a frequency in Hz, clipped to the picture."""
        geometry = self.geometry
        if not math.isfinite(hz):
            return float(geometry.bands)
        low, high = float(hz_to_mel(geometry.f_min_hz)), float(hz_to_mel(geometry.f_max_hz))
        band = (float(hz_to_mel(hz)) - low) / (high - low) * (geometry.bands + 1) - 0.5
        return min(max(band, 0.0), float(geometry.bands))

    def hz_of(self, band: float) -> float:
        """Frequency in Hz of a band position."""
        return self.geometry.band_to_hz(band - 0.5)

    def bounds_of(self, region: Region) -> Bounds:
        """A region in frames and bands, clipped to the picture."""
        start = min(max(self.frame_of(region.start_s), 0.0), self.extent_frames)
        end = min(max(self.frame_of(region.end_s), 0.0), self.extent_frames)
        return Bounds(start, end, self.band_of(region.low_hz), self.band_of(region.high_hz))

    def region_of(self, bounds: Bounds) -> Region:
        """Bounds as a region; open where they touch the lowest or highest edge."""
        low = 0.0 if bounds.low <= 0.0 else self.hz_of(bounds.low)
        high = math.inf if bounds.high >= self.geometry.bands else self.hz_of(bounds.high)
        return Region(self.seconds_of(bounds.start), self.seconds_of(bounds.end), low, high)

    def x_of(self, frame: float, width: float) -> float:
        """Pixels from the left of a picture ``width`` pixels wide."""
        return (frame - self.start) / self.span_frames * width

    def frame_at(self, x: float, width: float) -> float:
        """Frame position under a pixel."""
        return self.start + x / width * self.span_frames

    def y_of(self, band: float, height: float) -> float:
        """Pixels from the top of a picture ``height`` pixels high."""
        return (self.high - band) / self.span_bands * height

    def band_at(self, y: float, height: float) -> float:
        """Band position under a pixel."""
        return self.high - y / height * self.span_bands


def _inside(start: float, end: float, limit: float, smallest: float) -> tuple[float, float]:
    """A span of allowed size, moved into 0..limit."""
    span = min(max(end - start, min(smallest, limit)), limit)
    first = min(max((start + end - span) / 2, 0.0), limit - span)
    return (0.0, limit) if span >= limit else (first, first + span)


def _zoomed(start: float, end: float, factor: float, fixed: float, limit: float, smallest: float) -> tuple[float, float]:
    """A span scaled around a point that stays in place."""
    span = end - start
    wanted = min(max(span / factor, min(smallest, limit)), limit)
    first = fixed - (fixed - start) / span * wanted
    return first, first + wanted
