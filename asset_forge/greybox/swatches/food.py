"""Food: baked crust and crumb, fruit, cheese, roast meat, fish, pastry, jam; and wax."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from asset_forge.greybox.canvas import Canvas, Layer, Paint, mixed, smoothstep
from asset_forge.greybox.surfaces import Surface
from asset_forge.greybox.swatches.hide import scale_pattern


def paint(surface: Surface, canvas: Canvas) -> Paint:
    """Paint food by the name of its pattern."""
    return _PAINTERS[surface.pattern](surface, canvas)


def _crust(surface: Surface, canvas: Canvas) -> Paint:
    """Paint what comes out of an oven: darker where it bulges, pale in its cracks, floury."""
    mottled = canvas.noise(0.045, octaves=4) - 0.5
    pores = canvas.noise(0.003, octaves=2) - 0.5
    base = _toned(surface, canvas, 0.30 * mottled + 0.14 * pores, cloud=0.30)
    brown = smoothstep(0.35, 0.9, 0.55 * canvas.height + 0.8 * (mottled + 0.3))
    base = mixed(base, base * np.array([0.66, 0.50, 0.38], np.float32), 0.75 * brown)
    flour = smoothstep(0.62, 0.8, canvas.noise(0.02, octaves=3)) * smoothstep(0.4, 0.8, pores + 0.6)
    base = mixed(base, (0.93, 0.87, 0.76), 0.16 * flour)
    base = _shadowed(base, canvas)
    relief = 0.0004 * pores + 0.0012 * mottled
    return Paint(base, surface.roughness + 0.15 * flour, _none(canvas), relief)


def _crumb(surface: Surface, canvas: Canvas) -> Paint:
    mottled = canvas.noise(0.03, octaves=3) - 0.5
    holes = smoothstep(0.62, 0.74, canvas.noise(0.006, octaves=2))
    base = _toned(surface, canvas, 0.14 * mottled, cloud=0.12)
    base = mixed(base, base * np.array([0.78, 0.68, 0.54], np.float32), holes)
    base = _shadowed(base, canvas)
    return Paint(base, _none(canvas) + surface.roughness, _none(canvas), -0.0008 * holes)


def _fruit(surface: Surface, canvas: Canvas) -> Paint:
    """Paint a smooth skin with streaks along the grain and small pale dots."""
    streak = canvas.noise(0.004, along=12.0, octaves=2) - 0.5
    mottled = canvas.noise(0.03, along=2.0, octaves=3) - 0.5
    dots = smoothstep(0.90, 0.94, canvas.noise(0.0017))
    base = _toned(surface, canvas, 0.22 * streak + 0.18 * mottled, cloud=0.25)
    ripe = smoothstep(0.50, 0.95, canvas.cloud + 0.5 * mottled + 0.3 * streak)
    base = mixed(base, (0.82, 0.62, 0.22), 0.50 * ripe)
    base = mixed(base, (0.92, 0.84, 0.60), 0.45 * dots)
    base = _shadowed(base, canvas)
    return Paint(base, surface.roughness + 0.08 * mottled, _none(canvas), 0.00003 * streak)


def _cheese(surface: Surface, canvas: Canvas) -> Paint:
    """Paint cheese with round eyes of three sizes."""
    mottled = canvas.noise(0.04, octaves=3) - 0.5
    base = _toned(surface, canvas, 0.12 * mottled, cloud=0.14)
    eyes, lit = _eyes(canvas)
    base = mixed(base, base * np.array([0.70, 0.58, 0.38], np.float32), eyes)
    base = mixed(base, base * np.array([1.25, 1.20, 1.05], np.float32), lit)
    dry = smoothstep(0.3, 0.8, canvas.edge)
    base = mixed(base, base * np.array([1.04, 0.94, 0.72], np.float32), dry)
    base = _shadowed(base, canvas)
    return Paint(base, surface.roughness + 0.1 * eyes, _none(canvas), -0.003 * eyes)


def _eyes(canvas: Canvas) -> tuple[Layer, Layer]:
    """Return round holes and the light on their lower borders, both 0..1."""
    rows, columns = canvas.shape
    wide, tall = canvas.texel_m()
    count = int(np.clip(canvas.size_m[0] * canvas.size_m[1] * 2200, 8, 160))
    holes, lights = (Image.new("L", (columns, rows)) for _ in range(2))
    pen, light = ImageDraw.Draw(holes), ImageDraw.Draw(lights)
    middle = canvas.rng.random((count, 2)) * (columns, rows)
    radius_m = 0.0022 + 0.0075 * canvas.rng.random(count) ** 2.5
    for (x, y), radius in zip(middle.tolist(), radius_m.tolist(), strict=True):
        rx, ry = max(radius / wide, 1.0), max(radius / tall, 1.0)
        light.ellipse((x - 1.15 * rx, y - 0.85 * ry, x + 1.15 * rx, y + 1.25 * ry), fill=255)
        light.ellipse((x - rx, y - ry, x + rx, y + ry), fill=0)
        pen.ellipse((x - rx, y - ry, x + rx, y + ry), fill=255)
    soft = ImageFilter.GaussianBlur(max(0.0006 / wide, 0.5))
    eyes, lit = (np.asarray(p.filter(soft), np.float32) / 255.0 for p in (holes, lights))
    return eyes, 0.6 * lit


def _meat(surface: Surface, canvas: Canvas) -> Paint:
    """Paint roast meat: glazed, charred here and there, fat shining."""
    mottled = canvas.noise(0.035, octaves=4) - 0.5
    fibre = canvas.noise(0.005, along=7.0, octaves=2) - 0.5
    base = _toned(surface, canvas, 0.36 * mottled + 0.22 * fibre, cloud=0.35)
    char = smoothstep(0.58, 0.85, canvas.noise(0.03, octaves=4) + 0.12 * canvas.edge)
    base = mixed(base, base * np.array([0.42, 0.34, 0.30], np.float32), 0.8 * char)
    fat = smoothstep(0.66, 0.82, canvas.noise(0.018, along=2.0, octaves=2))
    base = mixed(base, (0.86, 0.62, 0.38), 0.40 * fat)
    base = _shadowed(base, canvas)
    roughness = surface.roughness + 0.25 * char - 0.10 * fat
    return Paint(base, roughness, _none(canvas), 0.0006 * fibre + 0.0012 * mottled)


def _fish(surface: Surface, canvas: Canvas) -> Paint:
    """Paint small wet scales; the silver of the belly is in the part's tint."""
    dome, groove = scale_pattern(canvas, max(0.0065, 5.0 * max(canvas.texel_m())))
    mottled = canvas.noise(0.03, octaves=3) - 0.5
    base = _toned(surface, canvas, 0.16 * mottled, cloud=0.16)
    base = base * (0.74 + 0.32 * dome)[..., None]
    base = mixed(base, base * 0.62, 0.6 * groove)
    base = _shadowed(base, canvas)
    metallic = _none(canvas) + 0.25
    return Paint(base, surface.roughness + 0.2 * groove, metallic, 0.00035 * dome)


