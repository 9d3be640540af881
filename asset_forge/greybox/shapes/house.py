"""Houses: framed, stone or boarded walls under a gabled roof of thatch or tiles; round huts."""

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import grounded
from asset_forge.greybox.shapes.framing import (
    Pieces,
    door,
    gather,
    parts_of,
    placed,
    timber,
    window,
)
from asset_forge.greybox.shapes.house_walls import (
    PLINTH_M,
    HousePlan,
    add_framing,
    add_openings,
    walls_of,
)
from asset_forge.greybox.shapes.roofing import (
    cone_thatch,
    gable_thatch,
    slope_tiles,
    tiled,
)
from asset_forge.greybox.solids import Solid, box, extrude, lathe, loft, merge

_THATCH_M = 0.26


def build(brief: Brief) -> Shape:
    """Build a house on y = 0 over the origin, its door to +Z, its ridge along X."""
    plan = _plan(brief)
    surfaces = _surfaces(plan, brief)
    parts = _round_hut(plan, brief) if plan.is_round else _gabled(plan, brief)
    return Shape.of("house", grounded(parts), surfaces)


def _plan(brief: Brief) -> HousePlan:
    rng = brief.rng("house")
    hut = words.has(brief, "hut", "shack", "hovel", "tribal", "wigwam")
    cottage = words.has(brief, "cottage", "cosy", "cozy", "farmhouse")
    cabin = words.has(brief, "cabin", "log")
    width = float(rng.uniform(5.6, 6.6)) * (0.62 if hut else 0.92 if cottage or cabin else 1.0)
    width *= words.size_factor(brief)
    if words.has(brief, "broad", "wide"):
        width *= 1.2
    if words.has(brief, "slim", "narrow"):
        width *= 0.8
    depth = float(rng.uniform(4.1, 4.8)) * (0.74 if hut else 0.95 if cottage else 1.0)
    depth *= words.size_factor(brief)
    floors = 1
    if words.has(brief, "two storey", "two story", "inn", "tavern", "manor", "townhouse", "tall"):
        floors = 2
    wall = (2.0 if hut else 2.5) + PLINTH_M + (floors - 1) * 2.2
    pitch = float(rng.uniform(0.95, 1.25)) * (0.72 if cabin else 1.0)
    ridge = wall + depth / 2 * pitch
    if brief.height_m is not None:
        scale = brief.height_m / (ridge + 0.3)
        width, depth, wall, ridge = (v * scale for v in (width, depth, wall, ridge))
    is_round = words.has(brief, "round", "tribal", "mud") or (hut and bool(rng.random() < 0.4))
    return HousePlan(
        width_m=width,
        depth_m=depth,
        wall_m=wall,
        ridge_m=ridge,
        eaves_m=float(rng.uniform(0.32, 0.48)),
        floors=floors,
        wall=_wall_style(
            brief, str(rng.choice(["framed", "framed", "stone", "boards"])) if not hut else "plain"
        ),
        roof=_roof_style(brief, str(rng.choice(["thatch", "tiles", "tiles"]))),
        is_round=is_round,
        chimney="none" if hut else str(rng.choice(["gable", "roof"])),
        shutters=not hut and bool(rng.random() < 0.75),
        door_x=float(rng.choice([-0.22, 0.0, 0.22])) * width,
        arched=bool(rng.random() < 0.35),
        budget=brief.face_budget,
    )


def _wall_style(brief: Brief, drawn: str) -> str:
    said = {
        *words.piece_words(brief, ("house", "cottage", "hut", "cabin", "home", "wall", "walls"))
    }
    if words.has(brief, "log", "logs", "cabin"):
        return "logs"
    if words.has(brief, "timber framed", "half timbered", "tudor", "timbered", "framed"):
        return "framed"
    if {"stone", "brick", "granite", "sandstone", "marble", "slate", "bricks"} & said:
        return "stone"
    if {"wood", "wooden", "oak", "pine", "plank", "timber"} & said or words.has(brief, "shack"):
        return "boards"
    if words.has(brief, "mud", "clay", "adobe"):
        return "plain"
    return drawn


