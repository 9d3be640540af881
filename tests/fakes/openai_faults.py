"""Faults in the words of OpenAI, ready for `FakeOpenAI.faults.add`."""

import json

from tests.fakes.faults import Fault, status
from tests.fakes.openai_fields import Refusal


def _fault(
    refusal: Refusal, *, headers: dict[str, str] | None = None, work_done: bool = False
) -> Fault:
    body = json.dumps(refusal.body()).encode()
    return status(refusal.status, body, headers=headers, work_done=work_done)


def refused(
    code: int, message: str, *, param: str | None = None, error_code: str | None = None
) -> Fault:
    """Any refusal in OpenAI's shape; a 400 that names `param` asks the caller to adapt."""
    return _fault(Refusal(code, message, param, error_code))


def moderation_blocked() -> Fault:
    """400: the prompt was stopped by the safety system."""
    text = "Your request was rejected by the safety system. safety_violations=[violence]."
    return _fault(Refusal(400, text, None, "moderation_blocked", "image_generation_user_error"))


def invalid_key() -> Fault:
    """401."""
    return _fault(Refusal(401, "Incorrect API key provided: sk-***.", None, "invalid_api_key"))


def organization_not_verified(model: str = "gpt-image-2.6-flare") -> Fault:
    """403: the model needs a verified organisation; the code is null."""
    text = (
        f"Your organization must be verified to use the model `{model}`. If you just verified, "
        "it can take up to 15 minutes for access to propagate."
    )
    return _fault(Refusal(403, text))


def rate_limited(retry_after_s: float | None = 1) -> Fault:
    """429 that a pause cures; `retry_after_s` None leaves the header out."""
    text = "Rate limit reached for requests per min. Please try again later."
    refusal = Refusal(429, text, None, "rate_limit_exceeded", "requests")
    if retry_after_s is None:
        return _fault(refusal)
    wait = {
        "retry-after": str(max(0, round(retry_after_s))),
        "retry-after-ms": str(round(retry_after_s * 1000)),
    }
    return _fault(refusal, headers=wait)


def insufficient_quota(code: str = "insufficient_quota") -> Fault:
    """429 that no pause cures: the money is gone. Other codes: see the error table."""
    text = "You exceeded your current quota, please check your plan and billing details."
    return _fault(Refusal(429, text, None, code, "insufficient_quota"))


def server_error(*, work_done: bool = False) -> Fault:
    """500; with `work_done` the picture was made and billed all the same."""
    text = "The server had an error while processing your request. Sorry about that!"
    return _fault(Refusal(500, text, None, None, "server_error"), work_done=work_done)


def overloaded(retry_after_s: int | None = None, *, work_done: bool = False) -> Fault:
    """503."""
    refusal = Refusal(503, "The engine is overloaded.", None, None, "overloaded")
    headers = None if retry_after_s is None else {"retry-after": str(retry_after_s)}
    return _fault(refusal, headers=headers, work_done=work_done)


def ok_with_error() -> Fault:
    """Status 200 whose body is an error, as some gateways answer."""
    refusal = Refusal(200, "The upstream model failed.", None, "upstream_error", "server_error")
    return _fault(refusal)
