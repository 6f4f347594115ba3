"""Vocoders in configurations that were never published, against the formulas of their papers written out step by step."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from scipy.signal import kaiser_beta
from scipy.signal.windows import kaiser
from torch import Tensor, nn

from engine.models.public.bigvgan import AntiAliased, BigVgan, LowPass, Snake, Upsampler, bigvgan_config, kaiser_sinc_filter
from engine.models.public.checkpoint_files import check_weights, folded
from engine.models.public.hifigan import HifiGan, hifigan_config
from engine.models.public.melgan import MelGan, MelGanConfig
from engine.models.public.settings_file import Settings
from engine.models.public.vocos import Vocos, VocosConfig, vocos_config
from engine.types import EngineError

TOLERANCE = 1e-5
SIZES = {
    "num_mels": 100,
    "upsample_initial_channel": 20,
    "upsample_rates": [4, 2],
    "upsample_kernel_sizes": [8, 4],
    "resblock": "1",
    "resblock_kernel_sizes": [3, 7],
    "resblock_dilation_sizes": [[1, 3, 5], [1, 2, 4]],
    "sampling_rate": 24000,
    "hop_size": 8,
    "n_fft": 32,
    "win_size": 32,
    "fmin": 0,
    "fmax": None,
}
SNAKE = {"activation": "snake", "snake_logscale": False}


def random_weights(network: nn.Module, layout: tuple[str, str]) -> dict[str, Tensor]:
    """Weights with weight norm on every convolution, in one of the layouts."""
    torch.manual_seed(3)
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv1d | nn.ConvTranspose1d):
            v = torch.randn_like(weights.pop(f"{name}.weight"))
            scale = 1.0 / v[0].numel() ** 0.5 if isinstance(module, nn.Conv1d) else 1.0
            weights[f"{name}.{layout[0]}"] = (torch.rand(len(v), 1, 1) + 0.5) * scale * v.flatten(1).norm(dim=1).mean()
            weights[f"{name}.{layout[1]}"] = v
        elif isinstance(module, Snake):
            for kind in dict(module.named_parameters()):
                weights[f"{name}.{kind}"] = torch.rand_like(weights[f"{name}.{kind}"]) * 0.6 + 0.7
    return weights


class Reference:
    """The generators' plan, read from the original's settings and the stored names."""

    def __init__(self, settings: dict, weights: dict[str, Tensor], layout: tuple[str, str]) -> None:
        self.c, self.w, self.layout = settings, weights, layout
        self.big = "activation" in settings

    def weight(self, name: str) -> tuple[Tensor, Tensor | None]:
        g, v = (self.w[f"{name}.{part}"].float() for part in self.layout)
        return torch._weight_norm(v, g, 0).double(), self.w.get(f"{name}.bias")

    def conv(self, name: str, x: Tensor, dilation: int = 1) -> Tensor:
        weight, bias = self.weight(name)
        return F.conv1d(x, weight, bias, dilation=dilation, padding=(weight.shape[-1] - 1) * dilation // 2)

    def act(self, name: str, x: Tensor, slope: float = 0.1) -> Tensor:
        if not self.big:
            return F.leaky_relu(x, slope)
        alpha = self.w[f"{name}.act.alpha"]
        beta = self.w[f"{name}.act.beta"] if self.c["activation"] == "snakebeta" else alpha
        if self.c["snake_logscale"]:
            alpha, beta = alpha.exp(), beta.exp()
        up = raised(x, taps_of(2, 12), 2)
        return lowered(up + torch.sin(up * alpha[:, None]) ** 2 / beta[:, None], taps_of(2, 12), 2)

    def block(self, name: str, x: Tensor, dilations: list[int]) -> Tensor:
        for i, dilation in enumerate(dilations[:3] if self.c["resblock"] == "1" else dilations[:2]):
            if self.c["resblock"] == "1":
                inner = self.conv(f"{name}.convs1.{i}", self.act(f"{name}.activations.{2 * i}", x), dilation)
                x = x + self.conv(f"{name}.convs2.{i}", self.act(f"{name}.activations.{2 * i + 1}", inner))
            else:
                x = x + self.conv(f"{name}.convs.{i}", self.act(f"{name}.activations.{i}", x), dilation)
        return x

    def __call__(self, mel: Tensor) -> Tensor:
        c, x = self.c, self.conv("conv_pre", mel)
        kinds = list(zip(c["resblock_kernel_sizes"], c["resblock_dilation_sizes"], strict=False))
        for i, (rate, kernel) in enumerate(zip(c["upsample_rates"], c["upsample_kernel_sizes"], strict=True)):
            weight, bias = self.weight(f"ups.{i}.0" if self.big else f"ups.{i}")
            x = x if self.big else F.leaky_relu(x, 0.1)
            x = F.conv_transpose1d(x, weight, bias, stride=rate, padding=(kernel - rate) // 2)
            blocks = [self.block(f"resblocks.{i * len(kinds) + j}", x, dilations) for j, (_, dilations) in enumerate(kinds)]
            x = torch.stack(blocks).mean(dim=0)
        x = self.conv("conv_post", self.act("activation_post", x, 0.01))
        return x.tanh() if c.get("use_tanh_at_final", True) else x.clamp(-1, 1)


def taps_of(ratio: int, count: int) -> Tensor:
    """Kaiser's window over a sinc, by scipy."""
    attenuation_db = 2.285 * (count // 2 - 1) * math.pi * 4 * 0.6 / ratio + 7.95
    times = torch.arange(count) - (count // 2 if count % 2 else (count - 1) / 2)
    kernel = torch.from_numpy(kaiser(count, kaiser_beta(attenuation_db))) * torch.sinc(times / ratio)
    return kernel / kernel.sum()


def raised(x: Tensor, taps: Tensor, ratio: int) -> Tensor:
    """Every output as a sum over all inputs, the first and the last repeated for ever."""
    length, count = x.shape[-1], len(taps)
    n = torch.arange(-count, length + count)
    at = torch.arange(length * ratio)[:, None] + (count - ratio) // 2 - n * ratio
    matrix = torch.where((at >= 0) & (at < count), taps[at.clamp(0, count - 1)], torch.zeros((), dtype=taps.dtype))
    return ratio * x[..., n.clamp(0, length - 1)] @ matrix.T


def lowered(x: Tensor, taps: Tensor, ratio: int) -> Tensor:
    at = torch.arange(0, x.shape[-1], ratio)[:, None] + torch.arange(len(taps)) - (len(taps) - 1) // 2
    return (x[..., at.clamp(0, x.shape[-1] - 1)] * taps).sum(dim=-1)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"resblock": "2", "num_mels": 128},
        {"resblock": "2", "resblock_dilation_sizes": [[1, 2], [2, 6], [3, 12]]},
        {"upsample_rates": [5, 2], "upsample_kernel_sizes": [10, 4], "hop_size": 10},
        {**SNAKE, "resblock": "2"},
        {**SNAKE, "snake_logscale": True, "use_tanh_at_final": False},
        {**SNAKE, "activation": "snakebeta", "use_bias_at_final": False},
        {**SNAKE, "activation": "snakebeta", "snake_logscale": True, "use_tanh_at_final": False, "use_bias_at_final": False},
    ],
)
@pytest.mark.parametrize("layout", [("weight_g", "weight_v"), ("parametrizations.weight.original0", "parametrizations.weight.original1")])
@torch.inference_mode()
def test_generators_of_other_sizes_follow_the_formulas(changes: dict, layout: tuple[str, str]) -> None:
    settings = {**SIZES, **changes}
    read, build = (bigvgan_config, BigVgan) if "activation" in settings else (hifigan_config, HifiGan)
    network = build(read(Settings(settings, "config.json"))).eval().double()
    weights = random_weights(network, layout)
    plain = {name: value.double() for name, value in folded(weights, "checkpoint").items()}
    check_weights(network, plain, "checkpoint")
    network.load_state_dict(plain)
    mel = torch.randn(2, settings["num_mels"], 7, dtype=torch.float64)
    expected = Reference(settings, {name: value.double() for name, value in weights.items()}, layout)(mel)
    found = network(mel)
    assert found.shape == expected.shape and float(expected.std()) > 0.01
    torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE)
    assert network.synthesise(mel).shape == (2, 7 * settings["hop_size"])


