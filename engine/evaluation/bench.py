"""What every evaluation does with a pack: generate, send a sound through tokenizer and vocoder, listen to the result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.evaluation.features import FEATURES_VERSION, features_of
from engine.jobs import Generate
from engine.pipeline import Pipeline
from engine.signal.mel import denormalise, log_mel_db, normalise
from engine.types import EngineError, Failed, Finished, GenerationRequest, SamplingSettings, Take


@dataclass(frozen=True, eq=False)
class RoundTrip:
    """A sound and what comes back: mels in dB [bands, frames], grid ids [rows, cols], samples [n] in -1..1.

    ``tokenizer_mel`` is the decoded picture, ``vocoder_mel`` the re-analysed sound of the untouched picture, ``both_mel`` the re-analysed
    sound of the decoded one.
    """

    mel: NDArray[np.float32]
    tokenizer_mel: NDArray[np.float32]
    vocoder_mel: NDArray[np.float32]
    both_mel: NDArray[np.float32]
    ids: NDArray[np.int64]
    samples: NDArray[np.float32]


def take_of(pipeline: Pipeline, prompt: str, seed: int, settings: SamplingSettings) -> Take:
    """One take of the trained length. Raises EngineError for a failed job."""
    request = GenerationRequest(
        prompt, duration_s=pipeline.geometry.duration_s, settings=settings, seed=seed, pack_id=pipeline.pack.manifest.id
    )
    for event in pipeline.run(Generate(request, previews=False)):
        if isinstance(event, Failed):
            raise EngineError(event.kind, event.message)
        if isinstance(event, Finished):
            return event.takes[0]
    raise EngineError("numeric", "The run ended without a result.")


def heard(pipeline: Pipeline, samples: NDArray) -> list[float]:
    """Features of a sound as the judge hears them, rounded for storage."""
    return [round(float(value), 3) for value in features_of(log_mel_db(samples, pipeline.geometry))]


@torch.inference_mode()
def round_trip(pipeline: Pipeline, samples: NDArray[np.float32]) -> RoundTrip:
    """Sends mono samples at the pack's rate through tokenizer, with second codes if the pack has them, and vocoder."""
    geometry = pipeline.geometry
    values = normalise(log_mel_db(samples, geometry))
    frames = values.shape[1]
    ids, second = pipeline.codes_of(torch.from_numpy(values)[None, None].to(pipeline.device))
    mel, tokenizer_mel = denormalise(values), pipeline.detailed_picture_of(ids, 0, None, second).log_mel[:, :frames]
    from_truth, from_codes = _sound(pipeline, mel), _sound(pipeline, tokenizer_mel)
    return RoundTrip(mel, tokenizer_mel, log_mel_db(from_truth, geometry), log_mel_db(from_codes, geometry), ids.cpu().numpy(), from_codes)


def _sound(pipeline: Pipeline, mel_db: NDArray[np.float32]) -> NDArray[np.float32]:
    return pipeline.pack.vocoder.synthesise(torch.from_numpy(mel_db)[None].to(pipeline.device))[0].float().cpu().numpy()


def result_key(pipeline: Pipeline, settings: SamplingSettings | None = None) -> tuple[Any, ...]:
    """What results of a pack depend on besides prompt and seed."""
    return pipeline.pack.manifest.hash, settings, FEATURES_VERSION
