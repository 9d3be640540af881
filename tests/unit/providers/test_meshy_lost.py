"""MeshyProvider.find_lost: a task that was paid for is found, and none is bought twice."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from asset_forge.domain.clock import now_ms
from asset_forge.errors import ProviderError, ProviderUnreachable
from asset_forge.providers.base import Job, TaskKind
from asset_forge.providers.meshy import MeshyProvider
from tests.fakes import faults, meshy_faults
from tests.fakes.meshy import FakeMeshy
from tests.fakes.models import textured_box, tpose_figure
from tests.unit.providers.meshy_support import IMAGE, lose, present, provider
from tests.unit.providers.support import PRESET, retexture_job, rig_job, shape_job

HOUR_MS = 3_600_000


async def refused_to_guess(meshy: MeshyProvider, job: Job, sent_at_ms: int) -> str:
    """Look for a lost task that nobody can identify; returns what is said about it."""
    with pytest.raises(ProviderError) as caught:
        await meshy.find_lost(job, sent_at_ms=sent_at_ms)
    assert caught.value.error_code == "task_not_identified"
    assert caught.value.may_have_charged
    assert "list of tasks, then retry" in caught.value.message
    return caught.value.message


def variant(number: int, **changes: Any) -> Job:
    return retexture_job(Path(f"base-{number}.glb"), base_task_id=None, **changes)


@pytest.fixture
def silent(fake: FakeMeshy) -> FakeMeshy:
    """A Meshy whose tasks repeat nothing of their requests."""
    fake.echoes = ()
    return fake


@pytest.fixture
async def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The models that `variant` and `rig_job` name, in the working directory."""
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        (tmp_path / f"base-{number}.glb").write_bytes(textured_box())
    (tmp_path / "base.glb").write_bytes(tpose_figure())


# --- nothing there ---


