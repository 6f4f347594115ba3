"""From a job to its events: prompt, iterations, mel picture, sound; holds the loaded pack and no other state."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.geometry import Geometry
from engine.models.knowledge import Knowledge
from engine.models.pack import Pack, load_pack
from engine.sampling.masked import Step, unmask
from engine.signal.audio_io import resample
from engine.signal.mel import denormalise, log_mel_db, normalise
from engine.types import (
    HIDDEN,
    Clip,
    DeviceName,
    EngineError,
    Failed,
    Finished,
    GenerationRequest,
    Spectrogram,
    StepUpdate,
    Take,
    Timing,
    TokenGrid,
)

MAX_DURATION_S = 600.0
MAX_COUNT = 64
# A grid may be this many columns longer than the trained one before it is generated in windows: 10 s are 54 columns, not 53.
_EXTRA_COLS = 3
_OVERLAP_SHARE = 0.3


@dataclass(frozen=True)
class Generate:
    """Job: draw ``request.count`` takes; ``previews`` decodes every iteration for the eye, which costs about as much as the iteration."""

    request: GenerationRequest
    reference: Clip | None = None
    previews: bool = True


@dataclass(frozen=True)
class Reconstruct:
    """Job: one sound through tokenizer and vocoder and back."""

    clip: Clip


Job = Generate | Reconstruct
Event = StepUpdate | Finished | Failed


class Pipeline:
    """Runs jobs with one pack on one device."""

    def __init__(self, pack: Pack, device: str = "cpu") -> None:
        self.pack, self.device = pack, device
        self.geometry: Geometry = pack.manifest.geometry

    @classmethod
    def open(cls, folder: Path, device: DeviceName = "auto") -> Pipeline:
        """Loads a pack from its folder. Raises EngineError("pack") or EngineError("device")."""
        name = choose_device(device)
        return cls(load_pack(folder, name), name)

    @cached_property
    def knowledge(self) -> Knowledge:
        """What the pack's prompt encoder was taught."""
        return Knowledge(self.pack.knowledge, self.pack.prompt)

    def run(self, job: Job) -> Iterator[Event]:
        """Zero or more updates, then exactly one of Finished and Failed; to cancel, stop asking for the next event."""
        try:
            yield from self._generate(job) if isinstance(job, Generate) else self._reconstruct(job)
        except EngineError as error:
            yield Failed(error.kind, error.message)
        except (MemoryError, RuntimeError) as error:
            yield Failed(*_told(error))

    @torch.inference_mode()
    def _generate(self, job: Generate) -> Iterator[Event]:
        request = job.request
        check_request(request)
        watch = _Watch()
        condition = self._condition(request, job.reference)
        negative = self._embed(request.negative) if request.negative.strip() else None
        watch.stop("prompt")
        takes = []
        for index in range(request.count):
            seed = request.seed + index
            ids = yield from self._draw(job, seed, index, condition, negative)
            watch.stop("iterations")
            take, parts = self._take(request, seed, ids)
            takes.append(take)
            for part, seconds in parts:
                watch.add(part, seconds)
        yield Finished(tuple(takes), watch.timings())

    def _draw(self, job: Generate, seed: int, index: int, condition: Tensor, negative: Tensor | None) -> Iterator[StepUpdate]:
        """Fills one token grid, window by window; the generator's return value is the ids (1, rows, cols)."""
        request = job.request
        cols = self.geometry.seconds_to_cols(request.duration_s)
        grid = torch.full((1, self.geometry.rows, cols), HIDDEN, device=self.device)
        windows = window_starts(cols, self.geometry.cols)
        steps = request.settings.steps
        for number, start in enumerate(windows):
            stop = min(cols, start + max(self.geometry.cols, cols if len(windows) == 1 else 0))
            for step in unmask(
                _Logits(self.pack.generator, condition, negative), grid[:, :, start:stop], [seed + 7919 * number], request.settings
            ):
                current = grid.clone()
                current[:, :, start:stop] = step.ids.to(self.device)
                yield self._update(index, number * steps + step.number, len(windows) * steps, current, step, start, job.previews)
            grid = current
        return grid

    def _update(self, index: int, number: int, total: int, grid: Tensor, step: Step, start: int, with_preview: bool) -> StepUpdate:
        confidence = np.zeros(grid.shape[1:], np.float32)
        confidence[:, start : start + step.confidence.shape[-1]] = step.confidence[0].numpy()
        preview = None
        if with_preview:
            whole = grid.clone()
            whole[:, :, start : start + step.guess.shape[-1]] = step.guess.to(self.device)
            preview = self._picture(whole.clamp_min(0))
        ids = grid[0].cpu().numpy().astype(np.int32)
        return StepUpdate(index, number, total, TokenGrid(ids), confidence, preview)

    def _picture(self, ids: Tensor) -> Spectrogram:
        decoded = self.pack.tokenizer.decode(ids.long())[0, 0].float().cpu().numpy()
        return Spectrogram(denormalise(decoded), self.geometry)

    def _take(self, request: GenerationRequest, seed: int, ids: Tensor) -> tuple[Take, list[tuple[str, float]]]:
        started = time.perf_counter()
        picture = self._picture(ids)
        decoded = time.perf_counter()
        samples = self._sound(picture)
        wanted = self.geometry.seconds_to_samples(request.duration_s)
        samples = _faded(samples[:wanted])
        parts = [("decoder", decoded - started), ("vocoder", time.perf_counter() - decoded)]
        grid = TokenGrid(ids[0].cpu().numpy().astype(np.int32))
        single = replace(request, seed=seed, count=1)
        return Take(single, seed, grid, picture, Clip(samples[None], self.geometry.sample_rate)), parts

    def _sound(self, picture: Spectrogram) -> NDArray[np.float32]:
        log_mel = torch.from_numpy(picture.log_mel)[None].to(self.device)
        samples = self.pack.vocoder.synthesise(log_mel)[0].float().cpu().numpy()
        if not np.isfinite(samples).all():
            raise EngineError("numeric", "The vocoder returned numbers that are not finite; nothing was kept.")
        peak = float(np.abs(samples).max())
        return samples * min(1.0, 0.98 / peak) if peak > 0 else samples

    def _condition(self, request: GenerationRequest, reference: Clip | None) -> Tensor:
        """Unit vector (1, D) of the prompt, of the reference sound, or of their blend."""
        text = self._embed(request.prompt) if request.prompt.strip() else None
        if reference is None:
            return text
        sound = self.pack.prompt.embed_mel(self._mel_of(reference))
        if text is None:
            return sound
        blended = (1 - request.blend) * text + request.blend * sound
        return torch.nn.functional.normalize(blended, dim=-1)

    def _embed(self, prompt: str) -> Tensor:
        return self.pack.prompt.embed_text([prompt])

    def _mel_of(self, clip: Clip) -> Tensor:
        """Normalised mel (1, 1, bands, frames) of any clip."""
        samples = resample(clip, self.geometry.sample_rate).mono()
        return torch.from_numpy(normalise(log_mel_db(samples, self.geometry)))[None, None].to(self.device)

    @torch.inference_mode()
    def _reconstruct(self, job: Reconstruct) -> Iterator[Event]:
        watch = _Watch()
        mel = self._mel_of(job.clip)
        ids = self.pack.tokenizer.encode(mel)
        watch.stop("encoder")
        request = GenerationRequest(prompt="", duration_s=job.clip.duration_s, pack_id=self.pack.manifest.id)
        take, parts = self._take(request, 0, ids)
        for part, seconds in parts:
            watch.add(part, seconds)
        yield Finished((take,), watch.timings())


