"""What light a fragment sends to the camera.

Metallic-roughness shading as in glTF 2.0, appendix B, with the studio's light: lamps on the dull
part, the mirrored room on the shiny part. The split-sum factors are the fit by Karis ("Physically
Based Shading on Mobile", Unreal Engine blog, 2014).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from asset_forge.glb.render import studio
from asset_forge.glb.render.arrays import Floats, Ints, column, crosses, dots, units
from asset_forge.glb.render.colour import tone_map
from asset_forge.glb.render.fragments import Corners, Fragments, locate, texture_reader
from asset_forge.glb.render.materials import Material, UvReader
from asset_forge.glb.render.scene import Scene
from asset_forge.glb.render.shadow import Shadow
from asset_forge.glb.render.view import Fit, Projected, View, view_axes

# Reflections look as if the cards stood this near, so that flat faces show a gradient.
ROOM_NEARNESS: Final = np.float32(0.25)
# The eye of a parallel view, in halves of the picture: far, but not endlessly far, so that a
# polished plane does not mirror one single point of the room.
EYE_DISTANCE: Final = np.float32(6)
SMALLEST_ROUGHNESS: Final = np.float32(0.06)
# An interpolated normal that points away from the eye is bent back until it faces it this much.
SMALLEST_FACING: Final = np.float32(0.03)

_BLOCK: Final = 1 << 14


@dataclass(frozen=True, eq=False)
class Surface:
    """The material at F points: colours (3, F), the others (F,)."""

    colours: Floats
    metallic: Floats
    roughness: Floats
    occlusion: Floats


@dataclass(frozen=True, eq=False)
class Shader:
    """Shades the fragments of one view of one scene.

    stage_vertices: (6, V) normals and positions in stage directions; positions are measured from
    the middle of the picture in halves of it. stage: (3, 3) from world to stage. eye: (3, 1).
    """

    scene: Scene
    placed: Projected
    stage_vertices: Floats
    stage: Floats
    eye: Floats
    shadow: Shadow

    @classmethod
    def for_view(
        cls, scene: Scene, placed: Projected, view: View, fit: Fit, size_px: int
    ) -> "Shader":
        """Bring the scene's vertices onto the stage of a view."""
        axes = view_axes(view)
        stage = axes.stage.astype(np.float32)
        moved = (scene.positions - column(fit.centre)) / np.float32(fit.half_extent_m)
        vertices = np.concatenate([stage @ scene.normals, stage @ moved])
        eye = (stage @ axes.back.astype(np.float32) * EYE_DISTANCE)[:, None]
        shadow = Shadow.cast(scene, vertices[3:], size_px)
        return cls(scene, placed, vertices, stage, eye, shadow)

    def shade(self, fragments: Fragments, room_share: Floats) -> Floats:
        """Return (4, F): displayable linear colour and opacity, not multiplied with each other.

        room_share: of each pixel, how much of the room's light nearby surfaces do not block.
        """
        shaded = np.empty((4, len(fragments)), np.float32)
        material_ids = self.scene.material_ids.take(fragments.owners)
        for number, material in enumerate(self.scene.materials):
            chosen = np.flatnonzero(material_ids == number).astype(np.int32)
            for start in range(0, len(chosen), _BLOCK):
                block = chosen[start : start + _BLOCK]
                part = fragments.part(block)
                shaded[:, block] = self._shade_material(part, material, room_share[part.pixels])
        return shaded

    def _shade_material(
        self, fragments: Fragments, material: Material, room_share: Floats
    ) -> Floats:
        scene = self.scene
        corners = locate(fragments.owners, fragments.x, fragments.y, self.placed, scene.triangles)
        reader = texture_reader(scene, fragments.owners, corners)
        base = np.repeat(column(material.base_colour), len(fragments), axis=1)
        if material.base_colour_texture is not None:
            base *= reader.read(material.base_colour_texture)
        if scene.colours is not None:
            base *= corners.mix(scene.colours)
        light = np.repeat(column(material.emissive), len(fragments), axis=1)
        if material.emissive_texture is not None and any(material.emissive):
            light *= reader.read(material.emissive_texture)[:3]
        if material.unlit:
            light += base[:3]
        else:
            placed = corners.mix(self.stage_vertices)
            normals = self._normals(material, placed[:3], corners, reader, fragments.owners)
            surface = _surface(material, reader, base[:3])
            dull, shiny = self._reflected(surface, normals, placed[3:], room_share)
            light = tone_map(light + dull + shiny)
            if material.alpha_mode == "BLEND":
                base[3] = _glass_opacity(base[3], shiny)
        base[:3] = light
        np.clip(base, 0, 1, out=base)
        return base

    def _normals(
        self,
        material: Material,
        normals: Floats,
        corners: Corners,
        reader: UvReader,
        owners: Ints,
    ) -> Floats:
        """Return unit normals (3, F) on the side that is seen, with the normal map applied."""
        normals = units(normals)
        tangents = self.scene.tangents
        if material.normal_texture is not None and tangents is not None:
            mapped = reader.read(material.normal_texture)[:3] * 2 - 1
            mapped[:2] *= np.float32(material.normal_scale)
            frame = tangents.take(owners, axis=1)
            along = self.stage @ frame[:3]
            along = units(along - normals * dots(along, normals))
            upward = crosses(normals, along) * frame[3]
            normals = units(along * mapped[0] + upward * mapped[1] + normals * mapped[2])
        normals *= np.where(corners.backs, np.float32(-1), np.float32(1))
        return normals

    def _reflected(
        self, surface: Surface, normals: Floats, positions: Floats, room_share: Floats
    ) -> tuple[Floats, Floats]:
        """Return the dull and the mirrored light (3, F) that a lit surface sends to the eye."""
        towards_eye = units(self.eye - positions)
        bend = np.maximum(SMALLEST_FACING - dots(normals, towards_eye), 0)
        normals = units(normals + bend * towards_eye)
        facing = np.clip(dots(normals, towards_eye), SMALLEST_FACING, 1)
        open_share = room_share * surface.occlusion

        light = studio.lamp_light(normals, studio.KEY)
        light *= self.shadow.lamp_share(positions, normals)
        light += studio.lamp_light(normals, studio.FILL)
        light += studio.lamp_light(normals, studio.RIM)
        # Lamps are no points: some of what blocks the room blocks them as well.
        light *= np.float32(0.35) + np.float32(0.65) * open_share
        light += studio.ambient_light(normals) * open_share
        light *= surface.colours
        light *= 1 - surface.metallic

        mirrored = 2 * facing * normals - towards_eye
        mirrored = units(mirrored + ROOM_NEARNESS * positions)
        room = studio.mirrored_light(mirrored, surface.roughness)
        plain = np.float32(0.04)
        straight = plain + surface.metallic * (surface.colours - plain)
        scale, bias = _split_sum(facing, surface.roughness)
        shiny = straight * scale + bias
        # What bounces more than once between the grains of a rough metal is not lost.
        shiny *= 1 + straight * (1 / (scale + bias) - 1)
        # Lagarde's specular occlusion: mirrors that face the eye look out of shallow creases.
        shiny *= np.clip((facing + open_share) ** 2 - 1 + open_share, 0, 1)
        shiny *= room
        return light, shiny


