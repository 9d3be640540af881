"""The form of a helmet: a dome with its lining and brow band, guards around it, nasal and visor.

Metres, y = 0 at the brow. What crowns it, and which words ask for what: `helmet`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from asset_forge.greybox.mesh import Floats, Part
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import hoop, rivets
from asset_forge.greybox.solids import Solid, circle, lathe, loft, merge

_SHELL_M = 0.004
DEPTH = 1.20  # a head is deeper than wide


@dataclass(frozen=True)
class Skull:
    """Proportions in metres; point: how pointed the dome is, 0..1. face: "open", "nasal",
    "cheeks" or "visor". crest: "none", "comb" or "plume".
    """

    radius_m: float
    dome_m: float
    point: float
    face: str
    cheek_m: float
    neck_m: float
    crest: str
    horns: bool
    wings: bool
    spikes: bool
    ornate: bool

    def wall(self, y: float) -> float:
        """Return the radius of the shell below and at the brow."""
        return self.radius_m * (1.0 + 0.03 * min(max(-y / 0.1, 0.0), 1.6))


def shell(plan: Skull) -> list[Part]:
    """Make what every helmet has: dome, lining, brow band with rivets, guards."""
    return [
        to_part(_dome(plan, 0.0), "dome", "shell", crease_deg=40),
        to_part(
            _dome(plan, _SHELL_M + 0.0016, rows=6, sides=16), "lining", "lining", crease_deg=60
        ),
        to_part(_band(plan), "brow band", "trim", crease_deg=30),
        *_guards(plan),
        *rivets(_rivet_places(plan), radius_m=0.0046, slot="trim"),
    ]


def profile(plan: Skull, inset: float, rows: int = 9) -> Floats:
    """Return the dome's (radius, y) from brow to apex, `inset` metres inside the outside."""
    angle = np.linspace(0.0, np.pi / 2, rows)
    round_r, round_y = np.cos(angle) ** 0.92, np.sin(angle)
    peak_r = 1.0 - angle / (np.pi / 2)
    r = (round_r * (1 - plan.point) + peak_r**0.85 * plan.point) * (plan.radius_m - inset)
    y = round_y * (plan.dome_m * (1 + 0.22 * plan.point) - inset)
    r[-1] = 0.0
    return np.stack([r, y], axis=1)


def _dome(plan: Skull, inset: float, *, rows: int = 8, sides: int = 24) -> Solid:
    outer = profile(plan, inset, rows)
    inner = profile(plan, inset + _SHELL_M, 4)
    rim = [(float(outer[0, 0]), -0.012), (float(inner[0, 0]), -0.012)]
    outline = np.concatenate([inner[::-1], [rim[1]], [rim[0]], outer])
    return lathe(outline, sides=sides).scaled(1.0, 1.0, DEPTH)


def ring(radius: float, y: Floats | float, angle: Floats) -> Floats:
    """Return points around the head; angle 0 is the face, growing to the wearer's left (+X)."""
    return np.stack(
        [radius * np.sin(angle), np.broadcast_to(y, angle.shape), DEPTH * radius * np.cos(angle)],
        axis=-1,
    )


def _band(plan: Skull) -> Solid:
    angle = np.linspace(0, 2 * np.pi, 26, endpoint=False)
    path = ring(plan.radius_m, 0.004, angle)
    out = path * (1.0, 0.0, 1.0)
    section = np.array([
        (-0.003, -0.016), (0.0045, -0.016), (0.0068, -0.010), (0.0045, 0.014), (-0.003, 0.014),
    ])  # fmt: skip
    return hoop(path, section, out)


def _sheet(
    plan: Skull,
    angles: Floats,
    top: Callable[[float], float],
    bottom: Callable[[float], float],
    flare: Callable[[float, float], float],
    *,
    rows: int = 4,
    inset: float = 0.0,
) -> Solid:
    """Make a curved plate of the shell's thickness between two heights along the angles."""
    rings = []
    for angle in angles:
        y = np.linspace(top(float(angle)), bottom(float(angle)), rows)
        outer, inner = [], []
        for depth, height in zip(np.linspace(0, 1, rows), y, strict=True):
            r = plan.wall(float(height)) + flare(float(angle), float(depth)) - inset
            outer.append(ring(r, float(height), np.array([angle]))[0])
            inner.append(ring(r - _SHELL_M, float(height), np.array([angle]))[0])
        rings.append(np.array([*outer, *inner[::-1]]))
    return loft(rings, cap_scale=1.0)


