"""Pieces of what is held by a shaft: poles, caps, sockets, beams, blades, spikes, gem settings."""

from collections.abc import Sequence

import numpy as np

from asset_forge.greybox.mesh import Floats
from asset_forge.greybox.solids import Array, Solid, lathe, loft, merge, sweep

Row = tuple[float, float, float, float, float]


def pole(
    from_y: float,
    to_y: float,
    radii_m: Array,
    *,
    sides: int = 10,
    flat: float = 1.0,
    bow_m: Array | None = None,
) -> Solid:
    """Make a shaft along Y through evenly spaced rings.

    radii_m: (R,) metres. flat: depth (z) as a share of the width. bow_m: (R,) shift along X.
    """
    radii = np.asarray(radii_m, dtype=np.float64)
    shift = np.zeros(len(radii)) if bow_m is None else np.asarray(bow_m, dtype=np.float64)
    angle = np.arange(sides) * (2 * np.pi / sides)
    rings = [
        np.stack([x + r * np.cos(angle), np.full(sides, y), -flat * r * np.sin(angle)], axis=1)
        for x, y, r in zip(shift, np.linspace(from_y, to_y, len(radii)), radii, strict=True)
    ]
    return loft(rings, cap_scale=0.6)


def end_cap(radius_m: float, *, sides: int = 12, flat: float = 1.0) -> Solid:
    """Make the metal knob that closes a shaft's lower end at y = 0."""
    r = radius_m
    profile = [(0.0, -1.7), (0.6, -1.62), (1.12, -1.0), (1.26, -0.2), (1.24, 0.7), (1.12, 0.95),
               (0.0, 0.95)]  # fmt: skip
    return lathe(np.array(profile) * r, sides=sides).scaled(1.0, 1.0, flat)


def socket(from_y: float, to_y: float, low_m: float, high_m: float, *, sides: int = 12) -> Solid:
    """Make a tube with a rolled lower rim that narrows or widens from low_m to high_m radius."""
    rim = 0.10 * (to_y - from_y)
    return lathe(
        [(0.0, from_y), (low_m * 1.10, from_y), (low_m * 1.22, from_y + 0.35 * rim),
         (low_m * 1.22, from_y + 0.8 * rim), (low_m * 1.02, from_y + 1.2 * rim), (high_m, to_y),
         (0.0, to_y)],
        sides=sides,
    )  # fmt: skip


def beam(stations: Sequence[tuple[float, float, float]], *, cut: float = 0.35) -> Solid:
    """Make a bar along X from (x, half height, half thickness), corners cut off by a share.

    Half height and thickness of 0 close the end in a point.
    """
    rings = []
    for x, tall, thick in stations:
        y, z = tall * (1 - cut), thick * (1 - cut)
        ring = np.array([(tall, z), (y, thick), (-y, thick), (-tall, z), (-tall, -z),
                         (-y, -thick), (y, -thick), (tall, -z)])  # fmt: skip
        rings.append(np.column_stack([np.full(8, x), ring]))
    return loft(rings, cap_scale=1.0)


def arched(solid: Solid, drop: float, *, power: float = 2.0) -> Solid:
    """Bend a solid along X down (up when negative): drop metres at 1 m from the Y axis."""
    bent = solid.positions.copy()
    bent[:, 1] -= drop * np.abs(bent[:, 0]) ** power
    return solid.bent(bent)


