"""Chest armour: breastplates, mail shirts, scale coats, leather jerkins, quilted coats."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes import armoury, torso, trappings
from asset_forge.greybox.shapes.armoury import Style, pair
from asset_forge.greybox.shapes.fittings import hoop, rivets
from asset_forge.greybox.shapes.shells import borders, joined, rim_parts, shell_part
from asset_forge.greybox.shapes.torso import Torso
from asset_forge.greybox.solids import Solid, ellipsoid, lathe, loft, merge

_NAMES = (
    "armour", "armor", "breastplate", "chestplate", "cuirass", "platebody", "chainbody", "hauberk",
    "jerkin", "vest", "body", "tunic", "shirt", "coat", "gambeson", "plate",
)  # fmt: skip
_UPPER = (0.478, 0.462, 0.44, 0.415, 0.388, 0.358, 0.327, 0.296, 0.265)
_LOWER = (0.225, 0.175, 0.12, 0.06, 0.0)


@dataclass(frozen=True)
class _Plan:
    """Choices. lames: plates of a skirt below the waist. shoulders: lames over each shoulder.

    sleeve_m: 0 for none. hem: level of the hem. laced: cords down the chest. strips: leather
    strips below the belt.
    """

    torso: Torso
    style: Style
    lames: int
    shoulders: int
    collar: bool
    sleeve_m: float
    hem: float
    dags_m: float
    belt: bool
    laced: bool
    strips: bool
    plackart: bool
    size: float


def build(brief: Brief) -> Shape:
    """Build chest armour facing +Z that stands on y = 0 on its hem, empty inside."""
    plan = _plan(brief)
    style = plan.style
    body_words = armoury.body_surface(brief, style, _NAMES)
    surfaces = {
        "body": body_words,
        "trim": armoury.trim_surface(brief, style, body_words),
        "strap": armoury.strap_surface(brief),
        "horn": words.surface_for(brief, ("horn", "horns"), "ivory", ("bone", "metal")),
        "wing": words.surface_for(brief, ("wing", "wings"), "gold", ("metal", "bone")),
        "gem": words.surface_for(
            brief, ("gem", "jewel", "stone", "crystal"), "ruby", ("gem",), anywhere=True
        ),
    }
    over = "steel" if style.make in ("mail", "scale") else body_words
    shoulder = words.surface_for(
        brief, ("pauldron", "pauldrons", "shoulders", "spaulders"), over, ("metal", "leather")
    )
    surfaces["shoulder"] = over if shoulder.endswith(over) else shoulder
    body = plan.torso.body(_levels(plan), dags_m=plan.dags_m)
    shell = joined(body, torso.sleeves(body, plan.sleeve_m)) if plan.sleeve_m else body
    thick = {"plate": 0.004, "mail": 0.006, "scale": 0.006, "leather": 0.006, "cloth": 0.012}
    crease = 26.0 if plan.torso.bulge == "keel" else 55.0
    parts = [
        shell_part(shell, thick[style.make], "body", "body", crease_deg=crease),
        *_edges(plan, shell, body),
        *_waist(plan),
        *_front(plan),
        *_shoulders(plan, brief),
    ]
    return armoury.finished("chest_armour", brief, parts, surfaces, plan.size)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("chest armour")
    style = armoury.style_of(brief, _NAMES, ("plate", "plate", "mail", "leather"))
    make, simple = style.make, style.manner.simple
    bulge = str(rng.choice(["keel", "muscle", "plain"])) if make == "plate" else "plain"
    if make == "plate" and words.has(brief, "muscle", "roman", "greek", "spartan", "heroic"):
        bulge = "muscle"
    elif make == "plate" and words.has(brief, "keel", "ridged", "peascod", "knight", "knights"):
        bulge = "keel"
    breadth = {1.35: 1.10, 0.72: 0.91}.get(style.manner.breadth, 1.0)
    shoulders = {"plate": int(rng.integers(2, 4)), "leather": int(rng.integers(0, 3))}.get(make, 0)
    armed = style.spiked or style.horned or style.winged
    if words.has(brief, "pauldrons", "pauldron", "shoulder", "shoulders", "spaulders"):
        shoulders = 3
    elif armed or style.ornate:
        shoulders = max(shoulders, 2)
    elif words.has(brief, "sleeveless", "vest", "breastplate", "chestplate") or simple:
        shoulders = 0
    sleeve = {"mail": 0.15, "scale": 0.12, "cloth": 0.25}.get(make, 0.0) * rng.uniform(0.85, 1.15)
    if words.has(brief, "sleeveless", "vest"):
        sleeve = 0.0
    elif sleeve and words.has(brief, "long sleeves", "long sleeved", "hauberk"):
        sleeve = 0.34
    low = {"plate": -0.045, "mail": -0.25, "scale": -0.22, "leather": -0.15, "cloth": -0.28}[make]
    strips = make == "leather" and (bool(rng.random() < 0.4) or style.studded)
    return _Plan(
        torso=Torso(
            girth=breadth * float(rng.uniform(0.97, 1.03)),
            waist=float(rng.uniform(0.92, 1.04))
            if make == "plate"
            else float(rng.uniform(1, 1.08)),
            depth=float(rng.uniform(0.95, 1.05)),
            bulge=bulge,
            neck_drop_m=float(rng.uniform(0.03, 0.06)) + (0.05 if make == "leather" else 0.0),
            quilt_m=0.011 if make == "cloth" else 0.0,
            columns=36 if make == "cloth" else 28,
        ),
        style=style,
        lames=0 if make != "plate" else 2 if simple else int(rng.integers(3, 5)),
        shoulders=shoulders,
        collar=make in ("plate", "cloth") and bool(rng.random() < 0.6) and not simple,
        sleeve_m=float(sleeve),
        hem=-0.085 if strips else low * float(rng.uniform(0.9, 1.15)),
        dags_m=0.026 if make in ("mail", "scale") and rng.random() < 0.6 else 0.0,
        belt=make != "plate",
        laced=make in ("leather", "cloth"),
        strips=strips,
        plackart=make == "plate" and bulge == "plain" and not simple,
        size=words.size_factor(brief) * float(rng.uniform(0.97, 1.03)),
    )


def _levels(plan: _Plan) -> Floats:
    """Return the heights of the sheet's rows, from the neck down."""
    steps = max(round(-plan.hem / 0.065), 1)
    top = (0.525, 0.50) if plan.collar else ()
    return np.array([*top, *_UPPER, *_LOWER, *np.linspace(0.0, plan.hem, steps + 1)[1:]])


