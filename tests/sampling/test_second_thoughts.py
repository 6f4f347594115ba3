"""Remasking and the critic's order: drawn cells may be hidden again, given ones never, and nothing stays hidden."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.sampling.masked import Step, unmask
from engine.sampling.orders import SPAN_COLS
from engine.sampling.schedules import hidden_again, hidden_counts
from engine.types import HIDDEN, EngineError, SamplingSettings

CODES = 16
ORDERS = ["confidence", "span", "halton", "critic"]
TABLE = torch.randn(5, 53, CODES, generator=torch.Generator().manual_seed(5))


def network(ids: torch.Tensor, conditional: bool) -> torch.Tensor:
    return TABLE[:, : ids.shape[-1]].expand(ids.shape[0], -1, -1, -1)


def dislikes_three(ids: torch.Tensor) -> torch.Tensor:
    return torch.where(ids == 3, -5.0, 5.0)


def drawn(ids: torch.Tensor, seeds: list[int], **changes: object) -> list[Step]:
    return list(unmask(network, ids, seeds, SamplingSettings(**changes), dislikes_three))


def fully_hidden(batch: int = 1, cols: int = 53) -> torch.Tensor:
    return torch.full((batch, 5, cols), HIDDEN)


def opened_again(steps: list[Step]) -> int:
    return sum(int(((before.ids != HIDDEN) & (after.ids == HIDDEN)).sum()) for before, after in pairwise(steps))


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**31),
    share=st.floats(0, 1),
    order=st.sampled_from(ORDERS),
    steps=st.integers(1, 20),
    remask=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    schedule=st.sampled_from(["cosine", "linear", "square_root"]),
)
def test_given_cells_never_move_and_nothing_stays_hidden(
    seed: int, share: float, order: str, steps: int, remask: float, schedule: str
) -> None:
    rng = np.random.default_rng(seed)
    start = torch.from_numpy(rng.integers(0, CODES, (2, 5, 9)))
    start[torch.from_numpy(rng.random((2, 5, 9)) < share)] = HIDDEN
    made = drawn(start, [seed, seed + 1], order=order, steps=steps, remask=remask, schedule=schedule)
    plain = drawn(start, [seed, seed + 1], order=order, steps=steps, schedule=schedule)
    assert len(made) == len(plain)
    for step, usual in zip(made, plain, strict=True):
        known = start != HIDDEN
        assert torch.equal(step.ids[known], start[known]) and torch.equal(step.guess[known], start[known])
        assert ((step.confidence >= 0) & (step.confidence <= 1)).all()
        if order != "span":
            assert torch.equal((step.ids == HIDDEN).sum(dim=(1, 2)), (usual.ids == HIDDEN).sum(dim=(1, 2)))
    if made:
        assert not (made[-1].ids == HIDDEN).any()
        assert made[-1].ids.min() >= 0 and made[-1].ids.max() < CODES


@pytest.mark.parametrize("order", ORDERS)
def test_remasking_opens_drawn_cells_again_and_only_if_asked(order: str) -> None:
    assert opened_again(drawn(fully_hidden(), [3], order=order)) == 0
    assert opened_again(drawn(fully_hidden(), [3], order=order, remask=0.2)) > 10


def test_spans_are_opened_again_whole() -> None:
    start = fully_hidden()
    start[:, 0, 7] = 2
    steps = drawn(start, [3], order="span", remask=0.5)
    assert opened_again(steps) > 10
    for step in steps:
        hidden = ((step.ids == HIDDEN) | (start != HIDDEN)).split(SPAN_COLS, dim=-1)
        free = (start == HIDDEN).split(SPAN_COLS, dim=-1)
        assert all(bool(part.all()) or not (part & own).any() for part, own in zip(hidden, free, strict=True))


def test_the_least_sure_cell_is_opened_again() -> None:
    sure = torch.zeros(5, 53, CODES)
    sure[..., 1] = 20.0
    sure[2, 10] = 0.0

    def doubtful_there(ids: torch.Tensor, conditional: bool) -> torch.Tensor:
        return sure.expand(ids.shape[0], -1, -1, -1)

    settings = SamplingSettings(order="halton", remask=0.02, temperature=0.0)
    grids = [step.ids[0] for step in unmask(doubtful_there, fully_hidden(), [0], settings)]
    opened = [(before != HIDDEN) & (after == HIDDEN) for before, after in pairwise(grids) if before[2, 10] != HIDDEN]
    told = [bool(cells[2, 10]) for cells in opened if cells.any()]
    assert told and all(told)


def test_a_sample_does_not_depend_on_its_batch_and_its_seed_decides() -> None:
    mixed = fully_hidden(3)
    mixed[1, :, 10:] = 7
    for order in ORDERS:
        changes = {"order": order, "remask": 0.3}
        together = drawn(mixed, [11, 22, 33], **changes)[-1].ids
        for index, seed in enumerate([11, 22, 33]):
            assert torch.equal(together[index], drawn(mixed[index : index + 1], [seed], **changes)[-1].ids[0])
        assert not torch.equal(together[0], together[2])


def test_remasking_keeps_the_schedule() -> None:
    steps = drawn(fully_hidden(), [3], remask=0.3)
    assert [int((step.ids == HIDDEN).sum()) for step in steps[:-1]] == hidden_counts(265, 16)[:-1]
    assert hidden_again(100, 30, 0.1) == 10 and hidden_again(100, 5, 0.1) == 5 and hidden_again(100, 30, 0.0) == 0


def test_what_the_critic_dislikes_is_drawn_again() -> None:
    def share(**changes: object) -> float:
        uniform = torch.zeros(1, 5, 53, 4)
        settings = SamplingSettings(temperature=0.0, **changes)
        steps = list(unmask(lambda ids, _: uniform, fully_hidden(), [4], settings, dislikes_three))
        return float((steps[-1].ids == 3).float().mean())

    assert share() > 0.15
    assert share(order="critic") < 0.08
    assert share(order="critic", remask=1.0) <= share(order="critic")


def test_the_critic_is_asked_about_whole_grids_once_for_each_choice() -> None:
    seen: list[torch.Tensor] = []

    def critic(ids: torch.Tensor) -> torch.Tensor:
        seen.append(ids)
        return dislikes_three(ids)

    list(unmask(network, fully_hidden(), [0], SamplingSettings(steps=5, order="critic"), critic))
    assert len(seen) == 4 and all((ids != HIDDEN).all() for ids in seen)
    list(unmask(network, fully_hidden(), [0], SamplingSettings(steps=5), critic))
    assert len(seen) == 4


def test_an_order_without_its_critic_and_a_broken_critic_are_refused() -> None:
    with pytest.raises(EngineError, match="critic") as error:
        next(unmask(network, fully_hidden(), [0], SamplingSettings(order="critic")))
    assert error.value.kind == "value"
    with pytest.raises(EngineError) as error:
        next(unmask(network, fully_hidden(), [0], SamplingSettings(order="critic"), lambda ids: ids.float() * torch.nan))
    assert error.value.kind == "numeric"
