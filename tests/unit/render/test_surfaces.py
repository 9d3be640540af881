"""What surfaces look like: textures, light, material factors."""

import io
import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from asset_forge.errors import BadGlb
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.render import Fit, View, load_scene, render_view
from asset_forge.glb.render import textures as textures_module
from tests.unit.render.models import (
    model,
    plain,
    png_bytes,
    quad,
    sphere,
    unlit,
    with_attribute,
)

METRE = Fit((0.0, 0.0, 0.0), 1.0)


def pixels(data: bytes, view: View | None = None, size_px: int = 64) -> NDArray[np.int32]:
    picture = render_view(load_scene(data), view or View(0, 0), size_px=size_px, fit=METRE)
    return np.asarray(picture).astype(np.int32)


def textured(index: int = 0, **info: Any) -> dict[str, Any]:
    return {
        "pbrMetallicRoughness": {"baseColorTexture": {"index": index, **info}},
        "extensions": {"KHR_materials_unlit": {}},
    }


def quarters() -> bytes:
    """Red and green above, blue and white below."""
    image = np.zeros((64, 64, 3))
    image[:32, :32] = (255, 0, 0)
    image[:32, 32:] = (0, 255, 0)
    image[32:, :32] = (0, 0, 255)
    image[32:, 32:] = (255, 255, 255)
    return png_bytes(image)


def test_texture_lies_upright_and_unmirrored() -> None:
    picture = pixels(model([(quad(), textured())], images=[quarters()]))
    assert picture[16, 16].tolist() == [255, 0, 0, 255]
    assert picture[16, 48].tolist() == [0, 255, 0, 255]
    assert picture[48, 16].tolist() == [0, 0, 255, 255]
    assert picture[48, 48].tolist() == [255, 255, 255, 255]


def test_texture_transform_moves_the_texture() -> None:
    moved = {"KHR_texture_transform": {"offset": [0.5, 0.5], "scale": [0.5, 0.5]}}
    picture = pixels(model([(quad(), textured(extensions=moved))], images=[quarters()]))
    assert picture[8:-8, 8:-8].reshape(-1, 4).min(axis=0).tolist() == [255, 255, 255, 255]


def test_repeating_texture_comes_again_and_clamped_texture_does_not() -> None:
    part = quad()
    assert part.uvs is not None
    part = type(part)(part.positions, part.triangles, part.normals, part.uvs + np.array([1.0, 0.0]))
    data = model([(part, textured())], images=[quarters()])
    assert pixels(data)[16, 16].tolist() == [255, 0, 0, 255]
    document = GlbDocument.parse(data)
    document.json["samplers"][0]["wrapS"] = 33071
    assert pixels(document.to_bytes())[16, 16].tolist() == [0, 255, 0, 255]


def test_fine_pattern_seen_from_afar_is_its_mean() -> None:
    checker = np.zeros((512, 512, 3))
    checker[::2, ::2] = checker[1::2, 1::2] = 255
    picture = pixels(model([(quad(), textured())], images=[png_bytes(checker)]))
    # Half of the light is 188 of 255 in sRGB.
    assert np.abs(picture[4:-4, 4:-4, :3] - 188).max() <= 2


def test_texture_is_made_small_on_reading() -> None:
    data = model([(quad(), textured())], images=[png_bytes(np.full((300, 900, 3), 99))])
    slot = load_scene(data, texture_limit_px=128).materials[0].base_colour_texture
    assert slot is not None
    assert (slot.texture.widths[0], slot.texture.heights[0]) == (128, 43)


def test_shared_picture_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []
    decode = textures_module._decode_pixels

    def counted(data: bytes, limit_px: int, where: str) -> NDArray[np.uint8]:
        decoded.append(where)
        return decode(data, limit_px, where)

    monkeypatch.setattr(textures_module, "_decode_pixels", counted)
    load_scene(model([(quad(), textured()), (sphere(), textured())], images=[quarters()]))
    assert decoded == ["images[0]"]


@pytest.mark.parametrize("side_px", [10_000, 60_000])
def test_huge_picture_is_refused_before_it_is_decoded(side_px: int) -> None:
    # A header that announces more than the file holds.
    header = bytearray(png_bytes(np.zeros((8, 8, 3))))
    header[16:24] = side_px.to_bytes(4, "big") * 2
    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    with pytest.raises(BadGlb, match="too large"):
        load_scene(model([(quad(), textured())], images=[bytes(header)]))


def test_unreadable_picture_is_left_out_and_noted() -> None:
    data = model([(quad(), textured())], images=[b"\xabKTX 20\xbb not for us"])
    scene = load_scene(data)
    assert len(scene.notes) == 1
    assert "images[0]" in scene.notes[0]
    assert pixels(data)[32, 32].tolist() == [255, 255, 255, 255]


