"""PromptService: the prompt files for clients, and the texts that go to makers, filled in."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asset_forge.domain.generation import GenerationConfig
from asset_forge.domain.materials import MaterialPreset, check_preset_id
from asset_forge.domain.quality import GenerationType
from asset_forge.errors import BadInput
from asset_forge.services.prompt_files import FILES, PromptFiles, shipped

# ${description}, {{description}} and {description} are all taken for placeholders.
_PLACEHOLDER = re.compile(r"\$?\{\{?\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}?\}")
_TORSO = frozenset({"chest", "body", "torso", "breastplate", "chestplate", "platebody"})
_FALLBACK_STYLE = "generic"


class PromptService:
    """Reads and saves prompt files, and builds each text that a maker is given."""

    def __init__(self, *, files: PromptFiles) -> None:
        self._files = files

    # --- for clients ---

    async def read(self, prompt_type: str) -> dict[str, Any]:
        """Return a prompt file. Raises NotFound, StorageUnavailable."""
        return await asyncio.to_thread(self._files.read, prompt_type)

    async def save(self, prompt_type: str, body: Any) -> None:
        """Save a prompt file; defaults survive. Raises BadInput, NotFound, StorageUnavailable."""
        await asyncio.to_thread(self._files.save, prompt_type, body)

    async def delete(self, prompt_type: str, entry_id: str, *, category: str | None) -> None:
        """Remove a custom entry. Raises BadInput, NotFound, StorageUnavailable."""
        await asyncio.to_thread(self._files.delete, prompt_type, entry_id, category=category)

    async def material_presets(self) -> list[dict[str, Any]]:
        return await asyncio.to_thread(self._files.read_presets)

    async def save_material_presets(self, presets: Any) -> None:
        """Save the whole list of presets. Raises BadInput with what is wrong."""
        await asyncio.to_thread(self._files.save_presets, _checked_presets(presets))

    async def file(self, name: str) -> Path:
        """Return where the file of this name lies, such as material-presets.json.

        Raises NotFound.
        """
        return await asyncio.to_thread(self._files.file, name)

    # --- for makers ---

    async def require_readable(self) -> None:
        """Raise StorageUnavailable now rather than after a paid call."""
        for prompt_type in FILES:
            await self.read(prompt_type)

    async def enhancement_messages(self, config: GenerationConfig) -> tuple[str, str]:
        """Return the instruction and the request for the maker that improves a prompt."""
        data = await self.read("gpt4-enhancement")
        kind = _prompt_kind(config)
        values = await self._values(config)
        lines = [_text("gpt4-enhancement", data, "systemPrompt", "base")]
        points = data.get("systemPrompt", {}).get("focusPoints")
        if isinstance(points, list) and points:
            lines.append("Say:\n" + "\n".join(f"- {point}" for point in points))
        if kind in ("avatar", "armor"):
            lines.append(_text("gpt4-enhancement", data, "typeSpecific", kind, "critical"))
            lines.append(_text("gpt4-enhancement", data, "typeSpecific", kind, "focus"))
        lines.append(_text("gpt4-enhancement", data, "systemPrompt", "closingInstruction"))
        facts = [f"Name: {config.name}", f"Type: {config.type}, {config.subtype}"]
        if values["gameStyle"]:
            facts.append(f"Style of the game: {values['gameStyle']}")
        if config.style:
            facts.append(f"Style: {config.style}")
        if values["assetType"]:
            facts.append(f"Rules for this type: {values['assetType']}")
        facts.append(f"Request: {config.description or config.name}")
        return fill("\n\n".join(lines), values), "\n".join(facts)

    async def template_prompt(self, config: GenerationConfig) -> str:
        """Return what stands in for an improved prompt when nobody can write one."""
        data = await self.read("generation")
        template = _text("generation", data, "imageGeneration", "fallbackEnhancement")
        return fill(template, await self._values(config))

    async def image_prompt(self, config: GenerationConfig, description: str) -> str:
        """Return the prompt for the concept art: description, type, pose, style, all in."""
        data = await self.read("generation")
        values = await self._values(config)
        values["description"] = (description or config.name).rstrip(". ")
        values["pose"] = _pose(data, config)
        return fill(_text("generation", data, "imageGeneration", "base"), values)

    async def material_prompt(self, preset: MaterialPreset, *, game_style: str = "") -> str:
        """Return the words for a material: an override by hand wins, else the game's template."""
        data = await self.read("materials")
        values = _preset_values(preset)
        values["stylePrompt"] = fill(preset.style_prompt, values).rstrip(". ")
        override = data.get("customOverrides", {}).get(preset.id)
        if isinstance(override, dict):
            override = override.get("stylePrompt") or override.get("prompt")
        if isinstance(override, str) and override:
            return fill(override, values)
        templates = data.get("templates", {})
        template = templates.get(game_style) or templates.get(_FALLBACK_STYLE)
        return fill(template if isinstance(template, str) else "${stylePrompt}", values)

    async def grip_instruction(self, *, angle: str | None, hint: str | None) -> str:
        """Return the instruction for finding a grip in a picture of a weapon."""
        data = await self.read("weapon-detection")
        parts = ("basePrompt", "additionalGuidance", "restrictions", "responseFormat")
        values = {"angle": angle or "side", "hint": f"Hint: {hint}" if hint else ""}
        # The response format is JSON: its braces are no placeholders.
        texts = [fill(_text("weapon-detection", data, part), values) for part in parts[:-1]]
        return "\n\n".join([*texts, _text("weapon-detection", data, parts[-1])])

    async def orientation_instruction(self) -> str:
        """Return the instruction for telling whether a weapon is upside down."""
        return _text("weapon-detection", await self.read("weapon-detection"), "orientationPrompt")

    async def _values(self, config: GenerationConfig) -> dict[str, str]:
        styles = await self.read("game-styles")
        types = await self.read("asset-types")
        return {
            "name": config.name,
            "type": config.type,
            "subtype": config.subtype,
            "description": (config.description or config.name).rstrip(". "),
            "style": f"Style: {config.style}." if config.style else "",
            "generationType": config.generation_type,
            "gameStyle": _game_style(styles, config),
            "assetType": _asset_type(types, config),
            "pose": "",
        }


