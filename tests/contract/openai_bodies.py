"""Request bodies that are good, bad, or bad only for reasons a JSON schema cannot say.

The corpus behind test_openai_fake_rules.py; it needs no file from outside the repository.
"""

from typing import Any

from tests.fakes.pictures import data_uri, png

JsonObject = dict[str, Any]

_HELLO = {"role": "user", "content": "Describe a bronze sword."}
_STRICT: JsonObject = {
    "type": "object",
    "properties": {
        "prompt": {"type": "string"},
        "words": {"type": ["array", "null"], "items": {"type": "string"}},
    },
    "required": ["prompt", "words"],
    "additionalProperties": False,
}


def chat(**changes: Any) -> JsonObject:
    """A good chat body with some fields changed; `None` values stay in it."""
    return {
        "model": "gpt-6-luna",
        "messages": [{"role": "system", "content": "You write prompts."}, _HELLO],
        "reasoning_effort": "none",
        "max_completion_tokens": 400,
    } | changes


def image(**changes: Any) -> JsonObject:
    """A good image body with some fields changed."""
    return {
        "model": "gpt-image-2.6-flare",
        "prompt": "a sword",
        "size": "1024x1024",
        "quality": "low",
        "output_format": "png",
        "background": "opaque",
        "n": 1,
    } | changes


def without(body: JsonObject, *names: str) -> JsonObject:
    """The body less some fields."""
    return {key: value for key, value in body.items() if key not in names}


def schema_format(schema: Any, **changes: Any) -> JsonObject:
    """A json_schema response format."""
    wrapper = {"name": "answer", "strict": True, "schema": schema} | changes
    return {"type": "json_schema", "json_schema": wrapper}


def seeing(*parts: Any) -> list[JsonObject]:
    """Messages with one user message made of parts."""
    return [{"role": "user", "content": list(parts)}]


_TEXT_PART = {"type": "text", "text": "What is this?"}
_PICTURE_PART = {"type": "image_url", "image_url": {"url": data_uri(png(size_px=16))}}

GOOD_CHATS: dict[str, JsonObject] = {
    "plain": chat(),
    "least": {"model": "gpt-6-luna", "messages": [_HELLO]},
    "nulls": chat(temperature=None, top_p=None, n=None, max_tokens=None, seed=None),
    "temperature_when_not_thinking": chat(temperature=0.2, top_p=0.9),
    "only_default_temperature_when_thinking": without(chat(temperature=1), "reasoning_effort"),
    "efforts": chat(reasoning_effort="xhigh"),
    "old_minimal": chat(model="gpt-5-mini", reasoning_effort="minimal"),
    "old_model": without(
        chat(model="gpt-4o-mini", max_tokens=200, temperature=0.7),
        "reasoning_effort",
        "max_completion_tokens",
    ),
    "json_object": chat(
        response_format={"type": "json_object"},
        messages=[{"role": "user", "content": "Answer as JSON."}],
    ),
    "text_format": chat(response_format={"type": "text"}),
    "json_schema": chat(response_format=schema_format(_STRICT)),
    "loose_schema": chat(response_format=schema_format({"type": "object"}, strict=False)),
    "picture": chat(messages=seeing(_TEXT_PART, _PICTURE_PART)),
    "parts_in_system": chat(messages=[{"role": "system", "content": [_TEXT_PART]}, _HELLO]),
    "developer": chat(messages=[{"role": "developer", "content": "Be brief."}, _HELLO]),
    "assistant_said": chat(messages=[_HELLO, {"role": "assistant", "content": "Yes?"}, _HELLO]),
    "assistant_silent": chat(messages=[_HELLO, {"role": "assistant"}, _HELLO]),
    "assistant_null": chat(messages=[_HELLO, {"role": "assistant", "content": None}, _HELLO]),
    "tool_said": chat(messages=[_HELLO, {"role": "tool", "tool_call_id": "a", "content": "1"}]),
    "whole_float": chat(n=1.0),
    "extras": chat(
        verbosity="low",
        service_tier="flex",
        store=False,
        seed=7,
        stop=["a", "b"],
        user="me",
        metadata={"a": "b"},
        logit_bias={"50256": -100},
        safety_identifier="x" * 64,
        prompt_cache_key="k",
    ),
}

