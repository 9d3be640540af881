"""What grows: bark, leaves, needles, moss and thatch."""

import numpy as np
from PIL import Image, ImageDraw

from asset_forge.greybox.canvas import Canvas, Layer, Paint, mixed, smoothstep
from asset_forge.greybox.surfaces import Surface

_LEAF_M = 0.15
_NEEDLE_M = 0.22
_MOST_DABS = 6000


def paint_bark(surface: Surface, canvas: Canvas) -> Paint:
    """Paint bark: furrowed along the trunk, papery with dark marks (birch) or ringed (palm)."""
    mottled = canvas.noise(0.22, along=2.0, octaves=4) - 0.5
    colour = np.asarray(surface.colour, np.float32)
    if surface.pattern == "papery":
        return _papery(surface, canvas, mottled)
    _, down = canvas.coordinates()
    if surface.pattern == "ringed":
        wave = down / 0.16 + 0.35 * (canvas.noise(0.3) - 0.5)
        furrow = smoothstep(0.62, 0.95, (wave % 1.0).astype(np.float32))
        depth_m = 0.010
    else:
        cell_m = max(0.055, 4.5 * max(canvas.texel_m()))
        plates = canvas.noise(cell_m, along=5.0, octaves=2)
        furrow = np.clip(1.0 - np.abs(plates - 0.5) * 5.0, 0.0, 1.0)
        furrow = np.maximum(furrow, 0.7 * canvas.ridges(cell_m * 1.6, along=2.2))
        depth_m = 0.012
    fibre = canvas.noise(0.012, along=10.0) - 0.5
    base = colour * (1.12 + 0.34 * mottled + 0.30 * fibre + 0.30 * (canvas.cloud - 0.5))[..., None]
    base = mixed(base, base * np.array([0.46, 0.42, 0.40], np.float32), 0.85 * furrow)
    damp = np.clip(1.0 - canvas.openness, 0.0, 1.0)
    base = mixed(base, base * 0.6, damp)
    base = mixed(base, (0.28, 0.31, 0.17), 0.35 * smoothstep(0.55, 0.8, mottled + 0.5))
    relief = -depth_m * furrow + 0.002 * fibre
    roughness = np.clip(surface.roughness + 0.10 * mottled, 0.0, 1.0)
    return Paint(base, roughness, np.zeros(canvas.shape, np.float32), relief)


def _papery(surface: Surface, canvas: Canvas, mottled: Layer) -> Paint:
    cell_m = max(0.16, 10.0 * max(canvas.texel_m()))
    dashes = smoothstep(0.66, 0.74, canvas.noise(cell_m, along=0.22, octaves=2))
    foot = smoothstep(0.10, 0.0, canvas.height) + 0.35 * smoothstep(0.62, 0.9, mottled + 0.5)
    base = (
        np.asarray(surface.colour, np.float32)
        * (1.0 + 0.16 * mottled + 0.12 * (canvas.cloud - 0.5))[..., None]
    )
    rough = np.clip(foot * canvas.noise(0.08, along=2.0, octaves=3) * 1.8, 0.0, 1.0)
    base = mixed(base, (0.15, 0.13, 0.12), np.clip(0.9 * dashes + 0.8 * rough, 0.0, 1.0))
    base = mixed(base, base * 0.55, np.clip(1.0 - canvas.openness, 0.0, 1.0))
    relief = -0.003 * dashes - 0.006 * rough
    return Paint(base, surface.roughness + 0.2 * rough, np.zeros(canvas.shape, np.float32), relief)


def paint_leaf(surface: Surface, canvas: Canvas) -> Paint:
    """Paint foliage as dabs of leaves, strokes of needles, or the short pile of moss."""
    if surface.pattern == "moss":
        return _moss(surface, canvas)
    needles = surface.pattern == "needles"
    dabs = _dabs(canvas, _NEEDLE_M if needles else _LEAF_M, slim=5.5 if needles else 1.9,
                 spread=0.5 if needles else np.pi)  # fmt: skip
    drift = canvas.noise(0.9, octaves=3) - 0.5
    colour = np.asarray(surface.colour, np.float32)
    tone = 0.62 + 0.50 * dabs + 0.22 * drift + 0.20 * (canvas.cloud - 0.5)
    base = colour * tone[..., None]
    sunny = colour * np.array([1.22, 1.12, 0.72], np.float32) + np.float32(0.02)
    lit = smoothstep(0.55, 1.0, dabs) * (0.35 + 0.5 * (drift + 0.5))
    base = mixed(base, np.broadcast_to(sunny, base.shape), 0.6 * lit)
    base = mixed(base, base * np.array([0.48, 0.56, 0.60], np.float32), 1.0 - canvas.openness)
    roughness = np.clip(surface.roughness + 0.12 * (0.5 - dabs), 0.0, 1.0)
    return Paint(base, roughness, np.zeros(canvas.shape, np.float32), 0.02 * dabs)


