"""Scenes and their rendering: determinism, balance, order, level and shares."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from engine.corpus import draw
from engine.corpus.draw import CLIP_S, COMPOSITE_SHARES, LEVEL_SHARES, SPACE_SHARES, draw_scene
from engine.corpus.held_out import held_out_distance, held_out_order, held_out_record, held_out_space, scene_split
from engine.corpus.mixer import layer_signals, render_scene, target_lufs
from engine.corpus.recipe import CLIP_SAMPLES, SAMPLE_RATE
from engine.corpus.registry import recipes
from engine.corpus.spaces import DISTANCE_LU, SPACES
from engine.signal.loudness import integrated_lufs

_PEAK = 10 ** (-1 / 20) + 1e-6
_SCHEMES = ("one", "over", "then", "while", "three_over", "three_in_a_row")


def _loudness(samples):
    return integrated_lufs(samples, SAMPLE_RATE)


def _plain(scene, **changes):
    """The scene dry and uncoloured."""
    return replace(scene, **{"space": "dry", "distance": 1, "motion": None, "colour": None, "floor": False, **changes})


@pytest.mark.parametrize("scheme", _SCHEMES)
def test_same_seed_same_samples(scheme):
    first, second = draw_scene(11, scheme=scheme), draw_scene(11, scheme=scheme)
    assert first == second
    samples = render_scene(first)
    assert np.array_equal(samples, render_scene(second))
    assert not np.array_equal(samples, render_scene(draw_scene(12, scheme=scheme)))


@pytest.mark.parametrize("seed", range(20, 32))
def test_every_clip_is_clean(seed):
    scene = draw_scene(seed, single_share=0.4)
    samples = render_scene(scene)
    assert samples.shape == (CLIP_SAMPLES,)
    assert samples.dtype == np.float32
    assert np.isfinite(samples).all()
    assert 1e-3 < np.abs(samples).max() <= _PEAK
    assert abs(samples.mean()) < 1e-3
    assert abs(samples[0]) < 1e-4
    assert abs(samples[-1]) < 1e-4


@pytest.mark.parametrize("space", list(SPACES))
@pytest.mark.parametrize("class_id", ["rain", "dog_bark"])
def test_every_space_renders(space, class_id):
    scene = replace(draw_scene(5, class_id, "one"), space=space, distance=1, motion=None, colour=None)
    samples = render_scene(scene)
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= _PEAK


def test_a_further_layer_never_changes_the_others():
    for seed in range(8):
        one, over = draw_scene(seed, "dog_bark", "one"), draw_scene(seed, "dog_bark", "over")
        assert over.layers[0].record == one.layers[0].record
        then, three = draw_scene(seed, "dog_bark", "then"), draw_scene(seed, "dog_bark", "three_over")
        assert three.layers[0].record == then.layers[0].record
        assert then.layers[0].record.quantiles == one.layers[0].record.quantiles
        if three.class_ids[1] == then.class_ids[1]:
            assert three.layers[1].record == then.layers[1].record
        alone = layer_signals(_plain(replace(over, layers=over.layers[:1])))[0]
        together = layer_signals(_plain(over))[0]
        np.testing.assert_allclose(together / np.abs(together).max(), alone / np.abs(alone).max(), atol=1e-5)


def test_counted_events_fit_into_their_part():
    for seed in range(60):
        record = draw_scene(seed, "dog_bark", "then").layers[0].record
        assert 1 <= record["number"] <= 1 + (record.seconds - 0.7) / 0.9


def test_layers_of_one_class_differ():
    recipe = recipes()["dog_bark"]
    assert recipe.draw(3).values != recipe.draw(3, salt="b").values


@pytest.mark.parametrize("scheme", ["over", "while"])
def test_balance_is_the_drawn_one(scheme):
    for seed in range(40, 46):
        scene = draw_scene(seed, scheme=scheme)
        main, other = map(_loudness, layer_signals(scene))
        assert other - main == pytest.approx(scene.layers[1].snr_db, abs=1.0)
        drawn = scene.layers[1].snr_db
        if scheme == "over":
            assert 0 <= drawn <= 2 or -9 <= drawn <= -5 or -20 <= drawn <= -13
        else:
            assert -3 <= drawn <= 3


@pytest.mark.parametrize("scheme", ["then", "three_in_a_row"])
def test_order(scheme):
    for seed in range(60, 66):
        scene = _plain(draw_scene(seed, scheme=scheme))
        signals = layer_signals(scene)
        for before, after, first, second in zip(signals, signals[1:], scene.layers, scene.layers[1:], strict=False):
            middle = [np.sum(np.arange(CLIP_SAMPLES) * x.astype(float) ** 2) / np.sum(x.astype(float) ** 2) for x in (before, after)]
            assert middle[0] < middle[1]
            assert -0.201 <= second.start_s - first.end_s <= 1.501
            last, earliest = np.flatnonzero(before)[-1], np.flatnonzero(after)[0]
            assert earliest > last - 0.21 * SAMPLE_RATE
        assert all(1.9 < layer.end_s - layer.start_s < 5 and layer.end_s <= CLIP_S + 1e-6 for layer in scene.layers)


@pytest.mark.parametrize("level", ["quiet", "normal", "loud"])
def test_level_of_sustained_sounds(level):
    for seed in range(70, 73):
        for class_id in ("rain", "wind"):
            for distance, space in ((1, "dry"), (3, "hall")):
                scene = replace(draw_scene(seed, class_id, "one"), level=level, space=space, distance=distance, colour=None, trend=None)
                assert _loudness(render_scene(scene)) == pytest.approx(target_lufs(scene), abs=1.0)
    low, high = {"quiet": (-36, -30), "normal": (-25, -21), "loud": (-18, -15)}[level]
    assert low <= target_lufs(scene) - DISTANCE_LU[3] <= high


def test_impulsive_sounds_keep_their_peaks():
    scene = replace(_plain(draw_scene(80, "dog_bark", "one")), level="loud")
    samples = render_scene(scene)
    assert np.abs(samples).max() <= _PEAK
    assert _loudness(samples) <= target_lufs(scene) + 0.1


def test_trends():
    half = CLIP_SAMPLES // 2
    for trend, quieter in (("fade_in", slice(0, half // 4)), ("fade_out", slice(-half // 4, None))):
        scene = replace(_plain(draw_scene(81, "rain", "one")), trend=trend)
        samples = render_scene(scene)
        assert samples[quieter].std() < 0.6 * samples.std()
    found = {draw_scene(seed, "rain", "one").trend: draw_scene(seed, "rain", "one") for seed in range(150)}
    assert found["stops"].layers[0].end_s <= 8.001
    assert found["starts"].layers[0].start_s >= 1.2
    stopped = render_scene(_plain(found["stops"]))
    assert np.abs(stopped[round((found["stops"].layers[0].end_s + 0.1) * SAMPLE_RATE) :]).max() < 1e-3


def test_floor_is_faint():
    quiet = _plain(draw_scene(82, "dog_bark", "one"))
    floor = render_scene(replace(quiet, floor=True)) - render_scene(quiet)
    assert -71 < 20 * np.log10(floor[2000:-2000].std()) < -61


def _shares(values):
    return {name: number / sum(values.values()) for name, number in values.items()}


def test_shares():
    scenes = [draw_scene(seed) for seed in range(2000)]
    schemes = _shares(Counter(scene.scheme for scene in scenes))
    assert schemes["one"] == pytest.approx(0.70, abs=0.04)
    for scheme, share in COMPOSITE_SHARES.items():
        assert schemes[scheme] == pytest.approx(0.30 * share / sum(COMPOSITE_SHARES.values()), abs=0.025)
    spaces = _shares(Counter(scene.space for scene in scenes))
    for space, share in SPACE_SHARES.items():
        assert spaces[space] == pytest.approx(share / 100, abs=0.04)
    near = [scene for scene in scenes if scene.distance <= 2]
    levels = _shares(Counter(scene.level for scene in near))
    for level, share in LEVEL_SHARES.items():
        assert levels[level] == pytest.approx(share / 100, abs=0.03)
    assert np.mean([scene.colour is not None for scene in near]) == pytest.approx(0.12, abs=0.03)
    assert np.mean([scene.floor for scene in scenes]) == pytest.approx(0.20, abs=0.03)
    assert all(scene.distance == 1 for scene in scenes if scene.space == "dry")
    assert np.mean([draw_scene(seed, single_share=0.2).scheme == "one" for seed in range(500)]) == pytest.approx(0.2, abs=0.07)
    assert np.mean([scene_split(scene) != "train" for scene in scenes]) == pytest.approx(0.04, abs=0.02)


def test_early_waves_weigh_more():
    weights, table = draw.class_weights(), recipes()
    assert sum(weights.values()) == pytest.approx(1.0, abs=0.02)
    for family in {recipe.family for recipe in table.values()}:
        members = {(r.wave, round(weights[r.id], 9)) for r in table.values() if r.family == family}
        assert sorted(members) == sorted(members, key=lambda pair: (pair[0], -pair[1]))


def test_held_out_combinations_are_not_drawn():
    table, kept_out = recipes(), 0
    for seed in range(400):
        scene = draw_scene(seed, single_share=0.3)
        for layer in scene.layers:
            recipe = table[layer.record.class_id]
            assert not held_out_space(recipe, layer.record, scene.space)
            assert scene.distance == 1 or not held_out_distance(recipe, layer.record, scene.distance)
            assert not held_out_record(recipe, layer.record)
        if scene.scheme in ("then", "while", "three_in_a_row"):
            assert not held_out_order(scene.class_ids)
        if scene.scheme == "three_over":
            assert not held_out_order(scene.class_ids[:2])
        free = draw_scene(seed, scheme="then", seen_only=False)
        kept_out += free.scheme == "then" and held_out_order(free.class_ids)
    assert kept_out > 0


def test_unknown_class():
    with pytest.raises(KeyError):
        draw_scene(1, "no_such_class")
