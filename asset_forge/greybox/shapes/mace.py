"""Maces, clubs and morning stars: flanges, grown wood or a ball of spikes at the end of a shaft."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import collar, wrapping
from asset_forge.greybox.shapes.manner import Manner, haft_surface, manner
from asset_forge.greybox.shapes.poles import (
    around,
    ball_points,
    end_cap,
    pole,
    socket,
    spike,
    towards,
)
from asset_forge.greybox.solids import Solid, box_mapped, ellipsoid, extrude, lathe, merge

_GRIP_HALF_M = 0.065


@dataclass(frozen=True)
class _Plan:
    """Metres. form: "flanged", "knobbed", "star" or "club"."""

    form: str
    below_m: float
    head_y: float
    head_m: float
    tall_m: float
    radius_m: float
    count: int
    finial: bool
    look: Manner
    grip_half_m: float


def build(brief: Brief) -> Shape:
    """Build a mace; the hand's place on the shaft is the origin, the head is up."""
    plan = _plan(brief)
    rng = brief.rng("mace colours")
    metal = str(rng.choice(["steel", "iron", "blacksteel", "bronze"]))
    trim = "gold" if plan.look.ornate else str(rng.choice(["brass", "iron", "bronze", "steel"]))
    wood = str(rng.choice(["oak", "wood", "ash", "mahogany"]))
    is_club = plan.form == "club"
    surfaces = {
        "head": words.surface_for(
            brief,
            ("head", "mace", "club", "cudgel", "star", "morningstar", "ball", "flanges"),
            wood if is_club else metal,
            ("metal", "stone", "bone", "gem", "wood") if not is_club else ("wood", "bone", "stone"),
            main=True,
        ),
        "shaft": haft_surface(brief, ("shaft", "haft", "handle"), wood),
        "trim": words.surface_for(
            brief, ("trim", "fittings", "band", "bands", "spikes", "studs", "nails"), trim,
            ("metal", "bone", "stone"),
        ),
        "grip": words.surface_for(
            brief,
            ("grip", "wrap", "wrapping"),
            str(rng.choice(["leather", "dark leather", "black leather", "maroon leather"])),
            ("leather", "cloth", "scale"),
        ),
        "gem": words.surface_for(
            brief,
            ("gem", "jewel", "crystal"),
            str(rng.choice(["ruby", "sapphire", "emerald", "amethyst"])),
            ("gem",),
            anywhere=True,
        ),
    }  # fmt: skip
    half = plan.grip_half_m
    wrap = wrapping(-half, half, plan.radius_m * 1.12, flat=1.0, pitch_m=0.009)
    parts = _club(plan, brief) if is_club else [*_head(plan), *_shaft(plan)]
    parts.append(to_part(wrap, "grip", "grip", crease_deg=24))
    return Shape.of("mace", parts, surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("mace")
    look = manner(brief)
    form = str(rng.choice(["flanged", "flanged", "flanged", "knobbed"]))
    if words.has(brief, "club", "cudgel", "bat"):
        form = "club"
    elif look.jagged or words.has(brief, "star", "morningstar", "morning star", "spikes"):
        form = "star"
    elif words.has(brief, "flanged", "flanges", "winged"):
        form = "flanged"
    elif words.has(brief, "knobbed", "studded", "ball", "round"):
        form = "knobbed"
    scale = words.size_factor(brief)
    length = {"flanged": 0.64, "knobbed": 0.60, "star": 0.66, "club": 0.72}[form]
    if look.great:
        length *= 1.55
    if brief.height_m is not None:
        scale = brief.height_m / length
    length *= scale * rng.uniform(0.94, 1.07)
    thick = scale**0.7 * (1.18 if look.great else 1.0)
    below = length * (0.20 if not look.great else 0.30)
    head = {"flanged": 0.064, "knobbed": 0.056, "star": 0.054, "club": 0.050}[form]
    tall = {"flanged": 0.135, "knobbed": 0.11, "star": 0.108, "club": 0.30}[form]
    tall *= thick * rng.uniform(0.9, 1.15)
    return _Plan(
        form=form,
        below_m=below,
        head_y=length - below - tall * (0.5 if form != "club" else 1.0),
        head_m=head * thick * look.breadth * rng.uniform(0.92, 1.12),
        tall_m=tall,
        radius_m=0.0150 * thick**0.5,
        count=int(rng.choice([6, 7, 8])),
        finial=bool(rng.random() < 0.6) or look.ornate,
        look=look,
        grip_half_m=_GRIP_HALF_M * (1.7 if look.great else 1.0),
    )


def _shaft(plan: _Plan) -> list[Part]:
    r = plan.radius_m
    top = plan.head_y - 0.42 * plan.tall_m
    stick = pole(-plan.below_m, top + 0.03, r * np.linspace(1.02, 0.94, 7))
    half = plan.grip_half_m
    bands = [
        end_cap(r).moved(y=-plan.below_m),
        collar(r * 1.16, 0.012).moved(y=half + 0.002),
        collar(r * 1.16, 0.012).moved(y=-half - 0.002),
    ]
    if plan.look.ornate:
        gap = (top - 0.07 - half) / 4
        bands += [collar(r * 1.08, 0.009).moved(y=half + gap * k) for k in (1, 2, 3)]
    return [
        to_part(stick, "shaft", "shaft", crease_deg=50),
        to_part(merge(*bands), "trim", "trim", crease_deg=32),
    ]


def _head(plan: _Plan) -> list[Part]:
    y, tall, reach, r = plan.head_y, plan.tall_m, plan.head_m, plan.radius_m
    low, high = -0.5 * tall, 0.5 * tall
    tube = socket(y + low - 0.055, y + low + 0.03, r * 1.06, r * 1.25)
    parts: list[Part] = []
    if plan.form == "flanged":
        core = lathe(
            [(0.0, low), (r * 1.25, low), (r * 1.5, low * 0.6), (r * 1.62, 0.0),
             (r * 1.5, high * 0.6), (r * 1.2, high), (r * 0.8, high + 0.012), (0.0, high + 0.016)],
            sides=14,
        ).moved(y=y)  # fmt: skip
        fins = around(_flange(plan), plan.count).moved(y=y)
        parts.append(to_part(fins, "flanges", "head", crease_deg=20))
    elif plan.form == "knobbed":
        core = ellipsoid(reach, tall * 0.5, reach, sides=16, rows=10).moved(y=y)
        knob = ellipsoid(reach * 0.24, reach * 0.20, reach * 0.24, sides=8, rows=5)
        points = ball_points([(52, 5, 36), (0, 8, 22.5), (-40, 5, 0)])
        knobs = [towards(knob, p).moved(*_on(p, reach, tall * 0.5, y)) for p in points]
        parts.append(to_part(merge(*knobs), "knobs", "trim", crease_deg=50))
    else:
        core = ellipsoid(reach, reach, reach, sides=16, rows=11).moved(y=y)
        length = reach * (0.62 if not plan.look.jagged else 0.85)
        thorn = spike(reach * 0.20, length, sides=6, sunk_m=reach * 0.12)
        points = ball_points([(90, 1, 0), (42, 6, 0), (0, 8, 22.5), (-40, 6, 30)])
        spikes = [towards(thorn, p).moved(*_on(p, reach * 0.98, reach * 0.98, y)) for p in points]
        parts.append(to_part(merge(*spikes), "spikes", "trim", crease_deg=20))
        parts.append(to_part(_belt(reach).moved(y=y), "belt", "trim", crease_deg=30))
    parts.insert(0, to_part(merge(core, tube), "head", "head", crease_deg=32))
    if plan.finial and plan.form != "star":
        top = y + high - 0.004
        if plan.look.ornate:
            parts.append(to_part(_jewel(r).moved(y=top), "finial gem", "gem", crease_deg=8))
            parts.append(to_part(collar(r * 1.0, 0.012).moved(y=top + 0.008), "finial", "trim"))
        else:
            point = spike(r * 0.95, 0.075 if plan.look.jagged else 0.045, sides=8, sunk_m=0.012)
            parts.append(to_part(point.moved(y=top + 0.010), "finial", "trim", crease_deg=20))
    return parts


def _on(point: Floats, reach: float, half: float, y: float) -> Floats:
    """Return the place on the head's surface in a direction."""
    return np.array([point[0] * reach, y + point[1] * half, point[2] * reach])


def _belt(reach: float) -> Solid:
    return lathe(
        [(reach * 0.9, -0.006), (reach * 1.015, -0.005), (reach * 1.03, 0.0),
         (reach * 1.015, 0.005), (reach * 0.9, 0.006)],
        sides=16,
    )  # fmt: skip


def _jewel(r: float) -> Solid:
    return box_mapped(
        lathe(
            [(0.0, -0.004), (r * 0.8, 0.006), (r * 1.02, 0.022), (r * 0.6, 0.040), (0.0, 0.046)],
            sides=6,
        )
    )


def _flange(plan: _Plan) -> Solid:
    """Make one wing of the head, from the core to +X; its outline is what the words make of it."""
    low, high = -0.46 * plan.tall_m, 0.46 * plan.tall_m
    reach, inner = plan.head_m, plan.radius_m * 1.1
    step = reach - inner
    if plan.look.curved:
        border = [(inner, low), (inner + 0.45 * step, low * 0.55), (reach * 0.92, low * 0.05),
                  (reach * 1.10, high * 0.75), (reach * 0.86, high * 0.62),
                  (inner + 0.45 * step, high * 0.72), (inner, high)]  # fmt: skip
    elif plan.look.ornate:
        border = [(inner, low), (inner + 0.35 * step, low * 0.86), (inner + 0.42 * step, low * 0.6),
                  (reach * 0.86, low * 0.42), (reach, low * 0.04), (reach * 1.04, high * 0.10),
                  (reach, high * 0.24), (reach * 0.86, high * 0.56),
                  (inner + 0.42 * step, high * 0.7), (inner + 0.35 * step, high * 0.92),
                  (inner, high)]  # fmt: skip
    elif plan.count % 2:
        border = [
            (inner, low),
            (inner + 0.4 * step, low * 0.72),
            (reach, high * 0.22),
            (reach * 0.96, high * 0.42),
            (inner + 0.5 * step, high * 0.85),
            (inner, high),
        ]
    else:
        border = [
            (inner, low),
            (inner + 0.55 * step, low * 0.80),
            (reach, low * 0.30),
            (reach, high * 0.40),
            (inner + 0.55 * step, high * 0.86),
            (inner, high),
        ]
    return extrude(np.array(border), 0.0085 * plan.look.breadth**0.5, bevel=0.0022)


def _club(plan: _Plan, brief: Brief) -> list[Part]:
    """Make a club that grows from the grip to its head, with knots, bands and nails."""
    rng = brief.rng("club")
    r, reach = plan.radius_m, plan.head_m
    top = plan.head_y + plan.tall_m
    t = np.linspace(0.0, 1.0, 17)
    swell = np.clip((t - 0.30) / 0.52, 0.0, 1.0)
    swell = swell * swell * (3 - 2 * swell)
    radii = r * 1.04 + (reach - r) * swell
    radii[1:-3] *= 1 + rng.normal(0, 0.030, len(t) - 4) * (t[1:-3] > 0.35)
    radii[-2:] *= [0.95, 0.80]
    radii[:2] *= [1.15, 1.25]
    y = -plan.below_m + t * (top + plan.below_m)
    # It grows straight where it is held.
    crook = 0.030 if plan.look.curved else 0.009
    x = crook * np.sin(rng.uniform(1.5, 3.0) * t + 2.2) * np.clip((t - 0.36) / 0.2, 0, 1)
    body = pole(-plan.below_m, top, radii, sides=12, bow_m=x)
    dome = ellipsoid(radii[-1] * 1.01, radii[-1] * 0.62, radii[-1] * 1.01, sides=12, rows=7)
    whole = merge(body, dome.moved(float(x[-1]), top))
    parts = [to_part(whole, "club", "head", crease_deg=42)]

    grown = np.column_stack([y, x, radii])
    knots = []
    for _ in range(0 if plan.look.ornate else 3):
        height = float(top - plan.tall_m * rng.uniform(0.25, 1.0))
        turn, (cx, cr) = rng.uniform(0, 2 * np.pi), _at(grown, height)
        lump = ellipsoid(cr * 0.42, cr * 0.5, cr * 0.42, sides=8, rows=6)
        knots.append(lump.moved(cx + 0.78 * cr * np.cos(turn), height, 0.78 * cr * np.sin(turn)))
    if knots:
        parts.append(to_part(merge(*knots), "knots", "head", crease_deg=50))
    dressed = plan.look.ornate or plan.look.jagged or words.has(brief, "studded", "nails", "banded")
    if plan.look.simple or not (dressed or rng.random() < 0.5):
        return parts
    bands = []
    for share in (0.16, 0.74) if not plan.look.ornate else (0.12, 0.30, 0.60, 0.78):
        height = top - plan.tall_m * share
        cx, cr = _at(grown, height)
        bands.append(collar(cr * 1.035, 0.020, lip_m=0.002).moved(cx, height))
    parts.append(to_part(merge(*bands), "bands", "trim", crease_deg=32))
    return [*parts, *_nails(plan, grown, top)]


def _at(grown: Floats, height: float) -> tuple[float, float]:
    """Return the club's middle (x) and its radius at a height, metres."""
    y, x, radii = grown.T
    return float(np.interp(height, y, x)), float(np.interp(height, y, radii))


def _nails(plan: _Plan, grown: Floats, top: float) -> list[Part]:
    """Drive nails into the club's head, all around and staggered: long ones when it is jagged."""
    thorns, domes = [], []
    shares = (0.21, 0.45, 0.69) if plan.look.ornate else (0.28, 0.45, 0.62)
    for row, share in enumerate(shares):
        height = top - plan.tall_m * share
        cx, cr = _at(grown, height)
        for k in range(6):
            turn = (k + 0.5 * (row % 2)) * np.pi / 3
            out = np.array([np.cos(turn), 0.12, np.sin(turn)])
            place = np.array([cx, height, 0.0]) + 0.97 * cr * out
            out /= np.linalg.norm(out)
            thorn = spike(cr * 0.16, cr * 0.85, sides=5, sunk_m=0.3 * cr)
            thorns.append(towards(thorn, out).moved(*place))
            dome = ellipsoid(0.20 * cr, 0.15 * cr, 0.20 * cr, sides=8, rows=5)
            domes.append(towards(dome, out).moved(*place))
    if plan.look.jagged:
        return [to_part(merge(*thorns), "spikes", "trim", crease_deg=20)]
    return [to_part(merge(*domes), "rivets", "trim", crease_deg=60)]
