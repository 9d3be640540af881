"""Who may start what costs money, and how often."""

import json
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from asset_forge.app import create_app
from asset_forge.middleware import START_ROUTES, Starts
from asset_forge.middleware import starts as module
from asset_forge.middleware.starts import RateLimit, client_of, start_route
from asset_forge.settings import Settings


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


# --- the bucket ---


def test_bucket_gives_a_minutes_worth_at_once_and_then_says_how_long(clock: Clock) -> None:
    limit = RateLimit(3, clock=clock)
    assert [limit.take("a") for _ in range(3)] == [0, 0, 0]
    assert limit.take("a") == pytest.approx(20)
    clock.now_s += 19
    assert limit.take("a") == pytest.approx(1)
    clock.now_s += 1
    assert limit.take("a") == 0
    assert limit.take("a") > 0


def test_bucket_never_holds_more_than_a_minutes_worth(clock: Clock) -> None:
    limit = RateLimit(2, clock=clock)
    limit.take("a")
    clock.now_s += 3600
    assert [bool(limit.take("a")) for _ in range(3)] == [False, False, True]


def test_clients_do_not_share_a_bucket(clock: Clock) -> None:
    limit = RateLimit(1, clock=clock)
    assert limit.take("a") == 0
    assert limit.take("b") == 0
    assert limit.take("a") > 0


def test_refused_starts_do_not_make_the_wait_longer(clock: Clock) -> None:
    limit = RateLimit(1, clock=clock)
    limit.take("a")
    waits = {limit.take("a") for _ in range(50)}
    assert waits == {60.0}


def test_client_silent_for_longest_is_forgotten_first(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_CLIENTS", 3)
    limit = RateLimit(1, clock=clock)
    for name in ("a", "b", "c"):
        limit.take(name)
    assert limit.take("a") > 0  # heard of again, so b is now the oldest
    assert limit.take("d") == 0
    assert limit.take("a") > 0
    assert limit.take("b") == 0


# --- who it is ---


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("/run/proxy.sock", "/run/proxy.sock"),
    ],
)
def test_client_is_an_address_or_the_network_of_one_subscriber(address: str, name: str) -> None:
    assert client_of({"client": (address, 1234)}) == name


@pytest.mark.parametrize("scope", [{}, {"client": None}])
def test_client_without_an_address_has_a_bucket_too(scope: dict[str, Any]) -> None:
    assert client_of(scope) == "unknown"


# --- what is limited ---


@pytest.mark.parametrize(
    ("path", "is_start"),
    [
        ("/api/generation/pipeline", True),
        ("/api/generation/pipeline/pipeline-1/retry", True),
        ("/api/generation/pipeline/pipeline-1/cancel", False),
        ("/api/generation/pipeline/a/b/retry", False),
        ("/api/regenerate-base/knight's-sword", True),
        ("/api/regenerate-base/", False),
        ("/api/retexture", True),
        ("/api/material-presets", False),
        ("/api/assets/retexture", False),
        ("//api/retexture", False),
    ],
)
def test_start_is_told_by_its_path(path: str, is_start: bool) -> None:
    assert (start_route(path) is not None) == is_start


def test_every_route_that_can_spend_is_limited(settings: Settings) -> None:
    app: FastAPI = create_app(settings)
    spending = set()
    for path, operations in app.openapi()["paths"].items():
        answers = operations.get("post", {}).get("responses", {})
        if "402" in answers:  # credits used up, or a cap that would be broken
            spending.add(path)
    assert spending == set(START_ROUTES)


async def ok(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await PlainTextResponse("ok")(scope, receive, send)


class Caller:
    """Calls the middleware by hand and knows whether a body was read."""

    def __init__(self, clock: Clock, per_minute: int = 1) -> None:
        self.is_stopping = False
        self.app = Starts(
            ok, per_minute=per_minute, is_stopping=lambda: self.is_stopping, clock=clock
        )
        self.bodies_read = 0
        self.route: str | None = None

    async def post(
        self, path: str = "/api/retexture", *, method: str = "POST", client: str = "192.0.2.1"
    ) -> tuple[int, dict[str, str], Any]:
        sent: list[Message] = []

        async def receive() -> Message:
            self.bodies_read += 1
            return {"type": "http.request", "body": b"{}", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": [],
            "client": (client, 1),
        }
        await self.app(scope, receive, send)
        self.route = scope.get("forge.route")  # type: ignore[assignment]
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        body = sent[1]["body"]
        is_json = headers["content-type"] == "application/json"
        return sent[0]["status"], headers, json.loads(body) if is_json else body


async def test_too_many_starts_are_429_before_the_body_is_read(clock: Clock) -> None:
    caller = Caller(clock, per_minute=2)
    assert [(await caller.post())[0] for _ in range(2)] == [200, 200]
    caller.bodies_read = 0
    status, headers, body = await caller.post()
    assert status == 429
    assert headers["retry-after"] == "30"
    assert body["code"] == "rate_limited"
    assert "FORGE_STARTS_PER_MINUTE" in body["error"]
    assert caller.bodies_read == 0
    assert caller.route == "/api/retexture"


async def test_start_is_possible_again_after_the_time_that_was_told(clock: Clock) -> None:
    caller = Caller(clock, per_minute=7)
    for _ in range(7):
        await caller.post()
    _, headers, _ = await caller.post()
    clock.now_s += int(headers["retry-after"])
    assert (await caller.post())[0] == 200


async def test_all_starts_of_a_client_share_one_bucket(clock: Clock) -> None:
    caller = Caller(clock)
    await caller.post("/api/generation/pipeline")
    assert (await caller.post("/api/regenerate-base/x"))[0] == 429
    assert (await caller.post("/api/regenerate-base/x", client="192.0.2.2"))[0] == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/assets"), ("POST", "/api/material-presets"), ("OPTIONS", "/api/retexture")],
)
async def test_what_starts_nothing_is_never_limited(method: str, path: str, clock: Clock) -> None:
    caller = Caller(clock)
    assert {(await caller.post(path, method=method))[0] for _ in range(5)} == {200}


async def test_without_a_limit_nothing_is_refused(clock: Clock) -> None:
    caller = Caller(clock, per_minute=0)
    assert {(await caller.post())[0] for _ in range(200)} == {200}


async def test_weapon_endpoints_are_refused_in_their_own_shape(clock: Clock) -> None:
    caller = Caller(clock)
    await caller.post("/api/weapon-handle-detect")
    _, _, body = await caller.post("/api/weapon-handle-detect")
    assert body["success"] is False


# --- stopping ---


async def test_nothing_is_started_while_the_service_stops(clock: Clock) -> None:
    caller = Caller(clock)
    caller.is_stopping = True
    status, headers, body = await caller.post("/api/generation/pipeline")
    assert (status, body["code"]) == (503, "stopped")
    assert headers["connection"] == "close"
    assert int(headers["retry-after"]) > 0
    assert caller.bodies_read == 0
    assert (await caller.post("/api/assets", method="GET"))[0] == 200
