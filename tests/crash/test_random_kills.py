"""A service that is killed at any moment, again and again, while many clients use it."""

import asyncio
import random
import signal
from pathlib import Path

import httpx
import pytest

from asset_forge.crash_points import CrashPoint
from tests.crash.books import read_books
from tests.crash.harness import KILLED, Crash, Nursery, forge, tell
from tests.crash.invariants import CREDITS, Payments, check_all
from tests.crash.tour import release
from tests.crash.traffic import Traffic
from tests.fakes.meshy import FakeMeshy

SEED = 20261122
CLIENTS = 6
LONGEST_LIFE_S = 0.6


async def live_and_die(traffic: Traffic) -> None:
    """Start the service, let it be used for a while, and end it in one way or another."""
    kept, rng = traffic.forge, traffic.rng
    way = rng.choices(["kill", "point", "stop"], weights=[8, 2, 1])[0]
    crash: Crash | None = None
    if way == "point":
        crash = (rng.choice(list(CrashPoint)), rng.randrange(1, 4))
    await asyncio.to_thread(kept.start, crash)
    async with traffic.served():
        try:
            await check_while_it_runs(traffic)
            await asyncio.sleep(rng.uniform(0.0, LONGEST_LIFE_S))
        except httpx.TransportError:
            assert crash is not None, kept.running.said()
        kept.running.signal(signal.SIGTERM if way == "stop" else signal.SIGKILL)
        code = await asyncio.to_thread(kept.running.wait)
    assert code == (0 if way == "stop" else KILLED), kept.running.said()
    traffic.figures[f"ended by {way}"] += 1


async def check_while_it_runs(traffic: Traffic) -> None:
    """What must be true right after a start, while everything goes on. Raises TransportError."""
    kept = traffic.forge
    address = kept.running.address
    async with httpx.AsyncClient(base_url=address, timeout=60.0, trust_env=False) as http:
        answer = await http.get("/api/generation/pipelines?limit=500")
        assert answer.status_code == 200, answer.text
        listed = {one["id"]: one["status"] for one in answer.json()["pipelines"]}
        for pipeline_id, status in traffic.seen.ended.items():
            assert listed.get(pipeline_id, status) == status
        assets = await http.get("/api/assets")
        assert assets.status_code == 200, assets.text
        there = {asset["id"] for asset in assets.json()}
        assert not there & traffic.gone
    tasks = list(kept.meshy.tasks.values())
    books = read_books(kept.root)
    payers = books.payers_of_tasks()
    nobodys = [task for task in tasks if task.status != "FAILED" and task.id not in payers]
    under_way = [row for row in books.calls if row["state"] == "intent"]
    assert len(nobodys) <= len(under_way), nobodys


async def kill_at_random(traffic: Traffic, kills: int) -> Payments:
    """Let clients work while the service dies `kills` times; then hold it against everything."""
    clients = [asyncio.create_task(traffic.be_a_client()) for _ in range(CLIENTS)]
    kept = traffic.forge
    try:
        for _ in range(kills):
            await live_and_die(traffic)
            for client in clients:
                if client.done():
                    await client
        traffic.is_over = True
        await asyncio.to_thread(kept.start)
        async with traffic.served():
            release(kept)
            async with asyncio.timeout(120):
                await asyncio.gather(*clients)
                await finish_all(traffic)
            check_edits(traffic)
        assert await asyncio.to_thread(kept.running.stop) == 0
    finally:
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
    return check_all(kept, traffic.seen)


async def finish_all(traffic: Traffic) -> None:
    while unfinished := read_books(traffic.forge.root).unfinished:
        release(traffic.forge)
        for pipeline_id in unfinished:
            await traffic.follow(pipeline_id)


def check_edits(traffic: Traffic) -> None:
    with traffic.forge.client() as http:
        found = {asset["id"]: asset["metadata"] for asset in http.get("/api/assets").json()}
    for asset_id, edits in traffic.edits.items():
        if asset_id in found:
            serial = found[asset_id].get("serial")
            assert edits.may_be(serial), f"{asset_id} says {serial}, it should be of {edits}"
    assert not set(found) & traffic.gone


async def run(folder: Path, nursery: Nursery, kills: int, seed: int) -> None:
    meshy = FakeMeshy(polls_until_done=4, credits=CREDITS)
    with forge(folder, nursery, meshy=meshy) as kept:
        traffic = Traffic(kept, random.Random(seed))
        payments = await kill_at_random(traffic, kills)
        pipelines = len(read_books(kept.root).pipelines)
    figures = ", ".join(f"{name} {count}" for name, count in sorted(traffic.figures.items()))
    tell(
        f"seed {seed}: {kills} kills survived, {kept.starts} starts, {pipelines} pipelines, "
        f"{payments.submits} paid submits, {payments.duplicates} duplicate submits, "
        f"{payments.undecided} left to people, {payments.asked_again} calls to OpenAI made again, "
        f"5xx {traffic.figures['5xx']}\n  {figures}"
    )
    assert payments.duplicates == 0


async def test_service_killed_at_random_loses_nothing_and_pays_once(
    tmp_path: Path, nursery: Nursery
) -> None:
    await run(tmp_path, nursery, 25, SEED)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_service_killed_a_hundred_times_loses_nothing_and_pays_once(
    tmp_path: Path, nursery: Nursery, seed: int
) -> None:
    await run(tmp_path, nursery, 100, seed)
