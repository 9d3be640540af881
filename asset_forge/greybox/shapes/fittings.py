"""Small pieces that many kinds share: collars, wraps, rivets, rims, plates that follow a curve."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from asset_forge.greybox.mesh import Floats, Part
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.solids import Array, Solid, ellipsoid, lathe, loft

SurfaceAt = Callable[[Floats, Floats], Floats]


def collar(radius_m: float, height_m: float, *, lip_m: float = 0.0015, sides: int = 14) -> Solid:
    """Make a closed band around the Y axis, centred on y = 0, with rounded edges."""
    half, r = height_m / 2, radius_m
    return lathe(
        [(0.0, -half), (r, -half), (r + lip_m, lip_m - half), (r + lip_m, half - lip_m), (r, half),
         (0.0, half)],
        sides=sides,
    )  # fmt: skip


def wrapping(
    y_from_m: float,
    y_to_m: float,
    radius_m: float,
    *,
    pitch_m: float = 0.007,
    flat: float = 0.9,
    twist: float = 1.0,
    sides: int = 10,
) -> Solid:
    """Make a strip wound around a stick along Y; flat: depth (z) as a share of the width."""
    steps = max(round((y_to_m - y_from_m) / pitch_m), 4)
    angle = np.arange(sides) * (2 * np.pi / sides)
    rings = []
    for step in range(steps + 1):
        t = step / steps
        r = radius_m * (1.0 + (0.06 if step % 2 else -0.03))
        tilt = twist * 0.6 * pitch_m * np.sin(angle) * min(1.0, 8 * t, 8 * (1 - t))
        y = y_from_m + t * (y_to_m - y_from_m) + tilt
        rings.append(np.stack([r * np.cos(angle), y, -flat * r * np.sin(angle)], axis=1))
    return loft(rings, cap_scale=0.1)


def rivets(places: Array, *, radius_m: float, slot: str, towards: str = "z") -> list[Part]:
    """Make one domed nail head per place, (N, 3) metres; all share one piece of the texture.

    towards: the axis along which they are flattened.
    """
    flat = {"x": (0.55, 1, 1), "y": (1, 0.55, 1), "z": (1, 1, 0.55)}[towards]
    head = ellipsoid(*(radius_m * f for f in flat), sides=6, rows=4)
    first = to_part(head, "rivet", slot, chart=f"rivets {slot}", crease_deg=60)
    return [
        replace(first, name=f"rivet {index}", positions=first.positions + place)
        for index, place in enumerate(np.asarray(places, dtype=np.float64))
    ]


def grounded(parts: Sequence[Part]) -> list[Part]:
    """Return the parts shifted together so that the lowest point lies on y = 0."""
    low = min(float(part.positions[:, 1].min()) for part in parts)
    return [replace(part, positions=part.positions - (0.0, low, 0.0)) for part in parts]


def hoop(path: Array, section: Array, outward: Array, along: Array | None = None) -> Solid:
    """Carry a section around a closed path: path (R, 3), section (K, 2), outward (R, 3) units.

    The section's first axis points outward, its second square to that and to the path.
    """
    line = np.asarray(path, dtype=np.float64)
    cross = np.asarray(section, dtype=np.float64)
    out = np.asarray(outward, dtype=np.float64)
    ahead = np.roll(line, -1, axis=0) - np.roll(line, 1, axis=0) if along is None else along
    ahead = np.asarray(ahead) / np.linalg.norm(ahead, axis=1, keepdims=True)
    out = out - ahead * np.einsum("ij,ij->i", out, ahead)[:, None]
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
    legs = np.roll(line, -1, axis=0) - line
    legs /= np.maximum(np.linalg.norm(legs, axis=1, keepdims=True), 1e-12)
    turn = np.einsum("ij,ij->i", legs, np.roll(legs, 1, axis=0))
    mitre = 1.0 / np.sqrt(np.clip((1.0 + turn) / 2, 0.3, 1.0))
    out = out * mitre[:, None]
    rise = np.cross(ahead, out / mitre[:, None])
    rings = line[:, None] + out[:, None] * cross[None, :, :1] + rise[:, None] * cross[None, :, 1:]
    return loft(rings, wrap=True)


def plate(
    rows: Sequence[tuple[float, float, float]], depth_m: float, bend: SurfaceAt, *, columns: int = 9
) -> Solid:
    """Make a curved plate from rows (y, x from, x to); bend gives the front's z at (x, y).

    A row whose two ends meet closes the plate in a point.
    """
    rings = []
    for y, left, right in rows:
        x = np.linspace(left, right, columns)
        z = bend(x, np.full(columns, y))
        front = np.column_stack([x, np.full(columns, y), z])
        back = front - np.array([0.0, 0.0, depth_m])
        if right - left < 1e-9:
            back = front
        rings.append(np.concatenate([front, back[::-1]]))
    return loft(rings, cap_scale=0.3)