def _roof_style(brief: Brief, drawn: str) -> str:
    if words.has(brief, "thatch", "thatched", "straw", "hut", "tribal"):
        return "thatch"
    if words.has(brief, "tile", "tiles", "tiled", "slate", "shingle", "shingles", "clay", "cabin"):
        return "tiles"
    return drawn


def _surfaces(plan: HousePlan, brief: Brief) -> dict[str, str]:
    rng = brief.rng("house colours")
    names = ("house", "cottage", "hut", "cabin", "home", "wall", "walls", "shack")
    light = str(rng.choice(["plaster", "light plaster", "tan plaster", "cream plaster"]))
    default = {
        "framed": light, "plain": "tan plaster",
        "stone": str(rng.choice(["stone", "sandstone", "granite"])),
        "boards": str(rng.choice(["wood", "oak", "pine"])), "logs": "wood",
    }[plan.wall]  # fmt: skip
    allowed = ("wood",) if plan.wall in ("boards", "logs") else ("stone",)
    wall = words.surface_for(brief, names, default, allowed, main=True)  # type: ignore[arg-type]
    if plan.wall == "framed" and "plaster" not in wall:
        wall = light
    if plan.wall == "stone" and "brick" not in wall:
        wall = f"masonry {wall}"
    drawn = str(rng.choice(["clay", "clay", "slate", "dark wood", "brown clay"]))
    frame = str(rng.choice(["dark wood", "dark oak", "wood", "dark ash"]))
    roof = "thatch" if plan.roof == "thatch" else "dark wood" if plan.wall == "logs" else drawn
    paint = str(rng.choice(["green", "blue", "red", "teal", "brown"]))
    return {
        "walls": wall,
        "roof": words.surface_for(
            brief, ("roof", "tiles", "shingles", "thatch"), roof,
            ("thatch",) if plan.roof == "thatch" else ("stone", "wood", "metal"),
        ),
        "frame": words.surface_for(brief, ("beams", "frame", "timbers"), frame, ("wood",)),
        "door": words.surface_for(brief, ("door",), str(rng.choice(["oak", "wood", "mahogany"])),
                                  ("wood", "metal")),
        "shutters": words.surface_for(brief, ("shutters",), f"painted {paint} wood", ("wood",)),
        "glass": words.surface_for(
            brief, ("windows", "window"),
            "amber glass" if words.has(brief, "lit", "cosy", "cozy", "night", "inn", "tavern")
            else "grey obsidian", ("gem",),
        ),
        "plinth": "masonry stone",
        "chimney": "brick" if "brick" in wall else "masonry stone",
        "metal": "iron",
        "pot": "clay",
    }  # fmt: skip


def _gabled(plan: HousePlan, brief: Brief) -> list[Part]:
    rng = brief.rng("house walls")
    w, d = plan.width_m, plan.depth_m
    plinth = box(w + 0.16, PLINTH_M + 0.1, d + 0.16, bevel=0.04).moved(y=PLINTH_M / 2 - 0.05)
    pieces: Pieces = {"plinth": [plinth]}
    add_openings(plan, rng, pieces)
    if plan.wall in ("framed", "boards", "plain"):
        add_framing(plan, pieces)
    step = box(1.5, 0.20, 0.8, bevel=0.03).moved(plan.door_x, 0.06, d / 2 + 0.40)
    pieces["plinth"].append(step)
    parts = [*walls_of(plan, rng)]
    if plan.chimney != "none":
        parts += _chimney(plan, rng)
    rng = brief.rng("house roof")
    if plan.roof == "thatch":
        return [*parts, *_thatched(plan, rng, pieces), *parts_of(pieces)]
    gather(pieces, {"frame": _rafters(plan)})
    parts += parts_of(pieces)
    left = plan.budget - sum(len(part.triangles) for part in parts)
    return [*parts, *_tiled(plan, left, rng)]


