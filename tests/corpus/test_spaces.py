"""Rooms: their decay, their energy, their splits; distance and motion."""

from itertools import pairwise

import numpy as np
import pytest

from engine.corpus.dsp import white
from engine.corpus.measures import centroid_hz
from engine.corpus.spaces import SPACES, convolve, diffuse, early_reflections, impulse_response, move, pool, room
from engine.corpus.splits import split

_SECOND = 22050
_ROOMS = [name for name, row in SPACES.items() if row.t60_s[1] > 0 and row.extra != "echoes"]


def _decay_s(response: np.ndarray) -> float:
    """Schroeder integral, -5 to -25 dB, times three."""
    energy = np.cumsum(response[::-1].astype(float) ** 2)[::-1]
    level = 10 * np.log10(np.maximum(energy / energy[0], 1e-12))
    return 3 * (np.argmax(level < -25) - np.argmax(level < -5)) / _SECOND


@pytest.mark.parametrize("space", _ROOMS)
def test_decay_is_nine_tenths_of_nominal(space):
    rooms = [room(space, number) for number in pool(space, "train")[:6]]
    ratios = [_decay_s(r.wet) / (0.9 * r.t60_s) for r in rooms]
    assert np.median(ratios) == pytest.approx(1.0, abs=0.2), ratios


def test_decay_of_the_open_air_without_its_echoes():
    row = SPACES["outdoors_far"]
    tail = diffuse(np.random.default_rng(1), 0.6, row.low, row.high)
    assert _decay_s(tail) == pytest.approx(0.9 * 0.6, rel=0.2)


@pytest.mark.parametrize("space", [name for name in SPACES if name != "dry"])
def test_energy_is_normalised(space):
    place = room(space, pool(space, "train")[0])
    low, high = SPACES[space].wet_db
    assert np.sum(place.wet.astype(float) ** 2) == pytest.approx(1.0, abs=1e-4)
    assert low <= place.wet_db <= high
    for distance in range(5):
        response = impulse_response(place, distance)
        assert response.dtype == np.float32
        assert np.sum(response.astype(float) ** 2) == pytest.approx(1.0, abs=1e-4)


def test_the_same_room_again():
    number = pool("hall", "train")[0]
    first = room("hall", number).wet
    room.cache_clear()
    assert np.array_equal(first, room("hall", number).wet)


def test_no_room_belongs_to_two_splits():
    for space in ("booth", "hall", "outdoors_far"):
        pools = {part: pool(space, part) for part in ("train", "validation", "test")}
        assert all(split(space, number) == part for part, numbers in pools.items() for number in numbers)
        assert len({n for numbers in pools.values() for n in numbers}) == sum(map(len, pools.values()))


def test_convolution_is_the_plain_one():
    rng = np.random.default_rng(2)
    x, response = white(rng, 3000), white(rng, 700)
    y = convolve(x, response)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, np.convolve(x, response)[:3000], atol=2e-3)


def test_farther_is_duller_and_more_diffuse():
    noise = white(np.random.default_rng(3), 2 * _SECOND)
    place = room("large_room", pool("large_room", "train")[1])
    centres = [centroid_hz(convolve(noise, impulse_response(place, distance))) for distance in range(1, 5)]
    assert all(a > 1.15 * b for a, b in pairwise(centres)), centres
    first = [float(np.sum(impulse_response(place, distance)[:66] ** 2)) for distance in (0, 1, 4)]
    assert first[0] > first[1] > first[2]


def test_motion_moves_the_level():
    noise = white(np.random.default_rng(4), 8 * _SECOND)
    third = noise.size // 3
    levels = {}
    for motion in ("approaching", "passing", "receding"):
        moved = move(noise, motion, np.random.default_rng(5))
        assert moved.shape == noise.shape
        levels[motion] = [20 * np.log10(moved[i * third : (i + 1) * third].std()) for i in range(3)]
    assert levels["approaching"][2] > levels["approaching"][0] + 6
    assert levels["receding"][0] > levels["receding"][2] + 6
    assert levels["passing"][1] > max(levels["passing"][0], levels["passing"][2]) + 3


def test_early_reflections_are_a_shade():
    noise = white(np.random.default_rng(6), _SECOND)
    shaded = early_reflections(noise, np.random.default_rng(7))
    difference = 20 * np.log10((shaded - noise).std() / noise.std())
    assert -20 < difference < -12
