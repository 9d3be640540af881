"""Crates: planks in a frame with diagonal braces or metal bands, nails, and metal corners."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.carpentry import board, nails, spelled_out
from asset_forge.greybox.shapes.fittings import grounded, hoop
from asset_forge.greybox.solids import Solid, box, box_mapped, extrude, merge, rotation

_BOARD_M = 0.022
_BAND_M = 0.005  # how far a band stands above the wood under it
_CAPPED = ("reinforced", "strong", "ornate", "corners")
_BAND_SHARES = (-0.25, 0.25)


@dataclass(frozen=True)
class _Plan:
    """Outer size in metres. brace: "diagonal", "cross" or "none"."""

    width_m: float
    height_m: float
    depth_m: float
    beam_m: float
    planks: int
    brace: str
    corners: bool
    bands: bool
    upright: bool


def build(brief: Brief) -> Shape:
    """Build a crate that stands on y = 0, centred over the origin."""
    plan = _plan(brief)
    rng = brief.rng("crate colours")
    brief = spelled_out(brief)
    planks = words.surface_for(
        brief,
        ("crate", "plank", "planks", "box", "chest", "container"),
        str(rng.choice(["wood", "oak", "pine"])),
        ("wood", "metal", "stone", "leather", "scale", "bone"),
        main=True,
    )
    surfaces = {
        "planks": planks,
        "frame": words.surface_for(
            brief, ("frame", "brace", "braces"), f"dark {planks.split()[-1]}", ("wood", "metal")
        ),
        "metal": words.surface_for(
            brief,
            ("nail", "nails", "corners", "band", "bands", "straps", "fittings"),
            "iron",
            ("metal",),
        ),
        "inside": "dark ebony",
    }
    b = plan.beam_m
    core = box(
        plan.width_m - 2 * (b * 0.55), plan.height_m - 2 * (b * 0.55), plan.depth_m - 1.1 * b
    ).moved(y=plan.height_m / 2)
    parts = [to_part(core, "inside", "inside")]
    spots: list[Floats] = []
    for index, turn in enumerate((0, 90, 180, 270)):
        wide, deep = (
            (plan.width_m, plan.depth_m) if turn % 180 == 0 else (plan.depth_m, plan.width_m)
        )
        parts += _side(plan, brief, index, wide, deep, turn, spots)
    parts += _lid(plan, brief, spots)
    parts.append(to_part(_posts(plan), "posts", "frame", crease_deg=20))
    if plan.corners:
        parts.append(to_part(_corners(plan), "corners", "metal", crease_deg=20))
    if plan.bands:
        parts += _bands(plan, spots)
    parts += _nails(np.array(spots), plan)
    return Shape("crate", tuple(grounded(parts)), surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("crate")
    said = set(words.said(brief))
    width = 0.80 * words.size_factor(brief)
    ratio_y, ratio_z = rng.uniform(0.82, 1.02), rng.uniform(0.86, 1.0)
    if {"long", "coffin", "weapon", "weapons", "rifle"} & said:
        width, ratio_y, ratio_z = 1.15, 0.45, 0.5
    elif words.has(brief, "chest", "trunk"):
        ratio_y, ratio_z = 0.62, 0.62
    elif words.has(brief, "flat"):
        ratio_y = 0.45
    if words.has(brief, "broad", "wide"):
        width *= 1.25
    bands = words.has(
        brief, "band", "bands", "banded", "bound", "strap", "straps", "strapped", "hoops"
    )
    height = width * float(ratio_y)
    if brief.height_m is not None:
        width, height = width * brief.height_m / height, brief.height_m
    beam = 0.062 * width / 0.8 * float(rng.uniform(0.9, 1.15))
    planks = int(rng.integers(4, 7))
    brace = str(rng.choice(["diagonal", "cross", "diagonal"]))
    corners = words.has(brief, *_CAPPED, "metal", "iron", "steel", "banded") or bool(
        rng.random() < 0.3
    )
    return _Plan(
        width_m=width,
        height_m=height,
        depth_m=width * float(ratio_z),
        beam_m=beam,
        planks=planks,
        # Bands hold the planks in the braces' stead.
        brace="none" if bands else brace,
        corners=words.has(brief, *_CAPPED) if bands else corners,
        bands=bands,
        upright=bool(rng.random() < 0.4),
    )


def _side(
    plan: _Plan, brief: Brief, index: int, wide: float, deep: float, turn: int, spots: list[Floats]
) -> list[Part]:
    """Make one wall in the XY plane at +Z and turn it to its place."""
    # Opposite walls are alike and share their texture.
    rng = brief.rng(f"crate side {index % 2}")
    b, h = plan.beam_m, plan.height_m
    face = deep / 2 - 0.35 * b
    parts: list[Part] = []
    inner_w, inner_h = wide - 1.2 * b, h - 1.2 * b
    span, length = (inner_w, inner_h) if plan.upright else (inner_h, inner_w)
    edges = np.linspace(-span / 2, span / 2, plan.planks + 1)
    edges[1:-1] += rng.uniform(-0.12, 0.12, plan.planks - 1) * span / plan.planks
    for plank in range(plan.planks):
        gap = 0.004
        plain = board(
            float(edges[plank + 1] - edges[plank]) - gap, length, _BOARD_M, bevel=0.0035
        ).rotated("z", float(rng.uniform(-0.35, 0.35)))
        middle = float(edges[plank] + edges[plank + 1]) / 2
        plain = plain.moved(x=middle, z=face - _BOARD_M / 2 + float(rng.uniform(-0.003, 0.002)))
        if not plan.upright:
            plain = plain.rotated("z", 90)
        shade = float(rng.uniform(0.80, 1.12))
        parts.append(
            to_part(
                plain.moved(y=h / 2).rotated("y", turn),
                f"plank {index}.{plank}",
                "planks",
                crease_deg=20,
                chart=f"plank {index % 2}.{plank}",
                tint=(shade, shade * 0.99, shade * 0.97),
            )
        )
    rails = [
        box(b * 0.98, wide - 1.96 * b, b * 0.62, bevel=0.005).rotated("z", 90).moved(y=y)
        for y in (b * 0.5, h - b * 0.5)
    ]
    frame = merge(*rails, *_braces(plan, wide)).moved(z=deep / 2 - 0.31 * b)
    parts.append(to_part(frame.rotated("y", turn), f"frame {index}", "frame", crease_deg=20))
    spin = rotation("y", turn)
    spots += [
        spin @ np.array([x, y, deep / 2])
        for x in np.linspace(-wide / 2 + 1.6 * b, wide / 2 - 1.6 * b, 3 if plan.bands else 4)
        for y in (b * 0.5, h - b * 0.5)
    ]
    spots += [
        spin @ np.array([x, y, deep / 2 + 0.0012])
        for x in (-wide / 2 + b * 0.45, wide / 2 - b * 0.45)
        for y in (b * 0.5, h * 0.34, h * 0.66, h - b * 0.5)
    ]
    return parts


def _braces(plan: _Plan, wide: float) -> list[Solid]:
    """Cut the diagonals so that they fit between rails and posts."""
    b, h = plan.beam_m, plan.height_m
    half_w, half_h = wide / 2 - 0.98 * b, h / 2 - 0.98 * b
    t = b * 0.62
    outline = np.array([
        (-half_w, -half_h), (-half_w + t, -half_h), (half_w, half_h - t), (half_w, half_h),
        (half_w - t, half_h), (-half_w, -half_h + t),
    ])  # fmt: skip
    rising = extrude(outline, b * 0.46, bevel=0.004)
    run = np.degrees(np.arctan2(half_h, half_w))
    rising = _along(rising, float(run)).moved(y=h / 2, z=-0.02 * b)
    if plan.brace == "none":
        return []
    if plan.brace == "diagonal":
        return [rising]
    falling = rising.mirrored("x").scaled(1.0, 1.0, 0.94).moved(z=0.002)
    return [rising, falling]


def _along(solid: Solid, degrees: float) -> Solid:
    """Lay the texture's grain along a direction in the XY plane."""
    turned = box_mapped(solid.rotated("z", 90 - degrees))
    return turned.rotated("z", degrees - 90)


