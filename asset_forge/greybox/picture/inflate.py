"""From a silhouette to a closed surface: a relief on a grid, marching cubes, fewer triangles.

How deep a place is, is `relief`'s business; what it looks like, `project`'s.
"""

from dataclasses import dataclass

import fast_simplification
import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage
from scipy.sparse import coo_matrix
from skimage.measure import marching_cubes

from asset_forge.errors import Refused
from asset_forge.greybox.picture.kinds import LONG_FORMS, PictureKind
from asset_forge.greybox.picture.relief import Relief, make_relief

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MARGIN_PX = 4
_GRID_PX = 384
_LONG_GRID_PX = 420
_SMALLEST_GRID_PX = 256
_MAX_FIGURE_CELLS = 42_000
"""Broad figures have no thin parts that would need a finer grid, but would take seconds on one."""
_MAX_VOXELS = 12_000_000


@dataclass(frozen=True, eq=False)
class Surface:
    """A closed triangle mesh over the cut picture.

    positions: (V, 3) float64 in pixels of the cut picture: x to the right and y up from its lower
    left corner, z towards the viewer, 0 in the picture's plane. triangles: (T, 3) int64,
    counter-clockwise seen from outside. neck: share of the height at which a biped's head begins.
    """

    positions: Floats
    triangles: Ints
    neck: float | None = None


def inflate(coverage: npt.NDArray[np.float32], kind: PictureKind, *, face_budget: int) -> Surface:
    """Give the figure depth. coverage: (H, W) float32 of the cut picture, figure upright.

    Raises Refused when nothing closed comes out of it.
    """
    relief, step = _fitting_relief(coverage, kind)
    points, faces = _march(relief, step)
    # Rounding the grid to whole pixels makes its two scales differ a little.
    height, width = (edge - 2 * _MARGIN_PX for edge in relief.half_sq.shape)
    down, right = coverage.shape[0] / height, coverage.shape[1] / width
    x = (points[:, 1] + 0.5 - _MARGIN_PX) * right
    y = coverage.shape[0] - (points[:, 0] + 0.5 - _MARGIN_PX) * down
    positions = np.stack([x, y, points[:, 2] * max(down, right)], axis=1)
    triangles = faces
    if len(triangles) > face_budget:
        positions, triangles = _simplify(positions, triangles, face_budget)
    if not len(triangles) or not is_closed(triangles):
        raise Refused("The figure in the picture gives no closed shape; try a simpler picture.")
    if _signed_volume(positions, triangles) < 0:
        triangles = triangles[:, ::-1].copy()
    return Surface(positions, triangles, relief.neck)


def is_closed(triangles: Ints) -> bool:
    """Whether every edge has one partner running the other way."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    count = int(triangles.max()) + 1
    there = np.sort(edges[:, 0] * count + edges[:, 1])
    back = np.sort(edges[:, 1] * count + edges[:, 0])
    return bool(np.array_equal(there, back) and (edges[:, 0] != edges[:, 1]).all())


def _fitting_relief(coverage: npt.NDArray[np.float32], kind: PictureKind) -> tuple[Relief, float]:
    """Return a relief whose voxels fit the budget, and the step in z in grid pixels."""
    grid_px = _LONG_GRID_PX if kind.form in LONG_FORMS else _GRID_PX
    cells = float((coverage > 0.5).mean()) * grid_px**2 * min(coverage.shape) / max(coverage.shape)
    grid_px = int(grid_px * min(1.0, (_MAX_FIGURE_CELLS / cells) ** 0.5))
    grid_px = max(grid_px, _SMALLEST_GRID_PX)
    while True:
        scale = grid_px / max(coverage.shape)
        relief = make_relief(_distance(coverage, scale), kind)
        half = float(np.sqrt(max(relief.half_sq.max(), 1.0)))
        step = float(np.clip(half / 20, 0.6, 2.5))
        deep = 2 * half + float(np.ptp(relief.middle))
        voxels = relief.half_sq.size * deep / step
        if voxels <= _MAX_VOXELS or grid_px <= _SMALLEST_GRID_PX:
            return relief, step
        grid_px = max(_SMALLEST_GRID_PX, int(grid_px * 0.8))


def _distance(coverage: npt.NDArray[np.float32], scale: float) -> Floats:
    """Distance to the outline in grid pixels, measured on a grid twice as fine and then halved."""
    height, width = (max(8, round(edge * scale)) for edge in coverage.shape)
    fine = np.asarray(
        Image.fromarray(coverage).resize((2 * width, 2 * height), Image.Resampling.BICUBIC)
    )
    fine = np.pad(fine, 2 * _MARGIN_PX)
    inside = ndimage.gaussian_filter(fine, 1.5) > 0.5
    distance = ndimage.distance_transform_edt(inside) - ndimage.distance_transform_edt(~inside)
    distance = ndimage.gaussian_filter(distance - np.sign(distance) * 0.5, 1.0)
    halves = distance.reshape(height + 2 * _MARGIN_PX, 2, width + 2 * _MARGIN_PX, 2)
    return np.asarray(halves.mean(axis=(1, 3)) / 2, dtype=np.float64)


def _march(relief: Relief, step: float) -> tuple[Floats, Ints]:
    """Return points (V, 3) as row, column, z in grid pixels, and triangles."""
    reach = np.sqrt(np.maximum(relief.half_sq, 0))
    inside = relief.half_sq > 0
    if not inside.any():
        raise Refused("The figure in the picture is too small to make a shape of.")
    low = float((relief.middle - reach)[inside].min()) - 2 * step
    high = float((relief.middle + reach)[inside].max()) + 2 * step
    layers = np.arange(low, high + step, step, dtype=np.float32)
    offset = layers[None, None, :] - relief.middle[..., None].astype(np.float32)
    field = relief.half_sq[..., None].astype(np.float32) - offset * offset
    points, faces, _, _ = marching_cubes(field, 0.0)
    points = points.astype(np.float64)
    points[:, 2] = low + points[:, 2] * step
    return _relaxed(points, faces), faces.astype(np.int64)


def _simplify(positions: Floats, triangles: Ints, face_budget: int) -> tuple[Floats, Ints]:
    """Take triangles away until the budget is kept, if that can be done without opening the mesh.

    Long shafts are pressed together for the while: the simplifier refuses needle-shaped triangles,
    which are just what a straight shaft needs.
    """
    extent = np.ptp(positions, axis=0)
    press = np.ones(3)
    if extent[1] > 3 * extent[0]:
        press[1] = 0.33
    points = (positions * press).astype(np.float32)
    faces = triangles.astype(np.int32)
    for aggressiveness in (7, 7, 9, 12):
        points, faces = fast_simplification.simplify(
            points, faces, target_count=face_budget, agg=aggressiveness
        )
        if len(faces) <= face_budget:
            break
    used, renumbered = np.unique(faces, return_inverse=True)
    return (
        np.asarray(points, dtype=np.float64)[used] / press,
        renumbered.reshape(-1, 3).astype(np.int64),
    )


def _relaxed(points: Floats, faces: Ints) -> Floats:
    """Even out the slivers that marching cubes leaves, without shrinking (Taubin, 1995)."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    shape = (len(points), len(points))
    links = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=shape).tocsr()
    degree = np.bincount(edges[:, 0], minlength=len(points))[:, None]
    for _ in range(3):
        for share in (0.5, -0.53):
            points = points + share * (np.asarray(links @ points) / degree - points)
    return points


def _signed_volume(positions: Floats, triangles: Ints) -> float:
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)
