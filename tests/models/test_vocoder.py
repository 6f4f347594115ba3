"""The vocoder: exact lengths, frames that overlap back to the signal, silence that stays silent."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from engine.geometry import Geometry
from engine.models.roles import Vocoder
from engine.models.vocoder import FourierVocoder, VocoderConfig
from engine.signal.mel import log_mel_db

SMALL = VocoderConfig(width=16, hidden=32, blocks=1)


@pytest.fixture
def vocoder() -> FourierVocoder:
    torch.manual_seed(0)
    return FourierVocoder(SMALL).eval()


@pytest.mark.parametrize("frames", [1, 2, 3, 16, 53, 848])
@torch.inference_mode()
def test_exactly_hop_samples_per_frame(vocoder: FourierVocoder, frames: int) -> None:
    samples = vocoder.synthesise(torch.rand(2, 80, frames) * 80 - 60)
    assert samples.shape == (2, frames * 256)
    assert torch.isfinite(samples).all() and samples.abs().max() <= 1
    assert isinstance(vocoder, Vocoder)


@torch.inference_mode()
def test_overlap_add_undoes_the_framing_of_the_mel(vocoder: FourierVocoder) -> None:
    samples = torch.randn(2, 40 * 256)
    padded = F.pad(samples[:, None], (384, 384), mode="reflect")[:, 0]
    spectrum = torch.fft.rfft(padded.unfold(1, 1024, 256) * vocoder.window, dim=-1).transpose(1, 2)
    again = vocoder._overlap_add(spectrum)
    assert again.shape == samples.shape
    torch.testing.assert_close(again, samples, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_frames_stand_where_the_mel_says(vocoder: FourierVocoder) -> None:
    """A click in frame 20 of the mel is a click in hop 20 of the samples."""
    samples = np.zeros(40 * 256, np.float32)
    samples[20 * 256 + 128] = 1.0
    loudest = log_mel_db(samples, Geometry()).mean(axis=0).argmax()
    assert loudest == 20
    spectrum = torch.zeros(1, 513, 40, dtype=torch.complex64)
    spectrum[0, :, 20] = torch.polar(torch.ones(513), -torch.pi * torch.arange(513))
    assert int(vocoder._overlap_add(spectrum)[0].abs().argmax()) // 256 == 20


@torch.inference_mode()
def test_silence_stays_silent(vocoder: FourierVocoder) -> None:
    mel = torch.full((1, 80, 30), -100.0)
    assert (vocoder.synthesise(mel) == 0).all()
    mel[:, :, 10:20] = -20
    samples = vocoder.synthesise(mel)[0]
    assert (samples[: 10 * 256] == 0).all() and (samples[20 * 256 :] == 0).all()
    assert samples[10 * 256 : 20 * 256].abs().max() > 0


@torch.inference_mode()
def test_sounds_of_a_batch_do_not_mix(vocoder: FourierVocoder) -> None:
    mel = torch.rand(3, 80, 20) * 80 - 60
    torch.testing.assert_close(vocoder.synthesise(mel)[1:2], vocoder.synthesise(mel[1:2]), atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_absurd_mels_stay_finite(vocoder: FourierVocoder) -> None:
    for value in (-1e4, 1e4):
        assert torch.isfinite(vocoder.synthesise(torch.full((1, 80, 8), value))).all()


def test_gradients_reach_every_weight(vocoder: FourierVocoder) -> None:
    vocoder(torch.rand(1, 80, 12) * 60 - 40).pow(2).sum().backward()
    assert [name for name, value in vocoder.named_parameters() if value.grad is None or not value.grad.abs().sum() > 0] == []
