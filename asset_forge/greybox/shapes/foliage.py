"""Pieces of plants: trunks that flare at the roots, branches, leaf masses, tiers, fronds, caps."""

import functools
from dataclasses import replace

import numpy as np

from asset_forge.greybox.mesh import Floats, Ints, Part
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.solids import (
    Array,
    Solid,
    box_mapped,
    circle,
    curve,
    lathe,
    loft,
    sweep,
)

_GOLDEN = (1 + 5**0.5) / 2


def trunk(
    path: Array,
    radii: Array,
    rng: np.random.Generator,
    *,
    flare: float = 0.9,
    flare_m: float = 0.35,
    sides: int = 12,
) -> Solid:
    """Make a trunk along a rising path (R, 3) with radii (R,), lobed at the roots.

    flare: how far the roots reach beyond the trunk, as a share of its radius. flare_m: height at
    which little is left of them. The first ring lies flat on its height.
    """
    line, size = np.asarray(path, dtype=np.float64), np.asarray(radii, dtype=np.float64)
    angle = np.arange(sides) * (2 * np.pi / sides)
    lobes = int(rng.integers(4, 7))
    shift = float(rng.uniform(0, 2 * np.pi))
    lobe = 0.5 + 0.5 * np.cos(lobes * angle + shift) + rng.uniform(-0.15, 0.25, sides)
    rings = []
    for point, r in zip(line, size, strict=True):
        reach = flare * np.exp(-(point[1] - line[0, 1]) / (0.45 * flare_m))
        bumpy = 1.0 + rng.uniform(-0.05, 0.05, sides)
        around = r * bumpy * (1.0 + reach * (0.25 + 0.75 * lobe))
        rings.append(
            point
            + np.stack([np.cos(angle) * around, np.zeros(sides), -np.sin(angle) * around], axis=1)
        )
    return loft(rings, cap_scale=0.4)


def branch(
    points: Array, thick_m: float, *, tip: float = 0.3, sides: int = 6, count: int = 6
) -> Solid:
    """Make a tapering branch through points (N, 3); tip: share of its thickness at the end."""
    path = curve(points, count)
    scale = np.linspace(1.0, tip, count)
    run = path[-1] - path[0]
    up = (0.0, 0.0, 1.0) if abs(run[2]) < 0.8 * np.linalg.norm(run) else (0.0, 1.0, 0.0)
    return sweep(path, circle(sides, thick_m), scale=scale, up=up)


def leaf_mass(
    radii: tuple[float, float, float], rng: np.random.Generator, *, detail: int = 3
) -> Solid:
    """Make a faceted clump of leaves around the origin, flatter below than above."""
    points, triangles = _ball(detail)
    lump = np.zeros(len(points))
    for _ in range(5):
        towards = rng.normal(size=3)
        towards /= np.linalg.norm(towards)
        lump += rng.uniform(0.05, 0.16) * np.exp(3.5 * (points @ towards - 1.0))
    size = 0.90 + lump + rng.uniform(-0.07, 0.07, len(points))
    shaped = points * size[:, None] * np.array(radii)
    shaped[:, 1] = np.where(shaped[:, 1] < 0, 0.62 * shaped[:, 1], shaped[:, 1])
    blank = np.zeros((len(triangles), 3, 2))
    solid = Solid(shaped, triangles, blank, np.zeros(len(triangles), np.int64))
    return box_mapped(solid)


def tier(radius_m: float, height_m: float, rng: np.random.Generator, *, sides: int = 18) -> Solid:
    """Make one skirt of a conifer: a hollow cone whose drooping tips alternate in length."""
    angle = (np.arange(sides) + rng.uniform(-0.2, 0.2, sides)) * (2 * np.pi / sides)
    long = np.where(np.arange(sides) % 2 == 0, 1.0, 0.74) + rng.uniform(-0.08, 0.08, sides)
    droop = np.where(np.arange(sides) % 2 == 0, -0.15, 0.03) + rng.uniform(-0.04, 0.04, sides)
    around = np.stack([np.cos(angle), -np.sin(angle)], axis=1)
    rings = []
    for share, rise in ((0.30, 0.16), (long, droop), (0.60, 0.34), (0.26, 0.74), (0.05, 1.05)):
        r = radius_m * np.broadcast_to(np.asarray(share), (sides,))
        y = height_m * np.broadcast_to(np.asarray(rise), (sides,))
        rings.append(np.column_stack([around[:, 0] * r, y, around[:, 1] * r]))
    return loft(rings, cap_scale=0.3)


