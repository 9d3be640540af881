"""Chests, barrels, tables, trees, rocks, houses, towers: closed, in budget, at real size."""

import functools
import io

import numpy as np
import pytest
from PIL import Image

from asset_forge.glb.document import GlbDocument
from asset_forge.greybox.mesh import Floats, Shape
from asset_forge.greybox.model import make_model
from asset_forge.greybox.shapes import build_shape
from asset_forge.greybox.surfaces import parse_surface
from tests.unit.greybox.meshes import brief, closed, volume_m3, width_m

SEEDS = (1, 2, 3)
WORDS = {
    "treasure_chest": ("treasure chest", "open chest full of gold", "ornate iron strongbox"),
    "barrel": ("barrel", "open barrel of water", "broken barrel", "keg"),
    "table": ("table", "round table", "long trestle table", "desk", "workbench", "stool", "bench"),
    "tree": ("oak tree", "pine tree", "dead twisted tree", "birch tree", "palm tree", "stump"),
    "rock": ("boulder", "mossy rock cluster", "layered rock", "jagged standing stone"),
    "house": ("timber-framed house", "thatched cottage", "log cabin", "round hut", "brick inn"),
    "tower": ("round tower with battlements", "wizard tower", "ruined square tower",
              "wooden watchtower"),
    "crate": ("crate", "iron-bound crate", "long reinforced crate"),
}  # fmt: skip
# Lowest and highest believable height in metres, over all words above.
HEIGHTS_M = {
    "treasure_chest": (0.35, 1.3), "barrel": (0.5, 1.1), "table": (0.4, 1.2), "tree": (0.3, 9.0),
    "rock": (0.25, 3.0), "house": (3.5, 10.0), "tower": (5.0, 17.0), "crate": (0.3, 0.95),
}  # fmt: skip
KINDS = tuple(WORDS)


@functools.cache
def made(kind: str, words: str, seed: int = 1) -> Shape:
    return build_shape(kind, brief(words, kind, seed=seed))


def shapes_of(kind: str) -> list[Shape]:
    return [made(kind, words, seed) for seed, words in enumerate(WORDS[kind], start=1)]


def size_of(shape: Shape) -> Floats:
    low, high = shape.bounds_m
    size: Floats = high - low
    return size


def named(shape: Shape, prefix: str) -> Floats:
    """Return all positions of the parts whose names begin so, (V, 3)."""
    return np.concatenate([p.positions for p in shape.parts if p.name.startswith(prefix)])


@pytest.mark.parametrize("kind", KINDS)
def test_scenery_every_part_is_closed_and_right_side_out(kind: str) -> None:
    for shape in shapes_of(kind):
        for part in shape.parts:
            assert closed(part), part.name
            assert volume_m3(part) > 0, part.name


@pytest.mark.parametrize("kind", KINDS)
def test_scenery_texture_coordinates_and_normals_are_sound(kind: str) -> None:
    for shape in shapes_of(kind):
        for part in shape.parts:
            assert part.uvs.min() >= 0, part.name
            assert part.uvs.max() <= 1, part.name
            assert np.allclose(np.linalg.norm(part.normals, axis=1), 1.0, atol=1e-3), part.name


@pytest.mark.parametrize("kind", KINDS)
def test_scenery_default_budget_is_met(kind: str) -> None:
    for shape in shapes_of(kind):
        assert 150 <= shape.triangle_count <= 6000


def test_crate_of_any_words_stays_far_below_the_budget() -> None:
    assert max(shape.triangle_count for shape in shapes_of("crate")) < 3500


@pytest.mark.parametrize("kind", KINDS)
def test_scenery_stands_on_the_ground_over_the_origin(kind: str) -> None:
    for shape in shapes_of(kind):
        low, high = shape.bounds_m
        assert low[1] == pytest.approx(0.0, abs=0.004)
        assert low[0] < 0 < high[0]
        assert low[2] < 0 < high[2]


@pytest.mark.parametrize("kind", KINDS)
def test_scenery_height_is_believable(kind: str) -> None:
    least, most = HEIGHTS_M[kind]
    for shape in shapes_of(kind):
        assert least < size_of(shape)[1] < most


@pytest.mark.parametrize("kind", KINDS)
def test_scenery_same_brief_gives_the_same_bytes(kind: str) -> None:
    first = made(kind, WORDS[kind][0])
    second = build_shape(kind, brief(WORDS[kind][0], kind, seed=1))
    assert first.surfaces == second.surfaces
    for one, other in zip(first.parts, second.parts, strict=True):
        assert one.positions.tobytes() == other.positions.tobytes()
        assert one.uvs.tobytes() == other.uvs.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_scenery_another_seed_gives_other_proportions(kind: str) -> None:
    sizes = [size_of(made(kind, WORDS[kind][0], seed)) for seed in SEEDS]
    assert not np.allclose(sizes[0], sizes[1], rtol=0.005)
    assert not np.allclose(sizes[1], sizes[2], rtol=0.005)


