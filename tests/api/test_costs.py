"""GET /api/costs and dryRun over HTTP: shapes, refusals, and that nothing is started."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from asset_forge.app import create_app
from asset_forge.settings import Settings
from tests.fakes.pictures import data_uri, png
from tests.support.service import finish, opened, preset, quick, words, workers_are

START = "/api/generation/pipeline"


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A whole service without keys, so that greybox does everything."""
    with workers_are(quick()):
        async with opened(create_app(settings)) as client:
            yield client


# --- costs ---


async def test_costs_say_days_zone_sums_and_caps(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/costs", params={"from": "2026-11-01", "to": "2026-11-22"})
    assert answer.status_code == 200, answer.text
    nothing = {
        "calls": 0,
        "credits": 0,
        "estimatedCredits": 0,
        "usage": {},
        "usd": None,
        "uncertainCalls": 0,
    }
    assert answer.json() == {
        "from": "2026-11-01",
        "to": "2026-11-22",
        "timeZone": "UTC",
        "total": nothing,
        "byDay": [],
        "byProvider": [],
        "byAsset": [],
        "assetCount": 0,
        "caps": {
            "perDay": None,
            "perPipeline": None,
            "spentToday": 0,
            "reservedByRunning": 0,
            "leftToday": None,
        },
    }


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("from=tomorrow", "bad_input", "from has to be a day as YYYY-MM-DD"),
        ("to=2026-02-30", "bad_input", "to has to be a day"),
        ("from=2026-11-22&to=2026-11-01", "bad_input", "from=2026-11-22 is after to=2026-11-01"),
        ("assetId=../x", "bad_asset_id", "Asset id"),
    ],
)
async def test_costs_that_cannot_be_asked_for_are_400_with_a_sentence(
    query: str, code: str, said: str, client: httpx.AsyncClient
) -> None:
    answer = await client.get(f"/api/costs?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert said in answer.json()["error"]


async def test_costs_want_the_token_when_there_is_one(settings: Settings) -> None:
    guarded = settings.model_copy(update={"api_token": "secret"})
    with workers_are(quick()):
        async with opened(create_app(guarded)) as client:
            assert (await client.get("/api/costs")).status_code == 401


async def test_costs_without_the_asset_folder_are_503(settings: Settings) -> None:
    gone = settings.model_copy(update={"asset_output_dir": settings.asset_output_dir / "gone"})
    with workers_are(quick()):
        async with opened(create_app(gone)) as client:
            answer = await client.get("/api/costs")
            assert answer.status_code == 503
            assert answer.json()["code"] == "journal_unavailable"


# --- dryRun ---


async def test_dry_run_answers_with_the_plan_and_starts_nothing(client: httpx.AsyncClient) -> None:
    body = words(materialPresets=[preset("bronze")], enableSprites=True, quality="high")
    answer = await client.post(f"{START}?dryRun=true", json=body)
    assert answer.status_code == 200, answer.text
    plan = answer.json()
    assert plan["calls"] == [
        {
            "stage": stage,
            "provider": "greybox",
            "model": plan["calls"][0]["model"],
            "calls": 1,
            "credits": 0,
            "usd": None,
        }
        for stage in ("imageGeneration", "image3D", "textureGeneration")
    ]
    assert plan["writes"] == [
        {"assetId": "plain-sword", "exists": False},
        {"assetId": "plain-sword-bronze", "exists": False},
    ]
    assert plan["quality"] == {
        "level": "high",
        "faceBudget": 12000,
        "texturePx": 2048,
        "pbr": True,
    }
    assert (plan["dryRun"], plan["allowed"], plan["refusal"]) == (True, True, None)
    assert (plan["estimatedCredits"], plan["estimatedUsd"]) == (0, None)
    assert (await client.get("/api/generation/pipelines")).json() == {"pipelines": []}
    assert (await client.get("/api/assets")).json() == []


async def test_dry_run_is_no_start_for_its_idempotency_key(client: httpx.AsyncClient) -> None:
    named = {"Idempotency-Key": "one"}
    plan = await client.post(f"{START}?dryRun=true", json=words(), headers=named)
    assert "pipelineId" not in plan.json()
    first = await client.post(START, json=words(), headers=named)
    assert "Idempotency-Replayed" not in first.headers
    again = await client.post(START, json=words(), headers=named)
    assert again.json()["pipelineId"] == first.json()["pipelineId"]
    await finish(client, first.json()["pipelineId"])


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": ""}, 400),
        ({"assetId": "../x"}, 400),
        ({"provider": "meshy"}, 503),
        ({"enableGeneration": False}, 400),
        ({"referenceImage": {"dataUrl": "data:image/png;base64,AAAA"}}, 400),
    ],
)
async def test_dry_run_of_a_bad_request_is_refused_as_the_start_is(
    fields: dict[str, Any], status: int, client: httpx.AsyncClient
) -> None:
    planned = await client.post(f"{START}?dryRun=true", json=words(**fields))
    started = await client.post(START, json=words(**fields))
    assert planned.status_code == started.status_code == status
    assert planned.json()["error"] == started.json()["error"]


async def test_dry_run_of_a_picture_skips_the_concept_art(client: httpx.AsyncClient) -> None:
    body = words(referenceImage={"dataUrl": data_uri(png(size_px=32))})
    plan = (await client.post(f"{START}?dryRun=true", json=body)).json()
    assert {"stage": "imageGeneration", "reason": "a reference image was given"} in plan["skipped"]


async def test_dry_run_of_retexture_and_regenerate_changes_nothing(
    client: httpx.AsyncClient,
) -> None:
    started = await client.post(START, json=words())
    await finish(client, started.json()["pipelineId"])
    before = (await client.get("/api/assets/plain-sword")).json()
    order = {"baseAssetId": "plain-sword", "materialPreset": preset("bronze")}
    painted = await client.post("/api/retexture?dryRun=true", json=order)
    assert painted.json()["writes"] == [{"assetId": "plain-sword-bronze", "exists": False}]
    assert painted.json()["quality"] is None
    again = await client.post("/api/regenerate-base/plain-sword?dryRun=true")
    assert again.json()["writes"] == [{"assetId": "plain-sword", "exists": True}]
    assert (await client.get("/api/assets/plain-sword")).json() == before
    assert len((await client.get("/api/generation/pipelines")).json()["pipelines"]) == 1


async def test_dry_run_of_a_retexture_that_cannot_be_is_refused(client: httpx.AsyncClient) -> None:
    order = {"baseAssetId": "nothing", "materialPreset": preset("bronze")}
    assert (await client.post("/api/retexture?dryRun=true", json=order)).status_code == 404
    again = await client.post("/api/regenerate-base/nothing?dryRun=true")
    assert again.status_code == 404
