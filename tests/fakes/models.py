"""Tiny real GLBs in code: a textured box, and a figure in T-pose, also with a skin and clips.

Written by hand with struct and json, apart from the service's own GLB code, so that one cannot
hide the other's mistakes. Units are metres, +Y up, +Z front.
"""

import io
import json
import math
import struct
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

_FLOAT, _USHORT, _UBYTE = 5126, 5123, 5121
_ARRAY_BUFFER, _ELEMENT_BUFFER = 34962, 34963

_Vector = tuple[float, float, float]
_Colour = tuple[int, int, int]
DEFAULT_COLOUR: _Colour = (140, 110, 80)


@dataclass(frozen=True)
class _Part:
    """A box between two corners that hangs on one bone."""

    bone: int
    low: _Vector
    high: _Vector


# name, parent, where the joint stands in the rest pose (metres)
_BONES: tuple[tuple[str, int | None, _Vector], ...] = (
    ("mixamorig:Hips", None, (0.0, 0.95, 0.0)),
    ("mixamorig:Spine", 0, (0.0, 1.15, 0.0)),
    ("mixamorig:Head", 1, (0.0, 1.50, 0.0)),
    ("mixamorig:LeftArm", 1, (0.18, 1.40, 0.0)),
    ("mixamorig:RightArm", 1, (-0.18, 1.40, 0.0)),
    ("mixamorig:LeftUpLeg", 0, (0.10, 0.90, 0.0)),
    ("mixamorig:RightUpLeg", 0, (-0.10, 0.90, 0.0)),
)
_PARTS = (
    _Part(0, (-0.17, 0.85, -0.10), (0.17, 1.10, 0.10)),
    _Part(1, (-0.19, 1.10, -0.11), (0.19, 1.47, 0.11)),
    _Part(2, (-0.10, 1.47, -0.11), (0.10, 1.75, 0.12)),
    _Part(3, (0.19, 1.34, -0.05), (0.85, 1.45, 0.05)),
    _Part(4, (-0.85, 1.34, -0.05), (-0.19, 1.45, 0.05)),
    _Part(5, (0.03, 0.0, -0.08), (0.17, 0.85, 0.16)),
    _Part(6, (-0.17, 0.0, -0.08), (-0.03, 0.85, 0.16)),
)
# how far each bone swings about X in a step, in radians
_SWINGS = {3: 0.5, 4: -0.5, 5: -0.6, 6: 0.6}


def textured_box(
    size_m: _Vector = (0.2, 1.0, 0.1), *, colour: _Colour = DEFAULT_COLOUR, textured: bool = True
) -> bytes:
    """A box on the ground: 12 triangles, with UVs and a picture when `textured`."""
    width, height, depth = size_m
    part = _Part(0, (-width / 2, 0.0, -depth / 2), (width / 2, height, depth / 2))
    return _document((part,), colour=colour, textured=textured, skinned=False, clips=())


def tpose_figure(*, colour: _Colour = DEFAULT_COLOUR, textured: bool = True) -> bytes:
    """A figure of boxes, 1.75 m tall, arms out, without a skin: 84 triangles."""
    return _document(_PARTS, colour=colour, textured=textured, skinned=False, clips=())


def rigged_figure(*clips: str, colour: _Colour = DEFAULT_COLOUR) -> bytes:
    """The same figure with 7 bones, and one clip of a second for each name in `clips`."""
    return _document(_PARTS, colour=colour, textured=True, skinned=True, clips=clips)


def document_of(glb: bytes) -> dict[str, Any]:
    """Read the JSON chunk of a GLB; ValueError when the bytes are no GLB 2."""
    if len(glb) < 20 or glb[:4] != b"glTF":
        raise ValueError("no GLB: the magic is missing")
    version, size_bytes = struct.unpack_from("<II", glb, 4)
    json_size_bytes, kind = struct.unpack_from("<I4s", glb, 12)
    if version != 2 or size_bytes != len(glb) or kind != b"JSON":
        raise ValueError("no GLB: version, length or first chunk is wrong")
    document: dict[str, Any] = json.loads(glb[20 : 20 + json_size_bytes])
    return document


def triangle_count(glb: bytes) -> int:
    """Count triangles from the index accessors of a GLB made of triangle lists."""
    document = document_of(glb)
    accessors = document["accessors"]
    total = 0
    for mesh in document.get("meshes", []):
        for primitive in mesh["primitives"]:
            index = primitive.get("indices", primitive["attributes"]["POSITION"])
            total += accessors[index]["count"] // 3
    return total


