"""What reaches OpenAI and Meshy: words, pictures, settings; and what it is known to have cost."""

import base64
from pathlib import Path
from typing import Any

import pytest

from asset_forge.wiring import hosted_folder
from tests.fakes.meshy_tasks import TaskScript
from tests.fakes.openai import FakeOpenAI
from tests.fakes.pictures import data_uri, jpeg, noisy_png, png
from tests.fakes.server import running
from tests.support.service import LiveService, live_with_fakes, preset, wait_until

MOST_REQUEST_BYTES = 10_000_000


def shape_request(service: LiveService) -> dict[str, Any]:
    (task,) = service.meshy.of_kind("image-to-3d")
    return task.body


def image_prompt(service: LiveService) -> str:
    (asked,) = service.openai.pictures_asked
    return str(asked["prompt"])


# --- settings of a shape ---


@pytest.mark.parametrize(
    ("asked", "faces", "texture", "pbr"),
    [
        ({}, 6_000, "2k", False),
        ({"quality": "standard"}, 6_000, "2k", False),
        ({"quality": "high"}, 12_000, "2k", True),
        ({"quality": "ultra"}, 20_000, "4k", True),
        ({"style": "photorealistic"}, 20_000, "4k", True),
        ({"style": "simple, cartoon"}, 6_000, "2k", False),
        ({"generationType": "avatar"}, 20_000, "4k", True),
        ({"type": "character"}, 20_000, "4k", True),
        ({"generationType": "avatar", "quality": "standard"}, 6_000, "2k", False),
    ],
)
def test_quality_decides_faces_texture_and_pbr(
    asked: dict[str, Any], faces: int, texture: str, pbr: bool, service: LiveService
) -> None:
    assert service.generate(**asked)["status"] == "completed"
    body = shape_request(service)
    assert body["target_polycount"] == faces
    assert body["texture_resolution"] == texture
    assert body["enable_pbr"] is pbr
    # Without should_remesh neither topology nor target_polycount would count.
    assert body["should_remesh"] is True
    assert body["topology"] == "triangle"
    assert body["should_texture"] is True
    assert body["ai_model"] == "meshy-7.1"
    assert service.meshy.ignored == []
    assert service.meshy.forgotten == []


def test_avatars_are_asked_for_in_a_tpose(service: LiveService) -> None:
    service.generate(generationType="avatar", quality="standard")
    assert shape_request(service)["pose_mode"] == "t-pose"
    assert "T-pose" in image_prompt(service)


def test_each_quality_can_have_a_model_of_its_own(tmp_path: Path) -> None:
    with live_with_fakes(tmp_path, meshy_model_high="meshy-6") as service:
        service.generate(name="a", quality="standard")
        service.generate(name="b", quality="high")
        models = [task.body["ai_model"] for task in service.meshy.of_kind("image-to-3d")]
    assert models == ["meshy-7.1", "meshy-6"]


def test_rig_is_asked_for_with_the_height(service: LiveService) -> None:
    last = service.generate(
        generationType="avatar", quality="standard", enableRigging=True,
        metadata={"characterHeight": 1.4},
    )  # fmt: skip
    (task,) = service.meshy.of_kind("rigging")
    assert task.body["height_meters"] == 1.4
    assert task.body["input_task_id"] == last["results"]["image3D"]["taskId"]


def test_variants_keep_mesh_and_uvs_of_their_base(service: LiveService) -> None:
    last = service.generate(materialPresets=[preset("bronze"), preset("steel")], quality="high")
    tasks = service.meshy.of_kind("retexture")
    assert len(tasks) == 2
    for task in tasks:
        assert task.body["input_task_id"] == last["results"]["image3D"]["taskId"]
        assert task.body["enable_original_uv"] is True
        assert task.body["enable_pbr"] is True
    styles = " ".join(task.body["text_style_prompt"] for task in tasks)
    assert "smooth bronze" in styles
    assert "smooth steel" in styles


# --- pictures ---


def test_concept_art_reaches_meshy_as_a_data_uri(service: LiveService) -> None:
    service.generate()
    sent = shape_request(service)["image_url"]
    head, _, encoded = sent.partition(",")
    assert head == "data:image/png;base64"
    kept = (service.root / "plain-sword" / "concept-art.png").read_bytes()
    assert base64.b64decode(encoded) == kept


def test_picture_that_is_too_large_for_a_request_is_sent_smaller(service: LiveService) -> None:
    large = noisy_png(9 * 2**20)
    last = service.generate(referenceImage={"dataUrl": data_uri(large)})
    assert last["status"] == "completed", last
    (request,) = service.meshy.seen("POST", "image-to-3d")
    assert len(request.body) < MOST_REQUEST_BYTES
    assert (service.root / "plain-sword" / "concept-art.png").read_bytes() == large


