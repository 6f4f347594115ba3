"""The iXML chunk with the ASWG object of game audio (Sony ASWG-G006): here any language is at home."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from engine.signal.wav import Chunk

ASWG_ORDER = (
    "contentType",
    "project",
    "originator",
    "originatorStudio",
    "notes",
    "session",
    "state",
    "editor",
    "mixer",
    "fxChainName",
    "isGenerated",
    "masteringEngineer",
    "originationDate",
    "channelConfig",
    "isDesigned",
    "category",
    "subCategory",
    "catId",
    "userCategory",
    "userData",
    "vendorCategory",
    "fxName",
    "library",
    "creatorId",
    "sourceId",
    "loudness",
    "loudnessRange",
    "maxPeak",
    "isLoop",
)
"""The schema is a sequence: fields stand in this order or the file is not valid."""

_UCS_FIELDS = frozenset(ASWG_ORDER[15:22]) | {"creatorId", "sourceId"}
# XML 1.0 has no way to write these.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def ixml_chunk(fields: dict[str, str | bool | float | None]) -> Chunk:
    """The chunk of ASWG fields in schema order; None and "" are left out, numbers get two decimals.

    Raises ValueError for a field that the schema does not have.
    """
    unknown = set(fields) - set(ASWG_ORDER)
    if unknown:
        raise ValueError(f"not in the schema: {sorted(unknown)}")
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<BWFXML>", "<IXML_VERSION>3.01</IXML_VERSION>", "<ASWG>"]
    for name in ASWG_ORDER:
        text = _text(name, fields.get(name))
        if text:
            lines.append(f"<{name}>{text}</{name}>")
    return b"iXML", "\n".join([*lines, "</ASWG>", "</BWFXML>", ""]).encode("utf-8")


def _text(name: str, value: str | bool | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.2f}"
    if name in _UCS_FIELDS:
        value = " ".join(value.replace("_", " ").replace("-", " ").split())
    return escape(_NOT_IN_XML.sub("", value))
