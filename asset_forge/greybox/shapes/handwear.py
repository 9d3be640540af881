"""The form of a glove: palm, fingers, thumb and cuff of a left hand that stands on its cuff.

Metres, y up along the hand, the wrist at y = 0, the back of the hand to +Z, the thumb to -X, so
that a pair beside each other shows both thumbs in the middle. What is made of it: `gloves`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from asset_forge.greybox.mesh import Floats
from asset_forge.greybox.solids import Array

# y, middle x, half width, half thickness, from the wrist to the knuckles.
_PALM = np.array([
    (0.000, 0.000, 0.031, 0.026), (0.025, 0.000, 0.035, 0.025), (0.055, 0.001, 0.043, 0.024),
    (0.085, 0.002, 0.047, 0.0195), (0.104, 0.002, 0.046, 0.0150), (0.118, 0.002, 0.041, 0.0095),
])  # fmt: skip
# Knuckle (x, y), length, half width and how far it leans outwards in degrees: index to little.
_FINGERS = (
    (-0.032, 0.100, 0.082, 0.0118, 7.0), (-0.0105, 0.104, 0.090, 0.0122, 2.0),
    (0.0115, 0.102, 0.084, 0.0118, -3.5), (0.0325, 0.094, 0.068, 0.0108, -11.0),
)  # fmt: skip
_THUMB = np.array([(-0.022, 0.028, -0.004), (-0.046, 0.048, -0.010), (-0.062, 0.074, -0.014),
                   (-0.067, 0.104, -0.014)])  # fmt: skip
FINGERS = len(_FINGERS)
# Where a finger's sections are, as shares of its length from the knuckle.
FINGER_PLACES = np.array([-0.22, 0.0, 0.24, 0.42, 0.68, 0.88, 0.965, 1.0])


@dataclass(frozen=True)
class Handwear:
    """Proportions: girth and reach (length of the fingers) are factors; curl: degrees that each
    joint bends to the palm; cuff_m, flare: length of the cuff and how wide its mouth is.
    """

    girth: float = 1.0
    reach: float = 1.0
    curl: float = 9.0
    spread: float = 1.0
    cuff_m: float = 0.11
    flare: float = 1.35

    def palm(self, y: Array, angle: Array, lift: float | Floats = 0.0) -> Floats:
        """Return points (…, 3); angle 0 is the back of the hand, growing to +X."""
        t, a = np.broadcast_arrays(np.asarray(y, float), np.asarray(angle, float))
        table = PchipInterpolator(_PALM[:, 0], _PALM[:, 1:])(np.clip(t, 0.0, _PALM[-1, 0]))
        power = 0.80
        sin, cos = np.sin(a), np.cos(a)
        x = np.sign(sin) * np.abs(sin) ** power * (table[..., 1] * self.girth + lift)
        z = np.sign(cos) * np.abs(cos) ** power * (table[..., 2] * self.girth + lift)
        return np.stack([x + table[..., 0], t, z], axis=-1)

    def cuff(self, share: Array, angle: Array, lift: float | Floats = 0.0) -> Floats:
        """Return points (…, 3) on the cuff; share 0 is the wrist, 1 the mouth below."""
        s, a = np.broadcast_arrays(np.asarray(share, float), np.asarray(angle, float))
        grow = 1.0 + (self.flare - 1.0) * np.maximum(s, 0.0) ** 1.3
        x = np.sin(a) * (0.033 * self.girth * grow + lift)
        z = np.cos(a) * (0.029 * self.girth * (grow + 0.08 * s) + lift)
        return np.stack([x, -s * self.cuff_m, z], axis=-1)

    def finger(self, index: int) -> tuple[Floats, Floats]:
        """Return a finger's line (N, 3) from inside the palm to its tip, and half widths (N,)."""
        x, y, length, half, lean = _FINGERS[index]
        share = FINGER_PLACES
        bend = np.radians(self.curl) * np.interp(share, [0.0, 0.1, 0.40, 0.46, 0.70, 0.76],
                                                 [0.2, 1.0, 1.0, 2.0, 2.0, 2.8])  # fmt: skip
        step = np.diff(share, prepend=share[0]) * length * self.reach
        along = np.cumsum(np.cos(bend) * step)
        down = -np.cumsum(np.sin(bend) * step)
        offset = 0.22 * length * self.reach
        line = np.stack([np.zeros(len(share)), along - offset, down - down[1]], axis=1)
        turn = np.radians(lean * self.spread)
        x_axis, y_axis = line[:, 0], line[:, 1]
        placed = np.stack([
            x * self.girth + x_axis * np.cos(turn) - y_axis * np.sin(turn),
            y + y_axis * np.cos(turn), line[:, 2],
        ], axis=1)  # fmt: skip
        width = np.interp(share, [-0.22, 0.0, 0.40, 0.46, 0.75, 0.88, 0.96, 1.0],
                          [0.9, 1.04, 1.0, 1.0, 0.92, 0.84, 0.58, 0.0])  # fmt: skip
        return placed, width * half * self.girth

    def thumb(self) -> tuple[Floats, Floats]:
        """Return the thumb's line (N, 3) and half widths (N,)."""
        share = np.array([0.0, 0.2, 0.42, 0.60, 0.66, 0.85, 0.95, 1.0])
        knots = _THUMB * (self.girth, self.reach, 1.0)
        spline = PchipInterpolator(np.linspace(0, 1, len(knots)), knots)
        width = np.array([0.0150, 0.0165, 0.0150, 0.0138, 0.0136, 0.0118, 0.0080, 0.0])
        return spline(share), width * self.girth
