"""A step that is spread, over parts of a batch or over processes, is the step of the whole; and all processes end together."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.training.checkpoint import load_checkpoint
from engine.training.loop import Trainer, _share, make_fabric
from engine.training.shards import ShardSet
from engine.training.tokenizer_task import TokenizerTask, TokenizerTraining
from engine.types import EngineError
from tests.training.stopped_processes import STOP_AT
from tests.training.synthetic import TOKENIZER
from tests.training.toy import LOOP, ToyTask, fabric_of

ROOT = Path(__file__).parents[2]


def after(steps: int, folder: Path, batch_size: int, accumulate: int, batch_matters: bool = False) -> tuple[ToyTask, list[dict]]:
    task = ToyTask(replace(LOOP, batch_size=batch_size, accumulate=accumulate), batch_matters=batch_matters)
    trainer = Trainer(task, folder, fabric_of(1))
    return task, [trainer._one_step() for _ in range(steps)]


@pytest.mark.parametrize(("batch_size", "accumulate"), [(8, 2), (4, 4)])
def test_parts_of_a_batch_make_the_step_of_the_whole(tmp_path: Path, batch_size: int, accumulate: int) -> None:
    whole, logs = after(5, tmp_path, 16, 1)
    parts, part_logs = after(5, tmp_path, batch_size, accumulate)
    for a, b in zip(whole.network.parameters(), parts.network.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)
    for a, b in zip(whole.averaged.parameters(), parts.averaged.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)
    assert [row["loss"] for row in part_logs] == pytest.approx([row["loss"] for row in logs], rel=1e-4)


def test_half_a_batch_alone_would_be_another_step(tmp_path: Path) -> None:
    whole, _ = after(5, tmp_path, 16, 1)
    half, _ = after(5, tmp_path, 8, 1)
    pairs = list(zip(whole.network.parameters(), half.network.parameters(), strict=True))
    assert max(float((a - b).detach().abs().max()) for a, b in pairs) > 1e-3


def tokenizer_after(shards: Path, folder: Path, batch_size: int, accumulate: int) -> TokenizerTask:
    loop = replace(LOOP, batch_size=batch_size, accumulate=accumulate)
    recipe = TokenizerTraining(loop=loop, model=TOKENIZER, crop_frames=64, adversary_from=0.0, adversary_weight=0.5)
    task = TokenizerTask(recipe, ShardSet(shards, "train"), ShardSet(shards, "validation"))
    trainer = Trainer(task, folder, fabric_of(1))
    for _ in range(2):
        trainer._one_step()
    return task


def test_two_modules_keep_their_gradients_apart(shards: Path, tmp_path: Path) -> None:
    whole, parts = tokenizer_after(shards, tmp_path, 4, 1), tokenizer_after(shards, tmp_path, 2, 2)
    for a, b in zip(whole.discriminator.parameters(), parts.discriminator.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=3e-4, rtol=1e-2)
    for a, b in zip(whole.network.parameters(), parts.network.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=3e-3, rtol=1e-2)


def test_no_share_is_empty() -> None:
    rows = torch.arange(7)
    assert torch.cat([_share(rows, share, 3) for share in range(3)]).sort().values.tolist() == list(range(7))
    assert [_share(rows[:2], share, 4).tolist() for share in range(4)] == [[0], [1], [0], [1]]
    assert torch.equal(_share(rows, 0, 1), rows)


def test_what_cannot_be_spread_is_one_sentence() -> None:
    with pytest.raises(EngineError) as error:
        make_fabric(1, strategy="no such strategy")
    assert error.value.kind == "value"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_one_process_that_is_asked_to_stop_stops_all(tmp_path: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-m", "tests.training.stopped_processes", str(tmp_path)]
    process = subprocess.run(command, cwd=ROOT, env=environment, timeout=500, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    assert load_checkpoint(tmp_path / "toy.safetensors")["step"] == STOP_AT + 1
    weights = load_checkpoint(tmp_path / "toy.safetensors")["averaged"]
    assert all(np.isfinite(value.numpy()).all() for value in weights.values())
