"""Node matrices, and trees that are none."""

from typing import Any

import numpy as np
import pytest

from asset_forge.errors import BadGlb
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.nodes import (
    compose,
    decompose,
    local_matrix,
    matrix_quaternion,
    quaternion_matrix,
    scene_nodes,
    world_matrices,
)

HALF = float(np.sqrt(0.5))


def document(nodes: list[dict[str, Any]], **parts: Any) -> GlbDocument:
    return GlbDocument({"asset": {"version": "2.0"}, "nodes": nodes, **parts}, b"")


def test_quaternion_turns_counter_clockwise() -> None:
    quarter = quaternion_matrix([0, 0, HALF, HALF])
    np.testing.assert_allclose(quarter @ [1, 0, 0], [0, 1, 0], atol=1e-12)


def test_quaternion_of_other_length_is_normalised_and_zero_is_no_rotation() -> None:
    np.testing.assert_allclose(quaternion_matrix([0, 0, 7, 7]), quaternion_matrix([0, 0, 1, 1]))
    assert quaternion_matrix([0, 0, 0, 0]).tolist() == np.eye(3).tolist()
    tiny = quaternion_matrix([0, 0, 1e-300, 1e-300])
    np.testing.assert_allclose(tiny, quaternion_matrix([0, 0, 1, 1]))


def test_matrix_quaternion_is_the_way_back_also_near_half_turns() -> None:
    random = np.random.default_rng(5)
    half_turns = np.array([[1, 0, 0, 0], [0, 1, 0, 1e-9], [0, 0, 1, 0]])
    for quaternion in np.concatenate([random.normal(size=(20, 4)), half_turns]):
        matrix = quaternion_matrix(quaternion)
        np.testing.assert_allclose(quaternion_matrix(matrix_quaternion(matrix)), matrix, atol=1e-9)


@pytest.mark.parametrize("scale", [(1, 2, 3), (-1, 1, 1), (0.01, 0.01, 0.01)])
def test_decompose_is_the_way_back_of_compose(scale: tuple[float, float, float]) -> None:
    matrix = compose((4, 5, 6), (0.1, -0.2, 0.3, 0.9), scale)
    translation, rotation, found_scale = decompose(matrix)
    np.testing.assert_allclose(compose(translation, rotation, found_scale), matrix, atol=1e-12)
    assert np.prod(found_scale) == pytest.approx(np.prod(scale))


def test_local_matrix_reads_columns_and_applies_overrides() -> None:
    columns = compose((1, 2, 3), (0, 0, 0, 1), (2, 2, 2)).T.reshape(-1)
    node = {"matrix": columns.tolist()}
    assert local_matrix(node)[:3, 3].tolist() == [1, 2, 3]
    moved = local_matrix(node, {"translation": [9, 9, 9]})
    np.testing.assert_allclose(moved, compose((9, 9, 9), (0, 0, 0, 1), (2, 2, 2)), atol=1e-12)
    turned = local_matrix({"scale": [2, 2, 2]}, {"rotation": [0, 0, 1, 1]})
    np.testing.assert_allclose(turned @ [1, 0, 0, 1], [0, 2, 0, 1], atol=1e-12)


def test_world_matrices_multiply_down_the_tree() -> None:
    nodes = [
        {"translation": [0, 1, 0]},
        {"scale": [2, 2, 2], "children": [0]},
        {"translation": [5, 0, 0], "children": [1]},
    ]
    worlds = world_matrices(document(nodes))
    assert worlds[0][:3, 3].tolist() == [5, 2, 0]
    posed = world_matrices(document(nodes), {2: {"translation": [0, 0, 0]}})
    assert posed[0][:3, 3].tolist() == [0, 2, 0]


def test_chain_of_many_nodes_needs_no_recursion() -> None:
    count = 3_000
    nodes: list[dict[str, Any]] = [
        {"translation": [1, 0, 0], "children": [index + 1]} for index in range(count - 1)
    ]
    nodes.append({})
    assert world_matrices(document(nodes))[-1][0, 3] == count - 1


def test_scene_nodes_are_those_of_the_default_scene_or_all() -> None:
    nodes: list[dict[str, Any]] = [{"children": [2]}, {}, {}]
    scenes = [{"nodes": [1]}, {"nodes": [0]}]
    assert scene_nodes(document(nodes, scenes=scenes, scene=1)) == [0, 2]
    assert scene_nodes(document(nodes, scenes=scenes)) == [1]
    assert scene_nodes(document(nodes)) == [0, 2, 1]


@pytest.mark.parametrize(
    "nodes",
    [
        [{"children": [0]}],
        [{"children": [1]}, {"children": [0]}],
        [{"children": [2]}, {"children": [2]}, {}],
        [{"children": [1, 1]}, {}],
        [{"children": [1]}],
        [{"children": [-1]}],
        [{"children": ["0"]}],
        [{"children": 0}],
        ["node"],
        [{"translation": [1, 2]}],
        [{"translation": [1, 2, None]}],
        [{"rotation": [0, 0, 0, 10**400]}],
        [{"matrix": [1] * 15}],
        [{"scale": [1e200] * 3, "children": [1]}, {"scale": [1e200] * 3}],
    ],
)
def test_node_tree_that_is_none_is_refused(nodes: list[Any]) -> None:
    with pytest.raises(BadGlb):
        world_matrices(document(nodes))


@pytest.mark.parametrize(
    "parts",
    [
        {"scenes": [{"nodes": [5]}]},
        {"scenes": [{"nodes": [0, 0]}]},
        {"scenes": [{"nodes": [0]}], "scene": 1},
        {"scenes": [{"nodes": {}}]},
        {"scenes": [7]},
    ],
)
def test_scene_that_names_wrong_nodes_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(BadGlb):
        scene_nodes(document([{}], **parts))


def test_too_many_nodes_are_refused() -> None:
    with pytest.raises(BadGlb, match="limit"):
        world_matrices(document([{}] * 50_001))
