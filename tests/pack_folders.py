"""What lies in a folder of packs, for tests that put something there."""

from pathlib import Path

from engine.installed_packs import list_packs
from engine.jobs import ListPacks


def hidden(packs: Path) -> list[str]:
    return sorted(path.name for path in packs.rglob("*") if path.is_file() and path.relative_to(packs).parts[0].startswith("."))


def list_of(packs: Path) -> list[str]:
    return [info.id for info in next(list_packs(ListPacks(packs))).packs]
