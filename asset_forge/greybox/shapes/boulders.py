"""Faceted stones: convex bodies cut by planes, with chamfered edges and layers."""

import numpy as np
from scipy.spatial import ConvexHull, HalfspaceIntersection

from asset_forge.greybox.mesh import Floats
from asset_forge.greybox.solids import Solid, box_mapped


def cut_stone(planes: Floats, *, chamfer_m: float = 0.0) -> Solid:
    """Make the convex body inside planes (N, 4): normal (unit, outwards) and distance in metres.

    The origin must lie inside. chamfer_m: width by which sharp edges are broken.
    """
    points = _corners(planes)
    if chamfer_m > 0:
        points = _corners(np.vstack([planes, _chamfers(points, chamfer_m)]))
    hull = ConvexHull(points)
    triangles = hull.simplices.astype(np.int64)
    a, b, c = (points[triangles[:, k]] for k in range(3))
    inwards = np.einsum("ij,ij->i", np.cross(b - a, c - a), hull.equations[:, :3]) < 0
    triangles[inwards] = triangles[inwards][:, ::-1]
    blank = np.zeros((len(triangles), 3, 2))
    return box_mapped(Solid(points, triangles, blank, np.zeros(len(triangles), np.int64)))


def rough_planes(radii: tuple[float, float, float], count: int, rng: np.random.Generator) -> Floats:
    """Return planes (count, 4) around an ellipsoid of radii in metres, some cut deeper."""
    k = np.arange(count) + 0.5
    height = 1 - 2 * k / count
    turn = np.pi * (1 + 5**0.5) * k + rng.uniform(0, 2 * np.pi)
    flat = np.sqrt(1 - height**2)
    ways = np.stack([flat * np.cos(turn), height, flat * np.sin(turn)], axis=1)
    ways += rng.normal(0, 0.16, ways.shape)
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    size = np.array(radii)
    normals = ways / size
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    # The distance at which a plane touches the ellipsoid.
    touch = np.linalg.norm(normals * size, axis=1)
    return np.column_stack([normals, touch * rng.uniform(0.80, 1.0, count)])


def _corners(planes: Floats) -> Floats:
    """Return the corners (V, 3) of the body, those closer than a millimetre as one."""
    halfspaces = np.column_stack([planes[:, :3], -planes[:, 3]])
    found = HalfspaceIntersection(halfspaces, np.zeros(3)).intersections
    points = np.unique(np.round(found, 3), axis=0)
    return points[np.unique(ConvexHull(points).vertices)]


def _chamfers(points: Floats, width_m: float) -> Floats:
    """Return a plane (N, 4) across every sharp edge of the points' hull."""
    hull = ConvexHull(points)
    planes = []
    for face, others in enumerate(hull.neighbors):
        for other in others[others > face]:
            one, two = hull.equations[face, :3], hull.equations[other, :3]
            if one @ two > np.cos(np.radians(24)):
                continue
            normal = (one + two) / np.linalg.norm(one + two)
            edge = np.intersect1d(hull.simplices[face], hull.simplices[other])
            sharp = max(0.5 - 0.5 * float(one @ two), 0.0) ** 0.5
            reach = float((points[edge] @ normal).min()) - width_m * (0.35 + 0.6 * sharp)
            planes.append([*normal, reach])
    return np.array(planes).reshape(-1, 4)
