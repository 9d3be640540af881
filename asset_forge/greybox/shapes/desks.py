"""Tables to work at: desks with drawers, workbenches with a vise and tools."""

from itertools import pairwise

import numpy as np

from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Part
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.carpentry import beam, boards, planked
from asset_forge.greybox.shapes.fittings import rivets
from asset_forge.greybox.shapes.tabletops import TablePlan, leg_of, top_of
from asset_forge.greybox.solids import Solid, box, extrude, lathe, merge


def desk(plan: TablePlan, brief: Brief) -> list[Part]:
    """Make a desk: two pedestals of drawers (or one), a back panel, knobs."""
    rng = brief.rng("desk")
    w, d, h = plan.width_m, plan.depth_m - 0.06, plan.under_m
    wide = 0.30 * w
    both = bool(rng.random() < 0.6)
    count = int(rng.choice([3, 3, 4]))
    sides = (-1.0, 1.0) if both else (1.0,)
    carcass: list[Solid] = []
    fronts: list[Solid] = []
    knobs: list[tuple[float, float, float]] = []
    edges = np.linspace(0.075, h - 0.012, count + 1)
    for side in sides:
        x = side * (w / 2 - 0.03 - wide / 2)
        carcass.append(box(wide, h - 0.05, d, bevel=0.004).moved(x, 0.05 + (h - 0.05) / 2))
        carcass.append(box(wide + 0.024, 0.06, d + 0.024, bevel=0.008).moved(x, 0.03))
        for low, high in pairwise(edges):
            tall, y = float(high - low) - 0.014, float(low + high) / 2
            fronts.append(box(tall, wide - 0.030, 0.030, bevel=0.004).rotated("z", 90)
                          .moved(x, y, d / 2 + 0.004))  # fmt: skip
            panel = box(tall - 0.05, wide - 0.085, 0.012, bevel=0.005).rotated("z", 90)
            fronts.append(panel.moved(x, y, d / 2 + 0.022))
            knobs.append((x, y, d / 2 + 0.026))
    if not both:
        leg = leg_of(plan, h + 0.004)
        x = -(w / 2 - 0.05 - plan.leg_m / 2)
        carcass += [leg.moved(x=x, z=s * (d / 2 - plan.leg_m / 2)) for s in (-1.0, 1.0)]
        carcass.append(
            beam(
                (x, h - 0.05, 1 - d / 2 - 0.98),
                (x, h - 0.05, d / 2 - 0.02),
                0.08,
                0.026,
                facing=(1, 0, 0),
            )
        )
    inner = w - 0.06
    carcass.append(box(inner, 0.62 * h, 0.022, bevel=0.003).moved(0, 0.68 * h, -d / 2 + 0.03))
    carcass.append(
        box(inner - wide, 0.10, 0.024, bevel=0.004).moved(
            -0.0 if both else -wide / 2, h - 0.052, d / 2 - 0.03
        )
    )
    if both:
        middle = box(0.075, w - 2 * wide - 0.10, 0.02, bevel=0.004).rotated("z", 90)
        fronts.append(middle.moved(0.0, h - 0.052, d / 2 - 0.012))
        knobs.append((0.0, h - 0.052, d / 2 + 0.0))
    knob = lathe([(0.0, 0.0), (0.007, 0.0), (0.006, 0.010), (0.014, 0.017), (0.013, 0.025),
                  (0.0, 0.029)], sides=8).rotated("x", 90)  # fmt: skip
    return [
        *top_of(plan, brief),
        to_part(merge(*carcass), "carcass", "frame", crease_deg=20),
        *planked(fronts, "drawer", "top", rng, spread=0.08),
        to_part(merge(*(knob.moved(*k) for k in knobs)), "knobs", "metal", crease_deg=35),
    ]


