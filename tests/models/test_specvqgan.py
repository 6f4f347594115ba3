"""The paper's tokenizer against the original's own output."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.models.roles import Tokenizer
from engine.models.specvqgan import SpecVqganConfig, SpecVqganTokenizer

FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN = np.load(FOLDER / "specvqgan_vqmodel_tiny.npz", allow_pickle=False)


@pytest.fixture(scope="module")
def tiny() -> SpecVqganTokenizer:
    upstream = json.loads(str(GOLDEN["config_json"]))
    network = SpecVqganTokenizer(
        SpecVqganConfig(
            channels=upstream["ddconfig"]["ch"],
            multipliers=tuple(upstream["ddconfig"]["ch_mult"]),
            residual_blocks=upstream["ddconfig"]["num_res_blocks"],
            z_channels=upstream["ddconfig"]["z_channels"],
            code_count=upstream["n_embed"],
            code_dim=upstream["embed_dim"],
        )
    )
    network.load_state_dict({key[3:]: torch.from_numpy(GOLDEN[key]) for key in GOLDEN.files if key.startswith("sd/")})
    return network.eval()


@torch.inference_mode()
def test_codes_are_equal(tiny: SpecVqganTokenizer) -> None:
    ids = tiny.encode(torch.from_numpy(GOLDEN["in/x"]))
    np.testing.assert_array_equal(ids.numpy(), GOLDEN["out/indices"])


@torch.inference_mode()
def test_reconstruction_and_loss_agree(tiny: SpecVqganTokenizer) -> None:
    decoded, ids, loss = tiny(torch.from_numpy(GOLDEN["in/x"]))
    np.testing.assert_array_equal(ids.numpy(), GOLDEN["out/indices"])
    assert np.abs(decoded.numpy() - GOLDEN["out/decoded"]).max() < 1e-4
    assert abs(float(loss) - float(GOLDEN["out/quant_loss"])) < 1e-4


@torch.inference_mode()
def test_any_codes_decode_alike(tiny: SpecVqganTokenizer) -> None:
    decoded = tiny.decode(torch.from_numpy(GOLDEN["in/random_indices"]).long())
    assert np.abs(decoded.numpy() - GOLDEN["out/decoded_random"]).max() < 1e-4


def test_full_size_has_the_public_keys_and_shapes() -> None:
    public = json.loads((FOLDER / "specvqgan_vggsound_keys.json").read_text())
    with torch.device("meta"):
        network = SpecVqganTokenizer()
    assert {key: list(value.shape) for key, value in network.state_dict().items()} == public["state_dict"]
    assert sum(p.numel() for p in network.parameters()) == public["parameters"] == 72_137_089
    assert isinstance(network, Tokenizer)
