"""The triangles of a scene in world space, with skins and morph targets applied.

For renderers, bounds and measurements; nothing here changes a document. Compressed geometry (Draco,
meshopt) is read like any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asset_forge.errors import BadGlb
from asset_forge.glb import fields
from asset_forge.glb.accessors import read_accessor
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.nodes import Matrix, Overrides, scene_nodes, world_matrices
from asset_forge.glb.poses import pose_at

__all__ = [
    "DrawnMesh",
    "drawn_meshes",
    "pose_at",
    "scene_bounds",
    "scene_primitives",
]

Vectors = NDArray[np.float64]

TRIANGLES, TRIANGLE_STRIP, TRIANGLE_FAN = 4, 5, 6
TRIANGLE_MODES = frozenset({TRIANGLES, TRIANGLE_STRIP, TRIANGLE_FAN})

# A small file may draw one mesh through thousands of nodes; this bounds the memory for all.
MAX_DRAWN_VERTICES = 5_000_000
MAX_DRAWN_TRIANGLES = 5_000_000
MAX_DRAWN_PRIMITIVES = 10_000
# Far outside any model, and small enough that products of coordinates cannot overflow.
MAX_COORDINATE_M = 1e15
_SKINNING_BLOCK = 65_536


@dataclass(frozen=True, eq=False)
class DrawnMesh:
    """One triangle primitive as it is drawn.

    positions: (V, 3) float64, metres, world space. normals: the same shape or None, unit
    length, zero where the file gives no direction (exporters write NaN for collapsed faces).
    triangles: (T, 3) int64, counter-clockwise seen from outside. primitive is its JSON, for the
    material and the other attributes, whose rows belong to the same vertices.
    """

    node: int
    primitive: dict[str, Any]
    positions: Vectors
    normals: Vectors | None
    triangles: NDArray[np.int64]


def drawn_meshes(document: GlbDocument, overrides: Overrides | None = None) -> list[DrawnMesh]:
    """Return every triangle primitive of the default scene in world space.

    Points and lines are left out. Raises BadGlb for damaged geometry and for scenes
    above MAX_DRAWN_VERTICES or MAX_DRAWN_TRIANGLES.
    """
    worlds = world_matrices(document, overrides)
    drawn: list[DrawnMesh] = []
    vertex_count = triangle_count = 0
    for index, primitive in scene_primitives(document):
        mesh = _drawn_mesh(document, index, primitive, worlds, overrides)
        vertex_count += len(mesh.positions)
        triangle_count += len(mesh.triangles)
        if vertex_count > MAX_DRAWN_VERTICES or triangle_count > MAX_DRAWN_TRIANGLES:
            raise BadGlb(
                f"The GLB is too large: its scene draws more than {MAX_DRAWN_VERTICES} vertices "
                f"or {MAX_DRAWN_TRIANGLES} triangles."
            )
        drawn.append(mesh)
    return drawn


def scene_bounds(
    document: GlbDocument, overrides: Overrides | None = None
) -> tuple[Vectors, Vectors] | None:
    """Return the lowest and highest corner of all drawn vertices, or None when nothing is drawn.

    Both (3,) float64, metres. Skinned vertices count where their joints put them.
    """
    worlds = world_matrices(document, overrides)
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    vertex_count = 0
    for index, primitive in scene_primitives(document):
        corners = _world_points(document, index, primitive, worlds, overrides)[0]
        vertex_count += len(corners)
        if vertex_count > MAX_DRAWN_VERTICES:
            raise BadGlb(f"The scene of the GLB draws more than {MAX_DRAWN_VERTICES} vertices.")
        low = np.minimum(low, corners.min(axis=0))
        high = np.maximum(high, corners.max(axis=0))
    return (low, high) if np.isfinite(low).all() else None


def scene_primitives(document: GlbDocument) -> list[tuple[int, dict[str, Any]]]:
    """List the (node index, primitive) pairs of the default scene that are triangles."""
    found = []
    for index in scene_nodes(document):
        node = fields.item(document.json, "nodes", index)
        mesh_index = fields.optional_integer(node, "mesh")
        if mesh_index is None:
            continue
        mesh = fields.item(document.json, "meshes", mesh_index)
        for primitive in fields.objects(mesh, "primitives"):
            mode = fields.integer(primitive, "mode", default=TRIANGLES)
            if mode in TRIANGLE_MODES and "POSITION" in fields.mapping(primitive, "attributes"):
                found.append((index, primitive))
            if len(found) > MAX_DRAWN_PRIMITIVES:
                raise BadGlb(f"The GLB is too large: it draws over {MAX_DRAWN_PRIMITIVES} parts.")
    return found


def _drawn_mesh(
    document: GlbDocument,
    index: int,
    primitive: dict[str, Any],
    worlds: Matrix,
    overrides: Overrides | None,
) -> DrawnMesh:
    positions, normals, mirrored = _world_points(document, index, primitive, worlds, overrides)
    triangles = _triangles(document, primitive, len(positions))
    if mirrored:
        triangles = triangles[:, ::-1]
    return DrawnMesh(index, primitive, positions, normals, triangles)


def _world_points(
    document: GlbDocument,
    index: int,
    primitive: dict[str, Any],
    worlds: Matrix,
    overrides: Overrides | None,
) -> tuple[Vectors, Vectors | None, bool]:
    """Return positions and normals in world space, and whether the way there mirrors."""
    node = fields.item(document.json, "nodes", index)
    mesh = fields.item(document.json, "meshes", fields.integer(node, "mesh"))
    attributes = fields.mapping(primitive, "attributes")
    weights = _morph_weights(node, mesh, (overrides or {}).get(index, {}).get("weights"))
    positions = _vectors(document, primitive, "POSITION", weights)
    normals = None
    if "NORMAL" in attributes:
        normals = _vectors(document, primitive, "NORMAL", weights)
        if len(normals) != len(positions):
            raise BadGlb("The GLB is damaged: a primitive has not one normal for each vertex.")
    joints = None
    if "skin" in node and "JOINTS_0" in attributes:
        joints = _joint_matrices(document, fields.integer(node, "skin"), worlds)
        influences = _influences(document, attributes, len(positions), len(joints))
    with np.errstate(over="ignore", invalid="ignore"):
        if joints is None:
            mirrored = _transform(positions, normals, worlds[index][np.newaxis]) < 0
        else:
            mirrored = _skin(positions, normals, joints, *influences) < 0
    _check_coordinates(positions)
    return positions, normals, mirrored


def _vectors(
    document: GlbDocument, primitive: dict[str, Any], name: str, weights: Sequence[float]
) -> Vectors:
    """Read a (V, 3) attribute with its morph targets added."""
    base = _read_rows(document, fields.mapping(primitive, "attributes"), name)
    for target, weight in zip(fields.objects(primitive, "targets"), weights, strict=False):
        if weight and name in target:
            delta = _read_rows(document, target, name)
            if delta.shape != base.shape:
                raise BadGlb("The GLB is damaged: a morph target does not fit its primitive.")
            base += weight * delta
    return base


def _read_rows(document: GlbDocument, attributes: dict[str, Any], name: str) -> Vectors:
    index = fields.integer(attributes, name)
    values = read_accessor(document, index)
    if values.ndim != 2 or values.shape[1] != 3 or len(values) > MAX_DRAWN_VERTICES:
        raise BadGlb(f"The GLB is damaged or too large: accessors[{index}] cannot be a {name}.")
    with np.errstate(invalid="ignore"):
        return values.astype(np.float64)


def _morph_weights(
    node: dict[str, Any], mesh: dict[str, Any], override: Sequence[float] | None
) -> Sequence[float]:
    if override is not None:
        return override
    owner = node if "weights" in node else mesh
    weights = owner.get("weights", [])
    if not isinstance(weights, list):
        raise BadGlb("The GLB is damaged: 'weights' must be a list of numbers.")
    return fields.numbers(owner, "weights", len(weights), ())


def _transform(positions: Vectors, normals: Vectors | None, matrices: Matrix) -> float:
    """Move positions and normals in place by (1 or V, 4, 4) matrices; return the mean handedness.

    Normals go through the cofactors, which point the right way also under uneven scales and exist
    also for flattened meshes.
    """
    linear = matrices[:, :3, :3]
    positions[:] = np.einsum("vij,vj->vi", linear, positions) + matrices[:, :3, 3]
    cofactors = np.stack(
        [np.cross(linear[:, (row + 1) % 3], linear[:, (row + 2) % 3]) for row in range(3)], axis=1
    )
    handedness = np.sign(np.einsum("vi,vi->v", linear[:, 0], cofactors[:, 0]))
    if normals is not None:
        turned = np.einsum("vij,vj->vi", cofactors, normals)
        turned *= np.where(handedness < 0, -1.0, 1.0)[:, np.newaxis]
        lengths = np.linalg.norm(turned, axis=1, keepdims=True)
        usable = np.isfinite(lengths) & (lengths > 0)
        normals[:] = np.divide(turned, lengths, out=np.zeros_like(turned), where=usable)
    return float(handedness.sum())


def _skin(
    positions: Vectors,
    normals: Vectors | None,
    joints: Matrix,
    indices: NDArray[np.int64],
    weights: Vectors,
) -> float:
    """Move skinned vertices in place, a block at a time, since each needs its own matrix."""
    handedness = 0.0
    for start in range(0, len(positions), _SKINNING_BLOCK):
        block = slice(start, start + _SKINNING_BLOCK)
        blended = np.zeros((len(positions[block]), 4, 4))
        for influence in range(indices.shape[1]):
            share = weights[block, influence, np.newaxis, np.newaxis]
            blended += share * joints[indices[block, influence]]
        handedness += _transform(
            positions[block], None if normals is None else normals[block], blended
        )
    return handedness


def _joint_matrices(document: GlbDocument, skin_index: int, worlds: Matrix) -> Matrix:
    """Return (J, 4, 4): from the space of the bind pose to the world."""
    skin = fields.item(document.json, "skins", skin_index)
    joints = fields.integers(skin, "joints")
    if not joints or max(joints) >= len(worlds):
        raise BadGlb(f"The GLB is damaged: skins[{skin_index}] names joints that do not exist.")
    inverse_index = fields.optional_integer(skin, "inverseBindMatrices")
    if inverse_index is None:
        return worlds[joints]
    inverses = read_accessor(document, inverse_index)
    if inverses.ndim != 2 or inverses.shape[1] != 16 or len(inverses) < len(joints):
        raise BadGlb(f"The GLB is damaged: skins[{skin_index}] has too few bind matrices.")
    with np.errstate(over="ignore", invalid="ignore"):
        wide = inverses[: len(joints)].astype(np.float64).reshape(-1, 4, 4).transpose(0, 2, 1)
        return worlds[joints] @ wide


def _influences(
    document: GlbDocument, attributes: dict[str, Any], vertex_count: int, joint_count: int
) -> tuple[NDArray[np.int64], Vectors]:
    """Return the joint indices and weights, both (V, 4 or more), weights adding up to one."""
    joint_sets: list[NDArray[np.int64]] = []
    weight_sets: list[Vectors] = []
    while f"JOINTS_{len(joint_sets)}" in attributes:
        number = len(joint_sets)
        joints = read_accessor(document, fields.integer(attributes, f"JOINTS_{number}"))
        weights = read_accessor(document, fields.integer(attributes, f"WEIGHTS_{number}"))
        if joints.shape != (vertex_count, 4) or weights.shape != joints.shape:
            raise BadGlb("The GLB is damaged: joints and weights do not fit the vertices.")
        if joints.dtype.kind != "u":
            raise BadGlb("The GLB is damaged: joints must be whole numbers.")
        joint_sets.append(joints.astype(np.int64))
        with np.errstate(invalid="ignore"):
            weight_sets.append(weights.astype(np.float64))
    indices, shares = np.concatenate(joint_sets, axis=1), np.concatenate(weight_sets, axis=1)
    if not np.isfinite(shares).all():
        raise BadGlb("The GLB is damaged: some skin weights are not finite.")
    indices[shares == 0] = 0
    if indices.max() >= joint_count:
        raise BadGlb("The GLB is damaged: a vertex names a joint that its skin does not have.")
    sums = shares.sum(axis=1, keepdims=True)
    # A vertex that nobody moves follows the first joint instead of falling to the origin.
    shares[sums[:, 0] <= 0] = [1.0] + [0.0] * (shares.shape[1] - 1)
    return indices, shares / np.where(sums > 0, sums, 1.0)


def _triangles(
    document: GlbDocument, primitive: dict[str, Any], vertex_count: int
) -> NDArray[np.int64]:
    index = fields.optional_integer(primitive, "indices")
    if index is None:
        corners = np.arange(vertex_count, dtype=np.int64)
    else:
        values = read_accessor(document, index)
        if values.ndim != 1 or values.dtype.kind != "u" or int(values.max()) >= vertex_count:
            raise BadGlb(
                f"The GLB is damaged: accessors[{index}] names vertices that do not exist."
            )
        corners = values.astype(np.int64)
    mode = fields.integer(primitive, "mode", default=TRIANGLES)
    if mode == TRIANGLES:
        return corners[: len(corners) // 3 * 3].reshape(-1, 3)
    step = np.arange(max(len(corners) - 2, 0))
    if mode == TRIANGLE_FAN:
        return np.stack([corners[step + 1], corners[step + 2], corners[step * 0]], axis=1)
    odd = step % 2
    return np.stack([corners[step], corners[step + 1 + odd], corners[step + 2 - odd]], axis=1)


def _check_coordinates(points: Vectors) -> None:
    # Written so that NaN, which is below nothing, fails too.
    if not (np.abs(points) < MAX_COORDINATE_M).all():
        raise BadGlb("The GLB is damaged: some of its vertices are endlessly far away.")
