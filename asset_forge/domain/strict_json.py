"""Reading JSON that others wrote: what could not be written as JSON again is refused."""

import json
import math
from typing import Any, NoReturn

MAX_DEPTH = 110
"""Objects and lists inside each other; what writes the answers gives up at some 250."""
MAX_BODY_DEPTH = 100
"""The same for a request, which is kept inside other objects and must be readable there."""
MOST_BODY_VALUES = 250_000
"""Values of a request: 25 MB of empty lists take six seconds to read, and a gigabyte."""
_MAX_DIGITS = 308


def parse_strict_json(
    data: bytes, *, max_depth: int = MAX_DEPTH, max_values: int | None = None
) -> Any:
    """Parse JSON in UTF-8, or in UTF-16 or -32 as its first bytes show.

    Raises ValueError, for bad syntax json.JSONDecodeError, whose texts go on "it is no JSON: ".
    Refused beyond bad syntax: NaN and infinities, numbers that most readers would take for
    infinite, lone surrogates, and nesting deeper than `max_depth`,
    and more than `max_values`, for which commas are counted, those in texts too.
    """
    try:
        text = data.decode(json.detect_encoding(data))
        if max_values is not None and text.count(",") >= max_values:
            raise ValueError(f"it holds more than {max_values:,} values")
        value = json.loads(
            text, parse_constant=_refuse_constant, parse_float=_float, parse_int=_int
        )
        if "\\u" in text:
            # \ud800 parses into a lone surrogate, which no answer could carry.
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise ValueError("its text is not valid Unicode") from None
    except RecursionError:
        raise _too_deep(max_depth) from None
    if text.count("{") + text.count("[") > max_depth:  # most are flat, and one long text
        _check_depth(value, max_depth)
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def _int(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError(f"a number of {len(text):,} digits is too large")
    return int(text)


def _check_depth(value: Any, max_depth: int) -> None:
    level = [value]
    for _ in range(max_depth):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise _too_deep(max_depth)


def _inside(value: Any) -> list[Any]:
    """Return the objects and lists in one; a text or a number holds none."""
    if not isinstance(value, dict | list):
        return []
    held = value.values() if isinstance(value, dict) else value
    return [inner for inner in held if isinstance(inner, dict | list)]


def _too_deep(max_depth: int) -> ValueError:
    return ValueError(f"it is nested more than {max_depth} levels deep")
