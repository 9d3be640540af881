"""How large a request may be."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from asset_forge.middleware.answers import send_error


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
            await send_error(scope, send, 413, self.refusal, "payload_too_large", closing)
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
