"""Write new geometry, materials, skins and animations as glTF.

`GlbBuilder` starts empty or on top of a read document, whose own content stays untouched. It takes
numpy arrays that our own code made, so wrong shapes are a ValueError, not a BadGlb. What the
Khronos validator asks for (unit normals, weights that add up to one, joints that are 0 where the
weight is 0, bounds, alignment) is done here, once for all callers.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from asset_forge.glb.document import GlbDocument

VERTEX_TARGET: Final = 34962
INDEX_TARGET: Final = 34963
# The largest value of an index type restarts the primitive and may not be used as an index.
UINT16_VERTEX_LIMIT: Final = 65535

_COMPONENT_TYPES = {
    "int8": 5120,
    "uint8": 5121,
    "int16": 5122,
    "uint16": 5123,
    "uint32": 5125,
    "float32": 5126,
}
_ELEMENT_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}

AnimatedPath = Literal["translation", "rotation", "scale", "weights"]
Interpolation = Literal["LINEAR", "STEP", "CUBICSPLINE"]


@dataclass(frozen=True, eq=False)
class Primitive:
    """A triangle list with one material.

    positions: (V, 3) metres, +Y up. triangles: (T, 3) integers below V, counter-clockwise seen
    from outside. normals: (V, 3), any length. uvs: (V, 2), origin at the top left. joints: (V, 4)
    indices into the skin's joints, below 256. weights: (V, 4), any positive sum.
    """

    positions: NDArray[Any]
    triangles: NDArray[Any]
    normals: NDArray[Any] | None = None
    uvs: NDArray[Any] | None = None
    joints: NDArray[Any] | None = None
    weights: NDArray[Any] | None = None
    material: int | None = None


@dataclass(frozen=True, eq=False)
class AnimationChannel:
    """The keys of one property of one node.

    times: (K,) seconds, strictly increasing. values: (K, 3), or (K, 4) quaternions x y z w for
    "rotation"; three times as many rows (in-tangent, value, out-tangent) for CUBICSPLINE.
    """

    node: int
    path: AnimatedPath
    times: ArrayLike
    values: ArrayLike
    interpolation: Interpolation = "LINEAR"


class GlbBuilder:
    """Collects the parts of a GLB; every `add_…` returns the glTF index of the new part."""

    def __init__(self, document: GlbDocument | None = None) -> None:
        self._other_chunks: tuple[tuple[int, bytes], ...] = ()
        if document is None:
            self._json: dict[str, Any] = {
                "asset": {"version": "2.0", "generator": "Asset Forge"},
            }
            self._parts: list[bytes] = []
        else:
            self._json = copy.deepcopy(document.json)
            self._other_chunks = document.other_chunks
            self._parts = [self._take_first_buffer(document)]
        self._size_bytes = sum(len(part) for part in self._parts)
        self._sampler: int | None = None

    def add_image(self, data: bytes, mime_type: str = "image/png") -> int:
        """Embed an encoded picture."""
        return self._append("images", {"bufferView": self._add_view(data), "mimeType": mime_type})

    def add_texture(self, image: int) -> int:
        """Make a texture of an image: repeating, with mipmaps."""
        if self._sampler is None:
            linear, linear_mipmap_linear = 9729, 9987
            self._sampler = self._append(
                "samplers", {"magFilter": linear, "minFilter": linear_mipmap_linear}
            )
        return self._append("textures", {"sampler": self._sampler, "source": image})

    def add_material(
        self,
        name: str,
        *,
        base_color: Sequence[float] = (1.0, 1.0, 1.0, 1.0),
        base_color_texture: int | None = None,
        metallic: float = 1.0,
        roughness: float = 1.0,
        metallic_roughness_texture: int | None = None,
        occlusion: bool = False,
        normal_texture: int | None = None,
        double_sided: bool = False,
        extras: Mapping[str, Any] | None = None,
    ) -> int:
        """Make a metallic-roughness material; colours are linear RGBA, factors 0…1.

        With `occlusion` the red channel of the metallic-roughness texture is its occlusion.
        """
        pbr: dict[str, Any] = {
            "baseColorFactor": [float(value) for value in base_color],
            "metallicFactor": float(metallic),
            "roughnessFactor": float(roughness),
        }
        material: dict[str, Any] = {"name": name, "pbrMetallicRoughness": pbr}
        if base_color_texture is not None:
            pbr["baseColorTexture"] = {"index": base_color_texture}
        if metallic_roughness_texture is not None:
            pbr["metallicRoughnessTexture"] = {"index": metallic_roughness_texture}
            if occlusion:
                material["occlusionTexture"] = {"index": metallic_roughness_texture}
        if normal_texture is not None:
            material["normalTexture"] = {"index": normal_texture}
        if double_sided:
            material["doubleSided"] = True
        if extras:
            material["extras"] = copy.deepcopy(dict(extras))
        return self._append("materials", material)

    def add_mesh(self, name: str, primitives: Sequence[Primitive]) -> int:
        """Make a mesh of triangle lists. Raises ValueError for arrays that do not fit together."""
        if not primitives:
            raise ValueError(f"mesh {name!r} has no primitives")
        return self._append(
            "meshes", {"name": name, "primitives": [self._primitive(part) for part in primitives]}
        )

    def add_node(
        self,
        name: str,
        *,
        mesh: int | None = None,
        skin: int | None = None,
        translation: Sequence[float] | None = None,
        rotation: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        children: Sequence[int] = (),
    ) -> int:
        """Make a node; rotation is a unit quaternion x y z w, children must exist already."""
        node: dict[str, Any] = {"name": name}
        if mesh is not None:
            node["mesh"] = mesh
        if skin is not None:
            node["skin"] = skin
        for key, values in (("translation", translation), ("rotation", rotation), ("scale", scale)):
            if values is not None:
                node[key] = [float(value) for value in values]
        if children:
            node["children"] = [int(child) for child in children]
        return self._append("nodes", node)

    def add_accessor(
        self, array: NDArray[Any], *, target: int | None = None, with_bounds: bool = False
    ) -> int:
        """Store an array as an accessor with its own buffer view.

        array: (count,) or (count, n) of int8, uint8, int16, uint16, uint32 or float32; n = 16 is
        a matrix, column after column. Rows must be whole multiples of four bytes when the target
        is VERTEX_TARGET.
        """
        values = np.ascontiguousarray(array)
        component_type = _COMPONENT_TYPES.get(values.dtype.name)
        rows = values.reshape(len(values), -1) if len(values) else values
        if component_type is None or not len(values) or rows.shape[1] not in _ELEMENT_TYPES:
            raise ValueError(f"no accessor can hold {values.dtype.name} of shape {values.shape}")
        little_endian = values.astype(values.dtype.newbyteorder("<"), copy=False)
        accessor: dict[str, Any] = {
            "bufferView": self._add_view(little_endian.tobytes(), target),
            "componentType": component_type,
            "count": len(values),
            "type": _ELEMENT_TYPES[rows.shape[1]],
        }
        if with_bounds:
            accessor["min"] = rows.min(axis=0).tolist()
            accessor["max"] = rows.max(axis=0).tolist()
        return self._append("accessors", accessor)

    def add_skin(
        self,
        name: str,
        joints: Sequence[int],
        inverse_bind_matrices: NDArray[Any],
        skeleton: int | None = None,
    ) -> int:
        """Make a skin; joints are nodes, the matrices (J, 4, 4) lie in rows as numpy has them."""
        matrices = np.array(inverse_bind_matrices, np.float32)
        if matrices.shape != (len(joints), 4, 4):
            raise ValueError(f"{len(joints)} joints do not fit matrices of {matrices.shape}")
        if not np.allclose(matrices[:, 3], (0, 0, 0, 1), atol=1e-5):
            raise ValueError("inverse bind matrices must be affine")
        matrices[:, 3] = (0, 0, 0, 1)
        columns_first = matrices.transpose(0, 2, 1).reshape(-1, 16)
        skin: dict[str, Any] = {
            "name": name,
            "inverseBindMatrices": self.add_accessor(columns_first),
            "joints": [int(joint) for joint in joints],
        }
        if skeleton is not None:
            skin["skeleton"] = skeleton
        return self._append("skins", skin)

    def add_animation(self, name: str, channels: Sequence[AnimationChannel]) -> int:
        """Make an animation clip; channels with the same times share one accessor."""
        if not channels:
            raise ValueError(f"animation {name!r} has no channels")
        samplers: list[dict[str, Any]] = []
        targets: list[dict[str, Any]] = []
        time_accessors: dict[bytes, int] = {}
        for channel in channels:
            times = np.asarray(channel.times, np.float32)
            if times.ndim != 1 or not len(times) or times[0] < 0 or np.any(np.diff(times) <= 0):
                raise ValueError(f"animation {name!r}: times must increase from 0 or later")
            key = times.tobytes()
            if key not in time_accessors:
                time_accessors[key] = self.add_accessor(times, with_bounds=True)
            samplers.append(
                {
                    "input": time_accessors[key],
                    "interpolation": channel.interpolation,
                    "output": self.add_accessor(_channel_values(channel, len(times))),
                }
            )
            targets.append(
                {
                    "sampler": len(samplers) - 1,
                    "target": {"node": channel.node, "path": channel.path},
                }
            )
        return self._append("animations", {"name": name, "channels": targets, "samplers": samplers})

    def set_children(self, node: int, children: Sequence[int]) -> None:
        """Replace the children of a node, for trees that are not made from the leaves up."""
        self._json["nodes"][node]["children"] = [int(child) for child in children]

    def set_scene(self, nodes: Sequence[int]) -> None:
        """Make these nodes the roots of the default scene."""
        scenes = self._json.setdefault("scenes", [])
        if not scenes:
            scenes.append({})
        scene = self._json.setdefault("scene", 0)
        scenes[scene]["nodes"] = [int(node) for node in nodes]

    def build(self) -> GlbDocument:
        """Return the finished document; the builder can go on and build again with more parts."""
        result = copy.deepcopy(self._json)
        binary = b"".join(self._parts)
        if binary:
            result.setdefault("buffers", [{}])[0]["byteLength"] = len(binary)
        return GlbDocument(result, binary, self._other_chunks)

    def _take_first_buffer(self, document: GlbDocument) -> bytes:
        """Return the old bytes; a first buffer that was a data URI becomes the binary chunk."""
        buffers = self._json.get("buffers")
        if not buffers:
            return b""
        content = document.buffer_bytes(0)
        buffers[0].pop("uri", None)
        return content

    def _append(self, key: str, value: dict[str, Any]) -> int:
        entries: list[dict[str, Any]] = self._json.setdefault(key, [])
        entries.append(value)
        return len(entries) - 1

    def _add_view(self, data: bytes, target: int | None = None) -> int:
        padding = b"\0" * (-self._size_bytes % 4)
        view: dict[str, Any] = {
            "buffer": 0,
            "byteOffset": self._size_bytes + len(padding),
            "byteLength": len(data),
        }
        if target is not None:
            view["target"] = target
        self._parts += [padding, data]
        self._size_bytes += len(padding) + len(data)
        return self._append("bufferViews", view)

    def _primitive(self, part: Primitive) -> dict[str, Any]:
        positions = _rows(part.positions, 3, "positions")
        vertex_count = len(positions)
        attributes = {
            "POSITION": self.add_accessor(positions, target=VERTEX_TARGET, with_bounds=True)
        }
        if part.normals is not None:
            normals = _unit_rows(_rows(part.normals, 3, "normals", vertex_count), (0.0, 1.0, 0.0))
            attributes["NORMAL"] = self.add_accessor(normals, target=VERTEX_TARGET)
        if part.uvs is not None:
            uvs = _rows(part.uvs, 2, "uvs", vertex_count)
            attributes["TEXCOORD_0"] = self.add_accessor(uvs, target=VERTEX_TARGET)
        if (part.joints is None) != (part.weights is None):
            raise ValueError("joints and weights come together")
        if part.joints is not None and part.weights is not None:
            joints, weights = _skin_rows(part.joints, part.weights, vertex_count)
            attributes["JOINTS_0"] = self.add_accessor(joints, target=VERTEX_TARGET)
            attributes["WEIGHTS_0"] = self.add_accessor(weights, target=VERTEX_TARGET)
        primitive: dict[str, Any] = {
            "attributes": attributes,
            "indices": self.add_accessor(
                _index_values(part.triangles, vertex_count), target=INDEX_TARGET
            ),
        }
        if part.material is not None:
            primitive["material"] = part.material
        return primitive


def _rows(
    values: NDArray[Any], width: int, what: str, count: int | None = None
) -> NDArray[np.float32]:
    """(V, width) float32, checked to be finite and of the right length."""
    rows = np.asarray(values, np.float32)
    if rows.ndim != 2 or rows.shape[1] != width or not len(rows):
        raise ValueError(f"{what} must have the shape (V, {width}), not {rows.shape}")
    if count is not None and len(rows) != count:
        raise ValueError(f"{what} has {len(rows)} rows for {count} vertices")
    if not np.isfinite(rows).all():
        raise ValueError(f"{what} must be finite")
    return rows


def _unit_rows(rows: NDArray[Any], fallback: Sequence[float]) -> NDArray[np.float32]:
    """Rows scaled to length one; rows without a direction become the fallback."""
    wide = rows.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    directed = lengths[:, 0] > 1e-12
    wide[directed] /= lengths[directed]
    wide[~directed] = fallback
    return wide.astype(np.float32)


def _skin_rows(
    joints: NDArray[Any], weights: NDArray[Any], count: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    influence = _rows(weights, 4, "weights", count).astype(np.float64)
    indices = np.asarray(joints, np.int64)  # wide enough for the -1 below
    if indices.shape != (count, 4) or indices.min() < 0 or indices.max() > 255:
        raise ValueError("joints must have the shape (V, 4) and values of 0…255")
    sums = influence.sum(axis=1, keepdims=True)
    if influence.min() < 0 or sums.min() <= 0:
        raise ValueError("every vertex needs weights of 0 or more with a positive sum")
    unit = (influence / sums).astype(np.float32)
    used = np.where(unit > 0, indices, -1)
    ordered = np.sort(used, axis=1)
    if np.any((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)):
        raise ValueError("a vertex names the same joint twice")
    return np.where(unit > 0, indices, 0).astype(np.uint8), unit


def _index_values(triangles: NDArray[Any], vertex_count: int) -> NDArray[Any]:
    corners = np.asarray(triangles)
    if corners.ndim != 2 or corners.shape[1] != 3 or not len(corners):
        raise ValueError(f"triangles must have the shape (T, 3), not {corners.shape}")
    if corners.dtype.kind not in "iu" or corners.min() < 0 or corners.max() >= vertex_count:
        raise ValueError(f"triangles must name vertices below {vertex_count}")
    dtype = np.uint16 if vertex_count <= UINT16_VERTEX_LIMIT else np.uint32
    return corners.reshape(-1).astype(dtype)


def _channel_values(channel: AnimationChannel, key_count: int) -> NDArray[np.float32]:
    values = np.asarray(channel.values, np.float32)
    rows = key_count * (3 if channel.interpolation == "CUBICSPLINE" else 1)
    if not np.isfinite(values).all():
        raise ValueError(f"the values of {channel.path} must be finite")
    if channel.path == "weights":
        if values.size % rows or not values.size:
            raise ValueError(f"{values.size} weights do not fit {key_count} times")
        return values.reshape(-1)
    width = 4 if channel.path == "rotation" else 3
    if values.shape != (rows, width):
        raise ValueError(f"{channel.path} needs values of ({rows}, {width}), not {values.shape}")
    if channel.path != "rotation":
        return values
    unit = values.copy()
    # In a cubic spline only the middle row of each three is a rotation, the others are tangents.
    keys = slice(1, None, 3) if channel.interpolation == "CUBICSPLINE" else slice(None)
    unit[keys] = _unit_rows(values[keys], (0.0, 0.0, 0.0, 1.0))
    return unit
