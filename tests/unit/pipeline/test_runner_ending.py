"""How pipelines end before their time: cancelled, or left for the next run of the service."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from asset_forge.domain.ids import AssetId
from asset_forge.domain.stages import PipelineStatus, StageStatus
from asset_forge.errors import BadInput, Unavailable
from asset_forge.pipeline import runner as runner_module
from asset_forge.pipeline.context import JsonObject, StageContext
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


class Gate:
    """Holds a call to the journal until it is let go."""

    def __init__(self, patch: pytest.MonkeyPatch, engine: Engine, name: str) -> None:
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()
        self._call = getattr(engine.journal, name)
        patch.setattr(engine.journal, name, self)

    async def __call__(self, *args: Any, **more: Any) -> None:
        self.reached.set()
        await self.go_on.wait()
        await self._call(*args, **more)


# --- cancelled ---


async def test_cancel_before_the_first_step_ends_as_cancelled(engine: Engine) -> None:
    hold, record = Holding(), record_for("only")
    await engine.runner.start(record, [PlannedStage("only", hold, 50)])
    await engine.runner.cancel(record)
    assert record.status is PipelineStatus.CANCELLED
    assert record.stages["only"].status is StageStatus.PENDING
    assert hold.runs == 0
    assert (await engine.written(record)).to_json() == record.to_json()


async def test_cancel_while_it_waits_for_others_ends_as_cancelled(tmp_path: Path) -> None:
    hold = Holding()
    async with engine_in(tmp_path, max_active=1) as engine:
        first, second = record_for("only"), record_for("only", asset_id="axe", number=2)
        for record in (first, second):
            await engine.runner.start(record, [PlannedStage("only", hold, 50)])
        await hold.reached.wait()
        await engine.runner.cancel(second)
        assert second.status is PipelineStatus.CANCELLED
        hold.go_on.set()
        assert (await ended(first)).status is PipelineStatus.COMPLETED


async def test_cancel_during_a_stage_ends_it_and_says_so(engine: Engine) -> None:
    hold, record = Holding(), record_for("first", "second")
    await engine.runner.start(
        record, [PlannedStage("first", hold, 50), PlannedStage("second", succeed, 60)]
    )
    await hold.reached.wait()
    await engine.runner.cancel(record)
    assert record.status is PipelineStatus.CANCELLED
    assert record.failure is not None
    assert record.failure.error_code == "cancelled"
    assert record.stages["first"].status is StageStatus.FAILED
    assert record.stages["first"].error == record.error == "The pipeline was cancelled"
    assert record.stages["second"].status is StageStatus.PENDING
    assert not engine.registry.is_busy(AssetId("sword"))
    assert (await engine.written(record)).to_json() == record.to_json()


async def test_cancel_of_an_ended_one_changes_nothing(engine: Engine) -> None:
    record = await engine.run(record_for("only"), PlannedStage("only", succeed, 50))
    before = record.to_json()
    await engine.runner.cancel(record)
    assert record.to_json() == before
    assert (await engine.written(record)).status is PipelineStatus.COMPLETED


@pytest.mark.parametrize(("stage", "status"), [(succeed, "completed"), (refuse, "failed")])
async def test_cancel_while_it_is_ending_comes_too_late(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, stage: Any, status: str
) -> None:
    gate, record = Gate(monkeypatch, engine, "pipeline_ended"), record_for("only")
    await engine.runner.start(record, [PlannedStage("only", stage, 50, essential=True)])
    await gate.reached.wait()
    cancelling = asyncio.create_task(engine.runner.cancel(record))
    await asyncio.sleep(0)
    assert not cancelling.done()
    gate.go_on.set()
    await cancelling
    assert record.status == status
    assert (await engine.written(record)).status == status


async def test_cancel_at_the_moment_of_the_last_step_ends_in_one_state_everywhere(
    engine: Engine,
) -> None:
    """Each number of steps of the loop before the cancel is another place to be caught at."""
    for steps in range(40):
        record = record_for("only", asset_id=f"sword-{steps}", number=steps)
        await engine.runner.start(record, [PlannedStage("only", succeed, 50)])
        for _ in range(steps):
            await asyncio.sleep(0)
        await engine.runner.cancel(record)
        assert record.status.is_final
        assert (await engine.written(record)).to_json() == record.to_json()


async def test_cancel_twice_at_once_stops_it_once(engine: Engine) -> None:
    """A second cancel must not cut the grace short that the first one has given."""
    stopped: list[str] = []
    started, answered = asyncio.Event(), asyncio.Event()

    async def answer_late(ctx: StageContext) -> JsonObject:
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.append("cancelled")
            await answered.wait()
            stopped.append("answered")
            raise
        return {}

    record = record_for("only")
    await engine.runner.start(record, [PlannedStage("only", answer_late, 50)])
    await started.wait()
    both = [asyncio.create_task(engine.runner.cancel(record)) for _ in range(2)]
    while not stopped:
        await asyncio.sleep(0)
    closing = asyncio.create_task(engine.runner.close())
    await asyncio.sleep(0)
    answered.set()
    await asyncio.gather(*both, closing)
    assert stopped == ["cancelled", "answered"]
    assert record.status is PipelineStatus.CANCELLED


async def test_cancel_asker_goes_away_it_is_cancelled_all_the_same(engine: Engine) -> None:
    hold, record = Holding(), record_for("only")
    await engine.runner.start(record, [PlannedStage("only", hold, 50)])
    await hold.reached.wait()
    asking = asyncio.create_task(engine.runner.cancel(record))
    await asyncio.sleep(0)
    asking.cancel()
    assert (await ended(record)).status is PipelineStatus.CANCELLED


async def test_cancel_while_it_is_being_started_is_not_undone_by_the_start(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be found in the journal a moment before it is launched."""
    hold, record = Holding(), record_for("only")
    add = engine.journal.add

    async def add_and_cancel(*args: Any, **more: Any) -> None:
        await add(*args, **more)
        await engine.runner.cancel(record)

    monkeypatch.setattr(engine.journal, "add", add_and_cancel)
    await engine.runner.start(record, [PlannedStage("only", hold, 50)])
    await asyncio.sleep(0)
    assert record.status is PipelineStatus.CANCELLED
    assert hold.runs == 0


