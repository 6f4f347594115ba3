"""A task of a few numbers for tests of the loop; as a program it trains in a process that can be killed."""

import time
from pathlib import Path

import numpy as np
import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from engine.training.loop import LoopConfig, Trainer, averaged_copy

LOOP = LoopConfig(steps=40, batch_size=16, warmup_steps=5, checkpoint_every_s=-1.0, validate_every=20, log_every=1)


class ToyTask:
    """Task role: learns a fixed linear map, with dropout and a buffer, so that every kind of state matters."""

    name = "toy"

    def __init__(self, config: LoopConfig = LOOP, pause_s: float = 0.0, batch_matters: bool = True) -> None:
        torch.manual_seed(config.seed)
        self.config, self.pause_s = config, pause_s
        # Statistics and noise of half a batch are others than those of a whole one.
        middle = [nn.BatchNorm1d(16), nn.Dropout(0.1)] if batch_matters else [nn.Tanh()]
        self.network = nn.Sequential(nn.Linear(6, 16), *middle, nn.Linear(16, 2))
        self.averaged = averaged_copy(self.network)
        self.truth = torch.randn(6, 2, generator=torch.Generator().manual_seed(1))

    def optimizers(self) -> list[tuple[nn.Module, list[torch.optim.Optimizer]]]:
        """Two kinds of optimiser on one module."""
        matrices = [p for p in self.network.parameters() if p.ndim == 2]
        rest = [p for p in self.network.parameters() if p.ndim < 2]
        return [(self.network, [torch.optim.SGD(matrices, 0.05, momentum=0.9), torch.optim.AdamW(rest, 0.01)])]

    def batch(self, rng: np.random.Generator, size: int, step: int) -> dict[str, Tensor]:
        """Random points and where they belong."""
        points = torch.from_numpy(rng.standard_normal((size, 6)).astype(np.float32))
        return {"points": points, "target": points @ self.truth}

    def update(self, trainer: Trainer, batch: dict[str, Tensor]) -> dict[str, float]:
        """One step."""
        time.sleep(self.pause_s)
        loss = (trainer.modules[0](batch["points"]) - batch["target"]).pow(2).mean()
        trainer.descend(0, loss)
        return {"loss": loss.item()}

    def validate(self) -> dict[str, float]:
        """Error on fixed points."""
        points = torch.eye(6)
        return {"val": (self.averaged(points) - points @ self.truth).pow(2).mean().item()}


def fabric_of(processes: int) -> Fabric:
    """Processes that compute exactly: in sixteen bits half a batch rounds otherwise than a whole one."""
    fabric = Fabric(accelerator="cpu", devices=processes, strategy="ddp" if processes > 1 else "auto", precision="32-true")
    fabric.launch()
    return fabric


def program(folder: str) -> None:
    """Trains in a process of its own."""
    Trainer(ToyTask(pause_s=0.03), Path(folder)).run()
