"""The card, the picture and the commands."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.corpus.registry import recipes
from engine.evaluation import pictures
from engine.evaluation.card import card_text, measured_tables, read_results
from engine.evaluation.commands import chosen_settings
from engine.evaluation.pictures import PICTURED, draw_pictures
from engine.models.pack import Manifest, read_manifest
from engine.pipeline import Pipeline
from engine.types import EngineError, SamplingSettings
from tests.tiny import write_tiny_pack

SHARES = {"clips": 10, "top1": 0.4, "top5": 0.8, "interval": [0.2, 0.6]}
MOVES = {"right_sign": 0.9, "interval": [0.8, 1.0], "strong": 0.5, "median_effect": 1.2}
LOSS = {"all_db": 1.0, "sounding_db": 2.0, "level_db": 0.1}
PROBE = {"prompts": ["light rain", "heavy rain"], "effect": -0.5, "corpus_effect": 4.0}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    write_tiny_pack(tmp_path / "tiny")
    return tmp_path / "tiny"


def results(manifest: Manifest) -> dict[str, dict]:
    text = {"top1": 0.7, "top5": 0.9, "sound_right_when_understood": SHARES, "sound_right_when_misunderstood": SHARES}
    return {
        "prompts": {
            "pack": manifest.hash, "generated": SHARES, "anchors": {"chance": SHARES}, "text": text, "families": {"birds_calls": SHARES},
        },
        "probes": {"pack": manifest.hash, "seeds": 3, "generated": MOVES, "anchors": {"corpus clips": MOVES}, "probes": [PROBE]},
        "reconstruction": {
            "pack": manifest.hash, "clips": 2, "codes_used": 5, "code_count": 16, "perplexity": 4.0,
            **dict.fromkeys(("tokenizer", "vocoder", "both", "other"), LOSS),
        },
    }  # fmt: skip


def test_card_says_what_was_measured_and_what_fails(pack: Path) -> None:
    manifest = read_manifest(pack)
    text = card_text(manifest, {"generator": 1.0}, results(manifest), pictured=True)
    assert manifest.hash in text and "| weather | rain |" in text and "generated.png" in text
    assert "40.0 %" in text and "birds calls" in text and "5 of 16 codes" in text
    assert "did not move the sound where they say: light rain / heavy rain" in text
    assert "Not measured" not in text


def test_card_claims_the_corpus_only_where_the_pack_names_its_seeds(pack: Path) -> None:
    manifest = read_manifest(pack)
    assert "no recording" not in card_text(manifest, {}, {}, pictured=False)
    own = Manifest(**{**vars(manifest), "provenance": {"corpus_seeds": [0, 9], "clips": 1200, "steps": {"generator": 5}}})
    text = card_text(own, {}, {}, pictured=False)
    assert "no recording" in text and "1,200 clips" in text and "generator 5" in text
    assert text.count("Not measured") == 3


def test_card_lists_the_packs_that_a_pack_goes_on_from(pack: Path) -> None:
    older = {"hash": "aa", "compute": "one core", "steps": {"tokenizer": 9, "vocoder": 0}, "started_from": {"hash": "bb", "steps": "many"}}
    manifest = Manifest(**{**vars(read_manifest(pack)), "provenance": {"steps": {"generator": 5}, "started_from": older}})
    text = card_text(manifest, {}, {}, pictured=False)
    assert "* `aa`: tokenizer 9; one core\n* `bb`: steps unknown; compute unknown\n" in text
    assert "started" not in text and "vocoder 0" not in text


def test_results_of_other_weights_do_not_count(pack: Path) -> None:
    (pack / "prompts.json").write_text(json.dumps({"pack": "other"}))
    (pack / "probes.json").write_text(json.dumps({"pack": read_manifest(pack).hash}))
    found = read_results(pack, read_manifest(pack).hash)
    assert found["prompts"] is None and found["probes"] and found["reconstruction"] is None
    (pack / "probes.json").write_text("{")
    with pytest.raises(EngineError):
        read_results(pack, "any")


def test_picture_is_written(pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "single_clip", lambda *_: np.random.default_rng(0).standard_normal(8192).astype(np.float32))
    target = tmp_path / "new" / "generated.png"
    draw_pictures(Pipeline.open(pack, "cpu"), target, SamplingSettings(steps=1, guidance=0.0), chosen=PICTURED[:1])
    assert target.read_bytes().startswith(b"\x89PNG")
    assert {name for name, _ in PICTURED} <= recipes().keys() and len(PICTURED) == 12


def test_settings_are_overridden() -> None:
    options = {"steps": 8, "guidance": None, "guidance_start": 1.0, "temperature": None, "token_temperature": None, "order": "halton"}
    assert chosen_settings(SamplingSettings(), options) == SamplingSettings(steps=8, guidance_start=1.0, order="halton")
    with pytest.raises(EngineError):
        chosen_settings(SamplingSettings(), {**options, "steps": 0})


def test_commands(pack: Path) -> None:
    run = CliRunner().invoke(main, ["evaluate", "card", "--pack", str(pack)])
    assert run.exit_code == 0, run.output
    assert "prompts, probes, reconstruction" in run.output and (pack / "card.md").read_text().startswith("# Tiny pack")
    assert CliRunner().invoke(main, ["evaluate", "card", "--pack", "nowhere"]).exit_code == 2
    for name in ("judge", "prompts", "probes", "reconstruction", "pictures"):
        assert CliRunner().invoke(main, ["evaluate", name, "--help"]).exit_code == 0


def test_tables_of_these_weights_are_linked(tmp_path):
    (tmp_path / "ablations.json").write_text(json.dumps({"pack": "mine"}))
    (tmp_path / "schedules.json").write_text(json.dumps({"pack": "another"}))
    assert measured_tables(tmp_path, "mine") == ["ablations"]
