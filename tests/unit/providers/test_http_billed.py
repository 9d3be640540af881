"""ProviderHttp.post_billed: what is paid for leaves once, and what its errors say."""

import gzip
import tracemalloc
from typing import Any

import httpx
import pytest
import respx

from asset_forge.errors import (
    BadProviderAnswer,
    CreditsUsedUp,
    ProviderError,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnreachable,
)
from tests.unit.providers.download_support import Chunks
from tests.unit.providers.http_support import KEY, DroppedBody, post_thing, provider_http
from tests.unit.providers.support import FakeTime


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


async def test_post_gzip_bomb_is_stopped_at_the_bound(
    client: httpx.AsyncClient, fake_time: FakeTime, post: respx.Route
) -> None:
    bomb = gzip.compress(b'{"a": "' + b" " * 50_000_000)
    headers = {"content-encoding": "gzip"}
    post.return_value = httpx.Response(200, headers=headers, stream=Chunks(bomb))
    tracemalloc.start()

    with pytest.raises(BadProviderAnswer, match="longer than 1,000,000 bytes") as caught:
        await post_thing(provider_http(client, fake_time), max_bytes=1_000_000)

    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.may_have_charged
    assert peak_bytes < 10_000_000


async def test_post_packed_answer_is_read(
    client: httpx.AsyncClient, fake_time: FakeTime, post: respx.Route
) -> None:
    headers = {"content-encoding": "gzip"}
    stream = httpx.ByteStream(gzip.compress(b'{"result": "id"}'))
    post.return_value = httpx.Response(200, headers=headers, stream=stream)

    assert await post_thing(provider_http(client, fake_time)) == {"result": "id"}
    assert post.calls.last.request.headers["accept-encoding"] == "gzip"
