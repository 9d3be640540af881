"""Scrolls: rolled up with a ribbon and a seal, or open between two rolls; with rods or without."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.emblems import EMBLEMS, emblem_said, relief
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.shapes.placing import finished, turned
from asset_forge.greybox.shapes.sheets import front_mapped
from asset_forge.greybox.solids import (
    Solid,
    circle,
    curve,
    extrude,
    inset,
    lathe,
    loft,
    merge,
    sweep,
)


@dataclass(frozen=True)
class _Plan:
    """In shares of the sheet's width across the roll."""

    radius: float
    rods: bool
    ribbon: bool
    ragged: float
    ornate: bool
    open: bool
    length: float


def build(brief: Brief) -> Shape:
    """Build a scroll that lies along X; an open one stands on its rolls, the text to +Z."""
    plan = _plan(brief)
    rng = brief.rng("scroll colours")
    sheet = words.surface_for(
        brief, ("scroll", "parchment", "paper", "sheet", "page"), "parchment", ("paper",), main=True
    )
    surfaces = {"sheet": sheet}
    parts = _opened(plan, brief) if plan.open else _rolled(plan, brief)
    if plan.open:
        surfaces["text"] = sheet.replace("parchment", "manuscript").replace("paper", "manuscript")
    if plan.rods:
        surfaces["rods"] = words.surface_for(
            brief, ("rod", "rods", "handle", "handles", "ends"),
            "gold" if plan.ornate else str(rng.choice(["oak", "mahogany", "ebony", "wood"])),
            ("wood", "metal", "bone"),
        )  # fmt: skip
    if plan.ribbon and not plan.open:
        colour = str(rng.choice(["red", "blue", "green", "purple", "crimson"]))
        surfaces["ribbon"] = words.surface_for(
            brief, ("ribbon", "cord", "string", "band", "tie"), f"{colour} silk",
            ("cloth", "leather"),
        )  # fmt: skip
    if any(part.slot == "seal" for part in parts):
        surfaces["seal"] = words.surface_for(brief, ("seal", "wax"), "wax", ("food", "metal"))
    size = 0.30 * float(brief.rng("scroll size").uniform(0.92, 1.08))
    return Shape("scroll", finished(brief, parts, size), surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("scroll")
    style = manner(brief)
    torn = words.has(brief, "torn", "ragged", "ancient", "old", "burnt") or style.jagged
    return _Plan(
        radius=float(rng.uniform(0.10, 0.135)) * style.breadth,
        rods=style.ornate or words.has(brief, "rod", "rods", "handles", "torah")
        or (not style.simple and bool(rng.random() < 0.6)),
        ribbon=not words.has(brief, "no ribbon"),
        ragged=0.024 if torn else 0.004,
        ornate=style.ornate,
        open=words.has(brief, "open", "opened", "unrolled", "unfurled", "map"),
        length=float(rng.uniform(0.95, 1.25)),
    )  # fmt: skip


def _spiral(radius: float, *, turns: float, thick: float, start: float = 0.0) -> Floats:
    """Return the outline of a rolled sheet, (N, 2), its outer end at the angle `start`."""
    count = 32
    t = np.linspace(0.0, 1.0, count)
    angle = start - 2 * np.pi * turns * t
    r = radius * (1.0 - 0.52 * t)
    outer = np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)
    inner = np.stack([(r - thick) * np.cos(angle), (r - thick) * np.sin(angle)], axis=1)
    return np.concatenate([outer, inner[::-1]])


def _along_x(outline: Floats, half: float, ragged: Floats) -> Solid:
    """Lay an outline in (z, y) along X; ragged: (N, 2) how far its ends are torn back."""
    rings = []
    shares = np.linspace(-1.0, 1.0, 5)
    for share in shares:
        torn = ragged[:, 0] if share < 0 else ragged[:, 1]
        x = share * (half - torn * abs(share))
        rings.append(np.column_stack([x, outline[:, 1], outline[:, 0]]))
    return loft(np.array(rings), cap_scale=1.0)


def _rolled(plan: _Plan, brief: Brief) -> list[Part]:
    rng = brief.rng("scroll roll")
    r, thick = plan.radius, 0.010
    outline = _spiral(r, turns=2.3, thick=thick, start=float(rng.uniform(0.9, 1.4)))
    half = len(outline) // 2
    torn = rng.uniform(0, plan.ragged, (half, 2))
    sheet = _along_x(outline, 0.5, np.concatenate([torn, torn[::-1]]))
    parts = [to_part(sheet, "sheet", "sheet", crease_deg=50)]
    if plan.rods:
        parts.append(to_part(_rod(plan, r * 0.42).rotated("z", 90), "rod", "rods", crease_deg=35))
    else:
        # Something dark inside would be seen as a hole; the innermost turn closes it.
        core = lathe([(0, -0.49), (r * 0.46, -0.485), (r * 0.46, 0.485), (0, 0.49)], sides=12)
        parts.append(to_part(core.rotated("z", 90), "core", "sheet", crease_deg=30))
    if plan.ribbon:
        parts += _ribbon(plan, brief)
    return turned(parts, "y", 16.0)


def _rod(plan: _Plan, radius: float, half: float = 0.5) -> Solid:
    """Turn a rod along Y with knobs that stand out at both ends."""
    r, knob = radius, plan.radius
    turned_end = [
        (r, 0.0), (r, 0.015), (knob * 1.02, 0.02), (knob * 1.02, 0.045), (r * 1.1, 0.055),
        (r * 0.9, 0.075), (knob * 0.62, 0.10), (knob * 0.70, 0.125), (knob * 0.5, 0.155),
        (0.0, 0.165),
    ]  # fmt: skip
    end = [(x, half + y) for x, y in turned_end]
    low = [(x, -y) for x, y in reversed(end)]
    return lathe([*low, *end], sides=14)


