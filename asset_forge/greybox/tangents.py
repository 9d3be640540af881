"""Tangents for normal maps, so that every engine reads the relief alike."""

import numpy as np

from asset_forge.greybox.mesh import Floats, Ints


def vertex_tangents(positions: Floats, triangles: Ints, normals: Floats, uvs: Floats) -> Floats:
    """Return (V, 4): unit tangents along +u, square to the normals, and the bitangent's sign.

    The bitangent cross(normal, tangent) · w points up the picture, against +v, as glTF's normal
    textures want it.
    """
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    ta, tb, tc = (uvs[triangles[:, k]] for k in range(3))
    e1, e2, d1, d2 = b - a, c - a, tb - ta, tc - ta
    det = (d1[:, 0] * d2[:, 1] - d2[:, 0] * d1[:, 1])[:, None]
    scale = np.sign(det) / np.maximum(np.abs(det), 1e-12)
    # Weighed by the triangle's share of the texture, so that slivers count little.
    along_u = (e1 * d2[:, 1:] - e2 * d1[:, 1:]) * scale * np.abs(det)
    along_v = (e2 * d1[:, :1] - e1 * d2[:, :1]) * scale * np.abs(det)
    u = _per_vertex(along_u, triangles, len(positions))
    v = _per_vertex(along_v, triangles, len(positions))
    u -= normals * np.einsum("ij,ij->i", u, normals)[:, None]
    length = np.linalg.norm(u, axis=1)
    lost = length < 1e-14
    u[lost] = _any_square_to(normals[lost])
    u /= np.where(lost, 1.0, length)[:, None]
    up = np.einsum("ij,ij->i", np.cross(normals, u), -v)
    return np.column_stack([u, np.where(up < 0, -1.0, 1.0)])


def _per_vertex(values: Floats, triangles: Ints, count: int) -> Floats:
    corner = triangles.reshape(-1)
    spread = np.repeat(values, 3, axis=0)
    return np.stack([np.bincount(corner, spread[:, k], count) for k in range(3)], axis=1)


def _any_square_to(normals: Floats) -> Floats:
    axis = np.eye(3)[np.abs(normals).argmin(axis=1)]
    square = np.cross(normals, axis)
    unit: Floats = square / np.maximum(np.linalg.norm(square, axis=1, keepdims=True), 1e-12)
    return unit
