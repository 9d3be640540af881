"""What OpenAI's provider says that a call will cost, before it is made."""

from typing import Any

import httpx
import pytest

from asset_forge.providers.openai import OpenAIProvider
from asset_forge.providers.openai_prices import picture_usd
from asset_forge.settings import OPENAI_URL


async def estimates(base_url: str, **models: Any) -> tuple[float | None, float | None]:
    """Return the dollars for words and for a picture; nothing is sent."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.url} was asked")

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as client:
        openai = OpenAIProvider(client=client, base_url=base_url, api_key="k", **models)
        words, picture = openai.text_estimate(), openai.picture_estimate()
    assert (words.model, picture.model) == (openai.text_model, openai.image_model)
    return words.cost.usd, picture.cost.usd


async def test_estimates_go_by_model_size_and_quality() -> None:
    words, picture = await estimates(OPENAI_URL, image_model="gpt-image-2", image_quality="high")
    # 1,200 tokens at 0.50 a million are the most; what is sent comes on top.
    assert words is not None
    assert 0.0006 < words < 0.001
    assert picture == picture_usd("gpt-image-2", size="1024x1024", quality="high")
    assert picture is not None
    assert picture > 0.2


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:11434/v1", "https://openai.example/v1"])
async def test_estimates_of_another_server_are_not_known(base_url: str) -> None:
    assert await estimates(base_url) == (None, None)


async def test_estimates_of_models_without_a_price_are_not_known() -> None:
    assert await estimates(OPENAI_URL, text_model="new", image_model="newer") == (None, None)
