"""What holds for every test: there is no network, and windows open on no screen unless one is asked for."""

import os

import pytest
import pytest_socket

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Blocks sockets before the first test module is imported, and again before each test; Unix sockets stay, event loops need them."""
    config.option.disable_socket = True
    config.option.allow_unix_socket = True
    pytest_socket.disable_socket(allow_unix_socket=True)
