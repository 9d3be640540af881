"""Wands: a turned handle, a slim shaft that is straight, grown or twisted, and a tip with magic."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import collar, wrapping
from asset_forge.greybox.shapes.manner import Manner, manner
from asset_forge.greybox.shapes.poles import around, helix, spike, towards
from asset_forge.greybox.solids import (
    Solid,
    circle,
    curve,
    ellipsoid,
    extrude,
    gem,
    lathe,
    merge,
    sweep,
)

# Where the hand holds it, from the lower end.
_HOLD = 0.2


@dataclass(frozen=True)
class _Plan:
    """Metres. head: "gem", "star", "moon" or "plain"; shaft: "turned", "grown" or "twisted"."""

    length_m: float
    radius_m: float
    head: str
    shaft: str
    gem_m: float
    orb: bool
    wrapped: bool
    turning: int
    look: Manner

    @property
    def foot_y(self) -> float:
        """Height of the lower end."""
        return -_HOLD * self.length_m - 0.01

    @property
    def handle_y(self) -> float:
        """Height where the handle ends."""
        return self.foot_y + 0.36 * self.length_m

    @property
    def tip_y(self) -> float:
        """Height where the shaft ends."""
        heads = {"gem": 2.0 * self.gem_m, "star": 0.062, "moon": 0.062}
        return self.foot_y + self.length_m - heads.get(self.head, 0.0)


def build(brief: Brief) -> Shape:
    """Build a wand; the handle's middle is the origin, the tip is up."""
    plan = _plan(brief)
    rng = brief.rng("wand colours")
    metal = "gold" if plan.look.ornate else str(rng.choice(["silver", "brass", "gold", "bronze"]))
    surfaces = {
        "shaft": words.surface_for(
            brief,
            ("shaft", "wand", "stick"),
            str(rng.choice(["ebony", "mahogany", "oak", "yew", "willow"])),
            ("wood", "bone", "metal", "stone", "gem"),
            main=True,
        ),
        "metal": words.surface_for(
            brief,
            ("trim", "star", "moon", "band", "bands", "fittings", "claw", "cap", "pommel", "tip"),
            metal,
            ("metal",),
        ),
        "grip": words.surface_for(
            brief,
            ("grip", "wrap", "wrapping", "handle"),
            str(rng.choice(["leather", "dark leather", "maroon leather", "black leather"])),
            ("leather", "cloth", "scale"),
        ),
        "gem": words.surface_for(
            brief,
            ("gem", "crystal", "orb", "stone", "jewel", "tip"),
            str(rng.choice(["sapphire", "ruby", "emerald", "amethyst", "topaz", "crystal"])),
            ("gem",),
            anywhere=True,
        ),
    }
    line, radius = _growth(plan, brief)
    parts = [*_stick(plan, brief, line, radius), *_handle(plan)]
    parts += {"gem": _gem_head, "star": _star_head, "moon": _moon_head, "plain": _plain_head}[
        plan.head
    ](plan)
    return Shape.of("wand", parts, surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("wand")
    look = manner(brief)
    head = str(rng.choice(["gem", "gem", "gem", "plain", "moon", "star"]))
    if words.has(brief, "star", "fairy", "princess"):
        head = "star"
    elif words.has(brief, "moon", "crescent", "lunar"):
        head = "moon"
    elif words.has(brief, "crystal", "gem", "orb", "jewel", "jewelled", "tipped"):
        head = "gem"
    elif look.simple or words.has(brief, "school", "twig"):
        head = "plain"
    shaft = str(rng.choice(["turned", "turned", "twisted", "grown"]))
    if words.has(brief, "twisted", "spiral", "braided"):
        shaft = "twisted"
    elif look.curved or words.has(brief, "gnarled", "druid", "nature", "twig", "knotty"):
        shaft = "grown"
    length = 0.35 * words.size_factor(brief) * (1.25 if look.great else 1.0)
    length *= rng.uniform(0.93, 1.07)
    if brief.height_m is not None:
        length = brief.height_m
    return _Plan(
        length_m=length,
        radius_m=0.0082 * look.breadth * (length / 0.35) ** 0.6 * rng.uniform(0.92, 1.1),
        head=head,
        shaft=shaft,
        gem_m=0.0165 * look.breadth**0.6 * rng.uniform(0.95, 1.25),
        orb=words.has(brief, "orb", "ball", "sphere", "pearl") or bool(rng.random() < 0.35),
        wrapped=bool(rng.random() < 0.45) or words.has(brief, "grip", "wrapped", "leather"),
        turning=int(rng.integers(3)),
        look=look,
    )


def _growth(plan: _Plan, brief: Brief) -> tuple[Floats, Floats]:
    """Return the middle line (N, 3) and radius (N,) of the shaft above the handle, metres."""
    rng = brief.rng("wand shaft")
    t = np.linspace(0.0, 1.0, 21)
    y = plan.handle_y - 0.012 + t * (plan.tip_y - plan.handle_y + 0.012)
    radius = plan.radius_m * (1.0 - 0.48 * t)
    calm = np.clip(t / 0.15, 0, 1) * np.clip((1 - t) / 0.12, 0, 1)
    sway = 0.0
    if plan.shaft == "grown":
        sway = plan.length_m * (0.035 if plan.look.curved else 0.014)
        radius = radius * (1 + calm * rng.normal(0.0, 0.10, len(t)))
    x = sway * calm * np.sin(rng.uniform(0, 6) + 8 * t)
    z = sway * calm * np.sin(rng.uniform(0, 6) + 6 * t) * 0.7
    return np.column_stack([x, y, z]), radius


def _stick(plan: _Plan, brief: Brief, line: Floats, radius: Floats) -> list[Part]:
    if plan.shaft == "twisted":
        # Two rods around each other.
        t = np.linspace(0.0, 1.0, 49)
        angle = 2 * np.pi * 3.2 * t * t**0.2
        thick = np.interp(t, np.linspace(0, 1, len(radius)), radius)
        centre = np.stack([np.interp(t, np.linspace(0, 1, len(line)), c) for c in line.T], axis=1)
        rods = []
        for phase in (0.0, np.pi):
            around_it = np.stack([np.cos(angle + phase), 0 * t, -np.sin(angle + phase)], axis=1)
            path = centre + around_it * (0.52 * thick * np.clip((1 - t) / 0.1, 0.25, 1))[:, None]
            rods.append(sweep(path, circle(7), scale=0.62 * thick, up=(0.0, 0.0, 1.0)))
        parts = [to_part(merge(*rods), "shaft", "shaft", crease_deg=50)]
    else:
        solids = [sweep(line, circle(9), scale=radius, up=(0.0, 0.0, 1.0))]
        if plan.shaft == "grown":
            rng = brief.rng("wand knots")
            for index in rng.choice(np.arange(4, 17), 3, replace=False):
                turn, r = float(rng.uniform(0, 2 * np.pi)), float(radius[index])
                knot = ellipsoid(r * 0.62, r * 0.8, r * 0.62, sides=8, rows=5)
                x, y, z = line[index] + 0.72 * r * np.array([np.cos(turn), 0.0, np.sin(turn)])
                solids.append(knot.moved(float(x), float(y), float(z)))
        parts = [to_part(merge(*solids), "shaft", "shaft", crease_deg=50)]
    if plan.look.jagged:
        thorns = []
        for step, index in enumerate(range(3, 18, 2)):
            turn, r = 2.4 * step, float(radius[index])
            out = np.array([np.cos(turn), 0.75, np.sin(turn)]) / 1.25
            thorn = towards(spike(r * 0.42, r * 2.1, sides=5, sunk_m=r * 0.6), out)
            x, y, z = line[index] + 0.8 * r * out * (1, 0, 1)
            thorns.append(thorn.moved(float(x), float(y), float(z)))
        parts.append(to_part(merge(*thorns), "thorns", "shaft", crease_deg=20))
    if plan.look.ornate:
        y0, y1 = plan.handle_y + 0.01, plan.tip_y - 0.03
        wire = helix(y0, y1, (radius[0] * 1.02, radius[-1] * 1.10), 0.0016, turns=5)
        if plan.shaft == "turned":
            parts.append(to_part(wire, "wire", "metal", crease_deg=50))
    return parts


def _handle(plan: _Plan) -> list[Part]:
    r, low, high = plan.radius_m * 1.28, plan.foot_y, plan.handle_y
    long = high - low
    turned = [
        [(0.0, 0.0), (0.72, 0.01), (1.15, 0.07), (1.12, 0.14), (0.78, 0.19), (1.0, 0.24),
         (1.10, 0.50), (0.98, 0.80), (1.25, 0.86), (1.25, 0.92), (0.82, 0.96), (0.0, 1.0)],
        [(0.0, 0.0), (0.95, 0.01), (1.25, 0.05), (1.25, 0.10), (0.90, 0.14), (0.84, 0.30),
         (1.02, 0.52), (0.90, 0.74), (0.86, 0.84), (1.30, 0.90), (1.05, 0.96), (0.0, 1.0)],
        [(0.0, 0.0), (0.80, 0.02), (1.30, 0.11), (0.80, 0.21), (0.98, 0.25), (0.80, 0.29),
         (1.05, 0.45), (1.15, 0.62), (0.95, 0.82), (1.12, 0.88), (1.12, 0.93), (0.0, 1.0)],
    ][plan.turning]  # fmt: skip
    profile = np.array(turned) * (r, long)
    parts = [to_part(lathe(profile, sides=14).moved(y=low), "handle", "shaft", crease_deg=35)]
    if plan.wrapped:
        wrap = wrapping(
            low + 0.27 * long, low + 0.80 * long, r * 1.20, flat=1.0, pitch_m=0.0055, sides=10
        )
        parts.append(to_part(wrap, "grip", "grip", crease_deg=24))
    if plan.look.simple:
        return parts
    bands = [collar(r * 1.27, 0.009).moved(y=low + 0.89 * long)]
    if plan.look.ornate:
        bands += [collar(r * 1.22, 0.005).moved(y=low + share * long) for share in (0.24, 0.82)]
        jewel = ellipsoid(r * 0.95, r * 0.95, r * 0.95, sides=10, rows=7).moved(y=low - r * 0.3)
        parts.append(to_part(jewel, "pommel gem", "gem", crease_deg=60))
    parts.append(to_part(merge(*bands), "bands", "metal", crease_deg=32))
    return parts


def _ferrule(plan: _Plan, y: float) -> Solid:
    r = plan.radius_m * 0.62
    return lathe(
        [(0.0, -0.016), (r, -0.016), (r * 1.25, -0.012), (r * 1.2, -0.004), (r * 1.7, 0.003),
         (r * 1.5, 0.008), (0.0, 0.008)],
        sides=12,
    ).moved(y=y)  # fmt: skip


def _gem_head(plan: _Plan) -> list[Part]:
    """Hold a gem in prongs at the tip."""
    y, g = plan.tip_y, plan.gem_m
    if plan.orb:
        stone = ellipsoid(g, g, g, sides=14, rows=9).moved(y=y + g)
    else:
        stone = gem(g * 0.82, 2.7 * g, sides=6, girdle=0.40).moved(y=y - 0.2 * g)
    knots = [(0.004, 0.0), (g * 0.86, g * 0.28), (g * 1.04, g * 0.95), (g * 0.72, g * 1.62)]
    path = curve(knots, 7)
    line = np.column_stack([path[:, 0], path[:, 1], np.zeros(len(path))])
    prong = sweep(line, circle(5, g * 0.16), scale=[1.1, 1.1, 1.05, 1.0, 0.9, 0.7, 0.0])
    prongs = around(prong, 3 if not plan.look.ornate else 5, from_deg=30).moved(y=y)
    return [
        to_part(merge(_ferrule(plan, y), prongs), "setting", "metal", crease_deg=36),
        to_part(stone, "gem", "gem", crease_deg=60 if plan.orb else 8),
    ]


def _star_head(plan: _Plan) -> list[Part]:
    """Put a thick five-pointed star on the tip, with a gem on each face."""
    y, reach = plan.tip_y, 0.036 * plan.look.breadth**0.5
    turn = np.pi / 2 + np.arange(10) * np.pi / 5
    radius = np.where(np.arange(10) % 2 == 0, reach, reach * 0.48)
    outline = np.column_stack([radius * np.cos(turn), radius * np.sin(turn)])
    star = extrude(outline, 0.011, bevel=0.0034).moved(y=y + 0.8 * reach)
    stone = ellipsoid(reach * 0.24, reach * 0.24, 0.004, sides=10, rows=5)
    both = merge(*(stone.moved(y=y + 0.8 * reach, z=z) for z in (0.0054, -0.0054)))
    return [
        to_part(merge(_ferrule(plan, y), star), "star", "metal", crease_deg=20),
        to_part(both, "gem", "gem", crease_deg=30),
    ]


def _moon_head(plan: _Plan) -> list[Part]:
    """Put a crescent on the tip, with a gem between its horns."""
    y, reach = plan.tip_y, 0.030 * plan.look.breadth**0.5
    angle = np.linspace(-1.5 * np.pi + 0.75, 0.5 * np.pi - 0.75, 19)
    centre = y + reach
    line = np.column_stack([reach * np.cos(angle), centre + reach * np.sin(angle), 0 * angle])
    scale = (1 - np.abs(np.linspace(-1, 1, 19)) ** 1.8) * 0.95 + 0.05
    scale[[0, -1]] = 0.0
    crescent = sweep(line, circle(8, 0.0072) * (1.0, 0.75), scale=scale)
    stone = ellipsoid(reach * 0.36, reach * 0.36, reach * 0.36, sides=12, rows=8)
    pin = lathe([(0.0, 0.0), (0.0022, 0.0), (0.0022, reach * 0.7), (0.0, reach * 0.7)], sides=6)
    metal = merge(_ferrule(plan, y), crescent, pin.moved(y=y))
    return [
        to_part(metal, "moon", "metal", crease_deg=36),
        to_part(stone.moved(y=centre), "gem", "gem", crease_deg=60),
    ]


def _plain_head(plan: _Plan) -> list[Part]:
    """Round the tip off."""
    r = plan.radius_m * 0.60
    tip = ellipsoid(r, r * 1.5, r, sides=10, rows=7).moved(y=plan.tip_y)
    return [to_part(tip, "tip", "shaft", crease_deg=60)]
