"""File names that every platform accepts, made from a template, and places in folders that nothing else has."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from engine.types import EngineError

LONGEST_NAME = 120
"""Characters of a whole file name."""

FIELDS = ("prompt", "name", "seed", "take", "date", "time", "cat", "catid", "rate", "bits", "duration", "pack")
"""What a template may contain, each in braces."""

_LONGEST_BYTES = 240
_LONGEST_VALUE = 60
_MOST_NUMBERS = 100000
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"] + [f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"]
)


def safe_text(text: str) -> str:
    """NFC text without what Windows forbids in names, without control and formatting characters and halves of pairs."""
    composed = unicodedata.normalize("NFC", text)
    plain = "".join(" " if sign.isspace() else sign for sign in composed if sign.isspace() or unicodedata.category(sign)[0] != "C")
    return " ".join(_FORBIDDEN.sub(" ", plain).split())


def safe_name(stem: str, suffix: str = "", fallback: str = "sound") -> str:
    """A file name that Windows, macOS and Linux accept: at most 120 characters with its ``suffix``, never a device's name."""
    cleaned = safe_text(stem).strip(". ") or fallback
    if cleaned.split(".")[0].rstrip(" ").casefold() in _RESERVED:
        cleaned = f"_{cleaned}"
    return _shortened(cleaned, suffix) + suffix


def _shortened(stem: str, suffix: str) -> str:
    stem = stem[: LONGEST_NAME - len(suffix)]
    while len((stem + suffix).encode("utf-8")) > _LONGEST_BYTES:
        stem = stem[:-1]
    return stem.rstrip(". ") or "_"


def fill_template(template: str, values: dict[str, str]) -> str:
    """The template with its fields filled in; long values are cut at a word.

    Raises EngineError("value") with one sentence for an unknown field, a brace without its partner or a result that is empty.
    """
    parts = []
    for literal, field in _parsed(template):
        parts.append(literal)
        if field is not None:
            parts.append(_cut(values.get(field, "")))
    filled = safe_text("".join(parts)).strip(". ")
    if not filled:
        raise EngineError("value", "The name template gives an empty file name.")
    return filled


def check_template(template: str) -> None:
    """Raises EngineError("value") with one sentence for an unknown field or a brace without its partner."""
    for _ in _parsed(template):
        pass


def _parsed(template: str) -> list[tuple[str, str | None]]:
    """(text before, field or None) piece by piece."""
    try:
        pieces = list(string.Formatter().parse(template))
    except ValueError as error:
        raise EngineError("value", "The name template has a brace without its partner.") from error
    for _, field, form, conversion in pieces:
        if field is not None and (field not in FIELDS or form or conversion):
            possible = ", ".join(f"{{{name}}}" for name in FIELDS)
            raise EngineError("value", f"The name template has a field that does not exist, {{{field}}}; possible are {possible}.")
    return [(literal, field) for literal, field, _, _ in pieces]


def _cut(value: str) -> str:
    value = " ".join(value.split())
    if len(value) <= _LONGEST_VALUE:
        return value
    head = value[: _LONGEST_VALUE + 1]
    return head[: head.rfind(" ")] if " " in head.strip() else value[:_LONGEST_VALUE]


def free_name(name: str, used: set[str]) -> str:
    """The name, or with the first number that makes it none of the ``used`` ones, which are ``folded``.

    Raises EngineError("path") if no number is free.
    """
    for candidate in _numbered(name):
        if folded(candidate) not in used:
            return candidate
    raise EngineError("path", f'There are too many files named like "{name}".')


def unique_path(folder: Path, name: str, taken: set[str] | None = None) -> Path:
    """A path in ``folder`` that no file has, whatever the case of its letters; ``taken`` holds names that are spoken for already."""
    return folder / free_name(name, used_names(folder) | {folded(other) for other in taken or ()})


def folded(name: str) -> str:
    """What two names have in common if a file system takes them for one."""
    return unicodedata.normalize("NFC", name).casefold()


def used_names(folder: Path) -> set[str]:
    """Names of all that is in a folder, ``folded``; none if it cannot be read."""
    try:
        return {folded(path.name) for path in folder.iterdir()}
    except (OSError, ValueError):
        return set()


def _numbered(name: str) -> Iterator[str]:
    """The name, then the name with 2, 3, ... before its ending, never longer than a name may be."""
    stem, suffix = Path(name).stem, Path(name).suffix
    yield stem + suffix
    for number in range(2, _MOST_NUMBERS):
        ending = f" {number}{suffix}"
        yield _shortened(stem, ending) + ending
