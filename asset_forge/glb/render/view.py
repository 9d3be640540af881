"""Where the camera stands and how much it sees.

Angles: yaw 0 puts the camera on +Z, in front of a model that faces +Z as glTF models do; the yaw
grows counter-clockwise seen from above, so at 90 degrees the camera stands on +X and sees the
model's left side. A positive pitch looks down on the model.
"""

import math
from dataclasses import dataclass

import numpy as np

from asset_forge.glb.render.arrays import Doubles, Floats, column

# Room around the model, as a share of the picture's half.
MARGIN = 0.04
# A point or a line still needs a picture that is not endlessly magnified.
SMALLEST_HALF_EXTENT_M = 1e-9


@dataclass(frozen=True)
class View:
    """A camera that looks at the model from `yaw_deg` and `pitch_deg`.

    fov_deg: the opening angle for a perspective picture, 0 for a parallel one, in which things
    keep their size however far they are.
    """

    yaw_deg: float = 0.0
    pitch_deg: float = 12.0
    fov_deg: float = 0.0


@dataclass(frozen=True)
class Fit:
    """The point in the middle of the picture and the metres from there to its edge."""

    centre: tuple[float, float, float]
    half_extent_m: float


@dataclass(frozen=True, eq=False)
class Axes:
    """Camera and stage directions of a view in world space, each a unit vector (3,).

    The camera's right, up and back (towards the eye); the stage has the same right, the world's
    up, and a front that points horizontally towards the camera. Light stands on the stage, so it
    turns with the camera and never lights from below.
    """

    right: Doubles
    up: Doubles
    back: Doubles
    front: Doubles

    @property
    def stage(self) -> Doubles:
        """Matrix (3, 3) from world to stage directions, as rows."""
        return np.stack([self.right, np.array([0.0, 1.0, 0.0]), self.front])


@dataclass(frozen=True, eq=False)
class Projected:
    """Vertices on the picture: x and y in pixels (y down), depth 0 (near) … 1, all (V,) float32.

    depth_range: what depth 0 and 1 stand for, in halves of the picture. inverse_distance is None
    for a parallel view; it makes interpolation right in perspective.
    """

    x: Floats
    y: Floats
    depth: Floats
    depth_range: tuple[float, float]
    inverse_distance: Floats | None

    def distances(self, depths: Floats) -> Floats:
        """Turn depths into distances from a plane before the model, in halves of the picture."""
        nearest, farthest = self.depth_range
        order = depths * np.float32(farthest - nearest) + np.float32(nearest)
        return order if self.inverse_distance is None else np.float32(-1) / order


def view_axes(view: View) -> Axes:
    """Directions of a view."""
    yaw, pitch = math.radians(view.yaw_deg), math.radians(view.pitch_deg)
    right = np.array([math.cos(yaw), 0.0, -math.sin(yaw)])
    front = np.array([math.sin(yaw), 0.0, math.cos(yaw)])
    back = np.array(
        [front[0] * math.cos(pitch), math.sin(pitch), front[2] * math.cos(pitch)],
    )
    return Axes(right, np.cross(back, right), back, front)


def turntable_fit(points: Floats, pitch_deg: float) -> Fit:
    """Frame `points` (3, N) so that they fill the picture, alike for every yaw of a parallel view.

    The model turns about the vertical axis through the middle of its box.
    """
    x, y, z = points.astype(np.float64)
    middle = [(float(axis.min()) + float(axis.max())) / 2 for axis in (x, y, z)]
    pitch = math.radians(pitch_deg)
    reach = np.hypot(x - middle[0], z - middle[2])
    height = (y - middle[1]) * math.cos(pitch)
    sway = reach * abs(math.sin(pitch))
    top, bottom = float((height + sway).max()), float((height - sway).min())
    half = max(float(reach.max()), (top - bottom) / 2, SMALLEST_HALF_EXTENT_M)
    # Raising the target by a height moves the picture by its cosine.
    lift = (top + bottom) / 2 / max(math.cos(pitch), 1e-3)
    return Fit((middle[0], middle[1] + lift, middle[2]), half * (1 + MARGIN))


def single_fit(points: Floats, view: View, margin: float = MARGIN) -> Fit:
    """Frame `points` (3, N) tightly for one view, whatever its projection."""
    axes = view_axes(view)
    low, high = points.min(axis=1).astype(np.float64), points.max(axis=1).astype(np.float64)
    centre = (low + high) / 2
    half = max(float(np.linalg.norm(high - low)) / 2, SMALLEST_HALF_EXTENT_M)
    # Perspective moves things when the middle moves: a few rounds settle it.
    for _ in range(4):
        fit = Fit((centre[0], centre[1], centre[2]), half)
        placed = project(points, view, fit, size_px=2)
        left, right = float(placed.x.min()) - 1, float(placed.x.max()) - 1
        top, bottom = 1 - float(placed.y.min()), 1 - float(placed.y.max())
        centre = centre + half * (axes.right * (left + right) / 2 + axes.up * (top + bottom) / 2)
        half = max(half * max(right - left, top - bottom) / 2, SMALLEST_HALF_EXTENT_M)
    return Fit((float(centre[0]), float(centre[1]), float(centre[2])), half * (1 + margin))


def project(points: Floats, view: View, fit: Fit, size_px: int) -> Projected:
    """Put vertices (3, V) onto a square picture of `size_px`."""
    axes = view_axes(view)
    camera = np.stack([axes.right, axes.up, axes.back]).astype(np.float32)
    across, up, towards = camera @ (points - column(fit.centre)) / np.float32(fit.half_extent_m)
    inverse: Floats | None = None
    order = -towards
    if view.fov_deg > 0:
        distance = np.float32(1 / math.tan(math.radians(view.fov_deg) / 2))
        # Never behind the eye, even when a caller's fit is smaller than the model.
        inverse = 1 / np.maximum(distance - towards, np.float32(0.05))
        across, up = across * (distance * inverse), up * (distance * inverse)
        order = -inverse
    nearest, farthest = float(order.min()), float(order.max())
    span = max(farthest - nearest, 1e-12)
    half = np.float32(size_px / 2)
    return Projected(
        x=half + across * half,
        y=half - up * half,
        depth=(order - np.float32(nearest)) / np.float32(span),
        depth_range=(nearest, nearest + span),
        inverse_distance=inverse,
    )
