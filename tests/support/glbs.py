"""Small GLBs made by code, for tests of everything that reads or changes GLBs."""

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asset_forge.glb.builder import AnimationChannel, GlbBuilder, Primitive
from asset_forge.glb.document import GlbDocument

UNKNOWN_EXTENSION = "VENDOR_material_grain"


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
) -> dict[str, NDArray[Any]]:
    """Return positions, normals, uvs (24 rows) and triangles (12) of a box, for `Primitive`."""
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
