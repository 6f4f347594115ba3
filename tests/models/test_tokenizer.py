"""The light tokenizer: shapes for any length, ids in range, a codebook in use, gradients everywhere."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F

from engine.models.layers import Grain, Hint
from engine.models.roles import Tokenizer
from engine.models.tokenizer import ConvTokenizer, ConvTokenizerConfig

SMALL = ConvTokenizerConfig(fine_channels=8, coarse_channels=16, full_channels=8, fine_blocks=1, coarse_blocks=1, code_count=64)


@pytest.fixture
def tokenizer() -> ConvTokenizer:
    torch.manual_seed(0)
    return ConvTokenizer(SMALL)


def mel(frames: int, batch: int = 2) -> torch.Tensor:
    return torch.rand(batch, 1, 80, frames, generator=torch.Generator().manual_seed(frames)) * 2 - 1


@pytest.mark.parametrize("frames", [16, 160, 848])
@torch.inference_mode()
def test_shapes(tokenizer: ConvTokenizer, frames: int) -> None:
    tokenizer.eval()
    ids = tokenizer.encode(mel(frames))
    assert ids.shape == (2, 5, frames // 16) and ids.dtype == torch.int64
    assert int(ids.min()) >= 0 and int(ids.max()) < 64
    assert tokenizer.decode(ids).shape == (2, 1, 80, frames)
    assert isinstance(tokenizer, Tokenizer)


@pytest.mark.parametrize("frames", [1, 15, 17, 100, 847])
@torch.inference_mode()
def test_encode_pads_with_the_last_frame(tokenizer: ConvTokenizer, frames: int) -> None:
    tokenizer.eval()
    picture = mel(frames)
    whole = torch.cat([picture, picture[..., -1:].expand(-1, -1, -1, -frames % 16)], dim=-1)
    torch.testing.assert_close(tokenizer.encode(picture), tokenizer.encode(whole))


@torch.inference_mode()
def test_forward_is_encode_and_decode(tokenizer: ConvTokenizer) -> None:
    tokenizer.eval()
    picture = mel(64)
    prediction, ids, commitment = tokenizer(picture)
    torch.testing.assert_close(ids, tokenizer.encode(picture))
    torch.testing.assert_close(prediction, tokenizer.decode(ids), atol=1e-4, rtol=1e-4)
    assert commitment.shape == ()


@torch.inference_mode()
def test_clips_of_a_batch_do_not_mix(tokenizer: ConvTokenizer) -> None:
    tokenizer.eval()
    picture = mel(48, batch=3)
    torch.testing.assert_close(tokenizer.encode(picture)[1:2], tokenizer.encode(picture[1:2]))


def test_gradients_flow_to_every_weight(tokenizer: ConvTokenizer) -> None:
    tokenizer.quantizer.open_calls = 0
    for block in [m for m in tokenizer.modules() if hasattr(m, "conv2")]:
        torch.nn.init.normal_(block.conv2.weight, std=0.1)
    prediction, _, commitment = tokenizer(mel(32))
    (F.l1_loss(prediction, mel(32)) + commitment).backward()
    without = [name for name, value in tokenizer.named_parameters() if value.grad is None or not value.grad.abs().sum() > 0]
    assert without == []


def test_training_keeps_codes_normalised_and_in_use(tokenizer: ConvTokenizer) -> None:
    tokenizer.quantizer.open_calls = 3
    optimizer = torch.optim.AdamW(tokenizer.parameters(), 2e-3)
    picture = mel(64, batch=4)
    losses = []
    for _ in range(15):
        prediction, ids, commitment = tokenizer(picture)
        loss = F.l1_loss(prediction, picture) + 0.25 * commitment
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        torch.testing.assert_close(tokenizer.quantizer.codebook.norm(dim=-1), torch.ones(64))
    assert losses[-1] < losses[0]
    assert ids.unique().numel() > 16


class TestGrain:
    @pytest.fixture
    def grained(self) -> ConvTokenizer:
        torch.manual_seed(0)
        return ConvTokenizer(replace(SMALL, grain=3)).eval()

    def test_the_same_codes_give_the_same_picture(self, grained: ConvTokenizer) -> None:
        ids = torch.randint(0, 64, (1, 5, 6))
        assert torch.equal(grained.decode(ids), grained.decode(ids))
        torch.testing.assert_close(grained.decode(ids.repeat(3, 1, 1))[2:], grained.decode(ids))

    def test_noise_does_not_depend_on_the_length(self) -> None:
        grain = Grain(4, 2).eval()
        long, short = grain(torch.zeros(1, 4, 5, 9)), grain(torch.zeros(1, 4, 5, 6))
        torch.testing.assert_close(long[..., :6], short)

    def test_noise_differs_from_cell_to_cell_and_while_training_from_time_to_time(self) -> None:
        grain, blank = Grain(4, 2), torch.zeros(2, 4, 5, 9)
        assert not torch.equal(grain(blank), grain(blank))
        still = grain.eval()(blank)[0]
        assert len(still.flatten().unique()) == still.numel()

    def test_without_grain_the_weights_keep_their_names(self, tokenizer: ConvTokenizer, grained: ConvTokenizer) -> None:
        assert len(grained.decoder) == len(tokenizer.decoder) + 3
        assert not any("mix" in name for name in tokenizer.state_dict())


class TestHints:
    @pytest.fixture
    def listening(self) -> ConvTokenizer:
        torch.manual_seed(0)
        return ConvTokenizer(replace(SMALL, hint_dim=4)).eval()

    @pytest.fixture
    def loud(self, listening: ConvTokenizer) -> ConvTokenizer:
        for layer in listening.decoder:
            if isinstance(layer, Hint):
                torch.nn.init.normal_(layer.say.weight)
        return listening

    IDS = torch.arange(60).reshape(1, 5, 12)
    RAIN, BARK = (torch.eye(4)[place : place + 1] for place in (0, 1))

    @torch.inference_mode()
    def test_before_it_has_learned_nothing_that_is_said_matters(self, listening: ConvTokenizer) -> None:
        torch.testing.assert_close(listening.decode(self.IDS, self.RAIN), listening.decode(self.IDS))

    @torch.inference_mode()
    def test_what_is_said_changes_the_picture(self, loud: ConvTokenizer) -> None:
        pictures = [loud.decode(self.IDS, said) for said in (None, self.RAIN, self.BARK)]
        assert all((a - b).abs().mean() > 0.01 for a, b in pairwise([*pictures, pictures[0]]))

    @torch.inference_mode()
    def test_one_vector_is_that_vector_in_every_cell(self, loud: ConvTokenizer) -> None:
        cells = self.RAIN[..., None, None].expand(-1, -1, 5, 12)
        torch.testing.assert_close(loud.decode(self.IDS, cells), loud.decode(self.IDS, self.RAIN))

    @torch.inference_mode()
    def test_one_vector_serves_a_batch(self, loud: ConvTokenizer) -> None:
        twice = loud.decode(self.IDS.repeat(2, 1, 1), self.RAIN)
        torch.testing.assert_close(twice[1:], loud.decode(self.IDS, self.RAIN))

    @torch.inference_mode()
    def test_cells_are_told_apart(self, loud: ConvTokenizer) -> None:
        cells = torch.cat([self.RAIN[..., None, None].expand(-1, -1, 5, 6), self.BARK[..., None, None].expand(-1, -1, 5, 6)], dim=-1)
        gap = (loud.decode(self.IDS, cells) - loud.decode(self.IDS, self.RAIN)).abs()
        # The norms look at the whole picture, so a little changes everywhere.
        assert gap[..., 112:].mean() > 3 * gap[..., :80].mean()
