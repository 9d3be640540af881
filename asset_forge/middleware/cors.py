"""Who may call from a browser."""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOCAL_ORIGIN = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?")
_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_HEADERS = (
    "Origin, X-Requested-With, Content-Type, Accept, Authorization, Cache-Control, Pragma, "
    "Idempotency-Key, Last-Event-ID"
)
_EXPOSED = (
    "Location, X-Request-Id, Content-Length, Content-Range, ETag, Retry-After, "
    "Idempotency-Replayed, Preference-Applied"
)


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
