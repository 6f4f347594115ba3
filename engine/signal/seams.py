"""How much louder or softer a drawn sound has to begin and to end so that it meets its surroundings, band by band.

What the networks draw has the level of a typical sound of its kind; for noise that is 1 to 4 dB below the sound that it goes on from. At
every joint the drawn sound is therefore compared with the source just outside, but only with as much conviction as the comparison
deserves: differences that chance explains, that go on with a change which the source began, or that must be meant are left alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SEAM_S = 0.2
"""Levels are compared over this much sound on either side: steady noise of speech bandwidth varies by 0.3 dB over that long."""
RAMP_S = 1.0
"""From a joint the drawn sound returns to its own level over this long."""
_BANDS = 10
_FORGIVEN_DB = 1.0
_MOST_DB, _INTENDED_DB = 6.0, 18.0
_QUIET = 1e-10


@dataclass(frozen=True, eq=False)
class Level:
    """Mean square of a sound in each STFT bin [bins], from ``seconds`` of it; 0 seconds: nothing is known."""

    power: NDArray[np.float64]
    seconds: float


def band_shares(positions: NDArray[np.float64], bands: int) -> NDArray[np.float64]:
    """Shares [10, bins] of bins at mel positions 0..``bands`` in ten bands of equal mel width; those of one bin add up to one."""
    places = np.clip(positions / bands * _BANDS - 0.5, 0, _BANDS - 1)
    return np.clip(1 - np.abs(places - np.arange(_BANDS)[:, None]), 0, 1)


def joint_gain_db(inside: Level, near: Level, far: Level, shares: NDArray[np.float64], bin_hz: float) -> NDArray[np.float64]:
    """Gain in dB [bins] that brings the drawn sound to the level of the source at a joint.

    ``inside``: the drawn sound within the joint; ``near``: the source up to the joint; ``far``: the source before that. Where the drawn
    sound goes on falling or rising as the source does from ``far`` to ``near``, that much of the difference (less 1 dB, and what is chance)
    is taken off. The rest d is weighted with d^4 / (d^4 + s^4), s the standard deviation of a noise's level; the gain is at most 6 dB, and
    falls to 0 from there to a difference of 18 dB, for so much must be meant.
    """
    levels = [shares @ side.power for side in (inside, near, far)]
    width_hz = np.square(shares.sum(axis=1)) / np.maximum(np.square(shares).sum(axis=1), 1e-12) * bin_hz
    step = _difference_db(levels[1], levels[0])
    own = _difference_db(levels[1], levels[2])
    variance = _variance(width_hz, inside.seconds) + _variance(width_hz, near.seconds)
    chance = 2 * np.sqrt(_variance(width_hz, near.seconds) + _variance(width_hz, far.seconds))
    going_on = np.maximum(0.0, -np.sign(step) * own - _FORGIVEN_DB - chance)
    rest = np.maximum(0.0, np.abs(step) - going_on)
    sure = rest**5 / np.maximum(rest**4 + np.square(variance), 1e-12)
    limited = np.minimum(np.minimum(sure, _MOST_DB), np.maximum(0.0, (_INTENDED_DB - np.abs(step)) / 2))
    return (np.sign(step) * limited) @ shares


def ramp(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 at a joint and before it, 0 from distance 1 on; with its mirror image from the other joint it adds up to one."""
    return np.square(np.cos(np.pi / 2 * np.clip(distance, 0, 1)))


def _difference_db(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Level of one above the other; 0 where both are silent, very much where one is."""
    return 10 * np.log10(np.maximum(one, _QUIET) / np.maximum(other, _QUIET))


def _variance(width_hz: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """Variance in dB^2 of the measured level of noise: its mean square has 2 x bandwidth x time degrees of freedom."""
    return np.square(10 / np.log(10)) / np.maximum(width_hz * seconds, 1e-3)
