"""Tables as pictures: a curve where a number varies, bars where it does not, error bars in both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.evaluation.store import Row
from engine.types import EngineError

_INK, _ACCENT, _ANCHOR = "#33373d", "#2f6f9f", "#b06a2c"


def draw_table(result: Row, path: Path) -> None:
    """Frechet distance and, where a judge listened, the share of right first guesses, as a PNG.

    Raises EngineError("value") without matplotlib, EngineError("path").
    """
    panels = [("frechet", f"Frechet distance ({result['embedding']})")]
    if result["judge"]:
        panels.append(("judged", "first guess right, %"))
    figure = _figure(len(panels))
    for axes, (measure, label) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _panel(axes, result, measure, label)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=len(result["anchors"]), frameon=False, fontsize=8)
    save_figure(figure, path)


def draw_bars(names: Sequence[str], values: Sequence[float], errors: Sequence[float], label: str, path: Path) -> None:
    """Named values with error bars as a PNG. Raises like ``draw_table``."""
    figure = _figure(1)
    axes = figure.subplots()
    _bars(axes, names, values, [list(errors), list(errors)])
    axes.set_xlabel(label)
    save_figure(figure, path)


def _figure(panels: int) -> Any:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise EngineError("value", "No picture was drawn: that needs matplotlib (pip install melbrush[train]).") from error
    figure = Figure(figsize=(5.4 * panels, 3.6), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save_figure(figure: Any, path: Path) -> None:
    """Writes a figure as PNG. Raises EngineError("path")."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="png")
    except OSError as error:
        raise EngineError("path", f"{path} cannot be written: {error.strerror or error}.") from error


def _panel(axes: Any, result: Row, measure: str, label: str) -> None:
    rows = result["variants"]
    points = [_point(row, measure) for row in rows]
    values, errors = [point[0] for point in points], [[point[side] for point in points] for side in (1, 2)]
    if result["axis"]:
        axes.errorbar([row["value"] for row in rows], values, yerr=errors, color=_ACCENT, ecolor=_INK, marker="o", markersize=4, capsize=3)
        axes.set_xlabel(result["axis"])
        axes.set_ylabel(label)
    else:
        _bars(axes, [row["name"] for row in rows], values, errors)
        axes.set_xlabel(label)
    line = axes.axhline if result["axis"] else axes.axvline
    for anchor, style in zip(result["anchors"], (":", "--"), strict=True):
        line(_point(anchor, measure)[0], color=_ANCHOR, linestyle=style, linewidth=1, label=anchor["name"])
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def _bars(axes: Any, names: Sequence[str], values: Sequence[float], errors: Sequence[Sequence[float]]) -> None:
    axes.barh(list(names), values, xerr=errors, color=_ACCENT, ecolor=_INK, capsize=3, height=0.6)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def _point(row: Row, measure: str) -> tuple[float, float, float]:
    """Value, error below, error above."""
    if measure == "judged":
        judged = row["judged"]
        low, high = judged["interval"]
        return 100 * judged["top1"], 100 * max(0.0, judged["top1"] - low), 100 * max(0.0, high - judged["top1"])
    deviation = row[measure]["deviation"] or 0.0
    return row[measure]["mean"], deviation, deviation