def workbench(plan: TablePlan, brief: Brief) -> list[Part]:
    """Make a heavy bench: thick top, a shelf, a vise on the front, a rail of tools at the back."""
    rng = brief.rng("workbench")
    w, d, h = plan.width_m, plan.depth_m, plan.under_m
    s = 0.115
    x, z = w / 2 - 0.14, d / 2 - 0.03 - s / 2
    solids = [box(s, h + 0.004, s, bevel=0.008).moved(sx * x, h / 2, sz * z)
              for sx in (-1, 1) for sz in (-1, 1)]  # fmt: skip
    for y, tall in ((0.16 * h, 0.09), (h - 0.065, 0.11)):
        solids += [beam((-x, y, k * z), (x, y, k * z), tall, 0.05, bevel=0.005) for k in (-1, 1)]
        solids += [
            beam((k * x, y, -z), (k * x, y, z), tall, 0.05, bevel=0.005, facing=(1, 0, 0))
            for k in (-1, 1)
        ]
    brace = np.array([(0.0, 0.0), (0.07, 0.0), (0.26, 0.19), (0.26, 0.26), (0.0, 0.0)])[:-1]
    for k in (-1.0, 1.0):
        solids.append(extrude(brace, 0.035, bevel=0.004).moved(-x + s / 2 - 0.02, h - 0.37, k * z))
    shelf = [
        board.rotated("z", 90).rotated("x", 90).moved(y=0.16 * h + 0.055)
        for board in boards(2 * z - 0.02, 2 * x - 0.02, 0.024, 4, rng)
    ]
    back = box(w * 0.98, 0.16, 0.024, bevel=0.004).moved(y=plan.height_m + 0.07, z=-d / 2 + 0.014)
    vx, vy = 0.27 * w, h - 0.09
    jaws = merge(
        box(0.30, 0.24, 0.045, bevel=0.008).moved(vx, vy + 0.04, d / 2 + 0.115),
        box(0.30, 0.24, 0.05, bevel=0.006).moved(vx, vy + 0.04, d / 2 + 0.012),
    )
    screw = lathe([(0.0, 0.0), (0.018, 0.0), (0.018, 0.20), (0.030, 0.205), (0.030, 0.25),
                   (0.0, 0.255)], sides=10).rotated("x", 90).moved(vx, vy, d / 2)  # fmt: skip
    handle = lathe([(0.0, -0.15), (0.014, -0.148), (0.014, -0.13), (0.009, -0.128), (0.009, 0.128),
                    (0.014, 0.13), (0.014, 0.148), (0.0, 0.15)], sides=8)  # fmt: skip
    vise = merge(screw, handle.rotated("z", 62).moved(vx, vy, d / 2 + 0.23))
    bolts = [(sx * x, y, z + s / 2) for sx in (-1, 1) for y in (0.16 * h, h - 0.065)]
    return [
        *top_of(plan, brief),
        to_part(merge(*solids), "frame", "frame", crease_deg=20),
        *planked(shelf, "shelf", "top", rng),
        to_part(merge(back, jaws), "jaws", "frame", crease_deg=20),
        to_part(vise, "vise", "metal", crease_deg=35),
        *_props(plan, brief),
        *rivets(bolts, radius_m=0.016, slot="metal"),
    ]


def _props(plan: TablePlan, brief: Brief) -> list[Part]:
    """Lay a mallet and a chisel on the bench."""
    rng = brief.rng("workbench tools")
    y = plan.height_m
    head = box(0.15, 0.085, 0.085, bevel=0.010).moved(y=0.043)
    stick = lathe([(0.0, 0.0), (0.015, 0.0), (0.013, 0.28), (0.0, 0.285)], sides=8)
    mallet = merge(head, stick.rotated("x", 90).moved(y=0.043, z=0.02))
    blade = box(0.026, 0.006, 0.14, bevel=0.001).moved(y=0.012)
    grip = lathe([(0.0, 0.0), (0.013, 0.0), (0.016, 0.05), (0.012, 0.11), (0.0, 0.115)], sides=8)
    turn = float(rng.uniform(-40, 40))
    at = (-0.24 * plan.width_m, y, float(rng.uniform(-0.08, 0.02)))
    beside = (0.02, y, float(rng.uniform(-0.1, 0.08)))
    lying = grip.rotated("x", 90).moved(y=0.014, z=0.055)
    return [
        to_part(mallet.rotated("y", turn).moved(*at), "mallet", "frame", crease_deg=30),
        to_part(lying.rotated("y", 60 + turn).moved(*beside), "grip", "frame", crease_deg=30),
        to_part(blade.rotated("y", 60 + turn).moved(*beside), "chisel", "metal", crease_deg=20),
    ]
