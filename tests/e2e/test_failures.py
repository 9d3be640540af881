"""Every way a pipeline can fail, with the maker's words in the answer and nothing paid twice."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asset_forge.errors import Refused
from tests.fakes import faults, meshy_faults, openai_faults
from tests.fakes.faults import Fault
from tests.fakes.meshy_tasks import TaskScript
from tests.fakes.pictures import data_uri, png
from tests.fakes.workers import Work, quick_renderers
from tests.support.gltf_validator import assert_valid_glb
from tests.support.service import Json, LiveService, live_with_fakes, preset

CREATE = "POST /openapi/v1/image-to-3d"
LOOK = "GET /openapi/v1/image-to-3d/"
RETEXTURE = "POST /openapi/v1/retexture"
DRAW = "POST /v1/images/generations"
CHAT = "POST /v1/chat/completions"
FILE = "GET /files/"
TOO_COMPLEX = "The input image is too complex."


def states(status: Json) -> dict[str, str]:
    return {name: stage["status"] for name, stage in status["stages"].items()}


def assert_failed(status: Json, stage: str, *said: str) -> None:
    """Hold a status against an essential stage that failed with these words."""
    assert status["status"] == "failed", status
    assert status["completedAt"]
    found = states(status)
    assert found[stage] == "failed"
    assert status["stages"][stage]["error"] == status["error"]
    for words in said:
        assert words in status["error"]
    later = list(found)[list(found).index(stage) + 1 :]
    assert {found[name] for name in later} <= {"pending"}


# --- words and pictures ---


@pytest.mark.parametrize(
    "fault",
    [
        openai_faults.server_error(),
        openai_faults.insufficient_quota(),
        openai_faults.invalid_key(),
        openai_faults.ok_with_error(),
        faults.dropped(),
        faults.garbage(),
        faults.html_page(),
        faults.truncated(),
    ],
    ids=["500", "quota", "key", "error in 200", "dropped", "garbage", "html", "truncated"],
)
def test_failing_enhancement_falls_back_to_the_template(fault: Fault, service: LiveService) -> None:
    service.openai.faults.add(fault, on=CHAT, times=10)
    last = service.generate()
    assert last["status"] == "completed"
    stage = last["stages"]["promptOptimization"]
    assert stage["status"] == "completed"
    assert stage["result"]["model"] == "template"
    assert stage["result"]["error"]
    assert "a plain iron sword" in stage["result"]["optimizedPrompt"]
    assert "sk-fake" not in str(last)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (openai_faults.moderation_blocked(), "rejected by the safety system"),
        (openai_faults.organization_not_verified(), "organization must be verified"),
        (openai_faults.insufficient_quota(), "exceeded your current quota"),
        (openai_faults.server_error(work_done=True), "had an error"),
        (openai_faults.invalid_key(), "OPENAI_API_KEY"),
        (faults.dropped(work_done=True), "openai"),
        (faults.html_page(), ""),
        (faults.garbage(work_done=True), ""),
    ],
    ids=["moderation", "unverified", "quota", "500", "key", "dropped", "html", "garbage"],
)
def test_failing_picture_fails_the_pipeline_and_is_not_asked_for_again(
    fault: Fault, said: str, service: LiveService
) -> None:
    service.openai.faults.add(fault, on=DRAW)
    last = service.generate(materialPresets=[preset("bronze")], enableSprites=True)
    assert_failed(last, "imageGeneration")
    assert said.lower() in last["error"].lower()
    assert len(service.openai.pictures_asked) == 1
    assert service.openai.billed_images <= 1
    assert not service.meshy.created
    assert not (service.root / "plain-sword").exists()


def test_limited_rate_of_pictures_is_waited_out(service: LiveService) -> None:
    service.openai.faults.add(openai_faults.rate_limited(0.01), on=DRAW)
    assert service.generate()["status"] == "completed"
    assert service.openai.billed_images == 1


# --- shapes ---


def test_failing_shape_fails_the_pipeline_in_meshys_words(service: LiveService) -> None:
    service.meshy.script("image-to-3d", TaskScript.failing(TOO_COMPLEX))
    last = service.generate(
        materialPresets=[preset("bronze")], enableSprites=True, generationType="avatar",
        quality="standard", enableRigging=True,
    )  # fmt: skip
    assert_failed(last, "image3D", TOO_COMPLEX)
    assert not (service.root / "plain-sword").exists()
    assert service.client.get("/api/assets").json() == []
    # The id is free again, and what failed has not blocked anything.
    assert service.generate()["status"] == "completed"


@pytest.mark.parametrize("ends", ["CANCELED", "EXPIRED"])
def test_task_that_ends_otherwise_fails_the_pipeline(ends: str, service: LiveService) -> None:
    service.meshy.script("image-to-3d", TaskScript.done_at_poll(2, ends=ends))
    assert_failed(service.generate(), "image3D", "meshy")


def test_used_up_credits_fail_the_pipeline(service: LiveService) -> None:
    service.meshy.credits = 3
    last = service.generate()
    assert_failed(last, "image3D", "Insufficient funds")
    assert service.meshy.credits == 3


def test_refused_key_names_its_variable(service: LiveService) -> None:
    service.meshy.faults.add(meshy_faults.invalid_key(), on=CREATE)
    last = service.generate()
    assert_failed(last, "image3D", "MESHY_API_KEY")
    assert "msy_fake" not in str(last)


@pytest.mark.parametrize(
    "fault",
    [
        faults.dropped(work_done=True),
        meshy_faults.server_error(work_done=True),
        meshy_faults.server_error(504, work_done=True),
        faults.truncated(),
        faults.garbage(work_done=True),
        faults.html_page(502, work_done=True),
    ],
    ids=["dropped", "500", "504", "truncated", "garbage", "html"],
)
@pytest.mark.parametrize("wraps_lists", [False, True])
def test_lost_answer_to_a_create_is_found_in_the_list_and_not_bought_again(
    fault: Fault, wraps_lists: bool, service: LiveService
) -> None:
    service.meshy.wraps_lists = wraps_lists
    service.meshy.faults.add(fault, on=CREATE)
    last = service.generate()
    assert last["status"] == "completed", last
    assert service.meshy.created == {"image-to-3d": 1}
    assert len(service.meshy.seen("POST", "image-to-3d")) == 1


@pytest.mark.parametrize(
    "fault", [faults.dropped(), meshy_faults.server_error()], ids=["dropped", "500"]
)
def test_create_without_answer_or_task_fails_and_is_not_sent_again(
    fault: Fault, service: LiveService
) -> None:
    service.meshy.faults.add(fault, on=CREATE)
    assert_failed(service.generate(), "image3D")
    assert len(service.meshy.seen("POST", "image-to-3d")) == 1


def test_limited_rate_of_creates_is_waited_out(service: LiveService) -> None:
    service.meshy.faults.add(meshy_faults.rate_limited(0), on=CREATE)
    service.meshy.faults.add(meshy_faults.queue_full(), on=CREATE)
    assert service.generate()["status"] == "completed"
    assert service.meshy.created == {"image-to-3d": 1}


def test_failing_polls_are_tolerated(service: LiveService) -> None:
    service.meshy.faults.add(faults.dropped(), on=LOOK)
    service.meshy.faults.add(faults.garbage(), on=LOOK)
    service.meshy.faults.add(faults.html_page(502), on=LOOK)
    assert service.generate()["status"] == "completed"
    assert service.meshy.created == {"image-to-3d": 1}


def test_task_past_its_deadline_fails_the_pipeline(tmp_path: Path) -> None:
    with live_with_fakes(tmp_path, meshy_timeout_standard_ms=60) as service:
        service.meshy.script("image-to-3d", TaskScript.stuck())
        assert_failed(service.generate(), "image3D", "did not finish", "0.06 s")


# --- downloads ---


@pytest.mark.parametrize(
    "fault",
    [faults.truncated(), faults.dropped(), meshy_faults.server_error()],
    ids=["truncated", "dropped", "500"],
)
def test_broken_download_is_repeated(fault: Fault, service: LiveService) -> None:
    service.meshy.faults.add(fault, on=FILE)
    assert service.generate()["status"] == "completed"
    assert service.meshy.created == {"image-to-3d": 1}
    assert_valid_glb((service.root / "plain-sword" / "plain-sword.glb").read_bytes())


def test_expired_address_of_a_result_is_asked_for_anew(service: LiveService) -> None:
    service.meshy.faults.add(faults.status(403, b"<Error/>", content_type="text/xml"), on=FILE)
    assert service.generate()["status"] == "completed"
    assert service.meshy.created == {"image-to-3d": 1}


@pytest.mark.parametrize(
    "fault",
    [
        faults.html_page(),
        faults.status(200, b"", content_type="model/gltf-binary"),
        faults.status(200, b"glTF\x02\0\0\0\x10\0\0\0junk", content_type="model/gltf-binary"),
        faults.claimed_size(),
        faults.redirected("http://169.254.169.254/latest/meta-data"),
    ],
    ids=["html", "empty", "broken", "huge", "redirected inside"],
)
def test_download_that_is_no_model_fails_the_pipeline_and_shows_nothing(
    fault: Fault, service: LiveService
) -> None:
    service.meshy.faults.add(fault, on=FILE, times=20)
    last = service.generate()
    assert_failed(last, "image3D")
    assert not (service.root / "plain-sword").exists()
    assert service.meshy.created == {"image-to-3d": 1}


# --- variants, rig, sprites ---


def test_one_failing_variant_leaves_stage_and_pipeline_completed(service: LiveService) -> None:
    service.meshy.faults.add(meshy_faults.refused(400, "text_style_prompt is odd"), on=RETEXTURE)
    last = service.generate(materialPresets=[preset(p) for p in ("bronze", "steel", "mithril")])
    assert last["status"] == "completed"
    assert states(last)["textureGeneration"] == "completed"
    result = last["results"]["textureGeneration"]
    assert result["totalVariants"] == 2
    assert [variant["id"] for variant in result["variants"]] == ["bronze", "steel", "mithril"]
    (failed,) = [variant for variant in result["variants"] if not variant["success"]]
    assert "text_style_prompt is odd" in failed["error"]
    assert not (service.root / f"plain-sword-{failed['id']}").exists()
    assert service.metadata("plain-sword")["variantCount"] == 2


def test_all_variants_failing_fail_the_stage_alone(service: LiveService) -> None:
    service.meshy.script("retexture", TaskScript.failing("No texture was made."), times=2)
    last = service.generate(materialPresets=[preset("bronze"), preset("steel")], enableSprites=True)
    assert last["status"] == "completed"
    assert last["progress"] == 100
    assert states(last)["textureGeneration"] == "failed"
    assert states(last)["spriteGeneration"] == "completed"
    assert "No texture was made." in last["stages"]["textureGeneration"]["error"]
    result = last["results"]["textureGeneration"]
    assert result["totalVariants"] == 0
    assert [variant["success"] for variant in result["variants"]] == [False, False]


@pytest.mark.parametrize("by_task", [True, False], ids=["task fails", "pose refused"])
def test_failing_rig_fails_its_stage_alone_and_is_recorded(
    by_task: bool, service: LiveService
) -> None:
    if by_task:
        service.meshy.script("rigging", TaskScript.failing("Pose estimation failed"))
    else:
        service.meshy.pose_fails = True
    last = service.generate(
        type="character", quality="standard", enableRigging=True, enableSprites=True
    )
    assert last["status"] == "completed"
    assert states(last)["rigging"] == "failed"
    assert states(last)["spriteGeneration"] == "completed"
    assert "Pose estimation failed" in last["stages"]["rigging"]["error"]
    metadata = service.metadata("plain-sword")
    assert metadata["isRigged"] is False
    assert metadata["riggingStatus"] == "failed"
    assert metadata["riggingAttempted"] is True
    assert "Pose estimation failed" in metadata["riggingError"]
    assert service.client.get("/api/assets/plain-sword/model").is_success


def test_only_avatars_are_rigged(service: LiveService) -> None:
    last = service.generate(enableRigging=True)
    assert states(last)["rigging"] == "skipped"
    assert service.meshy.created == {"image-to-3d": 1}


def _refuse(*_: Any) -> None:
    raise Refused("The worker process died: sprites")


def _break(*_: Any) -> None:
    raise ZeroDivisionError("a secret of the code")


@pytest.mark.parametrize("render", [_refuse, _break])
def test_failing_sprites_fail_their_stage_alone(
    render: Callable[..., None], tmp_path: Path
) -> None:
    instead = {**quick_renderers(), "render_sprite_files": render}
    with live_with_fakes(tmp_path, instead=instead) as service:
        last = service.generate(enableSprites=True)
        assert last["status"] == "completed"
        assert states(last)["spriteGeneration"] == "failed"
        assert "secret" not in str(last)
        assert "hasSpriteSheet" not in service.metadata("plain-sword")
        assert not (service.root / "plain-sword" / "sprites").exists()


# --- what is busy, what is replaced ---


class Gate:
    """Holds work in a worker until it is opened."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self, source: str, destination: str, size_px: int) -> None:
        self.reached.set()
        assert self.open.wait(60)
        quick_renderers()["render_concept_file"](source, destination, size_px)


