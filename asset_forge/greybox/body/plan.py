"""Proportions of a body, in body heights, and the joints that follow from them.

Which words ask for which proportions is decided in `shapes.humanoid`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class BodyPlan:
    """Proportions of a standing figure of height 1, feet on y = 0, facing +Z, arms along X.

    head: chin to crown. crotch_y: leg length. shoulder_x: mid-line to shoulder joint. arm:
    shoulder joint to wrist. The rest are factors around 1, or amounts from 0 (none) to 1.
    bones: bare bones instead of flesh.
    """

    height_m: float = 1.8
    head: float = 0.148
    neck: float = 0.05
    crotch_y: float = 0.475
    shoulder_x: float = 0.110
    arm: float = 0.285
    hand: float = 1.0
    foot: float = 1.0
    stance_x: float = 0.078
    limb_girth: float = 1.0
    leg_girth: float = 1.0
    neck_girth: float = 1.0
    chest: float = 1.0
    waist: float = 1.0
    hips: float = 0.96
    depth: float = 1.0
    belly: float = 0.0
    bust: float = 0.0
    jaw: float = 1.0
    cheek: float = 0.0
    nose: float = 1.0
    brow: float = 1.0
    eye: float = 1.0
    pointed_ears: float = 0.0
    tusks: bool = False
    bones: bool = False

    @property
    def chin_y(self) -> float:
        return 1.0 - self.head

    @property
    def shoulder_y(self) -> float:
        """Height of the arm's axis."""
        return self.chin_y - self.neck

    @property
    def torso(self) -> float:
        """Crotch to the arm's axis."""
        return self.shoulder_y - self.crotch_y

    @property
    def hip_x(self) -> float:
        return 0.061 * self.hips

    @property
    def hip_y(self) -> float:
        return self.crotch_y + 0.02

    @property
    def knee_y(self) -> float:
        return 0.045 + 0.54 * (self.crotch_y - 0.045)

    @property
    def elbow_x(self) -> float:
        return self.shoulder_x + 0.51 * self.arm

    @property
    def wrist_x(self) -> float:
        return self.shoulder_x + self.arm

    def torso_y(self, share: float) -> float:
        """Height at a share of the way from the crotch (0) to the arm's axis (1)."""
        return self.crotch_y + share * self.torso

    def leg_x(self, y: float) -> float:
        """Mid-line of the leg at a height: from the hip joint out to the stance."""
        share = min(max((self.hip_y - y) / (self.hip_y - 0.05), 0.0), 1.0)
        return self.hip_x + share * (self.stance_x - self.hip_x)
