"""Roofs: overlapping tiles on slopes and cones, and thatch."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from asset_forge.greybox.mesh import Floats, Part
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.solids import Solid, curve, loft

_FACES = np.array([
    (4, 6, 5), (4, 7, 6),  # the underside first: the outside wins where both share texture
    (3, 2, 6), (3, 6, 7), (0, 3, 7), (0, 7, 4), (1, 5, 6), (1, 6, 2), (0, 4, 5), (0, 5, 1),
    (0, 1, 2), (0, 2, 3),
])  # fmt: skip


def slope_tiles(
    width_m: float,
    eave: tuple[float, float],
    ridge: tuple[float, float],
    tile_m: tuple[float, float],
    thick_m: float,
    rng: np.random.Generator,
) -> Floats:
    """Lay tiles on a slope that rises from the eave to the ridge, (y, z) each, along X.

    tile_m: width and visible height. Returns (N, 4, 3): low left, low right, high right, high left.
    """
    low, high = np.array([0.0, *eave]), np.array([0.0, *ridge])
    length = float(np.linalg.norm(high - low))
    up = (high - low) / length
    out = np.cross(np.array([1.0, 0.0, 0.0]), up)
    if out[1] < 0:
        out = -out
    rows = max(round(length / tile_m[1]), 2)
    pitch = length / rows
    count = max(round(width_m / tile_m[0]), 2)
    wide = width_m / count
    tiles = []
    for row in range(rows):
        shift = 0.5 * (row % 2)
        edges = np.clip(np.arange(-1, count + 2) + shift, 0, count) * wide - width_m / 2
        for left, right in pairwise(edges):
            if right - left < 0.2 * wide:
                continue
            sag = float(rng.uniform(-0.10, 0.04)) * pitch
            lift = thick_m * (1.9 + float(rng.uniform(-0.2, 0.35)))
            base = low + up * (row * pitch + sag) + out * lift
            top = low + up * min((row + 1.15) * pitch, length) + out * thick_m * 0.9
            gap = np.array([0.05 * wide * float(rng.uniform(0.5, 1.4)), 0.0, 0.0])
            x0, x1 = np.array([left, 0, 0]) + gap / 2, np.array([right, 0, 0]) - gap / 2
            tiles.append([base + x0, base + x1, top + x1, top + x0])
    return _outwards(np.array(tiles), out)


def cone_tiles(
    profile: Floats, tile_m: tuple[float, float], thick_m: float, rng: np.random.Generator
) -> Floats:
    """Lay tiles around a cone about Y: profile (R, 2) of radius and y, from the eave to the top.

    Returns (N, 4, 3) as `slope_tiles` does.
    """
    line = np.asarray(profile, dtype=np.float64)
    length = float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())
    rows = max(round(length / tile_m[1]), 3)
    fine = curve(line, 40 * rows + 1)
    tiles = []
    for row in range(rows):
        r0, y0 = fine[40 * row]
        r1, y1 = fine[min(40 * row + 46, 40 * rows)]
        count = max(round(2 * np.pi * float(r0) / tile_m[0]), 6)
        slant = np.array([-(y1 - y0), r1 - r0])
        slant /= -np.linalg.norm(slant)
        for k in range(count):
            jitter = float(rng.uniform(-0.08, 0.04)) * (y1 - y0)
            lift = thick_m * (1.8 + float(rng.uniform(-0.15, 0.3)))
            angle = 2 * np.pi * (k + 0.5 * (row % 2) + np.array([0.02, 0.98])) / count
            low = (r0 + slant[0] * lift, y0 + slant[1] * lift + jitter)
            high = (max(r1, 0.01) + slant[0] * 0.8 * thick_m, y1 + slant[1] * 0.8 * thick_m)
            ring = [(low, angle[0]), (low, angle[1]), (high, angle[1]), (high, angle[0])]
            tiles.append([(r * np.sin(a), y, r * np.cos(a)) for (r, y), a in ring])
    return np.array(tiles)


def tiled(
    tiles: Floats,
    thick_m: float,
    name: str,
    slot: str,
    rng: np.random.Generator,
    *,
    spread: float = 0.2,
) -> Part:
    """Turn tiles (N, 4, 3) into one part, each tile in a shade of its own."""  # fmt: skip
    normal = np.cross(tiles[:, 1] - tiles[:, 0], tiles[:, 3] - tiles[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    under = tiles - normal[:, None] * thick_m
    count = len(tiles)
    positions = np.concatenate([tiles, under], axis=1).reshape(-1, 3)
    triangles = (_FACES[None] + 8 * np.arange(count)[:, None, None]).reshape(-1, 3)
    # A sheet of its own: each tile in one cell of a grid, so that none takes another's shadow.
    wide = float(np.linalg.norm(tiles[:, 1] - tiles[:, 0], axis=1).mean())
    tall = float(np.linalg.norm(tiles[:, 3] - tiles[:, 0], axis=1).mean())
    columns = max(int(np.ceil((count * tall / wide) ** 0.5)), 1)
    cell = np.stack([np.arange(count) % columns, np.arange(count) // columns], axis=1)
    corner = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * np.array([wide, tall])
    sheet = cell[:, None] * np.array([1.06 * wide, 1.06 * tall]) + corner
    uvs = np.concatenate([sheet, sheet], axis=1).reshape(-1, 2)
    solid = Solid(positions, triangles.astype(np.int64), uvs[triangles],
                  np.zeros(len(triangles), np.int64))  # fmt: skip
    part = to_part(solid, name, slot, crease_deg=20)
    shade = rng.uniform(1 - spread, 1 + 0.6 * spread, count)
    warm = rng.uniform(-0.04, 0.04, count)
    colours = np.column_stack([shade * (1 + warm), shade, shade * (1 - warm)])
    tint = np.ones((len(part.positions), 3))
    tint[part.triangles.reshape(-1)] = np.repeat(colours, 3 * len(_FACES), axis=0)
    return replace(part, tint=tint)


def gable_thatch(
    width_m: float,
    eave: tuple[float, float],
    ridge_m: float,
    thick_m: float,
    rng: np.random.Generator,
) -> Solid:
    """Make a thick roof of thatch along X: eave (y, z) of its underside, mirrored at z = 0."""
    y0, z0 = eave
    outside = np.array([
        (y0 - 0.10, z0 + 0.02), (y0 + 0.05, z0 + 0.55 * thick_m),
        (y0 + 0.45 * thick_m, z0 + 0.60 * thick_m),
        (y0 + 0.34 * (ridge_m - y0) + 0.95 * thick_m, 0.66 * z0 + 0.30 * thick_m),
        (y0 + 0.68 * (ridge_m - y0) + 1.15 * thick_m, 0.34 * z0 + 0.24 * thick_m),
        (ridge_m + 1.35 * thick_m, 0.10 * z0),
    ])  # fmt: skip
    back = outside[::-1] * (1, -1)
    inside = np.array([(y0 - 0.06, -z0 * 0.94), (ridge_m, 0.0), (y0 - 0.06, z0 * 0.94)])
    section = np.concatenate([outside, back, inside])
    rings = []
    for share in np.linspace(-0.5, 0.5, 11):
        end = max(abs(share) - 0.40, 0.0) / 0.10
        ring = section.copy()
        ring[: len(outside) * 2, 0] += rng.uniform(-0.035, 0.035, 12) - 0.10 * end
        ring[: len(outside) * 2, 0] += 0.10 * (2 * share) ** 4
        ring[: len(outside) * 2, 1] += rng.uniform(-0.03, 0.03, 12)
        rings.append(np.column_stack([np.full(len(ring), share * width_m), ring]))
    return _grain_turned(loft(rings, cap_scale=0.6))


def cone_thatch(profile: Floats, rng: np.random.Generator, *, sides: int = 20) -> Solid:
    """Make a round roof of thatch: profile (R, 2) of radius and y from inside the eave to the top.

    Its straw runs up the slope.
    """
    angle = np.arange(sides) * (2 * np.pi / sides)
    rings = []
    for k, (r, y) in enumerate(np.asarray(profile, dtype=np.float64)):
        around = r * (1 + rng.uniform(-0.025, 0.025, sides) * (r > 0.05))
        level = y + rng.uniform(-0.05, 0.05, sides) * (0 < k < len(profile) - 1)
        rings.append(np.column_stack([around * np.sin(angle), level, around * np.cos(angle)]))
    return loft(rings)


def _grain_turned(solid: Solid) -> Solid:
    """Swap the texture's axes of the side, so that its grain runs around instead of along."""
    uvs = solid.corner_uvs.copy()
    side = solid.islands == 0
    uvs[side] = uvs[side][:, :, ::-1]
    return replace(solid, corner_uvs=uvs)


def _outwards(tiles: Floats, out: Floats) -> Floats:
    """Turn tiles so that they run counter-clockwise when seen from outside."""
    normal = np.cross(tiles[0, 1] - tiles[0, 0], tiles[0, 3] - tiles[0, 0])
    return tiles if normal @ out > 0 else tiles[:, [1, 0, 3, 2]]
