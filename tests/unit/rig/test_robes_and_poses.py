"""What is no plain T-pose in trousers: robes, lowered arms, and how far cloth and skin stretch."""

import numpy as np
import pytest

from asset_forge.glb.accessors import read_accessor
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.meshes import drawn_meshes, pose_at
from asset_forge.glb.poses import clip_seconds
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Ints
from asset_forge.greybox.model import make_model
from asset_forge.greybox.rig import RiggedCharacter, rig_character
from asset_forge.greybox.rig.landmarks import find_landmarks
from tests.unit.rig import figures


def rigged_from_words(words: str) -> RiggedCharacter:
    brief = Brief(
        name=words, type="character", subtype="humanoid", generation_type="avatar",
        face_budget=4000, texture_px=256,
    )  # fmt: skip
    return rig_character(make_model(brief).glb, height_m=1.8)


def joined(document: GlbDocument, time_s: float | None = None) -> tuple[Floats, Ints]:
    pose = None if time_s is None else pose_at(document, 0, time_s)
    meshes = drawn_meshes(document, pose)
    offsets = np.cumsum([0, *(len(mesh.positions) for mesh in meshes)])
    triangles = [mesh.triangles + at for mesh, at in zip(meshes, offsets, strict=False)]
    return np.concatenate([mesh.positions for mesh in meshes]), np.concatenate(triangles)


def largest_growth(clip: bytes) -> float:
    """How much longer any edge becomes while the clip plays, in heights of the figure."""
    document = GlbDocument.parse(clip)
    rest, triangles = joined(document)
    edges = triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)

    def lengths(positions: Floats) -> Floats:
        return np.asarray(np.linalg.norm(positions[edges[:, 0]] - positions[edges[:, 1]], axis=1))

    duration_s = clip_seconds(document, 0)
    longest = [
        (lengths(joined(document, duration_s * k / 8)[0]) - lengths(rest)).max() for k in range(8)
    ]
    return float(max(longest) / np.ptp(rest[:, 1]))


# Cloth between two striding legs stretches more than skin at a joint.
@pytest.mark.parametrize(
    ("words", "bound"),
    [
        ("man in a tunic", 0.05),
        ("wizard in a robe", 0.09),
        ("orc in heavy armour", 0.06),
        ("skeleton", 0.03),
        ("man with a cloak", 0.10),
    ],
)
def test_nothing_stretches_beyond_a_bound(words: str, bound: float) -> None:
    result = rigged_from_words(words)
    assert result.confidence > 0.8
    assert largest_growth(result.walking) < bound
    assert largest_growth(result.running) < 1.6 * bound


def test_robe_with_feet_in_sight_walks_in_small_steps() -> None:
    robed, trousered = (rig_character(data) for data in (figures.robe(0.16), figures.mannequin()))
    speeds = [
        GlbDocument.parse(each.walking).json["animations"][0]["extras"][
            "groundSpeedMetersPerSecond"
        ]
        for each in (robed, trousered)
    ]
    assert speeds[0] < 0.85 * speeds[1]
    document = GlbDocument.parse(robed.rigged)
    for primitive in document.json["meshes"][0]["primitives"]:
        weights = read_accessor(document, primitive["attributes"]["WEIGHTS_0"])
        assert weights.sum(axis=1) == pytest.approx(1.0, abs=1e-5)


def test_hem_is_told_from_the_place_where_legs_part() -> None:
    landmarks = find_landmarks(*joined(GlbDocument.parse(figures.robe(0.16))))
    plain = find_landmarks(*joined(GlbDocument.parse(figures.mannequin())))
    assert landmarks.hem_y == pytest.approx(0.16, abs=0.02)
    assert plain.hem_y is None
    hips = [each.skeleton.places["Hips"][1] for each in (landmarks, plain)]
    assert hips[0] == pytest.approx(hips[1], abs=0.15)


@pytest.mark.parametrize("lowered_deg", [20.0, 30.0, 45.0, 60.0])
def test_lowered_arms_are_raised_before_rigging(lowered_deg: float) -> None:
    result = rig_character(figures.a_pose(lowered_deg), height_m=1.8)
    raised, _ = joined(GlbDocument.parse(result.rigged))
    expected, _ = joined(GlbDocument.parse(figures.mannequin()))
    low, high = raised.min(axis=0), raised.max(axis=0)
    assert high[0] - low[0] == pytest.approx(np.ptp(expected[:, 0]), rel=0.06)
    hands = raised[np.abs(raised[:, 0]) > 0.8]
    assert np.ptp(hands[:, 1]) < 0.15
    assert hands[:, 1].mean() == pytest.approx(1.41, abs=0.07)
    assert largest_growth(result.walking) < 0.06


def test_raised_arms_leave_trunk_and_legs_where_they_were() -> None:
    data = figures.a_pose(45.0)
    before, _ = joined(GlbDocument.parse(data))
    after, _ = joined(GlbDocument.parse(rig_character(data, height_m=1.8).rigged))
    after *= np.ptp(before[:, 1]) / np.ptp(after[:, 1])
    # The middle of the body and everything below the hips.
    still = (np.abs(before[:, 0]) < 0.08) | (before[:, 1] < 0.80) & (np.abs(before[:, 0]) < 0.2)
    moved = after[still] - before[still]
    assert np.abs(moved - np.median(moved, axis=0)).max() < 2e-3
