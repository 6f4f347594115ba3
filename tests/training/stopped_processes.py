"""Trains in two processes, of which the second one asks itself to stop; run as a program."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import Tensor

from engine.training.loop import Trainer, make_fabric
from tests.training.toy import LOOP, ToyTask

STOP_AT = 6


class StoppedTask(ToyTask):
    """One process of several is told to end in the middle of the run."""

    def __init__(self, rank: int) -> None:
        super().__init__(replace(LOOP, steps=100_000, checkpoint_every_s=1e9, validate_every=100_000), batch_matters=False)
        self.rank = rank

    def batch(self, rng: np.random.Generator, size: int, step: int) -> dict[str, Tensor]:
        """As ever; at one step the signal comes."""
        if step == STOP_AT and self.rank == 1:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().batch(rng, size, step)


if __name__ == "__main__":
    fabric = make_fabric(2)
    Trainer(StoppedTask(fabric.global_rank), Path(sys.argv[1]), fabric).run()
