"""Downloads: caps, checks, packing, the disk, and nothing left behind."""

import asyncio
import errno
import gzip
import hashlib
import os
import struct
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from aiofiles.threadpool.binary import AsyncBufferedIOBase

from asset_forge.errors import (
    BadProviderAnswer,
    ProviderError,
    ProviderTimeout,
    ProviderUnreachable,
    StorageUnavailable,
)
from tests.unit.providers.download_support import GLB, URL, Chunks, bring


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


async def test_download_packed_file_is_unpacked_within_the_bound(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    packed = gzip.compress(GLB)
    headers = {"content-encoding": "gzip"}
    respx_mock.get(URL).respond(200, stream=Chunks(packed[:20], packed[20:]), headers=headers)

    assert (await bring(client, tmp_path / "a.glb")).path.read_bytes() == GLB


async def test_download_gzip_bomb_is_stopped_at_the_bound(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    bomb = Chunks(gzip.compress(struct.pack("<4sII", b"glTF", 2, 2**31) + bytes(50_000_000)))
    respx_mock.get(URL).respond(200, stream=bomb, headers={"content-encoding": "gzip"})
    tracemalloc.start()

    with pytest.raises(BadProviderAnswer, match="longer than the 1,000,000 bytes"):
        await bring(client, tmp_path / "a.glb", max_bytes=1_000_000)

    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 10_000_000
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("encoding", "content", "said"),
    [
        ("gzip", gzip.compress(GLB, mtime=0)[:-9], "ends before it is complete"),
        ("gzip", b"this is no gzip", "cannot be fetched"),
        ("br", GLB, "'br', which was not asked for"),
        ("gzip, gzip", GLB, "not asked for"),
    ],
)
async def test_download_packing_that_cannot_be_undone_is_refused(
    client: httpx.AsyncClient,
    respx_mock: respx.MockRouter,
    tmp_path: Path,
    encoding: str,
    content: bytes,
    said: str,
) -> None:
    headers = {"content-encoding": encoding}
    respx_mock.get(URL).respond(200, stream=Chunks(content), headers=headers)

    with pytest.raises(ProviderError, match=said):
        await bring(client, tmp_path / "a.glb", attempts=1)

    assert list(tmp_path.iterdir()) == []


async def test_download_pause_that_was_asked_for_is_kept_within_the_deadline(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    route = respx_mock.get(URL).respond(503, headers={"retry-after": "3600"})

    with pytest.raises(ProviderTimeout):
        await bring(client, tmp_path / "a.glb", deadline_s=0.2)

    assert route.call_count == 1


async def test_download_slow_drip_runs_into_its_deadline(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    class Drip(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield GLB[:12]
                await asyncio.sleep(0.01)

    respx_mock.get(URL).respond(200, stream=Drip())

    with pytest.raises(ProviderTimeout, match="not complete after"):
        await bring(client, tmp_path / "a.glb", deadline_s=0.2, max_bytes=10**9)

    assert list(tmp_path.iterdir()) == []


# --- the disk ---


async def test_download_removes_what_a_killed_one_left(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    (tmp_path / ".a.glb.0123abcd.part").write_bytes(GLB[:100])
    (tmp_path / ".b.glb.0123abcd.part").write_bytes(GLB[:100])
    respx_mock.get(URL).respond(200, content=GLB)

    await bring(client, tmp_path / "a.glb")

    assert {path.name for path in tmp_path.iterdir()} == {"a.glb", ".b.glb.0123abcd.part"}


@pytest.mark.parametrize(
    ("number", "code", "todo"),
    [
        (errno.ENOSPC, "disk_full", "free some space"),
        (errno.EDQUOT, "disk_full", "free some space"),
        (errno.EIO, "disk_refused", "look at the disk"),
        (errno.EROFS, "disk_refused", "look at the disk"),
    ],
)
@pytest.mark.parametrize("where", ["write", "fsync", "rename"])
async def test_download_trouble_of_the_disk_is_no_trouble_of_the_provider(
    client: httpx.AsyncClient,
    respx_mock: respx.MockRouter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    number: int,
    code: str,
    todo: str,
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    async def fail_later(*_: Any) -> None:
        fail()

    match where:
        case "write":
            monkeypatch.setattr(AsyncBufferedIOBase, "write", fail_later)
        case "fsync":
            monkeypatch.setattr(os, "fsync", fail)
        case _:
            monkeypatch.setattr(Path, "replace", fail)
    route = respx_mock.get(URL).respond(200, content=GLB)

    with pytest.raises(StorageUnavailable, match=todo) as caught:
        await bring(client, tmp_path / "a.glb")

    assert caught.value.error_code == code
    assert "a.glb" in caught.value.message
    assert str(tmp_path) not in caught.value.message
    assert route.call_count == 1
    assert list(tmp_path.iterdir()) == []
