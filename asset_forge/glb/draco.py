"""Geometry under KHR_draco_mesh_compression, decoded with DracoPy.

A decoder written in C++ is not trusted with sizes: the counts at the head of each stream are held
against those of the file's JSON before it sees a byte. The bit stream is that of Draco 2.2, the one
that the extension names (google/draco, docs/spec, and KhronosGroup/glTF, 2026-11).
"""

import struct
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from asset_forge.errors import BadGlb
from asset_forge.glb import fields
from asset_forge.glb.document import GlbDocument

EXTENSION = "KHR_draco_mesh_compression"
_INDICES = "indices"
# More than any model that can be drawn, and what the decoder's tables take 600 MB for.
MAX_POINTS = 5_000_000
_HEADER = struct.Struct("<5s4BH")
_MESH = 1
_SEQUENTIAL, _EDGEBREAKER = 0, 1
_HAS_METADATA = 0x8000
_MAX_METADATA = 10_000


@dataclass
class DracoMeshes:
    """The accessors of one document that only Draco data stands behind."""

    document: GlbDocument
    # accessor → buffer view, and the unique id of the attribute or None for the indices
    sources: dict[int, tuple[int, int | None]]
    # buffer view → how many indices and vertices the JSON announces, where it does
    announced: dict[int, tuple[int | None, int | None]]
    _decoded: dict[int, dict[int | None, NDArray[Any]]] = field(default_factory=dict)

    def values(self, accessor_index: int) -> NDArray[Any] | None:
        """Return (count, n) of an accessor as it was stored, None when it is no Draco data."""
        if accessor_index not in self.sources:
            return None
        view_index, unique_id = self.sources[accessor_index]
        if view_index not in self._decoded:
            self._decoded[view_index] = self._decode(view_index)
        values = self._decoded[view_index].get(unique_id)
        if values is None:
            raise _damaged(f"accessors[{accessor_index}] is not in it")
        return values

    def _decode(self, view_index: int) -> dict[int | None, NDArray[Any]]:
        import DracoPy  # noqa: PLC0415 - slow to load and seldom needed

        data = self.document.view_bytes(view_index)
        check_counts(data, *self.announced[view_index])
        try:
            mesh = DracoPy.decode(data)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - its errors are not those of one class
            raise _damaged(str(error)[:200]) from None
        found: dict[int | None, NDArray[Any]] = {}
        for attribute in mesh.attributes:
            values = attribute["data"]
            found[attribute["unique_id"]] = values.reshape(len(values), -1)
        found[None] = mesh.faces.reshape(-1, 1)
        self.document.allow_decoded(sum(values.nbytes for values in found.values()))
        return found


def draco_meshes(document: GlbDocument) -> DracoMeshes:
    """Find the accessors without a buffer view that Draco data fills; looked up once."""
    if EXTENSION in document.kept:
        found: DracoMeshes = document.kept[EXTENSION]
        return found
    meshes = document.kept[EXTENSION] = DracoMeshes(document, {}, {})
    for mesh in fields.objects(document.json, "meshes"):
        for primitive in fields.objects(mesh, "primitives"):
            if EXTENSION in fields.mapping(primitive, "extensions"):
                _add_primitive(meshes, primitive)
    return meshes


def _add_primitive(meshes: DracoMeshes, primitive: fields.JsonObject) -> None:
    document = meshes.document
    extension = fields.mapping(fields.mapping(primitive, "extensions"), EXTENSION)
    view_index = fields.integer(extension, "bufferView")
    attributes = fields.mapping(primitive, "attributes")
    places: dict[int, int | None] = {}
    vertex_count = None
    unique_ids = fields.mapping(extension, "attributes")
    for name in unique_ids:
        if name in attributes:
            places[fields.integer(attributes, name)] = fields.integer(unique_ids, name)
            vertex_count = _count(document, fields.integer(attributes, name))
    index_count = None
    if _INDICES in primitive:
        places[fields.integer(primitive, _INDICES)] = None
        index_count = _count(document, fields.integer(primitive, _INDICES))
    meshes.announced.setdefault(view_index, (index_count, vertex_count))
    for accessor_index, source in places.items():
        accessor = fields.item(document.json, "accessors", accessor_index)
        if "bufferView" not in accessor:
            meshes.sources.setdefault(accessor_index, (view_index, source))


def _count(document: GlbDocument, accessor_index: int) -> int:
    return fields.integer(fields.item(document.json, "accessors", accessor_index), "count")


def _damaged(reason: str) -> BadGlb:
    return BadGlb(f"The GLB is damaged: its Draco data cannot be read, {reason}.")


def check_counts(data: bytes, index_count: int | None, vertex_count: int | None) -> None:
    """Read the head of a Draco stream. Raises BadGlb when it announces anything unreasonable.

    There may be fewer triangles than the JSON announces, since encoders drop those without area.
    """
    if len(data) < _HEADER.size:
        raise _damaged("it is too short")
    magic, major, minor, kind, method, flags = _HEADER.unpack_from(data)
    if magic != b"DRACO" or kind != _MESH:
        raise _damaged("it is no Draco mesh")
    if (major, minor) != (2, 2):
        raise BadGlb(f"The GLB has Draco data of version {major}.{minor}; only 2.2 can be read.")
    head = _Head(data, _HEADER.size)
    try:
        if flags & _HAS_METADATA:
            head.skip_metadata()
        if method == _SEQUENTIAL:
            face_count, point_count = head.varint(), head.varint()
        elif method == _EDGEBREAKER:
            head.skip(1)
            point_count, face_count = head.varint(), head.varint()
        else:
            raise _damaged(f"its method {method} is not known")
    except IndexError:
        raise _damaged("it ends too early") from None
    if max(face_count, point_count, vertex_count or 0) > MAX_POINTS:
        raise BadGlb(
            f"The GLB is too large: its Draco data announces {face_count} triangles and "
            f"{max(point_count, vertex_count or 0)} vertices."
        )
    if index_count is not None and 3 * face_count > index_count:
        raise _damaged(f"it has {face_count} triangles, the file speaks of {index_count} corners")
    if vertex_count is not None and point_count > vertex_count:
        raise _damaged(f"it has {point_count} vertices, the file speaks of {vertex_count}")


class _Head:
    """Reads numbers from the head of a Draco stream. Raises IndexError at its end."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self._position = position

    def varint(self) -> int:
        """Read a number: seven bits a byte, lowest first."""
        value = shift = 0
        while shift < 70:
            byte = self._data[self._position]
            self._position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
        raise _damaged("a number in it is too long")

    def skip(self, size: int) -> None:
        self._position += size

    def skip_metadata(self) -> None:
        """Pass over the names and values that some exporters put before the geometry."""
        described = self.varint()
        if described > _MAX_METADATA:
            raise _damaged("it has too much metadata")
        for _ in range(described):
            self.varint()
            self._skip_entries()
        self._skip_entries()

    def _skip_entries(self) -> None:
        """Pass over one set of entries and all that are nested in it, which have names."""
        waiting = 1
        for number in range(_MAX_METADATA):
            if number:
                self.skip(self._data[self._position] + 1)
            for _ in range(min(self.varint(), _MAX_METADATA)):
                self.skip(self._data[self._position] + 1)
                self.skip(self.varint())
            waiting += self.varint() - 1
            if not waiting:
                return
        raise _damaged("it has too much metadata")
