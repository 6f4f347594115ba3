"""The commands behind main.py: files that are right, and one sentence for everything that cannot be done."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

from engine import cli, pack_places
from engine.cli import LazyGroup, main
from engine.command_lines import command_of
from engine.signal.wav import read_recipe
from engine.types import EngineError
from tests.tiny import write_tiny_pack

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs") / "tiny"
    write_tiny_pack(folder)
    return folder


@pytest.fixture
def generate(pack: Path) -> Callable[..., Result]:
    return lambda *options, prompt="heavy rain": run("generate", prompt, "--pack", pack, "--duration", 0.5, "--seed", 3, *options)


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def refusal(result: Result) -> str:
    """The one sentence of a command that could not be done."""
    assert result.exit_code == 2
    assert "Traceback" not in result.output and isinstance(result.exception, SystemExit)
    sentences = [line for line in result.stderr.splitlines() if line.startswith("melbrush: ")]
    assert len(sentences) == 1 and result.stderr.splitlines()[-1] == sentences[0]
    return sentences[0]


def refused_at_once(result: Result) -> str:
    """As above, with nothing else on either stream."""
    sentence = refusal(result)
    assert result.output == sentence + "\n"
    return sentence


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_tone(path: Path, seconds: float = 1.0, rate: int = 44100) -> Path:
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)
    soundfile.write(path, np.stack([wave, wave], axis=1), rate)
    return path


def with_flipped_byte(pack: Path, copy: Path) -> Path:
    copy.mkdir()
    for path in pack.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    raw = bytearray((copy / "vocoder.safetensors").read_bytes())
    raw[-5] ^= 1
    (copy / "vocoder.safetensors").write_bytes(raw)
    return copy


class TestGenerate:
    def test_writes_a_24_bit_wav_of_the_right_length(self, generate: Callable, tmp_path: Path) -> None:
        done(generate("-o", tmp_path / "out.wav", "--duration", 1.3))
        info = soundfile.info(str(tmp_path / "out.wav"))
        assert (info.samplerate, info.channels, info.subtype, info.frames) == (22050, 1, "PCM_24", round(1.3 * 22050))
        assert names(tmp_path) == ["out.wav"]

    def test_puts_the_recipe_inside(self, generate: Callable, tmp_path: Path, pack: Path) -> None:
        done(generate("-o", tmp_path / "out.wav", "--negative", "dog", "--steps", 3))
        recipe = read_recipe(tmp_path / "out.wav")
        given = {"prompt": "heavy rain", "negative": "dog", "steps": 3, "seed": 3, "duration": 0.5, "pack": str(pack)}
        assert {"command": "generate", **given}.items() <= recipe.items()

    def test_same_command_same_bytes_other_seed_other_bytes(self, generate: Callable, tmp_path: Path) -> None:
        for name, seed in (("a", 3), ("b", 3), ("c", 4)):
            done(generate("-o", tmp_path / f"{name}.wav", "--seed", seed))
        first, again, other = ((tmp_path / f"{name}.wav").read_bytes() for name in "abc")
        assert first == again and first != other

    def test_count_writes_numbered_files(self, generate: Callable, tmp_path: Path) -> None:
        out = done(generate("-o", tmp_path / "out.wav", "--count", 3))
        assert names(tmp_path) == ["out-1.wav", "out-2.wav", "out-3.wav"]
        assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 3
        assert [line.split()[-1] for line in out.splitlines()] == ["3", "4", "5"]

    def test_the_second_of_three_takes_equals_its_own_seed(self, generate: Callable, tmp_path: Path) -> None:
        done(generate("-o", tmp_path / "out.wav", "--count", 3))
        done(generate("-o", tmp_path / "alone.wav", "--seed", 4))
        assert (tmp_path / "out-2.wav").read_bytes() == (tmp_path / "alone.wav").read_bytes()

    def test_timings_name_the_parts_and_the_total(self, generate: Callable, tmp_path: Path) -> None:
        lines = done(generate("-o", tmp_path / "out.wav", "--timings")).splitlines()[1:]
        seconds = {line.split()[0]: float(line.split()[1]) for line in lines}
        assert set(seconds) == {"prompt", "iterations", "decoder", "vocoder", "total"}
        assert seconds["total"] == pytest.approx(sum(value for part, value in seconds.items() if part != "total"), abs=0.003)

    def test_flac_holds_the_same_samples_and_the_recipe(self, generate: Callable, tmp_path: Path) -> None:
        done(generate("-o", tmp_path / "out.wav"))
        done(generate("-o", tmp_path / "out.FLAC"))
        wav, flac = (soundfile.read(tmp_path / name, dtype="int32")[0] for name in ("out.wav", "out.FLAC"))
        np.testing.assert_array_equal(wav, flac)
        assert read_recipe(tmp_path / "out.wav") == read_recipe(tmp_path / "out.FLAC")

    def test_a_reference_joins_the_prompt(self, generate: Callable, tmp_path: Path) -> None:
        tone = write_tone(tmp_path / "tone.wav")
        done(generate("-o", tmp_path / "with.wav", "--reference", tone, "--blend", 1))
        done(generate("-o", tmp_path / "without.wav"))
        done(generate("-o", tmp_path / "alone.wav", "--reference", tone, prompt=""))
        assert len({(tmp_path / f"{name}.wav").read_bytes() for name in ("with", "without")}) == 2

    def test_a_seed_is_drawn_and_told(self, pack: Path, tmp_path: Path) -> None:
        out = done(run("generate", "rain", "--pack", pack, "--duration", 0.2, "-o", tmp_path / "out.wav"))
        assert int(out.split()[-1]) == read_recipe(tmp_path / "out.wav")["seed"]

    def test_unknown_words_are_named(self, generate: Callable, tmp_path: Path) -> None:
        assert "xylophone" in generate("-o", tmp_path / "out.wav", prompt="xylophone").stderr

    @pytest.mark.parametrize("prompt", ["\U0001f327\ufe0f", "-", "rain " * 500, "a'b\"c`$HOME`\n; ls", "\u96e8", "\x00"])
    def test_any_text_is_a_prompt(self, generate: Callable, tmp_path: Path, prompt: str) -> None:
        done(generate("-o", tmp_path / "out.wav", "--duration", 0.1, prompt=prompt))
        assert read_recipe(tmp_path / "out.wav")["prompt"] == prompt


class TestRecipe:
    def again(self, sound: Path, target: Path) -> bytes:
        python, script, *words = shlex.split(done(run("recipe", sound)), comments=True)
        assert (python, script) == ("python", "main.py")
        done(run(*(target if word == "OUT.wav" else word for word in words)))
        return target.read_bytes()

    @pytest.mark.parametrize(
        "options",
        [
            [],
            ["--negative", "it's a dog", "--steps", 3, "--order", "halton", "--schedule", "cubic"],
            ["--duration", 0.3333333333, "--guidance", 2.7182818284, "--temperature", 1e-5],
            ["--negative", "-o", "--seed", 2**53 - 1],
        ],
    )
    def test_printed_command_makes_the_same_bytes(self, generate: Callable, tmp_path: Path, options: list) -> None:
        done(generate("-o", tmp_path / "out.wav", *options))
        assert self.again(tmp_path / "out.wav", tmp_path / "again.wav") == (tmp_path / "out.wav").read_bytes()

    @pytest.mark.parametrize("prompt", ["--help", "-o x", "rain\n$(ls) 'and' \"dogs\" # heavy", "caf\u00e9 \U0001f327"])
    def test_prompts_that_look_like_something_else(self, pack: Path, tmp_path: Path, prompt: str) -> None:
        done(run("generate", "-o", tmp_path / "out.wav", "--pack", pack, "--duration", 0.2, "--", prompt))
        assert self.again(tmp_path / "out.wav", tmp_path / "again.wav") == (tmp_path / "out.wav").read_bytes()

    def test_of_a_blend(self, generate: Callable, tmp_path: Path) -> None:
        tone = write_tone(tmp_path / "a tone.wav")
        done(generate("-o", tmp_path / "out.flac", "--reference", tone, "--blend", 0.123456789))
        done(generate("-o", tmp_path / "out.wav", "--reference", tone, "--blend", 0.123456789))
        assert self.again(tmp_path / "out.flac", tmp_path / "again.wav") == (tmp_path / "out.wav").read_bytes()

    def test_of_a_reconstruction(self, pack: Path, tmp_path: Path) -> None:
        tone = write_tone(tmp_path / "tone.wav")
        done(run("reconstruct", tone, "-o", tmp_path / "out.wav", "--pack", pack))
        assert self.again(tmp_path / "out.wav", tmp_path / "again.wav") == (tmp_path / "out.wav").read_bytes()

    def test_of_a_foreign_or_missing_file(self, tmp_path: Path) -> None:
        assert "no recipe" in refused_at_once(run("recipe", write_tone(tmp_path / "tone.wav")))
        assert "no file" in refused_at_once(run("recipe", tmp_path / "nowhere.wav"))

    @pytest.mark.parametrize(
        "stored",
        [{}, [], {"command": "rm"}, {"command": "generate"}, {"command": "generate", "pack": 3}, {"command": "reconstruct", "pack": "p"}],
    )
    def test_incomplete_recipes_are_told(self, stored: dict) -> None:
        with pytest.raises(EngineError, match="recipe"):
            command_of(stored)

    def test_a_hostile_recipe_cannot_leave_its_quotes(self) -> None:
        evil = "x\n$(touch evil); ls #'"
        texts = dict.fromkeys(("prompt", "negative", "reference", "order", "pack", "pack_hash"), evil)
        numbers = {"duration": 1.0, "steps": 3, "guidance": 3.0, "guidance_start": 1.0, "temperature": 1.5, "token_temperature": 0.7}
        numbers |= {"blend": 0.5, "seed": 1}
        line = command_of({"command": "generate", **texts, **numbers})
        words = shlex.split(line, comments=True)
        assert words.count(evil) == 5 and len([word for word in words if "touch" in word]) == 5
        assert "\n" not in line[line.rindex("  # pack") :]


class TestReconstruct:
    def test_keeps_the_length(self, pack: Path, tmp_path: Path) -> None:
        out = done(run("reconstruct", write_tone(tmp_path / "tone.wav", 0.7), "-o", tmp_path / "out.wav", "--pack", pack, "--timings"))
        info = soundfile.info(str(tmp_path / "out.wav"))
        assert (info.frames, info.subtype) == (round(0.7 * 22050), "PCM_24")
        assert {line.split()[0] for line in out.splitlines()[1:]} == {"encoder", "decoder", "vocoder", "total"}

    def test_never_writes_to_the_sound_that_it_reads(self, pack: Path, tmp_path: Path) -> None:
        tone = write_tone(tmp_path / "tone.wav")
        before = tone.read_bytes()
        assert "another name" in refused_at_once(run("reconstruct", tone, "-o", tone, "--pack", pack))
        assert tone.read_bytes() == before

    def test_a_sound_of_one_sample(self, pack: Path, tmp_path: Path) -> None:
        result = run("reconstruct", write_tone(tmp_path / "tone.wav", 1 / 22050, 22050), "-o", tmp_path / "out.wav", "--pack", pack)
        done(result)
        assert soundfile.info(str(tmp_path / "out.wav")).frames == 1


class TestPacks:
    @pytest.fixture(autouse=True)
    def no_packs_among_the_users_data(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pack_places, "user_packs", lambda: tmp_path / "user")

    def test_list_names_the_installed_ones(self, pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pack_places, "PACKS", pack.parent)
        assert done(run("packs", "list")).startswith("tiny  Tiny pack for tests  ")

    def test_list_without_any(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pack_places, "PACKS", tmp_path / "nowhere")
        assert done(run("packs", "list")) == ""

    def test_info_says_what_is_inside(self, pack: Path) -> None:
        out = done(run("packs", "info", pack))
        for text in ("Tiny pack for tests", "5 x 53", "1024 codes", "masked-vit", "2 sound classes: dog_bark, rain", "commit"):
            assert text in out

    def test_verify_of_a_whole_pack(self, pack: Path) -> None:
        assert done(run("packs", "verify", pack)).startswith("tiny is whole: ")

    def test_verify_of_a_pack_with_a_flipped_byte(self, pack: Path, tmp_path: Path) -> None:
        damaged = with_flipped_byte(pack, tmp_path / "damaged")
        assert "vocoder.safetensors" in refused_at_once(run("packs", "verify", damaged))

    @pytest.mark.parametrize("name", ["nobody", "", "/", "a\0b", "x" * 5000])
    @pytest.mark.parametrize("command", ["info", "verify"])
    def test_a_pack_that_is_not_there(self, command: str, name: str) -> None:
        refused_at_once(run("packs", command, name))


class TestBadInput:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--duration", -1], "duration"),
            (["--duration", 0], "duration"),
            (["--duration", "nan"], "duration"),
            (["--duration", 1e9], "duration"),
            (["--count", 0], "takes"),
            (["--count", 65], "takes"),
            (["--seed", -1], "seed"),
            (["--steps", 0], "iterations"),
            (["--steps", -4], "iterations"),
            (["--guidance", "inf"], "guidance"),
            (["--temperature", -0.1], "temperature"),
            (["--blend", 1.5], "blend"),
            (["--device", "toaster"], "toaster"),
            (["--pack", "nobody"], "nobody"),
        ],
    )
    def test_impossible_values(self, generate: Callable, tmp_path: Path, options: list, words: str) -> None:
        assert words in refused_at_once(generate("-o", tmp_path / "out.wav", *options))
        assert names(tmp_path) == []

    @pytest.mark.parametrize("prompt", ["", "  \t\n"])
    def test_empty_prompt(self, generate: Callable, tmp_path: Path, prompt: str) -> None:
        assert "prompt is empty" in refused_at_once(generate("-o", tmp_path / "out.wav", prompt=prompt))
        assert names(tmp_path) == []

    def test_less_than_a_sample(self, generate: Callable, tmp_path: Path) -> None:
        refusal(generate("-o", tmp_path / "out.wav", "--duration", 1e-6))
        assert names(tmp_path) == []

    @pytest.mark.parametrize("content", [b"", b"no sound at all", b"RIFF\x24\0\0\0WAVEfmt ", b"fLaC" + b"\xff" * 60, None], ids=repr)
    @pytest.mark.parametrize("command", ["generate", "reconstruct", "recipe"])
    def test_sounds_that_cannot_be_read(self, generate: Callable, pack: Path, tmp_path: Path, command: str, content: bytes | None) -> None:
        sound = tmp_path / "bad.wav"
        if content is not None:
            sound.write_bytes(content)
        match command:
            case "generate":
                result = generate("-o", tmp_path / "out.wav", "--reference", sound)
            case "reconstruct":
                result = run("reconstruct", sound, "-o", tmp_path / "out.wav", "--pack", pack)
            case _:
                result = run("recipe", sound)
        assert "bad.wav" in refused_at_once(result)
        assert not (tmp_path / "out.wav").exists()

    def test_a_sound_without_samples_and_a_folder(self, generate: Callable, tmp_path: Path) -> None:
        assert "no sound" in refused_at_once(generate("-o", tmp_path / "out.wav", "--reference", write_tone(tmp_path / "empty.wav", 0)))
        refused_at_once(generate("-o", tmp_path / "out.wav", "--reference", tmp_path))
        assert names(tmp_path) == ["empty.wav"]

    def test_a_pack_with_a_flipped_byte(self, generate: Callable, pack: Path, tmp_path: Path) -> None:
        damaged = with_flipped_byte(pack, tmp_path / "damaged")
        assert "vocoder.safetensors" in refused_at_once(generate("-o", tmp_path / "out.wav", "--pack", damaged))
        assert names(tmp_path) == ["damaged"]

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("nowhere/out.wav", "does not exist"),
            ("folder.wav", "is a folder"),
            ("out.mp3", ".wav or .flac"),
            ("out", ".wav or .flac"),
            (".wav", ".wav or .flac"),
            ("x" * 300 + ".wav", ""),
        ],
    )
    def test_outputs_that_could_not_be_written(self, generate: Callable, pack: Path, tmp_path: Path, name: str, words: str) -> None:
        (tmp_path / "folder.wav").mkdir()
        tone = write_tone(tmp_path / "tone.wav")
        assert words in refusal(generate("-o", tmp_path / name))
        assert words in refusal(run("reconstruct", tone, "-o", tmp_path / name, "--pack", pack))
        assert names(tmp_path) == ["folder.wav", "tone.wav"]

    def test_one_of_several_outputs_is_a_folder(self, generate: Callable, tmp_path: Path) -> None:
        (tmp_path / "out-2.wav").mkdir()
        assert "is a folder" in refused_at_once(generate("-o", tmp_path / "out.wav", "--count", 2))
        assert names(tmp_path) == ["out-2.wav"]

    @pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(28, "No space left"), OSError(30, "Read-only")])
    def test_an_existing_file_survives_a_failed_write(
        self, generate: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
    ) -> None:
        def failing(*_: object) -> None:
            raise error

        (tmp_path / "out.wav").write_bytes(b"precious")
        monkeypatch.setattr(os, "replace", failing)
        refusal(generate("-o", tmp_path / "out.wav", "--duration", 0.1))
        assert names(tmp_path) == ["out.wav"] and (tmp_path / "out.wav").read_bytes() == b"precious"

    @pytest.mark.parametrize("words", [[], ["rain"], ["rain", "-o", "x.wav", "--steps", "many"], ["rain", "-o", "x.wav", "--order", "any"]])
    def test_usage_errors_are_no_tracebacks(self, words: list[str]) -> None:
        result = run("generate", *words)
        assert result.exit_code == 2 and "Traceback" not in result.output and isinstance(result.exception, SystemExit)

    def test_a_failure_of_many_lines_is_told_in_one(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        def failing(*_: object) -> None:
            raise EngineError("pack", "first\n  second\nthird")

        monkeypatch.setattr(cli, "pack_folder", failing)
        assert refused_at_once(run("packs", "info")) == "melbrush: first second third"

    def test_files_that_the_system_refuses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def failing(*_: object) -> None:
            raise PermissionError(13, "Permission denied", "pack.json")

        monkeypatch.setattr(cli, "pack_folder", failing)
        assert refused_at_once(run("packs", "info")) == "melbrush: pack.json cannot be used (Permission denied)."


class TestHelp:
    def test_names_every_command_without_importing_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def failing(name: str) -> None:
            raise AssertionError(name)

        monkeypatch.setattr(cli, "import_module", failing)
        out = done(run("--help"))
        for name in ("corpus", "evaluate", "generate", "packs", "recipe", "reconstruct", "train"):
            assert f"\n  {name} " in out

    def test_version_is_the_one_of_the_project(self) -> None:
        assert done(run("--version")) == "Melbrush 0.1.0\n"

    def test_a_room_whose_packages_are_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(LazyGroup.elsewhere, "train", ("engine.nowhere", ""))
        assert "engine.nowhere" in refused_at_once(run("train", "all"))

    def test_a_room_elsewhere_is_found(self) -> None:
        command = main.get_command(click.Context(main), "corpus")
        assert command is not None and command.name == "corpus"

    def test_unknown_sound_class(self) -> None:
        assert "no sound class" in refused_at_once(run("corpus", "check", "unicorn"))


class TestProcess:
    def main_py(self, *words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "main.py"), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT)

    def test_generates_and_says_where(self, pack: Path, tmp_path: Path) -> None:
        process = self.main_py("generate", "heavy rain", "-o", tmp_path / "out.wav", "--pack", pack, "--duration", 0.5, "--seed", 1)
        assert process.returncode == 0, process.stderr
        assert process.stdout == f"{tmp_path / 'out.wav'}  seed 1\n"
        assert soundfile.info(str(tmp_path / "out.wav")).frames == 11025
        assert read_recipe(tmp_path / "out.wav")["seed"] == 1

    def test_ends_with_two_and_one_sentence(self, tmp_path: Path) -> None:
        process = self.main_py("generate", "", "-o", tmp_path / "out.wav")
        assert process.returncode == 2 and process.stdout == ""
        assert process.stderr.startswith("melbrush: ") and process.stderr.count("\n") == 1

    def test_help(self) -> None:
        process = self.main_py("--help")
        assert process.returncode == 0 and "generate" in process.stdout and process.stderr == ""
