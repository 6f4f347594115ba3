"""Hostile project files (T12): each gives one sentence, quickly, and none gives a wrong project."""

import hashlib
import io
import json
import random
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.session.archive import Archive, DamagedError, archive_parts, json_value, manifest_member, member
from engine.session.project import load_project, save_project
from engine.types import EngineError
from tests.session.examples import assert_same_history, busy_history

Members = dict[str, bytes]
PLACES = 200


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "a.melbrush"
    save_project(path, busy_history(), "test")
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.melbrush"


def assert_refused(path: Path) -> None:
    begun = time.process_time()
    with pytest.raises(EngineError) as raised:
        load_project(path)
    assert raised.value.kind == "project"
    assert raised.value.message.endswith(".")
    assert time.process_time() - begun < 5.0
    assert sorted(path.parent.iterdir()) == [path]


def assert_refused_or_right(path: Path) -> bool:
    """True if the file was refused."""
    try:
        found = load_project(path)
    except EngineError as error:
        assert error.kind == "project"
        return True
    assert_same_history(found, busy_history())
    return False


def members_of(whole: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, members: Members, manifest: dict | None = None, deflate: bool = False) -> None:
    if manifest is not None:
        members = {**members, "project.json": json.dumps(manifest).encode()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def manifest_of(members: Members) -> dict:
    return json.loads(members["project.json"])


def put(members: Members, manifest: dict, name: str, content: bytes) -> None:
    """Another content for a member, with a checksum that is right."""
    members[name] = content
    manifest["members"][name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def npy(array: np.ndarray, **options: bool) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def test_the_helpers_of_this_file_leave_a_project_readable(path: Path, whole: bytes) -> None:
    members = members_of(whole)
    write(path, members, manifest_of(members), deflate=True)
    assert_same_history(load_project(path), busy_history())


def test_flipped_bits_are_noticed_or_do_not_matter(path: Path, whole: bytes) -> None:
    chance, refused = random.Random(1), 0
    for _ in range(PLACES):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        refused += assert_refused_or_right(path)
    assert refused > 0.9 * PLACES


def test_flipped_bits_in_the_directory_are_noticed_or_do_not_matter(path: Path, whole: bytes) -> None:
    chance = random.Random(2)
    begin = whole.index(b"PK\x01\x02")
    for _ in range(PLACES):
        damaged = bytearray(whole)
        damaged[chance.randrange(begin, len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        assert_refused_or_right(path)


def test_cut_files_are_refused(path: Path, whole: bytes) -> None:
    chance = random.Random(3)
    for length in [0, 1, 4, 21, 22, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(60))]:
        path.write_bytes(whole[:length])
        assert_refused(path)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x05\x06" + bytes(18), b"\x89PNG\r\n\x1a\n" * 99, bytes(70_000)], ids=["empty", "no members", "picture", "zeros"]
)
def test_other_files_are_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert_refused(path)


def test_something_before_the_archive_is_refused(path: Path, whole: bytes) -> None:
    path.write_bytes(b"#!/bin/sh\n" + whole)
    assert_refused(path)


def test_a_bomb_is_refused(path: Path, whole: bytes) -> None:
    members = members_of(whole)
    manifest = manifest_of(members)
    zeros = npy(np.zeros((1, 30_000_000), np.float32))
    put(members, manifest, "audio/bomb.npy", zeros)
    manifest["takes"][0]["audio"] = {"member": "audio/bomb.npy", "arrays": [["<f4", [1, 30_000_000]]]}
    write(path, members, manifest, deflate=True)
    assert path.stat().st_size < 1_000_000
    assert_refused(path)


def test_a_flac_bomb_is_refused(path: Path, whole: bytes) -> None:
    """A FLAC of 42 bytes that announces 2^36 - 1 samples."""
    members = members_of(whole)
    manifest = manifest_of(members)
    frames = (1 << 36) - 1
    lengths = struct.pack(">Q", (48000 << 44) | (0 << 41) | (23 << 36) | frames)
    put(members, manifest, "audio/bomb.flac", b"fLaC\x80\x00\x00\x22" + struct.pack(">HH", 4096, 4096) + bytes(6) + lengths + bytes(16))
    for announced in (frames, 100):
        manifest["takes"][0].update(audio={"member": "audio/bomb.flac", "arrays": [["<f4", [1, announced]]]}, sample_rate=48000)
        write(path, members, manifest)
        assert_refused(path)


def local(name: bytes, content: bytes) -> bytes:
    return struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 33, zlib.crc32(content), len(content), len(content), len(name), 0) + name


def central(name: bytes, content: bytes, offset: int) -> bytes:
    sizes = (zlib.crc32(content), len(content), len(content), len(name))
    return struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, *sizes, 0, 0, 0, 0, 0, offset) + name


