"""Metals: brushed along the grain, bright where edges wear, dull and dark in the corners."""

import numpy as np

from asset_forge.greybox.canvas import Canvas, Layer, Paint, mixed, smoothstep
from asset_forge.greybox.surfaces import Surface
from asset_forge.greybox.swatches.hide import scale_pattern
from asset_forge.greybox.swatches.mail import ring_pattern


def paint(surface: Surface, canvas: Canvas) -> Paint:
    """Paint a metal; the finish "polished" halves its roughness and leaves out the grime."""
    polished = "polished" in surface.finishes
    brushed = canvas.noise(0.0012, along=60.0) - 0.5
    mottled = canvas.noise(0.03, octaves=4) - 0.5
    fine = canvas.noise(0.004, octaves=2) - 0.5
    cloud = canvas.cloud - 0.5

    tone = 1.0 + 0.05 * brushed + 0.08 * mottled + 0.16 * cloud
    base = np.asarray(surface.colour, np.float32) * tone[..., None]
    roughness = surface.roughness + 0.10 * brushed + 0.18 * mottled + 0.10 * cloud
    relief = 0.00003 * brushed + 0.00006 * fine
    metallic = np.ones(canvas.shape, np.float32)

    relief += _pattern(surface, canvas)
    if surface.pattern == "scales":
        dome, groove = scale_pattern(canvas, 0.016)
        relief += 0.0006 * dome
        base = base * (0.72 + 0.36 * dome * (1 - 0.6 * groove))[..., None]
        roughness = roughness + 0.15 * groove
    if surface.pattern == "rings":
        height, gap = ring_pattern(canvas)
        relief += 0.0016 * height
        base = base * (0.55 + 0.55 * height)[..., None]
        base = mixed(base, base * 0.16, gap)
        roughness = roughness + 0.30 * gap
        metallic = metallic - 0.5 * gap
    if "damascus" in surface.finishes:
        waves = np.sin((canvas.noise(0.02, along=2.5, octaves=3)) * 46.0) * 0.5
        base = base * (1.0 + 0.30 * waves)[..., None]
        roughness = roughness + 0.08 * waves

    marks = canvas.scratches(1600 if not polished else 300, 0.03)
    base = mixed(base, _brighter(base, 1.25, 0.05), 0.5 * marks)
    relief -= 0.00004 * marks
    rubbed = canvas.edge + 0.5 * (mottled + fine)
    worn = smoothstep(0.30, 0.75, rubbed)
    base = mixed(base, _brighter(base, 1.12, 0.10), 0.75 * worn)
    roughness = roughness - 0.10 * worn

    dirt = grime(canvas, mottled) * (0.25 if polished else 1.0)
    base = mixed(base, base * np.array([0.34, 0.32, 0.30], np.float32), 0.85 * dirt)
    roughness = np.where(polished, roughness * 0.6, roughness) + 0.30 * dirt
    metallic -= 0.35 * dirt
    return Paint(base, roughness, metallic, relief)


def grime(canvas: Canvas, mottled: Layer) -> Layer:
    """Return where dirt gathers: in grooves and where other parts stand close, 0..1."""
    corners = smoothstep(0.35, 0.95, canvas.cavity + 0.5 * mottled)
    shadow = smoothstep(0.25, 0.85, 1.0 - canvas.openness + 0.4 * mottled)
    dirt: Layer = np.clip(0.9 * corners + 0.7 * shadow, 0.0, 1.0)
    return dirt


def _brighter(base: Layer, factor: float, lift: float) -> Layer:
    """Return a lighter base colour; clipping its channels would turn gold green, mithril white."""
    light = base * np.float32(factor) + np.float32(lift)
    brightest = np.maximum(np.maximum(light[..., 0], light[..., 1]), light[..., 2])
    bright: Layer = light / np.maximum(brightest, np.float32(1.0))[..., None]
    return bright


def _pattern(surface: Surface, canvas: Canvas) -> Layer:
    """Return the relief in metres of hammered or etched metal."""
    if surface.pattern == "hammered" or "hammered" in surface.finishes:
        dents = canvas.noise(0.011, octaves=1)
        hammered: Layer = np.float32(0.001) * np.abs(dents - np.float32(0.5))
        return hammered
    if surface.pattern == "etched":
        return np.float32(-0.00006) * canvas.ridges(0.03, along=2.0)
    return np.zeros(canvas.shape, np.float32)
