"""The light tokenizer: shapes for any length, ids in range, a codebook in use, gradients everywhere."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from engine.models.layers import Grain
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
