"""Trees: oak, willow, birch, pine, palm, dead wood, and stumps; trunks flare at the roots."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import grounded
from asset_forge.greybox.shapes.foliage import (
    branch,
    cut_face,
    frond,
    leaf_mass,
    leafy,
    mushroom,
    sunlit,
    tier,
    trunk,
)
from asset_forge.greybox.solids import Solid, curve, ellipsoid, merge
from asset_forge.greybox.surfaces import FINISHES

# By species: the words that name it, usual height in metres, bark, and leaves by chance.
_SPECIES: dict[str, tuple[str, float, str, tuple[str, ...]]] = {
    "stump": ("stump", 0.55, "bark", ("leaves",)),
    "dead": ("dead bare leafless withered barren spooky haunted winter gnarled", 5.2, "grey bark",
             ("leaves",)),
    "pine": ("pine fir spruce conifer evergreen christmas cedar needles", 7.4, "dark bark",
             ("needles", "needles", "olive needles", "teal needles")),
    "birch": ("birch aspen", 6.4, "birchbark", ("light leaves", "lime leaves", "yellow leaves")),
    "palm": ("palm coconut tropical", 5.4, "palmbark", ("leaves", "light leaves")),
    "willow": ("willow weeping", 5.6, "bark", ("olive leaves", "light leaves")),
    "oak": ("oak", 6.2, "bark", ("leaves", "leaves", "leaves", "olive leaves")),
}  # fmt: skip
_AUTUMN = ("orange leaves", "amber leaves", "red leaves", "yellow leaves")


@dataclass(frozen=True)
class _Plan:
    """Metres. lean_m: how far the top stands off. spread: factor on the crown's width."""

    species: str
    height_m: float
    radius_m: float
    lean_m: float
    spread: float
    twisted: bool


def build(brief: Brief) -> Shape:
    """Build a tree on y = 0, its trunk over the origin."""
    plan = _plan(brief)
    rng = brief.rng("tree colours")
    _, _, bark, leaves = _SPECIES[plan.species]
    foliage = str(rng.choice(leaves))
    if words.has(brief, "autumn", "fall", "autumnal"):
        foliage = str(rng.choice(_AUTUMN))
    elif words.has(brief, "cherry", "blossom", "blossoms", "blossoming", "sakura"):
        foliage = "light pink leaves"
    surfaces = {
        "bark": words.surface_for(
            brief, ("trunk", "bark", "branches"), bark, ("bark", "stone", "metal", "bone")
        ),
        "leaves": _fresh(
            words.surface_for(
                brief, ("leaves", "foliage", "needles"), foliage, ("leaf", "metal", "gem")
            )
        ),
        "cut": "light oak",
        "moss": "moss",
        "cap": str(rng.choice(["red leather", "tan leather", "orange leather"])),
        "stalk": "cream leather",
        "nut": "brown leather",
    }
    makers: dict[str, Callable[[_Plan, Brief], list[Part]]] = {
        "stump": _stump, "dead": _dead, "pine": _pine, "palm": _palm,
    }  # fmt: skip
    parts = grounded(makers.get(plan.species, _leafy_tree)(plan, brief))
    return Shape.of("tree", parts, surfaces)


def _fresh(surface: str) -> str:
    """Return a surface without the words of age: an old tree has young leaves."""
    return " ".join(word for word in surface.split() if FINISHES.get(word) != "ancient")


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("tree")
    drawn = str(rng.choice(["oak", "oak", "pine", "birch"]))
    if drawn == "pine" and words.has(brief, "leaves", "leafy", "foliage", "blossom", "blossoms"):
        drawn = "oak"
    species = next(
        (name for name, (names, *_) in _SPECIES.items() if words.has(brief, *names.split())), drawn
    )
    height = _SPECIES[species][1] * words.size_factor(brief) * float(rng.uniform(0.90, 1.10))
    if words.has(brief, "sapling", "young"):
        height *= 0.45
    if words.has(brief, "ancient", "old", "elder"):
        height *= 1.12
    if brief.height_m is not None:
        height = brief.height_m
    spread = float(rng.uniform(0.92, 1.12))
    if words.has(brief, "broad", "wide", "spreading"):
        spread *= 1.25
    if words.has(brief, "slim", "narrow", "slender"):
        spread *= 0.72
    twisted = words.has(brief, "twisted", "gnarled", "curved", "crooked", "bent", "haunted")
    share = {"oak": 0.052, "birch": 0.026, "pine": 0.026, "palm": 0.030, "willow": 0.050,
             "dead": 0.046, "stump": 0.62}[species]  # fmt: skip
    if words.has(brief, "ancient", "old", "elder", "giant", "massive"):
        share *= 1.2
    return _Plan(
        species=species,
        height_m=height,
        radius_m=height * share * float(rng.uniform(0.9, 1.1)) * spread**0.5,
        lean_m=height * float(rng.uniform(-0.05, 0.05)) * (2.4 if twisted else 1.0),
        spread=spread,
        twisted=twisted,
    )


