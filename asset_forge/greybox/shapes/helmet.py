"""Helmets: a hollow dome with brow band, nasal, cheek and neck guards; visor, crest or horns."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import grounded, hoop, rivets
from asset_forge.greybox.solids import Solid, circle, curve, lathe, loft, merge, sweep

_SHELL_M = 0.004
_DEPTH = 1.20  # a head is deeper than wide


@dataclass(frozen=True)
class _Plan:
    """Metres, y = 0 at the brow until the end. face: "open", "nasal", "cheeks" or "visor"."""

    radius_m: float
    dome_m: float
    point: float
    face: str
    cheek_m: float
    neck_m: float
    crest: str
    horns: bool
    ornate: bool

    def wall(self, y: float) -> float:
        """Return the radius of the shell below and at the brow."""
        return self.radius_m * (1.0 + 0.03 * min(max(-y / 0.1, 0.0), 1.6))


def build(brief: Brief) -> Shape:
    """Build a helmet facing +Z that stands on y = 0, its axis over the origin."""
    plan = _plan(brief)
    rng = brief.rng("helmet colours")
    trim = "gold" if plan.ornate else str(rng.choice(["bronze", "brass", "iron", "blacksteel"]))
    surfaces = {
        "shell": words.surface_for(
            brief,
            ("helmet", "helm", "shell", "dome", "visor", "hat", "cap"),
            "steel",
            ("metal", "leather", "scale", "bone", "wood", "stone"),
            main=True,
        ),
        "trim": words.surface_for(
            brief, ("trim", "band", "bands", "nasal", "crest", "rivets"), trim, ("metal",)
        ),
        "inside": "dark ebony",
        "lining": words.surface_for(brief, ("lining",), "dark leather", ("leather", "cloth")),
        "horn": words.surface_for(brief, ("horn", "horns"), "ivory", ("bone", "metal", "gem")),
        "plume": words.surface_for(
            brief,
            ("plume", "crest", "hair"),
            f"{rng.choice(['red', 'navy', 'white', 'black', 'crimson'])} hair",
            ("hair", "cloth"),
        ),
    }
    parts = [
        to_part(_dome(plan, 0.0), "dome", "shell", crease_deg=40),
        to_part(
            _dome(plan, _SHELL_M + 0.0016, rows=6, sides=20), "lining", "lining", crease_deg=60
        ),
        to_part(_band(plan), "brow band", "trim", crease_deg=30),
        *_skirt(plan),
        *_front(plan),
        *_top(plan, brief),
        *rivets(_rivet_places(plan), radius_m=0.0042, slot="trim"),
    ]
    parts = grounded(parts)
    used = {part.slot for part in parts}
    return Shape("helmet", tuple(parts), {k: v for k, v in surfaces.items() if k in used})


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("helmet")
    face = str(rng.choice(["nasal", "cheeks", "cheeks", "visor"]))
    if words.has(brief, "full", "great helm", "visor", "knight", "knights", "closed", "greathelm"):
        face = "visor"
    elif words.has(brief, "nasal", "norman", "viking"):
        face = "nasal"
    elif words.has(brief, "cap", "open", "skullcap", "med", "medium", "coif", "hat"):
        face = "open"
    elif words.has(brief, "barbute", "corinthian", "spartan", "cheek", "roman"):
        face = "cheeks"
    crest = str(rng.choice(["none", "comb", "none"]))
    if words.has(brief, "crest", "plume", "plumed", "roman", "spartan", "centurion", "crested"):
        crest = "plume"
    elif face == "visor" and crest == "none":
        crest = "comb"
    ornate = words.has(brief, "ornate", "royal", "decorated", "noble", "king")
    horns = words.has(brief, "horned", "horns", "horn", "viking", "demon", "barbarian")
    scale = words.size_factor(brief) * rng.uniform(0.97, 1.04)
    if brief.height_m is not None:
        scale = brief.height_m / 0.30
    return _Plan(
        radius_m=0.104 * scale,
        dome_m=float(rng.uniform(0.118, 0.142)) * scale,
        point=float(rng.uniform(0.0, 0.35)) if face != "visor" else float(rng.uniform(0, 0.18)),
        face=face,
        cheek_m=float(rng.uniform(0.115, 0.145)) * scale,
        neck_m=float(rng.uniform(0.075, 0.11)) * scale,
        crest=crest if not horns else "none",
        horns=horns,
        ornate=ornate,
    )


def _profile(plan: _Plan, inset: float, rows: int = 9) -> Floats:
    """Return the dome's (radius, y) from brow to apex, `inset` metres inside the outside."""
    angle = np.linspace(0.0, np.pi / 2, rows)
    round_r, round_y = np.cos(angle) ** 0.92, np.sin(angle)
    peak_r = 1.0 - angle / (np.pi / 2)
    r = (round_r * (1 - plan.point) + peak_r**0.85 * plan.point) * (plan.radius_m - inset)
    y = round_y * (plan.dome_m * (1 + 0.22 * plan.point) - inset)
    r[-1] = 0.0
    return np.stack([r, y], axis=1)


