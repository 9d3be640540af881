"""Small GLBs made by code, for tests of everything that reads or changes GLBs."""

import struct
import zlib
from base64 import b64encode
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from asset_forge.glb.builder import AnimationChannel, GlbBuilder, Primitive
from asset_forge.glb.compact import compact
from asset_forge.glb.document import GlbDocument

UNKNOWN_EXTENSION = "VENDOR_material_grain"


class BoxArrays(TypedDict):
    """The arrays of a `Primitive`; rows belong to 24 vertices and 12 triangles."""

    positions: NDArray[np.float64]
    normals: NDArray[np.float64]
    uvs: NDArray[np.float64]
    triangles: NDArray[np.int64]


def png_bytes(width_px: int = 4, height_px: int = 4) -> bytes:
    """Make a PNG of one colour without a picture library."""
    rows = (b"\0" + b"\xc0\x80\x40" * width_px) * height_px
    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def box_arrays(
    size: tuple[float, float, float] = (1.0, 1.0, 1.0),
    center: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> BoxArrays:
    """Make a box with a sharp edge everywhere and the whole picture on every side."""
    positions: list[NDArray[Any]] = []
    normals: list[NDArray[Any]] = []
    uvs: list[tuple[float, float]] = []
    triangles: list[tuple[int, int, int]] = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            normal = np.eye(3)[axis] * sign
            right = np.eye(3)[(axis + 1) % 3]
            up = np.cross(normal, right)
            start = len(positions)
            for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                positions.append((normal + u * right + v * up) / 2)
                normals.append(normal)
                uvs.append(((u + 1) / 2, (1 - v) / 2))
            triangles += [(start, start + 1, start + 2), (start, start + 2, start + 3)]
    return {
        "positions": np.array(positions) * size + center,
        "normals": np.array(normals),
        "uvs": np.array(uvs),
        "triangles": np.array(triangles),
    }


def textured_box(
    *,
    size: tuple[float, float, float] = (1.0, 1.0, 1.0),
    center: tuple[float, float, float] = (0.0, 0.0, 0.0),
    texture_px: int = 4,
) -> bytes:
    """Make a box of 12 triangles with one material and one texture."""
    builder = GlbBuilder()
    texture = builder.add_texture(builder.add_image(png_bytes(texture_px, texture_px)))
    material = builder.add_material(
        "crate", base_color_texture=texture, metallic=0.0, roughness=0.7
    )
    mesh = builder.add_mesh("box", [Primitive(**box_arrays(size, center), material=material)])
    builder.set_scene([builder.add_node("box", mesh=mesh)])
    return builder.build().to_bytes()


def skinned_bar() -> bytes:
    """Make a bar from y = 0 to 2 m, two bones and a clip "bend" of one second.

    The upper bone starts at y = 1 and turns by 90 degrees around Z, to -X. The armature is scaled
    by 0.01, as many exporters do. The material holds an unknown extension, and extras.
    """
    builder = GlbBuilder()
    box = box_arrays((0.2, 2.0, 0.2), (0.0, 1.0, 0.0))
    upper = box["positions"][:, 1] > 1
    joints = np.zeros((24, 4), np.int64)
    joints[:, 0] = upper
    weights = np.zeros((24, 4))
    weights[:, 0] = 1
    texture = builder.add_texture(builder.add_image(png_bytes()))
    material = builder.add_material("cloth", base_color_texture=texture, extras={"dye": "madder"})
    primitive = Primitive(**box, joints=joints, weights=weights, material=material)
    mesh = builder.add_mesh("bar", [primitive])
    upper_bone = builder.add_node("upper", translation=(0, 100, 0))
    lower_bone = builder.add_node("lower", children=[upper_bone])
    inverses = np.tile(np.eye(4) * (100, 100, 100, 1), (2, 1, 1))
    inverses[1, 1, 3] = -100
    skin = builder.add_skin("bones", [lower_bone, upper_bone], inverses)
    bar = builder.add_node("bar", mesh=mesh, skin=skin)
    armature = builder.add_node("armature", scale=(0.01, 0.01, 0.01), children=[lower_bone])
    half = np.sqrt(0.5)
    builder.add_animation(
        "bend",
        [
            AnimationChannel(upper_bone, "rotation", [0, 1], [[0, 0, 0, 1], [0, 0, half, half]]),
            AnimationChannel(lower_bone, "translation", [0, 1], [[0, 0, 0], [0, 0, 0]], "STEP"),
        ],
    )
    builder.set_scene([armature, bar])
    document = builder.build()
    document.json["materials"][0]["extensions"] = {UNKNOWN_EXTENSION: {"grain": 0.25}}
    document.json["extensionsUsed"] = [UNKNOWN_EXTENSION]
    document.json["asset"]["extras"] = {"made": "for tests"}
    return document.to_bytes()


def rewritten(data: bytes, **changes: Any) -> bytes:
    """Return the GLB with top-level parts of its JSON replaced."""
    document = GlbDocument.parse(data)
    document.json.update(changes)
    return document.to_bytes()


def rare_features() -> bytes:
    """Make a valid GLB of what is seldom seen together.

    Node 2 "mirrored" (a matrix that negates X) holds two others. Node 0 "shapes", at x = 1, has a
    strip and a fan, each the square of x and y in 0…1, facing +Z. Node 1 "morphing" has one
    triangle whose morph target, sparse and fully on, lifts its last corner to z = 1. Clip 0 moves
    node 0 by a cubic spline from x = 1 to x = 3 within two seconds. Scene 1 draws node 2 as well.
    The picture is a data URI.
    """
    builder = GlbBuilder()
    square = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0)], float)
    facing = np.tile([0.0, 0.0, 1.0], (4, 1))
    corners = np.array([(0, 1, 2), (2, 1, 3)])
    material = builder.add_material("plain", double_sided=True)
    around = [0, 1, 3, 2]
    flat = [
        Primitive(square, corners, facing, square[:, :2], material=material),
        Primitive(square[around], corners, facing, square[around, :2], material=material),
    ]
    shapes = builder.add_node(
        "shapes", mesh=builder.add_mesh("shapes", flat), translation=(1, 0, 0)
    )
    triangle = Primitive(square[:3], corners[:1])
    morphing = builder.add_node("morphing", mesh=builder.add_mesh("morphing", [triangle]))
    mirrored = builder.add_node("mirrored", children=[shapes, morphing])
    spline = [[0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0], [3, 0, 0], [0, 0, 0]]
    builder.add_animation(
        "slide", [AnimationChannel(shapes, "translation", [0, 2], spline, "CUBICSPLINE")]
    )
    builder.set_scene([mirrored])
    document = builder.build()
    document.json["nodes"][mirrored]["matrix"] = [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    document.json["scenes"].append({"nodes": [mirrored]})
    strip, fan = document.json["meshes"][0]["primitives"]
    strip["mode"] = 5
    fan["mode"] = 6
    for primitive in (strip, fan):  # four vertices in their own order
        del primitive["indices"]
    _add_sparse_morph(document)
    _add_picture_as_data_uri(document)
    return compact(document).to_bytes()


def _add_sparse_morph(document: GlbDocument) -> None:
    builder = GlbBuilder(document)
    rows = builder.add_accessor(np.array([2], np.uint16))
    values = builder.add_accessor(np.array([[0, 0, 1]], np.float32))
    built = builder.build()
    document.json, document.binary = built.json, built.binary
    accessors = document.json["accessors"]
    accessors.append(
        {
            "componentType": 5126,
            "count": 3,
            "type": "VEC3",
            "min": [0, 0, 0],
            "max": [0, 0, 1],
            "sparse": {
                "count": 1,
                "indices": {"bufferView": accessors[rows]["bufferView"], "componentType": 5123},
                "values": {"bufferView": accessors[values]["bufferView"]},
            },
        }
    )
    morphing = document.json["meshes"][1]
    morphing["primitives"][0]["targets"] = [{"POSITION": len(accessors) - 1}]
    morphing["weights"] = [1.0]


def _add_picture_as_data_uri(document: GlbDocument) -> None:
    picture = b64encode(png_bytes()).decode()
    document.json["images"] = [{"uri": f"data:image/png;base64,{picture}"}]
    document.json["textures"] = [{"source": 0}]
    document.json["materials"][0]["emissiveTexture"] = {
        "index": 0,
        "extensions": {"KHR_texture_transform": {"scale": [2, 2], "texCoord": 0}},
    }
    document.json["extensionsUsed"] = ["KHR_texture_transform"]
