"""Runs edits with a loaded pack: fill, vary, extend, restore highs, close a loop; what is not painted stays the source's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from engine import editing
from engine.drawing import Drawn, Recorder, draw_grid
from engine.editing import Plan
from engine.jobs import Extend, Fill, MakeLoop, Report, Restore
from engine.masks import Mask
from engine.signal.audio_io import resample
from engine.signal.blend import blend, kept
from engine.signal.loudness import loudness_of
from engine.signal.mel import SILENCE_DB, spectrogram
from engine.types import HIDDEN, Clip, EngineError, Finished, GenerationRequest, Spectrogram, StepUpdate, Take, TakeReady, TokenGrid

if TYPE_CHECKING:
    from engine.pipeline import Pipeline


@dataclass(frozen=True, eq=False)
class RegionLogits:
    """The sampler's view of the generator when parts of the grid have prompts of their own: guidance is applied cell by cell.

    ``regions``: (bool [rows, cols] of the columns that are looked at, condition (1, D)); where several overlap the last one counts.
    """

    generator: torch.nn.Module
    condition: Tensor
    negative: Tensor | None
    regions: tuple[tuple[Tensor, Tensor], ...]

    def __call__(self, ids: Tensor, conditional: bool) -> Tensor:
        if not conditional:
            return self.generator.logits(ids, self.negative)
        logits = self.generator.logits(ids, self.condition)
        for cells, condition in self.regions:
            logits = torch.where(cells[None, :, :, None], self.generator.logits(ids, condition), logits)
        return logits


@torch.inference_mode()
def redraw(pipeline: Pipeline, job: Fill | Extend | Restore | MakeLoop) -> Iterator[Any]:
    """Updates, a report on what stayed, TakeReady, Finished. Raises EngineError."""
    match job:
        case Fill():
            yield from _fill(pipeline, job)
        case Extend():
            yield from _extend(pipeline, job)
        case Restore():
            yield from _restore(pipeline, job)
        case MakeLoop():
            yield from _make_loop(pipeline, job)


def _fill(pipeline: Pipeline, job: Fill) -> Iterator[Any]:
    source, geometry = job.source, pipeline.geometry
    mask = job.mask
    cells = mask.cells(geometry)
    if cells.shape != source.grid.ids.shape or mask.is_empty:
        raise EngineError("value", "Nothing is painted: mark what shall be drawn again.")
    if job.strength < 1:
        cells = editing.thinned(cells, job.strength, job.request.seed)
        mask = mask.without(editing.cells_mask(cells, mask.frames, geometry).inverted())
    plan = editing.plan(source.clip, source.spectrogram.log_mel, source.grid.ids, mask, cells, geometry)
    take = yield from _run(pipeline, plan, job, job.prompts, job.reference)
    yield from _done(take, job.source.clip, mask, pipeline)


def _extend(pipeline: Pipeline, job: Extend) -> Iterator[Any]:
    geometry, source = pipeline.geometry, job.source
    if min(job.before_s, job.after_s) < 0 or job.before_s + job.after_s <= 0:
        raise EngineError("value", "Say how many seconds shall be added before or after the sound.")
    clip, first = editing.padded(source.clip, job.before_s, job.after_s, geometry)
    frames = geometry.samples_to_frames(round(clip.duration_s * geometry.sample_rate))
    inside = min(source.spectrogram.log_mel.shape[1], int(source.clip.duration_s / geometry.frame_s))
    picture = np.full((geometry.bands, frames), SILENCE_DB, np.float32)
    picture[:, first : first + inside] = source.spectrogram.log_mel[:, :inside]
    ids = np.zeros((geometry.rows, geometry.frames_to_cols(frames)), np.int32)
    known = source.grid.ids[:, : geometry.frames_to_cols(inside)]
    ids[:, first // geometry.cell_frames :][:, : known.shape[1]] = known
    last = frames if job.after_s == 0 else first + inside
    mask = editing.extension_mask(geometry.bands, frames, first, last)
    hidden = editing.extension_mask(geometry.bands, frames, first and first + 3, last if last == frames else last - 3).cells(geometry)
    plan = editing.plan(clip, picture, ids, mask, hidden, geometry)
    take = yield from _run(pipeline, plan, job)
    request = replace(take.request, duration_s=clip.duration_s)
    yield from _done(replace(take, request=request), clip, mask, pipeline)


def _restore(pipeline: Pipeline, job: Restore) -> Iterator[Any]:
    geometry, source = pipeline.geometry, job.source
    picture = source.spectrogram.log_mel
    cutoff_hz = job.cutoff_hz or editing.cutoff_of(picture, geometry)
    if cutoff_hz is None:
        raise EngineError("value", "This sound reaches up to the top of the picture: no cut-off was found. Give one to restore above it.")
    clip = source.clip if source.clip.sample_rate >= geometry.sample_rate else resample(source.clip, geometry.sample_rate)
    mask = editing.highs_mask(cutoff_hz, picture.shape[1], geometry)
    yield Report(f"Restoring everything above {cutoff_hz:.0f} Hz; below it the sound stays its own.")
    plan = editing.plan(clip, picture, source.grid.ids, mask, mask.cells(geometry), geometry)
    take = yield from _run(pipeline, plan, job)
    yield TakeReady(0, take)
    yield Finished((take,), ())


def _make_loop(pipeline: Pipeline, job: MakeLoop) -> Iterator[Any]:
    geometry = pipeline.geometry
    clip = editing.rolled(job.source.clip)
    picture = spectrogram(resample(clip, geometry.sample_rate).mono(), geometry).log_mel
    mask = editing.joint_mask(clip, job.joint_s, picture.shape[1], geometry)
    plan = editing.plan(clip, picture, pipeline.tokens_of(picture), mask, mask.cells(geometry), geometry)
    take = yield from _run(pipeline, plan, job)
    report = kept(clip, take.clip, mask, geometry).sentence
    closed = editing.unrolled(take.clip)
    whole = spectrogram(resample(closed, geometry.sample_rate).mono(), geometry)
    take = replace(take, clip=closed, spectrogram=whole, grid=TokenGrid(pipeline.tokens_of(whole.log_mel)), history=None)
    yield Report(report)
    yield TakeReady(0, take)
    yield Finished((take,), ())


def _done(take: Take, before: Clip, mask: Mask, pipeline: Pipeline) -> Iterator[Any]:
    yield Report(kept(before, take.clip, mask, pipeline.geometry).sentence)
    yield TakeReady(0, take)
    yield Finished((take,), ())


def _run(
    pipeline: Pipeline,
    plan: Plan,
    job: Any,
    prompts: tuple[tuple[Mask, str], ...] = (),
    reference: Clip | None = None,
) -> Iterator[StepUpdate]:
    """Draws the hidden cells of a plan; the generator's return value is the take."""
    geometry = pipeline.geometry
    request = _with_fewer_steps(job.request, plan, geometry.cells)
    condition = _condition(pipeline, request, reference, plan.clip)
    start = torch.from_numpy(plan.start.ids.astype(np.int64)).to(pipeline.device)
    recorder = Recorder()
    part = start
    for drawn in draw_grid(
        _logits(pipeline, plan, condition, request, prompts),
        start,
        geometry.cols,
        request.seed,
        request.settings,
        lambda ids: pipeline.matches(condition, ids),
    ):
        part = drawn.ids
        whole = _in_place(plan, drawn)
        recorder.add(whole)
        preview = _spliced(pipeline, plan, drawn.guess) if job.previews else None
        yield replace(pipeline.update_of(0, whole, False), preview=preview)
    return _take(pipeline, plan, request, part, recorder)


