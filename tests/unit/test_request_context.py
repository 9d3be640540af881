"""What surrounds every request: its id, its line in the log, its counts, and the last resort."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.testing import capture_logs

from asset_forge.middleware import RequestContext
from tests.support.middleware import HTTP, Sent, broken, call, echo


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
    assert [line["event"] for line in logs] == ["request_failed", "request_ended"]


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


class Counted:
    """Fulfils RequestObserver by noting everything."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, int, bool]] = []
        self.listeners: list[int] = [0]

    def request_ended(self, route: str, method: str, status: int, seconds: float | None) -> None:
        self.requests.append((route, method, status, seconds is not None))

    def listener_came(self) -> None:
        self.listeners.append(self.listeners[-1] + 1)

    def listener_left(self) -> None:
        self.listeners.append(self.listeners[-1] - 1)


def answering(status: int, media_type: str = "text/plain") -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = SimpleNamespace(path="/things/{id}")
        await PlainTextResponse("ok", status, media_type=media_type)(scope, receive, send)

    return app


@pytest.mark.parametrize(
    ("method", "status", "level"),
    [
        ("GET", 200, "debug"),
        ("HEAD", 206, "debug"),
        ("GET", 404, "info"),
        ("POST", 200, "info"),
        ("DELETE", 409, "info"),
        ("PATCH", 503, "info"),
    ],
)
async def test_request_has_one_line_that_names_the_route_and_no_query(
    method: str, status: int, level: str
) -> None:
    app = RequestContext(answering(status), show_faults=False)
    with capture_logs() as logs:
        await call(app, method, "/things/7?signature=secret")
    (line,) = logs
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request_ended",
        "log_level": level,
        "method": method,
        "route": "/things/{id}",
        "status": status,
    }


async def test_request_is_counted_by_its_route() -> None:
    counted = Counted()
    await call(RequestContext(answering(201), show_faults=False, observer=counted), "POST")
    await call(RequestContext(echo, show_faults=False, observer=counted), path="/some/secret")
    with capture_logs():
        await call(RequestContext(broken, show_faults=False, observer=counted))
    assert counted.requests == [
        ("/things/{id}", "POST", 201, True),
        ("other", "GET", 200, True),
        ("other", "GET", 500, True),
    ]


async def test_event_stream_is_counted_while_it_is_open_and_not_measured() -> None:
    counted = Counted()
    app = answering(200, "text/event-stream; charset=utf-8")
    await call(RequestContext(app, show_faults=False, observer=counted))
    assert counted.listeners == [0, 1, 0]
    assert counted.requests == [("/things/{id}", "GET", 200, False)]


async def test_request_that_is_cut_off_is_told_that_the_service_stops() -> None:
    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        waiting.set()
        await asyncio.Event().wait()

    waiting = asyncio.Event()
    sent = Sent()
    app = RequestContext(waits, show_faults=False)
    task = asyncio.create_task(app({**HTTP}, sent.receive, sent.send))
    await waiting.wait()
    task.cancel()
    await task
    start, body = sent.messages
    assert start["status"] == 503
    assert json.loads(body["body"])["code"] == "stopped"
    names = {name for name, _ in start["headers"]}
    assert {b"retry-after", b"connection", b"x-request-id"} <= names


async def test_answer_that_is_cut_off_stays_cut_off() -> None:
    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        waiting.set()
        await asyncio.Event().wait()

    waiting = asyncio.Event()
    sent = Sent()
    app = RequestContext(half, show_faults=False)
    task = asyncio.create_task(app({**HTTP}, sent.receive, sent.send))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(sent.messages) == 1
