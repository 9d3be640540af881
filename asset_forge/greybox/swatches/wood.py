"""Woods: growth rings and fibres along the grain, knots, bruised and rubbed edges."""

import numpy as np

from asset_forge.greybox.canvas import Canvas, Paint, mixed, smoothstep
from asset_forge.greybox.surfaces import Surface
from asset_forge.greybox.swatches import endgrain
from asset_forge.greybox.swatches.metal import grime


def paint(surface: Surface, canvas: Canvas) -> Paint:
    """Paint a wood; "painted" lays colour over it that has worn off at the edges."""
    if surface.pattern == "rings":
        return endgrain.paint(surface, canvas)
    across, _ = canvas.coordinates()
    drift = canvas.noise(0.05, along=9.0, octaves=2)
    sway = canvas.noise(0.02, along=5.0) - 0.5
    # Rings and fibres finer than a few texels would flicker.
    texel_m = canvas.texel_m()[0]
    spacing_m = max(0.016, 5.0 * texel_m)
    calm = min(1.0, 0.005 / texel_m) ** 0.5
    phase = (across / spacing_m + 5.0 * drift + 0.8 * sway) * (2 * np.pi)
    saw = np.abs((phase / (2 * np.pi)) % 1.0 - 0.35) / 0.65
    ring = np.clip(1.0 - saw, 0.0, 1.0) ** 1.6
    fibre = calm * (canvas.noise(0.0011, along=45.0) - 0.5)
    streak = calm * (canvas.noise(0.006, along=26.0) - 0.5)
    mottled = canvas.noise(0.04, along=2.0, octaves=3) - 0.5
    cloud = canvas.cloud - 0.5

    colour = np.asarray(surface.colour, np.float32)
    dark = colour * np.array([0.64, 0.58, 0.52], np.float32)
    base = mixed(
        np.broadcast_to(colour * 1.10, (*canvas.shape, 3)).astype(np.float32),
        np.broadcast_to(dark, (*canvas.shape, 3)),
        np.clip(0.62 * calm * ring + 0.5 * (streak + fibre), 0.0, 1.0),
    )
    base = base * (1.0 + 0.22 * cloud + 0.16 * mottled)[..., None]
    pores = smoothstep(0.70, 0.82, fibre + 0.5)
    base = mixed(base, base * 0.62, 0.55 * pores)
    roughness = surface.roughness + 0.10 * ring + 0.12 * mottled
    relief = -0.00018 * ring - 0.00016 * pores + 0.00008 * fibre

    if "painted" in surface.finishes:
        chipped = smoothstep(0.45, 0.6, canvas.edge + 0.9 * mottled + 0.25 * streak)
        faded = 1.0 + 0.10 * mottled + 0.12 * cloud + 0.05 * fibre - 0.10 * ring
        coat = colour * faded[..., None]
        bare = mixed(base, (0.55, 0.42, 0.28), np.full(canvas.shape, 0.75, np.float32))
        base = mixed(coat, bare, chipped)
        relief = 0.4 * relief - 0.0002 * chipped

    worn = smoothstep(0.35, 0.85, canvas.edge + 0.7 * mottled)
    base = mixed(base, np.clip(base * 1.18 + 0.06, 0, 1), 0.60 * worn)
    dirt = grime(canvas, mottled)
    base = mixed(base, base * np.array([0.36, 0.32, 0.28], np.float32), 0.85 * dirt)
    return Paint(base, roughness + 0.08 * dirt, np.zeros(canvas.shape, np.float32), relief)
