"""Finger rings: a band that stands, a setting, a cut stone; signets, plain bands, little stones."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.jewels import (
    brilliant,
    cabochon,
    claws,
    faceted,
    seeded_jewel,
    step_cut,
    torus,
)
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.shapes.placing import finished, turned
from asset_forge.greybox.solids import Solid, circle, ellipsoid, lathe, loft, merge

_SIDES = 40


@dataclass(frozen=True)
class _Plan:
    """In radii of the finger's hole. head: "brilliant", "step", "cabochon", "pearl", "signet",
    "none"."""

    wide: float
    thick: float
    head: str
    stone: float
    band: str
    side_stones: int
    spikes: bool


def build(brief: Brief) -> Shape:
    """Build a ring that stands on its band, the stone up, turned a little."""
    plan = _plan(brief)
    rng = brief.rng("ring colours")
    metal = str(rng.choice(["gold", "gold", "silver", "bronze", "steel"]))
    surfaces = {
        "band": words.surface_for(
            brief,
            ("band", "ring", "signet", "hoop"),
            metal,
            # A pearl is made of what ivory is; it sits on the ring, which is no bone then.
            ("metal", "wood", "stone")
            if plan.head == "pearl"
            else ("metal", "wood", "bone", "stone"),
            main=True,
        )
    }
    parts = [to_part(_band(plan), "band", "band", crease_deg=42)]
    parts += _head(plan, brief)
    if any(part.slot == "gem" for part in parts):
        surfaces["gem"] = words.surface_for(
            brief,
            ("gem", "stone", "jewel", "crystal", "gemstone"),
            "white gem" if plan.head == "pearl" else seeded_jewel(brief, "ring"),
            ("gem",),
            anywhere=True,
        )
    parts = turned(parts, "y", 18.0)
    size = 0.027 * float(brief.rng("ring size").uniform(0.94, 1.1))
    return Shape("ring", finished(brief, parts, size), surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("ring")
    style = manner(brief)
    heads = ["brilliant", "brilliant", "step", "cabochon"]
    head = str(rng.choice(heads))
    if words.has(brief, "signet", "seal"):
        head = "signet"
    elif words.has(brief, "plain", "simple", "wedding", "no gem", "without a gem"):
        head = "none"
    elif words.has(brief, "emerald", "square", "rectangular"):
        head = "step"
    elif words.has(brief, "round", "brilliant", "diamond", "solitaire"):
        head = "brilliant"
    elif words.has(brief, "pearl", "pearls"):
        head = "pearl"
    elif words.has(brief, "oval", "smooth", "opal", "moonstone", "cabochon"):
        head = "cabochon"
    band = str(rng.choice(["round", "flat", "ridged"]))
    if words.has(brief, "twisted", "braided", "rope", "woven", "coiled"):
        band = "twisted"
    return _Plan(
        wide=0.34 * style.breadth * rng.uniform(0.85, 1.2) * (1.35 if head == "none" else 1.0),
        thick=0.17 * rng.uniform(0.9, 1.2) * style.breadth**0.3,
        head=head,
        stone=0.50 * rng.uniform(0.85, 1.15) * (1.15 if style.ornate else 1.0),
        band=band,
        side_stones=3 if style.ornate else int(rng.random() < 0.3) * 1,
        spikes=style.jagged,
    )


def _band(plan: _Plan) -> Solid:
    """Sweep the band around Z; it is broader and thicker towards its head at the top."""
    if plan.band == "twisted":
        strands = []
        angle = np.arange(72) * (2 * np.pi / 72)
        for strand in range(3):
            turn = 7 * angle + strand * 2 * np.pi / 3
            r = 1.0 + plan.thick * (0.55 + 0.42 * np.cos(turn))
            path = np.stack(
                [r * np.sin(angle), r * np.cos(angle), 0.42 * plan.thick * np.sin(turn)], axis=1
            )
            strands.append(_closed_tube(path, 0.50 * plan.thick))
        return merge(*strands)
    rings = []
    for step in range(_SIDES):
        a = step * 2 * np.pi / _SIDES
        near = max(np.cos(a), 0.0) ** 3
        head = 0.0 if plan.head == "none" else 1.0
        wide = plan.wide / 2 * (0.78 + 0.22 * (1 - head) + 0.55 * head * near)
        thick = plan.thick * (0.80 + 0.20 * (1 - head) + 0.35 * head * near)
        if plan.head == "signet":
            wide = plan.wide / 2 * (0.75 + 1.1 * near)
        rings.append([
            (float((1.0 + out * thick) * np.sin(a)), float((1.0 + out * thick) * np.cos(a)),
             float(side * wide))
            for out, side in _SECTIONS[plan.band]
        ])  # fmt: skip
    return loft(np.array(rings), wrap=True)


# (outward, sideways) around the band.
_SECTIONS = {
    "round": [(0.0, -0.8), (0.25, -1.0), (0.62, -0.86), (0.90, -0.48), (1.0, 0.0), (0.90, 0.48),
              (0.62, 0.86), (0.25, 1.0), (0.0, 0.8), (-0.05, 0.0)],
    "flat": [(0.0, -0.9), (0.10, -1.0), (0.72, -1.0), (0.88, -0.88), (0.90, 0.0), (0.88, 0.88),
             (0.72, 1.0), (0.10, 1.0), (0.0, 0.9), (-0.05, 0.0)],
    "ridged": [(0.0, -0.9), (0.20, -1.0), (0.85, -0.98), (1.0, -0.80), (0.85, -0.60),
               (0.66, -0.50), (0.66, 0.50), (0.85, 0.60), (1.0, 0.80), (0.85, 0.98), (0.20, 1.0),
               (0.0, 0.9)],
}  # fmt: skip


def _closed_tube(path: Floats, radius: float) -> Solid:
    ahead = np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    side = np.cross(ahead, [0.0, 0.0, 1.0])
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    rise = np.cross(ahead, side)
    section = circle(6, radius)
    rings = (
        path[:, None] + side[:, None] * section[None, :, :1] + rise[:, None] * section[None, :, 1:]
    )
    return loft(rings, wrap=True)


def _head(plan: _Plan, brief: Brief) -> list[Part]:
    top = 1.0 + plan.thick
    if plan.head == "none":
        return _inlaid(plan) if plan.side_stones > 1 else []
    if plan.head == "signet":
        return _signet(plan, brief, top)
    s = plan.stone
    if plan.head == "brilliant":
        stone = brilliant(s, sides=8, depth=0.75)
        wide, deep, girdle = s, s, 0.75 * s
    elif plan.head == "step":
        stone = step_cut(2.3 * s, 1.7 * s)
        wide, deep, girdle = 1.15 * s, 0.85 * s, 0.45 * s
    elif plan.head == "pearl":
        stone = ellipsoid(1.1 * s, 1.1 * s, 1.1 * s, sides=24, rows=15).moved(y=0.9 * s)
        wide, deep, girdle = 0.8 * s, 0.8 * s, 0.15 * s
    else:
        stone = cabochon(2.3 * s, 1.8 * s, height=0.46)
        wide, deep, girdle = 1.15 * s, 0.9 * s, 0.2 * s
    base = top - 0.10
    cup = lathe(
        [(0.0, -0.10), (0.42, -0.10), (0.60, 0.16), (0.82, girdle / s * 0.8), (1.07, girdle / s),
         (1.07, girdle / s + 0.12), (0.95, girdle / s + 0.14), (0.0, girdle / s * 0.5)],
        sides=24,
    ).scaled(wide, s, deep)  # fmt: skip
    metal: list[Solid] = [cup.moved(y=base)]
    parts: list[Part] = []
    if plan.head == "brilliant":
        metal += [p.moved(y=base) for p in
                  claws(1.04 * s, 0.0, girdle + 0.22 * s, count=6, thick=0.17 * s)]  # fmt: skip
    elif plan.head == "step":
        x, z, high = 1.02 * wide * 0.86, 1.02 * deep * 0.84, base + girdle + 0.05 * s
        metal += [
            ellipsoid(0.13 * s, 0.22 * s, 0.13 * s, sides=8, rows=6).moved(sx * x, high, sz * z)
            for sx in (-1, 1)
            for sz in (-1, 1)
        ]
    else:
        bead = ellipsoid(0.075 * s, 0.075 * s, 0.075 * s, sides=6, rows=5)
        metal += [
            bead.moved(1.1 * wide * np.cos(a), base + girdle + 0.08 * s, 1.1 * deep * np.sin(a))
            for a in np.arange(18) * (2 * np.pi / 18)
        ]
    if plan.spikes:
        thorn = lathe([(0, -0.2), (0.10, -0.15), (0.07, 0.1), (0, 0.38)], sides=6)
        metal += [thorn.moved(y=top).rotated("z", turn) for turn in (-100, -72, -46, 46, 72, 100)]
    parts.append(to_part(merge(*metal), "setting", "band", crease_deg=38))
    stone = stone.moved(y=base + 0.04)
    smooth = plan.head in ("cabochon", "pearl")
    parts.append(
        to_part(stone, "stone", "gem", crease_deg=30) if smooth else faceted(stone, "stone")
    )
    return parts + _side_stones(plan)


def _side_stones(plan: _Plan) -> list[Part]:
    """Set small stones down both shoulders."""
    parts = []
    for side in (-1.0, 1.0):
        for index in range(plan.side_stones):
            size = 0.15 - 0.022 * index
            turn = side * (38.0 + 20.0 * index)
            out = 1.0 + plan.thick * (0.95 if plan.band != "ridged" else 0.85)
            cup = lathe([(0, -0.12), (size * 0.9, -0.10), (size * 1.25, 0.02),
                         (size * 1.15, 0.05), (0, 0.02)], sides=12)  # fmt: skip
            jewel = brilliant(size, sides=6, depth=0.5).moved(y=-0.035)
            parts += [
                to_part(cup.moved(y=out).rotated("z", turn), f"cup {side} {index}", "band"),
                faceted(jewel.moved(y=out).rotated("z", turn), f"small stone {side} {index}"),
            ]
    return parts


def _inlaid(plan: _Plan) -> list[Part]:
    jewel = brilliant(0.11, sides=6, depth=0.5)
    out = 1.0 + plan.thick * 0.90 - 0.05
    return [
        faceted(jewel.moved(y=out).rotated("z", turn), f"inlaid {turn}")
        for turn in np.linspace(-150, 180, 12)
    ]


def _signet(plan: _Plan, brief: Brief, top: float) -> list[Part]:
    """Lay an oval plate on top with a raised rim and a cut sign."""
    wide, deep = 0.78 * plan.stone / 0.5, 0.62 * plan.stone / 0.5
    plate = lathe(
        [(0, -0.30), (0.70, -0.28), (0.93, -0.05), (1.0, 0.03), (1.0, 0.10), (0.95, 0.13),
         (0.84, 0.13), (0.80, 0.07), (0, 0.07)],
        sides=28,
    ).scaled(wide, 1.0, deep)  # fmt: skip
    metal = [plate.moved(y=top)]
    rng = brief.rng("signet")
    count = int(rng.choice([4, 5, 6, 8]))
    ray = lathe([(0, 0), (0.085, 0.02), (0.05, 0.38), (0, 0.52)], sides=6).rotated("x", 90)
    flat = ray.scaled(1.25, 1.1, 1.0)
    metal += [
        flat.rotated("y", 360.0 * n / count).scaled(0.95, 1, 0.95).moved(y=top + 0.07)
        for n in range(count)
    ]
    metal.append(torus(0.30, 0.11, sides=20).moved(y=top + 0.07))
    metal.append(ellipsoid(0.12, 0.12, 0.12, sides=10, rows=6).moved(y=top + 0.07))
    return [to_part(merge(*metal), "signet", "band", crease_deg=35)]
