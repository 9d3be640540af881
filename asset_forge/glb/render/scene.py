"""A GLB made ready to be drawn: one list of triangles in world space, with decoded textures.

`load_scene` does all work that does not depend on the camera, so that many views of one model share
it. Reading the file is the business of `glb.document` and `glb.meshes`.
"""

import functools
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from asset_forge.errors import BadGlb
from asset_forge.glb import fields
from asset_forge.glb.accessors import read_accessor
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.meshes import TRIANGLE_MODES, TRIANGLES, DrawnMesh, drawn_meshes, pose_at
from asset_forge.glb.nodes import scene_nodes
from asset_forge.glb.render.arrays import AnyArray, Flags, Floats, Ints, crosses, units
from asset_forge.glb.render.materials import Material, MaterialReader
from asset_forge.glb.render.textures import TextureStore

# Above this a picture takes minutes and more memory than a worker should use.
MAX_TRIANGLES: Final = 3_000_000
# Texture coordinates beyond this have no meaning left in float32.
_UV_LIMIT: Final = 1e5
# Squares of lengths must stay within float32.
_FARTHEST_M: Final = 1e12

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Scene:
    """The triangles of a posed model, as columns.

    positions, normals: (3, V) float32, metres and unit vectors in world space, +Y up. uv_sets: one
    or two of (2, V). colours: (4, V) linear, or None when all are white. triangles: (3, T) int32,
    counter-clockwise seen from outside. material_ids: (T,) into materials. uv_areas: (T,) how much
    of the first uv set a triangle covers. tangents: (4, T) unit direction of growing u, and 1 or -1
    to make its cross product with the normal point up the normal map, or None when no material has
    one. notes: what could not be read and is drawn without.
    """

    positions: Floats
    normals: Floats
    uv_sets: list[Floats]
    colours: Floats | None
    triangles: Ints
    material_ids: Ints
    materials: list[Material]
    uv_areas: Floats
    tangents: Floats | None
    notes: tuple[str, ...]

    @property
    def drawn_points(self) -> Floats:
        """Positions (3, N) that belong to a triangle; others must not change the framing."""
        return self.only_drawn(self.positions)

    def only_drawn(self, values: Floats) -> Floats:
        """Pick from (K, V) vertex values those that belong to a triangle."""
        used = self._used_vertices
        return values if used.all() else values[:, used]

    @functools.cached_property
    def _used_vertices(self) -> Flags:
        used = np.zeros(self.positions.shape[1], np.bool_)
        used[self.triangles.reshape(-1)] = True
        return used


def load_scene(
    data: bytes, *, texture_limit_px: int = 512, clip: int | None = None, time_s: float = 0.0
) -> Scene:
    """Read a GLB for drawing, in its rest pose or at `time_s` of animation number `clip`.

    texture_limit_px: longest side of a texture in memory. Raises BadGlb for damaged or compressed
    files, for scenes without triangles or above MAX_TRIANGLES, and for huge pictures. A picture in
    a format that cannot be read is left out and named in `notes`.
    """
    source = SceneSource(GlbDocument.parse(data), texture_limit_px=texture_limit_px)
    return source.scene(clip=clip, time_s=time_s)


class SceneSource:
    """Makes scenes of one document in several poses; each texture is decoded once for all."""

    def __init__(self, document: GlbDocument, *, texture_limit_px: int) -> None:
        self.triangle_count = _checked_triangle_count(document)
        self._document = document
        self._store = TextureStore(document, texture_limit_px)
        self._reader = MaterialReader(self._store)

    def scene(self, *, clip: int | None = None, time_s: float = 0.0) -> Scene:
        """Return the scene in one pose. Raises as `load_scene` does."""
        document = self._document
        overrides = None if clip is None else pose_at(document, clip, time_s)
        drawn = [mesh for mesh in drawn_meshes(document, overrides) if len(mesh.triangles)]
        if not drawn:
            raise BadGlb("The GLB has nothing to draw: its scene holds no triangles.")
        numbers: dict[int | None, int] = {}
        parts = []
        drawn.reverse()
        while drawn:
            # Taken off the list and given back at once, since double precision is large.
            index = fields.optional_integer(drawn[-1].primitive, "material")
            numbers.setdefault(index, len(numbers))
            parts.append(_read_part(document, drawn.pop(), numbers[index]))
        materials = [self._reader.material(index) for index in numbers]
        return _joined(parts, materials, tuple(self._store.unreadable))


