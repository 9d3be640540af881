"""Wood cut across: growth rings around the pith, for discs whose v runs along the radius."""

import numpy as np

from asset_forge.greybox.canvas import Canvas, Paint, mixed, smoothstep
from asset_forge.greybox.surfaces import Surface


def paint(surface: Surface, canvas: Canvas) -> Paint:
    """Paint the end of a log: rings, rays and drying cracks."""
    _, down = canvas.coordinates()
    spacing_m = max(0.007, 5.0 * canvas.texel_m()[1])
    drift = canvas.noise(0.05, along=0.6, octaves=2) - 0.5
    fine = canvas.noise(0.003) - 0.5
    phase = down / spacing_m + 1.1 * drift
    ring = np.clip(1.0 - np.abs(phase % 1.0 - 0.4) / 0.6, 0.0, 1.0).astype(np.float32) ** 1.5
    rays = canvas.noise(0.004, along=40.0) - 0.5
    colour = np.asarray(surface.colour, np.float32)
    base = colour * (1.08 + 0.16 * rays + 0.10 * fine + 0.2 * (canvas.cloud - 0.5))[..., None]
    base = mixed(base, base * np.array([0.62, 0.50, 0.40], np.float32), 0.75 * ring)
    cracks = smoothstep(0.80, 0.88, canvas.noise(0.012, along=12.0, octaves=2))
    base = mixed(base, base * 0.35, 0.8 * cracks)
    base = mixed(base, base * 0.6, 1.0 - canvas.openness)
    zero = np.zeros(canvas.shape, np.float32)
    roughness = np.clip(surface.roughness + 0.08 * ring, 0.0, 1.0)
    return Paint(base, roughness, zero, -0.0003 * ring - 0.0012 * cracks)
