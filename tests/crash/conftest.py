"""What tests that kill services share: the process that forks them, and a library to start from."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.harness import IN_MEMORY, Nursery
from tests.crash.tour import Library, make_library


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder in memory: what a killed process has written stays, on whatever disk."""
    with tempfile.TemporaryDirectory(prefix="forge-", dir=IN_MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """The process that forks services, for as long as the tests run."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture(scope="session")
def library(nursery: Nursery) -> Iterator[Library]:
    """Assets that were made once, with what the makers know of them."""
    with tempfile.TemporaryDirectory(prefix="forge-library-", dir=IN_MEMORY) as folder:
        yield make_library(Path(folder), nursery)
