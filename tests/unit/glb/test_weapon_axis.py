"""Grip, way up and edge of weapons, bows and shields, found from their shapes."""

from typing import Any

import numpy as np
import pytest

from asset_forge.domain.sizes import Frame, Measure, Placement, placement_of
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.inspect import inspect_glb
from asset_forge.glb.normalise import Normalised, normalise
from tests.support.glbs import rewritten, textured_box
from tests.support.weapons import BOXES, by_greybox, moved, of_boxes, points_of

# The same quarter and odd turns for all: upside down, lying, tilted.
TURNS = [(1, 0, 0, 0), (0.7071, 0, 0, 0.7071), (0, 0, 0.7071, 0.7071), (0.3, -0.5, 0.6, 0.2)]

ONE_SIDED = {"axe", "hammer"}


def placed(data: bytes, kind: str, size_m: float | None = None) -> Normalised:
    wanted = placement_of(type="weapon", subtype=kind, name="", height_m=size_m)
    return normalise(data, wanted)


def own_length(data: bytes) -> float:
    return float(np.ptp(points_of(data), axis=0).max())


@pytest.mark.parametrize("kind", BOXES)
@pytest.mark.parametrize("turn", TURNS)
def test_weapon_in_any_turn_comes_to_its_frame(kind: str, turn: tuple[float, ...]) -> None:
    standing = of_boxes(BOXES[kind])
    found = placed(moved(standing, rotation=turn), kind, own_length(standing))
    points, wanted = points_of(found.data), points_of(standing)
    # A double-edged blade and a bow are the same after half a turn. The place of the hand on a
    # shaft is a matter of taste, the direction is not.
    turns = np.array(
        [(1, 1, 1), (-1, 1, -1), (1, -1, -1)] if kind not in ONE_SIDED else [(1, 1, 1)]
    )
    shifts = [np.median(points - wanted * turn, axis=0) for turn in turns]
    errors = [
        np.abs(points - wanted * turn - shift).max()
        for turn, shift in zip(turns, shifts, strict=True)
    ]
    best = int(np.argmin(errors))
    # What is as thick as it is wide may be turned about its axis by an eighth.
    assert errors[best] < (0.02 if kind == "fishing_rod" else 0.005)
    assert np.abs(shifts[best][[0, 2]]).max() < 0.01
    assert abs(shifts[best][1]) < 0.25 * own_length(standing)
    if kind != "bow":
        assert turns[best][1] == 1


GREYBOX = {
    "sword": "steel longsword",
    "axe": "bearded steel axe",
    "staff": "wizard's staff with a blue crystal",
    "bow": "willow longbow",
}


@pytest.mark.parametrize("kind", GREYBOX)
@pytest.mark.parametrize("turn", [(0, 0, 0, 1), *TURNS])
def test_weapon_of_greybox_keeps_or_finds_its_pose(kind: str, turn: tuple[float, ...]) -> None:
    made = by_greybox(kind, GREYBOX[kind])
    length = own_length(made)
    found = placed(moved(made, rotation=turn, scale=0.4, translation=(3, 1, 2)), kind, length)
    assert found.facts["normalization"]["orientation"] == "measured"
    points, wanted = points_of(found.data), points_of(made)
    assert np.abs(np.sort(points[:, 1]) - np.sort(wanted[:, 1])).max() < 0.05 * length
    if kind == "axe":
        assert np.abs(points - wanted).max() < 0.05 * length
        assert points[:, 0].max() > 1.5 * -points[:, 0].min()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("sword", "steel longsword"),
        ("axe", "bearded steel axe"),
    ],
)
@pytest.mark.parametrize("turn", TURNS)
def test_weapon_of_unknown_kind_is_turned_where_its_shape_is_clear(
    kind: str, words: str, turn: tuple[float, ...]
) -> None:
    made = by_greybox(kind, words)
    found = normalise(moved(made, rotation=turn), Placement(Frame.WEAPON, None, own_length(made)))
    height, wanted = points_of(found.data)[:, 1], points_of(made)[:, 1]
    assert np.corrcoef(height, wanted)[0, 1] > 0.99


def test_curved_sword_has_its_edge_on_the_outside() -> None:
    made = by_greybox("sword", "curved steel scimitar")
    for turn in TURNS:
        points = points_of(placed(moved(made, rotation=turn), "sword", 1.0).data)
        tip = points[points[:, 1] > 0.9 * points[:, 1].max()]
        middle = points[np.abs(points[:, 1] - 0.4) < 0.1]
        assert middle[:, 0].max() > tip[:, 0].mean() + 0.03


