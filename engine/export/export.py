"""Takes become files: whole, at the wanted level, never in the place of another file unless that one was chosen."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.export.bext import Levels
from engine.export.jobs import Exported, ExportTakes
from engine.export.metadata import recipe_of, wav_chunks
from engine.export.naming import file_name, ucs_name
from engine.export.publishing import publish, unpublished
from engine.export.settings import ExportSettings, check_settings
from engine.session.document import TakeEntry
from engine.signal.audio_io import quantise, resample, write_audio
from engine.signal.loudness import integrated_lufs, momentary_max_lufs, true_peak_dbfs
from engine.signal.regions import cut_region
from engine.signal.replacing import replace_file
from engine.signal.wav import wav_parts
from engine.types import Clip, EngineError, Region

_BITS = {"pcm16": 16, "pcm24": 24}
_AUDIBLE_CLIPPING_DB = 0.05


def export_takes(job: ExportTakes) -> Iterator[Exported]:
    """One file after the other; what is written stays if a later one fails.

    Raises EngineError: "value" for settings, template or region that cannot be used, "numeric" for values that are not numbers, "audio" for
    a take without samples, "path" if a file cannot be written.
    """
    if job.target is not None and len(job.entries) != 1:
        raise EngineError("value", "A chosen file can hold only one take.")
    for entry in job.entries:
        check_clip(entry)
        check_settings(job.settings, entry.take.clip.samples.shape[0])
    for number, entry in enumerate(job.entries, 1):
        clip, note = prepared(entry, job.settings, job.region)
        yield Exported(entry.id, _written(job, entry, number, clip), note)


def check_clip(entry: TakeEntry) -> None:
    """The one check before every export. Raises EngineError("audio") or EngineError("numeric")."""
    samples = entry.take.clip.samples
    if samples.ndim != 2 or samples.size == 0:
        raise EngineError("audio", f'There is no sound in "{entry.name}" to export.')
    if not np.isfinite(samples).all():
        raise EngineError("numeric", f'"{entry.name}" contains values that are not numbers, so nothing was exported.')


def prepared(entry: TakeEntry, settings: ExportSettings, region: Region | None) -> tuple[Clip, str]:
    """The sound as it goes into the file, before it is rounded, and a sentence if it is not what was asked for."""
    clip = entry.take.clip if region is None else cut_region(entry.take.clip, region)
    if clip.samples.size == 0:
        raise EngineError("value", f'The selection lies outside "{entry.name}", so there is nothing to export.')
    clip = _faded(resample(clip, settings.sample_rate), settings)
    gain_db, note = gain_to_target(clip, settings)
    if gain_db:
        clip = Clip((clip.samples * 10 ** (gain_db / 20)).astype(np.float32), clip.sample_rate)
    over_db = 20 * math.log10(max(float(np.abs(clip.samples).max()), 1e-9))
    if over_db > _AUDIBLE_CLIPPING_DB and settings.subtype != "float32":
        note = f'"{entry.name}" is {over_db:.1f} dB too loud for this format and was clipped.'
    return clip, note


def _faded(clip: Clip, settings: ExportSettings) -> Clip:
    if not (settings.fade_in_ms or settings.fade_out_ms):
        return clip
    samples = clip.samples.copy()
    rise = _ramp(settings.fade_in_ms, clip)
    fall = _ramp(settings.fade_out_ms, clip)
    samples[:, : len(rise)] *= rise
    samples[:, clip.samples.shape[1] - len(fall) :] *= fall[::-1]
    return Clip(samples, clip.sample_rate)


def _ramp(milliseconds: float, clip: Clip) -> NDArray[np.float32]:
    """A raised cosine from 0 to 1, at most as long as the sound."""
    count = min(round(milliseconds / 1000 * clip.sample_rate), clip.samples.shape[1])
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / max(count, 1))).astype(np.float32)


def gain_to_target(clip: Clip, settings: ExportSettings) -> tuple[float, str]:
    """The gain in dB that brings a sound to the wanted level, and a sentence if the true peak does not let it get there."""
    if settings.loudness == "off":
        return 0.0, ""
    headroom_db = settings.peak_db - true_peak_dbfs(clip.samples)
    if not math.isfinite(headroom_db):
        return 0.0, ""
    if settings.loudness == "peak":
        return headroom_db, ""
    reached = integrated_lufs(clip.samples, clip.sample_rate)
    if not math.isfinite(reached):
        return 0.0, "The sound is too quiet for its loudness to be measured, so its level was left alone."
    wanted_db = settings.lufs - reached
    if wanted_db <= headroom_db:
        return wanted_db, ""
    return headroom_db, (
        f"The loudness is {reached + headroom_db:.1f} LUFS instead of {settings.lufs:.1f}: "
        f"more would take the true peak above {settings.peak_db:.1f} dB."
    )


def _written(job: ExportTakes, entry: TakeEntry, number: int, clip: Clip) -> Path:
    if job.target is not None:
        _write(job.target, job, entry, clip)
        return job.target
    name = file_name(entry, job.settings, number)
    with unpublished(job.folder, name) as place:
        _write(place, job, entry, clip)
        return publish(place, job.folder, name)


def _write(path: Path, job: ExportTakes, entry: TakeEntry, clip: Clip) -> None:
    settings, seed = job.settings, abs(entry.take.seed)
    if settings.format != "wav":
        recipe = recipe_of(entry, job.pack_hash)
        write_audio(path, clip, format=settings.format, subtype=settings.subtype, dither=settings.dither, seed=seed, recipe=recipe)
        return
    samples, heard = _quantised(clip, settings, seed)
    channels, frames = samples.shape
    chunks = wav_chunks(entry, settings, ucs_name(entry, settings), levels_of(heard), channels, frames, job.pack_hash)
    replace_file(path, wav_parts(samples, clip.sample_rate, settings.subtype, chunks))


def _quantised(clip: Clip, settings: ExportSettings, seed: int) -> tuple[NDArray, Clip]:
    """What is stored, and the sound that it stands for."""
    bits = _BITS.get(settings.subtype)
    if bits is None:
        return clip.samples.astype(np.float32), clip
    samples = quantise(clip.samples, bits, seed if settings.dither and bits == 16 else None)
    return samples, replace(clip, samples=samples / 2 ** (bits - 1))


def levels_of(clip: Clip) -> Levels:
    """Loudness and true peak of a sound."""
    return Levels(
        integrated_lufs(clip.samples, clip.sample_rate),
        momentary_max_lufs(clip.samples, clip.sample_rate),
        true_peak_dbfs(clip.samples),
    )