def _thatched(plan: HousePlan, rng: np.random.Generator, pieces: Pieces) -> list[Part]:
    """Cover the house with thatch and a roll on its ridge, held by crossed sticks."""
    y0, z0 = plan.eave
    long = plan.width_m + 2 * plan.eaves_m
    thatch = gable_thatch(long + 0.1, (y0, z0), plan.ridge_m, _THATCH_M, rng)
    roll = gable_thatch(long + 0.22, (plan.ridge_m - 0.40 * plan.slope + 0.34, 0.40),
                        plan.ridge_m + 0.30, 0.14, rng)  # fmt: skip
    sticks = [
        timber((x, plan.ridge_m + 0.52 - 0.34 * plan.slope, s * 0.52),
               (x, plan.ridge_m + 0.74, -s * 0.10), 0.06, 0.06, facing=(1, 0, 0))
        for x in np.linspace(-0.46, 0.46, 7) * long for s in (-1, 1)
    ]  # fmt: skip
    gather(pieces, {"frame": sticks})
    return [to_part(thatch, "roof", "roof", crease_deg=40),
            to_part(roll, "ridge roll", "roof", crease_deg=40)]  # fmt: skip


def _rafters(plan: HousePlan) -> list[Solid]:
    """Make the deck under the tiles and the barge boards on its ends."""
    y0, z0 = plan.eave
    long = plan.width_m + 2 * plan.eaves_m
    deck = np.array([(z0, y0), (z0, y0 + 0.10), (0.0, plan.ridge_m + 0.10), (-z0, y0 + 0.10),
                     (-z0, y0), (0.0, plan.ridge_m)])  # fmt: skip
    rails: list[Solid] = [extrude(deck, long - 0.12).rotated("y", 90)]
    for sx in (-1, 1):
        for sz in (-1, 1):
            x = sx * (long / 2 - 0.05)
            rails.append(timber((x, y0 + 0.02, sz * (z0 + 0.02)), (x, plan.ridge_m + 0.06, 0.0),
                                0.20, 0.09, facing=(1, 0, 0)))  # fmt: skip
    return rails


def _tiled(plan: HousePlan, budget: int, rng: np.random.Generator) -> list[Part]:
    """Cover the house with tiles as small as the budget of triangles allows, and ridge caps."""
    y0, z0 = plan.eave
    long = plan.width_m + 2 * plan.eaves_m
    thick = 0.055
    area = 2 * long * float(np.hypot(plan.ridge_m - y0, z0))
    # A row is laid with half a tile more than its length holds; the caps need some as well.
    tiles = float(np.clip((budget - 260) / 12 / 1.16, 30, 190))
    edge = (area / tiles) ** 0.5
    tile = (1.06 * edge, 0.94 * edge)
    slopes = [
        slope_tiles(long + 0.06, (y0 + 0.08, s * (z0 + 0.08)), (plan.ridge_m + 0.10, 0.0), tile,
                    thick, rng)
        for s in (1.0, -1.0)
    ]  # fmt: skip
    parts = [tiled(tiles, thick, f"roof {k}", "roof", rng) for k, tiles in enumerate(slopes)]
    caps = []
    count = int(np.clip(long / 0.55, 4, 14))
    for k in range(count):
        x = (k + 0.5) * long / count - long / 2
        ring = np.array([(0.20, -0.20 * plan.slope), (0.0, 0.10), (-0.20, -0.20 * plan.slope),
                         (0.0, -0.02)])  # fmt: skip
        grown = [(x - 0.54 * long / count, 1.0), (x + 0.54 * long / count, 0.84)]
        caps.append(loft([np.column_stack([np.full(4, at), plan.ridge_m + 0.20 + ring[:, 1] * f,
                                           ring[:, 0] * f]) for at, f in grown]))  # fmt: skip
    return [*parts, to_part(merge(*caps), "ridge", "roof", crease_deg=20)]


