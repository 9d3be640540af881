"""What every answer has, whatever was asked: shape of errors, security headers, CORS, limits."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from asset_forge.app import create_app
from asset_forge.errors import ForgeError, ProviderRateLimited
from asset_forge.settings import Settings
from tests.contract.case import assert_error, assert_safe_headers
from tests.contract.world import make_world
from tests.support.service import opened, quick, settings_for, words, workers_are

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
HEADERS = {
    "origin", "x-requested-with", "content-type", "accept", "authorization", "cache-control",
    "pragma", "idempotency-key", "last-event-id",
}  # fmt: skip
FRONT_END = "https://game.example"
PIPELINE = "/api/generation/pipeline"


@asynccontextmanager
async def service(folder: Path, **overrides: Any) -> AsyncIterator[httpx.AsyncClient]:
    settings = settings_for(folder, **overrides)
    make_world(settings.asset_output_dir)
    with workers_are(quick()):
        async with opened(create_app(settings)) as client:
            yield client


@asynccontextmanager
async def broken(settings: Settings, fault: Exception) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of a service whose health route meets a fault."""
    app: FastAPI = create_app(settings)

    async def break_down() -> None:
        raise fault

    app.add_api_route("/api/broken", break_down, methods=["GET"])
    with workers_are(quick()):
        async with opened(app) as client:
            yield client


# --- security headers and request ids ---


@pytest.mark.parametrize(
    ("method", "path", "status", "more"),
    [
        ("GET", "/api/health", 200, {}),
        ("GET", "/api/assets/sword/model", 200, {}),
        ("HEAD", "/api/assets/sword/model", 200, {}),
        ("GET", "/api/assets/sword/model", 206, {"headers": {"Range": "bytes=0-1"}}),
        ("GET", "/api/assets/sword/model", 304, {"headers": {"If-None-Match": "*"}}),
        ("GET", "/api/assets/sword/model", 416, {"headers": {"Range": "bytes=99999999-"}}),
        ("GET", "/prompts/material-presets.json", 200, {}),
        ("GET", "/assets/sword/sword.glb", 200, {}),
        ("GET", "/docs", 200, {}),
        ("GET", "/openapi.json", 200, {}),
        ("GET", "/nothing", 404, {}),
        ("PUT", "/api/assets", 405, {}),
        ("POST", PIPELINE, 400, {"content": b"{"}),
        ("POST", PIPELINE, 413, {"content": b" " * 3_000}),
        ("POST", PIPELINE, 415, {"content": b"x", "headers": {"Content-Type": "text/plain"}}),
        ("OPTIONS", "/api/assets", 200, {"headers": {"Origin": "http://localhost:5173"}}),
        ("OPTIONS", "/api/assets", 200, {}),
    ],
)
async def test_answer_of_every_kind_has_security_headers_and_a_request_id(
    method: str, path: str, status: int, more: dict[str, Any], tmp_path: Path
) -> None:
    async with service(tmp_path, api_max_body_mb=0.002) as client:
        answer = await client.request(method, path, **more)
    assert answer.status_code == status, answer.text
    assert_safe_headers(answer)


async def test_fault_in_development_is_500_with_message_stack_and_security_headers(
    settings: Settings,
) -> None:
    async with broken(settings, KeyError("lost thing")) as client:
        answer = await client.get("/api/broken", headers={"X-Request-Id": "mine-1"})
    assert answer.status_code == 500
    assert_safe_headers(answer)
    body = assert_error(answer)
    assert "lost thing" in body["error"]
    assert "KeyError" in body["stack"]
    assert body["requestId"] == "mine-1"


@pytest.mark.parametrize("fault", [KeyError("lost thing"), ForgeError("lost thing")])
async def test_fault_in_production_says_nothing_of_its_cause(
    fault: Exception, tmp_path: Path
) -> None:
    production = settings_for(tmp_path, app_env="production")
    async with broken(production, fault) as client:
        answer = await client.get("/api/broken")
    assert answer.status_code == 500
    assert assert_error(answer)["error"] == "Internal server error"
    assert "lost" not in answer.text
    assert "stack" not in answer.json()


