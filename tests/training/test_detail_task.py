"""Training of the detail part: it begins as the tokenizer, keeps that as it is, and lowers the error of pictures that it never saw."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.models.detail import DetailConfig, ResidualDetail
from engine.models.tokenizer import ConvTokenizer
from engine.training.detail_task import DetailTask, DetailTraining, build_detail
from engine.training.loop import LoopConfig, Trainer
from engine.training.shards import ShardSet
from engine.training.tokenizer_task import TokenizerTask, TokenizerTraining
from tests.training.synthetic import TOKENIZER, write_shard

SIZES = DetailConfig(detail_codes=64, width=32, blocks=1, heads=2, hidden=64, steps=2)
LOOP = LoopConfig(steps=60, batch_size=4, warmup_steps=5, ema_decay=0.9, validate_every=1000, log_every=1000)
Sets = tuple[ShardSet, ShardSet]


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Sets:
    folder = tmp_path_factory.mktemp("pictures")
    write_shard(folder, 0, clips=16)
    return ShardSet(folder, "train"), ShardSet(folder, "validation")


@pytest.fixture(scope="module")
def tokenizer(sets: Sets, tmp_path_factory: pytest.TempPathFactory) -> ConvTokenizer:
    """A tokenizer of 32 codes that has learned what it can in short time."""
    recipe = TokenizerTraining(loop=LOOP, model=replace(TOKENIZER, code_count=32), learning_rate=5e-3, crop_frames=64, adversary_from=2.0)
    task = TokenizerTask(recipe, *sets)
    task.network.quantizer.open_calls = 20
    Trainer(task, tmp_path_factory.mktemp("tokenizer")).run()
    return task.averaged


def detail_task(sets: Sets, tokenizer: ConvTokenizer, **changes: object) -> DetailTask:
    recipe = DetailTraining(loop=LOOP, model=SIZES, learning_rate=2e-3, crop_frames=64, adversary_from=2.0)
    return DetailTask(replace(recipe, **changes), *sets, tokenizer)


def test_it_begins_as_the_tokenizer(tokenizer: ConvTokenizer) -> None:
    detail = build_detail(SIZES, tokenizer).eval()
    assert {**asdict(SIZES), **asdict(tokenizer.config)} == asdict(detail.config)
    first = torch.randint(32, (1, 5, 8), generator=torch.Generator().manual_seed(0))
    detail.quantizer.codebook.zero_()
    torch.testing.assert_close(detail.decode(tokenizer, first, torch.zeros_like(first)), tokenizer.decode(first))


def test_detail_lowers_the_error_of_held_out_pictures(sets: Sets, tokenizer: ConvTokenizer, tmp_path: Path) -> None:
    before = {name: value.clone() for name, value in tokenizer.state_dict().items()}
    task = detail_task(sets, tokenizer)
    trainer = Trainer(task, tmp_path)
    trainer.run()
    figures = trainer._validate()
    assert figures["val_l1_db"] < 0.9 * figures["val_first_db"]
    assert all(torch.equal(value, before[name]) for name, value in tokenizer.state_dict().items())
    detail, rng = task.averaged, np.random.default_rng(0)
    mel = torch.from_numpy(sets[1].mel(0))[None, None]
    first = tokenizer.encode(mel)
    second = detail.encode(tokenizer, mel, first)
    other = torch.from_numpy(rng.permutation(second.numpy().ravel()).reshape(second.shape))

    def error(ids: torch.Tensor) -> float:
        return float((detail.decode(tokenizer, first, ids) - mel).abs().mean())

    assert error(second) < 0.97 * error(other), "the codes must matter, not only the longer training"
    assert second.unique().numel() > 8


def test_the_generator_learns_a_batch_and_the_codebook_settles(sets: Sets, tokenizer: ConvTokenizer, tmp_path: Path) -> None:
    task = detail_task(sets, tokenizer, settle_from=0.25, learning_rate=5e-3)
    trainer = Trainer(task, tmp_path)
    batch = task.batch(np.random.default_rng(0), 4, 0)
    assert batch["hidden"].shape == (4, 5, 4) and batch["hidden"].any(dim=(1, 2)).all()
    books, guessing = [], []
    for step in range(30):
        trainer.step = step
        guessing.append(task.update(trainer, batch)["guessing"])
        books.append(task.network.quantizer.codebook.clone())
    assert not torch.equal(books[0], books[10]) and torch.equal(books[15], books[-1])
    assert guessing[-1] < 0.8 * guessing[15]


def test_the_adversary_joins_late_and_learns(sets: Sets, tokenizer: ConvTokenizer, tmp_path: Path) -> None:
    task = detail_task(sets, tokenizer, adversary_from=0.5)
    trainer = Trainer(task, tmp_path)
    before = [value.clone() for value in task.discriminator.parameters()]
    batch = task.batch(np.random.default_rng(0), 4, 0)
    assert "adversary" not in task.update(trainer, batch)
    trainer.step = 30
    assert task.update(trainer, batch)["adversary"] > 0
    assert any(not torch.equal(old, new) for old, new in zip(before, task.discriminator.parameters(), strict=True))


def test_a_run_that_is_interrupted_ends_as_one_that_is_not(sets: Sets, tokenizer: ConvTokenizer, tmp_path: Path) -> None:
    short = replace(LOOP, steps=4)
    whole = detail_task(sets, tokenizer, loop=short, settle_from=0.5)
    Trainer(whole, tmp_path / "whole").run()
    Trainer(detail_task(sets, tokenizer, loop=short, settle_from=0.5), tmp_path / "parts").run(stop_after_s=0.0)
    again = detail_task(sets, tokenizer, loop=short, settle_from=0.5)
    trainer = Trainer(again, tmp_path / "parts")
    assert 0 < trainer.step < 4
    trainer.run()
    ours, theirs = again.averaged.state_dict(), whole.averaged.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())


def test_the_codebook_follows_the_data() -> None:
    torch.manual_seed(0)
    quantizer = ResidualDetail(
        DetailConfig(fine_channels=8, coarse_channels=8, full_channels=8, detail_codes=8, width=8, hidden=8)
    ).quantizer
    centres = torch.randn(4, 16)
    data = centres.repeat(64, 1) + 0.01 * torch.randn(256, 16)
    for _ in range(60):
        quantizer.follow(data)
    found = quantizer.lookup(quantizer.nearest(centres))
    assert (found - centres).abs().max() < 0.05
    quantizer.go_on()
    torch.testing.assert_close(quantizer.sums, quantizer.codebook)