def _jam(surface: Surface, canvas: Canvas) -> Paint:
    lumps = canvas.noise(0.010, octaves=2)
    base = _toned(surface, canvas, 0.8 * (lumps - 0.5), cloud=0.2)
    bright = np.clip(np.asarray(surface.colour, np.float32) * 1.2 + 0.15, 0, 1)
    base = mixed(base, bright, 0.5 * smoothstep(0.6, 0.85, lumps))
    base = _shadowed(base, canvas)
    return Paint(base, _none(canvas) + surface.roughness, _none(canvas), 0.002 * lumps)


def _wax(surface: Surface, canvas: Canvas) -> Paint:
    mottled = canvas.noise(0.012, octaves=3) - 0.5
    base = _toned(surface, canvas, 0.18 * mottled, cloud=0.12)
    worn = smoothstep(0.35, 0.9, canvas.edge)
    base = mixed(base, np.clip(base * 1.25 + 0.05, 0, 1), 0.6 * worn)
    base = _shadowed(base, canvas)
    return Paint(base, surface.roughness + 0.1 * mottled, _none(canvas), 0.0002 * mottled)


def _toned(surface: Surface, canvas: Canvas, tone: Layer, *, cloud: float) -> Layer:
    colour = np.asarray(surface.colour, np.float32)
    toned: Layer = colour * (1.0 + tone + cloud * (canvas.cloud - 0.5))[..., None]
    return toned


def _shadowed(base: Layer, canvas: Canvas) -> Layer:
    """Darken hollows in a warm tone: light goes some way into food."""
    hollow = smoothstep(0.25, 0.95, 1.0 - canvas.openness + 0.4 * canvas.cavity)
    return mixed(base, base * np.array([0.58, 0.44, 0.36], np.float32), 0.7 * hollow)


def _none(canvas: Canvas) -> Layer:
    return np.zeros(canvas.shape, np.float32)


_PAINTERS: dict[str, Callable[[Surface, Canvas], Paint]] = {
    "crust": _crust,
    "crumb": _crumb,
    "fruit": _fruit,
    "cheese": _cheese,
    "meat": _meat,
    "fish": _fish,
    "jam": _jam,
    "wax": _wax,
}
