"""What light a fragment sends to the camera.

Metallic-roughness shading as in glTF 2.0, appendix B, with the studio's light: lamps on the dull
part, the mirrored room on the shiny part. The split-sum factors are the fit by Karis ("Physically
Based Shading on Mobile", Unreal Engine blog, 2014).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from asset_forge.glb.render import studio
from asset_forge.glb.render.arrays import Floats, Ints, unit_rows
from asset_forge.glb.render.colour import tone_map
from asset_forge.glb.render.fragments import Corners, Fragments, locate
from asset_forge.glb.render.materials import Material
from asset_forge.glb.render.scene import Scene
from asset_forge.glb.render.view import Fit, Projected, View, view_axes

# Reflections look as if the cards stood this near, so that flat faces show a gradient.
ROOM_NEARNESS: Final = np.float32(0.38)
# The eye of a parallel view, in halves of the picture: far, but not endlessly far, so that a
# polished plane does not mirror one single point of the room.
EYE_DISTANCE: Final = np.float32(6)
SMALLEST_ROUGHNESS: Final = np.float32(0.06)
# An interpolated normal that points away from the eye is bent back until it faces it this much.
SMALLEST_FACING: Final = np.float32(0.03)

_BLOCK: Final = 1 << 15


@dataclass(frozen=True, eq=False)
class Shader:
    """Shades the fragments of one view of one scene.

    stage_vertices: (V, 6) normals and positions in stage directions; positions are measured from
    the middle of the picture in halves of it. stage: (3, 3) from world to stage. eye: (3,).
    """

    scene: Scene
    placed: Projected
    stage_vertices: Floats
    stage: Floats
    eye: Floats

    @classmethod
    def for_view(cls, scene: Scene, placed: Projected, view: View, fit: Fit) -> "Shader":
        """Bring the scene's vertices onto the stage of a view."""
        axes = view_axes(view)
        stage = axes.stage.astype(np.float32)
        moved = (scene.positions - np.array(fit.centre, np.float32)) / np.float32(fit.half_extent_m)
        vertices = np.concatenate([scene.normals @ stage.T, moved @ stage.T], axis=1)
        eye = stage @ axes.back.astype(np.float32) * EYE_DISTANCE
        return cls(scene, placed, vertices, stage, eye)

    def shade(self, fragments: Fragments, room_share: Floats) -> Floats:
        """Return (F, 4): displayable linear colour and opacity, not multiplied with each other.

        room_share: (F,) how much of the room's light is not blocked by neighbouring surfaces.
        """
        shaded = np.empty((len(fragments), 4), np.float32)
        material_ids = self.scene.material_ids[fragments.owners]
        for number, material in enumerate(self.scene.materials):
            chosen = np.flatnonzero(material_ids == number).astype(np.int32)
            for start in range(0, len(chosen), _BLOCK):
                block = chosen[start : start + _BLOCK]
                shaded[block] = self._shade_material(
                    fragments.part(block), material, room_share[block]
                )
        return shaded

    def _shade_material(
        self, fragments: Fragments, material: Material, room_share: Floats
    ) -> Floats:
        scene = self.scene
        corners = locate(fragments.owners, fragments.x, fragments.y, self.placed, scene.triangles)
        uv_sets = [corners.mix(uvs) for uvs in scene.uv_sets]
        detail = texture_detail(scene.uv_areas[fragments.owners], corners.areas_px)
        base = np.tile(np.array(material.base_colour, np.float32), (len(fragments), 1))
        if material.base_colour_texture is not None:
            base *= material.base_colour_texture.sample(uv_sets, detail)
        if scene.colours is not None:
            base *= corners.mix(scene.colours)
        light = _emitted(material, uv_sets, detail, len(fragments))
        if material.unlit:
            light += base[:, :3]
        else:
            placed = corners.mix(self.stage_vertices)
            normals = self._normals(
                material, placed[:, :3], corners, uv_sets, detail, fragments.owners
            )
            light += self._reflected(
                base[:, :3],
                _surface(material, uv_sets, detail, len(fragments)),
                normals,
                placed[:, 3:],
                room_share,
            )
            light = tone_map(light)
        return np.concatenate([np.clip(light, 0, 1), np.clip(base[:, 3:], 0, 1)], axis=1)

    def _normals(
        self,
        material: Material,
        normals: Floats,
        corners: Corners,
        uv_sets: list[Floats],
        detail: Floats,
        owners: Ints,
    ) -> Floats:
        """Return unit normals (F, 3) on the side that is seen, with the normal map applied."""
        normals = unit_rows(normals)
        slot, tangents = material.normal_texture, self.scene.tangents
        if slot is not None and tangents is not None:
            mapped = slot.sample(uv_sets, detail)[:, :3] * 2 - 1
            mapped[:, :2] *= np.float32(material.normal_scale)
            frame = tangents[owners]
            along = frame[:, :3] @ self.stage.T
            along = unit_rows(along - normals * _dots(along, normals)[:, None])
            upward = np.cross(normals, along) * frame[:, 3:]
            normals = unit_rows(
                along * mapped[:, :1] + upward * mapped[:, 1:2] + normals * mapped[:, 2:]
            )
        normals[corners.backs] *= -1
        return normals

    def _reflected(
        self,
        colours: Floats,
        surface: tuple[Floats, Floats, Floats],
        normals: Floats,
        positions: Floats,
        room_share: Floats,
    ) -> Floats:
        """Light (F, 3) that a lit surface sends to the eye."""
        metallic, roughness, occlusion = surface
        towards_eye = unit_rows(self.eye - positions)
        facing = _dots(normals, towards_eye)
        bend = np.maximum(SMALLEST_FACING - facing, 0)
        normals = unit_rows(normals + bend[:, None] * towards_eye)
        facing = np.clip(_dots(normals, towards_eye), SMALLEST_FACING, 1)
        open_share = room_share * occlusion

        ambient = studio.ambient_light(normals) * open_share[:, None]
        # Lamps are no points: a little of the occlusion reaches them as well.
        lamps = sum(
            (studio.lamp_light(normals, lamp) for lamp in (studio.KEY, studio.FILL, studio.RIM)),
            np.zeros_like(normals),
        )
        dull = (ambient + lamps * (0.35 + 0.65 * open_share)[:, None]) * colours
        dull *= (1 - metallic)[:, None]

        mirrored = 2 * facing[:, None] * normals - towards_eye
        room = studio.mirrored_light(unit_rows(mirrored + ROOM_NEARNESS * positions), roughness)
        straight = 0.04 + metallic[:, None] * (colours - 0.04)
        scale, bias = _split_sum(facing, roughness)
        shiny = straight * scale[:, None] + bias[:, None]
        # What bounces more than once between the grains of a rough metal is not lost.
        shiny *= 1 + straight * (1 / (scale + bias) - 1)[:, None]
        shiny_share = np.clip((facing + open_share) ** 2 - 1 + open_share, 0, 1)
        light: Floats = dull + shiny * room * shiny_share[:, None]
        return light


