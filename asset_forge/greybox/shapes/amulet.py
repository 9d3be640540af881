"""Amulets: a pendant on a chain or a cord that lies in a loop."""

from dataclasses import dataclass, replace

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.emblems import (
    cross_outline,
    heart_outline,
    moon_outline,
    relief,
    star_outline,
)
from asset_forge.greybox.shapes.jewels import (
    brilliant,
    cabochon,
    drop_cut,
    faceted,
    seeded_jewel,
    torus,
)
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.shapes.placing import bounds, finished, shifted, turned
from asset_forge.greybox.solids import (
    Solid,
    circle,
    curve,
    ellipsoid,
    extrude,
    lathe,
    loft,
    merge,
    sweep,
)

_PENDANTS = {
    "heart": ("heart", "locket", "love"),
    "star": ("star", "pentagram", "magic"),
    "moon": ("moon", "crescent", "lunar"),
    "cross": ("cross", "holy", "faith", "prayer"),
    "fang": ("fang", "tooth", "claw", "tusk", "primitive", "tribal"),
    "drop": ("drop", "teardrop", "pear"),
    "disc": ("disc", "round", "medallion", "talisman", "sun", "rune"),
}


@dataclass(frozen=True)
class _Plan:
    """In centimetres. loop: half width and half depth of the chain's loop."""

    pendant: str
    size: float
    loop: tuple[float, float]
    cord: bool
    ornate: bool
    spiked: bool


