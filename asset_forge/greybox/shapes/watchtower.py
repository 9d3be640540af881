"""Wooden watchtowers: splayed legs with braces, a railed platform under a roof, a ladder."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.framing import Pieces, gather, parts_of, timber
from asset_forge.greybox.solids import Solid, loft


def watchtower(brief: Brief) -> list[Part]:
    """Build a watchtower on y = 0 over the origin; its ladder leans on the side to +Z.

    Slots: "frame", "deck", and "thatch" or "roof".
    """
    rng = brief.rng("watchtower")
    floor = float(rng.uniform(4.4, 5.6)) * words.size_factor(brief)
    if brief.height_m is not None:
        floor = max(brief.height_m - 3.6, 1.0)
    half = float(rng.uniform(1.15, 1.4)) * (1.25 if words.has(brief, "broad", "wide") else 1.0)
    foot = half * float(rng.uniform(1.25, 1.5))
    post = 2.05
    size = 0.20
    pieces: Pieces = {}
    beams: list[Solid] = []

    def leg(y: float) -> float:
        return foot + (half - foot) * y / floor

    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    for sx, sz in corners:
        beams.append(_pole((sx * foot, 0, sz * foot), (sx * half, floor + 0.1, sz * half), size))
        beams.append(
            _pole((sx * half, floor, sz * half), (sx * half, floor + post, sz * half), 0.15)
        )
    levels = [0.9, floor * 0.5, floor - 0.12]
    for turn in range(4):
        side: list[Solid] = []
        for y in levels:
            r = leg(y)
            side.append(timber((-r - 0.15, y, r), (r + 0.15, y, r), 0.15, 0.14))
        for low, high in ((levels[0], levels[1]), (levels[1], levels[2])):
            a, b = leg(low), leg(high)
            side.append(timber((-a, low, a + 0.06), (b, high, b + 0.06), 0.11, 0.08))
            side.append(timber((a, low, a - 0.05), (-b, high, b - 0.05), 0.11, 0.08))
        gap = turn == 0
        for y in (0.42, 0.86):
            spans = [(-half, -0.45), (0.45, half)] if gap else [(-half, half)]
            side += [
                timber((a, floor + y, half), (b, floor + y, half), 0.10, 0.08) for a, b in spans
            ]
        if gap:
            side += [timber((s * 0.45, floor, half), (s * 0.45, floor + 0.95, half), 0.10, 0.10)
                     for s in (-1, 1)]  # fmt: skip
        side.append(
            timber((-half - 0.1, floor + post, half), (half + 0.1, floor + post, half), 0.13, 0.13)
        )
        beams += [beam.rotated("y", 90 * turn) for beam in side]
    beams += _ladder(leg, floor)
    gather(pieces, {"frame": beams, "deck": _deck(half + 0.18, floor, rng)})
    roof = _roof(half + 0.5, floor + post, rng)
    slot = (
        "thatch"
        if words.has(brief, "thatch", "thatched", "straw") or rng.random() < 0.5
        else "roof"
    )
    return [*parts_of(pieces), to_part(roof, "roof", slot, crease_deg=30)]


def _pole(start: tuple[float, float, float], end: tuple[float, float, float], size: float) -> Solid:
    """Make an eight-sided post whose ends are level."""
    a, b = np.array(start, dtype=np.float64), np.array(end, dtype=np.float64)
    angle = (np.arange(8) + 0.5) * np.pi / 4
    ring = np.stack([np.cos(angle), np.zeros(8), -np.sin(angle)], axis=1) * size * 0.56
    return loft([a + ring, b + ring * 0.9], cap_scale=0.5)


def _deck(reach: float, y: float, rng: np.random.Generator) -> list[Solid]:
    """Lay the boards of the platform, of unequal length."""
    edges = np.linspace(-reach, reach, 10)
    boards = []
    for left, right in pairwise(edges):
        x = float(left + right) / 2
        long = reach + float(rng.uniform(-0.06, 0.10))
        boards.append(
            timber((x, y + 0.02, -long), (x, y + 0.02, long), float(right - left) - 0.02, 0.07,
                   facing=(0, 1, 0))
        )  # fmt: skip
    return boards


def _ladder(leg: Callable[[float], float], floor: float) -> list[Solid]:
    """Lean a ladder on the platform's edge."""
    low, high = leg(0.0) + 0.75, leg(floor) + 0.12
    solids = [
        timber((s * 0.27, 0.02, low), (s * 0.27, floor + 0.75, high - 0.08), 0.08, 0.06)
        for s in (-1, 1)
    ]
    for y in np.arange(0.35, floor + 0.5, 0.36):
        z = low + (high - 0.08 - low) * (y - 0.02) / (floor + 0.73)
        solids.append(timber((-0.33, y, z), (0.33, y, z), 0.055, 0.05))
    return solids


def _roof(reach: float, y: float, rng: np.random.Generator) -> Solid:
    """Make a four-sided roof with thick, slightly sagging eaves."""
    rise = reach * float(rng.uniform(0.75, 1.0))
    steps = 6
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], dtype=np.float64)
    flat: Floats = np.array([a + (b - a) * k / steps for a, b in
                             zip(corners, np.roll(corners, -1, axis=0), strict=True)
                             for k in range(steps)])  # fmt: skip
    sag = 0.10 * (1 - (np.arange(4 * steps) % steps / steps * 2 - 1) ** 2)
    rings = []
    for share, h in ((0.55, 0.30), (0.97, -0.10), (1.0, -0.06), (1.0, 0.10), (0.66, 0.40 * rise),
                     (0.33, 0.74 * rise), (0.06, 1.04 * rise)):  # fmt: skip
        level = y + h - sag * share + rng.uniform(-0.025, 0.025, len(flat)) * (share < 0.99)
        rings.append(
            np.column_stack([flat[:, 0] * reach * share, level, flat[:, 1] * reach * share])
        )
    return loft(rings)
