"""Raising the lowered arms of an A-pose until they are level, so that it can be rigged as a T-pose.

The arms are found by their outer half alone; whether the result is a figure in T-pose is decided
by `landmarks`, as for any other.
"""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox.mesh import Floats, Ints
from asset_forge.greybox.rig.landmarks import surface_samples

# How far below level the arms may hang, in degrees.
LOWERED_RANGE_DEG = (12.0, 66.0)
# Arms that hang this differently, in degrees, are a gesture and no A-pose.
MAX_DIFFERENCE_DEG = 10.0
# How thick an arm may be for its length.
MAX_THICKNESS = 0.60
# Shares of the height between which the shoulder takes the turn up.
_BEND = (-0.035, 0.045)


@dataclass(frozen=True, eq=False)
class _Arm:
    """sign: +1 for the arm on +X. pivot: (x, y) metres. lowered_rad: below level."""

    sign: float
    pivot: Floats
    lowered_rad: float
    armpit: Floats


def raised_arms(positions: Floats, triangles: Ints) -> tuple[Floats, Floats] | None:
    """Return positions (V, 3) with level arms and each vertex's turn about +Z (V,) in radians.

    positions: (V, 3) metres, +Y up, facing +Z. None when there are no two lowered arms.
    """
    used = positions[np.unique(triangles)]
    low, high = used.min(axis=0), used.max(axis=0)
    height = float(high[1] - low[1])
    if not height > 1e-6:
        return None
    samples = surface_samples(positions, triangles, height / 200)
    middle = float(low[0] + high[0]) / 2
    arms = [_find_arm(samples, sign, middle, float(low[1]), height) for sign in (1.0, -1.0)]
    left, right = arms
    if left is None or right is None:
        return None
    if abs(left.lowered_rad - right.lowered_rad) > np.radians(MAX_DIFFERENCE_DEG):
        return None
    raised, turns = positions.copy(), np.zeros(len(positions))
    for arm in (left, right):
        turn = _turns(positions, arm, middle, height)
        cos, sin = np.cos(turn), np.sin(turn)
        x, y = (positions[:, :2] - arm.pivot).T
        moved = np.stack([cos * x - sin * y, sin * x + cos * y], axis=1) + arm.pivot
        mine = turn != 0
        raised[mine, :2] = moved[mine]
        turns += turn
    return raised, turns


def turned_about_z(vectors: Floats, turns: Floats) -> Floats:
    """Turn each of (V, 3) about +Z by its own angle in radians (V,)."""
    cos, sin = np.cos(turns), np.sin(turns)
    x, y, z = vectors.T
    return np.stack([cos * x - sin * y, sin * x + cos * y, z], axis=1)


def _find_arm(
    samples: Floats, sign: float, middle: float, ground: float, height: float
) -> _Arm | None:
    out = sign * (samples[:, 0] - middle)
    up = samples[:, 1] - ground
    trunk_half = _trunk_half(out, up, height)
    tip = float(out.max())
    if tip - trunk_half < 0.12 * height:
        return None
    points = np.stack([out, up], axis=1)
    chosen = points[(out > trunk_half + 0.45 * (tip - trunk_half)) & (up > 0.3 * height)]
    # Hands droop and shoulders are broad: the line is drawn again through what lies between.
    for _ in range(4):
        if len(chosen) < 20:
            return None
        centre = chosen.mean(axis=0)
        _, sizes, axes = np.linalg.svd(chosen - centre, full_matrices=False)
        along = axes[0] * np.sign(axes[0, 0])
        way = (points - centre) @ along
        across = (points - centre) @ np.array([-along[1], along[0]])
        in_line = (np.abs(across) < 0.075 * height) & (out > trunk_half)
        start = (trunk_half - centre[0]) / max(along[0], 0.1)
        length = float(way[in_line].max(initial=0.0)) - start
        share = (way - start) / max(length, 1e-9)
        chosen = points[in_line & (share > 0.15) & (share < 0.68)]
    lowered = float(-np.arctan2(along[1], along[0]))
    low_deg, high_deg = LOWERED_RANGE_DEG
    if not low_deg <= np.degrees(lowered) <= high_deg or sizes[1] > MAX_THICKNESS * sizes[0]:
        return None
    thick = float(np.percentile(np.abs(across[in_line & (share > 0.15) & (share < 0.68)]), 95))
    pivot_out = 1.04 * trunk_half
    pivot_up = float(centre[1] + (centre[0] - pivot_out) * np.tan(lowered))
    armpit_up = pivot_up - 1.1 * thick / float(np.cos(lowered))
    return _Arm(
        sign=sign,
        pivot=np.array([middle + sign * pivot_out, ground + pivot_up]),
        lowered_rad=lowered,
        armpit=np.array([trunk_half, ground + armpit_up]),
    )


def _trunk_half(out: Floats, up: Floats, height: float) -> float:
    """Half the width of the trunk: in each slice up to the first gap beside it."""
    found = []
    for share in np.arange(0.46, 0.70, 0.02):
        near = np.sort(out[(np.abs(up - share * height) < 0.01 * height) & (out > 0)])
        if len(near) < 3:
            continue
        gaps = np.flatnonzero(np.diff(near) > 0.02 * height)
        if len(gaps):
            found.append(float(near[gaps[0]]))
    # Level arms leave no gap beside the trunk.
    half = float(np.percentile(found, 75)) if found else 0.11 * height
    return float(np.clip(half, 0.05 * height, 0.18 * height))


def _turns(positions: Floats, arm: _Arm, middle: float, height: float) -> Floats:
    """How far each vertex turns about +Z, (V,) radians: all of the arm, nothing of the trunk."""
    out = arm.sign * (positions[:, 0] - middle)
    along = np.array([np.cos(arm.lowered_rad), -np.sin(arm.lowered_rad)])
    way = (out - arm.sign * (arm.pivot[0] - middle)) * along[0]
    way += (positions[:, 1] - arm.pivot[1]) * along[1]
    share = _eased((way / height - _BEND[0]) / (_BEND[1] - _BEND[0]))
    # Of steep arms the chest lies on the near side too.
    share *= _eased((out / arm.armpit[0] - 0.62) / 0.43)
    # Seen from the armpit, the arm lies on this side of the middle between arm and straight down.
    beyond = out - arm.armpit[0]
    drop = arm.armpit[1] - positions[:, 1]
    between = (arm.lowered_rad + np.pi / 2) / 2
    share[(np.arctan2(drop, beyond) > between) & (drop > 0)] = 0.0
    return np.asarray(arm.sign * arm.lowered_rad * share, np.float64)


def _eased(share: Floats) -> Floats:
    clipped = np.clip(share, 0.0, 1.0)
    return np.asarray(clipped * clipped * (3.0 - 2.0 * clipped), np.float64)
