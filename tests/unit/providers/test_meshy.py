"""MeshyProvider against the fake Meshy in process, and against scripted answers."""

import asyncio
import base64
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from asset_forge.domain.clock import now_ms
from asset_forge.domain.quality import Quality
from asset_forge.errors import (
    BadProviderAnswer,
    CreditsUsedUp,
    ProviderError,
    ProviderRateLimited,
    ProviderUnreachable,
)
from asset_forge.providers.base import TaskKind, TaskState, TaskStatus
from asset_forge.providers.http import make_client
from asset_forge.providers.meshy import MAX_INLINE_MODEL_BYTES, MeshyProvider
from tests.fakes import faults, meshy_faults
from tests.fakes.meshy import MESHY_KEY, FakeMeshy
from tests.fakes.meshy_tasks import TaskScript
from tests.fakes.models import rigged_figure, textured_box
from tests.fakes.pictures import data_uri, png
from tests.unit.providers.support import FakeTime, bodies, retexture_job, rig_job, shape_job

URL = "http://meshy.test"
IMAGE = TaskKind.IMAGE_TO_3D
CREATE = "POST /openapi/v1/image-to-3d"


@pytest.fixture
def fake() -> FakeMeshy:
    return FakeMeshy(polls_until_done=2)


@pytest.fixture
async def wire(fake: FakeMeshy) -> AsyncIterator[httpx.AsyncClient]:
    async with make_client(transport=httpx.ASGITransport(fake)) as made:
        yield made


async def present(_path: Path) -> str:
    return data_uri(png(size_px=64))


def provider(client: httpx.AsyncClient, **changes: Any) -> MeshyProvider:
    time = FakeTime()
    values: dict[str, Any] = {
        "client": client,
        "base_url": URL,
        "api_key": MESHY_KEY,
        "present_picture": present,
        "poll_interval_s": 0.01,
        "clock": time.clock,
        "sleep": time.sleep,
        "rng": random.Random(3),
    }
    return MeshyProvider(**{**values, **changes})


async def finished(meshy: MeshyProvider, kind: TaskKind, task_id: str) -> TaskStatus:
    for _ in range(10):
        status = await meshy.poll(kind, task_id)
        if status.state.is_final:
            return status
    raise AssertionError("the task does not end")


async def base_model(meshy: MeshyProvider, **changes: Any) -> str:
    task_id = await meshy.submit(shape_job(**changes))
    assert (await finished(meshy, IMAGE, task_id)).state is TaskState.SUCCEEDED
    return task_id


# --- the three kinds of tasks ---


async def test_shape_is_submitted_polled_and_fetched(
    wire: httpx.AsyncClient, fake: FakeMeshy, tmp_path: Path
) -> None:
    meshy = provider(wire)

    task_id = await meshy.submit(shape_job())
    first = await meshy.poll(IMAGE, task_id)
    status = await finished(meshy, IMAGE, task_id)
    fetched = await meshy.fetch(status.outputs["model"], tmp_path / "sword.glb")

    assert first.state is TaskState.QUEUED
    assert fetched.path.read_bytes() == fake.tasks[task_id].content_of("model.glb")
    assert status.receipt is not None
    assert (status.receipt.model, status.receipt.cost.credits) == ("meshy-7.1", 30)
    assert fake.ignored == []
    assert fake.forgotten == []


async def test_shape_model_is_chosen_by_quality(wire: httpx.AsyncClient, fake: FakeMeshy) -> None:
    models = {Quality.STANDARD: "meshy-t2.5", Quality.HIGH: ""}
    meshy = provider(wire, models_by_quality=models, default_model="meshy-6")

    await meshy.submit(shape_job())
    await meshy.submit(shape_job(quality=Quality.HIGH))

    assert [task.body["ai_model"] for task in fake.tasks.values()] == ["meshy-t2.5", "meshy-6"]


