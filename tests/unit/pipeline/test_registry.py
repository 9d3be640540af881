"""Pipelines in memory: who holds which asset, and what is forgotten when."""

import pytest

from asset_forge.domain.ids import AssetId
from asset_forge.domain.stages import PipelineStatus
from asset_forge.errors import BadInput, Conflict, NotFound
from asset_forge.pipeline.registry import KEEP_FINISHED_S, PipelineRegistry
from asset_forge.pipeline.runner import PlannedStage
from tests.unit.pipeline.engine import Engine, ended, record_for, succeed


async def test_forget_old_finished_an_hour_ago_leaves_the_registry() -> None:
    registry = PipelineRegistry()
    old, running = record_for("only"), record_for("only", asset_id="axe", number=2)
    registry.add(old)
    registry.add(running)
    old.finish(PipelineStatus.COMPLETED)
    assert old.finished_at_s is not None
    assert registry.forget_old(old.finished_at_s + KEEP_FINISHED_S - 1) == []
    assert registry.forget_old(old.finished_at_s + KEEP_FINISHED_S + 1) == [old]
    with pytest.raises(NotFound, match="Pipeline pipeline-1 not found"):
        registry.get("pipeline-1")
    assert registry.get("pipeline-2") is running


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
        await engine.runner.start(record, [PlannedStage("only", succeed, 50)])
    await ended(record)
    assert engine.registry.get("pipeline-1") is record


async def test_claimed_keeps_pipelines_away_until_it_is_over() -> None:
    registry = PipelineRegistry()
    with (
        registry.claimed([AssetId("sword")], "renamed"),
        registry.claimed([AssetId("sword")], "deleted"),  # the store lets them take turns
        pytest.raises(Conflict, match="sword is being renamed, rendered or deleted"),
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


def test_add_pipeline_of_an_id_that_differs_in_case_alone_is_refused() -> None:
    registry = PipelineRegistry()
    registry.add(record_for("only", asset_id="moonblade", number=1))
    with pytest.raises(Conflict):
        registry.add(record_for("only", asset_id="MoonBlade", number=2))
