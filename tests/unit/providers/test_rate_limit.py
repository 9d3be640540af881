import asyncio

import pytest

from asset_forge.providers.rate_limit import RequestRate, TaskSlots
from tests.unit.providers.support import FakeTime


async def test_rate_first_requests_leave_at_once(fake_time: FakeTime) -> None:
    rate = RequestRate(rate_per_s=10, burst=3, clock=fake_time.clock, sleep=fake_time.sleep)

    for _ in range(3):
        await rate.wait_for_turn()

    assert fake_time.pauses_s == []


async def test_rate_many_requests_never_exceed_the_rate(fake_time: FakeTime) -> None:
    rate = RequestRate(rate_per_s=14, burst=5, clock=fake_time.clock, sleep=fake_time.sleep)
    left_at_s = []

    for _ in range(100):
        await rate.wait_for_turn()
        left_at_s.append(fake_time.now_s)

    most = max(sum(1 for t in left_at_s if start <= t < start + 1) for start in left_at_s)
    assert most <= 20


async def test_rate_requests_at_the_same_time_wait_in_line() -> None:
    time = FakeTime()
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(round(seconds, 3))

    rate = RequestRate(rate_per_s=10, burst=1, clock=time.clock, sleep=sleep)
    await asyncio.gather(*(rate.wait_for_turn() for _ in range(4)))

    assert pauses == [0.1, 0.2, 0.3]


async def test_rate_idle_time_saves_no_more_than_the_burst(fake_time: FakeTime) -> None:
    rate = RequestRate(rate_per_s=10, burst=2, clock=fake_time.clock, sleep=fake_time.sleep)
    fake_time.now_s += 3600

    for _ in range(3):
        await rate.wait_for_turn()

    assert len(fake_time.pauses_s) == 1


async def test_slots_full_queue_waits_until_a_task_ends() -> None:
    slots = TaskSlots(limit=1)
    await slots.take(timeout_s=1)
    slots.becomes_task("a")
    waiting = asyncio.create_task(slots.take(timeout_s=10))
    await asyncio.sleep(0)
    assert not waiting.done()

    slots.ended("a")
    await waiting

    assert slots.taken == 1


async def test_slots_full_queue_times_out() -> None:
    slots = TaskSlots(limit=1)
    await slots.take(timeout_s=1)

    with pytest.raises(TimeoutError):
        await slots.take(timeout_s=0.01)


async def test_slots_failed_submit_gives_its_place_back() -> None:
    slots = TaskSlots(limit=1)
    await slots.take(timeout_s=1)
    waiting = asyncio.create_task(slots.take(timeout_s=10))
    await asyncio.sleep(0)

    slots.give_back()
    await waiting

    assert slots.taken == 1


async def test_slots_task_found_after_a_restart_counts() -> None:
    slots = TaskSlots(limit=1)
    slots.seen_unfinished("old")

    with pytest.raises(TimeoutError):
        await slots.take(timeout_s=0.01)


async def test_slots_task_nobody_looks_at_loses_its_place(fake_time: FakeTime) -> None:
    slots = TaskSlots(limit=1, lease_s=60, clock=fake_time.clock)
    await slots.take(timeout_s=1)
    slots.becomes_task("gone")
    fake_time.now_s += 61

    await slots.take(timeout_s=1)

    assert slots.taken == 1
