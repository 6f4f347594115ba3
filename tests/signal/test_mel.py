"""The log-mel against the originals' own output."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.geometry import Geometry
from engine.signal.mel import denormalise, filterbank_of, log_mel_db, mel_filterbank, normalise

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "mel_spectrograms.npz", allow_pickle=False)
LN_PER_DB = np.log(10) / 20


@pytest.mark.parametrize(
    ("key", "geometry"),
    [
        ("bigvgan_v2_22khz_80band_256x", Geometry()),
        ("hifigan_v1_22050_80_fmax8000", Geometry(f_max_hz=8000.0)),
    ],
)
def test_equals_the_vocoders_mel(key: str, geometry: Geometry) -> None:
    expected = GOLDEN[key][0]
    ours = log_mel_db(GOLDEN["wav_22050"].astype(np.float32), geometry) * LN_PER_DB
    assert ours.shape == expected.shape
    difference = np.abs(ours - expected)
    assert np.percentile(difference, 99) < 1e-4
    assert difference.max() < 5e-3


def test_equals_the_44_khz_mel() -> None:
    geometry = Geometry(sample_rate=44100, hop_samples=512, window_samples=2048, bands=128, f_max_hz=22050.0)
    expected = GOLDEN["bigvgan_v2_44khz_128band_512x"][0]
    difference = np.abs(log_mel_db(GOLDEN["wav_44100"].astype(np.float32), geometry) * LN_PER_DB - expected)
    assert np.percentile(difference, 99) < 1e-4
    assert difference.max() < 5e-3


def test_filters_equal_the_originals() -> None:
    stored = [key for key in GOLDEN.files if key.startswith("filterbank/")]
    assert stored
    ours = [
        mel_filterbank(22050, 1024, 80, 0.0, 11025.0),
        mel_filterbank(22050, 1024, 80, 0.0, 8000.0),
        mel_filterbank(22050, 1024, 80, 125.0, 7600.0),
    ]
    for filters in ours:
        closest = min(float(np.abs(GOLDEN[key] - filters).max()) for key in stored if GOLDEN[key].shape == filters.shape)
        assert closest < 1e-7


def test_frames_follow_the_grid() -> None:
    geometry = Geometry()
    assert geometry.samples == geometry.frames * geometry.hop_samples == 217_088
    assert log_mel_db(np.zeros(geometry.samples), geometry).shape == (80, 848)
    assert filterbank_of(geometry).shape == (80, 513)


@pytest.mark.parametrize("length", [0, 1, 2, 384, 385, 512, 513, 1023, 1024])
def test_short_sounds_are_padded(length: int) -> None:
    log_mel = log_mel_db(np.ones(length, np.float32), Geometry())
    assert log_mel.shape[0] == 80 and log_mel.shape[1] >= 1
    assert np.isfinite(log_mel).all()


def test_paper_range() -> None:
    np.testing.assert_allclose(normalise(np.array([-100.0, -80.0, -30.0, 20.0, 40.0])), [-1, -1, 0, 1, 1])
    np.testing.assert_allclose(denormalise(np.array([-1.0, 0.0, 1.0])), [-100, -30, 20])


@settings(deadline=None, max_examples=50)
@given(st.floats(-79.9, 20))
def test_normalising_is_invertible_inside_the_range(value: float) -> None:
    assert abs(float(denormalise(normalise(np.array([value])))[0]) - value) < 1e-3
