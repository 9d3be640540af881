"""Which triangle each sample of the picture sees.

Every pixel has eight samples, each in a row and a column of its own, so that edges of any
direction come out smooth. The samples of a picture are laid out as eight thin rows a pixel; a
triangle is cut into spans of those rows, and a span into samples, with numpy working on all spans
of a band at once. The nearest triangle wins by one `minimum` over numbers that hold depth and
triangle together, which also makes ties come out the same every time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from asset_forge.glb.render.arrays import (
    Flags,
    Floats,
    Ints,
    Keys,
    greatest_of_three,
    least_of_three,
)
from asset_forge.glb.render.view import Projected

SAMPLES: Final = 8
# Where the sample of each thin row lies within its pixel, left to right; a standard pattern.
SAMPLE_X = ((np.array([7, -3, 1, -7, 5, -1, -5, 3]) + 8) / 16).astype(np.float32)
NOTHING: Final = np.int64(2**62)
DEPTH_STEPS: Final = np.float32(2**30)

# Narrower triangles are drawn as lines of this width: a bow string stays one line, not dots.
LINE_WIDTH_PX: Final = 0.5
# Length from which a narrow triangle can be a line; smaller ones have neighbours that fill in.
LINE_LENGTH_PX: Final = 1.0
# One-sided triangles narrower than this are seen exactly edge on and belong to the back.
EDGE_ON_PX: Final = 0.004

_TRIANGLE_BLOCK = 1 << 18
_SAMPLE_BLOCK = 1 << 19

# Owners, x and y in pixels of samples → which of them are there (holes in a cut-out surface).
Accept = Callable[[Ints, Floats, Floats], Flags]


@dataclass(frozen=True, eq=False)
class Trapezoids:
    """Halves of triangles between two thin rows, each with a left and a right edge.

    owners, first_rows, end_rows: (Z,) int32. edges: (2, 5, Z) float32: x and y of the upper end
    (y in thin rows), x a row, depth of the upper end, depth a row.
    """

    owners: Ints
    first_rows: Ints
    end_rows: Ints
    edges: Floats

    def touching(self, first_row: int, end_row: int) -> "Trapezoids":
        """Return those that reach into a band of thin rows."""
        inside = np.flatnonzero((self.first_rows < end_row) & (self.end_rows > first_row))
        return Trapezoids(
            self.owners[inside],
            np.maximum(self.first_rows[inside], first_row),
            np.minimum(self.end_rows[inside], end_row),
            self.edges[:, :, inside],
        )


def visible_candidates(
    placed: Projected, triangles: Ints, double_sided: Flags, size_px: int
) -> Ints:
    """Return the numbers of triangles that face the camera and lie within the picture."""
    found = []
    for start in range(0, len(triangles), _TRIANGLE_BLOCK):
        block = slice(start, start + _TRIANGLE_BLOCK)
        x, y = placed.x[triangles[block]], placed.y[triangles[block]]
        doubled = _doubled_areas(x, y)
        # y points down, so what is counter-clockwise for the model is negative here.
        facing = -doubled > np.float32(EDGE_ON_PX) * np.maximum(_longest_sides(x, y), 1e-6)
        inside = (greatest_of_three(x) > -1) & (least_of_three(x) < size_px + 1)
        inside &= (greatest_of_three(y) > -1) & (least_of_three(y) < size_px + 1)
        found.append(np.flatnonzero((facing | double_sided[block]) & inside) + start)
    return np.concatenate(found).astype(np.int32)


def trapezoids(placed: Projected, triangles: Ints, owners: Ints) -> Trapezoids:
    """Cut the triangles numbered `owners` into trapezoids; narrow ones become lines first."""
    corners = triangles[owners]
    shapes = np.stack([placed.x[corners], placed.y[corners], placed.depth[corners]], axis=2)
    lines, line_owners = _lines(shapes, owners)
    shapes = np.concatenate([shapes, lines])
    owners = np.concatenate([owners, line_owners])
    shapes[:, :, 1] *= SAMPLES
    # Sorted from top to bottom, so that neighbours compute a shared edge from the same end.
    order = np.lexsort((shapes[:, :, 0], shapes[:, :, 1]), axis=1)
    shapes = np.take_along_axis(shapes, order[:, :, None], axis=1)
    top, middle, bottom = shapes[:, 0].T, shapes[:, 1].T, shapes[:, 2].T
    long_edge = _edge(top, bottom)
    rows = [np.ceil(end[1] - np.float32(0.5)).astype(np.int32) for end in (top, middle, bottom)]
    upper = np.stack([long_edge, _edge(top, middle)])
    lower = np.stack([long_edge, _edge(middle, bottom)])
    whole = Trapezoids(
        np.concatenate([owners, owners]),
        np.concatenate([rows[0], rows[1]]),
        np.concatenate([rows[1], rows[2]]),
        np.concatenate([upper, lower], axis=2),
    )
    filled = np.flatnonzero(whole.end_rows > whole.first_rows)
    return Trapezoids(
        whole.owners[filled],
        whole.first_rows[filled],
        whole.end_rows[filled],
        whole.edges[:, :, filled],
    )


def fill(
    shapes: Trapezoids,
    keys: Keys,
    first_row: int,
    size_px: int,
    *,
    accept: Accept | None = None,
    behind: Keys | None = None,
) -> None:
    """Lower `keys` in place wherever a shape is nearer.

    keys: (thin rows * size_px,) of a band that begins at thin row `first_row`; a key holds the
    depth above and the triangle's number below. accept: drops samples in holes. behind: only what
    is farther than these keys counts, for peeling layers.
    """
    end_row = first_row + len(keys) // size_px
    spans = _spans(shapes.touching(first_row, end_row), first_row, size_px)
    ends = np.cumsum(spans.lengths)
    start = 0
    while start < len(ends):
        done = int(ends[start - 1]) if start else 0
        end = max(int(np.searchsorted(ends, done + _SAMPLE_BLOCK, "right")), start + 1)
        _fill_samples(spans, slice(start, end), keys, size_px, accept, behind)
        start = end


@dataclass(frozen=True, eq=False)
class _Spans:
    """Samples next to each other: (S,) each. places: of the first sample within the band."""

    owners: Ints
    places: Ints
    lengths: Ints
    depths: Floats
    depth_steps: Floats
    first_x: Floats
    y: Floats


def _spans(shapes: Trapezoids, first_row: int, size_px: int) -> _Spans:
    counts = shapes.end_rows - shapes.first_rows
    starts = np.cumsum(counts) - counts
    rows = np.arange(int(counts.sum()), dtype=np.int32)
    rows += np.repeat((shapes.first_rows - starts).astype(np.int32), counts)
    y = rows.astype(np.float32) + np.float32(0.5)
    sides = []
    for edge in shapes.edges:
        x0, y0, x_step, depth0, depth_step = (np.repeat(values, counts) for values in edge)
        down = y - y0
        sides.append((x0 + down * x_step, depth0 + down * depth_step))
    (x_a, depth_a), (x_b, depth_b) = sides
    swapped = x_a > x_b
    left, right = np.minimum(x_a, x_b), np.maximum(x_a, x_b)
    depth_left = np.where(swapped, depth_b, depth_a)
    depth_right = np.where(swapped, depth_a, depth_b)
    shift = SAMPLE_X[rows % SAMPLES]
    first = np.clip(np.ceil(left - shift), 0, size_px)
    end = np.clip(np.ceil(right - shift), 0, size_px)
    kept = np.flatnonzero(end > first)
    first, shift, left = first[kept], shift[kept], left[kept]
    steps = (depth_right[kept] - depth_left[kept]) / np.maximum(right[kept] - left, 1e-6)
    first_x = first + shift
    places = (rows[kept] - np.int32(first_row)) * np.int32(size_px) + first.astype(np.int32)
    return _Spans(
        owners=np.repeat(shapes.owners, counts)[kept],
        places=places,
        lengths=(end[kept] - first).astype(np.int32),
        depths=depth_left[kept] + (first_x - left) * steps,
        depth_steps=steps,
        first_x=first_x,
        y=y[kept] / np.float32(SAMPLES),
    )


def _fill_samples(
    spans: _Spans,
    part: slice,
    keys: Keys,
    size_px: int,
    accept: Accept | None,
    behind: Keys | None,
) -> None:
    lengths = spans.lengths[part]
    starts = (np.cumsum(lengths) - lengths).astype(np.int32)
    within = np.arange(int(lengths.sum()), dtype=np.int32)
    within -= np.repeat(starts, lengths)
    places = np.repeat(spans.places[part], lengths)
    places += within
    steps = within.astype(np.float32)
    depths = np.repeat(spans.depth_steps[part], lengths)
    depths *= steps
    depths += np.repeat(spans.depths[part], lengths)
    np.maximum(depths, 0, out=depths)
    depths *= DEPTH_STEPS
    candidates = depths.astype(np.int64)
    candidates <<= 32
    owners = np.repeat(spans.owners[part], lengths)
    candidates |= owners
    if behind is not None or accept is not None:
        # The test for holes looks into textures, so it only sees samples that may win.
        live = candidates < keys[places]
        if behind is not None:
            live &= candidates > behind[places]
        if accept is not None:
            chosen = np.flatnonzero(live)
            x = np.repeat(spans.first_x[part], lengths)[chosen] + steps[chosen]
            y = np.repeat(spans.y[part], lengths)[chosen]
            live[chosen] = accept(owners[chosen], x, y)
        places, candidates = places[live], candidates[live]
    np.minimum.at(keys, places, candidates)


def _edge(upper: Floats, lower: Floats) -> Floats:
    """Turn two ends of (3, T) into the five numbers of an edge, (5, T)."""
    height = lower[1] - upper[1]
    inverse = 1 / np.where(height > 0, height, np.float32(1))
    x_step = (lower[0] - upper[0]) * inverse
    return np.stack([upper[0], upper[1], x_step, upper[2], (lower[2] - upper[2]) * inverse])


def _lines(shapes: Floats, owners: Ints) -> tuple[Floats, Ints]:
    """Return two triangles of at least LINE_WIDTH_PX for every triangle that is a thin line."""
    x, y = shapes[:, :, 0], shapes[:, :, 1]
    longest = _longest_sides(x, y)
    heights = np.abs(_doubled_areas(x, y)) / np.maximum(longest, 1e-9)
    thin = np.flatnonzero((heights < LINE_WIDTH_PX) & (longest > LINE_LENGTH_PX))
    shapes, heights, longest = shapes[thin], heights[thin], longest[thin]
    pick = np.arange(len(thin))
    start = np.argmax(_side_lengths(x[thin], y[thin]), axis=1)
    first, second, third = (shapes[pick, (start + step) % 3] for step in range(3))
    along = (second - first)[:, :2] / longest[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    side = np.sign(np.einsum("ij,ij->i", third[:, :2] - first[:, :2], across))
    middle = across * (side * heights / 2)[:, None]
    half = across * np.float32(LINE_WIDTH_PX / 2)
    corners = []
    for end in (first, second):
        for offset in (middle - half, middle + half):
            corner = end.copy()
            corner[:, :2] += offset
            corners.append(corner)
    a, b, c, d = corners
    quads = np.concatenate([np.stack([a, b, c], axis=1), np.stack([c, b, d], axis=1)])
    return quads, np.concatenate([owners[thin], owners[thin]])


def _doubled_areas(x: Floats, y: Floats) -> Floats:
    return (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])


def _side_lengths(x: Floats, y: Floats) -> Floats:
    """Length of the side after each corner, (T, 3)."""
    following = [1, 2, 0]
    lengths: Floats = np.hypot(x[:, following] - x, y[:, following] - y)
    return lengths


def _longest_sides(x: Floats, y: Floats) -> Floats:
    return greatest_of_three(_side_lengths(x, y))
