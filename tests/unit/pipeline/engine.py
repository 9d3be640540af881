"""The engine over a journal of its own, and stages to run on it. A second one is a restart."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from asset_forge.domain.ids import AssetId, PipelineId
from asset_forge.errors import Refused
from asset_forge.pipeline.budget import Budget
from asset_forge.pipeline.context import JsonObject, StageContext
from asset_forge.pipeline.database import Database
from asset_forge.pipeline.journal import Journal
from asset_forge.pipeline.ledger import Ledger
from asset_forge.pipeline.records import PipelineRecord, StageRecord
from asset_forge.pipeline.registry import PipelineRegistry
from asset_forge.pipeline.runner import PipelineRunner, PlannedStage

LONGEST_WAIT_S = 30.0


def record_for(*stages: str, asset_id: str = "sword", number: int = 1) -> PipelineRecord:
    return PipelineRecord(
        id=PipelineId(f"pipeline-{number}"),
        asset_id=AssetId(asset_id),
        stages={name: StageRecord() for name in stages},
        writes=frozenset({AssetId(asset_id)}),
    )


class Engine:
    """A runner with all that is behind it, over the journal in `root`."""

    def __init__(
        self,
        root: Path,
        *,
        per_day: float | None = None,
        per_pipeline: float | None = None,
        on_end: Callable[[str], Awaitable[None]] | None = None,
        max_active: int = 20,
        max_waiting: int = 1000,
    ) -> None:
        self.database = Database(root / ".forge" / "journal.db")
        self.journal = Journal(self.database, root=root)
        self.registry = PipelineRegistry()
        self.ledger = Ledger(self.database, find=self.registry.find)
        self.budget = Budget(
            ledger=self.ledger,
            registry=self.registry,
            per_day=per_day,
            per_pipeline=per_pipeline,
        )
        self._is_closed = False
        self.workspaces = root / ".forge" / "work"
        self.runner = PipelineRunner(
            registry=self.registry,
            journal=self.journal,
            ledger=self.ledger,
            budget=self.budget,
            workspaces=self.workspaces,
            on_end=on_end,
            max_active=max_active,
            max_waiting=max_waiting,
        )

    async def run(self, record: PipelineRecord, *stages: PlannedStage) -> PipelineRecord:
        await self.runner.start(record, stages)
        return await ended(record)

    async def written(self, record: PipelineRecord) -> PipelineRecord:
        """Return a pipeline as it stands in the journal."""
        found = await self.journal.find(record.id)
        assert found is not None
        return found

    async def close(self) -> None:
        """Stop as the service does. A second time does nothing."""
        if not self._is_closed:
            self._is_closed = True
            await self.runner.close()
            await self.database.close()


@asynccontextmanager
async def engine_in(root: Path, **options: Any) -> AsyncIterator[Engine]:
    engine = Engine(root, **options)
    try:
        yield engine
    finally:
        await engine.close()


async def ended(record: PipelineRecord) -> PipelineRecord:
    await asyncio.wait_for(record.finished.wait(), LONGEST_WAIT_S)
    return record


# --- stages ---


async def succeed(ctx: StageContext) -> JsonObject:
    return {"made": True}


async def refuse(ctx: StageContext) -> JsonObject:
    raise Refused("there is nothing to hold")


class Holding:
    """A stage that waits until it is let go, and counts how often it was run."""

    def __init__(self) -> None:
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()
        self.runs = 0

    async def __call__(self, ctx: StageContext) -> JsonObject:
        self.runs += 1
        self.reached.set()
        await self.go_on.wait()
        return {}


# --- a disk that refuses ---


class RefusingDisk:
    """Lets statements fail as a full disk does: those that hold some words, until `accept`."""

    def __init__(self) -> None:
        self._words: tuple[str, ...] = ()
        self._error: sqlite3.Error = sqlite3.OperationalError()
        self.transactions = 0
        self._from, self._to = 0, 0
        self.opened = 0
        self.stale_below = 0

    def refuse(self, *words: str, error: sqlite3.Error | None = None) -> None:
        """Refuse statements that hold one of these words; whole transactions when none is named."""
        self._words = words or ("BEGIN",)
        self._error = error or sqlite3.OperationalError("database or disk is full")

    def go_away_and_come_back(self) -> None:
        """Let what is open be of no use any more; what is opened from now on works."""
        self.stale_below = self.opened + 1

    def refuse_transaction(self, number: int, *, and_later: bool = False) -> None:
        """Refuse one transaction, the first being 1, or all from it on until `accept`."""
        self.transactions = 0
        self._from, self._to = number, 2**31 if and_later else number

    def accept(self) -> None:
        self._words = ()
        self._from, self._to = 0, 0

    def check(self, connection_number: int, sql: str) -> None:
        if connection_number < self.stale_below:
            raise sqlite3.OperationalError("disk I/O error")
        if any(word in sql for word in self._words):
            raise self._error
        if sql.startswith("BEGIN"):
            self.transactions += 1
            if self._from <= self.transactions <= self._to:
                raise sqlite3.OperationalError("database or disk is full")


@contextmanager
def refusing_disk() -> Iterator[RefusingDisk]:
    """Put a disk that can refuse under all databases that are opened meanwhile."""
    disk = RefusingDisk()

    class Connection(sqlite3.Connection):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            disk.opened += 1
            self.number = disk.opened

        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            disk.check(self.number, sql)
            if sql.startswith("PRAGMA synchronous"):
                sql = "PRAGMA synchronous=OFF"  # no power is cut here, and each sync takes its time
            return super().execute(sql, *values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Connection))
        yield disk
