"""Cloths: woven or twisted threads, faded folds."""

import numpy as np

from asset_forge.greybox.canvas import Canvas, Paint, mixed, smoothstep
from asset_forge.greybox.surfaces import Surface

_THREAD_M = 0.0028


def paint(surface: Surface, canvas: Canvas) -> Paint:
    """Paint cloth; the pattern "twisted" makes rope and bowstring."""
    across, down = canvas.coordinates()
    mottled = canvas.noise(0.07, octaves=4) - 0.5
    fluff = canvas.noise(0.002, octaves=2) - 0.5
    if surface.pattern == "twisted":
        turns = (across / 0.004 + down / 0.010) * (2 * np.pi)
        weave = (0.5 + 0.5 * np.sin(turns)).astype(np.float32)
        depth, shade = 0.0006, 0.45
    else:
        thread = max(_THREAD_M, 3.2 * max(canvas.texel_m()))
        weave = (
            0.5
            + 0.25 * np.sin(across * (2 * np.pi / thread))
            + 0.25 * np.sin(down * (2 * np.pi / thread))
        ).astype(np.float32)
        depth, shade = 0.00018, 0.20
    base = (
        np.asarray(surface.colour, np.float32)
        * (1.0 + 0.26 * mottled + 0.10 * fluff + 0.24 * (canvas.cloud - 0.5))[..., None]
    )
    base = base * (1.0 - shade * (1.0 - weave))[..., None]
    faded = smoothstep(0.35, 0.9, canvas.edge + 0.6 * mottled)
    base = mixed(base, np.clip(base * 1.2 + 0.08, 0, 1), 0.5 * faded)
    dirt = np.clip(0.7 * canvas.cavity + smoothstep(0.3, 0.95, 1 - canvas.openness), 0, 1)
    base = mixed(base, base * 0.45, 0.75 * dirt)
    roughness = np.clip(surface.roughness + 0.08 * mottled, 0.0, 1.0)
    return Paint(base, roughness, np.zeros(canvas.shape, np.float32), np.float32(depth) * weave)
