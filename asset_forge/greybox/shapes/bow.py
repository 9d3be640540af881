"""Bows: a riser with a wrapped grip, recurved or straight limbs, nocks, and a served string."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import collar, wrapping
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.solids import Solid, circle, curve, ellipsoid, lathe, merge, sweep


@dataclass(frozen=True)
class _Plan:
    """Metres. brace: from grip to string. recurve: how far the tips bend forward again."""

    half_m: float
    brace_m: float
    recurve_m: float
    wide_m: float
    deep_m: float
    spiked: bool
    ornate: bool


def build(brief: Brief) -> Shape:
    """Build a bow; the grip is the origin, the limbs go up and down, arrows fly to +X."""
    plan = _plan(brief)
    rng = brief.rng("bow colours")
    metal = "gold" if plan.ornate else str(rng.choice(["bronze", "iron", "brass", "silver"]))
    surfaces = {
        "limbs": words.surface_for(
            brief,
            ("limb", "limbs", "bow", "longbow", "shortbow"),
            str(rng.choice(["yew", "wood", "maple", "willow", "mahogany"])),
            ("wood", "bone", "metal", "scale"),
            main=True,
        ),
        "grip": words.surface_for(
            brief,
            ("grip", "handle", "wrap", "wrapping"),
            str(rng.choice(["leather", "dark leather", "brown leather", "hard leather"])),
            ("leather", "cloth", "scale"),
        ),
        "tips": words.surface_for(
            brief, ("tip", "tips", "trim", "bands"), metal, ("metal", "bone", "gem")
        ),
        "string": words.surface_for(brief, ("string", "bowstring"), "string", ("cloth", "leather")),
        "serving": "brown string",
    }
    path = _path(plan)
    upper = _limb(plan, path)
    parts = [
        to_part(upper, "upper limb", "limbs", crease_deg=34),
        to_part(upper.mirrored("y"), "lower limb", "limbs", crease_deg=34),
        to_part(_riser(plan, path), "riser", "limbs", crease_deg=34),
        to_part(_grip(plan), "grip", "grip", crease_deg=24),
        to_part(_tips(plan, path), "tips", "tips", crease_deg=34),
        *_string(plan, path),
    ]
    if plan.ornate:
        parts.append(to_part(_gems(plan, path), "gems", "gem", crease_deg=20))
        stone = str(rng.choice(["ruby", "sapphire", "emerald", "amethyst"]))
        surfaces["gem"] = words.surface_for(brief, ("gem", "jewel"), stone, ("gem",), anywhere=True)
    return Shape("bow", tuple(parts), surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("bow")
    look = manner(brief)
    half, brace, recurve = 0.66, 0.175, 0.085
    if words.has(brief, "longbow", "long"):
        half, brace, recurve = 0.86, 0.175, 0.012
    elif words.has(brief, "shortbow", "short", "horse", "composite"):
        half, brace, recurve = 0.48, 0.155, 0.10
    if words.has(brief, "recurve", "composite", "elven"):
        recurve = max(recurve, 0.11)
    if look.curved:
        brace, recurve = 1.25 * brace, max(recurve, 0.15)
    if look.great or words.has(brief, "greatbow", "warbow", "war bow"):
        half *= 1.2
    scale = words.size_factor(brief) if not words.has(brief, "short", "long") else 1.0
    if brief.height_m is not None:
        scale = brief.height_m / (2 * half)
    broad = (1.0 if look.breadth == 1 else 1.3 if look.breadth > 1 else 0.75) * (
        1.2 if look.great else 1.0
    )
    return _Plan(
        half_m=half * scale * rng.uniform(0.94, 1.06),
        brace_m=brace * scale * rng.uniform(0.85, 1.25),
        recurve_m=recurve * scale * (rng.uniform(0.95, 1.25) if look.curved
                                     else rng.uniform(0.55, 1.5)),
        wide_m=0.0185 * scale**0.5 * broad,
        deep_m=0.0125 * scale**0.5 * broad**0.5,
        spiked=look.jagged or words.has(brief, "dragon"),
        ornate=look.ornate,
    )  # fmt: skip


def _path(plan: _Plan) -> Floats:
    """Return the middle line of the upper limb, (N, 2) metres of x and y, grip to tip."""
    h, b, r = plan.half_m, plan.brace_m, plan.recurve_m
    knots = [
        (0.006, 0.0), (0.010, 0.075), (0.002, 0.15), (-0.26 * b - 0.12 * r, 0.42 * h),
        (-0.72 * b - 0.42 * r, 0.72 * h), (-0.97 * b - 0.30 * r, 0.90 * h),
        (-1.0 * b + 0.22 * r, 0.985 * h), (-0.98 * b + 0.62 * r, h),
    ]  # fmt: skip
    return curve(knots, 25)


def _limb(plan: _Plan, path: Floats) -> Solid:
    run = path[3:]
    t = np.linspace(0.0, 1.0, len(run))
    wide = plan.wide_m * (1.0 - 0.62 * t**1.5) * (1 - 0.1 * np.exp(-t * 12))
    deep = plan.deep_m * (1.05 - 0.50 * t)
    section = np.array([
        (0.72, -1.0), (1.0, -0.45), (1.0, 0.45), (0.72, 1.0), (-0.72, 1.0), (-1.0, 0.35),
        (-1.0, -0.35), (-0.72, -1.0),
    ])  # fmt: skip
    line = np.column_stack([run, np.zeros(len(run))])
    return sweep(line, section, scale=np.column_stack([deep, wide]), up=(0.0, 0.0, 1.0))


def _riser(plan: _Plan, path: Floats) -> Solid:
    half = path[:7]
    line = np.vstack([half[::-1] * (1.0, -1.0), half[1:]])
    t = np.linspace(-1.0, 1.0, len(line))
    deep = plan.deep_m * (1.12 + 0.75 * np.exp(-(((np.abs(t) - 0.68) / 0.15) ** 2)))
    wide = plan.wide_m * (0.90 + 0.16 * np.exp(-(((np.abs(t) - 0.68) / 0.18) ** 2)))
    ends = np.clip((1.0 - np.abs(t)) / 0.18, 0.72, 1.0)
    section = circle(10, phase=0.5)
    return sweep(
        np.column_stack([line, np.zeros(len(line))]),
        section,
        scale=np.column_stack([deep * ends, wide * ends]),
        up=(0.0, 0.0, 1.0),
    )


def _grip(plan: _Plan) -> Solid:
    wrap = wrapping(-0.058, 0.058, plan.deep_m * 1.66, flat=1.16, pitch_m=0.008)
    return wrap.moved(x=0.007)


def _tips(plan: _Plan, path: Floats) -> Solid:
    """Make the nocks, the bands at the ends of the riser, and spikes where wanted."""
    ahead = path[-1] - path[-3]
    angle = float(np.degrees(np.arctan2(-ahead[0], ahead[1])))
    r = plan.wide_m * 0.52
    nock = lathe(
        [(0.0, -0.036), (r * 0.98, -0.036), (r * 1.10, -0.030), (r * 0.96, -0.012),
         (r * 0.70, -0.004), (r * 0.72, 0.002), (r * 1.02, 0.008), (r * 0.62, 0.026), (0.0, 0.040)],
        sides=10,
    ).rotated("z", angle).moved(float(path[-1, 0]), float(path[-1, 1]))  # fmt: skip
    solids = [nock]
    for index in (6, *((8, 10, 18, 20) if plan.ornate else ())):
        ring = collar(plan.deep_m * (1.22 if index == 6 else 1.14), 0.012, sides=12)
        ring = ring.scaled(1.0, 1.0, plan.wide_m / plan.deep_m * (0.95 if index == 6 else 0.94))
        lean = path[index + 1] - path[index - 1]
        turn = float(np.degrees(np.arctan2(-lean[0], lean[1])))
        solids.append(ring.rotated("z", turn).moved(float(path[index, 0]), float(path[index, 1])))
    if plan.spiked:
        for index in (9, 12, 15, 18):
            spike = lathe([(0.0, -0.012), (0.012, -0.010), (0.008, 0.026), (0.0, 0.088)], sides=6)
            solids.append(
                spike.rotated("z", -62).moved(float(path[index, 0]), float(path[index, 1]))
            )
    upper = merge(*solids)
    return merge(upper, upper.mirrored("y"))


def _gems(plan: _Plan, path: Floats) -> Solid:
    """Set gems into the riser's ends, on the side that faces the target, and into its sides."""
    deep, wide = plan.deep_m * 1.75, plan.wide_m * 0.98
    x, y = float(path[5, 0]), float(path[5, 1])
    front = ellipsoid(0.005, 0.012, 0.008, sides=8, rows=5).moved(x + deep, y - 0.012)
    flat = ellipsoid(0.008, 0.012, 0.005, sides=8, rows=5).moved(x, y - 0.012)
    upper = merge(front, flat.moved(z=wide), flat.moved(z=-wide))
    return merge(upper, upper.mirrored("y"))


