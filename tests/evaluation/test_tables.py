"""Tables over settings and the linear probe: what is compared, what is counted, and whole runs on a toy pack."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from engine.cli import main
from engine.corpus.registry import recipes
from engine.evaluation import tables, tables_tagging
from engine.evaluation.classifier import Judge
from engine.evaluation.embeddings import Embedding, prompt_embedding
from engine.evaluation.features import features_of
from engine.evaluation.tables import Table, TableRun, Variant, cached_judge, measured, run_table, table_report, without_conditional_mask
from engine.evaluation.tables_settings import TABLES, ablations, iterations, schedules, temperature
from engine.evaluation.tables_tagging import FEATURES, TaggingRun, linear_probe, middle_features, run_tagging, tagging_report
from engine.geometry import Geometry
from engine.pipeline import Pipeline
from engine.sampling.schedules import SCHEDULES
from engine.types import HIDDEN, EngineError, SamplingSettings
from tests.extra_parts import add_parts
from tests.tiny import write_tiny_pack

PACK = SamplingSettings(steps=16, guidance=8.0, guidance_start=3.0, temperature=8.0, order="halton")
QUICK = SamplingSettings(steps=1, guidance=2.0)
GEOMETRY = Geometry()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs") / "tiny"
    write_tiny_pack(folder)
    return folder


@pytest.fixture
def pipeline(folder: Path) -> Pipeline:
    return Pipeline.open(folder, "cpu")


@pytest.fixture(autouse=True)
def fast_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    def clip(class_id: str, seed: int) -> np.ndarray:
        rng = np.random.default_rng([seed, len(class_id)])
        noise = rng.standard_normal(GEOMETRY.samples)
        return (0.1 * (noise if class_id == "rain" else np.cumsum(noise) / 300)).astype(np.float32)

    monkeypatch.setattr(tables, "single_clip", clip)
    monkeypatch.setattr(tables_tagging, "single_clip", clip)


def judge_of(*classes: str) -> Judge:
    """A judge that always guesses the first class."""
    size = features_of(np.zeros((80, 64))).size
    arrays = {"mean": np.zeros(size), "deviation": np.ones(size), "weight1": np.zeros((2, size)), "bias1": np.zeros(2)}
    arrays |= {"weight2": np.zeros((len(classes), 2)), "bias2": -np.arange(len(classes))}
    families = tuple(recipes()[name].family for name in classes)
    return Judge(classes, families, {key: np.asarray(value, np.float32) for key, value in arrays.items()})


def test_ablations_change_one_thing_each() -> None:
    by_name = {variant.name: variant for variant in ablations(PACK).variants}
    assert by_name["all as the pack sets it"].settings == PACK
    masked = by_name["hidden cells hold the mask token"]
    assert masked.settings == PACK and not masked.conditional_mask
    same = [
        v for v in by_name.values() if v.conditional_mask and (v.settings.order, v.settings.remask, v.settings.steps) == ("halton", 0, 16)
    ]
    assert [(v.settings.guidance_start, v.settings.guidance) for v in same] == [(3, 8), (1, 1), (8, 8), (0, 8)]
    ramp = SamplingSettings(guidance=3.0, guidance_start=0.0)
    assert "guidance rises from 0" not in {variant.name for variant in ablations(ramp).variants}


def test_ablations_show_second_thoughts_beside_as_many_iterations() -> None:
    by_name = {variant.name: variant for variant in ablations(PACK).variants}
    assert by_name["remask"].settings == replace(PACK, remask=0.1)
    assert by_name["twice the iterations"].settings == replace(PACK, steps=32)
    assert by_name["twice the iterations, remask"].settings == replace(PACK, steps=32, remask=0.1)
    assert by_name["critic"].settings == replace(PACK, order="critic")
    assert by_name["critic, remask"].settings == replace(PACK, order="critic", remask=0.1)
    assert {name for name, variant in by_name.items() if variant.needs} == {"critic", "critic, remask"}
    assert ablations(replace(PACK, steps=200)).variants[-3].settings.steps == 256


def test_rows_that_need_a_critic_are_for_packs_with_one(pipeline: Pipeline, folder: Path, tmp_path: Path) -> None:
    compared = Table(
        "t", "T", "", "", (Variant("plain", QUICK), Variant("critic", replace(QUICK, steps=2, order="critic"), needs="critic"))
    )
    run = TableRun(prompt_embedding(pipeline), seeds=1)
    *_, without = run_table(pipeline, compared, run, tmp_path)
    assert [row["name"] for row in without["variants"]] == ["plain"]
    add_parts(folder, tmp_path / "judged", "critic")
    *_, result = run_table(Pipeline.open(tmp_path / "judged", "cpu"), compared, run, tmp_path)
    assert [row["name"] for row in result["variants"]] == ["plain", "critic"]
    assert np.isfinite(result["variants"][1]["frechet"]["mean"]) and "| critic |" in table_report(result)


def test_curves_hold_what_the_paper_and_the_pack_use() -> None:
    assert [variant.settings.steps for variant in iterations(PACK).variants] == [4, 8, 12, 16, 24, 32]
    assert [variant.settings.steps for variant in iterations(SamplingSettings(steps=20)).variants] == [4, 8, 12, 16, 20, 24, 32]
    curve = temperature(PACK).variants
    assert {variant.settings.order for variant in curve} == {"confidence"}
    values = [variant.value for variant in curve]
    assert values == sorted(set(values)) and {0.0, 1.5, 8.0} <= set(values)
    assert {variant.settings.schedule for variant in schedules(PACK).variants} == set(SCHEDULES)
    assert all(make(PACK).name == name for name, make in TABLES.items())


def test_mask_token_replaces_the_prompt_in_hidden_cells_only(pipeline: Pipeline) -> None:
    generator, other = pipeline.pack.generator, without_conditional_mask(pipeline).pack.generator
    for parameter in generator.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    ids = torch.randint(1024, (1, 5, 53), generator=torch.Generator().manual_seed(0))
    condition = torch.nn.functional.normalize(torch.ones(1, 16), dim=-1)
    hidden = ids.clone()
    hidden[:, :, :20] = HIDDEN
    torch.testing.assert_close(other.logits(ids, condition), generator.logits(ids, condition))
    torch.testing.assert_close(other.logits(hidden, None), generator.logits(hidden, None))
    assert (other.logits(hidden, condition) - generator.logits(hidden, condition)).abs().max() > 1e-3
    moved = other.logits(hidden, condition) - other.logits(hidden, -condition)
    assert moved.abs().max() > 1e-4, "the prompt itself must still be heard"


def test_measures_of_takes_by_seed() -> None:
    rng = np.random.default_rng(0)
    silence = [0.0] * features_of(np.zeros((80, 64))).size

    def rows(count: int, shift: float, name: str = "rain") -> list[dict]:
        vectors = rng.standard_normal((count, 2)) + shift
        return [{"class": name, "vectors": [list(vector)], "features": silence, "match": shift} for vector in vectors]

    reference = rows(200, 0)
    near, far = measured(reference, [rows(200, 0), rows(200, 0)], None), measured(reference, [rows(200, 3)], None)
    assert near["frechet"]["mean"] < 0.3 < 15 < far["frechet"]["mean"] < 21
    assert abs(near["kad"]["mean"]) < 1 < far["kad"]["mean"]
    assert near["frechet"]["deviation"] > 0 and far["frechet"]["deviation"] is None
    assert near["judged"] is None and far["match"] == {"mean": 3.0, "deviation": None}
    judged = measured(reference, [rows(5, 0), rows(15, 0, "dog_bark")], judge_of("rain", "dog_bark"))["judged"]
    assert judged["top1"] == 0.25 and judged["top5"] == 1 and judged["clips"] == 20


def test_the_judge_of_the_cache_must_know_the_classes(tmp_path: Path) -> None:
    assert cached_judge(tmp_path, ["rain"]) is None
    judge_of("rain", "dog_bark").save(tmp_path / "judge-1.npz")
    assert cached_judge(tmp_path, ["rain"]).classes == ("rain", "dog_bark")
    assert cached_judge(tmp_path, ["rain", "siren"]) is None


def test_a_table_is_measured_told_and_resumed(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = Table("quick", "Quick", "A note.", "", (Variant("prompt", QUICK), Variant("token", QUICK, conditional_mask=False)))
    run = TableRun(prompt_embedding(pipeline), judge_of("rain", "dog_bark"), seeds=2)
    *told, result = run_table(pipeline, compared, run, tmp_path)
    assert told[0] == "corpus: 2 of 2 clips" and told[-1] == "token: seed 2 of 2"
    first, second = result["variants"]
    assert first["frechet"]["mean"] > 0 and -1 <= first["match"]["mean"] <= 1 and first["judged"]["clips"] == 4
    assert first["frechet"]["mean"] != second["frechet"]["mean"] and second["mask"] == "token"
    assert [anchor["name"] for anchor in result["anchors"]] == ["held-out corpus clips", "their round trips"]
    assert result["anchors"][0]["frechet"]["mean"] != result["anchors"][1]["frechet"]["mean"]
    report = table_report(result)
    assert "| token |" in report and "| held-out corpus clips |" in report and "±" in report and "50.0 %" in report
    monkeypatch.setattr(tables, "take_of", None)
    monkeypatch.setattr(tables, "single_clip", None)
    assert list(run_table(pipeline, compared, run, tmp_path))[-1] == result
    silent = TableRun(run.embedding, None, seeds=1)
    *_, unheard = run_table(pipeline, compared, silent, tmp_path)
    assert "no trained judge" in table_report(unheard) and "±" not in table_report(unheard).split("| variant |")[1]


def test_embeddings_with_many_vectors_and_no_words(pipeline: Pipeline, tmp_path: Path) -> None:
    embedding = Embedding("two", "two vectors", "two", lambda samples, _: np.stack([samples[:3], samples[-3:]]))
    compared = Table("quick", "Quick", "", "steps", (Variant("1", QUICK, value=1.0),))
    *_, result = run_table(pipeline, compared, TableRun(embedding, seeds=1), tmp_path)
    assert result["variants"][0]["match"] is None and "| steps |" in table_report(result)


@pytest.mark.parametrize("values", [{"seeds": 0}, {"limit": 1}, {"per_class": 0}])
def test_too_little_to_compare_is_said(pipeline: Pipeline, tmp_path: Path, values: dict) -> None:
    with pytest.raises(EngineError):
        list(run_table(pipeline, iterations(QUICK), TableRun(prompt_embedding(pipeline), **values), tmp_path))


@pytest.mark.parametrize("name", ["ablations", "schedules", "temperature"])
def test_the_commands_write_and_draw(folder: Path, tmp_path: Path, name: str) -> None:
    options = ["--pack", folder, "--work", tmp_path / "work", "--out", tmp_path / "out", "--steps", 1, "--seeds", 1]
    judge_path = tmp_path / "work" / "judge-1.npz"
    judge_path.parent.mkdir()
    judge_of("rain", "dog_bark").save(judge_path)
    result = CliRunner().invoke(main, [str(word) for word in ("evaluate", name, *options)])
    assert result.exit_code == 0, result.output
    saved = json.loads((tmp_path / "out" / f"{name}.json").read_text())
    assert saved["name"] == name and saved["judge"] == 2 and saved["prompts"] == 2
    assert (tmp_path / "out" / f"{name}.png").stat().st_size > 5000
    assert (tmp_path / "out" / f"{name}.md").read_text() in result.output


def test_without_matplotlib_there_is_the_table_and_a_sentence(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    options = ["--pack", folder, "--work", tmp_path, "--out", tmp_path, "--steps", 1, "--seeds", 1, "--order", "halton"]
    result = CliRunner().invoke(main, [str(word) for word in ("evaluate", "schedules", *options)])
    assert result.exit_code == 0 and "matplotlib" in result.output
    assert (tmp_path / "schedules.md").exists() and not (tmp_path / "schedules.png").exists()


def test_missing_weights_are_told_on_the_command_line(folder: Path, tmp_path: Path) -> None:
    options = ["--pack", folder, "--work", tmp_path, "--out", tmp_path, "--embedding", "vggish"]
    result = CliRunner().invoke(main, [str(word) for word in ("evaluate", "iterations", *options)])
    assert result.exit_code != 0 and "--weights" in result.output


def test_linear_probe_finds_what_is_linear_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(4), 30)
    centres = rng.standard_normal((4, 10))
    x = (centres[y] + 0.3 * rng.standard_normal((120, 10))).astype(np.float32)
    asked = (centres[y] + 0.3 * rng.standard_normal((120, 10))).astype(np.float32)
    assert (linear_probe(x, y, asked, 4).argmax(axis=1) == y).mean() > 0.95
    blind = [(linear_probe(x, rng.permutation(y), asked, 4, seed).argmax(axis=1) == y).mean() for seed in range(3)]
    assert np.mean(blind) < 0.5
    np.testing.assert_array_equal(linear_probe(x, y, asked, 4, seed=1), linear_probe(x, y, asked, 4, seed=1))


def test_features_of_the_middle_block(pipeline: Pipeline) -> None:
    generator = pipeline.pack.generator
    ids = torch.randint(1024, (2, 5, 53), generator=torch.Generator().manual_seed(0))
    found = middle_features(generator, ids)
    assert found.shape == (2, 32) and not generator.blocks[0]._forward_hooks
    torch.testing.assert_close(middle_features(generator, ids[1:]), found[1:])
    generator.norm = torch.nn.Identity()
    cells = generator.features(ids, torch.zeros(2, 16), torch.zeros(2, dtype=torch.bool))
    torch.testing.assert_close(cells.flatten(1, 2).mean(dim=1), found)
    with pytest.raises(EngineError, match="blocks"):
        middle_features(torch.nn.Linear(2, 2), ids)


def test_tagging_is_measured_told_and_resumed(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = TaggingRun(train_clips=6, test_clips=3, seeds=2)
    *told, result = run_tagging(pipeline, run, tmp_path)
    assert told[1] == "2 of 2 classes" and result["train_clips"] == 12 and result["test_clips"] == 6
    probes = {row["feature"]: row for row in result["probes"]}
    assert set(probes) == set(FEATURES)
    assert probes["mel"]["top1"] == 1 and probes["mel"]["dimensions"] == 160, "white and red noise differ in their bands"
    assert probes["tokenizer"]["dimensions"] == 1024 and probes["generator"]["dimensions"] == 32
    report = tagging_report(result)
    assert "| generator, middle block |" in report and "| chance |" in report
    monkeypatch.setattr(tables_tagging, "single_clip", None)
    assert list(run_tagging(pipeline, run, tmp_path))[-1] == result
    with pytest.raises(EngineError):
        list(run_tagging(pipeline, TaggingRun(limit=1), tmp_path))


def test_the_tagging_command(folder: Path, tmp_path: Path) -> None:
    options = ["--pack", folder, "--work", tmp_path, "--out", tmp_path, "--train-clips", 3, "--test-clips", 1, "--seeds", 1]
    result = CliRunner().invoke(main, [str(word) for word in ("evaluate", "tagging", *options)])
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "tagging.json").read_text())["seeds"] == 1 and (tmp_path / "tagging.png").stat().st_size > 5000


def variant_row(name: str, mean: float, deviation: float | None) -> dict:
    return {"name": name, "frechet": {"mean": mean, "deviation": deviation}}


def test_only_what_exceeds_the_spread_is_called_worse() -> None:
    rows = [variant_row("a", 1.0, 0.1), variant_row("b", 1.1, 0.1), variant_row("c", 1.5, 0.2)]
    assert tables.verdict(rows) == "Smallest Frechet distance: a. Not to be told from it, because both spread as much: b. Worse: c."
    assert tables.verdict([rows[0], rows[2]]) == "Smallest Frechet distance: a. All others are clearly worse."
    assert "nothing is known of chance" in tables.verdict([variant_row("a", 1.0, None), variant_row("b", 2.0, None)])
