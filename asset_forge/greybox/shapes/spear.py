"""Spears, pikes, javelins, lances and tridents: a head on a socket on a long shaft."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import collar, wrapping
from asset_forge.greybox.shapes.manner import Manner, haft_surface, manner
from asset_forge.greybox.shapes.poles import Row, around, blade, pole, socket
from asset_forge.greybox.solids import Solid, circle, curve, ellipsoid, lathe, loft, merge, sweep
from asset_forge.greybox.surfaces import COLOURS

_HOLD = 0.45
_LANCE_SIDES = 14


@dataclass(frozen=True)
class _Plan:
    """Metres. form: "spear", "pike", "javelin", "lance" or "trident"; outline: of the blade."""

    form: str
    length_m: float
    radius_m: float
    head_m: float
    width_m: float
    outline: str
    wings: bool
    tassel: bool
    hold: float
    look: Manner

    @property
    def foot_y(self) -> float:
        """Height of the lower end."""
        return -self.hold * self.length_m

    @property
    def head_y(self) -> float:
        """Height where the shaft ends and the blade begins."""
        return (1 - self.hold) * self.length_m - self.head_m


def build(brief: Brief) -> Shape:
    """Build a spear; the wrapped grip is the origin, the point is up, the blade flat to +Z."""
    plan = _plan(brief)
    rng = brief.rng("spear colours")
    metal = str(rng.choice(["steel", "iron", "bronze"]))
    trim = "gold" if plan.look.ornate else str(rng.choice(["brass", "iron", "bronze", "steel"]))
    surfaces = {
        "head": words.surface_for(
            brief,
            ("head", "blade", "point", "tip", "spear", "lance", "pike", "trident", "javelin",
             "prongs", "spearhead"),
            metal,
            ("metal", "stone", "bone", "gem"),
            main=True,
        ),
        "shaft": haft_surface(
            brief,
            ("shaft", "haft", "pole", "handle"),
            str(rng.choice(["ash", "oak", "wood", "yew", "mahogany"])),
        ),
        "trim": words.surface_for(brief, ("trim", "fittings", "band", "bands"), trim, ("metal",)),
        "grip": words.surface_for(
            brief,
            ("grip", "wrap", "wrapping"),
            str(rng.choice(["leather", "dark leather", "brown leather", "maroon leather"])),
            ("leather", "cloth", "scale"),
        ),
        "tassel": words.surface_for(
            brief,
            ("tassel", "ribbon", "pennant", "binding", "cord"),
            str(rng.choice(["rope", "red wool", "blue wool", "white wool"])),
            ("cloth", "leather", "hair"),
        ),
        "paint": words.surface_for(
            brief,
            ("stripe", "stripes", "paint"),
            f"{rng.choice(['red', 'blue', 'white', 'green'])} plain",
            ("wood", "plain"),
        ),
    }  # fmt: skip
    if plan.form == "lance":
        # A lance is mostly its shaft, and painted when it has a colour.
        shaft = words.surface_for(
            brief, ("shaft", "lance"), surfaces["shaft"], ("wood", "bone"), main=True
        )
        coloured = any(word in COLOURS for word in shaft.split())
        surfaces["shaft"] = f"painted {shaft}" if coloured else shaft
    heads = {"trident": _trident, "lance": _lance}
    parts = [*heads.get(plan.form, _spearhead)(plan, brief), *_shaft(plan)]
    return Shape.of("spear", parts, surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("spear")
    look = manner(brief)
    form = next(
        (f for f in ("trident", "pike", "lance", "javelin") if words.has(brief, f)), "spear"
    )
    if words.has(brief, "throwing", "javelins"):
        form = "javelin"
    elif words.has(brief, "fork", "pitchfork"):
        form = "trident"
    length, radius, head, width = {
        "spear": (1.95, 0.0185, 0.36, 0.105), "pike": (3.40, 0.0230, 0.46, 0.110),
        "javelin": (1.20, 0.0125, 0.19, 0.050), "lance": (2.90, 0.0260, 0.18, 0.050),
        "trident": (1.85, 0.0185, 0.38, 0.270),
    }[form]  # fmt: skip
    scale = words.size_factor(brief)
    if brief.height_m is not None:
        scale = brief.height_m / length
    thick = scale**0.6 * (1.12 if look.great else 1.0)
    outline = str(rng.choice(["leaf", "leaf", "dagger", "diamond"]))
    if words.has(brief, "leaf", "elven"):
        outline = "leaf"
    return _Plan(
        form=form,
        length_m=length * scale * rng.uniform(0.95, 1.05),
        radius_m=radius * thick,
        head_m=head * thick * rng.uniform(0.90, 1.15) * (1.15 if look.great else 1.0),
        width_m=width * thick * look.breadth * rng.uniform(0.88, 1.12),
        outline=outline,
        wings=form == "spear" and (look.ornate or look.jagged or bool(rng.random() < 0.4)),
        tassel=form in ("spear", "javelin") and not look.simple and bool(rng.random() < 0.6),
        hold=0.22 if form == "lance" else _HOLD,
        look=look,
    )


def _shaft(plan: _Plan) -> list[Part]:
    r, low, high = plan.radius_m, plan.foot_y, plan.head_y
    t = np.linspace(0.0, 1.0, 13)
    if plan.form == "lance":
        return _lance_shaft(plan)
    radii = r * (1.0 - 0.12 * t)
    shift = 0.0 * t
    if plan.look.simple:
        # A pole as it grew; it is straight where it is held and where the head sits.
        shift = 0.010 * np.sin(7 * t) * np.clip(np.abs(t - _HOLD) * 6 - 0.6, 0, 1) * (1 - t) * 2
    stick = pole(low, high - 0.32 * plan.head_m, radii, sides=10, bow_m=shift)
    half = min(0.15, 0.09 * plan.length_m)
    wrap = wrapping(-half, half, r * 1.08, flat=1.0, pitch_m=0.012)
    parts = [
        to_part(stick, "shaft", "shaft", crease_deg=50),
        to_part(wrap, "grip", "grip", crease_deg=24),
    ]
    if plan.form == "javelin" or plan.look.simple:
        return parts
    foot = lathe(
        [(0.0, -0.075), (r * 0.30, -0.066), (r * 0.95, -0.030), (r * 1.10, 0.0), (r * 1.10, 0.06),
         (r * 1.24, 0.064), (r * 1.24, 0.074), (0.0, 0.078)],
        sides=12,
    ).moved(y=low)  # fmt: skip
    bands = [foot, *(collar(r * 1.14, 0.014).moved(y=side * half) for side in (1, -1))]
    if plan.look.ornate:
        gap = (high - 0.20 - half) / 4
        bands += [collar(r * 1.02, 0.012).moved(y=half + gap * k) for k in (1, 2, 3)]
    return [*parts, to_part(merge(*bands), "trim", "trim", crease_deg=32)]


def _spearhead(plan: _Plan, brief: Brief) -> list[Part]:
    y, r, long = plan.head_y, plan.radius_m, plan.head_m
    tube = socket(y - 0.55 * long, y + 0.10 * long, r * 1.02, r * 0.72)
    edge = blade(_outline(plan, brief), fuller=-0.3).moved(y=y)
    pieces = [tube]
    if plan.wings:
        pieces.append(_wing(plan).moved(y=y - 0.10 * long))
        pieces.append(_wing(plan).mirrored("x").moved(y=y - 0.10 * long))
    parts = [
        to_part(edge, "blade", "head", crease_deg=13),
        to_part(merge(*pieces), "socket", "head", crease_deg=30),
    ]
    low = y - 0.55 * long
    if plan.tassel:
        cord = wrapping(low - 0.05, low + 0.004, r * 1.28, flat=1.0, pitch_m=0.010, twist=0.4)
        parts.append(to_part(merge(cord, _fringe(plan, low)), "tassel", "tassel", crease_deg=30))
    return parts


def _outline(plan: _Plan, brief: Brief) -> list[Row]:
    """Return the blade's rows from its foot at y = 0."""
    rng = brief.rng("spear blade")
    half, long = plan.width_m / 2, plan.head_m
    knots = {
        "leaf": [(0.0, 0.30), (0.10, 0.55), (0.24, 0.95), (0.36, 1.0), (0.55, 0.78), (0.78, 0.42),
                 (0.93, 0.15), (1.0, 0.0)],
        "dagger": [(0.0, 0.32), (0.06, 0.85), (0.12, 1.0), (0.30, 0.86), (0.55, 0.66),
                   (0.78, 0.42), (0.93, 0.16), (1.0, 0.0)],
        "diamond": [(0.0, 0.30), (0.14, 0.50), (0.30, 0.86), (0.38, 1.0), (0.46, 0.88),
                    (0.72, 0.46), (0.92, 0.13), (1.0, 0.0)],
    }[plan.outline]  # fmt: skip
    if plan.form == "pike":
        knots = [(0.0, 0.36), (0.30, 0.34), (0.44, 0.42), (0.56, 0.72), (0.66, 0.62), (0.84, 0.32),
                 (1.0, 0.0)]  # fmt: skip
    path = curve(knots, 61) if plan.outline != "diamond" else np.array(knots)
    t = np.linspace(0.0, 1.0, 21) if plan.outline != "diamond" else path[:, 0]
    teeth = t[:0]
    if plan.look.jagged:
        teeth = np.linspace(0.26, 0.76, 4) + rng.uniform(-0.03, 0.03, 4)
        t = np.concatenate([[0.0, 0.06, 0.12, 0.18], teeth, teeth + 0.035, [0.88, 0.95, 1.0]])
        t = np.sort(t)
    wide = np.maximum(np.interp(t, path[:, 0], path[:, 1]), 0.0) * half
    wide[-1] = 0.0
    wide = wide * np.where(np.isin(t, teeth), 0.50, 1.0 + 0.3 * (len(teeth) > 0))
    lean = 0.48 * half * np.sin(2 * np.pi * t) if plan.look.curved else 0.0 * t
    thick = plan.radius_m * 0.62 * (1 - 0.55 * t) * np.clip((1.0 - t) / 0.1, 0.0, 1.0)
    rows = np.column_stack([lean, t * long, wide, wide, thick])
    return [(float(x), float(y), float(r), float(w), float(z)) for x, y, r, w, z in rows]


