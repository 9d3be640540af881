"""Sheets whose front is printed or written on: the texture lies flat and upright on the front."""

from dataclasses import replace

import numpy as np

from asset_forge.greybox.solids import Array, Solid

_HIDDEN = 0.03


def front_mapped(solid: Solid, *, right: Array, down: Array) -> Solid:
    """Lay the texture on the faces that look to the reader; all others share a small scrap of it.

    right, down: unit directions of reading.
    """
    u_axis, v_axis = (np.asarray(axis, dtype=np.float64) for axis in (right, down))
    facing = np.cross(v_axis, u_axis)
    a, b, c = (solid.positions[solid.triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-15)
    is_front = normal @ facing > 0.35
    corners = solid.positions[solid.triangles]
    uvs = np.stack([corners @ u_axis, corners @ v_axis], axis=2)
    uvs[~is_front] *= _HIDDEN
    return replace(solid, corner_uvs=uvs, islands=np.where(is_front, 0, 1).astype(np.int64))
