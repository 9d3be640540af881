"""ProviderHttp: what is free is tried again, and what every exchange has in common."""

import httpx
import pytest
import respx

from asset_forge.errors import (
    BadProviderAnswer,
    ProviderError,
    ProviderNotConfigured,
    ProviderRateLimited,
)
from asset_forge.providers.http import Patience
from asset_forge.providers.http_answers import retry_after_s
from tests.unit.providers.http_support import KEY, DroppedBody, post_thing, provider_http
from tests.unit.providers.support import FakeTime

# --- GET ---


async def test_get_success_sends_the_key_and_returns_json(
    client: httpx.AsyncClient, fake_time: FakeTime, get: respx.Route
) -> None:
    get.respond(200, json=[1, 2])

    value, answer = await provider_http(client, fake_time).get("/thing", params={"page": "1"})

    assert value == [1, 2]
    assert answer.status == 200
    request = get.calls.last.request
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.url.query == b"page=1"


async def test_get_without_a_key_sends_no_authorization(
    client: httpx.AsyncClient, fake_time: FakeTime, get: respx.Route
) -> None:
    get.respond(200, json={})

    await provider_http(client, fake_time, api_key="").get("/thing")

    assert "authorization" not in get.calls.last.request.headers


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_get_passing_trouble_is_tried_again(
    client: httpx.AsyncClient, fake_time: FakeTime, get: respx.Route, status: int
) -> None:
    get.side_effect = [httpx.Response(status), httpx.Response(200, json={"ok": 1})]

    value, _answer = await provider_http(client, fake_time).get("/thing")

    assert value == {"ok": 1}
    assert len(fake_time.pauses_s) == 1


async def test_get_lost_connection_is_tried_again(
    client: httpx.AsyncClient, fake_time: FakeTime, get: respx.Route
) -> None:
    get.side_effect = [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.Response(200, stream=DroppedBody()),
        httpx.Response(200, json={}),
    ]

    await provider_http(client, fake_time).get("/thing")

    assert get.call_count == 4


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
async def test_get_refusal_is_not_tried_again(
    client: httpx.AsyncClient, fake_time: FakeTime, get: respx.Route, status: int
) -> None:
    get.respond(status, json={"message": "no"})

    with pytest.raises(ProviderError):
        await provider_http(client, fake_time).get("/thing")

    assert get.call_count == 1


async def test_get_trouble_that_stays_ends_with_what_was_said(
    client: httpx.AsyncClient, fake_time: FakeTime, get: respx.Route
) -> None:
    get.respond(503, json={"message": "under maintenance"})

    with pytest.raises(ProviderError, match="under maintenance") as caught:
        await provider_http(client, fake_time).get("/thing")

    assert get.call_count == 4
    assert not caught.value.may_have_charged


async def test_get_pauses_grow_with_jitter_and_a_bound(
    client: httpx.AsyncClient, fake_time: FakeTime, get: respx.Route
) -> None:
    get.respond(500)
    patience = Patience(attempts=9, first_pause_s=1, longest_pause_s=8, deadline_s=1000)

    with pytest.raises(ProviderError):
        await provider_http(client, fake_time, patience=patience).get("/thing")

    bounds = [(0.5, 1), (1, 2), (2, 4), (4, 8), (4, 8), (4, 8), (4, 8), (4, 8)]
    assert len(fake_time.pauses_s) == len(bounds)
    for pause_s, (low_s, high_s) in zip(fake_time.pauses_s, bounds, strict=True):
        assert low_s <= pause_s <= high_s


async def test_get_retry_after_is_waited_for(
    client: httpx.AsyncClient, fake_time: FakeTime, get: respx.Route
) -> None:
    get.side_effect = [
        httpx.Response(429, headers={"retry-after": "17"}),
        httpx.Response(200, json={}),
    ]

    await provider_http(client, fake_time).get("/thing")

    assert fake_time.pauses_s == [17.0]


async def test_get_retry_after_beyond_the_deadline_is_handed_on(
    client: httpx.AsyncClient, fake_time: FakeTime, get: respx.Route
) -> None:
    get.respond(429, headers={"retry-after": "3600"})

    with pytest.raises(ProviderRateLimited) as caught:
        await provider_http(client, fake_time).get("/thing")

    assert caught.value.retry_after_s == 3600
    assert fake_time.pauses_s == []


# --- the rest ---


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "5"}, 5.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Sun, 22 Nov 2026 09:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 08:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
    ],
)
def test_retry_after_is_read_in_each_form(headers: dict[str, str], expected: float | None) -> None:
    now_s = 1_795_338_000.0  # 22 November 2026, 09:00 UTC

    assert retry_after_s(httpx.Headers(headers), now_s=now_s) == expected


@pytest.mark.parametrize("key", ["sk-\u2026", "one\ntwo"])
def test_key_that_cannot_be_one_is_refused_at_start(key: str) -> None:
    with pytest.raises(ProviderNotConfigured, match="MESHY_API_KEY"):
        provider_http(httpx.AsyncClient(), FakeTime(), api_key=key)


async def test_client_keeps_no_cookies(
    client: httpx.AsyncClient, fake_time: FakeTime, get: respx.Route
) -> None:
    get.respond(200, json={}, headers={"set-cookie": "session=1; Path=/"})
    http = provider_http(client, fake_time)

    await http.get("/thing")
    await http.get("/thing")

    assert "cookie" not in get.calls.last.request.headers


async def test_errors_are_told_also_when_they_pass(
    client: httpx.AsyncClient, fake_time: FakeTime, get: respx.Route, post: respx.Route
) -> None:
    told: list[tuple[str, str]] = []
    http = provider_http(client, fake_time, on_error=lambda *what: told.append(what))
    get.side_effect = [
        httpx.Response(503),
        httpx.ConnectError("refused"),
        httpx.Response(200, json={}),
    ]
    post.side_effect = [
        httpx.Response(429, json={"message": "RateLimitExceeded"}),
        httpx.Response(200, content=b"no json"),
    ]

    await http.get("/thing")
    with pytest.raises(BadProviderAnswer):
        await post_thing(http)

    assert told == [
        ("meshy", "provider_failed"),
        ("meshy", "provider_unreachable"),
        ("meshy", "provider_rate_limited"),
        ("meshy", "bad_provider_answer"),
    ]
