"""No file may make the program run code: what could do that does not occur in its source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# The converter of public checkpoints runs apart from the program and has to open what others have pickled.
CONVERTER = ROOT / "engine" / "models" / "public" / "unpickling.py"
PICKLERS = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "jsonpickle", "marshal", "shelve"}
TORCH = {"load", "jit"}
CODE_FROM_TEXT = {"eval", "exec"}
READ_AND_WRITE = {"r+", "+r", "rb+", "r+b", "+rb", "+br", "br+", "b+r", "rt+", "r+t"}


def sources() -> list[Path]:
    files = [*ROOT.glob("main.py"), *(ROOT / "engine").rglob("*.py"), *(ROOT / "gui").rglob("*.py")]
    return [file for file in files if file != CONVERTER]


def findings(source: str) -> list[str]:
    return [f"line {node.lineno}: {what}" for node in ast.walk(ast.parse(source)) for what in forbidden(node)]


def forbidden(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (name.name for name in names if name.name.split(".")[0] in PICKLERS or name.name.startswith("torch.jit"))
        case ast.ImportFrom(module=str(module), names=names):
            if module.split(".")[0] in PICKLERS or module.startswith("torch.jit"):
                yield module
            if module == "torch":
                yield from (f"torch.{name.name}" for name in names if name.name in TORCH)
            if module == "builtins":
                yield from (name.name for name in names if name.name in CODE_FROM_TEXT)
        case ast.Attribute(value=ast.Name(id="torch"), attr=attribute) if attribute in TORCH:
            yield f"torch.{attribute}"
        case ast.Attribute(attr="extractall"):
            yield "extractall"
        case ast.Attribute(value=ast.Name(id="builtins"), attr=attribute) if attribute in CODE_FROM_TEXT:
            yield f"builtins.{attribute}"
        case ast.Name(id=name) if name in CODE_FROM_TEXT:
            yield name
        case ast.Constant(value=str(text)) if text in READ_AND_WRITE:
            yield f"open mode {text!r}"
        case ast.keyword(arg="allow_pickle", value=value) if not (isinstance(value, ast.Constant) and value.value is False):
            yield "allow_pickle"


@pytest.mark.parametrize("file", sources(), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_source_is_harmless(file):
    assert findings(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from pickle import loads",
        "import torch.jit",
        "from torch import load",
        "torch.load('a')",
        "torch.jit.script(network)",
        "eval('1')",
        "exec('1')",
        "run = eval",
        "builtins.exec('1')",
        "archive.extractall()",
        "open('a', 'r+')",
        "path.open(mode='rb+')",
        "numpy.load('a', allow_pickle=True)",
    ],
)
def test_scan_finds(line):
    assert len(findings(line)) == 1


@pytest.mark.parametrize(
    "line", ["network.eval()", "application.exec()", "numpy.load('a', allow_pickle=False)", "open('a', 'rb')", "# torch.load"]
)
def test_scan_lets_pass(line):
    assert findings(line) == []
