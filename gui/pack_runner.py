"""Runs engine jobs with the pack that is chosen, and those on a step of a take with the pack that drew it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication

from engine.jobs import Generate, ListPacks, PackInfo, PackLoaded, Render
from engine.types import EngineError, GenerationRequest, Loading, TokenGrid
from gui.worker import LoadPack, Runner, file_runner


class PackRunner:
    """Runner of engine jobs; ``open_runner`` makes one that knows a single pack, ``packs`` is where others are looked for.

    The codes of a step mean sounds only to the pack that drew them, so a job on a step names it in its request. If it is not the chosen
    one it is opened beside it, and stays open until another one is needed or chosen.
    """

    def __init__(self, open_runner: Callable[[], Runner], packs: Path) -> None:
        self._open_runner, self._packs = open_runner, packs
        self._chosen = open_runner()
        self._choice: LoadPack | None = None
        self._names: set[str] = set()
        self._hash = ""
        self._other: Runner | None = None
        self._other_key: tuple[str, str] | None = None

    def run(self, job: Any) -> Iterator[Any]:
        """Events of a job; until a pack is chosen only LoadPack is possible. Raises EngineError("pack") if the one of a step is missing."""
        if isinstance(job, LoadPack):
            return self._choose(job)
        made = _made_by(job)
        if made is None or self._choice is None or (made.pack_id in self._names and made.pack_hash in ("", self._hash)):
            return self._chosen.run(job)
        return self._run_elsewhere(job, made)

    def _choose(self, job: LoadPack) -> Iterator[Any]:
        self._other, self._other_key = None, None
        for event in self._chosen.run(job):
            if isinstance(event, PackLoaded):
                # Takes name their pack as it names itself; those that were made on the command line name its folder.
                self._choice, self._names, self._hash = job, {event.pack_id, job.folder.name}, event.hash
            yield event

    def _run_elsewhere(self, job: Any, made: GenerationRequest) -> Iterator[Any]:
        if (made.pack_id, made.pack_hash) != self._other_key:
            yield from self._open(made)
        yield from self._other.run(job)

    def _open(self, made: GenerationRequest) -> Iterator[Loading]:
        order, runner = replace(self._choice, folder=self._find(made).folder), self._open_runner()
        for event in runner.run(order):
            if isinstance(event, Loading):
                yield event
        self._other, self._other_key = runner, (made.pack_id, made.pack_hash)

    def _find(self, made: GenerationRequest) -> PackInfo:
        # Only what is really there: whoever wrote the project could have written a path.
        listed, *_ = file_runner().run(ListPacks(self._packs))
        named = [pack for pack in listed.packs if pack.id == made.pack_id]
        found = next((pack for pack in listed.packs if pack.hash == made.pack_hash), None) if made.pack_hash else next(iter(named), None)
        if found is None:
            raise EngineError("pack", _refusal(made.pack_id, bool(named)))
        return found


def _made_by(job: Any) -> GenerationRequest | None:
    """The request that names the pack of what a job starts from, None if it starts from nothing that a pack drew."""
    match job:
        case Render() | Generate(start=TokenGrid()):
            return job.request
    return None


def _refusal(name: str, another: bool) -> str:
    """Why a step cannot be heard or continued; ``another``: there is a pack of that name."""
    text = QCoreApplication.translate("PackRunner", "The steps of this take were drawn by the pack “{}”, which is not installed.")
    if another:
        text = QCoreApplication.translate(
            "PackRunner", "The steps of this take were drawn by another version of the pack “{}” than the one here."
        )
    return text.format(name[:100])
