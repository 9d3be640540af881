"""Gems: cut stones that lie on their pavilion, and raw crystals on a piece of rock."""

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.jewels import (
    brilliant,
    cabochon,
    crystal,
    drop_cut,
    faceted,
    seeded_jewel,
    step_cut,
)
from asset_forge.greybox.shapes.lumps import lump, solid_of
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.shapes.placing import finished, turned
from asset_forge.greybox.solids import rotation

_CUTS = {
    "crystals": ("raw", "cluster", "crystals", "crystal", "rough", "uncut", "shard", "geode",
                 "jagged", "spiked"),
    "cabochon": ("cabochon", "polished", "smooth", "pearl", "opal", "moonstone"),
    "drop": ("drop", "teardrop", "pear", "tear"),
    "step": ("step", "emerald cut", "square", "rectangular", "oblong", "baguette"),
    "oval": ("oval", "ellipse"),
    "brilliant": ("brilliant", "round", "diamond", "cut"),
}  # fmt: skip


def build(brief: Brief) -> Shape:
    """Build a gem that lies as a cut stone does, its table tilted to +Z; or standing crystals."""
    rng = brief.rng("gem")
    style = manner(brief)
    seeded = str(rng.choice(["brilliant", "step", "oval", "drop", "brilliant"]))
    if words.has(brief, "emerald") and not words.has(brief, "crystal", "raw"):
        seeded = "step"
    cut = next((name for name, said in _CUTS.items() if words.has(brief, *said)), seeded)
    default = "amethyst" if cut == "crystals" else seeded_jewel(brief, "gem")
    surfaces = {
        "gem": words.surface_for(
            brief,
            ("gem", "gemstone", "jewel", "crystal", "crystals", "stone", "cluster"),
            default,
            ("gem", "bone"),
            main=True,
            anywhere=True,
        )
    }
    if cut == "crystals":
        surfaces["rock"] = words.surface_for(
            brief, ("rock", "base", "matrix"), str(rng.choice(["stone", "slate", "granite"])),
            ("stone",),
        )  # fmt: skip
        parts = _cluster(brief, style.breadth)
        return Shape("gem", finished(brief, parts, 0.12 * rng.uniform(0.9, 1.1)), surfaces)
    stretch = float(rng.uniform(1.25, 1.45))
    breadth = style.breadth
    if cut == "step":
        solid, lean = step_cut(2.0, 1.35 * rng.uniform(0.85, 1.1) * breadth**0.5), 50.0
    elif cut == "drop":
        solid, lean = drop_cut(1.0), 44.0
    elif cut == "cabochon":
        solid, lean = cabochon(2.0, 1.5 * rng.uniform(0.85, 1.2), height=0.5), 0.0
    else:
        depth = float(rng.uniform(0.82, 1.0))
        sides = int(rng.choice([8, 8, 10, 12])) if not style.ornate else 16
        solid = brilliant(1.0, sides=sides, depth=depth,
                          stretch=stretch if cut == "oval" else 1.0)  # fmt: skip
        lean = float(np.degrees(np.arctan(depth)))
    if cut == "cabochon":
        parts = [to_part(solid, "stone", "gem", crease_deg=40)]
    else:
        parts = [faceted(solid.rotated("y", float(rng.uniform(-6, 6))), "stone")]
    parts = turned(parts, "x", lean)
    parts = turned(parts, "y", float(rng.uniform(-14, 14)))
    return Shape("gem", finished(brief, parts, 0.04 * rng.uniform(0.88, 1.12)), surfaces)


def _cluster(brief: Brief, breadth: float) -> list[Part]:
    """Grow crystals out of a rock, the largest upright in the middle."""
    rng = brief.rng("gem cluster")
    base = lump(rng, (1.0, 0.42, 0.85), cuts=16)
    rock = solid_of(base, rng, level=2).moved(y=0.16)
    parts = [to_part(rock, "rock", "rock", crease_deg=18)]
    count = int(rng.integers(7, 12))
    for index in range(count):
        turn = 2.4 * index + float(rng.uniform(-0.4, 0.4))
        away = 0.0 if index == 0 else float(0.24 + 0.50 * index / count)
        length = (1.75 - 1.15 * away) * float(rng.uniform(0.75, 1.15))
        radius = (0.30 - 0.13 * away) * float(rng.uniform(0.8, 1.15)) * breadth
        lean = 62.0 * away * float(rng.uniform(0.7, 1.2)) + (4 if index == 0 else 0)
        shaft = crystal(radius, length, rng).rotated("y", float(rng.uniform(0, 60)))
        shaft = shaft.rotated("z", -lean).moved(x=away * 0.85, y=0.16)
        spin = rotation("y", float(np.degrees(turn)))
        shaft = shaft.bent(shaft.positions @ spin.T)
        parts.append(faceted(shaft, f"crystal {index}"))
    return parts
