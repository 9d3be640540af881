"""A client for respx to answer, and a clock on which nobody has to wait."""

from collections.abc import AsyncIterator

import httpx
import pytest

from asset_forge.providers.http import make_client
from tests.unit.providers.support import FakeTime


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with make_client() as made:
        yield made


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()
