"""Prompts, material presets, static files and the image server, over more than one request."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from asset_forge.image_server import create_image_server
from asset_forge.settings import Settings
from asset_forge.wiring import hosted_folder
from tests.contract.case import assert_error, assert_safe_headers
from tests.contract.world import make_world
from tests.fakes.pictures import png
from tests.support.service import preset

SHIPPED_PRESETS = {
    "bronze": ("metal", 1),
    "steel": ("metal", 2),
    "mithril": ("metal", 3),
    "dragon": ("custom", 10),
}
LEATHERS = {"leather", "hard-leather", "studded-leather"}
WOODS = {"wood", "oak", "willow"}
TEXTS = ("id", "name", "displayName", "category", "color", "stylePrompt", "description")


# --- material presets ---


async def test_shipped_presets_have_all_their_texts(client: httpx.AsyncClient) -> None:
    presets = {entry["id"]: entry for entry in (await client.get("/api/material-presets")).json()}
    assert set(presets) == {*SHIPPED_PRESETS, *LEATHERS, *WOODS}
    for preset_id, (category, tier) in SHIPPED_PRESETS.items():
        assert (presets[preset_id]["category"], presets[preset_id]["tier"]) == (category, tier)
    for entry in presets.values():
        assert all(isinstance(entry[key], str) and entry[key] for key in TEXTS)
        assert isinstance(entry["tier"], int)


async def test_saved_presets_come_back_everywhere(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    saved = [preset("tin", own={"kept": True}), preset("zinc")]
    assert (await client.post("/api/material-presets", json=saved)).is_success
    assert (await client.get("/api/material-presets")).json() == saved
    assert (await client.get("/prompts/material-presets.json")).json() == saved
    written = (settings.prompts_dir / "material-presets.json").read_text()
    assert json.loads(written) == saved


async def test_presets_edited_by_hand_are_seen(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    path = settings.prompts_dir / "material-presets.json"
    path.write_text(json.dumps([preset("ivory")]))
    assert [entry["id"] for entry in (await client.get("/api/material-presets")).json()] == [
        "ivory"
    ]


async def test_broken_preset_file_is_503_that_says_which(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    (settings.prompts_dir / "material-presets.json").write_text("[")
    answer = await client.get("/api/material-presets")
    assert answer.status_code == 503
    assert "material-presets.json" in assert_error(answer)["error"]


# --- prompts ---


async def test_custom_style_is_saved_served_and_deleted(client: httpx.AsyncClient) -> None:
    shipped = (await client.get("/api/prompts/game-styles")).json()
    ink = {"name": "Ink", "base": "black ink on paper"}
    body = {**shipped, "custom": {"ink": ink}}
    assert (await client.post("/api/prompts/game-styles", json=body)).is_success
    assert (await client.get("/api/prompts/game-styles")).json()["custom"] == {"ink": ink}
    assert (await client.get("/prompts/game-style-prompts.json")).json()["custom"]["ink"] == ink
    deleted = await client.delete("/api/prompts/game-styles/ink")
    assert deleted.json() == {"success": True, "message": "Prompt deleted successfully"}
    assert (await client.get("/api/prompts/game-styles")).json() == shipped


@pytest.mark.parametrize("category", ["avatar", "item"])
async def test_custom_asset_type_is_deleted_in_its_category_alone(
    category: str, client: httpx.AsyncClient
) -> None:
    shipped = (await client.get("/api/prompts/asset-types")).json()
    entry = {"name": "Boat", "prompt": "a small boat", "placeholder": "rowing boat"}
    body: dict[str, Any] = json.loads(json.dumps(shipped))
    body["avatar"]["custom"] = body["item"]["custom"] = {"boat": entry}
    assert (await client.post("/api/prompts/asset-types", json=body)).is_success
    deleted = await client.delete(f"/api/prompts/asset-types/boat?category={category}")
    assert deleted.is_success
    now = (await client.get("/api/prompts/asset-types")).json()
    other = "item" if category == "avatar" else "avatar"
    assert now[category]["custom"] == {}
    assert now[other]["custom"] == {"boat": entry}


@pytest.mark.parametrize("name", ["game-styles", "asset-types"])
async def test_defaults_survive_a_save_without_them(name: str, client: httpx.AsyncClient) -> None:
    shipped = (await client.get(f"/api/prompts/{name}")).json()
    empty: dict[str, Any] = {"version": "9", "default": {}, "custom": {}}
    if name == "asset-types":
        empty = {"avatar": {"default": {}, "custom": {}}, "item": {"default": {}, "custom": {}}}
    assert (await client.post(f"/api/prompts/{name}", json=empty)).is_success
    now = (await client.get(f"/api/prompts/{name}")).json()
    for part in ("default", "avatar", "item"):
        if part in shipped:
            assert now[part] == shipped[part]


@pytest.mark.parametrize("name", ["generation", "gpt4-enhancement", "weapon-detection"])
async def test_whole_file_of_texts_can_be_saved_and_half_of_it_cannot(
    name: str, client: httpx.AsyncClient
) -> None:
    shipped = (await client.get(f"/api/prompts/{name}")).json()
    assert (await client.post(f"/api/prompts/{name}", json=shipped)).is_success
    half = dict(list(shipped.items())[:1])
    assert (await client.post(f"/api/prompts/{name}", json=half)).status_code == 400
    assert (await client.get(f"/api/prompts/{name}")).json() == shipped


async def test_prompt_file_edited_by_hand_is_seen(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    path = settings.prompts_dir / "generation-prompts.json"
    texts = json.loads(path.read_text())
    texts["imageGeneration"]["base"] = "only ${description}"
    path.write_text(json.dumps(texts))
    shown = (await client.get("/api/prompts/generation")).json()
    assert shown["imageGeneration"]["base"] == "only ${description}"


async def test_removed_prompt_file_is_served_as_it_ships(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    shipped = (await client.get("/api/prompts/materials")).json()
    (settings.prompts_dir / "material-prompts.json").unlink()
    assert (await client.get("/api/prompts/materials")).json() == shipped
    assert (await client.get("/prompts/material-prompts.json")).json() == shipped


# --- static files ---


async def test_assets_falls_back_to_the_asset_folders(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    make_world(settings.asset_output_dir)
    by_api = await client.get("/api/assets/sword/sword.glb")
    static = await client.get("/assets/sword/sword.glb")
    assert static.content == by_api.content
    assert static.headers["etag"] == by_api.headers["etag"]
    part = await client.get("/assets/sword/sword.glb", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"glTF")


# --- the image server ---


@pytest.fixture
async def images(settings: Settings) -> AsyncIterator[tuple[httpx.AsyncClient, Path]]:
    folder = hosted_folder(settings)
    transport = httpx.ASGITransport(app=create_image_server(folder))
    async with httpx.AsyncClient(transport=transport, base_url="http://images") as client:
        yield client, folder


async def test_image_server_is_well_and_empty_before_anything_is_hosted(
    images: tuple[httpx.AsyncClient, Path],
) -> None:
    client, _ = images
    health = await client.get("/health")
    assert health.json() == {"status": "ok", "message": "Image server is running"}
    assert (await client.get("/list")).json() == {"images": []}
    assert_safe_headers(health)


async def test_image_server_shows_pictures_and_nothing_else(
    images: tuple[httpx.AsyncClient, Path],
) -> None:
    client, folder = images
    folder.mkdir(parents=True)
    for name in ("a.png", "notes.txt", "x.glb", ".hidden.png", "note.imgur.json"):
        (folder / name).write_bytes(png(size_px=8))
    (folder / "inner").mkdir()
    (folder / "inner" / "b.png").write_bytes(b"x")
    (folder.parent / "outside.png").write_bytes(b"x")
    (folder / "link.png").symlink_to(folder.parent / "outside.png")
    assert (await client.get("/list")).json() == {"images": ["a.png"]}
    shown = await client.get("/a.png")
    assert (shown.status_code, shown.content) == (200, png(size_px=8))
    assert shown.headers["content-type"] == "image/png"
    head = await client.head("/a.png")
    assert head.headers["content-length"] == str(len(png(size_px=8)))
    for path in (
        "/", "/notes.txt", "/x.glb", "/.hidden.png", "/note.imgur.json", "/inner", "/inner/",
        "/inner/b.png", "/..%2foutside.png", "/%2e%2e/outside.png", "/link.png", "/nothing.png",
    ):  # fmt: skip
        answer = await client.get(path)
        assert answer.status_code == 404, path
        assert_error(answer)
        assert_safe_headers(answer)
    posted = await client.post("/a.png", content=b"x")
    assert posted.status_code == 405
    assert_error(posted)
