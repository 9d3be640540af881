"""However a model comes, it goes to the same place; and what is in place stays where it is."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asset_forge.domain.sizes import Frame, Measure, Placement, placement_of
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.inspect import inspect_glb
from asset_forge.glb.meshes import pose_at, scene_bounds
from asset_forge.glb.normalise import normalise
from tests.support.glbs import skinned_bar
from tests.support.weapons import BOXES, by_greybox, moved, of_boxes, of_instances, points_of

quick = settings(
    max_examples=8, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

MADE = {
    "sword": ("sword", "steel longsword"),
    "greatsword": ("sword", "two handed greatsword"),
    "scimitar": ("sword", "curved steel scimitar"),
    "axe": ("axe", "bearded steel axe"),
    "staff": ("staff", "wizard's staff with a blue crystal"),
    "bow": ("bow", "willow longbow"),
    "shield": ("shield", "steel kite shield"),
    "dagger": ("dagger", "steel dagger"),
    "mace": ("mace", "flanged steel mace"),
    "hammer": ("hammer", "steel warhammer with a spike"),
    "spear": ("spear", "steel spear with an ash shaft"),
    "wand": ("wand", "mahogany wand with a blue crystal"),
    "crossbow": ("crossbow", "oak crossbow with steel limbs"),
    "arrow": ("arrow", "steel broadhead arrow with white feathers"),
    "pickaxe": ("pickaxe", "iron pickaxe with an oak handle"),
    "hatchet": ("hatchet", "steel hatchet with an ash handle"),
    "fishing_rod": ("fishing_rod", "mahogany fishing rod with a brass reel"),
}
# What looks the same after half a turn, about +Y or +X, may come out either way; what is round
# about +Y in any turn about it.
ROUND = {"staff", "wand", "mace", "arrow", "fishing_rod"}

numbers = st.floats(-1, 1).filter(lambda x: abs(x) > 1e-3)
quaternions = st.tuples(numbers, numbers, numbers, numbers)
scales = st.floats(-2, 2).map(lambda exponent: 10**exponent)
offsets = st.tuples(*[st.floats(-50, 50)] * 3)
moves = st.fixed_dictionaries({"rotation": quaternions, "scale": scales, "translation": offsets})


@cache
def weapon(name: str) -> bytes:
    if name.startswith("box "):
        return of_boxes(BOXES[name.removeprefix("box ")])
    kind, words = MADE[name]
    return by_greybox(kind, words)


def wanted(name: str) -> Placement:
    kind = MADE[name][0] if name in MADE else name.removeprefix("box ")
    return placement_of(type="weapon", subtype=kind, name="", height_m=1.0)


@cache
def placed_points(name: str) -> Any:
    return points_of(normalise(weapon(name), wanted(name)).data)


def assert_same_pose(points: Any, reference: Any, name: str) -> None:
    if name.removeprefix("box ") in ROUND:
        errors = [np.abs(points[:, 1] - reference[:, 1]).max()]
    else:
        turns = [(1, 1, 1), (-1, 1, -1), (1, -1, -1), (-1, -1, 1)]
        errors = [np.abs(points - reference * turn).max() for turn in turns]
        # Upside down is only the same for what is the same upside down.
        if name not in ("bow", "box bow"):
            errors = errors[:2]
    assert min(errors) < 0.045  # of a length of one metre; up to 2.5 degrees are left as they came


@pytest.mark.parametrize("name", [*MADE, *(f"box {kind}" for kind in BOXES)])
@quick
@given(move=moves)
def test_weapon_however_it_comes_goes_to_the_same_pose(name: str, move: dict[str, Any]) -> None:
    found = normalise(moved(weapon(name), **move), wanted(name))
    assert found.facts["normalization"]["orientation"] == "measured"
    assert_same_pose(points_of(found.data), placed_points(name), name)


@pytest.mark.parametrize("name", ["sword", "axe", "bow", "shield", "box hammer"])
@quick
@given(move=moves)
def test_weapon_in_place_stays_the_file_that_it_is(name: str, move: dict[str, Any]) -> None:
    once = normalise(moved(weapon(name), **move), wanted(name)).data
    again = normalise(once, wanted(name))
    assert np.abs(points_of(again.data) - points_of(once)).max() < 1e-3
    assert again.facts["normalization"]["turnedDegrees"] == 0


@quick
@given(moves=st.lists(moves, min_size=2, max_size=4))
def test_weapon_in_nested_nodes_goes_to_the_same_pose(moves: list[dict[str, Any]]) -> None:
    data = weapon("box axe")
    for move in moves:
        data = moved(data, **{**move, "scale": min(max(move["scale"], 0.2), 5)})
    found = normalise(data, wanted("box axe"))
    assert_same_pose(points_of(found.data), placed_points("box axe"), "box axe")


@quick
@given(move=moves, axis=st.integers(0, 2))
def test_weapon_mirrored_by_a_negative_scale_goes_to_the_same_pose(
    move: dict[str, Any], axis: int
) -> None:
    scale = [1.0, 1.0, 1.0]
    scale[axis] = -1.0
    data = moved(moved(weapon("box axe"), scale=scale), **move)
    points = points_of(normalise(data, wanted("box axe")).data)
    reference = placed_points("box axe")
    # Mirrored across its own flat side it is itself, with the corners in another order.
    for side in range(3):
        assert np.abs(np.sort(points[:, side]) - np.sort(reference[:, side])).max() < 0.045


@pytest.mark.parametrize("kind", ["sword", "axe"])
@quick
@given(move=moves)
def test_weapon_of_instanced_meshes_goes_to_the_same_pose(kind: str, move: dict[str, Any]) -> None:
    found = normalise(moved(of_instances(BOXES[kind]), **move), wanted(f"box {kind}"))
    assert_same_pose(points_of(found.data), placed_points(f"box {kind}"), f"box {kind}")


@quick
@given(scale=scales, offset=offsets, height_m=st.floats(0.1, 20))
def test_skinned_character_comes_to_its_height_with_its_clips(
    scale: float, offset: tuple[float, ...], height_m: float
) -> None:
    document = GlbDocument.parse(skinned_bar())
    armature = document.json["nodes"][document.json["scenes"][0]["nodes"][0]]
    armature["scale"] = [size * scale for size in armature["scale"]]
    armature["translation"] = list(offset)
    character = Placement(Frame.CHARACTER, "humanoid", height_m, Measure.HEIGHT)
    found = normalise(document.to_bytes(), character)
    placed = GlbDocument.parse(found.data)
    bounds = scene_bounds(placed)
    assert bounds is not None
    low, high = bounds
    tolerance = 2e-4 * height_m
    assert low[1] == pytest.approx(0, abs=tolerance)
    assert high[1] == pytest.approx(height_m, abs=tolerance)
    assert low[0] + high[0] == pytest.approx(0, abs=tolerance)
    bent = scene_bounds(placed, pose_at(placed, 0, 1.0))
    assert bent is not None
    assert bent[1][1] < 0.6 * height_m
    assert normalise(found.data, character).data == found.data


@quick
@given(move=moves, size_m=st.floats(0.01, 20), measure=st.sampled_from(Measure))
def test_item_stands_on_the_ground_at_its_size(
    move: dict[str, Any], size_m: float, measure: Measure
) -> None:
    wanted = Placement(Frame.GROUND, "crate", size_m, measure)
    found = normalise(moved(of_boxes(BOXES["hammer"]), **move), wanted)
    report = inspect_glb(found.data)
    low, high = np.array(report.bounds_min_m), np.array(report.bounds_max_m)
    sizes = high - low
    measured = sizes[1] if measure is Measure.HEIGHT else sizes.max()
    assert measured == pytest.approx(size_m, rel=1e-3, abs=1e-5)
    assert low[1] == pytest.approx(0, abs=2e-3 * size_m + 1e-5)
    assert (low + high)[[0, 2]] == pytest.approx([0, 0], abs=2e-3 * sizes.max() + 1e-5)
    assert normalise(found.data, wanted).data == found.data
