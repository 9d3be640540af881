"""Which words reach which piece, and which kind is chosen."""

import pytest

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.kinds import kind_of
from asset_forge.greybox.surfaces import MATERIALS, parse_surface


def asked(name: str, subtype: str = "sword", description: str = "") -> Brief:
    return Brief(name=name, type="weapon", subtype=subtype, description=description)


@pytest.mark.parametrize(
    ("subtype", "kind"),
    [
        ("sword", "sword"), ("scimitar", "sword"), ("2h-sword", "sword"), ("battleaxe", "axe"),
        ("kiteshield", "shield"), ("wand", "wand"), ("longbow", "bow"), ("helm", "helmet"),
        ("chest", "treasure_chest"), ("goblin", "humanoid"),
    ],
)  # fmt: skip
def test_kind_known_subtype_needs_no_note(subtype: str, kind: str) -> None:
    assert kind_of(asked("thing", subtype)) == (kind, None)


def test_kind_unknown_subtype_takes_the_nearest_and_says_so() -> None:
    kind, note = kind_of(asked("iron glaive", "glaive"))
    assert kind == "spear"
    assert note is not None
    assert "glaive" in note
    assert "spear" in note


def test_kind_unknown_words_fall_back_to_the_type() -> None:
    kind, note = kind_of(Brief(name="blorb", type="weapon", subtype="blorb"))
    assert kind == "sword"
    assert note is not None


def test_kind_name_decides_when_the_subtype_says_nothing() -> None:
    assert kind_of(Brief(name="old oak crate", type="item", subtype="misc"))[0] == "crate"


def test_kind_avatar_is_a_humanoid() -> None:
    brief = Brief(name="Bob", type="character", subtype="", generation_type="avatar")
    assert kind_of(brief) == ("humanoid", None)


def test_surface_for_words_before_a_piece_stay_with_it() -> None:
    brief = asked("steel sword with gold crossguard")
    metal = ("metal",)
    assert words.surface_for(brief, ("blade", "sword"), "iron", metal, main=True) == "steel"  # type: ignore[arg-type]
    assert words.surface_for(brief, ("crossguard",), "iron", metal) == "gold"  # type: ignore[arg-type]


def test_surface_for_material_beyond_another_noun_is_not_taken() -> None:
    axe = Brief(name="Axe", type="weapon", subtype="axe", description="steel axe oak handle")
    handle = words.surface_for(axe, ("handle",), "wood", ("wood", "metal"))
    assert handle == "oak"


def test_surface_for_end_of_the_name_does_not_describe_the_description() -> None:
    text = "wizard staff with blue crystal"
    staff = Brief(name=text, type="weapon", subtype="staff", description=text)
    assert words.surface_for(staff, ("staff",), "wood", ("wood",), main=True) == "wood"
    assert words.surface_for(staff, ("crystal",), "crystal", ("gem",)).startswith("blue")


def test_surface_for_material_after_of_is_found() -> None:
    brief = asked("sword", description="a blade made of black obsidian")
    surface = words.surface_for(brief, ("blade",), "steel", ("metal", "stone"), main=True)
    assert surface == "black obsidian"


def test_surface_for_family_that_does_not_fit_is_ignored() -> None:
    brief = asked("leather sword")
    assert words.surface_for(brief, ("sword",), "steel", ("metal",), main=True) == "steel"


def test_has_words_in_a_row_are_asked_together() -> None:
    assert words.has(asked("Two-Handed sword"), "two handed")
    assert not words.has(asked("two swords, one handed"), "two handed")


def test_parse_surface_colour_and_finish_are_kept() -> None:
    surface = parse_surface("rusty red steel")
    assert surface.material == "steel"
    assert surface.finishes == {"rusty"}
    assert surface.colour[0] > 1.5 * surface.colour[2]


def test_parse_surface_dark_is_darker_and_light_is_lighter() -> None:
    middle = sum(parse_surface("oak").colour)
    assert sum(parse_surface("dark oak").colour) < 0.7 * middle
    assert sum(parse_surface("light oak").colour) > 1.1 * middle


def test_parse_surface_studded_and_hard_leather_are_their_own() -> None:
    assert parse_surface("studded leather").pattern == "studded"
    assert parse_surface("hard-leather") == MATERIALS["hard leather"]


def test_brief_seed_is_from_the_words_unless_given() -> None:
    assert asked("a sword").effective_seed == asked("a sword").effective_seed
    assert asked("a sword").effective_seed != asked("b sword").effective_seed
    assert Brief(name="a", type="b", subtype="c", seed=7).effective_seed == 7


def test_brief_rng_depends_on_the_purpose_not_on_the_order() -> None:
    brief = asked("a sword")
    first = brief.rng("blade").random()
    brief.rng("grip").random()
    assert brief.rng("blade").random() == first
    assert brief.rng("grip").random() != first
