"""Bare bones in place of flesh: one solid of a skeleton, and ribs, teeth and hollows as shells.

Thicker than life, so that they read at game distance and bend with a rig. Lengths are body
heights, on the head head heights, as in `anatomy`.
"""

from itertools import pairwise

import numpy as np

from asset_forge.greybox.body.anatomy import Blended, ground_cut
from asset_forge.greybox.body.face import FacePiece
from asset_forge.greybox.body.fields import Capsule, Ellipsoid, Layer, Vec
from asset_forge.greybox.body.headwear import HeadFrame
from asset_forge.greybox.body.plan import BodyPlan
from asset_forge.greybox.mesh import Floats
from asset_forge.greybox.solids import Solid, box, ellipsoid, loft, merge

# Middle of the spine by share of the trunk: share, z.
_SPINE = ((0.06, -0.030), (0.30, -0.012), (0.52, -0.022), (0.76, -0.044), (1.00, -0.034))
# Ribs from the top: share of the trunk at the back, half width, reach forward, drop to the front.
_RIBS = (
    (1.01, 0.056, 0.040, 0.034),
    (0.93, 0.076, 0.050, 0.046),
    (0.85, 0.088, 0.056, 0.052),
    (0.77, 0.094, 0.058, 0.056),
    (0.69, 0.095, 0.056, 0.058),
    (0.61, 0.092, 0.044, 0.056),
    (0.53, 0.086, 0.018, 0.044),
)
_RIB_RADIUS = 0.0085
# Where a rib begins at the spine and how far it goes round, in degrees from straight back.
_RIB_START_DEG = 10.0


def bones_layer(
    plan: BodyPlan, *, clothed: bool = False, gloved: bool = False, shod: bool = False
) -> Layer:
    """Everything of a skeleton that is one solid: skull, spine, girdles, limbs.

    What clothes, gloves or boots would hide is left out, since its tips would stick through them.
    """
    skull, carved = _skull(plan)
    solids = [*_spine(plan, neck_only=clothed), *_arm(plan), *_leg(plan), *skull]
    if not clothed:
        solids += _girdles(plan)
    if not gloved:
        solids += _hand(plan)
    if not shod:
        solids += _foot(plan)
    return Layer("bones", solids, cuts=[ground_cut()], carved=carved)


def bone_shells(plan: BodyPlan, *, ribs: bool, detailed: bool) -> list[FacePiece]:
    """Make ribs, teeth, and the dark in eyes, nose and mouth; without ribs under closed clothes.

    detailed: teeth and smooth ribs, about 1,600 triangles instead of 800.
    """
    pieces = _dark(plan)
    if detailed:
        pieces.append(FacePiece("teeth", "bones", _teeth(plan)))
    if ribs:
        rings = [_rib(plan, *row, rings=8 if detailed else 6) for row in _RIBS]
        pieces.append(FacePiece("ribs", "bones", merge(*rings, *(r.mirrored("x") for r in rings))))
    return pieces


def _chain(points: list[Vec], radii: list[float], blend: float) -> list[Blended]:
    """Join rods from point to point."""
    rods = zip(pairwise(points), pairwise(radii), strict=True)
    return [(Capsule(a, b, ra, rb), blend) for (a, b), (ra, rb) in rods]


def _spine(plan: BodyPlan, *, neck_only: bool) -> list[Blended]:
    points: list[Vec] = [(0.0, plan.torso_y(share), z) for share, z in _SPINE]
    points.append((0.0, plan.chin_y + 0.34 * plan.head, -0.016))
    radii = [0.015, 0.015, 0.014, 0.013, 0.012, 0.012]
    if neck_only:
        points, radii = points[-2:], radii[-2:]
    solids = _chain(points, radii, 0.008)
    heights = np.array([point[1] for point in points])
    depths = np.array([point[2] for point in points])
    for y in np.arange(points[0][1], plan.chin_y, 0.026):
        z = float(np.interp(y, heights, depths))
        solids.append((Ellipsoid((0.0, float(y), z), (0.022, 0.0085, 0.020)), 0.004))
        solids.append((Ellipsoid((0.0, float(y) - 0.004, z - 0.020), (0.006, 0.009, 0.014)), 0.004))
    return solids


