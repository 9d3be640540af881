"""Shields: planked or plated, round, heater, kite or tower, with rim, boss, rivets and straps."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import hoop, plate, rivets
from asset_forge.greybox.solids import Solid, box_mapped, curve, extrude, lathe, merge, sweep
from asset_forge.greybox.surfaces import COLOURS, families

_BODY_Z_M = 0.055
_THICK_M = 0.014
_BOARD_M = 0.009
_FITTINGS = ("rim", "edge", "trim", "border", "boss", "rivets", "strap", "straps", "grip", "handle")


@dataclass(frozen=True)
class _Plan:
    """half_w, half_h in metres; bend_x, bend_y: metres that the border lies behind the middle."""

    outline: str
    half_w: float
    half_h: float
    bend_x: float
    bend_y: float
    planked: bool
    boss: bool
    emblem: str
    ornate: bool
    planks: int

    def front(self, x: Floats, y: Floats) -> Floats:
        """Return the z of the shield's face in metres."""
        if self.outline == "round":
            return _BODY_Z_M - self.bend_x * ((x / self.half_w) ** 2 + (y / self.half_h) ** 2)
        sag = self.bend_x * (x / self.half_w) ** 2 + self.bend_y * (y / self.half_h) ** 2
        face: Floats = _BODY_Z_M - sag
        return face

    def span(self, y: float) -> float:
        """Return half the width at a height, metres."""
        t = float(np.clip(y / self.half_h, -1.0, 1.0))
        if self.outline == "round":
            share = max(1.0 - t * t, 0.0) ** 0.5
        elif self.outline == "tower":
            share = 1.0 - 0.10 * max(abs(t) - 0.7, 0.0) / 0.3
        elif self.outline == "kite":
            upper = max(1.0 - ((t - 0.42) / 0.58) ** 2, 0.0) ** 0.5
            share = upper if t > 0.42 else max((t + 1) / 1.42, 0.0) ** 0.62
        else:
            share = (1.0 - 0.05 * t) if t > 0.15 else max((t + 1) / 1.15, 0.0) ** 0.52 * 0.9925
        return float(self.half_w * share)


def build(brief: Brief) -> Shape:
    """Build a shield facing +Z; the grip behind the boss is the origin."""
    plan = _plan(brief)
    rng = brief.rng("shield colours")
    body = words.surface_for(
        brief,
        ("shield", "field", "face", "planks", "buckler"),
        "wood" if plan.planked else "steel",
        ("wood", "metal", "leather", "scale", "bone", "stone"),
        main=True,
    )
    metal = "gold" if plan.ornate else str(rng.choice(["iron", "steel", "bronze", "blacksteel"]))
    told = _told_colours(brief)
    painted = f"painted {body}" if told and plan.planked else body
    surfaces = {
        "body": painted,
        "rim": words.surface_for(
            brief, ("rim", "edge", "trim", "border", "boss"), metal, ("metal", "leather")
        ),
        # A second colour only where one was asked for, else another shade of the first.
        "field": f"painted {told[-1]} wood" if len(told) > 1 else _neighbour(painted),
        "back": "wood",
        "batten": "oak",
        "strap": words.surface_for(brief, ("strap", "straps"), "dark leather", ("leather",)),
    }
    if plan.planked:
        parts = _planks(plan, brief)
    else:
        parts = [to_part(_plated(plan), "plate", "body", crease_deg=40)]
    outline = _outline(plan)
    parts.append(to_part(_rim(plan, outline), "rim", "rim", crease_deg=30))
    if plan.boss:
        parts.append(to_part(_boss(plan), "boss", "rim", crease_deg=28))
    parts += _emblem(plan)
    parts += _behind(plan)
    parts += rivets(_rivet_places(plan, outline), radius_m=0.0075, slot="rim")
    return Shape.of("shield", parts, surfaces)


def _told_colours(brief: Brief) -> list[str]:
    """Return the colours asked for on the face, without those of its fittings."""
    elsewhere = words.piece_words(brief, _FITTINGS)
    told = (word for word in words.said(brief) if word in COLOURS and word not in elsewhere)
    return list(dict.fromkeys(told))


