"""MeshyProvider against the fake Meshy in process: its kinds of tasks, polls, queue, prices."""

import asyncio
import base64
from pathlib import Path

import httpx
import pytest
import respx

from asset_forge.domain.quality import Quality
from asset_forge.errors import (
    BadProviderAnswer,
    ProviderError,
    ProviderUnreachable,
)
from asset_forge.providers.base import TaskKind, TaskState
from asset_forge.providers.meshy import MAX_INLINE_MODEL_BYTES
from asset_forge.providers.rate_limit import RequestRate
from tests.fakes import meshy_faults
from tests.fakes.meshy import FakeMeshy
from tests.fakes.meshy_tasks import TaskScript
from tests.fakes.models import rigged_figure, textured_box
from tests.unit.providers.meshy_support import (
    IMAGE,
    URL,
    base_model,
    finished,
    provider,
)
from tests.unit.providers.support import FakeTime, retexture_job, rig_job, shape_job

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


async def test_poll_new_task_that_meshy_does_not_know_yet_is_passing_trouble(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    time = FakeTime()
    meshy = provider(wire, clock=time.clock)
    task_id = await meshy.submit(shape_job())
    fake.faults.add(meshy_faults.refused(404, "Task not found"), on="GET", times=2)

    with pytest.raises(ProviderUnreachable, match="new task") as caught:
        await meshy.poll(IMAGE, task_id)
    time.now_s += 61
    with pytest.raises(ProviderError, match="Task not found") as gone:
        await meshy.poll(IMAGE, task_id)

    assert caught.value.upstream_status is None
    assert gone.value.upstream_status == 404


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


def test_estimate_goes_by_the_configured_models() -> None:
    models = {Quality.HIGH: "meshy-t2.5", Quality.ULTRA: ""}
    meshy = provider(httpx.AsyncClient(), models_by_quality=models, default_model="meshy-n1")

    assert meshy.estimate_credits(IMAGE) == 30
    assert meshy.estimate_credits(IMAGE, quality=Quality.HIGH) == 15
    assert meshy.estimate_credits(IMAGE, quality=Quality.ULTRA, texture_px=4096) == 30
    assert meshy.estimate_credits(TaskKind.RETEXTURE) == 10
    assert meshy.estimate_credits(TaskKind.RIGGING) == 5
    assert meshy.model_for(IMAGE) == "meshy-7.1"
    assert meshy.model_for(IMAGE, Quality.HIGH) == "meshy-t2.5"
    assert meshy.model_for(TaskKind.RETEXTURE) == "meshy-n1"
    assert meshy.model_for(TaskKind.RIGGING) is None


@pytest.mark.parametrize("kind", list(TaskKind))
async def test_estimate_is_what_the_fake_takes(
    wire: httpx.AsyncClient, fake: FakeMeshy, kind: TaskKind
) -> None:
    meshy = provider(wire)
    base = await base_model(meshy, t_pose=True)
    before = fake.credits
    jobs = {job.kind: job for job in (retexture_job(base_task_id=base), rig_job(base_task_id=base))}

    await meshy.submit(jobs.get(kind) or shape_job(Path("b.png")))

    assert before - fake.credits == meshy.estimate_credits(kind)


async def test_cancel_started_task_keeps_its_place(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    fake.script("image-to-3d", TaskScript.stuck())
    meshy = provider(wire)
    task_id = await meshy.submit(shape_job())
    await meshy.poll(IMAGE, task_id)
    await meshy.poll(IMAGE, task_id)

    await meshy.cancel(IMAGE, task_id)

    assert meshy.queue_taken == 1


async def test_queue_counts_tasks_found_by_polling_after_a_restart(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    fake.script("image-to-3d", TaskScript.stuck())
    task_id = await provider(wire).submit(shape_job())
    meshy = provider(wire)

    await meshy.poll(IMAGE, task_id)
    assert meshy.queue_taken == 1
    fake.finish(task_id)
    await meshy.poll(IMAGE, task_id)

    assert meshy.queue_taken == 0


async def test_request_rate_is_one_for_all_pipelines(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    pauses_s: list[float] = []

    async def note(seconds: float) -> None:
        pauses_s.append(seconds)

    rate = RequestRate(rate_per_s=10, burst=2, clock=lambda: 0.0, sleep=note)
    meshy = provider(wire, rate=rate, queue_limit=100)

    async def pipeline(number: int) -> None:
        task_id = await meshy.submit(shape_job(Path(f"{number}.png")))
        await meshy.poll(IMAGE, task_id)

    async with asyncio.TaskGroup() as pipelines:
        for number in range(6):
            pipelines.create_task(pipeline(number))

    assert len(fake.requests) == 12
    assert pauses_s == pytest.approx([(place + 1) / 10 for place in range(10)])
