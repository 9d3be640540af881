"""Sprites, concept art, poses, and what cannot be drawn."""

import io

import numpy as np
import pytest
from PIL import Image

from asset_forge.errors import BadGlb, BadInput
from asset_forge.glb.builder import AnimationChannel, GlbBuilder, Primitive
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.render import (
    Fit,
    View,
    load_scene,
    render_concept,
    render_sprites,
    render_view,
    scene,
)
from tests.unit.render.models import box, model, plain, quad, sphere, unlit

STATUE = model(
    [
        *((face, unlit((0.2, 0.2, 0.2))) for face in box((0.6, 1.8, 0.4)).values()),
        (quad((0, 0.3, 0.21), (0.2, 0, 0), (0, 0.3, 0)), unlit((1.0, 0.0, 0.0))),
        (quad((0.31, 0.3, 0), (0, 0, -0.15), (0, 0.3, 0)), unlit((0.0, 1.0, 0.0))),
    ]
)


def opened(png: bytes) -> Image.Image:
    with Image.open(io.BytesIO(png)) as picture:
        picture.load()
        return picture.copy()


def has_colour(png: bytes, rgb: tuple[int, int, int]) -> bool:
    pixels = np.asarray(opened(png).convert("RGBA"))
    return bool(((pixels[..., :3] == rgb).all(axis=2) & (pixels[..., 3] == 255)).any())


def test_sprites_go_round_in_even_steps() -> None:
    sprites = render_sprites(STATUE, angle_count=8, size_px=32)
    assert [sprite.angle_deg for sprite in sprites] == [0, 45, 90, 135, 180, 225, 270, 315]


def test_sprite_of_an_uneven_count_has_a_fractional_angle() -> None:
    sprites = render_sprites(STATUE, angle_count=7, size_px=16)
    assert sprites[1].angle_deg == pytest.approx(51.428571)


def test_sprites_show_the_front_at_0_and_the_left_side_at_90() -> None:
    sprites = render_sprites(STATUE, angle_count=4, size_px=48)
    red = [has_colour(sprite.png, (255, 0, 0)) for sprite in sprites]
    green = [has_colour(sprite.png, (0, 255, 0)) for sprite in sprites]
    assert red == [True, False, False, False]
    assert green == [False, True, False, False]


def test_sprite_has_the_asked_size_and_a_transparent_ground() -> None:
    picture = opened(render_sprites(STATUE, angle_count=1, size_px=40)[0].png)
    assert (picture.size, picture.mode) == ((40, 40), "RGBA")
    assert picture.getpixel((0, 0)) == (0, 0, 0, 0)


def test_sprite_on_a_coloured_ground_is_opaque() -> None:
    sprite = render_sprites(STATUE, angle_count=1, size_px=40, background="#3366cc")[0]
    picture = opened(sprite.png).convert("RGBA")
    assert picture.getpixel((0, 0)) == (0x33, 0x66, 0xCC, 255)
    assert picture.getchannel("A").getextrema() == (255, 255)


def test_edge_on_a_ground_of_the_same_colour_cannot_be_seen() -> None:
    grey = 127 / 255
    linear = ((grey + 0.055) / 1.055) ** 2.4
    data = model([(sphere(), unlit((linear, linear, linear)))])
    sprite = render_sprites(data, angle_count=1, size_px=64, background="#7f7f7f")[0]
    assert opened(sprite.png).convert("L").getextrema() == (127, 127)


def test_sprites_are_the_same_bytes_every_time() -> None:
    data = model([(sphere(0.5, 12), plain((0.6, 0.5, 0.4), metallic=1.0, roughness=0.3))])
    first = render_sprites(data, angle_count=2, size_px=64)
    assert first == render_sprites(data, angle_count=2, size_px=64)
    assert first[0].png.startswith(b"\x89PNG")


@pytest.mark.parametrize("angle_count", [0, -1, 1000])
def test_impossible_angle_count_is_refused(angle_count: int) -> None:
    with pytest.raises(BadInput, match="angles"):
        render_sprites(STATUE, angle_count=angle_count)


@pytest.mark.parametrize("size_px", [0, -5, 100_000])
def test_impossible_size_is_refused(size_px: int) -> None:
    with pytest.raises(BadInput, match="pixels"):
        render_sprites(STATUE, size_px=size_px)


