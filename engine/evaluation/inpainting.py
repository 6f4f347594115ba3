"""Holes in held-out clips, filled: the zero-shot tasks of SpecMaskGIT's table 7, time inpainting and bandwidth extension.

What a clip lost is taken from its sound before anything is encoded, so that no token knows of it. Sets of clips are compared by the Frechet
distance between the embeddings of the pack's prompt encoder, single clips by their log-mel pictures inside the hole. An edit spends fewer
iterations on a hole than on a whole picture; what all of them would make of it is measured beside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.corpus.registry import recipes
from engine.editing import whole_steps
from engine.evaluation.bench import result_key, round_trip
from engine.evaluation.corpus_clips import single_clip
from engine.evaluation.figures import table
from engine.evaluation.metrics import frechet_distance, log_spectral_distance
from engine.evaluation.reconstruction import held_out_cases
from engine.evaluation.store import Row, RowStore, fingerprint
from engine.geometry import Geometry
from engine.jobs import Encode, EngineJob, Fill
from engine.masks import Mask
from engine.pipeline import Pipeline
from engine.signal.audition import outside_paint
from engine.signal.mel import CEILING_DB, SILENCE_DB, log_mel_db, normalise
from engine.types import HIDDEN, MAX_STEPS, Clip, EngineError, Failed, Finished, GenerationRequest, SamplingSettings, StepUpdate, Take

TASKS = ("time", "bandwidth")
VARIANTS = ("unprocessed", "baseline", "coded", "filled", "kept", "patient")
_NAMES = {
    "unprocessed": "unprocessed",
    "baseline": "interpolated from its borders",
    "coded": "the same, everything through tokenizer and vocoder",
    "filled": "filled, everything through tokenizer and vocoder",
    "kept": "filled, the rest is the source's own (LFR)",
    "patient": "filled in all iterations, the rest is the source's own",
    "reconstructed": "nothing removed, through tokenizer and vocoder",
}
_HOLE_COLS, _HOLE_BANDS = 10, 16
_BORDER_FRAMES, _SLOPE_BANDS = 8, 16
_LEAST_SHARE = 3
"""An edit takes at least a third of the iterations of a whole grid; asked for three times as many, it takes all of them."""
_SCALE = 100.0
_VERSION = 4


@dataclass(frozen=True)
class InpaintingRun:
    """How many clips, with which settings; ``guided``: by the sound around the hole, as the program does when there is no prompt."""

    clips: int
    settings: SamplingSettings
    guided: bool = False


def holes(geometry: Geometry) -> dict[str, Mask]:
    """The masks of both tasks over a clip of the trained length: ten columns (1.9 s) in the middle, and the top 16 bands."""
    first = (geometry.cols - _HOLE_COLS) // 2 * geometry.cell_frames
    time, bandwidth = np.zeros((2, geometry.bands, geometry.frames), np.float32)
    time[:, first : first + _HOLE_COLS * geometry.cell_frames] = 1
    bandwidth[-_HOLE_BANDS:] = 1
    return {"time": Mask.of(time), "bandwidth": Mask.of(bandwidth)}


def interpolated(log_mel: NDArray[np.float32], mask: Mask) -> NDArray[np.float32]:
    """The plain baseline: across a gap in time a line between the means of the frames beside it, above a cut-off the slope below it."""
    out = log_mel.copy()
    frames, bands = np.flatnonzero(mask.weights.any(axis=0)) + mask.first, np.flatnonzero(mask.weights.any(axis=1))
    if bands.size == mask.bands:
        before = log_mel[:, max(0, frames[0] - _BORDER_FRAMES) : frames[0]].mean(axis=1, keepdims=True)
        after = log_mel[:, frames[-1] + 1 : frames[-1] + 1 + _BORDER_FRAMES].mean(axis=1, keepdims=True)
        share = (np.arange(frames.size) + 0.5) / frames.size
        out[:, frames] = (1 - share) * before + share * after
        return out
    # The band at the cut-off is half removed by the slope of the filter and tells nothing.
    known = np.arange(bands[0] - 1 - _SLOPE_BANDS, bands[0] - 1)
    slope, _ = np.polyfit(known, log_mel[known], 1)
    level = log_mel[known].mean(axis=0)
    drawn = level + np.minimum(slope, 0.0) * (bands[:, None] - known.mean())
    out[bands] = np.clip(drawn, SILENCE_DB, CEILING_DB)
    return out


def evaluate_inpainting(pipeline: Pipeline, folder: Path, run: InpaintingRun) -> Iterator[str | Row]:
    """Yields lines of progress and at last the result. Raises EngineError for a failed job."""
    if run.clips < 2:
        raise EngineError("value", "There must be at least two clips.")
    known = [name for name in pipeline.pack.manifest.classes if name in recipes()]
    cases = held_out_cases(known, -(-run.clips // max(1, len(known))), run.clips)
    # What is stored of a clip does not depend on how many others there are.
    store = RowStore(folder / "inpainting" / f"{fingerprint(*result_key(pipeline, run.settings), run.guided, _VERSION)}.jsonl")
    rows = []
    for number, row in enumerate(store.filled(cases, lambda case: f"{case[0]}/{case[1]}", lambda case: _measured(pipeline, case, run)), 1):
        rows.append(row)
        if number % 10 == 0 or number == len(cases):
            yield f"{number} of {len(cases)} clips"
    settings = {"steps": run.settings.steps, "temperature": run.settings.temperature, "guided": run.guided}
    yield {"pack": pipeline.pack.manifest.hash, **settings, **inpainting_summary(rows)}


def _measured(pipeline: Pipeline, case: tuple[str, int], run: InpaintingRun) -> Row:
    """Embeddings of a clip and of everything that was made of it, and the distances inside the holes."""
    geometry = pipeline.geometry
    samples = single_clip(*case)[: geometry.samples]
    truth = log_mel_db(samples, geometry)
    row: Row = {"class": case[0], "truth": _embedded(pipeline, truth)}
    row["reconstructed"] = _embedded(pipeline, round_trip(pipeline, samples).both_mel)
    for task, hole in holes(geometry).items():
        pictures, row[f"{task}_iterations"] = _variants(pipeline, samples, hole, case[1], run)
        row[task] = {name: _embedded(pipeline, picture) for name, picture in pictures.items()}
        inside = hole.array() > 0
        row[f"{task}_lsd"] = {name: round(log_spectral_distance(truth, picture, inside), 3) for name, picture in pictures.items()}
    return row


@torch.inference_mode()
def _embedded(pipeline: Pipeline, log_mel: NDArray[np.float32]) -> list[float]:
    mel = torch.from_numpy(normalise(log_mel))[None, None].to(pipeline.device)
    return [round(float(value), 5) for value in pipeline.pack.prompt.embed_mel(mel)[0]]


def _variants(
    pipeline: Pipeline, samples: NDArray[np.float32], hole: Mask, seed: int, run: InpaintingRun
) -> tuple[dict[str, NDArray[np.float32]], dict[str, int]]:
    """Log-mel pictures of the damaged clip and of what was made of it, and the iterations that the fills took."""
    geometry = pipeline.geometry
    damaged = outside_paint(Clip(samples[None], geometry.sample_rate), hole, geometry)
    source, _ = _end(pipeline, Encode(damaged, pipeline.pack.manifest.id))
    request = GenerationRequest("", duration_s=geometry.duration_s, settings=_settings(run), seed=seed)
    many = replace(request, settings=replace(request.settings, steps=min(MAX_STEPS, _LEAST_SHARE * whole_steps(request.settings))))
    take, iterations = _end(pipeline, Fill(source, hole, request, previews=False))
    patient, all_iterations = _end(pipeline, Fill(source, hole, many, previews=False))
    unprocessed = source.spectrogram.log_mel
    baseline = interpolated(unprocessed, hole)
    pictures = {
        "unprocessed": unprocessed,
        "baseline": baseline,
        "coded": log_mel_db(_recoded(pipeline, baseline), geometry),
        "filled": log_mel_db(_recoded(pipeline, unprocessed, take.grid.ids, hole.cells(geometry)), geometry),
        "kept": log_mel_db(take.clip.mono(), geometry),
        "patient": log_mel_db(patient.clip.mono(), geometry),
    }
    return pictures, {"kept": iterations, "patient": all_iterations}


def _settings(run: InpaintingRun) -> SamplingSettings:
    return run.settings if run.guided else run.settings.with_given({"guidance": 0.0, "guidance_start": 0.0})


@torch.inference_mode()
def _recoded(
    pipeline: Pipeline, log_mel: NDArray[np.float32], drawn: NDArray[np.int32] | None = None, hidden: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """Samples of the codes of a picture alone; ``drawn`` ids (rows, cols) replace its own, detail is drawn where cells were ``hidden``."""
    ids, second = pipeline.codes_of(torch.from_numpy(normalise(log_mel))[None, None].to(pipeline.device))
    if drawn is not None:
        ids = torch.from_numpy(drawn.astype(np.int64)).to(pipeline.device)
    if hidden is not None and second is not None:
        second = second.masked_fill(torch.from_numpy(hidden).to(second.device), HIDDEN)
    return pipeline.sound_of(pipeline.detailed_picture_of(ids, 0, None, second))


def _end(pipeline: Pipeline, job: EngineJob) -> tuple[Take, int]:
    """The take of a job and its number of iterations."""
    iterations = 0
    for event in pipeline.run(job):
        if isinstance(event, Failed):
            raise EngineError(event.kind, event.message)
        iterations += isinstance(event, StepUpdate)
        if isinstance(event, Finished):
            return event.takes[0], iterations
    raise EngineError("numeric", "The run ended without a result.")


def inpainting_summary(rows: Sequence[Row]) -> Row:
    """Frechet distances (times 100) to the untouched clips, and mean distances in the holes."""
    truth = np.array([row["truth"] for row in rows])
    result: Row = {"clips": len(rows), "reconstructed": _SCALE * frechet_distance(truth, np.array([row["reconstructed"] for row in rows]))}
    for task in TASKS:
        result[task] = {
            name: {
                "frechet": _SCALE * frechet_distance(truth, np.array([row[task][name] for row in rows])),
                "lsd_db": float(np.mean([row[f"{task}_lsd"][name] for row in rows])),
            }
            for name in VARIANTS
        }
        result[f"{task}_iterations"] = {name: max(row[f"{task}_iterations"][name] for row in rows) for name in ("kept", "patient")}
    return result


def inpainting_report(result: Row) -> str:
    """The result as Markdown."""
    rows = [
        [_NAMES[name], *(f"{result[task][name][key]:.2f}" for key in ("frechet", "lsd_db") for task in ("bandwidth", "time"))]
        for name in VARIANTS
    ]
    rows.append([_NAMES["reconstructed"], f"{result['reconstructed']:.2f}", f"{result['reconstructed']:.2f}", "", ""])
    spent = ", ".join(f"{task} {result[f'{task}_iterations']['kept']} of {result[f'{task}_iterations']['patient']}" for task in TASKS)
    guided = "guided by the sound around the hole" if result["guided"] else "unconditional"
    lines = [
        "# Inpainting: what is put into holes",
        "",
        f"Pack {result['pack']}; {result['clips']} clips of the test split; {guided}. Iterations: {spent}.",
        "Time: 1.9 s in the middle were removed. Bandwidth: the top 16 bands were removed (everything above 5.5 kHz).",
        "Frechet distance of the prompt encoder's embeddings to those of the untouched clips, times 100 (0: the same); log-spectral",
        "distance to the truth inside the hole in dB. Lower is better; a good filling need not be the truth.",
        "",
        table(["clips", "bandwidth, Frechet", "time, Frechet", "bandwidth, dB", "time, dB"], rows),
    ]
    return "\n".join(lines) + "\n"


def draw_inpainting(result: Row, path: Path) -> None:
    """Bars of the Frechet distances as a PNG. Raises EngineError("value") without matplotlib, EngineError("path")."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise EngineError("value", "The picture needs matplotlib, which is not installed.") from error
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    for axes, task in zip(figure.subplots(1, 2, sharey=True), TASKS, strict=True):
        _bars(axes, task, result)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=120)
    except OSError as error:
        raise EngineError("path", f"{path} cannot be written: {error.strerror or error}.") from error


def _bars(axes: Any, task: str, result: Row) -> None:
    names = ("unprocessed", "interpolated", "interpolated,\ncoded", "filled", "filled, LFR", "all iterations")
    values = [result[task][name]["frechet"] for name in VARIANTS]
    axes.bar_label(axes.bar(names, values, color=["#9aa0a6", "#c0a060", "#a08a60", "#5b8def", "#2f6f4f", "#7a4f9a"]), fmt="%.2f")
    axes.axhline(result["reconstructed"], color="#444444", linewidth=1, linestyle=":", label="tokenizer and vocoder alone")
    axes.set_title({"time": "Time inpainting (1.9 s)", "bandwidth": "Bandwidth extension (top 16 bands)"}[task])
    axes.set_ylabel("Frechet distance x 100" if task == "time" else "")
    axes.margins(y=0.25)
    axes.legend(frameon=False, loc="upper left")