def _glass_opacity(alpha: Floats, shiny: Floats) -> Floats:
    """Let clear glass keep its highlights; what is as good as nothing keeps none."""
    strength = np.clip(shiny.max(axis=0), 0, 1) * np.minimum(alpha * np.float32(8), 1)
    opacity: Floats = alpha + (1 - alpha) * strength
    return opacity


def _surface(material: Material, reader: UvReader, colours: Floats) -> Surface:
    count = colours.shape[1]
    metallic = np.full(count, material.metallic, np.float32)
    roughness = np.full(count, material.roughness, np.float32)
    occlusion = np.ones(count, np.float32)
    slot, occlusion_slot = material.metallic_roughness_texture, material.occlusion_texture
    packed = None if slot is None else reader.read(slot)
    if packed is not None:
        metallic *= packed[2]
        roughness *= packed[1]
    if occlusion_slot is not None:
        # Often the red channel of the same picture.
        shared = packed is not None and slot is not None and slot.reads_like(occlusion_slot)
        values = packed if shared and packed is not None else reader.read(occlusion_slot)
        occlusion += np.float32(material.occlusion_strength) * (values[0] - 1)
    return Surface(colours, metallic, np.maximum(roughness, SMALLEST_ROUGHNESS), occlusion)


def _split_sum(facing: Floats, roughness: Floats) -> tuple[Floats, Floats]:
    """Return factor and offset of the reflectance at normal incidence."""
    x = 1 - roughness
    y = np.float32(0.0425) - np.float32(0.0275) * roughness
    z = np.float32(1.04) - np.float32(0.572) * roughness
    w = np.float32(0.022) * roughness - np.float32(0.04)
    grazing = np.minimum(x * x, np.exp2(np.float32(-9.28) * facing)) * x + y
    return z - np.float32(1.04) * grazing, w + np.float32(1.04) * grazing
