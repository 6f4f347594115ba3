"""Keeps what was not painted: samples outside the painted span bit for bit, and inside it the frequencies that were left alone.

The drawn sound and the source have unrelated phases, so wherever one gives way to the other their powers, not their amplitudes, add up to
one; without that every seam would dip by 3 dB.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from engine.geometry import Geometry
from engine.masks import Mask
from engine.signal.highs import edge_bin, relation, with_highs
from engine.signal.seams import RAMP_S, SEAM_S, Level, band_shares, joint_gain_db, ramp
from engine.types import Clip

_WINDOW_S = 0.0465
_OVERLAP = 4
_WINDOW_POWER = 1.5
"""Sum of the squares of Hann windows that lie a quarter of their length apart."""
_FADE_S = 0.03
_BLOCK_FRAMES = 256
_CONTEXT_S = 0.3
_CONTEXT_FRAMES = 400
_AROUND_S = 2.0
_UNPAINTED = 0.02
_QUIET = 1e-9
_LEAST_GAIN, _MOST_GAIN, _MOST_RATIO = 0.5, 2.0, 4.0
_LOUDEST = 0.98
_COMPARED = 1 << 20
_LEAST_LIKENESS = -0.5
_ONE_SIDED = 16 / 3
"""Two halves of a spectrum, over the mean square 3/8 of a Hann window."""


@dataclass(frozen=True)
class Kept:
    """Proof of preservation: how many samples outside of the painted spans differ, and by how much at most."""

    outside_samples: int
    changed_samples: int
    largest_change: float

    @property
    def sentence(self) -> str:
        """One plain sentence for people."""
        if self.outside_samples == 0:
            return "The mask covers the whole length of the sound."
        return f"Outside the mask: {self.changed_samples} sample{'' if self.changed_samples == 1 else 's'} changed."


def blend(source: Clip, drawn: NDArray[np.float32], first_sample: int, mask: Mask, geometry: Geometry) -> Clip:
    """The source with the drawn sound where the mask is painted; see ``blend_into``."""
    out = source.samples.astype(np.float32, copy=True)
    blend_into(out, source.sample_rate, drawn, first_sample, mask, geometry)
    return Clip(out, source.sample_rate)


def blend_into(
    out: NDArray[np.float32], sample_rate: int, drawn: NDArray[np.float32], first_sample: int, mask: Mask, geometry: Geometry
) -> None:
    """Changes ``out`` [channels, n] where the mask is painted in time, and nowhere else.

    ``drawn`` is mono [n] at the geometry's rate and begins at that rate's sample ``first_sample``; it should reach a little beyond the
    paint, for its level is matched to the source where nothing is painted. It is brought to ``sample_rate``, and every channel gets it at
    its own level, brought to that of the source at the joints. Inside the painted span the mask weights both sounds in the STFT domain.
    """
    carried = soxr.resample(drawn, geometry.sample_rate, sample_rate, quality="VHQ").astype(np.float32)
    offset = round(first_sample * sample_rate / geometry.sample_rate)
    for first, last in mask.spans():
        start, stop = span_samples(first, last, mask, out.shape[-1], sample_rate, geometry)
        if stop > start:
            _Span(out, carried, offset, start, stop, _Painted(mask, first, last, sample_rate, geometry)).completed().mix()


def span_samples(first: int, last: int, mask: Mask, samples: int, sample_rate: int, geometry: Geometry) -> tuple[int, int]:
    """Samples of a sound that a run of frames covers; paint up to the picture's end reaches the sound's end."""
    ratio = geometry.hop_samples * sample_rate / geometry.sample_rate
    stop = samples if last >= mask.frames else round(last * ratio)
    return min(samples, round(first * ratio)), min(samples, stop)


def kept(before: Clip, after: Clip, mask: Mask, geometry: Geometry) -> Kept:
    """Compares two sounds outside of the painted spans; what one of them has more of does not count."""
    count = min(before.samples.shape[-1], after.samples.shape[-1])
    outside, changed, largest = 0, 0, 0.0
    for start, stop in _outside(mask, count, before.sample_rate, geometry):
        difference = np.abs(after.samples[:, start:stop] - before.samples[:, start:stop])
        outside += stop - start
        changed += int((difference > 0).any(axis=0).sum())
        largest = max(largest, float(difference.max(initial=0.0)))
    return Kept(outside, changed, largest)


def _outside(mask: Mask, count: int, sample_rate: int, geometry: Geometry) -> Iterator[tuple[int, int]]:
    """Pieces of moderate length of everything that lies before, between and behind the painted spans."""
    gap = 0
    for start, stop in (*(span_samples(*span, mask, count, sample_rate, geometry) for span in mask.spans()), (count, count)):
        for low in range(gap, start, _COMPARED):
            yield low, min(start, low + _COMPARED)
        gap = stop


@dataclass(frozen=True, eq=False)
class _Painted:
    """A painted run of frames as weights of STFT cells."""

    mask: Mask
    first: int
    last: int
    sample_rate: int
    geometry: Geometry

    @property
    def window(self) -> int:
        return max(64, 1 << round(np.log2(_WINDOW_S * self.sample_rate)))

    def inside_picture(self) -> NDArray[np.bool_]:
        """Bins of frequencies that the picture shows."""
        return np.fft.rfftfreq(self.window, 1 / self.sample_rate) < 0.95 * self.geometry.f_max_hz

    def band_shares(self) -> NDArray[np.float64]:
        """Shares [bands, bins] of the bins in the bands whose levels are matched; bins above the picture follow its highest band."""
        hz = np.minimum(np.fft.rfftfreq(self.window, 1 / self.sample_rate), self.geometry.f_max_hz)
        return band_shares(self.geometry.hz_to_position(hz), self.geometry.bands)

    def weights(self, starts: NDArray[np.int64], held: bool) -> NDArray[np.float32]:
        """Weights [len(starts), bins] of STFT frames that begin at the given samples.

        ``held``: what the run paints at its ends goes on beyond them, for there the fades take over. Frequencies above the picture follow
        its highest band: what is painted up to the top is painted to the end of the spectrum.
        """
        geometry, window = self.geometry, self.window
        places = (starts + window / 2) * geometry.sample_rate / self.sample_rate / geometry.hop_samples - 0.5
        if held:
            places = np.clip(places, self.first, self.last - 1)
        low, high = int(np.floor(places.min())) - 1, int(np.ceil(places.max())) + 2
        painted = self.mask.window(low, high)
        if held:
            painted = painted[:, np.clip(np.arange(low, high), self.first, self.last - 1) - low]
        hz = np.fft.rfftfreq(window, 1 / self.sample_rate)
        bands = np.clip(geometry.hz_to_position(np.minimum(hz, geometry.f_max_hz)) - 0.5, 0, geometry.bands - 1)
        return _bilinear(painted, bands, places - low)


@dataclass(frozen=True, eq=False)
class _Span:
    """Samples ``start`` to ``stop`` of a sound, in which ``carried`` (beginning at sample ``offset``) is mixed as it is painted."""

    out: NDArray[np.float32]
    carried: NDArray[np.float32]
    offset: int
    start: int
    stop: int
    painted: _Painted

    def completed(self) -> _Span:
        """The span with frequencies above the picture in what was drawn, as the sound around it has them; without such the span itself."""
        window, f_max_hz = self.painted.window, self.painted.geometry.f_max_hz
        if self.painted.sample_rate <= 2 * f_max_hz:
            return self
        edge = edge_bin(f_max_hz, self.painted.sample_rate, window)
        reach = round(_AROUND_S * self.painted.sample_rate)
        sides = [self._around(self.start - reach, self.start), self._around(self.stop, self.stop + reach)]
        power = sum(side.seconds * side.power for side in sides)
        levels = relation(power, edge) if any(side.seconds for side in sides) else np.zeros(0)
        if not levels.any():
            return self
        margin = round(2 * _CONTEXT_S * self.painted.sample_rate)
        low, high = max(self.offset, self.start - margin), min(self.offset + self.carried.size, self.stop + margin)
        drawn = with_highs(self.carried[low - self.offset : high - self.offset], levels, edge, window, low)
        return replace(self, carried=drawn, offset=low)

    def _around(self, low: int, high: int) -> Level:
        """Mean level of all channels together between two samples, where nothing is painted."""
        starts = self._unpainted(self._starts(low, high))
        return self._level(_cut(self.out, low, high).mean(axis=0), starts - low)

    def mix(self) -> None:
        """Block by block: the memory that it takes does not grow with the length of the span."""
        old_end = np.zeros((len(self.out), 0), np.float32)
        gains = self._gains()
        joints = self._joints(gains)
        hop = self.painted.window // _OVERLAP
        blocks = max(1, round((self.stop - self.start) / (_BLOCK_FRAMES * hop)))
        # All of about the same length, so that no fade is cut in two, and whole hops, so that all see the same frames.
        size = hop * -(-(self.stop - self.start) // (blocks * hop))
        for low in range(self.start, self.stop, size):
            high = min(self.stop, low + size)
            # The block before has been changed already, but its own sound is still needed in front of this one.
            before = _cut(self.out, low - self.painted.window, low)
            before[:, before.shape[1] - old_end.shape[1] :] = old_end
            old = np.concatenate([before, _cut(self.out, low, high + self.painted.window)], axis=1)
            old_end = self.out[:, max(low, high - self.painted.window) : high].copy()
            self._mix_block(old, low, high, gains, joints)

    def _mix_block(self, old: NDArray[np.float32], low: int, high: int, gains: NDArray[np.float64], joints: NDArray[np.float64]) -> None:
        window = self.painted.window
        hop = window // _OVERLAP
        starts = np.arange(low - window + hop, high, hop)
        weights = self.painted.weights(starts, held=True)
        new = _framed(_cut(self.carried[None], low - window - self.offset, high + window - self.offset)[0], hop, len(starts), window)
        fade = _fade_places(low, high, self.start, self.stop, self.out.shape[-1], round(_FADE_S * self.painted.sample_rate))
        slopes = self._slopes(starts + window / 2)
        for channel, gain in enumerate(gains):
            taken = _framed(old[channel], hop, len(starts), window)
            louder = 10 ** (slopes @ joints[channel] / 20) if slopes.any() else 1.0
            added = np.asarray(gain * louder, np.float32) * new
            add_share, take_share = _shares(weights, _likeness(taken, added))
            removed = _added_up(take_share * taken, window)[: high - low]
            drawn = _added_up(add_share * added, window)[: high - low]
            self.out[channel, low:high] += _crossfade(removed, drawn, fade)

    def _slopes(self, centres: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shares [frames, 2] of both joints in the gain of STFT frames around ``centres``."""
        seams = np.array([self.start > 0, self.stop < self.out.shape[-1]])
        reach = RAMP_S * self.painted.sample_rate
        if seams.all():
            reach = min(reach, self.stop - self.start)
        return seams * np.stack([ramp((centres - self.start) / reach), ramp((self.stop - centres) / reach)], axis=1)

    def _joints(self, gains: NDArray[np.float64]) -> NDArray[np.float64]:
        """Gains in dB [channels, 2, bins] that the drawn sound, at its own ``gains`` already, needs at its beginning and its end."""
        size, shares = round(SEAM_S * self.painted.sample_rate), self.painted.band_shares()
        bin_hz = self.painted.sample_rate / self.painted.window
        headroom_db = 20 * np.log10(self._most_gain() / np.maximum(gains, 1e-9))
        joints = np.zeros((len(self.out), 2, shares.shape[1]))
        start, stop = self.start, self.stop
        sides = [
            ((start, min(stop, start + size)), (start - size, start), (start - 2 * size, start - size)),
            ((max(start, stop - size), stop), (stop, stop + size), (stop + size, stop + 2 * size)),
        ]
        for side, (inside, near, far) in enumerate(sides):
            drawn = self._level(self.carried, self._starts(*inside) - self.offset)
            around = [self._unpainted(self._starts(*span)) for span in (near, far)]
            for channel, gain in enumerate(gains):
                scaled = Level(gain**2 * drawn.power, drawn.seconds)
                wanted = joint_gain_db(scaled, *(self._level(self.out[channel], starts) for starts in around), shares, bin_hz)
                joints[channel, side] = np.minimum(wanted, max(0.0, headroom_db[channel]))
        return joints

    def _starts(self, low: int, high: int) -> NDArray[np.int64]:
        """STFT frames that lie between two samples and within the sound."""
        window = self.painted.window
        return np.arange(max(0, low), min(self.out.shape[-1], high) - window + 1, window // _OVERLAP)

    def _unpainted(self, starts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of the frames that another painted span does not touch."""
        return starts[self.painted.weights(starts, held=False).max(axis=1) < _UNPAINTED] if starts.size else starts

    def _level(self, samples: NDArray[np.float32], starts: NDArray[np.int64]) -> Level:
        """Mean level of the STFT frames that lie within the samples."""
        window = self.painted.window
        starts = starts[(starts >= 0) & (starts + window <= samples.size)]
        if starts.size == 0:
            return Level(np.zeros(window // 2 + 1), 0.0)
        spectra = rfft(np.stack([samples[start : start + window] for start in starts]) * _hann(window), axis=1)
        power = np.square(np.abs(spectra), dtype=np.float64).mean(axis=0) * (_ONE_SIDED / window**2)
        return Level(power, (starts[-1] - starts[0] + window / 2) / self.painted.sample_rate)

    def _gains(self) -> NDArray[np.float64]:
        """Gain of the drawn sound in each channel, from what both sound like where nothing is painted, close to the span."""
        window = self.painted.window
        low, high = self._context()
        step = max(window // 2, (high - low) // _CONTEXT_FRAMES)
        starts = np.arange(low - window // 2, high - window // 2, step)
        alone = (self.painted.weights(starts, held=False) < _UNPAINTED) & self.painted.inside_picture()
        there = (starts >= self.offset) & (starts + window <= self.offset + self.carried.size)
        alone &= there[:, None]
        drawn = _power(self.carried[None], starts - self.offset, window, alone)
        mono = _power(self.out, starts, window, alone, mixed=True)
        match = np.clip(np.sqrt(mono / drawn), _LEAST_GAIN, _MOST_GAIN) if min(mono, drawn) > _QUIET * alone.sum() else 1.0
        return np.minimum(match * self._ratios(starts, window, alone, mono), self._most_gain())

    def _ratios(self, starts: NDArray, window: int, alone: NDArray, mono: float) -> NDArray[np.float64]:
        """Level of each channel against the mean of all."""
        if len(self.out) == 1:
            return np.ones(1)
        if mono <= _QUIET * alone.sum():
            alone = np.ones_like(alone)
            mono = _power(self.out, starts, window, alone, mixed=True)
        if mono <= _QUIET * alone.sum():
            return np.ones(len(self.out))
        powers = [_power(channel[None], starts, window, alone) for channel in self.out]
        return np.clip(np.sqrt(np.array(powers) / mono), 0.0, _MOST_RATIO)

    def _context(self) -> tuple[int, int]:
        """The span and a little around it."""
        context = round(_CONTEXT_S * self.painted.sample_rate)
        return max(0, self.start - context), min(self.out.shape[-1], self.stop + context)

    def _most_gain(self) -> float:
        """Nothing that is drawn gets louder than full scale, unless the source is."""
        low, high = self._context()
        peak = max(-float(self.out[:, low:high].min(initial=0)), float(self.out[:, low:high].max(initial=0)), _LOUDEST)
        part = self.carried[max(0, self.start - self.offset) : max(0, self.stop - self.offset)]
        return peak / max(float(np.abs(part).max(initial=0.0)), 1e-9)


def _power(samples: NDArray, starts: NDArray, window: int, cells: NDArray[np.bool_], mixed: bool = False) -> float:
    """Power of the chosen STFT cells [len(starts), bins] of one channel, or of the mean of all."""
    total = 0.0
    hann = _hann(window)
    for start, chosen in zip(starts, cells, strict=True):
        if chosen.any():
            piece = _cut(samples, start, start + window)
            spectrum = rfft(hann * (piece.mean(axis=0) if mixed else piece[0]))
            total += float(np.square(np.abs(spectrum[chosen]), dtype=np.float64).sum())
    return total / window


def _cut(samples: NDArray, start: int, stop: int) -> NDArray[np.float32]:
    """Samples [channels, stop - start], silence where there are none."""
    out = np.zeros((samples.shape[0], max(0, stop - start)), np.float32)
    low, high = max(0, start), min(samples.shape[-1], stop)
    if low < high:
        out[:, low - start : high - start] = samples[:, low:high]
    return out


def _hann(window: int) -> NDArray[np.float32]:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)).astype(np.float32)


def _framed(samples: NDArray[np.float32], hop: int, count: int, window: int) -> NDArray[np.complex64]:
    """Spectra [count, bins] of windowed frames; the first begins at sample ``hop``."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, window)[hop::hop][:count]
    return rfft(frames * _hann(window), axis=1)


def _added_up(spectra: NDArray[np.complex64], window: int) -> NDArray[np.float32]:
    """Overlap-add of frames of which the first begins ``window - hop`` samples before the block; the block and what follows it."""
    hop = window // _OVERLAP
    pieces = (irfft(spectra, window, axis=1) * (_hann(window) / _WINDOW_POWER)).reshape(len(spectra), _OVERLAP, hop)
    sums = np.zeros((len(spectra) + _OVERLAP - 1, hop), np.float32)
    for part in range(_OVERLAP):
        sums[part : part + len(spectra)] += pieces[:, part]
    return sums[_OVERLAP - 1 :].reshape(-1)


def _likeness(old: NDArray[np.complex64], new: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Correlation 0..1 of the frames of two sounds, [frames, 1]; 1 if they are the same."""
    both = (old.real * new.real + old.imag * new.imag).sum(axis=1)
    powers = np.square(np.abs(old)).sum(axis=1) * np.square(np.abs(new)).sum(axis=1)
    return np.clip(both / np.sqrt(np.maximum(powers, 1e-20)), 0.0, 1.0)[:, None].astype(np.float32)


def _shares(weights: NDArray[np.float32], likeness: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Share of the drawn sound that is added, and of the source that is removed, so that the power stays even at half weights."""
    rest = 1 - weights
    even = 1 / np.sqrt(rest * rest + weights * weights + 2 * likeness * weights * rest)
    return weights * even, 1 - rest * even


def _fade_places(low: int, high: int, start: int, stop: int, total: int, fade: int) -> NDArray[np.float32]:
    """0 where a span touches what is kept, 1 from ``fade`` samples on (half of a short span); a sound's own ends are no seams."""
    fade = max(1, min(fade, (stop - start) // 2))
    places = np.arange(low, high) + 0.5
    rising = (places - start) / fade if start > 0 else np.ones(high - low)
    falling = (stop - places) / fade if stop < total else np.ones(high - low)
    return np.clip(np.minimum(rising, falling), 0, 1).astype(np.float32)


def _crossfade(removed: NDArray[np.float32], drawn: NDArray[np.float32], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """What has to be added to the source: nothing at place 0, the whole exchange at place 1, even power between (Vorbis' power window)."""
    out = drawn - removed
    fading = np.concatenate([[False], places < 1, [False]])
    edges = np.flatnonzero(fading[1:] != fading[:-1])
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        old, new = removed[first:last].astype(np.float64), drawn[first:last].astype(np.float64)
        likeness = np.clip((old * new).sum() / np.sqrt(max((old * old).sum() * (new * new).sum(), 1e-20)), _LEAST_LIKENESS, 1.0)
        angle = np.pi / 2 * np.sin(np.pi / 2 * places[first:last]) ** 2
        even = 1 / np.sqrt(1 + likeness * np.sin(2 * angle))
        out[first:last] = np.sin(angle) * even * new - (1 - np.cos(angle) * even) * old
    return out


def _bilinear(picture: NDArray, rows: NDArray, cols: NDArray) -> NDArray[np.float32]:
    """Values [len(cols), len(rows)] between the places of a picture."""
    r0 = np.minimum(rows.astype(int), picture.shape[0] - 1)
    r1 = np.minimum(r0 + 1, picture.shape[0] - 1)
    c0 = np.clip(np.floor(cols).astype(int), 0, picture.shape[1] - 1)
    c1 = np.minimum(c0 + 1, picture.shape[1] - 1)
    along = picture[r0] + (rows - r0).astype(np.float32)[:, None] * (picture[r1] - picture[r0])
    share = np.clip(cols - c0, 0, 1).astype(np.float32)[:, None]
    a, b = along[:, c0].T, along[:, c1].T
    return a + share * (b - a)
