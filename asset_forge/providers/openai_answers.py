"""Reads what chat and image models answer: text, usage, findings, pictures.

Models that look at pictures answer in JSON at best; whatever can be read is read, and numbers are
brought into their range.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from asset_forge.errors import BadProviderAnswer, ProviderError
from asset_forge.providers.base import Cost, GripFinding, OrientationFinding
from asset_forge.providers.openai_prices import usd_of
from asset_forge.providers.redaction import redact

PICTURE_EDGE = 512.0
_THINKING = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)

_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}


def _strict(properties: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON schema as strict mode wants it: everything required, nothing added."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


GRIP_SCHEMA = _strict(
    {
        "gripBounds": _strict({"minX": _NUMBER, "minY": _NUMBER, "maxX": _NUMBER, "maxY": _NUMBER}),
        "confidence": _NUMBER,
        "weaponType": _TEXT,
        "gripDescription": _TEXT,
        "detectedParts": _strict({"blade": _TEXT, "handle": _TEXT, "guard": _TEXT}),
    }
)
ORIENTATION_SCHEMA = _strict(
    {"needsFlip": {"type": "boolean"}, "currentOrientation": _TEXT, "reason": _TEXT}
)


def cost_of(answer: Mapping[str, Any], *, model: str | None = None) -> Cost:
    """Return the token counts of an answer's `usage`, under OpenAI's own names.

    With the dollars that they come to when `model` is one of OpenAI's whose price is known.
    """
    usage = answer.get("usage")
    if not isinstance(usage, dict):
        return Cost()
    return Cost(
        usage={key: value for key, value in usage.items() if type(value) is int},
        usd=usd_of(model, usage) if model else None,
    )


def text_of(answer: Mapping[str, Any], *, provider: str) -> str:
    """Return the text of a chat answer, without the thoughts of a model that thinks aloud.

    Raises ProviderError when the model declined, and BadProviderAnswer when there is no text.
    What was answered was billed.
    """
    choice = _first(answer.get("choices"))
    message = choice.get("message")
    if not isinstance(message, dict):
        raise _bad("OpenAI's answer holds no message", provider)
    if message.get("refusal"):
        said = redact(str(message["refusal"]))
        raise _declined(f"OpenAI's model declined: {said}", provider)
    reason = choice.get("finish_reason")
    if reason == "content_filter":
        raise _declined("OpenAI's content filter stopped the answer", provider)
    text = _THINKING.sub("", _content_text(message.get("content"))).strip()
    if text:
        return text
    if reason == "length":
        raise _bad(
            "OpenAI's model used up its tokens before it wrote anything (finish_reason length); "
            "choose a model that can work without reasoning",
            provider,
        )
    raise _bad("OpenAI's model answered with an empty text", provider)


def first_picture(answer: Mapping[str, Any], *, provider: str) -> tuple[str, str]:
    """Return (base64 text, "") or ("", address) of the first picture in an image answer.

    Raises BadProviderAnswer.
    """
    picture = _first(answer.get("data"))
    encoded, url = picture.get("b64_json"), picture.get("url")
    if isinstance(encoded, str) and encoded:
        return encoded.partition(",")[2] if encoded.startswith("data:") else encoded, ""
    if isinstance(url, str) and url:
        # Some local servers put a data URI where OpenAI once put an address.
        return (url.partition(",")[2], "") if url.startswith("data:") else ("", url)
    raise _bad("OpenAI's answer holds no picture", provider)


def read_grip(text: str) -> GripFinding | None:
    """Read a grip out of a model's text; None when there are no bounds in it."""
    data = find_json_object(text)
    if data is None:
        return None
    bounds = data.get("gripBounds")
    source = bounds if isinstance(bounds, dict) else data
    edges = [_number(source.get(key)) for key in ("minX", "minY", "maxX", "maxY")]
    numbers = [min(max(edge, 0.0), PICTURE_EDGE) for edge in edges if edge is not None]
    if len(numbers) < 4:
        return None
    min_x, max_x = sorted((numbers[0], numbers[2]))
    min_y, max_y = sorted((numbers[1], numbers[3]))
    if min_x == max_x or min_y == max_y:
        return None
    confidence = _number(data.get("confidence"))
    parts = data.get("detectedParts")
    parts = parts if isinstance(parts, dict) else {}
    return GripFinding(
        min_x=min_x,
        min_y=min_y,
        max_x=max_x,
        max_y=max_y,
        confidence=0.5 if confidence is None else min(max(confidence, 0.0), 1.0),
        weapon_type=_words(data.get("weaponType")) or "unknown",
        description=_words(data.get("gripDescription")),
        parts={part: _words(parts.get(part)) for part in ("blade", "handle", "guard")},
    )


def read_orientation(text: str) -> OrientationFinding | None:
    """Read an orientation out of a model's text; None when it does not say whether to flip."""
    data = find_json_object(text)
    if data is None:
        return None
    needs_flip = data.get("needsFlip")
    if isinstance(needs_flip, str):
        needs_flip = {"true": True, "yes": True, "false": False, "no": False}.get(
            needs_flip.strip().lower()
        )
    if not isinstance(needs_flip, bool):
        return None
    return OrientationFinding(
        needs_flip=needs_flip,
        current_orientation=_words(data.get("currentOrientation")) or "unknown",
        reason=_words(data.get("reason")),
    )


def find_json_object(text: str) -> dict[str, Any] | None:
    """Return the first JSON object in a text, which may have prose or a code fence around it."""
    decoder = json.JSONDecoder()
    text = text[:100_000]
    start = text.find("{")
    for _ in range(20):
        if start < 0:
            return None
        try:
            found, _end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            start = text.find("{", start + 1)
            continue
        return found if isinstance(found, dict) else None
    return None


def _first(values: object) -> dict[str, Any]:
    if isinstance(values, list) and values and isinstance(values[0], dict):
        return values[0]
    return {}


def _content_text(content: object) -> str:
    """Text content is a string, or with some servers a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return ""


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _words(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return redact(text, limit=500)


def _bad(sentence: str, provider: str) -> BadProviderAnswer:
    return BadProviderAnswer(sentence, provider=provider, may_have_charged=True)


def _declined(sentence: str, provider: str) -> ProviderError:
    return ProviderError(sentence, provider=provider, may_have_charged=True)
