"""What is in the journal comes back as it was, in the right order, for as long as it should."""

import sqlite3
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from asset_forge.domain.clock import now_ms
from asset_forge.domain.costs import Charge
from asset_forge.domain.ids import AssetId, PipelineId
from asset_forge.domain.stages import PipelineStatus, StageStatus
from asset_forge.errors import BadInput, Conflict, ProviderUnreachable
from asset_forge.pipeline.context import Artifact
from asset_forge.pipeline.records import CallRecord, CallState, PipelineRecord, StageRecord
from tests.unit.pipeline.engine import Engine, RefusingDisk, engine_in, record_for

LONG_AGO, NOW = "2026-01-01T00:00:00.000Z", "2026-11-22T09:30:00.000Z"
OF_THIS_PROCESS = {"finished", "_changed", "version", "finished_at_s", "failure"}


def full_record(root: Path) -> PipelineRecord:
    """A pipeline in which every field that is kept has a value of its own."""
    failure = ProviderUnreachable("no answer", provider="meshy", may_have_charged=True)
    paths = [root / ".forge" / "work" / "w" / "model_raw.glb", root / "sword" / "sword.glb"]
    return PipelineRecord(
        id=PipelineId("pipeline-1"),
        asset_id=AssetId("sword"),
        stages={
            "textInput": StageRecord(StageStatus.COMPLETED, 100, {"description": "schön"}),
            "second": StageRecord(
                StageStatus.FAILED, 12.5, {"made": [1]}, "no answer", "a note", 2, failure
            ),
            "first": StageRecord(StageStatus.SKIPPED, 0, {"reason": "why", "kept": 1}),
            "last": StageRecord(),
        },
        kind="retexture",
        plan={"request": {"name": "schön"}, "hasReference": True},
        estimated_credits=30.5,
        workspace="pipeline-0",
        writes=frozenset({AssetId("sword"), AssetId("sword-bronze")}),
        reads=frozenset({AssetId("base")}),
        progress=37.5,
        results={"second": {"made": [1]}, "first": {"kept": 1}},
        created_at=NOW,
        calls={
            "second/a.submit": CallRecord(CallState.DONE, 7, 2, {"taskId": "task-1"}),
            "second/b.submit": CallRecord(CallState.INTENT, 8),
            "first/c": CallRecord(CallState.REFUSED, 9, 1, None, PipelineId("pipeline-0")),
        },
        artifacts={str(path): Artifact(path, "a" * 64, 12) for path in paths},
    )


def kept(record: PipelineRecord) -> dict[str, Any]:
    """Return what is known of a pipeline in a form that can be compared."""
    found = {
        field.name: getattr(record, field.name)
        for field in fields(record)
        if field.name not in OF_THIS_PROCESS
    }
    found["stages"] = {
        name: replace(stage, failure=stage.failure and stage.failure.message)  # type: ignore[arg-type]
        for name, stage in record.stages.items()
    }
    return found


async def add(engine: Engine, number: int, **more: Any) -> PipelineRecord:
    record = replace(record_for("only", asset_id=f"sword-{number}", number=number), **more)
    await engine.journal.add(record)
    return record


async def end(
    engine: Engine,
    record: PipelineRecord,
    at: str = NOW,
    status: PipelineStatus = PipelineStatus.COMPLETED,
) -> None:
    await engine.journal.pipeline_ended(record, record.stages, status, None, at)


async def listed(engine: Engine, **filters: Any) -> list[str]:
    return [summary["id"] for summary in await engine.journal.listing(**filters)]


# --- there and back ---


async def test_add_every_field_comes_back(engine: Engine, tmp_path: Path) -> None:
    record = full_record(tmp_path)
    await engine.journal.add(replace(record, id=PipelineId("pipeline-0"), workspace=""))
    record.retry_of = PipelineId("pipeline-0")
    await engine.journal.add(record)
    for key, charge in {
        "second/a.submit": Charge("meshy", "meshy-7", "task-1", 25, {"tokens": 3}, 0.5),
        "second/b.submit": Charge("openai", is_certain=False),
    }.items():
        await engine.ledger.put(record, key, charge)
    found = await engine.written(record)
    assert kept(found) == kept(record)
    assert list(found.stages) == list(record.stages)
    assert [charge.day for charge in found.charges.values()] == [
        charge.day for charge in record.charges.values()
    ]
    assert found.to_json() == record.to_json()


async def test_failure_of_a_stage_answers_again_as_it_was(engine: Engine, tmp_path: Path) -> None:
    record = full_record(tmp_path)
    await engine.journal.add(record)
    failure = (await engine.written(record)).stages["second"].failure
    assert failure is not None
    assert (failure.status, failure.error_code) == (502, "provider_unreachable")
    assert (failure.retryable, failure.may_have_charged) == (True, True)


