"""Requests whose path reaches the application exactly as written, as uvicorn passes it on.

Clients tidy paths up before they send them; those who attack do not.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message


@dataclass(frozen=True)
class RawAnswer:
    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


async def send_raw(app: ASGIApp, method: str, target: str, body: Any = None) -> RawAnswer:
    """Send a request to a target such as /api/assets/%2e%2e?x=1; the body becomes JSON."""
    raw_path, _, query = target.partition("?")
    content = b"" if body is None else json.dumps(body).encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(raw_path),
        "raw_path": raw_path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"content-type", b"application/json")] if content else [],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return RawAnswer(sent[0]["status"], b"".join(m.get("body", b"") for m in sent[1:]))
