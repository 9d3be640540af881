"""From `Solid` to `Part`: normals that respect creases, texture islands packed into a chart."""

import numpy as np

from asset_forge.greybox.mesh import Floats, Ints, Part
from asset_forge.greybox.packing import pack
from asset_forge.greybox.solids import Solid, cleaned


def to_part(
    solid: Solid,
    name: str,
    slot: str,
    *,
    crease_deg: float = 38.0,
    chart: str | None = None,
    tint: tuple[float, float, float] | None = None,
    is_open: bool = False,
) -> Part:
    """Turn a solid into a part, right side out.

    crease_deg: faces that meet at a larger angle keep a hard edge; 0 shades every face flat.
    chart: name of a texture chart shared by equal pieces.
    """
    solid = cleaned(solid)
    if not is_open and solid.volume < 0:
        solid = solid.flipped()
    normals = corner_normals(solid.positions, solid.triangles, crease_deg)
    uvs, chart_m = _packed(solid)
    corners = np.column_stack(
        [
            solid.triangles.reshape(-1),
            np.round(normals.reshape(-1, 3), 4) + 0.0,
            np.round(uvs.reshape(-1, 2), 6) + 0.0,
        ]
    )
    _, first, inverse = np.unique(corners, axis=0, return_index=True, return_inverse=True)
    positions = solid.positions[solid.triangles.reshape(-1)[first]]
    return Part(
        name=name,
        positions=positions,
        triangles=inverse.reshape(-1, 3).astype(np.int64),
        normals=normals.reshape(-1, 3)[first],
        uvs=uvs.reshape(-1, 2)[first],
        slot=slot,
        chart_m=chart_m,
        tint=None if tint is None else np.tile(np.array(tint, dtype=np.float64), (len(first), 1)),
        chart=chart,
        open=is_open,
    )


def corner_normals(positions: Floats, triangles: Ints, crease_deg: float) -> Floats:
    """Return (T, 3, 3) unit normals per triangle corner, smoothed over edges below the crease.

    positions (V, 3) must be welded; faces weigh by their area and their angle at the corner.
    """
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    scaled = np.cross(b - a, c - a)
    face = scaled / np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), 1e-15)
    weight = np.stack([_angle(a, b, c), _angle(b, c, a), _angle(c, a, b)], axis=1)
    weight *= np.linalg.norm(scaled, axis=1, keepdims=True)

    vertex = triangles.reshape(-1)
    order = np.argsort(vertex, kind="stable")
    start = np.searchsorted(vertex[order], vertex)
    degree = np.searchsorted(vertex[order], vertex, side="right") - start
    mine = np.repeat(np.arange(len(vertex)), degree)
    step = np.arange(len(mine)) - np.repeat(np.cumsum(degree) - degree, degree)
    other = order[start[mine] + step]
    alike = (
        np.einsum("ij,ij->i", face[mine // 3], face[other // 3])
        >= np.cos(np.radians(crease_deg)) - 1e-9
    )
    alike |= mine // 3 == other // 3
    mine, other = mine[alike], other[alike]
    pull = face[other // 3] * weight.reshape(-1)[other, None]
    total = np.stack([np.bincount(mine, pull[:, k], len(vertex)) for k in range(3)], axis=1)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    flat = np.repeat(face, 3, axis=0)
    smooth: Floats = np.where(length > 1e-15, total / np.maximum(length, 1e-15), flat)
    return smooth.reshape(-1, 3, 3)


def _angle(at: Floats, b: Floats, c: Floats) -> Floats:
    u, v = b - at, c - at
    dot = np.einsum("ij,ij->i", u, v)
    size = np.linalg.norm(u, axis=1) * np.linalg.norm(v, axis=1)
    angle: Floats = np.arccos(np.clip(dot / np.maximum(size, 1e-15), -1.0, 1.0))
    return angle


def _packed(solid: Solid) -> tuple[Floats, tuple[float, float]]:
    """Lay the islands side by side; return corner uvs (T, 3, 2) in 0..1 and the chart in metres."""
    names, island = np.unique(solid.islands, return_inverse=True)
    low = np.full((len(names), 2), np.inf)
    high = np.full((len(names), 2), -np.inf)
    for k in range(3):
        np.minimum.at(low, island, solid.corner_uvs[:, k])
        np.maximum.at(high, island, solid.corner_uvs[:, k])
    size = np.maximum(high - low, 1e-4)
    gap = 0.03 * float(np.prod(size, axis=1).sum()) ** 0.5
    corners, (width, height) = pack(size + gap)
    placed = solid.corner_uvs - low[island][:, None] + (corners + gap / 2)[island][:, None]
    return placed / np.array([width, height]), (width, height)
