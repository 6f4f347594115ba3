"""Stages that a run does only if asked: the parts that a pack may have besides."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.models.pack import load_pack
from engine.training.critic_task import CriticTraining
from engine.training.detail_generator_task import DetailGeneratorTraining
from engine.training.detail_task import DetailTraining
from engine.training.loop import LoopConfig
from engine.training.runs import ALL_STAGES, STAGES, Workshop
from engine.types import EngineError
from tests.extra_parts import CRITIC
from tests.tiny import write_tiny_pack
from tests.training.own_run import RUN
from tests.training.synthetic import DETAIL, write_shard

LOOP = LoopConfig(steps=2, batch_size=2, warmup_steps=1, validate_every=2)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    write_tiny_pack(tmp_path / "tiny")
    write_shard(tmp_path / "run" / "shards", 0)
    run = replace(
        RUN,
        generator=replace(RUN.generator, model=load_pack(tmp_path / "tiny").generator.config),
        detail=DetailTraining(loop=LOOP, model=DETAIL, crop_frames=64, validation_clips=1),
        detail_generator=DetailGeneratorTraining(loop=LOOP, validation_clips=2),
        critic=CriticTraining(loop=LOOP, model=CRITIC, validation_clips=2),
    )
    return Workshop(tmp_path / "run", run, start=tmp_path / "tiny")


def test_a_pack_gets_what_was_trained_besides(workshop: Workshop, tmp_path: Path) -> None:
    for stage in ("tokens", "detail", "detail_generator", "critic"):
        list(workshop.stage(stage))
    workshop.export(tmp_path / "more")
    pack = load_pack(tmp_path / "more")
    assert pack.detail is not None and pack.critic is not None
    assert {part: pack.manifest.provenance["steps"][part] for part in ("detail", "critic")} == {"detail": 2, "critic": 2}


def test_a_pack_to_start_from_keeps_them_while_what_they_build_on_stays(workshop: Workshop, tmp_path: Path) -> None:
    for stage in ("tokens", "detail", "detail_generator", "critic"):
        list(workshop.stage(stage))
    workshop.export(tmp_path / "more")
    again = Workshop(tmp_path / "again", workshop.run, start=tmp_path / "more")
    write_shard(again.shards, 0)
    again.export(tmp_path / "kept")
    kept, more = load_pack(tmp_path / "kept"), load_pack(tmp_path / "more")
    for part in ("detail", "critic"):
        assert kept.manifest.parts[part].sha256 == more.manifest.parts[part].sha256
    list(again.stage("decoder"))
    again.export(tmp_path / "redrawn")
    redrawn = load_pack(tmp_path / "redrawn")
    assert redrawn.detail is None and redrawn.critic is not None


def test_a_run_without_them_makes_a_pack_without_them(workshop: Workshop, tmp_path: Path) -> None:
    assert [stage for stage in ALL_STAGES if stage not in STAGES] == ["critic"]
    workshop.export(tmp_path / "plain")
    pack = load_pack(tmp_path / "plain")
    steps = pack.manifest.provenance["steps"]
    assert pack.detail is None and pack.critic is None and steps["detail"] == 0 and "critic" not in steps


@pytest.mark.parametrize("part", ["detail", "critic"])
def test_they_need_tokens(workshop: Workshop, part: str) -> None:
    with pytest.raises(EngineError, match="do the stage tokens first"):
        list(workshop.stage(part))


def test_new_second_codes_need_a_generator_of_their_own(workshop: Workshop, tmp_path: Path) -> None:
    for stage in ("tokens", "detail", "detail_generator"):
        list(workshop.stage(stage))
    workshop.export(tmp_path / "more")
    again = Workshop(tmp_path / "again", workshop.run, start=tmp_path / "more")
    write_shard(again.shards, 0)
    for stage in ("tokens", "detail"):
        list(again.stage(stage))
    with pytest.raises(EngineError, match="do the stage detail_generator first"):
        again.export(tmp_path / "half")
    assert not (tmp_path / "half").exists()
    list(again.stage("detail_generator"))
    again.export(tmp_path / "whole")
    assert load_pack(tmp_path / "whole").detail is not None


def test_a_run_without_second_codes_says_so(workshop: Workshop) -> None:
    assert list(workshop.stage("detail_generator")) == ["detail_generator: there are no second codes to learn."]
