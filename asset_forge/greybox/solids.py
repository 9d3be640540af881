"""Closed solids to build shapes from: loft, lathe, extrusion, sweep, boxes, gems, and their moves.

A `Solid` is topology with texture coordinates in metres. `parts` turns it into a `Part` with
normals and packed coordinates. Nothing here knows a sword from a crate.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from asset_forge.greybox.mesh import Floats, Ints
from asset_forge.greybox.triangulate import triangulate

Array = npt.ArrayLike


@dataclass(frozen=True, eq=False)
class Solid:
    """Triangles with texture coordinates per corner.

    positions: (V, 3) float64, metres. triangles: (T, 3) int64, counter-clockwise from outside.
    corner_uvs: (T, 3, 2) float64, metres on the surface, +v along the grain.
    islands: (T,) int64; triangles of one island lie together in the texture.
    """

    positions: Floats
    triangles: Ints
    corner_uvs: Floats
    islands: Ints

    @property
    def volume(self) -> float:
        """Enclosed volume in m³, negative when inside-out."""
        a, b, c = (self.positions[self.triangles[:, k]] for k in range(3))
        return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0)

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> "Solid":
        """Return the solid shifted by metres."""
        return replace(self, positions=self.positions + np.array([x, y, z]))

    def rotated(self, axis: str, degrees: float) -> "Solid":
        """Return the solid turned about x, y or z through the origin, right-handed."""
        return replace(self, positions=self.positions @ rotation(axis, degrees).T)

    def scaled(self, x: float, y: float, z: float) -> "Solid":
        """Return the solid scaled; mirroring factors keep the outside outside."""
        flipped = self if x * y * z > 0 else self.flipped()
        mean = float(abs(x * y * z)) ** (1 / 3)
        return replace(
            flipped,
            positions=flipped.positions * np.array([x, y, z]),
            corner_uvs=flipped.corner_uvs * mean,
        )

    def mirrored(self, axis: str) -> "Solid":
        """Return the mirror image across the plane through the origin square to the axis."""
        factors = {"x": (-1.0, 1.0, 1.0), "y": (1.0, -1.0, 1.0), "z": (1.0, 1.0, -1.0)}[axis]
        return self.scaled(*factors)

    def flipped(self) -> "Solid":
        """Return the solid with its inside out."""
        return replace(self, triangles=self.triangles[:, ::-1], corner_uvs=self.corner_uvs[:, ::-1])

    def bent(self, positions: Floats) -> "Solid":
        """Return the solid with the same topology through other positions, (V, 3) metres."""
        return replace(self, positions=positions)


def rotation(axis: str, degrees: float) -> Floats:
    """Return the (3, 3) right-handed rotation about x, y or z."""
    angle = np.radians(degrees)
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = np.cos(angle)
    matrix[i, j], matrix[j, i] = -np.sin(angle), np.sin(angle)
    return matrix


def merge(*solids: Solid) -> Solid:
    """Join solids into one; they stay separate shells and separate islands."""
    offsets = np.cumsum([0, *(len(s.positions) for s in solids)])
    counts = np.cumsum([0, *(int(s.islands.max()) + 1 for s in solids)])
    return Solid(
        np.concatenate([s.positions for s in solids]),
        np.concatenate([s.triangles + o for s, o in zip(solids, offsets, strict=False)]),
        np.concatenate([s.corner_uvs for s in solids]),
        np.concatenate([s.islands + c for s, c in zip(solids, counts, strict=False)]),
    )


def loft(rings: Array, *, caps: bool = True, cap_scale: float = 1.0, wrap: bool = False) -> Solid:
    """Skin a row of rings: (R, K, 3) metres, R ≥ 2, → one closed solid.

    Rings that run the wrong way round are turned: the outside is always outside. A ring that
    shrinks to a point closes that end; else caps do (triangulated, concave rings are fine).
    cap_scale: share of its true size that a cap takes in the texture; small for hidden caps.
    wrap: the last ring meets the first again, as in a torus; no caps then.
    """
    points = np.asarray(rings, dtype=np.float64)
    count, sides = points.shape[:2]
    strides = np.linalg.norm(np.diff(points, axis=0), axis=2).mean(axis=1)
    along = np.concatenate([[0.0], np.cumsum(strides)])
    around = np.mean([_lengths(np.vstack([r, r[:1]])) for r in points], axis=0)
    girth = max(float(_lengths(np.vstack([r, r[:1]]))[-1]) for r in points)
    around *= girth / max(float(around[-1]), 1e-9)
    steps = count if wrap else count - 1
    if wrap:
        along = np.append(along, along[-1] + np.linalg.norm(points[0] - points[-1], axis=1).mean())

    r, k = np.divmod(np.arange(steps * sides), sides)
    k2, r2 = (k + 1) % sides, (r + 1) % count
    a, b, c, d = r * sides + k, r * sides + k2, r2 * sides + k2, r2 * sides + k
    uv_a = np.stack([around[k], along[r]], axis=1)
    uv_b = np.stack([around[k + 1], along[r]], axis=1)
    uv_c = np.stack([around[k + 1], along[r + 1]], axis=1)
    uv_d = np.stack([around[k], along[r + 1]], axis=1)
    triangles = [np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)]
    uvs = [np.stack([uv_a, uv_b, uv_c], axis=1), np.stack([uv_a, uv_c, uv_d], axis=1)]
    islands = [np.zeros(len(a), np.int64), np.zeros(len(a), np.int64)]
    if caps and not wrap:
        for island, (row, turned) in enumerate(((0, True), (count - 1, False)), start=1):
            if np.ptp(points[row], axis=0).max() < 1e-9:
                continue
            face, face_uvs = _cap(points[row], turned=turned)
            triangles.append(face + row * sides)
            uvs.append(face_uvs * cap_scale)
            islands.append(np.full(len(face), island))
    solid = cleaned(
        Solid(
            points.reshape(-1, 3),
            np.concatenate(triangles).astype(np.int64),
            np.concatenate(uvs),
            np.concatenate(islands).astype(np.int64),
        )
    )
    return solid.flipped() if solid.volume < 0 else solid


def lathe(profile: Array, *, sides: int = 16, phase: float = 0.0) -> Solid:
    """Turn a profile about the Y axis: (R, 2) of radius and height in metres, bottom to top.

    phase: fraction of one side by which the first corner is turned.
    """
    outline = np.asarray(profile, dtype=np.float64)
    angle = (np.arange(sides) + phase) * (2 * np.pi / sides)
    circle = np.stack([np.cos(angle), np.zeros(sides), -np.sin(angle)], axis=1)
    rings = outline[:, None, :1] * circle + outline[:, None, 1:] * np.array([0.0, 1.0, 0.0])
    return loft(rings)


def extrude(outline: Array, depth: float, *, bevel: float = 0.0) -> Solid:
    """Give an outline depth along Z: (N, 2) counter-clockwise in XY, metres, centred on z = 0.

    bevel: width in metres of the slant that joins the faces to the rim.
    """
    border = np.asarray(outline, dtype=np.float64)
    half = depth / 2
    if bevel > 0:
        inner = inset(border, bevel)
        layers = [(inner, -half), (border, bevel - half), (border, half - bevel), (inner, half)]
    else:
        layers = [(border, -half), (border, half)]
    solid = loft([np.column_stack([ring, np.full(len(ring), z)]) for ring, z in layers])
    return box_mapped(solid)


def sweep(
    path: Array, section: Array, *, scale: Array | None = None, up: Array = (0.0, 0.0, 1.0)
) -> Solid:
    """Carry a section along a path: path (R, 3) metres, section (K, 2) counter-clockwise.

    scale: (R,) or (R, 2) factors on the section's two axes. up: the section's second axis, kept
    as near to this direction as the path allows. A scale of 0 closes that end in a point.
    """
    line = np.asarray(path, dtype=np.float64)
    cross = np.asarray(section, dtype=np.float64)
    factors = np.ones((len(line), 2)) if scale is None else np.asarray(scale, dtype=np.float64)
    if factors.ndim == 1:
        factors = np.repeat(factors[:, None], 2, axis=1)
    ahead = _unit(np.gradient(line, axis=0))
    side = _unit(np.cross(np.asarray(up, dtype=np.float64), ahead))
    rise = np.cross(ahead, side)
    rings = (
        line[:, None]
        + side[:, None] * (cross[None, :, :1] * factors[:, None, :1])
        + rise[:, None] * (cross[None, :, 1:] * factors[:, None, 1:])
    )
    return loft(rings)


def box(width: float, height: float, depth: float, *, bevel: float = 0.0) -> Solid:
    """Make a box around the origin, metres along X, Y, Z, with bevelled edges and corners."""
    half = np.array([width, height, depth]) / 2
    if bevel <= 0:
        x, y, z = half
        ring = np.array([[-x, z], [x, z], [x, -z], [-x, -z]])
        rings = [np.column_stack([ring[:, 0], np.full(4, h), ring[:, 1]]) for h in (-y, y)]
        return box_mapped(loft(rings))
    x, y, z = half
    cut = min(bevel, 0.45 * float(half.min()))
    corner = np.array(
        [[cut - x, z], [x - cut, z], [x, z - cut], [x, cut - z], [x - cut, -z], [cut - x, -z],
         [-x, cut - z], [-x, z - cut]]
    )  # fmt: skip
    inner = np.clip(corner, [cut - x, cut - z], [x - cut, z - cut])
    rings = [
        np.column_stack([ring[:, 0], np.full(8, h), ring[:, 1]])
        for ring, h in ((inner, -y), (corner, cut - y), (corner, y - cut), (inner, y))
    ]
    return box_mapped(welded(loft(rings)))


def ellipsoid(x: float, y: float, z: float, *, sides: int = 12, rows: int = 7) -> Solid:
    """Make an ellipsoid around the origin from its three radii in metres."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, rows)
    profile = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    profile[[0, -1], 0] = 0.0
    return lathe(profile, sides=sides).scaled(x, y, z)


