"""Weapons and other held things as GLBs, for tests of what normalising makes of them.

Those of boxes stand as they should: the grip at the origin, blade or head up +Y, edge to +X.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asset_forge.glb.builder import GlbBuilder, Primitive
from asset_forge.glb.document import GlbDocument
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.shapes import build_shape
from tests.support.glbs import box_arrays

Box = tuple[tuple[float, float, float], tuple[float, float, float]]

# Size and centre of each box, in metres.
BOXES: dict[str, list[Box]] = {
    "sword": [
        ((0.05, 0.8, 0.008), (0, 0.5, 0)),
        ((0.2, 0.03, 0.03), (0, 0.1, 0)),
        ((0.03, 0.18, 0.025), (0, 0, 0)),
        ((0.05, 0.04, 0.04), (0, -0.11, 0)),
    ],
    "dagger": [
        ((0.035, 0.24, 0.006), (0, 0.18, 0)),
        ((0.1, 0.015, 0.02), (0, 0.06, 0)),
        ((0.028, 0.12, 0.022), (0, 0, 0)),
    ],
    "axe": [
        ((0.03, 0.85, 0.03), (0, 0.2, 0)),
        ((0.2, 0.22, 0.02), (0.1, 0.5, 0)),
    ],
    "hammer": [
        ((0.035, 0.8, 0.035), (0, 0.2, 0)),
        ((0.24, 0.11, 0.1), (0.03, 0.6, 0)),
    ],
    "spear": [
        ((0.03, 1.8, 0.03), (0, 0, 0)),
        ((0.09, 0.22, 0.012), (0, 1.0, 0)),
    ],
    "pickaxe": [
        ((0.035, 0.9, 0.035), (0, 0.2, 0)),
        ((0.7, 0.05, 0.05), (0.02, 0.64, 0)),
    ],
    "fishing_rod": [
        ((0.035, 0.35, 0.035), (0, 0, 0)),
        ((0.02, 0.7, 0.02), (0, 0.5, 0)),
        ((0.012, 1.1, 0.012), (0, 1.4, 0)),
    ],
    "bow": [
        ((0.04, 0.3, 0.03), (0, 0, 0)),
        ((0.03, 0.4, 0.03), (-0.04, 0.34, 0)),
        ((0.03, 0.4, 0.03), (-0.04, -0.34, 0)),
        ((0.025, 0.25, 0.025), (-0.12, 0.64, 0)),
        ((0.025, 0.25, 0.025), (-0.12, -0.64, 0)),
        ((0.004, 1.5, 0.004), (-0.14, 0, 0)),
    ],
}


def of_boxes(boxes: Sequence[Box]) -> bytes:
    builder = GlbBuilder()
    parts = [Primitive(**box_arrays(size, center)) for size, center in boxes]
    mesh = builder.add_mesh("boxes", parts)
    builder.set_scene([builder.add_node("boxes", mesh=mesh)])
    return builder.build().to_bytes()


def by_greybox(kind: str, words: str, **more: Any) -> bytes:
    """Return a shape of greybox without its textures, in its own frame."""
    shape = build_shape(kind, Brief(words, "weapon", kind, words, **more))
    builder = GlbBuilder()
    parts = [Primitive(p.positions, p.triangles, p.normals, p.uvs) for p in shape.parts]
    mesh = builder.add_mesh(kind, parts)
    builder.set_scene([builder.add_node(kind, mesh=mesh)])
    return builder.build().to_bytes()


def moved(
    data: bytes,
    *,
    rotation: Sequence[float] = (0, 0, 0, 1),
    scale: float | Sequence[float] = 1.0,
    translation: Sequence[float] = (0, 0, 0),
) -> bytes:
    """Return the GLB with its first node turned (quaternion x y z w), scaled and moved."""
    document = GlbDocument.parse(data)
    (root,) = document.json["scenes"][0]["nodes"]
    quaternion = np.asarray(rotation, float)
    sizes = [scale] * 3 if isinstance(scale, float | int) else list(scale)
    document.json["nodes"].append(
        {
            "children": [root],
            "rotation": list(quaternion / np.linalg.norm(quaternion)),
            "scale": sizes,
            "translation": list(translation),
        }
    )
    document.json["scenes"][0]["nodes"] = [len(document.json["nodes"]) - 1]
    return document.to_bytes()


def points_of(data: bytes) -> NDArray[np.float64]:
    """Return every vertex that is drawn, (V, 3) in metres, in a fixed order."""
    from asset_forge.glb.meshes import drawn_meshes  # noqa: PLC0415 - only where it is asked for

    meshes = drawn_meshes(GlbDocument.parse(data))
    return np.concatenate([mesh.positions for mesh in meshes])


def of_instances(boxes: Sequence[Box]) -> bytes:
    """Return the same boxes as `of_boxes`, all of them one mesh that many nodes draw."""
    builder = GlbBuilder()
    mesh = builder.add_mesh("unit box", [Primitive(**box_arrays())])
    nodes = [
        builder.add_node(f"box {number}", mesh=mesh, scale=size, translation=center)
        for number, (size, center) in enumerate(boxes)
    ]
    builder.set_scene([builder.add_node("boxes", children=nodes)])
    return builder.build().to_bytes()
