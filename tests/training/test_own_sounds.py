"""From a folder of own sounds to a pack that the program opens: with captions, without, killed in between, and at the paper's size."""

import json
import os
import random
import resource
import shutil
import signal
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from engine.cli import main
from engine.geometry import Geometry
from engine.jobs import Generate
from engine.models.pack import ARCHITECTURES, load_pack, write_pack
from engine.models.prompt import ContrastivePromptEncoder
from engine.models.transformer import MaskedTransformer
from engine.models.vocoder import FourierVocoder
from engine.pipeline import Pipeline
from engine.training.checkpoint import load_checkpoint
from engine.training.commands import Changes, configured, follow
from engine.training.loop import Trainer
from engine.training.prompt_task import PromptTask
from engine.training.recipes import EmbeddedRun, paper_run
from engine.training.runs import PARTS, STAGES, Workshop
from engine.training.shards import ShardSet
from engine.training.tokenizer_task import build_tokenizer
from engine.types import EngineError, Finished, GenerationRequest, SamplingSettings
from tests.tiny import write_tiny_pack
from tests.training.nursery import ROOT, Nursery
from tests.training.own_folder import write_folder, write_webdataset
from tests.training.own_run import RUN, train_all


def short(run: EmbeddedRun = RUN, steps: int = 2) -> EmbeddedRun:
    """The toy run with fewer steps."""
    parts = {name: getattr(run, name) for name in PARTS}
    return replace(run, **{name: replace(part, loop=replace(part.loop, steps=steps)) for name, part in parts.items()})


def draws(folder: Path) -> bool:
    """True if the program makes a sound with a pack."""
    request = GenerationRequest("rain", duration_s=1.0, settings=SamplingSettings(steps=1))
    events = list(Pipeline.open(folder, "cpu").run(Generate(request, previews=False)))
    return isinstance(events[-1], Finished) and events[-1].takes[0].clip.samples.shape == (1, 22050)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("own") / "private", 30, 0.5)


