"""Named embeddings in which sets of clips are compared: the pack's own prompt encoder, LAION's CLAP, VGGish.

The first needs nothing else, but it conditions the generator that it then judges; the others need weights that the user brings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.pipeline import Pipeline
from engine.signal.audio_io import resample
from engine.signal.mel import log_mel_db, normalise
from engine.types import Clip, EngineError

NAMES = ("prompt", "clap", "vggish")
_HASHED_BYTES = 2**20
_DECIMALS = 5


@dataclass(frozen=True, eq=False)
class Embedding:
    """One way to turn sound into vectors: ``sound`` mono samples and rate in Hz -> float32 [n, dim], ``text`` prompts -> [n, dim] or None.

    ``title`` is for reports; stored vectors depend on ``identity``.
    """

    name: str
    title: str
    identity: str
    sound: Callable[[NDArray[np.float32], int], NDArray[np.float32]]
    text: Callable[[Sequence[str]], NDArray[np.float32]] | None = None

    def stored(self, samples: NDArray[np.float32], sample_rate: int) -> list[list[float]]:
        """Vectors of a sound as JSON keeps them."""
        return rounded(self.sound(samples, sample_rate))


def rounded(vectors: NDArray) -> list[list[float]]:
    """Vectors with five decimals."""
    return [[round(float(value), _DECIMALS) for value in vector] for vector in np.atleast_2d(vectors)]


def open_embedding(name: str, pipeline: Pipeline, weights: Path | None = None, vocabulary: Path | None = None) -> Embedding:
    """The embedding of that name; ``weights`` and ``vocabulary`` (a folder) are files of the user for CLAP and VGGish.

    Raises EngineError("value") for an unknown name or missing weights, and whatever reading them raises.
    """
    if name == "prompt":
        return prompt_embedding(pipeline)
    if name not in NAMES:
        raise EngineError("value", f"There is no embedding called {name!r}; choose {', '.join(NAMES)}.")
    if weights is None:
        raise EngineError("value", f"The embedding {name} needs a file of weights (--weights); none comes with the program.")
    return clap_embedding(weights, vocabulary, pipeline.device) if name == "clap" else vggish_embedding(weights, pipeline.device)


def prompt_embedding(pipeline: Pipeline) -> Embedding:
    """The two towers of the pack's prompt encoder; sounds are analysed at the pack's rate."""
    encoder, geometry = pipeline.pack.prompt, pipeline.geometry

    @torch.inference_mode()
    def sound(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
        mel = normalise(log_mel_db(_at(samples, sample_rate, geometry.sample_rate), geometry))
        return encoder.embed_mel(torch.from_numpy(mel)[None, None].to(pipeline.device)).float().cpu().numpy()

    @torch.inference_mode()
    def text(prompts: Sequence[str]) -> NDArray[np.float32]:
        return encoder.embed_text(list(prompts)).float().cpu().numpy()

    return Embedding("prompt", "the pack's prompt encoder", f"prompt-{pipeline.pack.manifest.parts['prompt'].sha256}", sound, text)


def clap_embedding(weights: Path, vocabulary: Path | None, device: str) -> Embedding:
    """LAION's CLAP; prompts only where the vocabulary of roberta-base is given."""
    from engine.models.public.clap import SAMPLE_RATE, LaionClap

    clap = LaionClap.open(weights, vocabulary, device)

    def sound(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
        return clap.embed_sound(_at(samples, sample_rate, SAMPLE_RATE))[None]

    return Embedding("clap", "LAION-CLAP", f"clap-{_file_identity(weights)}", sound, clap.embed_text if clap.reads_text else None)


def vggish_embedding(weights: Path, device: str) -> Embedding:
    """VGGish, a vector for every 0.96 s."""
    from engine.evaluation.vggish import SAMPLE_RATE, read_vggish
    from engine.models.public.checkpoint_files import read_checkpoint

    network = read_vggish(read_checkpoint(weights), weights.name).to(device)

    def sound(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
        return network.embed(_at(samples, sample_rate, SAMPLE_RATE))

    return Embedding("vggish", "VGGish", f"vggish-{_file_identity(weights)}", sound)


def _at(samples: NDArray[np.float32], sample_rate: int, wanted_rate: int) -> NDArray[np.float32]:
    if sample_rate == wanted_rate:
        return samples
    return resample(Clip(np.asarray(samples, np.float32)[None], sample_rate), wanted_rate).mono()


def _file_identity(path: Path) -> str:
    """Tells files of weights apart by length and by their last megabyte; they are too long to be read twice."""
    with open(path, "rb") as file:
        length = file.seek(0, 2)
        file.seek(max(0, length - _HASHED_BYTES))
        return hashlib.sha256(file.read() + str(length).encode()).hexdigest()[:16]
