"""The humanoid as a whole: what a game developer measures on it."""

import numpy as np
import pytest

from asset_forge.greybox.body.anatomy import make_anatomy
from asset_forge.greybox.body.figures import FIGURES
from asset_forge.greybox.body.outfit import Outfit, make_layers
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Ints, Part, Shape
from asset_forge.greybox.rig.landmarks import find_landmarks
from asset_forge.greybox.shapes.humanoid import build
from asset_forge.greybox.surfaces import parse_surface


def brief(
    name: str, *, face_budget: int = 6000, height_m: float | None = None, seed: int | None = None
) -> Brief:
    return Brief(
        name=name,
        type="character",
        subtype="humanoid",
        generation_type="avatar",
        face_budget=face_budget,
        height_m=height_m,
        seed=seed,
    )


@pytest.fixture(scope="module")
def man() -> Shape:
    return build(brief("a man in a red shirt"))


@pytest.fixture(scope="module")
def knight() -> Shape:
    return build(brief("bearded knight in steel armor"))


def joined(parts: tuple[Part, ...]) -> tuple[Floats, Ints]:
    """Welded positions and triangles of some parts."""
    offsets = np.cumsum([0, *(len(part.positions) for part in parts)])
    positions = np.concatenate([part.positions for part in parts])
    triangles = np.concatenate([p.triangles + o for p, o in zip(parts, offsets, strict=False)])
    _, first, welded = np.unique(
        np.round(positions, 7), axis=0, return_index=True, return_inverse=True
    )
    return positions[first], welded.reshape(-1)[triangles]


def edge_uses(triangles: Ints) -> Ints:
    edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    return np.asarray(np.unique(edges, axis=0, return_counts=True)[1])


def volume_m3(positions: Floats, triangles: Ints) -> float:
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def test_body_of_clothes_and_skin_is_closed(man: Shape, knight: Shape) -> None:
    for shape in (man, knight):
        _, triangles = joined(tuple(part for part in shape.parts if part.open))
        assert (edge_uses(triangles) == 2).all()


def test_every_face_shell_is_closed(man: Shape) -> None:
    shells = [part for part in man.parts if not part.open]
    assert shells
    for shell in shells:
        positions, triangles = joined((shell,))
        # The lips touch at the corners of the mouth, so an edge may be shared by two shells.
        assert (edge_uses(triangles) % 2 == 0).all()
        assert volume_m3(positions, triangles) > 0


def test_body_holds_as_much_as_a_person(man: Shape) -> None:
    volume = volume_m3(*joined(tuple(part for part in man.parts if part.open)))
    assert 0.06 < volume < 0.16


def test_body_is_symmetric(man: Shape) -> None:
    positions, _ = joined(tuple(part for part in man.parts if part.open))
    mirrored = {tuple(row) for row in np.round(positions * (-1, 1, 1), 5) + 0.0}
    own = {tuple(row) for row in np.round(positions, 5) + 0.0}
    assert mirrored == own


@pytest.mark.parametrize(
    ("words", "height_m"), [("tall man", None), ("dwarf", None), ("orc", 2.345), ("goblin", 0.9)]
)
def test_height_is_exact_and_feet_stand_on_the_ground(words: str, height_m: float | None) -> None:
    shape = build(brief(words, height_m=height_m, face_budget=3000))
    low, high = shape.bounds_m
    expected = {"tall man": 1.8 * 1.08, "dwarf": 1.3}.get(words, height_m)
    assert high[1] - low[1] == pytest.approx(expected, abs=1e-6)
    assert low[1] == pytest.approx(0.0, abs=1e-6)


def test_pose_is_a_t_with_toes_ahead(man: Shape) -> None:
    low, high = man.bounds_m
    assert 0.85 < (high[0] - low[0]) / 1.8 < 1.15
    positions, _ = joined(man.parts)
    feet = positions[positions[:, 1] < 0.05]
    assert feet[:, 2].max() > 1.5 * -feet[:, 2].min()
    hands = positions[np.abs(positions[:, 0]) > 0.8]
    assert np.ptp(hands[:, 1]) < 0.12


@pytest.mark.parametrize("face_budget", [1500, 4000, 6000, 12_000])
def test_triangles_stay_within_the_budget_and_use_it(face_budget: int) -> None:
    shape = build(brief("leather clad ranger with long hair", face_budget=face_budget))
    assert shape.triangle_count <= face_budget
    assert shape.triangle_count > 0.85 * face_budget