def _wing(plan: _Plan) -> Solid:
    """Make one of the lugs below the blade, curled up towards the point."""
    reach = plan.width_m * (0.85 if not plan.look.ornate else 1.05)
    up = reach * (0.35 if not plan.look.jagged else 0.9)
    line = curve([(0.004, 0.0), (reach * 0.5, -0.04 * reach), (reach * 0.9, 0.3 * up),
                  (reach, up)], 8)  # fmt: skip
    path = np.column_stack([line, np.zeros(len(line))])
    scale = np.array([1.0, 1.0, 0.95, 0.9, 0.8, 0.62, 0.36, 0.0])
    return sweep(path, circle(6, plan.radius_m * 0.62) * (1.0, 0.8), scale=scale)


def _fringe(plan: _Plan, y: float) -> Solid:
    """Hang strands around the shaft, below the binding."""
    r = plan.radius_m
    strand = sweep(
        np.array([(r * 1.15, -0.010, 0.0), (r * 1.75, -0.030, 0.0), (r * 1.95, -0.065, 0.0),
                  (r * 1.75, -0.105, 0.0)]),
        circle(5, r * 0.34),
        scale=np.array([0.8, 1.0, 0.9, 0.1]),
    )  # fmt: skip
    return around(strand, 9).moved(y=y - 0.02)


