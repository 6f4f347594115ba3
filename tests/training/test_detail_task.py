"""Training of the detail part's codes: it begins as the tokenizer, keeps that as it is, and lowers the error of unseen pictures."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.models.detail import DetailConfig
from engine.models.prompt import ContrastivePromptEncoder
from engine.models.tokenizer import ConvTokenizer
from engine.training.detail_task import DetailTask, DetailTraining, build_detail
from engine.training.encode import TokenSet, encode_shard
from engine.training.loop import LoopConfig, Trainer
from engine.training.shards import ShardSet
from engine.training.tokenizer_task import TokenizerTask, TokenizerTraining
from engine.training.told_task import Told
from tests.training.synthetic import PROMPT, TOKENIZER, write_shard

SIZES = DetailConfig(detail_codes=64, width=32, blocks=1, heads=2, hidden=64, steps=2)
LOOP = LoopConfig(steps=60, batch_size=4, warmup_steps=5, ema_decay=0.9, validate_every=1000, log_every=1000)
RECIPE = DetailTraining(loop=LOOP, model=SIZES, learning_rate=5e-3, crop_frames=64, validation_clips=4)
Sets = tuple[Told, Told]


@pytest.fixture(scope="module")
def prompt() -> ContrastivePromptEncoder:
    torch.manual_seed(1)
    return ContrastivePromptEncoder(PROMPT).eval()


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> ConvTokenizer:
    """A tokenizer of 32 codes that has learned what it can in short time."""
    folder = tmp_path_factory.mktemp("pictures")
    write_shard(folder, 0, clips=16)
    recipe = TokenizerTraining(loop=LOOP, model=replace(TOKENIZER, code_count=32), learning_rate=5e-3, crop_frames=64, adversary_from=2.0)
    task = TokenizerTask(recipe, ShardSet(folder, "train"), ShardSet(folder, "validation"))
    task.network.quantizer.open_calls = 20
    Trainer(task, tmp_path_factory.mktemp("tokenizer")).run()
    return task.averaged


@pytest.fixture(scope="module")
def sets(tokenizer: ConvTokenizer, prompt: ContrastivePromptEncoder, tmp_path_factory: pytest.TempPathFactory) -> Sets:
    folder = tmp_path_factory.mktemp("told")
    encode_shard(write_shard(folder / "shards", 0, clips=16), folder / "encoded", tokenizer, prompt)
    shards, encoded = folder / "shards", folder / "encoded"
    train, validation = (Told(ShardSet(shards, split), TokenSet(shards, encoded, split)) for split in ("train", "validation"))
    return train, validation


def detail_task(sets: Sets, tokenizer: ConvTokenizer, prompt: ContrastivePromptEncoder, **changes: object) -> DetailTask:
    return DetailTask(replace(RECIPE, **changes), tokenizer, prompt, *sets)


def test_it_begins_as_the_tokenizer(tokenizer: ConvTokenizer) -> None:
    detail = build_detail(SIZES, tokenizer).eval()
    assert {**asdict(SIZES), **asdict(tokenizer.config)} == asdict(detail.config)
    first = torch.randint(32, (1, 5, 8), generator=torch.Generator().manual_seed(0))
    detail.quantizer.codebook.zero_()
    torch.testing.assert_close(detail.decode(tokenizer, first, torch.zeros_like(first)), tokenizer.decode(first))


def test_detail_lowers_the_error_of_held_out_pictures(
    sets: Sets, tokenizer: ConvTokenizer, prompt: ContrastivePromptEncoder, tmp_path: Path
) -> None:
    before = {name: value.clone() for name, value in tokenizer.state_dict().items()}
    task = detail_task(sets, tokenizer, prompt)
    trainer = Trainer(task, tmp_path)
    trainer.run()
    figures = trainer._validate()
    assert figures["val_l1_db"] < 0.9 * figures["val_first_db"]
    assert figures["val_distance"] < figures["val_first"]
    assert all(torch.equal(value, before[name]) for name, value in tokenizer.state_dict().items())
    detail, rng = task.averaged, np.random.default_rng(0)
    mel = torch.from_numpy(sets[1].clips.mel(0))[None, None]
    first, second = tokenizer.encode(mel), detail.encode(mel)
    other = torch.from_numpy(rng.permutation(second.numpy().ravel()).reshape(second.shape))

    def error(ids: torch.Tensor) -> float:
        return float((detail.decode(tokenizer, first, ids) - mel).abs().mean())

    assert error(second) < 0.97 * error(other), "the codes must matter, not only the longer training"
    assert second.unique().numel() > 8


def test_codebook_and_encoder_settle_and_the_decoder_learns_on(
    sets: Sets, tokenizer: ConvTokenizer, prompt: ContrastivePromptEncoder, tmp_path: Path
) -> None:
    task = detail_task(sets, tokenizer, prompt, settle_from=0.25)
    trainer = Trainer(task, tmp_path)
    batch = task.batch(np.random.default_rng(0), 4, 0)
    network = task.network
    watched = {"codes": network.quantizer.codebook, "encoder": network.encoder[0].weight, "decoder": network.decoder[0].weight}
    seen = []
    for step in (10, 11, 12, 20, 21, 22):
        trainer.step = step
        task.update(trainer, batch)
        seen.append({name: value.detach().clone() for name, value in watched.items()})
    for name, moves in (("codes", False), ("encoder", False), ("decoder", True)):
        assert not torch.equal(seen[0][name], seen[2][name]), name
        assert torch.equal(seen[3][name], seen[5][name]) != moves, name


def test_a_run_that_is_interrupted_ends_as_one_that_is_not(
    sets: Sets, tokenizer: ConvTokenizer, prompt: ContrastivePromptEncoder, tmp_path: Path
) -> None:
    changes = {"loop": replace(LOOP, steps=4), "settle_from": 0.5}
    whole = detail_task(sets, tokenizer, prompt, **changes)
    Trainer(whole, tmp_path / "whole").run()
    Trainer(detail_task(sets, tokenizer, prompt, **changes), tmp_path / "parts").run(stop_after_s=0.0)
    again = detail_task(sets, tokenizer, prompt, **changes)
    trainer = Trainer(again, tmp_path / "parts")
    assert 0 < trainer.step < 4
    trainer.run()
    ours, theirs = again.averaged.state_dict(), whole.averaged.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())
