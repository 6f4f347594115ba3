"""Plays takes: the border between the window's thread and the sound card's."""

from __future__ import annotations

import threading
from time import perf_counter

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from engine.types import Clip
from gui.output import DeviceInfo, Output, OutputError, Stream
from gui.playback import Levels, Playback
from gui.playback_sources import Form, Sources

_TICK_MS = 16
_STALLED_S = 1.0
_WAKE_S = 3.0
"""Some devices take their first buffers at once and then take their time to wake up."""
_IDLE_MS = 600
_RELEASE_S = 1.0
_FORM_WITHOUT_DEVICE: Form = (48000, 2)
_AT_THE_END_S = 1e-4


class Player(QObject):
    """One clip at a time, with a loop, a volume and a device; times are seconds of the clip.

    ``position_changed`` and ``levels_changed`` (``Levels``) come about 60 times a second while it plays. ``device_lost`` carries one
    sentence: playing has stopped, the position is kept, the default device will be used next. ``returns`` says whether the playhead goes
    back to where playing began when the end is reached.
    """

    position_changed = Signal(float)
    state_changed = Signal(bool)
    finished = Signal()
    levels_changed = Signal(object)
    device_lost = Signal(str)
    devices_changed = Signal(object)

    def __init__(self, output: Output | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.returns = False
        self._output = output or Output()
        self._device: str | None = None
        self._clip: Clip | None = None
        self._gain = 1.0
        self._volume = 1.0
        self._loop: tuple[float, float] | None = None
        self._began_s = 0.0
        self._playing = False
        self._waiting_s: float | None = None
        self._stream: Stream | None = None
        self._releasing: threading.Thread | None = None
        self._stale = False
        self._form: Form | None = None
        self._loaded = False
        self._playback = Playback(*_FORM_WITHOUT_DEVICE)
        self._progress = _Progress(self._playback)
        self._sources = Sources(self)
        self._sources.ready.connect(self._on_ready)
        self._tick = QTimer(self, interval=_TICK_MS)
        self._tick.timeout.connect(self._on_tick)
        self._idle = QTimer(self, interval=_IDLE_MS, singleShot=True)
        self._idle.timeout.connect(self._release_stream)

    # What it plays.

    def set_clip(self, clip: Clip | None, gain_db: float = 0.0, keep_position: bool = True) -> None:
        """Another sound, from the same position on if ``keep_position``: while playing this is the A/B switch."""
        self._clip, self._gain = clip, 10 ** (gain_db / 20)
        self._load()
        if clip is None:
            self._halt(0.0)
        elif not keep_position:
            self.seek(0.0)
        elif not self._playing and self.position_s > clip.duration_s:
            self.seek(clip.duration_s)

    def play(self, from_s: float | None = None) -> None:
        """Plays from ``from_s`` or from where the playhead is; from the end it begins anew. ``device_lost`` tells if there is no output."""
        if self._clip is None:
            return
        start_s = self.position_s if from_s is None else max(0.0, from_s)
        if start_s >= self._clip.duration_s - _AT_THE_END_S:
            start_s = self._loop[0] if self._loop and self._loop[0] < self._clip.duration_s else 0.0
        self._start(start_s)

    def stop(self) -> None:
        """Stops; the playhead stays where it was heard."""
        if self._playing or self._waiting_s is not None:
            self._halt(self.position_s)

    def toggle(self) -> None:
        """Plays or stops."""
        if self._playing or self._waiting_s is not None:
            self.stop()
        else:
            self.play()

    def seek(self, seconds: float) -> None:
        """Moves the playhead; what plays goes on from there."""
        seconds = min(max(0.0, seconds), self.duration_s)
        if self._waiting_s is not None:
            self._waiting_s = seconds
        elif self._playing and self._playback.ended:
            self._start(seconds)
        else:
            self._playback.seek(self._frames(seconds))
        self.position_changed.emit(seconds)

    def set_loop(self, start_s: float | None, end_s: float | None) -> None:
        """Repeats a span without a gap; None ends the loop."""
        self._loop = None if start_s is None or end_s is None or end_s <= start_s else (max(0.0, start_s), end_s)
        self._apply_loop()

    def set_volume(self, volume: float) -> None:
        """Linear, 0 (silent) to 1."""
        self._volume = min(max(0.0, volume), 1.0)
        self._playback.set_volume(self._volume)

    # Where it plays.

    @property
    def problem(self) -> str:
        """One sentence why there is no sound output, or empty."""
        return self._output.problem

    @property
    def device(self) -> str | None:
        """Name of the chosen device, None for the system's."""
        return self._device

    def devices(self) -> list[DeviceInfo]:
        """All sound outputs."""
        return self._output.devices()

    def set_device(self, name: str | None) -> None:
        """Another sound output, None for the system's; what plays goes on there."""
        if name == self._device:
            return
        playing, position_s = self._playing, self.position_s
        self.stop()
        self._change_device(name)
        if playing:
            self.play(position_s)

    def refresh_devices(self) -> None:
        """Looks for devices again; playing stops, because the sound library has to be started anew."""
        self.stop()
        self._release_stream()
        if self._released():
            self._look_again()
        else:
            self._stale = True
            self.devices_changed.emit(self.devices())

    def close(self) -> None:
        """Ends everything; for the end of the program."""
        self.stop()
        self._release_stream()
        self._released()

    # What can be asked.

    @property
    def playing(self) -> bool:
        """True while sound comes out."""
        return self._playing

    @property
    def underflows(self) -> int:
        """How often the sound card had to wait."""
        return self._playback.underflows

    @property
    def duration_s(self) -> float:
        """Length of the clip in seconds."""
        return self._clip.duration_s if self._clip else 0.0

    @property
    def position_s(self) -> float:
        """Where the playhead is: where it is heard while playing."""
        frame = self._playback.heard(self._delay()) if self._playing else self._playback.position
        return frame / self._playback.sample_rate if self._waiting_s is None else self._waiting_s

    # Playing.

    def _start(self, start_s: float) -> None:
        """Plays as soon as the sound is there in the device's form."""
        if not self._open_stream():
            return
        self._waiting_s = None if self._loaded else start_s
        if self._loaded:
            self._began_s = start_s
            self._idle.stop()
            self._playback.play(self._frames(start_s))
            self._progress = _Progress(self._playback)
            self._tick.start()
            self._set_playing(True)

    def _halt(self, position_s: float) -> None:
        self._waiting_s = None
        self._playback.stop(self._frames(position_s))
        self._tick.stop()
        self._idle.start()
        self._set_playing(False)
        self.position_changed.emit(position_s)

    def _set_playing(self, playing: bool) -> None:
        if playing == self._playing:
            return
        self._playing = playing
        self.state_changed.emit(playing)
        if not playing:
            silence = np.zeros(self._playback.channels, np.float32)
            self.levels_changed.emit(Levels(silence, silence))

    @Slot()
    def _on_tick(self) -> None:
        if self._progress.stalled() or self._stream is None or not self._stream.active:
            self._lose_device()
            return
        self.levels_changed.emit(self._playback.levels())
        self.position_changed.emit(self.position_s)
        if self._playback.heard_out(self._latency()):
            self._finish()

    def _finish(self) -> None:
        self._halt(self._began_s if self.returns else self.duration_s)
        self.finished.emit()

    # What the playback holds.

    def _load(self) -> None:
        """Hands the clip to the playback, or waits until it is ready."""
        form = self._agree_on_form()
        frames = np.zeros((0, form[1]), np.float32) if self._clip is None else self._sources.frames(self._clip, form)
        self._loaded = frames is not None
        if frames is not None:
            self._playback.set_source(frames, self._gain)

    @Slot()
    def _on_ready(self) -> None:
        self._load()
        if self._loaded and self._waiting_s is not None:
            self._start(self._waiting_s)

    def _agree_on_form(self) -> Form:
        """Rate and channels of the device; the playback is made anew if they are others than before."""
        if self._form is None:
            try:
                self._form = self._output.format(self._device)
            except OutputError:
                return self._playback.sample_rate, self._playback.channels
            position_s = self._playback.position / self._playback.sample_rate
            self._playback = Playback(*self._form)
            self._playback.set_volume(self._volume)
            self._playback.seek(self._frames(position_s))
            self._apply_loop()
        return self._form

    def _apply_loop(self) -> None:
        start_s, end_s = self._loop or (0.0, None)
        self._playback.set_loop(self._frames(start_s), None if end_s is None else self._frames(end_s))

    def _frames(self, seconds: float) -> int:
        return round(seconds * self._playback.sample_rate)

    # The device.

    def _open_stream(self) -> bool:
        if self._stream is not None and self._stream.active:
            return True
        self._release_stream()
        if self._released() and self._stale:
            self._look_again()
        try:
            if self._form is None:
                self._output.format(self._device)
                self._load()
            self._stream = self._output.open(self._device, self._agree_on_form(), self._playback.callback)
        except OutputError as error:
            self._change_device(None)
            self._stale = True
            self.device_lost.emit(str(error))
            return False
        return True

    def _look_again(self) -> None:
        """The list of devices is as old as the sound library's start; no stream may be open."""
        self._output.refresh()
        self._stale = False
        devices = self.devices()
        self._change_device(self._device if self._device in [device.name for device in devices] else None)
        self.devices_changed.emit(devices)

    def _release_stream(self) -> None:
        self._idle.stop()
        if self._stream is not None:
            self._releasing = self._output.release(self._stream)
            self._stream = None

    def _released(self) -> bool:
        """Waits a moment for the last stream to be closed; a device that is gone may keep it for ever."""
        if self._releasing is not None:
            self._releasing.join(_RELEASE_S)
            if self._releasing.is_alive():
                return False
            self._releasing = None
        return True

    def _change_device(self, name: str | None) -> None:
        self._release_stream()
        self._device, self._form, self._loaded = name, None, False

    def _lose_device(self) -> None:
        name = self._device
        self.stop()
        self._change_device(None)
        self._stale = True
        if name is None:
            text = self.tr("The sound output stopped answering. Playback stopped; the position is kept.")
        else:
            text = self.tr("The sound output “{0}” stopped answering. The default output will be used next.").format(name)
        self.device_lost.emit(text)

    def _latency(self) -> int:
        """Frames between writing and hearing."""
        return 0 if self._stream is None else round(self._stream.latency * self._playback.sample_rate)

    def _delay(self) -> int:
        """Frames between the last written one and the one that is heard at this moment."""
        return self._latency() + self._progress.behind()


class _Progress:
    """How a device takes its buffers: whether it still does, and a line through the steps, so that the playhead moves evenly."""

    def __init__(self, playback: Playback) -> None:
        self._playback = playback
        self._first = self._blocks = playback.blocks
        self._began_s = self._changed_s = self._asked_s = perf_counter()
        self._line = float(playback.written)

    def stalled(self) -> bool:
        """True if no buffer was asked for in the last second, once the device had time to wake up."""
        now_s, blocks = perf_counter(), self._playback.blocks
        if blocks != self._blocks:
            self._blocks, self._changed_s = blocks, now_s
        return now_s - self._changed_s > _STALLED_S and now_s - self._began_s > _WAKE_S

    def behind(self) -> int:
        """Frames by which the line is behind what was written; never ahead of it by more than the steps are wide."""
        now_s = perf_counter()
        if self._blocks == self._first:
            self._line = float(self._playback.written)
        else:
            self._line += (now_s - self._asked_s) * self._playback.sample_rate
            self._line += (self._playback.written - self._line) * 0.1
        self._asked_s = now_s
        return round(self._playback.written - self._line)
