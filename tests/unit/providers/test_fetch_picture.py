"""Pictures that a caller names by their address."""

import asyncio
from typing import Any

import httpx
import pytest
import respx

from asset_forge.errors import (
    BadInput,
    BadPicture,
    PayloadTooLarge,
)
from asset_forge.providers.download import fetch_bytes, fetch_picture
from tests.fakes.pictures import jpeg, picture, png
from tests.unit.providers.download_support import HOST, OPEN, URL


@pytest.mark.parametrize(
    ("content", "mime_type"),
    [
        (png(size_px=16), "image/png"),
        (jpeg(size_px=16), "image/jpeg"),
        (picture(width_px=16, height_px=16, image_format="WEBP"), "image/webp"),
    ],
)
async def test_fetch_picture_brings_bytes_and_type(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, content: bytes, mime_type: str
) -> None:
    respx_mock.get(f"https://{HOST}/ref").respond(200, content=content)

    found = await fetch_picture(
        client, f"https://{HOST}/ref", max_bytes=100_000, allow_hosts={HOST}
    )

    assert found == (content, mime_type)


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        ({"status_code": 404}, BadInput, "picture_not_fetched"),
        ({"status_code": 200, "content": b"<html></html>"}, BadPicture, "bad_picture"),
        ({"status_code": 200, "content": bytes(200_000)}, PayloadTooLarge, "picture_too_large"),
    ],
)
async def test_fetch_picture_trouble_is_the_callers(
    client: httpx.AsyncClient,
    respx_mock: respx.MockRouter,
    answer: dict[str, Any],
    error: type[Exception],
    code: str,
) -> None:
    respx_mock.get(f"https://{HOST}/ref").respond(**answer)

    with pytest.raises(error) as caught:
        await fetch_picture(client, f"https://{HOST}/ref", max_bytes=100_000, allow_hosts={HOST})

    assert getattr(caught.value, "error_code", None) == code


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a.png",
        "http://localhost/a.png",
        "http://127.0.0.1:0/a.png",
        "http://127.0.0.1:99999/a.png",
        "http://①②⑦.⓪.⓪.①/a.png",
        "http://8.8.8.8@127.0.0.1/a.png",
        "http://\ud800/a.png",
        "http://\x00/a.png",
        "http://[::1/a.png",
        "gopher://x/a",
        "data:image/png;base64,AA",
        "nonsense",
        "http://",
        "",
    ],
)
async def test_fetch_picture_unfit_address_is_bad_input(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, url: str
) -> None:
    with pytest.raises(BadInput) as caught:
        await fetch_picture(client, url, max_bytes=1000)

    assert caught.value.error_code == "address_not_allowed"
    assert len(respx_mock.calls) == 0


async def test_fetch_picture_host_that_cannot_be_looked_up_is_bad_input(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter
) -> None:
    with pytest.raises(BadInput) as caught:
        await fetch_picture(client, "http://xn--/a.png", max_bytes=1000)

    assert caught.value.error_code in ("picture_not_fetched", "address_not_allowed")
    assert len(respx_mock.calls) == 0


async def test_fetch_bytes_slow_server_runs_into_its_deadline(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter
) -> None:
    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    respx_mock.get(URL).mock(side_effect=never)

    with pytest.raises(Exception, match="not complete after") as caught:
        await fetch_bytes(client, URL, max_bytes=1000, rules=OPEN, deadline_s=0.02)

    assert getattr(caught.value, "reason", None) == "deadline"
