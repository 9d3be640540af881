"""Texts for makers: every placeholder filled in; prompt files: defaults survive."""

import json
from pathlib import Path

import pytest

from asset_forge.domain.generation import GenerationConfig
from asset_forge.domain.ids import AssetId
from asset_forge.domain.materials import MaterialPreset
from asset_forge.domain.quality import GenerationType
from asset_forge.errors import BadInput, NotFound, StorageUnavailable
from asset_forge.services.prompt_files import FILES, PromptFiles, shipped
from asset_forge.services.prompts import PromptService, fill


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    PromptFiles(tmp_path).put_missing()
    return tmp_path


@pytest.fixture
def prompts(folder: Path) -> PromptService:
    return PromptService(files=PromptFiles(folder))


def config(**changes: object) -> GenerationConfig:
    values: dict[str, object] = {
        "name": "Town Guard",
        "type": "weapon",
        "subtype": "sword",
        "asset_id": AssetId("town-guard"),
        "description": "a broad sword with a brass guard.",
    }
    return GenerationConfig(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("${description} here", "a sword here"),
        ("{{description}} here", "a sword here"),
        ("{ description } here", "a sword here"),
        ("${DESCRIPTION}", "a sword"),
        ("${nobody} knows", "knows"),
        ("a, ${nobody}, b. ${nobody}.", "a, b."),
        ("a {} b", "a {} b"),
    ],
)
def test_fill_placeholder_is_replaced(template: str, text: str) -> None:
    assert fill(template, {"description": "a sword"}) == text


async def test_image_prompt_item_holds_description_type_and_style(prompts: PromptService) -> None:
    text = await prompts.image_prompt(config(style="gothic"), "a broad sword with a brass guard")
    assert "a broad sword with a brass guard" in text
    assert "gothic" in text
    assert shipped(FILES["asset-types"])["item"]["default"]["weapon"]["prompt"] in text
    assert "{" not in text
    assert "T-pose" not in text


async def test_image_prompt_avatar_asks_for_a_t_pose(prompts: PromptService) -> None:
    avatar = config(type="character", subtype="humanoid", generation_type=GenerationType.AVATAR)
    assert "T-pose" in await prompts.image_prompt(avatar, "a guard")


async def test_image_prompt_armor_takes_its_pose(prompts: PromptService) -> None:
    poses = shipped(FILES["generation"])["posePrompts"]["armor"]
    chest = await prompts.image_prompt(config(type="armor", subtype="chest"), "a breastplate")
    boots = await prompts.image_prompt(config(type="armor", subtype="boots"), "boots")
    assert poses["chest"] in chest
    assert poses["generic"] in boots


async def test_image_prompt_custom_prompts_win_over_files(prompts: PromptService) -> None:
    custom = config(game_style_prompt="woodcut lines", asset_type_prompt="one broken blade")
    text = await prompts.image_prompt(custom, "a sword")
    assert "woodcut lines" in text
    assert "one broken blade" in text


async def test_image_prompt_style_by_name_takes_its_text(prompts: PromptService) -> None:
    text = await prompts.image_prompt(config(game_style="runescape"), "a sword")
    assert shipped(FILES["game-styles"])["default"]["runescape"]["base"] in text


async def test_image_prompt_file_edited_by_hand_is_seen(
    prompts: PromptService, folder: Path
) -> None:
    await prompts.image_prompt(config(), "a sword")
    path = folder / FILES["generation"]
    data = json.loads(path.read_text())
    data["imageGeneration"]["base"] = "only ${subtype} and ${name}"
    path.write_text(json.dumps(data))
    assert await prompts.image_prompt(config(), "a sword") == "only sword and Town Guard"


async def test_enhancement_messages_avatar_hold_its_rules(prompts: PromptService) -> None:
    rules = shipped(FILES["gpt4-enhancement"])["typeSpecific"]["avatar"]
    avatar = config(type="character", generation_type=GenerationType.AVATAR)
    system, user = await prompts.enhancement_messages(avatar)
    assert rules["critical"] in system
    assert rules["focus"] in system
    assert "a broad sword with a brass guard" in user
    assert "Town Guard" in user


