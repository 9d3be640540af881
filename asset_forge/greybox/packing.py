"""Placing rectangles in a sheet: islands in a part's chart, charts in the texture."""

import numpy as np

from asset_forge.greybox.mesh import Floats


def pack(sizes: Floats, *, square: bool = False) -> tuple[Floats, tuple[float, float]]:
    """Place rectangles without overlap: sizes (N, 2), any unit → corners (N, 2), sheet (w, h).

    Tries several sheet widths and keeps the smallest sheet, or with `square` the one with the
    shortest longer side.
    """
    total = float(np.prod(sizes, axis=1).sum())
    widest = float(sizes[:, 0].max())
    best: tuple[float, Floats, tuple[float, float]] | None = None
    for stretch in (0.25, 0.4, 0.6, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0):
        width = max(widest, stretch * total**0.5)
        corners, height = _skyline(sizes, width)
        used = float((corners[:, 0] + sizes[:, 0]).max())
        cost = max(used, height) if square else used * height
        if best is None or cost < best[0] * (1 - 1e-9):
            best = (cost, corners, (used, height))
    assert best is not None
    return best[1], best[2]


def _skyline(sizes: Floats, width: float) -> tuple[Floats, float]:
    """Bottom-left skyline packing into a strip of the given width."""
    corners = np.zeros_like(sizes)
    skyline: list[tuple[float, float, float]] = [(0.0, width, 0.0)]  # x from, x to, y
    for index in np.lexsort((-sizes[:, 0], -sizes[:, 1])):
        w, h = float(sizes[index, 0]), float(sizes[index, 1])
        best_y, best_x = np.inf, 0.0
        for at, (x, _, level) in enumerate(skyline):
            y = level
            if y >= best_y - 1e-12 or x + w > width * (1 + 1e-9):
                continue
            for left, right, top in skyline[at + 1 :]:
                if left >= x + w - 1e-12 or y >= best_y:
                    break
                if top > y and right > x + 1e-12:
                    y = top
            if y < best_y - 1e-12:
                best_y, best_x = y, x
        corners[index] = best_x, best_y
        skyline = _raise(skyline, best_x, best_x + w, best_y + h)
    return corners, max(top for _, _, top in skyline)


def _raise(
    skyline: list[tuple[float, float, float]], left: float, right: float, top: float
) -> list[tuple[float, float, float]]:
    """Return the skyline with everything between left and right lifted to top."""
    lifted = [(left, right, top)]
    for a, b, y in skyline:
        if a < left - 1e-12:
            lifted.append((a, min(b, left), y))
        if b > right + 1e-12:
            lifted.append((max(a, right), b, y))
    return sorted(lifted)
