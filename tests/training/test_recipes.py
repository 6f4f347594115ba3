"""Recipes of whole runs: those that only rehearse are short in every part."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.models.pack import load_pack
from engine.training.recipes import RUNS, EmbeddedRun, smallest_run, toy_run
from engine.training.runs import EXTRA_PARTS, PARTS, Workshop
from tests.training.synthetic import write_shard


@pytest.mark.parametrize(("run", "steps"), [(toy_run(), 4), (smallest_run(), 60)])
def test_a_rehearsal_is_short_in_every_part(run: EmbeddedRun, steps: int) -> None:
    loops = {part: getattr(run, part).loop for part in (*PARTS, *EXTRA_PARTS)}
    assert {part: loop.steps for part, loop in loops.items()} == dict.fromkeys(loops, steps)
    assert all(loop.batch_size <= 8 and loop.warmup_steps < steps for loop in loops.values())


@pytest.mark.parametrize("name", RUNS)
def test_every_part_of_a_recipe_ends(name: str) -> None:
    run = RUNS[name]()
    for part in (*PARTS, *EXTRA_PARTS):
        loop = getattr(run, part).loop
        assert loop.steps > 0 and loop.log_every > 0 and loop.validate_every > 0 and loop.warmup_steps < loop.steps


def test_all_parts_of_the_smallest_run_fit_each_other(tmp_path: Path) -> None:
    run = smallest_run()
    short = {part: replace(getattr(run, part), loop=replace(getattr(run, part).loop, steps=2)) for part in (*PARTS, *EXTRA_PARTS)}
    workshop = Workshop(tmp_path / "run", replace(run, **short))
    for index in range(3):
        write_shard(workshop.shards, index)
    for stage in ("tokenizer", "decoder", "prompt", "vocoder", "tokens", "hints", "detail", "detail_generator", "generator", "critic"):
        list(workshop.stage(stage))
    workshop.export(tmp_path / "pack")
    pack = load_pack(tmp_path / "pack")
    assert pack.detail is not None and pack.critic is not None
    assert sum(value.numel() for network in (pack.detail, pack.critic) for value in network.parameters()) < 200_000
