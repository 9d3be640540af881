"""Material presets: a named surface with the words that a maker needs to paint it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from asset_forge.domain.ids import parse_asset_id
from asset_forge.errors import BadInput


def check_preset_id(preset_id: str) -> None:
    """Raise BadInput when a variant could not be named after a preset."""
    try:
        parse_asset_id(f"x-{preset_id}")
    except BadInput as error:
        reason = error.message.replace("Asset id 'x-", "Preset id '")
        raise BadInput(reason, code="bad_preset_id") from None


@dataclass(frozen=True)
class MaterialPreset:
    id: str
    display_name: str
    style_prompt: str
    name: str = ""
    category: str = ""
    tier: int = 1
    color: str = ""
    description: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "MaterialPreset":
        """Read a preset that has been checked at the edge; unknown keys are kept in `extra`."""
        known = {
            "id", "name", "displayName", "category", "tier", "color", "stylePrompt", "description",
        }  # fmt: skip
        return cls(
            id=data["id"],
            display_name=data["displayName"],
            style_prompt=data["stylePrompt"],
            name=data.get("name") or data["id"],
            category=data.get("category") or "",
            tier=data.get("tier", 1),
            color=data.get("color") or "",
            description=data.get("description") or "",
            extra={key: value for key, value in data.items() if key not in known},
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name or self.id,
            "displayName": self.display_name,
            "category": self.category,
            "tier": self.tier,
            "color": self.color,
            "stylePrompt": self.style_prompt,
            "description": self.description,
            **self.extra,
        }
