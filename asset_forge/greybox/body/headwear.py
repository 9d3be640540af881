"""What grows or sits on a head: hair, beards and helms, as layers over the skin.

Names of layers are the slots of the shape. Which words ask for what is decided in
`shapes.humanoid`.
"""

from collections.abc import Sequence

from asset_forge.greybox.body.anatomy import Blended
from asset_forge.greybox.body.fields import Capsule, Cut, Ellipsoid, Layer, Loft, Vec
from asset_forge.greybox.body.plan import BodyPlan


class HeadFrame:
    """Places things in head heights: x from the mid-line, y from the chin, z forward."""

    def __init__(self, plan: BodyPlan) -> None:
        self.size = plan.head
        self._chin_y = plan.chin_y

    def at(self, x: float, y: float, z: float) -> Vec:
        return x * self.size, self._chin_y + y * self.size, z * self.size + 0.004

    def ellipsoid(self, centre: Vec, radii: Vec, turn_deg: Vec = (0.0, 0.0, 0.0)) -> Ellipsoid:
        rx, ry, rz = (radius * self.size for radius in radii)
        return Ellipsoid(self.at(*centre), (rx, ry, rz), turn_deg)

    def capsule(self, start: Vec, end: Vec, start_radius: float, end_radius: float) -> Capsule:
        return Capsule(
            self.at(*start), self.at(*end), start_radius * self.size, end_radius * self.size
        )


# Clumps of hair from the crown outwards, in head heights: via, tip, thickness.
_SHORT_CLUMPS: Sequence[tuple[Vec, Vec, float]] = (
    ((0.05, 0.955, 0.17), (0.085, 0.775, 0.330), 0.085),
    ((0.17, 0.925, 0.13), (0.225, 0.745, 0.265), 0.085),
    ((0.27, 0.840, 0.04), (0.320, 0.640, 0.130), 0.080),
    ((0.31, 0.750, -0.08), (0.345, 0.560, -0.030), 0.075),
    ((0.30, 0.710, -0.24), (0.310, 0.440, -0.220), 0.080),
    ((0.22, 0.710, -0.37), (0.215, 0.340, -0.320), 0.085),
    ((0.08, 0.730, -0.43), (0.075, 0.300, -0.360), 0.088),
)
_LONG_CLUMPS: Sequence[tuple[Vec, Vec, float]] = (
    ((0.07, 0.960, 0.18), (0.190, 0.790, 0.310), 0.095),
    ((0.22, 0.910, 0.11), (0.325, 0.620, 0.165), 0.095),
    ((0.33, 0.680, 0.03), (0.365, 0.140, 0.070), 0.095),
    ((0.35, 0.540, -0.12), (0.360, -0.060, -0.070), 0.105),
    ((0.31, 0.520, -0.28), (0.300, -0.180, -0.220), 0.115),
    ((0.21, 0.520, -0.38), (0.190, -0.240, -0.290), 0.120),
    ((0.07, 0.520, -0.42), (0.065, -0.260, -0.310), 0.120),
)


def hair(plan: BodyPlan, style: str) -> Layer:
    """Make clumps of hair over a cap: style "short", "long" or "ponytail"."""
    head = HeadFrame(plan)
    size = plan.head
    cap = head.ellipsoid((0, 0.635, -0.072), (0.384, 0.398, 0.462))
    solids: list[Blended] = [(cap, 0.0)]
    clumps = _LONG_CLUMPS if style == "long" else _SHORT_CLUMPS
    crown = (0.02, 0.945, -0.14)
    for via, tip, thick in clumps:
        solids.append((head.capsule(crown, via, thick * 0.8, thick), 0.05 * size))
        solids.append((head.capsule(via, tip, thick, thick * 0.55), 0.035 * size))
    # The face stays free, and so do the ears under short hair.
    carved: list[Blended] = [
        (head.ellipsoid((0, 0.33, 0.40), (0.300, 0.400, 0.33)), 0.02 * size),
    ]
    cuts: list[Cut] = []
    added: list[Blended] = []
    if style == "ponytail":
        knot, bend, tip = (0.0, 0.720, -0.500), (0.0, 0.500, -0.680), (0.0, -0.220, -0.560)
        added = [
            (head.capsule((0.0, 0.740, -0.400), knot, 0.085, 0.075), 0.02 * size),
            (head.capsule(knot, bend, 0.085, 0.130), 0.03 * size),
            (head.capsule(bend, tip, 0.130, 0.030), 0.03 * size),
        ]
    if style != "long":
        carved.append((head.ellipsoid((0.36, 0.41, 0.02), (0.14, 0.145, 0.15)), 0.02 * size))
        low = plan.chin_y + 0.26 * size
        cuts.append(Cut((0.0, -1.0, -0.35), -low + 0.35 * 0.3 * size, 0.01 * size))
    return Layer("hair", solids, cuts=cuts, added=added, carved=carved, join=0.0015)


