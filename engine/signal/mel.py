"""The one log-mel of training, app and evaluation: HiFi-GAN's definition, in dB, normalised as in the paper.

Frames are taken without centring after reflecting (window - hop) / 2 samples at both ends; the magnitude is sqrt(re² + im² + 1e-9); the
filters are Slaney's with area normalisation. Values are dB of amplitude (20 log10) with a floor of -100 dB (SpecMaskGIT section 3.1).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from engine.geometry import Geometry, hz_to_mel, mel_to_hz
from engine.types import Spectrogram

_BLOCK_FRAMES = 4096
SILENCE_DB = -100.0
FLOOR_DB = -80.0
CEILING_DB = 20.0
_MAGNITUDE_EPSILON = 1e-9
_AMPLITUDE_FLOOR = 1e-5


@lru_cache(maxsize=16)
def mel_filterbank(sample_rate: int, window_samples: int, bands: int, f_min_hz: float, f_max_hz: float) -> NDArray[np.float32]:
    """Slaney mel filters with area normalisation, float32 [bands, window_samples // 2 + 1]."""
    bins_hz = np.linspace(0, sample_rate / 2, window_samples // 2 + 1)
    edges = mel_to_hz(np.linspace(hz_to_mel(f_min_hz), hz_to_mel(f_max_hz), bands + 2))
    width = np.diff(edges)
    ramps = edges[:, None] - bins_hz[None, :]
    rising = -ramps[:-2] / width[:-1, None]
    falling = ramps[2:] / width[1:, None]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    filters *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    filters = filters.astype(np.float32)
    filters.flags.writeable = False
    return filters


def filterbank_of(geometry: Geometry) -> NDArray[np.float32]:
    """Mel filters of a geometry, float32 [bands, bins]."""
    return mel_filterbank(geometry.sample_rate, geometry.window_samples, geometry.bands, geometry.f_min_hz, geometry.f_max_hz)


def log_mel_db(samples: NDArray, geometry: Geometry) -> NDArray[np.float32]:
    """Log-mel in dB of mono samples [n] -> float32 [bands, n // hop]; at least one frame, short sounds are padded with silence."""
    samples = np.asarray(samples, np.float32)
    pad = (geometry.window_samples - geometry.hop_samples) // 2
    shortest = max(pad + 1, geometry.hop_samples)
    if samples.size < shortest:
        samples = np.pad(samples, (0, shortest - samples.size))
    padded = np.pad(samples, pad, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, geometry.window_samples)[:: geometry.hop_samples]
    # Block by block: the spectra of a long sound would take gigabytes.
    blocks = [_block_db(frames[start : start + _BLOCK_FRAMES], geometry) for start in range(0, len(frames), _BLOCK_FRAMES)]
    return np.concatenate(blocks, axis=1)


def _block_db(frames: NDArray[np.float32], geometry: Geometry) -> NDArray[np.float32]:
    spectrum = rfft(frames * _hann(geometry.window_samples), axis=1)
    magnitude = np.sqrt(spectrum.real**2 + spectrum.imag**2 + np.float32(_MAGNITUDE_EPSILON))
    mel = filterbank_of(geometry) @ magnitude.T
    return (20.0 * np.log10(np.maximum(mel, _AMPLITUDE_FLOOR))).astype(np.float32)


def spectrogram(samples: NDArray, geometry: Geometry) -> Spectrogram:
    """Mel spectrogram of mono samples at the geometry's rate."""
    return Spectrogram(log_mel_db(samples, geometry), geometry)


@lru_cache(maxsize=4)
def _hann(window_samples: int) -> NDArray[np.float32]:
    """Periodic Hann window."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window_samples) / window_samples)
    return window.astype(np.float32)


def normalise(log_mel: NDArray) -> NDArray[np.float32]:
    """dB -> -1..1: -80 dB becomes -1, 20 dB becomes 1, what lies outside is clipped."""
    return np.clip((np.asarray(log_mel, np.float32) - FLOOR_DB) / 50.0 - 1.0, -1.0, 1.0).astype(np.float32)


def denormalise(values: NDArray) -> NDArray[np.float32]:
    """-1..1 -> dB; the floor becomes true silence (-100 dB), which vocoders know, instead of a faint hiss at -80 dB."""
    values = np.clip(np.asarray(values, np.float32), -1.0, 1.0)
    log_mel = (values + 1.0) * 50.0 + FLOOR_DB
    return np.where(values <= -1.0 + 1e-4, SILENCE_DB, log_mel).astype(np.float32)
