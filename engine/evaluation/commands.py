"""Evaluation on the command line: prompts, attributes, reconstruction, tables over settings, tagging, pictures, card."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from engine.models.folders import pack_folder
from engine.types import EngineError, OrderName, SamplingSettings

# As in engine.evaluation.embeddings, which would load torch.
EMBEDDINGS = ("prompt", "clap", "vggish")
_Function = TypeVar("_Function", bound=Callable[..., Any])
_Result = TypeVar("_Result")


def _pack_options(command: _Function) -> _Function:
    """Options of every evaluation of a pack."""
    for option in (
        click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps."),
        click.option("--out", type=click.Path(path_type=Path), help="Folder of the results [default: the pack's]."),
        click.option("--work", type=click.Path(path_type=Path), default=Path("runs/evaluation"), show_default=True, help="Cache; resumes."),
        click.option("--pack", default="embedded", show_default=True, help="Name of an installed pack, or a folder."),
    ):
        command = option(command)
    return command


def _sampling_options(command: _Function) -> _Function:
    """Options that override the pack's sampling settings."""
    for option in (
        click.option("--candidates", type=int, help="Drawn side by side, the best suited is kept [default: the pack's]."),
        click.option("--order", type=click.Choice(get_args(OrderName)), help="Which cells come first [default: the pack's]."),
        click.option("--grounding", type=float, help="Share of the nearest known sounds in a prompt [default: the pack's]."),
        click.option("--remask", type=float, help="Share of the cells that may be hidden again [default: the pack's]."),
        click.option("--token-temperature", type=float, help="Variety of the codes [default: the pack's]."),
        click.option("--temperature", type=float, help="Variety of the order of cells [default: the pack's]."),
        click.option("--guidance-start", type=float, help="Guidance of the first iteration [default: the pack's]."),
        click.option("--guidance", type=float, help="How strictly the prompt is followed [default: the pack's]."),
        click.option("--steps", type=int, help="Iterations [default: the pack's]."),
    ):
        command = option(command)
    return command


def chosen_settings(defaults: SamplingSettings, options: dict[str, Any]) -> SamplingSettings:
    """The pack's sampling settings with what was given instead. Raises EngineError("value")."""
    from engine.pipeline import check_settings

    settings = defaults.with_given(options)
    check_settings(settings)
    return settings


def _followed(events: Iterator[str | _Result]) -> _Result:
    """Shows lines of progress on stderr and returns the result. Raises EngineError when there is none."""
    for event in events:
        if not isinstance(event, str):
            return event
        click.echo(event, err=True)
    raise EngineError("numeric", "The evaluation ended without a result.")


def _saved(folder: Path, name: str, result: dict[str, Any], report: str) -> None:
    from engine.evaluation.store import save_json, save_text

    save_json(folder / f"{name}.json", result)
    save_text(folder / f"{name}.md", report)
    click.echo(report)
    click.echo(f"{folder / name}.json, {folder / name}.md", err=True)


@click.group()
def evaluate() -> None:
    """How good a pack is, measured beside anchors; interrupted and started again, everything goes on where it stopped."""


@evaluate.command()
@click.option("--work", type=click.Path(path_type=Path), default=Path("runs/evaluation"), show_default=True, help="Cache; resumes.")
@click.option("--workers", default=1, show_default=True, help="Processes that render.")
@click.option("--clips", type=int, help="Training clips of each class [default: 40].")
def judge(work: Path, workers: int, clips: int | None) -> None:
    """Train the judge of all sound classes and test it on held-out corpus clips; no pack is needed."""
    from engine.evaluation.classifier import JudgeTraining, held_out_accuracy, prepared_judge
    from engine.evaluation.figures import accuracy, percent

    if workers < 1 or (clips is not None and clips < 1):
        raise EngineError("value", "Workers and clips must be at least 1.")
    training = JudgeTraining() if clips is None else JudgeTraining(clips=clips)
    trained = _followed(prepared_judge(work, training, workers))
    labels, ranks = _followed(held_out_accuracy(work, trained, workers=workers))
    result = accuracy(ranks, labels)
    shares = f"{percent(result['top1'])} right, {percent(result['top5'])} among five"
    click.echo(f"{result['clips']} held-out clips of {len(trained.classes)} classes: {shares}")
    for label in sorted(set(labels), key=lambda label: (ranks[labels == label] == 0).mean())[:10]:
        click.echo(f"{trained.classes[label]:24} {percent(float((ranks[labels == label] == 0).mean()))}")


