"""Pictures drawn by code for the tests: figures on transparent ground, and grounds to put them on.

Figures are drawn three times too large and scaled down, so that their edges are antialiased as
in a rendered picture. Everything is deterministic.
"""

import io
import itertools
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Figure = Image.Image
OVERSAMPLING = 3

STEEL: Colour = (168, 176, 188)
DARK_STEEL: Colour = (112, 120, 134)
BRASS: Colour = (196, 150, 62)
LEATHER: Colour = (98, 60, 36)
WOOD: Colour = (126, 84, 46)
SKIN: Colour = (224, 178, 144)
HAIR: Colour = (92, 56, 28)
SHIRT: Colour = (150, 44, 40)
TROUSERS: Colour = (66, 58, 74)
BOOTS: Colour = (48, 38, 34)


class _Canvas:
    """A square sheet whose coordinates run from 0 to 1, y down."""

    def __init__(self, size_px: int) -> None:
        self.size_px = size_px
        self._edge = size_px * OVERSAMPLING
        self.image = Image.new("RGBA", (self._edge, self._edge), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self.image)

    def _at(self, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x * self._edge, y * self._edge) for x, y in points]

    def polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        self._draw.polygon(self._at(points), fill=colour)

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        (x0, y0), (x1, y1) = self._at([(x - rx, y - ry), (x + rx, y + ry)])
        self._draw.ellipse((x0, y0, x1, y1), fill=colour)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        self.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour)

    def limb(self, points: list[tuple[float, float, float]], colour: Colour) -> None:
        """Draw a chain of discs (x, y, radius) joined by tapering sides."""
        for (xa, ya, ra), (xb, yb, rb) in itertools.pairwise(points):
            for step in np.linspace(0, 1, max(60, round(np.hypot(xb - xa, yb - ya) * 700))):
                radius = ra + (rb - ra) * step
                self.ellipse(xa + (xb - xa) * step, ya + (yb - ya) * step, radius, radius, colour)

    def finish(self, *, shade: float = 0.25) -> Figure:
        """Return the figure at its size, lit softly from the upper left."""
        pixels = np.asarray(self.image, dtype=np.float32)
        alpha = Image.fromarray(pixels[..., 3].astype(np.uint8))
        soft = np.asarray(
            alpha.filter(ImageFilter.GaussianBlur(self._edge * 0.012)), dtype=np.float32
        )
        dy, dx = np.gradient(soft)
        light = np.clip((dx + dy) / (np.abs(dx + dy).max() + 1e-6), -1, 1)
        lit = pixels.copy()
        lit[..., :3] = np.clip(pixels[..., :3] * (1 + shade * light[..., None]), 0, 255)
        image = Image.fromarray(lit.astype(np.uint8))
        return image.resize((self.size_px, self.size_px), Image.Resampling.BOX)


def sword(size_px: int = 512) -> Figure:
    """An upright longsword, blade up, guard at about 0.72 of the height."""
    c = _Canvas(size_px)
    blade = [(0.5, 0.03), (0.535, 0.1), (0.545, 0.7), (0.455, 0.7), (0.465, 0.1)]
    c.polygon(blade, STEEL)
    c.polygon([(0.5, 0.03), (0.535, 0.1), (0.545, 0.7), (0.5, 0.7)], DARK_STEEL)
    c.box(0.478, 0.7, 0.522, 0.92, LEATHER)
    for row in range(7):
        y = 0.73 + row * 0.026
        c.polygon([(0.478, y + 0.012), (0.522, y), (0.522, y + 0.007), (0.478, y + 0.019)], BOOTS)
    c.limb([(0.37, 0.7, 0.016), (0.5, 0.71, 0.02), (0.63, 0.7, 0.016)], BRASS)
    c.ellipse(0.5, 0.935, 0.034, 0.034, BRASS)
    return c.finish()


