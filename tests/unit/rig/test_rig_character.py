"""Rigging as a game developer meets it: names, weights, clips, and honest refusals."""

from typing import Any

import numpy as np
import pytest

from asset_forge.errors import BadGlb, Refused
from asset_forge.glb.accessors import read_accessor
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.meshes import drawn_meshes, pose_at, scene_bounds
from asset_forge.glb.nodes import world_matrices
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats
from asset_forge.greybox.model import make_model
from asset_forge.greybox.rig import RiggedCharacter, rig_character
from asset_forge.greybox.rig.skeleton import JOINTS, PARENTS
from tests.support.gltf_validator import assert_valid_glb
from tests.unit.rig import figures

HEIGHT_M = 1.75


def greybox_glb(name: str) -> bytes:
    brief = Brief(
        name=name, type="character", subtype="humanoid", generation_type="avatar",
        face_budget=5000, texture_px=256,
    )  # fmt: skip
    return make_model(brief).glb


@pytest.fixture(scope="module")
def source() -> bytes:
    return greybox_glb("man in a leather vest")


@pytest.fixture(scope="module")
def rigged(source: bytes) -> RiggedCharacter:
    return rig_character(source, height_m=HEIGHT_M)


@pytest.fixture(scope="module")
def boxes() -> RiggedCharacter:
    return rig_character(figures.mannequin(), height_m=HEIGHT_M)


def skinned_primitives(document: GlbDocument) -> list[dict[str, Any]]:
    return [p for mesh in document.json["meshes"] for p in mesh["primitives"]]


def posed(document: GlbDocument, time_s: float) -> Floats:
    return np.concatenate(
        [mesh.positions for mesh in drawn_meshes(document, pose_at(document, 0, time_s))]
    )


def node_places(document: GlbDocument, time_s: float) -> dict[str, Floats]:
    """World places of all joints at a time of the clip."""
    worlds = world_matrices(document, pose_at(document, 0, time_s))
    return {
        node["name"].removeprefix("mixamorig:"): worlds[index][:3, 3]
        for index, node in enumerate(document.json["nodes"])
    }


def test_skeleton_has_the_22_mixamo_joints_in_their_tree(rigged: RiggedCharacter) -> None:
    document = GlbDocument.parse(rigged.rigged)
    nodes = document.json["nodes"]
    joints = document.json["skins"][0]["joints"]
    names = [nodes[index]["name"] for index in joints]
    assert names == [f"mixamorig:{name}" for name in JOINTS]
    assert rigged.joint_count == len(names) == 22
    parents = {child: node["name"] for node in nodes for child in node.get("children", [])}
    for index, name in zip(joints, JOINTS, strict=True):
        expected = PARENTS[name]
        parent = "Armature" if expected is None else f"mixamorig:{expected}"
        assert parents[index] == parent


def test_joints_lie_where_the_body_is(rigged: RiggedCharacter) -> None:
    document = GlbDocument.parse(rigged.walking)
    del document.json["animations"]
    worlds = world_matrices(document)
    places = {
        node["name"].removeprefix("mixamorig:"): worlds[index][:3, 3] / HEIGHT_M
        for index, node in enumerate(document.json["nodes"])
    }
    assert places["LeftHand"][0] == pytest.approx(0.40, abs=0.03)
    assert places["LeftForeArm"][0] == pytest.approx(0.26, abs=0.035)
    assert places["LeftArm"][0] == pytest.approx(0.11, abs=0.025)
    assert places["LeftLeg"][1] == pytest.approx(0.28, abs=0.04)
    assert places["Hips"][1] == pytest.approx(0.50, abs=0.05)
    assert places["Head"][1] == pytest.approx(0.87, abs=0.04)
    assert places["LeftToeBase"][2] > places["LeftFoot"][2] + 0.03
    for name in JOINTS:
        if name.startswith("Left"):
            twin = places[name.replace("Left", "Right")]
            assert places[name] == pytest.approx(twin * (-1, 1, 1), abs=0.012)


def test_weights_add_up_and_use_at_most_four_joints(rigged: RiggedCharacter) -> None:
    document = GlbDocument.parse(rigged.rigged)
    for primitive in skinned_primitives(document):
        weights = read_accessor(document, primitive["attributes"]["WEIGHTS_0"])
        joints = read_accessor(document, primitive["attributes"]["JOINTS_0"])
        assert "WEIGHTS_1" not in primitive["attributes"]
        assert weights.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
        assert joints.max() < 22
        assert (joints[weights == 0] == 0).all()