def test_same_words_give_the_same_arrays() -> None:
    first, second = (build(brief("elf", face_budget=3000)) for _ in range(2))
    assert dict(first.surfaces) == dict(second.surfaces)
    for a, b in zip(first.parts, second.parts, strict=True):
        assert a.slot == b.slot
        assert np.array_equal(a.positions, b.positions)
        assert np.array_equal(a.triangles, b.triangles)
        assert np.array_equal(a.uvs, b.uvs)


def test_another_seed_changes_colours_but_no_geometry() -> None:
    shapes = [build(brief("villager", face_budget=3000, seed=seed)) for seed in range(4)]
    assert len({tuple(sorted(shape.surfaces.items())) for shape in shapes}) > 1
    assert len({shape.triangle_count for shape in shapes}) == 1


def test_normals_are_unit_and_look_outwards(knight: Shape) -> None:
    for part in knight.parts:
        assert np.linalg.norm(part.normals, axis=1) == pytest.approx(1.0, abs=1e-6)
        a, b, c = (part.positions[part.triangles[:, k]] for k in range(3))
        face = np.cross(b - a, c - a)
        corner = part.normals[part.triangles]
        assert (np.einsum("tkc,tc->tk", corner, face) > -1e-12).mean() > 0.999


def test_texture_has_about_the_same_density_everywhere(man: Shape) -> None:
    for part in man.parts:
        if part.slot not in ("shirt", "trousers", "skin", "boots") or not part.open:
            continue
        assert part.chart_m is not None
        uv = part.uvs[part.triangles] * np.array(part.chart_m)
        u, v = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
        area_uv = np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) / 2
        a, b, c = (part.positions[part.triangles[:, k]] for k in range(3))
        area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
        assert 0.6 < area_uv.sum() / area.sum() < 1.4
        large = area > np.median(area)
        stretch = area_uv[large] / area[large]
        assert np.percentile(stretch, 10) > 0.35
        assert np.percentile(stretch, 90) < 2.5


def test_charts_stay_inside_their_square(man: Shape, knight: Shape) -> None:
    for part in (*man.parts, *knight.parts):
        assert part.uvs.min() >= 0
        assert part.uvs.max() <= 1


def test_border_between_shirt_and_skin_is_a_line(man: Shape) -> None:
    """At the sleeve all border points lie in one plane: no saw teeth."""
    shirt = next(part for part in man.parts if part.slot == "shirt")
    skin = next(part for part in man.parts if part.slot == "skin")
    shared = {tuple(row) for row in np.round(shirt.positions, 7)} & {
        tuple(row) for row in np.round(skin.positions, 7)
    }
    border = np.array(sorted(shared))
    sleeve = border[border[:, 0] > 0.25]
    assert len(sleeve) >= 8
    assert np.ptp(sleeve[:, 0]) < 0.02


def slots(shape: Shape) -> set[str]:
    return {part.slot for part in shape.parts}


def test_man_has_a_face_hair_and_clothes(man: Shape) -> None:
    assert slots(man) >= {
        "skin", "shirt", "trousers", "boots", "soles", "belt", "buckle", "hair", "eyes", "irises",
        "pupils", "lips", "mouth", "brows",
    }  # fmt: skip
    assert man.surfaces["shirt"] == "red cloth"


def test_knight_wears_steel_over_mail(knight: Shape) -> None:
    assert {"armour", "gloves", "hair"} <= slots(knight)
    assert "steel" in knight.surfaces["armour"]


def test_guard_in_a_tunic_wears_matt_cloth_and_no_plate() -> None:
    shape = build(brief("town guard in a red tunic with a steel sword", face_budget=3000))
    assert shape.surfaces["shirt"] == "red cloth"
    surface = parse_surface(shape.surfaces["shirt"])
    assert surface.metallic == 0
    assert surface.roughness >= 0.85
    # The only metal worn above the belt is the helm.
    chin_m = 1.8 * (1 - FIGURES["man"].plan.head)
    armour = next(part for part in shape.parts if part.slot == "armour")
    assert armour.positions[:, 1].min() > chin_m


@pytest.mark.parametrize(
    ("words", "worn"),
    [
        ("town guard", {"vest", "armour", "gloves"}),
        ("ranger in leather armour", {"vest"}),
        ("man with a heavy cloak", set()),
        ("heavy infantry in a blue tunic", {"armour", "gloves"}),
    ],
)
def test_armour_is_worn_as_heavily_as_asked(words: str, worn: set[str]) -> None:
    found = slots(build(brief(words, face_budget=3000)))
    assert found & {"vest", "armour", "gloves"} == worn


