"""FakeOpenAI over HTTP: keys, answers, bills, scripted replies, compatible servers."""

import base64
import io
import json
from datetime import date
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.fakes import faults, openai_faults
from tests.fakes.openai import OPENAI_KEY, FakeOpenAI
from tests.fakes.openai_schema import sample, strict_fault

_HELLO = [{"role": "user", "content": "Describe a sword."}]
_CHAT = {"model": "gpt-6-luna", "messages": _HELLO, "reasoning_effort": "none"}
_IMAGE = {"model": "gpt-image-2.6-flare", "prompt": "a bronze sword", "size": "512x512"}
_GRIP = {
    "type": "object",
    "properties": {
        "minX": {"type": "integer", "minimum": 0, "maximum": 512},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "kind": {"enum": ["sword", "axe"]},
        "parts": {"$ref": "#/$defs/parts"},
        "reason": {"anyOf": [{"type": "null"}, {"type": "string"}]},
    },
    "required": ["minX", "confidence", "kind", "parts", "reason"],
    "additionalProperties": False,
    "$defs": {"parts": {"type": "array", "items": {"type": "boolean"}, "minItems": 2}},
}


def _client(fake: FakeOpenAI, key: str | None = OPENAI_KEY) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    transport = httpx.ASGITransport(fake)
    return httpx.AsyncClient(transport=transport, base_url="http://fake.test/v1", headers=headers)


async def _post(fake: FakeOpenAI, path: str, body: Any) -> httpx.Response:
    async with _client(fake) as client:
        return await client.post(path, json=body)


@pytest.mark.parametrize(("key", "code"), [(None, None), ("sk-wrong", "invalid_api_key")])
async def test_request_without_the_right_key_is_401(key: str | None, code: str | None) -> None:
    async with _client(FakeOpenAI(), key) as client:
        answer = await client.post("/chat/completions", json=_CHAT)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == code


async def test_chat_answer_has_content_usage_and_headers() -> None:
    fake = FakeOpenAI()
    answer = await _post(fake, "/chat/completions", _CHAT)
    content = answer.json()
    assert "Describe a sword." in content["choices"][0]["message"]["content"]
    assert content["usage"]["completion_tokens_details"]["reasoning_tokens"] == 0
    assert content["usage"]["total_tokens"] > content["usage"]["prompt_tokens"] > 0
    assert answer.headers["x-request-id"].startswith("req_")
    assert answer.headers["x-ratelimit-remaining-requests"] == "499"
    assert fake.billed_chats == 1
    assert fake.chats == [_CHAT]


async def test_chat_with_schema_answers_an_object_that_fits() -> None:
    wanted = {"name": "grip", "strict": True, "schema": _GRIP}
    body = {**_CHAT, "response_format": {"type": "json_schema", "json_schema": wanted}}
    answer = await _post(FakeOpenAI(), "/chat/completions", body)
    said = json.loads(answer.json()["choices"][0]["message"]["content"])
    assert said == {
        "minX": 215,
        "confidence": 0.5,
        "kind": "sword",
        "parts": [False, False],
        "reason": "A plain reason",
    }


async def test_chat_that_thinks_with_a_small_limit_says_nothing() -> None:
    body = {"model": "gpt-6-luna", "messages": _HELLO, "max_completion_tokens": 200}
    content = (await _post(FakeOpenAI(), "/chat/completions", body)).json()
    assert content["choices"][0]["message"]["content"] == ""
    assert content["choices"][0]["finish_reason"] == "length"
    assert content["usage"]["completion_tokens"] == 200


async def test_chat_longer_than_its_limit_is_cut() -> None:
    fake = FakeOpenAI()
    fake.say("word " * 100)
    content = (await _post(fake, "/chat/completions", {**_CHAT, "max_completion_tokens": 5})).json()
    assert content["choices"][0]["message"]["content"] == "word word word word "
    assert content["choices"][0]["finish_reason"] == "length"


