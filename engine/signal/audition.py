"""What is painted of a sound, and what is not, each to be heard alone."""

from __future__ import annotations

import numpy as np

from engine.geometry import Geometry
from engine.masks import Mask
from engine.signal.blend import blend
from engine.types import Clip


def outside_paint(clip: Clip, mask: Mask, geometry: Geometry) -> Clip:
    """The sound with silence where the mask is painted."""
    silence = np.zeros(max(1, round(clip.duration_s * geometry.sample_rate)), np.float32)
    return blend(clip, silence, 0, mask, geometry)


def inside_paint(clip: Clip, mask: Mask, geometry: Geometry) -> Clip:
    """What ``outside_paint`` leaves out: both add up to the sound."""
    return Clip(clip.samples - outside_paint(clip, mask, geometry).samples, clip.sample_rate)
