"""The corpus on the command line: list, render, check."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from engine.corpus.registry import recipes
from engine.types import EngineError


@click.group()
def corpus() -> None:
    """The procedural corpus: what it can make, and proof that it does what it says."""


@corpus.command("list")
def list_classes() -> None:
    """Name every sound class with its family, wave and category code."""
    for recipe in recipes().values():
        nouns = ", ".join(recipe.nouns[:3])
        click.echo(f"{recipe.number:3d}  {recipe.id:24} {recipe.family:22} wave {recipe.wave}  {recipe.code:9} {nouns}")
    click.echo(f"{len(recipes())} classes")


@corpus.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--count", default=100, show_default=True, help="Number of clips.")
@click.option("--first-seed", default=0, show_default=True)
@click.option("--workers", default=1, show_default=True)
def render(folder: Path, count: int, first_seed: int, workers: int) -> None:
    """Render clips with captions and a manifest into FOLDER (FLAC)."""
    from engine.corpus.clips import render_folder

    if count < 1 or workers < 1 or first_seed < 0:
        raise EngineError("value", "Count and workers must be at least 1, the first seed at least 0.")
    render_folder(folder, range(first_seed, first_seed + count), workers)
    click.echo(f"{count} clips in {folder}")


@corpus.command()
@click.argument("ids", nargs=-1)
def check(ids: Iterable[str]) -> None:
    """Check classes (all, or the named ones): hygiene, contract, own tests, cost."""
    from engine.corpus.checks import check as faults_of
    from engine.corpus.checks import cost_ms

    unknown = [name for name in ids if name not in recipes()]
    if unknown:
        raise EngineError("value", f"There is no sound class called {unknown[0]!r}; main.py corpus list names them.")
    bad = 0
    for recipe in [recipes()[name] for name in ids] or recipes().values():
        faults = faults_of(recipe)
        bad += bool(faults)
        click.echo(f"{recipe.id:24} {cost_ms(recipe):6.1f} ms  {'ok' if not faults else ''}")
        for fault in faults:
            click.echo(f"    {fault}")
    click.echo(f"{bad} of the checked classes have faults")
    if bad:
        raise SystemExit(1)
