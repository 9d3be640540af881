"""The form of a boot: sections from the mouth of its shaft around the heel to the toe, and soles.

Metres, the ankle's axis at x = z = 0, the ground at y = 0. Which boots are made of it: `boots`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from asset_forge.greybox.mesh import Floats
from asset_forge.greybox.solids import Array, Solid, loft, merge

# Front (z, y), back (z, y) and half width of each section, from the mouth to the toe.
_SECTIONS = np.array([
    (0.064, 0.335, -0.070, 0.345, 0.060), (0.060, 0.290, -0.072, 0.290, 0.060),
    (0.050, 0.220, -0.066, 0.220, 0.054), (0.041, 0.165, -0.055, 0.158, 0.044),
    (0.044, 0.130, -0.055, 0.114, 0.041), (0.055, 0.110, -0.067, 0.072, 0.041),
    (0.071, 0.099, -0.076, 0.040, 0.041), (0.088, 0.092, -0.046, 0.030, 0.042),
    (0.110, 0.083, 0.010, 0.026, 0.044), (0.138, 0.073, 0.060, 0.020, 0.047),
    (0.166, 0.064, 0.115, 0.018, 0.049), (0.189, 0.055, 0.160, 0.018, 0.045),
    (0.205, 0.042, 0.194, 0.020, 0.032),
])  # fmt: skip
_ANKLE_Y, _BALL_Z = 0.130, 0.120
MOUTH, ANKLE, HEEL, TOE = 0.0, 4.0, 7.0, float(len(_SECTIONS) - 1)
_SOLE_M = 0.012


@dataclass(frozen=True)
class Footwear:
    """Proportions: shaft (height above the ankle), girth and toe (length before the ball) are
    factors around 1. point: 0 for a round toe, 1 for a pointed one. heel_m: height of the heel.
    curl: how far the toe turns up, 0 for none.
    """

    shaft: float = 1.0
    girth: float = 1.0
    toe: float = 1.0
    point: float = 0.0
    heel_m: float = 0.018
    curl: float = 0.0

    def at(self, place: Array, angle: Array, lift: float | Floats = 0.0) -> Floats:
        """Return points (…, 3) on the outside.

        place: 0 at the mouth, `TOE` at the last section. angle: 0 in front (on top of the foot),
        growing to the wearer's left; lift: metres that they stand off the sections' middles.
        """
        t, a = np.broadcast_arrays(np.asarray(place, float), np.asarray(angle, float))
        sections = self._sections()
        table = PchipInterpolator(np.arange(len(sections)), sections)(t)
        front, back, half = table[..., 0:2], table[..., 2:4], table[..., 4] * self.girth
        middle, reach = (front + back) / 2, (front - back) / 2
        length = np.linalg.norm(reach, axis=-1)
        grown = (length + lift) / length
        cos, sin = np.cos(a), np.sin(a)
        # The foot stands flat: below, its sections are nearly square.
        flat = np.clip(t - ANKLE - 0.5, 0.0, 1.0) * (cos < 0)
        power = 0.92 - 0.44 * flat
        across = np.sign(sin) * np.abs(sin) ** power * (half + lift)
        along = (np.sign(cos) * np.abs(cos) ** power * grown)[..., None]
        zy = middle + reach * along
        z, y = zy[..., 0], zy[..., 1]
        floor = self.floor(z) - 0.5 * np.asarray(lift)
        return np.stack([across, np.where(t > ANKLE, np.maximum(y, floor), y), z], axis=-1)

    def floor(self, z: Array) -> Floats:
        """Return the height of the sole's upper side along the foot."""
        floor: Floats = _SOLE_M + self.heel_m * self._raised(z) + self._spring(z)
        return floor

    def _raised(self, z: Array) -> Floats:
        """Return how much of the heel's height lifts the foot, 0..1."""
        share = np.clip((_BALL_Z - np.asarray(z, float)) / 0.13, 0.0, 1.0)
        rise: Floats = share * share * (3 - 2 * share)
        return rise

    def _spring(self, z: Array) -> Floats:
        ahead = np.clip(np.asarray(z, float) - _BALL_Z - 0.02, 0.0, None)
        spring: Floats = 0.08 * ahead + 6.0 * self.curl * ahead**2
        return spring

    def rings(self, places: Array, *, sides: int = 20, lift: float = 0.0) -> Floats:
        """Return whole sections (R, sides, 3), beginning at the back."""
        angle = np.pi + np.arange(sides) * (2 * np.pi / sides)
        return self.at(np.asarray(places, float)[:, None], angle[None, :], lift)

    def tip(self) -> Floats:
        """Return the place where the toe closes."""
        last = self.at(TOE, np.array([0.0, np.pi])).mean(axis=0)
        ahead = 0.004 + 0.016 * self.point
        rise = float(self._spring(last[2] + ahead) - self._spring(last[2]))
        tip: Floats = last + np.array([0.0, rise - 0.002, ahead])
        return tip

    def sole(self) -> Solid:
        """Return the sole and its heel, standing on y = 0."""
        edge = self.at(np.linspace(5.4, TOE, 12), np.pi / 2)
        z = np.concatenate(
            [[-0.078, -0.070], edge[:, 2].clip(-0.055, None), [self.tip()[2] + 0.002]]
        )
        z = np.maximum.accumulate(z + np.arange(len(z)) * 1e-5)
        half = np.concatenate(
            [[0.014, 0.030], edge[:, 0] + 0.003, [0.010 * (1 - self.point) + 0.002]]
        )
        outline = np.concatenate([np.column_stack([half, z]), np.column_stack([-half, z])[::-1]])
        top = self.floor(outline[:, 1]) + 0.004
        low = self.floor(outline[:, 1]) - _SOLE_M
        sole = loft(_levels(outline, (low, top)))
        back = outline[outline[:, 1] < -0.03]
        wide = np.abs(back[:, 0]).max()
        block = _around(np.concatenate([back, [(wide, -0.012), (-wide, -0.012)]]))
        heel = loft(_levels(block * (0.95, 1.0), (np.zeros(len(block)), self.floor(block[:, 1]))))
        return merge(sole, heel)

    def _sections(self) -> Floats:
        table = _SECTIONS.copy()
        for y in (1, 3):
            above = np.clip(table[:, y] - _ANKLE_Y, 0.0, None)
            table[:, y] += above * (self.shaft - 1.0)
            table[:, y] += (self.heel_m - 0.018) * self._raised(table[:, y - 1])
        for z in (0, 2):
            ahead = np.clip(table[:, z] - _BALL_Z, 0.0, None)
            table[:, z] += ahead * (self.toe - 1.0 + 0.55 * self.point)
        table[:, 1] += self._spring(table[:, 0])
        table[7:, 3] = self.floor(table[7:, 2])
        narrow = np.clip((table[:, 0] - _BALL_Z - 0.015) / 0.07, 0.0, 1.3)
        table[:, 4] *= 1.0 - 0.55 * self.point * narrow
        return table


def _levels(outline: Floats, heights: tuple[Floats, Floats]) -> Floats:
    return np.array([np.column_stack([outline[:, 0], y, outline[:, 1]]) for y in heights])


def _around(points: Floats) -> Floats:
    """Return the corners of a convex outline in order around its middle."""
    away = points - points.mean(axis=0)
    ordered: Floats = points[np.argsort(np.arctan2(away[:, 1], away[:, 0]))]
    return ordered
