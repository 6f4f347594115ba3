"""The only place that converts seconds, samples, frames, mel bands, Hz and token cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Slaney's mel scale: linear below 1 kHz, logarithmic above.
_HZ_PER_MEL_LINEAR = 200.0 / 3.0
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _HZ_PER_MEL_LINEAR
_LOG_STEP = np.log(6.4) / 27.0


def hz_to_mel(hz: float | NDArray) -> NDArray:
    """Slaney mel value of a frequency in Hz."""
    hz = np.asarray(hz, dtype=np.float64)
    logarithmic = _BREAK_MEL + np.log(np.maximum(hz, 1e-9) / _BREAK_HZ) / _LOG_STEP
    return np.where(hz < _BREAK_HZ, hz / _HZ_PER_MEL_LINEAR, logarithmic)


def mel_to_hz(mel: float | NDArray) -> NDArray:
    """Frequency in Hz of a Slaney mel value."""
    mel = np.asarray(mel, dtype=np.float64)
    logarithmic = _BREAK_HZ * np.exp(_LOG_STEP * (np.minimum(mel, 1e3) - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, mel * _HZ_PER_MEL_LINEAR, logarithmic)


@dataclass(frozen=True)
class Geometry:
    """Sizes shared by mel transform, tokenizer, generator and canvas; stored in every pack."""

    sample_rate: int = 22050
    hop_samples: int = 256
    window_samples: int = 1024
    bands: int = 80
    f_min_hz: float = 0.0
    f_max_hz: float = 11025.0
    cell_bands: int = 16
    cell_frames: int = 16
    cols: int = 53
    code_count: int = 1024

    @property
    def rows(self) -> int:
        """Token rows; row 0 holds the lowest bands."""
        return self.bands // self.cell_bands

    @property
    def frames(self) -> int:
        """Mel frames of the grid that the generator was trained on."""
        return self.cols * self.cell_frames

    @property
    def cells(self) -> int:
        """Tokens of one full grid."""
        return self.rows * self.cols

    @property
    def samples(self) -> int:
        """Audio samples of one full grid: exactly ``frames * hop_samples``."""
        return self.frames * self.hop_samples

    @property
    def duration_s(self) -> float:
        """Seconds of one full grid."""
        return self.samples / self.sample_rate

    @property
    def frame_s(self) -> float:
        """Seconds of one mel frame."""
        return self.hop_samples / self.sample_rate

    def seconds_to_samples(self, seconds: float) -> int:
        """Nearest sample position."""
        return round(seconds * self.sample_rate)

    def samples_to_frames(self, samples: int) -> int:
        """Frames that cover ``samples``, the last one perhaps in part."""
        return -(-samples // self.hop_samples)

    def frames_to_cols(self, frames: int) -> int:
        """Token columns that cover ``frames``, the last one perhaps in part."""
        return -(-frames // self.cell_frames)

    def seconds_to_cols(self, seconds: float) -> int:
        """Token columns that cover ``seconds``; at least one."""
        frames = self.samples_to_frames(self.seconds_to_samples(seconds))
        return max(1, self.frames_to_cols(frames))

    def cols_to_samples(self, cols: int) -> int:
        """Samples of ``cols`` token columns."""
        return cols * self.cell_frames * self.hop_samples

    def band_edges_hz(self) -> NDArray[np.float64]:
        """``bands + 2`` corner frequencies of the triangular mel filters."""
        low, high = hz_to_mel(self.f_min_hz), hz_to_mel(self.f_max_hz)
        return mel_to_hz(np.linspace(low, high, self.bands + 2))

    def hz_to_band(self, hz: float) -> int:
        """Mel band whose centre lies nearest to ``hz``, clipped to the picture."""
        centres = self.band_edges_hz()[1:-1]
        return int(np.argmin(np.abs(hz_to_mel(centres) - hz_to_mel(hz))))

    def band_to_hz(self, band: float) -> float:
        """Centre frequency of a (fractional) mel band."""
        low, high = hz_to_mel(self.f_min_hz), hz_to_mel(self.f_max_hz)
        return float(mel_to_hz(low + (high - low) * (band + 1) / (self.bands + 1)))

    def hz_to_position(self, hz: float | NDArray) -> NDArray[np.float64]:
        """Place of a frequency in bands, fractional: the centre of band b lies at b + 0.5."""
        low, high = hz_to_mel(self.f_min_hz), hz_to_mel(self.f_max_hz)
        return (hz_to_mel(hz) - low) / (high - low) * (self.bands + 1) - 0.5
