"""SightService: pictures are checked before anybody is paid to look, and guesses are marked."""

from pathlib import Path
from typing import Any

import pytest

from asset_forge.errors import BadPicture, PayloadTooLarge, ProviderNotConfigured
from asset_forge.pictures import encode_data_url
from asset_forge.providers.base import GripFinding, OrientationFinding
from asset_forge.services import sight as sight_module
from asset_forge.services.ai_creation import AICreationService
from asset_forge.services.prompt_files import PromptFiles
from asset_forge.services.prompts import PromptService
from asset_forge.services.sight import UNREADABLE, SightService
from tests.support.assets import picture

IMAGE = encode_data_url(picture(), "image/png")


class Eyes:
    """A maker that finds what it is told to find, and keeps what it was asked."""

    name = "openai"

    def __init__(self) -> None:
        self.grip: GripFinding | None = None
        self.orientation: OrientationFinding | None = None
        self.asked: list[tuple[bytes, str]] = []

    async def find_grip(self, *, picture: bytes, instruction: str) -> GripFinding | None:
        self.asked.append((picture, instruction))
        return self.grip

    async def find_orientation(
        self, *, picture: bytes, instruction: str
    ) -> OrientationFinding | None:
        self.asked.append((picture, instruction))
        return self.orientation


def service(tmp_path: Path, eyes: Eyes | None) -> SightService:
    nobody: Any = None
    ai = AICreationService(
        text=nobody,
        pictures=nobody,
        sight=eyes,
        tasks=nobody,
        greybox_pictures=nobody,
        greybox_sight=nobody,
        greybox_tasks=nobody,
    )
    return SightService(ai=ai, prompts=PromptService(files=PromptFiles(tmp_path)))


async def test_find_grip_returns_what_was_found(tmp_path: Path) -> None:
    eyes = Eyes()
    eyes.grip = GripFinding(1, 2, 3, 4, 0.9, "axe", "below the head", {"blade": "up", "x": "y"})
    found = await service(tmp_path, eyes).find_grip(IMAGE, angle="front", hint="an old axe")
    assert found == {
        "gripBounds": {"minX": 1, "minY": 2, "maxX": 3, "maxY": 4},
        "confidence": 0.9,
        "weaponType": "axe",
        "gripDescription": "below the head",
        "detectedParts": {"blade": "up", "handle": "", "guard": ""},
    }
    [(seen, instruction)] = eyes.asked
    assert seen == picture()
    assert "an old axe" in instruction


async def test_find_grip_unreadable_answer_is_a_marked_guess(tmp_path: Path) -> None:
    found = await service(tmp_path, Eyes()).find_grip(IMAGE, angle=None, hint=None)
    assert found["gripBounds"] == {"minX": 200, "minY": 350, "maxX": 300, "maxY": 450}
    assert found["confidence"] == 0.5
    assert found["gripDescription"] == UNREADABLE


async def test_find_orientation_returns_what_was_found_or_a_guess(tmp_path: Path) -> None:
    eyes = Eyes()
    assert await service(tmp_path, eyes).find_orientation(IMAGE) == {
        "needsFlip": False,
        "currentOrientation": "unknown",
        "reason": UNREADABLE,
    }
    eyes.orientation = OrientationFinding(True, "upside down", "the blade points down")
    assert await service(tmp_path, eyes).find_orientation(IMAGE) == {
        "needsFlip": True,
        "currentOrientation": "upside down",
        "reason": "the blade points down",
    }


@pytest.mark.parametrize(
    "image", ["https://example.com/a.png", encode_data_url(b"hello", "image/png")]
)
async def test_find_no_picture_is_refused_before_anybody_looks(tmp_path: Path, image: str) -> None:
    eyes = Eyes()
    with pytest.raises(BadPicture):
        await service(tmp_path, eyes).find_grip(image, angle=None, hint=None)
    with pytest.raises(BadPicture):
        await service(tmp_path, eyes).find_orientation(image)
    assert eyes.asked == []


async def test_find_picture_over_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sight_module, "LARGEST_PICTURE_BYTES", 10)
    with pytest.raises(PayloadTooLarge):
        await service(tmp_path, Eyes()).find_orientation(IMAGE)


async def test_find_nobody_with_eyes_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(ProviderNotConfigured, match="OPENAI_API_KEY"):
        await service(tmp_path, None).find_orientation(IMAGE)
