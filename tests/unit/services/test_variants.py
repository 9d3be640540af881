"""The texture stage: variants side by side, each with a fate of its own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from asset_forge.pipeline.records import PipelineRecord
from tests.support.service import preset
from tests.unit.services.workshop import LONGEST_RUN_S, Workshop, config, workshop

THREE = [preset("bronze"), preset("oak"), preset("mithril")]


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("kind", ["broken", "faulty"])
async def test_variants_one_fails_the_others_are_made(shop: Workshop, kind: str) -> None:
    getattr(shop.meshy, kind).add("bronze")
    record = await shop.generate(materialPresets=THREE)
    assert record.status == "completed"
    assert record.stages["textureGeneration"].status == "completed"
    result = record.results["textureGeneration"]
    assert result["totalVariants"] == 2
    failed, *good = result["variants"]
    assert (failed["id"], failed["success"], failed["modelUrl"]) == ("bronze", False, None)
    assert "surface tore" in failed["error"] or "KeyError" in failed["error"]
    assert "a mistake" not in failed["error"]
    assert [variant["modelUrl"] for variant in good] == [
        "/api/assets/plain-sword-oak/model",
        "/api/assets/plain-sword-mithril/model",
    ]
    assert set(shop.metadata("plain-sword")["variants"]) == {
        "plain-sword-oak",
        "plain-sword-mithril",
    }


async def test_variants_all_fail_the_stage_fails_and_the_pipeline_completes(
    shop: Workshop,
) -> None:
    assert shop.meshy is not None
    shop.meshy.broken |= {"bronze", "oak", "mithril"}
    record = await shop.generate(materialPresets=THREE)
    assert record.status == "completed"
    stage = record.stages["textureGeneration"]
    assert stage.status == "failed"
    assert "the surface tore" in str(stage.error)
    assert len(record.results["textureGeneration"]["variants"]) == 3


async def test_variants_turned_off_or_not_given_are_skipped(shop: Workshop) -> None:
    record = await shop.generate(materialPresets=THREE, enableRetexturing=False)
    assert record.stages["textureGeneration"].status == "skipped"
    assert shop.meshy is not None
    assert shop.meshy.presets() == []
    record = await shop.generate(assetId="other", enableRetexturing=True)
    assert record.stages["textureGeneration"].status == "skipped"
    assert record.progress == 100


async def test_variants_cancelled_are_all_called_off(shop: Workshop) -> None:
    record = await start_three_that_wait(shop)
    await shop.pipelines.cancel(record.id)
    assert record.status == "cancelled"
    assert shop.meshy is not None
    assert sorted(shop.meshy.cancelled) == ["meshy-2", "meshy-3", "meshy-4"]
    assert shop.assets() == {"plain-sword"}


async def test_variants_stopped_are_left_to_the_next_run(shop: Workshop) -> None:
    record = await start_three_that_wait(shop)
    await shop.runner.close()
    assert record.status == "processing"
    assert shop.meshy is not None
    assert shop.meshy.cancelled == []
    (left,) = await shop.journal.unfinished()
    submits = (f"textureGeneration/plain-sword-{each['id']}.submit" for each in THREE)
    assert {left.task_of(call) for call in submits} == {"meshy-2", "meshy-3", "meshy-4"}


async def start_three_that_wait(shop: Workshop) -> PipelineRecord:
    """Start three variants of a sword that is there, at a maker that does not finish them."""
    assert shop.meshy is not None
    await shop.generate()
    shop.meshy.hold = True
    record = await shop.generation.start(config(enableGeneration=False, materialPresets=THREE))
    calls = [f"textureGeneration/plain-sword-{each['id']}.submit" for each in THREE]
    async with asyncio.timeout(LONGEST_RUN_S):
        while not all(record.task_of(call) for call in calls):
            await asyncio.sleep(0)
    return record
