"""What is not painted stays: in time bit for bit, in frequency up to the feather; and no seam can be heard."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import stft

from engine.geometry import Geometry
from engine.masks import Mask
from engine.signal.blend import blend, kept, span_samples
from engine.types import Clip

GEOMETRY = Geometry()
RATE = GEOMETRY.sample_rate


def noise(seconds: float, rate: int = RATE, channels: int = 1, seed: int = 0, level: float = 0.1) -> Clip:
    samples = level * np.random.default_rng(seed).standard_normal((channels, round(seconds * rate)))
    return Clip(samples.astype(np.float32), rate)


def drawn_noise(seconds: float, seed: int = 99, level: float = 0.1) -> np.ndarray:
    return noise(seconds, seed=seed, level=level).samples[0]


def painted(seconds: float, start_s: float, end_s: float, bands: slice = slice(None)) -> Mask:
    weights = np.zeros((80, GEOMETRY.samples_to_frames(round(seconds * RATE))), np.float32)
    weights[bands, round(start_s / GEOMETRY.frame_s) : round(end_s / GEOMETRY.frame_s)] = 1
    return Mask.of(weights)


def level_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-20))


@pytest.mark.parametrize("channels", [1, 2, 8])
@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 96000])
def test_outside_of_the_painted_time_every_sample_is_the_sources(rate: int, channels: int) -> None:
    source, mask = noise(1.5, rate, channels), painted(1.5, 0.5, 0.9)
    result = blend(source, drawn_noise(1.5), 0, mask, GEOMETRY)
    start, stop = span_samples(*mask.spans()[0], mask, source.samples.shape[1], rate, GEOMETRY)
    assert result.samples.shape == source.samples.shape and result.samples.dtype == np.float32
    np.testing.assert_array_equal(result.samples[:, :start], source.samples[:, :start])
    np.testing.assert_array_equal(result.samples[:, stop:], source.samples[:, stop:])
    assert (result.samples[:, start:stop] != source.samples[:, start:stop]).mean() > 0.99
    report = kept(source, result, mask, GEOMETRY)
    assert (report.changed_samples, report.outside_samples) == (0, source.samples.shape[1] - (stop - start))
    assert report.sentence == "Outside the mask: 0 samples changed."


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**20), st.sampled_from([11025, 22050, 48000]), st.integers(1, 3), st.integers(0, 3000))
def test_any_mask_leaves_the_rest_alone(seed: int, rate: int, channels: int, samples: int) -> None:
    rng = np.random.default_rng(seed)
    source = Clip((0.1 * rng.standard_normal((channels, rate // 10 + samples))).astype(np.float32), rate)
    frames = GEOMETRY.samples_to_frames(round(source.duration_s * RATE))
    mask = Mask.of(rng.random((80, frames)).astype(np.float32) * (rng.random((80, frames)) < 0.05) * (rng.random(frames) < 0.5))
    result = blend(source, drawn_noise(source.duration_s + 0.1), 0, mask, GEOMETRY)
    assert np.isfinite(result.samples).all()
    assert kept(source, result, mask, GEOMETRY).changed_samples == 0


@pytest.mark.parametrize("rate", [22050, 48000])
def test_frequencies_that_are_not_painted_stay(rate: int) -> None:
    source, mask = noise(2.0, rate), painted(2.0, 0.5, 1.5, slice(40, 60))
    result = blend(source, drawn_noise(2.0), 0, mask, GEOMETRY)
    hz, _, change = stft(result.samples[0] - source.samples[0], rate, nperseg=4096)
    power, whole = (np.square(np.abs(s)).mean(axis=1) for s in (change, stft(source.samples[0], rate, nperseg=4096)[2]))
    away = (hz < GEOMETRY.band_to_hz(39.5) - 250) | (hz > GEOMETRY.band_to_hz(59.5) + 250)
    assert 10 * np.log10(power[away].max() / whole[away].mean()) < -60
    assert 10 * np.log10(power[~away].max() / whole.mean()) > 0


def test_inside_a_full_mask_there_is_only_the_drawn_sound() -> None:
    source, drawn = noise(4.0), drawn_noise(4.0)
    result = blend(source, drawn, 0, painted(4.0, 0.5, 3.5), GEOMETRY).samples[0]
    # Beyond the second after a joint in which its level is matched the drawn sound is itself.
    inside = slice(round(1.6 * RATE), round(2.4 * RATE))
    gain = np.dot(result[inside], drawn[inside]) / np.dot(drawn[inside], drawn[inside])
    assert 0.9 < gain < 1.1
    assert level_db(result[inside] - gain * drawn[inside]) < level_db(result[inside]) - 60


def test_inside_a_full_mask_nothing_of_the_source_is_left() -> None:
    result = blend(noise(2.0), np.zeros(2 * RATE, np.float32), 0, painted(2.0, 0.5, 1.5), GEOMETRY).samples[0]
    assert level_db(result[round(0.55 * RATE) : round(1.45 * RATE)]) < level_db(noise(2.0).samples) - 80


@pytest.mark.parametrize("level", [0.06, 0.1, 0.18])
def test_seams_keep_their_level_even_if_the_drawn_sound_does_not(level: float) -> None:
    power = np.zeros(round(2.0 * RATE))
    for seed in range(30):
        power += blend(noise(2.0, seed=seed), drawn_noise(2.0, 1000 + seed, level), 0, painted(2.0, 0.7, 1.3), GEOMETRY).samples[0] ** 2
    smooth = 10 * np.log10(np.convolve(power / 30, np.full(220, 1 / 220), "valid") / 0.01)
    assert abs(smooth).max() < 1.0


def test_level_is_not_pushed_further_than_twice() -> None:
    result = blend(noise(2.0), drawn_noise(2.0, level=0.001), 0, painted(2.0, 0.7, 1.3), GEOMETRY).samples[0]
    assert level_db(result[round(0.9 * RATE) : round(1.1 * RATE)]) == pytest.approx(20 * np.log10(0.002), abs=0.5)


def test_seams_do_not_click() -> None:
    seconds = np.arange(2 * RATE) / RATE
    source = Clip((0.4 * np.sin(2 * np.pi * 150 * seconds)).astype(np.float32)[None], RATE)
    drawn = (0.4 * np.sin(2 * np.pi * 210 * seconds + 2)).astype(np.float32)
    result = blend(source, drawn, 0, painted(2.0, 0.7, 1.3), GEOMETRY).samples[0]
    assert np.abs(np.diff(result, 2)).max() < 1.6 * np.abs(np.diff(drawn, 2)).max()


def test_drawing_the_same_changes_nothing() -> None:
    source = noise(1.0)
    rng = np.random.default_rng(3)
    mask = Mask.of(rng.random((80, 87)).astype(np.float32)).feathered(1, 1)
    result = blend(source, source.samples[0], 0, mask, GEOMETRY)
    assert level_db(result.samples - source.samples) < level_db(source.samples) - 60


def test_every_channel_gets_its_own_level() -> None:
    source = noise(2.0, 48000, 3)
    source = Clip(source.samples * np.array([[1.0], [0.5], [0.0]], np.float32), 48000)
    result = blend(source, drawn_noise(2.0, level=0.05), 0, painted(2.0, 0.5, 1.5), GEOMETRY).samples
    middle = result[:, 40_000:56_000]
    assert level_db(middle[0]) - level_db(middle[1]) == pytest.approx(6, abs=0.7)
    assert not middle[2].any()


def test_paint_at_both_ends_reaches_the_last_sample() -> None:
    source = noise(1.003)
    result = blend(source, drawn_noise(1.1), 0, painted(1.003, 0, 1.1), GEOMETRY)
    assert (result.samples != source.samples).mean() > 0.999
    assert kept(source, result, painted(1.003, 0, 1.1), GEOMETRY).sentence == "The mask covers the whole length of the sound."


def test_half_weights_keep_the_power() -> None:
    mask = Mask.of(np.full((80, 173), 0.5, np.float32))
    levels = [level_db(blend(noise(2.0, seed=seed), drawn_noise(2.0, seed + 50), 0, mask, GEOMETRY).samples) for seed in range(4)]
    assert np.mean(levels) == pytest.approx(-20, abs=0.3)


def test_a_long_span_is_the_same_in_blocks_and_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    source, drawn, mask = noise(8.0, channels=2), drawn_noise(8.0), painted(8.0, 0.5, 7.5, slice(20, 50))
    monkeypatch.setattr("engine.signal.blend._BLOCK_FRAMES", 64)
    blocks = blend(source, drawn, 0, mask, GEOMETRY).samples
    monkeypatch.setattr("engine.signal.blend._BLOCK_FRAMES", 10_000)
    whole = blend(source, drawn, 0, mask, GEOMETRY).samples
    np.testing.assert_allclose(blocks, whole, atol=2e-6)


def test_a_part_of_the_drawn_sound_lands_in_its_place() -> None:
    source, mask, drawn = noise(3.0, 48000), painted(3.0, 1.5, 1.8), drawn_noise(3.0)
    whole = blend(source, drawn, 0, mask, GEOMETRY).samples
    first = 100
    part = blend(source, drawn[first * 256 : 200 * 256], first * 256, mask, GEOMETRY).samples
    assert level_db(part - whole) < level_db(whole) - 25


def test_kept_counts_what_changed() -> None:
    source, mask = noise(1.0), painted(1.0, 0.4, 0.6)
    spoilt = source.samples.copy()
    spoilt[0, 5] += 0.25
    report = kept(source, Clip(spoilt, RATE), mask, GEOMETRY)
    assert report.changed_samples == 1 and report.largest_change == pytest.approx(0.25)
    assert report.sentence == "Outside the mask: 1 sample changed."


def loudness_db(samples: np.ndarray, rate: int, low_hz: float, high_hz: float) -> float:
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.size))) ** 2
    hz = np.fft.rfftfreq(samples.size, 1 / rate)
    return float(10 * np.log10(power[(hz >= low_hz) & (hz < high_hz)].mean()))


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_what_is_drawn_has_the_highs_of_its_surroundings(rate: int) -> None:
    source = noise(4.0, rate)
    out = blend(source, drawn_noise(4.0), 0, painted(4.0, 1.0, 3.0), GEOMETRY).samples[0]
    inside, outside = out[round(1.2 * rate) : round(2.8 * rate)], source.samples[0, round(1.2 * rate) : round(2.8 * rate)]
    spans_hz = ((1000, 5000), (5000, 9000), (9000, 11_000), (11_500, 15_000), (15_000, 21_000))
    steps_db = [loudness_db(inside, rate, *span_hz) - loudness_db(outside, rate, *span_hz) for span_hz in spans_hz]
    assert max(steps_db) - min(steps_db) < 0.6 and abs(np.mean(steps_db)) < 1.5


def test_a_sound_without_highs_gets_none() -> None:
    rate = 48000
    spectrum = np.fft.rfft(noise(4.0, rate).samples[0])
    spectrum[8000 * 4 :] = 0
    source = Clip(np.fft.irfft(spectrum)[None].astype(np.float32), rate)
    out = blend(source, drawn_noise(4.0), 0, painted(4.0, 1.0, 3.0), GEOMETRY).samples[0, round(1.2 * rate) : round(2.8 * rate)]
    assert loudness_db(out, rate, 11_500, 23_000) < loudness_db(out, rate, 3000, 7000) - 60