def _girdles(plan: BodyPlan) -> list[Blended]:
    """Pelvis, breastbone, collar bones and shoulder blades."""
    y, hip = plan.hip_y, plan.hip_x
    wing = Ellipsoid((0.052, y + 0.052, -0.014), (0.040, 0.038, 0.014), (-16, 38, -24))
    crest = _chain(
        [(0.020, y + 0.070, -0.040), (0.066, y + 0.088, -0.024), (0.088, y + 0.066, 0.016)],
        [0.013, 0.014, 0.012],
        0.010,
    )
    ring = _chain(
        [(0.080, y + 0.056, 0.014), (hip, y + 0.008, 0.004), (0.000, y - 0.008, 0.024)],
        [0.013, 0.018, 0.013],
        0.012,
    )
    seat = _chain(
        [(hip, y + 0.008, -0.004), (0.036, y - 0.022, -0.016), (0.004, y - 0.010, 0.022)],
        [0.016, 0.013, 0.011],
        0.010,
    )
    sacrum = Capsule((0.0, y + 0.062, -0.036), (0.0, y + 0.004, -0.044), 0.024, 0.010)
    sternum = Capsule(
        (0.0, plan.torso_y(0.92), 0.028), (0.0, plan.torso_y(0.56), 0.044), 0.016, 0.011,
        (1.0, 1.0, 0.6),
    )  # fmt: skip
    shoulder = plan.shoulder_y
    collar = _chain(
        [
            (0.008, plan.torso_y(0.94), 0.030),
            (0.55 * plan.shoulder_x, shoulder + 0.020, 0.030),
            (0.94 * plan.shoulder_x, shoulder + 0.016, -0.006),
        ],
        [0.011, 0.009, 0.011],
        0.006,
    )
    blade = Ellipsoid((0.070, plan.torso_y(0.86), -0.056), (0.028, 0.046, 0.008), (0, -24, 10))
    spine_of_blade = Capsule(
        (0.044, plan.torso_y(0.93), -0.064), (0.94 * plan.shoulder_x, shoulder + 0.012, -0.022),
        0.007, 0.010,
    )  # fmt: skip
    return [
        (sacrum, 0.010), (wing, 0.010), *crest, *ring, *seat, (sternum, 0.004), *collar,
        (blade, 0.004), (spine_of_blade, 0.008),
    ]  # fmt: skip


def _arm(plan: BodyPlan) -> list[Blended]:
    y, z = plan.shoulder_y, -0.008
    shoulder, elbow, wrist = plan.shoulder_x, plan.elbow_x, plan.wrist_x
    ball = Ellipsoid((shoulder, y, z), (0.021, 0.023, 0.023))
    upper = Capsule((shoulder, y, z), (elbow, y, z), 0.0125, 0.0120)
    joint = Ellipsoid((elbow, y, z), (0.016, 0.018, 0.021))
    ulna = _chain(
        [(elbow, y + 0.004, z - 0.010), (elbow + 0.5 * (wrist - elbow), y + 0.006, z - 0.012),
         (wrist, y + 0.002, z - 0.006)],
        [0.0105, 0.0078, 0.0085],
        0.004,
    )  # fmt: skip
    radius = _chain(
        [(elbow, y - 0.004, z + 0.010), (elbow + 0.5 * (wrist - elbow), y - 0.006, z + 0.014),
         (wrist, y - 0.002, z + 0.010)],
        [0.0098, 0.0082, 0.0100],
        0.004,
    )  # fmt: skip
    return [(ball, 0.0), (upper, 0.012), (joint, 0.010), *ulna, *radius]


def _hand(plan: BodyPlan) -> list[Blended]:
    size, x, y = plan.hand, plan.wrist_x, plan.shoulder_y
    root = Ellipsoid((x + 0.010 * size, y, 0.0), (0.015 * size, 0.0095, 0.019 * size))
    solids: list[Blended] = [(root, 0.006)]
    for knuckle_z, tip_z, length in (
        (0.021, 0.027, 0.104), (0.007, 0.009, 0.112), (-0.007, -0.009, 0.106),
        (-0.020, -0.028, 0.092),
    ):  # fmt: skip
        points: list[Vec] = [
            (x + 0.012 * size, y, 0.5 * knuckle_z * size),
            (x + 0.056 * size, y, knuckle_z * size),
            (x + 0.5 * (0.056 + length) * size, y - 0.002, 0.5 * (knuckle_z + tip_z) * size),
            (x + length * size, y - 0.010, tip_z * size),
        ]
        solids += _chain(points, [0.0056, 0.0068, 0.0058, 0.0048], 0.0012)
    thumb: list[Vec] = [
        (x + 0.010 * size, y - 0.003, 0.010 * size),
        (x + 0.036 * size, y - 0.008, 0.034 * size),
        (x + 0.062 * size, y - 0.012, 0.046 * size),
    ]
    return solids + _chain(thumb, [0.0075, 0.0070, 0.0052], 0.0015)


