"""Leather and scales: creased, rubbed, studded; or rows of overlapping scales."""

import numpy as np

from asset_forge.greybox.canvas import Canvas, Layer, Paint, mixed, smoothstep
from asset_forge.greybox.surfaces import Surface

_STUD_SPACING_M = 0.028


def paint_leather(surface: Surface, canvas: Canvas) -> Paint:
    """Paint leather: soft, hardened (smooth and waxed) or studded with small steel domes."""
    hardened = surface.pattern == "hardened"
    mottled = canvas.noise(0.035, octaves=4) - 0.5
    pores = canvas.noise(0.0022, octaves=2) - 0.5
    creases = canvas.ridges(0.012, along=0.8) * canvas.noise(0.05)
    fine = canvas.ridges(0.0045)
    cloud = canvas.cloud - 0.5

    base = (
        np.asarray(surface.colour, np.float32)
        * (1.0 + 0.34 * mottled + 0.12 * pores + 0.24 * cloud)[..., None]
    )
    base = mixed(base, base * 0.66, 0.55 * creases + 0.22 * fine)
    roughness = surface.roughness + 0.22 * mottled + 0.10 * pores
    relief = 0.00006 * pores - (0.0001 if hardened else 0.00022) * creases - 0.00008 * fine

    worn = smoothstep(0.30, 0.85, canvas.edge + 0.7 * mottled)
    rubbed = np.clip(np.asarray(surface.colour, np.float32) * 1.45 + 0.10, 0, 1)
    base = mixed(base, np.broadcast_to(rubbed, base.shape), 0.55 * worn)
    dirt = np.clip(canvas.cavity * 0.9 + smoothstep(0.25, 0.9, 1 - canvas.openness), 0, 1)
    base = mixed(base, base * np.array([0.36, 0.33, 0.31], np.float32), 0.80 * dirt)
    metallic: Layer = np.zeros(canvas.shape, np.float32)

    if surface.pattern == "studded":
        dome, ring = _studs(canvas)
        stud = smoothstep(0.02, 0.10, dome)
        base = mixed(base, base * 0.5, 0.8 * ring)
        base = mixed(base, (0.74, 0.74, 0.76), stud)
        roughness = roughness + (0.30 - roughness) * stud
        metallic = metallic + stud
        relief = relief * (1 - stud) + 0.0026 * dome - 0.0004 * ring
    return Paint(base, roughness, metallic, relief)


def paint_scales(surface: Surface, canvas: Canvas) -> Paint:
    """Paint a scaly hide, lighter at the free edge of each scale."""
    size_m = 0.022
    dome, groove = scale_pattern(canvas, size_m)
    mottled = canvas.noise(0.06, octaves=3) - 0.5
    fine = canvas.noise(0.0025, octaves=2) - 0.5
    base = (
        np.asarray(surface.colour, np.float32)
        * (1.0 + 0.30 * mottled + 0.10 * fine + 0.30 * (canvas.cloud - 0.5))[..., None]
    )
    base = base * (0.58 + 0.50 * dome)[..., None]
    base = mixed(base, base * 0.30, 0.85 * groove)
    worn = smoothstep(0.4, 0.9, canvas.edge + 0.6 * mottled)
    base = mixed(base, np.clip(base * 1.35 + 0.08, 0, 1), 0.5 * worn)
    dirt = smoothstep(0.3, 0.9, 1 - canvas.openness)
    base = mixed(base, base * 0.4, 0.7 * dirt)
    roughness = surface.roughness + 0.16 * mottled + 0.30 * groove - 0.10 * dome
    relief = 0.0016 * dome + 0.00006 * fine
    return Paint(base, roughness, np.full(canvas.shape, 0.05, np.float32), relief)


def scale_pattern(canvas: Canvas, size_m: float) -> tuple[Layer, Layer]:
    """Return (dome, groove), both 0..1, of rows of overlapping scales that point down +v."""
    across, down = canvas.coordinates()
    u = across / size_m + 0.15 * (canvas.noise(0.08) - 0.5)
    v = down / (size_m * 0.8) + 0.15 * (canvas.noise(0.08) - 0.5)
    best = np.full(canvas.shape, -1.0, np.float32)
    reach = np.zeros(canvas.shape, np.float32)
    row = np.floor(v)
    for back in (0, 1):
        line = row - back
        shift = (line % 2) * 0.5
        x = (u + shift) % 1.0 - 0.5
        y = v - line
        distance = np.sqrt((x / 0.56) ** 2 + ((y - 0.62) / 0.86) ** 2)
        inside = (distance < 1.0) & (best < 0)
        best = np.where(inside, 1.0 - 0.25 * back, best)
        reach = np.where(inside, distance, reach)
    dome = np.where(best > 0, np.sqrt(np.clip(1.0 - reach**2, 0.0, 1.0)), 0.0)
    groove = np.where(best > 0, smoothstep(0.82, 1.0, reach.astype(np.float32)), 1.0)
    return dome.astype(np.float32), groove.astype(np.float32)


def _studs(canvas: Canvas) -> tuple[Layer, Layer]:
    """Return (dome, ring) of staggered round studs and the dent around each."""
    across, down = canvas.coordinates()
    v = down / (_STUD_SPACING_M * 0.87)
    u = across / _STUD_SPACING_M + 0.5 * (np.floor(v) % 2)
    x = (u % 1.0 - 0.5) * _STUD_SPACING_M
    y = (v % 1.0 - 0.5) * (_STUD_SPACING_M * 0.87)
    distance = np.sqrt(x * x + y * y) / (0.21 * _STUD_SPACING_M)
    dome = np.sqrt(np.clip(1.0 - distance**2, 0.0, 1.0))
    ring = np.clip(1.0 - np.abs(distance - 1.15) * 4.0, 0.0, 1.0)
    return dome.astype(np.float32), ring.astype(np.float32)
