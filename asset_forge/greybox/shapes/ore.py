"""Ore: a broken rock with veins and nuggets of metal, or crystals, in its surface."""

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.jewels import crystal, faceted
from asset_forge.greybox.shapes.lumps import Lump, lump, solid_of
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.shapes.placing import finished
from asset_forge.greybox.solids import Solid, loft
from asset_forge.greybox.surfaces import parse_surface


def build(brief: Brief) -> Shape:
    """Build a piece of ore that lies on the ground; "nugget" is metal alone."""
    rng = brief.rng("ore")
    style = manner(brief)
    found = _found(brief, str(rng.choice(["gold", "copper", "silver", "mithril", "rusty iron"])))
    radii = (1.0 * style.breadth, float(rng.uniform(0.68, 0.9)), float(rng.uniform(0.75, 0.95)))
    size = 0.15 * float(rng.uniform(0.88, 1.12))
    body = lump(rng, radii, cuts=int(rng.integers(12, 18)), foot=0.55)
    if words.has(brief, "nugget", "nuggets"):
        parts = _nugget(rng, body)
        return Shape("ore", finished(brief, parts, 0.4 * size), {"ore": found})
    dark = parse_surface(found).material in ("silver", "iron", "mithril", "steel", "lead")
    rock = words.surface_for(
        brief,
        ("rock", "matrix", "host", "stone"),
        str(rng.choice(["slate", "dark granite"] if dark else ["stone", "granite", "slate"])),
        ("stone",),
    )
    parts = [to_part(solid_of(body, rng), "rock", "rock", crease_deg=16)]
    if parse_surface(found).family == "gem":
        parts += _crystals(rng, body)
    else:
        amount = 1.5 if words.has(brief, "rich", "pure") or style.ornate else 1.0
        amount *= min(brief.face_budget / 6000, 1.0)
        parts += _veins(rng, body, round(4 * amount))
        parts += _nuggets(rng, body, round(24 * amount))
    return Shape("ore", finished(brief, parts, size), {"rock": rock, "ore": found})


def _found(brief: Brief, default: str) -> str:
    """Return the surface of what is in the rock."""
    if words.has(brief, "coal"):
        return "obsidian"
    if words.has(brief, "tin"):
        default = "light lead"
    found = words.surface_for(
        brief,
        ("ore", "vein", "veins", "nugget", "nuggets", "metal", "crystal", "crystals", "ores"),
        default,
        ("metal", "gem"),
        main=True,
        anywhere=True,
    )
    # Iron in a rock is seen by its rust.
    return f"rusty {found}" if found == "iron" else found


def _nugget(rng: np.random.Generator, body: Lump) -> list[Part]:
    solid = solid_of(body, rng, rough=0.05, level=2)
    parts = [to_part(solid, "nugget", "ore", crease_deg=75)]
    for index in range(5):
        place = body.at(_directions(rng, 1))[0] * 0.8
        radii = tuple(float(r) for r in rng.uniform(0.28, 0.5, 3))
        bump = solid_of(lump(rng, (radii[0], radii[1], radii[2]), cuts=6), rng, rough=0.06, level=2)
        parts.append(to_part(bump.moved(*(float(v) for v in place)), f"bump {index}", "ore",
                             crease_deg=75))  # fmt: skip
    return parts


def _veins(rng: np.random.Generator, body: Lump, count: int) -> list[Part]:
    """Lay jagged seams along the surface, sunk into it, wider in the middle."""
    parts = []
    for index in range(count):
        start = _directions(rng, 1)[0]
        side = np.cross(start, rng.normal(size=3))
        side /= np.linalg.norm(side)
        angle = np.linspace(0.0, float(rng.uniform(1.4, 2.6)), 22)
        third = np.cross(start, side)
        wander = 0.16 * np.cumsum(rng.normal(size=22)) * 0.35
        around = np.outer(np.cos(angle), start) + np.outer(np.sin(angle), side)
        path = around + wander[:, None] * third
        wide = 0.125 * np.sin(np.linspace(0.12, np.pi - 0.12, 22)) * rng.uniform(0.55, 1.3, 22)
        parts.append(to_part(_seam(body, path, wide, third), f"vein {index}", "ore",
                             crease_deg=22))  # fmt: skip
    return parts


def _seam(body: Lump, path: Floats, wide: Floats, third: Floats) -> Solid:
    """Loft a seam over five points across, sunk at its borders, raised in the middle."""
    rings = []
    for share, lift in ((-1.0, 0.93), (-0.55, 1.022), (0.0, 1.045), (0.5, 1.018), (1.0, 0.93)):
        rings.append(body.at(path + third * (share * wide)[:, None]) * lift)
    rings.append(body.at(path) * 0.86)
    return loft(np.stack(rings, axis=1), cap_scale=0.3)


def _nuggets(rng: np.random.Generator, body: Lump, count: int) -> list[Part]:
    """Press small lumps of metal into the surface, in groups."""
    parts = []
    centres = _directions(rng, 6)
    for index in range(count):
        direction = centres[index % 6] + rng.normal(0.0, 0.22, 3)
        place = body.at(direction[None])[0]
        size = float(rng.uniform(0.08, 0.20))
        grain = lump(rng, (size, 0.8 * size, 0.9 * size), cuts=9)
        solid = solid_of(grain, rng, rough=0.05, level=1)
        x, y, z = (float(v) for v in place * 0.985)
        parts.append(to_part(solid.moved(x, y, z), f"nugget {index}", "ore", crease_deg=20))
    return parts


def _crystals(rng: np.random.Generator, body: Lump) -> list[Part]:
    """Let groups of crystals stand out of the rock."""
    parts = []
    for group, centre in enumerate(_directions(rng, 7)):
        for index in range(4):
            direction = centre + (rng.normal(0.0, 0.16, 3) if index else 0.0)
            place = body.at(direction[None])[0]
            out = place / np.linalg.norm(place) + rng.normal(0.0, 0.18, 3)
            radius = float(rng.uniform(0.07, 0.12)) * (1.5 if index == 0 else 1.0)
            shaft = crystal(radius, radius * float(rng.uniform(3.6, 5.4)), rng)
            solid = _aimed(shaft, out, place * 0.86)
            parts.append(faceted(solid, f"crystal {group} {index}", "ore"))
    return parts


def _aimed(solid: Solid, out: Floats, place: Floats) -> Solid:
    """Turn a solid's +Y to a direction and move it."""
    y = out / np.linalg.norm(out)
    x = np.cross(y, [0.31, 0.22, 0.93])
    x /= np.linalg.norm(x)
    spin = np.stack([x, y, np.cross(x, y)], axis=1)
    return solid.bent(solid.positions @ spin.T + place)


def _directions(rng: np.random.Generator, count: int) -> Floats:
    """Return directions that a viewer sees: above the ground, spread around."""
    turn = rng.uniform(0, 2 * np.pi) + np.arange(count) * (2 * np.pi / count)
    turn += rng.uniform(-0.5, 0.5, count)
    rise = rng.uniform(0.05, 0.95, count)
    rise[0] += 1.2
    spread = np.stack([np.cos(turn), rise, np.sin(turn)], axis=1)
    unit: Floats = spread / np.linalg.norm(spread, axis=1, keepdims=True)
    return unit
