"""What OpenAI refuses in a request body, as functions from a body to a Refusal or None.

As of 22 November 2026. Rules for POST /v1/chat/completions and POST /v1/images/generations;
strict JSON schemas are in openai_schema.py, models in openai_models.py. Streaming, tools, audio
and other fields that the service has no use for are refused with the code `not_imitated`.
"""

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.data_uris import BadDataUri, is_private_host, read_picture_uri
from tests.fakes.openai_fields import (
    Check,
    JsonObject,
    Refusal,
    any_of,
    bad_type,
    bad_value,
    boolean,
    integer,
    list_of,
    map_of,
    missing,
    not_imitated,
    number,
    one_of,
    or_null,
    text,
    unknown,
)
from tests.fakes.openai_models import (
    CHAT_MODELS,
    IMAGE_MODELS,
    ImageModel,
    is_shut_down,
    refused_efforts,
)
from tests.fakes.openai_schema import check_response_format

PROMPT_MAX_CHARACTERS = 32_000
SIZE_STEP_PX = 16
SIZE_MAX_RATIO = 3.0
SIZE_MAX_PX = (3840, 2160)
_SIZE = re.compile(r"^([1-9][0-9]{1,3})x([1-9][0-9]{1,3})$")

_CHAT_FIELDS: dict[str, Check] = {
    "max_tokens": or_null(integer()),
    "max_completion_tokens": or_null(integer()),
    "temperature": or_null(number(0, 2)),
    "top_p": or_null(number(0, 1)),
    "frequency_penalty": or_null(number(-2, 2)),
    "presence_penalty": or_null(number(-2, 2)),
    "n": or_null(integer(1, 128)),
    "seed": or_null(integer()),
    "logprobs": or_null(boolean),
    "top_logprobs": integer(0, 20),
    "logit_bias": or_null(map_of(integer())),
    "stop": or_null(any_of(list_of(text(), min_items=1, max_items=4), text())),
    "stream": or_null(boolean),
    "store": or_null(boolean),
    "user": text(),
    "safety_identifier": or_null(text(64)),
    "prompt_cache_key": or_null(text()),
    "prompt_cache_retention": or_null(one_of("in_memory", "24h")),
    "metadata": or_null(map_of(text())),
    "verbosity": or_null(one_of("low", "medium", "high")),
    "service_tier": or_null(one_of("auto", "default", "flex", "scale", "priority", "fast")),
    "reasoning_effort": or_null(one_of("none", "minimal", "low", "medium", "high", "xhigh", "max")),
}
CHAT_NOT_IMITATED = frozenset(
    {
        "audio",
        "function_call",
        "functions",
        "modalities",
        "moderation",
        "parallel_tool_calls",
        "prediction",
        "prompt_cache_options",
        "stream_options",
        "tool_choice",
        "tools",
        "web_search_options",
    }
)
_CHAT_CHECKED_BELOW = frozenset({"model", "messages", "response_format"})

_IMAGE_FIELDS: dict[str, Check] = {
    "prompt": text(PROMPT_MAX_CHARACTERS, min_length=1),
    "n": or_null(integer(1, 10)),
    "quality": or_null(one_of("auto", "low", "medium", "high", "xhigh", "max")),
    "background": or_null(one_of("auto", "opaque", "transparent")),
    "output_format": or_null(one_of("png", "jpeg", "webp", "gif", "svg")),
    "output_compression": or_null(integer(0, 100)),
    "moderation": or_null(one_of("auto", "low")),
    "complexity": or_null(one_of("low", "medium", "high")),
    "frame_count": or_null(integer(2, 16)),
    "frame_duration_ms": or_null(integer(1)),
    "stream": or_null(boolean),
    "partial_images": or_null(integer(0, 3)),
    "user": text(),
    "safety_identifier": or_null(text()),
}
_IMAGE_CHECKED_BELOW = frozenset({"model", "size"})
_ALSO_REQUIRED = {"tool": "tool_call_id", "function": "name"}
_ROLES = ("developer", "system", "user", "assistant", "tool", "function")


def check_chat(body: Any, today: date) -> Refusal | None:
    """Judge a chat completion request."""
    if not isinstance(body, dict):
        return bad_type("body", "an object")
    return (
        _check_fields(body, _CHAT_FIELDS, CHAT_NOT_IMITATED, _CHAT_CHECKED_BELOW)
        or _check_chat_model(body, today)
        or check_messages(body)
        or check_response_format(body)
        or _check_chat_combination(body)
    )


