"""Another maker's textures in a new material: colour, roughness and metal follow the material,
the light and dark structure of the old texture stays visible.
"""

import io
from typing import Any

import numpy as np
from PIL import Image

from asset_forge.errors import BadGlb, BadPicture
from asset_forge.glb.accessors import read_accessor
from asset_forge.glb.builder import VERTEX_TARGET, GlbBuilder
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.embedded_pictures import decode_picture, to_rgb
from asset_forge.greybox.canvas import Canvas, Layer, resized
from asset_forge.greybox.surfaces import Surface
from asset_forge.greybox.swatches import paint

_MAX_PX = 2048
_NOMINAL_M = 0.8  # what a whole texture measures when the mesh does not tell
# Texture formats beside PNG and JPEG stand in extensions of the texture; we write PNG.
# What would change the look of the new material, or be wrong on it.
_OVERRULED = frozenset({
    "KHR_materials_pbrSpecularGlossiness", "KHR_materials_unlit", "KHR_materials_specular",
    "KHR_materials_sheen", "KHR_materials_clearcoat", "KHR_materials_iridescence",
    "KHR_materials_anisotropy", "KHR_materials_transmission", "KHR_materials_volume",
    "KHR_materials_diffuse_transmission", "KHR_materials_dispersion",
})  # fmt: skip
_TEXTURE_FORMATS = ("EXT_texture_webp", "KHR_texture_basisu", "MSFT_texture_dds")


def recolour(document: GlbDocument, target: Surface, *, seed: int) -> GlbDocument:
    """Return the document with every material turned into the target; geometry stays untouched.

    Where the old material tells metal from other parts, only one of them is replaced.
    """
    builder = GlbBuilder(document)
    work = _Work(document, builder, target, seed)
    plans = [work.textures_for(material) for material in document.json.get("materials", [])]
    greys = _grey_colours(document, builder)
    result = builder.build()
    for material, plan in zip(result.json.get("materials", []), plans, strict=True):
        _apply(material, plan, target)
    _give_all_a_material(result, target)
    for primitive in _primitives(result):
        colours = primitive["attributes"].get("COLOR_0")
        if colours in greys:
            primitive["attributes"]["COLOR_0"] = greys[colours]
    _forget_unused_extensions(result)
    return result


