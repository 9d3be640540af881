"""How pictures reach outside makers: data URI, public address, Imgur, or smaller."""

import io
import json
from pathlib import Path

import httpx
import pytest
import respx
from PIL import Image

from asset_forge.errors import BadPicture, NotFound, StorageUnavailable
from asset_forge.pictures import check_picture, decode_data_url
from asset_forge.services.image_hosting import IMGUR_URL, ImageHostingService, is_public_url
from asset_forge.storage.paths import AssetRoot
from tests.support.assets import picture

LIMIT_BYTES = 20_000


@pytest.fixture
async def client() -> httpx.AsyncClient:
    return httpx.AsyncClient()


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "work" / "pipeline-1" / "concept-art.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(picture())
    return path


@pytest.fixture
def large(small: Path) -> Path:
    out = io.BytesIO()
    Image.effect_noise((256, 256), 60).convert("RGB").save(out, format="PNG")
    assert out.tell() > LIMIT_BYTES
    small.write_bytes(out.getvalue())
    return small


def hosting(
    tmp_path: Path, client: httpx.AsyncClient, *, url: str = "", imgur: str = ""
) -> ImageHostingService:
    return ImageHostingService(
        root=AssetRoot(tmp_path),
        client=client,
        image_server_url=url,
        imgur_client_id=imgur,
        data_uri_limit_bytes=LIMIT_BYTES,
    )


def hosted_files(tmp_path: Path) -> list[Path]:
    folder = tmp_path / ".forge" / "hosted"
    return sorted(folder.iterdir()) if folder.exists() else []


async def test_small_picture_is_a_data_uri_of_the_same_bytes(
    tmp_path: Path, client: httpx.AsyncClient, small: Path
) -> None:
    service = hosting(tmp_path, client, url="https://pictures.example.org", imgur="id")
    uri = await service.present(small)
    assert uri.startswith("data:image/png;base64,")
    assert decode_data_url(uri, max_bytes=LIMIT_BYTES) == small.read_bytes()
    assert hosted_files(tmp_path) == []


async def test_large_picture_goes_through_a_public_image_server(
    tmp_path: Path, client: httpx.AsyncClient, large: Path
) -> None:
    service = hosting(tmp_path, client, url="https://pictures.example.org/x/", imgur="id")
    url = await service.present(large)
    [kept] = hosted_files(tmp_path)
    assert url == f"https://pictures.example.org/x/{kept.name}"
    assert kept.suffix == ".png"
    assert kept.read_bytes() == large.read_bytes()
    assert "pipeline-1" not in kept.name


async def test_hosted_pictures_go_with_their_pipeline_alone(
    tmp_path: Path, client: httpx.AsyncClient, large: Path
) -> None:
    service = hosting(tmp_path, client, url="https://pictures.example.org")
    await service.present(large)
    await service.host(large, "pipeline-1")
    other = await service.host(large, "pipeline-2")
    await service.release("pipeline-1")
    assert [path.name for path in hosted_files(tmp_path)] == [other]
    service.clean_up()
    assert hosted_files(tmp_path) == []


async def test_release_of_an_owner_without_pictures_does_nothing(
    tmp_path: Path, client: httpx.AsyncClient
) -> None:
    await hosting(tmp_path, client).release("pipeline-1")
    assert hosted_files(tmp_path) == []


@respx.mock
async def test_large_picture_goes_to_imgur_and_is_deleted_there(
    tmp_path: Path, client: httpx.AsyncClient, large: Path
) -> None:
    answer = {"data": {"link": "https://i.imgur.com/abc.png", "deletehash": "xyz"}, "success": True}
    upload = respx.post(IMGUR_URL).respond(json=answer)
    delete = respx.delete(f"{IMGUR_URL}/xyz").respond(json={"success": True})
    service = hosting(tmp_path, client, url="http://localhost:8080", imgur="my-client")
    assert await service.present(large) == "https://i.imgur.com/abc.png"
    request = upload.calls.last.request
    assert request.headers["Authorization"] == "Client-ID my-client"
    assert large.read_bytes() in request.content

    await service.release("pipeline-1")
    assert delete.calls.last.request.headers["Authorization"] == "Client-ID my-client"
    assert hosted_files(tmp_path) == []


@respx.mock
@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(400),
        httpx.Response(500, text="oops"),
        httpx.Response(200, text="not json"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"data": {"link": "javascript:x", "deletehash": "y"}}),
        httpx.ConnectError("no route"),
    ],
)
async def test_imgur_that_fails_leads_to_a_smaller_picture(
    tmp_path: Path,
    client: httpx.AsyncClient,
    large: Path,
    answer: httpx.Response | httpx.ConnectError,
) -> None:
    respx.post(IMGUR_URL).mock(side_effect=[answer])
    uri = await hosting(tmp_path, client, imgur="my-client").present(large)
    assert uri.startswith("data:image/jpeg;base64,")


def note_of(tmp_path: Path, key: str, delete_hash: str = "xyz") -> Path:
    """Put down that a picture of somebody is at Imgur."""
    path = tmp_path / ".forge" / "hosted" / f"{key}-note.imgur.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"deletehash": delete_hash}))
    return path


