"""OpenAIProvider: the requests it sends and what it makes of the answers."""

import base64
import datetime as dt
import random
from typing import Any

import httpx
import pytest
import respx

from asset_forge.errors import (
    BadInput,
    BadPicture,
    BadProviderAnswer,
    CreditsUsedUp,
    ProviderError,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnreachable,
)
from asset_forge.providers.openai import OpenAIProvider
from tests.fakes.pictures import jpeg, png
from tests.unit.providers.support import SUBJECT, FakeTime, bodies

URL = "https://api.openai.test/v1"
KEY = "sk-test-key-0123456789"
USAGE = {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}
PICTURE = png(size_px=64)


def provider(client: httpx.AsyncClient, **changes: Any) -> OpenAIProvider:
    time = FakeTime()
    values: dict[str, Any] = {
        "client": client,
        "base_url": URL,
        "api_key": KEY,
        "clock": time.clock,
        "sleep": time.sleep,
        "rng": random.Random(1),
    }
    return OpenAIProvider(**{**values, **changes})


def said(text: str, finish_reason: str = "stop") -> httpx.Response:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}
    return httpx.Response(200, json={"choices": [choice], "usage": USAGE})


def drawn(data: bytes = PICTURE, **more: Any) -> httpx.Response:
    encoded = base64.b64encode(data).decode()
    usage = {"input_tokens": 12, "output_tokens": 400, "total_tokens": 412}
    return httpx.Response(200, json={"data": [{"b64_json": encoded}], "usage": usage, **more})


def refused(param: str | None, message: str = "no", code: str | None = None) -> httpx.Response:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return httpx.Response(400, json={"error": error})


@pytest.fixture
def chat(respx_mock: respx.MockRouter) -> respx.Route:
    return respx_mock.post(f"{URL}/chat/completions")


@pytest.fixture
def images(respx_mock: respx.MockRouter) -> respx.Route:
    return respx_mock.post(f"{URL}/images/generations")


# --- words ---


async def test_write_sends_the_robust_chat_request(
    client: httpx.AsyncClient, chat: respx.Route
) -> None:
    chat.side_effect = [said("A polished longsword.")]

    written = await provider(client).write(system="Improve it.", user="sword")

    assert bodies(chat) == [
        {
            "model": "gpt-6-luna",
            "messages": [
                {"role": "system", "content": "Improve it."},
                {"role": "user", "content": "sword"},
            ],
            "reasoning_effort": "none",
            "max_completion_tokens": 1200,
        }
    ]
    assert chat.calls.last.request.headers["authorization"] == f"Bearer {KEY}"
    assert written.text == "A polished longsword."
    assert written.receipt.to_json() == {
        "provider": "openai",
        "model": "gpt-6-luna",
        "taskId": None,
        "usage": USAGE,
    }


async def test_write_refused_parameters_are_adapted_and_remembered(
    client: httpx.AsyncClient, chat: respx.Route
) -> None:
    chat.side_effect = [
        refused("reasoning_effort"),
        refused("max_completion_tokens"),
        said("one"),
        said("two"),
    ]
    openai = provider(client)

    await openai.write(system="s", user="u")
    await openai.write(system="s", user="u")

    sent = [sorted(body.keys() - {"model", "messages"}) for body in bodies(chat)]
    assert sent == [
        ["max_completion_tokens", "reasoning_effort"],
        ["max_completion_tokens"],
        ["max_tokens"],
        ["max_tokens"],
    ]


async def test_write_refusal_of_a_parameter_again_and_again_ends(
    client: httpx.AsyncClient, chat: respx.Route
) -> None:
    chat.mock(return_value=refused("reasoning_effort", "no effort for you"))

    with pytest.raises(ProviderError, match="no effort for you"):
        await provider(client).write(system="s", user="u")

    assert chat.call_count == 2


async def test_write_422_is_not_adapted(client: httpx.AsyncClient, chat: respx.Route) -> None:
    chat.respond(422, json={"error": {"message": "no", "param": "reasoning_effort"}})

    with pytest.raises(ProviderError):
        await provider(client).write(system="s", user="u")

    assert chat.call_count == 1


