"""From layers of solids to a triangle mesh of the right half of a body.

The grid is graded: fine where the face and the fingers are, coarse along the limbs. Simplification
sees head and hands enlarged, so that they keep more triangles. Borders at x = 0 stay on x = 0,
hence the mirrored half fits without a seam.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import fast_simplification
import numpy as np
import numpy.typing as npt
from skimage.measure import marching_cubes

from asset_forge.greybox.body.fields import FAR, Array, Layer, smooth_min
from asset_forge.greybox.body.plan import BodyPlan

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Axes = tuple[Array, Array, Array]

# Grid steps in body heights (of 1.8 m: 11 mm, 5.4 mm, 4.7 mm).
COARSE, FINE, FINEST = 0.0060, 0.0028, 0.0022
# How much larger head and hands seem to the simplification.
HEAD_ZOOM, HAND_ZOOM = 1.8, 1.5
# Steepness of the simplification's error threshold.
SIMPLIFY_AGGRESSION = 5
REPAIRS = 4


def body_axes(plan: BodyPlan, layers: Sequence[Layer]) -> Axes:
    """Make a graded grid around the layers for x >= 0, in body heights, float32."""
    boxes = np.array([layer.box for layer in layers])
    low = boxes[:, 0].min(axis=0) - 2 * COARSE
    high = boxes[:, 1].max(axis=0) + 2 * COARSE
    # Bare bones are thinner than the coarse steps.
    head_x = plan.stance_x + 0.045 if plan.bones else 0.46 * plan.head
    arm = 0.032 * plan.limb_girth
    x_axis = graded_axis(
        0.0, [(head_x, FINE), (plan.wrist_x - 0.01, COARSE), (float(high[0]), FINEST)]
    )
    y_axis = graded_axis(
        min(float(low[1]), -2 * COARSE),
        [
            (0.06, 0.0045),
            (plan.shoulder_y - arm, 0.0045 if plan.bones else COARSE),
            (plan.shoulder_y + arm, FINE),
            (plan.chin_y - 0.01, 0.0045),
            (float(high[1]), FINE),
        ],
    )
    z_axis = graded_axis(
        float(low[2]), [(-0.055, COARSE), (-0.03, 0.0036), (0.05, 0.0026), (float(high[2]), 0.0030)]
    )
    return x_axis, y_axis, z_axis


def graded_axis(start: float, spans: Sequence[tuple[float, float]]) -> Array:
    """Points from `start` through each (end, step), float32, strictly rising."""
    points = [np.array([start])]
    for end, step in spans:
        if end - start > step / 2:
            count = max(round((end - start) / step), 1)
            points.append(np.linspace(start, end, count + 1)[1:])
            start = end
    return np.concatenate(points).astype(np.float32)


def sample_union(layers: Sequence[Layer], axes: Axes) -> Array:
    """Distance of the union of all layers on the grid, joined by each layer's fillet."""
    total = np.full(tuple(len(axis) for axis in axes), FAR, np.float32)
    for layer in layers:
        window, values = layer.sample(axes)
        total[window] = smooth_min(total[window], values, layer.join)
    return total


@dataclass(frozen=True, eq=False)
class DenseHalf:
    """The half body x >= 0 at the fineness of the grid.

    positions: (V, 3) float64, body heights, head and hands enlarged by `lens`.
    """

    positions: Floats
    triangles: npt.NDArray[np.int32]
    lens: "Lens"

    def simplified(self, triangle_count: int) -> tuple[Floats, Ints]:
        """Positions (V, 3) in body heights and triangles (T, 3), outward, open at x = 0 only."""
        points, faces = self.positions, self.triangles
        if len(faces) > triangle_count:
            points, simpler = fast_simplification.simplify(
                points.astype(np.float32),
                faces,
                target_count=triangle_count,
                agg=SIMPLIFY_AGGRESSION,
            )
            faces = _without_pinches(points, simpler)
        positions = self.lens.shrink(np.asarray(points, np.float64))
        # What lay on the border of the grid lies on the mid-line exactly.
        positions[positions[:, 0] < 1e-7, 0] = 0.0
        return positions, np.asarray(faces, np.int64)


def _without_pinches(
    points: npt.NDArray[np.floating], faces: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """Collapse every edge that has more than two faces, and drop pairs that lie back to back.

    Simplification now and then folds a nostril, or the groove between two fingers, into such an
    edge. A vertex on the mid-line stays where it is.
    """
    for _ in range(REPAIRS):
        edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64), axis=1)
        unique, uses = np.unique(edges, axis=0, return_counts=True)
        pinched = unique[uses > 2]
        if not len(pinched):
            break
        into = np.arange(len(points), dtype=np.int32)
        for a, b in pinched:
            kept, gone = (a, b) if points[a, 0] <= points[b, 0] else (b, a)
            into[into == gone] = into[kept]
        faces = into[faces]
        a, b, c = faces.T
        faces = faces[(a != b) & (b != c) & (c != a)]
        corners = np.sort(faces, axis=1)
        _, place, count = np.unique(corners, axis=0, return_inverse=True, return_counts=True)
        faces = faces[count[place.reshape(-1)] == 1]
    return faces


