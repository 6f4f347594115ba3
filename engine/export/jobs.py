"""What can be asked of the exporter and what it answers; light, so that windows can make jobs without what does them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.export.settings import ExportSettings
from engine.session.document import TakeEntry
from engine.types import Region


@dataclass(frozen=True, eq=False)
class ExportTakes:
    """Write takes into ``folder``; answered by one ``Exported`` for each.

    ``region`` is the piece to write, in time and frequency; None for the whole. ``target`` is a file that was chosen explicitly, for one
    take only: it may be replaced. ``pack_hash`` goes into the recipe.
    """

    entries: tuple[TakeEntry, ...]
    folder: Path
    settings: ExportSettings
    region: Region | None = None
    target: Path | None = None
    pack_hash: str = ""


@dataclass(frozen=True)
class Exported:
    """A take is in a file; ``note`` is one sentence worth telling, or empty."""

    take_id: str
    path: Path
    note: str = ""
