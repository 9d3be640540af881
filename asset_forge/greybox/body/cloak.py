"""Cloaks and hoods: layers that hang behind the body and about the head."""

import numpy as np

from asset_forge.greybox.body.anatomy import Blended
from asset_forge.greybox.body.fields import Capsule, Cut, Layer, Loft
from asset_forge.greybox.body.headwear import HeadFrame
from asset_forge.greybox.body.plan import BodyPlan

# Feet must show below: a rig looks for them.
CLOAK_HEM_Y = 0.11
_FOLDS = (0.12, 0.42, 0.72, 0.94)


def cloak(plan: BodyPlan) -> Layer:
    """Make a cloak over the back, held by a band across the chest."""
    broad, deep, y = plan.shoulder_x / 0.110, plan.depth, plan.shoulder_y
    back = 0.036 * deep
    rows = (
        # height, half width, half depth, middle
        (CLOAK_HEM_Y - 0.03, 0.150, 0.030, -back - 0.062),
        (plan.knee_y, 0.138, 0.030, -back - 0.050),
        (plan.torso_y(0.10), 0.122, 0.032, -back - 0.036),
        (plan.torso_y(0.50), 0.112, 0.036, -back - 0.022),
        (plan.torso_y(0.86), 0.112, 0.044, -back - 0.004),
        (y + 0.006, 0.104, 0.050, -back + 0.012),
        (y + 0.032 + 0.2 * plan.neck, 0.062, 0.036, -back + 0.012),
    )
    sheet = Loft("y", [(h, 0.0, z, w * broad, d) for h, w, d, z in rows], 2.4)
    solids: list[Blended] = [(sheet, 0.0)]
    for share in _FOLDS:
        low, high = 0.150 * broad * share, 0.096 * broad * share
        bulge = float(np.sqrt(1 - 0.9 * share**2))
        fold = Capsule(
            (high, plan.torso_y(0.80), -back - 0.004 - 0.040 * bulge),
            (low, CLOAK_HEM_Y - 0.02, -back - 0.062 - 0.028 * bulge),
            0.006,
            0.014,
        )
        solids.append((fold, 0.014))
    # The neck decides how far out the band lies, the chest how far ahead.
    ahead = 0.064 * deep + 0.012 * (plan.bust > 0)
    band = Capsule(
        (0.070 * broad, y + 0.034 * plan.limb_girth, 0.010),
        (0.0, plan.torso_y(0.92), ahead),
        0.014,
        0.012,
    )
    solids.append((band, 0.012))
    return Layer("cloak", solids, cuts=[Cut((0.0, -1.0, 0.0), -CLOAK_HEM_Y)], join=0.002)


def hood(plan: BodyPlan) -> Layer:
    """Make a hood with a mantle over the shoulders; the face stays free."""
    head, size, y = HeadFrame(plan), plan.head, plan.shoulder_y
    broad, deep = plan.shoulder_x / 0.110, plan.depth
    shell = head.ellipsoid((0, 0.600, -0.060), (0.475, 0.535, 0.545))
    tip = head.capsule((0, 0.760, -0.380), (0, 0.560, -0.700), 0.240, 0.080)
    mantle = Loft(
        "y",
        [
            (y - 0.030, 0.0, -0.010, 0.138 * broad, 0.086 * deep),
            (y + 0.016, 0.0, -0.012, 0.122 * broad, 0.074 * deep),
            (plan.chin_y - 0.02 * size, 0.0, -0.012, 0.370 * size, 0.380 * size),
            (plan.chin_y + 0.34 * size, 0.0, -0.016, 0.400 * size, 0.420 * size),
        ],
        2.2,
    )
    face = head.ellipsoid((0, 0.440, 0.450), (0.290, 0.440, 0.400))
    return Layer(
        "cloak",
        [(shell, 0.0), (mantle, 0.05 * size), (tip, 0.12 * size)],
        cuts=[Cut((0.0, -1.0, 0.0), -(y - 0.028))],
        carved=[(face, 0.02 * size)],
        join=0.002,
    )
