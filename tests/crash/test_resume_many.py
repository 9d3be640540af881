"""Many pipelines at once that a killed service has left: all go on, none is paid for again."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crash.books import FINAL, read_books
from tests.crash.harness import Forge, Nursery, forge, tell
from tests.crash.invariants import CREDITS, Payments, Seen, check_all
from tests.crash.stories import Client
from tests.crash.tour import release
from tests.fakes.meshy import FakeMeshy
from tests.fakes.meshy_tasks import TaskScript
from tests.support.service import LONGEST_RUN_S, wait_until, words


@dataclass(frozen=True)
class Resumed:
    """Seconds since the start of the process, and seconds of CPU of the process."""

    answers_s: float
    ended_s: float
    cpu_s: float
    payments: Payments


def leave_unfinished(kept: Forge, client: Client, count: int) -> None:
    """Kill a service with so many pipelines: half of them wait for Meshy, half for their turn."""
    kept.meshy.script("image-to-3d", TaskScript.stuck(), times=count // 2)
    # Looked at seldom: they wait for nothing but their service's end.
    kept.settings |= {"forge_max_active": count // 2, "meshy_poll_interval_ms": 1000}
    kept.start()
    for number in range(count):
        client.start(f"{number}", **words(name=f"Sword {number}", description=f"sword {number}"))
    wait_until(lambda: kept.meshy.created["image-to-3d"] == count // 2)
    kept.running.kill()
    assert len(read_books(kept.root).unfinished) == count
    release(kept)


def states(kept: Forge) -> Counter[str]:
    with kept.client() as http:
        answer = http.get("/api/generation/pipelines?limit=500")
    assert answer.status_code == 200, answer.text
    return Counter(one["status"] for one in answer.json()["pipelines"])


def resume(folder: Path, nursery: Nursery, count: int) -> Resumed:
    meshy = FakeMeshy(polls_until_done=2, credits=CREDITS, max_queued=None)
    with forge(folder, nursery, meshy=meshy, forge_meshy_queue=count) as kept:
        client = Client(kept, Seen())
        leave_unfinished(kept, client, count)
        kept.settings |= {"forge_max_active": 20, "meshy_poll_interval_ms": 5}
        started_at = time.monotonic()
        kept.start()
        assert states(kept).total() == count
        answers_s = time.monotonic() - started_at
        while set(found := states(kept)) - FINAL:
            assert time.monotonic() - started_at < LONGEST_RUN_S, found
            time.sleep(0.1)
        ended_s = time.monotonic() - started_at
        assert found == {"completed": count}
        assert kept.running.stop() == 0
        payments = check_all(kept, client.seen)
        assert payments.submits == 3 * count
        return Resumed(answers_s, ended_s, kept.running.cpu_s, payments)


def test_pipelines_of_a_killed_service_all_go_on(tmp_path: Path, nursery: Nursery) -> None:
    resume(tmp_path, nursery, 30)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_two_hundred_pipelines_of_a_killed_service_all_go_on(
    tmp_path: Path, nursery: Nursery
) -> None:
    done = resume(tmp_path, nursery, 200)
    tell(
        f"200 unfinished pipelines: all are resumed and the service answers {done.answers_s:.2f} s "
        f"after its start, all have ended after {done.ended_s:.1f} s, {done.cpu_s:.1f} s of CPU; "
        f"{done.payments.submits} paid submits, {done.payments.duplicates} duplicates"
    )
