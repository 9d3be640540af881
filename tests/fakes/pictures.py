"""Small real pictures in code: a sword or a figure in T-pose on a plain background.

They have clear outlines and some shading, so that a maker that turns pictures into shapes has
something true to work on. No picture files are kept in the repository.
"""

import base64
import io
from enum import StrEnum

from PIL import Image, ImageDraw

_PLAIN_GREY = (232, 233, 236, 255)
_CLEAR = (0, 0, 0, 0)

_Point = tuple[float, float]
_Colour = tuple[int, int, int, int]


class Subject(StrEnum):
    """What is on the picture."""

    SWORD = "sword"
    FIGURE = "figure"


def subject_of(prompt: str) -> Subject:
    """Guess from the words of a prompt what a maker would draw."""
    words = prompt.lower()
    figure_words = ("t-pose", "character", "humanoid", "avatar", "knight standing")
    return Subject.FIGURE if any(word in words for word in figure_words) else Subject.SWORD


def picture(
    subject: Subject = Subject.SWORD,
    *,
    width_px: int = 256,
    height_px: int = 256,
    image_format: str = "PNG",
    transparent: bool = False,
) -> bytes:
    """Draw `subject` and encode it as PNG, JPEG or WEBP (Pillow's names)."""
    canvas = Image.new("RGBA", (width_px, height_px), _CLEAR if transparent else _PLAIN_GREY)
    painter = _Painter(canvas)
    if subject is Subject.SWORD:
        _draw_sword(painter)
    else:
        _draw_figure(painter)
    image = canvas if transparent else canvas.convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, image_format)
    return buffer.getvalue()


def png(subject: Subject = Subject.SWORD, *, size_px: int = 256) -> bytes:
    """A square PNG."""
    return picture(subject, width_px=size_px, height_px=size_px)


def jpeg(subject: Subject = Subject.SWORD, *, size_px: int = 256) -> bytes:
    """A square JPEG."""
    return picture(subject, width_px=size_px, height_px=size_px, image_format="JPEG")


def data_uri(content: bytes, mime_type: str = "image/png") -> str:
    """Write bytes as a base64 data URI."""
    return f"data:{mime_type};base64,{base64.b64encode(content).decode()}"


def noisy_png(size_bytes: int) -> bytes:
    """A valid PNG that is at least `size_bytes` long (noise does not compress)."""
    side_px = 16
    while side_px * side_px * 3 < size_bytes:
        side_px += 64
    image = Image.effect_noise((side_px, side_px), 90).convert("L")
    noise = Image.merge("RGB", (image, image.rotate(90), image.rotate(180)))
    buffer = io.BytesIO()
    noise.save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


class _Painter:
    """Draws in a square of 0…1, +y down, that is centred on the canvas."""

    def __init__(self, canvas: Image.Image) -> None:
        self._draw = ImageDraw.Draw(canvas)
        self._side_px = min(canvas.size)
        self._left_px = (canvas.width - self._side_px) / 2
        self._top_px = (canvas.height - self._side_px) / 2

    def polygon(self, points: list[_Point], colour: _Colour) -> None:
        self._draw.polygon([self._to_px(point) for point in points], fill=colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: _Colour) -> None:
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def disc(self, centre: _Point, radius: float, colour: _Colour) -> None:
        left, top = self._to_px((centre[0] - radius, centre[1] - radius))
        right, bottom = self._to_px((centre[0] + radius, centre[1] + radius))
        self._draw.ellipse([left, top, right, bottom], fill=colour)

    def _to_px(self, point: _Point) -> _Point:
        return (
            self._left_px + point[0] * self._side_px,
            self._top_px + point[1] * self._side_px,
        )


def _draw_sword(painter: _Painter) -> None:
    light, dark = (190, 196, 205, 255), (128, 134, 145, 255)
    painter.polygon([(0.5, 0.05), (0.455, 0.13), (0.46, 0.66), (0.5, 0.66)], light)
    painter.polygon([(0.5, 0.05), (0.545, 0.13), (0.54, 0.66), (0.5, 0.66)], dark)
    painter.box(0.33, 0.655, 0.67, 0.70, (168, 130, 52, 255))
    painter.box(0.33, 0.685, 0.67, 0.70, (120, 90, 34, 255))
    painter.box(0.472, 0.70, 0.528, 0.88, (86, 54, 32, 255))
    for wrap in range(5):
        top = 0.715 + wrap * 0.034
        painter.box(0.472, top, 0.528, top + 0.012, (58, 35, 20, 255))
    painter.disc((0.5, 0.905), 0.042, (150, 114, 44, 255))


def _draw_figure(painter: _Painter) -> None:
    skin, tunic, trousers = (206, 160, 128, 255), (52, 84, 140, 255), (70, 60, 52, 255)
    painter.disc((0.5, 0.14), 0.075, skin)
    painter.box(0.47, 0.20, 0.53, 0.25, skin)
    painter.polygon([(0.38, 0.24), (0.62, 0.24), (0.59, 0.56), (0.41, 0.56)], tunic)
    for side in (-1, 1):
        painter.polygon(
            [
                (0.5 + side * 0.10, 0.24),
                (0.5 + side * 0.36, 0.255),
                (0.5 + side * 0.36, 0.305),
                (0.5 + side * 0.10, 0.33),
            ],
            tunic,
        )
        painter.disc((0.5 + side * 0.395, 0.28), 0.035, skin)
        inner, outer = 0.5 + side * 0.012, 0.5 + side * 0.09
        painter.box(min(inner, outer), 0.55, max(inner, outer), 0.90, trousers)
        toe = 0.5 + side * 0.11
        painter.box(min(inner, toe), 0.90, max(inner, toe), 0.945, (40, 32, 26, 255))