def test_many_textures_share_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textures_module, "TEXTURE_BUDGET_BYTES", 64 * 64 * 8)
    images = [png_bytes(np.full((64, 64, 3), level)) for level in (10, 20, 30)]
    data = model([(quad(), textured(number)) for number in range(3)], images=images)
    scene = load_scene(data, texture_limit_px=64)
    slots = [material.base_colour_texture for material in scene.materials]
    assert [int(slot.texture.widths[0]) for slot in slots if slot is not None] == [64, 32, 32]


def test_picture_behind_the_webp_extension_is_read() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (0, 0, 255)).save(buffer, "WEBP", lossless=True)
    document = GlbDocument.parse(model([(quad(), textured())], images=[buffer.getvalue()]))
    source = document.json["textures"][0].pop("source")
    document.json["textures"][0]["extensions"] = {"EXT_texture_webp": {"source": source}}
    assert pixels(document.to_bytes())[32, 32].tolist() == [0, 0, 255, 255]


def test_texture_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadGlb, match="textures"):
        load_scene(model([(quad(), textured(5))]))


def test_vertex_colours_are_multiplied_in() -> None:
    colours = np.array([[1, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 0]], np.float32)
    data = with_attribute(model([(quad(), unlit((1.0, 1.0, 1.0)))]), "COLOR_0", colours)
    picture = pixels(data)
    assert (picture[:, 32, 0] == 255).all()
    assert picture[0, 32, 1] > 240
    assert picture[63, 32, 1] < 40
    assert picture[32, 32, 2] == 0


def test_unlit_surface_shows_its_own_colour() -> None:
    # Linear 0.5, 0.2 and 0.05 in sRGB.
    assert pixels(model([(quad(), unlit((0.5, 0.2, 0.05)))]))[32, 32].tolist() == [
        188,
        124,
        63,
        255,
    ]


def test_middle_grey_stays_middle_grey_in_the_light() -> None:
    picture = pixels(model([(quad(), plain((0.21, 0.21, 0.21)))]))
    assert picture[20:44, 20:44, :3].mean() == pytest.approx(127, abs=25)


def test_light_comes_from_above_and_the_left() -> None:
    picture = pixels(model([(sphere(0.9), plain((0.5, 0.5, 0.5)))]))
    grey = picture[..., :3].mean(axis=2)
    assert grey[14, 22] > grey[50, 42] + 30


def test_light_turns_with_the_camera() -> None:
    data = model([(sphere(0.9, 32), plain((0.5, 0.5, 0.5)))])
    front, back = pixels(data, View(0, 10)), pixels(data, View(180, 10))
    assert np.abs(front - back).max() <= 4


def test_polished_steel_has_more_contrast_than_dull_paint() -> None:
    inner = (slice(16, 48), slice(16, 48), 0)
    steel = pixels(model([(sphere(0.9), plain((0.56, 0.57, 0.58), metallic=1, roughness=0.2))]))
    paint = pixels(model([(sphere(0.9), plain((0.56, 0.57, 0.58), roughness=0.9))]))
    assert np.ptp(steel[inner]) > 1.5 * np.ptp(paint[inner])
    assert steel[inner].max() > 225
    assert steel[inner].mean() > 90


def test_gold_mirrors_in_its_own_colour() -> None:
    picture = pixels(model([(sphere(0.9), plain((1.0, 0.77, 0.34), metallic=1, roughness=0.3))]))
    red, green, blue = picture[16:48, 16:48, :3].reshape(-1, 3).mean(axis=0)
    assert red > green > blue
    assert red > blue + 50


def test_emission_glows_without_any_reflection() -> None:
    glowing = plain((0.0, 0.0, 0.0), roughness=1.0, emissiveFactor=[0.0, 0.5, 0.0])
    red, green, _, _ = pixels(model([(quad(), glowing)]))[32, 32]
    assert green > 180
    assert red < 70


def test_baked_occlusion_darkens() -> None:
    image = np.full((8, 8, 3), 255)
    image[:, :4, 0] = 60
    dark = plain((0.5, 0.5, 0.5), occlusionTexture={"index": 0})
    picture = pixels(model([(quad(), dark)], images=[png_bytes(image)]))
    assert picture[32, 10, 0] < picture[32, 54, 0] - 25


