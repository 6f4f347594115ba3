"""The iterative sampler: estimate, sample, schedule, keep the best, repeat (SpecMaskGIT section 3.4, MaskGIT section 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.sampling.guidance import LogitsFunction, guidance_at, guided_logits
from engine.sampling.orders import SPAN_COLS, annealed_temperature, confidence_scores, halton_scores, span_of_columns, span_scores
from engine.sampling.schedules import hidden_after, hidden_again
from engine.types import HIDDEN, EngineError, SamplingSettings

CriticFunction = Callable[[Tensor], Tensor]
"""Whole grids (B, rows, cols) -> log-odds (B, rows, cols) that the code of each cell is right among the others."""


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


def unmask(
    logits: LogitsFunction, ids: Tensor, seeds: Sequence[int], settings: SamplingSettings, critic: CriticFunction | None = None
) -> Iterator[Step]:
    """Fills the hidden cells (-1) of ``ids`` (B, rows, cols) step by step; the last step has none left.

    Known cells have infinite confidence and never move, so inpainting is no special case. Each sample owns a generator made from its seed
    and its own count of hidden cells: its result does not depend on what else is in the batch. Nothing hidden: nothing is yielded.
    Raises EngineError("numeric") when a network returns something that is not finite, EngineError("value") when the order is a critic's and
    there is none.
    """
    given = (ids != HIDDEN).cpu()
    if given.all():
        return
    if settings.order == "critic" and critic is None:
        raise EngineError("value", "Only a pack with a critic can choose cells in the order 'critic'; choose another order.")
    hidden_at_start = _units(~given, settings).sum(dim=1).tolist()
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    rolls = [int(torch.randint(ids[0].numel(), (), generator=generator)) for generator in generators]
    confidence = given.float()
    current = ids.clone()
    for step in range(settings.steps):
        scale = guidance_at(step, settings.steps, settings.guidance, settings.guidance_start)
        log_p = torch.log_softmax(guided_logits(logits, current, scale).float(), dim=-1).cpu()
        _check_finite(log_p)
        guess, guess_log_p, noise = _sample(log_p, current.cpu(), generators, settings.token_temperature)
        unknown = current.cpu() == HIDDEN
        confidence = torch.where(unknown, guess_log_p.exp(), confidence)
        if step == settings.steps - 1:
            current = guess
        else:
            trust = torch.where(unknown, guess_log_p, confidence.log())
            if settings.order == "critic" and critic is not None:
                trust = _judged(critic, guess.to(ids.device))
            score, doubt = _scores(trust, noise, ~given, rolls, settings, step)
            current = _keep_best(guess, score, doubt, unknown, ~given, hidden_at_start, settings, step)
        yield Step(step + 1, settings.steps, current, guess, confidence)
        if not (current == HIDDEN).any():
            return
        current = current.to(ids.device)


def _judged(critic: CriticFunction, guess: Tensor) -> Tensor:
    """Log-probability (B, rows, cols) that each cell of a whole guess is right."""
    trust = torch.nn.functional.logsigmoid(critic(guess).float()).cpu()
    _check_finite(trust)
    return trust


def _check_finite(numbers: Tensor) -> None:
    if not torch.isfinite(numbers).all():
        raise EngineError("numeric", "The model returned numbers that are not finite; nothing was generated.")


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


def _units(cells: Tensor, settings: SamplingSettings) -> Tensor:
    """What the order fixes one by one, cells or spans of columns: where there is one of ``cells``, bool (B, n)."""
    if settings.order != "span":
        return cells.flatten(1)
    columns = cells.any(dim=1)
    missing = -columns.shape[1] % SPAN_COLS
    return torch.nn.functional.pad(columns, (0, missing)).unflatten(1, (-1, SPAN_COLS)).any(dim=-1)


def _scores(
    trust: Tensor, noise: Tensor, free: Tensor, rolls: Sequence[int], settings: SamplingSettings, step: int
) -> tuple[Tensor, Tensor]:
    """Two scores of every unit (B, n): of those that are open the highest are fixed first, of those that are not the lowest opened again.

    ``trust``: how sure each cell is as a log-probability; ``free``: what was not given; both (B, rows, cols).
    """
    _, rows, cols = trust.shape
    temperature = annealed_temperature(step, settings.steps, settings.temperature)
    if settings.order == "span":
        score = span_scores(trust, noise, free, temperature)
        return score, score
    score = confidence_scores(trust, noise, temperature).flatten(1)
    if settings.order == "halton":
        # The sequence says where to go on, not what went wrong.
        return torch.stack([halton_scores(rows, cols, roll) for roll in rolls]), score
    return score, score


def _keep_best(
    guess: Tensor,
    score: Tensor,
    doubt: Tensor,
    unknown: Tensor,
    free: Tensor,
    hidden_at_start: Sequence[int],
    settings: SamplingSettings,
    step: int,
) -> Tensor:
    """Hides the worst units again, as many as each sample's own schedule says: of the open ones, and with remasking of fixed ones too."""
    result = guess.clone()
    open_units, free_units = _units(unknown, settings), _units(free, settings)
    for index, start in enumerate(hidden_at_start):
        now = int(open_units[index].sum())
        if now == 0:
            continue
        hide = min(now, hidden_after(step, settings.steps, start, now, settings.schedule)) if now > 1 else 1
        fixed_units = free_units[index] & ~open_units[index]
        again = hidden_again(int(fixed_units.sum()), hide, settings.remask)
        if settings.order == "critic":
            # It judges all cells alike, so nothing is opened that looks better than what is open already.
            again = min(again, int((_worst(score[index], free_units[index], hide) & fixed_units).sum()))
        chosen = _worst(score[index], open_units[index], hide - again) | _worst(doubt[index], fixed_units, again)
        result[index][_cells_of(chosen, free[index], settings)] = HIDDEN
    return result


def _worst(score: Tensor, candidates: Tensor, count: int) -> Tensor:
    """The ``count`` lowest of the candidates, bool (n,)."""
    chosen = torch.zeros_like(candidates)
    chosen[score.masked_fill(~candidates, torch.inf).argsort(stable=True)[:count]] = True
    return chosen


def _cells_of(chosen: Tensor, free: Tensor, settings: SamplingSettings) -> Tensor:
    """The cells (rows, cols) of the chosen units (n,) that were not given."""
    cells = chosen[span_of_columns(free.shape[1])] if settings.order == "span" else chosen.view_as(free)
    return free & cells