def _leg(plan: BodyPlan) -> list[Blended]:
    knee, hip = plan.knee_y, plan.hip_y
    knee_x, ankle_x = plan.leg_x(knee), plan.leg_x(0.06)
    ball = Ellipsoid((plan.hip_x, hip + 0.004, 0.002), (0.021, 0.021, 0.021))
    thigh = _chain(
        [(plan.hip_x, hip + 0.004, 0.002), (plan.hip_x + 0.030, hip - 0.010, -0.002),
         (knee_x + 0.006, 0.5 * (hip + knee), 0.002), (knee_x, knee + 0.016, -0.002)],
        [0.015, 0.018, 0.0135, 0.018],
        0.008,
    )  # fmt: skip
    knob = Ellipsoid((knee_x, knee + 0.004, -0.004), (0.026, 0.020, 0.025))
    cap = Ellipsoid((knee_x, knee + 0.012, 0.020), (0.013, 0.016, 0.010))
    shin = _chain(
        [(knee_x - 0.003, knee - 0.012, -0.004), (ankle_x - 0.003, 0.16, -0.008),
         (ankle_x - 0.004, 0.052, -0.012)],
        [0.020, 0.0120, 0.0135],
        0.006,
    )  # fmt: skip
    calf = _chain(
        [(knee_x + 0.018, knee - 0.024, -0.014), (ankle_x + 0.016, 0.18, -0.018),
         (ankle_x + 0.013, 0.052, -0.016)],
        [0.0092, 0.0078, 0.0095],
        0.003,
    )  # fmt: skip
    return [(ball, 0.0), *thigh, (knob, 0.008), (cap, 0.004), *shin, *calf]


def _foot(plan: BodyPlan) -> list[Blended]:
    stance, size = plan.stance_x, plan.foot
    heel = Capsule((stance, 0.022, -0.036 * size), (stance, 0.036, -0.010), 0.018, 0.019)
    arch = Capsule((stance, 0.040, -0.010), (stance + 0.002, 0.028, 0.026), 0.020, 0.018)
    solids: list[Blended] = [(heel, 0.010), (arch, 0.010)]
    for spread, length in ((-0.018, 0.098), (-0.003, 0.100), (0.011, 0.093), (0.025, 0.080)):
        toe: list[Vec] = [
            (stance + 0.4 * spread, 0.026, 0.020),
            (stance + spread, 0.014, 0.060 * size),
            (stance + 1.15 * spread, 0.008, length * size),
        ]
        solids += _chain(toe, [0.0100, 0.0095, 0.0078], 0.0015)
    return solids


def _skull(plan: BodyPlan) -> tuple[list[Blended], list[Blended]]:
    head, size = HeadFrame(plan), plan.head
    soft = 0.05 * size
    jaw_corner, jaw_joint = (0.215, 0.120, 0.050), (0.275, 0.400, -0.010)
    solids: list[Blended] = [
        (head.ellipsoid((0, 0.660, -0.06), (0.345, 0.345, 0.420)), 0.0),
        (head.ellipsoid((0, 0.440, 0.160), (0.230, 0.200, 0.180)), soft),
        (head.ellipsoid((0, 0.285, 0.200), (0.155, 0.110, 0.165)), soft),
        (head.capsule((0.03, 0.610, 0.315), (0.235, 0.600, 0.215), 0.050, 0.050), soft),
        (head.capsule((0.165, 0.375, 0.260), (0.310, 0.440, 0.020), 0.052, 0.036), 0.5 * soft),
        (head.capsule((0, 0.560, 0.320), (0, 0.460, 0.360), 0.034, 0.030), 0.5 * soft),
        (head.capsule(jaw_joint, jaw_corner, 0.048, 0.052), 0.4 * soft),
        (head.capsule(jaw_corner, (0.070, 0.065, 0.270), 0.052, 0.062), 0.4 * soft),
        (head.capsule((0.070, 0.065, 0.270), (0, 0.060, 0.290), 0.062, 0.066), 0.4 * soft),
        (head.ellipsoid((0, 0.140, 0.205), (0.140, 0.075, 0.130)), 0.5 * soft),
    ]
    carved: list[Blended] = [
        (head.ellipsoid((0.150, 0.490, 0.340), (0.100, 0.092, 0.150), (0, 0, -8)), 0.02 * size),
        (head.ellipsoid((0.022, 0.350, 0.370), (0.036, 0.070, 0.090), (0, 0, 12)), 0.01 * size),
        (head.ellipsoid((0.285, 0.290, 0.200), (0.110, 0.085, 0.130)), 0.02 * size),
        # Temples fall in.
        (head.ellipsoid((0.400, 0.560, 0.160), (0.100, 0.120, 0.140)), 0.03 * size),
    ]
    return solids, carved


