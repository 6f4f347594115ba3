"""The rows of the house: who may import whom, and what must not be loaded by whom."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = ("torch", "lightning", "soundfile", "scipy", "matplotlib", "torchaudio", "PySide6")


def loaded_by(module: str) -> set[str]:
    """Top-level packages that are there after importing a module in a fresh process."""
    code = f"import sys, {module}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=250, cwd=ROOT, check=True)
    return set(process.stdout.split())


def test_contracts_are_kept() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"]
    process = subprocess.run(command, capture_output=True, text=True, timeout=250, cwd=ROOT, env=environment)
    assert process.returncode == 0, process.stdout + process.stderr
    assert "0 broken" in process.stdout


def test_the_command_line_loads_nothing_heavy() -> None:
    assert loaded_by("engine.cli").isdisjoint(HEAVY)


@pytest.mark.parametrize("module", ["engine.corpus.registry", "engine.corpus.clips", "engine.signal.mel", "engine.signal.audio_io"])
def test_corpus_and_signal_need_no_torch(module: str) -> None:
    assert loaded_by(module).isdisjoint({"torch", "lightning", "torchaudio", "PySide6"})


def test_every_room_is_under_a_contract() -> None:
    contracts = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    rooms = {path.stem for path in (ROOT / "engine").iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    modules = {path.stem for path in (ROOT / "engine").glob("*.py")} - {"__init__"}
    assert {name for name in rooms | modules if f"engine.{name}" not in contracts} == set()
