"""Loudness against the signals of EBU Tech 3341, and the peak between samples."""

import tracemalloc

import numpy as np
import pytest

from engine.signal.loudness import integrated_lufs, momentary_max_lufs, true_peak_dbfs
from engine.types import EngineError


def _sine(hz, seconds, rate, dbfs=0.0, start=0.0):
    return 10 ** (dbfs / 20) * np.sin(start + 2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


@pytest.mark.parametrize("rate", [22050, 48000])
def test_full_scale_sine_reads_minus_three(rate):
    sine = _sine(997, 4, rate)
    assert integrated_lufs(sine, rate) == pytest.approx(-3.01, abs=0.1)
    assert momentary_max_lufs(sine, rate) == pytest.approx(-3.01, abs=0.1)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (((-23, 20),), -23),
        (((-33, 20),), -33),
        (((-36, 10), (-23, 60), (-36, 10)), -23),
        (((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)), -23),
        (((-26, 20), (-20, 20.1), (-26, 20)), -23),
    ],
)
@pytest.mark.parametrize("rate", [22050, 48000])
def test_ebu_3341(parts, expected, rate):
    mono = np.concatenate([_sine(1000, seconds, rate, dbfs) for dbfs, seconds in parts])
    assert integrated_lufs(np.stack([mono, mono]), rate) == pytest.approx(expected, abs=0.1)


def test_short_clip_is_one_padded_block():
    rate = 22050
    short = _sine(1000, 0.1, rate)
    whole = integrated_lufs(_sine(1000, 2, rate), rate)
    assert integrated_lufs(short, rate) == pytest.approx(whole - 6.02, abs=0.2)
    assert momentary_max_lufs(short, rate) == integrated_lufs(short, rate)


@pytest.mark.parametrize("samples", [np.zeros(22050), np.zeros(0), np.zeros((2, 5000), np.float32)])
def test_silence(samples):
    assert integrated_lufs(samples, 22050) == -np.inf
    assert momentary_max_lufs(samples, 22050) == -np.inf
    assert true_peak_dbfs(samples) == -np.inf


def test_peak_between_samples():
    hidden = _sine(12000, 0.5, 48000, start=np.pi / 4) * np.hanning(24000)
    assert np.abs(hidden).max() == pytest.approx(0.7071, abs=0.001)
    assert true_peak_dbfs(hidden) == pytest.approx(0.0, abs=0.1)


def test_peak_between_samples_of_a_tone_that_starts_at_once():
    assert true_peak_dbfs(_sine(12000, 1, 48000, start=np.pi / 4)) == pytest.approx(0.0, abs=0.1)


def test_not_a_number_is_an_error():
    broken = np.zeros(22050)
    broken[100] = np.nan
    for measure in (lambda: integrated_lufs(broken, 22050), lambda: true_peak_dbfs(broken)):
        with pytest.raises(EngineError) as error:
            measure()
        assert error.value.kind == "numeric"


def test_many_channels_take_the_memory_of_one() -> None:
    samples = (0.1 * np.random.default_rng(0).standard_normal((8, 200_000))).astype(np.float32)
    alone = [10 ** (integrated_lufs(channel, 48000) / 10) for channel in samples]
    tracemalloc.start()
    try:
        together = integrated_lufs(samples, 48000)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert together == pytest.approx(10 * np.log10(sum(alone)), abs=0.05)
    assert peak_bytes < samples.nbytes
