"""Cut stones and crystals, and how metal holds them: for gems, rings, amulets and keys.

Cuts stand point down on y = 0 with the table up, and are as wide as said.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.solids import Array, Solid, box_mapped, circle, curve, lathe, loft, sweep

AnyFloats = npt.NDArray[np.floating[Any]]
JEWELS = ("ruby", "sapphire", "emerald", "amethyst", "topaz", "diamond")


def seeded_jewel(brief: Brief, purpose: str) -> str:
    """Return the name of a stone that the words leave open."""
    return str(brief.rng(f"{purpose} jewel").choice(JEWELS))


def faceted(solid: Solid, name: str, slot: str = "gem") -> Part:
    """Make a part whose facets differ in brightness, as they mirror and pass light unevenly."""
    part = to_part(solid, name, slot, crease_deg=5)
    waves = np.sin(part.normals @ np.array([7.0, 5.0, 11.0]) + 1.3)
    waves += np.sin(part.normals @ np.array([-9.0, 4.0, 6.0]))
    tone = 1.06 + 0.24 * waves
    return replace(part, tint=np.repeat(tone[:, None], 3, axis=1))


def brilliant(radius: float, *, sides: int = 8, depth: float = 1.05, stretch: float = 1.0) -> Solid:
    """Cut a round brilliant: table, star and girdle facets, pavilion; flat facets throughout.

    radius: of the girdle. depth: of the pavilion, in radii. stretch: of the outline along X.
    """
    low, crown = depth * radius, 0.42 * radius
    angle = np.arange(sides) * (2 * np.pi / sides)
    half = angle + np.pi / sides
    fine = np.arange(2 * sides) * (np.pi / sides)

    def ring(at: AnyFloats, r: float, y: float) -> Floats:
        return np.stack([r * np.cos(at), np.full(len(at), y), -r * np.sin(at)], axis=1)

    # Rings of alternating corners: stars between the table and the girdle.
    table = np.repeat(ring(angle, 0.56 * radius, low + crown), 2, axis=0)
    star = _interleaved(ring(angle, 0.78 * radius, low + 0.74 * crown),
                        ring(half, 0.84 * radius, low + 0.56 * crown))  # fmt: skip
    upper = ring(fine, radius, low + 0.05 * radius)
    lower = ring(fine, radius, low - 0.03 * radius)
    pavilion = _interleaved(ring(angle, 0.50 * radius, low * 0.46),
                            ring(half, 0.44 * radius, low * 0.46))  # fmt: skip
    tip = np.zeros((2 * sides, 3))
    solid = loft([tip, pavilion, lower, upper, star, np.roll(table, 1, axis=0)])
    return box_mapped(solid.scaled(stretch, 1.0, 1.0))


def step_cut(width: float, depth: float) -> Solid:
    """Cut an emerald: an oblong with clipped corners in steps, broad table. width: along X."""
    rows = ((0.16, 0.0), (0.55, 0.26), (0.86, 0.50), (1.0, 0.62), (1.0, 0.67), (0.88, 0.82),
            (0.74, 0.92), (0.58, 0.98))  # fmt: skip
    tall = 0.72 * depth
    rings = []
    for share, y in rows:
        # Each step takes the same from both sides, so that the table keeps the oblong's form.
        inset = (1.0 - share) * depth / 2
        x, z = width / 2 - inset, depth / 2 - inset
        cut = 0.28 * min(x, z)
        corner = [(x - cut, z), (x, z - cut), (x, cut - z), (x - cut, -z), (cut - x, -z),
                  (-x, cut - z), (-x, z - cut), (cut - x, z)]  # fmt: skip
        rings.append([(a, y * tall, b) for a, b in corner])
    return box_mapped(loft(np.array(rings)))


def drop_cut(radius: float) -> Solid:
    """Cut a drop: a brilliant drawn out to a point along +X."""
    solid = brilliant(radius, sides=9)
    points = np.array(solid.positions)
    ahead = np.clip(points[:, 0] / radius, 0.0, 1.0)
    points[:, 0] += 0.75 * radius * ahead**1.6
    points[:, 2] *= 1.0 - 0.42 * ahead**2
    return box_mapped(solid.bent(points))


def cabochon(width: float, depth: float, *, height: float = 0.42) -> Solid:
    """Polish a smooth dome, flat below; height: share of the depth."""
    tall = height * depth
    dome = np.linspace(0.12, np.pi / 2, 8)
    profile = [(0.0, 0.0), (0.96, 0.0), *zip(np.cos(dome) ** 0.9, np.sin(dome), strict=True)]
    profile[-1] = (0.0, 1.0)
    return lathe(profile, sides=26).scaled(width / 2, tall, depth / 2)


def crystal(radius: float, length: float, rng: np.random.Generator) -> Solid:
    """Grow a six-sided prism along +Y from y = 0 with a crooked point."""
    rings = []
    widths = rng.uniform(0.86, 1.14, 6)
    lean = rng.uniform(-0.25, 0.25, 2) * radius
    for share, y in ((0.92, 0.0), (1.0, 0.35), (0.96, rng.uniform(0.66, 0.76))):
        outline = circle(6, radius * share) * widths[:, None]
        rings.append([(x, y * length, z) for x, z in outline])
    # The shoulders stand at different heights, as faces of a crystal grow unevenly.
    rings[-1] = [
        (x, y + s * length, z)
        for (x, y, z), s in zip(rings[-1], rng.uniform(-0.06, 0.06, 6), strict=True)
    ]
    rings.append([(lean[0], length, lean[1])] * 6)
    return box_mapped(loft(np.array(rings)))


def claws(radius: float, low: float, high: float, *, count: int, thick: float) -> list[Solid]:
    """Bend prongs from a ring at y = low around a stone of the given radius to y = high."""
    prongs = []
    for number in range(count):
        turn = (number + 0.5) * 2 * np.pi / count
        path = curve(
            [(radius * 0.62, low, 0.0), (radius * 1.02, (low + high) / 2, 0.0),
             (radius * 1.08, high - 0.4 * thick, 0.0), (radius * 0.84, high + 0.35 * thick, 0.0)],
            8,
        )  # fmt: skip
        prong = sweep(path, circle(6, thick / 2), scale=[1.1, 1.1, 1, 1, 1, 1, 1.1, 0.8])
        prongs.append(prong.rotated("y", float(np.degrees(turn))))
    return prongs


def torus(radius: float, thick: float, *, sides: int = 24, section: Array | None = None) -> Solid:
    """Make a ring around Y. section: (K, 2) of outward and up; a circle by default."""
    cross = circle(8, thick / 2) if section is None else np.asarray(section, dtype=np.float64)
    angle = np.arange(sides) * (2 * np.pi / sides)
    rings = [
        np.stack([(radius + cross[:, 0]) * np.cos(a), cross[:, 1],
                  -(radius + cross[:, 0]) * np.sin(a)], axis=1)
        for a in angle
    ]  # fmt: skip
    return loft(rings, wrap=True)


def _interleaved(a: Floats, b: Floats) -> Floats:
    woven: Floats = np.stack([a, b], axis=1).reshape(-1, 3)
    return woven
