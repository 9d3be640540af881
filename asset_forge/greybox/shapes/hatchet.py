"""Hatchets and tomahawks: a short curved haft for one hand, a wedge of a head with a flat poll."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import collar, wrapping
from asset_forge.greybox.shapes.manner import Manner, haft_surface, manner
from asset_forge.greybox.shapes.poles import pole, spike
from asset_forge.greybox.solids import (
    Solid,
    box,
    box_mapped,
    ellipsoid,
    extrude,
    lathe,
    loft,
    merge,
)

# Where the hand holds it, from the lower end.
_HOLD = 0.25


@dataclass(frozen=True)
class _Plan:
    """Metres. form: "hatchet" or "tomahawk"; poll: "flat", "spike" or "pipe"."""

    form: str
    length_m: float
    reach_m: float
    up_m: float
    beard_m: float
    radius_m: float
    bow_m: float
    poll: str
    wrapped: bool
    hole: bool
    look: Manner

    @property
    def foot_y(self) -> float:
        """Height of the haft's lower end."""
        return -_HOLD * self.length_m

    @property
    def head_y(self) -> float:
        """Height of the eye's middle."""
        return self.foot_y + self.length_m - 0.034


def build(brief: Brief) -> Shape:
    """Build a hatchet; the hand's place on the haft is the origin, the edge at +X."""
    plan = _plan(brief)
    rng = brief.rng("hatchet colours")
    trim = "gold" if plan.look.ornate else str(rng.choice(["brass", "iron", "bronze", "copper"]))
    surfaces = {
        "head": words.surface_for(
            brief,
            ("head", "blade", "edge", "hatchet", "tomahawk", "axe"),
            str(rng.choice(["steel", "iron", "steel"])),
            ("metal", "stone", "bone", "gem"),
            main=True,
        ),
        "haft": haft_surface(
            brief, ("haft", "shaft", "handle"), str(rng.choice(["ash", "oak", "maple", "mahogany"]))
        ),
        "trim": words.surface_for(brief, ("trim", "fittings", "band", "bands"), trim, ("metal",)),
        "grip": words.surface_for(
            brief,
            ("grip", "wrap", "wrapping"),
            str(rng.choice(["leather", "dark leather", "tan leather", "hide"])),
            ("leather", "cloth", "scale"),
        ),
        "feathers": words.surface_for(
            brief,
            ("feathers", "feather"),
            str(rng.choice(["white feather", "brown feather", "red feather"])),
            ("hair", "cloth"),
        ),
    }
    parts = [*_head(plan, brief), *_haft(plan)]
    return Shape.of("hatchet", parts, surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("hatchet")
    look = manner(brief)
    form = "tomahawk" if words.has(brief, "tomahawk", "throwing", "tribal") else "hatchet"
    length = (0.38 if form == "hatchet" else 0.42) * (1.35 if look.great else 1.0)
    scale = words.size_factor(brief)
    if brief.height_m is not None:
        scale = brief.height_m / length
    reach = (0.092 if form == "hatchet" else 0.098) * scale**0.8 * rng.uniform(0.92, 1.10)
    poll = "flat" if form == "hatchet" else str(rng.choice(["spike", "pipe", "flat"]))
    return _Plan(
        form=form,
        length_m=length * scale * rng.uniform(0.95, 1.07),
        reach_m=reach,
        up_m=reach * (0.42 if form == "hatchet" else 0.36) * look.breadth * rng.uniform(0.9, 1.2),
        beard_m=reach * (0.58 if form == "hatchet" else 0.50) * look.breadth
        * rng.uniform(0.85, 1.25),
        radius_m=0.0150 * scale**0.5,
        bow_m=0.0 if form == "tomahawk" else 0.011 if not look.curved else 0.024,
        poll="spike" if look.jagged else poll,
        wrapped=form == "tomahawk" or look.ornate or bool(rng.random() < 0.4),
        hole=look.ornate,
        look=look,
    )  # fmt: skip


def _head(plan: _Plan, brief: Brief) -> list[Part]:
    r, y = plan.radius_m, plan.head_y
    eye = box(r * 3.0, 0.050, r * 2.35, bevel=0.006)
    pieces = [eye, _bit(plan, brief)]
    if plan.poll == "flat":
        block = box(r * 1.7, 0.040, r * 2.1, bevel=0.004)
        pieces.append(block.moved(x=-r * 2.0))
    elif plan.poll == "spike":
        horn = spike(r * 0.80, 0.075, sides=4, sunk_m=0.02).rotated("y", 45)
        pieces.append(horn.rotated("z", 98).moved(x=-r * 1.5))
    else:
        bowl = lathe(
            [(0.0, -0.010), (0.006, -0.008), (0.008, 0.006), (0.0135, 0.018), (0.0145, 0.036),
             (0.0125, 0.038), (0.010, 0.036), (0.0, 0.026)],
            sides=12,
        )  # fmt: skip
        stem = box(r * 2.2, 0.014, 0.014, bevel=0.003)
        pieces += [stem.moved(x=-r * 2.1), bowl.moved(x=-r * 3.0, y=0.004)]
    if plan.form == "hatchet":
        # Ears that lie along the haft below the eye.
        ear = extrude(np.array([(-r * 0.9, 0.0), (0.0, -0.024), (r * 0.9, 0.0)]), r * 0.5)
        pieces += [ear.moved(y=-0.023, z=side * r * 0.86) for side in (-1.0, 1.0)]
    parts = [to_part(merge(*pieces).moved(y=y), "head", "head", crease_deg=16)]
    if plan.hole:
        inlay = lathe([(0.0, -1.0), (0.6, -0.8), (1.0, 0.0), (0.6, 0.8), (0.0, 1.0)], sides=4)
        size = 0.19 * plan.reach_m
        leaf = box_mapped(inlay.scaled(size, size, 0.0040).rotated("z", 90))
        z = 0.55 * plan.radius_m
        both = [leaf.moved(plan.reach_m * 0.56, y - 0.1 * plan.beard_m, s * z) for s in (1, -1)]
        parts.append(to_part(merge(*both), "inlay", "trim", crease_deg=20))
    return parts


def _bit(plan: _Plan, brief: Brief) -> Solid:
    """Make the blade from the eye to its edge: thick as the eye, then a wedge."""
    rng = brief.rng("hatchet edge")
    across = np.linspace(1.0, -1.0, 13 if plan.look.jagged else 9)
    stations = np.array([0.0, 0.14, 0.32, 0.52, 0.70, 0.82, 0.90, 1.0])
    thick = np.array([0.96, 0.86, 0.70, 0.56, 0.46, 0.40, 0.34, 0.02]) * plan.radius_m * 1.1
    neck = 0.022
    # A hatchet's upper line is nearly straight, its beard drops in a curve.
    top = neck + (plan.up_m - neck) * stations ** (1.3 if plan.form == "hatchet" else 2.4)
    low = neck + (plan.beard_m - neck) * stations**2.6
    tooth = np.zeros(len(across))
    if plan.look.jagged:
        tooth[1:-1:2] = rng.uniform(0.10, 0.22, len(tooth[1:-1:2]))
    bulge = (0.16 if not plan.look.curved else 0.34) * plan.reach_m * (1 - np.abs(across) ** 2.2)
    rings: list[Floats] = []
    for s, half, up, down in zip(stations, thick, top, low, strict=True):
        y = np.where(across > 0, across * up, across * down)
        x = plan.radius_m * 0.9 + s * (plan.reach_m - plan.radius_m + bulge * s**1.5)
        x = x - tooth * plan.reach_m * max(s - 0.8, 0.0) * 3.0
        z = half * np.where(np.abs(across) > 0.99, 0.6, 1.0)
        front = np.column_stack([x, y, z])
        rings.append(np.concatenate([front, (front * (1, 1, -1))[::-1]]))
    return loft(rings, cap_scale=0.1)


def _bow(plan: _Plan, y: Floats) -> Floats:
    """Return how far the haft's middle line lies along X at heights y; 0 at the hand's place."""
    t = np.clip(y / (plan.head_y - 0.025), -0.35, 1.0)
    return -plan.bow_m * np.sin(2 * np.pi * t) * np.where(t < 0, 1.3, 0.7)


def _along_haft(plan: _Plan, solid: Solid) -> Solid:
    """Bend a piece that sits on the haft with it."""
    points = solid.positions.copy()
    points[:, 0] += _bow(plan, points[:, 1])
    return solid.bent(points)


def _haft(plan: _Plan) -> list[Part]:
    r, low = plan.radius_m, plan.foot_y
    top = plan.head_y + 0.034
    t = np.linspace(0.0, 1.0, 19)
    bow = _bow(plan, low + t * (top - low))
    if plan.form == "hatchet":
        # A fawn's foot: the end flares so that the hand does not slip off.
        radii = r * (0.98 + 0.34 * np.exp(-(((t - 0.03) / 0.07) ** 2)) + 0.12 * t**3)
        radii[0] *= 0.86
    else:
        radii = r * (0.84 + 0.16 * t)
    stick = pole(low, top, radii, sides=10, flat=0.74, bow_m=bow)
    wedge = box(0.005, 0.005, r * 1.2, bevel=0.001).moved(y=top)
    parts = [to_part(stick, "haft", "haft", crease_deg=45), to_part(wedge, "wedge", "trim")]
    half = 0.055
    if plan.wrapped:
        wrap = wrapping(-half, half, r * 1.14, flat=0.80, pitch_m=0.008)
        parts.append(to_part(_along_haft(plan, wrap), "grip", "grip", crease_deg=24))
    if plan.look.ornate:
        flat = collar(r * 1.16, 0.008, sides=12).scaled(1.0, 1.0, 0.80)
        bands = merge(*(flat.moved(y=h) for h in (-half - 0.003, half + 0.003, half + 0.02)))
        parts.append(to_part(_along_haft(plan, bands), "bands", "trim", crease_deg=32))
    if plan.form == "tomahawk":
        parts += _feathers(plan)
    return parts


def _feathers(plan: _Plan) -> list[Part]:
    """Hang two feathers by a thong below the head, on the side away from the edge."""
    outline = np.array([
        (0.0, 0.0), (0.0022, -0.012), (0.0085, -0.024), (0.0110, -0.050), (0.0080, -0.074),
        (0.0, -0.092), (-0.0072, -0.076), (-0.0098, -0.052), (-0.0082, -0.028), (-0.0022, -0.012),
    ])[::-1]  # fmt: skip
    feather = extrude(outline, 0.0022)
    y, r = plan.head_y - 0.052, plan.radius_m
    thong = wrapping(y - 0.006, y + 0.012, r * 1.06, flat=0.80, pitch_m=0.006)
    bead = ellipsoid(0.0042, 0.0048, 0.0042, sides=8, rows=6)
    feathers, beads = [], []
    for turn, drop in ((-16.0, 0.0), (7.0, 0.008)):
        hung = feather.rotated("z", turn).rotated("y", 24.0 if turn < 0 else -30.0)
        feathers.append(hung.moved(-r * 1.15, y - drop, r * 0.35))
        beads.append(bead.moved(-r * 1.15, y - drop, r * 0.35))
    return [
        to_part(thong, "thong", "grip", crease_deg=24),
        to_part(merge(*feathers), "feathers", "feathers", crease_deg=30),
        to_part(merge(*beads), "beads", "trim", crease_deg=60),
    ]