def test_overlapping_members_are_refused(path: Path) -> None:
    """The content of the first member is the whole second one, header included."""
    inner = b"x" * 1000
    second = local(b"b/b.npy", inner) + inner
    first = local(b"project.json", second)
    directory = central(b"project.json", second, 0) + central(b"b/b.npy", inner, len(first))
    body = first + second
    path.write_bytes(body + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(directory), len(body), 0))
    assert zipfile.ZipFile(path).read("b/b.npy") in zipfile.ZipFile(path).read("project.json")
    with path.open("rb") as file, pytest.raises(DamagedError, match="overlap"):
        Archive(file)
    assert_refused(path)


@pytest.mark.parametrize("field", [20, 24], ids=["compressed", "uncompressed"])
@pytest.mark.parametrize("change", [-1, 1, 1000, 1 << 30, 0xF0000000], ids=str)
def test_lying_sizes_are_refused(path: Path, whole: bytes, field: int, change: int) -> None:
    """Or do no harm: the last byte of a deflated member only says that it is the last."""
    begin = whole.index(b"PK\x01\x02")
    for _ in range(9):
        damaged = bytearray(whole)
        (size,) = struct.unpack_from("<L", damaged, begin + field)
        struct.pack_into("<L", damaged, begin + field, (size + change) & 0xFFFFFFFF)
        path.write_bytes(damaged)
        assert_refused_or_right(path)
        begin = whole.index(b"PK\x01\x02", begin + 4)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(path: Path, whole: bytes) -> None:
    for name in members_of(whole):
        path.write_bytes(whole)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, archive.read(name))
        assert_refused(path)


@pytest.mark.parametrize(
    "name", ["../evil.npy", "/evil.npy", "audio/../../evil.npy", "C:\\evil.npy", "audio\\evil.npy", "audio/", "AUDIO/x.npy", "con"]
)
@pytest.mark.parametrize("listed", [True, False])
def test_names_that_are_not_ours_are_refused(path: Path, whole: bytes, name: str, listed: bool) -> None:
    members = members_of(whole)
    manifest = manifest_of(members)
    put(members, manifest, name, b"evil")
    if not listed:
        del manifest["members"][name]
    write(path, members, manifest)
    assert_refused(path)


def test_a_hidden_name_is_refused(path: Path, whole: bytes) -> None:
    path.write_bytes(whole.replace(b".flac", b"\0flac"))
    assert_refused(path)


def test_missing_members_are_refused(path: Path, whole: bytes) -> None:
    for name in members_of(whole):
        members = members_of(whole)
        del members[name]
        write(path, members)
        assert_refused(path)


def test_another_content_is_refused(path: Path, whole: bytes) -> None:
    """The checksum of the zip is right, ours is not."""
    for name in members_of(whole):
        if name != "project.json":
            members = members_of(whole)
            members[name] = members[name][:-1] + bytes([members[name][-1] ^ 1])
            write(path, members)
            assert_refused(path)


def test_too_many_members_are_refused(path: Path, whole: bytes) -> None:
    members = members_of(whole)
    manifest = manifest_of(members)
    for number in range(2000):
        put(members, manifest, f"mels/{number}.npy", b"")
    write(path, members, manifest)
    assert_refused(path)


