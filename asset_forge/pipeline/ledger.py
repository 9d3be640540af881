"""What was spent: every charge, and sums of them by day, provider and asset.

Charges stay when their pipelines are forgotten and their assets are renamed or deleted. What may
be spent is decided in `budget`.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from asset_forge.domain.clock import iso_now
from asset_forge.domain.costs import Charge, Spending, Sum
from asset_forge.domain.ids import AssetId, PipelineId
from asset_forge.errors import ForgeError
from asset_forge.pipeline import journal_rows as rows
from asset_forge.pipeline.database import Database
from asset_forge.pipeline.records import PipelineRecord

MOST_ASSETS = 500
"""So many assets are told apart in a sum at the most."""


@dataclass(frozen=True)
class LedgerEntry:
    """A charge with where it belongs. `day` is a date in UTC, such as 2026-11-22."""

    day: str
    asset_id: str
    pipeline_id: str
    stage: str
    charge: Charge


def today() -> str:
    """Return the present date in UTC."""
    return datetime.now(UTC).date().isoformat()


class Ledger:
    """Keeps charges in the journal's database, and the sum of credits of each day in memory.

    `find` returns a pipeline that is in memory, so that what is corrected there is seen.
    """

    def __init__(
        self,
        database: Database,
        *,
        find: Callable[[str], PipelineRecord | None] = lambda _: None,
    ) -> None:
        self._database = database
        self._find = find
        self._credits_by_day: dict[str, float] = {}
        self._is_read = False
        self._reading = asyncio.Lock()

    async def ready(self) -> None:
        """Read what was spent today, unless it is known. Raises StorageUnavailable.

        The journal may come to be readable long after the start, as when a disk is put in.
        """
        async with self._reading:
            if not self._is_read:
                await self.open()

    async def open(self) -> None:
        """Read what was spent today. Raises StorageUnavailable."""
        day = today()

        def work(db: sqlite3.Connection) -> float:
            found = db.execute("SELECT total(credits) FROM charges WHERE day=?", (day,))
            return float(found.fetchone()[0])

        self._credits_by_day = {day: await self._database.ask(work)}
        self._is_read = True

    @property
    def credits_today(self) -> float:
        """Credits spent since midnight UTC, estimates included."""
        return self._credits_by_day.get(today(), 0.0)

    # --- writing ---

    async def put(
        self, record: PipelineRecord, key: str, charge: Charge, *, owner: PipelineId | None = None
    ) -> bool:
        """Put down a charge of a pipeline; an earlier one of the same key is corrected by it.

        It stays on the day on which it was first put down, and an estimate never takes the place
        of what the provider has said of the same task. `owner` is the pipeline that has paid, when
        this one is its retry: then the charge is corrected there. Returns whether an amount is
        certain now that was not before.
        """
        payer_id, payer = self._payer(record, owner)
        before = await self.known(record, key, owner=owner)
        if before is not None and _is_better(before, charge):
            return False
        if before is not None:
            # After a restart a provider may not say any more which model it was.
            charge = replace(charge, day=before.day, model=charge.model or before.model)
        else:
            charge = replace(charge, day=today())
        self._count(charge.day, (charge.credits or 0.0) - _credits_of(before))
        if payer is not None:
            payer[key] = charge
        self._touch(payer_id)
        await self._write(payer_id, key, record.asset_of(key), charge)
        return charge.is_certain and (before is None or not before.is_certain)

    async def put_single(self, call_id: str, key: str, charge: Charge) -> None:
        """Put down a charge that belongs to no pipeline and no asset; `call_id` is new."""
        charge = replace(charge, day=today())
        self._count(charge.day, charge.credits or 0.0)
        await self._write(PipelineId(call_id), key, AssetId(""), charge)

    async def take_back(
        self, record: PipelineRecord, key: str, *, owner: PipelineId | None = None
    ) -> None:
        """Strike out a charge: the call was not carried out."""
        payer_id, payer = self._payer(record, owner)
        before = payer.pop(key, None) if payer is not None else await self._written(payer_id, key)
        if before is None:
            return
        self._count(before.day, -_credits_of(before))
        self._touch(payer_id)
        await self._database.record(
            lambda db: db.execute(
                "DELETE FROM charges WHERE pipeline_id=? AND key=?", (payer_id, key)
            )
        )

    async def known(
        self, record: PipelineRecord, key: str, *, owner: PipelineId | None = None
    ) -> Charge | None:
        """Return what is put down under a key, by a pipeline or by the one that it retries."""
        payer_id, payer = self._payer(record, owner)
        return payer.get(key) if payer is not None else await self._written(payer_id, key)

    def _payer(
        self, record: PipelineRecord, owner: PipelineId | None
    ) -> tuple[PipelineId, dict[str, Charge] | None]:
        """Return who has paid, and its charges when it is in memory."""
        if owner is None or owner == record.id:
            return record.id, record.charges
        found = self._find(owner)
        return owner, found.charges if found is not None else None

    async def _written(self, pipeline_id: PipelineId, key: str) -> Charge | None:
        """Return a charge of a pipeline that is not in memory."""

        def work(db: sqlite3.Connection) -> Charge | None:
            return rows.read_charges(db, pipeline_id).get(key)

        try:
            return await self._database.ask(work)
        except ForgeError:
            return None  # then it is counted in full, which is on the safe side

    def _count(self, day: str, more_credits: float) -> None:
        self._credits_by_day[day] = self._credits_by_day.get(day, 0.0) + more_credits

    def _touch(self, pipeline_id: PipelineId) -> None:
        found = self._find(pipeline_id)
        if found is not None:
            found.touch()

    async def _write(
        self, pipeline_id: PipelineId, key: str, asset_id: AssetId, charge: Charge
    ) -> None:
        values = {
            "pipeline_id": pipeline_id,
            "key": key,
            "asset_id": asset_id,
            "provider": charge.provider,
            "model": charge.model,
            "task_id": charge.task_id,
            "credits": charge.credits,
            "usage": rows.dumps(dict(charge.usage)),
            "usd": charge.usd,
            "is_certain": int(charge.is_certain),
            "day": charge.day,
            "charged_at": iso_now(),
        }
        await self._database.record(
            lambda db: db.execute(
                "INSERT INTO charges(pipeline_id, key, asset_id, provider, model, task_id, "
                "credits, usage, usd, is_certain, day, charged_at) "
                "VALUES (:pipeline_id, :key, :asset_id, :provider, :model, :task_id, "
                ":credits, :usage, :usd, :is_certain, :day, :charged_at) "
                "ON CONFLICT(pipeline_id, key) DO UPDATE SET provider=excluded.provider, "
                "model=excluded.model, task_id=excluded.task_id, credits=excluded.credits, "
                "usage=excluded.usage, usd=excluded.usd, is_certain=excluded.is_certain",
                values,
            )
        )

    # --- looking ---

    async def entries(
        self, *, since: str | None = None, until: str | None = None, asset_id: str | None = None
    ) -> list[LedgerEntry]:
        """Return charges from the day `since` to the day `until`, both included, oldest first."""
        condition, values = _condition(since, until, asset_id)

        def work(db: sqlite3.Connection) -> list[LedgerEntry]:
            found = db.execute(
                f"SELECT * FROM charges WHERE {condition} ORDER BY charged_at", values
            )
            return [
                LedgerEntry(
                    day=row["day"],
                    asset_id=row["asset_id"],
                    pipeline_id=row["pipeline_id"],
                    stage=row["key"].partition("/")[0],
                    charge=rows.read_charge(row),
                )
                for row in found
            ]

        return await self._database.ask(work)

    async def spending(
        self, *, since: str | None = None, until: str | None = None, asset_id: str | None = None
    ) -> Spending:
        """Add up the charges from one day to another, both included. Raises StorageUnavailable.

        Summed in the database's thread, however many there are.
        """
        condition, values = _condition(since, until, asset_id)

        def work(db: sqlite3.Connection) -> Spending:
            by_day = _sums(db, ("day",), condition, values)
            by_provider = _sums(db, ("provider", "model"), condition, values)
            by_asset = _sums(db, ("asset_id",), condition, values)
            by_asset.sort(key=lambda one: (-one[1].credits, -(one[1].usd or 0.0)))
            return Spending(
                total=next((one for _, one in _sums(db, ("NULL",), condition, values)), Sum()),
                by_day=[(name, one) for (name,), one in by_day],
                by_provider=[(name, model, one) for (name, model), one in by_provider],
                by_asset=[(name or None, one) for (name,), one in by_asset[:MOST_ASSETS]],
                asset_count=sum(1 for (name,), _ in by_asset if name),
            )

        return await self._database.ask(work)


def _credits_of(charge: Charge | None) -> float:
    return (charge.credits or 0.0) if charge is not None else 0.0


def _is_better(before: Charge, charge: Charge) -> bool:
    """Tell whether what is known is the provider's word, and what comes an estimate of the same."""
    is_same_task = before.task_id is not None and before.task_id == charge.task_id
    return is_same_task and before.is_certain and not charge.is_certain


