"""Chain mail: rings that each pass through their neighbours above and below, as a relief."""

import functools

import numpy as np

from asset_forge.greybox.canvas import Canvas, Layer, smoothstep

_RING_M = 0.0105
_TILE_PX = 64


def ring_pattern(canvas: Canvas) -> tuple[Layer, Layer]:
    """Return (height, gap), both 0..1; rings are never finer than the texture can show."""
    size_m = max(_RING_M, 5.5 * max(canvas.texel_m()))
    across, down = canvas.coordinates()
    sway = (canvas.noise(0.10) - 0.5) * np.float32(0.5 * size_m)
    column = ((across + sway) * (_TILE_PX / size_m)).astype(np.int64) % _TILE_PX
    row = ((down + sway) * (_TILE_PX / size_m)).astype(np.int64) % _TILE_PX
    height: Layer = _tile()[row, column]
    gap: Layer = 1.0 - smoothstep(0.02, 0.30, height)
    return height, gap


@functools.cache
def _tile() -> Layer:
    """Draw one period: two rows of overlapping rings, the second shifted by half a ring."""
    y, x = (np.mgrid[0:_TILE_PX, 0:_TILE_PX] + 0.5) / _TILE_PX
    height = np.zeros((_TILE_PX, _TILE_PX))
    for row in range(-1, 4):
        for column in range(-1, 3):
            dx = x - (column + 0.5 * (row % 2))
            dy = (y - row * 0.5) * 0.92
            off = (np.hypot(dx, dy) - 0.40) / 0.125
            wire = np.sqrt(np.clip(1.0 - off**2, 0.0, 1.0))
            # Each ring lies on the one below and under the one above.
            lean = 0.62 + 0.38 * np.clip(dy / 0.45, -1.0, 1.0)
            height = np.maximum(height, wire * lean)
    return height.astype(np.float32)
