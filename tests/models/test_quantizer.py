"""The codebook: nearest by angle, always of length one, alive, and open to gradients."""

import pytest
import torch
import torch.nn.functional as F

from engine.models.quantizer import CosineQuantizer


@pytest.fixture
def quantizer() -> CosineQuantizer:
    torch.manual_seed(0)
    return CosineQuantizer(code_count=32, code_dim=8, open_calls=0)


def lengths(quantizer: CosineQuantizer) -> torch.Tensor:
    return quantizer.codebook.norm(dim=-1)


def test_nearest_is_by_angle_not_by_length(quantizer: CosineQuantizer) -> None:
    ids = torch.arange(32)
    for scale in (0.01, 1.0, 50.0):
        torch.testing.assert_close(quantizer.nearest(scale * quantizer.lookup(ids)), ids)


def test_nearest_agrees_with_a_search_over_all_angles(quantizer: CosineQuantizer) -> None:
    z = torch.randn(100, 8)
    cosine = F.cosine_similarity(z[:, None], quantizer.codebook[None], dim=-1)
    torch.testing.assert_close(quantizer.nearest(z), cosine.argmax(dim=-1))


def test_codebook_stays_of_length_one_while_it_follows_the_data(quantizer: CosineQuantizer) -> None:
    before = quantizer.codebook.clone()
    for _ in range(50):
        quantizer(3 * torch.randn(64, 8))
        torch.testing.assert_close(lengths(quantizer), torch.ones(32))
    assert not torch.equal(before, quantizer.codebook)


def test_evaluation_changes_nothing(quantizer: CosineQuantizer) -> None:
    quantizer.eval()
    before = {name: value.clone() for name, value in quantizer.named_buffers()}
    quantizer(torch.randn(64, 8))
    assert all(torch.equal(before[name], value) for name, value in quantizer.named_buffers())


def test_codes_follow_the_clusters_of_the_data(quantizer: CosineQuantizer) -> None:
    centres = F.normalize(torch.randn(4, 8), dim=-1)
    for _ in range(300):
        quantizer(centres[torch.randint(4, (256,))] + 0.01 * torch.randn(256, 8))
    closest = (centres @ quantizer.codebook.T).amax(dim=-1)
    assert (closest > 0.99).all()


def test_dead_codes_start_again_where_data_is(quantizer: CosineQuantizer) -> None:
    far = -torch.ones(8)
    with torch.no_grad():
        quantizer.codebook[:] = F.normalize(far + 0.01 * torch.randn(32, 8), dim=-1)
        quantizer.sums.copy_(quantizer.codebook)
    data = F.normalize(torch.ones(128, 8) + 0.3 * torch.randn(128, 8), dim=-1)
    for _ in range(150):
        quantizer(data)
    assert (quantizer.codebook @ F.normalize(-far, dim=-1) > 0).all()
    assert quantizer.nearest(data).unique().numel() > 16


def test_codes_in_use_are_not_restarted(quantizer: CosineQuantizer) -> None:
    data = quantizer.codebook.clone()
    for _ in range(100):
        _, ids, _ = quantizer(data)
    torch.testing.assert_close(ids, torch.arange(32))
    torch.testing.assert_close(quantizer.codebook, data)


def test_output_is_the_code_and_gradients_reach_the_input(quantizer: CosineQuantizer) -> None:
    quantizer.eval()
    z = torch.randn(16, 8, requires_grad=True)
    codes, ids, commitment = quantizer(z)
    torch.testing.assert_close(codes, quantizer.lookup(ids), atol=1e-5, rtol=1e-5)
    (codes.pow(3).sum() + commitment).backward()
    assert torch.isfinite(z.grad).all() and (z.grad.abs().sum(dim=-1) > 0).all()


def test_commitment_is_zero_on_the_codes_and_grows_away_from_them(quantizer: CosineQuantizer) -> None:
    quantizer.eval()
    assert float(quantizer(quantizer.codebook.clone())[2]) == pytest.approx(0, abs=1e-6)
    near = float(quantizer(quantizer.codebook + 0.05 * torch.randn(32, 8))[2])
    far = float(quantizer(quantizer.codebook + 0.5 * torch.randn(32, 8))[2])
    assert 0 < near < far <= 4


def test_open_calls_pass_unquantised_and_leave_codes_drawn_from_the_data() -> None:
    torch.manual_seed(0)
    quantizer = CosineQuantizer(32, 8, open_calls=3)
    corner = torch.ones(8)
    for call in range(3):
        z = corner + 0.2 * torch.randn(64, 8)
        codes, ids, commitment = quantizer(z)
        torch.testing.assert_close(codes, F.normalize(z, dim=-1))
        assert float(commitment) == 0 and ids.shape == (64,)
        drawn = bool((quantizer.codebook @ F.normalize(corner, dim=-1) > 0.8).all())
        assert drawn == (call == 2)
    started_with = quantizer.codebook.clone()
    codes, ids, _ = quantizer(corner + 0.2 * torch.randn(64, 8))
    torch.testing.assert_close(codes, started_with[ids])
    torch.testing.assert_close(lengths(quantizer), torch.ones(32))


def test_the_last_bits_of_a_pack_hold_the_codebook_only() -> None:
    assert set(CosineQuantizer(4, 2).state_dict()) == {"codebook"}
