"""A provider's key is in no error, no repr and no log line, however the other side echoes it."""

import base64
import json
import logging
import random
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
import structlog

from asset_forge.domain.clock import now_ms
from asset_forge.errors import ForgeError
from asset_forge.providers.base import TaskKind
from asset_forge.providers.meshy import MeshyProvider
from asset_forge.providers.openai import OpenAIProvider
from tests.unit.providers.support import SUBJECT, FakeTime, shape_job

KEY = "Zq7-XvT93kLmNp0RsUwY4bCd"
ENCODED = base64.b64encode(f"user:{KEY}".encode()).decode()
URL = "https://maker.test/v1"
ECHO = f"you sent Bearer {KEY} ({KEY[:12]}…), Basic {ENCODED}, https://u:{KEY}@h/x?key={KEY}"


def makers(client: httpx.AsyncClient) -> tuple[MeshyProvider, OpenAIProvider]:
    async def present(_path: Path) -> str:
        return "data:image/png;base64,AAAA"

    time = FakeTime()
    common: dict[str, Any] = {
        "client": client,
        "base_url": URL,
        "api_key": KEY,
        "clock": time.clock,
        "sleep": time.sleep,
        "rng": random.Random(1),
    }
    return MeshyProvider(present_picture=present, **common), OpenAIProvider(**common)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


async def error_of(call: Callable[[], Awaitable[object]]) -> ForgeError | None:
    try:
        await call()
    except ForgeError as error:
        return error
    return None


def holds_key(text: str) -> bool:
    return any(form[at : at + 8] in text for form in (KEY, ENCODED[8:-4]) for at in range(8))


def echoes() -> Iterator[httpx.Response | Exception]:
    headers = {"x-request-id": KEY, "x-echo": f"Bearer {KEY}", "location": f"http://h/?k={KEY}"}
    for status in (302, 400, 401, 403, 404, 409, 429, 500, 503):
        for body in ({"message": ECHO}, {"error": {"message": ECHO, "code": KEY}}, {KEY: ECHO}):
            yield httpx.Response(status, json=body, headers=headers)
        yield httpx.Response(status, text=f"<title>{ECHO}</title>", headers=headers)
    yield httpx.Response(200, text=ECHO, headers=headers)
    yield httpx.Response(200, json={"error": ECHO})
    yield httpx.Response(200, json={"choices": [{"message": {"refusal": ECHO}}]})
    yield httpx.Response(200, json={"data": [{"url": f"http://127.0.0.1/{KEY}"}]})
    yield httpx.ReadError(ECHO)
    yield httpx.ConnectError(ECHO)
    yield httpx.RemoteProtocolError(ECHO)


@pytest.mark.parametrize("answer", list(echoes()), ids=str)
async def test_key_that_is_echoed_reaches_no_error_and_no_log(
    client: httpx.AsyncClient,
    respx_mock: respx.MockRouter,
    caplog: pytest.LogCaptureFixture,
    answer: httpx.Response | Exception,
) -> None:
    caplog.set_level(logging.INFO)
    respx_mock.route().mock(side_effect=lambda _: _again(answer))
    meshy, openai = makers(client)
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: meshy.submit(shape_job()),
        lambda: meshy.poll(TaskKind.IMAGE_TO_3D, "t"),
        lambda: meshy.find_lost(shape_job(), sent_at_ms=now_ms()),
        meshy.balance,
        lambda: openai.write(system="s", user="u"),
        lambda: openai.draw(prompt="p", subject=SUBJECT),
        openai.check_models,
    ]

    with structlog.testing.capture_logs() as logged:
        for call in calls:
            error = await error_of(call)
            if error is None:  # a strange answer may be a good one to another question
                continue
            assert not any(
                holds_key(text) for text in (error.message, repr(error), str(error.__dict__))
            )
            # What was caught on the way is no part of the error: its text may hold the echo.
            assert error.__suppress_context__ or len(list(chain(error))) == 1

    assert not holds_key(json.dumps(logged, default=repr))
    assert not any(holds_key(record.getMessage()) for record in caplog.records)


def test_key_is_in_no_repr(client: httpx.AsyncClient) -> None:
    for maker in makers(client):
        assert not holds_key(repr(maker))
        assert not holds_key(repr(vars(maker)["_http"]))


def _again(answer: httpx.Response | Exception) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
