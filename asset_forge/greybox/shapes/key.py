"""Keys: a bow to hold, a collared shaft, a bit with wards; simple, ornate, of bone."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.emblems import heart_outline, relief
from asset_forge.greybox.shapes.jewels import brilliant, faceted, seeded_jewel, torus
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.shapes.placing import finished, turned
from asset_forge.greybox.solids import Solid, circle, curve, ellipsoid, extrude, lathe, merge, sweep
from asset_forge.greybox.solids import loft as skin

_BOWS = {
    "heart": ("heart", "love"),
    "skull": ("skull", "skeleton", "death", "bone", "cursed", "crypt"),
    "trefoil": ("trefoil", "clover", "gothic", "holy", "church"),
    "quatrefoil": ("quatrefoil", "castle", "royal"),
}


@dataclass(frozen=True)
class _Plan:
    """In shares of the length. teeth: (foot, width, height) of the bit's wards."""

    bow: str
    wire: float
    bow_m: float
    shaft: float
    bit: float
    cuts: tuple[int, ...]
    ornate: bool
    simple: bool


def build(brief: Brief) -> Shape:
    """Build a key that stands on its tip, the bow up and to +Z, the bit to +X."""
    plan = _plan(brief)
    rng = brief.rng("key colours")
    surfaces = {
        "key": words.surface_for(
            brief,
            ("key", "bow", "shaft", "bit", "head", "handle"),
            str(rng.choice(["iron", "brass", "bronze", "gold", "silver"])),
            ("metal", "bone", "wood", "stone", "gem"),
            main=True,
        )
    }
    parts = [
        to_part(_shaft(plan), "shaft", "key", crease_deg=35),
        to_part(_bit(plan), "bit", "key", crease_deg=20),
        to_part(_bow(plan), "bow", "key", crease_deg=45),
    ]
    if plan.ornate or words.has(brief, "gem", "jewel", "jewelled", "ruby", "sapphire", "emerald"):
        surfaces["gem"] = words.surface_for(
            brief, ("gem", "jewel", "stone"), seeded_jewel(brief, "key"), ("gem",), anywhere=True
        )
        cup = torus(0.040, 0.020, sides=16).rotated("x", 90)
        stone = brilliant(0.040, sides=8, depth=0.35).rotated("x", 90).moved(z=-0.006)
        back = stone.rotated("y", 180)
        middle = 0.5 + plan.bow_m * (0.95 if plan.bow != "skull" else 2.0)
        parts.append(to_part(cup.moved(y=middle), "cup", "key", crease_deg=45))
        parts += [faceted(s.moved(y=middle), f"stone {i}") for i, s in enumerate((stone, back))]
        spokes = [
            sweep([(0, 0, 0), (0, plan.bow_m * 0.9, 0)], circle(6, plan.wire * 0.45)).rotated(
                "z", turn
            )
            for turn in (60, 180, 300)
        ]
        if plan.bow != "skull":
            parts.append(to_part(merge(*spokes).moved(y=middle), "spokes", "key", crease_deg=50))
    parts = turned(parts, "y", 14.0)
    size = 0.09 * float(brief.rng("key size").uniform(0.9, 1.15))
    return Shape("key", finished(brief, parts, size), surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("key")
    style = manner(brief)
    bow = str(rng.choice(["ring", "oval", "trefoil", "quatrefoil", "heart"]))
    bow = next((name for name, said in _BOWS.items() if words.has(brief, *said)), bow)
    if style.simple:
        bow = "ring"
    elif style.ornate and bow in ("ring", "oval"):
        bow = "quatrefoil"
    cuts = rng.permutation(4)[: 2 if style.simple else 3]
    return _Plan(
        bow=bow,
        wire=0.046 * float(rng.uniform(0.85, 1.15)) * style.breadth**0.7,
        bow_m=0.155 * float(rng.uniform(0.88, 1.15)) * style.breadth**0.4,
        shaft=0.033 * float(rng.uniform(0.9, 1.15)) * style.breadth,
        bit=float(rng.uniform(0.18, 0.23)) * style.breadth**0.5,
        cuts=tuple(int(c) for c in cuts),
        ornate=style.ornate,
        simple=style.simple,
    )


def _shaft(plan: _Plan) -> Solid:
    """Turn the shaft from the tip at y = -0.5 to the bow's foot at y = 0.5."""
    r = plan.shaft
    profile = [(0.0, -0.5), (r * 0.7, -0.5), (r, -0.485), (r, -0.2), (r, 0.28)]
    rings = (0.34,) if plan.simple else (0.30, 0.37, 0.44)
    for y in rings:
        big = 1.75 if y == rings[-1] else 1.45
        profile += [(r * 1.05, y - 0.022), (r * big, y - 0.014), (r * big * 1.05, y),
                    (r * big, y + 0.014), (r * 1.05, y + 0.022)]  # fmt: skip
    profile += [(r * 1.15, 0.49), (r * 1.3, 0.53), (0.0, 0.54)]
    return lathe(profile, sides=14)


def _bit(plan: _Plan) -> Solid:
    """Cut the bit: a plate with steps on its border and a slot."""
    low, high, out = -0.46, -0.46 + 0.23, plan.bit
    step = (high - low) / 4
    border: list[tuple[float, float]] = [(0.0, low)]
    for index in range(4):
        reach = out * (0.58 if index in plan.cuts[1:2] else 1.0)
        if index in plan.cuts[2:3]:
            reach = out * 0.80
        y = low + index * step
        border += [(reach, y), (reach, y + step)]
    border.append((0.0, high))
    if plan.cuts[0] in (1, 2):
        # A ward's slot from above.
        border[-1:] = [
            (out * 0.62, high), (out * 0.62, high - step * 0.7), (out * 0.40, high - step * 0.7),
            (out * 0.40, high), (0.0, high),
        ]  # fmt: skip
    clean = [p for i, p in enumerate(border) if p != border[i - 1]]
    plate = extrude(np.array(clean), plan.shaft * 0.95, bevel=plan.shaft * 0.16)
    root = np.array([(0, low - 0.012), (out * 0.25, low - 0.012), (out * 0.25, high + 0.02),
                     (0, high + 0.02)])  # fmt: skip
    lip = extrude(root, plan.shaft * 1.5, bevel=0.004)
    return merge(plate, lip)


def _bow(plan: _Plan) -> Solid:
    r, wire = plan.bow_m, plan.wire
    foot = 0.5
    ring = torus(r, wire * 1.1, sides=28).rotated("x", 90)
    ring = ring.scaled(1.0, 1.0, 0.8)
    if plan.bow == "ring":
        return ring.moved(y=foot + r)
    if plan.bow == "oval":
        return merge(ring.scaled(1.35, 0.85, 1.0).moved(y=foot + 0.85 * r), _knob(plan, 1.75 * r))
    if plan.bow == "heart":
        return _wire(heart_outline(36) * r * 1.15, wire).moved(y=foot + r * 0.98)
    if plan.bow == "skull":
        return _skull(plan).moved(y=foot + r * 0.9)
    lobes = 3 if plan.bow == "trefoil" else 4
    turn = np.linspace(0, 2 * np.pi, 73)[:-1]
    phase = np.pi / 2 if lobes == 3 else 0.0
    flower = r * (0.95 + 0.42 * np.abs(np.cos(lobes / 2 * (turn - phase))) ** 0.9)
    outline = np.stack([flower * np.cos(turn), flower * np.sin(turn)], axis=1)
    beads = [
        ellipsoid(wire * 0.8, wire * 0.8, wire * 0.7, sides=8, rows=6).moved(
            1.42 * r * float(np.cos(a)), 1.42 * r * float(np.sin(a))
        )
        for a in (phase + np.arange(lobes) * 2 * np.pi / lobes)
    ]
    low = float(outline[:, 1].min())
    inner = torus(r * 0.42, wire * 0.7, sides=18).rotated("x", 90)
    return merge(_wire(outline, wire), *beads, inner).moved(y=foot - low)


def _wire(outline: Floats, wire: float) -> Solid:
    """Bend a wire along a closed outline in XY."""
    ahead = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    out = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
    section = circle(8, wire / 2)
    rings = np.zeros((len(outline), 8, 3))
    rings[:, :, :2] = outline[:, None] + out[:, None] * section[None, :, :1] * 1.15
    rings[:, :, 2] = section[:, 1] * 0.9
    return skin(rings, wrap=True)


def _knob(plan: _Plan, y: float) -> Solid:
    size = plan.wire * 0.9
    return ellipsoid(size, size, size, sides=10, rows=7).moved(y=0.5 + y)


def _skull(plan: _Plan) -> Solid:
    """Model a small skull with hollow-looking eyes and a row of teeth."""
    r = plan.bow_m
    side = curve([(0.0, -0.72), (0.40, -0.70), (0.46, -0.42), (0.66, -0.20), (0.86, 0.20),
                  (0.78, 0.68), (0.42, 0.98), (0.0, 1.06)], 16)  # fmt: skip
    head = lathe(np.abs(side) * [1, 0] + side * [0, 1], sides=16).scaled(r, r, r * 0.85)
    brow = [torus(0.25 * r, 0.10 * r, sides=12).rotated("x", 90).moved(sx * 0.33 * r, 0.14 * r,
                                                                      sz * 0.66 * r)
            for sx in (-1, 1) for sz in (-1, 1)]  # fmt: skip
    nose = relief("heart", 0.14 * r, 0.05 * r).rotated("z", 180).moved(y=-0.22 * r, z=0.58 * r)
    teeth = [
        ellipsoid(0.075 * r, 0.16 * r, 0.10 * r, sides=6, rows=5).moved(
            x * r, -0.62 * r, sz * 0.32 * r
        )
        for x in (-0.27, -0.09, 0.09, 0.27)
        for sz in (-1, 1)
    ]
    ring = torus(0.34 * r, plan.wire * 0.8, sides=18).rotated("x", 90).moved(y=1.32 * r)
    return merge(head, *brow, nose, nose.rotated("y", 180), *teeth, ring)