def helmet(plan: BodyPlan) -> Layer:
    """Make a rounded helm with a nasal bar that leaves the face free."""
    head = HeadFrame(plan)
    size = plan.head
    shell = Loft(
        "y",
        [
            (plan.chin_y + y * size, 0.0, z * size + 0.004, wide * size, deep * size)
            for y, z, wide, deep in (
                (0.20, -0.090, 0.385, 0.440),
                (0.40, -0.070, 0.405, 0.475),
                (0.62, -0.060, 0.405, 0.485),
                (0.80, -0.065, 0.345, 0.410),
                (0.96, -0.075, 0.190, 0.225),
                (1.05, -0.080, 0.050, 0.060),
            )
        ],
    )
    brim = Loft(
        "y",
        [
            (plan.chin_y + y * size, 0.0, -0.060 * size + 0.004, 0.425 * size, 0.508 * size)
            for y in (0.640, 0.672, 0.704)
        ],
        2.2,
    )
    face = head.ellipsoid((0, 0.32, 0.46), (0.275, 0.345, 0.42))
    chin = head.ellipsoid((0, 0.10, 0.36), (0.340, 0.30, 0.46))
    nasal = head.capsule((0, 0.66, 0.435), (0, 0.375, 0.480), 0.036, 0.026)
    return Layer(
        "armour",
        [(shell, 0.0), (brim, 0.01 * size)],
        cuts=[Cut((0.0, -1.0, 0.0), -(plan.chin_y + 0.20 * size), 0.004)],
        carved=[(face, 0.006), (chin, 0.006)],
        join=0.002,
        last=[(nasal, 0.004)],
    )


def beard(plan: BodyPlan, length: float) -> Layer:
    """Make a beard; length: head heights that it hangs below the chin beyond a short one."""
    head = HeadFrame(plan)
    size, jaw = plan.head, plan.jaw
    blend = 0.03 * size
    solids: list[Blended] = [
        (head.capsule((0.0, 0.06, 0.33), (0.0, -0.10, 0.30), 0.115, 0.060), 0.0),
        (head.capsule((0.10 * jaw, 0.10, 0.27), (0.06, -0.06, 0.28), 0.10, 0.055), blend),
        (head.capsule((0.315 * jaw, 0.36, 0.03), (0.22 * jaw, 0.12, 0.17), 0.040, 0.085), blend),
        (head.capsule((0.22 * jaw, 0.12, 0.17), (0.08, 0.02, 0.29), 0.085, 0.10), blend),
        (head.capsule((0.0, 0.268, 0.385), (0.105, 0.225, 0.335), 0.030, 0.030), blend),
        (head.capsule((0.105, 0.225, 0.335), (0.13, 0.13, 0.29), 0.030, 0.045), blend),
    ]
    if length > 0:
        # The chest of a stout figure stands out further than its chin.
        chest_z = (0.070 * plan.depth + 0.016 * plan.belly) / size
        middle, tip = (0.0, -0.5 * length, chest_z), (0.0, -length - 0.08, chest_z + 0.03)
        solids += [
            (head.capsule((0.0, -0.02, 0.30), middle, 0.150, 0.135), 2 * blend),
            (head.capsule(middle, tip, 0.135, 0.035), blend),
            (head.capsule((0.17, 0.04, 0.24), (0.09, -0.55 * length, chest_z), 0.09, 0.05), blend),
        ]
    mouth = head.ellipsoid((0, 0.190, 0.41), (0.088, 0.036, 0.09))
    return Layer("hair", solids, carved=[(mouth, 0.01 * size)], join=0.001)
