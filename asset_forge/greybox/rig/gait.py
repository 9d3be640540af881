"""How people walk and run: the numbers, and the path of a foot through one cycle.

Phase 0 is the moment a foot touches the ground; it stands until `stance_share`, then swings.
Feet are described by the way of the flat foot along Z (in leg lengths), its height above the
ground and its pitch (degrees, toes down positive). `clips` turns this into joint rotations.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import CubicHermiteSpline, PchipInterpolator

from asset_forge.greybox.mesh import Floats

# Who wears a robe takes smaller steps, or the cloth would stretch between the legs.
SKIRTED_STEP = 0.72

Keys = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Gait:
    """One way to move on. Lengths are shares of the leg's length, angles are degrees.

    reach_ahead, reach_behind: where the foot lands before and leaves behind its rest place.
    lift: (phase, height) keys of the lowest point of the foot. pitch: (phase, degrees) keys.
    toe_bend: (phase, share) keys of how far the toes stay level while the heel rises.
    bob: how far the hips rise at mid-stance (negative: sink). narrow: share of the rest
    distance between the feet that is left.
    """

    name: str
    duration_s: float
    key_count: int
    stance_share: float
    reach_ahead: float
    reach_behind: float
    lift: Keys
    pitch: Keys
    toe_bend: Keys
    bob: float
    sway: float
    narrow: float
    hip_yaw: float
    hip_roll: float
    shoulder_yaw: float
    lean: float
    arm_swing: float
    arm_back: float
    elbow: float
    elbow_swing: float
    arm_twist: float

    @property
    def ground_speed(self) -> float:
        """Leg lengths per second that the ground passes under the feet."""
        travelled = self.reach_ahead + self.reach_behind
        return travelled / (self.stance_share * self.duration_s)

    def shortened(self, share: float) -> "Gait":
        """Return the same gait with smaller steps."""
        ahead, behind = share * self.reach_ahead, share * self.reach_behind
        return replace(self, reach_ahead=ahead, reach_behind=behind)

    def foot_way(self, phase: Floats) -> Floats:
        """Way along Z of the flat foot from its rest place, in leg lengths."""
        stance = self.stance_share
        speed = -(self.reach_ahead + self.reach_behind) / stance
        swing = CubicHermiteSpline(
            [stance, 1.0], [-self.reach_behind, self.reach_ahead], [speed, speed]
        )
        way = np.where(phase < stance, self.reach_ahead + speed * phase, swing(phase))
        return np.asarray(way, np.float64)

    def foot_lift(self, phase: Floats) -> Floats:
        """Height of the foot's lowest point, in leg lengths, never below 0."""
        return np.maximum(_periodic(self.lift, phase), 0.0)

    def foot_pitch(self, phase: Floats) -> Floats:
        """Pitch of the foot in radians, toes down positive."""
        return np.radians(_periodic(self.pitch, phase))

    def toes_level(self, phase: Floats) -> Floats:
        """How much of a raised heel the toes do not follow, 0..1."""
        return np.clip(_periodic(self.toe_bend, phase), 0.0, 1.0)


def _periodic(keys: Keys, phase: Floats) -> Floats:
    """Smooth curve through (phase, value) keys without overshoot, of period 1."""
    table = np.array(keys, float)
    cycle = np.array([1.0, 0.0])
    wrapped = np.concatenate([table - cycle, table, table + cycle])
    curve = PchipInterpolator(wrapped[:, 0], wrapped[:, 1])
    return np.asarray(curve(phase), np.float64)


WALK = Gait(
    name="walking",
    duration_s=1.07,
    key_count=32,
    stance_share=0.62,
    reach_ahead=0.34,
    reach_behind=0.45,
    lift=((0.0, 0.0), (0.31, 0.0), (0.62, 0.0), (0.70, 0.030), (0.80, 0.040), (0.92, 0.030)),
    pitch=(
        (0.0, -17.0), (0.09, 0.0), (0.24, 0.0), (0.36, 8.0), (0.50, 25.0), (0.62, 48.0),
        (0.68, 50.0), (0.80, 8.0), (0.90, -14.0),
    ),
    toe_bend=((0.0, 1.0), (0.62, 1.0), (0.76, 0.2), (0.95, 1.0)),
    bob=0.015,
    sway=0.020,
    narrow=0.72,
    hip_yaw=6.0,
    hip_roll=3.0,
    shoulder_yaw=6.0,
    lean=2.5,
    arm_swing=20.0,
    arm_back=2.0,
    elbow=15.0,
    elbow_swing=9.0,
    arm_twist=12.0,
)  # fmt: skip

RUN = Gait(
    name="running",
    duration_s=0.68,
    key_count=24,
    stance_share=0.36,
    reach_ahead=0.30,
    reach_behind=0.50,
    lift=(
        (0.0, 0.0), (0.18, 0.0), (0.36, 0.0), (0.46, 0.20), (0.60, 0.36), (0.76, 0.26),
        (0.90, 0.10),
    ),
    pitch=(
        (0.0, -7.0), (0.07, 0.0), (0.16, 0.0), (0.26, 20.0), (0.36, 52.0), (0.48, 82.0),
        (0.60, 74.0), (0.76, 22.0), (0.90, -8.0),
    ),
    toe_bend=((0.0, 1.0), (0.36, 1.0), (0.48, 0.2), (0.92, 1.0)),
    bob=-0.045,
    sway=0.010,
    narrow=0.50,
    hip_yaw=9.0,
    hip_roll=3.0,
    shoulder_yaw=12.0,
    lean=11.0,
    arm_swing=40.0,
    arm_back=8.0,
    elbow=84.0,
    elbow_swing=12.0,
    arm_twist=24.0,
)  # fmt: skip