@dataclass(frozen=True, eq=False)
class _Logits:
    """The sampler's view of the generator: with the condition, or with what guidance leads away from."""

    generator: torch.nn.Module
    condition: Tensor
    negative: Tensor | None

    def __call__(self, ids: Tensor, conditional: bool) -> Tensor:
        return self.generator.logits(ids, self.condition if conditional else self.negative)


class _Watch:
    """Adds up wall seconds by part."""

    def __init__(self) -> None:
        self._parts: dict[str, float] = {}
        self._last = time.perf_counter()

    def stop(self, part: str) -> None:
        now = time.perf_counter()
        self.add(part, now - self._last)

    def add(self, part: str, seconds: float) -> None:
        self._parts[part] = self._parts.get(part, 0.0) + seconds
        self._last = time.perf_counter()

    def timings(self) -> tuple[Timing, ...]:
        return tuple(Timing(part, seconds) for part, seconds in self._parts.items())


def window_starts(cols: int, window_cols: int) -> list[int]:
    """First columns of the overlapping windows that cover a grid; every window but the first begins inside what is known."""
    if cols <= window_cols + _EXTRA_COLS:
        return [0]
    stride = window_cols - round(window_cols * _OVERLAP_SHARE)
    starts = list(range(0, cols - window_cols, stride))
    return [*starts, cols - window_cols]


def choose_device(name: DeviceName) -> str:
    """The device to run on. Raises EngineError("device") if it is not there."""
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return "cuda" if present["cuda"] else "mps" if present["mps"] else "cpu"
    if name not in present:
        raise EngineError("device", f"There is no device called {name!r}; choose auto, cpu, cuda or mps.")
    if not present[name]:
        raise EngineError("device", f"This computer has no {name} device that can be used; choose auto or cpu.")
    return name


def check_request(request: GenerationRequest) -> None:
    """Raises EngineError for what no run could honour."""
    if not request.prompt.strip() and request.reference is None:
        raise EngineError("prompt", "The prompt is empty: say what you want to hear, or give a reference sound.")
    if not 0 < request.duration_s <= MAX_DURATION_S:
        raise EngineError("value", f"The duration must lie between 0 and {MAX_DURATION_S:.0f} seconds, not {request.duration_s:g}.")
    if not 1 <= request.count <= MAX_COUNT:
        raise EngineError("value", f"The number of takes must lie between 1 and {MAX_COUNT}, not {request.count}.")
    if not 1 <= request.settings.steps <= 256:
        raise EngineError("value", f"The number of iterations must lie between 1 and 256, not {request.settings.steps}.")
    if not 0 <= request.blend <= 1:
        raise EngineError("value", f"The blend must lie between 0 (prompt only) and 1 (sound only), not {request.blend:g}.")
    for name, most in (("guidance", 30), ("guidance_start", 30), ("temperature", 100), ("token_temperature", 10)):
        value = getattr(request.settings, name)
        if not 0 <= value <= most:
            raise EngineError("value", f"The {name.replace('_', ' ')} must lie between 0 and {most}, not {value:g}.")
    if not 0 <= request.seed < 2**53:
        raise EngineError("value", f"The seed must be a whole number from 0 to 2^53, not {request.seed}.")


def _faded(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """A fade of 5 ms at both ends, so that a cut inside a sound does not click."""
    ramp = np.linspace(0, 1, min(110, samples.size // 2), dtype=np.float32)
    if ramp.size:
        samples = samples.copy()
        samples[: ramp.size] *= ramp
        samples[-ramp.size :] *= ramp[::-1]
    return samples


def _told(error: BaseException) -> tuple[str, str, str]:
    """(kind, sentence, detail) of an error that no check foresaw."""
    text = str(error)
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in text:
        return "memory", "There was not enough memory for this; a shorter duration or fewer takes need less.", text
    return "numeric", "The model could not finish this run; nothing was kept.", text
