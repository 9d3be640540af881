"""New materials on old meshes: greybox's own and other makers'."""

import copy
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from asset_forge.errors import BadGlb
from asset_forge.glb.builder import GlbBuilder, Primitive
from asset_forge.glb.document import GlbDocument
from asset_forge.greybox.model import EXTRAS_KEY, make_model
from asset_forge.greybox.presets import replaced_slots, surface_of_preset
from asset_forge.greybox.retexture import retexture
from asset_forge.greybox.surfaces import parse_surface
from tests.support.gltf_validator import assert_valid_glb
from tests.unit.greybox.meshes import brief


def preset(glb: bytes, material: str, **more: Any) -> bytes:
    return retexture(glb, preset_id=material, style_prompt=f"plain {material}", **more)


def geometry(glb: bytes) -> list[bytes]:
    """Return the bytes of every accessor of the first mesh."""
    document = GlbDocument.parse(glb)
    primitive = document.json["meshes"][0]["primitives"][0]
    indices = [*primitive["attributes"].values(), primitive["indices"]]
    views = [document.json["accessors"][index]["bufferView"] for index in indices]
    return [document.view_bytes(view) for view in views]


def slots(glb: bytes) -> dict[str, Any]:
    material = GlbDocument.parse(glb).json["materials"][0]
    found: dict[str, Any] = material["extras"][EXTRAS_KEY]["slots"]
    return found


def base_pixels(glb: bytes) -> np.ndarray[Any, np.dtype[np.int64]]:
    document = GlbDocument.parse(glb)
    material = document.json["materials"][0]["pbrMetallicRoughness"]
    texture = document.json["textures"][material["baseColorTexture"]["index"]]
    with Image.open(io.BytesIO(document.image_bytes(texture["source"]))) as picture:
        return np.asarray(picture.convert("RGB"), np.int64)


@pytest.fixture(scope="module")
def sword() -> bytes:
    return make_model(brief("steel longsword", "sword", seed=1)).glb


def foreign(*, metal: bool = False) -> bytes:
    """Return a small model as an outside maker would write it: a striped, textured square."""
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:, ::8] = 200
    pixels[:, 4::8] = 90
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    builder = GlbBuilder()
    texture = builder.add_texture(builder.add_image(file.getvalue()))
    orm = None
    if metal:
        orm_pixels = np.zeros((64, 64, 3), np.uint8)
        orm_pixels[:32] = (255, 80, 255)
        orm_pixels[32:] = (255, 200, 0)
        file = io.BytesIO()
        Image.fromarray(orm_pixels).save(file, "PNG")
        orm = builder.add_texture(builder.add_image(file.getvalue()))
    material = builder.add_material(
        "theirs", base_color_texture=texture, metallic_roughness_texture=orm
    )
    square = Primitive(
        positions=np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]),
        triangles=np.array([[0, 1, 2], [0, 2, 3]]),
        normals=np.tile([0.0, 0.0, 1.0], (4, 1)),
        uvs=np.array([[0, 1], [1, 1], [1, 0], [0, 0]]),
        material=material,
    )
    builder.set_scene([builder.add_node("square", mesh=builder.add_mesh("square", [square]))])
    return builder.build().to_bytes()


def test_retexture_own_model_keeps_its_mesh_bytes(sword: bytes) -> None:
    assert geometry(preset(sword, "bronze")) == geometry(sword)


def test_retexture_own_model_stays_valid_and_does_not_grow(sword: bytes) -> None:
    bronze = preset(sword, "bronze")
    assert_valid_glb(bronze)
    assert len(GlbDocument.parse(bronze).json["images"]) == 3
    assert len(bronze) < 1.3 * len(sword)


def test_retexture_same_preset_twice_gives_the_same_bytes(sword: bytes) -> None:
    assert preset(sword, "bronze") == preset(sword, "bronze")
    assert preset(preset(sword, "mithril"), "bronze") == preset(sword, "bronze")


def test_retexture_metal_replaces_metal_and_leaves_the_leather_grip(sword: bytes) -> None:
    before, after = slots(sword), slots(preset(sword, "bronze", category="metal"))
    assert after["blade"]["material"] == after["guard"]["material"] == "bronze"
    assert after["blade"]["colour"] != after["guard"]["colour"]
    assert after["grip"] == before["grip"]


def test_retexture_leather_leaves_the_metal_guard(sword: bytes) -> None:
    before, after = slots(sword), slots(preset(sword, "leather"))
    assert after["blade"]["material"] == "leather"
    assert after["guard"] == before["guard"]


