"""Paper and parchment: blank, written on, or as the cut edges of a block of pages."""

import numpy as np
from PIL import Image, ImageDraw

from asset_forge.greybox.canvas import Canvas, Layer, Paint, mixed, smoothstep
from asset_forge.greybox.surfaces import Surface

_INK = (0.16, 0.11, 0.09)
_LINE_M = 0.0095
_SHEET_M = 0.0011


def paint(surface: Surface, canvas: Canvas) -> Paint:
    """Paint a sheet; patterns: "written" with lines of ink across u, "pages" for sheets along u."""
    stain = canvas.noise(0.07, octaves=4) - 0.5
    fibre = canvas.noise(0.0025, along=3.0, octaves=2) - 0.5
    colour = np.asarray(surface.colour, np.float32)
    base = colour * (1.0 + 0.20 * stain + 0.10 * fibre + 0.18 * (canvas.cloud - 0.5))[..., None]
    foxed = smoothstep(0.58, 0.85, stain + 0.5) + 0.8 * smoothstep(0.2, 0.8, canvas.edge)
    base = mixed(base, base * np.array([0.80, 0.66, 0.46], np.float32), np.clip(foxed, 0, 1) * 0.7)
    base = mixed(base, base * np.array([0.60, 0.50, 0.40], np.float32), 1.0 - canvas.openness)
    relief = 0.00005 * fibre + 0.0004 * stain
    if surface.pattern == "pages":
        sheet_m = max(_SHEET_M, 3.0 * canvas.texel_m()[1])
        _, down = canvas.coordinates()
        wave = down / sheet_m + 0.7 * (canvas.noise(0.05) - 0.5)
        gap = (0.5 + 0.5 * np.cos(wave * (2 * np.pi))).astype(np.float32) ** 2
        gap = gap * (0.35 + 0.65 * canvas.noise(0.02, along=0.08))
        base = mixed(base, base * np.array([0.52, 0.44, 0.34], np.float32), 0.8 * gap)
        relief = relief - 0.0002 * gap
    if surface.pattern == "written":
        base = mixed(base, _INK, 0.85 * _writing(canvas) * (0.75 + 0.5 * fibre))
    zero = np.zeros(canvas.shape, np.float32)
    return Paint(base, surface.roughness + 0.08 * stain, zero, relief)


def _writing(canvas: Canvas) -> Layer:
    """Return lines of scribbled words, 0..1; the first line is a larger heading."""
    rows, columns = canvas.shape
    wide, tall = canvas.texel_m()
    line = max(_LINE_M, canvas.size_m[1] / 26) / tall
    picture = Image.new("L", (columns, rows))
    pen = ImageDraw.Draw(picture)
    margin = 0.11 * columns
    rng = canvas.rng
    y = max(0.10 * rows, 0.95 * line)
    first = True
    while y < 0.91 * rows:
        size = line * (0.62 if first else 0.40)
        x = margin * (2.0 if first else 1.0)
        end = columns - margin * (2.0 if first else rng.uniform(1.0, 1.35))
        if rng.random() < 0.12:
            end = columns * rng.uniform(0.35, 0.7)
        while x < end:
            word = float(rng.uniform(1.2, 4.2)) * size * tall / wide
            word = min(word, end - x)
            if word < 0.5 * size:
                break
            strokes = max(int(word / (size * 0.42 * tall / wide)), 2)
            xs = np.linspace(x, x + word, strokes * 2)
            up = np.where(np.arange(strokes * 2) % 2 == 0, 0.0, rng.uniform(0.45, 1.0, strokes * 2))
            points = np.column_stack([xs, y - size * up])
            pen.line([(float(a), float(b)) for a, b in points], fill=255,
                     width=max(round(size * 0.16), 1))  # fmt: skip
            x += word + size * 0.75 * tall / wide
        y += line * (1.7 if first else 1.0)
        first = False
    return np.asarray(picture, np.float32) / np.float32(255.0)
