"""A copy of a document in which nothing is compressed.

For makers that take a model apart and build it anew. What is only looked at or placed stays as it
came: readers decode by themselves.
"""

import copy

import numpy as np

from asset_forge.errors import BadGlb
from asset_forge.glb import fields
from asset_forge.glb.accessors import accessor_layout, raw_draco_values, read_accessor
from asset_forge.glb.compact import compact
from asset_forge.glb.document import MESHOPT_EXTENSIONS, GlbDocument
from asset_forge.glb.draco import EXTENSION as DRACO
from asset_forge.glb.draco import draco_meshes

_COMPRESSIONS = (*MESHOPT_EXTENSIONS, DRACO)


def decoded(document: GlbDocument) -> GlbDocument:
    """Return the document with its Draco and meshopt data decoded, itself when it has none.

    Everything else stays; quantized attributes stay quantized. Raises BadGlb.
    """
    used = document.json.get("extensionsUsed", [])
    if not isinstance(used, list) or not any(name in _COMPRESSIONS for name in used):
        return document
    result = GlbDocument(copy.deepcopy(document.json), b"", document.other_chunks)
    buffers = fields.objects(document.json, "buffers")
    binary = _Binary(document.buffer_bytes(0) if buffers else b"")
    _decode_views(document, result, binary)
    _decode_draco(document, result, binary)
    result.binary = bytes(binary.content)
    _renew_bounds(document, result)
    _drop_placeholders(result)
    for key in ("extensionsUsed", "extensionsRequired"):
        names = result.json.get(key, [])
        if not isinstance(names, list):
            raise BadGlb(f"The GLB is damaged: {key!r} must be a list of names.")
        result.json[key] = [name for name in names if name not in _COMPRESSIONS]
        if not result.json[key]:
            del result.json[key]
    if buffers:
        first = fields.item(result.json, "buffers", 0)
        first.pop("uri", None)
        first["byteLength"] = len(result.binary)
    return compact(result)


class _Binary:
    """The binary chunk while it grows."""

    def __init__(self, content: bytes) -> None:
        self.content = bytearray(content)

    def add(self, data: bytes | memoryview) -> fields.JsonObject:
        """Append bytes at a multiple of four; return the JSON of their buffer view."""
        self.content += bytes(-len(self.content) % 4)
        view: fields.JsonObject = {
            "buffer": 0,
            "byteOffset": len(self.content),
            "byteLength": len(data),
        }
        self.content += data
        return view


def _decode_views(document: GlbDocument, result: GlbDocument, binary: _Binary) -> None:
    for index, view in enumerate(fields.objects(result.json, "bufferViews")):
        if document.is_compressed_view(index):
            view.update(binary.add(document.view_memory(index)))
        _drop_extensions(view, MESHOPT_EXTENSIONS)


def _decode_draco(document: GlbDocument, result: GlbDocument, binary: _Binary) -> None:
    views: list[fields.JsonObject] = result.json.setdefault("bufferViews", [])
    meshes = draco_meshes(document)
    for index, (_, unique_id) in meshes.sources.items():
        accessor = fields.item(result.json, "accessors", index)
        values = raw_draco_values(document, accessor_layout(accessor), index)
        if values is None:
            continue
        rows = values.reshape(len(values), -1)
        if unique_id is not None:  # rows of vertex attributes start at multiples of four bytes
            size = rows.shape[1] * rows.itemsize
            rows = np.pad(rows.view(np.uint8).reshape(len(rows), size), ((0, 0), (0, -size % 4)))
        view = binary.add(rows.tobytes())
        if unique_id is not None:
            view["byteStride"] = rows.shape[1]
        accessor["count"] = len(rows)
        accessor["bufferView"] = len(views)
        views.append(view)
    for mesh in fields.objects(result.json, "meshes"):
        for primitive in fields.objects(mesh, "primitives"):
            _drop_extensions(primitive, (DRACO,))


def _renew_bounds(document: GlbDocument, result: GlbDocument) -> None:
    """Write the bounds of decoded floats anew, since compression has rounded them."""
    sources = draco_meshes(document).sources
    for index, accessor in enumerate(fields.objects(result.json, "accessors")):
        if "min" not in accessor or "max" not in accessor or accessor.get("normalized") is True:
            continue
        view = fields.optional_integer(accessor, "bufferView")
        old_view = "bufferView" in fields.item(document.json, "accessors", index)
        if index in sources or (
            old_view and view is not None and document.is_compressed_view(view)
        ):
            values = read_accessor(result, index)
            values = values.reshape(len(values), -1)
            accessor["min"] = values.min(axis=0).tolist()
            accessor["max"] = values.max(axis=0).tolist()


def _drop_extensions(owner: fields.JsonObject, names: tuple[str, ...]) -> None:
    extensions = fields.mapping(owner, "extensions")
    for name in names:
        extensions.pop(name, None)
    if "extensions" in owner and not extensions:
        del owner["extensions"]


def _drop_placeholders(document: GlbDocument) -> None:
    """Take out buffers without bytes, which only compressed views have pointed to."""
    buffers = fields.objects(document.json, "buffers")
    kept = [index for index, buffer in enumerate(buffers) if index == 0 or "uri" in buffer]
    new_numbers = {old: new for new, old in enumerate(kept)}
    for view in fields.objects(document.json, "bufferViews"):
        index = fields.integer(view, "buffer")
        if index not in new_numbers:
            raise BadGlb(f"The GLB holds no bytes for buffers[{index}].")
        view["buffer"] = new_numbers[index]
    if buffers:
        document.json["buffers"] = [buffers[index] for index in kept]
        _drop_extensions(document.json["buffers"][0], MESHOPT_EXTENSIONS)
