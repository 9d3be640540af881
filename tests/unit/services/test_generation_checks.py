"""GenerationService: what is refused before anything is paid for or written."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from asset_forge.domain.ids import AssetId
from asset_forge.errors import (
    BadInput,
    BadPicture,
    Conflict,
    ForgeError,
    ProviderNotConfigured,
    StorageUnavailable,
)
from asset_forge.services import generation_checks
from tests.fakes.pictures import data_uri
from tests.support.service import preset
from tests.unit.services.workshop import Workshop, config, workshop

SWORD = AssetId("plain-sword")


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as opened:
        yield opened


async def refused(shop: Workshop, kind: type[ForgeError], says: str, **fields: Any) -> None:
    before = shop.assets()
    with pytest.raises(kind, match=says):
        await shop.generation.start(config(**fields))
    assert shop.paid_calls == 0
    assert shop.assets() == before
    assert shop.workspaces() == []
    assert list(shop.registry.active()) == []


async def test_start_existing_asset_is_refused(shop: Workshop) -> None:
    shop.put(SWORD)
    await refused(shop, Conflict, "overwrite: true")


async def test_start_broken_metadata_in_the_way_is_refused(shop: Workshop) -> None:
    (shop.put(SWORD) / "metadata.json").write_text("{no json")
    await refused(shop, Conflict, "cannot be read", overwrite=True)


async def test_start_over_a_variant_is_refused(shop: Workshop) -> None:
    shop.put("plain-sword-bronze", isVariant=True, parentBaseModel="plain-sword")
    await refused(
        shop, Conflict, "variant of plain-sword", assetId="plain-sword-bronze", overwrite=True
    )


async def test_start_variant_in_the_way_is_refused(shop: Workshop) -> None:
    shop.put("plain-sword-bronze", parentBaseModel="plain-sword")
    await refused(shop, Conflict, "Variant plain-sword-bronze", materialPresets=[preset("bronze")])


async def test_start_overwrite_spares_an_asset_that_is_no_variant(shop: Workshop) -> None:
    shop.put(SWORD)
    shop.put("plain-sword-bronze", isBaseModel=True)
    await refused(shop, Conflict, "no variant", overwrite=True, materialPresets=[preset("bronze")])


@pytest.mark.parametrize(
    ("asset_id", "presets"),
    [
        ("blade-base", ["base"]),  # the variant would be called as its base is
        ("blade", ["\u00e9lan", "e\u0301lan"]),  # one name in two normalisations
    ],
)
async def test_start_variants_that_share_a_name_are_refused(
    shop: Workshop, asset_id: str, presets: list[str]
) -> None:
    await refused(
        shop,
        BadInput,
        "another asset of this request",
        assetId=asset_id,
        materialPresets=[preset(each) for each in presets],
    )


async def test_start_name_of_a_file_is_refused(shop: Workshop) -> None:
    (shop.root / SWORD).write_text("a file")
    await refused(shop, Conflict, "already exists")


async def test_start_reference_that_is_no_picture_is_refused(shop: Workshop) -> None:
    await refused(shop, BadPicture, "picture", referenceImage={"dataUrl": data_uri(b"hello")})


async def test_start_reference_that_is_gone_is_refused(shop: Workshop) -> None:
    await refused(shop, BadInput, "no such", referenceImage={"url": "https://gone.example/a.png"})


async def test_start_without_makers_names_the_variable(tmp_path: Path) -> None:
    async with workshop(tmp_path, meshy=None) as shop:
        await refused(shop, ProviderNotConfigured, "MESHY_API_KEY")
    async with workshop(tmp_path, artist=None) as shop:
        await refused(shop, ProviderNotConfigured, "OPENAI_API_KEY")


async def test_start_broken_prompt_file_is_refused(shop: Workshop) -> None:
    shop.prompt_folder.mkdir()
    (shop.prompt_folder / "generation-prompts.json").write_text("{no json")
    await refused(shop, StorageUnavailable, "generation-prompts.json")


async def test_start_full_disk_is_refused(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation_checks, "NEEDED_DISK_BYTES", 2**80)
    await refused(shop, StorageUnavailable, "MB are free")


async def test_start_missing_root_is_refused(shop: Workshop) -> None:
    shop.root.rmdir()
    with pytest.raises(StorageUnavailable, match="missing"):
        await shop.generation.start(config())


# --- enableGeneration: false ---


async def test_start_without_generation_paints_the_model_that_is_there(shop: Workshop) -> None:
    shop.put(SWORD, meshyTaskId="task-7", type="weapon")
    before = (shop.root / SWORD / "plain-sword.glb").read_bytes()
    record = await shop.generate(enableGeneration=False, materialPresets=[preset("bronze")])
    assert record.status == "completed"
    for stage in ("promptOptimization", "imageGeneration", "image3D"):
        assert record.stages[stage].status == "skipped"
    assert record.results["image3D"]["localPath"].endswith("plain-sword.glb")
    assert shop.paid_calls == 1
    assert (shop.root / SWORD / "plain-sword.glb").read_bytes() == before
    assert shop.metadata(SWORD)["variants"] == ["plain-sword-bronze"]


async def test_start_without_generation_wants_a_model(shop: Workshop) -> None:
    (shop.put(SWORD) / "plain-sword.glb").unlink()
    await refused(shop, Conflict, "no model to work on", enableGeneration=False)


async def test_start_without_generation_wants_an_asset(shop: Workshop) -> None:
    await refused(shop, BadInput, "there is no plain-sword", enableGeneration=False)


async def test_start_without_generation_wants_a_task_for_variants(shop: Workshop) -> None:
    shop.put(SWORD)
    await refused(
        shop, Conflict, "meshyTaskId", enableGeneration=False, materialPresets=[preset("bronze")]
    )


async def test_start_without_generation_wants_a_maker_for_a_rig(tmp_path: Path) -> None:
    async with workshop(tmp_path, meshy=None) as shop:
        shop.put("guard", type="character")
        await refused(
            shop,
            ProviderNotConfigured,
            "MESHY_API_KEY",
            assetId="guard",
            type="character",
            enableGeneration=False,
            enableRigging=True,
        )
