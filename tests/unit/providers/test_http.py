"""ProviderHttp: what is tried again, what never is, and what errors say."""

import random
from typing import Any

import httpx
import pytest
import respx

from asset_forge.errors import (
    BadProviderAnswer,
    CreditsUsedUp,
    ProviderError,
    ProviderNotConfigured,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnreachable,
)
from asset_forge.providers.http import Patience, ProviderHttp
from asset_forge.providers.http_answers import retry_after_s
from tests.unit.providers.support import FakeTime

URL = "https://maker.test"
KEY = "hush-hush-key"


def provider_http(client: httpx.AsyncClient, time: FakeTime, **changes: Any) -> ProviderHttp:
    values: dict[str, Any] = {
        "provider": "meshy",
        "client": client,
        "base_url": URL,
        "api_key": KEY,
        "key_variable": "MESHY_API_KEY",
        "clock": time.clock,
        "sleep": time.sleep,
        "rng": random.Random(7),
    }
    return ProviderHttp(**{**values, **changes})


class DroppedBody(httpx.AsyncByteStream):
    """A body that breaks off."""

    async def __aiter__(self) -> Any:
        yield b'{"ha'
        raise httpx.ReadError("connection lost")


@pytest.fixture
def get(respx_mock: respx.MockRouter) -> respx.Route:
    return respx_mock.get(f"{URL}/thing")


@pytest.fixture
def post(respx_mock: respx.MockRouter) -> respx.Route:
    return respx_mock.post(f"{URL}/thing")


async def post_thing(http: ProviderHttp, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"timeout_s": 5, **changes}
    return http.object_of(await http.post_billed("/thing", {"a": 1}, **values))


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


# --- POST ---


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (httpx.ReadTimeout("slow"), ProviderTimeout),
        (httpx.WriteTimeout("slow"), ProviderTimeout),
        (httpx.ReadError("reset"), ProviderUnreachable),
        (httpx.WriteError("reset"), ProviderUnreachable),
        (httpx.RemoteProtocolError("Server disconnected without a word."), ProviderUnreachable),
    ],
)
async def test_post_without_an_answer_is_sent_once_and_may_have_charged(
    client: httpx.AsyncClient,
    fake_time: FakeTime,
    post: respx.Route,
    failure: Exception,
    error: type[ProviderError],
) -> None:
    post.side_effect = failure

    with pytest.raises(error) as caught:
        await post_thing(provider_http(client, fake_time))

    assert caught.value.may_have_charged
    assert post.call_count == 1


@pytest.mark.parametrize(
    "failure",
    [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("busy")],
)
async def test_post_that_never_left_has_not_charged(
    client: httpx.AsyncClient, fake_time: FakeTime, post: respx.Route, failure: Exception
) -> None:
    post.side_effect = failure

    with pytest.raises(ProviderUnreachable) as caught:
        await post_thing(provider_http(client, fake_time))

    assert not caught.value.may_have_charged
    assert post.call_count == 1


async def test_post_answer_that_breaks_off_may_have_charged(
    client: httpx.AsyncClient, fake_time: FakeTime, post: respx.Route
) -> None:
    post.return_value = httpx.Response(200, stream=DroppedBody())

    with pytest.raises(ProviderUnreachable) as caught:
        await post_thing(provider_http(client, fake_time))

    assert caught.value.may_have_charged
    assert post.call_count == 1


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 529])
async def test_post_server_trouble_is_sent_once_and_may_have_charged(
    client: httpx.AsyncClient, fake_time: FakeTime, post: respx.Route, status: int
) -> None:
    post.respond(status, json={"message": "Internal Server Error"})

    with pytest.raises(ProviderError, match="Internal Server Error") as caught:
        await post_thing(provider_http(client, fake_time))

    assert caught.value.status == 502
    assert caught.value.upstream_status == status
    assert caught.value.may_have_charged
    assert post.call_count == 1


@pytest.mark.parametrize("status", [400, 404, 409, 413, 422])
async def test_post_refusal_says_what_the_provider_said(
    client: httpx.AsyncClient, fake_time: FakeTime, post: respx.Route, status: int
) -> None:
    post.respond(status, json={"message": "target_polycount is too low"})

    with pytest.raises(ProviderError, match="target_polycount is too low") as caught:
        await post_thing(provider_http(client, fake_time))

    assert (caught.value.status, caught.value.upstream_status) == (502, status)
    assert not caught.value.may_have_charged
    assert not caught.value.retryable


@pytest.mark.parametrize("status", [401, 403])
async def test_post_refused_key_names_the_variable(
    client: httpx.AsyncClient, fake_time: FakeTime, post: respx.Route, status: int
) -> None:
    post.respond(status, json={"message": f"Invalid API key {KEY}"})

    with pytest.raises(ProviderError, match="MESHY_API_KEY") as caught:
        await post_thing(provider_http(client, fake_time))

    assert caught.value.status == 502
    assert KEY not in caught.value.message


async def test_post_402_means_that_credits_are_used_up(
    client: httpx.AsyncClient, fake_time: FakeTime, post: respx.Route
) -> None:
    post.respond(402, json={"message": "Insufficient funds"})

    with pytest.raises(CreditsUsedUp, match="Insufficient funds"):
        await post_thing(provider_http(client, fake_time))

    assert post.call_count == 1


