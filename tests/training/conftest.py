"""What the tests of training share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.training.nursery import Nursery
from tests.training.synthetic import write_shard


@pytest.fixture(autouse=True)
def usual_numbers() -> Iterator[None]:
    """Trainers let the processor round tiny numbers to zero; nothing else shall notice."""
    torch.set_flush_denormal(False)
    yield
    torch.set_flush_denormal(False)


@pytest.fixture(scope="session", autouse=True)
def nursery() -> Iterator[Nursery]:
    """Begins trainings in processes that can be killed; while it loads what they need, the first tests run."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one shard of eight clips."""
    folder = tmp_path_factory.mktemp("shards")
    write_shard(folder, 0)
    return folder
