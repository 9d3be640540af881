"""Boots, a pair: leather boots with cuff and straps, sabatons of plates, mail, soft shoes."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes import armoury, trappings
from asset_forge.greybox.shapes.armoury import Style, pair, stood
from asset_forge.greybox.shapes.fittings import hoop, rivets
from asset_forge.greybox.shapes.footwear import ANKLE, TOE, Footwear
from asset_forge.greybox.shapes.shells import borders, rim_parts, sheet, shell_part, tube_part
from asset_forge.greybox.solids import ellipsoid, loft

_NAMES = (
    "boots", "boot", "shoes", "shoe", "sabatons", "sabaton", "armour", "armor", "greaves", "plate",
    "feet",
)  # fmt: skip


@dataclass(frozen=True)
class _Plan:
    """Choices. cuff_m: height of a folded cuff, 0 for none. straps: how many. laced: cords in
    front. cap: a toe cap. lames: plates over the foot.
    """

    last: Footwear
    style: Style
    cuff_m: float
    straps: int
    laced: bool
    cap: bool
    lames: int
    size: float


def build(brief: Brief) -> Shape:
    """Build a pair of boots side by side, toes to +Z, soles on y = 0."""
    plan = _plan(brief)
    style = plan.style
    body = armoury.body_surface(brief, style, _NAMES)
    woven = style.make in ("mail", "scale")
    surfaces = {
        "body": body,
        "upper": "dark leather" if woven else body,
        "sole": words.surface_for(brief, ("sole", "soles"), "black leather", ("leather", "wood")),
        "strap": armoury.strap_surface(brief),
        "trim": armoury.trim_surface(brief, style, body),
        "cuff": _cuff_surface(brief, style),
        "wing": words.surface_for(brief, ("wing", "wings"), "gold", ("metal", "bone")),
        "horn": words.surface_for(brief, ("horn", "horns"), "ivory", ("bone", "metal")),
        "gem": words.surface_for(brief, ("gem", "jewel"), "ruby", ("gem",), anywhere=True),
    }
    left = [*_boot(plan, woven=woven), *_worn(plan), *_plates(plan), *_crowned(plan)]
    parts: list[Part] = []
    for part in left:
        parts += pair(stood(part, x=0.078, turn_deg=9.0))
    return armoury.finished("boots", brief, parts, surfaces, plan.size)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("boots")
    style = armoury.style_of(brief, _NAMES, ("leather", "leather", "plate", "leather"))
    make = style.make
    shaft = float(rng.uniform(0.85, 1.2))
    if words.has(brief, "shoe", "shoes", "low", "ankle", "slippers", "short"):
        shaft = float(rng.uniform(0.12, 0.25))
    elif words.has(brief, "high", "tall", "riding", "long", "thigh", "knee"):
        shaft = float(rng.uniform(1.5, 1.75))
    point, curl = float(rng.uniform(0.0, 0.35)), 0.0
    if words.has(brief, "pointed", "poulaine", "elven", "wizard", "wizard's", "jester", "sabatons"):
        point = float(rng.uniform(0.8, 1.1))
        curl = 0.0 if style.make == "plate" else float(rng.uniform(0.3, 0.6))
    breadth = {1.35: 1.12, 0.72: 0.9}.get(style.manner.breadth, 1.0)
    simple, low = style.manner.simple, shaft < 0.5
    soft = make in ("leather", "cloth")
    return _Plan(
        last=Footwear(
            shaft=shaft,
            girth=breadth * float(rng.uniform(0.96, 1.06)),
            toe=float(rng.uniform(0.9, 1.15)),
            point=point,
            curl=curl,
            heel_m=float(rng.uniform(0.014, 0.028)) if make != "cloth" else 0.006,
        ),
        style=style,
        cuff_m=float(rng.uniform(0.05, 0.08)) if soft and not low and rng.random() < 0.7 else 0.0,
        straps=0 if simple else int(rng.integers(1, 4)) if make == "leather" else 0,
        laced=make == "leather" and bool(rng.random() < 0.5) and not low,
        cap=make == "leather" and bool(rng.random() < 0.5),
        lames=5 if make == "plate" else 0,
        size=words.size_factor(brief) * float(rng.uniform(0.97, 1.03))
        if not words.has(brief, "short", "long", "tall")
        else 1.0,
    )


def _cuff_surface(brief: Brief, style: Style) -> str:
    default = str(brief.rng("boot cuff").choice(["hide", "tan leather", "dark leather"]))
    if style.make == "cloth":
        default = "tan wool"
    return words.surface_for(
        brief, ("cuff", "cuffs", "fur", "collar"), default, ("leather", "cloth")
    )


def _boot(plan: _Plan, *, woven: bool) -> list[Part]:
    """Make shaft and foot as one hollow limb, and the sole."""
    last = plan.last
    places = np.array([0.0, 1.0, 2.0, 3.0, 3.6, 4.3, 5, 6, 7, 8, 9, 10, 11, TOE])
    rings = last.rings(places)
    rings = np.concatenate([rings, np.broadcast_to(last.tip(), (1, *rings.shape[1:]))])
    crease = 60.0
    parts = [
        tube_part(rings, 0.006, "boot", "upper", depth=5, crease_deg=crease),
        to_part(last.sole(), "sole", "sole", crease_deg=40),
    ]
    if woven:
        around = last.rings(np.array([-0.02, 1.0, 2.0, 3.0, ANKLE, 5.2]), sides=16, lift=0.006)
        parts.append(tube_part(around, 0.005, "mail", "body"))
    top = last.rings(np.array([0.0]))[0]
    if not plan.cuff_m:
        path, out = top, trappings.outward(top)
        parts += rim_parts([(path, out)], 0.006, "mouth rim", "trim" if plan.lames else "strap")
    return parts


def _worn(plan: _Plan) -> list[Part]:
    """Make cuff, straps, laces and toe cap of leather boots."""
    last, parts = plan.last, []
    if plan.cuff_m:
        end = 0.9 * plan.cuff_m / (0.045 * max(last.shaft, 0.5))
        outer = [(0.0, 0.001), (-0.04, 0.007), (0.06, 0.014), (end * 0.6, 0.016), (end, 0.015)]
        rings = np.array([
            *(last.rings(np.array([max(t, 0.0)]), lift=lift)[0] + (0.0, 0.006 * (t < 0), 0.0)
              for t, lift in outer),
            last.rings(np.array([end]), lift=0.002)[0],
        ])  # fmt: skip
        parts.append(to_part(loft(rings, wrap=True), "cuff", "cuff", crease_deg=60))
    spots = {1: (4.6,), 2: (2.6, 4.6), 3: (2.2, 3.3, 4.6)}.get(plan.straps, ())
    for k, place in enumerate(spots):
        ring = last.rings(np.array([place]), sides=18, lift=0.002)[0]
        out = trappings.outward(ring)
        half, t = 0.013, 0.005
        section = np.array([(-0.004, -half), (t, -half), (t, half), (-0.004, half)])
        parts.append(to_part(hoop(ring, section, out), f"strap {k}", "strap", crease_deg=40))
        side = last.at(place, np.array([1.15]), 0.006)[0]
        frame = trappings.buckle(0.024, 0.028).rotated("y", 62).moved(*side)
        parts.append(to_part(frame, f"buckle {k}", "trim", crease_deg=50, chart="buckle"))
    if plan.laced:
        parts += _laces(plan)
    if plan.cap:
        angle = np.linspace(-1.75, 1.75, 11)
        made = sheet(last.at(np.linspace(9.8, TOE, 4)[:, None], angle[None, :], 0.004))
        parts.append(shell_part(made, 0.004, "toe cap", "strap"))
    return parts


def _laces(plan: _Plan) -> list[Part]:
    places = np.linspace(6.6, 1.4, 6)
    left, right = (plan.last.at(places, np.full(6, a), 0.003) for a in (-0.42, 0.42))
    cords = trappings.laces(list(left), list(right), 0.003, (0.0, 0.5, 0.85))
    eyelets = np.concatenate([left, right])
    return [
        to_part(cords, "laces", "strap", crease_deg=60),
        *rivets(eyelets, radius_m=0.0045, slot="trim"),
    ]


def _plates(plan: _Plan) -> list[Part]:
    """Lay plates over the foot like shingles, and one over the shin."""
    if not plan.lames:
        return []
    last = plan.last
    parts = []
    angle = np.linspace(-1.62, 1.62, 9)
    edges = np.linspace(5.2, TOE - 0.5, plan.lames + 1)
    for k in range(plan.lames):
        # Each plate begins under the one behind it and ends on the one before it.
        place = np.linspace(edges[k] - 0.15, edges[k + 1] + 0.30, 3)
        lift = np.array([0.004, 0.007, 0.010])
        made = sheet(last.at(place[:, None], angle[None, :], lift[:, None]))
        parts.append(shell_part(made, 0.004, f"foot plate {k}", "body"))
    cap = sheet(last.at(np.linspace(TOE - 0.8, TOE, 3)[:, None], angle[None, :], 0.004))
    parts.append(shell_part(cap, 0.004, "toe plate", "body"))
    shin = sheet(
        last.at(
            np.linspace(-0.25, 4.2, 5)[:, None],
            np.linspace(-1.42, 1.42, 11)[None, :],
            np.array([0.006, 0.005, 0.005, 0.005, 0.007])[:, None],
        )
    )
    # The plate comes to an edge along the shin.
    ridge = np.exp(-((shin.positions[:, 0] / 0.014) ** 2)) * (shin.positions[:, 2] > 0)
    shin = shin.bent(shin.positions + ridge[:, None] * np.array([0.0, 0.0, 0.009]))
    parts.append(shell_part(shin, 0.004, "shin", "body", crease_deg=28))
    return [*parts, *rim_parts(borders(shin), 0.0045, "shin rim", "trim", lift=-0.001)]


def _crowned(plan: _Plan) -> list[Part]:
    """Put wings, spikes, a horn or a stone on the boot."""
    last, parts = plan.last, []
    if plan.style.winged:
        root = last.at(3.4, np.array([1.75]), 0.004)[0]
        made = trappings.wing(0.17).rotated("z", -14).rotated("y", 16).moved(*root)
        parts.append(to_part(made, "wing", "wing", crease_deg=30))
    if plan.style.horned:
        tip = last.tip()
        knots = tip + np.array([(0, 0.004, -0.012), (0, 0.012, 0.020), (0, 0.045, 0.036),
                                (0, 0.078, 0.016)])  # fmt: skip
        parts.append(to_part(trappings.horn(knots, 0.014), "toe horn", "horn", crease_deg=60))
    if plan.style.spiked:
        places = last.at(np.array([1.0, 2.2, 3.4, 10.2]), np.zeros(4), 0.010)
        ways = np.array([(0, 0.25, 1), (0, 0.1, 1), (0, 0.1, 1), (0, 0.8, 0.5)], float)
        made = trappings.spikes(places, ways, 0.045, 0.008)
        parts.append(to_part(made, "spikes", "trim", crease_deg=40))
    if plan.style.ornate and not plan.laced:
        place = last.at(1.3, np.array([0.0]), 0.019)[0]
        stone = ellipsoid(0.012, 0.016, 0.007, sides=8, rows=5)
        mount = ellipsoid(0.018, 0.023, 0.005, sides=10, rows=4)
        parts.append(to_part(mount.moved(*place), "mount", "trim", crease_deg=50))
        parts.append(to_part(stone.moved(*place).moved(z=0.003), "gem", "gem", crease_deg=60))
    return parts
