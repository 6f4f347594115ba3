"""The callback: every buffer is filled, loops are exact, nothing clicks, nothing that waits is called."""

import ast
import inspect
import textwrap
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.types import Clip
from gui.playback import Playback
from gui.playback_sources import device_frames

RATE = 48000
RAMP = round(0.008 * RATE)
ALLOWED_CALLS = {
    *("np.multiply", "np.add", "np.divide", "np.sqrt", "np.maximum", "np.minimum"),
    *("np.maximum.reduce", "np.add.reduce", "range", "len", "min"),
}


def _sine(seconds=1.0, hz=200.0, level=0.5):
    wave = level * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
    return np.repeat(wave[:, None].astype(np.float32), 2, axis=1)


def _ramp_source(frames):
    """Every frame has a value of its own, far below full scale."""
    return np.repeat((np.arange(1, frames + 1, dtype=np.float32) / (2 * frames))[:, None], 2, axis=1)


def _playback(source):
    playback = Playback(RATE, 2)
    playback.set_source(source)
    return playback


def _filled(playback, frames):
    out = np.full((frames, 2), np.nan, np.float32)
    playback.fill(out)
    assert np.isfinite(out).all()
    return out


@pytest.mark.parametrize("length", [0, 1, 2, 384, 385, 5000])
@pytest.mark.parametrize("looped", [False, True])
def test_every_buffer_size_is_filled(length, looped):
    for frames in (*range(1, 66), 127, 512, 513, 1000, 1024, 2048, 4096, 8191, 8192):
        playback = _playback(_ramp_source(length))
        if looped:
            playback.set_loop(0, length)
        for command in (lambda: None, lambda p=playback: p.play(0), lambda p=playback: p.seek(100), lambda p=playback: p.stop(7)):
            command()
            _filled(playback, frames)