def axe(size_px: int = 512) -> Figure:
    """An upright single-bitted axe, head at the top with the edge to the right."""
    c = _Canvas(size_px)
    c.limb([(0.42, 0.06, 0.018), (0.42, 0.95, 0.021)], WOOD)
    head = [(0.38, 0.13), (0.5, 0.14), (0.66, 0.06), (0.7, 0.2), (0.66, 0.36), (0.5, 0.25)]
    c.polygon([*head, (0.38, 0.25)], DARK_STEEL)
    c.polygon([(0.62, 0.08), (0.66, 0.06), (0.7, 0.2), (0.66, 0.36), (0.62, 0.335), (0.65, 0.2)],
              STEEL)  # fmt: skip
    return c.finish()


def double_axe(size_px: int = 512) -> Figure:
    c = _Canvas(size_px)
    c.limb([(0.5, 0.08, 0.018), (0.5, 0.95, 0.02)], WOOD)
    for s in (-1, 1):
        blade = [(0, 0.15), (0.1, 0.17), (0.24, 0.05), (0.29, 0.22), (0.24, 0.4), (0.1, 0.28)]
        c.polygon([*((0.5 + s * x, y) for x, y in blade), (0.5, 0.3)], DARK_STEEL)
    return c.finish()


def hammer(size_px: int = 512) -> Figure:
    c = _Canvas(size_px)
    c.limb([(0.5, 0.2, 0.02), (0.5, 0.95, 0.022)], WOOD)
    c.box(0.32, 0.08, 0.68, 0.28, DARK_STEEL)
    for x in (0.28, 0.66):
        c.box(x, 0.06, x + 0.06, 0.3, STEEL)
    return c.finish()


def mace(size_px: int = 512) -> Figure:
    c = _Canvas(size_px)
    c.limb([(0.5, 0.3, 0.018), (0.5, 0.95, 0.018)], WOOD)
    c.ellipse(0.5, 0.18, 0.11, 0.12, DARK_STEEL)
    for x, y in ((0.37, 0.18), (0.63, 0.18), (0.5, 0.05)):
        c.polygon([(x, y - 0.03), (x + 0.04, y), (x, y + 0.03), (x - 0.04, y)], BRASS)
    return c.finish()


def spear(size_px: int = 512) -> Figure:
    c = _Canvas(size_px)
    c.limb([(0.5, 0.2, 0.011), (0.5, 0.97, 0.012)], WOOD)
    c.polygon([(0.5, 0.02), (0.545, 0.13), (0.515, 0.22), (0.485, 0.22), (0.455, 0.13)], STEEL)
    c.box(0.485, 0.21, 0.515, 0.26, BRASS)
    return c.finish()


def staff(size_px: int = 512) -> Figure:
    c = _Canvas(size_px)
    c.limb([(0.5, 0.2, 0.016), (0.5, 0.96, 0.013)], WOOD)
    c.limb([(0.5, 0.22, 0.03), (0.5, 0.17, 0.045)], BRASS)
    c.ellipse(0.5, 0.1, 0.062, 0.062, (70, 130, 210))
    return c.finish()


def bow(size_px: int = 512) -> Figure:
    """A strung bow: a closed loop with ground to be seen through it."""
    c = _Canvas(size_px)
    angles = np.linspace(-1.15, 1.15, 24)
    thickness = 0.022 - 0.011 * np.abs(angles) / 1.15
    arc = [
        (0.24 + 0.5 * float(np.cos(a)) - 0.1, 0.5 + 0.5 * float(np.sin(a)), float(t))
        for a, t in zip(angles, thickness, strict=True)
    ]
    c.limb([(arc[0][0], arc[0][1], 0.004), (arc[-1][0], arc[-1][1], 0.004)], (226, 218, 196))
    c.limb(arc, WOOD)
    return c.finish()


def shield(size_px: int = 512) -> Figure:
    c = _Canvas(size_px)
    outline = [(0.18, 0.1), (0.5, 0.06), (0.82, 0.1), (0.8, 0.5), (0.68, 0.76), (0.5, 0.94)]
    outline += [(1 - x, y) for x, y in reversed(outline[3:5])]
    c.polygon(outline, DARK_STEEL)
    c.polygon([(0.5 + (x - 0.5) * 0.86, 0.48 + (y - 0.48) * 0.88) for x, y in outline], SHIRT)
    c.box(0.46, 0.1, 0.54, 0.9, BRASS)
    c.box(0.2, 0.38, 0.8, 0.46, BRASS)
    c.ellipse(0.5, 0.42, 0.09, 0.09, STEEL)
    return c.finish()


