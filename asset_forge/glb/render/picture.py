"""From a scene and a view to a picture: layers of fragments, shaded, laid over a background."""

import numpy as np
from PIL import Image

from asset_forge.domain.rendering import MAX_SIZE_PX
from asset_forge.errors import BadInput
from asset_forge.glb.render import occlusion
from asset_forge.glb.render.arrays import Floats
from asset_forge.glb.render.colour import linear_to_srgb_bytes, srgb_to_linear
from asset_forge.glb.render.fragments import Fragments, joined, pixel_depths, resolve
from asset_forge.glb.render.scene import Scene
from asset_forge.glb.render.shading import Shader
from asset_forge.glb.render.sight import MAX_LAYERS, Sight
from asset_forge.glb.render.view import Fit, View, project, turntable_fit


def render_view(
    scene: Scene,
    view: View,
    *,
    size_px: int = 512,
    background: tuple[int, int, int] | None = None,
    fit: Fit | None = None,
) -> Image.Image:
    """Draw a square RGBA picture.

    background: sRGB bytes, or None for transparency (alpha not multiplied into the colour). fit:
    shared by several views of one model so that it keeps its size; by default the one for turning
    the model at this pitch. Raises BadInput for a size outside 1…MAX_SIZE_PX.
    """
    if not 1 <= size_px <= MAX_SIZE_PX:
        raise BadInput(f"A picture can have 1 to {MAX_SIZE_PX} pixels a side, not {size_px}.")
    if fit is None:
        fit = turntable_fit(scene.drawn_points, view.pitch_deg)
    light = _Drawing(scene, view, fit, size_px).draw().reshape(4, -1)
    ground = np.array(background or (0, 0, 0), np.uint8)
    pixels = np.empty((size_px * size_px, 4), np.uint8)
    pixels[:] = [*ground, 0 if background is None else 255]
    # Most of a picture is often empty, and encoding costs.
    covered = np.flatnonzero(light[3] > 0)
    colours, opacity = light[:3, covered], np.minimum(light[3, covered], 1)
    if background is None:
        colours /= np.maximum(opacity, np.float32(1e-6))
        pixels[covered, 3] = opacity * 255 + np.float32(0.5)
    else:
        linear_ground = srgb_to_linear(ground.astype(np.float32) / np.float32(255))
        colours += (1 - opacity) * linear_ground[:, None]
    pixels[covered, :3] = linear_to_srgb_bytes(colours).T
    return Image.fromarray(pixels.reshape(size_px, size_px, 4), "RGBA")


class _Drawing:
    """One picture in the making."""

    def __init__(self, scene: Scene, view: View, fit: Fit, size_px: int) -> None:
        placed = project(scene.positions, view, fit, size_px)
        self._materials = scene.materials
        self._material_ids = scene.material_ids
        self._size_px = size_px
        self._placed = placed
        self._sight = Sight(scene, placed, size_px)
        self._shader = Shader.for_view(scene, placed, view, fit, size_px)

    def draw(self) -> Floats:
        """Return (4, size, size) linear light and opacity, the light multiplied with it."""
        size_px = self._size_px
        layers: list[list[Fragments]] = [[] for _ in range(MAX_LAYERS + 1)]
        depths = np.full((size_px, size_px), np.inf, np.float32)
        for row, rows in self._sight.bands():
            keys = self._sight.solid_keys(row, rows)
            layers[-1].append(resolve(keys, row, size_px))
            depths[row : row + rows] = pixel_depths(keys, size_px)
            for number, peeled in enumerate(self._sight.glass_keys(keys, row)):
                layers[number].append(resolve(peeled, row, size_px))
        share = occlusion.room_share(self._placed.distances(depths)).reshape(-1)
        picture: Floats | None = None
        while layers:
            # Nearest first, and given back at once: fragments are larger than their picture.
            bands = layers.pop(0)
            if not bands:
                continue
            layer = self._shaded_layer(joined(bands), share)
            if picture is None:
                picture = layer
            else:
                layer *= 1 - picture[3]
                picture += layer
        if picture is None:
            picture = np.zeros((4, size_px * size_px), np.float32)
        return picture.reshape(4, size_px, size_px)

    def _shaded_layer(self, fragments: Fragments, share: Floats) -> Floats:
        shaded = self._shader.shade(fragments, share)
        modes = np.array([material.alpha_mode == "BLEND" for material in self._materials])
        blended = modes[self._material_ids[fragments.owners]]
        opacity = fragments.coverage * np.where(blended, shaded[3], 1)
        shaded[:3] *= opacity
        shaded[3] = opacity
        layer = np.zeros((4, self._size_px * self._size_px), np.float32)
        whole = fragments.coverage == 1
        layer[:, fragments.pixels[whole]] = shaded[:, whole]
        shared, places = shaded[:, ~whole], fragments.pixels[~whole]
        for channel, values in zip(layer, shared, strict=True):
            np.add.at(channel, places, values)
        return layer