def _neighbour(surface: str) -> str:
    """Return the surface in a darker shade, or a lighter one when it is dark already."""
    if "dark" in surface.split() or "deep" in surface.split():
        return " ".join(word for word in surface.split() if word not in ("dark", "deep"))
    return f"dark {surface}"


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("shield")
    outline = str(rng.choice(["round", "heater", "kite"]))
    for name, asked in (
        ("round", ("round", "buckler", "viking", "targe", "circular")),
        ("kite", ("kite", "kiteshield", "norman")),
        ("tower", ("tower", "square", "sqshield", "rectangular", "scutum", "pavise")),
        ("heater", ("heater", "knight", "knights", "crusader", "heraldic")),
    ):
        if words.has(brief, *asked):
            outline = name
            break
    half_w, half_h = {
        "round": (0.40, 0.40), "heater": (0.29, 0.38), "kite": (0.29, 0.52), "tower": (0.30, 0.50),
    }[outline]  # fmt: skip
    scale = words.size_factor(brief) * rng.uniform(0.94, 1.06)
    if words.has(brief, "buckler"):
        scale *= 0.62
    if words.has(brief, "broad", "wide"):
        half_w *= 1.2
    if brief.height_m is not None:
        scale = brief.height_m / (2 * half_h)
    named = families(words.said(brief))
    return _Plan(
        outline=outline,
        half_w=half_w * scale * (rng.uniform(0.95, 1.08) if outline != "round" else 1.0),
        half_h=half_h * scale,
        bend_x=0.055 * scale * rng.uniform(0.7, 1.4),
        bend_y=0.02 * scale,
        planked="metal" not in named or "wood" in named or words.has(brief, "planks", "painted"),
        boss=outline in ("round", "tower") or bool(rng.random() < 0.6),
        emblem=str(rng.choice(["none", "cross", "pale", "bar"])) if outline != "round" else "none",
        ornate=words.has(brief, "ornate", "royal", "decorated", "engraved", "noble"),
        planks=int(rng.integers(6, 9)),
    )


def _planks(plan: _Plan, brief: Brief) -> list[Part]:
    """Cut vertical planks out of the outline and bend them along the face."""
    rng = brief.rng("planks")
    inner_w = plan.half_w - 0.004
    edges = np.linspace(-inner_w, inner_w, plan.planks + 1)
    edges[1:-1] += rng.uniform(-0.08, 0.08, plan.planks - 1) * (edges[1] - edges[0])
    scheme = str(rng.choice(["plain", "halves", "stripes", "plain"]))
    if len(_told_colours(brief)) > 1:
        scheme = str(rng.choice(["halves", "stripes"]))
    parts = []
    for index in range(plan.planks):
        left, right = float(edges[index]), float(edges[index + 1])
        outline = _plank_outline(plan, left, right)
        if outline is None:
            continue
        solid = extrude(outline, _BOARD_M, bevel=0.0026)
        p = solid.positions.copy()
        lift = float(rng.uniform(-0.0008, 0.0008))
        p[:, 2] += plan.front(p[:, 0], p[:, 1]) - _BOARD_M / 2 + lift
        slot = "body"
        if (scheme == "stripes" and index % 2) or (scheme == "halves" and index >= plan.planks / 2):
            slot = "field"
        shade = float(rng.uniform(0.86, 1.10))
        parts.append(
            to_part(solid.bent(p), f"plank {index}", slot, crease_deg=22, tint=(shade,) * 3)
        )
    behind = _plated(plan, front_m=_BOARD_M - 0.002, depth_m=_THICK_M - _BOARD_M + 0.002)
    return [*parts, to_part(behind, "lining", "back", crease_deg=40)]


def _plank_outline(plan: _Plan, left: float, right: float) -> Floats | None:
    """Return a plank's border, counter-clockwise: up its right side and down its left."""
    across = np.linspace(right, left, 4)
    tops = np.array([_reach(plan, float(x), 1.0) for x in across])
    lows = np.array([_reach(plan, float(x), -1.0) for x in across])
    if (tops - lows).min() < 0.03:
        return None
    right_side = [(right, y) for y in np.linspace(lows[0], tops[0], 7)[:-1]]
    left_side = [(left, y) for y in np.linspace(tops[-1], lows[-1], 7)[:-1]]
    top = list(zip(across[:-1], tops[:-1], strict=True))
    bottom = list(zip(across[::-1][:-1], lows[::-1][:-1], strict=True))
    return np.array([*right_side, *top, *left_side, *bottom])


