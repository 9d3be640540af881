"""Which way a biped looks, by its toes, as far as they tell it safely."""

import numpy as np
from numpy.typing import NDArray

from asset_forge.glb.surface import Surface, Vectors

# A figure that is turned by less than this is left as it is: it may mean it.
LEAST_TURN_DEG = 15.0
_SOLES, _ANKLES = (0.0, 0.035), (0.07, 0.13)
# Toes reach so far before the ankles, as a share of the height, or they say nothing.
_LEAST_STEP = 0.01
_MOST_LEAN_DEG = 35.0


def find_yaw_deg(surface: Surface) -> float | None:
    """Return by how many degrees about +Y a standing biped must turn to look to +Z.

    The feet must be two, side by side, pointing the same way, square to the line that the arms or
    shoulders make; else the answer is None. Up is +Y.
    """
    height = surface.samples[:, 1]
    low, high = float(height.min()), float(height.max())
    if not high > low:
        return None
    share = (height - low) / (high - low)
    ground = surface.samples[:, (0, 2)] / (high - low)
    body = ground - ground.mean(axis=0)
    variances, columns = np.linalg.eigh(body.T @ body / len(body))
    if variances[1] < 1.5 * max(variances[0], 1e-12):
        return None  # as deep as it is wide: no shoulders to go by
    lateral, forward = columns[:, 1], columns[:, 0]
    steps = [_step(body, share, body @ lateral * side > 0) for side in (1, -1)]
    if any(step is None for step in steps):
        return None
    left, right = (np.asarray(step) for step in steps)
    mean = (left + right) / 2
    forward = forward if forward @ mean > 0 else -forward
    for step in (left, right):
        length = float(np.linalg.norm(step))
        if length < _LEAST_STEP:
            return None
        if float(step @ forward) < length * np.cos(np.radians(_MOST_LEAN_DEG)):
            return None
    # From the direction it looks in to +Z; about +Y, +Z turns to +X.
    return float(np.degrees(-np.arctan2(forward[0], forward[1])))


def _step(
    body: Vectors, share: NDArray[np.float64], is_this_side: NDArray[np.bool_]
) -> Vectors | None:
    """Return how far the sole of one foot lies before its ankle, in x and z."""
    middles = []
    for low, high in (_SOLES, _ANKLES):
        here = is_this_side & (share >= low) & (share <= high)
        if here.sum() < 20:
            return None
        middles.append(body[here].mean(axis=0))
    step: Vectors = middles[0] - middles[1]
    return step
