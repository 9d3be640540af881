"""Logs: bark around a trunk's piece, rings on its ends, branch stubs; piles, and split firewood."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.shapes.placing import finished, shifted, turned
from asset_forge.greybox.solids import Solid, lathe, loft

_SIDES = 18
# Bark and wood of trees by their names.
_TREES = {
    "birch": ("birchbark", "light ash"),
    "pine": ("brown bark", "pine"),
    "oak": ("bark", "oak"),
    "willow": ("bark", "willow"),
    "maple": ("bark", "maple"),
    "yew": ("dark brown bark", "yew"),
    "mahogany": ("dark bark", "mahogany"),
    "ebony": ("dark bark", "ebony"),
    "ash": ("light bark", "ash"),
}


@dataclass(frozen=True)
class _Plan:
    """In radii of the log. count: logs of the pile."""

    length: float
    taper: float
    knobs: int
    stubs: int
    count: int
    split: bool
    bend: float


def build(brief: Brief) -> Shape:
    """Build a log that lies along X, or a pile of them."""
    rng = brief.rng("log")
    plan = _plan(brief)
    tree = next((name for name in _TREES if words.has(brief, name)), None)
    named = tree or str(rng.choice(["oak", "oak", "pine", "ash", "birch"]))
    bark, wood = _TREES[named]
    surfaces = {
        "bark": words.surface_for(brief, ("bark", "log", "logs"), bark, ("bark",), main=True),
        "ends": _end_surface(brief, named),
        "wood": wood,
    }
    parts: list[Part] = []
    for index, (y, z) in enumerate(_places(plan.count)):
        piece = _log(brief, plan, index)
        piece = turned(piece, "y", float(brief.rng(f"log lie {index}").uniform(-3, 3)))
        slide = float(brief.rng(f"log slide {index}").uniform(-0.4, 0.4)) if index else 0.0
        parts += shifted(piece, slide, y, z)
    if plan.split:
        parts += _split_logs(brief, plan)
    if plan.count == 1:
        parts = turned(parts, "y", -12.0)
    size = 0.6 * float(rng.uniform(0.92, 1.1))
    return Shape.of("log", finished(brief, parts, size), surfaces)


def _end_surface(brief: Brief, tree: str) -> str:
    tone = {"mahogany": "red endgrain", "ebony": "dark endgrain", "birch": "light endgrain",
            "yew": "orange endgrain", "maple": "light endgrain"}.get(tree, "endgrain")  # fmt: skip
    return words.surface_for(brief, ("ends", "rings"), tone, ("wood",))


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("log plan")
    style = manner(brief)
    split = words.has(brief, "firewood", "split", "chopped", "kindling")
    pile = split or words.has(brief, "logs", "pile", "stack", "bundle", "woodpile", "timber")
    count = int(rng.choice([3, 3] if split else [3, 5, 6])) if pile else 1
    if words.has(brief, "two"):
        count = 2
    elif words.has(brief, "three"):
        count = 3
    return _Plan(
        length=float(rng.uniform(4.0, 5.4)) / style.breadth,
        taper=float(rng.uniform(0.02, 0.10)),
        knobs=int(rng.integers(3, 7)),
        stubs=0 if count > 1 or style.simple else int(rng.integers(1, 3)),
        count=count,
        split=split,
        bend=float(rng.uniform(0.10, 0.28)) if style.curved else float(rng.uniform(0.0, 0.05)),
    )


def _places(count: int) -> list[tuple[float, float]]:
    """Return (y, z) of every log of a pile, widest below."""
    rows = {1: [1], 2: [2], 3: [2, 1], 5: [3, 2], 6: [3, 2, 1]}[count]
    places = []
    for level, wide in enumerate(rows):
        places += [(1.72 * level, 2.04 * (i - (wide - 1) / 2)) for i in range(wide)]
    return places


def _log(brief: Brief, plan: _Plan, index: int) -> list[Part]:
    """Make one log along X around the origin."""
    rng = brief.rng(f"log {index}")
    half = plan.length / 2 * float(rng.uniform(0.94, 1.05))
    angle = np.arange(_SIDES) * (2 * np.pi / _SIDES)
    waves = rng.uniform(0, 2 * np.pi, 3)
    knobs = [(rng.uniform(0, 2 * np.pi), rng.uniform(-0.8, 0.8) * half, rng.uniform(0.05, 0.12))
             for _ in range(plan.knobs)]  # fmt: skip
    rings = []
    for x in np.linspace(-half, half, 15 if plan.count == 1 else 9):
        r = 1.0 - plan.taper * x / half + 0.025 * np.sin(3 * angle + waves[0] + 0.6 * x)
        r = r + 0.018 * np.sin(5 * angle + waves[1] - 0.4 * x) + rng.uniform(-0.012, 0.012, _SIDES)
        for at, where, high in knobs:
            off = np.angle(np.exp(1j * (angle - at)))
            r = r + high * np.exp(-((off / 0.35) ** 2) - ((x - where) / 0.35) ** 2)
        sag = plan.bend * (1 - (x / half) ** 2)
        rings.append(np.stack([np.full(_SIDES, x), r * np.cos(angle) + sag, r * np.sin(angle)], 1))
    for ring in (rings[0], rings[-1]):
        # The saw went a little askew.
        ring[:, 0] += float(rng.uniform(-0.10, 0.10)) * ring[:, 1]
    parts = [to_part(loft(rings, cap_scale=0.2), f"bark {index}", "bark", crease_deg=50)]
    for name, ring, out in (("left", rings[0], -1.0), ("right", rings[-1], 1.0)):
        parts.append(to_part(_end(ring, out), f"end {index} {name}", "ends", crease_deg=30))
    for stub in range(plan.stubs):
        where = float(rng.uniform(-0.55, 0.55)) * half
        turn = float(rng.uniform(-55, 55))
        lean = float(rng.choice([-1.0, 1.0])) * float(rng.uniform(22, 40))
        size = float(rng.uniform(0.24, 0.34))
        long = float(rng.uniform(0.55, 1.0))
        bark = lathe([(0, 0.6), (size * 1.5, 0.6), (size * 1.3, 0.9), (size * 1.05, 1.12),
                      (size, 1.0 + long), (0, 1.0 + long)], sides=10)  # fmt: skip
        cut = lathe([(0, 0.9 + long), (size * 0.86, 0.9 + long), (size * 0.86, 1.012 + long),
                     (size * 0.45, 1.016 + long), (0, 1.018 + long)], sides=10)  # fmt: skip
        for piece, slot in ((bark, "bark"), (cut, "ends")):
            solid = piece.moved(y=-0.6).rotated("z", lean).moved(y=0.6)
            solid = solid.rotated("x", turn).moved(x=where)
            parts.append(to_part(solid, f"stub {stub} {slot}", slot, crease_deg=35))
    return parts


def _end(ring: Floats, out: float) -> Solid:
    """Close a log's end with a disc inside the bark; v runs along its radius."""
    middle = ring.mean(axis=0)
    step = np.array([out, 0.0, 0.0])
    rows = [(0.02, -0.25), (0.90, -0.25), (0.915, 0.010)]
    rows += [(share, 0.012 + 0.004 * (1 - share)) for share in (0.70, 0.5, 0.3, 0.15, 0.0)]
    return loft([middle + (ring - middle) * share + step * lift for share, lift in rows])


