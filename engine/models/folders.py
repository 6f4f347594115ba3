"""Where packs lie; imports nothing heavy, so that naming a pack does not wait for torch."""

from __future__ import annotations

from pathlib import Path

from engine.types import EngineError

PACKS = Path(__file__).parents[2] / "models"


def pack_folder(name: str) -> Path:
    """Folder of an installed pack or of a path. Raises EngineError("pack")."""
    for folder in (PACKS / name, Path(name)):
        if (folder / "pack.json").is_file():
            return folder
    raise EngineError("pack", f"There is no pack called {name!r}; main.py packs list names the installed ones.")
