"""Every capability without a window: the commands behind ``main.py``."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, ParamSpec, TypeVar, get_args

import click

from engine import __version__
from engine.command_lines import command_of
from engine.models.folders import pack_folder
from engine.pack_commands import import_checkpoint
from engine.pack_places import installed
from engine.sampling.schedules import SCHEDULES
from engine.types import Clip, EngineError, Failed, Finished, GenerationRequest, OrderName, StepUpdate, Take

P = ParamSpec("P")
R = TypeVar("R")


def one_sentence(command: Callable[P, R]) -> Callable[P, R]:
    """What a user can cause becomes one sentence on stderr and exit code 2, never a traceback."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except EngineError as error:
            sentence = error.message
        except OSError as error:
            # A reader that goes away (a pager, head) is no failure; click ends quietly then.
            if error.errno == errno.EPIPE:
                raise
            sentence = f"{error.filename or 'A file'} cannot be used ({error.strerror or error})."
        click.echo(f"melbrush: {' '.join(sentence.split())}", err=True)
        raise SystemExit(2)

    return wrapped


class LazyGroup(click.Group):
    """Finds the commands of other rooms only when asked for: ``generate`` shall not wait for the trainer's imports."""

    elsewhere: ClassVar[dict[str, tuple[str, str]]] = {
        "corpus": ("engine.corpus.commands", "The procedural corpus: what it can make, and proof that it does what it says."),
        "train": ("engine.training.commands", "Train a pack, from the corpus or from your own sounds: all stages, or some of them."),
        "evaluate": ("engine.evaluation.commands", "Measure packs."),
        "fill": ("engine.edit_commands", "Draw the marked parts of a sound again; everything else keeps its samples."),
        "vary": ("engine.edit_commands", "Make a variation of a sound."),
        "extend": ("engine.edit_commands", "Let a sound begin earlier or go on longer."),
        "restore": ("engine.edit_commands", "Draw the highs that a sound has lost; its lows stay as they are."),
        "loop": ("engine.edit_commands", "Make the end of a sound meet its beginning."),
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self.elsewhere])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.elsewhere:
            return super().get_command(ctx, name)
        try:
            return getattr(import_module(self.elsewhere[name][0]), name)
        except ModuleNotFoundError as error:
            raise EngineError("value", f"{name} is not possible here: {error.name} is missing.") from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        rows = {name: command.get_short_help_str(100) for name, command in self.commands.items()}
        rows |= {name: sentence for name, (_, sentence) in self.elsewhere.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(rows.items()))

    def invoke(self, ctx: click.Context) -> Any:
        return one_sentence(super().invoke)(ctx)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="Melbrush", message="%(prog)s %(version)s")
def main() -> None:
    """Melbrush: sound design on a mel spectrogram. Without a command the studio opens."""


