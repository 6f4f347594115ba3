"""What a training tells while it goes on: lines for people, or JSON lines for the window that has started it."""

from __future__ import annotations

import json
import os
import signal
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.signal.replacing import replace_file
from engine.training.folder_data import list_sounds
from engine.training.own_sounds import FEW_CLIPS
from engine.training.shards import CLIPS_PER_SHARD

if TYPE_CHECKING:
    from engine.models.pack import Manifest
    from engine.training.runs import Workshop

STATE = "state.json"
_NICE, _LOOK_S = 10, 0.2


class Teller:
    """Tells people on a terminal."""

    def begin(self, stage: str) -> None:
        """A stage begins."""

    def line(self, stage: str, text: str) -> None:
        """How far a stage is."""
        click.echo(text)

    def end(self, stage: str) -> None:
        """A stage has come to its end."""

    def packed(self, manifest: Manifest, target: Path) -> None:
        """The pack is written."""
        click.echo(f"pack {manifest.id} {manifest.hash} in {target}")

    def stopped(self, stage: str) -> None:
        """A stage was stopped before its end."""
        click.echo(f"{stage}: stopped as asked; the same command goes on from here.")


class Reporter(Teller):
    """Tells the window, and keeps in the folder of the run which stage it is in, for a window that is opened later."""

    def __init__(self, workshop: Workshop, stages: list[str], agreed: threading.Event) -> None:
        self.workshop, self.stages, self.agreed = workshop, stages, agreed

    def begin(self, stage: str) -> None:
        """Says which stage begins; before sounds are read, how many there are."""
        self._keep(stage, done=False)
        tell("stage", name=stage, stages=self.stages)
        if stage == "corpus" and self.workshop.data is not None:
            listing = list_sounds(self.workshop.data)
            tell("listed", files=len(listing.files) or len(listing.shards), left_aside=listing.left_aside)

    def line(self, stage: str, text: str) -> None:
        """Passes a line on; after a shard of sounds also how many clips there are."""
        tell("line", name=stage, text=text)
        if stage == "corpus":
            shards = self.workshop.shards
            tell("read", clips=CLIPS_PER_SHARD * len(list(shards.glob("shard-*"))))

    def end(self, stage: str) -> None:
        """Says what was read, once all of it was, and goes on when people have seen that and agree."""
        summary = self.workshop.sounds if stage == "corpus" else None
        if summary is None:
            return
        tell("sounds", **asdict(summary), clips=summary.clips, few=summary.clips < FEW_CLIPS)
        # In short waits, between which a wish to stop is heard.
        while not self.agreed.wait(_LOOK_S):
            pass

    def packed(self, manifest: Manifest, target: Path) -> None:
        """The run has come to its end."""
        self._keep("pack", done=True)
        tell("pack", id=manifest.id, pack_name=manifest.name, folder=str(target))

    def stopped(self, stage: str) -> None:
        """The window knows what it has asked for."""
        tell("stopped", name=stage)

    def _keep(self, stage: str, done: bool) -> None:
        self.workshop.folder.mkdir(parents=True, exist_ok=True)
        state = {"stage": stage, "stages": self.stages, "done": done}
        replace_file(self.workshop.folder / STATE, [json.dumps(state).encode()])


def tell(event: str, **facts: Any) -> None:
    """One event as a JSON line on stdout."""
    click.echo(json.dumps({"event": event, **facts}))


def obey(wishes: int) -> threading.Event:
    """Ends this process in order when the other end of the file descriptor ``wishes`` is closed; the event is set when it brings a byte.

    A training saves first, as after SIGTERM; a window that is killed closes its end, so nothing goes on behind anybody's back. The process
    also gives way to others, so that the window stays quick.
    """
    agreed = threading.Event()
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_wait, args=(wishes, agreed), name="wishes", daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(_NICE)
    return agreed


def _wait(wishes: int, agreed: threading.Event) -> None:
    # Not through sys.stdin: a thread that waits there holds a lock that the interpreter needs at its end.
    with suppress(OSError):
        while os.read(wishes, 1):
            agreed.set()
    if hasattr(signal, "pthread_kill"):
        # To the main thread itself, so that it also wakes from what it waits for.
        signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)
    else:
        signal.raise_signal(signal.SIGTERM)


def _leave(*_: object) -> None:
    raise SystemExit(0)
