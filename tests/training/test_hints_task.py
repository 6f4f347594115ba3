"""The stage in which the decoder learns to listen: it draws nearer to the truth when told, and as before when not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.models.pack import load_pack
from engine.models.prompt import ContrastivePromptEncoder
from engine.models.specvqgan import SpecVqganConfig
from engine.models.tokenizer import ConvTokenizer
from engine.training.encode import TokenSet, encode_shard
from engine.training.hints_task import HintsTask, HintsTraining, hint_names
from engine.training.loop import LoopConfig, Trainer
from engine.training.runs import PARTS, Workshop
from engine.training.shards import ShardSet
from engine.training.tokenizer_task import TokenizerTraining
from engine.training.told_task import Ear, Told
from engine.types import EngineError
from tests.tiny import write_tiny_pack
from tests.training.own_run import RUN
from tests.training.synthetic import PROMPT, TOKENIZER, write_shard

RECIPE = HintsTraining(
    loop=LoopConfig(steps=100, batch_size=4, warmup_steps=5, ema_decay=0.9, validate_every=100, log_every=100),
    learning_rate=1e-2,
    crop_frames=64,
    validation_clips=2,
)
SHORT = replace(RECIPE, loop=replace(RECIPE.loop, steps=20))


def tokenizer() -> ConvTokenizer:
    torch.manual_seed(0)
    return ConvTokenizer(TOKENIZER).eval()


def prompt() -> ContrastivePromptEncoder:
    torch.manual_seed(1)
    return ContrastivePromptEncoder(PROMPT).eval()


def told(folder: Path, split: str) -> Told:
    return Told(ShardSet(folder / "shards", split), TokenSet(folder / "shards", folder / "encoded", split))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hints")
    shard = write_shard(folder / "shards", 0)
    # A spectrum for each clip that stays: something that can be said in one vector.
    mel = np.load(shard / "mel.npy")
    np.save(shard / "mel.npy", np.broadcast_to(mel[..., :1], mel.shape))
    path = encode_shard(shard, folder / "encoded", tokenizer(), prompt())
    with np.load(path) as arrays:
        encoded = dict(arrays)
    # What an untrained prompt encoder says of all clips is much the same; here each is told something of its own.
    said = np.random.default_rng(0).standard_normal((len(encoded["tokens"]), 2, PROMPT.dim)).astype(np.float16)
    encoded["texts"], encoded["sounds"] = np.repeat(said[:, :1], encoded["texts"].shape[1], axis=1), said[:, 1]
    np.savez(path, **encoded)
    return folder


@pytest.fixture(scope="module")
def trained(folder: Path) -> HintsTask:
    task = HintsTask(RECIPE, tokenizer(), prompt(), told(folder, "train"), told(folder, "train"))
    Trainer(task, folder / "checkpoints").run()
    return task


def test_told_it_draws_nearer_to_the_truth_than_untold(trained: HintsTask) -> None:
    figures = trained.validate()
    assert figures["val_distance"] < 0.98 * figures["val_untold"]


def test_the_codes_stay(trained: HintsTask) -> None:
    mel = torch.rand(1, 1, 80, 64) * 2 - 1
    assert torch.equal(trained.averaged.encode(mel), tokenizer().encode(mel))


def test_what_listens_learns_faster(trained: HintsTask) -> None:
    drawing, listening = trained.optimizers()[0][1][0].param_groups
    assert listening["lr"] == 3 * drawing["lr"] and len(listening["params"]) == len(hint_names(trained.network)) == 2


def test_a_batch_tells_each_clip_its_own_words_or_its_own_sound_or_nothing(folder: Path, trained: HintsTask) -> None:
    said = trained.batch(np.random.default_rng(3), 64, 0)["condition"]
    words = told(folder, "train").words
    known = torch.nn.functional.normalize(torch.from_numpy(words.texts.reshape(-1, PROMPT.dim)).float(), dim=-1)
    by_text, silent = (said @ known.T).amax(dim=1) > 0.999, said.norm(dim=1) == 0
    assert torch.allclose(said[~silent].norm(dim=1), torch.ones(int((~silent).sum())), atol=1e-3)
    assert 24 <= int(by_text.sum()) <= 46 and 5 <= int(silent.sum()) <= 22


def test_clips_that_are_not_encoded_are_named(folder: Path, tmp_path: Path) -> None:
    write_shard(tmp_path / "shards", 0)
    write_shard(tmp_path / "shards", 1)
    with pytest.raises(EngineError, match="do the stage tokens first"):
        Told(ShardSet(tmp_path / "shards", "train"), TokenSet(folder / "shards", folder / "encoded", "train"))


def test_the_ear_learns_nothing_and_passes_gradients_on_even_from_silence() -> None:
    ear = Ear(prompt().audio).requires_grad_(False)
    mel = torch.full((1, 1, 80, 128), -1.0, requires_grad=True)
    seen = ear(mel)
    sum(layer.square().sum() for layer in seen).backward()
    assert [layer.shape[-1] for layer in seen] == [8, 4, 2] and torch.isfinite(mel.grad).all() and mel.grad.abs().sum() > 0


class TestStage:
    def test_a_pack_gets_hints_and_keeps_all_else(self, tmp_path: Path) -> None:
        write_tiny_pack(tmp_path / "tiny")
        before = load_pack(tmp_path / "tiny")
        write_shard(tmp_path / "run" / "shards", 0)
        run = replace(RUN, generator=replace(RUN.generator, model=before.generator.config), hints=SHORT)
        workshop = Workshop(tmp_path / "run", run, start=tmp_path / "tiny")
        for stage in ("tokens", "hints"):
            list(workshop.stage(stage))
        workshop.export(tmp_path / "pack")
        after = load_pack(tmp_path / "pack")
        assert after.tokenizer.config == replace(before.tokenizer.config, hint_dim=PROMPT.dim)
        assert after.manifest.provenance["steps"] == dict.fromkeys(PARTS, 0) | {"hints": 20}
        # The decoder that learned along is dropped.
        ids, said = torch.randint(0, 1024, (1, 5, 4)), torch.nn.functional.normalize(torch.randn(1, PROMPT.dim), dim=-1)
        torch.testing.assert_close(after.tokenizer.decode(ids), before.tokenizer.decode(ids))
        assert (after.tokenizer.decode(ids, said) - after.tokenizer.decode(ids)).abs().max() > 1e-3
        # Training goes on from such a pack, and without the stage its hints stay.
        again = Workshop(tmp_path / "again", run, start=tmp_path / "pack")
        torch.testing.assert_close(again.trained_tokenizer().decode(ids, said), after.tokenizer.decode(ids, said))

    def test_a_decoder_that_cannot_listen_is_left_alone(self, tmp_path: Path) -> None:
        write_tiny_pack(tmp_path / "tiny")
        run = replace(RUN, hints=replace(RECIPE, listens=False))
        workshop = Workshop(tmp_path / "run", run, start=tmp_path / "tiny")
        assert list(workshop.stage("hints")) == ["hints: the decoder draws what the codes say and is told nothing."]

    def test_the_published_tokenizer_is_left_alone(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        workshop = Workshop(tmp_path / "run", replace(RUN, tokenizer=TokenizerTraining(loop=RECIPE.loop, model=SpecVqganConfig())))
        monkeypatch.setattr(workshop, "_finished_tokenizer", lambda: object())
        assert list(workshop.stage("hints")) == ["hints: the decoder draws what the codes say and is told nothing."]
