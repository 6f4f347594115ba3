"""One training loop for all parts: steps, schedules, averages, checkpoints, progress; any number of processes by Lightning Fabric."""

from __future__ import annotations

import copy
import json
import math
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from engine.training.checkpoint import load_checkpoint, save_checkpoint
from engine.types import EngineError

if TYPE_CHECKING:
    from lightning.fabric import Fabric


@dataclass(frozen=True)
class LoopConfig:
    """How a part is trained; learning rates belong to the task.

    ``accumulate`` batches of ``batch_size`` make one step. ``patience`` above 0 ends the run when the figure "frechet" of that many
    validations in a row was no better than the best one, whose averaged weights are kept.
    """

    steps: int
    batch_size: int
    warmup_steps: int = 200
    final_rate: float = 0.02
    gradient_clip: float = 1.0
    accumulate: int = 1
    ema_decay: float = 0.999
    seed: int = 0
    checkpoint_every_s: float = 120.0
    validate_every: int = 500
    log_every: int = 50
    patience: int = 0


class Task(Protocol):
    """What differs between the trainers."""

    name: str
    network: nn.Module
    averaged: nn.Module
    config: LoopConfig

    def optimizers(self) -> list[tuple[nn.Module, list[torch.optim.Optimizer]]]:
        """Each module with the optimisers of its parameters."""

    def batch(self, rng: np.random.Generator, size: int, step: int) -> dict[str, Tensor]:
        """The batch of one step, drawn from ``rng`` alone, so that a resumed run sees the same data."""

    def update(self, trainer: Trainer, batch: dict[str, Tensor]) -> dict[str, float]:
        """One step of all optimisers; returns what to log."""

    def validate(self) -> dict[str, float]:
        """Figures on held-out clips, computed with ``averaged``."""


def learning_rate_factor(step: int, config: LoopConfig) -> float:
    """Linear warm-up, then cosine decay to ``final_rate`` (SpecMaskGIT section 4)."""
    if step < config.warmup_steps:
        return (step + 1) / config.warmup_steps
    progress = (step - config.warmup_steps) / max(1, config.steps - config.warmup_steps)
    return config.final_rate + (1 - config.final_rate) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


@dataclass(frozen=True, eq=False)
class Best:
    """The averaged weights with the smallest Frechet distance so far, and how many validations since then were no better."""

    step: int
    distance: float
    worse_since: int
    weights: dict[str, Tensor]


