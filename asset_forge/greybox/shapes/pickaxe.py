"""Pickaxes and mattocks: a two-ended, curved head on a haft that widens towards it."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import collar, rivets, wrapping
from asset_forge.greybox.shapes.manner import Manner, haft_surface, manner
from asset_forge.greybox.shapes.poles import pole, spike
from asset_forge.greybox.solids import Solid, box, ellipsoid, lathe, loft, merge

# Where the hand holds it, from the lower end.
_HOLD = 0.3


@dataclass(frozen=True)
class _Plan:
    """Metres. ends: of +X and -X, each "point", "chisel" or "adze". arch: drop of the ends."""

    length_m: float
    reach_m: float
    arch_m: float
    tall_m: float
    radius_m: float
    ends: tuple[str, str]
    wrapped: bool
    bow_m: float
    look: Manner

    @property
    def foot_y(self) -> float:
        """Height of the haft's lower end."""
        return -_HOLD * self.length_m

    @property
    def head_y(self) -> float:
        """Height of the head's middle."""
        return self.foot_y + self.length_m - 1.4 * self.tall_m


def build(brief: Brief) -> Shape:
    """Build a pickaxe; the hand's place on the haft is the origin, the heavier end at +X."""
    plan = _plan(brief)
    rng = brief.rng("pickaxe colours")
    metal = str(rng.choice(["iron", "steel"]))
    trim = "gold" if plan.look.ornate else str(rng.choice(["iron", "bronze", "brass", "steel"]))
    surfaces = {
        "head": words.surface_for(
            brief,
            ("head", "pickaxe", "pick", "mattock", "blade", "point"),
            metal,
            ("metal", "stone", "bone", "gem"),
            main=True,
        ),
        "haft": haft_surface(
            brief, ("haft", "shaft", "handle"), str(rng.choice(["oak", "wood", "ash", "maple"]))
        ),
        "trim": words.surface_for(brief, ("trim", "fittings", "band", "bands"), trim, ("metal",)),
        "grip": words.surface_for(
            brief,
            ("grip", "wrap", "wrapping"),
            str(rng.choice(["leather", "dark leather", "brown cloth", "rope"])),
            ("leather", "cloth", "scale"),
        ),
        "gem": words.surface_for(
            brief, ("gem", "jewel"), str(rng.choice(["ruby", "sapphire", "emerald"])), ("gem",)
        ),
    }
    parts = [*_head(plan, brief), *_haft(plan)]
    return Shape.of("pickaxe", parts, surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("pickaxe")
    look = manner(brief)
    length = 0.88 * (1.12 if look.great else 1.0)
    scale = words.size_factor(brief)
    if brief.height_m is not None:
        scale = brief.height_m / length
    ends = ("chisel", "point") if rng.random() < 0.6 else ("point", "point")
    if words.has(brief, "mattock") or look.breadth > 1:
        ends = ("adze", "point")
    elif look.jagged or look.breadth < 1:
        ends = ("point", "point")
    reach = 0.30 * scale * rng.uniform(0.92, 1.10)
    arch = rng.uniform(0.20, 0.32) + (0.16 if look.curved else 0.0)
    if words.has(brief, "straight"):
        arch = 0.05
    return _Plan(
        length_m=length * scale * rng.uniform(0.95, 1.06),
        reach_m=reach,
        arch_m=arch * reach,
        tall_m=0.033 * scale * look.breadth**0.6 * rng.uniform(0.92, 1.12),
        radius_m=0.0185 * scale**0.5,
        ends=ends,
        wrapped=not look.simple and bool(rng.random() < 0.65),
        bow_m=0.024 if look.curved else 0.0,
        look=look,
    )


def _head(plan: _Plan, brief: Brief) -> list[Part]:
    tall, r, y = plan.tall_m, plan.radius_m, plan.head_y
    arms = [_arm(plan, plan.ends[0]), _arm(plan, plan.ends[1]).mirrored("x")]
    eye = lathe(
        [(0.0, -1.35 * tall), (r * 1.32, -1.35 * tall), (r * 1.5, -1.2 * tall),
         (r * 1.5, -0.8 * tall), (r * 1.75, -0.5 * tall), (r * 1.8, 0.6 * tall),
         (r * 1.62, 0.85 * tall), (0.0, 0.85 * tall)],
        sides=12, phase=0.5,
    ).scaled(1.12, 1.0, 0.95)  # fmt: skip
    pieces = [*arms, eye]
    if plan.look.jagged:
        rng = brief.rng("pickaxe teeth")
        for side in (-1.0, 1.0):
            for share in (0.34, 0.50, 0.66):
                tooth = spike(tall * 0.20, tall * float(rng.uniform(0.7, 1.0)), sides=4)
                x = share * plan.reach_m
                height = _middle(plan, x) + 0.52 * tall * (1 - share)
                pieces.append(tooth.rotated("z", -side * 26).moved(side * x, height))
    parts = [to_part(merge(*pieces).moved(y=y), "head", "head", crease_deg=26)]
    if plan.look.ornate:
        z = r * 1.66
        stone = ellipsoid(tall * 0.34, tall * 0.34, 0.006, sides=8, rows=5)
        both = merge(stone.moved(y=y, z=z), stone.moved(y=y, z=-z))
        parts.append(to_part(both, "gems", "gem", crease_deg=12))
        bands = []
        for side in (-1.0, 1.0):
            for share in (0.24, 0.32):
                x = share * plan.reach_m
                rows = [_ring(plan, "point", x + d, 1.07) for d in (-0.006, 0.006)]
                band = loft(rows)
                bands.append((band if side > 0 else band.mirrored("x")).moved(y=y))
        parts.append(to_part(merge(*bands), "bands", "trim", crease_deg=30))
    return parts


def _middle(plan: _Plan, x: float) -> float:
    """Return how high the head's middle line lies at a distance from the haft."""
    return 0.10 * plan.tall_m - plan.arch_m * (x / plan.reach_m) ** 2


def _arm(plan: _Plan, end: str) -> Solid:
    """Make one arm of the head to +X, square in section, that ends as asked."""
    # The arms reach into each other, within the eye.
    t = np.array([-0.03, 0.07, 0.20, 0.32, 0.45, 0.58, 0.70, 0.80, 0.88, 0.94, 0.98, 1.0])
    reach = plan.reach_m * (0.86 if end == "adze" else 1.0)
    return loft([_ring(plan, end, float(share) * reach, 1.0, last=share == 1.0) for share in t])


def _ring(plan: _Plan, end: str, x: float, grow: float, *, last: bool = False) -> Floats:
    """Return the section of an arm at a distance from the haft, (8, 3) metres."""
    t = abs(x) / plan.reach_m
    tall, thick = plan.tall_m * (0.80 - 0.34 * t), plan.radius_m * (1.10 - 0.45 * t)
    if end == "point":
        taper = float(np.clip((1 - t) / 0.30, 0.0, 1.0)) ** 0.8
        tall, thick = tall * taper, thick * taper
    else:
        # A chisel's edge stands upright, along the haft; an adze's lies across.
        s = float(np.clip((t - 0.35) / 0.55, 0.0, 1.0))
        if end == "chisel":
            flare, flat = tall * (1 + 0.35 * s), thick * (1 - 0.60 * s)
            tall, thick = flare, flat
        else:
            tall, thick = tall * (1 - 0.80 * s), thick * (1 + 2.6 * s * plan.look.breadth)
        if last:
            tall, thick = (tall, 0.0010) if end == "chisel" else (0.0010, thick)
    if last and end == "point":
        tall = thick = 0.0
    slope = -2 * plan.arch_m * x / plan.reach_m**2
    lean = np.array([-slope, 1.0]) / np.hypot(slope, 1.0)
    cut = 0.28
    ring = np.array([(tall, thick * (1 - cut)), (tall * (1 - cut), thick),
                     (-tall * (1 - cut), thick), (-tall, thick * (1 - cut)),
                     (-tall, -thick * (1 - cut)), (-tall * (1 - cut), -thick),
                     (tall * (1 - cut), -thick), (tall, -thick * (1 - cut))]) * grow  # fmt: skip
    return np.column_stack(
        [x + ring[:, 0] * lean[0], _middle(plan, x) + ring[:, 0] * lean[1], ring[:, 1]]
    )


def _haft(plan: _Plan) -> list[Part]:
    r, low = plan.radius_m, plan.foot_y
    top = plan.head_y + 0.85 * plan.tall_m
    t = np.linspace(0.0, 1.0, 19)
    radii = r * (0.98 + 0.16 * np.exp(-(((t - 0.02) / 0.06) ** 2)) + 0.26 * t**5)
    # The hand's place stays at the origin.
    bow = plan.bow_m * np.sin(np.pi * np.clip((t - _HOLD - 0.12) / 0.42, 0, 1)) ** 2
    stick = pole(low, top + 0.016, radii, sides=10, flat=0.82, bow_m=bow)
    wedge = box(0.006, 0.006, r * 1.5, bevel=0.001).moved(y=top + 0.016)
    parts = [
        to_part(stick, "haft", "haft", crease_deg=45),
        to_part(wedge, "wedge", "trim"),
    ]
    if plan.wrapped:
        wrap = wrapping(-0.085, 0.075, r * 1.12, flat=0.84, pitch_m=0.009)
        parts.append(to_part(wrap, "grip", "grip", crease_deg=24))
    if plan.look.simple:
        # Bound to the haft crosswise, as without a smith.
        cord = wrapping(-0.055, 0.0, r * 1.36, flat=0.9, pitch_m=0.010, sides=12)
        moved = cord.moved(y=plan.head_y - 1.25 * plan.tall_m)
        return [*parts, to_part(moved, "lashing", "grip", crease_deg=24)]
    y = plan.head_y - 1.35 * plan.tall_m
    bands = [collar(r * 1.28, 0.014, sides=12).scaled(1.0, 1.0, 0.86).moved(y=y - 0.006)]
    if plan.look.ornate:
        bands += [
            collar(r * 1.06, 0.010, sides=12).scaled(1.0, 1.0, 0.86).moved(y=0.12 + 0.05 * k)
            for k in range(3)
        ]
    parts.append(to_part(merge(*bands), "trim", "trim", crease_deg=32))
    strip = box(r * 0.85, 0.10, 0.006, bevel=0.0018)
    z = 0.82 * r * 1.16
    both = merge(*(strip.moved(y=y - 0.045, z=side * z) for side in (1.0, -1.0)))
    places = [(0.0, y - d, side * (z + 0.0034)) for d in (0.035, 0.075) for side in (1.0, -1.0)]
    return [
        *parts,
        to_part(both, "langets", "head", crease_deg=20),
        *rivets(places, radius_m=0.0045, slot="trim"),
    ]
