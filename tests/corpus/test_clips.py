"""Clips, manifest rows and folders."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from engine.corpus.clips import make_clip, manifest_row, render_folder
from engine.corpus.recipe import CLIP_SAMPLES


def test_clip_and_row():
    samples, scene = make_clip(5, class_id="dog_bark", scheme="over")
    again, _ = make_clip(5, class_id="dog_bark", scheme="over")
    assert np.array_equal(samples, again)
    row = json.loads(json.dumps(manifest_row(scene)))
    assert row["classes"] == list(scene.class_ids)
    assert row["layers"][0]["values"] == dict(scene.layers[0].record.values)
    assert row["layers"][1]["snr_db"] == scene.layers[1].snr_db
    assert {"seed", "split", "scheme", "space", "distance", "colour", "level", "floor"} <= set(row)
    assert row["layers"][0]["version"] >= 1


@pytest.fixture
def _captions(monkeypatch):
    """The grammar has its own tests: one fixed sentence stands for it here."""
    monkeypatch.setitem(sys.modules, "engine.corpus.captions", SimpleNamespace(captions=lambda scene: (f"clip {scene.seed}",)))


def test_folder(tmp_path, _captions):
    render_folder(tmp_path, [3, 4], class_id="rain", scheme="one")
    rows = [json.loads(line) for line in (tmp_path / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["seed"] for row in rows] == [3, 4]
    assert rows[0]["captions"] == ["clip 3"]
    samples, rate = soundfile.read(tmp_path / rows[0]["file"], dtype="float32")
    assert rate == 22050
    assert samples.shape == (CLIP_SAMPLES,)
    assert soundfile.info(tmp_path / rows[0]["file"]).subtype == "PCM_16"
    assert np.abs(samples - make_clip(3, class_id="rain", scheme="one")[0]).max() < 1 / 32000
    assert "numpy" in json.loads((tmp_path / "versions.json").read_text(encoding="utf-8"))
