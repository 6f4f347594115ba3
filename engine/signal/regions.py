"""A piece of a sound, cut out in time and in frequency, to be listened to alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.types import Clip, Region

_FADE_S = 0.005
_CONTEXT_S = 0.5
_BLOCK_S = 20.0
_EDGE_RATIO = 2 ** (1 / 3)
"""Outside its borders the band fades away over a third of an octave."""


def region_samples(clip: Clip, region: Region) -> slice:
    """Samples of ``clip`` that ``region`` covers, nearest to its times; empty where the two do not meet."""
    total = clip.samples.shape[-1]
    start, stop = (round(min(max(seconds, 0.0), clip.duration_s) * clip.sample_rate) for seconds in (region.start_s, region.end_s))
    start, stop = min(start, total), min(stop, total)
    return slice(start, max(start, stop))


def cut_region(clip: Clip, region: Region) -> Clip:
    """Only the time span and only the band of ``region``; other frequencies are silent, phases stay as they are.

    Where the span cuts into the sound it fades over 5 ms; the sound's own beginning and end are left alone.
    """
    span = region_samples(clip, region)
    if region.whole_band:
        samples = clip.samples[:, span].astype(np.float32)
    else:
        samples = np.stack([_in_band(channel, span, clip.sample_rate, region) for channel in clip.samples])
    _fade(samples, round(_FADE_S * clip.sample_rate), span.start > 0, span.stop < clip.samples.shape[-1])
    return Clip(samples, clip.sample_rate)


def _in_band(channel: NDArray, span: slice, sample_rate: int, region: Region) -> NDArray[np.float32]:
    """The band of one channel, block by block: memory does not grow with the length of the sound."""
    context = round(_CONTEXT_S * sample_rate)
    block = min(round(_BLOCK_S * sample_rate), max(1, span.stop - span.start))
    size = 1 << (block + 3 * context - 1).bit_length()
    gain = _band_gain(np.fft.rfftfreq(size, 1 / sample_rate), region)
    found = np.empty(span.stop - span.start, np.float32)
    for start in range(span.start, span.stop, block):
        stop = min(start + block, span.stop)
        found[start - span.start : stop - span.start] = _filtered(channel, start, stop, context, gain, size)
    return found


def _filtered(channel: NDArray, start: int, stop: int, context: int, gain: NDArray, size: int) -> NDArray[np.float64]:
    """Samples ``start`` to ``stop`` filtered together with up to ``context`` samples on either side, which fade in and out."""
    before, after = min(context, start), min(context, len(channel) - stop)
    piece = channel[start - before : stop + after].astype(np.float64)
    _fade(piece[None], before, rise=True, fall=False)
    _fade(piece[None], after, rise=False, fall=True)
    filtered = np.fft.irfft(np.fft.rfft(piece, size) * gain, size)
    return filtered[before : before + stop - start]


def _band_gain(hz: NDArray, region: Region) -> NDArray[np.float64]:
    """1 inside the band, 0 from a third of an octave outside, a raised cosine over the logarithm of the frequency between."""
    octaves = np.log2(np.maximum(hz, 1e-6))
    width = np.log2(_EDGE_RATIO)
    gain = np.ones(len(hz))
    if region.low_hz > 0.0:
        gain *= _smooth(1 + (octaves - np.log2(region.low_hz)) / width)
    if region.high_hz != float("inf"):
        gain *= _smooth(1 - (octaves - np.log2(max(region.high_hz, 1e-6))) / width)
    return gain


def _smooth(place: NDArray) -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(place, 0.0, 1.0))


def _fade(samples: NDArray, count: int, rise: bool, fall: bool) -> None:
    """Fades [channels, n] in place over ``count`` samples, at most half of what is there if both ends fade."""
    total = samples.shape[-1]
    count = min(count, total // 2 if rise and fall else total)
    if count == 0:
        return
    ramp = _smooth((np.arange(count) + 0.5) / count)
    if rise:
        samples[..., :count] *= ramp
    if fall:
        samples[..., -count:] *= ramp[::-1]
