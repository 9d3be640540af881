"""Cutting a mesh along the zero lines of functions, so that borders are lines and no saw teeth.

Used for the borders of clothes and for the edge loops that let joints bend. Works on plain
arrays; knows nothing of bodies.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from asset_forge.greybox.body.fields import Layer
from asset_forge.greybox.mesh import Floats, Ints

Bools = npt.NDArray[np.bool_]
# One number per point (V, 3) → (V,); the cut is where it is zero.
Values = Callable[[Floats], Floats]

# A vertex this close (share of the edge) to a cut is moved onto it instead of splitting slivers.
SNAP = 0.22
# A vertex of an earlier cut cannot move; this close, the new cut goes through it.
SNAP_LOCKED = 0.08
# Evaluations per root after the first straight-line guess.
ROOT_STEPS = 3


class Cutter:
    """A mesh under the knife; vertices that lie on a cut stay where they are.

    positions: (V, 3) float64. triangles: (T, 3) int64. Vertices on x = 0 never leave it.
    """

    def __init__(self, positions: Floats, triangles: Ints) -> None:
        self.positions = positions.copy()
        self.triangles = triangles.copy()
        self._locked = np.zeros(len(positions), bool)

    def cut(self, values: Values, level: Floats) -> Ints:
        """Cut along the zero set of `values`; `level` (V,) is its value at the vertices now.

        Returns which old triangle each triangle comes from, (T,).
        """
        level = level.copy()
        edges = self._crossed(level)
        if not len(edges):
            return np.arange(len(self.triangles))
        crossing, share = self._roots(edges, values, level)
        moved = self._snap(edges, crossing, share, level)
        edges, kept = self._still_crossed(edges, level)
        crossing = crossing[kept]
        again = np.flatnonzero(moved[edges].any(axis=1))
        crossing[again], _ = self._roots(edges[again], values, level)
        first = len(self.positions)
        self.positions = np.concatenate([self.positions, crossing])
        self._locked = np.concatenate([self._locked | (level == 0), np.ones(len(crossing), bool)])
        return self._split(edges, level, first)

    def cut_plane(self, axis: int, place: float, where: Callable[[Floats], Bools]) -> Ints:
        """Cut along the plane where coordinate `axis` is `place`, as far as `where` holds.

        Returns which old triangle each triangle comes from, (T,).
        """

        def height(points: Floats) -> Floats:
            return np.asarray(points[:, axis] - place, np.float64)

        level = height(self.positions)
        level[~where(self.positions)] = 1.0
        # Triangles that are only partly inside would be cut at the wrong place: leave them whole.
        inside = where(self.positions)[self.triangles].all(axis=1)
        outside = np.unique(self.triangles[~inside])
        level[outside] = np.where(level[outside] < 0, 0.0, level[outside])
        return self.cut(height, level)

    def _crossed(self, level: Floats) -> Ints:
        pairs = np.sort(self.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
        pairs = pairs[level[pairs[:, 0]] * level[pairs[:, 1]] < 0]
        return np.unique(pairs, axis=0)

    def _still_crossed(self, edges: Ints, level: Floats) -> tuple[Ints, Ints]:
        kept = np.flatnonzero(level[edges[:, 0]] * level[edges[:, 1]] < 0)
        return edges[kept], kept

    def _roots(self, edges: Ints, values: Values, level: Floats) -> tuple[Floats, Floats]:
        """Where each edge crosses zero: points (E, 3) and shares (E,) from its first end."""
        start, end = self.positions[edges[:, 0]], self.positions[edges[:, 1]]
        low, high = np.zeros(len(edges)), np.ones(len(edges))
        low_value, high_value = level[edges[:, 0]].copy(), level[edges[:, 1]].copy()
        share = low_value / (low_value - high_value)
        for _ in range(ROOT_STEPS if len(edges) else 0):
            value = values(start + share[:, None] * (end - start))
            same = np.sign(value) == np.sign(low_value)
            # Illinois rule: the end that stays loses half its weight, so both ends close in.
            low, high = np.where(same, share, low), np.where(same, high, share)
            low_value, high_value = (
                np.where(same, value, low_value / 2),
                np.where(same, high_value / 2, value),
            )
            gap = low_value - high_value
            share = low + (high - low) * low_value / np.where(np.abs(gap) < 1e-15, 1.0, gap)
        return start + share[:, None] * (end - start), share

    def _snap(self, edges: Ints, crossing: Floats, share: Floats, level: Floats) -> Bools:
        """Move free vertices that are nearly on the cut onto it and zero their level; who moved."""
        vertex = np.where(share < 0.5, edges[:, 0], edges[:, 1])
        reach = np.minimum(share, 1 - share)
        middle = np.abs(self.positions[:, 0]) < 1e-9
        allowed = (reach < SNAP) & ~self._locked[vertex]
        allowed &= ~middle[vertex] | (np.abs(crossing[:, 0]) < 1e-9)
        order = np.flatnonzero(allowed)[np.argsort(-reach[allowed], kind="stable")]
        # Later writes win: the nearest crossing of each vertex.
        target = np.full(len(self.positions), -1)
        target[vertex[order]] = order
        chosen = np.flatnonzero(target >= 0)
        chosen = chosen[~self._would_flip(chosen, crossing[target[chosen]])]
        self.positions[chosen] = crossing[target[chosen]]
        level[chosen] = 0.0
        level[vertex[(reach < SNAP_LOCKED) & self._locked[vertex]]] = 0.0
        moved = np.zeros(len(self.positions), bool)
        moved[chosen] = True
        return moved

    def _would_flip(self, moved: Ints, places: Floats) -> Bools:
        """Which of the moves would turn a triangle over."""
        after = self.positions.copy()
        after[moved] = places
        old, new = (_face_normals(p, self.triangles) for p in (self.positions, after))
        flipped = np.einsum("ij,ij->i", old, new) < 0.3 * np.einsum("ij,ij->i", old, old)
        bad = np.zeros(len(after), bool)
        bad[self.triangles[flipped].reshape(-1)] = True
        return bad[moved]

    def _split(self, edges: Ints, level: Floats, first: int) -> Ints:
        """Replace every crossed triangle by two or three that stop at the cut."""
        count = np.int64(len(self.positions))
        keys = edges[:, 0] * count + edges[:, 1]

        def new_vertex(a: Ints, b: Ints) -> Ints:
            key = np.minimum(a, b) * count + np.maximum(a, b)
            return first + np.searchsorted(keys, key)

        signs = np.concatenate([np.sign(level), np.zeros(len(edges))])[self.triangles]
        crossed = np.stack([signs[:, k] * signs[:, (k + 1) % 3] < 0 for k in range(3)], axis=1)
        whole = np.flatnonzero(~crossed.any(axis=1))
        kept, origin = [self.triangles[whole]], [whole]
        for k in range(3):
            one = np.flatnonzero(crossed[:, k] & (crossed.sum(axis=1) == 1))
            a, b, c = (self.triangles[one, (k + j) % 3] for j in range(3))
            middle = new_vertex(a, b)
            kept += [np.stack([a, middle, c], axis=1), np.stack([middle, b, c], axis=1)]
            origin += [one, one]
            # Both edges at corner a are crossed: a triangle at a, and a quad away from it.
            two = np.flatnonzero(crossed[:, k] & crossed[:, (k + 2) % 3])
            a, b, c = (self.triangles[two, (k + j) % 3] for j in range(3))
            ab, ca = new_vertex(a, b), new_vertex(c, a)
            place = self.positions
            short = np.linalg.norm(place[ab] - place[c], axis=1) <= np.linalg.norm(
                place[ca] - place[b], axis=1
            )
            kept += [
                np.stack([a, ab, ca], axis=1),
                np.stack([ab, b, np.where(short, c, ca)], axis=1),
                np.stack([np.where(short, ab, b), c, ca], axis=1),
            ]
            origin += [two, two, two]
        self.triangles = np.concatenate(kept)
        return np.concatenate(origin)


def cut_layers(cutter: Cutter, layers: Sequence[Layer]) -> Ints:
    """Cut a mesh along the borders of its layers; returns the layer of each triangle, (T,)."""
    for index in range(1, len(layers)):

        def border(points: Floats, index: int = index) -> Floats:
            distances = layer_distances(points, layers)
            others = np.delete(distances, index, axis=0)
            return np.asarray(distances[index] - others.min(axis=0), np.float64)

        level = border(cutter.positions)
        level[np.abs(level) < 1e-6] = 0.0
        cutter.cut(border, level)
    centres = cutter.positions[cutter.triangles].mean(axis=1)
    return np.asarray(layer_distances(centres, layers).argmin(axis=0), np.int64)


def layer_distances(points: Floats, layers: Sequence[Layer]) -> npt.NDArray[np.float32]:
    """Signed distance of every point to every layer: (layers, V). x is taken as |x|."""
    x, y, z = points.astype(np.float32).T
    return np.stack([layer.distance(np.abs(x), y, z) for layer in layers])


def _face_normals(positions: Floats, triangles: Ints) -> Floats:
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    return np.cross(b - a, c - a)
