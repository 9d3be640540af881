"""One thread over one SQLite file: order, a disk that refuses, files that cannot be used."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from asset_forge.errors import Conflict, ForgeError, StorageUnavailable
from asset_forge.pipeline import database as database_module
from asset_forge.pipeline.database import SCHEMA_VERSION, Database
from tests.unit.pipeline.engine import LONGEST_WAIT_S, RefusingDisk

Work = Callable[[sqlite3.Connection], Any]


def put(number: int) -> Work:
    """Work that writes a row; rows are numbered in the order in which they were written."""

    def work(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE IF NOT EXISTS written(place INTEGER PRIMARY KEY, number INTEGER)")
        db.execute("INSERT INTO written(number) VALUES (?)", (number,))

    return work


def numbers(db: sqlite3.Connection) -> list[int]:
    return [row[0] for row in db.execute("SELECT number FROM written ORDER BY place")]


def wrong(db: sqlite3.Connection) -> None:
    raise TypeError("a mistake")


@pytest.fixture
async def database(tmp_path: Path, disk: RefusingDisk) -> AsyncIterator[Database]:
    database = Database(tmp_path / ".forge" / "journal.db")
    yield database
    await database.close()


@pytest.fixture
def tries_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_LATER_TRY_S", 0.001)


async def caught_up(database: Database) -> None:
    async with asyncio.timeout(LONGEST_WAIT_S):
        while database.is_behind:
            await asyncio.sleep(0.001)


async def written_to(path: Path) -> list[int]:
    """Return what another service finds in the file."""
    other = Database(path)
    try:
        return await other.ask(numbers)
    finally:
        await other.close()


# --- order ---


async def test_work_is_done_in_the_order_in_which_it_was_asked_for(database: Database) -> None:
    kinds = (database.record, database.ask)
    await asyncio.gather(*(kinds[n % 2](put(n)) for n in range(40)))
    assert await database.ask(numbers) == list(range(40))


async def test_record_cancelled_while_it_waits_for_its_turn_is_written(database: Database) -> None:
    held = threading.Event()
    first = asyncio.create_task(database.ask(lambda _: held.wait(LONGEST_WAIT_S)))
    second = asyncio.create_task(database.record(put(2)))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    held.set()
    await first
    assert await database.ask(numbers) == [2]


async def test_ask_fails_leaves_nothing_of_it(database: Database) -> None:
    await database.ask(put(1))

    def half(db: sqlite3.Connection) -> None:
        put(2)(db)
        raise Conflict("no")

    with pytest.raises(Conflict):
        await database.ask(half)
    assert await database.ask(numbers) == [1]


# --- a disk that refuses ---


async def test_ask_disk_refuses_raises_with_the_next_step(
    database: Database, disk: RefusingDisk
) -> None:
    disk.refuse()
    with pytest.raises(StorageUnavailable, match="disk is full; look at free space") as raised:
        await database.ask(put(1))
    assert raised.value.error_code == "journal_unavailable"
    assert not database.is_behind


async def test_record_disk_refuses_lands_later_by_itself(
    database: Database, disk: RefusingDisk, tries_often: None
) -> None:
    await database.record(put(1))
    disk.refuse()
    await database.record(put(2))
    assert database.is_behind
    disk.accept()
    await caught_up(database)
    assert await database.ask(numbers) == [1, 2]


async def test_record_disk_refuses_all_land_in_their_order(
    database: Database, disk: RefusingDisk
) -> None:
    disk.refuse()
    for number in (1, 2, 3):
        await database.record(put(number))
    with pytest.raises(StorageUnavailable):  # nothing newer before what is late
        await database.ask(put(4))
    disk.accept()
    await database.record(put(5))
    assert await database.ask(numbers) == [1, 2, 3, 5]
    assert not database.is_behind


async def test_record_cancelled_while_the_disk_refuses_lands_later_by_itself(
    database: Database, disk: RefusingDisk, tries_often: None
) -> None:
    disk.refuse()
    recording = asyncio.create_task(database.record(put(1)))
    await asyncio.sleep(0)
    recording.cancel()
    await asyncio.gather(recording, return_exceptions=True)
    async with asyncio.timeout(LONGEST_WAIT_S):
        while not database.is_behind:
            await asyncio.sleep(0.001)
    disk.accept()
    await caught_up(database)
    assert await database.ask(numbers) == [1]


async def test_record_that_is_a_mistake_does_not_stand_in_the_way(
    database: Database, disk: RefusingDisk
) -> None:
    disk.refuse()
    await database.record(put(1))
    await database.record(wrong)
    await database.record(lambda db: db.execute("INSERT INTO no_such_table VALUES (1)"))
    await database.record(put(2))
    disk.accept()
    assert await database.ask(numbers) == [1, 2]


async def test_record_file_is_damaged_meanwhile_is_kept_until_it_is_mended(
    database: Database, disk: RefusingDisk, tries_often: None
) -> None:
    await database.record(put(1))
    disk.refuse(error=sqlite3.DatabaseError("database disk image is malformed"))
    await database.record(put(2))
    with pytest.raises(ForgeError, match=r"damaged.*backup"):
        await database.ask(numbers)
    assert database.is_behind
    disk.accept()
    await caught_up(database)
    assert await database.ask(numbers) == [1, 2]


async def test_disk_goes_away_and_comes_back_the_file_is_opened_again(
    database: Database, disk: RefusingDisk, tries_often: None
) -> None:
    await database.record(put(1))
    disk.go_away_and_come_back()
    await database.record(put(2))
    await caught_up(database)
    assert await database.ask(numbers) == [1, 2]


async def test_file_may_not_grow_is_the_disks_trouble(database: Database) -> None:
    """What SQLite itself says when there is no room, at the place where it notices."""

    def fill_up(db: sqlite3.Connection) -> None:
        db.execute("PRAGMA max_page_count=1")
        db.execute("CREATE TABLE large(bytes BLOB)")

    with pytest.raises(StorageUnavailable, match="full"):
        await database.ask(fill_up)
    await database.ask(put(1))
    assert await database.ask(numbers) == [1]


# --- the end ---


async def test_close_writes_what_was_late(tmp_path: Path, disk: RefusingDisk) -> None:
    database = Database(tmp_path / "journal.db")
    disk.refuse()
    await database.record(put(1))
    disk.accept()
    await database.close()
    assert await written_to(database.path) == [1]


async def test_close_disk_still_refuses_comes_to_its_end(
    tmp_path: Path, disk: RefusingDisk
) -> None:
    database = Database(tmp_path / "journal.db")
    await database.record(put(1))
    disk.refuse()
    await database.record(put(2))
    await asyncio.wait_for(database.close(), LONGEST_WAIT_S)
    disk.accept()
    assert await written_to(database.path) == [1]


async def test_close_at_once_writes_what_was_just_asked_for(tmp_path: Path) -> None:
    database = Database(tmp_path / "journal.db")
    recording = [asyncio.create_task(database.record(put(n))) for n in range(20)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*recording)
    assert await written_to(database.path) == list(range(20))


# --- files that cannot be used ---


async def test_missing_root_is_unavailable_until_it_is_there(tmp_path: Path) -> None:
    database = Database(tmp_path / "assets" / ".forge" / "journal.db")
    try:
        with pytest.raises(StorageUnavailable, match="No such file"):
            await database.ask(put(1))
        (tmp_path / "assets").mkdir()
        await database.ask(put(2))
        assert await database.ask(numbers) == [2]
    finally:
        await database.close()


async def test_something_else_in_the_place_of_the_file_is_unavailable(database: Database) -> None:
    database.path.mkdir(parents=True)
    with pytest.raises(StorageUnavailable, match="unable to open"):
        await database.ask(put(1))


async def test_read_only_folder_is_unavailable(database: Database, disk: RefusingDisk) -> None:
    read_only = sqlite3.OperationalError("attempt to write a readonly database")
    disk.refuse("PRAGMA journal_mode", error=read_only)
    with pytest.raises(StorageUnavailable, match="permissions"):
        await database.ask(put(1))


async def test_damaged_file_says_what_can_be_done(database: Database) -> None:
    database.path.parent.mkdir()
    database.path.write_bytes(b"no database at all" * 100)
    with pytest.raises(ForgeError, match="backup") as raised:
        await database.ask(put(1))
    assert raised.value.error_code == "journal_unreadable"
    assert not isinstance(raised.value, StorageUnavailable)
    assert database.path.read_bytes().startswith(b"no database")


async def test_newer_version_is_left_as_it_is(database: Database) -> None:
    database.path.parent.mkdir()
    connection = sqlite3.connect(database.path)
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(ForgeError, match="another version") as raised:
        await database.ask(put(1))
    assert raised.value.error_code == "journal_unreadable"


async def test_file_of_an_earlier_run_is_opened_as_it_is(tmp_path: Path) -> None:
    for number in (1, 2):
        database = Database(tmp_path / "journal.db")
        await database.ask(put(number))
        await database.close()
    assert await written_to(tmp_path / "journal.db") == [1, 2]
