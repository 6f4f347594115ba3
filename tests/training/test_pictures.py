"""Losses and judges of mel pictures."""

import torch
import torch.nn.functional as F

from engine.training.pictures import PatchDiscriminator, reconstruction_loss


def mel(frames: int) -> torch.Tensor:
    return torch.rand(2, 1, 80, frames, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_loss_is_zero_only_for_the_same_picture() -> None:
    picture = mel(32)
    assert float(reconstruction_loss(picture, picture)) == 0
    assert float(reconstruction_loss(picture, picture + 0.1)) > 0.1
    blurred = picture.mean(dim=-1, keepdim=True).expand_as(picture)
    assert float(reconstruction_loss(blurred, picture)) > F.l1_loss(blurred, picture)


def test_the_adversary_judges_neighbourhoods() -> None:
    torch.manual_seed(0)
    adversary = PatchDiscriminator(8)
    picture = mel(256)
    changed = picture.clone()
    changed[:, :, :8, :8] += 0.5
    judgement, other = adversary(picture), adversary(changed)
    assert judgement.shape == (2, 1, 10, 32)
    assert not torch.equal(judgement[..., 0, 0], other[..., 0, 0])
    torch.testing.assert_close(judgement[..., 5:, 8:], other[..., 5:, 8:])
