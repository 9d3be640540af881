"""CONTRACT §9: the image server shows pictures and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from asset_forge.image_server import create_image_server
from tests.support.asgi import send_raw
from tests.support.assets import picture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "hosted"
    path.mkdir()
    (path / "b.png").write_bytes(picture())
    (path / "a.JPG").write_bytes(picture("JPEG"))
    (path / "note.imgur.json").write_text("secret")
    (path / ".hidden.png").write_text("secret")
    (path / "folder.png").mkdir()
    (path / "folder.png" / "inside.png").write_text("secret")
    (tmp_path / "outside.png").write_text("secret")
    (path / "link.png").symlink_to(tmp_path / "outside.png")
    return path


@pytest.fixture
async def images(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_image_server(folder))
    async with httpx.AsyncClient(transport=transport, base_url="http://images") as opened:
        yield opened


async def test_health_answers_as_the_contract_says(images: httpx.AsyncClient) -> None:
    answer = await images.get("/health")
    assert answer.json() == {"status": "ok", "message": "Image server is running"}
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_list_names_pictures_alone(images: httpx.AsyncClient) -> None:
    assert (await images.get("/list")).json() == {"images": ["a.JPG", "b.png"]}


async def test_list_of_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    app = create_image_server(tmp_path / "nowhere")
    assert (await send_raw(app, "GET", "/list")).json() == {"images": []}
    assert (await send_raw(app, "GET", "/a.png")).status == 404


async def test_picture_is_shown_to_get_and_head(images: httpx.AsyncClient) -> None:
    get, head = await images.get("/b.png"), await images.head("/b.png")
    assert (get.status_code, get.content) == (200, picture())
    assert get.headers["content-type"] == "image/png"
    assert get.headers["x-content-type-options"] == "nosniff"
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(picture()))
    partial = await images.get("/b.png", headers={"Range": "bytes=0-3"})
    assert (partial.status_code, partial.content) == (206, picture()[:4])
    known = await images.get("/b.png", headers={"If-None-Match": get.headers["etag"]})
    assert known.status_code == 304


@pytest.mark.parametrize(
    "target",
    [
        "/", "/.", "/note.imgur.json", "/.hidden.png", "/folder.png", "/folder.png/inside.png",
        "/folder.png/", "/missing.png", "/link.png", "/../outside.png", "/%2e%2e/outside.png",
        "/..%2foutside.png", "/%2foutside.png", "/b.png%00", "/..%5coutside.png",
        "/%252e%252e/outside.png", "/" + "a" * 5000 + ".png", "/list/x",
    ],
)  # fmt: skip
async def test_everything_else_is_404(folder: Path, target: str) -> None:
    answer = await send_raw(create_image_server(folder), "GET", target)
    assert answer.status == 404
    assert answer.json()["error"] == "File not found"


@pytest.mark.parametrize("target", ["/b.png", "/health", "/list"])
async def test_wrong_verb_is_405_with_allow(images: httpx.AsyncClient, target: str) -> None:
    answer = await images.post(target)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert answer.json()["code"] == "method_not_allowed"