@main.command()
@click.argument("prompt")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="WAV or FLAC file; with --count a number is added.")
@click.option("--negative", default="", help="What the sound should not be.")
@click.option("--reference", type=click.Path(path_type=Path), help="A sound that joins the prompt.")
@click.option("--blend", type=float, default=0.5, show_default=True, help="0: prompt only, 1: reference only.")
@click.option("--duration", type=float, default=10.0, show_default=True, help="Seconds.")
@click.option("--steps", type=int, help="Iterations [default: the pack's].")
@click.option("--guidance", type=float, help="How strictly the prompt is followed [default: the pack's].")
@click.option("--temperature", type=float, help="Variety of the order in which cells are fixed [default: the pack's].")
@click.option("--guidance-start", type=float, help="Guidance of the first iteration, from which it rises [default: the pack's].")
@click.option("--token-temperature", type=float, help="Variety of the codes themselves; 1 as the model says [default: the pack's].")
@click.option("--remask", type=float, help="Share of the drawn cells that may be hidden again after each iteration [default: the pack's].")
@click.option("--grounding", type=float, help="Share of the nearest known sounds in what the prompt means [default: the pack's].")
@click.option("--order", type=click.Choice(get_args(OrderName)), help="Which cells are fixed first [default: the pack's].")
@click.option("--schedule", type=click.Choice(list(SCHEDULES)), help="How fast cells are fixed [default: the pack's].")
@click.option("--candidates", type=int, help="Drawn side by side; the one that suits the prompt best is kept [default: the pack's].")
@click.option("--seed", type=int, help="Same seed, same sound [default: drawn and printed].")
@click.option("--count", type=int, default=1, show_default=True, help="Number of takes.")
@click.option("--pack", default="embedded", show_default=True, help="Name of an installed pack, or a folder.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--timings", is_flag=True, help="Print the wall time of each part.")
def generate(prompt: str, output: Path, reference: Path | None, pack: str, device: str, timings: bool, **options: Any) -> None:
    """Turn PROMPT into a sound."""
    from engine.jobs import Generate
    from engine.pipeline import Pipeline, check_request

    seed = options["seed"] if options["seed"] is not None else drawn_seed()
    request = GenerationRequest(
        prompt=prompt,
        negative=options["negative"],
        reference=str(reference) if reference else None,
        blend=options["blend"],
        duration_s=options["duration"],
        seed=seed,
        count=options["count"],
        pack_id=pack,
    )
    check_request(request)
    targets = [output] if request.count == 1 else [output.with_stem(f"{output.stem}-{i + 1}") for i in range(request.count)]
    for target in targets:
        check_target(target, reference)
    clip = read_source(reference) if reference else None
    pipeline = Pipeline.open(pack_folder(pack), device)
    request = replace(request, settings=pipeline.pack.manifest.sampling.with_given(options))
    check_request(request)
    if prompt.strip():
        report = pipeline.knowledge.report(prompt)
        if report.score < 0.8:
            click.echo(report.sentence, err=True)
    finished = follow(pipeline.run(Generate(request, clip, previews=False)), request.count)
    for take, target in zip(finished.takes, targets, strict=True):
        save_take(take, target, recipe_of(take.request, pipeline.pack.manifest.hash))
        click.echo(f"{target}  seed {take.seed}")
    if timings:
        print_timings(finished)


@main.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="WAV or FLAC file.")
@click.option("--pack", default="embedded", show_default=True)
@click.option("--device", default="auto", show_default=True)
@click.option("--timings", is_flag=True, help="Print the wall time of each part.")
def reconstruct(source: Path, output: Path, pack: str, device: str, timings: bool) -> None:
    """Send a sound through tokenizer and vocoder and back: the best that the pack can do for it."""
    from engine.jobs import Reconstruct
    from engine.pipeline import Pipeline

    check_target(output, source)
    clip = read_source(source)
    pipeline = Pipeline.open(pack_folder(pack), device)
    finished = follow(pipeline.run(Reconstruct(clip)), 1)
    made_by = {"melbrush": 1, "command": "reconstruct", "source": str(source), "pack": pack, "pack_hash": pipeline.pack.manifest.hash}
    save_take(finished.takes[0], output, made_by)
    click.echo(str(output))
    if timings:
        print_timings(finished)


@main.command()
@click.argument("sound", type=click.Path(path_type=Path))
def recipe(sound: Path) -> None:
    """Print the command that made SOUND."""
    from engine.signal.wav import read_recipe

    click.echo(command_of(read_recipe(sound)))


class PackGroup(LazyGroup):
    """Commands about packs; those that reach for the network come from elsewhere."""

    elsewhere: ClassVar[dict[str, tuple[str, str]]] = {
        "get": ("engine.get_commands", "Get a pack, or single files, from the Hugging Face hub."),
    }


@main.group(cls=PackGroup)
def packs() -> None:
    """Installed packs."""


packs.add_command(import_checkpoint)


@packs.command("list")
def list_packs() -> None:
    """Name every installed pack."""
    from engine.models.pack import read_manifest

    for folder in installed():
        try:
            manifest = read_manifest(folder)
        except EngineError as error:
            click.echo(f"{folder.name}: {error.message}", err=True)
            continue
        click.echo(f"{manifest.id}  {manifest.name}  {manifest.hash}")


