"""Robes and long dresses: skirts down to the ankles, slit so that a rig still finds two legs.

Each half hangs about its own leg and walks with it. Which words ask for one is decided in
`shapes.humanoid`.
"""

import numpy as np

from asset_forge.greybox.body.anatomy import Blended
from asset_forge.greybox.body.fields import Capsule, Loft
from asset_forge.greybox.body.plan import BodyPlan

# Heights and widths in body heights.
HEM_Y = 0.070
# Rigging looks for a gap of a hundredth of the height to either side of the mid-line.
_SLIT_HALF = 0.0115
# Angles of the folds from the front to the back, on either side.
_FOLDS_DEG = (28.0, 62.0, 96.0, 128.0, 156.0)


def long_skirt(plan: BodyPlan) -> list[Blended]:
    """Solids of a flared skirt with folds, from the waist to below the hem."""
    rows = [
        (HEM_Y - 0.03, *_half_widths(plan, HEM_Y, 0.046)),
        (plan.knee_y, *_half_widths(plan, plan.knee_y, 0.026)),
        (plan.torso_y(0.04), 0.107 * plan.hips, 0.086 * plan.depth),
        (plan.torso_y(0.22), 0.094 * plan.hips, 0.073 * plan.depth),
        (plan.torso_y(0.36), 0.076 * plan.hips, 0.052 * plan.depth),
    ]
    skirt = Loft("y", [(y, 0.0, -0.006, wide, deep) for y, wide, deep in rows], 2.2)
    solids: list[Blended] = [(skirt, 0.024)]
    top_y, (low_y, wide, deep) = plan.torso_y(0.14), rows[0]
    for angle in np.radians(_FOLDS_DEG):
        across, ahead = float(np.sin(angle)), float(np.cos(angle))
        fold = Capsule(
            (0.088 * plan.hips * across, top_y, -0.006 + 0.066 * plan.depth * ahead),
            (wide * across, low_y, -0.006 + deep * ahead),
            0.004,
            0.013,
        )
        solids.append((fold, 0.012))
    return solids


def slit(plan: BodyPlan) -> Blended:
    """Return what keeps the halves apart: a wedge through the skirt, narrow at the crotch."""
    rows = (
        (HEM_Y - 0.06, _SLIT_HALF * 1.25),
        (plan.knee_y, _SLIT_HALF),
        (plan.crotch_y - 0.035, _SLIT_HALF * 0.75),
    )
    return Loft("y", [(y, 0.0, 0.0, half, 0.40) for y, half in rows], 4.0), 0.004


def _half_widths(plan: BodyPlan, y: float, room: float) -> tuple[float, float]:
    """Half width and half depth at a height that leave some room about the legs."""
    calf = 0.040 * plan.leg_girth
    return plan.leg_x(y) + calf + room * plan.hips, 0.058 * plan.leg_girth + room * plan.depth
