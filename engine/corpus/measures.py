"""What can be measured in a sound: the features that captions promise (all after DC removal and scaling to unit RMS)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import stft

from engine.corpus.recipe import SAMPLE_RATE

_LEVEL_HOP = 128


def _normalised(samples: NDArray) -> NDArray[np.float64]:
    samples = np.asarray(samples, np.float64)
    samples = samples - samples.mean()
    rms = np.sqrt(np.mean(samples**2))
    return samples / rms if rms > 0 else samples


def level_db(samples: NDArray) -> NDArray[np.float64]:
    """Level in dB of 512-sample windows every 128 samples (5.8 ms), floor -70 dB."""
    samples = _normalised(samples)
    energy = np.concatenate([[0.0], np.cumsum(samples**2)])
    starts = np.arange(0, max(1, samples.size - 512), _LEVEL_HOP)
    power = (energy[np.minimum(starts + 512, samples.size)] - energy[starts]) / 512
    return 10 * np.log10(np.maximum(power, 1e-7))


def _power(samples: NDArray) -> tuple[NDArray, NDArray]:
    hz, _, spectrum = stft(_normalised(samples), SAMPLE_RATE, "hann", 1024, 768, boundary=None)
    return hz, np.abs(spectrum) ** 2


def _loud_spectrum(samples: NDArray) -> tuple[NDArray, NDArray]:
    """Mean power spectrum over the frames within 30 dB of the loudest."""
    hz, power = _power(samples)
    total = power.sum(axis=0)
    return hz, power[:, total >= total.max() * 1e-3].mean(axis=1)


def centroid_hz(samples: NDArray) -> float:
    """Power-weighted mean frequency (CEN)."""
    hz, power = _loud_spectrum(samples)
    return float((hz * power).sum() / max(power.sum(), 1e-20))


def low_share(samples: NDArray) -> float:
    """Share of the power below 250 Hz (LOW)."""
    hz, power = _loud_spectrum(samples)
    return float(power[hz < 250].sum() / max(power.sum(), 1e-20))


def high_share(samples: NDArray) -> float:
    """Share of the power above 2 kHz (HIGH)."""
    hz, power = _loud_spectrum(samples)
    return float(power[hz > 2000].sum() / max(power.sum(), 1e-20))


def visible_share(samples: NDArray) -> float:
    """Share of the whole clip's energy in 60-7,500 Hz (VIS)."""
    power = np.abs(np.fft.rfft(_normalised(samples))) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    return float(power[(hz >= 60) & (hz <= 7500)].sum() / max(power.sum(), 1e-20))


def subsonic_share(samples: NDArray) -> float:
    """Share of the energy below 40 Hz."""
    power = np.abs(np.fft.rfft(_normalised(samples))) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    return float(power[hz < 40].sum() / max(power.sum(), 1e-20))


def flatness_db(samples: NDArray) -> float:
    """Geometric over arithmetic mean of the mean power spectrum, 65 Hz-8 kHz (FLAT)."""
    hz, power = _power(samples)
    band = power.mean(axis=1)[(hz > 65) & (hz < 8000)] + 1e-20
    return float(10 * np.log10(np.exp(np.log(band).mean()) / band.mean()))


def active_share(samples: NDArray) -> float:
    """Share of the windows within 40 dB of the loudest (ACT)."""
    level = level_db(samples)
    return float((level > level.max() - 40).mean())


def onset_times_s(samples: NDArray) -> NDArray[np.float64]:
    """Times at which the level rises by more than 6 dB within 46 ms, within 30 dB of the maximum."""
    level = level_db(samples)
    rise = level[8:] - level[:-8]
    candidates = np.flatnonzero((rise > 6) & (level[8:] > level.max() - 30)) + 8
    onsets: list[int] = []
    previous = -10
    for index in candidates:
        if index - previous > 9:
            onsets.append(int(index))
        previous = index
    if level.size and level[0] > level.max() - 30 and (not onsets or onsets[0] > 20):
        onsets.insert(0, 0)
    return np.asarray(onsets) * _LEVEL_HOP / SAMPLE_RATE


def onsets_per_s(samples: NDArray) -> float:
    """Onset rate (ON); saturates near 8 a second."""
    return float(onset_times_s(samples).size / (len(samples) / SAMPLE_RATE))


def onset_count(samples: NDArray) -> float:
    """Number of onsets in the clip."""
    return float(onset_times_s(samples).size)


def _envelope(samples: NDArray) -> NDArray:
    return 10 ** (level_db(samples) / 20)


def modulation_hz(samples: NDArray) -> float:
    """Strongest amplitude-modulation frequency, 0.4-40 Hz (MOD)."""
    envelope = _envelope(samples)
    spectrum = np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(envelope.size), 8 * envelope.size))
    hz = np.fft.rfftfreq(8 * envelope.size, _LEVEL_HOP / SAMPLE_RATE)
    band = (hz >= 0.4) & (hz <= 40)
    return float(hz[band][np.argmax(spectrum[band] * np.sqrt(hz[band]))])


