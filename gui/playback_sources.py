"""Clips in the form in which a device plays them; long ones are brought to its rate in the background."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot

from engine.types import Clip

AT_ONCE_S = 12.0
"""What is longer would take the window's thread more than a frame."""
_REMEMBERED = 3

Form = tuple[int, int]
"""Rate in Hz and channels of a device."""


class Sources(QObject):
    """Remembers the last few clips, so that switching between two takes costs nothing; ``ready`` tells that one more can be had."""

    ready = Signal()
    _made = Signal(object, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: list[tuple[Clip, Form, NDArray[np.float32]]] = []
        self._waited_for: tuple[Clip, Form] | None = None
        self._made.connect(self._on_made)

    def frames(self, clip: Clip, form: Form) -> NDArray[np.float32] | None:
        """The clip as float32 [frames, channels], or None until ``ready``; only what was asked for last is made ready."""
        self._waited_for = None
        for known, known_form, frames in self._known:
            if known is clip and known_form == form:
                return frames
        if clip.duration_s <= AT_ONCE_S:
            return self._remember(clip, form, device_frames(clip, *form))
        self._waited_for = (clip, form)
        QThreadPool.globalInstance().start(_Preparation(clip, form, self._made))
        return None

    def _remember(self, clip: Clip, form: Form, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        self._known = [*self._known[1 - _REMEMBERED :], (clip, form, frames)]
        return frames

    @Slot(object, object, object)
    def _on_made(self, clip: Clip, form: Form, frames: NDArray[np.float32]) -> None:
        if self._waited_for is not None and self._waited_for[0] is clip and self._waited_for[1] == form:
            self._remember(clip, form, frames)
            self.ready.emit()


class _Preparation(QRunnable):
    """Work for a thread of the pool."""

    def __init__(self, clip: Clip, form: Form, made: Signal) -> None:
        super().__init__()
        self._clip, self._form, self._made = clip, form, made

    def run(self) -> None:
        """Answers by the signal; if the window has gone meanwhile, nobody needs the answer."""
        frames = device_frames(self._clip, *self._form)
        try:
            self._made.emit(self._clip, self._form, frames)
        except RuntimeError:
            return


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
