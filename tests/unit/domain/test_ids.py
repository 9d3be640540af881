"""What asset ids may look like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_forge.domain.ids import asset_id_from_name, new_pipeline_id, parse_asset_id
from asset_forge.errors import BadInput


@pytest.mark.parametrize(
    "text",
    [
        "sword",
        "knight's-sword",
        "меч",
        "剣",
        "a",
        "x" * 100,
        "Sword_2.1",
        "(old)+new&more,!",
        "तलवार",
    ],
)
def test_parse_asset_id_allowed_returns_it(text: str) -> None:
    assert parse_asset_id(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "", ".", "..", ".hidden", "-flag", "a..b", "a.", "a/b", "a\\b", "a\0b", "a b", "a\nb",
        "con", "CON", "nul.txt", "COM1", "lpt9.glb", "x" * 101, "é" * 51, "a:b", "a*b", "a%2Fb",
        "\ud800", "\u200b", "a\u202eb", "\u0301a", "~", "$HOME", "a|b", "<a>", '"a"', "a?b", "a#b",
    ],
)  # fmt: skip
def test_parse_asset_id_forbidden_raises(text: str) -> None:
    with pytest.raises(BadInput):
        parse_asset_id(text)


def test_parse_asset_id_decomposed_is_brought_to_nfc() -> None:
    assert parse_asset_id("e\u0301pe\u0301e") == "épée"


@pytest.mark.parametrize(
    ("name", "asset_id"),
    [
        ("Knight's Sword", "knight's-sword"),
        ("Polished Steel Longsword", "polished-steel-longsword"),
        ("  a / b  ", "a-b"),
        ("Épée", "épée"),
        ("..secret..", "secret"),
        ("x" * 300, "x" * 100),
    ],
)
def test_asset_id_from_name_free_text_is_slugged(name: str, asset_id: str) -> None:
    assert asset_id_from_name(name) == asset_id


@pytest.mark.parametrize("name", ["", "///", "...", "🗡️"])
def test_asset_id_from_name_without_letters_raises(name: str) -> None:
    with pytest.raises(BadInput, match="assetId"):
        asset_id_from_name(name)


@given(st.text())
def test_asset_id_from_name_any_text_is_valid_or_refused(name: str) -> None:
    try:
        asset_id = asset_id_from_name(name)
    except BadInput:
        return
    assert parse_asset_id(asset_id) == asset_id


def test_new_pipeline_id_has_the_form_clients_know() -> None:
    first, second = new_pipeline_id(1795340000000), new_pipeline_id(1795340000000)
    prefix, tail = first.rsplit("-", 1)
    assert prefix == "pipeline-1795340000000"
    assert len(tail) == 9
    assert set(tail) <= set("0123456789abcdefghijklmnopqrstuvwxyz")
    assert first != second


def test_parse_asset_id_of_many_marks_is_refused_without_sorting_them() -> None:
    with pytest.raises(BadInput, match="longer than 100 bytes"):
        parse_asset_id("e" + "\u0300\u0316" * 1_000_000)


def test_asset_id_from_name_of_megabytes_is_cut() -> None:
    assert asset_id_from_name("x" * 5_000_000) == "x" * 100
    assert asset_id_from_name("e" + "\u0300\u0316" * 1_000_000)
