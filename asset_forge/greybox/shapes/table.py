"""Tables: planked tops on turned, square, trestle or pedestal legs; desks, workbenches, stools."""

from dataclasses import replace

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.carpentry import beam
from asset_forge.greybox.shapes.desks import desk, workbench
from asset_forge.greybox.shapes.fittings import grounded, rivets
from asset_forge.greybox.shapes.tabletops import TablePlan, disc_of, leg_of, top_of
from asset_forge.greybox.solids import Solid, box, circle, curve, lathe, merge, sweep

# Width, depth and height in metres, and the thickness of the top.
_SIZES = {
    "table": (1.50, 0.85, 0.76, 0.040),
    "round": (1.15, 1.15, 0.75, 0.040),
    "long": (2.60, 0.95, 0.77, 0.050),
    "desk": (1.45, 0.72, 0.78, 0.036),
    "workbench": (1.75, 0.70, 0.88, 0.075),
    "stool": (0.36, 0.36, 0.46, 0.036),
    "bench": (1.40, 0.34, 0.46, 0.042),
}
_STYLES = {
    "round": "round circular tavern inn pedestal",
    "long": "long banquet dining feast trestle hall",
    "desk": "desk writing drawers drawer study office",
    "workbench": "workbench carpenter carpenters carpentry crafting smithing vise vice",
    "stool": "stool",
    "bench": "bench",
}


def build(brief: Brief) -> Shape:
    """Build a table on y = 0 over the origin, its long side along X, drawers to +Z."""
    plan = _plan(brief)
    rng = brief.rng("table colours")
    wood = words.surface_for(
        brief,
        ("table", "desk", "workbench", "bench", "stool", "top", "tabletop", "planks"),
        str(rng.choice(["oak", "wood", "maple", "oak", "ash"])),
        ("wood", "stone", "metal", "bone"),
        main=True,
    )
    frame = f"dark {wood}" if rng.random() < 0.5 and "dark" not in wood else wood
    surfaces = {
        "top": wood,
        "frame": words.surface_for(
            brief, ("leg", "legs", "frame"), frame, ("wood", "metal", "stone")
        ),
        "metal": words.surface_for(
            brief,
            ("nails", "fittings", "handles", "knobs", "trim", "band", "bands", "hardware"),
            "gold" if plan.ornate else "iron",
            ("metal",),
        ),
        "inside": "dark ebony",
    }
    make = {"round": _round, "stool": _stool, "desk": desk, "workbench": workbench}
    parts = grounded(make.get(plan.style, _long)(plan, brief))
    return Shape.of("table", parts, surfaces)


def _plan(brief: Brief) -> TablePlan:
    rng = brief.rng("table")
    small = words.has(brief, "small", "tiny", "little")
    style = "stool" if small and not words.has(brief, "desk", "side") else "table"
    for name, names in _STYLES.items():
        if words.has(brief, *names.split()):
            style = name
            break
    if style == "round" and small and words.has(brief, "stool"):
        style = "stool"
    width, depth, height, top = _SIZES[style]
    scale = float(rng.uniform(0.94, 1.06))
    factor = 1.0 if style in ("long", "stool") else words.size_factor(brief)
    width, depth = width * factor * scale, depth * factor * float(rng.uniform(0.95, 1.05)) * scale
    if style in ("round", "stool"):
        depth = width
    if words.has(brief, "broad", "wide"):
        depth *= 1.2
    if words.has(brief, "slim", "narrow"):
        depth *= 0.78
    if brief.height_m is not None:
        share = brief.height_m / height
        width, depth, top = width * share, depth * share, top * share
        height = brief.height_m
    ornate = words.has(brief, "ornate", "royal", "carved", "noble", "elegant")
    legs = str(rng.choice(["turned", "square", "square"]))
    if style == "long":
        legs = "trestle" if rng.random() < 0.6 else legs
    if words.has(brief, "simple", "plain", "crude", "rustic"):
        legs = "square"
    elif words.has(brief, "trestle"):
        legs = "trestle"
    elif ornate:
        legs = "turned"
    return TablePlan(
        style=style,
        width_m=width,
        depth_m=depth,
        height_m=height * float(rng.uniform(0.98, 1.02) if brief.height_m is None else 1.0),
        top_m=top,
        legs=legs,
        leg_m=0.075 * (height / 0.76) ** 0.5 * float(rng.uniform(0.9, 1.12)),
        ornate=ornate,
        rim="metal" if words.has(brief, "rim", "band", "metal") or rng.random() < 0.4 else "frame",
        worn=words.has(brief, "worn", "old", "battered", "weathered", "ancient", "broken", "crude"),
    )


def _long(plan: TablePlan, brief: Brief) -> list[Part]:
    """Make a table or bench on four legs or two trestles."""
    parts = top_of(plan, brief)
    if plan.legs == "trestle":
        return [*parts, *_trestles(plan)]
    w, d, h = plan.width_m, plan.depth_m, plan.under_m
    bench = plan.style == "bench"
    x, z = w / 2 - 0.09 - plan.leg_m / 2, d / 2 - (0.03 if bench else 0.07) - plan.leg_m / 2
    leg = leg_of(plan, h + 0.004)
    legs = merge(*(leg.moved(x=sx * x, z=sz * z) for sx in (-1, 1) for sz in (-1, 1)))
    parts.append(to_part(legs, "legs", "frame", crease_deg=25))
    tall = 0.09 if not bench else 0.05
    y = h - tall / 2
    rails = [beam((-x, y, s * z), (x, y, s * z), tall, 0.026, bevel=0.004) for s in (-1.0, 1.0)] + [
        beam((s * x, y, -z), (s * x, y, z), tall, 0.026, bevel=0.004, facing=(1, 0, 0))
        for s in (-1.0, 1.0)
    ]
    low = 0.14 * h if plan.legs == "square" else 0.07 * h
    if not plan.ornate:
        rails += [
            beam((s * x, low, -z), (s * x, low, z), 0.042, 0.034, bevel=0.004, facing=(1, 0, 0))
            for s in (-1.0, 1.0)
        ]
        rails.append(beam((-x, low, 0), (x, low, 0), 0.042, 0.034, bevel=0.004))
    parts.append(to_part(merge(*rails), "rails", "frame", crease_deg=20))
    pegs = [(sx * x, plan.height_m, sz * z) for sx in (-1, 1) for sz in (-1, 1)]
    return [*parts, *rivets(pegs, radius_m=0.011, slot="metal", towards="y")]


