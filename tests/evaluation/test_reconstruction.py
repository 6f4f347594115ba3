"""Errors of reconstruction, the use of the codebook, and the report."""

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.corpus.splits import split
from engine.evaluation import reconstruction
from engine.evaluation.bench import round_trip
from engine.evaluation.reconstruction import (
    evaluate_reconstruction,
    held_out_cases,
    mel_error,
    reconstruction_report,
    reconstruction_summary,
)
from engine.pipeline import Pipeline
from engine.signal.mel import denormalise, normalise
from engine.types import EngineError
from tests.extra_parts import add_parts
from tests.tiny import write_tiny_pack


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder = tmp_path_factory.mktemp("packs") / "tiny"
    write_tiny_pack(folder)
    return Pipeline.open(folder, "cpu")


def test_cases_are_of_the_test_split() -> None:
    cases = held_out_cases(["rain", "dog_bark", "wind"], 2)
    assert len(cases) == len(set(cases)) == 6
    assert all(split(*case) == "test" and case[1] >= 60_000_000 for case in cases)
    assert len(held_out_cases(["rain", "dog_bark", "wind"], 2, limit=2)) == 2
    with pytest.raises(EngineError):
        held_out_cases(["rain"], 0)


def test_error_counts_silence_apart() -> None:
    truth = np.full((80, 10), -100.0)
    truth[:40] = -20.0
    assert mel_error(truth, truth) == (0, 0, 0)
    assert mel_error(truth, np.where(truth > -50, truth + 3, truth)) == (1.5, 3, 3)
    # What lies below the floor of the picture is no error.
    assert mel_error(truth, np.where(truth > -50, truth, -80.0))[0] == 0


def test_round_trip_has_the_shape_of_the_clip(pipeline: Pipeline) -> None:
    trip = round_trip(pipeline, 0.1 * np.random.default_rng(0).standard_normal(100 * 256).astype(np.float32))
    assert trip.mel.shape == trip.tokenizer_mel.shape == trip.vocoder_mel.shape == trip.both_mel.shape == (80, 100)
    assert trip.ids.shape == (5, 7) and trip.samples.shape == (100 * 256,)


def test_a_round_trip_takes_the_second_codes_of_the_sound(pipeline: Pipeline, tmp_path: Path) -> None:
    write_tiny_pack(tmp_path / "tiny")
    add_parts(tmp_path / "tiny", tmp_path / "whole", "detail")
    whole = Pipeline.open(tmp_path / "whole", "cpu")
    samples = 0.1 * np.random.default_rng(0).standard_normal(100 * 256).astype(np.float32)
    trip, plain = round_trip(whole, samples), round_trip(pipeline, samples)
    np.testing.assert_array_equal(trip.ids, plain.ids)
    with torch.inference_mode():
        mel = torch.from_numpy(normalise(trip.mel))[None, None]
        first, second = whole.codes_of(mel)
        expected = whole.pack.detail.decode(whole.pack.tokenizer, first[None], second[None])[0, 0, :, :100]
    np.testing.assert_allclose(trip.tokenizer_mel, denormalise(expected.numpy()), atol=1e-3)
    assert not np.allclose(trip.tokenizer_mel, plain.tokenizer_mel, atol=1e-3)


def test_summary_counts_codes() -> None:
    errors = {part: [1.0, 2.0, 0.5] for part in ("tokenizer", "vocoder", "both", "other")}
    row = {"class": "rain", "family": "weather", "codes": {"3": 2, "7": 2}, **errors}
    result = reconstruction_summary([row, {**row, "family": "water", "both": [3.0, 4.0, 0.0]}], 16)
    assert result["codes_used"] == 2 and result["perplexity"] == pytest.approx(2)
    assert result["both"]["sounding_db"] == 3 and result["families"]["water"]["both"]["sounding_db"] == 4
    report = reconstruction_report({"pack": "f00", **result})
    assert "2 of 16 codes" in report and "| weather |" in report


def test_whole_evaluation_resumes(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = held_out_cases(["rain", "dog_bark"], 1)
    monkeypatch.setattr(reconstruction, "single_clip", lambda _, seed: np.random.default_rng(seed).random(25600, np.float32))
    *_, result = list(evaluate_reconstruction(pipeline, tmp_path, cases))
    assert result["clips"] == 2 and set(result["families"]) == {"weather", "animals"}
    monkeypatch.setattr(reconstruction, "round_trip", None)
    assert list(evaluate_reconstruction(pipeline, tmp_path, cases))[-1] == result
