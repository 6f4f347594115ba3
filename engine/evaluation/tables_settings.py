"""The tables themselves: which sampling settings are compared with each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.evaluation.tables import Table, Variant
from engine.sampling.schedules import SCHEDULES
from engine.types import MAX_STEPS, SamplingSettings

_TEMPERATURES = (0.0, 0.5, 1.0, 1.5, 3.0, 4.5, 6.0, 8.0, 12.0, 20.0)
_STEPS = (4, 8, 12, 16, 24, 32)
_REMASK = 0.1


def ablations(settings: SamplingSettings) -> Table:
    """What the conditional mask and guidance contribute (SpecMaskGIT section 4.4), and what second thoughts would.

    Hiding drawn cells again pays with many iterations, if at all (arXiv 2503.00307), so it stands beside as many without it.
    """
    patient = replace(settings, steps=min(MAX_STEPS, 2 * settings.steps))
    judged = replace(settings, order="critic")
    variants = [
        Variant("all as the pack sets it", settings),
        Variant("hidden cells hold the mask token", settings, conditional_mask=False),
        Variant("no guidance", replace(settings, guidance=1.0, guidance_start=1.0)),
        Variant("constant guidance", replace(settings, guidance_start=settings.guidance)),
        Variant("guidance rises from 0", replace(settings, guidance_start=0.0)),
        Variant("remask", replace(settings, remask=_REMASK)),
        Variant("twice the iterations", patient),
        Variant("twice the iterations, remask", replace(patient, remask=_REMASK)),
        Variant("critic", judged, needs="critic"),
        Variant("critic, remask", replace(judged, remask=_REMASK), needs="critic"),
    ]
    note = (
        f"Guidance {settings.guidance:g} from {settings.guidance_start:g}, {settings.steps} iterations. All variants use the same weights, "
        "which were trained with the conditional mask: its line shows what these weights need, not what others would learn without it. "
        f"Remask: {100 * _REMASK:g} % of the drawn cells may be hidden again after each iteration. Critic: a network of its own says which "
        "cells look right."
    )
    return Table("ablations", "Ablations: conditional mask, guidance, second thoughts", note, "", _distinct(variants))


def temperature(settings: SamplingSettings) -> Table:
    """Noise on the order of cells; it works on the order by confidence alone, so that order is taken."""
    settings = replace(settings, order="confidence")
    values = sorted({*_TEMPERATURES, settings.temperature})
    variants = tuple(Variant(f"{value:g}", replace(settings, temperature=value), value=value) for value in values)
    note = f"The pack's own temperature is {settings.temperature:g}; cells are fixed by confidence."
    return Table("temperature", "Temperature: noise on the order of cells", note, "Gumbel temperature", variants)


def iterations(settings: SamplingSettings) -> Table:
    """From few passes to many."""
    values = sorted({*_STEPS, settings.steps})
    variants = tuple(Variant(str(value), replace(settings, steps=value), value=float(value)) for value in values)
    return Table("iterations", "Iterations", f"The pack's own number is {settings.steps}.", "iterations", variants)


def schedules(settings: SamplingSettings) -> Table:
    """How fast cells are fixed (MaskGIT section 4.4)."""
    variants = tuple(Variant(name.replace("_", " "), replace(settings, schedule=name)) for name in SCHEDULES)
    note = f"{settings.steps} iterations; the pack's own schedule is {settings.schedule.replace('_', ' ')}."
    return Table("schedules", "Schedules: how fast cells are fixed", note, "", variants)


TABLES: dict[str, Callable[[SamplingSettings], Table]] = {
    "ablations": ablations,
    "temperature": temperature,
    "iterations": iterations,
    "schedules": schedules,
}


def _distinct(variants: list[Variant]) -> tuple[Variant, ...]:
    """Without variants that are what an earlier one is."""
    kept: dict[tuple[SamplingSettings, bool], Variant] = {}
    for variant in variants:
        kept.setdefault((variant.settings, variant.conditional_mask), variant)
    return tuple(kept.values())