def _edges(plan: _Plan, shell: Solid, body: Solid) -> list[Part]:
    """Roll the borders: neck, arms, hem."""
    metal = plan.style.make == "plate"
    slot = "trim" if metal else "strap"
    r = 0.0075 if metal else 0.006
    loops = [torso.neck_loop(body), *torso.arm_loops(shell)]
    if not (plan.dags_m or plan.lames):
        loops.append(torso.hem_loop(body))
    return rim_parts(loops, r, "rim", slot, lift=-0.003)


def _waist(plan: _Plan) -> list[Part]:
    """Make what lies about the waist: belt and buckle, skirt of lames, leather strips."""
    parts: list[Part] = []
    if plan.belt:
        path, out = torso.level_ring(plan.torso, 0.012, 0.006)
        strap = trappings.belt(path, out, 0.042, 0.007)
        parts.append(to_part(strap, "belt", "strap", crease_deg=40))
        front = float(path[:, 2].max())
        frame = trappings.buckle(0.062, 0.054).moved(0.0, 0.012, front + 0.010)
        parts.append(to_part(frame, "buckle", "trim", crease_deg=50))
    if plan.strips:
        parts.append(to_part(_strips(plan), "strips", "body", crease_deg=40))
        if not plan.style.studded:
            parts += rivets(_strip_studs(plan), radius_m=0.008, slot="trim")
    if plan.lames:
        parts += _skirt(plan)
    return parts


def _skirt(plan: _Plan) -> list[Part]:
    """Hang hoops of plate below the waist, each under the one above."""
    parts = []
    path, out = torso.level_ring(plan.torso, plan.hem + 0.006, 0.001, count=20)
    flare = 0.0
    for k in range(plan.lames):
        high, spread = 0.056, 0.020
        section = np.array([(0.0, -0.004), (0.005, -0.004), (0.005 + spread, high - 0.008),
                            (0.007 + spread, high), (0.001 + spread, high)])  # fmt: skip
        ring = path + out * flare - (0.0, 0.044 * k, 0.0)
        parts.append(to_part(hoop(ring, section, out), f"skirt {k}", "body", crease_deg=40))
        flare += spread - 0.011
    last = path + out * (flare + 0.016) - (0.0, 0.044 * (plan.lames - 1) + 0.050, 0.0)
    parts += rim_parts([(last, out)], 0.006, "skirt rim", "trim")
    studs = torso.studs_on((path + out * 0.013, out), 12) - (0.0, 0.020, 0.0)
    return [*parts, *rivets(studs, radius_m=0.0065, slot="trim")]


def _strip_places(plan: _Plan) -> tuple[Floats, Floats]:
    path, out = torso.level_ring(plan.torso, -0.02, 0.006, count=15)
    return path, out


def _strips(plan: _Plan) -> Solid:
    """Hang leather strips from the belt all around."""
    made = []
    for place, out in zip(*_strip_places(plan), strict=True):
        side = np.array([out[2], 0.0, -out[0]])
        rings = []
        for drop, wide, away in ((0.0, 0.032, 0.0), (0.08, 0.034, 0.010), (0.155, 0.036, 0.026),
                                 (0.172, 0.022, 0.029)):  # fmt: skip
            middle = place + out * away - (0.0, drop, 0.0)
            rings.append([middle + side * wide, middle + out * 0.006 + side * wide * 0.6,
                          middle + out * 0.006 - side * wide * 0.6, middle - side * wide,
                          middle - out * 0.002])  # fmt: skip
        made.append(np.array(rings))
    return merge(*(loft(rings, cap_scale=0.3) for rings in made))