def _ribbon(plan: _Plan, brief: Brief) -> list[Part]:
    """Tie a ribbon around the middle; its ends hang in front, under a seal."""
    rng = brief.rng("scroll ribbon")
    r = plan.radius
    wide = 0.045
    high = r + 0.010
    band = lathe(
        [(r * 0.5, -wide), (r + 0.006, -wide), (high, -wide * 0.8), (high, wide * 0.8),
         (r + 0.006, wide), (r * 0.5, wide)],
        sides=24,
    )  # fmt: skip
    parts = [to_part(band.rotated("z", 90), "ribbon", "ribbon", crease_deg=40)]
    front = r + 0.014
    section = np.array([(-0.026, -0.003), (0.026, -0.003), (0.026, 0.003), (-0.026, 0.003)])
    for index, (side, drop) in enumerate(((-1.0, 0.9), (1.0, 1.0))):
        path = curve(
            [(side * 0.012, 0.02, front), (side * 0.04, -0.45 * r, front * 0.96),
             (side * 0.075, -r * 0.93, front * 0.80 + 0.01),
             (side * (0.10 + float(rng.uniform(0, 0.03))), -r + 0.004, front + 0.10 * drop)],
            12,
        )  # fmt: skip
        tail = sweep(path, section, up=(0.0, 0.35, 1.0))
        parts.append(to_part(tail, f"tail {index}", "ribbon", crease_deg=35))
    if words.has(brief, "no seal"):
        return parts
    count = 22
    turn = np.arange(count) * 2 * np.pi / count
    blot = 0.082 * (1.0 + 0.10 * np.sin(3 * turn + rng.uniform(0, 6))
                    + 0.06 * np.sin(5 * turn + rng.uniform(0, 6)))  # fmt: skip
    outline = np.stack([blot * np.cos(turn), blot * np.sin(turn)], axis=1)
    seal = extrude(outline, 0.034, bevel=0.012)
    rim = loft(
        [np.column_stack([inset(outline, 0.014 + d), np.full(count, z)])
         for d, z in ((0.0, 0.010), (0.002, 0.024), (0.008, 0.024), (0.012, 0.010))], wrap=True
    )  # fmt: skip
    sign = relief(emblem_said(brief.words) or str(rng.choice(EMBLEMS)), 0.040, 0.009)
    whole = merge(seal, rim, sign.moved(z=0.015)).moved(z=front + 0.008)
    return [*parts, to_part(whole, "seal", "seal", crease_deg=40)]


def _opened(plan: _Plan, brief: Brief) -> list[Part]:
    """Stand two rolls side by side, the written sheet between them bowed to the back."""
    rng = brief.rng("scroll open")
    wide, tall, r = plan.length * 0.62, 0.5, plan.radius * 0.62
    thick = 0.006
    parts: list[Part] = []
    for side in (-1.0, 1.0):
        outline = _spiral(r, turns=2.1, thick=0.009, start=np.pi / 2 if side < 0 else -np.pi / 2)
        half = len(outline) // 2
        torn = rng.uniform(0, plan.ragged, (half, 2))
        roll = _along_x(outline, tall, np.concatenate([torn, torn[::-1]])).rotated("z", 90)
        parts.append(to_part(roll.moved(x=side * wide), f"roll {side}", "sheet", crease_deg=50))
        core = lathe([(0, -tall * 0.98), (r * 0.46, -tall * 0.98), (r * 0.46, tall * 0.98),
                      (0, tall * 0.98)], sides=12)  # fmt: skip
        rod = _rod(plan, r * 0.5, tall) if plan.rods else core
        slot = "rods" if plan.rods else "sheet"
        parts.append(to_part(rod.moved(x=side * wide), f"rod {side}", slot, crease_deg=35))
    x = np.linspace(-wide, wide, 15)
    z = r - 0.03 - 0.10 * (1 - (x / wide) ** 2)
    top = tall - rng.uniform(0, plan.ragged, 15)
    low = -tall + rng.uniform(0, plan.ragged, 15)
    rows = np.linspace(0.0, 1.0, 7)
    for name, slot, front, back in (
        ("page", "text", 0.0, thick / 2), ("back", "sheet", thick / 2, thick)
    ):  # fmt: skip
        rings = []
        for share in rows[::-1]:
            y = low + (top - low) * share
            face = np.column_stack([x, y, z - front])
            behind = np.column_stack([x, y, z - back])
            rings.append(np.concatenate([face, behind[::-1]]))
        solid = loft(rings)
        if slot == "text":
            solid = front_mapped(solid, right=(1, 0, 0), down=(0, -1, 0))
        parts.append(to_part(solid, name, slot, crease_deg=30))
    if plan.ornate or words.has(brief, "seal", "sealed"):
        seal = extrude(circle(18, 0.055), 0.03, bevel=0.010)
        sign = relief(str(rng.choice(EMBLEMS)), 0.03, 0.008).moved(z=0.014)
        place = (0.30 * wide, -0.78 * tall, float(np.interp(0.30 * wide, x, z)) + 0.008)
        parts.append(to_part(merge(seal, sign).moved(*place), "seal", "seal", crease_deg=40))
    return turned(turned(parts, "x", -4.0), "y", 8.0)
