"""The sound devices of this computer and streams to them; the only module that knows the sound library."""

from __future__ import annotations

import atexit
import contextlib
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any, Protocol

from PySide6.QtCore import QCoreApplication

LATENCY_S = 0.17
"""The callback needs the interpreter's lock: with less, a busy program is heard as drop-outs."""

_COMMON_RATES_HZ = (48000, 44100, 96000, 88200, 192000, 32000, 22050)


@dataclass(frozen=True)
class DeviceInfo:
    """A sound output; ``name`` is unique and made for people, ``is_default`` marks the one that the system prefers."""

    name: str
    channels: int
    default_rate_hz: int
    is_default: bool = False


class OutputError(Exception):
    """There is no sound output or it refuses; the message is one sentence for people."""


class Stream(Protocol):
    """What the player needs of a stream; ``latency`` (seconds) and ``active`` are plain values, known without asking the device."""

    latency: float
    active: bool

    def stop(self) -> None:
        """Plays what is buffered and ends."""

    def close(self) -> None:
        """Lets go of the device."""


class _PortStream:
    """A stream of the library that runs; says whether it still does without asking the library."""

    def __init__(self, library: ModuleType, **settings: Any) -> None:
        self.active = True
        self._stream = library.OutputStream(**settings, finished_callback=self._end)
        try:
            self._stream.start()
        except library.PortAudioError:
            self._stream.close()
            raise
        self.latency = float(self._stream.latency)

    def _end(self) -> None:
        self.active = False

    def stop(self) -> None:
        """Plays what is buffered and ends."""
        self._stream.stop()

    def close(self) -> None:
        """Lets go of the device."""
        self._stream.close()