def test_metallic_roughness_texture_drives_both() -> None:
    image = np.zeros((8, 8, 3))
    image[:, :4] = (0, 255, 0)  # rough, no metal
    image[:, 4:] = (0, 255, 255)  # rough metal
    surface = {
        "pbrMetallicRoughness": {
            "baseColorFactor": [0.9, 0.1, 0.1, 1],
            "metallicRoughnessTexture": {"index": 0},
        }
    }
    textured_quad = pixels(model([(quad(), surface)], images=[png_bytes(image)]))
    for column, metallic in ((10, 0.0), (54, 1.0)):
        same = pixels(model([(quad(), plain((0.9, 0.1, 0.1), metallic=metallic, roughness=1.0))]))
        assert np.abs(textured_quad[32, column] - same[32, column]).max() <= 2


@pytest.mark.parametrize(("tilt", "brighter"), [(1, True), (-1, False)])
def test_normal_map_tilts_up_with_its_green(tilt: int, brighter: bool) -> None:
    flat = plain((0.5, 0.5, 0.5))
    image = np.empty((8, 8, 3))
    image[...] = np.round((np.array([0, tilt * 0.6, 0.8]) * 0.5 + 0.5) * 255)
    tilted = {**flat, "normalTexture": {"index": 0}}
    level = pixels(model([(quad(), flat)]))[32, 32, 0]
    mapped = pixels(model([(quad(), tilted)], images=[png_bytes(image)]))[32, 32, 0]
    assert (mapped > level + 8) if brighter else (mapped < level - 8)


@pytest.mark.parametrize("metallic", [0.0, 1.0])
def test_normals_that_face_away_stay_harmless(metallic: float) -> None:
    part = sphere(0.9)
    assert part.normals is not None
    inside_out = type(part)(part.positions, part.triangles, -part.normals, part.uvs)
    picture = pixels(model([(inside_out, plain((0.5, 0.5, 0.5), metallic=metallic))]))
    assert (picture[20:44, 20:44, 3] == 255).all()
    assert 15 < picture[20:44, 20:44, :3].mean() < 250


def test_missing_normals_give_flat_faces() -> None:
    part = sphere(0.9, 4)
    faceted = type(part)(part.positions, part.triangles, None, part.uvs)
    red = pixels(model([(faceted, plain((0.5, 0.5, 0.5), roughness=1.0))]), size_px=128)[..., 0]
    smooth = pixels(model([(part, plain((0.5, 0.5, 0.5), roughness=1.0))]), size_px=128)[..., 0]
    inner = (slice(30, 98), slice(30, 98))
    assert np.diff(red[inner]).astype(bool).mean() < np.diff(smooth[inner]).astype(bool).mean()


def test_crease_is_darker_than_the_open_surface() -> None:
    floor = (quad((0, -0.5, 0), (0.9, 0, 0), (0, 0, -0.9)), plain((0.6, 0.6, 0.6)))
    wall = (quad((0, 0.1, -0.5), (0.9, 0, 0), (0, 0.6, 0)), plain((0.6, 0.6, 0.6)))
    picture = pixels(model([floor, wall]), View(0, 30), size_px=128)[:, 64, 0]
    crease = int(np.argmin(picture[40:110])) + 40
    assert picture[crease] < picture[crease - 25] - 8
    assert picture[crease] < picture[crease + 14] - 8


def test_plate_throws_a_shadow_away_from_the_light() -> None:
    floor = (quad((0, -0.5, 0), (0.9, 0, 0), (0, 0, -0.9)), plain((0.6, 0.6, 0.6)))
    plate = (quad((-0.2, 0.1, 0.2), (0.25, 0, 0), (0, 0, -0.25)), plain((0.6, 0.6, 0.6)))
    view, size_px = View(0, 35), 128
    bare = pixels(model([floor]), view, size_px)[..., 0]
    shaded = pixels(model([floor, plate]), view, size_px)[..., 0]
    darker = np.argwhere(shaded < bare - 20)
    assert len(darker) > 100
    # The light stands on the left and in front, so the shadow falls to the right of the plate.
    assert darker[:, 1].mean() > 64


def test_surface_without_obstacles_has_no_shadow_of_its_own() -> None:
    level = pixels(model([(quad(), plain((0.5, 0.5, 0.5), roughness=1.0))]), size_px=128)[..., 0]
    assert np.ptp(level[8:-8, 8:-8]) < 12


def test_clear_glass_keeps_its_highlights() -> None:
    glass = plain((1.0, 1.0, 1.0, 0.2), roughness=0.1, alphaMode="BLEND")
    alpha = pixels(model([(sphere(0.9), glass)]))[12:52, 12:52, 3]
    assert np.median(alpha) < 90
    assert alpha.max() > np.median(alpha) + 20


