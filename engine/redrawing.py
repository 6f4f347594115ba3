"""Runs edits with a loaded pack: fill, vary, extend, restore highs, close a loop; what is not painted stays the source's."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine import editing
from engine.drawing import Drawn, Recorder, draw_grid, window_starts
from engine.editing import Plan
from engine.geometry import Geometry
from engine.jobs import Extend, Fill, MakeLoop, Report, Restore
from engine.mask_shapes import cells_mask
from engine.masks import Mask
from engine.signal.audio_io import mono_at, resample
from engine.signal.blend import blend_into, kept
from engine.signal.loudness import loudness_of
from engine.signal.mel import SILENCE_DB, normalise, spectrogram
from engine.types import (
    HIDDEN,
    MAX_DURATION_S,
    Clip,
    EngineError,
    Finished,
    GenerationRequest,
    Spectrogram,
    StepUpdate,
    Take,
    TakeReady,
    Timing,
    TokenGrid,
)

if TYPE_CHECKING:
    from engine.pipeline import Pipeline

# What pieces of a long sound share with their neighbours: more than the networks look to either side.
_SHARED_COLS = 3
_SHARED_FRAMES = 64
_VOCODER_FRAMES = 4096

Drawing = Generator[StepUpdate, None, Take]


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
    editing.check_length(job.source.clip)
    job = replace(job, source=_in_codes_of(pipeline, job.source, job.request.pack_id))
    watch: dict[str, float] = {}
    match job:
        case Fill():
            take = yield from _fill(pipeline, job, watch)
        case Extend():
            take = yield from _extend(pipeline, job, watch)
        case Restore():
            take = yield from _restore(pipeline, job, watch)
        case MakeLoop():
            take = yield from _make_loop(pipeline, job, watch)
    yield TakeReady(0, take)
    yield Finished((take,), tuple(Timing(part, seconds) for part, seconds in watch.items()))


def _in_codes_of(pipeline: Pipeline, source: Take, pack_id: str) -> Take:
    """The take with codes that the pack ``pack_id`` of the pipeline understands: those of another pack mean other sounds."""
    if source.request.pack_id == pack_id and source.request.pack_hash in ("", pipeline.pack.manifest.hash):
        return source
    if source.spectrogram.geometry != pipeline.geometry:
        made_with = source.request.pack_id
        raise EngineError(
            "value", f"This take was made with the pack {made_with}, which sees sounds in another way; load that pack to edit it."
        )
    return replace(source, grid=TokenGrid(pipeline.tokens_of(source.spectrogram.log_mel)), history=None)


def _fill(pipeline: Pipeline, job: Fill, watch: dict[str, float]) -> Drawing:
    source, geometry = job.source, pipeline.geometry
    mask = job.mask
    if (mask.bands, mask.frames) != source.spectrogram.log_mel.shape:
        raise EngineError("value", "The mask was painted over another sound: its length does not match.")
    cells = mask.cells(geometry)
    if job.strength != 1:
        cells = editing.thinned(cells, job.strength, job.request.seed)
        mask = mask.without(cells_mask(cells, mask.frames, geometry).inverted())
    plan = editing.plan(source.clip, source.spectrogram.log_mel, source.grid.ids, mask, cells, geometry)
    take = yield from _Run(pipeline, plan, job, watch, job.prompts, job.reference).drawn()
    yield Report(kept(source.clip, take.clip, mask, geometry).sentence)
    return take


def _extend(pipeline: Pipeline, job: Extend, watch: dict[str, float]) -> Drawing:
    geometry, source = pipeline.geometry, job.source
    if not (min(job.before_s, job.after_s) >= 0 and 0 < job.before_s + job.after_s < np.inf):
        raise EngineError("value", "Say how many seconds shall be added before or after the sound.")
    if source.clip.duration_s + job.before_s + job.after_s > MAX_DURATION_S:
        raise EngineError("value", f"The sound would get longer than {MAX_DURATION_S / 60:.0f} minutes.")
    clip, first, surplus = editing.padded(source.clip, job.before_s, job.after_s, geometry)
    inside = max(1, min(source.spectrogram.log_mel.shape[1], int(source.clip.duration_s / geometry.frame_s)))
    frames = max(first + inside, geometry.samples_to_frames(round(clip.duration_s * geometry.sample_rate)))
    last = frames if job.after_s == 0 else first + inside
    picture, ids = _among_silence(source, first, inside, frames, geometry)
    mask = editing.extension_mask(geometry.bands, frames, first, last)
    hidden = editing.extension_mask(geometry.bands, frames, first, last, seam=0).cells(geometry)
    plan = editing.plan(clip, picture, ids, mask, hidden, geometry)
    take = yield from _Run(pipeline, plan, job, watch).drawn()
    yield Report(kept(clip, take.clip, mask, geometry).sentence)
    if surplus == 0:
        return take
    return _read_again(pipeline, take, Clip(np.ascontiguousarray(take.clip.samples[:, surplus:]), clip.sample_rate))


def _among_silence(source: Take, first: int, inside: int, frames: int, geometry: Geometry) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """The source's picture and ids in a longer picture, ``inside`` frames of it from frame ``first`` on."""
    picture = np.full((geometry.bands, frames), SILENCE_DB, np.float32)
    picture[:, first : first + inside] = source.spectrogram.log_mel[:, :inside]
    ids = np.zeros((geometry.rows, geometry.frames_to_cols(frames)), np.int32)
    known = source.grid.ids[:, : geometry.frames_to_cols(inside)]
    ids[:, first // geometry.cell_frames :][:, : known.shape[1]] = known
    return picture, ids


def _restore(pipeline: Pipeline, job: Restore, watch: dict[str, float]) -> Drawing:
    geometry, source = pipeline.geometry, job.source
    picture = source.spectrogram.log_mel
    cutoff_hz = job.cutoff_hz if job.cutoff_hz is not None else editing.cutoff_of(picture, geometry)
    if cutoff_hz is None:
        raise EngineError("value", "No cut-off was found: this sound reaches up as it should. Give a frequency to restore above it.")
    mask = editing.highs_mask(cutoff_hz, picture.shape[1], geometry)
    clip = source.clip if source.clip.sample_rate >= geometry.sample_rate else resample(source.clip, geometry.sample_rate)
    rate = "" if clip is source.clip else f" The sample rate becomes {clip.sample_rate} Hz to hold them."
    yield Report(f"Restoring everything above {cutoff_hz:.0f} Hz; below it the sound stays its own.{rate}")
    plan = editing.plan(clip, picture, source.grid.ids, mask, mask.cells(geometry), geometry)
    if not job.request.prompt.strip():
        # What the lows sound like says "dull"; guided by that the model draws no highs. The paper's pipeline is unconditional here too.
        job = replace(job, request=replace(job.request, settings=replace(job.request.settings, guidance=0.0, guidance_start=0.0)))
    return (yield from _Run(pipeline, plan, job, watch).drawn())


def _make_loop(pipeline: Pipeline, job: MakeLoop, watch: dict[str, float]) -> Drawing:
    geometry = pipeline.geometry
    clip = editing.rolled(job.source.clip)
    picture = spectrogram(mono_at(clip, geometry.sample_rate), geometry).log_mel
    mask = editing.joint_mask(clip, job.joint_s, picture.shape[1], geometry)
    plan = editing.plan(clip, picture, pipeline.tokens_of(picture), mask, mask.cells(geometry), geometry)
    take = yield from _Run(pipeline, plan, job, watch).drawn()
    yield Report(kept(clip, take.clip, mask, geometry).sentence)
    return _read_again(pipeline, take, editing.unrolled(take.clip))


def _read_again(pipeline: Pipeline, take: Take, clip: Clip) -> Take:
    """The take with another sound, whose picture and tokens are its own; iterations of another grid would not fit any more."""
    geometry = pipeline.geometry
    picture = spectrogram(mono_at(clip, geometry.sample_rate), geometry)
    request = replace(take.request, duration_s=clip.duration_s)
    grid = TokenGrid(pipeline.tokens_of(picture.log_mel))
    return replace(take, request=request, clip=clip, spectrogram=picture, grid=grid, history=None, loudness_lufs=loudness_of(clip))


class _Run:
    """Draws the hidden cells of a plan, part by part, and mixes what comes out into the source."""

    def __init__(
        self,
        pipeline: Pipeline,
        plan: Plan,
        job: Fill | Extend | Restore | MakeLoop,
        watch: dict[str, float],
        prompts: tuple[tuple[Mask, str], ...] = (),
        reference: Clip | None = None,
    ) -> None:
        self.pipeline, self.plan, self.geometry, self.watch = pipeline, plan, pipeline.geometry, watch
        self.request: GenerationRequest = replace(job.request, count=1, duration_s=plan.clip.duration_s)
        self.settings = editing.settings_for(self.request.settings, plan, self.geometry)
        self.previews = job.previews
        started = time.perf_counter()
        self.condition = self._condition(reference)
        self.negative = pipeline.embed(self.request.negative) if self.request.negative.strip() else None
        self.regions = [
            (torch.from_numpy(mask.cells(self.geometry) & plan.hidden).to(pipeline.device), pipeline.meaning_of(prompt, self.settings))
            for mask, prompt in prompts
            if prompt.strip()
        ]
        self._spend("prompt", started)

    def drawn(self) -> Drawing:
        """One update for every iteration; the generator's return value is the take."""
        recorder = Recorder()
        ids = torch.from_numpy(self.plan.start.ids.astype(np.int64))
        guess, confidence = torch.from_numpy(self.plan.ids.astype(np.int64)), (ids != HIDDEN).float()
        picture = self.plan.picture.copy()
        done, total = 0, sum(self._iterations(first, last) for first, last in self.plan.parts)
        for number, (first, last) in enumerate(self.plan.parts):
            started = time.perf_counter()
            for drawn in self._part(ids[:, first:last].to(self.pipeline.device), number, first):
                before = guess
                ids, guess, confidence = ids.clone(), guess.clone(), confidence.clone()
                ids[:, first:last], confidence[:, first:last] = drawn.ids.cpu(), drawn.confidence.cpu()
                guess[:, first:last] = torch.where(drawn.guess.cpu() == HIDDEN, guess[:, first:last], drawn.guess.cpu())
                whole = Drawn(done + drawn.number, total, ids, guess, confidence)
                recorder.add(whole)
                update = self.pipeline.update_of(0, whole, with_preview=False)
                if self.previews:
                    picture = self._preview(picture, before, guess, first, last)
                    update = replace(update, preview=Spectrogram(picture, self.geometry))
                self._spend("iterations", started)
                yield update
                started = time.perf_counter()
            done += self._iterations(first, last)
        return self._take(ids, recorder)

    def _iterations(self, first: int, last: int) -> int:
        return len(window_starts(last - first, self.geometry.cols)) * self.settings.steps

    def _part(self, start: Tensor, number: int, first_col: int) -> Iterator[Drawn]:
        def matches(ids: Tensor) -> Tensor:
            return self.pipeline.matches(self.condition, ids, self.request.seed, self.condition)

        seed = self.request.seed + 1_000_003 * number
        critic = self.pipeline.critic_of(self.condition)
        return draw_grid(self._logits(first_col), start, self.geometry.cols, seed, self.settings, matches, Recorder(), critic)

    def _logits(self, first_col: int) -> Callable[[int, int], RegionLogits]:
        """The logits of any columns of a part that begins at ``first_col``."""

        def logits_at(first: int, last: int) -> RegionLogits:
            inside = ((cells[:, first_col + first : first_col + last], own) for cells, own in self.regions)
            touched = tuple((cells, own) for cells, own in inside if cells.any())
            return RegionLogits(self.pipeline.pack.generator, self.condition, self.negative, touched)

        return logits_at

    def _condition(self, reference: Clip | None) -> Tensor:
        """The prompt's; without a prompt and a reference sound, what is around the paint tells what belongs there."""
        if self.request.prompt.strip() or reference is not None:
            return self.pipeline.condition_of(self.request, reference)
        first, last = self.plan.parts[0]
        cols = np.arange(first, min(last, first + 2 * self.geometry.cols))
        known = cols[~self.plan.hidden[:, cols].all(axis=0)]
        chosen = (known if known.size else cols)[:, None] * self.geometry.cell_frames + np.arange(self.geometry.cell_frames)
        frames = chosen.reshape(-1)
        values = normalise(self.plan.picture[:, frames[frames < self.plan.picture.shape[1]]])
        return self.pipeline.pack.prompt.embed_mel(torch.from_numpy(values)[None, None].to(self.pipeline.device))

    def _preview(self, picture: NDArray[np.float32], before: Tensor, guess: Tensor, first: int, last: int) -> NDArray[np.float32]:
        """The picture with what changed since the iteration before; of a long part only the columns around it are decoded."""
        changed = np.flatnonzero((before != guess).any(dim=0).numpy())
        if changed.size == 0:
            return picture
        least = self.geometry.cols // 3
        low = max(first, min(int(changed[0]) - _SHARED_COLS, last - least))
        high = min(last, max(int(changed[-1]) + 1 + _SHARED_COLS, low + least))
        return self._spliced(picture, self._decoded(guess, low, high, self._plain), low)

    def _spliced(self, picture: NDArray[np.float32], drawn: NDArray[np.float32], first_col: int) -> NDArray[np.float32]:
        """A copy of the picture with the drawn one, which begins at a column, where the mask is painted."""
        first = first_col * self.geometry.cell_frames
        last = min(picture.shape[1], first + drawn.shape[1])
        weights, own = self.plan.mask.window(first, last), self.plan.picture[:, first:last]
        out = picture.copy()
        out[:, first:last] = np.where(weights > 0, own + weights * (drawn[:, : last - first] - own), own)
        return out

    def _plain(self, ids: Tensor, condition: Tensor, first_col: int) -> Spectrogram:
        return self.pipeline.picture_of(ids[None], condition)

    def _detailed(self, ids: Tensor, condition: Tensor, first_col: int) -> Spectrogram:
        return self.pipeline.detailed_picture_of(ids, self.request.seed, condition, self._known_detail(first_col, ids.shape[1]))

    def _known_detail(self, first_col: int, cols: int) -> Tensor | None:
        """Second codes (rows, cols) of columns of the source, hidden where the first ones were."""
        detail, cell = self.pipeline.pack.detail, self.geometry.cell_frames
        if detail is None:
            return None
        picture = self.plan.picture[:, first_col * cell : (first_col + cols) * cell]
        second = detail.encode(torch.from_numpy(normalise(picture))[None, None].to(self.pipeline.device))[0]
        hidden = torch.from_numpy(self.plan.hidden[:, first_col : first_col + cols]).to(second.device)
        return second.masked_fill(hidden, HIDDEN)

    def _told(self, first: int, last: int) -> Tensor:
        """What the decoder is told of columns: the prompt (1, D), or for each cell the one of its region (1, D, rows, cols)."""
        if not any(cells[:, first:last].any() for cells, _ in self.regions):
            return self.condition
        told = self.condition[..., None, None].repeat(1, 1, self.geometry.rows, last - first)
        for cells, own in self.regions:
            told = torch.where(cells[:, first:last], own[..., None, None], told)
        return told

    def _decoded(self, ids: Tensor, first: int, last: int, look: Callable[[Tensor, Tensor, int], Spectrogram]) -> NDArray[np.float32]:
        """The picture of columns; the tokenizer sees no more of them at once than it was trained on, and a few."""
        starts = window_starts(last - first, self.geometry.cols)
        out = np.zeros((self.geometry.bands, (last - first) * self.geometry.cell_frames), np.float32)
        for start in starts:
            stop = last - first if len(starts) == 1 else start + self.geometry.cols
            cells = ids[:, first + start : first + stop].to(self.pipeline.device)
            mel = look(cells, self._told(first + start, first + stop), first + start).log_mel
            skip = 0 if start == 0 else _SHARED_COLS * self.geometry.cell_frames
            out[:, start * self.geometry.cell_frames + skip : stop * self.geometry.cell_frames] = mel[:, skip:]
        return out

    def _take(self, ids: Tensor, recorder: Recorder) -> Take:
        started = time.perf_counter()
        picture = self.plan.picture.copy()
        for first, last in self.plan.parts:
            picture = self._spliced(picture, self._decoded(ids, first, last, self._detailed), first)
        started = self._spend("decoder", started)
        out = self.plan.clip.samples.astype(np.float32, copy=True)
        for first, last in self.plan.parts:
            self._mix(out, picture, first * self.geometry.cell_frames, last * self.geometry.cell_frames)
        self._spend("vocoder", started)
        clip = Clip(out, self.plan.clip.sample_rate)
        grid = TokenGrid(ids.numpy().astype(np.int32))
        shown = Spectrogram(picture, self.geometry)
        return Take(self.request, self.request.seed, grid, shown, clip, recorder.history(), loudness_lufs=loudness_of(clip))

    def _mix(self, out: NDArray[np.float32], picture: NDArray[np.float32], first: int, last: int) -> None:
        """Makes sound of a part around its paint and mixes it in."""
        mask = self.plan.mask.between(first, last)
        if mask.is_empty:
            return
        # A picture holds whole frames only; what the sound has more of is drawn like the last one.
        longer = np.concatenate([picture, picture[:, -1:]], axis=1)
        low = max(0, mask.first - _SHARED_FRAMES)
        high = min(longer.shape[1], mask.last + _SHARED_FRAMES)
        samples = self._sounded(longer, low, high)
        blend_into(out, self.plan.clip.sample_rate, samples, low * self.geometry.hop_samples, mask, self.geometry)

    def _sounded(self, picture: NDArray[np.float32], first: int, last: int) -> NDArray[np.float32]:
        """Samples of the frames ``first`` to ``last``, piece by piece."""
        pieces = []
        for start in range(first, last, _VOCODER_FRAMES):
            stop = min(last, start + _VOCODER_FRAMES)
            low, high = max(0, start - _SHARED_FRAMES), min(picture.shape[1], stop + _SHARED_FRAMES)
            samples = self.pipeline.sound_of(Spectrogram(np.ascontiguousarray(picture[:, low:high]), self.geometry))
            pieces.append(samples[(start - low) * self.geometry.hop_samples :][: (stop - start) * self.geometry.hop_samples])
        return np.concatenate(pieces)

    def _spend(self, part: str, started: float) -> float:
        """Adds the seconds since ``started`` to a part of the run and returns the time."""
        now = time.perf_counter()
        self.watch[part] = self.watch.get(part, 0.0) + now - started
        return now
