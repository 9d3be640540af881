"""Cutting a flat polygon into triangles by clipping ears; polygons here have < 100 corners."""

import numpy as np

from asset_forge.greybox.mesh import Floats, Ints


def triangulate(outline: Floats) -> Ints:
    """Cut a simple counter-clockwise polygon, (N, 2), into (N - 2, 3) int64 triangles.

    Picks the ear with the widest smallest angle each time, which avoids needles. A polygon that
    crosses itself still yields N - 2 triangles, of which some overlap.
    """
    points = [(float(x), float(y)) for x, y in outline]
    left = list(range(len(points)))
    faces: list[tuple[int, int, int]] = []
    while len(left) > 3:
        best, best_score = 0, -np.inf
        for place in range(len(left)):
            a, b, c = left[place - 1], left[place], left[(place + 1) % len(left)]
            score = _ear_score(points, left, a, b, c)
            if score > best_score:
                best, best_score = place, score
        a, b, c = left[best - 1], left[best], left[(best + 1) % len(left)]
        faces.append((a, b, c))
        del left[best]
    faces.append((left[0], left[1], left[2]))
    return np.array(faces, dtype=np.int64)


def _ear_score(points: list[tuple[float, float]], left: list[int], a: int, b: int, c: int) -> float:
    """Rate the corner b as an ear: its shape, or a negative number when it is none."""
    pa, pb, pc = points[a], points[b], points[c]
    area = _cross(pa, pb, pc)
    if area <= 1e-14:
        return -2.0 if area > -1e-14 else -4.0
    for other in left:
        if other in (a, b, c):
            continue
        p = points[other]
        if p in (pa, pb, pc):
            continue
        if _cross(pa, pb, p) >= 0 and _cross(pb, pc, p) >= 0 and _cross(pc, pa, p) >= 0:
            return -3.0
    sides = _square(pa, pb) + _square(pb, pc) + _square(pc, pa)
    return area / sides


def _cross(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _square(a: tuple[float, float], b: tuple[float, float]) -> float:
    return (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