def test_a_directory_of_a_million_members_is_refused_at_once(path: Path) -> None:
    entry = central(b"a/a.npy", b"", 0)
    directory = entry * 500_000
    path.write_bytes(local(b"a/a.npy", b"") + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 9, 9, len(directory), 37, 0))
    assert_refused(path)


def takes_of(manifest: dict) -> dict:
    return manifest["takes"][0]


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop("format"),
        lambda m: m.update(format="1"),
        lambda m: m.update(format=True),
        lambda m: m.update(format=0),
        lambda m: m.update(members=[]),
        lambda m: m.update(takes={}),
        lambda m: m.update(versions=[]),
        lambda m: m.update(versions=[7]),
        lambda m: m.update(index=-1),
        lambda m: m.update(index=len(m["versions"])),
        lambda m: m.update(regions=[7]),
        lambda m: m["regions"][0].update(first=-1),
        lambda m: m["regions"][0].update(frames=20),
        lambda m: m["regions"][0].update(weights=takes_of(m)["grids"]),
        lambda m: m.update(index=True),
        lambda m: m.update(texts=[1]),
        lambda m: m["versions"][2]["document"].update(takes=[-1]),
        lambda m: m["versions"][2]["document"].update(takes=[99]),
        lambda m: m["versions"][2]["document"].update(prompt=3),
        lambda m: m["versions"][2]["document"].update(seed=1.5),
        lambda m: m["versions"][2]["document"].update(duration_s=None),
        lambda m: m["versions"][2]["document"].update(selection=[1, 2]),
        lambda m: m["versions"][2]["document"].update(selection={"start_s": 1}),
        lambda m: m["entries"][0].update(take=-1),
        lambda m: m["entries"][0].pop("id"),
        lambda m: m["entries"][0].pop("name"),
        lambda m: takes_of(m).pop("mel"),
        lambda m: takes_of(m).update(geometry={"bands": 79}),
        lambda m: takes_of(m).update(geometry={"hop_samples": 0}),
        lambda m: takes_of(m).update(geometry={"hop_samples": -256}),
        lambda m: takes_of(m).update(geometry={"f_max_hz": -1.0}),
        lambda m: takes_of(m).update(geometry={"code_count": 3}),
        lambda m: takes_of(m).update(sample_rate=0),
        lambda m: takes_of(m).update(sample_rate=10**9),
        lambda m: takes_of(m)["mel"].update(arrays=[]),
        lambda m: takes_of(m)["mel"].update(arrays=[["<f4", [48, 80]]]),
        lambda m: takes_of(m)["mel"].update(arrays=[["<f4", [80, 1 << 40]]]),
        lambda m: takes_of(m)["mel"].update(arrays=[["|O", [80, 48]]]),
        lambda m: takes_of(m)["mel"].update(arrays=[["<f4", [80, -48]]]),
        lambda m: takes_of(m)["mel"].update(arrays=[["<f4", [80, 48]]] * 2),
        lambda m: takes_of(m).update(mel=takes_of(m)["grids"]),
        lambda m: takes_of(m).update(audio=takes_of(m)["grids"]),
        lambda m: takes_of(m)["mel"].update(member="project.json"),
        lambda m: takes_of(m)["mel"].update(member="../../etc/passwd"),
        lambda m: takes_of(m)["grids"]["arrays"].pop(),
        lambda m: m["takes"][1].update(sample_rate=44100),
        lambda m: m["takes"][1]["audio"].update(arrays=[["<f4", [1, 24000]]]),
        lambda m: m["takes"][1]["audio"].update(arrays=[["<f4", [2, 24001]]]),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(path: Path, whole: bytes, change: Callable[[dict], object]) -> None:
    members = members_of(whole)
    manifest = manifest_of(members)
    change(manifest)
    write(path, members, manifest)
    assert_refused(path)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"format": NaN}',
        b'{"format": 1e999}',
        b'{"format": 1, "format": 1}',
        b"[" * 1_000_000,
        b'{"format": ' + b"9" * 5000 + b"}",
        b'{"format": "\xff"}',
        b" " * (1 << 25) + b"{}",
    ],
    ids=["empty", "null", "list", "cut", "NaN", "infinite", "twice", "deep", "long number", "no text", "large"],
)
def test_json_that_is_none_is_refused(path: Path, whole: bytes, text: bytes) -> None:
    write(path, {**members_of(whole), "project.json": text})
    assert_refused(path)


