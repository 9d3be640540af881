"""New materials on what other makers write: many materials, formats, colours, compression."""

import io
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from asset_forge.glb.accessors import read_accessor
from asset_forge.glb.builder import GlbBuilder, Primitive
from asset_forge.glb.decompress import decoded
from asset_forge.glb.document import GlbDocument
from asset_forge.greybox.retexture import retexture
from tests.support.compressed import with_draco, with_meshopt
from tests.support.gltf_validator import assert_valid_glb

EDGE_PX = 64
GRID = 6


def striped(
    tone: tuple[int, int, int], image_format: str = "PNG", *, cut_out: bool = False
) -> bytes:
    """A picture of one tone with dark stripes; cut_out: the right half is clear."""
    pixels = np.full((EDGE_PX, EDGE_PX, 4), 255, np.uint8)
    pixels[..., :3] = tone
    pixels[:, ::8, :3] //= 4
    pixels[:, 1::8, :3] //= 4
    if cut_out:
        pixels[:, EDGE_PX // 2 :, 3] = 0
    image = Image.fromarray(pixels)
    file = io.BytesIO()
    (image if cut_out else image.convert("RGB")).save(file, image_format, quality=95)
    return file.getvalue()


def patch(x: float, material: int | None) -> Primitive:
    """A grid of squares, one metre wide, with coordinates of its own."""
    across = np.linspace(0.0, 1.0, GRID)
    u, v = (values.reshape(-1) for values in np.meshgrid(across, across))
    at = (np.arange(GRID - 1)[:, None] * GRID + np.arange(GRID - 1)).reshape(-1)
    corners = [at, at + 1, at + GRID + 1, at, at + GRID + 1, at + GRID]
    return Primitive(
        positions=np.stack([u + x, v, 0 * u], axis=1),
        triangles=np.stack(corners, axis=1).reshape(-1, 3),
        normals=np.tile([0.0, 0.0, 1.0], (len(u), 1)),
        uvs=np.stack([u, 1 - v], axis=1),
        material=material,
    )


def foreign(
    pictures: list[bytes], mime_type: str = "image/png", *, bare: bool = False
) -> GlbDocument:
    """A model with a material for each picture, and one patch without any if `bare`."""
    builder = GlbBuilder()
    parts = []
    for index, data in enumerate(pictures):
        texture = builder.add_texture(builder.add_image(data, mime_type))
        material = builder.add_material(f"theirs {index}", base_color_texture=texture)
        parts.append(patch(1.5 * index, material))
    if bare:
        parts.append(patch(1.5 * len(pictures), None))
    builder.set_scene([builder.add_node("thing", mesh=builder.add_mesh("thing", parts))])
    return builder.build()


def preset(document: GlbDocument | bytes, material: str, category: str = "metal") -> GlbDocument:
    data = document if isinstance(document, bytes) else document.to_bytes()
    painted = retexture(
        data, preset_id=material, style_prompt=f"plain {material}", category=category
    )
    assert_valid_glb(painted, allowed=("MESH_PRIMITIVE_GENERATED_TANGENT_SPACE",))
    return GlbDocument.parse(painted)


def picture(document: GlbDocument, index: int = 0, slot: str = "baseColorTexture") -> NDArray[Any]:
    """Pixels (h, w, 4) of a material's picture, 0..255."""
    material = document.json["materials"][index]["pbrMetallicRoughness"]
    texture = document.json["textures"][material[slot]["index"]]
    with Image.open(io.BytesIO(document.image_bytes(texture["source"]))) as image:
        return np.asarray(image.convert("RGBA"), np.float64)


def mesh_of(document: GlbDocument) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Coordinates and triangles of every primitive."""
    return [
        (
            read_accessor(document, primitive["attributes"]["TEXCOORD_0"]),
            read_accessor(document, primitive["indices"]),
        )
        for primitive in document.json["meshes"][0]["primitives"]
    ]


def same_mesh(one: GlbDocument, other: GlbDocument) -> bool:
    pairs = zip(mesh_of(one), mesh_of(other), strict=True)
    return all(
        np.array_equal(a, b) for left, right in pairs for a, b in zip(left, right, strict=True)
    )


def keeps_stripes(pixels: NDArray[Any]) -> bool:
    return bool(pixels[:, 4::8, :3].mean() > 1.4 * pixels[:, ::8, :3].mean())


def test_every_one_of_several_materials_takes_the_new_one_and_keeps_its_structure() -> None:
    source = foreign([striped((200, 60, 40)), striped((50, 70, 190))], bare=True)
    gold = preset(source, "gold")
    assert same_mesh(source, gold)
    for index in (0, 1):
        red, _, blue = picture(gold, index)[..., :3].mean(axis=(0, 1))
        assert red > 1.3 * blue
        assert keeps_stripes(picture(gold, index))
        orm = picture(gold, index, "metallicRoughnessTexture")
        assert orm[..., 2].mean() > 220
        assert orm[..., 1].mean() < 160
    # The patch that had no material has a plain one of gold.
    bare = gold.json["meshes"][0]["primitives"][2]["material"]
    assert gold.json["materials"][bare]["pbrMetallicRoughness"]["metallicFactor"] == 1.0


def test_presets_differ_visibly_from_each_other() -> None:
    source = foreign([striped((150, 150, 150))])
    tones = {
        name: picture(preset(source, name, category))[..., :3].mean(axis=(0, 1))
        for name, category in (
            ("gold", "metal"), ("steel", "metal"), ("mithril", "metal"), ("leather", "leather"),
            ("oak", "wood"),
        )
    }  # fmt: skip
    for one, other in combinations(tones, 2):
        assert np.abs(tones[one] - tones[other]).max() > 12, (one, other)


@pytest.mark.parametrize(
    ("image_format", "mime_type"), [("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
def test_lossy_pictures_are_read_and_their_structure_stays(
    image_format: str, mime_type: str
) -> None:
    source = foreign([striped((120, 160, 90), image_format)], mime_type)
    if image_format == "WEBP":
        texture = source.json["textures"][0]
        texture["extensions"] = {"EXT_texture_webp": {"source": texture.pop("source")}}
        source.json["extensionsUsed"] = source.json["extensionsRequired"] = ["EXT_texture_webp"]
    gold = preset(source, "gold")
    assert same_mesh(source, gold)
    assert keeps_stripes(picture(gold))


def test_what_is_cut_out_stays_cut_out() -> None:
    source = foreign([striped((120, 160, 90), cut_out=True)])
    source.json["materials"][0]["alphaMode"] = "MASK"
    gold = preset(source, "gold")
    assert gold.json["materials"][0]["alphaMode"] == "MASK"
    alpha = picture(gold)[..., 3]
    assert alpha[:, : EDGE_PX // 2].min() == 255
    assert alpha[:, EDGE_PX // 2 :].max() == 0


def test_moved_texture_coordinates_stay_moved() -> None:
    source = foreign([striped((120, 160, 90))])
    moved = {"KHR_texture_transform": {"offset": [0.25, 0.0], "scale": [2.0, 2.0]}}
    pbr = source.json["materials"][0]["pbrMetallicRoughness"]
    pbr["baseColorTexture"]["extensions"] = moved
    source.json["extensionsUsed"] = ["KHR_texture_transform"]
    painted = preset(source, "gold").json["materials"][0]["pbrMetallicRoughness"]
    assert painted["baseColorTexture"]["extensions"] == moved
    assert painted["metallicRoughnessTexture"]["extensions"] == moved


def test_vertex_colours_lose_their_hue_and_keep_their_light() -> None:
    builder = GlbBuilder(foreign([], bare=True))
    shade = np.linspace(0.2, 1.0, GRID * GRID, dtype=np.float32)
    tinted = np.stack([shade, 0.1 * shade, 0.1 * shade], axis=1)
    accessor = builder.add_accessor(tinted, target=34962)
    source = builder.build()
    source.json["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = accessor
    steel = preset(source, "steel")
    primitive = steel.json["meshes"][0]["primitives"][0]
    colours = read_accessor(steel, primitive["attributes"]["COLOR_0"])
    assert np.ptp(colours, axis=1).max() < 1e-6
    assert (np.diff(colours[:, 0]) >= 0).all()
    assert colours[-1, 0] > 2 * colours[0, 0]
    factor = steel.json["materials"][primitive["material"]]["pbrMetallicRoughness"]
    assert factor["metallicFactor"] == 1.0


@pytest.mark.parametrize("extension", ["KHR_materials_unlit", "KHR_materials_sheen"])
def test_extensions_that_would_overrule_the_material_go(extension: str) -> None:
    source = foreign([striped((120, 160, 90))])
    source.json["materials"][0]["extensions"] = {extension: {}}
    source.json["extensionsUsed"] = [extension]
    gold = preset(source, "gold")
    assert "extensions" not in gold.json["materials"][0]
    assert "extensionsUsed" not in gold.json


def test_structure_of_the_old_workflow_is_found_in_its_diffuse_picture() -> None:
    name = "KHR_materials_pbrSpecularGlossiness"
    source = foreign([striped((120, 160, 90))])
    material = source.json["materials"][0]
    slot = material.pop("pbrMetallicRoughness")["baseColorTexture"]
    material["extensions"] = {name: {"diffuseTexture": slot}}
    source.json["extensionsUsed"] = [name]
    gold = preset(source, "gold")
    assert keeps_stripes(picture(gold))


def test_old_colours_do_not_glow_through_the_new_ones() -> None:
    source = foreign([striped((120, 160, 90))])
    material = source.json["materials"][0]
    material["emissiveTexture"] = {
        "index": material["pbrMetallicRoughness"]["baseColorTexture"]["index"]
    }
    material["emissiveFactor"] = [1.0, 1.0, 1.0]
    gold = preset(source, "gold")
    assert "emissiveTexture" not in gold.json["materials"][0]


@pytest.mark.parametrize("compress", [with_draco, with_meshopt], ids=["draco", "meshopt"])
def test_compressed_models_are_decoded_and_painted(compress: Any) -> None:
    source = compress(foreign([striped((200, 60, 40))]).to_bytes())
    gold = preset(source, "gold")
    assert same_mesh(decoded(GlbDocument.parse(source)), gold)
    assert keeps_stripes(picture(gold))
