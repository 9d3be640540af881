"""CostService: which days are meant, and sums over many charges."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from asset_forge.domain.costs import Charge, Sum
from asset_forge.errors import BadInput, StorageUnavailable
from asset_forge.pipeline import ledger as ledger_module
from asset_forge.pipeline.budget import Budget
from asset_forge.pipeline.database import Database
from asset_forge.pipeline.ledger import MOST_ASSETS, Ledger
from asset_forge.pipeline.registry import PipelineRegistry
from asset_forge.services.costs import CostService

MANY = 10_000


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The present date, to be changed by the test."""
    present = ["2026-11-22"]
    monkeypatch.setattr(ledger_module, "today", lambda: present[0])
    return present


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path / "journal.db")
    yield opened
    await opened.close()


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


@pytest.fixture
def costs(ledger: Ledger) -> CostService:
    return CostService(ledger=ledger, budget=Budget(ledger=ledger, registry=PipelineRegistry()))


# --- days ---


@pytest.mark.parametrize(
    ("since", "until", "meant"),
    [
        (None, None, ("2026-10-24", "2026-11-22")),
        ("2026-11-01", None, ("2026-11-01", "2026-11-22")),
        (None, "2026-03-01", ("2026-01-31", "2026-03-01")),
        ("2026-11-22", "2026-11-22", ("2026-11-22", "2026-11-22")),
        ("", "", ("2026-10-24", "2026-11-22")),
        (None, "0001-01-05", ("0001-01-01", "0001-01-05")),
        ("2026-11-22", "9999-12-31", ("2026-11-22", "9999-12-31")),
    ],
)
async def test_report_without_days_is_of_the_last_thirty(
    since: str | None, until: str | None, meant: tuple[str, str], costs: CostService
) -> None:
    report = await costs.report(since=since, until=until)
    assert (report.since, report.until) == meant


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2026-13-01", "2026-02-30", "20261122", "2026-W47-7", "22.11.2026", "٢٠٢٦-11-22"],
)
async def test_report_of_what_is_no_day_is_refused_with_its_name(
    text: str, costs: CostService
) -> None:
    with pytest.raises(BadInput, match="from has to be a day"):
        await costs.report(since=text, until=None)
    with pytest.raises(BadInput, match="to has to be a day"):
        await costs.report(since=None, until=text)


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [("2026-11-23", "2026-11-22", "after to=2026-11-22"), ("2026-11-23", None, "after today")],
)
async def test_report_of_days_in_the_wrong_order_is_refused(
    since: str, until: str | None, said: str, costs: CostService
) -> None:
    with pytest.raises(BadInput, match=said):
        await costs.report(since=since, until=until)


# --- sums ---


async def test_report_adds_up_credits_tokens_and_dollars(
    ledger: Ledger, costs: CostService, day: list[str]
) -> None:
    words = Charge("openai", "gpt-6-luna", usage={"prompt_tokens": 5, "total_tokens": 7}, usd=0.001)
    day[0] = "2026-11-20"
    await ledger.put_single("call-1", "sight/grip", words)
    await ledger.put_single("call-2", "sight/grip", Charge("openai", is_certain=False))
    day[0] = "2026-11-22"
    await ledger.put_single("call-3", "image3D/model.submit", Charge("meshy", credits=30))
    estimate = Charge("meshy", credits=10, is_certain=False)
    await ledger.put_single("call-4", "textureGeneration/x.submit", estimate)
    spending = (await costs.report(since=None, until=None)).spending
    tokens = {"prompt_tokens": 5, "total_tokens": 7}
    assert spending.total == Sum(4, 40, 10, 2, tokens, 0.001)
    assert spending.by_day == [
        ("2026-11-20", Sum(2, 0, 0, 1, tokens, 0.001)),
        ("2026-11-22", Sum(2, 40, 10, 1)),
    ]
    assert spending.by_provider == [
        ("meshy", None, Sum(2, 40, 10, 1)),
        ("openai", None, Sum(1, 0, 0, 1)),
        ("openai", "gpt-6-luna", Sum(1, 0, 0, 0, tokens, 0.001)),
    ]
    assert [asset_id for asset_id, _ in spending.by_asset] == [None]
    assert spending.asset_count == 0


async def test_report_of_other_days_leaves_them_out(
    ledger: Ledger, costs: CostService, day: list[str]
) -> None:
    for number, date in enumerate(("2026-11-01", "2026-11-02", "2026-11-03")):
        day[0] = date
        await ledger.put_single(f"call-{number}", "x/y", Charge("meshy", credits=1))
    spending = (await costs.report(since="2026-11-02", until="2026-11-02")).spending
    assert [date for date, _ in spending.by_day] == ["2026-11-02"]
    assert spending.total.credits == 1


async def test_report_of_nothing_is_zero(costs: CostService) -> None:
    spending = (await costs.report(since=None, until=None)).spending
    assert spending.total == Sum()
    assert [*spending.by_day, *spending.by_provider, *spending.by_asset] == []


async def test_report_over_ten_thousand_charges_keeps_the_loop_free(
    database: Database, costs: CostService
) -> None:
    def fill(db: sqlite3.Connection) -> None:
        db.executemany(
            "INSERT INTO charges(pipeline_id, key, asset_id, provider, model, task_id, credits, "
            "usage, usd, is_certain, day, charged_at) VALUES (?, 'image3D/model.submit', ?, "
            "'meshy', 'meshy-7.1', NULL, ?, '{\"total_tokens\": 3}', 0.5, 1, '2026-11-22', 'now')",
            ((f"pipeline-{n}", f"asset-{n % 1000}", n % 1000) for n in range(MANY)),
        )

    await database.ask(fill)
    report = asyncio.create_task(costs.report(since=None, until=None))
    turns = 0
    while not report.done():
        await asyncio.sleep(0)
        turns += 1
    spending = report.result().spending
    assert turns > 10
    assert spending.total.calls == MANY
    assert spending.total.usage == {"total_tokens": 3 * MANY}
    assert spending.total.usd == MANY / 2
    assert spending.asset_count == 1000
    assert len(spending.by_asset) == MOST_ASSETS
    assert [asset_id for asset_id, _ in spending.by_asset[:2]] == ["asset-999", "asset-998"]


async def test_report_without_a_folder_for_the_journal_is_unavailable(tmp_path: Path) -> None:
    nowhere = Database(tmp_path / "gone" / ".forge" / "journal.db")
    ledger = Ledger(nowhere)
    costs = CostService(ledger=ledger, budget=Budget(ledger=ledger, registry=PipelineRegistry()))
    with pytest.raises(StorageUnavailable):
        await costs.report(since=None, until=None)
    await nowhere.close()
