"""How errors become answers: one shape, whatever went wrong."""

import traceback
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from asset_forge.errors import ForgeError, ProviderError, ProviderRateLimited
from asset_forge.middleware import RETRY_AFTER_STOP_S, error_body

_REQUIRED = {
    "/api/generation/pipeline": (
        frozenset({"name", "type", "subtype"}),
        "name, type, and subtype are required",
    ),
    "/api/retexture": (
        frozenset({"baseAssetId", "materialPreset"}),
        "baseAssetId and materialPreset are required",
    ),
}
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "payload_too_large",
          415: "unsupported_media_type"}  # fmt: skip
_RETRY_AFTER_S = {"stopped": RETRY_AFTER_STOP_S, "queue_full": 30}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_MOST_PROBLEMS = 3
_LONGEST_SHOWN = 200
_WORDS = {
    "model_attributes_type": "Input should be a JSON object",
    "dict_type": "Input should be a JSON object",
    "list_type": "Input should be a list",
}
"""By type of problem, where the validator's own words are about Python."""


def add_error_handlers(app: FastAPI, *, hide_faults: bool) -> None:
    """Register the handlers. With `hide_faults` a 500 says nothing of its cause."""

    async def on_forge_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ForgeError)
        text = "Internal server error" if hide_faults and error.status == 500 else error.message
        more: dict[str, Any] = {}
        if isinstance(error, ProviderError):
            more = {"retryable": error.retryable, "mayHaveCharged": error.may_have_charged}
        if error.detail is not None:
            more["detail"] = error.detail
        if error.pipeline_id is not None:
            more["pipelineId"] = error.pipeline_id
        if error.status == 500 and not hide_faults:
            more["stack"] = "".join(traceback.format_exception(error))
        headers = _headers_of(error)
        return _answer(request, error.status, text, error.error_code, headers, more)

    async def on_http_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        text, headers = str(error.detail), dict(error.headers or {})
        if error.status_code == 404 and text == "Not Found":
            text = f"There is no {_shown_path(request)} here; see /docs"
        elif error.status_code == 405:
            text = f"{request.method} is not possible on {_shown_path(request)}"
            # The framework names the methods of the first route alone that has the path.
            headers["Allow"] = ", ".join(_possible_methods(request))
        code = _CODES.get(error.status_code, "bad_input")
        return _answer(request, error.status_code, text, code, headers)

    async def on_validation_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return _answer(request, 400, _sentence(request.url.path, error.errors()), "bad_input")

    app.add_exception_handler(ForgeError, on_forge_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)


def _headers_of(error: ForgeError) -> dict[str, str]:
    headers: dict[str, str] = {}
    if isinstance(error, ProviderRateLimited):
        headers["Retry-After"] = str(max(1, round(error.retry_after_s or 5)))
    elif error.error_code in _RETRY_AFTER_S:
        headers["Retry-After"] = str(_RETRY_AFTER_S[error.error_code])
    if error.error_code == "stopped":
        headers["Connection"] = "close"
    if error.pipeline_id is not None:
        headers["Location"] = f"/api/generation/pipeline/{error.pipeline_id}"
    return headers


def _answer(
    request: Request,
    status: int,
    text: str,
    code: str,
    headers: dict[str, str] | None = None,
    more: dict[str, Any] | None = None,
) -> JSONResponse:
    body = error_body(text, code, path=request.url.path, **(more or {}))
    return JSONResponse(body, status_code=status, headers=headers)


def _shown_path(request: Request) -> str:
    path = request.url.path
    return path if len(path) <= _LONGEST_SHOWN else f"{path[:_LONGEST_SHOWN]}…"


def _possible_methods(request: Request) -> list[str]:
    return [
        method
        for method in _METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]


def _sentence(path: str, problems: Sequence[Any]) -> str:
    required, text = _REQUIRED.get(path, (frozenset(), ""))
    for problem in problems:
        field = problem["loc"][1] if len(problem["loc"]) == 2 else None
        if field in required and _is_absent(problem):
            return text
    sentences = [_describe(problem) for problem in problems[:_MOST_PROBLEMS]]
    left_out = len(problems) - _MOST_PROBLEMS
    return "; ".join(sentences) + (f"; and {left_out} more" if left_out > 0 else "")


def _is_absent(problem: Any) -> bool:
    given = problem.get("input")
    is_blank = given is None or (isinstance(given, str) and not given.strip())
    return problem["type"] == "missing" or is_blank


def _describe(problem: Any) -> str:
    where = ".".join(str(part) for part in problem["loc"][1:])
    text = _WORDS.get(problem["type"]) or problem["msg"].removeprefix("Value error, ")
    if not where:
        return "The body must be a JSON object" if problem["loc"][0] == "body" else text
    return f"{where}: {text}"
