"""Training of the detail part's generator: second codes written down once, and learned from the first ones, the neighbours, the prompt."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.models.detail import ConvDetail, DetailConfig
from engine.training.detail_generator_task import (
    BothCodes,
    DetailGeneratorTask,
    DetailGeneratorTraining,
    encode_second,
    guessing_loss,
    second_codes,
    unit,
)
from engine.training.encode import TokenSet
from engine.training.loop import LoopConfig, Trainer
from engine.training.shards import Shard
from engine.types import EngineError
from tests.training.synthetic import PROMPT, TOKENIZER, write_shard

SIZES = {"fine_channels": 8, "coarse_channels": 16, "full_channels": 8, "fine_blocks": 1, "coarse_blocks": 1}
CONFIG = DetailConfig(**SIZES, code_count=8, detail_codes=8, width=32, blocks=1, heads=2, hidden=64, hint_dim=PROMPT.dim)
LOOP = LoopConfig(steps=80, batch_size=6, warmup_steps=5, ema_decay=0.9, validate_every=1000, log_every=1000)
RECIPE = DetailGeneratorTraining(loop=LOOP, learning_rate=5e-3, validation_clips=6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two encoded shards whose second codes follow from the first ones and from what is said of the clip."""
    folder = tmp_path_factory.mktemp("codes")
    rng = np.random.default_rng(0)
    said = rng.standard_normal((2, PROMPT.dim)).astype(np.float16)
    for index in range(2):
        shard = write_shard(folder / "shards", index, clips=12)
        kind = np.arange(12) // 4 % 2
        first = rng.integers(8, size=(12, 5, 53)).astype(np.int16)
        (folder / "encoded").mkdir(exist_ok=True)
        (folder / "second").mkdir(exist_ok=True)
        texts = np.repeat(said[kind][:, None], 4, axis=1)
        np.savez(folder / "encoded" / f"{shard.name}.npz", tokens=first, sounds=said[kind], texts=texts)
        np.save(folder / "second" / f"{shard.name}.npy", ((first + 3 * kind[:, None, None]) % 8).astype(np.int16))
    return folder


def both(folder: Path, split: str) -> BothCodes:
    first = TokenSet(folder / "shards", folder / "encoded", split)
    return BothCodes(first, second_codes(first, folder / "second"))


def test_codes_stand_beside_the_clips_that_they_belong_to(folder: Path) -> None:
    codes = both(folder, "train")
    assert len(codes.first) == len(codes.second) == sum(row["split"] == "train" for i in range(2) for row in _rows(folder, i))
    shift = (codes.second - codes.first.tokens) % 8
    assert set(np.unique(shift)) == {0, 3} and (shift == shift[:, :1, :1]).all()


def _rows(folder: Path, index: int) -> list[dict]:
    return Shard(folder / "shards" / f"shard-{index:05d}").rows


def test_it_learns_what_follows_from_first_codes_and_from_the_prompt(folder: Path, tmp_path: Path) -> None:
    task = DetailGeneratorTask(RECIPE, CONFIG, both(folder, "train"), both(folder, "validation"))
    trainer = Trainer(task, tmp_path)
    before = trainer._validate()
    trainer.run()
    after = trainer._validate()
    assert after["val_text"] < 0.5 * before["val_text"]
    assert after["val_text"] < 0.7 * after["val_none"], "what is said decides between two codes"


def test_only_hidden_cells_are_guessed_and_they_are_not_seen(folder: Path) -> None:
    task = DetailGeneratorTask(RECIPE, CONFIG, both(folder, "train"), both(folder, "validation"))
    batch = task.batch(np.random.default_rng(0), 4, 0)
    assert batch["first"].shape == batch["second"].shape == batch["hidden"].shape == (4, 5, 53)
    assert batch["hidden"].any(dim=(1, 2)).all() and not batch["hidden"].all()
    loss, _ = guessing_loss(task.network, batch)
    hidden = batch["hidden"]
    shuffled = torch.where(hidden, (batch["second"] + 1) % 8, batch["second"])
    with torch.inference_mode():
        logits = [task.network(batch["first"], ids.masked_fill(hidden, -1), batch["condition"]) for ids in (batch["second"], shuffled)]
    assert torch.equal(*logits) and loss > 0
    norms = batch["condition"].norm(dim=-1)
    assert ((norms - 1).abs() < 1e-5).logical_or(norms == 0).all()
    nothing = DetailGeneratorTask(replace(RECIPE, drop_share=1.0), CONFIG, task.train, task.validation)
    assert not nothing.batch(np.random.default_rng(0), 4, 0)["condition"].any()


def test_codes_are_written_once_and_are_those_of_the_pictures(tmp_path: Path) -> None:
    torch.manual_seed(0)
    detail = ConvDetail(replace(CONFIG, code_count=TOKENIZER.code_count)).eval()
    shard = write_shard(tmp_path / "shards", 0, clips=5)
    path = encode_second(shard, tmp_path / "second", detail, batch=2)
    codes, mel = np.load(path), torch.from_numpy(np.asarray(Shard(shard).mel, np.float32))[:, None]
    assert codes.dtype == np.int16
    np.testing.assert_array_equal(codes, detail.encode(mel).numpy())
    stamp = path.stat().st_mtime_ns
    encode_second(shard, tmp_path / "second", detail)
    assert path.stat().st_mtime_ns == stamp and [p.name for p in path.parent.iterdir()] == ["shard-00000.npy"]


def test_missing_codes_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="do the stage detail_generator again"):
        second_codes(TokenSet(folder / "shards", folder / "encoded", "train"), tmp_path)


def test_unit_vectors_and_nothing() -> None:
    out = unit(np.array([[3.0, 4.0], [0.0, 0.0]], np.float16))
    torch.testing.assert_close(out, torch.tensor([[0.6, 0.8], [0.0, 0.0]]))
