"""Daggers to fishing rods: closed, real in size, held where the hand is; words and seeds act."""

import functools

import numpy as np
import pytest

from asset_forge.greybox.mesh import Floats, Shape
from asset_forge.greybox.shapes import build_shape
from tests.unit.greybox.meshes import brief, closed, volume_m3, width_m

SEEDS = (1, 2, 3)
WORDS = {
    "dagger": ("dagger", "hunting knife", "jagged curved dagger", "ornate kris", "stiletto"),
    "mace": ("mace", "spiked wooden club", "morning star", "ornate two-handed mace"),
    "hammer": ("warhammer", "smith's hammer", "jagged broad maul", "wooden mallet"),
    "spear": ("spear", "ornate trident", "jousting lance", "jagged pike", "simple javelin"),
    "wand": ("wand", "star wand", "jagged crooked wand", "ornate twisted moon wand"),
    "crossbow": ("crossbow", "loaded jagged crossbow", "ornate curved arbalest"),
    "arrow": ("arrow", "barbed fire arrow", "bolt", "bundle of steel arrows"),
    "pickaxe": ("pickaxe", "ornate mattock", "jagged curved pickaxe", "simple stone pickaxe"),
    "hatchet": ("hatchet", "tomahawk", "ornate broad hatchet", "jagged curved hatchet"),
    "fishing_rod": ("fishing rod", "fly rod", "simple fishing rod", "ornate broad rod"),
}
# From end to end, metres, without a word about size.
LENGTHS_M = {
    "dagger": (0.28, 0.46), "mace": (0.5, 0.85), "hammer": (0.7, 1.0), "spear": (1.6, 2.2),
    "wand": (0.28, 0.42), "crossbow": (0.7, 0.9), "arrow": (0.68, 0.82), "pickaxe": (0.75, 1.0),
    "hatchet": (0.33, 0.46), "fishing_rod": (1.6, 2.3),
}  # fmt: skip


@functools.cache
def shape_of(kind: str, words: str, seed: int = 5) -> Shape:
    return build_shape(kind, brief(words, kind, seed=seed))


def size_m(kind: str, words: str, seed: int = 5) -> Floats:
    low, high = shape_of(kind, words, seed).bounds_m
    return high - low


def part_size_m(kind: str, words: str, name: str, seed: int = 5) -> Floats:
    points = np.concatenate(
        [p.positions for p in shape_of(kind, words, seed).parts if p.name == name]
    )
    size: Floats = np.ptp(points, axis=0)
    return size


@pytest.mark.parametrize("kind", WORDS)
def test_held_every_part_is_closed_and_right_side_out(kind: str) -> None:
    for words in WORDS[kind]:
        for seed in SEEDS:
            for part in shape_of(kind, words, seed).parts:
                assert closed(part), (words, seed, part.name)
                assert volume_m3(part) > 0, (words, seed, part.name)


@pytest.mark.parametrize("kind", WORDS)
def test_held_default_and_small_budgets_are_met(kind: str) -> None:
    for words in WORDS[kind]:
        assert 300 <= shape_of(kind, words, 1).triangle_count <= 6000
        small = build_shape(kind, brief(words, kind, seed=1, face_budget=3600))
        assert small.triangle_count <= 3600


@pytest.mark.parametrize("kind", WORDS)
def test_held_is_as_long_as_the_real_thing_and_held_below_its_middle(kind: str) -> None:
    shortest, longest = LENGTHS_M[kind]
    for seed in SEEDS:
        low, high = shape_of(kind, WORDS[kind][0], seed).bounds_m
        assert shortest < high[1] - low[1] < longest
        assert low[1] < -0.02
        assert high[1] > -low[1]


@pytest.mark.parametrize("kind", WORDS)
def test_held_hand_closes_around_something_thin_at_the_origin(kind: str) -> None:
    for words in WORDS[kind]:
        parts = shape_of(kind, words, 1).parts
        points = np.concatenate([part.positions[part.triangles].mean(axis=1) for part in parts])
        at_hand = points[np.abs(points[:, 1]) < 0.05]
        assert np.abs(at_hand[:, [0, 2]].mean(axis=0)).max() < 0.02, words
        reach = np.hypot(at_hand[:, 0], at_hand[:, 2])
        # The trigger lies below the fingers, a sheaf is a handful; a reel is not at the hand.
        assert np.median(reach) < (0.08 if kind in ("crossbow", "arrow") else 0.032), words


@pytest.mark.parametrize("kind", WORDS)
def test_held_same_seed_gives_the_same_bytes_and_another_seed_another_thing(kind: str) -> None:
    words = WORDS[kind][0]
    first = shape_of(kind, words, 1)
    again = build_shape(kind, brief(words, kind, seed=1))
    assert first.surfaces == again.surfaces
    for one, other in zip(first.parts, again.parts, strict=True):
        assert one.positions.tobytes() == other.positions.tobytes()
        assert one.uvs.tobytes() == other.uvs.tobytes()
    sizes = [size_m(kind, words, seed) for seed in SEEDS]
    assert not np.allclose(sizes[0], sizes[1], rtol=0.005)
    assert not np.allclose(sizes[1], sizes[2], rtol=0.005)


@pytest.mark.parametrize("kind", WORDS)
def test_held_height_sets_the_length(kind: str) -> None:
    wanted = 1.2 * sum(LENGTHS_M[kind]) / 2
    low, high = build_shape(kind, brief(kind, kind, seed=2, height_m=wanted)).bounds_m
    assert high[1] - low[1] == pytest.approx(wanted, rel=0.13)


