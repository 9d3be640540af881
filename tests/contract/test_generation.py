"""One suite for every maker: an item with variants and sprites, an avatar with a rig."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.case import ANY, assert_has
from tests.contract.made import AVATAR, ITEM, Made, make
from tests.fakes.models import document_of
from tests.support.gltf_validator import assert_valid_glb
from tests.support.service import live_with_fakes, preset

# Materials with a normal map may leave tangents to the program that shows them.
ALLOWED_WARNINGS = ("MESH_PRIMITIVE_GENERATED_TANGENT_SPACE",)
MOST_STATUS_BYTES = 10 * 1024
PIPELINE_ID = re.compile(r"pipeline-\d{13}-[0-9a-z]{9}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
STAGE_STATES = {"pending", "processing", "completed", "failed", "skipped"}
PROGRESS_AFTER = {
    "promptOptimization": 10,
    "imageGeneration": 25,
    "image3D": 50,
    "textureGeneration": 75,
    "rigging": 85,
    "spriteGeneration": 95,
}


@pytest.fixture(scope="module", params=["greybox", "outside"])
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Made]:
    if request.param == "greybox":
        yield make("greybox", request.getfixturevalue("greybox"))
    else:
        with live_with_fakes(tmp_path_factory.mktemp("outside"), instead={}) as service:
            yield make("outside", service)


# --- the status ---


def test_item_ends_completed_with_every_stage(made: Made) -> None:
    last = made.item[-1]
    assert last["status"] == "completed", last
    assert last["progress"] == 100
    assert last["createdAt"] < last["completedAt"]
    assert "error" not in last
    assert {name: stage["status"] for name, stage in last["stages"].items()} == dict.fromkeys(
        ("textInput", "promptOptimization", "imageGeneration", "image3D", "textureGeneration",
         "spriteGeneration"), "completed"
    )  # fmt: skip


def test_ids_and_times_are_written_as_clients_expect(made: Made) -> None:
    metadata = made.service.metadata(ITEM)
    sprites = json.loads((made.service.root / ITEM / "sprite-metadata.json").read_bytes())
    times = [made.item[-1][key] for key in ("createdAt", "completedAt")]
    times += [metadata[key] for key in ("generatedAt", "completedAt", "updatedAt")]
    times += [metadata["lastSpriteGeneration"], sprites["generatedAt"]]
    times += [made.client.get("/api/health").json()["timestamp"]]
    assert all(TIME.fullmatch(time) for time in times), times
    for status in (made.item[-1], made.avatar[-1]):
        assert PIPELINE_ID.fullmatch(status["id"])


def test_results_have_the_shape_that_clients_read(made: Made) -> None:
    by_outside = made.maker == "outside"
    assert_has(
        made.item[-1]["results"],
        {
            "promptOptimization": {
                "originalPrompt": "polished steel longsword with a leather grip",
                "optimizedPrompt": ANY,
                "model": "gpt-6-luna" if by_outside else "template",
                "keywords": ANY,
            },
            "imageGeneration": {
                "imageUrl": f"/api/assets/{ITEM}/concept-art.png",
                "prompt": ANY,
                "metadata": {"model": ANY, "resolution": ANY, "quality": ANY, "timestamp": ANY},
            },
            "image3D": {
                "taskId": ANY,
                "modelUrl": f"/api/assets/{ITEM}/model",
                "polycount": ANY,
                "localPath": f"gdd-assets/{ITEM}/{ITEM}.glb",
            },
            "textureGeneration": {
                "variants": [
                    {
                        "id": material,
                        "name": material.title(),
                        "modelUrl": f"/api/assets/{ITEM}-{material}/model",
                        "success": True,
                    }
                    for material in made.materials
                ],
                "totalVariants": len(made.materials),
            },
            "spriteGeneration": {
                "status": "completed",
                "sprites": [
                    {"angle": angle, "imageUrl": f"/api/assets/{ITEM}/sprites/{angle:g}deg.png"}
                    for angle in (0.0, 90.0, 180.0, 270.0)
                ],
            },
        },
    )


def test_status_is_small_and_holds_no_picture(made: Made) -> None:
    for status in (*made.item, *made.avatar):
        text = json.dumps(status)
        assert len(text) < MOST_STATUS_BYTES
        assert "base64" not in text
        assert "iVBOR" not in text


def test_stages_are_objects_from_the_first_status_on(made: Made) -> None:
    first = made.item[0]
    assert list(first["stages"]) == [
        "textInput", "promptOptimization", "imageGeneration", "image3D", "textureGeneration",
        "spriteGeneration",
    ]  # fmt: skip
    assert first["stages"]["textInput"] == {
        "status": "completed",
        "progress": 100,
        "result": {"description": "polished steel longsword with a leather grip"},
    }
    for status in (*made.item, *made.avatar):
        for stage in status["stages"].values():
            assert stage["status"] in STAGE_STATES
            assert 0 <= stage["progress"] <= 100
            assert set(stage) <= {"status", "progress", "result", "error", "cost"}


def test_progress_only_grows_and_reaches_the_milestones(made: Made) -> None:
    for statuses in (made.item, made.avatar):
        shown = [status["progress"] for status in statuses]
        assert shown == sorted(shown)
        for status in statuses:
            for name, milestone in PROGRESS_AFTER.items():
                stage = status["stages"].get(name)
                if stage and stage["status"] in ("completed", "skipped"):
                    assert status["progress"] >= milestone, (name, status["progress"])


def test_statuses_only_go_forward(made: Made) -> None:
    order = ["initializing", "processing", "completed"]
    for statuses in (made.item, made.avatar):
        places = [order.index(status["status"]) for status in statuses]
        assert places == sorted(places)


# --- what lies on disk, and how it is served ---


def test_base_metadata_has_all_its_keys(made: Made) -> None:
    metadata = made.service.metadata(ITEM)
    by_outside = made.maker == "outside"
    assert_has(
        metadata,
        {
            "name": ITEM,
            "displayName": "Polished Steel Longsword",
            "gameId": ITEM,
            "type": "weapon",
            "subtype": "sword",
            "description": "polished steel longsword with a leather grip",
            "detailedPrompt": ANY,
            "generatedAt": ANY,
            "completedAt": ANY,
            "isBaseModel": True,
            "materialVariants": made.materials,
            "isPlaceholder": not by_outside,
            "hasModel": True,
            "hasConceptArt": True,
            "modelPath": f"{ITEM}.glb",
            "conceptArtUrl": "./concept-art.png",
            "gddCompliant": True,
            "workflow": ANY,
            "meshyTaskId": ANY if by_outside else None,
            "meshyStatus": "completed" if by_outside else None,
            "variants": ANY,
            "variantCount": len(made.materials),
            "lastVariantGenerated": ANY,
            "updatedAt": ANY,
            "normalized": ANY,
            "dimensions": {"width": ANY, "height": ANY, "depth": ANY},
            "quality": "standard",
            "generationConfig": {"name": "Polished Steel Longsword", "user": {"team": "one"}},
        },
    )
    assert sorted(metadata["variants"]) == sorted(made.variants)
    assert metadata["lastVariantGenerated"] in made.variants
    assert ("greybox" in metadata["workflow"]) is not by_outside
    assert all(size > 0 for size in metadata["dimensions"].values())


def test_variant_metadata_has_all_its_keys(made: Made) -> None:
    base = made.service.metadata(ITEM)
    for material, variant_id in zip(made.materials, made.variants, strict=True):
        metadata = made.service.metadata(variant_id)
        assert_has(
            metadata,
            {
                "id": variant_id,
                "gameId": variant_id,
                "name": variant_id,
                "type": "weapon",
                "subtype": "sword",
                "isBaseModel": False,
                "isVariant": True,
                "parentBaseModel": ITEM,
                "materialPreset": {
                    key: preset(material)[key]
                    for key in ("id", "displayName", "category", "tier", "color", "stylePrompt")
                },
                "workflow": ANY,
                "baseModelTaskId": base["meshyTaskId"] or ANY,
                "retextureTaskId": ANY,
                "retextureStatus": "completed",
                "modelPath": f"{variant_id}.glb",
                "conceptArtPath": ANY,
                "hasModel": True,
                "hasConceptArt": True,
                "generatedAt": ANY,
                "completedAt": ANY,
                "description": ANY,
                "isPlaceholder": made.maker == "greybox",
                "gddCompliant": True,
            },
        )


def test_avatar_is_rigged_and_its_metadata_says_so(made: Made) -> None:
    last = made.avatar[-1]
    assert last["status"] == "completed", last
    assert last["stages"]["rigging"]["status"] == "completed", last["stages"]["rigging"]
    assert last["stages"]["textureGeneration"]["status"] == "skipped"
    clips = {
        "walking": "animations/walking.glb",
        "running": "animations/running.glb",
        "tpose": "t-pose.glb",
    }
    assert_has(
        last["results"]["rigging"],
        {
            "taskId": ANY,
            "animations": clips,
            "localPath": f"gdd-assets/{AVATAR}/{AVATAR}_rigged.glb",
        },
    )
    assert_has(
        made.service.metadata(AVATAR),
        {
            "isRigged": True,
            "riggingTaskId": ANY,
            "riggingStatus": "completed",
            "rigType": "humanoid-standard",
            "characterHeight": 1.82,
            "animations": {"basic": clips},
            "riggedModelPath": f"{AVATAR}_rigged.glb",
            "tposeModelPath": "t-pose.glb",
            "supportsAnimation": True,
            "animationCompatibility": ANY,
        },
    )


def test_avatar_stands_as_tall_as_was_asked(made: Made) -> None:
    metadata = made.service.metadata(AVATAR)
    assert metadata["normalized"] is True
    assert metadata["dimensions"]["height"] == pytest.approx(1.82, abs=0.02)


def test_animations_move_and_the_tpose_does_not(made: Made) -> None:
    clips: dict[str, Any] = {}
    for path in ("animations/walking.glb", "animations/running.glb", "t-pose.glb"):
        document = document_of((made.service.root / AVATAR / path).read_bytes())
        assert document["skins"], path
        clips[path] = document.get("animations", [])
    assert clips["animations/walking.glb"]
    assert clips["animations/running.glb"]
    assert clips["t-pose.glb"] == []


def test_model_of_a_rigged_character_is_the_rigged_one(made: Made) -> None:
    answer = made.client.get(f"/api/assets/{AVATAR}/model")
    assert answer.content == (made.service.root / AVATAR / f"{AVATAR}_rigged.glb").read_bytes()


def test_head_of_a_model_tells_the_length_that_get_sends(made: Made) -> None:
    for asset_id in (ITEM, AVATAR, *made.variants):
        head = made.client.head(f"/api/assets/{asset_id}/model")
        content = made.client.get(f"/api/assets/{asset_id}/model").content
        assert head.headers["content-type"] == "model/gltf-binary"
        assert int(head.headers["content-length"]) == len(content) > 0


def test_pictures_that_are_named_can_be_fetched(made: Made) -> None:
    results = made.item[-1]["results"]
    urls = [results["imageGeneration"]["imageUrl"]]
    urls += [sprite["imageUrl"] for sprite in results["spriteGeneration"]["sprites"]]
    urls += [f"/api/assets/{variant_id}/concept-art.png" for variant_id in made.variants]
    urls += [f"/api/generation/pipeline/{made.item[-1]['id']}/concept-art.png"]
    for url in urls:
        answer = made.client.get(url)
        assert answer.status_code == 200, url
        assert answer.headers["content-type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")


def test_sprites_are_recorded(made: Made) -> None:
    config = {"angles": 4, "resolution": 64, "backgroundColor": "#336699"}
    assert_has(
        made.service.metadata(ITEM),
        {
            "hasSpriteSheet": True,
            "spriteCount": 4,
            "spriteConfig": config,
            "lastSpriteGeneration": ANY,
        },
    )
    written = json.loads((made.service.root / ITEM / "sprite-metadata.json").read_bytes())
    assert_has(
        written,
        {
            "assetId": ITEM,
            "config": config,
            "angles": ANY,
            "spriteCount": 4,
            "status": "completed",
            "generatedAt": ANY,
        },
    )
    assert written["angles"] == [0, 90, 180, 270]


def test_list_shows_base_and_variants(made: Made) -> None:
    listed = {asset["id"]: asset for asset in made.client.get("/api/assets").json()}
    for asset_id in (ITEM, AVATAR, *made.variants):
        assert listed[asset_id]["hasModel"] is True
        assert listed[asset_id]["conceptArtUrl"]
    assert listed[ITEM]["modelUrl"] == f"/api/assets/{ITEM}/model"


def test_every_glb_is_valid(made: Made) -> None:
    found = made.glbs()
    assert len(found) == 2 + len(made.variants) + 6
    for name in found:
        assert_valid_glb((made.service.root / name).read_bytes(), allowed=ALLOWED_WARNINGS)


# --- afterwards ---


def test_same_asset_again_is_409_and_costs_nothing(made: Made) -> None:
    images, created = made.service.openai.billed_images, sum(made.service.meshy.created.values())
    again = made.service.start(name="Polished Steel Longsword")
    assert again.status_code == 409
    assert "overwrite" in again.json()["error"]
    assert made.service.openai.billed_images == images
    assert sum(made.service.meshy.created.values()) == created


def test_retexture_answers_when_the_variant_is_on_disk(made: Made) -> None:
    answer = made.client.post(
        "/api/retexture",
        json={
            "baseAssetId": ITEM,
            "materialPreset": preset("wood", category="wood"),
            "outputName": f"wooden-{made.maker}",
        },
    )
    assert answer.status_code == 200, answer.text
    maker = "Meshy AI" if made.maker == "outside" else "greybox, the built-in maker"
    assert answer.json()["message"] == f"Asset retextured successfully using {maker}"
    assert answer.json()["asset"] == made.service.metadata(f"wooden-{made.maker}")
    assert f"wooden-{made.maker}" in made.service.metadata(ITEM)["variants"]
    assert_valid_glb(made.client.get(answer.json()["modelUrl"]).content, allowed=ALLOWED_WARNINGS)


def test_regenerate_makes_a_new_model_and_keeps_the_variants(made: Made) -> None:
    before = made.service.metadata(ITEM)
    answer = made.client.post(f"/api/regenerate-base/{ITEM}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["asset"]["completedAt"] == before["completedAt"]
    last = made.service.finish(answer.json()["pipelineId"])
    assert last["status"] == "completed", last
    after = made.service.metadata(ITEM)
    assert after["completedAt"] > before["completedAt"]
    assert set(before["variants"]) <= set(after["variants"])
    assert after["providerTaskId"] != before["providerTaskId"]
    assert_valid_glb(made.client.get(f"/api/assets/{ITEM}/model").content, allowed=ALLOWED_WARNINGS)
