"""SightService: where a weapon is held, and whether it is upside down, from a picture."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from asset_forge.domain.clock import now_ms
from asset_forge.domain.costs import Charge, charge_of
from asset_forge.errors import ProviderError
from asset_forge.pictures import check_picture, decode_data_url
from asset_forge.pipeline.ledger import Ledger
from asset_forge.pipeline.observer import NoObserver, PipelineObserver
from asset_forge.providers.base import Look, SightProvider
from asset_forge.services.ai_creation import AICreationService
from asset_forge.services.prompts import PromptService

F = TypeVar("F")

LARGEST_PICTURE_BYTES = 20 * 1024 * 1024
LARGEST_PICTURE_PIXELS = 40_000_000
UNREADABLE = "Unable to parse AI response"
_FALLBACK_BOUNDS = {"minX": 200, "minY": 350, "maxX": 300, "maxY": 450}


class SightService:
    """Asks the maker with eyes. A picture that is none is refused before anything is paid.

    What a look has cost is put into the ledger, under an id of its own that begins with "sight-".
    """

    def __init__(
        self,
        *,
        ai: AICreationService,
        prompts: PromptService,
        ledger: Ledger,
        observer: PipelineObserver | None = None,
    ) -> None:
        self._ai = ai
        self._prompts = prompts
        self._ledger = ledger
        self._observer = observer or NoObserver()

    async def find_grip(self, image: str, *, angle: str | None, hint: str | None) -> dict[str, Any]:
        """Return `gripData` for a data URL. Costs money when an outside maker looks.

        Raises BadPicture, PayloadTooLarge, ProviderNotConfigured or ProviderError.
        """
        picture = await asyncio.to_thread(_checked_picture, image)
        instruction = await self._prompts.grip_instruction(angle=angle, hint=hint)
        found = await self._paid(
            "grip", lambda eyes: eyes.find_grip(picture=picture, instruction=instruction)
        )
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
        found = await self._paid(
            "orientation",
            lambda eyes: eyes.find_orientation(picture=picture, instruction=instruction),
        )
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

    async def _paid(
        self, what: str, look: Callable[[SightProvider], Awaitable[Look[F]]]
    ) -> F | None:
        """Look once, and put down what it has cost."""
        eyes = self._ai.sight()
        try:
            seen = await look(eyes)
        except ProviderError as error:
            if error.may_have_charged:
                await self._put(what, Charge(error.provider, is_certain=False))
            raise
        except asyncio.CancelledError:
            await self._put(what, Charge(eyes.name, is_certain=False))
            raise
        await self._put(what, charge_of(seen.receipt.to_json()))
        return seen.finding

    async def _put(self, what: str, charge: Charge) -> None:
        if charge.provider == "greybox":
            return
        call_id = f"sight-{now_ms()}-{secrets.token_hex(4)}"
        await self._ledger.put_single(call_id, f"sight/{what}", charge)
        if charge.is_certain:
            self._observer.charged(charge)


def _checked_picture(image: str) -> bytes:
    data = decode_data_url(image, max_bytes=LARGEST_PICTURE_BYTES)
    check_picture(data, max_pixels=LARGEST_PICTURE_PIXELS)
    return data
