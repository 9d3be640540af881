"""Greybox as a provider, with its true maker in true worker processes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from asset_forge.providers.base import Job, TaskState, TaskStatus
from asset_forge.providers.greybox import GreyboxProvider
from asset_forge.workers import WorkerPool
from tests.fakes import models
from tests.fakes.pictures import png
from tests.unit.providers.support import SUBJECT, rig_job, shape_job


@pytest.fixture
async def greybox(tmp_path: Path) -> AsyncIterator[GreyboxProvider]:
    pool = WorkerPool(worker_count=1)
    provider = GreyboxProvider(pool=pool, scratch=tmp_path / "scratch")
    yield provider
    await provider.aclose()
    await pool.close()


async def finished(greybox: GreyboxProvider, job: Job) -> TaskStatus:
    task_id = await greybox.submit(job)
    async with asyncio.timeout(120):
        while True:
            status = await greybox.poll(job.kind, task_id)
            if status.state.is_final:
                return status
            await asyncio.sleep(0.05)


async def test_same_words_become_the_same_sword(greybox: GreyboxProvider, tmp_path: Path) -> None:
    first = await finished(greybox, shape_job(picture_by="greybox", texture_px=512))
    second = await finished(greybox, shape_job(picture_by="greybox", texture_px=512))

    a = await greybox.fetch(first.outputs["model"], tmp_path / "a.glb")
    b = await greybox.fetch(second.outputs["model"], tmp_path / "b.glb")

    assert first.notes["kind"] == "sword"
    assert a.sha256 == b.sha256
    assert 100 < models.triangle_count(a.path.read_bytes()) <= 6000


async def test_picture_of_another_becomes_a_model(greybox: GreyboxProvider, tmp_path: Path) -> None:
    picture = tmp_path / "concept.png"
    picture.write_bytes(png(size_px=256))

    status = await finished(greybox, shape_job(picture, texture_px=512))
    fetched = await greybox.fetch(status.outputs["model"], tmp_path / "a.glb")

    assert models.triangle_count(fetched.path.read_bytes()) > 100


async def test_what_cannot_be_rigged_is_refused_with_a_reason(
    greybox: GreyboxProvider, tmp_path: Path
) -> None:
    box = tmp_path / "box.glb"
    box.write_bytes(models.textured_box())

    status = await finished(greybox, rig_job(box, base_task_id=None))

    assert status.state is TaskState.FAILED
    assert status.error
    assert "broke down" not in status.error


async def test_concept_art_and_sight(greybox: GreyboxProvider) -> None:
    picture = await greybox.draw(prompt="", subject=replace(SUBJECT, name="Iron Sword"))

    grip = (await greybox.find_grip(picture=png(size_px=512), instruction="")).finding
    seen = (await greybox.find_orientation(picture=png(size_px=512), instruction="")).finding

    assert picture.data.startswith(b"\x89PNG")
    assert grip is not None
    assert grip.min_y > 200  # the fake's sword stands on its pommel
    assert seen is not None
    assert not seen.needs_flip
