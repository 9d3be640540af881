"""The engine: stages in order, states, failures, slots."""

import asyncio
import errno
from pathlib import Path
from typing import Any

import pytest

from asset_forge.domain.ids import AssetId
from asset_forge.domain.stages import PipelineStatus, StageStatus
from asset_forge.errors import Conflict, Refused, StorageUnavailable, Unavailable
from asset_forge.pipeline.context import JsonObject, StageContext, StageFailed, StageSkipped
from asset_forge.pipeline.runner import PlannedStage
from tests.unit.pipeline.engine import (
    Engine,
    Holding,
    RefusingDisk,
    ended,
    engine_in,
    record_for,
    refuse,
    succeed,
)


async def break_down(ctx: StageContext) -> JsonObject:
    raise KeyError("secret detail")


async def skip(ctx: StageContext) -> JsonObject:
    raise StageSkipped("not asked for", result={"source": "user-provided"})


async def test_run_all_stages_succeed_completes_with_results(engine: Engine) -> None:
    record = await engine.run(
        record_for("first", "second"),
        PlannedStage("first", succeed, 50),
        PlannedStage("second", succeed, 95),
    )
    assert record.status is PipelineStatus.COMPLETED
    assert record.progress == 100
    assert record.results == {"first": {"made": True}, "second": {"made": True}}
    assert record.to_json()["completedAt"].endswith("Z")


async def test_run_essential_stage_fails_fails_and_later_stages_stay_pending(
    engine: Engine,
) -> None:
    record = await engine.run(
        record_for("first", "second"),
        PlannedStage("first", refuse, 50, essential=True),
        PlannedStage("second", succeed, 95),
    )
    assert record.status is PipelineStatus.FAILED
    assert record.error == "there is nothing to hold"
    assert record.stages["first"].status is StageStatus.FAILED
    assert record.stages["second"].status is StageStatus.PENDING


async def test_run_other_stage_fails_goes_on_and_completes(engine: Engine) -> None:
    record = await engine.run(
        record_for("first", "second"),
        PlannedStage("first", refuse, 50),
        PlannedStage("second", succeed, 95),
    )
    assert record.status is PipelineStatus.COMPLETED
    assert record.stages["first"].error == "there is nothing to hold"
    assert record.stages["second"].status is StageStatus.COMPLETED


async def test_run_stage_fails_with_result_shows_the_result(engine: Engine) -> None:
    async def fail_with_result(ctx: StageContext) -> JsonObject:
        raise StageFailed("none could be made", result={"variants": []})

    record = await engine.run(record_for("only"), PlannedStage("only", fail_with_result, 75))
    assert record.stages["only"].result == {"variants": []}
    assert record.results["only"] == {"variants": []}


async def test_run_fault_in_stage_tells_no_internals(engine: Engine) -> None:
    record = await engine.run(record_for("only"), PlannedStage("only", break_down, 75))
    assert record.stages["only"].status is StageStatus.FAILED
    assert "secret detail" not in str(record.stages["only"].error)
    assert "KeyError" in str(record.stages["only"].error)


async def test_run_stage_skips_keeps_its_result(engine: Engine) -> None:
    record = await engine.run(record_for("only"), PlannedStage("only", skip, 25))
    assert record.stages["only"].status is StageStatus.SKIPPED
    assert record.results["only"] == {"source": "user-provided"}


async def test_once_called_twice_calls_once(engine: Engine) -> None:
    calls = 0

    async def buy() -> JsonObject:
        nonlocal calls
        calls += 1
        return {"task": calls}

    async def stage(ctx: StageContext) -> JsonObject:
        return {"bought": [await ctx.once("buy", buy), await ctx.once("buy", buy)]}

    record = await engine.run(record_for("only"), PlannedStage("only", stage, 50))
    assert calls == 1
    assert record.results["only"] == {"bought": [{"task": 1}, {"task": 1}]}


async def test_start_over_the_limit_waits_as_initializing(tmp_path: Path) -> None:
    hold = Holding()
    first, second = record_for("only"), record_for("only", asset_id="axe", number=2)
    async with engine_in(tmp_path, max_active=1) as engine:
        await engine.runner.start(first, [PlannedStage("only", hold, 50)])
        await engine.runner.start(second, [PlannedStage("only", hold, 50)])
        await hold.reached.wait()
        assert (first.status, second.status) == ("processing", "initializing")
        assert engine.runner.waiting_count == 1
        hold.go_on.set()
        await ended(second)
    assert second.status is PipelineStatus.COMPLETED


async def test_start_too_many_waiting_is_refused_and_leaves_no_trace(tmp_path: Path) -> None:
    hold = Holding()
    async with engine_in(tmp_path, max_active=1, max_waiting=1) as engine:
        for number in (1, 2):
            record = record_for("only", asset_id=f"sword-{number}", number=number)
            await engine.runner.start(record, [PlannedStage("only", hold, 50)])
        third = record_for("only", number=3)
        with pytest.raises(Unavailable, match="FORGE_MAX_WAITING") as raised:
            await engine.runner.start(third, [PlannedStage("only", hold, 50)])
        assert raised.value.error_code == "queue_full"
        assert await engine.journal.find(third.id) is None
        assert not engine.registry.is_busy(AssetId("sword"))


