"""Reads answers of outside makers and turns their failures into the service's errors.

Pure functions over an answer that has been read whole; sending lives in `http`.
"""

import email.utils
import html
import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import httpx

from asset_forge.errors import (
    BadProviderAnswer,
    CreditsUsedUp,
    ProviderError,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnreachable,
)
from asset_forge.providers.redaction import redact

_NAMES = {"openai": "OpenAI", "meshy": "Meshy"}
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
# Error types and codes of OpenAI that a pause does not cure (guide on error codes, autumn 2026).
_QUOTA_CODES = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "billing_hard_limit_reached",
    }
)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, read whole."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class ErrorDetail:
    """What an error body says; empty where it says nothing."""

    message: str = ""
    type: str = ""
    code: str = ""
    param: str = ""


class Limit(StrEnum):
    """Why an answer is a 429: each wants another reaction."""

    REQUEST_RATE = "request rate"
    QUEUE_FULL = "queue full"
    QUOTA = "quota"
    PLAN = "plan"


def named(provider: str) -> str:
    """Return a provider's name as people write it."""
    return _NAMES.get(provider, provider)


def parse_json(answer: Answer) -> Any:
    """Parse a body. Raises ValueError."""
    try:
        return json.loads(answer.body)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def error_detail(answer: Answer) -> ErrorDetail:
    """Read an error body in the shapes of OpenAI, of servers like it, and of Meshy.

    Those are {"error": {message, type, code, param}}, {"error": "text"}, {"message": "text"} and
    {"detail": ...}. Anything else becomes the message as it is.
    """
    try:
        data = parse_json(answer)
    except ValueError:
        return ErrorDetail(message=_plain_text(answer))
    if not isinstance(data, dict):
        return ErrorDetail(message=json.dumps(data))
    error = data.get("error")
    if isinstance(error, dict):
        return ErrorDetail(
            message=_text(error.get("message")) or json.dumps(error),
            type=_text(error.get("type")),
            code=_text(error.get("code")),
            param=_text(error.get("param")),
        )
    for said in (error, data.get("message"), data.get("detail")):
        if said:
            return ErrorDetail(
                message=said if isinstance(said, str) else json.dumps(said),
                code=_text(data.get("code")),
            )
    return ErrorDetail(message=json.dumps(data) if data else "")


def limit_of(answer: Answer) -> Limit:
    """Say which limit a 429 speaks of.

    Meshy names its limits in the text (NoMoreConcurrentTasks, NoMorePendingTasks), OpenAI in
    `type` and `code`. Source: both APIs' error pages and clients' notes, autumn 2026.
    """
    detail = error_detail(answer)
    if {detail.type, detail.code} & _QUOTA_CODES:
        return Limit.QUOTA
    text = detail.message.replace(" ", "").lower()
    if "upgrade" in text and "pending" in text:
        return Limit.PLAN
    if "nomoreconcurrenttasks" in text or "nomorependingtasks" in text:
        return Limit.QUEUE_FULL
    return Limit.REQUEST_RATE