async def test_updates_come_back(engine: Engine, tmp_path: Path) -> None:
    record = await add(engine, 1)
    stage = record.stages["only"]
    stage.status, stage.attempts = StageStatus.PROCESSING, 1
    await engine.journal.stage_started(record.id, "only", stage)
    record.status = PipelineStatus.PROCESSING
    record.calls["only/a"] = CallRecord(CallState.INTENT, 5)
    await engine.journal.intend(record.id, "only/a", record.calls["only/a"])
    assert kept(await engine.written(record)) == kept(record)
    record.calls["only/a"].state = CallState.DONE
    record.calls["only/a"].result = {"taskId": "task-1"}
    await engine.journal.call_ended(record.id, "only/a", record.calls["only/a"])
    path = tmp_path / "sword-1" / "sword.glb"
    record.artifacts[str(path)] = Artifact(path, "b" * 64, 3)
    await engine.journal.saved(record.id, "only", record.artifacts[str(path)])
    record.stages["only"] = replace(stage, status=StageStatus.COMPLETED, result={"made": 1})
    record.results, record.progress = {"only": {"made": 1}}, 50.0
    await engine.journal.stage_ended(record.id, "only", record.stages, 50.0)
    assert kept(await engine.written(record)) == kept(record)


async def test_end_comes_back_with_its_failure(engine: Engine) -> None:
    record = await add(engine, 1)
    failure = BadInput("no")
    await engine.journal.pipeline_ended(record, record.stages, PipelineStatus.FAILED, failure, NOW)
    record.finish(PipelineStatus.FAILED, failure, completed_at=NOW)
    found = await engine.written(record)
    assert found.to_json() == record.to_json()
    assert found.finished.is_set()
    assert found.failure is not None
    assert (found.failure.status, found.failure.error_code) == (400, "bad_input")


async def test_paths_go_with_a_root_that_is_moved(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    async with engine_in(tmp_path / "old") as engine:
        await engine.journal.add(full_record(tmp_path / "old"))
    (tmp_path / "old").rename(tmp_path / "new")
    async with engine_in(tmp_path / "new") as engine:
        (found,) = await engine.journal.unfinished()
    assert kept(found)["artifacts"] == full_record(tmp_path / "new").artifacts


async def test_entry_that_is_late_says_what_was_so_when_it_was_made(
    disk: RefusingDisk, engine: Engine
) -> None:
    record = await add(engine, 1)
    disk.refuse()
    call = CallRecord(CallState.DONE, 5, result={"taskId": "task-1"})
    await engine.journal.call_ended(record.id, "only/a", call)
    call.state, call.result = CallState.REFUSED, None  # by what the disk has not been told yet
    disk.accept()
    assert (await engine.written(record)).task_of("only/a") == "task-1"


# --- last states ---


@pytest.mark.parametrize("last", [status for status in PipelineStatus if status.is_final])
async def test_last_state_never_changes(engine: Engine, last: PipelineStatus) -> None:
    record = await add(engine, 1)
    await end(engine, record, status=last)
    before = (await engine.written(record)).to_json()
    for status in PipelineStatus:
        record.stages["only"].status = StageStatus.FAILED
        await engine.journal.pipeline_ended(
            record, record.stages, status, BadInput("later"), LONG_AGO
        )
    assert (await engine.written(record)).to_json() == before


async def test_unfinished_are_those_without_a_last_state_oldest_first(engine: Engine) -> None:
    records = [await add(engine, number) for number in range(5)]
    for record, status in zip(records, (s for s in PipelineStatus if s.is_final), strict=False):
        await end(engine, record, status=status)
    assert [record.id for record in await engine.journal.unfinished()] == [
        "pipeline-3",
        "pipeline-4",
    ]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE pipelines SET plan='{\"request\":' WHERE id='pipeline-1'",
        "UPDATE pipelines SET writes='7' WHERE id='pipeline-1'",
        "UPDATE stages SET status='dreaming' WHERE pipeline_id='pipeline-1'",
        "UPDATE calls SET result='{' WHERE pipeline_id='pipeline-1'",
    ],
)
async def test_unfinished_one_cannot_be_read_the_others_are(engine: Engine, damage: str) -> None:
    for number in (1, 2):
        record = await add(engine, number)
        call = CallRecord(CallState.DONE, 5, result={"taskId": f"task-{number}"})
        await engine.journal.intend(record.id, "only/a", call)
    await engine.database.ask(lambda db: db.execute(damage))
    first, second = await engine.journal.unfinished()
    assert (first.id, first.plan, first.stages) == ("pipeline-1", {}, {})
    assert second.task_of("only/a") == "task-2"
    assert "task-2" in await engine.journal.known_tasks()


# --- lists ---


async def test_listing_is_newest_first_whatever_the_clock_says(engine: Engine) -> None:
    for number, created_at in enumerate([NOW, LONG_AGO, NOW]):
        await add(engine, number, created_at=created_at)
    assert await listed(engine) == ["pipeline-2", "pipeline-1", "pipeline-0"]