def _moss(surface: Surface, canvas: Canvas) -> Paint:
    tufts = canvas.noise(0.018, octaves=2)
    cushions = canvas.noise(0.10, octaves=3) - 0.5
    base = (
        np.asarray(surface.colour, np.float32)
        * (0.55 + 0.75 * tufts + 0.5 * cushions + 0.2 * (canvas.cloud - 0.5))[..., None]
    )
    base = mixed(base, base * 0.5, 1.0 - canvas.openness)
    zero = np.zeros(canvas.shape, np.float32)
    return Paint(base, zero + surface.roughness, zero, 0.004 * tufts + 0.006 * cushions)


def paint_thatch(surface: Surface, canvas: Canvas) -> Paint:
    """Paint straw laid down the roof (along v), bleached where it is old, dark between bundles."""
    straw = canvas.noise(0.018, along=14.0) - 0.5
    bundle = canvas.noise(0.06, along=6.0, octaves=2) - 0.5
    weather = canvas.noise(0.8, octaves=3) - 0.5
    colour = np.asarray(surface.colour, np.float32)
    tone = 1.0 + 0.42 * straw + 0.22 * bundle + 0.10 * weather + 0.2 * (canvas.cloud - 0.5)
    base = colour * tone[..., None]
    grey = base.mean(axis=-1, keepdims=True) * np.array([1.04, 0.98, 0.86], np.float32)
    faded = 0.15 + 0.4 * smoothstep(0.3, 0.9, weather + 0.5)
    base = mixed(base, np.broadcast_to(grey, base.shape), faded)
    gaps = 0.8 * smoothstep(0.62, 0.90, 0.5 - 0.7 * straw - 0.5 * bundle)
    base = mixed(base, base * np.array([0.42, 0.36, 0.30], np.float32), gaps)
    base = mixed(base, base * 0.5, 1.0 - canvas.openness)
    relief = 0.010 * straw + 0.016 * bundle
    roughness = np.clip(surface.roughness + 0.05 * weather, 0.0, 1.0)
    return Paint(base, roughness, np.zeros(canvas.shape, np.float32), relief)


def _dabs(canvas: Canvas, length_m: float, *, slim: float, spread: float) -> Layer:
    """Draw leaf-shaped dabs over each other, dark ones below, 0..1.

    slim: length over width. spread: radians to either side of "down".
    """
    rows, columns = canvas.shape
    area = canvas.size_m[0] * canvas.size_m[1]
    wanted = 3.2 * slim * area / length_m**2
    count = int(np.clip(wanted, 30, _MOST_DABS))
    # Where the count is capped the leaves grow, so that they still cover everything.
    length = length_m * max((wanted / count) ** 0.5, 1.0)
    rng = canvas.rng
    tone = np.sort(rng.random(count)) ** 1.2
    middle = rng.random((count, 2)) * canvas.size_m
    angle = np.pi / 2 + rng.uniform(-spread, spread, count)
    reach = length * rng.uniform(0.7, 1.2, count)
    shape = np.array([(-0.5, 0.0), (-0.15, 0.5 / slim), (0.2, 0.42 / slim), (0.5, 0.0),
                      (0.2, -0.42 / slim), (-0.15, -0.5 / slim)])  # fmt: skip
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x = middle[:, :1] + reach[:, None] * (cos * shape[:, 0] - sin * shape[:, 1])
    y = middle[:, 1:] + reach[:, None] * (sin * shape[:, 0] + cos * shape[:, 1])
    texel = canvas.texel_m()
    corners = np.stack([x / texel[0], y / texel[1]], axis=-1).reshape(count, -1)
    picture = Image.new("L", (columns, rows), 20)
    pen = ImageDraw.Draw(picture)
    for outline, shade in zip(
        corners.tolist(), (25 + 230 * tone).astype(int).tolist(), strict=True
    ):
        pen.polygon(outline, fill=shade)
    return np.asarray(picture, np.float32) / 255.0