def structured(header: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()


@pytest.mark.parametrize(
    "content",
    [
        npy(np.full((80, 48), np.nan, np.float32)),
        npy(np.full((80, 48), np.inf, np.float32)),
        npy(np.zeros((80, 48), np.float64)),
        npy(np.zeros((80, 48), ">f4")),
        npy(np.asfortranarray(np.zeros((80, 48), np.float32))),
        npy(np.zeros((80, 48), np.float32))[:-1],
        npy(np.zeros((80, 48), np.float32)) + b"x",
        npy(np.full((80, 48), None, object), allow_pickle=True),
        structured("{'descr': '<f4', 'fortran_order': False, 'shape': (80, 1000000000000)}\n"),
        structured("__import__('os').system('touch evil')\n"),
        structured("(" * 3000 + "\n"),
        b"\x93NUMPY\x02\x00" + bytes(99),
        b"\x93NUMPY\x01\x00\xff\xff",
        b"",
    ],
    ids=["NaN", "Inf", "f8", "big", "fortran", "cut", "more", "objects", "huge", "code", "deep", "version", "header", "empty"],
)
def test_arrays_that_are_not_the_announced_ones_are_refused(path: Path, whole: bytes, content: bytes) -> None:
    members = members_of(whole)
    manifest = manifest_of(members)
    put(members, manifest, takes_of(manifest)["mel"]["member"], content)
    write(path, members, manifest)
    assert_refused(path)


@pytest.mark.parametrize("value", [-2, 1024, -32768, 32767])
def test_tokens_that_are_not_in_the_codebook_are_refused(path: Path, whole: bytes, value: int) -> None:
    members = members_of(whole)
    manifest = manifest_of(members)
    put(members, manifest, manifest["takes"][1]["grids"]["member"], npy(np.full((5, 3), value, np.int16)))
    write(path, members, manifest)
    assert_refused(path)


def test_mutants_of_flac_are_refused_or_right(path: Path, whole: bytes) -> None:
    """The checksum is made right, so that the decoder has to cope: what it gives then is a sound of the announced size, or one sentence."""
    members = members_of(whole)
    manifest = manifest_of(members)
    name = manifest["takes"][1]["audio"]["member"]
    flac, chance = members[name], random.Random(4)
    for _ in range(60):
        mutant = bytearray(flac)
        for _ in range(chance.randrange(1, 9)):
            mutant[chance.randrange(200 if chance.random() < 0.5 else len(flac))] = chance.randrange(256)
        put(members, manifest, name, bytes(mutant))
        write(path, members, manifest)
        try:
            samples = load_project(path).versions[3].document.takes[1].take.clip.samples
            assert samples.shape == (2, 24000) and np.isfinite(samples).all()
        except EngineError as error:
            assert error.kind == "project"


def test_members_are_given_away_one_by_one() -> None:
    """No piece holds more than one member, so that a large project is never in memory twice."""
    members = [manifest_member("project.json", b"{}"), *(member("mels", "npy", (bytes([number]) * 1000,)) for number in range(5))]
    parts = list(archive_parts(members))
    assert max(map(len, parts)) < 1200
    with zipfile.ZipFile(io.BytesIO(b"".join(parts))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [each.name for each in members]


def test_json_of_others_is_read_as_text() -> None:
    assert json_value('{"a": "\u00e4"}'.encode()) == {"a": "\u00e4"}
