"""Signed distance fields that a body is blended from, and layers of them.

Distances are first-order estimates: exact at the surface, roughly right near it, only the sign
counts far away. Everything is mirrored over x = 0, so fields are asked for x >= 0 alone.
Coordinates are float32 arrays that broadcast against each other: flat (V,) arrays of points, or
the three open axes of a grid.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

Array = npt.NDArray[np.float32]
Vec = tuple[float, float, float]
Box = tuple[Vec, Vec]

# A field is asked for in its box and this far (in body heights) around it. Blends must be smaller.
MARGIN = 0.042
# Stands for "nothing near".
FAR = np.float32(1.0)
# Keeps divisions by a vanishing gradient finite at the centre of a solid.
TINY = np.float32(1e-9)


class Field(Protocol):
    """A solid: negative inside, positive outside."""

    @property
    def box(self) -> Box:
        """Lower and upper corner of the solid."""

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Signed distance in body heights, of the broadcast shape of x, y and z."""


def smooth_min(a: Array, b: Array, blend: float) -> Array:
    """Union of two distances with a fillet about `blend` wide."""
    if blend <= 0:
        return np.minimum(a, b)
    h = np.maximum(blend - np.abs(a - b), 0) / np.float32(blend)
    return np.asarray(np.minimum(a, b) - h * h * np.float32(blend / 4), np.float32)


def smooth_max(a: Array, b: Array, blend: float) -> Array:
    """Intersection of two distances with a rounded edge about `blend` wide."""
    return -smooth_min(-a, -b, blend)


@dataclass(frozen=True, eq=False)
class Capsule:
    """A tapered rod with round ends; `squash` stretches its section along the world axes."""

    start: Vec
    end: Vec
    start_radius: float
    end_radius: float
    squash: Vec = (1.0, 1.0, 1.0)

    @cached_property
    def box(self) -> Box:
        reach = np.array(self.squash) * max(self.start_radius, self.end_radius)
        ends = np.array([self.start, self.end])
        return _box(ends.min(axis=0) - reach, ends.max(axis=0) + reach)

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        way = np.subtract(self.end, self.start)
        length2 = max(float(way @ way), 1e-12)
        dx, dy, dz = (
            value - np.float32(origin) for value, origin in zip((x, y, z), self.start, strict=True)
        )
        t = dx * np.float32(way[0] / length2)
        t = t + dy * np.float32(way[1] / length2)
        t = np.clip(t + dz * np.float32(way[2] / length2), 0, 1)
        total: Array = np.zeros(1, np.float32)
        for delta, step, squash in zip((dx, dy, dz), way, self.squash, strict=True):
            across = (delta - t * np.float32(step)) / np.float32(squash)
            total = np.asarray(total + across * across, np.float32)
        radius = self.start_radius + np.float32(self.end_radius - self.start_radius) * t
        return np.asarray(np.sqrt(total) - radius, np.float32)


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """An ellipsoid, turned by `turn_deg` about x, then y, then z."""

    centre: Vec
    radii: Vec
    turn_deg: Vec = (0.0, 0.0, 0.0)

    @cached_property
    def _axes(self) -> npt.NDArray[np.float64]:
        """Rows: the ellipsoid's own axes in the body's frame."""
        result = np.eye(3)
        for axis, angle in enumerate(np.radians(self.turn_deg)):
            turn = np.eye(3)
            i, j = (axis + 1) % 3, (axis + 2) % 3
            turn[i, i] = turn[j, j] = np.cos(angle)
            turn[j, i] = np.sin(angle)
            turn[i, j] = -np.sin(angle)
            result = turn @ result
        return result.T

    @cached_property
    def box(self) -> Box:
        reach = np.sqrt(((self._axes * np.array(self.radii)[:, None]) ** 2).sum(axis=0))
        return _box(np.array(self.centre) - reach, np.array(self.centre) + reach)

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        dx, dy, dz = (
            value - np.float32(origin) for value, origin in zip((x, y, z), self.centre, strict=True)
        )
        level = np.float32(0)
        slope = np.float32(0)
        for axis, radius in zip(self._axes, self.radii, strict=True):
            along = dx * np.float32(axis[0]) + dy * np.float32(axis[1]) + dz * np.float32(axis[2])
            scaled = along / np.float32(radius)
            level = level + scaled * scaled
            slope = slope + (scaled / np.float32(radius)) ** 2
        root = np.sqrt(level)
        return np.asarray(root * (root - 1) / np.sqrt(slope + TINY), np.float32)


