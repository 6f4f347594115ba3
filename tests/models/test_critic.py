"""The critic's network: shapes, conditions, and a gradient for every weight it uses."""

import torch

from engine.models.critic import CriticConfig, TokenCritic
from engine.models.roles import Critic

SMALL = CriticConfig(blocks=2, width=32, heads=2, hidden=64, condition_dim=16)


def critic() -> TokenCritic:
    torch.manual_seed(0)
    return TokenCritic(SMALL).eval()


@torch.inference_mode()
def test_one_number_for_each_cell() -> None:
    network = critic()
    for cols in (1, 53, 56):
        ids = torch.randint(1024, (3, 5, cols))
        assert network.trust(ids, torch.ones(1, 16)).shape == (3, 5, cols)
        torch.testing.assert_close(network.trust(ids, None)[1:2], network.trust(ids[1:2], None), atol=1e-5, rtol=1e-4)
    assert isinstance(network, Critic)


@torch.inference_mode()
def test_condition_and_neighbours_count() -> None:
    network = critic()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    ids = torch.randint(1024, (1, 5, 53), generator=torch.Generator().manual_seed(0))
    other = ids.clone()
    other[0, 0, 0] = (other[0, 0, 0] + 1) % 1024
    with_one = network.trust(ids, torch.ones(1, 16))
    assert (with_one - network.trust(ids, None)).abs().max() > 1e-4
    assert (with_one - network.trust(ids, -torch.ones(1, 16))).abs().max() > 1e-4
    assert (with_one - network.trust(other, torch.ones(1, 16)))[0, 4, 52].abs() > 1e-6


def test_every_weight_learns() -> None:
    network = critic().train()
    ids = torch.randint(1024, (2, 5, 53))
    trust = network(ids, torch.ones(2, 16), torch.tensor([True, False]))[..., 0]
    torch.nn.functional.binary_cross_entropy_with_logits(trust, (ids % 2).float()).backward()
    assert [name for name, value in network.named_parameters() if value.grad is None or not value.grad.abs().sum() > 0] == []
