"""One SQLite file with one thread of its own: every read and every write takes its turn there.

What the tables mean is the business of `journal` and `ledger`.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import structlog

from asset_forge.errors import ForgeError, StorageUnavailable

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

SCHEMA_VERSION = 1
_LATER_TRY_S = 2.0
_MISTAKES = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.DataError,
    sqlite3.NotSupportedError,
)
"""What SQLite says of work that is wrong; all else that it says is about the disk."""

log = structlog.get_logger()

_SCHEMA = """
CREATE TABLE pipelines(
  number INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of creation, whatever the clock says
  id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, asset_id TEXT NOT NULL,
  plan TEXT NOT NULL, estimated_credits REAL NOT NULL, workspace TEXT NOT NULL,
  writes TEXT NOT NULL, reads TEXT NOT NULL,
  status TEXT NOT NULL, progress REAL NOT NULL, failure TEXT,
  created_at TEXT NOT NULL, completed_at TEXT, retry_of TEXT, retried_by TEXT) STRICT;
CREATE INDEX pipelines_by_asset ON pipelines(asset_id, number);
CREATE INDEX pipelines_by_status ON pipelines(status, number);
CREATE TABLE stages(
  pipeline_id TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL,
  status TEXT NOT NULL, progress REAL NOT NULL, result TEXT, error TEXT, failure TEXT, note TEXT,
  attempts INTEGER NOT NULL, PRIMARY KEY(pipeline_id, name)) STRICT, WITHOUT ROWID;
CREATE TABLE attempts(
  pipeline_id TEXT NOT NULL, stage TEXT NOT NULL, attempt INTEGER NOT NULL,
  started_at TEXT NOT NULL, ended_at TEXT, outcome TEXT, error TEXT,
  PRIMARY KEY(pipeline_id, stage, attempt)) STRICT, WITHOUT ROWID;
CREATE TABLE calls(
  pipeline_id TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, sent_at_ms INTEGER NOT NULL,
  tries INTEGER NOT NULL, result TEXT, owner TEXT,
  PRIMARY KEY(pipeline_id, key)) STRICT, WITHOUT ROWID;
CREATE TABLE artifacts(
  pipeline_id TEXT NOT NULL, path TEXT NOT NULL, stage TEXT NOT NULL, sha256 TEXT NOT NULL,
  size_bytes INTEGER NOT NULL, saved_at TEXT NOT NULL,
  PRIMARY KEY(pipeline_id, path)) STRICT, WITHOUT ROWID;
CREATE TABLE charges(
  pipeline_id TEXT NOT NULL, key TEXT NOT NULL, asset_id TEXT NOT NULL, provider TEXT NOT NULL,
  model TEXT, task_id TEXT, credits REAL, usage TEXT NOT NULL, usd REAL,
  is_certain INTEGER NOT NULL, day TEXT NOT NULL, charged_at TEXT NOT NULL,
  PRIMARY KEY(pipeline_id, key)) STRICT, WITHOUT ROWID;
