"""Guards, wrapped grips and pommels, for whatever is held by a hilt."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.solids import (
    Solid,
    box,
    circle,
    curve,
    ellipsoid,
    lathe,
    loft,
    merge,
    sweep,
)


@dataclass(frozen=True)
class HiltStyle:
    """What the seed and the words decide about a hilt.

    metal, wrap, gem: surface words. bend: metres that the guard's ends rise towards the blade,
    negative towards the hand. guard: "bar", "disc" or "winged". pommel: "wheel", "ball", "pear".
    """

    metal: str
    wrap: str
    gem: str
    bend: float
    guard: str
    pommel: str
    jewelled: bool
    twist: float


def style(brief: Brief, *, ornate: bool, curved: bool = False) -> HiltStyle:
    """Decide a hilt's look."""
    rng = brief.rng("hilt")
    wraps = ["leather", "dark leather", "black leather", "maroon leather", "tan leather"]
    guards = ["bar", "bar", "winged"] if not curved else ["disc", "bar", "winged"]
    metal = str(rng.choice(["iron", "brass", "bronze", "steel", "blacksteel"]))
    wrap = str(rng.choice(wraps))
    return HiltStyle(
        metal="gold" if ornate else metal,
        wrap=wrap,
        gem=str(rng.choice(["ruby", "sapphire", "emerald", "amethyst", "topaz"])),
        bend=float(rng.choice([-0.022, 0.0, 0.016, 0.034])),
        guard="winged" if ornate else str(rng.choice(guards)),
        pommel=str(rng.choice(["wheel", "ball", "pear"])),
        jewelled=ornate or words.has(brief, "jewelled", "jeweled", "gem", "gems", "jewel"),
        twist=float(rng.choice([-1.0, 1.0])),
    )


def guard(
    hilt: HiltStyle, *, width_m: float, y: float, thick_m: float, blade_m: float
) -> list[Part]:
    """Make the cross-guard around height y, centred on the blade."""
    block = box(max(blade_m + 0.012, 0.046), 0.024, 0.026 + thick_m, bevel=0.004).moved(y=y)
    if hilt.guard == "disc":
        plate = lathe(
            [(0.0, -0.006), (0.040, -0.006), (0.046, -0.003), (0.048, 0.001), (0.046, 0.004),
             (0.030, 0.007), (0.0, 0.008)],
            sides=20,
        )  # fmt: skip
        solids = [plate.scaled(width_m / 0.15, 1.0, 0.86).moved(y=y)]
    else:
        solids = [block, *(_quillon(hilt, width_m, y, side) for side in (1.0, -1.0))]
        solids.append(_langet(y))
    parts = [to_part(merge(*solids), "guard", "guard", crease_deg=40)]
    if hilt.jewelled and hilt.guard != "disc":
        stone = ellipsoid(0.009, 0.009, 0.006, sides=8, rows=5)
        depth = (0.026 + thick_m) / 2
        both = merge(stone.moved(y=y, z=depth), stone.moved(y=y, z=-depth))
        parts.append(to_part(both, "guard gems", "gem", crease_deg=10))
    return parts


def grip(hilt: HiltStyle, *, length_m: float) -> list[Part]:
    """Make the wrapped grip around the origin with a collar at each end."""
    turns = max(round(length_m / 0.013), 6)
    sides = 10
    rings: list[Floats] = []
    angle = np.arange(sides) * (2 * np.pi / sides)
    for step in range(2 * turns + 1):
        t = step / (2 * turns)
        swell = 1.0 + 0.16 * np.sin(np.pi * t) - 0.06 * t
        radius = 0.0128 * swell * (1.0 + (0.055 if step % 2 else -0.045))
        tilt = hilt.twist * 0.0042 * np.sin(angle) * min(1.0, 8 * t, 8 * (1 - t))
        y = (t - 0.5) * length_m
        rings.append(
            np.stack([radius * 1.18 * np.cos(angle), y + tilt, -radius * np.sin(angle)], axis=1)
        )
    collar = lathe(
        [(0.0, -0.006), (0.0150, -0.006), (0.0165, -0.004), (0.0165, 0.004), (0.0150, 0.006),
         (0.0, 0.006)],
        sides=14,
    ).scaled(1.14, 1.0, 1.0)  # fmt: skip
    collars = merge(collar.moved(y=-length_m / 2 + 0.002), collar.moved(y=length_m / 2 - 0.004))
    return [
        to_part(loft(rings, cap_scale=0.1), "grip", "grip", crease_deg=24),
        to_part(collars, "collars", "guard", crease_deg=32),
    ]