@pytest.fixture(scope="module")
def trained_in_s(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A whole run in its folder, and how long it took."""
    target = tmp_path_factory.mktemp("trained")
    threads = torch.get_num_threads()
    # As in the program that gets killed: sums are rounded otherwise with another number of threads.
    torch.set_num_threads(1)
    started = time.monotonic()
    train_all(folder, target)
    seconds = time.monotonic() - started
    torch.set_num_threads(threads)
    return target, seconds


@pytest.fixture(scope="module")
def trained(trained_in_s: tuple[Path, float]) -> Path:
    return trained_in_s[0]


class TestWithCaptions:
    def test_the_pack_makes_sounds(self, trained: Path) -> None:
        assert draws(trained / "pack")

    def test_the_pack_knows_its_classes_and_words(self, trained: Path) -> None:
        pack = load_pack(trained / "pack")
        assert (pack.manifest.id, pack.manifest.name, pack.manifest.classes) == ("own", "Own", ("bells", "rain"))
        assert {"church", "heavy", "rain"} <= set(pack.knowledge["words"])
        assert pack.knowledge["concepts"] == {"bells": ["bells"], "rain": ["rain"]}

    def test_the_pack_tells_how_much_it_heard_and_nothing_private(self, trained: Path, folder: Path) -> None:
        provenance = load_pack(trained / "pack").manifest.provenance
        assert provenance["own_sound_files"] == provenance["clips"] == provenance["files_with_captions"] == 30
        assert provenance["hours_of_audio"] == pytest.approx(30 * 0.5 / 3600, abs=1e-3)
        assert provenance["steps"] == dict.fromkeys(PARTS, 12)
        everything = b"".join(path.read_bytes() for path in (trained / "pack").iterdir())
        for private in (str(folder), "private", "heavy_rain_00", str(trained)):
            assert private.encode() not in everything

    def test_a_finished_run_does_nothing_more(self, trained: Path, folder: Path, tmp_path: Path) -> None:
        shutil.copytree(trained, tmp_path / "again")
        train_all(folder, tmp_path / "again")
        assert load_pack(tmp_path / "again" / "pack").manifest.hash == load_pack(trained / "pack").manifest.hash

    def test_it_can_start_from_a_pack(self, folder: Path, tmp_path: Path) -> None:
        write_tiny_pack(tmp_path / "tiny")
        start = load_pack(tmp_path / "tiny")
        run = short(replace(RUN, generator=replace(RUN.generator, model=start.generator.config)))
        follow(
            Workshop(tmp_path / "run", run, start=tmp_path / "tiny", data=str(folder)),
            ["corpus", "tokens", "generator", "pack"],
            tmp_path / "p",
        )
        after = load_pack(tmp_path / "p").manifest
        assert after.parts["tokenizer"].sha256 == start.manifest.parts["tokenizer"].sha256
        assert after.provenance["started_from"]["hash"] == start.manifest.hash
        assert after.provenance["steps"]["prompt"] == 0 and after.provenance["steps"]["generator"] == 2


class TestWithoutCaptions:
    @pytest.fixture
    def lines(self, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> list[str]:
        run = short(replace(RUN, generator=replace(RUN.generator, model=replace(RUN.generator.model, condition_dim=256))))
        follow(Workshop(tmp_path / "run", run, data=str(folder), captions="none"), STAGES, tmp_path / "pack")
        return capsys.readouterr().out.splitlines()

    def test_the_embedded_encoder_is_kept_and_sounds_alone_are_the_condition(self, lines: list[str], tmp_path: Path) -> None:
        kept = [line for line in lines if line.startswith("prompt:")]
        assert len(kept) == 1 and "the prompt encoder of the pack embedded is kept" in kept[0]
        assert "Captions were found for 0 of 30 sound files." in lines
        pack, embedded = load_pack(tmp_path / "pack"), load_pack(ROOT / "models" / "embedded")
        assert pack.manifest.parts["prompt"].sha256 == embedded.manifest.parts["prompt"].sha256
        assert pack.manifest.parts["generator"].sha256 != embedded.manifest.parts["generator"].sha256
        assert pack.knowledge == embedded.knowledge and pack.manifest.classes == ("bells", "rain")
        assert pack.manifest.provenance["prompt_encoder_of"] == embedded.manifest.hash
        assert pack.manifest.provenance["steps"]["prompt"] == 0
        assert draws(tmp_path / "pack")

    def test_an_encoder_that_does_not_fit_is_one_sentence(self, folder: Path, tmp_path: Path) -> None:
        workshop = Workshop(tmp_path / "run", short(), data=str(folder), captions="none")
        list(workshop.stage("corpus"))
        with pytest.raises(EngineError, match="256 dimensions, the generator 16"):
            workshop.trained_prompt()


class TestOddFolders:
    def test_one_file_is_enough_to_go_through(self, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
        from engine.training.folder_data import list_sounds, pieces_of, sounds_of, split_of

        # The first single file whose content falls to training.
        for number in range(1, 12):
            data = write_folder(tmp_path / f"s{number}", number, 0.3)
            for path in sorted(data.rglob("*.wav"))[:-1]:
                path.unlink()
            sound = next(sounds_of(list_sounds(str(data)), "none"))
            if split_of(pieces_of(sound, Geometry(), tmp_path).digest) == "train":
                break
        write_tiny_pack(tmp_path / "tiny")
        run = short(replace(RUN, generator=replace(RUN.generator, model=load_pack(tmp_path / "tiny").generator.config)))
        follow(Workshop(tmp_path / "run", run, start=tmp_path / "tiny", data=str(data)), STAGES, tmp_path / "pack")
        assert "no sound file fell to validation" in capsys.readouterr().out
        assert draws(tmp_path / "pack")

    def test_pairs_without_classes_and_without_validation(self, tmp_path: Path) -> None:
        write_webdataset(tmp_path / "a.tar", 0, 40)
        workshop = Workshop(tmp_path / "run", short(), data=str(tmp_path / "a.tar"))
        list(workshop.stage("corpus"))
        assert workshop.sounds.classes == [] and workshop.learns_words
        sets = ShardSet(workshop.shards, "train"), ShardSet(workshop.shards, "no such split")
        task = PromptTask(workshop.run.prompt, *sets, classes=[])
        Trainer(task, tmp_path / "checkpoints").run()
        last = json.loads((tmp_path / "checkpoints" / "prompt.jsonl").read_text().splitlines()[0])
        assert last["heard"] == 0.0 and last["read"] == 0.0 and last["loss"] > 0
        assert task.validate() == {}

    def test_early_stopping_needs_clips_to_measure_by(self, folder: Path, tmp_path: Path) -> None:
        run = configured(short(), ("all",), Changes(early_stopping=True))
        workshop = Workshop(tmp_path / "run", run, data=str(folder))
        for stage in ("corpus", "tokenizer", "prompt", "tokens"):
            list(workshop.stage(stage))
        with pytest.raises(EngineError, match="Early stopping needs at least 8 clips"):
            list(workshop.stage("generator"))

    def test_early_stopping_gives_the_pack_the_best_weights(self, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
        data = write_folder(tmp_path / "s", 70, 0.2)
        run = configured(short(), ("all",), Changes(early_stopping=True))
        loop = replace(run.generator.loop, steps=8, validate_every=1, patience=2)
        run = replace(run, generator=replace(run.generator, loop=loop, learning_rate=0.5, muon=False))
        workshop = Workshop(tmp_path / "run", run, data=str(data))
        follow(workshop, STAGES, tmp_path / "pack")
        best = load_checkpoint(workshop.checkpoints / "generator.safetensors")["best"]
        assert f"generator: nearest to the held-out clips at step {best['step']}" in capsys.readouterr().out
        assert load_pack(tmp_path / "pack").manifest.provenance["steps"]["generator"] == best["step"]
        assert all(torch.equal(value, best["weights"][name]) for name, value in workshop.trained_generator().state_dict().items())

    def test_read_sounds_are_not_mixed_with_rendered_ones(self, folder: Path, tmp_path: Path) -> None:
        list(Workshop(tmp_path, RUN, data=str(folder)).stage("corpus"))
        with pytest.raises(EngineError, match="nothing is rendered"):
            list(Workshop(tmp_path, RUN).stage("corpus"))


class TestCommandLine:
    def test_options_change_the_recipe(self) -> None:
        run = configured(RUN, ("tokens", "generator"), Changes(steps=7, id="my-pack.1", name="My pack", early_stopping=True))
        assert (run.id, run.name) == ("my-pack.1", "My pack")
        assert run.generator.loop.steps == 7 and run.generator.loop.patience > 0 and run.tokenizer.loop == RUN.tokenizer.loop
        assert configured(RUN, ("all",), Changes()) == RUN

    @pytest.mark.parametrize(
        ("stages", "changes"),
        [
            (("all",), Changes(steps=3)),
            (("tokenizer", "generator"), Changes(steps=3)),
            (("generator",), Changes(steps=0)),
            (("all",), Changes(shards=0)),
            (("all",), Changes(id="../evil")),
            (("all",), Changes(id="Big Name")),
            (("all",), Changes(name="two\nlines")),
        ],
    )
    def test_what_makes_no_sense_is_one_sentence(self, stages: tuple[str, ...], changes: Changes) -> None:
        with pytest.raises(EngineError) as error:
            configured(RUN, stages, changes)
        assert error.value.kind == "value"

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        result = CliRunner().invoke(main, ["train", "corpus", "--data", str(tmp_path / "no"), "--work", str(tmp_path / "run")])
        assert result.exit_code == 2 and "There is no folder" in result.output and "Traceback" not in result.output

    def test_stages_run_in_their_own_order(self, folder: Path, tmp_path: Path) -> None:
        words = ["train", "tokens", "corpus", "--data", str(folder), "--work", str(tmp_path / "run"), "--start", "embedded"]
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output
        assert result.output.index("read shard-00000") < result.output.index("encoded shard-00000")

    def test_after_a_request_to_stop_no_stage_follows(self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
        workshop = Workshop(tmp_path / "run", short(), data=str(folder))
        one_step = Trainer._one_step

        def interrupted(self: Trainer) -> dict[str, float]:
            os.kill(os.getpid(), signal.SIGTERM)
            return one_step(self)

        monkeypatch.setattr(Trainer, "_one_step", interrupted)
        follow(workshop, STAGES, tmp_path / "pack")
        told = capsys.readouterr().out
        assert "tokenizer: stopped as asked" in told and "prompt" not in told and not (tmp_path / "pack").exists()


def spent_s() -> float:
    """Seconds of all cores together that this process and those it has ended have taken."""
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def changes(folder: Path) -> list[int]:
    """When the files of a folder changed last."""
    return sorted(path.stat().st_mtime_ns for path in list(folder.rglob("*")) if path.is_file())


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_killed_at_random_moments_the_pack_is_the_same(
    trained: Path, folder: Path, tmp_path: Path, nursery: Nursery, trained_in_s: tuple[Path, float]
) -> None:
    chance = random.Random()
    kills, started = 0, tmp_path / "run"
    for _ in range(40):
        before = changes(started)
        process = nursery.begin("tests.training.own_run", str(folder), str(tmp_path))
        deadline = time.monotonic() + 300
        # The clock of the killer begins with the first file that changes; all three kills together may reach into every stage.
        while time.monotonic() < deadline and changes(started) == before and process.wait(0.02) is None:
            pass
        if kills < 3 and process.wait(chance.uniform(0.0, 0.5) * trained_in_s[1]) is None:
            process.kill()
            kills += 1
        assert process.wait(500) in (0, -signal.SIGKILL)
        if process.exit_code == 0:
            break
    assert kills > 0 and (tmp_path / "pack" / "pack.json").exists()
    assert load_pack(tmp_path / "pack").manifest.hash == load_pack(trained / "pack").manifest.hash


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_forty_wavs_become_a_pack_in_less_than_three_minutes_of_one_core(tmp_path: Path) -> None:
    data = write_folder(tmp_path / "forty", 40, 1.0)
    words = ["train", "all", "--recipe", "toy", "--data", data, "--threads", 1, "--id", "forty", "--name", "Forty"]
    threads, before = torch.get_num_threads(), spent_s()
    result = CliRunner().invoke(main, [*map(str, words), "--work", str(tmp_path / "run"), "--target", str(tmp_path / "pack")])
    spent = spent_s() - before
    torch.set_num_threads(threads)
    assert result.exit_code == 0, result.output
    # Half a minute is left for loading the program, which was done before.
    assert spent < 150
    assert load_pack(tmp_path / "pack").manifest.name == "Forty" and draws(tmp_path / "pack")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_paper_s_pack_at_full_size(tmp_path: Path) -> None:
    run = paper_run()
    torch.manual_seed(0)
    networks = {}
    parts = (
        build_tokenizer(run.tokenizer.model),
        MaskedTransformer(run.generator.model),
        ContrastivePromptEncoder(run.prompt.model),
        FourierVocoder(run.vocoder.model),
    )
    for network in parts:
        name, architecture = next((n, a) for n, a in ARCHITECTURES.items() if a.config is type(network.config))
        networks[architecture.role] = (name, network.config, network.state_dict())
    counts = {role: sum(value.numel() for value in weights.values()) for role, (_, _, weights) in networks.items()}
    assert 169e6 < counts["generator"] < 175e6 and counts["tokenizer"] == 72_137_089
    fields = {"id": run.id, "name": run.name, "geometry": asdict(Geometry()), "sampling": asdict(run.sampling)}
    write_pack(tmp_path / "paper", fields, networks, {})
    del networks, parts
    assert draws(tmp_path / "paper")
    sizes = {path.stem: path.stat().st_size / 2**20 for path in (tmp_path / "paper").glob("*.safetensors")}
    assert 320 < sizes["generator"] < 350 and 130 < sizes["tokenizer"] < 145
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 8 * 2**20
