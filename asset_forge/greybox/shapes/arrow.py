"""Arrows and crossbow bolts: head, shaft, bound feathers and nock; several as a sheaf."""

from dataclasses import dataclass, replace

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import wrapping
from asset_forge.greybox.shapes.manner import Manner, haft_surface, manner
from asset_forge.greybox.shapes.poles import Row, around, blade, helix, pole, socket
from asset_forge.greybox.solids import (
    Solid,
    box,
    box_mapped,
    circle,
    curve,
    ellipsoid,
    extrude,
    lathe,
    merge,
    sweep,
)

# Where the fingers hold it, from the nock.
_HOLD = 0.1
_IN_A_SHEAF = 4


@dataclass(frozen=True)
class _Plan:
    """Metres. head: "leaf", "broad", "bodkin", "barbed" or "blunt"."""

    bolt: bool
    length_m: float
    radius_m: float
    head: str
    head_m: float
    wide_m: float
    vane_m: float
    vane_tall_m: float
    vanes: int
    cut: str
    burning: bool
    sheaf: bool
    look: Manner

    @property
    def nock_y(self) -> float:
        """Height of the lower end."""
        return -_HOLD * self.length_m

    @property
    def head_y(self) -> float:
        """Height of the head's foot."""
        return self.nock_y + self.length_m - self.head_m


