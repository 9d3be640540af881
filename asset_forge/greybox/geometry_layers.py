"""What the geometry says about each texel: where it is, how open, how near to an edge.

Input is a mesh in its atlas; output are layers for `bake`. Nothing is painted here.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from asset_forge.greybox.atlas import AtlasMesh
from asset_forge.greybox.canvas import Layer, drawn_lines
from asset_forge.greybox.mesh import Floats, Ints

_MAX_LAYER_PX = 512  # openness and clouds are smooth: a finer sheet shows nothing more
_OCCLUDER_POINTS = 40_000
_DIRECTIONS = 26


@dataclass(frozen=True, eq=False)
class Layers:
    """Sheets of (px, px) float32 over the whole texture; see `canvas.Canvas` for their meaning."""

    openness: Layer
    cloud: Layer
    height: Layer
    tint: Layer | None

    @property
    def px(self) -> int:
        """Edge of the sheets in texels."""
        return len(self.openness)


@dataclass(frozen=True, eq=False)
class EdgeLines:
    """Hard edges as lines over the texture: ends (N, 4) in 0..1, tones (N,) 0..1, chart (N,)."""

    ends: Floats
    tones: Floats
    chart_of: Ints

    def drawn(
        self,
        chart: int,
        window: tuple[slice, slice],
        texture_px: int,
        blur_px: tuple[float, float],
    ) -> Layer:
        """Draw one chart's lines into its window of a texture as soft bands, 0..1."""
        rows, columns = window
        mine = self.chart_of == chart
        origin = np.array([columns.start, rows.start] * 2)
        return drawn_lines(
            (rows.stop - rows.start, columns.stop - columns.start),
            self.ends[mine] * texture_px - origin,
            self.tones[mine],
            blur_px,
        )


def layers_of(mesh: AtlasMesh, rng: np.random.Generator, texture_px: int) -> Layers:
    """Compute every layer of a mesh; a few tenths of a second."""
    px = min(texture_px, _MAX_LAYER_PX)
    covered, texel_triangle, bary = rasterised(mesh.uvs, mesh.triangles, px)
    corner = mesh.triangles[texel_triangle]
    position = np.einsum("nk,nkd->nd", bary, mesh.positions[corner])
    normal = np.einsum("nk,nkd->nd", bary, mesh.normals[corner])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    low, high = mesh.positions.min(axis=0), mesh.positions.max(axis=0)
    size = float(np.linalg.norm(high - low))

    openness = _openness(mesh, position, normal, rng)
    cloud = _cloud(position, size * 0.16, rng) * 0.6 + _cloud(position, size * 0.06, rng) * 0.4
    level = (position[:, 1] - low[1]) / max(float(high[1] - low[1]), 1e-9)
    sheets = [_spread(covered, values, px) for values in (openness, cloud, level)]
    sheets[0] = _softened(sheets[0])
    tint = None
    if mesh.tint is not None:
        shade = np.einsum("nk,nkd->nd", bary, mesh.tint[corner])
        tint = np.stack([_spread(covered, shade[:, k], px) for k in range(3)], axis=-1)
    return Layers(sheets[0], sheets[1], sheets[2], tint)


