"""Training of the critic: what it is shown, that it learns to tell codes apart, and that the generator stays as it is."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from engine.models.critic import CriticConfig
from engine.models.prompt import ContrastivePromptEncoder
from engine.models.tokenizer import ConvTokenizer
from engine.models.transformer import MaskedTransformer
from engine.training.critic_task import CriticTask, CriticTraining, told_apart
from engine.training.encode import TokenSet, encode_shard
from engine.training.loop import LoopConfig, Trainer
from tests.training.synthetic import GENERATOR, PROMPT, TOKENIZER

SIZES = CriticConfig(blocks=1, width=32, heads=2, hidden=64, condition_dim=16)
LOOP = LoopConfig(steps=40, batch_size=8, warmup_steps=1, validate_every=1000, log_every=1000, ema_decay=0.5)


@pytest.fixture(scope="module")
def token_sets(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[TokenSet, TokenSet]:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("encoded")
    encode_shard(shards / "shard-00000", folder, ConvTokenizer(TOKENIZER).eval(), ContrastivePromptEncoder(PROMPT).eval())
    return TokenSet(shards, folder, "train"), TokenSet(shards, folder, "validation")


def critic_task(token_sets: tuple[TokenSet, TokenSet], generator: nn.Module | None = None, **changes: object) -> CriticTask:
    torch.manual_seed(1)
    recipe = CriticTraining(loop=LOOP, model=SIZES, learning_rate=3e-3, muon=False, crop_cols=16, full_from=1.0, **changes)
    return CriticTask(recipe, *token_sets, generator or MaskedTransformer(GENERATOR))


def test_only_hidden_cells_are_drawn_anew(token_sets: tuple[TokenSet, TokenSet]) -> None:
    task = critic_task(token_sets)
    batch = task.batch(np.random.default_rng(0), 8, 0)
    filled = task.filled(batch, torch.Generator().manual_seed(0))
    assert torch.equal(filled[~batch["hidden"]], batch["ids"][~batch["hidden"]])
    assert (filled[batch["hidden"]] != batch["ids"][batch["hidden"]]).float().mean() > 0.9
    assert torch.equal(filled, task.filled(batch, torch.Generator().manual_seed(0)))


def test_guidance_moves_what_is_drawn(token_sets: tuple[TokenSet, TokenSet]) -> None:
    torch.manual_seed(1)
    generator = MaskedTransformer(GENERATOR)
    for parameter in generator.parameters():
        nn.init.normal_(parameter, std=0.3)
    plain, guided = (critic_task(token_sets, generator, guidance=scale) for scale in (1.0, 8.0))
    batch = plain.batch(np.random.default_rng(0), 8, 0)
    drawn = [task.filled(batch, torch.Generator().manual_seed(0)) for task in (plain, guided)]
    assert not torch.equal(*drawn)


def test_it_learns_to_tell_codes_apart(token_sets: tuple[TokenSet, TokenSet], tmp_path: Path) -> None:
    task = critic_task(token_sets)
    before = [value.clone() for value in task.generator.parameters()]
    trainer = Trainer(task, tmp_path)
    untrained = trainer._validate()["val_told_apart"]
    trainer.run()
    figures = trainer._validate()
    assert figures["val_told_apart"] > max(0.75, untrained + 0.1)
    assert figures == trainer._validate(), "the same masks and draws every time"
    assert all(torch.equal(old, new) for old, new in zip(before, task.generator.parameters(), strict=True))
    assert not any(value.requires_grad for value in task.generator.parameters())


def test_share_told_apart() -> None:
    right = torch.tensor([[True, True], [False, False]])
    assert told_apart(torch.tensor([[3.0, 2.0], [1.0, 0.0]]), right) == 1.0
    assert told_apart(torch.tensor([[0.0, 1.0], [2.0, 3.0]]), right) == 0.0
    assert told_apart(torch.tensor([[0.0, 3.0], [1.0, 2.0]]), right) == 0.5
    assert told_apart(torch.zeros(2, 2), torch.ones(2, 2, dtype=torch.bool)) == 0.5


def test_cells_that_are_trusted_alike_are_not_told_apart() -> None:
    right = torch.arange(100) < 30
    assert told_apart(torch.zeros(100), right) == told_apart(torch.zeros(100), right.flip(0)) == 0.5
    assert told_apart(torch.tensor([1.0, 0.0, 0.0]), torch.tensor([True, True, False])) == 0.75