def _strip_studs(plan: _Plan) -> Floats:
    path, out = _strip_places(plan)
    drop = 0.135
    studs: Floats = path + out * (0.010 + 0.17 * drop) - np.array([0.0, drop, 0.0])
    return studs


def _front(plan: _Plan) -> list[Part]:
    """Make what lies on the chest: a second plate and a medallion, or a seam with laces."""
    if plan.laced:
        return _laces(plan)
    parts: list[Part] = []
    if plan.plackart:
        made = torso.plackart(plan.torso, 0.007)
        parts.append(shell_part(made, 0.006, "plackart", "body", crease_deg=26))
        parts += rim_parts(borders(made), 0.005, "plackart rim", "trim", lift=-0.001)
    if plan.style.ornate:
        place = plan.torso.at(0.30, np.array([0.0]))[0]
        disc = lathe([(0.0, -0.014), (0.036, -0.014), (0.042, 0.0), (0.034, 0.005), (0.026, 0.002),
                      (0.0, 0.002)], sides=10).rotated("x", 90)  # fmt: skip
        rays = [
            ellipsoid(0.007, 0.026, 0.005, sides=5, rows=4).moved(y=0.052).rotated("z", k * 45.0)
            for k in range(8)
        ]
        stone = ellipsoid(0.021, 0.021, 0.014, sides=10, rows=5).moved(z=0.003)
        sun = merge(disc, *rays).moved(*place)
        parts.append(to_part(sun, "medallion", "trim", crease_deg=40))
        parts.append(to_part(stone.moved(*place), "gem", "gem", crease_deg=60))
    return parts


def _laces(plan: _Plan) -> list[Part]:
    levels = np.linspace(0.40, 0.09, 7)
    eyelets = [plan.torso.at(levels, np.full(7, angle), 0.004) for angle in (-0.20, 0.20)]
    seam = plan.torso.at(np.linspace(0.47, 0.03, 12), np.zeros(12), 0.0)
    section = ((-0.016, -0.004), (-0.012, 0.004), (0.012, 0.004), (0.016, -0.004))
    tongue = np.stack([seam + np.array([dx, 0.0, dz]) for dx, dz in section], axis=1)
    cords = trappings.laces(list(eyelets[0]), list(eyelets[1]), 0.0035, (0.0, 0.0, 1.0))
    return [
        to_part(loft(tongue), "placket", "strap", crease_deg=40),
        to_part(cords, "laces", "strap", crease_deg=60),
        *rivets(np.concatenate(eyelets), radius_m=0.0065, slot="trim"),
    ]


def _shoulders(plan: _Plan, brief: Brief) -> list[Part]:
    """Lay lames over the shoulders, the highest over the next, with what the words put on them."""
    if not plan.shoulders:
        return []
    rng = brief.rng("shoulders")
    big = float(rng.uniform(0.96, 1.10)) * plan.torso.girth
    wide = float(rng.uniform(70, 82))
    rows = (
        [(-0.100, 0.046), (-0.074, 0.074), (-0.036, 0.093), (0.004, 0.099), (0.036, 0.095)],
        [(0.012, 0.090), (0.045, 0.092), (0.074, 0.090), (0.084, 0.084)],
        [(0.060, 0.082), (0.094, 0.084), (0.118, 0.080), (0.128, 0.073)],
    )  # fmt: skip
    sheets = [
        torso.lame(np.array(rows[k]) * big, reach_deg=wide - 6 * k,
                   tilt_deg=38.0 + 5 * k)
        for k in range(plan.shoulders)
    ]  # fmt: skip
    parts = []
    for k, made in enumerate(sheets):
        parts += pair(shell_part(made, 0.0045, f"pauldron {k}", "shoulder"))
    edges = [borders(made)[0] for made in sheets]
    for part in rim_parts(edges, 0.006, "pauldron rim", "trim", sides=3, lift=-0.002):
        parts += pair(part)
    return [*parts, *_crowned(plan, big)]


def _crowned(plan: _Plan, big: float) -> list[Part]:
    """Put spikes, horns or wings on the shoulders."""
    middle = np.array(torso.SHOULDER)
    if plan.style.winged:
        root = middle + np.array([0.03, 0.105, -0.02])
        made = trappings.wing(0.27 * big).rotated("y", -48).rotated("x", 10).moved(*root)
        return pair(to_part(made, "shoulder wing", "wing", crease_deg=30))
    if plan.style.horned:
        knots = middle + np.array([(0.02, 0.07, 0.0), (0.09, 0.12, 0.0), (0.14, 0.19, 0.0),
                                   (0.13, 0.27, 0.015)]) * big  # fmt: skip
        made = trappings.horn(knots, 0.026 * big)
        return pair(to_part(made, "shoulder horn", "horn", crease_deg=60))
    if plan.style.spiked:
        tilt = np.radians([12.0, 40.0, 62.0])
        ways = np.column_stack([np.sin(tilt), np.cos(tilt), np.zeros(3)])
        made = trappings.spikes(middle + ways * 0.090 * big, ways, 0.075, 0.012)
        return pair(to_part(made, "shoulder spikes", "trim", crease_deg=40))
    return []
