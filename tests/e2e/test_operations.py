"""What an operator sees of a service: metrics, health, logs, and the limit on starts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.fakes import faults, openai_faults
from tests.fakes.meshy import MESHY_KEY
from tests.fakes.meshy_tasks import TaskScript
from tests.fakes.openai import OPENAI_KEY
from tests.fakes.pictures import data_uri, png
from tests.support.service import (
    LiveService,
    live,
    live_with_fakes,
    preset,
    quick,
    settings_for,
    wait_until,
    words,
)
from tests.support.serving import Place, place, served

PIPELINE = "/api/generation/pipeline"
TOKEN = "opén-sesame-4711"


def value(service: LiveService, name: str, **labels: str) -> float:
    """A sample as /metrics tells it; 0 when there is none."""
    text = service.client.get("/metrics").text
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return float(sample.value)
    return 0.0


@pytest.fixture
def quick_service(tmp_path: Path) -> Iterator[LiveService]:
    with live(settings_for(tmp_path), instead=quick()) as service:
        yield service


# --- metrics ---


def test_generation_is_counted_with_all_that_it_spent(service: LiveService) -> None:
    last = service.generate(materialPresets=[preset("bronze")])
    assert last["status"] == "completed"
    of = {"kind": "generation", "status": "completed"}
    assert value(service, "asset_forge_pipelines_ended_total", **of) == 1
    for stage in ("promptOptimization", "imageGeneration", "image3D", "textureGeneration"):
        labels = {"stage": stage, "status": "completed"}
        assert value(service, "asset_forge_stage_seconds_count", **labels) == 1, stage
    spent = value(service, "asset_forge_spent_credits_total", provider="meshy")
    assert spent == last["cost"]["credits"] > 0
    assert value(service, "asset_forge_credits_today") == spent
    assert value(service, "asset_forge_spent_tokens_total", provider="openai") > 0
    assert value(service, "asset_forge_pipelines_running") == 0


def test_retry_counts_nothing_again_that_was_paid_before(service: LiveService) -> None:
    service.meshy.script("image-to-3d", TaskScript.failing())
    failed = service.generate()
    assert failed["status"] == "failed"
    name = "asset_forge_spent_tokens_total"
    paid = value(service, name, direction="output", model="gpt-image-2.6-flare")
    assert paid > 0
    again = service.client.post(f"{PIPELINE}/{failed['id']}/retry").json()["pipelineId"]
    assert service.finish(again)["status"] == "completed"
    assert value(service, name, direction="output", model="gpt-image-2.6-flare") == paid
    spent = value(service, "asset_forge_spent_credits_total", provider="meshy")
    assert spent == value(service, "asset_forge_credits_today") > 0


def test_providers_errors_are_counted_those_that_were_outlived_too(service: LiveService) -> None:
    service.openai.faults.add(openai_faults.rate_limited(0.01), on="POST /v1/images")
    service.meshy.faults.add(faults.status(500), on="GET /openapi/v1/image-to-3d/")
    assert service.generate()["status"] == "completed"
    limited = {"provider": "openai", "code": "provider_rate_limited"}
    assert value(service, "asset_forge_provider_errors_total", **limited) >= 1
    assert value(service, "asset_forge_provider_errors_total", provider="meshy") >= 1


def test_requests_are_counted_by_template_and_strangers_under_one_name(
    quick_service: LiveService,
) -> None:
    client = quick_service.client
    for number in range(5):
        client.get(f"/api/assets/asset-{number}")
        client.get(f"/no/such/path/{number}")
    client.request("PROPFIND", "/api/assets")
    name = "asset_forge_http_requests_total"
    assert value(quick_service, name, route="/api/assets/{id}", status="404") == 5
    assert value(quick_service, name, route="other", status="404") == 5
    assert value(quick_service, name, method="other", status="405") == 1
    routes = set(re.findall(r'route="([^"]*)"', client.get("/metrics").text))
    documented = set(client.get("/openapi.json").json()["paths"])
    assert routes <= {*documented, "/assets/{path:path}", "/openapi.json", "other"}


def test_every_metric_of_ours_is_in_the_operators_manual(service: LiveService) -> None:
    service.generate(materialPresets=[preset("bronze")])
    manual = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    families = text_string_to_metric_families(service.client.get("/metrics").text)
    names = {family.name for family in families if family.name.startswith("asset_forge_")}
    assert len(names) > 15
    assert not {name for name in names if f"`{name}" not in manual}


def test_metrics_want_the_token_and_health_does_not(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, api_token=TOKEN)
    with live(settings, instead=quick()) as service:
        assert service.client.get("/metrics").status_code == 401
        right = httpx.Headers([(b"Authorization", f"Bearer {TOKEN}".encode())])
        assert service.client.get("/metrics", headers=right).status_code == 200
        for path in ("/healthz", "/readyz", "/api/health"):
            assert service.client.get(path).status_code == 200, path


# --- readiness ---


def test_readiness_follows_the_asset_folder(quick_service: LiveService) -> None:
    client = quick_service.client
    assert client.get("/readyz").json() == {"status": "ready"}
    away = quick_service.root.with_name("away")
    quick_service.root.rename(away)
    wait_until(lambda: client.get("/readyz").status_code == 503)
    body = client.get("/readyz").json()
    assert body["code"] == "not_ready"
    assert [reason["code"] for reason in body["reasons"]] == ["asset_root_missing"]
    assert body["requestId"]
    assert client.get("/healthz").status_code == 200
    away.rename(quick_service.root)
    wait_until(lambda: client.get("/readyz").status_code == 200)


# --- the limit on starts ---


def test_starts_beyond_the_limit_are_429_and_reads_go_on(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, forge_starts_per_minute=2)
    with live(settings, instead=quick()) as service:
        assert service.start(name="One").status_code == 200
        plan = service.client.post(PIPELINE, params={"dryRun": "true"}, json=words(name="Two"))
        assert plan.status_code == 200
        refused = service.client.post("/api/weapon-handle-detect", json={"image": data_uri(png())})
        assert refused.status_code == 429
        assert refused.json()["code"] == "rate_limited"
        assert refused.json()["success"] is False
        assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert service.client.get("/api/assets").status_code == 200
        name = "asset_forge_http_requests_total"
        labels = {"route": "/api/weapon-handle-detect", "status": "429"}
        assert value(service, name, **labels) == 1


# --- logs ---


@pytest.fixture
def where(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path, API_TOKEN=TOKEN, LOG_LEVEL="debug") as found:
        yield found


@pytest.mark.slow
def test_log_is_json_knows_what_belongs_together_and_no_secret(where: Place) -> None:
    where.openai.faults.add(openai_faults.invalid_key(), on="POST /v1/chat/completions")
    with served(where) as service:
        client = service.client
        client.headers = httpx.Headers([(b"Authorization", f"Bearer {TOKEN}".encode())])
        started = client.post(
            PIPELINE, json=words(description="a very secret idea"), headers={"X-Request-Id": "r-1"}
        )
        pipeline_id = started.json()["pipelineId"]
        wait_until(lambda: client.get(f"{PIPELINE}/{pipeline_id}").json()["status"] == "completed")
        client.get(f"/api/assets?token={TOKEN}&signature=abc123")
        client.get(f"/no/{TOKEN}/path")
        client.post(f"/api/prompts/{MESHY_KEY}", json={"key": OPENAI_KEY})
        httpx.get(f"{service.address}/api/assets", trust_env=False)
        assert service.stop() == 0
        text = service.log.read_text()
        events = service.lines()
        assert len(events) == len(text.splitlines())

    for secret in (TOKEN, json.dumps(TOKEN)[1:-1], OPENAI_KEY, MESHY_KEY, "abc123", "secret idea"):
        assert secret not in text
    of_pipeline = [line for line in events if line.get("pipeline_id") == pipeline_id]
    assert {line["event"] for line in of_pipeline} >= {"stage_started", "pipeline_ended"}
    assert {line["request_id"] for line in of_pipeline} == {"r-1"}
    of_stages = {line["event"] for line in events if "stage" in line or "task_id" in line}
    assert of_stages
    for line in events:
        if line["event"].startswith(("stage_", "pipeline_ended", "provider_task_")):
            assert line["pipeline_id"] == pipeline_id, line
    ended = [line for line in events if line["event"] == "request_ended"]
    posts = [line for line in ended if line["method"] == "POST"]
    assert [(line["route"], line["status"], line["level"]) for line in posts] == [
        (PIPELINE, 200, "info"),
        ("/api/prompts/{type}", 404, "info"),
    ]
    assert {line["level"] for line in ended if line["status"] == 200} == {"debug", "info"}
    assert all(line["request_id"] and line["ms"] >= 0 for line in ended)
    assert not [line for line in events if line.get("logger") == "uvicorn.access"]


def test_text_is_the_format_of_development(where: Place) -> None:
    where.variables |= {"APP_ENV": "development", "LOG_LEVEL": "info"}
    with served(where) as service:
        assert service.stop() == 0
        text = service.log.read_text()
    assert "service_started" in text
    assert service.lines() == []


def test_format_can_be_chosen(where: Place) -> None:
    where.variables |= {"APP_ENV": "development", "FORGE_LOG_FORMAT": "json"}
    with served(where) as service:
        assert service.stop() == 0
    assert service.events("service_started")


def test_fakes_are_left_alone_by_health(tmp_path: Path) -> None:
    with live_with_fakes(tmp_path) as service:
        for path in ("/healthz", "/readyz", "/metrics", "/api/health"):
            assert service.client.get(path).status_code == 200
        assert not service.openai.requests
        assert not service.meshy.requests