def _stem(plan: _Plan, rng: np.random.Generator, top: float, taper: float) -> tuple[Solid, Floats]:
    """Make the trunk up to a height; returns it and its axis, (R, 3) from root to top."""
    sway = 0.10 if plan.twisted else 0.035
    bends = rng.uniform(-sway, sway, (2, 2)) * top
    knots = np.array([
        (0, 0, 0), (bends[0, 0], 0.36 * top, bends[0, 1]),
        (bends[1, 0] + 0.6 * plan.lean_m, 0.70 * top, bends[1, 1]), (plan.lean_m, top, 0),
    ])  # fmt: skip
    fine = curve(knots, 60)
    at = np.array([0.0, 0.018, 0.045, 0.09, 0.16, 0.30, 0.46, 0.64, 0.82, 1.0])
    path = fine[(at * 59).round().astype(int)]
    radii = plan.radius_m * (1.0 - (1.0 - taper) * at)
    flare = {"palm": 0.35, "birch": 0.55, "pine": 0.7}.get(plan.species, 0.95)
    solid = trunk(path, radii, rng, flare=flare, flare_m=min(2.6 * plan.radius_m, 0.5 * top))
    return solid, path


def _leafy_tree(plan: _Plan, brief: Brief) -> list[Part]:
    """Make an oak, birch or willow: a trunk that forks into branches, each with its leaves."""
    rng = brief.rng("tree crown")
    h = plan.height_m
    slim = plan.species == "birch"
    fork = h * (0.66 if slim else 0.46)
    stem, axis = _stem(plan, rng, fork, 0.50 if slim else 0.62)
    top = axis[-1]
    wide = h * (0.20 if slim else 0.30) * plan.spread
    masses: list[tuple[Floats, tuple[float, float, float]]] = []
    around = 6
    turn = float(rng.uniform(0, 2 * np.pi))
    for k in range(around):
        a = turn + 2 * np.pi * (k + float(rng.uniform(-0.18, 0.18))) / around
        out = wide * float(rng.uniform(0.92, 1.2))
        y = h * float(rng.uniform(0.50, 0.66) if not slim else 0.42 + 0.34 * ((2 * k) % 5) / 4)
        r = wide * float(rng.uniform(0.62, 0.82)) * (0.86 if slim else 1.0)
        masses.append((np.array([out * np.cos(a), y, out * np.sin(a)]) + top * (1, 0, 1),
                       (r, r * (1.25 if slim else 0.86), r)))  # fmt: skip
    for k in range(3):
        a = turn + 0.5 + 2 * np.pi * k / 3
        out, r = 0.48 * wide, wide * float(rng.uniform(0.66, 0.82))
        y = h * float(rng.uniform(0.74, 0.80))
        masses.append((np.array([out * np.cos(a), y, out * np.sin(a)]) + top * (1, 0, 1),
                       (r, r * 0.88, r)))  # fmt: skip
    r = wide * 0.72
    masses.append((np.array([top[0], h - 0.88 * r, top[2]]), (r, r * 0.92, r)))
    limbs = []
    for centre, radii in masses[:-1]:
        start = axis[-2] + (top - axis[-2]) * float(rng.uniform(0.3, 0.95))
        middle = (start + centre) / 2 + np.array([0, -0.06 * h, 0])
        limbs.append(branch([start, middle, centre - np.array([0, 0.2 * radii[1], 0])],
                            plan.radius_m * (0.30 if slim else 0.40)))  # fmt: skip
    limbs.append(branch([axis[-2], top, masses[-1][0]], plan.radius_m * (0.5 if slim else 0.6)))
    low, high = h * 0.40, h
    parts = [
        to_part(stem, "trunk", "bark", crease_deg=50),
        to_part(merge(*limbs), "branches", "bark", crease_deg=60),
    ]
    for index, (centre, radii) in enumerate(masses):
        mass = leaf_mass(radii, rng)
        if plan.species == "willow":
            mass = _hanging(mass, radii, 0.16 * h, rng)
        shade = float(rng.uniform(0.90, 1.08))
        x, y, z = (float(v) for v in centre)
        parts.append(leafy(mass.moved(x, y, z), f"leaves {index}", low, high, shade))
    return parts


