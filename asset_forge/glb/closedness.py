"""Whether surfaces are closed, and which way they face.

Vertices at the same place are one corner here, however UV seams and sharp edges split them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asset_forge.glb.meshes import DrawnMesh

# Vertices in the same cell of this many along the model are one corner, split by a UV seam.
_WELD_CELLS = 1e6


@dataclass
class Edges:
    """Counts over all nodes.

    open: edges with one triangle. crowded: with more than two that do not pair up; bodies that
    touch along an edge do. mixed: with two that face opposite ways. degenerate: triangles without
    area. doubled: triangles that lie on another. is_inside_out: a closed surface encloses less
    than nothing.
    """

    open: int = 0
    crowded: int = 0
    mixed: int = 0
    degenerate: int = 0
    doubled: int = 0
    is_inside_out: bool = False


def look_at_edges(meshes: Iterable[DrawnMesh]) -> Edges:
    """Count what keeps surfaces from being closed, for each node with all its materials."""
    found = Edges()
    by_node: dict[int, list[NDArray[np.float64]]] = {}
    for mesh in meshes:
        # All parts of a node together: materials may split a closed body into open patches.
        by_node.setdefault(mesh.node, []).append(mesh.positions[mesh.triangles].reshape(-1, 3))
    volume = 0.0
    for parts in by_node.values():
        corners = np.concatenate(parts)
        if len(corners):
            _add_node(found, corners)
            volume += _volume(corners)
    is_closed = not (found.open or found.crowded or found.mixed)
    found.is_inside_out = is_closed and volume < 0
    return found


def _add_node(found: Edges, corners: NDArray[np.float64]) -> None:
    triangles = _weld(corners)
    whole = (
        (triangles[:, 0] != triangles[:, 1])
        & (triangles[:, 1] != triangles[:, 2])
        & (triangles[:, 2] != triangles[:, 0])
    )
    found.degenerate += int((~whole).sum())
    triangles = triangles[whole]
    if not len(triangles):
        return
    corners_in_order = np.sort(triangles, axis=1)
    # A corner's number is below 2**20: only so many corners are looked at.
    same = corners_in_order[:, 0] << 40 | corners_in_order[:, 1] << 20 | corners_in_order[:, 2]
    found.doubled += len(same) - len(np.unique(same))
    directed = np.concatenate([triangles[:, [side, (side + 1) % 3]] for side in range(3)])
    low, high = directed.min(axis=1), directed.max(axis=1)
    keys = low * (int(triangles.max()) + 1) + high
    _, edge_of, uses = np.unique(keys, return_inverse=True, return_counts=True)
    # In a closed surface each edge is walked once each way.
    way = np.where(directed[:, 0] < directed[:, 1], 1, -1)
    balance = np.bincount(edge_of.reshape(-1), weights=way, minlength=len(uses))
    found.open += int((uses == 1).sum())
    found.crowded += int(((uses > 2) & (balance != 0)).sum())
    found.mixed += int(((uses == 2) & (balance != 0)).sum())


def _weld(corners: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give corners at the same place the same number; (T, 3)."""
    extent = float(np.ptp(corners, axis=0).max()) or 1.0
    cells = np.round((corners - corners.min(axis=0)) / extent * _WELD_CELLS).astype(np.int64)
    # Each cell number is below 2**20, so that three fit into one 64-bit key.
    keys = cells[:, 0] << 40 | cells[:, 1] << 20 | cells[:, 2]
    welded: NDArray[np.int64] = np.unique(keys, return_inverse=True)[1].reshape(-1, 3)
    return welded


def _volume(corners: NDArray[np.float64]) -> float:
    """Return six times the volume that triangles enclose, in shares of the model's own box."""
    extent = float(np.ptp(corners, axis=0).max()) or 1.0
    triangles = ((corners - corners.mean(axis=0)) / extent).reshape(-1, 3, 3)
    turned = np.cross(triangles[:, 1], triangles[:, 2])
    return float(np.einsum("ti,ti->", triangles[:, 0], turned)) * extent**3
