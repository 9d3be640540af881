"""What both fakes share: reading a request, recording it, playing a fault, sending an answer.

The rules of a provider do not live here; a fake overrides `FakeServer.respond`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from tests.fakes.faults import Answer, FaultQueue, play, send_answer

__all__ = ["ASGIApp", "Answer", "FakeServer", "JsonObject", "RecordedRequest", "json_answer"]

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class RecordedRequest:
    """One request as it arrived. Header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base_url: str

    def json(self) -> Any:
        """Parse the body; ValueError when it is no JSON."""
        return json.loads(self.body)

    @property
    def bearer(self) -> str | None:
        """The key in the Authorization header, None without one."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return key.strip() or None if scheme.lower() == "bearer" else None


def json_answer(status: int, content: object, headers: Mapping[str, str] | None = None) -> Answer:
    """Build an answer with a JSON body."""
    body = json.dumps(content, separators=(",", ":")).encode()
    return Answer(status, body, {"content-type": "application/json", **(headers or {})})


@dataclass
class FakeServer:
    """An ASGI application that records every request and plays the faults in its queue first."""

    requests: list[RecordedRequest] = field(default_factory=list)
    faults: FaultQueue = field(default_factory=FaultQueue)

    async def respond(self, request: RecordedRequest) -> Answer:
        """Answer one request as the provider would."""
        raise NotImplementedError

    def common_headers(self) -> dict[str, str]:
        """Headers that the provider puts on every answer, errors too."""
        return {}

    def seen(self, method: str, path_part: str) -> list[RecordedRequest]:
        """The recorded requests of one method whose path holds `path_part`."""
        return [r for r in self.requests if r.method == method and path_part in r.path]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _run_lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"the fakes speak HTTP only, not {scope['type']!r}")
        request = await _read_request(scope, receive)
        self.requests.append(request)
        fault = self.faults.take(f"{request.method} {request.path}")
        if fault is None:
            await send_answer(send, self._dressed(await self.respond(request)))
            return

        async def work() -> Answer:
            return self._dressed(await self.respond(request))

        await play(fault, work, self._dressed, receive, send)

    def _dressed(self, answer: Answer) -> Answer:
        return Answer(answer.status, answer.body, {**self.common_headers(), **answer.headers})


async def _read_request(scope: Scope, receive: Receive) -> RecordedRequest:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return RecordedRequest(
        method=scope["method"],
        path=scope["path"],
        query=query,
        headers=headers,
        body=bytes(body),
        base_url=f"{scope['scheme']}://{headers.get('host', 'fake.invalid')}",
    )


async def _run_lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
