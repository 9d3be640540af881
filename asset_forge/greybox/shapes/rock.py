"""Rocks: boulders with facets and broken edges, layered or slabby stone, moss, and clusters."""

from dataclasses import dataclass, replace

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.boulders import cut_stone, rough_planes
from asset_forge.greybox.shapes.fittings import grounded
from asset_forge.greybox.solids import Solid, rotation

_STYLES = {
    "cluster": "cluster rocks rocky pile group rubble stones boulders heap",
    "strata": "layered strata stratified ledge cliff sedimentary slab slabs sandstone shale",
    "spire": "spire standing menhir monolith pillar pinnacle tall",
    "boulder": "boulder round smooth",
}


@dataclass(frozen=True)
class _Plan:
    """Metres. style: a key of `_STYLES`. facets: planes a body is cut from."""

    style: str
    width_m: float
    height_m: float
    depth_m: float
    facets: int
    chamfer_m: float
    mossy: bool


def build(brief: Brief) -> Shape:
    """Build a rock that lies on y = 0 over the origin."""
    plan = _plan(brief)
    rng = brief.rng("rock colours")
    stone = words.surface_for(
        brief,
        ("rock", "rocks", "boulder", "stone", "cluster"),
        str(rng.choice(["stone", "granite", "sandstone", "slate", "tan stone", "stone"]))
        if plan.style != "strata" else str(rng.choice(["sandstone", "stone", "slate"])),
        ("stone", "metal", "bone", "gem"),
        main=True,
        anywhere=True,
    )  # fmt: skip
    surfaces = {"stone": stone, "moss": "moss"}
    if plan.mossy:
        # The moss lies where it grows, on top, and not in blotches all over.
        surfaces["stone"] = " ".join(w for w in stone.split() if w not in ("mossy", "overgrown"))
    parts: list[Part] = []
    for index, (solids, place, size) in enumerate(_bodies(plan, brief)):
        shades = brief.rng(f"rock shade {index}")
        for layer, solid in enumerate(solids):
            name = f"rock {index}.{layer}"
            part = to_part(solid, name, "stone", crease_deg=14)
            parts.append(_shaded(replace(part, positions=part.positions + place), plan,
                                 float(shades.uniform(0.90, 1.06))))  # fmt: skip
        if plan.mossy:
            parts += _moss(solids[-1], place, size, index, brief)
    parts = grounded(_centred(parts))
    return Shape.of("rock", parts, surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("rock")
    drawn = str(rng.choice(["boulder", "boulder", "strata", "cluster"]))
    style = next((s for s, names in _STYLES.items() if words.has(brief, *names.split())), drawn)
    width = 1.15 * words.size_factor(brief) ** 1.5 * float(rng.uniform(0.88, 1.15))
    if words.has(brief, "pebble", "pebbles"):
        width = 0.14
    tall = float(rng.uniform(0.62, 0.80))
    deep = float(rng.uniform(0.74, 0.95))
    if style == "spire":
        tall, width = float(rng.uniform(1.7, 2.2)), width * 0.85
    elif style == "strata":
        tall = float(rng.uniform(0.52, 0.68))
    if words.has(brief, "broad", "wide", "flat"):
        tall *= 0.7
    if words.has(brief, "slim", "narrow"):
        deep *= 0.7
        tall *= 1.2
    height = width * tall
    if brief.height_m is not None:
        width, height = width * brief.height_m / height, brief.height_m
    jagged = words.has(brief, "jagged", "sharp", "spiked", "craggy", "cracked")
    smooth = words.has(brief, "smooth", "round", "river", "pebble")
    return _Plan(
        style=style,
        width_m=width,
        height_m=height,
        depth_m=width * deep,
        facets=13 if jagged else 34 if smooth else int(rng.integers(17, 24)),
        chamfer_m=width * (0.012 if jagged else 0.075 if smooth else 0.034),
        mossy=words.has(brief, "mossy", "moss", "overgrown", "forest", "swamp"),
    )


def _bodies(plan: _Plan, brief: Brief) -> list[tuple[list[Solid], Floats, float]]:
    """Return every stone as its layers from the ground up, its place, and its height."""
    rng = brief.rng("rock bodies")
    w, h, d = plan.width_m, plan.height_m, plan.depth_m
    if plan.style == "cluster":
        stones = []
        count = int(rng.integers(4, 7))
        turn = float(rng.uniform(0, 2 * np.pi))
        for k in range(count):
            size = 0.66 if k == 0 else float(rng.uniform(0.26, 0.46))
            a = turn + 2 * np.pi * k / max(count - 1, 1) + float(rng.uniform(-0.3, 0.3))
            out = 0.0 if k == 0 else 0.34 * w + 0.22 * size * w
            tall = h * size * float(rng.uniform(0.9, 1.3) if k else 1.45)
            sunk = 0.28 * tall
            solid = _boulder(plan, (w * size, tall, d * size), sunk, rng, float(rng.normal(0, 9)))
            stones.append(([solid], np.array([out * np.cos(a), sunk, 0.9 * out * np.sin(a)]), tall))
        return stones
    sunk = 0.30 * h
    place = np.array([0.0, sunk, 0.0])
    if plan.style == "strata":
        return [(_strata(plan, sunk, rng), place, h)]
    return [([_boulder(plan, (w, h, d), sunk, rng)], place, h)]


def _boulder(
    plan: _Plan,
    size_m: tuple[float, float, float],
    sunk_m: float,
    rng: np.random.Generator,
    tilt_deg: float = 0.0,
) -> Solid:
    """Cut one stone around a point that lies sunk_m above the flat ground."""
    w, h, d = size_m
    planes = rough_planes((w / 2, h * 0.70, d / 2), plan.facets, rng)
    planes[:, :3] = planes[:, :3] @ rotation("z", tilt_deg).T
    ground = [[0.0, -1.0, 0.0, sunk_m]]
    return cut_stone(np.vstack([planes, ground]), chamfer_m=plan.chamfer_m * w / plan.width_m)


def _strata(plan: _Plan, sunk_m: float, rng: np.random.Generator) -> list[Solid]:
    """Cut a stone along its bedding into layers that weathered back by different amounts."""
    planes = rough_planes((plan.width_m / 2, plan.height_m * 0.70, plan.depth_m / 2), 19, rng)
    # Steep walls under a flat top show their layers best.
    planes = planes[np.abs(planes[:, 1]) < 0.75]
    planes[:, 1] *= 0.35
    planes[:, :3] /= np.linalg.norm(planes[:, :3], axis=1, keepdims=True)
    bed = rotation("z", float(rng.uniform(-11, 11))) @ rotation("x", float(rng.uniform(-6, 6)))
    up = bed @ np.array([0.0, 1.0, 0.0])
    count = int(rng.integers(4, 7))
    edges = np.linspace(-0.36, 0.66, count + 1) * plan.height_m
    edges[1:-1] += rng.uniform(-0.26, 0.26, count - 1) * plan.height_m / count
    layers = []
    for k in range(count):
        middle = up * (edges[k] + edges[k + 1]) / 2
        half = (edges[k + 1] - edges[k]) / 2 + 0.004 * plan.height_m
        back = float(rng.uniform(0.88, 1.04)) * (1.0 - 0.20 * k / count)
        moved = planes.copy()
        moved[:, 3] = planes[:, 3] * back - planes[:, :3] @ middle
        moved = moved[moved[:, 3] > 0.02 * plan.width_m]
        ground = float(middle[1]) + sunk_m
        if ground < 0.02 * plan.height_m:
            continue
        cuts = np.array([[*up, half], [*-up, half], [0.0, -1.0, 0.0, ground]])
        body = cut_stone(np.vstack([moved, cuts]), chamfer_m=0.5 * plan.chamfer_m)
        x, y, z = (float(v) for v in middle)
        layers.append(body.moved(x, y, z))
    return layers


def _moss(solid: Solid, place: Floats, size: float, index: int, brief: Brief) -> list[Part]:
    """Lay moss over the upper side of a stone: its own hull, a little larger, cut by planes."""
    rng = brief.rng(f"rock moss {index}")
    points = solid.positions
    a, b, c = (points[solid.triangles[:, k]] for k in range(3))
    normals = np.cross(b - a, c - a)
    length = np.linalg.norm(normals, axis=1)
    normals = normals[length > 1e-9] / length[length > 1e-9, None]
    # One plane for each direction will do: moss rounds what lies under it.
    _, first = np.unique(np.round(2.5 * normals), axis=0, return_index=True)
    normals = normals[np.sort(first)]
    reach = (points @ normals.T).max(axis=0)
    high = points[points[:, 1] > 0.45 * points[:, 1].max()]
    spots = [high[high[:, 1].argmax()], *high[rng.choice(len(high), 2 if index else 4)]]
    parts = []
    for number, spot in enumerate(spots):
        middle = 0.88 * spot
        cuts = []
        # Cut at random all around: several such cushions overlap to a ragged patch.
        for turn in np.arange(6) * np.pi / 3 + rng.uniform(-0.4, 0.4, 6):
            normal = np.array([np.cos(turn), float(rng.uniform(-0.9, -0.3)), np.sin(turn)])
            reach_m = float(rng.uniform(0.13, 0.30)) * size * (1.0 if number else 1.25)
            cuts.append([*normal / np.linalg.norm(normal), reach_m])
        cuts.append([0.0, -1.0, 0.0, 0.2 * size])
        swell = float(rng.uniform(0.012, 0.022)) * size**0.5
        grown = np.column_stack([normals, reach + swell - normals @ middle])
        patch = cut_stone(np.vstack([grown[grown[:, 3] > 0.004], cuts]), chamfer_m=0.015 * size)
        x, y, z = (float(v) for v in middle + place)
        shade = float(rng.uniform(0.8, 1.05))
        parts.append(to_part(patch.moved(x, y, z), f"moss {index}.{number}", "moss",
                             crease_deg=60, tint=(shade, shade, shade)))  # fmt: skip
    return parts


def _shaded(part: Part, plan: _Plan, shade: float) -> Part:
    """Return the part a little darker towards the ground."""
    t = np.clip(part.positions[:, 1:2] / (0.6 * plan.height_m), 0, 1)
    return replace(part, tint=shade * (0.74 + 0.32 * t) * np.ones((1, 3)))


def _centred(parts: list[Part]) -> list[Part]:
    """Return the parts with the middle of their bounds over the origin."""
    points = np.concatenate([part.positions for part in parts])
    middle = (points.min(axis=0) + points.max(axis=0)) / 2 * (1, 0, 1)
    return [replace(part, positions=part.positions - middle) for part in parts]
