"""How long own sounds are trained, and from which networks; what a run tells a window."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, replace
from pathlib import Path

import pytest

import gui.training_log
import gui.training_runs
from engine.models.pack import load_pack
from engine.training.commands import follow
from engine.training.lengths import LENGTHS, suited
from engine.training.listening import example_of
from engine.training.progress import Reporter
from engine.training.recipes import EmbeddedRun, smallest_run
from engine.training.runs import PARTS, PATIENCE, STAGES, Workshop
from engine.types import EngineError
from tests.tiny import write_tiny_pack
from tests.training.own_folder import write_folder


@pytest.mark.parametrize(("length", "generator", "tokenizer"), [("quick", 490, 260), ("evening", 4900, 2600), ("best", 19_600, 2600)])
def test_a_length_sets_the_steps(length, generator, tokenizer):
    run = suited(EmbeddedRun(), length, None)
    assert (run.generator.loop.steps, run.tokenizer.loop.steps) == (generator, tokenizer)
    assert run.generator.loop.patience == (PATIENCE if length == "best" else 0)
    for part in PARTS:
        loop = getattr(run, part).loop
        assert loop.warmup_steps < loop.steps and loop.validate_every < loop.steps and loop.log_every <= 10


def test_a_pack_to_start_from_sets_the_sizes(tiny):
    start, run = load_pack(tiny), EmbeddedRun()
    changed = suited(run, "quick", start)
    for part in ("tokenizer", "prompt", "vocoder", "generator"):
        assert asdict(getattr(changed, part).model) == asdict(getattr(start, part).config)
        assert getattr(changed, part).learning_rate < getattr(run, part).learning_rate
    assert changed.sampling == start.manifest.sampling


def test_an_order_by_a_critic_that_the_new_pack_will_not_have_is_not_taken_over(tiny):
    start = load_pack(tiny)
    judged = replace(start.manifest.sampling, order="critic", remask=0.2)
    changed = suited(EmbeddedRun(), "quick", replace(start, manifest=replace(start.manifest, sampling=judged)))
    assert changed.sampling == replace(judged, order="confidence")


def test_the_window_knows_every_length_and_every_stage():
    assert set(LENGTHS) == {"quick", "evening", "best"}
    assert gui.training_runs.STAGES == STAGES and set(gui.training_log.FIGURES) == set(PARTS)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory) -> Workshop:
    """A run that has started from the toy pack and has read its sounds."""
    folder = tmp_path_factory.mktemp("heard")
    data = write_folder(folder / "sounds", 20, 0.3)
    write_tiny_pack(folder / "tiny")
    workshop = Workshop(folder / "run", smallest_run(), start=folder / "tiny", data=str(data))
    workshop.run = suited(workshop.run, "quick", workshop.start)
    list(workshop.stage("corpus"))
    return workshop


def test_a_window_is_told_everything_and_agrees(workshop, capsys, tmp_path):
    agreed = threading.Event()
    agreed.set()
    stages = ["corpus", "tokens", "generator", "pack"]
    follow(workshop, stages, tmp_path / "pack", Reporter(workshop, stages, agreed))
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [event["name"] for event in events if event["event"] == "stage"] == stages
    assert next(event for event in events if event["event"] == "listed")["files"] == 20
    assert next(event for event in events if event["event"] == "sounds")["clips"] == 20
    assert events[-1] == {"event": "pack", "id": "smallest", "pack_name": "Smallest", "folder": str(tmp_path / "pack")}
    assert json.loads((workshop.folder / "state.json").read_text()) == {"stage": "pack", "stages": stages, "done": True}
    # The toy pack's prompt encoder was taken over, so its words are still known.
    assert {"dog", "bark", "church"} <= set(load_pack(tmp_path / "pack").knowledge["words"])


def test_examples_are_drawn_for_captions_and_differ(workshop):
    first, second = example_of(workshop, 0), example_of(workshop, 1)
    assert first.part == "generator" and first.caption and first.clip.duration_s == pytest.approx(5.0)
    assert (first.caption, first.clip.samples.tobytes()) != (second.caption, second.clip.samples.tobytes())


def test_before_the_first_checkpoint_there_is_nothing_to_hear(tmp_path):
    with pytest.raises(EngineError, match="nothing to hear yet"):
        example_of(Workshop(tmp_path, smallest_run()), 0)


def test_without_a_generator_a_held_out_sound_is_played_through_what_there_is(workshop, tmp_path):
    run = Workshop(tmp_path / "run", suited(smallest_run(), "quick", None), data=workshop.data)
    for stage in ("corpus", "tokenizer"):
        list(run.stage(stage))
    example = example_of(run, 0)
    assert (example.part, example.step) == ("tokenizer", 6) and example.clip.duration_s > 9
    list(run.stage("vocoder"))
    assert example_of(run, 0).part == "vocoder"


def test_a_closed_pipe_ends_a_training_in_order(tmp_path):
    """In a process of its own, which the end of its input stops."""
    import subprocess
    import sys

    code = (
        "import sys, time; from engine.training.progress import obey; agreed = obey(sys.stdin.fileno()); "
        "print('ready', flush=True); agreed.wait(60); print('agreed', flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, **pipes) as process:
        assert process.stdout.readline() == b"ready\n"
        process.stdin.write(b"g")
        process.stdin.flush()
        assert process.stdout.readline() == b"agreed\n"
        process.stdin.close()
        assert process.wait(60) == 0
