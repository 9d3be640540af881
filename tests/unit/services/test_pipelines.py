"""PipelineService: how pipelines stand, wherever they are known, and what a cancel comes to."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from asset_forge.domain.ids import AssetId
from asset_forge.domain.stages import PipelineStatus
from asset_forge.errors import Conflict, NotFound, ProviderUnreachable
from asset_forge.pipeline.records import CallState, PipelineRecord
from asset_forge.services import pipelines as pipelines_module
from tests.unit.services.workshop import LONGEST_RUN_S, Maker, Workshop, config, workshop

SUBMIT = "image3D/model.submit"


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as opened:
        yield opened


@pytest.fixture
def maker(shop: Workshop) -> Maker:
    assert shop.meshy is not None
    return shop.meshy


def ids(found: list[dict[str, str]]) -> list[str]:
    return [summary["id"] for summary in found]


def forget(shop: Workshop) -> None:
    """Let all that has ended leave memory."""
    assert shop.registry.forget_old(float("inf"))


# --- looking ---


async def test_get_after_it_left_memory_shows_the_same(shop: Workshop) -> None:
    record = await shop.generate(enableSprites=True, spriteConfig={"angles": 4, "resolution": 64})
    shown = record.to_json()
    forget(shop)
    assert (await shop.pipelines.get(record.id)).to_json() == shown
    assert shown["cost"]["credits"] == 10


async def test_get_nobody_knows_is_not_found(shop: Workshop) -> None:
    with pytest.raises(NotFound, match="Pipeline pipeline-0 not found"):
        await shop.pipelines.get("pipeline-0")


async def test_listing_shows_memory_before_the_journal(shop: Workshop) -> None:
    record = await shop.order()
    record.progress = 42
    (summary,) = await shop.pipelines.listing()
    assert (summary["progress"], summary["status"]) == (42, "processing")
    assert "stages" not in summary
    assert "results" not in summary


async def test_listing_by_status_goes_by_memory(tmp_path: Path) -> None:
    """The journal says "processing" of what waits for a place since the restart."""
    maker = Maker("meshy")
    async with workshop(tmp_path, meshy=maker) as shop:
        for name in ("a", "b", "c"):
            await shop.order(assetId=name)
    async with workshop(tmp_path, meshy=maker, max_active=1) as shop:
        await shop.pipelines.resume()
        await asyncio.sleep(0)

        async def standing(*statuses: PipelineStatus) -> list[str]:
            found = await shop.pipelines.listing(statuses=statuses)
            return [summary["assetId"] for summary in found]

        assert await standing(PipelineStatus.PROCESSING) == ["a"]
        assert await standing(PipelineStatus.INITIALIZING) == ["c", "b"]
        assert await standing(PipelineStatus.COMPLETED) == []
        found = await shop.pipelines.listing(statuses=[PipelineStatus.INITIALIZING], limit=1)
        assert [summary["assetId"] for summary in found] == ["c"]
        found = await shop.pipelines.listing(statuses=[PipelineStatus.PROCESSING], limit=1)
        assert [summary["assetId"] for summary in found] == ["a"]


async def test_listing_filters_and_limits(shop: Workshop) -> None:
    first = await shop.generate(assetId="a")
    second = await shop.generate(assetId="b")
    third = await shop.generate(assetId="a", overwrite=True)
    listing = shop.pipelines.listing
    assert ids(await listing()) == [third.id, second.id, first.id]
    assert ids(await listing(asset_id=AssetId("a"))) == [third.id, first.id]
    assert ids(await listing(limit=2)) == [third.id, second.id]
    assert ids(await listing(statuses=[PipelineStatus.FAILED])) == []


# --- cancelling ---


async def test_cancel_refunds_a_task_that_waits(shop: Workshop, maker: Maker) -> None:
    record = await shop.order()
    assert await shop.pipelines.cancel(record.id) is record
    assert record.status == "cancelled"
    assert record.to_json()["cost"]["credits"] == shop.ledger.credits_today == 0
    assert maker.cancelled == ["meshy-1"]
    written = await shop.journal.find(record.id)
    assert written is not None
    assert written.calls[SUBMIT].state is CallState.REFUSED


async def test_cancel_keeps_a_task_that_has_begun_for_a_retry(shop: Workshop, maker: Maker) -> None:
    maker.cancels = False
    record = await shop.order()
    await shop.pipelines.cancel(record.id)
    assert record.to_json()["cost"]["credits"] == 10
    maker.hold = False
    retry = await shop.end(await shop.pipelines.retry(record.id))
    assert retry.status == "completed"
    assert len(maker.jobs) == 1
    assert shop.ledger.credits_today == 10


@pytest.mark.parametrize(
    "trouble", [ProviderUnreachable("no answer", provider="meshy"), KeyError("a mistake")]
)
async def test_cancel_task_cannot_be_called_off_is_cancelled_all_the_same(
    shop: Workshop, maker: Maker, trouble: Exception
) -> None:
    maker.cancels = trouble
    record = await shop.order()
    assert (await shop.pipelines.cancel(record.id)).status == "cancelled"
    assert record.task_of(SUBMIT) == "meshy-1"


async def test_cancel_maker_does_not_answer_is_not_waited_for(
    shop: Workshop, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> bool:
        await asyncio.Event().wait()
        return True

    monkeypatch.setattr(pipelines_module, "CALL_OFF_TIMEOUT_S", 0.01)
    monkeypatch.setattr(maker, "cancel", never)
    record = await shop.order()
    cancelling = shop.pipelines.cancel(record.id)
    assert (await asyncio.wait_for(cancelling, LONGEST_RUN_S)).status == "cancelled"


async def test_cancel_again_returns_it_and_calls_nothing_off(shop: Workshop, maker: Maker) -> None:
    """A retry may be waiting for the very task."""
    maker.cancels = False
    record = await shop.order()
    await asyncio.gather(*(shop.pipelines.cancel(record.id) for _ in range(3)))
    assert maker.cancelled == ["meshy-1"]
    retry = await shop.pipelines.retry(record.id)
    maker.cancels = True
    assert (await shop.pipelines.cancel(record.id)).status == "cancelled"
    forget(shop)
    assert (await shop.pipelines.cancel(record.id)).status == "cancelled"
    assert maker.cancelled == ["meshy-1"]
    maker.hold = False
    assert (await shop.end(retry)).status == "completed"


async def test_cancel_of_a_retry_refunds_the_one_that_has_paid(
    shop: Workshop, maker: Maker
) -> None:
    maker.cancels = False
    first = await shop.order()
    await shop.pipelines.cancel(first.id)
    retry = await shop.pipelines.retry(first.id)
    maker.cancels = True
    await shop.pipelines.cancel(retry.id)
    assert maker.cancelled == ["meshy-1", "meshy-1"]
    assert first.spent_credits == shop.ledger.credits_today == 0
    amounts = [entry.charge.credits for entry in await shop.ledger.entries()]
    assert [amount for amount in amounts if amount is not None] == [0]


async def test_retry_waits_until_the_cancel_has_called_everything_off(
    shop: Workshop, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would wait for a task that is deleted under it."""
    calling, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(*_: object) -> bool:
        calling.set()
        await go_on.wait()
        return True

    monkeypatch.setattr(maker, "cancel", slowly)
    record = await shop.order()
    cancelling = asyncio.create_task(shop.pipelines.cancel(record.id))
    await calling.wait()
    retrying = asyncio.create_task(shop.pipelines.retry(record.id))
    await asyncio.sleep(0.01)
    assert not retrying.done()
    go_on.set()
    await cancelling
    maker.hold = False
    assert (await shop.end(await retrying)).status == "completed"
    assert len(maker.jobs) == 2


async def test_cancel_of_one_that_has_ended_is_a_conflict(shop: Workshop) -> None:
    record = await shop.generate()
    for _ in range(2):
        with pytest.raises(Conflict, match="has completed already") as raised:
            await shop.pipelines.cancel(record.id)
        assert raised.value.error_code == "pipeline_ended"
        forget_if_there(shop, record)


def forget_if_there(shop: Workshop, record: PipelineRecord) -> None:
    if shop.registry.find(record.id):
        forget(shop)


async def test_cancel_frees_the_asset(shop: Workshop, maker: Maker) -> None:
    record = await shop.order()
    with pytest.raises(Conflict):
        await shop.generation.start(config())
    await shop.pipelines.cancel(record.id)
    maker.hold = False
    assert (await shop.generate()).status == "completed"