async def test_write_shut_down_model_says_so(client: httpx.AsyncClient, chat: respx.Route) -> None:
    error = {"message": "The model `gpt-4` does not exist", "code": "model_not_found"}
    chat.respond(404, json={"error": {**error, "param": "model"}})

    with pytest.raises(ProviderError, match="`gpt-4` does not exist"):
        await provider(client, text_model="gpt-4").write(system="s", user="u")


async def test_write_local_server_needs_no_key(
    client: httpx.AsyncClient, chat: respx.Route
) -> None:
    chat.side_effect = [said("hello")]

    await provider(client, api_key="").write(system="s", user="u")

    assert "authorization" not in chat.calls.last.request.headers


# --- pictures ---


async def test_draw_sends_what_gpt_image_models_take(
    client: httpx.AsyncClient, images: respx.Route
) -> None:
    images.side_effect = [drawn(quality="low", size="1024x1024")]

    picture = await provider(client, image_quality="low").draw(prompt="a sword", subject=SUBJECT)

    assert bodies(images) == [
        {
            "model": "gpt-image-2.6-flare",
            "prompt": "a sword",
            "size": "1024x1024",
            "quality": "low",
            "output_format": "png",
            "background": "opaque",
        }
    ]
    assert (picture.data, picture.mime_type) == (PICTURE, "image/png")
    assert (picture.resolution, picture.quality) == ("64x64", "low")
    assert picture.receipt.cost.usage["output_tokens"] == 400


async def test_draw_other_models_are_asked_for_base64_and_no_more(
    client: httpx.AsyncClient, images: respx.Route
) -> None:
    images.side_effect = [drawn(jpeg(size_px=32))]

    picture = await provider(client, image_model="z-image-turbo").draw(prompt="x", subject=SUBJECT)

    assert bodies(images) == [
        {
            "model": "z-image-turbo",
            "prompt": "x",
            "size": "1024x1024",
            "response_format": "b64_json",
        }
    ]
    assert picture.mime_type == "image/jpeg"


async def test_draw_answer_with_an_address_is_downloaded(
    client: httpx.AsyncClient, images: respx.Route, respx_mock: respx.MockRouter
) -> None:
    images.respond(200, json={"data": [{"url": "https://api.openai.test/made/1.png"}]})
    respx_mock.get("https://api.openai.test/made/1.png").respond(200, content=PICTURE)

    picture = await provider(client, image_model="local").draw(prompt="x", subject=SUBJECT)

    assert picture.data == PICTURE


async def test_draw_address_inside_the_network_is_not_fetched(
    client: httpx.AsyncClient, images: respx.Route, respx_mock: respx.MockRouter
) -> None:
    images.respond(200, json={"data": [{"url": "http://169.254.169.254/latest"}]})

    with pytest.raises(BadProviderAnswer, match="not a public address") as caught:
        await provider(client, image_model="local").draw(prompt="x", subject=SUBJECT)

    assert caught.value.may_have_charged
    assert len(respx_mock.calls) == 1


@pytest.mark.parametrize("param", ["quality", "background", "output_format", "size"])
async def test_draw_refused_parameter_is_left_out(
    client: httpx.AsyncClient, images: respx.Route, param: str
) -> None:
    images.side_effect = [refused(param), drawn()]

    await provider(client).draw(prompt="x", subject=SUBJECT)

    first, second = bodies(images)
    assert first.keys() - second.keys() == {param}


async def test_draw_blocked_prompt_is_told_and_not_repeated(
    client: httpx.AsyncClient, images: respx.Route
) -> None:
    text = "Your request was rejected by the safety system: low quality"
    images.side_effect = [refused(None, text, "moderation_blocked")]

    with pytest.raises(ProviderError, match="rejected by the safety system") as caught:
        await provider(client).draw(prompt="x", subject=SUBJECT)

    assert not caught.value.may_have_charged


