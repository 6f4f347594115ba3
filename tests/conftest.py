"""What holds for every test: there is no network, and windows open on no screen unless one is asked for."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import pytest_socket

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Blocks sockets before the first test module is imported, and again before each test; Unix sockets stay, event loops need them."""
    config.option.disable_socket = True
    config.option.allow_unix_socket = True
    pytest_socket.disable_socket(allow_unix_socket=True)


@pytest.fixture
def this_computer_only() -> None:
    """Servers of this computer can be reached, no others."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)


@pytest.fixture(scope="session", autouse=True)
def programs_are_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Programs that tests start share their bytecode where none is installed: compiling torch anew takes longer than loading it."""
    with pytest.MonkeyPatch.context() as environment:
        if not Path(find_spec("torch").cached).exists():
            environment.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
            environment.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("bytecode")))
        yield


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
