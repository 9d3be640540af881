"""A pipeline that ended well but for some of its variants: what it had made is kept for a retry."""

from pathlib import Path

from asset_forge.pipeline.upkeep import Upkeep
from tests.support.service import preset
from tests.unit.services.workshop import Maker, Workshop, workshop

PRESETS = [preset("bronze"), preset("steel")]


async def tidied(shop: Workshop) -> None:
    workspaces = shop.root / ".forge" / "work"
    await Upkeep(
        registry=shop.registry, journal=shop.journal, workspaces=workspaces, keep_days=30
    ).tidy()


async def test_retry_completed_with_a_failed_variant_makes_that_alone(tmp_path: Path) -> None:
    meshy = Maker("meshy")
    async with workshop(tmp_path, meshy=meshy) as shop:
        meshy.broken = {"bronze"}
        first = await shop.generate(materialPresets=PRESETS)
        assert first.status == "completed"
        await tidied(shop)
        meshy.broken = set()
        second = await shop.end(await shop.pipelines.retry(first.id))
        assert second.status == "completed"
        assert sorted(meshy.presets()) == ["bronze", "bronze", "steel"]
        assert shop.metadata("plain-sword")["variantCount"] == 2
        await shop.runner.close()
        assert shop.workspaces() == []


async def test_tidying_after_a_kill_removes_the_workspace_of_a_completed_pipeline(
    tmp_path: Path,
) -> None:
    async with workshop(tmp_path) as shop:
        done = await shop.generate()
        await shop.runner.close()
        left = shop.runner.workspace(done)
        left.mkdir()
        await tidied(shop)
        assert not left.exists()