async def test_start_many_at_once_never_lets_more_wait(tmp_path: Path) -> None:
    hold = Holding()
    records = [record_for("only", asset_id=f"sword-{n}", number=n) for n in range(6)]
    async with engine_in(tmp_path, max_active=1, max_waiting=2) as engine:
        outcomes = await asyncio.gather(
            *(engine.runner.start(r, [PlannedStage("only", hold, 50)]) for r in records),
            return_exceptions=True,
        )
    assert [outcome is None for outcome in outcomes].count(True) == 3


async def test_start_same_asset_twice_raises_conflict(engine: Engine) -> None:
    hold = Holding()
    await engine.runner.start(record_for("only"), [PlannedStage("only", hold, 50)])
    with pytest.raises(Conflict, match="pipeline-1"):
        await engine.runner.start(record_for("only", number=2), [PlannedStage("only", hold, 50)])
    assert engine.registry.is_busy(AssetId("sword"))


async def test_start_journal_refuses_leaves_no_trace(disk: RefusingDisk, engine: Engine) -> None:
    disk.refuse()
    with pytest.raises(StorageUnavailable, match="journal"):
        await engine.runner.start(record_for("only"), [PlannedStage("only", succeed, 50)])
    assert not engine.registry.is_busy(AssetId("sword"))
    disk.accept()
    assert (await engine.run(record_for("only"), PlannedStage("only", succeed, 50))).error is None


async def test_workspace_completed_is_removed_and_failed_is_kept(engine: Engine) -> None:
    async def write(ctx: StageContext) -> JsonObject:
        (ctx.workspace / "concept-art.png").write_bytes(b"x")
        return {}

    done = await engine.run(record_for("only"), PlannedStage("only", write, 50))
    failed = await engine.run(
        record_for("only", "last", number=2),
        PlannedStage("only", write, 50),
        PlannedStage("last", refuse, 60, essential=True),
    )
    await engine.runner.close()
    assert not engine.runner.workspace(done).exists()
    assert (engine.runner.workspace(failed) / "concept-art.png").exists()


async def test_run_disk_refuses_workspace_fails_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / ".forge").mkdir()
    (tmp_path / ".forge" / "work").write_text("in the way")
    async with engine_in(tmp_path) as engine:
        record = await engine.run(record_for("only"), PlannedStage("only", succeed, 50))
    assert record.status is PipelineStatus.FAILED
    assert isinstance(record.failure, StorageUnavailable)
    assert str(tmp_path) not in str(record.error)


async def test_run_stage_meets_full_disk_says_so_without_a_path(engine: Engine) -> None:
    async def fill_up(ctx: StageContext) -> JsonObject:
        raise OSError(errno.ENOSPC, "No space left on device", "/secret/place")

    record = await engine.run(record_for("only"), PlannedStage("only", fill_up, 50, essential=True))
    assert record.error == "Stage only: No space left on device"
    assert record.failure is not None
    assert record.failure.error_code == "disk_refused"


async def test_run_failed_keeps_no_frames_in_memory(engine: Engine) -> None:
    async def refuse_late(ctx: StageContext) -> JsonObject:
        try:
            [].pop()
        except IndexError:
            raise Refused("then") from None
        return {}

    record = await engine.run(record_for("only"), PlannedStage("only", refuse_late, 9, True))
    await engine.runner.close()
    assert record.failure is not None
    assert record.failure.__traceback__ is None
    assert record.failure.__context__ is None


async def test_twenty_pipelines_at_once_all_end(engine: Engine) -> None:
    all_there = asyncio.Barrier(20)

    async def meet(ctx: StageContext) -> JsonObject:
        await all_there.wait()
        return {}

    records = [record_for("only", asset_id=f"sword-{n}", number=n) for n in range(20)]
    for record in records:
        await engine.runner.start(record, [PlannedStage("only", meet, 50)])
    await asyncio.gather(*map(ended, records))
    assert {record.status for record in records} == {PipelineStatus.COMPLETED}


async def test_stage_is_shown_as_ended_only_when_that_is_written(
    disk: RefusingDisk, engine: Engine
) -> None:
    record = record_for("first", "second")
    seen: list[tuple[str, str]] = []

    async def look(ctx: StageContext) -> JsonObject:
        written = await engine.written(record)
        seen.append((record.stages["first"].status, written.stages["first"].status))
        return {}

    write = engine.journal.stage_ended

    async def look_before_writing(*args: Any) -> None:
        seen.append((record.stages["first"].status, "not written"))
        await write(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine.journal, "stage_ended", look_before_writing)
        await engine.run(
            record, PlannedStage("first", succeed, 50), PlannedStage("second", look, 60)
        )
    assert seen[:2] == [("processing", "not written"), ("completed", "completed")]


async def test_run_journal_refuses_meanwhile_ends_and_is_written_when_it_can_be(
    tmp_path: Path, disk: RefusingDisk
) -> None:
    async def fill_up(ctx: StageContext) -> JsonObject:
        disk.refuse()
        return {"made": True}

    async with engine_in(tmp_path) as engine:
        record = await engine.run(
            record_for("first", "second"),
            PlannedStage("first", fill_up, 50),
            PlannedStage("second", succeed, 60),
        )
        assert record.status is PipelineStatus.COMPLETED
        assert engine.database.is_behind
        disk.accept()
    async with engine_in(tmp_path) as engine:
        assert (await engine.written(record)).to_json() == record.to_json()
