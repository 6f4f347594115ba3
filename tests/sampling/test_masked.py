"""Invariants of the sampler, with a network that knows nothing."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.sampling.guidance import guidance_at
from engine.sampling.masked import unmask
from engine.sampling.orders import SPAN_COLS
from engine.sampling.schedules import hidden_counts
from engine.types import HIDDEN, EngineError, SamplingSettings

CODES = 64


def uniform(ids: torch.Tensor, conditional: bool) -> torch.Tensor:
    return torch.zeros(*ids.shape, CODES)


def fully_hidden(batch: int = 1, rows: int = 5, cols: int = 53) -> torch.Tensor:
    return torch.full((batch, rows, cols), HIDDEN)


@pytest.mark.parametrize("order", ["confidence", "halton"])
def test_counts_follow_the_schedule_and_nothing_is_left(order: str) -> None:
    steps = list(unmask(uniform, fully_hidden(), [3], SamplingSettings(order=order)))
    assert [int((step.ids == HIDDEN).sum()) for step in steps[:-1]] == hidden_counts(265, 16)[:-1]
    assert not (steps[-1].ids == HIDDEN).any()
    assert steps[-1].ids.min() >= 0 and steps[-1].ids.max() < CODES
    assert [step.number for step in steps] == list(range(1, 17))


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**31),
    share=st.floats(0, 1),
    order=st.sampled_from(["confidence", "halton", "span"]),
    steps=st.integers(1, 20),
    schedule=st.sampled_from(["cosine", "linear", "cubic", "square_root", "logarithmic"]),
)
def test_known_cells_never_move_and_fixed_cells_stay(seed: int, share: float, order: str, steps: int, schedule: str) -> None:
    rng = np.random.default_rng(seed)
    start = torch.from_numpy(rng.integers(0, CODES, (2, 5, 9)))
    start[torch.from_numpy(rng.random((2, 5, 9)) < share)] = HIDDEN
    previous = start
    for step in unmask(uniform, start, [seed, seed + 1], SamplingSettings(steps=steps, order=order, schedule=schedule)):
        fixed = previous != HIDDEN
        assert torch.equal(step.ids[fixed], previous[fixed])
        assert ((step.confidence >= 0) & (step.confidence <= 1)).all()
        previous = step.ids
    assert not (previous == HIDDEN).any()


def test_nothing_hidden_returns_at_once() -> None:
    def never(ids: torch.Tensor, conditional: bool) -> torch.Tensor:
        raise AssertionError("the network was asked")

    assert list(unmask(never, torch.zeros(1, 5, 53, dtype=torch.long), [1], SamplingSettings())) == []


def test_a_sample_does_not_depend_on_its_batch() -> None:
    table = torch.randn(5, 53, CODES, generator=torch.Generator().manual_seed(5))

    def fixed(ids: torch.Tensor, conditional: bool) -> torch.Tensor:
        return table.expand(ids.shape[0], -1, -1, -1) * (2.0 if conditional else 1.0)

    def last(ids: torch.Tensor, seeds: list[int]) -> torch.Tensor:
        return list(unmask(fixed, ids, seeds, SamplingSettings()))[-1].ids

    mixed = fully_hidden(3)
    mixed[1, :, 10:] = 7
    together = last(mixed, [11, 22, 33])
    for index, seed in enumerate([11, 22, 33]):
        assert torch.equal(together[index], last(mixed[index : index + 1], [seed])[0])
    assert not torch.equal(together[0], together[2])


def test_samples_of_one_batch_keep_their_own_counts() -> None:
    start = fully_hidden(2)
    start[1, :, 3:] = 0
    steps = list(unmask(uniform, start, [1, 2], SamplingSettings()))
    assert [int((step.ids[1] == HIDDEN).sum()) for step in steps[:-1]] == hidden_counts(15, 16)[:-1]


def test_guidance_rises_from_unconditional_to_the_scale() -> None:
    passes: list[bool] = []

    def watched(ids: torch.Tensor, conditional: bool) -> torch.Tensor:
        passes.append(conditional)
        return uniform(ids, conditional)

    list(unmask(watched, fully_hidden(), [0], SamplingSettings(steps=4, guidance=3.0)))
    # Scales 0, 1, 2, 3: the first needs no conditional pass, the second no unconditional one.
    assert passes == [False, True, True, False, True, False]


def test_guidance_may_fall_instead() -> None:
    scales = [guidance_at(step, 5, 1.0, 9.0) for step in range(5)]
    assert scales == [9.0, 7.0, 5.0, 3.0, 1.0]
    passes: list[bool] = []

    def watched(ids: torch.Tensor, conditional: bool) -> torch.Tensor:
        passes.append(conditional)
        return uniform(ids, conditional)

    list(unmask(watched, fully_hidden(), [0], SamplingSettings(steps=3, guidance=1.0, guidance_start=4.0)))
    # Scales 4, 2.5, 1: only the last needs no unconditional pass.
    assert passes == [True, False, True, False, True]


def spans_open(ids: torch.Tensor) -> list[bool]:
    """Whether each span of columns has hidden cells; a span is never left with some of what was hidden."""
    return [bool((part == HIDDEN).any()) for part in ids.split(SPAN_COLS, dim=-1)]


def test_spans_are_fixed_whole_and_follow_the_schedule() -> None:
    steps = list(unmask(uniform, fully_hidden(), [3], SamplingSettings(order="span")))
    for step in steps:
        assert all(bool((part == HIDDEN).all()) or not (part == HIDDEN).any() for part in step.ids[0].split(SPAN_COLS, dim=-1))
    counts = [sum(spans_open(step.ids[0])) for step in steps]
    assert counts[:-1] == hidden_counts(18, 16)[:-1] and counts[-1] == 0


def test_the_surest_span_is_fixed_first() -> None:
    sure = torch.zeros(5, 53, CODES)
    sure[:, 6:9, 3] = 20.0

    def network(ids: torch.Tensor, conditional: bool) -> torch.Tensor:
        return sure.expand(ids.shape[0], -1, -1, -1)

    start = fully_hidden()
    start[:, 0, 6] = 7
    first = next(iter(unmask(network, start, [0], SamplingSettings(steps=16, temperature=0.0, order="span"))))
    fixed = (first.ids[0] != HIDDEN).any(dim=0)
    assert fixed.nonzero().flatten().tolist() == [6, 7, 8]
    assert first.ids[0, 0, 6] == 7 and (first.ids[0, 1:, 6:9] == 3).all()


def test_confident_cells_are_fixed_first_without_noise() -> None:
    sure = torch.zeros(5, 53, CODES)
    sure[:, :10, 3] = 20.0

    def network(ids: torch.Tensor, conditional: bool) -> torch.Tensor:
        return sure.expand(ids.shape[0], -1, -1, -1)

    first = next(iter(unmask(network, fully_hidden(), [0], SamplingSettings(steps=4, temperature=0.0))))
    fixed = first.ids[0] != HIDDEN
    assert fixed.sum() == 265 - hidden_counts(265, 4)[0]
    assert fixed[:, :10].sum() == fixed.sum()
    assert (first.ids[0][fixed] == 3).all()


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_refused(bad: float) -> None:
    def broken(ids: torch.Tensor, conditional: bool) -> torch.Tensor:
        return torch.full((*ids.shape, CODES), bad)

    with pytest.raises(EngineError) as error:
        list(unmask(broken, fully_hidden(), [0], SamplingSettings()))
    assert error.value.kind == "numeric"


def test_token_temperature_narrows_and_widens_the_draw() -> None:
    slope = torch.linspace(0, 3, CODES)

    def sloping(ids: torch.Tensor, conditional: bool) -> torch.Tensor:
        return slope.expand(*ids.shape, CODES)

    def spread(temperature: float) -> float:
        settings = SamplingSettings(steps=2, token_temperature=temperature)
        return float(list(unmask(sloping, fully_hidden(), [4], settings))[-1].ids.float().std())

    assert spread(0.0) == 0.0
    assert spread(0.3) < spread(1.0) < spread(4.0)
