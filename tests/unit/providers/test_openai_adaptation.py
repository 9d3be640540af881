from typing import Any

import pytest

from asset_forge.providers.http_answers import ErrorDetail
from asset_forge.providers.openai_adaptation import ROOM_FOR_REASONING_TOKENS, Adaptations

URL = "http://local.test/v1"
MODEL = "some-model"
SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": {}}}
CHAT: dict[str, Any] = {
    "model": MODEL,
    "messages": [],
    "reasoning_effort": "none",
    "max_completion_tokens": 1200,
    "response_format": SCHEMA,
}


def after(*params: str, wanted: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what is sent after the parameters were refused one after the other."""
    body = wanted or CHAT
    adaptations = Adaptations()
    for param in params:
        sent = adaptations.fit(URL, MODEL, body)
        assert adaptations.learn(URL, MODEL, wanted=body, sent=sent, said=ErrorDetail(param=param))
    return adaptations.fit(URL, MODEL, body)


def test_fit_unknown_model_gets_the_body_as_it_is() -> None:
    assert after() == CHAT


def test_fit_refused_token_cap_is_renamed() -> None:
    body = after("max_completion_tokens")

    assert body["max_tokens"] == 1200
    assert "max_completion_tokens" not in body


def test_fit_old_token_cap_is_renamed_to_the_new_one() -> None:
    body = after("max_tokens", wanted={"model": MODEL, "max_tokens": 500})

    assert body == {"model": MODEL, "max_completion_tokens": 500}


def test_fit_both_token_caps_refused_sends_none() -> None:
    body = after("max_completion_tokens", "max_tokens")

    assert not {"max_completion_tokens", "max_tokens"} & body.keys()


def test_fit_model_that_must_reason_gets_room_for_it() -> None:
    body = after("reasoning_effort")

    assert "reasoning_effort" not in body
    assert body["max_completion_tokens"] == ROOM_FOR_REASONING_TOKENS


def test_fit_response_format_goes_down_in_two_steps() -> None:
    assert after("response_format")["response_format"] == {"type": "json_object"}
    assert "response_format" not in after("response_format", "response_format")


def test_fit_four_refusals_in_a_row_are_all_kept() -> None:
    body = after("max_completion_tokens", "reasoning_effort", "response_format", "response_format")

    assert body == {"model": MODEL, "messages": [], "max_tokens": ROOM_FOR_REASONING_TOKENS}


@pytest.mark.parametrize(
    "param", ["quality", "background", "output_format", "moderation", "size", "response_format"]
)
def test_fit_refused_picture_parameter_is_dropped(param: str) -> None:
    wanted = {"model": MODEL, "prompt": "x", param: "low"}

    assert after(param, wanted=wanted) == {"model": MODEL, "prompt": "x"}


@pytest.mark.parametrize(
    "said",
    [
        ErrorDetail(param="model", code="model_not_found"),
        ErrorDetail(param="messages"),
        ErrorDetail(param="temperature"),  # was not sent
        ErrorDetail(message="no quality at all", code="moderation_blocked"),
        ErrorDetail(message="something else is wrong"),
        ErrorDetail(message="my_response_format_field is odd"),
    ],
)
def test_learn_refusal_that_no_parameter_cures_changes_nothing(said: ErrorDetail) -> None:
    adaptations = Adaptations()

    assert not adaptations.learn(URL, MODEL, wanted=CHAT, sent=CHAT, said=said)
    assert adaptations.fit(URL, MODEL, CHAT) == CHAT


@pytest.mark.parametrize("param", ["response_format.json_schema", "response_format[0]"])
def test_learn_part_of_a_parameter_blames_the_parameter(param: str) -> None:
    assert after(param)["response_format"] == {"type": "json_object"}


def test_learn_parameter_named_in_the_text_alone_is_found() -> None:
    said = ErrorDetail(message="'response_format.type' must be 'json_schema' or 'text'")
    adaptations = Adaptations()

    assert adaptations.learn(URL, MODEL, wanted=CHAT, sent=CHAT, said=said)
    assert adaptations.fit(URL, MODEL, CHAT)["response_format"] == {"type": "json_object"}


def test_learn_same_parameter_twice_gives_up() -> None:
    adaptations = Adaptations()
    said = ErrorDetail(param="reasoning_effort")
    assert adaptations.learn(URL, MODEL, wanted=CHAT, sent=CHAT, said=said)
    fitted = adaptations.fit(URL, MODEL, CHAT)

    assert not adaptations.learn(URL, MODEL, wanted=CHAT, sent=fitted, said=said)


def test_learn_two_requests_at_once_take_one_step_together() -> None:
    adaptations = Adaptations()
    said = ErrorDetail(param="response_format")
    assert adaptations.learn(URL, MODEL, wanted=CHAT, sent=CHAT, said=said)

    assert adaptations.learn(URL, MODEL, wanted=CHAT, sent=CHAT, said=said)
    assert adaptations.fit(URL, MODEL, CHAT)["response_format"] == {"type": "json_object"}


def test_learn_is_kept_per_address_and_model() -> None:
    adaptations = Adaptations()
    said = ErrorDetail(param="reasoning_effort")
    adaptations.learn(URL, MODEL, wanted=CHAT, sent=CHAT, said=said)

    assert adaptations.fit(URL, "another", CHAT) == CHAT
    assert adaptations.fit("http://other.test/v1", MODEL, CHAT) == CHAT