@pytest.mark.parametrize("kind", ["barrel", "table", "rock", "tree"])
def test_scenery_height_asked_for_is_met(kind: str) -> None:
    shape = build_shape(kind, brief(WORDS[kind][0], kind, seed=2, height_m=2.0))
    assert size_of(shape)[1] == pytest.approx(2.0, rel=0.15)


@pytest.mark.parametrize("kind", ["treasure_chest", "tree", "rock", "house"])
def test_scenery_huge_is_larger_than_tiny(kind: str) -> None:
    word = WORDS[kind][0]
    tiny, huge = (size_of(made(kind, f"{size} {word}")).max() for size in ("tiny", "huge"))
    assert huge > 1.4 * tiny


def test_chest_that_is_open_lifts_its_lid_over_gold() -> None:
    shut, opened = (made("treasure_chest", w) for w in ("chest", "open chest full of gold"))
    assert size_of(opened)[1] > 1.4 * size_of(shut)[1]
    assert parse_surface(opened.surfaces["gold"]).material == "gold"
    assert "gold" not in shut.surfaces
    # The gold is in the chest, and not what the chest is made of.
    assert parse_surface(opened.surfaces["planks"]).family == "wood"
    hoard, front = named(opened, "hoard"), named(opened, "front")
    assert hoard[:, 2].max() < front[:, 2].max()


def test_chest_lid_is_arched_over_its_body() -> None:
    chest = made("treasure_chest", "treasure chest")
    slats = named(chest, "slat")
    middle = slats[np.abs(slats[:, 2]) < 0.05, 1].max()
    edge = slats[np.abs(slats[:, 2]) > 0.9 * slats[:, 2].max(), 1].min()
    assert middle > edge + 0.1


def test_barrel_staves_bulge_and_hoops_lie_on_them() -> None:
    barrel = made("barrel", "oak barrel with iron hoops")
    staves, hoops = named(barrel, "stave"), named(barrel, "hoop")
    tall = staves[:, 1].max()
    reach = np.hypot(staves[:, 0], staves[:, 2])
    belly = reach[np.abs(staves[:, 1] - tall / 2) < 0.15 * tall].max()
    head = reach[staves[:, 1] > 0.97 * tall].max()
    assert belly > 1.15 * head
    # Wherever a hoop lies it stands out from the staves under it.
    for side in (1.0, -1.0):
        outmost = hoops[(side * hoops[:, 0]).argmax()]
        near = np.abs(staves[:, 1] - outmost[1]) < 0.1 * tall
        assert np.hypot(outmost[0], outmost[2]) > np.median(reach[near])
    assert barrel.surfaces["hoops"] == "iron"
    assert barrel.surfaces["staves"] == "oak"


def test_barrel_broken_has_lost_part_of_its_wall() -> None:
    whole, broken = (made("barrel", w, 3) for w in ("barrel", "broken barrel"))
    tops = [
        sorted(p.positions[:, 1].max() for p in shape.parts if p.name.startswith("stave"))
        for shape in (whole, broken)
    ]
    assert tops[0][0] == pytest.approx(tops[0][-1], rel=0.02)
    assert tops[1][0] < 0.75 * tops[1][-1]


def test_keg_lies_with_its_tap_to_the_front() -> None:
    keg = made("barrel", "keg")
    tap = named(keg, "tap")
    assert tap[:, 2].max() == pytest.approx(keg.bounds_m[1][2], abs=0.01)
    assert "tap" not in made("barrel", "barrel").surfaces


@pytest.mark.parametrize("seed", SEEDS)
def test_table_styles_have_their_proportions(seed: int) -> None:
    round_, long, stool = (
        size_of(made("table", w, seed)) for w in ("round table", "long table", "stool")
    )
    assert round_[0] == pytest.approx(round_[2], rel=0.03)
    assert long[0] > 2.2 * long[2]
    assert stool[1] < 0.55
    assert 0.6 < round_[1] < 0.85


def test_desk_has_drawers_towards_the_front() -> None:
    desk = made("table", "oak desk")
    drawers = named(desk, "drawer")
    assert drawers[:, 2].min() > 0.2
    assert named(desk, "knobs")[:, 2].max() > drawers[:, 2].max() - 0.01


def test_tree_trunk_flares_at_its_roots() -> None:
    for seed in SEEDS:
        trunk = named(made("tree", "oak tree", seed), "trunk")
        low = trunk[:, 1] < 0.01
        above = np.abs(trunk[:, 1] - 0.16 * trunk[:, 1].max()) < 0.1 * trunk[:, 1].max()
        widths = [np.ptp(trunk[rows], axis=0)[[0, 2]].max() for rows in (low, above)]
        assert widths[0] > 1.2 * widths[1]


def test_tree_species_differ_in_what_they_bear() -> None:
    oak, pine, dead = (made("tree", w) for w in ("oak tree", "pine tree", "dead tree"))
    assert parse_surface(oak.surfaces["leaves"]).material == "leaves"
    assert parse_surface(pine.surfaces["leaves"]).material == "needles"
    assert "leaves" not in dead.surfaces
    tiers = [p.positions for p in pine.parts if p.name.startswith("tier")]
    spans = [np.ptp(tier[:, 0]) for tier in tiers]
    assert len(tiers) >= 5
    assert spans[0] > 2.5 * spans[-1]