def _condition(
    since: str | None, until: str | None, asset_id: str | None
) -> tuple[str, dict[str, str]]:
    conditions = {
        "day>=:since": since,
        "day<=:until": until,
        "asset_id=:asset_id": asset_id,
    }
    wanted = {text: value for text, value in conditions.items() if value is not None}
    values = {text.partition(":")[2]: value for text, value in wanted.items()}
    return " AND ".join(["1", *wanted]), values


def _sums(
    db: sqlite3.Connection,
    dimensions: tuple[str, ...],
    condition: str,
    values: Mapping[str, str],
) -> list[tuple[tuple[Any, ...], Sum]]:
    """Add up charges for each value of `dimensions`, which are names of columns, in their order."""
    names, count = ", ".join(dimensions), len(dimensions)
    usage: dict[tuple[Any, ...], dict[str, int]] = {}
    for *group, token, number in db.execute(
        f"SELECT {names}, token.key, sum(token.value) "
        f"FROM charges, json_each(charges.usage) AS token WHERE {condition} "
        f"GROUP BY {names}, token.key ORDER BY token.key",
        values,
    ):
        usage.setdefault(tuple(group), {})[token] = number
    found = db.execute(
        f"SELECT {names}, count(*), total(credits), "
        "total(credits) FILTER (WHERE NOT is_certain), count(*) FILTER (WHERE NOT is_certain), "
        f"sum(usd) FROM charges WHERE {condition} GROUP BY {names} ORDER BY {names}",
        values,
    )
    sums = []
    for row in found:
        group, amounts = tuple(row[:count]), row[count:]
        calls, credit_count, estimated, uncertain, usd = amounts
        usd = None if usd is None else round(usd, 6)
        tokens = usage.get(group, {})
        sums.append((group, Sum(calls, credit_count, estimated, uncertain, tokens, usd)))
    return sums