def test_vertices_at_one_place_share_their_weights(rigged: RiggedCharacter) -> None:
    """Seams of texture and of clothes must not tear."""
    document = GlbDocument.parse(rigged.walking)
    rest = np.concatenate([mesh.positions for mesh in drawn_meshes(document)])
    moved = posed(document, 0.3)
    _, place = np.unique(np.round(rest, 5), axis=0, return_inverse=True)
    place = place.reshape(-1)
    order = np.argsort(place, kind="stable")
    same = place[order][1:] == place[order][:-1]
    gap = np.linalg.norm(moved[order][1:] - moved[order][:-1], axis=1)[same]
    assert len(gap) > 100
    assert gap.max() < 2e-3


def test_rest_pose_is_the_source_at_the_asked_height(
    source: bytes, rigged: RiggedCharacter
) -> None:
    bounds = scene_bounds(GlbDocument.parse(rigged.rigged))
    assert bounds is not None
    low, high = bounds
    assert high[1] - low[1] == pytest.approx(HEIGHT_M, abs=1e-4)
    assert low[1] == pytest.approx(0.0, abs=1e-4)
    before = drawn_meshes(GlbDocument.parse(source))[0].positions
    after = drawn_meshes(GlbDocument.parse(rigged.rigged))[0].positions
    scale = HEIGHT_M / np.ptp(before[:, 1])
    assert np.ptp(after, axis=0) == pytest.approx(scale * np.ptp(before, axis=0), abs=1e-4)


def test_materials_and_textures_stay(source: bytes, rigged: RiggedCharacter) -> None:
    old, new = GlbDocument.parse(source), GlbDocument.parse(rigged.walking)
    assert new.json["materials"] == old.json["materials"]
    assert [new.image_bytes(k) for k in range(len(new.json["images"]))] == [
        old.image_bytes(k) for k in range(len(old.json["images"]))
    ]
    primitive = skinned_primitives(new)[0]
    assert primitive["material"] == 0
    assert np.array_equal(
        read_accessor(new, primitive["attributes"]["TEXCOORD_0"]),
        read_accessor(old, skinned_primitives(old)[0]["attributes"]["TEXCOORD_0"]),
    )


def test_only_the_clip_files_have_a_clip_of_their_name(rigged: RiggedCharacter) -> None:
    assert "animations" not in GlbDocument.parse(rigged.rigged).json
    for data, name in ((rigged.walking, "walking"), (rigged.running, "running")):
        clips = GlbDocument.parse(data).json["animations"]
        assert [clip["name"] for clip in clips] == [name]
        assert clips[0]["extras"]["groundSpeedMetersPerSecond"] > 0.5


@pytest.mark.parametrize("clip", ["walking", "running"])
def test_clip_ends_as_it_begins(rigged: RiggedCharacter, clip: str) -> None:
    document = GlbDocument.parse(getattr(rigged, clip))
    for sampler in document.json["animations"][0]["samplers"]:
        values = read_accessor(document, sampler["output"])
        assert values[0] == pytest.approx(values[-1], abs=1e-6)


@pytest.mark.parametrize("clip", ["walking", "running"])
def test_clip_moves_without_jumps(rigged: RiggedCharacter, clip: str) -> None:
    document = GlbDocument.parse(getattr(rigged, clip))
    for sampler in document.json["animations"][0]["samplers"]:
        values = read_accessor(document, sampler["output"])
        if values.shape[1] == 4:
            turned = np.einsum("ij,ij->i", values[1:], values[:-1])
            assert turned.min() > np.cos(np.radians(40) / 2)


@pytest.mark.parametrize("clip", ["walking", "running"])
@pytest.mark.parametrize("kind", ["rigged", "boxes"])
def test_feet_neither_sink_nor_float(request: pytest.FixtureRequest, clip: str, kind: str) -> None:
    document = GlbDocument.parse(getattr(request.getfixturevalue(kind), clip))
    times = read_accessor(document, document.json["animations"][0]["samplers"][0]["input"])
    duration_s = float(times[-1])
    lowest = [posed(document, duration_s * k / 48)[:, 1].min() for k in range(48)]
    assert min(lowest) > -0.012
    # Someone who walks always touches the ground; who runs flies for a moment.
    assert max(lowest) < (0.01 if clip == "walking" else 0.10)
    assert np.mean(np.array(lowest) < 0.01) >= (1.0 if clip == "walking" else 0.6)


def test_standing_foot_moves_with_the_ground(rigged: RiggedCharacter) -> None:
    """The sole's speed against the ground while the foot stands flat: it must not slide."""
    document = GlbDocument.parse(rigged.walking)
    clip = document.json["animations"][0]
    speed = clip["extras"]["groundSpeedMetersPerSecond"]
    duration_s = float(read_accessor(document, clip["samplers"][0]["input"])[-1])
    phases = np.linspace(0.11, 0.23, 7)
    rest = np.concatenate([mesh.positions for mesh in drawn_meshes(document)])
    sole = (rest[:, 1] < 0.01) & (rest[:, 0] > 0.02)
    places = np.array([posed(document, p * duration_s)[sole].mean(axis=0) for p in phases])
    moved = places - places[0]
    ground = -speed * (phases - phases[0]) * duration_s
    assert np.abs(moved[:, 2] - ground).max() < 0.008
    assert np.abs(moved[:, :2]).max() < 0.006