class Trainer:
    """Runs a task; killed and started again it goes on where the last checkpoint stood."""

    def __init__(self, task: Task, folder: Path, fabric: Fabric | None = None) -> None:
        self.task, self.folder = task, folder
        self.fabric = fabric or make_fabric()
        self.step = 0
        self.best: Best | None = None
        self._stopping = False
        self._part, self._gradients = 0, {}
        self._pairs = task.optimizers()
        self._base_rates = [group["lr"] for group in self._groups()]
        self.modules, self.wrapped = [], []
        for module, optimizers in self._pairs:
            wrapped, *wrapped_optimizers = self.fabric.setup(module, *optimizers)
            self.modules.append(wrapped)
            self.wrapped.append(wrapped_optimizers)
        task.averaged.to(self.fabric.device)
        # Not before: what is restored has to lie on the device.
        if self.checkpoint_path.exists():
            self._restore()

    @property
    def checkpoint_path(self) -> Path:
        """The one checkpoint of this run."""
        return self.folder / f"{self.task.name}.safetensors"

    @property
    def done(self) -> bool:
        """All steps are made, or more of them would not help."""
        patience = self.task.config.patience
        return self.step >= self.task.config.steps or (patience > 0 and self.best is not None and self.best.worse_since >= patience)

    def run(self, stop_after_s: float = math.inf) -> None:
        """Trains until it is done, until ``stop_after_s`` or until one of the processes is asked to stop; saves in every case."""
        self._stopping = False
        previous = signal.signal(signal.SIGTERM, self._ask_to_stop)
        started = saved = time.monotonic()
        config = self.task.config
        first = self.step
        try:
            stopped = False
            while not self.done and not stopped:
                logs = self._one_step()
                now = time.monotonic()
                if self.step % config.log_every == 0:
                    self._report(self._mean_over_processes(logs), now - started, self.step - first)
                if self.step % config.validate_every == 0 and self.step < config.steps:
                    self._report({"validation": 1.0, **self._validated()}, now - started, self.step - first)
                if now - saved > config.checkpoint_every_s:
                    self.save()
                    saved = now
                stopped = self._any_process(self._stopping or now - started > stop_after_s)
            if self.step > first or not self.checkpoint_path.exists():
                self._finish(time.monotonic() - started, max(1, self.step - first))
        finally:
            signal.signal(signal.SIGTERM, previous)

    def _finish(self, seconds: float, steps_done: int) -> None:
        """The last validation, which counts as one of the regular ones only if the run has reached its end, and the checkpoint."""
        validated = self._validate() if self.step < self.task.config.steps else self._validated()
        self._report({"validation": 1.0, **validated}, seconds, steps_done)
        self.save()

    def _any_process(self, wish: bool) -> bool:
        """True on every process if it is true on one: a process that stopped alone would leave the others waiting for ever."""
        if self.fabric.world_size == 1:
            return wish
        votes = self.fabric.all_reduce(torch.tensor(float(wish), device=self.fabric.device), reduce_op="max")
        return bool(votes > 0)

    def _one_step(self) -> dict[str, float]:
        config = self.task.config
        factor = learning_rate_factor(self.step, config)
        for group, rate in zip(self._groups(), self._base_rates, strict=True):
            group["lr"] = rate * factor
        torch.manual_seed(config.seed * 1_000_003 + self.step * 101 + self.fabric.global_rank)
        logs = []
        for part, batch in enumerate(self._draw(np.random.default_rng([config.seed, self.step]))):
            self._part = part
            logs.append(self.task.update(self, batch))
        self.step += 1
        self._average()
        return mean_of(logs) if len(logs) > 1 else logs[0]

    def _groups(self) -> list[dict[str, Any]]:
        """Parameter groups of all optimisers; restoring an optimiser makes new ones."""
        return [group for _, optimizers in self._pairs for optimizer in optimizers for group in optimizer.param_groups]

    def _mean_over_processes(self, logs: dict[str, float]) -> dict[str, float]:
        if self.fabric.world_size == 1:
            return logs
        values = torch.tensor(list(logs.values()), device=self.fabric.device)
        return dict(zip(logs, self.fabric.all_reduce(values, reduce_op="mean").tolist(), strict=True))

    def _draw(self, rng: np.random.Generator) -> Iterator[dict[str, Tensor]]:
        """The whole batch is drawn on every process; each keeps its shares, one for each part of the step."""
        world, rank, parts = self.fabric.world_size, self.fabric.global_rank, self.task.config.accumulate
        shares = world * parts
        whole = self.task.batch(rng, self.task.config.batch_size * shares, self.step)
        for part in range(parts):
            yield {name: self.fabric.to_device(_share(values, rank + world * part, shares)) for name, values in whole.items()}

    def descend(self, index: int, loss: Tensor) -> float:
        """Backward pass of one module's loss and, with the last part of the step, the step of its optimisers; returns the gradient norm."""
        optimizers = self.wrapped[index]
        for optimizer in optimizers:
            optimizer.zero_grad()
        parts = self.task.config.accumulate
        self.fabric.backward(loss / parts if parts > 1 else loss)
        if parts > 1:
            self._collect(index)
        if self._part < parts - 1:
            return 0.0
        norm = torch.nn.utils.clip_grad_norm_(self.modules[index].parameters(), self.task.config.gradient_clip)
        for optimizer in optimizers:
            optimizer.step()
        return float(norm)

    def _collect(self, index: int) -> None:
        """Adds up the gradients of the parts of a step aside: the losses of other modules leave gradients in this one, too."""
        parameters = list(self._pairs[index][0].parameters())
        sums = self._gradients.pop(index, None) if self._part else None
        fresh = [None if p.grad is None else p.grad.detach().clone() for p in parameters]
        if sums is not None:
            fresh = [a if b is None else b if a is None else a + b for a, b in zip(sums, fresh, strict=True)]
        if self._part < self.task.config.accumulate - 1:
            self._gradients[index] = fresh
            return
        for parameter, gradient in zip(parameters, fresh, strict=True):
            parameter.grad = gradient

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.task.config.ema_decay, (1 + self.step) / (10 + self.step))
        theirs = dict(self.task.network.named_parameters())
        for name, value in self.task.averaged.named_parameters():
            value.lerp_(theirs[name].to(value.dtype), 1 - decay)
        # Buffers (a codebook, statistics) are averages already.
        theirs = dict(self.task.network.named_buffers())
        for name, value in self.task.averaged.named_buffers():
            value.copy_(theirs[name])

    @torch.no_grad()
    def _validate(self) -> dict[str, float]:
        self.task.averaged.eval()
        return self.task.validate()

    def _validated(self) -> dict[str, float]:
        """The figures of a regular validation; the best weights so far are remembered."""
        figures = self._validate()
        if self.task.config.patience > 0 and "frechet" in figures:
            # The first process decides for all: rounding may differ between them.
            figures["frechet"] = float(self.fabric.broadcast(figures["frechet"]))
            self._remember(figures["frechet"])
        return figures

    def _remember(self, distance: float) -> None:
        if self.best is None or distance < self.best.distance:
            weights = {name: value.detach().cpu().clone() for name, value in self.task.averaged.state_dict().items()}
            self.best = Best(self.step, distance, 0, weights)
        else:
            self.best = replace(self.best, worse_since=self.best.worse_since + 1)

    def _report(self, logs: dict[str, float], seconds: float, steps_done: int) -> None:
        if not self.fabric.is_global_zero:
            return
        left_s = (self.task.config.steps - self.step) * seconds / max(1, steps_done)
        line = {
            "part": self.task.name,
            "step": self.step,
            "of": self.task.config.steps,
            "steps_per_s": round(steps_done / max(seconds, 1e-9), 3),
            "left_min": round(left_s / 60, 1),
            **{name: round(float(value), 4) for name, value in logs.items()},
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / f"{self.task.name}.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def save(self) -> None:
        """Writes the checkpoint (rank zero only)."""
        if not self.fabric.is_global_zero:
            return
        state: dict[str, Any] = {
            "step": self.step,
            "averaged": dict(self.task.averaged.state_dict()),
            "modules": [_full_state(module) for module, _ in self._pairs],
            "optimizers": [[optimizer.state_dict() for optimizer in optimizers] for _, optimizers in self._pairs],
        }
        if self.best is not None:
            state["best"] = {field.name: getattr(self.best, field.name) for field in fields(Best)}
        save_checkpoint(self.checkpoint_path, state)

    def _restore(self) -> None:
        state = load_checkpoint(self.checkpoint_path)
        self.step = int(state["step"])
        self.best = Best(**state["best"]) if "best" in state else None
        self.task.averaged.load_state_dict(state["averaged"])
        for (module, optimizers), weights, optimizer_states in zip(self._pairs, state["modules"], state["optimizers"], strict=True):
            module.load_state_dict(weights, strict=False)
            _restore_extra(module, weights)
            for optimizer, optimizer_state in zip(optimizers, optimizer_states, strict=True):
                optimizer.load_state_dict(optimizer_state)

    def _ask_to_stop(self, *_: object) -> None:
        self._stopping = True


def _full_state(module: nn.Module) -> dict[str, Tensor]:
    """Weights plus the buffers that packs do not carry (codebook statistics)."""
    return {**dict(module.state_dict()), **{f"buffer:{name}": value for name, value in module.named_buffers()}}


def _restore_extra(module: nn.Module, weights: dict[str, Tensor]) -> None:
    for name, value in module.named_buffers():
        if f"buffer:{name}" in weights:
            value.copy_(weights[f"buffer:{name}"])


def averaged_copy(network: nn.Module) -> nn.Module:
    """A frozen twin that follows the network slowly."""
    twin = copy.deepcopy(network).eval()
    for parameter in twin.parameters():
        parameter.requires_grad_(False)
    return twin


def _share(values: Tensor, share: int, shares: int) -> Tensor:
    """Every ``shares``-th row from ``share`` on; batches with fewer rows than shares are used more than once, for no share may be empty."""
    return values[share::shares] if len(values) > share else values[share % len(values)][None]


def make_fabric(devices: int | str = 1, num_nodes: int = 1, strategy: str = "auto") -> Fabric:
    """Fabric on the best device; bf16 where the hardware computes in it. Raises EngineError("value") for what cannot be done here."""
    # Here, because it takes seconds, and who only looks at a run's folder does not need it.
    from lightning.fabric import Fabric
    from lightning.fabric.strategies import DDPStrategy
    from lightning.fabric.utilities.exceptions import MisconfigurationException

    accelerator = "cuda" if torch.cuda.is_available() else "cpu"
    precision = "bf16-mixed" if has_fast_bf16() else "32-true"
    torch.set_flush_denormal(True)
    several = devices != 1 or num_nodes != 1
    # The others wait while the first process reads or encodes sounds, which takes longer than the library allows by itself.
    waiting = DDPStrategy(timeout=timedelta(days=2)) if several and strategy in ("auto", "ddp") else strategy
    try:
        fabric = Fabric(accelerator=accelerator, devices=devices, num_nodes=num_nodes, strategy=waiting, precision=precision)
    except (ValueError, RuntimeError, MisconfigurationException) as error:
        raise EngineError("value", f"Training cannot be spread like that on this computer: {error}") from error
    fabric.launch()
    return fabric


def has_fast_bf16() -> bool:
    """True where bf16 is computed by the hardware; elsewhere it is many times slower than float32."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())


def mean_of(rows: Iterable[dict[str, float]]) -> dict[str, float]:
    """Mean of each key over dictionaries of figures."""
    rows = list(rows)
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]} if rows else {}