@pytest.mark.parametrize(
    "failure", [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("disconnected")]
)
async def test_draw_without_an_answer_is_never_sent_again(
    client: httpx.AsyncClient, images: respx.Route, failure: Exception
) -> None:
    images.side_effect = failure

    with pytest.raises((ProviderUnreachable, ProviderTimeout)) as caught:
        await provider(client).draw(prompt="x", subject=SUBJECT)

    assert caught.value.may_have_charged
    assert images.call_count == 1


async def test_draw_server_error_is_never_sent_again(
    client: httpx.AsyncClient, images: respx.Route
) -> None:
    images.respond(500, json={"error": {"message": "server had an error"}})

    with pytest.raises(ProviderError) as caught:
        await provider(client).draw(prompt="x", subject=SUBJECT)

    assert caught.value.may_have_charged
    assert images.call_count == 1


async def test_draw_rate_limit_passes(client: httpx.AsyncClient, images: respx.Route) -> None:
    error = {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}
    images.side_effect = [httpx.Response(429, json={"error": error}), drawn()]

    await provider(client).draw(prompt="x", subject=SUBJECT)

    assert images.call_count == 2


async def test_draw_rate_limit_that_stays_is_a_429(
    client: httpx.AsyncClient, images: respx.Route
) -> None:
    error = {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}
    images.respond(429, json={"error": error}, headers={"retry-after": "600"})

    with pytest.raises(ProviderRateLimited) as caught:
        await provider(client).draw(prompt="x", subject=SUBJECT)

    assert caught.value.retry_after_s == 600


async def test_draw_quota_is_a_402(client: httpx.AsyncClient, images: respx.Route) -> None:
    error = {"message": "You exceeded", "type": "insufficient_quota", "code": "insufficient_quota"}
    images.respond(429, json={"error": error})

    with pytest.raises(CreditsUsedUp):
        await provider(client).draw(prompt="x", subject=SUBJECT)

    assert images.call_count == 1


async def test_draw_prompt_that_is_too_long_is_refused_before_it_costs(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter
) -> None:
    with pytest.raises(BadInput, match="32,000"):
        await provider(client).draw(prompt="x" * 32_001, subject=SUBJECT)

    assert len(respx_mock.calls) == 0


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"data": [{"b64_json": "not base64!"}]}, "no base64"),
        ({"data": [{"b64_json": base64.b64encode(b"<html>").decode()}]}, "no PNG"),
        ({"data": [{"b64_json": base64.b64encode(PICTURE[:80]).decode()}]}, "cannot be used"),
        ({"data": []}, "no picture"),
        ({"created": 1}, "no picture"),
    ],
)
async def test_draw_answer_without_a_usable_picture_is_bad_and_was_paid(
    client: httpx.AsyncClient, images: respx.Route, data: dict[str, Any], what: str
) -> None:
    images.respond(200, json=data)

    with pytest.raises(BadProviderAnswer, match=what) as caught:
        await provider(client).draw(prompt="x", subject=SUBJECT)

    assert caught.value.may_have_charged


async def test_draw_unverified_organisation_names_the_key_variable(
    client: httpx.AsyncClient, images: respx.Route
) -> None:
    images.respond(403, json={"error": {"message": "Your organization must be verified"}})

    with pytest.raises(ProviderError, match=r"OPENAI_API_KEY.*must be verified"):
        await provider(client).draw(prompt="x", subject=SUBJECT)


# --- sight ---

GRIP = (
    '{"gripBounds": {"minX": 240, "minY": 350, "maxX": 270, "maxY": 440}, "confidence": 0.9,'
    ' "weaponType": "sword", "gripDescription": "g", "detectedParts": {"blade": "b",'
    ' "handle": "h", "guard": "q"}}'
)