def _dome(plan: _Plan, inset: float, *, rows: int = 9, sides: int = 28) -> Solid:
    outer = _profile(plan, inset, rows)
    inner = _profile(plan, inset + _SHELL_M, max(rows - 3, 4))
    rim = [(float(outer[0, 0]), -0.012), (float(inner[0, 0]), -0.012)]
    profile = np.concatenate([inner[::-1], [rim[1]], [rim[0]], outer])
    return lathe(profile, sides=sides).scaled(1.0, 1.0, _DEPTH)


def _ring(radius: float, y: Floats | float, angle: Floats) -> Floats:
    """Return points around the head; angle 0 is the face, growing to the wearer's left (+X)."""
    return np.stack(
        [radius * np.sin(angle), np.broadcast_to(y, angle.shape), _DEPTH * radius * np.cos(angle)],
        axis=-1,
    )


def _band(plan: _Plan) -> Solid:
    angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    path = _ring(plan.radius_m, 0.004, angle)
    out = path * (1.0, 0.0, 1.0)
    section = np.array([(-0.003, -0.016), (0.0045, -0.016), (0.0065, -0.012), (0.0065, 0.010),
                        (0.0045, 0.014), (-0.003, 0.014)])  # fmt: skip
    return hoop(path, section, out)


def _sheet(
    plan: _Plan,
    angles: Floats,
    top: Callable[[float], float],
    bottom: Callable[[float], float],
    flare: Callable[[float, float], float],
    *,
    rows: int = 5,
    inset: float = 0.0,
) -> Solid:
    """Make a curved plate of the shell's thickness between two heights along the angles."""
    rings = []
    for angle in angles:
        y = np.linspace(top(float(angle)), bottom(float(angle)), rows)
        outer, inner = [], []
        for depth, height in zip(np.linspace(0, 1, rows), y, strict=True):
            r = plan.wall(float(height)) + flare(float(angle), float(depth)) - inset
            outer.append(_ring(r, float(height), np.array([angle]))[0])
            inner.append(_ring(r - _SHELL_M, float(height), np.array([angle]))[0])
        rings.append(np.array([*outer, *inner[::-1]]))
    return loft(rings, cap_scale=1.0)


def _skirt(plan: _Plan) -> list[Part]:
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

    angles = np.linspace(opening, 2 * np.pi - opening, 37)
    outer = _sheet(plan, angles, lambda _: -0.004, bottom, flare)
    inner = _sheet(
        plan, angles[1:-1:2], lambda _: -0.010, lambda a: bottom(a) + 0.006, flare,
        inset=_SHELL_M + 0.0012,
    )  # fmt: skip
    parts = [
        to_part(outer, "guards", "shell", crease_deg=40),
        to_part(inner, "guard lining", "lining", crease_deg=60),
    ]
    # Down the front, around the back and up again: no edge is left raw.
    front = np.linspace(-0.010, bottom(opening), 7)[:-1]
    places = [
        *((opening, float(y), float(k) / 6) for k, y in enumerate(front)),
        *((float(a), bottom(float(a)), 1.0) for a in angles),
        *((2 * np.pi - opening, float(y), 1 - float(k + 1) / 6) for k, y in enumerate(front[::-1])),
    ]
    edge = np.array([
        _ring(plan.wall(y) + flare(a, depth) - _SHELL_M / 2, y, np.array([a]))[0]
        for a, y, depth in places
    ])  # fmt: skip
    parts.append(to_part(_bead(edge), "edge bead", "trim", crease_deg=85))
    return parts


def _front(plan: _Plan) -> list[Part]:
    parts: list[Part] = []
    if plan.face == "visor":
        parts += _visor(plan)
    if plan.face in ("nasal", "cheeks"):
        length = {"nasal": 0.085, "cheeks": 0.070}[plan.face]
        z = _DEPTH * plan.radius_m
        rings = []
        for t in np.linspace(0, 1, 9):
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

    def point(self, plan: _Plan, angle: float, depth: float) -> Floats:
        """Return the place on its outside, depth 0 (upper edge) to 1 (lower edge)."""
        top, bottom = self.span(angle)
        y = top + (bottom - top) * depth
        place: Floats = _ring(plan.wall(y) + self.flare(angle, depth), y, np.array([angle]))[0]
        return place