def has_uvs(glb: bytes) -> bool:
    """Say whether every primitive has TEXCOORD_0."""
    meshes = document_of(glb).get("meshes", [])
    return all("TEXCOORD_0" in p["attributes"] for mesh in meshes for p in mesh["primitives"])


def _document(
    parts: tuple[_Part, ...],
    *,
    colour: _Colour,
    textured: bool,
    skinned: bool,
    clips: tuple[str, ...],
) -> bytes:
    writer = _Writer()
    attributes, indices = _write_boxes(writer, parts, textured=textured, skinned=skinned)
    material: dict[str, Any] = {
        "name": "surface",
        "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.8},
    }
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "fake maker"},
        "scene": 0,
        "materials": [material],
        "meshes": [
            {
                "name": "shape",
                "primitives": [{"attributes": attributes, "indices": indices, "material": 0}],
            }
        ],
    }
    if textured:
        view = writer.view(_texture(colour))
        document["images"] = [{"bufferView": view, "mimeType": "image/png"}]
        document["samplers"] = [{}]
        document["textures"] = [{"source": 0, "sampler": 0}]
        material["pbrMetallicRoughness"]["baseColorTexture"] = {"index": 0}
    else:
        material["pbrMetallicRoughness"]["baseColorFactor"] = [c / 255 for c in colour] + [1.0]
    if skinned:
        _add_skeleton(writer, document, clips)
    else:
        document["nodes"] = [{"name": "shape", "mesh": 0}]
        document["scenes"] = [{"nodes": [0]}]
    return writer.glb(document)