def _trident(plan: _Plan, brief: Brief) -> list[Part]:
    """Make three prongs with barbs on a crossbar."""
    y, r, long, half = plan.head_y, plan.radius_m, plan.head_m, plan.width_m / 2
    base = 0.30 * long
    tube = socket(y - 0.40 * long, y + base, r * 1.02, r * 0.85)
    knob = ellipsoid(r * 1.35, r * 1.1, r * 1.35, sides=12, rows=7).moved(y=y + base * 0.72)
    pieces = [tube, knob]
    lean = 0.16 if plan.look.curved else 0.0
    knots = [(0.0, base * 0.55), (half * 0.55, base * 0.42), (half * 0.97, base * 0.95),
             (half * 1.0, base * 1.6), (half * (0.98 + lean), long * 0.72)]  # fmt: skip
    line = curve(knots, 12)
    scale = np.linspace(1.05, 0.82, len(line))
    arm = sweep(
        np.column_stack([line[:, 0], line[:, 1] + y, np.zeros(len(line))]),
        circle(8, r * 0.62),
        scale=scale,
    )
    pieces += [arm, arm.mirrored("x")]
    stem = lathe([(0.0, base * 0.6), (r * 0.72, base * 0.7), (r * 0.55, long * 0.80),
                  (0.0, long * 0.82)], sides=8).moved(y=y)  # fmt: skip
    pieces.append(stem)
    point = blade(_barb(plan))
    tip_x = half * (0.98 + lean)
    points = [
        point.moved(y=y + long * 0.70),
        point.scaled(0.86, 0.86, 1.0).moved(tip_x, y + long * 0.66),
        point.scaled(-0.86, 0.86, 1.0).moved(-tip_x, y + long * 0.66),
    ]
    return [
        to_part(merge(*pieces), "prongs", "head", crease_deg=40),
        to_part(merge(*points), "points", "head", crease_deg=13),
    ]


