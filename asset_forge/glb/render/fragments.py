"""From samples to fragments: what each triangle contributes to each pixel, and where on it.

A fragment is one (pixel, triangle) pair. It is shaded once, however many of the pixel's samples
see the triangle, and counts with their share.
"""

from dataclasses import dataclass

import numpy as np

from asset_forge.glb.render.arrays import Flags, Floats, Ints, Keys
from asset_forge.glb.render.materials import UvReader
from asset_forge.glb.render.raster import (
    DEPTH_STEPS,
    NOTHING,
    SAMPLE_X,
    SAMPLES,
    doubled_areas,
)
from asset_forge.glb.render.scene import Scene
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

    vertices: (3, F) indices. weights: (3, F), adding up to one, already right in perspective.
    areas_px: (F,) the triangle's area on the picture. backs: (F,) whether its back is seen.
    """

    vertices: Ints
    weights: Floats
    areas_px: Floats
    backs: Flags

    def mix(self, values: Floats) -> Floats:
        """Interpolate (K, V) vertex values to (K, F)."""
        mixed: Floats = values.take(self.vertices[0], axis=1)
        mixed *= self.weights[0]
        for vertices, weights in zip(self.vertices[1:], self.weights[1:], strict=True):
            corner = values.take(vertices, axis=1)
            corner *= weights
            mixed += corner
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
    vertices = triangles.take(owners, axis=1)
    corner_x, corner_y = placed.x.take(vertices), placed.y.take(vertices)
    doubled = doubled_areas(corner_x, corner_y)
    inverse = 1 / np.where(np.abs(doubled) > 1e-12, doubled, np.float32(1e-12))
    to_x, to_y = corner_x - x, corner_y - y
    weights = np.empty((3, len(owners)), np.float32)
    weights[0] = (to_x[1] * to_y[2] - to_x[2] * to_y[1]) * inverse
    weights[1] = (to_x[2] * to_y[0] - to_x[0] * to_y[2]) * inverse
    weights[2] = 1 - weights[0] - weights[1]
    beside = np.flatnonzero(weights.min(axis=0) < -0.01)
    if len(beside):
        weights[:, beside] = _on_longest_side(
            corner_x[:, beside], corner_y[:, beside], x[beside], y[beside]
        )
    np.clip(weights, 0, 1, out=weights)
    if placed.inverse_distance is not None:
        weights *= placed.inverse_distance.take(vertices)
    weights /= weights.sum(axis=0)
    return Corners(vertices, weights, np.abs(doubled) * np.float32(0.5), doubled > 0)


def texture_reader(scene: Scene, owners: Ints, corners: Corners) -> UvReader:
    """Make ready to read textures where fragments lie."""
    ratio = np.maximum(scene.uv_areas.take(owners), np.float32(1e-20))
    ratio /= np.maximum(corners.areas_px, np.float32(1e-6))
    detail = np.log2(ratio) * np.float32(0.5)
    return UvReader([corners.mix(uvs) for uvs in scene.uv_sets], detail)


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
        # Not with @: BLAS now and then raises a floating-point flag for lanes that it does not use.
        across, down = (
            np.einsum("s,sn->n", offsets[first:], same) / counts for offsets in (SAMPLE_X, sample_y)
        )
        parts.append(
            Fragments(
                places,
                rest[0],
                counts / np.float32(SAMPLES),
                places % size_px + across,
                places // size_px + down,
            )
        )
    return parts


def _on_longest_side(corner_x: Floats, corner_y: Floats, x: Floats, y: Floats) -> Floats:
    """Weights of the nearest points on the longest sides: right for lines drawn wider."""
    following = [1, 2, 0]
    side_x, side_y = corner_x[following] - corner_x, corner_y[following] - corner_y
    squared = side_x**2 + side_y**2
    pick = np.arange(len(x))
    start = np.argmax(squared, axis=0)
    along = (x - corner_x[start, pick]) * side_x[start, pick]
    along += (y - corner_y[start, pick]) * side_y[start, pick]
    share = np.clip(along / np.maximum(squared[start, pick], 1e-12), 0, 1)
    weights = np.zeros((3, len(x)), np.float32)
    weights[start, pick] = 1 - share
    weights[(start + 1) % 3, pick] = share
    return weights
