"""Trouble with a maker as callers of the waiting endpoints see it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from asset_forge.app import create_app
from asset_forge.settings import OPENAI_URL
from tests.contract.case import assert_error, assert_has
from tests.fakes import faults, meshy_faults, openai_faults
from tests.fakes.faults import Fault
from tests.fakes.meshy_tasks import TaskScript
from tests.fakes.models import textured_box
from tests.fakes.openai import FakeOpenAI
from tests.fakes.pictures import data_uri, png
from tests.support.assets import make_asset
from tests.support.service import (
    LiveService,
    live,
    live_with_fakes,
    opened,
    preset,
    quick,
    settings_for,
    words,
    workers_are,
)

CREATE = "POST /openapi/v1/retexture"
CHAT = "POST /v1/chat/completions"
PICTURE = data_uri(png(size_px=64))
GRIP, ORIENTATION = "/api/weapon-handle-detect", "/api/weapon-orientation-detect"


def retexture(service: LiveService, **fields: Any) -> httpx.Response:
    body = {"baseAssetId": "plain-sword", "materialPreset": preset("bronze"), **fields}
    return service.client.post("/api/retexture", json=body)


@pytest.fixture
def based(service: LiveService) -> LiveService:
    """A service with a base that Meshy made."""
    assert service.generate()["status"] == "completed"
    return service


# --- retexture ---


@pytest.mark.parametrize(
    ("fault", "status", "code", "said", "may_have_charged"),
    [
        (meshy_faults.no_credits(), 402, "credits_used_up", "Insufficient funds", False),
        (meshy_faults.rate_limited(1), 429, "provider_rate_limited", "RateLimitExceeded", False),
        (meshy_faults.server_error(), 502, None, "Internal Server Error", True),
        (meshy_faults.refused(400, "no such thing"), 502, None, "no such thing", False),
        (meshy_faults.invalid_key(), 502, None, "MESHY_API_KEY", False),
        (faults.dropped(), 502, "provider_unreachable", "", True),
    ],
    ids=["402", "429", "500", "400", "401", "dropped"],
)
def test_refused_create_is_answered_with_what_meshy_said(
    fault: Fault,
    status: int,
    code: str | None,
    said: str,
    may_have_charged: bool,
    based: LiveService,
) -> None:
    based.meshy.faults.add(fault, on=CREATE, times=20)
    answer = retexture(based)
    assert answer.status_code == status, answer.text
    body = assert_error(answer)
    assert code in (None, body["code"])
    assert said in body["error"]
    assert body["mayHaveCharged"] is may_have_charged
    assert isinstance(body["retryable"], bool)
    if status == 429:
        assert int(answer.headers["retry-after"]) >= 1
    assert based.meshy.created["retexture"] == 0
    assert not (based.root / "plain-sword-bronze").exists()
    assert "variants" in based.metadata("plain-sword")
    assert based.metadata("plain-sword")["variants"] == []


def test_failed_task_is_502_in_meshys_words(based: LiveService) -> None:
    based.meshy.script("retexture", TaskScript.failing("The texture came out black."))
    answer = retexture(based)
    assert answer.status_code == 502
    assert "The texture came out black." in assert_error(answer)["error"]


def test_task_past_its_deadline_is_504(tmp_path: Path) -> None:
    with live_with_fakes(tmp_path, meshy_timeout_ms=80, meshy_timeout_standard_ms=60_000) as own:
        assert own.generate()["status"] == "completed"
        own.meshy.script("retexture", TaskScript.stuck())
        answer = retexture(own)
    assert answer.status_code == 504
    assert_has(answer.json(), {"retryable": True, "mayHaveCharged": True})


def test_variant_can_be_asked_for_again_after_a_failure(based: LiveService) -> None:
    based.meshy.faults.add(meshy_faults.no_credits(), on=CREATE)
    assert retexture(based).status_code == 402
    answer = retexture(based)
    assert answer.status_code == 200
    assert answer.json()["message"] == "Asset retextured successfully using Meshy AI"
    assert based.meshy.created["retexture"] == 1


def test_retexture_in_the_background_is_polled_to_its_end(based: LiveService) -> None:
    answer = based.client.post(
        "/api/retexture",
        json={"baseAssetId": "plain-sword", "materialPreset": preset("bronze")},
        headers={"Prefer": "respond-async, wait=10"},
    )
    assert answer.status_code == 202
    assert answer.headers["location"].endswith(answer.json()["pipelineId"])
    last = based.finish(answer.json()["pipelineId"])
    assert last["status"] == "completed"
    assert last["progress"] == 100
    assert last["results"]["textureGeneration"]["variants"][0]["assetId"] == "plain-sword-bronze"


def test_base_that_meshy_did_not_make_is_409(service: LiveService) -> None:
    make_asset(service.root, "plain-sword")
    (service.root / "plain-sword" / "plain-sword.glb").write_bytes(textured_box())
    answer = retexture(service)
    assert answer.status_code == 409
    assert "meshyTaskId" in assert_error(answer)["error"]
    assert not service.meshy.requests


def test_base_whose_task_meshy_has_forgotten_is_sent_as_a_file(based: LiveService) -> None:
    (task,) = based.meshy.of_kind("image-to-3d")
    based.meshy.forget(task.id)
    assert retexture(based).status_code == 200
    (made,) = based.meshy.of_kind("retexture")
    assert made.body["model_url"].startswith("data:application/octet-stream;base64,")


# --- sight ---


def test_grip_is_what_the_model_saw(service: LiveService) -> None:
    service.openai.say(
        {
            "gripBounds": {"minX": 240, "minY": 340, "maxX": 275, "maxY": 455},
            "confidence": 0.93,
            "weaponType": "longsword",
            "gripDescription": "leather wrapped, below the guard",
            "detectedParts": {"blade": "up", "handle": "down", "guard": "between"},
        }
    )
    answer = service.client.post(GRIP, json={"image": PICTURE, "promptHint": "two-handed"})
    assert answer.status_code == 200, answer.text
    grip = answer.json()["gripData"]
    assert grip["gripBounds"] == {"minX": 240, "minY": 340, "maxX": 275, "maxY": 455}
    assert grip["weaponType"] == "longsword"
    assert answer.json()["originalImage"] == PICTURE
    (asked,) = service.openai.chats
    text, shown = asked["messages"][-1]["content"]
    assert "two-handed" in text["text"]
    assert shown["image_url"]["url"] == PICTURE


@pytest.mark.parametrize("said", ["I see a sword.", "", None, "{}", '{"gripBounds": [1, 2]}', "[]"])
def test_answer_about_a_grip_that_cannot_be_read_is_a_guess(
    said: str | None, service: LiveService
) -> None:
    service.openai.say(said)
    answer = service.client.post(GRIP, json={"image": PICTURE})
    assert answer.status_code == 200, answer.text
    assert_has(
        answer.json(),
        {
            "success": True,
            "gripData": {"confidence": 0.5, "gripDescription": "Unable to parse AI response"},
        },
    )
    assert answer.json()["gripData"]["gripBounds"] == {
        "minX": 200,
        "minY": 350,
        "maxX": 300,
        "maxY": 450,
    }


@pytest.mark.parametrize("said", ["It is upright.", "{}", None])
def test_answer_about_orientation_that_cannot_be_read_flips_nothing(
    said: str | None, service: LiveService
) -> None:
    service.openai.say(said)
    answer = service.client.post(ORIENTATION, json={"image": PICTURE})
    assert_has(answer.json(), {"success": True, "needsFlip": False})
    assert answer.json()["reason"] == "Unable to parse AI response"


@pytest.mark.parametrize("url", [GRIP, ORIENTATION])
@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (openai_faults.insufficient_quota(), 402, "quota"),
        (openai_faults.rate_limited(0.2), 429, "Rate limit"),
        (openai_faults.server_error(), 502, "had an error"),
        (openai_faults.refused(404, "The model does not exist"), 502, "does not exist"),
        (openai_faults.invalid_key(), 502, "OPENAI_API_KEY"),
        (faults.dropped(), 502, ""),
    ],
    ids=["402", "429", "500", "404", "401", "dropped"],
)
def test_trouble_with_sight_keeps_the_shape_of_weapon_errors(
    fault: Fault, status: int, said: str, url: str, service: LiveService
) -> None:
    service.openai.faults.add(fault, on=CHAT, times=20)
    answer = service.client.post(url, json={"image": PICTURE})
    assert answer.status_code == status, answer.text
    body = assert_error(answer)
    assert said in body["error"]
    assert {"retryable", "mayHaveCharged"} <= body.keys()
    assert ("retry-after" in answer.headers) is (status == 429)


def test_picture_that_is_none_is_never_looked_at(service: LiveService) -> None:
    for url in (GRIP, ORIENTATION):
        answer = service.client.post(url, json={"image": data_uri(b"hello")})
        assert answer.status_code == 400
    assert service.openai.requests == []


# --- no maker ---


@pytest.fixture(scope="module")
def nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """A service without keys and without greybox."""
    settings = settings_for(tmp_path_factory.mktemp("nobody"), forge_greybox=False)
    make_asset(settings.asset_output_dir, "base", {"meshyTaskId": "t-1"})
    with live(settings, instead=quick()) as service:
        yield service


@pytest.mark.parametrize(
    ("path", "body", "variable"),
    [
        ("/api/generation/pipeline", words(), "MESHY_API_KEY"),
        ("/api/generation/pipeline", words(provider="greybox"), "FORGE_GREYBOX"),
        (
            "/api/retexture",
            {"baseAssetId": "base", "materialPreset": preset("b")},
            "MESHY_API_KEY",
        ),
        (GRIP, {"image": PICTURE}, "OPENAI_API_KEY"),
        (ORIENTATION, {"image": PICTURE}, "OPENAI_API_KEY"),
    ],
)
def test_missing_key_is_503_that_names_the_variable(
    path: str, body: Any, variable: str, nobody: LiveService
) -> None:
    answer = nobody.client.post(path, json=body)
    assert answer.status_code == 503, answer.text
    assert variable in assert_error(answer)["error"]


def test_pictures_without_a_maker_are_503_before_anything_is_paid(tmp_path: Path) -> None:
    with live_with_fakes(tmp_path, openai_api_key="", openai_base_url=OPENAI_URL) as service:
        answer = service.start()
        assert answer.status_code == 503
        assert "OPENAI_API_KEY" in assert_error(answer)["error"]
        with_picture = service.generate(referenceImage={"dataUrl": PICTURE})
        assert with_picture["status"] == "completed"
        assert with_picture["results"]["promptOptimization"]["model"] == "template"


# --- models that are gone ---


@pytest.mark.parametrize(
    ("configured", "named"),
    [
        ({"openai_api_key": "sk-x", "openai_image_model": "dall-e-3"}, "dall-e-3"),
        ({"meshy_api_key": "msy-x", "meshy_model_default": "meshy-4"}, "meshy-4"),
        ({"meshy_api_key": "msy-x", "meshy_model_ultra": "meshy-5"}, "meshy-5"),
    ],
)
async def test_retired_model_is_a_warning_in_health_and_log(
    configured: dict[str, Any], named: str, tmp_path: Path
) -> None:
    with structlog.testing.capture_logs() as logs, workers_are(quick()):
        async with opened(create_app(settings_for(tmp_path, **configured))) as client:
            health = (await client.get("/api/health")).json()
    (warning,) = health["warnings"]
    assert named in warning
    logged = [entry["warning"] for entry in logs if entry["event"] == "configuration_warning"]
    assert logged == [warning]


async def test_health_says_which_keys_are_set(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, openai_api_key="sk-x", forge_greybox=False)
    with workers_are(quick()):
        async with opened(create_app(settings)) as client:
            services = (await client.get("/api/health")).json()["services"]
    assert services == {"meshy": False, "openai": True, "greybox": False}


async def test_public_address_without_token_warns_loudly(tmp_path: Path) -> None:
    for token, expected in (("", 1), ("t0ken", 0)):
        settings = settings_for(tmp_path, api_host="0.0.0.0", api_token=token)
        with structlog.testing.capture_logs() as logs, workers_are(quick()):
            async with opened(create_app(settings)):
                pass
        found = [entry for entry in logs if entry["event"] == "public_without_token"]
        assert len(found) == expected


def test_model_that_the_server_refuses_is_told_by_its_words(tmp_path: Path) -> None:
    # The fake refuses what is shut down, as the true one does.
    with live_with_fakes(tmp_path, openai=FakeOpenAI(), openai_image_model="dall-e-3") as service:
        last = service.generate()
    assert last["status"] == "failed"
    assert "dall-e-3" in last["error"]
    assert service.openai.billed_images == 0