def _barb(plan: _Plan) -> list[Row]:
    wide = plan.radius_m * (1.5 if not plan.look.jagged else 2.1)
    long, t = plan.head_m * 0.36, plan.radius_m * 0.5
    return [(0.0, -0.02 * long, wide * 0.30, wide * 0.30, t * 0.9),
            (0.0, 0.20 * long, wide * 0.36, wide * 0.36, t),
            (0.0, 0.10 * long, wide, wide, t * 0.5) if plan.look.jagged
            else (0.0, 0.24 * long, wide, wide, t * 0.7),
            (0.0, 0.42 * long, wide * 0.66, wide * 0.66, t),
            (0.0, 0.78 * long, wide * 0.30, wide * 0.30, t * 0.7),
            (0.0, long, 0.0, 0.0, 0.0)]  # fmt: skip


def _lance(plan: _Plan, brief: Brief) -> list[Part]:
    """Make a lance's coronel or point at the end of the cone."""
    y, r, long = plan.head_y, plan.radius_m, plan.head_m
    tip = lathe(
        [(0.0, -0.06), (r * 0.86, -0.06), (r * 0.98, -0.045), (r * 0.92, -0.03),
         (r * 0.80, 0.0), (r * 0.50, 0.55 * long), (0.0, long)],
        sides=8,
    ).moved(y=y)  # fmt: skip
    return [to_part(tip, "point", "head", crease_deg=20)]


def _lance_shaft(plan: _Plan) -> list[Part]:
    """Make the cone, the hand guard above the grip, the grip, and the butt behind it."""
    r, low, high = plan.radius_m, plan.foot_y, plan.head_y
    y = np.array([low, low + 0.04, -0.30, -0.12, 0.12, 0.20, 0.34, 0.6, 1.2, high + 0.01])
    y = np.where(y > 0.2, 0.2 + (y - 0.2) * (high - 0.19) / (y[-1] - 0.2), y)
    y[2] = max(y[2], low + 0.08)
    radii = r * np.array([1.7, 2.05, 1.75, 0.95, 0.95, 1.7, 2.05, 1.95, 1.5, 0.72])
    profile: Floats = np.column_stack([radii, y])
    body = lathe(np.vstack([[0.0, low], profile, [0.0, high + 0.01]]), sides=_LANCE_SIDES)
    bell = r * 5.2 * plan.look.breadth
    vamplate = lathe(
        [(r * 1.2, 0.150), (bell * 0.96, 0.122), (bell, 0.126), (bell * 0.96, 0.134),
         (bell * 0.62, 0.172), (r * 2.4, 0.225), (r * 1.6, 0.232), (r * 1.2, 0.20)],
        sides=20,
    )  # fmt: skip
    bands = [collar(r * 1.98, 0.02).moved(y=y[7] - 0.1), collar(r * 1.6, 0.02).moved(y=y[8])]
    wrap = wrapping(-0.11, 0.11, r * 1.02, flat=1.0, pitch_m=0.012)
    stripes = []
    if not plan.look.simple:
        turns = _stripe(profile[6:])
        stripes.append(to_part(turns, "stripes", "paint", crease_deg=40))
    return [
        to_part(body, "shaft", "shaft", crease_deg=40),
        to_part(wrap, "grip", "grip", crease_deg=24),
        to_part(vamplate, "vamplate", "trim", crease_deg=34),
        to_part(merge(*bands), "trim", "trim", crease_deg=32),
        *stripes,
    ]


def _stripe(profile: Floats) -> Solid:
    """Wind a painted band up the cone; profile: (R, 2) radius and height."""
    # A ring at each of the cone's corners, so that the band lies flat on its sides.
    steps = round(4.5 * _LANCE_SIDES)
    y = np.linspace(profile[0, 1] + 0.04, profile[-1, 1] - 0.08, steps + 1)
    radius = np.interp(y, profile[:, 1], profile[:, 0])
    angle = 2 * np.pi / _LANCE_SIDES * np.arange(steps + 1)
    line = np.stack([radius * np.cos(angle), y, -radius * np.sin(angle)], axis=1)
    section = np.array([(0.045, -0.0035), (0.045, 0.0015), (-0.045, 0.0015), (-0.045, -0.0035)])
    rings = []
    for place, a in zip(line, angle, strict=True):
        out = np.array([np.cos(a), 0.0, -np.sin(a)])
        rings.append(place + section[:, :1] * np.array([0, 1.0, 0]) + section[:, 1:] * out)
    return loft(rings)
