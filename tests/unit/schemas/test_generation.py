"""GenerationRequest: every default, every null, every bound, and what is recorded."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from asset_forge.domain.generation import (
    GenerationConfig,
    ProviderChoice,
    ReferenceImage,
    SpriteConfig,
)
from asset_forge.domain.quality import GenerationType, Quality
from asset_forge.errors import BadInput
from asset_forge.schemas.generation import GenerationRequest, parse_recorded_request
from asset_forge.schemas.retexture import RetextureBody
from tests.support.service import preset, words

PIXELS = "data:image/png;base64,iVBORw0KGgo="


def config(**fields: Any) -> GenerationConfig:
    return GenerationRequest.model_validate(words(**fields)).to_config()


def test_config_of_the_least_request_has_every_default() -> None:
    found = config()
    assert found.asset_id == "plain-sword"
    assert found.generation_type is GenerationType.ITEM
    assert found.quality is Quality.STANDARD
    assert found.provider is ProviderChoice.AUTO
    assert found.make_model
    assert found.enhance_prompt
    assert not any([found.make_variants, found.make_rig, found.make_sprites, found.overwrite])
    assert found.sprites == SpriteConfig(8, 512, "transparent")
    assert found.character_height_m is None
    assert found.reference_image is None


def test_config_null_is_as_good_as_left_out() -> None:
    optional = [
        name for name, field in GenerationRequest.model_fields.items() if not field.is_required()
    ]
    nulls: dict[str, Any] = dict.fromkeys(
        (GenerationRequest.model_fields[name].alias or name for name in optional), None
    )
    with_nulls = config(**{**nulls, "description": "a plain iron sword"})
    assert with_nulls == config()
    inner = config(
        spriteConfig={"angles": None, "resolution": 64},
        metadata={"useGPT4Enhancement": None, "gameStyle": None, "characterHeight": None},
        riggingOptions={"heightMeters": None},
        customPrompts={"gameStyle": None},
        materialPresets=[preset("bronze", tier=None, color=None)],
    )
    assert inner.sprites == SpriteConfig(8, 64, "transparent")
    assert inner.enhance_prompt
    assert inner.material_presets[0].tier == 1


@pytest.mark.parametrize("name", ["name", "type", "subtype"])
def test_config_null_where_something_is_required_is_missing(name: str) -> None:
    with pytest.raises(ValidationError) as raised:
        GenerationRequest.model_validate(words(**{name: None}))
    assert raised.value.errors()[0]["type"] == "missing"


@pytest.mark.parametrize(
    ("fields", "kind", "quality"),
    [
        ({"type": "character"}, "avatar", "ultra"),
        ({"type": "NPC"}, "avatar", "ultra"),
        ({"type": "character", "generationType": "item"}, "item", "standard"),
        ({"generationType": "avatar"}, "avatar", "ultra"),
        ({"generationType": "avatar", "quality": "high"}, "avatar", "high"),
        ({"style": "photorealistic"}, "item", "ultra"),
        ({"style": "low poly"}, "item", "standard"),
        ({"style": "4K textures", "quality": "standard"}, "item", "standard"),
    ],
)
def test_config_generation_type_and_quality(
    fields: dict[str, Any], kind: str, quality: str
) -> None:
    found = config(**fields)
    assert (found.generation_type, found.quality) == (kind, quality)


@pytest.mark.parametrize(
    ("fields", "variants"),
    [
        ({"materialPresets": [preset("bronze")]}, True),
        ({"materialPresets": [preset("bronze")], "enableRetexturing": True}, True),
        ({"materialPresets": [preset("bronze")], "enableRetexturing": False}, False),
        ({"enableRetexturing": True}, False),
    ],
)
def test_config_variants_want_presets_and_no_refusal(
    fields: dict[str, Any], variants: bool
) -> None:
    assert config(**fields).make_variants is variants


def test_config_height_and_prompts_may_stand_in_two_places() -> None:
    metadata = {"characterHeight": 1.5, "customGamePrompt": "a", "customAssetTypePrompt": "b"}
    first = config(metadata=metadata)
    assert (first.character_height_m, first.game_style_prompt, first.asset_type_prompt) == (
        1.5,
        "a",
        "b",
    )
    second = config(
        metadata=metadata,
        riggingOptions={"heightMeters": 2},
        customPrompts={"gameStyle": "c", "assetType": "d"},
    )
    assert (second.character_height_m, second.game_style_prompt, second.asset_type_prompt) == (
        2,
        "c",
        "d",
    )


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"dataUrl": PIXELS, "source": "upload"}, ReferenceImage(data_url=PIXELS, source="upload")),
        ({"url": "https://a.example/b.png"}, ReferenceImage(url="https://a.example/b.png")),
        ({"url": PIXELS}, ReferenceImage(data_url=PIXELS)),
        ({"url": "https://a.example/b.png", "dataUrl": PIXELS}, ReferenceImage(data_url=PIXELS)),
    ],
)
def test_config_reference_image(given: dict[str, Any], found: ReferenceImage) -> None:
    assert config(referenceImage=given).reference_image == found


def test_config_reference_image_without_a_picture_is_refused() -> None:
    with pytest.raises(BadInput, match="url or dataUrl"):
        config(referenceImage={"source": "upload"})


@pytest.mark.parametrize(
    "fields",
    [
        {"referenceImage": {"dataUrl": PIXELS}},
        {"referenceImage": {"url": PIXELS.replace("data", "Data")}},
        {"preview": PIXELS, "views": [PIXELS, "front"], "deep": {"er": [{"still": PIXELS}]}},
    ],
)
def test_config_records_no_pixels_wherever_they_stand(fields: dict[str, Any]) -> None:
    recorded = config(**fields).request
    assert "base64" not in json.dumps(recorded)
    assert recorded["name"] == "Plain Sword"
    if "views" in fields:
        assert recorded["views"] == ["front"]
        assert recorded["deep"] == {"er": [{}]}


def test_recorded_request_is_read_again_without_its_picture() -> None:
    first = config(
        referenceImage={"dataUrl": PIXELS, "source": "upload"},
        overwrite=True,
        metadata={"useGPT4Enhancement": False, "mine": 7},
        owner="somebody",
        materialPresets=[preset("bronze", tier=0, glow="none")],
    )
    assert "overwrite" not in first.request
    assert first.request["owner"] == "somebody"
    assert first.request["metadata"] == {"useGPT4Enhancement": False, "mine": 7}
    again = parse_recorded_request(first.request)
    assert again.reference_image == ReferenceImage(source="upload")
    assert again.material_presets == first.material_presets
    assert again.material_presets[0].tier == 0
    assert again.material_presets[0].extra == {"glow": "none"}
    assert not again.enhance_prompt


def test_recorded_request_that_is_none_names_the_field() -> None:
    with pytest.raises(BadInput, match="quality"):
        parse_recorded_request(words(quality="best"))


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"name": "x" * 201}, "name"),
        ({"description": "x" * 10_001}, "description"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**53 + 1}, "seed"),
        ({"riggingOptions": {"heightMeters": float("inf")}}, "heightMeters"),
        ({"riggingOptions": {"heightMeters": 100.1}}, "heightMeters"),
        ({"spriteConfig": {"angles": 65}}, "angles"),
        ({"spriteConfig": {"resolution": 8}}, "resolution"),
        ({"spriteConfig": {"backgroundColor": "#12345"}}, "backgroundColor"),
        ({"materialPresets": [preset("a/b")]}, "id"),
        ({"materialPresets": [preset("a", stylePrompt=" ")]}, "stylePrompt"),
        ({"materialPresets": {"id": "a"}}, "materialPresets"),
        ({"metadata": "text"}, "metadata"),
        ({"customPrompts": []}, "customPrompts"),
        ({"spriteConfig": 8}, "spriteConfig"),
    ],
)
def test_request_out_of_bounds_is_refused_by_name(fields: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError) as raised:
        GenerationRequest.model_validate(words(**fields))
    assert where in raised.value.errors()[0]["loc"]


def test_request_that_is_no_object_is_refused() -> None:
    with pytest.raises(ValidationError):
        GenerationRequest.model_validate([words()])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"assetId": "../sword"}, "must not"),
        ({"name": "///"}, "No asset id"),
        ({"materialPresets": [preset("a"), preset("a")]}, "twice"),
    ],
)
def test_config_ids_that_cannot_be_are_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        config(**fields)


def test_config_background_color_is_lower_case() -> None:
    assert config(spriteConfig={"backgroundColor": "#AABBCC"}).sprites.background == "#aabbcc"


def test_retexture_body_reads_ids_and_leaves_out_an_empty_name() -> None:
    body = {"baseAssetId": "sword", "materialPreset": preset("bronze"), "outputName": ""}
    request = RetextureBody.model_validate(body).to_request()
    assert (request.base_id, request.output_name) == ("sword", None)
    named = RetextureBody.model_validate({**body, "outputName": "moonblade", "seed": None})
    assert named.to_request().output_name == "moonblade"
    with pytest.raises(BadInput):
        RetextureBody.model_validate({**body, "outputName": "../x"}).to_request()


def test_sprite_config_takes_a_clip_with_frames_and_a_pitch() -> None:
    asked = {"angles": 4, "pitch": 30, "animation": "walking", "frames": 6}
    sprites = config(spriteConfig=asked).sprites
    options = sprites.to_options()
    assert (options.picture_count, options.pitch_deg, options.animation) == (24, 30, "walking")
    assert sprites.to_json() == {
        "angles": 4, "resolution": 512, "backgroundColor": "transparent",
        "pitch": 30, "animation": "walking", "frames": 6,
    }  # fmt: skip


@pytest.mark.parametrize(
    "asked",
    [
        {"frames": 2},
        {"pitch": 90},
        {"animation": ""},
        {"animation": "walking", "frames": 65},
        {"animation": "walking", "frames": 64, "angles": 64},
    ],
)
def test_sprite_config_that_cannot_be_rendered_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        config(spriteConfig=asked)
