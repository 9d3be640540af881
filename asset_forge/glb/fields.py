"""Checked look-ups in the JSON of a glTF file.

The JSON comes from strangers: anything may be missing, of another type, huge or negative. Every
look-up here gives a value of the asked-for type or raises `BadGlb` with a sentence that names the
place. Nothing here knows what the values mean.
"""

import math
from collections.abc import Sequence
from typing import Any

from asset_forge.errors import BadGlb

JsonObject = dict[str, Any]


def objects(parent: JsonObject, key: str) -> list[JsonObject]:
    """Return the list of objects under `key`, empty when there is none."""
    value = parent.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadGlb(f"The GLB is damaged: {key!r} must be a list of objects.")
    return value


def item(parent: JsonObject, key: str, index: int) -> JsonObject:
    """Return object number `index` of the list under `key`."""
    value = parent.get(key, [])
    if not isinstance(value, list):
        raise BadGlb(f"The GLB is damaged: {key!r} must be a list.")
    if not 0 <= index < len(value):
        raise BadGlb(f"The GLB is damaged: {key}[{index}] is asked for, there are {len(value)}.")
    found = value[index]
    if not isinstance(found, dict):
        raise BadGlb(f"The GLB is damaged: {key}[{index}] must be an object.")
    return found


def mapping(parent: JsonObject, key: str) -> JsonObject:
    """Return the object under `key`, empty when there is none."""
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise BadGlb(f"The GLB is damaged: {key!r} must be an object.")
    return value


def integer(parent: JsonObject, key: str, *, default: int | None = None, minimum: int = 0) -> int:
    """Return the whole number under `key`; without a default it must be there."""
    value = parent.get(key, default)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadGlb(f"The GLB is damaged: {key!r} must be a whole number.")
    if not minimum <= value < 2**53:
        raise BadGlb(f"The GLB is damaged: {key!r} is out of range.")
    return value


def optional_integer(parent: JsonObject, key: str) -> int | None:
    """Return the whole number under `key`, or None when the key is missing."""
    return integer(parent, key) if key in parent else None


def integers(parent: JsonObject, key: str) -> list[int]:
    """Return the list of non-negative whole numbers under `key`, empty when there is none."""
    value = parent.get(key, [])
    if not isinstance(value, list):
        raise BadGlb(f"The GLB is damaged: {key!r} must be a list of indices.")
    for number in value:
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**53:
            raise BadGlb(f"The GLB is damaged: {key!r} must be a list of indices.")
    return value


def numbers(
    parent: JsonObject, key: str, length: int, default: Sequence[float] | None = None
) -> list[float]:
    """Return the `length` finite numbers under `key`; without a default they must be there."""
    value = parent.get(key, default)
    if not isinstance(value, list | tuple) or len(value) != length:
        raise BadGlb(f"The GLB is damaged: {key!r} must hold {length} numbers.")
    result = []
    for number in value:
        if isinstance(number, bool) or not isinstance(number, int | float) or abs(number) > 1e300:
            raise BadGlb(f"The GLB is damaged: {key!r} must hold {length} ordinary numbers.")
        if not math.isfinite(number):
            raise BadGlb(f"The GLB is damaged: {key!r} must hold {length} finite numbers.")
        result.append(float(number))
    return result


def text(parent: JsonObject, key: str, default: str = "") -> str:
    """Return the string under `key`, or the default when it is missing or no string.

    Half characters, which JSON can hold and UTF-8 cannot, become question marks.
    """
    value = parent.get(key, default)
    if not isinstance(value, str):
        return default
    return value.encode("utf-8", "replace").decode("utf-8")