def check_image(body: Any, today: date) -> Refusal | None:
    """Judge an image generation request."""
    if not isinstance(body, dict):
        return bad_type("body", "an object")
    refusal = (
        _check_fields(body, _IMAGE_FIELDS, frozenset({"svg"}), _IMAGE_CHECKED_BELOW)
        or _check_image_model(body, today)
        or (missing("prompt") if "prompt" not in body else None)
    )
    if refusal:
        return refusal
    model = IMAGE_MODELS[body["model"]]
    return (
        _check_size(body.get("size"), model)
        or _check_model_choices(body, model)
        or _check_image_combination(body)
    )


def _check_fields(
    body: JsonObject,
    fields: Mapping[str, Check],
    ignored_here: frozenset[str],
    checked_elsewhere: frozenset[str],
) -> Refusal | None:
    for name, value in body.items():
        if name in fields:
            if refusal := fields[name](name, value):
                return refusal
        elif name in ignored_here:
            return not_imitated(name)
        elif name not in checked_elsewhere:
            return unknown(name)
    return not_imitated("stream") if body.get("stream") else None


def _check_chat_model(body: JsonObject, today: date) -> Refusal | None:
    name = body.get("model")
    if name is None or name == "":
        return Refusal(400, "you must provide a model parameter", "model")
    if not isinstance(name, str):
        return bad_type("model", "a string")
    known = CHAT_MODELS.get(name)
    return model_not_found(name) if known is None or is_shut_down(known, today) else None


def _check_image_model(body: JsonObject, today: date) -> Refusal | None:
    name: Any = body.get("model")
    if "model" not in body:
        return missing("model")
    if refusal := text(min_length=1)("model", name):
        return refusal
    if name in CHAT_MODELS:
        return bad_value("model", name, ", ".join(sorted(IMAGE_MODELS)))
    known = IMAGE_MODELS.get(name)
    return model_not_found(name) if known is None or is_shut_down(known, today) else None


def model_not_found(name: str) -> Refusal:
    """The answer for an unknown model, a retired one, and one that the key may not use."""
    text_ = f"The model `{name}` does not exist or you do not have access to it."
    return Refusal(404, text_, "model", "model_not_found")


def check_messages(body: JsonObject) -> Refusal | None:
    """Judge the messages of a chat, pictures in them too."""
    if "messages" not in body:
        return missing("messages")
    messages = body["messages"]
    if not isinstance(messages, list):
        return bad_type("messages", "an array of objects")
    if not messages:
        return Refusal(400, "Invalid 'messages': empty array.", "messages", "empty_array")
    for index, message in enumerate(messages):
        if refusal := _check_message(f"messages[{index}]", message):
            return refusal
    return None


def _check_message(name: str, message: Any) -> Refusal | None:
    if not isinstance(message, dict):
        return bad_type(name, "an object")
    role: Any = message.get("role")
    if refusal := one_of(*_ROLES)(f"{name}.role", role):
        return refusal
    if "name" in message and (refusal := text()(f"{name}.name", message["name"])):
        return refusal
    key = _ALSO_REQUIRED.get(role)
    if key is not None and key not in message:
        return missing(f"{name}.{key}")
    if key is not None and (refusal := text()(f"{name}.{key}", message[key])):
        return refusal
    if "content" not in message:
        return None if role == "assistant" else missing(f"{name}.content")
    content = message["content"]
    if content is None and role in {"assistant", "function"}:
        return None
    return _check_content(f"{name}.content", content, role)


def _check_content(name: str, content: Any, role: str) -> Refusal | None:
    if isinstance(content, str):
        return None
    if role == "function" or not isinstance(content, list):
        return bad_type(name, "a string or an array of objects")
    if not content:
        return Refusal(400, f"Invalid {name!r}: empty array.", name, "empty_array")
    for index, part in enumerate(content):
        if refusal := _check_part(f"{name}[{index}]", part, role):
            return refusal
    return None


def _check_part(name: str, part: Any, role: str) -> Refusal | None:
    if not isinstance(part, dict):
        return bad_type(name, "an object")
    kinds = {"user": ("text", "image_url"), "assistant": ("text", "refusal")}.get(role, ("text",))
    if refusal := one_of(*kinds)(f"{name}.type", part.get("type")):
        return refusal
    if part["type"] != "image_url":
        key = part["type"]
        return text()(f"{name}.{key}", part[key]) if key in part else missing(f"{name}.{key}")
    picture = part.get("image_url")
    if not isinstance(picture, dict):
        return bad_type(f"{name}.image_url", "an object")
    if "detail" in picture and (
        refusal := one_of("auto", "low", "high")(f"{name}.image_url.detail", picture["detail"])
    ):
        return refusal
    if not isinstance(picture.get("url"), str):
        return bad_type(f"{name}.image_url.url", "a string")
    return _check_picture_url(f"{name}.image_url.url", picture["url"])


