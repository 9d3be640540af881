"""Retries of retextures, and of generations that only paint a model that is there."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from asset_forge.domain.ids import AssetId
from asset_forge.domain.materials import MaterialPreset
from asset_forge.errors import CapReached, Conflict, NotFound
from asset_forge.pipeline.records import PipelineRecord
from asset_forge.services.retexture import RetextureRequest
from tests.support.service import preset
from tests.unit.services.workshop import Maker, Workshop, config, workshop

ORDER = RetextureRequest(AssetId("sword"), MaterialPreset.from_json(preset("bronze")))


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as opened:
        opened.put("sword", meshyTaskId="task-7")
        yield opened


@pytest.fixture
def maker(shop: Workshop) -> Maker:
    assert shop.meshy is not None
    return shop.meshy


async def failed(shop: Workshop, *, paid: bool) -> PipelineRecord:
    """Let a retexture fail: at its maker, or when its model is paid for and cannot be used."""
    assert shop.meshy is not None
    good = shop.meshy.model
    if paid:
        shop.meshy.model = b"glTF but no more"
    else:
        shop.meshy.broken.add("bronze")
    record = await shop.end(await shop.retexture.start(ORDER))
    shop.meshy.model = good
    shop.meshy.broken.clear()
    assert record.status == "failed"
    return record


async def test_retry_of_a_retexture_whose_maker_failed_orders_it_again(
    shop: Workshop, maker: Maker
) -> None:
    first = await failed(shop, paid=False)
    second = await shop.end(await shop.pipelines.retry(first.id))
    assert second.status == "completed"
    assert len(maker.jobs) == 2
    assert shop.metadata("sword")["variants"] == ["sword-bronze"]
    assert (await shop.retexture.finish(second))["id"] == "sword-bronze"


async def test_retry_of_a_retexture_that_was_stopped_goes_on_with_its_task(
    shop: Workshop, maker: Maker
) -> None:
    maker.hold, maker.cancels = True, False
    first = await shop.retexture.start(ORDER)
    while first.task_of("textureGeneration/sword-bronze.submit") is None:
        await maker.submitted.wait()
        await shop.database.ask(lambda _: None)
    await shop.pipelines.cancel(first.id)
    maker.hold = False
    second = await shop.pipelines.retry(first.id)
    assert second.estimated_credits == 0
    assert (await shop.end(second)).status == "completed"
    assert len(maker.jobs) == 1


@pytest.mark.parametrize("paid", [False, True])
@pytest.mark.parametrize("found", [{}, {"retextureTaskId": "another"}])
async def test_retry_of_a_retexture_name_was_taken_meanwhile_is_refused(
    shop: Workshop, found: dict[str, str], paid: bool
) -> None:
    first = await failed(shop, paid=paid)
    shop.put("sword-bronze", **found)
    with pytest.raises(Conflict) as raised:
        await shop.pipelines.retry(first.id)
    assert raised.value.error_code == "asset_exists"


@pytest.mark.parametrize("paid", [False, True])
async def test_retry_of_a_retexture_base_was_deleted_meanwhile_is_refused(
    shop: Workshop, paid: bool
) -> None:
    first = await failed(shop, paid=paid)
    shutil.rmtree(shop.root / "sword")
    with pytest.raises(NotFound):
        await shop.pipelines.retry(first.id)
    assert first.retried_by is None


async def test_retry_of_a_retexture_over_a_cap_is_refused(tmp_path: Path) -> None:
    async with workshop(tmp_path, credits_per_day=15) as shop:
        shop.put("sword", meshyTaskId="task-7")
        first = await failed(shop, paid=False)
        with pytest.raises(CapReached):
            await shop.pipelines.retry(first.id)


async def test_retry_of_painting_alone_paints_what_has_failed(shop: Workshop, maker: Maker) -> None:
    maker.broken.add("bronze")
    first = await shop.end(
        await shop.generation.start(
            config(
                assetId="sword",
                enableGeneration=False,
                materialPresets=[preset("bronze"), preset("oak")],
            )
        )
    )
    assert first.wants_retry
    maker.broken.clear()
    second = await shop.end(await shop.pipelines.retry(first.id))
    assert second.status == "completed"
    assert sorted(maker.presets()) == ["bronze", "bronze", "oak"]


async def test_retry_of_painting_alone_model_was_deleted_meanwhile_is_refused(
    shop: Workshop, maker: Maker
) -> None:
    maker.broken.add("bronze")
    first = await shop.end(
        await shop.generation.start(
            config(assetId="sword", enableGeneration=False, materialPresets=[preset("bronze")])
        )
    )
    shutil.rmtree(shop.root / "sword")
    with pytest.raises(NotFound, match="sword"):
        await shop.pipelines.retry(first.id)
