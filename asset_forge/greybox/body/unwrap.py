"""Texture charts for pieces of a body: limbs are unrolled, tips are projected.

Works in metres on triangles of one surface; jagged island borders do not show, because surfaces
are noise fixed in space and every island keeps the same scale.
"""

import numpy as np

from asset_forge.greybox.body.plan import BodyPlan
from asset_forge.greybox.mesh import Floats, Ints, Part
from asset_forge.greybox.packing import pack

# A triangle whose normal lies this much along its limb is projected instead of unrolled.
TIP = 0.80
ARMS, LEGS, SHEET = 0, 2, 4


def body_part(
    name: str,
    slot: str,
    positions: Floats,
    triangles: Ints,
    corner_normals: Floats,
    plan: BodyPlan,
    *,
    tint: Floats | None = None,
) -> Part:
    """Build the part of one surface: unwraps, packs, and splits vertices at seams and creases.

    positions: (V, 3) metres. triangles: (T, 3). corner_normals: (T, 3, 3). tint: (V, 3).
    """
    corner_uvs, islands = unwrap(
        positions / plan.height_m, triangles, plan, has_sheet=slot == "cloak"
    )
    uvs, chart_m = _packed(corner_uvs * plan.height_m, islands)
    vertex = triangles.reshape(-1)
    corners = np.column_stack(
        [vertex, np.round(corner_normals.reshape(-1, 3), 3) + 0.0, np.round(uvs, 5) + 0.0]
    )
    _, first, inverse = np.unique(corners, axis=0, return_index=True, return_inverse=True)
    return Part(
        name=name,
        positions=positions[vertex[first]],
        triangles=inverse.reshape(-1, 3).astype(np.int64),
        normals=corner_normals.reshape(-1, 3)[first],
        uvs=uvs[first],
        slot=slot,
        chart_m=chart_m,
        tint=None if tint is None else tint[vertex[first]],
        open=True,
    )


def unwrap(
    positions: Floats, triangles: Ints, plan: BodyPlan, *, has_sheet: bool = False
) -> tuple[Floats, Ints]:
    """Unroll limbs: returns corner coordinates (T, 3, 2) in body heights and islands (T,).

    has_sheet: what hangs below the shoulders has an inner and an outer side, both behind the body.
    """
    corners = positions[triangles]
    centre = corners.mean(axis=1)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-15)
    side = np.sign(centre[:, 0])
    reach = np.abs(centre[:, 0])
    arm = (reach > plan.shoulder_x * 0.98) & (
        np.abs(centre[:, 1] - plan.shoulder_y) < 0.09 * plan.limb_girth
    )
    head = (centre[:, 1] > plan.chin_y - 0.01) & ~arm
    # The throat goes up behind the chin; unrolled together, its shadow would fall on the chin.
    throat = head & (centre[:, 1] < plan.chin_y + 0.24 * plan.head)
    depth_z = centre[:, 2] / plan.head
    throat &= ((normal[:, 1] < -0.35) & (depth_z < 0.22)) | (
        (normal[:, 2] > 0.25) & (depth_z < 0.16)
    )
    head &= ~throat
    sheet = (centre[:, 1] < plan.shoulder_y) & has_sheet
    arm, head, throat = arm & ~sheet, head & ~sheet, throat & ~sheet
    leg = (centre[:, 1] < plan.crotch_y) & ~arm & ~sheet
    uvs = np.zeros((len(triangles), 3, 2))
    islands = np.zeros(len(triangles), np.int64)
    # One zone: who belongs to it, its axis (0 = x, 1 = y), and the axis's place in the others.
    for zone, (member, axis, across, depth) in enumerate(
        (
            (arm, 0, plan.shoulder_y, -0.006),
            (head, 1, 0.0, 0.0),
            (leg, 1, 0.0, -0.006),
            (~(arm | head | leg | sheet), 1, 0.0, 0.0),
            (sheet, 1, 0.0, 0.0),
        )
    ):
        rows = np.flatnonzero(member)
        if not len(rows):
            continue
        points = corners[rows]
        if axis == 0:
            away = points[..., 1] - across
        elif zone == LEGS:
            away = points[..., 0] - side[rows, None] * _leg_line(plan, points[..., 1])
        else:
            away = points[..., 0]
        forward = points[..., 2] - depth
        front = forward.mean(axis=1) >= 0
        angle = np.arctan2(away, np.where(front[:, None], forward, -forward))
        radius = np.hypot(away, forward).mean()
        along = points[..., axis]
        unrolled = np.stack([angle * radius, along], axis=-1)
        if zone == SHEET:
            front = normal[rows, 2] >= 0
            unrolled = np.stack([away, along], axis=-1)
        projected = np.stack([points[..., 2], away], axis=-1)
        tip = np.abs(normal[rows, axis]) > TIP
        uvs[rows] = np.where(tip[:, None, None], projected, unrolled)
        mirrored = side[rows] > 0 if zone in (ARMS, LEGS) else np.zeros(len(rows), bool)
        patch = np.where(tip, 2 + (normal[rows, axis] > 0), front)
        islands[rows] = zone * 8 + mirrored * 4 + patch
    return uvs, islands


def _leg_line(plan: BodyPlan, heights: Floats) -> Floats:
    share = np.clip((plan.hip_y - heights) / (plan.hip_y - 0.05), 0.0, 1.0)
    return plan.hip_x + share * (plan.stance_x - plan.hip_x)


def _packed(corner_uvs: Floats, islands: Ints) -> tuple[Floats, tuple[float, float]]:
    """Lay islands side by side: corner uvs (T·3, 2) in 0..1 and the chart's size in metres."""
    _, island = np.unique(islands, return_inverse=True)
    count = int(island.max()) + 1
    low = np.full((count, 2), np.inf)
    high = np.full((count, 2), -np.inf)
    for k in range(3):
        np.minimum.at(low, island, corner_uvs[:, k])
        np.maximum.at(high, island, corner_uvs[:, k])
    size = np.maximum(high - low, 1e-4)
    gap = 0.02 * float(np.prod(size, axis=1).sum()) ** 0.5
    placed, sheet = pack(size + gap)
    moved = corner_uvs + (placed + gap / 2 - low)[island][:, None]
    # Heights run up, texture rows run down: flip, so that the grain's "down" is down.
    uvs = moved.reshape(-1, 2) / np.array(sheet)
    uvs[:, 1] = 1.0 - uvs[:, 1]
    return uvs, sheet
