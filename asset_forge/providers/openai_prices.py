"""What OpenAI's models cost, in US dollars: estimates by the published prices, never the bill.

Source: developers.openai.com, model and price pages, read in November 2026. A model that is not
named here has no known price; prices of other servers that speak the same API are not known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asset_forge.providers.openai_models import without_date

PRICES_OF = "2026-11"
"""The month in which the prices were read."""


@dataclass(frozen=True)
class TokenPrice:
    """US dollars for a million tokens; `usd_in_picture` are those of pictures that are sent."""

    usd_in: float
    usd_out: float
    usd_in_cached: float | None = None
    usd_in_picture: float | None = None


_PICTURES = TokenPrice(usd_in=5.0, usd_out=30.0, usd_in_picture=8.0)
_PRICES = {
    "gpt-6-luna": TokenPrice(usd_in=0.10, usd_out=0.50, usd_in_cached=0.01),
    "gpt-5.6-luna": TokenPrice(usd_in=0.20, usd_out=1.20),
    "gpt-image-2": _PICTURES,
    "gpt-image-2.5-flare": _PICTURES,
    "gpt-image-2.5-sunburst": _PICTURES,
    "gpt-image-2.6-flare": _PICTURES,
    "gpt-image-2.6-sunburst": _PICTURES,
}
_DEARER_BEYOND_TOKENS = 272_000
"""From this length on a prompt costs more than the list says."""

# A picture has (edge x shorter edge in the same ratio) x (2,000,000 + pixels) / 4,000,000 tokens,
# where the edge goes by the quality. Found in the page of OpenAI's own calculator by its users
# (community.openai.com/t/1382699, 2026); 1024 x 1024 at high is 7,024 with gpt-image-2.
_EDGES_2 = {"low": 16, "medium": 48, "high": 96}
_EDGES_2_5 = {"low": 16, "medium": 24, "high": 48, "xhigh": 64, "max": 96}
_EDGES = {
    "gpt-image-2": _EDGES_2,
    "gpt-image-2.5-flare": _EDGES_2_5,
    "gpt-image-2.5-sunburst": _EDGES_2_5,
    # Reported to use three to four times the tokens of 2.5 at these two, so twice the edge.
    "gpt-image-2.6-flare": {"low": 32, "medium": 48},
    "gpt-image-2.6-sunburst": {"low": 32, "medium": 48},
}
# Words have about four letters a token; three is on the safe side.
_CHARS_A_TOKEN = 3


def usd_of(model: str, usage: object) -> float | None:
    """Estimate the dollars of an answer by its `usage`; None without prices or token counts.

    Chat answers count prompt and completion tokens, pictures input and output tokens. Cached
    tokens are taken at their price where both are known.
    """
    price = _PRICES.get(without_date(model))
    if price is None or not isinstance(usage, Mapping):
        return None
    tokens_in = _count(usage, "prompt_tokens", "input_tokens")
    tokens_out = _count(usage, "completion_tokens", "output_tokens")
    if tokens_in is None or tokens_out is None or tokens_in > _DEARER_BEYOND_TOKENS:
        return None
    details = usage.get("prompt_tokens_details", usage.get("input_tokens_details"))
    details = details if isinstance(details, Mapping) else {}
    usd_in = tokens_in * price.usd_in
    for kind, other in (
        ("cached_tokens", price.usd_in_cached),
        ("image_tokens", price.usd_in_picture),
    ):
        count = min(_count(details, kind) or 0, tokens_in)
        if other is not None:
            usd_in += count * (other - price.usd_in)
    return _rounded((usd_in + tokens_out * price.usd_out) / 1e6)


def prompt_usd(model: str, *, prompt_chars: int, answer_tokens: int) -> float | None:
    """Estimate the most that one written answer can cost; None without prices."""
    tokens_in = -(-prompt_chars // _CHARS_A_TOKEN)
    return usd_of(model, {"prompt_tokens": tokens_in, "completion_tokens": answer_tokens})


def picture_usd(model: str, *, size: str, quality: str, prompt_chars: int = 2000) -> float | None:
    """Estimate the dollars of one picture; None where size, quality or model are not known.

    `size` is WIDTHxHEIGHT in pixels.
    """
    edge = _EDGES.get(without_date(model), {}).get(quality)
    width, _, height = size.partition("x")
    if edge is None or not (width.isdecimal() and height.isdecimal()):
        return None
    tokens_out = _picture_tokens(edge, int(width), int(height))
    tokens_in = -(-prompt_chars // _CHARS_A_TOKEN)
    return usd_of(model, {"input_tokens": tokens_in, "output_tokens": tokens_out})


def _picture_tokens(edge: int, width_px: int, height_px: int) -> int:
    longer, shorter = max(width_px, height_px, 1), min(width_px, height_px)
    across = (2 * edge * shorter + longer) // (2 * longer)
    return -(-edge * across * (2_000_000 + width_px * height_px) // 4_000_000)


def _count(usage: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = usage.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1e9:
            return value
    return None


def _rounded(usd: float) -> float:
    """Round to a millionth, the price of a few tokens."""
    return round(usd, 6)
