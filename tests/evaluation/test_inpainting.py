"""Holes in held-out clips: the holes, the baseline, the distances, and the whole evaluation on a toy pack."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.evaluation import inpainting
from engine.evaluation.inpainting import (
    InpaintingRun,
    draw_inpainting,
    evaluate_inpainting,
    holes,
    inpainting_report,
    interpolated,
)
from engine.geometry import Geometry
from engine.pipeline import Pipeline
from engine.types import EngineError, SamplingSettings
from tests.tiny import write_tiny_pack

GEOMETRY = Geometry()
RUN = InpaintingRun(2, SamplingSettings(steps=5))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs") / "tiny"
    write_tiny_pack(folder)
    return folder


@pytest.fixture(autouse=True)
def fast_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    def clip(_: str, seed: int) -> np.ndarray:
        return (0.1 * np.random.default_rng(seed).standard_normal(GEOMETRY.samples)).astype(np.float32)

    monkeypatch.setattr(inpainting, "single_clip", clip)


def test_holes_are_those_of_the_paper() -> None:
    time, bandwidth = holes(GEOMETRY)["time"], holes(GEOMETRY)["bandwidth"]
    assert time.weights.all() and (time.last - time.first) * GEOMETRY.frame_s == pytest.approx(1.86, abs=0.01)
    assert abs((time.first + time.last) / 2 - GEOMETRY.frames / 2) <= 8
    assert bandwidth.array()[-16:].all() and not bandwidth.array()[:-16].any()
    assert time.cells(GEOMETRY).sum() == 50 and bandwidth.cells(GEOMETRY).sum() == 53


def test_interpolation_goes_from_one_border_to_the_other() -> None:
    hole = holes(GEOMETRY)["time"]
    picture = np.repeat(np.linspace(-60, -20, GEOMETRY.frames, dtype=np.float32)[None], 80, axis=0)
    damaged = np.where(hole.array() > 0, -100, picture).astype(np.float32)
    np.testing.assert_allclose(interpolated(damaged, hole), picture, atol=0.5)


def test_extrapolation_follows_the_slope_but_never_up() -> None:
    hole = holes(GEOMETRY)["bandwidth"]
    falling = np.repeat(np.linspace(-10, -60, 80, dtype=np.float32)[:, None], GEOMETRY.frames, axis=1)
    damaged = np.where(hole.array() > 0, -100, falling).astype(np.float32)
    np.testing.assert_allclose(interpolated(damaged, hole), falling, atol=0.1)
    rising = falling[::-1].copy()
    assert interpolated(rising, hole).max() <= rising[:64].max() + 0.1


def test_whole_evaluation_tells_the_variants_apart_and_resumes(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline.open(folder, "cpu")
    *_, result = evaluate_inpainting(pipeline, tmp_path, RUN)
    assert result["clips"] == 2 and result["pack"] == pipeline.pack.manifest.hash
    for task in ("time", "bandwidth"):
        assert set(result[task]) == {"unprocessed", "baseline", "coded", "filled", "kept", "patient"}
        assert all(np.isfinite(list(value.values())).all() for value in result[task].values())
        assert result[task]["unprocessed"]["lsd_db"] > result[task]["baseline"]["lsd_db"]
        assert result[f"{task}_iterations"] == {"kept": 2, "patient": 5}
    report = inpainting_report(result)
    assert "Iterations: time 2 of 5, bandwidth 2 of 5." in report and "| filled in all iterations, the rest is the source's own |" in report
    assert "unconditional" in report and report.count("|") > 30
    draw_inpainting(result, tmp_path / "plots" / "inpainting.png")
    assert (tmp_path / "plots" / "inpainting.png").stat().st_size > 1000
    monkeypatch.setattr(inpainting, "_measured", None)
    assert list(evaluate_inpainting(pipeline, tmp_path, RUN))[-1] == result


def test_one_clip_is_too_few(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="two clips"):
        list(evaluate_inpainting(Pipeline.open(folder, "cpu"), tmp_path, InpaintingRun(1, SamplingSettings(steps=2))))


def test_the_command_writes_markdown_and_json(folder: Path, tmp_path: Path) -> None:
    options = ["--pack", folder, "--work", tmp_path / "work", "--out", tmp_path / "out", "--clips", 2, "--steps", 2, "--guided"]
    result = CliRunner().invoke(main, [str(word) for word in ("evaluate", "inpainting", *options)])
    assert result.exit_code == 0, result.output
    assert "guided by the sound around the hole" in result.stdout
    saved = json.loads((tmp_path / "out" / "inpainting.json").read_text())
    assert saved["guided"] is True and saved["clips"] == 2
    assert (tmp_path / "out" / "inpainting.md").exists() and not (tmp_path / "out" / "inpainting.png").exists()
