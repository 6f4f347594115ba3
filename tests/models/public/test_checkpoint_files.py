"""Files of weights: all ways of storing them are read, hostile ones are refused in one sentence, and nothing is ever executed."""

from __future__ import annotations

import argparse
import collections
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from engine.models.public.checkpoint_files import check_weights, folded, read_checkpoint
from engine.models.public.settings_file import Settings, read_settings
from engine.types import EngineError
from tests.models.public.hostile import HOSTILE, saved

NUMBERS = torch.arange(24, dtype=torch.float32).reshape(4, 6)
WEIGHTS = {
    "plain": NUMBERS,
    "turned": NUMBERS.T,
    "part": NUMBERS[1:3, 2:],
    "every second": NUMBERS[::2, ::3],
    "parameter": torch.nn.Parameter(NUMBERS * 2),
    "scalar": torch.tensor(3.5),
    "empty": torch.zeros(0, 3),
    "half": NUMBERS.half(),
    "brain": NUMBERS.bfloat16(),
    "double": NUMBERS.double() / 3,
    "whole": torch.arange(5),
    "flags": torch.tensor([True, False]),
}


def written(folder: Path, content: bytes, name: str = "weights.pt") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def assert_equal(found: dict[str, torch.Tensor]) -> None:
    assert found.keys() == WEIGHTS.keys()
    for name, expected in WEIGHTS.items():
        assert found[name].dtype == expected.dtype and torch.equal(found[name], expected), name


@pytest.mark.parametrize("legacy", [False, True])
def test_files_of_torch_are_read(tmp_path: Path, legacy: bool) -> None:
    content = {"generator": collections.OrderedDict(WEIGHTS), "steps": 5, "optimiser": {"state": [{"m": NUMBERS}]}}
    assert_equal(read_checkpoint(written(tmp_path, saved(content, legacy=legacy)), ("generator",)))


def test_bare_dictionaries_and_those_of_modules_are_read(tmp_path: Path) -> None:
    assert_equal(read_checkpoint(written(tmp_path, saved(WEIGHTS)), ("generator",)))
    layer = torch.nn.Linear(2, 3)
    found = read_checkpoint(written(tmp_path, saved(layer.state_dict())))
    assert found.keys() == {"weight", "bias"} and torch.equal(found["weight"], layer.weight)


def test_safetensors_are_read(tmp_path: Path) -> None:
    save_file({name: value.detach().contiguous().clone() for name, value in WEIGHTS.items()}, tmp_path / "weights.safetensors")
    assert_equal(read_checkpoint(tmp_path / "weights.safetensors"))


def test_what_trainers_leave_beside_weights_is_read_over(tmp_path: Path) -> None:
    content = {
        "state_dict": WEIGHTS,
        "hyper_parameters": argparse.Namespace(rate=0.1, names={"a", "b"}),
        "score": np.float64(0.5),
        "device": torch.device("cpu"),
        "counts": collections.defaultdict(int, {"a": 1}),
        "place": Path("here"),
        "complex": 1j,
    }
    assert_equal(read_checkpoint(written(tmp_path, saved(content)), ("state_dict",)))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_and_nothing_is_executed(tmp_path: Path, name: str) -> None:
    mark = tmp_path / "executed"
    path = written(tmp_path, HOSTILE[name](mark))
    with pytest.raises(EngineError) as error:
        read_checkpoint(path, ("generator",))
    assert error.value.kind == "pack" and error.value.message.startswith("weights.pt ") and error.value.message.endswith(".")
    assert "\n" not in error.value.message and len(error.value.message) < 300
    assert [file.name for file in tmp_path.iterdir()] == ["weights.pt"]


def test_the_name_that_was_asked_for_is_told(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"asks for '(posix|nt)\.system', which is no part of weights"):
        read_checkpoint(written(tmp_path, HOSTILE["command beside the weights"](tmp_path / "mark")))


