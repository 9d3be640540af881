"""What the tests of ProviderHttp share."""

import random
from typing import Any

import httpx

from asset_forge.providers.http import ProviderHttp
from tests.unit.providers.support import FakeTime

URL = "https://maker.test"
KEY = "hush-hush-key"


def provider_http(client: httpx.AsyncClient, time: FakeTime, **changes: Any) -> ProviderHttp:
    values: dict[str, Any] = {
        "provider": "meshy",
        "client": client,
        "base_url": URL,
        "api_key": KEY,
        "key_variable": "MESHY_API_KEY",
        "clock": time.clock,
        "sleep": time.sleep,
        "rng": random.Random(7),
    }
    return ProviderHttp(**{**values, **changes})


class DroppedBody(httpx.AsyncByteStream):
    """A body that breaks off."""

    async def __aiter__(self) -> Any:
        yield b'{"ha'
        raise httpx.ReadError("connection lost")


async def post_thing(http: ProviderHttp, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"timeout_s": 5, **changes}
    return http.object_of(await http.post_billed("/thing", {"a": 1}, **values))