def _write_boxes(
    writer: "_Writer", parts: tuple[_Part, ...], *, textured: bool, skinned: bool
) -> tuple[dict[str, int], int]:
    positions: list[_Vector] = []
    normals: list[_Vector] = []
    uvs: list[tuple[float, float]] = []
    bones: list[tuple[int, int, int, int]] = []
    triangles: list[tuple[int, int, int]] = []
    for part in parts:
        for normal, corners in _faces(part.low, part.high):
            first = len(positions)
            positions += corners
            normals += [normal] * 4
            uvs += [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
            bones += [(part.bone, 0, 0, 0)] * 4
            triangles += [(first, first + 1, first + 2), (first, first + 2, first + 3)]
    attributes = {
        "POSITION": writer.floats("VEC3", positions, bounds=True, target=_ARRAY_BUFFER),
        "NORMAL": writer.floats("VEC3", normals, target=_ARRAY_BUFFER),
    }
    if textured:
        attributes["TEXCOORD_0"] = writer.floats("VEC2", uvs, target=_ARRAY_BUFFER)
    if skinned:
        attributes["JOINTS_0"] = writer.bytes_of_four(bones)
        weights = [(1.0, 0.0, 0.0, 0.0)] * len(bones)
        attributes["WEIGHTS_0"] = writer.floats("VEC4", weights, target=_ARRAY_BUFFER)
    flat = [index for triangle in triangles for index in triangle]
    data = struct.pack(f"<{len(flat)}H", *flat)
    indices = writer.accessor(data, _USHORT, "SCALAR", len(flat), target=_ELEMENT_BUFFER)
    return attributes, indices


def _faces(low: _Vector, high: _Vector) -> list[tuple[_Vector, list[_Vector]]]:
    """Six faces with the normal outwards, corners counter-clockwise seen from outside."""
    faces: list[tuple[_Vector, list[_Vector]]] = []
    for axis in range(3):
        across, up = (axis + 1) % 3, (axis + 2) % 3
        for side, value in ((-1.0, low[axis]), (1.0, high[axis])):
            corners: list[_Vector] = []
            for a, b in ((0, 0), (1, 0), (1, 1), (0, 1)):
                corner = [0.0, 0.0, 0.0]
                corner[axis] = value
                corner[across] = (low, high)[a][across]
                corner[up] = (low, high)[b][up]
                corners.append((corner[0], corner[1], corner[2]))
            normal = [0.0, 0.0, 0.0]
            normal[axis] = side
            faces.append(
                ((normal[0], normal[1], normal[2]), corners if side > 0 else corners[::-1])
            )
    return faces


def _add_skeleton(writer: "_Writer", document: dict[str, Any], clips: tuple[str, ...]) -> None:
    nodes: list[dict[str, Any]] = []
    for index, (name, parent, position) in enumerate(_BONES):
        origin = _BONES[parent][2] if parent is not None else (0.0, 0.0, 0.0)
        offset = [here - there for here, there in zip(position, origin, strict=True)]
        node: dict[str, Any] = {"name": name, "translation": offset}
        children = [i for i, bone in enumerate(_BONES) if bone[1] == index]
        if children:
            node["children"] = children
        nodes.append(node)
    nodes.append({"name": "figure", "mesh": 0, "skin": 0})
    inverses = []
    for _, _, (x, y, z) in _BONES:
        inverses.append(
            (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, -x, -y, -z, 1.0)
        )
    document["nodes"] = nodes
    document["scenes"] = [{"nodes": [0, len(_BONES)]}]
    document["skins"] = [
        {
            "joints": list(range(len(_BONES))),
            "skeleton": 0,
            "inverseBindMatrices": writer.floats("MAT4", inverses),
        }
    ]
    if clips:
        document["animations"] = [_swing(writer, clip) for clip in clips]


def _swing(writer: "_Writer", name: str) -> dict[str, Any]:
    times = writer.floats("SCALAR", [(0.0,), (0.25,), (0.75,), (1.0,)], bounds=True)
    samplers: list[dict[str, Any]] = []
    channels: list[dict[str, Any]] = []
    for bone, swing in _SWINGS.items():
        angles = (0.0, swing, -swing, 0.0)
        turns = [(math.sin(angle / 2), 0.0, 0.0, math.cos(angle / 2)) for angle in angles]
        channels.append({"sampler": len(samplers), "target": {"node": bone, "path": "rotation"}})
        samplers.append({"input": times, "output": writer.floats("VEC4", turns)})
    return {"name": name, "samplers": samplers, "channels": channels}


def _texture(colour: _Colour) -> bytes:
    image = Image.new("RGB", (16, 16), colour)
    darker = tuple(channel * 3 // 4 for channel in colour)
    for x in range(16):
        for y in range(16):
            if (x // 4 + y // 4) % 2:
                image.putpixel((x, y), darker)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@dataclass
class _Writer:
    """Collects accessors and one binary chunk."""

    binary: bytearray = field(default_factory=bytearray)
    views: list[dict[str, Any]] = field(default_factory=list)
    accessors: list[dict[str, Any]] = field(default_factory=list)

    def view(self, data: bytes, target: int | None = None) -> int:
        self.binary += bytes(-len(self.binary) % 4)
        view: dict[str, Any] = {
            "buffer": 0,
            "byteOffset": len(self.binary),
            "byteLength": len(data),
        }
        if target is not None:
            view["target"] = target
        self.binary += data
        self.views.append(view)
        return len(self.views) - 1

    def accessor(
        self, data: bytes, component: int, kind: str, count: int, *, target: int | None = None
    ) -> int:
        self.accessors.append(
            {
                "bufferView": self.view(data, target),
                "componentType": component,
                "type": kind,
                "count": count,
            }
        )
        return len(self.accessors) - 1

    def floats(
        self, kind: str, rows: "list[Any]", *, bounds: bool = False, target: int | None = None
    ) -> int:
        flat = [value for row in rows for value in row]
        packed = struct.pack(f"<{len(flat)}f", *flat)
        index = self.accessor(packed, _FLOAT, kind, len(rows), target=target)
        if bounds:
            stored = struct.unpack(f"<{len(flat)}f", packed)
            columns = [stored[i :: len(rows[0])] for i in range(len(rows[0]))]
            self.accessors[index]["min"] = [min(column) for column in columns]
            self.accessors[index]["max"] = [max(column) for column in columns]
        return index

    def bytes_of_four(self, rows: list[tuple[int, int, int, int]]) -> int:
        data = b"".join(bytes(row) for row in rows)
        return self.accessor(data, _UBYTE, "VEC4", len(rows), target=_ARRAY_BUFFER)

    def glb(self, document: dict[str, Any]) -> bytes:
        self.binary += bytes(-len(self.binary) % 4)
        document["accessors"] = self.accessors
        document["bufferViews"] = self.views
        document["buffers"] = [{"byteLength": len(self.binary)}]
        text = json.dumps(document, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        size_bytes = 12 + 8 + len(text) + 8 + len(self.binary)
        return b"".join(
            (
                struct.pack("<4sII", b"glTF", 2, size_bytes),
                struct.pack("<I4s", len(text), b"JSON"),
                text,
                struct.pack("<I4s", len(self.binary), b"BIN\x00"),
                bytes(self.binary),
            )
        )