def rasterised(uvs: Floats, triangles: Ints, px: int) -> tuple[tuple[Ints, Ints], Ints, Floats]:
    """Find the triangle under each texel: (rows, columns), triangle, barycentric (N, 3).

    Where triangles overlap in the texture the one with the higher index wins.
    """
    corner = uvs[triangles] * px - 0.5
    x, y = corner[:, :, 0], corner[:, :, 1]
    area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    x0 = np.clip(np.floor(x.min(axis=1)).astype(np.int64), 0, px - 1)
    x1 = np.clip(np.ceil(x.max(axis=1)).astype(np.int64), 0, px - 1)
    y0 = np.clip(np.floor(y.min(axis=1)).astype(np.int64), 0, px - 1)
    y1 = np.clip(np.ceil(y.max(axis=1)).astype(np.int64), 0, px - 1)
    wide = x1 - x0 + 1
    count = np.where(np.abs(area) > 1e-9, wide * (y1 - y0 + 1), 0)
    owner = np.repeat(np.arange(len(triangles)), count)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    column = x0[owner] + step % wide[owner]
    row = y0[owner] + step // wide[owner]

    px_x, px_y = column - x[owner, 0], row - y[owner, 0]
    ux, uy = (x[:, 1] - x[:, 0])[owner], (y[:, 1] - y[:, 0])[owner]
    vx, vy = (x[:, 2] - x[:, 0])[owner], (y[:, 2] - y[:, 0])[owner]
    w1 = (px_x * vy - vx * px_y) / area[owner]
    w2 = (ux * px_y - px_x * uy) / area[owner]
    slack = -1e-6
    inside = (w1 >= slack) & (w2 >= slack) & (w1 + w2 <= 1 - slack)
    row, column, owner, w1, w2 = (v[inside] for v in (row, column, owner, w1, w2))
    best = np.full((px, px), -1, np.int64)
    np.maximum.at(best, (row, column), owner)
    kept = best[row, column] == owner
    row, column, owner, w1, w2 = (v[kept] for v in (row, column, owner, w1, w2))
    return (row, column), owner, np.stack([1 - w1 - w2, w1, w2], axis=1)


