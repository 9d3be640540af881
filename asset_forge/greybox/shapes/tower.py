"""Towers: round or square stone with battlements or a pointed roof, ruins, wooden watchtowers."""

from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.boulders import cut_stone, rough_planes
from asset_forge.greybox.shapes.fittings import grounded
from asset_forge.greybox.shapes.framing import Pieces, door, gather, parts_of, placed, timber
from asset_forge.greybox.shapes.tower_tops import ROUND, SQUARE, TowerPlan, crown, spire
from asset_forge.greybox.shapes.watchtower import watchtower
from asset_forge.greybox.solids import Solid, box, extrude, loft, merge

_WALL_M = 0.55
# Who live in slim round towers under a pointed roof.
_MAGES = ("wizard", "wizards", "wizard's", "mage", "mages", "mage's")


def build(brief: Brief) -> Shape:
    """Build a tower on y = 0 over the origin, its door to +Z."""
    rng = brief.rng("tower colours")
    wood = words.has(brief, "wooden", "wood", "watchtower", "watch tower", "lookout", "guard post")
    wood = wood and not words.has(brief, "stone", "brick", "granite", "sandstone")
    stone = words.surface_for(
        brief,
        ("tower", "wall", "walls", "keep", "stone", "castle", "watchtower"),
        str(rng.choice(["stone", "sandstone", "granite", "stone"])),
        ("stone", "bone", "metal"),
        main=True,
    )
    surfaces = {
        "walls": stone if "brick" in stone else f"masonry {stone}",
        "trim": " ".join(w for w in stone.split() if w != "brick") or "stone",
        "roof": words.surface_for(
            brief, ("roof", "tiles", "shingles"),
            str(rng.choice(["slate", "clay", "dark wood", "navy slate", "maroon slate"])),
            ("stone", "wood", "metal"),
        ),
        "frame": words.surface_for(
            brief, ("beams", "frame", "timbers", "ladder"),
            str(rng.choice(["oak", "wood", "dark oak"])),
            ("wood",), main=wood,
        ),
        "door": words.surface_for(brief, ("door",), "oak", ("wood", "metal")),
        "inside": "dark obsidian",
        "metal": "gold" if words.has(brief, "ornate", "royal") else "iron",
        "flag": f"{rng.choice(['red', 'blue', 'green', 'purple', 'yellow'])} cloth",
        "thatch": "thatch",
        "deck": "wood",
    }  # fmt: skip
    if surfaces["trim"] in ("", "ancient", "mossy"):
        surfaces["trim"] += " stone"
    parts = watchtower(brief) if wood else _stone_tower(_plan(brief), brief)
    if wood:
        surfaces = {"frame": surfaces["frame"], **surfaces}
    return Shape.of("tower", grounded(parts), surfaces)


def _plan(brief: Brief) -> TowerPlan:
    rng = brief.rng("tower")
    height = float(rng.uniform(8.4, 10.2)) * words.size_factor(brief)
    radius = float(rng.uniform(1.9, 2.3))
    if words.has(brief, "broad", "wide", "keep", "squat", "fat"):
        radius *= 1.3
    if words.has(brief, "slim", "narrow", "slender", *_MAGES):
        radius *= 0.78
    square = words.has(brief, "square", "keep", "rectangular") or bool(rng.random() < 0.25)
    if words.has(brief, "round", "circular", "cylindrical", *_MAGES):
        square = False
    top = str(rng.choice(["battlements", "battlements", "roof"]))
    if words.has(brief, "ruined", "ruin", "ruins", "broken", "crumbling", "destroyed", "collapsed"):
        top = "ruin"
    elif words.has(
        brief, "battlement", "battlements", "crenellated", "crenellations", "keep", "castle"
    ):
        top = "battlements"
    elif words.has(brief, "roof", "conical", *_MAGES, "pointed",
                   "spire", "roofed"):  # fmt: skip
        top = "roof"
    if brief.height_m is not None:
        spare = {"battlements": 1.5, "roof": 4.3, "ruin": 0.0}[top]
        height = max(brief.height_m - spare * brief.height_m / 11.0, 2.0)
        radius *= brief.height_m / 11.0
    if top == "ruin":
        height *= 0.78
    return TowerPlan(
        sides=SQUARE if square else ROUND,
        radius_m=radius,
        height_m=height,
        taper=float(rng.uniform(0.03, 0.12)),
        top=top,
        corbels=bool(rng.random() < 0.7),
        flag=top != "ruin" and bool(rng.random() < 0.6),
        rows=int(rng.integers(2, 4)),
        budget=brief.face_budget,
    )