async def test_chat_scripted_replies_come_in_order() -> None:
    fake = FakeOpenAI()
    fake.say({"needsFlip": True})
    fake.say(None, refusal="I cannot help with that.")
    first = (await _post(fake, "/chat/completions", _CHAT)).json()["choices"][0]["message"]
    second = (await _post(fake, "/chat/completions", _CHAT)).json()["choices"][0]["message"]
    assert json.loads(first["content"]) == {"needsFlip": True}
    assert (second["content"], second["refusal"]) == (None, "I cannot help with that.")


async def test_image_answer_is_a_picture_of_the_size_asked_for() -> None:
    fake = FakeOpenAI()
    answer = (await _post(fake, "/images/generations", {**_IMAGE, "n": 2, "quality": "low"})).json()
    assert len(answer["data"]) == 2
    assert set(answer["data"][0]) == {"b64_json"}
    with Image.open(io.BytesIO(base64.b64decode(answer["data"][0]["b64_json"]))) as image:
        assert (image.format, image.size) == ("PNG", (512, 512))
    assert answer["usage"]["output_tokens"] == 2 * 272
    assert fake.billed_images == 2


@pytest.mark.parametrize("image_format", ["png", "jpeg", "webp", "gif"])
async def test_image_answer_has_the_format_asked_for(image_format: str) -> None:
    body = {**_IMAGE, "output_format": image_format}
    answer = (await _post(FakeOpenAI(), "/images/generations", body)).json()
    with Image.open(io.BytesIO(base64.b64decode(answer["data"][0]["b64_json"]))) as image:
        assert image.format == image_format.upper()


async def test_image_refused_is_not_billed() -> None:
    fake = FakeOpenAI()
    answer = await _post(fake, "/images/generations", {**_IMAGE, "quality": "hd"})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "quality"
    assert fake.billed_images == 0


async def test_model_is_refused_from_the_day_it_is_shut_down() -> None:
    body = {**_IMAGE, "model": "gpt-image-1.5", "size": "1024x1024"}
    before, after = FakeOpenAI(today=date(2026, 11, 30)), FakeOpenAI(today=date(2026, 12, 1))
    assert (await _post(before, "/images/generations", body)).status_code == 200
    refused = await _post(after, "/images/generations", body)
    assert refused.status_code == 404
    assert refused.json()["error"]["code"] == "model_not_found"


async def test_models_list_shows_when_each_stops() -> None:
    async with _client(FakeOpenAI()) as client:
        listed = (await client.get("/models")).json()["data"]
        one = await client.get("/models/gpt-4o-mini")
        gone = await client.get("/models/gpt-4")
    ends = {model["id"]: model["shutdown_date"] for model in listed}
    assert ends["gpt-4o-mini"] == "2027-01-14"
    assert ends["gpt-6-luna"] is None
    assert "gpt-image-1" not in ends
    assert one.json()["shutdown_date"] == "2027-01-14"
    assert gone.status_code == 404


async def test_unknown_url_body_or_type_is_an_error_in_its_shape() -> None:
    async with _client(FakeOpenAI()) as client:
        nowhere = await client.post("/completions", json={})
        broken = await client.post(
            "/chat/completions", content=b"{", headers={"content-type": "application/json"}
        )
        typed = await client.post("/chat/completions", content=b"{}")
    assert [a.status_code for a in (nowhere, broken, typed)] == [404, 400, 415]
    assert all("message" in a.json()["error"] for a in (nowhere, broken, typed))


async def test_compatible_server_refuses_one_parameter_at_a_time() -> None:
    fake = FakeOpenAI.compatible()
    wanted = {"name": "answer", "strict": True, "schema": {"type": "object"}}
    body: dict[str, Any] = {
        "model": "some-local-model",
        "messages": _HELLO,
        "reasoning_effort": "none",
        "max_completion_tokens": 400,
        "response_format": {"type": "json_schema", "json_schema": wanted},
    }
    blamed = []
    async with _client(fake, None) as client:
        while (answer := await client.post("/chat/completions", json=body)).status_code == 400:
            blamed.append(answer.json()["error"]["param"])
            del body[blamed[-1]]
    assert blamed == ["reasoning_effort", "max_completion_tokens", "response_format"]
    assert answer.status_code == 200
    assert fake.billed_chats == 1


