"""Reading JSON that others wrote: what could not be written as JSON again is refused."""

import json
import math
from typing import Any, NoReturn

MAX_DEPTH = 100
"""Objects and lists inside each other; what writes the answers gives up at some 250."""
_MAX_DIGITS = 308


def parse_strict_json(data: bytes) -> Any:
    """Parse JSON in UTF-8, or in UTF-16 or -32 as its first bytes show.

    Raises ValueError, for bad syntax json.JSONDecodeError, whose texts go on "it is no JSON: ".
    Refused beyond bad syntax: NaN and infinities, numbers that most readers would take for
    infinite, lone surrogates, and nesting deeper than MAX_DEPTH.
    """
    try:
        text = data.decode(json.detect_encoding(data))
        value = json.loads(
            text, parse_constant=_refuse_constant, parse_float=_float, parse_int=_int
        )
        if "\\u" in text:
            # \ud800 parses into a lone surrogate, which no answer could carry.
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise ValueError("its text is not valid Unicode") from None
    except RecursionError:
        raise _too_deep() from None
    if text.count("{") + text.count("[") > MAX_DEPTH:  # most are flat, and one long text
        _check_depth(value)
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


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise _too_deep()


def _inside(value: Any) -> list[Any]:
    """Return the objects and lists in one; a text or a number holds none."""
    if not isinstance(value, dict | list):
        return []
    held = value.values() if isinstance(value, dict) else value
    return [inner for inner in held if isinstance(inner, dict | list)]


def _too_deep() -> ValueError:
    return ValueError(f"it is nested more than {MAX_DEPTH} levels deep")
