"""What holds for every test: there is no network, and windows open on no screen unless one is asked for."""

import os
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
