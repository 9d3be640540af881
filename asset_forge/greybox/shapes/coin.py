"""Coins: one that stands on its edge, a stack with one leaning on it, or a heap."""

from dataclasses import dataclass, replace

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.emblems import emblem_said, relief, star_outline
from asset_forge.greybox.shapes.jewels import AnyFloats
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.shapes.placing import finished, shifted, turned
from asset_forge.greybox.solids import Solid, ellipsoid, extrude, lathe, loft, merge

_HEAP = ("pile", "heap", "hoard", "coins", "treasure", "handful", "money")
_STACK = ("stack", "stacks", "column", "stacked")


@dataclass(frozen=True)
class _Plan:
    """In radii. face, back: emblems. worn: how far the border is out of round."""

    thick: float
    face: str
    back: str
    beads: int
    worn: float
    hole: bool


def build(brief: Brief) -> Shape:
    """Build a coin that stands, its face to +Z; "coins" and "stack" lie."""
    plan = _plan(brief)
    rng = brief.rng("coin colours")
    surface = words.surface_for(
        brief,
        ("coin", "coins", "stack", "pile", "money"),
        str(rng.choice(["gold", "gold", "silver", "bronze"])),
        ("metal", "stone", "bone", "wood"),
        main=True,
    )
    if words.has(brief, *_STACK):
        parts, size = _stack(brief, plan), 0.042
    elif words.has(brief, *_HEAP):
        parts, size = _heap(brief, plan), 0.13
    else:
        parts, size = _single(plan, rng), 0.026
    size *= float(brief.rng("coin size").uniform(0.92, 1.1))
    return Shape("coin", finished(brief, parts, size), {"coin": surface})


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("coin")
    style = manner(brief)
    old = words.has(brief, "ancient", "old", "worn", "pirate", "cob", "crude", "rough", "cursed")
    faces = list(rng.permutation(["head", "crown", "sun", "star"]))
    return _Plan(
        thick=0.15 * style.breadth**0.7 * float(rng.uniform(0.85, 1.2)),
        face=emblem_said(brief.words) or str(faces[0]),
        back=str(faces[1]),
        beads=0 if style.simple else int(rng.choice([24, 28, 32])),
        worn=0.05 if old or style.jagged else 0.0,
        hole=words.has(brief, "hole", "holed", "pierced"),
    )


def _single(plan: _Plan, rng: np.random.Generator) -> list[Part]:
    """Make the coin in the XY plane around the origin, in full detail, then let it lean."""
    h = plan.thick / 2
    floor, rim = h * 0.40, 0.11
    count = 64
    border = np.ones(count)
    if plan.worn:
        angle = np.arange(count) * 2 * np.pi / count
        for wave in (2, 3, 5, 7):
            border = border + plan.worn * rng.uniform(-0.5, 0.5) * np.sin(
                wave * angle + rng.uniform(0, 6)
            )
    body = _disc(border, [(-floor, 1.0 - rim * 1.5), (-h, 1.0 - rim), (-h, 0.975),
                             (-h * 0.8, 1.0), (h * 0.8, 1.0), (h, 0.975), (h, 1.0 - rim),
                             (floor, 1.0 - rim * 1.5)], hole=plan.hole)  # fmt: skip
    height = (h - floor) * 1.05
    bead = ellipsoid(0.034, 0.034, height, sides=6, rows=4)
    parts = [to_part(body, "coin", "coin", crease_deg=28)]
    around = 2 * np.pi * (np.arange(plan.beads) + 0.5) / max(plan.beads, 1)
    beads = [bead.moved(0.78 * np.cos(a), 0.78 * np.sin(a)) for a in around.tolist()]
    for side, emblem in (("front", plan.face), ("back", plan.back)):
        turn = 0.0 if side == "front" else 180.0
        if beads:
            edge = merge(*beads).moved(z=floor).rotated("y", turn)
            parts.append(to_part(edge, f"edge beads {side}", "coin", crease_deg=35))
        if not plan.hole:
            raised = relief(emblem, 0.56, height).moved(z=floor - 0.004).rotated("y", turn)
            parts.append(to_part(raised, f"relief {side}", "coin", crease_deg=35))
    lean = turned(parts, "x", -float(rng.uniform(6, 12)))
    return turned(lean, "y", float(rng.uniform(8, 20)))