@dataclass(frozen=True, eq=False)
class _Part:
    """One primitive; columns as in `Scene`."""

    positions: Floats
    normals: Floats
    uv_sets: list[Floats]
    colours: Floats | None
    triangles: Ints
    material_id: int


def _checked_triangle_count(document: GlbDocument) -> int:
    """Count from the accessors, before any geometry is read."""
    total = 0
    for node_index in scene_nodes(document):
        node = fields.item(document.json, "nodes", node_index)
        if "mesh" not in node:
            continue
        mesh = fields.item(document.json, "meshes", fields.integer(node, "mesh"))
        for primitive in fields.objects(mesh, "primitives"):
            mode = fields.integer(primitive, "mode", default=TRIANGLES)
            attributes = fields.mapping(primitive, "attributes")
            if mode not in TRIANGLE_MODES or "POSITION" not in attributes:
                continue
            owner, key = (
                (primitive, "indices") if "indices" in primitive else (attributes, "POSITION")
            )
            accessor = fields.item(document.json, "accessors", fields.integer(owner, key))
            count = fields.integer(accessor, "count")
            total += count // 3 if mode == TRIANGLES else max(count - 2, 0)
        if total > MAX_TRIANGLES:
            raise BadGlb(
                f"The GLB is too large to be drawn: it has more than {MAX_TRIANGLES} triangles."
            )
    return total


def _read_part(document: GlbDocument, mesh: DrawnMesh, material_id: int) -> _Part:
    attributes = fields.mapping(mesh.primitive, "attributes")
    count = len(mesh.positions)
    positions = _columns(mesh.positions, np.float32)
    if not (np.abs(positions) < _FARTHEST_M).all():
        raise BadGlb("The GLB is damaged: some of its vertices are endlessly far away.")
    triangles = _columns(mesh.triangles, np.int32)
    uv_sets = [
        _uvs(document, attributes, name, count)
        for name in ("TEXCOORD_0", "TEXCOORD_1")
        if name in attributes
    ]
    colours = _colours(document, attributes, count) if "COLOR_0" in attributes else None
    if mesh.normals is not None:
        normals = _columns(mesh.normals, np.float32)
        return _Part(positions, normals, uv_sets, colours, triangles, material_id)
    # Without normals glTF wants flat faces: every triangle gets corners of its own.
    corners = triangles.reshape(-1)
    positions = positions[:, corners]
    a, b, c = np.split(positions, 3, axis=1)
    to_b, to_c = b - a, c - a
    # Lengths do not matter, but products of tiny or huge ones would be lost.
    size = np.maximum(max(np.abs(to_b).max(), np.abs(to_c).max()), np.float32(1e-30))
    return _Part(
        positions,
        np.tile(units(crosses(to_b / size, to_c / size)), 3),
        [uvs[:, corners] for uvs in uv_sets],
        None if colours is None else colours[:, corners],
        np.arange(len(corners), dtype=np.int32).reshape(3, -1),
        material_id,
    )


def _uvs(document: GlbDocument, attributes: dict[str, Any], name: str, count: int) -> Floats:
    values = _attribute(document, attributes, name, count, widths=(2,))
    return _columns(np.clip(np.nan_to_num(values), -_UV_LIMIT, _UV_LIMIT), np.float32)


def _colours(document: GlbDocument, attributes: dict[str, Any], count: int) -> Floats:
    values = _attribute(document, attributes, "COLOR_0", count, widths=(3, 4))
    colours = np.ones((count, 4), np.float32)
    colours[:, : values.shape[1]] = np.clip(np.nan_to_num(values), 0, 1)
    return _columns(colours, np.float32)


