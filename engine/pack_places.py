"""Where packs lie: the program's own folder, and one in the user's data folder where the program's cannot be written."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from engine.types import EngineError

PACKS = Path(__file__).parents[1] / "models"
_MANIFEST = "pack.json"
_OWNER = ("Melbrush", "Melbrush")


def data_folder(platform: str, environment: Mapping[str, str], home: Path) -> Path:
    """The folder of what the program keeps for a user: Qt's AppDataLocation, for those who have no Qt."""
    if platform == "win32":
        base = environment.get("APPDATA") or home / "AppData" / "Roaming"
    elif platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        told = environment.get("XDG_DATA_HOME", "")
        # The specification has programs ignore relative paths.
        base = told if Path(told).is_absolute() else home / ".local" / "share"
    return Path(base).joinpath(*_OWNER)


def user_packs() -> Path:
    """The folder for packs among the user's data."""
    return data_folder(sys.platform, os.environ, Path.home()) / "models"


def new_packs() -> Path:
    """Where packs go that are made or fetched: the program's folder, or the user's where that cannot be written or is not there to stay."""
    return PACKS if not getattr(sys, "frozen", False) and _writable(PACKS) else user_packs()


def _writable(folder: Path) -> bool:
    """Tried, not asked: on Windows and on network drives the permissions do not tell."""
    try:
        with tempfile.TemporaryFile(dir=folder, prefix="."):
            return True
    except OSError:
        return False


def places(packs: Path | None = None) -> tuple[Path, ...]:
    """The folders in which packs are looked for, the first one first; a folder of packs that is no place of the program's stands alone."""
    known = (PACKS, user_packs())
    return known if packs is None or packs in known else (packs,)


def installed(packs: Path | None = None) -> list[Path]:
    """The folders of all packs in ``places``, in the order of their names; what hides behind a pack of the same name is left out."""
    found: dict[str, Path] = {}
    for place in places(packs):
        for path in place.glob(f"*/{_MANIFEST}"):
            if not path.parent.name.startswith("."):
                found.setdefault(path.parent.name, path.parent)
    return [found[name] for name in sorted(found)]


def find_pack(name: str, packs: Path | None = None) -> Path | None:
    """The folder of the pack called ``name`` in ``places``; None if there is none."""
    return next((place / name for place in places(packs) if (place / name / _MANIFEST).is_file()), None)


def place_for(pack_id: str) -> Path:
    """Where the new pack ``pack_id`` goes. Raises EngineError("pack") if nobody would find it behind another one of that name."""
    chosen = new_packs()
    hiding = find_pack(pack_id)
    if hiding is not None and hiding.parent != chosen:
        raise EngineError("pack", f"There is already a pack called {pack_id!r} in {hiding.parent}; give the new one another id.")
    return chosen / pack_id
