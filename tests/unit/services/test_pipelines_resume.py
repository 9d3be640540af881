"""After a kill: each stage is done again from where the journal stands; nothing is bought twice.

The kill is a stop at a place where the journal knows less than has happened. Real processes are
killed in tests/crash.
"""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from asset_forge.domain.ids import AssetId
from asset_forge.domain.materials import MaterialPreset
from asset_forge.errors import ForgeError
from asset_forge.pipeline.records import PipelineRecord
from asset_forge.services.retexture import RetextureRequest
from tests.fakes import models
from tests.support.service import preset
from tests.unit.services.workshop import (
    LONGEST_RUN_S,
    Artist,
    Maker,
    Workshop,
    Writer,
    config,
    workshop,
)

EVERYTHING: dict[str, Any] = {
    "assetId": "guard",
    "type": "character",
    "materialPresets": [preset("bronze"), preset("oak")],
    "enableRigging": True,
    "enableSprites": True,
    "spriteConfig": {"angles": 4, "resolution": 64},
}
STAGES = (
    "promptOptimization",
    "imageGeneration",
    "image3D",
    "textureGeneration",
    "rigging",
    "spriteGeneration",
)
TIMES = {"generatedAt", "completedAt", "updatedAt", "lastSpriteGeneration"}
LOSSES = {
    "nothing": (),
    "ends of tasks": ("DELETE FROM calls WHERE key LIKE '%.end'",),
    "files": ("DELETE FROM artifacts",),
    "ends and files": ("DELETE FROM calls WHERE key LIKE '%.end'", "DELETE FROM artifacts"),
}


