"""Trainings on disk and their logs: names that are free, plans that come back, curves without what a kill made twice."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.folders import check_new_id
from gui.training_log import last_step, read_log
from gui.training_runs import STAGES, Plan, RunInfo, RunShelf

PLAN = Plan("Winter walks", "", "/sounds")


@pytest.fixture
def shelf(tmp_path: Path) -> RunShelf:
    (tmp_path / "packs" / "embedded").mkdir(parents=True)
    return RunShelf(tmp_path / "runs", tmp_path / "packs")


def test_a_plan_comes_back_as_it_was(shelf):
    run = shelf.add(PLAN)
    assert shelf.unfinished() == [run]
    assert run.plan == Plan("Winter walks", "winter-walks", "/sounds") and not run.sounds_read and not run.can_draw


def test_every_run_has_a_name_that_no_pack_and_no_run_has(shelf):
    (shelf.packs / "winter-walks").mkdir()
    names = [shelf.add(PLAN).plan.pack_id for _ in range(2)] + [shelf.add(Plan(name, "", "/s")).plan.pack_id for name in ("Embedded", "雨")]
    assert names == ["winter-walks-2", "winter-walks-3", "embedded-2", "own-sounds"]


@settings(deadline=None, max_examples=50)
@given(name=st.text(min_size=1, max_size=100) | st.sampled_from(("Con", "PRN", "aux.", " nul ", "COM0", "com9", "Lpt 1", "lpt¹")))
def test_any_name_gives_an_id_that_the_trainer_accepts(name, tmp_path_factory):
    shelf = RunShelf(tmp_path_factory.mktemp("runs"), tmp_path_factory.getbasetemp() / "no packs")
    assert check_new_id(shelf.add(Plan(name, "", "/s")).plan.pack_id)


def test_no_pack_of_the_users_is_overwritten_or_hidden(two_places, tmp_path):
    program, user = two_places
    for place, name in ((program, "rain"), (user, "Rain-2"), (user, "mine")):
        (place / name).mkdir(parents=True)
    (user / "mine" / "pack.json").touch()
    shelf = RunShelf(tmp_path / "runs", user)
    run = shelf.add(Plan("Rain", "", "/s", start="mine"))
    assert run.plan.pack_id == "rain-3"
    command = shelf.command(run, run.plan.stages, 1)
    assert {f"--start={user / 'mine'}", f"--target={user / 'rain-3'}"} <= set(command)
    shipped = shelf.add(PLAN)
    assert f"--start={program / 'embedded'}" in shelf.command(shipped, shipped.plan.stages, 1)


def test_what_is_no_run_is_passed_over(shelf):
    for name, text in (("broken", "{"), ("other", "[]"), ("half", json.dumps({"name": "x"}))):
        (shelf.folder / name).mkdir(parents=True)
        (shelf.folder / name / "run.json").write_text(text)
    done = shelf.add(PLAN)
    (done.folder / "state.json").write_text(json.dumps({"stage": "pack", "done": True}))
    assert shelf.unfinished() == []


def test_a_plan_that_cannot_be_kept_is_an_error_and_no_more(shelf, tmp_path):
    with pytest.raises(OSError, match="No such"):
        shelf.keep(RunInfo(tmp_path / "gone", PLAN))


def test_only_runs_are_removed(shelf, tmp_path):
    run = shelf.add(PLAN)
    shelf.remove(tmp_path / "packs")
    shelf.remove(run.folder)
    assert (tmp_path / "packs").is_dir() and not run.folder.exists()


def test_the_command_says_everything(shelf):
    run = shelf.add(Plan("-odd", "", "/sounds", "none", "", "best"))
    command = shelf.command(run, run.plan.stages, 3)
    assert run.plan.stages == STAGES and command[0] == sys.executable and command[2] == "train"
    assert {"--name=-odd", "--captions=none", "--length=best", "--threads=3", f"--work={run.folder}"} <= set(command)
    assert not any(word.startswith("--start") for word in command)
    from_pack = shelf.add(PLAN)
    assert f"--start={shelf.packs / 'embedded'}" in shelf.command(from_pack, from_pack.plan.stages, 1)
    assert from_pack.plan.stages == ("corpus", "tokens", "generator", "pack")


def rows(*steps: int, **facts: float) -> str:
    known = {"part": "generator", "of": 40, "steps_per_s": 2.0, "left_min": 1.5, **facts}
    return "".join(json.dumps({**known, "step": step}) + "\n" for step in steps)


def test_steps_that_were_made_twice_count_once(tmp_path):
    path = tmp_path / "generator.jsonl"
    path.write_text(
        rows(2, 4, 6, loss=3.0) + rows(6, validation=1.0, val_sound=2.5) + rows(4, loss=1.0) + rows(6, loss=0.5) + '{"step": 8, "of"'
    )
    log = read_log(path, "generator")
    assert log.trained == [(2, 3.0), (4, 1.0), (6, 0.5)]
    assert log.held_out == [(6, 2.5)] and log.figures["val_sound"] == 2.5
    assert (log.step, log.of, log.steps_per_s, log.left_min) == (6, 40, 2.0, 1.5)
    assert last_step(path) == (6, 40)


def test_without_a_log_nothing_is_known(tmp_path):
    assert read_log(tmp_path / "none.jsonl", "vocoder") is None
    assert last_step(tmp_path / "none.jsonl") == (0, 0)