def potion(size_px: int = 512) -> Figure:
    c = _Canvas(size_px)
    c.box(0.44, 0.16, 0.56, 0.46, (150, 196, 206))
    c.limb([(0.43, 0.2, 0.022), (0.57, 0.2, 0.022)], (176, 214, 222))
    c.ellipse(0.5, 0.66, 0.25, 0.25, (150, 196, 206))
    c.ellipse(0.5, 0.68, 0.22, 0.21, (160, 30, 90))
    c.ellipse(0.43, 0.58, 0.045, 0.06, (230, 150, 190))
    c.box(0.455, 0.09, 0.545, 0.17, (170, 124, 76))
    return c.finish()


def helmet(size_px: int = 512) -> Figure:
    c = _Canvas(size_px)
    c.ellipse(0.5, 0.45, 0.31, 0.36, STEEL)
    c.box(0.19, 0.45, 0.81, 0.86, STEEL)
    c.box(0.19, 0.8, 0.81, 0.88, BRASS)
    c.box(0.27, 0.46, 0.73, 0.53, (16, 16, 20))
    c.box(0.475, 0.4, 0.525, 0.8, DARK_STEEL)
    for x in (0.34, 0.4, 0.6, 0.66):
        c.ellipse(x, 0.67, 0.016, 0.016, (16, 16, 20))
    return c.finish()


def crate(size_px: int = 512) -> Figure:
    c = _Canvas(size_px)
    c.box(0.14, 0.14, 0.86, 0.86, WOOD)
    for row in range(5):
        c.box(0.14, 0.28 + row * 0.11, 0.86, 0.287 + row * 0.11, BOOTS)
    c.polygon([(0.22, 0.16), (0.84, 0.78), (0.78, 0.84), (0.16, 0.22)], (148, 102, 60))
    for x0, y0, x1, y1 in ((0.14, 0.14, 0.86, 0.23), (0.14, 0.77, 0.86, 0.86),
                           (0.14, 0.14, 0.23, 0.86), (0.77, 0.14, 0.86, 0.86)):  # fmt: skip
        c.box(x0, y0, x1, y1, (156, 110, 66))
    return c.finish()


def humanoid(size_px: int = 512, *, pose: str = "t") -> Figure:
    """A man in shirt, trousers and boots with hair and a face; arms out ("t") or low ("a")."""
    c = _Canvas(size_px)
    for side in (-1, 1):
        hip, foot = 0.5 + side * 0.052, 0.5 + side * 0.075
        c.limb([(hip, 0.5, 0.052), (hip + side * 0.01, 0.7, 0.038), (foot, 0.9, 0.028)], TROUSERS)
        c.limb([(foot - side * 0.003, 0.76, 0.037), (foot, 0.92, 0.032)], BOOTS)
        c.limb([(foot, 0.935, 0.028), (foot + side * 0.018, 0.943, 0.024)], BOOTS)
        hand = (0.5 + side * 0.42, 0.245) if pose == "t" else (0.5 + side * 0.25, 0.52)
        elbow = (0.5 + side * 0.25, 0.24) if pose == "t" else (0.5 + side * 0.185, 0.38)
        c.limb([(*elbow, 0.03), (*hand, 0.021)], SKIN)
        c.ellipse(hand[0] + side * 0.022, hand[1], 0.03, 0.022, SKIN)
        c.limb([(0.5 + side * 0.085, 0.25, 0.045), (*elbow, 0.034)], SHIRT)
    c.polygon([(0.4, 0.215), (0.6, 0.215), (0.595, 0.4), (0.605, 0.53), (0.395, 0.53),
               (0.405, 0.4)], SHIRT)  # fmt: skip
    c.box(0.398, 0.485, 0.602, 0.512, LEATHER)
    c.box(0.478, 0.482, 0.522, 0.515, BRASS)
    c.box(0.47, 0.17, 0.53, 0.225, SKIN)
    c.ellipse(0.5, 0.115, 0.062, 0.077, HAIR)
    c.ellipse(0.5, 0.13, 0.05, 0.066, SKIN)
    c.polygon([(0.445, 0.115), (0.45, 0.075), (0.5, 0.05), (0.55, 0.075), (0.555, 0.115),
               (0.53, 0.088), (0.47, 0.088)], HAIR)  # fmt: skip
    for side in (-1, 1):
        c.ellipse(0.5 + side * 0.02, 0.122, 0.01, 0.007, (250, 250, 250))
        c.ellipse(0.5 + side * 0.02, 0.122, 0.005, 0.006, (30, 40, 60))
    c.ellipse(0.5, 0.143, 0.006, 0.01, (200, 150, 118))
    c.box(0.483, 0.164, 0.517, 0.17, (160, 70, 66))
    return c.finish(shade=0.18)


