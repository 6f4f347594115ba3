"""Packs and files from the Hugging Face hub, after saying what would be fetched and asking."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from engine.hub import HUB, check_room, download_pack, fetch_files, file_url, find_pack, list_files, parse_repo
from engine.installed_packs import check_file_name
from engine.jobs import DownloadPack, DownloadProgress, FindPack, PackFound, RemoteFile
from engine.network import check_address, is_local
from engine.pack_places import new_packs
from engine.types import EngineError

_End = TypeVar("_End")
_BAR_CELLS = 24


@click.command()
@click.argument("repo")
@click.option("--file", "names", multiple=True, metavar="NAME", help="Fetch only this file, as it is; repeatable.")
@click.option("--sha256", "sums", multiple=True, metavar="HEX", help="Checksum of each --file, in the same order.")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), default=".", help="Folder for --file [default: here].")
@click.option("--id", "pack_id", default="", help="Name of the installed pack [default: its own].")
@click.option("--revision", default="main", show_default=True, help="Branch, tag or commit.")
@click.option("--packs", type=click.Path(path_type=Path), default=new_packs, help="Folder of packs [default: the program's].")
@click.option("--hub", default=HUB, show_default=True, help="Address of the hub or of a mirror.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def get(repo: str, names: tuple[str, ...], sums: tuple[str, ...], output: Path, hub: str, revision: str, yes: bool, **places: Any) -> None:
    """Get a pack from REPO, written owner/name, and install it; with --file single files, for packs import.

    Before you agree only the list of files is read. What was interrupted goes on with the same command.
    """
    hub = hub.rstrip("/")
    click.echo(f"Asking {check_address(hub, local=is_local(hub))} about {repo}.", err=True)
    if names:
        _get_files(hub, *parse_repo(repo, revision), names, sums, output, yes)
    elif sums:
        raise EngineError("value", "--sha256 goes with --file; a pack brings its own checksums.")
    else:
        _get_pack(hub, FindPack(repo, places["packs"], places["pack_id"], revision), yes)


def _get_pack(hub: str, job: FindPack, yes: bool) -> None:
    found = _last(find_pack(job, hub), PackFound)
    offer = found.offer
    _agree(offer.host, f"{offer.repo} ({offer.revision[:12]})", offer.files, job.packs / offer.pack_id, offer.kept_bytes, yes)
    _follow(download_pack(DownloadPack(offer, job.packs), hub))
    click.echo(f"{offer.pack_id}  {offer.name}")


def _get_files(hub: str, repo: str, revision: str, names: tuple[str, ...], sums: tuple[str, ...], folder: Path, yes: bool) -> None:
    wanted = _wanted(_returned(list_files(hub, repo, revision)), repo, names, sums)
    if not folder.is_dir():
        raise EngineError("path", f"The folder {folder} does not exist.")
    for file in wanted:
        if (folder / check_file_name(file.name)).exists():
            raise EngineError("path", f"{folder / file.name} is there already.")
        file_url(hub, repo, revision, file.path)
    kept = sum(path.stat().st_size for path in (folder / f"{file.name}.part" for file in wanted) if path.is_file())
    _agree(check_address(hub, local=is_local(hub)), f"{repo} ({revision[:12]})", wanted, folder, kept, yes)
    check_room(folder, sum(file.size_bytes for file in wanted) - kept)
    _follow(fetch_files(hub, repo, revision, wanted, folder))
    for file in wanted:
        click.echo(str(folder / file.name))
        if not file.sha256:
            click.echo(f"No checksum is known for {file.name}; only its length was checked.", err=True)


def _wanted(there: dict[str, RemoteFile], repo: str, names: tuple[str, ...], sums: tuple[str, ...]) -> tuple[RemoteFile, ...]:
    """The named files with the checksums of the command line, or else those of the hub. Raises EngineError."""
    if sums and len(sums) != len(names):
        raise EngineError("value", "Give one --sha256 for each --file, in the same order, or none.")
    wanted = []
    for index, name in enumerate(names):
        if name not in there:
            raise EngineError("pack", f"The repository {repo} has no file {name!r}.")
        told = there[name].sha256
        given = sums[index].strip().lower() if sums else told
        if sums and (len(given) != 64 or set(given) - set("0123456789abcdef")):
            raise EngineError("value", f"{sums[index]!r} is no SHA-256: it has 64 hexadecimal digits.")
        if told and given != told:
            raise EngineError("pack", f"{name} in {repo} has another checksum than the one that was given.")
        wanted.append(RemoteFile(name, there[name].size_bytes, given))
    if len({file.name.casefold() for file in wanted}) < len(wanted):
        raise EngineError("value", "Two of the files have the same name; fetch them into different folders.")
    return tuple(wanted)


def _agree(host: str, what: str, files: tuple[RemoteFile, ...], folder: Path, kept_bytes: int, yes: bool) -> None:
    """Says what would be fetched from where to where, and asks."""
    for file in files:
        click.echo(f"{file.size_bytes / 1e6:10,.1f} MB  {file.path}")
    total = sum(file.size_bytes for file in files)
    kept = f", of which {kept_bytes / 1e6:,.1f} MB are here" if kept_bytes else ""
    count = "1 file" if len(files) == 1 else f"{len(files)} files"
    click.echo(f"{count}, {total / 1e6:,.1f} MB{kept}, from {host}/{what} into {folder}")
    if not yes:
        click.confirm("Fetch this now?", abort=True)


def _last(events: Iterator[Any], kind: type[_End]) -> _End:
    for event in events:
        if isinstance(event, kind):
            return event
    raise EngineError("pack", "The hub gave no answer.")


def _returned(steps: Iterator[Any]) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def _follow(events: Iterator[Any]) -> None:
    """Shows the progress on stderr: a bar on a terminal, one line per file elsewhere."""
    shown, told = sys.stderr.isatty(), ""
    try:
        for event in events:
            if isinstance(event, DownloadProgress):
                line = _line(event)
                if shown:
                    click.echo(f"\r{line}\x1b[K", err=True, nl=False)
                elif event.file != told:
                    click.echo(line, err=True)
                    told = event.file
    finally:
        if shown:
            click.echo("", err=True)


def _line(progress: DownloadProgress) -> str:
    share = progress.done_bytes / max(progress.total_bytes, 1)
    bar = ("#" * int(share * _BAR_CELLS)).ljust(_BAR_CELLS, ".")
    numbers = f"{progress.done_bytes / 1e6:,.1f} of {progress.total_bytes / 1e6:,.1f} MB"
    what = f"{progress.bytes_per_s / 1e6:,.1f} MB/s" if progress.phase == "fetching" else progress.phase
    return f"{bar} {numbers}  {what}  {progress.file}".rstrip()