@pytest.mark.parametrize(("ratio", "count"), [(2, 12), (2, 8), (2, 4), (2, 11), (3, 18), (3, 13), (4, 24), (4, 12), (1, 12)])
@torch.inference_mode()
def test_rates_change_by_any_ratio_with_any_taps(ratio: int, count: int) -> None:
    x, taps = torch.randn(2, 3, 31, dtype=torch.float64), taps_of(ratio, count)
    torch.testing.assert_close(kaiser_sinc_filter(ratio, count).flatten().double(), taps, rtol=0, atol=1e-6)
    torch.testing.assert_close(Upsampler(ratio, count).double()(x), raised(x, taps, ratio), rtol=0, atol=TOLERANCE)
    torch.testing.assert_close(LowPass(ratio, count).double()(x), lowered(x, taps, ratio), rtol=0, atol=TOLERANCE)
    assert Upsampler(ratio).filter.shape[-1] == LowPass(ratio).filter.shape[-1] == 6 * ratio


@torch.inference_mode()
def test_activations_pass_through_unlike_rates() -> None:
    unit = AntiAliased(nn.Softplus(), 4, 2, up_taps=16, down_taps=9).double()
    x = torch.randn(1, 2, 13, dtype=torch.float64)
    expected = lowered(F.softplus(raised(x, taps_of(4, 16), 4)), taps_of(2, 9), 2)
    torch.testing.assert_close(unit(x), expected, rtol=0, atol=TOLERANCE)
    with pytest.raises(ValueError, match="too few"):
        Upsampler(4, 3)