async def test_retexture_of_a_task_is_made_and_fetched(
    wire: httpx.AsyncClient, fake: FakeMeshy, tmp_path: Path
) -> None:
    meshy = provider(wire)
    base = await base_model(meshy)

    task_id = await meshy.submit(retexture_job(base_task_id=base))
    status = await finished(meshy, TaskKind.RETEXTURE, task_id)
    fetched = await meshy.fetch(status.outputs["model"], tmp_path / "bronze.glb")

    assert fake.tasks[task_id].body["input_task_id"] == base
    assert fetched.size_bytes > 100
    assert fake.ignored == []
    assert fake.forgotten == []


async def test_retexture_without_a_task_sends_the_model(
    wire: httpx.AsyncClient, fake: FakeMeshy, tmp_path: Path
) -> None:
    model = tmp_path / "base.glb"
    model.write_bytes(textured_box())

    task_id = await provider(wire).submit(retexture_job(model, base_task_id=None))

    sent = fake.tasks[task_id].body["model_url"]
    assert sent.startswith("data:application/octet-stream;base64,")
    assert base64.b64decode(sent.partition(",")[2]) == model.read_bytes()


async def test_retexture_of_an_expired_task_sends_the_model(
    wire: httpx.AsyncClient, fake: FakeMeshy, tmp_path: Path
) -> None:
    model = tmp_path / "base.glb"
    model.write_bytes(textured_box())

    task_id = await provider(wire).submit(retexture_job(model, base_task_id="long-gone"))

    assert "model_url" in fake.tasks[task_id].body
    assert fake.created["retexture"] == 1


async def test_retexture_of_an_expired_task_with_a_large_model_says_what_to_do(
    wire: httpx.AsyncClient, fake: FakeMeshy, tmp_path: Path
) -> None:
    model = tmp_path / "base.glb"
    model.write_bytes(bytes(MAX_INLINE_MODEL_BYTES + 1))

    with pytest.raises(ProviderError, match="generate it again") as caught:
        await provider(wire).submit(retexture_job(model, base_task_id="long-gone"))

    assert not caught.value.may_have_charged
    assert fake.created["retexture"] == 0


async def test_rig_reads_its_three_files(
    wire: httpx.AsyncClient, fake: FakeMeshy, tmp_path: Path
) -> None:
    meshy = provider(wire)
    base = await base_model(meshy, t_pose=True)

    task_id = await meshy.submit(rig_job(base_task_id=base))
    status = await finished(meshy, TaskKind.RIGGING, task_id)

    for name in ("rigged", "walking", "running"):
        await meshy.fetch(status.outputs[name], tmp_path / f"{name}.glb")
    assert (tmp_path / "walking.glb").read_bytes() == fake.tasks[task_id].content_of("walking.glb")
    assert fake.tasks[task_id].body == {"input_task_id": base, "height_meters": 1.8}


async def test_rig_of_a_pose_nobody_recognises_is_refused_with_the_reason(
    wire: httpx.AsyncClient, fake: FakeMeshy, tmp_path: Path
) -> None:
    fake.pose_fails = True
    model = tmp_path / "figure.glb"
    model.write_bytes(rigged_figure())

    with pytest.raises(ProviderError, match="Pose estimation failed") as caught:
        await provider(wire).submit(rig_job(model, base_task_id=None))

    assert caught.value.upstream_status == 422


# --- fetching ---


async def test_fetch_expired_address_is_asked_for_anew(
    wire: httpx.AsyncClient, fake: FakeMeshy, tmp_path: Path
) -> None:
    meshy = provider(wire)
    task_id = await base_model(meshy)
    fake.expire_urls()

    fetched = await meshy.fetch(f"image-to-3d/{task_id}/model", tmp_path / "a.glb")

    assert fetched.size_bytes > 100


async def test_fetch_after_a_restart_asks_for_the_address(
    wire: httpx.AsyncClient, tmp_path: Path
) -> None:
    task_id = await base_model(provider(wire))

    fetched = await provider(wire).fetch(f"image-to-3d/{task_id}/model", tmp_path / "a.glb")

    assert fetched.size_bytes > 100


