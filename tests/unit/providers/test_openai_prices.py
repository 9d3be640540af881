"""Dollars by OpenAI's price list: what is known is estimated, what is not is None."""

from typing import Any

import pytest

from asset_forge.providers.openai_answers import cost_of
from asset_forge.providers.openai_prices import picture_usd, prompt_usd, usd_of

CHAT = {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}
DRAWN = {"input_tokens": 100, "output_tokens": 1756, "total_tokens": 1856}


@pytest.mark.parametrize(
    ("model", "usage", "usd"),
    [
        ("gpt-6-luna", CHAT, 0.0002),
        ("gpt-6-luna-2026-10-01", CHAT, 0.0002),
        ("gpt-5.6-luna", CHAT, 0.00044),
        ("gpt-6-luna", {**CHAT, "prompt_tokens_details": {"cached_tokens": 1000}}, 0.00011),
        ("gpt-5.6-luna", {**CHAT, "prompt_tokens_details": {"cached_tokens": 1000}}, 0.00044),
        ("gpt-image-2.6-flare", DRAWN, 0.05318),
        ("gpt-image-2", {**DRAWN, "input_tokens_details": {"image_tokens": 100}}, 0.05348),
        ("gpt-6-luna", {**CHAT, "prompt_tokens_details": {"cached_tokens": 9e9}}, 0.0002),
    ],
)
def test_usage_is_priced_by_its_model(model: str, usage: dict[str, Any], usd: float) -> None:
    assert usd_of(model, usage) == usd


@pytest.mark.parametrize(
    ("model", "usage"),
    [
        ("llama3.2", CHAT),
        ("gpt-6-luna", None),
        ("gpt-6-luna", {}),
        ("gpt-6-luna", {"prompt_tokens": 5}),
        ("gpt-6-luna", {"prompt_tokens": True, "completion_tokens": 5}),
        ("gpt-6-luna", {"prompt_tokens": -1, "completion_tokens": 5}),
        ("gpt-6-luna", {"prompt_tokens": 300_000, "completion_tokens": 5}),
    ],
)
def test_usage_without_a_known_price_is_none(model: str, usage: Any) -> None:
    assert usd_of(model, usage) is None


def test_cost_holds_the_tokens_and_the_estimate() -> None:
    assert cost_of({"usage": CHAT}, model="gpt-6-luna").to_json() == {"usage": CHAT, "usd": 0.0002}
    assert cost_of({"usage": CHAT}).to_json() == {"usage": CHAT}


@pytest.mark.parametrize(
    ("model", "quality", "usd"),
    [
        ("gpt-image-2", "low", 0.00588),
        ("gpt-image-2", "medium", 0.05268),
        ("gpt-image-2", "high", 0.21072),
        ("gpt-image-2.5-flare", "medium", 0.01317),
        ("gpt-image-2.6-flare", "medium", 0.05268),
    ],
)
def test_picture_costs_what_the_calculator_says(model: str, quality: str, usd: float) -> None:
    assert picture_usd(model, size="1024x1024", quality=quality, prompt_chars=0) == usd


def test_picture_of_another_shape_has_fewer_tokens() -> None:
    # 5,488 tokens (community.openai.com/t/1379464, 2026).
    assert picture_usd("gpt-image-2", size="1536x1024", quality="high", prompt_chars=0) == 0.16464


@pytest.mark.parametrize(
    ("model", "size", "quality"),
    [
        ("gpt-image-2.6-flare", "1024x1024", "high"),
        ("gpt-image-2.6-flare", "auto", "low"),
        ("gpt-image-2", "1024x1024", "auto"),
        ("gpt-image-2", "0x0", "standard"),
        ("z-image-turbo", "1024x1024", "low"),
    ],
)
def test_picture_that_is_not_known_is_none(model: str, size: str, quality: str) -> None:
    assert picture_usd(model, size=size, quality=quality) is None


def test_prompt_is_priced_with_the_longest_answer() -> None:
    assert prompt_usd("gpt-6-luna", prompt_chars=3000, answer_tokens=1200) == 0.0007
    assert prompt_usd("local", prompt_chars=3000, answer_tokens=1200) is None
