"""The masked generator: what hidden cells are filled with, what moves logits, sizes."""

from dataclasses import replace

import pytest
import torch

from engine.models.roles import Generator
from engine.models.transformer import EMBEDDED_LARGE, EMBEDDED_SMALL, PAPER, GeneratorConfig, MaskedTransformer, _turned
from engine.types import HIDDEN

SMALL = GeneratorConfig(blocks=2, width=32, heads=2, hidden=64, cols=12, code_count=20, condition_dim=8)


@pytest.fixture(params=["learned", "rotary"])
def network(request: pytest.FixtureRequest) -> MaskedTransformer:
    torch.manual_seed(0)
    network = MaskedTransformer(replace(SMALL, positions=request.param)).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.15)
    return network


def grid(batch: int = 2, cols: int = 12) -> torch.Tensor:
    """Random codes, about half of them hidden."""
    generator = torch.Generator().manual_seed(cols)
    ids = torch.randint(20, (batch, 5, cols), generator=generator)
    return ids.masked_fill(torch.rand(ids.shape, generator=generator) < 0.5, HIDDEN)


def conditions(batch: int = 2) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(batch, 8, generator=torch.Generator().manual_seed(1)), dim=-1)


class Cells(torch.nn.Module):
    """Stands in for the first block and keeps what comes in."""

    def forward(self, x: torch.Tensor, turn: object) -> torch.Tensor:
        self.seen = x
        return x


def cells_before_the_blocks(
    network: MaskedTransformer, ids: torch.Tensor, has_condition: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Prompt token and cells (B, rows, cols, width) as the blocks get them, positions taken off."""
    spy = Cells()
    network.blocks = torch.nn.ModuleList([spy])
    network(ids, conditions(), has_condition)
    cells = spy.seen[:, 1:].view(*ids.shape, -1) - network.row_position - network.col_position[:, : ids.shape[-1]]
    return spy.seen[:, 0] - network.prompt_position, cells


@torch.inference_mode()
def test_hidden_cells_are_filled_with_the_projected_prompt(network: MaskedTransformer) -> None:
    ids = grid()
    prompt, cells = cells_before_the_blocks(network, ids, torch.tensor([True, True]))
    projection = network.condition(conditions())
    torch.testing.assert_close(prompt, projection)
    for clip in range(2):
        hidden = ids[clip] == HIDDEN
        torch.testing.assert_close(cells[clip][hidden], projection[clip].expand(int(hidden.sum()), -1), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(cells[clip][~hidden], network.codes(ids[clip][~hidden]), atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_without_a_prompt_they_are_the_mask_token(network: MaskedTransformer) -> None:
    ids = grid()
    prompt, cells = cells_before_the_blocks(network, ids, torch.tensor([False, True]))
    torch.testing.assert_close(prompt[0], network.mask_token)
    hidden = ids[0] == HIDDEN
    torch.testing.assert_close(cells[0][hidden], network.mask_token.expand(int(hidden.sum()), -1), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(prompt[1], network.condition(conditions())[1])


@torch.inference_mode()
def test_shapes_and_role(network: MaskedTransformer) -> None:
    assert network.logits(grid(), conditions()).shape == (2, 5, 12, 20)
    assert network.logits(grid(), None).shape == (2, 5, 12, 20)
    assert isinstance(network, Generator)


@torch.inference_mode()
def test_condition_and_every_known_code_move_the_logits(network: MaskedTransformer) -> None:
    ids = torch.full((1, 5, 12), HIDDEN)
    base = network.logits(ids, conditions(1))
    assert not torch.allclose(base, network.logits(ids, None), atol=1e-4)
    assert not torch.allclose(base, network.logits(ids, -conditions(1)), atol=1e-4)
    for row, col in ((0, 0), (4, 11), (2, 5)):
        known = ids.clone()
        known[0, row, col] = 7
        change = (network.logits(known, conditions(1)) - base).abs().amax(dim=-1)[0]
        assert (change > 1e-5).float().mean() > 0.9


@torch.inference_mode()
def test_order_of_the_batch_does_not_matter(network: MaskedTransformer) -> None:
    ids, given, order = grid(4), conditions(4), torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(network.logits(ids[order], given[order]), network.logits(ids, given)[order], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(network.logits(ids[1:2], given[1:2]), network.logits(ids, given)[1:2], atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_wanted_cells_alone_are_the_same_logits(network: MaskedTransformer) -> None:
    ids = grid()
    wanted = ids == HIDDEN
    all_given = torch.ones(2, dtype=torch.bool)
    some = network(ids, conditions(), all_given, 0, wanted)
    torch.testing.assert_close(some, network(ids, conditions(), all_given)[wanted])


@torch.inference_mode()
@pytest.mark.parametrize("cols", [1, 4, 12, 15, 40])
def test_any_number_of_columns(network: MaskedTransformer, cols: int) -> None:
    logits = network.logits(grid(1, cols), conditions(1))
    assert logits.shape == (1, 5, cols, 20) and torch.isfinite(logits).all()


@torch.inference_mode()
def test_a_crop_knows_where_it_stood(network: MaskedTransformer) -> None:
    ids, given = grid(2, 4), torch.ones(2, dtype=torch.bool)
    first, later = (network(ids, conditions(), given, start) for start in (0, torch.tensor([0, 5])))
    torch.testing.assert_close(first[0], later[0])
    assert not torch.allclose(first[1], later[1], atol=1e-4)


def test_turned_vectors_compare_by_distance_alone() -> None:
    """The same content is as alike in columns 2 and 5 as in 30 and 33: that is why long grids can be used."""
    torch.manual_seed(0)
    network = MaskedTransformer(replace(SMALL, positions="rotary"))
    same = torch.randn(16).expand(1, 1, 1 + 5 * 40, 16)
    turned = _turned(same, network._turn(5, 40, same))[0, 0]
    torch.testing.assert_close(turned[0], same[0, 0, 0])
    low, high = turned[1:].view(5, 40, 16)[[0, 3]]
    alike = low @ high.T
    for distance in (0, 1, 20):
        along = torch.diagonal(alike, distance)
        torch.testing.assert_close(along, along[:1].expand_as(along), atol=1e-4, rtol=1e-4)
    assert alike[0, 0] > alike[0, 3] + 0.1


def test_the_papers_size() -> None:
    with torch.device("meta"):
        count = sum(p.numel() for p in MaskedTransformer(PAPER).parameters())
    assert 165e6 <= count <= 175e6


@pytest.mark.parametrize(("config", "low", "high"), [(EMBEDDED_SMALL, 6e6, 9e6), (EMBEDDED_LARGE, 20e6, 25e6)])
def test_embedded_sizes(config: GeneratorConfig, low: float, high: float) -> None:
    with torch.device("meta"):
        count = sum(p.numel() for p in MaskedTransformer(config).parameters())
    assert low <= count <= high


def test_gradients_reach_every_weight() -> None:
    torch.manual_seed(0)
    network = MaskedTransformer(SMALL)
    network(grid(), conditions(), torch.tensor([True, False])).pow(2).sum().backward()
    assert [name for name, value in network.named_parameters() if value.grad is None or not value.grad.abs().sum() > 0] == []