def _with_fewer_steps(request: GenerationRequest, plan: Plan, cells: int) -> GenerationRequest:
    settings = editing.settings_for(request.settings, int(plan.hidden.sum()), cells)
    return replace(request, settings=settings, count=1)


def _condition(pipeline: Pipeline, request: GenerationRequest, reference: Clip | None, source: Clip) -> Tensor:
    """The prompt's; without a prompt and a reference sound, the source's own sound tells what belongs there."""
    if request.prompt.strip() or reference is not None:
        return pipeline.condition_of(request, reference)
    return pipeline.condition_of(request, source)


def _logits(
    pipeline: Pipeline, plan: Plan, condition: Tensor, request: GenerationRequest, prompts: tuple[tuple[Mask, str], ...]
) -> Callable[[int, int], RegionLogits]:
    """The logits of any columns of the part that is looked at."""
    negative = pipeline.embed(request.negative) if request.negative.strip() else None
    part = slice(plan.first_col, plan.last_col)
    regions = [
        (torch.from_numpy(mask.cells(pipeline.geometry)[:, part]).to(pipeline.device), pipeline.embed(prompt))
        for mask, prompt in prompts
        if prompt.strip()
    ]

    def logits_at(first: int, last: int) -> RegionLogits:
        inside = tuple((cells[:, first:last], own) for cells, own in regions)
        return RegionLogits(pipeline.pack.generator, condition, negative, inside)

    return logits_at


def _in_place(plan: Plan, drawn: Drawn) -> Drawn:
    """The state of the whole grid: the part that was looked at among everything else."""
    part = slice(plan.first_col, plan.last_col)
    ids = torch.from_numpy(np.where(plan.hidden, HIDDEN, plan.ids).astype(np.int64))
    guess, confidence = torch.from_numpy(plan.ids.astype(np.int64)), torch.ones(ids.shape)
    ids[:, part], guess[:, part], confidence[:, part] = drawn.ids.cpu(), drawn.guess.cpu(), drawn.confidence.cpu()
    return Drawn(drawn.number, drawn.total, ids, guess, confidence)


def _spliced(pipeline: Pipeline, plan: Plan, part_ids: Tensor) -> Spectrogram:
    """The source's picture with the drawn one where the mask is painted."""
    picture = plan.picture.copy()
    first, last = _frames(plan, pipeline)
    drawn = pipeline.picture_of(part_ids[None].clamp_min(0)).log_mel[:, : last - first]
    weights = plan.mask.window(first, last)
    picture[:, first:last] += weights * (drawn - picture[:, first:last])
    return Spectrogram(picture, pipeline.geometry)


def _frames(plan: Plan, pipeline: Pipeline) -> tuple[int, int]:
    cell = pipeline.geometry.cell_frames
    return plan.first_col * cell, min(plan.picture.shape[1], plan.last_col * cell)


def _take(pipeline: Pipeline, plan: Plan, request: GenerationRequest, part: Tensor, recorder: Recorder) -> Take:
    geometry = pipeline.geometry
    picture = _spliced(pipeline, plan, part)
    first, last = _frames(plan, pipeline)
    samples = pipeline.sound_of(Spectrogram(np.ascontiguousarray(picture.log_mel[:, first:last]), geometry))
    clip = blend(plan.clip, samples, first * geometry.hop_samples, plan.mask, geometry)
    ids = plan.ids.copy()
    ids[:, plan.first_col : plan.last_col] = part.cpu().numpy()
    history = recorder.history()
    return Take(request, request.seed, TokenGrid(ids.astype(np.int32)), picture, clip, history, loudness_lufs=loudness_of(clip))