def _stone_tower(plan: TowerPlan, brief: Brief) -> list[Part]:
    rng = brief.rng("tower pieces")
    pieces: Pieces = {}
    tops = None
    if plan.top == "ruin":
        tops = _broken_tops(plan, rng)
        parts = _ruined_wall(plan, tops, rng)
    else:
        levels = np.array([0.0, 0.5, 1.1, 1.2, plan.height_m * 0.5, plan.height_m])
        rings = [plan.ring(plan.radius(float(y)), float(y)) for y in levels]
        parts = [to_part(loft(rings, cap_scale=0.3), "walls", "walls", crease_deg=30)]
        gather(pieces, {"trim": [_course(plan, plan.height_m * 0.5, 0.22, 0.09)]})
    _slits_and_door(plan, tops, rng, pieces)
    if plan.sides == SQUARE:
        gather(pieces, {"trim": _quoins(plan, rng)})
    if plan.top != "ruin":
        parts += crown(plan, rng, pieces)
    parts += parts_of(pieces)
    if plan.top == "roof":
        parts += spire(plan, plan.budget - sum(len(part.triangles) for part in parts), rng)
    return parts


def _course(plan: TowerPlan, y: float, tall: float, out: float) -> Solid:
    """Make a band of stone around the tower."""
    r = plan.radius(y)
    rings = [plan.ring(r + o, y + h) for o, h in
             ((-0.2, -tall / 2), (out * 0.6, -tall / 2), (out, 0.1 * tall), (out, tall / 2),
              (-0.2, tall / 2))]  # fmt: skip
    return loft(rings, cap_scale=0.1)


def _quoins(plan: TowerPlan, rng: np.random.Generator) -> list[Solid]:
    """Make the large corner stones of a square tower, long and short by turns."""
    stones: list[Solid] = []
    top = plan.height_m - 0.2 if plan.top != "ruin" else 0.34 * plan.height_m
    for sx in (-1, 1):
        for sz in (-1, 1):
            y, turn = 0.1, 0
            while y < top:
                tall = float(rng.uniform(0.50, 0.62))
                r = plan.radius(y + tall / 2) + 0.035
                long, short = (0.74, 0.46) if turn % 2 else (0.46, 0.74)
                x, z = sx * (r - long / 2), sz * (r - short / 2)
                stones.append(timber((x, y, z), (x, y + tall - 0.03, z), long, short))
                y += tall + 0.25
                turn += 1
    return stones


def _slits_and_door(
    plan: TowerPlan, tops: Floats | None, rng: np.random.Generator, pieces: Pieces
) -> None:
    """Set an arched door in the front, and arrow slits in rising rows where there is wall.

    tops: the heights of a ruin's wall, one a corner of the outline.
    """
    wide = min(1.15, 0.62 * plan.radius_m)
    flat = 1.0 if plan.sides == SQUARE else float(np.cos(np.pi / plan.sides))
    face = plan.radius(0.25) * flat - 0.02  # before the wall's bulge at its foot
    made = door(wide, 1.75, rng, arched=True)
    frame = made.pop("frame")
    gather(pieces, placed(made, 0.0, 0.18, face + 0.02, 0))
    # The frame of a house is of wood; here it is a surround of dressed stone.
    gather(pieces, {"trim": placed({"x": [_deeper(s) for s in frame]}, 0.0, 0.1, face, 0)["x"]})
    step = box(wide + 0.7, 0.22, 0.9, bevel=0.04).moved(0.0, 0.09, face + 0.35)
    gather(pieces, {"trim": [step]})
    shape = np.array([(-0.07, -0.55), (0.07, -0.55), (0.07, 0.06), (0.22, 0.06), (0.22, 0.20),
                      (0.07, 0.20), (0.07, 0.55), (-0.07, 0.55), (-0.07, 0.20), (-0.22, 0.20),
                      (-0.22, 0.06), (-0.07, 0.06)])  # fmt: skip
    plain = np.array([(-0.085, -0.55), (0.085, -0.55), (0.085, 0.55), (-0.085, 0.55)])
    outline = shape if rng.random() < 0.6 else plain
    turns = (0, 90, 180, 270) if plan.sides == SQUARE else (0, 120, 240)
    for row in range(plan.rows):
        y = plan.height_m * (0.40 + 0.42 * row / max(plan.rows - 1, 1))
        for turn in turns:
            at = turn + (0 if plan.sides == SQUARE or row == 0 else 60 * row)
            if tops is not None and _wall_at(plan, tops, at) < y + 1.0:
                continue
            r = plan.radius(y) * flat
            slit = extrude(outline, 0.10).moved(y=y, z=r + 0.005)
            z = r - 0.04
            jambs = [
                timber((s * 0.31, y - 0.6, z), (s * 0.31, y + 0.6, z), 0.16, 0.20) for s in (-1, 1)
            ]
            jambs += [
                timber((-0.46, y + s * 0.68, z), (0.46, y + s * 0.68, z), 0.20, 0.24)
                for s in (-1, 1)
            ]
            gather(pieces, {"inside": [slit.rotated("y", at)],
                            "trim": [jamb.rotated("y", at) for jamb in jambs]})  # fmt: skip


def _wall_at(plan: TowerPlan, tops: Floats, turn_deg: float) -> float:
    """Return the lowest height of a ruin's wall within 20 degrees of a direction from +Z."""
    outline = plan.ring(1.0, 0.0)
    off = np.degrees(np.arctan2(outline[:, 0], outline[:, 2])) - turn_deg
    near = np.abs((off + 180) % 360 - 180) < 20
    return float(tops[near].min())


