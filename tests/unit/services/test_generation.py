"""GenerationService: what is refused before anything is paid, and what a run leaves behind."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from asset_forge.domain.generation import GenerationConfig
from asset_forge.domain.ids import AssetId
from asset_forge.errors import (
    BadInput,
    BadPicture,
    Conflict,
    ForgeError,
    NotFound,
    ProviderNotConfigured,
    StorageUnavailable,
)
from asset_forge.services import generation_checks
from tests.fakes import models
from tests.fakes.pictures import data_uri, jpeg
from tests.support.service import preset
from tests.unit.services.workshop import PICTURE, Maker, Workshop, config, workshop

SWORD = AssetId("plain-sword")


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as opened:
        yield opened


def put(shop: Workshop, asset_id: str, **metadata: Any) -> Path:
    """Put an asset with a model into the library."""
    folder = shop.root / asset_id
    folder.mkdir()
    (folder / "metadata.json").write_text(json.dumps({"name": asset_id, **metadata}))
    (folder / f"{asset_id}.glb").write_bytes(models.textured_box())
    return folder


# --- what a run leaves behind ---


async def test_start_item_ends_with_an_asset_and_no_left_overs(shop: Workshop) -> None:
    record = await shop.generate(materialPresets=[preset("bronze")])
    assert record.status == "completed"
    assert {stage.status for stage in record.stages.values()} == {"completed"}
    assert shop.assets() == {"plain-sword", "plain-sword-bronze"}
    base = shop.metadata(SWORD)
    assert base["variants"] == ["plain-sword-bronze"]
    assert set(base["cost"]) == {"promptOptimization", "imageGeneration", "image3D"}
    await shop.runner.close()
    assert shop.workspaces() == []


async def test_start_records_the_request_without_pixels(shop: Workshop) -> None:
    given = {"source": "upload", "dataUrl": data_uri(PICTURE)}
    await shop.generate(referenceImage=given, provider="meshy", owner="somebody")
    recorded = shop.metadata(SWORD)["generationConfig"]
    assert recorded["referenceImage"] == {"source": "upload"}
    assert recorded["owner"] == "somebody"
    assert "base64" not in json.dumps(shop.generation.status(await _latest(shop)))


async def _latest(shop: Workshop) -> str:
    return list(shop.registry._records)[-1]


async def test_start_reference_by_url_is_kept_as_concept_art(shop: Workshop) -> None:
    record = await shop.generate(referenceImage={"url": "https://pictures.example/a.png"})
    assert shop.fetched == ["https://pictures.example/a.png"]
    assert record.results["imageGeneration"]["source"] == "user-provided"
    assert record.stages["imageGeneration"].status == "skipped"
    assert (shop.root / SWORD / "concept-art.png").read_bytes() == PICTURE
    assert shop.artist is not None
    assert shop.artist.prompts == []


async def test_start_jpeg_reference_becomes_png(shop: Workshop) -> None:
    await shop.generate(referenceImage={"dataUrl": data_uri(jpeg(size_px=32), "image/jpeg")})
    assert (shop.root / SWORD / "concept-art.png").read_bytes().startswith(b"\x89PNG")


async def test_start_writer_fails_falls_back_to_a_template(shop: Workshop) -> None:
    assert shop.writer is not None
    shop.writer.error = ForgeError("nothing came to mind")
    record = await shop.generate()
    result = record.results["promptOptimization"]
    assert record.stages["promptOptimization"].status == "completed"
    assert result["error"] == "nothing came to mind"
    assert result["model"] == "template"


async def test_start_enhancement_turned_off_is_skipped(shop: Workshop) -> None:
    record = await shop.generate(metadata={"useGPT4Enhancement": False})
    assert record.stages["promptOptimization"].status == "skipped"
    assert "promptOptimization" not in record.results
    assert shop.writer is not None
    assert shop.writer.calls == 0
    assert shop.artist is not None
    assert "a plain iron sword" in shop.artist.prompts[0]


async def test_start_nobody_to_write_takes_the_template(tmp_path: Path) -> None:
    async with workshop(tmp_path, writer=None) as shop:
        record = await shop.generate()
    result = record.results["promptOptimization"]
    assert (result["model"], result["originalPrompt"]) == ("template", "a plain iron sword")
    assert "error" not in result
    assert result["keywords"] == ["iron", "sword"]


async def test_start_progress_reaches_its_milestones(shop: Workshop) -> None:
    assert shop.meshy is not None
    shop.meshy.hold = True
    drawn = await shop.generation.start(config())
    await shop.meshy.submitted.wait()
    assert drawn.progress >= 25
    shop.meshy.submitted.clear()
    given = await shop.generation.start(
        config(assetId="other", referenceImage={"dataUrl": data_uri(PICTURE)})
    )
    await shop.meshy.submitted.wait()
    assert 20 <= given.progress < 50
    shop.meshy.hold = False
    assert (await shop.end(drawn)).progress == (await shop.end(given)).progress == 100


async def test_start_model_fails_leaves_nothing_in_the_library(shop: Workshop) -> None:
    assert shop.meshy is not None
    shop.meshy.model = b"glTF but no more"
    record = await shop.generate()
    assert record.status == "failed"
    assert record.stages["image3D"].status == "failed"
    assert record.stages["textureGeneration"].status == "pending"
    assert shop.assets() == set()


# --- what is refused, before anything is paid for or written ---


async def refused(shop: Workshop, kind: type[ForgeError], says: str, **fields: Any) -> None:
    before = shop.assets()
    with pytest.raises(kind, match=says):
        await shop.generation.start(config(**fields))
    assert shop.paid_calls == 0
    assert shop.assets() == before
    assert shop.workspaces() == []
    assert list(shop.registry.active()) == []


async def test_start_existing_asset_is_refused(shop: Workshop) -> None:
    put(shop, SWORD)
    await refused(shop, Conflict, "overwrite: true")


async def test_start_broken_metadata_in_the_way_is_refused(shop: Workshop) -> None:
    (put(shop, SWORD) / "metadata.json").write_text("{no json")
    await refused(shop, Conflict, "cannot be read", overwrite=True)


async def test_start_over_a_variant_is_refused(shop: Workshop) -> None:
    put(shop, "plain-sword-bronze", isVariant=True, parentBaseModel="plain-sword")
    await refused(
        shop, Conflict, "variant of plain-sword", assetId="plain-sword-bronze", overwrite=True
    )


async def test_start_variant_in_the_way_is_refused(shop: Workshop) -> None:
    put(shop, "plain-sword-bronze", parentBaseModel="plain-sword")
    await refused(shop, Conflict, "Variant plain-sword-bronze", materialPresets=[preset("bronze")])


async def test_start_overwrite_spares_an_asset_that_is_no_variant(shop: Workshop) -> None:
    put(shop, SWORD)
    put(shop, "plain-sword-bronze", isBaseModel=True)
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
    put(shop, SWORD, meshyTaskId="task-7", type="weapon")
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
    (put(shop, SWORD) / "plain-sword.glb").unlink()
    await refused(shop, Conflict, "no model to work on", enableGeneration=False)


async def test_start_without_generation_wants_an_asset(shop: Workshop) -> None:
    await refused(shop, BadInput, "there is no plain-sword", enableGeneration=False)


async def test_start_without_generation_wants_a_task_for_variants(shop: Workshop) -> None:
    put(shop, SWORD)
    await refused(
        shop, Conflict, "meshyTaskId", enableGeneration=False, materialPresets=[preset("bronze")]
    )


async def test_start_without_generation_wants_a_maker_for_a_rig(tmp_path: Path) -> None:
    async with workshop(tmp_path, meshy=None) as shop:
        put(shop, "guard", type="character")
        await refused(
            shop,
            ProviderNotConfigured,
            "MESHY_API_KEY",
            assetId="guard",
            type="character",
            enableGeneration=False,
            enableRigging=True,
        )


# --- overwrite and regenerate ---


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
    record, shown = await shop.generation.regenerate(SWORD)
    assert shown == first
    assert (await shop.end(record)).status == "completed"
    again = shop.metadata(SWORD)
    assert again["meshyTaskId"] != first["meshyTaskId"]
    assert again["generationConfig"] == {**first["generationConfig"], "assetId": SWORD}
    assert again["variants"] == ["plain-sword-bronze"]
    assert shop.metadata("plain-sword-bronze")["baseModelTaskId"] == again["meshyTaskId"]


async def test_regenerate_takes_the_concept_art_for_the_reference(shop: Workshop) -> None:
    await shop.generate(referenceImage={"dataUrl": data_uri(PICTURE)})
    record, _ = await shop.generation.regenerate(SWORD)
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
    put(shop, SWORD, generationConfig=recorded)
    with pytest.raises(Conflict, match=says):
        await shop.generation.regenerate(SWORD)
    with pytest.raises(NotFound):
        await shop.generation.regenerate(AssetId("nobody"))


# --- two at once, stopping, pictures ---


async def test_start_same_id_while_the_first_is_checked_is_refused(shop: Workshop) -> None:
    outcomes = await asyncio.gather(
        shop.generation.start(config()), shop.generation.start(config()), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "PipelineRecord"]


async def test_start_asset_appears_while_the_reference_is_fetched_is_refused(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, go_on = asyncio.Event(), asyncio.Event()

    async def slow(url: str) -> bytes:
        waiting.set()
        await go_on.wait()
        return PICTURE

    monkeypatch.setattr(shop.generation, "_fetch_picture", slow)
    first = asyncio.create_task(
        shop.generation.start(config(referenceImage={"url": "https://slow.example/a.png"}))
    )
    await waiting.wait()
    with pytest.raises(Conflict, match="is in use by"):
        await shop.generation.start(config())
    go_on.set()
    assert (await shop.end(await first)).status == "completed"


async def test_close_running_generation_calls_off_what_was_ordered(shop: Workshop) -> None:
    assert shop.meshy is not None
    shop.meshy.hold = True
    record = await shop.generation.start(config())
    await shop.meshy.submitted.wait()
    await shop.runner.close()
    assert record.status == "cancelled"
    assert shop.meshy.cancelled == ["meshy-1"]
    assert shop.assets() == set()


async def test_picture_shows_this_runs_concept_art_alone(shop: Workshop) -> None:
    await shop.generate()
    assert shop.meshy is not None
    shop.meshy.hold = True
    shop.meshy.submitted.clear()
    record = await shop.generation.start(config(overwrite=True))
    with pytest.raises(NotFound):
        await shop.generation.picture(record.id)  # not drawn yet: the old one is of another run
    await shop.meshy.submitted.wait()
    assert (await shop.generation.picture(record.id)).parent.name == record.id
    shop.meshy.hold = False
    await shop.end(record)
    await shop.runner.close()
    assert (await shop.generation.picture(record.id)).parent.name == SWORD
    with pytest.raises(NotFound):
        await shop.generation.picture("pipeline-0")


async def test_avatar_rigged_again_keeps_the_old_rig_when_it_fails(tmp_path: Path) -> None:
    maker = Maker("meshy", model=models.tpose_figure())
    avatar: dict[str, Any] = {
        "assetId": "guard",
        "type": "character",
        "enableRigging": True,
        "metadata": {"characterHeight": 2.0},
    }
    async with workshop(tmp_path, meshy=maker) as shop:
        record = await shop.generate(**avatar)
        assert record.stages["rigging"].status == "completed"
        rigged = shop.metadata("guard")
        assert rigged["isRigged"] is True
        assert rigged["characterHeight"] == 2.0
        assert rigged["dimensions"]["height"] == pytest.approx(2.0, abs=0.01)
        maker.model, worker_jobs = b"", len(maker.jobs)

        def tear(*_: object) -> None:
            raise RuntimeError("the seam tore")

        shop.instead["strip_to_tpose"] = tear
        shop.tools.workers._instead["strip_to_tpose"] = tear  # type: ignore[attr-defined]
        record = await shop.generate(**avatar, enableGeneration=False)
        assert record.stages["rigging"].status == "failed"
        assert "seam" not in str(record.stages["rigging"].error)
        assert shop.metadata("guard") == rigged
        rig_job = maker.jobs[worker_jobs]
        assert rig_job.model_path.name == "guard.glb"  # type: ignore[union-attr]
        assert rig_job.base_task_id == rigged["meshyTaskId"]  # type: ignore[union-attr]


async def test_avatar_rig_fails_says_so_and_completes(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        shop.tools.workers._instead["strip_to_tpose"] = _tear  # type: ignore[attr-defined]
        record = await shop.generate(type="character", generationType="avatar", enableRigging=True)
    assert record.status == "completed"
    metadata = shop.metadata(SWORD)
    assert metadata["isRigged"] is False
    assert metadata["riggingStatus"] == "failed"
    assert "OSError" in metadata["riggingError"]


async def test_avatar_rig_without_a_walk_lists_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with workshop(tmp_path) as shop:
        assert shop.meshy is not None
        monkeypatch.setattr(shop.meshy, "rig_outputs", ("rigged", "running"))
        shop.meshy.model = models.tpose_figure()
        record = await shop.generate(type="character", enableRigging=True)
        animations = record.results["rigging"]["animations"]
        assert animations == {"running": "animations/running.glb", "tpose": "t-pose.glb"}
        assert shop.metadata(SWORD)["animations"] == {"basic": animations}
        assert shop.metadata(SWORD)["cost"]["rigging"]["credits"] == 10


def _tear(*_: object) -> None:
    raise OSError


async def test_item_asked_to_be_rigged_is_skipped_and_sprites_are_made(shop: Workshop) -> None:
    record = await shop.generate(
        enableRigging=True, enableSprites=True, spriteConfig={"angles": 4, "resolution": 64}
    )
    assert record.stages["rigging"].status == "skipped"
    angles = [sprite["angle"] for sprite in record.results["spriteGeneration"]["sprites"]]
    assert angles == [0, 90, 180, 270]
    assert shop.metadata(SWORD)["spriteCount"] == 4


def test_config_of_a_recorded_request_is_the_same() -> None:
    first = config(style="gothic", materialPresets=[preset("bronze")], seed=4)
    assert isinstance(first, GenerationConfig)
    again = config(**first.request)
    assert again == first
