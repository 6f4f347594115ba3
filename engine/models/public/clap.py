"""LAION's CLAP (``630k-audioset-best.pt`` and its kin) read into transformers' ClapModel: words and sounds in one space, for evaluation.

Only checkpoints without fusion. transformers is optional (the extra ``clap``) and is imported where it is needed; nothing is ever fetched.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import rfft
from torch import Tensor, nn

from engine.models.public.checkpoint_files import NESTED, check_weights, read_checkpoint
from engine.signal.mel import mel_filterbank
from engine.types import EngineError

SAMPLE_RATE = 48_000
_CLIP_SAMPLES = 480_000
_WINDOW, _HOP, _BANDS = 1024, 480, 64
_LOW_HZ, _HIGH_HZ = 50.0, 14_000.0
_POWER_FLOOR = 1e-10
_TEXT_TOKENS = 77
_HEAD_WIDTH = 64
_TEXT_EPSILON = 1e-5
_TOKEN_FILES = ("vocab.json", "merges.txt")
# Made anew by ClapModel, or never used for embeddings.
_UNUSED = re.compile(
    r"spectrogram_extractor\.|logmel_extractor\.|\.tscam_conv\.|audio_branch\.head\.|\.attn_mask$|_transform\.|\.position_ids$|\.token_type_ids$"
)
_BUFFERS = ("text_model.embeddings.position_ids", "text_model.embeddings.token_type_ids")
_NAMES = (
    (r"^text_branch\.", "text_model."),
    (r"^audio_branch\.bn0\.", "audio_model.audio_encoder.batch_norm."),
    (r"^audio_branch\.", "audio_model.audio_encoder."),
    (r"_projection\.0\.", "_projection.linear1."),
    (r"_projection\.2\.", "_projection.linear2."),
    (r"\.attn\.proj\.", ".attention.output.dense."),
    (r"\.attn\.", ".attention.self."),
    (r"\.mlp\.fc1\.", ".intermediate.dense."),
    (r"\.mlp\.fc2\.", ".output.dense."),
    (r"(blocks\.\d+)\.norm1\.", r"\1.layernorm_before."),
    (r"(blocks\.\d+)\.norm2\.", r"\1.layernorm_after."),
)


def renamed_clap(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of a LAION file under the names of transformers' ClapModel, without what embeddings do not need."""
    renamed: dict[str, Tensor] = {}
    for key, value in state_dict.items():
        name = key.removeprefix("module.")
        if _UNUSED.search(name):
            continue
        for pattern, replacement in _NAMES:
            name = re.sub(pattern, replacement, name)
        if ".qkv." in name:
            parts = zip(("query", "key", "value"), value.chunk(3), strict=True)
            renamed |= {name.replace("qkv", part): tensor for part, tensor in parts}
        else:
            renamed[name] = value
    return renamed


def clap_config(weights: Mapping[str, Tensor], text_heads: int | None = None) -> Any:
    """The ClapConfig whose sizes are those of renamed weights; ``text_heads`` [None: one for every 64 channels].

    Raises EngineError("value") without transformers, EngineError("pack") where sizes are missing.
    """
    ClapConfig = _transformers("ClapConfig")  # noqa: N806
    try:
        sizes = _text_sizes(weights, text_heads), _audio_sizes(weights)
        dim = weights["text_projection.linear2.weight"].shape[0]
    except (KeyError, IndexError) as error:
        raise EngineError("pack", f"This is no CLAP checkpoint without fusion: {error} is missing.") from error
    except (ValueError, ZeroDivisionError) as error:
        raise EngineError("pack", "This is no CLAP checkpoint without fusion: its weights have unknown shapes.") from error
    return ClapConfig(text_config=sizes[0], audio_config=sizes[1], projection_dim=dim)


