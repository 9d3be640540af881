"""Every kind: closed, right side out, in budget, deterministic; words act."""

import functools

import numpy as np
import pytest

from asset_forge.greybox.mesh import Shape
from asset_forge.greybox.shapes import build_shape, kinds
from asset_forge.greybox.surfaces import COLOURS
from tests.unit.greybox.meshes import KINDS, brief, closed, volume_m3, width_m

SEEDS = (1, 2, 3)
WORDS = {
    "sword": ("sword", "jagged two-handed sword", "ornate curved scimitar", "small dagger"),
    "axe": ("axe", "ornate double battleaxe", "jagged hatchet"),
    "shield": ("shield", "steel tower shield", "round wooden buckler", "red kite shield"),
    "staff": ("staff", "druid staff", "holy staff", "ornate wand", "plain quarterstaff"),
    "bow": ("bow", "longbow", "jagged shortbow", "ornate elven bow"),
    "helmet": ("helmet", "full knight helm", "viking helmet", "plumed spartan helmet", "cap"),
    "crate": ("crate", "reinforced chest", "long crate", "crate with iron bands"),
}


@functools.cache
def shapes_of(kind: str) -> list[Shape]:
    return [build_shape(kind, brief(w, kind, seed=s)) for w in WORDS[kind] for s in SEEDS]


def test_registry_knows_the_kinds_of_the_first_slice() -> None:
    assert set(KINDS) | {"humanoid"} <= set(kinds())


def test_registry_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="teapot"):
        build_shape("teapot", brief("teapot", "teapot"))


@pytest.mark.parametrize("kind", KINDS)
def test_shape_every_part_is_closed_and_right_side_out(kind: str) -> None:
    for shape in shapes_of(kind):
        for part in shape.parts:
            assert closed(part), part.name
            assert volume_m3(part) > 0, part.name


@pytest.mark.parametrize("kind", KINDS)
def test_shape_normals_are_unit_and_follow_the_faces(kind: str) -> None:
    for shape in shapes_of(kind)[:3]:
        for part in shape.parts:
            assert np.allclose(np.linalg.norm(part.normals, axis=1), 1.0, atol=1e-3)
            a, b, c = (part.positions[part.triangles[:, k]] for k in range(3))
            face = np.cross(b - a, c - a)
            along = np.einsum("ij,ij->i", face, part.normals[part.triangles].sum(axis=1))
            assert (along > -1e-12).mean() > 0.98, part.name


@pytest.mark.parametrize("kind", KINDS)
def test_shape_texture_coordinates_stay_in_the_chart(kind: str) -> None:
    for shape in shapes_of(kind):
        for part in shape.parts:
            assert part.uvs.min() >= 0, part.name
            assert part.uvs.max() <= 1, part.name


@pytest.mark.parametrize("kind", KINDS)
def test_shape_default_budget_is_met(kind: str) -> None:
    for shape in shapes_of(kind):
        assert 250 <= shape.triangle_count <= 6000


@pytest.mark.parametrize("kind", KINDS)
def test_shape_small_budget_drops_small_parts(kind: str) -> None:
    budget = 3600
    shape = build_shape(kind, brief(kind, kind, seed=1, face_budget=budget))
    assert shape.triangle_count <= budget


@pytest.mark.parametrize("kind", KINDS)
def test_shape_same_brief_gives_the_same_geometry(kind: str) -> None:
    first, second = (build_shape(kind, brief("fine thing", kind)) for _ in range(2))
    for one, other in zip(first.parts, second.parts, strict=True):
        assert one.name == other.name
        assert one.positions.tobytes() == other.positions.tobytes()
        assert one.uvs.tobytes() == other.uvs.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_shape_another_seed_gives_other_proportions(kind: str) -> None:
    sizes = [np.ptp(build_shape(kind, brief(kind, kind, seed=s)).bounds_m, axis=0) for s in SEEDS]
    assert not np.allclose(sizes[0], sizes[1], rtol=0.005)
    assert not np.allclose(sizes[1], sizes[2], rtol=0.005)


@pytest.mark.parametrize("kind", ["helmet", "crate"])
def test_item_stands_on_the_ground_over_the_origin(kind: str) -> None:
    for shape in shapes_of(kind):
        low, high = shape.bounds_m
        assert low[1] == pytest.approx(0.0, abs=0.003)
        assert low[0] + high[0] == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("kind", ["sword", "axe", "staff", "bow"])
def test_weapon_grip_is_around_the_origin(kind: str) -> None:
    for shape in shapes_of(kind):
        grip = np.concatenate([part.positions for part in shape.parts if part.slot == "grip"])
        assert grip[:, 1].min() < 0 < grip[:, 1].max()
        assert np.abs(grip[:, [0, 2]].mean(axis=0)).max() < 0.03


def test_sword_broad_is_wider() -> None:
    plain = build_shape("sword", brief("steel sword", "sword", seed=5))
    broad = build_shape("sword", brief("broad steel sword", "sword", seed=5))
    assert width_m(broad.parts, "blade", 0) > 1.25 * width_m(plain.parts, "blade", 0)


def test_sword_two_handed_is_longer_with_a_longer_grip() -> None:
    plain = build_shape("sword", brief("steel sword", "sword", seed=5))
    great = build_shape("sword", brief("two-handed steel sword", "sword", seed=5))
    assert width_m(great.parts, "blade", 1) > 1.15 * width_m(plain.parts, "blade", 1)
    assert width_m(great.parts, "grip", 1) > 1.5 * width_m(plain.parts, "grip", 1)


