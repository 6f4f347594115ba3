"""Files of weights: all ways of storing them are read, hostile ones are refused in one sentence, and nothing is ever executed."""

from __future__ import annotations

import argparse
import collections
import datetime
import sys
import types
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.models.public.checkpoint_files import NESTED, check_weights, folded, read_checkpoint, unwrapped
from engine.models.public.settings_file import Settings, read_settings
from engine.models.public.unpickling import RefusedError, convert
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


def tagged(tensor: torch.Tensor) -> torch.Tensor:
    tensor.tag = "norm"
    return tensor


def converted(folder: Path, content: object, *, legacy: bool = False) -> dict[str, torch.Tensor]:
    """In this process, which is quicker; the file is known to be harmless."""
    convert(written(folder, saved(content, legacy=legacy)), folder / "converted", NESTED)
    return load_file(folder / "converted")


@pytest.mark.parametrize("path", [("generator",), ("state_dict",), ("model",), ("model", "generator"), ("state_dict", "generator"), ()])
def test_weights_are_found_where_trainers_keep_them(tmp_path: Path, path: tuple[str, ...]) -> None:
    content: dict = {"model.conv.weight": NUMBERS}
    for key in reversed(path):
        content = {key: collections.OrderedDict(content), "steps": 5}
    assert converted(tmp_path, content).keys() == {"model.conv.weight"}


@pytest.mark.parametrize("legacy", [False, True])
def test_tensors_with_attributes_and_settings_of_trainers_are_read_over(tmp_path: Path, legacy: bool) -> None:
    content = {
        "model": {"a": tagged(NUMBERS.clone()), "b": tagged(torch.nn.Parameter(NUMBERS.half()))},
        "milestones": collections.Counter([1, 2, 2]),
        "losses": collections.deque([0.5], maxlen=3),
        "started": datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC),
        "precision": [torch.float16, torch.bfloat16, torch.bool, torch.uint8],
        "options": types.SimpleNamespace(rate=1),
        "scores": [np.float32(1), np.arange(3), np.random.default_rng(0).bit_generator.state],
        "file": PureWindowsPath("a"),
    }
    found = converted(tmp_path, content, legacy=legacy)
    assert torch.equal(found["a"], NUMBERS) and found["b"].dtype == torch.float16


def test_lightnings_and_omegaconfs_objects_are_read_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {}
    # Classes of these names, without libraries that take seconds to load.
    for path in (
        "pytorch_lightning.utilities.parsing.AttributeDict",
        "omegaconf.dictconfig.DictConfig",
        "lightning.pytorch.callbacks.Stop",
    ):
        module, name = path.rsplit(".", 1)
        kinds[name] = type(name, (dict,), {"__module__": module})
        for parent in (module.split(".")[0], module):
            monkeypatch.setitem(sys.modules, parent, types.ModuleType(parent))
        setattr(sys.modules[module], name, kinds[name])
    content = {
        "state_dict": {"a": NUMBERS},
        "hyper_parameters": kinds["AttributeDict"](rate=0.1, nested=kinds["DictConfig"](b=1)),
        "callbacks": {kinds["Stop"]: {"best": torch.tensor(0.5)}},
    }
    assert converted(tmp_path, content).keys() == {"a"}


@pytest.mark.parametrize(
    "content", [{"a": torch.zeros(2, 2).to_sparse()}, {"a": collections.ChainMap()}, {"a": [NUMBERS]}, {"state_dict": {}}]
)
def test_what_is_no_plain_tensor_is_refused_in_one_sentence(tmp_path: Path, content: dict) -> None:
    with pytest.raises(RefusedError, match=r"^(asks for|holds) "):
        converted(tmp_path, content)


def test_wrappers_before_every_name_are_taken_off() -> None:
    names = ("conv_pre.weight", "ups.0.bias")
    for before in ("module.", "generator.", "_orig_mod.module.", "module.generator.", ""):
        assert tuple(unwrapped({f"{before}{name}": NUMBERS for name in names})) == names
    assert unwrapped({}) == {} and unwrapped({"module.a": NUMBERS, "b": NUMBERS}).keys() == {"module.a", "b"}


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


def test_lists_of_mappings_are_read(tmp_path: Path) -> None:
    text = "callbacks:\n  - class_path: a.B\n    init_args:\n      depth: 2\n  - class_path: c\n  - plain\nlast:\n- x: 1\n  y: [2]\n"
    assert read_settings(written(tmp_path, text.encode(), "a.yaml")) == {
        "callbacks": [{"class_path": "a.B", "init_args": {"depth": 2}}, {"class_path": "c"}, "plain"],
        "last": [{"x": 1, "y": [2]}],
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


def test_lists_and_counts_may_be_empty_only_where_that_is_said() -> None:
    settings = Settings({"levels": [], "layers": 0}, "config.json")
    assert settings.wholes("levels", maybe_empty=True) == () and settings.whole("layers", least=0) == 0
    for refused in (lambda: settings.wholes("levels"), lambda: settings.whole("layers")):
        with pytest.raises(EngineError, match=r"config\.json has "):
            refused()
    assert settings.otherwise(layers=3, more=True).values == {"levels": [], "layers": 0, "more": True}


def test_missing_settings_are_named() -> None:
    with pytest.raises(EngineError, match=r"config\.json lacks the setting 'size'\."):
        Settings({}, "config.json").wholes("size")
    with pytest.raises(EngineError, match=r"config\.json lacks the settings 'model\.params'\."):
        Settings({"model": 1}, "config.json").at("model", "params")