def blade(rows: Sequence[Row], *, single_edge: bool = False, fuller: float = 0.0) -> Solid:
    """Make an edged blade along Y from rows (x, y, right, left, half thickness), metres.

    right, left: reach of the edges from the middle line at x. single_edge: the left is a back as
    thick as the blade. fuller: share of the half thickness that the middle is hollowed by; a
    negative one raises a rib. A row without width closes the blade in a point.
    """
    table = np.asarray(rows, dtype=np.float64)
    ahead = np.gradient(table[:, :2], axis=0)
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
    rings = []
    for (x, y, right, left, thick), (dx, dy) in zip(table, ahead, strict=True):
        edge = min(0.0006, thick * 0.3)
        deep = thick * (1.0 - fuller)
        if single_edge:
            half = [(right, edge), (0.30 * right, 0.82 * thick), (0.05 * right, thick),
                    (-0.3 * left, deep), (-0.62 * left, thick), (-left, 0.86 * thick)]  # fmt: skip
        else:
            half = [(right, edge), (0.52 * right, 0.74 * thick), (0.16 * right, deep),
                    (-0.16 * left, deep), (-0.52 * left, 0.74 * thick), (-left, edge)]  # fmt: skip
        ring = np.array([*half, *((u, -z) for u, z in reversed(half))])
        rings.append(np.column_stack([x + ring[:, 0] * dy, y - ring[:, 0] * dx, ring[:, 1]]))
    return loft(rings, cap_scale=0.15)


def spike(radius_m: float, length_m: float, *, sides: int = 6, sunk_m: float = 0.006) -> Solid:
    """Make a pointed cone up from y = 0, with a foot below it that sinks into what it stands on."""
    return lathe(
        [(0.0, -sunk_m), (radius_m, -sunk_m), (radius_m * 0.92, 0.0),
         (radius_m * 0.48, 0.5 * length_m), (0.0, length_m)],
        sides=sides,
    )  # fmt: skip


def torus(radius_m: float, wire_m: float, *, sides: int = 16, section: int = 6) -> Solid:
    """Make a closed ring of wire around the Y axis at y = 0."""
    angle = np.arange(sides) * (2 * np.pi / sides)
    around = np.arange(section) * (2 * np.pi / section)
    reach = radius_m + wire_m * np.cos(around)
    rings = [
        np.stack([reach * np.cos(a), wire_m * np.sin(around), -reach * np.sin(a)], axis=1)
        for a in angle
    ]
    return loft(rings, wrap=True)


def helix(
    from_y: float,
    to_y: float,
    radii_m: tuple[float, float],
    wire_m: float,
    *,
    turns: float,
    phase: float = 0.0,
    steps_a_turn: int = 12,
) -> Solid:
    """Wind a wire around the Y axis; radii_m: at the lower and the upper end."""
    count = max(int(turns * steps_a_turn), 4) + 1
    t = np.linspace(0.0, 1.0, count)
    angle = 2 * np.pi * turns * t + phase
    radius = radii_m[0] + (radii_m[1] - radii_m[0]) * t
    line = np.stack(
        [radius * np.cos(angle), from_y + (to_y - from_y) * t, -radius * np.sin(angle)], axis=1
    )
    section = np.array([(1.0, 0.0), (0.3, 0.9), (-0.8, 0.6), (-0.8, -0.6), (0.3, -0.9)]) * wire_m
    scale = np.ones(count)
    scale[[0, -1]] = 0.3
    return sweep(line, section, scale=scale, up=(0.0, 1.0, 0.0))


def around(solid: Solid, count: int, *, from_deg: float = 0.0) -> Solid:
    """Repeat a solid evenly about the Y axis."""
    return merge(*(solid.rotated("y", from_deg + 360.0 * k / count) for k in range(count)))


def ball_points(rings: Sequence[tuple[float, int, float]]) -> Floats:
    """Return unit directions: per ring (height angle in degrees, how many, turn in degrees)."""
    points = []
    for height, count, turn in rings:
        a = np.radians(height)
        for k in range(count):
            b = np.radians(turn + 360.0 * k / count)
            points.append((np.cos(a) * np.cos(b), np.sin(a), np.cos(a) * np.sin(b)))
    return np.array(points)


def towards(solid: Solid, direction: Floats) -> Solid:
    """Turn a solid that stands along +Y into a unit direction."""
    up = np.array([0.0, 1.0, 0.0])
    axis = np.cross(up, direction)
    sine, cosine = float(np.linalg.norm(axis)), float(direction[1])
    if sine < 1e-9:
        return solid if cosine > 0 else solid.rotated("x", 180)
    axis = axis / sine
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    matrix = np.eye(3) + sine * cross + (1 - cosine) * (cross @ cross)
    return solid.bent(solid.positions @ matrix.T)
