"""SIGTERM while everything is under way: an end in good order, and a start that goes on."""

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.crash.books import read_books
from tests.crash.harness import Forge, Nursery, forge, tell
from tests.crash.invariants import CREDITS, Seen, check_all
from tests.crash.stories import BLADE, Client, prepare
from tests.crash.tour import release
from tests.fakes import faults
from tests.fakes.meshy import FakeMeshy
from tests.fakes.meshy_tasks import TaskScript
from tests.support.service import preset, wait_until, words

STOP_TIMEOUT_S = 30.0
"""What a supervisor would wait at the least; no test asserts less."""
SLOW_ANSWER_S = 1.5


def listen(address: str, pipeline_id: str, heard: list[str]) -> None:
    """Listen to a pipeline until the service ends the stream."""
    path = f"{address}/api/generation/pipeline/{pipeline_id}/events"
    with (
        httpx.Client(timeout=60.0, trust_env=False) as http,
        http.stream("GET", path) as answer,
    ):
        heard.extend(line for line in answer.iter_lines() if line.startswith("event:"))


def fill(kept: Forge, client: Client) -> None:
    """Start pipelines that wait for Meshy, for their turn, and one for a picture."""
    kept.meshy.script("image-to-3d", TaskScript.stuck(), times=4)
    for number in range(4):
        client.start(f"{number}", **words(name=f"Stuck {number}", description=f"stuck {number}"))
    wait_until(lambda: kept.meshy.created["image-to-3d"] == 6)
    kept.openai.faults.add(faults.slow(SLOW_ANSWER_S), on="POST /v1/images")
    client.start("picture", **words(name="Slow Picture", description="a slow picture"))
    for number in range(4):
        client.start(f"w{number}", **words(name=f"Waits {number}", description=f"waits {number}"))


def retexture(address: str) -> httpx.Response:
    body = {"baseAssetId": BLADE, "materialPreset": preset("gold")}
    with httpx.Client(base_url=address, timeout=60.0, trust_env=False) as http:
        return http.post("/api/retexture", json=body)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_service_stopped_under_load_ends_in_order_and_goes_on_later(
    number: signal.Signals, tmp_path: Path, nursery: Nursery
) -> None:
    meshy = FakeMeshy(polls_until_done=2, credits=CREDITS)
    with (
        forge(tmp_path, nursery, meshy=meshy, forge_max_active=6) as kept,
        ThreadPoolExecutor(4) as pool,
    ):
        kept.start()
        client = Client(kept, Seen())
        prepare(client)
        meshy.script("retexture", TaskScript.stuck())
        waiting = pool.submit(retexture, kept.running.address)
        wait_until(lambda: meshy.created["retexture"] == 2)
        fill(kept, client)
        heard: list[str] = []
        listening = pool.submit(listen, kept.running.address, client.told["0"], heard)
        wait_until(lambda: bool(heard) and len(kept.openai.pictures_asked) == 7)

        stopped_at = time.monotonic()
        kept.running.signal(number)
        assert kept.running.wait(STOP_TIMEOUT_S) == 0, kept.running.said()
        took_s = time.monotonic() - stopped_at
        listening.result(timeout=STOP_TIMEOUT_S)
        answer = waiting.result(timeout=STOP_TIMEOUT_S)
        assert (answer.status_code, answer.json()["code"]) == (503, "stopped")
        assert "event: end" not in heard

        books = read_books(kept.root)
        assert len(books.unfinished) == 10
        # The call that was under way has been answered, and the answer is known.
        drawn = [row for row in books.calls if row["key"] == "imageGeneration/draw"]
        assert {row["state"] for row in drawn} == {"done"}
        assert client.told["picture"] in {row["pipeline_id"] for row in drawn}

        kept.start()
        release(kept)
        client.finish_all()
        assert {json.dumps(state) for state in client.seen.ended.values()} == {'"completed"'}
        assert kept.running.stop() == 0
        payments = check_all(kept, client.seen)
        assert (payments.duplicates, payments.asked_again) == (0, 0)
        tell(f"{number.name} under load: ended in {took_s:.1f} s")
