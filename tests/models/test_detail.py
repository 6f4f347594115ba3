"""The detail part: what its attention sees, shapes of any length, codes that are found again."""

from dataclasses import replace

import pytest
import torch

from engine.models.detail import ConvDetail, DetailConfig, LocalAttention
from engine.models.roles import Detail
from engine.models.tokenizer import ConvTokenizer
from engine.types import HIDDEN

SIZES = {"fine_channels": 8, "coarse_channels": 16, "full_channels": 8, "fine_blocks": 1, "coarse_blocks": 1, "code_count": 64}
SMALL = DetailConfig(**SIZES, detail_codes=32, width=32, blocks=2, heads=2, hidden=64, reach_cols=3)


@pytest.fixture
def detail() -> ConvDetail:
    torch.manual_seed(0)
    part = ConvDetail(SMALL).eval()
    for block in part.generator.blocks:
        torch.nn.init.normal_(block.attention.nearness)
    return part


def grid(cols: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(32, (2, 5, cols), generator=torch.Generator().manual_seed(seed))


def touched(detail: ConvDetail, first: torch.Tensor, second: torch.Tensor, other: tuple[torch.Tensor, torch.Tensor]) -> list[int]:
    """Columns whose logits differ at all."""
    with torch.inference_mode():
        changed = detail.logits(first, second) != detail.logits(*other)
    return changed.any(dim=-1).flatten(0, 1).any(dim=0).nonzero().flatten().tolist()


def test_one_attention_sees_its_neighbourhood_and_nothing_else() -> None:
    torch.manual_seed(0)
    attention = LocalAttention(SMALL)
    x = torch.randn(1, 30, 5, 32, requires_grad=True)
    attention(x)[0, 12, 2].sum().backward()
    seen = x.grad.abs().sum(dim=(0, 3))
    assert (seen[9:16] > 0).all(), "all rows of three columns to either side"
    assert seen[:9].sum() == 0 and seen[16:].sum() == 0


@pytest.mark.parametrize("col", [0, 20, 52])
def test_far_columns_are_ignored_exactly(detail: ConvDetail, col: int) -> None:
    first, second = grid(53), torch.full((2, 5, 53), HIDDEN)
    other_first, other_second = first.clone(), second.clone()
    other_first[:, :, col] = (first[:, :, col] + 1) % 32
    other_second[:, :, col] = 7
    # Two blocks of three columns each.
    expected = list(range(max(0, col - 6), min(53, col + 7)))
    assert touched(detail, first, second, (other_first, second)) == expected
    assert touched(detail, first, second, (first, other_second)) == expected


@torch.inference_mode()
def test_places_count_only_relative_to_each_other(detail: ConvDetail) -> None:
    first = grid(40)
    second = torch.full_like(first, HIDDEN)
    whole, part = detail.logits(first, second), detail.logits(first[..., 10:30], second[..., 10:30])
    torch.testing.assert_close(part[:, :, 6:-6], whole[:, :, 16:24], atol=1e-5, rtol=1e-4)
    assert (part[:, :, 0] - whole[:, :, 10]).abs().max() > 1e-3, "an end is no neighbour"


@pytest.mark.parametrize("cols", [1, 2, 53, 130])
@torch.inference_mode()
def test_shapes_of_any_length(detail: ConvDetail, cols: int) -> None:
    tokenizer = ConvTokenizer(SMALL).eval()
    mel = torch.rand(2, 1, 80, 16 * cols - 5) * 2 - 1
    first = tokenizer.encode(mel)
    second = detail.encode(mel)
    assert second.shape == (2, 5, cols) and int(second.min()) >= 0 and int(second.max()) < 32
    assert detail.logits(first, second).shape == (2, 5, cols, 32)
    assert detail.decode(tokenizer, first, second).shape == (2, 1, 80, 16 * cols)
    assert isinstance(detail, Detail)


@torch.inference_mode()
def test_both_codes_are_seen(detail: ConvDetail) -> None:
    tokenizer = ConvTokenizer(SMALL).eval()
    first, second = grid(4), grid(4, seed=1)
    picture = detail.decode(tokenizer, first, second)
    assert not torch.equal(picture, detail.decode(tokenizer, first, (second + 1) % 32))
    assert not torch.equal(picture, detail.decode(tokenizer, (first + 1) % 32, second))


def test_training_passes_gradients_through_the_second_codes_to_their_encoder(detail: ConvDetail) -> None:
    tokenizer = ConvTokenizer(SMALL).eval()
    mel = torch.rand(2, 1, 80, 64) * 2 - 1
    codes = tokenizer.quantizer.lookup(tokenizer.encode(mel))
    picture, commitment = detail(mel, codes)
    assert picture.shape == mel.shape and commitment > 0
    (picture - mel).abs().mean().backward()
    assert detail.encoder[0].weight.grad.abs().sum() > 0


@torch.inference_mode()
def test_its_generator_and_decoder_listen_to_a_prompt_for_all_cells_or_for_each() -> None:
    torch.manual_seed(0)
    part = ConvDetail(replace(SMALL, hint_dim=6)).eval()
    tokenizer = ConvTokenizer(SMALL).eval()
    first, second, said = grid(20), torch.full((2, 5, 20), HIDDEN), torch.nn.functional.normalize(torch.randn(2, 6), dim=-1)
    assert torch.equal(part.logits(first, second, said), part.logits(first, second)), "it has not learned to listen yet"
    torch.nn.init.normal_(part.generator.hint.say.weight)
    told = part.logits(first, second, said)
    assert (told - part.logits(first, second)).abs().max() > 1e-2
    everywhere = said[..., None, None].expand(-1, -1, 5, 20).clone()
    torch.testing.assert_close(part.logits(first, second, everywhere), told)
    everywhere[..., 12:] = 0.0
    apart = (part.logits(first, second, everywhere) - told).abs().amax(dim=(0, 1, 3))
    assert (apart[:6] < 1e-5).all() and (apart[12:] > 1e-2).all(), "six columns reach no further"
    for layer in part.decoder:
        if hasattr(layer, "say"):
            torch.nn.init.normal_(layer.say.weight)
    filled = grid(20, seed=1)
    assert not torch.equal(part.decode(tokenizer, first, filled, said), part.decode(tokenizer, first, filled))


@pytest.mark.parametrize(
    "bad", [{"steps": 0}, {"steps": 1000}, {"steps": 2.0}, {"token_temperature": -1.0}, {"token_temperature": float("nan")}]
)
def test_settings_that_no_run_could_honour(bad: dict) -> None:
    with pytest.raises(ValueError, match="steps"):
        DetailConfig(**bad)
