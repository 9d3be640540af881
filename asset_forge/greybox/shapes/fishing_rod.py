"""Fishing rods: a handle with a reel, a tapering rod with guides, a line with float and hook."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import collar, wrapping
from asset_forge.greybox.shapes.manner import Manner, manner
from asset_forge.greybox.shapes.poles import blade, pole, torus
from asset_forge.greybox.solids import (
    Solid,
    box,
    circle,
    curve,
    ellipsoid,
    lathe,
    merge,
    sweep,
)

# Where the hand holds it, from the lower end.
_HOLD = 0.1
_LINE_M = 0.0021


@dataclass(frozen=True)
class _Plan:
    """Metres. form: "reel", "fly" (the reel behind the hand) or "stick"; bend_m: of the tip."""

    form: str
    length_m: float
    radius_m: float
    bend_m: float
    hang_m: float
    reel_m: float
    cork: bool
    joints: bool
    thick: float
    look: Manner

    @property
    def foot_y(self) -> float:
        """Height of the lower end."""
        return -_HOLD * self.length_m

    @property
    def top_y(self) -> float:
        """Height of the rod's tip."""
        return self.foot_y + self.length_m

    @property
    def reel_y(self) -> float:
        """Height of the reel's middle."""
        return 0.15 if self.form == "reel" else self.foot_y + 0.06


