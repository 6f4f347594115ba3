"""How loud a sound is: programme loudness after ITU-R BS.1770 and the peak between the samples."""

from __future__ import annotations

from functools import cache

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.signal import lfilter

from engine.types import Clip, EngineError

_BLOCK_S = 0.4
_HOPS_PER_BLOCK = 4
_OFFSET_LU = -0.691
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_REFERENCE_RATE = 48000


def integrated_lufs(samples: NDArray, sample_rate: int) -> float:
    """Gated loudness in LUFS of a mono [n] or multichannel [channels, n] sound; -inf for silence.

    Blocks of 400 ms, 75 % overlap, gates at -70 LUFS and 10 LU below the mean. A sound shorter than a block is padded to one.
    """
    power = _block_power(samples, sample_rate)
    power = power[power > _power(_ABSOLUTE_GATE_LUFS)]
    if power.size == 0:
        return -np.inf
    relative_gate = power.mean() * 10 ** (_RELATIVE_GATE_LU / 10)
    return _lufs(float(power[power > relative_gate].mean()))


def loudness_of(clip: Clip) -> float | None:
    """Integrated loudness of a clip in LUFS; None for silence."""
    loudness = integrated_lufs(clip.samples, clip.sample_rate)
    return loudness if np.isfinite(loudness) else None


def momentary_max_lufs(samples: NDArray, sample_rate: int) -> float:
    """Loudness in LUFS of the loudest 400 ms block: the number for one-shots; -inf for silence."""
    return _lufs(float(_block_power(samples, sample_rate).max()))


def true_peak_dbfs(samples: NDArray) -> float:
    """Peak in dBFS of a mono [n] or multichannel [channels, n] sound after 4x oversampling; -inf for silence."""
    samples = np.atleast_2d(np.asarray(samples, np.float64))
    if samples.size == 0:
        return -np.inf
    oversampled = soxr.resample(samples.T, 1, 4, quality="VHQ")
    # The resampler rounds the peaks of the original samples a little: what was there before counts as well.
    peak = max(float(np.abs(samples).max()), float(np.abs(oversampled).max(initial=0.0)))
    if not np.isfinite(peak):
        raise EngineError("numeric", "The sound contains values that are not numbers.")
    return 20 * np.log10(peak) if peak > 0 else -np.inf


def _block_power(samples: NDArray, sample_rate: int) -> NDArray[np.float64]:
    """K-weighted mean square of each 400 ms block, summed over the channels."""
    hop = round(_BLOCK_S * sample_rate / _HOPS_PER_BLOCK)
    # Channel by channel: all at once would take gigabytes in double precision.
    energy = sum(_hop_energy(channel, hop, sample_rate) for channel in np.atleast_2d(samples))
    if not np.isfinite(energy).all():
        raise EngineError("numeric", "The sound contains values that are not numbers.")
    return np.convolve(energy, np.ones(_HOPS_PER_BLOCK), "valid") / (hop * _HOPS_PER_BLOCK)


def _hop_energy(channel: NDArray, hop: int, sample_rate: int) -> NDArray[np.float64]:
    """K-weighted energy of each hop of one channel [n]."""
    channel = np.asarray(channel, np.float64)
    if channel.size < hop * _HOPS_PER_BLOCK:
        channel = np.pad(channel, (0, hop * _HOPS_PER_BLOCK - channel.size))
    hops = channel.size // hop
    b, a = _k_weighting(sample_rate)
    parts = lfilter(b, a, channel)[: hops * hop].reshape(hops, hop)
    return np.einsum("hn,hn->h", parts, parts)


@cache
def _k_weighting(sample_rate: int) -> tuple[NDArray, NDArray]:
    """Both K-weighting sections of BS.1770 as one filter of order four, re-derived from their analogue form for any rate in Hz."""
    shelf_hz, shelf_gain_db, shelf_q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    k = np.tan(np.pi * shelf_hz / sample_rate)
    high = 10 ** (shelf_gain_db / 20)
    band = high**0.4996667741545416
    shelf_b = np.array([high + band * k / shelf_q + k * k, 2 * (k * k - high), high - band * k / shelf_q + k * k])
    shelf_a = np.array([1 + k / shelf_q + k * k, 2 * (k * k - 1), 1 - k / shelf_q + k * k])
    pass_a = _highpass_poles(sample_rate)
    # The standard prints the high-pass at 48 kHz with a numerator of exactly 1, -2, 1: keep the gain that this implies there.
    pass_b = np.array([1.0, -2.0, 1.0]) * _highpass_poles(_REFERENCE_RATE)[0]
    a = np.convolve(shelf_a, pass_a)
    return np.convolve(shelf_b, pass_b) / a[0], a / a[0]


def _highpass_poles(sample_rate: int) -> NDArray[np.float64]:
    hz, q = 38.13547087602444, 0.5003270373238773
    k = np.tan(np.pi * hz / sample_rate)
    return np.array([1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k])


def _lufs(power: float) -> float:
    return _OFFSET_LU + 10 * np.log10(power) if power > 0 else -np.inf


def _power(lufs: float) -> float:
    return 10 ** ((lufs - _OFFSET_LU) / 10)
