"""MeshyProvider's creates: what is paid is paid once."""

import asyncio
from pathlib import Path

import httpx
import pytest
import respx

from asset_forge.domain.clock import now_ms
from asset_forge.errors import (
    BadProviderAnswer,
    CreditsUsedUp,
    ProviderError,
    ProviderRateLimited,
    ProviderUnreachable,
)
from tests.fakes import faults, meshy_faults
from tests.fakes.meshy import FakeMeshy
from tests.unit.providers.meshy_support import (
    CREATE,
    IMAGE,
    URL,
    base_model,
    finished,
    present,
    provider,
)
from tests.unit.providers.support import bodies, rig_job, shape_job


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
