"""Eyes, eyelids, brows and lips: small closed shells that sit in the skin of the head.

They are set on the skin's distance field, so they follow any head. Positions come in body
heights, like everything in this package; the caller scales them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asset_forge.greybox.body.fields import Layer
from asset_forge.greybox.body.plan import BodyPlan
from asset_forge.greybox.mesh import Floats
from asset_forge.greybox.solids import Solid, lathe, loft, merge


@dataclass(frozen=True)
class FacePiece:
    """One shell of the face: its slot and its solid, in body heights."""

    name: str
    slot: str
    solid: Solid


def make_face(plan: BodyPlan, skin: Layer, *, open_eyes: float) -> list[FacePiece]:
    """All shells of a face, both sides.

    open_eyes: 0.6 (narrow) to 1.3 (wide).
    """
    pieces = [*_eyes(plan, open_eyes), *_lips(plan, skin)]
    pieces.append(FacePiece("brows", "brows", _both(_brow(plan, skin))))
    if plan.tusks:
        pieces.append(FacePiece("tusks", "tusks", _both(_tusk(plan, skin))))
    return pieces


def eye_centre(plan: BodyPlan) -> Floats:
    """Centre of the left eyeball, (3,) in body heights."""
    return _at(plan, 0.150, 0.487, 0.262)


def _at(plan: BodyPlan, x: float, y: float, z: float) -> Floats:
    return np.array([x * plan.head, plan.chin_y + y * plan.head, z * plan.head + 0.004])


def _eyes(plan: BodyPlan, open_eyes: float) -> list[FacePiece]:
    radius = 0.080 * plan.head * plan.eye
    x, y, z = eye_centre(plan)

    def placed(
        solid: Solid, pitch_deg: float, roll_deg: float = 0.0, yaw_deg: float = 9.0
    ) -> Solid:
        turned = solid.rotated("x", pitch_deg).rotated("z", roll_deg).rotated("y", yaw_deg)
        return _both(turned.moved(x, y, z))

    # The lids follow the round of the head, but both eyes look ahead.
    look, ahead_deg = 90.0, 1.0
    ball = placed(_dome(radius, (78.0, 52.0, 29.0)), look, yaw_deg=ahead_deg)
    iris = placed(_dome(radius, (29.0, 14.0, 0.0)), look, yaw_deg=ahead_deg)
    pupil = placed(_dome(radius * 1.012, (14.0, 0.0)), look, yaw_deg=ahead_deg)
    glint = _dome(radius * 1.04, (5.0, 0.0), sides=6).rotated("x", 76.0).rotated("y", 17.0)
    glints = merge(glint.moved(x, y, z), glint.moved(-x, y, z))
    # Half domes over and under the ball: the slit between them is the shape of the eye.
    slit = 17.0 * open_eyes
    lid = (90.0, 60.0, 30.0, 0.0)
    upper = placed(_dome(radius * 1.13, lid), -slit, roll_deg=-5.0)
    lower = placed(_dome(radius * 1.10, lid).rotated("x", 180.0), slit, roll_deg=-4.0)
    return [
        FacePiece("eyeballs", "eyes", ball),
        FacePiece("irises", "irises", iris),
        FacePiece("pupils", "pupils", pupil),
        FacePiece("glints", "eyes", glints),
        FacePiece("upper lids", "skin", upper),
        FacePiece("lower lids", "skin", lower),
    ]


def _dome(radius: float, angles_deg: Sequence[float], *, sides: int = 12) -> Solid:
    """Make a closed slice of a sphere about +Y: a ring at each angle from the pole (0 = pole)."""
    angles = np.radians(angles_deg)
    profile = np.stack([np.sin(angles), np.cos(angles)], axis=1) * radius
    return lathe(profile, sides=sides, phase=0.5)


def _lips(plan: BodyPlan, skin: Layer) -> list[FacePiece]:
    size = plan.head
    share = np.linspace(-1.0, 1.0, 9)
    half = 0.108
    bow = 1 - share**2
    line = np.stack([share * half, 0.192 + 0.006 * (1 - bow), np.zeros(9)], axis=1)
    # A little sunk in: lips lie on a muzzle that loses its tip when the mesh is simplified.
    centre = _on_skin(plan, skin, line) - np.array([0.0, 0.0, 0.0045 * size])
    full = np.sqrt(np.maximum(bow, 0.0))
    dip = 1.0 - 0.25 * np.exp(-((share / 0.16) ** 2))
    upper = _tube(
        centre + np.outer(0.016 * full * size, [0.0, 1.0, 0.0]),
        0.0195 * full * dip * size + 0.0015 * size,
        0.011 * full * size + 0.002 * size,
    )
    lower = _tube(
        centre - np.outer(0.021 * full * size, [0.0, 1.0, 0.0]),
        0.0235 * full * size + 0.0015 * size,
        0.013 * full * size + 0.002 * size,
    )
    mouth = _tube(
        centre + np.array([0.0, -0.001, 0.0]) * size,
        np.full(9, 0.0050 * size),
        np.full(9, 0.0115 * size),
    )
    return [
        FacePiece("lips", "lips", merge(upper, lower)),
        FacePiece("mouth", "mouth", mouth),
    ]


def _brow(plan: BodyPlan, skin: Layer) -> Solid:
    share = np.linspace(0.0, 1.0, 6)
    x = 0.050 + 0.200 * share
    y = 0.585 + 0.030 * np.sin(np.pi * np.minimum(share * 1.1, 1.0) ** 1.3) - 0.020 * share**3
    y -= 0.012 * (plan.brow - 1.0) * (1 - share)
    centre = _on_skin(plan, skin, np.stack([x, y, 0 * x], axis=1))
    thick = np.array([0.017, 0.024, 0.024, 0.021, 0.015, 0.006]) * plan.head
    return _tube(centre, thick, 0.85 * thick + 0.003 * plan.head)


def _tusk(plan: BodyPlan, skin: Layer) -> Solid:
    base = _on_skin(plan, skin, np.array([[0.085, 0.170, 0.0]]))[0]
    steps = np.linspace(0.0, 1.0, 5)
    path = base + plan.head * np.stack(
        [0.03 * steps, 0.21 * steps, 0.006 + 0.035 * np.sin(steps * 2.2) - 0.01 * steps], axis=1
    )
    radius = plan.head * np.array([0.042, 0.039, 0.032, 0.021, 0.003])
    return _tube(path, radius, radius, upright=True)


def _on_skin(plan: BodyPlan, skin: Layer, places: Floats) -> Floats:
    """Head coordinates (N, 3) moved along z onto the front of the skin, in body heights."""
    points = np.stack([_at(plan, *place) for place in places])
    near = np.full(len(points), -0.02 * plan.head)
    far = np.full(len(points), 0.75 * plan.head)
    for _ in range(24):
        middle = (near + far) / 2
        outside = (
            skin.distance(
                np.abs(points[:, 0]).astype(np.float32),
                points[:, 1].astype(np.float32),
                middle.astype(np.float32),
            )
            > 0
        )
        far = np.where(outside, middle, far)
        near = np.where(outside, near, middle)
    points[:, 2] = near
    return points


def _tube(path: Floats, tall: Floats, deep: Floats, *, upright: bool = False) -> Solid:
    """Make a closed tube along a path (N, 3); half height and half depth per point."""
    angle = np.arange(6) * (np.pi / 3) + np.pi / 6
    across = np.array([1.0, 0.0, 0.0]) if upright else np.array([0.0, 1.0, 0.0])
    rings = (
        path[:, None]
        + (tall[:, None] * np.cos(angle))[..., None] * across
        + (deep[:, None] * np.sin(angle))[..., None] * np.array([0.0, 0.0, 1.0])
    )
    tube = loft(rings)
    return tube if tube.volume > 0 else tube.flipped()


def _both(solid: Solid) -> Solid:
    return merge(solid, solid.mirrored("x"))
