"""Pure ASGI middleware: what every request and every answer gets, whoever handles it.

One class a concern, outermost first: RequestContext (id, security headers, last resort for
faults), Cors, Token, BodyLimit.
"""

import hmac
import json
import re
import traceback
import uuid
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

request_id_of: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request being answered."""

_SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"x-xss-protection", b"1; mode=block"),
)
_USABLE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_LOCAL_ORIGIN = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?")
_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_HEADERS = (
    "Origin, X-Requested-With, Content-Type, Accept, Authorization, Cache-Control, Pragma, "
    "Idempotency-Key, Last-Event-ID"
)
_EXPOSED = "Location, X-Request-Id, Content-Length, Content-Range, ETag, Retry-After"


def error_body(error: str, code: str, **more: Any) -> dict[str, Any]:
    """Build the JSON of an error answer."""
    return {"error": error, "code": code, "requestId": request_id_of.get(), **more}


async def send_error(
    send: Send, status: int, error: str, code: str, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """Answer with an error from below the framework."""
    body = json.dumps(error_body(error, code), ensure_ascii=False).encode()
    start_headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": start_headers})
    await send({"type": "http.response.body", "body": body})


class RequestContext:
    """Gives each request an id, each answer the security headers, and a fault a JSON body."""

    def __init__(self, app: ASGIApp, *, show_faults: bool) -> None:
        self.app = app
        self.show_faults = show_faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _USABLE_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        token = request_id_of.set(request_id)
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [
                    *message.get("headers", ()),
                    *_SECURITY_HEADERS,
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        try:
            # Pipelines are started within: what they log carries the id of their request.
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                await self.app(scope, receive, send_with_headers)
        except Exception as error:
            log.exception(
                "request_failed",
                request_id=request_id,
                method=scope["method"],
                path=scope["path"],
            )
            if started:
                raise
            await self._answer_fault(send_with_headers, error)
        finally:
            request_id_of.reset(token)

    async def _answer_fault(self, send: Send, error: Exception) -> None:
        more = {}
        text = "Internal server error"
        if self.show_faults:
            text = str(error) or type(error).__name__
            more["stack"] = "".join(traceback.format_exception(error))
        body = json.dumps(error_body(text, "internal_error", **more)).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 500, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Cors:
    """Lets browsers of allowed origins call.

    Starlette's own middleware answers a preflight of an unknown origin or header with 400; clients
    of this service rely on 200 without permission instead.
    """

    def __init__(
        self, app: ASGIApp, *, origins: tuple[str, ...], allow_local_origins: bool
    ) -> None:
        self.app = app
        self.origins = frozenset(origins)
        self.allow_local_origins = allow_local_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        origin = Headers(scope=scope).get("origin", "")
        allowed = self._allowed_headers(origin)

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                headers.update(allowed)
            await send(message)

        if scope["method"] == "OPTIONS":
            await send_with_cors(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(b"content-length", b"0")],
                }
            )
            await send_with_cors({"type": "http.response.body", "body": b""})
            return
        await self.app(scope, receive, send_with_cors)

    def _allowed_headers(self, origin: str) -> dict[str, str]:
        is_local = self.allow_local_origins and _LOCAL_ORIGIN.fullmatch(origin)
        permissions = {
            "access-control-allow-methods": _METHODS,
            "access-control-allow-headers": _HEADERS,
        }
        if origin and (is_local or origin in self.origins):
            permissions["access-control-allow-origin"] = origin
            permissions["access-control-allow-credentials"] = "true"
            permissions["access-control-expose-headers"] = _EXPOSED
        elif "*" in self.origins:
            permissions["access-control-allow-origin"] = "*"
            permissions["access-control-expose-headers"] = _EXPOSED
        return permissions


class Token:
    """Wants `Authorization: Bearer` on every /api route but health, when a token is set."""

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self.app = app
        self.expected = f"Bearer {token}".encode() if token else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.expected and self._is_guarded(scope["path"]):
            given = Headers(scope=scope).get("authorization", "").encode("latin-1")
            if not hmac.compare_digest(given, self.expected):
                await send_error(
                    send,
                    401,
                    "This service wants Authorization: Bearer with its API_TOKEN",
                    "unauthorized",
                    [(b"www-authenticate", b"Bearer")],
                )
                return
        await self.app(scope, receive, send)

    @staticmethod
    def _is_guarded(path: str) -> bool:
        return path.startswith("/api/") and path != "/api/health"


class BodyLimit:
    """Refuses bodies over the limit: at once by Content-Length, else while they stream in."""

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.refusal = f"The body is larger than {max_bytes / 2**20:g} MB (API_MAX_BODY_MB)"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > self.max_bytes:
            closing = [(b"connection", b"close")]
            await send_error(send, 413, self.refusal, "payload_too_large", closing)
            return
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self.max_bytes:
                    # The one exception that passes through the framework's reading of a body.
                    raise HTTPException(413, self.refusal)
            return message

        await self.app(scope, receive_within_limit, send)
