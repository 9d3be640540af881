"""SightService: where a weapon is held, and whether it is upside down, from a picture."""

import asyncio
from typing import Any

from asset_forge.pictures import check_picture, decode_data_url
from asset_forge.services.ai_creation import AICreationService
from asset_forge.services.prompts import PromptService

LARGEST_PICTURE_BYTES = 20 * 1024 * 1024
LARGEST_PICTURE_PIXELS = 40_000_000
UNREADABLE = "Unable to parse AI response"
_FALLBACK_BOUNDS = {"minX": 200, "minY": 350, "maxX": 300, "maxY": 450}


class SightService:
    """Asks the maker with eyes. A picture that is none is refused before anything is paid."""

    def __init__(self, *, ai: AICreationService, prompts: PromptService) -> None:
        self._ai = ai
        self._prompts = prompts

    async def find_grip(self, image: str, *, angle: str | None, hint: str | None) -> dict[str, Any]:
        """Return `gripData` for a data URL. Costs money when an outside maker looks.

        Raises BadPicture, PayloadTooLarge, ProviderNotConfigured or ProviderError.
        """
        picture = await asyncio.to_thread(_checked_picture, image)
        instruction = await self._prompts.grip_instruction(angle=angle, hint=hint)
        found = await self._ai.sight().find_grip(picture=picture, instruction=instruction)
        if found is None:
            return {
                "gripBounds": dict(_FALLBACK_BOUNDS),
                "confidence": 0.5,
                "weaponType": "unknown",
                "gripDescription": UNREADABLE,
                "detectedParts": {"blade": "", "handle": "", "guard": ""},
            }
        return {
            "gripBounds": {
                "minX": found.min_x,
                "minY": found.min_y,
                "maxX": found.max_x,
                "maxY": found.max_y,
            },
            "confidence": found.confidence,
            "weaponType": found.weapon_type,
            "gripDescription": found.description,
            "detectedParts": {
                part: found.parts.get(part, "") for part in ("blade", "handle", "guard")
            },
        }

    async def find_orientation(self, image: str) -> dict[str, Any]:
        """Return whether the weapon of a data URL must be flipped. Costs and raises as above."""
        picture = await asyncio.to_thread(_checked_picture, image)
        instruction = await self._prompts.orientation_instruction()
        found = await self._ai.sight().find_orientation(picture=picture, instruction=instruction)
        if found is None:
            return {
                "needsFlip": False,
                "currentOrientation": "unknown",
                "reason": UNREADABLE,
            }
        return {
            "needsFlip": found.needs_flip,
            "currentOrientation": found.current_orientation,
            "reason": found.reason,
        }


def _checked_picture(image: str) -> bytes:
    data = decode_data_url(image, max_bytes=LARGEST_PICTURE_BYTES)
    check_picture(data, max_pixels=LARGEST_PICTURE_PIXELS)
    return data
