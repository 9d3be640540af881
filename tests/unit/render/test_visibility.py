"""What can be seen: silhouettes, order, sides, holes and thin things."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from asset_forge.glb.render import Fit, View, load_scene, render_view
from tests.unit.render.models import box, model, plain, png_bytes, quad, sphere, unlit

RED, GREEN, BLUE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
FRONT = View(0, 0)
# One metre around the origin fills the picture.
METRE = Fit((0.0, 0.0, 0.0), 1.0)


def pixels(
    data: bytes, view: View = FRONT, size_px: int = 64, fit: Fit | None = METRE, **options: Any
) -> NDArray[np.int32]:
    """Draw a model as (row, column, RGBA) numbers."""
    picture = render_view(load_scene(data), view, size_px=size_px, fit=fit, **options)
    return np.asarray(picture).astype(np.int32)


@pytest.mark.parametrize("radius_m", [0.9, 0.31, 0.02])
def test_silhouette_of_a_sphere_covers_its_area(radius_m: float) -> None:
    picture = pixels(model([(sphere(radius_m, 48), plain(RED))]), size_px=256)
    covered_px = picture[..., 3].sum() / 255
    radius_px = radius_m * 128
    # Half a pixel around the edge is what drawing thin triangles wider may add.
    assert math.pi * radius_px**2 * 0.995 - 1 < covered_px
    assert covered_px < math.pi * (radius_px + 0.25) ** 2


def test_coverage_of_an_edge_is_its_share_of_the_pixel() -> None:
    # From column 16 to column 40.5, from row 8 to row 56.25 of 64.
    half = 1 / 32
    right, left = 40.5 * half - 1, 16 * half - 1
    top, bottom = 1 - 8 * half, 1 - 56.25 * half
    part = quad(
        ((left + right) / 2, (top + bottom) / 2, 0),
        ((right - left) / 2, 0, 0),
        (0, (top - bottom) / 2, 0),
    )
    alpha = pixels(model([(part, unlit(RED))]))[..., 3]
    assert (alpha[8:56, 16:40] == 255).all()
    assert alpha[20, 40] == pytest.approx(255 / 2, abs=1)
    assert alpha[56, 20] == pytest.approx(255 / 4, abs=1)
    assert alpha[:8].max() == alpha[57:].max() == alpha[:, :16].max() == alpha[:, 41:].max() == 0


def test_joined_triangles_leave_no_gaps() -> None:
    rng = np.random.default_rng(7)
    steps = np.linspace(-0.9, 0.9, 24)
    x, y = np.meshgrid(steps, steps)
    x[:, 1:-1] += rng.uniform(-0.03, 0.03, x[:, 1:-1].shape)
    y[1:-1] += rng.uniform(-0.03, 0.03, y[1:-1].shape)
    points = np.stack([x, y, rng.uniform(-0.2, 0.2, x.shape)], axis=-1).reshape(-1, 3)
    i, j = (index.reshape(-1) for index in np.meshgrid(range(23), range(23)))
    a = i * 24 + j
    triangles = np.concatenate(
        [np.stack([a, a + 1, a + 25], axis=1), np.stack([a, a + 25, a + 24], axis=1)]
    )
    part = quad()
    part = type(part)(points, triangles, normals=np.tile((0.0, 0.0, 1.0), (len(points), 1)))
    alpha = pixels(model([(part, unlit(RED))]), size_px=200)[..., 3]
    assert (alpha[11:189, 11:189] == 255).all()


@pytest.mark.parametrize("order", [1, -1])
def test_nearer_surface_hides_the_farther_one_in_any_order(order: int) -> None:
    near = (quad((0.3, 0, 0.5), (0.5, 0, 0), (0, 0.5, 0)), unlit(RED))
    far = (quad((-0.3, 0, -0.5), (0.5, 0, 0), (0, 0.5, 0)), unlit(BLUE))
    picture = pixels(model([near, far][::order]))
    assert picture[32, 32].tolist() == [255, 0, 0, 255]
    assert picture[32, 10].tolist() == [0, 0, 255, 255]


def test_crossing_surfaces_meet_where_they_cross() -> None:
    left = (quad((0, 0, 0), (0.7, 0, 0.7), (0, 0.7, 0)), unlit(RED))
    right = (quad((0, 0, 0), (0.7, 0, -0.7), (0, 0.7, 0)), unlit(GREEN))
    row = pixels(model([left, right]))[32]
    assert (row[12:31, 1] == 255).all()  # the left half of the one that comes nearer there
    assert (row[33:52, 0] == 255).all()


def test_back_of_a_one_sided_surface_is_not_drawn() -> None:
    data = model([(quad(), unlit(RED))])
    assert pixels(data, View(180, 0))[..., 3].max() == 0
    assert pixels(data, View(0, 0))[..., 3].min() == 255


def test_back_of_a_two_sided_surface_is_drawn() -> None:
    data = model([(quad(), unlit(RED, doubleSided=True))])
    assert pixels(data, View(180, 0))[32, 32].tolist() == [255, 0, 0, 255]


def test_back_of_a_two_sided_surface_is_lit_like_its_front() -> None:
    data = model([(quad(), plain((0.5, 0.5, 0.5), doubleSided=True))])
    front, back = pixels(data, View(0, 0)), pixels(data, View(180, 0))
    assert np.abs(front - back).max() <= 1


def test_mirrored_node_shows_its_outside() -> None:
    parts = [(face, plain((0.5, 0.5, 0.5))) for face in box((1, 1, 1)).values()]
    straight = pixels(model(parts), View(30, 20))
    mirrored = pixels(model(parts, node={"scale": [-1, 1, 1]}), View(30, 20))
    assert np.abs(straight - mirrored).max() <= 2


@pytest.mark.parametrize("radius_m", [0.0003, 0.001, 0.003])
def test_thin_string_stays_one_line(radius_m: float) -> None:
    sides = box((2 * radius_m, 1.6, 2 * radius_m), (0.1234, 0, 0))
    # Not quite upright, as a hand-held bow.
    node = {"rotation": [0.0, 0.0, math.sin(0.04), math.cos(0.04)]}
    data = model([(side, unlit(RED)) for side in sides.values()], node=node)
    alpha = pixels(data, View(20, 10), size_px=128)[..., 3]
    rows = alpha[20:108].sum(axis=1)
    assert rows.min() > 255 * 0.3
    assert rows.max() < rows.min() * 2


def test_plane_seen_edge_on_stays_a_line() -> None:
    data = model([(quad((0.013, 0, 0), (0, 0, 0.5), (0, 0.7, 0)), unlit(RED, doubleSided=True))])
    rows = pixels(data)[12:52, :, 3].sum(axis=1)
    assert rows.min() > 255 * 0.3


def test_cut_out_texture_leaves_holes() -> None:
    image = np.zeros((64, 64, 4))
    image[..., :3] = (255, 0, 0)
    image[:, :32, 3] = 200
    image[:, 32:, 3] = 100
    surface = {
        "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}},
        "alphaMode": "MASK",
        "alphaCutoff": 0.6,
        "extensions": {"KHR_materials_unlit": {}},
    }
    front = (quad((0, 0, 0.5), (0.5, 0, 0), (0, 0.5, 0)), surface)
    back = (quad((0, 0, -0.5), (0.9, 0, 0), (0, 0.9, 0)), unlit(BLUE))
    picture = pixels(model([front, back], images=[png_bytes(image)]))
    assert picture[32, 24].tolist() == [255, 0, 0, 255]
    assert picture[32, 40].tolist() == [0, 0, 255, 255]


def test_alpha_of_an_opaque_material_is_ignored() -> None:
    picture = pixels(model([(quad(), unlit((*RED, 0.2)))]))
    assert picture[32, 32].tolist() == [255, 0, 0, 255]


def test_blended_surface_is_as_opaque_as_its_alpha() -> None:
    picture = pixels(model([(quad(), unlit((*RED, 0.4), alphaMode="BLEND"))]))
    assert picture[32, 32].tolist() == [255, 0, 0, round(0.4 * 255)]


@pytest.mark.parametrize("order", [1, -1])
def test_blended_surfaces_mix_from_back_to_front_in_any_order(order: int) -> None:
    glass = [
        (quad((0, 0, 0.3)), unlit((*RED, 0.5), alphaMode="BLEND")),
        (quad((0, 0, 0.1)), unlit((*GREEN, 0.5), alphaMode="BLEND")),
    ]
    wall = (quad((0, 0, -0.5)), unlit(BLUE))
    picture = pixels(model([*glass[::order], wall]))
    linear = np.array([0.5, 0.25, 0.25])
    expected = np.round((1.055 * linear ** (1 / 2.4) - 0.055) * 255)
    assert np.abs(picture[32, 32, :3] - expected).max() <= 1
    assert picture[32, 32, 3] == 255


def test_blended_surface_behind_a_solid_one_is_hidden() -> None:
    glass = (quad((0, 0, -0.3)), unlit((*RED, 0.5), alphaMode="BLEND"))
    wall = (quad((0, 0, 0.5)), unlit(BLUE))
    assert pixels(model([glass, wall]))[32, 32].tolist() == [0, 0, 255, 255]


def test_blended_surface_shows_no_seams_between_its_triangles() -> None:
    picture = pixels(model([(quad(), unlit((*RED, 0.5), alphaMode="BLEND"))]), size_px=101)
    assert len(np.unique(picture[1:-1, 1:-1, 3])) == 1


def test_fully_opaque_blended_surface_hides_what_is_behind() -> None:
    front = (quad((0, 0, 0.5)), unlit((*RED, 1.0), alphaMode="BLEND"))
    back = (quad((0, 0, -0.5)), unlit(BLUE))
    assert pixels(model([front, back]))[32, 32].tolist() == [255, 0, 0, 255]