def _guards(plan: Skull) -> list[Part]:
    """Make cheeks and neck as one plate around the back, lined inside."""
    opening = {"open": 1.75, "nasal": 1.30, "cheeks": 0.52, "visor": 0.80}[plan.face]
    cheek = {"open": 0.0, "nasal": 0.45, "cheeks": 1.0, "visor": 0.80}[plan.face]

    def bottom(angle: float) -> float:
        a = abs(angle if angle <= np.pi else angle - 2 * np.pi)
        front = cheek * plan.cheek_m * np.exp(-(((a - 0.95) / 0.50) ** 2))
        back = plan.neck_m * np.exp(-(((a - np.pi) / 1.15) ** 2))
        lip = {"cheeks": 0.050, "visor": 0.100}.get(plan.face, 0.014) * plan.cheek_m / 0.13
        return -float(max(front, back, lip) + 0.012)

    def flare(angle: float, depth: float) -> float:
        a = abs(angle if angle <= np.pi else angle - 2 * np.pi)
        return float(0.034 * depth**1.7 * np.exp(-(((a - np.pi) / 0.95) ** 2)))

    angles = np.linspace(opening, 2 * np.pi - opening, 27)
    outer = _sheet(plan, angles, lambda _: -0.004, bottom, flare)
    inner = _sheet(
        plan, angles[1:-1:2], lambda _: -0.010, lambda a: bottom(a) + 0.006, flare, rows=3,
        inset=_SHELL_M + 0.0012,
    )  # fmt: skip
    parts = [
        to_part(outer, "guards", "shell", crease_deg=40),
        to_part(inner, "guard lining", "lining", crease_deg=60),
    ]
    # Down the front, around the back and up again: no edge is left raw.
    front = np.linspace(-0.010, bottom(opening), 5)[:-1]
    places = [
        *((opening, float(y), float(k) / 4) for k, y in enumerate(front)),
        *((float(a), bottom(float(a)), 1.0) for a in angles),
        *((2 * np.pi - opening, float(y), 1 - float(k + 1) / 4) for k, y in enumerate(front[::-1])),
    ]
    edge = np.array([
        ring(plan.wall(y) + flare(a, depth) - _SHELL_M / 2, y, np.array([a]))[0]
        for a, y, depth in places
    ])  # fmt: skip
    parts.append(to_part(_bead(edge), "edge bead", "trim", crease_deg=85))
    return parts


def face(plan: Skull) -> list[Part]:
    """Make what covers the face: nothing, a nasal or a visor."""
    parts: list[Part] = []
    if plan.face == "visor":
        parts += _visor(plan)
    if plan.face in ("nasal", "cheeks"):
        length = {"nasal": 0.085, "cheeks": 0.070}[plan.face]
        z = DEPTH * plan.radius_m
        rings = []
        for t in np.linspace(0, 1, 7):
            half = 0.013 + 0.006 * t - (0.012 * max(t - 0.8, 0.0) / 0.2)
            # It grows out from under the band and follows the nose.
            y = 0.006 - t * (length + 0.006)
            push = z - 0.001 + 0.012 * np.sin(0.62 * np.pi * t)
            ring = np.array([
                (half, push - 0.003), (half * 0.55, push + 0.003), (0.0, push + 0.0055),
                (-half * 0.55, push + 0.003), (-half, push - 0.003), (-half * 0.9, push - 0.007),
                (half * 0.9, push - 0.007),
            ])  # fmt: skip
            rings.append(np.column_stack([ring[:, 0], np.full(7, y), ring[:, 1]]))
        parts.append(to_part(loft(rings), "nasal", "trim", crease_deg=24))
    return parts


