"""The middleware by itself: CORS, token, body limit."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from asset_forge.middleware import BodyLimit, Cors, RequestContext, Token
from tests.support.middleware import HTTP, LIFESPAN, Sent, broken, call, echo


@pytest.mark.parametrize(
    "wrap",
    [
        lambda app: RequestContext(app, show_faults=True),
        lambda app: Cors(app, origins=(), allow_local_origins=True),
        lambda app: Token(app, token="secret"),
        lambda app: BodyLimit(app, max_bytes=1),
    ],
)
async def test_what_is_no_request_passes_untouched(wrap: Callable[[ASGIApp], ASGIApp]) -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    await wrap(app)(LIFESPAN, Sent.receive, Sent().send)
    assert seen == ["lifespan"]


# --- Cors ---


def cors(*origins: str, local: bool = False) -> Cors:
    return Cors(echo, origins=origins, allow_local_origins=local)


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost",
        "http://localhost:5173",
        "https://127.0.0.1:1",
        "http://[::1]:3000",
        "https://game.example",
    ],
)
async def test_cors_allowed_origin_is_echoed_with_credentials(origin: str) -> None:
    app = cors("https://game.example", local=True)
    answer = await call(app, headers={"Origin": origin})
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    ("origin", "local"),
    [
        ("http://localhost.evil.example", True),
        ("http://localhost:5173.evil.example", True),
        ("http://evil.example/http://localhost", True),
        ("null", True),
        ("http://localhost:5173", False),
        ("https://game.example.evil", False),
    ],
)
async def test_cors_other_origin_gets_no_permission(origin: str, local: bool) -> None:
    app = cors("https://game.example", local=local)
    answer = await call(app, headers={"Origin": origin})
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.headers["Vary"] == "Origin"


async def test_cors_star_never_comes_with_credentials() -> None:
    answer = await call(cors("*"), headers={"Origin": "https://any.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_cors_preflight_is_answered_whatever_the_route() -> None:
    answer = await call(
        Cors(broken, origins=(), allow_local_origins=True),
        "OPTIONS",
        headers={"Origin": "http://localhost:1", "Access-Control-Request-Method": "PATCH"},
    )
    assert answer.status_code == 200
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]


async def test_cors_lets_scripts_send_and_see_what_clients_use() -> None:
    answer = await call(cors("https://game.example"), headers={"Origin": "https://game.example"})
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Location", "Retry-After", "Idempotency-Replayed", "X-Request-Id"} <= set(exposed)
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"Idempotency-Key", "Last-Event-ID", "Authorization"} <= set(allowed)


# --- Token ---


@pytest.mark.parametrize("given", [None, "", "secret", "Bearer", "Bearer wrong", "Basic secret"])
async def test_token_missing_or_wrong_is_401(given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given}
    answer = await call(Token(echo, token="secret"), headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthorized"


@pytest.mark.parametrize("token", ["secret", "p\u00e4ssw\u00f6rd", "\u5bc6\u7801"])
async def test_token_right_passes_whatever_its_letters(token: str) -> None:
    headers: Any = {"Authorization": f"Bearer {token}".encode()}
    assert (await call(Token(echo, token=token), headers=headers)).status_code == 200


async def test_token_may_come_as_browsers_send_it() -> None:
    app = Token(echo, token="p\u00e4ssw\u00f6rd")
    headers: Any = {"Authorization": "Bearer p\u00e4ssw\u00f6rd".encode("latin-1")}
    assert (await call(app, headers=headers)).status_code == 200
    headers = {"Authorization": "Bearer p\u00e4ssword".encode("latin-1")}
    assert (await call(app, headers=headers)).status_code == 401


async def test_token_guards_metrics_too() -> None:
    assert (await call(Token(echo, token="secret"), path="/metrics")).status_code == 401


async def test_token_refusal_at_a_weapon_endpoint_has_its_shape() -> None:
    answer = await call(Token(echo, token="secret"), "POST", "/api/weapon-handle-detect")
    assert answer.json()["success"] is False


@pytest.mark.parametrize(
    ("path", "token"),
    [
        ("/api/health", "secret"),
        ("/healthz", "secret"),
        ("/readyz", "secret"),
        ("/assets/a.png", "secret"),
        ("/api/assets", ""),
        ("/metrics", ""),
    ],
)
async def test_token_is_not_wanted_everywhere(path: str, token: str) -> None:
    assert (await call(Token(echo, token=token), path=path)).status_code == 200


# --- BodyLimit ---


async def test_body_declared_too_large_is_refused_before_it_is_read() -> None:
    read = False

    async def receive() -> Message:
        nonlocal read
        read = True
        return {"type": "http.request", "body": b"x", "more_body": True}

    sent = Sent()
    scope = {**HTTP, "headers": [(b"content-length", b"11")]}
    await BodyLimit(echo, max_bytes=10)(scope, receive, sent.send)
    start, body = sent.messages
    assert start["status"] == 413
    assert (b"connection", b"close") in start["headers"]
    assert "API_MAX_BODY_MB" in json.loads(body["body"])["error"]
    assert not read


async def test_body_too_large_without_a_length_is_refused_while_it_streams() -> None:
    chunks = 0

    async def receive() -> Message:
        nonlocal chunks
        chunks += 1
        return {"type": "http.request", "body": b"x" * 4, "more_body": True}

    with pytest.raises(HTTPException) as raised:
        await BodyLimit(echo, max_bytes=10)(HTTP, receive, Sent().send)
    assert raised.value.status_code == 413
    assert chunks == 3


@pytest.mark.parametrize("length", [b"10", b"no number", b""])
async def test_body_within_the_limit_passes(length: bytes) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"x" * 10, "more_body": False}

    sent = Sent()
    scope = {**HTTP, "headers": [(b"content-length", length)]}
    await BodyLimit(echo, max_bytes=10)(scope, receive, sent.send)
    assert sent.messages[1]["body"] == b"x" * 10


async def test_body_limit_lets_a_disconnect_through() -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    seen: list[str] = []

    async def app(scope: Scope, receive: Callable[[], Awaitable[Message]], send: Send) -> None:
        seen.append((await receive())["type"])

    await BodyLimit(app, max_bytes=10)(HTTP, gone, Sent().send)
    assert seen == ["http.disconnect"]
