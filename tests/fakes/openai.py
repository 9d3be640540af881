"""FakeOpenAI: the three routes of OpenAI that the service uses, on loopback or in process.

POST /v1/chat/completions, POST /v1/images/generations, GET /v1/models. What is refused is decided
in openai_rules.py, answers are built in openai_answers.py. `FakeOpenAI.compatible()` is a local
server that only resembles OpenAI: any model, no key, fewer parameters, pictures by URL.
"""

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

from tests.fakes.core import Answer, FakeServer, RecordedRequest, json_answer
from tests.fakes.openai_answers import Reply, answer_chat, answer_image, list_models
from tests.fakes.openai_fields import JsonObject, Refusal
from tests.fakes.openai_rules import (
    check_chat,
    check_image,
    check_messages,
)

OPENAI_KEY = "sk-fake-openai"  # a made-up key, of use with this fake only
FAKE_TODAY = date(2026, 11, 22)
COMPATIBLE_REFUSES = ("reasoning_effort", "max_completion_tokens", "json_schema")


@dataclass
class FakeOpenAI(FakeServer):
    """An OpenAI that costs nothing.

    `api_key` None takes any key or none. `today` decides which models are retired. `refuses`
    names parameters (and the response formats "json_schema", "json_object") that are refused one
    at a time with a 400 naming the parameter, before every other rule.
    `billed_images` and `billed_chats` count what the true one would have put on the bill.
    """

    api_key: str | None = OPENAI_KEY
    today: date = FAKE_TODAY
    refuses: Sequence[str] = ()
    lenient: bool = False
    images_as_url: bool = False
    billed_images: int = 0
    billed_chats: int = 0
    _replies: deque[Reply] = field(default_factory=deque)
    _files: dict[str, bytes] = field(default_factory=dict)
    _answered: int = 0

    @classmethod
    def compatible(cls, refuses: Sequence[str] = COMPATIBLE_REFUSES) -> Self:
        """A local OpenAI-compatible server: knows less, checks less, hands out picture URLs."""
        return cls(api_key=None, refuses=refuses, lenient=True, images_as_url=True)

    def say(self, content: str | JsonObject | None, **choices: Any) -> None:
        """Script the next chat answer; `choices` are `finish_reason` and `refusal`."""
        written = json.dumps(content) if isinstance(content, dict) else content
        self._replies.append(Reply(written, **choices))

    @property
    def chats(self) -> list[Any]:
        """Bodies of the chat requests so far, refused ones too."""
        return [request.json() for request in self.seen("POST", "/v1/chat/completions")]

    @property
    def pictures_asked(self) -> list[Any]:
        """Bodies of the image requests so far, refused ones too."""
        return [request.json() for request in self.seen("POST", "/v1/images/generations")]

    def common_headers(self) -> dict[str, str]:
        self._answered += 1
        return {
            "x-request-id": f"req_fake_{self._answered:06d}",
            "openai-processing-ms": "12",
            "x-ratelimit-limit-requests": "500",
            "x-ratelimit-limit-tokens": "200000",
            "x-ratelimit-remaining-requests": "499",
            "x-ratelimit-remaining-tokens": "199000",
            "x-ratelimit-reset-requests": "120ms",
            "x-ratelimit-reset-tokens": "300ms",
        }

    async def respond(self, request: RecordedRequest) -> Answer:
        if request.method == "GET" and request.path in self._files:
            return Answer(200, self._files[request.path], {"content-type": "image/png"})
        if refusal := self._check_key(request):
            return _refused(refusal)
        match request.method, request.path:
            case "POST", "/v1/chat/completions":
                return self._chat(request)
            case "POST", "/v1/images/generations":
                return self._image(request)
            case "GET", "/v1/models":
                return json_answer(200, list_models(self.today))
            case "GET", path if path.startswith("/v1/models/"):
                return self._model(path.removeprefix("/v1/models/"))
        return _refused(Refusal(404, f"Invalid URL ({request.method} {request.path})"))

    def _check_key(self, request: RecordedRequest) -> Refusal | None:
        if self.api_key is None or request.bearer == self.api_key:
            return None
        if request.bearer is None:
            return Refusal(401, "You didn't provide an API key.")
        return Refusal(401, "Incorrect API key provided: sk-***.", code="invalid_api_key")

    def _chat(self, request: RecordedRequest) -> Answer:
        body, refusal = _read_json(request)
        refusal = refusal or self._refused_here(body)
        if refusal is None:
            refusal = (
                self._check_leniently(body, "messages") or check_messages(body)
                if self.lenient
                else check_chat(body, self.today)
            )
        if refusal:
            return _refused(refusal)
        self.billed_chats += 1
        reply = self._replies.popleft() if self._replies else None
        return json_answer(200, answer_chat(body, reply, self.billed_chats))

    def _image(self, request: RecordedRequest) -> Answer:
        body, refusal = _read_json(request)
        refusal = refusal or self._refused_here(body)
        if refusal is None:
            refusal = (
                self._check_leniently(body, "prompt")
                if self.lenient
                else check_image(body, self.today)
            )
        if refusal:
            return _refused(refusal)
        content, pictures = answer_image(body)
        self.billed_images += len(pictures)
        if self.images_as_url and body.get("response_format") != "b64_json":
            content = {"created": content["created"], "data": []}
            for picture in pictures:
                path = f"/generated/{len(self._files) + 1}.png"
                self._files[path] = picture
                content["data"].append({"url": request.base_url + path})
        return json_answer(200, content)

    def _model(self, name: str) -> Answer:
        for model in list_models(self.today)["data"]:
            if model["id"] == name:
                return json_answer(200, model)
        text = f"The model '{name}' does not exist"
        return _refused(Refusal(404, text, "model", "model_not_found"))

    def _refused_here(self, body: Any) -> Refusal | None:
        if not isinstance(body, dict):
            return None
        chosen = body.get("response_format")
        chosen_type = chosen.get("type") if isinstance(chosen, dict) else None
        for name in self.refuses:
            if chosen_type is not None and name == chosen_type:
                text = f"'response_format.type' {name!r} is not supported by this server."
                return Refusal(400, text, "response_format", "unsupported_value")
            if name in body:
                text = f"Unsupported parameter: {name!r} is not supported by this server."
                return Refusal(400, text, name, "unsupported_parameter")
        return None

    def _check_leniently(self, body: Any, *required: str) -> Refusal | None:
        if not isinstance(body, dict):
            return Refusal(400, "The body must be an object.")
        for name in required:
            if not body.get(name):
                text = f"Missing required parameter: {name!r}."
                return Refusal(400, text, name, "missing_required_parameter")
        return None


def _read_json(request: RecordedRequest) -> tuple[Any, Refusal | None]:
    content_type = request.headers.get("content-type", "")
    if not content_type.startswith("application/json"):
        text = f"Unsupported content type: {content_type!r}. Use 'application/json'."
        return None, Refusal(415, text, code="unsupported_content_type")
    try:
        return request.json(), None
    except ValueError:
        return None, Refusal(400, "We could not parse the JSON body of your request.")


def _refused(refusal: Refusal) -> Answer:
    return json_answer(refusal.status, refusal.body())