async def test_find_lost_request_that_never_arrived_is_none(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    meshy, sent_at_ms = provider(wire), now_ms()
    fake.faults.add(faults.dropped(), on="POST")
    with pytest.raises(ProviderUnreachable):
        await meshy.submit(shape_job())

    assert await meshy.find_lost(shape_job(), sent_at_ms=sent_at_ms) is None
    assert len(fake.seen("GET", "image-to-3d")) == 3


async def test_find_lost_task_that_appears_late_is_found(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    other = provider(wire)

    async def appears(_seconds: float) -> None:
        await lose(other, fake, shape_job())

    found = await provider(wire, sleep=appears).find_lost(shape_job(), sent_at_ms=now_ms())

    assert found == next(iter(fake.tasks))


async def test_find_lost_failed_task_that_was_refunded_may_be_bought_again(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    sent_at_ms = now_ms()
    await lose(provider(wire), fake, shape_job())
    fake.finish(next(iter(fake.tasks)), "FAILED")

    assert await provider(wire).find_lost(shape_job(), sent_at_ms=sent_at_ms) is None


async def test_find_lost_task_of_another_pipeline_is_never_taken(
    wire: httpx.AsyncClient, silent: FakeMeshy
) -> None:
    meshy, sent_at_ms = provider(wire), now_ms()
    await meshy.submit(shape_job(Path("other.png")))

    assert await meshy.find_lost(shape_job(), sent_at_ms=sent_at_ms) is None


async def test_find_lost_task_of_the_journal_is_never_taken(
    wire: httpx.AsyncClient, silent: FakeMeshy
) -> None:
    sent_at_ms = now_ms()
    recorded = await provider(wire).submit(shape_job(Path("other.png")))
    after_restart = provider(wire)
    after_restart.know(recorded)

    assert await after_restart.find_lost(shape_job(), sent_at_ms=sent_at_ms) is None


async def test_find_lost_silent_task_made_before_or_much_later_is_another(
    wire: httpx.AsyncClient, silent: FakeMeshy
) -> None:
    await lose(provider(wire), silent, shape_job())

    for sent_at_ms in (now_ms() + HOUR_MS, now_ms() - 2 * HOUR_MS):
        assert await provider(wire).find_lost(shape_job(), sent_at_ms=sent_at_ms) is None


# --- found ---


@pytest.mark.parametrize("wraps", [False, True])
async def test_find_lost_answer_finds_the_task(
    wire: httpx.AsyncClient, fake: FakeMeshy, wraps: bool
) -> None:
    fake.wraps_lists = wraps
    sent_at_ms = now_ms()
    await lose(provider(wire), fake, shape_job())

    assert await provider(wire).find_lost(shape_job(), sent_at_ms=sent_at_ms) == next(
        iter(fake.tasks)
    )


async def test_find_lost_again_before_it_was_written_down_finds_the_same(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    meshy, sent_at_ms = provider(wire), now_ms()
    submitted = await meshy.submit(shape_job())

    first = await meshy.find_lost(shape_job(), sent_at_ms=sent_at_ms)
    second = await meshy.find_lost(shape_job(), sent_at_ms=sent_at_ms)
    await meshy.poll(IMAGE, submitted)
    third = await meshy.find_lost(shape_job(), sent_at_ms=sent_at_ms)

    assert (first, second, third) == (submitted, submitted, None)


async def test_find_lost_two_lost_shapes_are_told_apart_after_a_restart(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    sent_at_ms = now_ms()
    jobs = [shape_job(Path(name)) for name in ("a.png", "b.png")]
    for job in jobs:
        await lose(provider(wire), fake, job)
    meshy = provider(wire)

    found = await asyncio.gather(*(meshy.find_lost(job, sent_at_ms=sent_at_ms) for job in jobs))

    assert found == list(fake.tasks)


async def test_find_lost_two_lost_variants_are_told_apart_by_their_style(
    wire: httpx.AsyncClient, fake: FakeMeshy, models: None
) -> None:
    sent_at_ms = now_ms()
    styles = [type(PRESET)(id=name, display_name=name, style_prompt=name) for name in ("a", "b")]
    jobs = [variant(0, preset=style) for style in styles]
    for job in jobs:
        await lose(provider(wire), fake, job)
    meshy = provider(wire)

    found = await asyncio.gather(*(meshy.find_lost(job, sent_at_ms=sent_at_ms) for job in jobs))

    assert found == list(fake.tasks)


@pytest.mark.parametrize("job", [shape_job(), variant(0), rig_job(base_task_id=None)])
async def test_find_lost_only_task_in_time_is_it_where_meshy_repeats_nothing(
    wire: httpx.AsyncClient, silent: FakeMeshy, models: None, job: Job
) -> None:
    sent_at_ms = now_ms()
    await lose(provider(wire), silent, job)

    assert await provider(wire).find_lost(job, sent_at_ms=sent_at_ms) == next(iter(silent.tasks))


async def test_find_lost_looks_beyond_the_first_page(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    await fill(wire, fake, 60)

    found = await provider(wire).find_lost(shape_job(Path("0.png")), sent_at_ms=now_ms() - 10_000)

    assert found == next(iter(fake.tasks))


async def test_find_lost_page_shorter_than_asked_for_is_not_the_end(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    fake.largest_page = 10
    await fill(wire, fake, 30)

    found = await provider(wire).find_lost(shape_job(Path("0.png")), sent_at_ms=now_ms() - 10_000)

    assert found == next(iter(fake.tasks))


# --- clocks ---


@pytest.mark.parametrize("ahead_ms", [-5 * HOUR_MS, -90_000, 90_000, 5 * HOUR_MS])
async def test_find_lost_clocks_that_differ_are_held_against_each_other(
    wire: httpx.AsyncClient, silent: FakeMeshy, ahead_ms: int
) -> None:
    silent.now_ms = lambda: now_ms() + ahead_ms
    sent_at_ms = now_ms()
    await lose(provider(wire), silent, shape_job())

    found = await provider(wire).find_lost(shape_job(), sent_at_ms=sent_at_ms)

    assert found == next(iter(silent.tasks))


async def test_find_lost_name_is_believed_when_a_clock_was_set_right_in_between(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    sent_at_ms = now_ms() + 5 * HOUR_MS
    await lose(provider(wire), fake, shape_job())

    assert await provider(wire).find_lost(shape_job(), sent_at_ms=sent_at_ms)


async def test_find_lost_small_difference_is_borne_without_a_date(
    wire: httpx.AsyncClient, silent: FakeMeshy
) -> None:
    silent.tells_time = False
    silent.now_ms = lambda: now_ms() - 30_000
    sent_at_ms = now_ms()
    await lose(provider(wire), silent, shape_job())

    assert await provider(wire).find_lost(shape_job(), sent_at_ms=sent_at_ms)


# --- what cannot be decided ---


async def test_find_lost_two_silent_tasks_are_not_guessed_between(
    wire: httpx.AsyncClient, silent: FakeMeshy
) -> None:
    sent_at_ms = now_ms()
    for name in ("a.png", "b.png"):
        await lose(provider(wire), silent, shape_job(Path(name)))

    said = await refused_to_guess(provider(wire), shape_job(Path("a.png")), sent_at_ms)

    assert "2 tasks could be it" in said
    assert next(iter(silent.tasks)) in said


async def test_find_lost_same_style_of_two_pipelines_is_not_guessed(
    wire: httpx.AsyncClient, fake: FakeMeshy, models: None
) -> None:
    sent_at_ms = now_ms()
    for number in (0, 1):
        await lose(provider(wire), fake, variant(number))

    await refused_to_guess(provider(wire), variant(0), sent_at_ms)


async def test_find_lost_one_task_for_two_lost_requests_is_given_to_neither(
    wire: httpx.AsyncClient, silent: FakeMeshy, models: None
) -> None:
    sent_at_ms = now_ms()
    await lose(provider(wire), silent, variant(0))
    meshy = provider(wire, sleep=asyncio.sleep)

    said = await asyncio.gather(
        *(refused_to_guess(meshy, variant(number), sent_at_ms) for number in (0, 1))
    )

    assert all("one of 2 lost requests" in sentence for sentence in said)


async def test_find_lost_task_that_may_be_of_a_create_on_its_way_is_not_taken(
    wire: httpx.AsyncClient, silent: FakeMeshy
) -> None:
    meshy, sent_at_ms = provider(wire), now_ms()
    silent.faults.add(faults.slow(60.0), on="POST")
    under_way = asyncio.create_task(meshy.submit(shape_job(Path("other.png"))))
    while not silent.tasks:
        await asyncio.sleep(0)

    await refused_to_guess(meshy, shape_job(), sent_at_ms)

    under_way.cancel()
    await asyncio.gather(under_way, return_exceptions=True)


async def test_find_lost_unnamed_task_among_named_ones_is_not_taken_for_nothing(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    sent_at_ms = now_ms()
    await provider(wire).submit(shape_job(Path("other.png")))
    await lose(provider(wire), fake, shape_job())
    del list(fake.tasks.values())[-1].body["name"]

    await refused_to_guess(provider(wire), shape_job(), sent_at_ms)


async def test_find_lost_list_too_long_to_be_read_back_is_not_nothing(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    fake.largest_page = 5
    await fill(wire, fake, 30)

    said = await refused_to_guess(provider(wire), shape_job(Path("lost.png")), now_ms() - 10_000)

    assert "do not reach back" in said


async def test_find_lost_after_meshy_may_have_forgotten_is_not_nothing(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    said = await refused_to_guess(provider(wire), shape_job(), now_ms() - 73 * HOUR_MS)

    assert "three days" in said


@pytest.mark.parametrize("status", [404, 405])
async def test_find_lost_kind_without_a_list_is_not_nothing(
    wire: httpx.AsyncClient, fake: FakeMeshy, models: None, status: int
) -> None:
    fake.refused_lists["rigging"] = status
    sent_at_ms = now_ms()
    await lose(provider(wire), fake, rig_job(base_task_id=None))

    said = await refused_to_guess(provider(wire), rig_job(base_task_id=None), sent_at_ms)

    assert "no list of rigging tasks" in said


@pytest.mark.parametrize(
    "fault", [faults.garbage(), faults.html_page(), faults.status(200, b'{"data": []}')]
)
async def test_find_lost_list_that_makes_no_sense_is_not_nothing(
    wire: httpx.AsyncClient, fake: FakeMeshy, fault: faults.Fault
) -> None:
    fake.faults.add(fault, on="GET", times=10)

    with pytest.raises(ProviderError) as caught:
        await provider(wire).find_lost(shape_job(), sent_at_ms=now_ms())

    assert caught.value.may_have_charged


async def test_find_lost_list_that_cannot_be_read_now_keeps_its_reason(
    wire: httpx.AsyncClient, fake: FakeMeshy
) -> None:
    fake.faults.add(meshy_faults.server_error(503), on="GET", times=10)

    with pytest.raises(ProviderError) as caught:
        await provider(wire).find_lost(shape_job(), sent_at_ms=now_ms())

    assert (caught.value.upstream_status, caught.value.may_have_charged) == (503, True)
    assert caught.value.error_code == "provider_failed"


async def fill(wire: httpx.AsyncClient, fake: FakeMeshy, count: int) -> None:
    """Let there be many tasks of other pipelines."""
    fake.credits, fake.max_queued = 100_000, None
    other = provider(wire, queue_limit=1000, present_picture=present)
    for number in range(count):
        await other.submit(shape_job(Path(f"{number}.png")))
    assert len(fake.of_kind(TaskKind.IMAGE_TO_3D)) == count