def _placed(head: HeadFrame, size: float, centre: Vec, radii: Vec) -> Solid:
    x, y, z = head.at(*centre)
    return ellipsoid(*(radius * size for radius in radii), sides=10, rows=5).moved(x, y, z)


def _dark(plan: BodyPlan) -> list[FacePiece]:
    """Black shells at the bottom of the sockets and the nose, with a glint that gives a look."""
    head, size = HeadFrame(plan), plan.head
    socket = _placed(head, size, (0.150, 0.488, 0.215), (0.098, 0.088, 0.035))
    nose = _placed(head, size, (0.022, 0.350, 0.290), (0.034, 0.064, 0.030))
    glint = _placed(head, size, (0.145, 0.490, 0.250), (0.020, 0.020, 0.012))
    mouth = box(0.215 * size, 0.090 * size, 0.100 * size).moved(*head.at(0.0, 0.205, 0.275))
    holes = [socket, socket.mirrored("x"), nose, nose.mirrored("x"), mouth]
    return [
        FacePiece("hollows", "pupils", merge(*holes)),
        FacePiece("glints", "irises", merge(glint, glint.mirrored("x"))),
    ]


def _teeth(plan: BodyPlan) -> Solid:
    head, size = HeadFrame(plan), plan.head
    teeth: list[Solid] = []
    for row_y in (0.236, 0.174):
        for angle in np.radians((-56.0, -40.0, -24.0, -8.0, 8.0, 24.0, 40.0, 56.0)):
            place = head.at(
                0.128 * float(np.sin(angle)), row_y, 0.205 + 0.150 * float(np.cos(angle))
            )
            tooth = box(0.033 * size, 0.056 * size, 0.030 * size)
            teeth.append(tooth.rotated("y", float(np.degrees(angle))).moved(*place))
    return merge(*teeth)


def _rib(
    plan: BodyPlan, share: float, wide: float, ahead: float, drop: float, *, rings: int
) -> Solid:
    """Bow one rib from the spine to the breastbone; short ones end in the air."""
    y = plan.torso_y(share)
    back_z = float(np.interp(share, *np.array(_SPINE).T)) - 0.004
    end_deg = 168.0 if ahead > 0.030 else 118.0
    angles = np.radians(np.linspace(_RIB_START_DEG, end_deg, rings))
    wide = wide * plan.shoulder_x / 0.110 * plan.chest
    half_depth = (ahead - back_z) / 2
    path = np.stack(
        [
            wide * np.sin(angles),
            y - drop * (1 - np.cos(angles)) / 2,
            back_z + half_depth * (1 - np.cos(angles)),
        ],
        axis=1,
    )
    return _tube(path, _RIB_RADIUS, sides=5 if rings > 6 else 3)


def _tube(path: Floats, radius: float, *, sides: int) -> Solid:
    """Make a closed tube along a path (N, 3) that never runs straight up."""
    way = np.gradient(path, axis=0)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    side = np.cross(way, (0.0, 1.0, 0.0))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    up = np.cross(side, way)
    turn = np.arange(sides) * (2 * np.pi / sides)
    rings = path[:, None] + radius * (
        1.25 * np.cos(turn)[None, :, None] * up[:, None]
        + 0.8 * np.sin(turn)[None, :, None] * side[:, None]
    )
    tube = loft(rings)
    return tube if tube.volume > 0 else tube.flipped()
