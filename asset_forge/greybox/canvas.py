"""The canvas a swatch is painted on: one chart of the texture, with what the geometry says there.

Knows nothing of materials (`swatches`) nor of atlases (`bake`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

# float32 in practice; numpy types sums with plain numbers as float64.
Layer = npt.NDArray[np.floating[Any]]


@dataclass(eq=False)
class Canvas:
    """One chart to paint; every layer is (h, w) float32 unless said otherwise.

    size_m: width and height of the chart in metres; u runs right, v runs down, along the grain.
    edge: 0..1, nearness to a convex hard edge. cavity: 0..1, nearness to a concave one.
    openness: 0..1, 1 where nothing of the asset stands in the light's way.
    cloud: 0..1, smooth noise fixed in space, so that it runs on over seams and parts.
    height: 0..1, from the lowest to the highest point of the asset.
    """

    shape: tuple[int, int]
    size_m: tuple[float, float]
    rng: np.random.Generator
    edge: Layer
    cavity: Layer
    openness: Layer
    cloud: Layer
    height: Layer

    def noise(self, cell_m: float, *, along: float = 1.0, octaves: int = 1) -> Layer:
        """Return smooth noise, 0..1 around 0.5; cells of cell_m across and cell_m · along down.

        Octaves that would be finer than the texels are left out.
        """
        total = np.zeros(self.shape, np.float32)
        weight, norm = 1.0, 0.0
        for octave in range(octaves):
            cell = cell_m / 2**octave
            across, down = self.size_m[0] / cell, self.size_m[1] / (cell * along)
            if octave and (across > self.shape[1] or down > self.shape[0]):
                break
            total += weight * (self._grid(across, down) - 0.5)
            norm += weight**2
            weight *= 0.55
        noise: Layer = np.clip(total / norm**0.5 + 0.5, 0.0, 1.0)
        return noise

    def ridges(self, cell_m: float, *, along: float = 1.0) -> Layer:
        """Return thin connected lines, 1 on the line and 0 away from it."""
        wave = self.noise(cell_m, along=along, octaves=2)
        lines: Layer = np.clip(1.0 - np.abs(wave - 0.5) * 9.0, 0.0, 1.0)
        return lines

    def coordinates(self) -> tuple[Layer, Layer]:
        """Return metres across and metres down, broadcastable to the shape."""
        rows, columns = self.shape
        u = (np.arange(columns, dtype=np.float32) + 0.5) * np.float32(self.size_m[0] / columns)
        v = (np.arange(rows, dtype=np.float32) + 0.5) * np.float32(self.size_m[1] / rows)
        return u[None, :], v[:, None]

    def scratches(self, per_m2: float, length_m: float) -> Layer:
        """Return thin random strokes, 0..1."""
        rows, columns = self.shape
        count = int(min(per_m2 * self.size_m[0] * self.size_m[1], 160))
        picture = Image.new("L", (columns, rows))
        pen = ImageDraw.Draw(picture)
        start = self.rng.random((count, 2)) * (columns, rows)
        angle = self.rng.normal(0.0, 0.9, count) + np.pi / 2 * self.rng.integers(0, 2, count)
        reach = length_m * self.rng.uniform(0.2, 1.0, count)
        scale = np.array([columns / self.size_m[0], rows / self.size_m[1]])
        end = start + np.stack([np.cos(angle), np.sin(angle)], axis=1) * reach[:, None] * scale
        for (x0, y0), (x1, y1), tone in zip(
            start.tolist(), end.tolist(), self.rng.integers(60, 255, count).tolist(), strict=True
        ):
            pen.line((x0, y0, x1, y1), fill=int(tone))
        return np.asarray(picture, np.float32) / 255.0

    def texel_m(self) -> tuple[float, float]:
        """Return the width and height of one texel in metres."""
        return self.size_m[0] / self.shape[1], self.size_m[1] / self.shape[0]

    def _grid(self, across: float, down: float) -> Layer:
        """Blow up a small random grid to the whole canvas, bicubic."""
        rows, columns = self.shape
        wide = int(np.ceil(min(across, columns))) + 4
        tall = int(np.ceil(min(down, rows))) + 4
        grid = Image.fromarray(self.rng.random((tall, wide), dtype=np.float32))
        x, y = self.rng.uniform(1.0, 2.0, 2)
        window = (x, y, x + min(across, columns), y + min(down, rows))
        return np.asarray(grid.resize((columns, rows), Image.Resampling.BICUBIC, box=window))


def resized(layer: Layer, shape: tuple[int, int]) -> Layer:
    """Scale a layer to another (h, w), bilinear."""
    rows, columns = shape
    picture = Image.fromarray(np.ascontiguousarray(layer, np.float32))
    return np.asarray(picture.resize((columns, rows), Image.Resampling.BILINEAR))


def drawn_lines(
    shape: tuple[int, int],
    lines: npt.NDArray[np.float64],
    tones: npt.NDArray[np.float64],
    blur_px: tuple[float, float],
) -> Layer:
    """Draw (N, 4) lines x0 y0 x1 y1 in texels, with 0..1 tones, as soft 0..1 bands."""
    rows, columns = shape
    if not len(lines):
        return np.zeros(shape, np.float32)
    picture = Image.new("L", (columns, rows))
    pen = ImageDraw.Draw(picture)
    width = max(1, round(2 * min(blur_px)))
    for (x0, y0, x1, y1), tone in zip(lines.tolist(), (tones * 255).tolist(), strict=True):
        pen.line((x0, y0, x1, y1), fill=int(tone), width=width)
    soft = picture.filter(ImageFilter.GaussianBlur(blur_px))
    bands: Layer = np.clip(np.asarray(soft, np.float32) / 255.0 * 1.7, 0.0, 1.0)
    return bands


def smoothstep(low: float, high: float, value: Layer) -> Layer:
    """Return 0 below low, 1 above high, with a soft way between."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    step: Layer = t * t * (3.0 - 2.0 * t)
    return step


def mixed(a: Layer, b: Layer | float | tuple[float, float, float], amount: Layer) -> Layer:
    """Blend (h, w, 3) towards b, a colour or a picture, by an (h, w) amount."""
    blend: Layer = np.asarray(b, np.float32) - a
    # In place: these are the largest arrays that greybox has.
    blend *= amount[..., None]
    blend += a
    return blend


@dataclass(eq=False)
class Paint:
    """What a swatch leaves on its canvas.

    base: (h, w, 3) sRGB 0..1. roughness, metallic: (h, w) 0..1. relief_m: (h, w) metres above
    the surface. glow: (h, w, 3) sRGB 0..1 light of its own, or None.
    """

    base: Layer
    roughness: Layer
    metallic: Layer
    relief_m: Layer
    glow: Layer | None = None