def build(brief: Brief) -> Shape:
    """Build an amulet that lies: the pendant in front (+Z), propped up a little, its face up."""
    plan = _plan(brief)
    rng = brief.rng("amulet colours")
    metal = str(rng.choice(["gold", "silver", "bronze", "brass"]))
    families = ("metal", "bone", "wood", "stone")
    surfaces = {
        "pendant": words.surface_for(
            brief,
            ("pendant", "amulet", "talisman", "medallion", "locket", "necklace", "setting"),
            "ivory" if plan.pendant == "fang" else metal,
            families,  # type: ignore[arg-type]
            main=True,
        )
    }
    parts = _pendant(plan, brief)
    if plan.cord:
        surfaces["cord"] = words.surface_for(
            brief, ("cord", "string", "strap", "chain", "thong"),
            str(rng.choice(["leather", "dark leather"])), ("leather", "cloth"),
        )  # fmt: skip
    else:
        chain = surfaces["pendant"] if plan.pendant != "fang" else metal
        surfaces["chain"] = words.surface_for(
            brief, ("chain", "chains", "links"), chain, ("metal", "bone")
        )
    if any(part.slot == "gem" for part in parts):
        surfaces["gem"] = words.surface_for(
            brief, ("gem", "stone", "jewel", "crystal", "gemstone"),
            seeded_jewel(brief, "amulet"), ("gem",), anywhere=True,
        )  # fmt: skip
    if any(part.slot == "cap" for part in parts):
        surfaces["cap"] = metal
    # The pendant hangs from the origin downwards; laid back it points to +Z, face up.
    laid = turned(parts, "x", -62.0)
    low, _ = bounds(laid)
    laid = shifted(laid, 0.0, -float(low[1]), 0.0)
    eye = max(float(bounds(laid)[1][1]) - 0.45, 0.5)
    ring = torus(0.42, 0.17, sides=14).rotated("z", 90).rotated("x", 25).moved(y=eye)
    slot = "cord" if plan.cord else "chain"
    parts = [*laid, to_part(ring, "eye", "cap" if "cap" in surfaces else "pendant")]
    parts += _cord(plan, brief, eye) if plan.cord else _chain(plan, brief, eye, slot)
    size = 0.24 * float(brief.rng("amulet size").uniform(0.93, 1.08))
    return Shape("amulet", finished(brief, parts, size), surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("amulet")
    style = manner(brief)
    seeded = str(rng.choice(["disc", "disc", "drop", "star", "moon", "heart"]))
    if style.ornate:
        seeded = "disc"
    pendant = next((n for n, said in _PENDANTS.items() if words.has(brief, *said)), seeded)
    return _Plan(
        pendant=pendant,
        size=2.5 * float(rng.uniform(0.88, 1.15)) * style.breadth**0.5,
        loop=(float(rng.uniform(3.6, 4.5)), float(rng.uniform(5.2, 6.2))),
        cord=pendant == "fang" or words.has(brief, "cord", "string", "leather", "thong", "strap"),
        ornate=style.ornate,
        spiked=style.jagged,
    )


def _pendant(plan: _Plan, brief: Brief) -> list[Part]:
    """Make the pendant in XY below the origin, its face to +Z."""
    s = plan.size
    if plan.pendant == "fang":
        return _fang(plan)
    if plan.pendant == "drop":
        return _drop(plan)
    thick = 0.28
    outline = {
        "heart": heart_outline(32) * s,
        "star": star_outline(5, 0.48) * s * 1.1,
        "moon": moon_outline(16) * s,
        "cross": cross_outline() * s * 1.15,
        "disc": circle(32, s),
    }[plan.pendant]
    back = extrude(outline, thick, bevel=0.06)
    solids = [back]
    if plan.pendant in ("heart", "disc", "star"):
        # A raised border around a deeper field.
        solids.append(_border(outline, 0.13 * s, thick * 1.8))
    parts: list[Part] = []
    gem_at = {"heart": (0.0, 0.12), "star": (0.0, 0.0), "moon": (-0.64, 0.0),
              "cross": (0.0, 0.29), "disc": (0.0, 0.0)}[plan.pendant]  # fmt: skip
    jewel = {"moon": 0.22, "cross": 0.22, "star": 0.30}.get(plan.pendant, 0.40) * s
    x, y = gem_at[0] * s, gem_at[1] * s * (1.15 if plan.pendant == "cross" else 1.0)
    cup = lathe([(0, 0), (jewel * 1.35, 0), (jewel * 1.28, 0.18), (jewel * 1.04, 0.27),
                 (jewel * 0.92, 0.22), (0, 0.1)], sides=20)  # fmt: skip
    solids.append(cup.rotated("x", 90).moved(x, y, thick / 2 - 0.02))
    if plan.pendant == "disc":
        beads = 20
        bead = ellipsoid(0.13, 0.13, 0.13, sides=7, rows=5)
        solids += [
            bead.moved(0.70 * s * np.cos(a), 0.70 * s * np.sin(a), thick / 2)
            for a in np.arange(beads) * 2 * np.pi / beads
        ]
        if words.has(brief, "sun"):
            solids[0] = merge(back, relief("sun", s * 1.28, thick * 0.45))
    if plan.ornate or plan.spiked:
        thorn = [(0, -0.2), (0.17, 0), (0.11, 0.22), (0, 0.62)]
        pearl = [(0, -0.2), (0.22, 0), (0.28, 0.18), (0.18, 0.36), (0, 0.42)]
        tip = lathe(thorn if plan.spiked else pearl, sides=8)
        solids += [
            tip.moved(y=0.985 * s).rotated("z", float(turn))
            for turn in (np.arange(12) * 30.0 + 15.0)
            if plan.pendant == "disc"
        ]
    parts.append(to_part(merge(*solids), "pendant", "pendant", crease_deg=32))
    if plan.pendant == "heart":
        stone = cabochon(2 * jewel, 1.7 * jewel, height=0.5).rotated("x", 90)
        parts.append(to_part(stone.moved(x, y, thick / 2 + 0.12), "stone", "gem", crease_deg=40))
    else:
        stone = brilliant(jewel, sides=8, depth=0.3).rotated("x", 90)
        parts.append(faceted(stone.moved(x, y, thick / 2 - 0.08 + 0.06 * jewel), "stone"))
    top = {"heart": 0.42, "star": 1.08, "moon": 0.98, "cross": 1.13, "disc": 0.98}[plan.pendant] * s
    bail = torus(0.34, 0.16, sides=14).rotated("x", 90).moved(y=top + 0.26)
    parts.append(to_part(bail, "bail", "pendant", crease_deg=50))
    return shifted(parts, 0.0, -(top + 0.55), 0.0)


def _border(outline: Floats, wide: float, tall: float) -> Solid:
    """Make a raised frame along the border of an outline around the origin, about z = 0."""
    reach = float(np.linalg.norm(outline, axis=1).max())
    softer, soft_in, inner = (outline * (1.0 - wide * s / reach) for s in (0.25, 0.75, 1.0))
    rings = []
    for border, z in ((outline, -tall / 3), (outline, tall / 3), (softer, tall / 2),
                      (soft_in, tall / 2), (inner, tall / 3), (inner, -tall / 3)):  # fmt: skip
        rings.append(np.column_stack([border, np.full(len(border), z)]))
    return loft(np.array(rings), wrap=True)


def _drop(plan: _Plan) -> list[Part]:
    s = plan.size * 0.72
    stone = drop_cut(s).rotated("x", 90).rotated("z", 90)
    frame = curve(
        [
            (0, -1.05),
            (0.75, -0.72),
            (1.06, 0.0),
            (0.80, 0.75),
            (0.36, 1.42),
            (0.0, 1.88),
            (-0.36, 1.42),
            (-0.80, 0.75),
            (-1.06, 0.0),
            (-0.75, -0.72),
            (0, -1.05),
        ],
        40,
    )
    ring = _border(frame[:-1] * s * 1.10, 0.20 * s, 0.55)
    leaf = ellipsoid(0.20 * s, 0.34 * s, 0.20, sides=8, rows=6).moved(y=1.72 * s)
    low = [ellipsoid(0.2, 0.2, 0.2, sides=8, rows=6).moved(y=-1.28 * s)]
    if plan.ornate:
        low += [ellipsoid(0.16, 0.16, 0.16, sides=8, rows=6).moved(x * s, y * s)
                for x, y in ((1.30, 0), (-1.30, 0), (1.0, 0.9), (-1.0, 0.9), (0.92, -0.92),
                             (-0.92, -0.92))]  # fmt: skip
    bail = torus(0.34, 0.16, sides=14).rotated("x", 90).moved(y=2.05 * s + 0.2)
    parts = [
        to_part(merge(ring, leaf, *low), "setting", "pendant", crease_deg=35),
        faceted(stone.scaled(1.0, 1.0, 0.45).moved(z=-0.30 * s), "stone"),
        to_part(bail, "bail", "pendant", crease_deg=50),
    ]
    return shifted(parts, 0.0, -(2.05 * s + 0.5), 0.0)


def _fang(plan: _Plan) -> list[Part]:
    s = plan.size * 1.5
    path = curve([(0, 0, 0), (0.10, -0.5, 0), (0.04, -1.0, 0), (-0.28, -1.6, 0)], 14) * s
    tooth = sweep(path, circle(12, 0.30 * s),
                  scale=np.append(np.linspace(1.0, 0.25, 13) ** 0.8, 0.0))  # fmt: skip
    cap = lathe([(0, -0.30 * s), (0.33 * s, -0.28 * s), (0.36 * s, -0.22 * s), (0.33 * s, 0),
                 (0.24 * s, 0.14 * s), (0.10 * s, 0.20 * s), (0, 0.21 * s)], sides=14)  # fmt: skip
    bail = torus(0.34, 0.16, sides=14).rotated("x", 90).moved(y=0.20 * s + 0.28)
    parts = [
        to_part(tooth, "fang", "pendant", crease_deg=50),
        to_part(merge(cap, bail), "cap", "cap", crease_deg=40),
    ]
    return shifted(parts, 0.0, -(0.20 * s + 0.55), 0.0)


def _loop(plan: _Plan, brief: Brief, eye: float, count: int) -> Floats:
    """Return points of the loop, (count, 3): from the eye around on the ground and back."""
    rng = brief.rng("amulet loop")
    w, d = plan.loop
    knots = [
        (0.0, eye, 0.0), (0.34 * w, 0.30, -0.55 * d * 0.5), (0.80 * w, 0.22, -0.62 * d),
        (1.0 * w, 0.22, -1.10 * d), (0.72 * w, 0.22, -1.62 * d), (0.0, 0.22, -1.86 * d),
        (-0.72 * w, 0.22, -1.60 * d), (-1.0 * w, 0.22, -1.06 * d), (-0.78 * w, 0.22, -0.60 * d),
        (-0.34 * w, 0.30, -0.26 * d), (0.0, eye, 0.0),
    ]  # fmt: skip
    bent = np.array(knots)
    bent[1:-1, [0, 2]] += rng.uniform(-0.42, 0.42, (len(knots) - 2, 2))
    fine = curve(bent, 400)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
    even = np.linspace(0.0, run[-1], count)
    return np.stack([np.interp(even, run, fine[:, axis]) for axis in range(3)], axis=1)


def _chain(plan: _Plan, brief: Brief, eye: float, slot: str) -> list[Part]:
    """Hang links in each other, each turned by a quarter about the chain."""
    count = 42
    points = _loop(plan, brief, eye, count + 1)
    pitch = float(np.linalg.norm(np.diff(points, axis=0), axis=1).mean())
    link = _link(pitch * 1.52, 0.62, 0.17)
    first = to_part(link, "link", slot, crease_deg=60, chart="links")
    parts = []
    for index in range(count):
        ahead = points[index + 1] - points[index]
        x = ahead / np.linalg.norm(ahead)
        up = np.array([0.0, 1.0, 0.0]) - x * x[1]
        up /= np.linalg.norm(up)
        side = np.cross(x, up)
        # Lying links lean, as they cannot stand on edge.
        roll = np.radians(24.0 if index % 2 else -66.0)
        y = up * np.cos(roll) + side * np.sin(roll)
        spin = np.stack([x, y, np.cross(x, y)], axis=1)
        middle = (points[index] + points[index + 1]) / 2
        parts.append(
            replace(
                first,
                name=f"link {index}",
                positions=first.positions @ spin.T + middle,
                normals=first.normals @ spin.T,
            )
        )
    return parts


def _link(long: float, wide: float, thick: float) -> Solid:
    """Bend a link: a long ring in the XZ plane, along X."""
    turn = (np.arange(8) + 0.5) * (2 * np.pi / 8)
    straight = (long - wide) / 2
    x = wide / 2 * np.cos(turn) + straight * np.sign(np.cos(turn))
    z = wide / 2 * np.sin(turn)
    out = np.stack([np.cos(turn), np.zeros(8), np.sin(turn)], axis=1)
    section = circle(4, thick / 2)
    path = np.stack([x, np.zeros(8), z], axis=1)
    up = np.array([0.0, 1.0, 0.0])
    rings = path[:, None] + out[:, None] * section[None, :, :1] + up * section[None, :, 1:]
    return loft(rings, wrap=True)


def _cord(plan: _Plan, brief: Brief, eye: float) -> list[Part]:
    points = _loop(plan, brief, eye, 90)
    tube = sweep(points, circle(7, 0.17), up=(0.0, 1.0, 0.02))
    far = points[len(points) // 2]
    knot = ellipsoid(0.5, 0.36, 0.42, sides=10, rows=7).moved(*(float(v) for v in far))
    ends = []
    for side in (-1.0, 1.0):
        steps = np.array([(0.0, 0.0, 0.0), (side * 0.6, 0.0, -0.7), (side * 0.9, -0.04, -1.5)])
        ends.append(sweep(curve(far + steps, 7), circle(6, 0.15), up=(0.0, 1.0, 0.02)))
    return [to_part(merge(tube, knot, *ends), "cord", "cord", crease_deg=60)]
