"""Plays takes: the border between the window's thread and the sound card's."""

from __future__ import annotations

from time import perf_counter

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from engine.types import Clip
from gui.output import DeviceInfo, Output
from gui.playback import Levels, Playback
from gui.playback_sources import Form, Sources
from gui.sound_device import SoundDevice

_TICK_MS = 16
_STALLED_S = 1.0
_WAKE_S = 3.0
"""Some devices take their first buffers at once and then take their time to wake up."""
_IDLE_MS = 600
_FORM_WITHOUT_DEVICE: Form = (48000, 2)
_AT_THE_END_S = 1e-4


class Player(QObject):
    """One clip at a time, with a loop, a volume and a device; times are seconds of the clip.

    Nothing here waits for a device: what needs one is done as soon as it is there. ``position_changed`` and ``levels_changed``
    (``Levels``) come about 60 times a second while it plays. ``device_lost`` carries one sentence: playing has stopped, the position is
    kept, the default device will be used next. ``devices_changed`` carries all devices whenever they were looked for. ``returns`` says
    whether the playhead goes back to where playing began when the end is reached.
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
        self._device = SoundDevice(output or Output(), self)
        self._device.form_known.connect(self._on_form)
        self._device.opened.connect(self._on_opened)
        self._device.refused.connect(self._on_refused)
        self._device.looked.connect(self._on_looked)
        self._clip: Clip | None = None
        self._gain = 1.0
        self._volume = 1.0
        self._loop: tuple[float, float] | None = None
        self._began_s = 0.0
        self._playing = False
        self._waiting_s: float | None = None
        self._loaded = False
        self._playback = Playback(*_FORM_WITHOUT_DEVICE)
        self._progress = _Progress(self._playback)
        self._sources = Sources(self)
        self._sources.ready.connect(self._on_ready)
        self._tick = QTimer(self, interval=_TICK_MS)
        self._tick.timeout.connect(self._on_tick)
        self._idle = QTimer(self, interval=_IDLE_MS, singleShot=True)
        self._idle.timeout.connect(self._device.release)

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
        self._go_on()

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
        if self._wanted:
            self._halt(self.position_s)

    def toggle(self) -> None:
        """Plays or stops."""
        if self._wanted:
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
        """One sentence why there is no sound output, or empty; known once the devices are."""
        return self._device.problem

    @property
    def device(self) -> str | None:
        """Name of the chosen device, None for the system's."""
        return self._device.name

    def devices(self) -> list[DeviceInfo]:
        """All sound outputs that are known; the first time they are looked for, and ``devices_changed`` tells of them."""
        self._device.look()
        return list(self._device.devices)

    def set_device(self, name: str | None) -> None:
        """Another sound output, None for the system's; what plays goes on there."""
        if name == self._device.name:
            return
        wanted, position_s = self._wanted, self.position_s
        self.stop()
        self._device.choose(name)
        self._loaded = False
        if wanted:
            self._start(position_s)

    def refresh_devices(self) -> None:
        """Looks for devices again; playing stops, because the sound library has to be started anew."""
        self.stop()
        self._loaded = False
        self._device.look_again()

    def close(self) -> None:
        """Ends everything; for the end of the program."""
        self.stop()
        self._idle.stop()
        self._device.close()

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

    @property
    def _wanted(self) -> bool:
        """True while it plays, or will as soon as it can."""
        return self._playing or self._waiting_s is not None

    def _start(self, start_s: float) -> None:
        """Plays as soon as a stream and the sound in its form are there."""
        self._waiting_s = start_s
        self._idle.stop()
        if self._device.stream is not None and not self._device.sounding:
            self._device.release()
        self._go_on()
        if self._waiting_s is not None:
            self._fall_silent(start_s)

    def _go_on(self) -> None:
        """The next step towards what is waited for."""
        if self._waiting_s is None:
            return
        if self._device.form is None:
            self._device.ask_form()
        elif self._device.stream is None:
            self._device.open(self._playback.callback)
        elif self._loaded:
            self._begin(self._waiting_s)

    def _begin(self, start_s: float) -> None:
        self._waiting_s = None
        self._began_s = start_s
        self._playback.play(self._frames(start_s))
        self._progress = _Progress(self._playback)
        self._tick.start()
        self._set_playing(True)

    def _halt(self, position_s: float) -> None:
        self._waiting_s = None
        self._fall_silent(position_s)
        self._idle.start()
        self.position_changed.emit(position_s)

    def _fall_silent(self, position_s: float) -> None:
        self._playback.stop(self._frames(position_s))
        self._tick.stop()
        self._set_playing(False)

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
        if self._progress.stalled() or not self._device.sounding:
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
        """Hands the clip to the playback, or waits until its form is known and it is ready."""
        if self._clip is None:
            frames = np.zeros((0, self._playback.channels), np.float32)
        elif self._device.form is None:
            self._device.ask_form()
            frames = None
        else:
            frames = self._sources.frames(self._clip, self._device.form)
        self._loaded = frames is not None
        if frames is not None:
            self._playback.set_source(frames, self._gain)

    @Slot()
    def _on_ready(self) -> None:
        self._load()
        self._go_on()

    def _take_form(self, form: Form) -> None:
        """The playback is made anew at the same position."""
        position_s = self._playback.position / self._playback.sample_rate
        self._playback = Playback(*form)
        self._playback.set_volume(self._volume)
        self._playback.seek(self._frames(position_s))
        self._apply_loop()

    def _apply_loop(self) -> None:
        start_s, end_s = self._loop or (0.0, None)
        self._playback.set_loop(self._frames(start_s), None if end_s is None else self._frames(end_s))

    def _frames(self, seconds: float) -> int:
        return round(seconds * self._playback.sample_rate)

    # The device.

    @Slot()
    def _on_form(self) -> None:
        self._take_form(self._device.form)
        self._load()
        self._go_on()

    @Slot()
    def _on_opened(self) -> None:
        if self._waiting_s is None:
            self._idle.start()
        self._go_on()

    @Slot(str)
    def _on_refused(self, sentence: str) -> None:
        # Nobody listens yet: whoever wants to play will be told.
        if self._waiting_s is None:
            return
        self._halt(self._waiting_s)
        self._leave_device()
        self.device_lost.emit(sentence)

    @Slot()
    def _on_looked(self) -> None:
        self.devices_changed.emit(self.devices())
        self._go_on()

    def _leave_device(self) -> None:
        self._device.lose()
        self._loaded = False

    def _lose_device(self) -> None:
        name = self._device.name
        self.stop()
        self._leave_device()
        if name is None:
            text = self.tr("The sound output stopped answering. Playback stopped; the position is kept.")
        else:
            text = self.tr("The sound output “{0}” stopped answering. The default output will be used next.").format(name)
        self.device_lost.emit(text)

    def _latency(self) -> int:
        """Frames between writing and hearing."""
        stream = self._device.stream
        return 0 if stream is None else round(stream.latency * self._playback.sample_rate)

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
