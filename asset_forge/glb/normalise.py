"""Put a model where games expect it: on the ground, centred, at its real height.

The old scene gets one new root node that moves, turns and scales it; meshes, skins and clips keep
their bytes, and skins follow because their joints move too. +Y is up, metres.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from asset_forge.errors import BadGlb
from asset_forge.glb import fields
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.meshes import scene_bounds
from asset_forge.glb.nodes import scene_roots

ROOT_NAME = "normalised"
# Below a thousandth of a millimetre a model is flat, and scaling it would only blow up noise.
MIN_HEIGHT_M = 1e-6


def normalise_character(data: bytes, height_m: float) -> bytes:
    """Return the GLB with feet on y = 0, centred in x and z, scaled to a height in metres.

    Measured on the rest pose, with skins applied. Raises BadGlb for a model without height.
    """
    if not 0 < height_m < 1e6:
        raise ValueError(f"a character cannot be {height_m!r} m high")
    document = GlbDocument.parse(data)
    low, high = _bounds(document)
    model_height = float(high[1] - low[1])
    if model_height < MIN_HEIGHT_M:
        raise BadGlb("The model of this GLB is flat, so it cannot be scaled to a height.")
    scale = height_m / model_height
    add_root(document, translation=-scale * _ground_point(low, high), scale=scale)
    return document.to_bytes()


def ground(data: bytes) -> bytes:
    """Return the GLB unscaled, with its lowest point on y = 0 and centred in x and z."""
    document = GlbDocument.parse(data)
    add_root(document, translation=-_ground_point(*_bounds(document)))
    return document.to_bytes()


def add_root(
    document: GlbDocument,
    *,
    translation: Sequence[float] | NDArray[np.float64] = (0.0, 0.0, 0.0),
    rotation: Sequence[float] | None = None,
    scale: float = 1.0,
) -> int:
    """Put one new node above the roots of the default scene; return its index.

    Changes the document. rotation is a unit quaternion x y z w. Other scenes that draw one of the
    old roots draw the new one instead, since a node with a parent cannot be a root.
    """
    old_roots = scene_roots(document)
    node: fields.JsonObject = {
        "name": ROOT_NAME,
        "translation": [float(value) + 0.0 for value in translation],  # + 0.0 turns -0.0 into 0.0
        "scale": [float(scale)] * 3,
        "children": list(old_roots),
    }
    if rotation is not None:
        node["rotation"] = [float(value) for value in rotation]
    nodes = document.json.setdefault("nodes", [])
    nodes.append(node)
    new_root = len(nodes) - 1
    if not fields.objects(document.json, "scenes"):
        document.json["scenes"] = [{"nodes": list(old_roots)}]
        document.json["scene"] = 0
    moved = set(old_roots)
    for scene in fields.objects(document.json, "scenes"):
        roots = fields.integers(scene, "nodes")
        if moved.intersection(roots):
            scene["nodes"] = [*(root for root in roots if root not in moved), new_root]
    return new_root


def _bounds(document: GlbDocument) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    bounds = scene_bounds(document)
    if bounds is None:
        raise BadGlb("The scene of this GLB draws nothing, so it cannot be placed.")
    return bounds


def _ground_point(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the middle of the underside of a box."""
    middle = (low + high) / 2
    return np.array([middle[0], low[1], middle[2]])
