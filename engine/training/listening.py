"""Examples to listen to while a pack is in training: what the averaged weights of the last checkpoint make of a held-out clip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from engine.geometry import Geometry
from engine.jobs import Generate, Reconstruct
from engine.models.pack import Manifest, Pack
from engine.pipeline import Pipeline
from engine.training.checkpoint import load_checkpoint
from engine.training.runs import Workshop
from engine.training.shards import ShardSet
from engine.types import Clip, EngineError, Failed, Finished, GenerationRequest, Take

DRAWN_S = 5.0


@dataclass(frozen=True, eq=False)
class Example:
    """A sound and what it is.

    ``part`` "generator": drawn for a caption or, without one, for the sound of a clip. Any other part: a clip sent through the tokenizer,
    with the vocoder of the run or a borrowed one. ``step``: steps of that part.
    """

    clip: Clip
    part: str
    step: int
    caption: str


def example_of(workshop: Workshop, number: int) -> Example:
    """The ``number``-th example of a run. Raises EngineError("value") while there is nothing to hear."""
    part = _newest(workshop)
    clips = ShardSet(workshop.shards, "validation")
    clips = clips if len(clips) else ShardSet(workshop.shards, "train")
    if part is None or not len(clips):
        raise EngineError("value", "There is nothing to hear yet: the first example is possible after the first checkpoint.")
    place = number % len(clips)
    heard = Clip(clips.audio(place)[None], Geometry().sample_rate)
    captions = clips.row(place)["captions"]
    caption = captions[number // len(clips) % len(captions)] if captions else ""
    if part == "generator":
        take = _drawn(workshop, caption, heard, number)
    else:
        take = _end_of(Pipeline(_pack_of(workshop, generator=False)).run(Reconstruct(heard)))
    return Example(take.clip, part, _step_of(workshop, part), caption)


def _newest(workshop: Workshop) -> str | None:
    """The last part in the order of the stages that has something to be heard; a pack to start from can draw at once."""
    for part in ("generator", "vocoder", "decoder", "tokenizer"):
        if (workshop.checkpoints / f"{part}.safetensors").exists():
            return part
    return "generator" if workshop.start is not None else None


def _step_of(workshop: Workshop, part: str) -> int:
    path = workshop.checkpoints / f"{part}.safetensors"
    if not path.exists():
        return 0
    checkpoint = load_checkpoint(path)
    return int(checkpoint.get("best", checkpoint)["step"])


def _drawn(workshop: Workshop, caption: str, heard: Clip, seed: int) -> Take:
    pipeline = Pipeline(_pack_of(workshop, generator=True))
    settings = replace(workshop.run.sampling, candidates=1)
    reference = None if caption else heard
    request = GenerationRequest(
        caption, reference="clip" if reference else None, blend=1.0, duration_s=DRAWN_S, seed=seed, settings=settings
    )
    return _end_of(pipeline.run(Generate(request, reference, previews=False)))


def _pack_of(workshop: Workshop, generator: bool) -> Pack:
    """The parts as they are now; a vocoder that is not trained yet is borrowed, for all speak the same mel picture."""
    has_vocoder = workshop.start is not None or (workshop.checkpoints / "vocoder.safetensors").exists()
    manifest = Manifest(workshop.run.id, workshop.run.name, Geometry(), {}, workshop.run.sampling)
    return Pack(
        manifest,
        tokenizer=workshop.trained_tokenizer(),
        generator=workshop.trained_generator() if generator else nn.Identity(),
        prompt=workshop.trained_prompt() if generator else nn.Identity(),
        vocoder=workshop.trained_vocoder() if has_vocoder else workshop.spoken.vocoder,
        knowledge={},
    )


def _end_of(events: Iterable[Any]) -> Take:
    for event in events:
        if isinstance(event, Failed):
            raise EngineError(event.kind, event.message)
        if isinstance(event, Finished):
            return event.takes[0]
    raise EngineError("numeric", "The example ended without a sound.")
