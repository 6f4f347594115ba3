"""A sound device without a sound card: a PulseAudio server of our own whose only output is a null sink that can be recorded."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SINK = "melbrush"
RATE = 44100
"""What ALSA names as the rate of its PulseAudio device, so that nothing on the way resamples."""

_START_S = 15.0
_ASOUNDRC = "pcm.!default pulse\nctl.!default pulse\n"


def missing_programs() -> list[str]:
    """What the machine lacks to run this; empty if it has all."""
    return [name for name in ("pulseaudio", "parec", "pactl") if shutil.which(name) is None]


@dataclass(frozen=True)
class NullSink:
    """A running server; ``environment`` is what programs need that shall play to it."""

    environment: dict[str, str]
    folder: Path

    @contextlib.contextmanager
    def recording(self) -> Iterator[Path]:
        """Writes everything that the sink plays to a raw file: float32, stereo, ``RATE`` Hz."""
        path = self.folder / "recorded.raw"
        command = ["parec", "-d", f"{SINK}.monitor", "--raw", "--format=float32le", f"--rate={RATE}", "--channels=2", "--latency-msec=20"]
        with path.open("wb") as file, _ended(subprocess.Popen(command, stdout=file, env=self.environment)):
            _wait(lambda: path.stat().st_size > 0, "recording")
            yield path


def read_recording(path: Path) -> NDArray[np.float32]:
    """Recorded frames, [frames, 2]."""
    samples = np.fromfile(path, "<f4")
    return samples[: len(samples) // 2 * 2].reshape(-1, 2)


@contextlib.contextmanager
def null_sink(folder: Path) -> Iterator[NullSink]:
    """Runs the server until the block is left; nothing of the user's own sound system is touched."""
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    (folder / ".asoundrc").write_text(_ASOUNDRC, encoding="utf-8")
    socket = runtime / "socket"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PULSE")},
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "PULSE_RUNTIME_PATH": str(runtime),
        "PULSE_STATE_PATH": str(runtime),
        "PULSE_SERVER": f"unix:{socket}",
    }
    # norewinds: a stream that starts makes the sink write its last 20 ms once more, which a recording that has them already never hears.
    sink = f"module-null-sink sink_name={SINK} rate={RATE} channels=2 format=float32le norewinds=1"
    command = [
        *("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes", "--realtime=no"),
        *("--high-priority=no", "--log-level=error", f"--load={sink}"),
        f"--load=module-native-protocol-unix auth-anonymous=1 socket={socket}",
    ]
    log = folder / "pulseaudio.log"
    with log.open("wb") as file, _ended(subprocess.Popen(command, env=environment, stdout=file, stderr=file)) as server:
        _wait(lambda: _answers(environment, server), f"pulseaudio, which says {log.read_text(errors='replace')!r}")
        yield NullSink(environment, folder)


def _answers(environment: dict[str, str], server: subprocess.Popen) -> bool:
    assert server.poll() is None, "pulseaudio ended"
    return SINK in subprocess.run(["pactl", "list", "short", "sinks"], env=environment, capture_output=True, text=True, timeout=20).stdout


@contextlib.contextmanager
def _ended(process: subprocess.Popen) -> Iterator[subprocess.Popen]:
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _wait(there: object, what: str) -> None:
    """Other programs' readiness can only be asked for again and again."""
    latest_s = time.monotonic() + _START_S
    while not there():
        assert time.monotonic() < latest_s, f"No answer from {what}."
        time.sleep(0.05)
