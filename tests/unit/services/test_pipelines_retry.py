"""Retries: what was paid for is kept, what has changed since is not overwritten."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from asset_forge.domain.clock import now_ms
from asset_forge.errors import CapReached, Conflict, ForgeError, NotFound
from asset_forge.pipeline.records import PipelineRecord
from asset_forge.services.idempotency import Idempotency, RequestKey
from tests.fakes import models
from tests.fakes.pictures import data_uri
from tests.support.service import preset
from tests.unit.services.workshop import PICTURE, Maker, Workshop, config, workshop

AVATAR: dict[str, Any] = {
    "assetId": "guard",
    "type": "character",
    "enableRigging": True,
    "enableSprites": True,
    "spriteConfig": {"angles": 4, "resolution": 64},
}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Workshop]:
    meshy = Maker("meshy", model=models.tpose_figure())
    async with workshop(tmp_path, meshy=meshy) as opened:
        yield opened


@pytest.fixture
def maker(shop: Workshop) -> Maker:
    assert shop.meshy is not None
    return shop.meshy


async def failed(shop: Workshop, **fields: Any) -> PipelineRecord:
    """Let a generation fail at its model, after words, picture and shape were paid for."""
    assert shop.meshy is not None
    good, shop.meshy.model = shop.meshy.model, b"glTF but no more"
    record = await shop.generate(**fields)
    shop.meshy.model = good
    assert record.status == "failed"
    return record


async def failed_task(shop: Workshop, **fields: Any) -> PipelineRecord:
    """Let a generation fail because its maker has failed: the shape has to be bought again."""
    assert shop.meshy is not None
    shop.meshy.broken.add("")
    record = await shop.generate(**fields)
    shop.meshy.broken.clear()
    assert record.status == "failed"
    return record


async def retried(shop: Workshop, record: PipelineRecord) -> PipelineRecord:
    return await shop.end(await shop.pipelines.retry(record.id))


async def refused(
    shop: Workshop, record: PipelineRecord, kind: type[ForgeError], code: str
) -> None:
    paid_calls = shop.paid_calls
    with pytest.raises(kind) as raised:
        await shop.pipelines.retry(record.id)
    assert raised.value.error_code == code
    assert shop.paid_calls == paid_calls
    assert list(shop.registry.active()) == []
    assert record.retried_by is None


# --- what is kept ---


async def test_retry_buys_again_only_what_has_failed(shop: Workshop) -> None:
    first = await failed_task(shop)
    assert shop.paid_calls == 3  # words, picture, shape
    second = await retried(shop, first)
    assert second.status == "completed"
    assert shop.paid_calls == 4
    shown = second.to_json()
    assert shown["retryOf"] == first.id
    assert first.to_json()["retriedBy"] == second.id
    assert shown["stages"]["promptOptimization"]["status"] == "completed"
    assert shown["stages"]["image3D"]["attempts"] == 2
    assert shop.metadata("plain-sword")["pipelineId"] == second.id
    assert (await shop.pipelines.picture(second.id)).is_file()


async def test_retry_after_a_restart_keeps_what_was_paid_for(tmp_path: Path) -> None:
    maker = Maker("meshy")
    async with workshop(tmp_path, meshy=maker) as shop:
        first = await failed_task(shop)
        before = first.to_json()
    async with workshop(tmp_path, meshy=maker) as shop:
        second = await retried(shop, first)
        assert second.status == "completed"
        assert len(maker.jobs) == 2
        assert shop.writer is not None
        assert shop.writer.calls == 0
        old = (await shop.pipelines.get(first.id)).to_json()
        assert old == {**before, "retriedBy": second.id}


async def test_retry_changes_nothing_that_the_old_one_shows(shop: Workshop) -> None:
    first = await failed_task(shop)
    before = json.dumps(first.to_json())
    second = await retried(shop, first)
    old = first.to_json()
    del old["retriedBy"]
    assert json.dumps(old) == before
    assert second.results["imageGeneration"]["imageUrl"].startswith("/api/assets/")


async def test_retry_shows_the_progress_of_what_is_kept(shop: Workshop, maker: Maker) -> None:
    first = await failed_task(shop)
    maker.hold = True
    maker.submitted.clear()
    second = await shop.pipelines.retry(first.id)
    await maker.submitted.wait()
    assert second.progress >= 25


async def test_retry_of_a_retry_goes_on_as_well(shop: Workshop, maker: Maker) -> None:
    maker.cancels = False
    record = await shop.order()
    for _ in range(3):
        await shop.pipelines.cancel(record.id)
        record = await shop.pipelines.retry(record.id)
        await asyncio.sleep(0)
    maker.hold = False
    assert (await shop.end(record)).status == "completed"
    assert len(maker.jobs) == 1
    assert shop.ledger.credits_today == 10
    await shop.runner.close()
    assert shop.workspaces() == []


async def test_retry_of_completed_with_a_failed_rig_buys_the_rig_alone(
    shop: Workshop, maker: Maker
) -> None:
    maker.broken.add("rig")
    first = await shop.generate(**AVATAR, materialPresets=[preset("bronze")])
    assert first.status == "completed"
    assert shop.metadata("guard")["riggingStatus"] == "failed"
    before = len(maker.jobs)
    maker.broken.clear()
    second = await retried(shop, first)
    assert second.status == "completed"
    assert len(maker.jobs) == before + 1
    assert second.stages["rigging"].status == "completed"
    assert shop.metadata("guard")["isRigged"] is True
    assert "riggingError" not in shop.metadata("guard")


async def test_retry_of_completed_with_failed_sprites_costs_nothing(shop: Workshop) -> None:
    render = shop.instead["render_sprite_files"]

    def tear(*_: object) -> None:
        raise OSError

    shop.tools.workers._instead["render_sprite_files"] = tear  # type: ignore[attr-defined]
    first = await shop.generate(**AVATAR)
    assert first.stages["spriteGeneration"].status == "failed"
    paid_calls = shop.paid_calls
    shop.tools.workers._instead["render_sprite_files"] = render  # type: ignore[attr-defined]
    second = await retried(shop, first)
    assert second.stages["spriteGeneration"].status == "completed"
    assert second.estimated_credits == 0
    assert shop.paid_calls == paid_calls


async def test_retry_uses_the_reference_image_that_was_given(shop: Workshop) -> None:
    first = await failed_task(shop, referenceImage={"dataUrl": data_uri(PICTURE)})
    assert (await retried(shop, first)).status == "completed"
    assert (shop.root / "plain-sword" / "concept-art.png").read_bytes() == PICTURE


async def test_retry_waits_until_the_old_one_is_cleared_up(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the pictures that are hosted for the retry would be taken away with the old ones."""
    clearing, go_on = asyncio.Event(), asyncio.Event()

    async def release(workspace: str) -> None:
        clearing.set()
        await go_on.wait()

    monkeypatch.setattr(shop.runner, "_on_end", release)
    first = await failed_task(shop)
    await clearing.wait()
    retrying = asyncio.create_task(shop.pipelines.retry(first.id))
    await asyncio.sleep(0.01)
    assert not retrying.done()
    go_on.set()
    assert (await shop.end(await retrying)).status == "completed"


