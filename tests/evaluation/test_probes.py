"""Attribute probes: prompts out of the vocabulary, effects with their sign, anchors."""

from pathlib import Path

import numpy as np
import pytest

from engine.corpus.vocabulary import AXES
from engine.evaluation import probes
from engine.evaluation.figures import accuracy, bootstrap_interval, effect_size, table
from engine.evaluation.probes import evaluate_probes, probe_of, probe_summary, probes_report
from engine.pipeline import Pipeline
from engine.types import EngineError, SamplingSettings
from tests.tiny import write_tiny_pack


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder = tmp_path_factory.mktemp("packs") / "tiny"
    write_tiny_pack(folder)
    return Pipeline.open(folder, "cpu")


def test_two_dozen_probes_over_families() -> None:
    chosen = probes.probes()
    assert len(chosen) == 24
    assert len({probe.class_id for probe in chosen}) == 24 and len({probe.measure for probe in chosen}) >= 6
    for probe in chosen:
        assert probe.low_prompts and probe.high_prompts and not set(probe.low_prompts) & set(probe.high_prompts)
    assert [probe.class_id for probe in probes.probes(["dog_bark", "wind"])] == ["dog_bark"]


def test_the_high_word_of_a_reversed_attribute_lowers_the_measure() -> None:
    probe = probe_of("dog_bark", "pitch")
    assert probe.measure == "centroid_hz" and probe.sign == -1
    assert probe.high_prompts[0].split()[0] in AXES["size"].high and probe.low_prompts[0] == "small dog bark"
    assert probe_of("beep_alarm", "pitch").sign == 1


def test_effect_size() -> None:
    assert effect_size([1, 2, 3], [4, 5, 6]) == pytest.approx(3.0)
    assert effect_size([4, 5, 6], [1, 2, 3]) == pytest.approx(-3.0)
    assert effect_size([2, 2], [2, 2]) == 0.0
    assert effect_size([1], [2]) > 1e6


def test_interval_and_accuracy() -> None:
    low, high = bootstrap_interval(np.array([0, 1] * 50))
    assert 0.38 < low < 0.45 < 0.55 < high < 0.62
    wider = bootstrap_interval(np.array([0] * 50 + [1] * 50), np.repeat(np.arange(10), 10))
    assert wider[1] - wider[0] > 2 * (high - low)
    assert accuracy([0, 3, 7])["top5"] == pytest.approx(2 / 3)
    assert accuracy([])["clips"] == 0
    assert table(["a", "b"], [["x", 1]]) == "| a | b |\n|---|---:|\n| x | 1 |"


def row(low: list[float], high: list[float], sign: int = 1) -> dict:
    effect = sign * effect_size(low, high)
    return {
        "name": "rain.intensity", "prompts": ["light rain", "heavy rain"], "measure": "centroid_hz", "sign": sign, "low": low, "high": high,
        "effect": effect, "corpus_effect": 4.0, "round_trip_effect": 2.0,
    }  # fmt: skip


def test_summary_and_report() -> None:
    rows = [row([1, 2, 3], [4, 5, 6]), row([4, 5, 6], [1, 2, 3], sign=-1), row([1, 2, 3], [0, 1, 2]), row([1, 2, 3], [1.5, 2.5, 3.5])]
    result = probe_summary(rows)
    assert result["generated"]["right_sign"] == 0.75 and result["generated"]["strong"] == 0.5
    assert result["anchors"]["corpus clips"]["strong"] == 1.0
    assert 0.3 < result["anchors"]["generated, captions shuffled"]["right_sign"] < 0.7
    report = probes_report({"pack": "f00", "seeds": 3, **result, "probes": rows})
    assert "light rain / heavy rain" in report and "+3.0" in report


def test_whole_evaluation_resumes(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen, settings = [probe_of("dog_bark", "pitch")], SamplingSettings(steps=1, guidance=0.0)
    *lines, result = list(evaluate_probes(pipeline, tmp_path, chosen, 2, settings))
    assert lines == ["1 of 1 attributes"]
    # A large dog is lower: the corpus itself must say so, whatever the toy pack makes of the words.
    assert result["probes"][0]["corpus_effect"] > 1
    monkeypatch.setattr(probes, "take_of", None)
    monkeypatch.setattr(probes, "round_trip", None)
    assert list(evaluate_probes(pipeline, tmp_path, chosen, 2, settings))[-1] == result
    with pytest.raises(EngineError):
        list(evaluate_probes(pipeline, tmp_path, [], 2, settings))
