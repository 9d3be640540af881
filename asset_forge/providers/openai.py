"""Words, pictures and sight from OpenAI, or from any server that speaks its API.

Chat completions are used rather than responses, since they are what local servers share. Request
fields are those of November 2026 (OpenAI's reference, the openai package 3.54.0).
"""

import asyncio
import datetime as dt
import random
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import httpx

from asset_forge.domain.generation import Subject
from asset_forge.errors import BadInput, BadPicture, BadProviderAnswer
from asset_forge.pictures import PictureInfo, check_picture, encode_data_url
from asset_forge.providers.addresses import AddressRules, host_name, server_of
from asset_forge.providers.base import (
    Cost,
    DrawnPicture,
    GripFinding,
    Look,
    OrientationFinding,
    Receipt,
    WrittenText,
)
from asset_forge.providers.download import FetchFailed, fetch_bytes, picture_type
from asset_forge.providers.http import MAX_JSON_BYTES, OnError, Patience, ProviderHttp
from asset_forge.providers.http_answers import Answer, error_detail
from asset_forge.providers.openai_adaptation import MAX_ADAPTATIONS, Adaptations
from asset_forge.providers.openai_answers import (
    GRIP_SCHEMA,
    ORIENTATION_SCHEMA,
    cost_of,
    first_picture,
    read_grip,
    read_orientation,
    text_of,
)
from asset_forge.providers.openai_models import ListedModel, listing_warnings
from asset_forge.providers.openai_prices import picture_usd, prompt_usd
from asset_forge.providers.rate_limit import Clock, Sleep

MAX_PROMPT_CHARS = 32_000
"""Longest prompt for a picture (reference of images/generations, November 2026)."""

MAX_ANSWER_TOKENS = 1200
USUAL_PROMPT_CHARS = 4000
"""Longer than what the prompt files that come with the service ask for an improved prompt."""

MAX_PICTURE_BYTES = 32 * 1024 * 1024
MAX_PICTURE_PIXELS = 4096 * 4096


@dataclass(frozen=True)
class ModelCheck:
    """What the server's list of models says about the configured ones."""

    listed: tuple[ListedModel, ...]
    warnings: tuple[str, ...]


