"""POST /api/assets/{id}/render, sprite sheets of uploads, and thumbnails over HTTP."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from asset_forge.errors import Refused
from asset_forge.pictures import encode_data_url
from asset_forge.services import rendering as rendering_module
from asset_forge.services.rendering import RenderingService
from tests.fakes import models
from tests.support.assets import make_asset, picture, read_metadata, tree

BOX = models.textured_box()


@pytest.fixture
def sword(root: Path) -> Path:
    folder = make_asset(root, "sword")
    (folder / "sword.glb").write_bytes(BOX)
    return folder


@pytest.fixture
def hero(root: Path) -> Path:
    clips = {"animations": {"basic": {"walking": "animations/walking.glb", "lost": "gone.glb"}}}
    folder = make_asset(root, "hero", clips, animations__walking=models.rigged_figure("walking"))
    (folder / "hero.glb").write_bytes(models.rigged_figure())
    return folder


async def render(client: httpx.AsyncClient, asset_id: str, **body: Any) -> httpx.Response:
    return await client.post(f"/api/assets/{asset_id}/render", json=body)


# --- one picture ---


async def test_single_png_is_the_answer_and_changes_nothing(
    client: httpx.AsyncClient, sword: Path, root: Path
) -> None:
    before = tree(root)
    answer = await render(client, "sword", angles=[30], size=40, pitch=20, background="#336699")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    with Image.open(io.BytesIO(answer.content)) as drawn:
        assert drawn.size == (40, 40)
        assert drawn.convert("RGBA").getpixel((0, 0)) == (0x33, 0x66, 0x99, 255)
    assert tree(root) == before


async def test_options_of_sprite_config_are_understood(
    client: httpx.AsyncClient, sword: Path
) -> None:
    one = await render(client, "sword", resolution=32, backgroundColor="#ff0000")
    same = await render(client, "sword", size=32, background="#FF0000", format="png", angles=1)
    assert one.content == same.content


async def test_clip_beside_the_model_is_found_by_its_name_in_metadata(
    client: httpx.AsyncClient, hero: Path
) -> None:
    rest = await render(client, "hero", size=32)
    posed = await render(client, "hero", size=32, animation="walking", time=0.3)
    assert (rest.status_code, posed.status_code) == (200, 200)
    assert rest.content != posed.content


@pytest.mark.parametrize("animation", ["flying", "lost"])
async def test_unknown_clip_is_400_and_tells_of_those_there_are(
    client: httpx.AsyncClient, hero: Path, animation: str
) -> None:
    answer = await render(client, "hero", size=32, animation=animation)
    assert (answer.status_code, answer.json()["code"]) == (400, "animation_not_found")


# --- sprites ---


async def test_sprites_are_saved_with_a_sheet(
    client: httpx.AsyncClient, sword: Path, root: Path
) -> None:
    answer = await render(client, "sword", format="sprites", angles=4, size=32)
    assert answer.status_code == 200
    told = answer.json()
    assert told["message"] == "4 sprites saved successfully"
    assert told["spritesDir"] == "gdd-assets/sword/sprites"
    assert told["spriteFiles"] == ["0deg.png", "90deg.png", "180deg.png", "270deg.png"]
    assert told["spriteSheet"]["imageUrl"] == "/api/assets/sword/sprite-sheet.png"
    for key in ("imageUrl", "dataUrl", "asepriteUrl"):
        assert (await client.get(told["spriteSheet"][key])).status_code == 200
    metadata = read_metadata(root, "sword")
    assert metadata["spriteConfig"] == {
        "angles": 4, "resolution": 32, "backgroundColor": "transparent"
    }  # fmt: skip
    assert metadata["spriteSheet"]["frameCount"] == 4


async def test_frames_of_a_clip_are_saved_as_an_animation(
    client: httpx.AsyncClient, hero: Path, root: Path
) -> None:
    body = {"format": "sprites", "angles": [0, 90], "size": 24, "animation": "walking"}
    answer = await render(client, "hero", **body, frames=3)
    assert answer.status_code == 200
    assert answer.json()["spriteFiles"][:2] == ["walking-0deg-00.png", "walking-0deg-01.png"]
    told = json.loads((hero / "sprite-sheet.aseprite.json").read_bytes())
    assert [tag["name"] for tag in told["meta"]["frameTags"]] == ["walking_0", "walking_90"]
    assert read_metadata(root, "hero")["spriteConfig"]["frames"] == 3


async def test_sprites_of_different_sizes_are_put_on_a_sheet(
    client: httpx.AsyncClient, sword: Path
) -> None:
    pictures = {0: picture(size=(40, 30)), 90: picture(size=(24, 60))}
    body = {
        "sprites": [
            {"angle": angle, "imageData": encode_data_url(png, "image/png")}
            for angle, png in pictures.items()
        ]
    }
    assert (await client.post("/api/assets/sword/sprites", json=body)).status_code == 200
    told = (await client.get("/api/assets/sword/sprite-sheet.json")).json()
    sizes = [frame["sourceSize"] for frame in told["frames"].values()]
    assert sizes == [{"w": 40, "h": 30}, {"w": 24, "h": 60}]
    sheet = await client.get(f"/api/assets/sword/{told['meta']['image']}")
    assert sheet.headers["content-type"] == "image/png"
    listed = (await client.get("/api/assets/sword")).json()["metadata"]["spriteSheet"]
    assert (listed["image"], listed["frameCount"]) == ("sprite-sheet.png", 2)


# --- what is refused ---


@pytest.mark.parametrize(
    "body",
    [
        {"format": "jpeg"},
        {"angles": 0},
        {"angles": 73, "format": "sprites"},
        {"angles": []},
        {"angles": [360]},
        {"angles": [0, 0], "format": "sprites"},
        {"angles": "8"},
        {"angles": 2},
        {"angles": True},
        {"size": 15},
        {"size": 2049},
        {"size": "64"},
        {"angles": 72, "size": 2048, "format": "sprites"},
        {"pitch": 90},
        {"background": "blue"},
        {"background": None},
        {"time": 1},
        {"frames": 4, "format": "sprites"},
        {"animation": ""},
        {"animation": "walking", "frames": 4},
        {"animation": "walking", "time": -1},
        {"animation": "walking", "frames": 2, "time": 0.5, "format": "sprites"},
    ],
)
async def test_options_out_of_range_are_400(
    client: httpx.AsyncClient, sword: Path, body: dict[str, Any]
) -> None:
    answer = await render(client, "sword", **body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]


@pytest.mark.parametrize("body", [{}, {"format": "sprites"}])
async def test_asset_that_cannot_be_rendered_is_told_by_its_status(
    client: httpx.AsyncClient, sword: Path, root: Path, busy: set[str], body: dict[str, Any]
) -> None:
    make_asset(root, "broken")
    (make_asset(root, "empty") / "empty.glb").unlink()
    before = tree(root)
    for asset_id, status, code in [
        ("unknown", 404, "asset_not_found"),
        ("con", 404, "asset_not_found"),
        ("empty", 404, "model_not_found"),
        ("broken", 422, "model_unusable"),
    ]:
        answer = await render(client, asset_id, **body)
        assert answer.status_code == status, (asset_id, answer.text)
        assert answer.json()["code"] == code
    assert tree(root) == before


async def test_sprites_of_a_busy_asset_are_409_and_a_picture_is_not(
    client: httpx.AsyncClient, sword: Path, busy: set[str]
) -> None:
    busy.add("sword")
    answer = await render(client, "sword", format="sprites", size=16, angles=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "asset_busy")
    assert (await render(client, "sword", size=16)).status_code == 200


async def test_model_that_takes_too_long_is_422(
    client: httpx.AsyncClient, sword: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_long(*_: Any, **__: Any) -> None:
        raise Refused("took longer than 120 seconds", code="deadline_passed")

    monkeypatch.setattr(rendering_module, "render_into", too_long)
    answer = await render(client, "sword")
    assert (answer.status_code, answer.json()["code"]) == (422, "model_unusable")


async def test_too_many_renderings_at_once_are_503(
    client: httpx.AsyncClient, asset_app: FastAPI, sword: Path
) -> None:
    service: RenderingService = asset_app.state.services.rendering
    service._under_way = rendering_module.MOST_AT_ONCE
    answer = await render(client, "sword", size=16)
    assert (answer.status_code, answer.json()["code"]) == (503, "too_many_renderings")


# --- thumbnails ---


async def test_thumbnail_is_drawn_when_first_asked_for_and_once(
    client: httpx.AsyncClient, sword: Path, asset_app: FastAPI
) -> None:
    entry = (await client.get("/api/assets/sword")).json()
    assert (entry["hasThumbnail"], entry["thumbnailUrl"]) == (False, "/api/assets/sword/thumbnail")
    answers = await asyncio.gather(*(client.get(entry["thumbnailUrl"]) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].headers["content-type"] == "image/png"
    with Image.open(io.BytesIO(answers[0].content)) as drawn:
        assert (drawn.size, drawn.mode) == ((256, 256), "RGBA")
    written = (sword / "thumbnail.png").stat()
    again = await client.head(entry["thumbnailUrl"])
    assert again.headers["content-length"] == str(written.st_size)
    assert (sword / "thumbnail.png").stat().st_mtime_ns == written.st_mtime_ns
    assert (await client.get("/api/assets/sword")).json()["hasThumbnail"] is True


async def test_thumbnail_that_cannot_be_drawn_is_404_and_not_tried_again(
    client: httpx.AsyncClient, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_asset(root, "broken")
    (make_asset(root, "empty") / "empty.glb").unlink()
    for asset_id, code in [
        ("broken", "thumbnail_not_found"),
        ("empty", "thumbnail_not_found"),
        ("unknown", "asset_not_found"),
    ]:
        answer = await client.get(f"/api/assets/{asset_id}/thumbnail")
        assert (answer.status_code, answer.json()["code"]) == (404, code)
    monkeypatch.setattr(
        "asset_forge.services.thumbnails.draw_thumbnail", lambda *_: pytest.fail("tried again")
    )
    assert (await client.get("/api/assets/broken/thumbnail")).status_code == 404


async def test_thumbnail_follows_a_rename(client: httpx.AsyncClient, sword: Path) -> None:
    drawn = (await client.get("/api/assets/sword/thumbnail")).content
    await client.patch("/api/assets/sword", json={"name": "blade"})
    assert (await client.get("/api/assets/blade/thumbnail")).content == drawn
