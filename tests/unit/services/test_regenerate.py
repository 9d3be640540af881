"""Overwrite and regenerate: what takes the place of what."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from asset_forge.domain.ids import AssetId
from asset_forge.errors import (
    Conflict,
    NotFound,
    ProviderNotConfigured,
)
from tests.fakes.pictures import data_uri
from tests.support.service import preset
from tests.unit.services.workshop import PICTURE, Workshop, config, workshop

SWORD = AssetId("plain-sword")


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as opened:
        yield opened


async def test_overwrite_keeps_variants_that_are_not_made_again(shop: Workshop) -> None:
    await shop.generate(materialPresets=[preset("bronze"), preset("oak")])
    old_bronze = shop.metadata("plain-sword-bronze")
    old_oak = shop.metadata("plain-sword-oak")
    (shop.root / "plain-sword-bronze" / "sprites").mkdir()
    shop.store.edit_metadata("plain-sword-bronze", lambda m: m.update(hasSpriteSheet=True, mine=1))
    record = await shop.generate(overwrite=True, materialPresets=[preset("bronze")])
    assert record.status == "completed", record.error
    base = shop.metadata(SWORD)
    assert set(base["variants"]) == {"plain-sword-bronze", "plain-sword-oak"}
    assert base["materialVariants"] == ["bronze"]
    bronze = shop.metadata("plain-sword-bronze")
    assert bronze["retextureTaskId"] != old_bronze["retextureTaskId"]
    assert bronze["mine"] == 1
    assert "hasSpriteSheet" not in bronze
    assert not (shop.root / "plain-sword-bronze" / "sprites").exists()
    assert shop.metadata("plain-sword-oak") == old_oak


async def test_overwrite_fails_keeps_the_old_model(shop: Workshop) -> None:
    await shop.generate()
    before = {path: path.read_bytes() for path in (shop.root / SWORD).iterdir()}
    assert shop.meshy is not None
    shop.meshy.model = b"glTF but no more"
    record = await shop.generate(overwrite=True)
    assert record.status == "failed"
    assert {path: path.read_bytes() for path in (shop.root / SWORD).iterdir()} == before


async def test_overwrite_asset_deleted_by_hand_meanwhile_is_made_anew(shop: Workshop) -> None:
    await shop.generate()
    assert shop.meshy is not None
    shop.meshy.hold = True
    shop.meshy.submitted.clear()
    record = await shop.generation.start(config(overwrite=True))
    await shop.meshy.submitted.wait()
    shutil.rmtree(shop.root / SWORD)
    shop.meshy.hold = False
    assert (await shop.end(record)).status == "completed"
    assert shop.metadata(SWORD)["hasModel"] is True


async def test_regenerate_makes_model_and_asked_for_variants_again(shop: Workshop) -> None:
    await shop.generate(materialPresets=[preset("bronze")], style="gothic")
    first = shop.metadata(SWORD)
    record = await shop.generation.regenerate(SWORD)
    assert await shop.generation.present_metadata(SWORD) == first
    assert (await shop.end(record)).status == "completed"
    again = shop.metadata(SWORD)
    assert again["meshyTaskId"] != first["meshyTaskId"]
    assert again["generationConfig"] == {**first["generationConfig"], "assetId": SWORD}
    assert again["variants"] == ["plain-sword-bronze"]
    assert shop.metadata("plain-sword-bronze")["baseModelTaskId"] == again["meshyTaskId"]


async def test_regenerate_takes_the_concept_art_for_the_reference(shop: Workshop) -> None:
    await shop.generate(referenceImage={"dataUrl": data_uri(PICTURE)})
    record = await shop.generation.regenerate(SWORD)
    assert (await shop.end(record)).results["imageGeneration"]["source"] == "user-provided"
    (shop.root / SWORD / "concept-art.png").unlink()
    with pytest.raises(Conflict, match="reference image of plain-sword is gone"):
        await shop.generation.regenerate(SWORD)


async def test_regenerate_without_makers_is_refused_at_once(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await shop.generate()
    async with workshop(tmp_path, meshy=None) as shop:
        with pytest.raises(ProviderNotConfigured, match="MESHY_API_KEY"):
            await shop.generation.regenerate(SWORD)


@pytest.mark.parametrize(
    ("recorded", "says"),
    [(None, "no recorded configuration"), ("text", "no recorded"), ({"name": 7}, "cannot be used")],
)
async def test_regenerate_without_usable_record_is_refused(
    shop: Workshop, recorded: object, says: str
) -> None:
    shop.put(SWORD, generationConfig=recorded)
    with pytest.raises(Conflict, match=says):
        await shop.generation.regenerate(SWORD)
    with pytest.raises(NotFound):
        await shop.generation.regenerate(AssetId("nobody"))
