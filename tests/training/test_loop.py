"""The training loop: it learns, it survives being killed, and what it saves is always whole."""

import json
import math
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.training.checkpoint import load_checkpoint, save_checkpoint
from engine.training.loop import LoopConfig, Trainer, learning_rate_factor, mean_of
from tests.training.nursery import Nursery
from tests.training.toy import LOOP, ToyTask


def curve(folder: Path) -> dict[int, float]:
    """Step -> loss; what a resumed run repeats counts."""
    rows = [json.loads(line) for line in (folder / "toy.jsonl").read_text().splitlines()]
    return {row["step"]: row["loss"] for row in rows if "loss" in row}


def trained(folder: Path, config: LoopConfig = LOOP) -> ToyTask:
    task = ToyTask(config)
    Trainer(task, folder).run()
    return task


def same_weights(first: ToyTask, second: ToyTask) -> bool:
    states = [[*task.network.state_dict().values(), *task.averaged.state_dict().values()] for task in (first, second)]
    return all(torch.equal(a, b) for a, b in zip(*states, strict=True))


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[int, float], ToyTask]:
    folder = tmp_path_factory.mktemp("whole")
    task = trained(folder)
    return curve(folder), task


def test_loss_falls(uninterrupted: tuple[dict[int, float], ToyTask]) -> None:
    losses = uninterrupted[0]
    assert list(losses) == list(range(1, 41))
    assert losses[40] < 0.5 * losses[1]


def test_log_says_how_far_it_is(tmp_path: Path) -> None:
    trained(tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "toy.jsonl").read_text().splitlines()]
    assert all(row["part"] == "toy" and row["of"] == 40 and row["steps_per_s"] > 0 for row in rows)
    validations = [row for row in rows if "validation" in row]
    assert [row["step"] for row in validations] == [20, 40] and validations[-1]["left_min"] == 0
    assert validations[1]["val"] < validations[0]["val"]


def test_stopped_and_resumed_is_as_if_nothing_had_happened(tmp_path: Path, uninterrupted: tuple[dict[int, float], ToyTask]) -> None:
    for _ in range(4):
        task = ToyTask()
        Trainer(task, tmp_path).run(stop_after_s=0.03)
    task = trained(tmp_path)
    assert curve(tmp_path) == uninterrupted[0]
    assert same_weights(task, uninterrupted[1])


def test_killed_and_resumed_is_as_if_nothing_had_happened(
    tmp_path: Path, uninterrupted: tuple[dict[int, float], ToyTask], nursery: Nursery
) -> None:
    process = nursery.begin("tests.training.toy", str(tmp_path))
    log, deadline = tmp_path / "toy.jsonl", time.monotonic() + 240
    while time.monotonic() < deadline and not (log.exists() and log.read_text().count("\n") >= 5) and process.wait(0.001) is None:
        pass
    assert process.kill() == -signal.SIGKILL
    reached = int(load_checkpoint(tmp_path / "toy.safetensors")["step"])
    assert 1 <= reached < 40
    task = trained(tmp_path)
    assert curve(tmp_path) == uninterrupted[0]
    assert same_weights(task, uninterrupted[1])


def test_asked_to_stop_it_finishes_the_step_and_saves(tmp_path: Path, uninterrupted: tuple[dict[int, float], ToyTask]) -> None:
    class Interrupted(ToyTask):
        def batch(self, *args: object) -> dict[str, torch.Tensor]:
            if args[-1] == 6:
                os.kill(os.getpid(), signal.SIGTERM)
            return super().batch(*args)

    before = signal.getsignal(signal.SIGTERM)
    Trainer(Interrupted(replace(LOOP, checkpoint_every_s=1e9)), tmp_path).run()
    assert signal.getsignal(signal.SIGTERM) is before
    assert load_checkpoint(tmp_path / "toy.safetensors")["step"] == 7
    trained(tmp_path)
    assert curve(tmp_path) == uninterrupted[0]


