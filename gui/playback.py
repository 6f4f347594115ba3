"""What the sound card asks for, buffer by buffer: pure arithmetic on arrays, without Qt and without a sound library.

The window's thread replaces one frozen order; the callback picks it up between two samples and cross-fades from what sounded to what shall
sound. Starting, stopping, seeking, changing the volume and switching between two sounds are all this one thing, so none of them clicks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

RAMP_S = 0.008
_BLOCKS_REMEMBERED = 64
_PIECE_FRAMES = 1024


class Levels(NamedTuple):
    """Peak and root mean square per channel, linear, 1.0 at full scale."""

    peak: NDArray[np.float32]
    rms: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Order:
    """What shall sound; ``run`` and ``seek`` count, so that the same wish twice is two wishes. Positions are frames."""

    source: NDArray[np.float32]
    gain: float = 1.0
    volume: float = 1.0
    playing: bool = False
    loop: tuple[int, int] | None = None
    seek_to: int = 0
    seek: int = 0
    run: int = 0


class _Voice:
    """A sound that is being played, or silence; only the callback changes it."""

    __slots__ = ("began", "gain", "loop_end", "loop_start", "playing", "position", "run", "source", "wrapped")

    def __init__(self, source: NDArray[np.float32]) -> None:
        self.source = source
        # An array, because multiplying with a number of another type would take memory for the conversion.
        self.gain = np.ones(1, np.float32)
        self.playing = False
        self.position = 0
        self.loop_start = 0
        self.loop_end = 0
        self.began = 0
        self.wrapped = False
        self.run = 0


class Playback:
    """Plays float32 [frames, channels] at ``sample_rate`` Hz; ``fill`` belongs to the sound card's thread, all else to the window's."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self.sample_rate = sample_rate
        self.channels = channels
        self.underflows = 0
        self.blocks = 0
        self.written = 0
        silence = np.zeros((0, channels), np.float32)
        self._wanted = self._taken = _Order(silence)
        self._now, self._old = _Voice(silence), _Voice(silence)
        self._ended_run, self._ended_at = 0, 0
        self._prepare_ramp(max(1, round(RAMP_S * sample_rate)))
        self._levels = np.zeros((_BLOCKS_REMEMBERED, 2, channels), np.float32)
        self._sum = np.zeros(channels, np.float32)
        self._squares = np.zeros((_PIECE_FRAMES, channels), np.float32)
        self._levels_read = 0

    def _prepare_ramp(self, frames: int) -> None:
        place = (np.arange(frames, dtype=np.float32)[:, None] + 0.5) / frames
        self._rise = (0.5 - 0.5 * np.cos(np.pi * place)).astype(np.float32)
        self._fall = 1 - self._rise
        self._scratch = np.zeros((frames, self.channels), np.float32)
        self._ramp_left = 0

    # Orders: the window's thread.

    def set_source(self, source: NDArray[np.float32], gain: float = 1.0) -> None:
        """Another sound [frames, channels] from the same position on, multiplied with ``gain``; a loop is cut to its length."""
        if source.ndim != 2 or source.shape[1] != self.channels or source.dtype != np.float32:
            raise ValueError(f"A source is float32 [frames, {self.channels}].")
        self._wanted = replace(self._wanted, source=source, gain=gain)

    def set_volume(self, volume: float) -> None:
        """Gain of everything, 0 is silence."""
        self._wanted = replace(self._wanted, volume=volume)

    def set_loop(self, start: int, stop: int | None) -> None:
        """Repeats frames ``start`` to ``stop`` without a gap; ``stop`` None ends the loop."""
        self._wanted = replace(self._wanted, loop=None if stop is None or stop <= start else (max(0, start), stop))

    def play(self, position: int) -> None:
        """Plays from frame ``position``."""
        wanted = self._wanted
        self._wanted = replace(wanted, playing=True, seek_to=max(0, position), seek=wanted.seek + 1, run=wanted.run + 1)

    def stop(self, position: int) -> None:
        """Falls silent; frame ``position`` is where the next listener finds the playhead."""
        wanted = self._wanted
        self._wanted = replace(wanted, playing=False, seek_to=max(0, position), seek=wanted.seek + 1)

    def seek(self, position: int) -> None:
        """To frame ``position``, playing or not."""
        wanted = self._wanted
        self._wanted = replace(wanted, seek_to=max(0, position), seek=wanted.seek + 1)

    # What can be seen from the window's thread.

    @property
    def length(self) -> int:
        """Frames of the present sound."""
        return len(self._wanted.source)

    @property
    def playing(self) -> bool:
        """True from ``play`` until ``stop``, or until the end of the sound was written."""
        return self._wanted.playing and not self.ended

    @property
    def ended(self) -> bool:
        """True once the end of the sound that ``play`` began was written to a buffer."""
        return self._wanted.playing and self._ended_run == self._wanted.run

    def heard_out(self, delay: int) -> bool:
        """True once the end has left a device that is ``delay`` frames behind."""
        return self.ended and self.written - self._ended_at >= delay

    @property
    def position(self) -> int:
        """Frame that is written next."""
        if self._wanted.seek != self._taken.seek:
            return self._wanted.seek_to
        return self._now.position

    def heard(self, delay: int) -> int:
        """Frame that leaves the loudspeaker now if the device is ``delay`` frames behind."""
        if self._wanted.seek != self._taken.seek or not self._wanted.playing:
            return self.position
        voice = self._now
        since_end = self.written - self._ended_at if self.ended else 0
        position = voice.position + min(since_end, delay) - delay
        if not voice.wrapped:
            return max(position, voice.began)
        if position >= voice.loop_start:
            return position
        return voice.loop_start + (position - voice.loop_start) % max(1, voice.loop_end - voice.loop_start)

    def levels(self) -> Levels:
        """Levels of everything written since this was last asked; zeros if nothing was."""
        blocks = self.blocks
        fresh = min(blocks - self._levels_read, _BLOCKS_REMEMBERED)
        self._levels_read = blocks
        rows = self._levels[[(blocks - 1 - back) % _BLOCKS_REMEMBERED for back in range(fresh)]]
        power = rows[:, 1].mean(axis=0) if fresh else np.zeros(self.channels, np.float32)
        return Levels(rows[:, 0].max(axis=0, initial=0.0), np.sqrt(power))

    # The sound card's thread: no locks, no new arrays, nothing that waits.

    def callback(self, out: NDArray[np.float32], frames: int, time: Any, status: Any) -> None:
        """In the form in which the sound library calls."""
        if status.output_underflow:
            self.underflows += 1
        self.fill(out)

    def fill(self, out: NDArray[np.float32]) -> None:
        """Writes the whole of ``out`` [frames, channels]."""
        start, total = 0, len(out)
        while start < total:
            if self._ramp_left == 0 and self._wanted is not self._taken:
                self._take(self._wanted)
            count = self._until_change(total - start)
            part = out[start : start + count]
            self._render(self._now, part)
            if self._ramp_left > 0:
                self._blend(part, count)
            start += count
            self.written += count
        self._measure(out, total)

    def _take(self, wanted: _Order) -> None:
        """The order becomes the present voice, the present voice fades away."""
        old, voice, taken = self._now, self._old, self._taken
        sought = wanted.seek != taken.seek
        voice.source = wanted.source
        voice.gain[0] = wanted.gain * wanted.volume
        voice.position = wanted.seek_to if sought else old.position
        voice.began = voice.position if sought else old.began
        voice.wrapped = old.wrapped and not sought
        voice.run = wanted.run
        voice.playing = wanted.playing and self._ended_run != wanted.run
        self._take_loop(voice, wanted.loop)
        self._now, self._old = voice, old
        self._taken = wanted
        # The sound's own first moment is its attack and is heard as it will be exported.
        from_silence = not old.playing and (not voice.playing or voice.position == 0)
        self._ramp_left = 0 if from_silence else len(self._rise)

    def _take_loop(self, voice: _Voice, loop: tuple[int, int] | None) -> None:
        """The loop within the sound; a playhead that is behind its end goes to its beginning."""
        voice.loop_start = voice.loop_end = 0
        if loop is not None:
            stop = min(loop[1], len(voice.source))
            if loop[0] < stop:
                voice.loop_start, voice.loop_end = loop[0], stop
        if voice.playing and voice.loop_end > 0 and voice.position >= voice.loop_end:
            voice.position = voice.began = voice.loop_start

    def _until_change(self, count: int) -> int:
        """Frames that can be written in one go; a voice that has come to its end is ended here, but never within a fade."""
        if self._ramp_left > 0:
            return min(count, self._ramp_left)
        voice = self._now
        if voice.playing and voice.loop_end == 0:
            left = len(voice.source) - voice.position
            if left > 0:
                return min(count, left)
            voice.playing = False
            self._ended_at = self.written
            self._ended_run = voice.run
        return count

    def _render(self, voice: _Voice, part: NDArray[np.float32]) -> None:
        """The voice's next frames, silence behind the end of its sound."""
        done, total = 0, len(part)
        source, position, loop_end = voice.source, voice.position, voice.loop_end
        last = loop_end if loop_end > 0 else len(source)
        while voice.playing and done < total:
            if position >= loop_end > 0:
                position = voice.loop_start
                voice.wrapped = True
            count = min(total - done, last - position)
            if count <= 0:
                break
            np.multiply(source[position : position + count], voice.gain, out=part[done : done + count])
            position += count
            done += count
        part[done:] = 0.0
        voice.position = position

    def _blend(self, part: NDArray[np.float32], count: int) -> None:
        """Lets the present voice rise and the old one fall; both gains always add up to one."""
        place = len(self._rise) - self._ramp_left
        scratch = self._scratch[:count]
        self._render(self._old, scratch)
        np.multiply(part, self._rise[place : place + count], out=part)
        np.multiply(scratch, self._fall[place : place + count], out=scratch)
        np.add(part, scratch, out=part)
        self._ramp_left -= count

    def _measure(self, out: NDArray[np.float32], total: int) -> None:
        """Notes the levels, then keeps to full scale what goes to the device; in pieces, because numpy takes memory for long reductions."""
        peak, power = self._levels[self.blocks % _BLOCKS_REMEMBERED]
        peak[:] = 0.0
        power[:] = 0.0
        for start in range(0, total, _PIECE_FRAMES):
            part = out[start : start + _PIECE_FRAMES]
            squares = self._squares[: len(part)]
            np.multiply(part, part, out=squares)
            np.add.reduce(squares, axis=0, out=self._sum)
            np.add(power, self._sum, out=power)
            np.maximum.reduce(squares, axis=0, out=self._sum)
            np.maximum(peak, self._sum, out=peak)
            np.maximum(part, -1.0, out=part)
            np.minimum(part, 1.0, out=part)
        np.sqrt(peak, out=peak)
        if total > 0:
            np.divide(power, total, out=power)
        self.blocks += 1
