"""Vocos (Siuzdak 2023, arXiv 2306.00814): ConvNeXt blocks at frame rate and an inverse short-time Fourier transform.

Parameter names are those of charactr/vocos-mel-24khz. Its mel is HTK's scale without area normalisation, so it fits no pack with Slaney's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.public.hifigan import natural_log_mel
from engine.models.public.settings_file import Settings

_EPSILON = 1e-6
_LOUDEST = 100.0
_SILENCE_DB = -99.0
_LOG_FLOOR = math.log(1e-7)
# What a settings file may leave out, as the original fills it in.
_DEFAULTS: dict[str, dict[str, object]] = {
    "feature_extractor": {"sample_rate": 24000, "n_fft": 1024, "hop_length": 256, "n_mels": 100},
    "backbone": {"layer_scale_init_value": None, "adanorm_num_embeddings": None},
    "head": {"padding": "same"},
}


@dataclass(frozen=True)
class VocosConfig:
    """The mel picture and the sizes; the defaults are vocos-mel-24khz."""

    sample_rate: int = 24000
    hop_samples: int = 256
    window_samples: int = 1024
    bands: int = 100
    f_min_hz: float = 0.0
    f_max_hz: float = 12000.0
    mel_scale: str = "htk"
    width: int = 512
    hidden: int = 1536
    blocks: int = 8
    padding: str = "center"
    layer_scale: bool = True

    def __post_init__(self) -> None:
        if self.padding not in ("center", "same") or (self.window_samples - self.hop_samples) % 2:
            raise ValueError("its frames are placed in an unknown way")


def vocos_config(settings: Settings) -> VocosConfig:
    """Config of a public ``config.yaml``, or of the file that training was started with. Raises EngineError("pack")."""
    if "model" in settings.values:
        settings = settings.at("model", "init_args")
    mel, body, head = (settings.at(part, "init_args").otherwise(**_DEFAULTS[part]) for part in _DEFAULTS)
    for part, kind in (("feature_extractor", "MelSpectrogramFeatures"), ("backbone", "VocosBackbone"), ("head", "ISTFTHead")):
        if str(settings.at(part).values.get("class_path")).split(".")[-1] != kind:
            raise settings.refusal(f"describes another {part.replace('_', ' ')} than {kind}")
    same = (mel.whole("n_fft"), mel.whole("hop_length"), mel.whole("n_mels"), body.whole("dim"))
    if same != (head.whole("n_fft"), head.whole("hop_length"), body.whole("input_channels"), head.whole("dim")):
        raise settings.refusal("has parts that do not fit each other")
    if body.values["adanorm_num_embeddings"] is not None:
        raise body.refusal("describes a network for codes, not for a mel picture")
    scale = body.values["layer_scale_init_value"]
    rate = mel.whole("sample_rate")
    return VocosConfig(
        sample_rate=rate,
        hop_samples=mel.whole("hop_length"),
        window_samples=mel.whole("n_fft"),
        bands=mel.whole("n_mels"),
        f_max_hz=rate / 2,
        width=body.whole("dim"),
        hidden=body.whole("intermediate_dim"),
        blocks=body.whole("num_layers", most=256),
        padding=head.one_of("padding", "center", "same"),
        layer_scale=not (type(scale) in (int, float) and scale < 0),
    )


class _Block(nn.Module):
    def __init__(self, config: VocosConfig) -> None:
        super().__init__()
        self.dwconv = nn.Conv1d(config.width, config.width, 7, padding=3, groups=config.width)
        self.norm = nn.LayerNorm(config.width, eps=_EPSILON)
        self.pwconv1 = nn.Linear(config.width, config.hidden)
        self.pwconv2 = nn.Linear(config.hidden, config.width)
        gamma = nn.Parameter(torch.full((config.width,), 1 / config.blocks)) if config.layer_scale else None
        self.register_parameter("gamma", gamma)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.norm(self.dwconv(x).transpose(1, 2))
        hidden = self.pwconv2(F.gelu(self.pwconv1(hidden)))
        return x + (hidden if self.gamma is None else self.gamma * hidden).transpose(1, 2)


class _Backbone(nn.Module):
    def __init__(self, config: VocosConfig) -> None:
        super().__init__()
        self.embed = nn.Conv1d(config.bands, config.width, 7, padding=3)
        self.norm = nn.LayerNorm(config.width, eps=_EPSILON)
        self.convnext = nn.ModuleList(_Block(config) for _ in range(config.blocks))
        self.final_layer_norm = nn.LayerNorm(config.width, eps=_EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.embed(x).transpose(1, 2)).transpose(1, 2)
        for block in self.convnext:
            x = block(x)
        return self.final_layer_norm(x.transpose(1, 2))


class _Window(nn.Module):
    window: Tensor

    def __init__(self, samples: int) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(samples))


class FourierHead(nn.Module):
    """Magnitude and phase of each frame, added up as overlapping frames."""

    def __init__(self, config: VocosConfig) -> None:
        super().__init__()
        self.hop = config.hop_samples
        self.out = nn.Linear(config.width, config.window_samples + 2)
        self.istft = _Window(config.window_samples)

    def forward(self, x: Tensor, trim: int) -> Tensor:
        """(B, frames, width) -> samples without ``trim`` at both ends."""
        magnitude, phase = self.out(x).transpose(1, 2).chunk(2, dim=1)
        return self.overlap_add(torch.polar(magnitude.exp().clamp_max(_LOUDEST), phase), trim)

    def overlap_add(self, spectrum: Tensor, trim: int) -> Tensor:
        """Spectra (B, bins, frames) of windowed frames -> samples; the least-squares inverse of the transform."""
        window = self.istft.window
        frames = torch.fft.irfft(spectrum, len(window), dim=1) * window[:, None]
        weight = self._folded(window.square()[None, :, None].expand(1, -1, spectrum.shape[-1]))
        return (self._folded(frames) / weight.clamp_min(1e-11))[:, trim : weight.shape[1] - trim]

    def _folded(self, frames: Tensor) -> Tensor:
        size = frames.shape[1]
        length = (frames.shape[-1] - 1) * self.hop + size
        return F.fold(frames.contiguous(), (1, length), (1, size), stride=(1, self.hop))[:, 0, 0]


class Vocos(nn.Module):
    """Vocoder role."""

    def __init__(self, config: VocosConfig = VocosConfig()) -> None:
        super().__init__()
        self.config = config
        self.backbone = _Backbone(config)
        self.head = FourierHead(config)

    def forward(self, log_mel: Tensor) -> Tensor:
        """Natural-log HTK mel (B, bands, frames) -> samples: (frames - 1) * hop if centred, else frames * hop."""
        c = self.config
        trim = c.window_samples // 2 if c.padding == "center" else (c.window_samples - c.hop_samples) // 2
        return self.head(self.backbone(log_mel), trim)

    def synthesise(self, log_mel_db: Tensor) -> Tensor:
        """Samples in -1..1, exactly ``hop_samples`` per frame, each frame in the middle of its samples."""
        c = self.config
        log_mel = natural_log_mel(log_mel_db, _LOG_FLOOR)
        log_mel = torch.where(log_mel_db <= _SILENCE_DB, _LOG_FLOOR, log_mel)
        return self.head(self.backbone(log_mel), (c.window_samples - c.hop_samples) // 2).clamp(-1, 1)