async def test_template_prompt_without_description_uses_the_name(prompts: PromptService) -> None:
    assert "Town Guard" in await prompts.template_prompt(config(description=""))


BRONZE = MaterialPreset(id="bronze", display_name="Bronze", style_prompt="warm ${displayName}.")


async def test_material_prompt_fills_style_and_template(prompts: PromptService) -> None:
    text = await prompts.material_prompt(BRONZE)
    assert text.startswith("warm Bronze. ")
    assert "{" not in text


async def test_material_prompt_override_by_hand_wins(prompts: PromptService) -> None:
    await prompts.save("materials", {"customOverrides": {"bronze": "green ${material}"}})
    assert await prompts.material_prompt(BRONZE) == "green Bronze"


async def test_grip_instruction_keeps_the_json_of_the_answer(prompts: PromptService) -> None:
    text = await prompts.grip_instruction(angle="front", hint="a dagger")
    assert '"gripBounds"' in text
    assert "front" in text
    assert "a dagger" in text
    assert "${" not in text


async def test_save_custom_styles_keeps_the_defaults(prompts: PromptService) -> None:
    body = {"default": {}, "custom": {"woodcut": {"name": "Woodcut", "base": "bold lines"}}}
    await prompts.save("game-styles", body)
    saved = await prompts.read("game-styles")
    assert saved["default"] == shipped(FILES["game-styles"])["default"]
    assert saved["custom"] == body["custom"]


@pytest.mark.parametrize(
    ("prompt_type", "body", "message"),
    [
        ("game-styles", [], "Invalid prompt structure"),
        ("game-styles", {}, "Invalid prompt structure"),
        ("game-styles", {"custom": {"a": 3}}, "Invalid prompt structure"),
        ("materials", {"templates": {}}, "Invalid prompt structure"),
        ("materials", {"templates": 1, "customOverrides": {}}, "Invalid prompt structure"),
        ("generation", {"imageGeneration": {"base": "x"}}, "Invalid prompt structure"),
        ("gpt4-enhancement", {"systemPrompt": "x"}, "Invalid prompt structure"),
        ("weapon-detection", {"basePrompt": 3}, "Invalid prompt structure"),
        ("asset-types", {}, "Invalid asset type prompt structure"),
        ("asset-types", {"avatar": 1}, "Invalid asset type prompt structure"),
        ("asset-types", {"item": {"custom": {"a": {}}}}, "Invalid asset type prompt structure"),
    ],
)
async def test_save_wrong_structure_raises_and_changes_nothing(
    prompts: PromptService, prompt_type: str, body: object, message: str
) -> None:
    before = await prompts.read(prompt_type)
    with pytest.raises(BadInput, match=f"^{message}$"):
        await prompts.save(prompt_type, body)
    assert await prompts.read(prompt_type) == before


@pytest.mark.parametrize("prompt_type", ["generation", "gpt4-enhancement", "weapon-detection"])
async def test_save_whole_file_of_texts_is_kept(prompts: PromptService, prompt_type: str) -> None:
    body = {**shipped(FILES[prompt_type]), "note": "ours"}
    await prompts.save(prompt_type, body)
    assert await prompts.read(prompt_type) == body


async def test_delete_custom_asset_type_removes_it_alone(prompts: PromptService) -> None:
    custom = {"a": {"prompt": "x"}, "b": {"prompt": "y"}}
    await prompts.save("asset-types", {"item": {"custom": custom}})
    await prompts.delete("asset-types", "a", category="item")
    saved = await prompts.read("asset-types")
    assert saved["item"]["custom"] == {"b": {"prompt": "y"}}
    assert saved["avatar"] == shipped(FILES["asset-types"])["avatar"]


