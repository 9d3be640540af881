"""Small GLB models made by code: spheres, boxes, planes and a skinned bar."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from asset_forge.glb.builder import GlbBuilder, Primitive
from asset_forge.glb.document import GlbDocument

Vectors = NDArray[Any]


def sphere(
    radius_m: float = 1.0, rings: int = 32, centre: Sequence[float] = (0, 0, 0)
) -> Primitive:
    """A sphere of 4 · rings · (rings - 1) triangles with uvs around it."""
    across, down = np.linspace(0, 1, 2 * rings + 1), np.linspace(0, 1, rings + 1)
    u, v = np.meshgrid(across, down)
    polar, around = v * np.pi, u * 2 * np.pi
    normals = np.stack(
        [np.sin(polar) * np.sin(around), np.cos(polar), np.sin(polar) * np.cos(around)], axis=-1
    ).reshape(-1, 3)
    row = 2 * rings + 1
    i, j = np.meshgrid(np.arange(rings), np.arange(2 * rings), indexing="ij")
    a = (i * row + j).reshape(-1)
    upper = np.stack([a, a + row, a + row + 1], axis=1)
    lower = np.stack([a, a + row + 1, a + 1], axis=1)
    upper = upper[i.reshape(-1) < rings - 1]
    lower = lower[i.reshape(-1) > 0]
    return Primitive(
        normals * radius_m + np.array(centre),
        np.concatenate([upper, lower]),
        normals=normals,
        uvs=np.stack([u, v], axis=-1).reshape(-1, 2),
    )


def box(size_m: Sequence[float], centre: Sequence[float] = (0, 0, 0)) -> dict[str, Primitive]:
    """The six faces of a box as quads, by the direction they look: +x, -x, +y, -y, +z, -z."""
    half = np.array(size_m) / 2
    faces = {}
    for axis in range(3):
        for side in (1, -1):
            normal = np.eye(3)[axis] * side
            up = np.eye(3)[2 if axis == 1 else 1]
            right = np.cross(up, normal)
            faces[f"{'+' if side > 0 else '-'}{'xyz'[axis]}"] = quad(
                centre=np.array(centre) + normal * half, right=right * half, up=up * half
            )
    return faces


def quad(
    centre: Sequence[float] | Vectors = (0, 0, 0),
    right: Sequence[float] | Vectors = (1, 0, 0),
    up: Sequence[float] | Vectors = (0, 1, 0),
) -> Primitive:
    """A rectangle that looks along the cross product of right and up."""
    middle, r, u = np.array(centre, float), np.array(right, float), np.array(up, float)
    normal = np.cross(r, u)
    return Primitive(
        np.array([middle - r - u, middle + r - u, middle + r + u, middle - r + u]),
        np.array([[0, 1, 2], [0, 2, 3]]),
        normals=np.tile(normal / np.linalg.norm(normal), (4, 1)),
        uvs=np.array([[0, 1], [1, 1], [1, 0], [0, 0]]),
    )


def png_bytes(pixels: Vectors) -> bytes:
    """Encode (height, width, 3 or 4) bytes as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def with_material(part: Primitive, material: int | None) -> Primitive:
    return Primitive(
        part.positions, part.triangles, part.normals, part.uvs, part.joints, part.weights, material
    )


def model(
    parts: Sequence[tuple[Primitive, dict[str, Any]]],
    *,
    images: Sequence[bytes] = (),
    node: dict[str, Any] | None = None,
) -> bytes:
    """A GLB with one mesh; each part comes with its glTF material.

    Texture number i shows images[i]. node: properties for the mesh's node, such as its scale.
    """
    builder = GlbBuilder()
    for image in images:
        builder.add_texture(builder.add_image(image))
    primitives = [
        with_material(part, builder.add_material(f"material {number}"))
        for number, (part, _) in enumerate(parts)
    ]
    root = builder.add_node("model", mesh=builder.add_mesh("mesh", primitives))
    builder.set_scene([root])
    document = builder.build()
    document.json["materials"] = [material for _, material in parts]
    document.json["nodes"][root].update(node or {})
    return document.to_bytes()


def plain(
    colour: Sequence[float],
    *,
    metallic: float = 0.0,
    roughness: float = 0.8,
    **properties: Any,
) -> dict[str, Any]:
    """A glTF material of one linear colour (RGB or RGBA)."""
    rgba = [*colour, 1.0][:4]
    return {
        "pbrMetallicRoughness": {
            "baseColorFactor": rgba,
            "metallicFactor": metallic,
            "roughnessFactor": roughness,
        },
        **properties,
    }


def unlit(colour: Sequence[float], **properties: Any) -> dict[str, Any]:
    """A material that shows exactly its colour, whatever the light."""
    return {**plain(colour, **properties), "extensions": {"KHR_materials_unlit": {}}}


def with_attribute(data: bytes, name: str, values: NDArray[Any]) -> bytes:
    """Give the first primitive of a model one more vertex attribute."""
    builder = GlbBuilder(GlbDocument.parse(data))
    accessor = builder.add_accessor(values)
    document = builder.build()
    document.json["meshes"][0]["primitives"][0]["attributes"][name] = accessor
    return document.to_bytes()
