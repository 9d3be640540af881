"""Which kind words name."""

import pytest

from asset_forge.domain.kinds import NAMES
from asset_forge.greybox.picture.kinds import Form, find_kind

# How deep each kind that can be built from words is made from a picture.
FORMS = {
    "sword": Form.BLADE, "dagger": Form.BLADE, "axe": Form.WEDGE, "mace": Form.BALL,
    "hammer": Form.BLOCK, "spear": Form.SPEAR, "staff": Form.BALL, "wand": Form.ROD,
    "bow": Form.ROD, "crossbow": Form.SOFT, "arrow": Form.SPEAR, "shield": Form.PLATE,
    "helmet": Form.HEAD, "chest_armour": Form.SOFT, "leg_armour": Form.SOFT, "boots": Form.SOFT,
    "gloves": Form.SOFT, "pickaxe": Form.ROD, "hatchet": Form.WEDGE, "fishing_rod": Form.ROD,
    "potion": Form.TURNED, "food": Form.ROUND, "ring": Form.ROUND, "amulet": Form.SOFT,
    "coin": Form.FLAT, "gem": Form.ROUND, "ore": Form.ROUND, "log": Form.ROUND, "key": Form.FLAT,
    "scroll": Form.ROUND, "book": Form.BOX, "treasure_chest": Form.BOX, "crate": Form.BOX,
    "barrel": Form.TURNED, "table": Form.BOX, "tree": Form.TURNED, "rock": Form.ROUND,
    "house": Form.BOX, "tower": Form.TURNED, "humanoid": Form.BODY,
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(set(NAMES.values())))
def test_every_kind_of_the_registry_has_a_depth_of_its_own(kind: str) -> None:
    found = find_kind(kind)
    assert (found.name, found.form) == (kind, FORMS[kind])
    assert find_kind(kind.replace("_", " ")) == found


@pytest.mark.parametrize(
    ("words", "type_", "name"),
    [
        ("chest", "armor", "chest_armour"),
        ("chest", "", "treasure_chest"),
        ("steel leg armour", "armor", "leg_armour"),
        ("oak fishing rod", "tool", "fishing_rod"),
        ("stone tower", "building", "tower"),
    ],
)
def test_find_kind_tells_what_is_worn_from_what_stands_about(
    words: str, type_: str, name: str
) -> None:
    assert find_kind(words, type_).name == name


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
