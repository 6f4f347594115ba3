"""Recording colours: what each promises can be measured."""

import numpy as np
import pytest

from engine.corpus.colours import COLOURS, colour
from engine.corpus.draw import COLOURS as DRAWN
from engine.corpus.dsp import highpass, sine, white

_SECOND = 22050


def _share(samples: np.ndarray, low_hz: float, high_hz: float) -> float:
    power = np.abs(np.fft.rfft(samples)) ** 2
    hz = np.fft.rfftfreq(samples.size, 1 / _SECOND)
    return float(power[(hz >= low_hz) & (hz < high_hz)].sum() / power.sum())


def _bursts() -> np.ndarray:
    """Two seconds of noise bursts with pauses."""
    noise = white(np.random.default_rng(0), 2 * _SECOND)
    bursts = highpass(noise * (np.arange(noise.size) % 11025 < 4000), 60)
    return (bursts - bursts.mean()).astype(np.float32)


def test_the_table_of_the_scenes_is_the_table_of_the_colours():
    assert set(DRAWN) == set(COLOURS)


@pytest.mark.parametrize("name", list(COLOURS))
def test_every_colour(name):
    for source in (_bursts(), np.zeros(_SECOND, np.float32), 1e-6 * _bursts()):
        coloured = colour(source, name, np.random.default_rng(1))
        assert coloured.dtype == np.float32
        assert coloured.shape == source.shape
        assert np.isfinite(coloured).all()
        assert np.abs(coloured).max() < 4
        assert abs(coloured.mean()) < 1e-3 * max(float(np.abs(coloured).max()), 1e-9)
    assert np.array_equal(colour(_bursts(), name, np.random.default_rng(2)), colour(_bursts(), name, np.random.default_rng(2)))


@pytest.mark.parametrize(
    ("name", "low_hz", "high_hz"),
    [
        ("telephone", 250, 3800),
        ("radio", 170, 5200),
        ("walkie_talkie", 300, 3600),
        ("behind_wall", 0, 900),
        ("under_water", 0, 1000),
        ("old_record", 80, 6500),
        ("megaphone", 350, 5500),
        ("tape", 0, 9000),
    ],
)
def test_band(name, low_hz, high_hz):
    assert _share(colour(_bursts(), name, np.random.default_rng(3)), low_hz, high_hz) > 0.9


def test_noise_stands_where_it_is_promised():
    pauses = np.concatenate([np.arange(k * 11025 + 6000, (k + 1) * 11025 - 500) for k in range(4)])
    sounding = np.concatenate([np.arange(k * 11025 + 500, k * 11025 + 3500) for k in range(4)])
    for name, promised in (("radio", -24), ("tape", -46)):
        coloured = colour(_bursts(), name, np.random.default_rng(4))
        level = 20 * np.log10(coloured[pauses].std() / coloured[sounding].std())
        assert level == pytest.approx(promised, abs=4), name


def test_squelch_before_and_after():
    source = np.zeros(4 * _SECOND, np.float32)
    source[_SECOND : 2 * _SECOND] = sine(1000, _SECOND)
    coloured = colour(source, "walkie_talkie", np.random.default_rng(5))
    assert np.abs(coloured[_SECOND - 1500 : _SECOND - 200]).max() > 0.05
    assert np.abs(coloured[2 * _SECOND + 800 : 2 * _SECOND + 2000]).max() > 0.05
    assert np.abs(coloured[: _SECOND // 2]).max() < 1e-3
    assert np.abs(coloured[3 * _SECOND :]).max() < 1e-3


def test_overdrive_squares_and_lofi_steps():
    tone = 0.5 * sine(500, _SECOND)
    clipped = colour(tone, "overdriven", np.random.default_rng(6))
    assert clipped.std() / np.percentile(np.abs(clipped), 90) > 0.8
    held = np.abs(np.diff(colour(tone, "lofi", np.random.default_rng(7)))) < 0.02
    assert held.mean() > 2 * (np.abs(np.diff(tone / 0.5)) < 0.02).mean()
