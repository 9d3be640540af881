"""Who may call at all, when API_TOKEN is set."""

import hmac

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from asset_forge.middleware.answers import send_error


class Token:
    """Wants `Authorization: Bearer` on /metrics and every /api route but health.

    Metrics tell of spending. Browsers send letters beyond ASCII as Latin-1, most others as UTF-8:
    both are the token.
    """

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self.app = app
        self.expected: list[bytes] = []
        if token:
            self.expected.append(f"Bearer {token}".encode())
            if not token.isascii() and all(ord(letter) < 256 for letter in token):
                self.expected.append(f"Bearer {token}".encode("latin-1"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.expected and self._is_guarded(scope["path"]):
            given = Headers(scope=scope).get("authorization", "").encode("latin-1")
            if not any(hmac.compare_digest(given, expected) for expected in self.expected):
                await send_error(
                    scope,
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
        return path == "/metrics" or (path.startswith("/api/") and path != "/api/health")