def march_half(layers: Sequence[Layer], plan: BodyPlan) -> DenseHalf:
    """Mesh the union of the layers for x >= 0 at the full fineness of the grid."""
    axes = body_axes(plan, layers)
    volume = sample_union(layers, axes)
    grid, faces, _, _ = marching_cubes(volume, 0.0, gradient_direction="descent")
    # A surface through a grid point gives it several vertices at one place.
    _, first, welded = np.unique(np.round(grid, 4), axis=0, return_index=True, return_inverse=True)
    faces = welded.reshape(-1)[faces]
    a, b, c = faces.T
    faces = faces[(a != b) & (b != c) & (c != a)]
    lens = Lens(plan)
    positions = lens.enlarge(grid_to_body(np.asarray(grid[first], np.float64), axes))
    return DenseHalf(positions, faces.astype(np.int32), lens)


class Lens:
    """Enlarges head and hands without tearing anything, and back."""

    def __init__(self, plan: BodyPlan) -> None:
        chin, wrist = plan.chin_y, plan.wrist_x
        self._arm_y = plan.shoulder_y
        # Raised shoulders can reach above the chin of a stout figure; they are no head.
        start = max(chin - 0.01, plan.shoulder_y + 0.050 * plan.limb_girth)
        self._y = np.array([-1.0, start, start + 0.2 * plan.head, 2.0])
        self._x = np.array([-1.0, wrist - 0.02, wrist + 0.02, 2.0])
        self._head = np.array([1.0, 1.0, HEAD_ZOOM, HEAD_ZOOM])
        self._hand = np.array([1.0, 1.0, HAND_ZOOM, HAND_ZOOM])
        # Distances along the axis grow by the same factor as those across it.
        self._far_y = _integral(self._y, self._head)
        self._far_x = _integral(self._x, self._hand)

    def enlarge(self, points: Floats) -> Floats:
        """Positions (V, 3) as simplification shall see them."""
        x, y, z = points.T
        head = np.interp(y, self._y, self._head)
        hand = np.interp(x, self._x, self._hand)
        big_x = np.interp(x, self._x, self._far_x) * head
        big_y = np.interp(y, self._y, self._far_y) + (y - self._arm_y) * (hand - 1)
        return np.stack([big_x, big_y, z * head * hand], axis=1)

    def shrink(self, points: Floats) -> Floats:
        """Undo `enlarge`, (V, 3): hands lie further out than the enlarged head reaches."""
        big_x, big_y, big_z = points.T
        in_hand = big_x > self._far_x[1]
        y = np.where(in_hand, self._arm_y, np.interp(big_y, self._far_y, self._y))
        head = np.interp(y, self._y, self._head)
        x = np.interp(big_x / head, self._far_x, self._x)
        hand = np.interp(x, self._x, self._hand)
        y = np.where(in_hand, self._arm_y + (big_y - self._arm_y) / hand, y)
        return np.stack([x, y, big_z / (head * hand)], axis=1)


def _integral(places: Floats, factors: Floats) -> Floats:
    steps = np.diff(places) * (factors[1:] + factors[:-1]) / 2
    # The origin stays the origin.
    total: Floats = np.concatenate([[0.0], np.cumsum(steps)]) + places[0]
    return total


def grid_to_body(grid: Floats, axes: Axes) -> Floats:
    """Positions in grid indices (V, 3) as positions in body heights."""
    columns = [
        np.interp(grid[:, k], np.arange(len(axis)), axis.astype(np.float64))
        for k, axis in enumerate(axes)
    ]
    return np.stack(columns, axis=1)


def mirror_half(positions: Floats, triangles: Ints) -> tuple[Floats, Ints, Ints]:
    """Close a half body: (positions, triangles, twin of each vertex on the other side).

    Vertices on x = 0 are shared and are their own twins.
    """
    count = len(positions)
    shared = np.abs(positions[:, 0]) < 1e-9
    twin = np.where(shared, np.arange(count), 0)
    others = np.flatnonzero(~shared)
    twin[others] = count + np.arange(len(others))
    mirrored = positions[others] * (-1.0, 1.0, 1.0)
    both = np.concatenate([positions, mirrored])
    twins = np.concatenate([twin, others])
    return both, np.concatenate([triangles, twin[triangles][:, ::-1]]), twins
