"""What is forgotten when, and what is spared because somebody may still need it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from asset_forge.domain.clock import iso
from asset_forge.domain.stages import PipelineStatus
from asset_forge.pipeline import upkeep as upkeep_module
from asset_forge.pipeline.records import PipelineRecord
from asset_forge.pipeline.registry import KEEP_FINISHED_S
from asset_forge.pipeline.upkeep import RETRY_WINDOW, Upkeep
from tests.unit.pipeline.engine import LONGEST_WAIT_S, Engine, record_for


def upkeep_of(engine: Engine, *, keep_days: float = 30) -> Upkeep:
    return Upkeep(
        registry=engine.registry,
        journal=engine.journal,
        workspaces=engine.workspaces,
        keep_days=keep_days,
    )


async def ended_ago(engine: Engine, number: int, ago: timedelta) -> PipelineRecord:
    """Put down a pipeline that failed so long ago, with what it has made so far."""
    record = record_for("only", asset_id=f"sword-{number}", number=number)
    await engine.journal.add(record)
    at = iso(datetime.now(UTC) - ago)
    await engine.journal.pipeline_ended(record, record.stages, PipelineStatus.FAILED, None, at)
    workspace_of(engine, record.id)
    return record


def workspace_of(engine: Engine, name: str) -> Path:
    folder = engine.workspaces / name
    folder.mkdir(parents=True)
    (folder / "model_raw.glb").write_bytes(b"glTF")
    return folder


async def test_tidy_forgets_pipelines_that_ended_long_ago(engine: Engine) -> None:
    await ended_ago(engine, 1, timedelta(days=31))
    await ended_ago(engine, 2, timedelta(days=29))
    await upkeep_of(engine).tidy()
    assert [found["id"] for found in await engine.journal.listing()] == ["pipeline-2"]


async def test_tidy_keeps_pipelines_as_long_as_they_can_be_retried(engine: Engine) -> None:
    await ended_ago(engine, 1, RETRY_WINDOW - timedelta(hours=1))
    await upkeep_of(engine, keep_days=0.1).tidy()
    assert len(await engine.journal.listing()) == 1


async def test_tidy_removes_folders_that_nobody_can_go_on_in(engine: Engine) -> None:
    await ended_ago(engine, 1, RETRY_WINDOW + timedelta(hours=1))
    await ended_ago(engine, 2, RETRY_WINDOW - timedelta(hours=1))
    workspace_of(engine, "pipeline-nobody-knows")
    running = record_for("only", asset_id="axe", number=3)
    engine.registry.add(running)  # its request is being checked; the journal knows nothing yet
    workspace_of(engine, running.workspace)
    await upkeep_of(engine).tidy()
    assert {path.name for path in engine.workspaces.iterdir()} == {"pipeline-2", "pipeline-3"}


async def test_tidy_spares_a_folder_that_is_made_meanwhile(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipeline that is started while the journal is asked is in no list yet."""
    look = engine.journal.kept_workspaces

    async def start_meanwhile(*args: Any) -> set[str]:
        kept = await look(*args)
        workspace_of(engine, "pipeline-new")
        return kept

    engine.workspaces.mkdir(parents=True)
    monkeypatch.setattr(engine.journal, "kept_workspaces", start_meanwhile)
    await upkeep_of(engine).tidy()
    assert [path.name for path in engine.workspaces.iterdir()] == ["pipeline-new"]


async def test_tidy_forgets_in_memory_what_ended_over_an_hour_ago(engine: Engine) -> None:
    record = record_for("only")
    engine.registry.add(record)
    record.finish(PipelineStatus.COMPLETED)
    assert record.finished_at_s is not None
    record.finished_at_s -= KEEP_FINISHED_S + 1
    await upkeep_of(engine).tidy()
    assert engine.registry.find(record.id) is None


async def test_looks_now_and_then_whatever_it_met(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep_module, "INTERVAL_S", 0.001)
    looks, thrice = [], asyncio.Event()

    async def fail(**_: Any) -> int:
        looks.append(1)
        if len(looks) >= 3:
            thrice.set()
        raise OSError("the folder went away")

    monkeypatch.setattr(engine.journal, "prune", fail)
    upkeep = upkeep_of(engine)
    upkeep.start()
    try:
        await asyncio.wait_for(thrice.wait(), LONGEST_WAIT_S)
    finally:
        await upkeep.close()


async def test_start_does_what_else_there_is_at_once(engine: Engine) -> None:
    done = asyncio.Event()

    async def also() -> None:
        done.set()

    upkeep = Upkeep(
        registry=engine.registry,
        journal=engine.journal,
        workspaces=engine.workspaces,
        keep_days=1,
        also=also,
    )
    upkeep.start()
    await asyncio.wait_for(done.wait(), 30)
    await upkeep.close()
