"""The materials of a GLB, read into plain values with their textures.

Metallic-roughness as in glTF 2.0, plus the extensions that change the look of common game assets:
KHR_texture_transform, KHR_materials_unlit, KHR_materials_emissive_strength and the old
KHR_materials_pbrSpecularGlossiness (as its diffuse part). Other extensions are not looked at.
"""

import math
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np

from asset_forge.errors import BadGlb
from asset_forge.glb import fields
from asset_forge.glb.render.arrays import Floats
from asset_forge.glb.render.textures import Taps, Texture, TextureStore

AlphaMode = Literal["OPAQUE", "MASK", "BLEND"]
# A blended surface that covers this much is drawn like an opaque one, without seams.
NEARLY_OPAQUE: Final = 0.98
# Weaker than half a step of eight bits: nothing to see.
NEARLY_CLEAR: Final = 0.002
# Any light above is white in a picture; much above, float32 overflows.
BRIGHTEST: Final = 1e4


@dataclass(frozen=True, eq=False)
class TextureSlot:
    """A texture with the uv set it reads (0 or 1) and the (2, 3) matrix that moves the uvs."""

    texture: Texture
    uv_set: int = 0
    transform: Floats | None = None

    def reads_like(self, other: "TextureSlot") -> bool:
        """Whether both give the same values."""
        return (
            self.texture.texels is other.texture.texels
            and self.texture.layout == other.texture.layout
            and self.uv_set == other.uv_set
            and self.transform is None
            and other.transform is None
        )


@dataclass(eq=False)
class UvReader:
    """Reads textures at N points.

    uv_sets: (2, N) each. detail: (N,) log2 of the uv units a pixel covers. Textures of one size are
    the rule in a material, so where to read is found once for all of them.
    """

    uv_sets: list[Floats]
    detail: Floats
    _taps: dict[tuple[object, ...], Taps] = field(default_factory=dict)

    def read(self, slot: TextureSlot) -> Floats:
        """Return (4, N) values of 0…1."""
        transform = slot.transform
        moved = None if transform is None else transform.tobytes()
        key = (slot.uv_set, moved, *slot.texture.layout)
        if key not in self._taps:
            uvs, detail = self.uv_sets[min(slot.uv_set, len(self.uv_sets) - 1)], self.detail
            if transform is not None:
                uvs = transform[:, :2] @ uvs + transform[:, 2:]
                scale = abs(float(np.linalg.det(transform[:, :2].astype(np.float64))))
                detail = detail + np.float32(0.5 * math.log2(max(scale, 1e-9)))
            self._taps[key] = slot.texture.taps(uvs, detail)
        return slot.texture.read(self._taps[key])


@dataclass(frozen=True, eq=False)
class Material:
    """How a surface answers to light. Colours are linear, factors 0…1."""

    base_colour: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)
    base_colour_texture: TextureSlot | None = None
    metallic: float = 1.0
    roughness: float = 1.0
    metallic_roughness_texture: TextureSlot | None = None
    normal_texture: TextureSlot | None = None
    normal_scale: float = 1.0
    occlusion_texture: TextureSlot | None = None
    occlusion_strength: float = 1.0
    emissive: tuple[float, ...] = (0.0, 0.0, 0.0)
    emissive_texture: TextureSlot | None = None
    alpha_mode: AlphaMode = "OPAQUE"
    alpha_cutoff: float = 0.5
    double_sided: bool = False
    unlit: bool = False

    def alpha(self, reader: UvReader, vertex_alpha: Floats | None) -> Floats:
        """Opacity (N,) before it is cut off or blended."""
        alpha = np.full(len(reader.detail), self.base_colour[3], np.float32)
        if self.base_colour_texture is not None:
            alpha *= reader.read(self.base_colour_texture)[3]
        if vertex_alpha is not None:
            alpha *= vertex_alpha
        return alpha


# What glTF gives a primitive that names no material.
DEFAULT_MATERIAL = Material()


