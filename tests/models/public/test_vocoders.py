"""Public vocoders against the originals' own output, and full-size networks against the originals' names and shapes."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from engine.models.public.bigvgan import BigVgan, BigVganConfig, LowPass, Snake, Upsampler, bigvgan_config, kaiser_sinc_filter
from engine.models.public.checkpoint_files import folded
from engine.models.public.hifigan import HifiGan, HifiGanConfig, hifigan_config, natural_log_mel
from engine.models.public.melgan import MelGan, MelGanConfig, melgan_config
from engine.models.public.settings_file import Settings, read_settings
from engine.models.public.specvqgan_checkpoint import specvqgan_config, specvqgan_weights
from engine.models.public.vocos import FourierHead, Vocos, VocosConfig, vocos_config
from engine.models.roles import Vocoder
from engine.models.specvqgan import SpecVqganConfig, SpecVqganTokenizer
from engine.types import EngineError

GOLDEN = Path(__file__).parents[2] / "golden"
FAMILIES = {
    "hifigan_v1_small": (hifigan_config, HifiGan),
    "bigvgan_v2_22khz_80band_256x_small": (bigvgan_config, BigVgan),
    "bigvsan_24khz_100band_small": (bigvgan_config, BigVgan),
    "specvqgan_melgan_small": (melgan_config, MelGan),
}
TOLERANCE = 1e-4


@cache
def vectors(name: str) -> dict[str, np.ndarray]:
    with np.load(GOLDEN / f"{name}.npz", allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def tensors(name: str) -> dict[str, Tensor]:
    return {key[3:]: torch.from_numpy(value) for key, value in vectors(name).items() if key.startswith("sd/")}


@cache
def network_of(name: str) -> nn.Module:
    config, build = FAMILIES[name]
    network = build(config(Settings(json.loads(str(vectors(name)["config_json"])), name)))
    network.load_state_dict(folded(tensors(name), name))
    return network.eval()


def distance(found: Tensor, expected: np.ndarray) -> float:
    assert tuple(found.shape) == expected.shape
    return float(np.abs(found.numpy() - expected).max())


@pytest.mark.parametrize("name", FAMILIES)
@torch.inference_mode()
def test_samples_agree_with_the_original(name: str) -> None:
    golden = vectors(name)
    assert distance(network_of(name)(torch.from_numpy(golden["in/mel"])), golden["out/wav"]) < TOLERANCE


@pytest.mark.parametrize("name", ["hifigan_v1_small", "bigvgan_v2_22khz_80band_256x_small"])
@torch.inference_mode()
def test_layers_agree_with_the_original(name: str) -> None:
    golden, network = vectors(name), network_of(name)
    first = network.conv_pre(torch.from_numpy(golden["in/mel"]))
    assert distance(first, golden["mid/conv_pre"]) < TOLERANCE
    up = network.ups[0][0](first) if isinstance(network, BigVgan) else network.ups[0](nn.functional.leaky_relu(first, 0.1))
    assert distance(up, golden["mid/ups0"]) < TOLERANCE
    assert distance(network.resblocks[0](torch.from_numpy(golden["mid/ups0"])), golden["mid/resblock0"]) < TOLERANCE


@torch.inference_mode()
def test_anti_aliased_activation_agrees_with_the_original() -> None:
    golden = vectors("antialias_snakebeta_unit")
    x = torch.from_numpy(golden["in/x"])
    assert distance(kaiser_sinc_filter(), golden["filter_up"]) < 1e-7 and distance(kaiser_sinc_filter(), golden["filter_down"]) < 1e-7
    up, down = Upsampler(), LowPass()
    assert distance(up(x), golden["out/upsampled"]) < 1e-6
    assert distance(down(up(x)), golden["out/down_of_up"]) < 1e-6
    beta, plain = Snake(6, True, log_scale=True), Snake(6, False, log_scale=False)
    beta.load_state_dict({name: torch.from_numpy(golden[name]) for name in ("alpha", "beta")})
    plain.load_state_dict({"alpha": torch.from_numpy(golden["snake_alpha_linear"])})
    assert distance(beta(x), golden["out/snakebeta_only"]) < 1e-5
    assert distance(down(beta(up(x))), golden["out/activation1d"]) < 1e-5
    assert distance(plain(x), golden["out/snake_linear_only"]) < 1e-5


def public_bigvgan(bands: int, **changes: object) -> BigVganConfig:
    return BigVganConfig(bands=bands, **changes)


FIRST = {"tanh": True, "final_bias": True}
BASE = {"channels": 512, "rates": (8, 8, 2, 2), "kernels": (16, 16, 4, 4)}
SAN = {"activation": "snake", "log_scale": False, **FIRST}
PUBLIC: dict[str, tuple[type[nn.Module], object]] = {
    "hifigan_v1": (HifiGan, HifiGanConfig()),
    "hifigan_v2": (HifiGan, HifiGanConfig(channels=128)),
    "hifigan_v3": (
        HifiGan,
        HifiGanConfig(
            channels=256,
            rates=(8, 8, 4),
            kernels=(16, 16, 8),
            block_type="2",
            block_kernels=(3, 5, 7),
            block_dilations=((1, 2), (2, 6), (3, 12)),
        ),
    ),
    "bigvgan_v2_22khz_80band_256x": (BigVgan, public_bigvgan(80)),
    "bigvgan_v2_22khz_80band_fmax8k_256x": (BigVgan, public_bigvgan(80, f_max_hz=8000.0)),
    "bigvgan_v2_24khz_100band_256x": (BigVgan, public_bigvgan(100, sample_rate=24000)),
    "bigvgan_v2_44khz_128band_256x": (BigVgan, public_bigvgan(128, sample_rate=44100)),
    "bigvgan_v2_44khz_128band_512x": (
        BigVgan,
        public_bigvgan(128, hop_samples=512, window_samples=2048, rates=(8, 4, 2, 2, 2, 2), kernels=(16, 8, 4, 4, 4, 4)),
    ),
    "bigvgan_22khz_80band": (BigVgan, public_bigvgan(80, **FIRST)),
    "bigvgan_24khz_100band": (BigVgan, public_bigvgan(100, **FIRST)),
    "bigvgan_base_22khz_80band": (BigVgan, public_bigvgan(80, **FIRST, **BASE)),
    "bigvgan_base_24khz_100band": (BigVgan, public_bigvgan(100, **FIRST, **BASE)),
    "bigvsan_22khz_80band": (BigVgan, public_bigvgan(80, **SAN)),
    "bigvsan_24khz_100band": (BigVgan, public_bigvgan(100, **SAN)),
    "specvqgan_melgan": (MelGan, MelGanConfig()),
}


def with_weight_norm(network: nn.Module) -> dict[str, list[int]]:
    """Names and shapes of a checkpoint that was saved with weight norm on every convolution."""
    layout = {name: list(value.shape) for name, value in network.state_dict().items()}
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv1d | nn.ConvTranspose1d):
            shape = layout.pop(f"{name}.weight")
            layout |= {f"{name}.weight_v": shape, f"{name}.weight_g": [shape[0], 1, 1]}
    return layout


@pytest.mark.parametrize("name", PUBLIC)
def test_full_size_has_the_public_names_and_shapes(name: str) -> None:
    public = json.loads((GOLDEN / "keys" / f"{name}.json").read_text())
    build, config = PUBLIC[name]
    with torch.device("meta"):
        network = build(config)
    assert with_weight_norm(network) == public["state_dict"]
    # Counted with the magnitudes of weight norm, which are no parameters any more.
    magnitudes = sum(shape[0] for key, shape in public["state_dict"].items() if key.endswith("weight_g"))
    assert sum(p.numel() for p in network.parameters()) + magnitudes == public["n_params_with_weight_norm"]
    assert isinstance(network, Vocoder)


@pytest.mark.parametrize(("name", "codes"), [("vas", 128), ("vggsound", 1024)])
def test_codebooks_have_the_public_names_and_shapes(name: str, codes: int) -> None:
    public = json.loads((GOLDEN / "keys" / f"specvqgan_{name}_codebook.json").read_text())
    with torch.device("meta"):
        network = SpecVqganTokenizer(SpecVqganConfig(code_count=codes))
        stored = public["state_dict"] | public["state_dict_training_only_loss"]
        kept = specvqgan_weights({key: torch.empty(shape) for key, shape in stored.items()})
        inside = specvqgan_weights({f"first_stage_model.{key}": torch.empty(shape) for key, shape in stored.items()})
    assert {key: list(value.shape) for key, value in network.state_dict().items()} == public["state_dict"]
    assert kept.keys() == inside.keys() == network.state_dict().keys()


def test_codebook_settings_are_read_from_golden_config() -> None:
    config = specvqgan_config(Settings(json.loads(str(vectors("specvqgan_vqmodel_tiny")["config_json"])), "config.json"))
    assert config == SpecVqganConfig(32, (1, 1, 1, 1, 2), 1, 32, 128, 32)


@pytest.mark.parametrize("layout", ["weight_g", "parametrizations", "plain"])
@torch.inference_mode()
def test_all_layouts_of_weight_norm_fold_alike(layout: str) -> None:
    stored = tensors("bigvgan_v2_22khz_80band_256x_small")
    expected = folded(stored, "golden")
    if layout == "plain":
        stored = expected
    elif layout == "parametrizations":
        stored = {
            key.replace("weight_g", "parametrizations.weight.original0").replace("weight_v", "parametrizations.weight.original1"): value
            for key, value in stored.items()
        }
    found = folded(stored, "golden")
    assert found.keys() == expected.keys() and all(torch.equal(found[key], expected[key]) for key in expected)


def test_folding_is_that_of_torch() -> None:
    torch.manual_seed(0)
    layer = nn.utils.parametrizations.weight_norm(nn.ConvTranspose1d(6, 4, 8))
    layer.parametrizations.weight.original0.data *= 1.7
    found = folded({f"up.{key}": value for key, value in layer.state_dict().items()}, "checkpoint")
    assert found.keys() == {"up.bias", "up.weight"}
    torch.testing.assert_close(found["up.weight"], layer.weight.detach(), rtol=1e-6, atol=1e-7)


@given(st.floats(-140, 60))
def test_decibels_become_natural_logarithms_of_amplitude(level_db: float) -> None:
    amplitude = max(10 ** (level_db / 20), 1e-5)
    assert float(natural_log_mel(torch.tensor([level_db], dtype=torch.float64))) == pytest.approx(math.log(amplitude), abs=1e-6)


@pytest.mark.parametrize("name", FAMILIES)
@torch.inference_mode()
def test_the_role_takes_decibels(name: str) -> None:
    network, mel = network_of(name), torch.from_numpy(vectors(name)["in/mel"])
    if isinstance(network, MelGan):
        expected = network(torch.cat([mel[..., :1], mel], dim=-1))[:, 0, 128:-128]
        found = network.synthesise(mel.clamp(0, 1) * 100 - 80)
    else:
        mel = mel.clamp_min(math.log(1e-5))
        expected = network(mel)[:, 0]
        found = network.synthesise(mel * (20 / math.log(10)))
    assert found.shape == (1, mel.shape[-1] * network.config.hop_samples)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("block_type", ["1", "2"])
@pytest.mark.parametrize("frames", [1, 2, 7])
@torch.inference_mode()
def test_every_size_makes_one_hop_of_samples_from_each_frame(block_type: str, frames: int) -> None:
    sizes = {"bands": 6, "channels": 8, "rates": (4, 2), "kernels": (8, 4), "hop_samples": 8, "block_type": block_type}
    for network in (HifiGan(HifiGanConfig(**sizes)), BigVgan(BigVganConfig(**sizes))):
        assert network.synthesise(torch.full((2, 6, frames), -30.0)).shape == (2, 8 * frames)
    assert MelGan(MelGanConfig(bands=6, channels=1)).synthesise(torch.full((2, 6, frames), -30.0)).shape == (2, 256 * frames)


@pytest.mark.parametrize(
    "changes",
    [
        {"hop_samples": 300},
        {"block_type": "3"},
        {"rates": (8, 8, 4)},
        {"kernels": (4, 16, 4, 4)},
        {"channels": 8},
        {"block_kernels": (3, 7)},
        {"block_kernels": (4, 7, 11)},
    ],
)
def test_impossible_sizes_are_refused(changes: dict) -> None:
    with pytest.raises(ValueError):
        HifiGanConfig(**changes)


@torch.inference_mode()
def test_vocos_has_the_public_size_and_names() -> None:
    with torch.device("meta"):
        network = Vocos()
    names = network.state_dict()
    assert names["backbone.embed.weight"].shape == (512, 100, 7) and names["head.out.weight"].shape == (1026, 512)
    assert names["backbone.convnext.7.pwconv1.weight"].shape == (1536, 512) and names["head.istft.window"].shape == (1024,)
    blocks = {key.split(".", 3)[3] for key in names if key.startswith("backbone.convnext.0.")}
    assert blocks == {"gamma"} | {f"{part}.{kind}" for part in ("dwconv", "norm", "pwconv1", "pwconv2") for kind in ("weight", "bias")}


@torch.inference_mode()
def test_vocos_head_undoes_the_transform() -> None:
    torch.manual_seed(1)
    head, frames = FourierHead(VocosConfig()), 12
    samples = torch.randn(2, (frames - 1) * 256)
    spectrum = torch.stft(samples, 1024, 256, window=head.istft.window, center=True, return_complex=True)
    expected = torch.istft(spectrum, 1024, 256, window=head.istft.window, center=True)
    found = head.overlap_add(spectrum, 512)
    assert found.shape == expected.shape == samples.shape
    torch.testing.assert_close(found, samples, rtol=0, atol=1e-5)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("padding", "samples"), [("center", 8 * 256), ("same", 9 * 256)])
@torch.inference_mode()
def test_vocos_lengths_and_places(padding: str, samples: int) -> None:
    torch.manual_seed(2)
    network = Vocos(VocosConfig(width=16, hidden=24, blocks=2, padding=padding)).eval()
    log_mel_db = torch.rand(1, 100, 9) * 60 - 60
    public = network(natural_log_mel(log_mel_db, math.log(1e-7)))
    ours = network.synthesise(log_mel_db)
    assert public.shape == (1, samples) and ours.shape == (1, 9 * 256)
    shifted = ours[:, 128:-128] if padding == "center" else ours
    torch.testing.assert_close(shifted[:, 512:-512], public[:, 512:-512].clamp(-1, 1), rtol=0, atol=1e-5)


def test_vocos_settings_are_read_and_know_their_mel(tmp_path: Path) -> None:
    text = """
feature_extractor:
  class_path: vocos.feature_extractors.MelSpectrogramFeatures
  init_args:
    sample_rate: 24000
    n_fft: 1024
    hop_length: 256
    n_mels: 100
    padding: center

backbone:
  class_path: vocos.models.VocosBackbone
  init_args:
    input_channels: 100
    dim: 512
    intermediate_dim: 1536
    num_layers: 8

head:
  class_path: vocos.heads.ISTFTHead
  init_args:
    dim: 512
    n_fft: 1024
    hop_length: 256
    padding: center
"""
    path = tmp_path / "config.yaml"
    path.write_text(text)
    config = vocos_config(Settings(read_settings(path), path.name))
    assert config == VocosConfig() and config.mel_scale == "htk"
    path.write_text(text.replace("dim: 512", "dim: 256", 1))
    with pytest.raises(EngineError, match=r"config\.yaml has parts that do not fit each other"):
        vocos_config(Settings(read_settings(path), path.name))