def _attribute(
    document: GlbDocument,
    attributes: dict[str, Any],
    name: str,
    count: int,
    *,
    widths: tuple[int, ...],
) -> Floats:
    values: AnyArray = read_accessor(document, fields.integer(attributes, name))
    if values.ndim != 2 or values.shape[0] != count or values.shape[1] not in widths:
        raise BadGlb(f"The GLB is damaged: {name} does not fit the vertices of its primitive.")
    if values.dtype.kind in "iu":  # not marked as normalized although it must be
        return values.astype(np.float32) / np.float32(np.iinfo(values.dtype).max)
    return values.astype(np.float32)


def _joined(parts: list[_Part], materials: list[Material], notes: tuple[str, ...]) -> Scene:
    counts = [part.positions.shape[1] for part in parts]
    starts = np.cumsum([0, *counts[:-1]])
    for part, start in zip(parts, starts, strict=True):
        part.triangles[:] += np.int32(start)
    triangles = _side_by_side([part.triangles for part in parts])
    positions = _side_by_side([part.positions for part in parts])
    uv_set_count = max(1, *(len(part.uv_sets) for part in parts))
    uv_sets = [_side_by_side([_uv_set(part, n) for part in parts]) for n in range(uv_set_count)]
    colours = None
    if any(part.colours is not None for part in parts):
        colours = _side_by_side(
            [
                np.ones((4, count), np.float32) if part.colours is None else part.colours
                for part, count in zip(parts, counts, strict=True)
            ]
        )
    material_ids = np.repeat(
        np.array([part.material_id for part in parts], np.int32),
        [part.triangles.shape[1] for part in parts],
    )
    tangents = None
    normal_mapped = [m.normal_texture for m in materials if m.normal_texture is not None]
    if normal_mapped:
        uv_set = min(normal_mapped[0].uv_set, uv_set_count - 1)
        tangents = _tangents(positions, uv_sets[uv_set], triangles)
    return Scene(
        positions=positions,
        normals=_side_by_side([part.normals for part in parts]),
        uv_sets=uv_sets,
        colours=colours,
        triangles=triangles,
        material_ids=material_ids,
        materials=materials,
        uv_areas=np.abs(_uv_determinants(uv_sets[0], triangles)) * np.float32(0.5),
        tangents=tangents,
        notes=notes,
    )


def _columns(rows: AnyArray, dtype: type[Number]) -> NDArray[Number]:
    """Turn (N, K) into (K, N)."""
    return np.ascontiguousarray(rows.T, dtype=dtype)


def _side_by_side(arrays: list[NDArray[Number]]) -> NDArray[Number]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays, axis=1)


def _uv_set(part: _Part, number: int) -> Floats:
    if not part.uv_sets:
        return np.zeros((2, part.positions.shape[1]), np.float32)
    return part.uv_sets[min(number, len(part.uv_sets) - 1)]


def _uv_determinants(uvs: Floats, triangles: Ints) -> Floats:
    u, v = uvs
    a, b, c = triangles
    doubled: Floats = (u[b] - u[a]) * (v[c] - v[a])
    doubled -= (u[c] - u[a]) * (v[b] - v[a])
    return doubled


def _tangents(positions: Floats, uvs: Floats, triangles: Ints) -> Floats:
    """Direction in which u grows on each triangle, and on which side the picture's top lies."""
    a, b, c = triangles
    sides = np.where(_uv_determinants(uvs, triangles) < 0, np.float32(-1), np.float32(1))
    along = (positions[:, b] - positions[:, a]) * (uvs[1, c] - uvs[1, a])
    along -= (positions[:, c] - positions[:, a]) * (uvs[1, b] - uvs[1, a])
    # The y of a normal map points up the picture, which is where v shrinks.
    return np.concatenate([units(along * sides), -sides[None]])