def gem(radius: float, height: float, *, sides: int = 6, girdle: float = 0.4) -> Solid:
    """Make a faceted crystal standing on y = 0; girdle: share of the height of its widest ring."""
    profile = [
        (0.0, 0.0), (radius * 0.72, height * girdle * 0.35), (radius, height * girdle),
        (radius * 0.62, height * (girdle + (1 - girdle) * 0.6)), (0.0, height),
    ]  # fmt: skip
    return box_mapped(lathe(profile, sides=sides))


def circle(sides: int, radius: float = 1.0, *, phase: float = 0.0) -> Floats:
    """Return a (sides, 2) counter-clockwise ring."""
    angle = (np.arange(sides) + phase) * (2 * np.pi / sides)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius


def inset(outline: Floats, distance: float) -> Floats:
    """Move every corner of a counter-clockwise (N, 2) outline inwards by metres, mitred."""
    before = _unit(outline - np.roll(outline, 1, axis=0))
    after = _unit(np.roll(outline, -1, axis=0) - outline)
    normal_a = np.stack([-before[:, 1], before[:, 0]], axis=1)
    normal_b = np.stack([-after[:, 1], after[:, 0]], axis=1)
    middle = _unit(normal_a + normal_b)
    reach = distance / np.clip(np.einsum("ij,ij->i", middle, normal_a), 0.4, 1.0)
    moved: Floats = outline + middle * reach[:, None]
    return moved