# both the schema and the fake refuse these
BAD_CHATS: dict[str, Any] = {
    "no_object": [],
    "no_model": without(chat(), "model"),
    "null_model": chat(model=None),
    "no_messages": without(chat(), "messages"),
    "empty_messages": chat(messages=[]),
    "messages_text": chat(messages="hello"),
    "message_text": chat(messages=["hello"]),
    "no_role": chat(messages=[{"content": "hello"}]),
    "strange_role": chat(messages=[{"role": "robot", "content": "hello"}]),
    "no_content": chat(messages=[{"role": "user"}]),
    "null_content": chat(messages=[{"role": "user", "content": None}]),
    "empty_parts": chat(messages=seeing()),
    "strange_part": chat(messages=seeing({"type": "smell", "smell": "rust"})),
    "part_without_text": chat(messages=seeing({"type": "text"})),
    "picture_as_text": chat(messages=seeing({"type": "image_url", "image_url": "data:,"})),
    "picture_without_url": chat(messages=seeing({"type": "image_url", "image_url": {}})),
    "strange_detail": chat(
        messages=seeing({"type": "image_url", "image_url": {"url": "https://a.b/c", "detail": "x"}})
    ),
    "picture_in_system": chat(messages=[{"role": "system", "content": [_PICTURE_PART]}]),
    "tool_without_id": chat(messages=[{"role": "tool", "content": "1"}]),
    "hot": chat(temperature=2.5),
    "cold": chat(temperature=-0.1),
    "temperature_text": chat(temperature="0.7"),
    "temperature_flag": chat(temperature=True),
    "top_p_above_one": chat(top_p=1.1),
    "n_zero": chat(n=0),
    "n_half": chat(n=1.5),
    "limit_text": chat(max_completion_tokens="400"),
    "effort_strange": chat(reasoning_effort="turbo"),
    "effort_number": chat(reasoning_effort=1),
    "format_text": chat(response_format="json_object"),
    "format_strange": chat(response_format={"type": "xml"}),
    "format_untyped": chat(response_format={}),
    "schema_without_wrapper": chat(response_format={"type": "json_schema"}),
    "schema_without_name": chat(
        response_format={"type": "json_schema", "json_schema": {"schema": _STRICT}}
    ),
    "schema_text": chat(response_format=schema_format("object")),
    "strict_text": chat(response_format=schema_format(_STRICT, strict="yes")),
    "stop_five": chat(stop=["a", "b", "c", "d", "e"]),
    "stop_none": chat(stop=[]),
    "tier_strange": chat(service_tier="gold"),
    "verbosity_strange": chat(verbosity="chatty"),
    "metadata_number": chat(metadata={"a": 1}),
    "identifier_long": chat(safety_identifier="x" * 65),
    "user_null": chat(user=None),
    "top_logprobs_null": chat(top_logprobs=None),
}

_LOOSE = without(_STRICT, "additionalProperties")
_OPTIONAL = {**_STRICT, "required": ["prompt"]}
_BOUNDED = {
    **_STRICT,
    "properties": {**_STRICT["properties"], "prompt": {"type": "string", "maxLength": 9}},
}
_THINKING = without(chat(), "reasoning_effort")

# the schema is content, OpenAI is not: body, status, param, code
BEYOND_CHAT_SCHEMA: dict[str, tuple[JsonObject, int, str | None, str | None]] = {
    "unknown_model": (chat(model="gpt-9"), 404, "model", "model_not_found"),
    "retired_model": (chat(model="gpt-4"), 404, "model", "model_not_found"),
    "unknown_field": (chat(max_token=1), 400, "max_token", "unknown_parameter"),
    "max_tokens": (chat(max_tokens=200), 400, "max_tokens", "unsupported_parameter"),
    "temperature": ({**_THINKING, "temperature": 0.7}, 400, "temperature", "unsupported_value"),
    "temperature_low_effort": (
        chat(reasoning_effort="low", temperature=0),
        400,
        "temperature",
        "unsupported_value",
    ),
    "top_p": ({**_THINKING, "top_p": 0.5}, 400, "top_p", "unsupported_value"),
    "logprobs": ({**_THINKING, "logprobs": True}, 400, "logprobs", "unsupported_parameter"),
    "minimal": (chat(reasoning_effort="minimal"), 400, "reasoning_effort", "unsupported_value"),
    "none_before_5_1": (chat(model="gpt-5-mini"), 400, "reasoning_effort", "unsupported_value"),
    "effort_of_no_thinker": (chat(model="gpt-4o-mini"), 400, None, None),
    "json_unsaid": (chat(response_format={"type": "json_object"}), 400, "messages", None),
    "schema_name": (
        chat(response_format=schema_format(_STRICT, name="an answer")),
        400,
        "response_format.json_schema.name",
        "invalid_value",
    ),
    "schema_loose": (
        chat(response_format=schema_format(_LOOSE)),
        400,
        "response_format",
        None,
    ),
    "schema_optional": (
        chat(response_format=schema_format(_OPTIONAL)),
        400,
        "response_format",
        None,
    ),
    "schema_keyword": (
        chat(response_format=schema_format(_BOUNDED)),
        400,
        "response_format",
        None,
    ),
    "schema_array": (
        chat(response_format=schema_format({"type": "array", "items": {"type": "string"}})),
        400,
        "response_format",
        None,
    ),
    "picture_broken": (
        chat(messages=seeing({"type": "image_url", "image_url": {"url": data_uri(b"no picture")}})),
        400,
        "messages[0].content[0].image_url.url",
        "invalid_image_format",
    ),
    "picture_at_home": (
        chat(
            messages=seeing({"type": "image_url", "image_url": {"url": "http://127.0.0.1/a.png"}})
        ),
        400,
        "messages[0].content[0].image_url.url",
        "invalid_image_url",
    ),
    "streaming": (chat(stream=True), 400, "stream", "not_imitated"),
    "tools": (chat(tools=[]), 400, "tools", "not_imitated"),
}