async def test_find_grip_sends_the_picture_with_a_strict_schema(
    client: httpx.AsyncClient, chat: respx.Route
) -> None:
    chat.side_effect = [said(GRIP)]

    grip = (await provider(client).find_grip(picture=PICTURE, instruction="Find the grip.")).finding

    body = bodies(chat)[0]
    [message] = body["messages"]
    text, image = message["content"]
    assert text["text"].startswith("Find the grip.")
    assert "JSON" in text["text"]
    encoded = base64.b64encode(PICTURE).decode()
    assert image == {
        "type": "image_url",
        "image_url": {"url": f"data:image/png;base64,{encoded}", "detail": "high"},
    }
    assert body["response_format"]["type"] == "json_schema"
    schema = body["response_format"]["json_schema"]
    assert schema["strict"] is True
    assert schema["schema"]["additionalProperties"] is False
    assert schema["schema"]["required"] == list(schema["schema"]["properties"])
    assert grip is not None
    assert (grip.min_y, grip.weapon_type) == (350, "sword")


async def test_find_grip_falls_back_from_schema_to_json_to_text(
    client: httpx.AsyncClient, chat: respx.Route
) -> None:
    chat.side_effect = [refused("response_format"), refused("response_format"), said(GRIP)]

    grip = (await provider(client).find_grip(picture=PICTURE, instruction="i")).finding

    formats = [body.get("response_format", {}).get("type") for body in bodies(chat)]
    assert formats == ["json_schema", "json_object", None]
    assert grip is not None


@pytest.mark.parametrize("text", ["I see no weapon", "", "{}"])
async def test_find_grip_unreadable_answer_is_none(
    client: httpx.AsyncClient, chat: respx.Route, text: str
) -> None:
    chat.side_effect = [said(text)]

    look = await provider(client).find_grip(picture=PICTURE, instruction="i")

    assert look.finding is None
    assert look.receipt.provider == "openai"


async def test_find_grip_declined_is_an_error(client: httpx.AsyncClient, chat: respx.Route) -> None:
    choice = {"message": {"content": None, "refusal": "no weapons"}, "finish_reason": "stop"}
    chat.respond(200, json={"choices": [choice]})

    with pytest.raises(ProviderError, match="no weapons"):
        await provider(client).find_grip(picture=PICTURE, instruction="i")


async def test_find_grip_of_no_picture_is_refused_before_it_costs(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter
) -> None:
    with pytest.raises(BadPicture):
        await provider(client).find_grip(picture=b"GIF89a", instruction="i")

    assert len(respx_mock.calls) == 0


async def test_find_orientation_reads_the_answer(
    client: httpx.AsyncClient, chat: respx.Route
) -> None:
    chat.side_effect = [
        said('{"needsFlip": true, "currentOrientation": "blade down", "reason": "tip is low"}')
    ]

    look = await provider(client, vision_model="eyes").find_orientation(
        picture=jpeg(size_px=16), instruction="i"
    )

    found = look.finding
    assert found is not None
    assert (found.needs_flip, found.current_orientation) == (True, "blade down")
    body = bodies(chat)[0]
    assert body["model"] == "eyes"
    assert body["messages"][0]["content"][1]["image_url"]["url"].startswith("data:image/jpeg;")


# --- models ---


async def test_check_models_warns_of_missing_and_dying_models(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter
) -> None:
    listing = {
        "data": [
            {"id": "gpt-6-luna", "shutdown_date": None},
            {"id": "gpt-image-2.6-flare", "shutdown_date": "2027-03-01"},
            {"id": "odd", "shutdown_date": "some day"},
            "rubbish",
        ]
    }
    respx_mock.get(f"{URL}/models").respond(200, json=listing)

    check = await provider(client, vision_model="gpt-9").check_models(today=dt.date(2026, 11, 22))

    assert [model.id for model in check.listed] == ["gpt-6-luna", "gpt-image-2.6-flare", "odd"]
    assert len(check.warnings) == 2
    assert "'gpt-9'" in check.warnings[0]
    assert "2027-03-01" in check.warnings[1]


async def test_check_models_unreadable_list_is_a_bad_answer(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{URL}/models").respond(200, json=["x"])

    with pytest.raises(BadProviderAnswer):
        await provider(client).check_models()
