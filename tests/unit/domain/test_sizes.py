"""How large things are and how they stand, by what they are called."""

import json
from dataclasses import replace
from typing import Any

import pytest

from asset_forge.domain.kinds import NAMES
from asset_forge.domain.quality import GenerationType
from asset_forge.domain.sizes import (
    Frame,
    Measure,
    Placement,
    SizeSource,
    placement_of,
    placement_of_base,
)


def placed(type_: str, subtype: str, name: str = "", **more: Any) -> Placement:
    return placement_of(type=type_, subtype=subtype, name=name, **more)


@pytest.mark.parametrize(
    ("type_", "subtype", "frame", "size_m"),
    [
        ("weapon", "sword", Frame.WEAPON, 1.0),
        ("weapon", "Longsword", Frame.WEAPON, 1.0),
        ("weapon", "greatsword", Frame.WEAPON, 1.45),
        ("weapon", "dagger", Frame.WEAPON, 0.35),
        ("weapon", "spear", Frame.WEAPON, 2.0),
        ("weapon", "bow", Frame.BOW, 1.5),
        ("weapon", "crossbow", Frame.WEAPON, 0.8),
        ("weapon", "shield", Frame.SHIELD, 0.8),
        ("weapon", "flail", Frame.WEAPON, 0.7),
        ("weapon", "relic", Frame.WEAPON, 0.9),
        ("weapon", "melee", Frame.WEAPON, 0.9),
        ("tool", "pickaxe", Frame.WEAPON, 0.9),
        ("tool", "fishing-rod", Frame.WEAPON, 2.2),
        ("tool", "fishing_rod", Frame.WEAPON, 2.2),
        ("armor", "helmet", Frame.GROUND, 0.3),
        ("armor", "chest", Frame.GROUND, 0.6),
        ("decoration", "chest", Frame.GROUND, 0.9),
        ("misc", "coin", Frame.GROUND, 0.025),
        ("building", "house", Frame.GROUND, 6.0),
        ("building", "windmill", Frame.GROUND, 6.0),
        ("misc", "thing", Frame.GROUND, None),
        ("character", "humanoid", Frame.CHARACTER, 1.7),
        ("npc", "shopkeeper", Frame.CHARACTER, 1.7),
        ("decoration", "king's throne", Frame.GROUND, 0.8),
    ],
)
def test_placement_by_words_has_frame_and_size(
    type_: str, subtype: str, frame: Frame, size_m: float | None
) -> None:
    found = placed(type_, subtype)
    assert (found.frame, found.size_m) == (frame, size_m)
    assert (found.source is None) == (size_m is None)


def test_placement_subtype_wins_over_the_name() -> None:
    assert placed("weapon", "sword", "Guard's axe").kind == "sword"
    assert placed("weapon", "melee", "Guard's axe").kind == "axe"


@pytest.mark.parametrize(
    ("type_", "name", "kind"),
    [
        ("building", "Sword Inn", None),
        ("building", "Guard Tower", "tower"),
        ("decoration", "Axe Rack Shield", None),
        ("decoration", "Old Oak Barrel", "barrel"),
        ("armor", "Knight's Shield", "shield"),
        ("armor", "Sword Belt", None),
        ("weapon", "Barrel of a Gun", None),
        ("tool", "Miner's Pickaxe", "pickaxe"),
        ("item", "Steel Sword", "sword"),
    ],
)
def test_placement_name_counts_where_the_type_allows_it(
    type_: str, name: str, kind: str | None
) -> None:
    assert placed(type_, "special", name).kind == kind


@pytest.mark.parametrize(("type_", "subtype"), [("weapon", "sword"), ("misc", "thing")])
def test_placement_height_asked_for_wins(type_: str, subtype: str) -> None:
    found = placed(type_, subtype, height_m=1.3)
    assert (found.size_m, found.source) == (1.3, SizeSource.ASKED)


def test_placement_avatar_is_a_character_whatever_it_is_called() -> None:
    found = placed("weapon", "sword", generation_type=GenerationType.AVATAR, height_m=2.1)
    assert (found.frame, found.size_m) == (Frame.CHARACTER, 2.1)


def test_every_kind_has_a_size() -> None:
    kinds = set(NAMES.values())
    without = {kind for kind in kinds if placed("character", kind).size_m is None}
    assert not without


@pytest.mark.parametrize("words", [("weapon", "sword"), ("misc", "thing"), ("npc", "elf")])
def test_placement_of_base_comes_back_from_its_record(words: tuple[str, str]) -> None:
    wanted = placed(*words)
    base = {"normalized": True, "normalization": wanted.to_json()}
    source = None if wanted.size_m is None else SizeSource.BASE
    assert placement_of_base(json.loads(json.dumps(base))) == replace(wanted, source=source)


def test_placement_of_base_without_a_record_is_that_of_a_character() -> None:
    found = placement_of_base({"normalized": True, "dimensions": {"height": 1.8}})
    assert found == Placement(Frame.CHARACTER, None, 1.8, Measure.HEIGHT, SizeSource.BASE)


@pytest.mark.parametrize(
    "base",
    [
        {},
        {"normalized": "yes", "dimensions": {"height": 1}},
        {"normalized": True},
        {"normalized": True, "dimensions": {"height": "tall"}},
        {"normalized": True, "dimensions": {"height": -1}},
        {"normalized": True, "dimensions": {"height": 1e300}},
        {"normalized": True, "normalization": 5, "dimensions": {"height": 1}},
        {"normalized": True, "normalization": {}, "dimensions": {"height": 1}},
        {"normalized": True, "normalization": {"frame": "sideways", "measure": "height"}},
        {"normalized": True, "normalization": {"frame": [], "measure": "height"}},
        {"normalized": True, "normalization": {"frame": "bow", "measure": "height", "size": 0}},
        {"normalized": True, "normalization": {"frame": "bow", "measure": "height", "size": "1"}},
    ],
)
def test_placement_of_base_that_does_not_say_is_none(base: dict[str, Any]) -> None:
    assert placement_of_base(base) is None
