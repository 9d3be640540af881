"""Broken stone: convex lumps of chipped faces whose surface is known in every direction."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from asset_forge.greybox.mesh import Floats, Ints
from asset_forge.greybox.solids import Solid


@dataclass(frozen=True, eq=False)
class Lump:
    """A sphere cut by planes: normals (N, 3) and distances (N,) before scaling, radii (3,)."""

    normals: Floats
    distances: Floats
    radii: Floats

    def at(self, directions: Floats) -> Floats:
        """Return the surface's points in directions (V, 3) of the unscaled sphere."""
        unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
        facing = unit @ self.normals.T
        reach = np.where(facing > 1e-6, self.distances / np.maximum(facing, 1e-6), np.inf)
        points: Floats = unit * np.minimum(reach.min(axis=1), 1.0)[:, None] * self.radii
        return points


def lump(
    rng: np.random.Generator,
    radii: tuple[float, float, float],
    *,
    cuts: int = 14,
    foot: float | None = None,
) -> Lump:
    """Chip a lump with so many blows; fewer leave it rounder.

    foot: how far below the middle it is cut flat, in radii, so that it lies well.
    """
    normals = rng.normal(size=(cuts, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    distances = rng.uniform(0.68, 0.93, cuts)
    if foot is not None:
        normals = np.vstack([normals, [(0.0, -1.0, 0.0)]])
        distances = np.append(distances, foot)
    return Lump(normals, distances, np.array(radii, dtype=np.float64))


def solid_of(
    shape: Lump, rng: np.random.Generator, *, rough: float = 0.02, level: int = 3
) -> Solid:
    """Mesh a lump; rough: uneven share of its radius. level: 2 makes 320 faces, 3 makes 1280.

    Every chipped face is an island of the texture, what is left of the sphere has six.
    """
    sphere, faces = icosphere(level)
    points = shape.at(sphere) * (1.0 + rng.uniform(-rough, rough, (len(sphere), 1)))
    middle = sphere[faces].mean(axis=1)
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    axis = np.abs(middle).argmax(axis=1)
    sides = np.eye(3)[axis] * np.sign(middle[np.arange(len(axis)), axis])[:, None]
    facing = middle @ shape.normals.T
    reach = np.where(facing > 1e-6, shape.distances / np.maximum(facing, 1e-6), np.inf)
    cut = reach.argmin(axis=1)
    is_cut = reach.min(axis=1) < 1.0
    out = np.where(is_cut[:, None], shape.normals[cut], sides)
    across = np.cross([0.12, 0.98, 0.15], out)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    along = np.cross(out, across)
    corners = points[faces]
    uvs = np.stack(
        [np.einsum("tkd,td->tk", corners, across), np.einsum("tkd,td->tk", corners, along)], axis=2
    )
    label = np.where(is_cut, cut + 6, axis * 2 + (sides.sum(axis=1) > 0))
    _, islands = np.unique(label, return_inverse=True)
    return Solid(points, faces, uvs, islands.reshape(-1).astype(np.int64))


@cache
def icosphere(level: int) -> tuple[Floats, Ints]:
    """Return unit positions (V, 3) and triangles (20 · 4**level, 3) of an even sphere."""
    t = (1 + 5**0.5) / 2
    points = [(-1.0, t, 0.0), (1.0, t, 0.0), (-1.0, -t, 0.0), (1.0, -t, 0.0), (0.0, -1.0, t),
              (0.0, 1.0, t), (0.0, -1.0, -t), (0.0, 1.0, -t), (t, 0.0, -1.0), (t, 0.0, 1.0),
              (-t, 0.0, -1.0), (-t, 0.0, 1.0)]  # fmt: skip
    faces = [(0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4),
             (11, 10, 2), (10, 7, 6), (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8),
             (3, 8, 9), (4, 9, 5), (2, 4, 11), (6, 2, 10), (8, 6, 7), (9, 8, 1)]  # fmt: skip
    for _ in range(level):
        middles: dict[tuple[int, int], int] = {}
        finer = []
        for a, b, c in faces:
            ab, bc, ca = (_middle(points, middles, *edge) for edge in ((a, b), (b, c), (c, a)))
            finer += [(a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca)]
        faces = finer
    positions = np.array(points)
    positions /= np.linalg.norm(positions, axis=1, keepdims=True)
    return positions, np.array(faces, dtype=np.int64)


def _middle(
    points: list[tuple[float, float, float]], known: dict[tuple[int, int], int], a: int, b: int
) -> int:
    key = (min(a, b), max(a, b))
    if key not in known:
        between = np.array(points[a]) / np.linalg.norm(points[a])
        between = between + np.array(points[b]) / np.linalg.norm(points[b])
        x, y, z = (float(v) for v in between)
        points.append((x, y, z))
        known[key] = len(points) - 1
    return known[key]