def test_sword_curved_bends_away_from_its_edge() -> None:
    curved = build_shape("sword", brief("curved steel sword", "sword", seed=5))
    blade = next(part for part in curved.parts if part.slot == "blade")
    tip = blade.positions[blade.positions[:, 1].argmax()]
    assert tip[0] < -0.08


def test_sword_height_sets_the_length() -> None:
    low, high = build_shape("sword", brief("sword", "sword", seed=5, height_m=1.6)).bounds_m
    assert high[1] - low[1] == pytest.approx(1.6, rel=0.06)


def test_axe_double_has_an_edge_on_both_sides() -> None:
    single = build_shape("axe", brief("steel axe", "axe", seed=2)).bounds_m
    double = build_shape("axe", brief("double steel axe", "axe", seed=2)).bounds_m
    assert -double[0][0] == pytest.approx(double[1][0], rel=0.1)
    assert -single[0][0] < 0.8 * single[1][0]


@pytest.mark.parametrize("words", ["wooden crate with iron bands", "iron-bound wooden crate"])
@pytest.mark.parametrize("seed", SEEDS)
def test_crate_with_bands_has_metal_all_around_its_wooden_planks(words: str, seed: int) -> None:
    crate = build_shape("crate", brief(words, "crate", seed=seed))
    bands = [part for part in crate.parts if part.name.startswith("band")]
    planks = np.concatenate([part.positions for part in crate.parts if part.slot == "planks"])
    around = [axis for axis in range(3) if np.ptp(bands[0].positions[:, axis]) > 0.3]
    assert len(bands) == 2
    assert len(around) == 2
    for axis in around:
        assert bands[0].positions[:, axis].min() < planks[:, axis].min()
        assert bands[0].positions[:, axis].max() > planks[:, axis].max()
    assert crate.surfaces["metal"] == "iron"
    assert "iron" not in crate.surfaces["planks"]
    assert not any(part.name == "corners" for part in crate.parts)


@pytest.mark.parametrize("seed", range(6))
def test_shield_without_a_colour_asked_for_stays_wood(seed: int) -> None:
    surfaces = build_shape("shield", brief("round shield", "shield", seed=seed)).surfaces
    assert not {word for words in surfaces.values() for word in words.split()} & set(COLOURS)


@pytest.mark.parametrize("words", WORDS["shield"])
def test_shield_rim_encloses_the_border_from_front_and_back(words: str) -> None:
    parts = build_shape("shield", brief(words, "shield", seed=2)).parts
    rim = next(part for part in parts if part.name == "rim").positions
    sheet = next(part for part in parts if part.name in ("plate", "lining")).positions
    for axis, side in ((0, 1.0), (0, -1.0), (1, 1.0), (1, -1.0)):
        edge = sheet[(side * sheet[:, axis]).argmax()]
        near = rim[np.linalg.norm((rim - edge)[:, :2], axis=1) < 0.05]
        assert near[:, 2].min() < edge[2] - 0.002
        assert near[:, 2].max() > edge[2] + 0.002


def test_shield_colour_of_its_strap_stays_off_the_face() -> None:
    words = "blue shield with a red strap"
    surfaces = build_shape("shield", brief(words, "shield", seed=3)).surfaces
    assert surfaces["body"] == "painted blue wood"
    assert "red" in surfaces["strap"]
    assert "red" not in surfaces.get("field", "")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("words", WORDS["staff"])
def test_staff_shaft_stays_inside_its_grip(words: str, seed: int) -> None:
    staff = build_shape("staff", brief(words, "staff", seed=seed))
    grip = next(part for part in staff.parts if part.name == "grip").positions
    shaft = next(part for part in staff.parts if part.name == "shaft").positions
    held = shaft[(shaft[:, 1] > grip[:, 1].min()) & (shaft[:, 1] < grip[:, 1].max())]
    reach = np.hypot(held[:, 0], held[:, 2]).max()
    # The grip is wound of ten-sided turns.
    assert reach < np.hypot(grip[:, 0], grip[:, 2]).min() * np.cos(np.pi / 10)


@pytest.mark.parametrize("seed", SEEDS)
def test_helmet_visor_lies_on_its_guards_at_the_temples(seed: int) -> None:
    helmet = build_shape("helmet", brief("full knight helm", "helmet", seed=seed))
    visor = next(part for part in helmet.parts if part.name == "visor").positions
    guards = next(part for part in helmet.parts if part.name == "guards").positions
    temple = visor[visor[:, 0] > visor[:, 0].max() - 0.004]
    gaps = np.linalg.norm(temple[:, None] - guards[None], axis=2).min(axis=1)
    assert gaps.min() < 0.012
    # Drawn together to a tongue: the plate's rear is much lower than its front.
    rear = visor[visor[:, 2] < visor[:, 2].min() + 0.006]
    assert np.ptp(rear[:, 1]) < 0.55 * np.ptp(visor[:, 1])


@pytest.mark.parametrize("words", ["full knight helm", "plumed knight helm", "horned knight helm"])
def test_helmet_with_everything_keeps_its_rivets_within_the_default_budget(words: str) -> None:
    helmet = build_shape("helmet", brief(words, "helmet", seed=4))
    assert any(part.name.startswith("rivet") for part in helmet.parts)


def test_sword_colours_and_materials_go_to_their_pieces() -> None:
    words = "rusty iron sword with a red leather grip and a gold pommel"
    surfaces = build_shape("sword", brief(words, "sword")).surfaces
    assert surfaces["blade"] == "rusty iron"
    assert surfaces["grip"] == "rusty red leather"
    assert surfaces["guard"] == "rusty gold"
