"""Training on the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import torch

from engine.models.folders import pack_folder
from engine.training.runs import RUNS, STAGES, EmbeddedRun, Workshop
from engine.types import EngineError


@click.command()
@click.argument("stage", type=click.Choice(["all", *STAGES]))
@click.option("--work", type=click.Path(path_type=Path), default=Path("runs/embedded"), show_default=True, help="Folder of the run.")
@click.option("--target", type=click.Path(path_type=Path), default=Path("models/embedded"), show_default=True, help="Where the pack goes.")
@click.option("--shards", type=int, help="Shards of 128 clips [default: 100].")
@click.option("--steps", type=int, help="Steps of the one stage that is named.")
@click.option("--workers", default=1, show_default=True, help="Processes that render.")
@click.option("--threads", default=0, help="Threads of torch [default: one per core].")
@click.option("--recipe", type=click.Choice(list(RUNS)), default="embedded", show_default=True, help="Sizes; toy rehearses in a minute.")
@click.option("--start", help="Pack to start from: a name or a folder [default: from nothing].")
def train(
    stage: str,
    work: Path,
    target: Path,
    shards: int | None,
    steps: int | None,
    workers: int,
    threads: int,
    recipe: str,
    start: str | None,
) -> None:
    """Train a pack: all stages, or one of them; killed and started again it goes on."""
    if threads:
        torch.set_num_threads(threads)
    run = configured(RUNS[recipe](), stage, shards, steps)
    workshop = Workshop(work, run, workers, pack_folder(start) if start else None)
    for name in STAGES if stage == "all" else (stage,):
        if name == "pack":
            manifest = workshop.export(target)
            click.echo(f"pack {manifest.id} {manifest.hash} in {target}")
            continue
        for line in workshop.stage(name):
            click.echo(line)


def configured(run: EmbeddedRun, stage: str, shards: int | None, steps: int | None) -> EmbeddedRun:
    """The run with what the command line changes. Raises EngineError("value")."""
    if shards is not None:
        if shards < 1:
            raise EngineError("value", "At least one shard is needed.")
        run = replace(run, shards=shards)
    if steps is not None:
        part = getattr(run, stage, None)
        if not hasattr(part, "loop") or steps < 1:
            raise EngineError("value", "--steps goes with one of tokenizer, prompt, vocoder, generator and must be at least 1.")
        run = replace(run, **{stage: replace(part, loop=replace(part.loop, steps=steps))})
    return run