def _reach(plan: _Plan, x: float, side: float) -> float:
    """Return how far up (side 1) or down (-1) the shield goes at x, metres."""
    widest = {"kite": 0.42, "heater": 0.16}.get(plan.outline, 0.0) * plan.half_h
    heights = np.linspace(widest, side * plan.half_h, 120)
    inside = [y for y in heights if plan.span(float(y)) >= abs(x)]
    return float(inside[-1]) if inside else float(widest)


def _plated(plan: _Plan, *, front_m: float = 0.0, depth_m: float = _THICK_M * 0.55) -> Solid:
    """Make one curved sheet in the shield's outline, front_m behind its face."""
    heights = np.linspace(-plan.half_h, plan.half_h, 13)
    if plan.outline in ("heater", "kite", "round"):
        heights = plan.half_h * np.sin(np.linspace(-np.pi / 2, np.pi / 2, 15))
    rows = [(float(y), -plan.span(float(y)), plan.span(float(y))) for y in heights]
    solid = plate(rows, depth_m, lambda x, y: plan.front(x, y) - front_m, columns=11)
    return box_mapped(solid)


def _outline(plan: _Plan) -> Floats:
    """Return the border as a closed counter-clockwise path over the face, (N, 3) metres."""
    if plan.outline == "round":
        angle = np.linspace(0, 2 * np.pi, 44, endpoint=False)
        flat = np.stack([plan.half_w * np.cos(angle), plan.half_h * np.sin(angle)], axis=1)
    else:
        t = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 19))
        right = [(plan.span(float(y)), float(y)) for y in t * plan.half_h]
        left = [(-x, y) for x, y in right[::-1]]
        top_x = right[-1][0]
        top = (
            [(x, plan.half_h) for x in np.linspace(top_x, -top_x, 6)[1:-1]] if top_x > 0.02 else []
        )
        low_x = right[0][0]
        low = (
            [(x, -plan.half_h) for x in np.linspace(-low_x, low_x, 6)[1:-1]] if low_x > 0.02 else []
        )
        points = [*right, *top, *left, *low]
        kept = [p for i, p in enumerate(points) if np.hypot(*np.subtract(p, points[i - 1])) > 1e-4]
        flat = np.array(kept)
    return np.column_stack([flat, plan.front(flat[:, 0], flat[:, 1])])


def _rim(plan: _Plan, outline: Floats) -> Solid:
    deep = _THICK_M + 0.006
    # Seen along the border, the section's second axis points to the back.
    section = np.array([
        (0.010, -0.004), (0.006, -0.007), (-0.020, -0.007), (-0.023, -0.003),
        (-0.023, deep - 0.001), (-0.018, deep), (0.006, deep), (0.010, deep - 0.003),
    ])  # fmt: skip
    centre = np.array([0.0, 0.12 * plan.half_h if plan.outline in ("heater", "kite") else 0.0, 0.0])
    out = outline - centre
    out[:, 2] = 0.0
    return hoop(outline + np.array([0, 0, 0.001]), section, out)


def _boss(plan: _Plan) -> Solid:
    r = 0.088 * min(plan.half_w / 0.38, 1.15)
    profile = [
        (0.0, -0.012), (r * 1.20, -0.012), (r * 1.24, -0.008), (r * 1.20, 0.0), (r * 0.92, 0.003),
        (r * 0.86, 0.010), (r * 0.78, 0.030), (r * 0.56, 0.052), (r * 0.26, 0.064),
        (0.014, 0.067), (0.010, 0.073), (0.0, 0.077),
    ]  # fmt: skip
    dome = lathe(profile, sides=20).rotated("x", 90)
    return dome.moved(z=float(plan.front(np.zeros(1), np.zeros(1))[0]) + 0.004)


