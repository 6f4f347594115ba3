"""Plans of edits: parts, iterations, cut-offs, masks of extensions and loops."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.signal import butter, fftconvolve, firwin, sosfilt

from engine import editing
from engine.editing import Plan, check_length, cutoff_of, extension_mask, highs_mask, joint_mask, padded, plan, settings_for, thinned
from engine.evaluation.corpus_clips import single_clip
from engine.geometry import Geometry
from engine.masks import Mask
from engine.signal.mel import log_mel_db
from engine.types import Clip, EngineError, SamplingSettings

GEOMETRY = Geometry()
CLIFFS_HZ = (3400, 4000, 5500, 7000, 8000)
# Speech-like, music-like, noise-like: all of them reach beyond 8 kHz.
SOUNDS = ("cough", "cheering", "cymbal", "drum_loop", "rain", "frying")
DULL = ("thunder", "explosion", "cow_moo", "fan", "drone", "cat_meow", "door_knock")


def planned(hidden: np.ndarray) -> Plan:
    rows, cols = hidden.shape
    picture = np.zeros((80, cols * 16), np.float32)
    clip = Clip(np.zeros((1, cols * 4096), np.float32), 22050)
    return plan(clip, picture, np.zeros((rows, cols), np.int32), Mask.empty(80, cols * 16), hidden, GEOMETRY)


@settings(deadline=None)
@example(159, [(0, 1), (99, 60), (237, 2)])
@given(st.integers(1, 400), st.lists(st.tuples(st.integers(0, 399), st.integers(1, 60)), min_size=1, max_size=6))
def test_parts_cover_what_is_hidden_with_enough_around_it_and_are_apart(cols: int, runs: list[tuple[int, int]]) -> None:
    hidden = np.zeros((5, cols), bool)
    for first, length in runs:
        hidden[2, first % cols : first % cols + length] = True
    parts = planned(hidden).parts
    seen = np.zeros(cols, int)
    for first, last in parts:
        assert 0 <= first < last <= cols
        seen[first:last] += 1
        assert last - first >= min(cols, GEOMETRY.cols)
    assert seen.max() == 1 and (seen[hidden.any(axis=0)] == 1).all()


def test_two_places_far_apart_are_two_parts() -> None:
    hidden = np.zeros((5, 3230), bool)
    hidden[:, 100:105] = hidden[:, 3000:3010] = True
    (a, b), (c, d) = planned(hidden).parts
    assert b - a <= 60 and d - c <= 60 and a <= 100 < 105 <= b < c <= 3000 < 3010 <= d


def test_nothing_hidden_is_one_sentence() -> None:
    with pytest.raises(EngineError, match="Nothing is painted"):
        planned(np.zeros((5, 10), bool))


@given(st.floats(0.001, 1.0), st.integers(0, 5))
def test_strength_hides_that_share(strength: float, seed: int) -> None:
    hidden = np.random.default_rng(seed).random((5, 53)) < 0.5
    thin = thinned(hidden, strength, seed)
    assert (thin <= hidden).all() and thin.sum() == max(1, round(strength * hidden.sum()))


@pytest.mark.parametrize("strength", [0.0, -1.0, 1.5, float("nan")])
def test_a_strength_that_cannot_be(strength: float) -> None:
    with pytest.raises(EngineError, match="strength"):
        thinned(np.ones((5, 5), bool), strength, 0)


def test_fewer_cells_take_fewer_iterations_but_at_least_a_third() -> None:
    def steps(cells: int) -> int:
        hidden = np.zeros(265, bool)
        hidden[:cells] = True
        return settings_for(SamplingSettings(steps=16), planned(hidden.reshape(5, 53, order="F")), GEOMETRY).steps

    counts = [steps(cells) for cells in (1, 30, 100, 200, 265)]
    assert counts == sorted(counts) and counts[0] == counts[1] == 6 and counts[-1] == 16


@pytest.mark.parametrize(("steps", "candidates", "most"), [(16, 1, 16), (16, 4, 16), (5, 8, 16), (5, 2, 10), (32, 2, 32)])
def test_an_edit_has_one_candidate_and_the_iterations_of_the_others(steps: int, candidates: int, most: int) -> None:
    chosen = settings_for(SamplingSettings(steps=steps, candidates=candidates), planned(np.ones((5, 53), bool)), GEOMETRY)
    assert (chosen.steps, chosen.candidates) == (most, 1)


def test_the_length_of_a_restoration_does_not_add_iterations() -> None:
    hidden = np.zeros((5, 530), bool)
    hidden[3:] = True
    short, long = (settings_for(SamplingSettings(steps=16), planned(part), GEOMETRY).steps for part in (hidden[:, :53], hidden))
    assert short == long < 16


def low_passed(samples: np.ndarray, hz: float) -> np.ndarray:
    return fftconvolve(samples, firwin(511, hz, fs=22050, window=("kaiser", 9)), "same")


@pytest.mark.parametrize("name", SOUNDS)
def test_cliffs_are_found_and_only_where_they_are(name: str) -> None:
    samples = single_clip(name, 60_000_003)[: 6 * 22050].astype(np.float64)
    samples = samples / np.abs(samples).max() + 0.003 * np.random.default_rng(0).standard_normal(samples.size)
    assert cutoff_of(log_mel_db(samples, GEOMETRY), GEOMETRY) is None
    for hz in CLIFFS_HZ:
        assert cutoff_of(log_mel_db(low_passed(samples, hz), GEOMETRY), GEOMETRY) == pytest.approx(hz, rel=0.05)


@pytest.mark.parametrize("name", DULL)
def test_dull_but_natural_sounds_are_no_false_alarm(name: str) -> None:
    for seed in (60_000_003, 60_000_004):
        assert cutoff_of(log_mel_db(single_clip(name, seed)[: 6 * 22050], GEOMETRY), GEOMETRY) is None


@pytest.mark.parametrize("order", [1, 2, 4])
def test_gentle_filters_tones_and_silence_are_no_cliffs(order: int) -> None:
    noise = 0.1 * np.random.default_rng(order).standard_normal(4 * 22050)
    dull = sosfilt(butter(order, 2500, fs=22050, output="sos"), noise)
    tone = 0.3 * np.sin(2 * np.pi * 3000 * np.arange(4 * 22050) / 22050)
    for samples in (dull, tone, 0 * noise):
        assert cutoff_of(log_mel_db(samples, GEOMETRY), GEOMETRY) is None


@given(st.floats(60, 10_500))
def test_highs_begin_at_the_cut_off(hz: float) -> None:
    weights = highs_mask(hz, 4, GEOMETRY).array()
    centres = GEOMETRY.band_edges_hz()[1:-1]
    step = GEOMETRY.hz_to_band(hz)
    assert (weights[np.arange(80) > step + 1] == 1).all() and (weights[np.arange(80) < step - 1] == 0).all()
    assert (weights[centres > hz + 400] == 1).all()


@pytest.mark.parametrize("hz", [0.0, -5.0, 11025.0, 1e9, float("nan")])
def test_a_cut_off_outside_of_the_picture(hz: float) -> None:
    with pytest.raises(EngineError, match="cut-off"):
        highs_mask(hz, 10, GEOMETRY)


@settings(deadline=None)
@given(st.floats(0, 3), st.floats(0, 3), st.sampled_from([8000, 22050, 44100, 48000]))
def test_padding_is_whole_cells_in_front_and_exact_behind(before: float, after: float, rate: int) -> None:
    source = Clip(np.ones((2, rate), np.float32), rate)
    clip, first, surplus = padded(source, before, after, GEOMETRY)
    front = round(first * 256 / 22050 * rate)
    assert first % 16 == 0 and 0 <= surplus <= 4096 * rate / 22050 + 1 and front - surplus == pytest.approx(before * rate, abs=1)
    assert clip.samples.shape[1] == front + rate + round(after * rate)
    assert clip.samples[:, front : front + rate].all() and not clip.samples[:, :front].any() and not clip.samples[:, front + rate :].any()


def test_an_extension_paints_all_but_the_source_and_two_short_seams() -> None:
    weights = extension_mask(80, 100, 32, 80).array()
    assert not weights[:, 35:77].any() and weights[:, :35].all() and weights[:, 77:].all()
    assert not extension_mask(80, 100, 0, 80).array()[:, :77].any()
    assert extension_mask(80, 40, 16, 18).array()[:, 16:18].sum() == 0


def test_rolling_is_undone_and_the_joint_lies_in_the_middle() -> None:
    clip = Clip(np.arange(2001, dtype=np.float32)[None] / 2001, 22050)
    rolled = editing.rolled(clip)
    assert np.abs(np.diff(rolled.samples[0])).argmax() == 2001 // 2 - 1
    np.testing.assert_array_equal(editing.unrolled(rolled).samples, clip.samples)


def test_a_joint_is_at_most_half_of_the_sound() -> None:
    clip = Clip(np.zeros((1, 44100), np.float32), 22050)
    mask = joint_mask(clip, 0.5, 172, GEOMETRY)
    assert mask.first * GEOMETRY.frame_s == pytest.approx(0.75, abs=0.02) and mask.last * GEOMETRY.frame_s == pytest.approx(1.25, abs=0.02)
    assert 84 <= joint_mask(clip, 30, 172, GEOMETRY).array().any(axis=0).sum() <= 90
    with pytest.raises(EngineError, match="joint"):
        joint_mask(clip, 0, 172, GEOMETRY)


@pytest.mark.parametrize(("samples", "fine"), [(1, False), (2, False), (1024, False), (2204, False), (2205, True), (22050 * 600, True)])
def test_lengths_that_can_be_edited(samples: int, fine: bool) -> None:
    clip = Clip(np.broadcast_to(np.float32(0), (1, samples)), 22050)
    if fine:
        check_length(clip)
    else:
        with pytest.raises(EngineError, match=r"shorter than 0\.1 s"):
            check_length(clip)


def test_more_than_ten_minutes_is_one_sentence() -> None:
    with pytest.raises(EngineError, match="10 minutes"):
        check_length(Clip(np.broadcast_to(np.float32(0), (1, 22050 * 601)), 22050))
