"""Axes: a bearded head with a bevelled edge on an eye, a haft with wrap, langets and end cap."""

from dataclasses import dataclass, replace

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import collar, rivets, wrapping
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.solids import Solid, box, box_mapped, ellipsoid, lathe, loft, merge

_GRIP_M = 0.13


@dataclass(frozen=True)
class _Plan:
    """Proportions in metres. poll: what is behind the eye."""

    haft_m: float
    below_m: float
    reach_m: float
    up_m: float
    beard_m: float
    radius_m: float
    poll: str
    spike: bool
    ornate: bool
    bow_m: float
    jagged: bool
    curved: bool

    @property
    def head_y(self) -> float:
        """Height of the eye's middle."""
        return self.haft_m - self.below_m - 0.075


def build(brief: Brief) -> Shape:
    """Build an axe; the hand's place on the haft is the origin, the edge points to +X."""
    plan = _plan(brief)
    rng = brief.rng("axe colours")
    trim = "gold" if plan.ornate else str(rng.choice(["iron", "blacksteel", "bronze", "brass"]))
    surfaces = {
        "head": words.surface_for(
            brief,
            ("head", "blade", "edge", "axe", "battleaxe", "hatchet", "greataxe"),
            "steel",
            ("metal", "stone", "bone", "gem"),
            main=True,
        ),
        "haft": words.surface_for(
            brief,
            ("haft", "shaft", "handle"),
            str(rng.choice(["wood", "oak", "ash", "mahogany"])),
            ("wood", "bone", "metal"),
        ),
        "trim": words.surface_for(brief, ("trim", "fittings", "band", "bands"), trim, ("metal",)),
        "grip": words.surface_for(
            brief,
            ("grip", "wrap", "wrapping"),
            str(rng.choice(["leather", "dark leather", "black leather", "hide"])),
            ("leather", "cloth", "scale"),
        ),
    }
    parts = [
        to_part(_head(plan, brief), "head", "head", crease_deg=13),
        to_part(_haft(plan), "haft", "haft", crease_deg=45),
        to_part(
            wrapping(-_GRIP_M / 2 - 0.01, _GRIP_M / 2 + 0.03, plan.radius_m * 1.10, flat=0.84),
            "grip",
            "grip",
            crease_deg=24,
        ),
        to_part(_trim(plan), "trim", "trim", crease_deg=35),
        *_langets(plan),
    ]
    if plan.ornate:
        parts += _ornaments(plan)
        stone = str(rng.choice(["ruby", "sapphire", "emerald", "amethyst"]))
        surfaces["gem"] = words.surface_for(brief, ("gem", "jewel"), stone, ("gem",), anywhere=True)
    return Shape("axe", tuple(_bowed(part, plan) for part in parts), surfaces)


def _bowed(part: Part, plan: _Plan) -> Part:
    """Bend a part with the haft's slight S; the hand's place stays at the origin."""
    y = np.array(part.positions)
    t = np.clip(y[:, 1] / (plan.haft_m - plan.below_m), -1.0, 1.0)
    y[:, 0] -= plan.bow_m * np.sin(np.pi * t) * np.where(t < 0, 1.0, 0.6)
    return replace(part, positions=y)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("axe")
    look = manner(brief)
    haft, reach, radius = 0.68, 0.150, 0.0165
    great = look.great or words.has(brief, "greataxe", "great axe", "battleaxe", "battle axe")
    pole = words.has(brief, "halberd", "halberds", "poleaxe", "pollaxe")
    if pole:
        haft, reach, radius = 1.80, 0.200, 0.0180
    elif great:
        haft, reach, radius = 1.05, 0.235, 0.0190
    elif words.has(brief, "hatchet", "throwing", "tomahawk", "hand axe", "woodcutting"):
        haft, reach, radius = 0.46, 0.115, 0.0150
    reach *= {True: 1.25, False: 0.84}[look.breadth > 1] if look.breadth != 1 else 1.0
    scale = words.size_factor(brief)
    if brief.height_m is not None:
        scale = brief.height_m / haft
    double = words.has(brief, "double", "doubleheaded", "doublesided", "twin", "double bladed")
    poll = "blade" if double else str(rng.choice(["hammer", "spike", "plain"]))
    if pole and not double:
        poll = "spike"
    bearded = 1.35 if words.has(brief, "bearded", "beard") else 1.0
    return _Plan(
        haft_m=haft * scale * rng.uniform(0.94, 1.08),
        below_m=(0.75 if pole else 0.42 if great else 0.17) * scale,
        reach_m=reach * scale * rng.uniform(0.90, 1.12),
        up_m=reach * scale * rng.uniform(0.50, 0.68) * (1.30 if look.curved else 1.0),
        beard_m=reach * scale * rng.uniform(0.62, 1.0) * (1.25 if look.curved else bearded),
        radius_m=radius * scale**0.5,
        poll=poll,
        spike=pole or (great and bool(rng.random() < 0.7)),
        ornate=look.ornate,
        bow_m=float(rng.uniform(0.0, 0.022)) + (0.026 if look.curved else 0.0),
        jagged=look.jagged,
        curved=look.curved,
    )


