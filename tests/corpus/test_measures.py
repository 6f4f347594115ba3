"""What is measured of sounds whose answers are known."""

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.corpus.measures import (
    MEASURES,
    active_share,
    centroid_hz,
    crest_db,
    f0_hz,
    flatness_db,
    harmonicity,
    high_share,
    length_s,
    level_range_db,
    low_share,
    modulation_depth,
    modulation_hz,
    onset_count,
    onset_times_s,
    onsets_per_s,
    pitch_slope,
    subsonic_share,
    t60_s,
    visible_share,
)
from engine.corpus.recipe import SAMPLE_RATE

SECONDS = 9.85
T = np.arange(round(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE


def sine(hz: float, level: NDArray | float = 1.0) -> NDArray:
    return level * np.sin(2 * np.pi * hz * T)


def white(level: NDArray | float = 1.0) -> NDArray:
    return level * np.random.default_rng(0).standard_normal(T.size)


def gate(*spans: tuple[float, float]) -> NDArray:
    """1 inside the spans (from, to) in seconds."""
    return np.sum([(start <= T) & (stop > T) for start, stop in spans], axis=0).astype(float)


def clicks(*times: float) -> NDArray:
    return white(np.sum([np.where(time <= T, np.exp(-np.abs(T - time) / 0.01), 0.0) for time in times], axis=0))


class TestSpectrum:
    @pytest.mark.parametrize("hz", [110, 440, 3000, 8000])
    def test_centroid_of_a_sine_is_its_frequency(self, hz: float) -> None:
        assert centroid_hz(sine(hz)) == pytest.approx(hz, rel=0.03)

    def test_shares_of_two_sines(self) -> None:
        two = sine(100) + sine(4000)
        assert low_share(two) == pytest.approx(0.5, abs=0.02) and high_share(two) == pytest.approx(0.5, abs=0.02)
        assert centroid_hz(two) == pytest.approx(2050, rel=0.03)

    def test_white_noise_is_even(self) -> None:
        noise, top = white(), SAMPLE_RATE / 2
        assert centroid_hz(noise) == pytest.approx(top / 2, rel=0.03)
        assert low_share(noise) == pytest.approx(250 / top, abs=0.005)
        assert high_share(noise) == pytest.approx(1 - 2000 / top, abs=0.01)
        assert visible_share(noise) == pytest.approx((7500 - 60) / top, abs=0.01)
        assert subsonic_share(noise) == pytest.approx(40 / top, abs=0.002)

    def test_flatness_tells_noise_from_a_tone(self) -> None:
        assert -0.5 < flatness_db(white()) <= 0
        assert flatness_db(sine(440)) < -40

    def test_what_lies_outside_of_the_picture(self) -> None:
        assert visible_share(sine(30)) < 0.01 < 0.99 < subsonic_share(sine(30))
        assert visible_share(sine(9000)) < 0.01 and subsonic_share(sine(9000)) < 0.01

    def test_silent_parts_do_not_count(self) -> None:
        assert centroid_hz(sine(440, gate((1, 2))) + 1e-4 * white()) == pytest.approx(440, rel=0.05)


class TestTime:
    @pytest.mark.parametrize("times", [(1.0,), (1.0, 4.0, 7.5), (0.0, 0.5, 1.0, 1.5, 2.0)])
    def test_onsets_are_counted(self, times: tuple[float, ...]) -> None:
        sound = clicks(*times)
        assert onset_count(sound) == len(times)
        assert onsets_per_s(sound) == pytest.approx(len(times) / SECONDS, rel=0.01)
        np.testing.assert_allclose(onset_times_s(sound), times, atol=0.05)

    def test_faint_onsets_are_not_counted(self) -> None:
        assert onset_count(clicks(1.0, 3.0) + 0.005 * clicks(5.0)) == 2

    def test_a_steady_sound_begins_once(self) -> None:
        assert onset_count(white()) == 1

    def test_active_share_and_length(self) -> None:
        sound = white(gate((2, 3), (5, 6)))
        assert active_share(sound) == pytest.approx(2 / SECONDS, abs=0.01)
        assert length_s(sound) == pytest.approx(4, abs=0.05)
        assert active_share(white()) == 1

    def test_level_range(self) -> None:
        half = white(np.where(SECONDS / 2 > T, 1.0, 0.1))
        assert level_range_db(half) == pytest.approx(20, abs=1.5)
        assert level_range_db(sine(440)) < 0.5

    @pytest.mark.parametrize("seconds", [0.2, 1.0, 4.0])
    def test_decay_time(self, seconds: float) -> None:
        for source in (sine(700), white()):
            decaying = np.where(T >= 0.3, source * 10 ** (-3 * (T - 0.3) / seconds), 0.0)
            assert t60_s(decaying) == pytest.approx(seconds, rel=0.1)

    @pytest.mark.parametrize("hz", [0.7, 5.0, 20.0])
    @pytest.mark.parametrize("depth", [0.3, 0.9])
    def test_amplitude_modulation(self, hz: float, depth: float) -> None:
        sound = sine(1500, 1 + depth * np.sin(2 * np.pi * hz * T))
        assert modulation_hz(sound) == pytest.approx(hz, rel=0.05, abs=0.05)

    @pytest.mark.parametrize("depth", [0.1, 0.3, 0.9])
    def test_depth_of_modulation_slower_than_a_window(self, depth: float) -> None:
        sound = sine(1500, 1 + depth * np.sin(2 * np.pi * 4 * T))
        assert modulation_depth(sound) == pytest.approx(depth / np.sqrt(2), rel=0.05)

    def test_crest(self) -> None:
        assert crest_db(sine(440)) == pytest.approx(3.01, abs=0.02)
        assert crest_db(clicks(1.0)) > 20


class TestPitch:
    @pytest.mark.parametrize("hz", [60, 110, 440, 1500])
    def test_fundamental_of_a_sine(self, hz: float) -> None:
        assert f0_hz(sine(hz)) == pytest.approx(hz, rel=0.005)
        assert harmonicity(sine(hz)) > 0.95

    def test_fundamental_of_harmonics_without_it(self) -> None:
        assert f0_hz(sine(600) + sine(900) + sine(1200)) == pytest.approx(300, rel=0.01)

    def test_noise_has_none(self) -> None:
        assert harmonicity(white()) < 0.4

    @pytest.mark.parametrize("spans", [[(4.0, 4.4)], [(0.5, 0.8), (3.0, 3.3), (8.0, 8.3)]])
    def test_silence_between_sounds_says_nothing(self, spans: list[tuple[float, float]]) -> None:
        for hum in (0.0, 1e-4):
            sparse = sine(440, gate(*spans)) + hum * white()
            assert f0_hz(sparse) == pytest.approx(440, rel=0.01)
            assert harmonicity(sparse) > 0.9

    def test_slope_follows_the_pitch(self) -> None:
        rising = np.sin(2 * np.pi * np.cumsum(np.geomspace(200, 2000, T.size)) / SAMPLE_RATE)
        assert pitch_slope(rising) > 0.98 and pitch_slope(rising[::-1]) < -0.98
        assert abs(pitch_slope(white())) < 0.2


@pytest.mark.parametrize("name", MEASURES)
def test_loudness_and_dc_do_not_matter(name: str) -> None:
    sound = clicks(0.5, 2.0) + sine(330, 0.2 * gate((3, 6)))
    assert MEASURES[name](0.01 * sound + 3.0) == pytest.approx(MEASURES[name](sound), rel=1e-6, abs=1e-6)


ODD = {"silent": np.zeros(T.size), "short silence": np.zeros(1024), "short": sine(440)[:1500], "click": np.eye(1, 5000, 2000)[0]}


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("sound", ODD.values(), ids=ODD)
def test_odd_sounds_give_numbers(name: str, sound: NDArray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(MEASURES[name](sound))