def _disc(border: AnyFloats, rows: list[tuple[float, float]], *, hole: bool) -> Solid:
    """Make a coin's body along Z from (z, share of the border) from back to front.

    Its edge is reeded.
    """
    reeds = 0.012 * (np.arange(len(border)) % 2)
    angle = np.arange(len(border)) * 2 * np.pi / len(border)
    back, front = rows[0][0], rows[-1][0]
    rings = [(z, border * (share - reeds * (share == 1.0))) for z, share in rows]
    if hole:
        square = 0.24 / np.maximum(np.abs(np.cos(angle)), np.abs(np.sin(angle)))
        for z in (front, back):
            rim = [(z, square * 1.42), (z * 1.6, square * 1.25), (z * 1.6, square * 1.05),
                   (z, square)]  # fmt: skip
            rings += rim if z == front else rim[::-1]
    else:
        nothing = np.zeros(len(border))
        rings = [(back, nothing), *rings, (front, nothing)]
    circles = [np.stack([r * np.cos(angle), r * np.sin(angle), np.full(len(r), z)], axis=1)
               for z, r in rings]  # fmt: skip
    return loft(np.array(circles), wrap=hole)


def _plain_coin(plan: _Plan) -> list[Part]:
    """Make a coin that lies, with few faces, for stacks and heaps."""
    h = plan.thick / 2
    body = lathe(
        [(0, -h * 0.7), (0.85, -h * 0.7), (0.92, -h), (1.0, -h * 0.7), (1.0, h * 0.7), (0.92, h),
         (0.85, h * 0.7), (0, h * 0.7)],
        sides=16,
    )  # fmt: skip
    sign = extrude(star_outline(5, 0.45) * 0.5, h * 0.9).rotated("x", -90).moved(y=h * 0.66)
    return [
        to_part(body, "coin", "coin", crease_deg=30, chart="coins"),
        to_part(sign, "sign", "coin", crease_deg=30, chart="signs"),
    ]


def _copies(plan: _Plan, places: list[tuple[float, float, float, float, float]]) -> list[Part]:
    """Lay a coin at every (x, y, z, degrees of tilt, degrees of direction)."""
    coin = _plain_coin(plan)
    parts: list[Part] = []
    for index, (x, y, z, tilt, direction) in enumerate(places):
        laid = turned(turned(coin, "y", 47.0 * index), "z", -tilt)
        laid = shifted(turned(laid, "y", direction), x, y, z)
        parts += [replace(part, name=f"{part.name} {index}") for part in laid]
    return parts


def _stack(brief: Brief, plan: _Plan) -> list[Part]:
    rng = brief.rng("coin stack")
    count = int(rng.integers(6, 11))
    t = plan.thick
    places = [
        (float(rng.uniform(-0.08, 0.08)), t * (0.5 + 0.97 * i), float(rng.uniform(-0.08, 0.08)),
         0.0, 0.0)
        for i in range(count)
    ]  # fmt: skip
    low = max(count // 3, 2)
    places += [(2.0, t * (0.5 + 0.97 * i), 0.55 + 0.05 * i, 0.0, 0.0) for i in range(low)]
    places += [(-0.75, 0.5 * t, 1.95, 0.0, 0.0)]
    # One leans against the stack.
    lean = 62.0
    rise = float(np.sin(np.radians(lean)))
    out = 1.10 + float(np.cos(np.radians(lean))) * 1.0 + t * 0.4
    places.append((-out * 0.8, rise + 0.02, out * 0.45, -lean, 29.0))
    return _copies(plan, places)


def _heap(brief: Brief, plan: _Plan) -> list[Part]:
    """Heap coins up in rings that lean outwards, with some lost around."""
    rng = brief.rng("coin heap")
    places = []
    rows = ((8, 2.15, 0.34, 28.0), (6, 1.50, 0.82, 34.0), (4, 0.95, 1.28, 32.0),
            (2, 0.50, 1.62, 22.0), (1, 0.1, 1.86, 10.0))  # fmt: skip
    for count, reach, height, tilt in rows:
        start = rng.uniform(0, 2 * np.pi)
        for index in range(count):
            turn = start + 2 * np.pi * index / count + rng.uniform(-0.16, 0.16)
            away = reach * rng.uniform(0.92, 1.08)
            places.append(
                (away * np.cos(turn), height + rng.uniform(0.0, 0.08), -away * np.sin(turn),
                 tilt + rng.uniform(-6, 8), float(np.degrees(turn)))
            )  # fmt: skip
    for index in range(4):
        turn = index * np.pi / 2 + rng.uniform(0, 1.2)
        away = rng.uniform(3.15, 3.9)
        places.append((away * np.cos(turn), plan.thick / 2, away * np.sin(turn), 0.0, 0.0))
    core = lathe([(0, 0), (2.75, 0), (2.0, 0.42), (1.2, 1.0), (0, 1.6)], sides=14)
    placed = [tuple(float(v) for v in place) for place in places]
    parts = _copies(plan, [(a, b, c, d, e) for a, b, c, d, e in placed])
    return [to_part(core, "core", "coin", crease_deg=30), *parts]
