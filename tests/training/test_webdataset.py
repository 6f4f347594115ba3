"""Tar shards: samples are found, nothing is extracted, and nothing inside leads the reader astray."""

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.training.webdataset import LARGEST_MEMBER, Sample, read_samples, shard_paths, split_name
from engine.types import EngineError
from tests.training.own_folder import wav_bytes, write_tar, write_webdataset

WAV = frozenset({"wav", "flac"})


def samples(path: Path) -> list[Sample]:
    return list(read_samples(path, WAV))


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_neighbours_of_one_key_are_one_sample(tmp_path: Path, mode: str) -> None:
    members = [("a/1.wav", b"one"), ("a/1.txt", b"text"), ("a/1.seg.png", b"picture"), ("b/1.FLAC", b"other"), ("b/2.json", b"{}")]
    found = samples(write_tar(tmp_path / "x.tar", members, mode))
    assert [(sample.key, sample.files) for sample in found] == [
        ("a/1", {"wav": b"one", "txt": b"text"}),
        ("b/1", {"flac": b"other"}),
        ("b/2", {"json": b"{}"}),
    ]


def test_nothing_is_written_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tar(tmp_path / "x.tar", [("../evil.wav", b"1"), ("/etc/evil.wav", b"2"), ("ok.wav", b"3"), ("a/../../b.wav", b"4")])
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert [sample.key for sample in samples(tmp_path / "x.tar")] == ["ok"]
    assert sorted(tmp_path.iterdir()) == before


def test_links_devices_and_holes_are_not_followed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo(f"{kind.decode('latin-1')}.wav")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("real.wav")
        info.size = 4
        archive.addfile(info, io.BytesIO(b"real"))
    assert [(sample.key, sample.files) for sample in samples(tmp_path / "x.tar")] == [("real", {"wav": b"real"})]


def test_a_member_that_claims_to_be_huge_is_refused_or_damaged(tmp_path: Path) -> None:
    info = tarfile.TarInfo("huge.wav")
    info.size = LARGEST_MEMBER + 1
    (tmp_path / "x.tar").write_bytes(info.tobuf() + bytes(1024))
    found = []
    with pytest.raises(EngineError, match="damaged"):
        found.extend(read_samples(tmp_path / "x.tar", WAV))
    told = next(iter(read_samples(tmp_path / "x.tar", WAV)))
    assert told.files == {} and "too large" in told.problem


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.8])
def test_what_stands_before_the_damage_is_read(tmp_path: Path, kept: float) -> None:
    path = write_webdataset(tmp_path / "x.tar", 0, 6)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    found = []
    with pytest.raises(EngineError, match=r'"x.tar" is damaged'):
        for sample in read_samples(path, WAV):
            found.append(sample)
    assert 0 < len(found) <= 6 and found[0].files["wav"] == wav_bytes(0)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=2000), place=st.integers(0, 3000), junk=st.binary(min_size=1, max_size=40))
def test_any_bytes_are_samples_or_one_sentence(tmp_path: Path, content: bytes, place: int, junk: bytes) -> None:
    whole = write_tar(tmp_path / "x.tar", [("a.wav", b"1" * 700), ("b.txt", b"2"), ("b.wav", b"3")]).read_bytes()
    for raw in (content, whole[:place] + junk + whole[place + len(junk) :]):
        (tmp_path / "x.tar").write_bytes(raw)
        try:
            assert all(isinstance(sample, Sample) for sample in read_samples(tmp_path / "x.tar", WAV))
        except EngineError as error:
            assert error.kind == "audio"


@given(name=st.text(max_size=30))
def test_a_key_never_leads_out(name: str) -> None:
    named = split_name(name)
    if named is not None:
        key = Path(named[0])
        assert not key.is_absolute() and ".." not in key.parts and named[1] == named[1].lower()


def test_patterns_and_ranges(tmp_path: Path) -> None:
    for number in range(3):
        write_tar(tmp_path / f"s-{number:03}.tar", [])
    every = [tmp_path / f"s-{number:03}.tar" for number in range(3)]
    assert shard_paths(str(tmp_path / "*.tar")) == every
    assert shard_paths(str(tmp_path / "s-{000..002}.tar")) == every
    assert shard_paths(str(every[1])) == [every[1]]
    odd = tmp_path / "odd[1].tar"
    odd.write_bytes(every[0].read_bytes())
    assert shard_paths(str(odd)) == [odd]
    with pytest.raises(EngineError):
        shard_paths(str(tmp_path / "s-{0..999999}.tar"))
