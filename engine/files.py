"""The desk for file jobs: each job is answered by its events and one end, whatever happens; no sound is made here."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.jobs import Audition, CutSound, ReadSound, SoundRead
from engine.signal.audition import inside_paint, outside_paint
from engine.signal.decoding import read_clip_in_child
from engine.signal.regions import cut_region
from engine.signal.wav import read_recipe
from engine.types import EngineError, Failed, Finished

Handler = Callable[[Any], Iterator[object]]


class Desk:
    """Answers jobs by the handler of their type: a function that gives the job's events, without an end."""

    def __init__(self, handlers: Mapping[type, Handler]) -> None:
        self._handlers = dict(handlers)

    def run(self, job: object) -> Iterator[object]:
        """The job's events, then exactly one Finished or Failed."""
        end: Finished | Failed = Finished((), ())
        try:
            yield from self._handler_of(job)(job)
        except Exception as error:
            end = failure(error)
        yield end

    def _handler_of(self, job: object) -> Handler:
        try:
            return self._handlers[type(job)]
        except KeyError:
            raise TypeError(f"no handler for {type(job).__name__}") from None


def failure(error: Exception) -> Failed:
    """One sentence for what went wrong; for what nobody foresaw the traceback too."""
    match error:
        case EngineError(kind=kind, message=message):
            return Failed(kind, message)
        case MemoryError():
            return Failed("memory", "There is not enough memory for this.")
        case OSError():
            named = f'"{error.filename}"' if error.filename else "A file"
            return Failed("path", f"{named} cannot be used ({error.strerror or error}).")
    detail = "".join(traceback.format_exception(error))
    return Failed("value", "This did not work because of a mistake in the program.", detail)


def read_sound(job: ReadSound) -> Iterator[SoundRead]:
    """Decodes a foreign file apart from the program. Raises EngineError("audio")."""
    decoded = read_clip_in_child(job.path)
    yield SoundRead(decoded.clip, _recipe_in(job), decoded.note, job.path)


def _recipe_in(job: ReadSound) -> dict | None:
    try:
        return read_recipe(job.path)
    except EngineError:
        return None


def cut_sound(job: CutSound) -> Iterator[SoundRead]:
    """Leaves only the region of a sound. Raises EngineError("value") if the two do not meet."""
    cut = cut_region(job.clip, job.region)
    if cut.samples.shape[1] == 0:
        raise EngineError("value", "There is no sound in this selection.")
    yield SoundRead(cut)


def audition(job: Audition) -> Iterator[SoundRead]:
    """The painted part of a sound, or all but it."""
    part = inside_paint if job.inside else outside_paint
    yield SoundRead(part(job.clip, job.mask, job.geometry))


FILE_JOBS: Mapping[type, Handler] = {ReadSound: read_sound, CutSound: cut_sound, Audition: audition}
