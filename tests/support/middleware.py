"""Applications of a few lines for tests of the middleware, and calling them by hand."""

from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from asset_forge.middleware import request_id_of


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


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise KeyError("a detail")
