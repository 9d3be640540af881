"""The solids of a naked body: torso, limbs, hands, feet and head.

Every solid is one of `fields`; the numbers are anatomy measured in body heights (trunk and
limbs) or head heights (head), a little broader than life so that it reads at game distance.
Blends are fillet widths in body heights. Clothes reuse these solids, grown (see `outfit`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from asset_forge.greybox.body.fields import MARGIN, Capsule, Cut, Ellipsoid, Field, Loft, Vec
from asset_forge.greybox.body.plan import BodyPlan

Blended = tuple[Field, float]


@dataclass(frozen=True)
class Anatomy:
    """Solids by region, each with its blend, ready to be put into layers."""

    torso: Sequence[Blended]
    neck: Sequence[Blended]
    arm: Sequence[Blended]
    hand: Sequence[Blended]
    leg: Sequence[Blended]
    foot: Sequence[Blended]
    head: Sequence[Blended]
    head_carved: Sequence[Blended]


def make_anatomy(plan: BodyPlan) -> Anatomy:
    """All solids of a body."""
    solids, carved = _head(plan)
    return Anatomy(
        torso=_torso(plan),
        neck=_neck(plan),
        arm=_arm(plan),
        hand=_hand(plan),
        leg=_leg(plan),
        foot=_foot(plan),
        head=solids,
        head_carved=carved,
    )


def _torso(plan: BodyPlan) -> list[Blended]:
    broad, deep = plan.shoulder_x / 0.106, plan.depth
    belly = plan.belly
    rows = (
        # share, half width, half depth, centre z
        (-0.02, 0.058 * plan.hips, 0.056, -0.006),
        (0.07, 0.083 * plan.hips, 0.063, -0.008),
        (0.18, 0.089 * plan.hips, 0.066, -0.006),
        (0.32, 0.081 * (plan.hips + plan.waist) / 2, 0.058 + 0.016 * belly, 0.001 + 0.014 * belly),
        (
            0.46,
            0.0800 * plan.waist + 0.012 * belly,
            0.055 + 0.024 * belly,
            0.004 + 0.018 * belly,
        ),
        (
            0.62,
            0.0855 * (plan.chest + plan.waist) / 2,
            0.0585 + 0.012 * belly,
            0.003 + 0.008 * belly,
        ),
        (0.79, 0.092 * plan.chest * broad, 0.062 * plan.chest, -0.001),
        (0.92, 0.094 * broad * plan.chest, 0.056 * plan.chest, -0.007),
        (1.04, 0.068 * broad, 0.043, -0.012),
        (1.11, 0.040 * broad, 0.032, -0.013),
    )
    trunk = Loft("y", [(plan.torso_y(s), 0.0, cz, w, d * deep) for s, w, d, cz in rows], 2.35)
    solids: list[Blended] = [(trunk, 0.0)]
    chest_y = plan.torso_y(0.82)
    if plan.bust > 0:
        size = 0.020 + 0.016 * plan.bust
        bust = Ellipsoid((0.040, plan.torso_y(0.77), 0.046 * deep), (size * 1.15, size, size))
        solids.append((bust, 0.022))
    else:
        pectoral = Ellipsoid(
            (0.046 * broad, chest_y, 0.041 * deep * plan.chest), (0.050, 0.034, 0.017), (0, 14, -8)
        )
        solids.append((pectoral, 0.022))
    back = Ellipsoid((0.058 * broad, plan.torso_y(0.84), -0.044 * deep), (0.034, 0.058, 0.024))
    seat = Ellipsoid((0.043 * plan.hips, plan.torso_y(0.11), -0.040 * deep), (0.044, 0.048, 0.036))
    solids += [(back, 0.018), (seat, 0.022)]
    return solids


def _neck(plan: BodyPlan) -> list[Blended]:
    thick = 0.0335 * plan.neck_girth
    chin = plan.chin_y
    top = (0.0, chin + 0.28 * plan.head, -0.010)
    base = (0.0, plan.shoulder_y - 0.012, -0.018)
    slope = plan.shoulder_y + 0.022
    trapezius = Capsule(
        (0.0, plan.shoulder_y + 0.62 * plan.neck, -0.020),
        (plan.shoulder_x * 0.98, slope, -0.012),
        0.026 * plan.neck_girth,
        0.022 * plan.limb_girth,
    )
    rod = Capsule(base, top, thick * 1.12, thick, (1.0, 1.0, 1.04))
    nape = Capsule(
        (0.0, plan.shoulder_y + 0.3 * plan.neck, -0.030),
        (0.0, chin + 0.30 * plan.head, -0.036),
        thick * 0.80,
        thick * 0.72,
    )
    return [(rod, 0.018), (nape, 0.020), (trapezius, 0.030)]


def _arm(plan: BodyPlan) -> list[Blended]:
    girth, y = plan.limb_girth, plan.shoulder_y
    rows = (
        # share of the arm, half height, half depth, lift, forward
        # The root tapers off inside the chest, so that stout arms grow out of it without a step.
        (-0.34, 0.0170, 0.0190, 0.000, -0.010),
        (-0.20, 0.0270, 0.0280, 0.001, -0.010),
        (-0.08, 0.0350, 0.0355, 0.002, -0.009),
        (0.02, 0.0385, 0.0385, 0.002, -0.009),
        (0.12, 0.0370, 0.0370, 0.002, -0.009),
        (0.24, 0.0325, 0.0320, 0.000, -0.009),
        (0.36, 0.0310, 0.0315, 0.000, -0.008),
        (0.50, 0.0255, 0.0270, 0.000, -0.008),
        (0.60, 0.0275, 0.0290, 0.000, -0.007),
        (0.70, 0.0270, 0.0285, 0.000, -0.005),
        (0.86, 0.0205, 0.0235, 0.000, -0.003),
        (1.00, 0.0165, 0.0215, 0.000, -0.001),
        (1.06, 0.0160, 0.0225, 0.000, 0.000),
    )
    stations = [
        (plan.shoulder_x + s * plan.arm, y + lift, cz, h * girth, d * girth)
        for s, h, d, lift, cz in rows
    ]
    return [(Loft("x", stations), min(0.030 * girth, MARGIN))]


def _hand(plan: BodyPlan) -> list[Blended]:
    size = plan.hand
    x0, y0 = plan.wrist_x, plan.shoulder_y

    def at(x: float, y: float, z: float) -> Vec:
        return x0 + x * size, y0 + y * size, z * size

    palm = Loft(
        "x",
        [
            (at(0.006, 0, 0)[0], y0, 0.001, 0.0140 * size, 0.0205 * size),
            (at(0.026, 0, 0)[0], y0 - 0.001 * size, 0.001, 0.0135 * size, 0.0250 * size),
            (at(0.050, 0, 0)[0], y0 - 0.001 * size, 0.000, 0.0110 * size, 0.0255 * size),
            (at(0.060, 0, 0)[0], y0 - 0.001 * size, 0.000, 0.0085 * size, 0.0235 * size),
        ],
        2.5,
    )
    solids: list[Blended] = [(palm, 0.012)]
    # Index to little finger: z at the knuckle, fan towards the tip, length, thickness.
    for z, fan, length, thick in (
        (0.0200, 0.0038, 0.044, 0.0060),
        (0.0067, 0.0012, 0.049, 0.0062),
        (-0.0066, -0.0014, 0.045, 0.0059),
        (-0.0192, -0.0048, 0.036, 0.0053),
    ):
        knuckle = at(0.054, 0.0005, z)
        middle = at(0.054 + 0.5 * length, -0.0012, z + 0.55 * fan)
        tip = at(0.054 + 0.97 * length, -0.0110, z + fan)
        # Fingers blend less with each other than with the palm, so grooves stay between them.
        solids.append((Capsule(knuckle, middle, thick * 1.08 * size, thick * size), 0.0020))
        solids.append((Capsule(middle, tip, thick * size, thick * 0.84 * size), 0.0016))
    ball = Capsule(at(0.012, -0.004, 0.013), at(0.036, -0.007, 0.031), 0.0125 * size, 0.0088 * size)
    thumb = Capsule(
        at(0.036, -0.007, 0.031), at(0.062, -0.009, 0.0435), 0.0082 * size, 0.0064 * size
    )
    solids += [(ball, 0.010), (thumb, 0.004)]
    return solids


def _leg(plan: BodyPlan) -> list[Blended]:
    girth, knee, crotch = plan.leg_girth, plan.knee_y, plan.crotch_y
    thigh, shank = crotch - knee, knee - 0.045
    rows = (
        # height, half width, half depth, centre z
        (0.045, 0.0245, 0.0290, -0.014),
        (0.045 + 0.22 * shank, 0.0240, 0.0290, -0.014),
        (0.045 + 0.50 * shank, 0.0330, 0.0370, -0.016),
        (0.045 + 0.72 * shank, 0.0365, 0.0400, -0.015),
        (knee, 0.0335, 0.0370, -0.004),
        (knee + 0.20 * thigh, 0.0375, 0.0410, -0.001),
        (knee + 0.55 * thigh, 0.0465, 0.0500, -0.001),
        (knee + 0.90 * thigh, 0.0505, 0.0560, -0.003),
        (crotch + 0.01, 0.0475, 0.0570, -0.004),
        (crotch + 0.05, 0.0400, 0.0500, -0.004),
        (crotch + 0.09, 0.0280, 0.0380, -0.004),
    )
    stations = [(y, plan.leg_x(y), cz, w * girth, d * girth) for y, w, d, cz in rows]
    return [(Loft("y", stations), 0.018)]


def _foot(plan: BodyPlan) -> list[Blended]:
    x, size = plan.stance_x, plan.foot
    heel = Capsule((x, 0.028, -0.022), (x, 0.045, -0.012), 0.029 * size, 0.027 * size)
    instep = Capsule(
        (x, 0.052, -0.006), (x + 0.006, 0.026, 0.058 * size), 0.027, 0.022 * size, (1.05, 1.0, 1.0)
    )
    toes = Capsule(
        (x + 0.004, 0.021, 0.020),
        (x + 0.008, 0.019, 0.076 * size),
        0.026 * size,
        0.0235 * size,
        (1.22, 0.92, 1.0),
    )
    return [(heel, 0.012), (instep, 0.016), (toes, 0.012)]


def _head(plan: BodyPlan) -> tuple[list[Blended], list[Blended]]:
    size, jaw, brow = plan.head, plan.jaw, plan.brow

    def at(x: float, y: float, z: float) -> Vec:
        return x * size, plan.chin_y + y * size, z * size + 0.004

    def ellipsoid(centre: Vec, radii: Vec, turn_deg: Vec = (0.0, 0.0, 0.0)) -> Ellipsoid:
        x, y, z = (radius * size for radius in radii)
        return Ellipsoid(at(*centre), (x, y, z), turn_deg)

    def capsule(start: Vec, end: Vec, start_radius: float, end_radius: float) -> Capsule:
        return Capsule(at(*start), at(*end), start_radius * size, end_radius * size)

    rows = (
        # height, half width, centre z, half depth
        (0.035, 0.110 * jaw, 0.265, 0.085),
        (0.10, 0.175 * jaw, 0.195, 0.165),
        (0.22, 0.245 * jaw, 0.090, 0.265),
        (0.38, 0.300, 0.040, 0.305),
        (0.54, 0.318, 0.010, 0.335),
        (0.70, 0.300, -0.020, 0.320),
    )
    face = Loft(
        "y", [(at(0, y, 0)[1], 0, z * size + 0.004, w * size, d * size) for y, w, z, d in rows], 2.3
    )
    soft = 0.06 * size
    nose = plan.nose
    solids: list[Blended] = [
        (ellipsoid((0, 0.625, -0.07), (0.350, 0.375, 0.425)), 0.0),
        (face, soft),
        (ellipsoid((0, 0.085, 0.270), (0.095 * jaw, 0.08, 0.080)), 1.4 * soft),
        (ellipsoid((0.18, 0.375, 0.235), (0.09, 0.075, 0.085)), soft),
        (capsule((0.045, 0.590, 0.335), (0.215, 0.600, 0.265), 0.044 * brow, 0.036 * brow), soft),
        (
            capsule((0, 0.545, 0.345), (0, 0.345, 0.415 + 0.02 * nose), 0.034, 0.046 * nose),
            0.5 * soft,
        ),
        # Small noses would stand off the face and leave a hole behind the bridge.
        (capsule((0, 0.520, 0.315), (0, 0.355, 0.365), 0.034, 0.046), 0.5 * soft),
        (ellipsoid((0, 0.335, 0.420), (0.050 * nose, 0.045, 0.062 * nose)), 0.4 * soft),
        (ellipsoid((0.052 * nose, 0.322, 0.375), (0.042 * nose, 0.036, 0.052)), 0.4 * soft),
        (ellipsoid((0, 0.195, 0.300), (0.125, 0.080, 0.080)), soft),
    ]
    if plan.cheek > 0:
        full = 0.070 + 0.050 * plan.cheek
        low = 0.255 - 0.025 * plan.cheek
        solids.append((ellipsoid((0.155, low, 0.180), (full, full, full)), soft))
    point = plan.pointed_ears
    ear = ellipsoid((0.345 + 0.02 * point, 0.44, -0.05), (0.032, 0.115, 0.072), (-10, -24, -8))
    solids.append((ear, 0.25 * soft))
    if point > 0:
        tip = (0.44 + 0.18 * point, 0.60 + 0.12 * point, -0.16 - 0.05 * point)
        solids.append((capsule((0.35, 0.46, -0.06), tip, 0.075, 0.014), 0.5 * soft))
    carved: list[Blended] = [
        (ellipsoid((0.148, 0.504, 0.395), (0.096, 0.052, 0.105)), 0.040 * size),
        (ellipsoid((0.385, 0.45, -0.035), (0.022, 0.070, 0.036), (-10, -24, -8)), 0.02 * size),
    ]
    return solids, carved


def ground_cut() -> Cut:
    """Flat soles: nothing of the body lies below y = 0."""
    return Cut((0.0, -1.0, 0.0), 0.0, 0.004)
