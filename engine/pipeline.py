"""From a job to its events: prompt, iterations, mel picture, sound; holds the loaded pack and no other state."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.drawing import Drawn, Recorder, draw_detail, draw_grid
from engine.geometry import Geometry
from engine.jobs import Assess, Assessed, Encode, EngineJob, Generate, PackLoaded, Reconstruct, Render
from engine.models.knowledge import Knowledge
from engine.models.pack import Pack, load_pack
from engine.sampling.masked import CriticFunction
from engine.sampling.schedules import SCHEDULES
from engine.signal.audio_io import mono_at
from engine.signal.loudness import loudness_of
from engine.signal.mel import denormalise, log_mel_db, normalise, spectrogram
from engine.types import (
    HIDDEN,
    MAX_CANDIDATES,
    MAX_DURATION_S,
    MAX_STEPS,
    Clip,
    DeviceName,
    EngineError,
    Failed,
    Finished,
    GenerationRequest,
    Loading,
    OrderName,
    SamplingSettings,
    Spectrogram,
    StepHistory,
    StepUpdate,
    Take,
    TakeReady,
    Timing,
    TokenGrid,
)

MAX_COUNT = 64
_LARGEST = {"guidance": 30, "guidance_start": 30, "temperature": 100, "token_temperature": 10, "remask": 1, "grounding": 1}


Event = Loading | PackLoaded | StepUpdate | TakeReady | Assessed | Finished | Failed


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

    def warm_up(self) -> Iterator[Loading]:
        """Runs every network once, so that the first sound does not pay for what libraries set up on first use."""
        request = GenerationRequest("sound", duration_s=1.0, settings=SamplingSettings(steps=2))
        yield Loading("prompts", 0, 2)
        self.knowledge.report("sound")
        yield Loading("first iteration", 1, 2)
        for _ in self.run(Generate(request)):
            pass

    @property
    def loaded(self) -> PackLoaded:
        """What the window shows of the pack."""
        manifest = self.pack.manifest
        return PackLoaded(manifest.id, manifest.name, manifest.hash, self.device, manifest.geometry, manifest.sampling)

    @cached_property
    def knowledge(self) -> Knowledge:
        """What the pack's prompt encoder was taught."""
        return Knowledge(self.pack.knowledge, self.pack.prompt)

    def run(self, job: EngineJob) -> Iterator[Event]:
        """Zero or more updates, then exactly one of Finished and Failed; to cancel, stop asking for the next event."""
        try:
            yield from self._steps(job)
        except EngineError as error:
            yield Failed(error.kind, error.message)
        except (MemoryError, RuntimeError) as error:
            yield Failed(*_told(error))

    def _steps(self, job: EngineJob) -> Iterator[Event]:
        match job:
            case Generate():
                return self._generate(job)
            case Render():
                return self._render(job)
            case Encode():
                return self._encode(job)
            case Reconstruct():
                return self._reconstruct(job)
            case Assess():
                return self._assess(job)
            case _:
                from engine.redrawing import redraw

                return redraw(self, job)

    @torch.inference_mode()
    def _generate(self, job: Generate) -> Iterator[Event]:
        request = job.request
        check_request(request)
        watch = _Watch()
        condition = self.condition_of(request, job.reference)
        negative = self.embed(request.negative) if request.negative.strip() else None
        watch.stop("prompt")
        takes = []
        for index in range(request.count):
            seed = request.seed + index
            recorder = Recorder()
            ids = yield from self._draw(job, seed, index, condition, negative, recorder)
            watch.stop("iterations")
            take, parts = self._take(request, seed, ids, recorder.history(), condition)
            takes.append(take)
            for part, seconds in parts:
                watch.add(part, seconds)
            yield TakeReady(index, take)
        yield Finished(tuple(takes), watch.timings())

    def _draw(
        self, job: Generate, seed: int, index: int, condition: Tensor, negative: Tensor | None, recorder: Recorder
    ) -> Iterator[StepUpdate]:
        """Fills one token grid; the generator's return value is the ids (rows, cols)."""
        request = job.request
        grid = self._start(job)
        logits = _Logits(self.pack.generator, condition, negative)
        judgement = partial(self.matches, self._aim(job, condition), seed=seed, told=condition)
        critic = self.critic_of(condition)
        for drawn in draw_grid(lambda *_: logits, grid, self.geometry.cols, seed, request.settings, judgement, recorder, critic):
            grid = drawn.ids
            yield self.update_of(index, drawn, job.previews, condition)
        return grid

    def _start(self, job: Generate) -> Tensor:
        """What is known before the first iteration: nothing, or the cells of the grid that the run branches from."""
        cols = self.geometry.seconds_to_cols(job.request.duration_s)
        if job.start is None:
            return torch.full((self.geometry.rows, cols), HIDDEN, device=self.device)
        if job.start.ids.shape != (self.geometry.rows, cols):
            raise EngineError("value", "The grid to start from has another length than the duration asked for.")
        return torch.from_numpy(job.start.ids.astype(np.int64)).to(self.device)

    def _aim(self, job: Generate, condition: Tensor) -> Tensor:
        """What candidates are chosen by, a unit vector (1, D): of a grounded prompt the sounds that were taught, without its own words."""
        request = job.request
        if job.reference is None and request.settings.grounding:
            return self.meaning_of(request.prompt, replace(request.settings, grounding=1.0))
        return condition

    def matches(self, aim: Tensor, ids: Tensor, seed: int, told: Tensor) -> Tensor:
        """Cosine (n,) between a unit vector (1, D) and what whole grids (n, rows, cols) would sound like.

        Second codes are drawn with ``seed`` and by what is ``told`` (1, D), as they will be for the one that is kept. A decoder without
        them is told nothing: what it does for the prompt it would do for every one of several candidates.
        """
        first = ids.to(self.device).clamp_min(0).long()
        mel = self.pack.tokenizer.decode(first) if self.pack.detail is None else self._detailed(first, seed, told)
        return self.pack.prompt.embed_mel(mel.clamp(-1, 1).float()) @ aim[0]

    def _match_of(self, picture: Spectrogram, ids: Tensor, condition: Tensor) -> Tensor:
        """What ``matches`` says of a grid (rows, cols) whose picture is there already; a picture without second codes was told too much."""
        if self.pack.detail is None:
            return self.matches(condition, ids[None], 0, condition)[0]
        mel = torch.from_numpy(normalise(picture.log_mel))[None, None].to(self.device)
        return (self.pack.prompt.embed_mel(mel) @ condition[0])[0]

    def _detailed(self, first: Tensor, seed: int, told: Tensor | None, second: Tensor | None = None) -> Tensor:
        """Mel pictures (n, 1, bands, frames) of first ids (n, rows, cols) with second codes, drawn where ``second`` does not hold them."""
        detail = self.pack.detail
        start = torch.full_like(first, HIDDEN) if second is None else second
        logits = partial(detail.logits, first, condition=told)
        drawn = draw_detail(logits, start, seed, detail.config.steps, detail.config.token_temperature)
        # One after the other, for the activations of one picture stay in the processor's cache and those of several do not.
        pictures = [detail.decode(self.pack.tokenizer, first[i : i + 1], drawn[i : i + 1], told) for i in range(len(first))]
        return torch.cat(pictures)

    def critic_of(self, condition: Tensor) -> CriticFunction | None:
        """What the pack's critic says of grids for this condition (1, D); None if it has none."""
        critic = self.pack.critic
        return None if critic is None else lambda ids: critic.trust(ids, condition)

    def update_of(self, index: int, drawn: Drawn, with_preview: bool, condition: Tensor | None = None) -> StepUpdate:
        guess = drawn.guess.clamp_min(0)
        return StepUpdate(
            index,
            drawn.number,
            drawn.total,
            TokenGrid(drawn.ids.cpu().numpy().astype(np.int32)),
            drawn.confidence.cpu().numpy().astype(np.float32),
            self.picture_of(guess[None], condition) if with_preview else None,
            TokenGrid(guess.cpu().numpy().astype(np.int32)),
        )

    def picture_of(self, ids: Tensor, condition: Tensor | None = None) -> Spectrogram:
        """What ids (1, rows, cols) look like; a decoder that listens is told the ``condition``, as in its role."""
        decoded = self.pack.tokenizer.decode(ids.long(), condition)[0, 0].float().cpu().numpy()
        return Spectrogram(denormalise(decoded), self.geometry)

    def detailed_picture_of(self, ids: Tensor, seed: int, condition: Tensor | None = None, second: Tensor | None = None) -> Spectrogram:
        """The picture of a whole grid (rows, cols) with all that the pack can add to it.

        A pack with a detail part draws second codes where ``second`` (rows, cols) does not hold them; the same seed draws the same ones.
        Without such a part it is ``picture_of``.
        """
        if self.pack.detail is None:
            return self.picture_of(ids[None], condition)
        decoded = self._detailed(ids[None].long(), seed, condition, None if second is None else second[None].long())
        return Spectrogram(denormalise(decoded[0, 0].float().cpu().numpy()), self.geometry)

    def _take(
        self,
        request: GenerationRequest,
        seed: int,
        ids: Tensor,
        history: StepHistory | None,
        condition: Tensor | None,
        second: Tensor | None = None,
    ) -> tuple[Take, list[tuple[str, float]]]:
        """The take of a whole grid (rows, cols), and the seconds of decoder and vocoder."""
        started = time.perf_counter()
        picture = self.detailed_picture_of(ids, seed, condition, second)
        decoded = time.perf_counter()
        samples = self.sound_of(picture)
        wanted = self.geometry.seconds_to_samples(request.duration_s)
        samples = _faded(samples[:wanted])
        parts = [("decoder", decoded - started), ("vocoder", time.perf_counter() - decoded)]
        grid = TokenGrid(ids.cpu().numpy().astype(np.int32))
        single = replace(request, seed=seed, count=1)
        match = None if condition is None else float(self._match_of(picture, ids, condition))
        clip = Clip(samples[None], self.geometry.sample_rate)
        return Take(single, seed, grid, picture, clip, history, match, loudness_of(clip)), parts

    @torch.inference_mode()
    def _render(self, job: Render) -> Iterator[Event]:
        watch = _Watch()
        ids = torch.from_numpy(job.grid.ids.astype(np.int64)).to(self.device)
        if (ids == HIDDEN).any():
            raise EngineError("value", "Cells that are still hidden cannot be heard.")
        told = job.request.prompt.strip() or job.reference is not None
        condition = self.condition_of(job.request, job.reference) if told else None
        take, parts = self._take(job.request, job.seed, ids, None, condition)
        for part, seconds in parts:
            watch.add(part, seconds)
        yield Finished((take,), watch.timings())

    @torch.inference_mode()
    def _encode(self, job: Encode) -> Iterator[Event]:
        watch = _Watch()
        picture = spectrogram(mono_at(job.clip, self.geometry.sample_rate), self.geometry)
        watch.stop("picture")
        ids = self.tokens_of(picture.log_mel)
        watch.stop("encoder")
        request = GenerationRequest(prompt="", duration_s=job.clip.duration_s, pack_id=job.pack_id)
        take = Take(request, 0, TokenGrid(ids), picture, job.clip, loudness_lufs=loudness_of(job.clip))
        yield Finished((take,), watch.timings())

    def tokens_of(self, log_mel: NDArray[np.float32]) -> NDArray[np.int32]:
        """Ids (rows, cols) of a picture of any length, encoded piece by piece so that memory stays bounded."""
        frames = self.geometry.frames
        pieces = []
        for first in range(0, log_mel.shape[1], frames):
            piece = torch.from_numpy(normalise(log_mel[:, first : first + frames]))[None, None].to(self.device)
            pieces.append(self.pack.tokenizer.encode(piece)[0].cpu().numpy())
        return np.concatenate(pieces, axis=1).astype(np.int32)

    def codes_of(self, mel: Tensor) -> tuple[Tensor, Tensor | None]:
        """First ids (rows, cols) of a normalised picture (1, 1, bands, frames), and second ones if the pack has a detail part."""
        detail = self.pack.detail
        return self.pack.tokenizer.encode(mel)[0], None if detail is None else detail.encode(mel)[0]

    @torch.inference_mode()
    def _assess(self, job: Assess) -> Iterator[Event]:
        report = self.knowledge.report(job.prompt)
        yield Assessed(job.prompt, report.score, report.sentence, report.unknown_words, report.nearest)
        yield Finished((), ())

    def sound_of(self, picture: Spectrogram) -> NDArray[np.float32]:
        log_mel = torch.from_numpy(picture.log_mel)[None].to(self.device)
        samples = self.pack.vocoder.synthesise(log_mel)[0].float().cpu().numpy()
        if not np.isfinite(samples).all():
            raise EngineError("numeric", "The vocoder returned numbers that are not finite; nothing was kept.")
        peak = float(np.abs(samples).max())
        return samples * min(1.0, 0.98 / peak) if peak > 0 else samples

    def condition_of(self, request: GenerationRequest, reference: Clip | None) -> Tensor:
        """Unit vector (1, D) of the prompt, of the reference sound, or of their blend."""
        text = self.meaning_of(request.prompt, request.settings) if request.prompt.strip() else None
        if reference is None:
            return text
        sound = self.pack.prompt.embed_mel(self._mel_of(reference))
        if text is None:
            return sound
        blended = (1 - request.blend) * text + request.blend * sound
        return torch.nn.functional.normalize(blended, dim=-1)

    def embed(self, prompt: str) -> Tensor:
        return self.pack.prompt.embed_text([prompt])

    def meaning_of(self, prompt: str, settings: SamplingSettings) -> Tensor:
        """Unit vector (1, D) of a prompt, drawn towards the nearest sounds that the pack was taught as far as the settings say."""
        text = self.embed(prompt)
        return self.knowledge.grounded(text, settings.grounding) if settings.grounding else text

    def _mel_of(self, clip: Clip) -> Tensor:
        """Normalised mel (1, 1, bands, frames) of any clip."""
        samples = mono_at(clip, self.geometry.sample_rate)
        return torch.from_numpy(normalise(log_mel_db(samples, self.geometry)))[None, None].to(self.device)

    @torch.inference_mode()
    def _reconstruct(self, job: Reconstruct) -> Iterator[Event]:
        watch = _Watch()
        ids, second = self.codes_of(self._mel_of(job.clip))
        watch.stop("encoder")
        request = GenerationRequest(prompt="", duration_s=job.clip.duration_s, pack_id=self.pack.manifest.id)
        take, parts = self._take(request, 0, ids, None, None, second)
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
    if not 0 <= request.blend <= 1:
        raise EngineError("value", f"The blend must lie between 0 (prompt only) and 1 (sound only), not {request.blend:g}.")
    check_settings(request.settings)
    if not 0 <= request.seed < 2**53:
        raise EngineError("value", f"The seed must be a whole number from 0 to 2^53, not {request.seed}.")


def check_settings(settings: SamplingSettings) -> None:
    """Raises EngineError("value") for sampling settings that no run could honour."""
    if not 1 <= settings.steps <= MAX_STEPS:
        raise EngineError("value", f"The number of iterations must lie between 1 and {MAX_STEPS}, not {settings.steps}.")
    if not 1 <= settings.candidates <= MAX_CANDIDATES:
        raise EngineError("value", f"The number of candidates must lie between 1 and {MAX_CANDIDATES}, not {settings.candidates}.")
    for name, known in (("order", get_args(OrderName)), ("schedule", tuple(SCHEDULES))):
        if getattr(settings, name) not in known:
            raise EngineError("value", f"There is no {name} called {getattr(settings, name)!r}; choose {', '.join(known)}.")
    for name, most in _LARGEST.items():
        value = getattr(settings, name)
        if not 0 <= value <= most:
            raise EngineError("value", f"The {name.replace('_', ' ')} must lie between 0 and {most}, not {value:g}.")


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
