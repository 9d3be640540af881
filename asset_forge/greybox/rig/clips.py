"""Walking and running on the spot, as keys for every joint.

Feet follow the path of their gait and the legs are solved to reach them, so a standing foot moves
with the ground and neither slides nor sinks. The first key equals the last: clips loop.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from asset_forge.greybox.mesh import Floats
from asset_forge.greybox.rig.gait import Gait
from asset_forge.greybox.rig.skeleton import JOINTS, SIDES, Skeleton

# Legs stay bent a little, so that knees do not snap straight.
STRAIGHTEST = 0.994


@dataclass(frozen=True, eq=False)
class Clip:
    """Keys of one clip.

    times_s: (K,) from 0. rotations: joint → (K, 4) quaternions x y z w, local. hips: (K, 3)
    translation of the Hips in metres. ground_speed_m_s: what the ground does under the feet.
    """

    name: str
    times_s: Floats
    rotations: dict[str, Floats]
    hips: Floats
    ground_speed_m_s: float


def make_clip(gait: Gait, skeleton: Skeleton) -> Clip:
    """Animate a skeleton in its bind pose, facing +Z, feet on y = 0, by a gait."""
    return _Animator(gait, skeleton).clip()


class _Animator:
    def __init__(self, gait: Gait, skeleton: Skeleton) -> None:
        self.gait = gait
        self.skeleton = skeleton
        self.phase = np.arange(gait.key_count) / gait.key_count
        self.local: dict[str, Rotation] = {}
        leg = skeleton.places["LeftUpLeg"] - skeleton.places["LeftFoot"]
        self.leg_length = float(np.linalg.norm(leg))

    def clip(self) -> Clip:
        gait = self.gait
        self._trunk()
        feet = {side: self._foot_targets(side) for side in SIDES}
        hips = self._hips(feet)
        for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
            self._leg(side, hips, *feet[side])
            self._arm(side, sign)
        rotations = {}
        for name in JOINTS:
            turned = self.local.get(name)
            keys = (
                np.tile((0.0, 0.0, 0.0, 1.0), (gait.key_count, 1))
                if turned is None
                else turned.as_quat()
            )
            rotations[name] = _looped(_continuous(keys))
        return Clip(
            name=gait.name,
            times_s=np.linspace(0.0, gait.duration_s, gait.key_count + 1),
            rotations=rotations,
            hips=_looped(hips),
            ground_speed_m_s=gait.ground_speed * self.leg_length,
        )

    def _phase_of(self, side: str) -> Floats:
        return self.phase if side == "Left" else (self.phase + 0.5) % 1.0

    def _wave(self, amplitude: float, shift: float = 0.0) -> Floats:
        return amplitude * np.cos(2 * np.pi * (self.phase - shift))

    def _trunk(self) -> None:
        """Hips turn with the legs, shoulders against them, the head looks ahead."""
        gait = self.gait
        yaw = self._wave(gait.hip_yaw)
        roll = self._wave(gait.hip_roll, gait.stance_share / 2)
        twist = self._wave(gait.shoulder_yaw + gait.hip_yaw)
        lean = np.full_like(yaw, gait.lean)
        self.local["Hips"] = _turn(x=0.4 * lean, y=-yaw, z=roll)
        for name, share in (("Spine", 0.25), ("Spine1", 0.35), ("Spine2", 0.40)):
            self.local[name] = _turn(x=0.6 * share * lean, y=share * twist, z=-share * roll)
        back = -self._wave(gait.shoulder_yaw)
        self.local["Neck"] = _turn(x=-0.35 * lean, y=0.5 * back, z=0 * roll)
        self.local["Head"] = _turn(x=-0.45 * lean, y=0.5 * back, z=0 * roll)

    def _foot_targets(self, side: str) -> tuple[Floats, Floats, Floats]:
        """Where the ankle is (K, 3), and the pitch of foot and toes (K,) in radians."""
        gait, places = self.gait, self.skeleton.places
        phase = self._phase_of(side)
        pitch = gait.foot_pitch(phase)
        toes = pitch * (1 - gait.toes_level(phase))
        toes = np.where(pitch > 0, toes, pitch)
        ankle, ball, heel = (places[side + name] for name in ("Foot", "ToeBase", "Heel"))
        toe_length = float(places[side + "ToeTip"][2] - ball[2])
        # The foot rolls over its heel when the toes are up, over its ball when the heel is up.
        pivot = np.where((pitch > 0)[:, None], ball, heel)
        place = pivot + Rotation.from_rotvec(np.outer(pitch, (1.0, 0.0, 0.0))).apply(ankle - pivot)
        place[:, 1] += gait.foot_lift(phase) * self.leg_length
        place[:, 1] += toe_length * np.sin(np.maximum(toes, 0.0))
        place[:, 2] += gait.foot_way(phase) * self.leg_length
        middle = places["Hips"][0]
        place[:, 0] = middle + (place[:, 0] - middle) * gait.narrow
        return place, pitch, toes

    def _hips(self, feet: dict[str, tuple[Floats, Floats, Floats]]) -> Floats:
        """Return the place of the Hips (K, 3): as high as standing legs reach, swaying, bobbing."""
        gait, places = self.gait, self.skeleton.places
        rest = places["Hips"]
        hips = np.tile(rest, (len(self.phase), 1))
        middle_stance = gait.stance_share / 2
        hips[:, 0] += self._wave(gait.sway * self.leg_length, middle_stance)
        bob = np.cos(4 * np.pi * (self.phase - middle_stance)) * gait.bob * self.leg_length
        room = [np.full(len(self.phase), rest[1] - 0.005 * self.leg_length) - bob]
        for side in SIDES:
            # From shortly before a foot lands until shortly after it leaves the leg must reach.
            phase = self._phase_of(side)
            standing = (phase < gait.stance_share + 0.02) | (phase > 0.97)
            joint = self.local["Hips"].apply(places[side + "UpLeg"] - rest)
            thigh, shank = self._leg_bones(side)
            reach = STRAIGHTEST * (np.linalg.norm(thigh) + np.linalg.norm(shank))
            flat = feet[side][0] - (hips + joint)
            high = np.sqrt(np.maximum(reach**2 - flat[:, 0] ** 2 - flat[:, 2] ** 2, 0.0))
            limit = feet[side][0][:, 1] + high - joint[:, 1]
            room.append(np.where(standing, limit - bob, np.inf))
        hips[:, 1] = np.min(room) + bob
        return hips

    def _leg_bones(self, side: str) -> tuple[Floats, Floats]:
        places = self.skeleton.places
        hip, knee, ankle = (places[side + name] for name in ("UpLeg", "Leg", "Foot"))
        return knee - hip, ankle - knee

    def _leg(self, side: str, hips: Floats, ankle: Floats, pitch: Floats, toes: Floats) -> None:
        """Bend knee and hip so that the ankle is reached, and turn the foot as asked."""
        places = self.skeleton.places
        pelvis = self.local["Hips"]
        joint = hips + pelvis.apply(places[side + "UpLeg"] - places["Hips"])
        target = pelvis.inv().apply(ankle - joint)
        thigh, shank = self._leg_bones(side)
        longest = 0.9995 * (np.linalg.norm(thigh) + np.linalg.norm(shank))
        far = np.minimum(np.linalg.norm(target, axis=1), longest)
        # |thigh + turned shank| = far, where the knee is a hinge about x.
        along = thigh[1] * shank[1] + thigh[2] * shank[2]
        across = thigh[2] * shank[1] - thigh[1] * shank[2]
        wanted = (far**2 - thigh @ thigh - shank @ shank) / 2 - thigh[0] * shank[0]
        size = np.hypot(along, across)
        bend = np.arctan2(across, along) + np.arccos(np.clip(wanted / size, -1.0, 1.0))
        knee = Rotation.from_rotvec(np.outer(bend, (1.0, 0.0, 0.0)))
        hip = _aim(thigh + knee.apply(shank), target)
        self.local[side + "UpLeg"] = hip
        self.local[side + "Leg"] = knee
        shin = pelvis * hip * knee
        foot = Rotation.from_rotvec(np.outer(pitch, (1.0, 0.0, 0.0)))
        self.local[side + "Foot"] = shin.inv() * foot
        self.local[side + "ToeBase"] = Rotation.from_rotvec(np.outer(toes - pitch, (1.0, 0.0, 0.0)))

    def _arm(self, side: str, sign: float) -> None:
        """Arms hang down and swing against the legs."""
        gait = self.gait
        phase = self._phase_of(side)
        # Arms lag a little behind the legs.
        swing = np.cos(2 * np.pi * (phase - 0.02))
        down = np.full_like(swing, self._hanging_deg(side))
        back = gait.arm_back + gait.arm_swing * swing
        twist = np.full_like(swing, gait.arm_twist)
        self.local[side + "Shoulder"] = _turn(
            x=0 * swing, y=sign * 4 * swing, z=0 * swing - sign * 6
        )
        hang = _turn(x=0 * swing, y=0 * swing, z=-sign * (down - 6))
        self.local[side + "Arm"] = (
            _turn(x=back, y=0 * swing, z=0 * swing)
            * hang
            * _turn(x=twist, y=0 * swing, z=0 * swing)
        )
        bend = gait.elbow - gait.elbow_swing * swing
        self.local[side + "ForeArm"] = _turn(x=0 * swing, y=-sign * bend, z=0 * swing)
        self.local[side + "Hand"] = _turn(x=0 * swing, y=0 * swing, z=0 * swing - sign * 6)

    def _hanging_deg(self, side: str) -> float:
        """How far a level arm goes down before the hand would touch the hip."""
        places = self.skeleton.places
        shoulder, wrist = places[side + "Arm"], places[side + "Hand"]
        length = float(np.linalg.norm(wrist - shoulder))
        hip = abs(float(places[side + "UpLeg"][0] - places["Hips"][0]))
        clear = 2.0 * hip + 0.055 * self.skeleton.height_m
        gap = clear - abs(float(shoulder[0] - places["Hips"][0]))
        return float(np.clip(np.degrees(np.arccos(np.clip(gap / length, -1, 1))), 52.0, 76.0))


def _turn(*, x: Floats, y: Floats, z: Floats) -> Rotation:
    """Rotations about the fixed axes x, then z, then y, from degrees (K,)."""
    return Rotation.from_euler("xzy", np.stack([x, z, y], axis=1), degrees=True)


def _aim(start: Floats, end: Floats) -> Rotation:
    """Shortest turns that bring the directions `start` (K, 3) onto `end` (K, 3)."""
    a = start / np.linalg.norm(start, axis=1, keepdims=True)
    b = end / np.maximum(np.linalg.norm(end, axis=1, keepdims=True), 1e-12)
    # Legs never point straight up, so the half-way direction exists.
    quaternion = np.column_stack([np.cross(a, b), 1.0 + np.einsum("ij,ij->i", a, b)])
    return Rotation.from_quat(quaternion)


def _continuous(quaternions: Floats) -> Floats:
    """Flip signs so that neighbouring keys lie on the same half, as blending expects."""
    keys = quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True)
    flips = np.where(np.einsum("ij,ij->i", keys[1:], keys[:-1]) < 0, -1.0, 1.0)
    return np.asarray(keys * np.concatenate([[1.0], np.cumprod(flips)])[:, None], np.float64)


def _looped(keys: Floats) -> Floats:
    """Append the first key at the end."""
    return np.concatenate([keys, keys[:1]])
