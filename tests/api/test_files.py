"""CONTRACT §0 and §9: files with ranges, conditions and HEAD; /assets and /prompts."""

import re
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from asset_forge.routers.files import CHUNK_BYTES, MOST_RANGES, parse_ranges
from asset_forge.services.prompt_files import shipped
from tests.support.asgi import send_raw
from tests.support.assets import make_asset

MODEL_URL = "/api/assets/sword/model"
BODY = bytes(range(256)) * 5
SIZE = len(BODY)


@pytest.fixture
def model(root: Path) -> Path:
    path = make_asset(root, "sword") / "sword.glb"
    path.write_bytes(BODY)
    return path


async def test_file_comes_whole_with_every_header(client: httpx.AsyncClient, model: Path) -> None:
    answer = await client.get(MODEL_URL)
    assert (answer.status_code, answer.content) == (200, BODY)
    assert answer.headers["content-type"] == "model/gltf-binary"
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"] == "public, max-age=0"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert re.fullmatch(r'"[0-9a-f-]+"', answer.headers["etag"])
    modified = parsedate_to_datetime(answer.headers["last-modified"])
    assert modified.timestamp() == int(model.stat().st_mtime)


async def test_file_larger_than_a_chunk_comes_whole(client: httpx.AsyncClient, model: Path) -> None:
    data = bytes(CHUNK_BYTES) * 2 + b"end"
    model.write_bytes(data)
    assert (await client.get(MODEL_URL)).content == data
    model.write_bytes(b"")
    assert (await client.get(MODEL_URL)).content == b""


