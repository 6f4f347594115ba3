"""Counts of hidden cells against the originals' formulas."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from engine.sampling.schedules import SCHEDULES, hidden_counts

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "mask_schedules.json").read_text())
TABLES = [(key, row["maskgit_mage_masked_after_each_step"]) for key, row in GOLDEN.items() if key.startswith("N")]


@pytest.mark.parametrize(("key", "expected"), TABLES)
def test_cosine_counts_equal_maskgits(key: str, expected: list[int]) -> None:
    cells, total = (int(part[1:]) for part in key.split("_"))
    assert hidden_counts(cells, total) == expected


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_falls_from_one_to_zero(name: str) -> None:
    schedule = SCHEDULES[name]
    values = [schedule(r / 100) for r in range(101)]
    assert values[0] == pytest.approx(1.0, abs=0.01)
    assert values[-1] == pytest.approx(0.0, abs=1e-9)
    assert all(a >= b for a, b in pairwise(values))


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("cells", [2, 16, 265])
def test_every_step_fixes_a_cell_until_one_is_left(name: str, cells: int) -> None:
    counts = [cells, *hidden_counts(cells, min(16, cells - 1), name)]
    assert all(before > after >= 1 or before == after == 1 for before, after in pairwise(counts))


def test_concave_schedules_start_slower_than_linear_and_convex_ones_faster() -> None:
    first = {name: hidden_counts(265, 16, name)[0] for name in SCHEDULES}
    assert first["cubic"] >= first["cosine"] > first["linear"] > first["square_root"] > first["logarithmic"]
