"""Files of weights that want more than to be read; each marks a file if anything of it is executed."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch


class Command:
    """Creates ``mark`` when a pickle of it is executed."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple:
        return os.system, (f"echo executed > '{self.mark}'",)


def saved(content: object, *, legacy: bool = False) -> bytes:
    """What ``torch.save`` makes of an object."""
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=not legacy)
    return file.getvalue()


def with_pickle(pickled: bytes, *, compress: bool = False, **members: bytes) -> bytes:
    """A file like torch's with this description."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", pickled)
        for name, content in members.items():
            archive.writestr(f"archive/data/{name}", content)
    return file.getvalue()


def _protocol_0(module: str, name: str, argument: str) -> bytes:
    return f"c{module}\n{name}\n(V{argument}\ntR.".encode()


def _deep() -> bytes:
    return pickle.PROTO + b"\x02" + b"]" * 100_000 + b"a" * 99_999 + b"."


def _huge_memo() -> bytes:
    return pickle.PROTO + b"\x02}r\xff\xff\xff\x7f."


def _huge_text() -> bytes:
    return pickle.PROTO + b"\x04\x8d" + struct.pack("<Q", 2**60) + b"x."


def _expanded() -> bytes:
    return saved({"generator": {"a": torch.zeros(1).expand(2**20, 2**20)}})


def _view_outside() -> bytes:
    return saved({"a": torch.zeros(8)[4:]}).replace(b"K\x04K\x04\x85", b"K\x07K\x04\x85")


def _many_views() -> bytes:
    shared = torch.zeros(2**18)
    return saved({f"a{index}": shared for index in range(64)})


HOSTILE: dict[str, Callable[[Path], bytes]] = {
    "command beside the weights": lambda mark: saved({"generator": {"a": torch.zeros(2)}, "more": Command(mark)}),
    "command as a weight": lambda mark: saved({"generator": {"a": Command(mark)}}),
    "command instead of weights": lambda mark: saved(Command(mark)),
    "command in an old file": lambda mark: saved({"generator": {"a": torch.zeros(2)}, "more": Command(mark)}, legacy=True),
    "bare pickle of a command": lambda mark: pickle.dumps(Command(mark)),
    "eval by its name": lambda mark: with_pickle(_protocol_0("builtins", "eval", f"open({str(mark)!r}, 'w')")),
    "exec under its old name": lambda mark: with_pickle(_protocol_0("__builtin__", "exec", f"open({str(mark)!r}, 'w')")),
    "getattr": lambda mark: with_pickle(_protocol_0("builtins", "getattr", "a")),
    "torch's own loader": lambda mark: with_pickle(_protocol_0("torch.serialization", "load", str(mark))),
    "hub": lambda mark: with_pickle(_protocol_0("torch.hub", "load", str(mark))),
    "whole network": lambda mark: saved(torch.nn.Linear(2, 2)),
    "deep": lambda mark: with_pickle(_deep()),
    "huge memo": lambda mark: with_pickle(_huge_memo()),
    "huge text": lambda mark: with_pickle(_huge_text()),
    "zip bomb": lambda mark: with_pickle(b"\x80\x02}." + bytes(2**24), compress=True),
    "no description": lambda mark: with_pickle(b""),
    "expanded tensor": lambda mark: _expanded(),
    "view outside its numbers": lambda mark: _view_outside(),
    "many views of the same numbers": lambda mark: _many_views(),
    "numbers are missing": lambda mark: with_pickle(_described()),
    "numbers are short": lambda mark: with_pickle(_described(), **{"0": b"abc"}),
    "cut zip": lambda mark: saved({"a": torch.zeros(2000)})[:-900],
    "cut old file": lambda mark: saved({"a": torch.zeros(2000)}, legacy=True)[:-900],
    "list": lambda mark: saved([torch.zeros(2)]),
    "empty": lambda mark: saved({}),
    "numbers as names": lambda mark: saved({1: torch.zeros(2)}),
    "picture": lambda mark: b"\x89PNG\r\n\x1a\n" + bytes(64),
    "text": lambda mark: b"weights",
    "nothing": lambda mark: b"",
    "safetensors, cut": lambda mark: struct.pack("<Q", 64) + b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}' + bytes(9),
}


def _described() -> bytes:
    with zipfile.ZipFile(io.BytesIO(saved({"a": torch.zeros(2)}))) as archive:
        return archive.read("archive/data.pkl")
