"""What a prompt file must look like, and what a posted one may change of it.

Pure rules over JSON values; reading and writing the files is `prompt_files`.
"""

from collections.abc import Mapping
from typing import Any

from asset_forge.errors import BadInput

CATEGORIES = ("avatar", "item")
# Where entries live that a caller may add and remove, by prompt type.
CUSTOM_KEYS = {"game-styles": "custom", "materials": "customOverrides"}


def wrong_part(value: Any, template: Any, where: str = "the file") -> str | None:
    """Name the part of a file read from disk that is of another type than in the shipped file.

    Missing parts and parts that do not ship are fine, but entries are texts or objects of texts.
    """
    if isinstance(template, dict):
        if not isinstance(value, dict):
            return where
        for key, part in value.items():
            place = key if where == "the file" else f"{where}.{key}"
            if key in template:
                wrong = wrong_part(part, template[key], place)
            else:
                wrong = None if where == "the file" or _is_entry(part) else place
            if wrong:
                return wrong
        return None
    same = isinstance(value, list) if isinstance(template, list) else isinstance(value, str)
    return None if same else where


def object_at(parent: Any, key: str) -> dict[str, Any]:
    value = parent.get(key) if isinstance(parent, dict) else None
    return value if isinstance(value, dict) else {}


def with_custom(current: Mapping[str, Any], body: Any, custom_key: str) -> dict[str, Any]:
    """Take the custom entries, and for materials the templates, of a posted file."""
    invalid = BadInput("Invalid prompt structure", code="invalid_prompts")
    if not isinstance(body, dict) or not isinstance(body.get(custom_key), dict):
        raise invalid
    if not all(_is_entry(entry) for entry in body[custom_key].values()):
        raise invalid
    changed = {**current, custom_key: body[custom_key]}
    if custom_key == "customOverrides":
        templates = body.get("templates", {})
        if not isinstance(templates, dict) or not all(map(_is_entry, templates.values())):
            raise invalid
        changed["templates"] = {**object_at(current, "templates"), **templates}
    elif not isinstance(body.get("default", {}), dict):
        raise invalid
    return changed


def with_asset_types(current: Mapping[str, Any], body: Any) -> dict[str, Any]:
    invalid = BadInput("Invalid asset type prompt structure", code="invalid_prompts")
    if not isinstance(body, dict) or not any(category in body for category in CATEGORIES):
        raise invalid
    changed = dict(current)
    for category in CATEGORIES:
        if category not in body:
            continue
        posted = body[category]
        custom = posted.get("custom", {}) if isinstance(posted, dict) else None
        if not isinstance(custom, dict) or not all(
            isinstance(entry, dict) and _is_entry(entry) and isinstance(entry.get("prompt"), str)
            for entry in custom.values()
        ):
            raise invalid
        changed[category] = {**object_at(current, category), "custom": custom}
    return changed


def with_texts(
    current: Mapping[str, Any], body: Any, template: Mapping[str, Any]
) -> dict[str, Any]:
    """Take a whole file that has no custom part: every text that ships must be there again."""
    if not isinstance(body, dict) or not _has_shape_of(body, template):
        raise BadInput("Invalid prompt structure", code="invalid_prompts")
    return {**current, **body}


def _has_shape_of(value: Any, template: Any) -> bool:
    if isinstance(template, dict):
        return isinstance(value, dict) and all(
            _has_shape_of(value[key], part) if key in value else key in _MAY_BE_MISSING
            for key, part in template.items()
        )
    if isinstance(template, list):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, str)


_MAY_BE_MISSING = frozenset({"version", "orientationPrompt"})


def _is_entry(entry: Any) -> bool:
    if isinstance(entry, str):
        return True
    return isinstance(entry, dict) and all(isinstance(text, str) for text in entry.values())
