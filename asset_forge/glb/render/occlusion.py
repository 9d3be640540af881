"""How much of the room's light reaches each pixel: less in creases and where things touch.

Looks only at the depths of the picture, so it costs little and knows nothing of hidden parts.
"""

import math
from typing import Final

import numpy as np

from asset_forge.glb.render.arrays import Floats

# Rings around a pixel, as shares of the picture's width, and the directions on each.
RADII: Final = (0.008, 0.02, 0.045)
PAIRS_PER_RING: Final = 4
STRENGTH: Final = 1.25
DARKEST: Final = 0.35

_FAR: Final = np.float32(1e6)


def room_share(distances: Floats) -> Floats:
    """Return (rows, columns) of DARKEST…1 for distances in halves of the picture, inf = nothing.

    A pixel is shaded when the mean of two opposite neighbours is nearer than itself. Slopes cancel
    out that way, and neighbours that are much nearer belong to something else.
    """
    share = np.ones_like(distances)
    something = np.isfinite(distances)
    rows = np.flatnonzero(something.any(axis=1))
    columns = np.flatnonzero(something.any(axis=0))
    if len(rows):
        # Nothing needs to be looked at outside the box around the model.
        box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        share[box] = _room_share(distances[box], distances.shape[1])
    return share


def _room_share(distances: Floats, size_px: int) -> Floats:
    known = np.where(np.isfinite(distances), distances, _FAR)
    blocked = np.zeros_like(known)
    for number, radius in enumerate(RADII):
        reach = np.float32(2 * radius)
        margin = math.ceil(radius * size_px)
        padded = np.pad(known, margin, constant_values=_FAR)
        for pair in range(PAIRS_PER_RING):
            angle = math.pi * (pair + number / len(RADII)) / PAIRS_PER_RING
            across = round(math.cos(angle) * radius * size_px)
            down = round(math.sin(angle) * radius * size_px)
            first = known - _shifted(padded, margin, down, across, known.shape)
            second = known - _shifted(padded, margin, -down, -across, known.shape)
            bend = (_limited(first, reach) + _limited(second, reach)) / (2 * reach)
            bend[(first < -_FAR / 2) | (second < -_FAR / 2)] = 0
            blocked += np.maximum(bend, 0)
    blocked *= np.float32(STRENGTH / (len(RADII) * PAIRS_PER_RING))
    share = np.maximum(1 - blocked, np.float32(DARKEST))
    return _softened(np.where(known < _FAR, share, np.float32(1)))


def _shifted(padded: Floats, margin: int, down: int, across: int, shape: tuple[int, ...]) -> Floats:
    return padded[
        margin + down : margin + down + shape[0], margin + across : margin + across + shape[1]
    ]


def _limited(nearer: Floats, reach: np.float32) -> Floats:
    """Count fully what is nearer by up to half of `reach`, and not at all what is by all of it."""
    limited: Floats = np.maximum(nearer, -reach) * np.clip(2 - 2 * nearer / reach, 0, 1)
    return limited


def _softened(share: Floats) -> Floats:
    """Average over three by three pixels."""
    padded = np.pad(share, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    softened: Floats = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9)
    return softened
