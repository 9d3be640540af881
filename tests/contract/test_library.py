"""What a table is too narrow for: the list, changes that refer to each other, sprites, the disk."""

import asyncio
import io
import json
import os
import shutil
from pathlib import Path

import httpx
import pytest
import structlog
from PIL import Image

from asset_forge.settings import Settings
from tests.contract.case import ANY, assert_error, assert_has
from tests.contract.world import PICTURE, SWORD_GLB, make_world
from tests.fakes.pictures import data_uri, jpeg, noisy_png, png
from tests.support.assets import tree

PNG = data_uri(PICTURE)


@pytest.fixture
def root(settings: Settings) -> Path:
    make_world(settings.asset_output_dir)
    return settings.asset_output_dir


def read(root: Path, asset_id: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((root / asset_id / "metadata.json").read_bytes())
    return found


# --- the list ---


async def test_list_is_newest_first_and_missing_dates_last(
    client: httpx.AsyncClient, root: Path
) -> None:
    listed = (await client.get("/api/assets")).json()
    assert [asset["id"] for asset in listed[:3]] == ["sword-bronze", "sword", "bare"]
    assert {asset["id"] for asset in listed[3:]} == {"knight", "knight's-sword", "odd-file", "剑"}
    assert all("generatedAt" not in asset for asset in listed[3:])
    assert all(isinstance(asset["metadata"], dict) for asset in listed)


async def test_what_is_no_asset_is_left_out_with_one_warning(
    client: httpx.AsyncClient, root: Path
) -> None:
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            listed = (await client.get("/api/assets")).json()
    assert not {asset["id"] for asset in listed} & {"broken", ".hidden", "notes.txt", ".forge"}
    left_out = [entry["folder"] for entry in logs if entry["event"] == "asset_left_out"]
    assert left_out == ["broken"]


async def test_missing_root_is_503_and_not_an_empty_list(
    client: httpx.AsyncClient, root: Path
) -> None:
    shutil.rmtree(root)
    for path in ("/api/assets", "/api/assets/sword", "/api/assets/sword/model"):
        answer = await client.get(path)
        assert answer.status_code == 503, path
        assert "ASSET_OUTPUT_DIR" in assert_error(answer)["error"]
    started = await client.post(
        "/api/generation/pipeline", json={"name": "a", "type": "b", "subtype": "c"}
    )
    assert started.status_code == 503
    assert not root.exists()


async def test_change_made_by_hand_shows_at_once(client: httpx.AsyncClient, root: Path) -> None:
    assert (await client.get("/api/assets/sword")).json()["subtype"] == "sword"
    path = root / "sword" / "metadata.json"
    for subtype in ("sabre", "blade"):
        before = path.stat()
        path.write_text(json.dumps({**read(root, "sword"), "subtype": subtype}))
        # An editor that keeps the time must not hide the change.
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        listed = {asset["id"]: asset for asset in (await client.get("/api/assets")).json()}
        assert listed["sword"]["subtype"] == subtype


async def test_metadata_mended_by_hand_brings_the_asset_back(
    client: httpx.AsyncClient, root: Path
) -> None:
    assert (await client.get("/api/assets/broken")).status_code == 404
    (root / "broken" / "metadata.json").write_text('{"type": "tool"}')
    assert (await client.get("/api/assets/broken")).json()["type"] == "tool"


# --- changes ---


async def test_patch_keeps_unknown_keys_and_the_form_of_the_file(
    client: httpx.AsyncClient, root: Path
) -> None:
    await client.patch("/api/assets/sword", json={"metadata": {"note": "é", "quality": "high"}})
    text = (root / "sword" / "metadata.json").read_text()
    assert text.endswith("}\n")
    assert text.startswith('{\n  "')
    assert_has(read(root, "sword"), {"kept": {"by": "somebody"}, "note": "é", "quality": "high"})


async def test_forty_patches_at_once_are_all_there_afterwards(
    client: httpx.AsyncClient, root: Path
) -> None:
    answers = await asyncio.gather(
        *(client.patch("/api/assets/sword", json={"metadata": {f"key{n}": n}}) for n in range(40))
    )
    assert {answer.status_code for answer in answers} == {200}
    metadata = read(root, "sword")
    assert [metadata[f"key{n}"] for n in range(40)] == list(range(40))


async def test_rename_renames_everything_that_refers(client: httpx.AsyncClient, root: Path) -> None:
    answer = await client.patch("/api/assets/sword", json={"name": "blade"})
    assert answer.status_code == 200
    assert not (root / "sword").exists()
    assert (root / "blade" / "blade.glb").read_bytes() == SWORD_GLB
    assert (root / "blade" / "blade_raw.glb").read_bytes() == b"raw"
    assert read(root, "sword-bronze")["parentBaseModel"] == "blade"
    assert_has(read(root, "blade"), {"name": "blade", "gameId": "blade", "kept": ANY})
    assert (await client.get("/api/assets/sword")).status_code == 404
    assert (await client.get("/api/assets/blade/model")).content == SWORD_GLB

    await client.patch("/api/assets/sword-bronze", json={"name": "bronze-blade"})
    assert read(root, "blade")["variants"] == ["bronze-blade"]

    await client.patch("/api/assets/knight", json={"name": "paladin"})
    assert read(root, "paladin")["riggedModelPath"] == "paladin_rigged.glb"
    assert (root / "paladin" / "paladin_rigged.glb").is_file()


async def test_refused_rename_changes_nothing(client: httpx.AsyncClient, root: Path) -> None:
    before = tree(root)
    answer = await client.patch(
        "/api/assets/sword", json={"name": "knight", "type": "x", "metadata": {"a": 1}}
    )
    assert answer.status_code == 409
    assert tree(root) == before


async def test_base_forgets_a_deleted_variant(client: httpx.AsyncClient, root: Path) -> None:
    await client.delete("/api/assets/sword-bronze")
    assert_has(read(root, "sword"), {"variants": [], "variantCount": 0})
    assert not (root / "sword-bronze").exists()


@pytest.mark.parametrize(("query", "gone"), [("?includeVariants=true", True), ("", False)])
async def test_delete_takes_variants_along_when_told(
    query: str, gone: bool, client: httpx.AsyncClient, root: Path
) -> None:
    await client.delete(f"/api/assets/sword{query}")
    assert not (root / "sword").exists()
    assert (root / "sword-bronze").exists() is not gone
    assert (root / "knight").exists()


async def test_only_one_of_many_deletes_finds_the_asset(
    client: httpx.AsyncClient, root: Path
) -> None:
    answers = await asyncio.gather(*(client.delete("/api/assets/knight") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404, 404]


# --- sprites ---


async def test_sprites_are_stored_as_png_and_recorded(
    client: httpx.AsyncClient, root: Path
) -> None:
    config = {"angles": 2, "own": "kept"}
    sprites = [
        {"angle": 0, "imageData": PNG},
        {"angle": 180, "imageData": data_uri(jpeg(size_px=16), "image/jpeg")},
    ]
    answer = await client.post(
        "/api/assets/bare/sprites", json={"sprites": sprites, "config": config}
    )
    assert answer.json()["spriteFiles"] == ["0deg.png", "180deg.png"]
    for name in answer.json()["spriteFiles"]:
        with Image.open(root / "bare" / "sprites" / name) as picture:
            assert picture.format == "PNG"
    assert_has(
        json.loads((root / "bare" / "sprite-metadata.json").read_bytes()),
        {
            "assetId": "bare",
            "config": config,
            "angles": [0, 180],
            "spriteCount": 2,
            "status": "completed",
            "generatedAt": ANY,
        },
    )
    assert_has(
        read(root, "bare"),
        {
            "hasSpriteSheet": True,
            "spriteCount": 2,
            "spriteConfig": config,
            "lastSpriteGeneration": ANY,
            "updatedAt": ANY,
        },
    )
    shown = await client.get("/api/assets/bare/sprites/180deg.png")
    assert shown.headers["content-type"] == "image/png"


async def test_one_bad_sprite_of_many_leaves_the_old_set_whole(
    client: httpx.AsyncClient, root: Path
) -> None:
    good = [{"angle": angle, "imageData": PNG} for angle in (0, 90)]
    assert (await client.post("/api/assets/bare/sprites", json={"sprites": good})).is_success
    before = tree(root)
    bad = [*good, {"angle": 180, "imageData": data_uri(PICTURE[:100])}]
    answer = await client.post("/api/assets/bare/sprites", json={"sprites": bad})
    assert answer.status_code == 400
    assert answer.json()["error"] == "Invalid sprites data"
    assert "180" in answer.json()["detail"]
    assert tree(root) == before


async def test_new_set_of_sprites_replaces_the_old_one(
    client: httpx.AsyncClient, root: Path
) -> None:
    for angles in ((0, 90, 180), (45,)):
        sprites = [{"angle": angle, "imageData": PNG} for angle in angles]
        await client.post("/api/assets/bare/sprites", json={"sprites": sprites})
    assert [path.name for path in (root / "bare" / "sprites").iterdir()] == ["45deg.png"]


@pytest.mark.parametrize("size", [(9000, 9000)])
async def test_bomb_of_a_picture_is_refused(
    size: tuple[int, int], client: httpx.AsyncClient, root: Path
) -> None:
    out = io.BytesIO()
    Image.new("1", size).save(out, "PNG")
    answer = await client.post(
        "/api/assets/bare/sprites",
        json={"sprites": [{"angle": 0, "imageData": data_uri(out.getvalue())}]},
    )
    assert answer.status_code == 400
    assert "pixels" in answer.json()["detail"]


# --- large pictures ---


async def test_data_url_of_24_mb_is_taken_when_it_is_a_picture(
    client: httpx.AsyncClient, root: Path
) -> None:
    large = noisy_png(18 * 10**6)
    url = data_uri(large)
    assert 24 * 10**6 < len(url) < 25 * 2**20
    body = {"sprites": [{"angle": 0, "imageData": url}]}
    answer = await client.post("/api/assets/bare/sprites", json=body)
    assert answer.status_code == 200, answer.text
    assert (root / "bare" / "sprites" / "0deg.png").read_bytes() == large


async def test_data_url_of_24_mb_that_is_no_picture_is_400(
    client: httpx.AsyncClient, root: Path
) -> None:
    url = data_uri(b"x" * (18 * 2**20))
    before = tree(root)
    asked = {
        "/api/generation/pipeline": {
            "name": "a",
            "type": "b",
            "subtype": "c",
            "referenceImage": {"dataUrl": url},
        },
        "/api/weapon-handle-detect": {"image": url},
        "/api/weapon-orientation-detect": {"image": url},
        "/api/assets/bare/sprites": {"sprites": [{"angle": 0, "imageData": url}]},
    }
    for path, body in asked.items():
        answer = await client.post(path, json=body)
        assert answer.status_code == 400, path
        said = answer.json()
        assert "PNG, JPEG or WebP" in said.get("detail", said["error"])
    assert tree(root) == before


async def test_url_given_as_data_url_is_no_way_to_the_disk(
    client: httpx.AsyncClient, root: Path
) -> None:
    for reference in (
        {"url": "file:///etc/passwd"},
        {"url": "http://127.0.0.1:1/x.png"},
        {"url": "http://169.254.169.254/latest/meta-data"},
        {"url": "http://[::1]/x.png"},
        {"url": "http://user:s3cret@example.com/x.png"},
        {"url": "gopher://example.com/x.png"},
        {"url": "not an address"},
    ):
        answer = await client.post(
            "/api/generation/pipeline",
            json={"name": "a", "type": "b", "subtype": "c", "referenceImage": reference},
        )
        assert answer.status_code == 400, (reference, answer.text)
        assert "s3cret" not in answer.text


# --- ranges and conditions, with their bytes ---


async def test_ranges_are_the_bytes_of_the_file(client: httpx.AsyncClient, root: Path) -> None:
    url = "/api/assets/sword/concept-art.png"
    for header, wanted in {
        "bytes=0-9": PICTURE[:10],
        "bytes=10-": PICTURE[10:],
        "bytes=-7": PICTURE[-7:],
        f"bytes=5-{10**9}": PICTURE[5:],
    }.items():
        answer = await client.get(url, headers={"Range": header})
        assert answer.status_code == 206, header
        assert answer.content == wanted
        assert answer.headers["content-type"] == "image/png"


async def test_etag_makes_the_next_answer_304_until_the_file_changes(
    client: httpx.AsyncClient, root: Path
) -> None:
    url = "/api/assets/sword/concept-art.png"
    etag = (await client.get(url)).headers["etag"]
    known = await client.get(url, headers={"If-None-Match": etag})
    assert (known.status_code, known.content) == (304, b"")
    (root / "sword" / "concept-art.png").write_bytes(png(size_px=33))
    changed = await client.get(url, headers={"If-None-Match": etag})
    assert (changed.status_code, changed.content) == (200, png(size_px=33))


async def test_range_of_a_changed_file_is_the_whole_new_file(
    client: httpx.AsyncClient, root: Path
) -> None:
    url = "/api/assets/sword/concept-art.png"
    etag = (await client.get(url)).headers["etag"]
    (root / "sword" / "concept-art.png").write_bytes(png(size_px=33))
    answer = await client.get(url, headers={"If-Range": etag, "Range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (200, png(size_px=33))
