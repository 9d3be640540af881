"""What hangs on armour: spikes, horns, wings, belts with buckles, laces, studs."""

from collections.abc import Sequence

import numpy as np

from asset_forge.greybox.mesh import Floats
from asset_forge.greybox.shapes.fittings import hoop
from asset_forge.greybox.solids import Array, Solid, box, circle, curve, lathe, loft, merge, sweep


def pointing(solid: Solid, direction: Array) -> Solid:
    """Turn a solid so that its +Y looks along a direction."""
    y = np.asarray(direction, dtype=np.float64)
    y = y / np.linalg.norm(y)
    side = np.array([1.0, 0.0, 0.0]) if abs(y[0]) < 0.9 else np.array([0.0, 0.0, 1.0])
    z = np.cross(side, y)
    z /= np.linalg.norm(z)
    turn = np.stack([np.cross(y, z), y, z], axis=1)
    return solid.bent(solid.positions @ turn.T)


def spike(length_m: float, radius_m: float, *, sides: int = 7) -> Solid:
    """Make a spike that stands on y = 0 upon a collar."""
    r = radius_m
    return lathe(
        [(0.0, -0.4 * r), (1.35 * r, -0.4 * r), (1.35 * r, 0.25 * r), (r, 0.45 * r),
         (0.55 * r, 0.5 * length_m), (0.0, length_m)],
        sides=sides,
    )  # fmt: skip


def spikes(places: Array, directions: Array, length_m: float, radius_m: float) -> Solid:
    """Make one spike per place and direction, both (N, 3)."""
    first = spike(length_m, radius_m)
    return merge(*(
        pointing(first, way).moved(*place)
        for place, way in zip(np.asarray(places), np.asarray(directions), strict=True)
    ))  # fmt: skip


def horn(knots: Array, radius_m: float, *, rings: int = 9, sides: int = 8) -> Solid:
    """Sweep a horn through its knots (N, 3), thick at the first, a point at the last."""
    thick = np.linspace(1.0, 0.2, rings) ** 0.85
    thick[-1] = 0.0
    return sweep(curve(knots, rings), circle(sides, radius_m), scale=thick, up=(0.0, 0.0, 1.0))


def wing(span_m: float, *, feathers: int = 5, thickness_m: float = 0.004) -> Solid:
    """Make a wing that spreads upwards and to -Z from the origin, its faces to ±X."""
    made = []
    for k in range(feathers):
        share = k / max(feathers - 1, 1)
        angle = np.radians(12 + 62 * share)
        length = span_m * (1.0 - 0.42 * share)
        # Each feather starts a little further down the arm of the wing and lies on the next.
        root = np.array([0.0, -0.16 * span_m * share, -0.10 * span_m * share])
        ahead = np.array([0.0, np.cos(angle), -np.sin(angle)])
        across = np.array([0.0, np.sin(angle), np.cos(angle)])
        rings = []
        for t, wide in ((0.0, 0.55), (0.25, 1.0), (0.7, 1.05), (0.9, 0.75), (1.0, 0.0)):
            half = 0.085 * span_m * wide
            bow = 0.06 * span_m * np.sin(np.pi * t)
            middle = root + ahead * (length * t) + across * bow
            lift = thickness_m * (0.5 + 0.9 * (feathers - 1 - k) * 0.5 * (1 - t))
            up = np.array([lift * (wide > 0), 0.0, 0.0])
            rings.append([middle + across * half, middle + up, middle - across * half, middle - up])
        made.append(loft(rings))
    line = np.array([(0, -0.24, -0.12), (0, -0.06, 0.0), (0, 0.10, 0.05), (0, 0.26, 0.03)]) * span_m
    thick = [0.6, 1.0, 1.15, 1.1, 0.9, 0.6, 0.0]
    arm = sweep(curve(line, 7), circle(6, 0.055 * span_m), scale=thick, up=(1.0, 0.0, 0.0))
    return merge(arm, *made)


def belt(path: Array, outward: Array, wide_m: float, thick_m: float = 0.006) -> Solid:
    """Lay a strap around a closed path, (N, 3) with outward directions; it stands on the path."""
    half, t = wide_m / 2, thick_m
    section = np.array([(-0.004, -half), (t * 0.6, -half), (t, -half * 0.7), (t, half * 0.7),
                        (t * 0.6, half), (-0.004, half)])  # fmt: skip
    return hoop(path, section, outward)


def buckle(width_m: float, height_m: float) -> Solid:
    """Make a buckle in the XY plane around the origin, front to +Z: a frame and its pin."""
    w, h = width_m / 2, height_m / 2
    wire = 0.11 * height_m
    frame = np.array([(-w, -h * 0.6), (-w * 0.7, -h), (w * 0.7, -h), (w, -h * 0.6), (w, h * 0.6),
                      (w * 0.7, h), (-w * 0.7, h), (-w, h * 0.6)])  # fmt: skip
    path = np.column_stack([frame, np.zeros(8)])
    ring = hoop(path, circle(4, wire, phase=0.5), path / np.linalg.norm(path, axis=1)[:, None])
    pin = box(width_m * 1.05, wire * 1.3, wire * 1.6).moved(z=wire * 0.7)
    return merge(ring, pin)


def laces(left: Sequence[Array], right: Sequence[Array], radius_m: float, out: Array) -> Solid:
    """Cross cords between two rows of eyelets, (N, 3) each; out: the way that they stand off."""
    away = np.asarray(out, dtype=np.float64)
    cords = []
    for k in range(len(left) - 1):
        for start, end, lift in ((left[k], right[k + 1], 0.6), (right[k], left[k + 1], 1.5)):
            a, b = np.asarray(start, float), np.asarray(end, float)
            line = np.stack([a - away * radius_m, (a + b) / 2 + away * radius_m * lift,
                             b - away * radius_m])  # fmt: skip
            cords.append(sweep(line, circle(5, radius_m), up=away))
    return merge(*cords)


def outward(ring: Floats) -> Floats:
    """Return unit directions away from the middle of a closed row of points, (N, 3)."""
    away = ring - ring.mean(axis=0)
    unit: Floats = away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
    return unit