class World:
    """Makers that go on while services over one folder come and go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.makers = {
            "writer": Writer(),
            "artist": Artist(),
            "meshy": Maker("meshy", model=models.tpose_figure()),
        }

    def open(self, **more: Any) -> Any:
        return workshop(self.folder, **{**self.makers, **more})

    @property
    def meshy(self) -> Maker:
        maker = self.makers["meshy"]
        assert isinstance(maker, Maker)
        return maker


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def killed_after(shop: Workshop, stage: str, record: PipelineRecord) -> None:
    """Stop a service when a stage has done all its work and the journal has not been told."""
    reached, write = asyncio.Event(), shop.journal.stage_ended

    async def tell(pipeline_id: Any, name: str, *more: Any) -> None:
        if name == stage:
            reached.set()
            await asyncio.Event().wait()
        await write(pipeline_id, name, *more)

    shop.journal.stage_ended = tell  # type: ignore[method-assign, assignment]
    await asyncio.wait_for(reached.wait(), LONGEST_RUN_S)
    await shop.runner.close()


async def lose(shop: Workshop, *statements: str) -> None:
    await shop.database.ask(lambda db: [db.execute(statement) for statement in statements])


async def resumed(shop: Workshop) -> PipelineRecord:
    """Let a new service go on with the only pipeline that is left, to its end."""
    await shop.ledger.open()
    assert await shop.pipelines.resume() == 1
    (record,) = shop.registry.active()
    return await shop.end(record)


def library(shop: Workshop) -> dict[str, Any]:
    """Return every file of the library, without what says when it was written."""
    found: dict[str, Any] = {}
    for path in sorted(each for asset_id in shop.assets() for each in _files(shop, asset_id)):
        data: Any = path.read_bytes()
        if path.suffix == ".json":
            data = {key: value for key, value in json.loads(data).items() if key not in TIMES}
        found[str(path.relative_to(shop.root))] = data
    return found


def _files(shop: Workshop, asset_id: str) -> list[Path]:
    return [path for path in (shop.root / asset_id).rglob("*") if path.is_file()]


# --- each stage, from each point ---


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("stage", STAGES)
async def test_resume_after_a_stage_that_was_not_written_down_buys_nothing_again(
    world: World, stage: str, loss: str
) -> None:
    async with world.open() as shop:
        record = await shop.generation.start(config(**EVERYTHING))
        await killed_after(shop, stage, record)
        await lose(shop, *LOSSES[loss])
        before, spent = library(shop), shop.ledger.credits_today
        paid_calls = shop.paid_calls
    async with world.open() as shop:
        again = await resumed(shop)
        assert again.status == "completed", again.error
        assert {s.status for s in again.stages.values()} == {"completed"}, again.to_json()
        assert again.stages[stage].attempts == 2
        bought_later = {"image3D": 3, "textureGeneration": 1}
        later = {"promptOptimization": 5, "imageGeneration": 4, **bought_later}.get(stage, 0)
        assert shop.paid_calls == paid_calls + later
        assert shop.assets() == {"guard", "guard-bronze", "guard-oak"}
        after = library(shop)
        unchanged = [name for name in before if not name.endswith("metadata.json")]
        assert {name: after[name] for name in unchanged} == {n: before[n] for n in unchanged}
        assert shop.metadata("guard")["variantCount"] == 2
        assert shop.metadata("guard")["isRigged"] is True
        assert shop.ledger.credits_today == spent + 10 * min(later, 4)
        assert len(await shop.ledger.entries()) == 6
        await shop.runner.close()
        assert shop.workspaces() == []


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("stage", ["image3D", "textureGeneration"])
async def test_resume_of_an_overwrite_replaces_once(world: World, stage: str, loss: str) -> None:
    request = {"assetId": "guard", "materialPresets": [preset("bronze")]}
    async with world.open() as shop:
        await shop.generate(**request)
        record = await shop.generation.start(config(**request, overwrite=True))
        await killed_after(shop, stage, record)
        await lose(shop, *LOSSES[loss])
        published = shop.metadata("guard")["providerTaskId"]
        paid_calls = shop.paid_calls
    async with world.open() as shop:
        again = await resumed(shop)
        assert again.status == "completed", again.error
        assert shop.metadata("guard")["providerTaskId"] == published
        assert shop.paid_calls == paid_calls + (1 if stage == "image3D" else 0)
        assert shop.metadata("guard")["variants"] == ["guard-bronze"]


@pytest.mark.parametrize("loss", LOSSES)
async def test_resume_of_a_retexture_that_was_published_is_not_refused(
    world: World, loss: str
) -> None:
    bronze = MaterialPreset.from_json(preset("bronze"))
    async with world.open() as shop:
        shop.put("sword", meshyTaskId="task-7")
        record = await shop.retexture.start(RetextureRequest(AssetId("sword"), bronze))
        await killed_after(shop, "textureGeneration", record)
        await lose(shop, *LOSSES[loss])
    async with world.open() as shop:
        again = await resumed(shop)
        assert again.status == "completed", again.error
        assert len(world.meshy.jobs) == 1
        assert shop.metadata("sword")["variants"] == ["sword-bronze"]


async def test_resume_polls_what_was_ordered_and_orders_nothing(world: World) -> None:
    async with world.open() as shop:
        await shop.order(assetId="guard")
    async with world.open() as shop:
        assert await shop.pipelines.resume() == 1
        assert world.meshy.known == {"meshy-1"}
        assert shop.registry.is_busy(AssetId("guard"))
        world.meshy.hold = False
        (record,) = shop.registry.active()
        assert (await shop.end(record)).status == "completed"
        assert len(world.meshy.jobs) == 1


@pytest.mark.parametrize(("lost", "orders"), [("meshy-1", 1), (None, 2)])
async def test_resume_looks_for_an_order_whose_answer_was_lost(
    world: World, lost: str | None, orders: int
) -> None:
    async with world.open() as shop:
        await shop.order(assetId="guard")
        await shop.runner.close()
        await lose(shop, "UPDATE calls SET state='intent', result=NULL WHERE key LIKE 'image3D/%'")
    world.meshy.hold = False
    world.meshy.lost = lost
    async with world.open() as shop:
        assert (await resumed(shop)).status == "completed"
        assert len(world.meshy.jobs) == orders
        assert shop.ledger.credits_today == 10


async def test_resume_picture_whose_answer_was_lost_is_drawn_again_once(world: World) -> None:
    async with world.open() as shop:
        record = await shop.generation.start(config(assetId="guard"))
        await killed_after(shop, "imageGeneration", record)
        await lose(shop, "UPDATE calls SET state='intent', result=NULL WHERE key LIKE '%/draw'")
        shutil.rmtree(shop.runner.workspace(record))
    async with world.open() as shop:
        again = await resumed(shop)
        assert again.status == "completed"
        assert "billed twice" in again.to_json()["stages"]["imageGeneration"]["note"]
        artist = world.makers["artist"]
        assert isinstance(artist, Artist)
        assert len(artist.prompts) == 2


# --- what cannot go on ---


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE pipelines SET kind='dance' WHERE asset_id='a'",
        "UPDATE pipelines SET plan='{}' WHERE asset_id='a'",
        "UPDATE pipelines SET plan='{' WHERE asset_id='a'",
        "UPDATE pipelines SET plan='[]' WHERE asset_id='a'",
        "UPDATE pipelines SET plan=json_set(plan, '$.request.name', 7) WHERE asset_id='a'",
        "UPDATE pipelines SET kind='retexture' WHERE asset_id='a'",
        """UPDATE stages SET status='dreaming' WHERE name='image3D' AND pipeline_id=(
        SELECT id FROM pipelines WHERE asset_id='a')""",
    ],
)
async def test_resume_what_cannot_be_read_fails_alone(world: World, damage: str) -> None:
    async with world.open() as shop:
        broken = await shop.order(assetId="a")
        whole = await shop.order(assetId="b")
        await shop.runner.close()
        await lose(shop, damage)
    world.meshy.hold = False
    async with world.open() as shop:
        assert await shop.pipelines.resume() == 2
        found = await shop.end(await shop.pipelines.get(whole.id))
        assert found.status == "completed"
        (summary,) = await shop.pipelines.listing(asset_id=AssetId("a"))
        assert (summary["id"], summary["status"]) == (broken.id, "failed")
        assert summary["error"]
        assert (await shop.generate(assetId="a")).status == "completed"  # it holds nothing


async def test_resume_two_that_cannot_go_together_the_older_goes_on(world: World) -> None:
    async with world.open() as shop:
        first = await shop.order(assetId="a")
        second = await shop.order(assetId="b")
        await shop.runner.close()
        await lose(shop, """UPDATE pipelines SET writes='["a"]'""")
    world.meshy.hold = False
    async with world.open() as shop:
        await shop.pipelines.resume()
        assert (await shop.end(await shop.pipelines.get(first.id))).status == "completed"
        other = await shop.pipelines.get(second.id)
        assert (other.status, other.failure and other.failure.error_code) == (
            "failed",
            "asset_busy",
        )


async def test_resume_after_the_key_was_taken_away_leaves_what_was_bought_for_a_retry(
    world: World,
) -> None:
    async with world.open() as shop:
        await shop.order(assetId="guard")
    world.meshy.hold = False
    greybox = Maker("greybox", model=models.tpose_figure())
    async with world.open(meshy=None, greybox=greybox) as shop:
        failed = await resumed(shop)
        assert failed.status == "failed"
        assert "MESHY_API_KEY" in str(failed.error)
        assert greybox.jobs == []
    async with world.open(greybox=greybox) as shop:
        record = await shop.end(await shop.pipelines.retry(failed.id))
        assert record.status == "completed"
        assert len(world.meshy.jobs) == 1


async def test_resume_after_the_key_was_taken_away_orders_elsewhere_nothing_that_may_be_paid(
    world: World,
) -> None:
    """The answer to the order was lost, and only the one that was asked can tell what became."""
    async with world.open() as shop:
        await shop.order(assetId="guard")
        await shop.runner.close()
        await lose(shop, "UPDATE calls SET state='intent', result=NULL WHERE key LIKE 'image3D/%'")
    world.meshy.hold = False
    world.meshy.lost = "meshy-1"
    greybox = Maker("greybox", model=models.tpose_figure())
    async with world.open(meshy=None, greybox=greybox) as shop:
        failed = await resumed(shop)
        assert failed.status == "failed"
        assert "meshy" in str(failed.error)
        again = await shop.end(await shop.pipelines.retry(failed.id))
        assert again.status == "failed"
        assert greybox.jobs == []
        assert shop.ledger.credits_today == 10
    async with world.open(greybox=greybox) as shop:
        await shop.ledger.open()
        record = await shop.end(await shop.pipelines.retry(again.id))
        assert record.status == "completed"
        assert len(world.meshy.jobs) == 1
        assert shop.ledger.credits_today == 10


async def test_resume_after_every_key_was_taken_away_says_so(world: World) -> None:
    async with world.open() as shop:
        await shop.order(assetId="guard")
    async with world.open(meshy=None) as shop:
        failed = await resumed(shop)
        assert failed.status == "failed"
        assert "MESHY_API_KEY" in str(failed.error)


async def test_resume_of_ended_ones_does_nothing(world: World) -> None:
    async with world.open() as shop:
        await shop.generate(assetId="a")
        cancelled = await shop.order(assetId="b")
        await shop.pipelines.cancel(cancelled.id)
    async with world.open() as shop:
        assert await shop.pipelines.resume() == 0


async def test_retexture_failure_is_raised_anew_each_time(world: World) -> None:
    """The one that is kept must not hold the frames of those who were told of it."""
    world.meshy.broken.add("bronze")
    async with world.open() as shop:
        shop.put("sword", meshyTaskId="task-7")
        bronze = MaterialPreset.from_json(preset("bronze"))
        record = await shop.retexture.start(RetextureRequest(AssetId("sword"), bronze))
        with pytest.raises(ForgeError, match="the surface tore") as raised:
            await shop.retexture.finish(record)
        assert record.failure is not None
        assert raised.value is not record.failure
        assert raised.value.error_code == record.failure.error_code
        assert record.failure.__traceback__ is None