@dataclass(frozen=True)
class _Visor:
    """The face plate's outline: tall in front, drawn together to a tongue at the temples."""

    slit_y: float
    chin_y: float
    reach: float = 1.36
    tongue_y: float = -0.056
    tongue_half_m: float = 0.030

    def span(self, angle: float) -> tuple[float, float]:
        """Return the upper and the lower edge's height at an angle."""
        share = min(abs(angle) / self.reach, 1.0)
        back = float(np.clip((share - 0.46) / 0.5, 0.0, 1.0))
        back = back * back * (3.0 - 2.0 * back)
        middle = (self.slit_y + self.chin_y) / 2
        middle += (self.tongue_y - middle) * back
        half = (self.slit_y - self.chin_y) / 2
        half += (self.tongue_half_m - half) * back
        half *= (1.0 - share**7) ** 0.5
        return middle + half, middle - half

    def flare(self, angle: float, depth: float) -> float:
        """Return how far the plate stands off the skull: a snout in front, none at the temples."""
        snout = 0.019 * float(np.exp(-((angle / 0.62) ** 2)))
        ridge = 0.006 * float(np.exp(-((angle / 0.30) ** 2)))
        tucked = 0.016 * depth**2 * float(np.exp(-((angle / 0.50) ** 2)))
        return 0.0056 + (snout + ridge) * float(np.sin(np.pi * (0.10 + 0.78 * depth))) - tucked

    def point(self, plan: Skull, angle: float, depth: float) -> Floats:
        """Return the place on its outside, depth 0 (upper edge) to 1 (lower edge)."""
        top, bottom = self.span(angle)
        y = top + (bottom - top) * depth
        place: Floats = ring(plan.wall(y) + self.flare(angle, depth), y, np.array([angle]))[0]
        return place


def _visor(plan: Skull) -> list[Part]:
    """Make the face plate under the eye slit: it follows the skull, with rim, breaths, pivots."""
    visor = _Visor(slit_y=-0.033, chin_y=-plan.cheek_m - 0.018)
    # Closer together at the temples, where the outline is round.
    even = np.linspace(-1.0, 1.0, 21)
    angles = 0.985 * visor.reach * (0.45 * even + 0.55 * np.sin(even * np.pi / 2))
    plate = _sheet(
        plan, angles, lambda a: visor.span(a)[0], lambda a: visor.span(a)[1], visor.flare, rows=5
    )
    border = [visor.point(plan, float(a), 0.0) for a in angles]
    border += [visor.point(plan, float(a), 1.0) for a in angles[::-1]]
    rim = _bead(np.array(border), closed=True)
    holes = []
    for side in (-1.0, 1.0):
        for row in range(2):
            for column in range(3):
                angle = side * (0.30 + 0.14 * column + 0.07 * row)
                holes.append(visor.point(plan, angle, 0.46 + 0.17 * row) * (0.994, 1.0, 0.994))
    breaths = rivets(np.array(holes), radius_m=0.0046, slot="inside")
    disc = lathe(
        [(0.0, -0.004), (0.015, -0.004), (0.016, 0.0), (0.012, 0.003), (0.006, 0.004),
         (0.0, 0.008)],
        sides=10,
    ).rotated("z", -90)  # fmt: skip
    turn = 0.86 * visor.reach
    hinge = visor.point(plan, turn, 0.5)
    pivot = disc.rotated("y", float(np.degrees(np.pi / 2 - turn)) * -1.0).moved(*hinge)
    pivots = merge(pivot, pivot.mirrored("x"))
    return [
        to_part(plate, "visor", "shell", crease_deg=40),
        to_part(rim, "visor lip", "trim", crease_deg=85),
        to_part(pivots, "visor pivots", "trim", crease_deg=34),
        *breaths,
    ]


def _bead(path: Floats, *, closed: bool = False) -> Solid:
    """Lay a round wire along an edge of the shell."""
    outward = path * (1.0, 0.0, 1.0 / DEPTH**2)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    wire = circle(4, 0.0050, phase=0.5)
    if closed:
        return hoop(path, wire, outward)
    ahead = np.gradient(path, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    rise = np.cross(ahead, outward)
    rings = path[:, None] + outward[:, None] * wire[:, :1] + rise[:, None] * wire[:, 1:]
    return loft(rings)


def _rivet_places(plan: Skull) -> Floats:
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False) + np.pi / 12
    return ring(plan.radius_m + 0.0062, 0.003, angle)