def _text_sizes(weights: Mapping[str, Tensor], heads: int | None) -> dict[str, Any]:
    words, width = weights["text_model.embeddings.word_embeddings.weight"].shape
    return {
        "vocab_size": words,
        "hidden_size": width,
        "num_hidden_layers": _count(weights, r"text_model\.encoder\.layer\.(\d+)\."),
        "num_attention_heads": heads or max(1, width // _HEAD_WIDTH),
        "intermediate_size": weights["text_model.encoder.layer.0.intermediate.dense.weight"].shape[0],
        "max_position_embeddings": weights["text_model.embeddings.position_embeddings.weight"].shape[0],
        "type_vocab_size": weights["text_model.embeddings.token_type_embeddings.weight"].shape[0],
        # roberta-base's own; transformers' default of 1e-12 moves embeddings by 3e-5.
        "layer_norm_eps": _TEXT_EPSILON,
    }


def _audio_sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    body = "audio_model.audio_encoder"
    levels = range(_count(weights, rf"{re.escape(body)}\.layers\.(\d+)\."))
    tables = [weights[f"{body}.layers.{level}.blocks.0.attention.self.relative_position_bias_table"] for level in levels]
    width, _, patch, _ = weights[f"{body}.patch_embed.proj.weight"].shape
    return {
        "patch_embeds_hidden_size": width,
        "patch_size": patch,
        "patch_stride": [patch, patch],
        # The table has a row for every distance of two places of a window, in both directions.
        "window_size": (math.isqrt(tables[0].shape[0]) + 1) // 2,
        "mlp_ratio": weights[f"{body}.layers.0.blocks.0.intermediate.dense.weight"].shape[0] / width,
        "num_mel_bins": weights[f"{body}.batch_norm.weight"].shape[0],
        "hidden_size": weights[f"{body}.norm.weight"].shape[0],
        "depths": [_count(weights, rf"{re.escape(body)}\.layers\.{level}\.blocks\.(\d+)\.") for level in levels],
        "num_attention_heads": [table.shape[1] for table in tables],
        "num_hidden_layers": len(levels),
    }


def _count(weights: Mapping[str, Tensor], pattern: str) -> int:
    numbers = [int(match[1]) for key in weights if (match := re.match(pattern, key))]
    return 1 + max(numbers, default=-1)


def read_clap(state_dict: Mapping[str, Tensor], text_heads: int | None = None) -> nn.Module:
    """A transformers ClapModel in evaluation mode with the weights of a LAION file, every name and shape checked.

    Raises EngineError("pack") for weights of another network, EngineError("value") without transformers.
    """
    weights = renamed_clap(state_dict)
    config = clap_config(weights, text_heads)
    network = _transformers("ClapModel")(config)
    own = network.state_dict()
    weights |= {name: own[name] for name in _BUFFERS if name in own}
    check_weights(network, weights, "The CLAP checkpoint")
    network.load_state_dict(weights, strict=True)
    return network.eval().requires_grad_(False)


def _transformers(name: str) -> Any:
    try:
        import transformers
    except ImportError as error:
        raise EngineError("value", "CLAP needs transformers: pip install melbrush[clap].") from error
    return getattr(transformers, name)


def clap_picture(samples: NDArray) -> NDArray[np.float32]:
    """Log-mel of mono samples at 48 kHz as LAION's networks see it, dB of power, float32 [1001, 64].

    What is shorter than 10 s is repeated whole and then padded with zeros; of what is longer the first 10 s are taken (LAION takes a random
    part). Samples pass 16 bits, as in LAION's own loader.
    """
    samples = np.trunc(np.clip(np.asarray(samples, np.float32), -1, 1) * 32767) / np.float32(32767)
    if samples.size == 0:
        raise EngineError("audio", "There is no sound to embed.")
    samples = np.tile(samples[:_CLIP_SAMPLES], max(1, _CLIP_SAMPLES // samples.size))
    samples = np.pad(samples, (0, _CLIP_SAMPLES - samples.size)).astype(np.float32)
    padded = np.pad(samples, _WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    spectrum = rfft(frames * _hann(), axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    mel = power @ mel_filterbank(SAMPLE_RATE, _WINDOW, _BANDS, _LOW_HZ, _HIGH_HZ).T
    return (10 * np.log10(np.maximum(mel, _POWER_FLOOR))).astype(np.float32)


@lru_cache(maxsize=1)
def _hann() -> NDArray[np.float32]:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)).astype(np.float32)


def read_tokenizer(folder: Path) -> Any:
    """RoBERTa's byte-level tokenizer from ``vocab.json`` and ``merges.txt`` of roberta-base, padded and cut to 77 tokens.

    Raises EngineError("path") in one sentence where the files are missing or damaged.
    """
    vocabulary, merges = (folder / name for name in _TOKEN_FILES)
    if not (vocabulary.is_file() and merges.is_file()):
        raise EngineError("path", f"CLAP needs the files vocab.json and merges.txt of roberta-base in {folder} to understand prompts.")
    try:
        from tokenizers import Tokenizer, models, pre_tokenizers, processors
    except ImportError as error:
        raise EngineError("value", "CLAP needs transformers: pip install melbrush[clap].") from error
    try:
        tokenizer = Tokenizer(models.BPE.from_file(str(vocabulary), str(merges), unk_token="<unk>"))
        start, end, pad = (tokenizer.token_to_id(token) for token in ("<s>", "</s>", "<pad>"))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.post_processor = processors.RobertaProcessing(("</s>", end), ("<s>", start), add_prefix_space=False)
        tokenizer.enable_truncation(_TEXT_TOKENS)
        tokenizer.enable_padding(length=_TEXT_TOKENS, pad_id=pad, pad_token="<pad>")
    except Exception as error:  # The library raises bare Exception for damaged files.
        raise EngineError("path", f"The vocabulary in {folder} cannot be read: {error}.") from error
    return tokenizer


class LaionClap:
    """Embeds sounds and prompts as unit vectors of one space."""

    def __init__(self, network: nn.Module, tokenizer: Any = None, device: str = "cpu") -> None:
        self._network, self._tokenizer, self._device = network.to(device), tokenizer, device

    @classmethod
    def open(cls, weights: Path, tokenizer_folder: Path | None = None, device: str = "cpu", text_heads: int | None = None) -> LaionClap:
        """Reads a LAION file and, where given, RoBERTa's vocabulary; ``text_heads`` as in ``clap_config``.

        Raises EngineError("pack", "path" or "value").
        """
        tokenizer = None if tokenizer_folder is None else read_tokenizer(tokenizer_folder)
        return cls(read_clap(read_checkpoint(weights, under=NESTED), text_heads), tokenizer, device)

    @property
    def reads_text(self) -> bool:
        """True where a vocabulary was given."""
        return self._tokenizer is not None

    @torch.inference_mode()
    def embed_sound(self, samples: NDArray) -> NDArray[np.float32]:
        """Mono samples at 48 kHz -> float32 [dim] of length one."""
        picture = torch.from_numpy(clap_picture(samples))[None, None].to(self._device)
        return _unit(self._network.get_audio_features(input_features=picture))[0]

    @torch.inference_mode()
    def embed_text(self, prompts: Sequence[str]) -> NDArray[np.float32]:
        """Prompts -> float32 [n, dim], each of length one. Raises EngineError("path") where no vocabulary was given."""
        if self._tokenizer is None:
            raise EngineError("path", "CLAP needs the files vocab.json and merges.txt of roberta-base to understand prompts.")
        encoded = self._tokenizer.encode_batch(list(prompts))
        return self.embed_tokens(np.array([one.ids for one in encoded]), np.array([one.attention_mask for one in encoded]))

    @torch.inference_mode()
    def embed_tokens(self, ids: NDArray, attended: NDArray) -> NDArray[np.float32]:
        """Token ids and attention mask [n, 77] -> float32 [n, dim], each of length one."""
        ids, attended = (torch.from_numpy(np.asarray(values, np.int64)).to(self._device) for values in (ids, attended))
        return _unit(self._network.get_text_features(input_ids=ids, attention_mask=attended))


def _unit(features: Any) -> NDArray[np.float32]:
    """transformers 5 returns an object, 4 the tensor itself; both are normalised already."""
    return getattr(features, "pooler_output", features).float().cpu().numpy()
