"""Checks of single fields, with the error texts and codes that OpenAI answers.

What depends on the model or on two fields at once lives in openai_rules.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    """Why a request is refused, in the shape of OpenAI's error body."""

    status: int
    message: str
    param: str | None = None
    code: str | None = None
    type: str = "invalid_request_error"

    def body(self) -> JsonObject:
        """The error body as it goes over the wire."""
        return {
            "error": {
                "message": self.message,
                "type": self.type,
                "param": self.param,
                "code": self.code,
            }
        }


Check = Callable[[str, Any], Refusal | None]


def bad_value(name: str, value: object, allowed: str) -> Refusal:
    """A value of the right type that is not one of those allowed."""
    return Refusal(
        400, f"Invalid value: {value!r}. Supported values are: {allowed}.", name, "invalid_value"
    )


def bad_type(name: str, expected: str) -> Refusal:
    """A value of the wrong JSON type."""
    return Refusal(400, f"Invalid type for {name!r}: expected {expected}.", name, "invalid_type")


def missing(name: str) -> Refusal:
    """A required field that is not there."""
    return Refusal(
        400, f"Missing required parameter: {name!r}.", name, "missing_required_parameter"
    )


def unknown(name: str) -> Refusal:
    """A field that the endpoint does not have."""
    return Refusal(400, f"Unknown parameter: {name!r}.", name, "unknown_parameter")


def not_imitated(name: str) -> Refusal:
    """A field of the true API that this fake cannot serve: use it in the fake before sending it."""
    return Refusal(400, f"The fake does not imitate {name!r}.", name, "not_imitated")


def or_null(check: Check) -> Check:
    """Also let null through."""
    return lambda name, value: None if value is None else check(name, value)


def boolean(name: str, value: Any) -> Refusal | None:
    """A JSON boolean."""
    return None if isinstance(value, bool) else bad_type(name, "a boolean")


def is_number(value: Any) -> bool:
    """A JSON number; Python's booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(low: float, high: float) -> Check:
    """A number with both ends included."""

    def check(name: str, value: Any) -> Refusal | None:
        if not is_number(value):
            return bad_type(name, "a decimal")
        if value < low:
            text = f"Invalid {name!r}: decimal below minimum value. Expected a value >= {low}."
            return Refusal(400, text, name, "decimal_below_min_value")
        if value > high:
            text = f"Invalid {name!r}: decimal above maximum value. Expected a value <= {high}."
            return Refusal(400, text, name, "decimal_above_max_value")
        return None

    return check


def integer(low: int | None = None, high: int | None = None) -> Check:
    """A whole number with both ends included; 2.0 is one, as in JSON Schema."""

    def check(name: str, value: Any) -> Refusal | None:
        if not is_number(value) or value != int(value):
            return bad_type(name, "an integer")
        if low is not None and value < low:
            text = f"Invalid {name!r}: integer below minimum value. Expected a value >= {low}."
            return Refusal(400, text, name, "integer_below_min_value")
        if high is not None and value > high:
            text = f"Invalid {name!r}: integer above maximum value. Expected a value <= {high}."
            return Refusal(400, text, name, "integer_above_max_value")
        return None

    return check


def text(max_length: int | None = None, *, min_length: int = 0) -> Check:
    """A string of bounded length."""

    def check(name: str, value: Any) -> Refusal | None:
        if not isinstance(value, str):
            return bad_type(name, "a string")
        if len(value) < min_length:
            return Refusal(
                400,
                f"Invalid {name!r}: empty string. Expected a string with minimum length "
                f"{min_length}, but got an empty string instead.",
                name,
                "empty_string",
            )
        if max_length is not None and len(value) > max_length:
            return Refusal(
                400,
                f"Invalid {name!r}: string too long. Expected a string with maximum length "
                f"{max_length}, but got a string with length {len(value)} instead.",
                name,
                "string_above_max_length",
            )
        return None

    return check


def one_of(*allowed: str) -> Check:
    """One of these strings."""

    def check(name: str, value: Any) -> Refusal | None:
        listed = ", ".join(repr(choice) for choice in allowed)
        if not isinstance(value, str):
            return bad_type(name, f"one of {listed}")
        return None if value in allowed else bad_value(name, value, listed)

    return check


def list_of(check_item: Check, *, min_items: int = 0, max_items: int | None = None) -> Check:
    """An array with a number of items in bounds, each passing `check_item`."""

    def check(name: str, value: Any) -> Refusal | None:
        if not isinstance(value, list):
            return bad_type(name, "an array")
        if len(value) < min_items:
            return Refusal(400, f"Invalid {name!r}: empty array.", name, "empty_array")
        if max_items is not None and len(value) > max_items:
            return Refusal(400, f"Invalid {name!r}: too long.", name, "array_above_max_length")
        for index, item in enumerate(value):
            if refusal := check_item(f"{name}[{index}]", item):
                return refusal
        return None

    return check


def map_of(check_value: Check) -> Check:
    """An object whose values pass `check_value`."""

    def check(name: str, value: Any) -> Refusal | None:
        if not isinstance(value, dict):
            return bad_type(name, "an object")
        for key, item in value.items():
            if refusal := check_value(f"{name}.{key}", item):
                return refusal
        return None

    return check


def any_of(*checks: Check) -> Check:
    """A value that passes one of the checks; the last refusal speaks when none passes."""

    def check(name: str, value: Any) -> Refusal | None:
        refusal: Refusal | None = None
        for option in checks:
            refusal = option(name, value)
            if refusal is None:
                return None
        return refusal

    return check