async def test_fetch_address_that_stays_forbidden_fails_after_one_more_try(
    wire: httpx.AsyncClient, fake: FakeMeshy, tmp_path: Path
) -> None:
    fake.downloads_per_url = 0
    meshy = provider(wire)
    task_id = await base_model(meshy)

    with pytest.raises(ProviderError) as caught:
        await meshy.fetch(f"image-to-3d/{task_id}/model", tmp_path / "a.glb")

    assert caught.value.upstream_status == 403
    assert len(fake.seen("GET", "/files/")) == 2
    assert list(tmp_path.iterdir()) == []


async def test_fetch_of_a_forgotten_task_is_a_404(
    wire: httpx.AsyncClient, fake: FakeMeshy, tmp_path: Path
) -> None:
    task_id = await base_model(provider(wire))
    fake.forget(task_id)

    with pytest.raises(ProviderError, match="Task not found"):
        await provider(wire).fetch(f"image-to-3d/{task_id}/model", tmp_path / "a.glb")


async def test_fetch_web_page_in_place_of_a_model_is_refused(
    wire: httpx.AsyncClient, fake: FakeMeshy, tmp_path: Path
) -> None:
    meshy = provider(wire)
    task_id = await base_model(meshy)
    fake.tasks[task_id].replace_file("model.glb", b"<html>" + bytes(200))

    with pytest.raises(BadProviderAnswer, match="is no GLB"):
        await meshy.fetch(f"image-to-3d/{task_id}/model", tmp_path / "a.glb")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("output", ["nonsense", "image-to-3d/x/y/z"])
async def test_fetch_unknown_output_is_an_error(
    wire: httpx.AsyncClient, tmp_path: Path, output: str
) -> None:
    with pytest.raises(ProviderError, match="no output"):
        await provider(wire).fetch(output, tmp_path / "a.glb")


async def test_fetch_file_that_a_task_does_not_have_is_a_bad_answer(
    wire: httpx.AsyncClient, tmp_path: Path
) -> None:
    task_id = await base_model(provider(wire))

    with pytest.raises(BadProviderAnswer, match="no file 'walking'"):
        await provider(wire).fetch(f"image-to-3d/{task_id}/walking", tmp_path / "a.glb")


# --- polling ---


async def test_poll_failed_task_says_why(wire: httpx.AsyncClient, fake: FakeMeshy) -> None:
    fake.script("image-to-3d", TaskScript.failing("The image is too complex."))
    meshy = provider(wire)

    status = await finished(meshy, IMAGE, await meshy.submit(shape_job()))

    assert status.state is TaskState.FAILED
    assert status.error == "The image is too complex. (image_too_complex)"
    assert status.receipt is not None
    assert status.receipt.cost.credits == 0


