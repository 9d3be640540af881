"""JSON from others: what could not be written again is refused, with a sentence."""

import json

import pytest

from asset_forge.domain.strict_json import MAX_DEPTH, parse_strict_json


def nested(depth: int, opening: str, closing: str) -> bytes:
    return (opening * depth + "1" + closing * depth).encode()


@pytest.mark.parametrize(
    "text",
    ["{}", '{"a": [1, 2.5, null, true]}', '"x"', "1e308", "1" * 300, '"\\u00e9\\ud83d\\ude00"'],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_usable_json_is_read_as_python_reads_it(text: str, encoding: str) -> None:
    assert parse_strict_json(text.encode(encoding)) == json.loads(text)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": -Infinity}', "-Infinity is not a JSON number"),
        (b'{"a": 1e999}', "the number 1e999 is too large"),
        (b"9" * 5000, "a number of 5,000 digits is too large"),
        (b'"\\ud800"', "its text is not valid Unicode"),
        (b'"\xff"', "its text is not valid Unicode"),
        (b"", "Expecting value"),
        (b"{'a': 1}", "Expecting property name"),
    ],
)
def test_unusable_json_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_strict_json(data)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nesting_is_read_to_its_limit_and_no_deeper(opening: str, closing: str) -> None:
    assert parse_strict_json(nested(MAX_DEPTH, opening, closing))
    for depth in (MAX_DEPTH + 1, 900, 100_000):
        with pytest.raises(ValueError, match=f"more than {MAX_DEPTH} levels deep"):
            parse_strict_json(nested(depth, opening, closing))


def test_many_objects_beside_each_other_are_no_nesting() -> None:
    beside = [{"a": [index]} for index in range(1000)]
    assert parse_strict_json(json.dumps(beside).encode()) == beside


@pytest.mark.parametrize(("opening", "value", "closing"), [("[", "[]", "]"), ('{"a":', "0", "}")])
def test_values_are_read_to_their_limit_and_no_more(opening: str, value: str, closing: str) -> None:
    ten = f"{opening}{','.join([value] * 10)}{closing}".replace(",0", ',"a":0').encode()
    assert parse_strict_json(ten, max_values=10)
    with pytest.raises(ValueError, match="more than 9 values"):
        parse_strict_json(ten, max_values=9)