def _head(plan: _Plan, brief: Brief) -> Solid:
    r = plan.radius_m
    eye = _eye(plan)
    solids = [eye, _bit(plan, brief, mirror=False)]
    if plan.poll == "blade":
        solids.append(_bit(plan, brief, mirror=True))
    elif plan.poll == "hammer":
        solids.append(
            _bar([(-r * 0.9, 0.024, 0.021), (-r * 1.9, 0.019, 0.017), (-r * 2.5, 0.024, 0.021),
                  (-r * 3.4, 0.024, 0.021), (-r * 3.6, 0.021, 0.018)])
        )  # fmt: skip
    elif plan.poll == "spike":
        solids.append(
            _bar([(-r * 0.9, 0.025, 0.021), (-r * 1.8, 0.020, 0.015), (-r * 3.6, 0.011, 0.009),
                  (-r * 6.0, 0.0, 0.0)], drop=0.018)
        )  # fmt: skip
    else:
        solids.append(
            _bar([(-r * 0.9, 0.026, 0.021), (-r * 1.5, 0.024, 0.020), (-r * 1.8, 0.019, 0.015)])
        )
    if plan.spike:
        y = plan.haft_m - plan.below_m
        tip = lathe(
            [(0.0, -0.075), (0.017, -0.07), (0.020, -0.012), (0.013, 0.0), (0.018, 0.012),
             (0.012, 0.05), (0.0, 0.13)],
            sides=8,
        )  # fmt: skip
        solids.append(tip.moved(y=y + 0.01 - plan.head_y))
    return merge(*solids).moved(y=plan.head_y)


def _eye(plan: _Plan) -> Solid:
    r = plan.radius_m * 1.42
    half = 0.036
    profile = [(0.0, -half), (r * 0.92, -half), (r, 0.004 - half), (r * 1.02, 0.0),
               (r, half - 0.004), (r * 0.92, half), (0.0, half)]  # fmt: skip
    return lathe(profile, sides=12, phase=0.5).scaled(1.06, 1.0, 0.92)


def _bar(stations: list[tuple[float, float, float]], *, drop: float = 0.0) -> Solid:
    """Make a beam along X from (x, half height, half thickness) with cut corners."""
    rings = []
    far = stations[-1][0]
    for x, tall, thick in stations:
        cut_y, cut_z = tall * 0.35, thick * 0.35
        ring = np.array([
            (tall, thick - cut_z), (tall - cut_y, thick), (cut_y - tall, thick),
            (-tall, thick - cut_z), (-tall, cut_z - thick), (cut_y - tall, -thick),
            (tall - cut_y, -thick), (tall, cut_z - thick),
        ])  # fmt: skip
        sink = drop * (x / far) ** 2
        rings.append(np.column_stack([np.full(8, x), ring[:, 0] - sink, ring[:, 1]]))
    return loft(rings, cap_scale=1.0)


def _bit(plan: _Plan, brief: Brief, *, mirror: bool) -> Solid:
    """Make the blade from the eye to the edge, around y = 0, to +X (or -X when mirrored)."""
    rng = brief.rng("axe edge")
    across = np.linspace(1.0, -1.0, 13 if plan.jagged else 9)
    stations = np.array([0.0, 0.12, 0.28, 0.46, 0.64, 0.76, 0.845, 1.0])
    thick = np.array([0.0205, 0.0165, 0.0124, 0.0100, 0.0088, 0.0081, 0.0077, 0.0005])
    neck = 0.026
    top = neck + (plan.up_m - neck) * stations**2.6 - 0.010 * np.sin(np.pi * stations)
    low = neck + (plan.beard_m - neck) * stations**1.9 - 0.004 * np.sin(np.pi * stations)
    tooth = np.zeros(len(across))
    if plan.jagged:
        tooth[1:-1] = rng.uniform(0.14, 0.32, len(across) - 2) * (np.arange(len(across) - 2) % 2)
    # A curved edge is a crescent: its horns stay behind.
    bulge = 0.20 * plan.reach_m * (1 - np.abs(across) ** 2.2)
    if plan.curved:
        bulge = 0.16 * plan.reach_m - 0.42 * plan.reach_m * np.abs(across) ** 2.6
    rings: list[Floats] = []
    for s, half, up, down in zip(stations, thick, top, low, strict=True):
        y = np.where(across > 0, across * up, across * down)
        x = plan.radius_m * 0.8 + s * (plan.reach_m - plan.radius_m + bulge * s**1.5)
        x = x - tooth * plan.reach_m * max(s - 0.8, 0.0) * 2.2
        z = half * np.where(np.abs(across) > 0.99, 0.55, 1.0)
        front = np.column_stack([x, y, z])
        back = np.column_stack([x, y, -z])[::-1]
        rings.append(np.concatenate([front, back]))
    solid = loft(rings, cap_scale=0.1)
    return solid.mirrored("x") if mirror else solid


