"""Edits on the command line: files that keep what was not painted, recipes, and one sentence for everything else."""

import shlex
from pathlib import Path

import click
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

from engine.cli import main
from engine.command_lines import command_of
from engine.edit_commands import parse_region, subtype_for
from engine.mask_files import write_mask
from engine.masks import Mask
from engine.signal.wav import read_recipe
from engine.types import Clip, EngineError, Region
from tests.tiny import write_tiny_pack


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs") / "tiny"
    write_tiny_pack(folder)
    return folder


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write_noise(tmp_path / "in.wav")


def write_noise(path: Path, seconds: float = 1.5, rate: int = 48000, channels: int = 2, subtype: str = "PCM_16") -> Path:
    samples = 0.1 * np.random.default_rng(0).standard_normal((round(seconds * rate), channels))
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def run(pack: Path, command: str, *words: object) -> Result:
    return CliRunner().invoke(main, [command, "--pack", str(pack), "--seed", "3", *map(str, words)])


def words_of(recipe: dict) -> list[str]:
    """The words behind main.py of the command that a recipe tells."""
    return shlex.split(command_of(recipe).split("  # pack")[0])[2:]


def done(result: Result) -> Result:
    assert result.exit_code == 0, result.output
    return result


def refused(result: Result, folder: Path) -> str:
    """The one sentence; nothing was written."""
    assert result.exit_code == 2 and isinstance(result.exception, SystemExit) and "Traceback" not in result.output
    assert not [path for path in folder.iterdir() if path.name.startswith("out") or path.name.endswith(".part")]
    lines = [line for line in result.stderr.splitlines() if line.startswith("melbrush: ")]
    assert len(lines) == 1
    return lines[0]


def samples_of(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="float64", always_2d=True)[0].T


def frames(seconds: float, rate: int = 48000) -> tuple[int, int]:
    """Samples around the frame edges nearest to a time."""
    hop = 256 / 22050 * rate
    return int(np.floor(seconds * rate / hop) * hop) - 1, int(np.ceil(seconds * rate / hop) * hop) + 1


@pytest.mark.parametrize(("subtype", "written"), [("PCM_16", "PCM_24"), ("PCM_24", "PCM_24"), ("FLOAT", "FLOAT")])
def test_a_fill_keeps_every_other_sample_in_the_file(tmp_path: Path, pack: Path, subtype: str, written: str) -> None:
    source = write_noise(tmp_path / "in.wav", subtype=subtype)
    result = done(run(pack, "fill", source, "-o", tmp_path / "out.wav", "--region", "0.5-0.8"))
    assert "Outside the mask: 0 samples changed." in result.stderr and result.stdout.startswith(str(tmp_path / "out.wav"))
    info = soundfile.info(str(tmp_path / "out.wav"))
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (48000, 2, written, 72000)
    before, after = samples_of(source), samples_of(tmp_path / "out.wav")
    start, stop = frames(0.5)[0], frames(0.8)[1]
    np.testing.assert_array_equal(after[:, :start], before[:, :start])
    np.testing.assert_array_equal(after[:, stop:], before[:, stop:])
    assert (after[:, start:stop] != before[:, start:stop]).mean() > 0.9


def test_regions_with_prompts_of_their_own_and_a_picture(tmp_path: Path, pack: Path, sound: Path) -> None:
    weights = np.zeros((80, 129), np.float32)
    weights[:, 100:110] = 1
    write_mask(tmp_path / "mask.png", Mask.of(weights))
    options = ("--region", "0.1-0.3:500-3000=dog bark", "--region", "0.5-0.6", "--mask", tmp_path / "mask.png", "--prompt", "rain")
    result = done(run(pack, "fill", sound, "-o", tmp_path / "out.wav", *options, "--negative", "dog", "--timings"))
    assert {line.split()[0] for line in result.stdout.splitlines()[1:]} == {"prompt", "iterations", "decoder", "vocoder", "total"}
    changed = (samples_of(tmp_path / "out.wav") != samples_of(sound)).any(axis=0)
    places = np.flatnonzero(changed) / 48000
    for low, high in ((0.1, 0.3), (0.5, 0.6), (100 * 256 / 22050, 110 * 256 / 22050)):
        assert changed[round(low * 48000) + 1000 : round(high * 48000) - 1000].mean() > 0.95
    assert not ((places > 0.33) & (places < 0.48)).any() and not ((places > 0.63) & (places < 1.14)).any()


def test_the_recipe_inside_makes_the_same_bytes(tmp_path: Path, pack: Path, sound: Path) -> None:
    done(run(pack, "fill", sound, "-o", tmp_path / "one.wav", "--region", "0.5-0.8:-2000=rain".replace(":-", ":0-"), "--strength", "0.7"))
    recipe = read_recipe(tmp_path / "one.wav")
    assert {
        "command": "fill",
        "seed": 3,
        "strength": 0.7,
        "regions": ["0.5-0.8:0-2000=rain"],
        "source": str(sound),
    }.items() <= recipe.items()
    words = [str(tmp_path / "two.wav") if word == "OUT.wav" else word for word in words_of(recipe)]
    done(CliRunner().invoke(main, words))
    assert (tmp_path / "one.wav").read_bytes() == (tmp_path / "two.wav").read_bytes()


@pytest.mark.parametrize(
    ("words", "length"),
    [(("extend", "--after", "0.4", "--before", "0.25"), 2.15), (("vary", "--strength", "0.3"), 1.5), (("loop", "--joint", "0.5"), 1.5)],
)
@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_other_edits_write_files_with_recipes(
    tmp_path: Path, pack: Path, sound: Path, words: tuple[str, ...], length: float, suffix: str
) -> None:
    out = tmp_path / f"out{suffix}"
    done(run(pack, words[0], sound, "-o", out, *words[1:]))
    info = soundfile.info(str(out))
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (48000, 2, "PCM_24", round(length * 48000))
    assert set(words[1:]) <= set(words_of(read_recipe(out)))


