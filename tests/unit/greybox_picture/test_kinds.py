"""Which kind words name."""

import pytest

from asset_forge.greybox.picture.kinds import Form, find_kind


@pytest.mark.parametrize(
    ("words", "type_", "name", "form"),
    [
        ("sword", "weapon", "sword", Form.BLADE),
        ("Polished Steel Longsword", "", "sword", Form.BLADE),
        ("battle-axe", "", "axe", Form.WEDGE),
        ("crystal staff", "", "staff", Form.BALL),
        ("staff of the dragon", "", "staff", Form.BALL),
        ("dragon shield", "", "shield", Form.PLATE),
        ("healing potions", "", "potion", Form.TURNED),
        ("stormblade", "weapon", "sword", Form.BLADE),
        ("goblin warrior", "character", "humanoid", Form.BODY),
        ("Borin", "character", "humanoid", Form.BODY),
        ("Excalibur", "weapon", "sword", Form.BLADE),
        ("axe, Sword of Kings", "weapon", "axe", Form.WEDGE),
        ("melee, Sword of Kings", "weapon", "sword", Form.BLADE),
        ("gizmo", "", "thing", Form.SOFT),
        ("", "", "thing", Form.SOFT),
    ],
)
def test_find_kind_of_words_names_the_thing(words: str, type_: str, name: str, form: Form) -> None:
    kind = find_kind(words, type_)
    assert (kind.name, kind.form) == (name, form)


@pytest.mark.parametrize(
    ("words", "size_m"),
    [("sword", 1.0), ("humanoid", 1.8), ("helmet", 0.3), ("crate", 0.6), ("gizmo", 0.6)],
)
def test_find_kind_knows_the_size_in_the_world(words: str, size_m: float) -> None:
    assert find_kind(words).size_m == size_m
