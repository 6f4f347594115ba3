"""Commands that make packs out of what others have published."""

from __future__ import annotations

from pathlib import Path

import click

from engine.models.folders import pack_folder
from engine.pack_places import place_for

KINDS = ("bigvgan", "bigvsan", "hifigan", "melgan", "specvqgan", "vocos")


@click.command("import")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--id", "pack_id", required=True, help="Name of the new pack's folder and in commands.")
@click.option("--name", help="Name to show [default: kind and base].")
@click.option("--base", default="embedded", show_default=True, help="Pack, or folder of one, that gives all other parts.")
def import_checkpoint(kind: str, files: tuple[Path, ...], pack_id: str, name: str | None, base: str) -> None:
    """Make a pack with a public checkpoint.

    KIND is its family; FILE... are its weights and its settings, as published side by side. specvqgan takes four files: the codebook and
    its settings, then its MelGAN and its settings.
    """
    from engine.models.public.importer import import_pack

    base_folder = pack_folder(base)
    manifest, note = import_pack(kind, files, place_for(pack_id).parent, pack_id, name or f"{kind} on {base_folder.name}", base_folder)
    if note:
        click.echo(note, err=True)
    click.echo(f"{manifest.id}  {manifest.name}  {manifest.hash}")
