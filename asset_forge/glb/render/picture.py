"""From a scene and a view to a picture: visibility, shading, layers of glass, background."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from asset_forge.errors import BadInput
from asset_forge.glb.render import occlusion
from asset_forge.glb.render.arrays import Flags, Floats, Ints, Keys
from asset_forge.glb.render.colour import linear_to_srgb_bytes, srgb_to_linear
from asset_forge.glb.render.fragments import Fragments, joined, locate, pixel_depths, resolve
from asset_forge.glb.render.materials import NEARLY_CLEAR, NEARLY_OPAQUE, Material, UvReader
from asset_forge.glb.render.raster import (
    NOTHING,
    SAMPLES,
    Accept,
    Candidates,
    fill,
    trapezoids,
    visible_candidates,
)
from asset_forge.glb.render.scene import Scene
from asset_forge.glb.render.shading import Shader
from asset_forge.glb.render.view import Fit, View, project, turntable_fit

# The arrays of a picture this large take about 300 MB.
MAX_SIZE_PX: Final = 2048
# See-through surfaces behind one another; what lies deeper is left out.
MAX_LAYERS: Final = 8
_BAND_SAMPLES: Final = 1 << 19


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
    light = _Drawing(scene, view, fit, size_px).draw()
    colours, opacity = light[:3], np.clip(light[3], 0, 1)
    if background is None:
        colours /= np.maximum(opacity, np.float32(1e-6))
        alpha = (opacity * 255 + np.float32(0.5)).astype(np.uint8)
        encoded = linear_to_srgb_bytes(colours) * (alpha > 0)
    else:
        ground = srgb_to_linear(np.array(background, np.float32) / np.float32(255))
        colours += (1 - opacity) * ground[:, None, None]
        encoded = linear_to_srgb_bytes(colours)
        alpha = np.full((size_px, size_px), 255, np.uint8)
    return Image.fromarray(np.stack([*encoded, alpha], axis=2), "RGBA")


@dataclass(frozen=True, eq=False)
class _Groups:
    """The triangles of one view by how they hide what is behind them.

    solid: everything that hides fully; cut_out: with holes, or partly see-through; glass: what may
    be see-through.
    """

    solid: Candidates
    cut_out: Candidates
    glass: Candidates


class _Drawing:
    """One picture in the making."""

    def __init__(self, scene: Scene, view: View, fit: Fit, size_px: int) -> None:
        self._scene = scene
        self._size_px = size_px
        self._placed = project(scene.positions, view, fit, size_px)
        self._shader = Shader.for_view(scene, self._placed, view, fit)

    def draw(self) -> Floats:
        """Return (4, size, size) linear light and opacity, the light multiplied with it."""
        size_px = self._size_px
        groups = self._groups()
        layers: list[list[Fragments]] = [[] for _ in range(MAX_LAYERS + 1)]
        depths = np.full((size_px, size_px), np.inf, np.float32)
        band_rows = max(1, _BAND_SAMPLES // (SAMPLES * size_px))
        for row in range(0, size_px, band_rows):
            rows = min(band_rows, size_px - row)
            keys = self._solid_keys(groups, row, rows)
            layers[-1].append(resolve(keys, row, size_px))
            depths[row : row + rows] = pixel_depths(keys, size_px)
            for number, fragments in enumerate(self._glass_layers(groups.glass, keys, row)):
                layers[number].append(fragments)
        share = occlusion.room_share(self._placed.distances(depths)).reshape(-1)
        picture = np.zeros((4, size_px * size_px), np.float32)
        for bands in layers:
            if bands:
                layer = self._shaded_layer(joined(bands), share)
                picture += (1 - picture[3]) * layer
        return picture.reshape(4, size_px, size_px)

    def _groups(self) -> _Groups:
        scene = self._scene
        sides = np.array([material.double_sided for material in scene.materials])
        seen = visible_candidates(
            self._placed, scene.triangles, sides[scene.material_ids], self._size_px
        )
        kinds = np.array([_kind(material, scene) for material in scene.materials])
        kinds = kinds[scene.material_ids[seen.owners]]
        return _Groups(
            seen.part(kinds == "OPAQUE"), seen.part(kinds != "OPAQUE"), seen.part(kinds == "BLEND")
        )

    def _solid_keys(self, groups: _Groups, row: int, rows: int) -> Keys:
        keys = np.full(rows * SAMPLES * self._size_px, NOTHING, np.int64)
        self._fill(groups.solid, keys, row)
        self._fill(groups.cut_out, keys, row, accept=self._hides)
        return keys

    def _fill(
        self,
        candidates: Candidates,
        keys: Keys,
        row: int,
        *,
        accept: Accept | None = None,
        behind: Keys | None = None,
    ) -> None:
        end_row = row + len(keys) // (SAMPLES * self._size_px)
        for owners in candidates.blocks(row, end_row):
            shapes = trapezoids(self._placed, self._scene.triangles, owners)
            fill(shapes, keys, row * SAMPLES, self._size_px, accept=accept, behind=behind)

    def _glass_layers(self, glass: Candidates, solid: Keys, row: int) -> list[Fragments]:
        """Peel the see-through surfaces in front of the solid ones, nearest first."""
        layers: list[Fragments] = []
        behind = np.full_like(solid, -1)
        while len(glass.owners) and len(layers) < MAX_LAYERS:
            keys = np.full_like(solid, NOTHING)
            self._fill(glass, keys, row, accept=self._shows, behind=behind)
            keys[keys >= solid] = NOTHING
            if (keys == NOTHING).all():
                break
            layers.append(resolve(keys, row, self._size_px))
            behind = keys
        return layers

    def _shaded_layer(self, fragments: Fragments, share: Floats) -> Floats:
        shaded = self._shader.shade(fragments, share[fragments.pixels])
        modes = np.array([material.alpha_mode == "BLEND" for material in self._scene.materials])
        blended = modes[self._scene.material_ids[fragments.owners]]
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

    def _hides(self, owners: Ints, x: Floats, y: Floats) -> Flags:
        """Which samples of cut-out surfaces hide all behind them."""
        alphas, materials = self._alphas(owners, x, y)
        limits = np.array(
            [
                material.alpha_cutoff if material.alpha_mode == "MASK" else NEARLY_OPAQUE
                for material in self._scene.materials
            ],
            np.float32,
        )
        return alphas >= limits[materials]

    def _shows(self, owners: Ints, x: Floats, y: Floats) -> Flags:
        """Which samples of see-through surfaces can be seen at all."""
        return self._alphas(owners, x, y)[0] > np.float32(NEARLY_CLEAR)

    def _alphas(self, owners: Ints, x: Floats, y: Floats) -> tuple[Floats, Ints]:
        scene = self._scene
        corners = locate(owners, x, y, self._placed, scene.triangles)
        vertex_alpha = None if scene.colours is None else corners.mix(scene.colours[3:])[0]
        reader = self._shader.reader(owners, corners)
        materials = scene.material_ids[owners]
        alphas = np.empty(len(owners), np.float32)
        for number in np.unique(materials):
            chosen = np.flatnonzero(materials == number)
            part = UvReader([uvs[:, chosen] for uvs in reader.uv_sets], reader.detail[chosen])
            alphas[chosen] = scene.materials[number].alpha(
                part, None if vertex_alpha is None else vertex_alpha[chosen]
            )
        return alphas, materials


def _kind(material: Material, scene: Scene) -> str:
    """Return the alpha mode, or OPAQUE when nothing of the material can be see-through."""
    slot = material.base_colour_texture
    limit = material.alpha_cutoff if material.alpha_mode == "MASK" else NEARLY_OPAQUE
    plain = slot is None or slot.texture.opaque
    full = scene.colours is None or bool((scene.colours[3] == 1).all())
    if plain and full and material.base_colour[3] >= limit:
        return "OPAQUE"
    return material.alpha_mode