@pytest.mark.parametrize(
    "error",
    [
        {"type": "insufficient_quota", "code": "insufficient_quota"},
        {"type": "insufficient_quota", "code": "credit_balance_exhausted"},
        {"type": "requests", "code": "organization_spend_limit_exceeded"},
        {"type": None, "code": "project_spend_limit_exceeded"},
        {"type": None, "code": "organization_usage_limit_exceeded"},
    ],
)
async def test_post_429_about_money_is_no_rate_limit(
    client: httpx.AsyncClient, fake_time: FakeTime, post: respx.Route, error: dict[str, Any]
) -> None:
    post.respond(429, json={"error": {"message": "You exceeded your quota", **error}})

    with pytest.raises(CreditsUsedUp, match="You exceeded your quota"):
        await post_thing(provider_http(client, fake_time))

    assert post.call_count == 1


async def test_post_429_about_the_rate_is_sent_again_after_the_pause(
    client: httpx.AsyncClient, fake_time: FakeTime, post: respx.Route
) -> None:
    post.side_effect = [
        httpx.Response(429, json={"message": "RateLimitExceeded"}, headers={"retry-after": "3"}),
        httpx.Response(202, json={"result": "id"}),
    ]

    assert await post_thing(provider_http(client, fake_time)) == {"result": "id"}
    assert fake_time.pauses_s == [3.0]


async def test_post_429_that_stays_is_handed_on_with_its_pause(
    client: httpx.AsyncClient, fake_time: FakeTime, post: respx.Route
) -> None:
    post.respond(429, json={"message": "RateLimitExceeded"}, headers={"retry-after-ms": "2500"})

    with pytest.raises(ProviderRateLimited) as caught:
        await post_thing(provider_http(client, fake_time))

    assert caught.value.retry_after_s == 2.5
    assert (caught.value.status, post.call_count) == (429, 4)


@pytest.mark.parametrize("text", ["NoMoreConcurrentTasks", "NoMorePendingTasks: upgrade your plan"])
async def test_post_429_about_the_queue_is_left_to_the_caller(
    client: httpx.AsyncClient, fake_time: FakeTime, post: respx.Route, text: str
) -> None:
    post.respond(429, json={"message": text})

    with pytest.raises(ProviderRateLimited):
        await post_thing(provider_http(client, fake_time))

    assert post.call_count == 1


# --- answers that make no sense ---


@pytest.mark.parametrize(
    ("content", "content_type", "said"),
    [
        (b"\x00\xff{]not json", "application/json", "no JSON"),
        (b"", "application/json", "nothing"),
        (b"<html><title>Bad gateway &amp; co</title></html>", "text/html", "Bad gateway & co"),
        (b"[1, 2]", "application/json", "no object"),
        (b'{"error": {"message": "model fell over"}}', "application/json", "model fell over"),
        (b"[" * 100_000, "application/json", "no JSON"),
    ],
)
async def test_post_senseless_success_is_a_bad_answer_that_was_paid(
    client: httpx.AsyncClient,
    fake_time: FakeTime,
    post: respx.Route,
    content: bytes,
    content_type: str,
    said: str,
) -> None:
    post.respond(200, content=content, content_type=content_type)

    with pytest.raises(BadProviderAnswer, match=said) as caught:
        await post_thing(provider_http(client, fake_time))

    assert caught.value.may_have_charged
    assert post.call_count == 1


async def test_post_answer_beyond_the_bound_is_not_read(
    client: httpx.AsyncClient, fake_time: FakeTime, post: respx.Route
) -> None:
    post.respond(200, content=b"x" * 2000)

    with pytest.raises(BadProviderAnswer, match="longer than 1,000 bytes"):
        await post_thing(provider_http(client, fake_time), max_bytes=1000)


async def test_post_broken_compression_is_a_bad_answer(
    client: httpx.AsyncClient, fake_time: FakeTime, post: respx.Route
) -> None:
    post.return_value = httpx.Response(
        200,
        headers={"content-encoding": "gzip"},
        stream=httpx.ByteStream(b"this is no gzip"),
    )

    with pytest.raises(BadProviderAnswer, match="decompressed"):
        await post_thing(provider_http(client, fake_time))


async def test_post_redirect_names_the_base_url(
    client: httpx.AsyncClient, fake_time: FakeTime, post: respx.Route
) -> None:
    post.respond(301, headers={"location": "https://elsewhere.test/"})

    with pytest.raises(ProviderError, match="check its base URL"):
        await post_thing(provider_http(client, fake_time))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "from OpenAI"}}, "from OpenAI"),
        ({"error": "from Ollama"}, "from Ollama"),
        ({"message": "from Meshy"}, "from Meshy"),
        ({"detail": [{"msg": "from FastAPI"}]}, "from FastAPI"),
        ({"odd": "thing"}, "odd"),
        ({}, "nothing more"),
    ],
)
async def test_post_error_bodies_of_all_shapes_are_read(
    client: httpx.AsyncClient,
    fake_time: FakeTime,
    post: respx.Route,
    body: dict[str, Any],
    said: str,
) -> None:
    post.respond(400, json=body, headers={"x-request-id": "req_123"})

    with pytest.raises(ProviderError, match=said) as caught:
        await post_thing(provider_http(client, fake_time))

    assert caught.value.message.endswith("(request req_123)")


async def test_post_long_error_text_is_bounded(
    client: httpx.AsyncClient, fake_time: FakeTime, post: respx.Route
) -> None:
    post.respond(400, json={"message": "word " * 10_000 + "data:image/png;base64,AAAA"})

    with pytest.raises(ProviderError) as caught:
        await post_thing(provider_http(client, fake_time))

    assert len(caught.value.message) < 600


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