def test_missing_files_and_folders(tmp_path: Path) -> None:
    for path in (tmp_path / "none.pt", tmp_path):
        with pytest.raises(EngineError, match="cannot be read"):
            read_checkpoint(path)


def test_halves_of_weight_norm_are_refused() -> None:
    v, g = torch.ones(4, 2, 3), torch.ones(4, 1, 1)
    for stored in ({"a.weight_v": v}, {"a.weight_v": v, "a.weight_g": g, "a.weight": v}, {"a.weight_v": v, "a.weight_g": g[:2]}):
        with pytest.raises(EngineError, match=r"^checkpoint"):
            folded(stored, "checkpoint")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"weight": None}, "lacks 'weight'"),
        ({"more": torch.zeros(1)}, "holds 'more', which this network does not have"),
        ({"weight": torch.zeros(2, 3)}, "'weight' has the shape (2, 3), not (3, 2)"),
        ({"weight": torch.zeros(3, 2, dtype=torch.int64)}, "stored as torch.int64"),
        ({"weight": torch.full((3, 2), torch.nan)}, "'weight' holds numbers that are not finite"),
    ],
)
def test_weights_are_compared_name_by_name(change: dict, sentence: str) -> None:
    layer = torch.nn.Linear(2, 3)
    weights = {name: value for name, value in {**layer.state_dict(), **change}.items() if value is not None}
    with pytest.raises(EngineError) as error:
        check_weights(layer, weights, "checkpoint")
    assert sentence in error.value.message


YAML = """# a comment
model:
  rate: 4.5e-6
  params:  # another
    sizes: [1, 1, 2]  # and one more
    names:
    - one
    - 'two # no comment'
    double: False
    nothing: null
    left_out:
    text: ./a/b.yaml
last: 3
"""


def test_yaml_is_read_as_plain_values(tmp_path: Path) -> None:
    path = written(tmp_path, YAML.encode(), "settings.yaml")
    assert read_settings(path) == {
        "model": {
            "rate": 4.5e-6,
            "params": {
                "sizes": [1, 1, 2],
                "names": ["one", "two # no comment"],
                "double": False,
                "nothing": None,
                "left_out": None,
                "text": "./a/b.yaml",
            },
        },
        "last": 3,
    }


def test_a_stored_namespace_is_read_as_its_values(tmp_path: Path) -> None:
    path = written(tmp_path, b"!!python/object:argparse.Namespace\nngf: 32\nn_mel_channels: 80\n", "args.yml")
    assert read_settings(path) == {"ngf": 32, "n_mel_channels": 80}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", b"a: !!python/object/apply:os.system ['echo']"),
        ("a.yaml", b"a: &b 1\nc: *b"),
        ("a.yaml", b"a: 1\na: 2"),
        ("a.yaml", b"a: 1\n   b: 2"),
        ("a.yaml", b"just text"),
        ("a.yaml", b""),
        ("a.yaml", "\n".join(" " * depth + "a:" for depth in range(99)).encode()),
        ("a.json", b"[1]"),
        ("a.json", b"{"),
        ("a.json", b"[" * 100_000),
        ("a.json", b"\xff"),
        ("a.json", b" " * 2**21),
    ],
)
def test_unreadable_settings_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(EngineError) as error:
        read_settings(written(tmp_path, content, name))
    assert error.value.kind == "pack" and error.value.message.startswith(f"{name} ")


@pytest.mark.parametrize("value", [None, True, 0, -1, 1.5, "8", 2**21, [8]])
def test_settings_of_another_type_are_refused(value: object) -> None:
    with pytest.raises(EngineError, match=r"config\.json has 'size' = "):
        Settings({"size": value}, "config.json").whole("size")


def test_missing_settings_are_named() -> None:
    with pytest.raises(EngineError, match=r"config\.json lacks the setting 'size'\."):
        Settings({}, "config.json").wholes("size")
    with pytest.raises(EngineError, match=r"config\.json lacks the settings 'model\.params'\."):
        Settings({"model": 1}, "config.json").at("model", "params")
