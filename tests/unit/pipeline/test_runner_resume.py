"""Going on with what an earlier run of the service has left."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from asset_forge.domain.stages import PipelineStatus, StageStatus
from asset_forge.errors import BadInput
from asset_forge.pipeline.context import JsonObject, StageContext
from asset_forge.pipeline.records import PipelineRecord
from asset_forge.pipeline.runner import PlannedStage
from tests.unit.pipeline.engine import (
    Engine,
    Holding,
    ended,
    engine_in,
    record_for,
    refuse,
    succeed,
)

Stage = Callable[[StageContext], Awaitable[JsonObject]]


async def left_by_a_stop(root: Path, *before: PlannedStage) -> None:
    """Run stages to their end and one more, called `last`, until the service is stopped in it."""
    hold = Holding()
    record = record_for(*(stage.name for stage in before), "last")
    async with engine_in(root) as engine:
        await engine.runner.start(record, [*before, PlannedStage("last", hold, 90)])
        await hold.reached.wait()


async def go_on(engine: Engine, *stages: PlannedStage) -> PipelineRecord:
    (record,) = await engine.journal.unfinished()
    engine.runner.resume(record, stages)
    return await ended(record)


async def test_resume_skips_what_has_ended_and_runs_the_rest_again(tmp_path: Path) -> None:
    first, last = Holding(), Holding()
    first.go_on.set()
    last.go_on.set()
    await left_by_a_stop(tmp_path, PlannedStage("first", first, 50))
    async with engine_in(tmp_path) as engine:
        record = await go_on(
            engine, PlannedStage("first", first, 50), PlannedStage("last", last, 90)
        )
        assert (first.runs, last.runs) == (1, 1)
        assert record.status is PipelineStatus.COMPLETED
        assert [stage.attempts for stage in record.stages.values()] == [1, 2]
        assert (await engine.written(record)).to_json() == record.to_json()


async def test_resume_later_stages_see_the_results_of_earlier_ones(tmp_path: Path) -> None:
    seen = []

    async def look(ctx: StageContext) -> JsonObject:
        seen.append(dict(ctx.results))
        return {}

    await left_by_a_stop(tmp_path, PlannedStage("first", succeed, 50))
    async with engine_in(tmp_path) as engine:
        await go_on(engine, PlannedStage("first", succeed, 50), PlannedStage("last", look, 90))
    assert seen == [{"first": {"made": True}}]


async def test_resume_progress_does_not_fall_below_what_has_ended(tmp_path: Path) -> None:
    seen = []

    async def look(ctx: StageContext) -> JsonObject:
        ctx.progress(50)
        seen.append(record.progress)
        return {}

    await left_by_a_stop(tmp_path, PlannedStage("first", succeed, 50))
    async with engine_in(tmp_path) as engine:
        (record,) = await engine.journal.unfinished()
        record.progress = 0  # as a retry begins, which takes over stages that have ended
        engine.runner.resume(
            record, [PlannedStage("first", succeed, 50), PlannedStage("last", look, 90)]
        )
        await ended(record)
    assert seen == [70]


async def test_resume_after_an_essential_stage_has_failed_ends_the_pipeline(
    tmp_path: Path,
) -> None:
    """Killed after the stage was written down, and before the pipeline was."""
    later = Holding()
    record = record_for("first", "last")
    stages = [PlannedStage("first", refuse, 50, essential=True), PlannedStage("last", later, 90)]
    async with engine_in(tmp_path) as engine:
        await engine.run(record, *stages)
        await engine.database.ask(
            lambda db: db.execute("UPDATE pipelines SET status='processing', failure=NULL")
        )
    async with engine_in(tmp_path) as engine:
        again = await go_on(engine, *stages)
        assert again.status is PipelineStatus.FAILED
        assert again.error == "there is nothing to hold"
        assert again.stages["first"].attempts == 1
        assert later.runs == 0


async def test_resume_after_another_stage_has_failed_goes_on(tmp_path: Path) -> None:
    await left_by_a_stop(tmp_path, PlannedStage("first", refuse, 50))
    async with engine_in(tmp_path) as engine:
        record = await go_on(
            engine, PlannedStage("first", refuse, 50), PlannedStage("last", succeed, 90)
        )
        assert record.status is PipelineStatus.COMPLETED
        assert record.stages["first"].status is StageStatus.FAILED
        assert record.stages["first"].attempts == 1


async def test_resume_of_one_that_never_began_runs_it_all(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        await engine.journal.add(record_for("only"))
    async with engine_in(tmp_path) as engine:
        record = await go_on(engine, PlannedStage("only", succeed, 50))
        assert record.status is PipelineStatus.COMPLETED


async def test_resume_goes_on_again_and_again(tmp_path: Path) -> None:
    await left_by_a_stop(tmp_path)
    for _ in range(3):
        hold = Holding()
        async with engine_in(tmp_path) as engine:
            (record,) = await engine.journal.unfinished()
            engine.runner.resume(record, [PlannedStage("last", hold, 90)])
            await hold.reached.wait()
    async with engine_in(tmp_path) as engine:
        record = await go_on(engine, PlannedStage("last", succeed, 90))
    assert record.stages["last"].attempts == 5


async def test_give_up_ends_it_with_the_reason(tmp_path: Path) -> None:
    await left_by_a_stop(tmp_path, PlannedStage("first", succeed, 50))
    async with engine_in(tmp_path) as engine:
        (record,) = await engine.journal.unfinished()
        await engine.runner.give_up(record, BadInput("the plan cannot be read"))
        written = await engine.written(record)
        assert written.status is PipelineStatus.FAILED
        assert written.error == written.stages["last"].error == "the plan cannot be read"
        assert written.stages["first"].status is StageStatus.COMPLETED