# --- what is refused ---


async def test_retry_twice_is_refused(shop: Workshop) -> None:
    first = await failed_task(shop)
    outcomes = await asyncio.gather(
        *(shop.pipelines.retry(first.id) for _ in range(3)), return_exceptions=True
    )
    started = [outcome for outcome in outcomes if isinstance(outcome, PipelineRecord)]
    assert len(started) == 1
    await shop.end(started[0])
    with pytest.raises(Conflict, match=f"retried already, as {started[0].id}"):
        await shop.pipelines.retry(first.id)


async def test_retry_twice_after_both_left_memory_is_refused(shop: Workshop) -> None:
    first = await failed_task(shop)
    await retried(shop, first)
    shop.registry.forget_old(float("inf"))
    with pytest.raises(Conflict, match="retried already"):
        await shop.pipelines.retry(first.id)


async def test_retry_of_what_has_not_failed_is_refused(shop: Workshop, maker: Maker) -> None:
    await refused(shop, await shop.generate(), Conflict, "nothing_to_retry")
    running = await shop.order(assetId="other")
    with pytest.raises(Conflict) as raised:
        await shop.pipelines.retry(running.id)
    assert raised.value.error_code == "pipeline_running"
    with pytest.raises(NotFound):
        await shop.pipelines.retry("pipeline-0")


async def test_retry_refused_leaves_it_to_be_retried_later(shop: Workshop, maker: Maker) -> None:
    first = await failed_task(shop)
    in_the_way = await shop.order()  # the same asset
    with pytest.raises(Conflict) as raised:
        await shop.pipelines.retry(first.id)
    assert raised.value.error_code == "asset_busy"
    await shop.pipelines.cancel(in_the_way.id)
    maker.hold = False
    assert (await retried(shop, first)).status == "completed"


