"""Splits are pure functions of names and seeds, with the promised shares."""

from __future__ import annotations

import hashlib

import pytest

from engine.corpus.splits import bucket, held_out_pair, held_out_templates, split
from engine.corpus.templates import TEMPLATES, group

_SEEDS = range(20_000)


def test_a_bucket_is_the_hash_of_class_and_seed() -> None:
    digest = hashlib.sha256(b"rain/7").digest()
    assert bucket("rain", 7) == int.from_bytes(digest[:8], "little") % 1000
    assert bucket("rain", 7) == bucket("rain", 7)
    assert len({bucket("rain", seed) for seed in range(50)}) > 40


def test_two_percent_are_for_the_test_and_two_for_validation() -> None:
    splits = [split("dog_bark", seed) for seed in _SEEDS]
    assert splits.count("test") / len(splits) == pytest.approx(0.02, abs=0.004)
    assert splits.count("validation") / len(splits) == pytest.approx(0.02, abs=0.004)
    for seed in range(2000):
        expected = "test" if bucket("owl", seed) < 20 else "validation" if bucket("owl", seed) < 40 else "train"
        assert split("owl", seed) == expected


def test_one_template_in_ten_is_held_out_whatever_the_order() -> None:
    texts = [f"{{np0}} pattern {number}" for number in range(2000)]
    held = held_out_templates(texts)
    assert len(held) / len(texts) == pytest.approx(0.1, abs=0.02)
    assert held == held_out_templates(reversed(texts))
    assert held <= set(texts)


def test_small_groups_keep_one_template_out_and_one_in() -> None:
    for number in range(200):
        texts = [f"{number} a", f"{number} b", f"{number} c"]
        assert 1 <= len(held_out_templates(texts)) < len(texts)
    assert held_out_templates(["alone"]) == frozenset()
    assert held_out_templates([]) == frozenset()


@pytest.mark.parametrize("key", TEMPLATES)
def test_every_group_of_templates_is_parted(key: tuple[str, str]) -> None:
    parted = group(*key)
    training, held = {t.text for t in parted.training}, {t.text for t in parted.held_out}
    assert held and training and not training & held
    assert training | held == {template.text for template in TEMPLATES[key]}
    assert any(not template.needs for template in parted.held_out), "a held-out pattern must exist for every scene"
    assert any(not template.needs for template in parted.training)
    assert len(held) <= max(2, 0.3 * len(TEMPLATES[key]))


def test_held_out_pairs_are_ordered_and_one_in_seven() -> None:
    names = [f"class_{number}" for number in range(120)]
    pairs = [(a, b) for a in names for b in names if a != b]
    held = [pair for pair in pairs if held_out_pair(*pair)]
    assert len(held) / len(pairs) == pytest.approx(0.15, abs=0.01)
    one_way = [pair for pair in held if not held_out_pair(pair[1], pair[0])]
    assert len(one_way) > 0.7 * len(held)