def test_tree_colour_words_reach_leaves_and_bark() -> None:
    tree = build_shape("tree", brief("oak tree with red leaves and white bark", "tree"))
    assert tree.surfaces["leaves"].startswith("red")
    assert tree.surfaces["bark"] == "white bark"


def test_rock_facets_are_flat_and_few() -> None:
    rock = next(iter(made("rock", "jagged boulder").parts))
    a, b, c = (rock.positions[rock.triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    area = np.linalg.norm(normal, axis=1) / 2
    facets = np.unique(np.round(normal / (2 * area[:, None]), 2), axis=0, return_inverse=True)[1]
    largest = np.sort(np.bincount(facets.reshape(-1), area))[::-1]
    assert largest[:15].sum() > 0.7 * area.sum()


def test_rock_moss_lies_on_top() -> None:
    rock = made("rock", "mossy boulder")
    moss, stone = named(rock, "moss"), named(rock, "rock")
    assert moss[:, 1].max() > stone[:, 1].max()
    assert moss[:, 1].mean() > stone[:, 1].mean()
    assert "moss" not in made("rock", "boulder").surfaces


def test_rock_cluster_has_several_stones_apart() -> None:
    parts = [p for p in made("rock", "rock cluster").parts if p.name.startswith("rock")]
    middles = np.array([part.positions.mean(axis=0) for part in parts])
    assert len(parts) >= 4
    assert np.ptp(middles[:, 0]) > 0.3


@pytest.mark.parametrize("words", ["timber-framed house", "thatched cottage", "stone house"])
def test_house_roof_overhangs_its_walls(words: str) -> None:
    house = made("house", words)
    roof, walls = named(house, "roof"), named(house, "walls")
    for axis in (0, 2):
        assert roof[:, axis].max() > walls[:, axis].max() + 0.2
        assert roof[:, axis].min() < walls[:, axis].min() - 0.2
    assert roof[:, 1].max() > walls[:, 1].max()


def test_house_words_choose_walls_and_roof() -> None:
    stone = made("house", "stone house with a slate roof").surfaces
    assert stone["walls"] == "masonry stone"
    assert stone["roof"] == "slate"
    assert parse_surface(made("house", "thatched cottage").surfaces["roof"]).family == "thatch"
    assert parse_surface(made("house", "wooden house").surfaces["walls"]).family == "wood"


def test_house_door_is_high_enough_and_in_front() -> None:
    for words in WORDS["house"]:
        door = named(made("house", words), "door")
        assert 1.5 < np.ptp(door[:, 1]) < 2.5
        assert door[:, 2].min() > 0.5


def test_house_of_two_storeys_is_higher() -> None:
    one, two = (size_of(made("house", w, 4)) for w in ("stone house", "two storey stone house"))
    assert two[1] > one[1] + 1.5


def test_tower_tops_follow_the_words() -> None:
    walled, roofed, ruined = (
        {part.name for part in made("tower", words).parts}
        for words in ("stone tower with battlements", "wizard tower", "ruined tower")
    )
    assert "merlons" in walled
    assert {"roof", "finial"} <= roofed
    assert "rubble" in ruined
    assert not {"merlons", "roof"} & ruined


def test_tower_ruin_is_broken_off_unevenly() -> None:
    walls = next(p for p in made("tower", "ruined round tower").parts if p.name == "walls")
    reach = np.hypot(walls.positions[:, 0], walls.positions[:, 2])
    rim = walls.positions[reach > 0.75 * reach.max()]
    tops = [
        rim[np.abs(np.arctan2(rim[:, 0], rim[:, 2]) - a) < 0.2, 1].max()
        for a in np.linspace(-2.8, 2.8, 12)
    ]
    assert max(tops) > min(tops) + 1.0


def test_tower_watchtower_is_of_wood_with_an_open_frame() -> None:
    tower = made("tower", "wooden watchtower")
    assert parse_surface(tower.surfaces["frame"]).family == "wood"
    assert "walls" not in tower.surfaces
    assert width_m(tower.parts, "frame", 1) > 4.0


@pytest.mark.parametrize(
    ("words", "kind"), [("tree with green leaves", "tree"), ("stone tower", "tower")]
)
def test_scenery_painted_texture_has_its_colour(words: str, kind: str) -> None:
    document = GlbDocument.parse(make_model(brief(words, kind, seed=2)).glb)
    image = Image.open(io.BytesIO(document.image_bytes(0))).convert("RGB")
    red, green, blue = np.asarray(image, np.float64).reshape(-1, 3).mean(axis=0)
    if kind == "tree":
        assert green > 1.1 * red
        assert green > 1.2 * blue
    else:
        assert abs(red - blue) < 0.35 * green
