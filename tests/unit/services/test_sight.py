"""SightService: pictures are checked before anybody is paid to look, and guesses are marked."""

from pathlib import Path
from typing import Any

import pytest

from asset_forge.domain.costs import Charge
from asset_forge.errors import (
    BadPicture,
    PayloadTooLarge,
    ProviderError,
    ProviderNotConfigured,
)
from asset_forge.pictures import encode_data_url
from asset_forge.pipeline.observer import NoObserver
from asset_forge.providers.base import Cost, GripFinding, Look, OrientationFinding, Receipt
from asset_forge.services import sight as sight_module
from asset_forge.services.ai_creation import AICreationService
from asset_forge.services.prompt_files import PromptFiles
from asset_forge.services.prompts import PromptService
from asset_forge.services.sight import UNREADABLE, SightService
from tests.support.assets import picture

RECEIPT = Receipt("openai", "eyes-test", cost=Cost(usage={"total_tokens": 7}, usd=0.002))
IMAGE = encode_data_url(picture(), "image/png")


class Eyes:
    """A maker that finds what it is told to find, and keeps what it was asked."""

    name = "openai"

    def __init__(self) -> None:
        self.receipt = RECEIPT
        self.error: ProviderError | None = None
        self.grip: GripFinding | None = None
        self.orientation: OrientationFinding | None = None
        self.asked: list[tuple[bytes, str]] = []

    async def find_grip(self, *, picture: bytes, instruction: str) -> Look[GripFinding]:
        self.asked.append((picture, instruction))
        if self.error is not None:
            raise self.error
        return Look(self.grip, self.receipt)

    async def find_orientation(
        self, *, picture: bytes, instruction: str
    ) -> Look[OrientationFinding]:
        self.asked.append((picture, instruction))
        return Look(self.orientation, self.receipt)


class Book(NoObserver):
    """A ledger and an observer that keep what they are told."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.written: list[tuple[str, Charge]] = []
        self.observed: list[Charge] = []

    async def put_single(self, call_id: str, key: str, charge: Charge) -> None:
        self.ids.append(call_id)
        self.written.append((key, charge))

    def charged(self, charge: Charge) -> None:
        self.observed.append(charge)


def service(tmp_path: Path, eyes: Eyes | None, book: Book | None = None) -> SightService:
    nobody: Any = None
    ledger: Any = book or Book()
    ai = AICreationService(
        text=nobody,
        pictures=nobody,
        sight=eyes,
        tasks=nobody,
        greybox_pictures=nobody,
        greybox_sight=nobody,
        greybox_tasks=nobody,
    )
    prompts = PromptService(files=PromptFiles(tmp_path))
    return SightService(ai=ai, prompts=prompts, ledger=ledger, observer=ledger)


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


# --- what it costs ---


async def test_find_puts_each_look_into_the_ledger_under_an_id_of_its_own(tmp_path: Path) -> None:
    book = Book()
    sight = service(tmp_path, Eyes(), book)
    await sight.find_grip(IMAGE, angle=None, hint=None)
    await sight.find_orientation(IMAGE)
    charge = Charge("openai", "eyes-test", usage={"total_tokens": 7}, usd=0.002)
    assert book.written == [("sight/grip", charge), ("sight/orientation", charge)]
    assert len(set(book.ids)) == 2
    assert all(call_id.startswith("sight-") for call_id in book.ids)
    assert book.observed == [charge, charge]


async def test_find_with_the_built_in_maker_costs_nothing(tmp_path: Path) -> None:
    book, eyes = Book(), Eyes()
    eyes.receipt = Receipt("greybox", "greybox")
    await service(tmp_path, eyes, book).find_grip(IMAGE, angle=None, hint=None)
    assert book.written == []


@pytest.mark.parametrize("may_have_charged", [True, False])
async def test_find_without_an_answer_is_put_down_when_it_may_have_been_billed(
    may_have_charged: bool, tmp_path: Path
) -> None:
    book, eyes = Book(), Eyes()
    eyes.error = ProviderError("gone", provider="openai", may_have_charged=may_have_charged)
    with pytest.raises(ProviderError):
        await service(tmp_path, eyes, book).find_grip(IMAGE, angle=None, hint=None)
    doubt = [("sight/grip", Charge("openai", is_certain=False))] if may_have_charged else []
    assert book.written == doubt
    assert book.observed == []
