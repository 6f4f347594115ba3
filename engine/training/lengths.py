"""How long a pack is trained on people's own sounds, and what changes in a recipe that goes on from a finished pack."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from engine.models.pack import Pack
from engine.training.loop import LoopConfig
from engine.training.recipes import EmbeddedRun
from engine.training.runs import PARTS, PATIENCE

# A pack to start from knows sounds already: the steps are smaller, so that it keeps what it knows.
_GOING_ON_RATE = 0.3
# A window that shows the curve wants points early, and a killed run shall lose little.
_LOG_EVERY, _CHECKPOINT_S, _VALIDATIONS = 10, 30.0, 8


@dataclass(frozen=True)
class Length:
    """Shares of a recipe's steps, ``generator_share`` for the generator; ``watched`` ends that when it gets no better."""

    share: float
    generator_share: float
    watched: bool = False


LENGTHS = {"quick": Length(0.1, 0.1), "evening": Length(1.0, 1.0), "best": Length(1.0, 4.0, watched=True)}


def suited(run: EmbeddedRun, length: str, start: Pack | None) -> EmbeddedRun:
    """The recipe with the steps of a length (``quick``, ``evening``, ``best``), and with the networks and settings of ``start``."""
    chosen = LENGTHS[length]
    changed = {part: _shortened(getattr(run, part), chosen, part == "generator") for part in PARTS}
    if start is not None:
        changed = {part: _going_on(training, getattr(start, part, None)) for part, training in changed.items()}
        # What is trained anew has no critic that knows its codes.
        run = replace(run, sampling=start.manifest.sampling.without_critic())
    return replace(run, **changed)


def _shortened(training: Any, length: Length, generator: bool) -> Any:
    loop: LoopConfig = training.loop
    steps = max(2, round(loop.steps * (length.generator_share if generator else length.share)))
    changed = replace(
        loop,
        steps=steps,
        warmup_steps=max(1, min(loop.warmup_steps, steps // 10)),
        log_every=max(1, min(loop.log_every, _LOG_EVERY, steps // 10)),
        validate_every=max(1, min(loop.validate_every, steps // _VALIDATIONS)),
        checkpoint_every_s=min(loop.checkpoint_every_s, _CHECKPOINT_S),
        patience=PATIENCE if generator and length.watched else loop.patience,
    )
    return replace(training, loop=changed)


def _going_on(training: Any, network: Any) -> Any:
    """The sizes of the pack's network where the recipe can train one of its kind; weights of other kinds are taken over as they are."""
    config = getattr(network, "config", None)
    if config is None or type(config) is not type(getattr(training, "model", None)):
        return training
    return replace(training, model=config, learning_rate=_GOING_ON_RATE * training.learning_rate)