GOOD_IMAGES: dict[str, JsonObject] = {
    "plain": image(),
    "least": {"model": "gpt-image-2", "prompt": "a sword"},
    "nulls": image(size=None, quality=None, background=None, output_format=None, n=None),
    "auto": image(size="auto", quality="auto", background="auto", moderation="low"),
    "fine": image(quality="max", complexity="high"),
    "wide": image(size="1536x512"),
    "largest": image(size="3840x2160"),
    "tall": image(size="2160x3840"),
    "clear": image(background="transparent"),
    "clear_webp": image(background="transparent", output_format="webp"),
    "pressed": image(output_format="jpeg", output_compression=80),
    "moving": image(output_format="gif", frame_count=4, frame_duration_ms=100),
    "drawn": image(output_format="svg"),
    "four": image(n=4),
    "longest_prompt": image(prompt="x" * 32_000),
    "old_model": image(model="gpt-image-1.5", size="1536x1024", quality="high"),
    "identified": image(user="me", safety_identifier="me"),
}

BAD_IMAGES: dict[str, Any] = {
    "no_object": "a sword",
    "no_prompt": without(image(), "prompt"),
    "empty_prompt": image(prompt=""),
    "null_prompt": image(prompt=None),
    "long_prompt": image(prompt="x" * 32_001),
    "no_model": without(image(), "model"),
    "null_model": image(model=None),
    "empty_model": image(model=""),
    "n_zero": image(n=0),
    "n_eleven": image(n=11),
    "n_text": image(n="1"),
    "standard": image(quality="standard"),
    "hd": image(quality="hd"),
    "size_words": image(size="large"),
    "size_number": image(size=1024),
    "size_one_digit": image(size="1024x8"),
    "size_five_digits": image(size="10240x1024"),
    "bmp": image(output_format="bmp"),
    "compression_high": image(output_format="jpeg", output_compression=101),
    "compression_text": image(output_format="jpeg", output_compression="80"),
    "background_blue": image(background="blue"),
    "moderation_off": image(moderation="off"),
    "complexity_strange": image(complexity="baroque"),
    "one_frame": image(output_format="gif", frame_count=1),
    "partial_four": image(partial_images=4),
    "style_strange": image(style="noir"),
    "response_format_strange": image(response_format="file"),
}

BEYOND_IMAGE_SCHEMA: dict[str, tuple[JsonObject, int, str | None, str | None]] = {
    "unknown_model": (image(model="gpt-image-2.5"), 404, "model", "model_not_found"),
    "retired_model": (image(model="gpt-image-1"), 404, "model", "model_not_found"),
    "dall_e": (image(model="dall-e-3"), 404, "model", "model_not_found"),
    "chat_model": (image(model="gpt-6-luna"), 400, "model", "invalid_value"),
    "response_format": (
        image(response_format="b64_json"),
        400,
        "response_format",
        "unknown_parameter",
    ),
    "style": (image(style="vivid"), 400, "style", "unknown_parameter"),
    "step": (image(size="1000x1000"), 400, "size", "invalid_value"),
    "ratio": (image(size="1600x512"), 400, "size", "invalid_value"),
    "too_large": (image(size="4096x2048"), 400, "size", "invalid_value"),
    "too_many_pixels": (image(size="3840x2176"), 400, "size", "invalid_value"),
    "free_size_of_old": (
        image(model="gpt-image-1.5", size="512x512"),
        400,
        "size",
        "invalid_value",
    ),
    "fine_of_old": (image(model="gpt-image-2", quality="max"), 400, "quality", "invalid_value"),
    "svg_of_old": (
        image(model="gpt-image-2.5-flare", output_format="svg"),
        400,
        "output_format",
        "invalid_value",
    ),
    "complexity_of_old": (
        image(model="gpt-image-2", complexity="low"),
        400,
        "complexity",
        "unsupported_parameter",
    ),
    "clear_jpeg": (
        image(background="transparent", output_format="jpeg"),
        400,
        "background",
        "invalid_value",
    ),
    "pressed_png": (image(output_compression=80), 400, "output_compression", "invalid_value"),
    "frames_of_png": (image(frame_count=4), 400, "frame_count", "unsupported_parameter"),
    "two_svgs": (image(output_format="svg", n=2), 400, "n", "invalid_value"),
    "partial_unstreamed": (image(partial_images=1), 400, "partial_images", "invalid_value"),
    "streaming": (image(stream=True), 400, "stream", "not_imitated"),
}
