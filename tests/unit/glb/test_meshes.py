"""Triangles in world space: skins, mirrors, strips, morph targets, and bounds."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from asset_forge.errors import BadGlb
from asset_forge.glb import meshes
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.meshes import DrawnMesh, drawn_meshes, pose_at, scene_bounds
from tests.support.glbs import box_arrays, rare_features, skinned_bar, textured_box


def face_normals(mesh: DrawnMesh) -> NDArray[np.float64]:
    corners = mesh.positions[mesh.triangles]
    crosses = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return np.asarray(crosses / np.linalg.norm(crosses, axis=1, keepdims=True))


def bounds(document: GlbDocument, overrides: Any = None) -> list[list[float]]:
    found = scene_bounds(document, overrides)
    assert found is not None
    return [side.round(6).tolist() for side in found]


@pytest.mark.parametrize("scale", [[1, 1, 1], [2, 1, 0.5], [-1, 2, 1], [-1, -1, -1], [-1, -1, 3]])
def test_faces_and_normals_point_outwards_under_every_scale(scale: list[float]) -> None:
    document = GlbDocument.parse(textured_box())
    document.json["nodes"][0].update(scale=scale, rotation=[0.2, 0.4, 0.1, 0.9])
    (mesh,) = drawn_meshes(document)
    assert mesh.normals is not None
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1)
    np.testing.assert_allclose(face_normals(mesh), mesh.normals[mesh.triangles[:, 0]], atol=1e-6)
    centers = mesh.positions[mesh.triangles].mean(axis=1)
    assert (np.einsum("ti,ti->t", centers, face_normals(mesh)) > 0).all()


def test_flattened_mesh_keeps_normals_of_its_plane() -> None:
    document = GlbDocument.parse(textured_box())
    document.json["nodes"][0]["scale"] = [1, 0, 1]
    (mesh,) = drawn_meshes(document)
    assert mesh.normals is not None
    assert np.isfinite(mesh.normals).all()
    assert {tuple(np.abs(normal)) for normal in mesh.normals} == {(0, 1, 0), (0, 0, 0)}


def test_drawn_mesh_names_its_node_and_primitive() -> None:
    document = GlbDocument.parse(rare_features())
    assert [mesh.node for mesh in drawn_meshes(document)] == [0, 0, 1]
    assert drawn_meshes(document)[0].primitive is document.json["meshes"][0]["primitives"][0]


def test_skinned_mesh_follows_its_joints_and_not_its_node() -> None:
    document = GlbDocument.parse(skinned_bar())
    bar = next(node for node in document.json["nodes"] if node["name"] == "bar")
    bar["translation"] = [50, 0, 0]
    assert bounds(document) == [[-0.1, 0, -0.1], [0.1, 2, 0.1]]
    # The upper half turns by 90 degrees around z at y = 1: its top ends at x = -1.
    assert bounds(document, pose_at(document, 0, 1.0)) == [[-1, 0, -0.1], [0.1, 1.1, 0.1]]


def test_skinned_normals_turn_with_the_joints() -> None:
    document = GlbDocument.parse(skinned_bar())
    (mesh,) = drawn_meshes(document, pose_at(document, 0, 1.0))
    assert mesh.normals is not None
    top = np.flatnonzero(box_arrays()["normals"][:, 1] == 1)
    np.testing.assert_allclose(mesh.normals[top], np.tile([-1, 0, 0], (4, 1)), atol=1e-6)


def test_mirrored_armature_still_points_outwards() -> None:
    document = GlbDocument.parse(skinned_bar())
    armature = next(node for node in document.json["nodes"] if node["name"] == "armature")
    armature["scale"] = [-0.01, 0.01, 0.01]
    (mesh,) = drawn_meshes(document)
    assert mesh.normals is not None
    np.testing.assert_allclose(face_normals(mesh), mesh.normals[mesh.triangles[:, 0]], atol=1e-6)


def test_vertex_without_weights_follows_the_first_joint() -> None:
    document = GlbDocument.parse(skinned_bar())
    index = document.json["meshes"][0]["primitives"][0]["attributes"]["WEIGHTS_0"]
    del document.json["accessors"][index]["bufferView"]  # all zeros
    assert bounds(document) == [[-0.1, 0, -0.1], [0.1, 2, 0.1]]


def test_skinning_in_blocks_gives_the_same_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    document = GlbDocument.parse(skinned_bar())
    pose = pose_at(document, 0, 0.7)
    whole = drawn_meshes(document, pose)[0]
    monkeypatch.setattr(meshes, "_SKINNING_BLOCK", 5)
    parts = drawn_meshes(document, pose)[0]
    assert parts.normals is not None
    assert whole.normals is not None
    np.testing.assert_array_equal(parts.positions, whole.positions)
    np.testing.assert_array_equal(parts.normals, whole.normals)


def test_strip_and_fan_under_a_mirror_face_forward() -> None:
    strip, fan, _ = drawn_meshes(GlbDocument.parse(rare_features()))
    for mesh in (strip, fan):
        assert mesh.triangles.shape == (2, 3)
        assert set(mesh.triangles.reshape(-1).tolist()) == {0, 1, 2, 3}
        assert face_normals(mesh).tolist() == [[0, 0, 1], [0, 0, 1]]
        assert mesh.positions[:, 0].tolist().count(-2) == 2


def test_morph_target_moves_vertices_by_its_weight() -> None:
    document = GlbDocument.parse(rare_features())
    assert drawn_meshes(document)[2].positions[2].tolist() == [0, 1, 1]
    posed = drawn_meshes(document, {1: {"weights": [0.5]}})
    assert posed[2].positions[2].tolist() == [0, 1, 0.5]


def test_points_lines_and_empty_primitives_are_left_out() -> None:
    document = GlbDocument.parse(textured_box())
    (primitive,) = document.json["meshes"][0]["primitives"]
    document.json["meshes"][0]["primitives"] = [
        {**primitive, "mode": mode} for mode in (0, 1, 2, 3)
    ] + [{"attributes": {}}]
    assert drawn_meshes(document) == []
    assert scene_bounds(document) is None


def test_corners_left_over_after_whole_triangles_are_ignored() -> None:
    document = GlbDocument.parse(textured_box())
    index = document.json["meshes"][0]["primitives"][0]["indices"]
    document.json["accessors"][index]["count"] = 35
    assert drawn_meshes(document)[0].triangles.shape == (11, 3)


def test_small_file_that_draws_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    document = GlbDocument.parse(textured_box())
    document.json["nodes"] = [{"mesh": 0} for _ in range(100)]
    document.json["scenes"][0]["nodes"] = list(range(100))
    assert len(drawn_meshes(document)) == 100
    for name, limit in (
        ("MAX_DRAWN_VERTICES", 2399),
        ("MAX_DRAWN_TRIANGLES", 1199),
        ("MAX_DRAWN_PRIMITIVES", 99),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(meshes, name, limit)
            with pytest.raises(BadGlb, match="too large"):
                drawn_meshes(document)
    monkeypatch.setattr(meshes, "MAX_DRAWN_VERTICES", 2399)
    with pytest.raises(BadGlb, match="2399"):
        scene_bounds(document)


def damaged_bar(place: str, value: object) -> GlbDocument:
    """Change one part of the skinned bar; `place` is a path such as "skins.0.joints"."""
    document = GlbDocument.parse(skinned_bar())
    *way, last = place.split(".")
    target: Any = document.json
    for step in way:
        target = target[int(step) if step.isdigit() else step]
    target[last] = value
    return document


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("meshes.0.primitives.0.attributes.POSITION", 99),
        ("meshes.0.primitives.0.attributes.POSITION", 2),
        ("meshes.0.primitives.0.attributes.POSITION", "0"),
        ("meshes.0.primitives.0.attributes.NORMAL", 2),
        ("meshes.0.primitives.0.attributes.JOINTS_0", 0),
        ("meshes.0.primitives.0.attributes.JOINTS_0", 4),
        ("meshes.0.primitives.0.attributes.WEIGHTS_0", 0),
        ("meshes.0.primitives.0.attributes.JOINTS_1", 3),
        ("meshes.0.primitives.0.indices", 0),
        ("meshes.0.primitives.0.indices", None),
        ("meshes.0.primitives.0.mode", "4"),
        ("meshes.0.primitives", {}),
        ("meshes.0.weights", "all"),
        ("accessors.0.count", 23),
        ("skins.0.joints", []),
        ("skins.0.joints", [0]),
        ("skins.0.joints", [0, 99]),
        ("skins.0.joints", [0, 1, 2]),
        ("skins.0.inverseBindMatrices", 0),
        ("nodes.2.skin", 1),
        ("nodes.2.mesh", 1),
        ("nodes.3.scale", [1e20, 1e20, 1e20]),
    ],
)
def test_damaged_mesh_or_skin_is_refused(place: str, value: object) -> None:
    assert len(drawn_meshes(GlbDocument.parse(skinned_bar()))) == 1
    with pytest.raises(BadGlb):
        drawn_meshes(damaged_bar(place, value))


def box_with_nan(view: int) -> GlbDocument:
    document = GlbDocument.parse(textured_box())
    start = document.json["bufferViews"][view]["byteOffset"]
    binary = bytearray(document.binary)
    binary[start : start + 4] = np.array([np.nan], "<f4").tobytes()
    return GlbDocument(document.json, bytes(binary))


def test_position_that_is_no_number_is_refused() -> None:
    with pytest.raises(BadGlb, match="far away"):
        drawn_meshes(box_with_nan(1))


def test_normal_that_is_no_number_becomes_zero() -> None:
    (mesh,) = drawn_meshes(box_with_nan(2))
    assert mesh.normals is not None
    np.testing.assert_array_equal(np.linalg.norm(mesh.normals, axis=1), [0] + [1] * 23)