def _band(plan: _Plan, start: tuple[float, float], end: tuple[float, float], width: float) -> Solid:
    """Lay a flat bar over the face."""
    xy = np.linspace(start, end, 11)
    path = np.column_stack([xy, plan.front(xy[:, 0], xy[:, 1]) + 0.001])
    half = width / 2
    section = np.array([(-half, -0.006), (half, -0.006), (half, 0.003), (half - 0.004, 0.006),
                        (0.004 - half, 0.006), (-half, 0.003)])  # fmt: skip
    return sweep(path, section, up=(0.0, 0.0, 1.0))


def _emblem(plan: _Plan) -> list[Part]:
    if plan.emblem == "none":
        return []
    solids = []
    cross_y = 0.0 if plan.boss else 0.16 * plan.half_h
    if plan.emblem in ("cross", "pale"):
        low = -plan.half_h * (0.93 if plan.outline != "tower" else 0.99)
        solids.append(_band(plan, (0.0, low), (0.0, plan.half_h * 0.97), 0.05))
    if plan.emblem in ("cross", "bar"):
        reach = plan.span(cross_y) * 0.95
        solids.append(_band(plan, (-reach, cross_y), (reach, cross_y), 0.0498).moved(z=0.0006))
    return [
        to_part(solid, f"emblem {index}", "rim", crease_deg=22)
        for index, solid in enumerate(solids)
    ]


def _behind(plan: _Plan) -> list[Part]:
    """Make the grip, its battens and the arm strap, all following the back."""
    thick = _THICK_M if plan.planked else _THICK_M * 0.55
    height = min(0.20, plan.half_h * 0.46)
    battens = []
    for y in (-height, height):
        x = np.linspace(-0.86, 0.86, 7) * plan.span(y)
        line = np.column_stack([x, np.full(7, y), plan.front(x, np.full(7, y)) - thick - 0.004])
        section = np.array([(-0.018, -0.009), (0.018, -0.009), (0.018, 0.007), (-0.018, 0.007)])
        battens.append(sweep(line, section, up=(0.0, 0.0, -1.0)))
    wall = float(plan.front(np.zeros(1), np.zeros(1))[0]) - thick
    knots = [(0.0, -0.105, wall), (0.0, -0.082, 0.010), (0.0, -0.04, 0.0), (0.0, 0.04, 0.0),
             (0.0, 0.082, 0.010), (0.0, 0.105, wall)]  # fmt: skip
    oval = np.stack([0.014 * np.cos(a := np.arange(8) * np.pi / 4), 0.011 * np.sin(a)], axis=1)
    grip = sweep(curve(knots, 13), oval, up=(1.0, 0.0, 0.0))
    aside = plan.half_w * 0.42
    wall = float(plan.front(np.array([aside]), np.zeros(1))[0]) - thick
    loop = [(aside, -0.10, wall), (aside, -0.085, wall - 0.045), (aside, 0.0, wall - 0.068),
            (aside, 0.085, wall - 0.045), (aside, 0.10, wall)]  # fmt: skip
    flat = np.array([(-0.0025, -0.019), (0.0025, -0.019), (0.0025, 0.019), (-0.0025, 0.019)])
    strap = sweep(curve(loop, 13), flat, up=(1.0, 0.0, 0.0))
    return [
        to_part(merge(*battens), "battens", "batten", crease_deg=20),
        to_part(grip, "grip", "strap", crease_deg=45),
        to_part(strap, "strap", "strap", crease_deg=30),
    ]


def _rivet_places(plan: _Plan, outline: Floats) -> Floats:
    step = max(len(outline) // 14, 1)
    ring = outline[::step].copy()
    toward = np.array([0.0, 0.0, 0.0]) - ring
    toward[:, 2] = 0.0
    toward /= np.maximum(np.linalg.norm(toward, axis=1, keepdims=True), 1e-9)
    ring += toward * 0.006
    ring[:, 2] += 0.007
    if plan.boss:
        angle = (np.arange(8) + 0.5) * (np.pi / 4)
        r = 0.088 * min(plan.half_w / 0.38, 1.15) * 1.06
        xy = np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)
        boss = np.column_stack([xy, np.full(8, _BODY_Z_M + 0.005)])
        ring = np.concatenate([ring, boss])
    return ring