def test_knight_in_a_tunic_wears_cloth_under_the_plate() -> None:
    shape = build(brief("knight in a red tunic", face_budget=3000))
    assert shape.surfaces["shirt"] == "red cloth"
    assert "steel" in shape.surfaces["armour"]


@pytest.mark.parametrize("words", ["mage in a purple robe", "orc warlock"])
def test_robe_hangs_to_the_ankles_and_leaves_two_legs_to_rig(words: str) -> None:
    shape = build(brief(words, face_budget=4000))
    assert shape.triangle_count <= 4000
    robe = next(part for part in shape.parts if part.slot == "shirt")
    _, high = shape.bounds_m
    assert robe.positions[:, 1].min() < 0.08 * high[1]
    positions, triangles = joined(tuple(part for part in shape.parts if part.open))
    assert (edge_uses(triangles) == 2).all()
    # The rig's own refusals are the measure.
    assert find_landmarks(positions, triangles).confidence > 0.8


def test_mage_in_a_tunic_shows_the_trousers() -> None:
    shape = build(brief("mage in a blue tunic", face_budget=3000))
    shirt = next(part for part in shape.parts if part.slot == "shirt")
    assert shirt.positions[:, 1].min() > 0.4 * 1.8


@pytest.mark.parametrize("name", FIGURES)
def test_nose_grows_out_of_the_face_without_a_gap(name: str) -> None:
    plan = FIGURES[name].plan
    skin = make_layers(plan, make_anatomy(plan), Outfit())[0]
    depth = np.linspace(0.0, 0.6, 301, dtype=np.float32) * np.float32(plan.head)
    for share in (0.36, 0.40, 0.44, 0.48):
        height = np.full_like(depth, plan.chin_y + share * plan.head)
        inside = skin.distance(np.zeros_like(depth), height, depth) < 0
        assert np.count_nonzero(np.diff(inside)) == 1


def test_colours_belong_to_the_garment_they_stand_before() -> None:
    shape = build(brief("woman with black hair, a green tunic and red trousers", face_budget=3000))
    assert shape.surfaces["hair"].split()[0] == "black"
    assert shape.surfaces["shirt"].split()[0] == "green"
    assert shape.surfaces["trousers"].split()[0] == "red"


def test_bald_barbarian_has_neither_hair_nor_shirt() -> None:
    assert not {"hair", "shirt", "vest"} & slots(build(brief("bald barbarian", face_budget=3000)))


def test_goblins_skin_is_green() -> None:
    skin = next(p for p in build(brief("goblin", face_budget=3000)).parts if p.slot == "skin")
    assert skin.tint is not None
    red, green, blue = skin.tint.mean(axis=0)
    assert green > 1.3 * red
    assert green > 1.3 * blue


def test_skeleton_is_bare_bones(man: Shape) -> None:
    shape = build(brief("skeleton", face_budget=6000))
    assert slots(shape) == {"bones", "pupils", "irises"}
    assert {"ribs", "teeth", "hollows"} <= {part.name for part in shape.parts}
    assert "bone" in shape.surfaces["bones"]
    assert shape.note is None
    assert shape.triangle_count <= 6000
    positions, triangles = joined(tuple(part for part in shape.parts if part.open))
    assert (edge_uses(triangles) == 2).all()
    # Far thinner than flesh, and still one whole with two legs to walk on.
    flesh = volume_m3(*joined(tuple(part for part in man.parts if part.open)))
    assert volume_m3(positions, triangles) < 0.3 * flesh
    assert find_landmarks(*joined(shape.parts)).confidence > 0.8


@pytest.mark.parametrize(
    ("words", "worn"),
    [("skeleton in a black robe", "shirt"), ("skeleton knight", "armour")],
)
def test_skeleton_in_clothes_has_no_bones_sticking_through(words: str, worn: str) -> None:
    shape = build(brief(words, face_budget=4000))
    assert {"bones", worn} <= slots(shape)
    assert "ribs" not in {part.name for part in shape.parts}
    bones = next(part for part in shape.parts if part.name == "bones")
    trunk = (bones.positions[:, 1] > 0.55 * 1.8) & (bones.positions[:, 1] < 0.72 * 1.8)
    assert not trunk.any()