async def test_poll_unfinished_task_hands_on_retry_after(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    fake.retry_after_s = 5
    meshy = provider(wire)

    status = await meshy.poll(IMAGE, await meshy.submit(shape_job()))

    assert status.retry_after_s == 5


async def test_poll_unknown_task_is_an_error(wire: httpx.AsyncClient) -> None:
    with pytest.raises(ProviderError, match="Task not found") as caught:
        await provider(wire).poll(IMAGE, "nobody")

    assert caught.value.upstream_status == 404


async def test_poll_survives_passing_trouble(wire: httpx.AsyncClient, fake: FakeMeshy) -> None:
    meshy = provider(wire)
    task_id = await meshy.submit(shape_job())
    fake.faults.add(meshy_faults.server_error(503), on="GET", times=2)

    status = await meshy.poll(IMAGE, task_id)

    assert status.state is TaskState.QUEUED


async def test_poll_id_cannot_leave_its_path(wire: httpx.AsyncClient, fake: FakeMeshy) -> None:
    with pytest.raises(ProviderError):
        await provider(wire).poll(IMAGE, "../balance")

    assert [r.path for r in fake.requests] != ["/openapi/v1/balance"]


async def test_poll_answer_that_is_no_task_is_bad(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{URL}/openapi/v1/image-to-3d/t").respond(200, json={"hello": 1})

    with pytest.raises(BadProviderAnswer, match="is no task"):
        await provider(client).poll(IMAGE, "t")


# --- creating: what is paid once ---


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_submit_server_trouble_is_not_repeated(
    wire: httpx.AsyncClient, fake: FakeMeshy, status: int
) -> None:
    fake.faults.add(meshy_faults.server_error(status, work_done=True), on=CREATE)

    with pytest.raises(ProviderError) as caught:
        await provider(wire).submit(shape_job())

    assert caught.value.may_have_charged
    assert fake.created["image-to-3d"] == 1


async def test_submit_lost_answer_is_not_repeated_and_found_in_the_list(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    meshy = provider(wire)
    sent_at_ms = now_ms()
    fake.faults.add(faults.dropped(work_done=True), on=CREATE)

    with pytest.raises(ProviderUnreachable) as caught:
        await meshy.submit(shape_job())
    found = await meshy.find_lost(shape_job(), sent_at_ms=sent_at_ms)

    assert caught.value.may_have_charged
    assert found == next(iter(fake.tasks))
    assert fake.created["image-to-3d"] == 1


@pytest.mark.parametrize("fault", [faults.garbage(work_done=True), faults.html_page()])
async def test_submit_senseless_answer_may_have_charged(
    wire: httpx.AsyncClient, fake: FakeMeshy, fault: faults.Fault
) -> None:
    fake.faults.add(fault, on=CREATE)

    with pytest.raises(BadProviderAnswer) as caught:
        await provider(wire).submit(shape_job())

    assert caught.value.may_have_charged


async def test_submit_answer_without_an_id_may_have_charged(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.post(f"{URL}/openapi/v1/image-to-3d").respond(202, json={"result": ""})

    with pytest.raises(BadProviderAnswer, match="no id") as caught:
        await provider(client).submit(shape_job())

    assert caught.value.may_have_charged
    assert route.call_count == 1


async def test_submit_any_2xx_is_taken(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.post(f"{URL}/openapi/v1/image-to-3d").respond(200, json={"result": "t"})

    assert await provider(client).submit(shape_job()) == "t"
    assert bodies(route)[0]["ai_model"] == "meshy-7.1"


async def test_submit_without_credits_is_a_402(wire: httpx.AsyncClient, fake: FakeMeshy) -> None:
    fake.credits = 1

    with pytest.raises(CreditsUsedUp, match="Insufficient funds"):
        await provider(wire).submit(shape_job())


async def test_submit_retired_model_says_so(wire: httpx.AsyncClient) -> None:
    with pytest.raises(ProviderError, match="meshy-5 has been retired"):
        await provider(wire, default_model="meshy-5").submit(shape_job())


async def test_submit_request_rate_passes_after_the_pause(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    fake.faults.add(meshy_faults.rate_limited(2), on=CREATE, times=2)

    await provider(wire).submit(shape_job())

    assert fake.created["image-to-3d"] == 1


async def test_submit_full_queue_waits_until_there_is_room(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    fake.faults.add(meshy_faults.queue_full(), on=CREATE, times=3)

    await provider(wire, clock=asyncio.get_running_loop().time).submit(shape_job())

    assert len(fake.seen("POST", "image-to-3d")) == 4


async def test_submit_queue_that_stays_full_is_a_429(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    fake.faults.add(meshy_faults.queue_full(), on=CREATE, times=50)
    clock = asyncio.get_running_loop().time

    with pytest.raises(ProviderRateLimited, match="NoMoreConcurrentTasks"):
        await provider(wire, clock=clock, timeout_s=0.05).submit(shape_job())


async def test_submit_plan_without_tasks_is_told_at_once(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    text = "NoMorePendingTasks: please upgrade your plan"
    fake.faults.add(meshy_faults.refused(429, text), on=CREATE)

    with pytest.raises(ProviderRateLimited, match="upgrade your plan"):
        await provider(wire).submit(shape_job())

    assert len(fake.seen("POST", "image-to-3d")) == 1


async def test_submit_more_than_the_queue_takes_waits_for_an_end(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    meshy = provider(wire, queue_limit=2)
    first = await meshy.submit(shape_job())
    await meshy.submit(shape_job(Path("b.png")))
    third = asyncio.create_task(meshy.submit(shape_job(Path("c.png"))))
    await asyncio.sleep(0.02)
    assert len(fake.tasks) == 2

    await finished(meshy, IMAGE, first)
    await third

    assert len(fake.tasks) == 3


async def test_submit_queue_without_an_end_is_given_up(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    meshy = provider(wire, queue_limit=1, timeout_s=0.02)
    await meshy.submit(shape_job())

    with pytest.raises(ProviderRateLimited, match="queue stayed taken") as caught:
        await meshy.submit(shape_job(Path("b.png")))

    assert not caught.value.may_have_charged
    assert len(fake.tasks) == 1


async def test_submit_that_fails_gives_its_place_back(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    meshy = provider(wire, queue_limit=1, timeout_s=1)
    fake.faults.add(meshy_faults.no_credits(), on=CREATE)
    with pytest.raises(CreditsUsedUp):
        await meshy.submit(shape_job())

    assert await meshy.submit(shape_job())


async def test_submit_rig_needs_no_place(wire: httpx.AsyncClient) -> None:
    meshy = provider(wire, queue_limit=1)
    base = await base_model(meshy, t_pose=True)
    await meshy.submit(shape_job(Path("b.png")))

    assert await meshy.submit(rig_job(base_task_id=base))


async def test_submit_picture_that_cannot_be_presented_gives_its_place_back(
    wire: httpx.AsyncClient,
) -> None:
    async def fails_once(path: Path) -> str:
        if path.name == "bad.png":
            raise FileNotFoundError(path)
        return await present(path)

    meshy = provider(wire, queue_limit=1, timeout_s=1, present_picture=fails_once)
    with pytest.raises(FileNotFoundError):
        await meshy.submit(shape_job(Path("bad.png")))

    assert await meshy.submit(shape_job())


# --- finding what was lost ---


async def lose(meshy: MeshyProvider, fake: FakeMeshy, job: Any) -> None:
    fake.faults.add(faults.dropped(work_done=True), on="POST")
    with pytest.raises(ProviderUnreachable):
        await meshy.submit(job)


async def test_find_lost_nothing_there_is_none(wire: httpx.AsyncClient, fake: FakeMeshy) -> None:
    found = await provider(wire).find_lost(shape_job(), sent_at_ms=now_ms())

    assert found is None
    assert len(fake.seen("GET", "image-to-3d")) == 3


async def test_find_lost_wrapped_list_is_read(wire: httpx.AsyncClient, fake: FakeMeshy) -> None:
    fake.wraps_lists = True
    sent_at_ms = now_ms()
    await lose(provider(wire), fake, shape_job())

    assert await provider(wire).find_lost(shape_job(), sent_at_ms=sent_at_ms)


async def test_find_lost_tells_two_lost_shapes_apart_after_a_restart(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    sent_at_ms = now_ms()
    jobs = [shape_job(Path(name)) for name in ("a.png", "b.png")]
    for job in jobs:
        await lose(provider(wire), fake, job)
    meshy = provider(wire)

    found = [await meshy.find_lost(job, sent_at_ms=sent_at_ms) for job in jobs]

    assert found == list(fake.tasks)


async def test_find_lost_is_not_sure_between_two_silent_ones(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    meshy = provider(wire)
    base = await base_model(meshy)
    sent_at_ms = now_ms()
    for _ in range(2):
        await lose(meshy, fake, retexture_job(base_task_id=base))

    found = await meshy.find_lost(retexture_job(base_task_id=base), sent_at_ms=sent_at_ms)

    assert found is None


async def test_find_lost_never_takes_the_task_of_another(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    meshy = provider(wire)
    base = await base_model(meshy)
    sent_at_ms = now_ms()
    await meshy.submit(retexture_job(base_task_id=base))

    found = await meshy.find_lost(retexture_job(base_task_id=base), sent_at_ms=sent_at_ms)

    assert found is None


async def test_find_lost_same_task_is_found_once_only(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    meshy = provider(wire)
    sent_at_ms = now_ms()
    await lose(meshy, fake, shape_job())

    first = await meshy.find_lost(shape_job(), sent_at_ms=sent_at_ms)
    second = await meshy.find_lost(shape_job(), sent_at_ms=sent_at_ms)

    assert (first is None, second is None) == (False, True)


async def test_find_lost_older_task_is_not_it(wire: httpx.AsyncClient, fake: FakeMeshy) -> None:
    await lose(provider(wire), fake, shape_job())

    found = await provider(wire).find_lost(shape_job(), sent_at_ms=now_ms() + 60_000)

    assert found is None


async def test_find_lost_looks_beyond_the_first_page(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    fake.credits = 10_000
    fake.max_queued = None
    sent_at_ms = now_ms()
    await lose(provider(wire), fake, shape_job(Path("lost.png")))
    other = provider(wire, queue_limit=100)
    for number in range(60):
        await other.submit(shape_job(Path(f"{number}.png")))

    found = await provider(wire).find_lost(shape_job(Path("lost.png")), sent_at_ms=sent_at_ms)

    assert found == next(iter(fake.tasks))


async def test_find_lost_list_that_cannot_be_read_is_an_error_that_may_have_charged(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    fake.faults.add(meshy_faults.server_error(), on="GET", times=10)

    with pytest.raises(ProviderError) as caught:
        await provider(wire).find_lost(shape_job(), sent_at_ms=now_ms())

    assert caught.value.may_have_charged


# --- cancelling, credits, deadlines ---


async def test_cancel_waiting_task_is_deleted_and_refunded(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    fake.script("image-to-3d", TaskScript.done_at_poll(5))
    meshy = provider(wire)
    credits_before = fake.credits
    task_id = await meshy.submit(shape_job())

    assert await meshy.cancel(IMAGE, task_id)
    assert fake.credits == credits_before
    assert fake.tasks == {}


async def test_cancel_started_task_is_left_alone(wire: httpx.AsyncClient, fake: FakeMeshy) -> None:
    fake.script("image-to-3d", TaskScript.stuck())
    meshy = provider(wire)
    task_id = await meshy.submit(shape_job())
    await meshy.poll(IMAGE, task_id)

    assert not await meshy.cancel(IMAGE, task_id)
    assert fake.seen("DELETE", "") == []


async def test_cancel_frees_the_place(wire: httpx.AsyncClient, fake: FakeMeshy) -> None:
    meshy = provider(wire, queue_limit=1, timeout_s=1)
    task_id = await meshy.submit(shape_job())

    await meshy.cancel(IMAGE, task_id)

    assert await meshy.submit(shape_job(Path("b.png")))


async def test_cancel_unknown_task_is_false(wire: httpx.AsyncClient) -> None:
    assert not await provider(wire).cancel(IMAGE, "nobody")


async def test_balance_is_read(wire: httpx.AsyncClient) -> None:
    assert await provider(wire).balance() == 1000


async def test_balance_with_a_wrong_key_names_the_variable(wire: httpx.AsyncClient) -> None:
    with pytest.raises(ProviderError, match="MESHY_API_KEY"):
        await provider(wire, api_key="msy_wrong_key").balance()


async def test_balance_that_is_no_number_is_a_bad_answer(
    client: httpx.AsyncClient, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{URL}/openapi/v1/balance").respond(200, json={"balance": "much"})

    with pytest.raises(BadProviderAnswer):
        await provider(client).balance()


def test_deadline_goes_by_quality(fake_time: FakeTime) -> None:
    meshy = provider(httpx.AsyncClient(), timeout_s=100, timeouts_s_by_quality={Quality.ULTRA: 900})

    assert meshy.deadline_s(shape_job()) == 100
    assert meshy.deadline_s(shape_job(quality=Quality.ULTRA)) == 900
    assert meshy.deadline_s(rig_job()) == 100