@pytest.mark.parametrize("frames", range(1, 8193, 431))
def test_sound_is_exact_from_its_first_frame_to_its_last(frames):
    source = _ramp_source(10000)
    playback = _playback(source)
    playback.play(0)
    heard = np.concatenate([_filled(playback, frames) for _ in range(-(-12000 // frames))])
    np.testing.assert_array_equal(heard[:10000], source)
    assert not heard[10000:].any()
    assert playback.ended and not playback.playing and playback.position == 10000


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 900), st.integers(1, 900), st.integers(0, 1000), st.integers(1, 700), st.integers(2, 12))
def test_loop_is_sample_exact(start, length, begin, frames, blocks):
    source = _ramp_source(1800)
    playback = _playback(source)
    playback.set_loop(start, start + length)
    begin = min(begin, start + length - 1)
    playback.play(begin)
    heard = np.concatenate([_filled(playback, frames) for _ in range(blocks)])
    run = np.arange(begin, begin + len(heard))
    expected = source[np.where(run < start + length, run, start + (run - start) % length)]
    skip = 0 if begin == 0 else RAMP
    np.testing.assert_array_equal(heard[skip:], expected[skip:])


def test_loop_longer_than_the_sound_is_cut_and_one_behind_it_is_none():
    source = _ramp_source(1000)
    playback = _playback(source)
    playback.set_loop(400, 5000)
    playback.play(0)
    heard = _filled(playback, 1600)
    np.testing.assert_array_equal(heard, np.concatenate([source, source[400:]]))
    playback.set_loop(2000, 3000)
    _filled(playback, 3000)
    assert playback.ended


def test_ab_switch_keeps_the_position():
    first, second = _ramp_source(20000), -_ramp_source(20000)
    playback = _playback(first)
    playback.play(0)
    heard = [_filled(playback, 700)]
    playback.set_source(second)
    heard.append(_filled(playback, 1500))
    heard = np.concatenate(heard)
    np.testing.assert_array_equal(heard[:700], first[:700])
    np.testing.assert_array_equal(heard[700 + RAMP :], second[700 + RAMP : 2200])


def test_gain_matches_the_loudness_of_the_other():
    playback = _playback(_sine())
    playback.play(0)
    _filled(playback, 1000)
    playback.set_source(_sine(level=0.25), gain=2.0)
    np.testing.assert_allclose(_filled(playback, 2000), _sine()[1000:3000], atol=1e-6)


def _slope(samples):
    return np.abs(np.diff(samples[:, 0])).max()


@pytest.mark.parametrize("frames", [32, 441, 2048])
@pytest.mark.parametrize("when", [960, 1003, 1037, 1081, 1111])
@pytest.mark.parametrize("what", ["start", "stop", "seek", "switch", "volume", "mute", "loop", "stop and start"])
def test_nothing_clicks(what, when, frames):
    """A step from one sample to the next is at most what the sound itself does plus what the fade adds."""
    source, other = _sine(hz=200), _sine(hz=310, level=0.9)
    playback = _playback(source)
    if what != "start":
        playback.play(0)
    heard = [_filled(playback, when)]
    orders = {
        "start": lambda: playback.play(when),
        "stop": lambda: playback.stop(0),
        "seek": lambda: playback.seek(20060),
        "switch": lambda: playback.set_source(other),
        "volume": lambda: playback.set_volume(0.1),
        "mute": lambda: playback.set_volume(0.0),
        "loop": lambda: playback.set_loop(100, 500),
        "stop and start": lambda: playback.stop(0),
    }
    orders[what]()
    if what == "stop and start":
        heard.append(_filled(playback, 100))
        playback.play(4321)
    heard += [_filled(playback, frames) for _ in range(-(-2000 // frames))]
    if what == "loop":
        heard = [heard[0], np.concatenate(heard[1:])[:RAMP]]
    own_step = max(_slope(source), _slope(other))
    fade_step = 1.4 * np.pi / 2 / RAMP
    assert _slope(np.concatenate(heard)) < own_step + fade_step


def test_hard_cut_would_be_seen_by_the_step_bound():
    cut = _sine()
    cut[1060:] = 0
    assert _slope(cut) > _slope(_sine(hz=310, level=0.9)) + 1.4 * np.pi / 2 / RAMP


def test_orders_in_a_row_do_not_get_lost():
    playback = _playback(_ramp_source(20000))
    playback.set_volume(0.5)
    playback.play(300)
    playback.seek(9000)
    playback.set_volume(1.0)
    assert playback.position == 9000
    heard = _filled(playback, 1000)
    np.testing.assert_array_equal(heard[RAMP:], _ramp_source(20000)[9000 + RAMP : 10000])


def test_playing_again_from_the_end():
    source = _ramp_source(1000)
    playback = _playback(source)
    for _ in range(3):
        playback.play(0)
        assert not playback.ended
        heard = np.concatenate([_filled(playback, 600) for _ in range(3)])
        np.testing.assert_array_equal(heard[:1000], source)
        assert playback.ended
        playback.set_volume(1.0)
        assert not _filled(playback, 600).any()


def test_what_is_heard_lags_behind_what_is_written():
    playback = _playback(_ramp_source(10000))
    playback.play(2000)
    assert playback.heard(500) == 2000
    _filled(playback, 300)
    assert playback.heard(500) == 2000
    _filled(playback, 900)
    assert playback.heard(500) == 2700
    playback.set_source(-_ramp_source(10000))
    _filled(playback, 100)
    assert playback.heard(500) == 2800
    _filled(playback, 9000)
    assert playback.ended and playback.position == 10000
    assert playback.heard_out(500) and playback.heard(500) == 10000


def test_heard_in_a_loop_stays_in_the_loop():
    playback = _playback(_ramp_source(10000))
    playback.set_loop(1000, 3000)
    playback.play(2500)
    assert playback.heard(700) == 2500
    _filled(playback, 600)
    assert playback.position == 1100
    assert playback.heard(300) == 2800
    _filled(playback, 2000)
    assert playback.heard(100) == 3000 - 2000 and playback.heard(101) == 2999


def test_levels_are_those_of_everything_since_asked():
    playback = _playback(np.concatenate([_sine(level=0.8)[:4800], _sine(level=0.2)]))
    silent = playback.levels()
    assert not silent.peak.any() and not silent.rms.any()
    playback.play(0)
    for _ in range(20):
        _filled(playback, 480)
    levels = playback.levels()
    assert levels.peak == pytest.approx([0.8, 0.8], abs=1e-3)
    assert levels.rms == pytest.approx([np.sqrt((0.32 + 0.02) / 2)] * 2, abs=1e-3)
    _filled(playback, 480)
    assert playback.levels().peak == pytest.approx([0.2, 0.2], abs=0.01)


def test_too_loud_is_measured_and_kept_to_full_scale():
    playback = _playback(_sine(level=0.9))
    playback.set_source(_sine(level=0.9), gain=2.0)
    playback.play(0)
    heard = _filled(playback, 4800)
    assert heard.max() == 1.0 and heard.min() == -1.0
    assert playback.levels().peak == pytest.approx([1.8, 1.8], abs=0.01)


def test_underflows_are_counted_and_never_raise():
    playback = _playback(_sine())
    out = np.empty((256, 2), np.float32)
    for underflow in (True, False, True):
        playback.callback(out, 256, None, SimpleNamespace(output_underflow=underflow))
    assert playback.underflows == 2 and playback.blocks == 3


def test_wrong_sources_are_refused():
    for wrong in (np.zeros((10, 1), np.float32), np.zeros((10, 2)), np.zeros(10, np.float32)):
        with pytest.raises(ValueError):
            Playback(RATE, 2).set_source(wrong)


def _called_by(name, seen):
    """Names of everything that a method of Playback calls, its own methods followed."""
    if name in seen:
        return set()
    seen.add(name)
    tree = ast.parse(textwrap.dedent(inspect.getsource(getattr(Playback, name))))
    body = tree.body[0]
    forbidden = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp, ast.JoinedStr, ast.With, ast.Raise)
    assert not [type(node).__name__ for node in ast.walk(body) if isinstance(node, forbidden)]
    found = set()
    for call in (node for node in ast.walk(body) if isinstance(node, ast.Call)):
        text = ast.unparse(call.func)
        if text.startswith("self."):
            found |= _called_by(text.removeprefix("self."), seen)
        else:
            found.add(text)
            assert not text.startswith("np.") or any(word.arg == "out" for word in call.keywords), f"{text} makes an array"
    return found


def test_the_callback_calls_only_what_cannot_wait():
    seen = set()
    assert _called_by("callback", seen) <= ALLOWED_CALLS
    assert {"fill", "_take", "_render", "_blend", "_measure"} <= seen


def test_the_callback_makes_no_arrays():
    playback = _playback(_sine(5.0))
    playback.set_loop(0, 30000)
    playback.play(0)
    out = np.empty((8192, 2), np.float32)
    for _ in range(20):
        playback.fill(out)
    tracemalloc.start()
    for count in range(100):
        playback.set_volume(count / 100)
        playback.fill(out)
    left, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < out.nbytes / 4
    assert left < 4096


def test_frames_for_the_device():
    mono = Clip(np.array([[0.1, np.nan, np.inf, 0.4]], np.float32), RATE)
    frames = device_frames(mono, RATE, 2)
    np.testing.assert_array_equal(frames, np.float32([[0.1, 0.1], [0, 0], [0, 0], [0.4, 0.4]]))
    eight = Clip(np.repeat(np.arange(8, dtype=np.float32)[:, None] / 8, 100, axis=1), 384000)
    assert device_frames(eight, RATE, 2).shape[0] in (12, 13)
    assert device_frames(eight, 384000, 2)[5] == pytest.approx(3.5 / 8)
    stereo = Clip(np.float32([[0.1, 0.2], [0.3, 0.4]]), RATE)
    np.testing.assert_array_equal(device_frames(stereo, RATE, 2), stereo.samples.T)
    for length in (0, 1, 2, 384):
        frames = device_frames(Clip(np.zeros((1, length), np.float32), 22050), RATE, 2)
        assert frames.dtype == np.float32 and frames.shape[1] == 2 and not frames.flags.writeable


def test_resampled_tone_keeps_its_level_and_time():
    rate = 22050
    clip = Clip(0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32)[None], rate)
    frames = device_frames(clip, RATE, 2)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    assert len(frames) == RATE
    np.testing.assert_allclose(frames[2000:-2000, 1], expected[2000:-2000], atol=1e-3)
