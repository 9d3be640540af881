"""Walls: courses of stone blocks, bricks, and plaster."""

import numpy as np

from asset_forge.greybox.canvas import Canvas, Layer, Paint, mixed, smoothstep
from asset_forge.greybox.surfaces import Surface
from asset_forge.greybox.swatches.metal import grime

_BLOCK_M = (0.52, 0.27)  # width and height of a dressed stone
_BRICK_M = (0.25, 0.095)
_TABLE = 61  # blocks repeat their tones after this many; prime, so that no pattern shows


def is_laid(surface: Surface) -> bool:
    """Tell whether a stone surface is a wall of many pieces, or plaster over one."""
    return "masonry" in surface.finishes or surface.pattern in ("bricks", "plaster")


def paint(surface: Surface, canvas: Canvas) -> Paint:
    """Paint courses that run along u, mortar between them, each block in a tone of its own."""
    mottled = canvas.noise(0.12, octaves=5) - 0.5
    grain = canvas.noise(0.012, octaves=2) - 0.5
    if surface.pattern == "plaster":
        return _plaster(surface, canvas, mottled, grain)
    bricks = surface.pattern == "bricks"
    tone, hue, joint, dome = _courses(canvas, _BRICK_M if bricks else _BLOCK_M)
    colour = np.asarray(surface.colour, np.float32)
    shade = 0.82 + 0.36 * tone + 0.34 * mottled + 0.22 * grain + 0.2 * (canvas.cloud - 0.5)
    warm = np.stack([1 + 0.10 * hue, 1 + 0.02 * hue, 1 - 0.10 * hue], axis=-1)
    base = colour * shade[..., None] * warm
    base = mixed(base, np.clip(base * 1.2 + 0.04, 0, 1), 0.5 * smoothstep(0.55, 0.95, dome))
    worn = smoothstep(0.4, 0.85, canvas.edge + 0.6 * mottled)
    base = mixed(base, np.clip(base * 1.15 + 0.05, 0, 1), 0.5 * worn)
    mortar = colour.mean() * np.array([0.62, 0.58, 0.52], np.float32) * (1 + 0.5 * grain)[..., None]
    base = mixed(base, mortar, 0.85 * joint)
    base = _weathered(base, canvas, mottled)
    relief = 0.020 * dome * (1 - joint) + 0.004 * mottled + 0.002 * grain
    if bricks:
        relief = 0.4 * relief
    roughness = np.clip(surface.roughness + 0.12 * mottled + 0.06 * joint, 0.0, 1.0)
    return Paint(base, roughness, np.zeros(canvas.shape, np.float32), relief)


def _plaster(surface: Surface, canvas: Canvas, mottled: Layer, grain: Layer) -> Paint:
    trowel = canvas.noise(0.35, along=0.6, octaves=3) - 0.5
    base = (
        np.asarray(surface.colour, np.float32)
        * (1.0 + 0.10 * mottled + 0.06 * grain + 0.12 * trowel + 0.10 * (canvas.cloud - 0.5))[
            ..., None
        ]
    )
    cracks = smoothstep(0.6, 0.95, canvas.ridges(0.5)) * smoothstep(0.5, 0.75, canvas.noise(0.9))
    base = mixed(base, base * 0.72, 0.6 * cracks)
    base = _weathered(base, canvas, mottled)
    relief = 0.003 * trowel + 0.001 * grain - 0.002 * cracks
    zero = np.zeros(canvas.shape, np.float32)
    return Paint(base, surface.roughness + 0.05 * mottled, zero, relief)


def _weathered(base: Layer, canvas: Canvas, mottled: Layer) -> Layer:
    """Darken what lies in shadow, and the foot of the wall where rain splashes."""
    splash = smoothstep(0.12, 0.0, canvas.height + 0.10 * mottled)
    dirt = np.clip(0.8 * grime(canvas, mottled) + 0.45 * splash, 0.0, 1.0)
    dirty: Layer = mixed(base, base * np.array([0.48, 0.45, 0.38], np.float32), 0.8 * dirt)
    return dirty


def _courses(canvas: Canvas, size_m: tuple[float, float]) -> tuple[Layer, Layer, Layer, Layer]:
    """Return tone 0..1 and hue -1..1 per block, joint 0..1, and dome 0..1 rising in each block."""
    across, down = canvas.coordinates()
    texel = max(canvas.texel_m())
    width = max(size_m[0], 12 * texel)
    height = max(size_m[1], 6 * texel)
    bend = height * 0.10 * (canvas.noise(0.5, octaves=2) - 0.5)
    v = (down + bend) / height
    row = np.floor(v).astype(np.int64)
    rng = canvas.rng
    shift = rng.random(_TABLE)[row % _TABLE] * 0.3 + 0.5 * (row % 2)
    stretch = rng.uniform(0.8, 1.2, _TABLE)[row % _TABLE]
    u = (across + 0.8 * bend) / (width * stretch) + shift
    u = u + 0.10 * np.sin(u * 2.4 + row)
    column = np.floor(u).astype(np.int64)
    spot = (row * 7 + column * 3) % _TABLE, (column * 5 + row) % _TABLE
    tone = rng.random((_TABLE, _TABLE), dtype=np.float32)[spot]
    hue = rng.uniform(-1, 1, (_TABLE, _TABLE)).astype(np.float32)[spot]
    x = np.minimum(u - column, 1 - (u - column)) * width
    y = np.minimum(v - row, 1 - (v - row)) * height
    rim = np.minimum(x, y).astype(np.float32)
    gap = max(0.012, 0.6 * texel)
    joint = 1.0 - smoothstep(0.3 * gap, 1.3 * gap, rim)
    dome = smoothstep(0.0, 0.30 * height, rim)
    return tone, hue, joint, dome