def test_asset_that_a_pipeline_needs_cannot_be_changed_meanwhile(tmp_path: Path) -> None:
    gate = Gate()
    instead: dict[str, Work] = {**quick_renderers(), "render_concept_file": gate}
    with live_with_fakes(tmp_path, instead=instead) as service:
        started = service.start(materialPresets=[preset("bronze")])
        assert gate.reached.wait(60)
        client, url = service.client, "/api/assets/plain-sword"
        refused = [
            client.delete(url),
            client.patch(url, json={"name": "other"}),
            service.start(),
            service.start(overwrite=True),
            client.post("/api/regenerate-base/plain-sword"),
            client.post(
                "/api/retexture",
                json={"baseAssetId": "plain-sword", "materialPreset": preset("bronze")},
            ),
        ]
        assert [answer.status_code for answer in refused] == [409] * len(refused)
        assert client.patch(url, json={"metadata": {"note": 1}}).is_success
        gate.open.set()
        assert service.finish(started.json()["pipelineId"])["status"] == "completed"
        assert service.metadata("plain-sword")["note"] == 1
        assert client.delete(f"{url}?includeVariants=true").is_success


def test_failed_regenerate_keeps_the_old_model(service: LiveService) -> None:
    service.generate(enableSprites=True)
    before = {
        path.name: path.read_bytes() for path in (service.root / "plain-sword").rglob("*.*")
        if path.is_file()
    }  # fmt: skip
    service.meshy.script("image-to-3d", TaskScript.failing(TOO_COMPLEX))
    answer = service.client.post("/api/regenerate-base/plain-sword")
    assert answer.status_code == 200
    last = service.finish(answer.json()["pipelineId"])
    assert_failed(last, "image3D", TOO_COMPLEX)
    after = {
        path.name: path.read_bytes() for path in (service.root / "plain-sword").rglob("*.*")
        if path.is_file()
    }  # fmt: skip
    assert after == before