def _check_picture_url(name: str, url: str) -> Refusal | None:
    if url.startswith("data:"):
        try:
            read_picture_uri(url, formats=("PNG", "JPEG", "WEBP", "GIF"))
        except BadDataUri as error:
            return Refusal(400, f"Invalid image data: {error}.", name, "invalid_image_format")
        return None
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or is_private_host(parts.hostname):
        return Refusal(400, f"Failed to download image from {url}.", name, "invalid_image_url")
    return None


def _check_chat_combination(body: JsonObject) -> Refusal | None:
    model = body["model"]
    effort = body.get("reasoning_effort")
    if not CHAT_MODELS[model].reasoning:
        # This one, unlike its kin, comes without param and code (issue threads, last August 2026).
        message = "Unrecognized request argument supplied: reasoning_effort"
        return Refusal(400, message) if effort is not None else None
    if body.get("max_tokens") is not None:
        return _unsupported_parameter("max_tokens", "Use 'max_completion_tokens' instead.")
    if effort is not None and effort in refused_efforts(model):
        return _unsupported_value("reasoning_effort", effort)
    if effort == "none":
        return None
    for name in ("temperature", "top_p"):
        if body.get(name) is not None and body[name] != 1:
            return _unsupported_value(name, body[name], "Only the default (1) value is supported.")
    return _unsupported_parameter("logprobs") if body.get("logprobs") else None


def _unsupported_parameter(name: str, hint: str = "") -> Refusal:
    message = f"Unsupported parameter: {name!r} is not supported with this model. {hint}".strip()
    return Refusal(400, message, name, "unsupported_parameter")


def _unsupported_value(name: str, value: object, hint: str = "") -> Refusal:
    message = f"Unsupported value: {name!r} does not support {value!r} with this model. {hint}"
    return Refusal(400, message.strip(), name, "unsupported_value")


def _check_size(size: Any, model: ImageModel) -> Refusal | None:
    if size is None or size == "auto":
        return None
    if not isinstance(size, str):
        return bad_type("size", "a string")
    if model.sizes is not None:
        allowed = ", ".join(model.sizes)
        return None if size in model.sizes else bad_value("size", size, allowed)
    match = _SIZE.match(size)
    if match is None:
        return bad_value("size", size, "auto and WIDTHxHEIGHT")
    long_px, short_px = sorted((int(match[1]), int(match[2])), reverse=True)
    if long_px % SIZE_STEP_PX or short_px % SIZE_STEP_PX:
        return bad_value("size", size, f"sides that are multiples of {SIZE_STEP_PX}")
    if long_px > SIZE_MAX_RATIO * short_px:
        return bad_value("size", size, "ratios from 1:3 to 3:1")
    if long_px > SIZE_MAX_PX[0] or long_px * short_px > math.prod(SIZE_MAX_PX):
        return bad_value("size", size, "at most 3840x2160")
    return None


def _check_model_choices(body: JsonObject, model: ImageModel) -> Refusal | None:
    if body.get("quality") not in (None, *model.qualities):
        return bad_value("quality", body["quality"], ", ".join(model.qualities))
    if body.get("output_format") not in (None, *model.formats):
        return bad_value("output_format", body["output_format"], ", ".join(model.formats))
    if body.get("complexity") is not None and not model.takes_complexity:
        return _unsupported_parameter("complexity")
    return None


def _check_image_combination(body: JsonObject) -> Refusal | None:
    output_format = body.get("output_format") or "png"
    if body.get("background") == "transparent" and output_format not in {"png", "webp"}:
        return bad_value("background", "transparent", "opaque and auto for this output_format")
    if body.get("output_compression") is not None and output_format not in {"jpeg", "webp"}:
        text_ = f"Compression is not supported for {output_format.upper()} output format."
        return Refusal(400, text_, "output_compression", "invalid_value")
    if body.get("partial_images"):
        return Refusal(400, "'partial_images' needs 'stream'.", "partial_images", "invalid_value")
    if output_format == "svg" and (body.get("n") or 1) != 1:
        return bad_value("n", body["n"], "1 for svg")
    for name in ("frame_count", "frame_duration_ms"):
        if body.get(name) is not None and output_format != "gif":
            return _unsupported_parameter(name)
    return None
