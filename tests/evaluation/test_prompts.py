"""Paraphrases, their generation and the report; resuming does not generate again."""

import re
from pathlib import Path

import numpy as np
import pytest

from engine.corpus.captions import caption
from engine.corpus.draw import draw_scene
from engine.corpus.recipe import Kind, Recipe
from engine.corpus.registry import recipes
from engine.evaluation import prompts
from engine.evaluation.classifier import Judge
from engine.evaluation.features import features_of
from engine.evaluation.prompts import PromptCase, generated_rows, paraphrases, prompt_cases, prompts_report, summary
from engine.evaluation.store import RowStore
from engine.pipeline import Pipeline
from engine.types import EngineError, SamplingSettings
from tests.tiny import write_tiny_pack

QUICK = SamplingSettings(steps=1, guidance=0.0)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder = tmp_path_factory.mktemp("packs") / "tiny"
    write_tiny_pack(folder)
    return Pipeline.open(folder, "cpu")


def plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def words_of_recipe(recipe: Recipe) -> set[str]:
    options = [word for a in recipe.attributes if isinstance(a, Kind) for words in a.options.values() for word in words]
    return {plain(text) for text in (*recipe.nouns, *recipe.tags, *recipe.onomatopoeia, *options)}


def silent_judge(count: int) -> Judge:
    """A judge of the first classes that knows nothing."""
    names = ["rain", "dog_bark", *(name for name in recipes() if name not in ("rain", "dog_bark"))][:count]
    size = features_of(np.zeros((80, 40))).size
    arrays = {"mean": np.zeros(size), "deviation": np.ones(size), "weight1": np.zeros((4, size)), "bias1": np.zeros(4)}
    arrays |= {"weight2": np.zeros((count, 4)), "bias2": -np.arange(count)}
    return Judge(tuple(names), tuple(recipes()[name].family for name in names), {k: v.astype(np.float32) for k, v in arrays.items()})


def test_four_prompts_for_every_class() -> None:
    texts = paraphrases()
    assert texts.keys() == recipes().keys()
    assert {len(group) for group in texts.values()} == {4}
    everything = [plain(text) for group in texts.values() for text in group]
    assert len(set(everything)) == len(everything) and min(len(text) for text in everything) > 6


def test_no_prompt_is_a_caption() -> None:
    rng = np.random.default_rng(5)
    known = set().union(*(words_of_recipe(recipe) for recipe in recipes().values()))
    known |= {plain(caption(draw_scene(seed), rng)) for seed in range(1000)}
    assert {plain(text) for group in paraphrases().values() for text in group}.isdisjoint(known)


def test_cases_mix_classes_and_keep_to_the_pack() -> None:
    cases = prompt_cases(["rain", "dog_bark", "unknown"], 5)
    assert len(cases) == 10 and len({case.key for case in cases}) == 10
    assert {case.class_id for case in cases[:2]} == {"rain", "dog_bark"}
    assert prompt_cases(["rain", "dog_bark"], 5, limit=3) == cases[:3]
    assert prompt_cases(["rain"], 1, seed=2)[0].seed == 2000
    with pytest.raises(EngineError):
        prompt_cases(["rain"], 0)


def test_resuming_does_not_generate_again(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = prompt_cases(["rain", "dog_bark"], 1)
    first = list(generated_rows(pipeline, tmp_path, cases[:1], QUICK))
    made: list[str] = []
    take_of = prompts.take_of
    monkeypatch.setattr(prompts, "take_of", lambda *values: made.append(values[1]) or take_of(*values))
    rows = list(generated_rows(pipeline, tmp_path, cases, QUICK))
    assert rows[0] == first[0] and made == [cases[1].prompt]
    assert set(rows[0]["understood"]) == {"rain", "dog_bark"}
    assert len(rows[0]["features"]) == features_of(np.zeros((80, 40))).size
    list(generated_rows(pipeline, tmp_path, cases[:1], SamplingSettings(steps=2)))
    assert made == [cases[1].prompt, cases[0].prompt]


def test_a_cut_line_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"key": "a", "value": 1}\n{"key": "b", "val')
    assert [row["value"] for row in RowStore(path).filled("ab", str, lambda _: {"value": 2})] == [1, 2]
    assert RowStore(path).rows["b"]["value"] == 2


def rows(size: int) -> list[dict]:
    silence = [0.0] * size
    return [
        {"class": "rain", "prompt": "wet", "seed": 0, "features": silence, "understood": ["rain", "dog_bark"]},
        {"class": "dog_bark", "prompt": "woof", "seed": 1, "features": silence, "understood": ["rain", "wind"]},
    ]


def test_summary_tells_errors_apart() -> None:
    judge = silent_judge(7)
    result = summary(judge, rows(judge.arrays["mean"].size))
    assert result["generated"]["top1"] == 0.5 and result["generated"]["top5"] == 1.0
    assert result["text"]["top1"] == 0.5 and result["text"]["sound_right_when_understood"]["top1"] == 1.0
    assert result["confusions"] == [["dog_bark", "rain", 1]]
    assert [miss["prompt"] for miss in result["missed"]] == ["woof"]
    assert result["families"]["weather"]["top1"] == 1.0 and result["families"]["animals"]["top1"] == 0.0


def test_whole_evaluation_and_report(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = silent_judge(3)
    monkeypatch.setattr(prompts, "held_out_accuracy", lambda *_: iter(["rendering", (np.array([0, 1, 2]), np.array([0, 0, 1]))]))
    monkeypatch.setattr(prompts, "single_clip", lambda *_: np.zeros(22050, np.float32))
    cases = [PromptCase("rain", "wet weather", 0), PromptCase("dog_bark", "woof", 0)]
    *lines, result = list(prompts.evaluate_prompts(pipeline, judge, tmp_path, cases, QUICK))
    assert "2 of 2 prompts" in lines
    assert result["anchors"]["held-out corpus clips"]["clips"] == 2
    # The tiny pack knows two concepts, so the right one is always among five.
    assert result["wordings"]["prompts"] == 8 and result["wordings"]["top5"] == 1.0 and 0 <= result["wordings"]["top1"] < 1
    report = prompts_report(result)
    assert "generated from paraphrases" in report and "dog_bark" in report and "| chance |" in report
