"""Frequencies above the picture: what is drawn gets them as its surroundings have them.

The models work at 22,050 Hz. In a sound of a higher rate what they draw would end at 11 kHz and leave a hole that one hears as a veil. Its
highest octave is therefore repeated above that, as loud as it is there in the sound around: spectral band replication at its plainest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.ndimage import uniform_filter1d

_OVERLAP = 4
_WINDOW_POWER = 1.5
_BLOCK_FRAMES = 256
_SMOOTHED_BINS = 9
_EDGE = 0.95
"""The picture's highest frequencies are soft already; what is repeated begins at this share of its end."""
_FLOOR = 1e-7
"""Bins with less than this share of the whole power hold nothing that is worth going on."""
_MOST_GAIN = 2.0


def edge_bin(f_max_hz: float, sample_rate: int, window: int) -> int:
    """The first STFT bin that is not drawn."""
    return int(np.ceil(_EDGE * f_max_hz * window / sample_rate))


def relation(power: NDArray[np.float64], edge: int) -> NDArray[np.float64]:
    """Level of each bin from ``edge`` on against the one that it repeats (amplitudes, at most 2), from a power spectrum [bins]."""
    smooth = uniform_filter1d(power, _SMOOTHED_BINS, mode="nearest")
    floor = _FLOOR * power.sum()
    there = np.maximum(smooth[edge:] - floor, 0.0) / np.maximum(smooth[_repeated(edge, power.size)], max(floor, 1e-30))
    return np.minimum(np.sqrt(there), _MOST_GAIN)


def with_highs(samples: NDArray[np.float32], levels: NDArray[np.float64], edge: int, window: int, first: int = 0) -> NDArray[np.float32]:
    """Samples [n] whose bins from ``edge`` on repeat the octave below, at ``levels``; block by block, so that little memory is taken.

    ``first`` is the place of the samples in the whole sound: what is cut out of it gets the same highs wherever it is cut.
    """
    hop = window // _OVERLAP
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    lead = window + first % hop
    wide = np.pad(samples, (lead, 2 * window))
    out = wide.astype(np.float32)
    source = _repeated(edge, window // 2 + 1)
    shift = np.arange(edge, window // 2 + 1) - source
    starts = np.arange(0, wide.size - window + 1, hop)
    for block in range(0, starts.size, _BLOCK_FRAMES):
        chosen = starts[block : block + _BLOCK_FRAMES]
        spectra = rfft(wide[chosen[:, None] + np.arange(window)] * hann, axis=1)
        added = np.zeros_like(spectra)
        # A tone that is moved must go on in the next frame where it ended in this one.
        turned = np.exp(2j * np.pi * ((chosen[:, None] + first - lead) * shift % window) / window)
        added[:, edge:] = levels * turned * spectra[:, source] - spectra[:, edge:]
        pieces = irfft(added, window, axis=1) * (hann / _WINDOW_POWER)
        for start, piece in zip(chosen, pieces, strict=True):
            out[start : start + window] += piece.astype(np.float32)
    return out[lead : lead + samples.size]


def _repeated(edge: int, bins: int) -> NDArray[np.intp]:
    """For each bin from ``edge`` on the one in the octave below ``edge`` that it repeats."""
    octave = edge // 2
    return edge - octave + np.arange(bins - edge) % octave
