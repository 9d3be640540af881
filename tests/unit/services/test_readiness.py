"""Whether work can be taken, and every reason why not."""

import asyncio
import os
from pathlib import Path

import pytest

from asset_forge.errors import ForgeError, StorageUnavailable
from asset_forge.services import health
from asset_forge.services.health import Readiness


class House:
    """What is looked at, as a test wants it to be."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.error: ForgeError | None = None
        self.hangs = False
        self.is_behind = False
        self.is_stopping = False
        self.looks = 0
        self.readiness = Readiness(
            root=root,
            ask_journal=self.ask,
            is_behind=lambda: self.is_behind,
            is_stopping=lambda: self.is_stopping,
        )

    async def ask(self) -> None:
        self.looks += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error

    async def codes(self) -> list[str]:
        return [obstacle.code for obstacle in await self.readiness.obstacles()]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(health, "_FRESH_S", -1.0)
    return House(tmp_path)


async def test_house_in_order_is_ready(house: House) -> None:
    assert await house.codes() == []


async def test_missing_folder_is_an_obstacle_that_can_go_away(house: House) -> None:
    house.root.rmdir()
    assert await house.codes() == ["asset_root_missing"]
    house.root.mkdir()
    assert await house.codes() == []


async def test_folder_that_cannot_be_written_is_an_obstacle(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # a read-only disk says so
    assert await house.codes() == ["asset_root_read_only"]


@pytest.mark.parametrize(
    "error",
    [
        StorageUnavailable("The journal cannot be used", code="journal_unavailable"),
        ForgeError("The journal is damaged", code="journal_unreadable"),
    ],
)
async def test_journal_that_cannot_be_used_is_an_obstacle(error: ForgeError, house: House) -> None:
    house.error = error
    assert await house.codes() == [error.error_code]


async def test_journal_that_does_not_answer_is_an_obstacle(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "JOURNAL_TIMEOUT_S", 0.01)
    house.hangs = True
    assert await house.codes() == ["journal_unavailable"]


async def test_journal_that_is_behind_is_an_obstacle(house: House) -> None:
    house.is_behind = True
    assert await house.codes() == ["journal_behind"]


async def test_service_that_stops_says_so_first(house: House) -> None:
    house.is_behind = house.is_stopping = True
    assert await house.codes() == ["stopped", "journal_behind"]


async def test_service_that_does_not_know_what_was_under_way_wants_a_restart(
    tmp_path: Path,
) -> None:
    async def ask() -> None: ...

    readiness = Readiness(
        root=tmp_path,
        ask_journal=ask,
        is_behind=lambda: False,
        is_stopping=lambda: False,
        is_resumed=False,
    )
    assert [obstacle.code for obstacle in await readiness.obstacles()] == ["restart_needed"]


async def test_asking_often_looks_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_FRESH_S", 3600.0)
    await asyncio.gather(*(house.codes() for _ in range(20)))
    assert house.looks == 1