def texture_detail(uv_areas: Floats, areas_px: Floats) -> Floats:
    """Return log2 of the uv units one pixel covers, from a triangle's two areas."""
    ratio = np.maximum(uv_areas, 1e-20) / np.maximum(areas_px, 1e-6)
    detail: Floats = np.log2(ratio) * np.float32(0.5)
    return detail


def _emitted(material: Material, uv_sets: list[Floats], detail: Floats, count: int) -> Floats:
    light = np.tile(np.array(material.emissive, np.float32), (count, 1))
    if material.emissive_texture is not None and any(material.emissive):
        light *= material.emissive_texture.sample(uv_sets, detail)[:, :3]
    return light


def _surface(
    material: Material, uv_sets: list[Floats], detail: Floats, count: int
) -> tuple[Floats, Floats, Floats]:
    """Return metallic, roughness and baked occlusion, (F,) each."""
    metallic = np.full(count, material.metallic, np.float32)
    roughness = np.full(count, material.roughness, np.float32)
    occlusion = np.ones(count, np.float32)
    slot, occlusion_slot = material.metallic_roughness_texture, material.occlusion_texture
    packed: Floats | None = None
    if slot is not None:
        packed = slot.sample(uv_sets, detail)
        metallic *= packed[:, 2]
        roughness *= packed[:, 1]
    if occlusion_slot is not None:
        # Often the red channel of the same picture.
        shared = slot is not None and packed is not None and occlusion_slot.reads_like(slot)
        values = packed if shared and packed is not None else occlusion_slot.sample(uv_sets, detail)
        occlusion += np.float32(material.occlusion_strength) * (values[:, 0] - 1)
    return metallic, np.maximum(roughness, SMALLEST_ROUGHNESS), occlusion


def _split_sum(facing: Floats, roughness: Floats) -> tuple[Floats, Floats]:
    """Return factor and offset of the reflectance at normal incidence."""
    x = 1 - roughness
    y = np.float32(0.0425) - np.float32(0.0275) * roughness
    z = np.float32(1.04) - np.float32(0.572) * roughness
    w = np.float32(0.022) * roughness - np.float32(0.04)
    grazing = np.minimum(x * x, np.exp2(np.float32(-9.28) * facing)) * x + y
    return z - np.float32(1.04) * grazing, w + np.float32(1.04) * grazing


def _dots(first: Floats, second: Floats) -> Floats:
    products: Floats = np.einsum("ij,ij->i", first, second)
    return products
