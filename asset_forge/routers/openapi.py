"""The OpenAPI document: what FastAPI derives, made true where this service does otherwise."""

from typing import Any

from fastapi import FastAPI

_UNUSED_SCHEMAS = ("HTTPValidationError", "ValidationError")
_OPEN_PATHS = ("/api/health", "/healthz", "/readyz", "/assets/", "/prompts/")


def describe_truly(app: FastAPI) -> None:
    """Replace the application's OpenAPI document by one that says what it really answers.

    Bad input is 400 here; 422 is the answer to a key that came with another request and to a
    model of the library that cannot be used. API_TOKEN is a bearer token on /metrics and every /api
    path but health.
    """
    derive = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _correct(derive())
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _correct(document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    for name in _UNUSED_SCHEMAS:
        components.get("schemas", {}).pop(name, None)
    components["securitySchemes"] = {
        "API_TOKEN": {
            "type": "http",
            "scheme": "bearer",
            "description": "Wanted only when the service was started with API_TOKEN.",
        }
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if _is_derived(operation["responses"].get("422", {})):
                del operation["responses"]["422"]
            if not path.startswith(_OPEN_PATHS):
                # The empty alternative: without API_TOKEN nothing is wanted.
                operation["security"] = [{}, {"API_TOKEN": []}]


def _is_derived(answer: dict[str, Any]) -> bool:
    """Tell whether an answer is FastAPI's own for bad input, which is never sent here."""
    return "HTTPValidationError" in str(answer)
