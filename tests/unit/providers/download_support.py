"""What the tests of downloads share: a model, a body that can break off, and the call itself."""

import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from asset_forge.providers.addresses import AddressRules
from asset_forge.providers.base import Fetched
from asset_forge.providers.download import download

HOST = "files.test"
URL = f"https://{HOST}/model.glb?Signature=secret"
GLB = struct.pack("<4sII", b"glTF", 2, 2048) + bytes(2036)
OPEN = AddressRules(allow_hosts={HOST})


class Chunks(httpx.AsyncByteStream):
    """A body without a Content-Length, that may end in an error."""

    def __init__(self, *chunks: bytes, error: Exception | None = None) -> None:
        self._chunks = chunks
        self._error = error
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            self.sent += 1
            yield chunk
        if self._error:
            raise self._error


async def bring(client: httpx.AsyncClient, destination: Path, **changes: Any) -> Fetched:
    values: dict[str, Any] = {
        "max_bytes": 10_000,
        "kind": "glb",
        "rules": OPEN,
        "provider": "meshy",
        "pause_s": 0.0,
    }
    return await download(client, changes.pop("url", URL), destination, **{**values, **changes})


def public(*addresses: str) -> AddressRules:
    async def resolve(_host: str, _port: int) -> list[str]:
        return list(addresses)

    return AddressRules(resolve=resolve)