def _split_logs(brief: Brief, plan: _Plan) -> list[Part]:
    """Lay quarters and halves of logs around the pile, each on one of its flat sides."""
    rng = brief.rng("log split")
    parts = []
    for index, (z, quarters) in enumerate(((2.25, 1), (3.75, 2), (-3.4, 1), (2.75, 1))):
        lying = turned(_split_log(brief, plan, index, quarters), "x", -90.0 - 45.0 * (2 - quarters))
        if quarters == 2:
            lying = turned(lying, "x", -90.0)
        lying = turned(lying, "y", float(rng.uniform(-7, 7)) + (24.0 if index == 3 else 0.0))
        # The last one was thrown on top of the others.
        height = -0.02 if index == 3 else -1.0
        parts += shifted(lying, float(rng.uniform(-0.3, 0.3)), height, z)
    return parts


def _split_log(brief: Brief, plan: _Plan, index: int, quarters: int) -> list[Part]:
    """Make a quarter or a half of a log around the X axis, its bark below."""
    rng = brief.rng(f"log split {index}")
    half = plan.length / 2 * float(rng.uniform(0.92, 1.05))
    reach = quarters * np.pi / 4
    angle = np.linspace(-np.pi / 2 - reach, -np.pi / 2 + reach, 11)
    outer, inner = [], []
    for x in np.linspace(-half, half, 7):
        r = 1.0 + rng.uniform(-0.02, 0.02, 11)
        arc = np.stack([np.full(11, x), r * np.sin(angle), r * np.cos(angle)], axis=1)
        core = arc * np.array([1.0, 0.9, 0.9])
        edge = np.array([[x, float(rng.uniform(-0.04, 0.04)), 0.0]])
        outer.append(np.concatenate([arc, (core * np.array([1.0, 0.97, 0.97]))[::-1]]))
        inner.append(np.concatenate([core, edge]) * np.array([1.004, 1.0, 1.0]))
    return [
        to_part(loft(inner), f"wood {index}", "wood", crease_deg=25),
        to_part(loft(outer, cap_scale=0.5), f"bark {index}", "bark", crease_deg=40),
    ]
