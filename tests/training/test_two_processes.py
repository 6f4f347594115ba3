"""Two processes learn what one learns from twice the batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.toy import fabric_of
from tests.training.two_processes import STEPS, train_both

ROOT = Path(__file__).parents[2]


def curve(folder: Path, part: str, figure: str) -> list[float]:
    rows = [json.loads(line) for line in (folder / f"{part}.jsonl").read_text().splitlines()]
    return [row[figure] for row in rows if figure in row]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_processes_are_one_with_twice_the_batch(tmp_path: Path) -> None:
    alone, together = tmp_path / "alone", tmp_path / "together"
    train_both(alone, fabric_of(1))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.training.two_processes", str(together)]
    process = subprocess.run(command, cwd=ROOT, env=environment, timeout=800, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    for part, figure in (("toy", "loss"), ("tokenizer", "l1_db"), ("tokenizer", "commitment"), ("tokenizer", "adversary")):
        expected, found = (curve(folder, part, figure) for folder in (alone, together))
        assert len(expected) == (STEPS // 2 if figure == "adversary" else STEPS)
        assert found == pytest.approx(expected, abs=1e-3), (part, figure)
