"""Round tick marks that never overlap, and times, frequencies, levels and notes as text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QLocale

_TIME_STEPS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_LABEL_GAP = 16.0
_MINOR_GAP = 6.0
_NOTES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")


@dataclass(frozen=True)
class Tick:
    """A mark at ``position`` pixels along a ruler; minor ones have no label."""

    position: float
    value: float
    label: str = ""


def format_time(seconds: float, decimals: int, clock: bool) -> str:
    """Seconds as text: ``1.25``, or ``1:05.25`` with minutes if ``clock``."""
    locale = QLocale()
    if not clock:
        return locale.toString(float(seconds), "f", decimals)
    units = round(abs(seconds) * 10**decimals)
    minutes, rest = divmod(units, 60 * 10**decimals)
    text = locale.toString(rest / 10**decimals, "f", decimals)
    return f"{'-' if seconds < 0 else ''}{minutes}:{'0' if rest < 10 * 10**decimals else ''}{text}"


def format_hz(hz: float) -> str:
    """Frequency with its unit, three significant figures from 1 kHz on."""
    locale = QLocale()
    if hz < 999.5:
        return f"{locale.toString(float(hz), 'f', 0)} Hz"
    return f"{locale.toString(hz / 1000, 'f', 2 if hz < 9995 else 1)} kHz"


def format_db(level_db: float) -> str:
    """Level with its unit and a true minus sign."""
    text = QLocale().toString(abs(float(level_db)), "f", 1)
    return f"{'−' if level_db < -0.05 else ''}{text} dB"


def note_name(hz: float) -> str:
    """Nearest note of equal temperament (A4 = 440 Hz) with its deviation in cents; empty below 16 Hz."""
    if not (math.isfinite(hz) and hz >= 16.0):
        return ""
    semitones = 69 + 12 * math.log2(hz / 440.0)
    nearest = round(semitones)
    cents = round(100 * (semitones - nearest))
    sign = "+" if cents > 0 else "−" if cents < 0 else "±"
    return f"{_NOTES[nearest % 12]}{nearest // 12 - 1} {sign}{abs(cents)} ct"


def time_ticks(start_s: float, end_s: float, width: float, measure: Callable[[str], float]) -> list[Tick]:
    """Ticks of a ruler ``width`` pixels long at round times, labelled and minor, left to right; ``measure`` gives a label's width."""
    if not (width > 0 and end_s > start_s):
        return []
    scale = width / (end_s - start_s)
    step = next((step for step in _TIME_STEPS_S if _time_step_fits(step, end_s, scale, measure)), None)
    if step is None:
        return []
    minor = next((fine for fine in _TIME_STEPS_S if fine < step and _divides(fine, step) and fine * scale >= _MINOR_GAP), step)
    ticks = []
    for index in range(math.ceil(start_s / minor - 1e-9), math.floor(end_s / minor + 1e-9) + 1):
        value = index * minor
        label = _time_label(value, step, end_s) if abs(value / step - round(value / step)) < 1e-6 else ""
        ticks.append(Tick((value - start_s) * scale, value, label))
    return ticks


def frequency_ticks(low_hz: float, high_hz: float, position_of: Callable[[float], float], label_height: float) -> list[Tick]:
    """Ticks at round frequencies, the roundest first; ``position_of`` gives pixels for Hz, labels are ``label_height`` pixels high."""
    placed: list[Tick] = []
    minor: list[Tick] = []
    for value in _round_frequencies(low_hz, high_hz):
        position = position_of(value)
        if all(abs(position - tick.position) >= label_height + _LABEL_GAP / 4 for tick in placed):
            placed.append(Tick(position, value, _frequency_label(value)))
        elif all(abs(position - tick.position) >= _MINOR_GAP for tick in placed + minor):
            minor.append(Tick(position, value))
    clear = [tick for tick in minor if all(abs(tick.position - other.position) >= _MINOR_GAP for other in placed)]
    return sorted(placed + clear, key=lambda tick: tick.value)


def level_ticks(floor_db: float, top_db: float, height: float, label_height: float) -> list[Tick]:
    """Ticks of a colour bar ``height`` pixels high, the top level at 0."""
    if not (height > 0 and top_db > floor_db):
        return []
    scale = height / (top_db - floor_db)
    step = next((step for step in (1, 2, 5, 10, 20, 50, 100) if step * scale >= label_height + _LABEL_GAP), None)
    if step is None:
        return []
    values = range(math.ceil(floor_db / step - 1e-9) * step, math.floor(top_db / step + 1e-9) * step + 1, step)
    return [Tick((top_db - value) * scale, float(value), f"{'−' if value < 0 else ''}{abs(value)}") for value in values]


def overlaps(ticks: Iterable[Tick], size_of: Callable[[str], float]) -> bool:
    """True if labels centred on their ticks touch each other."""
    edges = sorted((tick.position - size_of(tick.label) / 2, tick.position + size_of(tick.label) / 2) for tick in ticks if tick.label)
    return any(left[1] > right[0] for left, right in pairwise(edges))


def _divides(fine: float, step: float) -> bool:
    return abs(step / fine - round(step / fine)) < 1e-6


def _time_step_fits(step: float, end_s: float, scale: float, measure: Callable[[str], float]) -> bool:
    """True if the longest label of the step leaves a gap to the next."""
    return step * scale >= measure(_time_label(math.floor(end_s / step) * step, step, end_s)) + _LABEL_GAP


def _time_label(value: float, step: float, end_s: float) -> str:
    """Only as many decimals as the step needs; minutes where the ruler reaches a minute."""
    decimals = 0 if step >= 1 else 1 if step >= 0.1 else 2 if step >= 0.01 else 3
    clock = end_s > 60.0
    text = format_time(value, decimals, clock)
    return text if clock else f"{text} s"


def _frequency_label(hz: float) -> str:
    if hz < 1000:
        return f"{hz:g}"
    return f"{QLocale().toString(hz / 1000, 'g', 6)}k"


def _round_frequencies(low_hz: float, high_hz: float) -> list[float]:
    """Candidates inside the range, the ones that people look for first, then finer and finer ones."""
    found: dict[float, None] = {}
    for factors in ((1,), (2, 5), (3, 4, 6, 7, 8, 9), (1.5, 2.5)):
        for power in range(1, 5):
            found.update(dict.fromkeys(factor * 10.0**power for factor in factors))
    inside = [hz for hz in found if low_hz <= hz <= high_hz]
    # Only what is zoomed far in needs more than the list above.
    for step in (500, 250, 100, 50, 20, 10, 5, 2, 1):
        if (high_hz - low_hz) / step <= 12:
            multiples = (float(index * step) for index in range(math.ceil(low_hz / step), math.floor(high_hz / step) + 1))
            inside += [hz for hz in multiples if hz not in found and hz > 0]
            found.update(dict.fromkeys(inside))
    return inside