CREATE INDEX charges_by_day ON charges(day);
CREATE TABLE idempotency(
  key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, pipeline_id TEXT NOT NULL,
  created_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""


class Database:
    """A SQLite file in WAL mode. `path` is opened at the first use, so that it may come later.

    Each piece of work is one transaction, synced before it counts. Work is done in the order in
    which it was asked for.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._connection: sqlite3.Connection | None = None
        self._late: deque[Work[object]] = deque()
        self._landing: asyncio.Task[None] | None = None
        self._is_closing = False

    async def ask(self, work: Work[T]) -> T:
        """Do some work now. Raises StorageUnavailable, and ForgeError for a damaged file."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._ask, work)

    async def record(self, work: Work[object]) -> None:
        """Write down what has happened already, so it cannot be refused any more. Never raises.

        When the disk does not take it, it is tried again until it does, before anything newer.
        """
        written = asyncio.get_running_loop().run_in_executor(self._thread, self._record, work)
        written.add_done_callback(self._see_to_late)
        # Cancelled while it waits for its turn, it would never be written.
        await asyncio.shield(written)

    @property
    def is_behind(self) -> bool:
        """Tell whether the disk has refused something that is still to be written."""
        return bool(self._late)

    async def close(self) -> None:
        """Write what can be written and close the file."""
        self._is_closing = True
        if self._landing is not None:
            self._landing.cancel()
            await asyncio.gather(self._landing, return_exceptions=True)
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    # --- in the thread ---

    def _ask(self, work: Work[T]) -> T:
        with _disk_trouble():
            self._write_late()
            return self._transact(work)

    def _record(self, work: Work[object]) -> None:
        self._late.append(work)
        try:
            with _disk_trouble():
                self._write_late()
        except ForgeError as error:
            log.warning("journal_behind", waiting=len(self._late), error=error.message)

    def _write_late(self) -> None:
        while self._late:
            try:
                self._transact(self._late[0])
            except Exception as error:
                if _is_of_the_disk(error) or isinstance(error, ForgeError):
                    raise
                # A mistake of ours; kept, it would stand in the way of all that follows.
                log.exception("journal_entry_lost")
            self._late.popleft()

    def _transact(self, work: Work[T]) -> T:
        connection = self._connection or self._open()
        try:
            connection.execute("BEGIN IMMEDIATE")
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException as error:
            if _is_of_the_disk(error):
                # What was open when a disk went away does not come back with it.
                self._connection = None
                connection.close()
            elif connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise sqlite3.OperationalError(error.strerror) from None
        connection = sqlite3.connect(self.path, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            # What is paid for must survive a power cut too, not only a killed process.
            connection.execute("PRAGMA synchronous=FULL")
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        connection.row_factory = sqlite3.Row
        self._connection = connection
        return connection

    def _close(self) -> None:
        try:
            if self._late:
                with _disk_trouble():
                    self._write_late()
        except ForgeError as error:
            log.warning("journal_incomplete", lost=len(self._late), error=error.message)
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _see_to_late(self, _: asyncio.Future[None]) -> None:
        is_landing = self._landing is not None and not self._landing.done()
        if self._late and not is_landing and not self._is_closing:
            self._landing = asyncio.create_task(self._land_late(), name="journal-landing")

    async def _land_late(self) -> None:
        while self._late:
            await asyncio.sleep(_LATER_TRY_S)
            await asyncio.get_running_loop().run_in_executor(self._thread, self._try_late)

    def _try_late(self) -> None:
        try:
            with _disk_trouble():
                self._write_late()
        except ForgeError:
            return
        log.info("journal_caught_up")


def _prepare(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        connection.executescript(
            f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;"
        )
    elif version != SCHEMA_VERSION:
        raise ForgeError(
            f"The journal was written by another version of Asset Forge (its form is {version}, "
            f"this one reads {SCHEMA_VERSION}); start that version, or move the journal away",
            code="journal_unreadable",
        )


def _is_of_the_disk(error: BaseException) -> bool:
    """Tell whether work may succeed later, when the disk is well or the file is mended."""
    # Wrong statements, such as one on a table that is not there, are "operational" errors too.
    is_wrong = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    is_of_us = is_wrong or isinstance(error, _MISTAKES)
    return isinstance(error, sqlite3.DatabaseError) and not is_of_us


@contextmanager
def _disk_trouble() -> Iterator[None]:
    """Turn what SQLite says of the disk into the service's own errors."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StorageUnavailable(
            f"The journal cannot be used: {error}; look at free space and permissions of the "
            "asset folder",
            code="journal_unavailable",
        ) from error
    except _MISTAKES:
        raise
    except sqlite3.DatabaseError as error:
        raise ForgeError(
            f"The journal is damaged: {error}; restore .forge/journal.db from a backup, or move it "
            "away, and pipelines that had not ended are forgotten",
            code="journal_unreadable",
        ) from error
