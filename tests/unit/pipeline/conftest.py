"""An engine of each test's own, and a disk under it that can refuse."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.unit.pipeline.engine import Engine, RefusingDisk, engine_in, refusing_disk


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with engine_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def disk() -> Iterator[RefusingDisk]:
    """A disk for engines that are opened after it."""
    with refusing_disk() as disk:
        yield disk
