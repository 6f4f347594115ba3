"""Losses and judges of mel pictures."""

import torch
import torch.nn.functional as F

from engine.training.pictures import PatchDiscriminator, PictureDiscriminators, reconstruction_loss


def mel(frames: int) -> torch.Tensor:
    return torch.rand(2, 1, 80, frames, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_loss_is_zero_only_for_the_same_picture() -> None:
    picture = mel(32)
    assert float(reconstruction_loss(picture, picture)) == 0
    assert float(reconstruction_loss(picture, picture + 0.1)) > 0.1
    blurred = picture.mean(dim=-1, keepdim=True).expand_as(picture)
    assert float(reconstruction_loss(blurred, picture)) > F.l1_loss(blurred, picture)


def test_the_adversaries_judge_neighbourhoods() -> None:
    judgement, features = PatchDiscriminator(8)(mel(256))
    assert judgement.shape == (2, 1, 10, 32) and len(features) == 4
    assert len(PictureDiscriminators(8)(mel(256))) == 2
