"""Names and folders of packs; imports nothing heavy, so that naming a pack does not wait for torch."""

from __future__ import annotations

import re
from pathlib import Path

from engine.pack_places import find_pack
from engine.types import EngineError

# Stricter than what is accepted from elsewhere: small letters mean the same folder on every system.
_NEW_ID = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9_-])?")
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE | re.DOTALL)


def is_device_name(name: str) -> bool:
    """True for what Windows takes for a device, with any ending, and not for a file or a folder."""
    return bool(_DEVICE.fullmatch(name))


def check_new_id(pack_id: str) -> str:
    """The id, if a pack that is made here can have it. Raises EngineError("value")."""
    if is_device_name(pack_id):
        raise EngineError("value", f"{pack_id[:80]!r} cannot be the id of a pack, because it names a device on Windows.")
    if _NEW_ID.fullmatch(pack_id):
        return pack_id
    told = "at most 64 small letters, digits, hyphens, underscores and dots inside"
    raise EngineError("value", f"{pack_id[:80]!r} cannot be the id of a pack, which consists of {told}.")


def pack_folder(name: str) -> Path:
    """Folder of an installed pack or of a path. Raises EngineError("pack")."""
    folder = find_pack(name) or Path(name)
    if (folder / "pack.json").is_file():
        return folder
    raise EngineError("pack", f"There is no pack called {name!r}; main.py packs list names the installed ones.")
