"""Skin, hair, and the plain surface for what has no material of its own."""

import numpy as np

from asset_forge.greybox.canvas import Canvas, Paint, mixed, smoothstep
from asset_forge.greybox.surfaces import Surface


def paint_skin(surface: Surface, canvas: Canvas) -> Paint:
    """Paint skin: soft blotches, a little redder in the hollows."""
    blotches = canvas.noise(0.05, octaves=3) - 0.5
    pores = canvas.noise(0.0025) - 0.5
    base = (
        np.asarray(surface.colour, np.float32)
        * (1.0 + 0.07 * blotches + 0.03 * pores + 0.06 * (canvas.cloud - 0.5))[..., None]
    )
    flush = np.clip(blotches * 1.2, 0, 1) + 0.7 * smoothstep(0.2, 0.9, 1 - canvas.openness)
    base = mixed(base, base * np.array([0.94, 0.72, 0.66], np.float32), np.clip(flush, 0, 1) * 0.6)
    roughness = surface.roughness + 0.12 * blotches
    zero = np.zeros(canvas.shape, np.float32)
    return Paint(base, roughness, zero, 0.00004 * pores)


def paint_hair(surface: Surface, canvas: Canvas) -> Paint:
    """Paint hair: strands along the grain."""
    strands = canvas.noise(0.0035, along=24.0, octaves=2) - 0.5
    locks = canvas.noise(0.016, along=8.0) - 0.5
    base = (
        np.asarray(surface.colour, np.float32)
        * (1.0 + 0.55 * strands + 0.45 * locks + 0.2 * (canvas.cloud - 0.5))[..., None]
    )
    base = mixed(base, base * 0.5, 0.7 * smoothstep(0.2, 0.9, 1 - canvas.openness))
    roughness = surface.roughness + 0.2 * strands
    relief = 0.0005 * strands + 0.0012 * locks
    return Paint(base, roughness, np.zeros(canvas.shape, np.float32), relief)


def paint_plain(surface: Surface, canvas: Canvas) -> Paint:
    """Paint one quiet colour, a little worn at the edges."""
    mottled = canvas.noise(0.05, octaves=3) - 0.5
    base = np.asarray(surface.colour, np.float32) * (1.0 + 0.10 * mottled)[..., None]
    worn = smoothstep(0.4, 0.9, canvas.edge + 0.5 * mottled)
    base = mixed(base, np.clip(base * 1.15 + 0.05, 0, 1), 0.5 * worn)
    base = mixed(base, base * 0.5, 0.7 * smoothstep(0.3, 0.9, 1 - canvas.openness))
    zero = np.zeros(canvas.shape, np.float32)
    return Paint(base, surface.roughness + 0.1 * mottled, zero, 0.0001 * mottled)