@pytest.mark.parametrize("turn", TURNS)
def test_curved_sword_stands_along_its_hilt(turn: tuple[float, ...]) -> None:
    made = by_greybox("sword", "curved steel scimitar")
    found = placed(moved(made, rotation=turn), "sword", own_length(made))
    points = points_of(found.data)
    # Its length counts along the hilt, which is that of the shape as it was made.
    assert np.abs(points - points_of(made)).max() < 0.03


def test_sword_is_held_at_its_grip() -> None:
    made = by_greybox("sword", "steel longsword")
    found = placed(moved(made, translation=(0, 5, 0)), "sword", own_length(made))
    offset = points_of(found.data) - points_of(made)
    assert np.abs(offset).max() < 0.02
    assert found.facts["grip"] == [0.0, 0.0, 0.0]
    assert found.facts["conventions"]["origin"] == "grip"


@pytest.mark.parametrize(
    ("kind", "boxes"),
    [
        ("sword", [((0.5, 0.6, 0.4), (0, 0, 0))]),
        ("bow", [((1.0, 1.0, 0.1), (0, 0, 0))]),
        ("shield", [((1.0, 1.0, 1.0), (0, 0, 0))]),
        ("sword", [((1.0, 0.03, 0.03), (0, 0, 0))]),
    ],
)
def test_weapon_of_unclear_direction_keeps_it_and_says_so(kind: str, boxes: list[Any]) -> None:
    data = of_boxes(boxes)
    found = placed(moved(data, translation=(1, 2, 3)), kind, 2.0)
    facts = found.facts
    assert facts["normalization"]["orientation"] == "kept"
    assert facts["normalization"]["turnedDegrees"] == 0
    assert facts["normalization"]["note"] == found.problem
    assert "was kept" in str(found.problem)
    assert "grip" not in facts
    assert facts["conventions"] == {"units": "metres", "origin": "centre"}
    report = inspect_glb(found.data)
    assert report.bounds_min_m == pytest.approx([-x for x in report.bounds_max_m or ()])
    assert found.is_placed


def test_upright_stick_stays_upright() -> None:
    data = of_boxes([((0.03, 1.0, 0.03), (0, 0, 0))])
    found = placed(moved(data, rotation=(0.1, 0, 0.05, 1)), "staff", 1.6)
    assert inspect_glb(found.data).dimensions.height_m == pytest.approx(1.6, abs=0.01)
    assert "look alike" in str(found.problem)


def test_shield_stands_with_its_boss_to_the_front() -> None:
    kite = by_greybox("shield", "steel kite shield")
    for turn in TURNS:
        found = placed(moved(kite, rotation=turn, scale=30), "shield", own_length(kite))
        points = points_of(found.data)
        wanted = points_of(kite)
        wanted -= (wanted.min(axis=0) + wanted.max(axis=0)) / 2
        assert np.abs(points - wanted).max() < 0.04
    assert "grip" not in found.facts


def test_weapon_without_a_size_keeps_the_one_it_has() -> None:
    data = of_boxes(BOXES["sword"])
    found = normalise(moved(data, scale=7), Placement(Frame.WEAPON, "sword"))
    assert own_length(found.data) == pytest.approx(7 * own_length(data), rel=1e-6)
    assert found.facts["normalization"]["scale"] == 1


def test_geometry_that_cannot_be_read_is_left_with_a_sentence() -> None:
    document = GlbDocument.parse(textured_box())
    (primitive,) = document.json["meshes"][0]["primitives"]
    primitive["indices"] = primitive["attributes"]["TEXCOORD_0"]
    data = document.to_bytes()
    found = placed(data, "sword")
    assert (found.data, found.is_placed, found.facts) == (data, False, {})
    assert found.problem == "This sword could not be measured, so it was left as it came."


def test_flat_or_pointlike_weapon_is_left_with_a_sentence() -> None:
    data = of_boxes([((0, 0, 0), (0, 0, 0))])
    assert not placed(data, "sword").is_placed
    assert not normalise(data, Placement(Frame.GROUND, None, 1.0, Measure.HEIGHT)).is_placed


def test_normalising_a_weapon_adds_one_node_and_no_byte_of_data() -> None:
    data = moved(of_boxes(BOXES["axe"]), rotation=TURNS[3])
    old, new = GlbDocument.parse(data), GlbDocument.parse(placed(data, "axe").data)
    assert new.binary == old.binary
    assert new.json["nodes"][:-1] == old.json["nodes"]
    untouched = set(old.json) - {"nodes", "scenes"}
    assert {key: new.json[key] for key in untouched} == {key: old.json[key] for key in untouched}


def test_damaged_scene_is_refused() -> None:
    with pytest.raises(Exception, match="draws nothing"):
        placed(rewritten(textured_box(), scenes=[{}]), "sword")
