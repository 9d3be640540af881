"""GreyboxProvider after a kill, on a full disk, and with sources that are gone."""

import asyncio
import errno
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from asset_forge.errors import ProviderError, Refused, StorageUnavailable, Unavailable
from asset_forge.greybox import jobs
from asset_forge.providers import greybox_scratch, greybox_work
from asset_forge.providers.base import TaskState
from asset_forge.providers.greybox_work import carry_out, order_for
from tests.unit.providers.greybox_support import (
    IMAGE,
    ThreadPool,
    done,
    finished,
    glb,
    provider,
    refuse,
)
from tests.unit.providers.support import retexture_job, rig_job, shape_job


@pytest.fixture
def pool() -> ThreadPool:
    return ThreadPool()


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


async def test_restart_goes_on_with_an_unfinished_task(
    pool: ThreadPool, scratch: Path, tmp_path: Path
) -> None:
    stopped = ThreadPool()
    stopped.gate.clear()
    before = provider(stopped, scratch)
    task_id = await before.submit(shape_job())
    await before.poll(IMAGE, task_id)
    await before.aclose()

    after = provider(pool, scratch)
    status = await finished(after, IMAGE, task_id)

    assert status.state is TaskState.SUCCEEDED
    assert await after.fetch(status.outputs["model"], tmp_path / "a.glb")


async def test_restart_finds_a_finished_task(pool: ThreadPool, scratch: Path) -> None:
    task_id, status = await done(provider(pool, scratch), shape_job())
    idle = ThreadPool()

    assert await provider(idle, scratch).poll(IMAGE, task_id) == status
    assert idle.labels == []


async def test_two_polls_after_a_restart_start_the_task_once(
    pool: ThreadPool, scratch: Path
) -> None:
    before = ThreadPool()
    before.gate.clear()
    old = provider(before, scratch)
    task_id = await old.submit(shape_job())
    await old.aclose()
    greybox = provider(pool, scratch)
    pool.gate.clear()

    await asyncio.gather(*(greybox.poll(IMAGE, task_id) for _ in range(3)))
    pool.gate.set()
    await finished(greybox, IMAGE, task_id)

    assert pool.labels == ["image-to-3d"]


def made_ago(folder: Path, hours: float) -> None:
    moment = time.time() - hours * 3600
    os.utime(folder, (moment, moment))


async def test_old_tasks_are_forgotten_at_the_next_submit(
    pool: ThreadPool, scratch: Path, tmp_path: Path
) -> None:
    greybox = provider(pool, scratch)
    fetched, status = await done(greybox, shape_job())
    await greybox.fetch(status.outputs["model"], tmp_path / "a.glb")
    waiting, _ = await done(greybox, shape_job())
    old, _ = await done(greybox, shape_job())
    made_ago(scratch / fetched, 7 * 24 + 1)
    made_ago(scratch / waiting, 1)
    made_ago(scratch / old, 25)

    new = await greybox.submit(shape_job())
    await finished(greybox, IMAGE, new)

    assert {path.name for path in scratch.iterdir()} == {waiting, new}


async def test_sweep_keeps_orders_as_long_as_their_pipelines_may_go_on(
    pool: ThreadPool, scratch: Path, tmp_path: Path
) -> None:
    greybox = provider(pool, scratch)
    task_id, status = await done(greybox, shape_job())
    await greybox.fetch(status.outputs["model"], tmp_path / "a.glb")
    made_ago(scratch / task_id, 6 * 24)
    cut_off = scratch / "greybox-image-to-3d-00000000000000ff"
    cut_off.mkdir()
    made_ago(cut_off, 2)

    new = await greybox.submit(shape_job())
    await finished(greybox, IMAGE, new)

    assert {path.name for path in scratch.iterdir()} == {task_id, new}


# --- a kill at any moment ---

TASK = "greybox-image-to-3d-0123456789abcdef"
ORDER = json.dumps(order_for(shape_job(picture_by="greybox"))).encode()
ENDED = json.dumps({"state": "succeeded", "outputs": ["model"], "notes": {}}).encode()
MODEL = glb("model")


@pytest.mark.parametrize(
    "left",
    [
        {"order.json": ORDER},
        {"order.json": ORDER, ".model.glb.aaaa.part": MODEL[:5]},
        {"order.json": ORDER, "model.glb": MODEL},
        {"order.json": ORDER, "model.glb": MODEL, ".ended.json.aaaa.part": ENDED[:9]},
        {"order.json": ORDER, "model.glb": MODEL, "ended.json": ENDED},
        {"order.json": ORDER, "model.glb": MODEL[:5], "ended.json": ENDED},
        {"order.json": ORDER, "model.glb": b"", "ended.json": ENDED},
        {"order.json": ORDER, "ended.json": ENDED},
        {"order.json": ORDER, "model.glb": MODEL, "ended.json": ENDED[:9]},
    ],
)
@pytest.mark.parametrize("asks_first", [True, False])
async def test_task_of_a_killed_run_is_finished_or_done_again(
    pool: ThreadPool, scratch: Path, tmp_path: Path, left: dict[str, bytes], asks_first: bool
) -> None:
    (scratch / TASK).mkdir(parents=True)
    for name, data in left.items():
        (scratch / TASK / name).write_bytes(data)
    greybox = provider(pool, scratch)

    if asks_first:
        assert (await finished(greybox, IMAGE, TASK)).state is TaskState.SUCCEEDED
    fetched = await greybox.fetch(f"{TASK}/model", tmp_path / "a.glb")

    assert fetched.path.read_bytes() == MODEL
    assert [path.name for path in (scratch / TASK).iterdir()] == ["order.json"]


