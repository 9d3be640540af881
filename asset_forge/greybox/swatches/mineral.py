"""Stone, bone and gems."""

import numpy as np

from asset_forge.greybox.canvas import Canvas, Paint, mixed, smoothstep
from asset_forge.greybox.surfaces import Surface
from asset_forge.greybox.swatches import glass, masonry
from asset_forge.greybox.swatches.metal import grime


def paint_stone(surface: Surface, canvas: Canvas) -> Paint:
    """Paint stone: speckled and cracked, veined like marble, glassy like obsidian, or laid."""
    if masonry.is_laid(surface):
        return masonry.paint(surface, canvas)
    mottled = canvas.noise(0.06, octaves=5) - 0.5
    grain = canvas.noise(0.003, octaves=2) - 0.5
    cracks = smoothstep(0.55, 0.95, canvas.ridges(0.07)) * smoothstep(0.4, 0.7, canvas.noise(0.1))
    glassy = surface.pattern == "glassy"
    strength = 0.35 if glassy else 1.0
    base = (
        np.asarray(surface.colour, np.float32)
        * (1.0 + strength * (0.42 * mottled + 0.34 * grain) + 0.3 * (canvas.cloud - 0.5))[..., None]
    )
    if surface.pattern == "veined":
        base = mixed(base, base * np.array([0.62, 0.60, 0.64], np.float32), canvas.ridges(0.08))
    base = mixed(base, base * 0.45, strength * cracks)
    worn = smoothstep(0.35, 0.8, canvas.edge + 0.8 * mottled)
    base = mixed(base, np.clip(base * 1.2 + 0.10, 0, 1), 0.6 * worn)
    dirt = grime(canvas, mottled)
    base = mixed(base, base * np.array([0.42, 0.42, 0.36], np.float32), 0.8 * dirt)
    roughness = surface.roughness + strength * 0.2 * mottled - 0.08 * worn
    relief = strength * (0.0007 * mottled + 0.00035 * grain - 0.0006 * cracks)
    return Paint(base, roughness, np.zeros(canvas.shape, np.float32), relief)


def paint_bone(surface: Surface, canvas: Canvas) -> Paint:
    """Paint bone, ivory or horn: streaks along the grain, brown in the hollows."""
    mottled = canvas.noise(0.04, along=2.0, octaves=4) - 0.5
    streak = canvas.noise(0.003, along=14.0) - 0.5
    pits = smoothstep(0.68, 0.8, canvas.noise(0.0035, along=2.0))
    base = (
        np.asarray(surface.colour, np.float32)
        * (1.0 + 0.18 * mottled + 0.16 * streak + 0.2 * (canvas.cloud - 0.5))[..., None]
    )
    stain = np.clip(
        grime(canvas, mottled) + 0.5 * pits + smoothstep(0.58, 0.8, mottled + 0.5), 0, 1
    )
    base = mixed(base, base * np.array([0.58, 0.44, 0.28], np.float32), 0.8 * stain)
    worn = smoothstep(0.35, 0.85, canvas.edge + 0.6 * mottled)
    base = mixed(base, np.clip(base * 1.1 + 0.08, 0, 1), 0.6 * worn)
    roughness = surface.roughness + 0.2 * mottled - 0.1 * worn
    relief = 0.0001 * streak - 0.0003 * pits
    return Paint(base, roughness, np.zeros(canvas.shape, np.float32), relief)


def paint_gem(surface: Surface, canvas: Canvas) -> Paint:
    """Paint a cut stone: deep colour with clouds inside and bright facet edges.

    It has a faint light of its own, which stands for the light that a real gem passes through.
    """
    if surface.pattern == "clear":
        return glass.paint_clear(surface, canvas)
    # Clouds in a stone are as large as the stone wants; half of them run on over its seams.
    cell_m = min(0.02, 0.35 * max(canvas.size_m))
    inside = 0.5 * canvas.noise(cell_m, octaves=3) + 0.5 * canvas.cloud
    flaws = smoothstep(0.6, 0.95, canvas.ridges(cell_m))
    colour = np.asarray(surface.colour, np.float32)
    depth = 0.55 + 0.55 * inside + 0.35 * (canvas.cloud - 0.5)
    base = colour * depth[..., None]
    base = mixed(base, np.clip(colour * 0.6 + 0.42, 0, 1), 0.35 * flaws)
    rim = smoothstep(0.35, 0.9, canvas.edge)
    base = mixed(base, np.clip(colour * 0.7 + 0.38, 0, 1), 0.75 * rim)
    strength = 1.0 if "glowing" in surface.finishes else 0.40
    glow = base * np.float32(strength) * (0.35 + 0.65 * inside)[..., None]
    roughness = surface.roughness + 0.05 * inside + 0.05 * rim
    zero = np.zeros(canvas.shape, np.float32)
    return Paint(base, roughness, zero, zero.copy(), glow)