@dataclass(frozen=True, eq=False)
class Loft:
    """A limb: elliptic sections along x or y, with smooth outlines between stations.

    stations: rows of (position, centre_u, centre_v, radius_u, radius_v), position rising.
    (u, v) is (x, z) for a loft along y, and (y, z) for a loft along x. `square` above 2 makes the
    sections boxier.
    """

    axis: str
    stations: Sequence[tuple[float, float, float, float, float]]
    square: float = 2.0

    @cached_property
    def _table(self) -> npt.NDArray[np.float64]:
        return np.array(self.stations, float)

    @cached_property
    def _curve(self) -> Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
        curve: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]] = PchipInterpolator(
            self._table[:, 0], self._table[:, 1:]
        )
        return curve

    @cached_property
    def box(self) -> Box:
        table = self._table
        low = (table[:, 1:3] - table[:, 3:5]).min(axis=0)
        high = (table[:, 1:3] + table[:, 3:5]).max(axis=0)
        start = table[0, 0] - min(table[0, 3:5])
        end = table[-1, 0] + min(table[-1, 3:5])
        if self.axis == "y":
            return _box((low[0], start, low[1]), (high[0], end, high[1]))
        return _box((start, low[0], low[1]), (end, high[0], high[1]))

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        along, u, v = (y, x, z) if self.axis == "y" else (x, y, z)
        first, last = self._table[0], self._table[-1]
        sections = self._curve(np.clip(along, first[0], last[0]).astype(np.float64))
        centre_u, centre_v, radius_u, radius_v = np.moveaxis(sections.astype(np.float32), -1, 0)
        past = np.where(
            along < first[0],
            (along - np.float32(first[0])) / np.float32(min(first[3:5])),
            np.maximum(along - np.float32(last[0]), 0) / np.float32(min(last[3:5])),
        ).astype(np.float32)
        a = np.abs(u - centre_u) / radius_u
        b = np.abs(v - centre_v) / radius_v
        cap = 1 / np.minimum(radius_u, radius_v)
        if self.square == 2.0:
            root = np.sqrt(a * a + b * b + past * past)
            slope = np.sqrt((a / radius_u) ** 2 + (b / radius_v) ** 2 + (past * cap) ** 2 + TINY)
            return np.asarray(root * (root - 1) / slope, np.float32)
        power = np.float32(self.square)
        a1, b1, c1 = a ** (power - 1), b ** (power - 1), np.abs(past) ** (power - 1)
        root = (a1 * a + b1 * b + c1 * np.abs(past) + TINY) ** np.float32(1 / self.square)
        slope = np.sqrt((a1 / radius_u) ** 2 + (b1 / radius_v) ** 2 + (c1 * cap) ** 2 + TINY)
        return np.asarray((root - 1) * root ** (power - 1) / slope, np.float32)


@dataclass(frozen=True)
class Cut:
    """Keeps the side of a plane where normal · p < offset, with an edge rounded by `blend`."""

    normal: Vec
    offset: float
    blend: float = 0.003

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        size = float(np.linalg.norm(self.normal))
        nx, ny, nz = (np.float32(value / size) for value in self.normal)
        return np.asarray(x * nx + y * ny + z * nz - np.float32(self.offset / size), np.float32)