@pytest.mark.parametrize(
    "left", [{}, {".order.json.aaaa.part": ORDER}, {"order.json": ORDER[:20]}, {"order.json": b""}]
)
async def test_task_without_a_whole_order_is_gone(
    pool: ThreadPool, scratch: Path, tmp_path: Path, left: dict[str, bytes]
) -> None:
    (scratch / TASK).mkdir(parents=True)
    for name, data in left.items():
        (scratch / TASK / name).write_bytes(data)
    greybox = provider(pool, scratch)

    for call in (greybox.poll(IMAGE, TASK), greybox.fetch(f"{TASK}/model", tmp_path / "a.glb")):
        with pytest.raises(ProviderError, match="files are gone") as caught:
            await call
        assert caught.value.upstream_status == 404


async def test_fetch_again_after_everything_was_brought_away_makes_it_again(
    pool: ThreadPool, scratch: Path, tmp_path: Path
) -> None:
    greybox = provider(pool, scratch)
    _task_id, status = await done(greybox, rig_job())
    for name in status.outputs:
        await greybox.fetch(status.outputs[name], tmp_path / f"{name}.glb")

    fetched = await provider(pool, scratch).fetch(status.outputs["walking"], tmp_path / "w.glb")

    assert fetched.path.read_bytes() == glb("walking")
    assert pool.labels == ["rigging", "rigging"]


async def test_fetch_removes_what_a_killed_one_left(
    pool: ThreadPool, scratch: Path, tmp_path: Path
) -> None:
    greybox = provider(pool, scratch)
    _task_id, status = await done(greybox, shape_job())
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / ".a.glb.0123.part").write_bytes(b"half")

    await greybox.fetch(status.outputs["model"], folder / "a.glb")

    assert [path.name for path in folder.iterdir()] == ["a.glb"]


async def test_fetch_of_a_task_that_cannot_be_made_again_says_why(
    pool: ThreadPool, scratch: Path, tmp_path: Path
) -> None:
    greybox = provider(pool, scratch)
    task_id, status = await done(greybox, shape_job())
    await greybox.fetch(status.outputs["model"], tmp_path / "a.glb")

    again = provider(pool, scratch, carry_out=refuse)

    with pytest.raises(Refused, match="arms are not spread"):
        await again.fetch(f"{task_id}/model", tmp_path / "b.glb")


# --- what it was to be made from is gone ---


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (order_for(shape_job(Path("/gone/p-1/concept.png"))), "The picture .*concept.png"),
        (order_for(retexture_job(Path("/gone/base.glb"))), "The model .*base.glb"),
        (order_for(rig_job(Path("/gone/base.glb"))), "The model .*base.glb"),
    ],
)
def test_carry_out_without_its_source_says_what_is_gone(
    tmp_path: Path, order: dict[str, Any], said: str
) -> None:
    with pytest.raises(Refused, match=said) as caught:
        carry_out(order, str(tmp_path))

    assert "/gone" not in caught.value.message


# --- a disk that is full ---


def fail_with(number: int) -> Any:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return fail


async def test_full_disk_in_a_worker_is_no_failure_of_the_task(
    pool: ThreadPool, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(greybox_work, "write_whole", fail_with(errno.ENOSPC))
    monkeypatch.setattr(jobs, "make_shape_job", lambda *_: {"glb": MODEL, "kind": "sword"})
    told: list[tuple[str, str]] = []
    full = provider(pool, scratch, carry_out=carry_out, on_error=lambda *what: told.append(what))

    with pytest.raises(StorageUnavailable, match="free some space") as caught:
        await done(full, shape_job(picture_by="greybox"))

    assert caught.value.error_code == "disk_full"
    assert told == [("greybox", "disk_full")]
    monkeypatch.undo()
    [task_id] = [path.name for path in scratch.iterdir()]
    status = await finished(provider(pool, scratch), IMAGE, task_id)
    assert status.state is TaskState.SUCCEEDED


async def test_result_that_cannot_be_written_down_is_told_once(
    pool: ThreadPool, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    greybox = provider(pool, scratch)
    pool.gate.clear()
    task_id = await greybox.submit(shape_job())
    monkeypatch.setattr(greybox_scratch, "write_whole", fail_with(errno.EIO))
    pool.gate.set()

    with pytest.raises(StorageUnavailable, match="look at the disk"):
        await finished(greybox, IMAGE, task_id)

    monkeypatch.undo()
    assert (await finished(greybox, IMAGE, task_id)).state is TaskState.SUCCEEDED
    assert pool.labels == ["image-to-3d"] * 2


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
async def test_order_that_cannot_be_written_is_a_storage_error(
    pool: ThreadPool, scratch: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "fsync", fail_with(number))

    with pytest.raises(StorageUnavailable):
        await provider(pool, scratch).submit(shape_job())

    assert pool.labels == []
    assert not list(scratch.glob("*/*"))


async def test_pool_that_is_closed_stops_a_task_without_ending_it(
    scratch: Path, pool: ThreadPool
) -> None:
    class Closed(ThreadPool):
        async def run(self, *_: Any, **__: Any) -> Any:
            raise Unavailable("the service is being stopped")

    before = provider(Closed(), scratch)
    task_id = await before.submit(shape_job())
    with pytest.raises(Unavailable):
        await finished(before, IMAGE, task_id)

    assert (await finished(provider(pool, scratch), IMAGE, task_id)).state is TaskState.SUCCEEDED