def build(brief: Brief) -> Shape:
    """Build an arrow or bolt; held near the nock at the origin, the point up +Y."""
    plan = _plan(brief)
    rng = brief.rng("arrow colours")
    metal = str(rng.choice(["steel", "iron", "bronze"]))
    trim = "gold" if plan.look.ornate else str(rng.choice(["horn", "bone", "brass"]))
    dyed = str(rng.choice(["white", "white", "grey", "brown", "red", "green", "blue"]))
    surfaces = {
        "head": words.surface_for(
            brief,
            ("head", "arrowhead", "point", "tip", "arrow", "arrows", "bolt", "bolts"),
            metal,
            ("metal", "stone", "bone", "gem"),
            main=True,
        ),
        "shaft": haft_surface(
            brief, ("shaft", "shafts"), str(rng.choice(["ash", "pine", "wood", "maple"]))
        ),
        "feathers": words.surface_for(
            brief,
            ("fletching", "fletchings", "feathers", "feather", "vanes", "flights"),
            f"{dyed} feather" if not plan.bolt else f"{dyed} leather",
            ("hair", "leather", "cloth", "bone", "wood"),
        ),
        "cord": words.surface_for(
            brief, ("binding", "thread", "cord"), "brown string", ("cloth", "leather")
        ),
        "nock": words.surface_for(brief, ("nock", "trim"), trim, ("metal", "bone", "gem")),
        "fire": "glowing orange cloth",
    }
    parts = _one(plan, brief)
    if plan.sheaf:
        parts = _sheaf(parts, plan, brief)
    return Shape.of("arrow", parts, surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("arrow")
    look = manner(brief)
    bolt = words.has(brief, "bolt", "bolts", "quarrel", "quarrels")
    head = str(rng.choice(["bodkin", "leaf"] if bolt else ["leaf", "broad", "broad", "bodkin"]))
    if look.jagged:
        head = "barbed"
    elif look.breadth > 1 or words.has(brief, "broadhead", "hunting"):
        head = "broad"
    elif words.has(brief, "bodkin", "piercing", "needle") or look.breadth < 1:
        head = "bodkin"
    elif words.has(brief, "blunt", "training", "practice"):
        head = "blunt"
    length = 0.38 if bolt else 0.75
    scale = words.size_factor(brief)
    if brief.height_m is not None:
        scale = brief.height_m / length
    length *= scale * rng.uniform(0.95, 1.06)
    thick = scale**0.6
    head_m, wide = {
        "leaf": (0.090, 0.034), "broad": (0.084, 0.054), "bodkin": (0.100, 0.0185),
        "barbed": (0.100, 0.056), "blunt": (0.038, 0.027),
    }[head]  # fmt: skip
    vane = 0.140 if not bolt else 0.110
    return _Plan(
        bolt=bolt,
        length_m=length,
        radius_m=(0.0066 if not bolt else 0.0080) * thick,
        head=head,
        head_m=head_m * thick * rng.uniform(0.9, 1.15),
        wide_m=wide * thick * look.breadth**0.6 * rng.uniform(0.92, 1.12),
        vane_m=vane * scale * rng.uniform(0.88, 1.18),
        vane_tall_m=(0.030 if not bolt else 0.020) * thick * rng.uniform(0.9, 1.15),
        vanes=2 if bolt else 3 if not look.ornate else 4,
        cut=str(rng.choice(["parabola", "shield", "straight"])) if not look.curved else "swept",
        burning=words.has(brief, "fire", "flaming", "burning", "flame", "incendiary"),
        sheaf=words.has(brief, "arrows", "bolts", "quarrels", "bundle", "sheaf"),
        look=look,
    )


def _one(plan: _Plan, brief: Brief) -> list[Part]:
    r, low, high = plan.radius_m, plan.nock_y, plan.head_y
    t = np.linspace(0.0, 1.0, 9)
    waist = 1.0 + (0.10 * np.sin(np.pi * t) if plan.bolt else -0.10 * t)
    shift = 0.0 * t
    if plan.look.simple:
        shift = 0.0022 * np.sin(9 * t) * np.sin(np.pi * t)
    stick = pole(low + 0.006, high - 0.012, r * waist, sides=8, bow_m=shift)
    vane_y = low + 0.034
    vanes = around(_vane(plan, brief), plan.vanes, from_deg=90.0 if plan.vanes == 3 else 0.0)
    pitch = 0.0022 if not plan.sheaf else 0.004
    thread = [
        wrapping(y, y + 0.016, r * 1.10, flat=1.0, pitch_m=pitch, sides=8, twist=0.5)
        for y in (vane_y - 0.012, vane_y + plan.vane_m - 0.004, high - 0.040)
    ]
    if not (plan.look.simple or plan.sheaf):
        thread.append(helix(vane_y, vane_y + plan.vane_m, (r * 1.04, r * 1.02), r * 0.11, turns=5))
    parts = [
        to_part(_head(plan), "head", "head", crease_deg=13),
        to_part(stick, "shaft", "shaft", crease_deg=50),
        to_part(vanes.moved(y=vane_y), "fletching", "feathers", crease_deg=30),
        to_part(merge(*thread), "binding", "cord", crease_deg=30),
        to_part(_nock(plan), "nock", "nock", crease_deg=30),
    ]
    if plan.burning:
        parts.append(to_part(_flames(plan, brief), "flames", "fire", crease_deg=40))
    return parts


def _head(plan: _Plan) -> Solid:
    y, r, long, half = plan.head_y, plan.radius_m, plan.head_m, plan.wide_m / 2
    if plan.head == "blunt":
        return lathe(
            [(0.0, -0.02), (r * 1.15, -0.02), (r * 1.2, 0.0), (half, 0.4 * long),
             (half, 0.85 * long), (half * 0.8, long), (0.0, long)],
            sides=10,
        ).moved(y=y)  # fmt: skip
    tube = socket(y - 0.026, y + 0.30 * long, r * 1.08, r * 0.80, sides=10)
    if plan.head == "bodkin":
        point = lathe(
            [(0.0, 0.10 * long), (r * 0.72, 0.12 * long), (half * 1.1, 0.42 * long),
             (half * 0.62, 0.78 * long), (0.0, long)],
            sides=4,
        )  # fmt: skip
        return merge(tube, point.moved(y=y))
    t = r * 0.62
    rows: list[Row]
    if plan.head == "leaf":
        rows = [(0.0, 0.0, 0.30, 0.30, t), (0.0, 0.16, 0.72, 0.72, t), (0.0, 0.32, 1.0, 1.0, t),
                (0.0, 0.50, 0.90, 0.90, t * 0.9), (0.0, 0.72, 0.58, 0.58, t * 0.75),
                (0.0, 0.90, 0.24, 0.24, t * 0.5), (0.0, 1.0, 0.0, 0.0, 0.0)]  # fmt: skip
    elif plan.head == "broad":
        rows = [(0.0, -0.10, 1.06, 1.06, t * 0.30), (0.0, 0.02, 0.98, 0.98, t),
                (0.0, 0.40, 0.62, 0.62, t), (0.0, 0.75, 0.28, 0.28, t * 0.7),
                (0.0, 1.0, 0.0, 0.0, 0.0)]  # fmt: skip
    else:
        rows = [(0.0, -0.10, 1.0, 1.0, t * 0.25), (0.0, 0.20, 0.40, 0.40, t),
                (0.0, 0.21, 0.86, 0.86, t * 0.8), (0.0, 0.46, 0.34, 0.34, t),
                (0.0, 0.47, 0.66, 0.66, t * 0.8), (0.0, 0.80, 0.22, 0.22, t * 0.6),
                (0.0, 1.0, 0.0, 0.0, 0.0)]  # fmt: skip
    edge = blade([(x, v * long, a * half, b * half, z) for x, v, a, b, z in rows], fuller=-0.25)
    return merge(tube, edge.moved(y=y))


def _vane(plan: _Plan, brief: Brief) -> Solid:
    """Make one feather from the shaft to +X, its outer edge cut as planned and frayed."""
    rng = brief.rng("vane")
    tall, long = plan.vane_tall_m, plan.vane_m
    knots = {
        "parabola": [(0.0, 0.45), (0.08, 0.85), (0.25, 1.0), (0.55, 0.82), (0.80, 0.42),
                     (1.0, 0.0)],
        "shield": [(0.0, 0.10), (0.03, 0.98), (0.12, 1.0), (0.45, 0.78), (0.78, 0.38), (1.0, 0.0)],
        "straight": [(0.0, 0.80), (0.04, 0.95), (0.30, 0.80), (0.60, 0.56), (0.85, 0.25),
                     (1.0, 0.0)],
        "swept": [(-0.10, 0.95), (0.0, 1.15), (0.16, 1.05), (0.40, 0.66), (0.70, 0.26), (1.0, 0.0)],
    }[plan.cut]  # fmt: skip
    if plan.bolt:
        knots = [(0.02, 0.30), (0.08, 0.92), (0.18, 1.0), (0.50, 0.88), (0.82, 0.50), (1.0, 0.0)]
    t = np.linspace(knots[0][0], 1.0, 15)
    height = np.interp(t, *np.array(knots).T) * tall
    border = [(plan.radius_m + h, v * long) for h, v in zip(height, t, strict=True)]
    if not plan.bolt:
        # Barbs that have come apart.
        for index in sorted(rng.choice(np.arange(2, 11), 3, replace=False), reverse=True):
            x, y = border[index]
            depth = float(rng.uniform(0.25, 0.5)) * (x - plan.radius_m)
            border[index : index + 1] = [(x, y), (x - depth, y - 0.10 * depth), (x, y + 0.0016)]
    inner = plan.radius_m * 0.6
    outline = [(inner, knots[0][0] * long), *border[:-1], (inner, long)]
    return box_mapped(extrude(np.array(outline), 0.0018 if not plan.bolt else 0.0026))


def _nock(plan: _Plan) -> Solid:
    """Make the end with the slot for the string."""
    r, low = plan.radius_m, plan.nock_y
    bulb = lathe(
        [(0.0, 0.004), (r * 1.08, 0.004), (r * 1.22, 0.009), (r * 1.05, 0.020), (0.0, 0.022)],
        sides=10,
    )  # fmt: skip
    prong = box(r * 1.9, 0.010, r * 0.62, bevel=r * 0.2).moved(y=0.0025, z=r * 0.72)
    return merge(bulb, prong, prong.mirrored("z")).moved(y=low)


def _flames(plan: _Plan, brief: Brief) -> Solid:
    """Make the burning rag behind the head, with tongues that lick up."""
    rng = brief.rng("flames")
    y, r = plan.head_y - 0.030, plan.radius_m
    rag = ellipsoid(r * 2.3, 0.026, r * 2.3, sides=10, rows=7)
    tongues = []
    for turn in range(5):
        top = float(rng.uniform(0.045, 0.085))
        knots = [(r * 1.4, -0.012, 0.0), (r * 2.6, 0.014, 0.002), (r * 2.0, 0.55 * top, -0.002),
                 (r * 2.5, top, 0.0)]  # fmt: skip
        tongue = sweep(curve(knots, 6), circle(5, r), scale=[0.7, 1.0, 0.9, 0.7, 0.4, 0.0])
        tongues.append(tongue.rotated("y", 72.0 * turn + float(rng.uniform(-15, 15))))
    return merge(rag, *tongues).moved(y=y)


def _sheaf(parts: list[Part], plan: _Plan, brief: Brief) -> list[Part]:
    """Repeat the arrow around itself, a bit askew, and tie the bundle with cord."""
    rng = brief.rng("sheaf")
    gap = plan.vane_tall_m * 0.95 + plan.radius_m
    every: list[Part] = []
    for index in range(_IN_A_SHEAF):
        angle = 2 * np.pi * index / _IN_A_SHEAF + 0.3
        turn, lift = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(-0.012, 0.012))
        c, s = np.cos(turn), np.sin(turn)
        spin = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
        for part in parts:
            points = part.positions @ spin.T
            # They lean together where the cord holds them.
            close = 1.0 - 0.45 * np.clip(points[:, 1] / plan.head_y, 0.0, 1.0)
            points[:, 0] += gap * close * np.cos(angle)
            points[:, 1] += lift
            points[:, 2] += gap * close * np.sin(angle)
            every.append(
                replace(
                    part,
                    name=f"{part.name} {index}",
                    positions=points,
                    normals=part.normals @ spin.T,
                    chart=f"{part.name} of all",
                )
            )
    y = plan.nock_y + 0.55 * plan.length_m
    reach = gap * (1.0 - 0.45 * y / plan.head_y) + plan.radius_m * 1.15
    tie = wrapping(y - 0.014, y + 0.014, reach, flat=1.0, pitch_m=0.0045, sides=14)
    return [*every, to_part(tie, "tie", "cord", crease_deg=24)]
