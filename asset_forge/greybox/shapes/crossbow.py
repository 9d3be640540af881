"""Crossbows: a stock with grip and trigger, a bow across its front, string, nut and stirrup."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import rivets, wrapping
from asset_forge.greybox.shapes.manner import Manner, manner
from asset_forge.greybox.shapes.poles import pole, spike
from asset_forge.greybox.solids import (
    Solid,
    box,
    circle,
    curve,
    ellipsoid,
    extrude,
    lathe,
    loft,
    merge,
    sweep,
)

# Where the hand holds it, from the butt.
_HOLD = 0.3
_STIRRUP_M = 0.085
_NUT_Y = 0.13


@dataclass(frozen=True)
class _Plan:
    """Metres. reach: half the span of the bow; sweep: how far its tips lie behind its middle."""

    butt_y: float
    front_y: float
    bow_y: float
    reach_m: float
    sweep_m: float
    recurve_m: float
    limb_m: float
    half_m: float
    steel_bow: bool
    loaded: bool
    butt: str
    look: Manner

    @property
    def top_z(self) -> float:
        """Depth of the surface that the bolt lies on."""
        return 0.020

    @property
    def tip(self) -> tuple[float, float]:
        """The right tip of the bow, x and y."""
        return self.reach_m, self.bow_y - self.sweep_m + self.recurve_m


def build(brief: Brief) -> Shape:
    """Build a crossbow; the grip is the origin, bolts fly to +Y, the bow lies across X.

    The side that the bolt lies on faces +Z, the trigger -Z.
    """
    plan = _plan(brief)
    rng = brief.rng("crossbow colours")
    metal = "gold" if plan.look.ornate else str(rng.choice(["iron", "steel", "bronze", "brass"]))
    bow = "steel" if plan.steel_bow else str(rng.choice(["yew", "maple", "ash", "horn"]))
    surfaces = {
        "stock": words.surface_for(
            brief,
            ("stock", "tiller", "body", "crossbow", "crossbows"),
            str(rng.choice(["oak", "mahogany", "wood", "ebony"])),
            ("wood", "bone", "stone"),
            main=True,
        ),
        "bow": words.surface_for(
            brief,
            ("prod", "bow", "limb", "limbs", "lath"),
            bow,
            ("wood", "bone", "metal"),
            anywhere=True,
        ),
        "metal": words.surface_for(
            brief,
            ("trim", "fittings", "stirrup", "trigger", "plates", "bands", "bolt"),
            metal,
            ("metal",),
            anywhere=True,
        ),
        "string": words.surface_for(brief, ("string", "bowstring"), "string", ("cloth", "leather")),
        "cord": words.surface_for(brief, ("binding", "cord"), "rope", ("cloth", "leather")),
        "nut": words.surface_for(brief, ("nut", "rails"), "bone", ("bone", "metal")),
        "grip": words.surface_for(
            brief,
            ("grip", "wrap", "wrapping", "handle"),
            str(rng.choice(["leather", "dark leather", "black leather"])),
            ("leather", "cloth", "scale"),
        ),
        "gem": words.surface_for(
            brief, ("gem", "jewel"), str(rng.choice(["ruby", "sapphire", "emerald"])), ("gem",)
        ),
    }
    parts = [*_stock(plan), *_bow(plan), *_string(plan), *_metal(plan)]
    if plan.loaded:
        parts += _bolt(plan)
    return Shape.of("crossbow", parts, surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("crossbow")
    look = manner(brief)
    heavy = look.great or words.has(brief, "arbalest", "siege", "heavy")
    length = 0.80 * (1.15 if heavy else 1.0) * words.size_factor(brief)
    if words.has(brief, "hand crossbow", "pistol", "light crossbow"):
        length *= 0.72
    length *= rng.uniform(0.95, 1.05)
    if brief.height_m is not None:
        length = brief.height_m
    front = (1 - _HOLD) * length - _STIRRUP_M
    reach = 0.335 * length / 0.8 * rng.uniform(0.92, 1.12) * look.breadth**0.4
    recurve = float(rng.choice([0.0, 0.0, 0.018]))
    return _Plan(
        butt_y=-_HOLD * length,
        front_y=front,
        bow_y=front - 0.045,
        reach_m=float(reach),
        sweep_m=float(reach * rng.uniform(0.34, 0.50)),
        recurve_m=0.040 if look.curved else recurve,
        limb_m=0.0205 * look.breadth * (1.15 if heavy else 1.0),
        half_m=0.0195,
        steel_bow=heavy or bool(rng.random() < 0.45),
        loaded=words.has(brief, "loaded", "cocked", "drawn", "bolt", "bolts"),
        butt=str(rng.choice(["club", "plate", "fish"])) if not look.simple else "club",
        look=look,
    )


def _stock(plan: _Plan) -> list[Part]:
    """Make the tiller: butt, slim wrist at the hand, deep middle at the lock, fore-end."""
    low, high, w = plan.butt_y, plan.front_y, plan.half_m
    tall = {"club": 0.046, "plate": 0.060, "fish": 0.052}[plan.butt]
    rows = [  # y, half width, z of the lower and the upper side
        (low, w * 0.80, -tall * 1.0, 0.012), (low + 0.012, w * 0.98, -tall * 1.08, 0.016),
        (low * 0.62, w * 0.92, -tall * 0.82, 0.012), (low * 0.32, w * 0.82, -0.024, 0.014),
        (0.0, w * 0.80, -0.019, 0.016), (0.055, w * 0.84, -0.020, 0.017),
        (0.085, w * 1.06, -0.034, plan.top_z), (0.175, w * 1.06, -0.034, plan.top_z),
        (0.215, w, -0.025, plan.top_z), (high - 0.11, w * 0.92, -0.022, plan.top_z),
        (high - 0.085, w * 1.10, -0.028, plan.top_z), (high - 0.008, w * 1.10, -0.026, plan.top_z),
        (high, w * 0.95, -0.020, plan.top_z * 0.8),
    ]  # fmt: skip
    body = loft([_ring(*row) for row in rows], cap_scale=1.0)
    parts = [to_part(body, "stock", "stock", crease_deg=24)]
    wrap = wrapping(-0.052, 0.048, 1.0, flat=1.0, pitch_m=0.010, sides=12)
    around = wrap.positions * (w * 1.16, 1.0, 0.0250) + (0.0, 0.0, -0.0015)
    parts.append(to_part(wrap.bent(around), "grip", "grip", crease_deg=24))
    rail = box(0.0045, high - _NUT_Y - 0.03, 0.006, bevel=0.0012)
    y = (_NUT_Y + high) / 2 + 0.008
    rails = merge(*(rail.moved(side * 0.0085, y, plan.top_z + 0.002) for side in (-1, 1)))
    nut = lathe([(0.0, -0.012), (0.0135, -0.012), (0.015, -0.009), (0.015, 0.009),
                 (0.0135, 0.012), (0.0, 0.012)], sides=14).rotated("z", 90)  # fmt: skip
    claws = [box(0.006, 0.008, 0.010, bevel=0.001).moved(x, 0.004, 0.013) for x in (-0.007, 0.007)]
    lock = merge(nut, *claws).moved(y=_NUT_Y, z=plan.top_z - 0.004)
    return [*parts, to_part(merge(rails, lock), "nut", "nut", crease_deg=30)]


def _ring(y: float, half: float, low: float, high: float) -> Floats:
    """Return a rounded rectangle across the stock, (8, 3) metres."""
    cut = 0.30 * min(half, (high - low) / 2)
    ring = np.array([
        (half, low + cut), (half, high - cut), (half - cut, high), (cut - half, high),
        (-half, high - cut), (-half, low + cut), (cut - half, low), (half - cut, low),
    ])  # fmt: skip
    return np.column_stack([ring[:, 0], np.full(8, y), ring[:, 1]])


def _limb_line(plan: _Plan) -> Floats:
    """Return the middle line of the right half of the bow, (N, 2) metres, x and y."""
    x, y, reach = *plan.tip, plan.reach_m
    drop = plan.sweep_m
    knots = [(0.0, plan.bow_y), (0.24 * reach, plan.bow_y - 0.04 * drop),
             (0.60 * reach, plan.bow_y - 0.42 * drop), (0.86 * reach, plan.bow_y - 0.88 * drop),
             (x, y)]  # fmt: skip
    if plan.recurve_m:
        knots[3] = (0.88 * reach, plan.bow_y - 0.96 * drop)
    return curve(knots, 13)


def _bow(plan: _Plan) -> list[Part]:
    half = _limb_line(plan)
    line = np.vstack([half[::-1] * (-1.0, 1.0), half[1:]])
    t = np.abs(np.linspace(-1, 1, len(line)))
    path = np.column_stack([line, np.full(len(line), 0.004)])
    deep = plan.limb_m * 0.62 * (1.0 - 0.45 * t)
    tall = plan.limb_m * (1.0 - 0.42 * t)
    if not plan.steel_bow:
        deep, tall = deep * 1.25, tall * 1.05
    section = np.array([(1.0, -0.55), (1.0, 0.55), (0.6, 1.0), (-0.6, 1.0), (-1.0, 0.55),
                        (-1.0, -0.55), (-0.6, -1.0), (0.6, -1.0)])  # fmt: skip
    limbs = sweep(path, section, scale=np.column_stack([deep, tall]), up=(0.0, 0.0, 1.0))
    x, y = plan.tip
    nocks, extra = [], []
    for side in (-1.0, 1.0):
        knob = ellipsoid(
            plan.limb_m * 0.62, plan.limb_m * 0.85, plan.limb_m * 0.80, sides=8, rows=6
        )
        nocks.append(knob.moved(side * x, y, 0.004))
    if plan.look.jagged:
        thorn = spike(plan.limb_m * 0.42, 0.058, sides=5, sunk_m=0.008)
        for index in (5, 8, 11):
            for side in (-1.0, 1.0):
                ahead = half[index + 1] - half[index - 1]
                angle = float(np.degrees(np.arctan2(ahead[1], ahead[0])))
                px, py = half[index]
                extra.append(thorn.rotated("z", side * angle).moved(side * px, py, 0.004))
        nocks += extra
    parts = [
        to_part(limbs, "limbs", "bow", crease_deg=34),
        to_part(merge(*nocks), "nocks", "metal", crease_deg=40),
    ]
    # The bow is tied to the stock crosswise.
    turns = [_lashing(plan, x, lean) for x in (-0.010, 0.010) for lean in (-1.0, 1.0)]
    return [*parts, to_part(merge(*turns), "binding", "cord", crease_deg=60)]


def _lashing(plan: _Plan, x: float, lean: float) -> Solid:
    """Make one loop of cord around the stock and over the bow."""
    w, low = plan.half_m * 1.22, min(-0.033, -plan.limb_m * 1.1)
    top = max(plan.top_z, plan.limb_m * 1.1 + 0.004) + 0.005
    y = plan.bow_y
    loop = np.array([
        (w, lean * 0.026, low * 0.5), (w, lean * 0.018, top * 0.7), (0.6 * w, lean * 0.010, top),
        (-0.6 * w, -lean * 0.010, top), (-w, -lean * 0.018, top * 0.7),
        (-w, -lean * 0.026, low * 0.5), (-0.6 * w, -lean * 0.020, low),
        (0.6 * w, lean * 0.020, low),
    ])  # fmt: skip
    around = np.vstack([loop, loop[:1]])
    path = curve(around, 25)[:-1] + np.array([x * 0.2, y + x * 0.5, 0.0])
    ahead = np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    out = np.cross(ahead, (0.0, 1.0, 0.0))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    rise = np.cross(ahead, out)
    r = 0.0042
    rings = [
        p + r * (np.outer(np.cos(a), o) + np.outer(np.sin(a), u))
        for p, o, u in zip(path, out, rise, strict=True)
        for a in [np.arange(5) * 2 * np.pi / 5]
    ]
    return loft(rings, wrap=True)


def _string(plan: _Plan) -> list[Part]:
    x, y = plan.tip
    z = plan.top_z + 0.005
    back = _NUT_Y + 0.010 if plan.loaded else y + 0.004
    between = ((y + back) / 2, (z + 0.006) / 2 + 0.004)
    knots = [(-x, y, 0.006), (-0.5 * x, *between), (-0.025, back, z), (0.025, back, z),
             (0.5 * x, *between), (x, y, 0.006)]  # fmt: skip
    cord = sweep(np.array(knots), circle(6, 0.0030), up=(0.0, 0.0, 1.0))
    serving = wrapping(-0.045, 0.045, 0.0046, flat=1.0, pitch_m=0.008, sides=8)
    centre = serving.rotated("z", 90).moved(y=back, z=z)
    return [
        to_part(cord, "string", "string", crease_deg=70),
        to_part(centre, "serving", "cord", crease_deg=30),
    ]


def _metal(plan: _Plan) -> list[Part]:
    high, w = plan.front_y, plan.half_m
    bow = [(-0.014, -0.03), (-0.036, 0.022), (-0.046, 0.056), (-0.030, 0.081), (0.0, 0.085),
           (0.030, 0.081), (0.046, 0.056), (0.036, 0.022), (0.014, -0.03)]  # fmt: skip
    line = curve(bow, 19)
    path = np.column_stack([line[:, 0], line[:, 1] + high, np.full(len(line), -0.004)])
    stirrup = sweep(path, circle(7, 0.0055), up=(0.0, 0.0, 1.0))
    lever = curve([(0.118, -0.022), (0.105, -0.046), (0.070, -0.056), (0.0, -0.054),
                   (-0.062, -0.066)], 11)  # fmt: skip
    trigger = sweep(
        np.column_stack([np.zeros(11), lever]),
        np.array([(1.0, -0.8), (1.0, 0.8), (-1.0, 0.8), (-1.0, -0.8)]) * 0.0048,
        scale=np.linspace(1.15, 0.75, 11),
        up=(1.0, 0.0, 0.0),
    )
    pieces: list[Solid] = [stirrup, trigger]
    places: list[tuple[float, float, float]] = []
    if not plan.look.simple:
        # The outline in (y, z) is turned so that the plate lies on the stock's side.
        outline = np.array([(-0.045, -0.010), (-0.030, -0.024), (0.038, -0.024), (0.056, -0.008),
                            (0.040, 0.013), (-0.032, 0.013)])  # fmt: skip
        cheek = extrude(outline, 0.004, bevel=0.001)
        turned = cheek.bent(cheek.positions[:, [2, 0, 1]])
        for side in (-1.0, 1.0):
            pieces.append(turned.moved(side * (w * 1.06 + 0.0008), _NUT_Y, -0.004))
            places += [(side * (w * 1.06 + 0.003), _NUT_Y + d, -0.006) for d in (-0.030, 0.036)]
        places += [(side * (w * 1.06 + 0.003), _NUT_Y, -0.004) for side in (-1.0, 1.0)]
        if plan.butt != "club":
            tall = {"plate": 0.060, "fish": 0.052}[plan.butt]
            butt = box(w * 2.1, 0.010, tall + 0.028, bevel=0.003)
            pieces.append(butt.moved(y=plan.butt_y + 0.001, z=(0.016 - tall * 1.06) / 2))
    if plan.look.jagged:
        blade = spike(0.008, 0.11, sides=4, sunk_m=0.02)
        pieces.append(blade.moved(y=high, z=-0.014))
    parts = [to_part(merge(*pieces), "fittings", "metal", crease_deg=34)]
    if places:
        parts += rivets(np.array(places), radius_m=0.0045, slot="metal", towards="x")
    if plan.look.ornate:
        parts += _jewels(plan)
    return parts


def _jewels(plan: _Plan) -> list[Part]:
    """Set gems into the stock's sides and bands around butt and fore-end."""
    w = plan.half_m
    stone = ellipsoid(0.006, 0.011, 0.008, sides=8, rows=5)
    stones = [
        stone.moved(side * w * 0.92, y, -0.014)
        for side in (-1.0, 1.0)
        for y in (plan.butt_y * 0.72, plan.butt_y * 0.88)
    ]
    bands = []
    for y in (0.225, 0.25, plan.front_y - 0.115):
        rows = [(y - 0.006, w * 1.04, -0.027, plan.top_z - 0.002),
                (y + 0.006, w * 1.04, -0.027, plan.top_z - 0.002)]  # fmt: skip
        bands.append(loft([_ring(*row) for row in rows]))
    return [
        to_part(merge(*stones), "gems", "gem", crease_deg=12),
        to_part(merge(*bands), "bands", "metal", crease_deg=30),
    ]


def _bolt(plan: _Plan) -> list[Part]:
    """Lay a bolt into the groove."""
    low, high, z = _NUT_Y + 0.016, plan.front_y + 0.03, plan.top_z + 0.007
    shaft = pole(low, high, np.full(3, 0.0058), sides=8).moved(z=z)
    point = lathe([(0.0, -0.012), (0.0072, -0.010), (0.0085, 0.012), (0.0, 0.055)], sides=4)
    vane = extrude(np.array([(0.004, 0.0), (0.021, 0.004), (0.017, 0.05), (0.004, 0.075)]), 0.002)
    vanes = merge(*(vane.rotated("y", turn) for turn in (0.0, 180.0, -90.0)))
    return [
        to_part(shaft, "bolt", "stock", crease_deg=50),
        to_part(point.moved(y=high, z=z), "bolt head", "metal", crease_deg=20),
        to_part(vanes.moved(y=low + 0.012, z=z), "bolt vanes", "string", crease_deg=30),
    ]