def _string(plan: _Plan, path: Floats) -> list[Part]:
    """Make the string from nock to nock, lying on the recurve, with its serving."""
    x, y = float(path[-1, 0]), float(path[-1, 1])
    touch = x
    if plan.recurve_m > 0.04:
        touch = float(path[:, 0].min()) - plan.deep_m * 0.9
        low = float(path[int(path[:, 0].argmin()), 1])
    else:
        low = y * 0.6
        touch = x - plan.deep_m * 0.2
    r = 0.0022
    half = [(touch, 0.0), (touch, low * 0.5), (touch, low), (x - 0.002, y - 0.002), (x, y + 0.003)]
    line = np.array([*[(px, -py) for px, py in half[:0:-1]], *half])
    cord = sweep(np.column_stack([line, np.zeros(len(line))]), circle(6, r), up=(0.0, 0.0, 1.0))
    serving = wrapping(-0.055, 0.055, r * 1.9, flat=1.0, pitch_m=0.006, sides=8).moved(x=touch)
    # Where a recurve's string leaves the limb it is served again.
    knots = (1, -1) if plan.recurve_m > 0.04 else ()
    loops = [collar(r * 1.3, 0.010, sides=8).moved(touch, side * low * 0.995) for side in knots]
    return [
        to_part(cord, "string", "string", crease_deg=70),
        to_part(merge(serving, *loops), "serving", "serving", crease_deg=30),
    ]
