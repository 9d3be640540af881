"""The engine: stages in order, states, failures, slots."""

import asyncio
import errno
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from asset_forge.domain.ids import AssetId, PipelineId
from asset_forge.domain.stages import PipelineStatus, StageStatus
from asset_forge.errors import BadInput, Conflict, NotFound, Refused, StorageUnavailable
from asset_forge.pipeline import runner as runner_module
from asset_forge.pipeline.context import JsonObject, StageContext, StageFailed, StageSkipped
from asset_forge.pipeline.registry import (
    KEEP_FINISHED_MS,
    PipelineRecord,
    PipelineRegistry,
    StageRecord,
)
from asset_forge.pipeline.runner import PipelineRunner, PlannedStage

OnEnd = Callable[[str], Awaitable[None]]


def record_for(*stages: str, asset_id: str = "sword", number: int = 1) -> PipelineRecord:
    return PipelineRecord(
        id=PipelineId(f"pipeline-{number}"),
        asset_id=AssetId(asset_id),
        stages={name: StageRecord() for name in stages},
        writes=frozenset({AssetId(asset_id)}),
    )


class Engine:
    """A runner with its registry, for one test."""

    def __init__(self, folder: Path, *, max_active: int = 20, on_end: OnEnd | None = None) -> None:
        self.registry = PipelineRegistry()
        self.runner = PipelineRunner(
            registry=self.registry, workspaces=folder, max_active=max_active, on_end=on_end
        )

    async def run(self, record: PipelineRecord, *stages: PlannedStage) -> PipelineRecord:
        self.runner.start(record, stages)
        await asyncio.wait_for(record.finished.wait(), timeout=30)
        return record


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


async def succeed(ctx: StageContext) -> JsonObject:
    return {"made": True}


async def refuse(ctx: StageContext) -> JsonObject:
    raise Refused("there is nothing to hold")


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


async def test_progress_within_stage_moves_between_the_milestones(engine: Engine) -> None:
    seen: list[float] = []
    record = record_for("first", "second")

    async def halfway(ctx: StageContext) -> JsonObject:
        ctx.progress(50)
        seen.append(record.progress)
        ctx.progress(20)  # never backwards
        seen.append(record.progress)
        return {}

    await engine.run(
        record, PlannedStage("first", halfway, 10), PlannedStage("second", halfway, 50)
    )
    assert seen == [5, 5, 30, 30]


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


async def test_amend_earlier_stage_changes_what_is_shown(engine: Engine) -> None:
    async def amend(ctx: StageContext) -> JsonObject:
        ctx.amend("first", {"imageUrl": "/api/assets/sword/concept-art.png"})
        return {}

    record = await engine.run(
        record_for("first", "second"),
        PlannedStage("first", succeed, 25),
        PlannedStage("second", amend, 50),
    )
    shown = record.to_json()
    assert shown["results"]["first"]["imageUrl"] == "/api/assets/sword/concept-art.png"
    assert shown["stages"]["first"]["result"]["imageUrl"] == "/api/assets/sword/concept-art.png"


async def test_start_over_the_limit_waits_as_initializing(tmp_path: Path) -> None:
    engine = Engine(tmp_path, max_active=1)
    go_on = asyncio.Event()
    running = asyncio.Event()

    async def hold(ctx: StageContext) -> JsonObject:
        running.set()
        await go_on.wait()
        return {}

    first, second = record_for("only"), record_for("only", asset_id="axe", number=2)
    engine.runner.start(first, [PlannedStage("only", hold, 50)])
    engine.runner.start(second, [PlannedStage("only", hold, 50)])
    await running.wait()
    assert (first.status, second.status) == ("processing", "initializing")
    go_on.set()
    await second.finished.wait()
    assert second.status is PipelineStatus.COMPLETED


async def test_start_same_asset_twice_raises_conflict(engine: Engine) -> None:
    hold = asyncio.Event()

    async def wait(ctx: StageContext) -> JsonObject:
        await hold.wait()
        return {}

    engine.runner.start(record_for("only"), [PlannedStage("only", wait, 50)])
    with pytest.raises(Conflict, match="pipeline-1"):
        engine.runner.start(record_for("only", number=2), [PlannedStage("only", wait, 50)])
    assert engine.registry.is_busy(AssetId("sword"))
    hold.set()
    await engine.runner.close()


async def test_close_running_pipeline_ends_as_cancelled(engine: Engine) -> None:
    async def forever(ctx: StageContext) -> JsonObject:
        await asyncio.Event().wait()
        return {}

    record = record_for("only")
    engine.runner.start(record, [PlannedStage("only", forever, 50)])
    await asyncio.sleep(0)
    await engine.runner.close()
    assert record.status is PipelineStatus.CANCELLED
    assert record.finished.is_set()


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


