"""Which triangle each sample of the picture sees.

Every pixel has eight samples, each in a row and a column of its own, so that edges of any
direction come out smooth. The samples of a picture are laid out as eight thin rows a pixel; a
triangle is cut into spans of those rows, and a span into samples, with numpy working on all spans
of a band at once. The nearest triangle wins by one `minimum` over numbers that hold depth and
triangle together, which also makes ties come out the same every time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from asset_forge.glb.render.arrays import Flags, Floats, Ints, Keys
from asset_forge.glb.render.view import Projected

SAMPLES: Final = 8
# Where the sample of each thin row lies within its pixel, left to right; a standard pattern.
SAMPLE_X = ((np.array([7, -3, 1, -7, 5, -1, -5, 3]) + 8) / 16).astype(np.float32)
NOTHING: Final = np.int64(2**62)
# Leaves the farthest depth well below NOTHING; float32 has no more steps anyway.
DEPTH_STEPS: Final = np.float32(2**29)

# Narrower triangles are drawn as lines of this width: a bow string stays one line, not dots.
LINE_WIDTH_PX: Final = 0.5
# Length from which a narrow triangle can be a line; smaller ones have neighbours that fill in.
LINE_LENGTH_PX: Final = 1.0
# One-sided triangles narrower than this are seen exactly edge on and belong to the back.
EDGE_ON_PX: Final = 0.004

# Blocks that stay in a processor's cache are faster than large ones, and take less memory.
_TRIANGLE_BLOCK = 1 << 16
_SAMPLE_BLOCK = 1 << 17

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


@dataclass(frozen=True, eq=False)
class Candidates:
    """Triangles that may be seen: (C,) each. owners: their numbers. tops, bottoms: in pixels."""

    owners: Ints
    tops: Floats
    bottoms: Floats

    def part(self, chosen: Flags) -> "Candidates":
        """Return some of them."""
        return Candidates(self.owners[chosen], self.tops[chosen], self.bottoms[chosen])

    def blocks(self, first_row: int, end_row: int) -> Iterator[Ints]:
        """Go through the owners that reach into a band of pixel rows, some thousands at a time."""
        # Lines are drawn wider than they are, by less than a pixel.
        inside = (self.bottoms > first_row - 1) & (self.tops < end_row + 1)
        owners = self.owners[inside]
        for start in range(0, len(owners), _TRIANGLE_BLOCK):
            yield owners[start : start + _TRIANGLE_BLOCK]


def visible_candidates(
    placed: Projected, triangles: Ints, double_sided: Flags, size_px: int
) -> Candidates:
    """Find the triangles (3, T) that face the camera and lie within the picture."""
    found, tops, bottoms = [], [], []
    for start in range(0, triangles.shape[1], _TRIANGLE_BLOCK):
        block = slice(start, start + _TRIANGLE_BLOCK)
        x, y = placed.x.take(triangles[:, block]), placed.y.take(triangles[:, block])
        doubled = doubled_areas(x, y)
        # y points down, so what is counter-clockwise for the model is negative here.
        longest = _side_lengths(x, y).max(axis=0)
        facing = -doubled > np.float32(EDGE_ON_PX) * np.maximum(longest, np.float32(1e-6))
        top, bottom = y.min(axis=0), y.max(axis=0)
        inside = (x.max(axis=0) > -1) & (x.min(axis=0) < size_px + 1)
        inside &= (bottom > -1) & (top < size_px + 1)
        chosen = np.flatnonzero((facing | double_sided[block]) & inside)
        found.append((chosen + start).astype(np.int32))
        tops.append(top[chosen])
        bottoms.append(bottom[chosen])
    return Candidates(np.concatenate(found), np.concatenate(tops), np.concatenate(bottoms))


def trapezoids(placed: Projected, triangles: Ints, owners: Ints) -> Trapezoids:
    """Cut the triangles numbered `owners` into trapezoids; narrow ones become lines first."""
    corners = triangles.take(owners, axis=1)
    # By corner, then by coordinate, then by triangle.
    shapes = np.stack([values.take(corners) for values in (placed.x, placed.y, placed.depth)], 1)
    lines, line_owners = _lines(shapes, owners)
    shapes = np.concatenate([shapes, lines], axis=2)
    owners = np.concatenate([owners, line_owners])
    shapes[:, 1] *= SAMPLES
    top, middle, bottom = _sorted_downwards(shapes)
    rows = [np.ceil(end[1] - np.float32(0.5)).astype(np.int32) for end in (top, middle, bottom)]
    long_edge = _edge(top, bottom)
    upper = np.stack([long_edge, _edge(top, middle)])
    lower = np.stack([long_edge, _edge(middle, bottom)])
    first_rows = np.concatenate([rows[0], rows[1]])
    end_rows = np.concatenate([rows[1], rows[2]])
    filled = np.flatnonzero(end_rows > first_rows)
    return Trapezoids(
        np.concatenate([owners, owners])[filled],
        first_rows[filled],
        end_rows[filled],
        np.concatenate([upper, lower], axis=2)[:, :, filled],
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


def _sorted_downwards(shapes: Floats) -> Floats:
    """Sort the corners of (3, 3, T) from top to bottom, from left to right where they are level.

    Neighbours then compute the edge they share from the same end, and leave no gap.
    """
    for first, second in ((0, 1), (1, 2), (0, 1)):
        x, y = shapes[:, 0], shapes[:, 1]
        level = (y[second] == y[first]) & (x[second] < x[first])
        swapped = np.flatnonzero((y[second] < y[first]) | level)
        kept = shapes[first][:, swapped]
        shapes[first][:, swapped] = shapes[second][:, swapped]
        shapes[second][:, swapped] = kept
    return shapes


def _edge(upper: Floats, lower: Floats) -> Floats:
    """Turn two ends of (3, T) into the five numbers of an edge, (5, T)."""
    height = lower[1] - upper[1]
    inverse = 1 / np.where(height > 0, height, np.float32(1))
    x_step = (lower[0] - upper[0]) * inverse
    return np.stack([upper[0], upper[1], x_step, upper[2], (lower[2] - upper[2]) * inverse])


def _lines(shapes: Floats, owners: Ints) -> tuple[Floats, Ints]:
    """Return two triangles of LINE_WIDTH_PX for every triangle that is a thin line."""
    sides = _side_lengths(shapes[:, 0], shapes[:, 1])
    longest = sides.max(axis=0)
    heights = np.abs(doubled_areas(shapes[:, 0], shapes[:, 1])) / np.maximum(longest, 1e-9)
    thin = np.flatnonzero((heights < LINE_WIDTH_PX) & (longest > LINE_LENGTH_PX))
    start = np.argmax(sides[:, thin], axis=0)
    first, second, third = (shapes[(start + step) % 3, :, thin].T for step in range(3))
    along_x, along_y = (second - first)[:2] / longest[thin]
    across = np.stack([-along_y, along_x])
    side = np.sign((third[0] - first[0]) * across[0] + (third[1] - first[1]) * across[1])
    middle = across * (side * heights[thin] / 2)
    half = across * np.float32(LINE_WIDTH_PX / 2)
    corners = []
    for end in (first, second):
        for offset in (middle - half, middle + half):
            corner = end.copy()
            corner[:2] += offset
            corners.append(corner)
    a, b, c, d = corners
    quads = np.concatenate([np.stack([a, b, c]), np.stack([c, b, d])], axis=2)
    return quads, np.concatenate([owners[thin], owners[thin]])


def doubled_areas(x: Floats, y: Floats) -> Floats:
    """Return twice the signed areas (T,) of triangles with corners (3, T)."""
    doubled: Floats = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
    return doubled


def _side_lengths(x: Floats, y: Floats) -> Floats:
    """Length of the side after each corner, (3, T)."""
    following = [1, 2, 0]
    lengths: Floats = np.hypot(x[following] - x, y[following] - y)
    return lengths
