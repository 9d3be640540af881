"""What FakeOpenAI answers to a request that passed the rules."""

import base64
import io
import json
import time
from dataclasses import dataclass
from datetime import date
from typing import Any

from PIL import Image

from tests.fakes.openai_fields import JsonObject
from tests.fakes.openai_models import CHAT_MODELS, IMAGE_MODELS, ChatModel, ImageModel, is_shut_down
from tests.fakes.openai_schema import sample
from tests.fakes.pictures import picture, subject_of

_CREATED = 1_780_000_000
# below this a reasoning model with default effort thinks all its tokens away
_THINKING_TOKENS = 400
_OUTPUT_TOKENS = {"low": 272, "medium": 1056, "high": 4160, "xhigh": 6240, "max": 8320}
_PICTURE_TOKENS = 765


@dataclass(frozen=True)
class Reply:
    """A scripted chat answer."""

    content: str | None
    finish_reason: str = "stop"
    refusal: str | None = None


def answer_chat(body: JsonObject, reply: Reply | None, number: int) -> JsonObject:
    """Build a chat completion; an unscripted one fits the response format that was asked for."""
    reply = reply or Reply(_unscripted_content(body))
    thinking = _thinks(body)
    reasoning_tokens = 128 if thinking else 0
    completion_tokens = _token_count(reply.content or "")
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    if limit is not None and thinking and limit < _THINKING_TOKENS:
        reply, reasoning_tokens, completion_tokens = Reply("", "length"), limit, 0
    elif limit is not None and completion_tokens + reasoning_tokens > limit:
        reply = Reply((reply.content or "")[: 4 * (limit - reasoning_tokens)], "length")
        completion_tokens = limit - reasoning_tokens
    prompt_tokens = _prompt_tokens(body)
    message = {"role": "assistant", "content": reply.content, "refusal": reply.refusal}
    return {
        "id": f"chatcmpl-fake{number:06d}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body.get("model", "local"),
        "choices": [
            {
                "index": 0,
                "message": {**message, "annotations": []},
                "logprobs": None,
                "finish_reason": reply.finish_reason,
            }
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens + reasoning_tokens,
            "total_tokens": prompt_tokens + completion_tokens + reasoning_tokens,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": reasoning_tokens},
        },
        "service_tier": "default",
    }


def answer_image(body: JsonObject) -> tuple[JsonObject, list[bytes]]:
    """Build an images answer; returns it and the encoded pictures in it."""
    size = body.get("size") or "auto"
    width_px, height_px = (1024, 1024) if size == "auto" else map(int, size.split("x"))
    image_format = body.get("output_format") or "png"
    transparent = body.get("background") == "transparent"
    content = _encode(body["prompt"], width_px, height_px, image_format, transparent=transparent)
    pictures = [content] * int(body.get("n") or 1)
    quality = body.get("quality") or "auto"
    quality = quality if quality in _OUTPUT_TOKENS else "medium"
    input_tokens = _token_count(body["prompt"])
    output_tokens = _OUTPUT_TOKENS[quality] * len(pictures)
    return {
        "created": int(time.time()),
        "data": [{"b64_json": base64.b64encode(content).decode()} for content in pictures],
        "background": "transparent" if transparent else "opaque",
        "output_format": image_format,
        "quality": quality,
        "size": f"{width_px}x{height_px}",
        "usage": {
            "input_tokens": input_tokens,
            "input_tokens_details": {"text_tokens": input_tokens, "image_tokens": 0},
            "output_tokens": output_tokens,
            "output_tokens_details": {"image_tokens": output_tokens, "text_tokens": 0},
            "total_tokens": input_tokens + output_tokens,
        },
    }, pictures


def list_models(today: date) -> JsonObject:
    """List the models that still answer, with the date each stops (None when none is set)."""
    known: dict[str, ChatModel | ImageModel] = {**CHAT_MODELS, **IMAGE_MODELS}
    models = [
        {
            "id": name,
            "object": "model",
            "created": _CREATED,
            "owned_by": "system",
            "shutdown_date": model.shutdown.isoformat() if model.shutdown else None,
        }
        for name, model in known.items()
        if not is_shut_down(model, today)
    ]
    return {"object": "list", "data": models}


def _unscripted_content(body: JsonObject) -> str:
    chosen = body.get("response_format") or {"type": "text"}
    if chosen["type"] == "json_schema":
        return json.dumps(sample(chosen["json_schema"].get("schema", {"type": "object"})))
    if chosen["type"] == "json_object":
        return json.dumps({"answer": "A plain answer"})
    return f"A clear, well lit picture of: {_last_words(body)}"


def _last_words(body: JsonObject) -> str:
    content = body["messages"][-1].get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content if part["type"] == "text")


def _thinks(body: JsonObject) -> bool:
    model = CHAT_MODELS.get(body.get("model", ""))
    return model is not None and model.reasoning and body.get("reasoning_effort") != "none"


def _prompt_tokens(body: JsonObject) -> int:
    tokens = 0
    for message in body["messages"]:
        content: Any = message.get("content") or ""
        for part in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            words = part.get("text") or part.get("refusal") or ""
            tokens += _PICTURE_TOKENS if part["type"] == "image_url" else _token_count(words)
    return tokens


def _token_count(words: str) -> int:
    return max(1, len(words) // 4)


def _encode(
    prompt: str, width_px: int, height_px: int, image_format: str, *, transparent: bool
) -> bytes:
    subject = subject_of(prompt)
    if image_format == "svg":
        rows = f'<rect width="{width_px}" height="{height_px}" fill="#888"/>'
        return f'<svg xmlns="http://www.w3.org/2000/svg">{rows}</svg>'.encode()
    if image_format == "gif":
        still = picture(subject, width_px=width_px, height_px=height_px)
        buffer = io.BytesIO()
        with Image.open(io.BytesIO(still)) as image:
            image.save(buffer, "GIF")
        return buffer.getvalue()
    return picture(
        subject,
        width_px=width_px,
        height_px=height_px,
        image_format=image_format.upper(),
        transparent=transparent,
    )
