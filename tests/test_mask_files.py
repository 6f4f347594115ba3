"""Masks as PNG: there and back, and what is no mask."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from engine.mask_files import read_mask, write_mask
from engine.masks import Mask
from engine.types import EngineError


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hnp.arrays(np.uint8, (80, 23)), st.integers(0, 20))
def test_there_and_back(tmp_path: Path, levels: np.ndarray, first: int) -> None:
    mask = Mask.of((levels / 255).astype(np.float32), 50, first)
    write_mask(tmp_path / "mask.png", mask)
    again = read_mask(tmp_path / "mask.png", 80, 50)
    np.testing.assert_allclose(again.array(), mask.array(), atol=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["mask.png"]


def test_the_highest_band_is_on_top(tmp_path: Path) -> None:
    weights = np.zeros((80, 10), np.float32)
    weights[79, 3] = 1
    write_mask(tmp_path / "mask.png", Mask.of(weights))
    pixels = np.asarray(Image.open(tmp_path / "mask.png"))
    assert pixels.shape == (80, 10) and pixels[0, 3] == 255 and pixels.sum() == 255


def test_another_size_is_stretched(tmp_path: Path) -> None:
    pixels = np.zeros((40, 100), np.uint8)
    pixels[:20, 50:] = 255
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    weights = read_mask(tmp_path / "mask.png", 80, 200).array()
    assert (weights[40:, 100:] == 1).all() and weights.sum() == 40 * 100


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png(tmp_path: Path, mode: str) -> None:
    grey = Image.fromarray(np.repeat(np.array([[0, 255]], np.uint8), 80, axis=0))
    image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else grey.convert(mode)
    image.save(tmp_path / "mask.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png", 80, 2).array(), np.repeat([[0, 1]], 80, axis=0))


def test_what_is_transparent_is_not_painted(tmp_path: Path) -> None:
    Image.new("RGBA", (10, 80), (255, 255, 255, 0)).save(tmp_path / "mask.png")
    assert read_mask(tmp_path / "mask.png", 80, 10).is_empty


def test_what_is_no_mask_gives_one_sentence(tmp_path: Path) -> None:
    good = tmp_path / "good.png"
    write_mask(good, Mask.of(np.random.default_rng(0).random((80, 10), np.float32)))
    contents = {"empty": b"", "text": b"hello", "cut": good.read_bytes()[:300], "broken": good.read_bytes()[:40] + b"x" * 30}
    for name, content in contents.items():
        (tmp_path / f"{name}.png").write_bytes(content)
        with pytest.raises(EngineError, match=f'"{name}.png"'):
            read_mask(tmp_path / f"{name}.png", 80, 10)
    Image.new("L", (10, 10)).save(tmp_path / "photo.jpg")
    for name in ("photo.jpg", "missing.png"):
        with pytest.raises(EngineError, match=name):
            read_mask(tmp_path / name, 80, 10)


def test_a_huge_picture_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    Image.new("1", (10_000, 10_000)).save(tmp_path / "huge.png")
    with pytest.raises(EngineError, match="too large"):
        read_mask(tmp_path / "huge.png", 80, 10)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="could not be written"):
        write_mask(tmp_path / "nowhere" / "mask.png", Mask.of(np.ones((80, 10), np.float32)))
    with pytest.raises(EngineError, match="no frames"):
        write_mask(tmp_path / "mask.png", Mask.empty(80, 0))
