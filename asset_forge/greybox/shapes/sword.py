"""Swords and daggers: blade with fuller or single edge, guard, wrapped grip, pommel."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes import hilt
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.solids import Solid, ellipsoid, extrude, loft, merge


@dataclass(frozen=True)
class _Plan:
    """Proportions in metres; curve: radians that the blade turns back over its length."""

    blade_m: float
    width_m: float
    thick_m: float
    grip_m: float
    guard_m: float
    curve: float
    single_edge: bool
    jagged: bool
    ornate: bool
    outline: str
    fuller: float
    great: bool


def build(brief: Brief) -> Shape:
    """Build a sword; the grip's centre is the origin, the blade points up, its edge to +X."""
    plan = _plan(brief)
    style = hilt.style(brief, ornate=plan.ornate, curved=plan.curve > 0.15)
    surfaces = {
        "blade": words.surface_for(
            brief,
            ("blade", "edge", "sword", "longsword", "dagger", "greatsword", "scimitar"),
            "steel",
            ("metal", "stone", "bone", "gem", "wood"),
            main=True,
        ),
        "guard": words.surface_for(
            brief,
            ("guard", "crossguard", "hilt", "pommel", "quillons", "quillon", "fittings", "trim"),
            style.metal,
            ("metal", "bone", "wood", "stone"),
        ),
        "grip": words.surface_for(
            brief,
            ("grip", "handle", "hilt", "wrap", "wrapping"),
            style.wrap,
            ("leather", "wood", "cloth", "bone", "scale"),
        ),
    }
    base_y = plan.grip_m / 2
    parts: list[Part] = [
        to_part(_blade(plan, brief, base_y + 0.008), "blade", "blade", crease_deg=13)
    ]
    parts += hilt.guard(
        style,
        width_m=plan.guard_m,
        y=base_y + 0.012,
        thick_m=plan.thick_m,
        blade_m=plan.width_m,
    )
    parts += hilt.grip(style, length_m=plan.grip_m)
    parts += hilt.pommel(style, y=-plan.grip_m / 2, size_m=0.021 + 0.012 * plan.grip_m)
    if plan.great and not plan.single_edge:
        flukes = to_part(_flukes(plan, base_y), "flukes", "blade", crease_deg=20)
        parts.append(flukes)
    if plan.ornate:
        parts += _inlay(plan, base_y)
    if any(part.slot == "gem" for part in parts):
        surfaces["gem"] = words.surface_for(
            brief, ("gem", "jewel", "crystal", "stone"), style.gem, ("gem",), anywhere=True
        )
    return Shape("sword", tuple(parts), surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("sword")
    look = manner(brief)
    great = look.great or words.has(
        brief, "greatsword", "claymore", "zweihander", "great sword", "bastard"
    )
    blade, width, grip, guard = 0.84, 0.050, 0.165, 0.20
    if words.has(brief, "dagger", "knife", "dirk", "stiletto", "poniard"):
        blade, width, grip, guard = 0.27, 0.036, 0.115, 0.105
    elif great:
        blade, width, grip, guard = 1.08, 0.066, 0.31, 0.32
    elif words.has(brief, "short", "shortsword", "gladius"):
        blade, width, grip, guard = 0.52, 0.052, 0.135, 0.14
    elif words.has(brief, "rapier", "thin", "slender"):
        blade, width, grip, guard = 0.92, 0.026, 0.14, 0.18
    curved = look.curved or words.has(
        brief, "scimitar", "sabre", "saber", "katana", "cutlass", "falchion", "shamshir"
    )
    if look.breadth > 1 or words.has(brief, "broadsword"):
        width *= 1.45
    elif look.breadth < 1:
        width *= 0.72
    if curved:
        width *= 1.12
    scale = words.size_factor(brief) if not words.has(brief, "short", "long", "great") else 1.0
    blade *= scale * rng.uniform(0.91, 1.09)
    if brief.height_m is not None:
        blade = max(brief.height_m - grip - 0.06, 0.4 * brief.height_m)
    return _Plan(
        blade_m=blade,
        width_m=width * scale * rng.uniform(0.88, 1.16),
        thick_m=0.0072 * scale + 0.0016 * (blade > 0.95),
        grip_m=grip * scale * rng.uniform(0.96, 1.08),
        guard_m=guard * scale * rng.uniform(0.82, 1.25) * (0.72 if curved else 1.0),
        curve=float(rng.uniform(0.55, 0.80)) if curved else 0.0,
        single_edge=curved,
        jagged=look.jagged,
        ornate=look.ornate,
        outline=str(rng.choice(["straight", "taper", "leaf"])),
        fuller=float(rng.uniform(0.5, 0.78)),
        great=great,
    )


def _blade(plan: _Plan, brief: Brief, base_y: float) -> Solid:
    rng = brief.rng("blade")
    stations = _stations(plan, rng)
    half = _half_width(plan, stations)
    # The same generator from its start finds the same teeth.
    notch = _notches(plan, stations, brief.rng("blade"))
    angle = plan.curve * np.clip(stations - 0.12, 0, 1) ** 1.25
    step = np.diff(stations, prepend=stations[0]) * plan.blade_m
    path = np.stack([np.cumsum(-np.sin(angle) * step), np.cumsum(np.cos(angle) * step)], axis=1)
    rings = []
    for index, s in enumerate(stations):
        section = _section(plan, float(s), float(half[index]), float(notch[index]))
        side = np.array([np.cos(angle[index]), np.sin(angle[index])])
        place = path[index] + section[:, :1] * side
        rings.append(np.column_stack([place[:, 0], place[:, 1] + base_y, section[:, 1]]))
    return loft(rings, cap_scale=0.15)


def _stations(plan: _Plan, rng: np.random.Generator) -> Floats:
    """Return the places of the rings along the blade, 0 at the guard, 1 at the tip."""
    count = 12 if plan.single_edge else 5
    body = np.linspace(0.07, 0.80, count)
    if plan.jagged:
        teeth = _teeth(rng)
        body = np.concatenate([[0.07], teeth, teeth + 0.011])
    knots = [0.0, 0.05, plan.fuller - 0.05, plan.fuller, 0.84, 0.88, 0.92, 0.955, 0.98, 1.0]
    if plan.jagged:
        knots = [knot for knot in knots if not 0.1 < knot < 0.86]
    merged: Floats = np.unique(np.round(np.concatenate([knots, body]), 4))
    far_enough = np.concatenate([np.diff(merged) > 0.008, [True]])
    spread: Floats = merged[far_enough]
    return spread


def _teeth(rng: np.random.Generator) -> Floats:
    """Return where the cuts of a jagged edge are deepest; the next barb stands right above."""
    teeth: Floats = np.linspace(0.14, 0.80, 9) + rng.uniform(-0.018, 0.018, 9)
    return teeth


def _half_width(plan: _Plan, s: Floats) -> Floats:
    """Return half the blade's width in metres at each station."""
    if plan.single_edge:
        shape = 0.86 - 0.10 * s + 0.42 * np.exp(-(((s - 0.72) / 0.20) ** 2))
        tip = np.clip((1 - s) / 0.26, 0, 1) ** 0.75
    elif plan.outline == "leaf":
        shape = 0.80 + 0.30 * np.exp(-(((s - 0.58) / 0.26) ** 2)) + 0.12 * np.exp(-s / 0.06)
        tip = np.clip((1 - s) / 0.20, 0, 1) ** 0.66
    elif plan.outline == "taper":
        shape = 1.08 - 0.46 * s
        tip = np.clip((1 - s) / 0.10, 0, 1) ** 0.72
    else:
        shape = 1.0 - 0.16 * s
        tip = np.clip((1 - s) / 0.15, 0, 1) ** 0.62
    half: Floats = 0.5 * plan.width_m * shape * tip
    return half


def _notches(plan: _Plan, s: Floats, rng: np.random.Generator) -> Floats:
    """Return how deep the edges are cut in at each station, as a share of the half width."""
    if not plan.jagged:
        return np.zeros_like(s)
    cut = np.abs(s[:, None] - _teeth(rng)[None, :]).min(axis=1) < 0.001
    notches: Floats = np.where(cut, rng.uniform(0.26, 0.46, len(s)), 0.0)
    return notches


def _section(plan: _Plan, s: float, half: float, notch: float) -> Floats:
    """Return the blade's outline across, (16, 2) metres in x and z, counter-clockwise from +Y."""
    thick = plan.thick_m / 2 * (1.0 - 0.38 * s) * min(1.0, ((1 - s) / 0.10) ** 0.8)
    blunt = min(0.0005, thick * 0.3)
    edge = half * (1 - notch)
    if plan.single_edge:
        back, spine = half * 0.62, thick * 0.92
        bevel, root = half * 0.30, -half * 0.40
        in_fuller = 0.06 < s < plan.fuller + 0.12
        middle, wide = -half * 0.10, half * 0.16
    else:
        back, spine = edge, blunt
        bevel, root = half * 0.56, -half * 0.56
        in_fuller = s < plan.fuller - 0.01
        middle, wide = 0.0, half * 0.30
    depth = thick * 0.55 if in_fuller else 0.0
    floor = wide * 0.55
    front = [
        (bevel, thick), (middle + wide, thick), (middle + floor, thick - depth),
        (middle - floor, thick - depth), (middle - wide, thick), (root, thick),
    ]  # fmt: skip
    if not in_fuller and not plan.single_edge:
        ridge = thick * 1.12
        front = [
            (bevel, thick), (wide * 0.6, thick * 1.04), (floor * 0.2, ridge),
            (-floor * 0.2, ridge), (-wide * 0.6, thick * 1.04), (root, thick),
        ]  # fmt: skip
    rear = [(edge, -blunt), *((x, -z) for x, z in front), (-back, -spine)]
    return np.array([*rear, (-back, spine), *reversed(front), (edge, blunt)])


def _flukes(plan: _Plan, base_y: float) -> Solid:
    """Make the two hooks that stand off a two-handed blade above its unsharpened foot."""
    half, y = plan.width_m / 2, base_y + 0.10 * plan.blade_m
    outline = np.array([
        (half * 0.5, -0.026), (half * 1.1, -0.020), (half * 1.75, 0.004), (half * 2.3, 0.040),
        (half * 1.45, 0.022), (half * 0.5, 0.016),
    ])  # fmt: skip
    fluke = extrude(outline, plan.thick_m * 0.9, bevel=0.0016)
    return merge(fluke, fluke.mirrored("x")).moved(y=y)


def _inlay(plan: _Plan, base_y: float) -> list[Part]:
    """Lay a gilded ornament into the blade's foot, with a gem in its middle, on both sides."""
    wide, tall = 0.36 * plan.width_m, min(0.24 * plan.blade_m, 4.6 * plan.width_m)
    if plan.single_edge:
        # It stays where the blade is still straight.
        wide, tall = 0.26 * plan.width_m, 0.6 * tall
    # Half of the outline, from the guard to the point: (share of the width, share of the height).
    half = np.array([
        (0.55, 0.0), (0.42, 0.10), (0.95, 0.22), (0.42, 0.34), (0.30, 0.42), (0.80, 0.52),
        (0.30, 0.62), (0.20, 0.70), (0.42, 0.78), (0.16, 0.87),
    ])  # fmt: skip
    side = half * (wide, tall)
    outline = np.vstack([side, [(0.0, tall)], side[::-1] * (-1.0, 1.0)])
    y = base_y + 0.030
    # It stands out of the blade on both sides.
    gilding = extrude(outline, plan.thick_m * 1.16 + 0.0012).moved(y=y)
    stone = ellipsoid(0.55 * wide, 0.055 * tall, 0.0030, sides=8, rows=5)
    z = plan.thick_m * 0.58
    both = merge(*(stone.moved(y=y + 0.22 * tall, z=side * z) for side in (1.0, -1.0)))
    return [
        to_part(gilding, "inlay", "guard", crease_deg=20),
        to_part(both, "inlay gems", "gem", crease_deg=20),
    ]
