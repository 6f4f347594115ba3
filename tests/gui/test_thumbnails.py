"""Thumbnails: right side up, short events kept, odd spectrograms survive, each take drawn once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QColor

from engine.geometry import Geometry
from engine.session.document import TakeEntry
from engine.types import Clip, GenerationRequest, Spectrogram, Take, TokenGrid
from gui import thumbnails
from gui.thumbnails import ThumbnailCache, shrink, thumbnail

GEOMETRY = Geometry()


def picture_of(log_mel: np.ndarray) -> Spectrogram:
    return Spectrogram(log_mel.astype(np.float32), GEOMETRY)


def lightness(image, x: int, y: int) -> int:
    return QColor(image.pixel(x, y)).lightness()


def test_low_frequencies_are_at_the_bottom() -> None:
    log_mel = np.full((80, 400), -80.0)
    log_mel[:8] = 0.0
    image = thumbnail(picture_of(log_mel), 100, 40)
    assert lightness(image, 50, 39) > 150
    assert lightness(image, 50, 5) < 10


def test_one_loud_frame_in_a_minute_is_seen() -> None:
    log_mel = np.full((80, 5168), -80.0)
    log_mel[:, 2000] = 0.0
    image = thumbnail(picture_of(log_mel), 264, 56)
    bright = [x for x in range(264) if lightness(image, x, 20) > 150]
    assert bright == [2000 * 264 // 5168]


def test_one_loud_cell_is_seen() -> None:
    log_mel = np.full((80, 5168), -80.0)
    log_mel[33, 2000] = 0.0
    image = thumbnail(picture_of(log_mel), 264, 40)
    assert max(lightness(image, 2000 * 264 // 5168, y) for y in range(40)) > 150


def test_a_short_dropout_is_seen() -> None:
    log_mel = np.full((80, 5168), 0.0)
    log_mel[:, 2000] = -80.0
    image = thumbnail(picture_of(log_mel), 264, 56)
    dark = [x for x in range(264) if lightness(image, x, 20) < 10]
    assert dark == [2000 * 264 // 5168]


def test_sparse_clicks_are_no_dropouts() -> None:
    log_mel = np.full((80, 1000), -80.0)
    log_mel[:, ::50] = 0.0
    assert (shrink(log_mel.astype(np.float32), 40, 100).max(axis=0) == 0.0).sum() == 20


@pytest.mark.parametrize(
    "log_mel",
    [
        np.full((80, 100), np.nan),
        np.full((80, 100), np.inf),
        np.full((80, 100), -np.inf),
        np.full((80, 100), -30.0),
        np.zeros((1, 1)),
        np.zeros((80, 0)),
        np.zeros((0, 0)),
        np.zeros((0, 7)),
        np.zeros((80, 1)),
    ],
    ids=["nan", "inf", "minus inf", "constant", "1x1", "no frames", "empty", "no bands", "one frame"],
)
def test_odd_spectrograms_give_a_picture_of_the_asked_size(log_mel: np.ndarray) -> None:
    image = thumbnail(picture_of(log_mel), 120, 30, 2.0)
    assert (image.width(), image.height()) == (240, 60)
    assert image.devicePixelRatio() == 2.0
    assert not image.isNull()


def test_nan_is_dark_beside_sound() -> None:
    log_mel = np.full((80, 100), -10.0)
    log_mel[:, 50:] = np.nan
    image = thumbnail(picture_of(log_mel), 100, 20)
    assert lightness(image, 10, 10) > 150
    assert lightness(image, 90, 10) < 10


def test_silence_is_dark() -> None:
    assert lightness(thumbnail(picture_of(np.full((80, 100), -100.0)), 50, 20), 10, 10) < 10


def test_a_quiet_take_is_readable() -> None:
    log_mel = np.full((80, 100), -80.0)
    log_mel[20:40] = -45.0
    image = thumbnail(picture_of(log_mel), 100, 40)
    assert lightness(image, 50, 25) > 100


@settings(max_examples=60, deadline=None)
@given(
    bands=st.integers(1, 90),
    frames=st.integers(1, 700),
    rows=st.integers(1, 120),
    columns=st.integers(1, 400),
    seed=st.integers(0, 1000),
)
def test_the_loudest_cell_is_never_lost(bands: int, frames: int, rows: int, columns: int, seed: int) -> None:
    levels = np.random.default_rng(seed).uniform(-9.0, 0.0, (bands, frames)).astype(np.float32)
    small = shrink(levels, rows, columns)
    assert small.shape == (rows, columns)
    assert small.max() == levels.max()


def entry_of(log_mel: np.ndarray, take_id: str) -> TakeEntry:
    take = Take(
        GenerationRequest("rain"), 1, TokenGrid(np.zeros((5, 4), np.int32)), picture_of(log_mel), Clip(np.zeros((1, 8), np.float32), 22050)
    )
    return TakeEntry(take, "Rain", id=take_id)


def test_each_take_is_drawn_once_per_size(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    original = thumbnails.thumbnail
    monkeypatch.setattr(thumbnails, "thumbnail", lambda *values: drawn.append(values[1:]) or original(*values))
    cache = ThumbnailCache()
    entry = entry_of(np.zeros((80, 50)), "a")
    first = cache.picture(entry, 100, 40, 1.0)
    assert cache.picture(entry, 100, 40, 1.0) is first
    assert drawn == [(100, 40, 1.0)]
    cache.picture(entry, 120, 40, 1.0)
    assert drawn == [(100, 40, 1.0), (120, 40, 1.0)]


def test_the_cache_is_bounded_and_forgets() -> None:
    cache = ThumbnailCache(most=2)
    a, b, c = (entry_of(np.zeros((80, 50)), name) for name in "abc")
    first = cache.picture(a, 10, 10, 1.0)
    cache.picture(b, 10, 10, 1.0)
    assert cache.picture(a, 10, 10, 1.0) is first
    kept_b = cache.picture(b, 10, 10, 1.0)
    cache.picture(c, 10, 10, 1.0)
    assert cache.picture(b, 10, 10, 1.0) is kept_b
    assert cache.picture(a, 10, 10, 1.0) is not first
    cache.keep_only({"b"})
    again = cache.picture(a, 10, 10, 1.0)
    assert cache.picture(a, 10, 10, 1.0) is again


def one_loud_frame() -> np.ndarray:
    """Ten minutes of silence but for one frame."""
    log_mel = np.full((80, 51680), -80.0, np.float32)
    log_mel[:, 20001] = 0.0
    return log_mel


def test_a_long_take_is_there_at_once_and_whole_soon(qtbot) -> None:
    cache, entry = ThumbnailCache(), entry_of(one_loud_frame(), "long")
    with qtbot.waitSignal(cache.drawn):
        rough = cache.picture(entry, 264, 56, 1.0)
        assert (rough.width(), rough.height()) == (264, 56)
    x = 20001 * 264 // 51680
    assert lightness(rough, x, 20) < 10
    assert lightness(cache.picture(entry, 264, 56, 1.0), x, 20) > 150


def test_the_first_look_at_many_long_takes_costs_as_much_as_at_short_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    original = thumbnails.finite_db
    monkeypatch.setattr(thumbnails, "finite_db", lambda levels: looked_at.append(levels.size) or original(levels))
    cache, log_mel = ThumbnailCache(), one_loud_frame()
    # What the thread does is not counted.
    monkeypatch.setattr(cache._background, "compute", lambda *_: None)
    for number in range(20):
        cache.picture(entry_of(log_mel, str(number)), 264, 56, 2.0)
    assert len(looked_at) == 20 and max(looked_at) <= 80 * 848


def test_a_long_take_that_is_forgotten_is_not_told(qtbot) -> None:
    cache, entry = ThumbnailCache(), entry_of(one_loud_frame(), "long")
    with qtbot.assertNotEmitted(cache.drawn, wait=100):
        cache.picture(entry, 264, 56, 1.0)
        cache.keep_only(set())
