"""Settings beside public checkpoints: JSON, and the part of YAML that such files use; read as plain values, never as objects."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.types import EngineError

_CAP_BYTES = 2**20
_DEEPEST = 32
_LONGEST = 16
_KEY = re.compile(r"""([A-Za-z_][\w.\-/]*|"[^"]*"|'[^']*')\s*:(?:\s+(.*))?$""")
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_WORDS = {"null": None, "~": None, "": None, "true": True, "false": False}
# The one tag that a public settings file has; it says which Python object held the same values.
_NAMESPACE = re.compile(r"^!!python/object:argparse\.Namespace\s*$", re.MULTILINE)


def read_settings(path: Path) -> dict[str, Any]:
    """Values of a .json, .yaml or .yml file. Raises EngineError("pack") with one sentence."""
    try:
        if path.stat().st_size > _CAP_BYTES:
            raise EngineError("pack", f"{path.name} is too large to be a file of settings.")
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if path.suffix.lower() == ".json" else _parse_yaml(text)
    except OSError as error:
        raise EngineError("pack", f"{path} cannot be read ({error.strerror or error}).") from error
    except (ValueError, RecursionError) as error:
        raise EngineError("pack", f"{path.name} is no readable file of settings: {error}.") from error
    if not isinstance(values, dict):
        raise EngineError("pack", f"{path.name} is no readable file of settings: it holds no names.")
    return values


class Settings:
    """Named values that must be there and be of the type asked for; every refusal names the file and the value."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self.values, self.where = values, where

    def at(self, *path: str) -> Settings:
        """The settings below these names."""
        values: Any = self.values
        for name in path:
            values = values.get(name) if isinstance(values, Mapping) else None
        if not isinstance(values, Mapping):
            raise self.refusal(f"lacks the settings {'.'.join(path)!r}")
        return Settings(values, self.where)

    def whole(self, name: str, most: int = 2**20, least: int = 1) -> int:
        """A whole number from ``least`` to ``most``."""
        return self._checked(name, lambda v: type(v) is int and least <= v <= most, f"no whole number from {least} to {most}")

    def number(self, name: str) -> float:
        """A number of at least 0."""
        return float(self._checked(name, lambda v: type(v) in (int, float) and 0 <= v < 1e9, "no number of at least 0"))

    def wholes(self, name: str, maybe_empty: bool = False) -> tuple[int, ...]:
        """A list of whole numbers above 0."""
        return tuple(self._checked(name, lambda v: _are_wholes(v, maybe_empty), f"no list of at most {_LONGEST} whole numbers"))

    def lists(self, name: str) -> tuple[tuple[int, ...], ...]:
        """A list of lists of whole numbers above 0."""
        proper = self._checked(name, _are_lists, f"no list of at most {_LONGEST} lists of whole numbers")
        return tuple(map(tuple, proper))

    def flag(self, name: str) -> bool:
        """True or false."""
        return self._checked(name, lambda v: type(v) is bool, "neither true nor false")

    def one_of(self, name: str, *choices: str) -> str:
        """One of the texts."""
        return self._checked(name, lambda v: v in choices, f"none of {', '.join(choices)}")

    def otherwise(self, **defaults: Any) -> Settings:
        """These settings, with ``defaults`` for what they do not name."""
        return Settings({**defaults, **self.values}, self.where)

    def refusal(self, problem: str) -> EngineError:
        """The error that says what is wrong with this file."""
        return EngineError("pack", f"{self.where} {problem}.")

    def _checked(self, name: str, is_proper: Any, otherwise: str) -> Any:
        if name not in self.values:
            raise self.refusal(f"lacks the setting {name!r}")
        value = self.values[name]
        if not is_proper(value):
            raise self.refusal(f"has {name!r} = {str(value)[:60]}, which is {otherwise}")
        return value


def _are_wholes(value: object, maybe_empty: bool = False) -> bool:
    proper = isinstance(value, list) and (1 - maybe_empty) <= len(value) <= _LONGEST
    return proper and all(type(v) is int and 0 < v <= 2**20 for v in value)


def _are_lists(value: object) -> bool:
    return isinstance(value, list) and 0 < len(value) <= _LONGEST and all(map(_are_wholes, value))


def _parse_yaml(text: str) -> Any:
    """Mappings, lists and scalars by indentation. Raises ValueError for everything else that YAML knows."""
    lines = []
    for number, raw in enumerate(_NAMESPACE.sub("", text).splitlines(), 1):
        line = _without_comment(raw).rstrip()
        if line.strip() and line.strip() != "---":
            lines.append((len(line) - len(line.lstrip(" ")), line.strip(), number))
    value, rest = _block(lines, 0, 0)
    if rest < len(lines):
        raise ValueError(f"line {lines[rest][2]} is indented in an unknown way")
    return value


def _without_comment(line: str) -> str:
    return re.sub(r"(^|\s)#.*$", "", line) if not re.search(r"""["'].*#.*["']""", line) else line


def _block(lines: list[tuple[int, str, int]], at: int, depth: int) -> tuple[Any, int]:
    """The value that begins at a line, and the line after it."""
    if at >= len(lines) or depth > _DEEPEST:
        raise ValueError("it is empty or nested too deeply")
    if lines[at][1].startswith("- ") or lines[at][1] == "-":
        return _sequence(lines, at, depth)
    return _mapping(lines, at, depth)


def _sequence(lines: list[tuple[int, str, int]], at: int, depth: int) -> tuple[list[Any], int]:
    indent, values = lines[at][0], []
    while at < len(lines) and lines[at][0] == indent and lines[at][1].startswith("- "):
        item, number = lines[at][1][2:].lstrip(), lines[at][2]
        if _KEY.match(item):
            # A mapping whose first name stands behind the dash: the rest of it is indented as far.
            lines[at] = (indent + len(lines[at][1]) - len(item), item, number)
            value, at = _block(lines, at, depth + 1)
        else:
            value, at = _scalar(item, number), at + 1
        values.append(value)
    return values, at


def _mapping(lines: list[tuple[int, str, int]], at: int, depth: int) -> tuple[dict[str, Any], int]:
    indent, values = lines[at][0], {}
    while at < len(lines) and lines[at][0] == indent and (found := _KEY.match(lines[at][1])):
        key, inline, number = found[1].strip("\"'"), found[2], lines[at][2]
        at += 1
        if key in values:
            raise ValueError(f"line {number} names {key!r} a second time")
        is_list = at < len(lines) and lines[at][0] == indent and lines[at][1].startswith("- ")
        if not inline and at < len(lines) and (lines[at][0] > indent or is_list):
            values[key], at = _block(lines, at, depth + 1)
        else:
            values[key] = _scalar(inline or "", number)
    if not values:
        raise ValueError(f"line {lines[at][2]} is no setting")
    return values, at


def _scalar(text: str, number: int) -> Any:
    if text.startswith("[") and text.endswith("]"):
        return [_scalar(item.strip(), number) for item in text[1:-1].split(",") if item.strip()]
    if len(text) > 1 and text[0] in "\"'" and text[-1] == text[0]:
        return text[1:-1]
    if text[:1] in set("&*!|>{[%@`\"'"):
        raise ValueError(f"line {number} uses a form that is not read")
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _NUMBER.fullmatch(text) and len(text) < 32:
        return int(text) if re.fullmatch(r"[-+]?\d+", text) else float(text)
    return text