def _haft(plan: _Plan) -> Solid:
    low, high = -plan.below_m, plan.haft_m - plan.below_m
    heights = np.linspace(low, high, 15)
    angle = np.arange(10) * (2 * np.pi / 10)
    rings = []
    for index, y in enumerate(heights):
        t = index / (len(heights) - 1)
        swell = 1.0 + 0.22 * max(0.0, 1 - t / 0.14) ** 2 - 0.06 * np.sin(np.pi * t)
        r = plan.radius_m * swell
        rings.append(
            np.stack([r * np.cos(angle), np.full(10, y), -0.80 * r * np.sin(angle)], axis=1)
        )
    return loft(rings, cap_scale=0.6)


def _trim(plan: _Plan) -> Solid:
    r = plan.radius_m
    end = lathe(
        [(0.0, -0.030), (r * 0.7, -0.028), (r * 1.22, -0.016), (r * 1.32, 0.0), (r * 1.30, 0.014),
         (r * 1.18, 0.018), (0.0, 0.018)],
        sides=12,
    ).scaled(1.0, 1.0, 0.84)  # fmt: skip
    low = plan.head_y - 0.045
    solids = [
        end.moved(y=-plan.below_m + 0.004),
        collar(r * 1.06, 0.016, sides=12).scaled(1.05, 1, 0.88).moved(y=low),
    ]
    if plan.ornate:
        solids += [
            collar(r * 1.05, 0.010, sides=12).scaled(1.05, 1, 0.88).moved(y=low - 0.03 * k)
            for k in (1, 2, 3)
        ]
    return merge(*solids)


def _langets(plan: _Plan) -> list[Part]:
    """Make the two metal tongues that run down the haft, with their rivets."""
    length = 0.12 if plan.haft_m > 0.6 else 0.07
    z = 0.80 * plan.radius_m
    y = plan.head_y - 0.036 - length / 2
    strip = box(plan.radius_m * 0.95, length, 0.006, bevel=0.0018)
    both = merge(strip.moved(y=y, z=z), strip.moved(y=y, z=-z))
    places = [
        (0.0, y + length * share, side * (z + 0.0035))
        for share in (-0.36, 0.0)
        for side in (1.0, -1.0)
    ]
    return [
        to_part(both, "langets", "head", crease_deg=20),
        *rivets(places, radius_m=0.0042, slot="trim"),
    ]


def _ornaments(plan: _Plan) -> list[Part]:
    """Set gilded lozenges into the blade and gems into the eye, on both sides."""
    leaf = lathe([(0.0, -1.0), (0.55, -0.8), (1.0, 0.0), (0.55, 0.8), (0.0, 1.0)], sides=4)
    pieces = []
    for share, size, z in ((0.40, 0.15, 0.0104), (0.62, 0.10, 0.0090)):
        flat = leaf.rotated("y", 45).scaled(size * plan.reach_m, size * plan.reach_m * 0.8, 0.0030)
        x, y = plan.reach_m * share + plan.radius_m * 0.5, plan.head_y - 0.10 * plan.beard_m * share
        pieces += [box_mapped(flat).moved(x, y, side * z) for side in (1.0, -1.0)]
    stone = ellipsoid(0.011, 0.013, 0.005, sides=8, rows=5)
    z = plan.radius_m * 1.42 * 0.92
    gems = merge(*(stone.moved(y=plan.head_y, z=side * z) for side in (1.0, -1.0)))
    return [
        to_part(merge(*pieces), "inlay", "trim", crease_deg=20),
        to_part(gems, "gems", "gem", crease_deg=20),
    ]
