"""The finishing of the decoder: a score that wants the right spread, codes that stay, pictures that get the grain of the truth."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.models.layers import Grain
from engine.models.pack import load_pack
from engine.models.specvqgan import SpecVqganConfig
from engine.models.tokenizer import ConvTokenizer
from engine.training.decoder_task import DecoderTask, DecoderTraining, calmed, energy_score, with_grain
from engine.training.loop import LoopConfig, Trainer
from engine.training.recipes import EmbeddedRun
from engine.training.runs import Workshop
from engine.training.shards import ShardSet
from engine.training.tokenizer_task import TokenizerTraining
from tests.tiny import write_tiny_pack
from tests.training.own_run import RUN
from tests.training.synthetic import TOKENIZER, write_shard

RECIPE = DecoderTraining(
    loop=LoopConfig(steps=60, batch_size=4, warmup_steps=5, ema_decay=0.9, validate_every=60, log_every=60),
    grain=2,
    learning_rate=5e-3,
    crop_frames=64,
    validation_clips=2,
)


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    write_shard(tmp_path / "run" / "shards", 0)
    return tmp_path / "run" / "shards"


def sets(shards: Path) -> tuple[ShardSet, ShardSet]:
    return ShardSet(shards, "train"), ShardSet(shards, "validation")


def tokenizer() -> ConvTokenizer:
    torch.manual_seed(0)
    return ConvTokenizer(TOKENIZER).eval()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> DecoderTask:
    """A task at its end."""
    folder = tmp_path_factory.mktemp("decoder")
    write_shard(folder / "shards", 0)
    task = DecoderTask(RECIPE, tokenizer(), *sets(folder / "shards"))
    Trainer(task, folder / "checkpoints").run()
    return task


def tuned(pack: Path) -> EmbeddedRun:
    """The toy run with the tiny pack's generator."""
    return replace(RUN, generator=replace(RUN.generator, model=load_pack(pack).generator.config))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny pack after the stage; as it was before it lies beside it."""
    folder = tmp_path_factory.mktemp("stage")
    write_shard(folder / "run" / "shards", 0)
    write_tiny_pack(folder / "tiny")
    workshop = Workshop(folder / "run", tuned(folder / "tiny"), start=folder / "tiny")
    list(workshop.stage("decoder"))
    workshop.export(folder / "finished")
    return folder / "finished"


def noise(spread: float) -> torch.Tensor:
    return spread * torch.randn(8, 1, 80, 64)


@pytest.mark.parametrize("spread", [0.0, 0.5, 2.0])
def test_the_score_is_best_for_the_spread_of_the_truth(spread: float) -> None:
    torch.manual_seed(0)
    truth = noise(1.0)
    right, wrong = energy_score(noise(1.0), noise(1.0), truth), energy_score(noise(spread), noise(spread), truth)
    assert bool((right < wrong).all())


def test_two_draws_that_are_the_truth_cost_next_to_nothing() -> None:
    truth = noise(1.0)
    assert energy_score(truth, truth, truth).max() < 1e-3


class TestWithGrain:
    def test_weights_find_their_places(self) -> None:
        plain = tokenizer()
        grained = with_grain(plain, 3).eval()
        for layer in grained.decoder:
            if isinstance(layer, Grain):
                torch.nn.init.zeros_(layer.mix.weight)
        ids = torch.randint(0, 1024, (2, 5, 4))
        torch.testing.assert_close(grained.decode(ids), plain.decode(ids))

    def test_what_has_grain_keeps_it(self) -> None:
        once = with_grain(tokenizer(), 3)
        again = with_grain(once, 5)
        assert again.config.grain == 3
        for name, value in once.state_dict().items():
            torch.testing.assert_close(again.state_dict()[name], value)

    def test_less_of_it_brings_pictures_nearer_to_the_mean(self) -> None:
        torch.manual_seed(1)
        lively = with_grain(tokenizer(), 3).eval()
        ids = torch.randint(0, 1024, (1, 5, 4))
        silent = calmed(with_grain(lively, 3), 0.0).eval().decode(ids)
        gaps = [(calmed(with_grain(lively, 3), share).eval().decode(ids) - silent).square().mean().item() for share in (0.3, 0.6, 1.0)]
        assert 0 < gaps[0] < gaps[1] < gaps[2]
        assert torch.equal(calmed(with_grain(lively, 3), 1.0).eval().decode(ids), lively.decode(ids))


class TestTask:
    def test_the_score_falls_and_the_codes_stay(self, trained: DecoderTask) -> None:
        before, mel = tokenizer(), torch.rand(1, 1, 80, 64) * 2 - 1
        fresh = DecoderTask(RECIPE, before, trained.train, trained.validation).validate()
        assert trained.validate()["val_score"] < 0.8 * fresh["val_score"]
        assert torch.equal(trained.averaged.encode(mel), before.encode(mel))

    def test_draws_differ_from_each_other_as_much_as_from_the_truth(self, trained: DecoderTask) -> None:
        averaged = trained.averaged
        averaged.decoder.train()
        mel = torch.from_numpy(trained.validation.mel(0))[None, None]
        ids = averaged.encode(mel)
        first, second = averaged.decode(ids), averaged.decode(ids)
        assert (first - second).abs().mean().item() == pytest.approx((first - mel).abs().mean().item(), rel=0.3)


class TestStage:
    def test_the_pack_gets_the_finished_decoder(self, finished: Path) -> None:
        before, after = load_pack(finished.parent / "tiny"), load_pack(finished)
        assert after.tokenizer.config.grain == RUN.decoder.grain
        assert after.manifest.provenance["steps"]["decoder"] == RUN.decoder.loop.steps
        mel = torch.rand(1, 1, 80, 64) * 2 - 1
        assert torch.equal(after.tokenizer.encode(mel), before.tokenizer.encode(mel))

    def test_a_run_goes_on_from_a_pack_with_grain(self, finished: Path, tmp_path: Path) -> None:
        again = Workshop(tmp_path / "other", tuned(finished.parent / "tiny"), start=finished)
        assert again.trained_tokenizer().config.grain == RUN.decoder.grain

    def test_other_tokenizers_are_left_as_they_are(self, shards: Path) -> None:
        sizes = SpecVqganConfig(channels=32, multipliers=(1, 1, 1, 1, 1), residual_blocks=1, z_channels=8, code_dim=8)
        run = replace(RUN, tokenizer=TokenizerTraining(loop=replace(RUN.tokenizer.loop, steps=1), model=sizes, crop_frames=64))
        workshop = Workshop(shards.parent, run)
        list(workshop.stage("tokenizer"))
        assert list(workshop.stage("decoder")) == ["decoder: it stays as the training of the tokenizer left it."]
        assert workshop.trained_tokenizer().config == sizes