def retry_after_s(headers: httpx.Headers, *, now_s: float | None = None) -> float | None:
    """Read Retry-After (seconds or a date) or retry-after-ms; None when absent or unreadable."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _number(value)
    if seconds is not None:
        return seconds
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - (time.time() if now_s is None else now_s))


def error_for(
    answer: Answer,
    *,
    provider: str,
    key_variable: str,
    billed: bool,
    secrets: Iterable[str] = (),
) -> ProviderError:
    """Turn an answer that is no success into the error that the service raises for it.

    `billed` says that the request costs money when it is carried out; `key_variable` is named when
    the provider does not accept the key.
    """
    name = named(provider)
    detail = error_detail(answer)
    said = redact(detail.message, secrets=secrets) or "nothing more"
    request_id = redact(answer.headers.get("x-request-id", ""), secrets=secrets, limit=80)
    tail = f" (request {request_id})" if request_id else ""
    status = answer.status

    def failed(sentence: str, *, may_have_charged: bool = False) -> ProviderError:
        return ProviderError(
            sentence + tail,
            provider=provider,
            upstream_status=status,
            may_have_charged=may_have_charged,
        )

    if status == 402 or (status == 429 and limit_of(answer) is Limit.QUOTA):
        return CreditsUsedUp(
            f"{name}'s credits are used up: {said}{tail}", provider=provider, upstream_status=status
        )
    if status == 429:
        return ProviderRateLimited(
            f"{name} asks to slow down: {said}{tail}",
            provider=provider,
            retry_after_s=retry_after_s(answer.headers),
        )
    if status == 401:
        return failed(f"{name} does not accept the key (check {key_variable}): {said}")
    if status == 403:
        return failed(
            f"{name} does not allow this (check {key_variable} and what its account may do): {said}"
        )
    if 300 <= status < 400:
        return failed(f"{name} answered with a redirect ({status}); check its base URL")
    if status >= 500 or status == 408:
        return failed(f"{name} has trouble ({status}): {said}", may_have_charged=billed)
    return failed(f"{name} refused the request ({status}): {said}")


def error_for_transport(
    error: Exception, *, provider: str, billed: bool, secrets: Iterable[str] = ()
) -> ProviderError:
    """Turn a failure below HTTP into an error; `may_have_charged` when the request may have left.

    Only a failure to connect is certain to have been before sending.
    """
    name = named(provider)
    said = redact(str(error), secrets=secrets) or type(error).__name__
    not_sent = (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.ProxyError,
        httpx.UnsupportedProtocol,
        httpx.LocalProtocolError,
    )
    if isinstance(error, not_sent):
        return ProviderUnreachable(f"{name} cannot be reached: {said}", provider=provider)
    if isinstance(error, httpx.DecodingError):
        return BadProviderAnswer(
            f"{name}'s answer cannot be decompressed: {said}",
            provider=provider,
            may_have_charged=billed,
        )
    if isinstance(error, httpx.TimeoutException):
        return ProviderTimeout(
            f"{name} did not answer in time", provider=provider, may_have_charged=billed
        )
    return ProviderUnreachable(
        f"{name} did not answer: {said}", provider=provider, may_have_charged=billed
    )


def json_object(
    answer: Answer, *, provider: str, billed: bool, secrets: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the JSON object of a successful answer.

    Raises BadProviderAnswer for anything else, also for an error that comes with status 200.
    """
    data = json_value(answer, provider=provider, billed=billed, secrets=secrets)
    if not isinstance(data, dict):
        raise BadProviderAnswer(
            f"{named(provider)} answered with JSON that is no object",
            provider=provider,
            upstream_status=answer.status,
            may_have_charged=billed,
        )
    return data


def json_value(answer: Answer, *, provider: str, billed: bool, secrets: Iterable[str] = ()) -> Any:
    """Return the JSON of a successful answer, of any type. Raises BadProviderAnswer."""
    try:
        data = parse_json(answer)
    except ValueError:
        what = "a web page" if _is_html(answer) else "something that is no JSON"
        problem = f"answered with {what}: {_plain_text(answer) or 'nothing'}"
    else:
        if not (isinstance(data, dict) and data.get("error")):
            return data
        problem = f"answered {answer.status} with an error: {error_detail(answer).message}"
    raise BadProviderAnswer(
        redact(f"{named(provider)} {problem}", secrets=secrets),
        provider=provider,
        upstream_status=answer.status,
        may_have_charged=billed,
    )


def _plain_text(answer: Answer) -> str:
    text = answer.body[:20_000].decode("utf-8", errors="replace")
    if not _is_html(answer):
        return text
    title = _TITLE.search(text)
    return html.unescape(title.group(1) if title else _TAG.sub(" ", text)).strip()[:200]


def _is_html(answer: Answer) -> bool:
    start = answer.body[:200].lstrip().lower()
    return "html" in answer.headers.get("content-type", "") or start.startswith(
        (b"<!doctype html", b"<html")
    )


def _text(value: object) -> str:
    if value is None or isinstance(value, bool):
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _number(text: str | None) -> float | None:
    """Read a number of seconds or milliseconds that can be waited: finite and not negative."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < 1e9 else None