def test_emissive_strength_multiplies() -> None:
    def level(strength: float) -> int:
        strong = {"KHR_materials_emissive_strength": {"emissiveStrength": strength}}
        glowing = plain((0.0, 0.0, 0.0), emissiveFactor=[0.0, 0.1, 0.0], extensions=strong)
        return int(pixels(model([(quad(), glowing)]))[32, 32, 1])

    assert level(4.0) > level(1.0) + 50


def test_specular_glossiness_material_shows_its_diffuse_part() -> None:
    old = {"KHR_materials_pbrSpecularGlossiness": {"diffuseFactor": [0.6, 0.1, 0.1, 1.0]}}
    red, green, _, _ = pixels(model([(quad(), {"extensions": old})]))[32, 32]
    assert red > green + 60


@pytest.mark.parametrize(("wrap", "expected"), [(10497, 255), (33648, 0)])
def test_mirrored_texture_turns_back(wrap: int, expected: int) -> None:
    part = quad()
    assert part.uvs is not None
    part = type(part)(part.positions, part.triangles, part.normals, part.uvs * np.array([2.0, 1.0]))
    document = GlbDocument.parse(model([(part, textured())], images=[quarters()]))
    document.json["samplers"][0]["wrapS"] = wrap
    # Just right of the middle: the texture's left edge again, or its right edge mirrored.
    assert pixels(document.to_bytes())[16, 36, 0] == expected


def test_nearest_filter_keeps_hard_edges() -> None:
    image = np.zeros((2, 2, 3))
    image[:, 1] = 255
    document = GlbDocument.parse(model([(quad(), textured())], images=[png_bytes(image)]))
    assert len(np.unique(pixels(document.to_bytes())[32, :, 0])) > 8
    document.json["samplers"][0]["magFilter"] = 9728
    assert set(np.unique(pixels(document.to_bytes())[32, :, 0])) == {0, 255}


def test_colour_behind_clear_texels_survives_shrinking() -> None:
    image = np.zeros((256, 256, 4))
    image[..., :3] = (0, 200, 0)
    data = model([(quad(), textured())], images=[png_bytes(image)])
    picture = render_view(load_scene(data, texture_limit_px=32), View(0, 0), size_px=16, fit=METRE)
    assert picture.getpixel((8, 8)) == (0, 200, 0, 255)


def test_grey_picture_of_sixteen_bits_is_read() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.full((4, 4), 0x8000, np.uint16)).save(buffer, "PNG")
    data = model([(quad(), textured())], images=[buffer.getvalue()])
    assert pixels(data)[32, 32].tolist() == [128, 128, 128, 255]


def test_jpeg_is_read() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (600, 600), (200, 40, 40)).save(buffer, "JPEG", quality=95)
    data = model([(quad(), textured())], images=[buffer.getvalue()])
    assert np.abs(pixels(data)[32, 32] - (200, 40, 40, 255)).max() <= 4


def test_second_uv_set_is_used_when_the_texture_asks_for_it() -> None:
    uvs = np.full((4, 2), 0.25, np.float32)
    data = model([(quad(), textured(texCoord=1))], images=[quarters()])
    picture = pixels(with_attribute(data, "TEXCOORD_1", uvs))
    assert picture[8:-8, 8:-8, :3].reshape(-1, 3).min(axis=0).tolist() == [255, 0, 0]
    assert picture[8:-8, 8:-8, 1].max() == 0


def test_attribute_of_the_wrong_length_is_refused() -> None:
    data = model([(quad(), unlit((1.0, 1.0, 1.0)))])
    with pytest.raises(BadGlb, match="COLOR_0"):
        load_scene(with_attribute(data, "COLOR_0", np.ones((3, 4), np.float32)))


def test_material_with_words_for_numbers_is_refused() -> None:
    broken = {"pbrMetallicRoughness": {"roughnessFactor": "rough"}}
    with pytest.raises(BadGlb, match="roughnessFactor"):
        load_scene(model([(quad(), broken)]))


def test_parts_without_colours_stay_white_beside_coloured_ones() -> None:
    left = quad((-0.5, 0, 0), (0.4, 0, 0), (0, 0.4, 0))
    right = quad((0.5, 0, 0), (0.4, 0, 0), (0, 0.4, 0))
    white = unlit((1.0, 1.0, 1.0))
    red = np.tile(np.array([255, 0, 0, 255], np.uint8), (4, 1))
    picture = pixels(with_attribute(model([(left, white), (right, white)]), "COLOR_0", red))
    assert picture[32, 16].tolist() == [255, 0, 0, 255]
    assert picture[32, 48].tolist() == [255, 255, 255, 255]