@pytest.mark.parametrize("layers", [0, 1, 4])
@torch.inference_mode()
def test_melgan_has_any_number_of_layers(layers: int) -> None:
    network = MelGan(MelGanConfig(bands=6, channels=2, residual_layers=layers))
    mel = torch.rand(1, 6, 8)
    x = mel
    for module in network.model:
        if isinstance(module, nn.Conv1d):
            x = F.conv1d(F.pad(x, (3, 3), "reflect"), module.weight, module.bias)
        elif isinstance(module, nn.ConvTranspose1d):
            x = F.conv_transpose1d(x, module.weight, module.bias, stride=module.stride, padding=module.stride[0] // 2)
        elif hasattr(module, "shortcut"):
            dilation = module.block[2].dilation[0]
            inner = F.pad(F.leaky_relu(x, 0.2), (dilation, dilation), "reflect")
            x = module.shortcut(x) + module.block[4](F.leaky_relu(module.block[2](inner), 0.2))
        elif isinstance(module, nn.LeakyReLU):
            x = F.leaky_relu(x, 0.2)
    dilations = [m.block[2].dilation[0] for m in network.model if hasattr(m, "shortcut")]
    assert dilations == [3**i for i in range(layers)] * 4
    torch.testing.assert_close(network(mel), x.tanh(), rtol=0, atol=TOLERANCE)


def vocos_settings(**parts: dict) -> Settings:
    body = {"input_channels": 100, "dim": 12, "intermediate_dim": 20, "num_layers": 3, **parts.get("backbone", {})}
    head = {"dim": 12, "n_fft": 1024, "hop_length": 256, **parts.get("head", {})}
    return Settings(
        {
            "feature_extractor": {"class_path": "vocos.feature_extractors.MelSpectrogramFeatures", "init_args": parts.get("mel", {})},
            "backbone": {"class_path": "vocos.models.VocosBackbone", "init_args": body},
            "head": {"class_path": "vocos.heads.ISTFTHead", "init_args": head},
        },
        "config.yaml",
    )


def test_vocos_settings_have_the_originals_defaults() -> None:
    expected = VocosConfig(width=12, hidden=20, blocks=3, padding="same")
    assert vocos_config(vocos_settings()) == expected
    assert vocos_config(Settings({"model": {"init_args": vocos_settings().values}}, "vocos.yaml")) == expected
    assert vocos_config(vocos_settings(backbone={"layer_scale_init_value": 0.1})).layer_scale
    assert not vocos_config(vocos_settings(backbone={"layer_scale_init_value": -1})).layer_scale
    with pytest.raises(EngineError, match="for codes"):
        vocos_config(vocos_settings(backbone={"adanorm_num_embeddings": 4}))


@pytest.mark.parametrize(("window", "hop"), [(64, 16), (48, 12), (40, 20)])
@pytest.mark.parametrize("padding", ["center", "same"])
@pytest.mark.parametrize("layer_scale", [True, False])
@torch.inference_mode()
def test_vocos_of_other_sizes_follows_the_formulas(window: int, hop: int, padding: str, layer_scale: bool) -> None:
    torch.manual_seed(4)
    config = VocosConfig(bands=10, width=12, hidden=20, blocks=3, window_samples=window, hop_samples=hop)
    config = VocosConfig(**{**config.__dict__, "padding": padding, "layer_scale": layer_scale})
    network = Vocos(config).eval()
    for name, parameter in network.named_parameters():
        parameter.copy_(torch.randn_like(parameter) * (0.3 if name.endswith("gamma") else 0.2))
    w, mel = network.state_dict(), torch.randn(1, 10, 9)
    assert ("backbone.convnext.0.gamma" in w) is layer_scale

    def norm(x: Tensor, name: str) -> Tensor:
        centred = x - x.mean(dim=1, keepdim=True)
        scaled = centred / (centred.square().mean(dim=1, keepdim=True) + 1e-6).sqrt()
        return scaled * w[f"{name}.weight"][:, None] + w[f"{name}.bias"][:, None]

    def linear(x: Tensor, name: str) -> Tensor:
        return w[f"{name}.weight"] @ x + w[f"{name}.bias"][:, None]

    x = norm(F.conv1d(mel, w["backbone.embed.weight"], w["backbone.embed.bias"], padding=3), "backbone.norm")
    for i in range(3):
        block = f"backbone.convnext.{i}"
        inner = F.conv1d(x, w[f"{block}.dwconv.weight"], w[f"{block}.dwconv.bias"], padding=3, groups=12)
        inner = linear(F.gelu(linear(norm(inner, f"{block}.norm"), f"{block}.pwconv1")), f"{block}.pwconv2")
        x = x + (w[f"{block}.gamma"][:, None] * inner if layer_scale else inner)
    loudness, phase = linear(norm(x, "backbone.final_layer_norm"), "head.out").chunk(2, dim=1)
    spectrum = loudness.exp().clamp_max(100) * torch.complex(phase.cos(), phase.sin())
    hann, total = torch.hann_window(window), (9 - 1) * hop + window
    added, weight = torch.zeros(total), torch.zeros(total)
    for frame in range(9):
        added[frame * hop : frame * hop + window] += torch.fft.irfft(spectrum[0, :, frame], window) * hann
        weight[frame * hop : frame * hop + window] += hann**2
    trim = window // 2 if padding == "center" else (window - hop) // 2
    expected = (added / weight)[trim : total - trim]
    torch.testing.assert_close(network(mel)[0], expected, rtol=1e-4, atol=TOLERANCE)
