"""SpecVQGAN codebooks of other sizes: which settings are honoured, and the plan of the network written out step by step."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.models.public.settings_file import Settings
from engine.models.public.specvqgan_checkpoint import specvqgan_config, specvqgan_geometry
from engine.models.specvqgan import SpecVqganConfig, SpecVqganTokenizer
from engine.types import EngineError

NET = {"double_z": False, "z_channels": 6, "resolution": 848, "in_channels": 1, "out_ch": 1, "ch": 32, "ch_mult": [1, 1, 2]}
NET |= {"num_res_blocks": 1, "attn_resolutions": [212], "dropout": 0.0}


def settings(**changes: object) -> Settings:
    return Settings({"embed_dim": 5, "n_embed": 20, "ddconfig": {**NET, **changes}}, "config.yaml")


def levels_with_attention(**changes: object) -> tuple[set[int], set[int]]:
    with torch.device("meta"):
        names = SpecVqganTokenizer(specvqgan_config(settings(**changes))).state_dict()
    found = [{int(n.split(".")[2]) for n in names if n.startswith(f"{part}.") and ".attn." in n} for part in ("encoder.down", "decoder.up")]
    return found[0], found[1]


@pytest.mark.parametrize(
    ("changes", "encoder", "decoder"),
    [
        ({}, {2}, {2}),
        ({"attn_resolutions": []}, set(), set()),
        ({"attn_resolutions": [848, 424]}, {0, 1}, {0, 1}),
        ({"attn_resolutions": [53]}, set(), set()),
        ({"attn_resolutions": [106, 53], "ch_mult": [1, 1, 1, 2, 2]}, {3, 4}, {3, 4}),
        # Halves are rounded down on the way in and doubled on the way out.
        ({"attn_resolutions": [430, 424], "resolution": 860, "ch_mult": [1, 1, 1, 2, 2]}, {1}, {1}),
        ({"attn_resolutions": [431], "resolution": 862}, {1}, set()),
    ],
)
def test_attention_is_where_the_settings_say(changes: dict, encoder: set[int], decoder: set[int]) -> None:
    assert levels_with_attention(**changes) == (encoder, decoder)


class Reference:
    """The original's plan, read from its settings and the stored names."""

    def __init__(self, net: dict, weights: dict[str, Tensor]) -> None:
        self.net, self.w = net, weights

    def conv(self, name: str, x: Tensor, **how: int) -> Tensor:
        return F.conv2d(x, self.w[f"{name}.weight"], self.w[f"{name}.bias"], **how)

    def norm(self, name: str, x: Tensor) -> Tensor:
        return F.group_norm(x, 32, self.w[f"{name}.weight"], self.w[f"{name}.bias"], 1e-6)

    def block(self, name: str, x: Tensor) -> Tensor:
        y = x
        for i in (1, 2):
            y = self.norm(f"{name}.norm{i}", y)
            y = self.conv(f"{name}.conv{i}", y * y.sigmoid(), padding=1)
        return y + (self.conv(f"{name}.nin_shortcut", x) if y.shape != x.shape else x)

    def attend(self, name: str, x: Tensor) -> Tensor:
        y = self.norm(f"{name}.norm", x)
        q, k, v = (self.conv(f"{name}.{part}", y).flatten(2) for part in "qkv")
        shares = (torch.einsum("bci,bcj->bij", q, k) / q.shape[1] ** 0.5).softmax(dim=2)
        return x + self.conv(f"{name}.proj_out", torch.einsum("bcj,bij->bci", v, shares).view(x.shape))

    def middle(self, name: str, x: Tensor) -> Tensor:
        return self.block(f"{name}.block_2", self.attend(f"{name}.attn_1", self.block(f"{name}.block_1", x)))

    def level(self, name: str, x: Tensor, blocks: int, width: int) -> Tensor:
        for i in range(blocks):
            x = self.block(f"{name}.block.{i}", x)
            x = self.attend(f"{name}.attn.{i}", x) if width in self.net["attn_resolutions"] else x
        return x

    def end(self, name: str, x: Tensor) -> Tensor:
        x = self.norm(f"{name}.norm_out", x)
        return self.conv(f"{name}.conv_out", x * x.sigmoid(), padding=1)

    def encode(self, x: Tensor) -> Tensor:
        n, width, convs = self.net, self.net["resolution"], self.net.get("resamp_with_conv", True)
        x = self.conv("encoder.conv_in", x, padding=1)
        for i in range(len(n["ch_mult"])):
            x = self.level(f"encoder.down.{i}", x, n["num_res_blocks"], width)
            if i < len(n["ch_mult"]) - 1:
                x = self.conv(f"encoder.down.{i}.downsample.conv", F.pad(x, (0, 1, 0, 1)), stride=2) if convs else F.avg_pool2d(x, 2)
                width //= 2
        return self.conv("quant_conv", self.end("encoder", self.middle("encoder.mid", x)))

    def decode(self, x: Tensor) -> Tensor:
        n, last, convs = self.net, len(self.net["ch_mult"]) - 1, self.net.get("resamp_with_conv", True)
        width = n["resolution"] // 2**last
        x = self.middle("decoder.mid", self.conv("decoder.conv_in", self.conv("post_quant_conv", x), padding=1))
        for i in range(last, -1, -1):
            x = self.level(f"decoder.up.{i}", x, n["num_res_blocks"] + 1, width)
            if i:
                x = x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
                x = self.conv(f"decoder.up.{i}.upsample.conv", x, padding=1) if convs else x
                width *= 2
        return self.end("decoder", x)