def _chimney(plan: HousePlan, rng: np.random.Generator) -> list[Part]:
    wide = 0.95 if plan.chimney == "gable" else 0.72
    top = plan.ridge_m + float(rng.uniform(0.7, 1.0))
    if plan.chimney == "gable":
        x, z, low = plan.width_m / 2 + 0.22, 0.0, 0.0
    else:
        x, z, low = (
            float(rng.choice([-1, 1])) * 0.27 * plan.width_m,
            -0.16 * plan.depth_m,
            plan.wall_m,
        )
    stack = box(0.70 * wide, top - low, 0.62 * wide).moved(x, (top + low) / 2, z)
    solids = [stack, box(0.86 * wide, 0.16, 0.78 * wide, bevel=0.03).moved(x, top - 0.05, z)]
    if plan.chimney == "gable":
        base = box(0.80, 1.9, 1.5).moved(x, 0.95, z)
        p = base.positions.copy()
        up = p[:, 1] > 1
        p[up, 2] *= 0.98
        solids.append(base.bent(p))
        shoulder = loft([[(x + sx * 0.40 * f, y, z + sz * 0.735 * g) for sx, sz in
                          ((-1, 1), (1, 1), (1, -1), (-1, -1))]
                         for y, f, g in ((1.88, 1.0, 1.0), (2.5, 0.82, 0.39))])  # fmt: skip
        solids.append(shoulder)
    pot = lathe([(0.0, 0.0), (0.15, 0.0), (0.12, 0.30), (0.15, 0.34), (0.11, 0.36), (0.09, 0.1),
                 (0.0, 0.1)], sides=10)  # fmt: skip
    return [
        to_part(merge(*solids), "chimney", "chimney", crease_deg=20),
        to_part(pot.moved(x, top + 0.02, z), "pot", "pot", crease_deg=35),
    ]


def _round_hut(plan: HousePlan, brief: Brief) -> list[Part]:
    """Make a round hut: a wall between posts, a cone of thatch, a door, a window or two."""
    rng = brief.rng("house round")
    r = 0.40 * (plan.width_m + plan.depth_m) / 2 * 1.12
    low, top = 0.0, plan.wall_m
    wall = lathe([(r * 1.04, low), (r * 1.03, 0.25), (r, 0.3), (r * 0.99, top + 0.1)], sides=24)
    rise = (plan.ridge_m - plan.wall_m) * 1.25
    eave = r + 0.55
    drop = top - 0.34
    profile = np.array([
        (0.0, drop + 0.30), (0.9 * eave, drop + 0.02), (eave, drop), (eave * 1.02, drop + 0.16),
        (0.78 * eave, drop + 0.34 * rise), (0.45 * eave, drop + 0.72 * rise),
        (0.17 * eave, drop + 1.06 * rise), (0.05, drop + 1.16 * rise), (0.0, drop + 1.18 * rise),
    ])  # fmt: skip
    knot = lathe([(0.20 * eave, 0.0), (0.21 * eave, 0.05), (0.13 * eave, 0.16), (0.15 * eave, 0.24),
                  (0.0, 0.62)], sides=12).moved(y=drop + 0.98 * rise)  # fmt: skip
    pieces: Pieces = {}
    gather(pieces, placed(door(0.85, 1.65, rng, arched=False), 0.0, 0.05, r * 0.985, 0))
    for turn in (105, 235):
        gather(pieces, placed(window(0.52, 0.52, rng, shutters=False), 0.0, 1.15, r * 0.99, turn))
    posts = []
    for k in range(12):
        a = 2 * np.pi * (k + 0.5) / 12
        x, z = r * 1.01 * np.sin(a), r * 1.01 * np.cos(a)
        if abs(x) > 0.75 or z < 0:
            posts.append(lathe([(0.085, 0.0), (0.07, top)], sides=7).moved(x, 0.0, z))
    parts = [
        to_part(wall, "walls", "walls", crease_deg=30),
        to_part(cone_thatch(profile, rng), "roof", "roof", crease_deg=40),
        to_part(knot, "ridge roll", "roof", crease_deg=50),
        to_part(merge(*posts), "posts", "frame", crease_deg=60),
    ]
    return [*parts, *parts_of(pieces)]
