"""Staffs and scepters: a grown or turned shaft, a wrapped grip, ferrules, a head with a gem."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import collar, wrapping
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.shapes.poles import spike, towards
from asset_forge.greybox.solids import Solid, circle, curve, ellipsoid, gem, lathe, merge, sweep

_FERRULE_M = 0.060


@dataclass(frozen=True)
class _Plan:
    """Metres; head: "claw", "ring", "roots", "crook" or "plain"."""

    length_m: float
    radius_m: float
    head: str
    gnarl: float
    gem_m: float
    orb: bool
    ornate: bool
    jagged: bool

    @property
    def grip_half_m(self) -> float:
        """Half the height of the wrapped grip."""
        return min(0.11, 0.09 * self.length_m)

    @property
    def foot_y(self) -> float:
        """Height of the lower end."""
        return -0.52 * self.length_m

    @property
    def top_y(self) -> float:
        """Height where the head begins."""
        return 0.48 * self.length_m - 0.16 * min(self.length_m, 1.6) / 1.6


def build(brief: Brief) -> Shape:
    """Build a staff; the wrapped grip is the origin, the head is up."""
    plan = _plan(brief)
    rng = brief.rng("staff colours")
    stone = str(rng.choice(["sapphire", "ruby", "emerald", "amethyst", "topaz", "crystal"]))
    metal = "gold" if plan.ornate else str(rng.choice(["iron", "bronze", "brass", "silver"]))
    surfaces = {
        "shaft": words.surface_for(
            brief,
            ("shaft", "staff", "wand", "rod", "pole"),
            str(rng.choice(["wood", "oak", "ebony", "yew"])),
            ("wood", "bone", "metal", "stone"),
            main=True,
        ),
        "metal": words.surface_for(
            brief, ("trim", "claw", "band", "bands", "fittings", "head", "ring"), metal, ("metal",)
        ),
        "grip": words.surface_for(
            brief,
            ("grip", "wrap", "wrapping", "handle"),
            str(rng.choice(["leather", "dark leather", "hard leather", "brown cloth"])),
            ("leather", "cloth", "scale"),
        ),
        "gem": words.surface_for(
            brief,
            ("gem", "crystal", "orb", "stone", "jewel", "tip"),
            stone,
            ("gem",),
            anywhere=True,
        ),
    }
    line, radius = _growth(plan, brief)
    shaft = sweep(line, circle(10), scale=radius, up=(0.0, 0.0, 1.0))
    wrap = wrapping(
        -plan.grip_half_m, plan.grip_half_m, plan.radius_m * 1.16, flat=1.0, pitch_m=0.010
    )
    parts = [
        to_part(shaft, "shaft", "shaft", crease_deg=50),
        to_part(wrap, "grip", "grip", crease_deg=24),
        to_part(_fittings(plan, line, radius), "fittings", "metal", crease_deg=32),
        *_head(plan, brief),
    ]
    if plan.jagged:
        parts.append(to_part(_thorns(plan, line, radius), "thorns", "metal", crease_deg=20))
    return Shape.of("staff", parts, surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("staff")
    wand = words.has(brief, "wand", "scepter", "sceptre", "rod")
    look = manner(brief)
    length = 0.46 if wand else 1.65 * (1.15 if look.great else 1.0)
    head = str(rng.choice(["claw", "claw", "ring", "roots"]))
    if words.has(brief, "quarterstaff", "quarter staff", "walking", "bo") or look.simple:
        head = "plain"
    elif words.has(brief, "druid", "nature", "gnarled", "roots", "twisted", "ancient"):
        head = "roots"
    elif look.curved or words.has(brief, "crook", "shepherd", "shepherd's", "pastoral"):
        head = "crook"
    elif words.has(brief, "claw", "clawed", "dragon"):
        head = "claw"
    elif words.has(brief, "ring", "halo", "moon", "crescent", "priest", "holy"):
        head = "ring"
    length *= words.size_factor(brief) * rng.uniform(0.95, 1.06)
    if brief.height_m is not None:
        length = brief.height_m
    ornate = look.ornate or words.has(brief, "archmage", "master")
    thick = look.breadth**0.8 * (1.12 if look.great else 1.0)
    return _Plan(
        length_m=length,
        radius_m=(0.0185 if not wand else 0.0125) * thick,
        head=head,
        gnarl=1.0 if head == "roots" else float(rng.uniform(0.25, 0.6)),
        gem_m=(0.058 if not wand else 0.026) * thick * rng.uniform(0.9, 1.2),
        orb=words.has(brief, "orb", "sphere", "ball") or bool(rng.random() < 0.4),
        ornate=ornate,
        jagged=look.jagged,
    )


def _growth(plan: _Plan, brief: Brief) -> tuple[Floats, Floats]:
    """Return the shaft's middle line, (N, 3) metres, and its radius, (N,) metres.

    It grows straight and even where the grip and the ferrules sit, so that they enclose it.
    """
    rng = brief.rng("staff shaft")
    count = 25
    t = np.linspace(0.0, 1.0, count)
    y = plan.foot_y + t * (plan.top_y + 0.45 * plan.gem_m - plan.foot_y)
    step = float(y[1] - y[0])
    from_grip = np.clip((np.abs(y) - plan.grip_half_m - step) / (0.14 * plan.length_m), 0, 1)
    from_foot = np.clip((y - plan.foot_y - _FERRULE_M - step) / (0.10 * plan.length_m), 0, 1)
    calm = from_grip * from_foot * np.clip((1 - t) / 0.12, 0, 1)
    sway = plan.gnarl * 0.0065 * plan.length_m * calm
    x = sway * np.sin(rng.uniform(0, 6) + 9 * t)
    z = sway * np.sin(rng.uniform(0, 6) + 7 * t)
    knots = rng.normal(0.0, 0.07 * plan.gnarl, count) * (calm > 0.3)
    radius = plan.radius_m * (0.90 + 0.22 * t + knots)
    radius = np.where(t > 0.88, np.minimum(radius, plan.radius_m * 1.02), radius)
    return np.column_stack([x, y, z]), radius


def _fittings(plan: _Plan, line: Floats, radius: Floats) -> Solid:
    """Make the foot's ferrule, the grip's collars and, on ornate staffs, bands on the shaft."""
    r, grip_half = plan.radius_m, plan.grip_half_m
    foot = lathe(
        [(0.0, -0.030), (r * 0.45, -0.028), (r * 0.95, -0.004), (r * 1.12, 0.0), (r * 1.12, 0.045),
         (r * 1.24, 0.048), (r * 1.24, 0.056), (r * 1.05, _FERRULE_M), (0.0, _FERRULE_M)],
        sides=14,
    )  # fmt: skip
    bands = [
        foot.moved(y=plan.foot_y),
        collar(r * 1.20, 0.012).moved(y=-grip_half - 0.002),
        collar(r * 1.20, 0.012).moved(y=grip_half + 0.002),
    ]
    if plan.ornate:
        for share in (0.45, 0.55, 0.62):
            y = plan.grip_half_m + share * (plan.top_y - plan.grip_half_m)
            x, z, thick = (
                np.interp(y, line[:, 1], row) for row in (line[:, 0], line[:, 2], radius)
            )
            bands.append(collar(float(thick) * 1.14, 0.010).moved(float(x), y, float(z)))
    return merge(*bands)


def _head(plan: _Plan, brief: Brief) -> list[Part]:
    k = plan.gem_m / 0.046
    y = plan.top_y
    if plan.head == "plain":
        cap = lathe(
            [(0.0, -0.05), (plan.radius_m * 1.16, -0.05), (plan.radius_m * 1.22, 0.0),
             (plan.radius_m * 0.9, 0.02), (0.0, 0.024)],
            sides=14,
        )  # fmt: skip
        return [to_part(cap.moved(y=y + 0.03), "cap", "metal", crease_deg=32)]
    if plan.head == "ring":
        return _ring_head(plan, y, k)
    if plan.head == "crook":
        return _crook_head(plan, y, k)
    if plan.head == "roots":
        return _roots_head(plan, brief, y, k)
    return _claw_head(plan, y, k)


def _socket(plan: _Plan, y: float, k: float) -> Solid:
    r = plan.radius_m
    return lathe(
        [(0.0, -0.055 * k), (r * 1.12, -0.055 * k), (r * 1.30, -0.048 * k), (r * 1.30, -0.036 * k),
         (r * 1.14, -0.030 * k), (r * 1.20, 0.0), (0.034 * k, 0.022 * k), (0.038 * k, 0.032 * k),
         (0.030 * k, 0.038 * k), (0.0, 0.030 * k)],
        sides=14,
    ).moved(y=y)  # fmt: skip


def _stone(plan: _Plan, y: float) -> Solid:
    if plan.orb:
        r = plan.gem_m * 0.92
        return ellipsoid(r, r, r, sides=18, rows=11).moved(y=y)
    height = plan.gem_m * 3.1
    return gem(plan.gem_m * 0.82, height, sides=6, girdle=0.42).moved(y=y - height * 0.46)


def _claw_head(plan: _Plan, y: float, k: float) -> list[Part]:
    """Make four prongs that close over the gem."""
    prongs = []
    knots = [(0.020, 0.018), (0.050, 0.044), (0.064, 0.090), (0.052, 0.134), (0.020, 0.172)]
    for turn in range(4):
        path = curve(np.array(knots) * k, 10)
        line = np.column_stack([path[:, 0], path[:, 1], np.zeros(len(path))])
        thick = np.array([1.0, 1.05, 1.1, 1.1, 1.05, 0.95, 0.80, 0.60, 0.36, 0.06])
        prong = sweep(line, circle(6, 0.0115 * k) * (1.0, 0.8), scale=thick, up=(0.0, 0.0, 1.0))
        prongs.append(prong.rotated("y", 90 * turn + 45).moved(y=y))
    stone = _stone(plan, y + 0.090 * k)
    return [
        to_part(merge(_socket(plan, y, k), *prongs), "claw", "metal", crease_deg=36),
        to_part(stone, "gem", "gem", crease_deg=60 if plan.orb else 8),
    ]


def _ring_head(plan: _Plan, y: float, k: float) -> list[Part]:
    """Make an open ring with points outside, and the gem floating on a pin inside."""
    radius = 0.082 * k
    centre = y + 0.030 * k + radius
    gap = 0.42
    angle = np.linspace(-1.5 * np.pi + gap, 0.5 * np.pi - gap, 33)
    line = np.column_stack(
        [radius * np.cos(angle), centre + radius * np.sin(angle), np.zeros(len(angle))]
    )
    middle = 1 - np.abs(np.linspace(-1, 1, len(angle))) ** 2.4
    scale = 0.10 + 0.95 * middle
    scale[[0, -1]] = 0.0
    crescent = sweep(line, circle(8, 0.0145 * k) * (1.0, 0.8), scale=scale, up=(0.0, 0.0, 1.0))
    spikes = []
    for turn in (-58, 58, -122, 122):
        spike = lathe(
            [(0.0, 0.0), (0.010 * k, 0.002), (0.006 * k, 0.020 * k), (0.0, 0.048 * k)], sides=6
        ).moved(y=radius + 0.006 * k)
        spikes.append(spike.rotated("z", turn).moved(y=centre))
    pin = lathe(
        [(0.0, 0.0), (0.007 * k, 0.0), (0.006 * k, 0.03 * k), (0.016 * k, 0.045 * k),
         (0.0, 0.05 * k)],
        sides=8,
    ).moved(y=centre - radius)  # fmt: skip
    stone = _stone(plan, centre + 0.012 * k)
    metal = merge(_socket(plan, y, k), crescent, pin, *spikes)
    return [
        to_part(metal, "ring", "metal", crease_deg=36),
        to_part(stone, "gem", "gem", crease_deg=60 if plan.orb else 8),
    ]


def _roots_head(plan: _Plan, brief: Brief, y: float, k: float) -> list[Part]:
    """Let the shaft's own wood grow around the gem."""
    rng = brief.rng("roots")
    roots = []
    for turn in range(5):
        reach = rng.uniform(0.052, 0.068)
        top = rng.uniform(0.13, 0.21)
        lean = rng.uniform(-0.030, 0.030, 3)
        knots = np.array([
            (0.004, -0.035, 0.0), (0.026, 0.012, lean[0] * 0.4), (reach, 0.062, lean[0]),
            (reach * 0.92, 0.108, lean[1]), (0.030 + lean[2] * 0.4, top, lean[2]),
        ])  # fmt: skip
        line = curve(knots * k, 11)
        thick = np.linspace(1.15, 0.28, 11) * rng.uniform(0.9, 1.1, 11)
        thick[-1] = 0.0
        root = sweep(line, circle(6, 0.0125 * k), scale=thick, up=(0.0, 0.0, 1.0))
        roots.append(root.rotated("y", 72 * turn + float(rng.uniform(-14, 14))).moved(y=y))
    bulb = ellipsoid(plan.radius_m * 1.55, 0.045 * k, plan.radius_m * 1.55, sides=10, rows=7)
    stone = _stone(plan, y + 0.088 * k)
    return [
        to_part(merge(bulb.moved(y=y), *roots), "roots", "shaft", crease_deg=50),
        to_part(stone, "gem", "gem", crease_deg=60 if plan.orb else 8),
    ]


