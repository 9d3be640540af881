"""Pieces of buildings: timbers, windows, doors; each faces +Z around its own origin."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from asset_forge.greybox.mesh import Part
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.carpentry import boards, torus
from asset_forge.greybox.solids import Array, Solid, box, extrude, lathe, merge

# Solids by the slot whose surface they have.
Pieces = dict[str, list[Solid]]


def timber(
    start: Array, end: Array, width_m: float, depth_m: float, facing: Array = (0.0, 0.0, 1.0)
) -> Solid:
    """Make a squared timber between two points, its four sides as one strip of the texture.

    facing: the way its depth points. Its ends take the texture of their rims: they are small.
    """
    a, b = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    length = float(np.linalg.norm(b - a))
    along = (b - a) / length
    side = np.cross(along, np.asarray(facing, dtype=np.float64))
    side /= np.linalg.norm(side)
    out = np.cross(side, along)
    x, z = side * width_m / 2, out * depth_m / 2
    ring = [-x + z, x + z, x - z, -x - z]
    positions = np.array([*(a + r for r in ring), *(b + r for r in ring)])
    across = np.cumsum([0.0, width_m, depth_m, width_m, depth_m])
    triangles, uvs = [], []
    for k in range(4):
        j = (k + 1) % 4
        low_k, low_j = (across[k], 0.0), (across[k + 1], 0.0)
        high_k, high_j = (across[k], length), (across[k + 1], length)
        triangles += [(k, j, 4 + j), (k, 4 + j, 4 + k)]
        uvs += [(low_k, low_j, high_j), (low_k, high_j, high_k)]
    rim = [(across[k], 0.0) for k in range(4)], [(across[k], length) for k in range(4)]
    for p, q, r in ((0, 2, 1), (0, 3, 2)):
        triangles += [(p, q, r), (4 + p, 4 + r, 4 + q)]
        uvs += [(rim[0][p], rim[0][q], rim[0][r]), (rim[1][p], rim[1][r], rim[1][q])]
    solid = Solid(positions, np.array(triangles, np.int64), np.array(uvs),
                  np.zeros(len(triangles), np.int64))  # fmt: skip
    return solid if solid.volume > 0 else solid.flipped()


def window(width_m: float, height_m: float, rng: np.random.Generator, *, shutters: bool) -> Pieces:
    """Make a window with a cross of bars on a wall whose face is z = 0."""
    w, h = width_m / 2, height_m / 2
    bar, deep = 0.085, 0.16
    frame = [
        timber((s * w, -h - bar / 2, 0), (s * w, h + bar / 2, 0), bar, deep) for s in (-1, 1)
    ] + [timber((-w, y, 0), (w, y, 0), bar, deep) for y in (h,)]
    frame.append(timber((-w - 0.12, -h, 0.03), (w + 0.12, -h, 0.03), 0.075, 0.22))
    cross = [
        timber((0, -h, 0.005), (0, h, 0.005), 0.042, 0.10),
        timber((-w, 0.12 * h, 0.005), (w, 0.12 * h, 0.005), 0.042, 0.10),
    ]
    pane = timber((0, -h, 0), (0, h, 0), 2 * w, 0.07)
    pieces: Pieces = {"glass": [pane], "frame": [*frame, *cross]}
    if shutters:
        leaves: list[Solid] = []
        for side in (-1.0, 1.0):
            x = side * (w + bar / 2 + 0.02 + 0.5 * w)
            swing = float(rng.uniform(2, 9)) * side
            leaf = [
                timber((s * 0.25 * w, -h, 0.02), (s * 0.25 * w, h, 0.02), 0.48 * w, 0.035)
                for s in (-1, 1)
            ]
            leaf += [
                timber((-0.46 * w, y, 0.045), (0.46 * w, y, 0.045), 0.09, 0.03)
                for y in (-0.62 * h, 0.62 * h)
            ]
            leaves += [piece.rotated("y", swing).moved(x=x, z=0.02) for piece in leaf]
        pieces["shutters"] = leaves
    return pieces


def door(width_m: float, height_m: float, rng: np.random.Generator, *, arched: bool) -> Pieces:
    """Make a boarded door standing on y = 0 on a wall whose face is z = 0."""
    w, h = width_m, height_m
    planks = [
        board.moved(y=h / 2, z=0.03) for board in boards(w, h, 0.06, 4, rng, bevel=0.01, faced=True)
    ]
    frame = [timber((s * (w / 2 + 0.05), 0, 0), (s * (w / 2 + 0.05), h + 0.02, 0), 0.13, 0.24)
             for s in (-1, 1)]  # fmt: skip
    if arched:
        rise = 0.42 * w
        angle = np.linspace(0, np.pi, 9)
        inner = np.column_stack([np.cos(angle) * w / 2, h + np.sin(angle) * rise])
        planks.append(extrude(inner, 0.07).moved(z=0.025))
        outer = np.column_stack([np.cos(angle) * (w / 2 + 0.05), h + np.sin(angle) * (rise + 0.05)])
        frame += [timber((*a, 0.0), (*b, 0.0), 0.13, 0.24) for a, b in pairwise(outer)]
    else:
        frame.append(timber((-w / 2 - 0.18, h + 0.06, 0), (w / 2 + 0.18, h + 0.06, 0), 0.16, 0.26))
    metal = [
        box(0.78 * w, 0.055, 0.014, bevel=0.004).moved(-0.10 * w, y, 0.064)
        for y in (0.2 * h, 0.78 * h)
    ]
    ring = torus(0.065, 0.012, sides=10, section=5).moved(0.34 * w, 0.46 * h, 0.085)
    boss = lathe([(0.0, 0.0), (0.045, 0.0), (0.03, 0.025), (0.0, 0.03)], sides=8)
    metal += [ring, boss.rotated("x", 90).moved(0.34 * w, 0.46 * h + 0.065, 0.06)]
    return {"door": planks, "frame": frame, "metal": metal}


def placed(
    pieces: Mapping[str, Sequence[Solid]], x: float, y: float, face_m: float, turn_deg: float
) -> Pieces:
    """Move pieces to (x, y) on a wall face_m from the axis, and turn that wall about Y."""
    return {
        slot: [solid.moved(x, y, face_m).rotated("y", turn_deg) for solid in solids]
        for slot, solids in pieces.items()
    }


def gather(into: Pieces, more: Mapping[str, Sequence[Solid]]) -> None:
    """Add pieces to others, slot by slot."""
    for slot, solids in more.items():
        into.setdefault(slot, []).extend(solids)


def parts_of(pieces: Pieces, *, crease_deg: float = 25.0) -> list[Part]:
    """Join what has one surface into one part each, named after its slot."""
    return [
        to_part(merge(*_apart(solids)), slot, slot, crease_deg=crease_deg)
        for slot, solids in pieces.items()
    ]


def _apart(solids: Sequence[Solid]) -> list[Solid]:
    """Shift each solid by hundredths of a millimetre: corners that meet must not weld."""
    return [solid.moved(2e-5 * k, 1.3e-5 * k, 1.7e-5 * k) for k, solid in enumerate(solids)]