def test_retexture_dragon_on_a_blade_is_a_metal(sword: bytes) -> None:
    assert slots(preset(sword, "dragon"))["blade"]["material"] == "dragonsteel"


def test_retexture_seed_changes_the_wear_alone(sword: bytes) -> None:
    one, other = preset(sword, "bronze", seed=1), preset(sword, "bronze", seed=2)
    assert geometry(one) == geometry(other)
    assert not np.array_equal(base_pixels(one), base_pixels(other))


def test_retexture_humanoid_keeps_skin_hair_and_tint() -> None:
    glb = make_model(brief("village guard", "humanoid", seed=1)).glb
    after = preset(glb, "bronze")
    before, now = slots(glb), slots(after)
    assert {"skin", "eyes"} <= set(before)
    assert all(now[slot] == before[slot] for slot in ("skin", "hair", "eyes") if slot in before)
    assert now != before
    assert geometry(after) == geometry(glb)


def test_retexture_damaged_notes_are_refused(sword: bytes) -> None:
    document = GlbDocument.parse(sword)
    document.json = copy.deepcopy(document.json)
    document.json["materials"][0]["extras"][EXTRAS_KEY]["charts"][0]["rect"] = [0, 0, 9999, 1]
    with pytest.raises(BadGlb, match="notes"):
        preset(document.to_bytes(), "bronze")


def test_retexture_no_glb_is_refused() -> None:
    with pytest.raises(BadGlb):
        preset(b"not a model", "bronze")


def test_retexture_foreign_model_takes_colour_and_keeps_stripes() -> None:
    glb = foreign()
    gold = preset(glb, "gold", category="metal")
    assert_valid_glb(gold)
    assert geometry(gold) == geometry(glb)
    pixels = base_pixels(gold)
    assert pixels[..., 0].mean() > 1.3 * pixels[..., 2].mean()
    assert pixels[:, ::8].mean() > 1.3 * pixels[:, 2::8].mean()
    pbr = GlbDocument.parse(gold).json["materials"][0]["pbrMetallicRoughness"]
    assert "metallicRoughnessTexture" in pbr


def test_retexture_foreign_model_metal_leaves_what_is_no_metal() -> None:
    glb = foreign(metal=True)
    before, after = base_pixels(glb), base_pixels(preset(glb, "gold", category="metal"))
    assert np.abs(after[40:] - before[40:]).max() <= 1
    assert np.abs(after[:24] - before[:24]).mean() > 20


def test_retexture_foreign_model_without_texture_gets_factors() -> None:
    builder = GlbBuilder()
    triangle = Primitive(
        positions=np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]),
        triangles=np.array([[0, 1, 2]]),
        normals=np.tile([0.0, 0.0, 1.0], (3, 1)),
    )
    builder.set_scene([builder.add_node("bare", mesh=builder.add_mesh("bare", [triangle]))])
    steel = preset(builder.build().to_bytes(), "steel")
    assert_valid_glb(steel)
    pbr = GlbDocument.parse(steel).json["materials"][0]["pbrMetallicRoughness"]
    assert pbr["metallicFactor"] == 1.0


def test_preset_unknown_id_is_read_from_prompt_category_and_colour() -> None:
    assert surface_of_preset("tier-9", "burnished copper", "metal", None).material == "copper"
    assert surface_of_preset("tier-9", "like nothing else", "leather", None).family == "leather"
    strange = surface_of_preset("zzz", "unheard of", "custom", "#102030")
    assert strange.colour == pytest.approx((16 / 255, 32 / 255, 48 / 255))


@pytest.mark.parametrize(("preset", "category"), [("mithril", "metal"), ("leather", "leather")])
def test_preset_on_a_shield_takes_both_halves_of_its_face(preset: str, category: str) -> None:
    slots = {
        slot: parse_surface(words)
        for slot, words in {
            "body": "wood", "rim": "iron", "field": "dark wood", "back": "wood",
            "strap": "dark leather",
        }.items()
    }  # fmt: skip
    areas = {"body": 0.3, "rim": 0.15, "field": 0.2, "back": 0.3, "strap": 0.05}
    target = surface_of_preset(preset, "", category, None)
    new = replaced_slots(slots, areas, target)
    assert new["body"].material == new["field"].material == preset
    assert new["field"].colour < new["body"].colour


def test_preset_never_turns_every_slot_into_one_material() -> None:
    slots = {"head": parse_surface("steel"), "haft": parse_surface("oak")}
    for name in ("steel", "leather", "oak", "dragon", "stone"):
        target = parse_surface(name)
        new = replaced_slots(slots, {"head": 0.5, "haft": 0.5}, target)
        assert "haft" not in new
        assert new["head"].colour
