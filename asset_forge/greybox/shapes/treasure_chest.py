"""Treasure chests: boards under bands, a lid arched of slats, a lock; open with gold inside."""

import re
from dataclasses import dataclass, replace

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.carpentry import (
    boards,
    nails,
    part_turned,
    planked,
    spelled_out,
    torus,
)
from asset_forge.greybox.shapes.fittings import grounded
from asset_forge.greybox.solids import Solid, box, extrude, gem, lathe, loft, merge, rotation
from asset_forge.greybox.surfaces import material_of

_WALL_M = 0.030
_BAND_M = 0.007
_FILLED = re.compile(
    r"\b(?:full of|filled with|brimming with|overflowing with|of|with)\s+"
    r"(?:[a-z]+\s+)?(?:gold|coins?|treasures?|jewels?|gems?|loot|riches)\b(?:\s+coins?)?"
)
_NAMES = ("chest", "trunk", "strongbox", "coffer", "planks", "boards")


@dataclass(frozen=True)
class _Plan:
    """Outer size in metres; rise_m: how far the lid arches. straps: bands across, of them ends."""

    width_m: float
    body_m: float
    depth_m: float
    rise_m: float
    straps: int
    strap_m: float
    open_deg: float
    filled: bool
    ornate: bool

    def arc(self, out_m: float, count: int) -> Floats:
        """Return (count, 2) of z and y over the lid's arch, back to front, out_m outside of it."""
        half = self.depth_m / 2
        radius = (half**2 + self.rise_m**2) / (2 * self.rise_m)
        middle_y = self.body_m + self.rise_m - radius
        reach = np.arcsin(min(half / radius, 1.0))
        if self.rise_m > half:
            reach = np.pi - reach
        angle = np.linspace(-reach, reach, count)
        r = radius + out_m
        return np.column_stack([r * np.sin(angle), middle_y + r * np.cos(angle)])


