"""Paint a mesh in its atlas: surfaces per slot → base colour, ORM, normal and glow textures."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from asset_forge.greybox.atlas import AtlasMesh, Chart
from asset_forge.greybox.canvas import Canvas, Layer, Paint, resized
from asset_forge.greybox.geometry_layers import EdgeLines, Layers, hard_edges, layers_of
from asset_forge.greybox.surfaces import Surface
from asset_forge.greybox.swatches import paint

Bytes = npt.NDArray[np.uint8]
# zlib's fastest level: the textures are noisy, higher levels win 5 % for four times the time.
_PNG_LEVEL = 1


@dataclass(frozen=True)
class Textures:
    """Encoded PNG files of one material; glow is None when nothing shines."""

    base: bytes
    orm: bytes
    normal: bytes
    glow: bytes | None


def bake(
    mesh: AtlasMesh, surfaces: Mapping[str, Surface], *, seed: int, texture_px: int
) -> Textures:
    """Paint every chart of a mesh in the surface of its slot, texture_px square.

    seed: same mesh, surfaces and seed give the same bytes.
    """
    layers = layers_of(mesh, np.random.default_rng([seed, 1]), texture_px)
    convex, concave = hard_edges(mesh)
    size_m = float(np.linalg.norm(np.ptp(mesh.positions, axis=0)))
    sheets = _Sheets(texture_px)
    for index, chart in enumerate(mesh.charts):
        window = chart.pixels(texture_px)
        canvas = _canvas(chart, index, window, texture_px, layers, convex, concave, size_m, seed)
        painted = paint(surfaces[chart.slot], canvas)
        tint = None if layers.tint is None else _cut_rgb(layers.tint, chart, layers.px, canvas)
        sheets.write(window, canvas, painted, tint)
    return sheets.encoded()


class _Sheets:
    """The growing textures."""

    def __init__(self, texture_px: int) -> None:
        shape = (texture_px, texture_px, 3)
        self.base = np.full(shape, 90, np.uint8)
        self.orm = np.full(shape, (255, 200, 0), np.uint8)
        self.normal = np.full(shape, (128, 128, 255), np.uint8)
        self.glow = np.zeros(shape, np.uint8)

    def write(
        self, window: tuple[slice, slice], canvas: Canvas, painted: Paint, tint: Layer | None
    ) -> None:
        shade = 0.72 + 0.28 * canvas.openness
        base = painted.base * shade[..., None]
        if tint is not None:
            base = base * tint
        self.base[window] = _bytes(base)
        self.orm[window] = _bytes(
            np.stack(
                [
                    0.25 + 0.75 * canvas.openness,
                    np.clip(painted.roughness, 0.04, 1.0),
                    painted.metallic,
                ],
                axis=-1,
            )
        )
        self.normal[window] = _bytes(_normals(painted.relief_m, canvas) * 0.5 + 0.5)
        if painted.glow is not None:
            self.glow[window] = _bytes(painted.glow)

    def encoded(self) -> Textures:
        return Textures(
            base=_png(self.base),
            orm=_png(self.orm),
            normal=_png(self.normal),
            glow=_png(self.glow) if self.glow.any() else None,
        )


def _canvas(
    chart: Chart,
    index: int,
    window: tuple[slice, slice],
    texture_px: int,
    layers: Layers,
    convex: EdgeLines,
    concave: EdgeLines,
    size_m: float,
    seed: int,
) -> Canvas:
    rows, columns = window
    shape = (rows.stop - rows.start, columns.stop - columns.start)
    # On a ring or a coin the usual narrowest band would be all of its rim.
    band_m = float(np.clip(0.0035 * size_m, min(0.0015, 0.005 * size_m), 0.006))
    texel = (chart.size_m[0] / shape[1], chart.size_m[1] / shape[0])
    blur = (max(band_m / texel[0], 0.8), max(band_m / texel[1], 0.8))
    wide = (1.8 * blur[0], 1.8 * blur[1])
    small = chart.pixels(layers.px)
    return Canvas(
        shape=shape,
        size_m=chart.size_m,
        rng=np.random.default_rng([seed, 2, index]),
        edge=convex.drawn(index, window, texture_px, blur),
        cavity=concave.drawn(index, window, texture_px, wide),
        openness=resized(layers.openness[small], shape),
        cloud=resized(layers.cloud[small], shape),
        height=resized(layers.height[small], shape),
    )


def _cut_rgb(sheet: Layer, chart: Chart, px: int, canvas: Canvas) -> Layer:
    cut = sheet[chart.pixels(px)]
    return np.stack([resized(cut[..., k], canvas.shape) for k in range(3)], axis=-1)


def _normals(relief_m: Layer, canvas: Canvas) -> Layer:
    """Turn relief into tangent-space normals, (h, w, 3); green points up the picture."""
    wide, tall = canvas.texel_m()
    down, across = np.gradient(relief_m)
    slope_x = np.clip(across / wide, -1.2, 1.2)
    slope_y = np.clip(down / tall, -1.2, 1.2)
    share = 1.0 / np.sqrt(slope_x**2 + slope_y**2 + 1.0)
    return np.stack([-slope_x * share, slope_y * share, share], axis=-1).astype(np.float32)


def _bytes(values: Layer) -> Bytes:
    scaled = np.clip(values, 0.0, 1.0)
    scaled *= 255.0
    scaled += 0.5
    return scaled.astype(np.uint8)


def _png(pixels: Bytes) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=_PNG_LEVEL)
    return file.getvalue()
