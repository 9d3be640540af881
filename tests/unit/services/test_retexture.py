"""RetextureService: what is refused, what the variant says, and what it does to its base."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from asset_forge.domain.generation import ProviderChoice
from asset_forge.domain.ids import AssetId
from asset_forge.domain.materials import MaterialPreset
from asset_forge.errors import (
    Conflict,
    ForgeError,
    NotFound,
    ProviderError,
    StorageUnavailable,
    Unavailable,
)
from asset_forge.providers.base import RetextureJob
from asset_forge.services.assets import AssetChanges, AssetService
from asset_forge.services.retexture import RetextureRequest
from tests.fakes import models
from tests.support.service import preset
from tests.unit.services.workshop import Maker, Workshop, workshop

BRONZE = MaterialPreset.from_json(preset("bronze"))
SWORD = AssetId("sword")


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as opened:
        yield opened


def put_sword(shop: Workshop, **metadata: Any) -> None:
    folder = shop.root / SWORD
    folder.mkdir()
    facts = {"name": "sword", "type": "weapon", "meshyTaskId": "task-7", **metadata}
    (folder / "metadata.json").write_text(json.dumps(facts))
    (folder / "sword.glb").write_bytes(models.textured_box())


def order(base: str = "sword", **fields: Any) -> RetextureRequest:
    return RetextureRequest(base_id=AssetId(base), **{"preset": BRONZE, **fields})


async def made(shop: Workshop, request: RetextureRequest) -> dict[str, Any]:
    return dict(await shop.retexture.finish(await shop.retexture.start(request)))


async def test_retexture_publishes_a_variant_and_the_base_lists_it(shop: Workshop) -> None:
    put_sword(shop, displayName="Sword", quality="standard", mine=1)
    variant = await made(shop, order())
    assert variant["id"] == variant["gameId"] == variant["name"] == "sword-bronze"
    assert variant["parentBaseModel"] == "sword"
    assert variant["baseModelTaskId"] == "task-7"
    assert variant["retextureTaskId"] == "meshy-1"
    assert variant["cost"]["credits"] == 10
    assert variant["hasConceptArt"] is True
    assert variant["polycount"] == 12
    base = shop.metadata("sword")
    assert (base["variants"], base["variantCount"]) == (["sword-bronze"], 1)
    assert base["lastVariantGenerated"] == "sword-bronze"
    assert base["mine"] == 1
    await shop.runner.close()
    assert shop.workspaces() == []


async def test_retexture_goes_by_the_makers_task_quality_and_style(shop: Workshop) -> None:
    put_sword(shop, quality="standard", generationConfig={"metadata": {"gameStyle": "runescape"}})
    await made(shop, order(seed=5))
    assert shop.meshy is not None
    job = shop.meshy.jobs[0]
    assert isinstance(job, RetextureJob)
    assert (job.base_task_id, job.pbr, job.seed) == ("task-7", False, 5)
    assert job.preset.style_prompt != BRONZE.style_prompt
    assert "bronze" in job.preset.style_prompt


@pytest.mark.parametrize(
    "recorded", [{}, {"quality": "best"}, {"generationConfig": {"metadata": {"gameStyle": 7}}}]
)
async def test_retexture_of_a_base_that_says_little_uses_pbr(
    shop: Workshop, recorded: dict[str, Any]
) -> None:
    put_sword(shop, **recorded)
    await made(shop, order())
    assert shop.meshy is not None
    job = shop.meshy.jobs[0]
    assert isinstance(job, RetextureJob)
    assert job.pbr is True


async def test_retexture_of_a_normalised_base_comes_to_the_same_height(tmp_path: Path) -> None:
    """The maker paints the model of its own task, as it was before the base was scaled."""
    meshy = Maker("meshy", model=models.tpose_figure())  # 1.75 m
    async with workshop(tmp_path, meshy=meshy) as shop:
        put_sword(shop, normalized=True, dimensions={"width": 1, "height": 2.5, "depth": 1})
        variant = await made(shop, order())
    assert variant["normalized"] is True
    assert variant["dimensions"]["height"] == pytest.approx(2.5, abs=0.01)
    assert variant["normalizationDate"].endswith("Z")


@pytest.mark.parametrize("dimensions", [None, {"height": "tall"}, {"height": -1}])
async def test_retexture_of_a_base_of_unknown_height_is_left_as_it_came(
    shop: Workshop, dimensions: object
) -> None:
    put_sword(shop, normalized=True, dimensions=dimensions)
    assert (await made(shop, order()))["dimensions"]["height"] == pytest.approx(1.0, abs=0.01)


async def test_retexture_by_greybox_of_what_meshy_made_takes_the_file(tmp_path: Path) -> None:
    greybox = Maker("greybox")
    async with workshop(tmp_path, greybox=greybox) as shop:
        put_sword(shop)
        variant = await made(shop, order(choice=ProviderChoice.GREYBOX))
        assert shop.meshy is not None
        assert shop.meshy.jobs == []
    job = greybox.jobs[0]
    assert isinstance(job, RetextureJob)
    assert job.base_task_id is None
    assert job.model_path.name == "sword.glb"
    assert variant["provider"] == "greybox"
    assert variant["isPlaceholder"] is True


async def test_retexture_base_without_task_goes_to_greybox_unless_meshy_is_insisted_on(
    tmp_path: Path,
) -> None:
    async with workshop(tmp_path, greybox=Maker("greybox")) as shop:
        put_sword(shop, meshyTaskId=None)
        assert (await made(shop, order()))["provider"] == "greybox"
        with pytest.raises(Conflict, match="no meshyTaskId") as raised:
            await shop.retexture.start(
                order(choice=ProviderChoice.MESHY, output_name=AssetId("other"))
            )
        assert raised.value.error_code == "no_base_task"


async def test_retexture_picture_cannot_be_drawn_keeps_the_paid_variant(shop: Workshop) -> None:
    def tear(*_: object) -> None:
        raise RuntimeError("no light")

    shop.tools.workers._instead["render_concept_file"] = tear  # type: ignore[attr-defined]
    put_sword(shop)
    variant = await made(shop, order())
    assert variant["hasConceptArt"] is False
    assert variant["conceptArtPath"] is None
    assert shop.assets() == {"sword", "sword-bronze"}


async def refused(
    shop: Workshop, kind: type[ForgeError], says: str, request: RetextureRequest
) -> None:
    before = shop.assets()
    with pytest.raises(kind, match=says):
        await shop.retexture.start(request)
    assert shop.paid_calls == 0
    assert shop.assets() == before
    assert list(shop.registry.active()) == []


async def test_start_what_cannot_be_is_refused_before_anything_is_paid(shop: Workshop) -> None:
    await refused(shop, NotFound, "sword not found", order())
    put_sword(shop, meshyTaskId="")
    await refused(shop, Conflict, "no meshyTaskId", order())
    await refused(shop, Conflict, "names the base", order(output_name=SWORD))
    (shop.root / "sword-bronze").mkdir()
    await refused(shop, Conflict, "sword-bronze already exists", order())
    shop.store.edit_metadata("sword", lambda m: m.update(meshyTaskId="task-7"))
    (shop.root / "sword" / "sword.glb").unlink()
    await refused(shop, NotFound, "Model file not found", order(output_name=AssetId("other")))


async def test_start_broken_prompt_file_is_refused(shop: Workshop) -> None:
    put_sword(shop)
    shop.prompt_folder.mkdir()
    (shop.prompt_folder / "material-prompts.json").write_text("[]")
    await refused(shop, StorageUnavailable, "material-prompts.json", order())


async def test_start_two_of_the_same_target_at_once_one_is_refused(shop: Workshop) -> None:
    put_sword(shop)
    outcomes = await asyncio.gather(
        shop.retexture.start(order()), shop.retexture.start(order()), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "PipelineRecord"]
    record = next(shop.registry.get(record.id) for record in shop.registry.active())
    await shop.end(record)
    assert shop.paid_calls == 1


async def test_start_two_targets_of_one_base_at_once_are_both_listed(shop: Workshop) -> None:
    put_sword(shop)
    await asyncio.gather(*(made(shop, order(output_name=AssetId(name))) for name in ("a", "b")))
    assert set(shop.metadata("sword")["variants"]) == {"a", "b"}


async def test_base_of_a_running_retexture_can_be_neither_renamed_nor_deleted(
    shop: Workshop,
) -> None:
    put_sword(shop)
    assert shop.meshy is not None
    shop.meshy.hold = True
    record = await shop.retexture.start(order())
    assets = AssetService(store=shop.store, claim=shop.registry.claimed, workers=shop.tools.workers)
    for call in (
        assets.update_asset("sword", AssetChanges(name="blade")),
        assets.delete_asset("sword"),
    ):
        with pytest.raises(Conflict, match="sword is in use"):
            await call
    await assets.update_asset("sword", AssetChanges(metadata={"tier": 3}))
    shop.meshy.hold = False
    await shop.retexture.finish(record)
    assert (await assets.update_asset("sword", AssetChanges(name="blade"))).id == "blade"
    assert shop.metadata("sword-bronze")["parentBaseModel"] == "blade"
    assert shop.metadata("blade")["tier"] == 3


async def test_finish_of_a_failed_retexture_raises_what_the_maker_said(shop: Workshop) -> None:
    put_sword(shop)
    assert shop.meshy is not None
    shop.meshy.broken.add("bronze")
    with pytest.raises(ProviderError, match="the surface tore"):
        await made(shop, order())
    assert shop.assets() == {"sword"}
    assert "variants" not in shop.metadata("sword")


async def test_finish_of_a_stopped_retexture_is_unavailable(shop: Workshop) -> None:
    put_sword(shop)
    assert shop.meshy is not None
    shop.meshy.hold = True
    record = await shop.retexture.start(order())
    waiter = asyncio.create_task(shop.retexture.finish(record))
    await shop.meshy.submitted.wait()
    await shop.runner.close()
    with pytest.raises(Unavailable, match="stopped"):
        await waiter
    assert shop.meshy.cancelled == []
    assert len(await shop.journal.unfinished()) == 1


async def test_finish_of_a_cancelled_retexture_says_so(shop: Workshop) -> None:
    put_sword(shop)
    assert shop.meshy is not None
    shop.meshy.hold = True
    record = await shop.retexture.start(order())
    waiter = asyncio.create_task(shop.retexture.finish(record))
    await shop.meshy.submitted.wait()
    await shop.pipelines.cancel(record.id)
    with pytest.raises(ForgeError, match="was cancelled"):
        await waiter
    assert shop.meshy.cancelled == ["meshy-1"]


async def test_waiter_that_goes_away_stops_nothing(shop: Workshop) -> None:
    put_sword(shop)
    assert shop.meshy is not None
    shop.meshy.hold = True
    record = await shop.retexture.start(order())
    waiter = asyncio.create_task(shop.retexture.finish(record))
    await shop.meshy.submitted.wait()
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    shop.meshy.hold = False
    assert (await shop.end(record)).status == "completed"
    assert shop.assets() == {"sword", "sword-bronze"}
