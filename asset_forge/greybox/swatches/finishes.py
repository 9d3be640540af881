"""What time and fire do to any material: rust, patina, soot, frost, moss, blood, glow."""

from collections.abc import Callable

import numpy as np

from asset_forge.greybox.canvas import Canvas, Layer, Paint, mixed, smoothstep
from asset_forge.greybox.surfaces import Surface


def apply(surface: Surface, canvas: Canvas, paint: Paint) -> Paint:
    """Lay the surface's finishes over fresh paint, in a fixed order."""
    for name, finish in _FINISHES.items():
        if name in surface.finishes:
            finish(surface, canvas, paint)
    return paint


def _rusty(surface: Surface, canvas: Canvas, paint: Paint) -> None:
    if surface.family != "metal":
        return
    blotch = canvas.noise(0.035, octaves=5)
    fine = canvas.noise(0.004, octaves=2)
    spread = blotch + 0.35 * (canvas.cloud - 0.5) + 0.45 * canvas.cavity
    spread += 0.4 * (1 - canvas.openness) - 0.12 * canvas.edge
    rust = smoothstep(0.40, 0.62, spread + 0.25 * (fine - 0.5))
    orange = np.array([0.40, 0.215, 0.115], np.float32) * (0.7 + 0.6 * fine)[..., None]
    brown = np.array([0.22, 0.125, 0.085], np.float32) * (0.7 + 0.6 * fine)[..., None]
    if surface.material in ("bronze", "brass", "copper"):
        orange = np.array([0.30, 0.44, 0.38], np.float32) * (0.7 + 0.6 * fine)[..., None]
        brown = np.array([0.22, 0.27, 0.21], np.float32) * (0.7 + 0.6 * fine)[..., None]
    crust = mixed(orange, brown, smoothstep(0.5, 0.75, canvas.noise(0.015, octaves=3)))
    paint.base = mixed(paint.base, crust, rust)
    _blend(paint, rust, roughness=0.92, metallic=0.08)
    paint.relief_m = paint.relief_m + 0.00045 * rust * (fine - 0.2)


def _ancient(surface: Surface, canvas: Canvas, paint: Paint) -> None:
    stain = smoothstep(
        0.40, 0.95, canvas.noise(_patch_m(canvas, 0.08), octaves=5) + 0.35 * (1 - canvas.openness)
    )
    if surface.family == "metal":
        green = surface.material in ("bronze", "brass", "copper")
        tone = (0.30, 0.46, 0.38) if green else (0.25, 0.22, 0.19)
        paint.base = mixed(paint.base, tone, (0.75 if green else 0.55) * stain)
        _blend(paint, stain, roughness=0.75, metallic=0.45)
        paint.base = paint.base * np.float32(0.88)
    else:
        grey = paint.base.mean(axis=-1, keepdims=True)
        paint.base = paint.base + (grey * np.float32(0.92) - paint.base) * np.float32(0.38)
        paint.base = mixed(paint.base, paint.base * np.float32(0.5), 0.7 * stain)
        paint.roughness = np.clip(paint.roughness + 0.12, 0, 1)
    nicks = smoothstep(0.62, 0.72, canvas.noise(0.012, octaves=2)) * smoothstep(
        0.2, 0.6, canvas.edge
    )
    paint.relief_m = paint.relief_m - 0.0008 * nicks


def _burnt(surface: Surface, canvas: Canvas, paint: Paint) -> None:
    char = smoothstep(
        0.30, 0.72, 0.55 * canvas.height + 0.65 * canvas.noise(_patch_m(canvas, 0.06), octaves=4)
    )
    cracks = canvas.ridges(0.014, along=1.4)
    soot = np.array([0.07, 0.06, 0.055], np.float32) * (0.6 + 0.8 * canvas.noise(0.004))[..., None]
    paint.base = mixed(paint.base, soot, 0.94 * char)
    _blend(paint, char, roughness=0.88, metallic=0.25 if surface.family == "metal" else 0.0)
    if surface.family in ("wood", "leather", "cloth"):
        ash = smoothstep(0.5, 0.9, cracks) * char
        paint.base = mixed(paint.base, (0.34, 0.32, 0.31), 0.5 * ash)
        paint.relief_m = paint.relief_m - 0.0009 * ash


def _frosted(surface: Surface, canvas: Canvas, paint: Paint) -> None:
    del surface
    rime = smoothstep(
        0.42, 0.66, canvas.noise(_patch_m(canvas, 0.03, 0.02), octaves=5) + 0.25 * canvas.edge
    )
    paint.base = mixed(paint.base, (0.80, 0.90, 0.97), 0.78 * rime)
    _blend(paint, rime, roughness=0.42, metallic=0.1)
    paint.relief_m = paint.relief_m + 0.0003 * rime


def _mossy(surface: Surface, canvas: Canvas, paint: Paint) -> None:
    del surface
    tufts = canvas.noise(max(0.006, 2.5 * max(canvas.texel_m())), octaves=2)
    moss = smoothstep(
        0.50, 0.64, canvas.noise(_patch_m(canvas, 0.07), octaves=4) + 0.3 * (1 - canvas.openness)
    )
    green = np.array([0.21, 0.26, 0.12], np.float32) * (0.5 + 0.9 * tufts)[..., None]
    paint.base = mixed(paint.base, green, moss)
    _blend(paint, moss, roughness=0.95, metallic=0.0)
    paint.relief_m = paint.relief_m + 0.0012 * moss * tufts


def _bloody(surface: Surface, canvas: Canvas, paint: Paint) -> None:
    del surface
    splash = smoothstep(0.60, 0.66, canvas.noise(0.05, along=1.6, octaves=4))
    paint.base = mixed(paint.base, (0.30, 0.02, 0.02), 0.9 * splash)
    _blend(paint, splash, roughness=0.28, metallic=0.0)


def _glowing(surface: Surface, canvas: Canvas, paint: Paint) -> None:
    if surface.family == "gem" or paint.glow is not None:
        return
    veins = smoothstep(0.45, 0.95, canvas.ridges(0.05, along=1.8))
    colour = np.clip(np.asarray(surface.colour, np.float32) * 0.5 + (0.1, 0.35, 0.6), 0, 1)
    paint.glow = (colour * veins[..., None] * 0.9).astype(np.float32)


def _patch_m(canvas: Canvas, usual_m: float, share: float = 0.045) -> float:
    """Return the size of a patch: a house does not moulder in specks of a few centimetres."""
    return max(usual_m, share * max(canvas.size_m))


def _blend(paint: Paint, amount: Layer, *, roughness: float, metallic: float) -> None:
    paint.roughness = paint.roughness + (roughness - paint.roughness) * amount
    paint.metallic = paint.metallic + (metallic - paint.metallic) * amount


_FINISHES: dict[str, Callable[[Surface, Canvas, Paint], None]] = {
    "ancient": _ancient,
    "rusty": _rusty,
    "burnt": _burnt,
    "frosted": _frosted,
    "mossy": _mossy,
    "bloody": _bloody,
    "glowing": _glowing,
}
