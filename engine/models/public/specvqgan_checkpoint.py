"""SpecVQGAN's public codebooks (VGGSound, VAS): their settings and their weights without what only training needed."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from engine.geometry import Geometry
from engine.models.public.settings_file import Settings
from engine.models.specvqgan import SpecVqganConfig

# Where a transformer's checkpoint keeps the codebook that it was trained on.
_INSIDE = "first_stage_model."
_TRAINING_ONLY = "loss."
_CELL = 16


def specvqgan_config(settings: Settings) -> SpecVqganConfig:
    """Config of a ``*-project.yaml`` or of its ``model.params``. Raises EngineError("pack") for networks of another kind."""
    model, net = _parts(settings)
    if net.flag("double_z") or net.flag("give_pre_end"):
        raise settings.refusal("describes a network of another kind than the public codebooks")
    if net.whole("in_channels") != 1 or net.whole("out_ch") != 1:
        raise settings.refusal("describes a network for pictures with colours")
    return SpecVqganConfig(
        channels=net.whole("ch"),
        multipliers=net.wholes("ch_mult"),
        residual_blocks=net.whole("num_res_blocks", most=64),
        z_channels=net.whole("z_channels"),
        code_count=model.whole("n_embed"),
        code_dim=model.whole("embed_dim"),
        resolution=net.whole("resolution"),
        attention_at=net.wholes("attn_resolutions", maybe_empty=True),
        resampling_convs=net.flag("resamp_with_conv"),
    )


def _parts(settings: Settings) -> tuple[Settings, Settings]:
    """The settings of the model and, within them, of its networks with the defaults of the original."""
    model = settings if "ddconfig" in settings.values else settings.at("model", "params")
    # A transformer's settings keep those of its codebook further inside.
    if "first_stage_config" in model.values:
        model = model.at("first_stage_config", "params")
    return model, model.at("ddconfig").otherwise(double_z=True, give_pre_end=False, resamp_with_conv=True)


def specvqgan_geometry(settings: Settings, config: SpecVqganConfig) -> Geometry:
    """The mel picture that SpecVQGAN's code fixes (22,050 Hz, 80 bands from 125 to 7,600 Hz) and the grid of these settings.

    Raises EngineError("pack") where cells are not those of packs.
    """
    if config.cell != _CELL:
        raise settings.refusal(f"describes a network whose cells are {config.cell} frames wide; packs have cells of {_CELL}")
    return Geometry(f_min_hz=125.0, f_max_hz=7600.0, cols=config.resolution // _CELL, code_count=config.code_count)


def specvqgan_weights(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The model's own weights of a checkpoint: nothing of its losses, and of a transformer's checkpoint only its codebook."""
    if any(name.startswith(_INSIDE) for name in stored):
        stored = {name.removeprefix(_INSIDE): value for name, value in stored.items() if name.startswith(_INSIDE)}
    return {name: value for name, value in stored.items() if not name.startswith(_TRAINING_ONLY)}