def curve(points: Array, count: int) -> Floats:
    """Return `count` points on a smooth (Catmull-Rom) curve through (N, D) points."""
    knots = np.asarray(points, dtype=np.float64)
    padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    t = np.linspace(0, len(knots) - 1, count)
    i = np.minimum(t.astype(np.int64), len(knots) - 2)
    f = (t - i)[:, None]
    p0, p1, p2, p3 = (padded[i + k] for k in range(4))
    bend = 2 * p0 - 5 * p1 + 4 * p2 - p3
    smooth: Floats = 0.5 * (
        2 * p1 + (p2 - p0) * f + bend * f**2 + (3 * p1 - p0 - 3 * p2 + p3) * f**3
    )
    return smooth


def box_mapped(solid: Solid, *, grain: str = "y") -> Solid:
    """Lay texture coordinates flat along the axes; v runs along `grain` where a face has it."""
    a, b, c = (solid.positions[solid.triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    axis = np.abs(normal).argmax(axis=1)
    long = "xyz".index(grain)
    uvs = np.empty((len(axis), 3, 2))
    for facing in range(3):
        rows = axis == facing
        v_axis = long if facing != long else (facing + 2) % 3
        u_axis = 3 - facing - v_axis
        corners = solid.positions[solid.triangles[rows]]
        uvs[rows] = corners[:, :, [u_axis, v_axis]]
    positive = normal[np.arange(len(axis)), axis] > 0
    return replace(solid, corner_uvs=uvs, islands=(axis * 2 + positive).astype(np.int64))


def cleaned(solid: Solid) -> Solid:
    """Weld equal positions and drop triangles that have no area left."""
    solid = welded(solid)
    t = solid.triangles
    keep = (t[:, 0] != t[:, 1]) & (t[:, 1] != t[:, 2]) & (t[:, 2] != t[:, 0])
    return replace(
        solid,
        triangles=t[keep],
        corner_uvs=solid.corner_uvs[keep],
        islands=solid.islands[keep],
    )


def welded(solid: Solid) -> Solid:
    """Give positions closer than a micrometre one index."""
    _, first, inverse = np.unique(
        np.round(solid.positions, 6), axis=0, return_index=True, return_inverse=True
    )
    return replace(
        solid, positions=solid.positions[first], triangles=inverse.reshape(-1)[solid.triangles]
    )


def is_closed(triangles: Ints) -> bool:
    """Tell whether every edge is used once in each direction."""
    start, end = triangles.reshape(-1), np.roll(triangles, -1, axis=1).reshape(-1)
    size = int(start.max(initial=0)) + 1
    there, back = np.sort(start * size + end), np.sort(end * size + start)
    return bool((np.diff(there) > 0).all() and (there == back).all())


def _cap(ring: Floats, *, turned: bool) -> tuple[Ints, Floats]:
    """Triangulate a flat ring; turned: it faces against the direction of the rings."""
    normal = np.cross(ring, np.roll(ring, -1, axis=0)).sum(axis=0)
    drop = int(np.abs(normal).argmax())
    axes: Sequence[int] = [(drop + 1) % 3, (drop + 2) % 3]
    flat = ring[:, axes]
    faces = triangulate(flat if normal[drop] > 0 else flat * np.array([1.0, -1.0]))
    if turned:
        faces = faces[:, ::-1]
    return faces, flat[faces]


def _lengths(points: Floats) -> Floats:
    """Return the running length along a row of points, starting at 0."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: Floats = vectors / np.maximum(length, 1e-12)
    return unit