async def test_finish_second_time_keeps_the_first_state() -> None:
    record = record_for("only")
    record.finish(PipelineStatus.FAILED, BadInput("no"))
    record.finish(PipelineStatus.COMPLETED)
    assert record.status is PipelineStatus.FAILED
    assert record.error == "no"


async def test_take_old_finished_an_hour_ago_leaves_the_registry() -> None:
    registry = PipelineRegistry()
    old, running = record_for("only"), record_for("only", asset_id="axe", number=2)
    registry.add(old)
    registry.add(running)
    old.finish(PipelineStatus.COMPLETED)
    assert old.finished_ms is not None
    assert registry.take_old(old.finished_ms + KEEP_FINISHED_MS) == []
    assert registry.take_old(old.finished_ms + KEEP_FINISHED_MS + 1) == [old]
    with pytest.raises(NotFound, match="Pipeline pipeline-1 not found"):
        registry.get("pipeline-1")
    assert registry.get("pipeline-2") is running


async def test_run_disk_refuses_workspace_fails_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "work").write_text("in the way")
    engine = Engine(tmp_path / "work")
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


async def test_close_before_the_first_step_wakes_who_waits(engine: Engine) -> None:
    record = record_for("only")
    engine.runner.start(record, [PlannedStage("only", succeed, 50)])
    await engine.runner.close()
    assert record.finished.is_set()
    assert record.status is PipelineStatus.CANCELLED
    assert record.failure is not None
    assert record.failure.status == 503


async def test_on_end_raises_pipeline_is_finished_all_the_same(tmp_path: Path) -> None:
    told: list[str] = []

    async def fail(pipeline_id: str) -> None:
        told.append(pipeline_id)
        raise OSError("no such thing")

    engine = Engine(tmp_path, on_end=fail)
    record = await engine.run(record_for("only"), PlannedStage("only", succeed, 50))
    await engine.runner.close()
    assert record.status is PipelineStatus.COMPLETED
    assert told == ["pipeline-1"]


async def test_close_does_not_wait_for_a_slow_on_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "CLOSING_TIMEOUT_S", 0.01)
    running = asyncio.Event()

    async def never(pipeline_id: str) -> None:
        await asyncio.Event().wait()

    async def hold(ctx: StageContext) -> JsonObject:
        running.set()
        await asyncio.Event().wait()
        return {}

    engine = Engine(tmp_path, on_end=never)
    engine.runner.start(record_for("only"), [PlannedStage("only", hold, 50)])
    await running.wait()
    await asyncio.wait_for(engine.runner.close(), timeout=30)


async def test_twenty_pipelines_at_once_all_end(engine: Engine) -> None:
    most = now = 0

    async def count(ctx: StageContext) -> JsonObject:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return {}

    records = [record_for("only", asset_id=f"sword-{n}", number=n) for n in range(20)]
    for record in records:
        engine.runner.start(record, [PlannedStage("only", count, 50)])
    await asyncio.gather(*(record.finished.wait() for record in records))
    await engine.runner.close()
    assert {record.status for record in records} == {PipelineStatus.COMPLETED}
    assert 1 < most <= 20


async def test_reserved_refused_leaves_no_trace() -> None:
    registry = PipelineRegistry()

    def check() -> None:
        with registry.reserved(record_for("only")):
            assert registry.is_busy(AssetId("sword"))
            raise BadInput("no")

    with pytest.raises(BadInput):
        check()
    assert not registry.is_busy(AssetId("sword"))
    with pytest.raises(NotFound):
        registry.get("pipeline-1")


async def test_reserved_then_started_is_added_once(engine: Engine) -> None:
    record = record_for("only")
    with engine.registry.reserved(record):
        with pytest.raises(Conflict, match="pipeline-1"):
            engine.registry.add(record_for("only", number=2))
        engine.runner.start(record, [PlannedStage("only", succeed, 50)])
    await record.finished.wait()
    await engine.runner.close()
    assert engine.registry.get("pipeline-1") is record


async def test_claimed_keeps_pipelines_away_until_it_is_over() -> None:
    registry = PipelineRegistry()
    with (
        registry.claimed([AssetId("sword")], "renamed"),
        registry.claimed([AssetId("sword")], "deleted"),  # the store lets them take turns
        pytest.raises(Conflict, match="sword is being renamed or deleted"),
    ):
        registry.add(record_for("only"))
    registry.add(record_for("only"))


async def test_claimed_of_an_asset_in_use_raises_conflict() -> None:
    registry = PipelineRegistry()
    registry.add(record_for("only"))
    with (
        pytest.raises(
            Conflict, match="sword is in use by a running pipeline and cannot be renamed"
        ),
        registry.claimed([AssetId("axe"), AssetId("sword")], "renamed"),
    ):
        pass
