"""What is sent: bodies that are no JSON, JSON that is too much, and values of every wrong kind."""

import gzip
import json
from typing import Any

from hypothesis import strategies as st

MANY = 100_000
_ORDER = {"name": "x", "type": "y", "subtype": "z"}

BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \r\n\t ",
    "a word": b"hello",
    "an unknown constant": b"undefined",
    "NaN": b"NaN",
    "NaN in an object": b'{"name": NaN}',
    "minus infinity": b'{"name": -Infinity}',
    "1e400": b'{"seed": 1e400}',
    "-1e400": b'[{"id": -1e400}]',
    "a number of 5,000 digits": b'{"seed": ' + b"9" * 5_000 + b"}",
    "a leading zero": b'{"seed": 007}',
    "half an object": b'{"name": "x", "type": ',
    "half a text": b'{"name": "x',
    "a comma too many": b'{"name": "x",}',
    "single quotes": b"{'name': 'x'}",
    "a comment": b'{"name": "x"} // x',
    "two objects": b'{"name": "x"}{"name": "y"}',
    "brackets without end": b"[" * MANY,
    "objects without end": b'{"a":' * MANY,
    "100,000 lists in each other": b"[" * MANY + b"]" * MANY,
    "100,000 objects in each other": b'{"a":' * MANY + b"1" + b"}" * MANY,
    "a lone surrogate": b'{"name": "\\ud800"}',
    "a lone surrogate as a key": b'{"\\udfff": "x"}',
    "a lone surrogate in UTF-8": b'{"name": "\xed\xa0\x80"}',
    "a raw NUL": b'{"name": "\x00"}',
    "a raw line break": b'{"name": "\n"}',
    "an odd escape": b'{"name": "\\x41"}',
    "no UTF-8": b'{"name": "\xff\xfe\xfd"}',
    "an overlong slash": b'{"name": "\xc0\xaf"}',
    "Latin-1": '{"name": "é"}'.encode("latin-1"),
    "half a UTF-16 character": b"\xff\xfe{\x00\x00\xd8",
    "a gzip": gzip.compress(json.dumps(_ORDER).encode()),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "a form": b"name=x&type=y&subtype=z",
    "XML": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
    "a pickle": b"cos\nsystem\n(S'true'\ntR.",
}
"""Nothing that a JSON endpoint could take."""

ODD: dict[str, bytes] = {
    "null": b"null",
    "true": b"true",
    "zero": b"0",
    "a text": b'"hello"',
    "a list": b"[]",
    "lists": b"[[], [[]]]",
    "an object": b"{}",
    "no key": b'{"": ""}',
    "keys of Python": b'{"__proto__": {}, "__class__": 1, "model_config": {}, "self": 1}',
    "a key twice": b'{"name": "first", "name": "second", "type": 1, "type": "weapon"}',
    "a NUL that is escaped": b'{"name": "\\u0000", "type": "\\u0000", "subtype": "\\u0000"}',
    "a mark before UTF-8": b"\xef\xbb\xbf" + b'{"name": 5}',
    "UTF-16": json.dumps({"name": 5}).encode("utf-16"),
    "UTF-16 without a mark": json.dumps({"name": 5}).encode("utf-16-be"),
    "UTF-32": json.dumps({"name": 5}).encode("utf-32"),
    "a text of 5 MB": json.dumps({"name": "x" * 5_000_000}).encode(),
    "a key of 1 MB": json.dumps({"x" * 1_000_000: 1}).encode(),
    "100,000 keys": json.dumps({f"k{number}": number for number in range(MANY)}).encode(),
    "100,000 nulls": json.dumps([None] * MANY).encode(),
    "100,000 objects": b"[" + b",".join([b"{}"] * MANY) + b"]",
    "a list of 100,000 in a field": json.dumps(
        {"sprites": [5] * MANY, "materialPresets": [5] * MANY, "metadata": [5] * MANY}
    ).encode(),
    "a hundred levels": b'{"a":' * 99 + b"{}" + b"}" * 99,
    "the largest numbers": json.dumps({"seed": 10**307, "tier": -(10**307)}).encode(),
    "the smallest number": b'{"seed": 1e-400}',
}
"""JSON, though hardly what was asked for; some of it is legal somewhere."""

_TEXTS = (
    "", " ", ".", "..", "../x", "..\\x", "/etc/passwd", "\0", "con", "-x", "x" * 101, "x" * 10_001,
    "\u202e", "\ufeff", "e\u0301", "\U0001f5e1" * 60, "{0.__class__}", "%s%n", "$(id)", "'; --",
    "<script>", "data:", "data:image/png;base64,", "data:image/png;base64,AAAA", "data:,x",
    "http://[", "http://127.0.0.1:1/x", "file:///etc/passwd", "//x", "nan", "true", "1e999",
    "2026-13-45T99:99:99Z", "#gggggg", "transparent\n", "greybox", "meshy", "ultra", "avatar",
)  # fmt: skip
_NUMBERS = (-1, 0, 1, 2**31, 2**53, 2**53 + 1, 2**63, 2**64, 10**307, -(10**307), -0.0, 0.5, 1e-300,
            1e308, 359.9999999999999, 360, float("nan"), float("inf"))  # fmt: skip


def values() -> st.SearchStrategy[Any]:
    """Values of every JSON type, and NaN and infinity besides."""
    plain = st.one_of(
        st.none(),
        st.booleans(),
        st.sampled_from(_NUMBERS),
        st.sampled_from(_TEXTS),
        st.integers(),
        st.floats(),
        # Surrogates too: json.dumps writes them as escapes.
        st.text(st.characters(), max_size=20),
    )
    return st.recursive(
        plain,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(st.text(max_size=8), inner, max_size=4),
        ),
        max_leaves=8,
    )


@st.composite
def spoilt(draw: st.DrawFn, example: Any) -> Any:
    """Return a good body with up to three things in it replaced, removed or added."""
    body = json.loads(json.dumps(example))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(body))
        if not places:
            return draw(values())
        holder, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(("replace", "replace", "remove", "add"))):
            case "replace":
                holder[key] = draw(values())
            case "remove":
                del holder[key]
            case _ if isinstance(holder, dict):
                holder[draw(st.text(max_size=8))] = draw(values())
            case _:
                holder.append(draw(values()))
    return body


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return each place in a body that can be spoilt, as what holds it and its key."""
    found: list[tuple[Any, Any]] = []
    inner = list(value) if isinstance(value, dict) else []
    if isinstance(value, list):
        inner = list(range(len(value)))
    for key in inner:
        found.append((value, key))
        found += _places(value[key])
    return found
