"""From samples to fragments: what each triangle contributes to each pixel, and where on it.

A fragment is one (pixel, triangle) pair. It is shaded once, however many of the pixel's samples
see the triangle, and counts with their share.
"""

from dataclasses import dataclass

import numpy as np

from asset_forge.glb.render.arrays import Flags, Floats, Ints, Keys, least_of_three
from asset_forge.glb.render.raster import DEPTH_STEPS, NOTHING, SAMPLE_X, SAMPLES
from asset_forge.glb.render.view import Projected

_OWNER_BITS = np.int64(0xFFFFFFFF)


@dataclass(frozen=True, eq=False)
class Fragments:
    """(F,) each. pixels: row * size + column. coverage: 0…1. x, y: the middle of what is seen."""

    pixels: Ints
    owners: Ints
    coverage: Floats
    x: Floats
    y: Floats

    def __len__(self) -> int:
        return len(self.pixels)

    def part(self, chosen: slice | Ints) -> "Fragments":
        """Return some of them."""
        return Fragments(
            self.pixels[chosen],
            self.owners[chosen],
            self.coverage[chosen],
            self.x[chosen],
            self.y[chosen],
        )


@dataclass(frozen=True, eq=False)
class Corners:
    """Where fragments lie on their triangles.

    vertices: (F, 3) indices. weights: (F, 3), adding up to one, already right in perspective.
    areas_px: (F,) the triangle's area on the picture. backs: (F,) whether its back is seen.
    """

    vertices: Ints
    weights: Floats
    areas_px: Floats
    backs: Flags

    def mix(self, values: Floats) -> Floats:
        """Interpolate (V, K) vertex values to (F, K)."""
        mixed: Floats = values[self.vertices[:, 0]] * self.weights[:, :1]
        mixed += values[self.vertices[:, 1]] * self.weights[:, 1:2]
        mixed += values[self.vertices[:, 2]] * self.weights[:, 2:]
        return mixed


def joined(parts: list[Fragments]) -> Fragments:
    """Put the fragments of several bands together."""
    return Fragments(
        np.concatenate([part.pixels for part in parts]),
        np.concatenate([part.owners for part in parts]),
        np.concatenate([part.coverage for part in parts]),
        np.concatenate([part.x for part in parts]),
        np.concatenate([part.y for part in parts]),
    )


def resolve(keys: Keys, first_pixel_row: int, size_px: int) -> Fragments:
    """Collect the fragments of a band of samples whose first pixel row is given."""
    samples = keys.reshape(-1, SAMPLES, size_px)
    seen = samples != NOTHING
    rows, columns = np.nonzero(seen.any(axis=1))
    # (SAMPLES, P): one column a pixel that sees anything; -1 where a sample sees nothing.
    owners = (samples[rows, :, columns].T & _OWNER_BITS).astype(np.int32)
    owners[~seen[rows, :, columns].T] = -1
    pixels = ((rows + first_pixel_row) * size_px + columns).astype(np.int32)
    whole = (owners == owners[0]).all(axis=0)
    half = np.float32(0.5)
    inner = pixels[whole]
    parts = [
        Fragments(
            inner,
            owners[0, whole],
            np.ones(len(inner), np.float32),
            inner % size_px + half,
            inner // size_px + half,
        )
    ]
    parts += _mixed_pixels(owners[:, ~whole], pixels[~whole], size_px)
    return joined(parts)


def pixel_depths(keys: Keys, size_px: int) -> Floats:
    """Return the nearest depth of each pixel (rows, size_px), infinite where nothing is seen."""
    nearest = keys.reshape(-1, SAMPLES, size_px).min(axis=1)
    depths = (nearest >> 32).astype(np.float32) / DEPTH_STEPS
    return np.where(nearest == NOTHING, np.float32(np.inf), depths)


def locate(owners: Ints, x: Floats, y: Floats, placed: Projected, triangles: Ints) -> Corners:
    """Find where points on the picture lie on their triangles; points beside are moved onto it."""
    vertices = triangles[owners]
    corner_x, corner_y = placed.x[vertices], placed.y[vertices]
    ab_x, ab_y = corner_x[:, 1] - corner_x[:, 0], corner_y[:, 1] - corner_y[:, 0]
    ac_x, ac_y = corner_x[:, 2] - corner_x[:, 0], corner_y[:, 2] - corner_y[:, 0]
    ap_x, ap_y = x - corner_x[:, 0], y - corner_y[:, 0]
    doubled = ab_x * ac_y - ac_x * ab_y
    inverse = 1 / np.where(np.abs(doubled) > 1e-12, doubled, np.float32(1e-12))
    weights = np.empty((len(owners), 3), np.float32)
    weights[:, 1] = (ap_x * ac_y - ac_x * ap_y) * inverse
    weights[:, 2] = (ab_x * ap_y - ap_x * ab_y) * inverse
    weights[:, 0] = 1 - weights[:, 1] - weights[:, 2]
    beside = np.flatnonzero(least_of_three(weights) < -0.01)
    if len(beside):
        weights[beside] = _on_longest_side(corner_x[beside], corner_y[beside], x[beside], y[beside])
    np.clip(weights, 0, 1, out=weights)
    if placed.inverse_distance is not None:
        weights *= placed.inverse_distance[vertices]
    weights /= (weights[:, 0] + weights[:, 1] + weights[:, 2])[:, None]
    return Corners(vertices, weights, np.abs(doubled) / 2, doubled > 0)


def _mixed_pixels(owners: Ints, pixels: Ints, size_px: int) -> list[Fragments]:
    """Fragments of pixels whose samples see different things.

    Each owner is counted at the first sample that sees it.
    """
    parts = []
    sample_y = ((np.arange(SAMPLES) + 0.5) / SAMPLES).astype(np.float32)
    for first in range(SAMPLES):
        is_new = owners[first] >= 0
        for earlier in range(first):
            is_new &= owners[earlier] != owners[first]
        chosen = np.flatnonzero(is_new)
        rest = owners[first:, chosen]
        same = (rest == rest[0]).astype(np.float32)
        counts = same.sum(axis=0)
        places = pixels[chosen]
        parts.append(
            Fragments(
                places,
                rest[0],
                counts / np.float32(SAMPLES),
                places % size_px + SAMPLE_X[first:] @ same / counts,
                places // size_px + sample_y[first:] @ same / counts,
            )
        )
    return parts


def _on_longest_side(corner_x: Floats, corner_y: Floats, x: Floats, y: Floats) -> Floats:
    """Weights of the nearest points on the longest sides: right for lines drawn wider."""
    following = [1, 2, 0]
    side_x, side_y = corner_x[:, following] - corner_x, corner_y[:, following] - corner_y
    squared = side_x**2 + side_y**2
    pick = np.arange(len(x))
    start = np.argmax(squared, axis=1)
    along = (x - corner_x[pick, start]) * side_x[pick, start]
    along += (y - corner_y[pick, start]) * side_y[pick, start]
    share = np.clip(along / np.maximum(squared[pick, start], 1e-12), 0, 1)
    weights = np.zeros((len(x), 3), np.float32)
    weights[pick, start] = 1 - share
    weights[pick, (start + 1) % 3] = share
    return weights
