"""Pictures of a GLB for the service: sprites from all sides and concept art."""

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from asset_forge.errors import BadInput
from asset_forge.glb.render.arrays import Floats
from asset_forge.glb.render.colour import parse_background
from asset_forge.glb.render.picture import render_view
from asset_forge.glb.render.scene import load_scene
from asset_forge.glb.render.view import View, single_fit, turntable_fit

MAX_ANGLES: Final = 72
SPRITE_PITCH_DEG: Final = 12.0
CONCEPT_BACKGROUND: Final = (236, 238, 240)
# A long lens: enough perspective to look real, too little to bend the proportions.
CONCEPT_FOV_DEG: Final = 24.0
CONCEPT_MARGIN: Final = 0.1


@dataclass(frozen=True)
class Sprite:
    """One picture of a model; the angle is the yaw of the camera, see `view`."""

    angle_deg: float
    png: bytes


def render_sprites(
    data: bytes,
    *,
    angle_count: int = 8,
    size_px: int = 512,
    background: str = "transparent",
    pitch_deg: float = SPRITE_PITCH_DEG,
) -> list[Sprite]:
    """Draw a GLB from `angle_count` sides, a full turn in even steps, all at the same scale.

    The first sprite (0 degrees) shows the front, 90 degrees the model's left side. background:
    "transparent" or "#rrggbb". Raises BadGlb for what cannot be drawn, BadInput for settings out of
    range.
    """
    if not 1 <= angle_count <= MAX_ANGLES:
        raise BadInput(f"There can be 1 to {MAX_ANGLES} sprite angles, not {angle_count}.")
    if not -89 <= pitch_deg <= 89:
        raise BadInput(f"The pitch of a sprite can be -89 to 89 degrees, not {pitch_deg}.")
    colour = parse_background(background)
    scene = load_scene(data, texture_limit_px=min(max(size_px, 64), 1024))
    fit = turntable_fit(scene.drawn_points, pitch_deg)
    sprites = []
    for number in range(angle_count):
        angle_deg = number * 360 / angle_count
        view = View(angle_deg, pitch_deg)
        picture = render_view(scene, view, size_px=size_px, background=colour, fit=fit)
        sprites.append(Sprite(angle_deg, png_bytes(picture)))
    return sprites


def render_concept(data: bytes, *, size_px: int = 1024) -> bytes:
    """Draw a GLB at three-quarter view on a plain light ground, as PNG.

    Raises BadGlb for what cannot be drawn, BadInput for a size out of range.
    """
    scene = load_scene(data, texture_limit_px=1024)
    points = scene.drawn_points
    view = concept_view(points)
    fit = single_fit(points, view, CONCEPT_MARGIN)
    return png_bytes(
        render_view(scene, view, size_px=size_px, background=CONCEPT_BACKGROUND, fit=fit)
    )


def concept_view(points: Floats) -> View:
    """Choose a three-quarter view that shows the broad side of points (3, N)."""
    width, height, depth = (float(extent) for extent in np.ptp(points, axis=1))
    is_lying = height < 0.3 * max(width, depth)
    return View(
        yaw_deg=32.0 if width >= 0.8 * depth else 58.0,
        pitch_deg=38.0 if is_lying else 14.0,
        fov_deg=CONCEPT_FOV_DEG,
    )


def png_bytes(picture: Image.Image) -> bytes:
    """Encode a picture as PNG; the same pixels always give the same bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()