def build(brief: Brief) -> Shape:
    """Build a chest on y = 0 over the origin, its lock to +Z."""
    plan = _plan(brief)
    brief = spelled_out(brief)
    rng = brief.rng("treasure chest colours")
    told = replace(brief, name=_FILLED.sub("", brief.name.lower()),
                   description=_FILLED.sub("", brief.description.lower()))  # fmt: skip
    own = [m for w in words.piece_words(told, _NAMES) if (m := material_of(w)) is not None]
    metal_box = any(material.family == "metal" for material in own)
    wood = words.surface_for(
        told,
        _NAMES,
        str(rng.choice(["wood", "oak", "dark oak", "mahogany", "ash"])),
        ("wood", "bone", "stone", "leather", *(("metal",) if metal_box else ())),
        main=True,
    )
    band = "gold" if plan.ornate else str(rng.choice(["iron", "blacksteel", "iron", "bronze"]))
    surfaces = {
        "planks": wood,
        "metal": words.surface_for(
            told,
            ("band", "bands", "strap", "straps", "fittings", "trim", "corners", "hardware"),
            band,
            ("metal",),
        ),
        "lock": words.surface_for(told, ("lock", "clasp"), str(rng.choice(["brass", "gold"])),
                                  ("metal",)),
        "inside": "dark ebony",
        "gold": "polished gold",
        "jewels": str(rng.choice(["ruby", "emerald", "sapphire"])),
    }  # fmt: skip
    body = [*_body(plan, brief), *_body_bands(plan)]
    parts = [*body, *_lid(plan, brief), *_handles(plan)]
    if plan.filled:
        parts += _hoard(plan, brief)
    parts = grounded(parts)
    return Shape.of("treasure_chest", parts, surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("treasure chest")
    width = 0.92 * words.size_factor(brief) * float(rng.uniform(0.94, 1.08))
    depth = width * float(rng.uniform(0.58, 0.66))
    body = width * float(rng.uniform(0.36, 0.43))
    rise = depth * float(rng.uniform(0.34, 0.46))
    if words.has(brief, "flat", "strongbox", "coffer"):
        rise = 0.10 * depth
    if words.has(brief, "broad", "wide", "long"):
        width *= 1.25
    if words.has(brief, "slim", "narrow"):
        width *= 0.8
    if brief.height_m is not None:
        scale = brief.height_m / (body + rise)
        width, depth, body, rise = (v * scale for v in (width, depth, body, rise))
    text = f"{brief.name} and {brief.description}".lower()
    filled = _FILLED.search(text) is not None
    is_open = filled or words.has(brief, "open", "opened", "looted", "empty", "ajar")
    return _Plan(
        width_m=width,
        body_m=body,
        depth_m=depth,
        rise_m=rise,
        straps=int(rng.choice([2, 2, 3])),
        strap_m=0.062 * width * float(rng.uniform(0.85, 1.15)),
        open_deg=float(rng.uniform(72, 96)) if is_open else 0.0,
        filled=is_open and not words.has(brief, "looted", "empty"),
        ornate=words.has(brief, "ornate", "royal", "decorated", "noble", "golden trim"),
    )


def _body(plan: _Plan, brief: Brief) -> list[Part]:
    """Make four walls of boards around a floor."""
    rng = brief.rng("treasure chest boards")
    w, h, d = plan.width_m, plan.body_m, plan.depth_m
    parts: list[Part] = []
    for name, turn, wide, face in (
        ("front", 0, w, d / 2), ("back", 180, w, d / 2),
        ("right", 90, d - 1.9 * _WALL_M, w / 2), ("left", 270, d - 1.9 * _WALL_M, w / 2),
    ):  # fmt: skip
        wall = [
            board.rotated("z", 90).moved(y=h / 2, z=face - _WALL_M / 2).rotated("y", turn)
            for board in boards(h, wide, _WALL_M, 3, rng, bevel=0.005, faced=True)
        ]
        parts += planked(wall, name, "planks", rng)
    floor = box(w - 1.5 * _WALL_M, 0.03, d - 1.5 * _WALL_M).moved(y=0.03)
    shell = box(w - 1.9 * _WALL_M, h * 0.9, d - 1.9 * _WALL_M).moved(y=h * 0.48)
    # Behind a closed lid a solid core stops all light; an open chest shows its floor.
    parts.append(to_part(floor if plan.open_deg else shell, "inside", "inside"))
    return parts


def _strap_places(plan: _Plan) -> Floats:
    """Return the x of every strap, the two at the ends first."""
    end = plan.width_m / 2 - 0.46 * plan.strap_m
    if plan.straps == 2:
        between = np.array([-0.42, 0.42]) * end
    else:
        between = np.array([-0.55, 0.0, 0.55]) * end
    return np.concatenate([[-end, end], between])


def _body_bands(plan: _Plan) -> list[Part]:
    """Make straps up front and back, angle irons at the corners, rims, feet, and their rivets."""
    w, h, d, s = plan.width_m, plan.body_m, plan.depth_m, plan.strap_m
    solids: list[Solid] = []
    front: list[tuple[float, float, float]] = []
    for x in _strap_places(plan):
        at_end = abs(x) > 0.8 * (w / 2)
        if plan.straps == 3 and abs(x) < 1e-6:
            continue  # the lock sits here
        strip = box(s, h, 2 * _BAND_M, bevel=0.002).moved(x=float(x), y=h / 2)
        solids += [strip.moved(z=d / 2), strip.moved(z=-d / 2)]
        front += [(float(x), h * share, side * (d / 2 + _BAND_M)) for share in (0.16, 0.5, 0.80)
                  for side in (1.0, -1.0)]  # fmt: skip
        if at_end:
            side = np.sign(x)
            corner = box(2 * _BAND_M, h, s, bevel=0.002).moved(x=float(side * w / 2), y=h / 2)
            solids += [corner.moved(z=z * (d / 2 - s * 0.46)) for z in (1.0, -1.0)]
    rim = 0.030 * w / 0.92
    for y in (h - rim / 2, rim / 2):
        long = box(rim, w + _BAND_M, _BAND_M * 2.4, bevel=0.002).rotated("z", 90).moved(y=y)
        short = box(rim, d + _BAND_M, _BAND_M * 2.4, bevel=0.002).rotated("z", 90).rotated("y", 90)
        solids += [long.moved(z=d / 2), long.moved(z=-d / 2)]
        solids += [short.moved(w / 2, y, 0.0), short.moved(-w / 2, y, 0.0)]
    feet = [
        box(s * 1.5, 0.035, s * 1.5, bevel=0.006).moved(sx * (w / 2 - s * 0.7), -0.012,
                                                      sz * (d / 2 - s * 0.7))
        for sx in (-1, 1) for sz in (-1, 1)
    ]  # fmt: skip
    return [
        to_part(merge(*solids), "body bands", "metal", crease_deg=20),
        to_part(merge(*feet), "feet", "metal", crease_deg=20),
        *nails(
            front,
            [(0.0, 0.0, float(np.sign(z))) for _, _, z in front],
            radius_m=0.010,
            slot="metal",
        ),
    ]


def _lid(plan: _Plan, brief: Brief) -> list[Part]:
    """Make the arched lid with its bands and hasp, turned up about its hinge when open."""
    rng = brief.rng("treasure chest lid")
    w, d, s = plan.width_m, plan.depth_m, plan.strap_m
    slats = 7
    outer, inner = plan.arc(0.0, slats + 1), plan.arc(-0.024, slats + 1)
    solids = []
    for k in range(slats):
        ring = np.array([inner[k], outer[k], outer[k + 1], inner[k + 1]])
        across = (outer[k + 1] - outer[k]) / np.linalg.norm(outer[k + 1] - outer[k])
        ring[1] += 0.0016 * across
        ring[2] -= 0.0016 * across
        solids.append(
            loft([np.column_stack([np.full(4, x), ring[:, 1], ring[:, 0]])
                  for x in (-w / 2 + 0.004, w / 2 - 0.004)])
        )  # fmt: skip
    ends = plan.arc(-0.006, 15)
    half = np.column_stack([ends[:, 0], np.maximum(ends[:, 1], plan.body_m + 0.002)])
    for side in (-1.0, 1.0):
        x = side * (w / 2 - _WALL_M * 0.55)
        solids.append(
            loft([np.column_stack([np.full(len(half), x + t), half[:, 1], half[:, 0]])
                  for t in (-_WALL_M * 0.35, _WALL_M * 0.35)])
        )  # fmt: skip
    parts = planked(solids, "slat", "planks", rng)
    bands = [_arch_band(plan, float(x), s) for x in _strap_places(plan)]
    rim = 0.026 * w / 0.92
    for side in (-1.0, 1.0):
        bands.append(
            box(w + _BAND_M, rim, _BAND_M * 2.4, bevel=0.002)
            .moved(y=plan.body_m + 0.003 + rim / 2, z=side * d / 2)
        )  # fmt: skip
        bands.append(
            box(_BAND_M * 2.4, rim, d + _BAND_M, bevel=0.002)
            .moved(side * w / 2, plan.body_m + 0.003 + rim / 2, 0.0)
        )  # fmt: skip
    parts.append(to_part(merge(*bands), "lid bands", "metal", crease_deg=28))
    arc = plan.arc(_BAND_M + 0.001, 7)
    out = np.roll(arc, -1, axis=0) - np.roll(arc, 1, axis=0)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    spots = [
        ((float(x), float(arc[k, 1]), float(arc[k, 0])), (0.0, float(out[k, 0]), -float(out[k, 1])))
        for x in _strap_places(plan)
        for k in (1, 3, 5)
    ]
    parts += nails([at for at, _ in spots], [to for _, to in spots], radius_m=0.010, slot="metal")
    parts += _lock(plan)
    if plan.open_deg:
        hinge = np.array([0.0, plan.body_m, -d / 2])
        turn = rotation("x", -plan.open_deg)
        parts = [p if p.name == "lock" else part_turned(p, turn, hinge) for p in parts]
    return parts


def _arch_band(plan: _Plan, x: float, wide: float) -> Solid:
    outer, inner = plan.arc(_BAND_M, 13), plan.arc(-0.012, 13)
    outer[:, 1] = np.maximum(outer[:, 1], plan.body_m + 0.004)
    inner[:, 1] = np.maximum(inner[:, 1], plan.body_m + 0.003)
    cut = 0.002
    rings = []
    for (z0, y0), (z1, y1) in zip(inner, outer, strict=True):
        rings.append([(x - wide / 2, y0, z0), (x - wide / 2 + cut, y1, z1),
                      (x + wide / 2 - cut, y1, z1), (x + wide / 2, y0, z0)])  # fmt: skip
    return loft(rings)


def _lock(plan: _Plan) -> list[Part]:
    """Make the lock plate with its keyhole on the body and the hasp on the lid."""
    size = 0.085 * plan.width_m / 0.92
    y, z = plan.body_m - 1.05 * size, plan.depth_m / 2
    outline = np.array([(-0.9, 0.7), (-0.9, -0.3), (-0.5, -0.95), (0.0, -1.2), (0.5, -0.95),
                        (0.9, -0.3), (0.9, 0.7), (0.5, 1.0), (-0.5, 1.0)]) * size  # fmt: skip
    plate = extrude(outline, 0.022, bevel=0.005).moved(y=y, z=z + 0.012)
    hole = merge(
        lathe([(0.0, 0.0), (0.17 * size, 0.0), (0.17 * size, 0.004), (0.0, 0.004)], sides=8)
        .rotated("x", 90).moved(y=y + 0.02 * size, z=z + 0.0215),
        extrude(np.array([(-0.07, 0.0), (-0.16, -0.55), (0.16, -0.55), (0.07, 0.0)]) * size, 0.004)
        .moved(y=y, z=z + 0.0235),
    )  # fmt: skip
    reach = min(size, 0.8 * plan.rise_m)
    hasp = merge(
        box(0.75 * size, reach + 0.5 * size, 0.012, bevel=0.003)
        .moved(y=plan.body_m + 0.5 * reach - 0.25 * size, z=z + 0.029 + _BAND_M),
        box(0.45 * size, 0.35 * size, 0.034, bevel=0.004)
        .moved(y=plan.body_m + 0.55 * reach, z=z + 0.012),
    )  # fmt: skip
    return [
        to_part(plate, "lock", "lock", crease_deg=25),
        replace(to_part(hole, "lock", "inside"), name="lock"),
        to_part(hasp, "hasp", "lock", crease_deg=25),
    ]


def _handles(plan: _Plan) -> list[Part]:
    """Make a ring in a bracket on either side."""
    r = 0.062 * plan.width_m / 0.92
    y = 0.60 * plan.body_m
    ring = torus(r, 0.010, sides=12, section=6).scaled(1.25, 1.0, 1.0).moved(y=y - 0.75 * r)
    bracket = box(1.2 * r, 0.55 * r, 0.034, bevel=0.006).moved(y=y + 0.15 * r)
    one = merge(ring.moved(z=0.022), bracket)
    both = [one.moved(z=plan.width_m / 2).rotated("y", turn) for turn in (90, 270)]
    return [to_part(merge(*both), "handles", "metal", crease_deg=35)]


def _hoard(plan: _Plan, brief: Brief) -> list[Part]:
    """Heap gold up to the rim: a mound, coins strewn over it, a few cut stones."""
    rng = brief.rng("treasure chest hoard")
    w, d = plan.width_m / 2 - _WALL_M, plan.depth_m / 2 - _WALL_M

    def mound(x: Floats, z: Floats) -> Floats:
        share = np.clip(1 - (x / w) ** 4, 0, 1) * np.clip(1 - (z / d) ** 4, 0, 1)
        lump = 0.012 * np.sin(17 * x + 2) * np.cos(19 * z)
        level: Floats = plan.body_m * 0.86 + 0.30 * plan.rise_m * share + lump
        return level

    grid = [np.linspace(-1, 1, 9) * w, np.linspace(-1, 1, 7) * d]
    rings = []
    for x in grid[0]:
        z = grid[1]
        top = np.column_stack([np.full(7, x), mound(np.full(7, x), z), z])
        low = np.array([[x, plan.body_m * 0.5, d], [x, plan.body_m * 0.5, -d]])
        rings.append(np.vstack([top, low]))
    parts = [to_part(loft(rings), "hoard", "gold", crease_deg=30)]
    coin = lathe([(0.0, -0.004), (0.027, -0.003), (0.027, 0.003), (0.0, 0.004)], sides=8)
    first = to_part(coin, "coin", "gold", chart="coins", crease_deg=40)
    for index in range(32):
        spot = rng.uniform(-0.88, 0.88, 2) * (w, d)
        turn = rotation("y", float(rng.uniform(0, 360))) @ rotation("x", float(rng.normal(0, 28)))
        at = np.array([spot[0], float(mound(spot[0], spot[1])) + 0.010, spot[1]])
        tossed = part_turned(first, turn, np.zeros(3))
        parts.append(replace(tossed, name=f"coin {index}", positions=tossed.positions + at))
    for index in range(5):
        spot = rng.uniform(-0.7, 0.7, 2) * (w, d)
        y = float(mound(spot[0], spot[1])) + 0.02
        cut = gem(0.028, 0.05).rotated("x", float(rng.uniform(20, 160)))
        placed = cut.moved(float(spot[0]), y, float(spot[1]))
        parts.append(to_part(placed, f"jewel {index}", "jewels", crease_deg=5))
    return parts