def _hanging(
    mass: Solid, radii: tuple[float, float, float], reach_m: float, rng: np.random.Generator
) -> Solid:
    """Let the underside of a leaf mass hang down in strands of unequal length."""
    points = mass.positions.copy()
    below = np.clip(0.25 - points[:, 1] / radii[1], 0, 1)
    points[:, 1] -= below * reach_m * rng.uniform(0.5, 2.2, len(points))
    return mass.bent(points)


def _pine(plan: _Plan, brief: Brief) -> list[Part]:
    rng = brief.rng("tree tiers")
    h = plan.height_m
    stem, _ = _stem(replace(plan, lean_m=0.0), rng, 0.9 * h, 0.12)
    parts = [to_part(stem, "trunk", "bark", crease_deg=50)]
    count = int(rng.integers(5, 8))
    foot = h * float(rng.uniform(0.13, 0.19))
    step = (h - foot) / (count + 0.75)
    wide = h * 0.235 * plan.spread
    for k in range(count):
        share = k / (count - 1)
        radius = wide * (1 - 0.76 * share**0.9) * float(rng.uniform(0.95, 1.06))
        height = step * (1.75 + 0.25 * share)
        skirt = tier(radius, height, rng, sides=20 if share < 0.5 else 16)
        skirt = skirt.rotated("x", float(rng.uniform(-3, 3))).rotated(
            "y", float(rng.uniform(0, 90))
        )
        part = to_part(skirt.moved(y=foot + k * step), f"tier {k}", "leaves", crease_deg=16)
        parts.append(sunlit(part, foot + (k - 0.2) * step, foot + (k + 1.1) * step,
                            0.86 + 0.2 * share))  # fmt: skip
    return parts


def _palm(plan: _Plan, brief: Brief) -> list[Part]:
    rng = brief.rng("tree fronds")
    h = plan.height_m
    lean = h * float(rng.uniform(0.12, 0.22)) * float(rng.choice([-1, 1]))
    bowed = replace(plan, lean_m=lean)
    stem, axis = _stem(bowed, rng, 0.84 * h, 0.62)
    top = axis[-1]
    fronds = []
    count = int(rng.integers(9, 12))
    long = 0.44 * h * plan.spread
    for k in range(count):
        turn = 360 * k / count + float(rng.uniform(-9, 9))
        rise = long * float(rng.choice([0.20, 0.32, 0.44]))
        leaf = frond(
            long * float(rng.uniform(0.88, 1.1)), 0.075 * h, rise, 0.42 * long - 0.5 * rise
        )
        fronds.append(leaf.rotated("x", float(rng.uniform(-8, 8))).rotated("y", turn))
    x, y, z = (float(v) for v in top)
    crown = ellipsoid(
        0.9 * plan.radius_m, 1.5 * plan.radius_m, 0.9 * plan.radius_m, sides=8, rows=5
    )
    nut = ellipsoid(0.11, 0.13, 0.11, sides=8, rows=5)
    nuts = [nut.moved(x=plan.radius_m + 0.03, y=-0.16).rotated("y", 120 * k + 20) for k in range(3)]
    leaves = [to_part(leaf.moved(x, y, z), f"frond {k}", "leaves", crease_deg=40)
              for k, leaf in enumerate(fronds)]  # fmt: skip
    return [
        to_part(stem, "trunk", "bark", crease_deg=50),
        to_part(crown.moved(x, y, z), "crown", "bark"),
        to_part(merge(*nuts).moved(x, y, z), "nuts", "nut", crease_deg=60),
        *(sunlit(leaf, y - 0.3 * long, y + 0.3 * long) for leaf in leaves),
    ]


