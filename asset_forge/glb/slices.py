"""A model cut into slices across its length: how wide, thick and heavy each of them is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asset_forge.glb.surface import Surface, Vectors

SLICE_COUNT = 60


@dataclass(frozen=True, eq=False)
class Slices:
    """A weapon cut along `axis`, from its lower end up.

    width, thickness: (60,), extents along the two directions square to the axis. centres: (60, 3).
    weights: (60,), shares of the area. place: (S,), 0 to 1 along the axis, of each sample.
    """

    axis: Vectors
    start: float
    length: float
    place: NDArray[np.float64]
    width: NDArray[np.float64]
    thickness: NDArray[np.float64]
    centres: Vectors
    weights: NDArray[np.float64]

    @property
    def median_width(self) -> float:
        return float(np.median(self.width[self.weights > 0]))

    def flipped(self) -> "Slices":
        """Return the same slices, counted from the other end."""
        return Slices(
            -self.axis,
            -(self.start + self.length),
            self.length,
            1 - self.place,
            self.width[::-1],
            self.thickness[::-1],
            self.centres[::-1],
            self.weights[::-1],
        )


def cut(surface: Surface, axis: Vectors) -> Slices:
    """Cut a surface along a unit vector into slices of the same length."""
    along = surface.samples @ axis
    ends = surface.points @ axis
    start, length = float(ends.min()), float(np.ptp(ends)) or 1.0
    place = np.clip((along - start) / length, 0, 1)
    slice_of = np.minimum((place * SLICE_COUNT).astype(np.int64), SLICE_COUNT - 1)
    counts = np.bincount(slice_of, minlength=SLICE_COUNT)
    wide, flat = wide_and_flat(surface, axis)
    width, middle_wide = _extents(surface.samples @ wide, slice_of, counts)
    thickness, middle_flat = _extents(surface.samples @ flat, slice_of, counts)
    heights = start + (np.arange(SLICE_COUNT) + 0.5) / SLICE_COUNT * length
    centres = np.outer(middle_wide, wide) + np.outer(middle_flat, flat) + np.outer(heights, axis)
    return Slices(
        axis, start, length, place, width, thickness, centres, counts / len(surface.samples)
    )


def heavy_centres(surface: Surface, slices: Slices) -> Vectors:
    """Return the middle of each slice by its area instead of its extent, (60, 3)."""
    slice_of = np.minimum((slices.place * SLICE_COUNT).astype(np.int64), SLICE_COUNT - 1)
    centres = slices.centres.copy()
    for number in np.flatnonzero(slices.weights):
        centres[number] = np.median(surface.samples[slice_of == number], axis=0)
    return centres


def shaft_width(slices: Slices) -> float:
    """Return the usual width of the thinner half of the slices."""
    return float(np.quantile(slices.width[slices.weights > 0], 0.3))


def slice_middles() -> NDArray[np.float64]:
    """Return where the middle of each slice is, 0 to 1 along the axis."""
    return (np.arange(SLICE_COUNT) + 0.5) / SLICE_COUNT


def wide_and_flat(surface: Surface, axis: Vectors) -> tuple[Vectors, Vectors]:
    """Return the wide and the flat direction square to an axis, of either sign."""
    helper = np.eye(3)[int(np.abs(axis).argmin())]
    first = np.cross(axis, helper)
    first /= np.linalg.norm(first)
    second = np.cross(axis, first)
    flat = np.stack([surface.samples @ first, surface.samples @ second], axis=1)
    flat = flat - flat.mean(axis=0)
    directions = np.linalg.eigh(flat.T @ flat)[1]
    thin = directions[0, 0] * first + directions[1, 0] * second
    wide = directions[0, 1] * first + directions[1, 1] * second
    return wide, thin


def extent_along(points: Vectors, direction: Vectors) -> float:
    return float(np.ptp(points @ direction))


def _extents(
    values: NDArray[np.float64], slice_of: NDArray[np.int64], counts: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return extent and middle of the values in each slice; zero where there are none."""
    low, high = np.full(SLICE_COUNT, np.inf), np.full(SLICE_COUNT, -np.inf)
    np.minimum.at(low, slice_of, values)
    np.maximum.at(high, slice_of, values)
    low[counts == 0] = high[counts == 0] = 0.0
    return high - low, (low + high) / 2