def fill(template: str, values: Mapping[str, str]) -> str:
    """Fill in every placeholder; one that nobody knows becomes nothing, and the text is tidied."""
    lowered = {key.lower(): value for key, value in values.items()}
    text = _PLACEHOLDER.sub(lambda match: lowered.get(match.group(1).lower(), ""), template)
    text = re.sub(r"[ \t]{2,}", " ", text)
    text = re.sub(r" +([.,;:])", r"\1", text)
    return re.sub(r"([.,;:])(?:\s*[.,;])+", r"\1", text).strip()


def _game_style(styles: Mapping[str, Any], config: GenerationConfig) -> str:
    if config.game_style_prompt:
        return config.game_style_prompt.rstrip(". ")
    wanted = config.game_style.lower()
    known = {**styles.get("default", {}), **styles.get("custom", {})}
    entry = next((entry for key, entry in known.items() if key.lower() == wanted), None)
    if entry is None and config.game_style:
        return config.game_style.rstrip(". ")
    entry = entry or known.get(_FALLBACK_STYLE) or {}
    text = entry if isinstance(entry, str) else entry.get("base") or entry.get("prompt") or ""
    return str(text).rstrip(". ")


def _asset_type(types: Mapping[str, Any], config: GenerationConfig) -> str:
    if config.asset_type_prompt:
        return config.asset_type_prompt.rstrip(". ")
    category = types.get(config.generation_type, {})
    known = {**category.get("default", {}), **category.get("custom", {})}
    for key in (config.subtype.lower(), config.type.lower()):
        entry = known.get(key)
        if isinstance(entry, dict) and isinstance(entry.get("prompt"), str):
            return str(entry["prompt"]).rstrip(". ")
    return ""


def _pose(data: Mapping[str, Any], config: GenerationConfig) -> str:
    kind = _prompt_kind(config)
    if kind == "avatar":
        return _text("generation", data, "posePrompts", "avatar", "tpose")
    if kind == "armor":
        piece = "chest" if config.subtype.lower() in _TORSO else "generic"
        return _text("generation", data, "posePrompts", "armor", piece)
    return ""


def _prompt_kind(config: GenerationConfig) -> str:
    if config.generation_type is GenerationType.AVATAR:
        return "avatar"
    return "armor" if config.type.lower() in ("armor", "armour") else "item"


def _text(prompt_type: str, data: Mapping[str, Any], *path: str) -> str:
    """Return a text of a prompt file; one that a hand has removed is taken from what ships."""
    for source in (data, shipped(FILES[prompt_type])):
        value: Any = source
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str):
            return value
    return ""


def _preset_values(preset: MaterialPreset) -> dict[str, str]:
    return {
        "id": preset.id,
        "materialId": preset.id,
        "material": preset.display_name,
        "name": preset.name,
        "displayName": preset.display_name,
        "category": preset.category,
        "color": preset.color,
        "tier": str(preset.tier),
        "description": preset.description,
        "stylePrompt": preset.style_prompt,
    }


def _checked_presets(presets: Any) -> list[dict[str, Any]]:
    if not isinstance(presets, list):
        raise BadInput("Material presets must be an array", code="bad_presets")
    seen: set[str] = set()
    for preset in presets:
        texts = ("id", "name", "displayName", "stylePrompt")
        if not isinstance(preset, dict) or not all(
            isinstance(preset.get(key), str) and preset[key].strip() for key in texts
        ):
            raise BadInput(
                "Each preset must have id, name, displayName, and stylePrompt", code="bad_presets"
            )
        try:
            check_preset_id(preset["id"])
        except BadInput as error:
            raise BadInput(error.message, code="bad_presets") from None
        if preset["id"] in seen:
            raise BadInput(f"Two presets have the id {preset['id']!r}", code="bad_presets")
        seen.add(preset["id"])
    return presets
