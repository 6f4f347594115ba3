"""The desk for file jobs: events, then exactly one end."""

import errno
import os
import subprocess
import sys

import numpy as np
import pytest

from engine.files import FILE_JOBS, Desk
from engine.jobs import Assess, CutSound, ReadSound, SoundRead
from engine.signal.audio_io import write_audio
from engine.signal.decoding import UNFINISHED_NOTE
from engine.types import Clip, EngineError, Failed, Finished, Region
from tests.signal.sounds import sine, wav_header

DESK = Desk(FILE_JOBS)


def answer(job, desk=DESK):
    """The events before the end, and the end; there is one and nothing comes after it."""
    *events, end = desk.run(job)
    assert isinstance(end, Finished | Failed)
    assert not any(isinstance(event, Finished | Failed) for event in events)
    return events, end


def failed(job, desk=DESK):
    events, end = answer(job, desk)
    assert events == []
    assert isinstance(end, Failed)
    assert end.message.endswith(".")
    assert "\n" not in end.message
    return end


@pytest.mark.parametrize("format", ["wav", "flac"])
def test_reads_a_sound_of_ours_with_its_recipe(tmp_path, format):
    path = tmp_path / f"rain.{format}"
    clip = sine(440, 48000, 0.1)
    write_audio(path, clip, format=format, subtype="pcm24", recipe={"melbrush": 1, "prompt": "rain"})
    (sound,), end = answer(ReadSound(path))
    assert isinstance(sound, SoundRead)
    assert np.allclose(sound.clip.samples, clip.samples, atol=2**-23)
    assert (sound.recipe, sound.note, sound.path) == ({"melbrush": 1, "prompt": "rain"}, "", path)
    assert isinstance(end, Finished)
    assert (end.takes, end.timings) == ((), ())


def test_reads_a_foreign_sound(tmp_path):
    path = tmp_path / "foreign.mp3"
    write_audio(path, sine(440, 48000, 0.5), format="mp3", subtype="mp3")
    (sound,), _ = answer(ReadSound(path))
    assert sound.recipe is None
    assert sound.clip.samples.shape == (1, 24000)


def test_damaged_recipe_is_no_recipe(tmp_path):
    path = tmp_path / "sound.wav"
    write_audio(path, sine(440, 48000, 0.1), recipe={"prompt": "rain"})
    path.write_bytes(path.read_bytes().replace(b'{"prompt"', b'["prompt"'))
    (sound,), end = answer(ReadSound(path))
    assert sound.recipe is None
    assert isinstance(end, Finished)


def test_tells_what_was_done_to_the_sound(tmp_path):
    path = tmp_path / "crashed.wav"
    path.write_bytes(wav_header(data_size=0) + b"\1\1" * 100)
    (sound,), _ = answer(ReadSound(path))
    assert sound.note == UNFINISHED_NOTE
    assert sound.clip.samples.shape == (1, 100)


def test_what_cannot_be_read_is_one_sentence(tmp_path):
    path = tmp_path / "text.wav"
    path.write_bytes(b"plain text")
    end = failed(ReadSound(path))
    assert (end.kind, end.detail) == ("audio", "")
    assert '"text.wav"' in end.message
    assert "There is no file" in failed(ReadSound(tmp_path / "missing.wav")).message


def test_cuts_a_region():
    clip = Clip(sine(440, 48000).samples + sine(5000, 48000).samples, 48000)
    (sound,), end = answer(CutSound(clip, Region(0.25, 0.75, 200, 1000)))
    assert sound.clip.samples.shape == (1, 24000)
    spectrum = np.abs(np.fft.rfft(sound.clip.samples[0] * np.hanning(24000)))
    assert spectrum[220] > 1000 * spectrum[2500]
    assert (sound.recipe, sound.note, sound.path) == (None, "", None)
    assert isinstance(end, Finished)


def test_nothing_in_the_region():
    end = failed(CutSound(sine(440, 48000), Region(2.0, 3.0)))
    assert end.kind == "value"


def raising(error):
    def handler(_job):
        raise error
        yield

    return Desk({Assess: handler})


@pytest.mark.parametrize(
    ("error", "kind", "part"),
    [
        (EngineError("value", "That is too much."), "value", "That is too much."),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a.wav"), "path", '"a.wav" cannot be used (No space left on device).'),
        (OSError("odd"), "path", "A file cannot be used (odd)."),
        (MemoryError(), "memory", "not enough memory"),
    ],
)
def test_what_was_foreseen_needs_no_detail(error, kind, part):
    end = failed(Assess("rain"), raising(error))
    assert end.kind == kind
    assert part in end.message
    assert end.detail == ""


def test_what_nobody_foresaw_has_a_traceback():
    end = failed(Assess("rain"), raising(ZeroDivisionError("by zero")))
    assert "ZeroDivisionError" not in end.message
    assert "ZeroDivisionError: by zero" in end.detail
    assert "in handler" in end.detail


def test_job_without_a_handler():
    assert "Assess" in failed(Assess("rain")).detail


def test_events_before_a_failure_arrive():
    def handler(_job):
        yield "first"
        raise EngineError("value", "Then it broke.")

    assert answer(Assess("rain"), Desk({Assess: handler})) == (["first"], Failed("value", "Then it broke."))


def test_a_job_that_is_not_followed_to_its_end_is_closed():
    ended = []

    def handler(_job):
        try:
            yield "first"
            yield "second"
        finally:
            ended.append(True)

    run = Desk({Assess: handler}).run(Assess("rain"))
    assert next(run) == "first"
    run.close()
    assert ended == [True]


def test_desk_needs_no_torch_and_no_window():
    code = "import sys, engine.files; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert {"torch", "PySide6", "pyqtgraph"}.isdisjoint(run.stdout.split())
