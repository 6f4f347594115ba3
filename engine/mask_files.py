"""Masks as pictures: greyscale PNG of one pixel per frame and band, white where painted, the highest band on top."""

from __future__ import annotations

import os
import secrets
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.masks import Mask
from engine.types import EngineError

if TYPE_CHECKING:
    from PIL.Image import Image

_MOST_PIXELS = 1 << 26
_LEVELS = 255


def write_mask(path: Path, mask: Mask) -> None:
    """Writes a PNG of 256 levels; an older file is replaced in one step or stays as it was. Raises EngineError("path")."""
    from PIL import Image

    if mask.frames == 0:
        raise EngineError("value", "There is no picture to write: the mask has no frames.")
    pixels = np.rint(mask.array()[::-1] * _LEVELS).astype(np.uint8)
    building = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        try:
            Image.fromarray(pixels).save(building, format="PNG")
            os.replace(building, path)
        finally:
            building.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise EngineError("path", f'"{path}" could not be written ({reason}).') from error


def read_mask(path: Path, bands: int, frames: int) -> Mask:
    """A mask over a picture of ``bands`` x ``frames`` from a PNG of any size, which is stretched over it.

    White paints, black does not, grey paints in part; what is transparent is not painted. Raises EngineError("value") for a file that is
    missing, damaged or no PNG.
    """
    if not path.is_file():
        raise EngineError("value", f'There is no file "{path.name}".')
    grey = _grey(path)
    if grey.shape != (bands, frames):
        grey = _stretched(grey, bands, frames)
    return Mask.of(grey[::-1], frames)


def _grey(path: Path) -> np.ndarray:
    """Brightness times opacity 0..1, float32 [height, width]."""
    from PIL import Image

    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning), Image.open(path, formats=["PNG"]) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise EngineError("value", f'"{path.name}" is too large for a mask: {image.width} x {image.height} pixels.')
            return _brightness(image)
    except EngineError:
        raise
    # The decoder raises SyntaxError for a broken chunk, DecompressionBombError is an Exception of its own.
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise EngineError("value", f'"{path.name}" is no PNG picture that could be read.') from error


def _brightness(image: Image) -> np.ndarray:
    if image.mode.startswith("I"):
        return np.clip(np.asarray(image, np.float32) / 65535, 0, 1)
    both = np.asarray(image.convert("RGBA").convert("LA"), np.float32) / _LEVELS
    return both[..., 0] * both[..., 1]


def _stretched(grey: np.ndarray, bands: int, frames: int) -> np.ndarray:
    from PIL import Image

    # A box takes the mean where the picture shrinks and repeats pixels where it grows: edges stay where they are.
    return np.asarray(Image.fromarray(grey.astype(np.float32)).resize((frames, bands), Image.Resampling.BOX))