def pommel(hilt: HiltStyle, *, y: float, size_m: float) -> list[Part]:
    """Make the pommel hanging below height y; size_m: its radius."""
    r = size_m
    parts: list[Part] = []
    if hilt.pommel == "wheel":
        disc = lathe(
            [(0.0, -0.46 * r), (0.62 * r, -0.46 * r), (0.70 * r, -0.40 * r), (0.74 * r, -0.52 * r),
             (0.90 * r, -0.44 * r), (1.05 * r, -0.20 * r), (1.05 * r, 0.20 * r),
             (0.90 * r, 0.44 * r), (0.74 * r, 0.52 * r), (0.70 * r, 0.40 * r), (0.62 * r, 0.46 * r),
             (0.0, 0.46 * r)],
            sides=20,
        ).rotated("x", 90)  # fmt: skip
        solid: Solid = disc.moved(y=y - 0.92 * r)
        bottom = y - 1.95 * r
        face = 0.46 * r
    elif hilt.pommel == "ball":
        solid = ellipsoid(r, 0.94 * r, 0.92 * r, sides=14, rows=9).moved(y=y - 0.80 * r)
        bottom = y - 1.70 * r
        face = 0.86 * r
    else:
        profile = [(0.0, -2.1), (0.52, -2.08), (0.82, -1.86), (0.94, -1.5), (0.80, -0.9),
                   (0.56, -0.35), (0.50, 0.15), (0.0, 0.15)]  # fmt: skip
        solid = lathe(np.array(profile) * r, sides=8, phase=0.5).scaled(1.0, 1.0, 0.86).moved(y=y)
        bottom = y - 2.08 * r
        face = 0.74 * r
    button = lathe(
        [(0.0, -0.30 * r), (0.20 * r, -0.26 * r), (0.28 * r, -0.10 * r), (0.30 * r, 0.16 * r),
         (0.0, 0.2 * r)],
        sides=10,
    ).moved(y=bottom)  # fmt: skip
    crease = 20 if hilt.pommel == "pear" else 40
    parts.append(to_part(merge(solid, button), "pommel", "guard", crease_deg=crease))
    if hilt.jewelled and hilt.pommel != "pear":
        stone = ellipsoid(0.52 * r, 0.52 * r, 0.30 * r, sides=8, rows=5)
        centre = y - (0.92 if hilt.pommel == "wheel" else 0.80) * r
        both = merge(stone.moved(y=centre, z=face), stone.moved(y=centre, z=-face))
        parts.append(to_part(both, "pommel gems", "gem", crease_deg=10))
    return parts


def _quillon(hilt: HiltStyle, width_m: float, y: float, side: float) -> Solid:
    """Make one arm of the guard, from the block outwards, ending in a knob."""
    reach = width_m / 2
    lift = hilt.bend
    if hilt.guard == "winged":
        knots = [(0.015, 0.0), (reach * 0.5, lift * 0.2), (reach * 0.86, lift + 0.008),
                 (reach, lift + 0.030)]  # fmt: skip
    else:
        knots = [(0.015, 0.0), (reach * 0.5, lift * 0.25), (reach, lift)]
    path = curve(knots, 7)
    line = np.column_stack([side * path[:, 0], y + path[:, 1], np.zeros(len(path))])
    if hilt.guard == "winged":
        scale = np.array([1.0, 0.95, 0.92, 0.95, 1.0, 0.80, 0.20])
    else:
        scale = np.array([1.0, 0.86, 0.78, 0.80, 0.92, 1.18, 0.95])
    section = circle(8, 0.0098, phase=0.5) * np.array([1.08, 1.0])
    arm = sweep(line, section, scale=scale)
    if hilt.guard == "winged":
        return arm
    knob = ellipsoid(0.0125, 0.0125, 0.0125, sides=10, rows=6)
    return merge(arm, knob.moved(side * reach, y + lift, 0.0))


def _langet(y: float) -> Solid:
    """Make the small tongue that lies over the foot of the blade, on both sides."""
    rings = []
    for height, half in ((0.004, 0.017), (0.020, 0.0135), (0.032, 0.007), (0.040, 0.0)):
        z = 0.0098 if half else 0.006
        ring = np.array([[half, z * 0.4], [half * 0.6, z], [-half * 0.6, z], [-half, z * 0.4],
                         [-half, -z * 0.4], [-half * 0.6, -z], [half * 0.6, -z],
                         [half, -z * 0.4]])[::-1]  # fmt: skip
        if not half:
            ring = ring * 0
        rings.append(np.column_stack([ring[:, 0], np.full(8, y + height), ring[:, 1]]))
    return loft(rings, cap_scale=0.3)
