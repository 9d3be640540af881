"""Even samples of a model's surface, and how a model was found to stand.

For measurements that must not depend on how finely a part is tessellated. Nothing here changes a
document.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asset_forge.glb.meshes import DrawnMesh

Vectors = NDArray[np.float64]

SAMPLE_COUNT = 20_000
# Steps of the R2 sequence, which spreads points over a square without a generator
# (M. Roberts, "The Unreasonable Effectiveness of Quasirandom Sequences", 2018).
_R2_STEPS = (0.7548776662466927, 0.5698402909980532)


@dataclass(frozen=True, eq=False)
class Surface:
    """samples: (S, 3), spread evenly over the area. points: (V, 3), every vertex. World space."""

    samples: Vectors
    points: Vectors


@dataclass(frozen=True, eq=False)
class Stance:
    """How a model stands and how it ought to: a point p belongs at rotation @ (p - origin).

    rotation: (3, 3), proper. origin: (3,), world space. confidence: 0 to 1; below a half it is
    better not to turn the model. note: what was not clear, for people.
    """

    rotation: Vectors
    origin: Vectors
    confidence: float
    note: str | None = None


def sample_surface(meshes: Sequence[DrawnMesh], count: int = SAMPLE_COUNT) -> Surface | None:
    """Spread points evenly over the surface of drawn meshes; None when it has no area.

    The same triangles in the same order get the same points, wherever they are and however large.
    """
    corners = [mesh.positions[mesh.triangles] for mesh in meshes if len(mesh.triangles)]
    if not corners:
        return None
    triangles = np.concatenate(corners)
    first, second = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    # Scaled to about one, so that neither tiny nor huge models leave the range of floats.
    extent = float(np.ptp(triangles.reshape(-1, 3), axis=0).max())
    if not extent > 0:
        return None
    areas = np.linalg.norm(np.cross(first / extent, second / extent), axis=1)
    total = np.cumsum(areas)
    if not total[-1] > 0:
        return None
    places = (np.arange(count) + 0.5) / count * total[-1]
    chosen = np.minimum(np.searchsorted(total, places), len(areas) - 1)
    u, v = (np.arange(1, count + 1) * step % 1.0 for step in _R2_STEPS)
    outside = u + v > 1
    u[outside], v[outside] = 1 - u[outside], 1 - v[outside]
    samples = (
        triangles[chosen, 0] + u[:, np.newaxis] * first[chosen] + v[:, np.newaxis] * second[chosen]
    )
    return Surface(samples, np.concatenate([mesh.positions for mesh in meshes]))


def principal_axes(points: Vectors) -> tuple[Vectors, Vectors]:
    """Return the variances (3,), largest first, and the directions as rows (3, 3)."""
    spread = np.asarray(points - points.mean(axis=0), np.float64)
    variances, columns = np.linalg.eigh(spread.T @ spread / len(spread))
    return variances[::-1], columns.T[::-1]


def smallest_turn(source: Vectors, target: Vectors) -> Vectors:
    """Return the (3, 3) rotation that brings one unit vector onto another the short way."""
    cosine = float(source @ target)
    axis = np.cross(source, target)
    if cosine < -0.999999:  # half a turn, about any axis square to it
        helper = np.eye(3)[int(np.abs(source).argmin())]
        axis = np.cross(source, helper)
        axis /= np.linalg.norm(axis)
        half_turn: Vectors = 2 * np.outer(axis, axis) - np.eye(3)
        return half_turn
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn: Vectors = np.eye(3) + cross + cross @ cross / (1 + cosine)
    return turn


def nearest_turn(options: Sequence[Vectors]) -> Vectors:
    """Return the rotation that turns the model least."""
    return max(options, key=lambda rotation: float(np.trace(rotation)))


def turn_deg(rotation: Vectors) -> float:
    """Return by how many degrees a rotation turns."""
    return float(np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1))))
