"""CONTRACT: /api/assets, status by status."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from asset_forge.pictures import encode_data_url
from tests.support.asgi import send_raw
from tests.support.assets import MODEL, make_asset, picture, read_metadata, tree

PNG_URL = encode_data_url(picture(), "image/png")
HOSTILE = [
    "..", "%2e%2e", "%2E%2E", "%252e%252e", "..%2f..", "..%2fother", "%2e%2e%2fother",
    "..%5cother", "%2fetc", "sword%00", "sword%0a", ".forge", "%2eforge", "sword%2f..%2fother",
    "a" * 300, "%ff", "con", "sword.", "-sword", "%20", "~",
]  # fmt: skip


@pytest.fixture
def family(root: Path) -> Path:
    make_asset(root, "sword", {"variants": ["sword-bronze"], "variantCount": 1})
    make_asset(root, "sword-bronze", {"parentBaseModel": "sword"})
    make_asset(root, "other")
    (root / ".forge").mkdir()
    (root / ".forge" / "journal.json").write_text("secret")
    (root.parent / "outside.txt").write_text("secret")
    return root


# --- the list ---


async def test_list_is_newest_first_and_never_cached(client: httpx.AsyncClient, root: Path) -> None:
    make_asset(root, "old", {"generatedAt": "2026-01-01T00:00:00.000Z"})
    make_asset(root, "new", {"generatedAt": "2026-02-01T00:00:00.000Z"})
    make_asset(root, "broken", "{")
    answer = await client.get("/api/assets", params={"t": "123"})
    assert answer.status_code == 200
    assert [element["id"] for element in answer.json()] == ["new", "old"]
    expected = "no-store, no-cache, must-revalidate, proxy-revalidate"
    assert answer.headers["cache-control"] == expected
    assert (answer.headers["pragma"], answer.headers["expires"]) == ("no-cache", "0")


async def test_element_has_the_keys_of_the_contract(client: httpx.AsyncClient, root: Path) -> None:
    made = {"generatedAt": "2026-01-01T00:00:00.000Z", "huge": 10**30, "nothing": None}
    folder = make_asset(root, "knight's-sword", {**made, "subtype": "sword", "description": "d"})
    (folder / "concept-art.png").write_bytes(picture())
    [element] = (await client.get("/api/assets")).json()
    assert element == {
        "id": "knight's-sword",
        "name": "knight's-sword",
        "description": "d",
        "type": "weapon",
        "subtype": "sword",
        "metadata": read_metadata(root, "knight's-sword"),
        "hasModel": True,
        "modelFile": "knight's-sword.glb",
        "modelUrl": "/api/assets/knight's-sword/model",
        "conceptArtUrl": "/api/assets/knight's-sword/concept-art.png",
        "hasThumbnail": False,
        "thumbnailUrl": "/api/assets/knight's-sword/thumbnail",
        "generatedAt": "2026-01-01T00:00:00.000Z",
    }
    assert (await client.get("/api/assets/knight's-sword")).json() == element
    for url in (element["modelUrl"], element["conceptArtUrl"]):
        assert (await client.get(url)).status_code == 200


async def test_optional_keys_are_absent_and_urls_null(
    client: httpx.AsyncClient, root: Path
) -> None:
    (make_asset(root, "x", "{}") / "x.glb").unlink()
    [element] = (await client.get("/api/assets")).json()
    assert set(element) == {
        "id", "name", "description", "type", "subtype", "metadata", "hasModel", "modelUrl",
        "conceptArtUrl", "hasThumbnail", "thumbnailUrl",
    }  # fmt: skip
    assert element["modelUrl"] is None
    assert element["conceptArtUrl"] is None
    assert (element["description"], element["type"]) == ("", "unknown")


async def test_missing_root_is_503_everywhere(client: httpx.AsyncClient, root: Path) -> None:
    root.rmdir()
    requests: list[tuple[str, str, Any]] = [
        ("GET", "/api/assets", None),
        ("GET", "/api/assets/sword", None),
        ("GET", "/api/assets/sword/model", None),
        ("GET", "/api/assets/sword/sword.glb", None),
        ("PATCH", "/api/assets/sword", {"type": "x"}),
        ("DELETE", "/api/assets/sword", None),
        ("POST", "/api/assets/sword/sprites", {"sprites": [{"angle": 0, "imageData": PNG_URL}]}),
    ]
    for method, url, body in requests:
        answer = await client.request(method, url, json=body)
        assert answer.status_code == 503, url
        assert answer.json()["code"] == "asset_root_missing"


async def test_change_by_hand_shows_at_once(client: httpx.AsyncClient, root: Path) -> None:
    folder = make_asset(root, "sword")
    assert (await client.get("/api/assets/sword")).json()["type"] == "weapon"
    (folder / "metadata.json").write_text('{"type": "armor!"}')
    assert (await client.get("/api/assets/sword")).json()["type"] == "armor!"


async def test_unknown_asset_is_404(client: httpx.AsyncClient, family: Path) -> None:
    answer = await client.get("/api/assets/axe")
    assert answer.status_code == 404
    assert answer.json()["error"] == "Asset axe not found"


# --- hostile ids and paths ---


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_hostile_id_is_404_for_every_verb_and_touches_nothing(
    asset_app: FastAPI, family: Path, hostile: str
) -> None:
    before = tree(family.parent)
    sprites = {"sprites": [{"angle": 0, "imageData": PNG_URL}]}
    for method, url, body in [
        ("GET", f"/api/assets/{hostile}", None),
        ("GET", f"/api/assets/{hostile}/model", None),
        ("HEAD", f"/api/assets/{hostile}/model", None),
        ("GET", f"/api/assets/{hostile}/metadata.json", None),
        ("GET", f"/api/assets/{hostile}/journal.json", None),
        ("PATCH", f"/api/assets/{hostile}", {"type": "x"}),
        ("DELETE", f"/api/assets/{hostile}?includeVariants=true", None),
        ("POST", f"/api/assets/{hostile}/sprites", sprites),
    ]:
        answer = await send_raw(asset_app, method, url, body)
        # An id with a slash in it is a path to the router, and files cannot be patched.
        allowed = {404, 405} if "%2f" in hostile else {404}
        assert answer.status in allowed, url
        assert b"secret" not in answer.body
    assert tree(family.parent) == before


@pytest.mark.parametrize(
    "path",
    [
        "..%2fother%2fother.glb", "%2e%2e/other/other.glb", "../../outside.txt",
        "..%2f..%2foutside.txt", "%252e%252e/outside.txt", "..%5c..%5coutside.txt",
        "%2fetc%2fpasswd", "sprites", "sprites/", "", ".hidden", "metadata.json%00.png",
        "metadata.json/", "missing.glb", "link.txt", "a" * 5000,
    ],
)  # fmt: skip
async def test_file_outside_or_hidden_or_missing_is_404(
    asset_app: FastAPI, family: Path, path: str
) -> None:
    folder = family / "sword"
    (folder / "sprites").mkdir()
    (folder / ".hidden").write_text("secret")
    (folder / "link.txt").symlink_to(family.parent / "outside.txt")
    answer = await send_raw(asset_app, "GET", f"/api/assets/sword/{path}")
    assert answer.status == 404
    assert answer.json()["error"] == "File not found"


# --- the model ---


async def test_model_of_an_asset_without_one_is_404(
    client: httpx.AsyncClient, family: Path
) -> None:
    (family / "sword" / "sword.glb").unlink()
    for url, text in [
        ("/api/assets/axe/model", "Asset axe not found"),
        ("/api/assets/sword/model", "Model file not found"),
    ]:
        answer = await client.get(url)
        assert (answer.status_code, answer.json()["error"]) == (404, text)
        assert (await client.head(url)).status_code == 404


async def test_model_of_a_rigged_character_is_the_rigged_one(
    client: httpx.AsyncClient, root: Path
) -> None:
    metadata = {"type": "character", "riggedModelPath": "hero_rigged.glb"}
    make_asset(root, "hero", metadata, hero_rigged=b"rigged")
    assert (await client.get("/api/assets/hero/model")).content == b"rigged"
    assert (await client.get("/api/assets/hero/hero.glb")).content == MODEL


# --- PATCH ---


async def test_patch_merges_and_answers_with_the_element(
    client: httpx.AsyncClient, family: Path
) -> None:
    body = {"id": "sword", "name": "sword", "type": "armor", "metadata": {"tier": 3}, "more": 1}
    answer = await client.patch("/api/assets/sword", json=body)
    assert answer.status_code == 200
    element = answer.json()
    assert (element["id"], element["type"], element["metadata"]["tier"]) == ("sword", "armor", 3)
    metadata = read_metadata(family, "sword")
    assert element["metadata"] == metadata
    assert metadata["variants"] == ["sword-bronze"]
    assert metadata["lastModified"] == metadata["updatedAt"]
    assert "more" not in metadata


async def test_forty_patches_at_once_are_all_there(client: httpx.AsyncClient, family: Path) -> None:
    answers = await asyncio.gather(
        *(
            client.patch("/api/assets/sword", json={"metadata": {f"key{number}": number}})
            for number in range(40)
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    metadata = read_metadata(family, "sword")
    assert [metadata[f"key{number}"] for number in range(40)] == list(range(40))


async def test_patch_with_a_new_name_renames_everything(
    client: httpx.AsyncClient, family: Path
) -> None:
    answer = await client.patch("/api/assets/sword", json={"name": "blade"})
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["name"]) == ("blade", "blade")
    assert read_metadata(family, "sword-bronze")["parentBaseModel"] == "blade"
    assert (await client.get("/api/assets/sword")).status_code == 404
    assert (await client.get("/api/assets/blade/model")).content == MODEL
    assert (await client.get("/api/assets/blade/blade.glb")).status_code == 200


async def test_two_renames_to_one_name_at_once_let_one_through(
    client: httpx.AsyncClient, family: Path
) -> None:
    answers = await asyncio.gather(
        client.patch("/api/assets/sword", json={"name": "blade"}),
        client.patch("/api/assets/other", json={"name": "blade"}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len((await client.get("/api/assets")).json()) == 3


@pytest.mark.parametrize(
    ("asset_id", "body", "status"),
    [
        ("axe", {"type": "x"}, 404),
        ("sword", {"name": "other"}, 409),
        ("sword", {"name": "../x"}, 400),
        ("sword", {"name": "a b"}, 400),
        ("sword", {"name": ""}, 400),
        ("sword", {"name": 5}, 400),
        ("sword", {"type": ""}, 400),
        ("sword", {"type": ["x"]}, 400),
        ("sword", {"metadata": "x"}, 400),
        ("sword", {"metadata": [1]}, 400),
        ("sword", [], 400),
        ("sword", "x", 400),
    ],
)
async def test_patch_that_cannot_be_changes_nothing(
    client: httpx.AsyncClient, family: Path, asset_id: str, body: Any, status: int
) -> None:
    before = tree(family)
    answer = await client.patch(f"/api/assets/{asset_id}", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]
    if status == 404:
        assert answer.json()["error"] == "Asset not found"
    assert tree(family) == before


@pytest.mark.parametrize(
    "body", [b"{", b"", b'{"metadata": {"x": NaN}}', b'{"metadata": {"x": "\\ud800"}}', b"\xff",
             b'{"metadata": {"x": 1e999}}']
)  # fmt: skip
async def test_patch_with_what_is_no_json_is_400(
    client: httpx.AsyncClient, family: Path, body: bytes
) -> None:
    before = tree(family)
    answer = await client.patch(
        "/api/assets/sword", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert tree(family) == before


# --- DELETE ---


async def test_delete_answers_as_the_contract_says(client: httpx.AsyncClient, family: Path) -> None:
    answer = await client.delete("/api/assets/sword-bronze")
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "message": "Asset sword-bronze deleted successfully",
    }
    assert read_metadata(family, "sword")["variants"] == []
    again = await client.delete("/api/assets/sword-bronze")
    assert (again.status_code, again.json()["error"]) == (404, "Asset not found")


@pytest.mark.parametrize(
    ("query", "left"),
    [("", ["other", "sword-bronze"]), ("?includeVariants=true", ["other"]),
     ("?includeVariants=false", ["other", "sword-bronze"])],
)  # fmt: skip
async def test_delete_takes_the_variants_when_asked(
    client: httpx.AsyncClient, family: Path, query: str, left: list[str]
) -> None:
    assert (await client.delete(f"/api/assets/sword{query}")).status_code == 200
    assert sorted(a["id"] for a in (await client.get("/api/assets")).json()) == left


async def test_delete_of_a_folder_with_broken_metadata_works(
    client: httpx.AsyncClient, root: Path
) -> None:
    make_asset(root, "broken", "{")
    assert (await client.delete("/api/assets/broken")).status_code == 200
    assert not (root / "broken").exists()


async def test_busy_asset_is_409(client: httpx.AsyncClient, family: Path, busy: set[str]) -> None:
    busy.add("sword")
    before = tree(family)
    deleting = await client.delete("/api/assets/sword")
    renaming = await client.patch("/api/assets/sword", json={"name": "blade"})
    assert [deleting.status_code, renaming.status_code] == [409, 409]
    assert deleting.json()["code"] == "asset_busy"
    assert tree(family) == before


# --- sprites ---


async def test_sprites_are_saved_and_served(client: httpx.AsyncClient, family: Path) -> None:
    angles = [0, 45, 90, 135, 180, 225, 270, 315]
    body = {
        "sprites": [{"angle": angle, "imageData": PNG_URL} for angle in angles],
        "config": {"resolution": 512},
    }
    answer = await client.post("/api/assets/sword/sprites", json=body)
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "message": "8 sprites saved successfully",
        "spritesDir": "gdd-assets/sword/sprites",
        "spriteFiles": [f"{angle}deg.png" for angle in angles],
    }
    sprite = await client.get("/api/assets/sword/sprites/45deg.png")
    assert (sprite.content, sprite.headers["content-type"]) == (picture(), "image/png")
    noted = (await client.get("/api/assets/sword/sprite-metadata.json")).json()
    assert (noted["angles"], noted["config"]) == (angles, {"resolution": 512})


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"sprites": None},
        {"sprites": []},
        {"sprites": {}},
        {"sprites": [{}]},
        {"sprites": [{"angle": 0}]},
        {"sprites": [{"angle": "0", "imageData": PNG_URL}]},
        {"sprites": [{"angle": True, "imageData": PNG_URL}]},
        {"sprites": [{"angle": 360, "imageData": PNG_URL}]},
        {"sprites": [{"angle": -1, "imageData": PNG_URL}]},
        {"sprites": [{"angle": 0, "imageData": "x"}]},
        {"sprites": [{"angle": 0, "imageData": 5}]},
        {"sprites": [{"angle": 0, "imageData": PNG_URL}] * 2},
        {"sprites": [{"angle": 0, "imageData": PNG_URL}], "config": 5},
    ],
)
async def test_invalid_sprites_are_400_and_change_nothing(
    client: httpx.AsyncClient, family: Path, body: Any
) -> None:
    before = tree(family)
    answer = await client.post("/api/assets/sword/sprites", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"] == "Invalid sprites data"
    assert answer.json()["detail"]
    assert tree(family) == before


async def test_sprites_of_an_unknown_asset_are_404(client: httpx.AsyncClient, family: Path) -> None:
    body = {"sprites": [{"angle": 0, "imageData": PNG_URL}]}
    answer = await client.post("/api/assets/axe/sprites", json=body)
    assert (answer.status_code, answer.json()["error"]) == (404, "Asset not found")


async def test_sprites_not_sent_as_json_are_415(client: httpx.AsyncClient, family: Path) -> None:
    answer = await client.post("/api/assets/sword/sprites", data={"sprites": "x"})
    assert answer.status_code == 415


# --- the page ---


async def test_every_operation_is_described_with_its_errors(asset_app: FastAPI) -> None:
    document = asset_app.openapi()
    names = set()
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            assert operation["summary"], (verb, path)
            names.add(operation["operationId"])
    assert len(names) == sum(len(operations) for operations in document["paths"].values())
    assert "404" in document["paths"]["/api/assets/{id}"]["delete"]["responses"]
    assert json.dumps(document)


# --- metadata that no answer could carry ---


async def test_deeply_nested_metadata_is_refused_and_the_list_lives_on(
    client: httpx.AsyncClient, family: Path
) -> None:
    deep = '{"a":' * 300 + "1" + "}" * 300
    headers = {"Content-Type": "application/json"}
    body = f'{{"metadata": {deep}}}'
    answer = await client.patch("/api/assets/other", content=body, headers=headers)
    assert answer.status_code == 400
    assert "100 levels deep" in answer.json()["error"]
    make_asset(family, "by-hand", deep)
    listed = await client.get("/api/assets")
    assert listed.status_code == 200
    assert "by-hand" not in [element["id"] for element in listed.json()]
