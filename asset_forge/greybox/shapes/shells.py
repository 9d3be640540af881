"""Curved sheets of real thickness: what armour and clothes are made of.

A sheet is an open `Solid`: rows go down, columns go to the wearer's left, the outside faces the
viewer. `thicken` closes it; `borders` are its edges, for rolled rims.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from asset_forge.greybox.mesh import Floats, Ints, Part
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import hoop
from asset_forge.greybox.solids import Array, Solid, circle, loft, merge, welded

# The inside is seldom seen: it takes this share of its true size in the texture.
_INSIDE_SCALE = 0.5


def sheet(
    points: Array,
    *,
    wrap: bool = False,
    keep: npt.NDArray[np.bool_] | None = None,
    patches: int = 1,
) -> Solid:
    """Span a grid of points (R, C, 3) metres as an open surface.

    wrap: the last column meets the first. keep: which cells stay, (R - 1, C or C - 1 cells).
    patches: islands side by side; each is unrolled from its own middle, so that patterns stay
    true where rows grow and shrink.
    """
    grid = np.asarray(points, dtype=np.float64)
    rows, columns = grid.shape[:2]
    closed = np.concatenate([grid, grid[:, :1]], axis=1) if wrap else grid
    cells = closed.shape[1] - 1
    across = np.linalg.norm(np.diff(closed, axis=1), axis=2)
    down = np.linalg.norm(np.diff(closed, axis=0), axis=2)
    along = np.concatenate([[0.0], np.cumsum(down.mean(axis=1))])
    r, c = (a.reshape(-1) for a in np.mgrid[0 : rows - 1, 0:cells])
    if keep is not None:
        chosen = keep.reshape(-1)
        r, c = r[chosen], c[chosen]
    patch = c * patches // cells
    run = np.concatenate([np.zeros((rows, 1)), np.cumsum(across, axis=1)], axis=1)
    middle = np.array([(k + 0.5) * cells / patches for k in range(patches)])
    at = np.stack([_at(run, m) for m in middle], axis=1)

    def corner(dr: int, dc: int) -> tuple[Ints, Floats]:
        index = (r + dr) * columns + (c + dc) % columns
        u = run[r + dr, c + dc] - at[r + dr, patch]
        return index.astype(np.int64), np.stack([u, along[r + dr]], axis=1)

    (a, ua), (b, ub), (d, ud), (e, ue) = corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)
    triangles = np.concatenate([np.stack([a, b, d], axis=1), np.stack([a, d, e], axis=1)])
    uvs = np.concatenate([np.stack([ua, ub, ud], axis=1), np.stack([ua, ud, ue], axis=1)])
    return Solid(grid.reshape(-1, 3), triangles, uvs, np.concatenate([patch, patch]))


def joined(*sheets: Solid) -> Solid:
    """Sew sheets together where their points are equal; folded cells fall away."""
    whole = welded(merge(*sheets))
    t = whole.triangles
    keep = (t[:, 0] != t[:, 1]) & (t[:, 1] != t[:, 2]) & (t[:, 2] != t[:, 0])
    used, triangles = np.unique(t[keep], return_inverse=True)
    return Solid(
        whole.positions[used],
        triangles.reshape(-1, 3).astype(np.int64),
        whole.corner_uvs[keep],
        whole.islands[keep],
    )


def thicken(surface: Solid, thickness_m: float) -> Solid:
    """Close a sheet: an inside `thickness_m` behind it and a rim around its borders."""
    surface = joined(surface)
    count = len(surface.positions)
    inner = surface.positions - normals_of(surface) * thickness_m
    edges = _border_edges(surface)
    start, end = edges[:, 0], edges[:, 1]
    rim = np.concatenate([
        np.stack([end, start, start + count], axis=1),
        np.stack([end, start + count, end + count], axis=1),
    ])  # fmt: skip
    length = np.linalg.norm(surface.positions[end] - surface.positions[start], axis=1)
    near, far = np.zeros((len(edges), 2)), np.zeros((len(edges), 2))
    near[:, 0] = length
    back = np.tile([0.0, thickness_m], (len(edges), 1))
    across = np.concatenate([np.stack([near, far, back], axis=1),
                             np.stack([near, back, near + back], axis=1)])  # fmt: skip
    islands = surface.islands
    top = int(islands.max()) + 1
    return Solid(
        np.concatenate([surface.positions, inner]),
        np.concatenate([surface.triangles, surface.triangles[:, ::-1] + count, rim]),
        np.concatenate([surface.corner_uvs, surface.corner_uvs[:, ::-1] * _INSIDE_SCALE, across]),
        np.concatenate([islands, islands + top, np.full(len(rim), 2 * top)]),
    )


def shell_part(
    surface: Solid,
    thickness_m: float,
    name: str,
    slot: str,
    *,
    inside: float = 0.45,
    crease_deg: float = 50.0,
) -> Part:
    """Thicken a sheet into a part whose inside is darker; inside: factor on its colour."""
    surface = joined(surface)
    solid = thicken(surface, thickness_m)
    part = to_part(solid, name, slot, crease_deg=crease_deg)
    hidden = solid.positions[len(surface.positions) :]
    is_hidden = np.isin(_keys(part.positions), _keys(hidden))
    tint = np.where(is_hidden[:, None], inside, 1.0) * np.ones(3)
    return replace(part, tint=tint)


def tube(outer: Array, thickness_m: float, *, depth: int = 0) -> tuple[Solid, Floats]:
    """Make a hollow limb of rings (R, K, 3) from its open mouth onwards; the last ring is capped.

    depth: how many rings the hollow goes in; 0 goes all the way and leaves both ends open.
    Returns the solid and its inside's points.
    """
    rings = np.asarray(outer, dtype=np.float64)
    reach = len(rings) if depth == 0 else depth
    middle = rings[:reach].mean(axis=1, keepdims=True)
    span = np.linalg.norm(rings[:reach] - middle, axis=2, keepdims=True)
    inner = middle + (rings[:reach] - middle) * (1.0 - thickness_m / np.maximum(span, 1e-6))
    solid = loft(np.concatenate([inner[::-1], rings]), wrap=depth == 0, cap_scale=_INSIDE_SCALE)
    return solid, inner.reshape(-1, 3)


def tube_part(
    outer: Array,
    thickness_m: float,
    name: str,
    slot: str,
    *,
    depth: int = 0,
    inside: float = 0.45,
    crease_deg: float = 50.0,
) -> Part:
    """Make a hollow limb whose inside is darker."""
    solid, hidden = tube(outer, thickness_m, depth=depth)
    part = to_part(solid, name, slot, crease_deg=crease_deg)
    is_hidden = np.isin(_keys(part.positions), _keys(hidden))
    return replace(part, tint=np.where(is_hidden[:, None], inside, 1.0) * np.ones(3))


def normals_of(surface: Solid) -> Floats:
    """Return (V, 3) unit normals of a welded sheet, faces weighed by area."""
    a, b, c = (surface.positions[surface.triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    total = np.zeros_like(surface.positions)
    for k in range(3):
        np.add.at(total, surface.triangles[:, k], face)
    normals: Floats = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
    return normals


def borders(surface: Solid) -> list[tuple[Floats, Floats]]:
    """Return every border loop of a sheet as (points (N, 3), outward normals (N, 3))."""
    surface = joined(surface)
    normals = normals_of(surface)
    after = dict(_border_edges(surface).tolist())
    loops = []
    while after:
        start = min(after)
        loop = [start]
        while (following := after.pop(loop[-1])) != start:
            loop.append(following)
        loops.append((surface.positions[loop], normals[loop]))
    return loops


def rim(
    loop: tuple[Floats, Floats], radius_m: float, *, sides: int = 4, lift: float = 0.0
) -> Solid:
    """Roll a border's edge: a wire around a loop of points and normals.

    lift: metres that the wire's middle stands off the sheet.
    """
    points, normals = loop
    return hoop(points + normals * lift, circle(sides, radius_m, phase=0.5), normals)


def rim_parts(
    loops: Iterable[tuple[Floats, Floats]],
    radius_m: float,
    name: str,
    slot: str,
    *,
    sides: int = 4,
    lift: float = 0.0,
) -> list[Part]:
    """Make a part of each border's rolled edge.

    All rims of a slot share one strip of the texture; one strip each would be most of it.
    """
    return [
        to_part(
            rim(loop, radius_m, sides=sides, lift=lift),
            f"{name} {index}",
            slot,
            crease_deg=85,
            chart=f"rims {slot}",
        )
        for index, loop in enumerate(loops)
    ]


def _at(run: Floats, place: float) -> Floats:
    """Return each row's running length at a place between columns."""
    low = int(np.floor(place))
    share = place - low
    value: Floats = (
        run[:, low] if share == 0 else run[:, low] * (1 - share) + run[:, low + 1] * share
    )
    return value


def _border_edges(surface: Solid) -> Ints:
    """Return (E, 2) edges that only one triangle uses, in that triangle's direction."""
    t = surface.triangles
    edges = np.concatenate([t[:, [0, 1]], t[:, [1, 2]], t[:, [2, 0]]])
    code = edges[:, 0] * (int(t.max()) + 1) + edges[:, 1]
    back = edges[:, 1] * (int(t.max()) + 1) + edges[:, 0]
    alone: Ints = edges[~np.isin(code, back)]
    return alone


def _keys(points: Floats) -> npt.NDArray[np.int64]:
    """Return one number per point, equal for points that are a micrometre apart."""
    steps = np.round(points * 1e5).astype(np.int64)
    keys: npt.NDArray[np.int64] = steps[:, 0] * 1_000_003**2 + steps[:, 1] * 1_000_003 + steps[:, 2]
    return keys