def _lid(plan: _Plan, brief: Brief, spots: list[Floats]) -> list[Part]:
    """Make planks and rails on top, and plain planks below."""
    rng = brief.rng("crate lid")
    b, h, w, d = plan.beam_m, plan.height_m, plan.width_m, plan.depth_m
    parts: list[Part] = []
    edges = np.linspace(-w / 2 + 0.6 * b, w / 2 - 0.6 * b, plan.planks + 2)
    for plank in range(plan.planks + 1):
        plain = board(float(edges[plank + 1] - edges[plank]) - 0.004, d - 1.2 * b, _BOARD_M,
                      bevel=0.0035)  # fmt: skip
        x = float(edges[plank] + edges[plank + 1]) / 2
        drop = float(rng.uniform(-0.002, 0.003))
        shade = float(rng.uniform(0.82, 1.10))
        parts.append(
            to_part(
                plain.rotated("x", -90).moved(x, h - 0.35 * b - _BOARD_M / 2 - drop, 0.0),
                f"lid {plank}",
                "planks",
                crease_deg=20,
                tint=(shade, shade * 0.99, shade * 0.97),
            )
        )
    floor = box(w - 1.2 * b, _BOARD_M, d - 1.2 * b).moved(y=0.35 * b + _BOARD_M / 2)
    parts.append(to_part(box_mapped(floor, grain="x"), "floor", "planks"))
    long_rail = box(b * 0.97, w - 1.94 * b, b * 0.60, bevel=0.005).rotated("z", 90)
    short_rail = box(b * 0.97, d - 1.94 * b, b * 0.60, bevel=0.005)
    rails = [
        rail
        for y in (h - 0.31 * b, 0.31 * b)
        for side in (-1.0, 1.0)
        for rail in (
            long_rail.rotated("x", 90).moved(0.0, y - 0.002, side * (d / 2 - b * 0.5)),
            short_rail.rotated("x", 90).moved(side * (w / 2 - b * 0.5), y - 0.001),
        )
    ]
    parts.append(to_part(merge(*rails), "lid frame", "frame", crease_deg=20))
    spots += [
        np.array([x, h - 0.002, z])
        for x in np.linspace(-w / 2 + 1.5 * b, w / 2 - 1.5 * b, 4)
        for z in (-d / 2 + b * 0.5, d / 2 - b * 0.5)
    ]
    return parts