def hard_edges(mesh: AtlasMesh) -> tuple[EdgeLines, EdgeLines]:
    """Find the convex and the concave hard edges of a mesh; vertices weld within a chart."""
    keys = np.column_stack([np.round(mesh.positions, 5) + 0.0, np.zeros(len(mesh.positions))])
    keys[mesh.triangles.reshape(-1), 3] = np.repeat(mesh.chart_of, 3)
    _, weld = np.unique(keys, axis=0, return_inverse=True)
    t = weld.reshape(-1)[mesh.triangles]
    a, b, c = (mesh.positions[mesh.triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-15)

    count = len(t)
    start = np.concatenate([t[:, 0], t[:, 1], t[:, 2]])
    end = np.concatenate([t[:, 1], t[:, 2], t[:, 0]])
    face = np.tile(np.arange(count), 3)
    side = np.repeat(np.arange(3), count)
    code = np.minimum(start, end) * (int(weld.max()) + 1) + np.maximum(start, end)
    order = np.argsort(code, kind="stable")
    same = code[order][1:] == code[order][:-1]
    first, second = order[:-1][same], order[1:][same]
    f, g = face[first], face[second]
    apex = mesh.positions[mesh.triangles[g, (side[second] + 2) % 3]]
    on_edge = mesh.positions[mesh.triangles[f, side[first]]]
    rise = np.einsum("ij,ij->i", normal[f], apex - on_edge)
    bend = np.degrees(np.arccos(np.clip(np.einsum("ij,ij->i", normal[f], normal[g]), -1, 1)))
    # Light catches on slight ridges; dirt wants a real corner.
    ridge, corner = np.clip((bend - 11.0) / 24.0, 0.0, 1.0), np.clip((bend - 20.0) / 40.0, 0.0, 1.0)
    tone = np.where(rise < 0, ridge, corner)

    def lines(chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> EdgeLines:
        ends, tones, charts = [], [], []
        for edge in (first[chosen], second[chosen]):
            at = mesh.triangles[face[edge], side[edge]]
            to = mesh.triangles[face[edge], (side[edge] + 1) % 3]
            ends.append(np.column_stack([mesh.uvs[at], mesh.uvs[to]]))
            tones.append(tone[chosen])
            charts.append(mesh.chart_of[face[edge]])
        return EdgeLines(np.concatenate(ends), np.concatenate(tones), np.concatenate(charts))

    hard = tone > 0
    return lines(hard & (rise < 0)), lines(hard & (rise > 0))


def _openness(
    mesh: AtlasMesh, position: Floats, normal: Floats, rng: np.random.Generator
) -> Floats:
    """Return how much of the sky each point sees, 0..1, by depth maps of splatted points."""
    corner = mesh.positions[mesh.triangles]
    area = np.linalg.norm(
        np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1
    )
    pick = rng.choice(len(area), _OCCLUDER_POINTS, p=area / area.sum())
    r1, r2 = np.sqrt(rng.random(_OCCLUDER_POINTS)), rng.random(_OCCLUDER_POINTS)
    weights = np.stack([1 - r1, r1 * (1 - r2), r1 * r2], axis=1)
    cloud = np.einsum("nk,nkd->nd", weights, corner[pick]).astype(np.float32)
    position, normal = position.astype(np.float32), normal.astype(np.float32)
    cell = 1.7 * float(np.sqrt(area.sum() / 2 / _OCCLUDER_POINTS))
    size = float(np.ptp(mesh.positions, axis=0).max())
    cell = max(cell, size / 900)

    seen = np.zeros(len(position))
    total = np.full(len(position), 1e-6)
    for axis in _sphere(_DIRECTIONS).astype(np.float32):
        facing = normal @ axis
        rows = np.flatnonzero(facing > 0.12)
        if not len(rows):
            continue
        side = np.cross(axis, [0.0, 1.0, 0.0] if abs(axis[1]) < 0.9 else [1.0, 0.0, 0.0])
        side /= np.linalg.norm(side)
        frame = np.stack([side, np.cross(axis, side), axis], axis=1).astype(np.float32)
        # Row by row of coordinates: numpy is slow along a short last axis.
        near, mine = frame.T @ cloud.T, frame.T @ position[rows].T
        low = [min(float(near[k].min()), float(mine[k].min())) for k in (0, 1)]
        column, row = (((near[k] - low[k]) / cell).astype(np.int32) for k in (0, 1))
        my_column, my_row = (((mine[k] - low[k]) / cell).astype(np.int32) for k in (0, 1))
        wide = int(max(column.max(), my_column.max())) + 1
        tall = int(max(row.max(), my_row.max())) + 1
        depth = np.full(wide * tall, -np.inf, np.float32)
        np.maximum.at(depth, row * wide + column, near[2])
        top = depth[my_row * wide + my_column]
        my_facing = facing[rows]
        slope = np.sqrt(1.0 / my_facing**2 - 1.0)
        open_sky = mine[2] > top - cell * (1.2 + 1.1 * np.minimum(slope, 4.0))
        seen[rows] += my_facing * open_sky
        total[rows] += my_facing
    openness: Floats = np.clip(seen / total, 0.0, 1.0)
    return openness


def _sphere(count: int) -> Floats:
    """Return (count, 3) directions spread evenly, Fibonacci style."""
    i = np.arange(count) + 0.5
    y = 1 - 2 * i / count
    turn = np.pi * (1 + 5**0.5) * i
    radius = np.sqrt(1 - y * y)
    return np.stack([radius * np.cos(turn), y, radius * np.sin(turn)], axis=1)


def _cloud(position: Floats, cell_m: float, rng: np.random.Generator) -> Floats:
    """Return smooth noise fixed in space, 0..1, for (N, 3) positions."""
    grid = rng.random((12, 12, 12))
    at = (position / cell_m + rng.random(3) * 12).T
    values: Floats = ndimage.map_coordinates(grid, at, order=1, mode="grid-wrap")
    return values


def _spread(covered: tuple[Ints, Ints], values: Floats, px: int) -> Layer:
    """Put values on a sheet; texels without a triangle take over from their neighbours."""
    sheet = np.zeros((px, px), np.float32)
    weight = np.zeros_like(sheet)
    sheet[covered] = values
    weight[covered] = 1.0
    soft = ndimage.uniform_filter(sheet, 5)
    share = ndimage.uniform_filter(weight, 5)
    mean = float(values.mean()) if len(values) else 1.0
    around = np.where(share > 1e-3, soft / np.maximum(share, 1e-3), mean)
    spread: Layer = np.where(weight > 0, sheet, around).astype(np.float32)
    return spread


def _softened(sheet: Layer) -> Layer:
    soft: Layer = ndimage.gaussian_filter(sheet, 1.0)
    return soft
