"""Captions that lie beside people's sounds: text files, tables, JSON, or nothing but the names of files."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

MOST_CAPTIONS = 12
_LONGEST = 400
_LARGEST_SIDECAR, _LARGEST_TABLE = 1 << 16, 1 << 26
_BETTER_KEYS = ("caption", "captions", "text", "texts", "description", "prompt")
_OTHER_KEYS = ("title", "tags", "keywords", "label", "labels", "category")
_FILE_KEYS = ("file_name", "filename", "file", "fname", "path", "audio", "wav", "name")
_NUMBERED = re.compile(r"(caption|text|description)[ _-]?\d+")
_HASH = re.compile(r"(?=.*\d)[0-9a-f]{8,}", re.IGNORECASE)
# Words of file names that say how a sound was recorded or stored, not what it is.
_NO_CONTENT = frozenset(
    """audio bounce bounced bpm channel clip copy edit export exported file final flac hz khz img kbps left master mastered mix mixdown mono
    mp3 new ogg rec recording render rendered right sample seamless session sound stereo take tape temp test track unnamed untitled ver
    version vid voice wav zoom kbit bit""".split()  # noqa: SIM905
)


def cleaned(captions: Iterable[Any]) -> tuple[str, ...]:
    """Captions on one line each, without control characters; those without a letter and those that repeat are dropped, at most 12 kept."""
    lines = (" ".join("".join(c if c.isprintable() else " " for c in str(caption)).split())[:_LONGEST] for caption in captions)
    return tuple(dict.fromkeys(line for line in lines if any(c.isalpha() for c in line)))[:MOST_CAPTIONS]


def of_text(raw: bytes) -> tuple[str, ...]:
    """One caption per line of a text file."""
    return cleaned(_decoded(raw).splitlines())


def of_json(raw: bytes) -> tuple[str, ...]:
    """Captions of a JSON object, list or string; what is no JSON has none."""
    try:
        return of_value(json.loads(_decoded(raw)))
    except (ValueError, RecursionError):
        return ()


def of_value(value: Any) -> tuple[str, ...]:
    """Captions of a JSON value: a string, a list of strings, or an object whose keys name them."""
    if isinstance(value, str):
        return cleaned([value])
    if isinstance(value, list):
        return cleaned(item for item in value if isinstance(item, str))
    if not isinstance(value, Mapping):
        return ()
    named = {str(key).strip().lower(): item for key, item in value.items()}
    for keys in ([*_BETTER_KEYS, *(key for key in named if _NUMBERED.fullmatch(key))], _OTHER_KEYS):
        found = [caption for key in keys if key in named for caption in of_value(named[key])]
        if found:
            return cleaned(found)
    return ()


def of_name(stem: str, group: str = "") -> tuple[str, ...]:
    """Captions of a file's name and group: "Metal_Hit-03" in "doors" is "doors metal hit", "metal hit", "doors"; DSC_0012 is nothing."""
    words = [] if _HASH.fullmatch(re.sub(r"[^0-9A-Za-z]", "", stem)) else _words(stem)
    theirs = _words(group)
    together = [*theirs, *(word for word in words if word not in theirs)]
    return cleaned(" ".join(part) for part in (together, words, theirs))


def _words(text: str) -> list[str]:
    """Lower-case words that may say what a sound is; none if there is no real word among them."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z]{3})(?=[A-Z][a-z])", " ", text)
    found = [word for word in re.findall(r"[^\W\d_]+", spaced.lower()) if word not in _NO_CONTENT]
    return found if any(len(word) > 2 and re.search(r"[aeiouy]|[^a-z]", word) for word in found) else []


def beside(path: Path) -> tuple[str, ...]:
    """Captions of the text or JSON file of the same name that lies beside a sound."""
    for suffix, read in ((".txt", of_text), (".json", of_json)):
        raw = _content(path.with_suffix(suffix), _LARGEST_SIDECAR)
        if raw:
            return read(raw)
    return ()


def of_tables(folder: Path, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Captions by path below ``folder`` and by bare name, from those of the files ``names`` that are tables of sounds."""
    captions: dict[str, tuple[str, ...]] = {}
    for name in sorted(names):
        suffix = PurePosixPath(name).suffix.lower()
        if suffix not in (".csv", ".tsv", ".json", ".jsonl"):
            continue
        raw = _content(folder / name, _LARGEST_TABLE)
        for file, found in _rows(raw, suffix) if raw else ():
            for key in table_keys(file):
                captions[key] = cleaned([*captions.get(key, ()), *found])
    return captions


def table_keys(file: str) -> tuple[str, str]:
    """How a table may name a sound: the path without its ending, and the bare name."""
    path = PurePosixPath(file.strip().replace("\\", "/").removeprefix("./"))
    return str(path.with_suffix("")) if path.name else "", path.stem


def _rows(raw: bytes, suffix: str) -> list[tuple[str, tuple[str, ...]]]:
    try:
        if suffix == ".jsonl":
            return _named([json.loads(line) for line in _decoded(raw).splitlines() if line.strip()])
        return _named(json.loads(_decoded(raw))) if suffix == ".json" else _named(_table(_decoded(raw)))
    except (ValueError, RecursionError, csv.Error):
        return []


def _table(text: str) -> list[dict[str, Any]]:
    """Rows of a comma, semicolon or tab separated table; without a heading the first column names the file."""
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    heading = [cell.strip().lower() for cell in next(csv.reader([first], delimiter=delimiter), [])]
    if any(key in heading for key in _FILE_KEYS):
        return [dict(row) for row in csv.DictReader(io.StringIO(text), fieldnames=None, delimiter=delimiter)]
    return [{"file": row[0], "captions": row[1:]} for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]


def _named(rows: Any) -> list[tuple[str, tuple[str, ...]]]:
    """(file, captions) of a list of objects, or of an object whose keys are files."""
    if isinstance(rows, Mapping):
        return [(str(file), of_value(value)) for file, value in rows.items()]
    found = []
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping):
            named = {str(key).strip().lower(): value for key, value in row.items()}
            file = next((named[key] for key in _FILE_KEYS if isinstance(named.get(key), str) and named[key].strip()), None)
            if file:
                found.append((file, of_value(named)))
    return found


def _content(path: Path, most_bytes: int) -> bytes:
    """The bytes of a regular file that is small enough; else none."""
    try:
        return path.read_bytes() if path.is_file() and path.stat().st_size <= most_bytes else b""
    except (OSError, ValueError):
        return b""


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