@evaluate.command()
@_pack_options
@_sampling_options
@click.option("--per-class", default=1, show_default=True, help="Prompts of each class.")
@click.option("--limit", type=int, help="Only so many prompts, for a quick look.")
@click.option("--seed", default=0, show_default=True)
@click.option("--workers", default=1, show_default=True, help="Processes that render corpus clips.")
def prompts(
    pack: str, work: Path, out: Path | None, device: str, per_class: int, limit: int | None, seed: int, workers: int, **options: Any
) -> None:
    """Generate paraphrases of every class and judge what comes out: prompts.md, prompts.json."""
    from engine.evaluation.classifier import prepared_judge
    from engine.evaluation.prompts import evaluate_prompts, prompt_cases, prompts_report
    from engine.pipeline import Pipeline

    folder = pack_folder(pack)
    pipeline = Pipeline.open(folder, device)
    settings = chosen_settings(pipeline.pack.manifest.sampling, options)
    cases = prompt_cases(pipeline.pack.manifest.classes, per_class, seed, limit)
    trained = _followed(prepared_judge(work, workers=workers))
    result = _followed(evaluate_prompts(pipeline, trained, work, cases, settings))
    _saved(out or folder, "prompts", result, prompts_report(result))


@evaluate.command("probes")
@_pack_options
@_sampling_options
@click.option("--seeds", default=6, show_default=True, help="Takes at each end of each attribute.")
@click.option("--limit", type=int, help="Only so many attributes.")
def probe_attributes(pack: str, work: Path, out: Path | None, device: str, seeds: int, limit: int | None, **options: Any) -> None:
    """Compare sounds of opposite words by the measures that the recipes promise: probes.md, probes.json."""
    from engine.evaluation.probes import evaluate_probes, probes, probes_report
    from engine.pipeline import Pipeline

    folder = pack_folder(pack)
    pipeline = Pipeline.open(folder, device)
    settings = chosen_settings(pipeline.pack.manifest.sampling, options)
    chosen = probes(pipeline.pack.manifest.classes)[:limit]
    result = _followed(evaluate_probes(pipeline, work, chosen, seeds, settings))
    _saved(out or folder, "probes", result, probes_report(result))


@evaluate.command()
@_pack_options
@click.option("--per-class", default=1, show_default=True, help="Clips of each class.")
@click.option("--limit", type=int, help="Only so many clips.")
def reconstruction(pack: str, work: Path, out: Path | None, device: str, per_class: int, limit: int | None) -> None:
    """Send held-out clips through tokenizer and vocoder: reconstruction.md, reconstruction.json."""
    from engine.evaluation.reconstruction import evaluate_reconstruction, held_out_cases, reconstruction_report
    from engine.pipeline import Pipeline

    folder = pack_folder(pack)
    pipeline = Pipeline.open(folder, device)
    cases = held_out_cases(pipeline.pack.manifest.classes, per_class, limit)
    result = _followed(evaluate_reconstruction(pipeline, work, cases))
    _saved(out or folder, "reconstruction", result, reconstruction_report(result))


@evaluate.command()
@_pack_options
@_sampling_options
@click.option("--clips", default=152, show_default=True, help="Held-out clips, evenly from all classes.")
@click.option("--guided", is_flag=True, help="Let the sound around the hole guide, as the program does; otherwise unconditional.")
@click.option("--plot", is_flag=True, help="Draw inpainting.png too.")
def inpainting(pack: str, work: Path, out: Path | None, device: str, clips: int, guided: bool, plot: bool, **options: Any) -> None:
    """Remove 1.9 s, or the top 16 bands, from held-out clips and fill them: inpainting.md, inpainting.json."""
    from engine.evaluation.inpainting import InpaintingRun, draw_inpainting, evaluate_inpainting, inpainting_report
    from engine.pipeline import Pipeline

    folder = pack_folder(pack)
    pipeline = Pipeline.open(folder, device)
    run = InpaintingRun(clips, chosen_settings(pipeline.pack.manifest.sampling, options), guided)
    result = _followed(evaluate_inpainting(pipeline, work, run))
    _saved(out or folder, "inpainting", result, inpainting_report(result))
    if plot:
        draw_inpainting(result, (out or folder) / "inpainting.png")


def _table_options(command: _Function) -> _Function:
    """Options of every table over sampling settings."""
    for option in (
        click.option("--vocabulary", type=click.Path(path_type=Path), help="Folder with vocab.json and merges.txt, for clap's prompts."),
        click.option("--weights", type=click.Path(path_type=Path), help="File of the weights of clap or vggish."),
        click.option("--embedding", type=click.Choice(EMBEDDINGS), default="prompt", show_default=True, help="What distances compare."),
        click.option("--limit", type=int, help="Only so many prompts, for a quick look."),
        click.option("--per-class", default=1, show_default=True, help="Prompts of each class."),
        click.option("--seeds", default=3, show_default=True, help="Takes of each prompt; their spread gives the error bars."),
    ):
        command = option(command)
    return _pack_options(_sampling_options(command))