def _dead(plan: _Plan, brief: Brief) -> list[Part]:
    """Make a bare tree whose branches fork twice."""
    rng = brief.rng("tree branches")
    h = plan.height_m
    stem, axis = _stem(plan, rng, 0.55 * h, 0.48)
    limbs: list[Solid] = []

    def grow(start: Floats, ahead: Floats, length: float, thick: float, depth: int) -> None:
        bend = rng.normal(0, 0.22 if plan.twisted else 0.13, (2, 3)) * length
        lift = np.array([0, 0.16 * length, 0])
        points = np.array([
            start, start + ahead * length * 0.5 + bend[0], start + ahead * length + bend[1] + lift,
        ])  # fmt: skip
        last = depth == 0
        limbs.append(branch(points, thick, tip=0.06 if last else 0.42, sides=6 if depth else 5,
                            count=5 if last else 6))  # fmt: skip
        if last:
            return
        path = curve(points, 11)
        forks = 3 if depth == 2 else 2
        for k in range(forks):
            at = path[int(rng.integers(5, 9)) if k else 10]
            side = rng.normal(size=3)
            new = ahead + 0.9 * side / np.linalg.norm(side) + np.array([0, 0.25, 0])
            size = float(rng.uniform(0.5, 0.72))
            grow(at, new / np.linalg.norm(new), length * size, thick * (0.42 if k else 0.46),
                 depth - 1)  # fmt: skip

    count = int(rng.integers(4, 6))
    turn = float(rng.uniform(0, 2 * np.pi))
    for k in range(count):
        a = turn + 2 * np.pi * k / count
        slope = float(rng.uniform(0.5, 1.1))
        ahead = np.array([np.cos(a), slope, np.sin(a)])
        share = float(rng.uniform(0.1, 0.95)) if k else 0.97
        if k == 0:
            ahead = np.array([0.25 * np.cos(a), 1.0, 0.25 * np.sin(a)])
        start = axis[-3] + (axis[-1] - axis[-3]) * share
        length = h * float(rng.uniform(0.24, 0.32)) * plan.spread
        grow(start, ahead / np.linalg.norm(ahead), length, plan.radius_m * 0.40, 2)
    # A branch that hangs low starts above the ground all the same.
    kept = [limb for limb in limbs if limb.positions[:, 1].min() > 0.05 * h]
    return [
        to_part(stem, "trunk", "bark", crease_deg=50),
        to_part(merge(*kept), "branches", "bark", crease_deg=60),
    ]


def _stump(plan: _Plan, brief: Brief) -> list[Part]:
    rng = brief.rng("tree stump")
    h, r = plan.height_m, plan.radius_m
    levels = np.array([0.0, 0.06, 0.16, 0.34, 0.62, 0.88, 1.0]) * h
    path = np.column_stack([np.zeros(7), levels, np.zeros(7)])
    radii = r * np.array([1.0, 1.0, 0.98, 0.95, 0.93, 0.93, 0.90])
    stem = trunk(path, radii, rng, flare=0.75, flare_m=0.9 * h, sides=20)
    ring = stem.positions[np.abs(stem.positions[:, 1] - h) < 1e-6]
    order = np.argsort(np.arctan2(ring[:, 2], ring[:, 0]))
    face = cut_face(ring[order] * (0.93, 1, 0.93), h + 0.010, rng)
    parts = [
        to_part(stem, "stump", "bark", crease_deg=50),
        to_part(face, "cut", "cut", crease_deg=40),
    ]
    stalks: list[Solid] = []
    caps: list[Solid] = []
    turn = float(rng.uniform(0.3, 1.2))
    for _ in range(int(rng.integers(2, 5))):
        turn += float(rng.uniform(0.14, 0.3))
        size = r * float(rng.uniform(0.20, 0.38))
        out = r * float(rng.uniform(1.5, 1.8))
        for solid, to in zip(mushroom(size), (stalks, caps), strict=True):
            to.append(solid.moved(out * np.cos(turn), 0.0, out * np.sin(turn)))
    parts += [
        to_part(merge(*stalks), "stalks", "stalk", crease_deg=50),
        to_part(merge(*caps), "caps", "cap", crease_deg=50),
    ]
    return parts