async def test_cancel_journal_refuses_is_cancelled_and_written_later(
    tmp_path: Path, disk: RefusingDisk
) -> None:
    hold, record = Holding(), record_for("only")
    async with engine_in(tmp_path) as engine:
        await engine.runner.start(record, [PlannedStage("only", hold, 50)])
        await hold.reached.wait()
        disk.refuse()
        await engine.runner.cancel(record)
        assert record.status is PipelineStatus.CANCELLED
        disk.accept()
    async with engine_in(tmp_path) as engine:
        assert await engine.journal.unfinished() == []


# --- left for the next run ---


async def test_close_leaves_a_running_pipeline_unfinished_and_wakes_who_waits(
    engine: Engine,
) -> None:
    hold, record = Holding(), record_for("first", "second")
    await engine.runner.start(
        record, [PlannedStage("first", succeed, 10), PlannedStage("second", hold, 50)]
    )
    await hold.reached.wait()
    await engine.runner.close()
    assert (await ended(record)).status is PipelineStatus.PROCESSING
    assert record.failure is not None
    assert (record.failure.status, record.failure.error_code) == (503, "stopped")
    (left,) = await engine.journal.unfinished()
    assert [stage.status for stage in left.stages.values()] == ["completed", "processing"]


async def test_close_before_the_first_step_wakes_who_waits(engine: Engine) -> None:
    record = record_for("only")
    await engine.runner.start(record, [PlannedStage("only", succeed, 50)])
    await engine.runner.close()
    assert record.finished.is_set()
    assert record.failure is not None
    assert record.failure.status == 503
    assert [left.id for left in await engine.journal.unfinished()] == [record.id]


async def test_close_while_it_waits_for_others_wakes_who_waits(tmp_path: Path) -> None:
    hold = Holding()
    async with engine_in(tmp_path, max_active=1) as engine:
        records = [record_for("only", asset_id=f"sword-{n}", number=n) for n in range(3)]
        for record in records:
            await engine.runner.start(record, [PlannedStage("only", hold, 50)])
        await hold.reached.wait()
        await engine.runner.close()
        assert all(record.finished.is_set() for record in records)
        assert len(await engine.journal.unfinished()) == 3


async def test_close_while_one_is_ending_lets_it_end(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, record = Gate(monkeypatch, engine, "pipeline_ended"), record_for("only")
    await engine.runner.start(record, [PlannedStage("only", succeed, 50)])
    await gate.reached.wait()
    closing = asyncio.create_task(engine.runner.close())
    await asyncio.sleep(0)
    gate.go_on.set()
    await closing
    assert record.status is PipelineStatus.COMPLETED
    assert record.failure is None
    assert (await engine.written(record)).status is PipelineStatus.COMPLETED


async def test_close_while_one_is_being_started_leaves_it_for_the_next_run(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold, record = Holding(), record_for("only")
    gate = Gate(monkeypatch, engine, "add")
    starting = asyncio.create_task(engine.runner.start(record, [PlannedStage("only", hold, 50)]))
    await gate.reached.wait()
    await engine.runner.close()
    gate.go_on.set()
    await starting
    await asyncio.sleep(0)
    assert hold.runs == 0
    assert record.finished.is_set()
    assert [left.id for left in await engine.journal.unfinished()] == [record.id]


async def test_start_after_close_is_refused(engine: Engine) -> None:
    await engine.runner.close()
    with pytest.raises(Unavailable, match="being stopped"):
        await engine.runner.start(record_for("only"), [PlannedStage("only", succeed, 50)])


async def test_close_does_not_wait_for_a_slow_on_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "CLOSING_TIMEOUT_S", 0.01)
    ending = asyncio.Event()

    async def never(workspace: str) -> None:
        ending.set()
        await asyncio.Event().wait()

    async with engine_in(tmp_path, on_end=never) as engine:
        record = record_for("only")
        await engine.runner.start(record, [PlannedStage("only", succeed, 50)])
        await ending.wait()
        await asyncio.wait_for(engine.runner.close(), timeout=30)
        assert record.status is PipelineStatus.COMPLETED


# --- afterwards ---


async def test_on_end_raises_pipeline_is_finished_all_the_same(tmp_path: Path) -> None:
    told: list[str] = []

    async def fail(workspace: str) -> None:
        told.append(workspace)
        raise OSError("no such thing")

    async with engine_in(tmp_path, on_end=fail) as engine:
        record = await engine.run(record_for("only"), PlannedStage("only", succeed, 50))
    assert record.status is PipelineStatus.COMPLETED
    assert told == ["pipeline-1"]


async def test_finish_second_time_keeps_the_first_state() -> None:
    record = record_for("only")
    record.finish(PipelineStatus.FAILED, BadInput("no"))
    record.finish(PipelineStatus.COMPLETED)
    assert record.status is PipelineStatus.FAILED
    assert record.error == "no"
