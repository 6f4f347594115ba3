"""A run that starts from a finished pack goes on with its weights and takes over what it does not train."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.models.pack import load_pack
from engine.training.generator_task import GeneratorTraining
from engine.training.loop import LoopConfig
from engine.training.prompt_task import PromptTraining
from engine.training.recipes import EmbeddedRun
from engine.training.runs import PARTS, Workshop
from engine.training.tokenizer_task import TokenizerTraining
from engine.training.vocoder_task import VocoderTraining
from engine.types import EngineError
from tests.tiny import write_tiny_pack
from tests.training.synthetic import write_shard

LOOP = LoopConfig(steps=2, batch_size=4, warmup_steps=1, validate_every=2)


def recipe_of(pack: Path) -> EmbeddedRun:
    """A recipe with the sizes of a pack."""
    parts = load_pack(pack)
    return EmbeddedRun(
        shards=1,
        tokenizer=TokenizerTraining(loop=LOOP, model=parts.tokenizer.config),
        prompt=PromptTraining(loop=LOOP, model=parts.prompt.config),
        vocoder=VocoderTraining(loop=LOOP, model=parts.vocoder.config, crop_frames=32),
        generator=GeneratorTraining(loop=LOOP, model=parts.generator.config, learning_rate=1e-4),
        id="tuned",
    )


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    write_tiny_pack(tmp_path / "tiny")
    return tmp_path / "tiny"


def test_only_what_is_trained_changes(pack: Path, tmp_path: Path) -> None:
    write_shard(tmp_path / "run" / "shards", 0)
    workshop = Workshop(tmp_path / "run", recipe_of(pack), start=pack)
    for stage in ("tokens", "generator"):
        list(workshop.stage(stage))
    workshop.export(tmp_path / "tuned")
    before, after = load_pack(pack), load_pack(tmp_path / "tuned")
    for role in ("tokenizer", "prompt", "vocoder"):
        assert before.manifest.parts[role].sha256 == after.manifest.parts[role].sha256
    moved = [(a - b).abs().max().item() for a, b in zip(before.generator.parameters(), after.generator.parameters(), strict=True)]
    assert 0 < max(moved) < 0.05
    assert after.manifest.provenance["started_from"]["hash"] == before.manifest.hash
    assert after.manifest.provenance["steps"] == dict.fromkeys(PARTS, 0) | {"generator": 2}


def test_a_codebook_that_stands_is_used_from_the_first_batch(pack: Path, tmp_path: Path) -> None:
    write_shard(tmp_path / "run" / "shards", 0)
    workshop = Workshop(tmp_path / "run", recipe_of(pack), start=pack)
    list(workshop.stage("tokenizer"))
    trained, before = workshop.trained_tokenizer(), load_pack(pack).tokenizer
    # An open quantiser would have thrown the codebook away.
    assert torch.nn.functional.cosine_similarity(trained.quantizer.codebook, before.quantizer.codebook).mean() > 0.5


def test_another_size_is_refused_in_one_sentence(pack: Path, tmp_path: Path) -> None:
    run = recipe_of(pack)
    other = replace(run, vocoder=replace(run.vocoder, model=replace(run.vocoder.model, width=24)))
    with pytest.raises(EngineError, match="another size") as raised:
        Workshop(tmp_path / "run", other, start=pack).trained_vocoder()
    assert raised.value.kind == "pack"
