"""The one shape of errors, and helpers to document them."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Reason(BaseModel):
    """One of several things that are wrong at once."""

    code: str
    error: str


class ErrorAnswer(BaseModel):
    """What went wrong, in a sentence for people and a code for programs."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "error": "Asset moonblade not found",
                    "code": "asset_not_found",
                    "requestId": "5f0c2a7be3b64c0c9d2f7d1f3f0a7c11",
                }
            ]
        }
    )

    error: str
    code: str
    requestId: str  # noqa: N815  wire name
    detail: str | None = None
    retryable: bool | None = None
    mayHaveCharged: bool | None = None  # noqa: N815  wire name
    pipelineId: str | None = None  # noqa: N815  wire name
    reasons: list[Reason] | None = None


class WeaponErrorAnswer(ErrorAnswer):
    """As above, with `success: false`."""

    success: bool = False


_MEANINGS = {
    400: "Something in the request is wrong; `error` says what.",
    401: "API_TOKEN is set and the request does not carry it.",
    402: "The provider's credits are used up, or a cap on credits would be broken.",
    404: "There is no such thing.",
    409: "The thing exists already, is in use, or is in the wrong state.",
    413: "The body or picture is too large.",
    415: "The body is not JSON.",
    416: "The range lies outside the file.",
    422: "The Idempotency-Key came with another request, or a model cannot be drawn.",
    429: "The provider's rate limit, or too many starts in a minute; see Retry-After.",
    502: "The provider refused or failed; `error` says what it said.",
    503: (
        "No maker is configured for this, the asset folder cannot be used, or the service is being "
        "stopped."
    ),
    504: "The provider did not finish in time.",
}
_EXAMPLES = {
    400: ("stylePrompt: Field required", "bad_input"),
    401: ("This service wants Authorization: Bearer with its API_TOKEN", "unauthorized"),
    402: ("Meshy: insufficient credits", "credits_used_up"),
    404: ("Asset moonblade not found", "asset_not_found"),
    409: ("Asset moonblade already exists", "asset_exists"),
    413: ("The body is larger than 25 MB (API_MAX_BODY_MB)", "payload_too_large"),
    415: (
        "Send JSON with Content-Type: application/json, not text/plain",
        "unsupported_media_type",
    ),
    416: ("The range lies outside the file", "range_not_satisfiable"),
    422: ("The Idempotency-Key 'k1' came with another request", "idempotency_key_reused"),
    429: ("Meshy wants a pause before the next request", "provider_rate_limited"),
    502: ("Meshy: image_too_complex", "provider_failed"),
    503: ("Nothing here can make pictures: set OPENAI_API_KEY", "provider_not_configured"),
    504: ("Meshy did not finish the task within 1800 s", "provider_timeout"),
}
_ABOUT_PROVIDERS = frozenset({402, 429, 502, 504})


def errors(*statuses: int, model: type[ErrorAnswer] = ErrorAnswer) -> dict[int | str, Any]:
    """Document the errors of an operation for `responses=`."""
    return {
        status: {
            "model": model,
            "description": _MEANINGS[status],
            "content": {"application/json": {"example": _example(status, model)}},
        }
        for status in statuses
    }


def _example(status: int, model: type[ErrorAnswer]) -> dict[str, Any]:
    text, code = _EXAMPLES[status]
    example: dict[str, Any] = {"error": text, "code": code, "requestId": "5f0c2a7be3b64c0c"}
    if status in _ABOUT_PROVIDERS:
        example |= {"retryable": status in (429, 504), "mayHaveCharged": False}
    if model is WeaponErrorAnswer:
        example = {"success": False, **example}
    return example
