"""Which triangles hide which, seen from one point: solid ones, cut-out ones and glass.

Used for the camera and for the lamp that casts shadows.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from asset_forge.glb.render.arrays import Flags, Floats, Ints, Keys
from asset_forge.glb.render.fragments import locate, texture_reader
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
from asset_forge.glb.render.view import Projected

# See-through surfaces behind one another; what lies deeper is left out.
MAX_LAYERS: Final = 8
_BAND_SAMPLES: Final = 1 << 17


class Sight:
    """The triangles of a scene as one view sees them."""

    def __init__(self, scene: Scene, placed: Projected, size_px: int) -> None:
        self._scene = scene
        self._placed = placed
        self._size_px = size_px
        sides = np.array([material.double_sided for material in scene.materials])
        seen = visible_candidates(placed, scene.triangles, sides[scene.material_ids], size_px)
        kinds = np.array([_kind(material, scene) for material in scene.materials])
        kinds = kinds[scene.material_ids[seen.owners]]
        self._solid = seen.part(kinds == "OPAQUE")
        # With holes, or partly see-through; what may be see-through is looked at twice.
        self._cut_out = seen.part(kinds != "OPAQUE")
        self._glass = seen.part(kinds == "BLEND")

    def bands(self) -> Iterator[tuple[int, int]]:
        """Cut the picture into (first row, rows) of pixels, to bound the memory."""
        band_rows = max(1, _BAND_SAMPLES // (SAMPLES * self._size_px))
        for row in range(0, self._size_px, band_rows):
            yield row, min(band_rows, self._size_px - row)

    def solid_keys(self, row: int, rows: int) -> Keys:
        """Find the nearest surface that hides all behind it, for each sample of a band."""
        keys = np.full(rows * SAMPLES * self._size_px, NOTHING, np.int64)
        self._fill(self._solid, keys, row)
        self._fill(self._cut_out, keys, row, accept=self._hides)
        return keys

    def glass_keys(self, solid: Keys, row: int) -> list[Keys]:
        """Peel the see-through surfaces in front of the solid ones, nearest first."""
        layers: list[Keys] = []
        behind = np.full_like(solid, -1)
        while len(self._glass.owners) and len(layers) < MAX_LAYERS:
            keys = np.full_like(solid, NOTHING)
            self._fill(self._glass, keys, row, accept=self._shows, behind=behind)
            keys[keys >= solid] = NOTHING
            if (keys == NOTHING).all():
                break
            layers.append(keys)
            behind = keys
        return layers

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
        reader = texture_reader(scene, owners, corners)
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
