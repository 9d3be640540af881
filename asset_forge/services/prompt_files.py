"""The six prompt files and the material presets on disk: read, check, save.

Files edited by hand are seen: they are read again when they have changed.
"""

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asset_forge.domain.strict_json import parse_strict_json
from asset_forge.errors import BadInput, NotFound, StorageUnavailable
from asset_forge.services.prompt_rules import (
    CATEGORIES,
    CUSTOM_KEYS,
    object_at,
    with_asset_types,
    with_custom,
    with_texts,
    wrong_part,
)
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
        wrong = wrong_part(value, shipped(_file_name(prompt_type)))
        if wrong is not None:
            raise StorageUnavailable(
                f"In the prompt file {_file_name(prompt_type)}, {wrong} is of the wrong type; "
                "mend it, or remove the file to get the shipped one back",
                code="prompts_unreadable",
            )
        assert isinstance(value, dict)
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
                changed = with_asset_types(current, body)
            elif prompt_type in CUSTOM_KEYS:
                changed = with_custom(current, body, CUSTOM_KEYS[prompt_type])
            else:
                changed = with_texts(current, body, shipped(name))
            wrong = wrong_part(changed, shipped(name))
            if wrong is not None:
                # It would be refused whenever it is read, and every start with it.
                raise BadInput(
                    "Invalid prompt structure",
                    code="invalid_prompts",
                    detail=f"{wrong} is of the wrong type",
                )
            write_json(self._folder / name, changed)

    def delete(self, prompt_type: str, entry_id: str, *, category: str | None) -> None:
        """Remove a custom entry. Raises BadInput or NotFound; defaults cannot be removed."""
        name = _file_name(prompt_type)
        with self._lock:
            changed = json.loads(json.dumps(self.read(prompt_type)))
            if prompt_type == "asset-types":
                if category not in CATEGORIES:
                    raise BadInput("Category parameter required (avatar or item)")
                entries = object_at(object_at(changed, category), "custom")
                missing = NotFound("Custom asset type not found")
            else:
                entries = object_at(changed, CUSTOM_KEYS.get(prompt_type, ""))
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