def build(brief: Brief) -> Shape:
    """Build a fishing rod; the hand's place is the origin, the tip up, the line hangs at +X."""
    plan = _plan(brief)
    rng = brief.rng("rod colours")
    metal = "gold" if plan.look.ornate else str(rng.choice(["brass", "steel", "iron", "bronze"]))
    woods = ["oak", "maple", "mahogany", "yew"] if plan.form != "stick" else ["wood", "willow"]
    surfaces = {
        "rod": words.surface_for(
            brief,
            ("rod", "pole", "shaft", "blank"),
            str(rng.choice(woods)),
            ("wood", "bone", "metal"),
            main=True,
        ),
        "grip": words.surface_for(
            brief,
            ("grip", "handle", "wrap", "wrapping"),
            "tan leather" if plan.cork else str(rng.choice(["leather", "dark leather", "rope"])),
            ("leather", "cloth", "wood", "scale"),
        ),
        "metal": words.surface_for(
            brief,
            ("trim", "fittings", "guides", "rings", "band", "bands", "hook"),
            metal,
            ("metal",),
        ),
        "reel": words.surface_for(
            brief, ("reel", "spool"), metal, ("metal", "wood", "bone"), anywhere=False
        ),
        "line": words.surface_for(brief, ("line", "string"), "string", ("cloth", "leather")),
        "thread": words.surface_for(
            brief,
            ("thread", "binding"),
            str(rng.choice(["red silk", "green silk", "navy silk", "brown string"])),
            ("cloth",),
        ),
        "float": words.surface_for(
            brief,
            ("float", "bobber"),
            f"{rng.choice(['red', 'orange', 'scarlet'])} plain",
            ("wood", "bone", "plain"),
        ),
        "float top": "white plain",
    }
    parts = [*_rod(plan, brief), *_line(plan)]
    if plan.form != "stick":
        parts += [*_guides(plan), *_reel(plan)]
    return Shape.of("fishing_rod", parts, surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("fishing rod")
    look = manner(brief)
    form = str(rng.choice(["reel", "reel", "fly"]))
    if look.simple or words.has(brief, "stick", "branch", "bamboo", "cane", "driftwood"):
        form = "stick"
    elif words.has(brief, "fly"):
        form = "fly"
    elif words.has(brief, "reel"):
        form = "reel"
    length = (1.80 if form != "stick" else 1.60) * (1.2 if look.great else 1.0)
    length *= words.size_factor(brief) * rng.uniform(0.94, 1.08)
    if brief.height_m is not None:
        length = brief.height_m
    thick = look.breadth**0.6 * (length / 1.8) ** 0.4
    return _Plan(
        form=form,
        length_m=length,
        radius_m=0.0165 * thick * (1.1 if form == "stick" else 1.0),
        bend_m=length * (0.28 if look.curved else float(rng.uniform(0.10, 0.17))),
        hang_m=length * float(rng.uniform(0.40, 0.55)),
        reel_m=0.066 * thick * float(rng.uniform(0.92, 1.15)),
        cork=bool(rng.random() < 0.5),
        joints=words.has(brief, "bamboo", "cane") or look.ornate or bool(rng.random() < 0.3),
        thick=thick,
        look=look,
    )


def _bend(plan: _Plan, y: Floats) -> Floats:
    """Return how far the rod has bent to +X at heights y; straight at handle and reel."""
    t = np.clip((y - 0.26) / (plan.top_y - 0.26), 0.0, 1.0)
    return plan.bend_m * t**2.2


def _bent(plan: _Plan, solid: Solid) -> Solid:
    """Bend a piece that sits on the rod with it."""
    points = solid.positions.copy()
    points[:, 0] += _bend(plan, points[:, 1])
    return solid.bent(points)


def _radius_at(plan: _Plan, y: float) -> float:
    t = (y - plan.foot_y) / plan.length_m
    return float(plan.radius_m * (1.0 - 0.78 * t**0.8))


def _rod(plan: _Plan, brief: Brief) -> list[Part]:
    rng = brief.rng("rod")
    low, high = plan.foot_y, plan.top_y
    y = np.linspace(low, high, 19)
    radii = np.array([_radius_at(plan, h) for h in y])
    shift = _bend(plan, y)
    if plan.form == "stick":
        radii = radii * (1 + rng.normal(0.0, 0.07, len(y)))
        calm = np.clip(np.abs(y) / 0.25 - 0.3, 0, 1)
        shift = shift + 0.008 * np.sin(rng.uniform(0, 6) + 9 * y / plan.length_m) * calm
    parts = [
        to_part(pole(low, high, radii, sides=9, bow_m=shift), "rod", "rod", crease_deg=50)
    ]  # fmt: skip
    half = 0.105
    if plan.cork:
        r = plan.radius_m * 1.30
        profile = [(0.0, -half), (r * 0.92, -half), (r * 1.25, 0.012 - half),
                   (r * 1.2, -0.5 * half), (r * 1.0, 0.0), (r * 1.14, 0.5 * half),
                   (r * 1.05, 0.85 * half), (r * 0.8, half), (0.0, half)]  # fmt: skip
        grip = lathe(profile, sides=14)
    else:
        grip = wrapping(-half, half, plan.radius_m * 1.16, flat=1.0, pitch_m=0.014)
    parts.append(to_part(grip, "grip", "grip", crease_deg=30))
    if plan.form == "stick":
        tie = wrapping(high - 0.05, high - 0.015, radii[-2] * 1.5, flat=1.0, pitch_m=0.006, sides=8)
        return [*parts, to_part(_bent(plan, tie), "knot", "line", crease_deg=30)]
    foot = lathe(
        [(0.0, -0.018), (0.7, -0.016), (1.25, -0.004), (1.30, 0.010), (1.15, 0.016), (0.0, 0.016)],
        sides=12,
    ).scaled(plan.radius_m, 1.0, plan.radius_m)  # fmt: skip
    metal = [foot.moved(y=low + 0.002)]
    metal += [collar(plan.radius_m * 1.18, 0.012).moved(y=h) for h in (-half, half)]
    if plan.joints:
        for share in (0.40, 0.68) if not plan.look.ornate else (0.30, 0.42, 0.55, 0.68):
            h = low + share * plan.length_m
            metal.append(collar(_radius_at(plan, h) * 1.15, 0.028).moved(y=h))
    solid = _bent(plan, merge(*metal))
    return [*parts, to_part(solid, "fittings", "metal", crease_deg=32)]


def _guide_heights(plan: _Plan) -> Floats:
    """Return where the rings sit that the line runs through, closer towards the tip."""
    share = np.array([0.30, 0.47, 0.61, 0.73, 0.83, 0.92])
    heights: Floats = plan.foot_y + share * plan.length_m
    return heights


def _line_side(plan: _Plan, y: float) -> float:
    """Return how far in front of the rod (+X) the line runs at a height."""
    return _radius_at(plan, y) + 0.024 - 0.014 * (y - plan.foot_y) / plan.length_m


def _guides(plan: _Plan) -> list[Part]:
    rings, threads = [], []
    for y in _guide_heights(plan):
        h = float(y)
        size = (0.0190 - 0.0110 * (h - plan.foot_y) / plan.length_m) * plan.thick
        out, r = _line_side(plan, h), _radius_at(plan, h)
        ring = torus(size, 0.0026 * plan.thick, sides=10, section=4).moved(out, h)
        leg = np.array([(r * 0.7, h - 0.030, 0.0), (r * 1.15, h - 0.022, 0.0),
                        (out - size, h - 0.002, 0.0), (r * 1.15, h + 0.022, 0.0),
                        (r * 0.7, h + 0.030, 0.0)])  # fmt: skip
        rings += [ring, sweep(leg, circle(5, 0.0026 * plan.thick), up=(0.0, 0.0, 1.0))]
        radii = r * np.array([1.05, 1.2, 1.2, 1.05])
        threads.append(pole(h - 0.036, h + 0.036, radii, sides=8))
    tip = torus(0.0075, 0.0026, sides=10, section=5).rotated("x", 90)
    rings.append(tip.moved(0.004, plan.top_y + 0.006))
    return [
        to_part(_bent(plan, merge(*rings)), "guides", "metal", crease_deg=60),
        to_part(_bent(plan, merge(*threads)), "binding", "thread", crease_deg=30),
    ]


def _reel(plan: _Plan) -> list[Part]:
    """Make the reel in front of the rod: frame, spool with wound line, crank with its knob."""
    size, y = plan.reel_m, plan.reel_y
    x = plan.radius_m + size * 1.12
    wide = size * 0.62
    rim = [(0.0, -0.0035), (size * 0.96, -0.0035), (size, -0.001), (size, 0.002),
           (size * 0.82, 0.0045), (size * 0.78, 0.0030), (size * 0.34, 0.0030),
           (size * 0.30, 0.0065), (0.0, 0.0065)]  # fmt: skip
    plate = lathe(rim, sides=18).rotated("x", 90)
    drum = lathe([(0.0, -wide), (size * 0.62, -wide), (size * 0.62, wide), (0.0, wide)], sides=14)
    posts = [
        box(0.006, 0.006, wide * 2).moved(size * 0.86 * np.cos(a), size * 0.86 * np.sin(a))
        for a in (0.5, 1.6, 2.65, 3.65, 4.7, 5.8)
    ]
    arm = box(size * 0.24, size * 1.1, 0.004, bevel=0.001).moved(y=size * 0.40, z=wide + 0.012)
    axle = lathe([(0.0, 0.0), (size * 0.16, 0.0), (size * 0.16, 0.018), (0.0, 0.020)], sides=10)
    knob = lathe([(0.0, 0.0), (0.0052, 0.0), (0.0085, 0.016), (0.0075, 0.024), (0.0, 0.026)],
                 sides=10).rotated("x", 90)  # fmt: skip
    foot = box(0.007, size * 2.1, 0.013, bevel=0.002)
    stem = box(size * 0.42, 0.014, 0.010, bevel=0.002)
    metal = merge(
        plate.moved(z=wide),
        plate.rotated("y", 180).moved(z=-wide),
        *posts,
        arm,
        axle.rotated("x", 90).moved(z=wide),
        stem.moved(x=-size * 1.0),
        foot.moved(x=plan.radius_m * 0.98 - x),
    )
    knob_at = knob.moved(y=size * 0.84, z=wide + 0.012)
    wound = drum.rotated("x", 90)
    clamps = merge(*(
        collar(plan.radius_m * 1.30, 0.012, sides=12).moved(y=y + d * size * 0.92)
        for d in (-1.0, 1.0)
    ))  # fmt: skip
    at = {"x": x, "y": y}
    return [
        to_part(metal.moved(**at), "reel", "reel", crease_deg=34),
        to_part(wound.moved(**at), "spool", "line", crease_deg=34),
        to_part(knob_at.moved(**at), "knob", "rod", crease_deg=40),
        to_part(clamps, "clamps", "metal", crease_deg=32),
    ]


def _line(plan: _Plan) -> list[Part]:
    """Run the line from the reel through the guides to the tip, and down to float and hook."""
    top = plan.top_y
    tip = np.array([float(_bend(plan, np.array([top]))[0]) + 0.006, top + 0.004, 0.0])
    run: list[tuple[float, float, float]] = []
    if plan.form != "stick":
        x = plan.radius_m + plan.reel_m * 1.12
        run.append((x - 0.1 * plan.reel_m, plan.reel_y + 0.60 * plan.reel_m, 0.0))
        for y in _guide_heights(plan):
            shift = float(_bend(plan, np.array([y]))[0])
            run.append((shift + _line_side(plan, float(y)), float(y), 0.0))
    end_y = top - plan.hang_m
    float_y = end_y + 0.17
    sway = 0.02
    hang = curve(
        [tuple(tip), (tip[0] + sway, top - 0.35 * plan.hang_m, 0.0),
         (tip[0] + sway * 0.6, float_y + 0.05, 0.0), (tip[0] + sway * 0.5, end_y, 0.0)], 9,
    )  # fmt: skip
    solids = [sweep(hang, circle(5, _LINE_M), up=(0.0, 0.0, 1.0))]
    if run:
        solids.append(sweep(np.array([*run, tuple(tip)]), circle(5, _LINE_M), up=(0.0, 0.0, 1.0)))
    x_float = float(np.interp(-float_y, -hang[:, 1], hang[:, 0]))
    x_end = float(hang[-1, 0])
    k = 1.75 * plan.thick
    body = lathe(
        [(0.0, -0.036), (0.005, -0.034), (0.016, -0.014), (0.0195, 0.0), (0.0195, 0.001),
         (0.0, 0.001)],
        sides=14,
    ).scaled(k, k, k)  # fmt: skip
    cap = lathe(
        [(0.0, 0.0), (0.0196, 0.0), (0.0175, 0.012), (0.010, 0.022), (0.0045, 0.025),
         (0.0040, 0.046), (0.0, 0.047)],
        sides=14,
    ).scaled(k, k, k)  # fmt: skip
    return [
        to_part(merge(*solids), "line", "line", crease_deg=70),
        to_part(body.moved(x_float, float_y), "float", "float", crease_deg=40),
        to_part(cap.moved(x_float, float_y), "float top", "float top", crease_deg=40),
        to_part(_hook(plan).moved(x_end, end_y), "hook", "metal", crease_deg=60),
    ]


def _hook(plan: _Plan) -> Solid:
    """Make the hook that hangs from y = 0: eye, shank, bend and barb."""
    k = 2.0 * plan.thick * (1.35 if plan.look.jagged else 1.0)
    line = curve([(0.0, 0.004), (0.0, -0.022), (0.0, -0.044), (0.011, -0.060), (0.026, -0.052),
                  (0.029, -0.030)], 12) * k  # fmt: skip
    scale = np.linspace(1.0, 0.85, 12)
    scale[-1] = 0.0
    wire = sweep(np.column_stack([line, np.zeros(12)]), circle(6, 0.0026 * k), scale=scale)
    eye = torus(0.0048 * k, 0.0018 * k, sides=10, section=5).rotated("x", 90).moved(y=0.006 * k)
    sinker = ellipsoid(0.0105, 0.0135, 0.0105, sides=8, rows=6).moved(y=0.042)
    pieces = [wire, eye, sinker]
    barbs = (-0.034,) if not plan.look.jagged else (-0.034, -0.042, -0.050)
    for height in barbs:
        barb = blade([(0.0, 0.0, 0.0022, 0.0022, 0.0012), (0.0, 0.012, 0.0, 0.0, 0.0)])
        pieces.append(barb.scaled(k, k, k).rotated("z", 150).moved(0.0283 * k, height * k + 0.004))
    return merge(*pieces)
