"""Clear glass, and what is in it: a liquid seen through the wall of its bottle."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from asset_forge.greybox.canvas import Canvas, Layer, Paint, mixed, smoothstep
from asset_forge.greybox.surfaces import Surface

_BUBBLE_M = 0.0016


def paint_clear(surface: Surface, canvas: Canvas) -> Paint:
    """Paint empty glass: pale, bright at its edges, with windows mirrored along the grain."""
    colour = np.asarray(surface.colour, np.float32)
    ripple = canvas.noise(0.02, octaves=2) - 0.5
    base = colour * (0.92 + 0.10 * ripple + 0.16 * (canvas.cloud - 0.5))[..., None]
    base = mixed(base, np.clip(colour * 0.5 + 0.5, 0, 1), 0.8 * _mirrored(canvas))
    rim = smoothstep(0.30, 0.85, canvas.edge)
    base = mixed(base, np.clip(colour * 0.6 + 0.42, 0, 1), 0.7 * rim)
    base = mixed(base, base * np.array([0.72, 0.80, 0.80], np.float32), 1.0 - canvas.openness)
    strength = 0.7 if "glowing" in surface.finishes else 0.10
    zero = np.zeros(canvas.shape, np.float32)
    roughness = surface.roughness + 0.05 * (ripple + 0.5)
    return Paint(base, roughness, zero, 0.00003 * ripple, (base * strength).astype(np.float32))


def paint_liquid(surface: Surface, canvas: Canvas) -> Paint:
    """Paint a liquid behind glass: deep below, lighter above, with swirls and bubbles.

    Like gems it has a faint light of its own, for the light that passes through it.
    """
    colour = np.asarray(surface.colour, np.float32)
    glowing = "glowing" in surface.finishes
    swirl = canvas.noise(0.035, along=1.4, octaves=3)
    wisps = smoothstep(0.35, 0.95, canvas.ridges(0.045, along=1.6))
    level = smoothstep(0.0, 0.62, canvas.height + 0.25 * (swirl - 0.5))
    base = colour * (0.62 + 0.42 * level + 0.40 * (swirl - 0.5))[..., None]
    bright = np.clip(colour * 0.85 + 0.22, 0, 1)
    base = mixed(base, bright, (0.55 if glowing else 0.25) * wisps)
    base = mixed(base, np.clip(colour * 0.6 + 0.40, 0, 1), 0.8 * _bubbles(canvas))
    glow = base * (np.float32(0.55 if glowing else 0.20) + 0.45 * wisps * glowing)[..., None]
    base = mixed(base, np.clip(colour * 0.4 + 0.60, 0, 1), 0.42 * _mirrored(canvas))
    zero = np.zeros(canvas.shape, np.float32)
    return Paint(base, zero + surface.roughness, zero, zero.copy(), glow.astype(np.float32))


def _mirrored(canvas: Canvas) -> Layer:
    """Return soft bright bands along the grain, as of windows in a shiny round thing."""
    wide_m = max(canvas.size_m)
    bands = canvas.noise(wide_m * 0.05, along=14.0)
    broken = canvas.noise(wide_m * 0.22)
    return smoothstep(0.70, 0.84, bands) * smoothstep(0.35, 0.6, broken)


def _bubbles(canvas: Canvas) -> Layer:
    rows, columns = canvas.shape
    wide, tall = canvas.texel_m()
    count = int(np.clip(canvas.size_m[0] * canvas.size_m[1] * 9000, 6, 140))
    picture = Image.new("L", (columns, rows))
    pen = ImageDraw.Draw(picture)
    middle = canvas.rng.random((count, 2)) * (columns, rows)
    radius_m = _BUBBLE_M * canvas.rng.uniform(0.35, 1.3, count) ** 1.5
    for (x, y), radius in zip(middle.tolist(), radius_m.tolist(), strict=True):
        rx, ry = max(radius / wide, 0.7), max(radius / tall, 0.7)
        pen.ellipse((x - rx, y - ry, x + rx, y + ry), outline=230, fill=70)
        pen.ellipse((x - 0.5 * rx, y - 0.6 * ry, x, y - 0.1 * ry), fill=255)
    soft = picture.filter(ImageFilter.GaussianBlur(0.5))
    return np.asarray(soft, np.float32) / np.float32(255.0)
