"""Training on the command line."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import click
import torch

from engine.models.folders import check_new_id, pack_folder
from engine.pack_places import place_for
from engine.signal.audio_io import write_audio
from engine.training.folder_data import CaptionSource
from engine.training.lengths import LENGTHS, suited
from engine.training.loop import make_fabric
from engine.training.progress import Reporter, Teller, obey, tell
from engine.training.recipes import RUNS, EmbeddedRun
from engine.training.runs import ALL_STAGES, EXTRA_PARTS, PARTS, PATIENCE, STAGES, Workshop
from engine.types import EngineError

_OWN_ID, _OWN_NAME = "own-sounds", "Own sounds"


@dataclass(frozen=True)
class Changes:
    """What the command line changes in a recipe; None and False leave it as it is."""

    shards: int | None = None
    steps: int | None = None
    id: str | None = None
    name: str | None = None
    early_stopping: bool = False


@click.command()
@click.argument("stages", nargs=-1, required=True, type=click.Choice(["all", *ALL_STAGES, "example"]), metavar="STAGE...")
@click.option("--data", help="Own sounds instead of rendered ones: a folder, a .tar file, or a quoted pattern of .tar files.")
@click.option(
    "--captions",
    type=click.Choice(get_args(CaptionSource)),
    default="auto",
    show_default=True,
    help="Of own sounds: from text, CSV or JSON files beside them, from their names, or none; auto takes names where there are no files.",
)
@click.option("--work", type=click.Path(path_type=Path), help="Folder of the run [default: runs/ and the id of the pack].")
@click.option("--target", type=click.Path(path_type=Path), help="Where the pack goes [default: among the installed ones].")
@click.option("--id", help="Id of the pack, small letters, digits and - . _ [default: the recipe's, own-sounds with --data].")
@click.option("--name", help="Name of the pack as people see it.")
@click.option("--shards", type=int, help="Rendered shards of 128 clips [default: the recipe's].")
@click.option("--steps", type=int, help="Steps of the one part that is named.")
@click.option("--workers", default=1, show_default=True, help="Processes that render or read.")
@click.option("--threads", default=0, help="Threads of torch [default: one per core].")
@click.option("--recipe", type=click.Choice(list(RUNS)), default="embedded", show_default=True, help="Sizes; toy rehearses in a minute.")
@click.option("--start", help="Pack to start from: a name or a folder [default: from nothing].")
@click.option("--devices", type=click.IntRange(1), default=1, show_default=True, help="Processes or accelerators that train together.")
@click.option("--nodes", type=click.IntRange(1), default=1, show_default=True, help="Computers that train together.")
@click.option("--strategy", default="auto", show_default=True, help="How Lightning Fabric spreads the work, for example ddp.")
@click.option("--length", type=click.Choice(list(LENGTHS)), help="Of a run with own sounds: quick, an evening, or until it gets no better.")
@click.option("--output", type=click.Path(path_type=Path), help="Of the stage example: the WAV file that it writes.")
@click.option("--number", default=0, help="Of the stage example: which one.")
@click.option("--report", is_flag=True, hidden=True, help="Tells a window in JSON lines, and ends when standard input does.")
@click.option("--early-stopping", is_flag=True, help="End the generator when its sounds come no nearer to held-out ones; keep the best.")
def train(stages: tuple[str, ...], work: Path | None, target: Path | None, **options: Any) -> None:
    """Train a pack: all stages, or those that are named; killed and started again it goes on."""
    agreed = obey(sys.stdin.fileno()) if options["report"] else None
    if options["threads"]:
        torch.set_num_threads(options["threads"])
    changes = Changes(*(options[name] for name in ("shards", "steps", "id", "name", "early_stopping")))
    if options["data"] is not None:
        changes = replace(changes, id=changes.id or _OWN_ID, name=changes.name or _OWN_NAME)
    run = configured(RUNS[options["recipe"]](), stages, changes)
    several = (options["devices"], options["nodes"], options["strategy"]) != (1, 1, "auto")
    workshop = Workshop(
        work or Path("runs") / run.id,
        run,
        options["workers"],
        pack_folder(options["start"]) if options["start"] else None,
        options["data"],
        options["captions"],
        make_fabric(options["devices"], options["nodes"], options["strategy"]) if several else None,
    )
    if options["length"]:
        workshop.run = suited(run, options["length"], workshop.start)
    if "example" in stages:
        write_example(workshop, options["output"], options["number"])
        return
    wanted = [name for name in ALL_STAGES if name in stages or ("all" in stages and name in STAGES)]
    follow(workshop, wanted, target or place_for(run.id), Reporter(workshop, wanted, agreed) if agreed else None)


def write_example(workshop: Workshop, output: Path | None, number: int) -> None:
    """Writes what the run can make so far. Raises EngineError("value") without a file to write to, or while there is nothing."""
    if output is None:
        raise EngineError("value", "The stage example needs --output.")
    # Here, because it takes seconds to load all that makes sounds, and no training needs it.
    from engine.training.listening import example_of

    example = example_of(workshop, number)
    write_audio(output, example.clip, format="wav", subtype="pcm24")
    tell("example", path=str(output), part=example.part, step=example.step, caption=example.caption)


def follow(workshop: Workshop, stages: tuple[str, ...] | list[str], target: Path, teller: Teller | None = None) -> None:
    """Does stages one after the other, telling how far it is; after a request to stop, none that come later."""
    first = workshop.fabric is None or workshop.fabric.is_global_zero
    told = (teller or Teller()) if first else _Silent()
    for name in stages:
        told.begin(name)
        if name == "pack":
            if first:
                told.packed(workshop.export(target), target)
            continue
        for line in workshop.stage(name):
            told.line(name, line)
        if workshop.stopped:
            told.stopped(name)
            return
        told.end(name)


class _Silent(Teller):
    """What all processes but the first tell."""

    def line(self, stage: str, text: str) -> None:
        """Nothing."""

    def stopped(self, stage: str) -> None:
        """Nothing."""


def configured(run: EmbeddedRun, stages: tuple[str, ...], changes: Changes) -> EmbeddedRun:
    """The run with what the command line changes. Raises EngineError("value")."""
    if changes.shards is not None:
        if changes.shards < 1:
            raise EngineError("value", "At least one shard is needed.")
        run = replace(run, shards=changes.shards)
    if changes.steps is not None:
        parts = [name for name in stages if name in (*PARTS, *EXTRA_PARTS)]
        if len(parts) != 1 or "all" in stages or changes.steps < 1:
            raise EngineError("value", "--steps goes with one stage that trains and must be at least 1.")
        part = getattr(run, parts[0])
        run = replace(run, **{parts[0]: replace(part, loop=replace(part.loop, steps=changes.steps))})
    if changes.early_stopping:
        run = replace(run, generator=replace(run.generator, loop=replace(run.generator.loop, patience=PATIENCE)))
    return _named(run, changes)


def _named(run: EmbeddedRun, changes: Changes) -> EmbeddedRun:
    if changes.id is not None:
        check_new_id(changes.id)
    if changes.name is not None and not (changes.name.strip() and changes.name.isprintable() and len(changes.name) <= 100):
        raise EngineError("value", "The name of a pack is one line of at most 100 characters.")
    return replace(run, id=changes.id or run.id, name=changes.name or run.name)