def _visor(plan: _Plan) -> list[Part]:
    """Make the face plate under the eye slit: it follows the skull, with rim, breaths, pivots."""
    visor = _Visor(slit_y=-0.033, chin_y=-plan.cheek_m - 0.018)
    # Closer together at the temples, where the outline is round.
    even = np.linspace(-1.0, 1.0, 25)
    angles = 0.985 * visor.reach * (0.45 * even + 0.55 * np.sin(even * np.pi / 2))
    plate = _sheet(
        plan, angles, lambda a: visor.span(a)[0], lambda a: visor.span(a)[1], visor.flare, rows=6
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
        [(0.0, -0.004), (0.015, -0.004), (0.016, 0.0), (0.013, 0.003), (0.006, 0.004),
         (0.005, 0.007), (0.0, 0.008)],
        sides=12,
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
    outward = path * (1.0, 0.0, 1.0 / _DEPTH**2)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    wire = circle(5, 0.0046)
    if closed:
        return hoop(path, wire, outward)
    ahead = np.gradient(path, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    rise = np.cross(ahead, outward)
    rings = path[:, None] + outward[:, None] * wire[:, :1] + rise[:, None] * wire[:, 1:]
    return loft(rings)


def _top(plan: _Plan, brief: Brief) -> list[Part]:
    parts: list[Part] = []
    if plan.horns:
        parts += _horns(plan, brief)
    if plan.crest == "none":
        knob = lathe([(0.0, -0.006), (0.017, -0.004), (0.015, 0.004), (0.008, 0.008),
                      (0.010, 0.016), (0.006, 0.024), (0.0, 0.027)], sides=12)  # fmt: skip
        apex = float(_profile(plan, 0.0)[-1, 1])
        return [*parts, to_part(knob.moved(y=apex), "finial", "trim", crease_deg=34)]
    profile = _profile(plan, 0.0)
    half = np.column_stack([np.zeros(9), profile[:, 1], _DEPTH * profile[:, 0]])
    arc = curve(np.concatenate([half[:-1], (half * (1.0, 1.0, -1.0))[::-1]]), 29)
    t = np.linspace(-1.0, 1.0, len(arc))
    lift = np.clip(1 - np.abs(t) ** 3, 0, 1)
    tall = 0.004 + 0.018 * lift
    section = np.array([(-0.007, -0.4), (0.007, -0.4), (0.0045, 0.8), (0.0, 1.0), (-0.0045, 0.8)])
    away = arc - np.array([0.0, 0.02, 0.0])
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    rings = [
        point + np.outer(section[:, 0], (1.0, 0.0, 0.0)) + np.outer(section[:, 1], out) * high
        for point, out, high in zip(arc, away, tall, strict=True)
    ]
    parts.append(to_part(loft(rings), "comb", "trim", crease_deg=36))
    if plan.crest == "plume":
        parts.append(to_part(_plume(brief, arc[3:-3], away[3:-3]), "plume", "plume", crease_deg=75))
    return parts


def _plume(brief: Brief, arc: Floats, away: Floats) -> Solid:
    """Let a brush of hair stand on the comb, rounded at both ends."""
    rng = brief.rng("plume")
    phase, waves = float(rng.uniform(0, 6)), float(rng.uniform(5, 8))
    section = np.array([(-0.009, 0.0), (0.009, 0.0), (0.016, 0.50), (0.016, 0.82), (0.008, 1.0),
                        (-0.008, 1.0), (-0.016, 0.82), (-0.016, 0.50)])  # fmt: skip
    # Closer together at its round ends.
    even = np.linspace(-1.0, 1.0, 27)
    along = 0.4 * even + 0.6 * np.sin(even * np.pi / 2)
    place = (along + 1.0) / 2 * (len(arc) - 1)
    arc, away = (
        np.stack([np.interp(place, np.arange(len(arc)), axis) for axis in row.T], axis=1)
        for row in (arc, away)
    )
    rings = []
    for t, point, out in zip(along, arc, away, strict=True):
        end = float(np.sqrt(max(1.0 - abs(t) ** 6, 0.0)))
        grow = 0.006 + 0.078 * end * (0.80 + 0.20 * (1 - t * t))
        grow += 0.0016 * end * float(np.sin(phase + waves * t * np.pi))
        side = np.outer(section[:, 0] * (0.45 + 0.55 * end), (1.0, 0.0, 0.0))
        rings.append(point + side + np.outer(section[:, 1], out) * grow)
    solid = loft(rings)
    # Its hair grows away from the comb, not along it.
    return replace(solid, corner_uvs=solid.corner_uvs[..., ::-1] * (-1.0, 1.0))


def _horns(plan: _Plan, brief: Brief) -> list[Part]:
    rng = brief.rng("horns")
    rise = float(rng.uniform(0.10, 0.16))
    r = plan.radius_m
    knots = [(r * 0.80, 0.052, 0.0), (r * 1.20, 0.058, 0.004), (r * 1.62, 0.085, 0.012),
             (r * 1.80, 0.085 + rise * 0.55, 0.022), (r * 1.66, 0.085 + rise, 0.040)]  # fmt: skip
    line = curve(knots, 12)
    thick = np.linspace(1.0, 0.22, 12) ** 0.85
    thick[-1] = 0.0
    horn = sweep(line, circle(10, 0.0235), scale=thick, up=(0.0, 0.0, 1.0))
    cuff = sweep(
        curve([(r * 0.86, 0.052, 0.0), (r * 1.14, 0.057, 0.003)], 4),
        circle(12, 0.0262),
        scale=[1.12, 1.08, 1.0, 0.98],
        up=(0.0, 0.0, 1.0),
    )
    return [
        to_part(merge(horn, horn.mirrored("x")), "horns", "horn", crease_deg=60),
        to_part(merge(cuff, cuff.mirrored("x")), "horn cuffs", "trim", crease_deg=34),
    ]


def _rivet_places(plan: _Plan) -> Floats:
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False) + np.pi / 16
    return _ring(plan.radius_m + 0.0062, 0.003, angle)
