"""The one shape of errors, and helpers to document them."""

from typing import Any

from pydantic import BaseModel, ConfigDict


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


class WeaponErrorAnswer(ErrorAnswer):
    """As above, with `success: false`."""

    success: bool = False


_MEANINGS = {
    400: "Something in the request is wrong; `error` says what.",
    401: "API_TOKEN is set and the request does not carry it.",
    402: "The provider's credits are used up.",
    404: "There is no such thing.",
    409: "The thing exists already, is in use, or is in the wrong state.",
    413: "The body or picture is too large.",
    415: "The body is not JSON.",
    416: "The range lies outside the file.",
    429: "The provider's rate limit; see Retry-After.",
    502: "The provider refused or failed; `error` says what it said.",
    503: "No maker is configured for this, or the asset folder cannot be used.",
    504: "The provider did not finish in time.",
}


def errors(*statuses: int, model: type[ErrorAnswer] = ErrorAnswer) -> dict[int | str, Any]:
    """Document the errors of an operation for `responses=`."""
    return {status: {"model": model, "description": _MEANINGS[status]} for status in statuses}
