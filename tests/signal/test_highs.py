"""The repeated octave: as loud as asked for, steady tones stay steady, nothing below it changes, and nothing comes from nothing."""

import numpy as np
import pytest

from engine.signal import highs
from engine.signal.highs import edge_bin, relation, with_highs

RATE, WINDOW = 48000, 2048
EDGE = edge_bin(11025.0, RATE, WINDOW)
BINS = WINDOW // 2 + 1


def noise(seconds: float = 1.0) -> np.ndarray:
    """White up to 10 kHz, nothing above."""
    white = np.fft.rfft(np.random.default_rng(1).standard_normal(round(seconds * RATE)))
    white[round(10_000 * seconds) :] = 0
    return (0.1 * np.fft.irfft(white)).astype(np.float32)


def power(samples: np.ndarray, low_hz: float, high_hz: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size))) ** 2
    hz = np.fft.rfftfreq(samples.size, 1 / RATE)
    return float(spectrum[(hz >= low_hz) & (hz < high_hz)].mean())


def test_the_edge_lies_below_the_end_of_the_picture() -> None:
    assert 0.9 * 11025 < EDGE * RATE / WINDOW < 11025


@pytest.mark.parametrize(("above", "level"), [(1.0, 1.0), (0.25, 0.5), (0.0, 0.0), (100.0, 2.0)])
def test_relation_is_the_level_of_what_is_above_against_what_is_below(above: float, level: float) -> None:
    found = relation(np.where(np.arange(BINS) < EDGE, 1.0, above), EDGE)
    # The octave is repeated more than once up to 24 kHz; close to the edge both sides are smoothed.
    inner = np.r_[20 : EDGE // 2 - 20]
    np.testing.assert_allclose(found[inner], level, atol=0.02)


def test_a_noise_floor_is_not_gone_on_with() -> None:
    power = np.full(BINS, 1e-12)
    power[:100] = 1.0
    assert not relation(power, EDGE).any()


@pytest.mark.parametrize("level", [0.5, 1.0])
def test_noise_goes_on_at_the_level_asked_for(level: float) -> None:
    out = with_highs(noise(), np.full(BINS - EDGE, level), EDGE, WINDOW)
    step_db = 10 * np.log10(power(out, 12_000, 15_000) / power(out, 6_000, 9_000))
    assert step_db == pytest.approx(20 * np.log10(level), abs=0.5)


def test_what_is_below_stays() -> None:
    before = noise()
    after = with_highs(before, np.ones(BINS - EDGE), EDGE, WINDOW)
    change = np.fft.rfft(after - before)
    hz = np.fft.rfftfreq(before.size, 1 / RATE)
    assert np.square(np.abs(change[hz < 10_000])).sum() < 1e-4 * np.square(np.abs(change)).sum()


def test_a_tone_becomes_one_tone() -> None:
    tone = np.sin(2 * np.pi * 8000 * np.arange(RATE) / RATE).astype(np.float32)
    out = with_highs(tone, np.ones(BINS - EDGE), EDGE, WINDOW)
    expected_hz = 8000 + (EDGE // 2) * RATE / WINDOW
    assert power(out, expected_hz - 10, expected_hz + 10) * 20 > 0.98 * power(out, 11_000, 15_000) * 4000


def test_blocks_leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = np.linspace(1, 0, BINS - EDGE)
    whole = with_highs(noise(0.5), levels, EDGE, WINDOW)
    monkeypatch.setattr(highs, "_BLOCK_FRAMES", 3)
    np.testing.assert_allclose(with_highs(noise(0.5), levels, EDGE, WINDOW), whole, atol=1e-6)


@pytest.mark.parametrize("first", [1, 1000, 12_345])
def test_a_part_gets_the_same_highs_as_the_whole(first: int) -> None:
    levels = np.ones(BINS - EDGE)
    whole, part = with_highs(noise(), levels, EDGE, WINDOW), with_highs(noise()[first:], levels, EDGE, WINDOW, first)
    np.testing.assert_allclose(part[WINDOW:], whole[first + WINDOW :], atol=1e-5)


@pytest.mark.parametrize("samples", [0, 1, 100, WINDOW])
def test_silence_of_any_length_stays_silence(samples: int) -> None:
    out = with_highs(np.zeros(samples, np.float32), np.ones(BINS - EDGE), EDGE, WINDOW)
    assert out.shape == (samples,) and out.dtype == np.float32 and not out.any()