@dataclass(frozen=True, eq=False)
class Layer:
    """Solids of one surface: their blended union, grown by `grow`, trimmed, carved, in that order.

    slot: name of the surface. join: fillet towards the layers below it. added: solids that the
    cuts spare. last: solids that are spared by the carving too.
    """

    slot: str
    solids: Sequence[tuple[Field, float]]
    grow: float = 0.0
    cuts: Sequence[Cut] = ()
    carved: Sequence[tuple[Field, float]] = ()
    join: float = 0.003
    added: Sequence[tuple[Field, float]] = ()
    last: Sequence[tuple[Field, float]] = ()

    @cached_property
    def box(self) -> Box:
        """A box around every solid, grown."""
        boxes = np.array([solid.box for solid, _ in (*self.solids, *self.added, *self.last)])
        return _box(boxes[:, 0].min(axis=0) - self.grow, boxes[:, 1].max(axis=0) + self.grow)

    def untrimmed(self) -> "Layer":
        """Return the layer without its cuts, as if cloth went on past its hem."""
        return replace(self, cuts=())

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Signed distance at flat points, all (V,)."""
        everywhere = np.full(len(x), FAR, np.float32)
        close = np.flatnonzero(_inside(x, y, z, self.box, MARGIN))
        if not len(close):
            return everywhere
        x, y, z = x[close], y[close], z[close]
        result = np.full(len(close), FAR, np.float32)

        def apply(
            items: Sequence[tuple[Field, float]], combine: Callable[[Array, Array, float], Array]
        ) -> None:
            for solid, blend in items:
                near = np.flatnonzero(_inside(x, y, z, solid.box, MARGIN + self.grow))
                if len(near):
                    distance = solid.distance(x[near], y[near], z[near])
                    result[near] = combine(result[near], distance, blend)

        apply(self.solids, smooth_min)
        result -= np.float32(self.grow)
        for cut in self.cuts:
            result[:] = smooth_max(result, cut.distance(x, y, z), cut.blend)
        apply(self.added, smooth_min)
        apply(self.carved, _subtract)
        apply(self.last, smooth_min)
        everywhere[close] = result
        return everywhere

    def sample(self, axes: tuple[Array, Array, Array]) -> tuple[tuple[slice, ...], Array]:
        """Evaluate on the part of a grid that the box touches: (slices, values)."""
        window = grid_window(axes, self.box, MARGIN)
        inner = (axes[0][window[0]], axes[1][window[1]], axes[2][window[2]])
        values = np.full(tuple(len(axis) for axis in inner), FAR, np.float32)
        _stamp(values, inner, self.solids, smooth_min, self.grow)
        values -= np.float32(self.grow)
        x, y, z = open_grid(inner)
        for cut in self.cuts:
            values = smooth_max(values, cut.distance(x, y, z), cut.blend)
        _stamp(values, inner, self.added, smooth_min, 0.0)
        _stamp(values, inner, self.carved, _subtract, 0.0)
        _stamp(values, inner, self.last, smooth_min, 0.0)
        return window, values


def open_grid(axes: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
    """Shape the three axes so that they broadcast to the whole grid."""
    return axes[0][:, None, None], axes[1][None, :, None], axes[2][None, None, :]


def grid_window(axes: tuple[Array, Array, Array], box: Box, margin: float) -> tuple[slice, ...]:
    """Index ranges of the grid points inside a box and a margin around it."""
    return tuple(
        slice(
            int(np.searchsorted(axis, low - margin)),
            int(np.searchsorted(axis, high + margin, side="right")),
        )
        for axis, low, high in zip(axes, box[0], box[1], strict=True)
    )


def _stamp(
    values: Array,
    axes: tuple[Array, Array, Array],
    items: Sequence[tuple[Field, float]],
    combine: Callable[[Array, Array, float], Array],
    grow: float,
) -> None:
    """Combine each field into the part of `values` near it, in place."""
    for solid, blend in items:
        window = grid_window(axes, solid.box, MARGIN + grow)
        inner = (axes[0][window[0]], axes[1][window[1]], axes[2][window[2]])
        if all(len(axis) for axis in inner):
            near = solid.distance(*open_grid(inner))
            values[window] = combine(values[window], near, blend)


def _subtract(a: Array, b: Array, blend: float) -> Array:
    return smooth_max(a, -b, blend)


def _inside(x: Array, y: Array, z: Array, box: Box, margin: float) -> npt.NDArray[np.bool_]:
    result = np.ones(len(x), bool)
    for values, low, high in zip((x, y, z), box[0], box[1], strict=True):
        result &= (values > low - margin) & (values < high + margin)
    return result


def _box(low: Sequence[float] | npt.NDArray[np.float64], high: object) -> Box:
    lower = [float(value) for value in low]
    upper = [float(value) for value in np.asarray(high, float)]
    return (lower[0], lower[1], lower[2]), (upper[0], upper[1], upper[2])
