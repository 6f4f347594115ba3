"""Project files: what comes back, whoever wrote it."""

import dataclasses
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.session.document import Document, TakeEntry
from engine.session.history import History
from engine.session.project import load_project, save_project
from engine.types import Clip, EngineError, Spectrogram, Take
from tests.session.examples import (
    GEOMETRY,
    assert_same_array,
    assert_same_history,
    assert_same_take,
    busy_history,
    generated,
    imported,
    with_take,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "Regen.melbrush"


def through_file(path: Path, take: Take) -> Take:
    save_project(path, with_take(take), "test")
    return load_project(path).document.takes[0].take


def audio_member(path: Path) -> str:
    return next(name for name in zipfile.ZipFile(path).namelist() if name.startswith("audio/"))


def with_clip(take: Take, samples: np.ndarray, rate: int = 22050) -> Take:
    return dataclasses.replace(take, clip=Clip(samples.astype(np.float32), rate))


def rewritten(path: Path, change) -> None:
    """The same project with another manifest."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members["project.json"])
    change(manifest)
    members["project.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_everything_comes_back(path: Path) -> None:
    history = busy_history()
    save_project(path, history, "Melbrush 1.0")
    found = load_project(path)
    assert_same_history(found, history)
    assert found.can_undo and found.can_redo
    found.redo(), found.redo()
    assert [entry.name for entry in found.document.takes] == ["Heavy rain", "Rain 1 b"]


def test_an_empty_project_comes_back(path: Path) -> None:
    save_project(path, History(Document()), "test")
    assert_same_history(load_project(path), History(Document()))


def test_versions_share_their_takes_after_loading(path: Path) -> None:
    save_project(path, busy_history(), "test")
    versions = load_project(path).versions
    assert versions[2].document.takes[0] is versions[3].document.takes[0]
    assert versions[3].document.takes[0].take is versions[4].document.takes[0].take


def test_a_take_that_was_computed_twice_is_stored_once(path: Path) -> None:
    history = with_take(generated(5))
    history.push("Again", history.document.with_take(TakeEntry(generated(5), "two")))
    save_project(path, history, "test")
    assert len(zipfile.ZipFile(path).namelist()) == 4


def test_the_same_project_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second, third = (tmp_path / f"{name}.melbrush" for name in "abc")
    save_project(first, busy_history(), "test")
    save_project(second, busy_history(), "test")
    save_project(third, load_project(first), "test")
    assert first.read_bytes() == second.read_bytes() == third.read_bytes()


def test_the_next_change_after_loading_is_a_step_of_its_own(path: Path) -> None:
    history = History(Document())
    history.push("Type", Document(prompt="a"), key="prompt")
    save_project(path, history, "test")
    found = load_project(path)
    found.push("Type", Document(prompt="ab"), key="prompt")
    assert found.labels == ("Start", "Type", "Type")


def test_generated_samples_come_back_bit_by_bit(path: Path) -> None:
    odd = np.array([[-0.0, 1e-40, 1.0, -1.0, 1.5, 0.1, np.float32(1) / 3]], np.float32)
    take = with_clip(generated(), np.concatenate([odd, generated().clip.samples], axis=1))
    assert_same_take(through_file(path, take), take)
    assert audio_member(path).endswith(".npy")


@pytest.mark.parametrize(("rate", "channels", "bits"), [(48000, 2, 24), (44100, 1, 16), (96000, 8, 24), (1000, 1, 16), (655350, 1, 24)])
def test_imported_samples_come_back_bit_by_bit_from_flac(path: Path, rate: int, channels: int, bits: int) -> None:
    take = imported(3, 0.1, rate, channels, bits)
    assert_same_take(through_file(path, take), take)
    name = audio_member(path)
    assert name.endswith(".flac")
    info = soundfile.info(io.BytesIO(zipfile.ZipFile(path).read(name)))
    assert (info.format, info.subtype, info.samplerate, info.channels) == ("FLAC", "PCM_24", rate, channels)


@pytest.mark.parametrize(("rate", "channels"), [(65537, 1), (768000, 1), (48000, 9), (48000, 64)])
def test_what_flac_cannot_hold_comes_back_too(path: Path, rate: int, channels: int) -> None:
    take = imported(3, 0.02, rate, channels)
    assert_same_take(through_file(path, take), take)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((1, 0)),
        np.zeros((1, 1)),
        np.zeros((2, 400_000)),
        np.full((1, 5000), -1.0),
        np.full((1, 5000), 1.0),
        np.full((1, 1), 2.0**-23),
        np.full((1, 9), 2.0**-24),
        np.full((1, 9), -0.0),
        np.full((1, 9), 1e6),
    ],
    ids=["none", "one", "silence", "lowest", "highest", "one step", "half a step", "negative zero", "loud"],
)
def test_odd_sounds_come_back(path: Path, samples: np.ndarray) -> None:
    take = with_clip(generated(), samples)
    assert_same_take(through_file(path, take), take)


def test_pictures_without_variety_are_not_taken_for_bombs(path: Path) -> None:
    take = generated(0, 10.0, 64)
    history = dataclasses.replace(
        take.history, guess=take.history.guess * 0, fixed=take.history.fixed & False, confidence=take.history.confidence * 0
    )
    quiet = dataclasses.replace(take, history=history, spectrogram=Spectrogram(take.spectrogram.log_mel * 0 - 80, GEOMETRY))
    assert_same_take(through_file(path, quiet), quiet)


def test_many_equal_steps_are_not_taken_for_a_bomb(path: Path) -> None:
    history = busy_history()
    for number in range(499):
        history.push("Change", dataclasses.replace(history.document, seed=number % 2))
    save_project(path, history, "test")
    assert_same_history(load_project(path), history)


def test_values_that_are_no_numbers_do_not_keep_a_project_from_being_saved(path: Path) -> None:
    samples = np.array([[0.25, np.nan, np.inf, -np.inf, 0.5]])
    found = through_file(path, with_clip(dataclasses.replace(generated(), prompt_match=float("nan")), samples))
    assert_same_array(found.clip.samples, np.array([[0.25, 0, 0, 0, 0.5]], np.float32))
    assert found.prompt_match is None


def test_numpy_numbers_and_paths_in_a_document_are_saved(path: Path) -> None:
    document = Document(seed=np.int64(3), blend=np.float32(0.25), duration_s=4, reference=Path("a.wav"), seed_locked=np.bool_(True))
    save_project(path, History(document), "test")
    found = load_project(path).document
    assert (found.seed, found.blend, found.duration_s, found.reference, found.seed_locked) == (3, 0.25, 4.0, "a.wav", True)


def test_keys_of_a_later_version_are_ignored_and_missing_ones_are_defaults(path: Path) -> None:
    save_project(path, busy_history(), "test")

    def change(manifest: dict) -> None:
        manifest["colour"] = "red"
        manifest["takes"][0]["request"]["settings"] = {"mood": 3}
        manifest["takes"][0]["mood"] = None
        manifest["entries"][0].update(kind="stretched", mood=1)
        document = manifest["versions"][5]["document"]
        document["mood"] = [1]
        del document["blend"], document["selection"]["low_hz"]

    rewritten(path, change)
    document = load_project(path).versions[5].document
    assert document.takes[0].take.request.settings.steps == 16
    assert (document.blend, document.selection.low_hz, document.selection.end_s) == (0.5, 0.0, 0.2)
    assert load_project(path).versions[2].document.takes[0].kind == "generated"


def test_a_newer_format_gives_one_sentence(path: Path) -> None:
    save_project(path, busy_history(), "test")
    rewritten(path, lambda manifest: [manifest.update(format=2), manifest.pop("members"), manifest.pop("takes")])
    with pytest.raises(EngineError, match="newer version") as raised:
        load_project(path)
    assert raised.value.kind == "project"


def test_missing_files_and_folders_give_one_sentence(tmp_path: Path) -> None:
    for name in ("nothing.melbrush", "."):
        with pytest.raises(EngineError) as raised:
            load_project(tmp_path / name)
        assert raised.value.kind == "project"