def _posts(plan: _Plan) -> Solid:
    b = plan.beam_m
    post = box(b * 1.04, plan.height_m, b * 1.04, bevel=0.006)
    x, z = plan.width_m / 2 - b * 0.5, plan.depth_m / 2 - b * 0.5
    return merge(
        *(post.moved(sx * x, plan.height_m / 2, sz * z) for sx in (-1, 1) for sz in (-1, 1))
    )


def _corners(plan: _Plan) -> Solid:
    """Make metal caps on the eight corners."""
    b = plan.beam_m * 1.16
    cap = box(b * 1.25, b * 1.25, b * 1.25, bevel=0.010)
    reach = b * 0.56
    x, y, z = plan.width_m / 2 - reach, plan.height_m / 2 - reach, plan.depth_m / 2 - reach
    return merge(
        *(
            cap.moved(sx * x, plan.height_m / 2 + sy * y, sz * z)
            for sx in (-1, 1)
            for sy in (-1, 1)
            for sz in (-1, 1)
        )
    )


def _bands(plan: _Plan, spots: list[Floats]) -> list[Part]:
    """Make two flat hoops around the crate, square to the planks of its walls.

    They lie on planks and frame alike, stepping from one to the other. Adds their nails.
    """
    b = plan.beam_m
    centre = np.array([0.0, plan.height_m / 2, 0.0])
    # Horizontal hoops pass the four posts, upright ones the rails of lid and floor.
    across, along = (plan.width_m, plan.height_m) if plan.upright else (plan.height_m, plan.width_m)
    half = np.array([across, plan.depth_m]) / 2
    corner, step = half + 0.02 * b, half - 0.35 * b + 0.002
    frame = half - 1.02 * b
    quarter = [(corner[0], -frame[1]), (step[0], -frame[1]), (step[0], frame[1]),
               (corner[0], frame[1]), (corner[0], corner[1])]  # fmt: skip
    other = [(frame[0], corner[1]), (frame[0], step[1]), (-frame[0], step[1]),
             (-frame[0], corner[1]), (-corner[0], corner[1])]  # fmt: skip
    flat = np.array([*quarter, *other, *-np.array(quarter), *-np.array(other)])
    legs = np.roll(flat, -1, axis=0) - flat
    legs /= np.linalg.norm(legs, axis=1, keepdims=True)
    ahead = legs + np.roll(legs, 1, axis=0)
    outward = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
    wide = 0.034 * min(plan.width_m, 1.4 * plan.height_m)
    section = np.array([
        (-0.004, -wide), (_BAND_M - 0.0015, -wide), (_BAND_M, 0.0015 - wide),
        (_BAND_M, wide - 0.0015), (_BAND_M - 0.0015, wide), (-0.004, wide),
    ])  # fmt: skip
    axes = (0, 2) if plan.upright else (1, 2)
    path, out, along_path = (np.zeros((len(flat), 3)) for _ in range(3))
    path[:, axes], out[:, axes], along_path[:, axes] = flat, outward, ahead
    ring = hoop(path + centre, section, out, along_path)
    shift = np.array([0.0, 1.0, 0.0] if plan.upright else [1.0, 0.0, 0.0]) * along
    for share in _BAND_SHARES:
        for side in (-1.0, 1.0):
            for t in (-0.62, 0.0, 0.62):
                for axis, place in ((0, (step[0] + _BAND_M, t * frame[1])),
                                    (1, (t * frame[0], step[1] + _BAND_M))):  # fmt: skip
                    nail = centre + share * shift
                    nail[list(axes)] += side * np.array(place)
                    if not (axes == (1, 2) and axis == 0 and side < 0):  # none under the floor
                        spots.append(nail)
    return [
        to_part(
            ring.moved(*(share * shift)), f"band {index}", "metal", crease_deg=20, chart="bands"
        )
        for index, share in enumerate(_BAND_SHARES)
    ]


def _nails(places: Floats, plan: _Plan) -> list[Part]:
    """Make nail heads that stand out from the side on which each place lies."""
    size = np.array([plan.width_m, plan.height_m, plan.depth_m]) / 2
    relative = (places - np.array([0.0, plan.height_m / 2, 0.0])) / size
    axis = np.abs(relative).argmax(axis=1)
    outwards = np.eye(3)[axis] * np.sign(relative[np.arange(len(axis)), axis])[:, None]
    return nails(places, outwards, radius_m=0.0075, slot="metal")
