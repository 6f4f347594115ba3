"""What is painted and what is not, heard alone, add up to the sound."""

import numpy as np

from engine.geometry import Geometry
from engine.mask_shapes import region_mask
from engine.signal.audition import inside_paint, outside_paint
from engine.types import Clip, Region

GEOMETRY = Geometry()
RATE = 48000


def level_db(samples: np.ndarray, hz: float) -> float:
    """Level of one frequency in dB of full scale, by correlation."""
    t = np.arange(samples.size) / RATE
    window = np.hanning(samples.size)
    return 20 * np.log10(abs(np.sum(samples * window * np.exp(-2j * np.pi * hz * t))) * 2 / window.sum() + 1e-9)


def test_parts_add_up_and_hold_what_they_say() -> None:
    t = np.arange(3 * RATE) / RATE
    tones = (0.2 * np.sin(2 * np.pi * 400 * t) + 0.2 * np.sin(2 * np.pi * 3000 * t)).astype(np.float32)
    clip = Clip(np.stack([tones, 0.5 * tones]), RATE)
    mask = region_mask(Region(1.0, 2.0, 2000, 5000), GEOMETRY, GEOMETRY.samples_to_frames(3 * GEOMETRY.sample_rate))
    inside, outside = inside_paint(clip, mask, GEOMETRY), outside_paint(clip, mask, GEOMETRY)
    np.testing.assert_allclose(inside.samples + outside.samples, clip.samples, atol=1e-6)
    middle = slice(int(1.2 * RATE), int(1.8 * RATE))
    assert level_db(inside.samples[0, middle], 3000) > -15.5 > -60 > level_db(inside.samples[0, middle], 400)
    assert level_db(outside.samples[0, middle], 400) > -15.5 > -40 > level_db(outside.samples[0, middle], 3000)
    assert not inside.samples[:, : int(0.9 * RATE)].any() and not inside.samples[:, int(2.1 * RATE) :].any()
