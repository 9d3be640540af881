"""Gloves, a pair: leather gloves, gauntlets of plates, mail, mittens, standing on their cuffs."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes import armoury, trappings
from asset_forge.greybox.shapes.armoury import Style, pair, stood
from asset_forge.greybox.shapes.fittings import hoop, rivets
from asset_forge.greybox.shapes.handwear import FINGER_PLACES, FINGERS, Handwear
from asset_forge.greybox.shapes.shells import rim_parts, sheet, shell_part, tube_part
from asset_forge.greybox.solids import Solid, circle, ellipsoid, loft, merge, sweep

_NAMES = (
    "gloves", "glove", "gauntlets", "gauntlet", "mittens", "mitten", "armour", "armor", "vambraces",
    "plate", "hands",
)  # fmt: skip
_AROUND = np.pi + np.arange(16) * (2 * np.pi / 16)


@dataclass(frozen=True)
class _Plan:
    """Choices. strap: one with a buckle around the wrist. seams: raised seams on the back.

    folded: the cuff is turned over. mitten: the fingers share one sheath.
    """

    hand: Handwear
    style: Style
    strap: bool
    seams: bool
    folded: bool
    mitten: bool
    size: float


def build(brief: Brief) -> Shape:
    """Build a pair of gloves standing on their cuffs on y = 0, backs of the hands to +Z."""
    plan = _plan(brief)
    style = plan.style
    body = armoury.body_surface(brief, style, _NAMES)
    hard = style.make in ("plate", "mail", "scale")
    surfaces = {
        "body": body,
        "hand": words.surface_for(
            brief, ("palm", "palms", "lining"), "dark leather", ("leather", "cloth")
        )
        if hard
        else body,
        "strap": armoury.strap_surface(brief),
        "trim": armoury.trim_surface(brief, style, body),
        "wing": words.surface_for(brief, ("wing", "wings"), "gold", ("metal", "bone")),
        "horn": words.surface_for(brief, ("horn", "horns"), "ivory", ("bone", "metal")),
        "gem": words.surface_for(brief, ("gem", "jewel"), "ruby", ("gem",), anywhere=True),
    }
    parts: list[Part] = []
    for part in (*_hand(plan), *_cuff(plan), *_back(plan), *_crowned(plan)):
        parts += pair(stood(part, x=0.088, turn_deg=12.0))
    return armoury.finished("gloves", brief, parts, surfaces, plan.size)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("gloves")
    style = armoury.style_of(brief, _NAMES, ("leather", "leather", "plate"))
    make, simple = style.make, style.manner.simple
    cuff = float(rng.uniform(0.085, 0.125))
    if words.has(brief, "long", "falconer", "falconer's", "vambrace", "vambraces"):
        cuff = 0.16
    elif words.has(brief, "short"):
        cuff = 0.05
    flare = float(rng.uniform(1.5, 1.9)) if make == "plate" else float(rng.uniform(1.15, 1.5))
    breadth = {1.35: 1.10, 0.72: 0.92}.get(style.manner.breadth, 1.0)
    soft = make in ("leather", "cloth")
    return _Plan(
        hand=Handwear(
            girth=breadth * float(rng.uniform(0.96, 1.06)),
            reach=float(rng.uniform(0.95, 1.05)),
            curl=float(rng.uniform(5.0, 13.0)),
            spread=float(rng.uniform(0.7, 1.3)),
            cuff_m=cuff,
            flare=flare,
        ),
        style=style,
        strap=not simple and (bool(rng.random() < 0.6) if soft else True),
        seams=soft and not simple,
        folded=soft and bool(rng.random() < 0.45),
        mitten=words.has(brief, "mitten", "mittens"),
        size=words.size_factor(brief) * float(rng.uniform(0.97, 1.03))
        if not words.has(brief, "long", "short")
        else 1.0,
    )


def _hand(plan: _Plan) -> list[Part]:
    """Make palm, fingers and thumb of soft leather."""
    hand = plan.hand
    rows = np.array([-0.012, 0.02, 0.055, 0.085, 0.104, 0.117])
    palm = loft(hand.palm(rows[:, None], _AROUND[None, :]), cap_scale=0.3)
    parts = [to_part(palm, "palm", "hand", crease_deg=65)]
    if plan.mitten:
        line, width = hand.finger(1)
        line, wide = line * (0.0, 1.0, 1.0), 0.0455 * hand.girth * (width / width.max()) ** 0.75
        scale = np.stack([wide, 0.42 * wide], axis=1)
        parts.append(to_part(_limb(line, scale, sides=16), "mitten", "hand", crease_deg=65))
    else:
        fingers = [_limb(*hand.finger(k)) for k in range(FINGERS)]
        parts.append(to_part(merge(*fingers), "fingers", "hand", crease_deg=65))
    parts.append(to_part(_limb(*hand.thumb()), "thumb", "hand", crease_deg=65))
    return parts


def _limb(line: Floats, width: Floats, *, sides: int = 8) -> Solid:
    return sweep(line, circle(sides, 1.0, phase=0.5), scale=width, up=(0.0, 0.0, 1.0))


def _cuff(plan: _Plan) -> list[Part]:
    """Make the cuff, hollow, with its rim, its strap and what is turned over."""
    hand, make = plan.hand, plan.style.make
    lift = {"plate": 0.004, "mail": 0.004, "scale": 0.004}.get(make, 0.001)
    shares = np.array([1.0, 0.75, 0.45, 0.2, -0.06])
    rings = hand.cuff(shares[:, None], _AROUND[None, :], lift)
    parts = [tube_part(rings, 0.004, "cuff", "body")]
    mouth = hand.cuff(1.0, _AROUND, lift)
    slot = "trim" if make == "plate" else "strap"
    parts += rim_parts([(mouth, trappings.outward(mouth))], 0.0045, "mouth rim", slot)
    if plan.folded:
        outer = hand.cuff(np.array([1.0, 0.8, 0.62])[:, None], _AROUND[None, :], 0.007)
        inner = hand.cuff(np.array([0.62, 1.0])[:, None], _AROUND[None, :], -0.001)
        parts.append(to_part(loft([*outer, *inner], wrap=True), "fold", "strap", crease_deg=50))
    if plan.strap:
        ring = hand.cuff(0.06, _AROUND, lift + 0.001)
        section = np.array([(-0.004, -0.011), (0.004, -0.011), (0.004, 0.011), (-0.004, 0.011)])
        band = hoop(ring, section, trappings.outward(ring))
        parts.append(to_part(band, "strap", "strap", crease_deg=40))
        frame = trappings.buckle(0.022, 0.026)
        place = hand.cuff(0.06, np.array([0.35]), lift + 0.007)[0]
        parts.append(to_part(frame.rotated("y", 20).moved(*place), "buckle", "trim", crease_deg=50))
    if make == "plate" or plan.style.studded:
        angle = np.linspace(-1.9, 1.9, 7)
        studs = hand.cuff(0.86, angle, lift + 0.001)
        parts += rivets(studs, radius_m=0.0042, slot="trim")
    return parts


def _back(plan: _Plan) -> list[Part]:
    """Make what lies on the back of the hand and on the fingers."""
    hand, make = plan.hand, plan.style.make
    if plan.seams:
        cords = []
        for x in (-0.42, 0.0, 0.42):
            rows = np.linspace(0.026, 0.100, 5)
            line = hand.palm(rows, x * (0.6 + 5.0 * rows), 0.0)
            cords.append(sweep(line, circle(5, 0.0026), scale=[0, 1, 1, 1, 0], up=(0.0, 0.0, 1.0)))
        return [to_part(merge(*cords), "seams", "strap", crease_deg=60)]
    parts: list[Part] = []
    if make in ("mail", "scale"):
        rows = np.array([0.106, 0.08, 0.05, 0.02, -0.006])
        parts.append(tube_part(hand.palm(rows[:, None], _AROUND[None, :], 0.004), 0.004, "mail",
                               "body"))  # fmt: skip
    if make == "plate":
        parts += _back_plates(hand)
        if not plan.mitten:
            parts += _finger_plates(hand)
    if make == "plate" and not plan.style.spiked:
        knuckles = [
            ellipsoid(0.0105, 0.011, 0.008, sides=7, rows=4).moved(*_knuckle(hand, k))
            for k in range(FINGERS)
        ]
        parts.append(to_part(merge(*knuckles), "knuckles", "trim", crease_deg=60))
    return parts


def _knuckle(hand: Handwear, index: int) -> Floats:
    line, width = hand.finger(index)
    knuckle: Floats = line[1] + np.array([0.0, 0.0, float(width[1]) + 0.003])
    return knuckle


def _back_plates(hand: Handwear) -> list[Part]:
    parts = []
    angle = np.linspace(-1.25, 1.25, 7)
    for k, (low, high) in enumerate(((0.004, 0.040), (0.032, 0.070), (0.062, 0.100))):
        # Shingled from the wrist on: each lies on the next one's root.
        rows = np.linspace(high, low, 3)
        lift = np.array([0.009, 0.007, 0.004])
        made = sheet(hand.palm(rows[:, None], angle[None, :], lift[:, None]))
        parts.append(shell_part(made, 0.003, f"back plate {k}", "body"))
    return parts


def _finger_plates(hand: Handwear) -> list[Part]:
    """Lay three plates along each finger and two along the thumb."""
    sheets = []
    for k in range(FINGERS):
        line, width = hand.finger(k)
        for start, end in ((0.06, 0.46), (0.40, 0.74), (0.69, 0.97)):
            places = np.interp([end, start], FINGER_PLACES, np.arange(len(line)))
            sheets.append(_finger_sheet(line, width, places))
    line, width = hand.thumb()
    for start, end in ((1.4, 4.2), (3.8, 6.6)):
        sheets.append(_finger_sheet(line, width, np.array([end, start])))
    return [shell_part(merge(*sheets), 0.0022, "finger plates", "body")]


def _finger_sheet(line: Floats, width: Floats, places: Floats) -> Solid:
    """Return a sheet over the back of a finger between two places on its line, tip first."""
    at = np.arange(len(line))
    middle = np.stack([np.interp(places, at, line[:, k]) for k in range(3)], axis=1)
    wide = np.interp(places, at, width)
    wide = np.maximum(wide, 0.55 * width.max()) + np.array([0.0034, 0.0016])
    ahead = middle[0] - middle[1]
    ahead /= np.linalg.norm(ahead)
    side = np.cross(ahead, np.array([0.0, 0.0, 1.0]))
    side /= np.linalg.norm(side)
    out = np.cross(side, ahead)
    angle = np.linspace(-1.6, 1.6, 5)
    points = middle[:, None] + wide[:, None, None] * (
        np.sin(angle)[None, :, None] * side + np.cos(angle)[None, :, None] * out
    )
    return sheet(points)


def _crowned(plan: _Plan) -> list[Part]:
    """Put spikes, wings, horns or a stone on the glove."""
    hand, parts = plan.hand, []
    if plan.style.spiked:
        places = np.array([_knuckle(hand, k) - (0.0, 0.0, 0.004) for k in range(FINGERS)])
        ways = np.tile([0.0, 0.25, 1.0], (FINGERS, 1))
        made = trappings.spikes(places, ways, 0.034, 0.0065)
        parts.append(to_part(made, "knuckle spikes", "trim", crease_deg=40))
    if plan.style.winged:
        root = hand.cuff(0.35, np.array([np.pi / 2]), 0.004)[0]
        made = trappings.wing(0.13).rotated("y", -64).rotated("x", 14).moved(*root)
        parts.append(to_part(made, "wing", "wing", crease_deg=30))
    if plan.style.horned:
        root = hand.cuff(0.5, np.array([np.pi / 2]), -0.006)[0]
        knots = root + np.array([(0, 0, 0), (0.03, 0.004, 0), (0.052, 0.03, 0), (0.05, 0.07, 0.01)])
        parts.append(to_part(trappings.horn(knots, 0.013), "horn", "horn", crease_deg=60))
    if plan.style.ornate:
        place = hand.palm(0.05, np.array([0.0]), 0.008 if plan.style.make == "plate" else 0.002)[0]
        mount = ellipsoid(0.016, 0.019, 0.005, sides=12, rows=4).moved(*place)
        stone = ellipsoid(0.011, 0.014, 0.007, sides=8, rows=5).moved(*place).moved(z=0.003)
        parts.append(to_part(mount, "mount", "trim", crease_deg=50))
        parts.append(to_part(stone, "gem", "gem", crease_deg=60))
    return parts
