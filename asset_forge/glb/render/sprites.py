"""Pictures of a GLB for the service: sprites from all sides, concept art and thumbnails."""

import io
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from asset_forge.domain.rendering import (
    MAX_ANGLES,
    SPRITE_PITCH_DEG,
    RenderOptions,
    even_angles,
    moments,
)
from asset_forge.domain.sprite_sheets import TURNTABLE_MS
from asset_forge.errors import BadGlb, BadInput
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.poses import clip_names, clip_seconds, find_clip
from asset_forge.glb.render.arrays import Floats
from asset_forge.glb.render.colour import parse_background
from asset_forge.glb.render.picture import render_view
from asset_forge.glb.render.scene import MAX_TRIANGLES, Scene, SceneSource, load_scene
from asset_forge.glb.render.view import View, single_fit, turntable_fit

CONCEPT_BACKGROUND: Final = (236, 238, 240)
# A long lens: enough perspective to look real, too little to bend the proportions.
CONCEPT_FOV_DEG: Final = 24.0
CONCEPT_MARGIN: Final = 0.1
THUMBNAIL_MARGIN: Final = 0.06
# The shortest that a frame of a clip is shown.
SHORTEST_MS: Final = 10
# numpy and Pillow let go of the interpreter for most of the work. Two large pictures at once would
# take too much memory.
_THREADS: Final = min(2, os.cpu_count() or 1)
_LARGEST_AT_ONCE_PX: Final = 1024


@dataclass(frozen=True)
class Sprite:
    """One picture of a model; the angle is the yaw of the camera, see `view`.

    frame: number of the moment within a clip. duration_ms: how long it is shown when it is played.
    """

    angle_deg: float
    png: bytes
    frame: int = 0
    duration_ms: int = TURNTABLE_MS


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
    options = RenderOptions(even_angles(angle_count), size_px, background, pitch_deg)
    return list(render_pictures([data], options))


def render_pictures(models: Sequence[bytes], options: RenderOptions) -> Iterator[Sprite]:
    """Draw a GLB as `options` say: angle by angle, and the frames of a clip at each angle.

    models: the model, and files that may hold the clip when the model has none of that name. All
    pictures have the same scale. Raises as `render_sprites` does, and BadInput with the code
    animation_not_found; the first picture is drawn before anything is returned.
    """
    options.check()
    colour = parse_background(options.background)
    scenes, duration_ms = _posed_scenes(models, options)
    points = np.concatenate([scene.drawn_points for scene in scenes], axis=1)
    fit = turntable_fit(points, options.pitch_deg)

    def draw(shot: tuple[float, int]) -> Sprite:
        angle_deg, frame = shot
        view = View(angle_deg, options.pitch_deg)
        picture = render_view(
            scenes[frame], view, size_px=options.size_px, background=colour, fit=fit
        )
        return Sprite(angle_deg, png_bytes(picture), frame, duration_ms)

    shots = [(angle, frame) for angle in options.angles_deg for frame in range(len(scenes))]
    if len(shots) == 1 or options.size_px > _LARGEST_AT_ONCE_PX:
        yield from map(draw, shots)
        return
    with ThreadPoolExecutor(_THREADS) as threads:
        yield from threads.map(draw, shots)


def _posed_scenes(models: Sequence[bytes], options: RenderOptions) -> tuple[list[Scene], int]:
    """Return the model in each of its poses, and how long each is shown, in milliseconds."""
    limit_px = min(max(options.size_px, 64), 1024)
    if options.animation is None:
        return [load_scene(models[0], texture_limit_px=limit_px)], TURNTABLE_MS
    document, clip = _with_clip(models, options.animation)
    source = SceneSource(document, texture_limit_px=limit_px)
    if source.triangle_count * options.frame_count > MAX_TRIANGLES:
        raise BadGlb(
            f"The GLB is too large to be drawn in {options.frame_count} poses: it has "
            f"{source.triangle_count} triangles."
        )
    length_s = clip_seconds(document, clip)
    times_s = moments(length_s, options.frame_count)
    if options.time_s is not None:
        times_s = [options.time_s]
    duration_ms = max(round(1000 * length_s / options.frame_count), SHORTEST_MS)
    return [source.scene(clip=clip, time_s=time_s) for time_s in times_s], duration_ms


def _with_clip(models: Sequence[bytes], name: str) -> tuple[GlbDocument, int]:
    """Find the clip of a name: in the model, else in a file that was made for this clip."""
    known: list[str] = []
    for number, data in enumerate(models):
        document = GlbDocument.parse(data)
        clip = find_clip(document, name)
        names = clip_names(document)
        if clip is None and number > 0 and names:
            clip = 0
        if clip is not None:
            return document, clip
        known += [each for each in names if each and each not in known]
    raise BadInput(
        f"The model has no animation {name!r}; "
        + (f"it has {', '.join(known)}" if known else "it has none at all"),
        code="animation_not_found",
    )


def render_concept(data: bytes, *, size_px: int = 1024) -> bytes:
    """Draw a GLB at three-quarter view on a plain light ground, as PNG.

    Raises BadGlb for what cannot be drawn, BadInput for a size out of range.
    """
    scene = load_scene(data, texture_limit_px=1024)
    return _three_quarter(scene, size_px, CONCEPT_MARGIN, CONCEPT_BACKGROUND)


def render_thumbnail(data: bytes, *, size_px: int = 256) -> bytes:
    """Draw a GLB at three-quarter view on a transparent ground, as PNG. Raises as concept art."""
    scene = load_scene(data, texture_limit_px=max(size_px, 64))
    return _three_quarter(scene, size_px, THUMBNAIL_MARGIN, None)


def _three_quarter(
    scene: Scene, size_px: int, margin: float, background: tuple[int, int, int] | None
) -> bytes:
    points = scene.drawn_points
    view = concept_view(points)
    fit = single_fit(points, view, margin)
    return png_bytes(render_view(scene, view, size_px=size_px, background=background, fit=fit))


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
