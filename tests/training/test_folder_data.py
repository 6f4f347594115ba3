"""Folders of own sounds: what is found, how it is cut, which split it falls to, and what is told about it."""

import json
import os
import shutil
from itertools import pairwise
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from engine.geometry import Geometry
from engine.signal.mel import log_mel_db, normalise
from engine.training.folder_data import (
    Sound,
    group_of,
    list_sounds,
    one_channel,
    pieces_of,
    sounds_of,
    split_of,
    starts_of,
)
from engine.training.own_sounds import Summary, read_sounds, summary_of
from engine.training.shards import Shard, ShardSet
from engine.types import Clip, EngineError
from tests.training.own_folder import sound, wav_bytes, write_folder, write_tar, write_webdataset

GEOMETRY = Geometry()


def rows(shards: Path) -> list[dict]:
    return [row for path in sorted(shards.glob("shard-*")) for row in Shard(path).rows]


def one_of(path: Path, scratch: Path) -> object:
    return pieces_of(Sound(path.name, "", (), path=path), GEOMETRY, scratch)


class TestListing:
    def test_sounds_in_order_with_captions_and_groups(self, tmp_path: Path) -> None:
        for name in ("train/dogs/bark.wav", "a.FLAC", "birds/x/Owl_call-2.ogg", ".hidden.wav", ".git/b.wav", "readme.md", "dogs/001.mp3"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(b"x")
        (tmp_path / "a.txt").write_text("a long drone\n")
        (tmp_path / "birds" / "meta.csv").write_text("file,caption\nx/Owl_call-2.ogg,an owl calls twice\n")
        listing = list_sounds(str(tmp_path))
        assert listing.left_aside == 3
        found = [(s.name, s.group, s.captions) for s in sounds_of(listing, "auto")]
        assert found == [
            ("a.FLAC", "", ("a long drone",)),
            ("birds/x/Owl_call-2.ogg", "birds", ("an owl calls twice",)),
            ("dogs/001.mp3", "dogs", ("dogs",)),
            ("train/dogs/bark.wav", "dogs", ("dogs bark", "bark", "dogs")),
        ]
        by_name = [s.captions for s in sounds_of(listing, "name")]
        assert by_name[1] == ("birds owl call", "owl call", "birds")
        assert [s.captions for s in sounds_of(listing, "sidecar")][2:] == [(), ()]
        assert not any(s.captions for s in sounds_of(listing, "none"))

    def test_json_of_single_sounds_is_no_table(self, tmp_path: Path) -> None:
        (tmp_path / "caption.wav").write_bytes(b"x")
        (tmp_path / "a.wav").write_bytes(b"x")
        (tmp_path / "a.json").write_text('{"caption": "of a"}')
        assert [s.captions for s in sounds_of(list_sounds(str(tmp_path)), "sidecar")] == [("of a",), ()]

    def test_fingerprint_changes_with_the_files(self, tmp_path: Path) -> None:
        (tmp_path / "a.wav").write_bytes(b"x")
        first = list_sounds(str(tmp_path)).fingerprint
        (tmp_path / "notes.txt").write_text("no sound")
        assert list_sounds(str(tmp_path)).fingerprint == first
        (tmp_path / "a.wav").write_bytes(b"xy")
        assert list_sounds(str(tmp_path)).fingerprint != first

    @pytest.mark.parametrize("name", ["nowhere", "no*.tar", "no-{0..2}.tar", "empty"])
    def test_nothing_there_is_one_sentence(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "empty").mkdir()
        with pytest.raises(EngineError) as error:
            list_sounds(str(tmp_path / name))
        assert error.value.kind == "path"

    @given(name=st.text(min_size=1, max_size=40))
    def test_groups_can_be_printed(self, name: str) -> None:
        assert group_of(PurePosixPath(name) / "x.wav").isprintable()


class TestPieces:
    @given(samples=st.integers(1, 5_000_000), length=st.integers(1000, 300_000))
    def test_pieces_lie_inside_and_cover_nearly_everything(self, samples: int, length: int) -> None:
        starts = starts_of(samples, length)
        assert starts[0] == 0 and starts == sorted(set(starts))
        assert all(start + length <= samples for start in starts) or starts == [0]
        assert samples - (starts[-1] + length) < 0.1 * length
        assert all(b - a <= length for a, b in pairwise(starts))

    @pytest.mark.parametrize(("rate", "channels", "ending"), [(8000, 1, "wav"), (44100, 2, "flac"), (48000, 1, "ogg"), (96000, 6, "wav")])
    def test_a_short_sound_is_filled_up(self, tmp_path: Path, rate: int, channels: int, ending: str) -> None:
        path = tmp_path / f"a.{ending}"
        soundfile.write(path, sound(3, 1.5, rate, channels), rate)
        pieces = one_of(path, tmp_path)
        assert pieces.problem == "" and pieces.audio.shape == (1, GEOMETRY.samples) and pieces.audio.dtype == np.int16
        assert pieces.mel.shape == (1, 80, 848) and pieces.mel.dtype == np.float16
        assert pieces.seconds == pytest.approx([1.5], abs=0.01)
        assert np.abs(pieces.audio[0, :22050]).max() > 3000 and np.abs(pieces.audio[0, 40000:]).max() == 0
        expected = normalise(log_mel_db(pieces.audio[0].astype(np.float32) / 32767, GEOMETRY))
        np.testing.assert_allclose(pieces.mel[0], expected, atol=1e-3)

    def test_a_long_one_is_cut_and_silence_left_out(self, tmp_path: Path) -> None:
        samples = np.concatenate([sound(1, 12, 22050), np.zeros((22050 * 20, 1), np.float32), sound(2, 5, 22050)])
        soundfile.write(tmp_path / "a.wav", samples, 22050)
        pieces = one_of(tmp_path / "a.wav", tmp_path)
        # 37 s are four clips of 9.8 s, the last one ending with the sound; the third is silent.
        assert len(pieces.audio) == 3 and pieces.seconds == pytest.approx([GEOMETRY.duration_s] * 3)
        np.testing.assert_allclose(pieces.audio[2][-1000:], np.round(samples[-1000:, 0] * 32767), atol=3)

    def test_opposite_channels_do_not_vanish(self) -> None:
        left = sound(1, 1, 22050)[:, 0]
        assert np.array_equal(one_channel(Clip(np.stack([left, -left]), 22050)), left)
        np.testing.assert_allclose(one_channel(Clip(np.stack([left, 0.5 * left]), 22050)), 0.75 * left, atol=1e-6)

    def test_too_loud_floats_are_turned_down(self, tmp_path: Path) -> None:
        soundfile.write(tmp_path / "a.wav", 8 * sound(1, 1, 22050), 22050, subtype="FLOAT")
        peak = int(np.abs(one_of(tmp_path / "a.wav", tmp_path).audio.astype(int)).max())
        assert 32000 < peak <= 32767

    @pytest.mark.parametrize(
        ("content", "reason"),
        [(b"", "not a sound"), (b"RIFFxxxxWAVEjunk", "damaged"), (wav_bytes(1, 0.01), "shorter than 50 ms"), (b"ID3", "damaged")],
    )
    def test_what_cannot_be_used_says_why(self, tmp_path: Path, content: bytes, reason: str) -> None:
        (tmp_path / "a.wav").write_bytes(content)
        assert reason in one_of(tmp_path / "a.wav", tmp_path).problem
        from_shard = pieces_of(Sound("x", "", (), content=content), GEOMETRY, tmp_path)
        assert reason in from_shard.problem and from_shard.audio.shape == (0, GEOMETRY.samples)
        assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]

    def test_a_vanished_file_is_refused(self, tmp_path: Path) -> None:
        assert "could not be read" in one_of(tmp_path / "gone.wav", tmp_path).problem


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_folder(tmp_path_factory.mktemp("own") / "sounds", 24, 0.4)
    shutil.copy(folder / "rain" / "heavy_rain_00.wav", folder / "rain" / "again.wav")
    (folder / "broken.wav").write_bytes(b"RIFF")
    soundfile.write(folder / "still.wav", np.zeros(8000), 8000)
    return folder