@packs.command()
@click.argument("pack", default="embedded")
def info(pack: str) -> None:
    """Say what a pack consists of and where it comes from."""
    from engine.models.pack import read_manifest

    folder = pack_folder(pack)
    manifest = read_manifest(folder)
    g = manifest.geometry
    click.echo(f"{manifest.name} ({manifest.id}, {manifest.hash})")
    click.echo(f"{g.sample_rate} Hz, {g.bands} mel bands, grid {g.rows} x {g.cols}, {g.code_count} codes")
    for role, part in manifest.parts.items():
        size = (folder / part.file).stat().st_size / 2**20 if (folder / part.file).exists() else 0
        click.echo(f"{role:10} {part.arch:12} {size:6.1f} MB")
    click.echo(f"{len(manifest.classes)} sound classes: {', '.join(manifest.classes)}")
    click.echo(json.dumps(manifest.provenance, indent=1, sort_keys=True))


@packs.command()
@click.argument("pack", default="embedded")
def verify(pack: str) -> None:
    """Check every file of a pack."""
    from engine.models.pack import verify_pack

    manifest = verify_pack(pack_folder(pack))
    click.echo(f"{manifest.id} is whole: {manifest.hash}")


def follow(events: Any, count: int) -> Finished:
    """Shows the iterations on stderr and returns the end. Raises EngineError for a failed job."""
    shown = sys.stderr.isatty()
    for event in events:
        match event:
            case StepUpdate():
                fixed = int((~event.grid.hidden).sum())
                take = f"take {event.take_index + 1} of {count}, " if count > 1 else ""
                line = f"{take}iteration {event.step} of {event.total}, {fixed} of {event.grid.ids.size} cells"
                click.echo(f"\r{line}   " if shown else line, err=True, nl=not shown)
            case Failed():
                raise EngineError(event.kind, event.message)
            case Finished():
                if shown:
                    click.echo("", err=True)
                return event
    raise EngineError("numeric", "The run ended without a result.")


def read_source(path: Path) -> Clip:
    """The sound of a foreign file, decoded apart from the program; what is worth telling about it goes to stderr."""
    from engine.signal.decoding import read_clip_in_child

    decoded = read_clip_in_child(path)
    if decoded.note:
        click.echo(decoded.note, err=True)
    return decoded.clip


def save_take(take: Take, target: Path, recipe: dict[str, Any]) -> None:
    """Writes a take as 24-bit audio with its recipe inside."""
    from engine.signal.audio_io import write_audio

    write_audio(target, take.clip, format=target.suffix[1:].lower(), subtype="pcm24", recipe=recipe)


def recipe_of(request: GenerationRequest, pack_hash: str) -> dict[str, Any]:
    """What makes the same sound again, as JSON values."""
    s = request.settings
    return {
        "melbrush": 1,
        "command": "generate",
        "prompt": request.prompt,
        "negative": request.negative,
        "reference": request.reference,
        "blend": request.blend,
        "duration": request.duration_s,
        "steps": s.steps,
        "guidance": s.guidance,
        "guidance_start": s.guidance_start,
        "temperature": s.temperature,
        "token_temperature": s.token_temperature,
        "remask": s.remask,
        "grounding": s.grounding,
        "order": s.order,
        "schedule": s.schedule,
        "candidates": s.candidates,
        "seed": request.seed,
        "pack": request.pack_id,
        "pack_hash": pack_hash,
    }


def check_target(output: Path, source: Path | None = None) -> None:
    """Refuses before any work what could not be written afterwards, and the sound that is read."""
    if output.suffix.lower() not in (".wav", ".flac"):
        raise EngineError("path", f"The output must end in .wav or .flac, not {output.name!r}.")
    if output.is_dir():
        raise EngineError("path", f"{output} is a folder.")
    if not output.parent.is_dir():
        raise EngineError("path", f"The folder {output.parent} does not exist.")
    if source is not None and output.exists() and source.exists() and output.samefile(source):
        raise EngineError("path", f"{output} is the sound that is read; choose another name for the output.")


def drawn_seed() -> int:
    """A seed that fits a command line."""
    import secrets

    return secrets.randbelow(2**31)


def print_timings(finished: Finished) -> None:
    """Wall time of each part."""
    for timing in finished.timings:
        click.echo(f"{timing.part:12} {timing.seconds:7.3f} s")
    click.echo(f"{'total':12} {sum(t.seconds for t in finished.timings):7.3f} s")
