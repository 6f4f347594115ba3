"""Resampling: the right length, the same sound, nothing added."""

import numpy as np
import pytest

from engine.signal.audio_io import mono_at, resample
from engine.types import Clip, EngineError
from tests.signal.sounds import fitted, noise, sine


@pytest.mark.parametrize("frames", [0, 1, 2, 384, 1023, 4801])
@pytest.mark.parametrize(("source", "target"), [(48000, 22050), (22050, 48000), (384000, 22050), (8000, 44100)])
def test_resampled_length(frames, source, target):
    resampled = resample(Clip(np.ones((2, frames), np.float32), source), target)
    assert resampled.sample_rate == target
    assert resampled.samples.shape == (2, max(1, round(frames * target / source)))
    assert resampled.samples.dtype == np.float32
    assert resampled.samples.flags.c_contiguous


def test_same_rate_is_the_same_clip():
    clip = noise()
    assert resample(clip, 48000) is clip
    with pytest.raises(EngineError, match="at least 1 Hz"):
        resample(clip, 0)


@pytest.mark.parametrize(("source", "target"), [(44100, 48000), (48000, 22050), (22050, 48000)])
def test_resampler_adds_nothing(source, target):
    amplitude, distortion_db = fitted(resample(sine(997, source), target), 997)
    assert amplitude == pytest.approx(0.9, rel=1e-5)
    assert distortion_db < -130


def test_resampler_keeps_the_highs():
    hz = 0.93 * 22050 / 2
    amplitude, _ = fitted(resample(sine(hz, 48000), 22050), hz)
    assert 20 * np.log10(amplitude / 0.9) > -0.1


@pytest.mark.parametrize(("source", "target"), [(48000, 22050), (22050, 22050), (8000, 22050)])
@pytest.mark.parametrize("channels", [1, 2, 8])
def test_the_mix_of_channels_is_the_mix_of_resampled_channels(source, target, channels):
    clip = Clip(0.1 * np.random.default_rng(0).standard_normal((channels, 4801)).astype(np.float32), source)
    mixed = mono_at(clip, target)
    assert mixed.dtype == np.float32 and mixed.shape == resample(clip, target).samples.shape[1:]
    np.testing.assert_allclose(mixed, resample(clip, target).mono(), atol=1e-6)