@pytest.mark.parametrize(
    ("kind", "name", "axis"),
    [
        ("dagger", "blade", 0), ("mace", "flanges", 0), ("hammer", "head", 1),
        ("spear", "blade", 0), ("wand", "shaft", 0), ("crossbow", "limbs", 2),
        ("arrow", "head", 0), ("pickaxe", "head", 2), ("hatchet", "head", 1),
        ("fishing_rod", "grip", 2),
    ],
)  # fmt: skip
def test_held_broad_is_broader_than_slim(kind: str, name: str, axis: int) -> None:
    words = {"mace": "flanged mace", "wand": "simple wand", "pickaxe": "mattock"}.get(kind, kind)
    words = words.replace("_", " ")
    broad = part_size_m(kind, f"broad {words}", name)[axis]
    slim = part_size_m(kind, f"slim {words}", name)[axis]
    assert broad > 1.15 * slim


@pytest.mark.parametrize("kind", WORDS)
def test_held_ornate_has_gold_where_no_metal_is_named(kind: str) -> None:
    words = kind.replace("_", " ")
    shape = shape_of(kind, f"ornate {words}")
    gilded = {slot for slot, surface in shape.surfaces.items() if surface == "gold"}
    assert gilded & {part.slot for part in shape.parts}
    assert "gold" not in shape_of(kind, f"simple {words}").surfaces.values()


@pytest.mark.parametrize("kind", WORDS)
@pytest.mark.parametrize("style", ["jagged", "curved"])
def test_held_words_of_style_change_the_form(kind: str, style: str) -> None:
    words = {"fishing_rod": "fishing rod", "mace": "flanged mace", "spear": "leaf spear"}
    thing = words.get(kind, kind)
    plain, styled = shape_of(kind, thing), shape_of(kind, f"{style} {thing}")
    same = [
        one.name == other.name
        and one.positions.shape == other.positions.shape
        and np.allclose(one.positions, other.positions, atol=1e-4)
        for one, other in zip(plain.parts, styled.parts, strict=False)
    ]
    assert not all(same)


@pytest.mark.parametrize("kind", ["mace", "hammer", "pickaxe", "hatchet", "dagger", "fishing_rod"])
def test_held_two_handed_is_longer(kind: str) -> None:
    name = "warhammer" if kind == "hammer" else kind.replace("_", " ")
    assert size_m(kind, f"two-handed {name}")[1] > 1.08 * size_m(kind, name)[1]


@pytest.mark.parametrize(
    ("words", "kind", "slot", "surface"),
    [
        ("rusty iron dagger with a red leather grip", "dagger", "blade", "rusty iron"),
        ("bronze mace with an ebony shaft", "mace", "shaft", "ebony"),
        ("oak club", "mace", "head", "oak"),
        ("mithril warhammer with gold bands", "hammer", "trim", "gold"),
        ("oak spear", "spear", "shaft", "oak"),
        ("spear with an iron shaft", "spear", "shaft", "iron"),
        ("bone wand with an emerald", "wand", "gem", "emerald"),
        ("yew crossbow with steel limbs", "crossbow", "bow", "steel"),
        ("arrow with blue feathers", "arrow", "feathers", "blue"),
        ("rune pickaxe", "pickaxe", "head", "rune"),
        ("steel hatchet with an ash handle", "hatchet", "haft", "ash"),
        ("fishing rod with a brass reel", "fishing_rod", "reel", "brass"),
    ],
)
def test_held_materials_go_to_their_pieces(words: str, kind: str, slot: str, surface: str) -> None:
    found = shape_of(kind, words).surfaces[slot]
    assert set(surface.split()) <= set(found.split())


def test_arrow_bolt_is_shorter_and_a_sheaf_holds_several() -> None:
    assert size_m("arrow", "crossbow bolt")[1] < 0.6 * size_m("arrow", "arrow")[1]
    sheaf = shape_of("arrow", "steel arrows")
    assert sum(part.name.startswith("head") for part in sheaf.parts) == 4


def test_crossbow_loaded_draws_its_string_to_the_nut() -> None:
    idle = part_size_m("crossbow", "crossbow", "string")[1]
    drawn = part_size_m("crossbow", "loaded crossbow", "string")[1]
    assert drawn > idle + 0.05
    assert size_m("crossbow", "crossbow")[0] > 0.55


def test_pickaxe_head_has_two_ends_that_drop() -> None:
    head = next(p for p in shape_of("pickaxe", "pickaxe").parts if p.name == "head").positions
    left, right = head[head[:, 0].argmin()], head[head[:, 0].argmax()]
    middle = head[np.abs(head[:, 0]) < 0.02, 1].max()
    assert left[0] < -0.2 < 0.2 < right[0]
    assert max(left[1], right[1]) < middle - 0.04


def test_trident_has_three_points_side_by_side() -> None:
    points = next(p for p in shape_of("spear", "trident").parts if p.name == "points").positions
    tips = points[points[:, 1] > points[:, 1].max() - 0.03, 0]
    assert np.ptp(points[:, 0]) > 0.2
    assert np.abs(tips).min() < 0.01


def test_fishing_rod_line_hangs_free_in_front_of_the_rod() -> None:
    parts = {part.name: part.positions for part in shape_of("fishing_rod", "fishing rod").parts}
    assert parts["float"][:, 0].min() > 0.05
    assert parts["hook"][:, 1].max() < parts["float"][:, 1].min() + 0.03
    assert parts["line"][:, 1].max() == pytest.approx(parts["rod"][:, 1].max(), abs=0.02)


def test_dagger_is_much_shorter_than_a_sword() -> None:
    sword = build_shape("sword", brief("sword", "sword", seed=5)).bounds_m
    assert size_m("dagger", "dagger")[1] < 0.45 * (sword[1][1] - sword[0][1])
    assert width_m(shape_of("dagger", "dagger").parts, "blade", 1) < 0.32