def _trestles(plan: TablePlan) -> list[Part]:
    """Make two crossed frames joined by a stretcher that is wedged outside."""
    w, d, h = plan.width_m, plan.depth_m, plan.under_m
    x, z, s = 0.33 * w, 0.40 * d, plan.leg_m
    solids: list[Solid] = []
    for side in (-1.0, 1.0):
        at = side * x
        solids += [
            beam((at - 0.010, -0.03, -z), (at - 0.010, h, z), s * 1.25, s * 0.8, bevel=0.006,
                 facing=(1, 0, 0)),
            beam((at + 0.010, -0.03, z), (at + 0.010, h, -z), s * 1.25, s * 0.8, bevel=0.006,
                 facing=(1, 0, 0)),
            beam((at, h - 0.035, -0.47 * d), (at, h - 0.035, 0.47 * d), 0.07, s * 1.3, bevel=0.006,
                 facing=(1, 0, 0)),
            box(0.028, 0.15, 0.05, bevel=0.004).moved(side * (x + s * 0.75), h * 0.49),
        ]  # fmt: skip
    solids.append(beam((-x - 0.12, h * 0.49, 0), (x + 0.12, h * 0.49, 0), 0.10, 0.042, bevel=0.005))
    cut = [replace(s, positions=np.maximum(s.positions, (-np.inf, 0.0, -np.inf))) for s in solids]
    return [to_part(merge(*cut), "trestles", "frame", crease_deg=20)]


def _round(plan: TablePlan, brief: Brief) -> list[Part]:
    """Set a round top on a turned column with curved feet."""
    h, r = plan.under_m, plan.width_m / 2
    outline = [(0.0, 0.10), (0.085, 0.10), (0.100, 0.13), (0.100, 0.22), (0.062, 0.26),
               (0.050, 0.34),
               (0.075, 0.50), (0.088, 0.60), (0.070, 0.74), (0.050, 0.80), (0.080, 0.84),
               (0.080, 0.87), (0.060, 0.90), (0.11, 1.0), (0.0, 1.0)]  # fmt: skip
    thick = (1.35 if plan.legs == "square" else 1.0) * (r / 0.57) ** 0.5
    column = lathe([(x * thick, y * h) for x, y in outline], sides=14)
    feet = 4 if plan.legs == "square" else 3
    path = curve([(0.03, 0.24 * h, 0), (0.30 * r, 0.20 * h, 0), (0.55 * r, 0.07 * h, 0),
                  (0.74 * r, 0.035, 0)], 9)  # fmt: skip
    section = circle(8, 1.0, phase=0.5) * (0.034, 0.046)
    foot = sweep(path, section, scale=np.linspace(1.15, 0.72, 9), up=(0, 0, 1))
    pad = box(0.12, 0.034, 0.075, bevel=0.008).moved(x=0.72 * r, y=0.017)
    leg = merge(foot, pad)
    around = [leg.rotated("y", 30 + 360 * k / feet) for k in range(feet)]
    bearers = [
        box(1.5 * r, 0.04, 0.07, bevel=0.006).moved(y=h - 0.018).rotated("y", turn)
        for turn in (0, 90)
    ]
    return [
        *disc_of(plan, brief),
        to_part(column, "column", "frame", crease_deg=30),
        to_part(merge(*around), "feet", "frame", crease_deg=40),
        to_part(merge(*bearers), "bearers", "frame", crease_deg=20),
    ]


def _stool(plan: TablePlan, brief: Brief) -> list[Part]:
    """Make a stool: a round seat on splayed legs with rungs."""
    rng = brief.rng("stool")
    h, r = plan.under_m, plan.width_m / 2
    count = int(rng.choice([3, 4]))
    thick = 0.040
    solids: list[Solid] = []
    feet: list[Floats] = []
    for k in range(count):
        a = 2 * np.pi * (k + 0.25) / count
        out = np.array([np.cos(a), 0.0, np.sin(a)])
        foot, seat = out * r * 0.98, out * r * 0.60 + np.array([0, h + 0.006, 0])
        leg = beam(foot - np.array([0, 0.02, 0]), seat, thick, thick, bevel=0.008, facing=out)
        solids.append(replace(leg, positions=np.maximum(leg.positions, (-np.inf, 0, -np.inf))))
        feet.append(foot * 0.86 + seat * 0.14)
    level = 0.30
    for k in range(count):
        here, there = feet[k], feet[(k + 1) % count]
        lift = np.array([0.0, level * h, 0.0])
        shrink = np.array([0.92, 1.0, 0.92])
        solids.append(beam(here * shrink + lift, there * shrink + lift, 0.024, 0.024, bevel=0.005,
                           facing=(0, 1, 0)))  # fmt: skip
    return [*disc_of(plan, brief), to_part(merge(*solids), "legs", "frame", crease_deg=20)]
