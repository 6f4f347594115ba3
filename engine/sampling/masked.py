"""The iterative sampler: estimate, sample, schedule, keep the best, repeat (SpecMaskGIT section 3.4, MaskGIT section 3.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.sampling.guidance import LogitsFunction, guidance_at, guided_logits
from engine.sampling.orders import SPAN_COLS, annealed_temperature, confidence_scores, halton_scores, span_of_columns, span_scores
from engine.sampling.schedules import hidden_after
from engine.types import HIDDEN, EngineError, SamplingSettings


@dataclass(frozen=True, eq=False)
class Step:
    """State after one iteration, all (B, rows, cols).

    ``ids`` is -1 where still hidden; ``guess`` is whole; ``confidence`` is the probability 0..1 of each guess, 1 for what was given.
    """

    number: int
    total: int
    ids: Tensor
    guess: Tensor
    confidence: Tensor

    def only(self, index: int) -> Step:
        """The same step with one sample of the batch."""
        one = slice(index, index + 1)
        return Step(self.number, self.total, self.ids[one], self.guess[one], self.confidence[one])


def unmask(logits: LogitsFunction, ids: Tensor, seeds: Sequence[int], settings: SamplingSettings) -> Iterator[Step]:
    """Fills the hidden cells (-1) of ``ids`` (B, rows, cols) step by step; the last step has none left.

    Known cells have infinite confidence and never move, so inpainting is no special case. Each sample owns a generator made from its seed
    and its own count of hidden cells: its result does not depend on what else is in the batch. Nothing hidden: nothing is yielded.
    Raises EngineError("numeric") when the network returns something that is not finite.
    """
    given = ids != HIDDEN
    if given.all():
        return
    hidden_at_start = _units(~given.cpu(), settings).sum(dim=1).tolist()
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    rolls = [int(torch.randint(ids[0].numel(), (), generator=generator)) for generator in generators]
    confidence = given.float()
    current = ids.clone()
    for step in range(settings.steps):
        scale = guidance_at(step, settings.steps, settings.guidance, settings.guidance_start)
        log_p = torch.log_softmax(guided_logits(logits, current, scale).float(), dim=-1).cpu()
        if not torch.isfinite(log_p).all():
            raise EngineError("numeric", "The model returned numbers that are not finite; nothing was generated.")
        guess, guess_log_p, noise = _sample(log_p, current.cpu(), generators, settings.token_temperature)
        unknown = current.cpu() == HIDDEN
        confidence = torch.where(unknown, guess_log_p.exp(), confidence.cpu())
        if step == settings.steps - 1:
            current = guess
        else:
            score = _scores(guess_log_p, noise, unknown, rolls, settings, step)
            current = _keep_best(guess, score, unknown, hidden_at_start, settings, step)
        yield Step(step + 1, settings.steps, current, guess, confidence)
        if not (current == HIDDEN).any():
            return
        current = current.to(ids.device)


def _sample(
    log_p: Tensor, current: Tensor, generators: Sequence[torch.Generator], token_temperature: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Categorical draw of every hidden cell (by Gumbel maximum), its log-probability, and the noise of the selection."""
    guesses, noises = [], []
    for row, generator in zip(log_p, generators, strict=True):
        guesses.append((row + token_temperature * _gumbel(row.shape, generator)).argmax(dim=-1))
        noises.append(_gumbel(row.shape[:-1], generator))
    drawn = torch.stack(guesses).to(current.dtype)
    guess = torch.where(current == HIDDEN, drawn, current)
    return guess, log_p.gather(-1, guess.long()[..., None])[..., 0], torch.stack(noises)


def _gumbel(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    uniform = torch.rand(tuple(shape), generator=generator).clamp_(1e-20, 1 - 1e-7)
    return -torch.log(-torch.log(uniform))


def _units(unknown: Tensor, settings: SamplingSettings) -> Tensor:
    """What the order fixes one by one, cells or spans of columns: where something is unknown, bool (B, n)."""
    if settings.order != "span":
        return unknown.flatten(1)
    columns = unknown.any(dim=1)
    missing = -columns.shape[1] % SPAN_COLS
    return torch.nn.functional.pad(columns, (0, missing)).unflatten(1, (-1, SPAN_COLS)).any(dim=-1)


def _scores(log_p: Tensor, noise: Tensor, unknown: Tensor, rolls: Sequence[int], settings: SamplingSettings, step: int) -> Tensor:
    """Score of every unit (B, n): the highest are fixed first."""
    _, rows, cols = log_p.shape
    temperature = annealed_temperature(step, settings.steps, settings.temperature)
    if settings.order == "halton":
        return torch.stack([halton_scores(rows, cols, roll) for roll in rolls])
    if settings.order == "span":
        return span_scores(log_p, noise, unknown, temperature)
    return confidence_scores(log_p, noise, temperature).flatten(1)


def _keep_best(
    guess: Tensor, score: Tensor, unknown: Tensor, hidden_at_start: Sequence[int], settings: SamplingSettings, step: int
) -> Tensor:
    """Hides the worst of the units that were unknown again, as many as each sample's own schedule says."""
    result = guess.clone()
    open_units = _units(unknown, settings)
    for index, start in enumerate(hidden_at_start):
        now = int(open_units[index].sum())
        if now == 0:
            continue
        hide = min(now, hidden_after(step, settings.steps, start, now, settings.schedule)) if now > 1 else 1
        ranked = score[index].masked_fill(~open_units[index], torch.inf).argsort(stable=True)
        chosen = torch.zeros_like(open_units[index])
        chosen[ranked[:hide]] = True
        result[index][_cells_of(chosen, unknown[index], settings)] = HIDDEN
    return result


def _cells_of(chosen: Tensor, unknown: Tensor, settings: SamplingSettings) -> Tensor:
    """The unknown cells (rows, cols) of the chosen units (n,)."""
    cells = chosen[span_of_columns(unknown.shape[1])] if settings.order == "span" else chosen.view_as(unknown)
    return unknown & cells