class OpenAIProvider:
    """Fulfils TextProvider, PictureProvider and SightProvider.

    `base_url` ends in /v1; its server may always be fetched from. `api_key` may be empty for a
    local server. `image_size` is WIDTHxHEIGHT in pixels.
    """

    name = "openai"

    def __init__(
        self,
        *,
        client: httpx.AsyncClient,
        base_url: str,
        api_key: str,
        text_model: str = "gpt-6-luna",
        vision_model: str = "gpt-6-luna",
        image_model: str = "gpt-image-2.6-flare",
        image_quality: str = "medium",
        image_size: str = "1024x1024",
        text_timeout_s: float = 90.0,
        image_timeout_s: float = 240.0,
        allow_private: bool = False,
        allow_private_hosts: Collection[str] = (),
        adaptations: Adaptations | None = None,
        patience: Patience | None = None,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        rng: random.Random | None = None,
        on_error: OnError | None = None,
    ) -> None:
        self.text_model = text_model
        self.vision_model = vision_model
        self.image_model = image_model
        self.image_quality = image_quality
        self.image_size = image_size
        self._text_timeout_s = text_timeout_s
        self._image_timeout_s = image_timeout_s
        self._client = client
        self._adaptations = adaptations or Adaptations()
        self._rules = AddressRules(
            allow_private=allow_private, allow_hosts={server_of(base_url), *allow_private_hosts}
        )
        self._http = ProviderHttp(
            provider=self.name,
            client=client,
            base_url=base_url,
            api_key=api_key,
            key_variable="OPENAI_API_KEY",
            patience=patience,
            clock=clock,
            sleep=sleep,
            rng=rng,
            on_error=on_error,
        )
        self._is_openai = host_name(httpx.URL(base_url)).endswith(".openai.com")

    async def write(self, *, system: str, user: str) -> WrittenText:
        """Answer `user` under the instruction `system`. Costs money. Raises ProviderError."""
        body = self._chat_body(
            self.text_model,
            [{"role": "system", "content": system}, {"role": "user", "content": user}],
        )
        answer = await self._post(
            "/chat/completions", self.text_model, body, timeout_s=self._text_timeout_s
        )
        with self._http.told():
            text = text_of(answer, provider=self.name)
        return WrittenText(text, self._receipt(self.text_model, answer))

    async def draw(self, *, prompt: str, subject: Subject) -> DrawnPicture:
        """Draw one picture by its prompt alone. Costs money.

        Raises ProviderError, and BadInput for a prompt that is too long, before anything is paid.
        """
        del subject  # the prompt says it all
        if len(prompt) > MAX_PROMPT_CHARS:
            raise BadInput(
                f"The prompt for the picture has {len(prompt):,} characters, "
                f"OpenAI takes {MAX_PROMPT_CHARS:,}: shorten the description or the style",
                code="prompt_too_long",
            )
        answer = await self._post(
            "/images/generations",
            self.image_model,
            self._image_body(prompt),
            timeout_s=self._image_timeout_s,
            # base64 is a third longer than what it holds.
            max_bytes=MAX_PICTURE_BYTES * 4 // 3 + MAX_JSON_BYTES,
        )
        with self._http.told():
            encoded, url = first_picture(answer, provider=self.name)
            if url:
                data = await self._fetch(url)
            else:
                data = await asyncio.to_thread(_decode_base64, encoded)
            info = await asyncio.to_thread(_check, data)
        quality = answer.get("quality")
        return DrawnPicture(
            data=data,
            mime_type=info.mime_type,
            resolution=f"{info.width_px}x{info.height_px}",
            quality=quality if isinstance(quality, str) else self.image_quality,
            receipt=self._receipt(self.image_model, answer),
        )

    def text_estimate(self) -> Receipt:
        """Return what an answer of the greatest length costs. Sends nothing."""
        usd = prompt_usd(
            self.text_model, prompt_chars=USUAL_PROMPT_CHARS, answer_tokens=MAX_ANSWER_TOKENS
        )
        return self._estimate(self.text_model, usd)

    def picture_estimate(self) -> Receipt:
        """Return what a picture of this size and quality costs. Sends nothing."""
        usd = picture_usd(self.image_model, size=self.image_size, quality=self.image_quality)
        return self._estimate(self.image_model, usd)

    async def find_grip(self, *, picture: bytes, instruction: str) -> Look[GripFinding]:
        """Find where a hand holds the weapon of a 512 x 512 picture. Costs money.

        Raises ProviderError.
        """
        text, receipt = await self._look(picture, instruction, "weapon_grip", GRIP_SCHEMA)
        return Look(read_grip(text), receipt)

    async def find_orientation(
        self, *, picture: bytes, instruction: str
    ) -> Look[OrientationFinding]:
        """Say whether a weapon is upside down. Costs money. Raises ProviderError."""
        text, receipt = await self._look(
            picture, instruction, "weapon_orientation", ORIENTATION_SCHEMA
        )
        return Look(read_orientation(text), receipt)

    async def check_models(self, *, today: dt.date | None = None) -> ModelCheck:
        """Hold the configured models against GET /models. Free. Raises ProviderError."""
        data, _answer = await self._http.get("/models")
        entries = data.get("data") if isinstance(data, dict) else None
        if not isinstance(entries, list):
            raise BadProviderAnswer("OpenAI's list of models cannot be read", provider=self.name)
        listed = tuple(
            ListedModel(entry["id"], _date(entry.get("shutdown_date")))
            for entry in entries
            if isinstance(entry, dict) and isinstance(entry.get("id"), str)
        )
        configured = (self.text_model, self.vision_model, self.image_model)
        today = today or dt.datetime.now(dt.UTC).date()
        return ModelCheck(listed, tuple(listing_warnings(configured, listed, today)))

    async def _look(
        self, picture: bytes, instruction: str, schema_name: str, schema: dict[str, Any]
    ) -> tuple[str, Receipt]:
        mime_type = picture_type(picture[:16])
        if mime_type is None:
            raise BadPicture("The bytes are no PNG, JPEG or WebP picture")
        data_url = await asyncio.to_thread(encode_data_url, picture, mime_type)
        # JSON has to be named in the message when response_format is json_object.
        text = f"{instruction}\n\nAnswer with one JSON object and nothing else."
        body = self._chat_body(
            self.vision_model,
            [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": text},
                        {"type": "image_url", "image_url": {"url": data_url, "detail": "high"}},
                    ],
                }
            ],
        )
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": schema_name, "strict": True, "schema": schema},
        }
        answer = await self._post(
            "/chat/completions", self.vision_model, body, timeout_s=self._text_timeout_s
        )
        receipt = self._receipt(self.vision_model, answer)
        try:
            with self._http.told():
                return text_of(answer, provider=self.name), receipt
        except BadProviderAnswer:
            return "", receipt  # an answer without text is one that cannot be read

    def _chat_body(self, model: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "model": model,
            "messages": messages,
            "reasoning_effort": "none",
            "max_completion_tokens": MAX_ANSWER_TOKENS,
        }

    def _image_body(self, prompt: str) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.image_model,
            "prompt": prompt,
            "size": self.image_size,
        }
        if is_gpt_image_model(self.image_model):
            return body | {
                "quality": self.image_quality,
                "output_format": "png",
                "background": "opaque",
            }
        # Other servers answer with an address unless they are asked for the picture itself.
        return body | {"response_format": "b64_json"}

    async def _post(
        self,
        path: str,
        model: str,
        wanted: dict[str, Any],
        *,
        timeout_s: float,
        max_bytes: int = MAX_JSON_BYTES,
    ) -> dict[str, Any]:
        """Send a billed request, fitted to what the model takes.

        Only a 400 is followed by another try: it is answered before anything is billed.
        """
        base_url = self._http.base_url
        for _ in range(MAX_ADAPTATIONS + 1):
            sent = self._adaptations.fit(base_url, model, wanted)
            answer: Answer = await self._http.post_billed(
                path, sent, timeout_s=timeout_s, max_bytes=max_bytes
            )
            if answer.status != 400 or not self._adaptations.learn(
                base_url, model, wanted=wanted, sent=sent, said=error_detail(answer)
            ):
                break
        return self._http.object_of(answer)

    async def _fetch(self, url: str) -> bytes:
        try:
            data, _mime_type = await fetch_bytes(
                self._client, url, max_bytes=MAX_PICTURE_BYTES, rules=self._rules
            )
        except FetchFailed as failure:
            error = failure.as_provider_error(self.name)
            error.may_have_charged = True
            raise error from None
        return data

    def _estimate(self, model: str, usd: float | None) -> Receipt:
        return Receipt(self.name, model, cost=Cost(usd=usd if self._is_openai else None))

    def _receipt(self, model: str, answer: dict[str, Any]) -> Receipt:
        # Another server may give its models OpenAI's names, but not its prices.
        priced = model if self._is_openai else None
        return Receipt(provider=self.name, model=model, cost=cost_of(answer, model=priced))


def is_gpt_image_model(model: str) -> bool:
    """Say whether a model takes the parameters of OpenAI's own image models.

    They refuse response_format and style, and always answer with base64.
    """
    return model.startswith(("gpt-image", "chatgpt-image"))


def _decode_base64(encoded: str) -> bytes:
    import pybase64  # noqa: PLC0415 - only those who decode pay for the import

    try:
        return pybase64.b64decode(encoded, validate=True)
    except ValueError:
        raise BadProviderAnswer(
            "OpenAI's picture cannot be decoded: it is no base64",
            provider="openai",
            may_have_charged=True,
        ) from None


def _check(data: bytes) -> PictureInfo:
    try:
        return check_picture(data, max_pixels=MAX_PICTURE_PIXELS)
    except BadPicture as error:
        raise BadProviderAnswer(
            f"OpenAI's picture cannot be used: {error.message}",
            provider="openai",
            may_have_charged=True,
        ) from None


def _date(value: object) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
