"""Barrels: bulged staves under hoops, heads of boards, a bung; open, broken, or a tapped keg."""

from dataclasses import dataclass, replace

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.carpentry import (
    beam,
    nails,
    part_turned,
    planked,
    ring_band,
    round_boards,
    spelled_out,
)
from asset_forge.greybox.shapes.fittings import grounded
from asset_forge.greybox.solids import Solid, box, lathe, loft, merge, rotation

_STAVE_M = 0.024
_HOOP_M = 0.0055
_LIQUIDS = {
    "water": "azure glass", "ale": "amber glass", "beer": "amber glass",
    "wine": "maroon glass", "rum": "brown glass", "oil": "black obsidian",
}  # fmt: skip


@dataclass(frozen=True)
class _Plan:
    """Outer size in metres. hoops: heights as shares. broken: staves that are broken off."""

    height_m: float
    head_m: float
    belly_m: float
    staves: int
    hoops: tuple[float, ...]
    is_open: bool
    broken: int
    lying: bool
    liquid: str | None

    def radius(self, y: float) -> float:
        """Return the outer radius at a height."""
        t = 2 * y / self.height_m - 1
        return float(self.belly_m + (self.head_m - self.belly_m) * abs(t) ** 2.1)


def build(brief: Brief) -> Shape:
    """Build a barrel on y = 0 over the origin; a keg lies on a cradle with its tap to +Z."""
    plan = _plan(brief)
    brief = spelled_out(brief)
    rng = brief.rng("barrel colours")
    staves = words.surface_for(
        brief,
        ("barrel", "keg", "cask", "stave", "staves", "planks"),
        str(rng.choice(["oak", "wood", "oak", "ash", "maple"])),
        ("wood", "metal", "stone", "bone"),
        main=True,
    )
    hoop = (
        "gold" if words.has(brief, "ornate", "royal") else str(rng.choice(["iron", "blacksteel"]))
    )
    surfaces = {
        "staves": staves,
        "head": words.surface_for(brief, ("lid", "head", "top"), staves, ("wood", "metal")),
        "hoops": words.surface_for(
            brief, ("hoop", "hoops", "band", "bands", "rim"), hoop, ("metal", "cloth", "wood")
        ),
        "bung": "pine",
        "inside": "dark ebony",
        "liquid": plan.liquid or "azure glass",
        "tap": "brass",
        "cradle": "dark oak",
    }
    parts = [*_staves(plan, brief), *_heads(plan, brief), *_hoops(plan, brief)]
    if plan.lying:
        parts = _laid(parts, plan)
    elif not plan.broken:
        parts.append(to_part(_bung(plan), "bung", "bung", crease_deg=30))
    if plan.broken:
        parts += _wreckage(plan, brief)
    parts = grounded(parts)
    return Shape.of("barrel", parts, surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("barrel")
    keg = words.has(brief, "keg", "tapped", "beer barrel", "ale barrel", "lying", "on its side")
    height = (0.62 if keg else 0.92) * words.size_factor(brief) * float(rng.uniform(0.94, 1.06))
    slender = float(rng.uniform(0.335, 0.375))
    if words.has(brief, "broad", "wide", "fat", "squat"):
        slender *= 1.22
    elif words.has(brief, "slim", "narrow"):
        slender *= 0.8
    if keg:
        slender *= 1.12
    if brief.height_m is not None:
        height = brief.height_m
    belly = height * slender
    liquid = next((_LIQUIDS[word] for word in words.said(brief) if word in _LIQUIDS), None)
    broken = words.has(brief, "broken", "smashed", "ruined", "shattered", "wrecked")
    is_open = broken or words.has(brief, "open", "empty", "lidless", "full", "filled")
    layouts = [(0.075, 0.20, 0.36, 0.64, 0.80, 0.925), (0.08, 0.30, 0.70, 0.92),
               (0.075, 0.21, 0.79, 0.925)]  # fmt: skip
    return _Plan(
        height_m=height,
        head_m=belly * float(rng.uniform(0.76, 0.84)),
        belly_m=belly,
        staves=int(rng.integers(13, 18)),
        hoops=layouts[int(rng.integers(3))],
        is_open=is_open,
        broken=int(rng.integers(4, 6)) if broken else 0,
        lying=keg and not is_open,
        liquid=liquid if is_open and not broken else None,
    )


def _staves(plan: _Plan, brief: Brief) -> list[Part]:
    rng = brief.rng("barrel staves")
    edges = np.linspace(0, 2 * np.pi, plan.staves + 1)
    edges[1:-1] += rng.uniform(-0.14, 0.14, plan.staves - 1) * 2 * np.pi / plan.staves
    # The gap of a broken barrel opens to +Z, a little to the right.
    edges = edges + np.pi / 2 - 1.2
    gone = set(range(plan.broken))
    solids = []
    for index in range(plan.staves):
        top = 1.0
        jags = np.zeros(6)
        if index in gone:
            middle = abs(index - (plan.broken - 1) / 2) / plan.broken
            top = float(rng.uniform(0.24, 0.40) + 0.55 * middle)
            jags = rng.uniform(-0.07, 0.09, 6) * plan.height_m
        solids.append(_stave(plan, -float(edges[index]), -float(edges[index + 1]), top, jags))
    return planked(solids, "stave", "staves", rng, spread=0.18)


def _stave(plan: _Plan, start: float, end: float, top: float, jags: Floats) -> Solid:
    """Bend one stave between two angles; top: share of the height, jags: metres at its end."""
    gap = 0.0018 / plan.belly_m * np.sign(end - start)
    a, b = start + gap, end - gap
    slant = 0.10 * (b - a)
    # The staves meet inside, so that no light falls through.
    angles = np.array([start, a, a + slant, b - slant, b, end])
    rings = []
    heights = np.linspace(0.0, top, 8) * plan.height_m
    for y in heights:
        r = plan.radius(float(y))
        radii = np.array([r - _STAVE_M, r - 0.005, r, r, r - 0.005, r - _STAVE_M])
        rings.append(
            np.column_stack([radii * np.cos(angles), np.full(6, y), -radii * np.sin(angles)])
        )
    rings[-1][:, 1] += jags
    return loft(rings)


def _heads(plan: _Plan, brief: Brief) -> list[Part]:
    """Make the two ends of boards, sunk into the staves; without the upper one when open."""
    rng = brief.rng("barrel heads")
    sink = 0.045 * plan.height_m
    parts: list[Part] = []
    for y in (sink, *(() if plan.is_open else (plan.height_m - sink,))):
        radius = plan.radius(y) - 0.5 * _STAVE_M
        angle = float(rng.uniform(0, 90))
        cut = [
            solid.rotated("z", angle).rotated("x", -90).moved(y=y)
            for solid in round_boards(radius, 0.022, 5, rng)
        ]
        parts += planked(cut, f"head {y:.2f}", "head", rng)
    if plan.liquid:
        y = 0.86 * plan.height_m
        r = plan.radius(y) - 0.6 * _STAVE_M
        surface = lathe([(0.0, y - 0.01), (r, y - 0.01), (r, y), (0.0, y + 0.001)], sides=24)
        parts.append(to_part(surface, "liquid", "liquid"))
    return parts


def _hoops(plan: _Plan, brief: Brief) -> list[Part]:
    rng = brief.rng("barrel hoops")
    wide = 0.048 * plan.height_m
    parts: list[Part] = []
    places: list[tuple[float, float, float]] = []
    outwards: list[tuple[float, float, float]] = []
    for index, share in enumerate(plan.hoops):
        if plan.broken and index == len(plan.hoops) - 1:
            continue
        low, high = share * plan.height_m - wide / 2, share * plan.height_m + wide / 2
        band = ring_band(
            (plan.radius(low) - 0.004, low), (plan.radius(high) - 0.004, high), _HOOP_M + 0.004
        )
        parts.append(to_part(band, f"hoop {index}", "hoops", crease_deg=28))
        turn = float(rng.uniform(0.4, 2.7))
        r = plan.radius(share * plan.height_m) + _HOOP_M
        for step in (-0.05, 0.05):
            a = turn + step * 0.33 / plan.belly_m
            places.append((r * np.cos(a), share * plan.height_m, r * np.sin(a)))
            outwards.append((np.cos(a), 0.0, np.sin(a)))
    return [*parts, *nails(places, outwards, radius_m=0.008, slot="hoops")]


def _bung(plan: _Plan) -> Solid:
    """Make the plug in the belly, facing +Z."""
    y = 0.5 * plan.height_m
    plug = lathe([(0.0, -0.02), (0.030, -0.02), (0.026, 0.012), (0.022, 0.015), (0.0, 0.015)],
                 sides=10)  # fmt: skip
    return plug.rotated("x", 90).moved(y=y, z=plan.radius(y))


def _laid(parts: list[Part], plan: _Plan) -> list[Part]:
    """Lay a keg on its side on a cradle, its top to +Z with a brass tap."""
    matrix = rotation("x", 90)
    middle = np.array([0.0, plan.height_m / 2, 0.0])
    laid = [part_turned(part, matrix, middle) for part in parts]
    r, y = plan.belly_m, plan.height_m / 2
    front = plan.height_m / 2 - 0.04 * plan.height_m
    spout = merge(
        lathe([(0.0, 0.0), (0.020, 0.0), (0.018, 0.02), (0.011, 0.025), (0.011, 0.09),
               (0.015, 0.095), (0.0, 0.098)], sides=10).rotated("x", 90),
        lathe([(0.0, -0.055), (0.009, -0.055), (0.012, 0.0), (0.013, 0.018), (0.0, 0.018)],
              sides=8).moved(z=0.075),
        box(0.045, 0.010, 0.012, bevel=0.003).moved(y=0.034, z=0.055),
        lathe([(0.0, 0.0), (0.006, 0.0), (0.006, 0.034), (0.0, 0.034)], sides=6).moved(z=0.055),
    ).scaled(1.3, 1.3, 1.3)  # fmt: skip
    laid.append(to_part(spout.moved(y=y - 0.5 * plan.head_m, z=front), "tap", "tap", crease_deg=30))
    low = y - r - 0.05
    for side in (-1.0, 1.0):
        z = side * 0.27 * plan.height_m
        rest = r - 0.012
        outline = [(-0.86 * r, low)]
        outline += [(0.86 * r, low), (0.86 * r, y - 0.45 * r)]
        outline += [
            (rest * np.cos(a), y + rest * np.sin(a))
            for a in np.radians([-32, -55, -90, -125, -148])
        ]
        outline += [(-0.86 * r, y - 0.45 * r)]
        ring = np.array(outline)
        solid = loft([np.column_stack([ring, np.full(len(ring), z + d)]) for d in (-0.03, 0.03)])
        laid.append(to_part(solid, "cradle", "cradle", crease_deg=25))
    rails = merge(
        *(
            beam((side * 0.62 * r, low + 0.03, -0.34 * plan.height_m),
                 (side * 0.62 * r, low + 0.03, 0.34 * plan.height_m), 0.045, 0.05, bevel=0.005,
                 facing=(0, 1, 0))
            for side in (-1.0, 1.0)
        )
    )  # fmt: skip
    return [*laid, to_part(rails, "cradle rails", "cradle", crease_deg=25)]


def _wreckage(plan: _Plan, brief: Brief) -> list[Part]:
    """Lay the sprung hoop and two broken staves on the ground in front."""
    rng = brief.rng("barrel wreckage")
    r = plan.head_m
    band = ring_band((r, -0.02), (r * 1.02, 0.02), _HOOP_M)
    ring = to_part(
        band.scaled(1.0, 1.0, 0.9).rotated("z", 4).moved(y=0.05, z=plan.belly_m * 0.55),
        "sprung hoop", "hoops", crease_deg=28,
    )  # fmt: skip
    scraps = []
    for index in range(2):
        piece = _stave(plan, -0.15, 0.13, float(rng.uniform(0.40, 0.55)),
                       rng.uniform(-0.06, 0.08, 6) * plan.height_m)  # fmt: skip
        flat = (
            piece.moved(x=-plan.belly_m).rotated("z", 90).rotated("y", float(rng.uniform(-50, 50)))
        )
        low = float(flat.positions[:, 1].min())
        side = -1.0 if index else 1.0
        scraps.append(
            flat.moved(
                side * 0.7 * plan.belly_m + 0.25 * plan.height_m,
                0.002 - low,
                plan.belly_m * float(rng.uniform(1.25, 1.7)),
            )
        )
    return [ring, *(replace(p, name=f"scrap {p.name}") for p in planked(scraps, "", "staves", rng))]
