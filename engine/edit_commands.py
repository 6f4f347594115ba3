"""Edits on the command line: fill, vary, extend, restore, loop; the sound that is read keeps its rate, its channels and its samples."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import numpy as np

from engine.cli import check_target, drawn_seed, follow, print_timings, read_source
from engine.models.folders import pack_folder
from engine.types import Clip, EngineError, Failed, Finished, GenerationRequest, Region, Take

if TYPE_CHECKING:
    from engine.geometry import Geometry
    from engine.jobs import EditJob
    from engine.masks import Mask
    from engine.pipeline import Pipeline

_Function = TypeVar("_Function", bound=Callable[..., Any])
_MakeJob = Callable[[Take, GenerationRequest], "EditJob"]

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_REGION = re.compile(rf"\s*{_NUMBER}\s*-\s*{_NUMBER}?\s*(?::\s*{_NUMBER}\s*-\s*{_NUMBER}?\s*)?(?:=(.*))?", re.DOTALL)
_PCM24_SCALE = float(1 << 23)
_CHECKED = 1 << 20
_FORMATS = {".wav": "wav", ".flac": "flac"}


def _options(command: _Function) -> _Function:
    """What every edit has."""
    for option in (
        click.option("--timings", is_flag=True, help="Print the wall time of each part."),
        click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps."),
        click.option("--pack", default="embedded", show_default=True, help="Name of an installed pack, or a folder."),
        click.option("--seed", type=int, help="Same seed, same sound [default: drawn and printed]."),
        click.option("--negative", default="", help="What the sound should not be."),
        click.option("--prompt", default="", help="What shall be drawn [default: what suits the sound around it]."),
        click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="WAV or FLAC file."),
        click.argument("source", type=click.Path(path_type=Path)),
    ):
        command = option(command)
    return command


@click.command()
@_options
@click.option("--region", "regions", multiple=True, metavar="START-END[:LOW-HIGH][=PROMPT]", help="Seconds and Hz; repeatable.")
@click.option("--mask", "mask_path", type=click.Path(path_type=Path), help="PNG laid over the picture of the sound, white where to draw.")
@click.option("--strength", type=float, default=1.0, show_default=True, help="Share of the marked cells that is drawn again, 0 to 1.")
def fill(regions: tuple[str, ...], mask_path: Path | None, strength: float, **options: Any) -> None:
    """Draw the marked parts of SOURCE again; everything else keeps its samples."""
    from engine.jobs import Fill
    from engine.mask_files import read_mask

    if not regions and mask_path is None:
        raise EngineError("value", "Say what shall be drawn again: give --region START-END or --mask PICTURE.png.")
    _check_strength(strength)
    parsed = [parse_region(text) for text in regions]

    def job(take: Take, request: GenerationRequest) -> Fill:
        bands, frames = take.spectrogram.log_mel.shape
        painted = [(_region_mask(region, take), prompt) for region, prompt in parsed]
        if mask_path is not None:
            painted.append((read_mask(mask_path, bands, frames), ""))
        whole = _united([mask for mask, _ in painted], bands, frames)
        prompts = tuple((mask, prompt) for mask, prompt in painted if prompt)
        return Fill(take, whole, request, prompts, strength, previews=False)

    given = {"regions": list(regions), "mask": str(mask_path) if mask_path else None, "strength": strength}
    _edit("fill", job, given, [prompt for _, prompt in parsed], **options)


@click.command()
@_options
@click.option("--strength", type=float, default=0.4, show_default=True, help="Share of all cells that is drawn again, 0 to 1.")
def vary(strength: float, **options: Any) -> None:
    """Make a variation of the whole of SOURCE."""
    from engine.jobs import Fill
    from engine.masks import Mask

    _check_strength(strength)

    def job(take: Take, request: GenerationRequest) -> Fill:
        return Fill(take, Mask.of(np.ones(take.spectrogram.log_mel.shape, np.float32)), request, strength=strength, previews=False)

    _edit("vary", job, {"strength": strength}, **options)


@click.command()
@_options
@click.option("--before", "before_s", type=float, default=0.0, show_default=True, help="Seconds to add in front.")
@click.option("--after", "after_s", type=float, default=0.0, show_default=True, help="Seconds to add at the end.")
def extend(before_s: float, after_s: float, **options: Any) -> None:
    """Let SOURCE begin earlier or go on longer."""
    from engine.jobs import Extend

    if not (0 <= before_s < np.inf and 0 <= after_s < np.inf and before_s + after_s > 0):
        raise EngineError("value", "Say how many seconds shall be added: --before, --after or both.")
    given = {"before": before_s, "after": after_s}
    _edit("extend", lambda take, request: Extend(take, request, before_s, after_s, previews=False), given, **options)


@click.command()
@_options
@click.option("--cutoff", "cutoff_hz", type=float, help="Hz above which the sound has nothing [default: found by itself].")
def restore(cutoff_hz: float | None, **options: Any) -> None:
    """Draw the highs that SOURCE has lost; its lows stay as they are."""
    from engine.jobs import Restore

    _edit("restore", lambda take, request: Restore(take, request, cutoff_hz, previews=False), {"cutoff": cutoff_hz}, **options)


@click.command()
@_options
@click.option("--joint", "joint_s", type=float, default=1.0, show_default=True, help="Seconds that are drawn again around the joint.")
def loop(joint_s: float, **options: Any) -> None:
    """Make the end of SOURCE meet its beginning."""
    from engine.jobs import MakeLoop

    if not 0 < joint_s < np.inf:
        raise EngineError("value", f"The joint must be longer than 0 s, not {joint_s:g} s.")
    _edit("loop", lambda take, request: MakeLoop(take, request, joint_s, previews=False), {"joint": joint_s}, **options)


def parse_region(text: str) -> tuple[Region, str]:
    """A region and its prompt from START-END[:LOW-HIGH][=PROMPT]; END and HIGH may be left out. Raises EngineError("value")."""
    match = _REGION.fullmatch(text)
    if match is None:
        raise EngineError("value", f"A region is START-END, START-END:LOW-HIGH or either with =PROMPT, not {text!r}.")
    start, end, low, high, prompt = match.groups()
    region = Region(float(start), float(end or "inf"), float(low or 0), float(high or "inf"))
    if not (region.start_s < region.end_s and region.low_hz < region.high_hz):
        raise EngineError("value", f"The region {text!r} is empty: its start must lie before its end, its low below its high.")
    return region, (prompt or "").strip()


def _region_mask(region: Region, take: Take) -> Mask:
    from engine.mask_shapes import region_mask

    geometry: Geometry = take.spectrogram.geometry
    if region.start_s >= take.clip.duration_s:
        raise EngineError("value", f"A region starts at {region.start_s:g} s, but the sound ends at {take.clip.duration_s:.2f} s.")
    if region.low_hz >= geometry.f_max_hz:
        raise EngineError("value", f"A region starts at {region.low_hz:g} Hz, but the picture ends at {geometry.f_max_hz:.0f} Hz.")
    end_s = min(region.end_s, take.clip.duration_s + geometry.frame_s)
    return region_mask(Region(region.start_s, end_s, region.low_hz, region.high_hz), geometry, take.spectrogram.log_mel.shape[1])


def _united(masks: Sequence[Mask], bands: int, frames: int) -> Mask:
    from engine.masks import Mask

    whole = Mask.empty(bands, frames)
    for mask in masks:
        whole = whole.united(mask)
    return whole


def _check_strength(strength: float) -> None:
    if not 0 < strength <= 1:
        raise EngineError("value", f"The strength must lie above 0 and be 1 at most, not {strength:g}.")


def _edit(
    command: str,
    make_job: _MakeJob,
    given: dict[str, Any],
    prompts: Sequence[str] = (),
    *,
    source: Path,
    output: Path,
    prompt: str,
    negative: str,
    seed: int | None,
    pack: str,
    device: str,
    timings: bool,
) -> None:
    """Reads, draws, writes. ``given`` are the options of the one command, for the recipe; ``prompts`` those besides the main one."""
    from engine.editing import check_length
    from engine.pipeline import Pipeline
    from engine.signal.audio_io import write_audio

    seed = drawn_seed() if seed is None else seed
    if not 0 <= seed < 2**53:
        raise EngineError("value", f"The seed must be a whole number from 0 to 2^53, not {seed}.")
    check_target(output, source)
    clip = read_source(source)
    check_length(clip)
    subtype = subtype_for(clip, output)
    pipeline = Pipeline.open(pack_folder(pack), device)
    manifest = pipeline.pack.manifest
    request = GenerationRequest(prompt, negative, duration_s=clip.duration_s, settings=manifest.sampling, seed=seed, pack_id=pack)
    job = make_job(_encoded(pipeline, clip, pack), request)
    for known in (prompt, *prompts):
        _tell_unknown(pipeline, known)
    finished = follow(_told(pipeline.run(job)), 1)
    recipe = {"melbrush": 1, "command": command, "source": str(source), "prompt": prompt, "negative": negative, **given}
    recipe |= {**asdict(manifest.sampling), "seed": seed, "pack": pack, "pack_hash": manifest.hash}
    write_audio(output, finished.takes[0].clip, format=_FORMATS[output.suffix.lower()], subtype=subtype, recipe=recipe)
    click.echo(f"{output}  seed {seed}")
    if timings:
        print_timings(finished)


def _encoded(pipeline: Pipeline, clip: Clip, pack: str) -> Take:
    from engine.jobs import Encode

    for event in pipeline.run(Encode(clip, pack)):
        if isinstance(event, Failed):
            raise EngineError(event.kind, event.message)
        if isinstance(event, Finished):
            return event.takes[0]
    raise EngineError("numeric", "The sound could not be encoded.")


def _tell_unknown(pipeline: Pipeline, prompt: str) -> None:
    if prompt.strip():
        report = pipeline.knowledge.report(prompt)
        if report.score < 0.8:
            click.echo(report.sentence, err=True)


def _told(events: Iterator[Any]) -> Iterator[Any]:
    """Passes events on; what is worth telling goes to stderr."""
    from engine.jobs import Report

    for event in events:
        if isinstance(event, Report):
            click.echo(event.sentence, err=True)
        else:
            yield event


def subtype_for(clip: Clip, output: Path) -> str:
    """24 bit where it holds every sample of the source exactly, otherwise 32-bit floating point. Raises EngineError("value")."""
    from engine.signal.formats import format_is_possible

    exact = _fits_24_bit(clip)
    if output.suffix.lower() == ".flac" and not exact:
        raise EngineError("value", f"A FLAC file cannot hold the samples of this sound exactly; name the output {output.stem}.wav.")
    subtype = "pcm24" if exact else "float32"
    problem = format_is_possible(_FORMATS[output.suffix.lower()], clip.sample_rate, clip.samples.shape[0], subtype)
    if problem:
        raise EngineError("value", problem)
    return subtype


def _fits_24_bit(clip: Clip) -> bool:
    for start in range(0, clip.samples.shape[1], _CHECKED):
        scaled = clip.samples[:, start : start + _CHECKED] * np.float32(_PCM24_SCALE)
        if not (np.array_equal(scaled, np.rint(scaled)) and scaled.min() >= -_PCM24_SCALE and scaled.max() < _PCM24_SCALE):
            return False
    return True
