"""What surrounds every request: its id, its line in the log, its counts, and the last resort."""

import asyncio
import json
import re
import time
import traceback
import uuid
from typing import Protocol

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from asset_forge.middleware.answers import error_body, request_id_of, send_stopped

log = structlog.get_logger()

_SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"x-xss-protection", b"1; mode=block"),
)
_USABLE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_EVENTS = b"text/event-stream"
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
OTHER = "other"
"""The route of whatever has none of ours, so that strangers' paths make no names."""


class RequestObserver(Protocol):
    """Is told of requests; must neither wait nor raise."""

    def request_ended(
        self, route: str, method: str, status: int, seconds: float | None
    ) -> None: ...

    def listener_came(self) -> None: ...

    def listener_left(self) -> None: ...


class RequestContext:
    """Gives each request an id, each answer the security headers, and a fault a JSON body.

    Writes one line for each request: for reads that went well only at debug, since clients poll.
    """

    def __init__(
        self, app: ASGIApp, *, show_faults: bool, observer: RequestObserver | None = None
    ) -> None:
        self.app = app
        self.show_faults = show_faults
        self.observer = observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _USABLE_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        token = request_id_of.set(request_id)
        answer = _Answer(send, request_id, self.observer)
        try:
            # Pipelines are started within: what they log carries the id of their request.
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                try:
                    await self._carry_out(scope, receive, answer)
                finally:
                    self._tell(scope, answer)
        finally:
            request_id_of.reset(token)

    async def _carry_out(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            await self.app(scope, receive, answer.send)
        except asyncio.CancelledError:
            # Only a server that stops cancels requests: this one has taken too long for it.
            if not answer.status:
                await send_stopped(scope, answer.send)
            elif not answer.is_whole:
                raise
        except Exception as error:
            log.exception("request_failed", method=scope["method"], path=scope["path"])
            if answer.status:
                raise
            await self._answer_fault(scope, answer.send, error)

    async def _answer_fault(self, scope: Scope, send: Send, error: Exception) -> None:
        more = {}
        text = "Internal server error"
        if self.show_faults:
            text = str(error) or type(error).__name__
            more["stack"] = "".join(traceback.format_exception(error))
        content = error_body(text, "internal_error", path=scope["path"], **more)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 500, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(content).encode()})

    def _tell(self, scope: Scope, answer: "_Answer") -> None:
        seconds = time.perf_counter() - answer.began_s
        route, method, status = route_of(scope), scope["method"], answer.status
        tell = log.debug if method in _READS and status < 400 else log.info
        tell(
            "request_ended", method=method, route=route, status=status, ms=round(seconds * 1000, 1)
        )
        if self.observer is not None:
            if answer.is_stream:
                self.observer.listener_left()
            self.observer.request_ended(
                route, method, status, None if answer.is_stream else seconds
            )


class _Answer:
    """Passes an answer on and remembers how far it is. `status` is 0 before it has begun."""

    def __init__(self, send: Send, request_id: str, observer: RequestObserver | None) -> None:
        self._send = send
        self._headers = [*_SECURITY_HEADERS, (b"x-request-id", request_id.encode())]
        self._observer = observer
        self.began_s = time.perf_counter()
        self.status = 0
        self.is_whole = False
        self.is_stream = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = [*message.get("headers", ())]
            self.is_stream = any(
                name == b"content-type" and value.startswith(_EVENTS) for name, value in given
            )
            if self.is_stream and self._observer is not None:
                self._observer.listener_came()
            message["headers"] = [*given, *self._headers]
        elif message["type"] == "http.response.body":
            self.is_whole = not message.get("more_body", False)
        await self._send(message)


def route_of(scope: Scope) -> str:
    """Return the template of the route that has answered."""
    path = scope.get("forge.route") or getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) and path else OTHER