@pytest.mark.parametrize("clip", ["walking", "running"])
def test_arms_swing_against_the_legs(rigged: RiggedCharacter, clip: str) -> None:
    document = GlbDocument.parse(getattr(rigged, clip))
    clip_json = document.json["animations"][0]
    duration_s = float(read_accessor(document, clip_json["samplers"][0]["input"])[-1])
    hands, feet = [], []
    for k in range(16):
        places = node_places(document, duration_s * k / 16)
        hands.append(places["LeftHand"][2] - places["RightHand"][2])
        feet.append(places["LeftFoot"][2] - places["RightFoot"][2])
        assert places["LeftHand"][1] < places["LeftArm"][1]
    assert np.corrcoef(hands, feet)[0, 1] < -0.7


def test_rigged_files_pass_the_validator(rigged: RiggedCharacter, boxes: RiggedCharacter) -> None:
    for data in (rigged.rigged, rigged.walking, rigged.running, boxes.walking):
        assert_valid_glb(data, allowed=ALLOWED_WARNINGS)


# Textures with a normal map but no tangents: viewers make them, as the format recommends.
ALLOWED_WARNINGS = ("MESH_PRIMITIVE_GENERATED_TANGENT_SPACE",)


def test_separate_meshes_become_one_skinned_character(boxes: RiggedCharacter) -> None:
    document = GlbDocument.parse(boxes.rigged)
    assert len(document.json["meshes"]) == 1
    assert len(skinned_primitives(document)) == len(figures.BODY)
    assert boxes.confidence > 0.7


@pytest.mark.parametrize("degrees", [90.0, 180.0, 270.0])
def test_figure_that_looks_elsewhere_is_turned_to_the_front(degrees: float) -> None:
    straight = rig_character(figures.mannequin(), height_m=1.0)
    turned = rig_character(figures.mannequin(figures.about_y(degrees), 0.01), height_m=1.0)
    expected = np.concatenate([m.positions for m in drawn_meshes(figures.parsed(straight.rigged))])
    actual = np.concatenate([m.positions for m in drawn_meshes(figures.parsed(turned.rigged))])
    assert actual == pytest.approx(expected, abs=2e-3)


def test_rigging_a_rigged_file_again_gives_one_skeleton(rigged: RiggedCharacter) -> None:
    again = GlbDocument.parse(rig_character(rigged.walking, height_m=HEIGHT_M).rigged)
    assert len(again.json["skins"]) == 1
    assert sum(node["name"].startswith("mixamorig:") for node in again.json["nodes"]) == 22


def test_same_file_gives_the_same_bytes(source: bytes, rigged: RiggedCharacter) -> None:
    assert rig_character(source, height_m=HEIGHT_M) == rigged


@pytest.mark.parametrize("name", ["dwarf", "goblin", "orc", "woman", "child", "knight"])
def test_every_greybox_figure_can_be_rigged(name: str) -> None:
    assert rig_character(greybox_glb(name), height_m=1.5).confidence > 0.6


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (figures.sphere(), "T-pose"),
        (figures.box(), "T-pose"),
        (figures.sword(), "spans"),
        (figures.tree(), "arm|spans|T-pose"),
        (figures.quadruped(), "spans|halves"),
        (figures.winged_quadruped(), "four feet"),
        (figures.a_pose(75.0), "arm|spans"),
        (figures.a_pose(20.0, 55.0), "arm|halves"),
        (figures.two_figures(), "spans"),
        (figures.table(), "spans|arm|feet"),
        (figures.robe(), "gap between two legs"),
        (figures.mannequin(without="arm"), "spans|arm"),
        (figures.mannequin(without="left leg"), "leg|feet|halves"),
        (figures.mannequin(figures.about_z(90.0)), "arm|spans|halves"),
    ],
    ids=[
        "sphere", "box", "sword", "tree", "quadruped", "winged quadruped", "arms hanging",
        "uneven arms", "two figures", "table", "robe", "armless", "one-legged", "lying",
    ],
)  # fmt: skip
def test_what_is_no_t_pose_biped_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=f"cannot be rigged.*({reason})"):
        rig_character(data)


def test_broken_bytes_are_no_glb() -> None:
    with pytest.raises(BadGlb):
        rig_character(b"glTF nonsense")


@pytest.mark.parametrize("height_m", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_height_is_refused(height_m: float) -> None:
    with pytest.raises(Refused, match="high"):
        rig_character(figures.mannequin(), height_m=height_m)
