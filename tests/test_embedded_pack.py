"""The pack that ships: whole, small enough, and the first sound of a newcomer."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from engine.cli import main
from engine.models.folders import pack_folder
from engine.models.pack import verify_pack

PROMPT = "heavy rain on a tin roof"


def generated(target: Path, seed: int) -> np.ndarray:
    result = CliRunner().invoke(main, ["generate", PROMPT, "-o", str(target), "--seed", str(seed), "--device", "cpu"])
    assert result.exit_code == 0, result.output
    samples, rate = soundfile.read(target, dtype="float32")
    assert rate == 22050
    return samples


def test_is_whole_small_and_broad() -> None:
    folder = pack_folder("embedded")
    manifest = verify_pack(folder)
    assert sum(path.stat().st_size for path in folder.glob("*.safetensors")) <= 96 * 2**20
    assert len(manifest.classes) >= 100
    assert {"commit", "clips", "hours_of_audio", "steps"} <= manifest.provenance.keys()
    assert (folder / "card.md").is_file() and (folder / "generated.png").is_file()


@pytest.mark.slow
def test_the_first_sound(tmp_path: Path) -> None:
    first = generated(tmp_path / "rain.wav", seed=1)
    assert first.shape == (220_500,)
    assert np.isfinite(first).all()
    assert np.abs(first).max() < 1.0
    assert np.sqrt(np.mean(first**2)) > 0.003
    again, other = generated(tmp_path / "again.wav", seed=1), generated(tmp_path / "other.wav", seed=2)
    np.testing.assert_array_equal(first, again)
    assert (tmp_path / "rain.wav").read_bytes() == (tmp_path / "again.wav").read_bytes()
    assert not np.array_equal(first, other)