def test_a_finished_run_does_nothing_more(tmp_path: Path) -> None:
    first = trained(tmp_path)
    assert same_weights(first, trained(tmp_path))
    assert len(curve(tmp_path)) == 40


def test_resuming_goes_on_with_the_schedule_of_the_learning_rate(tmp_path: Path) -> None:
    trained(tmp_path, replace(LOOP, steps=3, warmup_steps=30))
    task = ToyTask(replace(LOOP, warmup_steps=30))
    trainer = Trainer(task, tmp_path)
    trainer._one_step()
    rates = [group["lr"] for optimizers in trainer.wrapped for optimizer in optimizers for group in optimizer.optimizer.param_groups]
    assert rates == pytest.approx([0.05 * 4 / 30, 0.01 * 4 / 30])


def test_learning_rate_rises_and_falls() -> None:
    config = LoopConfig(steps=1000, batch_size=1, warmup_steps=100, final_rate=0.05)
    factors = [learning_rate_factor(step, config) for step in range(1000)]
    assert factors[0] == pytest.approx(0.01) and factors[99] == 1.0 and max(factors) == 1.0
    assert factors[100:] == sorted(factors[100:], reverse=True) and factors[-1] == pytest.approx(0.05, abs=1e-4)
    assert learning_rate_factor(5000, config) == pytest.approx(0.05)


def test_average_follows_slowly(uninterrupted: tuple[dict[int, float], ToyTask]) -> None:
    task = uninterrupted[1]
    start = ToyTask().network.state_dict()["0.weight"]
    now, slow = task.network.state_dict()["0.weight"], task.averaged.state_dict()["0.weight"]
    assert float((slow - start).norm()) > 0 and 0 < float((slow - now).norm()) < float((now - start).norm())


def test_mean_of_rows() -> None:
    assert mean_of([{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 2.0}]) == {"a": 2.0, "b": 2.0}
    assert mean_of([]) == {}


TENSORS = st.tuples(
    st.sampled_from([torch.float32, torch.bfloat16, torch.float64, torch.int64, torch.uint8, torch.bool]),
    st.lists(st.integers(0, 4), max_size=3),
).map(lambda kind: (100 * torch.rand(kind[1])).to(kind[0]))
LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=8) | TENSORS
KEYS = st.integers(0, 3) | st.sampled_from(["a", "b", "a/b", "1", "__tensor__", "__dict__", ""])
STATES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12)


def equal(first: object, second: object) -> bool:
    if isinstance(first, torch.Tensor):
        return isinstance(second, torch.Tensor) and first.dtype == second.dtype and torch.equal(first, second)
    if isinstance(first, dict):
        return isinstance(second, dict) and list(first) == list(second) and all(equal(first[key], second[key]) for key in first)
    if isinstance(first, list):
        return isinstance(second, list) and len(first) == len(second) and all(map(equal, first, second))
    return type(first) is type(second) and first == second


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(state=st.dictionaries(KEYS, STATES, max_size=4))
def test_checkpoint_round_trip(tmp_path: Path, state: dict) -> None:
    save_checkpoint(tmp_path / "x.safetensors", state)
    assert equal(load_checkpoint(tmp_path / "x.safetensors"), state)
    assert [path.name for path in tmp_path.iterdir()] == ["x.safetensors"]


def test_checkpoint_of_tensors_that_share_memory(tmp_path: Path) -> None:
    whole = torch.arange(12.0).view(3, 4)
    state = {"whole": whole, "row": whole[1], "turned": whole.T, "number": torch.tensor(3), "infinite": math.inf}
    save_checkpoint(tmp_path / "x.safetensors", state)
    assert equal(load_checkpoint(tmp_path / "x.safetensors"), state)


def test_a_failed_save_leaves_the_old_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise OSError(28, "No space left on device")

    save_checkpoint(tmp_path / "x.safetensors", {"step": 1})
    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(tmp_path / "x.safetensors", {"step": 2})
    assert load_checkpoint(tmp_path / "x.safetensors") == {"step": 1}
