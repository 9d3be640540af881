"""Angles, framing and projection."""

import numpy as np
import pytest

from asset_forge.glb.render import View, load_scene, render_view, single_fit, turntable_fit
from asset_forge.glb.render.view import project
from tests.unit.render.models import box, model, quad, sphere, unlit

COLOURS = {
    "+z": (1.0, 0.0, 0.0),
    "+x": (0.0, 1.0, 0.0),
    "-z": (0.0, 0.0, 1.0),
    "-x": (1.0, 1.0, 0.0),
    "+y": (1.0, 1.0, 1.0),
    "-y": (0.0, 0.0, 0.0),
}


def coloured_box() -> bytes:
    faces = box((1, 1, 1))
    return model([(faces[side], unlit(COLOURS[side])) for side in COLOURS])


@pytest.mark.parametrize(
    ("yaw_deg", "side"), [(0, "+z"), (90, "+x"), (180, "-z"), (270, "-x"), (360, "+z")]
)
def test_yaw_turns_from_the_front_over_the_left_side(yaw_deg: float, side: str) -> None:
    picture = render_view(load_scene(coloured_box()), View(yaw_deg, 0), size_px=33)
    assert picture.getpixel((16, 16)) == (*(round(c * 255) for c in COLOURS[side]), 255)


def test_three_quarter_yaw_shows_the_front_and_the_left_side() -> None:
    picture = render_view(load_scene(coloured_box()), View(45, 0), size_px=65)
    assert picture.getpixel((20, 32)) == (255, 0, 0, 255)
    assert picture.getpixel((44, 32)) == (0, 255, 0, 255)


def test_positive_pitch_looks_down() -> None:
    picture = render_view(load_scene(coloured_box()), View(0, 45), size_px=65)
    assert picture.getpixel((32, 20)) == (255, 255, 255, 255)
    assert picture.getpixel((32, 44)) == (255, 0, 0, 255)


def test_model_stands_upright_and_unmirrored() -> None:
    data = model([(quad((0.5, 0.5, 0), (0.1, 0, 0), (0, 0.1, 0)), unlit((1, 0, 0)))])
    scene = load_scene(data)
    fit = turntable_fit(np.array([[-1, 1], [-1, 1], [0, 0]], np.float32), 0)
    alpha = np.asarray(render_view(scene, View(0, 0), size_px=64, fit=fit))[..., 3]
    rows, columns = np.nonzero(alpha)
    assert rows.max() < 32 < columns.min()


def test_turntable_fit_keeps_the_scale_and_everything_inside() -> None:
    parts = [(face, unlit((1, 0, 0))) for face in box((0.2, 1.4, 0.9), (3, 2, 1)).values()]
    scene = load_scene(model(parts))
    fit = turntable_fit(scene.drawn_points, 20)
    heights = []
    for yaw_deg in range(0, 360, 30):
        picture = render_view(scene, View(yaw_deg, 20), size_px=100, fit=fit)
        left, top, right, bottom = picture.getchannel("A").getbbox() or (0, 0, 0, 0)
        assert left > 0
        assert top > 0
        assert right < 100
        assert bottom < 100
        placed = project(scene.drawn_points, View(yaw_deg, 20), fit, 100)
        heights.append(float(np.hypot(placed.x[0] - 50, 0)))
    # A corner swings to both sides by the same reach: the pictures share one scale.
    assert max(heights) == pytest.approx(np.hypot(0.1, 0.45) / fit.half_extent_m * 50, rel=0.05)


def test_turntable_fit_fills_the_picture() -> None:
    scene = load_scene(model([(sphere(0.7, 32, (5, -2, 3)), unlit((1, 0, 0)))]))
    picture = render_view(scene, View(0, 30), size_px=200)
    left, top, right, bottom = picture.getchannel("A").getbbox() or (0, 0, 0, 0)
    assert right - left == pytest.approx(200 / 1.04, abs=3)
    # The fit is made for all angles, so a sphere sways a little up and down within it.
    assert (top + bottom) / 2 == pytest.approx(100, abs=3)


@pytest.mark.parametrize("fov_deg", [0.0, 40.0])
def test_single_fit_centres_and_fills(fov_deg: float) -> None:
    parts = [(face, unlit((1, 0, 0))) for face in box((0.2, 1.4, 0.9), (3, 2, 1)).values()]
    scene = load_scene(model(parts))
    view = View(35, 25, fov_deg)
    fit = single_fit(scene.drawn_points, view, 0.1)
    picture = render_view(scene, view, size_px=220, fit=fit)
    left, top, right, bottom = picture.getchannel("A").getbbox() or (0, 0, 0, 0)
    assert max(right - left, bottom - top) == pytest.approx(200, abs=4)
    assert (left + right) / 2 == pytest.approx(110, abs=3)
    assert (top + bottom) / 2 == pytest.approx(110, abs=3)


def test_perspective_makes_near_things_larger() -> None:
    near = (quad((-0.5, 0, 0.5), (0.2, 0, 0), (0, 0.2, 0)), unlit((1, 0, 0)))
    far = (quad((0.5, 0, -0.5), (0.2, 0, 0), (0, 0.2, 0)), unlit((0, 0, 1)))
    scene = load_scene(model([near, far]))
    picture = np.asarray(render_view(scene, View(0, 0, fov_deg=50), size_px=128))
    red = ((picture[..., 0] > 128) & (picture[..., 3] == 255)).sum()
    blue = ((picture[..., 2] > 128) & (picture[..., 3] == 255)).sum()
    assert red > 1.5 * blue
    flat = np.asarray(render_view(scene, View(0, 0), size_px=128))
    assert abs(int((flat[..., 0] > 128).sum()) - int((flat[..., 2] > 128).sum())) <= 64
