"""A client for respx to answer, one wired to a fake Meshy, and a clock nobody has to wait for."""

from collections.abc import AsyncIterator

import httpx
import pytest
import respx

from asset_forge.providers.http import make_client
from tests.fakes.meshy import FakeMeshy
from tests.unit.providers.http_support import URL
from tests.unit.providers.support import FakeTime


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with make_client() as made:
        yield made


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def fake() -> FakeMeshy:
    return FakeMeshy(polls_until_done=2)


@pytest.fixture
async def wire(fake: FakeMeshy) -> AsyncIterator[httpx.AsyncClient]:
    async with make_client(transport=httpx.ASGITransport(fake)) as made:
        yield made


@pytest.fixture
def get(respx_mock: respx.MockRouter) -> respx.Route:
    """The route of `ProviderHttp.get("/thing")`."""
    return respx_mock.get(f"{URL}/thing")


@pytest.fixture
def post(respx_mock: respx.MockRouter) -> respx.Route:
    """The route of `post_thing`."""
    return respx_mock.post(f"{URL}/thing")
