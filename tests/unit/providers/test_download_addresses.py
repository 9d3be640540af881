"""Downloads that are sent elsewhere: redirects, inner addresses, several addresses of a host."""

import struct
from pathlib import Path

import httpx
import pytest
import respx

from asset_forge.errors import (
    BadProviderAnswer,
    ProviderError,
    ProviderUnreachable,
)
from asset_forge.providers.addresses import AddressRules
from tests.fakes.pictures import png
from tests.unit.providers.download_support import GLB, HOST, URL, bring, public


async def test_download_redirect_is_followed(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    respx_mock.get(URL).respond(302, headers={"location": "/other.glb"})
    respx_mock.get(f"https://{HOST}/other.glb").respond(200, content=GLB)

    fetched = await bring(client, tmp_path / "sword.glb")

    assert fetched.size_bytes == len(GLB)


async def test_download_redirects_end_somewhere(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    route = respx_mock.get(URL).respond(307, headers={"location": URL})

    with pytest.raises(ProviderError, match="more than 5 redirects"):
        await bring(client, tmp_path / "sword.glb")

    assert route.call_count == 6


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/x.glb",
        "http://169.254.169.254/latest/",
        "http://[::1]:6379/",
        "http://localhost:9000/x.glb",
        "//10.0.0.1/x.glb",
        "file:///etc/passwd",
        "ftp://files.test/x.glb",
    ],
)
async def test_download_redirect_to_an_inner_address_is_refused(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path, location: str
) -> None:
    route = respx_mock.get(URL).respond(302, headers={"location": location})

    with pytest.raises(BadProviderAnswer):
        await bring(client, tmp_path / "sword.glb")

    assert route.call_count == 1
    assert len(respx_mock.calls) == 1


@pytest.mark.parametrize("location", ["http://0177.0.0.1/", "http://xn--/", "http://[oops"])
async def test_download_redirect_that_cannot_be_read_goes_nowhere(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path, location: str
) -> None:
    route = respx_mock.get(URL).respond(302, headers={"location": location})

    with pytest.raises(ProviderError):
        await bring(client, tmp_path / "sword.glb", attempts=1)

    assert route.call_count == 1


async def test_download_inner_address_is_not_even_connected_to(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    with pytest.raises(BadProviderAnswer, match="not a public address"):
        await bring(client, tmp_path / "sword.glb", rules=public("8.8.8.8", "127.0.0.1"))

    assert len(respx_mock.calls) == 0


async def test_download_connects_to_the_checked_address_under_the_hosts_name(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    route = respx_mock.get("https://8.8.8.8/model.glb").respond(200, content=GLB)

    await bring(client, tmp_path / "sword.glb", rules=public("8.8.8.8"))

    request = route.calls.last.request
    assert request.headers["host"] == HOST
    assert request.extensions["sni_hostname"] == HOST
    assert request.url.query == b"Signature=secret"


async def test_download_address_that_does_not_answer_leads_to_the_next(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    first = respx_mock.get("https://[2606:4700::1]/model.glb")
    first.side_effect = httpx.ConnectError("no route")
    respx_mock.get("https://8.8.8.8/model.glb").respond(200, content=GLB)

    fetched = await bring(client, tmp_path / "sword.glb", rules=public("2606:4700::1", "8.8.8.8"))

    assert fetched.size_bytes == len(GLB)


async def test_download_no_address_answers_is_unreachable(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    routes = [respx_mock.get(f"https://{ip}/model.glb") for ip in ("8.8.8.8", "8.8.4.4")]
    for route in routes:
        route.side_effect = httpx.ConnectError("no route")

    with pytest.raises(ProviderUnreachable):
        await bring(client, tmp_path / "a.glb", rules=public("8.8.8.8", "8.8.4.4"), attempts=1)

    assert [route.call_count for route in routes] == [1, 1]


async def test_download_address_that_cannot_be_read_is_refused(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    with pytest.raises(BadProviderAnswer, match="cannot be read"):
        await bring(client, tmp_path / "a.glb", url="https://0177.0.0.1/x.glb")


async def test_download_smallest_glb_is_taken(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    smallest = struct.pack("<4sII", b"glTF", 2, 12)
    respx_mock.get(URL).respond(200, content=smallest)

    assert (await bring(client, tmp_path / "a.glb")).size_bytes == 12


async def test_download_picture_is_checked_to_be_one(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    respx_mock.get(URL).side_effect = [
        httpx.Response(200, content=png(size_px=16)),
        httpx.Response(200, content=GLB),
    ]

    await bring(client, tmp_path / "a.png", kind="picture")
    with pytest.raises(BadProviderAnswer, match="no PNG"):
        await bring(client, tmp_path / "b.png", kind="picture")

    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


async def test_download_unknown_host_is_unreachable(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        raise OSError("unknown")

    with pytest.raises(ProviderUnreachable, match="cannot be found"):
        await bring(client, tmp_path / "sword.glb", rules=AddressRules(resolve=resolve))