class _Work:
    """Makes each pair of textures once, however many materials share it."""

    def __init__(
        self, document: GlbDocument, builder: GlbBuilder, target: Surface, seed: int
    ) -> None:
        self._document = document
        self._builder = builder
        self._target = target
        self._seed = seed
        self._size_m = _texture_size_m(document)
        self._done: dict[tuple[int, int | None], tuple[int, int]] = {}

    def textures_for(self, material: dict[str, Any]) -> tuple[int, int] | None:
        """Return the new (base colour, ORM) textures, or None without a picture to follow."""
        pbr = material.get("pbrMetallicRoughness", {})
        base_slot = _base_slot(material)
        base_image = self._image_of(base_slot)
        if base_image is None:
            return None
        orm_slot = pbr.get("metallicRoughnessTexture")
        # Pictures that lie differently on the mesh cannot be compared texel by texel.
        orm_image = self._image_of(orm_slot) if _lies_alike(orm_slot, base_slot) else None
        key = (base_image, orm_image)
        if key not in self._done:
            self._done[key] = self._painted(base_image, orm_image, pbr)
        return self._done[key]

    def _painted(
        self, base_image: int, orm_image: int | None, pbr: dict[str, Any]
    ) -> tuple[int, int]:
        old = self._pixels(base_image)
        if old is None:
            old = np.full((512, 512, 4), 0.5, np.float32)
        old_orm = None if orm_image is None else self._pixels(orm_image)
        shape = (old.shape[0], old.shape[1])
        if old_orm is not None:
            old_orm = np.stack([resized(old_orm[..., k], shape) for k in range(3)], axis=-1)
        painted = paint(self._target, _flat_canvas(shape, self._size_m, self._seed))
        mask = _replaced(old_orm, pbr, by_metal=self._target.family == "metal")
        base = painted.base * _structure(old)[..., None]
        orm = np.stack(
            [np.ones(shape, np.float32) if old_orm is None else old_orm[..., 0],
             np.clip(painted.roughness, 0.04, 1.0), painted.metallic],
            axis=-1,
        )  # fmt: skip
        if mask is not None and old_orm is not None:
            base = old[..., :3] + (base - old[..., :3]) * mask[..., None]
            orm = old_orm + (orm - old_orm) * mask[..., None]
        has_alpha = bool((old[..., 3] < 0.999).any())
        pixels = np.concatenate([base, old[..., 3:]], axis=-1) if has_alpha else base
        return self._texture(pixels), self._texture(orm)

    def _image_of(self, slot: dict[str, Any] | None) -> int | None:
        if slot is None:
            return None
        try:
            texture = self._document.json["textures"][slot["index"]]
            for name in _TEXTURE_FORMATS:
                source = texture.get("extensions", {}).get(name, {}).get("source")
                if source is not None:
                    return int(source)
            source = texture.get("source")
        except (KeyError, IndexError, TypeError) as error:
            raise BadGlb(
                "The GLB is damaged: a material names no texture that is there."
            ) from error
        return None if source is None else int(source)

    def _pixels(self, image: int) -> Layer | None:
        """Decode a picture as (h, w, 4) float32 0..1, or None for a format Pillow cannot read."""
        data = self._document.image_bytes(image)
        where = f"images[{image}]"
        try:
            with decode_picture(data, where, limit_px=_MAX_PX) as picture:
                rgba = to_rgb(picture, where).convert("RGBA")
        except BadPicture:
            return None
        rgba.thumbnail((_MAX_PX, _MAX_PX))
        return np.asarray(rgba, np.float32) / np.float32(255.0)

    def _texture(self, values: Layer) -> int:
        pixels = (np.clip(values, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG", compress_level=1)
        return self._builder.add_texture(self._builder.add_image(file.getvalue()))


def _flat_canvas(shape: tuple[int, int], size_m: float, seed: int) -> Canvas:
    zero = np.zeros(shape, np.float32)
    canvas = Canvas(
        shape=shape,
        size_m=(size_m, size_m),
        rng=np.random.default_rng([seed, 3]),
        edge=zero,
        cavity=zero,
        openness=np.ones(shape, np.float32),
        cloud=zero,
        height=zero,
    )
    canvas.cloud = canvas.noise(size_m / 5, octaves=2)
    canvas.height = canvas.cloud
    return canvas


def _structure(old: Layer) -> Layer:
    """Return the old picture's light and dark as factors around 1."""
    light = np.einsum("hwc,c->hw", old[..., :3], np.array([0.30, 0.59, 0.11], np.float32))
    seen = old[..., 3] > 0.5
    mean = float(light[seen].mean()) if seen.any() else 0.5
    factor: Layer = np.clip(((light + 0.06) / (mean + 0.06)) ** 0.75, 0.35, 1.5)
    return factor


def _replaced(old_orm: Layer | None, pbr: dict[str, Any], *, by_metal: bool) -> Layer | None:
    """Return which texels the new material takes over, 0..1, or None for all of them.

    Where the old material was metal in some places only, a metal takes those, and anything else
    takes whichever is more.
    """
    if old_orm is None:
        return None
    metal = old_orm[..., 2] * float(pbr.get("metallicFactor", 1.0))
    share = float((metal > 0.5).mean())
    if not 0.05 < share < 0.95:
        return None
    mask: Layer = np.clip(metal * 1.6 - 0.3, 0.0, 1.0)
    return mask if by_metal or share > 0.5 else 1.0 - mask


def _texture_size_m(document: GlbDocument) -> float:
    """Measure how many metres the whole texture spans on the mesh, so that patterns fit it."""
    surface = layer = 0.0
    for mesh in document.json.get("meshes", []):
        for primitive in mesh["primitives"]:
            attributes = primitive["attributes"]
            if "TEXCOORD_0" not in attributes:
                continue
            positions = read_accessor(document, attributes["POSITION"]).astype(np.float64)
            uvs = read_accessor(document, attributes["TEXCOORD_0"]).astype(np.float64)
            order = np.arange(len(positions))
            if "indices" in primitive:
                order = read_accessor(document, primitive["indices"]).astype(np.int64)
            if positions.shape[1:] != (3,) or uvs.shape != (len(positions), 2):
                raise BadGlb("The GLB is damaged: texture coordinates do not fit their vertices.")
            corners = order[: len(order) // 3 * 3].reshape(-1, 3)
            p, t = positions[corners], uvs[corners]
            with np.errstate(over="ignore", invalid="ignore"):
                face = np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
                surface += float(np.linalg.norm(face, axis=1).sum())
                d1, d2 = t[:, 1] - t[:, 0], t[:, 2] - t[:, 0]
                layer += float(np.abs(d1[:, 0] * d2[:, 1] - d1[:, 1] * d2[:, 0]).sum())
    if not (0 < surface < np.inf and 0 < layer < np.inf):
        return _NOMINAL_M
    return float(np.clip((surface / layer) ** 0.5, 0.2, 8.0))


def _base_slot(material: dict[str, Any]) -> dict[str, Any] | None:
    """Return the slot of the picture that gives a material its colour, also in the old workflow."""
    old = material.get("extensions", {}).get("KHR_materials_pbrSpecularGlossiness", {})
    slot: dict[str, Any] | None = material.get("pbrMetallicRoughness", {}).get(
        "baseColorTexture", old.get("diffuseTexture")
    )
    return slot


def _lies_alike(one: dict[str, Any] | None, other: dict[str, Any] | None) -> bool:
    """Tell whether two slots use the same texture coordinates and the same transform."""
    if one is None or other is None:
        return False
    return one.get("texCoord", 0) == other.get("texCoord", 0) and (
        one.get("extensions") == other.get("extensions")
    )


def _apply(material: dict[str, Any], plan: tuple[int, int] | None, target: Surface) -> None:
    """Write the new textures, or plain factors, into a material."""
    base_slot = _base_slot(material)
    extensions = material.get("extensions", {})
    old_factor = extensions.get("KHR_materials_pbrSpecularGlossiness", {}).get("diffuseFactor")
    for name in _OVERRULED & set(extensions):
        del extensions[name]
    if "extensions" in material and not extensions:
        del material["extensions"]
    pbr = material.setdefault("pbrMetallicRoughness", {})
    old_factor = pbr.get("baseColorFactor", old_factor or [1.0, 1.0, 1.0, 1.0])
    if plan is None or base_slot is None:
        light = max(0.3 * old_factor[0] + 0.59 * old_factor[1] + 0.11 * old_factor[2], 0.05)
        linear = [((c + 0.055) / 1.055) ** 2.4 if c > 0.04045 else c / 12.92 for c in target.colour]
        shade = min(max(light / 0.5, 0.6), 1.25)
        pbr["baseColorFactor"] = [*(min(c * shade, 1.0) for c in linear), old_factor[3]]
        pbr["metallicFactor"], pbr["roughnessFactor"] = target.metallic, target.roughness
        pbr.pop("metallicRoughnessTexture", None)
        return
    base, orm = plan
    old_orm = pbr.get("metallicRoughnessTexture", {})
    # Old colours that glow would shine through the new ones.
    if material.get("emissiveTexture", {}).get("index") == base_slot["index"]:
        del material["emissiveTexture"]
        material.pop("emissiveFactor", None)
    occlusion = material.get("occlusionTexture", {})
    if occlusion.get("index") == old_orm.get("index", -1) and _lies_alike(old_orm, base_slot):
        occlusion["index"] = orm
    pbr["baseColorFactor"] = [1.0, 1.0, 1.0, old_factor[3]]
    pbr["baseColorTexture"] = {**base_slot, "index": base}
    pbr["metallicRoughnessTexture"] = {**base_slot, "index": orm}
    pbr["metallicFactor"] = pbr["roughnessFactor"] = 1.0


def _grey_colours(document: GlbDocument, builder: GlbBuilder) -> dict[int, int]:
    """Store vertex colours as light and dark alone: accessor of the old → accessor of the new.

    Their tint would mix with the colour of the new material.
    """
    greys: dict[int, int] = {}
    for primitive in _primitives(document):
        index = primitive["attributes"].get("COLOR_0")
        if index is None or index in greys:
            continue
        colours = np.clip(read_accessor(document, index).astype(np.float32), 0.0, 1.0)
        if colours.ndim != 2 or colours.shape[1] not in (3, 4):
            raise BadGlb("The GLB is damaged: vertex colours are no colours.")
        light = colours[:, :3] @ np.array([0.30, 0.59, 0.11], np.float32)
        brightest = max(float(np.percentile(light, 95)), 1e-3)
        grey = np.clip(light / brightest, 0.12, 1.0) ** 0.75
        renewed = np.concatenate([np.tile(grey[:, None], (1, 3)), colours[:, 3:]], axis=1)
        greys[index] = builder.add_accessor(renewed.astype(np.float32), target=VERTEX_TARGET)
    return greys


def _primitives(document: GlbDocument) -> list[dict[str, Any]]:
    return [p for mesh in document.json.get("meshes", []) for p in mesh["primitives"]]


def _give_all_a_material(document: GlbDocument, target: Surface) -> None:
    bare = [primitive for primitive in _primitives(document) if "material" not in primitive]
    if not bare:
        return
    material: dict[str, Any] = {"name": target.material}
    _apply(material, None, target)
    materials = document.json.setdefault("materials", [])
    materials.append(material)
    for primitive in bare:
        primitive["material"] = len(materials) - 1


def _forget_unused_extensions(document: GlbDocument) -> None:
    """Take the names of extensions that no material uses any more out of the lists."""
    for key in ("extensionsUsed", "extensionsRequired"):
        if key in document.json:
            names = [name for name in document.json[key] if name not in _OVERRULED]
            document.json[key] = names
            if not names:
                del document.json[key]