FIGURES: dict[str, Callable[..., Figure]] = {
    "sword": sword,
    "axe": axe,
    "hammer": hammer,
    "mace": mace,
    "spear": spear,
    "staff": staff,
    "bow": bow,
    "shield": shield,
    "potion": potion,
    "helmet": helmet,
    "crate": crate,
    "humanoid": humanoid,
}


def plain(size_px: int, colour: Colour = (238, 238, 236)) -> Image.Image:
    return Image.new("RGB", (size_px, size_px), colour)


def gradient(
    size_px: int, top: Colour = (232, 236, 240), bottom: Colour = (150, 158, 170)
) -> Image.Image:
    """A vertical gradient that is brighter in the middle, as behind a studio picture."""
    rows, columns = np.mgrid[0:size_px, 0:size_px] / size_px
    share = rows[..., None]
    colours = np.array(top) * (1 - share) + np.array(bottom) * share
    glow = 14 * np.exp(-((rows - 0.5) ** 2 + (columns - 0.5) ** 2) * 6)
    return Image.fromarray(np.clip(colours + glow[..., None], 0, 255).astype(np.uint8))


def noisy(size_px: int, *, strength: float = 6.0, seed: int = 3) -> Image.Image:
    base = np.asarray(plain(size_px, (216, 220, 214)), dtype=np.float64)
    noise = np.random.default_rng(seed).normal(0, strength, base.shape)
    return Image.fromarray(np.clip(base + noise, 0, 255).astype(np.uint8))


GROUNDS: dict[str, Callable[[int], Image.Image]] = {
    "plain": plain,
    "gradient": gradient,
    "noisy": noisy,
}


def on_ground(figure: Figure, ground: str) -> Image.Image:
    """Put a figure on one of GROUNDS; "alpha" leaves it on transparent ground."""
    if ground == "alpha":
        return figure
    sheet = GROUNDS[ground](figure.width)
    sheet.paste(figure, (0, 0), figure)
    return sheet


def with_shadow(figure: Figure, ground: str = "plain") -> Image.Image:
    """Put a figure on a ground with a soft contact shadow below it."""
    sheet = GROUNDS[ground](figure.width)
    box = figure.getbbox()
    assert box is not None
    left, _, right, bottom = box
    shadow = Image.new("L", figure.size, 0)
    height = (right - left) * 0.16
    ImageDraw.Draw(shadow).ellipse(
        (left + 4, bottom - height * 0.7, right - 4, bottom + height * 0.5), fill=110
    )
    shadow = shadow.filter(ImageFilter.GaussianBlur(figure.width * 0.018))
    sheet.paste((40, 40, 44), (0, 0), shadow)
    sheet.paste(figure, (0, 0), figure)
    return sheet


def turned(figure: Figure, degrees: float) -> Figure:
    return figure.rotate(degrees, Image.Resampling.BICUBIC)


def encode(image: Image.Image, image_format: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format)
    return buffer.getvalue()
