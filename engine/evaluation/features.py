"""What the judge hears in a clip: statistics of its mel picture that do not depend on its level; section 6.5 of the recipe book.

The grain of a picture (changes from frame to frame and from band to band) is left out: a tokenizer halves it without changing what the
sound is, and a judge that leans on it fails on clips that come back.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

# Changing any feature must change this number: cached features and judges carry it.
FEATURES_VERSION = 2
_RANGE_DB = 55.0
_FEWEST_FRAMES = 64
_MODULATION_BINS, _MODULATION_GROUPS = 320, 32
_LEVEL_PERCENTILES = (5, 25, 50, 75, 90)
_BAND_GROUPS = ((0, 12), (12, 30), (30, 52), (52, 80))


def features_of(log_mel: NDArray) -> NDArray[np.float32]:
    """Feature vector float32 [n] of a log-mel picture [bands, frames] in dB."""
    mel = _levelled(log_mel)
    return np.concatenate([_band_statistics(mel), _modulation(mel), _time_shape(mel)]).astype(np.float32)


def disturbed(log_mel: NDArray, rng: np.random.Generator) -> NDArray[np.float32]:
    """The picture as a neutral chain might return it: tilted, a little blurred, over another noise floor.

    Nothing here is learned from a tokenizer or vocoder, so the judge stays independent of the packs that it judges.
    """
    bands, frames = log_mel.shape
    position = np.linspace(-1, 1, bands)
    curve = rng.uniform(-4, 4) * position + rng.uniform(-2, 2) * np.cos(np.pi * (position * rng.uniform(0.5, 2) + rng.uniform(0, 2)))
    blurred = gaussian_filter(log_mel + curve[:, None], (rng.uniform(0, 0.9), rng.uniform(0, 1.6)), mode="nearest")
    floor = blurred.max() - rng.uniform(48, 75) + rng.uniform(-3, 3, (bands, 1)) + rng.normal(0, 2.0, (bands, frames))
    return np.logaddexp(blurred / 8.686, floor / 8.686).astype(np.float32) * 8.686


def _levelled(log_mel: NDArray) -> NDArray[np.float32]:
    """dB against the mean power of the loudest frames, floor -55 dB; what is shorter than 0.7 s is followed by silence."""
    log_mel = np.asarray(log_mel, np.float32)
    log_mel = np.pad(log_mel, ((0, 0), (0, max(0, _FEWEST_FRAMES - log_mel.shape[1]))), constant_values=-100.0)
    frames = 10 * np.log10((10 ** (log_mel / 10)).mean(axis=0))
    return np.maximum(log_mel - np.percentile(frames, 99.5), np.float32(-_RANGE_DB)).astype(np.float32)


def _band_statistics(mel: NDArray) -> NDArray:
    """Per band: mean, deviation, 90 % percentile, and mean of the loudest quarter of the frames."""
    loud = mel[:, mel.mean(axis=0) >= np.percentile(mel.mean(axis=0), 75)]
    return np.concatenate([mel.mean(axis=1), mel.std(axis=1), np.percentile(mel, 90, axis=1), loud.mean(axis=1)])


def _modulation(mel: NDArray) -> NDArray:
    """Modulation spectrum in dB of the mean level, and coarser ones of four groups of bands."""
    parts = [_modulation_of(mel.mean(axis=0), _MODULATION_GROUPS)]
    parts += [_modulation_of(mel[low:high].mean(axis=0), 12) for low, high in _BAND_GROUPS]
    return np.concatenate(parts)


def _modulation_of(level_db: NDArray, groups: int) -> NDArray:
    envelope = 10 ** (level_db / 20)
    spectrum = np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(envelope.size), 848))[1 : _MODULATION_BINS + 1] / envelope.sum()
    # Narrow groups where rhythm lives, wide ones where only roughness does.
    edges = np.unique(np.round(np.geomspace(1, _MODULATION_BINS, groups + 1)).astype(int)) - 1
    return 20 * np.log10(1e-3 + np.array([spectrum[a:b].max() for a, b in pairwise(edges)]))


def _time_shape(mel: NDArray) -> NDArray:
    """Course in time: level percentiles, rises, level and centroid over eight parts, trend of both, repetition of the level."""
    level = mel.mean(axis=0)
    weight = 10 ** (mel / 10)
    centroid = (np.arange(len(mel))[:, None] * weight).sum(axis=0) / weight.sum(axis=0)
    rise = level[4:] - level[:-4]
    parts = np.array_split(np.arange(level.size), 8)
    time = np.linspace(-1, 1, level.size)
    loud = level > level.max() - 25
    return np.concatenate(
        [
            np.percentile(level, _LEVEL_PERCENTILES),
            np.percentile(centroid[loud], (10, 50, 90)),
            [rise.max(), rise.min(), loud.mean()],
            [_correlation(level, time), _correlation(centroid[loud], time[loud]), np.ptp(np.flatnonzero(loud)) / level.size],
            [level[part].mean() for part in parts],
            [centroid[part].mean() for part in parts],
            _repetition(level),
        ]
    )


def _correlation(a: NDArray, b: NDArray) -> float:
    if a.size < 3 or a.std() < 1e-6 or b.std() < 1e-6:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _repetition(level: NDArray) -> NDArray:
    """Highest autocorrelation of the level in six ranges of lag between 50 ms and 4 s."""
    centred = level - level.mean()
    spectrum = np.abs(np.fft.rfft(centred, 2 * level.size)) ** 2
    correlation = np.fft.irfft(spectrum)[: level.size // 2]
    correlation = correlation / max(correlation[0], 1e-9)
    edges = np.round(np.geomspace(4, level.size // 2 - 1, 7)).astype(int)
    return np.array([correlation[a : max(b, a + 1)].max() for a, b in pairwise(edges)])