def test_regenerate_of_a_reference_image_uses_it_again(service: LiveService) -> None:
    service.generate(referenceImage={"dataUrl": data_uri(png(size_px=40))})
    answer = service.client.post("/api/regenerate-base/plain-sword")
    assert service.finish(answer.json()["pipelineId"])["status"] == "completed"
    first, second = (task.body["image_url"] for task in service.meshy.of_kind("image-to-3d"))
    assert first == second
    assert service.openai.billed_images == 0


def test_queue_of_one_task_is_never_overrun(tmp_path: Path) -> None:
    with live_with_fakes(tmp_path, forge_meshy_queue=1) as service:
        service.meshy.max_queued = 1
        last = service.generate(materialPresets=[preset(p) for p in ("a", "b", "c", "d")])
        assert last["results"]["textureGeneration"]["totalVariants"] == 4
        assert len(service.meshy.seen("POST", "retexture")) == 4


def test_many_pipelines_at_once_all_end(tmp_path: Path) -> None:
    with live_with_fakes(tmp_path, forge_max_active=3) as service:
        ids = [service.start(name=f"Sword {n}").json()["pipelineId"] for n in range(10)]
        assert {service.finish(each)["status"] for each in ids} == {"completed"}
        assert service.meshy.created == {"image-to-3d": 10}
        assert len(service.client.get("/api/assets").json()) == 10
