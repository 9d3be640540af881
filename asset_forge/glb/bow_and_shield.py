"""How a bow and a shield are turned: things that are held, but have no blade to put up."""

import numpy as np
from numpy.typing import NDArray

from asset_forge.glb.surface import (
    Stance,
    Surface,
    Vectors,
    nearest_turn,
    principal_axes,
    smallest_turn,
)

_UP, _FRONT = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])
# A bow that is not three times as long as it is deep is something else.
_MIN_BOW_ELONGATION = 2.0
# Thickness over width above which something is no shield: a standard deviation each.
_MAX_SHIELD_THICKNESS = 0.6


def find_bow_stance(surface: Surface) -> Stance:
    """Put a bow's grip at the origin, its limbs up and down, and the string behind it at -X."""
    rows = principal_axes(surface.samples)[1]
    along, side = rows[0], rows[1]
    height = _coordinates(surface.samples, along)
    length = float(np.ptp(surface.points @ along))
    if length < _MIN_BOW_ELONGATION * float(np.ptp(surface.points @ side)):
        return Stance(np.eye(3), surface.samples.mean(axis=0), 0.0, "it is too short for a bow")
    depth = _coordinates(surface.samples, side)
    in_middle = np.abs(height) < length / 30
    at_tips = np.abs(height) > length * 0.45
    if in_middle.sum() < 5 or at_tips.sum() < 5:
        return Stance(np.eye(3), surface.samples.mean(axis=0), 0.0, "it has no middle or no tips")
    # Of what is cut in the middle the grip has much more surface than the string.
    grip_depth = float(np.median(depth[in_middle]))
    bend = (grip_depth - float(np.median(depth[at_tips]))) / length
    through = np.cross(side, along)
    if abs(bend) < 0.02:
        options = [_rows(s * side, u * along) for s in (1, -1) for u in (1, -1)]
        note = "it is not bent, so which side is the front could not be told"
        rotation, confidence = nearest_turn(options), 0.5
    else:
        forward = np.sign(bend) * side
        # Both limbs are alike: the one that is up stays up.
        rotation, confidence = nearest_turn([_rows(forward, along), _rows(forward, -along)]), 1.0
        note = None
    middle = surface.samples.mean(axis=0)
    ends = surface.points @ along
    height_m = (float(ends.min()) + float(ends.max())) / 2
    flat_m = float(np.median((surface.samples @ through)[in_middle]))
    origin = (
        along * height_m + side * (float(middle @ side) + grip_depth) + np.asarray(through) * flat_m
    )
    return Stance(rotation, origin, confidence, note)


def find_shield_stance(surface: Surface) -> Stance:
    """Stand a shield upright, centred, its outside to +Z.

    What cannot be told stays as it came: how a round shield is turned, the front of a flat one.
    """
    variances, rows = principal_axes(surface.samples)
    if np.sqrt(variances[2]) > _MAX_SHIELD_THICKNESS * np.sqrt(variances[1]):
        return Stance(np.eye(3), _box_middle(surface.points), 0.0, "it is not flat")
    front, note = _outside(surface, rows[2])
    if variances[0] > 1.25 * variances[1]:
        rotation = _upright(surface, rows[0], front)
    else:
        rotation = smallest_turn(front, _FRONT)
    turned = surface.points @ rotation.T
    return Stance(rotation, rotation.T @ _box_middle(turned), 0.6 if note else 1.0, note)


def _outside(surface: Surface, through: Vectors) -> tuple[Vectors, str | None]:
    """Return the direction that a shield's front faces: where it bulges out of its rim."""
    depth = surface.points @ through
    across = surface.points - np.outer(depth, through)
    distance = np.linalg.norm(across - across.mean(axis=0), axis=1)
    rim = float(np.median(depth[distance > 0.9 * distance.max()]))
    forward, back = float(depth.max()) - rim, rim - float(depth.min())
    if max(forward, back) > 1.5 * min(forward, back):
        return (through if forward > back else -through), None
    nearer = through if through @ _FRONT > 0 else -through
    return nearer, "it bulges to both sides alike, so it was not turned round"


def _upright(surface: Surface, along: Vectors, front: Vectors) -> Vectors:
    """Return the rotation that puts the long side up, the broader half above."""
    up = along - (along @ front) * front
    up = up / np.linalg.norm(up)
    side = np.cross(up, front)
    height = _coordinates(surface.points, up)
    middle = (height.max() + height.min()) / 2
    reach = float(np.ptp(height)) / 2
    upper, lower = (
        float(np.ptp((surface.points @ side)[end])) if end.any() else 0.0
        for end in (height > middle + 0.6 * reach, height < middle - 0.6 * reach)
    )
    if abs(upper - lower) > 0.15 * max(upper, lower):
        up = up if upper > lower else -up
        return np.stack([np.cross(up, front), up, front])
    return nearest_turn([np.stack([np.cross(u, front), u, front]) for u in (up, -up)])


def _rows(side: Vectors, up: Vectors) -> Vectors:
    return np.stack([side, up, np.cross(side, up)])


def _coordinates(points: Vectors, direction: Vectors) -> NDArray[np.float64]:
    """Return where points are along a direction, from the middle of all of them."""
    along = points @ direction
    centred: NDArray[np.float64] = along - along.mean()
    return centred


def _box_middle(points: Vectors) -> Vectors:
    middle: Vectors = (points.min(axis=0) + points.max(axis=0)) / 2
    return middle
