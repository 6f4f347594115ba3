"""The chunks by themselves: what is cut, what is replaced, what is refused."""

import struct
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.export.bext import Broadcast, Levels, ascii_text, bext_chunk, coding_history, info_chunk
from engine.export.cues import cue_chunks, smpl_chunk
from engine.export.ixml import ixml_chunk

SILENCE = Levels(float("-inf"), float("-inf"), float("-inf"))


def broadcast(text="", levels=SILENCE, history="A=PCM"):
    return bext_chunk(Broadcast(text, text, text, "2026-02-03", "04:05:06", history, levels))[1]


@given(st.text(max_size=400))
def test_bext_is_even_ascii_of_fixed_size(text):
    content = broadcast(text, history=text)
    assert len(content) % 2 == 0
    content[:346].decode("ascii")
    content[602:].decode("ascii")
    assert content[320:338] == b"2026-02-0304:05:06"


def test_bext_numbers():
    content = broadcast(levels=Levels(-23.004, -19.996, -1.5))
    assert struct.unpack("<QH", content[338:348]) == (0, 2)
    assert content[348:412] == bytes(64)
    assert struct.unpack("<5h", content[412:422]) == (-2300, 0x7FFF, -150, -2000, 0x7FFF)
    assert struct.unpack("<5h", broadcast()[412:422]) == (0x7FFF,) * 5


@pytest.mark.parametrize(("text", "plain"), [("Öl – “ß”…", 'Ol - "ss"...'), ("雨の音", "???"), ("a\nb\tc\0", "a b c?")])
def test_ascii(text, plain):
    assert ascii_text(text) == plain


def test_history_has_no_comma_in_its_text():
    assert coding_history(48000, 24, 2, "a, b") == "A=PCM,F=48000,W=24,M=stereo,T=a  b"


def test_info_leaves_out_what_is_empty():
    assert info_chunk({"INAM": "ab", "IART": "", "ICMT": "c"}) == (b"LIST", b"INFOINAM\x03\0\0\0ab\0\0ICMT\x02\0\0\0c\0")


@given(st.text(max_size=100))
def test_ixml_is_xml_whatever_is_said(text):
    root = ElementTree.fromstring(ixml_chunk({"notes": f"a{text}", "fxName": text, "isLoop": True, "loudness": -23.0, "project": None})[1])
    aswg = root.find("ASWG")
    assert aswg.findtext("notes").startswith("a")
    assert not set(aswg.findtext("fxName") or "") & set("_-")
    assert (aswg.findtext("isLoop"), aswg.findtext("loudness"), aswg.find("project")) == ("true", "-23.00", None)


def test_ixml_knows_its_fields():
    with pytest.raises(ValueError, match="colour"):
        ixml_chunk({"colour": "red"})


def test_loop_and_cues():
    kind, content = smpl_chunk(48000, 10, 99)
    assert (kind, len(content)) == (b"smpl", 60)
    assert struct.unpack("<15I", content) == (0, 0, 20833, 60, 0, 0, 0, 1, 0, 1, 0, 10, 99, 0, 0)
    cue, adtl = cue_chunks({7: "Loop"})
    assert cue == (b"cue ", struct.pack("<III4sIII", 1, 1, 7, b"data", 0, 0, 7))
    assert adtl == (b"LIST", b"adtllabl\x09\0\0\0\x01\0\0\0Loop\0\0")
    assert cue_chunks({}) == []
