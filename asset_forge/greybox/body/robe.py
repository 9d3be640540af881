"""Robes and dresses: closed skirts that flare from the waist and fall in folds.

Below the hem two feet stay in sight, by which a rig knows that there are two legs inside. Which
words ask for one is decided in `shapes.humanoid`.
"""

import numpy as np

from asset_forge.greybox.body.anatomy import Blended
from asset_forge.greybox.body.fields import Capsule, Loft
from asset_forge.greybox.body.plan import BodyPlan

# Heights and widths in body heights.
ROBE_HEM_Y = 0.070
# Angles of the folds from the front to the back, on either side.
_FOLDS_DEG = (0.0, 26.0, 52.0, 80.0, 106.0, 132.0, 158.0)


def hem_of(plan: BodyPlan, *, long: bool) -> float:
    """Height of the hem: at the ankles, or half-way down the calves."""
    return ROBE_HEM_Y if long else 0.52 * plan.knee_y


def long_skirt(plan: BodyPlan, hem_y: float) -> list[Blended]:
    """Solids of a flared skirt with folds, from the waist to below the hem."""
    rows = [
        (hem_y - 0.03, *_half_widths(plan, hem_y, 0.058)),
        (plan.knee_y + 0.03, *_half_widths(plan, plan.knee_y, 0.034)),
        (plan.torso_y(0.04), 0.112 * plan.hips, 0.088 * plan.depth),
        (plan.torso_y(0.22), 0.096 * plan.hips, 0.075 * plan.depth),
        (plan.torso_y(0.36), 0.076 * plan.hips, 0.052 * plan.depth),
    ]
    skirt = Loft("y", [(y, 0.0, -0.006, wide, deep) for y, wide, deep in rows], 2.1)
    solids: list[Blended] = [(skirt, 0.024)]
    top_y, (low_y, wide, deep) = plan.torso_y(0.16), rows[0]
    for angle in np.radians(_FOLDS_DEG):
        across, ahead = float(np.sin(angle)), float(np.cos(angle))
        fold = Capsule(
            (0.088 * plan.hips * across, top_y, -0.006 + 0.066 * plan.depth * ahead),
            (wide * across, low_y, -0.006 + deep * ahead),
            0.003,
            0.017,
        )
        solids.append((fold, 0.010))
    return solids


def _half_widths(plan: BodyPlan, y: float, room: float) -> tuple[float, float]:
    """Half width and half depth at a height that leave some room about the legs."""
    calf = 0.040 * plan.leg_girth
    return plan.leg_x(y) + calf + room * plan.hips, 0.058 * plan.leg_girth + room * plan.depth
