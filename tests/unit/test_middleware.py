"""The middleware by itself: ids, headers, last resort, CORS, token, body limit."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from asset_forge.middleware import BodyLimit, Cors, RequestContext, Token, request_id_of


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body that came and with the request's id."""
    request = Request(scope, receive)
    answer = PlainTextResponse(await request.body(), headers={"X-Seen-Id": request_id_of.get()})
    await answer(scope, receive, send)


async def call(
    app: ASGIApp,
    method: str = "GET",
    path: str = "/api/assets",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> httpx.Response:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://forge") as client:
        return await client.request(method, path, headers=headers, **more)


class Sent:
    """Calls an application by hand and keeps what it sends."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def send(self, message: Message) -> None:
        self.messages.append(message)

    @staticmethod
    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}


LIFESPAN: Scope = {"type": "lifespan", "asgi": {"version": "3.0"}}
HTTP: Scope = {
    "type": "http",
    "method": "GET",
    "path": "/",
    "raw_path": b"/",
    "query_string": b"",
    "headers": [],
}


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


# --- RequestContext ---


async def test_request_id_of_the_caller_is_kept_and_answered() -> None:
    app = RequestContext(echo, show_faults=False)
    answer = await call(app, headers={"X-Request-Id": "abc-1"})
    assert answer.headers["X-Request-Id"] == answer.headers["X-Seen-Id"] == "abc-1"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-XSS-Protection"] == "1; mode=block"


@pytest.mark.parametrize("given", [b"", b"a b", b"x" * 101, b"\xe9", b"a\tb"])
async def test_request_id_that_cannot_be_used_is_made_anew(given: bytes) -> None:
    headers: Any = {"X-Request-Id": given}
    answer = await call(RequestContext(echo, show_faults=False), headers=headers)
    assert len(answer.headers["X-Request-Id"]) == 32


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise KeyError("a detail")


@pytest.mark.parametrize("show", [True, False])
async def test_fault_is_a_500_in_json_that_tells_only_what_it_may(show: bool) -> None:
    with capture_logs() as logs:
        answer = await call(
            RequestContext(broken, show_faults=show), headers={"X-Request-Id": "abc-1"}
        )
    assert answer.status_code == 500
    body = answer.json()
    assert body["code"] == "internal_error"
    assert body["requestId"] == answer.headers["X-Request-Id"] == "abc-1"
    assert answer.headers["X-Frame-Options"] == "DENY"
    if show:
        assert body["error"] == "'a detail'"
        assert "KeyError" in body["stack"]
    else:
        assert body["error"] == "Internal server error"
        assert "detail" not in answer.text
    assert logs[0]["event"] == "request_failed"
    assert logs[0]["request_id"] == "abc-1"


async def test_fault_after_the_answer_has_begun_ends_the_connection() -> None:
    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError("late")

    sent = Sent()
    with capture_logs(), pytest.raises(KeyError):
        await RequestContext(late, show_faults=True)(HTTP, sent.receive, sent.send)
    assert [message["type"] for message in sent.messages] == ["http.response.start"]


async def test_logs_within_a_request_carry_its_id_and_later_ones_do_not() -> None:
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(structlog.contextvars.get_contextvars().get("request_id"))
        await PlainTextResponse("ok")(scope, receive, send)

    await call(RequestContext(app, show_faults=False), headers={"X-Request-Id": "abc-1"})
    assert seen == ["abc-1"]
    assert structlog.contextvars.get_contextvars() == {}


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


@pytest.mark.parametrize(
    ("path", "token"),
    [("/api/health", "secret"), ("/assets/a.png", "secret"), ("/api/assets", "")],
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
