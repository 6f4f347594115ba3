"""Documents and takes for the tests of this folder, and what it means that two of them are equal."""

import dataclasses
from pathlib import Path

import numpy as np

from engine.geometry import Geometry
from engine.masks import Mask
from engine.session.document import Document, PaintedRegion, TakeEntry
from engine.session.history import History
from engine.session.step_names import StepName
from engine.types import Clip, GenerationRequest, Region, SamplingSettings, Spectrogram, StepHistory, Take, TokenGrid

GEOMETRY = Geometry()


def generated(seed: int = 0, seconds: float = 0.5, steps: int = 4) -> Take:
    """A take as the engine makes it: float32 samples of any value, and what every iteration left behind."""
    random = np.random.default_rng(seed)
    cols = GEOMETRY.seconds_to_cols(seconds)
    shape = (GEOMETRY.rows, cols)
    ids = random.integers(0, GEOMETRY.code_count, shape, dtype=np.int32)
    guess = random.integers(0, GEOMETRY.code_count, (steps, *shape), dtype=np.int32)
    order = random.random(shape)
    fixed = np.stack([order <= (step + 1) / steps for step in range(steps)])
    history = StepHistory(guess, fixed, random.random((steps, *shape), dtype=np.float32))
    picture = (random.normal(-30, 20, (GEOMETRY.bands, cols * GEOMETRY.cell_frames))).astype(np.float32)
    samples = random.normal(0, 0.2, (1, GEOMETRY.seconds_to_samples(seconds))).astype(np.float32)
    request = GenerationRequest(f"rain on a roof {seed}", duration_s=seconds, seed=seed, settings=SamplingSettings(steps=steps))
    return Take(request, seed, TokenGrid(ids), Spectrogram(picture, GEOMETRY), Clip(samples, 22050), history, 0.25)


def imported(seed: int = 0, seconds: float = 0.5, rate: int = 48000, channels: int = 2, bits: int = 24) -> Take:
    """A take as a sound file of 16 or 24 bits gives it."""
    random = np.random.default_rng(seed)
    scale = 1 << (bits - 1)
    integers = random.integers(-scale, scale, (channels, round(seconds * rate)))
    made = generated(seed, seconds)
    return dataclasses.replace(
        made, clip=Clip((integers / scale).astype(np.float32), rate), history=None, prompt_match=None, request=GenerationRequest("")
    )


def busy_history() -> History:
    """A project that somebody has worked on: takes of every kind, undone steps, a selection."""
    history = History(Document())
    first = TakeEntry(generated(1), "Rain 1", id="a", created="2026-11-01T10:00:00+00:00")
    history.push("Type prompt", dataclasses.replace(history.document, prompt="rain", negative="wind"), key="prompt")
    history.push("Generate", dataclasses.replace(history.document.with_take(first).with_prompt_remembered(), seed=77))
    second = TakeEntry(imported(2), "Door", "imported", source_path="/sounds/T\u00fcr \udcff.wav", id="b", created="x")
    history.push("Import", history.document.with_take(second))
    history.push(StepName("rename_take"), history.document.with_entry(dataclasses.replace(first, name="Heavy rain", starred=True)))
    third = TakeEntry(generated(3), "Rain 1 b", "branched", parent="a", id="c", created="y")
    selected = Region(0.1, 0.2)
    history.push("Select", dataclasses.replace(history.document, selection=selected, compared="b", seed_locked=True, reference="a.wav"))
    weights = np.random.default_rng(4).random((GEOMETRY.bands, 20), dtype=np.float32)
    painted = PaintedRegion(Mask.of(weights, 44, 7), "thunder", 0.5, "m")
    history.push("Paint", history.document.with_region(painted))
    history.push("Add region", history.document.with_region(PaintedRegion(Mask.empty(GEOMETRY.bands, 44), id="n")))
    history.push("Branch", dataclasses.replace(history.document.with_take(third), selection=Region(0.0, 0.5, 100.0, 2000.5)))
    history.push(StepName("delete_take", ("Door",)), history.document.without_take("b"))
    history.undo()
    history.undo()
    return history


def with_take(take: Take) -> History:
    """A project of one take."""
    history = History(Document())
    history.push("Add take", history.document.with_take(TakeEntry(take, "one", id="one", created="now")))
    return history


def assert_same_history(found: History, expected: History) -> None:
    """Equal in everything but the keys that group changes, which end with the program."""
    assert [version.label for version in found.versions] == [version.label for version in expected.versions]
    assert found.index == expected.index
    for one, other in zip(found.versions, expected.versions, strict=True):
        assert_same_document(one.document, other.document)


def assert_same_document(found: Document, expected: Document) -> None:
    assert plain(found, "takes", "regions") == plain(expected, "takes", "regions")
    assert len(found.regions) == len(expected.regions)
    for one, other in zip(found.regions, expected.regions, strict=True):
        assert plain(one, "mask") == plain(other, "mask") and one.mask.same_as(other.mask)
    assert len(found.takes) == len(expected.takes)
    for one, other in zip(found.takes, expected.takes, strict=True):
        assert plain(one, "take") == plain(other, "take")
        assert_same_take(one.take, other.take)


def assert_same_take(found: Take, expected: Take) -> None:
    """Bit by bit, but for the confidence, of which three digits are kept."""
    assert plain(found, "grid", "spectrogram", "clip", "history") == plain(expected, "grid", "spectrogram", "clip", "history")
    assert found.spectrogram.geometry == expected.spectrogram.geometry
    assert found.clip.sample_rate == expected.clip.sample_rate
    assert_same_array(found.clip.samples, expected.clip.samples)
    assert_same_array(found.spectrogram.log_mel, expected.spectrogram.log_mel)
    assert_same_array(found.grid.ids, expected.grid.ids)
    assert (found.history is None) == (expected.history is None)
    if found.history is not None and expected.history is not None:
        assert_same_array(found.history.guess, expected.history.guess)
        assert_same_array(found.history.fixed, expected.history.fixed)
        assert found.history.confidence.dtype == np.float32
        np.testing.assert_allclose(found.history.confidence, expected.history.confidence, atol=2.5e-4)


def assert_same_array(found: np.ndarray, expected: np.ndarray) -> None:
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert found.tobytes() == expected.tobytes()


def plain(value: object, *leave_out: str) -> dict:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.name not in leave_out}


def leftovers(folder: Path) -> list[Path]:
    """Half-written files."""
    return [path for path in folder.rglob("*") if path.name.endswith(".part")]
