"""The plan of stone towers, and their tops: corbels, battlements, flags, pointed roofs."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from asset_forge.greybox.mesh import Floats, Part
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.framing import Pieces, gather
from asset_forge.greybox.shapes.roofing import cone_tiles, tiled
from asset_forge.greybox.solids import Solid, lathe, loft, merge

ROUND, SQUARE = 28, 4


@dataclass(frozen=True)
class TowerPlan:
    """Metres. sides: corners of the ground plan. top: "battlements", "roof" or "ruin"."""

    sides: int
    radius_m: float
    height_m: float
    taper: float
    top: str
    corbels: bool
    flag: bool
    rows: int
    budget: int

    def radius(self, y: float) -> float:
        """Return the outer radius (of a square tower: half its width) at a height."""
        foot = 0.12 * max(0.0, 1.0 - y / 1.1)
        return float(self.radius_m * (1.0 - self.taper * y / self.height_m) + foot)

    def ring(self, radius: float, y: float) -> Floats:
        """Return the (N, 3) outline of the tower at a radius and height, from the rear."""
        if self.sides == SQUARE:
            corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], dtype=np.float64)
            ahead = np.roll(corners, -1, axis=0)
            steps = [a + (b - a) * k / 6 for a, b in zip(corners, ahead, strict=True)
                     for k in range(6)]  # fmt: skip
            flat = np.array(steps)[:, ::-1] * radius
            return np.column_stack([flat[:, 1], np.full(len(flat), y), -flat[:, 0]])
        angle = np.pi + np.arange(self.sides) * (2 * np.pi / self.sides)
        return np.column_stack(
            [radius * np.sin(angle), np.full(self.sides, y), radius * np.cos(angle)]
        )


def crown(plan: TowerPlan, rng: np.random.Generator, pieces: Pieces) -> list[Part]:
    """Make what the top stands on: corbels, a wider ring; and merlons, or nothing under a roof."""
    top = plan.height_m
    r = plan.radius(top)
    out = 0.34 if plan.corbels else 0.14
    stones: list[Solid] = []
    if plan.corbels:
        for a in _around(plan, 0.85):
            corbel = loft(
                [
                    [
                        (x, y, z)
                        for x, z in (
                            (-0.16, r - 0.15),
                            (0.16, r - 0.15),
                            (0.16, r + d),
                            (-0.16, r + d),
                        )
                    ]
                    for y, d in ((top - 0.62, 0.04), (top - 0.30, 0.16), (top + 0.06, out - 0.03))
                ]
            )
            stones.append(corbel.moved(x=float(a[1])).rotated("y", float(a[0])))  # fmt: skip
    tall = 0.75 if plan.top == "battlements" else 0.45
    wall = r + out
    rings = [plan.ring(rad, y) for rad, y in
             ((wall, top), (wall, top + tall), (wall - 0.40, top + tall), (wall - 0.40, top + 0.10),
              (0.3 * wall, top + 0.08))]  # fmt: skip
    base = loft([plan.ring(0.3 * wall, top - 0.05), *rings], cap_scale=0.3)
    parts = [to_part(base, "parapet", "walls", crease_deg=30)]
    if plan.top == "battlements":
        count = 3 if plan.sides == SQUARE else 10
        merlons = _merlons(plan, wall, top + tall, count)
        parts.append(to_part(merge(*merlons), "merlons", "walls", crease_deg=20))
        if plan.flag:
            pole, banner = _banner(rng)
            gather(pieces, {"frame": [pole.moved(y=top)], "flag": [banner.moved(y=top)]})
    gather(pieces, {"trim": stones} if stones else {})
    return parts


def _around(plan: TowerPlan, spacing_m: float) -> Floats:
    """Return places around the top: degrees for a round tower, (side, offset) for a square."""
    r = plan.radius(plan.height_m)
    if plan.sides == SQUARE:
        per_side = max(round(2 * r / spacing_m), 3)
        shift = (np.arange(per_side) + 0.5) / per_side * 2 * r - r
        return np.array([(90 * side, x) for side in range(4) for x in shift])
    count = max(round(2 * np.pi * r / spacing_m), 8)
    return np.array([(360 * k / count, 0.0) for k in range(count)])


def _merlons(plan: TowerPlan, wall: float, y: float, count: int) -> list[Solid]:
    """Make the teeth of the battlements, bevelled on top."""
    tall, thick = 0.72, 0.40
    rows = ((0.0, 0.0), (tall - 0.08, 0.0), (tall, 0.07))
    solids: list[Solid] = []
    if plan.sides == SQUARE:
        wide = 2 * wall / (2 * count - 1)
        for side in range(4):
            for k in range(count - 1):
                x = -wall + wide / 2 + 2 * wide * k
                left, right = x - wide / 2, x + wide / 2
                back = wall - thick
                rings = [[(left + c, y + h, back + c), (right - c, y + h, back + c),
                          (right - c, y + h, wall - c), (left + c, y + h, wall - c)]
                         for h, c in rows]  # fmt: skip
                solids.append(loft(rings).rotated("y", 90 * side))
        return solids
    for k in range(count):
        angle = 2 * np.pi * (k + np.linspace(-0.29, 0.29, 5)) / count
        arcs: list[Floats] = []
        for h, c in rows:
            lean = angle + np.linspace(1, -1, 5) * c / wall
            round_ = np.column_stack([np.sin(lean), np.zeros(5), np.cos(lean)])
            flat = np.concatenate([round_ * (wall - c), round_[::-1] * (wall - thick + c)])
            arcs.append(flat + np.array([0.0, y + h, 0.0]))
        solids.append(loft(arcs))
    return solids


def _banner(rng: np.random.Generator) -> tuple[Solid, Solid]:
    """Make a pole and a swallow-tailed flag that hangs in a light wind."""
    pole = lathe([(0.0, 0.0), (0.055, 0.0), (0.04, 3.1), (0.08, 3.14), (0.0, 3.26)], sides=8)
    x = np.linspace(0.04, 1.35, 9)
    wave = 0.10 * np.sin(x * 5.0 + float(rng.uniform(0, 6))) * np.clip(x / 0.5, 0, 1)
    rings = []
    for k, at in enumerate(x):
        low, high = 2.15 + 0.02 * k, 2.98 - 0.03 * k
        rings.append([(at, low, wave[k] - 0.012), (at, high, wave[k] - 0.012),
                      (at, high, wave[k] + 0.012), (at, low, wave[k] + 0.012)])  # fmt: skip
    return pole, loft(rings)


def spire(plan: TowerPlan, budget: int, rng: np.random.Generator) -> list[Part]:
    """Make the pointed roof: tiles over a cone (round) or four slopes, and a finial."""
    top = plan.height_m + 0.36
    r = plan.radius(plan.height_m) + (0.34 if plan.corbels else 0.14) + 0.42
    rise = r * float(rng.uniform(1.35, 1.8))
    bell = np.array([(r, top - 0.10), (0.66 * r, top + 0.24 * rise), (0.32 * r, top + 0.60 * rise),
                     (0.05, top + rise)])  # fmt: skip
    finial = lathe([(0.0, -0.25), (0.12, -0.2), (0.09, 0.05), (0.17, 0.16), (0.06, 0.26),
                    (0.035, 0.30),
                    (0.0, 0.95)], sides=8).moved(y=top + rise)  # fmt: skip
    parts = [to_part(finial, "finial", "metal", crease_deg=40)]
    under = 0.07
    if plan.sides == SQUARE:
        corner = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
        rings = [np.column_stack([corner[:, 0] * q, np.full(4, h), corner[:, 1] * q])
                 for q, h in ((0.6 * r, top + 0.05), (r, top - 0.16), (r, top - 0.04),
                              (0.52 * r, top + 0.42 * rise), (0.03, top + rise))]  # fmt: skip
        parts.append(to_part(loft(rings), "roof deck", "roof", crease_deg=20))
        slopes = [(r, top - 0.04), (0.52 * r, top + 0.42 * rise), (0.03, top + rise)]
        tiles = _pyramid_tiles(
            slopes, max(0.45, float(5.5 * r * rise / np.clip(budget / 12, 40, 190)) ** 0.5), rng
        )
        parts.append(tiled(tiles, under, "roof", "roof", rng))
        return parts
    cone = lathe([(0.0, top + 0.02), (0.7 * r, top - 0.02), (0.985 * r, top - 0.16),
                  (0.985 * r, top - 0.10),
                  *((q - 0.015, h) for q, h in bell[1:]), (0.0, top + rise)], sides=24)  # fmt: skip
    parts.append(to_part(cone, "roof deck", "roof", crease_deg=30))
    area = np.pi * r * float(np.hypot(r, rise))
    count = np.clip((budget - 500) / 12, 40, 190)
    edge = max(0.40, float(1.25 * area / count) ** 0.5)
    parts.append(tiled(cone_tiles(bell, (edge, edge), under, rng), under, "roof", "roof", rng))
    return parts


def _pyramid_tiles(
    line: list[tuple[float, float]], size: float, rng: np.random.Generator
) -> Floats:
    """Lay tiles on four slopes that narrow to the top: (half width, y) from the eave up."""
    knots = np.array(line)
    steps = np.linalg.norm(np.diff(knots, axis=0), axis=1)
    run = np.concatenate([[0.0], np.cumsum(steps)])
    rows = max(round(float(run[-1]) / size), 4)
    tiles = []
    for side in range(4):
        turn = np.pi / 2 * side
        cos, sin = np.cos(turn), np.sin(turn)
        for row in range(rows):
            at = np.array([row, min(row + 1.15, rows)]) / rows * run[-1]
            half = np.interp(at, run, knots[:, 0])
            level = np.interp(at, run, knots[:, 1])
            count = max(round(2 * float(half[0]) / size), 1)
            edges = np.linspace(-1, 1, count + 1)
            if row % 2 and count > 1:
                edges[1:-1] += 0.5 / count
            for left, right in pairwise(edges):
                lift = 0.11 + float(rng.uniform(-0.01, 0.02))
                sag = float(rng.uniform(-0.05, 0.02))
                quad = [(left * half[0] * 1.01, level[0] + sag, half[0] + lift),
                        (right * half[0] * 1.01, level[0] + sag, half[0] + lift),
                        (right * half[1], level[1], half[1] + 0.05),
                        (left * half[1], level[1], half[1] + 0.05)]  # fmt: skip
                tiles.append([(x * cos + z * sin, y, z * cos - x * sin) for x, y, z in quad])
    return np.array(tiles)
