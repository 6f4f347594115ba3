"""Every module can be imported while the network is out of reach."""

import importlib
import pkgutil
import socket

import pytest
from pytest_socket import SocketBlockedError

import engine

MODULES = sorted(module.name for module in pkgutil.walk_packages(engine.__path__, "engine."))


def test_network_is_out_of_reach():
    with pytest.warns(UserWarning), pytest.raises(SocketBlockedError):
        socket.socket()
    with pytest.warns(UserWarning), pytest.raises(SocketBlockedError):
        socket.getaddrinfo("localhost", 80)


@pytest.mark.parametrize("name", MODULES)
def test_module_imports(name):
    importlib.import_module(name)