@pytest.mark.parametrize(
    "changes",
    [
        {"resolution": 24, "attn_resolutions": [12]},
        {"resolution": 24, "attn_resolutions": [24, 6], "num_res_blocks": 2, "ch_mult": [1, 2, 1]},
        {"resolution": 24, "attn_resolutions": [], "resamp_with_conv": False},
        {"resolution": 16, "attn_resolutions": [2], "ch_mult": [2, 1, 1, 3]},
        {"resolution": 8, "attn_resolutions": [8], "ch_mult": [1], "ch": 64},
    ],
)
@torch.inference_mode()
def test_networks_of_other_sizes_follow_the_plan(changes: dict) -> None:
    torch.manual_seed(5)
    network = SpecVqganTokenizer(specvqgan_config(settings(**changes))).eval().double()
    network.quantize.embedding.weight.normal_(std=0.3)
    for parameter in network.parameters():
        parameter.add_(torch.randn_like(parameter) * 0.05)
    reference = Reference({**NET, **changes}, network.state_dict())
    cell = 2 ** (len(reference.net["ch_mult"]) - 1)
    mel = torch.randn(1, 1, 8, changes["resolution"], dtype=torch.float64)
    z = reference.encode(mel)
    codes = network.quantize.embedding.weight
    ids = (z.permute(0, 2, 3, 1)[..., None, :] - codes).square().sum(dim=-1).argmin(dim=-1)
    assert z.shape == (1, 5, 8 // cell, changes["resolution"] // cell)
    assert torch.equal(network.encode(mel), ids)
    expected = reference.decode(codes[ids].permute(0, 3, 1, 2))
    torch.testing.assert_close(network.decode(ids), expected, rtol=0, atol=1e-9)
    torch.testing.assert_close(network(mel)[0], expected, rtol=0, atol=1e-9)


def test_defaults_are_the_vggsound_codebooks() -> None:
    assert [SpecVqganConfig().attends(level) for level in range(5)] == [False] * 4 + [True]
    assert SpecVqganConfig().cell == 16


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"double_z": True}, "another kind"),
        ({"give_pre_end": True}, "another kind"),
        ({"in_channels": 3}, "with colours"),
        ({"attn_resolutions": 53}, "'attn_resolutions' = 53"),
    ],
)
def test_other_kinds_of_networks_are_refused(changes: dict, sentence: str) -> None:
    with pytest.raises(EngineError, match=sentence):
        specvqgan_config(settings(**changes))


def test_a_transformers_settings_hold_those_of_its_codebook() -> None:
    inside = Settings({"model": {"params": {"first_stage_config": {"params": settings().values}}}}, "transformer.yaml")
    assert specvqgan_config(inside) == specvqgan_config(settings())


def test_packs_have_cells_of_sixteen() -> None:
    with pytest.raises(EngineError, match="cells are 4 frames wide"):
        specvqgan_geometry(settings(), specvqgan_config(settings()))
    whole = settings(ch_mult=[1, 1, 2, 2, 4], resolution=424)
    assert specvqgan_geometry(whole, specvqgan_config(whole)).cols == 26