class Output:
    """The devices as the sound library lists them; without the library there are none, and ``problem`` says so.

    Everything here may take seconds: it is for a thread that nobody waits for.
    """

    def __init__(self) -> None:
        self._rates: dict[str | None, int] = {}
        self._known: list[tuple[DeviceInfo, int]] | None = None

    @cached_property
    def _found(self) -> tuple[ModuleType | None, str]:
        """The library and what is wrong with it; loaded when it is first asked for."""
        return _load_library()

    @property
    def _library(self) -> ModuleType | None:
        return self._found[0]

    @property
    def problem(self) -> str:
        """One sentence why there is no sound output, or empty."""
        return self._found[1]

    def devices(self) -> list[DeviceInfo]:
        """All outputs, in the system's order."""
        return [info for info, _ in self._listed()]

    def format(self, name: str | None) -> tuple[int, int]:
        """Rate in Hz and channels (1 or 2) that the device takes; ``None`` is the system's choice. Raises OutputError."""
        info, index = self._find(name)
        if name not in self._rates:
            self._rates[name] = self._accepted_rate(info, index)
        return self._rates[name], min(2, info.channels)

    def open(self, name: str | None, form: tuple[int, int], callback: Callable[..., None]) -> Stream:
        """A stream of float32 at rate and channels ``form`` that calls back from now on. Raises OutputError."""
        info, index = self._find(name)
        try:
            return _PortStream(
                self._library,
                samplerate=form[0],
                device=index,
                channels=form[1],
                dtype="float32",
                latency=LATENCY_S,
                callback=callback,
            )
        except self._library.PortAudioError as error:
            text = QCoreApplication.translate("Output", "The sound output “{0}” cannot be opened: {1}.")
            raise OutputError(text.format(info.name, _reason(error))) from error

    def release(self, stream: Stream) -> threading.Thread:
        """Stops, then closes; in a thread of its own, because it plays out what is buffered and may wait for ever if the device is gone.

        Aborting would cancel the sound card's thread wherever it is, perhaps with the interpreter's lock in its hands.
        """

        def let_go() -> None:
            for step in (stream.stop, stream.close):
                with contextlib.suppress(self._library.PortAudioError):
                    step()

        thread = threading.Thread(target=let_go, name="release sound output", daemon=True)
        thread.start()
        return thread

    def refresh(self) -> None:
        """Looks for devices again; no stream may be open, because the library has to be started anew for this."""
        self._rates.clear()
        self._known = None
        if self._library is None:
            self._found = _load_library()
            return
        try:
            # What could not be started the last time cannot be ended either.
            with contextlib.suppress(self._library.PortAudioError):
                self._library._terminate()
            self._library._initialize()
            problem = ""
        except self._library.PortAudioError as error:
            problem = QCoreApplication.translate("Output", "The sound system does not answer ({0}).").format(_reason(error))
        self._found = (self._library, problem)

    def _listed(self) -> list[tuple[DeviceInfo, int]]:
        """Devices and their numbers; the library does not notice what changes after its start, so it is asked once."""
        if self._known is None:
            self._known = self._read_list()
        return self._known

    def _read_list(self) -> list[tuple[DeviceInfo, int]]:
        if self._library is None:
            return []
        try:
            found = [device for device in self._library.query_devices() if device["max_output_channels"] > 0]
            systems = self._library.query_hostapis()
            default = self._library.default.device[1]
        except self._library.PortAudioError:
            return []
        several = len({device["hostapi"] for device in found}) > 1
        default = default if default >= 0 else next((api["default_output_device"] for api in systems), -1)
        return _unique([_described(device, systems, several, default) for device in found])

    def _find(self, name: str | None) -> tuple[DeviceInfo, int]:
        listed = self._listed()
        if not listed:
            raise OutputError(self.problem or QCoreApplication.translate("Output", "This computer has no sound output."))
        if name is None:
            return next((pair for pair in listed if pair[0].is_default), listed[0])
        for pair in listed:
            if pair[0].name == name:
                return pair
        raise OutputError(QCoreApplication.translate("Output", "The sound output “{0}” is not there.").format(name))

    def _accepted_rate(self, info: DeviceInfo, index: int) -> int:
        """The device's own rate; some drivers name one that they then refuse."""
        for rate in (info.default_rate_hz, *_COMMON_RATES_HZ):
            try:
                self._library.check_output_settings(device=index, channels=min(2, info.channels), dtype="float32", samplerate=rate)
            except (self._library.PortAudioError, ValueError):
                continue
            return rate
        raise OutputError(
            QCoreApplication.translate("Output", "The sound output “{0}” accepts none of the usual sample rates.").format(info.name)
        )


def leave_library_behind() -> None:
    """For the end of the program if a device hangs: the library does not clean up any more, because it would wait for that device."""
    library = sys.modules.get("sounddevice")
    if library is not None:
        atexit.unregister(getattr(library, "_exit_handler", None))


def _load_library() -> tuple[ModuleType | None, str]:
    try:
        import sounddevice
    except (ImportError, OSError):
        return None, QCoreApplication.translate("Output", "There is no sound output: the PortAudio library is not installed.")
    except Exception as error:  # PortAudioError: the library is there, but no sound system answers it.
        return None, QCoreApplication.translate("Output", "There is no sound output: {0}.").format(str(error))
    return sounddevice, ""


def _described(device: dict, systems: Any, several: bool, default: int) -> tuple[DeviceInfo, int]:
    name = f"{device['name']} ({systems[device['hostapi']]['name']})" if several else device["name"]
    info = DeviceInfo(name, device["max_output_channels"], round(device["default_samplerate"]), device["index"] == default)
    return info, device["index"]


def _unique(listed: list[tuple[DeviceInfo, int]]) -> list[tuple[DeviceInfo, int]]:
    """Two devices of the same name are told apart by a number."""
    seen: dict[str, int] = {}
    found = []
    for info, index in listed:
        seen[info.name] = seen.get(info.name, 0) + 1
        number = seen[info.name]
        name = info.name if number == 1 else f"{info.name} {number}"
        found.append((DeviceInfo(name, info.channels, info.default_rate_hz, info.is_default), index))
    return found


def _reason(error: Exception) -> str:
    return str(error.args[0]) if error.args else type(error).__name__
