"""What a stage may ask of the engine that costs nothing: results kept, files, what is shown."""

from pathlib import Path

from asset_forge.pipeline.context import Artifact, JsonObject, StageContext
from asset_forge.pipeline.records import CallState
from asset_forge.pipeline.runner import PlannedStage
from tests.unit.pipeline.engine import Engine, engine_in, record_for, succeed
from tests.unit.pipeline.test_stage_context import BOUGHT, KEY, Call, context, new


async def test_keep_run_again_returns_what_is_stored(tmp_path: Path) -> None:
    call = Call(BOUGHT)
    async with engine_in(tmp_path) as engine:
        record = await new(engine)
        assert await context(engine, record).keep("end", call) == BOUGHT
    async with engine_in(tmp_path) as engine:
        (record,) = await engine.journal.unfinished()
        assert await context(engine, record).keep("end", call) == BOUGHT
    assert call.sent == 1


async def test_forget_lets_it_be_bought_again(engine: Engine) -> None:
    record, call = await new(engine), Call(BOUGHT)
    ctx = context(engine, record)
    await ctx.once("buy", call)
    await ctx.forget("buy")
    assert (await engine.written(record)).calls[KEY].state is CallState.REFUSED
    await ctx.once("buy", call)
    assert call.sent == 2
    await ctx.forget("never heard of")


async def test_saved_is_what_was_said_while_the_file_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "model.glb"
    path.write_bytes(b"glTF")
    async with engine_in(tmp_path) as engine:
        record = await new(engine)
        assert context(engine, record).saved(path) is None
        await context(engine, record).save(Artifact(path, "a" * 64, 4))
    async with engine_in(tmp_path) as engine:
        (record,) = await engine.journal.unfinished()
        assert context(engine, record).saved(path) == Artifact(path, "a" * 64, 4)
        path.write_bytes(b"glTF and more")
        assert context(engine, record).saved(path) is None
        path.unlink()
        assert context(engine, record).saved(path) is None


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
