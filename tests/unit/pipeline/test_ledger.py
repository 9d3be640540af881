"""What was spent: by whom, on which day, corrected by whoever knows better."""

from pathlib import Path

import pytest

from asset_forge.domain.costs import Charge
from asset_forge.errors import StorageUnavailable
from asset_forge.pipeline import ledger as ledger_module
from asset_forge.pipeline.records import CallRecord, CallState, PipelineRecord
from tests.unit.pipeline.engine import Engine, RefusingDisk, engine_in, record_for

KEY = "image3D/model.submit"
ESTIMATE = Charge("meshy", task_id="task-1", credits=30, is_certain=False)
SAID = Charge("meshy", "meshy-7", "task-1", credits=25)


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The present date, to be changed by the test."""
    present = ["2026-11-22"]
    monkeypatch.setattr(ledger_module, "today", lambda: present[0])
    return present


async def in_journal(engine: Engine, number: int = 1) -> PipelineRecord:
    record = record_for("image3D", asset_id=f"sword-{number}", number=number)
    await engine.journal.add(record)
    return record


async def credits_of(engine: Engine) -> list[tuple[str, float | None]]:
    """Return pipelines and credits as another service would read them."""
    return [(e.pipeline_id, e.charge.credits) for e in await engine.ledger.entries()]


async def test_put_is_shown_summed_and_written(engine: Engine) -> None:
    record = await in_journal(engine)
    await engine.ledger.put(record, KEY, SAID)
    assert record.spent_credits == engine.ledger.credits_today == 25
    assert record.to_json()["cost"] == {"credits": 25}
    (entry,) = await engine.ledger.entries()
    assert (entry.pipeline_id, entry.asset_id, entry.stage) == ("pipeline-1", "sword-1", "image3D")
    assert entry.charge == SAID


async def test_put_again_corrects_and_does_not_add(engine: Engine) -> None:
    record = await in_journal(engine)
    await engine.ledger.put(record, KEY, ESTIMATE)
    assert record.to_json()["cost"] == {"credits": 30, "estimated": True}
    await engine.ledger.put(record, KEY, SAID)
    assert engine.ledger.credits_today == 25
    assert await credits_of(engine) == [("pipeline-1", 25)]


async def test_put_estimate_after_the_provider_has_spoken_changes_nothing(engine: Engine) -> None:
    record = await in_journal(engine)
    await engine.ledger.put(record, KEY, SAID)
    await engine.ledger.put(record, KEY, ESTIMATE)
    assert record.charges[KEY].is_certain
    assert engine.ledger.credits_today == 25


async def test_take_back_strikes_it_out(engine: Engine) -> None:
    record = await in_journal(engine)
    await engine.ledger.put(record, KEY, ESTIMATE)
    await engine.ledger.take_back(record, KEY)
    assert engine.ledger.credits_today == record.spent_credits == 0
    assert await credits_of(engine) == []
    await engine.ledger.take_back(record, KEY)
    assert engine.ledger.credits_today == 0


async def test_open_knows_what_an_earlier_run_has_spent_today(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        await engine.ledger.put(await in_journal(engine), KEY, SAID)
    async with engine_in(tmp_path) as engine:
        await engine.ledger.open()
        assert engine.ledger.credits_today == 25
        (record,) = await engine.journal.unfinished()
        await engine.ledger.put(record, KEY, Charge("meshy", task_id="task-1", credits=20))
        assert engine.ledger.credits_today == 20


# --- days ---


async def test_correction_stays_on_the_day_of_the_charge(engine: Engine, day: list[str]) -> None:
    record = await in_journal(engine)
    await engine.ledger.put(record, KEY, ESTIMATE)
    day[0] = "2026-11-23"
    assert engine.ledger.credits_today == 0
    await engine.ledger.put(record, KEY, SAID)
    assert engine.ledger.credits_today == 0
    assert [(e.day, e.charge.credits) for e in await engine.ledger.entries()] == [
        ("2026-11-22", 25)
    ]


async def test_correction_after_a_restart_stays_on_its_day(tmp_path: Path, day: list[str]) -> None:
    async with engine_in(tmp_path) as engine:
        await engine.ledger.put(await in_journal(engine), KEY, ESTIMATE)
    day[0] = "2026-11-23"
    async with engine_in(tmp_path) as engine:
        await engine.ledger.open()
        (record,) = await engine.journal.unfinished()
        await engine.ledger.put(record, KEY, SAID)
        await engine.ledger.put(record, "rigging/rig.submit", Charge("meshy", credits=5))
        assert engine.ledger.credits_today == 5


async def test_entries_are_of_the_days_that_are_asked_for(engine: Engine, day: list[str]) -> None:
    for number, date in enumerate(("2026-11-20", "2026-11-21", "2026-11-22")):
        day[0] = date
        record = await in_journal(engine, number)
        await engine.ledger.put(record, KEY, Charge("meshy", credits=number))

    async def days(**wanted: str) -> list[str]:
        return [entry.day for entry in await engine.ledger.entries(**wanted)]

    assert await days(since="2026-11-21") == ["2026-11-21", "2026-11-22"]
    assert await days(until="2026-11-21") == ["2026-11-20", "2026-11-21"]
    assert await days(since="2026-11-21", until="2026-11-21") == ["2026-11-21"]
    assert await days(asset_id="sword-0") == ["2026-11-20"]


# --- retries ---


@pytest.mark.parametrize("old_is_in_memory", [True, False])
async def test_put_by_a_retry_goes_to_the_one_who_has_paid(
    engine: Engine, old_is_in_memory: bool
) -> None:
    old, retry = await in_journal(engine, 1), await in_journal(engine, 2)
    await engine.ledger.put(old, KEY, ESTIMATE)
    if old_is_in_memory:
        engine.registry.add(old)
    await engine.ledger.put(retry, KEY, SAID, owner=old.id)
    assert retry.charges == {}
    assert await credits_of(engine) == [("pipeline-1", 25)]
    assert engine.ledger.credits_today == 25
    assert (old.charges[KEY] == SAID) is old_is_in_memory


@pytest.mark.parametrize("old_is_in_memory", [True, False])
async def test_take_back_by_a_retry_strikes_out_what_the_other_has_paid(
    engine: Engine, old_is_in_memory: bool
) -> None:
    old, retry = await in_journal(engine, 1), await in_journal(engine, 2)
    await engine.ledger.put(old, KEY, ESTIMATE)
    if old_is_in_memory:
        engine.registry.add(old)
    await engine.ledger.take_back(retry, KEY, owner=old.id)
    assert await credits_of(engine) == []
    assert engine.ledger.credits_today == 0


async def test_call_made_again_is_a_charge_of_its_own(engine: Engine) -> None:
    record = await in_journal(engine)
    for tries in (1, 2):
        record.calls["image/draw"] = CallRecord(CallState.INTENT, 5, tries)
        key = record.charge_key("image/draw")
        await engine.ledger.put(record, key, Charge("openai", usd=0.04))
    assert record.to_json()["cost"]["usd"] == 0.08
    assert len(await engine.ledger.entries()) == 2


# --- a disk that refuses ---


async def test_put_disk_refuses_counts_at_once_and_is_written_later(
    tmp_path: Path, disk: RefusingDisk
) -> None:
    async with engine_in(tmp_path) as engine:
        old, retry = await in_journal(engine, 1), await in_journal(engine, 2)
        disk.refuse()
        await engine.ledger.put(old, KEY, ESTIMATE)
        await engine.ledger.put(retry, "rigging/rig.submit", SAID, owner=old.id)
        assert engine.ledger.credits_today == 55
        with pytest.raises(StorageUnavailable):
            await engine.ledger.entries()
        disk.accept()
    async with engine_in(tmp_path) as engine:
        await engine.ledger.open()
        assert engine.ledger.credits_today == 55