@pytest.mark.parametrize("background", ["", "red", "#12345", "#gggggg", "#+1+2+3", "#1234567"])
def test_unknown_background_is_refused(background: str) -> None:
    with pytest.raises(BadInput, match="background"):
        render_sprites(STATUE, background=background)


def test_concept_art_is_plain_around_and_shows_two_sides() -> None:
    png = render_concept(STATUE, size_px=128)
    pixels = np.asarray(opened(png).convert("RGB"))
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert len(np.unique(border, axis=0)) == 1
    assert border.min() > 220
    assert has_colour(png, (255, 0, 0))
    assert has_colour(png, (0, 255, 0))


def test_concept_art_looks_down_on_flat_things() -> None:
    faces = box((1.0, 0.05, 0.6))
    parts = [
        (face, unlit((1.0, 0.0, 0.0) if side == "+y" else (0.0, 0.0, 1.0)))
        for side, face in faces.items()
    ]
    pixels = np.asarray(opened(render_concept(model(parts), size_px=96)).convert("RGB"))
    red = (pixels == (255, 0, 0)).all(axis=2).sum()
    blue = (pixels == (0, 0, 255)).all(axis=2).sum()
    assert red > 5 * blue


def test_model_without_triangles_is_refused() -> None:
    builder = GlbBuilder()
    builder.set_scene([builder.add_node("nothing")])
    with pytest.raises(BadGlb, match="nothing to draw"):
        render_sprites(builder.build().to_bytes())


def test_bytes_that_are_no_glb_are_refused() -> None:
    with pytest.raises(BadGlb):
        render_concept(b"not a model")


def test_model_of_too_many_triangles_is_refused_before_reading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scene, "MAX_TRIANGLES", 500)
    data = model([(sphere(0.5, 16), plain((1.0, 1.0, 1.0)))])
    monkeypatch.setattr(scene, "drawn_meshes", lambda *_: pytest.fail("geometry was read"))
    with pytest.raises(BadGlb, match="too large"):
        load_scene(data)


def test_model_of_one_point_is_drawn_empty() -> None:
    part = Primitive(np.zeros((3, 3)), np.array([[0, 1, 2]]))
    sprite = render_sprites(model([(part, unlit((1.0, 0.0, 0.0)))]), angle_count=1, size_px=16)[0]
    assert opened(sprite.png).size == (16, 16)


def test_clip_poses_a_skinned_model() -> None:
    """A bar of two bones, whose upper half the clip bends to the model's left."""
    bar = box((0.1, 2.0, 0.1), (0, 1, 0))
    builder = GlbBuilder()
    primitives = []
    for face in bar.values():
        upper = face.positions[:, 1] > 1.0
        joints = np.zeros((4, 4), np.uint8)
        joints[upper, 0] = 1
        weights = np.zeros((4, 4), np.float32)
        weights[:, 0] = 1
        primitives.append(
            Primitive(face.positions, face.triangles, face.normals, face.uvs, joints, weights)
        )
    top = builder.add_node("top", translation=(0, 1, 0))
    bottom = builder.add_node("bottom", children=[top])
    inverse = np.tile(np.eye(4), (2, 1, 1))
    inverse[1, 1, 3] = -1
    skin = builder.add_skin("skin", [bottom, top], inverse)
    bend = [[0, 0, 0, 1], [0, 0, -np.sin(np.pi / 4), np.cos(np.pi / 4)]]
    builder.add_animation("bend", [AnimationChannel(top, "rotation", [0.0, 1.0], bend)])
    body = builder.add_node("body", mesh=builder.add_mesh("bar", primitives), skin=skin)
    builder.set_scene([bottom, body])
    data = GlbDocument.parse(builder.build().to_bytes()).to_bytes()
    fit = Fit((0.0, 1.0, 0.0), 1.5)

    def columns(**pose: float) -> tuple[int, int]:
        picture = render_view(load_scene(data, **pose), View(0, 0), size_px=60, fit=fit)  # type: ignore[arg-type]
        box_px = picture.getchannel("A").getbbox() or (0, 0, 0, 0)
        return box_px[0], box_px[2]

    straight, bent = columns(), columns(clip=0, time_s=1.0)
    assert straight == columns(clip=0, time_s=0.0)
    assert straight[1] <= 32
    assert bent[1] >= 48