async def test_compatible_server_hands_out_picture_urls_unless_told_otherwise() -> None:
    fake = FakeOpenAI.compatible()
    body = {"model": "local", "prompt": "a sword", "size": "256x256"}
    async with _client(fake, None) as client:
        answer = (await client.post("/images/generations", json=body)).json()
        picture = await client.get(answer["data"][0]["url"])
        inline = await client.post(
            "/images/generations", json={**body, "response_format": "b64_json"}
        )
    with Image.open(io.BytesIO(picture.content)) as image:
        assert image.size == (256, 256)
    assert "b64_json" in inline.json()["data"][0]


@pytest.mark.parametrize(
    ("fault", "status", "kind", "code"),
    [
        (
            openai_faults.moderation_blocked(),
            400,
            "image_generation_user_error",
            "moderation_blocked",
        ),
        (openai_faults.invalid_key(), 401, "invalid_request_error", "invalid_api_key"),
        (openai_faults.organization_not_verified(), 403, "invalid_request_error", None),
        (openai_faults.rate_limited(2), 429, "requests", "rate_limit_exceeded"),
        (openai_faults.insufficient_quota(), 429, "insufficient_quota", "insufficient_quota"),
        (openai_faults.server_error(), 500, "server_error", None),
        (openai_faults.overloaded(), 503, "overloaded", None),
        (openai_faults.ok_with_error(), 200, "server_error", "upstream_error"),
        (
            openai_faults.refused(400, "no", param="size", error_code="invalid_value"),
            400,
            "invalid_request_error",
            "invalid_value",
        ),
    ],
)
async def test_fault_answers_in_openais_words_and_bills_nothing(
    fault: faults.Fault, status: int, kind: str, code: str | None
) -> None:
    fake = FakeOpenAI()
    fake.faults.add(fault, on="POST /v1/images")
    answer = await _post(fake, "/images/generations", _IMAGE)
    assert answer.status_code == status
    assert (answer.json()["error"]["type"], answer.json()["error"]["code"]) == (kind, code)
    assert "x-request-id" in answer.headers
    assert fake.billed_images == 0


async def test_rate_limit_says_when_to_come_back() -> None:
    fake = FakeOpenAI()
    fake.faults.add(openai_faults.rate_limited(2))
    answer = await _post(fake, "/chat/completions", _CHAT)
    assert (answer.headers["retry-after"], answer.headers["retry-after-ms"]) == ("2", "2000")


async def test_server_error_after_the_work_is_billed() -> None:
    fake = FakeOpenAI()
    fake.faults.add(openai_faults.server_error(work_done=True))
    answer = await _post(fake, "/images/generations", _IMAGE)
    assert answer.status_code == 500
    assert fake.billed_images == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "array"}, "at its root"),
        ({"additionalProperties": True}, "'additionalProperties' is required"),
        ({"required": ["minX"]}, "'required' is required"),
        ({"properties": {"a": {}}, "required": ["a"]}, "must have a 'type' key"),
        ({"properties": {"a": {"type": "list"}}, "required": ["a"]}, "not a valid type"),
        ({"properties": {"a": {"type": "array"}}, "required": ["a"]}, "missing items"),
        (
            {"properties": {"a": {"type": "string", "default": ""}}, "required": ["a"]},
            "'default' is not permitted",
        ),
        ({"properties": {"a": 1}, "required": ["a"]}, "must be an object"),
    ],
)
def test_strict_schema_fault_is_named(change: dict[str, Any], words: str) -> None:
    assert strict_fault(_GRIP) is None
    fault = strict_fault({**_GRIP, **change})
    assert fault is not None
    assert words in fault


def test_strict_schema_too_deep_is_refused() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(11):
        schema = {
            "type": "object",
            "properties": {"a": schema},
            "required": ["a"],
            "additionalProperties": False,
        }
    fault = strict_fault(schema)
    assert fault is not None
    assert "exceeds limit of 10" in fault


def test_sample_takes_const_and_the_first_type_that_is_not_null() -> None:
    assert sample({"const": 7}) == 7
    assert sample({"type": ["null", "integer"], "minimum": 4, "maximum": 6}) == 5
    assert sample({"type": "null"}) is None
    assert sample({"type": "array", "items": {"type": "string"}, "maxItems": 0}) == []