def test_restoring_with_a_cut_off_and_without(tmp_path: Path, pack: Path, sound: Path) -> None:
    done(run(pack, "restore", sound, "-o", tmp_path / "high.wav", "--cutoff", "4000"))
    assert words_of(read_recipe(tmp_path / "high.wav"))[-4:] == ["--cutoff", "4000.0", "--", str(sound)]
    assert "No cut-off was found" in refused(run(pack, "restore", sound, "-o", tmp_path / "out.wav"), tmp_path)


def test_bad_input_gives_one_sentence_and_no_file(tmp_path: Path, pack: Path, sound: Path) -> None:
    (tmp_path / "text.wav").write_text("hello")
    tiny = write_noise(tmp_path / "tiny.wav", seconds=1 / 48000)
    floats = write_noise(tmp_path / "floats.wav", subtype="FLOAT")
    cases = [
        (("fill", sound, "-o", tmp_path / "out.wav"), "--region"),
        (("fill", sound, "-o", tmp_path / "out.wav", "--region", "nonsense"), "START-END"),
        (("fill", sound, "-o", tmp_path / "out.wav", "--region", "0.8-0.5"), "empty"),
        (("fill", sound, "-o", tmp_path / "out.wav", "--region", "7-8"), "ends at 1.50 s"),
        (("fill", sound, "-o", tmp_path / "out.wav", "--region", "0-1:20000-21000"), "picture ends"),
        (("fill", sound, "-o", tmp_path / "out.wav", "--mask", tmp_path / "no.png"), "no file"),
        (("fill", sound, "-o", tmp_path / "out.wav", "--region", "0-1", "--strength", "2"), "strength"),
        (("fill", sound, "-o", tmp_path / "out.wav", "--region", "0-1", "--seed", "-1"), "seed"),
        (("fill", sound, "-o", sound, "--region", "0-1"), "another name"),
        (("fill", sound, "-o", tmp_path / "out.mp3", "--region", "0-1"), ".wav or .flac"),
        (("fill", floats, "-o", tmp_path / "out.flac", "--region", "0-1"), "FLAC"),
        (("fill", tmp_path / "text.wav", "-o", tmp_path / "out.wav", "--region", "0-1"), "text.wav"),
        (("fill", tiny, "-o", tmp_path / "out.wav", "--region", "0-1"), "shorter than 0.1 s"),
        (("extend", sound, "-o", tmp_path / "out.wav"), "how many seconds"),
        (("extend", sound, "-o", tmp_path / "out.wav", "--after", "inf"), "how many seconds"),
        (("vary", sound, "-o", tmp_path / "out.wav", "--strength", "nan"), "strength"),
        (("restore", sound, "-o", tmp_path / "out.wav", "--cutoff", "nan"), "cut-off"),
        (("loop", sound, "-o", tmp_path / "out.wav", "--joint", "0"), "joint"),
    ]
    before = sound.read_bytes()
    for words, expected in cases:
        assert expected in refused(run(pack, *words), tmp_path), words
    assert sound.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "region", "prompt"),
    [
        ("1-2", Region(1, 2), ""),
        ("1.5-2.25:200-4000", Region(1.5, 2.25, 200, 4000), ""),
        ("0-1=dog = bark", Region(0, 1), "dog = bark"),
        (" 0.5 - 1 : 100 - =rain: 5-6", Region(0.5, 1, 100), "rain: 5-6"),
        ("2-", Region(2, float("inf")), ""),
    ],
)
def test_regions_are_read(text: str, region: Region, prompt: str) -> None:
    assert parse_region(text) == (region, prompt)


@pytest.mark.parametrize("text", ["", "1", "-1-2", "1-2:3", "1-2:", "a-b", "1-2 3", "1e3-2", "2-2", "1-2:500-500", "nan-1"])
def test_what_is_no_region(text: str) -> None:
    with pytest.raises(EngineError, match="region"):
        parse_region(text)


def test_24_bit_only_where_it_is_exact(tmp_path: Path) -> None:
    step = 1 / 2**23
    exact = Clip(np.array([[-1.0, 0.0, step, 1 - step]], np.float32), 48000)
    assert subtype_for(exact, tmp_path / "a.wav") == subtype_for(exact, tmp_path / "a.FLAC") == "pcm24"
    for value in (1.0, step / 2, 1.5):
        odd = Clip(np.array([[value]], np.float32), 48000)
        assert subtype_for(odd, tmp_path / "a.wav") == "float32"
        with pytest.raises(EngineError, match=r"a\.wav"):
            subtype_for(odd, tmp_path / "a.flac")
    with pytest.raises(EngineError, match="channels"):
        subtype_for(Clip(np.zeros((9, 10), np.float32), 48000), tmp_path / "a.flac")


def test_help_names_the_edits() -> None:
    with click.Context(main) as context:
        for name in ("fill", "vary", "extend", "restore", "loop"):
            assert name in main.get_help(context)
            assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0


def test_a_sound_tells_the_command_that_edited_it(pack: Path, sound: Path, tmp_path: Path) -> None:
    done(run(pack, "fill", sound, "-o", tmp_path / "out.wav", "--region", "0.5-0.9:500-2000=$(rm -rf) 'rain'"))
    told = CliRunner().invoke(main, ["recipe", str(tmp_path / "out.wav")]).output
    words = shlex.split(told.split("#")[0])
    assert words[:3] == ["python", "main.py", "fill"] and words[-1] == str(sound)
    assert words[words.index("--region") + 1].endswith("=$(rm -rf) 'rain'")
