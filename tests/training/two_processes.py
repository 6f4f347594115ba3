"""Trains two tasks with one process or with two, so that all processes together always see the same batch; run as a program."""

import sys
from dataclasses import replace
from pathlib import Path

from lightning.fabric import Fabric

from engine.training.loop import Trainer
from engine.training.shards import ShardSet
from engine.training.tokenizer_task import TokenizerTask, TokenizerTraining
from tests.training.synthetic import TOKENIZER, write_shard
from tests.training.toy import LOOP, ToyTask, fabric_of

STEPS = 10


def train_both(folder: Path, fabric: Fabric) -> None:
    """A task of a few numbers, then a small tokenizer with its codebook and its adversary."""
    loop = replace(LOOP, steps=STEPS, batch_size=16 // fabric.world_size, validate_every=1000)
    Trainer(ToyTask(loop, batch_matters=False), folder, fabric).run()
    shards = folder / f"shards-{fabric.global_rank}"
    write_shard(shards, 0, clips=4)
    recipe = TokenizerTraining(
        loop=replace(loop, batch_size=4 // fabric.world_size), model=TOKENIZER, crop_frames=64, adversary_from=0.5, validation_clips=1
    )
    task = TokenizerTask(recipe, ShardSet(shards, "train"), ShardSet(shards, "validation"))
    task.network.quantizer.open_calls = 0
    Trainer(task, folder, fabric).run()


if __name__ == "__main__":
    train_both(Path(sys.argv[1]), fabric_of(2))
