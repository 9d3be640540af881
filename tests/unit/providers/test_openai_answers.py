import json
from typing import Any

import pytest

from asset_forge.errors import BadProviderAnswer, ProviderError
from asset_forge.providers.openai_answers import (
    cost_of,
    find_json_object,
    first_picture,
    read_grip,
    read_orientation,
    text_of,
)

GRIP = {
    "gripBounds": {"minX": 240, "minY": 350, "maxX": 272, "maxY": 440},
    "confidence": 0.92,
    "weaponType": "sword",
    "gripDescription": "leather wrap",
    "detectedParts": {"blade": "long", "handle": "short", "guard": "straight"},
}


def chat(message: dict[str, Any], finish_reason: str = "stop") -> dict[str, Any]:
    return {"choices": [{"message": message, "finish_reason": finish_reason}]}


def test_text_of_plain_answer_is_stripped() -> None:
    assert text_of(chat({"content": "  a sword \n"}), provider="openai") == "a sword"


def test_text_of_parts_are_joined() -> None:
    parts = [{"type": "text", "text": "a "}, {"type": "text", "text": "sword"}, {"type": "odd"}]

    assert text_of(chat({"content": parts}), provider="openai") == "a sword"


@pytest.mark.parametrize(
    "content", ["<think>hm {1}\nso</think>a sword", "<THINKING>hm</THINKING>\na sword"]
)
def test_text_of_thoughts_are_left_out(content: str) -> None:
    assert text_of(chat({"content": content}), provider="openai") == "a sword"


def test_text_of_cut_off_text_is_used() -> None:
    assert text_of(chat({"content": "a long"}, "length"), provider="openai") == "a long"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (chat({"content": ""}, "length"), "used up its tokens"),
        (chat({"content": None}), "empty text"),
        (chat({"content": "<think>and so on"}, "length"), "used up its tokens"),
        ({"choices": []}, "no message"),
        ({"choices": "x"}, "no message"),
        ({}, "no message"),
        ({"choices": [{"message": "text"}]}, "no message"),
    ],
)
def test_text_of_answer_without_text_is_bad_and_was_paid(answer: dict[str, Any], said: str) -> None:
    with pytest.raises(BadProviderAnswer, match=said) as caught:
        text_of(answer, provider="openai")

    assert caught.value.may_have_charged


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (chat({"content": None, "refusal": "I cannot help with that"}), "I cannot help with that"),
        (chat({"content": "par"}, "content_filter"), "content filter"),
    ],
)
def test_text_of_declined_answer_is_an_error_with_the_reason(
    answer: dict[str, Any], said: str
) -> None:
    with pytest.raises(ProviderError, match=said):
        text_of(answer, provider="openai")


def test_cost_of_keeps_whole_counts_only() -> None:
    usage = {"input_tokens": 7, "output_tokens": 200, "details": {"a": 1}, "odd": True, "x": None}

    assert cost_of({"usage": usage}).usage == {"input_tokens": 7, "output_tokens": 200}
    assert cost_of({}).usage == {}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([{"b64_json": "QUJD"}], ("QUJD", "")),
        ([{"b64_json": "data:image/png;base64,QUJD"}], ("QUJD", "")),
        ([{"url": "https://a.test/x.png"}], ("", "https://a.test/x.png")),
        ([{"url": "data:image/png;base64,QUJD"}], ("QUJD", "")),
        ([{"b64_json": None, "url": "http://a.test/x"}], ("", "http://a.test/x")),
    ],
)
def test_first_picture_is_found_in_each_shape(data: Any, expected: tuple[str, str]) -> None:
    assert first_picture({"data": data}, provider="openai") == expected


@pytest.mark.parametrize("data", [None, [], [{}], ["x"], [{"b64_json": ""}]])
def test_first_picture_missing_is_a_bad_answer(data: Any) -> None:
    with pytest.raises(BadProviderAnswer, match="no picture"):
        first_picture({"data": data}, provider="openai")


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(GRIP),
        f"Here it is:\n```json\n{json.dumps(GRIP, indent=1)}\n```\nDone {{.}}",
        "{not this} but " + json.dumps(GRIP),
    ],
)
def test_read_grip_json_with_prose_around_it_is_read(text: str) -> None:
    grip = read_grip(text)

    assert grip is not None
    assert (grip.min_x, grip.min_y, grip.max_x, grip.max_y) == (240, 350, 272, 440)
    assert (grip.confidence, grip.weapon_type) == (0.92, "sword")
    assert grip.parts == {"blade": "long", "handle": "short", "guard": "straight"}


def test_read_grip_numbers_are_brought_into_range() -> None:
    bounds = {"minX": "300", "minY": -20, "maxX": 100, "maxY": 4000}

    grip = read_grip(json.dumps({"gripBounds": bounds, "confidence": 7}))

    assert grip is not None
    assert (grip.min_x, grip.min_y, grip.max_x, grip.max_y) == (100, 0, 300, 512)
    assert grip.confidence == 1


def test_read_grip_bounds_alone_are_enough() -> None:
    grip = read_grip(json.dumps(GRIP["gripBounds"]))

    assert grip is not None
    assert (grip.confidence, grip.weapon_type, grip.description) == (0.5, "unknown", "")
    assert grip.parts == {"blade": "", "handle": "", "guard": ""}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I see a sword.",
        "[1, 2]",
        "{",
        "{" * 200,
        '{"gripBounds": {"minX": 1}}',
        '{"gripBounds": {"minX": NaN, "minY": 1, "maxX": 2, "maxY": 3}}',
        '{"gripBounds": {"minX": true, "minY": 1, "maxX": 2, "maxY": 3}}',
        '{"gripBounds": {"minX": 5, "minY": 1, "maxX": 5, "maxY": 3}}',
        '{"gripBounds": {"minX": 1e999, "minY": 1, "maxX": 2, "maxY": 3}}',
    ],
)
def test_read_grip_unreadable_text_is_none(text: str) -> None:
    assert read_grip(text) is None


@pytest.mark.parametrize(
    ("value", "expected"), [(True, True), (False, False), ("yes", True), ("False", False)]
)
def test_read_orientation_flip_is_read(value: Any, expected: bool) -> None:
    text = json.dumps({"needsFlip": value, "currentOrientation": "blade down", "reason": "why"})

    found = read_orientation(text)

    assert found is not None
    assert (found.needs_flip, found.current_orientation, found.reason) == (
        expected,
        "blade down",
        "why",
    )


@pytest.mark.parametrize("text", ["", "{}", '{"needsFlip": 1}', '{"needsFlip": "perhaps"}'])
def test_read_orientation_unreadable_text_is_none(text: str) -> None:
    assert read_orientation(text) is None


def test_find_json_object_nested_too_deeply_is_none() -> None:
    assert find_json_object('{"a":' * 50_000) is None