@respx.mock
async def test_picture_that_imgur_keeps_is_deleted_at_a_later_release(
    tmp_path: Path, client: httpx.AsyncClient, large: Path
) -> None:
    answer = {"data": {"link": "https://i.imgur.com/abc.png", "deletehash": "xyz"}}
    respx.post(IMGUR_URL).respond(json=answer)
    delete = respx.delete(f"{IMGUR_URL}/xyz")
    delete.side_effect = [
        httpx.ConnectError("no route"),
        httpx.Response(503),
        httpx.Response(429),
        httpx.Response(200),
    ]
    service = hosting(tmp_path, client, imgur="my-client")
    await service.present(large)

    for owner in ("pipeline-1", "pipeline-2", "pipeline-3"):
        await service.release(owner)
        assert len(hosted_files(tmp_path)) == 1
    await service.release("pipeline-4")

    assert hosted_files(tmp_path) == []
    assert delete.call_count == 4


@respx.mock
async def test_picture_that_imgur_has_no_more_is_forgotten(
    tmp_path: Path, client: httpx.AsyncClient
) -> None:
    respx.delete(f"{IMGUR_URL}/..%2F..%2Faccount").respond(404)
    note_of(tmp_path, "dropped", "../../account")
    note_of(tmp_path, "dropped-2").write_text("{")

    await hosting(tmp_path, client, imgur="my-client").forget_dropped()

    assert hosted_files(tmp_path) == []


@respx.mock
async def test_note_waits_until_there_is_a_client_id_again(
    tmp_path: Path, client: httpx.AsyncClient
) -> None:
    note_of(tmp_path, "dropped")

    await hosting(tmp_path, client).forget_dropped()

    assert len(hosted_files(tmp_path)) == 1
    assert len(respx.calls) == 0


@respx.mock
async def test_clean_up_keeps_what_goes_on_and_remembers_what_imgur_has(
    tmp_path: Path, client: httpx.AsyncClient, large: Path
) -> None:
    answer = {"data": {"link": "https://i.imgur.com/abc.png", "deletehash": "xyz"}}
    respx.post(IMGUR_URL).respond(json=answer)
    delete = respx.delete(f"{IMGUR_URL}/xyz").respond(200)
    before = hosting(tmp_path, client, imgur="my-client")
    kept = await before.host(large, "goes-on")
    await before.present(large, owner="goes-on")
    await before.present(large, owner="ended")
    await before.host(large, "ended")
    (tmp_path / ".forge" / "hosted" / ".0123.tmp").write_bytes(b"half")
    (tmp_path / ".forge" / "hosted" / "folder").mkdir()

    after = hosting(tmp_path, client, imgur="my-client")
    after.clean_up(keep=["goes-on"])

    names = [path.name for path in hosted_files(tmp_path) if path.is_file()]
    assert kept in names
    assert sorted(name.partition("-")[0] == "dropped" for name in names) == [False, False, True]
    await after.forget_dropped()
    assert delete.call_count == 1
    await after.release("goes-on")
    assert delete.call_count == 2
    assert [path.name for path in hosted_files(tmp_path)] == ["folder"]


@respx.mock
async def test_picture_whose_note_cannot_be_kept_is_deleted_at_once(
    tmp_path: Path, client: httpx.AsyncClient, large: Path
) -> None:
    answer = {"data": {"link": "https://i.imgur.com/abc.png", "deletehash": "xyz"}}
    respx.post(IMGUR_URL).respond(json=answer)
    delete = respx.delete(f"{IMGUR_URL}/xyz").respond(200)
    folder = tmp_path / ".forge" / "hosted"
    folder.parent.mkdir()
    folder.write_text("in the way")

    with pytest.raises((StorageUnavailable, OSError)):
        await hosting(tmp_path, client, imgur="my-client").present(large)

    assert delete.call_count == 1


async def test_large_picture_without_any_host_is_shrunk_until_it_fits(
    tmp_path: Path, client: httpx.AsyncClient, large: Path
) -> None:
    uri = await hosting(tmp_path, client, url="http://127.0.0.1:8080").present(large)
    assert len(uri) < LIMIT_BYTES
    info = check_picture(decode_data_url(uri, max_bytes=LIMIT_BYTES), max_pixels=10**6)
    assert info.format == "JPEG"


async def test_present_of_what_is_no_picture_is_refused(
    tmp_path: Path, client: httpx.AsyncClient, small: Path
) -> None:
    small.write_bytes(b"<html>")
    with pytest.raises(BadPicture):
        await hosting(tmp_path, client).present(small)
    with pytest.raises(NotFound):
        await hosting(tmp_path, client).present(small.with_name("gone.png"))


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://pictures.example.org", True),
        ("http://8.8.8.8:8080", True),
        ("http://[2606:4700:4700::1111]", True),
        ("https://xn--bcher-kva.example", True),
        ("", False),
        ("http://localhost:8080", False),
        ("http://127.0.0.1:8080", False),
        ("http://127.1", False),
        ("http://10.0.0.5", False),
        ("http://192.168.1.2", False),
        ("http://169.254.169.254", False),
        ("http://[::1]:8080", False),
        ("http://[fe80::1]", False),
        ("http://0.0.0.0", False),
        ("http://2130706433", False),
        ("http://printer", False),
        ("http://forge.local", False),
        ("http://forge.internal.", False),
        ("http://app.localhost", False),
        ("ftp://pictures.example.org", False),
        ("pictures.example.org", False),
        ("http://[broken", False),
    ],
)
def test_public_address_is_told_from_a_private_one(url: str, public: bool) -> None:
    assert is_public_url(url) is public


def _picture_file(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    path.write_bytes(picture())
    return path