async def test_listing_filters_and_limits(engine: Engine) -> None:
    records = [await add(engine, number) for number in range(4)]
    await end(engine, records[0])
    await end(engine, records[2], status=PipelineStatus.FAILED)
    assert await listed(engine, statuses=["completed"]) == ["pipeline-0"]
    assert await listed(engine, statuses=["completed", "failed"]) == ["pipeline-2", "pipeline-0"]
    assert await listed(engine, asset_id=AssetId("sword-1")) == ["pipeline-1"]
    assert await listed(engine, asset_id=AssetId("sword-1"), statuses=["failed"]) == []
    assert await listed(engine, limit=2) == ["pipeline-3", "pipeline-2"]


async def test_listing_shows_what_memory_would_show(engine: Engine, tmp_path: Path) -> None:
    record = full_record(tmp_path)
    await engine.journal.add(record)
    await engine.ledger.put(record, "second/a.submit", Charge("meshy", credits=25))
    failure = BadInput("no")
    await engine.journal.pipeline_ended(record, record.stages, PipelineStatus.FAILED, failure, NOW)
    record.finish(PipelineStatus.FAILED, failure, completed_at=NOW)
    assert await engine.journal.listing() == [record.summary()]


# --- retries and keys ---


async def test_add_second_retry_of_a_pipeline_is_refused(engine: Engine) -> None:
    old = await add(engine, 1)
    await end(engine, old)
    first = await add(engine, 2, retry_of=old.id)
    with pytest.raises(Conflict) as raised:
        await add(engine, 3, retry_of=old.id)
    assert raised.value.error_code == "already_retried"
    assert (await engine.written(old)).retried_by == first.id
    assert await engine.journal.find("pipeline-3") is None


async def test_key_stands_for_its_pipeline_as_long_as_it_is_young(engine: Engine) -> None:
    record = record_for("only")
    before_ms = now_ms()
    await engine.journal.add(record, key="k", fingerprint="f")
    assert await engine.journal.pipeline_of_key("k", before_ms - 1) == ("f", "pipeline-1")
    assert await engine.journal.pipeline_of_key("k", now_ms() + 1) is None
    assert await engine.journal.pipeline_of_key("other", 0) is None


async def test_add_that_is_refused_leaves_no_key(engine: Engine) -> None:
    record = await add(engine, 1)
    with pytest.raises(sqlite3.IntegrityError):
        await engine.journal.add(record, key="k", fingerprint="f")
    assert await engine.journal.pipeline_of_key("k", 0) is None


# --- what is forgotten ---


async def test_prune_forgets_what_is_old_and_keeps_what_was_spent(engine: Engine) -> None:
    old, young, running = [await add(engine, number) for number in range(3)]
    for record in (old, young, running):
        await engine.ledger.put(record, "only/a", Charge("meshy", credits=10))
        await engine.journal.intend(record.id, "only/a", CallRecord(CallState.INTENT, 5))
    await end(engine, old, at=LONG_AGO)
    await end(engine, young)
    pruned = await engine.journal.prune(ended_before=NOW, keys_before_ms=0)
    assert pruned == 1
    assert await listed(engine) == ["pipeline-2", "pipeline-1"]
    assert len(await engine.ledger.entries()) == 3

    def left_overs(db: sqlite3.Connection) -> list[int]:
        tables = ("stages", "attempts", "calls", "artifacts")
        query = "SELECT count(*) FROM {} WHERE pipeline_id='pipeline-0'"
        return [db.execute(query.format(table)).fetchone()[0] for table in tables]

    assert await engine.database.ask(left_overs) == [0, 0, 0, 0]


async def test_prune_forgets_old_keys(engine: Engine) -> None:
    await engine.journal.add(record_for("only"), key="k", fingerprint="f")
    await engine.journal.prune(ended_before=LONG_AGO, keys_before_ms=now_ms() + 1)
    assert await engine.journal.pipeline_of_key("k", 0) is None
    assert await listed(engine) == ["pipeline-1"]


async def test_kept_workspaces_are_those_that_may_be_needed(engine: Engine) -> None:
    running, failed, long_over, retried = [await add(engine, number) for number in range(4)]
    await end(engine, failed, at="2026-11-22T09:00:00.000Z", status=PipelineStatus.FAILED)
    await end(engine, long_over, at=LONG_AGO, status=PipelineStatus.FAILED)
    await end(engine, retried, status=PipelineStatus.FAILED)
    retry = await add(engine, 4, retry_of=retried.id, workspace=retried.workspace)
    window = "2026-11-22T08:00:00.000Z"
    assert await engine.journal.kept_workspaces(window) == {
        running.workspace,
        failed.workspace,
        retried.workspace,
    }
    await end(engine, retry, at=LONG_AGO)
    assert retried.workspace not in await engine.journal.kept_workspaces(window)