def _crook_head(plan: _Plan, y: float, k: float) -> list[Part]:
    """Bend the shaft's end round to a crook, with the gem hanging in it."""
    reach = 0.105 * k
    angle = np.linspace(np.pi, -0.85 * np.pi, 27)
    shrink = np.linspace(1.0, 0.42, 27)
    rise = 0.045 * k
    line = np.column_stack([
        reach + reach * shrink * np.cos(angle), y + rise + reach * shrink * np.sin(angle),
        np.zeros(27),
    ])  # fmt: skip
    stem = np.array(
        [(0.0, y - 0.03 * k, 0.0), (0.0, y + 0.2 * rise, 0.0), (0.0, y + 0.6 * rise, 0.0)]
    )
    path = np.vstack([stem, line])
    thick = np.concatenate([np.full(3, 1.0), np.linspace(1.0, 0.42, 27)]) * plan.radius_m
    thick[-1] = 0.3 * thick[-2]
    crook = sweep(path, circle(9), scale=thick, up=(0.0, 0.0, 1.0))
    stone_y = y + rise - 0.10 * reach
    stone = ellipsoid(*(0.30 * reach,) * 3, sides=14, rows=9)
    if not plan.orb:
        stone = gem(0.27 * reach, 0.78 * reach, sides=6, girdle=0.5).moved(y=-0.39 * reach)
    cap = lathe(
        np.array([(0.0, 0.0), (0.12, 0.0), (0.14, 0.05), (0.04, 0.14), (0.025, 0.75), (0.0, 0.75)])
        * reach,
        sides=8,
    )  # fmt: skip
    ring = collar(plan.radius_m * 1.14, 0.018).moved(y=y - 0.02 * k)
    metal = merge(ring, cap.moved(reach, stone_y + 0.24 * reach))
    return [
        to_part(crook, "crook", "shaft", crease_deg=50),
        to_part(metal, "hanger", "metal", crease_deg=36),
        to_part(stone.moved(reach, stone_y), "gem", "gem", crease_deg=60 if plan.orb else 8),
    ]


def _thorns(plan: _Plan, line: Floats, radius: Floats) -> Solid:
    """Set spikes into the shaft, winding up from above the grip."""
    r, thorns = plan.radius_m, []
    heights = np.linspace(plan.grip_half_m + 0.08, plan.top_y - 0.03, 11)
    for step, y in enumerate(heights):
        x, z, thick = (np.interp(y, line[:, 1], row) for row in (line[:, 0], line[:, 2], radius))
        out = np.array([np.cos(2.4 * step), 0.55, np.sin(2.4 * step)])
        thorn = towards(
            spike(r * 0.46, r * 2.9, sides=5, sunk_m=r * 0.7), out / np.linalg.norm(out)
        )
        place = np.array([x, y, z]) + 0.85 * float(thick) * out * (1.0, 0.0, 1.0)
        thorns.append(thorn.moved(*place))
    return merge(*thorns)
