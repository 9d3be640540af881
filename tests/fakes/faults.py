"""Scripted faults: what a provider, or the network before it, can do to a caller.

Here are the fault values, the queue that hands them out, and the playing of one. Bodies that
belong to one provider are built in openai_faults.py and meshy_faults.py.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import httpx
from starlette.types import Message, Receive, Send

_CHUNK = bytes(64 * 1024)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, whole in memory."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Ending(StrEnum):
    """How the answer leaves the server."""

    WHOLE = "whole"
    DROPPED = "dropped"  # the connection is cut before one byte of the answer
    TRUNCATED = "truncated"  # half of the promised body, then the connection is cut
    ENDLESS = "endless"  # no length, and bytes until the caller hangs up


@dataclass(frozen=True)
class Fault:
    """One fault.

    `answer` None means the fake's own answer is used (late, cut, or with a false length).
    `work_done` True means the provider did and billed the work although `answer` denies it.
    """

    answer: Answer | None = None
    work_done: bool = False
    delay_s: float = 0.0
    ending: Ending = Ending.WHOLE
    claimed_size_bytes: int | None = None


class ConnectionDropped(httpx.RemoteProtocolError):
    """Raised in place of a cut connection when no real server is below (ASGITransport)."""


@dataclass
class FaultQueue:
    """Faults waiting for the requests they are meant for, in order."""

    _waiting: list[tuple[str, Fault]] = field(default_factory=list)

    def add(self, fault: Fault, *, on: str = "", times: int = 1) -> None:
        """Queue a fault for requests whose "METHOD /path" contains `on` (all when empty)."""
        self._waiting.extend([(on, fault)] * times)

    def take(self, method_and_path: str) -> Fault | None:
        """Hand out, and forget, the first fault that is meant for this request."""
        for index, (on, fault) in enumerate(self._waiting):
            if on in method_and_path:
                del self._waiting[index]
                return fault
        return None

    def __len__(self) -> int:
        return len(self._waiting)


def status(
    code: int,
    body: bytes = b"",
    *,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
    work_done: bool = False,
) -> Fault:
    """Answer with this status; with `work_done` the provider has done the work all the same."""
    answer = Answer(code, body, {"content-type": content_type, **(headers or {})})
    return Fault(answer=answer, work_done=work_done)


def dropped(*, work_done: bool = False) -> Fault:
    """Cut the connection without an answer, before (default) or after the work."""
    return Fault(ending=Ending.DROPPED, work_done=work_done)


def slow(delay_s: float) -> Fault:
    """Send the true answer, late."""
    return Fault(delay_s=delay_s)


def garbage(*, work_done: bool = False) -> Fault:
    """Status 200 and bytes that are neither JSON nor text, said to be JSON."""
    return status(200, b"\x00\xff{]not json", work_done=work_done)


def html_page(code: int = 200, *, work_done: bool = False) -> Fault:
    """Answer with a web page, as a proxy or a login wall in between would."""
    page = b"<!doctype html><html><body><h1>Please wait</h1></body></html>"
    return status(code, page, content_type="text/html; charset=utf-8", work_done=work_done)


def redirected(location: str, code: int = 302) -> Fault:
    """Send the caller elsewhere."""
    return status(code, headers={"location": location})


def truncated() -> Fault:
    """Promise the true body, send half of it, cut the connection."""
    return Fault(ending=Ending.TRUNCATED)


def claimed_size(size_bytes: int = 10_000_000_000) -> Fault:
    """Announce a body of this length, send the little there is, then cut."""
    return Fault(ending=Ending.TRUNCATED, claimed_size_bytes=size_bytes)


def endless() -> Fault:
    """Send the true body's headers without a length and bytes for ever. Needs a live server."""
    return Fault(ending=Ending.ENDLESS)


def with_headers(fault: Fault, headers: Mapping[str, str]) -> Fault:
    """The same fault with more answer headers; only for faults that bring their own answer."""
    if fault.answer is None:
        raise ValueError("this fault sends the fake's own answer and has no headers of its own")
    answer = replace(fault.answer, headers={**fault.answer.headers, **headers})
    return replace(fault, answer=answer)


async def play(
    fault: Fault,
    work: Callable[[], Awaitable[Answer]],
    dress: Callable[[Answer], Answer],
    receive: Receive,
    send: Send,
) -> None:
    """Do the work if the fault says so, then answer, or fail to, as it says."""
    needs_own_answer = fault.answer is None and fault.ending is not Ending.DROPPED
    own = await work() if needs_own_answer or fault.work_done else None
    answer = dress(fault.answer) if fault.answer is not None else own
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        if fault.delay_s:
            await asyncio.wait([gone], timeout=fault.delay_s)
        if answer is None or fault.ending is Ending.DROPPED:
            await _cut(send, gone)
        elif fault.ending is Ending.TRUNCATED:
            await _send_part(send, gone, answer, fault.claimed_size_bytes)
        elif fault.ending is Ending.ENDLESS:
            await _send_endlessly(send, gone, answer)
        else:
            await send_answer(send, answer)
    finally:
        gone.cancel()


async def send_answer(send: Send, answer: Answer) -> None:
    """Send a whole answer with its Content-Length."""
    await send(_start(answer, len(answer.body)))
    await send({"type": "http.response.body", "body": answer.body})


async def _send_part(
    send: Send, gone: "asyncio.Future[None]", answer: Answer, claimed_size_bytes: int | None
) -> None:
    if claimed_size_bytes is None:
        body, size_bytes = answer.body[: len(answer.body) // 2], len(answer.body)
    else:
        body, size_bytes = answer.body, claimed_size_bytes
    await send(_start(answer, size_bytes))
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await _cut(send, gone)


async def _send_endlessly(send: Send, gone: "asyncio.Future[None]", answer: Answer) -> None:
    if _transport(send) is None:
        raise RuntimeError("an endless body needs a live server: ASGITransport collects bodies")
    await send(_start(answer, None))
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    while not gone.done():
        await send({"type": "http.response.body", "body": _CHUNK, "more_body": True})
        await asyncio.sleep(0)


def _start(answer: Answer, size_bytes: int | None) -> Message:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in answer.headers.items()
    ]
    if size_bytes is not None:
        headers.append((b"content-length", str(size_bytes).encode()))
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cut(send: Send, gone: "asyncio.Future[None]") -> None:
    transport = _transport(send)
    if transport is None:
        raise ConnectionDropped("Server disconnected without sending a response.")
    transport.close()  # what was written still goes out, then the socket ends
    await gone


def _transport(send: Send) -> asyncio.Transport | None:
    """The socket below: uvicorn's `send` is a method of the object that holds it."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    return transport if isinstance(transport, asyncio.Transport) else None