@pytest.fixture(scope="module")
def shards(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    shards = tmp_path_factory.mktemp("shards")
    list(read_sounds(str(folder), shards))
    return shards


class TestShards:
    def test_everything_is_told(self, folder: Path, shards: Path) -> None:
        told = list(read_sounds(str(folder), shards))
        assert "refused: broken.wav is damaged or cut off and could not be read." in told
        assert "refused: still.wav is silent." in told
        assert "refused: rain/heavy_rain_00.wav has the same content as another file." in told
        assert any(
            line.startswith("24 of 27 sound files are used: 24 clips, 0.00 hours") and "2 classes: bells, rain" in line for line in told
        )
        assert "3 sound files were refused; 0 other files were left aside." in told
        assert "Captions were found for 24 of 24 sound files." in told
        assert told[-1].startswith("Warning: 24 clips are few")

    def test_rows_are_those_of_the_corpus(self, shards: Path) -> None:
        row = next(row for row in rows(shards) if row["classes"] == ["bells"])
        assert len(row["captions"]) == 12 and "bells" in row["captions"][0]
        assert set(row) == {"seed", "split", "classes", "captions", "manifest"}
        assert [row["seed"] for row in rows(shards)] == list(range(24))
        assert str(shards.parent) not in json.dumps(rows(shards))
        total = sum(len(ShardSet(shards, split)) for split in ("train", "validation", "test"))
        assert total == 24 == summary_of(shards).clips

    def test_no_file_is_in_two_splits(self, tmp_path: Path) -> None:
        for number in range(6):
            (tmp_path / "s").mkdir(exist_ok=True)
            soundfile.write(tmp_path / "s" / f"{number}.wav", sound(number, 45, 8000), 8000)
        list(read_sounds(str(tmp_path / "s"), tmp_path / "shards"))
        splits: dict[str, set[str]] = {}
        for row in rows(tmp_path / "shards"):
            splits.setdefault(row["manifest"]["file"], set()).add(row["split"])
        assert len(splits) == 6 and all(len(found) == 1 for found in splits.values())
        assert [row["manifest"]["piece"] for row in rows(tmp_path / "shards")] == [0, 1, 2, 3, 4] * 6

    def test_the_split_is_the_content_s_and_keeps_its_shares(self) -> None:
        names = [split_of(f"{number * 2654435761 % 2**32:08x}") for number in range(4000)]
        assert split_of("00000000ff") == "validation" and split_of("0000000aff") == "test" and split_of("00000063") == "train"
        assert 0.08 < names.count("validation") / 4000 < 0.12 and 0.03 < names.count("test") / 4000 < 0.07

    def test_several_workers_read_the_same(self, folder: Path, shards: Path, tmp_path: Path) -> None:
        list(read_sounds(str(folder), tmp_path, workers=2))
        assert rows(tmp_path) == rows(shards)
        for name in ("audio.npy", "mel.npy"):
            assert (tmp_path / "shard-00000" / name).read_bytes() == (shards / "shard-00000" / name).read_bytes()
        assert summary_of(tmp_path) == summary_of(shards)

    def test_other_sounds_do_not_mix(self, folder: Path, shards: Path, tmp_path: Path) -> None:
        other = write_folder(tmp_path / "other", 3, 0.2)
        with pytest.raises(EngineError, match="other sounds"):
            list(read_sounds(str(other), shards))
        with pytest.raises(EngineError, match="other sounds"):
            list(read_sounds(str(folder), shards, captions="none"))

    def test_nothing_usable_is_one_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "s").mkdir()
        (tmp_path / "s" / "a.wav").write_bytes(b"no")
        with pytest.raises(EngineError, match="None of the 1 sound files"):
            list(read_sounds(str(tmp_path / "s"), tmp_path / "shards"))
        assert not list((tmp_path / "shards").glob("shard-*"))

    def test_killed_and_started_again_nothing_is_lost_or_doubled(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = write_folder(tmp_path / "s", 11, 25.0)
        (folder / "bells" / "a_broken.wav").write_bytes(b"RIFF")
        monkeypatch.setattr("engine.training.own_sounds.CLIPS_PER_SHARD", 4)
        list(read_sounds(str(folder), tmp_path / "whole"))
        for stop_after in (0, 1, 2, 5):
            reading = read_sounds(str(folder), tmp_path / "parts")
            for _ in range(stop_after):
                next(reading)
            reading.close()
            (tmp_path / "parts" / ".building-00009-1").mkdir(parents=True, exist_ok=True)
        list(read_sounds(str(folder), tmp_path / "parts"))
        assert rows(tmp_path / "parts") == rows(tmp_path / "whole")
        assert summary_of(tmp_path / "parts") == summary_of(tmp_path / "whole")
        assert len(rows(tmp_path / "whole")) == 33
        for path in sorted((tmp_path / "whole").glob("shard-*")):
            assert (tmp_path / "parts" / path.name / "mel.npy").read_bytes() == (path / "mel.npy").read_bytes()
        assert not list((tmp_path / "parts").glob(".building*"))

    def test_webdataset(self, tmp_path: Path) -> None:
        write_webdataset(tmp_path / "a-0.tar", 0, 4)
        write_webdataset(tmp_path / "a-1.tar", 4, 3)
        write_tar(tmp_path / "a-2.tar", [("dogs/x.wav", wav_bytes(50)), ("dogs/x.cls", b"hound"), ("y.wav", b"junk"), ("z.txt", b"alone")])
        (tmp_path / "a-3.tar").write_bytes(b"no tar at all" * 100)
        told = list(read_sounds(str(tmp_path / "a-*.tar"), tmp_path / "shards"))
        assert any(line.startswith("8 of 10 sound files are used: 8 clips") for line in told)
        assert any(line.startswith("refused: a-2.tar/y.wav is not a sound") for line in told)
        assert any(line.startswith("refused: a-3.tar") and "damaged" in line for line in told)
        found = rows(tmp_path / "shards")
        assert found[0]["captions"][:2] == ["a short tone 0", "tone number 0"] and found[7]["classes"] == ["hound"]
        assert summary_of(tmp_path / "shards").webdataset
        # A folder that holds nothing but shards is taken for them.
        assert list_sounds(str(tmp_path)).shards == tuple(sorted(tmp_path.glob("*.tar")))

    def test_a_damaged_summary_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "sounds.json").write_text('{"x": 1}')
        with pytest.raises(EngineError, match="damaged"):
            summary_of(tmp_path)

    def test_rendered_shards_are_left_alone(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "shard-00000").mkdir()
        with pytest.raises(EngineError, match="rendered"):
            list(read_sounds(str(folder), tmp_path))

    def test_names_that_cannot_be_printed(self, tmp_path: Path) -> None:
        (tmp_path / "s").mkdir()
        try:
            path = os.fsencode(tmp_path) + b"/s/\xff\n.wav"
            with open(path, "wb") as file:
                file.write(b"no")
        except OSError:
            pytest.skip("this file system holds no such names")
        (tmp_path / "s" / "ok.wav").write_bytes(wav_bytes(1))
        told = "\n".join(read_sounds(str(tmp_path / "s"), tmp_path / "shards"))
        assert "refused: ??.wav is not a sound" in told
        told.encode("utf-8")


def test_a_warning_only_for_few_clips() -> None:
    assert any("Warning" in line for line in Summary("", "auto", False, splits={"train": 199}).lines)
    assert not any("Warning" in line for line in Summary("", "auto", False, splits={"train": 200}).lines)