def test_picture_is_hosted_where_meshy_can_reach_it_until_the_pipeline_ends(
    tmp_path: Path,
) -> None:
    large = noisy_png(9 * 2**20)
    public = "http://8.8.8.8:8080"  # public by its number; the fake asks nobody for it
    with live_with_fakes(tmp_path, image_server_url=public) as service:
        service.meshy.script("image-to-3d", TaskScript.stuck())
        started = service.start(referenceImage={"dataUrl": data_uri(large)})
        pipeline_id = started.json()["pipelineId"]
        wait_until(lambda: bool(service.meshy.tasks))
        address, _, name = shape_request(service)["image_url"].rpartition("/")
        assert address == public
        hosted = hosted_folder(service.settings)
        assert (hosted / name).read_bytes() == large
        assert pipeline_id not in name
        service.meshy.finish(next(iter(service.meshy.tasks)))
        assert service.finish(pipeline_id)["status"] == "completed"
        wait_until(lambda: not any(hosted.iterdir()))


@pytest.mark.parametrize("content", [png(size_px=64), jpeg(size_px=64)])
def test_reference_image_as_data_url_takes_the_place_of_drawing(
    content: bytes, service: LiveService
) -> None:
    mime_type = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
    started = service.start(
        referenceImage={"source": "mine.png", "dataUrl": data_uri(content, mime_type)}
    )
    statuses = service.follow(started.json()["pipelineId"])
    last = statuses[-1]
    assert last["status"] == "completed", last
    assert service.openai.billed_images == 0
    assert last["results"]["imageGeneration"]["source"] == "user-provided"
    assert last["stages"]["imageGeneration"]["status"] == "skipped"
    assert shape_request(service)["image_url"].startswith("data:image/png;base64,")
    recorded = service.metadata("plain-sword")["generationConfig"]["referenceImage"]
    assert recorded == {"source": "mine.png"}
    drawn = [s for s in statuses if s["stages"]["imageGeneration"]["status"] == "skipped"]
    assert drawn[0]["progress"] >= 20


class _Pictures:
    """A server of one picture, which counts how often it was asked."""

    def __init__(self, content: bytes, content_type: str = "image/png") -> None:
        self.content, self.content_type = content, content_type
        self.asked = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": message["type"] + ".complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        self.asked += 1
        headers = [(b"content-type", self.content_type.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.content})


def test_reference_image_by_url_is_fetched_from_an_allowed_host(tmp_path: Path) -> None:
    pictures = _Pictures(png(size_px=48))
    with (
        running(pictures) as address,
        live_with_fakes(tmp_path, forge_fetch_allow_private=True) as service,
    ):
        last = service.generate(referenceImage={"url": f"{address}/a.png"})
        assert last["status"] == "completed", last
        assert pictures.asked == 1
        kept = (service.root / "plain-sword" / "concept-art.png").read_bytes()
    assert kept == png(size_px=48)
    assert service.openai.billed_images == 0


def test_reference_image_on_a_private_address_is_refused_before_it_is_asked(
    service: LiveService,
) -> None:
    pictures = _Pictures(png())
    with running(pictures) as address:
        answer = service.start(referenceImage={"url": f"{address}/a.png"})
    assert answer.status_code == 400
    assert "not a public address" in answer.json()["error"]
    assert pictures.asked == 0
    assert_nothing_was_paid(service)


@pytest.mark.parametrize("content", [b"<html>hello</html>", b"", png()[:200]])
def test_reference_image_by_url_that_is_no_picture_is_400(content: bytes, tmp_path: Path) -> None:
    with (
        running(_Pictures(content)) as address,
        live_with_fakes(tmp_path, forge_fetch_allow_private=True) as service,
    ):
        answer = service.start(referenceImage={"url": f"{address}/a.png"})
        assert answer.status_code == 400, answer.text
        assert_nothing_was_paid(service)
        assert not (service.root / "plain-sword").exists()


# --- words ---


def test_styles_and_custom_prompts_reach_the_image_prompt(service: LiveService) -> None:
    service.generate(
        style="heavy outlines",
        customPrompts={"gameStyle": "woodcut of 1500", "assetType": "seen from above"},
    )
    prompt = image_prompt(service)
    for wanted in ("heavy outlines", "woodcut of 1500", "seen from above", "a plain iron sword"):
        assert wanted in prompt
    assert "{" not in prompt


