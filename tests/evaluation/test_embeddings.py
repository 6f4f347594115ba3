"""Embeddings by name: what comes with a pack, what the user's weights give, and what is said without them."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.evaluation import vggish
from engine.evaluation.commands import EMBEDDINGS
from engine.evaluation.embeddings import NAMES, open_embedding, prompt_embedding
from engine.models.public import clap
from engine.pipeline import Pipeline
from engine.signal.mel import log_mel_db, normalise
from engine.types import EngineError
from tests.models.public.test_clap import HEADS, small_weights, vocabulary
from tests.tiny import write_tiny_pack


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder = tmp_path_factory.mktemp("packs") / "tiny"
    write_tiny_pack(folder)
    return Pipeline.open(folder, "cpu")


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.3, 0.3, count).astype(np.float32)


def test_prompt_encoder_of_the_pack(pipeline: Pipeline) -> None:
    embedding = open_embedding("prompt", pipeline)
    samples = noise(22_050)
    mel = torch.from_numpy(normalise(log_mel_db(samples, pipeline.geometry)))[None, None]
    np.testing.assert_allclose(embedding.sound(samples, 22_050), pipeline.pack.prompt.embed_mel(mel).numpy(), atol=1e-6)
    np.testing.assert_allclose(embedding.text(["rain", "dog"]), pipeline.pack.prompt.embed_text(["rain", "dog"]).numpy(), atol=1e-6)
    assert embedding.sound(noise(44_100), 44_100).shape == (1, 16)
    assert embedding.stored(samples, 22_050) == [[round(value, 5) for value in embedding.sound(samples, 22_050)[0].tolist()]]
    assert prompt_embedding(pipeline).identity == embedding.identity


@pytest.mark.parametrize("name", ["clap", "vggish"])
def test_weights_must_be_given(pipeline: Pipeline, name: str, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="--weights"):
        open_embedding(name, pipeline)
    with pytest.raises(EngineError, match="cannot be read"):
        open_embedding(name, pipeline, tmp_path / "missing.pt")


def test_unknown_names_are_refused(pipeline: Pipeline) -> None:
    assert EMBEDDINGS == NAMES
    with pytest.raises(EngineError, match="prompt, clap, vggish"):
        open_embedding("panns", pipeline)


@pytest.mark.skipif(not importlib.util.find_spec("transformers"), reason="transformers is not installed (extra clap)")
def test_clap_of_the_user(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save({"state_dict": small_weights()}, tmp_path / "clap.pt")
    vocabulary(tmp_path)
    monkeypatch.setattr(clap, "_HEAD_WIDTH", 32 // HEADS)
    embedding = open_embedding("clap", pipeline, tmp_path / "clap.pt", tmp_path)
    assert embedding.sound(noise(22_050), 22_050).shape == (1, 24) and embedding.text(["rain"]).shape == (1, 24)
    deaf = open_embedding("clap", pipeline, tmp_path / "clap.pt")
    assert deaf.text is None and deaf.identity == embedding.identity != prompt_embedding(pipeline).identity


def test_vggish_of_the_user(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Small(torch.nn.Module):
        def embed(self, samples: np.ndarray) -> np.ndarray:
            return np.full((samples.size // 16_000, 128), 1.0, np.float32)

    torch.save({"weight": torch.zeros(2)}, tmp_path / "vggish.pth")
    monkeypatch.setattr(vggish, "read_vggish", lambda *_: Small())
    embedding = open_embedding("vggish", pipeline, tmp_path / "vggish.pth")
    assert embedding.sound(noise(44_100), 22_050).shape == (2, 128) and embedding.text is None