def _deeper(solid: Solid) -> Solid:
    """Thicken a wooden door post to one of stone."""
    return solid.bent(solid.positions * (1.06, 1.02, 1.7))


def _broken_tops(plan: TowerPlan, rng: np.random.Generator) -> Floats:
    """Return the heights, one a corner of the outline, at which a ruin's wall ends."""
    outline = plan.ring(1.0, 0.0)
    angle = np.arctan2(outline[:, 0], outline[:, 2])
    shape = 0.62 - 0.30 * np.cos(angle - float(rng.uniform(-0.6, 0.6)))
    shape += 0.10 * np.cos(3 * angle + float(rng.uniform(0, 6)))
    block = 0.42
    tops = np.round(shape * plan.height_m / block + rng.uniform(-0.8, 0.8, len(angle))) * block
    # Two corners share each height, so that the edge steps like blocks.
    tops = np.repeat(tops[::2], 2)[: len(angle)]
    lowest = np.where(np.abs(angle) < 0.7, 3.0, 2.1)
    stepped: Floats = np.clip(tops, lowest, plan.height_m)
    return stepped


def _ruined_wall(plan: TowerPlan, tops: Floats, rng: np.random.Generator) -> list[Part]:
    """Make a hollow wall broken off in steps, and the blocks that fell from it."""
    outline = plan.ring(1.0, 0.0)
    count = len(outline)
    rings: list[Floats] = []
    for share in (0.0, 0.06, 0.12, 0.5, 1.0):
        y = tops * share
        r = np.array([plan.radius(float(v)) for v in y])
        rings.append(np.column_stack([outline[:, 0] * r, y, outline[:, 2] * r]))
    inner = np.array([plan.radius(float(v)) - _WALL_M for v in tops])
    rings.append(np.column_stack([outline[:, 0] * inner, tops, outline[:, 2] * inner]))
    rings.append(np.column_stack([outline[:, 0] * inner, 0.2 * tops, outline[:, 2] * inner]))
    rings.append(np.column_stack([outline[:, 0] * inner * 0.2, np.full(count, 0.3),
                                  outline[:, 2] * inner * 0.2]))  # fmt: skip
    wall = _coursed(loft(rings, cap_scale=0.3), np.array(rings))
    parts = [to_part(wall, "walls", "walls", crease_deg=30)]
    fallen: list[Solid] = []
    for _ in range(12):
        size = float(rng.uniform(0.28, 0.55))
        a = float(rng.uniform(0.5, 2 * np.pi - 0.5))
        out = plan.radius(0.0) + float(rng.uniform(0.1, 1.0))
        planes = np.vstack([rough_planes((size, size * 0.7, size * 0.8), 12, rng),
                            [[0.0, -1.0, 0.0, 0.35 * size]]])  # fmt: skip
        stone = cut_stone(planes, chamfer_m=0.0).rotated("y", float(rng.uniform(0, 90)))
        fallen.append(stone.moved(out * np.sin(a), 0.35 * size, out * np.cos(a)))
    beams = [
        timber((-0.55 * plan.radius_m, 2.4, 0.3 * s * plan.radius_m),
               (0.72 * plan.radius_m, 2.9, 0.25 * s * plan.radius_m), 0.2, 0.2)
        for s in (-1.0, 1.0)
    ]  # fmt: skip
    return [
        *parts,
        to_part(merge(*fallen), "rubble", "trim", crease_deg=14),
        to_part(merge(*beams), "beams", "frame", crease_deg=20),
    ]


def _coursed(solid: Solid, rings: Floats) -> Solid:
    """Lay the courses of a hollow wall level, outside and inside; its broken rim goes apart.

    rings: (R, K, 3) that the solid was lofted from; the last three are rim, inside and floor.
    """
    count, sides = rings.shape[:2]
    corners = solid.positions[solid.triangles]
    _, nearest = cKDTree(rings.reshape(-1, 3)).query(corners)
    ring = np.asarray(nearest) // sides
    level = corners[:, :, 1]
    floor = np.linalg.norm(corners[:, :, [0, 2]], axis=2)
    outside, rim = ring.max(axis=1) < count - 3, ring.min(axis=1) >= count - 4
    inside = ring.min(axis=1) >= count - 3
    is_side = solid.islands == 0
    uvs, islands = solid.corner_uvs.copy(), solid.islands.copy()
    uvs[is_side & outside, :, 1] = level[is_side & outside]
    rows = is_side & rim & ~inside
    uvs[rows, :, 1] = np.where(ring[rows] == count - 4, 0.0, _WALL_M)
    islands[rows] = 3
    rows = is_side & inside
    uvs[rows, :, 1] = -np.where(ring[rows] == count - 1, -floor[rows].max() + floor[rows],
                                level[rows])  # fmt: skip
    islands[rows] = 4
    return replace(solid, corner_uvs=uvs, islands=islands)