@pytest.mark.parametrize(
    "url", [MODEL_URL, "/api/assets/sword/sword.glb", "/assets/sword/sword.glb"]
)
async def test_head_is_like_get_without_the_body(
    client: httpx.AsyncClient, model: Path, url: str
) -> None:
    head, get = await client.head(url), await client.get(url)
    assert (head.status_code, head.content) == (200, b"")
    for headers in (head.headers, get.headers):
        headers.pop("x-request-id")
    assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.GLB", "model/gltf-binary"),
        ("a.gltf", "model/gltf+json"),
        ("a.png", "image/png"),
        ("a.webp", "image/webp"),
        ("metadata.json", "application/json"),
        ("a.txt", "text/plain; charset=utf-8"),
        ("a.unheard-of", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
async def test_content_type_is_told_by_the_name(
    client: httpx.AsyncClient, model: Path, name: str, content_type: str
) -> None:
    (model.parent / name).write_bytes(b"{}")
    answer = await client.get(f"/api/assets/sword/{name}")
    assert answer.headers["content-type"] == content_type


# --- ranges ---


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, SIZE),
        ("bytes=-100", SIZE - 100, SIZE),
        ("bytes=0-0", 0, 1),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        ("bytes=10-999999999", 10, SIZE),
        ("bytes=-999999999", 0, SIZE),
        ("Bytes = 5 - 6", 5, 7),
        (f"bytes=0-9, {SIZE}-", 0, 10),
    ],
)
async def test_one_range_is_206(
    client: httpx.AsyncClient, model: Path, header: str, start: int, end: int
) -> None:
    answer = await client.get(MODEL_URL, headers={"Range": header})
    assert (answer.status_code, answer.content) == (206, BODY[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["content-length"] == str(end - start)
    assert answer.headers["content-type"] == "model/gltf-binary"


async def test_several_ranges_are_multipart(client: httpx.AsyncClient, model: Path) -> None:
    answer = await client.get(MODEL_URL, headers={"Range": "bytes=0-9,100-149,-5"})
    assert answer.status_code == 206
    assert int(answer.headers["content-length"]) == len(answer.content)
    kind, _, boundary = answer.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/byteranges"
    pieces = answer.content.split(f"--{boundary}".encode())
    assert (pieces[0], pieces[-1]) == (b"", b"--\r\n")
    expected = [(0, 10), (100, 150), (SIZE - 5, SIZE)]
    for piece, (start, end) in zip(pieces[1:-1], expected, strict=True):
        head, _, data = piece.partition(b"\r\n\r\n")
        content_range = f"bytes {start}-{end - 1}/{SIZE}"
        lines = ["", "Content-Type: model/gltf-binary", f"Content-Range: {content_range}"]
        assert head.decode().split("\r\n") == lines
        assert data == BODY[start:end] + b"\r\n"


@pytest.mark.parametrize("header", [f"bytes={SIZE}-", "bytes=-0", f"bytes={SIZE}-,99999-"])
async def test_range_outside_the_file_is_416(
    client: httpx.AsyncClient, model: Path, header: str
) -> None:
    answer = await client.get(MODEL_URL, headers={"Range": header})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{SIZE}"
    assert answer.json()["code"] == "range_not_satisfiable"


@pytest.mark.parametrize(
    "header",
    [
        "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=9-5", "bytes=1-2-3", "bytes=--5",
        "bytes=0-9,", "items=0-9", "bytes=1_0-20", "bytes=²-", "bytes=0-,0-,0-",
        "bytes=" + ",".join(["0-0"] * (MOST_RANGES + 1)), "bytes=" + "9" * 5000 + "-",
    ],
)  # fmt: skip
async def test_range_that_says_nothing_usable_gets_the_whole_file(
    client: httpx.AsyncClient, model: Path, header: str
) -> None:
    answer = await client.get(MODEL_URL, headers={b"Range": header.encode()})
    assert (answer.status_code, answer.content) == (200, BODY)


@given(header=st.text("bytes=0123456789-, ", max_size=40), size=st.integers(0, 2000))
def test_any_range_header_stays_within_the_file(header: str, size: int) -> None:
    for start, end in parse_ranges("bytes=" + header, size) or []:
        assert 0 <= start < end <= size


async def test_head_ignores_ranges(client: httpx.AsyncClient, model: Path) -> None:
    answer = await client.head(MODEL_URL, headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer.headers["content-length"]) == (200, str(SIZE))


async def test_if_range_of_another_version_gets_the_whole_file(
    client: httpx.AsyncClient, model: Path
) -> None:
    first = await client.get(MODEL_URL)
    for condition, status in [
        (first.headers["etag"], 206),
        (first.headers["last-modified"], 206),
        ('"other"', 200),
        (f"W/{first.headers['etag']}", 200),
    ]:
        headers = {"Range": "bytes=0-9", "If-Range": condition}
        assert (await client.get(MODEL_URL, headers=headers)).status_code == status


# --- conditions ---


async def test_client_that_has_the_file_gets_304(client: httpx.AsyncClient, model: Path) -> None:
    first = await client.get(MODEL_URL)
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    for headers, status in [
        ({"If-None-Match": etag}, 304),
        ({"If-None-Match": f'"x", W/{etag}'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"x"'}, 200),
        ({"If-None-Match": '"x"', "If-Modified-Since": modified}, 200),
        ({"If-Modified-Since": modified}, 304),
        ({"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "Thu, 01 Jan 2970 00:00:00 -0000"}, 304),
        ({"If-Modified-Since": "yesterday"}, 200),
    ]:
        for send in (client.get, client.head):
            answer = await send(MODEL_URL, headers=headers)
            assert answer.status_code == status, headers
            if status == 304:
                assert answer.content == b""
                assert answer.headers["etag"] == etag
                assert answer.headers["cache-control"] == "public, max-age=0"


async def test_replaced_file_of_the_same_size_has_another_etag(
    client: httpx.AsyncClient, model: Path
) -> None:
    first = await client.head(MODEL_URL)
    new = model.with_name("new")
    new.write_bytes(BODY[::-1])
    new.replace(model)
    answer = await client.get(MODEL_URL, headers={"If-None-Match": first.headers["etag"]})
    assert (answer.status_code, answer.content) == (200, BODY[::-1])


# --- /assets and /prompts ---


async def test_static_assets_come_first_then_asset_folders(
    client: httpx.AsyncClient, model: Path, tmp_path: Path
) -> None:
    public = tmp_path / "public" / "assets"
    assert (await client.get("/assets/sword/sword.glb")).content == BODY
    (public / "sword").mkdir(parents=True)
    (public / "sword" / "sword.glb").write_bytes(b"public")
    assert (await client.get("/assets/sword/sword.glb")).content == b"public"
    assert (await client.get("/assets/sword/metadata.json")).status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "/assets", "/assets/", "/assets/sword", "/assets/sword/", "/assets/nothing.png",
        "/assets/../secret.txt", "/assets/..%2fsecret.txt", "/assets/sword/..%2f..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt", "/assets/.forge/journal.json", "/assets/%2fetc/passwd",
        "/prompts", "/prompts/", "/prompts/secret.txt", "/prompts/..%2fsecret.txt", "/prompts/%00",
    ],
)  # fmt: skip
async def test_static_path_that_leads_to_no_file_is_404(
    asset_app: FastAPI, model: Path, tmp_path: Path, target: str
) -> None:
    for folder in ("prompts", "public/assets"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "prompts" / "secret.txt").write_text("hidden words")
    (tmp_path / "secret.txt").write_text("hidden words")
    for method in ("GET", "HEAD"):
        answer = await send_raw(asset_app, method, target)
        assert answer.status in {404, 307}
        assert answer.status == 404 or target in {"/prompts/", "/assets"}
        assert b"hidden words" not in answer.body


async def test_prompt_files_are_served_as_they_lie_there(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    url = "/prompts/material-presets.json"
    assert (await client.get(url)).json() == shipped("material-presets.json")
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "material-presets.json").write_text("[]")
    answer = await client.get(url)
    assert (answer.json(), answer.headers["content-type"]) == ([], "application/json")


async def test_wrong_verb_is_405_with_allow(client: httpx.AsyncClient, model: Path) -> None:
    answer = await client.post("/assets/sword/sword.glb")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
