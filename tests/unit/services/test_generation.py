"""GenerationService: what is refused before anything is paid, and what a run leaves behind."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from asset_forge.domain.generation import GenerationConfig
from asset_forge.domain.ids import AssetId
from asset_forge.errors import (
    Conflict,
    ForgeError,
    NotFound,
)
from tests.fakes import models
from tests.fakes.pictures import data_uri, jpeg
from tests.support.service import preset
from tests.unit.services.workshop import PICTURE, Maker, Workshop, config, workshop

SWORD = AssetId("plain-sword")


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as opened:
        yield opened


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
    record = await shop.generate(referenceImage=given, provider="meshy", owner="somebody")
    recorded = shop.metadata(SWORD)["generationConfig"]
    assert recorded["referenceImage"] == {"source": "upload"}
    assert recorded["owner"] == "somebody"
    assert "base64" not in json.dumps(record.to_json())
    written = await shop.journal.find(record.id)
    assert written is not None
    assert "base64" not in json.dumps(written.plan)


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


async def test_cancel_running_generation_calls_off_what_was_ordered(shop: Workshop) -> None:
    assert shop.meshy is not None
    shop.meshy.hold = True
    record = await shop.generation.start(config())
    await shop.meshy.submitted.wait()
    await shop.pipelines.cancel(record.id)
    assert record.status == "cancelled"
    assert shop.meshy.cancelled == ["meshy-1"]
    assert shop.assets() == set()


async def test_close_running_generation_leaves_what_was_ordered_to_the_next_run(
    shop: Workshop,
) -> None:
    assert shop.meshy is not None
    shop.meshy.hold = True
    record = await shop.generation.start(config())
    await shop.meshy.submitted.wait()
    await shop.runner.close()
    assert record.status == "processing"
    assert shop.meshy.cancelled == []
    assert shop.assets() == set()
    assert shop.workspaces() == [record.id]


async def test_picture_shows_this_runs_concept_art_alone(shop: Workshop) -> None:
    await shop.generate()
    assert shop.meshy is not None
    shop.meshy.hold = True
    shop.meshy.submitted.clear()
    record = await shop.generation.start(config(overwrite=True))
    with pytest.raises(NotFound):
        await shop.pipelines.picture(record.id)  # not drawn yet: the old one is of another run
    await shop.meshy.submitted.wait()
    assert (await shop.pipelines.picture(record.id)).parent.name == record.id
    shop.meshy.hold = False
    await shop.end(record)
    await shop.runner.close()
    assert (await shop.pipelines.picture(record.id)).parent.name == SWORD
    with pytest.raises(NotFound):
        await shop.pipelines.picture("pipeline-0")


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
