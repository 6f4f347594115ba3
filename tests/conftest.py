"""What holds for every test: there is no network, and windows open on no screen unless one is asked for."""

import gc
import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest
import pytest_socket

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

if sys.dont_write_bytecode and not Path(find_spec("torch").cached).exists():
    # Compiling torch anew takes longer than loading it: the tests and all programs that they start share what one of them has compiled.
    BYTECODE = tempfile.TemporaryDirectory(prefix="bytecode-")
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = BYTECODE.name
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Blocks sockets before the first test module is imported, and again before each test; Unix sockets stay, event loops need them."""
    config.option.disable_socket = True
    config.option.allow_unix_socket = True
    pytest_socket.disable_socket(allow_unix_socket=True)
    # What is loaded while tests are collected stays: no use looking through it for what could go.
    gc.disable()


def pytest_collection_finish() -> None:
    """From here on the collector looks only at what tests leave behind."""
    gc.freeze()
    gc.enable()


@pytest.fixture
def this_computer_only() -> None:
    """Servers of this computer can be reached, no others."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole pack of toy size."""
    folder = tmp_path_factory.mktemp("made") / "tiny"
    from tests.tiny import write_tiny_pack

    write_tiny_pack(folder)
    return folder


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """An empty folder of packs."""
    folder = tmp_path / "packs"
    folder.mkdir()
    return folder
