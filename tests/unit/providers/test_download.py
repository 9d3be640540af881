"""Downloads: caps, checks, redirects, addresses, and nothing left behind."""

import asyncio
import hashlib
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from asset_forge.errors import (
    BadInput,
    BadPicture,
    BadProviderAnswer,
    PayloadTooLarge,
    ProviderError,
    ProviderTimeout,
    ProviderUnreachable,
    StorageUnavailable,
)
from asset_forge.providers.addresses import AddressRules
from asset_forge.providers.base import Fetched
from asset_forge.providers.download import download, fetch_bytes, fetch_picture
from tests.fakes.pictures import jpeg, picture, png

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


async def test_download_glb_arrives_whole_with_its_digest(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    respx_mock.get(URL).respond(200, content=GLB)

    fetched = await bring(client, tmp_path / "sword.glb")

    assert fetched.path.read_bytes() == GLB
    assert fetched.size_bytes == len(GLB)
    assert fetched.sha256 == hashlib.sha256(GLB).hexdigest()
    assert [path.name for path in tmp_path.iterdir()] == ["sword.glb"]


async def test_download_sends_no_key(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    route = respx_mock.get(URL).respond(200, content=GLB)

    await bring(client, tmp_path / "sword.glb")

    assert "authorization" not in route.calls.last.request.headers


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!doctype html><title>Sign in</title>" + bytes(100), "is no GLB"),
        (b"", "is no GLB"),
        (b"glTF", "is no GLB"),
        (struct.pack("<4sII", b"glTF", 1, 2048) + bytes(2036), "version 1"),
        (GLB[:1000], "2,048 bytes, but 1,000 came"),
        (GLB + b"more", "2,048 bytes, but 2,052 came"),
    ],
)
async def test_download_wrong_content_is_refused_and_leaves_nothing(
    client: httpx.AsyncClient,
    respx_mock: respx.MockRouter,
    tmp_path: Path,
    content: bytes,
    said: str,
) -> None:
    respx_mock.get(URL).respond(200, content=content)

    with pytest.raises(BadProviderAnswer, match=said) as caught:
        await bring(client, tmp_path / "sword.glb")

    assert "secret" not in caught.value.message
    assert list(tmp_path.iterdir()) == []


async def test_download_failure_keeps_the_file_that_was_there(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    destination = tmp_path / "sword.glb"
    destination.write_bytes(b"old")
    respx_mock.get(URL).respond(200, content=b"<html>" + bytes(50))

    with pytest.raises(BadProviderAnswer):
        await bring(client, destination)

    assert destination.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [destination]


async def test_download_web_page_is_refused_at_its_first_bytes(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    body = Chunks(*[b"<html>".ljust(256 * 1024)] * 20)
    respx_mock.get(URL).respond(200, stream=body)

    with pytest.raises(BadProviderAnswer):
        await bring(client, tmp_path / "sword.glb", max_bytes=100_000_000)

    assert body.sent <= 2


async def test_download_announced_size_over_the_cap_is_refused_unread(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    body = Chunks(GLB)
    headers = {"content-length": "10000000000"}
    respx_mock.get(URL).mock(return_value=httpx.Response(200, headers=headers, stream=body))

    with pytest.raises(BadProviderAnswer, match="10,000,000,000 bytes"):
        await bring(client, tmp_path / "sword.glb")

    assert body.sent == 0


async def test_download_unannounced_size_over_the_cap_is_stopped(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    body = Chunks(GLB, *[bytes(256 * 1024)] * 50)
    respx_mock.get(URL).respond(200, stream=body)

    with pytest.raises(BadProviderAnswer, match="longer than the 10,000 bytes allowed"):
        await bring(client, tmp_path / "sword.glb")

    assert body.sent < 5
    assert list(tmp_path.iterdir()) == []


async def test_download_half_a_file_is_fetched_again(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    broken = Chunks(GLB[:1000], error=httpx.RemoteProtocolError("peer closed connection"))
    route = respx_mock.get(URL)
    route.side_effect = [httpx.Response(200, stream=broken), httpx.Response(200, content=GLB)]

    fetched = await bring(client, tmp_path / "sword.glb")

    assert fetched.path.read_bytes() == GLB
    assert route.call_count == 2
    assert len(list(tmp_path.iterdir())) == 1


async def test_download_that_breaks_each_time_ends_as_unreachable(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    route = respx_mock.get(URL)
    route.side_effect = httpx.ReadError("reset")

    with pytest.raises(ProviderUnreachable) as caught:
        await bring(client, tmp_path / "sword.glb")

    assert not caught.value.may_have_charged
    assert route.call_count == 3


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_download_refusal_keeps_its_status(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path, status: int
) -> None:
    route = respx_mock.get(URL).respond(status)

    with pytest.raises(ProviderError, match=str(status)) as caught:
        await bring(client, tmp_path / "sword.glb")

    assert caught.value.upstream_status == status
    assert route.call_count == 1


async def test_download_server_trouble_is_tried_again(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    route = respx_mock.get(URL)
    route.side_effect = [httpx.Response(503), httpx.Response(200, content=GLB)]

    await bring(client, tmp_path / "sword.glb")

    assert route.call_count == 2


async def test_download_without_end_runs_into_its_deadline(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    respx_mock.get(URL).respond(503)

    with pytest.raises(ProviderTimeout, match="not complete after"):
        await bring(client, tmp_path / "sword.glb", pause_s=60.0, deadline_s=0.05)

    assert list(tmp_path.iterdir()) == []


async def test_download_into_a_missing_folder_is_a_storage_error(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    respx_mock.get(URL).respond(200, content=GLB)

    with pytest.raises(StorageUnavailable, match=r"sword\.glb"):
        await bring(client, tmp_path / "no" / "sword.glb")


# --- redirects and addresses ---


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


# --- pictures ---


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
