"""Books: boards, a rounded spine with bands, a block of pages, corners, a clasp; or lying open."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.emblems import emblem_said, relief
from asset_forge.greybox.shapes.jewels import brilliant, faceted, seeded_jewel, torus
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.shapes.placing import finished, turned
from asset_forge.greybox.shapes.sheets import front_mapped
from asset_forge.greybox.solids import Solid, box, box_mapped, curve, extrude, loft, merge, sweep

_MAGIC = ("tome", "grimoire", "spellbook", "magic", "magical", "arcane", "spell", "spells")
_BOARD = 0.022


@dataclass(frozen=True)
class _Plan:
    """In heights of the book. bands: raised cords on the spine."""

    wide: float
    thick: float
    bands: int
    corners: bool
    clasps: int
    emblem: str
    jewel: bool
    frame: bool


def build(brief: Brief) -> Shape:
    """Build a book that stands, its cover to +Z; "open" lies, its head to -Z."""
    plan = _plan(brief)
    rng = brief.rng("book colours")
    cover = " ".join([str(rng.choice(["red", "green", "blue", "brown", "dark", "purple"])),
                      "leather"])  # fmt: skip
    surfaces = {
        "cover": words.surface_for(
            brief,
            ("cover", "book", "tome", "grimoire", "spellbook", "binding", "journal"),
            cover.replace("brown leather", "leather"),
            ("leather", "cloth", "wood", "metal", "scale", "bone", "stone"),
            main=True,
        ),
        "pages": "pages",
        "metal": words.surface_for(
            brief, ("corners", "corner", "clasp", "clasps", "fittings", "trim", "hardware", "lock"),
            str(rng.choice(["brass", "gold", "iron", "silver"])), ("metal", "bone"),
        ),
    }  # fmt: skip
    is_open = words.has(brief, "open", "opened")
    parts = _opened(plan, surfaces, rng) if is_open else _closed(plan, brief)
    if any(part.slot == "gem" for part in parts):
        surfaces["gem"] = words.surface_for(
            brief, ("gem", "jewel", "stone", "crystal"), seeded_jewel(brief, "book"), ("gem",),
            anywhere=True,
        )  # fmt: skip
    size = (0.36 if is_open else 0.25) * float(brief.rng("book size").uniform(0.9, 1.1))
    return Shape.of("book", finished(brief, parts, size), surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("book")
    style = manner(brief)
    magic = words.has(brief, *_MAGIC) or style.ornate
    thin = words.has(brief, "journal", "diary", "thin", "notebook", "booklet")
    named = emblem_said(brief.words)
    seeded = str(rng.choice(["star", "sun", "moon", "cross", "none", "none"]))
    emblem = named or ("star" if magic and seeded == "none" else seeded)
    thick = 0.13 if thin else 0.30 if words.has(brief, "tome", "thick", "heavy") else 0.22
    plain = style.simple and not words.has(brief, "corners", "corner")
    clasps = int(magic or thin or words.has(brief, "clasp", "lock", "strap") or rng.random() < 0.5)
    if words.has(brief, "clasps", "locked", "tome"):
        clasps = 2
    elif plain and not thin:
        clasps = 0
    return _Plan(
        wide=float(rng.uniform(0.70, 0.80)),
        thick=thick * float(rng.uniform(0.88, 1.15)) * style.breadth**0.6,
        bands=0 if style.simple else int(rng.choice([3, 4, 5])),
        corners=not plain
        and (magic or words.has(brief, "corners", "corner") or bool(rng.random() < 0.6)),
        clasps=clasps,
        emblem="none" if style.simple and named is None else emblem,
        jewel=(magic and named is None) or words.has(brief, "gem", "jewel", "jewelled"),
        frame=not style.simple,
    )


def _closed(plan: _Plan, brief: Brief) -> list[Part]:
    """Make the book upright around the Y axis, the spine to -X."""
    w, t = plan.wide, plan.thick
    board = box(w, 1.0, _BOARD, bevel=0.006).moved(y=0.5, z=t / 2 + _BOARD / 2)
    # Turned, not moved: the two share one texture, and each has an outside.
    parts = [
        to_part(board.rotated("y", turn), f"board {turn}", "cover", crease_deg=25, chart="boards")
        for turn in (0.0, 180.0)
    ]
    parts.append(to_part(_spine(plan, 0.0, 1.0, 0.0), "spine", "cover", crease_deg=40))
    for index in range(plan.bands):
        y = 0.5 + 0.78 * ((index + 0.5) / plan.bands - 0.5)
        band = _spine(plan, y - 0.020, y + 0.020, 0.013)
        parts.append(to_part(band, f"band {index}", "cover", crease_deg=40, chart="bands"))
    pages = _pages(plan)
    parts.append(to_part(box_mapped(pages, grain="z"), "pages", "pages", crease_deg=20))
    if plan.frame:
        parts += _frames(plan)
    if plan.corners:
        parts += _corners(plan)
    for index in range(plan.clasps):
        y = 0.5 if plan.clasps == 1 else (0.27, 0.73)[index]
        parts += _clasp(plan, y, index)
    parts += _emblem(plan)
    return turned(parts, "y", float(brief.rng("book turn").uniform(14, 26)))


def _spine(plan: _Plan, low: float, high: float, out: float) -> Solid:
    """Bend a plate around the backs of the pages, `out` thicker than the spine."""
    half = plan.thick / 2 + _BOARD
    angle = np.linspace(-np.pi / 2, np.pi / 2, 11)
    rows = []
    edge = 0.006
    for y, shrink in ((low, edge), (low + edge, 0.0), (high - edge, 0.0), (high, edge)):
        depth, side = 0.07 + out - shrink, half + out * 0.6 - shrink
        outer = np.stack([-plan.wide / 2 - depth * np.cos(angle), np.full(11, y),
                          side * np.sin(angle)], axis=1)  # fmt: skip
        inner = np.stack([-plan.wide / 2 + 0.02 - 0.03 * np.cos(angle), np.full(11, y),
                          (half - _BOARD - 0.01) * np.sin(angle)], axis=1)  # fmt: skip
        rows.append(np.concatenate([outer, inner[::-1]]))
    return loft(np.array(rows))


def _pages(plan: _Plan) -> Solid:
    """Make the block: hollow at the fore edge, set in from the boards."""
    t = plan.thick / 2
    z = np.linspace(-t, t, 9)
    fore = plan.wide / 2 - 0.035 - 0.030 * (1 - (z / t) ** 2)
    ring = [(-plan.wide / 2 - 0.02, -t), *zip(fore.tolist(), z.tolist(), strict=True),
            (-plan.wide / 2 - 0.02, t)]  # fmt: skip
    return loft([[(x, y, d) for x, d in ring] for y in (0.028, 0.5, 0.972)])


def _frames(plan: _Plan) -> list[Part]:
    """Press a raised frame into both boards."""
    w, z = plan.wide, plan.thick / 2 + _BOARD
    outer = np.array([(-w / 2 + 0.10, 0.09), (w / 2 - 0.07, 0.09), (w / 2 - 0.07, 0.91),
                      (-w / 2 + 0.10, 0.91)])  # fmt: skip
    middle = outer.mean(axis=0)
    rings = []
    for share, up in ((0.0, -0.004), (0.004, 0.004), (0.014, 0.004), (0.018, -0.004)):
        inner = outer - np.sign(outer - middle) * share
        rings.append(np.column_stack([inner, np.full(4, z + up)]))
    frame = loft(np.array(rings), wrap=True)
    return [
        to_part(frame, "frame", "cover", crease_deg=20, chart="frame"),
        to_part(frame.rotated("y", 180).moved(x=0.03), "back frame", "cover",
                crease_deg=20, chart="frame"),
    ]  # fmt: skip


def _corners(plan: _Plan) -> list[Part]:
    """Put caps on the four outer corners of both boards."""
    reach, w = 0.15, plan.wide / 2
    outline = np.array([
        (-reach, 0.006), (-reach * 0.55, -reach * 0.42), (-reach * 0.42, -reach * 0.55),
        (0.006, -reach), (0.006, 0.006),
    ])  # fmt: skip
    cap = extrude(outline, _BOARD + 0.018, bevel=0.005)
    parts = []
    for z in (plan.thick / 2 + _BOARD / 2, -plan.thick / 2 - _BOARD / 2):
        both = merge(cap.moved(w, 1.0, z), cap.mirrored("y").moved(w, 0.0, z))
        parts.append(to_part(both, f"corners {z:.2f}", "metal", crease_deg=20))
    return parts


def _clasp(plan: _Plan, y: float, index: int) -> list[Part]:
    """Bend a strap from board to board around the fore edge, with a plate and a stud."""
    w, z = plan.wide / 2, plan.thick / 2 + _BOARD
    path = curve([(w - 0.12, y, -z - 0.004), (w - 0.02, y, -z - 0.008), (w + 0.018, y, -z * 0.72),
                  (w + 0.024, y, 0.0), (w + 0.018, y, z * 0.72), (w - 0.02, y, z + 0.008),
                  (w - 0.14, y, z + 0.006)], 22)  # fmt: skip
    section = np.array([(-0.035, -0.006), (0.035, -0.006), (0.035, 0.004), (0.028, 0.007),
                        (-0.028, 0.007), (-0.035, 0.004)])  # fmt: skip
    # Its breadth runs along Y: the section's second axis looks away from the pages.
    ahead = np.gradient(path, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    out = np.cross(ahead, [0.0, 1.0, 0.0])
    if out[len(out) // 2, 0] < 0:
        out = -out
    rings = [
        p + np.outer(section[:, 0], [0.0, 1.0, 0.0]) + np.outer(section[:, 1], o)
        for p, o in zip(path, out, strict=True)
    ]
    tongue = [(-0.15, -0.05), (-0.04, -0.05), (-0.04, 0.05), (-0.15, 0.05), (-0.19, 0.0)]
    plate = extrude(np.array(tongue), 0.022, bevel=0.006).moved(w, y, z + 0.006)
    stud = torus(0.022, 0.012, sides=12).rotated("x", 90).moved(w - 0.10, y, z + 0.018)
    return [
        to_part(loft(np.array(rings)), f"strap {index}", "cover", crease_deg=35),
        to_part(merge(plate, stud), f"clasp {index}", "metal", crease_deg=30, chart="clasps"),
    ]


def _emblem(plan: _Plan) -> list[Part]:
    z, middle = plan.thick / 2 + _BOARD, 0.54
    x = 0.02
    parts: list[Part] = []
    if plan.jewel:
        stone = brilliant(0.060, sides=8, depth=0.3).rotated("x", 90)
        cup = torus(0.066, 0.026, sides=20).rotated("x", 90)
        ray = extrude(np.array([(-0.022, 0.06), (0.022, 0.06), (0.0, 0.20)]), 0.016, bevel=0.004)
        rays = [ray.rotated("z", turn).moved(x, middle, z) for turn in np.arange(8) * 45.0]
        ring = torus(0.135, 0.018, sides=28).rotated("x", 90).moved(x, middle, z)
        parts += [
            to_part(merge(cup.moved(x, middle, z + 0.008), ring, *rays), "mount", "metal",
                    crease_deg=35),
            faceted(stone.moved(x, middle, z - 0.002), "stone"),
        ]  # fmt: skip
    elif plan.emblem != "none":
        sign = relief(plan.emblem, 0.145, 0.012).moved(x, middle, z)
        ring = torus(0.185, 0.018, sides=32).rotated("x", 90).moved(x, middle, z)
        parts.append(to_part(merge(sign, ring), "emblem", "metal", crease_deg=35))
    return parts


def _opened(plan: _Plan, surfaces: dict[str, str], rng: np.random.Generator) -> list[Part]:
    """Lay the book open: two boards, two fans of pages, written on; a ribbon in the middle."""
    w, tall = plan.wide, 1.0
    high = 0.07 + 0.25 * plan.thick
    surfaces["text"] = "manuscript"
    surfaces["ribbon"] = f"{rng.choice(['red', 'blue', 'green', 'purple'])} silk"
    parts: list[Part] = []
    share = float(rng.uniform(0.8, 1.2))
    for side, rise in ((-1.0, share), (1.0, 2.0 - share)):
        board = box(w + 0.05, _BOARD, tall + 0.05, bevel=0.006)
        lies = board.moved(side * (w / 2 + 0.045), _BOARD / 2, 0.0)
        parts.append(to_part(lies, f"board {side}", "cover", crease_deg=25))
        x = np.array([0.012, 0.05, 0.13, 0.26, 0.42, 0.60, 0.80, 0.94, 1.0]) * w
        y = _BOARD + high * rise * np.array([0.50, 0.80, 1.0, 1.06, 1.0, 0.88, 0.74, 0.63, 0.58])
        section = [(0.0, _BOARD - 0.004), *zip(x.tolist(), y.tolist(), strict=True),
                   (w + 0.018, _BOARD - 0.004)]  # fmt: skip
        block = loft([[(side * a, b, z) for a, b in section] for z in (-0.5, 0.0, 0.5)])
        parts.append(to_part(box_mapped(block), f"pages {side}", "pages", crease_deg=25))
        top = [(side * a, b + 0.004, float(z)) for z in (-0.499, 0.0, 0.499)
               for a, b in zip(x, y, strict=True)]  # fmt: skip
        rows = np.array(top).reshape(3, len(x), 3)
        sheet = loft([np.concatenate([r, (r - (0.0, 0.006, 0.0))[::-1]]) for r in rows])
        leaf = front_mapped(sheet, right=(1, 0, 0), down=(0, 0, 1))
        parts.append(to_part(leaf, f"leaf {side}", "text", crease_deg=40))
    spine = box(0.10, _BOARD * 0.9, tall + 0.05, bevel=0.005).moved(y=_BOARD * 0.45)
    parts.append(to_part(spine, "spine", "cover", crease_deg=25))
    if plan.corners:
        cap = box(0.13, _BOARD + 0.014, 0.13, bevel=0.008)
        places = [(sx * (w + 0.02), sz * (tall / 2 - 0.03)) for sx in (-1, 1) for sz in (-1, 1)]
        parts += [
            to_part(cap.moved(x, _BOARD / 2 + 0.004, z), f"corner {i}", "metal", crease_deg=25,
                    chart="corner")
            for i, (x, z) in enumerate(places)
        ]  # fmt: skip
    floor = _BOARD + high * 0.5 + 0.008
    ribbon = sweep(
        curve([(0.012, floor, -0.48), (0.0, floor, 0.2), (0.005, floor, 0.5),
               (0.02, floor * 0.55, 0.535), (0.03, 0.006, 0.58), (0.06, 0.005, 0.68)], 22),
        np.array([(-0.022, -0.003), (0.022, -0.003), (0.022, 0.003), (-0.022, 0.003)]),
        up=(0.0, 1.0, 0.35),
    )  # fmt: skip
    parts.append(to_part(ribbon, "ribbon", "ribbon", crease_deg=30))
    return turned(parts, "y", -12.0)