async def test_retry_name_was_taken_meanwhile_is_refused(shop: Workshop) -> None:
    first = await failed(shop)
    shop.put("plain-sword")
    await refused(shop, first, Conflict, "asset_exists")


async def test_retry_of_a_part_asset_was_deleted_meanwhile_is_refused(
    shop: Workshop, maker: Maker
) -> None:
    maker.broken.add("rig")
    first = await shop.generate(**AVATAR)
    shutil.rmtree(shop.root / "guard")
    await refused(shop, first, Conflict, "asset_changed")


async def test_retry_of_a_part_model_was_replaced_meanwhile_is_refused(
    shop: Workshop, maker: Maker
) -> None:
    maker.broken.add("rig")
    first = await shop.generate(**AVATAR)
    await shop.generate(**AVATAR, overwrite=True)
    await refused(shop, first, Conflict, "asset_changed")


async def test_retry_name_of_a_variant_was_taken_meanwhile_is_refused(
    shop: Workshop, maker: Maker
) -> None:
    """Found when it is published it would have been paid for."""
    maker.broken |= {"bronze", "oak"}
    first = await shop.generate(materialPresets=[preset("bronze"), preset("oak")])
    shop.put("plain-sword-bronze", parentBaseModel="other")
    maker.broken.clear()
    await refused(shop, first, Conflict, "asset_exists")


async def test_retry_variants_that_are_made_do_not_stand_in_its_way(
    shop: Workshop, maker: Maker
) -> None:
    maker.broken.add("bronze")
    first = await shop.generate(materialPresets=[preset("bronze"), preset("oak")])
    maker.broken.clear()
    assert (await retried(shop, first)).results["textureGeneration"]["totalVariants"] == 2
    assert sorted(maker.presets()) == ["bronze", "bronze", "oak"]


@pytest.mark.parametrize("given", [{}, {"referenceImage": {"dataUrl": data_uri(PICTURE)}}])
async def test_retry_what_it_had_made_is_gone_is_refused(
    shop: Workshop, given: dict[str, Any]
) -> None:
    first = await failed_task(shop, **given)
    shutil.rmtree(shop.runner.workspace(first))
    await refused(shop, first, Conflict, "too_late_to_retry")


async def test_retry_of_one_that_never_began_needs_nothing_but_its_reference(
    tmp_path: Path,
) -> None:
    maker = Maker("meshy")
    async with workshop(tmp_path, meshy=maker, max_active=1) as shop:
        await shop.order(assetId="first")
        waiting = [
            await shop.generation.start(config(assetId="a")),
            await shop.generation.start(
                config(assetId="b", referenceImage={"dataUrl": data_uri(PICTURE)})
            ),
        ]
        for record in waiting:
            await shop.pipelines.cancel(record.id)
            shutil.rmtree(shop.runner.workspace(record), ignore_errors=True)
        maker.hold = False
        assert (await retried(shop, waiting[0])).status == "completed"
        await refused(shop, waiting[1], Conflict, "too_late_to_retry")


async def test_retry_over_a_cap_is_refused(tmp_path: Path) -> None:
    async with workshop(tmp_path, credits_per_day=25) as shop:
        first = await failed_task(shop, assetId="a")
        other = await shop.order(assetId="b")
        await refused_cap(shop, first)
        await shop.pipelines.cancel(other.id)
        assert shop.meshy is not None
        shop.meshy.hold = False
        assert (await retried(shop, first)).status == "completed"


async def refused_cap(shop: Workshop, record: PipelineRecord) -> None:
    with pytest.raises(CapReached):
        await shop.pipelines.retry(record.id)
    assert record.retried_by is None


async def test_retry_plan_that_cannot_be_read_says_so(shop: Workshop) -> None:
    first = await failed_task(shop)
    first.plan = {}
    await refused(shop, first, ForgeError, "internal_error")


async def test_retry_sent_again_under_its_key_is_answered_with_the_same(shop: Workshop) -> None:
    guard = Idempotency(journal=shop.journal, registry=shop.registry)
    first = await failed_task(shop)
    key = RequestKey("k1", "POST /retry")
    outcomes = [
        await guard.once(key, lambda: shop.pipelines.retry(first.id, key=key)) for _ in range(2)
    ]
    assert outcomes[0][0] is outcomes[1][0]
    assert [is_replay for _, is_replay in outcomes] == [False, True]
    assert await shop.journal.pipeline_of_key("k1", now_ms() - 60_000) == (
        "POST /retry",
        outcomes[0][0].id,
    )