def _table(
    name: str,
    pack: str,
    work: Path,
    out: Path | None,
    device: str,
    seeds: int,
    per_class: int,
    limit: int | None,
    embedding: str,
    weights: Path | None,
    vocabulary: Path | None,
    **options: Any,
) -> None:
    """Measures and saves one table over sampling settings, with its picture where matplotlib is there."""
    from engine.evaluation.embeddings import open_embedding
    from engine.evaluation.tables import TableRun, cached_judge, run_table, table_report
    from engine.evaluation.tables_plot import draw_table
    from engine.evaluation.tables_settings import TABLES
    from engine.pipeline import Pipeline

    folder = pack_folder(pack)
    pipeline = Pipeline.open(folder, device)
    manifest = pipeline.pack.manifest
    compared = TABLES[name](chosen_settings(manifest.sampling, options))
    judge = cached_judge(work, manifest.classes)
    run = TableRun(open_embedding(embedding, pipeline, weights, vocabulary), judge, per_class, seeds, limit)
    result = _followed(run_table(pipeline, compared, run, work))
    _saved(out or folder, name, result, table_report(result))
    _drawn(draw_table, result, (out or folder) / f"{name}.png")


def _drawn(draw: Callable[[dict[str, Any], Path], None], result: dict[str, Any], path: Path) -> None:
    """Draws a picture, or says in one sentence why there is none."""
    try:
        draw(result, path)
    except EngineError as error:
        click.echo(error.message, err=True)
    else:
        click.echo(str(path), err=True)


@evaluate.command()
@_table_options
def ablations(**options: Any) -> None:
    """Compare conditional mask and guidance, on and off: ablations.md, .json, .png."""
    _table("ablations", **options)


@evaluate.command()
@_table_options
def iterations(**options: Any) -> None:
    """Compare numbers of iterations: iterations.md, .json, .png."""
    _table("iterations", **options)


@evaluate.command()
@_table_options
def schedules(**options: Any) -> None:
    """Compare how fast cells are fixed: schedules.md, .json, .png."""
    _table("schedules", **options)


@evaluate.command("temperature")
@_table_options
def temperature_curve(**options: Any) -> None:
    """Compare noise on the order of cells: temperature.md, .json, .png."""
    _table("temperature", **options)


@evaluate.command()
@_pack_options
@click.option("--train-clips", default=8, show_default=True, help="Clips of each class to learn from.")
@click.option("--test-clips", default=4, show_default=True, help="Clips of each class to be asked about.")
@click.option("--seeds", default=3, show_default=True, help="Repetitions with other parts of the former.")
@click.option("--limit", type=int, help="Only so many classes, for a quick look.")
def tagging(pack: str, work: Path, out: Path | None, device: str, **options: Any) -> None:
    """Probe what the networks know of sounds that they hear: tagging.md, .json, .png."""
    from engine.evaluation.tables_tagging import TaggingRun, draw_tagging, run_tagging, tagging_report
    from engine.pipeline import Pipeline

    folder = pack_folder(pack)
    result = _followed(run_tagging(Pipeline.open(folder, device), TaggingRun(**options), work))
    _saved(out or folder, "tagging", result, tagging_report(result))
    _drawn(draw_tagging, result, (out or folder) / "tagging.png")


@evaluate.command()
@_pack_options
@_sampling_options
@click.option("--seed", default=0, show_default=True)
def pictures(pack: str, work: Path, out: Path | None, device: str, seed: int, **options: Any) -> None:
    """Draw generated sounds beside corpus clips: generated.png."""
    from engine.evaluation.pictures import draw_pictures
    from engine.pipeline import Pipeline

    folder = pack_folder(pack)
    pipeline = Pipeline.open(folder, device)
    target = (out or folder) / "generated.png"
    draw_pictures(pipeline, target, chosen_settings(pipeline.pack.manifest.sampling, options), seed)
    click.echo(str(target))


@evaluate.command()
@click.option("--pack", default="embedded", show_default=True, help="Name of an installed pack, or a folder.")
@click.option("--results", type=click.Path(path_type=Path), help="Folder of the JSON results [default: the pack's].")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the card [default: the pack's].")
def card(pack: str, results: Path | None, out: Path | None) -> None:
    """Write the pack's card.md from its manifest and the saved results."""
    from engine.evaluation.card import card_text, measured_tables, read_results
    from engine.evaluation.store import save_text
    from engine.models.pack import read_manifest

    folder = pack_folder(pack)
    manifest = read_manifest(folder)
    sizes = {role: (folder / part.file).stat().st_size / 2**20 for role, part in manifest.parts.items() if (folder / part.file).exists()}
    found = read_results(results or folder, manifest.hash)
    target = (out or folder) / "card.md"
    tables = measured_tables(target.parent, manifest.hash)
    save_text(target, card_text(manifest, sizes, found, (target.parent / "generated.png").exists(), tables))
    missing = [name for name, result in found.items() if result is None]
    click.echo(f"{target}" + (f"; not measured for these weights: {', '.join(missing)}" if missing else ""))
