"""Finding the joints of a biped in T-pose from its silhouette, and refusing what is none.

Works on triangles in world space, +Y up. What is measured is said in shares of the height. Every
refusal names what is missing.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from asset_forge.errors import Refused
from asset_forge.greybox.mesh import Floats, Ints
from asset_forge.greybox.rig.skeleton import SIDES, Skeleton

Bools = npt.NDArray[np.bool_]

# Rows of the silhouette over the height of the figure.
ROWS = 400
MAX_SAMPLES = 1_500_000
# A T-pose spans about its height; outside these shares it is another pose or another thing.
SPAN_RANGE = (0.6, 1.3)
MIN_SYMMETRY = 0.72
MAX_ARM_THICKNESS = 0.24
MAX_ARM_SLOPE_DEG = 22.0
HIGHEST_CROTCH = 0.60
ARM_RANGE = (0.50, 0.92)
# A gap that ends below this share of the arms' height ends at a hem; legs begin about there.
LOWEST_CROTCH, USUAL_CROTCH = 0.38, 0.56
# Feet must show so far below a hem, as a share of the height.
MIN_FEET = 0.03


@dataclass(frozen=True, eq=False)
class Landmarks:
    """A skeleton that fits, and how sure that is (0..1).

    hem_y: where a robe, a skirt or a cloak ends that hides the legs, None without one.
    """

    skeleton: Skeleton
    confidence: float
    hem_y: float | None = None


def find_landmarks(positions: Floats, triangles: Ints) -> Landmarks:
    """Find the joints of a T-pose that faces +Z with its arms along X.

    positions: (V, 3) metres, +Y up. Raises Refused with the reason when it is no such figure.
    """
    return _Finder(positions, triangles).find()


def quarter_turns(positions: Floats) -> int:
    """Tell how many quarter turns about +Y bring the arms onto X: 0, or 1 when they lie on Z."""
    span = np.ptp(positions, axis=0)
    return 1 if span[2] > 1.25 * span[0] else 0


def faces_backwards(positions: Floats) -> bool:
    """Tell whether the toes of a figure with its arms along X point to -Z."""
    low = positions.min(axis=0)
    height = max(float(np.ptp(positions[:, 1])), 1e-9)
    y = (positions[:, 1] - low[1]) / height
    feet, shins = positions[y < 0.045], positions[(y > 0.10) & (y < 0.20)]
    if len(feet) < 4 or len(shins) < 4:
        return False
    shin_z = (shins[:, 2].min() + shins[:, 2].max()) / 2
    ahead, behind = feet[:, 2].max() - shin_z, shin_z - feet[:, 2].min()
    return bool(behind > 1.35 * ahead)


class _Finder:
    """One look at one figure."""

    def __init__(self, positions: Floats, triangles: Ints) -> None:
        low, high = positions.min(axis=0), positions.max(axis=0)
        self.height = float(high[1] - low[1])
        if not self.height > 1e-6 or not len(triangles):
            raise Refused("The model cannot be rigged: it is flat or empty.")
        self.low, self.high = low, high
        span = float(high[0] - low[0]) / self.height
        if not SPAN_RANGE[0] <= span <= SPAN_RANGE[1]:
            raise Refused(
                "The model cannot be rigged: a T-pose spans about its own height from hand to hand,"
                f" this model spans {span:.2f} times its height."
            )
        self.span = span
        self.cell = self.height / ROWS
        self.samples = surface_samples(positions, triangles, self.cell)
        self.middle = float(low[0] + high[0]) / 2
        self.outline = self._outline()
        self.mask = np.asarray(ndimage.binary_closing(self.outline, iterations=2))

    def find(self) -> Landmarks:
        symmetry = self._symmetry()
        arm_y, arm_thick = self._arms()
        gap_y = self._leg_gap(arm_y)
        is_skirted = gap_y < LOWEST_CROTCH * arm_y
        # Nothing shows where the legs part under a skirt; builds differ little there.
        crotch_y = USUAL_CROTCH * arm_y if is_skirted else gap_y
        self._two_feet(gap_y)
        self.joints: dict[str, Floats] = {}
        torso_half = self._torso_half(crotch_y, arm_y, arm_thick)
        reach = (self.high[0] - self.middle) - torso_half
        if reach < 0.16 * self.height:
            raise Refused("The model cannot be rigged: no arms stand out beside its body.")
        self._level_arms(torso_half)
        self._spine(crotch_y, arm_y)
        for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
            self._arm(side, sign, torso_half, arm_y)
            self._leg(side, sign, crotch_y)
        thin = 1 - min(arm_thick / (MAX_ARM_THICKNESS * self.height), 1.0)
        confidence = 0.5 * symmetry + 0.25 * (1 - min(abs(self.span - 0.98) / 0.4, 1)) + 0.25 * thin
        hem_y = float(self.low[1]) + gap_y if is_skirted else None
        return Landmarks(Skeleton(self.joints, self.height), round(float(confidence), 3), hem_y)

    # --- the silhouette and what it tells

    def _outline(self) -> Bools:
        """Draw the front view, (ROWS + 2, columns): row 0 at the feet, x = middle half-way."""
        half = int(np.ceil((self.high[0] - self.low[0]) / 2 / self.cell)) + 2
        mask = np.zeros((ROWS + 2, 2 * half + 1), bool)
        rows = ((self.samples[:, 1] - self.low[1]) / self.cell).astype(int)
        columns = np.rint((self.samples[:, 0] - self.middle) / self.cell).astype(int) + half
        mask[np.clip(rows, 0, ROWS), columns] = True
        return np.asarray(ndimage.binary_closing(mask, iterations=1))

    def _symmetry(self) -> float:
        flipped = self.mask[:, ::-1]
        # A cell of tolerance: thin fingers need not meet exactly.
        near = ndimage.binary_dilation(flipped, iterations=2)
        share = float((self.mask & near).sum() / max(self.mask.sum(), 1))
        if share < MIN_SYMMETRY:
            raise Refused(
                "The model cannot be rigged: its left and right halves differ too much for a "
                f"figure in T-pose (only {share:.0%} of the outline matches its mirror image)."
            )
        return share

    def _arms(self) -> tuple[float, float]:
        """Height and thickness of the arms, in metres above the feet."""
        columns = self.mask.shape[1]
        outer = max(int(0.16 * columns), 3)
        heights, thicknesses = [], []
        for part in (self.mask[:, 2 : 2 + outer], self.mask[:, -2 - outer : -2]):
            filled = part.sum(axis=0)
            if not (filled > 0).any():
                raise Refused("The model cannot be rigged: no arms reach to the sides.")
            rows = np.broadcast_to(np.arange(len(part))[:, None], part.shape)[part]
            heights.append(float(np.median(rows)) * self.cell)
            extent = float(np.percentile(rows, 97) - np.percentile(rows, 3)) * self.cell
            thicknesses.append(max(extent, float(np.median(filled[filled > 0])) * self.cell))
        thick = max(thicknesses)
        if thick > MAX_ARM_THICKNESS * self.height:
            raise Refused(
                "The model cannot be rigged: what reaches furthest to the sides is no level arm "
                f"({thick / self.height:.0%} of the height); the arms must be held out in a T-pose."
            )
        if abs(heights[0] - heights[1]) > 0.08 * self.height:
            raise Refused("The model cannot be rigged: its arms are not at the same height.")
        arm_y = sum(heights) / 2
        if not ARM_RANGE[0] <= arm_y / self.height <= ARM_RANGE[1]:
            raise Refused(
                "The model cannot be rigged: its arms are not at shoulder height but at "
                f"{arm_y / self.height:.0%} of it."
            )
        return arm_y, thick

    def _level_arms(self, torso_half: float) -> None:
        """Refuse arms that slope: what is rigged as level would be bent wrongly."""
        centre = self.mask.shape[1] // 2
        root = torso_half / self.cell
        for part in (self.mask[:, centre:], self.mask[:, centre::-1]):
            tip = float(np.flatnonzero(part.any(axis=0)).max())
            inner, outer = (int(root + share * (tip - root)) for share in (0.35, 0.75))
            rows = [np.flatnonzero(part[:, column]) for column in (inner, outer)]
            if not all(map(len, rows)):
                raise Refused("The model cannot be rigged: its arms have gaps.")
            drop = float(rows[0].mean() - rows[1].mean())
            slope_deg = float(np.degrees(np.arctan2(drop, outer - inner)))
            if abs(slope_deg) > MAX_ARM_SLOPE_DEG:
                raise Refused(
                    "The model cannot be rigged: its arms are not level but sloped by "
                    f"{abs(slope_deg):.0f} degrees; they must be held out in a T-pose."
                )

    def _leg_gap(self, arm_y: float) -> float:
        """Where the gap between the legs, or below a hem between the feet, ends, in metres."""
        centre = self.mask.shape[1] // 2
        tolerance = max(int(0.012 * ROWS), 1)
        arm_row = int(arm_y / self.cell)
        thin = self.outline[:arm_row, centre - tolerance : centre + tolerance + 1]
        # Three empty cells above one another are a gap, one may be a hole between samples.
        open_rows = ndimage.binary_opening(~thin, np.ones((3, 1), bool)).any(axis=1)
        empty = np.flatnonzero(open_rows)
        crotch = (empty.max() + 1) * self.cell if len(empty) else 0.0
        if crotch < MIN_FEET * self.height:
            raise Refused(
                "The model cannot be rigged: there is no gap between two legs; robes and skirts "
                "down to the ground hide them."
            )
        if crotch > HIGHEST_CROTCH * self.height:
            raise Refused(
                "The model cannot be rigged: the gap between its legs ends at "
                f"{crotch / self.height:.0%} of its height, where no hips can be."
            )
        gap = ~self.mask[: int(0.8 * crotch / self.cell), centre - tolerance : centre + tolerance]
        if gap.any(axis=1).mean() < 0.5:
            raise Refused("The model cannot be rigged: its two legs are not apart.")
        return float(crotch)

    def _two_feet(self, crotch_y: float) -> None:
        """Two separate feet on the ground, and no more than two legs one behind the other."""
        low = self.samples[self.samples[:, 1] < self.low[1] + 0.05 * self.height]
        left, right = low[low[:, 0] > self.middle], low[low[:, 0] < self.middle]
        if min(len(left), len(right)) < 0.2 * max(len(left), len(right), 1):
            raise Refused("The model cannot be rigged: it does not stand on two feet.")
        band = 0.45 * crotch_y
        shins = np.abs(self.samples[:, 1] - self.low[1] - band) < 0.02 * self.height
        for sign in (1.0, -1.0):
            leg = self.samples[shins & (sign * (self.samples[:, 0] - self.middle) > 0)]
            if len(leg) < 8:
                raise Refused("The model cannot be rigged: a leg is missing.")
            z = np.sort(leg[:, 2])
            if np.diff(z).max() > 0.06 * self.height:
                raise Refused(
                    "The model cannot be rigged: it has legs one behind the other, like an animal "
                    "on four feet; only bipeds can be rigged."
                )

    def _torso_half(self, crotch_y: float, arm_y: float, arm_thick: float) -> float:
        """Half the width of the chest just below the armpits."""
        top = arm_y - 0.75 * arm_thick
        low_row = int((crotch_y + 0.45 * (arm_y - crotch_y)) / self.cell)
        high_row = max(int(top / self.cell), low_row + 3)
        widths = [self._central_run(row) for row in range(low_row, high_row)]
        half = float(np.percentile(widths, 70)) / 2 * self.cell
        return float(np.clip(half, 0.05 * self.height, 0.20 * self.height))

    def _central_run(self, row: int) -> int:
        """Cells of the silhouette in one row that hang together with the mid-line."""
        centre = self.mask.shape[1] // 2
        line = self.mask[row]
        right = np.flatnonzero(~line[centre:])
        left = np.flatnonzero(~line[: centre + 1][::-1])
        return int((right[0] if len(right) else centre) + (left[0] if len(left) else centre))

    # --- joints

    def _put(self, name: str, x: float, y: float, z: float) -> None:
        """Place a joint; y in metres above the feet."""
        self.joints[name] = np.array([x, self.low[1] + y, z])

    def _depth(self, x: float, y: float, radius: float) -> float:
        """Middle of the body in z where one looks at (x, y) from the front."""
        away = np.hypot(self.samples[:, 0] - x, self.samples[:, 1] - self.low[1] - y)
        near = self.samples[away < max(radius * self.height, float(np.partition(away, 20)[20])), 2]
        return float(np.percentile(near, 4) + np.percentile(near, 96)) / 2

    def _spine(self, crotch_y: float, arm_y: float) -> None:
        rows = self.mask.any(axis=1)
        top = float(np.flatnonzero(rows).max()) * self.cell
        # The neck is the narrowest place between the shoulders and the head.
        low_row = int((arm_y + 0.10 * (top - arm_y)) / self.cell)
        high_row = max(int((arm_y + 0.55 * (top - arm_y)) / self.cell), low_row + 2)
        widths = np.array([self._central_run(row) for row in range(low_row, high_row)])
        neck_y = (low_row + int(np.flatnonzero(widths <= widths.min() * 1.05).mean())) * self.cell
        neck_y = max(neck_y, arm_y + 0.04 * self.height)
        hips_y = crotch_y + 0.16 * (arm_y - crotch_y)
        chest_y = arm_y - hips_y
        x = self.middle
        for name, y in (
            ("Hips", hips_y),
            ("Spine", hips_y + 0.22 * chest_y),
            ("Spine1", hips_y + 0.46 * chest_y),
            ("Spine2", hips_y + 0.72 * chest_y),
        ):
            self._put(name, x, y, self._depth(x, y, 0.03))
        neck_base = arm_y + 0.55 * (neck_y - arm_y)
        neck_z = self._depth(x, neck_y, 0.02)
        self._put("Neck", x, neck_base, 0.5 * (neck_z + self.joints["Spine2"][2]))
        head_y = neck_y + 0.12 * (top - neck_y)
        self._put("Head", x, head_y, neck_z)
        self._put("HeadTop", x, top, neck_z)

    def _arm(self, side: str, sign: float, torso_half: float, arm_y: float) -> None:
        """Shoulder, elbow, wrist and fingertip of one side."""
        tip = float((self.high[0] if sign > 0 else self.low[0]) - self.middle) * sign
        root = torso_half * 1.04
        length = tip - root
        out = (self.samples[:, 0] - self.middle) * sign

        def section(share: float) -> Floats:
            x = root + share * length
            near = np.abs(out - x) < 0.012 * self.height
            near &= np.abs(self.samples[:, 1] - self.low[1] - arm_y) < 0.12 * self.height
            part: Floats = self.samples[near]
            return part

        def thickness(share: float) -> float:
            part = section(share)
            return float(np.ptp(part[:, 1])) if len(part) > 3 else np.inf

        shares = np.linspace(0.64, 0.80, 17)
        thick = np.array([thickness(share) for share in shares])
        wrist = 0.735
        # A real wrist is a waist: clearly thinner than the forearm above it.
        if np.isfinite(thick).all() and thick.min() < 0.8 * thickness(0.5):
            thin = shares[thick <= thick.min() * 1.03]
            wrist = float(np.clip(thin.mean(), 0.68, 0.78))
        for name, share in (
            ("Arm", 0.0),
            ("ForeArm", 0.515 * wrist),
            ("Hand", wrist),
            ("HandTip", 0.985),
        ):
            x = self.middle + sign * (root + share * length)
            part = section(max(share, 0.10))
            if len(part) < 4:
                raise Refused(f"The model cannot be rigged: its {side.lower()} arm has a gap.")
            y = float(np.percentile(part[:, 1], 3) + np.percentile(part[:, 1], 97)) / 2
            z = float(np.percentile(part[:, 2], 3) + np.percentile(part[:, 2], 97)) / 2
            self._put(side + name, x, y - self.low[1], z)
        chest = self.joints["Spine2"]
        shoulder = self.joints[side + "Arm"]
        lift = shoulder[1] + 0.012 * self.height - self.low[1]
        self._put(
            side + "Shoulder", self.middle + sign * 0.22 * root, lift, (chest[2] + shoulder[2]) / 2
        )

    def _leg(self, side: str, sign: float, crotch_y: float) -> None:
        """Hip, knee, ankle, ball of the foot and toe tip of one side."""
        ankle_y = 0.052 * self.height
        hip_y = crotch_y + 0.035 * self.height
        knee_y = ankle_y + 0.53 * (hip_y - ankle_y)
        out = (self.samples[:, 0] - self.middle) * sign
        mine = self.samples[out > 0]
        heights = mine[:, 1] - self.low[1]

        def centre(y: float) -> tuple[float, float]:
            near = mine[np.abs(heights - y) < 0.015 * self.height]
            near = near[np.abs(near[:, 0] - self.middle) < 0.26 * self.height]
            if len(near) < 4:
                raise Refused(f"The model cannot be rigged: its {side.lower()} leg has a gap.")
            box = np.percentile(near[:, [0, 2]], (4, 96), axis=0)
            return float(box[:, 0].mean()), float(box[:, 1].mean())

        knee_x, knee_z = centre(knee_y)
        thigh_x, thigh_z = centre(crotch_y - 0.04 * self.height)
        ankle_x, ankle_z = centre(max(ankle_y, 0.075 * self.height))
        self._put(side + "UpLeg", 0.92 * (thigh_x - self.middle) + self.middle, hip_y, thigh_z)
        self._put(side + "Leg", knee_x, knee_y, knee_z)
        foot = mine[heights < 0.05 * self.height]
        foot = foot[np.abs(foot[:, 0] - self.middle) < 0.26 * self.height]
        back, front = np.percentile(foot[:, 2], (1, 99))
        length = front - back
        # Long skirts of armour can pull the shin's middle away from the foot.
        ankle_z = float(np.clip(ankle_z, back + 0.15 * length, back + 0.45 * length))
        foot_x = float(np.percentile(foot[:, 0], (3, 97)).mean())
        self._put(side + "Foot", (ankle_x + foot_x) / 2, ankle_y, ankle_z)
        self._put(side + "ToeBase", foot_x, 0.016 * self.height, back + 0.70 * length)
        self._put(side + "ToeTip", foot_x, 0.012 * self.height, float(front))
        self._put(side + "Heel", foot_x, 0.0, back + 0.08 * length)


def surface_samples(positions: Floats, triangles: Ints, spacing: float) -> Floats:
    """Points spread over the triangles about `spacing` apart, vertices included, (N, 3)."""
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    longest = np.sqrt(
        np.maximum.reduce([((p - q) ** 2).sum(axis=1) for p, q in ((a, b), (b, c), (c, a))])
    )
    steps = np.clip(np.ceil(longest / spacing), 1, 200).astype(int)
    # Coarser for meshes so dense or so large that the points would not fit.
    while ((steps + 1) * (steps + 2) // 2).sum() > MAX_SAMPLES and steps.max() > 1:
        steps = np.maximum(steps // 2, 1)
    found = [positions[np.unique(triangles)]]
    for count in np.unique(steps[steps > 1]):
        rows = steps == count
        u, v = np.meshgrid(np.arange(count + 1), np.arange(count + 1), indexing="ij")
        inside = u + v <= count
        u1, v1 = u[inside] / count, v[inside] / count
        points = (
            a[rows, None] * (1 - u1 - v1)[None, :, None]
            + b[rows, None] * u1[None, :, None]
            + c[rows, None] * v1[None, :, None]
        )
        found.append(points.reshape(-1, 3))
    return np.concatenate(found)