def test_prompts_in_metadata_reach_the_image_prompt(service: LiveService) -> None:
    service.generate(
        metadata={
            "gameStyle": "generic",
            "customGamePrompt": "stained glass",
            "customAssetTypePrompt": "one blade alone",
        }
    )
    assert "stained glass" in image_prompt(service)
    assert "one blade alone" in image_prompt(service)


def test_game_style_by_name_is_the_text_of_its_prompt_file(service: LiveService) -> None:
    styles = service.client.get("/api/prompts/game-styles").json()
    styles["custom"] = {"ink": {"name": "Ink", "base": "black ink on rough paper"}}
    assert service.client.post("/api/prompts/game-styles", json=styles).is_success
    service.generate(name="a", metadata={"gameStyle": "ink"})
    service.generate(name="b", metadata={"gameStyle": "runescape"})
    first, second = (asked["prompt"] for asked in service.openai.pictures_asked)
    assert "black ink on rough paper" in first
    assert styles["default"]["runescape"]["base"] in second


def test_armor_pieces_and_poses_reach_the_image_prompt(service: LiveService) -> None:
    poses = service.client.get("/api/prompts/generation").json()["posePrompts"]["armor"]
    service.generate(name="a", type="armor", subtype="chest")
    service.generate(name="b", type="armor", subtype="helmet")
    first, second = (asked["prompt"] for asked in service.openai.pictures_asked)
    assert poses["chest"].rstrip(".") in first
    assert poses["generic"].rstrip(".") in second


def test_written_prompt_is_what_is_drawn(service: LiveService) -> None:
    service.openai.say("A blade of cold iron with a straight guard")
    last = service.generate()
    assert "A blade of cold iron" in image_prompt(service)
    said = last["results"]["promptOptimization"]
    assert said["optimizedPrompt"] == "A blade of cold iron with a straight guard"
    assert said["originalPrompt"] == "a plain iron sword"
    assert service.metadata("plain-sword")["detailedPrompt"] == image_prompt(service)


def test_enhancement_can_be_left_out(service: LiveService) -> None:
    last = service.generate(metadata={"useGPT4Enhancement": False})
    assert last["stages"]["promptOptimization"]["status"] == "skipped"
    assert service.openai.chats == []
    assert "a plain iron sword" in image_prompt(service)


# --- cost ---


def test_costs_are_kept_by_stage(service: LiveService) -> None:
    last = service.generate(materialPresets=[preset("bronze")])
    results = last["results"]
    assert results["promptOptimization"]["cost"]["usage"]["total_tokens"] > 0
    assert results["imageGeneration"]["cost"]["usage"]["output_tokens"] > 0
    shape, paint = (service.meshy.of_kind(kind)[0].credits for kind in ("image-to-3d", "retexture"))
    assert results["image3D"]["cost"]["credits"] == shape
    assert results["textureGeneration"]["variants"][0]["cost"]["credits"] == paint
    costs = service.metadata("plain-sword")["cost"]
    assert costs["image3D"]["credits"] == shape
    assert service.metadata("plain-sword-bronze")["cost"]["credits"] == paint


def assert_nothing_was_paid(service: LiveService) -> None:
    assert service.openai.billed_images == 0
    assert service.openai.billed_chats == 0
    assert not service.meshy.created


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"assetId": "../x"},
        {"quality": "best"},
        {"materialPresets": [{"id": "x"}]},
        {"riggingOptions": {"heightMeters": -1}},
        {"referenceImage": {"dataUrl": "data:image/png;base64,AAAA"}},
        {"provider": "greybox"},
    ],
)
def test_refused_request_costs_nothing(wrong: dict[str, Any], service: LiveService) -> None:
    answer = service.start(**wrong)
    assert answer.status_code in (400, 503), answer.text
    assert_nothing_was_paid(service)
    assert service.openai.requests == []
    assert service.meshy.requests == []


# --- servers that only resemble OpenAI ---


def test_compatible_server_is_asked_in_the_way_it_understands(tmp_path: Path) -> None:
    compatible = FakeOpenAI.compatible()
    with live_with_fakes(
        tmp_path,
        openai=compatible,
        openai_api_key="",
        openai_text_model="local-words",
        openai_image_model="local-pictures",
    ) as service:
        for name in ("a", "b"):
            last = service.generate(name=name)
            assert last["status"] == "completed", last
            assert last["results"]["promptOptimization"]["model"] == "local-words"
    assert compatible.billed_chats == 2
    assert compatible.billed_images == 2
    # What was learnt from the refusals of the first run is not asked again.
    refused_first = len(compatible.chats) - 2
    assert refused_first >= 1
    assert not set(compatible.chats[-1]) & set(compatible.refuses)
    assert all(request.bearer is None for request in compatible.requests)
