"""Error answers from below the framework, in the one shape that all errors have."""

import json
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from starlette.types import Scope, Send

request_id_of: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request being answered."""

RETRY_AFTER_STOP_S = 10
"""A stop takes no longer, and a restart follows it."""
STOPPED = "The service is being stopped; send this again when it has been started again"


def error_body(error: str, code: str, *, path: str = "", **more: Any) -> dict[str, Any]:
    """Build the JSON of an error answer; clients of the weapon endpoints look for `success`."""
    body = {"error": error, "code": code, "requestId": request_id_of.get(), **more}
    return {"success": False, **body} if path.startswith("/api/weapon-") else body


async def send_error(
    scope: Scope,
    send: Send,
    status: int,
    error: str,
    code: str,
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    """Answer with an error from below the framework."""
    content = error_body(error, code, path=scope["path"])
    body = json.dumps(content, ensure_ascii=False).encode()
    start_headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": start_headers})
    await send({"type": "http.response.body", "body": body})


async def send_stopped(scope: Scope, send: Send) -> None:
    """Answer that the service is being stopped."""
    headers = [(b"retry-after", b"%d" % RETRY_AFTER_STOP_S), (b"connection", b"close")]
    await send_error(scope, send, 503, STOPPED, "stopped", headers)