async def test_rate_limit_of_a_provider_is_429_with_retry_after(settings: Settings) -> None:
    fault = ProviderRateLimited("meshy: RateLimitExceeded", provider="meshy", retry_after_s=7.2)
    async with broken(settings, fault) as client:
        answer = await client.get("/api/broken")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "7"
    assert assert_error(answer) | {"retryable": True, "mayHaveCharged": False} == answer.json()


@pytest.mark.parametrize("given", ["abc-123", "a.b:c_d", "x" * 100])
async def test_usable_request_id_comes_back(given: str, client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/health", headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 101, "<script>", 'a"b'])
async def test_unusable_request_id_is_replaced(given: str, client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/nothing", headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] != given
    assert answer.json()["requestId"] == answer.headers["x-request-id"]


async def test_wrong_verb_names_every_possible_one(tmp_path: Path) -> None:
    async with service(tmp_path) as client:
        answer = await client.put("/api/assets/sword", json={})
        listing = await client.request("DELETE", "/api/material-presets")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "PATCH", "DELETE"}
    assert set(listing.headers["allow"].split(", ")) == {"GET", "POST"}


# --- CORS ---


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:5173",
        "http://localhost",
        "https://localhost:8443",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
        FRONT_END,
    ],
)
async def test_local_or_named_origin_in_development_is_echoed_with_credentials(
    origin: str, tmp_path: Path
) -> None:
    async with service(tmp_path, frontend_url=f"{FRONT_END}, https://other.example") as client:
        answer = await client.get("/api/assets/sword/model", headers={"Origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost.evil.example",
        "http://notlocalhost:3000",
        "http://127.0.0.1.evil.example",
        "http://evil.example?http://localhost:3000",
        "null",
    ],
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
async def test_strange_origin_gets_no_permission(
    method: str, origin: str, client: httpx.AsyncClient
) -> None:
    answer = await client.request(method, "/api/assets", headers={"Origin": origin})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-credentials" not in answer.headers
    assert "Origin" in answer.headers["vary"]


async def test_production_allows_named_origins_alone(tmp_path: Path) -> None:
    async with service(tmp_path, app_env="production", frontend_url=FRONT_END) as client:
        named = await client.get("/api/health", headers={"Origin": FRONT_END})
        local = await client.get("/api/health", headers={"Origin": "http://localhost:5173"})
    assert named.headers["access-control-allow-origin"] == FRONT_END
    assert "access-control-allow-origin" not in local.headers


async def test_star_never_comes_with_credentials(tmp_path: Path) -> None:
    async with service(tmp_path, app_env="production", frontend_url="*") as client:
        answer = await client.get("/api/health", headers={"Origin": "https://any.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


async def test_preflight_of_any_route_is_200_with_methods_and_headers(
    client: httpx.AsyncClient,
) -> None:
    asked = {
        "Origin": "http://localhost:5173",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "content-type, idempotency-key",
    }
    for path in ("/api/assets/x", PIPELINE, "/nothing"):
        answer = await client.options(path, headers=asked)
        assert answer.status_code == 200
        assert set(answer.headers["access-control-allow-methods"].split(", ")) == METHODS
        allowed = answer.headers["access-control-allow-headers"].lower()
        assert set(allowed.split(", ")) == HEADERS
        assert_safe_headers(answer)


async def test_errors_can_be_read_by_a_browser(tmp_path: Path) -> None:
    origin = {"Origin": "http://localhost:5173"}
    async with service(tmp_path, api_max_body_mb=0.001, api_token="t0ken") as client:
        answers = [
            await client.get("/api/assets", headers=origin),
            await client.get("/nothing", headers=origin),
            await client.post("/nothing", headers=origin, content=b" " * 2_000),
        ]
    assert [answer.status_code for answer in answers] == [401, 404, 413]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == origin["Origin"]


# --- token ---

TOKEN = "a-long-token"


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer wrong", "bearer-ish", f"Basic {TOKEN}", TOKEN]
)
async def test_api_route_without_the_token_is_401(
    authorization: str | None, tmp_path: Path
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    async with service(tmp_path, api_token=TOKEN) as client:
        for method, path in (("GET", "/api/assets"), ("POST", PIPELINE), ("GET", "/api/nothing")):
            answer = await client.request(method, path, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert TOKEN not in assert_error(answer)["error"]


async def test_api_route_with_the_token_is_answered(tmp_path: Path) -> None:
    async with service(tmp_path, api_token=TOKEN) as client:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        assert (await client.get("/api/assets", headers=headers)).status_code == 200


async def test_health_preflight_and_static_files_want_no_token(tmp_path: Path) -> None:
    async with service(tmp_path, api_token=TOKEN) as client:
        for path in ("/api/health", "/docs", "/prompts/material-presets.json"):
            assert (await client.get(path)).status_code == 200
        assert (await client.options("/api/assets")).status_code == 200


@pytest.mark.parametrize(
    "path", ["/%2Fapi/assets", "/API/assets", "/api//assets", "/x/../api/assets", "/api%2Fassets"]
)
async def test_token_cannot_be_walked_around(path: str, tmp_path: Path) -> None:
    async with service(tmp_path, api_token=TOKEN) as client:
        answer = await client.get(path)
    assert answer.status_code in (401, 404)


# --- body limit ---

LIMIT_BYTES = 100 * 1024


def _body_of(size_bytes: int) -> bytes:
    body = json.dumps(words(padding="")).encode()
    return body.replace(b'"padding": ""', b'"padding": "%s"' % (b"x" * (size_bytes - len(body))))


async def test_body_at_the_limit_is_read_and_one_byte_more_is_413(tmp_path: Path) -> None:
    async with service(tmp_path, api_max_body_mb=LIMIT_BYTES / 2**20) as client:
        headers = {"Content-Type": "application/json"}
        fits = await client.post(PIPELINE, content=_body_of(LIMIT_BYTES), headers=headers)
        over = await client.post(PIPELINE, content=_body_of(LIMIT_BYTES + 1), headers=headers)
    assert fits.status_code == 200
    assert over.status_code == 413
    assert "API_MAX_BODY_MB" in assert_error(over)["error"]


async def test_body_over_the_limit_by_content_length_is_refused_unread(tmp_path: Path) -> None:
    sent: list[dict[str, Any]] = []
    reads = 0

    async def receive() -> dict[str, Any]:
        nonlocal reads
        reads += 1
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    app = create_app(settings_for(tmp_path))
    headers = [(b"content-length", b"99999999"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": PIPELINE, "raw_path": PIPELINE.encode(),
             "query_string": b"", "headers": headers, "scheme": "http",
             "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "root_path": "",
             "http_version": "1.1", "asgi": {"version": "3.0"}}  # fmt: skip
    await app(scope, receive, send)
    assert sent[0]["status"] == 413
    assert reads == 0


@pytest.mark.parametrize(
    "path", [PIPELINE, "/api/assets/sword/sprites", "/api/weapon-handle-detect"]
)
async def test_streamed_body_over_the_limit_is_413_before_its_end(
    path: str, tmp_path: Path
) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while taken < 1000:
            taken += 1
            yield b" " * 16_384

    async with service(tmp_path, api_max_body_mb=LIMIT_BYTES / 2**20) as client:
        answer = await client.post(
            path, content=endless(), headers={"Content-Type": "application/json"}
        )
    assert answer.status_code == 413
    assert_error(answer)
    assert_safe_headers(answer)
    assert taken < 20


async def test_default_limit_is_25_mb(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await client.post(PIPELINE, content=b" " * (25 * 2**20 + 1), headers=headers)
    assert answer.status_code == 413
    assert "25 MB" in answer.json()["error"]


# --- words of refusals ---


async def test_refusals_speak_of_json_and_not_of_the_validator(tmp_path: Path) -> None:
    odd = words(metadata=[], materialPresets="x", customPrompts=5)
    async with service(tmp_path) as client:
        answer = await client.post(PIPELINE, json=odd)
        nowhere = await client.get("/api/nothing")
    assert answer.status_code == 400
    assert set(assert_error(answer)["error"].split("; ")) == {
        "metadata: Input should be a JSON object",
        "materialPresets: Input should be a list",
        "customPrompts: Input should be a JSON object",
    }
    assert assert_error(nowhere)["error"] == "There is no /api/nothing here; see /docs"
