"""The six prompt files and the material presets on disk: read, check, save.

Files edited by hand are seen: they are read again when they have changed.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asset_forge.domain.strict_json import parse_strict_json
from asset_forge.errors import BadInput, NotFound, StorageUnavailable
from asset_forge.storage.atomic import write_json

SHIPPED = Path(__file__).parent.parent / "defaults"

FILES = {
    "game-styles": "game-style-prompts.json",
    "asset-types": "asset-type-prompts.json",
    "materials": "material-prompts.json",
    "generation": "generation-prompts.json",
    "gpt4-enhancement": "gpt4-enhancement-prompts.json",
    "weapon-detection": "weapon-detection-prompts.json",
}
MATERIAL_PRESETS = "material-presets.json"

# Where the entries live that a caller may add and remove, by prompt type.
_CUSTOM_KEYS = {"game-styles": "custom", "materials": "customOverrides"}
_CATEGORIES = ("avatar", "item")


@dataclass(frozen=True)
class _Read:
    stat_key: tuple[int, int, int]
    value: Any


class PromptFiles:
    """Prompt files in one folder. Synchronous; one writer at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._read: dict[str, _Read] = {}

    def file(self, name: str) -> Path:
        """Return where a prompt file lies: the folder, or what ships. Raises NotFound."""
        if name not in (*FILES.values(), MATERIAL_PRESETS):
            raise NotFound("File not found", code="file_not_found")
        path = self._folder / name
        return path if path.is_file() else SHIPPED / name

    def put_missing(self) -> None:
        """Copy shipped files that are not there. A folder that cannot be written is left alone."""
        for name in (*FILES.values(), MATERIAL_PRESETS):
            if not (self._folder / name).exists():
                try:
                    self._folder.mkdir(parents=True, exist_ok=True)
                    write_json(self._folder / name, shipped(name))
                except (OSError, StorageUnavailable):
                    return

    def read(self, prompt_type: str) -> dict[str, Any]:
        """Return a prompt file. Raises NotFound for an unknown type, StorageUnavailable."""
        value = self._load(_file_name(prompt_type))
        if not isinstance(value, dict):
            raise StorageUnavailable(f"{_file_name(prompt_type)} must hold a JSON object")
        return value

    def read_presets(self) -> list[dict[str, Any]]:
        """Return the material presets. Raises StorageUnavailable."""
        value = self._load(MATERIAL_PRESETS)
        if not isinstance(value, list):
            raise StorageUnavailable(f"{MATERIAL_PRESETS} must hold a JSON array")
        return value

    def save_presets(self, presets: list[dict[str, Any]]) -> None:
        with self._lock:
            write_json(self._folder / MATERIAL_PRESETS, presets)

    def save(self, prompt_type: str, body: Any) -> None:
        """Save a prompt file; what ships as default stays. Raises BadInput, NotFound."""
        name = _file_name(prompt_type)
        with self._lock:
            current = self.read(prompt_type)
            if prompt_type == "asset-types":
                changed = _with_asset_types(current, body)
            elif prompt_type in _CUSTOM_KEYS:
                changed = _with_custom(current, body, _CUSTOM_KEYS[prompt_type])
            else:
                changed = _with_texts(current, body, shipped(name))
            write_json(self._folder / name, changed)

    def delete(self, prompt_type: str, entry_id: str, *, category: str | None) -> None:
        """Remove a custom entry. Raises BadInput or NotFound; defaults cannot be removed."""
        name = _file_name(prompt_type)
        with self._lock:
            changed = json.loads(json.dumps(self.read(prompt_type)))
            if prompt_type == "asset-types":
                if category not in _CATEGORIES:
                    raise BadInput("Category parameter required (avatar or item)")
                entries = _object(_object(changed, category), "custom")
                missing = NotFound("Custom asset type not found")
            else:
                entries = _object(changed, _CUSTOM_KEYS.get(prompt_type, ""))
                missing = NotFound("Custom prompt not found")
            if entry_id not in entries:
                raise missing
            del entries[entry_id]
            write_json(self._folder / name, changed)

    def _load(self, name: str) -> Any:
        path = self._folder / name
        try:
            stat = path.stat()
            stat_key = (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size)
            with self._lock:
                known = self._read.get(name)
                if known is None or known.stat_key != stat_key:
                    known = _Read(stat_key, parse_strict_json(path.read_bytes()))
                    self._read[name] = known
        except FileNotFoundError:
            return shipped(name)
        except (OSError, ValueError) as error:
            raise StorageUnavailable(
                f"The prompt file {name} cannot be read ({error}); mend it, or remove it to get "
                "the shipped one back",
                code="prompts_unreadable",
            ) from None
        return known.value


def shipped(name: str) -> Any:
    """Return a file as it ships."""
    return json.loads((SHIPPED / name).read_bytes())


def _file_name(prompt_type: str) -> str:
    if prompt_type not in FILES:
        raise NotFound("Invalid prompt type", code="invalid_prompt_type")
    return FILES[prompt_type]


def _object(parent: Any, key: str) -> dict[str, Any]:
    value = parent.get(key) if isinstance(parent, dict) else None
    return value if isinstance(value, dict) else {}


def _with_custom(current: Mapping[str, Any], body: Any, custom_key: str) -> dict[str, Any]:
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
        changed["templates"] = {**_object(current, "templates"), **templates}
    elif not isinstance(body.get("default", {}), dict):
        raise invalid
    return changed


def _with_asset_types(current: Mapping[str, Any], body: Any) -> dict[str, Any]:
    invalid = BadInput("Invalid asset type prompt structure", code="invalid_prompts")
    if not isinstance(body, dict) or not any(category in body for category in _CATEGORIES):
        raise invalid
    changed = dict(current)
    for category in _CATEGORIES:
        if category not in body:
            continue
        posted = body[category]
        custom = posted.get("custom", {}) if isinstance(posted, dict) else None
        if not isinstance(custom, dict) or not all(
            isinstance(entry, dict) and _is_entry(entry) and isinstance(entry.get("prompt"), str)
            for entry in custom.values()
        ):
            raise invalid
        changed[category] = {**_object(current, category), "custom": custom}
    return changed


def _with_texts(
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
