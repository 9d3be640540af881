"""Where the JSON of a glTF file points to its own accessors, views, images, textures and samplers.

`compact` walks these places twice: to learn what is used and to write new numbers. Extensions are
known here or they are not; an unknown one that holds whole numbers may point anywhere, and then
`has_unknown_references` says so. Extensions looked up in the glTF registry, 2026-11.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from asset_forge.glb import fields
from asset_forge.glb.document import MESHOPT_EXTENSIONS
from asset_forge.glb.fields import JsonObject

# Their numbers are no references, or only to nodes, materials and lights.
_HARMLESS_EXTENSIONS = frozenset(
    {
        "KHR_animation_pointer",
        "KHR_lights_punctual",
        "KHR_mesh_quantization",
        "KHR_node_hoverability",
        "KHR_node_selectability",
        "KHR_node_visibility",
        "KHR_texture_transform",
        "KHR_xmp_json_ld",
    }
)
# All KHR_materials_… name textures in objects called …Texture, or point to materials.
_MATERIAL_PREFIX = "KHR_materials_"
_IMAGE_EXTENSIONS = ("KHR_texture_basisu", "EXT_texture_webp", "EXT_texture_avif")
_DRACO = "KHR_draco_mesh_compression"
_INSTANCING = "EXT_mesh_gpu_instancing"
_KNOWN_EXTENSIONS = _HARMLESS_EXTENSIONS.union(
    _IMAGE_EXTENSIONS, MESHOPT_EXTENSIONS, (_DRACO, _INSTANCING)
)


@dataclass(frozen=True)
class Reference:
    """One place that holds an index: `owner[key]` counts in the top-level list `kind`."""

    owner: JsonObject
    key: str
    kind: str

    @property
    def index(self) -> int:
        """The index that is written there now."""
        return fields.integer(self.owner, self.key)


def root_references(document_json: JsonObject) -> Iterator[Reference]:
    """List what meshes, skins, animations, materials and nodes use."""
    for mesh in fields.objects(document_json, "meshes"):
        for primitive in fields.objects(mesh, "primitives"):
            yield from _primitive_references(primitive)
    for skin in fields.objects(document_json, "skins"):
        yield from _optional(skin, "inverseBindMatrices", "accessors")
    for animation in fields.objects(document_json, "animations"):
        for sampler in fields.objects(animation, "samplers"):
            yield from _optional(sampler, "input", "accessors")
            yield from _optional(sampler, "output", "accessors")
    for material in fields.objects(document_json, "materials"):
        yield from _texture_infos(material)
    for node in fields.objects(document_json, "nodes"):
        yield from _attributes(_extension(node, _INSTANCING), "attributes")


def texture_references(texture: JsonObject) -> Iterator[Reference]:
    """List the images and the sampler of a texture."""
    yield from _optional(texture, "source", "images")
    yield from _optional(texture, "sampler", "samplers")
    for name in _IMAGE_EXTENSIONS:
        yield from _optional(_extension(texture, name), "source", "images")


def accessor_references(accessor: JsonObject) -> Iterator[Reference]:
    """List the buffer views of an accessor."""
    yield from _optional(accessor, "bufferView", "bufferViews")
    sparse = fields.mapping(accessor, "sparse")
    for part in ("indices", "values"):
        yield from _optional(fields.mapping(sparse, part), "bufferView", "bufferViews")


def image_references(image: JsonObject) -> Iterator[Reference]:
    """List the buffer view of an image."""
    yield from _optional(image, "bufferView", "bufferViews")


def view_places(view: JsonObject) -> Iterator[JsonObject]:
    """List the objects that name a byte range: the view itself and its compressed twin."""
    yield view
    for name in MESHOPT_EXTENSIONS:
        twin = _extension(view, name)
        if twin:
            yield twin


def has_unknown_references(document_json: JsonObject) -> bool:
    """Tell whether an extension that is not known here holds whole numbers."""
    waiting: list[Any] = [document_json]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            extensions = value.get("extensions")
            if isinstance(extensions, dict):
                for name, content in extensions.items():
                    known = name in _KNOWN_EXTENSIONS or name.startswith(_MATERIAL_PREFIX)
                    if not known and _holds_whole_numbers(content):
                        return True
            # Extras belong to the application and by custom hold no indices.
            waiting.extend(value[key] for key in value if key != "extras")
        elif isinstance(value, list):
            waiting.extend(value)
    return False


def _holds_whole_numbers(content: Any) -> bool:
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, int) and not isinstance(value, bool):
            return True
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return False


def _primitive_references(primitive: JsonObject) -> Iterator[Reference]:
    yield from _attributes(primitive, "attributes")
    yield from _optional(primitive, "indices", "accessors")
    for target in fields.objects(primitive, "targets"):
        for name in target:
            yield Reference(target, name, "accessors")
    yield from _optional(_extension(primitive, _DRACO), "bufferView", "bufferViews")


def _texture_infos(material: JsonObject) -> Iterator[Reference]:
    """Walk a material for objects such as "baseColorTexture" with an "index"."""
    waiting: list[JsonObject] = [material]
    while waiting:
        current = waiting.pop()
        for key, value in current.items():
            if not isinstance(value, dict) or key == "extras":
                continue
            if key.endswith("Texture"):
                yield from _optional(value, "index", "textures")
            waiting.append(value)


def _attributes(owner: JsonObject, key: str) -> Iterator[Reference]:
    attributes = fields.mapping(owner, key)
    for name in attributes:
        yield Reference(attributes, name, "accessors")


def _optional(owner: JsonObject, key: str, kind: str) -> Iterator[Reference]:
    if key in owner:
        yield Reference(owner, key, kind)


def _extension(owner: JsonObject, name: str) -> JsonObject:
    return fields.mapping(fields.mapping(owner, "extensions"), name)
