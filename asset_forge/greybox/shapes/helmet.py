"""Helmets: a hollow dome with brow band, nasal, cheek and neck guards; visor, crest or horns."""

from collections.abc import Callable
from dataclasses import dataclass

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
    cheek = {"open": 0.0, "nasal": 0.45, "cheeks": 1.0, "visor": 0.95}[plan.face]

    def bottom(angle: float) -> float:
        a = abs(angle if angle <= np.pi else angle - 2 * np.pi)
        front = cheek * plan.cheek_m * np.exp(-(((a - 0.95) / 0.50) ** 2))
        back = plan.neck_m * np.exp(-(((a - np.pi) / 1.15) ** 2))
        lip = {"cheeks": 0.050, "visor": 0.100}.get(plan.face, 0.014) * plan.cheek_m / 0.13
        return -float(max(front, back, lip) + 0.012)

    def flare(angle: float, depth: float) -> float:
        a = abs(angle if angle <= np.pi else angle - 2 * np.pi)
        return float(0.034 * depth**1.7 * np.exp(-(((a - np.pi) / 0.95) ** 2)))

    angles = np.linspace(opening, 2 * np.pi - opening, 33)
    outer = _sheet(plan, angles, lambda _: -0.004, bottom, flare)
    inner = _sheet(
        plan, angles[1:-1], lambda _: -0.010, lambda a: bottom(a) + 0.006, flare,
        inset=_SHELL_M + 0.0012,
    )  # fmt: skip
    parts = [
        to_part(outer, "guards", "shell", crease_deg=40),
        to_part(inner, "guard lining", "lining", crease_deg=60),
    ]
    edge = np.array([_ring(plan.wall(bottom(float(a))) + flare(float(a), 1.0) - _SHELL_M / 2,
                           bottom(float(a)), np.array([a]))[0] for a in angles])  # fmt: skip
    bead = sweep(edge, circle(6, 0.0046), up=(0.0, 1.0, 0.0))
    parts.append(to_part(bead, "edge bead", "trim", crease_deg=50))
    return parts


def _front(plan: _Plan) -> list[Part]:
    parts: list[Part] = []
    if plan.face == "visor":
        parts += _visor(plan)
    if plan.face in ("nasal", "cheeks", "visor"):
        length = {"nasal": 0.085, "cheeks": 0.070, "visor": 0.055}[plan.face]
        z = _DEPTH * plan.radius_m
        rings = []
        for t in np.linspace(0, 1, 6):
            half = 0.013 + 0.006 * t - (0.012 * max(t - 0.8, 0.0) / 0.2)
            y = 0.020 - t * (length + 0.020)
            push = z + 0.004 + 0.008 * np.sin(0.5 * np.pi * t)
            ring = np.array([
                (half, push - 0.003), (half * 0.55, push + 0.003), (0.0, push + 0.0055),
                (-half * 0.55, push + 0.003), (-half, push - 0.003), (-half * 0.9, push - 0.007),
                (half * 0.9, push - 0.007),
            ])  # fmt: skip
            rings.append(np.column_stack([ring[:, 0], np.full(7, y), ring[:, 1]]))
        slot = "trim" if plan.face != "visor" else "shell"
        parts.append(to_part(loft(rings), "nasal", slot, crease_deg=24))
    return parts


def _visor(plan: _Plan) -> list[Part]:
    """Make the lower face plate under the eye slit, keeled in the middle, with breaths."""
    slit = -0.031

    def flare(angle: float, depth: float) -> float:
        keel = 0.030 * np.exp(-((angle / 0.42) ** 2)) * np.sin(np.pi * min(depth + 0.18, 1.0))
        return float(0.0052 + keel)

    def top(angle: float) -> float:
        return slit - 0.004 * float(np.cos(angle * 2.0))

    def bottom(angle: float) -> float:
        return -plan.cheek_m - 0.018 + 0.012 * abs(angle)

    angles = np.linspace(-1.22, 1.22, 23)
    plate = _sheet(plan, angles, top, bottom, flare, rows=7)
    lip_path = np.array([
        _ring(plan.wall(slit) + flare(float(a), 0.0), top(float(a)), np.array([a]))[0]
        for a in angles
    ])  # fmt: skip
    lip = sweep(lip_path, circle(6, 0.0042), up=(0.0, 1.0, 0.0))
    holes = []
    for side in (-1.0, 1.0):
        for row in range(3):
            for column in range(3 - row % 2):
                a = side * (0.34 + 0.13 * column + 0.065 * (row % 2))
                y = slit - 0.034 - 0.021 * row
                share = (top(a) - y) / (top(a) - bottom(a))
                holes.append(_ring(plan.wall(y) + flare(a, share), y, np.array([a]))[0])
    breaths = rivets(np.array(holes), radius_m=0.0046, slot="lining")
    disc = lathe(
        [(0.0, -0.004), (0.015, -0.004), (0.016, 0.0), (0.013, 0.003), (0.006, 0.004),
         (0.005, 0.007), (0.0, 0.008)],
        sides=12,
    ).rotated("z", -90)  # fmt: skip
    turn = 1.08
    height = slit - 0.018
    hinge = _ring(plan.wall(height) + 0.0056, height, np.array([turn]))[0]
    pivot = disc.rotated("y", float(np.degrees(np.pi / 2 - turn)) * -1.0).moved(*hinge)
    pivots = merge(pivot, pivot.mirrored("x"))
    return [
        to_part(plate, "visor", "shell", crease_deg=40),
        to_part(pivots, "visor pivots", "trim", crease_deg=34),
        to_part(lip, "visor lip", "trim", crease_deg=50),
        *breaths,
    ]


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
    arc = np.concatenate([half[:-1], (half * (1.0, 1.0, -1.0))[::-1]])[1:-1]
    t = np.linspace(-1.0, 1.0, len(arc))
    lift = np.clip(1 - np.abs(t) ** 3, 0, 1)
    tall = 0.010 + 0.012 * lift
    section = np.array([(-0.007, -0.4), (0.007, -0.4), (0.0045, 0.8), (0.0, 1.0), (-0.0045, 0.8)])
    away = arc - np.array([0.0, 0.02, 0.0])
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    rings = [
        point + np.outer(section[:, 0], (1.0, 0.0, 0.0)) + np.outer(section[:, 1], out) * high
        for point, out, high in zip(arc, away, tall, strict=True)
    ]
    parts.append(to_part(loft(rings), "comb", "trim", crease_deg=36))
    if plan.crest == "plume":
        rng = brief.rng("plume")
        hair = []
        for point, out, high in zip(arc[2:], away[2:], lift[2:], strict=True):
            grow = 0.020 + 0.062 * high**0.6 + float(rng.uniform(-0.004, 0.004))
            ring = np.array([(-0.010, 0.15), (0.010, 0.15), (0.017, 0.75), (0.008, 1.0),
                             (-0.008, 1.0), (-0.017, 0.75)])  # fmt: skip
            hair.append(
                point + np.outer(ring[:, 0], (1.0, 0.0, 0.0)) + np.outer(ring[:, 1], out) * grow
            )
        parts.append(to_part(loft(hair), "plume", "plume", crease_deg=30))
    return parts


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