def frond(length_m: float, wide_m: float, rise_m: float, drop_m: float) -> Solid:
    """Make a palm leaf from the origin towards +X that arches up and then hangs."""
    count = 15
    path = curve(
        [(0, 0, 0), (0.30 * length_m, rise_m, 0), (0.68 * length_m, 0.5 * rise_m - 0.3 * drop_m, 0),
         (0.94 * length_m, -drop_m, 0)], count
    )  # fmt: skip
    t = np.linspace(0, 1, count)
    width = wide_m * np.clip(np.sin(np.pi * t**0.7), 0, 1) ** 0.6 + 0.10 * wide_m
    width = width * np.where(np.arange(count) % 2 == 0, 0.66, 1.0)
    width[-1] = 0.0
    section = np.array([(-1.0, -0.42), (0.0, -0.06), (1.0, -0.42), (0.0, 0.10)])
    return sweep(path, section, scale=np.column_stack([width, width]), up=(0.0, 1.0, 0.0))


def cut_face(outline: Floats, y: float, rng: np.random.Generator) -> Solid:
    """Make the sawn face over a ring (K, 3): a low dome whose texture grain runs in circles."""
    middle = outline.mean(axis=0)
    rings = [outline - (0.0, 0.03, 0.0)]
    for share in (1.0, 0.66, 0.33, 0.0):
        ring = middle + (outline - middle) * share
        ring[:, 1] = y + 0.008 * (1 - share) + 0.004 * rng.uniform(-1, 1, len(ring)) * (share > 0)
        rings.append(ring)
    solid = loft(rings, cap_scale=0.2)
    side = solid.islands == 0
    uvs = solid.corner_uvs.copy()
    uvs[side] = uvs[side][:, :, ::-1]
    return replace(solid, corner_uvs=uvs)


def mushroom(size_m: float) -> tuple[Solid, Solid]:
    """Make the stalk and the cap of a mushroom that stands on y = 0."""
    s = size_m
    stalk = lathe([(0.0, 0.0), (0.22 * s, 0.0), (0.16 * s, 0.6 * s), (0.0, 0.62 * s)], sides=7)
    cap = lathe([(0.0, 0.52 * s), (0.5 * s, 0.46 * s), (0.54 * s, 0.56 * s), (0.36 * s, 0.84 * s),
                 (0.0, 0.98 * s)], sides=9)  # fmt: skip
    return stalk, cap


def sunlit(part: Part, low_m: float, high_m: float, shade: float = 1.0) -> Part:
    """Return the part tinted from dark at low_m to sunny at high_m."""
    t = np.clip((part.positions[:, 1] - low_m) / max(high_m - low_m, 1e-6), 0, 1)[:, None]
    tint = shade * (np.array([0.66, 0.74, 0.80]) * (1 - t) + np.array([1.14, 1.10, 0.98]) * t)
    return replace(part, tint=tint)


def leafy(solid: Solid, name: str, low_m: float, high_m: float, shade: float) -> Part:
    """Turn a leaf mass into a part with flat facets, lit from above."""
    return sunlit(to_part(solid, name, "leaves", crease_deg=12), low_m, high_m, shade)


@functools.cache
def _ball(detail: int) -> tuple[Floats, Ints]:
    """Return unit points and triangles of an icosahedron, each face cut into detail²."""
    a, b = 1.0, _GOLDEN
    corners = np.array(
        [
            (-a, b, 0),
            (a, b, 0),
            (-a, -b, 0),
            (a, -b, 0),
            (0, -a, b),
            (0, a, b),
            (0, -a, -b),
            (0, a, -b),
            (b, 0, -a),
            (b, 0, a),
            (-b, 0, -a),
            (-b, 0, a),
        ]
    )
    faces = [(0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4),
             (11, 10, 2), (10, 7, 6), (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8),
             (3, 8, 9), (4, 9, 5), (2, 4, 11), (6, 2, 10), (8, 6, 7), (9, 8, 1)]  # fmt: skip
    points: list[Floats] = []
    triangles: list[tuple[int, int, int]] = []
    for f in faces:
        p, q, r = corners[list(f)]
        start = len(points)
        index: dict[tuple[int, int], int] = {}
        for i in range(detail + 1):
            for j in range(detail + 1 - i):
                index[i, j] = start + len(index)
                points.append(p + (q - p) * i / detail + (r - p) * j / detail)
        for i in range(detail):
            for j in range(detail - i):
                triangles.append((index[i, j], index[i + 1, j], index[i, j + 1]))
                if i + j < detail - 1:
                    triangles.append((index[i + 1, j], index[i + 1, j + 1], index[i, j + 1]))
    unit = np.array(points)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    _, first, inverse = np.unique(np.round(unit, 6), axis=0, return_index=True, return_inverse=True)
    return unit[first], inverse.reshape(-1)[np.array(triangles)].astype(np.int64)
