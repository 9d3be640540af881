"""The node tree: local and world matrices, and taking matrices apart.

Matrices are (4, 4) float64 for column vectors (numpy rows, not glTF's column order). Nothing here
reads meshes, skins or animations; a pose comes in as overrides of single nodes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asset_forge.errors import BadGlb
from asset_forge.glb import fields
from asset_forge.glb.document import GlbDocument

Matrix = NDArray[np.float64]
Numbers = Sequence[float] | NDArray[np.float64]
# node index → "translation", "rotation", "scale" or "weights" → numbers
Overrides = Mapping[int, Mapping[str, Sequence[float]]]

MAX_NODES = 50_000
_IDENTITY = tuple(float(row == column) for column in range(4) for row in range(4))


def quaternion_matrix(quaternion: Numbers) -> Matrix:
    """Turn a quaternion x y z w of any length into a (3, 3) rotation; zero is no rotation."""
    values = np.asarray(quaternion, np.float64)
    largest = np.abs(values).max()
    if largest == 0:
        return np.eye(3)
    values = values / largest
    x, y, z, w = values / np.linalg.norm(values)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def matrix_quaternion(rotation: Matrix) -> NDArray[np.float64]:
    """Turn a (3, 3) rotation into a unit quaternion x y z w with w ≥ 0."""
    r = rotation
    # The quaternion is the eigenvector of the largest eigenvalue (Bar-Itzhack 2000), which stays
    # exact near half turns, where the formula with the trace divides by almost zero.
    symmetric = np.array(
        [
            [r[0, 0] - r[1, 1] - r[2, 2], r[1, 0] + r[0, 1], r[2, 0] + r[0, 2], r[2, 1] - r[1, 2]],
            [r[1, 0] + r[0, 1], r[1, 1] - r[0, 0] - r[2, 2], r[2, 1] + r[1, 2], r[0, 2] - r[2, 0]],
            [r[2, 0] + r[0, 2], r[2, 1] + r[1, 2], r[2, 2] - r[0, 0] - r[1, 1], r[1, 0] - r[0, 1]],
            [r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], r[0, 0] + r[1, 1] + r[2, 2]],
        ]
    )
    vectors: NDArray[np.float64] = np.linalg.eigh(symmetric)[1]
    quaternion = vectors[:, 3]
    return -quaternion if quaternion[3] < 0 else quaternion


def compose(translation: Numbers, rotation: Numbers, scale: Numbers) -> Matrix:
    """Build the matrix that scales, then rotates (quaternion x y z w), then moves."""
    matrix = np.eye(4)
    matrix[:3, :3] = quaternion_matrix(rotation) * np.asarray(scale, np.float64)
    matrix[:3, 3] = translation
    return matrix


def decompose(
    matrix: Matrix,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Split an affine matrix into translation (3,), quaternion x y z w (4,) and scale (3,).

    A mirroring matrix gets a negative X scale. Shear cannot be held by the three and is lost.
    """
    linear = matrix[:3, :3]
    scale = np.linalg.norm(linear, axis=0)
    if np.linalg.det(linear) < 0:
        scale[0] = -scale[0]
    rotation = linear / np.where(scale == 0, 1.0, scale)
    return matrix[:3, 3].copy(), matrix_quaternion(rotation), scale


def local_matrix(
    node: dict[str, Any], override: Mapping[str, Sequence[float]] | None = None
) -> Matrix:
    """Return the matrix of a node's JSON, with single properties replaced by the override."""
    changed = {key: list(override[key]) for key in override} if override else {}
    if "matrix" in node:
        columns = np.array(fields.numbers(node, "matrix", 16, _IDENTITY))
        matrix: Matrix = columns.reshape(4, 4).T
        if not changed:
            return matrix
        translation, rotation, scale = decompose(matrix)
        node = {"translation": list(translation), "rotation": list(rotation), "scale": list(scale)}
    merged = {**node, **changed}
    return compose(
        fields.numbers(merged, "translation", 3, (0, 0, 0)),
        fields.numbers(merged, "rotation", 4, (0, 0, 0, 1)),
        fields.numbers(merged, "scale", 3, (1, 1, 1)),
    )


def node_parents(document: GlbDocument) -> list[int]:
    """Return the parent of every node, -1 for roots. Raises BadGlb when it is no tree."""
    nodes = fields.objects(document.json, "nodes")
    if len(nodes) > MAX_NODES:
        raise BadGlb(f"The GLB has {len(nodes)} nodes; {MAX_NODES} is the limit.")
    parents = [-1] * len(nodes)
    for index, node in enumerate(nodes):
        for child in fields.integers(node, "children"):
            if child >= len(nodes):
                raise BadGlb(f"The GLB is damaged: nodes[{index}] has an unknown child {child}.")
            if parents[child] != -1:
                raise BadGlb(f"The GLB is damaged: nodes[{child}] has two parents.")
            parents[child] = index
    return parents


def tree_order(document: GlbDocument, roots: Sequence[int]) -> list[int]:
    """Return the nodes below and including the roots, parents before children."""
    nodes = fields.objects(document.json, "nodes")
    order: list[int] = []
    seen: set[int] = set()
    waiting = list(reversed(roots))
    while waiting:
        index = waiting.pop()
        if not 0 <= index < len(nodes):
            raise BadGlb(f"The GLB is damaged: nodes[{index}] does not exist.")
        if index in seen:
            raise BadGlb(f"The GLB is damaged: nodes[{index}] is its own descendant or used twice.")
        seen.add(index)
        order.append(index)
        waiting.extend(reversed(fields.integers(nodes[index], "children")))
    return order


def scene_roots(document: GlbDocument) -> list[int]:
    """Return the root nodes of the default scene; without scenes, all nodes that have no parent."""
    if not fields.objects(document.json, "scenes"):
        return [node for node, parent in enumerate(node_parents(document)) if parent == -1]
    scene = fields.item(document.json, "scenes", fields.integer(document.json, "scene", default=0))
    return fields.integers(scene, "nodes")


def scene_nodes(document: GlbDocument) -> list[int]:
    """Return all nodes of the default scene, parents before children."""
    return tree_order(document, scene_roots(document))


def world_matrices(document: GlbDocument, overrides: Overrides | None = None) -> Matrix:
    """Return the (N, 4, 4) world matrices of all nodes, also of those outside the scene."""
    nodes = fields.objects(document.json, "nodes")
    parents = node_parents(document)
    order = tree_order(document, [node for node, parent in enumerate(parents) if parent == -1])
    if len(order) < len(nodes):
        raise BadGlb("The GLB is damaged: some of its nodes are their own descendants.")
    worlds = np.zeros((len(nodes), 4, 4))
    with np.errstate(over="ignore", invalid="ignore"):
        for index in order:
            local = local_matrix(nodes[index], (overrides or {}).get(index))
            worlds[index] = local if parents[index] == -1 else worlds[parents[index]] @ local
    if not np.isfinite(worlds).all():
        raise BadGlb("The GLB is damaged: its nodes multiply to endless sizes.")
    return worlds
