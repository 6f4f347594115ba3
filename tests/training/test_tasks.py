"""Each trainer at toy size: every stage runs, figures stay finite, and a batch that is shown again and again is learned."""

import copy
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.corpus.other_names import Names
from engine.models.prompt import ContrastivePromptEncoder
from engine.models.tokenizer import ConvTokenizer
from engine.sampling.masks import training_mask
from engine.training.encode import TokenSet, encode_shard
from engine.training.generator_task import GeneratorTask, GeneratorTraining, masked_loss
from engine.training.loop import LoopConfig, Trainer
from engine.training.prompt_task import PromptTask, PromptTraining, contrastive_loss
from engine.training.shards import ShardSet
from engine.training.tokenizer_task import TokenizerTask, TokenizerTraining, perplexity
from engine.training.vocoder_task import VocoderTask, VocoderTraining
from tests.training.synthetic import CLASSES, GENERATOR, PROMPT, TOKENIZER, VOCODER

LOOP = LoopConfig(steps=10, batch_size=4, warmup_steps=1)
Sets = tuple[ShardSet, ShardSet]


@pytest.fixture(scope="module")
def sets(shards: Path) -> Sets:
    return ShardSet(shards, "train"), ShardSet(shards, "validation")


@pytest.fixture(scope="module")
def token_sets(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[TokenSet, TokenSet]:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("encoded")
    encode_shard(shards / "shard-00000", folder, ConvTokenizer(TOKENIZER).eval(), ContrastivePromptEncoder(PROMPT).eval())
    return TokenSet(shards, folder, "train"), TokenSet(shards, folder, "validation")


@pytest.fixture
def learn(tmp_path: Path) -> Callable[..., tuple[list[dict[str, float]], Trainer]]:
    """Shows one batch to a task several times."""

    def shown(task: object, times: int, at_step: int = 0) -> tuple[list[dict[str, float]], Trainer]:
        trainer = Trainer(task, tmp_path)
        trainer.step = at_step
        batch = task.batch(np.random.default_rng(0), task.config.batch_size, at_step)
        logs = [task.update(trainer, batch) for _ in range(times)]
        assert all(math.isfinite(value) for row in logs for value in row.values())
        trainer._average()
        figures = trainer._validate()
        assert figures and all(math.isfinite(value) for value in figures.values())
        return logs, trainer

    return shown


def tokenizer_task(sets: Sets, **changes: object) -> TokenizerTask:
    task = TokenizerTask(replace(TokenizerTraining(loop=LOOP, model=TOKENIZER, crop_frames=64), **changes), *sets)
    task.network.quantizer.open_calls = 0
    return task


def weights(module: torch.nn.Module) -> list[torch.Tensor]:
    return [value.detach().clone() for value in module.parameters()]


def moved(before: list[torch.Tensor], module: torch.nn.Module) -> bool:
    return any(not torch.equal(old, new) for old, new in zip(before, module.parameters(), strict=True))


class TestTokenizer:
    def test_learns_a_batch(self, sets: Sets, learn: Callable) -> None:
        logs, _ = learn(tokenizer_task(sets, learning_rate=5e-3), 15)
        assert logs[-1]["l1_db"] < 0.9 * logs[0]["l1_db"] and "adversary" not in logs[0]

    def test_adversary_learns_too(self, sets: Sets, learn: Callable) -> None:
        task = tokenizer_task(sets, adversary_from=0.5)
        before = weights(task.discriminator)
        logs, _ = learn(task, 8, at_step=5)
        assert logs[-1]["adversary"] < logs[0]["adversary"] and moved(before, task.discriminator)

    def test_adversary_changes_what_the_tokenizer_learns(self, sets: Sets, learn: Callable, tmp_path: Path) -> None:
        results = []
        for weight in (0.0, 5.0):
            task = tokenizer_task(sets, adversary_from=0.0, adversary_weight=weight)
            learn(task, 2)
            results.append(weights(task.network))
        assert any(not torch.equal(a, b) for a, b in zip(*results, strict=True))

    def test_crops(self, sets: Sets) -> None:
        mel = tokenizer_task(sets).batch(np.random.default_rng(0), 4, 0)["mel"]
        assert mel.shape == (4, 1, 80, 64) and float(mel.abs().max()) <= 1

    def test_perplexity_counts_codes_in_use(self) -> None:
        assert perplexity(torch.arange(8), 1024) == pytest.approx(8, rel=1e-3)
        assert perplexity(torch.zeros(100, dtype=torch.long), 1024) == pytest.approx(1, rel=1e-3)


class TestVocoder:
    def task(self, sets: Sets, **changes: object) -> VocoderTask:
        torch.manual_seed(0)
        recipe = VocoderTraining(loop=replace(LOOP, batch_size=2), model=VOCODER, crop_frames=24, learning_rate=3e-3, validation_clips=1)
        return VocoderTask(replace(recipe, **changes), *sets, tokenizer=ConvTokenizer(TOKENIZER).eval())

    def test_learns_a_batch(self, sets: Sets, learn: Callable) -> None:
        logs, _ = learn(self.task(sets), 12)
        assert logs[-1]["spectral"] < logs[0]["spectral"] and "adversary" not in logs[0]

    def test_adversaries_learn_too(self, sets: Sets, learn: Callable) -> None:
        task = self.task(sets, adversary_from=0.5, decoded_from=1.0)
        before = weights(task.discriminators)
        logs, _ = learn(task, 3, at_step=5)
        assert logs[-1]["adversary"] < logs[0]["adversary"] and moved(before, task.discriminators)
        assert all(value.requires_grad for value in task.discriminators.parameters())

    def test_late_in_the_run_half_of_the_mels_went_through_the_codes(self, sets: Sets, learn: Callable) -> None:
        task = self.task(sets, decoded_from=0.8)
        learn(task, 1, at_step=9)
        batch = task.batch(np.random.default_rng(0), 2, 9)
        true_mel = task.mel(batch["samples"])
        assert torch.equal(task._input(true_mel, batch["place"], 7), true_mel)
        mixed = task._input(true_mel, batch["place"], 8)
        assert torch.equal(mixed[1], true_mel[1]) and not torch.equal(mixed[0], true_mel[0])
        assert mixed.shape == true_mel.shape and torch.isfinite(mixed).all()

    @pytest.mark.parametrize("start", [0, 5, 31, 33, 824])
    def test_a_decoded_crop_stands_where_the_sound_stands(self, sets: Sets, start: int) -> None:
        task = self.task(sets, decoded_from=0.0)

        class Passing(torch.nn.Module):
            """Codes that lose nothing."""

            def encode(self, mel: torch.Tensor) -> torch.Tensor:
                return mel

            def decode(self, mel: torch.Tensor) -> torch.Tensor:
                return mel

        task.tokenizer = Passing()
        mixed = task._input(torch.zeros(2, 80, 24), torch.tensor([[3, start], [0, 0]]), 5)
        expected = sets[0].mel(3, start, 24)
        np.testing.assert_allclose(((mixed[0].numpy() + 80) / 50 - 1).clip(-1, 1), expected, atol=1e-3)


class TestPrompt:
    def task(self, sets: Sets, **changes: object) -> PromptTask:
        recipe = PromptTraining(loop=replace(LOOP, batch_size=6), model=PROMPT, learning_rate=5e-3, extra_captions=8)
        return PromptTask(replace(recipe, **changes), *sets, classes=list(CLASSES))

    def test_learns_a_batch(self, sets: Sets, shards: Path, learn: Callable) -> None:
        everything = ShardSet(shards, "train")
        logs, trainer = learn(self.task((sets[0], everything_twice(everything))), 25)
        assert logs[-1]["loss"] < logs[0]["loss"] and logs[-1]["heard"] < logs[0]["heard"]
        assert set(trainer.task.validate()) == {"recall_1", "recall_5", "class_1"}

    def test_half_of_a_batch_are_pairs_of_one_class(self, sets: Sets) -> None:
        clips = self.task(sets).batch(np.random.default_rng(0), 8, 0)["clip"]
        first = [sets[0].row(int(clip))["classes"][0] for clip in clips]
        assert first[0] == first[1] and first[2] == first[3]

    def test_a_share_of_the_sounds_is_heard_through_the_tokenizer_and_kept(self, sets: Sets, tmp_path: Path) -> None:
        asked: list[int] = []

        class Loud:
            def encode(self, mel: torch.Tensor) -> torch.Tensor:
                asked.append(len(mel))
                return mel

            def decode(self, ids: torch.Tensor) -> torch.Tensor:
                return torch.full_like(ids, 7.0)

        task = self.task(sets, decoded_share=0.5, decoded_clips=2)
        task.tokenizer = Loud()
        heard: list[torch.Tensor] = []
        task.network.encoder.audio.register_forward_pre_hook(lambda _, inputs: heard.append(inputs[0]))
        trainer = Trainer(task, tmp_path)
        for step in range(4):
            batch = task.batch(np.random.default_rng(step), 6, step)
            assert (batch["clip"][3:] < 2).all()
            task.update(trainer, batch)
            assert (heard[-1][3:] == 1).all() and not (heard[-1][:3] == 1).all(dim=(1, 2, 3)).any()
        assert len(asked) == 2

    def test_an_anchor_holds_the_words_while_the_ear_learns(self, sets: Sets, shards: Path, learn: Callable) -> None:
        everything = everything_twice(ShardSet(shards, "train"))
        captions = [caption for clip in range(4) for caption in sets[0].row(clip)["captions"]]
        drifts = []
        for anchored in (True, False):
            task = self.task((sets[0], everything))
            before = copy.deepcopy(task.network.encoder)
            task.anchor = before if anchored else None
            logs, _ = learn(task, 25)
            assert logs[-1]["loss"] < logs[0]["loss"]
            with torch.no_grad():
                drifts.append(1 - float((before.embed_text(captions) * task.network.encoder.embed_text(captions)).sum(dim=1).mean()))
        assert drifts[0] < drifts[1] / 3

    @pytest.mark.parametrize("singles", [True, False])
    @pytest.mark.parametrize("anchored", [True, False])
    def test_every_parameter_takes_part_in_every_step(
        self, sets: Sets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, anchored: bool, singles: bool
    ) -> None:
        # Several processes that train together wait for the gradients of all parameters.
        task = self.task(sets)
        task.anchor = copy.deepcopy(task.network.encoder) if anchored else None
        task.network.encoder.log_scale.requires_grad_(not anchored)
        if not singles:
            monkeypatch.setattr(task, "_label", lambda clip: None)
        logs = task.update(Trainer(task, tmp_path), task.batch(np.random.default_rng(0), 6, 0))
        assert ("drift" in logs) == anchored
        without = [name for name, value in task.network.named_parameters() if value.requires_grad and value.grad is None]
        assert without == []

    def test_words_are_left_out_and_put_in(self, sets: Sets) -> None:
        caption, rng = "heavy rain on a tin roof", np.random.default_rng(0)
        plain, filled = self.task(sets, inserted_share=0.0), self.task(sets, inserted_share=1.0, word_dropout=0.0)
        shorter = [plain._disturbed(caption, rng).split(" ") for _ in range(50)]
        assert all(set(words) <= set(caption.split(" ")) for words in shorter) and {len(words) for words in shorter} >= {5, 6}
        longer = [filled._disturbed(caption, rng).split(" ") for _ in range(50)]
        assert {len(words) for words in longer} == set(range(7, 12))
        for words in longer:
            rest = iter(words)
            assert all(word in rest for word in caption.split(" "))

    def test_other_names_mean_what_the_known_ones_mean(self, sets: Sets, tmp_path: Path) -> None:
        names = {"dog_bark": Names(nouns=("dog barking",), others=("woof", "a hound gives tongue"))}
        task = self.task(sets, extra_captions=40)
        recipe = replace(task.recipe, names_share=0.25, inserted_share=0.0, word_dropout=0.0)
        task = PromptTask(recipe, *sets, classes=list(CLASSES), anchor=copy.deepcopy(task.network.encoder), names=names)
        shown, known, labels = task._extra(np.random.default_rng(0))
        assert len(shown) == len(known) == len(labels) and shown[:-10] == known[:-10]
        assert set(shown[-10:]) == set(names["dog_bark"].others) and set(known[-10:]) == {"dog barking"}
        assert set(labels[-10:].tolist()) == {CLASSES.index("dog_bark")}
        near = torch.nn.functional.cosine_similarity

        def apart() -> float:
            encoder = task.network.encoder
            with torch.no_grad():
                return 1 - float(near(encoder.embed_text(["woof"]), task.anchor.embed_text(["dog barking"])))

        before, trainer = apart(), Trainer(task, tmp_path)
        for step in range(30):
            trainer.step = step
            task.update(trainer, task.batch(np.random.default_rng(step), 6, step))
        assert apart() < 0.5 * before

    def test_equal_captions_are_no_negatives(self) -> None:
        same = torch.nn.functional.normalize(torch.ones(2, 4), dim=-1)
        scale = torch.tensor(10.0)
        assert float(contrastive_loss(same, same, scale, ["rain", "rain"])) == pytest.approx(0, abs=1e-3)
        assert float(contrastive_loss(same, same, scale, ["rain", "dog"])) == pytest.approx(math.log(2), abs=1e-3)

    def test_matching_pairs_cost_less_than_swapped_ones(self) -> None:
        text = torch.eye(3)
        scale = torch.tensor(5.0)
        right = contrastive_loss(text, text, scale, ["a", "b", "c"])
        assert right < contrastive_loss(text, text.roll(1, 0), scale, ["a", "b", "c"])


def everything_twice(clips: ShardSet) -> ShardSet:
    """Enough clips for figures of retrieval."""
    clips.index = clips.index * 2
    return clips


class TestGenerator:
    def task(self, token_sets: tuple[TokenSet, TokenSet], **changes: object) -> GeneratorTask:
        recipe = GeneratorTraining(loop=LOOP, model=GENERATOR, learning_rate=5e-3)
        return GeneratorTask(replace(recipe, **changes), *token_sets)

    @pytest.mark.parametrize("muon", [True, False])
    def test_learns_a_batch(self, token_sets: tuple[TokenSet, TokenSet], learn: Callable, muon: bool) -> None:
        logs, _ = learn(self.task(token_sets, muon=muon), 12)
        assert logs[0]["loss"] == pytest.approx(math.log(1024), abs=0.5)
        assert logs[-1]["loss"] < logs[0]["loss"] - 0.5

    def test_short_grids_first_then_whole_ones(self, token_sets: tuple[TokenSet, TokenSet]) -> None:
        task = self.task(token_sets, full_from=0.5)
        short, whole = (task.batch(np.random.default_rng(0), 10, step) for step in (4, 5))
        assert short["ids"].shape == (10, 5, 16) and whole["ids"].shape == (3, 5, 53)
        assert (whole["first_col"] == 0).all()

    def test_crops_say_where_they_begin(self, token_sets: tuple[TokenSet, TokenSet]) -> None:
        batch = self.task(token_sets).batch(np.random.default_rng(3), 16, 0)
        clips = token_sets[0].tokens
        for ids, start in zip(batch["ids"].numpy(), batch["first_col"].tolist(), strict=True):
            assert any(np.array_equal(ids, clip[:, start : start + 16]) for clip in clips)
        assert 0 < int((batch["first_col"] == 0).sum()) < 16

    def test_only_hidden_cells_count(self, token_sets: tuple[TokenSet, TokenSet]) -> None:
        task = self.task(token_sets)
        batch = task.batch(np.random.default_rng(0), 4, 0)
        network = task.network.eval()
        with torch.inference_mode():
            loss, _ = masked_loss(network, batch)
            seen = batch["ids"].masked_fill(batch["hidden"], -1)
            logits = network(seen, batch["condition"], batch["has_condition"], batch["first_col"])
            every = torch.nn.functional.cross_entropy(logits.permute(0, 3, 1, 2), batch["ids"], reduction="none")
        assert float(loss) == pytest.approx(float(every[batch["hidden"]].mean()), rel=1e-5)

    def test_masks_always_hide_something(self) -> None:
        rng = np.random.default_rng(0)
        shares = [training_mask(rng, 5, 16, 0.2, 0.5).mean() for _ in range(300)]
        assert min(shares) > 0 and max(shares) == 1.0 and 0.4 < np.mean(shares) < 0.85
