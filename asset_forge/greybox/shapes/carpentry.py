"""What carpenters make for many kinds: beams, rows of boards, round boards, bands, ring handles."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.solids import (
    Array,
    Solid,
    box,
    box_mapped,
    circle,
    extrude,
    lathe,
    loft,
    merge,
)
from asset_forge.greybox.surfaces import families

_BOUND = re.compile(r"\b([a-z]+)[- ](?:banded|bound|strapped)\b", re.IGNORECASE)


def spelled_out(brief: Brief) -> Brief:
    """Return the brief with an "iron-bound crate" written as a crate with iron bands."""
    text = f"{brief.name} and {brief.description}"
    metals = [word for word in _BOUND.findall(text) if families([word.lower()]) == {"metal"}]
    if not metals:
        return brief
    name, description = (_BOUND.sub("", part) for part in (brief.name, brief.description))
    return replace(brief, name=f"{name} with {metals[0]} bands", description=description)


def beam(
    start: Array,
    end: Array,
    width_m: float,
    depth_m: float,
    *,
    bevel: float = 0.0,
    facing: Array = (0.0, 0.0, 1.0),
) -> Solid:
    """Make a squared timber between two points, its depth towards `facing`, grain lengthwise."""
    a, b = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    length = float(np.linalg.norm(b - a))
    along = (b - a) / length
    side = np.cross(along, np.asarray(facing, dtype=np.float64))
    side /= np.linalg.norm(side)
    solid = box(width_m, length, depth_m, bevel=bevel)
    axes = np.stack([side, along, np.cross(side, along)])
    return solid.bent(solid.positions @ axes + (a + b) / 2)


def board(width_m: float, length_m: float, thick_m: float, *, bevel: float = 0.003) -> Solid:
    """Make a board around the origin along Y, bevelled around its face to +Z alone."""
    x, y, z = width_m / 2, length_m / 2, thick_m / 2
    cut = min(bevel, 0.4 * thick_m, 0.4 * x)
    rings = [
        [(-a, -b, c), (a, -b, c), (a, b, c), (-a, b, c)]
        for a, b, c in ((x, y, -z), (x, y, z - cut), (x - cut, y - cut, z))
    ]
    return box_mapped(loft(rings))


def boards(
    span_m: float,
    length_m: float,
    thick_m: float,
    count: int,
    rng: np.random.Generator,
    *,
    bevel: float = 0.003,
    faced: bool = False,
) -> list[Solid]:
    """Lay boards along Y side by side over a span in X, centred on the origin, faces to ±Z.

    faced: only their faces to +Z will be seen.
    """
    make = board if faced else box
    edges = np.linspace(-span_m / 2, span_m / 2, count + 1)
    edges[1:-1] += rng.uniform(-0.12, 0.12, count - 1) * span_m / count
    gap = min(0.0016, 0.05 * span_m / count)
    return [
        make(float(right - left) - gap, length_m, thick_m, bevel=bevel).moved(
            x=float(left + right) / 2, z=float(rng.uniform(-0.05, 0.05)) * thick_m
        )
        for left, right in pairwise(edges)
    ]


def round_boards(
    radius_m: float, thick_m: float, count: int, rng: np.random.Generator, *, bevel: float = 0.003
) -> list[Solid]:
    """Cut boards along Y to a disc in XY, centred on the origin, faces to ±Z."""
    edges = np.linspace(-radius_m, radius_m, count + 1)
    edges[1:-1] += rng.uniform(-0.1, 0.1, count - 1) * radius_m / count
    gap = 0.004 * min(1.0, radius_m / 0.25)
    solids = []
    for left, right in pairwise(edges):
        low, high = float(left) + gap / 2, float(right) - gap / 2
        x = np.linspace(max(low, -0.992 * radius_m), min(high, 0.992 * radius_m), 5)
        y = np.sqrt(radius_m**2 - x**2)
        outline = np.concatenate([np.column_stack([x, -y]), np.column_stack([x[::-1], y[::-1]])])
        solids.append(extrude(outline, thick_m, bevel=bevel))
    return solids


def planked(
    solids: Sequence[Solid], name: str, slot: str, rng: np.random.Generator, *, spread: float = 0.16
) -> list[Part]:
    """Turn boards into parts that differ in shade by `spread` to either side."""
    parts = []
    for index, solid in enumerate(solids):
        shade = float(rng.uniform(1 - spread, 1 + 0.7 * spread))
        tint = (shade, shade * 0.99, shade * 0.97)
        parts.append(to_part(solid, f"{name} {index}", slot, crease_deg=20, tint=tint))
    return parts


def nails(places: Array, outwards: Array, *, radius_m: float, slot: str) -> list[Part]:
    """Make one nail head per place, (N, 3) metres, each raised along its outward unit vector.

    All share one piece of the texture; a small budget leaves them out as rivets.
    """
    head = lathe([(radius_m, -0.3 * radius_m), (0.6 * radius_m, 0.5 * radius_m)], sides=5)
    first = to_part(head, "rivet", slot, chart=f"nails {slot}", crease_deg=80)
    parts = []
    for index, (place, out) in enumerate(
        zip(np.asarray(places, np.float64), np.asarray(outwards, np.float64), strict=True)
    ):
        side = np.cross(out, (0.0, 0.0, 1.0) if abs(out[2]) < 0.9 else (1.0, 0.0, 0.0))
        side /= np.linalg.norm(side)
        axes = np.stack([side, out, np.cross(side, out)])
        parts.append(
            replace(
                first,
                name=f"rivet {index}",
                positions=first.positions @ axes + place,
                normals=first.normals @ axes,
            )
        )
    return parts


def ring_band(
    low: tuple[float, float], high: tuple[float, float], thick_m: float, *, sides: int = 24
) -> Solid:
    """Make a flat hoop about Y from (radius, y) to (radius, y), inner radius; thick outwards."""
    (r0, y0), (r1, y1) = low, high
    cut = min(0.3 * thick_m, 0.2 * abs(y1 - y0))
    section = [(r0, y0), (r0 + thick_m, y0 + cut), (r1 + thick_m, y1 - cut), (r1, y1)]
    rings = [
        [(r * np.cos(a), y, -r * np.sin(a)) for r, y in section]
        for a in np.arange(sides) * (2 * np.pi / sides)
    ]
    return loft(rings, wrap=True)


def torus(radius_m: float, thick_m: float, *, sides: int = 14, section: int = 6) -> Solid:
    """Make a ring in the XY plane around the origin; thick_m: radius of its wire."""
    ring = circle(section, thick_m)
    rings = []
    for angle in np.arange(sides) * (2 * np.pi / sides):
        out = np.array([np.cos(angle), np.sin(angle), 0.0])
        rings.append(out * (radius_m + ring[:, :1]) + ring[:, 1:] * np.array([0.0, 0.0, 1.0]))
    return loft(rings, wrap=True)


def turned(solid: Solid, axis: str, degrees: float, about: Array) -> Solid:
    """Turn a solid about an axis through a point."""
    x, y, z = (float(v) for v in np.asarray(about, dtype=np.float64))
    return solid.moved(-x, -y, -z).rotated(axis, degrees).moved(x, y, z)


def part_turned(part: Part, matrix: Floats, about: Floats) -> Part:
    """Turn a finished part by a (3, 3) rotation about a point."""
    return replace(
        part,
        positions=(part.positions - about) @ matrix.T + about,
        normals=part.normals @ matrix.T,
    )


def pair(solid: Solid, axis: str = "x") -> Solid:
    """Return the solid together with its mirror image."""
    return merge(solid, solid.mirrored(axis))
