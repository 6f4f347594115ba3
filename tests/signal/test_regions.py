"""A region cut out of a sound: the right samples, the right band, no clicks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.signal.regions import cut_region, region_samples
from engine.types import Clip, Region


def _tone(hz, seconds=2.0, rate=44100, channels=1):
    wave = 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return Clip(np.repeat(wave[None].astype(np.float32), channels, axis=0), rate)


def _level_db(clip, reference):
    """Level of the middle half against a reference of the same length."""
    quarter = clip.samples.shape[-1] // 4
    middle = slice(quarter, 3 * quarter)
    return 20 * np.log10(np.sqrt(np.mean(clip.samples[:, middle] ** 2) / np.mean(reference[:, middle] ** 2)) + 1e-12)


@pytest.mark.parametrize("hz", [1000, 1001, 1400, 1999, 2000])
@pytest.mark.parametrize("rate", [22050, 48000])
def test_tone_inside_passes(hz, rate):
    clip = _tone(hz, rate=rate)
    region = Region(0.5, 1.5, 1000, 2000)
    cut = cut_region(clip, region)
    assert abs(_level_db(cut, clip.samples[:, region_samples(clip, region)])) < 0.1


@pytest.mark.parametrize("hz", [100, 500, 4000, 9000])
@pytest.mark.parametrize("rate", [22050, 48000])
def test_tone_an_octave_outside_is_gone(hz, rate):
    clip = _tone(hz, rate=rate)
    region = Region(0.5, 1.5, 1000, 2000)
    assert _level_db(cut_region(clip, region), clip.samples[:, region_samples(clip, region)]) < -60


def test_one_edge_alone():
    high = Region(0.0, 2.0, low_hz=1000)
    low = Region(0.0, 2.0, high_hz=1000)
    for region, kept, gone in ((high, 5000, 400), (low, 400, 5000)):
        assert abs(_level_db(cut_region(_tone(kept), region), _tone(kept).samples)) < 0.1
        assert _level_db(cut_region(_tone(gone), region), _tone(gone).samples) < -60


def test_phase_stays():
    clip = _tone(1500)
    region = Region(0.5, 1.5, 1000, 2000)
    expected = clip.samples[0, region_samples(clip, region)]
    inner = slice(441, -441)
    assert np.abs(cut_region(clip, region).samples[0, inner] - expected[inner]).max() < 1e-3


def test_whole_band_is_exact_between_the_fades():
    clip = Clip(np.random.default_rng(0).uniform(-1, 1, (2, 44100)).astype(np.float32), 44100)
    cut = cut_region(clip, Region(0.25, 0.75))
    np.testing.assert_array_equal(cut.samples[:, 221:-221], clip.samples[:, 11025 + 221 : 33075 - 221])
    assert np.abs(cut.samples[:, [0, -1]]).max() < 1e-3


def test_own_beginning_and_end_do_not_fade():
    clip = Clip(np.ones((1, 1000), np.float32), 22050)
    np.testing.assert_array_equal(cut_region(clip, Region(0.0, 1.0)).samples, clip.samples)
    first = cut_region(clip, Region(0.0, 500 / 22050)).samples[0]
    assert first[0] == 1.0 and first[-1] < 0.01


@pytest.mark.parametrize("length", [0, 1, 2, 384, 513])
@pytest.mark.parametrize("channels", [1, 8])
@pytest.mark.parametrize("rate", [8000, 384000])
def test_odd_lengths_and_channels(length, channels, rate):
    clip = Clip(np.full((channels, length), 0.5, np.float32), rate)
    for region in (Region(0.0, 10.0), Region(0.0, 10.0, 100, 3000), Region(0.0001, 10.0, 500), Region(5.0, 6.0, 500)):
        cut = cut_region(clip, region)
        span = region_samples(clip, region)
        assert cut.samples.shape == (channels, span.stop - span.start)
        assert cut.samples.dtype == np.float32 and cut.sample_rate == rate
        assert np.isfinite(cut.samples).all()


def test_channels_stay_apart():
    rate = 22050
    samples = np.zeros((8, rate), np.float32)
    samples[5] = _tone(1500, 1.0, rate).samples[0]
    level = np.abs(cut_region(Clip(samples, rate), Region(0.1, 0.9, 1000, 2000)).samples).max(axis=1)
    assert level[5] > 0.45 and level[[0, 1, 2, 3, 4, 6, 7]].max() == 0.0


def test_long_sounds_have_no_seams():
    clip = _tone(1500, seconds=50, rate=8000)
    region = Region(1.0, 49.0, 1000, 2000)
    cut = cut_region(clip, region).samples[0]
    expected = clip.samples[0, region_samples(clip, region)]
    assert np.abs(cut - expected)[40:-40].max() < 1e-3


def test_source_is_left_alone():
    clip = _tone(1500)
    before = clip.samples.copy()
    cut_region(clip, Region(0.5, 1.0))
    cut_region(clip, Region(0.5, 1.0, 100, 200))
    np.testing.assert_array_equal(clip.samples, before)


@settings(deadline=None)
@given(st.integers(0, 2000), st.floats(-1, 2), st.floats(-1, 2), st.sampled_from([8000, 44100]))
def test_span_is_inside_the_clip(length, start_s, end_s, rate):
    clip = Clip(np.zeros((1, length), np.float32), rate)
    span = region_samples(clip, Region(start_s, end_s))
    assert 0 <= span.start <= span.stop <= length
    if 0 <= start_s < end_s <= clip.duration_s:
        assert abs(span.start / rate - start_s) <= 0.5 / rate + 1e-9
        assert abs(span.stop / rate - end_s) <= 0.5 / rate + 1e-9
