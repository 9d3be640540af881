"""GreyboxProvider over a pool of threads and a maker that is quick."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from asset_forge.errors import ProviderError, StorageUnavailable
from asset_forge.providers.base import TaskState
from asset_forge.providers.greybox_work import brief_fields, order_for
from tests.fakes.pictures import png
from tests.unit.providers.greybox_support import (
    IMAGE,
    ThreadPool,
    break_down,
    done,
    finished,
    glb,
    provider,
    refuse,
)
from tests.unit.providers.support import SUBJECT, retexture_job, rig_job, shape_job


@pytest.fixture
def pool() -> ThreadPool:
    return ThreadPool()


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


async def test_task_runs_then_has_its_output(
    pool: ThreadPool, scratch: Path, tmp_path: Path
) -> None:
    greybox = provider(pool, scratch)
    pool.gate.clear()

    task_id = await greybox.submit(shape_job())
    running = await greybox.poll(IMAGE, task_id)
    pool.gate.set()
    status = await finished(greybox, IMAGE, task_id)
    fetched = await greybox.fetch(status.outputs["model"], tmp_path / "a.glb")

    assert task_id.startswith("greybox-image-to-3d-")
    assert running.state is TaskState.RUNNING
    assert status.progress == 100
    assert status.notes == {"kind": "sword"}
    assert status.receipt is not None
    assert status.receipt.to_json() == {
        "provider": "greybox",
        "model": "greybox-1",
        "taskId": task_id,
    }
    content = glb("model")
    assert fetched.path.read_bytes() == content
    assert (fetched.size_bytes, fetched.sha256) == (
        len(content),
        hashlib.sha256(content).hexdigest(),
    )


async def test_rig_has_three_outputs(pool: ThreadPool, scratch: Path, tmp_path: Path) -> None:
    greybox = provider(pool, scratch)

    _task_id, status = await done(greybox, rig_job())

    assert sorted(status.outputs) == ["rigged", "running", "walking"]
    fetched = await greybox.fetch(status.outputs["walking"], tmp_path / "walking.glb")
    assert fetched.path.read_bytes().endswith(b"walking")


async def test_fetch_leaves_no_parts_and_gives_the_disk_back(
    pool: ThreadPool, scratch: Path, tmp_path: Path
) -> None:
    greybox = provider(pool, scratch)
    task_id, status = await done(greybox, shape_job())
    folder = tmp_path / "asset"
    folder.mkdir()

    await greybox.fetch(status.outputs["model"], folder / "a.glb")

    assert [path.name for path in folder.iterdir()] == ["a.glb"]
    assert [path.name for path in (scratch / task_id).iterdir()] == ["order.json"]


async def test_fetched_task_polled_again_is_done_again_to_the_same_bytes(
    pool: ThreadPool, scratch: Path, tmp_path: Path
) -> None:
    greybox = provider(pool, scratch)
    task_id, status = await done(greybox, shape_job())
    first = await greybox.fetch(status.outputs["model"], tmp_path / "a.glb")

    again = await finished(greybox, IMAGE, task_id)
    second = await greybox.fetch(again.outputs["model"], tmp_path / "a.glb")

    assert first == second


async def test_refusal_fails_the_task_with_its_sentence(pool: ThreadPool, scratch: Path) -> None:
    _task_id, status = await done(provider(pool, scratch, carry_out=refuse), rig_job())

    assert status.state is TaskState.FAILED
    assert status.error == "the figure's arms are not spread"
    assert status.outputs == {}


async def test_mistake_in_greybox_fails_the_task(pool: ThreadPool, scratch: Path) -> None:
    _task_id, status = await done(provider(pool, scratch, carry_out=break_down), shape_job())

    assert status.state is TaskState.FAILED
    assert status.error == "greybox broke down: IndexError"


@pytest.mark.parametrize("task_id", ["greybox-image-to-3d-0123456789abcdef", "../x", "meshy-1", ""])
async def test_poll_unknown_task_is_a_404(pool: ThreadPool, scratch: Path, task_id: str) -> None:
    with pytest.raises(ProviderError) as caught:
        await provider(pool, scratch).poll(IMAGE, task_id)

    assert caught.value.upstream_status == 404


@pytest.mark.parametrize("name", ["../order", "nothing", "", "model.glb"])
async def test_fetch_unknown_output_is_an_error(
    pool: ThreadPool, scratch: Path, tmp_path: Path, name: str
) -> None:
    greybox = provider(pool, scratch)
    task_id, _status = await done(greybox, shape_job())

    with pytest.raises(ProviderError, match="no output"):
        await greybox.fetch(f"{task_id}/{name}", tmp_path / "a.glb")

    assert not (tmp_path / "a.glb").exists()


async def test_cancel_stops_a_running_task_for_good(pool: ThreadPool, scratch: Path) -> None:
    pool.gate.clear()
    greybox = provider(pool, scratch)
    task_id = await greybox.submit(shape_job())

    assert await greybox.cancel(IMAGE, task_id)
    assert list(scratch.iterdir()) == []
    with pytest.raises(ProviderError):
        await greybox.poll(IMAGE, task_id)


async def test_cancel_finished_task_leaves_its_result(
    pool: ThreadPool, scratch: Path, tmp_path: Path
) -> None:
    greybox = provider(pool, scratch)
    task_id, status = await done(greybox, shape_job())

    assert not await greybox.cancel(IMAGE, task_id)
    assert await greybox.fetch(status.outputs["model"], tmp_path / "a.glb")


async def test_submit_without_a_place_to_write_is_a_storage_error(
    pool: ThreadPool, tmp_path: Path
) -> None:
    (tmp_path / "scratch").write_text("in the way")

    with pytest.raises(StorageUnavailable):
        await provider(pool, tmp_path / "scratch").submit(shape_job())


async def test_fetch_into_a_missing_folder_is_a_storage_error(
    pool: ThreadPool, scratch: Path, tmp_path: Path
) -> None:
    greybox = provider(pool, scratch)
    _task_id, status = await done(greybox, shape_job())

    with pytest.raises(StorageUnavailable, match=r"a\.glb"):
        await greybox.fetch(status.outputs["model"], tmp_path / "no" / "a.glb")


async def test_find_lost_is_none(pool: ThreadPool, scratch: Path) -> None:
    assert await provider(pool, scratch).find_lost(shape_job(), sent_at_ms=0) is None


# --- pictures and sight ---


async def test_draw_goes_by_the_words(scratch: Path) -> None:
    pool = ThreadPool(answer=png(size_px=96))

    picture = await provider(pool, scratch).draw(prompt="long prose", subject=SUBJECT)

    assert pool.calls == [(brief_fields(SUBJECT),)]
    assert (picture.mime_type, picture.resolution) == ("image/png", "96x96")
    assert picture.receipt.provider == "greybox"


async def test_find_grip_hands_on_what_greybox_found(scratch: Path) -> None:
    found = {
        "min_x": 1.0,
        "min_y": 2.0,
        "max_x": 3.0,
        "max_y": 4.0,
        "confidence": 0.5,
        "weapon_type": "sword",
        "description": "d",
        "parts": {"blade": "b"},
    }

    look = await provider(ThreadPool(found), scratch).find_grip(picture=b"x", instruction="i")

    grip = look.finding
    assert grip is not None
    assert (grip.max_y, grip.weapon_type, grip.parts) == (4.0, "sword", {"blade": "b"})


async def test_find_orientation_hands_on_what_greybox_found(scratch: Path) -> None:
    found = {"needs_flip": True, "current_orientation": "upside-down", "reason": "r"}

    look = await provider(ThreadPool(found), scratch).find_orientation(
        picture=b"x", instruction="i"
    )

    seen = look.finding
    assert seen is not None
    assert (seen.needs_flip, seen.reason) == (True, "r")


# --- orders ---


def test_order_for_own_picture_goes_by_the_words() -> None:
    order = order_for(shape_job(picture_by="greybox"))

    assert order["picture"] is None
    assert order["brief"]["name"] == "Steel Longsword"
    assert (order["brief"]["face_budget"], order["brief"]["texture_px"]) == (6000, 2048)


@pytest.mark.parametrize("painter", ["openai", "user"])
def test_order_for_another_ones_picture_goes_by_the_picture(painter: str) -> None:
    assert order_for(shape_job(Path("/w/c.png"), picture_by=painter))["picture"] == "/w/c.png"


def test_order_for_retexture_has_the_surface() -> None:
    order = order_for(retexture_job(Path("/w/base.glb"), seed=5))

    assert order["model"] == "/w/base.glb"
    assert order["surface"]["preset_id"] == "bronze"
    assert order["surface"]["seed"] == 5


def test_importing_the_providers_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "import asset_forge.providers.openai, asset_forge.providers.meshy\n"
        "import asset_forge.providers.greybox\n"
        "print([m for m in ('numpy', 'PIL', 'scipy', 'skimage') if m in sys.modules])"
    )

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