@pytest.mark.parametrize(
    ("prompt_type", "entry", "category", "error", "message"),
    [
        ("asset-types", "weapon", None, BadInput, "Category parameter required"),
        ("asset-types", "weapon", "both", BadInput, "Category parameter required"),
        ("asset-types", "weapon", "item", NotFound, "Custom asset type not found"),
        ("game-styles", "runescape", None, NotFound, "Custom prompt not found"),
        ("generation", "imageGeneration", None, NotFound, "Custom prompt not found"),
        ("nothing", "a", None, NotFound, "Invalid prompt type"),
    ],
)
async def test_delete_what_is_no_custom_entry_raises(
    prompts: PromptService,
    prompt_type: str,
    entry: str,
    category: str | None,
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        await prompts.delete(prompt_type, entry, category=category)


@pytest.mark.parametrize("text", ["{", '{"version": NaN}', '{"a":' * 300 + "1" + "}" * 300])
async def test_read_broken_file_names_it(text: str, prompts: PromptService, folder: Path) -> None:
    (folder / FILES["materials"]).write_text(text)
    with pytest.raises(StorageUnavailable, match=r"material-prompts\.json"):
        await prompts.require_readable()


async def test_read_missing_file_gives_the_shipped_one(tmp_path: Path) -> None:
    prompts = PromptService(files=PromptFiles(tmp_path / "none"))
    assert await prompts.read("generation") == shipped(FILES["generation"])


@pytest.mark.parametrize(
    ("presets", "message"),
    [
        ({}, "must be an array"),
        ([{"id": "a"}], "Each preset must have"),
        ([{"id": "a", "name": "a", "displayName": "A", "stylePrompt": " "}], "Each preset"),
        ([{"id": "a", "name": "a", "displayName": "A", "stylePrompt": "x"}] * 2, "'a'"),
    ],
)
async def test_save_material_presets_wrong_raises(
    prompts: PromptService, presets: object, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        await prompts.save_material_presets(presets)


async def test_material_presets_ship_ten_with_texts(prompts: PromptService) -> None:
    presets = await prompts.material_presets()
    assert [preset["id"] for preset in presets] == [
        "bronze", "steel", "mithril", "leather", "hard-leather", "studded-leather", "wood", "oak",
        "willow", "dragon",
    ]  # fmt: skip
    assert {preset["tier"] for preset in presets if preset["category"] == "metal"} == {1, 2, 3}
    assert presets[-1]["category"] == "custom"
    assert presets[-1]["tier"] == 10


@pytest.mark.parametrize(
    ("prompt_type", "change", "part"),
    [
        ("game-styles", {"default": []}, "default"),
        ("game-styles", {"custom": {"a": 3}}, "custom.a"),
        ("asset-types", {"item": {"custom": {"a": [1]}}}, "item.custom.a"),
        ("materials", {"customOverrides": {"bronze": 1}}, "customOverrides.bronze"),
        ("generation", {"imageGeneration": {"base": 1}}, "imageGeneration.base"),
        ("gpt4-enhancement", {"systemPrompt": "x"}, "systemPrompt"),
    ],
)
async def test_read_file_of_another_shape_names_the_part(
    prompts: PromptService, folder: Path, prompt_type: str, change: dict[str, object], part: str
) -> None:
    path = folder / FILES[prompt_type]
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(StorageUnavailable, match=f", {part} is of the wrong type"):
        await prompts.require_readable()


async def test_read_file_with_parts_of_ones_own_is_kept(
    prompts: PromptService, folder: Path
) -> None:
    path = folder / FILES["generation"]
    path.write_text(json.dumps({**json.loads(path.read_text()), "notes": [1, 2]}))
    assert (await prompts.read("generation"))["notes"] == [1, 2]


async def test_save_material_presets_id_that_names_no_variant_raises(
    prompts: PromptService,
) -> None:
    preset = {"id": "a/b", "name": "a", "displayName": "A", "stylePrompt": "x"}
    with pytest.raises(BadInput, match="Preset id 'a/b'"):
        await prompts.save_material_presets([preset])
