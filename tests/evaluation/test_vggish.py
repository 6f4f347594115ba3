"""VGGish: the front end gives what the public one gives; the network has the public file's form."""

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.evaluation.vggish import Vggish, read_vggish, vggish_examples
from engine.types import EngineError

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "vggish_frontend.npz", allow_pickle=False)
SHAPES = {
    "features.0.weight": (64, 1, 3, 3),
    "features.3.weight": (128, 64, 3, 3),
    "features.6.weight": (256, 128, 3, 3),
    "features.8.weight": (256, 256, 3, 3),
    "features.11.weight": (512, 256, 3, 3),
    "features.13.weight": (512, 512, 3, 3),
    "embeddings.0.weight": (4096, 12288),
    "embeddings.2.weight": (4096, 4096),
    "embeddings.4.weight": (128, 4096),
}


def test_front_end_is_the_public_one() -> None:
    examples = vggish_examples(GOLDEN["in/wave_int16_16k"] / 32768.0)
    np.testing.assert_allclose(examples, GOLDEN["out/examples"], atol=1e-4)


@pytest.mark.parametrize(("samples", "count"), [(100, 0), (15_599, 0), (15_600, 1), (160_000, 10)])
def test_patches_of_almost_a_second(samples: int, count: int) -> None:
    assert vggish_examples(np.zeros(samples)).shape == (count, 1, 96, 64)


def test_network_has_the_form_of_the_public_file() -> None:
    with torch.device("meta"):
        network = Vggish()
        own = {name: tuple(value.shape) for name, value in network.state_dict().items()}
        assert {name: shape for name, shape in own.items() if name.endswith("weight")} == SHAPES
    assert sum(value.numel() for value in network.parameters()) == 72_141_184


@pytest.mark.slow
def test_weights_are_checked_and_sounds_embedded() -> None:
    weights = {name: torch.zeros(shape) for name, shape in SHAPES.items()}
    weights |= {name.replace("weight", "bias"): torch.zeros(shape[0]) for name, shape in SHAPES.items()}
    weights["embeddings.4.bias"] = torch.full((128,), -2.0)
    network = read_vggish(weights | {"pproc.pca_eigen_vectors": torch.zeros(1)}, "vggish.pth")
    embedded = network.embed(np.zeros(16_000))
    assert embedded.shape == (1, 128) and (embedded == -2).all(), "the last rectifier must be gone"
    assert network.embed(np.zeros(1000)).shape == (1, 128)
    with pytest.raises(EngineError, match=r"features\.0\.weight"):
        read_vggish({name: value for name, value in weights.items() if name != "features.0.weight"}, "vggish.pth")
    with pytest.raises(EngineError, match=r"features\.0\.bias"):
        read_vggish(weights | {"features.0.bias": torch.zeros(3)}, "vggish.pth")