def modulation_depth(samples: NDArray) -> float:
    """Standard deviation over mean of the envelope (DEPTH)."""
    envelope = _envelope(samples)
    return float(envelope.std() / max(envelope.mean(), 1e-12))


def level_range_db(samples: NDArray) -> float:
    """95th minus 5th percentile of the level (RNG)."""
    low, high = np.percentile(level_db(samples), (5, 95))
    return float(high - low)


def f0_track(samples: NDArray) -> tuple[NDArray, NDArray]:
    """Fundamental in Hz and harmonicity 0..1 of the 20 loudest of 60 frames, in order of time; none 40 dB below the loudest."""
    samples = _normalised(samples)
    starts = np.linspace(0, max(0, samples.size - 2048), 60).astype(int)
    frames = np.stack([samples[s : s + 2048] for s in starts]) if samples.size >= 2048 else samples[None]
    power = (frames**2).sum(axis=1)
    keep = np.sort(np.argsort(power)[-20:])
    keep = keep[power[keep] >= 1e-4 * power.max()]
    frames = frames[keep] * np.hanning(frames.shape[1])
    spectrum = np.abs(np.fft.rfft(frames, 4096, axis=1)) ** 2
    correlation = np.fft.irfft(spectrum, axis=1)[:, :490]
    window = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(frames.shape[1]), 4096)) ** 2)[:490]
    correlation = correlation / np.maximum(correlation[:, :1], 1e-12) / (window / window[0])
    return _first_peaks(correlation)


def _first_peaks(correlation: NDArray) -> tuple[NDArray, NDArray]:
    pitches, heights = [], []
    for row in correlation:
        inner = row[1:-1]
        peaks = np.flatnonzero((inner > row[:-2]) & (inner >= row[2:])) + 1
        peaks = peaks[peaks >= 4]
        if peaks.size == 0:
            pitches.append(0.0)
            heights.append(0.0)
            continue
        first = peaks[row[peaks] >= 0.9 * row[peaks].max()][0]
        before, at, after = row[first - 1 : first + 2]
        shift = 0.5 * (before - after) / min(before - 2 * at + after, -1e-12)
        pitches.append(SAMPLE_RATE / (first + shift))
        heights.append(float(at))
    return np.asarray(pitches), np.asarray(heights)


def f0_hz(samples: NDArray) -> float:
    """Median fundamental (F0) of the loud frames that are periodic; trust it only for harmonicity above 0.8."""
    pitch, height = f0_track(samples)
    good = height > 0.6
    return float(np.median(pitch[good])) if good.any() else 0.0


def harmonicity(samples: NDArray) -> float:
    """Median height of the autocorrelation peak (HAR)."""
    return float(np.median(f0_track(samples)[1]))


def t60_s(samples: NDArray) -> float:
    """Decay time of the loudest event: Schroeder integral after the peak, slope from -5 to -25 dB, times three."""
    samples = _normalised(samples)
    start = int(np.argmax(np.abs(samples)))
    integral = np.cumsum(samples[start:][::-1] ** 2)[::-1]
    decay = 10 * np.log10(np.maximum(integral / max(integral[0], 1e-20), 1e-12))
    below5, below25 = np.argmax(decay < -5), np.argmax(decay < -25)
    if below25 <= below5:
        return samples.size / SAMPLE_RATE
    return float(3 * (below25 - below5) / SAMPLE_RATE)


def crest_db(samples: NDArray) -> float:
    """Peak over RMS."""
    return float(20 * np.log10(np.abs(_normalised(samples)).max() + 1e-12))


def pitch_slope(samples: NDArray) -> float:
    """Rank correlation of the loud frames' centroid with time: +1 rises, -1 falls."""
    hz, power = _power(samples)
    total = power.sum(axis=0)
    loud = (total > 0) & (total >= total.max() * 1e-3)
    track = (hz[:, None] * power[:, loud]).sum(axis=0) / total[loud]
    if track.size < 3:
        return 0.0
    ranks = np.argsort(np.argsort(track))
    return float(np.corrcoef(ranks, np.arange(track.size))[0, 1])


def length_s(samples: NDArray) -> float:
    """Seconds between the first and the last window within 20 dB of the loudest."""
    level = level_db(samples)
    loud = np.flatnonzero(level > level.max() - 20)
    return float((loud[-1] - loud[0] + 1) * _LEVEL_HOP / SAMPLE_RATE)


MEASURES: dict[str, Callable[[NDArray], float]] = {
    function.__name__: function
    for function in (
        centroid_hz, low_share, high_share, visible_share, subsonic_share, flatness_db, active_share, onsets_per_s, onset_count,
        modulation_hz, modulation_depth, level_range_db, f0_hz, harmonicity, t60_s, crest_db, pitch_slope, length_s,
    )
}  # fmt: skip
