"""Clips in the form in which a device plays them; long ones are brought to its rate in the background."""

from __future__ import annotations

from functools import partial

import numpy as np
import soxr
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.types import Clip
from gui.background import Background

AT_ONCE_S = 12.0
"""What is longer would take the window's thread more than a frame."""
_REMEMBERED = 3

Form = tuple[int, int]
"""Rate in Hz and channels of a device."""


class Sources(QObject):
    """Remembers the last few clips, so that switching between two takes costs nothing; ``ready`` tells that one more can be had."""

    ready = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: list[tuple[Clip, Form, NDArray[np.float32]]] = []
        self._background = Background(self)

    def frames(self, clip: Clip, form: Form) -> NDArray[np.float32] | None:
        """The clip as float32 [frames, channels], or None until ``ready``; only what was asked for last is made ready."""
        self._background.drop("frames")
        for known, known_form, frames in self._known:
            if known is clip and known_form == form:
                return frames
        if clip.duration_s <= AT_ONCE_S:
            return self._remember(clip, form, device_frames(clip, *form))
        self._background.compute("frames", partial(device_frames, clip, *form), partial(self._on_made, clip, form))
        return None

    def _remember(self, clip: Clip, form: Form, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        self._known = [*self._known[1 - _REMEMBERED :], (clip, form, frames)]
        return frames

    def _on_made(self, clip: Clip, form: Form, frames: NDArray[np.float32]) -> None:
        self._remember(clip, form, frames)
        self.ready.emit()


def device_frames(clip: Clip, sample_rate: int, channels: int) -> NDArray[np.float32]:
    """The clip as the device wants it: float32 [frames, channels] at ``sample_rate`` Hz.

    Mono goes to all channels; where the numbers of channels differ otherwise, the mean of all goes to each. Values that are not numbers
    become silence.
    """
    samples = np.nan_to_num(clip.samples, nan=0.0, posinf=0.0, neginf=0.0)
    if len(samples) != channels:
        samples = samples.mean(axis=0, keepdims=True, dtype=np.float32)
    # A fresh copy: the resampler takes a view of one frame for something else.
    frames = np.array(samples.T, np.float32, order="C", copy=True)
    if clip.sample_rate != sample_rate and len(frames) > 0:
        frames = soxr.resample(frames, clip.sample_rate, sample_rate, quality="HQ")
    frames = np.ascontiguousarray(np.broadcast_to(frames, (len(frames), channels)), np.float32)
    frames.setflags(write=False)
    return frames
