"""The command line that made a sound, from the recipe inside its file."""

from __future__ import annotations

import re
import shlex
from typing import Any

from engine.types import EngineError


def command_of(stored: dict[str, Any]) -> str:
    """The command line of a stored recipe. Raises EngineError("audio") when it is not one of ours."""
    try:
        command = stored["command"]
        words = _words_of(command, stored)
        # The file may come from anywhere: every word is quoted, so that a shell runs this command and nothing else.
        line = shlex.join(["python", "main.py", *words])
        return f"{line}  # pack {re.sub('[^0-9a-f]', '', stored['pack_hash'])}"
    except (KeyError, TypeError, ValueError) as error:
        raise EngineError("audio", f"The recipe in this file is incomplete ({error}).") from error


def _words_of(command: str, stored: dict[str, Any]) -> list[str]:
    """The words behind ``main.py``. Raises KeyError, TypeError or ValueError."""
    if command in ("fill", "vary", "extend", "restore", "loop"):
        return _edit_words(stored)
    if command not in ("generate", "reconstruct"):
        raise ValueError(f"unknown command {command!r}")
    words = [command, "-o", "OUT.wav", "--pack", stored["pack"]]
    if command == "reconstruct":
        return [*words, "--", stored["source"]]
    words += ["--seed", str(int(stored["seed"])), "--order", stored["order"], "--schedule", stored.get("schedule", "cosine")]
    words += ["--candidates", str(int(stored.get("candidates", 1)))]
    for name in ("duration", "steps", "guidance", "guidance_start", "temperature", "token_temperature"):
        words += [f"--{name.replace('_', '-')}", _exactly(stored[name])]
    words += ["--remask", _exactly(stored.get("remask", 0)), "--grounding", _exactly(stored.get("grounding", 0))]
    if stored["negative"]:
        words += ["--negative", stored["negative"]]
    if stored["reference"]:
        words += ["--reference", stored["reference"], "--blend", _exactly(stored["blend"])]
    return [*words, "--", stored["prompt"]]


def _exactly(value: float) -> str:
    """The shortest decimal number that is read back as the same value."""
    return repr(int(value) if value == int(value) else float(value))


def _edit_words(stored: dict[str, Any]) -> list[str]:
    command = stored["command"]
    words = [command, "-o", "OUT.wav", "--pack", stored["pack"], "--seed", str(int(stored["seed"]))]
    for name in ("prompt", "negative"):
        if stored[name]:
            words += [f"--{name}", stored[name]]
    for region in stored.get("regions", ()):
        words += ["--region", region]
    if stored.get("mask"):
        words += ["--mask", stored["mask"]]
    for name in ("strength", "before", "after", "cutoff", "joint"):
        if stored.get(name) is not None:
            words += [f"--{name}", repr(float(stored[name]))]
    return [*words, "--", stored["source"]]