@dataclass
class MaterialReader:
    """Reads the materials of one document; each texture is decoded once."""

    textures: TextureStore
    _read: dict[int | None, Material] = field(default_factory=dict)

    def material(self, index: int | None) -> Material:
        """Return material number `index`; None gives glTF's default. Raises BadGlb."""
        if index is None:
            return DEFAULT_MATERIAL
        if index not in self._read:
            entry = fields.item(self.textures.document.json, "materials", index)
            self._read[index] = self._parse(entry)
        return self._read[index]

    def _parse(self, entry: dict[str, Any]) -> Material:
        extensions = fields.mapping(entry, "extensions")
        surface = fields.mapping(entry, "pbrMetallicRoughness")
        normal = fields.mapping(entry, "normalTexture")
        occlusion = fields.mapping(entry, "occlusionTexture")
        strength = fields.mapping(extensions, "KHR_materials_emissive_strength")
        emissive_strength = _number(strength, "emissiveStrength", 1.0, highest=BRIGHTEST)
        emissive = fields.numbers(entry, "emissiveFactor", 3, (0.0, 0.0, 0.0))
        glossy = fields.mapping(extensions, "KHR_materials_pbrSpecularGlossiness")
        if glossy and not surface:
            surface = {
                "baseColorFactor": glossy.get("diffuseFactor", [1.0, 1.0, 1.0, 1.0]),
                "baseColorTexture": glossy.get("diffuseTexture", {}),
                "metallicFactor": 0.0,
                "roughnessFactor": 1.0 - _number(glossy, "glossinessFactor", 1.0),
            }
        return Material(
            base_colour=tuple(
                min(max(value, 0.0), 1.0)
                for value in fields.numbers(surface, "baseColorFactor", 4, (1.0, 1.0, 1.0, 1.0))
            ),
            base_colour_texture=self._slot(surface, "baseColorTexture", srgb=True),
            metallic=_number(surface, "metallicFactor", 1.0),
            roughness=_number(surface, "roughnessFactor", 1.0),
            metallic_roughness_texture=self._slot(surface, "metallicRoughnessTexture"),
            normal_texture=self._slot(entry, "normalTexture"),
            normal_scale=_number(normal, "scale", 1.0, lowest=-10, highest=10),
            occlusion_texture=self._slot(entry, "occlusionTexture"),
            occlusion_strength=_number(occlusion, "strength", 1.0),
            emissive=tuple(
                min(max(value, 0.0) * emissive_strength, BRIGHTEST) for value in emissive
            ),
            emissive_texture=self._slot(entry, "emissiveTexture", srgb=True),
            alpha_mode=_alpha_mode(entry),
            alpha_cutoff=_number(entry, "alphaCutoff", 0.5, highest=10),
            double_sided=entry.get("doubleSided") is True,
            unlit="KHR_materials_unlit" in extensions,
        )

    def _slot(self, parent: dict[str, Any], key: str, *, srgb: bool = False) -> TextureSlot | None:
        info = fields.mapping(parent, key)
        if not info:
            return None
        texture = self.textures.texture(fields.integer(info, "index"), srgb=srgb)
        if texture is None:
            return None
        moved = fields.mapping(fields.mapping(info, "extensions"), "KHR_texture_transform")
        uv_set = fields.integer(info, "texCoord", default=0)
        if not moved:
            return TextureSlot(texture, uv_set)
        uv_set = fields.integer(moved, "texCoord", default=uv_set)
        return TextureSlot(texture, uv_set, _uv_transform(moved))


def _uv_transform(moved: dict[str, Any]) -> Floats:
    """Move after rotating after scaling, as in the extension's own formula."""
    offset_u, offset_v = fields.numbers(moved, "offset", 2, (0.0, 0.0))
    scale_u, scale_v = fields.numbers(moved, "scale", 2, (1.0, 1.0))
    rotation = _number(moved, "rotation", 0.0, lowest=-1e6, highest=1e6)
    cos, sin = math.cos(rotation), math.sin(rotation)
    rows = [
        [cos * scale_u, sin * scale_v, offset_u],
        [-sin * scale_u, cos * scale_v, offset_v],
    ]
    return np.array(rows, np.float64).clip(-1e6, 1e6).astype(np.float32)


def _alpha_mode(entry: dict[str, Any]) -> AlphaMode:
    mode = fields.text(entry, "alphaMode", "OPAQUE")
    if mode == "MASK":
        return "MASK"
    return "BLEND" if mode == "BLEND" else "OPAQUE"


def _number(
    parent: dict[str, Any],
    key: str,
    default: float,
    *,
    lowest: float = 0.0,
    highest: float = 1.0,
) -> float:
    value = parent.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadGlb(f"The GLB is damaged: {key!r} must be a number.")
    return min(max(float(value), lowest), highest)
