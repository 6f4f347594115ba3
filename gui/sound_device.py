"""The chosen sound device as the window's thread sees it: whatever is asked of the sound library is answered later, by a signal."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from gui.output import DeviceInfo, Output, OutputError, Stream, leave_library_behind
from gui.playback_sources import Form
from gui.sound_thread import Call, SoundThread

_RELEASE_S = 2.0
_CLOSE_S = 1.0


class SoundDevice(QObject):
    """What is known of the device at this moment; none of its methods waits.

    ``form_known``: ``form`` has the rate and channels of the chosen device. ``opened``: ``stream`` calls back. ``refused`` carries one
    sentence why there is no form or no stream. ``looked``: ``devices`` and ``problem`` are as new as they can be.
    """

    form_known = Signal()
    opened = Signal()
    refused = Signal(str)
    looked = Signal()

    def __init__(self, output: Output, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name: str | None = None
        self.form: Form | None = None
        self.stream: Stream | None = None
        self.devices: list[DeviceInfo] = []
        self.problem = ""
        self._calls = _Calls(output)
        self._thread = SoundThread(self)
        self._listed = False
        self._stale = False
        self._looking: Call | None = None
        self._asking: Call | None = None
        self._opening: Call | None = None

    @property
    def sounding(self) -> bool:
        """True while a stream takes sound."""
        return self.stream is not None and self.stream.active

    # What can be asked.

    def look(self) -> None:
        """Lists the devices, if that was never done."""
        if not self._listed and self._looking is None:
            self._looking = self._thread.submit(self._calls.listing, self._on_listing, self._on_look_failed)

    def look_again(self) -> None:
        """Looks for devices anew; the stream is let go, because the sound library has to be started again for this."""
        self.choose(self.name)
        _cancel(self._looking)
        self._looking = self._thread.submit(self._calls.listing_anew, self._on_listing_anew, self._on_look_failed)

    def choose(self, name: str | None) -> None:
        """Another device, None for the system's choice; the stream is let go."""
        self.release()
        _cancel(self._asking)
        self.name, self.form, self._asking = name, None, None

    def lose(self) -> None:
        """The device did not do what it should: the system's choice is next, after another look at what is there."""
        self.choose(None)
        self._stale = True

    def ask_form(self) -> None:
        """Asks for rate and channels, if they are not known."""
        if self.form is not None or self._asking is not None:
            return
        if self._stale and self._looking is None:
            self.look_again()
        self._asking = self._thread.submit(partial(self._calls.form, self.name), self._on_form, self._on_refused)

    def open(self, callback: Callable[..., None]) -> None:
        """Opens a stream in the form that is known, if there is none and none is on its way."""
        if self.stream is None and self._opening is None:
            self._opening = self._thread.submit(
                partial(self._calls.open, self.name, self.form, callback), self._on_opened, self._on_refused
            )

    def release(self) -> None:
        """Lets go of the stream, also of one that is being opened."""
        if self.stream is None and self._opening is None:
            return
        _cancel(self._opening)
        self.stream = self._opening = None
        self._thread.submit(self._calls.release)

    def close(self) -> None:
        """Lets go of everything and waits a moment for it; what hangs then is left behind, so that the program can end."""
        self.stream = None
        if not self._thread.stop(self._calls.end, _CLOSE_S) or not self._calls.all_closed(monotonic()):
            leave_library_behind()

    # What is answered.

    def _on_listing(self, found: _Listing) -> None:
        self._looking, self._listed = None, True
        self.devices, self.problem = found
        self.looked.emit()

    def _on_listing_anew(self, found: _Listing | None) -> None:
        self._stale = found is None
        if found is not None and self.name is not None and self.name not in [device.name for device in found.devices]:
            self.choose(None)
        self._on_listing(found or _Listing(self.devices, self.problem))

    def _on_look_failed(self, error: Exception) -> None:
        self._looking = None
        raise error

    def _on_form(self, form: Form) -> None:
        self._asking, self.form = None, form
        self.form_known.emit()

    def _on_opened(self, stream: Stream) -> None:
        self._opening, self.stream = None, stream
        self.opened.emit()

    def _on_refused(self, error: Exception) -> None:
        self._asking = self._opening = None
        self.refused.emit(str(error))
        if not isinstance(error, OutputError):
            raise error


class _Listing(NamedTuple):
    devices: list[DeviceInfo]
    problem: str


class _Calls:
    """What is asked of the output, in the sound thread only; at most one stream is open, besides those that are still being closed."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._stream: Stream | None = None
        self._closing: list[tuple[threading.Thread, float]] = []

    def listing(self) -> _Listing:
        """All outputs, and what is wrong with them."""
        return _Listing(self._output.devices(), self._output.problem)

    def listing_anew(self) -> _Listing | None:
        """Like ``listing``, after another look; None if a stream that hangs forbids to start the library again."""
        self.release()
        if not self.all_closed():
            return None
        self._output.refresh()
        return self.listing()

    def form(self, name: str | None) -> Form:
        """Rate and channels. Raises OutputError."""
        return self._output.format(name)

    def open(self, name: str | None, form: Form, callback: Callable[..., None]) -> Stream:
        """A stream, once the last one is closed or had its time. Raises OutputError."""
        self.release()
        self.all_closed()
        self._stream = self._output.open(name, form, callback)
        return self._stream

    def release(self) -> None:
        """Begins to close the stream."""
        if self._stream is not None:
            self._closing.append((self._output.release(self._stream), monotonic() + _RELEASE_S))
            self._stream = None

    def all_closed(self, latest_s: float | None = None) -> bool:
        """Gives each stream its time to be closed, but not beyond ``latest_s``: one whose device is gone may never be."""
        for thread, until_s in self._closing:
            thread.join(max(0.0, (until_s if latest_s is None else min(until_s, latest_s)) - monotonic()))
        self._closing = [(thread, until_s) for thread, until_s in self._closing if thread.is_alive()]
        return not self._closing

    def end(self) -> None:
        """The last call."""
        self.release()
        self.all_closed()


def _cancel(call: Call | None) -> None:
    if call is not None:
        call.cancel()
