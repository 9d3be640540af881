"""Renderings by options: lists of angles, clips and their frames, limits, thumbnails."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from asset_forge.domain.rendering import RenderOptions, even_angles, moments
from asset_forge.errors import BadGlb, BadInput
from asset_forge.glb.render import render_pictures, render_thumbnail, sprites
from tests.fakes.models import rigged_figure, textured_box
from tests.unit.render.models import box, model, unlit

FIGURE = rigged_figure()
WALKING = rigged_figure("walking")
OPTIONS = RenderOptions(even_angles(2), size_px=48)
RED_BOX = model([(face, unlit((1.0, 0.0, 0.0))) for face in box((1, 1, 1)).values()])


def pixels(png: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGBA"))


def test_angles_of_a_list_are_drawn_in_its_order() -> None:
    drawn = list(render_pictures([RED_BOX], replace(OPTIONS, angles_deg=(200.0, 0.0, 33.5))))
    assert [sprite.angle_deg for sprite in drawn] == [200.0, 0.0, 33.5]


def test_frames_of_a_clip_are_drawn_angle_by_angle_and_differ() -> None:
    options = replace(OPTIONS, animation="walking", frame_count=3)
    drawn = list(render_pictures([WALKING], options))
    assert [(s.angle_deg, s.frame) for s in drawn] == [
        (0, 0), (0, 1), (0, 2), (180, 0), (180, 1), (180, 2)
    ]  # fmt: skip
    assert len({sprite.png for sprite in drawn}) > 2
    assert len({sprite.duration_ms for sprite in drawn}) == 1
    assert drawn[0].duration_ms > sprites.SHORTEST_MS


def test_clip_is_taken_from_a_file_beside_the_model() -> None:
    options = replace(OPTIONS, animation="Walking", time_s=0.3)
    beside = list(render_pictures([textured_box(), WALKING], options))
    assert beside == list(render_pictures([WALKING], options))


def test_one_time_of_a_clip_is_not_the_rest_pose() -> None:
    posed = replace(OPTIONS, animation="walking", time_s=0.3)
    assert list(render_pictures([WALKING], posed)) != list(render_pictures([WALKING], OPTIONS))


def test_unknown_clip_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(BadInput, match=r"no animation 'flying'; it has walking") as raised:
        list(render_pictures([WALKING], replace(OPTIONS, animation="flying")))
    assert raised.value.error_code == "animation_not_found"
    with pytest.raises(BadInput, match="none at all"):
        list(render_pictures([RED_BOX], replace(OPTIONS, animation="flying")))


def test_many_poses_of_a_large_model_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sprites, "MAX_TRIANGLES", 20)
    with pytest.raises(BadGlb, match="3 poses"):
        list(render_pictures([WALKING], replace(OPTIONS, animation="walking", frame_count=3)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"angles_deg": ()},
        {"angles_deg": (0.0, 0.0)},
        {"angles_deg": (360.0,)},
        {"angles_deg": (float("nan"),)},
        {"size_px": 0},
        {"size_px": 4096},
        {"angles_deg": even_angles(72), "size_px": 2048},
        {"pitch_deg": 90.0},
        {"pitch_deg": float("nan")},
        {"background": "blue"},
        {"frame_count": 2},
        {"time_s": 1.0},
        {"animation": "walking", "frame_count": 65},
        {"animation": "walking", "frame_count": 2, "time_s": 1.0},
        {"animation": "walking", "time_s": -1.0},
        {"animation": "walking", "time_s": float("inf")},
        {"animation": ""},
        {"angles_deg": even_angles(20), "animation": "walking", "frame_count": 20},
    ],
)
def test_options_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        list(render_pictures([WALKING], replace(OPTIONS, **wrong)))  # type: ignore[arg-type]


def test_moments_leave_out_the_end_that_looks_like_the_beginning() -> None:
    assert moments(2.0, 4) == [0.0, 0.5, 1.0, 1.5]


def test_large_pictures_are_drawn_one_at_a_time_and_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = list(render_pictures([FIGURE], OPTIONS))
    monkeypatch.setattr(sprites, "_LARGEST_AT_ONCE_PX", 8)
    assert list(render_pictures([FIGURE], OPTIONS)) == at_once


def test_thumbnail_is_clear_around_and_fills_its_picture() -> None:
    drawn = pixels(render_thumbnail(RED_BOX, size_px=64))
    assert drawn.shape == (64, 64, 4)
    assert drawn[0, 0, 3] == 0
    seen = np.flatnonzero(drawn[..., 3].any(axis=0) | drawn[..., 3].any(axis=1))
    assert seen[-1] - seen[0] > 52
